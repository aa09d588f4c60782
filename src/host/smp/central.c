/* The central's half: it encrypts with the bond, begins pairings, and hears Security Requests
 * [Vol 3, Part H, 2.4.4, 2.4.6]. Reached by one table, which woad_smp_peripheral_part has not. */
#include "gap/gap_priv.h"
#include "smp/smp_priv.h"

/* SMP_NEXT: under way; SMP_STAY: another one is. */
uint8_t woad_smp_encrypt_link(struct smp_link *l, const uint8_t key[16], const uint8_t rand[8],
                              uint16_t ediv, uint8_t size, uint8_t level)
{
    uint8_t turned[16];
    woad_smp_turn(turned, key, 16);
    int err = woad_gap_encrypt_link(l->link, turned, rand, ediv);
    woad_smp_wipe(turned, sizeof(turned));
    if (err)
        return SMP_STAY;
    woad_smp_set_next(l, key, size, level);
    return SMP_NEXT;
}

static void encrypt_with_bond(struct smp_link *l)
{
    const struct woad_smp_bond *bond = &l->s->slots[l->bond].bond;
    if (woad_smp_encrypt_link(l, bond->ltk, bond->rand, bond->ediv, bond->key_size, bond->level) ==
        SMP_NEXT)
        l->state = SMP_ENCRYPTING;
    else
        l->start = true; /* again when the other one has ended */
}

static void pair(struct smp_link *l, bool peer_mitm, const struct smp_step *first)
{
    if (woad_smp_backoff(l)) {
        woad_smp_end(l, WOAD_ERR_REFUSED, WOAD_SMP_REPEATED_ATTEMPTS);
        return;
    }
    l->anew = false;
    woad_smp_begin(l, true, first);
    l->p.peer_mitm = peer_mitm;
    woad_smp_advance(l);
}

/* A link that has come: with the bond, if there is one. */
static void restore(struct smp_link *l)
{
    if (woad_smp_bond_serves(l, 2))
        encrypt_with_bond(l);
}

static void raise(struct smp_link *l)
{
    if (!l->anew && !l->link->encrypted && woad_smp_bond_serves(l, l->want))
        encrypt_with_bond(l);
    else
        pair(l, false, woad_smp_initiate);
}

/* Central: the peripheral asks [2.4.6]. Anything but a wish that is not yet met is ignored. */
static void on_security_request(struct smp_link *l, struct woad_rd *r)
{
    uint8_t auth = woad_rd_u8(r);
    bool mitm = (auth & SMP_AUTH_MITM) != 0;
    uint8_t level = mitm ? 3 : 2;
    if (l->state != SMP_IDLE || l->start || woad_smp_level(l) >= level)
        return;
    if (!l->link->encrypted && woad_smp_bond_serves(l, level))
        encrypt_with_bond(l);
    else if (!l->s->pairable)
        woad_smp_refuse(l, WOAD_SMP_PAIRING_NOT_SUPPORTED);
    else if (woad_smp_backoff(l))
        woad_smp_refuse(l, WOAD_SMP_REPEATED_ATTEMPTS);
    else
        pair(l, mitm, l->s->cfg.ask ? woad_smp_asked : woad_smp_initiate);
}

const struct smp_central_ops woad_smp_central = {
    .restore = restore,
    .raise = raise,
    .on_security_request = on_security_request,
    .sc = woad_smp_sc_initiator,
    .stage_1 = woad_smp_stage_1_initiator,
    .keys = woad_smp_keys_initiator,
};
