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
    unsigned kept = 0;
    for (unsigned i = 0; i < h->orphan_count; i++)
        if (h->orphans[i] != handle)
            h->orphans[kept++] = h->orphans[i];
    h->orphan_count = (uint8_t)kept;
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

static void tell_connected(struct woad_host *h, const struct host_link *link)
{
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_CONNECTED, link->handle);
    evt.u.connected.peer = link->peer;
    evt.u.connected.role = link->role;
    evt.u.connected.interval_1250us = link->interval_1250us;
    evt.u.connected.latency = link->latency;
    evt.u.connected.timeout_10ms = link->timeout_10ms;
    woad_host_tell(h, &evt);
}

/* Whoever waits for a link of this role. */
static void tell_waiting(struct woad_host *h, uint8_t role, struct host_link *link)
{
    if (role == WOAD_ROLE_PERIPHERAL) {
        if (!h->extended) /* with sets the controller says which of them it was */
            woad_gap_adv_ended(h, 0);
    } else if (h->connecting) {
        h->connecting->met(h, link);
    }
}

/* A private address that the controller made or resolved; all zeros when there was none. */
static void read_private(struct woad_rd *r, struct woad_addr *addr)
{
    struct woad_addr a = {.type = WOAD_ADDR_RANDOM};
    woad_rd_bytes(r, a.val, 6);
    if (!woad_host_addr_unset(&a))
        *addr = a;
}

static void read_link(struct host_link *link, uint8_t role, struct woad_rd *r, bool enhanced)
{
    link->role = role;
    link->peer.type = woad_rd_u8(r);
    woad_rd_bytes(r, link->peer.val, 6);
    link->local = link->h->air;
    link->remote = link->peer;
    if (enhanced) {
        read_private(r, &link->local);
        read_private(r, &link->remote);
    }
    link->interval_1250us = woad_rd_u16(r);
    link->latency = woad_rd_u16(r);
    link->timeout_10ms = woad_rd_u16(r);
}

static void link_up(struct woad_host *h, uint16_t handle, struct woad_rd *r, bool enhanced)
{
    uint8_t role = woad_rd_u8(r);
    if (handle > WOAD_HCI_HANDLE_MAX || role > WOAD_ROLE_PERIPHERAL) {
        h->bad_packets++;
        return;
    }
    if (woad_host_link_find(h, handle)) { /* it missed the end of one: who could tell them apart? */
        woad_host_fail(h, WOAD_ERR_FORMAT, 0);
        return;
    }
    woad_gap_orphan_gone(h, handle);
    struct host_link *link = woad_host_link_new(h, handle);
    if (!link) {
        refuse_link(h, handle);
        tell_waiting(h, role, NULL);
        return;
    }
    read_link(link, role, r, enhanced);
    tell_waiting(h, role, link);
    tell_connected(h, link);
    if (link->state == HOST_LINK_UP && h->full)
        h->full->negotiate(h, link);
}

static void connection_event(struct woad_host *h, struct woad_rd *r, bool enhanced)
{
    uint8_t status = woad_rd_u8(r);
    uint16_t handle = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    if (!status)
        link_up(h, handle, r, enhanced);
    else if (status == WOAD_HCI_ERR_ADVERTISING_TIMEOUT && !h->extended)
        woad_gap_adv_ended(h, WOAD_ERR_TIMEOUT);
    else if (h->connecting)
        h->connecting->ended(h, status);
}

void woad_gap_evt_connected(struct woad_host *h, struct woad_rd *r)
{
    connection_event(h, r, false);
}

void woad_gap_evt_connected_enhanced(struct woad_host *h, struct woad_rd *r)
{
    connection_event(h, r, true);
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
