/* The calls of woad/gap.h through extended commands [Vol 4, Part E, 7.8.52-7.8.66], and the events
 * that the other extended parts share. */
#include "ext_priv.h"

#include <string.h>

static struct host_ext *ext_of(const struct woad_host *h)
{
    return h->part[HOST_PART_EXT];
}

uint16_t woad_ext_put_fragment(struct woad_wr *w, uint8_t handle, bool preference,
                               const uint8_t *data, uint16_t len, uint16_t off)
{
    uint16_t most = preference ? 251 : 252;
    uint16_t n = (uint16_t)(len - off);
    bool first = off == 0, last = n <= most;
    if (!last)
        n = most;
    woad_wr_u8(w, handle);
    woad_wr_u8(w, (uint8_t)(first ? (last ? 3 : 1) : (last ? 2 : 0)));
    if (preference)
        woad_wr_u8(w, 1); /* on the air in as few pieces as possible */
    woad_wr_u8(w, (uint8_t)n);
    if (n)
        woad_wr_bytes(w, data + off, n);
    return n;
}

struct woad_result woad_ext_result(struct woad_result result)
{
    if (result.hci == WOAD_HCI_ERR_PACKET_TOO_LONG)
        result.err = WOAD_ERR_TOO_LONG;
    else if (result.hci == WOAD_HCI_ERR_MEMORY_CAPACITY_EXCEEDED)
        result.err = WOAD_ERR_NO_MEM;
    return result;
}

/* ---- advertising ----------------------------------------------------------------------------- */

/* Properties of the legacy kinds [7.8.53, table 7.2]. */
static const uint8_t kind_props[] = {
    [WOAD_ADV_CONNECTABLE] = 0x13,     [WOAD_ADV_DIRECT_HIGH_DUTY] = 0x1d,
    [WOAD_ADV_SCANNABLE] = 0x12,       [WOAD_ADV_NONCONNECTABLE] = 0x10,
    [WOAD_ADV_DIRECT_LOW_DUTY] = 0x15,
};

static void build_adv_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_adv_params *p = &h->adv.p;
    woad_wr_u8(w, EXT_LEGACY_HANDLE);
    woad_wr_u16(w, kind_props[p->kind]);
    woad_wr_u24(w, p->interval_min_625us);
    woad_wr_u24(w, p->interval_max_625us);
    woad_wr_u8(w, p->channel_map);
    bool directed = kind_props[p->kind] & WOAD_ADV_SET_DIRECTED;
    woad_wr_u8(w, woad_gap_own_type(h, directed ? &p->peer : NULL));
    woad_wr_u8(w, p->peer.type);
    woad_wr_bytes(w, p->peer.val, 6);
    woad_wr_u8(w, p->filter);
    woad_wr_u8(w, WOAD_TX_POWER_ANY);
    woad_wr_u8(w, WOAD_PHY_1M);
    woad_wr_u8(w, 0);
    woad_wr_u8(w, WOAD_PHY_1M);
    woad_wr_u8(w, 0); /* SID */
    woad_wr_u8(w, 0); /* no scan request notifications */
}

static void build_adv_addr(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u8(w, EXT_LEGACY_HANDLE);
    woad_wr_bytes(w, h->air.val, 6);
}

static void build_adv_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_ext_put_fragment(w, EXT_LEGACY_HANDLE, true, h->adv.data, h->adv.p.data_len, 0);
}

static void build_adv_scan_rsp(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_ext_put_fragment(w, EXT_LEGACY_HANDLE, true, h->adv.scan_rsp, h->adv.p.scan_rsp_len, 0);
}

static void build_adv_enable(struct woad_wr *w, bool on, uint16_t duration)
{
    woad_wr_u8(w, on);
    woad_wr_u8(w, 1);
    woad_wr_u8(w, EXT_LEGACY_HANDLE);
    woad_wr_u16(w, duration);
    woad_wr_u8(w, 0);
}

static void build_adv_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    /* high duty must end within 1.28 s, in 10 ms [7.8.56] */
    build_adv_enable(w, true, h->adv.p.kind == WOAD_ADV_DIRECT_HIGH_DUTY ? 128 : 0);
}

static void build_adv_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    build_adv_enable(w, false, 0);
}

static const struct host_cmd_row adv_steps[] = {
    {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, build_adv_params, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, build_adv_addr, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_DATA, build_adv_data, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, build_adv_scan_rsp, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE, build_adv_on, woad_gap_activity_done},
};

/* What a kind has no use for is refused by controllers, not ignored as by the legacy commands. */
static bool adv_skip(struct woad_host *h, struct host_activity *a)
{
    uint8_t props = kind_props[h->adv.p.kind];
    switch (adv_steps[a->step].opcode) {
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS: return h->air.type != WOAD_ADDR_RANDOM;
    case WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_DATA: return props & WOAD_ADV_SET_DIRECTED;
    case WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_RESPONSE_DATA: return !(props & WOAD_ADV_SET_SCANNABLE);
    default: return false;
    }
}

static const struct host_activity_kind adv_kind = {
    .steps = adv_steps,
    .step_count = sizeof(adv_steps) / sizeof(adv_steps[0]),
    .off = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE, build_adv_off, woad_gap_activity_done},
    .started = WOAD_EVT_ADV_STARTED,
    .stopped = WOAD_EVT_ADV_STOPPED,
    .skip = adv_skip,
};

static void set_terminated(struct woad_host *h, struct woad_rd *r)
{
    uint8_t status = woad_rd_u8(r);
    uint8_t handle = woad_rd_u8(r);
    uint16_t conn = woad_rd_u16(r) & WOAD_HCI_HANDLE_MASK;
    uint8_t events = woad_rd_u8(r);
    if (handle == EXT_LEGACY_HANDLE)
        woad_gap_adv_ended(h, status ? WOAD_ERR_TIMEOUT : 0);
    else if (ext_of(h)->terminated)
        ext_of(h)->terminated(h, handle, status, conn, events);
}

/* ---- scanning -------------------------------------------------------------------------------- */

static void build_scan_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct woad_scan_params *p = &h->scan.p;
    woad_wr_u8(w, h->air.type);
    woad_wr_u8(w, p->accept_list_only);
    woad_wr_u8(w, 1); /* 1M */
    woad_wr_u8(w, p->active);
    woad_wr_u16(w, p->interval_625us);
    woad_wr_u16(w, p->window_625us);
}

static void build_scan_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u8(w, 1);
    woad_wr_u8(w, h->scan.p.filter_duplicates);
    woad_wr_u32(w, 0); /* duration and period: the host's timer ends it */
}

static void build_scan_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u16(w, 0);
    woad_wr_u32(w, 0);
}

static const struct host_cmd_row scan_steps[] = {
    {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_PARAMETERS, build_scan_params, woad_gap_activity_done},
    {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_ENABLE, build_scan_on, woad_gap_activity_done},
};

static const struct host_activity_kind scan_kind = {
    .steps = scan_steps,
    .step_count = sizeof(scan_steps) / sizeof(scan_steps[0]),
    .off = {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_ENABLE, build_scan_off, woad_gap_activity_done},
    .started = WOAD_EVT_SCAN_STARTED,
    .stopped = WOAD_EVT_SCAN_STOPPED,
};

/* The type a legacy report would have had [7.7.65.2]; -1: no legacy advertisement. */
static int legacy_type(uint8_t flags)
{
    if (!(flags & WOAD_EXT_REPORT_LEGACY))
        return -1;
    if (flags & WOAD_EXT_REPORT_SCAN_RSP)
        return 4;
    switch (flags & 7) {
    case WOAD_EXT_REPORT_CONNECTABLE | WOAD_EXT_REPORT_SCANNABLE: return 0;
    case WOAD_EXT_REPORT_CONNECTABLE | WOAD_EXT_REPORT_DIRECTED: return 1;
    case WOAD_EXT_REPORT_SCANNABLE: return 2;
    case 0: return 3;
    default: return -1;
    }
}

static void as_legacy(struct woad_host *h, const struct ext_fragment *f)
{
    int type = legacy_type(f->r.flags);
    if (type < 0 || f->r.data_len > 31)
        return;
    woad_gap_tell_report(h, &(struct woad_host_evt){.type = WOAD_EVT_ADV_REPORT,
                                                    .conn = WOAD_CONN_NONE,
                                                    .u.report = {
                                                        .addr = f->r.addr,
                                                        .adv_type = (uint8_t)type,
                                                        .rssi_dbm = f->r.rssi_dbm,
                                                        .data = f->r.data,
                                                        .data_len = (uint8_t)f->r.data_len,
                                                    }});
}

static bool read_report(struct woad_rd *r, struct ext_fragment *f)
{
    uint16_t type = woad_rd_u16(r);
    f->r.flags = type & 0x1f;
    f->status = type >> 5 & 3;
    f->r.addr.type = woad_rd_u8(r);
    woad_rd_bytes(r, f->r.addr.val, 6);
    f->r.phy = woad_rd_u8(r);
    f->r.phy_secondary = woad_rd_u8(r);
    f->r.sid = woad_rd_u8(r);
    f->r.tx_power_dbm = (int8_t)woad_rd_u8(r);
    f->r.rssi_dbm = (int8_t)woad_rd_u8(r);
    f->r.periodic_interval_1250us = woad_rd_u16(r);
    f->r.direct.type = woad_rd_u8(r);
    woad_rd_bytes(r, f->r.direct.val, 6);
    f->r.data_len = woad_rd_u8(r);
    f->r.data = woad_rd_take(r, f->r.data_len);
    return woad_rd_ok(r);
}

static void ext_reports(struct woad_host *h, struct woad_rd *r)
{
    for (uint8_t n = woad_rd_u8(r); n > 0 && h->scan.act.state != GAP_IDLE; n--) {
        struct ext_fragment f;
        if (!read_report(r, &f)) {
            h->bad_packets++;
            return;
        }
        if (h->scan.act.kind == h->scan.plain)
            as_legacy(h, &f);
        else if (ext_of(h)->report)
            ext_of(h)->report(h, &f);
    }
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void put_phy(struct woad_wr *w, const struct woad_conn_params *p)
{
    woad_wr_u16(w, p->scan_interval_625us);
    woad_wr_u16(w, p->scan_window_625us);
    woad_gap_put_conn_params(w, p);
}

static void build_create(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct host_ext *x = ext_of(h);
    woad_wr_u8(w, h->init.by_list);
    woad_wr_u8(w, woad_gap_own_type(h, h->init.by_list ? NULL : &h->init.peer));
    woad_wr_u8(w, h->init.peer.type & 1); /* identities are resolved by the list, not by type */
    woad_wr_bytes(w, h->init.peer.val, 6);
    woad_wr_u8(w, h->init.phys ? h->init.phys : 1);
    if (!h->init.phys)
        put_phy(w, &h->init.p);
    for (unsigned i = 0; i < 3; i++)
        if (h->init.phys >> i & 1)
            put_phy(w, &x->phys[i]);
}

static const struct host_cmd_row create_row = {WOAD_HCI_CMD_LE_EXTENDED_CREATE_CONNECTION,
                                               build_create, woad_gap_create_done};

int woad_gap_ext_connect(struct woad_host *h, const struct woad_addr *peer,
                         const struct woad_ext_conn_params *p)
{
    woad_host_enter(h);
    const struct woad_conn_params *from[3] = {p->phy_1m, p->phy_2m, p->phy_coded};
    struct woad_conn_params full[3] = {{0}};
    const struct woad_conn_params *first = NULL;
    uint8_t bits = 0;
    if (!h->extended || h->many)
        return WOAD_ERR_UNSUPPORTED;
    for (unsigned i = 0; i < 3; i++) {
        if (!from[i])
            continue;
        full[i] = woad_gap_connecting_defaults(from[i]);
        if (!woad_gap_connecting_params_valid(&full[i]))
            return WOAD_ERR_INVALID;
        bits |= (uint8_t)(1u << i);
        first = first ? first : &full[i];
    }
    if (!(bits & 5)) /* nobody advertises on 2M first */
        return WOAD_ERR_INVALID;
    if (h->init.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    int err = woad_gap_connect(h, peer, first);
    if (err)
        return err;
    h->init.phys = bits;
    memcpy(ext_of(h)->phys, full, sizeof(full));
    return 0;
}

/* ---- the part -------------------------------------------------------------------------------- */

static const struct host_event_row le_events[] = {
    {WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, 1, HOST_EVENT_PLAIN, {ext_reports}},
    {WOAD_HCI_LE_EVT_ADVERTISING_SET_TERMINATED, 5, HOST_EVENT_PLAIN, {set_terminated}},
};

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    (void)part_cfg;
    return sizeof(struct host_ext);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    (void)h;
    (void)mem;
    (void)part_cfg;
    return 0;
}

/* Some controllers name the feature and not the commands, some the commands and not the feature. */
static void ready(struct woad_host *h)
{
    h->extended = woad_host_has_feature(h, WOAD_LE_FEATURE_EXTENDED_ADVERTISING) ||
                  (woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_EXTENDED_ADVERTISING_PARAMETERS) &&
                   woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_EXTENDED_ADVERTISING_ENABLE) &&
                   woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_EXTENDED_SCAN_ENABLE) &&
                   woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_EXTENDED_CREATE_CONNECTION));
    h->adv.act.kind = h->extended ? &adv_kind : &woad_gap_adv_legacy;
    h->init.create = h->extended ? &create_row : NULL;
    bool plain = h->scan.act.kind == h->scan.plain;
    h->scan.plain = h->extended ? &scan_kind : h->scan.legacy;
    if (plain)
        h->scan.act.kind = h->scan.plain;
}

const struct woad_host_part woad_gap_ext_part = {
    .id = HOST_PART_EXT,
    .mem_size = mem_size,
    .init = init,
    .ready = ready,
    .hci_len = 255,
    .le_events = le_events,
    .le_event_count = sizeof(le_events) / sizeof(le_events[0]),
};
