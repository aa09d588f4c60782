/* examples/throughput.c: how many octets a second each way of sending moves over one link, in both
 * directions: notifications, write commands, and an L2CAP channel. Four measurements of five
 * seconds, one after the other, of what has arrived or was taken by the other side's answer. */
#include <stdio.h>
#include <string.h>

#include "central.h"
#include "stage.h"
#include "woad/gap.h"
#include "woad/l2cap.h"
#include "woad/service_nus.h"

#define MEASURE_US WOAD_S(5)
#define PSM_SINK   0x80 /* the server takes what comes */
#define PSM_SOURCE 0x81 /* it sends as much as it can */

static const uint8_t octets[4096]; /* what is sent: lent to channels, copied into notifications */

/* ---- the server ------------------------------------------------------------------------------ */

static struct woad_nus nus;

/* Sends until there is no buffer; WRITABLE goes on. */
static void stream(struct woad_host *h, uint16_t conn)
{
    while (woad_nus_write(h, &nus, conn, octets, sizeof(octets)) > 0)
        ;
}

static void on_nus(void *arg, struct woad_host *h, const struct woad_nus_evt *evt)
{
    static uint16_t listener = WOAD_CONN_NONE;
    (void)arg;
    if (evt->type == WOAD_NUS_LISTENING)
        listener = evt->u.listening ? evt->conn : WOAD_CONN_NONE;
    if (evt->type == WOAD_NUS_ENDED && evt->conn == listener)
        listener = WOAD_CONN_NONE;
    if (evt->type != WOAD_NUS_RECEIVED && listener != WOAD_CONN_NONE)
        stream(h, listener);
}

static void on_sink(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    uint8_t to[4096];
    (void)arg;
    if (evt->type == WOAD_CHAN_ACCEPT)
        stage_check("accept", woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL));
    while (evt->type == WOAD_CHAN_RECEIVED && woad_l2cap_read(h, evt->chan, to, sizeof(to)) > 0)
        ;
    if (evt->type == WOAD_CHAN_CLOSED)
        (void)!woad_l2cap_release(h, evt->chan);
}

static void on_source(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_CHAN_ACCEPT)
        stage_check("accept", woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL));
    if (evt->type == WOAD_CHAN_OPENED || (evt->type == WOAD_CHAN_SENT && !evt->u.sent.err) ||
        evt->type == WOAD_CHAN_WRITABLE)
        while (woad_l2cap_write(h, evt->chan, octets, sizeof(octets), NULL) == 0)
            ;
    if (evt->type == WOAD_CHAN_CLOSED)
        (void)!woad_l2cap_release(h, evt->chan);
}

static void start_server(struct woad_host *h)
{
    nus.event = on_nus;
    stage_check("add the service", woad_nus_add(h, &nus));
    stage_check("listen",
                woad_l2cap_listen(h, &(struct woad_chan_cfg){.psm = PSM_SINK, .event = on_sink}));
    stage_check("listen", woad_l2cap_listen(
                              h, &(struct woad_chan_cfg){.psm = PSM_SOURCE, .event = on_source}));
}

static void on_server(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "server", &woad_nus_uuid);
}

/* ---- the meter ------------------------------------------------------------------------------- */

static struct {
    struct central *central;
    woad_time begun;
    uint64_t moved;
    uint16_t mtu;
    struct woad_gattc_sub sub;
    woad_chan chan;
} meter;

static void measure_commands(struct woad_host *h);
static void measure_channel(struct woad_host *h, uint16_t psm);

static void begin(struct woad_host *h)
{
    meter.begun = stage_now(h);
    meter.moved = 0;
}

static bool over(struct woad_host *h)
{
    return stage_now(h) - meter.begun >= MEASURE_US;
}

static void report(struct woad_host *h, const char *what)
{
    double seconds = (double)(stage_now(h) - meter.begun) / 1e6;
    printf("%-28s %6.1f kB/s\n", what, (double)meter.moved / seconds / 1000);
}

/* Notifications: what has arrived. */
static void on_unsubscribed(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    if (evt->type != WOAD_GATTC_DONE)
        return;
    stage_check("unsubscribe", evt->u.done.err);
    measure_commands(h);
}

static void on_notified(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static bool done;
    (void)arg;
    if (evt->type == WOAD_GATTC_DONE) {
        stage_check("subscribe", evt->u.done.err);
        meter.mtu = evt->u.done.mtu;
        begin(h);
    } else if (evt->type == WOAD_GATTC_VALUE) {
        meter.moved += evt->u.value.len;
        if (done || !over(h))
            return;
        done = true;
        report(h, "notifications, to the meter");
        stage_check("unsubscribe", woad_gattc_unsubscribe(
                                       h, central_op(meter.central, on_unsubscribed), &meter.sub));
    }
}

static void measure_notifications(struct woad_host *h)
{
    static const struct woad_uuid cccd = WOAD_UUID16(0x2902);
    struct central *c = meter.central;
    uint16_t tx = central_find(c, &woad_nus_tx_uuid, 0);
    const struct woad_gattc_attr *descriptor =
        woad_gattc_db_find(&c->db, WOAD_GATTC_ATTR_DESCRIPTOR, &cccd, tx, 0xFFFF);
    meter.sub = (struct woad_gattc_sub){.event = on_notified,
                                        .value_handle = tx,
                                        .ccc_handle = descriptor ? descriptor->handle : 0};
    stage_check("subscribe", woad_gattc_subscribe(h, c->conn, central_op(c, on_notified),
                                                  &meter.sub, WOAD_GATTC_NOTIFY));
}

/* Write commands: four under way; at the end a request, whose answer comes after they arrived. */
static void on_flushed(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    stage_check("write", evt->u.done.err);
    report(h, "write commands, to the server");
    measure_channel(h, PSM_SOURCE);
}

static void on_commanded(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);

static void command(struct woad_host *h)
{
    struct central *c = meter.central;
    stage_check("write", woad_gattc_write_cmd(h, c->conn, central_op(c, on_commanded),
                                              central_find(c, &woad_nus_rx_uuid, 0), octets,
                                              (uint16_t)(meter.mtu - 3)));
}

static void on_commanded(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static bool done;
    struct central *c = arg;
    stage_check("write", evt->u.done.err);
    meter.moved += (uint64_t)meter.mtu - 3;
    if (!over(h)) {
        command(h);
    } else if (!done) {
        done = true;
        stage_check("write", woad_gattc_write(h, c->conn, central_op(c, on_flushed),
                                              central_find(c, &woad_nus_rx_uuid, 0), octets, 1));
    }
}

static void measure_commands(struct woad_host *h)
{
    begin(h);
    for (int i = 0; i < 4; i++)
        command(h);
}

/* Channels: from the server what has arrived; to it what its credits took. */
static void on_from_server(struct woad_host *h, const struct woad_chan_evt *evt)
{
    uint8_t to[4096];
    long n = 0;
    while (evt->type == WOAD_CHAN_RECEIVED &&
           (n = woad_l2cap_read(h, evt->chan, to, sizeof(to))) > 0)
        meter.moved += (uint64_t)n;
}

static void on_to_server(struct woad_host *h, const struct woad_chan_evt *evt)
{
    if (evt->type == WOAD_CHAN_SENT)
        meter.moved += evt->u.sent.len;
    while (evt->type != WOAD_CHAN_CLOSED && !over(h) &&
           woad_l2cap_write(h, evt->chan, octets, sizeof(octets), NULL) == 0)
        ;
}

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    bool to_server = arg != NULL;
    if (evt->type == WOAD_CHAN_CLOSED) {
        if (evt->u.closed.err)
            stage_check("the channel", evt->u.closed.err);
        else if (to_server)
            stage_end(0);
        else
            measure_channel(h, PSM_SINK);
        return;
    }
    if (evt->type == WOAD_CHAN_OPENED)
        begin(h);
    (to_server ? on_to_server : on_from_server)(h, evt);
    if (!over(h) || !meter.chan)
        return;
    report(h, to_server ? "L2CAP channel, to the server" : "L2CAP channel, to the meter");
    stage_check("close", woad_l2cap_close(h, meter.chan, false));
    meter.chan = 0;
}

static void measure_channel(struct woad_host *h, uint16_t psm)
{
    static char to_server; /* its address says so */
    const struct woad_chan_cfg cfg = {
        .psm = psm, .event = on_channel, .arg = psm == PSM_SINK ? &to_server : NULL};
    stage_check("open a channel", woad_l2cap_connect(h, meter.central->conn, &cfg, &meter.chan));
}

static void on_found(struct central *c, struct woad_host *h)
{
    meter.central = c;
    measure_notifications(h);
}

static struct central central = {.service = &woad_nus_uuid, .found = on_found};

static void on_meter(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "server",
         .start = start_server,
         .host = {.event = on_server, .parts = server, .att_tx_count = 24, .max_sends = 64}},
        {.name = "meter",
         .host = {.event = on_meter, .parts = client, .att_tx_count = 24, .max_sends = 64}},
    };
    return stage_main(argc, argv, roles, 2);
}
