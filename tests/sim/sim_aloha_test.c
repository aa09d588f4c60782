/* The medium against theory: unsynchronised advertisers and one scanner on one channel, where any
 * overlap destroys. Received per second: N / (interval + 5 ms) exp(-2 tau (N - 1) / (interval +
 * 5 ms)) with tau = 376 us, the air time of a full ADV packet. */
#include <math.h>

#include "sim_crowd.h"

static double received_per_s(unsigned advertisers, uint32_t interval_us, unsigned seconds)
{
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 11, .no_capture = true});
    struct scanner s = {0};
    struct advertiser *a = calloc(advertisers, sizeof(*a));
    scanner_init(&s, sim, WOAD_PHY_1M, 37);
    for (unsigned i = 0; i < advertisers; i++)
        advertiser_init(&a[i], sim, &(struct woad_sim_dev_cfg){0}, interval_us);
    woad_sim_run_until(sim, WOAD_SIM_S(seconds));
    woad_sim_free(sim);
    free(a);
    return (double)s.got / seconds;
}

static void cell(unsigned advertisers, uint32_t interval_us, double want)
{
    /* enough packets that chance is below 1 % */
    unsigned seconds = (unsigned)(20000 / want) + 20;
    double got = received_per_s(advertisers, interval_us, seconds);
    print_message("%u at %u ms: %.1f a second, theory %.1f\n", advertisers, interval_us / 1000, got,
                  want);
    assert_true(fabs(got - want) <= 0.05 * want);
}

static void advertisers_at_20_ms(void **state)
{
    (void)state;
    cell(1, 20000, 40.0);
    cell(10, 20000, 305.1);
    cell(30, 20000, 501.6);
    cell(100, 20000, 203.6);
}

static void advertisers_at_100_ms(void **state)
{
    (void)state;
    cell(1, 100000, 9.5);
    cell(10, 100000, 89.3);
    cell(30, 100000, 232.1);
    cell(100, 100000, 468.7);
    cell(300, 100000, 335.7);
}

static void advertisers_at_1000_ms(void **state)
{
    (void)state;
    cell(30, 1000000, 29.2);
    cell(100, 1000000, 92.4);
    cell(300, 1000000, 238.7);
    cell(1000, 1000000, 471.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advertisers_at_20_ms),
        cmocka_unit_test(advertisers_at_100_ms),
        cmocka_unit_test(advertisers_at_1000_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
