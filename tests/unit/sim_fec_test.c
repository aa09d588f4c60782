/* The coding of LE Coded. There is no published sample packet: the encoded address, the code's
 * impulse response and its free distance are what can be checked, and the decoder's gain is
 * measured. */
#include <math.h>

#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

/* The coded bits of an S2 block: one symbol each. */
static const char *coded_text(const uint8_t *octets, uint32_t bits)
{
    static char text[256];
    uint8_t symbols[64];
    woad_sim_fec_encode(octets, bits, 2, symbols);
    for (uint32_t i = 0; i < 2 * bits; i++)
        text[i] = symbols[i >> 3] >> (i & 7) & 1 ? '1' : '0';
    text[2 * bits] = 0;
    return text;
}

static void impulse_response_is_the_codes(void **state)
{
    const uint8_t one[] = {0x01};
    (void)state;
    assert_string_equal(coded_text(one, 4), "11101111");
}

static void address_block_is_coded_as_computed_elsewhere(void **state)
{
    const uint8_t block[] = {0xd6, 0xbe, 0x89, 0x8e, 0x00};
    (void)state;
    assert_string_equal(coded_text(block, 37),
                        "00110101110100100111101001011011100100001011111110001010100011111011"
                        "110000");
}

static void s8_maps_coded_bits_to_patterns(void **state)
{
    const uint8_t one[] = {0x01};
    uint8_t symbols[4];
    (void)state;
    woad_sim_fec_encode(one, 4, 8, symbols);
    /* coded 11 10 11 11; 1 -> 1100, 0 -> 0011, first symbol in bit 0 */
    const uint8_t want[] = {0x33, 0xc3, 0x33, 0x33};
    assert_memory_equal(symbols, want, 4);
}

/* Every pattern of up to 2 wrong symbols in S2 must be repaired: the free distance is 6. */
static void two_wrong_symbols_are_always_repaired(void **state)
{
    const uint8_t sent[4] = {0xa5, 0x3c, 0x01, 0x00};
    uint8_t symbols[8], got[4];
    (void)state;
    for (unsigned a = 0; a < 54; a++) {
        for (unsigned b = 0; b < 54; b++) {
            woad_sim_fec_encode(sent, 27, 2, symbols);
            symbols[a >> 3] ^= (uint8_t)(1u << (a & 7));
            if (b != a)
                symbols[b >> 3] ^= (uint8_t)(1u << (b & 7));
            woad_sim_fec_decode(symbols, 27, 2, got);
            assert_memory_equal(sent, got, 4);
        }
    }
}

/* Weight of the lightest code word: a difference of 6 symbols and no less. */
static void free_distance_is_6(void **state)
{
    unsigned lightest = 99;
    (void)state;
    for (unsigned v = 1; v < 1024; v++) {
        const uint8_t word[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
        const char *text = coded_text(word, 13);
        unsigned weight = 0;
        for (const char *p = text; *p; p++)
            weight += *p == '1';
        lightest = weight < lightest ? weight : lightest;
    }
    assert_int_equal(lightest, 6);
}

static double decoded_ber(unsigned s, double p)
{
    uint64_t rng = 7;
    uint8_t sent[64], got[64], symbols[600];
    unsigned wrong = 0;
    const unsigned bits = 500, rounds = 1000;
    for (unsigned round = 0; round < rounds; round++) {
        memset(sent, 0, sizeof(sent));
        for (unsigned i = 0; i < 62; i++)
            sent[i] = (uint8_t)woad_sim_rng_next(&rng);
        woad_sim_fec_encode(sent, bits, s, symbols);
        for (unsigned i = 0; i < bits * s; i++) {
            if ((double)woad_sim_rng_below(&rng, 1u << 31) < p * 2147483648.0)
                symbols[i >> 3] ^= (uint8_t)(1u << (i & 7));
        }
        woad_sim_fec_decode(symbols, bits, s, got);
        for (unsigned i = 0; i < 480; i++)
            wrong += (sent[i >> 3] ^ got[i >> 3]) >> (i & 7) & 1;
    }
    return wrong / (480.0 * rounds);
}

static double raw_ber(double margin_db)
{
    return 0.5 * exp(-log(500) * pow(10, margin_db / 10));
}

/* The gains that signal.c builds its sensitivities on. */
static void decoder_gains_what_the_sensitivities_assume(void **state)
{
    (void)state;
    double s8 = decoded_ber(8, raw_ber(-7.69)), s2 = decoded_ber(2, raw_ber(-3.40));
    assert_true(s8 > 0.7e-3 && s8 < 1.4e-3);
    assert_true(s2 > 0.7e-3 && s2 < 1.4e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impulse_response_is_the_codes),
        cmocka_unit_test(address_block_is_coded_as_computed_elsewhere),
        cmocka_unit_test(s8_maps_coded_bits_to_patterns),
        cmocka_unit_test(two_wrong_symbols_are_always_repaired),
        cmocka_unit_test(free_distance_is_6),
        cmocka_unit_test(decoder_gains_what_the_sensitivities_assume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
