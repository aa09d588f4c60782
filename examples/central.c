#include "central.h"

#include <stdio.h>

#include "stage.h"
#include "woad/ad.h"
#include "woad/gap.h"
#include "woad/gatt_db.h"

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct central *c = arg;
    if (evt->type != WOAD_GATTC_DB_READY)
        return;
    stage_check("discover", evt->u.done.err);
    if (!evt->u.done.err)
        c->found(c, h);
}

static void on_report(struct central *c, struct woad_host *h, const struct woad_host_evt *evt)
{
    bool it = c->is_it ? c->is_it(h, evt)
                       : woad_ad_has_uuid(evt->u.report.data, evt->u.report.data_len, c->service);
    if (c->seen || !it)
        return;
    c->seen = true;
    c->peer = evt->u.report.addr;
    stage_check("stop scanning", woad_gap_scan_stop(h));
}

void central_event(struct central *c, struct woad_host *h, const struct woad_host_evt *evt)
{
    switch (evt->type) {
    case WOAD_EVT_READY:
        c->seen = false;
        stage_check("scan", woad_gap_scan_start(h, &(struct woad_scan_params){0}));
        break;
    case WOAD_EVT_ADV_REPORT: on_report(c, h, evt); break;
    case WOAD_EVT_SCAN_STOPPED:
        if (c->seen)
            stage_check("connect", woad_gap_connect(h, &c->peer, &(struct woad_conn_params){0}));
        break;
    case WOAD_EVT_CONNECTED:
        c->conn = evt->conn;
        c->db = (struct woad_gattc_db){
            .event = on_db, .arg = c, .mem = c->db_mem, .size = sizeof(c->db_mem)};
        c->sub_count = 0;
        stage_check("discover", woad_gattc_db_open(h, c->conn, &c->db));
        break;
    case WOAD_EVT_CONNECT_FAILED: stage_check("connect", evt->u.connected.result.err); break;
    default: break;
    }
}

static const struct woad_gattc_attr *find(struct central *c, const struct woad_uuid *characteristic,
                                          unsigned nth)
{
    const struct woad_gattc_attr *service =
        woad_gattc_db_find(&c->db, WOAD_GATTC_ATTR_SERVICE, NULL, 0, 0xFFFF);
    for (; service; service = woad_gattc_db_find(&c->db, WOAD_GATTC_ATTR_SERVICE, NULL,
                                                 service->handle, 0xFFFF)) {
        const struct woad_gattc_attr *found = service;
        unsigned left = nth;
        do
            found = woad_gattc_db_find(&c->db, WOAD_GATTC_ATTR_CHARACTERISTIC, characteristic,
                                       found->handle, service->end);
        while (found && left--);
        if (found)
            return found;
    }
    return NULL;
}

uint16_t central_find(struct central *c, const struct woad_uuid *characteristic, unsigned nth)
{
    const struct woad_gattc_attr *found = find(c, characteristic, nth);
    if (!found)
        stage_check("look for a characteristic", WOAD_ERR_NOT_FOUND);
    return found ? found->end : 1;
}

struct woad_gattc_op *central_op(struct central *c, woad_gattc_event_fn *event)
{
    struct woad_gattc_op *op = &c->ops[c->op_count++ % CENTRAL_OPS];
    *op = (struct woad_gattc_op){.event = event, .arg = c};
    return op;
}

void central_read(struct central *c, struct woad_host *h, const struct woad_uuid *characteristic,
                  woad_gattc_event_fn *event)
{
    stage_check("read", woad_gattc_read_long(h, c->conn, central_op(c, event),
                                             central_find(c, characteristic, 0), 0));
}

void central_subscribe(struct central *c, struct woad_host *h,
                       const struct woad_uuid *characteristic, woad_gattc_event_fn *event)
{
    static const struct woad_uuid cccd = WOAD_UUID16(0x2902);
    uint16_t value = central_find(c, characteristic, 0);
    const struct woad_gattc_attr *descriptor =
        woad_gattc_db_find(&c->db, WOAD_GATTC_ATTR_DESCRIPTOR, &cccd, value, 0xFFFF);
    struct woad_gattc_sub *sub = &c->subs[c->sub_count++ % CENTRAL_OPS];
    *sub = (struct woad_gattc_sub){.event = event,
                                   .arg = c,
                                   .value_handle = value,
                                   .ccc_handle = descriptor ? descriptor->handle : 0};
    stage_check("subscribe",
                woad_gattc_subscribe(h, c->conn, central_op(c, event), sub, WOAD_GATTC_NOTIFY));
}
