/* Extended scanning and reports put together from fragments. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/cursor.h"

#define SCAN_ENABLE WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_ENABLE
#define SCAN_PARAMS WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_PARAMETERS

static const struct woad_ext_scan_cfg small = {.chains = 2, .chain_size = 600, .duplicates = 3};
static const struct woad_host_use parts[] = {{&woad_gap_ext_scan_part, NULL}, {NULL, NULL}};
static const struct woad_host_use small_parts[] = {{&woad_gap_ext_scan_part, &small}, {NULL, NULL}};
static uint8_t pattern[2048];

enum { COMPLETE, MORE, TRUNCATED };

struct adv {
    uint8_t who; /* of the address */
    uint8_t sid;
    uint8_t flags;
    uint8_t status;
    uint16_t from; /* of the pattern */
    uint8_t len;
    int8_t rssi;
};

static uint16_t put_adv(uint8_t *to, const struct adv *a)
{
    memset(to, 0, 24);
    woad_put_u16(to, (uint16_t)(a->flags | a->status << 5));
    to[2] = WOAD_ADDR_RANDOM;
    memset(to + 3, a->who, 6);
    to[9] = 1;
    to[10] = a->flags & WOAD_EXT_REPORT_LEGACY ? 0 : 2;
    to[11] = a->sid;
    to[12] = 127;
    to[13] = (uint8_t)a->rssi;
    woad_put_u16(to + 14, a->sid == 7 ? 800 : 0);
    to[23] = a->len;
    memcpy(to + 24, pattern + a->from, a->len);
    return (uint16_t)(24 + a->len);
}

static void hear(struct gap_log *g, struct adv a)
{
    uint8_t evt[255] = {1};
    gap_le(g, WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, evt,
           (uint8_t)(1 + put_adv(evt + 1, &a)));
}

static void scan(struct gap_log *g, const struct woad_host_use *use)
{
    gap_open(g, use, NULL, 0);
    assert_int_equal(
        woad_gap_ext_scan_start(g->h, &(struct woad_ext_scan_params){.phy_1m.on = true}), 0);
    gap_turn(g);
    assert_int_equal(gap_event(g, WOAD_EVT_SCAN_STARTED, 0)->result.err, 0);
}

static const struct woad_ext_report *report(const struct gap_log *g, unsigned n)
{
    const struct gap_event *e = gap_event(g, WOAD_EVT_EXT_REPORT, n);
    assert_non_null(e);
    return &e->report;
}

static void GAP_BROB_OBSV_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, parts);
    const uint8_t params[] = {0, 0, 1, 0, 96, 0, 96, 0};
    assert_memory_equal(gap_cmd(&g, SCAN_PARAMS, 0)->params, params, sizeof(params));
    hear(&g, (struct adv){.who = 1, .sid = 7, .len = 30, .rssi = -60});
    assert_int_equal(report(&g, 0)->data_len, 30);
    assert_int_equal(report(&g, 0)->rssi_dbm, -60);
    assert_int_equal(report(&g, 0)->sid, 7);
    assert_int_equal(report(&g, 0)->phy_secondary, WOAD_PHY_2M);
    assert_int_equal(report(&g, 0)->periodic_interval_1250us, 800);
    assert_false(report(&g, 0)->truncated);
    assert_memory_equal(g.data, pattern, 30);
    gap_close(&g);
}

static void GAP_BROB_OBSV_BV_02_C(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    struct woad_ext_scan_params p = {.phy_1m = {true, true, 160, 80},
                                     .phy_coded = {true, false, 320, 320},
                                     .filter = 1,
                                     .filter_duplicates = true};
    assert_int_equal(woad_gap_ext_scan_start(g.h, &p), 0);
    assert_int_equal(woad_gap_ext_scan_start(g.h, &p), WOAD_ERR_BUSY);
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), WOAD_ERR_BUSY);
    gap_turn(&g);
    const uint8_t params[] = {0, 1, 5, 1, 160, 0, 80, 0, 0, 0x40, 1, 0x40, 1};
    assert_memory_equal(gap_cmd(&g, SCAN_PARAMS, 0)->params, params, sizeof(params));
    const uint8_t on[] = {1, 1, 0, 0, 0, 0};
    assert_memory_equal(gap_cmd(&g, SCAN_ENABLE, 0)->params, on, sizeof(on));
    hear(&g, (struct adv){.who = 1, .flags = 0x1b, .len = 3}); /* a legacy scan response */
    assert_int_equal(report(&g, 0)->flags, 0x1b);
    assert_int_equal(woad_gap_scan_stop(g.h), 0);
    gap_turn(&g);
    assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 1);
    hear(&g, (struct adv){.who = 1, .len = 3});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 1);
    gap_close(&g);
}

static void every_split_gives_the_same_report(void **state)
{
    (void)state;
    static const uint16_t lens[] = {1, 229, 230, 458, 1000, 1650};
    for (unsigned k = 0; k < ARRAY_LEN(lens); k++) {
        for (uint8_t piece = 1; piece <= 229; piece = (uint8_t)(piece + 19)) {
            struct gap_log g;
            scan(&g, parts);
            for (uint16_t at = 0; at < lens[k]; at = (uint16_t)(at + piece)) {
                uint16_t left = (uint16_t)(lens[k] - at);
                bool last = left <= piece;
                hear(&g, (struct adv){.who = 3,
                                      .sid = 2,
                                      .status = last ? COMPLETE : MORE,
                                      .from = at,
                                      .len = last ? (uint8_t)left : piece});
            }
            assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 1);
            assert_int_equal(report(&g, 0)->data_len, lens[k]);
            assert_false(report(&g, 0)->truncated);
            assert_memory_equal(g.data, pattern, lens[k]);
            gap_close(&g);
        }
    }
}

static void chains_of_two_come_mixed(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, parts);
    hear(&g, (struct adv){.who = 1, .sid = 1, .status = MORE, .from = 0, .len = 200});
    hear(&g, (struct adv){.who = 1, .sid = 2, .status = MORE, .from = 900, .len = 200});
    hear(&g, (struct adv){.who = 4, .sid = 0, .status = COMPLETE, .from = 5, .len = 9});
    hear(&g, (struct adv){.who = 1, .sid = 1, .status = COMPLETE, .from = 200, .len = 50});
    assert_memory_equal(g.data, pattern, 250);
    hear(&g, (struct adv){.who = 1, .sid = 2, .status = COMPLETE, .from = 1100, .len = 60});
    assert_memory_equal(g.data, pattern + 900, 260);
    assert_int_equal(report(&g, 0)->data_len, 9);
    assert_int_equal(report(&g, 1)->data_len, 250);
    assert_int_equal(report(&g, 2)->data_len, 260);
    gap_close(&g);
}

static void the_controller_gives_a_chain_up(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, parts);
    hear(&g, (struct adv){.who = 1, .status = MORE, .len = 200});
    hear(&g, (struct adv){.who = 1, .status = TRUNCATED, .from = 200, .len = 10});
    assert_int_equal(report(&g, 0)->data_len, 210);
    assert_true(report(&g, 0)->truncated);
    hear(&g, (struct adv){.who = 2, .status = TRUNCATED, .len = 20}); /* at once */
    assert_true(report(&g, 1)->truncated);
    hear(&g, (struct adv){.who = 1, .status = COMPLETE, .len = 20}); /* the next is not spoilt */
    assert_false(report(&g, 2)->truncated);
    gap_close(&g);
}

static void longer_than_an_assembly_is_cut(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, small_parts);
    for (uint16_t at = 0; at < 1600; at = (uint16_t)(at + 200))
        hear(&g, (struct adv){.who = 1, .status = MORE, .from = at, .len = 200});
    hear(&g, (struct adv){.who = 1, .status = COMPLETE, .len = 0});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 1);
    assert_int_equal(report(&g, 0)->data_len, 600);
    assert_true(report(&g, 0)->truncated);
    assert_memory_equal(g.data, pattern, 600);
    gap_close(&g);
}

/* More chains at once than assemblies: the oldest is told as it is. */
static void a_flood_of_chains(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, small_parts);
    for (uint8_t i = 0; i < 100; i++)
        hear(&g, (struct adv){.who = i, .status = MORE, .from = i, .len = 100});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 98);
    for (unsigned i = 0; i < 98; i++) {
        assert_int_equal(report(&g, i)->addr.val[0], i);
        assert_true(report(&g, i)->truncated);
    }
    gap_close(&g);
}

/* A fragment that found no buffer leaves a hole that nothing else shows. */
static void a_dropped_fragment_makes_the_report_truncated(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, parts);
    hear(&g, (struct adv){.who = 1, .status = MORE, .len = 100});
    uint8_t evt[255] = {1};
    uint8_t n = (uint8_t)(1 + put_adv(evt + 1, &(struct adv){.who = 9, .len = 3}));
    for (unsigned i = 0; i < 40; i++) /* more than there are buffers for */
        dbl_le_evt(g.dev, WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, evt, n);
    gap_turn(&g);
    struct woad_host_stats stats;
    woad_host_get_stats(g.h, &stats);
    assert_true(stats.reports_dropped > 0);
    hear(&g, (struct adv){.who = 1, .status = COMPLETE, .from = 100, .len = 100});
    unsigned last = gap_events(&g, WOAD_EVT_EXT_REPORT) - 1;
    assert_int_equal(report(&g, last)->data_len, 200);
    assert_true(report(&g, last)->truncated);
    gap_close(&g);
}

static void what_was_begun_before_a_stop_is_not_continued(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, parts);
    hear(&g, (struct adv){.who = 1, .status = MORE, .len = 100});
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    hear(&g, (struct adv){.who = 1, .status = COMPLETE, .from = 300, .len = 10});
    assert_int_equal(report(&g, 0)->data_len, 10);
    assert_memory_equal(g.data, pattern + 300, 10);
    gap_close(&g);
}

static void hostile_reports(void **state)
{
    (void)state;
    struct gap_log g;
    uint32_t seed = 7;
    scan(&g, small_parts);
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t evt[255];
        uint8_t len = (uint8_t)(1 + test_rand(&seed) % 253);
        for (unsigned k = 0; k < len; k++)
            evt[k] = (uint8_t)test_rand(&seed);
        if (i % 2) /* one that parses, with any status and flags */
            len = (uint8_t)(1 + put_adv(evt + 1, &(struct adv){.who = evt[0] % 4,
                                                               .sid = evt[1],
                                                               .flags = evt[2] & 31,
                                                               .status = evt[3] & 3,
                                                               .len = evt[4] % 230}));
        if (i % 2)
            evt[0] = 1;
        gap_le(&g, WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, evt, len);
        g.event_count = 0;
    }
    assert_int_equal(woad_gap_scan_stop(g.h), 0);
    gap_turn(&g);
    assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 1);
    gap_close(&g);
}

static void many_reports_in_one_event(void **state)
{
    (void)state;
    struct gap_log g;
    uint8_t evt[255] = {3};
    uint16_t n = 1;
    scan(&g, parts);
    for (uint8_t i = 0; i < 3; i++)
        n = (uint16_t)(n + put_adv(evt + n, &(struct adv){.who = i, .from = i, .len = 40}));
    gap_le(&g, WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, evt, (uint8_t)n);
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 3);
    gap_le(&g, WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT, evt, (uint8_t)(n - 1));
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 5); /* the last one is not whole */
    gap_close(&g);
}

static void duplicates_are_told_once(void **state)
{
    (void)state;
    struct gap_log g;
    scan(&g, small_parts); /* a table of three */
    for (unsigned k = 0; k < 5; k++)
        for (uint8_t who = 1; who <= 3; who++)
            hear(&g, (struct adv){.who = who, .len = 10});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 3);
    hear(&g, (struct adv){.who = 1, .from = 1, .len = 10}); /* new data; the oldest is forgotten */
    hear(&g, (struct adv){.who = 2, .len = 10});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 4);
    hear(&g, (struct adv){.who = 1, .len = 10});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 5);
    assert_int_equal(woad_gap_scan_stop(g.h), 0);
    gap_turn(&g);
    assert_int_equal(
        woad_gap_ext_scan_start(
            g.h, &(struct woad_ext_scan_params){.duration_ms = 500, .period_1280ms = 1}),
        0);
    gap_turn(&g);
    hear(&g, (struct adv){.who = 1, .len = 10}); /* forgotten by the new scan */
    hear(&g, (struct adv){.who = 1, .len = 10});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 6);
    dbl_run(g.d, 1280000); /* a new period */
    hear(&g, (struct adv){.who = 1, .len = 10});
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 7);
    gap_close(&g);
}

static void periods_are_the_controllers(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    struct woad_ext_scan_params p = {
        .duration_ms = 2000, .period_1280ms = 3, .filter_duplicates = true};
    assert_int_equal(woad_gap_ext_scan_start(g.h, &p), 0);
    gap_turn(&g);
    const uint8_t on[] = {1, 2, 200, 0, 3, 0};
    assert_memory_equal(gap_cmd(&g, SCAN_ENABLE, 0)->params, on, sizeof(on));
    dbl_run(g.d, 10000000);
    assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 0);
    gap_close(&g);
}

static void a_duration_ends_it(void **state)
{
    (void)state;
    for (int off = -2; off <= 2; off++) {
        struct gap_log g;
        gap_open(&g, parts, NULL, 0);
        assert_int_equal(
            woad_gap_ext_scan_start(g.h, &(struct woad_ext_scan_params){.duration_ms = 50}), 0);
        dbl_run(g.d, (woad_time)(50000 + off));
        (void)!woad_gap_scan_stop(g.h);
        gap_turn(&g);
        assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 1);
        assert_int_equal(gap_pending(&g), 0);
        gap_close(&g);
    }
}

/* woad_gap_scan_start() tells legacy advertisements as it always did, and no others. */
static void the_legacy_scanner_hears_legacy_advertisements(void **state)
{
    (void)state;
    struct gap_log g;
    static const uint8_t flags[] = {0x13, 0x15, 0x12, 0x10, 0x1b};
    gap_open(&g, parts, NULL, 0);
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), 0);
    gap_turn(&g);
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++)
        hear(&g, (struct adv){.who = 1, .flags = flags[i], .len = 31});
    hear(&g, (struct adv){.who = 1, .flags = 1, .len = 31});    /* extended */
    hear(&g, (struct adv){.who = 1, .flags = 0x17, .len = 31}); /* no such PDU */
    hear(&g, (struct adv){.who = 1, .flags = 0x13, .len = 32}); /* too long for one */
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_REPORT), 5);
    assert_int_equal(gap_events(&g, WOAD_EVT_EXT_REPORT), 0);
    gap_close(&g);
}

static void values_out_of_range(void **state)
{
    (void)state;
    static const struct woad_ext_scan_params bad[] = {
        {.filter = 4},
        {.phy_1m = {true, false, 3, 0}},
        {.phy_1m = {true, false, 96, 97}},
        {.phy_coded = {true, false, 96, 3}},
        {.period_1280ms = 1},
        {.period_1280ms = 1, .duration_ms = 1280},
        {.period_1280ms = 1000, .duration_ms = 655360},
    };
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(woad_gap_ext_scan_start(g.h, &bad[i]), WOAD_ERR_INVALID);
    gap_close(&g);
}

static void connecting_on_several_phys(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr peer = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc1}};
    struct woad_conn_params a = {.interval_min_1250us = 8}, b = {.interval_min_1250us = 40};
    gap_open(&g, parts, NULL, 0);
    assert_int_equal(woad_gap_ext_connect(g.h, &peer, &(struct woad_ext_conn_params){.phy_2m = &a}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_ext_connect(
                         g.h, &peer, &(struct woad_ext_conn_params){.phy_1m = &a, .phy_coded = &b}),
                     0);
    assert_int_equal(woad_gap_ext_connect(g.h, &peer, &(struct woad_ext_conn_params){.phy_1m = &a}),
                     WOAD_ERR_BUSY);
    gap_turn(&g);
    const struct gap_cmd *c = gap_cmd(&g, WOAD_HCI_CMD_LE_EXTENDED_CREATE_CONNECTION, 0);
    assert_int_equal(c->len, 10 + 2 * 16);
    assert_int_equal(c->params[9], 5);
    assert_int_equal(woad_get_u16(c->params + 14), 8);
    assert_int_equal(woad_get_u16(c->params + 30), 40);
    assert_int_equal(woad_gap_connect_cancel(g.h), 0);
    gap_turn(&g);
    dbl_run(g.d, 3000000); /* no event follows: time helps */
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_CANCELLED);
    assert_int_equal(woad_gap_connect(g.h, NULL, NULL), 0); /* by the list, on 1M again */
    gap_turn(&g);
    c = gap_cmd(&g, WOAD_HCI_CMD_LE_EXTENDED_CREATE_CONNECTION, 1);
    assert_int_equal(c->params[0], 1);
    assert_int_equal(c->params[9], 1);
    gap_close(&g);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 13 + i / 256);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_BROB_OBSV_BV_01_C),
        cmocka_unit_test(GAP_BROB_OBSV_BV_02_C),
        cmocka_unit_test(every_split_gives_the_same_report),
        cmocka_unit_test(chains_of_two_come_mixed),
        cmocka_unit_test(the_controller_gives_a_chain_up),
        cmocka_unit_test(longer_than_an_assembly_is_cut),
        cmocka_unit_test(a_flood_of_chains),
        cmocka_unit_test(a_dropped_fragment_makes_the_report_truncated),
        cmocka_unit_test(what_was_begun_before_a_stop_is_not_continued),
        cmocka_unit_test(hostile_reports),
        cmocka_unit_test(many_reports_in_one_event),
        cmocka_unit_test(duplicates_are_told_once),
        cmocka_unit_test(periods_are_the_controllers),
        cmocka_unit_test(a_duration_ends_it),
        cmocka_unit_test(the_legacy_scanner_hears_legacy_advertisements),
        cmocka_unit_test(values_out_of_range),
        cmocka_unit_test(connecting_on_several_phys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
