/* Channel selection against sample data [Vol 6, Part C, 3], and the rules for access addresses. */
#include "test.h"

#include "ll/ll_priv.h"

static void test_csa2(void **state)
{
    (void)state;
    static const struct {
        uint16_t event;
        uint64_t map;
        uint8_t channel;
    } rows[] = {
        {0, 0x1fffffffff, 25}, {1, 0x1fffffffff, 20}, {2, 0x1fffffffff, 6},  {3, 0x1fffffffff, 21},
        {6, 0x1e00e00600, 23}, {7, 0x1e00e00600, 9},  {8, 0x1e00e00600, 34},
    };
    uint16_t id = woad_ll_csa_channel_id(0x8e89bed6);
    assert_int_equal(id, 0x305f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(woad_ll_csa2(rows[i].map, id, rows[i].event), rows[i].channel);
}

static void test_csa1(void **state)
{
    (void)state;
    static const struct {
        uint8_t hop;
        uint64_t map;
        uint8_t channels[40];
    } rows[] = {
        {5, 0x1fffffffff, {5,  10, 15, 20, 25, 30, 35, 3,  8, 13, 18, 23, 28, 33,
                           1,  6,  11, 16, 21, 26, 31, 36, 4, 9,  14, 19, 24, 29,
                           34, 2,  7,  12, 17, 22, 27, 32, 0, 5,  10, 15}},
        {7, 0x1e00e00600, {35, 33, 21, 10, 35, 33, 22, 10, 36, 33, 22, 10, 36, 34,
                           23, 10, 36, 34, 22, 21, 36, 34, 23, 21, 9,  34, 23, 21,
                           9,  35, 33, 21, 9,  35, 23, 22, 9,  35, 33, 21}},
        {16, 0x0000000003, {0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0,
                            1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (uint32_t n = 0; n < 40; n++)
            assert_int_equal(woad_ll_csa1(rows[i].map, rows[i].hop, n), rows[i].channels[n]);
    }
}

/* The sequence does not restart when connEventCount wraps. */
static void test_csa1_wrap(void **state)
{
    (void)state;
    uint8_t before = woad_ll_csa1(LL_CHANNELS_ALL, 7, 65535),
            after = woad_ll_csa1(LL_CHANNELS_ALL, 7, 65536);
    assert_int_equal(after, (before + 7) % 37);
}

static void test_only_used_channels(void **state)
{
    (void)state;
    uint32_t seed = 77;
    for (int i = 0; i < 20000; i++) {
        uint64_t map = ((uint64_t)test_rand(&seed) << 32 | test_rand(&seed)) & LL_CHANNELS_ALL;
        if (woad_ll_csa_count(map) < 2)
            continue;
        uint32_t n = test_rand(&seed);
        assert_true(map >> woad_ll_csa1(map, (uint8_t)(5 + n % 12), n) & 1);
        assert_true(map >> woad_ll_csa2(map, (uint16_t)(n >> 16), (uint16_t)n) & 1);
    }
}

/* [Vol 6, Part B, 2.1.2] */
static void test_access_address(void **state)
{
    (void)state;
    static const uint32_t bad[] = {
        0x8e89bed6, /* that of advertising */
        0x8e89bed7, /* one bit from it */
        0x71717171, /* four equal octets */
        0x7f000000, /* more than six equal bits */
        0xfe764129, /* no two changes in the first six bits */
        0x55555555, /* more than 24 changes */
    };
    assert_true(woad_ll_access_address_ok(0x71764129));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(woad_ll_access_address_ok(bad[i]));
}

/* 100 ppm in all make 16.75 us at 7.5 ms and 416 us at 4 s, 1000 ppm 4016 us at 4 s; whole
 * microseconds, upward. */
static void test_widening(void **state)
{
    (void)state;
    assert_int_equal(woad_ll_widening_us(100, 7500), 17);
    assert_int_equal(woad_ll_widening_us(100, 4000000), 416);
    assert_int_equal(woad_ll_widening_us(1000, 4000000), 4016);
    assert_int_equal(woad_ll_widening_us(0, 4000000), 16);
}

static void test_sleep_clock_accuracy(void **state)
{
    (void)state;
    static const uint16_t upper[8] = {500, 250, 150, 100, 75, 50, 30, 20};
    for (uint16_t ppm = 0; ppm <= 500; ppm++) {
        uint8_t sca = woad_ll_sca_of(ppm);
        assert_true(upper[sca] >= ppm);
        assert_true(sca == 7 || upper[sca + 1] < ppm);
        assert_int_equal(woad_ll_sca_ppm(sca), upper[sca]);
    }
}

/* What fits into connEffectiveMaxTxTime, MIC included. */
static void test_time_octets(void **state)
{
    (void)state;
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_1M, 328), 27 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_1M, 2120), 251 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_2M, 328), 71);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_2M, 1064), 251 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_CODED_S8, 17040), 251 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_CODED_S8, 2704), 27 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_CODED_S8, 328), 0);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_CODED_S2, 4542), 251 + 4);
    assert_int_equal(woad_ll_time_octets(WOAD_PHY_CODED_S2, 328), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csa2),
        cmocka_unit_test(test_csa1),
        cmocka_unit_test(test_csa1_wrap),
        cmocka_unit_test(test_only_used_channels),
        cmocka_unit_test(test_access_address),
        cmocka_unit_test(test_widening),
        cmocka_unit_test(test_sleep_clock_accuracy),
        cmocka_unit_test(test_time_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
