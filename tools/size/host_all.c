/* Every function of the host that an application may call, called once. */
#include "app.h"
#include "woad/gap.h"
#include "woad/l2cap.h"

static uint64_t mem[4096];
static uint8_t data[512];

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    bool more;
    (void)arg;
    ignore(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, on_channel, NULL));
    ignore(woad_l2cap_recv(h, evt->chan, data, sizeof(data), &more));
    ignore(woad_l2cap_read(h, evt->chan, data, sizeof(data)));
    ignore(woad_l2cap_write(h, evt->chan, data, sizeof(data), NULL));
    ignore(woad_l2cap_send(h, evt->chan, data, sizeof(data), NULL));
    ignore(woad_l2cap_close(h, evt->chan, true));
    ignore(woad_l2cap_reconfigure(h, &evt->chan, 1, 512, 512));
    ignore(woad_l2cap_release(h, evt->chan));
}

static void on_link(struct woad_host *h, uint16_t conn)
{
    static const struct woad_chan_cfg channel = {.psm = 0x80, .event = on_channel};
    static const struct woad_conn_params params = {.interval_min_1250us = 24};
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
    ignore(woad_gap_disconnect(h, conn, 0));
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
    on_link(h, evt->conn);
}

int main(void)
{
    const struct woad_host_cfg cfg = {.event = on_event, .rand = board_random, .max_conns = 4};
    const struct woad_chan_cfg channel = {.psm = 0x80, .event = on_channel};
    struct woad_host *h;
    if (woad_host_init(mem, sizeof(mem), &cfg, &h) || woad_host_start(h) ||
        woad_l2cap_listen(h, &channel))
        return 1;
    for (;;) {
        struct woad_buf *pkt = board_receive();
        if (pkt && woad_host_rx(h, pkt))
            woad_buf_unref(pkt);
        woad_time deadline = woad_host_run(h, board_time());
        while ((pkt = woad_host_tx(h)))
            board_send(pkt);
        board_wait(deadline);
    }
}
