/* The lamp in all four roles: advertises and scans, is connected to and connects, serves and is a
 * client, pairs on either side. */
#include "lamp.h"
#include "woad/gattc.h"

static uint64_t mem[2048];
static struct woad_gatt_service battery, info, lamp;
static struct woad_gattc_op op;
static struct woad_gattc_sub sub;
static struct woad_gattc_db db;
static uint16_t db_mem[256], chr_value;

static void on_lamp(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTS_READ)
        ignore(woad_gatts_answer(h, evt->u.read.req, 0, colour, 3));
    if (evt->type == WOAD_GATTS_WRITE && evt->u.write.req)
        ignore(woad_gatts_answer(h, evt->u.write.req, 0, NULL, 0));
    if (evt->type == WOAD_GATTS_WRITTEN)
        ignore(woad_gatts_notify_all(h, (uint16_t)(lamp.start + 4), colour, 3));
    if (evt->type == WOAD_GATTS_SUBSCRIBED && evt->u.subscribed.indicate)
        ignore(woad_gatts_indicate(h, evt->conn, evt->handle, &percent, 1));
}

static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    const struct woad_gattc_attr *chr;
    (void)arg;
    if (evt->type == WOAD_GATTC_VALUE)
        ignore(woad_gattc_write(h, evt->conn, &op, chr_value, colour, 3));
    if (evt->type != WOAD_GATTC_DB_READY)
        return;
    chr = woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, &colour_uuid, 1, 0xFFFF);
    if (!chr)
        return;
    sub.value_handle = chr_value = chr->end;
    if (woad_gattc_subscribe(h, evt->conn, &op, &sub, WOAD_GATTC_NOTIFY))
        ignore(woad_gattc_read(h, evt->conn, &op, chr_value));
}

static void on_security(struct woad_host *h, uint16_t conn, const struct woad_smp_evt *evt)
{
    if (evt->type == WOAD_SMP_COMPARE)
        ignore(woad_smp_confirm(h, conn, true));
    if (evt->type == WOAD_SMP_ASK)
        ignore(woad_smp_accept(h, conn, false));
    if (evt->type == WOAD_SMP_BOND_FULL)
        ignore(woad_smp_bond_remove(h, NULL));
    if (evt->type == WOAD_SMP_SECURED)
        ignore(woad_gattc_db_open(h, conn, &db));
}

static void be_heard_and_listen(struct woad_host *h)
{
    static const uint8_t flags[] = {2, 1, 6};
    const struct woad_adv_params adv = {.data = flags, .data_len = sizeof(flags)};
    const struct woad_scan_params scan = {.active = true, .filter_duplicates = true};
    ignore(woad_gap_advertise_start(h, &adv));
    ignore(woad_gap_scan_start(h, &scan));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static const struct woad_conn_params slow = {.interval_min_1250us = 80, .latency = 4};
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        be_heard_and_listen(h);
    if (evt->type == WOAD_EVT_ADV_REPORT &&
        (woad_gap_scan_stop(h) || woad_gap_connect(h, &evt->u.report.addr, NULL)))
        ignore(woad_gap_connect_cancel(h));
    if (evt->type == WOAD_EVT_SECURITY)
        on_security(h, evt->conn, evt->u.smp);
    if (evt->type == WOAD_EVT_CONNECTED &&
        (woad_smp_secure(h, evt->conn, 2) || woad_gap_update(h, evt->conn, &slow)))
        ignore(woad_gap_disconnect(h, evt->conn, 0));
}

static void add(struct woad_host *h, struct woad_gatt_service *service,
                const struct woad_gatt_attr *attrs, size_t count)
{
    *service =
        (struct woad_gatt_service){.attrs = attrs, .count = (uint16_t)count, .event = on_lamp};
    ignore(woad_gatts_add(h, service));
}

int main(void)
{
    static const struct woad_gattc_cfg gattc = {.store = &board_store};
    static const struct woad_host_use parts[] = {{&woad_gatts_basic_part, &lamp_gatts},
                                                 {&woad_gattc_part, &gattc},
                                                 {&woad_smp_part, &lamp_smp},
                                                 {NULL, NULL}};
    const struct woad_host_cfg cfg = {
        .event = on_event, .rand = board_random, .max_conns = 2, .no_chans = true, .parts = parts};
    struct woad_host *h;
    if (woad_host_init_basic(mem, sizeof(mem), &cfg, &h) || woad_host_start(h))
        return 1;
    db = (struct woad_gattc_db){.event = on_value, .mem = db_mem, .size = sizeof(db_mem)};
    op.event = sub.event = on_value;
    add(h, &battery, battery_attrs, COUNT(battery_attrs));
    add(h, &info, info_attrs, COUNT(info_attrs));
    add(h, &lamp, lamp_attrs, COUNT(lamp_attrs));
    pump(h);
}
