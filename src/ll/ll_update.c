/* Connection update, connection parameters request and channel map update [Vol 6, Part
 * B, 5.1.1, 5.1.2, 5.1.7, 5.5]. */
#include "ll_ctrl.h"

/* Events from now to an instant that the peer cannot miss, even if it sleeps through its latency,
 * or has first to acknowledge an empty PDU. */
uint16_t woad_ll_instant(const struct ll_conn *c)
{
    uint32_t flight = c->isr.flight == LL_FLIGHT_NONE ? 0 : LL_INSTANT_LEAD;
    return (uint16_t)(c->isr.event + LL_INSTANT_LEAD + flight + 6u * c->latency);
}

bool woad_ll_instant_passed(const struct ll_conn *c, uint16_t instant)
{
    return (uint16_t)(instant - (uint16_t)c->isr.event) >= 32767;
}

bool woad_ll_params_valid(const struct ll_params *p)
{
    uint32_t needed = p->interval_max * UINT32_C(1250) * 2 * (p->latency + UINT32_C(1));
    return p->interval_min >= LL_MIN_INTERVAL && p->interval_max <= LL_MAX_INTERVAL &&
           p->interval_min <= p->interval_max && p->latency <= LL_MAX_LATENCY &&
           p->timeout >= LL_MIN_TIMEOUT && p->timeout <= LL_MAX_TIMEOUT &&
           p->timeout * UINT32_C(10000) > needed;
}

static bool same_params(const struct ll_conn *c, const struct ll_params *p)
{
    return p->interval_min <= c->interval && c->interval <= p->interval_max &&
           p->latency == c->latency && p->timeout == c->timeout;
}

/* --- sending
 * -------------------------------------------------------------------------------------------- */

/* When event `event` of the link will be, by its present parameters. */
static woad_time event_us(const struct ll_conn *c, uint32_t event)
{
    return c->ref_us + (woad_time)(event - c->ref_event) * c->interval_us;
}

/* Central: the new anchors go where they are farthest from those of other links. */
static bool send_update(struct woad_ll *ll, struct ll_conn *c)
{
    const struct ll_params *p = &c->ind_params;
    uint8_t out[11];
    struct woad_wr w = woad_wr_init(out, sizeof(out));
    uint16_t interval = p->interval_max;
    uint32_t interval_us = interval * (uint32_t)LL_UNIT_US;
    uint16_t instant = woad_ll_instant(c);
    woad_ll_conn_sync(c);
    woad_time at = event_us(c, c->isr.event + (uint16_t)(instant - (uint16_t)c->isr.event));
    woad_time grid = woad_ll_choose_grid(ll, interval_us, c);
    woad_time ahead = 0;
    if (grid)
        ahead =
            grid > at ? (grid - at) % interval_us : interval_us - 1 - (at - grid - 1) % interval_us;
    woad_wr_u8(&w, 2);
    woad_wr_u16(&w, (uint16_t)(ahead / LL_UNIT_US));
    woad_wr_u16(&w, interval);
    woad_wr_u16(&w, p->latency);
    woad_wr_u16(&w, p->timeout);
    woad_wr_u16(&w, instant);
    if (!woad_ll_ctrl_send(ll, c, LL_CONNECTION_UPDATE_IND, out, sizeof(out)))
        return false;
    c->upd = (struct ll_update){.pending = true,
                                .instant = instant,
                                .interval = interval,
                                .latency = p->latency,
                                .timeout = p->timeout,
                                .offset_us = (uint32_t)ahead,
                                .report = c->ind_report};
    woad_ll_sched_retract(ll);
    return true;
}

static void want_update(struct ll_conn *c, const struct ll_params *p, bool report)
{
    c->ind = LL_IND_UPDATE;
    c->ind_params = *p;
    c->ind_report = report;
}

static bool instant_pending(const struct ll_conn *c)
{
    return c->ind || c->upd.pending || c->chm.pending || c->phy_upd.pending;
}

bool woad_ll_start_update(struct woad_ll *ll, struct ll_conn *c)
{
    (void)ll;
    if (instant_pending(c))
        return false;
    want_update(c, &c->upd_want, c->proc_by_host);
    return true;
}

static void write_params(const struct ll_params *p, uint8_t to[23])
{
    struct woad_wr w = woad_wr_init(to, 23);
    woad_wr_u16(&w, p->interval_min);
    woad_wr_u16(&w, p->interval_max);
    woad_wr_u16(&w, p->latency);
    woad_wr_u16(&w, p->timeout);
    woad_wr_u8(&w, 0);
    woad_wr_u16(&w, 0);
    memset(woad_wr_room(&w, 12), 0xff, 12); /* no preferred anchors */
}

static void read_params(struct woad_rd *r, struct ll_params *p)
{
    p->interval_min = woad_rd_u16(r);
    p->interval_max = woad_rd_u16(r);
    p->latency = woad_rd_u16(r);
    p->timeout = woad_rd_u16(r);
}

/* A central whose peer does not know the request updates at once. */
bool woad_ll_start_param_req(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t out[23];
    bool unknown =
        c->no_param_req ||
        (c->features_known && !woad_ll_peer_has(c, WOAD_LE_FEATURE_CONNECTION_PARAMETERS_REQUEST));
    if (unknown && c->role == LL_CENTRAL) {
        c->proc = LL_PROC_UPDATE;
        c->proc_due_us = WOAD_TIME_NEVER;
        return woad_ll_start_update(ll, c);
    }
    if (unknown) {
        woad_ll_update_failed(c, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        woad_ll_proc_done(c);
        return true;
    }
    write_params(&c->upd_want, out);
    return woad_ll_ctrl_send(ll, c, LL_CONNECTION_PARAM_REQ, out, sizeof(out));
}

/* The request failed: a central may still impose the update where the peer only lacks the procedure
 * or does not like the values. */
void woad_ll_update_failed(struct ll_conn *c, uint8_t error)
{
    bool collided = error == WOAD_HCI_ERR_LL_PROCEDURE_COLLISION ||
                    error == WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION;
    if (c->role == LL_CENTRAL && !collided)
        woad_ll_proc_want(c, LL_PROC_UPDATE, c->proc_by_host);
    else if (c->proc_by_host)
        woad_ll_conn_evt(c, LL_EVT_UPDATED, error);
}

bool woad_ll_start_channel_map(struct woad_ll *ll, struct ll_conn *c)
{
    (void)ll;
    if (instant_pending(c))
        return false;
    c->ind = LL_IND_CHANNEL_MAP;
    return true;
}

static bool send_channel_map(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t out[7];
    struct woad_wr w = woad_wr_init(out, sizeof(out));
    uint16_t instant = woad_ll_instant(c);
    woad_wr_u32(&w, (uint32_t)ll->channels);
    woad_wr_u8(&w, (uint8_t)(ll->channels >> 32));
    woad_wr_u16(&w, instant);
    if (!woad_ll_ctrl_send(ll, c, LL_CHANNEL_MAP_IND, out, sizeof(out)))
        return false;
    c->chm.pending = true;
    c->chm.instant = instant;
    c->chm.map = ll->channels;
    woad_ll_sched_retract(ll);
    return true;
}

/* Whether a PDU queued now is the next to be sent, and soon: only an empty one may be in flight,
 * and no longer than since the last event. */
static bool turn(const struct ll_conn *c)
{
    return !woad_ll_tx_pending(c) &&
           (c->isr.flight == LL_FLIGHT_NONE || c->isr.event - c->isr.heard_event <= 1);
}

/* Sends what waits for its instant. While encryption is changed nothing else may be sent. */
void woad_ll_ind_run(struct woad_ll *ll, struct ll_conn *c)
{
    bool free = c->enc.state == LL_ENC_IDLE || c->enc.state == LL_ENC_C_DRAIN;
    if (!c->ind || !free || c->terminating || !turn(c))
        return;
    bool sent = c->ind == LL_IND_UPDATE        ? send_update(ll, c)
                : c->ind == LL_IND_CHANNEL_MAP ? send_channel_map(ll, c)
                                               : woad_ll_phy_ind(ll, c);
    if (sent)
        c->ind = LL_IND_NONE;
}

/* --- the instant
 * ---------------------------------------------------------------------------------------- */

/* The ring holds no more events from before the instant, and the event at the instant was begun (or
 * given up). */
static bool instant_reached(const struct ll_conn *c, uint16_t instant)
{
    return (int16_t)((uint16_t)c->last_planned - instant) >= 0 &&
           (int32_t)(c->isr.event - c->last_appended) >= 0;
}

static void apply_update(struct ll_conn *c)
{
    struct ll_update u = c->upd;
    woad_ll_conn_sync(c);
    if ((int16_t)((uint16_t)c->ref_event - u.instant) < 0) {
        uint32_t event = c->ref_event + (uint16_t)(u.instant - (uint16_t)c->ref_event);
        c->ref_us = event_us(c, event) + u.offset_us;
        c->ref_event = event;
        c->ref_window_us += u.win_us;
    }
    bool changed = c->interval != u.interval || c->latency != u.latency || c->timeout != u.timeout;
    c->interval = u.interval;
    c->latency = u.latency;
    c->timeout = u.timeout;
    c->interval_us = u.interval * (uint32_t)LL_UNIT_US;
    c->supervision_us = u.timeout * UINT32_C(10000);
    c->supervised_us = c->ref_us;
    c->upd.pending = false;
    c->barrier = false;
    c->cand_ok = false;
    if (changed || u.report)
        woad_ll_conn_evt(c, LL_EVT_UPDATED, 0);
    if (c->proc == LL_PROC_UPDATE || c->proc == LL_PROC_PARAM_REQ)
        woad_ll_proc_done(c);
    if (c->rproc == LL_PROC_PARAM_REQ || c->rproc == LL_PROC_UPDATE)
        c->rproc = LL_PROC_NONE;
}

void woad_ll_update_instants(struct woad_ll *ll, struct ll_conn *c)
{
    (void)ll;
    if (c->upd.pending && instant_reached(c, c->upd.instant))
        apply_update(c);
    if (c->chm.pending && (int16_t)((uint16_t)c->isr.event - c->chm.instant) >= 0) {
        c->map = c->chm.map;
        c->chm.pending = false;
        if (c->proc == LL_PROC_CHANNEL_MAP)
            woad_ll_proc_done(c);
        if (c->rproc == LL_PROC_CHANNEL_MAP)
            c->rproc = LL_PROC_NONE;
    }
}

/* --- receiving
 * ------------------------------------------------------------------------------------------ */

/* The central may not start a procedure with an instant before the last one's has passed. */
static bool instant_free(struct woad_ll *ll, struct ll_conn *c, bool same)
{
    if (!instant_pending(c))
        return true;
    woad_ll_conn_end(ll, c,
                     same ? WOAD_HCI_ERR_LL_PROCEDURE_COLLISION
                          : WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
    return false;
}

static void read_update(struct woad_rd *r, struct ll_update *u)
{
    u->win_us = woad_rd_u8(r) * (uint32_t)LL_UNIT_US;
    u->offset_us = woad_rd_u16(r) * (uint32_t)LL_UNIT_US;
    u->interval = woad_rd_u16(r);
    u->latency = woad_rd_u16(r);
    u->timeout = woad_rd_u16(r);
    u->instant = woad_rd_u16(r);
}

static bool update_valid(const struct ll_update *u)
{
    struct ll_params p = {u->interval, u->interval, u->latency, u->timeout};
    return woad_ll_params_valid(&p) && u->win_us && u->win_us <= 8 * LL_UNIT_US &&
           u->win_us < u->interval * (uint32_t)LL_UNIT_US &&
           u->offset_us <= u->interval * (uint32_t)LL_UNIT_US;
}

void woad_ll_rx_connection_update_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                                      uint8_t opcode)
{
    (void)opcode;
    struct ll_update u = {.pending = true};
    read_update(r, &u);
    bool answer = c->proc == LL_PROC_PARAM_REQ || c->rproc == LL_PROC_PARAM_REQ;
    u.report = c->proc == LL_PROC_PARAM_REQ && c->proc_by_host;
    if (!answer && !woad_ll_collision(ll, c, LL_PROC_UPDATE, opcode))
        return;
    if (!instant_free(ll, c, c->upd.pending))
        return;
    if (!update_valid(&u)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    if (woad_ll_instant_passed(c, u.instant)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_INSTANT_PASSED);
        return;
    }
    c->upd = u;
    if (c->proc == LL_PROC_PARAM_REQ)
        c->proc_due_us = WOAD_TIME_NEVER;
    if (!c->rproc)
        c->rproc = LL_PROC_UPDATE;
    c->rproc_due_us = WOAD_TIME_NEVER;
    woad_ll_sched_retract(ll);
}

void woad_ll_rx_channel_map_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                                uint8_t opcode)
{
    uint64_t map = woad_rd_u32(r);
    map = (map | (uint64_t)woad_rd_u8(r) << 32) & LL_CHANNELS_ALL;
    uint16_t instant = woad_rd_u16(r);
    if (!woad_ll_collision(ll, c, LL_PROC_CHANNEL_MAP, opcode) ||
        !instant_free(ll, c, c->chm.pending))
        return;
    if (woad_ll_csa_count(map) < 2) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    if (woad_ll_instant_passed(c, instant)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_INSTANT_PASSED);
        return;
    }
    c->chm.pending = true;
    c->chm.instant = instant;
    c->chm.map = map;
    c->rproc = LL_PROC_CHANNEL_MAP;
    c->rproc_due_us = WOAD_TIME_NEVER;
    woad_ll_sched_retract(ll);
}

/* Our answer to a request: an update (central), a response (peripheral), or a reject when error is
 * not 0. */
void woad_ll_param_reply(struct woad_ll *ll, struct ll_conn *c, const struct ll_params *p,
                         uint8_t error)
{
    uint8_t out[23];
    c->param_asked = false;
    if (error) {
        woad_ll_reject(ll, c, LL_CONNECTION_PARAM_REQ, error);
        c->rproc = LL_PROC_NONE;
        return;
    }
    if (c->role == LL_CENTRAL) {
        c->rproc_due_us = WOAD_TIME_NEVER;
        want_update(c, p, false);
        return;
    }
    write_params(p, out);
    c->rproc_due_us = ll->now_us + LL_PROCEDURE_TIMEOUT;
    (void)woad_ll_ctrl_send(ll, c, LL_CONNECTION_PARAM_RSP, out, sizeof(out));
}

void woad_ll_rx_connection_param_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                                     uint8_t opcode)
{
    uint64_t wanted = WOAD_HCI_EVT_MASK_LE_META;
    uint64_t le_bit = WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST);
    struct ll_params p;
    read_params(r, &p);
    if (c->rproc == LL_PROC_PARAM_REQ || !woad_ll_collision(ll, c, LL_PROC_PARAM_REQ, opcode))
        return; /* a repeated request is answered once */
    if (!woad_ll_params_valid(&p)) {
        woad_ll_reject(ll, c, opcode, WOAD_HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    c->rproc = LL_PROC_PARAM_REQ;
    c->rproc_due_us = ll->now_us + LL_PROCEDURE_TIMEOUT;
    c->req = p;
    if (same_params(c, &p)) {
        p.interval_min = p.interval_max = c->interval; /* an anchor move: the host is not asked */
        woad_ll_param_reply(ll, c, &p, 0);
    } else if ((ll->evt_mask & wanted) && (ll->le_evt_mask & le_bit)) {
        c->param_asked = true;
        woad_ll_conn_evt(c, LL_EVT_PARAM_REQ, 0);
    } else {
        woad_ll_param_reply(ll, c, &p, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
    }
}

void woad_ll_rx_connection_param_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                                     uint8_t opcode)
{
    struct ll_params p;
    read_params(r, &p);
    if (c->proc != LL_PROC_PARAM_REQ || c->upd.pending || c->ind)
        return;
    c->peer_spoke = true;
    if (!woad_ll_params_valid(&p)) {
        woad_ll_reject(ll, c, opcode, WOAD_HCI_ERR_INVALID_LL_PARAMETERS);
        woad_ll_proc_done(c);
        if (c->proc_by_host)
            woad_ll_conn_evt(c, LL_EVT_UPDATED, WOAD_HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    c->proc_due_us = WOAD_TIME_NEVER;
    want_update(c, &p, c->proc_by_host);
}
