/* The lamp in all four roles: advertises and scans, is connected to and connects, serves and is a
 * client, pairs on either side. */
#include "lamp_app.h"
#include "woad/gattc.h"

static uint64_t mem[2048];
static struct woad_gattc_op op;
static struct woad_gattc_sub sub;
static struct woad_gattc_db db;
static uint16_t db_mem[256], chr_value;

static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    const struct woad_gattc_attr *chr;
    (void)arg;
    if (evt->type == WOAD_GATTC_VALUE && woad_gattc_write(h, evt->conn, &op, chr_value, colour, 3))
        ignore(woad_gattc_write_cmd(h, evt->conn, &op, chr_value, colour, 3));
    if (evt->type != WOAD_GATTC_DB_READY)
        return;
    chr = woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, &colour_uuid, 1, 0xFFFF);
    if (!chr)
        return;
    sub.value_handle = chr_value = chr->end;
    if (woad_gattc_subscribe(h, evt->conn, &op, &sub, WOAD_GATTC_NOTIFY))
        ignore(woad_gattc_read_long(h, evt->conn, &op, chr_value, 0));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static const struct woad_scan_params scan = {.active = true, .filter_duplicates = true};
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED) {
        lamp_advertise(h);
        ignore(woad_gap_scan_start(h, &scan));
    }
    if (evt->type == WOAD_EVT_ADV_REPORT &&
        (woad_gap_scan_stop(h) || woad_gap_connect(h, &evt->u.report.addr, NULL)))
        ignore(woad_gap_connect_cancel(h));
    if (evt->type == WOAD_EVT_SECURITY) {
        answer_pairing(h, evt->conn, evt->u.smp);
        if (evt->u.smp->type == WOAD_SMP_SECURED)
            ignore(woad_gattc_db_open(h, evt->conn, &db));
    }
    if (evt->type == WOAD_EVT_CONNECTED)
        lamp_connected(h, evt->conn);
}

int main(void)
{
    static const struct woad_gattc_cfg gattc = {.store = &board_store};
    static const struct woad_host_use parts[] = {{&woad_gatts_part, &lamp_gatts},
                                                 {&woad_gattc_part, &gattc},
                                                 {&woad_smp_part, &lamp_smp},
                                                 {NULL, NULL}};
    const struct woad_host_cfg cfg = {
        .event = on_event, .rand = board_random, .max_conns = 2, .no_chans = true, .parts = parts};
    struct woad_host *h;
    if (woad_host_init(mem, sizeof(mem), &cfg, &h) || woad_host_start(h))
        return 1;
    db = (struct woad_gattc_db){.event = on_value, .mem = db_mem, .size = sizeof(db_mem)};
    op.event = sub.event = on_value;
    lamp_serve(h);
    pump(h);
}
