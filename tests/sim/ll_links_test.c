/* Links under strain: drift, latency, many at once, both roles, loss of the peer, slow hosts,
 * resets. */
#include "ll_world.h"

static void judged_clean(struct w_world *w)
{
    struct woad_sim_stats s;
    woad_sim_get_stats(w->sim, &s);
    assert_int_equal(s.ifs_violations, 0);
    assert_int_equal(s.anchor_violations, 0);
    assert_int_equal(s.late, 0);
}

static uint8_t reason_of(struct w_dev *d, uint64_t ms)
{
    struct w_evt *e = w_wait(d, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, ms);
    return e ? e->p[3] : 0;
}

/* The accuracy of a device's clock as its radio declares it is the drift it has here. */
static void drift(double ppm, uint16_t interval, double seconds, uint64_t *lost)
{
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 5, .ideal = true});
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = ppm}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = -ppm, .x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){interval, 0, 3200}, &c, &p);
    struct woad_sim_stats before, after;
    w_ms(&w, 1000);
    woad_sim_get_stats(w.sim, &before);
    woad_sim_run_until(w.sim, woad_sim_now(w.sim) + (woad_sim_time)(seconds * 1e9));
    woad_sim_get_stats(w.sim, &after);
    assert_true(c->up && p->up);
    uint64_t packets = after.packets - before.packets;
    uint64_t events = (uint64_t)(seconds * 1e6 / (interval * 1250.0));
    *lost = events * 2 > packets + 2 ? events * 2 - packets : 0;
    judged_clean(&w);
    w_free(&w);
}

static void test_drift(void **state)
{
    (void)state;
    static const double ppms[] = {20, 50, 250, 500};
    static const uint16_t intervals[] = {6, 80, 3200};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 3; k++) {
            uint64_t lost;
            drift(ppms[i], intervals[k], intervals[k] == 3200 ? 200 : 10, &lost);
            assert_int_equal(lost, 0);
        }
    }
}

/* A peripheral with nothing to say sleeps through its latency, and wakes up when it has. */
static void test_latency(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 6});
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = 40}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = -40, .x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){80, 9, 600}, &c, &p);
    struct woad_sim_stats a, b;
    w_ms(&w, 2000);
    woad_sim_get_stats(w.sim, &a);
    w_ms(&w, 10000); /* 100 events: the central sends 100 packets, the peripheral answers 10 */
    woad_sim_get_stats(w.sim, &b);
    assert_in_range(b.packets - a.packets, 108, 113);
    for (int i = 0; i < 10; i++) {
        w_ms(&w, 1234);
        woad_time before = woad_sim_now(w.sim);
        uint64_t at = c->received;
        p->to_send += 20;
        woad_sim_task_wake(w.devs[1].task);
        while (c->received == at && woad_sim_now(w.sim) - before < WOAD_SIM_S(2))
            w_ms(&w, 1);
        /* It may use the next event; it does not wait for its own turn. */
        assert_true(woad_sim_now(w.sim) - before <= WOAD_SIM_MS(205));
        assert_int_equal(c->received, p->to_send);
    }
    assert_true(c->up && p->up);
    judged_clean(&w);
    w_free(&w);
}

/* One central with eight peripherals: all get their share, none is starved. */
static void test_eight_links(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c[8], *p[8];
    w_init(&w, &(struct woad_sim_cfg){.seed = 8});
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = 10}, NULL);
    for (int i = 0; i < 8; i++)
        w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = -10.0 * i, .x_m = 1 + i}, NULL);
    for (int i = 0; i < 8; i++) {
        w_link(&w.devs[0], &w.devs[1 + i], &(struct w_params){24, 0, 200}, &c[i], &p[i]);
        w_fast(&w.devs[0], c[i], 2);
        w_fast(&w.devs[1 + i], p[i], 1);
        c[i]->to_send = p[i]->to_send = 100000;
    }
    w_ms(&w, 20000);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(p[i]->received, 100000);
        assert_int_equal(c[i]->received, 100000);
        assert_false(p[i]->corrupt || c[i]->corrupt);
    }
    judged_clean(&w);
    w_free(&w);
}

/* A device that is central of two, peripheral of two, advertises and scans, all at once. */
static void test_all_roles(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c[4], *p[4];
    w_init(&w, &(struct woad_sim_cfg){.seed = 9});
    for (int i = 0; i < 7; i++)
        w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = 20.0 - 8 * i, .x_m = i}, NULL);
    struct w_dev *hub = &w.devs[0];
    for (int i = 0; i < 2; i++)
        w_link(hub, &w.devs[1 + i], &(struct w_params){24, 0, 300}, &c[i], &p[i]);
    for (int i = 2; i < 4; i++)
        w_link(&w.devs[1 + i], hub, &(struct w_params){24, 0, 300}, &c[i], &p[i]);
    W_CMD(hub, LE_SET_SCAN_PARAMETERS, 1, 0x10, 0, 0x10, 0, 0, 0);
    W_CMD(hub, LE_SET_SCAN_ENABLE, 1, 0);
    w_advertise(hub);
    w_advertise(&w.devs[5]);
    W_CMD(&w.devs[6], LE_SET_SCAN_PARAMETERS, 1, 0x10, 0, 0x10, 0, 0, 0);
    W_CMD(&w.devs[6], LE_SET_SCAN_ENABLE, 1, 0);
    for (int i = 0; i < 4; i++)
        c[i]->to_send = p[i]->to_send = 30000;
    w_ms(&w, 30000);
    for (int i = 0; i < 4; i++) {
        assert_true(c[i]->up && p[i]->up);
        assert_int_equal(p[i]->received, 30000);
        assert_int_equal(c[i]->received, 30000);
    }
    assert_true(hub->reports > 200);
    assert_true(w.devs[6].reports > 1000);
    judged_clean(&w);
    w_free(&w);
}

/* The peer falls silent: supervision timeout on the other side, at its time. */
static void test_supervision(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 10});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    w_ms(&w, 1000);
    woad_sim_move(w.devs[1].dev, 1e9, 0);
    woad_sim_time t = woad_sim_now(w.sim);
    assert_int_equal(reason_of(&w.devs[0], 1500), WOAD_HCI_ERR_CONNECTION_TIMEOUT);
    t = woad_sim_now(w.sim) - t;
    assert_in_range(t, WOAD_SIM_MS(965), WOAD_SIM_MS(1005));
    assert_int_equal(reason_of(&w.devs[1], 100), WOAD_HCI_ERR_CONNECTION_TIMEOUT);
    w_free(&w);
}

/* The peer goes away between its advertisement and the first event: six intervals, then 0x3e. */
static void test_not_established(void **state)
{
    (void)state;
    struct w_world w;
    w_init(&w, &(struct woad_sim_cfg){.seed = 11});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    w_advertise(&w.devs[1]);
    w_connect(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 1000});
    while (!w.devs[0].links[0].up && woad_sim_step(w.sim)) {
    }
    woad_sim_move(w.devs[1].dev, 1e9, 0);
    woad_sim_time t = woad_sim_now(w.sim);
    assert_int_equal(reason_of(&w.devs[0], 1000), WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    assert_in_range(woad_sim_now(w.sim) - t, WOAD_SIM_MS(170), WOAD_SIM_MS(190));
    w_free(&w);
}

/* A host that takes nothing stops the peer by missing acknowledgements; the link lives on, and
 * nothing is lost. */
static void test_slow_host(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 12});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, &(struct woad_ll_cfg){.rx_count = 4});
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    c->to_send = 50000;
    for (int i = 0; i < 5; i++) {
        w.devs[1].hold_rx = true;
        w_ms(&w, 3000);
        assert_true(c->up && p->up);
        w.devs[1].hold_rx = false;
        woad_sim_task_wake(w.devs[1].task);
        w_ms(&w, 100);
    }
    w_ms(&w, 5000);
    assert_int_equal(p->received, 50000);
    assert_false(p->corrupt);
    w_free(&w);
}

static void test_reset(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 13});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    for (unsigned i = 0; i < 40; i++) {
        w_link(&w.devs[0], &w.devs[1], &(struct w_params){6, 0, 10}, &c, &p);
        c->to_send = p->to_send = UINT64_MAX;
        w_ms(&w, 100);
        woad_sim_run_until(w.sim,
                           woad_sim_now(w.sim) + WOAD_SIM_US(i * 211)); /* any time of an event */
        c->up = false;
        w.devs[0].acl_credits = w.devs[0].acl_count;
        W_CMD0(&w.devs[0], RESET);
        w_masks(&w.devs[0]);
        assert_int_equal(reason_of(&w.devs[1], 1000), WOAD_HCI_ERR_CONNECTION_TIMEOUT);
        w.devs[0].evt_count = w.devs[0].evt_seen = w.devs[1].evt_count = w.devs[1].evt_seen = 0;
    }
    w_free(&w);
}

/* The vendor command's address survives HCI_Reset until power is cut. */
static void test_write_bd_addr(void **state)
{
    (void)state;
    struct w_world w;
    w_init(&w, &(struct woad_sim_cfg){.seed = 14});
    struct w_dev *d = w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    static const uint8_t expected[3] = {9, 9, 0xc0};
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            W_CMD(d, VS_WRITE_BD_ADDR, 9, 8, 7, 6, 5, 4);
        else if (i == 1)
            W_CMD0(d, RESET);
        else
            woad_sim_power_cycle(d->dev);
        W_CMD0(d, READ_BD_ADDR);
        assert_int_equal(w_status(d, WOAD_HCI_CMD_READ_BD_ADDR), 0);
        w_ms(&w, 10);
        assert_int_equal(d->evts[d->evt_count - 1].p[4], expected[i]);
    }
    w_free(&w);
}

/* Packets longer than the link's PDUs arrive whole, start and continuations in place. */
static void test_fragments(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 15});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, &(struct woad_ll_cfg){.acl_len = 1004});
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    c->chunk = 1004;
    c->to_send = 10040;
    w_ms(&w, 2000);
    assert_int_equal(p->received, 10040);
    assert_false(p->corrupt);
    assert_int_equal(p->starts, 10);
    assert_int_equal(p->fragments, 10 * 38); /* 37 of 27 octets and one of 5 */
    w_free(&w);
}

/* Timer and pump may be late by some 100 us and the link holds. */
static void test_latency_of_pump(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 16});
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = 50}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.sleep_ppm = -50, .x_m = 1}, NULL);
    for (int i = 0; i < 2; i++)
        woad_sim_task_latency(w.devs[i].task, 2000);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    w_fast(&w.devs[0], c, 2);
    c->to_send = p->to_send = 200000;
    w_ms(&w, 10000);
    assert_int_equal(p->received, 200000);
    assert_int_equal(c->received, 200000);
    judged_clean(&w);
    w_free(&w);
}

/* Flow control from controller to host: no more packets than it has buffers, none longer than them.
 */
static void test_host_flow_control(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 17});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    struct w_dev *d = &w.devs[1];
    W_CMD(d, HOST_BUFFER_SIZE, 50, 0, 0, 4, 0, 0, 0);
    W_CMD(d, SET_CONTROLLER_TO_HOST_FLOW_CONTROL, 1);
    w_link(&w.devs[0], d, &(struct w_params){24, 0, 100}, &c, &p);
    w_fast(&w.devs[0], c, 1);
    w_ms(&w, 500);
    c->to_send = 2510;
    w_ms(&w, 1000);
    assert_int_equal(p->fragments, 4);
    uint64_t after = p->received;
    for (int i = 0; i < 100; i++) {
        W_CMD(d, HOST_NUMBER_OF_COMPLETED_PACKETS, 1, (uint8_t)p->handle, (uint8_t)(p->handle >> 8),
              2, 0);
        d->cmd_open = true; /* not answered */
        w_ms(&w, 40);
        d->cmd_open = true;
        assert_true(p->received <= after + 100);
        after = p->received;
    }
    assert_int_equal(p->received, 2510);
    assert_false(p->corrupt);
    w_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drift),           cmocka_unit_test(test_latency),
        cmocka_unit_test(test_eight_links),     cmocka_unit_test(test_all_roles),
        cmocka_unit_test(test_supervision),     cmocka_unit_test(test_not_established),
        cmocka_unit_test(test_slow_host),       cmocka_unit_test(test_reset),
        cmocka_unit_test(test_write_bd_addr),   cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_latency_of_pump), cmocka_unit_test(test_host_flow_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
