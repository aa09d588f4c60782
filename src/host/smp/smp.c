/* The Security Manager as a part of the host, and the calls of woad/smp.h. */
#include <stdalign.h>

#include "smp/smp_priv.h"

static struct woad_smp_cfg with_defaults(const struct woad_smp_cfg *from)
{
    struct woad_smp_cfg c = from ? *from : (struct woad_smp_cfg){0};
    if (!c.max_bonds)
        c.max_bonds = 4;
    if (!c.level)
        c.level = 2;
    if (!c.min_key_size || c.level == 4)
        c.min_key_size = 16;
    if (!c.max_key_size)
        c.max_key_size = 16;
    if (!c.key_pairings)
        c.key_pairings = 1;
    return c;
}

static bool valid(const struct woad_smp_cfg *c)
{
    return c->max_bonds <= INT16_MAX && c->level >= 2 && c->level <= 4 && c->min_key_size >= 7 &&
           c->min_key_size <= c->max_key_size && c->max_key_size <= 16 &&
           !(c->no_sc && (!c->legacy || c->level == 4)) && c->io <= 7 &&
           c->when_full <= WOAD_SMP_FULL_REPLACE;
}

int woad_smp_set_policy(struct woad_host *h, const struct woad_smp_cfg *cfg)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    for (uint16_t i = 0; i < h->max_conns; i++)
        if (s->links[i].state == SMP_PAIRING)
            return WOAD_ERR_BUSY;
    struct woad_smp_cfg c = s->cfg;
    c.io = cfg->io;
    c.level = cfg->level ? cfg->level : 2;
    c.mitm = cfg->mitm;
    c.no_bonding = cfg->no_bonding;
    c.no_sc = cfg->no_sc;
    c.legacy = cfg->legacy;
    if (!valid(&c))
        return WOAD_ERR_INVALID;
    s->cfg = c;
    return 0;
}

int woad_smp_reload(struct woad_host *h)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    return woad_smp_bond_next(h, -1) < 0 ? woad_smp_store_load(s) : WOAD_ERR_STATE;
}

static size_t align(size_t n)
{
    return (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    struct woad_smp_cfg c = with_defaults(part_cfg);
    return align(sizeof(struct smp)) + align(cfg->max_conns * sizeof(struct smp_link)) +
           align(c.max_bonds * sizeof(struct smp_slot));
}

/* No SMP PDU came or went for 30 s [Vol 3, Part H, 3.4]. */
static void timed_out(struct woad_timer *t)
{
    struct smp_link *l = HOST_OWNER(t, struct smp_link, timer.t);
    l->dead = true;
    woad_smp_end(l, WOAD_ERR_TIMEOUT, 0);
}

static void go_on(struct smp_link *l)
{
    woad_smp_flush(l);
    if (l->cancel) {
        bool passkey = l->p.waits_for == SMP_ANSWER_PASSKEY;
        l->cancel = l->start = false;
        if (l->state == SMP_PAIRING)
            woad_smp_refuse(l,
                            passkey ? WOAD_SMP_PASSKEY_ENTRY_FAILED : WOAD_SMP_UNSPECIFIED_REASON);
        if (l->state == SMP_ENCRYPTING) /* goes on in the controller */
            woad_smp_tell_secured(l, WOAD_ERR_CANCELLED, 0);
        else
            woad_smp_end(l, WOAD_ERR_CANCELLED, 0);
        return;
    }
    woad_smp_advance(l);
    if (l->link && (l->start || l->automatic))
        woad_smp_start(l);
}

static void retry(struct woad_timer *t)
{
    go_on(HOST_OWNER(t, struct smp_link, retry.t));
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    uint8_t *at = mem;
    struct smp *s = mem;
    s->h = h;
    s->cfg = with_defaults(part_cfg);
    if (!valid(&s->cfg))
        return WOAD_ERR_INVALID;
    s->pairable = !s->cfg.refuse;
    at += align(sizeof(*s));
    s->links = (struct smp_link *)(void *)at;
    at += align(h->max_conns * sizeof(*s->links));
    s->slots = (struct smp_slot *)(void *)at;
    for (uint16_t i = 0; i < h->max_conns; i++) {
        s->links[i].s = s;
        woad_host_timer_init(h, &s->links[i].timer, timed_out);
        woad_host_timer_init(h, &s->links[i].retry, retry);
    }
    woad_smp_p256_init(s);
    int err = woad_crypto_init();
    if (!err)
        err = woad_smp_store_load(s);
    if (!err)
        h->security = &woad_smp_ops;
    return err;
}

static void deinit(struct woad_host *h)
{
    struct smp *s = woad_smp_of(h);
    woad_smp_wipe(s, mem_size(&h->cfg, &s->cfg));
}

static void ready(struct woad_host *h)
{
    woad_smp_p256_due(woad_smp_of(h));
    woad_host_part_due(h, HOST_PART_SMP); /* what the load has to tell */
}

static void drop(struct woad_host *h, int err)
{
    struct smp *s = woad_smp_of(h);
    if (s->oob.due)
        s->oob.ops->drop(s, err);
}

/* Role and address are known when service() runs. */
static void link_up(struct host_link *link)
{
    struct smp_link *l = woad_smp_link(link);
    memset(&l->link, 0, offsetof(struct smp_link, timer) - offsetof(struct smp_link, link));
    l->link = link;
    l->automatic = true;
    l->bond = -1;
    woad_host_part_due(link->h, HOST_PART_SMP);
}

static void link_down(struct host_link *link, int err)
{
    struct smp_link *l = woad_smp_link(link);
    if (!l->link)
        return;
    l->start = l->automatic = false;
    if (l->state != SMP_IDLE || l->op)
        woad_smp_end(l, err, 0);
    woad_host_timer_stop(&l->timer);
    woad_host_timer_stop(&l->retry);
    woad_smp_wipe(&l->now, sizeof(l->now));
    woad_smp_wipe(&l->oob, sizeof(l->oob));
    l->link = NULL;
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    struct smp *s = woad_smp_of(h);
    unsigned used = 1;
    (void)budget; /* bounded by the links, each of which does one thing */
    for (uint16_t i = 0; i < h->max_conns; i++)
        if (s->links[i].link && s->links[i].link->state == HOST_LINK_UP) {
            go_on(&s->links[i]);
            used++;
        }
    woad_smp_bonds_service(s);
    return used;
}

static int init_all(struct woad_host *h, void *mem, const void *part_cfg)
{
    int err = init(h, mem, part_cfg);
    woad_smp_of(h)->central = &woad_smp_central;
    return err;
}

#define PART(init_fn)                                                                              \
    {                                                                                              \
        .id = HOST_PART_SMP, .mem_size = mem_size, .init = init_fn, .deinit = deinit,              \
        .ready = ready, .drop = drop, .link_up = link_up, .link_down = link_down,                  \
        .service = service, .fixed = &woad_smp_fixed_row                                           \
    }

const struct woad_host_part woad_smp_part = PART(init_all);
const struct woad_host_part woad_smp_peripheral_part = PART(init);
