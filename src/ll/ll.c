/* The controller as a whole: memory, the pump, what survives a reset. */
#include "woad/ll.h"

#include <stdalign.h>

#include "ll_priv.h"

enum {
    REPORT_HEADROOM = 6, /* H4 indicator and what an advertising report has before its address */
    REPORT_SIZE = REPORT_HEADROOM + LL_HEADER_LEN + LL_ADV_PAYLOAD_MAX + 1,
    RX_HEADROOM = 1 + WOAD_HCI_ACL_HDR_LEN - LL_HEADER_LEN,
    RX_SIZE = RX_HEADROOM + LL_PDU_MAX,
    EVT_SIZE = 1 + 2 + 70, /* LE Read Supported Commands is the longest answer */
    CMD_SIZE = 1 + WOAD_HCI_CMD_HDR_LEN + 255,
};

/* Three for each link that sends: while one is on the air, a second sets its MD and the place of a
 * third comes back to the host. With two, every event would end after two PDUs. */
static uint16_t acl_count(uint16_t max_conns)
{
    if (max_conns <= 5)
        return 16;
    return (uint16_t)(max_conns < 85 ? 3 * max_conns : 255);
}

static void fill_defaults(struct woad_ll_cfg *cfg)
{
    if (!cfg->max_conns)
        cfg->max_conns = 8;
    if (!cfg->max_accept_list)
        cfg->max_accept_list = 16;
    if (!cfg->acl_tx_count)
        cfg->acl_tx_count = acl_count(cfg->max_conns);
    if (!cfg->acl_len)
        cfg->acl_len = LL_PAYLOAD_MAX;
    if (!cfg->rx_count)
        cfg->rx_count = 24;
    if (!cfg->evt_count)
        cfg->evt_count = 24;
    if (!cfg->report_count)
        cfg->report_count = 16;
}

static bool cfg_valid(const struct woad_ll_cfg *cfg)
{
    return cfg->rand && cfg->radio.ops && cfg->max_conns <= 512 &&
           cfg->acl_len >= LL_DEFAULT_OCTETS && cfg->acl_len <= 1004 && cfg->rx_count >= 2 &&
           cfg->evt_count >= 2 && cfg->rx_count <= 4096 && cfg->report_count <= 4096;
}

/* --- memory: the struct, then its parts one behind the other
 * -------------------------------------- */

struct arena {
    uint8_t *mem; /* NULL: only count */
    size_t used;
};

static void *take(struct arena *a, size_t len)
{
    size_t at = a->used;
    a->used += (len + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    return a->mem ? a->mem + at : NULL;
}

static void take_pool(struct arena *a, struct woad_pool *pool, uint16_t count, uint16_t size,
                      uint16_t reserve)
{
    void *mem = take(a, woad_pool_mem_size(count, size));
    if (a->mem)
        woad_pool_init(pool, mem, count, size, reserve);
}

static void take_ring(struct arena *a, struct ll_ring *ring, uint16_t count)
{
    uint16_t slots = 1;
    while (slots < count)
        slots = (uint16_t)(slots * 2);
    void *mem = take(a, slots * sizeof(void *));
    if (a->mem) {
        ring->slot = mem;
        ring->mask = (uint16_t)(slots - 1);
    }
}

static uint16_t stage_count(const struct woad_ll_cfg *cfg)
{
    uint16_t most = acl_count(cfg->max_conns);
    return cfg->acl_tx_count < most ? cfg->acl_tx_count : most;
}

static size_t lay_out(struct arena *a, const struct woad_ll_cfg *cfg)
{
    struct woad_ll dummy;
    struct woad_ll *ll = take(a, sizeof(*ll));
    if (!ll)
        ll = &dummy;
    ll->conns = take(a, cfg->max_conns * sizeof(struct ll_conn));
    ll->accept = take(a, cfg->max_accept_list * sizeof(struct ll_accept));
    take_ring(a, &ll->rx_free, cfg->rx_count);
    take_ring(a, &ll->rx_done, cfg->rx_count);
    take_ring(a, &ll->report_free, cfg->report_count);
    take_ring(a, &ll->report_done, cfg->report_count);
    take_pool(a, &ll->cmd_pool, 2, CMD_SIZE, 0);
    take_pool(a, &ll->acl_pool, cfg->acl_tx_count,
              (uint16_t)(1 + WOAD_HCI_ACL_HDR_LEN + cfg->acl_len + LL_MIC_LEN), 0);
    take_pool(a, &ll->rx_pool, cfg->rx_count, RX_SIZE, 0);
    take_pool(a, &ll->evt_pool, cfg->evt_count, EVT_SIZE, 0);
    take_pool(a, &ll->report_pool, cfg->report_count, REPORT_SIZE, 0);
    take_pool(a, &ll->stage_pool, stage_count(cfg), LL_PDU_MAX, 0);
    return a->used;
}

size_t woad_ll_mem_size(const struct woad_ll_cfg *cfg)
{
    struct woad_ll_cfg c = *cfg;
    struct arena a = {0};
    fill_defaults(&c);
    return lay_out(&a, &c);
}

/* The host has returned buffers: there may be room again for what waits. */
static void released(void *arg, struct woad_buf *buf)
{
    struct woad_ll *ll = arg;
    (void)buf;
    if (ll->starved) {
        ll->starved = false;
        woad_ll_wake(ll);
    }
}

int woad_ll_init(void *mem, size_t len, const struct woad_ll_cfg *cfg, struct woad_ll **ll_out_p)
{
    struct woad_ll_cfg c = *cfg;
    fill_defaults(&c);
    if (!mem || !cfg_valid(&c))
        return WOAD_ERR_INVALID;
    if (len < woad_ll_mem_size(&c))
        return WOAD_ERR_NO_MEM;
    struct arena a = {.mem = mem};
    memset(mem, 0, woad_ll_mem_size(&c));
    (void)lay_out(&a, &c);
    struct woad_ll *ll = mem;
    ll->cfg = c;
    ll->caps = c.radio.caps;
    ll->lead_us = (uint16_t)(ll->caps.ramp_us + ll->caps.timer_latency_us + LL_MARGIN_US);
    struct woad_pool *pools[] = {&ll->rx_pool, &ll->evt_pool, &ll->report_pool, &ll->stage_pool};
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        pools[i]->released = released;
        pools[i]->released_arg = ll;
    }
    for (uint16_t i = 0; i < c.max_conns; i++)
        ll->conns[i].index = i;
    woad_ll_power_cycle(ll);
    *ll_out_p = ll;
    return 0;
}

/* --- reset
 * ------------------------------------------------------------------------------------------ */

static void ring_clear(struct ll_ring *ring)
{
    struct woad_buf *buf;
    while ((buf = ll_ring_pop(ring)))
        woad_buf_unref(buf);
}

/* Stops the radio for good: no radio event comes after this, so the pump may touch what belongs to
 * the interrupt. */
static void quiet(struct woad_ll *ll)
{
    ll->cfg.radio.ops->timer(ll->cfg.radio.ctx, WOAD_TIME_NEVER);
    ll->cfg.radio.ops->abort(ll->cfg.radio.ctx);
    atomic_store(&ll->cmds.put, atomic_load(&ll->cmds.get));
    woad_buf_unref(ll->isr.rx);
    woad_buf_unref(ll->isr.report);
    memset(&ll->isr, 0, sizeof(ll->isr));
    ll->isr.op = ll->isr.ops;
    ll->isr.noise = woad_ll_rand32(ll) | 1;
    atomic_store(&ll->made.full, false);
    ring_clear(&ll->rx_done);
    ring_clear(&ll->report_done);
}

static void drop_everything(struct woad_ll *ll)
{
    quiet(ll);
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++)
        woad_ll_conn_drop(ll, &ll->conns[i]);
    woad_buf_queue_clear(&ll->held);
    woad_buf_queue_clear(&ll->out);
    ll->completed = NULL;
    ll->outstanding = 0;
    memset(&ll->adv, 0, sizeof(ll->adv));
    memset(&ll->scan, 0, sizeof(ll->scan));
    memset(&ll->init, 0, sizeof(ll->init));
    ll->accept_count = 0;
    ll->failed_owed = false;
    ll->random_set = false;
    memset(ll->random_addr, 0, sizeof(ll->random_addr));
    woad_ll_hci_defaults(ll);
    woad_ll_buffers_refill(ll);
}

/* HCI_Reset: only the public address stays. */
void woad_ll_reset(struct woad_ll *ll)
{
    drop_everything(ll);
}

void woad_ll_power_cycle(struct woad_ll *ll)
{
    woad_buf_unref(ll->cmd);
    ll->cmd = NULL;
    drop_everything(ll);
    memcpy(ll->public_addr, ll->cfg.public_addr, 6);
}

void woad_ll_deinit(struct woad_ll *ll)
{
    woad_ll_power_cycle(ll);
    ring_clear(&ll->rx_free);
    ring_clear(&ll->report_free);
}

/* --- small helpers
 * ------------------------------------------------------------------------------------ */

void woad_ll_wake(struct woad_ll *ll)
{
    if (ll->wake)
        ll->wake(ll->wake_arg);
}

uint32_t woad_ll_rand32(struct woad_ll *ll)
{
    uint8_t r[4];
    ll->cfg.rand(ll->cfg.rand_arg, r, sizeof(r));
    return woad_get_u32(r);
}

const uint8_t *woad_ll_own_addr(const struct woad_ll *ll, uint8_t own_type)
{
    return own_type ? ll->random_addr : ll->public_addr;
}

void woad_ll_out(struct woad_ll *ll, struct woad_buf *buf)
{
    woad_buf_queue_push(&ll->out, buf);
}

/* Gives the interrupt buffers to receive into. */
void woad_ll_buffers_refill(struct woad_ll *ll)
{
    struct woad_buf *buf;
    while (!ll_ring_full(&ll->rx_free) && (buf = woad_buf_alloc(&ll->rx_pool, RX_HEADROOM)))
        ll_ring_push(&ll->rx_free, buf);
    while (!ll_ring_full(&ll->report_free) &&
           (buf = woad_buf_alloc(&ll->report_pool, REPORT_HEADROOM)))
        ll_ring_push(&ll->report_free, buf);
}

/* --- the pump
 * ----------------------------------------------------------------------------------------- */

int woad_ll_rx(struct woad_ll *ll, struct woad_buf *pkt)
{
    if (pkt->type == WOAD_PKT_ACL)
        return woad_ll_data_acl(ll, pkt);
    if (pkt->type != WOAD_PKT_CMD || pkt->ext_len || pkt->len < WOAD_HCI_CMD_HDR_LEN ||
        pkt->len != WOAD_HCI_CMD_HDR_LEN + pkt->data[2])
        return WOAD_ERR_FORMAT;
    if (ll->cmd)
        return WOAD_ERR_AGAIN;
    ll->cmd = pkt;
    woad_ll_wake(ll);
    return 0;
}

struct woad_buf *woad_ll_tx(struct woad_ll *ll)
{
    struct woad_buf *buf = woad_buf_queue_pop(&ll->out);
    if (buf && buf == ll->completed) {
        ll->completed = NULL;
        for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
            if (ll->conns[i].active && ll->conns[i].completed) {
                woad_ll_wake(ll); /* more has completed meanwhile */
                break;
            }
        }
    }
    return buf;
}

struct woad_buf *woad_ll_rx_alloc(struct woad_ll *ll, uint8_t type, uint16_t len)
{
    struct woad_pool *pool = type == WOAD_PKT_CMD ? &ll->cmd_pool : &ll->acl_pool;
    if ((type != WOAD_PKT_CMD && type != WOAD_PKT_ACL) || len + 1u > pool->buf_size)
        return NULL;
    struct woad_buf *buf = woad_buf_alloc(pool, 1);
    if (buf)
        buf->type = type;
    return buf;
}

void woad_ll_set_wake(struct woad_ll *ll, woad_wake_fn *fn, void *arg)
{
    ll->wake = fn;
    ll->wake_arg = arg;
}

static void note_starved(struct woad_ll *ll)
{
    ll->starved = !ll->evt_pool.free_count || ll_ring_count(&ll->rx_free) < 2 ||
                  !ll_ring_count(&ll->report_free) || ll->cmd || ll->held.head;
}

woad_time woad_ll_run(struct woad_ll *ll, woad_time now_us)
{
    woad_time due = ll->adv.enabled ? ll->adv.until_us : WOAD_TIME_NEVER;
    ll->now_us = now_us;
    woad_ll_hci_run(ll);
    woad_ll_conn_make(ll);
    woad_ll_adv_run(ll);
    woad_ll_scan_run(ll);
    woad_ll_evt_run(ll);
    woad_ll_data_rx(ll);
    woad_ll_data_held(ll);
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        if (ll->conns[i].used)
            due = woad_time_min(due, woad_ll_conn_run(ll, &ll->conns[i]));
    }
    woad_ll_evt_run(ll);
    if (ll->replan) {
        ll->replan = false;
        woad_ll_sched_retract(ll);
    }
    woad_ll_sched_fill(ll);
    woad_ll_buffers_refill(ll);
    note_starved(ll);
    return due;
}
