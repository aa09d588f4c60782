/* Levels of links: encryption with bonds, requests for keys, Security Request
 * [Vol 3, Part H, 2.4.4, 2.4.6; Vol 3, Part C, 10.3]. */
#include "gap/gap_priv.h"
#include "smp/smp_priv.h"

uint8_t woad_smp_level(const struct smp_link *l)
{
    return l->link && l->link->encrypted ? l->now.level : 1;
}

/* ---- encryption ------------------------------------------------------------------------------ */

void woad_smp_set_next(struct smp_link *l, const uint8_t key[16], uint8_t size, uint8_t level)
{
    l->next = (struct smp_key){.size = size, .level = level};
    memcpy(l->next.octets, key, 16);
    l->has_next = true;
}

bool woad_smp_bond_serves(struct smp_link *l, uint8_t level)
{
    int slot = woad_smp_bond_of(l);
    const struct woad_smp_bond *bond = slot >= 0 ? &l->s->slots[slot].bond : NULL;
    uint8_t key = l->link->role == WOAD_ROLE_CENTRAL ? WOAD_SMP_BOND_LTK : WOAD_SMP_BOND_OWN_LTK;
    return bond && (bond->flags & key) && bond->level >= level &&
           bond->key_size >= l->s->cfg.min_key_size;
}

/* ---- raising a link -------------------------------------------------------------------------- */

static void request_security(struct smp_link *l)
{
    uint8_t auth = woad_smp_own_auth(l);
    l->state = SMP_REQUESTING; /* its clock begins with the PDU */
    if (woad_smp_send_value(l, SMP_SECURITY_REQUEST, &auth, 1) == SMP_NEXT)
        return;
    l->state = SMP_IDLE;
    l->start = true;
}

void woad_smp_start(struct smp_link *l)
{
    bool automatic = l->automatic && !l->s->cfg.no_auto_encrypt;
    const struct smp_central_ops *central = woad_smp_central_of(l);
    l->start = l->automatic = false;
    if (l->state != SMP_IDLE)
        return;     /* its end decides how to go on */
    if (!l->want) { /* a new link: with the bond, whatever its level */
        if (automatic && central)
            central->restore(l);
        l->automatic = l->start;
    } else if (woad_smp_level(l) >= l->want && !l->anew) {
        woad_smp_tell_secured(l, 0, 0);
    } else if (l->dead) {
        woad_smp_end(l, WOAD_ERR_TIMEOUT, 0);
    } else if (central) {
        central->raise(l);
    } else {
        request_security(l);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

/* A bonded peer that cannot or will not encrypt: it has lost its key, or is somebody else. */
static void bond_failed(struct smp_link *l, uint8_t status)
{
    struct host_link *link = l->link;
    bool end = !l->s->cfg.keep_unsecured && link->role == WOAD_ROLE_CENTRAL && !link->encrypted;
    woad_smp_end(l, WOAD_ERR_SECURITY, SMP_STATUS(status));
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
        woad_smp_tell_secured(l, 0, 0);
    } else if (central) {
        l->anew = true;
        woad_smp_start(l);
    } else {
        woad_smp_end(l, WOAD_ERR_SECURITY, 0);
    }
}

static void changed(struct host_link *link, uint8_t status)
{
    struct smp_link *l = woad_smp_link(link);
    if (!status || !link->encrypted) /* with a key that is not ours: level 1 */
        l->now = link->encrypted && l->has_next ? l->next : (struct smp_key){.level = 1};
    l->has_next = false;
    woad_smp_wipe(&l->next, sizeof(l->next));
    if (!status && woad_smp_level(l) < 2)
        status = WOAD_HCI_ERR_AUTHENTICATION_FAILURE;
    if (!status && l->state != SMP_PAIRING) /* else its end or the failure does: a new key proves
                                               nothing of the bond that the peer may have */
        woad_host_parts_security(link, 0);
    if (link->state != HOST_LINK_UP || !l->link)
        return;
    if (l->state == SMP_PAIRING) {
        bool ours = l->p.encrypting;
        l->p.encrypted |= ours && !status;
        if (status && (ours || l->p.encrypted)) /* what is left would go out under another key */
            woad_smp_end(l, woad_host_result(status).err, SMP_STATUS(status));
        else
            woad_smp_advance(l);
    } else if (status) {
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

int woad_smp_may_raise(const struct smp_link *l)
{
    if (l->link->role == WOAD_ROLE_CENTRAL && !l->s->central)
        return WOAD_ERR_UNSUPPORTED;
    return l->dead ? WOAD_ERR_TIMEOUT : 0;
}

static int raise(struct host_link *link, uint8_t to)
{
    struct smp_link *l = woad_smp_link(link);
    int err = woad_smp_may_raise(l);
    if (err)
        return err;
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
        woad_smp_set_next(l, p->key, p->key_size, p->level);
        return p->key;
    }
    if (!woad_smp_bond_serves(l, 2))
        return NULL;
    const struct woad_smp_bond *b = &l->s->slots[l->bond].bond;
    if (b->own_ediv != ediv || !woad_smp_same(b->own_rand, rand, 8))
        return NULL;
    woad_smp_set_next(l, b->own_ltk, b->key_size, b->level);
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
