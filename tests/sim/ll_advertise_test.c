/* Advertising, scanning and initiating: kinds, filters, reports, requests, and their ends. */
#include "ll_world.h"

static void two(struct w_world *w, uint64_t seed)
{
    w_init(w, &(struct woad_sim_cfg){.seed = seed});
    w_add(w, &(struct woad_sim_dev_cfg){0}, NULL);
    w_add(w, &(struct woad_sim_dev_cfg){.x_m = 2}, NULL);
}

static void adv_params(struct w_dev *d, uint8_t type, uint8_t peer, uint8_t channels,
                       uint8_t filter)
{
    uint8_t p[15] = {0x20, 0, 0x20, 0, type, 0, 0};
    if (peer != 0xff) {
        p[7] = 0xc0;
        p[11] = peer;
        p[12] = 1;
    }
    p[13] = channels;
    p[14] = filter;
    w_cmd(d, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, p, sizeof(p));
}

static void scan(struct w_dev *d, uint8_t active, uint8_t filter, uint8_t duplicates)
{
    W_CMD(d, LE_SET_SCAN_PARAMETERS, active, 0x10, 0, 0x10, 0, 0, filter);
    W_CMD(d, LE_SET_SCAN_ENABLE, 1, duplicates);
}

static void accept(struct w_dev *d, uint8_t index)
{
    W_CMD(d, LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, 0, 0xc0, 0, 0, 0, index, 1);
}

/* The four kinds that need no peer, as a passive and as an active scanner sees them. */
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, active;
        uint64_t reports; /* duplicates left out */
    } rows[] = {{0, 0, 1}, {0, 1, 2}, {2, 0, 1}, {2, 1, 2}, {3, 0, 1}, {3, 1, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct w_world w;
        two(&w, 20 + i);
        adv_params(&w.devs[0], rows[i].type, 0xff, 7, 0);
        W_CMD(&w.devs[0], LE_SET_ADVERTISING_ENABLE, 1);
        scan(&w.devs[1], rows[i].active, 0, 1);
        w_ms(&w, 1000);
        assert_int_equal(w.devs[1].reports, rows[i].reports);
        w_free(&w);
    }
}

static void test_filters(void **state)
{
    (void)state;
    struct w_world w;
    w_init(&w, &(struct woad_sim_cfg){.seed = 30});
    for (int i = 0; i < 3; i++)
        w_add(&w, &(struct woad_sim_dev_cfg){.x_m = i}, NULL);
    struct w_dev *s = &w.devs[2];
    w_advertise(&w.devs[0]);
    w_advertise(&w.devs[1]);
    accept(s, 1);
    scan(s, 0, 1, 1);
    w_ms(&w, 1000);
    assert_int_equal(s->reports, 1);
    /* In use: not to be changed. */
    accept(s, 0);
    assert_int_equal(w_status(s, WOAD_HCI_CMD_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST),
                     WOAD_HCI_ERR_COMMAND_DISALLOWED);
    w_free(&w);
}

/* Scan and connect requests from devices not on the advertiser's list are not answered. */
static void test_advertiser_filter(void **state)
{
    (void)state;
    for (uint8_t listed = 0; listed < 2; listed++) {
        struct w_world w;
        two(&w, 40);
        accept(&w.devs[0], listed); /* itself, or the scanner */
        adv_params(&w.devs[0], 0, 0xff, 7, 3);
        W_CMD(&w.devs[0], LE_SET_ADVERTISING_ENABLE, 1);
        scan(&w.devs[1], 1, 0, 1);
        w_ms(&w, 500);
        assert_int_equal(w.devs[1].reports, listed ? 2 : 1);
        W_CMD(&w.devs[1], LE_SET_SCAN_ENABLE, 0, 0);
        w_connect(&w.devs[1], &w.devs[0], &(struct w_params){24, 0, 100});
        w_ms(&w, 1500);
        assert_int_equal(w.devs[0].links[0].up, listed);
        w_free(&w);
    }
}

static void test_channels(void **state)
{
    (void)state;
    for (uint8_t map = 1; map < 8; map++) {
        struct w_world w;
        struct woad_sim_stats s;
        w_init(&w, &(struct woad_sim_cfg){.seed = 41});
        w_add(&w, &(struct woad_sim_dev_cfg){0}, NULL);
        adv_params(&w.devs[0], 3, 0xff, map, 0);
        W_CMD(&w.devs[0], LE_SET_ADVERTISING_ENABLE, 1);
        w_ms(&w, 2500);
        woad_sim_get_stats(w.sim, &s);
        unsigned channels = (map & 1u) + (map >> 1 & 1u) + (map >> 2 & 1u);
        assert_int_equal(s.packets % channels, 0);
        assert_in_range(s.packets / channels, 92, 108); /* every 20 ms and 0 to 10 */
        w_free(&w);
    }
}

/* High duty cycle directed advertising: every 3.75 ms, for 1.28 s, then status 0x3c. */
static void test_directed(void **state)
{
    (void)state;
    struct w_world w;
    struct woad_sim_stats s;
    two(&w, 42);
    adv_params(&w.devs[0], 1, 1, 7, 0);
    W_CMD(&w.devs[0], LE_SET_ADVERTISING_ENABLE, 1);
    struct w_evt *e = w_wait_le(&w.devs[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 1300);
    assert_non_null(e);
    assert_int_equal(e->p[0], WOAD_HCI_ERR_ADVERTISING_TIMEOUT);
    assert_in_range(woad_sim_now(w.sim), WOAD_SIM_MS(1279), WOAD_SIM_MS(1290));
    woad_sim_get_stats(w.sim, &s);
    assert_in_range(s.packets, 1000, 1030);
    /* Again, and this time the peer is there. */
    W_CMD(&w.devs[0], LE_SET_ADVERTISING_ENABLE, 1);
    w_connect(&w.devs[1], &w.devs[0], &(struct w_params){24, 0, 100});
    e = w_wait_le(&w.devs[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 1000);
    assert_non_null(e);
    assert_int_equal(e->p[0], 0);
    w_free(&w);
}

static void test_cancel(void **state)
{
    (void)state;
    struct w_world w;
    two(&w, 43);
    w_connect(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100});
    w_ms(&w, 50);
    W_CMD0(&w.devs[0], LE_CREATE_CONNECTION_CANCEL);
    struct w_evt *e = w_wait_le(&w.devs[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 100);
    assert_non_null(e);
    assert_int_equal(e->p[0], WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    W_CMD0(&w.devs[0], LE_CREATE_CONNECTION_CANCEL);
    assert_int_equal(w_status(&w.devs[0], WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL),
                     WOAD_HCI_ERR_COMMAND_DISALLOWED);
    /* And the next one works. */
    struct w_link *c, *p;
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    w_free(&w);
}

/* The limit of links, and of a second request while one is under way. */
static void test_limits(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 44});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, &(struct woad_ll_cfg){.max_conns = 1});
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    w_connect(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100});
    assert_int_equal(w_status(&w.devs[0], WOAD_HCI_CMD_LE_CREATE_CONNECTION),
                     WOAD_HCI_ERR_CONNECTION_ALREADY_EXISTS);
    w_advertise(&w.devs[0]);
    assert_int_equal(w_status(&w.devs[0], WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE),
                     WOAD_HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    w_disconnect(&w.devs[0], c, 0x13);
    w_ms(&w, 500);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    w_free(&w);
}

/* Reports beyond what the host takes are dropped; nothing else suffers. */
static void test_report_flood(void **state)
{
    (void)state;
    struct w_world w;
    w_init(&w, &(struct woad_sim_cfg){.seed = 45});
    w_add(&w, &(struct woad_sim_dev_cfg){0}, &(struct woad_ll_cfg){.report_count = 2});
    for (int i = 1; i < 8; i++) {
        w_add(&w, &(struct woad_sim_dev_cfg){.x_m = i}, NULL);
        w_advertise(&w.devs[i]);
    }
    scan(&w.devs[0], 1, 0, 0);
    w.devs[0].hold_rx = true;
    w_ms(&w, 1000);
    w.devs[0].hold_rx = false;
    woad_sim_task_wake(w.devs[0].task);
    w_ms(&w, 10);
    uint64_t before = w.devs[0].reports;
    w_ms(&w, 1000);
    assert_true(w.devs[0].reports > before + 200);
    struct w_link *c, *p;
    w_link(&w.devs[0], &w.devs[3], &(struct w_params){24, 0, 100}, &c, &p);
    w_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_advertiser_filter),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_directed),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_report_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
