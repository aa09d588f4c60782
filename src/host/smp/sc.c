/* Phase 2 of LE Secure Connections: public keys, authentication stages 1 and 2, the LTK
 * [Vol 3, Part H, 2.3.5.6]. */
#include "smp/smp_priv.h"

static uint8_t checked(int err, uint8_t result)
{
    return err ? (uint8_t)WOAD_SMP_UNSPECIFIED_REASON : result;
}

/* ---- public keys [2.3.5.6.1] ----------------------------------------------------------------- */

static uint8_t own_pair(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_take_pair(l);
}

static uint8_t send_public(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    uint8_t *to;
    struct woad_buf *pdu = woad_smp_pdu(l, SMP_PUBLIC_KEY, 64, &to);
    if (!pdu)
        return SMP_STAY;
    woad_smp_turn(to, l->p.own.public_key, 32);
    woad_smp_turn(to + 32, l->p.own.public_key + 32, 32);
    woad_smp_send(l, pdu);
    return SMP_NEXT;
}

/* The same x as ours, with either y, is a mirror; that it is on the curve is seen by P-256. */
static uint8_t on_public(struct smp_link *l, struct woad_rd *r)
{
    struct smp_pairing *p = &l->p;
    woad_smp_read(r, p->peer_public, 32);
    woad_smp_read(r, p->peer_public + 32, 32);
    bool debug = woad_smp_is_debug_key(p->peer_public);
    if (debug && !l->s->cfg.debug_keys)
        return WOAD_SMP_INVALID_PARAMETERS;
    if (!debug && woad_smp_same(p->peer_public, p->own.public_key, 32))
        return WOAD_SMP_DHKEY_CHECK_FAILED;
    if (debug || woad_smp_is_debug_key(p->own.public_key)) {
        p->level = 2;
        p->bond.flags |= WOAD_SMP_BOND_DEBUG;
        if (p->required > 2)
            return WOAD_SMP_AUTHENTICATION_REQUIREMENTS;
    }
    woad_smp_dhkey(l);
    return SMP_NEXT;
}

/* Waits for the result, which is there before the peer's next PDU is looked at. */
static uint8_t dhkey(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (l->p.job == SMP_JOB_DUE)
        return SMP_STAY;
    return l->p.job == SMP_JOB_DONE ? SMP_NEXT : WOAD_SMP_DHKEY_CHECK_FAILED;
}

/* ---- stage 1: what the methods share --------------------------------------------------------- */

static uint8_t new_nonce(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return checked(woad_crypto_random(l->p.own_nonce, 16), SMP_NEXT);
}

/* The bit of the passkey that this round is about, as f4 takes it; 0 without a passkey. */
static uint8_t round_bit(const struct smp_link *l)
{
    bool passkey = l->p.method == WOAD_SMP_PASSKEY_SHOWN || l->p.method == WOAD_SMP_PASSKEY_INPUT;
    uint32_t bit = 0x80 | (l->p.passkey >> l->p.round & 1);
    return (uint8_t)(passkey ? bit : 0);
}

static uint8_t send_confirm(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    int err =
        woad_smp_f4(p->own.public_key, p->peer_public, p->own_nonce, round_bit(l), p->own_confirm);
    if (err)
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_send_value(l, SMP_PAIRING_CONFIRM, p->own_confirm, 16);
}

uint8_t woad_smp_keep_confirm(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_read(r, l->p.peer_confirm, 16);
    return SMP_NEXT;
}

uint8_t woad_smp_send_nonce(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_send_value(l, SMP_PAIRING_RANDOM, l->p.own_nonce, 16);
}

/* A number of the peer's that is ours, or a confirm that is, is a mirror. */
static uint8_t keep_nonce(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_read(r, l->p.peer_nonce, 16);
    return woad_smp_same(l->p.peer_nonce, l->p.own_nonce, 16) ? WOAD_SMP_CONFIRM_VALUE_FAILED
                                                              : SMP_NEXT;
}

static uint8_t check_nonce(struct smp_link *l, struct woad_rd *r)
{
    struct smp_pairing *p = &l->p;
    uint8_t expect[16];
    uint8_t reason = keep_nonce(l, r);
    if (reason)
        return reason;
    int err = woad_smp_f4(p->peer_public, p->own.public_key, p->peer_nonce, round_bit(l), expect);
    if (err)
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_same(expect, p->peer_confirm, 16) ? SMP_NEXT : WOAD_SMP_CONFIRM_VALUE_FAILED;
}

/* ---- numeric comparison [2.3.5.6.2] ---------------------------------------------------------- */

static uint8_t compare(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    if (p->method != WOAD_SMP_COMPARISON)
        return SMP_NEXT;
    struct woad_smp_evt evt = {.type = WOAD_SMP_COMPARE};
    bool a = p->initiator;
    int err = woad_smp_g2(a ? p->own.public_key : p->peer_public,
                          a ? p->peer_public : p->own.public_key, a ? p->own_nonce : p->peer_nonce,
                          a ? p->peer_nonce : p->own_nonce, &evt.u.passkey);
    if (err)
        return WOAD_SMP_UNSPECIFIED_REASON;
    uint8_t result = woad_smp_question(l, SMP_ANSWER_CONFIRM, &evt);
    return result != SMP_NEXT || p->yes ? result : (uint8_t)WOAD_SMP_NUMERIC_COMPARISON_FAILED;
}

/* ---- passkey [2.3.5.3, 2.3.5.6.3] ------------------------------------------------------------ */

/* 0..999999, each equally likely: what lies above the last whole million is drawn again. */
static int draw_passkey(uint32_t *passkey)
{
    uint32_t v;
    int err;
    do
        err = woad_crypto_random(&v, sizeof(v));
    while (!err && v >= UINT32_C(4294000000));
    *passkey = v % 1000000;
    return err;
}

uint8_t woad_smp_get_passkey(struct smp_link *l)
{
    struct smp_pairing *p = &l->p;
    uint8_t result = SMP_NEXT;
    if (p->method == WOAD_SMP_PASSKEY_SHOWN) {
        struct woad_smp_evt evt = {.type = WOAD_SMP_SHOW};
        if (draw_passkey(&p->passkey))
            return WOAD_SMP_UNSPECIFIED_REASON;
        evt.u.passkey = p->passkey;
        woad_smp_tell(l, &evt);
    } else {
        result = woad_smp_question(l, SMP_ANSWER_PASSKEY,
                                   &(struct woad_smp_evt){.type = WOAD_SMP_ENTER});
    }
    for (int i = 0; i < 4; i++)
        p->own_r[15 - i] = p->peer_r[15 - i] = (uint8_t)(p->passkey >> 8 * i);
    return result;
}

static uint8_t passkey(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_get_passkey(l);
}

static uint8_t passkey_confirm(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_keep_confirm(l, r);
    return l->p.initiator && woad_smp_same(l->p.peer_confirm, l->p.own_confirm, 16)
               ? WOAD_SMP_CONFIRM_VALUE_FAILED
               : SMP_NEXT;
}

/* Back to the first step of the round, five steps up, nineteen times. */
static uint8_t next_round(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (++l->p.round == 20)
        return SMP_NEXT;
    return woad_smp_go(l, l->p.step - 5);
}

/* ---- stage 2 and the LTK [2.3.5.6.5] --------------------------------------------------------- */

static uint8_t derive(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    const struct woad_addr *own = &l->link->local, *peer = &l->link->remote;
    int err =
        p->initiator
            ? woad_smp_f5(p->dhkey, p->own_nonce, p->peer_nonce, own, peer, p->mac_key, p->key)
            : woad_smp_f5(p->dhkey, p->peer_nonce, p->own_nonce, peer, own, p->mac_key, p->key);
    woad_smp_wipe(p->dhkey, sizeof(p->dhkey));
    woad_smp_mask(p->key, p->key_size);
    return checked(err, SMP_NEXT);
}

/* AuthReq, OOB and IO capability of a PDU, the last field first. */
static const uint8_t *io_of(const uint8_t *pdu, uint8_t io[3])
{
    woad_smp_turn(io, pdu + SMP_F_IO, 3);
    return io;
}

static uint8_t send_check(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    uint8_t io[3], check[16];
    int err = woad_smp_f6(p->mac_key, p->own_nonce, p->peer_nonce, p->peer_r,
                          io_of(p->initiator ? p->preq : p->pres, io), &l->link->local,
                          &l->link->remote, check);
    if (err)
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_send_value(l, SMP_DHKEY_CHECK, check, 16);
}

static uint8_t verify_check(struct smp_link *l, struct woad_rd *r)
{
    struct smp_pairing *p = &l->p;
    uint8_t io[3], got[16], expect[16];
    woad_smp_read(r, got, 16);
    int err = woad_smp_f6(p->mac_key, p->peer_nonce, p->own_nonce, p->own_r,
                          io_of(p->initiator ? p->pres : p->preq, io), &l->link->remote,
                          &l->link->local, expect);
    if (err)
        return WOAD_SMP_UNSPECIFIED_REASON;
    return woad_smp_same(got, expect, 16) ? SMP_NEXT : WOAD_SMP_DHKEY_CHECK_FAILED;
}

/* Central. */
uint8_t woad_smp_start_encryption(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    static const uint8_t none[8] = {0};
    struct smp_pairing *p = &l->p;
    uint8_t result = woad_smp_encrypt_link(l, p->key, none, 0, p->key_size, p->level);
    p->encrypting = result == SMP_NEXT;
    return result;
}

static const struct smp_step *keys_of(const struct smp_link *l)
{
    const struct woad_smp_cfg *cfg = &l->s->cfg;
    if (cfg->signing)
        return cfg->signing->keys[l->p.initiator];
    if (cfg->legacy)
        return cfg->legacy->keys[l->p.initiator];
    return l->p.initiator ? l->s->central->keys : woad_smp_keys_responder;
}

/* Peripheral: the controller may ask for the key from now on. */
uint8_t woad_smp_await_encryption(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (!l->p.encrypting) /* a key asked for before is not this one */
        l->has_next = false;
    l->p.encrypting = !l->p.encrypted;
    if (!l->p.encrypted)
        return SMP_STAY;
    return woad_smp_go(l, keys_of(l));
}

/* ---- the chains ------------------------------------------------------------------------------ */

#define STAGE_2_INITIATOR                                                                          \
    {0, 0, true, derive}, {0, 0, true, send_check}, {SMP_DHKEY_CHECK, 0, false, verify_check},     \
        {0, 0, true, woad_smp_start_encryption},                                                   \
    {                                                                                              \
        0, 0, true, woad_smp_await_encryption                                                      \
    }
#define STAGE_2_RESPONDER                                                                          \
    {0, 0, false, derive}, {SMP_DHKEY_CHECK, 0, false, verify_check}, {0, 0, true, send_check},    \
    {                                                                                              \
        0, 0, true, woad_smp_await_encryption                                                      \
    }

static const struct smp_step compare_initiator[] = {
    {0, 0, false, dhkey},
    {0, 0, false, new_nonce},
    {SMP_PAIRING_CONFIRM, 0, false, woad_smp_keep_confirm},
    {0, 0, true, woad_smp_send_nonce},
    {SMP_PAIRING_RANDOM, 0, false, check_nonce},
    {0, 0, true, compare},
    STAGE_2_INITIATOR,
};

static const struct smp_step compare_responder[] = {
    {0, 0, true, dhkey},
    {0, 0, true, new_nonce},
    {0, 0, true, send_confirm},
    {SMP_PAIRING_RANDOM, 0, false, keep_nonce},
    {0, 0, true, woad_smp_send_nonce},
    {0, 0, false, compare},
    STAGE_2_RESPONDER,
};

static const struct smp_step passkey_initiator[] = {
    {0, 0, true, dhkey},
    {0, 0, true, passkey},
    {0, 0, true, new_nonce}, /* a new one for each bit */
    {0, 0, true, send_confirm},
    {SMP_PAIRING_CONFIRM, 0, false, passkey_confirm},
    {0, 0, true, woad_smp_send_nonce},
    {SMP_PAIRING_RANDOM, 0, false, check_nonce},
    {0, 0, true, next_round},
    STAGE_2_INITIATOR,
};

static const struct smp_step passkey_responder[] = {
    {0, 0, false, dhkey},
    {0, 0, false, passkey},
    {0, 0, false, new_nonce},
    {SMP_PAIRING_CONFIRM, 0, false, passkey_confirm},
    {0, 0, true, send_confirm},
    {SMP_PAIRING_RANDOM, 0, false, check_nonce},
    {0, 0, true, woad_smp_send_nonce},
    {0, 0, true, next_round},
    STAGE_2_RESPONDER,
};

const struct smp_step woad_smp_oob_initiator[] = {
    {0, 0, true, dhkey},
    {0, 0, true, woad_smp_check_oob},
    {0, 0, true, new_nonce},
    {0, 0, true, woad_smp_send_nonce},
    {SMP_PAIRING_RANDOM, 0, false, keep_nonce},
    STAGE_2_INITIATOR,
};

const struct smp_step woad_smp_oob_responder[] = {
    {0, 0, false, dhkey},
    {0, 0, false, woad_smp_check_oob},
    {0, 0, false, new_nonce},
    {SMP_PAIRING_RANDOM, 0, false, keep_nonce},
    {0, 0, true, woad_smp_send_nonce},
    STAGE_2_RESPONDER,
};

const struct smp_step *const woad_smp_stage_1_initiator[] = {
    [WOAD_SMP_JUST_WORKS] = compare_initiator,
    [WOAD_SMP_COMPARISON] = compare_initiator,
    [WOAD_SMP_PASSKEY_SHOWN] = passkey_initiator,
    [WOAD_SMP_PASSKEY_INPUT] = passkey_initiator,
};

static uint8_t stage_1(struct smp_link *l, struct woad_rd *r)
{
    static const struct smp_step *const responder[] = {
        [WOAD_SMP_JUST_WORKS] = compare_responder,
        [WOAD_SMP_COMPARISON] = compare_responder,
        [WOAD_SMP_PASSKEY_SHOWN] = passkey_responder,
        [WOAD_SMP_PASSKEY_INPUT] = passkey_responder,
    };
    (void)r;
    if (l->p.method == WOAD_SMP_OUT_OF_BAND)
        return woad_smp_go(l, l->s->oob.ops->chain[l->p.initiator]);
    return woad_smp_go(l, (l->p.initiator ? l->s->central->stage_1 : responder)[l->p.method]);
}

const struct smp_step woad_smp_sc_initiator[] = {
    {0, 0, true, own_pair},
    {0, 0, true, send_public},
    {SMP_PUBLIC_KEY, 0, false, on_public},
    {0, 0, true, stage_1},
};

const struct smp_step woad_smp_sc_responder[] = {
    {0, 0, false, own_pair},
    {SMP_PUBLIC_KEY, 0, false, on_public},
    {0, 0, true, send_public},
    {0, 0, true, stage_1},
};
