/* Calls that wait: scanning and links. */
#include "sync_priv.h"

#include <string.h>

#include "woad/ad.h"

#define SCAN_RSP 4 /* LE Advertising Report [Vol 4, Part E, 7.7.65.2] */

static void finish_with(struct woad_sync_call *c, const struct woad_result *result)
{
    c->why.hci = result->hci;
    woad_sync_finish(c, result->err);
}

/* ---- scanning -------------------------------------------------------------------------------- */

struct scan {
    const struct woad_scan_params *params;
    const char *name; /* one is looked for */
};

static void end_scan(struct woad_sync_call *c)
{
    c->ended = true;
    if (woad_gap_scan_stop(c->sync->host) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

static void append(struct woad_sync_report *r, const uint8_t *data, uint8_t len)
{
    if (len > sizeof(r->data) - r->data_len)
        len = (uint8_t)(sizeof(r->data) - r->data_len);
    memcpy(r->data + r->data_len, data, len);
    r->data_len = (uint8_t)(r->data_len + len);
}

static void note_report(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    struct woad_sync_report *list = c->to;
    bool response = evt->u.report.adv_type == SCAN_RSP;
    size_t i = 0;
    while (i < c->count && memcmp(&list[i].addr, &evt->u.report.addr, sizeof(list[i].addr)) != 0)
        i++;
    if (i == c->count && !response) {
        list[c->count++] = (struct woad_sync_report){.addr = evt->u.report.addr,
                                                     .adv_type = evt->u.report.adv_type,
                                                     .rssi_dbm = evt->u.report.rssi_dbm};
        append(&list[i], evt->u.report.data, evt->u.report.data_len);
    } else if (i < c->count) {
        list[i].rssi_dbm = evt->u.report.rssi_dbm;
        if (response && !list[i].rsp_len) {
            uint8_t before = list[i].data_len;
            append(&list[i], evt->u.report.data, evt->u.report.data_len);
            list[i].rsp_len = (uint8_t)(list[i].data_len - before);
        }
    }
    if (c->count == c->size)
        end_scan(c);
}

static void note_name(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    char name[WOAD_AD_NAME_MAX + 1];
    const struct scan *scan = c->args;
    uint8_t type = evt->u.report.adv_type;
    if ((type != WOAD_ADV_CONNECTABLE && type != SCAN_RSP) ||
        woad_ad_get_name(evt->u.report.data, evt->u.report.data_len, name, sizeof(name)) < 0 ||
        strcmp(name, scan->name) != 0)
        return;
    memcpy(c->to, &evt->u.report.addr, sizeof(evt->u.report.addr));
    c->count = 1;
    end_scan(c);
}

static void on_scan(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    const struct scan *scan = c->args;
    if (evt->type == WOAD_EVT_ADV_REPORT && !c->ended && c->to) {
        if (scan->name)
            note_name(c, evt);
        else
            note_report(c, evt);
    } else if (evt->type == WOAD_EVT_SCAN_STARTED && evt->u.done.err) {
        finish_with(c, &evt->u.done);
    } else if (evt->type == WOAD_EVT_SCAN_STOPPED) {
        c->why.hci = evt->u.done.hci;
        woad_sync_finish(c, c->count || !c->ended ? evt->u.done.err : WOAD_ERR_CANCELLED);
    }
}

static int start_scan(struct woad_sync_call *c)
{
    const struct scan *scan = c->args;
    c->on_event = on_scan;
    return woad_gap_scan_start(c->sync->host, scan->params);
}

static int scan(struct woad_sync *s, struct scan *args, void *to, unsigned count,
                woad_time timeout_us, unsigned *found)
{
    int err;
    bool gone;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->start = start_scan;
    c->end = end_scan;
    c->args = args;
    c->to = to;
    c->size = count;
    err = woad_sync_run(c, &gone);
    if (gone)
        return err;
    *found = (unsigned)c->count;
    if (*found)
        c->why.err = 0;
    woad_sync_give(c);
    return err;
}

static const struct woad_scan_params active = {.active = true};

int woad_sync_scan(struct woad_sync *s, const struct woad_scan_params *p,
                   struct woad_sync_report *to, unsigned count, woad_time timeout_us)
{
    unsigned found = 0;
    struct woad_scan_params params = p ? *p : active;
    if (!count || count > INT16_MAX || timeout_us == WOAD_TIME_NEVER)
        return WOAD_ERR_INVALID;
    params.duration_ms = 0;
    int err = scan(s, &(struct scan){&params, NULL}, to, count, timeout_us, &found);
    return err == 0 || err == WOAD_ERR_TIMEOUT || found ? (int)found : err;
}

int woad_sync_find(struct woad_sync *s, const char *name, struct woad_addr *addr,
                   woad_time timeout_us)
{
    unsigned found = 0;
    int err = scan(s, &(struct scan){&active, name}, addr, 1, timeout_us, &found);
    return found ? 0 : err;
}

/* ---- links ----------------------------------------------------------------------------------- */

struct connect {
    const struct woad_addr *peer;
    struct woad_conn_params params;
};

/* A link came up for whom it was meant, or for one who has gone. */
static void linked(struct woad_sync_call *c, uint16_t conn)
{
    if (c->to)
        memcpy(c->to, &conn, sizeof(conn));
    else
        (void)!woad_gap_disconnect(c->sync->host, conn, 0);
    woad_sync_finish(c, 0);
}

static void on_connect(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_CONNECTED && evt->u.connected.role == WOAD_ROLE_CENTRAL)
        linked(c, evt->conn);
    else if (evt->type == WOAD_EVT_CONNECT_FAILED)
        finish_with(c, &evt->u.connected.result);
}

static int start_connect(struct woad_sync_call *c)
{
    const struct connect *args = c->args;
    c->on_event = on_connect;
    return woad_gap_connect(c->sync->host, args->peer, &args->params);
}

static void end_connect(struct woad_sync_call *c)
{
    if (woad_gap_connect_cancel(c->sync->host) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

int woad_sync_connect(struct woad_sync *s, const struct woad_addr *peer,
                      const struct woad_conn_params *p, uint16_t *conn, woad_time timeout_us)
{
    struct connect args = {.peer = peer};
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    if (p)
        args.params = *p;
    args.params.duration_ms = 0;
    c->start = start_connect;
    c->end = end_connect;
    c->args = &args;
    c->to = conn;
    return woad_sync_do(c);
}

static void on_accept(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_CONNECTED && evt->u.connected.role == WOAD_ROLE_PERIPHERAL)
        linked(c, evt->conn);
    else if (evt->type == WOAD_EVT_ADV_STARTED && evt->u.done.err)
        finish_with(c, &evt->u.done);
    else if (evt->type == WOAD_EVT_ADV_STOPPED && (evt->u.done.err || c->ended))
        woad_sync_finish(c, c->ended ? WOAD_ERR_CANCELLED : evt->u.done.err);
}

static int start_accept(struct woad_sync_call *c)
{
    c->on_event = on_accept;
    return woad_gap_advertise_start(c->sync->host, c->args);
}

static void end_accept(struct woad_sync_call *c)
{
    if (woad_gap_advertise_stop(c->sync->host) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

int woad_sync_accept(struct woad_sync *s, const struct woad_adv_params *p, uint16_t *conn,
                     woad_time timeout_us)
{
    struct woad_adv_params params = *p;
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->start = start_accept;
    c->end = end_accept;
    c->args = &params;
    c->to = conn;
    return woad_sync_do(c);
}

static void on_disconnect(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    if (evt->type != WOAD_EVT_DISCONNECTED || evt->conn != c->conn)
        return;
    c->why.hci = evt->u.disconnected.result.hci;
    woad_sync_finish(c, 0);
}

static int start_disconnect(struct woad_sync_call *c)
{
    c->on_event = on_disconnect;
    return woad_gap_disconnect(c->sync->host, c->conn, 0);
}

static int start_waiting(struct woad_sync_call *c)
{
    struct woad_conn_info info;
    c->on_event = on_disconnect;
    return woad_gap_conn_info(c->sync->host, c->conn, &info);
}

static void end_waiting(struct woad_sync_call *c)
{
    woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

static int link_end(struct woad_sync *s, uint16_t conn, int (*start)(struct woad_sync_call *),
                    woad_time timeout_us)
{
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->conn = conn;
    c->start = start;
    c->end = end_waiting;
    return woad_sync_do(c);
}

int woad_sync_disconnect(struct woad_sync *s, uint16_t conn, woad_time timeout_us)
{
    return link_end(s, conn, start_disconnect, timeout_us);
}

int woad_sync_wait_disconnected(struct woad_sync *s, uint16_t conn, woad_time timeout_us)
{
    return link_end(s, conn, start_waiting, timeout_us);
}
