#include "company.h"

#include "woad/gap.h"

#include <stdlib.h>
#include <string.h>

#define GENERATED_LEN 65536u

/* ---- three advertisers ----------------------------------------------------------------------- */

static void beacon_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt,
                         uint8_t kind)
{
    const struct node *n = arg;
    uint8_t data[31];
    struct woad_adv_params params = {
        .kind = kind, .data = data, .data_len = station_adv_data(n->name, data)};
    if (evt->type == WOAD_EVT_READY && woad_gap_advertise_start(h, &params) < 0)
        tool_error("the simulated %s cannot advertise", n->name);
}

static void thermometer_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    beacon_event(arg, h, evt, WOAD_ADV_NONCONNECTABLE);
}

static void watch_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    beacon_event(arg, h, evt, WOAD_ADV_CONNECTABLE);
}

/* ---- a scanner that tells what it hears ------------------------------------------------------ */

static void scanner_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    char addr[WOAD_ADDR_STR_SIZE], name[32];
    if (evt->type == WOAD_EVT_READY &&
        woad_gap_scan_start(h, &(struct woad_scan_params){.filter_duplicates = true}) < 0)
        tool_error("the simulated scanner cannot scan");
    if (evt->type != WOAD_EVT_ADV_REPORT)
        return;
    station_adv_name(evt->u.report.data, evt->u.report.data_len, name, sizeof(name));
    printf("a simulated scanner hears %s '%s' at %d dBm\n",
           woad_addr_format(&evt->u.report.addr, addr), name, evt->u.report.rssi_dbm);
    fflush(stdout);
}

/* ---- a receiver ------------------------------------------------------------------------------ */

static void receiver_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct company *c = arg;
    struct woad_chan_cfg listen = {.psm = XFER_PSM, .event = xfer_receiver_event, .arg = &c->rx};
    uint8_t data[31];
    struct woad_adv_params params = {.data = data, .data_len = station_adv_data("woad-recv", data)};
    if (evt->type == WOAD_EVT_READY &&
        (woad_l2cap_listen(h, &listen) < 0 || woad_gap_advertise_start(h, &params) < 0))
        tool_error("the simulated receiver cannot listen");
}

/* ---- a sender -------------------------------------------------------------------------------- */

static void sender_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct company *c = arg;
    xfer_sender_event(&c->tx, h, evt);
    if (c->tx.state != XFER_RUNNING && c->conn != WOAD_CONN_NONE &&
        woad_gap_disconnect(h, c->conn, 0) == 0)
        c->conn = WOAD_CONN_NONE;
}

static void sender_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct company *c = arg;
    struct woad_chan_cfg channel = {.psm = XFER_PSM, .event = sender_channel, .arg = c};
    woad_chan chan;
    int err = 0;
    switch (evt->type) {
    case WOAD_EVT_READY: err = woad_gap_scan_start(h, &(struct woad_scan_params){0}); break;
    case WOAD_EVT_ADV_REPORT:
        if (c->busy || evt->u.report.adv_type != 0)
            break;
        c->busy = true;
        err = woad_gap_scan_stop(h);
        if (err == 0)
            err = woad_gap_connect(h, &evt->u.report.addr, &(struct woad_conn_params){0});
        break;
    case WOAD_EVT_CONNECTED:
        c->conn = evt->conn;
        err = woad_l2cap_connect(h, evt->conn, &channel, &chan);
        break;
    case WOAD_EVT_DISCONNECTED: c->conn = WOAD_CONN_NONE; break;
    default: break;
    }
    if (err < 0)
        tool_error("the simulated sender: %s", woad_err_text(err));
}

static int prepare_sender(struct company *c)
{
    c->data = malloc(GENERATED_LEN);
    if (!c->data)
        return WOAD_ERR_NO_MEM;
    for (unsigned i = 0; i < GENERATED_LEN; i++)
        c->data[i] = (uint8_t)(i * 2654435761u >> 24);
    return xfer_sender_init(&c->tx, "simulated.bin", c->data, GENERATED_LEN) < 0 ? WOAD_ERR_FAULT
                                                                                 : 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int add_host(struct company *c, struct woad_sim *sim, const char *name, double x_m,
                    const struct woad_host_cfg *host)
{
    struct node *n = &c->nodes[c->count++];
    struct node_cfg cfg = {
        .name = name,
        .dev = {.x_m = x_m, .y_m = 1, .sleep_ppm = 10.0 * c->count},
        .host = *host,
    };
    int err = node_init(n, sim, &cfg);
    if (err == 0 && c->partner.name)
        err = partner_start(&c->partner, n->host);
    if (err == 0)
        err = woad_host_start(n->host);
    if (err == 0)
        node_wake(n);
    return err;
}

static int add(struct company *c, struct woad_sim *sim, const char *name, double x_m,
               woad_host_event_fn *event, bool arg_is_node)
{
    struct node *n = &c->nodes[c->count];
    return add_host(
        c, sim, name, x_m,
        &(struct woad_host_cfg){.event = event, .event_arg = arg_is_node ? (void *)n : (void *)c});
}

static int add_partner(struct company *c, struct woad_sim *sim, enum station_company kind,
                       const char *peer_store)
{
    struct woad_host_cfg host = {0};
    int err = partner_init(&c->partner, kind, peer_store, &host);
    return err ? err : add_host(c, sim, c->partner.name, 2, &host);
}

int company_init(struct company *c, struct woad_sim *sim, enum station_company kind,
                 const char *peer_store)
{
    *c = (struct company){.conn = WOAD_CONN_NONE};
    int err = 0;
    switch (kind) {
    case STATION_ADVERTISERS:
        err = add(c, sim, "thermometer", 1, thermometer_event, true);
        if (err == 0)
            err = add(c, sim, "watch", 3, watch_event, true);
        return err ? err : add(c, sim, "woad-recv", 8, receiver_event, false);
    case STATION_SCANNER: return add(c, sim, "scanner", 2, scanner_event, true);
    case STATION_RECEIVER:
        xfer_receiver_init(&c->rx, NULL);
        return add(c, sim, "woad-recv", 2, receiver_event, false);
    case STATION_SENDER:
        err = prepare_sender(c);
        return err ? err : add(c, sim, "sender", 2, sender_event, false);
    case STATION_PERIPHERAL:
    case STATION_CENTRAL:
    case STATION_CLIENT: return add_partner(c, sim, kind, peer_store);
    }
    return WOAD_ERR_INVALID;
}

void company_tick(struct company *c, double now_s)
{
    if (c->partner.name)
        partner_tick(&c->partner, c->nodes[0].host, now_s);
}

void company_deinit(struct company *c)
{
    for (unsigned i = 0; i < c->count; i++)
        node_deinit(&c->nodes[i]);
    xfer_receiver_deinit(&c->rx);
    partner_deinit(&c->partner);
    free(c->data);
    *c = (struct company){0};
}
