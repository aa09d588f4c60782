/* Phase 3: keys are exchanged over the encrypted link, the responder's first, and the bond is
 * kept [Vol 3, Part H, 2.4.3, 3.6]. Here identities; what else there may be is in all_keys.c. */
#include "smp/smp_priv.h"

void woad_smp_mask(uint8_t key[16], uint8_t size)
{
    memset(key, 0, 16u - size); /* [2.3.4] */
}

/* ---- ours ------------------------------------------------------------------------------------ */

uint8_t woad_smp_send_irk(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_send_value(l, SMP_IDENTITY_INFORMATION, l->s->irk, 16);
}

uint8_t woad_smp_send_identity(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    uint8_t *to;
    const struct woad_addr *own = &l->s->h->own;
    struct woad_buf *pdu = woad_smp_pdu(l, SMP_IDENTITY_ADDRESS_INFORMATION, 7, &to);
    if (!pdu)
        return SMP_STAY;
    to[0] = own->type & 1;
    memcpy(to + 1, own->val, 6);
    woad_smp_send(l, pdu);
    return SMP_NEXT;
}

/* ---- the peer's ------------------------------------------------------------------------------ */

/* An all-zero identity key would resolve addresses that anybody can make. */
uint8_t woad_smp_on_irk(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_read(r, l->p.bond.irk, 16);
    if (!woad_smp_zero(l->p.bond.irk, 16))
        l->p.bond.flags |= WOAD_SMP_BOND_IRK;
    return SMP_NEXT;
}

static bool is_identity(const struct woad_addr *addr)
{
    return (addr->type & 1) == WOAD_ADDR_PUBLIC || addr->val[5] >> 6 == 3;
}

uint8_t woad_smp_on_identity(struct smp_link *l, struct woad_rd *r)
{
    struct woad_addr *peer = &l->p.bond.peer;
    peer->type = woad_rd_u8(r);
    woad_rd_bytes(r, peer->val, 6);
    return peer->type > WOAD_ADDR_RANDOM || !is_identity(peer) ? WOAD_SMP_INVALID_PARAMETERS
                                                               : SMP_NEXT;
}

/* ---- the bond -------------------------------------------------------------------------------- */

/* Who the peer is, and whether it may be that. A link whose peer was known keeps it; an identity
 * that another bond has is taken over only when the application agrees. */
uint8_t woad_smp_check_identity(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    int known = woad_smp_bond_of(l);
    const struct woad_addr *is = known >= 0 ? &l->s->slots[known].bond.peer : NULL;
    if (!(p->keys_in & SMP_KEY_ID)) {
        p->bond.peer = is ? *is : l->link->peer;
        p->bond.peer.type &= 1;
        if (!is_identity(&p->bond.peer))
            p->bonding = false; /* it could not be found again */
        return SMP_NEXT;
    }
    if (is && !woad_addr_equal(is, &p->bond.peer))
        return WOAD_SMP_KEY_REJECTED;
    if (is || !p->bonding || woad_smp_bond_by_identity(l->s, &p->bond.peer) < 0)
        return SMP_NEXT;
    return woad_smp_ask(l, WOAD_SMP_ASK_IDENTITY, WOAD_SMP_KEY_REJECTED);
}

uint8_t woad_smp_store_bond(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    struct woad_smp_bond *bond = &p->bond;
    if (!p->bonding)
        return SMP_NEXT;
    if (p->sc) {
        memcpy(bond->ltk, p->key, 16);
        memcpy(bond->own_ltk, p->key, 16);
        bond->flags |= WOAD_SMP_BOND_SC | WOAD_SMP_BOND_LTK | WOAD_SMP_BOND_OWN_LTK;
    }
    if (p->level >= 3)
        bond->flags |= WOAD_SMP_BOND_AUTHENTICATED;
    bond->key_size = p->key_size;
    bond->level = p->level;
    int slot = woad_smp_bond_put(l->s, bond, woad_smp_bond_by_identity(l->s, &bond->peer));
    l->bond = (int16_t)slot;
    l->looked = true;
    l->fresh_bond = slot >= 0;
    return SMP_NEXT;
}

/* Waits until the controller has sent what we have: the peer keeps its bond, too, when the link is
 * ended now. */
uint8_t woad_smp_keys_sent(struct smp_link *l, struct woad_rd *r)
{
    const struct host_link *link = l->link;
    (void)r;
    if (!l->p.out && !link->sigq.head && !link->cut) {
        l->p.out = true;
        l->p.last_out = (uint16_t)(link->acl_done + link->acl_out);
    }
    if (l->p.out && (uint16_t)(link->acl_done - l->p.last_out) <= UINT16_MAX / 2)
        return SMP_NEXT;
    woad_host_timer_after(&l->retry, SMP_RETRY_US);
    return SMP_STAY;
}

uint8_t woad_smp_keys_done(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    woad_smp_finish(l);
    return SMP_DONE;
}

const struct smp_step woad_smp_keys_initiator[] = {
    SMP_IDENTITY_IN,
    {0, 0, true, woad_smp_check_identity},
    SMP_IDENTITY_OUT,
    SMP_KEYS_END,
};
const struct smp_step woad_smp_keys_responder[] = {
    SMP_IDENTITY_OUT,
    SMP_IDENTITY_IN,
    {0, 0, true, woad_smp_check_identity},
    SMP_KEYS_END,
};
