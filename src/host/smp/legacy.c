/* LE legacy pairing: confirm values over a temporary key, then the STK
 * [Vol 3, Part H, 2.3.5.2-2.3.5.5]; the LTK that is given over it [2.4.4, 3.6.2, 3.6.3]. Not linked
 * unless a configuration names woad_smp_legacy. */
#include "smp/smp_priv.h"

/* own_r is TK. */
static uint8_t temporary_key(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    if (p->method == WOAD_SMP_OUT_OF_BAND) {
        memcpy(p->own_r, l->oob.tk, 16);
        l->oob_set = false;
    } else if (p->method != WOAD_SMP_JUST_WORKS) {
        uint8_t result = woad_smp_get_passkey(l);
        if (result)
            return result;
    }
    return woad_crypto_random(p->own_nonce, 16) ? WOAD_SMP_UNSPECIFIED_REASON : SMP_NEXT;
}

static int confirm(const struct smp_link *l, const uint8_t nonce[16], uint8_t out[16])
{
    const struct smp_pairing *p = &l->p;
    const struct woad_addr *own = &l->link->local, *peer = &l->link->remote;
    return woad_smp_c1(p->own_r, nonce, p->preq, p->pres, p->initiator ? own : peer,
                       p->initiator ? peer : own, out);
}

static uint8_t send_confirm(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (confirm(l, l->p.own_nonce, l->p.own_confirm))
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_send_value(l, SMP_PAIRING_CONFIRM, l->p.own_confirm, 16);
}

/* The initiator's own value sent back is a mirror. */
static uint8_t keep_confirm(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_keep_confirm(l, r);
    return l->p.initiator && woad_smp_same(l->p.peer_confirm, l->p.own_confirm, 16)
               ? WOAD_SMP_CONFIRM_VALUE_FAILED
               : SMP_NEXT;
}

static uint8_t check_nonce(struct smp_link *l, struct woad_rd *r)
{
    struct smp_pairing *p = &l->p;
    uint8_t expect[16];
    woad_smp_read(r, p->peer_nonce, 16);
    if (confirm(l, p->peer_nonce, expect))
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_same(expect, p->peer_confirm, 16) ? SMP_NEXT : WOAD_SMP_CONFIRM_VALUE_FAILED;
}

static uint8_t short_term_key(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    int err = p->initiator ? woad_smp_s1(p->own_r, p->peer_nonce, p->own_nonce, p->key)
                           : woad_smp_s1(p->own_r, p->own_nonce, p->peer_nonce, p->key);
    woad_smp_mask(p->key, p->key_size);
    return err ? WOAD_SMP_UNSPECIFIED_REASON : SMP_NEXT;
}

static const struct smp_step initiator[] = {
    {0, 0, true, temporary_key},
    {0, 0, true, send_confirm},
    {SMP_PAIRING_CONFIRM, 0, false, keep_confirm},
    {0, 0, true, woad_smp_send_nonce},
    {SMP_PAIRING_RANDOM, 0, false, check_nonce},
    {0, 0, true, short_term_key},
    {0, 0, true, woad_smp_start_encryption},
    {0, 0, true, woad_smp_await_encryption},
};

static const struct smp_step responder[] = {
    {0, 0, false, temporary_key},
    {SMP_PAIRING_CONFIRM, 0, false, keep_confirm},
    {0, 0, true, send_confirm},
    {SMP_PAIRING_RANDOM, 0, false, check_nonce},
    {0, 0, true, short_term_key},
    {0, 0, true, woad_smp_send_nonce},
    {0, 0, true, woad_smp_await_encryption},
};

/* ---- the LTK of either side ------------------------------------------------------------------ */

static uint8_t send_ltk(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct woad_smp_bond *bond = &l->p.bond;
    if (woad_crypto_random(bond->own_ltk, 16))
        return WOAD_SMP_UNSPECIFIED_REASON;
    woad_smp_mask(bond->own_ltk, l->p.key_size);
    return woad_smp_send_value(l, SMP_ENCRYPTION_INFORMATION, bond->own_ltk, 16);
}

static uint8_t send_ediv(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct woad_smp_bond *bond = &l->p.bond;
    uint8_t *to;
    if (woad_crypto_random(bond->own_rand, 8) || woad_crypto_random(&bond->own_ediv, 2))
        return WOAD_SMP_UNSPECIFIED_REASON;
    struct woad_buf *pdu = woad_smp_pdu(l, SMP_CENTRAL_IDENTIFICATION, 10, &to);
    if (!pdu)
        return SMP_STAY;
    woad_put_u16(to, bond->own_ediv);
    memcpy(to + 2, bond->own_rand, 8);
    woad_smp_send(l, pdu);
    bond->flags |= WOAD_SMP_BOND_OWN_LTK;
    return SMP_NEXT;
}

static uint8_t on_ltk(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_read(r, l->p.bond.ltk, 16);
    return SMP_NEXT;
}

/* A key that is longer than agreed, or nothing, is none. */
static uint8_t on_ediv(struct smp_link *l, struct woad_rd *r)
{
    struct woad_smp_bond *bond = &l->p.bond;
    bond->ediv = woad_rd_u16(r);
    woad_rd_bytes(r, bond->rand, 8);
    if (woad_smp_zero(bond->ltk, 16) || !woad_smp_zero(bond->ltk, 16u - l->p.key_size))
        return WOAD_SMP_INVALID_PARAMETERS;
    bond->flags |= WOAD_SMP_BOND_LTK;
    return SMP_NEXT;
}

const struct woad_smp_legacy woad_smp_legacy = {
    .initiator = initiator,
    .responder = responder,
    .keys = woad_smp_all_keys,
    .send_ltk = send_ltk,
    .send_ediv = send_ediv,
    .on_ltk = on_ltk,
    .on_ediv = on_ediv,
};
