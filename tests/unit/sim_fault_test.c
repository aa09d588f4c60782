/* Faults happen when the plan says, to whom it says, and end. */
#include "sim_fixture.h"

struct world {
    struct woad_sim *sim;
    struct fix_radio a, b;
    unsigned runs, host_runs, power_cycles;
    woad_time last_run_us;
};

static woad_time run(void *arg, woad_time now_us)
{
    struct world *w = arg;
    w->runs++;
    w->last_run_us = now_us;
    return now_us + 1000;
}

static woad_time run_host(void *arg, woad_time now_us)
{
    struct world *w = arg;
    w->host_runs++;
    return now_us + 1000;
}

static void power_cycled(void *arg)
{
    struct world *w = arg;
    w->power_cycles++;
}

static const struct woad_radio_op *evt_a(void *arg, const struct woad_radio_evt *evt,
                                         woad_time now_us)
{
    struct world *w = arg;
    return fix_evt(&w->a, evt, now_us);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    fix_init(&w->a, w->sim, &(struct woad_sim_dev_cfg){0});
    fix_init(&w->b, w->sim, &(struct woad_sim_dev_cfg){0});
    woad_sim_set_sink(w->a.dev,
                      &(struct woad_sim_sink){.evt = evt_a, .power_cycle = power_cycled, .arg = w});
    woad_sim_task_add(w->a.dev, run, w);
    woad_sim_task_set_host(woad_sim_task_add(w->a.dev, run_host, w));
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

static void plan(struct world *w, enum woad_sim_fault_kind kind, int32_t value)
{
    const struct woad_sim_fault fault = {.kind = (uint8_t)kind,
                                         .at = WOAD_SIM_MS(10),
                                         .duration = WOAD_SIM_MS(10),
                                         .dev = 0,
                                         .value = value};
    assert_int_equal(woad_sim_fault_add(w->sim, &fault), 0);
}

static void mute_controller_stands_still_and_goes_on(void **state)
{
    struct world *w = *state;
    plan(w, WOAD_SIM_FAULT_MUTE, 0);
    woad_sim_run_until(w->sim, WOAD_SIM_US(19500));
    assert_in_range(w->runs, 10, 11);
    assert_in_range(w->host_runs, 20, 20);
    woad_sim_run_until(w->sim, WOAD_SIM_US(29500));
    assert_in_range(w->runs, 20, 21);
    assert_int_equal(w->power_cycles, 0);
}

static void power_cut_truncates_and_silences(void **state)
{
    struct world *w = *state;
    plan(w, WOAD_SIM_FAULT_POWER_CUT, 0);
    fix_tx(&w->a, 9000, 200);
    fix_rx(&w->b, 8900, 0);
    fix_timer(&w->a, 100);
    fix_timer(&w->b, 100);
    woad_sim_run_until(w->sim, WOAD_SIM_US(15000));
    fix_timer(&w->a, 16000); /* has no power */
    woad_sim_run_until(w->sim, WOAD_SIM_US(19500));
    assert_int_equal(w->power_cycles, 1);
    assert_null(fix_event(&w->a, 0));
    assert_false(fix_event(&w->b, 0)->crc_ok);
    assert_int_equal(w->a.evt_count, 1);
    assert_in_range(w->runs, 10, 11);
    woad_sim_run_until(w->sim, WOAD_SIM_US(20010));
    assert_int_equal(w->last_run_us, 20000); /* starts again by itself */
    fix_timer(&w->a, 21000);
    woad_sim_run_until(w->sim, WOAD_SIM_US(29500));
    assert_int_equal(w->a.evt_count, 2);
}

static void reset_is_over_at_once(void **state)
{
    struct world *w = *state;
    plan(w, WOAD_SIM_FAULT_RESET, 0);
    fix_timer(&w->a, 15000);
    woad_sim_run_until(w->sim, WOAD_SIM_US(19500));
    assert_int_equal(w->power_cycles, 1);
    assert_int_equal(w->a.evt_count, 0);
    assert_in_range(w->runs, 20, 21);
    fix_timer(&w->a, 19800);
    woad_sim_power_cycle(w->a.dev);
    fix_timer(&w->a, 19900);
    woad_sim_run_until(w->sim, WOAD_SIM_US(29500));
    assert_int_equal(w->power_cycles, 2);
    assert_int_equal(w->a.evt_count, 1);
}

static void drift_moves_what_is_armed(void **state)
{
    struct world *w = *state;
    plan(w, WOAD_SIM_FAULT_DRIFT, 500);
    fix_timer(&w->a, 1010000);
    fix_tx(&w->b, 1010000, 0);
    fix_timer(&w->b, 5000);
    const struct woad_sim_fault fault = {
        .kind = WOAD_SIM_FAULT_DRIFT, .at = WOAD_SIM_MS(10), .dev = 1, .value = -500};
    assert_int_equal(woad_sim_fault_add(w->sim, &fault), 0);
    /* a is fast: its timer comes 1 s / 1.0005 after 10 ms */
    woad_sim_run_until(w->sim, WOAD_SIM_US(10000 + 999490));
    assert_int_equal(w->a.evt_count, 0);
    woad_sim_run_until(w->sim, WOAD_SIM_US(10000 + 999510));
    assert_int_equal(w->a.evt_count, 1);
    struct woad_sim_stats stats;
    woad_sim_run_until(w->sim, WOAD_SIM_US(10000 + 1000490));
    woad_sim_get_stats(w->sim, &stats);
    assert_int_equal(stats.packets, 0);
    woad_sim_run_until(w->sim, WOAD_SIM_US(10000 + 1000510));
    woad_sim_get_stats(w->sim, &stats);
    assert_int_equal(stats.packets, 1);
}

static void delay_makes_timers_late(void **state)
{
    struct world *w = *state;
    plan(w, WOAD_SIM_FAULT_DELAY, 5000);
    unsigned late = 0;
    for (unsigned i = 0; i < 9; i++) {
        woad_sim_run_until(w->sim, WOAD_SIM_MS(11 + i));
        w->a.evt_count = 0;
        fix_timer(&w->a, 11100 + 1000 * i);
        woad_sim_run_until(w->sim, WOAD_SIM_MS(11 + i) + WOAD_SIM_US(110));
        late += w->a.evt_count == 0;
    }
    assert_in_range(late, 6, 9);
}

static unsigned heard(struct world *w, woad_time from_us)
{
    unsigned n = 0;
    for (unsigned i = 0; i < 40; i++) {
        w->a.op_count = w->a.op_next = w->b.op_count = w->b.op_next = 0;
        w->b.evt_count = 0;
        fix_tx(&w->a, from_us + 200, 0);
        fix_rx(&w->b, from_us + 190, 20);
        fix_timer(&w->a, from_us);
        fix_timer(&w->b, from_us);
        from_us += 500;
        woad_sim_run_until(w->sim, WOAD_SIM_US(from_us - 50));
        n += fix_event(&w->b, 0)->type == WOAD_RADIO_RX_END && fix_event(&w->b, 0)->crc_ok;
    }
    return n;
}

static void loss_lasts_its_duration(void **state)
{
    struct world *w = *state;
    const struct woad_sim_fault fault = {.kind = WOAD_SIM_FAULT_LOSS,
                                         .at = WOAD_SIM_MS(30),
                                         .duration = WOAD_SIM_MS(20),
                                         .dev = WOAD_SIM_ALL,
                                         .value = 1000};
    assert_int_equal(woad_sim_fault_add(w->sim, &fault), 0);
    assert_int_equal(heard(w, 1000), 40);
    assert_int_equal(heard(w, 30001), 0);
    assert_int_equal(heard(w, 60000), 40);
}

static void random_plan_is_the_seeds(void **state)
{
    uint64_t hashes[3];
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1 + i / 2});
        for (unsigned k = 0; k < 5; k++)
            woad_sim_add(sim, &(struct woad_sim_dev_cfg){0});
        const struct woad_sim_fault_mix mix = {.from = WOAD_SIM_MS(1),
                                               .to = WOAD_SIM_S(3600),
                                               .duration_max = WOAD_SIM_S(1),
                                               .count = {10, 10, 10, 10, 10, 10},
                                               .value_max = {1000, 1000, 500, 0, 0, 0}};
        assert_int_equal(woad_sim_fault_random(sim, &mix), 0);
        woad_sim_run_until(sim, WOAD_SIM_S(3600));
        assert_true(woad_sim_next(sim) == UINT64_MAX);
        hashes[i] = woad_sim_hash(sim);
        woad_sim_free(sim);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
}

static void nonsense_is_refused(void **state)
{
    struct world *w = *state;
    woad_sim_run_until(w->sim, WOAD_SIM_MS(5));
    const struct woad_sim_fault bad[] = {
        {.kind = WOAD_SIM_FAULT_KINDS, .at = WOAD_SIM_MS(10)},
        {.kind = WOAD_SIM_FAULT_RESET, .at = WOAD_SIM_MS(4)},
        {.kind = WOAD_SIM_FAULT_RESET, .at = WOAD_SIM_MS(10), .dev = 2},
        {.kind = WOAD_SIM_FAULT_LOSS, .at = WOAD_SIM_MS(10), .value = 1001},
        {.kind = WOAD_SIM_FAULT_DRIFT, .at = WOAD_SIM_MS(10), .value = -501},
        {.kind = WOAD_SIM_FAULT_DELAY, .at = WOAD_SIM_MS(10), .value = -1},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(woad_sim_fault_add(w->sim, &bad[i]), WOAD_ERR_INVALID);
    struct woad_sim_fault_mix mix = {.from = WOAD_SIM_MS(10), .to = WOAD_SIM_MS(9)};
    assert_int_equal(woad_sim_fault_random(w->sim, &mix), WOAD_ERR_INVALID);
    mix.to = WOAD_SIM_S(1);
    mix.value_max[WOAD_SIM_FAULT_DRIFT] = 501;
    assert_int_equal(woad_sim_fault_random(w->sim, &mix), WOAD_ERR_INVALID);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(mute_controller_stands_still_and_goes_on),
        test(power_cut_truncates_and_silences),
        test(reset_is_over_at_once),
        test(drift_moves_what_is_armed),
        test(delay_makes_timers_late),
        test(loss_lasts_its_duration),
        test(random_plan_is_the_seeds),
        test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
