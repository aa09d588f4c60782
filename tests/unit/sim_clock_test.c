/* Clocks of devices: offset, drift, change of drift; tasks at their times. */
#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

static void world_is_the_inverse_of_local(void **state)
{
    (void)state;
    uint64_t rng = 1;
    for (unsigned i = 0; i < 200000; i++) {
        struct sim_clock clock = {.base_world = woad_sim_rng_next(&rng) >> 20,
                                  .base_local = woad_sim_rng_next(&rng) >> 20,
                                  .ppb = (int32_t)woad_sim_rng_below(&rng, 1000001) - 500000};
        uint64_t local = clock.base_local + (woad_sim_rng_next(&rng) >> (4 + i % 50));
        woad_sim_time world = woad_sim_clock_world(&clock, local);
        assert_true(woad_sim_clock_local(&clock, world) >= local);
        assert_true(world == clock.base_world || woad_sim_clock_local(&clock, world - 1) < local);
    }
}

static void drift_is_exact_over_a_year(void **state)
{
    (void)state;
    struct sim_clock clock = {.ppb = 500000};
    const woad_sim_time year = WOAD_SIM_S(365ull * 86400);
    assert_true(woad_sim_clock_local(&clock, year) == year + year / 2000);
    clock.ppb = -20000;
    assert_true(woad_sim_clock_local(&clock, year) == year - year / 50000);
}

static void change_of_drift_keeps_the_time_shown(void **state)
{
    (void)state;
    struct sim_clock clock = {.ppb = 100000, .base_local = 5};
    uint64_t before = woad_sim_clock_local(&clock, WOAD_SIM_S(10));
    woad_sim_clock_set_ppb(&clock, WOAD_SIM_S(10), -100000);
    assert_true(woad_sim_clock_local(&clock, WOAD_SIM_S(10)) == before);
    assert_true(woad_sim_clock_local(&clock, WOAD_SIM_S(20)) ==
                before + WOAD_SIM_S(10) - WOAD_SIM_MS(1));
}

/* A packet at 1 s by the sender's fast clock, heard by a slow one. */
static void radios_keep_their_own_time(void **state)
{
    (void)state;
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    struct fix_radio a, b;
    fix_init(&a, sim, &(struct woad_sim_dev_cfg){.sleep_ppm = 500});
    fix_init(&b, sim, &(struct woad_sim_dev_cfg){.sleep_ppm = -500, .clock_offset_us = 77});
    fix_tx(&a, 1000000, 0);
    fix_rx(&b, 990000, 0);
    fix_timer(&a, 100);
    fix_timer(&b, 200);
    woad_sim_run_until(sim, WOAD_SIM_S(2));
    assert_int_equal(fix_event(&a, 0)->start_us, 1000000);
    /* world time 1 s / 1.0005, by a clock of 0.9995 */
    assert_in_range(fix_event(&b, 0)->start_us, 77 + 999000, 77 + 999001);
    assert_int_equal(a.radio.caps.sleep_clock_ppm, 500);
    assert_int_equal(b.radio.caps.sleep_clock_ppm, 500);
    woad_sim_free(sim);
}

/* The receiver that opens when the window widening says so hears the sender at the limit of the
 * drift, and 10 % beyond it does not. */
static void widening_covers_the_limit_and_no_more(void **state)
{
    (void)state;
    for (unsigned beyond = 0; beyond < 2; beyond++) {
        struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
        struct fix_radio a, b;
        double ppm = beyond ? 55 : 50;
        fix_init(&a, sim, &(struct woad_sim_dev_cfg){.sleep_ppm = ppm});
        fix_init(&b, sim, &(struct woad_sim_dev_cfg){.sleep_ppm = -ppm});
        const woad_time s4 = 4000000;
        const uint32_t widening_us = 400; /* 100 ppm of 4 s */
        fix_tx(&a, s4, 0);
        fix_rx(&b, s4 - widening_us, 2 * widening_us);
        fix_timer(&a, 100);
        fix_timer(&b, 100);
        woad_sim_run_until(sim, WOAD_SIM_S(5));
        assert_int_equal(fix_event(&b, 0)->type,
                         beyond ? WOAD_RADIO_RX_TIMEOUT : WOAD_RADIO_RX_END);
        woad_sim_free(sim);
    }
}

/* T_IFS runs on the active clock. */
static void answers_follow_the_active_clock(void **state)
{
    (void)state;
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    struct fix_radio a, b;
    fix_init(&a, sim, &(struct woad_sim_dev_cfg){0});
    fix_init(&b, sim, &(struct woad_sim_dev_cfg){.active_ppm = 50, .sleep_ppm = 500});
    fix_tx(&a, 1000, 0);
    fix_ifs(fix_rx(&a, 0, 100), 20000);
    fix_rx(&b, 900, 200);
    fix_ifs(fix_tx(&b, 0, 0), 20000);
    fix_timer(&a, 100);
    fix_timer(&b, 100);
    woad_sim_run_until(sim, WOAD_SIM_MS(50));
    assert_int_equal(fix_event(&a, 1)->start_us, 1080 + 20001);
    woad_sim_free(sim);
}

struct pump {
    struct woad_sim_task *task;
    woad_time next_us, ran_us[8];
    unsigned count;
};

static woad_time pump_run(void *arg, woad_time now_us)
{
    struct pump *p = arg;
    if (p->count < 8)
        p->ran_us[p->count++] = now_us;
    woad_time next = p->next_us;
    p->next_us = WOAD_TIME_NEVER;
    return next;
}

static void task_runs_at_deadline_and_at_wake(void **state)
{
    (void)state;
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    struct woad_sim_dev *dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){.sleep_ppm = 100});
    struct pump p = {.next_us = 100000};
    p.task = woad_sim_task_add(dev, pump_run, &p);
    woad_sim_run_until(sim, WOAD_SIM_MS(50));
    assert_int_equal(p.count, 1); /* once at the start */
    woad_sim_task_wake(p.task);
    woad_sim_task_wake(p.task);
    p.next_us = 100000;
    woad_sim_run_until(sim, WOAD_SIM_MS(50));
    assert_int_equal(p.count, 2); /* at once, and once for two wakes */
    assert_int_equal(p.ran_us[1], 50005);
    woad_sim_run_until(sim, WOAD_SIM_S(1));
    assert_int_equal(p.count, 3);
    assert_int_equal(p.ran_us[2], 100000);
    woad_sim_free(sim);
}

static void late_deadline_does_not_stop_time(void **state)
{
    (void)state;
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    struct woad_sim_dev *dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){0});
    struct pump p = {0};
    p.task = woad_sim_task_add(dev, pump_run, &p);
    woad_sim_run_until(sim, WOAD_SIM_MS(1));
    assert_int_equal(p.count, 2);
    assert_int_equal(p.ran_us[1], 1);
    woad_sim_free(sim);
}

static void latency_puts_runs_off(void **state)
{
    (void)state;
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 9});
    struct woad_sim_dev *dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){0});
    struct pump p = {.next_us = WOAD_TIME_NEVER};
    p.task = woad_sim_task_add(dev, pump_run, &p);
    woad_sim_run_until(sim, 0);
    woad_sim_task_latency(p.task, 300);
    unsigned late = 0;
    for (unsigned i = 0; i < 200; i++) {
        woad_sim_run_until(sim, WOAD_SIM_MS(i + 1));
        p.count = 0;
        woad_sim_task_wake(p.task);
        woad_sim_run_until(sim, WOAD_SIM_MS(i + 1) + WOAD_SIM_US(301));
        assert_int_equal(p.count, 1);
        assert_in_range(p.ran_us[0] - (i + 1) * 1000, 0, 300);
        late += p.ran_us[0] - (i + 1) * 1000 > 150;
    }
    assert_in_range(late, 60, 140);
    woad_sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(world_is_the_inverse_of_local),
        cmocka_unit_test(drift_is_exact_over_a_year),
        cmocka_unit_test(change_of_drift_keeps_the_time_shown),
        cmocka_unit_test(radios_keep_their_own_time),
        cmocka_unit_test(widening_covers_the_limit_and_no_more),
        cmocka_unit_test(answers_follow_the_active_clock),
        cmocka_unit_test(task_runs_at_deadline_and_at_wake),
        cmocka_unit_test(late_deadline_does_not_stop_time),
        cmocka_unit_test(latency_puts_runs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
