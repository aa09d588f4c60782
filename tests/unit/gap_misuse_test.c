/* Calls of GAP at the wrong moment or with wrong values: each answers the error that its header
 * names, asks nothing of the controller and leaves nothing under way. */
#include "test.h"

#include "support/gap_log.h"

#define IS(error, call) assert_int_equal(call, WOAD_ERR_##error)
#define NONE            0x0eff /* no such link */

static const struct woad_adv_set_cfg two = {.sets = 2};
static const struct woad_pa_cfg periodic = {.trains = 1, .syncs = 1};
static const struct woad_host_use parts[] = {
    {&woad_gap_ext_adv_part, &two},       {&woad_gap_ext_scan_part, NULL},
    {&woad_gap_periodic_part, &periodic}, {&woad_gap_power_part, NULL},
    {&woad_gap_privacy_part, NULL},       {NULL, NULL}};
static const struct woad_host_use many_parts[] = {{&woad_gap_many_part, NULL}, {NULL, NULL}};

static const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {1, 2, 3}};
static const struct woad_adv_params adv;
static const struct woad_scan_params scan;
static const struct woad_conn_params conn;
static const struct woad_adv_set_params set;
static const struct woad_ext_scan_params ext_scan;
static const struct woad_ext_conn_params ext_conn = {.phy_1m = &conn};
static const struct woad_pa_params train;
static const struct woad_pa_sync_params sync;
static const struct woad_subrate_params subrate = {.min = 1, .max = 2};
static const uint8_t key[16], number[8], map[5] = {0xff};

static void nothing_happened(struct gap_log *g)
{
    gap_turn(g);
    assert_int_equal(g->cmd_count, 0);
    assert_int_equal(g->event_count, 0);
    assert_int_equal(gap_pending(g), 0);
}

static void host_is_not_ready(struct woad_host *h)
{
    struct woad_conn_info info;
    IS(STATE, woad_gap_advertise_start(h, &adv));
    IS(STATE, woad_gap_advertise_stop(h));
    IS(STATE, woad_gap_scan_start(h, &scan));
    IS(STATE, woad_gap_scan_stop(h));
    IS(STATE, woad_gap_connect(h, &peer, &conn));
    IS(STATE, woad_gap_connect_cancel(h));
    IS(STATE, woad_gap_accept_list_add(h, &peer));
    IS(STATE, woad_gap_accept_list_remove(h, &peer));
    IS(STATE, woad_gap_accept_list_clear(h));
    IS(STATE, woad_gap_disconnect(h, 0x40, 0));
    IS(STATE, woad_gap_disconnect_flushed(h, 0x40, 0));
    IS(STATE, woad_gap_update(h, 0x40, &conn));
    IS(STATE, woad_gap_set_phy(h, 0x40, 1, 1));
    IS(STATE, woad_gap_set_data_len(h, 0x40, 251, 2120));
    IS(STATE, woad_gap_read_rssi(h, 0x40));
    IS(STATE, woad_gap_read_version(h, 0x40));
    IS(STATE, woad_gap_read_features(h, 0x40));
    IS(STATE, woad_gap_encrypt(h, 0x40, key, number, 0));
    IS(STATE, woad_gap_ltk_reply(h, 0x40, key));
    IS(NOT_CONNECTED, woad_gap_conn_info(h, 0x40, &info));
}

static void parts_are_not_ready(struct woad_host *h)
{
    IS(STATE, woad_adv_set_start(h, 0, &set));
    IS(STATE, woad_adv_set_stop(h, 0));
    IS(STATE, woad_adv_set_data(h, 0, NULL, 0, NULL, 0));
    IS(STATE, woad_gap_ext_scan_start(h, &ext_scan));
    IS(STATE, woad_gap_ext_connect(h, &peer, &ext_conn));
    IS(STATE, woad_pa_start(h, 0, &train));
    IS(STATE, woad_pa_stop(h, 0));
    IS(STATE, woad_pa_data(h, 0, NULL, 0));
    IS(STATE, woad_pa_sync(h, &peer, &sync));
    IS(STATE, woad_pa_sync_cancel(h));
    IS(STATE, woad_pa_sync_end(h, 1));
    IS(STATE, woad_pa_report(h, 1, true, false));
    IS(STATE, woad_pa_list_add(h, &peer, 0));
    IS(STATE, woad_pa_list_remove(h, &peer, 0));
    IS(STATE, woad_pa_list_clear(h));
    IS(STATE, woad_pa_transfer(h, 0x40, 1, 0));
    IS(STATE, woad_pa_transfer_set(h, 0x40, 0, 0));
    IS(STATE, woad_pa_receive(h, 0x40, WOAD_PA_RECEIVE_ON, 0, 0));
    IS(STATE, woad_gap_subrate(h, 0x40, &subrate));
    IS(STATE, woad_gap_subrate_default(h, &subrate));
    IS(STATE, woad_gap_read_power(h, 0x40, 1));
    IS(STATE, woad_gap_read_remote_power(h, 0x40, 1));
    IS(STATE, woad_gap_report_power(h, 0x40, true, true));
    IS(STATE, woad_gap_read_power_range(h));
    IS(STATE, woad_gap_report_path_loss(h, 0x40, NULL));
    IS(STATE, woad_gap_read_channels(h, 0x40));
    IS(STATE, woad_gap_classify_channels(h, map));
    IS(STATE, woad_gap_set_phy_coding(h, 0x40, 1, 1, 0));
    IS(STATE, woad_gap_privacy_refresh(h));
    IS(STATE, woad_gap_privacy_renew(h));
}

static void stop(struct gap_log *g)
{
    assert_int_equal(woad_host_stop(g->h), 0);
    dbl_settle(g->d);
    gap_forget(g);
}

static void a_host_that_is_not_ready(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    stop(&g);
    host_is_not_ready(g.h);
    parts_are_not_ready(g.h);
    nothing_happened(&g);
    gap_close(&g);
    gap_open(&g, many_parts, NULL, 0);
    stop(&g);
    host_is_not_ready(g.h);
    IS(STATE, woad_gap_connect_cancel_peer(g.h, &peer));
    assert_int_equal(woad_gap_connect_pending(g.h), 0);
    nothing_happened(&g);
    gap_close(&g);
}

static void no_such_link(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_conn_info info;
    gap_open(&g, parts, NULL, 0);
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
    gap_turn(&g);
    gap_forget(&g);
    static const uint16_t others[] = {0, 0x41, NONE, WOAD_CONN_NONE};
    for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
        uint16_t no = others[i];
        IS(NOT_CONNECTED, woad_gap_disconnect(g.h, no, 0));
        IS(NOT_CONNECTED, woad_gap_disconnect_flushed(g.h, no, 0));
        IS(NOT_CONNECTED, woad_gap_update(g.h, no, &conn));
        IS(NOT_CONNECTED, woad_gap_set_phy(g.h, no, 1, 1));
        IS(NOT_CONNECTED, woad_gap_set_data_len(g.h, no, 251, 2120));
        IS(NOT_CONNECTED, woad_gap_read_rssi(g.h, no));
        IS(NOT_CONNECTED, woad_gap_read_version(g.h, no));
        IS(NOT_CONNECTED, woad_gap_read_features(g.h, no));
        IS(NOT_CONNECTED, woad_gap_encrypt(g.h, no, key, number, 0));
        IS(NOT_CONNECTED, woad_gap_ltk_reply(g.h, no, key));
        IS(NOT_CONNECTED, woad_gap_conn_info(g.h, no, &info));
        IS(NOT_CONNECTED, woad_gap_subrate(g.h, no, &subrate));
        IS(NOT_CONNECTED, woad_gap_read_power(g.h, no, 1));
        IS(NOT_CONNECTED, woad_gap_read_remote_power(g.h, no, 1));
        IS(NOT_CONNECTED, woad_gap_report_power(g.h, no, true, true));
        IS(NOT_CONNECTED, woad_gap_report_path_loss(g.h, no, NULL));
        IS(NOT_CONNECTED, woad_gap_read_channels(g.h, no));
        IS(NOT_CONNECTED, woad_gap_set_phy_coding(g.h, no, 1, 1, 0));
        if (no != WOAD_CONN_NONE) /* there it is the default of links to come */
            IS(NOT_CONNECTED, woad_pa_receive(g.h, no, WOAD_PA_RECEIVE_ON, 0, 0));
    }
    nothing_happened(&g);
    gap_close(&g);
}

/* What is to be stopped, changed or answered is not there. */
static void nothing_of_the_kind(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &peer);
    gap_forget(&g);
    IS(STATE, woad_gap_advertise_stop(g.h));
    IS(STATE, woad_gap_scan_stop(g.h));
    IS(STATE, woad_gap_connect_cancel(g.h));
    IS(STATE, woad_gap_encrypt(g.h, 0x40, key, number, 0)); /* of the central alone */
    IS(STATE, woad_gap_ltk_reply(g.h, 0x40, key));          /* not asked */
    IS(STATE, woad_adv_set_stop(g.h, 0));
    IS(STATE, woad_adv_set_data(g.h, 0, NULL, 0, NULL, 0));
    IS(INVALID, woad_adv_set_start(g.h, 2, &set)); /* of two */
    IS(INVALID, woad_adv_set_stop(g.h, 2));
    IS(STATE, woad_pa_start(g.h, 0, &train)); /* its set does not run */
    IS(STATE, woad_pa_stop(g.h, 0));
    IS(STATE, woad_pa_data(g.h, 0, NULL, 0));
    IS(STATE, woad_pa_sync_cancel(g.h));
    IS(NOT_FOUND, woad_pa_sync_end(g.h, 1));
    IS(NOT_FOUND, woad_pa_report(g.h, 1, true, false));
    IS(NOT_FOUND, woad_pa_transfer(g.h, 0x40, 1, 0));
    IS(NOT_FOUND, woad_pa_transfer_set(g.h, 0x40, 0, 0));
    nothing_happened(&g);
    gap_close(&g);
    gap_open(&g, many_parts, NULL, 0);
    IS(STATE, woad_gap_connect_cancel(g.h));
    IS(NOT_FOUND, woad_gap_connect_cancel_peer(g.h, &peer));
    nothing_happened(&g);
    gap_close(&g);
}

static void parts_that_are_not_there(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_addr id;
    gap_open(&g, NULL, NULL, 0);
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
    gap_forget(&g);
    IS(UNSUPPORTED, woad_adv_set_start(g.h, 0, &set));
    IS(UNSUPPORTED, woad_adv_set_stop(g.h, 0));
    IS(UNSUPPORTED, woad_adv_set_data(g.h, 0, NULL, 0, NULL, 0));
    IS(UNSUPPORTED, woad_gap_ext_scan_start(g.h, &ext_scan));
    IS(UNSUPPORTED, woad_gap_ext_connect(g.h, &peer, &ext_conn));
    IS(UNSUPPORTED, woad_pa_start(g.h, 0, &train));
    IS(STATE, woad_pa_stop(g.h, 0));
    IS(STATE, woad_pa_data(g.h, 0, NULL, 0));
    IS(UNSUPPORTED, woad_pa_sync(g.h, &peer, &sync));
    IS(STATE, woad_pa_sync_cancel(g.h));
    IS(NOT_FOUND, woad_pa_sync_end(g.h, 1));
    IS(NOT_FOUND, woad_pa_report(g.h, 1, true, false));
    IS(UNSUPPORTED, woad_pa_list_add(g.h, &peer, 0));
    IS(UNSUPPORTED, woad_pa_list_remove(g.h, &peer, 0));
    IS(UNSUPPORTED, woad_pa_list_clear(g.h));
    IS(UNSUPPORTED, woad_pa_transfer(g.h, 0x40, 1, 0));
    IS(UNSUPPORTED, woad_pa_transfer_set(g.h, 0x40, 0, 0));
    IS(UNSUPPORTED, woad_pa_receive(g.h, 0x40, WOAD_PA_RECEIVE_ON, 0, 0));
    IS(UNSUPPORTED, woad_gap_subrate(g.h, 0x40, &subrate));
    IS(UNSUPPORTED, woad_gap_subrate_default(g.h, &subrate));
    IS(UNSUPPORTED, woad_gap_read_power(g.h, 0x40, 1));
    IS(UNSUPPORTED, woad_gap_read_remote_power(g.h, 0x40, 1));
    IS(UNSUPPORTED, woad_gap_report_power(g.h, 0x40, true, true));
    IS(UNSUPPORTED, woad_gap_read_power_range(g.h));
    IS(UNSUPPORTED, woad_gap_report_path_loss(g.h, 0x40, NULL));
    IS(UNSUPPORTED, woad_gap_read_channels(g.h, 0x40));
    IS(UNSUPPORTED, woad_gap_classify_channels(g.h, map));
    IS(UNSUPPORTED, woad_gap_privacy_refresh(g.h));
    IS(UNSUPPORTED, woad_gap_privacy_renew(g.h));
    IS(UNSUPPORTED, woad_gap_privacy_resolve(g.h, &peer, &id));
    nothing_happened(&g);
    gap_close(&g);
}

/* ---- values out of range --------------------------------------------------------------------- */

static void advertising(void **state)
{
    (void)state;
    static const uint8_t data[32];
    static const struct woad_adv_params bad[] = {
        {.kind = 5},
        {.channel_map = 8},
        {.filter = 4},
        {.interval_min_625us = 0x1f},
        {.interval_min_625us = 0x4001},
        {.interval_min_625us = 0x100, .interval_max_625us = 0xff},
        {.peer.type = 2},
        {.data = data, .data_len = 32},
        {.data_len = 1},
        {.scan_rsp = data, .scan_rsp_len = 32},
        {.scan_rsp_len = 1},
    };
    struct gap_log g;
    gap_open(&g, NULL, NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        IS(INVALID, woad_gap_advertise_start(g.h, &bad[i]));
    nothing_happened(&g);
    gap_close(&g);
}

static void scanning(void **state)
{
    (void)state;
    static const struct woad_scan_params bad[] = {
        {.interval_625us = 3},
        {.interval_625us = 0x4001},
        {.window_625us = 3},
        {.interval_625us = 100, .window_625us = 101},
    };
    struct gap_log g;
    gap_open(&g, NULL, NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        IS(INVALID, woad_gap_scan_start(g.h, &bad[i]));
    nothing_happened(&g);
    gap_close(&g);
}

/* For a link there is and for one to come. */
static void parameters_of_links(void **state)
{
    (void)state;
    static const struct woad_conn_params bad[] = {
        {.interval_min_1250us = 5},
        {.interval_min_1250us = 3201},
        {.interval_min_1250us = 7, .interval_max_1250us = 6},
        {.interval_min_1250us = 6, .interval_max_1250us = 3201},
        {.latency = 500},
        {.timeout_10ms = 9},
        {.timeout_10ms = 3201},
        {.interval_min_1250us = 800, .timeout_10ms = 200}, /* no longer than two intervals */
        {.interval_min_1250us = 80, .latency = 9, .timeout_10ms = 200},
    };
    static const struct woad_conn_params bad_scan[] = {
        {.scan_interval_625us = 3},
        {.scan_interval_625us = 0x4001},
        {.scan_interval_625us = 100, .scan_window_625us = 101},
    };
    for (unsigned many = 0; many < 2; many++) {
        struct gap_log g;
        gap_open(&g, many ? many_parts : NULL, NULL, 0);
        gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
        gap_forget(&g);
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
            IS(INVALID, woad_gap_update(g.h, 0x40, &bad[i]));
            IS(INVALID, woad_gap_connect(g.h, &peer, &bad[i]));
        }
        for (unsigned i = 0; i < ARRAY_LEN(bad_scan); i++)
            IS(INVALID, woad_gap_connect(g.h, &peer, &bad_scan[i]));
        IS(INVALID, woad_gap_connect(g.h, &(struct woad_addr){.type = 4}, NULL));
        IS(INVALID, woad_gap_accept_list_add(g.h, &(struct woad_addr){.type = 2}));
        IS(INVALID, woad_gap_accept_list_remove(g.h, &(struct woad_addr){.type = 2}));
        IS(INVALID, woad_gap_set_phy(g.h, 0x40, 8, 0));
        IS(INVALID, woad_gap_set_phy(g.h, 0x40, 0, 8));
        IS(INVALID, woad_gap_set_data_len(g.h, 0x40, 26, 2120));
        IS(INVALID, woad_gap_set_data_len(g.h, 0x40, 252, 2120));
        IS(INVALID, woad_gap_set_data_len(g.h, 0x40, 27, 327));
        IS(INVALID, woad_gap_set_data_len(g.h, 0x40, 27, 17041));
        nothing_happened(&g);
        gap_close(&g);
    }
}

static void periodic_and_power(void **state)
{
    (void)state;
    static const struct woad_subrate_params bad[] = {
        {.min = 0, .max = 1},
        {.min = 1, .max = 501},
        {.min = 3, .max = 2},
        {.min = 1, .max = 100, .latency = 5},
        {.min = 1, .max = 1, .latency = 500},
        {.min = 1, .max = 2, .continuation = 2},
        {.min = 1, .max = 2, .timeout_10ms = 9},
        {.min = 1, .max = 2, .timeout_10ms = 3201},
    };
    static const struct woad_pa_sync_params bad_sync[] = {
        {.sid = 16}, {.skip = 500}, {.timeout_10ms = 9}, {.timeout_10ms = 16385}};
    static const uint8_t one_channel[5] = {1};
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
    gap_forget(&g);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        IS(INVALID, woad_gap_subrate(g.h, 0x40, &bad[i]));
        IS(INVALID, woad_gap_subrate_default(g.h, &bad[i]));
    }
    for (unsigned i = 0; i < ARRAY_LEN(bad_sync); i++)
        IS(INVALID, woad_pa_sync(g.h, &peer, &bad_sync[i]));
    IS(INVALID, woad_pa_sync(g.h, &(struct woad_addr){.type = 4}, &sync));
    IS(INVALID, woad_pa_list_add(g.h, &(struct woad_addr){.type = 4}, 0));
    IS(INVALID, woad_pa_list_add(g.h, &peer, 16));
    IS(INVALID, woad_pa_receive(g.h, 0x40, 4, 0, 0));
    IS(INVALID, woad_pa_receive(g.h, 0x40, WOAD_PA_RECEIVE_ON, 500, 0));
    IS(INVALID, woad_gap_read_power(g.h, 0x40, 0));
    IS(INVALID, woad_gap_read_power(g.h, 0x40, 5));
    IS(INVALID, woad_gap_read_remote_power(g.h, 0x40, 5));
    IS(INVALID, woad_gap_classify_channels(g.h, one_channel));
    IS(INVALID, woad_gap_set_phy_coding(g.h, 0x40, 8, 0, 0));
    IS(INVALID, woad_gap_set_phy_coding(g.h, 0x40, 0, 0, 3));
    IS(INVALID,
       woad_gap_report_path_loss(
           g.h, 0x40,
           &(struct woad_path_loss_params){.high_db = 20, .low_db = 20, .low_hysteresis_db = 1}));
    IS(INVALID, woad_gap_ext_connect(g.h, &peer, &(struct woad_ext_conn_params){0}));
    nothing_happened(&g);
    gap_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_that_is_not_ready),
        cmocka_unit_test(no_such_link),
        cmocka_unit_test(nothing_of_the_kind),
        cmocka_unit_test(parts_that_are_not_there),
        cmocka_unit_test(advertising),
        cmocka_unit_test(scanning),
        cmocka_unit_test(parameters_of_links),
        cmocka_unit_test(periodic_and_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
