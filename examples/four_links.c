/* examples/four_links.c: a central with four links at once. It looks for four devices with a
 * battery, lets the host connect to all of them as each can be had, and is told their levels. */
#include <stdio.h>
#include <string.h>

#include "stage.h"
#include "woad/ad.h"
#include "woad/gap.h"
#include "woad/gap_many.h"
#include "woad/gattc.h"
#include "woad/service_battery.h"

#define LINKS  4u
#define LEVELS 3u /* of each device, then the example ends */

/* ---- the devices: each drains in its own time -------------------------------------------------
 */

static struct device {
    struct woad_host *h;
    struct woad_battery battery;
    struct woad_delayed drain;
    uint8_t percent;
} devices[STAGE_DEVICES];

static void on_drain(struct woad_work *work)
{
    struct device *d = (void *)((char *)work - offsetof(struct device, drain));
    unsigned number = stage_index(d->h);
    d->percent = d->percent > 0 ? (uint8_t)(d->percent - 1) : 100;
    stage_check("set the level", woad_battery_set(d->h, &d->battery, d->percent));
    woad_delayed_schedule(stage_work(d->h), &d->drain, WOAD_MS(400) + WOAD_MS(150) * number);
}

static void start_device(struct woad_host *h)
{
    struct device *d = &devices[stage_index(h)];
    d->h = h;
    d->percent = (uint8_t)(100 - 10 * stage_index(h));
    stage_check("add the service", woad_battery_add(h, &d->battery, d->percent));
    woad_delayed_init(&d->drain, on_drain);
    woad_delayed_schedule(stage_work(h), &d->drain, WOAD_S(1));
}

static void on_device(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "sensor", &woad_battery_uuid);
}

/* ---- the central ----------------------------------------------------------------------------- */

static struct link {
    struct woad_addr addr;
    uint16_t conn;
    bool up;
    unsigned told;
    struct woad_gattc_db db;
    uint16_t db_mem[256];
    struct woad_gattc_op op;
    struct woad_gattc_sub sub;
} links[LINKS];
static unsigned found, up_count;

static void on_level(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct link *l = arg;
    char text[WOAD_ADDR_STR_SIZE];
    (void)h;
    if (evt->type == WOAD_GATTC_DONE)
        stage_check("subscribe", evt->u.done.err);
    if (evt->type != WOAD_GATTC_VALUE || evt->u.value.len != 1)
        return;
    printf("%s %u %%, %u links\n", woad_addr_format(&l->addr, text), evt->u.value.data[0],
           up_count);
    l->told++;
    for (unsigned i = 0; i < LINKS; i++)
        if (links[i].told < LEVELS)
            return;
    stage_end(0);
}

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static const struct woad_uuid cccd = WOAD_UUID16(0x2902);
    struct link *l = arg;
    if (evt->type != WOAD_GATTC_DB_READY || evt->u.done.err == WOAD_ERR_NOT_CONNECTED)
        return;
    stage_check("discover", evt->u.done.err);
    const struct woad_gattc_attr *level = woad_gattc_db_find(&l->db, WOAD_GATTC_ATTR_CHARACTERISTIC,
                                                             &woad_battery_level_uuid, 0, 0xFFFF);
    const struct woad_gattc_attr *ccc =
        level ? woad_gattc_db_find(&l->db, WOAD_GATTC_ATTR_DESCRIPTOR, &cccd, level->end, 0xFFFF)
              : NULL;
    if (!ccc) {
        stage_check("look for the level", WOAD_ERR_NOT_FOUND);
        return;
    }
    l->op = (struct woad_gattc_op){.event = on_level, .arg = l};
    l->sub = (struct woad_gattc_sub){
        .event = on_level, .arg = l, .value_handle = level->end, .ccc_handle = ccc->handle};
    stage_check("subscribe", woad_gattc_subscribe(h, l->conn, &l->op, &l->sub, WOAD_GATTC_NOTIFY));
}

static struct link *link_of(const struct woad_addr *addr)
{
    for (unsigned i = 0; i < found; i++)
        if (memcmp(&links[i].addr, addr, sizeof(*addr)) == 0)
            return &links[i];
    return NULL;
}

static void on_report(struct woad_host *h, const struct woad_host_evt *evt)
{
    if (found == LINKS || link_of(&evt->u.report.addr) ||
        !woad_ad_has_uuid(evt->u.report.data, evt->u.report.data_len, &woad_battery_uuid))
        return;
    links[found++].addr = evt->u.report.addr;
    if (found == LINKS)
        stage_check("stop scanning", woad_gap_scan_stop(h));
}

/* Without a duration: the host waits for each of them until it comes. */
static void connect_to(struct woad_host *h, const struct link *l)
{
    stage_check("connect", woad_gap_connect(h, &l->addr, &(struct woad_conn_params){0}));
}

static void on_connected(struct woad_host *h, const struct woad_host_evt *evt)
{
    struct link *l = link_of(&evt->u.connected.peer);
    if (!l)
        return;
    l->up = true;
    l->conn = evt->conn;
    up_count++;
    l->db = (struct woad_gattc_db){
        .event = on_db, .arg = l, .mem = l->db_mem, .size = sizeof(l->db_mem)};
    stage_check("discover", woad_gattc_db_open(h, l->conn, &l->db));
}

static void on_central(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    switch (evt->type) {
    case WOAD_EVT_READY:
        stage_check("scan", woad_gap_scan_start(h, &(struct woad_scan_params){0}));
        break;
    case WOAD_EVT_ADV_REPORT: on_report(h, evt); break;
    case WOAD_EVT_SCAN_STOPPED:
        for (unsigned i = 0; i < found; i++)
            connect_to(h, &links[i]);
        break;
    case WOAD_EVT_CONNECTED: on_connected(h, evt); break;
    case WOAD_EVT_CONNECT_FAILED: stage_check("connect", evt->u.connected.result.err); break;
    case WOAD_EVT_DISCONNECTED: /* and back again when it is near */
        for (unsigned i = 0; i < found; i++)
            if (links[i].up && links[i].conn == evt->conn) {
                links[i].up = false;
                up_count--;
                connect_to(h, &links[i]);
            }
        break;
    default: break;
    }
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {
        {&woad_gattc_part, NULL}, {&woad_gap_many_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "central", .host = {.event = on_central, .parts = client, .max_conns = LINKS}},
        {.name = "device",
         .count = LINKS,
         .start = start_device,
         .host = {.event = on_device, .parts = server}},
    };
    return stage_main(argc, argv, roles, 2);
}
