/* The transform against its definition, for every size. */
#include "../lc3/support.h"

#include "lc3/dct4.h"

static void check(int rate, int us, int32_t bound, double allowed_rms)
{
    struct woad_lc3_config cfg = {(uint32_t)rate, (uint32_t)us, 0};
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(&cfg);
    int n = geo->samples;
    double in[480], error = 0;
    int32_t x[480];
    uint32_t seed = 1;

    for (int k = 0; k < n; k++) {
        x[k] = (int32_t)(test_random(&seed) % (2 * (uint32_t)bound)) - bound;
        in[k] = x[k];
    }
    woad_lc3_dct4(geo, x);
    for (int i = 0; i < n; i++) {
        double y = 0;
        for (int k = 0; k < n; k++) {
            y += in[k] * cos(CORPUS_PI / n * (k + 0.5) * (i + 0.5));
        }
        y = ldexp(y, -woad_lc3_dct4_shift(geo));
        error += (y - x[i]) * (y - x[i]);
    }
    assert_true(sqrt(error / n) < allowed_rms);
}

static void matches_definition(void **state)
{
    (void)state;
    for (int i = 0; i < RATE_COUNT; i++) {
        check(test_rates[i], 7500, 1 << 26, 2.5);
        check(test_rates[i], 10000, 1 << 26, 2.5);
        check(test_rates[i], 10000, 100, 2.5);
    }
}

/* The input with the largest sum: every product of the same sign at output 0. */
static void does_not_overflow(void **state)
{
    (void)state;
    for (int i = 0; i < RATE_COUNT; i++) {
        for (int us = 7500; us <= 10000; us += 2500) {
            struct woad_lc3_config cfg = {(uint32_t)test_rates[i], (uint32_t)us, 0};
            const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(&cfg);
            int32_t x[480];

            for (int target = 0; target < geo->samples; target += 7) {
                double sum = 0;
                for (int k = 0; k < geo->samples; k++) {
                    double c = cos(CORPUS_PI / geo->samples * (k + 0.5) * (target + 0.5));
                    x[k] = c > 0 ? (1 << 26) - 1 : -(1 << 26) + 1;
                    sum += fabs(c) * ((1 << 26) - 1);
                }
                woad_lc3_dct4(geo, x);
                sum = ldexp(sum, -woad_lc3_dct4_shift(geo));
                assert_true(fabs(x[target] - sum) < 64);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_definition),
        cmocka_unit_test(does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
