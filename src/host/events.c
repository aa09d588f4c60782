/* HCI events as table rows; those of optional parts come behind. */
#include "gap/gap_priv.h"
#include "host_priv.h"

static void completed_packets(struct woad_host *h, struct woad_rd *r)
{
    for (uint8_t n = woad_rd_u8(r); n > 0; n--) {
        uint16_t handle = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
        uint16_t count = woad_rd_u16(r);
        if (!woad_rd_ok(r)) {
            h->stats.bad_packets++;
            return;
        }
        struct host_link *link = woad_host_link_find(h, handle);
        if (link)
            woad_host_acl_credit(h, link, count);
        else
            h->stats.completed_clamped++;
    }
}

static void disconnection_complete(struct woad_host *h, struct woad_rd *r)
{
    uint8_t status = woad_rd_u8(r);
    uint16_t handle = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    uint8_t reason = woad_rd_u8(r);
    struct host_link *link = woad_host_link_find(h, handle);
    if (!status)
        woad_gap_orphan_gone(h, handle);
    if (status || !link) {
        h->stats.late_answers++;
        return;
    }
    int err = link->ops & HOST_OP_DISCONNECT ? 0 : WOAD_ERR_NOT_CONNECTED;
    woad_host_link_down(h, link, err, reason);
}

static void hardware_error(struct woad_host *h, struct woad_rd *r)
{
    (void)r;
    woad_host_fail(h, WOAD_ERR_FAULT, "the controller reported a hardware error", 0);
}

static void ignored(struct woad_host *h, struct woad_rd *r)
{
    (void)h;
    (void)r;
}

static void advertising_report(struct woad_host *h, struct woad_rd *r)
{
    if (h->scan.report)
        h->scan.report(h, r);
}

static const struct host_event_row le_rows[] = {
    {WOAD_HCI_LE_EVT_ADVERTISING_REPORT, 1, false, advertising_report},
    {WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 18, false, woad_gap_evt_connected},
    {WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE, 30, false, woad_gap_evt_connected_enhanced},
    {WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE_V2, 30, false, woad_gap_evt_connected_enhanced},
    {WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, 9, false, woad_gap_evt_updated},
    {WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 3, false, woad_gap_evt_features},
    {WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST, 12, false, woad_gap_evt_ltk_request},
    {WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, 10, false, woad_gap_evt_param_request},
    {WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, 10, false, woad_gap_evt_data_len},
    {WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, 5, false, woad_gap_evt_phy},
    {WOAD_HCI_LE_EVT_CHANNEL_SELECTION_ALGORITHM, 3, false, ignored},
};

static const struct host_event_row *find_row(const struct host_event_row *rows, size_t count,
                                             uint8_t code)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

static void run_row(struct woad_host *h, const struct host_event_row *row, struct woad_rd *r)
{
    if (!row || r->left < row->min)
        h->stats.bad_packets++;
    else if (h->reset_done || row->stale)
        row->handle(h, r);
}

static void le_meta(struct woad_host *h, struct woad_rd *r)
{
    uint8_t code = woad_rd_u8(r);
    const struct host_event_row *row =
        find_row(le_rows, sizeof(le_rows) / sizeof(le_rows[0]), code);
    run_row(h, row ? row : woad_host_parts_event(h, code, true), r);
}

static const struct host_event_row rows[] = {
    {WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 1, false, completed_packets},
    {WOAD_HCI_EVT_LE_META, 1, false, le_meta},
    {WOAD_HCI_EVT_COMMAND_COMPLETE, 3, true, woad_host_evt_command_complete},
    {WOAD_HCI_EVT_COMMAND_STATUS, 4, true, woad_host_evt_command_status},
    {WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 4, false, disconnection_complete},
    {WOAD_HCI_EVT_ENCRYPTION_CHANGE, 4, false, woad_gap_evt_encryption},
    {WOAD_HCI_EVT_ENCRYPTION_CHANGE_V2, 5, false, woad_gap_evt_encryption},
    {WOAD_HCI_EVT_ENCRYPTION_KEY_REFRESH_COMPLETE, 3, false, woad_gap_evt_key_refresh},
    {WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 8, false, woad_gap_evt_version},
    {WOAD_HCI_EVT_HARDWARE_ERROR, 1, false, hardware_error},
    {WOAD_HCI_EVT_DATA_BUFFER_OVERFLOW, 1, false, ignored},
};

void woad_host_event(struct woad_host *h, struct woad_buf *pkt)
{
    struct woad_rd r = woad_rd_init(pkt->data, pkt->len);
    uint8_t code = woad_rd_u8(&r);
    uint8_t len = woad_rd_u8(&r);
    h->stats.evt_rx++;
    if (len != r.left) {
        h->stats.bad_packets++;
        return;
    }
    const struct host_event_row *row = find_row(rows, sizeof(rows) / sizeof(rows[0]), code);
    run_row(h, row ? row : woad_host_parts_event(h, code, false), &r);
}
