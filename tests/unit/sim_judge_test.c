/* The checkers of the air: they find a wrong responder and a wrong anchor, and let good ones be. */
#include <stdio.h>

#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

struct world {
    struct woad_sim *sim;
    struct fix_radio a, b;
    char text[160];
};

static void on_report(void *arg, woad_sim_time at, const char *text)
{
    struct world *w = arg;
    (void)at;
    snprintf(w->text, sizeof(w->text), "%s", text);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    woad_sim_set_report(w->sim, on_report, w);
    fix_init(&w->a, w->sim, &(struct woad_sim_dev_cfg){0});
    fix_init(&w->b, w->sim, &(struct woad_sim_dev_cfg){0});
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    woad_sim_free(w->sim);
    free(w);
    return 0;
}

static struct woad_sim_stats run(struct world *w)
{
    struct woad_sim_stats stats;
    fix_timer(&w->a, 100);
    fix_timer(&w->b, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_S(4));
    woad_sim_get_stats(w->sim, &stats);
    return stats;
}

static void data_answer(struct world *w, uint16_t ifs_us, unsigned violations)
{
    fix_tx(&w->a, 1000, 27);
    fix_rx(&w->b, 990, 20);
    fix_ifs(fix_tx(&w->b, 0, 0), ifs_us);
    struct woad_sim_stats stats = run(w);
    assert_int_equal(stats.packets, 2);
    assert_int_equal(stats.ifs_violations, violations);
    assert_int_equal(w->text[0] != 0, violations);
}

static void answer_after_148_us_is_good(void **state)
{
    data_answer(*state, 148, 0);
}

static void answer_after_152_us_is_good(void **state)
{
    data_answer(*state, 152, 0);
}

static void answer_after_147_us_is_flagged(void **state)
{
    data_answer(*state, 147, 1);
}

static void answer_after_153_us_is_flagged(void **state)
{
    data_answer(*state, 153, 1);
}

/* Advertising channel packets. */

static const uint8_t addr_a[6] = {1, 2, 3, 4, 5, 0xc6}, addr_b[6] = {9, 2, 3, 4, 5, 0xc6};

static struct woad_radio_op *adv(struct woad_radio_op *op, uint8_t type, const uint8_t *first,
                                 const uint8_t *second, unsigned len)
{
    op->access_address = SIM_ADV_AA;
    op->crc_init = 0x555555;
    op->channel = 37;
    if (op->kind == WOAD_RADIO_TX) {
        op->pdu[0] = type;
        op->pdu[1] = (uint8_t)len;
        op->pdu_len = (uint16_t)(2 + len);
        memcpy(op->pdu + 2, first, 6);
        if (second)
            memcpy(op->pdu + 8, second, 6);
    }
    return op;
}

/* a advertises, b asks after ifs_b, a answers after ifs_a. */
static struct woad_sim_stats scan(struct world *w, uint16_t ifs_b, uint16_t ifs_a)
{
    adv(fix_tx(&w->a, 1000, 6), 0, addr_a, NULL, 6);
    adv(fix_ifs(fix_rx(&w->a, 0, 20), 150), 0, addr_a, NULL, 0);
    adv(fix_ifs(fix_tx(&w->a, 0, 6), ifs_a), 4, addr_a, NULL, 6);
    adv(fix_rx(&w->b, 900, 0), 0, addr_a, NULL, 0);
    adv(fix_ifs(fix_tx(&w->b, 0, 12), ifs_b), 3, addr_b, addr_a, 12);
    struct woad_sim_stats stats = run(w);
    assert_int_equal(stats.packets, 3);
    return stats;
}

static void scan_exchange_in_time_is_good(void **state)
{
    assert_int_equal(scan(*state, 150, 150).ifs_violations, 0);
}

static void late_scan_request_is_flagged(void **state)
{
    assert_int_equal(scan(*state, 155, 150).ifs_violations, 1);
}

static void late_scan_response_is_flagged(void **state)
{
    assert_int_equal(scan(*state, 150, 155).ifs_violations, 1);
}

/* Connections: b connects to a at 1 ms (352 us later the window delay of 1.25 ms begins). */

enum { CONN_END_US = 1000 + 352, WINDOW_US = CONN_END_US + 1250 + 2 * 1250 };

static void connect(struct world *w)
{
    struct woad_radio_op *op = adv(fix_tx(&w->b, 1000, 34), 5, addr_b, addr_a, 34);
    const uint8_t ll_data[22] = {FIX_AA & 0xff,
                                 FIX_AA >> 8 & 0xff,
                                 FIX_AA >> 16 & 0xff,
                                 FIX_AA >> 24,
                                 0x56,
                                 0x34,
                                 0x12,
                                 2, /* WinSize 2.5 ms */
                                 2,
                                 0, /* WinOffset 2.5 ms */
                                 24,
                                 0, /* Interval 30 ms */
                                 0,
                                 0,
                                 100,
                                 0,
                                 0xff,
                                 0xff,
                                 0xff,
                                 0xff,
                                 0x1f,
                                 5 | 5 << 5}; /* SCA 50 ppm */
    memcpy(op->pdu + 14, ll_data, 22);
}

/* Events of b, by their times; the CONNECT_IND answers nothing, which is one T_IFS violation that
 * does not matter here. */
static struct woad_sim_stats events(struct world *w, const woad_time *at_us, unsigned count)
{
    connect(w);
    for (unsigned i = 0; i < count; i++)
        fix_tx(&w->b, at_us[i], 0)->channel = (uint8_t)(i % 2);
    return run(w);
}

static void anchors_on_the_grid_are_good(void **state)
{
    const woad_time at[] = {WINDOW_US + 2500, WINDOW_US + 32500, WINDOW_US + 32500 + 90000};
    struct woad_sim_stats stats = events(*state, at, 3);
    assert_int_equal(stats.packets, 4);
    assert_int_equal(stats.anchor_violations, 0);
}

static void first_event_before_the_window_is_flagged(void **state)
{
    const woad_time at[] = {WINDOW_US - 20};
    assert_int_equal(events(*state, at, 1).anchor_violations, 1);
}

static void first_event_after_the_window_is_flagged(void **state)
{
    const woad_time at[] = {WINDOW_US + 2500 + 20};
    assert_int_equal(events(*state, at, 1).anchor_violations, 1);
}

/* 16 us and 50 ppm: after 30 ms 17 us may be off, 19 may not. */
static void anchor_beside_the_grid_is_flagged(void **state)
{
    const woad_time good[] = {WINDOW_US, WINDOW_US + 30017};
    assert_int_equal(events(*state, good, 2).anchor_violations, 0);
    teardown(state);
    setup(state);
    const woad_time bad[] = {WINDOW_US, WINDOW_US + 30019};
    assert_int_equal(events(*state, bad, 2).anchor_violations, 1);
}

static void declared_accuracy_must_hold(void **state)
{
    const woad_time at[] = {WINDOW_US, WINDOW_US + 30000 * 100};
    struct world *w = *state;
    woad_sim_clock_set_ppb(&w->b.dev->clock, 0, 40000);
    assert_int_equal(events(w, at, 2).anchor_violations, 0);
    teardown(state);
    setup(state);
    w = *state;
    woad_sim_clock_set_ppb(&w->b.dev->clock, 0, 60000);
    assert_int_equal(events(w, at, 2).anchor_violations, 1);
}

/* LL_CONNECTION_UPDATE_IND in event 0: from the instant on, 7.5 ms. */
static struct woad_sim_stats update(struct world *w, woad_time after_us)
{
    connect(w);
    struct woad_radio_op *op = fix_tx(&w->b, WINDOW_US, 12);
    const uint8_t ind[12] = {0x00, 1, 2, 0, 6, 0, 0, 0, 100, 0, 6, 0}; /* instant 6 */
    op->pdu[0] = 0x03;
    memcpy(op->pdu + 2, ind, 12);
    const woad_time at[] = {WINDOW_US + 30000, WINDOW_US + 90000,
                            /* the instant, WinOffset 2.5 ms, WinSize 1.25 ms */
                            WINDOW_US + 180000 + after_us, WINDOW_US + 180000 + after_us + 7500,
                            WINDOW_US + 180000 + after_us + 75000};
    for (unsigned i = 0; i < 5; i++)
        fix_tx(&w->b, at[i], 0)->channel = (uint8_t)(i % 2);
    return run(w);
}

static void update_moves_the_grid(void **state)
{
    assert_int_equal(update(*state, 2500 + 1000).anchor_violations, 0);
}

static void update_beside_its_window_is_flagged(void **state)
{
    assert_int_equal(update(*state, 2500 + 1300).anchor_violations, 1);
}

/* The last packet of an event and the next event may lie close together on one channel. */
static void event_that_follows_at_once_is_no_answer(void **state)
{
    struct world *w = *state;
    const uint64_t anchor2 = WINDOW_US + 30000;
    connect(w);
    fix_tx(&w->b, WINDOW_US, 0)->channel = 3;
    fix_tx(&w->b, anchor2, 0)->channel = 3;
    fix_tx(&w->a, anchor2 - 100 - 80, 0)->channel = 3;
    struct woad_sim_stats stats = run(w);
    assert_int_equal(stats.anchor_violations, 0);
    assert_int_equal(stats.ifs_violations, 2); /* the CONNECT_IND, and a out of turn; not b */
}

/* In an encrypted link with events at at_us, all on one channel, each of them but the first close
 * behind a packet of the peripheral. */
static struct woad_sim_stats close_events(struct world *w, const uint64_t at_us[4])
{
    connect(w);
    struct woad_radio_op *op = fix_tx(&w->b, WINDOW_US, 1);
    op->pdu[0] = 0x03;
    op->pdu[2] = 0x05; /* LL_START_ENC_REQ */
    for (unsigned i = 0; i < 4; i++) {
        fix_tx(&w->b, at_us[i], 0)->channel = 3;
        if (i)
            fix_tx(&w->a, at_us[i] - 400 - 80, 0)->channel = 3;
    }
    return run(w);
}

/* An update that nobody can read: the first event of the new interval is believed when the second
 * confirms it, and neither is taken for an answer. */
static void unread_update_is_no_late_answer(void **state)
{
    const uint64_t at[] = {WINDOW_US + 30000, WINDOW_US + 60000, WINDOW_US + 67500,
                           WINDOW_US + 75000};
    struct woad_sim_stats stats = close_events(*state, at);
    assert_int_equal(stats.anchor_violations, 0);
    assert_int_equal(stats.ifs_violations, 1 + 3); /* the CONNECT_IND, and a out of turn */
}

static void late_answer_in_an_encrypted_link_is_flagged(void **state)
{
    const uint64_t at[] = {WINDOW_US + 30000, WINDOW_US + 60000, WINDOW_US + 60900,
                           WINDOW_US + 90000};
    assert_int_equal(close_events(*state, at).ifs_violations, 1 + 3 + 1);
}

/* An attacker's packet is not judged and moves nothing. */
static void phantoms_are_not_judged(void **state)
{
    struct world *w = *state;
    const uint8_t octets[] = {0x01, 0x00, 0x48, 0xdc, 0x8a};
    const struct woad_sim_inject in = {.start = WOAD_SIM_US(WINDOW_US + 5000),
                                       .octets = octets,
                                       .len = 5,
                                       .access_address = FIX_AA,
                                       .phy = WOAD_PHY_1M};
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    const woad_time at[] = {WINDOW_US, WINDOW_US + 30000};
    struct woad_sim_stats stats = events(w, at, 2);
    assert_int_equal(stats.anchor_violations, 0);
    assert_int_equal(stats.ifs_violations, 1);
}

/* A phantom that connects: its packets set the time for the device's answers. */
static struct woad_sim_stats attack(struct world *w, uint16_t ifs_us)
{
    connect(w);
    uint8_t ind[39];
    memcpy(ind, w->b.ops[0].pdu, 36);
    w->b.op_count = 0;
    const uint8_t octets[] = {0x01, 0x00, 0x48, 0xdc, 0x8a};
    struct woad_sim_inject in = {.start = WOAD_SIM_US(1000),
                                 .octets = ind,
                                 .len = sizeof(ind),
                                 .access_address = SIM_ADV_AA,
                                 .phy = WOAD_PHY_1M,
                                 .channel = 37};
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    in.start = WOAD_SIM_US(WINDOW_US);
    in.octets = octets;
    in.len = sizeof(octets);
    in.access_address = FIX_AA;
    in.channel = 7;
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    fix_rx(&w->a, WINDOW_US - 20, 50);
    fix_ifs(fix_tx(&w->a, 0, 0), ifs_us);
    struct woad_sim_stats stats = run(w);
    assert_int_equal(stats.packets, 3);
    return stats;
}

static void answers_to_a_phantom_central_are_judged(void **state)
{
    assert_int_equal(attack(*state, 150).ifs_violations, 0);
    teardown(state);
    setup(state);
    assert_int_equal(attack(*state, 160).ifs_violations, 1);
}

static void phantom_cannot_take_a_link_over(void **state)
{
    struct world *w = *state;
    connect(w);
    uint8_t ind[39];
    memcpy(ind, w->b.ops[0].pdu, 36);
    ind[2 + 12 + 10] = 12; /* another interval */
    const struct woad_sim_inject in = {.start = WOAD_SIM_US(WINDOW_US + 1000),
                                       .octets = ind,
                                       .len = sizeof(ind),
                                       .access_address = SIM_ADV_AA,
                                       .phy = WOAD_PHY_1M,
                                       .channel = 38};
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    fix_tx(&w->b, WINDOW_US, 0)->channel = 1;
    fix_tx(&w->b, WINDOW_US + 30000, 0)->channel = 2;
    assert_int_equal(run(w).anchor_violations, 0);
}

static void links_are_forgotten_when_silent(void **state)
{
    struct world *w = *state;
    for (uint32_t i = 1; i <= 100000; i++) {
        w->sim->now += WOAD_SIM_MS(10);
        woad_sim_links_get(w->sim, i * 2654435761u);
    }
    assert_true(w->sim->links.size <= 65536);
    assert_true(w->sim->links.count >= 4000);
    /* all of the last 40 s are there */
    uint32_t count = w->sim->links.count;
    for (uint32_t i = 96010; i <= 100000; i++)
        assert_int_equal(woad_sim_links_get(w->sim, i * 2654435761u)->access_address,
                         i * 2654435761u);
    assert_int_equal(w->sim->links.count, count);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(answer_after_148_us_is_good),
        test(answer_after_152_us_is_good),
        test(answer_after_147_us_is_flagged),
        test(answer_after_153_us_is_flagged),
        test(scan_exchange_in_time_is_good),
        test(late_scan_request_is_flagged),
        test(late_scan_response_is_flagged),
        test(anchors_on_the_grid_are_good),
        test(first_event_before_the_window_is_flagged),
        test(first_event_after_the_window_is_flagged),
        test(anchor_beside_the_grid_is_flagged),
        test(declared_accuracy_must_hold),
        test(update_moves_the_grid),
        test(update_beside_its_window_is_flagged),
        test(event_that_follows_at_once_is_no_answer),
        test(unread_update_is_no_late_answer),
        test(late_answer_in_an_encrypted_link_is_flagged),
        test(phantoms_are_not_judged),
        test(answers_to_a_phantom_central_are_judged),
        test(phantom_cannot_take_a_link_over),
        test(links_are_forgotten_when_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
