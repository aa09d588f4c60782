/* Every function of the host that an application may call, called once, with every part. */
#include "app.h"
#include "woad/gap.h"
#include "woad/gap_ext.h"
#include "woad/gap_many.h"
#include "woad/gap_periodic.h"
#include "woad/gap_power.h"
#include "woad/gap_privacy.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/l2cap.h"
#include "woad/smp.h"

static uint64_t mem[8192];
static uint8_t data[512];
static uint16_t handles[2];

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    bool more;
    struct woad_chan_info info;
    (void)arg;
    ignore(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, on_channel, NULL));
    ignore(woad_l2cap_recv(h, evt->chan, data, sizeof(data), &more));
    ignore(woad_l2cap_read(h, evt->chan, data, sizeof(data)));
    ignore((long)woad_l2cap_available(h, evt->chan));
    ignore(woad_l2cap_write(h, evt->chan, data, sizeof(data), NULL));
    ignore(woad_l2cap_send(h, evt->chan, data, sizeof(data), NULL));
    ignore(woad_l2cap_info(h, evt->chan, &info));
    ignore(woad_l2cap_close(h, evt->chan, true));
    ignore(woad_l2cap_reconfigure(h, &evt->chan, 1, 512, 512));
    ignore(woad_l2cap_release(h, evt->chan));
    ignore(woad_l2cap_unlisten(h, 0x80));
}

static void on_server(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_gatts_item items[2] = {{1, 1, data}, {2, 1, data}};
    (void)arg;
    ignore(woad_gatts_answer(h, evt->u.read.req, 0, data, 20));
    ignore(woad_gatts_notify(h, evt->conn, evt->handle, data, 20));
    ignore(woad_gatts_notify_all(h, evt->handle, data, 20));
    ignore(woad_gatts_notify_multiple(h, evt->conn, items, 2));
    ignore(woad_gatts_indicate(h, evt->conn, evt->handle, data, 20));
    ignore(woad_gatts_notify_send(h, evt->conn, woad_gatts_notify_alloc(h, evt->handle)));
    ignore(woad_gatts_subscription(h, evt->conn, woad_gatts_mtu(h, evt->conn)));
}

static void serve(struct woad_host *h)
{
    static const struct woad_uuid uuid = WOAD_UUID16(0x180F);
    static const struct woad_gatt_attr attrs[] = {WOAD_GATT_SERVICE(&uuid)};
    static struct woad_gatt_service service = {.attrs = attrs, .count = 1, .event = on_server};
    woad_gatts_begin(h);
    ignore(woad_gatts_add(h, &service));
    ignore(woad_gatts_replace(h, &service, attrs, 1));
    woad_gatts_commit(h);
    ignore(woad_gatts_remove(h, woad_gatts_service(h, 20)));
}

static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    ignore(woad_gattc_cancel(h, evt->op));
    ignore(woad_gattc_forget(h, evt->sub));
    ignore(woad_gattc_unsubscribe(h, evt->op, evt->sub));
    ignore(woad_gattc_db_close(h, evt->db));
}

static void ask(struct woad_host *h, uint16_t conn)
{
    static struct woad_gattc_op op = {.event = on_value};
    static struct woad_gattc_sub sub = {.event = on_value};
    static struct woad_gattc_db db;
    static const struct woad_gattc_write writes[1] = {{1, 0, 1, data}};
    ignore(woad_gattc_discover_services(h, conn, &op, NULL));
    ignore(woad_gattc_discover_includes(h, conn, &op, 1, 9));
    ignore(woad_gattc_discover_characteristics(h, conn, &op, 1, 9, NULL));
    ignore(woad_gattc_discover_descriptors(h, conn, &op, 1, 9));
    ignore(woad_gattc_read(h, conn, &op, 1));
    ignore(woad_gattc_read_long(h, conn, &op, 1, 0));
    ignore(woad_gattc_read_by_uuid(h, conn, &op, 1, 9, &op.uuid));
    ignore(woad_gattc_read_multiple(h, conn, &op, handles, 2, true));
    ignore(woad_gattc_write(h, conn, &op, 1, data, 1));
    ignore(woad_gattc_write_cmd(h, conn, &op, 1, data, 1));
    ignore(woad_gattc_write_signed(h, conn, &op, 1, data, 1));
    ignore(woad_gattc_write_long(h, conn, &op, 1, 0, data, 512));
    ignore(woad_gattc_write_reliable(h, conn, &op, writes, 1));
    ignore(woad_gattc_exchange_mtu(h, conn, &op));
    ignore(woad_gattc_subscribe(h, conn, &op, &sub, WOAD_GATTC_NOTIFY));
    ignore(woad_gattc_listen(h, conn, &sub));
    ignore(woad_gattc_db_open(h, conn, &db));
    ignore((long)woad_gattc_db_find(&db, WOAD_GATTC_ATTR_SERVICE, NULL, 0, 9));
}

static void secure(struct woad_host *h, uint16_t conn)
{
    struct woad_smp_bond bond;
    struct woad_smp_info info;
    struct woad_smp_oob oob = {.sc = true};
    ignore(woad_smp_secure(h, conn, 4));
    ignore(woad_smp_pair(h, conn, 4));
    ignore(woad_smp_cancel(h, conn));
    ignore(woad_smp_accept(h, conn, true));
    ignore(woad_smp_passkey(h, conn, 123456));
    ignore(woad_smp_confirm(h, conn, true));
    ignore(woad_smp_keypress(h, conn, WOAD_SMP_CLEARED));
    ignore(woad_smp_oob_generate(h, true));
    ignore(woad_smp_oob_set(h, conn, &oob));
    ignore(woad_smp_set_pairable(h, true));
    ignore(woad_smp_info(h, conn, &info));
    ignore(woad_smp_bond_get(h, woad_smp_bond_next(h, -1), &bond));
    ignore(woad_smp_bond_remove(h, &bond.peer));
    ignore(woad_smp_bond_add(h, &bond));
}

static void on_link(struct woad_host *h, uint16_t conn)
{
    static const struct woad_chan_cfg channel = {.psm = 0x80, .event = on_channel};
    static const struct woad_conn_params params = {.interval_min_1250us = 24};
    struct woad_conn_info info;
    woad_chan chan;
    ignore(woad_l2cap_connect(h, conn, &channel, &chan));
    ignore(woad_l2cap_connect_enhanced(h, conn, &channel, &chan, 1));
    ignore(woad_gap_update(h, conn, &params));
    ignore(woad_gap_set_phy(h, conn, 2, 2));
    ignore(woad_gap_set_data_len(h, conn, 251, 2120));
    ignore(woad_gap_read_rssi(h, conn));
    ignore(woad_gap_read_version(h, conn));
    ignore(woad_gap_read_features(h, conn));
    ignore(woad_gap_encrypt(h, conn, data, data, 0));
    ignore(woad_gap_ltk_reply(h, conn, data));
    ignore(woad_gap_conn_info(h, conn, &info));
    ignore(woad_gap_disconnect(h, conn, 0));
}

static void on_power(struct woad_host *h, uint16_t conn)
{
    static const struct woad_subrate_params subrate = {.min = 1, .max = 2};
    static const struct woad_path_loss_params loss = {.high_db = 90};
    ignore(woad_gap_set_phy_coding(h, conn, 4, 4, 1));
    ignore(woad_gap_subrate(h, conn, &subrate));
    ignore(woad_gap_subrate_default(h, &subrate));
    ignore(woad_gap_read_power(h, conn, 1));
    ignore(woad_gap_read_remote_power(h, conn, 1));
    ignore(woad_gap_report_power(h, conn, true, true));
    ignore(woad_gap_read_power_range(h));
    ignore(woad_gap_report_path_loss(h, conn, &loss));
    ignore(woad_gap_read_channels(h, conn));
    ignore(woad_gap_classify_channels(h, data));
}

static void extended(struct woad_host *h)
{
    static const struct woad_adv_set_params set = {.sid = 1};
    static const struct woad_ext_scan_params scan = {.filter = 0};
    static const struct woad_conn_params params = {.interval_min_1250us = 24};
    static const struct woad_ext_conn_params conn = {.phy_coded = &params};
    static const struct woad_addr peer;
    ignore(woad_adv_set_start(h, 0, &set));
    ignore(woad_adv_set_data(h, 0, data, 20, NULL, 0));
    ignore(woad_adv_set_stop(h, 0));
    ignore(woad_gap_ext_scan_start(h, &scan));
    ignore(woad_gap_ext_connect(h, &peer, &conn));
    ignore(woad_gap_connect_cancel_peer(h, &peer));
    ignore(woad_gap_connect_pending(h));
    ignore(woad_gap_privacy_refresh(h));
    ignore(woad_gap_privacy_renew(h));
}

static void periodic(struct woad_host *h, uint16_t conn)
{
    static const struct woad_pa_params train = {.data = data, .data_len = 20};
    static const struct woad_pa_sync_params sync = {.sid = 1};
    static const struct woad_addr peer;
    ignore(woad_pa_start(h, 0, &train));
    ignore(woad_pa_data(h, 0, data, 30));
    ignore(woad_pa_stop(h, 0));
    ignore(woad_pa_sync(h, &peer, &sync));
    ignore(woad_pa_sync_cancel(h));
    ignore(woad_pa_sync_end(h, 1));
    ignore(woad_pa_report(h, 1, true, true));
    ignore(woad_pa_list_add(h, &peer, 1));
    ignore(woad_pa_list_remove(h, &peer, 1));
    ignore(woad_pa_list_clear(h));
    ignore(woad_pa_transfer(h, conn, 1, 0));
    ignore(woad_pa_transfer_set(h, conn, 0, 0));
    ignore(woad_pa_receive(h, conn, 2, 0, 100));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static const struct woad_adv_params adv = {.data_len = 0};
    static const struct woad_scan_params scan = {.active = true};
    (void)arg;
    ignore(woad_gap_advertise_start(h, &adv));
    ignore(woad_gap_advertise_stop(h));
    ignore(woad_gap_scan_start(h, &scan));
    ignore(woad_gap_scan_stop(h));
    ignore(woad_gap_connect(h, &evt->u.report.addr, NULL));
    ignore(woad_gap_connect_cancel(h));
    ignore(woad_gap_accept_list_add(h, &evt->u.report.addr));
    ignore(woad_gap_accept_list_remove(h, &evt->u.report.addr));
    ignore(woad_gap_accept_list_clear(h));
    ignore(woad_host_hci_command(h, 0x1001, NULL, 0));
    ignore(woad_host_stop(h));
    on_link(h, evt->conn);
    on_power(h, evt->conn);
    secure(h, evt->conn);
    ask(h, evt->conn);
    serve(h);
    extended(h);
    periodic(h, evt->conn);
}

int main(void)
{
    static const struct woad_smp_cfg smp = {
        .store = &board_store, .legacy = &woad_smp_legacy, .signing = &woad_smp_signing};
    static const struct woad_gatts_cfg gatts = {.prepare_size = 512, .store = &board_store};
    static const struct woad_gattc_cfg gattc = {.store = &board_store};
    static const struct woad_host_use parts[] = {
        {&woad_gatts_part, &gatts},      {&woad_gattc_part, &gattc},
        {&woad_smp_part, &smp},          {&woad_gap_ext_adv_part, NULL},
        {&woad_gap_ext_scan_part, NULL}, {&woad_gap_periodic_part, NULL},
        {&woad_gap_privacy_part, NULL},  {&woad_gap_power_part, NULL},
        {&woad_gap_many_part, NULL},     {NULL, NULL}};
    static const struct woad_chan_cfg channel = {.psm = 0x80, .event = on_channel};
    const struct woad_host_cfg cfg = {
        .event = on_event, .rand = board_random, .max_conns = 4, .parts = parts};
    struct woad_host *h;
    if (woad_host_init(mem, sizeof(mem), &cfg, &h) || woad_host_start(h) ||
        woad_l2cap_listen(h, &channel))
        return 1;
    pump(h);
}
