/* The pump contract: packets in, packets out, run, wake. */
#include <assert.h>
#include <string.h>

#include "host_priv.h"

struct woad_host_evt woad_host_evt_of(uint8_t type, uint16_t conn)
{
    return (struct woad_host_evt){.type = type, .conn = conn};
}

void woad_host_tell(struct woad_host *h, const struct woad_host_evt *evt)
{
    woad_host_call_begin(h);
    h->cfg.event(h->cfg.event_arg, h, evt);
    woad_host_call_end(h);
}

void woad_host_kick(struct woad_host *h)
{
    if (h->running || h->wake_sent || !h->wake)
        return;
    h->wake_sent = true;
    h->wake(h->wake_arg);
}

void woad_host_set_wake(struct woad_host *h, woad_wake_fn *fn, void *arg)
{
    woad_host_enter(h);
    h->wake = fn;
    h->wake_arg = arg;
    h->wake_sent = false;
}

bool woad_host_has_feature(const struct woad_host *h, enum woad_le_feature bit)
{
    uint32_t half = (uint32_t)(bit < 32 ? h->ctrl.le_features : h->ctrl.le_features >> 32);
    return half >> (bit & 31u) & 1;
}

bool woad_host_has_cmd(const struct woad_host *h, enum woad_hci_cmd_bit bit)
{
    return woad_hci_supports(h->ctrl.commands, bit);
}

int woad_host_start(struct woad_host *h)
{
    woad_host_enter(h);
    if (h->state != HOST_OFF)
        return WOAD_ERR_STATE;
    h->state = HOST_STARTING;
    h->fault_told = false;
    h->start_failures = 0;
    h->left_out = 0;
    woad_host_startup_begin(h);
    return 0;
}

int woad_host_stop(struct woad_host *h)
{
    woad_host_enter(h);
    if (h->state == HOST_OFF || h->state == HOST_STOPPING || h->stop_asked)
        return WOAD_ERR_STATE;
    h->stop_asked = true;
    woad_host_kick(h);
    return 0;
}

void woad_host_fail(struct woad_host *h, int err, uint16_t opcode)
{
    if (h->state == HOST_OFF || h->fault_err)
        return;
    h->fault_err = (int8_t)err;
    h->fault_opcode = opcode;
    woad_host_kick(h);
}

/* ---- packets --------------------------------------------------------------------------------- */

static bool well_formed(const struct woad_buf *pkt)
{
    if (pkt->type == WOAD_PKT_EVT)
        return pkt->len >= WOAD_HCI_EVT_HDR_LEN && !pkt->ext_len;
    return (pkt->type == WOAD_PKT_ACL || pkt->type == WOAD_PKT_ISO) &&
           pkt->len >= WOAD_HCI_ACL_HDR_LEN;
}

int woad_host_rx(struct woad_host *h, struct woad_buf *pkt)
{
    woad_host_enter(h);
    if (!well_formed(pkt)) {
        h->bad_packets++;
        return WOAD_ERR_FORMAT;
    }
    if (h->state == HOST_OFF) {
        woad_buf_unref(pkt);
        return 0;
    }
    woad_buf_queue_push(&h->rxq, pkt);
    woad_host_kick(h);
    return 0;
}

/* Reports may be dropped when there are many; everything else has its own buffers. */
static bool is_report(const uint8_t *head, uint16_t len)
{
    return len >= 3 && head[0] == WOAD_HCI_EVT_LE_META &&
           (head[2] == WOAD_HCI_LE_EVT_ADVERTISING_REPORT ||
            head[2] == WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT ||
            head[2] == WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_REPORT ||
            head[2] == WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_REPORT_V2);
}

struct woad_buf *woad_host_rx_alloc(struct woad_host *h, uint8_t type, uint16_t len,
                                    const uint8_t *head, uint16_t head_len, bool *discard)
{
    struct woad_pool *pool = &h->rx_pool;
    bool report = false;
    *discard = false;
    if (type == WOAD_PKT_EVT) {
        report = is_report(head, head_len);
        pool = report ? &h->report_pool : &h->evt_pool;
    }
    if (len + 1 > pool->buf_size) {
        *discard = true;
        h->bad_packets++;
        if (type == WOAD_PKT_ACL)
            woad_host_fail(h, WOAD_ERR_TOO_LONG, 0);
        return NULL;
    }
    struct woad_buf *buf = woad_buf_alloc(pool, 1);
    if (!buf && report) {
        *discard = true;
        h->stats.reports_dropped++;
    }
    if (buf)
        buf->type = type;
    return buf;
}

struct woad_buf *woad_host_tx(struct woad_host *h)
{
    woad_host_enter(h);
    struct woad_buf *buf = h->undone;
    h->undone = NULL;
    if (buf || h->state == HOST_OFF)
        return buf;
    buf = woad_host_cmd_tx(h);
    if (!buf && h->ctrl.flow_control)
        buf = h->full->flow_tx(h);
    if (!buf)
        buf = woad_host_acl_tx(h);
    return buf;
}

void woad_host_tx_undo(struct woad_host *h, struct woad_buf *pkt)
{
    woad_host_enter(h);
    assert(!h->undone);
    h->undone = pkt;
}

/* ---- run ------------------------------------------------------------------------------------- */

static void handle_packet(struct woad_host *h, struct woad_buf *pkt)
{
    if (pkt->type == WOAD_PKT_EVT)
        woad_host_event(h, pkt);
    else if (pkt->type == WOAD_PKT_ACL && h->state == HOST_ON)
        woad_host_acl_rx(h, pkt);
    else
        h->bad_packets++;
    woad_buf_unref(pkt);
}

/* Handles one thing that is due; 0 when nothing is. */
static unsigned run_one(struct woad_host *h, unsigned budget)
{
    if (h->timers.root && h->timers.root->deadline_us <= h->now) {
        struct woad_timer *t = woad_timer_pop(&h->timers, h->now);
        t->fn(t);
        return 1;
    }
    /* What the last packet or fault caused is told before the next one is looked at. */
    if (h->parts_due)
        return woad_host_parts_service(h, budget);
    if (h->dirty_chans_head)
        return h->channels->serve(h, budget);
    if (h->dirty_links_head)
        return woad_host_link_serve(h);
    if (h->stop_asked || h->fault_err) { /* STOPPED is the last word */
        woad_host_recover(h);
        return 1;
    }
    struct woad_buf *pkt = woad_buf_queue_pop(&h->rxq);
    if (!pkt)
        return 0;
    handle_packet(h, pkt);
    return 1;
}

woad_time woad_host_run(struct woad_host *h, woad_time now_us)
{
    assert(!h->running);
    h->running = true;
    h->wake_sent = false;
    h->now = now_us;
    woad_host_timers_arm(h);
    unsigned budget = h->cfg.run_budget;
    unsigned used = 1;
    while (budget && used) {
        used = run_one(h, budget);
        budget -= used < budget ? used : budget;
    }
    if (h->state != HOST_OFF)
        woad_host_cmd_watch(h);
    h->running = false;
    return budget ? woad_timer_next(&h->timers) : now_us;
}

void woad_host_get_stats(const struct woad_host *h, struct woad_host_stats *stats)
{
    *stats = h->stats;
    stats->bad_packets = h->bad_packets;
    stats->ops_pending = h->ops_pending;
    const struct woad_pool *pools[] = {&h->cmd_pool,    &h->acl_pool, &h->sig_pool, &h->evt_pool,
                                       &h->report_pool, &h->rx_pool,  &h->att_pool};
    stats->bufs_in_use = 0;
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        stats->bufs_in_use =
            (uint16_t)(stats->bufs_in_use + pools[i]->count - pools[i]->free_count);
}
