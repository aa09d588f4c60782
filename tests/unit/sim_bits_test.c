/* CRC, whitening, frequencies and air times against the specification's sample data and values
 * computed by an independent implementation. */
#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

struct crc_row {
    uint32_t init;
    const char *pdu, *crc;
};

static const struct crc_row crc_rows[] = {
    {0x555555, "00177e0100d0220002010603020d1806ff6b00031654020a00", "955f14"},
    {0x555555, "0000", "1db538"},
    {0x555555, "420cc1a2a3a4a5a6c1a2a3a4a5a6", "fd3545"},
    {0x123456, "0100", "48dc8a"},
    {0x123456, "0d00", "3dd78a"},
    {0xabcdef, "020401020304", "b8cc9f"},
    {0x000001,
     "fefb000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2"
     "c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a"
     "5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687888"
     "98a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7"
     "b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e"
     "6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fa",
     "b92f9c"},
};

/* The first 16 octets of the keystream, by channel. */
static const char *const keystreams[40] = {
    "40b2bcc31f374a5f85f69c9ac1d6c544", "8940b2bcc31f374a5f85f69c9ac1d6c5",
    "d257a13da766b0753111489677f8e346", "1ba5af427b4ecd60eb6222902ceff0c7",
    "6479873f6e94be0aed393583ad8b8940", "ad8b8940b2bcc31f374a5f85f69c9ac1",
    "f69c9ac1d6c5442059dee18f1ba5af42", "3f6e94be0aed393583ad8b8940b2bcc3",
    "0824cb3bfc71a3f45568cfa9196c5d4c", "c1d6c5442059dee18f1ba5af427b4ecd",
    "9ac1d6c5442059dee18f1ba5af427b4e", "5333d8ba980824cb3bfc71a3f45568cf",
    "2ceff0c78dd257a13da766b075311148", "e51dfeb851fa2ab4e7d40cb62e2602c9",
    "be0aed393583ad8b8940b2bcc31f374a", "77f8e346e9abd09e5333d8ba980824cb",
    "d09e5333d8ba980824cb3bfc71a3f455", "196c5d4c0492e51dfeb851fa2ab4e7d4",
    "427b4ecd60eb6222902ceff0c78dd257", "8b8940b2bcc31f374a5f85f69c9ac1d6",
    "f45568cfa9196c5d4c0492e51dfeb851", "3da766b0753111489677f8e346e9abd0",
    "66b0753111489677f8e346e9abd09e53", "af427b4ecd60eb6222902ceff0c78dd2",
    "980824cb3bfc71a3f45568cfa9196c5d", "51fa2ab4e7d40cb62e2602c9f20e7fdc",
    "0aed393583ad8b8940b2bcc31f374a5f", "c31f374a5f85f69c9ac1d6c5442059de",
    "bcc31f374a5f85f69c9ac1d6c5442059", "753111489677f8e346e9abd09e5333d8",
    "2e2602c9f20e7fdc287d15da736a065b", "e7d40cb62e2602c9f20e7fdc287d15da",
    "60eb6222902ceff0c78dd257a13da766", "a9196c5d4c0492e51dfeb851fa2ab4e7",
    "f20e7fdc287d15da736a065b17138164", "3bfc71a3f45568cfa9196c5d4c0492e5",
    "442059dee18f1ba5af427b4ecd60eb62", "8dd257a13da766b0753111489677f8e3",
    "d6c5442059dee18f1ba5af427b4ecd60", "1f374a5f85f69c9ac1d6c5442059dee1",
};

static const uint16_t mhz[40] = {
    2404, 2406, 2408, 2410, 2412, 2414, 2416, 2418, 2420, 2422, 2424, 2428, 2430, 2432,
    2434, 2436, 2438, 2440, 2442, 2444, 2446, 2448, 2450, 2452, 2454, 2456, 2458, 2460,
    2462, 2464, 2466, 2468, 2470, 2472, 2474, 2476, 2478, 2402, 2426, 2480,
};

struct air_row {
    uint16_t payload;
    bool encrypted;
    uint16_t us[5]; /* by enum woad_phy */
};

static const struct air_row air_rows[] = {
    {0, false, {0, 80, 44, 720, 462}},          {0, true, {0, 80, 44, 720, 462}},
    {1, false, {0, 88, 48, 784, 478}},          {1, true, {0, 120, 64, 1040, 542}},
    {6, false, {0, 128, 68, 1104, 558}},        {6, true, {0, 160, 84, 1360, 622}},
    {12, false, {0, 176, 92, 1488, 654}},       {12, true, {0, 208, 108, 1744, 718}},
    {27, false, {0, 296, 152, 2448, 894}},      {27, true, {0, 328, 168, 2704, 958}},
    {34, false, {0, 352, 180, 2896, 1006}},     {34, true, {0, 384, 196, 3152, 1070}},
    {37, false, {0, 376, 192, 3088, 1054}},     {37, true, {0, 408, 208, 3344, 1118}},
    {100, false, {0, 880, 444, 7120, 2062}},    {100, true, {0, 912, 460, 7376, 2126}},
    {155, false, {0, 1320, 664, 10640, 2942}},  {155, true, {0, 1352, 680, 10896, 3006}},
    {251, false, {0, 2088, 1048, 16784, 4478}}, {251, true, {0, 2120, 1064, 17040, 4542}},
    {255, false, {0, 2120, 1064, 17040, 4542}}, {255, true, {0, 2152, 1080, 17296, 4606}},
};

static size_t from_hex(const char *hex, uint8_t *to)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        to[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void crc_matches_sample_data(void **state)
{
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    (void)state;
    for (size_t i = 0; i < sizeof(crc_rows) / sizeof(crc_rows[0]); i++) {
        uint8_t pdu[260], crc[4];
        size_t len = from_hex(crc_rows[i].pdu, pdu);
        assert_int_equal(from_hex(crc_rows[i].crc, crc), 3);
        uint32_t got = woad_sim_bits_crc(sim, crc_rows[i].init, pdu, len);
        assert_int_equal(got, crc[0] | crc[1] << 8 | crc[2] << 16);
        memcpy(pdu + len, crc, 3);
        assert_true(woad_sim_bits_crc_good(sim, crc_rows[i].init, pdu, len));
        pdu[len / 2] ^= 0x10;
        assert_false(woad_sim_bits_crc_good(sim, crc_rows[i].init, pdu, len));
    }
    woad_sim_free(sim);
}

static void keystream_matches_sample_data(void **state)
{
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){0});
    (void)state;
    for (uint8_t channel = 0; channel < 40; channel++) {
        uint8_t zero[SIM_OCTETS_ROOM] = {0}, got[SIM_OCTETS_ROOM], want[16];
        assert_int_equal(from_hex(keystreams[channel], want), 16);
        woad_sim_bits_whiten(sim, channel, got, zero, 16);
        assert_memory_equal(got, want, 16);
        /* the register has 127 states: the stream repeats after 127 bits */
        woad_sim_bits_whiten(sim, channel, got, zero, SIM_OCTETS_MAX);
        for (unsigned bit = 0; bit + 127 < SIM_OCTETS_MAX * 8; bit++)
            assert_int_equal(got[bit >> 3] >> (bit & 7) & 1,
                             got[(bit + 127) >> 3] >> ((bit + 127) & 7) & 1);
    }
    woad_sim_free(sim);
}

static void channels_lie_where_they_should(void **state)
{
    (void)state;
    for (uint8_t channel = 0; channel < 40; channel++)
        assert_int_equal(2402 + 2 * woad_sim_rf_of(channel), mhz[channel]);
}

static void air_times_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(air_rows) / sizeof(air_rows[0]); i++) {
        const struct air_row *row = &air_rows[i];
        uint32_t len = 2u + row->payload + (row->encrypted && row->payload ? 4u : 0u);
        for (uint8_t phy = WOAD_PHY_1M; phy <= WOAD_PHY_CODED_S2; phy++)
            assert_int_equal(woad_phy_air_us(phy, len), row->us[phy]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_matches_sample_data),
        cmocka_unit_test(keystream_matches_sample_data),
        cmocka_unit_test(channels_lie_where_they_should),
        cmocka_unit_test(air_times_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
