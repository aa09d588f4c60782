/* Connecting [Vol 4, Part E, 7.8.12]. Joins the host at the first call; the link itself comes into
 * being in link_up.c. */
#include "gap_priv.h"
#include "l2cap/l2cap_priv.h"

#define CANCEL_WAIT_US WOAD_S(2)

static void build_create(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_conn_params *p = &h->init.p;
    woad_wr_u16(w, p->scan_interval_625us);
    woad_wr_u16(w, p->scan_window_625us);
    woad_wr_u8(w, h->init.by_list);
    woad_wr_u8(w, h->init.peer.type);
    woad_wr_bytes(w, h->init.peer.val, 6);
    woad_wr_u8(w, woad_gap_own_type(h, h->init.by_list ? NULL : &h->init.peer));
    woad_gap_put_conn_params(w, p);
}

static void finish(struct woad_host *h)
{
    woad_host_cmd_drop(h, &h->init.cmd);
    woad_host_cmd_drop(h, &h->init.cancel_cmd);
    woad_host_timer_stop(&h->init.timer);
    woad_host_timer_stop(&h->init.guard);
    h->init.state = GAP_IDLE;
    h->init.holding = false;
    woad_gap_hold_progress(h);
    if (!h->many)
        h->ops_pending--;
}

static void failed(struct woad_host *h, struct woad_result result)
{
    struct woad_addr peer = h->init.peer;
    if (h->init.cancelled)
        result.err = h->init.why;
    finish(h);
    if (h->many)
        h->many->ended(h, NULL, result);
    else
        woad_host_tell(h, &(struct woad_host_evt){.type = WOAD_EVT_CONNECT_FAILED,
                                                  .conn = WOAD_CONN_NONE,
                                                  .u.connected = {.result = result, .peer = peer}});
}

static void cancel_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    /* Either way a connection event follows; if the controller forgets it, time helps. */
    (void)status;
    if (h->init.state == GAP_STOPPING)
        woad_host_timer_after(&h->init.guard, CANCEL_WAIT_US);
}

static const struct host_cmd_row cancel_row = {WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL, NULL,
                                               cancel_done};

static void send_cancel(struct woad_host *h)
{
    h->init.state = GAP_STOPPING;
    woad_host_cmd_push(h, &h->init.cancel_cmd, &cancel_row);
}

static void hold(struct woad_host *h)
{
    if (h->init.state != GAP_ON)
        return;
    h->init.holding = true;
    send_cancel(h);
}

void woad_gap_create_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    if (status) {
        failed(h, woad_host_result(status));
        return;
    }
    h->init.state = GAP_ON;
    if (h->init.cancelled)
        send_cancel(h);
    else if (h->hold)
        hold(h);
}

static const struct host_cmd_row create_row = {WOAD_HCI_CMD_LE_CREATE_CONNECTION, build_create,
                                               woad_gap_create_done};

void woad_gap_connect_stop(struct woad_host *h, int why)
{
    h->init.cancelled = true;
    h->init.why = (int8_t)why;
    woad_host_timer_stop(&h->init.timer);
    if (h->init.state == GAP_ON)
        send_cancel(h);
    else if (h->init.state == GAP_HELD) /* nothing is out: run() tells */
        woad_host_timer_after(&h->init.guard, 0);
}

static void timer_due(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct woad_host, init.timer.t);
    if (h->init.state != GAP_IDLE)
        woad_gap_connect_stop(h, WOAD_ERR_TIMEOUT);
}

struct woad_conn_params woad_gap_connecting_defaults(const struct woad_conn_params *from)
{
    struct woad_conn_params p = woad_gap_conn_defaults(from);
    if (!p.scan_interval_625us)
        p.scan_interval_625us = 96;
    if (!p.scan_window_625us)
        p.scan_window_625us = p.scan_interval_625us;
    return p;
}

bool woad_gap_connecting_params_valid(const struct woad_conn_params *p)
{
    return woad_gap_conn_params_valid(p->interval_min_1250us, p->interval_max_1250us, p->latency,
                                      p->timeout_10ms) &&
           p->scan_interval_625us >= 4 && p->scan_interval_625us <= 0x4000 &&
           p->scan_window_625us >= 4 && p->scan_window_625us <= p->scan_interval_625us;
}

static void create(struct woad_host *h)
{
    h->init.state = h->hold ? GAP_HELD : GAP_STARTING;
    if (!h->hold)
        woad_host_cmd_push(h, &h->init.cmd, h->init.create ? h->init.create : &create_row);
}

static void release(struct woad_host *h)
{
    if (h->init.state == GAP_HELD && !h->init.cancelled)
        create(h);
}

/* The attempt is over without a link. */
static void ended(struct woad_host *h, struct woad_result result)
{
    if (!h->init.holding || h->init.cancelled) {
        failed(h, result);
        return;
    }
    woad_host_timer_stop(&h->init.guard);
    h->init.state = GAP_HELD;
    h->init.holding = false;
    if (h->hold)
        woad_gap_hold_progress(h);
    else
        release(h);
}

/* A link as central came; NULL: there was no room for it. */
static void met(struct woad_host *h, struct host_link *link)
{
    if (h->init.state == GAP_IDLE)
        return;
    if (!link) {
        failed(h, woad_host_error(WOAD_ERR_NO_MEM));
        return;
    }
    finish(h);
    if (h->many)
        h->many->ended(h, link, (struct woad_result){0});
}

static void guard_due(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct woad_host, init.guard.t);
    if (h->init.state == GAP_STOPPING || h->init.state == GAP_HELD)
        ended(h, (struct woad_result){0});
}

static void drop(struct woad_host *h, int err)
{
    if (h->init.state == GAP_IDLE)
        return;
    h->init.cancelled = false;
    failed(h, woad_host_error(err));
}

static void attempt_ended(struct woad_host *h, uint8_t status)
{
    if (h->init.state != GAP_IDLE && h->init.state != GAP_HELD)
        ended(h, woad_host_result(status));
}

static const struct host_init_ops ops = {met, attempt_ended, hold, release, drop};

void woad_gap_connect_begin(struct woad_host *h, const struct woad_addr *peer,
                            const struct woad_conn_params *p)
{
    if (!h->connecting) {
        h->connecting = &ops;
        h->param_answer = woad_l2cap_param_answer;
        woad_host_timer_init(h, &h->init.timer, timer_due);
        woad_host_timer_init(h, &h->init.guard, guard_due);
    }
    h->init.p = *p;
    h->init.phys = 0;
    h->init.by_list = !peer;
    h->init.peer = peer ? *peer : (struct woad_addr){0};
    h->init.cancelled = h->init.holding = false;
    if (p->duration_ms)
        woad_host_timer_after(&h->init.timer, WOAD_MS(p->duration_ms));
    create(h);
}

int woad_gap_connect(struct woad_host *h, const struct woad_addr *peer,
                     const struct woad_conn_params *from)
{
    woad_host_enter(h);
    struct woad_conn_params p = woad_gap_connecting_defaults(from);
    if (!woad_gap_connecting_params_valid(&p) || (peer && peer->type > WOAD_ADDR_RANDOM_IDENTITY))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (h->many)
        return h->many->connect(h, peer, &p);
    if (h->init.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    h->ops_pending++;
    woad_gap_connect_begin(h, peer, &p);
    return 0;
}

int woad_gap_connect_cancel(struct woad_host *h)
{
    woad_host_enter(h);
    if (h->state == HOST_ON && h->many)
        return h->many->cancel(h);
    if (h->init.state == GAP_IDLE || h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (h->init.cancelled)
        return WOAD_ERR_BUSY;
    woad_gap_connect_stop(h, WOAD_ERR_CANCELLED);
    return 0;
}
