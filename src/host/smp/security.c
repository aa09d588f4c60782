/* Levels of links: encryption with bonds, requests for keys, Security Request
 * [Vol 3, Part H, 2.4.4, 2.4.6; Vol 3, Part C, 10.3]. */
#include "gap/gap_priv.h"
#include "smp/smp_priv.h"

uint8_t woad_smp_level(const struct smp_link *l)
{
    return l->link && l->link->encrypted ? l->now.level : 1;
}

static void fail(struct smp_link *l, int err)
{
    woad_smp_fail_with(l, (struct woad_result){.err = err}, 0, false);
}

/* ---- encryption ------------------------------------------------------------------------------ */

static void set_next(struct smp_link *l, const uint8_t key[16], uint8_t size, uint8_t level)
{
    l->next = (struct smp_key){.size = size, .level = level};
    memcpy(l->next.octets, key, 16);
    l->has_next = true;
}

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
    set_next(l, key, size, level);
    return SMP_NEXT;
}

static bool bond_serves(struct smp_link *l, uint8_t level)
{
    int slot = woad_smp_bond_of(l);
    const struct woad_smp_bond *bond = slot >= 0 ? &l->s->slots[slot].bond : NULL;
    uint8_t key = l->link->role == WOAD_ROLE_CENTRAL ? WOAD_SMP_BOND_LTK : WOAD_SMP_BOND_OWN_LTK;
    return bond && (bond->flags & key) && bond->level >= level &&
           bond->key_size >= l->s->cfg.min_key_size;
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

/* ---- raising a link -------------------------------------------------------------------------- */

static void request_security(struct smp_link *l)
{
    uint8_t *to;
    struct woad_buf *pdu = woad_smp_pdu(l, SMP_SECURITY_REQUEST, 1, &to);
    if (!pdu) {
        l->start = true;
        return;
    }
    *to = woad_smp_own_auth(l);
    l->state = SMP_REQUESTING;
    woad_smp_send(l, pdu);
}

static void pair(struct smp_link *l, bool peer_mitm, const struct smp_step *first)
{
    if (woad_smp_backoff(l)) {
        woad_smp_fail_with(l, (struct woad_result){.err = WOAD_ERR_REFUSED},
                           WOAD_SMP_REPEATED_ATTEMPTS, false);
        return;
    }
    l->anew = false;
    woad_smp_begin(l, true, first);
    l->p.peer_mitm = peer_mitm;
    woad_smp_advance(l);
}

void woad_smp_start(struct smp_link *l)
{
    bool automatic = l->automatic && !l->s->cfg.no_auto_encrypt;
    bool central = l->link->role == WOAD_ROLE_CENTRAL;
    l->start = l->automatic = false;
    if (l->state != SMP_IDLE)
        return;     /* its end decides how to go on */
    if (!l->want) { /* a new link: with the bond, whatever its level */
        if (automatic && central && bond_serves(l, 2))
            encrypt_with_bond(l);
        l->automatic = l->start;
    } else if (woad_smp_level(l) >= l->want && !l->anew) {
        woad_smp_tell_secured(l, (struct woad_result){0}, 0, false, false);
    } else if (l->dead) {
        fail(l, WOAD_ERR_TIMEOUT);
    } else if (!central) {
        request_security(l);
    } else if (!l->anew && !l->link->encrypted && bond_serves(l, l->want)) {
        encrypt_with_bond(l);
    } else {
        pair(l, false, woad_smp_initiate);
    }
}

/* Central: the peripheral asks [2.4.6]. Anything but a wish that is not yet met is ignored. */
void woad_smp_on_security_request(struct smp_link *l, struct woad_rd *r)
{
    uint8_t auth = woad_rd_u8(r);
    bool mitm = (auth & SMP_AUTH_MITM) != 0;
    uint8_t level = mitm ? 3 : 2;
    if (l->state != SMP_IDLE || l->start || woad_smp_level(l) >= level)
        return;
    if (!l->link->encrypted && bond_serves(l, level))
        encrypt_with_bond(l);
    else if (!l->s->pairable)
        woad_smp_refuse(l, WOAD_SMP_PAIRING_NOT_SUPPORTED);
    else if (woad_smp_backoff(l))
        woad_smp_refuse(l, WOAD_SMP_REPEATED_ATTEMPTS);
    else
        pair(l, mitm, l->s->cfg.ask ? woad_smp_asked : woad_smp_initiate);
}

/* ---- results --------------------------------------------------------------------------------- */

/* A bonded peer that cannot or will not encrypt: it has lost its key, or is somebody else. */
static void bond_failed(struct smp_link *l, uint8_t status)
{
    struct host_link *link = l->link;
    struct woad_result result = {.err = WOAD_ERR_SECURITY, .hci = status};
    bool end = !l->s->cfg.keep_unsecured && link->role == WOAD_ROLE_CENTRAL && !link->encrypted;
    woad_smp_fail_with(l, result, 0, false);
    if (end && link->state == HOST_LINK_UP)
        woad_gap_disconnect_link(link, WOAD_HCI_ERR_AUTHENTICATION_FAILURE);
}

/* Encryption with the bond ended; a level not reached yet is paired for. */
static void settle(struct smp_link *l)
{
    bool central = l->link->role == WOAD_ROLE_CENTRAL;
    l->state = SMP_IDLE;
    woad_host_timer_stop(&l->timer);
    if (woad_smp_bond_of(l) >= 0)
        woad_smp_bond_used(l->s, l->bond);
    if (woad_smp_level(l) >= l->want) {
        woad_smp_tell_secured(l, (struct woad_result){0}, 0, false, false);
    } else if (central) {
        l->anew = true;
        woad_smp_start(l);
    } else {
        fail(l, WOAD_ERR_SECURITY);
    }
}

static void changed(struct host_link *link, uint8_t status)
{
    struct smp_link *l = woad_smp_link(link);
    if (!status || !link->encrypted) /* with a key that is not ours: level 1 */
        l->now = link->encrypted && l->has_next ? l->next : (struct smp_key){.level = 1};
    l->has_next = false;
    woad_smp_wipe(&l->next, sizeof(l->next));
    bool failed = status || woad_smp_level(l) < 2;
    bool ends = failed && (l->state != SMP_PAIRING || l->p.encrypting);
    if (!ends) /* else: the failure does */
        woad_host_parts_security(link, status);
    if (link->state != HOST_LINK_UP || !l->link)
        return;
    if (l->state == SMP_PAIRING) {
        bool ours = l->p.encrypting;
        l->p.encrypted |= ours && !failed;
        if (ours && failed)
            woad_smp_fail_with(
                l, woad_host_result(status ? status : WOAD_HCI_ERR_AUTHENTICATION_FAILURE), 0,
                false);
        else
            woad_smp_advance(l);
    } else if (failed) {
        bond_failed(l, status);
    } else {
        settle(l);
    }
    if (l->link && l->start)
        woad_host_part_due(link->h, HOST_PART_SMP);
}

/* ---- for the other parts --------------------------------------------------------------------- */

static uint8_t level(const struct host_link *link)
{
    return woad_smp_level(woad_smp_link(link));
}

static uint8_t key_size(const struct host_link *link)
{
    return link->encrypted ? woad_smp_link(link)->now.size : 0;
}

static int bond(const struct host_link *link)
{
    return woad_smp_bond_of(woad_smp_link(link));
}

static int raise(struct host_link *link, uint8_t to)
{
    struct smp_link *l = woad_smp_link(link);
    if (l->dead)
        return WOAD_ERR_TIMEOUT;
    bool busy = l->state != SMP_IDLE || l->start;
    if (to > l->want)
        l->want = to;
    l->start = true;
    woad_host_part_due(link->h, HOST_PART_SMP);
    return busy ? WOAD_ERR_BUSY : 0;
}

/* The key that the controller wants, or NULL [Vol 4, Part E, 7.7.65.5]. */
static const uint8_t *pick_key(struct smp_link *l, const uint8_t rand[8], uint16_t ediv)
{
    const struct smp_pairing *p = &l->p;
    if (l->state == SMP_PAIRING) {
        if (!p->encrypting || p->initiator || ediv || !woad_smp_zero(rand, 8))
            return NULL;
        set_next(l, p->key, p->key_size, p->level);
        return p->key;
    }
    if (!bond_serves(l, 2))
        return NULL;
    const struct woad_smp_bond *b = &l->s->slots[l->bond].bond;
    if (b->own_ediv != ediv || !woad_smp_same(b->own_rand, rand, 8))
        return NULL;
    set_next(l, b->own_ltk, b->key_size, b->level);
    return b->own_ltk;
}

static bool ltk_request(struct host_link *link, const uint8_t rand[8], uint16_t ediv)
{
    struct smp_link *l = woad_smp_link(link);
    const uint8_t *key = pick_key(l, rand, ediv);
    uint8_t turned[16];
    bool usable = key && !woad_smp_zero(key, 16); /* an unset key is never used */
    if (usable)
        woad_smp_turn(turned, key, 16);
    l->has_next = l->has_next && usable;
    int err = woad_gap_ltk_reply_link(link, usable ? turned : NULL);
    woad_smp_wipe(turned, sizeof(turned));
    return err == 0;
}

static int sign(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                uint8_t signature[12])
{
    const struct woad_smp_signing *signing = woad_smp_of(link->h)->cfg.signing;
    return signing ? signing->sign(link, parts, count, signature) : WOAD_ERR_UNSUPPORTED;
}

static int verify(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                  const uint8_t signature[12])
{
    const struct woad_smp_signing *signing = woad_smp_of(link->h)->cfg.signing;
    return signing ? signing->verify(link, parts, count, signature) : WOAD_ERR_UNSUPPORTED;
}

const struct host_security_ops woad_smp_ops = {
    .level = level,
    .key_size = key_size,
    .bond = bond,
    .raise = raise,
    .sign = sign,
    .verify = verify,
    .ltk_request = ltk_request,
    .changed = changed,
};
