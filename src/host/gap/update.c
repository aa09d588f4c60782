/* Connection parameters: by the link layer, or for a peripheral whose controller or peer cannot, by
 * L2CAP [Vol 4, Part E, 7.8.18, 7.8.31, 7.8.32; Vol 3, Part A, 4.20]. */
#include "gap_priv.h"
#include "l2cap/l2cap_priv.h"

static void tell(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_CONN_UPDATED, link->handle);
    evt.u.updated.result = result;
    evt.u.updated.interval_1250us = link->interval_1250us;
    evt.u.updated.latency = link->latency;
    evt.u.updated.timeout_10ms = link->timeout_10ms;
    woad_host_tell(h, &evt);
}

static void complete(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    if (woad_host_op_end(link, HOST_OP_UPDATE))
        tell(h, link, result);
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
    return p;
}

void woad_gap_put_conn_params(struct woad_wr *w, const struct woad_conn_params *p)
{
    woad_wr_u16(w, p->interval_min_1250us);
    woad_wr_u16(w, p->interval_max_1250us);
    woad_wr_u16(w, p->latency);
    woad_wr_u16(w, p->timeout_10ms);
    woad_wr_u16(w, 0); /* length of connection events: no wish */
    woad_wr_u16(w, 0xffff);
}

static void build(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, update);
    woad_wr_u16(w, link->handle);
    woad_gap_put_conn_params(w, &link->want);
}

/* A peripheral may still ask by L2CAP when the link layer cannot. */
static bool fall_back(struct host_link *link, uint8_t status)
{
    bool missing = status == WOAD_HCI_ERR_UNKNOWN_HCI_COMMAND ||
                   status == WOAD_HCI_ERR_COMMAND_DISALLOWED ||
                   status == WOAD_HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE ||
                   status == WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE;
    if (!missing || link->role != WOAD_ROLE_PERIPHERAL || !(link->ops & HOST_OP_UPDATE))
        return false;
    woad_l2cap_param_request(link);
    return true;
}

static void done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, update);
    if (status && !fall_back(link, status))
        complete(h, link, woad_host_result(status));
}

static const struct host_cmd_row row = {WOAD_HCI_CMD_LE_CONNECTION_UPDATE, build, done};

int woad_gap_update(struct woad_host *h, uint16_t conn, const struct woad_conn_params *p)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    struct woad_conn_params want = woad_gap_conn_defaults(p);
    if (!woad_gap_conn_params_valid(want.interval_min_1250us, want.interval_max_1250us,
                                    want.latency, want.timeout_10ms))
        return WOAD_ERR_INVALID;
    if ((link->ops & HOST_OP_UPDATE) || link->update.state != HOST_CMD_IDLE)
        return WOAD_ERR_BUSY;
    link->want = want;
    woad_host_op_begin(link, HOST_OP_UPDATE);
    bool by_ll = link->role == WOAD_ROLE_CENTRAL ||
                 woad_host_has_feature(h, WOAD_LE_FEATURE_CONNECTION_PARAMETERS_REQUEST);
    if (by_ll)
        woad_host_cmd_push(h, &link->update, &row);
    else
        woad_l2cap_param_request(link);
    return 0;
}

void woad_gap_update_for_peer(struct woad_host *h, struct host_link *link,
                              const struct woad_conn_params *p)
{
    if (link->update.state == HOST_CMD_SENT)
        return; /* the application's own update is on its way */
    link->want = *p;
    if (link->update.state == HOST_CMD_IDLE)
        woad_host_cmd_push(h, &link->update, &row);
}

void woad_gap_update_answered(struct woad_host *h, struct host_link *link, int err)
{
    if (err)
        complete(h, link, woad_host_error(err));
}

void woad_gap_evt_updated(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    bool changed = false;
    if (!status) {
        link->interval_1250us = woad_rd_u16(r);
        link->latency = woad_rd_u16(r);
        link->timeout_10ms = woad_rd_u16(r);
        changed = true;
    } else if (fall_back(link, status)) {
        return;
    }
    bool ours = link->update.state == HOST_CMD_IDLE && woad_host_op_end(link, HOST_OP_UPDATE);
    if (ours)
        woad_l2cap_param_stop(link);
    if (ours || changed)
        tell(link->h, link, woad_host_result(status));
}

/* ---- the peer asks --------------------------------------------------------------------------- */

bool woad_gap_ask_update(struct host_link *link, struct woad_rd *r, struct woad_conn_params *p)
{
    *p = (struct woad_conn_params){0};
    p->interval_min_1250us = woad_rd_u16(r);
    p->interval_max_1250us = woad_rd_u16(r);
    p->latency = woad_rd_u16(r);
    p->timeout_10ms = woad_rd_u16(r);
    bool accept = woad_gap_conn_params_valid(p->interval_min_1250us, p->interval_max_1250us,
                                             p->latency, p->timeout_10ms);
    if (!accept)
        return false;
    woad_host_tell(link->h,
                   &(struct woad_host_evt){.type = WOAD_EVT_CONN_UPDATE_REQUEST,
                                           .conn = link->handle,
                                           .u.update_request = {
                                               .interval_min_1250us = p->interval_min_1250us,
                                               .interval_max_1250us = p->interval_max_1250us,
                                               .latency = p->latency,
                                               .timeout_10ms = p->timeout_10ms,
                                               .accept = &accept,
                                           }});
    return accept;
}

static void build_accept(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, reply);
    woad_wr_u16(w, link->handle);
    woad_gap_put_conn_params(w, &link->reply_with);
}

static void build_refuse(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, reply);
    woad_wr_u16(w, link->handle);
    woad_wr_u8(w, WOAD_HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
}

static const struct host_cmd_row accept_row = {
    WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, build_accept, NULL};
static const struct host_cmd_row refuse_row = {
    WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, build_refuse, NULL};

void woad_gap_evt_param_request(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    (void)status;
    if (link->reply.state != HOST_CMD_IDLE) {
        link->h->bad_packets++;
        return;
    }
    bool accept = woad_gap_ask_update(link, r, &link->reply_with);
    if (link->reply.state == HOST_CMD_IDLE)
        woad_host_cmd_push(link->h, &link->reply, accept ? &accept_row : &refuse_row);
}
