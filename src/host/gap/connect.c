/* Connecting, and links coming into being [Vol 4, Part E, 7.8.12, 7.7.65.1, 7.7.65.10].
 *
 * A link is made from the controller's event alone: neither a call that waits for it nor the
 * order of events matters. */
#include <string.h>

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
    woad_wr_u16(w, p->interval_min_1250us);
    woad_wr_u16(w, p->interval_max_1250us);
    woad_wr_u16(w, p->latency);
    woad_wr_u16(w, p->timeout_10ms);
    woad_wr_u16(w, 0); /* length of connection events: no wish */
    woad_wr_u16(w, 0xffff);
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
        h->stats.ops_pending--;
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

static void held(struct woad_host *h)
{
    woad_host_timer_stop(&h->init.guard);
    h->init.state = GAP_HELD;
    h->init.holding = false;
    if (h->hold)
        woad_gap_hold_progress(h);
    else
        woad_gap_connect_release(h);
}

/* The attempt is over without a link. */
static void ended(struct woad_host *h, struct woad_result result)
{
    if (h->init.holding && !h->init.cancelled)
        held(h);
    else
        failed(h, result);
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

void woad_gap_connect_hold(struct woad_host *h)
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
        woad_gap_connect_hold(h);
}

const struct host_cmd_row woad_gap_create_legacy = {WOAD_HCI_CMD_LE_CREATE_CONNECTION, build_create,
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

static void guard_due(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct woad_host, init.guard.t);
    if (h->init.state == GAP_STOPPING || h->init.state == GAP_HELD)
        ended(h, (struct woad_result){0});
}

void woad_gap_connect_init(struct woad_host *h)
{
    h->init.create = &woad_gap_create_legacy;
    woad_host_timer_init(h, &h->init.timer, timer_due);
    woad_host_timer_init(h, &h->init.guard, guard_due);
}

void woad_gap_connect_drop(struct woad_host *h, int err)
{
    if (h->init.state == GAP_IDLE)
        return;
    h->init.cancelled = false;
    failed(h, (struct woad_result){.err = err});
}

bool woad_gap_conn_params_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout)
{
    /* timeout * 10 ms > (1 + latency) * max * 1.25 ms * 2 [Vol 6, Part B, 4.5.2] */
    return min >= 6 && min <= max && max <= 3200 && latency <= 499 && timeout >= 10 &&
           timeout <= 3200 && timeout * UINT32_C(4) > (latency + UINT32_C(1)) * max;
}

struct woad_conn_params woad_gap_conn_defaults(const struct woad_conn_params *from)
{
    struct woad_conn_params p = from ? *from : (struct woad_conn_params){0};
    if (!p.interval_min_1250us)
        p.interval_min_1250us = 24;
    if (!p.interval_max_1250us)
        p.interval_max_1250us = p.interval_min_1250us;
    if (!p.timeout_10ms)
        p.timeout_10ms = 500;
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
        woad_host_cmd_push(h, &h->init.cmd, h->init.create);
}

void woad_gap_connect_release(struct woad_host *h)
{
    if (h->init.state == GAP_HELD && !h->init.cancelled)
        create(h);
}

void woad_gap_connect_begin(struct woad_host *h, const struct woad_addr *peer,
                            const struct woad_conn_params *p)
{
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
    struct woad_conn_params p = woad_gap_conn_defaults(from);
    if (!woad_gap_connecting_params_valid(&p) || (peer && peer->type > WOAD_ADDR_RANDOM_IDENTITY))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (h->many)
        return h->many->connect(h, peer, &p);
    if (h->init.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    h->stats.ops_pending++;
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

/* ---- connection events ----------------------------------------------------------------------- */

/* The table is full: the controller has a link that we cannot have. orphans holds the handles whose
 * Disconnect has not been sent: once it is, what comes under the handle may be another link. */
static void build_orphan(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u16(w, h->orphans[0]);
    woad_wr_u8(w, WOAD_HCI_ERR_REMOTE_DEVICE_TERMINATED_LOW_RESOURCES);
    h->orphan_count--;
    memmove(h->orphans, h->orphans + 1, h->orphan_count * sizeof(h->orphans[0]));
}

static void orphan_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret);

static const struct host_cmd_row orphan_row = {WOAD_HCI_CMD_DISCONNECT, build_orphan, orphan_done};

static void orphan_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret)
{
    (void)status;
    (void)ret;
    if (h->orphan_count)
        woad_host_cmd_push(h, cmd, &orphan_row);
}

void woad_gap_orphan_gone(struct woad_host *h, uint16_t handle)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < h->orphan_count; i++)
        if (h->orphans[i] != handle)
            h->orphans[kept++] = h->orphans[i];
    h->orphan_count = kept;
    if (!kept && h->orphan_cmd.state == HOST_CMD_QUEUED)
        woad_host_cmd_drop(h, &h->orphan_cmd);
}

static void refuse_link(struct woad_host *h, uint16_t handle)
{
    h->stats.links_refused++;
    if (h->orphan_count == sizeof(h->orphans) / sizeof(h->orphans[0])) {
        /* It would stay with the controller for ever. */
        woad_host_fail(h, WOAD_ERR_NO_MEM, "the controller makes links faster than it ends them",
                       WOAD_HCI_CMD_DISCONNECT);
        return;
    }
    h->orphans[h->orphan_count++] = handle;
    if (h->orphan_cmd.state == HOST_CMD_IDLE)
        woad_host_cmd_push(h, &h->orphan_cmd, &orphan_row);
}

struct new_link {
    uint8_t status;
    uint16_t handle;
    uint8_t role;
    struct woad_addr peer;
    struct woad_addr local, remote; /* private addresses that the controller made and resolved */
    uint16_t interval, latency, timeout;
};

static void tell_connected(struct woad_host *h, struct host_link *link)
{
    woad_host_tell(h, &(struct woad_host_evt){.type = WOAD_EVT_CONNECTED,
                                              .conn = link->handle,
                                              .u.connected = {
                                                  .peer = link->peer,
                                                  .role = link->role,
                                                  .interval_1250us = link->interval_1250us,
                                                  .latency = link->latency,
                                                  .timeout_10ms = link->timeout_10ms,
                                              }});
}

static bool is_set(const struct woad_addr *a)
{
    static const uint8_t zeros[6] = {0};
    return memcmp(a->val, zeros, sizeof(zeros)) != 0;
}

/* Whoever waits for a link of this role. */
static void tell_waiting(struct woad_host *h, const struct new_link *n, struct host_link *link)
{
    if (n->role == WOAD_ROLE_PERIPHERAL) {
        if (!h->extended) /* with sets the controller says which of them it was */
            woad_gap_adv_ended(h, 0);
        return;
    }
    if (h->init.state == GAP_IDLE)
        return;
    if (!link) {
        failed(h, (struct woad_result){.err = WOAD_ERR_NO_MEM});
        return;
    }
    finish(h);
    if (h->many)
        h->many->ended(h, link, (struct woad_result){0});
}

static void link_up(struct woad_host *h, const struct new_link *n)
{
    woad_gap_orphan_gone(h, n->handle);
    struct host_link *link = woad_host_link_new(h, n->handle);
    if (link) {
        link->role = n->role;
        link->peer = n->peer;
        link->local = is_set(&n->local) ? n->local : h->air;
        link->remote = is_set(&n->remote) ? n->remote : n->peer;
        link->interval_1250us = n->interval;
        link->latency = n->latency;
        link->timeout_10ms = n->timeout;
    } else {
        refuse_link(h, n->handle);
    }
    tell_waiting(h, n, link);
    if (!link)
        return;
    tell_connected(h, link);
    if (link->state == HOST_LINK_UP)
        woad_gap_negotiate(h, link);
}

static void connection_event(struct woad_host *h, const struct new_link *n)
{
    if (!n->status && n->handle <= WOAD_HCI_HANDLE_MAX && n->role <= WOAD_ROLE_PERIPHERAL)
        link_up(h, n);
    else if (!n->status)
        h->stats.bad_packets++;
    else if (n->status == WOAD_HCI_ERR_ADVERTISING_TIMEOUT && !h->extended)
        woad_gap_adv_ended(h, WOAD_ERR_TIMEOUT);
    else if (h->init.state != GAP_IDLE && h->init.state != GAP_HELD)
        ended(h, woad_host_result(n->status));
}

static void read_head(struct woad_rd *r, struct new_link *n)
{
    n->status = woad_rd_u8(r);
    n->handle = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    n->role = woad_rd_u8(r);
    n->peer.type = woad_rd_u8(r);
    woad_rd_bytes(r, n->peer.val, 6);
}

static void read_tail(struct woad_rd *r, struct new_link *n)
{
    n->interval = woad_rd_u16(r);
    n->latency = woad_rd_u16(r);
    n->timeout = woad_rd_u16(r);
}

void woad_gap_evt_connected(struct woad_host *h, struct woad_rd *r)
{
    struct new_link n = {0};
    read_head(r, &n);
    read_tail(r, &n);
    connection_event(h, &n);
}

void woad_gap_evt_connected_enhanced(struct woad_host *h, struct woad_rd *r)
{
    struct new_link n = {.local.type = WOAD_ADDR_RANDOM, .remote.type = WOAD_ADDR_RANDOM};
    read_head(r, &n);
    woad_rd_bytes(r, n.local.val, 6);
    woad_rd_bytes(r, n.remote.val, 6);
    read_tail(r, &n);
    connection_event(h, &n);
}

/* ---- the end, and facts ---------------------------------------------------------------------- */

static void build_disconnect(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, disconnect);
    woad_wr_u16(w, link->handle);
    woad_wr_u8(w, link->disconnect_reason);
}

static void disconnect_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                            struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, disconnect);
    if (status == WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS &&
        link->disconnect_reason != WOAD_HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION) {
        /* a reason this controller does not like: use the one every controller takes */
        link->disconnect_reason = WOAD_HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION;
        woad_host_cmd_push(h, cmd, cmd->row);
    } else if (status) { /* the controller knows of no such link: then there is none */
        woad_host_link_down(h, link, 0, status);
    }
}

static const struct host_cmd_row disconnect_row = {WOAD_HCI_CMD_DISCONNECT, build_disconnect,
                                                   disconnect_done};

int woad_gap_disconnect_link(struct host_link *link, uint8_t reason)
{
    if (link->flush_first) {
        link->flush_first = false;
        woad_host_cmd_push(link->h, &link->disconnect, &disconnect_row);
        return 0;
    }
    if (link->ops & HOST_OP_DISCONNECT)
        return WOAD_ERR_BUSY;
    link->disconnect_reason =
        reason ? reason : (uint8_t)WOAD_HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION;
    woad_host_op_begin(link, HOST_OP_DISCONNECT);
    woad_host_cmd_push(link->h, &link->disconnect, &disconnect_row);
    return 0;
}

int woad_gap_disconnect(struct woad_host *h, uint16_t conn, uint8_t reason)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    return link ? woad_gap_disconnect_link(link, reason) : err;
}

int woad_gap_disconnect_flushed(struct woad_host *h, uint16_t conn, uint8_t reason)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (!link->tx_active || (link->ops & HOST_OP_DISCONNECT))
        return link->flush_first ? WOAD_ERR_BUSY : woad_gap_disconnect_link(link, reason);
    link->disconnect_reason =
        reason ? reason : (uint8_t)WOAD_HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION;
    woad_host_op_begin(link, HOST_OP_DISCONNECT);
    link->flush_first = true;
    return 0;
}

int woad_gap_conn_info(const struct woad_host *h, uint16_t conn, struct woad_conn_info *info)
{
    for (uint16_t i = 0; i < h->cfg.max_conns; i++) {
        const struct host_link *link = &h->links[i];
        if (link->state != HOST_LINK_UP || link->handle != conn)
            continue;
        *info = (struct woad_conn_info){
            .peer = link->peer,
            .role = link->role,
            .encrypted = link->encrypted,
            .phy_tx = link->phy_tx,
            .phy_rx = link->phy_rx,
            .interval_1250us = link->interval_1250us,
            .latency = link->latency,
            .timeout_10ms = link->timeout_10ms,
            .tx_octets = link->tx_octets,
            .rx_octets = link->rx_octets,
        };
        return 0;
    }
    return WOAD_ERR_NOT_CONNECTED;
}
