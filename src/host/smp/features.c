/* Phase 1: features are exchanged, method, key size, level and keys follow from them
 * [Vol 3, Part H, 2.3.1-2.3.5.1, 3.5.1, 3.5.2]. */
#include "smp/smp_priv.h"

/* IO capabilities as PDUs number them [3.5.1, table 3.4]. */
enum {
    DISPLAY_ONLY,
    DISPLAY_YES_NO,
    KEYBOARD_ONLY,
    NO_INPUT_NO_OUTPUT,
    KEYBOARD_DISPLAY,
    IO_COUNT
};

/* Who does what: [responder][initiator] of table 2.8. */
enum { JW, CMP, I_SHOWS, R_SHOWS, BOTH_INPUT };
static const uint8_t legacy_methods[IO_COUNT][IO_COUNT] = {
    [DISPLAY_ONLY] = {JW, JW, R_SHOWS, JW, R_SHOWS},
    [DISPLAY_YES_NO] = {JW, JW, R_SHOWS, JW, R_SHOWS},
    [KEYBOARD_ONLY] = {I_SHOWS, I_SHOWS, BOTH_INPUT, JW, I_SHOWS},
    [NO_INPUT_NO_OUTPUT] = {JW, JW, JW, JW, JW},
    [KEYBOARD_DISPLAY] = {I_SHOWS, I_SHOWS, R_SHOWS, JW, I_SHOWS},
};

static bool can_compare(uint8_t io)
{
    return io == DISPLAY_YES_NO || io == KEYBOARD_DISPLAY;
}

static uint8_t own_io(const struct smp *s)
{
    static const uint8_t code[8] = {
        [0] = NO_INPUT_NO_OUTPUT,
        [WOAD_SMP_DISPLAY] = DISPLAY_ONLY,
        [WOAD_SMP_YES_NO] = NO_INPUT_NO_OUTPUT,
        [WOAD_SMP_YES_NO | WOAD_SMP_DISPLAY] = DISPLAY_YES_NO,
        [WOAD_SMP_KEYBOARD] = KEYBOARD_ONLY,
        [WOAD_SMP_KEYBOARD | WOAD_SMP_DISPLAY] = KEYBOARD_DISPLAY,
        [WOAD_SMP_KEYBOARD | WOAD_SMP_YES_NO] = KEYBOARD_ONLY,
        [WOAD_SMP_KEYBOARD | WOAD_SMP_YES_NO | WOAD_SMP_DISPLAY] = KEYBOARD_DISPLAY,
    };
    return code[s->cfg.io & 7];
}

uint8_t woad_smp_own_auth(const struct smp_link *l)
{
    const struct woad_smp_cfg *cfg = &l->s->cfg;
    uint8_t least = l->want > cfg->level ? l->want : cfg->level;
    bool mitm = least >= 3 || cfg->mitm;
    return (uint8_t)((cfg->no_bonding ? 0 : SMP_AUTH_BONDING) | (mitm ? SMP_AUTH_MITM : 0) |
                     (cfg->no_sc ? 0 : SMP_AUTH_SC) | (cfg->keypress ? SMP_AUTH_KEYPRESS : 0));
}

/* Keys that we give and take when the peer bonds as well. */
static uint8_t own_keys(const struct smp *s, bool sc)
{
    if (s->cfg.no_bonding)
        return 0;
    return (uint8_t)((sc || !s->cfg.legacy ? 0 : SMP_KEY_ENC) |
                     (s->cfg.no_identity ? 0 : SMP_KEY_ID) | (s->cfg.signing ? SMP_KEY_SIGN : 0));
}

static bool has_oob(const struct smp_link *l, bool sc)
{
    return l->oob_set && (sc ? l->oob.sc : l->oob.legacy);
}

/* Our own features into pdu; sc: what the peer can is known. */
static void put_own(const struct smp_link *l, uint8_t *pdu, bool oob, uint8_t keys)
{
    pdu[SMP_F_IO] = own_io(l->s);
    pdu[SMP_F_OOB] = oob;
    pdu[SMP_F_AUTH] = woad_smp_own_auth(l);
    if (l->p.peer_mitm)
        pdu[SMP_F_AUTH] |= SMP_AUTH_MITM;
    pdu[SMP_F_KEY_SIZE] = l->s->cfg.max_key_size;
    pdu[SMP_F_INIT] = pdu[SMP_F_RESP] = keys;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static uint8_t pick_method(const struct smp_link *l)
{
    const struct smp_pairing *p = &l->p;
    uint8_t either = p->preq[SMP_F_AUTH] | p->pres[SMP_F_AUTH];
    bool oob =
        p->sc ? p->preq[SMP_F_OOB] || p->pres[SMP_F_OOB] : p->preq[SMP_F_OOB] && p->pres[SMP_F_OOB];
    if (oob)
        return WOAD_SMP_OUT_OF_BAND;
    if (!(either & SMP_AUTH_MITM))
        return WOAD_SMP_JUST_WORKS;
    uint8_t initiator = p->preq[SMP_F_IO], responder = p->pres[SMP_F_IO];
    uint8_t who = p->sc && can_compare(initiator) && can_compare(responder)
                      ? (uint8_t)CMP
                      : legacy_methods[responder][initiator];
    if (who == JW)
        return WOAD_SMP_JUST_WORKS;
    if (who == CMP)
        return WOAD_SMP_COMPARISON;
    return who == (p->initiator ? I_SHOWS : R_SHOWS) ? WOAD_SMP_PASSKEY_SHOWN
                                                     : WOAD_SMP_PASSKEY_INPUT;
}

static bool authenticated(const struct smp_link *l)
{
    const struct smp_pairing *p = &l->p;
    if (p->method != WOAD_SMP_OUT_OF_BAND)
        return p->method != WOAD_SMP_JUST_WORKS;
    bool peer_has = (p->initiator ? p->pres : p->preq)[SMP_F_OOB];
    return (l->oob_set && l->oob.authenticated) || (p->sc && peer_has && l->s->oob.authenticated);
}

static bool fields_valid(const uint8_t *pdu)
{
    return pdu[SMP_F_IO] < IO_COUNT && pdu[SMP_F_OOB] <= 1 && pdu[SMP_F_KEY_SIZE] >= 7 &&
           pdu[SMP_F_KEY_SIZE] <= 16;
}

static void pick_keys(struct smp_link *l)
{
    struct smp_pairing *p = &l->p;
    uint8_t keys = SMP_KEY_ID | SMP_KEY_SIGN;
    if (!p->sc)
        keys |= SMP_KEY_ENC;
    uint8_t out = p->pres[p->initiator ? SMP_F_INIT : SMP_F_RESP];
    uint8_t in = p->pres[p->initiator ? SMP_F_RESP : SMP_F_INIT];
    p->keys_out = out & keys;
    p->keys_in = in & keys;
}

/* What the features lead to; a reason when that is not good enough. */
static uint8_t choose(struct smp_link *l)
{
    struct smp_pairing *p = &l->p;
    const struct woad_smp_cfg *cfg = &l->s->cfg;
    uint8_t both = p->preq[SMP_F_AUTH] & p->pres[SMP_F_AUTH];
    uint8_t a = p->preq[SMP_F_KEY_SIZE], b = p->pres[SMP_F_KEY_SIZE];
    p->sc = (both & SMP_AUTH_SC) != 0;
    p->bonding = (both & 3) == SMP_AUTH_BONDING;
    p->key_size = a < b ? a : b;
    p->method = pick_method(l);
    p->level = !authenticated(l) ? 2 : p->sc && p->key_size == 16 ? 4 : 3;
    if (!p->sc && !cfg->legacy)
        return WOAD_SMP_AUTHENTICATION_REQUIREMENTS;
    if (p->key_size < cfg->min_key_size)
        return WOAD_SMP_ENCRYPTION_KEY_SIZE;
    if (p->level < p->required)
        return WOAD_SMP_AUTHENTICATION_REQUIREMENTS;
    pick_keys(l);
    return SMP_NEXT;
}

bool woad_smp_weaker(const struct smp_link *l, int slot)
{
    if (l->p.level < woad_smp_level(l))
        return true;
    if (slot < 0)
        return false;
    const struct woad_smp_bond *bond = &l->s->slots[slot].bond;
    return l->p.level < bond->level || (!l->p.sc && (bond->flags & WOAD_SMP_BOND_SC));
}

uint8_t woad_smp_ask(struct smp_link *l, uint8_t why, uint8_t reason)
{
    struct woad_smp_evt evt = {.type = WOAD_SMP_ASK};
    evt.u.ask.why = why;
    evt.u.ask.method = l->p.method;
    evt.u.ask.level = l->p.level;
    uint8_t result = woad_smp_question(l, SMP_ANSWER_ACCEPT, &evt);
    return result != SMP_NEXT || l->p.yes ? result : reason;
}

static uint8_t phase_2(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (l->p.sc)
        return woad_smp_go(l, l->p.initiator ? l->s->central->sc : woad_smp_sc_responder);
    const struct woad_smp_legacy *legacy = l->s->cfg.legacy;
    return woad_smp_go(l, l->p.initiator ? legacy->initiator : legacy->responder);
}

/* ---- initiator ------------------------------------------------------------------------------- */

static uint8_t send_request(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    uint8_t *pdu = l->p.preq, *to;
    pdu[SMP_F_CODE] = SMP_PAIRING_REQUEST;
    put_own(l, pdu,
            (!l->s->cfg.no_sc && has_oob(l, true)) || (l->s->cfg.legacy && has_oob(l, false)),
            own_keys(l->s, false));
    struct woad_buf *buf = woad_smp_pdu(l, pdu[SMP_F_CODE], 6, &to);
    if (!buf)
        return SMP_STAY;
    memcpy(to, pdu + 1, 6);
    woad_smp_send(l, buf);
    return SMP_NEXT;
}

static uint8_t on_response(struct smp_link *l, struct woad_rd *r)
{
    struct smp_pairing *p = &l->p;
    p->pres[SMP_F_CODE] = SMP_PAIRING_RESPONSE;
    woad_rd_bytes(r, p->pres + 1, 6);
    uint8_t known = SMP_KEY_ENC | SMP_KEY_ID | SMP_KEY_SIGN;
    bool more = (p->pres[SMP_F_INIT] & ~p->preq[SMP_F_INIT] & known) ||
                (p->pres[SMP_F_RESP] & ~p->preq[SMP_F_RESP] & known);
    if (!fields_valid(p->pres) || more)
        return WOAD_SMP_INVALID_PARAMETERS;
    uint8_t reason = choose(l);
    if (!reason && p->method == WOAD_SMP_OUT_OF_BAND && p->preq[SMP_F_OOB] && !has_oob(l, p->sc))
        reason = WOAD_SMP_OOB_NOT_AVAILABLE; /* ours is for the other kind of pairing */
    return reason;
}

static uint8_t ask_weaker(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    if (!woad_smp_weaker(l, woad_smp_bond_of(l)))
        return SMP_NEXT;
    return woad_smp_ask(l, WOAD_SMP_ASK_WEAKER, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
}

const struct smp_step woad_smp_initiate[] = {
    {0, 0, true, send_request},
    {SMP_PAIRING_RESPONSE, 0, false, on_response},
    {0, 0, true, ask_weaker},
    {0, 0, true, phase_2},
};

static uint8_t ask_pair(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_ask(l, WOAD_SMP_ASK_PAIR, WOAD_SMP_PAIRING_NOT_SUPPORTED);
}

static uint8_t initiate(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    return woad_smp_go(l, woad_smp_initiate);
}

/* Central: a Security Request came and the application is asked first. */
const struct smp_step woad_smp_asked[] = {{0, 0, true, ask_pair}, {0, 0, true, initiate}};

/* ---- responder ------------------------------------------------------------------------------- */

static uint8_t answer_request(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    if (!fields_valid(p->preq))
        return WOAD_SMP_INVALID_PARAMETERS;
    bool sc = (p->preq[SMP_F_AUTH] & SMP_AUTH_SC) && !l->s->cfg.no_sc;
    bool bonding = (p->preq[SMP_F_AUTH] & 3) == SMP_AUTH_BONDING;
    p->pres[SMP_F_CODE] = SMP_PAIRING_RESPONSE;
    put_own(l, p->pres, has_oob(l, sc), bonding ? own_keys(l->s, sc) : 0);
    p->pres[SMP_F_INIT] &= p->preq[SMP_F_INIT];
    p->pres[SMP_F_RESP] &= p->preq[SMP_F_RESP];
    return choose(l);
}

static uint8_t ask_first(struct smp_link *l, struct woad_rd *r)
{
    if (woad_smp_weaker(l, woad_smp_bond_of(l)))
        return ask_weaker(l, r);
    if (l->p.lost) /* [Vol 3, Part C, 10.3.2] */
        return woad_smp_ask(l, WOAD_SMP_ASK_LOST, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
    return l->s->cfg.ask ? ask_pair(l, r) : SMP_NEXT;
}

static uint8_t send_response(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    uint8_t *to;
    struct woad_buf *buf = woad_smp_pdu(l, SMP_PAIRING_RESPONSE, 6, &to);
    if (!buf)
        return SMP_STAY;
    memcpy(to, l->p.pres + 1, 6);
    woad_smp_send(l, buf);
    return SMP_NEXT;
}

const struct smp_step woad_smp_respond[] = {
    {0, 0, true, answer_request},
    {0, 0, true, ask_first},
    {0, 0, true, send_response},
    {0, 0, true, phase_2},
};
