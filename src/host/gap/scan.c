/* Scanning and advertising reports [Vol 4, Part E, 7.8.10, 7.8.11, 7.7.65.2]. */
#include "gap_priv.h"
#include "woad/gap_ext.h"

static void build_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_scan_params *p = &h->scan.p;
    woad_wr_u8(w, p->active);
    woad_wr_u16(w, p->interval_625us);
    woad_wr_u16(w, p->window_625us);
    woad_wr_u8(w, h->air.type);
    woad_wr_u8(w, p->accept_list_only);
}

static void build_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u8(w, 1);
    woad_wr_u8(w, h->scan.p.filter_duplicates);
}

static void build_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 0);
    woad_wr_u8(w, 0);
}

static const struct host_cmd_row steps[] = {
    {WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS, build_params, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_SCAN_ENABLE, build_on, woad_gap_activity_done},
};

static const struct host_activity_kind legacy_kind = {
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .off = {WOAD_HCI_CMD_LE_SET_SCAN_ENABLE, build_off, woad_gap_activity_done},
    .started = WOAD_EVT_SCAN_STARTED,
    .stopped = WOAD_EVT_SCAN_STOPPED,
};

void woad_gap_tell_report(struct woad_host *h, const struct woad_host_evt *evt)
{
    bool legacy = evt->type == WOAD_EVT_ADV_REPORT;
    if (h->many && h->privacy &&
        (legacy ? evt->u.report.adv_type <= 1
                : evt->u.ext_report->flags & WOAD_EXT_REPORT_CONNECTABLE))
        h->many->heard(h, legacy ? &evt->u.report.addr : &evt->u.ext_report->addr);
    woad_host_tell(h, evt);
}

/* Tells one report; the fields of several stand one report after the other, as controllers send
 * them, not field by field as the specification once printed it. */
static bool one_report(struct woad_host *h, struct woad_rd *r)
{
    struct woad_host_evt evt = {.type = WOAD_EVT_ADV_REPORT, .conn = WOAD_CONN_NONE};
    evt.u.report.adv_type = woad_rd_u8(r);
    evt.u.report.addr.type = woad_rd_u8(r);
    woad_rd_bytes(r, evt.u.report.addr.val, 6);
    evt.u.report.data_len = woad_rd_u8(r);
    evt.u.report.data = woad_rd_take(r, evt.u.report.data_len);
    evt.u.report.rssi_dbm = (int8_t)woad_rd_u8(r);
    if (!woad_rd_ok(r) || evt.u.report.data_len > 31) {
        h->bad_packets++;
        return false;
    }
    woad_gap_tell_report(h, &evt);
    return true;
}

static void reports(struct woad_host *h, struct woad_rd *r)
{
    /* Reports on their way while scanning stops are told until SCAN_STOPPED, none after it. */
    for (uint8_t n = woad_rd_u8(r); n > 0 && h->scan.act.state != GAP_IDLE; n--)
        if (!one_report(h, r))
            return;
}

void woad_gap_scan_use(struct woad_host *h)
{
    if (h->scan.report)
        return;
    h->scan.report = reports;
    h->scan.legacy = &legacy_kind;
    if (!h->scan.plain)
        h->scan.plain = &legacy_kind;
    woad_gap_activity_init(h, &h->scan.act, h->scan.plain);
}

int woad_gap_scan_start(struct woad_host *h, const struct woad_scan_params *from)
{
    woad_host_enter(h);
    struct woad_scan_params p = *from;
    if (!p.interval_625us)
        p.interval_625us = 96;
    if (!p.window_625us)
        p.window_625us = p.interval_625us;
    if (p.interval_625us < 4 || p.interval_625us > 0x4000 || p.window_625us < 4 ||
        p.window_625us > p.interval_625us)
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (h->scan.act.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    woad_gap_scan_use(h);
    h->scan.p = p;
    h->scan.act.kind = h->scan.plain;
    return woad_gap_activity_start(h, &h->scan.act, p.duration_ms);
}

int woad_gap_scan_stop(struct woad_host *h)
{
    return woad_gap_activity_stop(h, &h->scan.act);
}
