/* The same seed gives the same events, to the bit, on any machine and compiler. */
#include "sim_crowd.h"

enum { ADVERTISERS = 60, SCANNERS = 5 };

struct result {
    uint64_t hash;
    struct woad_sim_stats stats;
};

/* Advertisers on all PHYs at all distances, drifting, with faults; steps of step_ns. */
static struct result play(uint64_t seed, bool capture, woad_sim_time step_ns)
{
    static struct advertiser a[ADVERTISERS];
    static struct scanner s[SCANNERS];
    struct woad_sim *sim =
        woad_sim_new(&(struct woad_sim_cfg){.seed = seed, .loss_permille = 20, .fading_db = 3});
    memset(a, 0, sizeof(a));
    memset(s, 0, sizeof(s));
    for (unsigned i = 0; i < ADVERTISERS; i++) {
        const struct woad_sim_dev_cfg cfg = {.x_m = i * 30.0,
                                             .y_m = i % 7 * 11.5,
                                             .sleep_ppm = (int)i % 11 * 40.0 - 200,
                                             .tx_power_dbm = (int8_t)(i % 9)};
        advertiser_init(&a[i], sim, &cfg, 10000 + i * 100);
        a[i].op.phy = (uint8_t)(1 + i % 4);
        a[i].op.channel = (uint8_t)(5 + i % 3);
        a[i].op.tx_power_dbm = 8;
    }
    for (unsigned i = 0; i < SCANNERS; i++)
        scanner_init(&s[i], sim, (uint8_t)(1 + i % 4), (uint8_t)(5 + i % 3));
    const struct woad_sim_fault_mix mix = {.to = WOAD_SIM_S(5),
                                           .duration_max = WOAD_SIM_S(1),
                                           .count = {5, 5, 20, 2, 2, 2},
                                           .value_max = {500, 100, 500}};
    assert_int_equal(woad_sim_fault_random(sim, &mix), 0);
    if (capture)
        assert_int_equal(woad_sim_capture_open(sim, "/dev/null"), 0);
    for (woad_sim_time t = step_ns; t < WOAD_SIM_S(5); t += step_ns)
        woad_sim_run_until(sim, t);
    woad_sim_run_until(sim, WOAD_SIM_S(5));
    struct result r = {.hash = woad_sim_hash(sim)};
    woad_sim_get_stats(sim, &r.stats);
    woad_sim_free(sim);
    return r;
}

static void same_seed_same_hash(void **state)
{
    (void)state;
    struct result a = play(1, false, WOAD_SIM_S(1));
    struct result b = play(1, false, WOAD_SIM_S(1));
    assert_true(a.hash == b.hash);
    assert_memory_equal(&a.stats, &b.stats, sizeof(a.stats));
    /* the run is one in which much happens */
    assert_true(a.stats.packets > 10000);
    assert_true(a.stats.receptions > 1000);
    assert_true(a.stats.crc_errors > 500);
}

static void different_seed_different_hash(void **state)
{
    (void)state;
    assert_true(play(1, false, WOAD_SIM_S(1)).hash != play(2, false, WOAD_SIM_S(1)).hash);
}

static void looking_changes_nothing(void **state)
{
    (void)state;
    assert_true(play(3, true, WOAD_SIM_US(70)).hash == play(3, false, WOAD_SIM_S(1)).hash);
}

/* Compiled once for all: a change of the model changes this number, a change of the machine or the
 * compiler must not. */
static void hash_is_the_same_everywhere(void **state)
{
    (void)state;
    assert_true(play(1, false, WOAD_SIM_S(1)).hash == 0x19e46cbc8b800d3bu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_hash),
        cmocka_unit_test(different_seed_different_hash),
        cmocka_unit_test(looking_changes_nothing),
        cmocka_unit_test(hash_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
