/* Periodic advertising: trains, syncs, lists [Vol 4, Part E, 7.8.61-7.8.70, 7.8.88, 7.7.65.14-16,
 * 7.7.65.34]. Transfer over links is in past.c. */
#include "periodic_priv.h"

#include <string.h>

#define CANCEL_WAIT_US WOAD_S(2)
#define TRAIN_FRAGMENT 252

void woad_pa_tell(struct woad_host *h, uint16_t conn, const struct woad_pa_evt *evt)
{
    woad_host_tell(
        h, &(struct woad_host_evt){.type = WOAD_EVT_PERIODIC, .conn = conn, .u.periodic = evt});
}

static void op_done(struct woad_host *h, const struct woad_pa_evt *evt)
{
    h->ops_pending--;
    woad_pa_tell(h, WOAD_CONN_NONE, evt);
}

/* ---- trains ---------------------------------------------------------------------------------- */

static struct pa_train *train_of_cmd(struct host_cmd *cmd)
{
    return HOST_OWNER(cmd, struct pa_train, act.cmd);
}

static uint8_t handle_of(const struct pa_train *t)
{
    return (uint8_t)(t->set + EXT_FIRST_SET);
}

static void tell_train(struct woad_host *h, const struct pa_train *t, uint8_t type,
                       struct woad_result result)
{
    const struct woad_pa_evt evt = {.type = type,
                                    .u.train = {.result = woad_ext_result(result), .set = t->set}};
    woad_pa_tell(h, WOAD_CONN_NONE, &evt);
}

static void tell_train_data(struct woad_host *h, struct pa_train *t, struct woad_result result)
{
    if (!t->data_op)
        return;
    t->data_op = false;
    h->ops_pending--;
    tell_train(h, t, WOAD_PA_DATA, result);
}

static void tell_train_state(struct woad_host *h, struct host_activity *a, bool stopped,
                             struct woad_result result)
{
    struct pa_train *t = HOST_OWNER(a, struct pa_train, act);
    struct adv_set *s = woad_ext_set(h, t->set);
    if (stopped || result.err) {
        if (s)
            s->train = false;
        woad_host_cmd_drop(h, &t->data_cmd);
        tell_train_data(h, t, result.err ? result : woad_host_error(WOAD_ERR_CANCELLED));
    }
    tell_train(h, t, stopped ? WOAD_PA_STOPPED : WOAD_PA_STARTED, result);
}

static void build_train_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct pa_train *t = train_of_cmd(cmd);
    woad_wr_u8(w, handle_of(t));
    woad_wr_u16(w, t->p.interval_min_1250us);
    woad_wr_u16(w, t->p.interval_max_1250us);
    woad_wr_u16(w, t->p.tx_power ? 0x40 : 0);
}

static void build_train_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct pa_train *t = train_of_cmd(cmd);
    woad_ext_put_fragment(w, handle_of(t), false, t->p.data, t->p.data_len, t->off);
}

static void build_train_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct pa_train *t = train_of_cmd(cmd);
    woad_wr_u8(w, t->p.adi ? 3 : 1);
    woad_wr_u8(w, handle_of(t));
}

static void build_train_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    woad_wr_u8(w, 0);
    woad_wr_u8(w, handle_of(train_of_cmd(cmd)));
}

enum { TRAIN_PARAMS, TRAIN_DATA, TRAIN_ENABLE, TRAIN_STEPS };

static const struct host_cmd_row train_steps[TRAIN_STEPS] = {
    [TRAIN_PARAMS] = {WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_PARAMETERS, build_train_params,
                      woad_gap_activity_done},
    [TRAIN_DATA] = {WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_DATA, build_train_data,
                    woad_gap_activity_done},
    [TRAIN_ENABLE] = {WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_ENABLE, build_train_on,
                      woad_gap_activity_done},
};

/* A start begins with the newest data. */
static bool train_skip(struct woad_host *h, struct host_activity *a)
{
    (void)h;
    struct pa_train *t = HOST_OWNER(a, struct pa_train, act);
    if (a->step == TRAIN_PARAMS) {
        t->off = 0;
        if (t->fresh) {
            t->p.data = t->next_data;
            t->p.data_len = t->next_len;
        }
        t->fresh = false;
    }
    return false;
}

static bool train_again(struct woad_host *h, struct host_activity *a, struct woad_rd *ret)
{
    (void)ret;
    struct pa_train *t = HOST_OWNER(a, struct pa_train, act);
    if (a->step == TRAIN_ENABLE && !a->restart && !t->fresh)
        tell_train_data(h, t, (struct woad_result){0});
    if (a->step != TRAIN_DATA || t->p.data_len - t->off <= TRAIN_FRAGMENT)
        return false;
    t->off = (uint16_t)(t->off + TRAIN_FRAGMENT);
    return true;
}

static const struct host_activity_kind train_kind = {
    .steps = train_steps,
    .step_count = TRAIN_STEPS,
    .off = {WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_ENABLE, build_train_off,
            woad_gap_activity_done},
    .unheld = true,
    .skip = train_skip,
    .again = train_again,
    .tell = tell_train_state,
};

static struct pa_train *find_train(const struct woad_host *h, uint8_t set, bool idle)
{
    struct host_pa *pa = woad_pa_of(h);
    for (uint8_t i = 0; pa && i < pa->train_count; i++) {
        struct pa_train *t = &pa->trains[i];
        if (idle ? t->act.state == GAP_IDLE : t->act.state != GAP_IDLE && t->set == set)
            return t;
    }
    return NULL;
}

static bool data_valid(const uint8_t *data, uint16_t len)
{
    return len <= WOAD_ADV_DATA_MAX && (!len || data);
}

/* What a train may stand beside [7.8.61]. */
#define NO_TRAIN_PROPS                                                                             \
    (WOAD_ADV_SET_CONNECTABLE | WOAD_ADV_SET_SCANNABLE | WOAD_ADV_SET_LEGACY |                     \
     WOAD_ADV_SET_ANONYMOUS)

int woad_pa_start(struct woad_host *h, uint8_t set, const struct woad_pa_params *from)
{
    woad_host_enter(h);
    struct woad_pa_params p = *from;
    struct adv_set *s = woad_ext_set(h, set);
    if (!p.interval_min_1250us)
        p.interval_min_1250us = 80;
    if (!p.interval_max_1250us)
        p.interval_max_1250us = p.interval_min_1250us;
    if (!woad_pa_of(h) || !h->part[HOST_PART_EXT_ADV])
        return WOAD_ERR_UNSUPPORTED;
    if (!s || p.interval_min_1250us < 6 || p.interval_min_1250us > p.interval_max_1250us ||
        !data_valid(p.data, p.data_len))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON || !s->act.told)
        return WOAD_ERR_STATE;
    if (s->p.props & NO_TRAIN_PROPS)
        return WOAD_ERR_INVALID;
    if (find_train(h, set, false))
        return WOAD_ERR_BUSY;
    struct pa_train *t = find_train(h, set, true);
    if (!t)
        return WOAD_ERR_NO_MEM;
    t->p = p;
    t->set = set;
    t->fresh = false;
    s->train = true;
    return woad_gap_activity_start(h, &t->act, 0);
}

int woad_pa_stop(struct woad_host *h, uint8_t set)
{
    struct pa_train *t = find_train(h, set, false);
    return t ? woad_gap_activity_stop(h, &t->act) : WOAD_ERR_STATE;
}

static void build_new_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct pa_train *t = HOST_OWNER(cmd, struct pa_train, data_cmd);
    woad_ext_put_fragment(w, handle_of(t), false, t->p.data, t->p.data_len, 0);
}

static void new_data_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)ret;
    tell_train_data(h, HOST_OWNER(cmd, struct pa_train, data_cmd), woad_host_result(status));
}

static const struct host_cmd_row new_data_row = {WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_DATA,
                                                 build_new_data, new_data_done};

int woad_pa_data(struct woad_host *h, uint8_t set, const uint8_t *data, uint16_t len)
{
    woad_host_enter(h);
    struct pa_train *t = find_train(h, set, false);
    if (!data_valid(data, len))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON || !t || t->act.stop)
        return WOAD_ERR_STATE;
    if (t->data_op)
        return WOAD_ERR_BUSY;
    t->data_op = true;
    h->ops_pending++;
    if (t->act.state == GAP_ON && len <= TRAIN_FRAGMENT) {
        t->p.data = data;
        t->p.data_len = len;
        woad_host_cmd_push(h, &t->data_cmd, &new_data_row);
        return 0;
    }
    t->fresh = true;
    t->next_data = data;
    t->next_len = len;
    woad_gap_activity_restart(h, &t->act);
    return 0;
}

/* ---- creating a sync ------------------------------------------------------------------------- */

static struct pa_sync *find_sync(struct host_pa *pa, uint16_t handle)
{
    for (uint8_t i = 0; pa && i < pa->sync_count; i++)
        if (pa->syncs[i].used && pa->syncs[i].handle == handle)
            return &pa->syncs[i];
    return NULL;
}

static struct pa_sync *free_sync(struct host_pa *pa)
{
    for (uint8_t i = 0; i < pa->sync_count; i++)
        if (!pa->syncs[i].used)
            return &pa->syncs[i];
    return NULL;
}

static void create_failed(struct woad_host *h, struct woad_result result)
{
    struct host_pa *pa = woad_pa_of(h);
    if (pa->cancelled && result.err != WOAD_ERR_FAULT)
        result.err = pa->why;
    else if (result.hci == WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED)
        result.err = WOAD_ERR_TIMEOUT;
    woad_host_cmd_drop(h, &pa->create);
    woad_host_cmd_drop(h, &pa->cancel);
    woad_host_timer_stop(&pa->timer);
    pa->state = GAP_IDLE;
    op_done(h, &(struct woad_pa_evt){
                   .type = WOAD_PA_SYNCED,
                   .u.synced = {.result = result, .sync = WOAD_CONN_NONE, .conn = WOAD_CONN_NONE}});
}

static void cancel_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret)
{
    (void)cmd;
    (void)status;
    (void)ret;
    /* An event follows; if the controller forgets it, time helps. */
    woad_host_timer_after(&woad_pa_of(h)->timer, CANCEL_WAIT_US);
}

static const struct host_cmd_row cancel_row = {
    WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC_CANCEL, NULL, cancel_done};

static void send_cancel(struct woad_host *h)
{
    struct host_pa *pa = woad_pa_of(h);
    pa->state = GAP_STOPPING;
    woad_host_cmd_push(h, &pa->cancel, &cancel_row);
}

static void cancel(struct woad_host *h, int why)
{
    struct host_pa *pa = woad_pa_of(h);
    pa->cancelled = true;
    pa->why = (int8_t)why;
    woad_host_timer_stop(&pa->timer);
    if (pa->state == GAP_ON)
        send_cancel(h);
}

static void timer_due(struct woad_timer *t)
{
    struct host_pa *pa = HOST_OWNER(t, struct host_pa, timer.t);
    if (pa->state == GAP_STOPPING)
        create_failed(pa->timer.h, (struct woad_result){0});
    else if (pa->state != GAP_IDLE)
        cancel(pa->timer.h, WOAD_ERR_TIMEOUT);
}

static void build_create(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct host_pa *pa = woad_pa_of(h);
    woad_wr_u8(w, (uint8_t)(pa->by_list | pa->p.quiet << 1 | pa->p.filter << 2));
    woad_wr_u8(w, pa->p.sid);
    woad_wr_u8(w, pa->addr.type & 1);
    woad_wr_bytes(w, pa->addr.val, 6);
    woad_wr_u16(w, pa->p.skip);
    woad_wr_u16(w, pa->p.timeout_10ms);
    woad_wr_u8(w, 0); /* any constant tone extension */
}

static void create_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    struct host_pa *pa = woad_pa_of(h);
    if (status) {
        create_failed(h, woad_host_result(status));
        return;
    }
    pa->state = GAP_ON;
    if (pa->cancelled)
        send_cancel(h);
}

static const struct host_cmd_row create_row = {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC,
                                               build_create, create_done};

bool woad_pa_sync_params_valid(uint16_t skip, uint16_t timeout_10ms)
{
    return skip <= 499 && timeout_10ms >= 10 && timeout_10ms <= 0x4000;
}

int woad_pa_sync(struct woad_host *h, const struct woad_addr *addr,
                 const struct woad_pa_sync_params *from)
{
    woad_host_enter(h);
    struct woad_pa_sync_params p = *from;
    struct host_pa *pa = woad_pa_of(h);
    if (!p.timeout_10ms)
        p.timeout_10ms = 1000;
    if (!pa)
        return WOAD_ERR_UNSUPPORTED;
    if (p.sid > 15 || !woad_pa_sync_params_valid(p.skip, p.timeout_10ms) ||
        (addr && addr->type > WOAD_ADDR_RANDOM_IDENTITY))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (pa->state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    if (!free_sync(pa))
        return WOAD_ERR_NO_MEM;
    pa->p = p;
    pa->by_list = !addr;
    pa->addr = addr ? *addr : (struct woad_addr){0};
    pa->cancelled = false;
    pa->state = GAP_STARTING;
    h->ops_pending++;
    if (p.duration_ms)
        woad_host_timer_after(&pa->timer, WOAD_MS(p.duration_ms));
    woad_host_cmd_push(h, &pa->create, &create_row);
    return 0;
}

int woad_pa_sync_cancel(struct woad_host *h)
{
    woad_host_enter(h);
    struct host_pa *pa = woad_pa_of(h);
    if (!pa || h->state != HOST_ON || pa->state == GAP_IDLE)
        return WOAD_ERR_STATE;
    if (pa->cancelled)
        return WOAD_ERR_BUSY;
    cancel(h, WOAD_ERR_CANCELLED);
    return 0;
}

/* ---- syncs ----------------------------------------------------------------------------------- */

/* A sync that there is no room for. */
static void build_refuse(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u16(w, woad_pa_of(h)->refused);
}

static const struct host_cmd_row refuse_row = {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_TERMINATE_SYNC,
                                               build_refuse, NULL};

static void refuse(struct woad_host *h, uint16_t handle)
{
    struct host_pa *pa = woad_pa_of(h);
    if (pa->refuse.state != HOST_CMD_IDLE || find_sync(pa, handle))
        return;
    pa->refused = handle;
    woad_host_cmd_push(h, &pa->refuse, &refuse_row);
}

static void lost(struct woad_host *h, struct pa_sync *s, struct woad_result result)
{
    bool ending = s->ending, reporting = s->reporting;
    uint16_t handle = s->handle;
    woad_host_cmd_drop(h, &s->end);
    woad_host_cmd_drop(h, &s->report);
    s->used = s->ending = s->reporting = false;
    h->ops_pending = (uint16_t)(h->ops_pending - ending - reporting);
    if (reporting)
        woad_pa_tell(h, WOAD_CONN_NONE,
                     &(struct woad_pa_evt){.type = WOAD_PA_REPORTING,
                                           .u.lost = {{.err = WOAD_ERR_CANCELLED}, handle}});
    woad_pa_tell(h, WOAD_CONN_NONE,
                 &(struct woad_pa_evt){.type = WOAD_PA_LOST, .u.lost = {result, handle}});
}

bool woad_pa_take(struct woad_host *h, uint16_t handle)
{
    struct host_pa *pa = woad_pa_of(h);
    struct pa_sync *s = find_sync(pa, handle);
    if (s) /* the controller forgot to say that it ended */
        lost(h, s, woad_host_error(WOAD_ERR_TIMEOUT));
    s = free_sync(pa);
    if (s) {
        memset(s, 0, sizeof(*s));
        s->used = true;
        s->handle = handle;
    } else {
        refuse(h, handle);
    }
    return s != NULL;
}

void woad_pa_read_synced(struct woad_rd *r, struct woad_pa_evt *evt)
{
    evt->type = WOAD_PA_SYNCED;
    evt->u.synced.sync = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    evt->u.synced.sid = woad_rd_u8(r);
    evt->u.synced.addr.type = woad_rd_u8(r);
    woad_rd_bytes(r, evt->u.synced.addr.val, 6);
    evt->u.synced.phy = woad_rd_u8(r);
    evt->u.synced.interval_1250us = woad_rd_u16(r);
    evt->u.synced.clock_accuracy = woad_rd_u8(r);
}

static void evt_established(struct woad_host *h, struct woad_rd *r)
{
    struct host_pa *pa = woad_pa_of(h);
    struct woad_pa_evt evt = {0};
    uint8_t status = woad_rd_u8(r);
    woad_pa_read_synced(r, &evt);
    if (pa->state == GAP_IDLE) {
        h->bad_packets++; /* nobody asked, or nobody does any more */
        if (!status)
            refuse(h, evt.u.synced.sync);
        return;
    }
    if (status) {
        create_failed(h, woad_host_result(status));
        return;
    }
    if (!woad_pa_take(h, evt.u.synced.sync)) {
        create_failed(h, woad_host_error(WOAD_ERR_NO_MEM));
        return;
    }
    evt.u.synced.conn = WOAD_CONN_NONE;
    woad_host_cmd_drop(h, &pa->create);
    woad_host_cmd_drop(h, &pa->cancel);
    woad_host_timer_stop(&pa->timer);
    pa->state = GAP_IDLE;
    op_done(h, &evt);
}

static struct pa_sync *known(struct woad_host *h, struct woad_rd *r)
{
    struct pa_sync *s = find_sync(woad_pa_of(h), woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK);
    if (!s)
        h->bad_packets++;
    return s;
}

static void evt_lost(struct woad_host *h, struct woad_rd *r)
{
    struct pa_sync *s = known(h, r);
    if (s)
        lost(h, s, woad_host_error(s->ending ? 0 : WOAD_ERR_TIMEOUT));
}

static void build_end(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    woad_wr_u16(w, HOST_OWNER(cmd, struct pa_sync, end)->handle);
}

/* Refused only when there is no such sync any more. */
static void end_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)ret;
    lost(h, HOST_OWNER(cmd, struct pa_sync, end), (struct woad_result){.hci = status});
}

static const struct host_cmd_row end_row = {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_TERMINATE_SYNC,
                                            build_end, end_done};

int woad_pa_sync_end(struct woad_host *h, uint16_t sync)
{
    woad_host_enter(h);
    struct pa_sync *s = find_sync(woad_pa_of(h), sync);
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (!s)
        return WOAD_ERR_NOT_FOUND;
    if (s->ending)
        return WOAD_ERR_BUSY;
    s->ending = true;
    h->ops_pending++;
    woad_host_cmd_push(h, &s->end, &end_row);
    return 0;
}

static void build_report(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct pa_sync *s = HOST_OWNER(cmd, struct pa_sync, report);
    woad_wr_u16(w, s->handle);
    woad_wr_u8(w, (uint8_t)(s->report_on | s->report_filter << 1));
}

static void report_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                        struct woad_rd *ret)
{
    (void)ret;
    struct pa_sync *s = HOST_OWNER(cmd, struct pa_sync, report);
    s->reporting = false;
    op_done(h, &(struct woad_pa_evt){.type = WOAD_PA_REPORTING,
                                     .u.lost = {woad_host_result(status), s->handle}});
}

static const struct host_cmd_row report_row = {
    WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_RECEIVE_ENABLE, build_report, report_done};

int woad_pa_report(struct woad_host *h, uint16_t sync, bool on, bool filter)
{
    woad_host_enter(h);
    struct pa_sync *s = find_sync(woad_pa_of(h), sync);
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (!s)
        return WOAD_ERR_NOT_FOUND;
    if (s->reporting)
        return WOAD_ERR_BUSY;
    s->reporting = true;
    s->report_on = on;
    s->report_filter = filter;
    h->ops_pending++;
    woad_host_cmd_push(h, &s->report, &report_row);
    return 0;
}

/* ---- reports --------------------------------------------------------------------------------- */

enum { COMPLETE, MORE, TRUNCATED };

static uint8_t *data_of(const struct host_pa *pa, const struct pa_sync *s)
{
    return pa->data + (size_t)(s - pa->syncs) * pa->chain_size;
}

static void append(const struct host_pa *pa, struct pa_sync *s, const uint8_t *data, uint8_t len)
{
    uint16_t room = (uint16_t)(pa->chain_size - s->len);
    uint16_t n = len < room ? len : room;
    if (s->cut)
        return;
    if (n)
        memcpy(data_of(pa, s) + s->len, data, n);
    s->len = (uint16_t)(s->len + n);
    s->cut = n < len;
}

static void evt_report(struct woad_host *h, struct woad_rd *r)
{
    struct host_pa *pa = woad_pa_of(h);
    struct pa_sync *s = known(h, r);
    struct woad_pa_evt evt = {.type = WOAD_PA_REPORT};
    evt.u.report.tx_power_dbm = (int8_t)woad_rd_u8(r);
    evt.u.report.rssi_dbm = (int8_t)woad_rd_u8(r);
    evt.u.report.cte_type = woad_rd_u8(r);
    uint8_t status = woad_rd_u8(r);
    uint8_t len = woad_rd_u8(r);
    evt.u.report.data_len = len;
    evt.u.report.data = woad_rd_take(r, len);
    if (!s || !woad_rd_ok(r)) {
        h->bad_packets += s != NULL;
        return;
    }
    bool first = !s->in_chain;
    if (first) {
        s->len = 0;
        s->cut = false;
        s->dropped = h->stats.reports_dropped;
    }
    s->in_chain = status == MORE;
    evt.u.report.sync = s->handle;
    evt.u.report.truncated = status != COMPLETE;
    if (!first || status == MORE) {
        append(pa, s, evt.u.report.data, len);
        evt.u.report.data = data_of(pa, s);
        evt.u.report.data_len = s->len;
        evt.u.report.truncated |= s->cut || s->dropped != h->stats.reports_dropped;
    }
    if (status != MORE)
        woad_pa_tell(h, WOAD_CONN_NONE, &evt);
}

static void evt_biginfo(struct woad_host *h, struct woad_rd *r)
{
    struct pa_sync *s = known(h, r);
    struct woad_pa_evt evt = {.type = WOAD_PA_BIGINFO};
    evt.u.biginfo.num_bis = woad_rd_u8(r);
    evt.u.biginfo.nse = woad_rd_u8(r);
    evt.u.biginfo.iso_interval_1250us = woad_rd_u16(r);
    evt.u.biginfo.bn = woad_rd_u8(r);
    evt.u.biginfo.pto = woad_rd_u8(r);
    evt.u.biginfo.irc = woad_rd_u8(r);
    evt.u.biginfo.max_pdu = woad_rd_u16(r);
    evt.u.biginfo.sdu_interval_us = woad_rd_u24(r);
    evt.u.biginfo.max_sdu = woad_rd_u16(r);
    evt.u.biginfo.phy = woad_rd_u8(r);
    evt.u.biginfo.framing = woad_rd_u8(r);
    evt.u.biginfo.encrypted = woad_rd_u8(r) != 0;
    if (!s)
        return;
    evt.u.biginfo.sync = s->handle;
    woad_pa_tell(h, WOAD_CONN_NONE, &evt);
}

/* ---- the periodic advertiser list ------------------------------------------------------------ */

static void list_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    woad_pa_of(h)->listing = false;
    op_done(h, &(struct woad_pa_evt){.type = WOAD_PA_LIST_DONE,
                                     .u.done = woad_ext_result(woad_host_result(status))});
}

static void build_list(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct host_pa *pa = woad_pa_of(h);
    woad_wr_u8(w, pa->list_addr.type & 1);
    woad_wr_bytes(w, pa->list_addr.val, 6);
    woad_wr_u8(w, pa->list_sid);
}

static const struct host_cmd_row list_add_row = {
    WOAD_HCI_CMD_LE_ADD_DEVICE_TO_PERIODIC_ADVERTISER_LIST, build_list, list_done};
static const struct host_cmd_row list_remove_row = {
    WOAD_HCI_CMD_LE_REMOVE_DEVICE_FROM_PERIODIC_ADVERTISER_LIST, build_list, list_done};
static const struct host_cmd_row list_clear_row = {WOAD_HCI_CMD_LE_CLEAR_PERIODIC_ADVERTISER_LIST,
                                                   NULL, list_done};

static int list(struct woad_host *h, const struct woad_addr *addr, uint8_t sid,
                const struct host_cmd_row *row)
{
    woad_host_enter(h);
    struct host_pa *pa = woad_pa_of(h);
    if (!pa)
        return WOAD_ERR_UNSUPPORTED;
    if (sid > 15 || addr->type > WOAD_ADDR_RANDOM_IDENTITY)
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (pa->listing)
        return WOAD_ERR_BUSY;
    pa->listing = true;
    pa->list_addr = *addr;
    pa->list_sid = sid;
    h->ops_pending++;
    woad_host_cmd_push(h, &pa->list, row);
    return 0;
}

int woad_pa_list_add(struct woad_host *h, const struct woad_addr *addr, uint8_t sid)
{
    return list(h, addr, sid, &list_add_row);
}

int woad_pa_list_remove(struct woad_host *h, const struct woad_addr *addr, uint8_t sid)
{
    return list(h, addr, sid, &list_remove_row);
}

int woad_pa_list_clear(struct woad_host *h)
{
    static const struct woad_addr none = {0};
    return list(h, &none, 0, &list_clear_row);
}

/* ---- the part -------------------------------------------------------------------------------- */

struct sizes {
    uint8_t trains, syncs;
    uint16_t chain_size;
};

static struct sizes sizes_of(const void *part_cfg)
{
    static const struct woad_pa_cfg none = {0};
    const struct woad_pa_cfg *c = part_cfg ? part_cfg : &none;
    return (struct sizes){c->trains ? c->trains : 1, c->syncs ? c->syncs : 1,
                          c->chain_size ? c->chain_size : 254};
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    struct sizes z = sizes_of(part_cfg);
    return sizeof(struct host_pa) + z.trains * sizeof(struct pa_train) +
           z.syncs * sizeof(struct pa_sync) + cfg->max_conns * sizeof(struct pa_link) +
           (size_t)z.syncs * z.chain_size;
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct sizes z = sizes_of(part_cfg);
    struct host_pa *pa = mem;
    pa->train_count = z.trains;
    pa->sync_count = z.syncs;
    pa->chain_size = z.chain_size;
    pa->trains = (struct pa_train *)(void *)(pa + 1);
    pa->syncs = (struct pa_sync *)(void *)(pa->trains + z.trains);
    pa->links = (struct pa_link *)(void *)(pa->syncs + z.syncs);
    pa->data = (uint8_t *)(pa->links + h->max_conns);
    for (uint8_t i = 0; i < z.trains; i++)
        woad_gap_activity_init(h, &pa->trains[i].act, &train_kind);
    woad_host_timer_init(h, &pa->timer, timer_due);
    return 0;
}

static void drop(struct woad_host *h, int err)
{
    struct host_pa *pa = woad_pa_of(h);
    const struct woad_result result = woad_host_error(err);
    for (uint8_t i = 0; i < pa->train_count; i++) {
        woad_host_cmd_drop(h, &pa->trains[i].data_cmd);
        tell_train_data(h, &pa->trains[i], result);
    }
    if (pa->state != GAP_IDLE) {
        pa->cancelled = false;
        create_failed(h, result);
    }
    for (uint8_t i = 0; i < pa->sync_count; i++)
        if (pa->syncs[i].used)
            lost(h, &pa->syncs[i], result);
    woad_host_cmd_drop(h, &pa->refuse);
    woad_host_cmd_drop(h, &pa->list);
    if (pa->listing) {
        pa->listing = false;
        op_done(h, &(struct woad_pa_evt){.type = WOAD_PA_LIST_DONE, .u.done = result});
    }
    woad_past_drop(h, err);
}

static const struct host_event_row le_events[] = {
    {WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_ESTABLISHED,
     15,
     HOST_EVENT_PLAIN,
     {evt_established}},
    {WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_REPORT, 7, HOST_EVENT_PLAIN, {evt_report}},
    {WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_LOST, 2, HOST_EVENT_PLAIN, {evt_lost}},
    {WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED,
     19,
     HOST_EVENT_PLAIN,
     {woad_past_received}},
    {WOAD_HCI_LE_EVT_BIGINFO_ADVERTISING_REPORT, 19, HOST_EVENT_PLAIN, {evt_biginfo}},
};

const struct woad_host_part woad_gap_periodic_part = {
    .id = HOST_PART_PERIODIC,
    .needs = &woad_gap_ext_part,
    .mem_size = mem_size,
    .init = init,
    .drop = drop,
    .link_down = woad_past_link_down,
    .hci_len = 255,
    .le_events = le_events,
    .le_event_count = sizeof(le_events) / sizeof(le_events[0]),
};
