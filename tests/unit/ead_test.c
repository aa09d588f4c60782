/* Encrypted advertising data: the sample data of the specification, and what must be refused. */
#include "test.h"
#include "woad/crypto.h"
#include "woad/ead.h"

/* [CSS, Part A, 2.3]: sets 1 and 2 share key, IV and clear data. */
static const struct woad_ead_material sample = {{0x57, 0xA9, 0xDA, 0x12, 0xD1, 0x2E, 0x6E, 0x13,
                                                 0x1E, 0x20, 0x61, 0x2A, 0xD1, 0x0A, 0x6A, 0x19},
                                                {0x9E, 0x7A, 0x00, 0xEF, 0xB1, 0x7A, 0xE7, 0x46}};
static const uint8_t sample_clear[] = {0x0F, 0x09, 'S', 'h', 'o', 'r', 't',  ' ',  'M',  'i',
                                       'n',  'i',  '-', 'B', 'u', 's', 0x03, 0x19, 0x0A, 0x8C};
static const uint8_t sample_value[2][29] = {
    {0x18, 0xE1, 0x57, 0xCA, 0xDE, 0x74, 0xE4, 0xDC, 0xAF, 0xDC, 0x51, 0xC7, 0x28, 0x28, 0x10,
     0xC2, 0x21, 0x7F, 0x0E, 0x4C, 0xEF, 0x43, 0x43, 0x18, 0x1F, 0xBA, 0x00, 0x69, 0xCC},
    {0x8D, 0x1C, 0x97, 0x6E, 0x7A, 0x35, 0x44, 0x40, 0x76, 0x12, 0x57, 0x88, 0xC2, 0x38, 0xA5,
     0x8E, 0x8B, 0xD9, 0xCF, 0xF0, 0xDE, 0xFE, 0x25, 0x1A, 0x8E, 0x72, 0x75, 0x45, 0x4C}};

static int set_up(void **state)
{
    (void)state;
    return woad_crypto_init();
}

static void sample_data(void **state)
{
    (void)state;
    uint8_t value[29], clear[20];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            woad_ead_encrypt(&sample, sample_value[i], sample_clear, sizeof(sample_clear), value),
            0);
        assert_memory_equal(value, sample_value[i], sizeof(value));
        assert_int_equal(
            woad_ead_decrypt(&sample, sample_value[i], sizeof(value), clear, sizeof(clear)), 20);
        assert_memory_equal(clear, sample_clear, sizeof(clear));
    }
}

static void any_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t clear[20], zero[20] = {0};
    for (size_t bit = 0; bit < 29 * 8; bit++) {
        uint8_t value[29];
        memcpy(value, sample_value[0], sizeof(value));
        value[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(clear, 0xAA, sizeof(clear));
        assert_int_equal(woad_ead_decrypt(&sample, value, sizeof(value), clear, sizeof(clear)),
                         WOAD_ERR_SECURITY);
        assert_memory_equal(clear, zero, sizeof(zero));
    }
    struct woad_ead_material other = sample;
    other.iv[7] ^= 0x80;
    assert_int_equal(woad_ead_decrypt(&other, sample_value[0], 29, clear, sizeof(clear)),
                     WOAD_ERR_SECURITY);
}

static void lengths(void **state)
{
    (void)state;
    uint8_t clear[WOAD_EAD_CLEAR_MAX + 1] = {1, 2, 3}, value[WOAD_AD_VALUE_MAX + 1], back[300];
    for (size_t len = 0; len <= WOAD_EAD_CLEAR_MAX; len++) {
        assert_int_equal(woad_ead_encrypt(&sample, sample_value[1], clear, len, value), 0);
        assert_int_equal(woad_ead_decrypt(&sample, value, len + 9, back, len), (int)len);
        assert_memory_equal(back, clear, len);
        if (len)
            assert_int_equal(woad_ead_decrypt(&sample, value, len + 9, back, len - 1),
                             WOAD_ERR_TOO_LONG);
    }
    assert_int_equal(woad_ead_encrypt(&sample, sample_value[1], clear, sizeof(clear), value),
                     WOAD_ERR_TOO_LONG);
    for (size_t len = 0; len < 9; len++)
        assert_int_equal(woad_ead_decrypt(&sample, value, len, back, sizeof(back)),
                         WOAD_ERR_FORMAT);
    assert_int_equal(woad_ead_decrypt(&sample, value, 255, back, sizeof(back)), WOAD_ERR_FORMAT);
}

/* GAP/ADV/BV-20-C, -21, GAP/SCN/BV-01-C. Through the builder: a fresh Randomizer each time, found and read by the other side. */
static void added_fields_are_fresh(void **state)
{
    (void)state;
    struct woad_ead_material material;
    uint8_t seen[64][5], clear[64];
    assert_int_equal(woad_ead_generate(&material), 0);
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        uint8_t data[60];
        struct woad_ad ad = woad_ad_init(data, sizeof(data));
        struct woad_ad_field f;
        assert_int_equal(woad_ad_flags(&ad, 6), 0);
        assert_int_equal(woad_ead_add(&ad, &material, sample_clear, sizeof(sample_clear)), 0);
        assert_int_equal(woad_ad_check(data, ad.len, NULL), 0);
        assert_true(woad_ad_get(data, ad.len, WOAD_AD_ENCRYPTED, &f));
        memcpy(seen[i], f.data, 5);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(seen[k], seen[i], 5);
        assert_int_equal(woad_ead_decrypt(&material, f.data, f.len, clear, sizeof(clear)), 20);
        assert_memory_equal(clear, sample_clear, 20);
    }
}

static void an_error_appends_nothing(void **state)
{
    (void)state;
    uint8_t data[31];
    struct woad_ad ad = woad_ad_init(data, 30);
    assert_int_equal(woad_ead_add(&ad, &sample, sample_clear, 20), WOAD_ERR_TOO_LONG);
    assert_int_equal(ad.len, 0);
    assert_int_equal(woad_ad_len(&ad), WOAD_ERR_TOO_LONG);
    ad = woad_ad_init(data, 31);
    assert_int_equal(woad_ead_add(&ad, &sample, sample_clear, 20), 0);
    assert_int_equal(woad_ad_len(&ad), 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_data),
        cmocka_unit_test(any_changed_bit_is_refused),
        cmocka_unit_test(lengths),
        cmocka_unit_test(added_fields_are_fresh),
        cmocka_unit_test(an_error_appends_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
