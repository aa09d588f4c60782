/* Extended scanning, and reports put together from their fragments [Vol 4, Part E, 7.8.64, 7.8.65,
 * 7.7.65.13].
 *
 * A chain is known by address, SID and kind: a controller sends the fragments of one in order,
 * perhaps with those of others between them. A report that arrives whole is told from where it is;
 * only a fragment with more to come takes one of the few assemblies. */
#include "ext_priv.h"

#include <string.h>

enum { COMPLETE, MORE, TRUNCATED };

struct chain {
    struct woad_ext_report r; /* of the first fragment; data is NULL */
    bool used;
    bool cut;         /* too long, or part of it was lost */
    uint32_t begun;   /* count of chains when it was begun: the least is the oldest */
    uint32_t dropped; /* reports dropped when it was begun */
};

struct seen {
    uint32_t hash;
    struct woad_addr addr;
    uint8_t sid;
    uint8_t flags;
};

struct scan_state {
    struct woad_ext_scan_params p;
    uint8_t chain_count;
    uint16_t chain_size;
    uint16_t seen_size;
    uint16_t seen_count;
    uint16_t seen_next;
    uint32_t begun;
    struct host_timer period; /* the host's duplicates are forgotten when it is over */
    struct chain *chains;
    uint8_t *data;
    struct seen *seen;
};

static struct scan_state *scan_of(const struct woad_host *h)
{
    return h->part[HOST_PART_EXT_SCAN];
}

/* ---- commands -------------------------------------------------------------------------------- */

static void put_phy(struct woad_wr *w, const struct woad_ext_scan_phy *p)
{
    if (!p->on)
        return;
    woad_wr_u8(w, p->active);
    woad_wr_u16(w, p->interval_625us);
    woad_wr_u16(w, p->window_625us);
}

static void build_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_ext_scan_params *p = &scan_of(h)->p;
    woad_wr_u8(w, h->air.type);
    woad_wr_u8(w, p->filter);
    woad_wr_u8(w, (uint8_t)((p->phy_1m.on ? 1 : 0) | (p->phy_coded.on ? 4 : 0)));
    put_phy(w, &p->phy_1m);
    put_phy(w, &p->phy_coded);
}

static void build_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_ext_scan_params *p = &scan_of(h)->p;
    bool periods = p->period_1280ms != 0;
    woad_wr_u8(w, 1);
    woad_wr_u8(w, (uint8_t)(!p->filter_duplicates ? 0 : periods ? 2 : 1));
    /* a single duration is measured by the host, which also survives a fault */
    woad_wr_u16(w, (uint16_t)(periods ? p->duration_ms / 10 : 0));
    woad_wr_u16(w, p->period_1280ms);
}

static void build_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u16(w, 0);
    woad_wr_u32(w, 0);
}

static const struct host_cmd_row steps[] = {
    {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_PARAMETERS, build_params, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_ENABLE, build_on, woad_gap_activity_done},
};

static void forget(struct scan_state *s)
{
    s->seen_count = s->seen_next = 0;
}

static void begin_period(struct woad_host *h)
{
    struct scan_state *s = scan_of(h);
    forget(s);
    if (s->p.period_1280ms && s->seen_size && h->scan.act.state != GAP_IDLE)
        woad_host_timer_after(&s->period, s->p.period_1280ms * UINT64_C(1280000));
}

static void period_due(struct woad_timer *t)
{
    begin_period(HOST_OWNER(t, struct scan_state, period.t)->period.h);
}

/* What was begun before the scanner was off is not continued behind it. */
static bool skip(struct woad_host *h, struct host_activity *a)
{
    struct scan_state *s = scan_of(h);
    for (uint8_t i = 0; i < s->chain_count && a->step == 0; i++)
        s->chains[i].used = false;
    return false;
}

static void tell_state(struct woad_host *h, struct host_activity *a, bool stopped,
                       struct woad_result result)
{
    struct scan_state *s = scan_of(h);
    if (stopped || result.err)
        woad_host_timer_stop(&s->period);
    else
        begin_period(h);
    woad_host_tell(h, &(struct woad_host_evt){.type = stopped ? a->kind->stopped : a->kind->started,
                                              .conn = WOAD_CONN_NONE,
                                              .u.done = result});
}

static const struct host_activity_kind kind = {
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .off = {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_ENABLE, build_off, woad_gap_activity_done},
    .started = WOAD_EVT_SCAN_STARTED,
    .stopped = WOAD_EVT_SCAN_STOPPED,
    .skip = skip,
    .tell = tell_state,
};

static bool phy_valid(struct woad_ext_scan_phy *p)
{
    if (!p->interval_625us)
        p->interval_625us = 96;
    if (!p->window_625us)
        p->window_625us = p->interval_625us;
    return p->interval_625us >= 4 && p->window_625us >= 4 && p->window_625us <= p->interval_625us;
}

static bool valid(struct woad_ext_scan_params *p)
{
    if (!p->phy_1m.on && !p->phy_coded.on)
        p->phy_1m.on = true;
    if (!phy_valid(&p->phy_1m) || !phy_valid(&p->phy_coded) || p->filter > 3)
        return false;
    return !p->period_1280ms || (p->duration_ms >= 10 && p->duration_ms <= 655350 &&
                                 p->period_1280ms * UINT32_C(1280) > p->duration_ms);
}

int woad_gap_ext_scan_start(struct woad_host *h, const struct woad_ext_scan_params *from)
{
    woad_host_enter(h);
    struct woad_ext_scan_params p = *from;
    struct scan_state *s = scan_of(h);
    if (!valid(&p))
        return WOAD_ERR_INVALID;
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (!h->extended)
        return WOAD_ERR_UNSUPPORTED;
    if (h->scan.act.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    s->p = p;
    woad_gap_scan_use(h);
    h->scan.act.kind = &kind;
    return woad_gap_activity_start(h, &h->scan.act, p.period_1280ms ? 0 : p.duration_ms);
}

/* ---- duplicates ------------------------------------------------------------------------------ */

static uint32_t fnv1a(const uint8_t *data, size_t len)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ data[i]) * 16777619u;
    return hash;
}

static bool duplicate(struct scan_state *s, const struct woad_ext_report *r)
{
    if (!s->seen_size)
        return false;
    struct seen now = {fnv1a(r->data, r->data_len), r->addr, r->sid, r->flags};
    for (uint16_t i = 0; i < s->seen_count; i++) {
        const struct seen *e = &s->seen[i];
        if (e->hash == now.hash && e->sid == now.sid && e->flags == now.flags &&
            woad_addr_equal(&e->addr, &now.addr))
            return true;
    }
    s->seen[s->seen_next] = now;
    s->seen_next = (uint16_t)((s->seen_next + 1) % s->seen_size);
    if (s->seen_count < s->seen_size)
        s->seen_count++;
    return false;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void tell(struct woad_host *h, const struct woad_ext_report *r)
{
    if (!duplicate(scan_of(h), r))
        woad_gap_tell_report(h, &(struct woad_host_evt){.type = WOAD_EVT_EXT_REPORT,
                                                        .conn = WOAD_CONN_NONE,
                                                        .u.ext_report = r});
}

static uint8_t *data_of(const struct scan_state *s, const struct chain *c)
{
    return s->data + (size_t)(c - s->chains) * s->chain_size;
}

static void finish(struct woad_host *h, struct chain *c)
{
    struct scan_state *s = scan_of(h);
    struct woad_ext_report r = c->r;
    c->used = false;
    r.data = data_of(s, c);
    r.truncated = c->cut || c->dropped != h->stats.reports_dropped;
    tell(h, &r);
}

static struct chain *find(struct scan_state *s, const struct woad_ext_report *r)
{
    for (uint8_t i = 0; i < s->chain_count; i++) {
        struct chain *c = &s->chains[i];
        if (c->used && c->r.sid == r->sid && c->r.flags == r->flags &&
            woad_addr_equal(&c->r.addr, &r->addr))
            return c;
    }
    return NULL;
}

/* An assembly for a new chain; the oldest gives way. The event that tells it may stop the scan. */
static struct chain *take(struct woad_host *h, const struct woad_ext_report *r)
{
    struct scan_state *s = scan_of(h);
    struct chain *c = &s->chains[0];
    for (uint8_t i = 1; i < s->chain_count && c->used; i++)
        if (!s->chains[i].used || s->chains[i].begun - s->begun < c->begun - s->begun)
            c = &s->chains[i];
    if (c->used) {
        c->cut = true;
        finish(h, c);
        if (h->scan.act.state == GAP_IDLE)
            return NULL;
    }
    *c = (struct chain){
        .r = *r, .used = true, .begun = s->begun++, .dropped = h->stats.reports_dropped};
    c->r.data = NULL;
    c->r.data_len = 0;
    return c;
}

static void add(const struct scan_state *s, struct chain *c, const struct woad_ext_report *r)
{
    uint16_t room = (uint16_t)(s->chain_size - c->r.data_len);
    uint16_t n = r->data_len < room ? r->data_len : room;
    c->r.rssi_dbm = r->rssi_dbm;
    if (c->cut)
        return;
    if (n)
        memcpy(data_of(s, c) + c->r.data_len, r->data, n);
    c->r.data_len = (uint16_t)(c->r.data_len + n);
    c->cut = n < r->data_len;
}

static void report(struct woad_host *h, const struct ext_fragment *f)
{
    struct scan_state *s = scan_of(h);
    struct chain *c = find(s, &f->r);
    if (!c && f->status != MORE) { /* whole, or the rest of it was lost */
        struct woad_ext_report r = f->r;
        r.truncated = f->status != COMPLETE;
        tell(h, &r);
        return;
    }
    if (!c)
        c = take(h, &f->r);
    if (!c)
        return;
    add(s, c, &f->r);
    if (f->status == MORE)
        return;
    c->cut |= f->status != COMPLETE;
    finish(h, c);
}

/* ---- the part -------------------------------------------------------------------------------- */

struct sizes {
    uint8_t chains;
    uint16_t chain_size;
    uint16_t duplicates;
};

static struct sizes sizes_of(const void *part_cfg)
{
    static const struct woad_ext_scan_cfg none = {0};
    const struct woad_ext_scan_cfg *c = part_cfg ? part_cfg : &none;
    return (struct sizes){c->chains ? c->chains : 2,
                          c->chain_size ? c->chain_size : WOAD_ADV_DATA_MAX, c->duplicates};
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    struct sizes z = sizes_of(part_cfg);
    return sizeof(struct scan_state) + z.chains * sizeof(struct chain) +
           z.duplicates * sizeof(struct seen) + (size_t)z.chains * z.chain_size;
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct sizes z = sizes_of(part_cfg);
    struct scan_state *s = mem;
    s->chain_count = z.chains;
    s->chain_size = z.chain_size;
    s->seen_size = z.duplicates;
    s->chains = (struct chain *)(void *)(s + 1);
    s->seen = (struct seen *)(void *)(s->chains + z.chains);
    s->data = (uint8_t *)(s->seen + z.duplicates);
    woad_host_timer_init(h, &s->period, period_due);
    ((struct host_ext *)h->part[HOST_PART_EXT])->report = report;
    return 0;
}

const struct woad_host_part woad_gap_ext_scan_part = {
    .id = HOST_PART_EXT_SCAN,
    .needs = &woad_gap_ext_part,
    .mem_size = mem_size,
    .init = init,
};
