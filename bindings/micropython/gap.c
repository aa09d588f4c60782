/* Advertising, scanning, links. */
#include "mp_woad.h"

#include <string.h>

static uint16_t clamp_625(int32_t us, uint16_t least, uint16_t most)
{
    int32_t n = us / 625;
    return n < least ? least : n > most ? most : (uint16_t)n;
}

void mpw_gap_reset(struct mpw *m)
{
    m->adv_state = m->scan_state = MPW_OFF;
    m->adv_again = m->scan_again = false;
    memset(m->links, 0, sizeof(m->links));
}

struct mpw_link *mpw_link(struct mpw *m, uint16_t conn)
{
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        if (m->links[i].used && m->links[i].conn == conn)
            return &m->links[i];
    return NULL;
}

/* ---- advertising ----------------------------------------------------------------------------- */

static int adv_begin(struct mpw *m)
{
    int err = woad_gap_advertise_start(m->host, &m->adv);
    m->adv_again = false;
    m->adv_state = err ? MPW_OFF : MPW_STARTING;
    return err;
}

static void adv_end(struct mpw *m)
{
    if (m->adv_state == MPW_STARTING || m->adv_state == MPW_ON) {
        int err = woad_gap_advertise_stop(m->host);
        m->adv_state = err ? MPW_OFF : MPW_STOPPING;
    }
}

/* NULL keeps what is there. */
static bool same(const uint8_t *data, size_t len, const uint8_t *old, size_t old_len)
{
    return !data || (len == old_len && memcmp(data, old, len) == 0);
}

int mp_bluetooth_gap_advertise_start(bool connectable, int32_t interval_us, const uint8_t *adv_data,
                                     size_t adv_data_len, const uint8_t *sr_data,
                                     size_t sr_data_len)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    if (interval_us < 0 || adv_data_len > 31 || sr_data_len > 31)
        return MP_EINVAL;
    mpw_secrets_late(m);
    mpw_enter();
    uint8_t kind = connectable ? WOAD_ADV_CONNECTABLE : WOAD_ADV_SCANNABLE;
    uint16_t interval = clamp_625(interval_us, 0x20, 0x4000);
    bool changed = kind != m->adv.kind || interval != m->adv.interval_min_625us ||
                   !same(adv_data, adv_data_len, m->adv_data, m->adv.data_len) ||
                   !same(sr_data, sr_data_len, m->scan_rsp, m->adv.scan_rsp_len);
    if (adv_data) {
        memcpy(m->adv_data, adv_data, adv_data_len);
        m->adv.data_len = (uint8_t)adv_data_len;
    }
    if (sr_data) {
        memcpy(m->scan_rsp, sr_data, sr_data_len);
        m->adv.scan_rsp_len = (uint8_t)sr_data_len;
    }
    m->adv.data = m->adv_data;
    m->adv.scan_rsp = m->scan_rsp;
    m->adv.kind = kind;
    m->adv.interval_min_625us = m->adv.interval_max_625us = interval;
    int err = 0;
    if (m->adv_state == MPW_OFF) {
        err = adv_begin(m);
    } else if (changed || m->adv_state == MPW_STOPPING) {
        /* Only then: somebody may be about to connect to what is in the air. */
        m->adv_again = true;
        adv_end(m);
    }
    mpw_leave();
    return mpw_errno(err);
}

void mp_bluetooth_gap_advertise_stop(void)
{
    struct mpw *m = mpw_on();
    if (!m)
        return;
    mpw_enter();
    m->adv_again = false;
    adv_end(m);
    mpw_leave();
}

static void adv_event(struct mpw *m, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_ADV_STARTED && evt->u.done.err == 0) {
        if (m->adv_state == MPW_STARTING)
            m->adv_state = MPW_ON;
        return;
    }
    m->adv_state = MPW_OFF;
    if (m->adv_again)
        (void)!adv_begin(m);
}

/* ---- scanning -------------------------------------------------------------------------------- */

static int scan_begin(struct mpw *m)
{
    int err = woad_gap_scan_start(m->host, &m->scan);
    m->scan_again = false;
    m->scan_state = err ? MPW_OFF : MPW_STARTING;
    return err;
}

static void scan_end(struct mpw *m)
{
    if (m->scan_state == MPW_STARTING || m->scan_state == MPW_ON) {
        int err = woad_gap_scan_stop(m->host);
        m->scan_state = err ? MPW_OFF : MPW_STOPPING;
    }
}

int mp_bluetooth_gap_scan_start(int32_t duration_ms, int32_t interval_us, int32_t window_us,
                                bool active_scan)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    if (duration_ms < 0 || interval_us < 2500 || window_us < 2500 || window_us > interval_us ||
        interval_us > 0x4000 * 625)
        return MP_EINVAL;
    mpw_enter();
    m->scan = (struct woad_scan_params){
        .active = active_scan,
        .interval_625us = clamp_625(interval_us, 4, 0x4000),
        .window_625us = clamp_625(window_us, 4, 0x4000),
        .duration_ms = (uint32_t)duration_ms,
    };
    int err = 0;
    if (m->scan_state == MPW_OFF) {
        err = scan_begin(m);
    } else { /* the new scan takes the place of the old one, which ends without an event */
        m->scan_again = true;
        scan_end(m);
    }
    mpw_leave();
    return mpw_errno(err);
}

int mp_bluetooth_gap_scan_stop(void)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    m->scan_again = false;
    scan_end(m);
    mpw_leave();
    return 0;
}

static void scan_event(struct mpw *m, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_SCAN_STARTED && evt->u.done.err == 0) {
        if (m->scan_state == MPW_STARTING)
            m->scan_state = MPW_ON;
        return;
    }
    m->scan_state = MPW_OFF;
    if (m->scan_again && scan_begin(m) == 0)
        return;
    MPW_UP(m, mp_bluetooth_gap_on_scan_complete());
}

static void report(struct mpw *m, const struct woad_host_evt *evt)
{
    uint8_t addr[6];
    if (m->scan_again || m->scan_state == MPW_STOPPING)
        return;
    mpw_to_big_endian(&evt->u.report.addr, addr);
    MPW_UP(m, mp_bluetooth_gap_on_scan_result(evt->u.report.addr.type & 1, addr,
                                              evt->u.report.adv_type, evt->u.report.rssi_dbm,
                                              evt->u.report.data, evt->u.report.data_len));
}

/* ---- links ----------------------------------------------------------------------------------- */

/* 2.56 s, as other back ends have it; six intervals of slow links. */
static uint16_t supervision(uint16_t interval_1250us)
{
    uint32_t six = interval_1250us * 6u / 8u;
    return (uint16_t)(six > 256 ? six < 3200 ? six : 3200 : 256);
}

int mp_bluetooth_gap_peripheral_connect(uint8_t addr_type, const uint8_t *addr, int32_t duration_ms,
                                        int32_t min_conn_interval_us, int32_t max_conn_interval_us)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    uint16_t min = min_conn_interval_us ? (uint16_t)(min_conn_interval_us / 1250) : 24;
    uint16_t max = max_conn_interval_us ? (uint16_t)(max_conn_interval_us / 1250) : 24;
    if (addr_type > 1 || min_conn_interval_us < 0 || max_conn_interval_us < 0 || min < 6 ||
        min_conn_interval_us > 4000000 || max_conn_interval_us > 4000000)
        return MP_EINVAL;
    if (!max_conn_interval_us && max < min)
        max = min;
    if (!min_conn_interval_us && min > max)
        min = max;
    mpw_secrets_late(m);
    mpw_enter();
    struct woad_addr peer = mpw_from_big_endian(addr_type, addr);
    int err = woad_gap_connect(
        m->host, &peer,
        &(struct woad_conn_params){.interval_min_1250us = min,
                                   .interval_max_1250us = max,
                                   .timeout_10ms = supervision(max),
                                   .duration_ms = duration_ms > 0 ? (uint32_t)duration_ms : 0});
    if (!err)
        m->connecting = peer;
    mpw_leave();
    return mpw_errno(err);
}

int mp_bluetooth_gap_peripheral_connect_cancel(void)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    int err = woad_gap_connect_cancel(m->host);
    mpw_leave();
    return mpw_errno(err);
}

/* A script that writes and disconnects means both: what was sent goes out first, within this. */
#define HANG_UP_US WOAD_MS(500)

void mpw_hang_up(struct mpw *m, struct mpw_link *link)
{
    link->hang_up = false;
    (void)!woad_gap_disconnect_flushed(m->host, link->conn, 0);
}

woad_time mpw_gap_run(struct mpw *m, woad_time now_us)
{
    woad_time next = WOAD_TIME_NEVER;
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++) {
        struct mpw_link *link = &m->links[i];
        if (!link->used || !link->hang_up_by)
            continue;
        if (link->hang_up_by > now_us) {
            next = woad_time_min(next, link->hang_up_by);
            continue;
        }
        link->hang_up = false;
        link->hang_up_by = 0;
        (void)!woad_gap_disconnect(m->host, link->conn, 0);
    }
    return next;
}

int mpw_gap_disconnect(struct mpw *m, uint16_t conn_handle)
{
    mpw_enter();
    struct mpw_link *link = mpw_link(m, conn_handle);
    int err = link ? 0 : WOAD_ERR_NOT_CONNECTED;
    if (link && !link->hang_up_by) { /* else it is ending already */
        link->hang_up_by = woad_time_add(mpw_now(), HANG_UP_US);
        link->hang_up = mpw_gattc_commands(m, conn_handle) != 0;
        if (!link->hang_up)
            err = woad_gap_disconnect_flushed(m->host, conn_handle, 0);
    }
    mpw_leave();
    mpw_pump_wake(m);
    return err == WOAD_ERR_BUSY ? 0 : mpw_errno(err);
}

int mp_bluetooth_gap_disconnect(uint16_t conn_handle)
{
    struct mpw *m = mpw_on();
    return m ? mpw_gap_disconnect(m, conn_handle) : MP_ENODEV;
}

static void tell_link(struct mpw *m, uint8_t event, uint16_t conn, const struct woad_addr *peer)
{
    uint8_t addr[6];
    mpw_to_big_endian(peer, addr);
    MPW_UP(m, mp_bluetooth_gap_on_connected_disconnected(event, conn, peer->type & 1, addr));
}

static void connected(struct mpw *m, const struct woad_host_evt *evt)
{
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        if (!m->links[i].used) {
            m->links[i] = (struct mpw_link){.used = true,
                                            .conn = evt->conn,
                                            .role = evt->u.connected.role,
                                            .peer = evt->u.connected.peer};
            break;
        }
    tell_link(m,
              evt->u.connected.role == WOAD_ROLE_CENTRAL ? MP_BLUETOOTH_IRQ_PERIPHERAL_CONNECT
                                                         : MP_BLUETOOTH_IRQ_CENTRAL_CONNECT,
              evt->conn, &evt->u.connected.peer);
}

static void disconnected(struct mpw *m, const struct woad_host_evt *evt)
{
    struct mpw_link *link = mpw_link(m, evt->conn);
    if (!link)
        return;
    struct mpw_link old = *link;
    link->used = false;
    mpw_l2cap_link_down(m, evt->conn);
    tell_link(m,
              old.role == WOAD_ROLE_CENTRAL ? MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT
                                            : MP_BLUETOOTH_IRQ_CENTRAL_DISCONNECT,
              evt->conn, &old.peer);
}

void mpw_gap_event(struct mpw *m, const struct woad_host_evt *evt)
{
    switch (evt->type) {
    case WOAD_EVT_ADV_STARTED:
    case WOAD_EVT_ADV_STOPPED: adv_event(m, evt); break;
    case WOAD_EVT_SCAN_STARTED:
    case WOAD_EVT_SCAN_STOPPED: scan_event(m, evt); break;
    case WOAD_EVT_ADV_REPORT: report(m, evt); break;
    case WOAD_EVT_CONNECTED: connected(m, evt); break;
    case WOAD_EVT_CONNECT_FAILED:
        tell_link(m, MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT, 0xFFFF, &m->connecting);
        break;
    case WOAD_EVT_DISCONNECTED: disconnected(m, evt); break;
    case WOAD_EVT_CONN_UPDATED:
        MPW_UP(m, mp_bluetooth_gap_on_connection_update(
                      evt->conn, evt->u.updated.interval_1250us, evt->u.updated.latency,
                      evt->u.updated.timeout_10ms, evt->u.updated.result.hci));
        break;
    default: break;
    }
}
