/* P-256 in turns: one operation, key pair or DHKey, in one run() [Vol 3, Part H, 2.3.5.6.1, 2.3.6].
 *
 * A timer that is due one microsecond after the present run() fires in the next one. */
#include "smp/smp_priv.h"

#define DEBUG_X                                                                                    \
    0x20, 0xb0, 0x03, 0xd2, 0xf2, 0x97, 0xbe, 0x2c, 0x5e, 0x2c, 0x83, 0xa7, 0xe9, 0xf9, 0xa5,      \
        0xb9, 0xef, 0xf4, 0x91, 0x11, 0xac, 0xf4, 0xfd, 0xdb, 0xcc, 0x03, 0x01, 0x48, 0x0e, 0x35,  \
        0x9d, 0xe6

/* The key pair of debug mode [2.3.5.6.1]. */
const struct woad_smp_key_pair woad_smp_debug_keys = {
    .secret = {0x3f, 0x49, 0xf6, 0xd4, 0xa3, 0xc5, 0x5f, 0x38, 0x74, 0xc9, 0xb3,
               0xe3, 0xd2, 0x10, 0x3f, 0x50, 0x4a, 0xff, 0x60, 0x7b, 0xeb, 0x40,
               0xb7, 0x99, 0x58, 0x99, 0xb8, 0xa6, 0xcd, 0x3c, 0x1a, 0xbd},
    .public_key = {DEBUG_X, 0xdc, 0x80, 0x9c, 0x49, 0x65, 0x2a, 0xeb, 0x6d, 0x63, 0x32,
                   0x9a,    0xbf, 0x5a, 0x52, 0x15, 0x5c, 0x76, 0x63, 0x45, 0xc2, 0x8f,
                   0xed,    0x30, 0x24, 0x74, 0x1c, 0x8e, 0xd0, 0x15, 0x89, 0xd2, 0x8b},
};

/* The x of the debug key, with either y. */
bool woad_smp_is_debug_key(const uint8_t public_key[64])
{
    static const uint8_t x[32] = {DEBUG_X};
    return woad_smp_same(public_key, x, 32);
}

void woad_smp_p256_due(struct smp *s)
{
    if (!woad_host_timer_on(&s->p256))
        woad_host_timer_after(&s->p256, 1);
}

int woad_smp_generate(const struct smp *s, struct woad_smp_key_pair *pair)
{
    if (s->cfg.debug_keys) {
        *pair = *s->cfg.debug_keys;
        return 0;
    }
    return woad_p256_generate(pair->secret, pair->public_key);
}

/* The next link, in turn, whose DHKey is due. */
static struct smp_link *next_job(struct smp *s)
{
    uint16_t count = s->h->max_conns;
    for (uint16_t i = 0; i < count; i++) {
        uint16_t at = (uint16_t)((s->next_job + i) % count);
        struct smp_link *l = &s->links[at];
        if (l->state == SMP_PAIRING && l->p.job == SMP_JOB_DUE) {
            s->next_job = (uint16_t)(at + 1);
            return l;
        }
    }
    return NULL;
}

static void run_job(struct smp_link *l)
{
    struct smp_pairing *p = &l->p;
    int err = woad_p256_shared(p->own.secret, p->peer_public, p->dhkey);
    woad_smp_wipe(p->own.secret, sizeof(p->own.secret));
    p->job = err ? SMP_JOB_FAILED : SMP_JOB_DONE;
    woad_smp_advance(l);
}

static void run_pair(struct smp *s)
{
    s->pair_failed = woad_smp_generate(s, &s->pair) != 0;
    s->has_pair = !s->pair_failed;
    s->pair_uses = 0;
    for (uint16_t i = 0; i < s->h->max_conns; i++)
        if (s->links[i].state == SMP_PAIRING)
            woad_smp_advance(&s->links[i]);
}

static void turn(struct woad_timer *t)
{
    struct smp *s = HOST_OWNER(t, struct smp, p256.t);
    struct smp_link *l = next_job(s);
    if (l)
        run_job(l);
    else if (!s->has_pair && !s->pair_failed)
        run_pair(s);
    else if (s->oob.due)
        s->oob.ops->run(s);
    else
        return;
    woad_smp_p256_due(s);
}

void woad_smp_p256_init(struct smp *s)
{
    woad_host_timer_init(s->h, &s->p256, turn);
}

void woad_smp_dhkey(struct smp_link *l)
{
    l->p.job = SMP_JOB_DUE;
    woad_smp_p256_due(l->s);
}

uint8_t woad_smp_take_pair(struct smp_link *l)
{
    struct smp *s = l->s;
    if ((l->p.initiator ? l->p.pres : l->p.preq)[SMP_F_OOB])
        return s->oob.ops ? s->oob.ops->take(l) : (uint8_t)WOAD_SMP_OOB_NOT_AVAILABLE;
    if (s->has_pair) {
        l->p.own = s->pair;
        return SMP_NEXT;
    }
    if (s->pair_failed) { /* by the library; the next pairing tries again */
        s->pair_failed = false;
        return WOAD_SMP_UNSPECIFIED_REASON;
    }
    woad_smp_p256_due(s);
    return SMP_STAY;
}

void woad_smp_pair_used(struct smp *s, bool failed)
{
    if (!s->has_pair || (++s->pair_uses < s->cfg.key_pairings && !failed))
        return;
    s->has_pair = s->pair_failed = false;
    woad_smp_wipe(&s->pair, sizeof(s->pair));
    woad_smp_p256_due(s);
}
