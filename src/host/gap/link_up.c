/* Links coming into being, and their end [Vol 4, Part E, 7.7.65.1, 7.7.65.10, 7.1.6].
 *
 * A link is made from the controller's event alone: neither a call that waits for it nor the
 * order of events matters. */
#include <string.h>

#include "gap_priv.h"

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
        woad_host_fail(h, WOAD_ERR_NO_MEM, WOAD_HCI_CMD_DISCONNECT);
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

/* from, or what stands for it when it is all zeros. */
static void put_set(struct woad_addr *to, const struct woad_addr *from,
                    const struct woad_addr *otherwise)
{
    static const uint8_t zeros[6] = {0};
    *to = *(memcmp(from->val, zeros, sizeof(zeros)) != 0 ? from : otherwise);
}

/* Whoever waits for a link of this role. */
static void tell_waiting(struct woad_host *h, const struct new_link *n, struct host_link *link)
{
    if (n->role == WOAD_ROLE_PERIPHERAL) {
        if (!h->extended) /* with sets the controller says which of them it was */
            woad_gap_adv_ended(h, 0);
        return;
    }
    if (h->init.state != GAP_IDLE)
        h->init.ops->met(h, link);
}

static void link_up(struct woad_host *h, const struct new_link *n)
{
    if (woad_host_link_find(
            h, n->handle)) { /* it missed the end of one: nobody could tell them apart */
        woad_host_fail(h, WOAD_ERR_FORMAT, 0);
        return;
    }
    woad_gap_orphan_gone(h, n->handle);
    struct host_link *link = woad_host_link_new(h, n->handle);
    if (link) {
        link->role = n->role;
        link->peer = n->peer;
        put_set(&link->local, &n->local, &h->air);
        put_set(&link->remote, &n->remote, &n->peer);
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
    if (link->state == HOST_LINK_UP && h->full)
        h->full->negotiate(h, link);
}

static void connection_event(struct woad_host *h, const struct new_link *n)
{
    if (!n->status && n->handle <= WOAD_HCI_HANDLE_MAX && n->role <= WOAD_ROLE_PERIPHERAL)
        link_up(h, n);
    else if (!n->status)
        h->bad_packets++;
    else if (n->status == WOAD_HCI_ERR_ADVERTISING_TIMEOUT && !h->extended)
        woad_gap_adv_ended(h, WOAD_ERR_TIMEOUT);
    else if (h->init.state != GAP_IDLE && h->init.state != GAP_HELD)
        h->init.ops->ended(h, woad_host_result(n->status));
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
    for (uint16_t i = 0; i < h->max_conns; i++) {
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
