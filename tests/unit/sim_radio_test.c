/* The contract of woad/radio.h, rule by rule, between two scripted radios. */
#include "sim_fixture.h"

struct world {
    struct woad_sim *sim;
    struct fix_radio a, b;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    fix_init(&w->a, w->sim, &(struct woad_sim_dev_cfg){0});
    fix_init(&w->b, w->sim, &(struct woad_sim_dev_cfg){.clock_offset_us = 1000000});
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

#define B(t) ((t) + 1000000) /* a time of a on the clock of b */

static void start(struct world *w)
{
    fix_timer(&w->a, 100);
    fix_timer(&w->b, B(100));
    woad_sim_run_until(w->sim, WOAD_SIM_MS(20));
}

static void packet_arrives_with_its_octets_and_times(void **state)
{
    struct world *w = *state;
    const struct woad_radio_op *tx = fix_tx(&w->a, 1000, 27);
    const struct woad_radio_op *rx = fix_rx(&w->b, B(900), 200);
    start(w);
    const struct woad_radio_evt *sent = fix_event(&w->a, 0);
    assert_int_equal(sent->type, WOAD_RADIO_TX_END);
    assert_int_equal(sent->start_us, 1000);
    assert_int_equal(sent->end_us, 1296);
    const struct woad_radio_evt *got = fix_event(&w->b, 0);
    assert_int_equal(got->type, WOAD_RADIO_RX_END);
    assert_true(got->crc_ok);
    assert_int_equal(got->start_us, B(1000));
    assert_int_equal(got->end_us, B(1296));
    assert_int_equal(got->pdu_len, 29);
    assert_memory_equal(rx->pdu, tx->pdu, 29);
    assert_null(fix_event(&w->a, 1));
    assert_null(fix_event(&w->b, 1));
}

static void answer_comes_t_ifs_after_the_packet(void **state)
{
    struct world *w = *state;
    fix_tx(&w->a, 1000, 0);
    fix_ifs(fix_rx(&w->a, 0, 4), 150);
    fix_rx(&w->b, B(990), 20);
    fix_ifs(fix_tx(&w->b, 0, 0), 150);
    start(w);
    const struct woad_radio_evt *got = fix_event(&w->a, 1);
    assert_int_equal(got->type, WOAD_RADIO_RX_END);
    assert_int_equal(got->start_us, 1000 + 80 + 150);
    assert_true(got->crc_ok);
}

static void new_operation_replaces_the_old_one_without_event(void **state)
{
    struct world *w = *state;
    fix_rx(&w->a, 1000, 0);
    fix_rx(&w->a, 3000, 50);
    fix_timer(&w->a, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_US(2000));
    fix_timer(&w->a, 2500);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(20));
    assert_int_equal(fix_event(&w->a, 0)->type, WOAD_RADIO_RX_TIMEOUT);
    assert_null(fix_event(&w->a, 1));
}

static void window_ends_in_one_timeout(void **state)
{
    struct world *w = *state;
    fix_rx(&w->a, 1000, 50);
    start(w);
    assert_int_equal(fix_event(&w->a, 0)->type, WOAD_RADIO_RX_TIMEOUT);
    assert_int_equal(w->a.evt_now_us[1], 1000 + 50 + 40);
    assert_null(fix_event(&w->a, 1));
}

static void access_address_must_end_inside_the_window(void **state)
{
    for (unsigned late = 0; late <= 1; late++) {
        struct world *w = *state;
        fix_rx(&w->b, B(1000), 50);
        fix_tx(&w->a, 1050 + late, 0);
        start(w);
        assert_int_equal(fix_event(&w->b, 0)->type,
                         late ? WOAD_RADIO_RX_TIMEOUT : WOAD_RADIO_RX_END);
        teardown(state);
        setup(state);
    }
}

static void receiver_must_be_open_before_the_packet(void **state)
{
    for (unsigned late = 0; late <= 1; late++) {
        struct world *w = *state;
        fix_rx(&w->b, B(1000 + late), 50);
        fix_tx(&w->a, 1000, 0);
        start(w);
        assert_int_equal(fix_event(&w->b, 0)->type,
                         late ? WOAD_RADIO_RX_TIMEOUT : WOAD_RADIO_RX_END);
        teardown(state);
        setup(state);
    }
}

static void late_operation_is_refused(void **state)
{
    for (unsigned late = 0; late <= 1; late++) {
        struct world *w = *state;
        fix_tx(&w->a, 100, 0);
        fix_tx(&w->a, 0, 0); /* answer to TX_END: long over */
        w->a.ops[1].start_us = 180 + 40 - late;
        fix_tx(&w->a, 0, 0);
        fix_timer(&w->a, 10);
        woad_sim_run_until(w->sim, WOAD_SIM_MS(20));
        assert_int_equal(fix_event(&w->a, 0)->type, WOAD_RADIO_TX_END);
        assert_int_equal(fix_event(&w->a, 1)->type, late ? WOAD_RADIO_LATE : WOAD_RADIO_TX_END);
        teardown(state);
        setup(state);
    }
}

static void abort_causes_no_event_and_cuts_the_packet(void **state)
{
    struct world *w = *state;
    fix_tx(&w->a, 1000, 100);
    fix_rx(&w->b, B(900), 200);
    fix_timer(&w->a, 100);
    fix_timer(&w->b, B(100));
    woad_sim_run_until(w->sim, WOAD_SIM_US(1400));
    w->a.radio.ops->abort(w->a.radio.ctx);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(20));
    assert_null(fix_event(&w->a, 0));
    assert_int_equal(fix_event(&w->b, 0)->type, WOAD_RADIO_RX_END);
    assert_false(fix_event(&w->b, 0)->crc_ok);
    struct woad_sim_stats stats;
    woad_sim_get_stats(w->sim, &stats);
    assert_int_equal(stats.truncated, 1);
}

static void wrong_address_channel_or_phy_is_not_heard(void **state)
{
    for (unsigned i = 0; i < 3; i++) {
        struct world *w = *state;
        fix_tx(&w->a, 1000, 10);
        struct woad_radio_op *rx = fix_rx(&w->b, B(900), 200);
        if (i == 0)
            rx->access_address ^= 1;
        if (i == 1)
            rx->channel++;
        if (i == 2)
            rx->phy = WOAD_PHY_2M;
        start(w);
        assert_int_equal(fix_event(&w->b, 0)->type, WOAD_RADIO_RX_TIMEOUT);
        teardown(state);
        setup(state);
    }
}

static void packet_longer_than_the_buffer_is_bad(void **state)
{
    struct world *w = *state;
    fix_tx(&w->a, 1000, 27);
    fix_rx(&w->b, B(900), 200)->pdu_len = 20;
    start(w);
    const struct woad_radio_evt *got = fix_event(&w->b, 0);
    assert_false(got->crc_ok);
    assert_int_equal(got->pdu_len, 20);
    assert_int_equal(w->b.ops[0].pdu[20], 0);
}

static void wrong_crc_init_is_a_crc_error(void **state)
{
    struct world *w = *state;
    fix_tx(&w->a, 1000, 27);
    fix_rx(&w->b, B(900), 200)->crc_init = 0x123457;
    start(w);
    assert_false(fix_event(&w->b, 0)->crc_ok);
}

static void timer_fires_once_within_its_latency(void **state)
{
    struct world *w = *state;
    fix_timer(&w->a, 500);
    fix_timer(&w->a, 700); /* replaces */
    woad_sim_run_until(w->sim, WOAD_SIM_MS(20));
    assert_int_equal(w->a.evt_count, 1);
    assert_in_range(w->a.evt_now_us[0], 700, 700 + w->a.radio.caps.timer_latency_us);
    fix_timer(&w->a, 5); /* has passed */
    fix_timer(&w->b, B(30000));
    fix_timer(&w->b, WOAD_TIME_NEVER);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(60));
    assert_int_equal(w->a.evt_count, 2);
    assert_in_range(w->a.evt_now_us[1], 20000, 20010);
    assert_int_equal(w->b.evt_count, 0);
}

/* An interrupt that comes late leaves less time to arm the answer: it is right or refused, never
 * wrong. */
static void late_interrupt_makes_the_answer_late(void **state)
{
    struct world *w = *state;
    unsigned right = 0, late = 0;
    struct fix_radio c;
    fix_init(&c, w->sim, &(struct woad_sim_dev_cfg){.irq_latency_us = 200});
    for (unsigned i = 0; i < 200; i++) {
        woad_time at = 1000 + 1000 * i;
        w->a.op_count = w->a.op_next = w->a.evt_count = 0;
        c.op_count = c.op_next = c.evt_count = 0;
        fix_tx(&w->a, at, 0);
        fix_ifs(fix_rx(&w->a, 0, 20), 150);
        fix_rx(&c, at - 20, 50);
        fix_ifs(fix_tx(&c, 0, 0), 150);
        fix_timer(&w->a, at - 200);
        fix_timer(&c, at - 200);
        woad_sim_run_until(w->sim, WOAD_SIM_US(at + 700));
        const struct woad_radio_evt *got = fix_event(&w->a, 1);
        if (got->type == WOAD_RADIO_RX_END) {
            assert_int_equal(got->start_us, at + 80 + 150);
            assert_int_equal(fix_event(&c, 1)->type, WOAD_RADIO_TX_END);
            right++;
        } else {
            assert_int_equal(fix_event(&c, 1)->type, WOAD_RADIO_LATE);
            late++;
        }
    }
    /* in time up to 110 us of 200 */
    assert_in_range(right, 80, 140);
    assert_int_equal(right + late, 200);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(packet_arrives_with_its_octets_and_times),
        test(answer_comes_t_ifs_after_the_packet),
        test(new_operation_replaces_the_old_one_without_event),
        test(window_ends_in_one_timeout),
        test(access_address_must_end_inside_the_window),
        test(receiver_must_be_open_before_the_packet),
        test(late_operation_is_refused),
        test(abort_causes_no_event_and_cuts_the_packet),
        test(wrong_address_channel_or_phy_is_not_heard),
        test(packet_longer_than_the_buffer_is_bad),
        test(wrong_crc_init_is_a_crc_error),
        test(timer_fires_once_within_its_latency),
        test(late_interrupt_makes_the_answer_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
