/* A channel that is written to without end, and values of ATT on the same link: how long do these
 * wait? PDUs of L2CAP do not mix on a link [Vol 3, Part A, 7.2.1], so a value waits for the K-frame
 * that is on its way, and with PDUs of 27 octets that can be many connection events. */
#include "../unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/woad/node.h"
#include "woad/gap.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/l2cap.h"

enum { LINKS = 8, PSM = 0x80, BULK = 60000, VALUES = 100 };

struct world {
    struct woad_sim *sim;
    struct node central, peripheral[LINKS];
    struct woad_host_use use[2][2];
    struct woad_gatts_cfg gatts;
    struct woad_gattc_cfg gattc;
    struct woad_addr addr[LINKS];
    uint16_t conn; /* at the peripheral that sends */
    unsigned links;
    woad_chan chan;
    uint64_t received;
    woad_sim_time asked;
    uint32_t waits_us[VALUES];
    unsigned count;
};

static uint8_t bulk[BULK], octets[20];
static const struct woad_uuid svc_uuid = WOAD_UUID16(0xfd00), one = WOAD_UUID16(0xfd01);
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY),
    WOAD_GATT_DYNAMIC(&one, NULL, 20, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
};
static struct woad_gatt_service service = {.attrs = attrs, .count = ARRAY_LEN(attrs)};

static void on_peripheral(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct world *w = arg;
    if (evt->type == WOAD_EVT_CONNECTED && h == w->peripheral[0].host)
        w->conn = evt->conn;
}

static void on_central(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct world *w = arg;
    (void)h;
    w->links += evt->type == WOAD_EVT_CONNECTED;
}

static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct world *w = arg;
    (void)h;
    if (evt->type != WOAD_GATTC_VALUE || !w->asked || w->count == VALUES)
        return;
    w->waits_us[w->count++] = (uint32_t)((woad_sim_now(w->sim) - w->asked) / 1000);
    w->asked = 0;
}

static void on_sink(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct world *w = arg;
    uint8_t buf[512];
    long n;
    if (evt->type == WOAD_CHAN_ACCEPT)
        (void)!woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL);
    if (evt->type == WOAD_CHAN_RECEIVED)
        while ((n = woad_l2cap_read(h, evt->chan, buf, sizeof(buf))) > 0)
            w->received += (uint64_t)n;
}

static void on_source(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_CHAN_OPENED || evt->type == WOAD_CHAN_SENT)
        assert_int_equal(woad_l2cap_write(h, evt->chan, bulk, BULK, NULL), 0);
}

static void run_ms(struct world *w, unsigned ms)
{
    woad_sim_run_until(w->sim, woad_sim_now(w->sim) + WOAD_SIM_MS(ms));
}

static void add(struct world *w, struct node *n, bool central)
{
    struct node_cfg cfg = {.name = central ? "central" : "peripheral"};
    cfg.host = (struct woad_host_cfg){.max_conns = LINKS,
                                      .event = central ? on_central : on_peripheral,
                                      .event_arg = w,
                                      .no_auto_dle = true,
                                      .no_auto_phy = true,
                                      .parts = w->use[central]};
    cfg.ll.max_conns = LINKS;
    assert_int_equal(node_init(n, w->sim, &cfg), 0);
    if (!central && n == &w->peripheral[0])
        assert_int_equal(woad_gatts_add(n->host, &service), 0);
    assert_int_equal(woad_host_start(n->host), 0);
    node_wake(n);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void link_all(struct world *w, unsigned links, uint16_t interval_ms)
{
    const struct woad_conn_params params = {.interval_min_1250us = (uint16_t)(interval_ms * 4 / 5),
                                            .timeout_10ms = 1000};
    for (unsigned i = 0; i < links; i++) {
        struct node *n = &w->peripheral[i];
        struct woad_addr addr = {.val = {(uint8_t)(i + 2), 0, 0, 0xff, 0xee, 0xc0}};
        assert_int_equal(woad_gap_advertise_start(n->host, &(struct woad_adv_params){0}), 0);
        node_wake(n);
        assert_int_equal(woad_gap_connect(w->central.host, &addr, &params), 0);
        node_wake(&w->central);
        for (unsigned k = 0; k < 100 && w->links == i; k++)
            run_ms(w, 100);
        assert_int_equal(w->links, i + 1);
    }
}

static struct world *begin(unsigned links, uint16_t interval_ms)
{
    struct world *w = calloc(1, sizeof(*w));
    w->gatts.unasked = true;
    w->gattc = (struct woad_gattc_cfg){.event = on_value, .arg = w, .mtu = WOAD_GATTC_MTU_NEVER};
    w->use[0][0] = (struct woad_host_use){&woad_gatts_part, &w->gatts};
    w->use[1][0] = (struct woad_host_use){&woad_gattc_part, &w->gattc};
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    service = (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs)};
    add(w, &w->central, true);
    for (unsigned i = 0; i < links; i++)
        add(w, &w->peripheral[i], false);
    run_ms(w, 100);
    struct woad_chan_cfg sink = {.psm = PSM, .event = on_sink, .arg = w};
    struct woad_chan_cfg source = {.psm = PSM, .event = on_source, .arg = w};
    assert_int_equal(woad_l2cap_listen(w->central.host, &sink), 0);
    link_all(w, links, interval_ms);
    assert_int_equal(woad_l2cap_connect(w->peripheral[0].host, w->conn, &source, &w->chan), 0);
    node_wake(&w->peripheral[0]);
    run_ms(w, 5000);
    return w;
}

static void end(struct world *w, unsigned links)
{
    node_deinit(&w->central);
    for (unsigned i = 0; i < links; i++)
        node_deinit(&w->peripheral[i]);
    woad_sim_free(w->sim);
    free(w);
}

/* Values at moments that do not go with the connection's. */
static void measure(unsigned links, uint16_t interval_ms, unsigned longest_ms,
                    unsigned octets_per_s)
{
    struct world *w = begin(links, interval_ms);
    struct node *n = &w->peripheral[0];
    woad_sim_time began = woad_sim_now(w->sim);
    uint64_t had = w->received;
    while (w->count < VALUES) {
        run_ms(w, 200 + (w->count * 7) % 31);
        if (w->asked)
            continue;
        w->asked = woad_sim_now(w->sim);
        uint16_t handle = (uint16_t)(service.start + 2);
        assert_int_equal(woad_gatts_notify(n->host, w->conn, handle, octets, 20), 0);
        node_wake(n);
    }
    double s = (double)(woad_sim_now(w->sim) - began) * 1e-9;
    double rate = (double)(w->received - had) / s;
    qsort(w->waits_us, VALUES, sizeof(w->waits_us[0]), by_size);
    print_message(
        "%u links, %u ms: a value waits %.0f ms, %.0f at most; the channel %.0f octets/s\n", links,
        interval_ms, w->waits_us[VALUES / 2] / 1000.0, w->waits_us[VALUES - 1] / 1000.0, rate);
    assert_true(w->waits_us[VALUES - 1] < longest_ms * 1000);
    assert_true(rate > octets_per_s);
    end(w, links);
}

/* Without a limit: 177, 178, 251, 718 and 1,548 ms, and hardly more octets. */
static void values_beside_a_channel(void **state)
{
    (void)state;
    measure(1, 15, 60, 38500);
    measure(1, 30, 90, 38500);
    measure(1, 100, 251, 35000);
    measure(4, 30, 350, 9500);
    measure(8, 30, 750, 4300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_beside_a_channel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
