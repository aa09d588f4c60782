/* HCI events as table rows; those of optional parts come behind. */
#include "gap/gap_priv.h"
#include "host_priv.h"

static void completed_packets(struct woad_host *h, struct woad_rd *r)
{
    for (uint8_t n = woad_rd_u8(r); n > 0; n--) {
        uint16_t handle = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
        uint16_t count = woad_rd_u16(r);
        if (!woad_rd_ok(r)) {
            h->bad_packets++;
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
    woad_host_fail(h, WOAD_ERR_FAULT, 0);
}

static void ignored(struct woad_host *h, struct woad_rd *r)
{
    (void)h;
    (void)r;
}

/* Of operations that may never be asked for: who does joins its reader. */
static void features(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    if (link->h->read_features)
        link->h->read_features(link, status, r);
}

static void version(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    if (link->h->read_version)
        link->h->read_version(link, status, r);
}

/* Not asked for, and the controller's to answer, without the full host. */
static void param_request(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    if (link->h->full)
        link->h->full->param_request(link, status, r);
}

static void advertising_report(struct woad_host *h, struct woad_rd *r)
{
    if (h->scan.report)
        h->scan.report(h, r);
}

#define PLAIN(code, min, fn)                                                                       \
    {                                                                                              \
        code, min, HOST_EVENT_PLAIN,                                                               \
        {                                                                                          \
            fn                                                                                     \
        }                                                                                          \
    }
#define STALE(code, min, fn)                                                                       \
    {                                                                                              \
        code, min, HOST_EVENT_STALE,                                                               \
        {                                                                                          \
            fn                                                                                     \
        }                                                                                          \
    }
#define LINK(code, min, fn)                                                                        \
    {                                                                                              \
        code, min, HOST_EVENT_LINK,                                                                \
        {                                                                                          \
            .link = fn                                                                             \
        }                                                                                          \
    }
#define STATUS_LINK(code, min, fn)                                                                 \
    {                                                                                              \
        code, min, HOST_EVENT_STATUS_LINK,                                                         \
        {                                                                                          \
            .link = fn                                                                             \
        }                                                                                          \
    }

static const struct host_event_row le_rows[] = {
    PLAIN(WOAD_HCI_LE_EVT_ADVERTISING_REPORT, 1, advertising_report),
    PLAIN(WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 18, woad_gap_evt_connected),
    PLAIN(WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE, 30, woad_gap_evt_connected_enhanced),
    PLAIN(WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE_V2, 30, woad_gap_evt_connected_enhanced),
    STATUS_LINK(WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, 9, woad_gap_evt_updated),
    STATUS_LINK(WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 3, features),
    LINK(WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST, 12, woad_gap_evt_ltk_request),
    LINK(WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, 10, param_request),
    LINK(WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, 10, woad_gap_evt_data_len),
    STATUS_LINK(WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, 5, woad_gap_evt_phy),
    PLAIN(WOAD_HCI_LE_EVT_CHANNEL_SELECTION_ALGORITHM, 3, ignored),
};

const struct host_event_row *woad_host_event_row(const struct host_event_row *rows, size_t count,
                                                 uint8_t code)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

static void of_link(struct woad_host *h, const struct host_event_row *row, struct woad_rd *r)
{
    uint8_t status = row->form == HOST_EVENT_STATUS_LINK ? woad_rd_u8(r) : 0;
    struct host_link *link = woad_host_link_find(h, woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK);
    if (link)
        row->handle.link(link, status, r);
    else
        h->bad_packets++;
}

static void run_row(struct woad_host *h, const struct host_event_row *row, struct woad_rd *r)
{
    if (!row || r->left < row->min)
        h->bad_packets++;
    else if (!h->reset_done && row->form != HOST_EVENT_STALE)
        return;
    else if (row->form < HOST_EVENT_LINK)
        row->handle.plain(h, r);
    else
        of_link(h, row, r);
}

static void le_meta(struct woad_host *h, struct woad_rd *r)
{
    uint8_t code = woad_rd_u8(r);
    const struct host_event_row *row =
        woad_host_event_row(le_rows, sizeof(le_rows) / sizeof(le_rows[0]), code);
    run_row(h, row ? row : woad_host_parts_le_event(h, code), r);
}

static const struct host_event_row rows[] = {
    PLAIN(WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 1, completed_packets),
    PLAIN(WOAD_HCI_EVT_LE_META, 1, le_meta),
    STALE(WOAD_HCI_EVT_COMMAND_COMPLETE, 3, woad_host_evt_command_complete),
    STALE(WOAD_HCI_EVT_COMMAND_STATUS, 4, woad_host_evt_command_status),
    PLAIN(WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 4, disconnection_complete),
    STATUS_LINK(WOAD_HCI_EVT_ENCRYPTION_CHANGE, 4, woad_gap_evt_encryption),
    STATUS_LINK(WOAD_HCI_EVT_ENCRYPTION_CHANGE_V2, 5, woad_gap_evt_encryption),
    STATUS_LINK(WOAD_HCI_EVT_ENCRYPTION_KEY_REFRESH_COMPLETE, 3, woad_gap_evt_key_refresh),
    STATUS_LINK(WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 8, version),
    PLAIN(WOAD_HCI_EVT_HARDWARE_ERROR, 1, hardware_error),
    PLAIN(WOAD_HCI_EVT_DATA_BUFFER_OVERFLOW, 1, ignored),
};

void woad_host_event(struct woad_host *h, struct woad_buf *pkt)
{
    struct woad_rd r = woad_rd_init(pkt->data, pkt->len);
    uint8_t code = woad_rd_u8(&r);
    uint8_t len = woad_rd_u8(&r);
    h->stats.evt_rx++;
    if (len != r.left) {
        h->bad_packets++;
        return;
    }
    run_row(h, woad_host_event_row(rows, sizeof(rows) / sizeof(rows[0]), code), &r);
}
