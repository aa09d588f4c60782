/* UUIDs: three lengths, one value. */
#include "test.h"
#include "woad/uuid.h"

static void short_equals_long(void **state)
{
    (void)state;
    struct woad_uuid u16 = woad_uuid16(0x180F), u32 = woad_uuid32(0x180F), u128, other;
    assert_int_equal(woad_uuid_parse("0000180F-0000-1000-8000-00805f9b34fb", &u128), 0);
    assert_int_equal(u128.len, 16);
    assert_true(woad_uuid_equal(&u16, &u32));
    assert_true(woad_uuid_equal(&u16, &u128));
    assert_true(woad_uuid_equal(&u128, &u32));
    other = woad_uuid16(0x180E);
    assert_false(woad_uuid_equal(&u16, &other));
    assert_false(woad_uuid_equal(&u128, &other));
    other = woad_uuid32(0x0001180F); /* the low half alone does not count */
    assert_false(woad_uuid_equal(&u16, &other));
    for (size_t i = 0; i < 16; i++) {
        other = u128;
        other.val[i] ^= 1;
        assert_false(woad_uuid_equal(&u128, &other));
        assert_false(woad_uuid_equal(&u16, &other));
    }
}

static void expand_and_shorten(void **state)
{
    (void)state;
    const uint8_t air[16] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80,
                             0x00, 0x10, 0x00, 0x00, 0x78, 0x56, 0x34, 0x12};
    struct woad_uuid uuid = woad_uuid32(0x12345678);
    struct woad_uuid full = woad_uuid_expand(&uuid);
    assert_int_equal(full.len, 16);
    assert_memory_equal(full.val, air, 16);
    struct woad_uuid back = woad_uuid_shorten(&full);
    assert_int_equal(back.len, 4);
    assert_true(woad_uuid_equal(&back, &uuid));
    uuid = woad_uuid32(0xFFFF);
    assert_int_equal(woad_uuid_shorten(&uuid).len, 2);
    full.val[0] ^= 1;
    assert_int_equal(woad_uuid_shorten(&full).len, 16);
}

static void octets(void **state)
{
    (void)state;
    struct woad_uuid uuid = woad_uuid16(7);
    const uint8_t air[16] = {0x0F, 0x18};
    for (size_t len = 0; len <= 16; len++)
        if (len != 2 && len != 4 && len != 16)
            assert_int_equal(woad_uuid_from_octets(&uuid, air, len), WOAD_ERR_FORMAT);
    assert_int_equal(uuid.val[0], 7);
    assert_int_equal(woad_uuid_from_octets(&uuid, air, 2), 0);
    struct woad_uuid want = woad_uuid16(0x180F);
    assert_true(woad_uuid_equal(&uuid, &want));
    assert_int_equal(woad_uuid_from_octets(&uuid, air, 16), 0);
    assert_false(woad_uuid_equal(&uuid, &want));
}

static void text_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {"180f", "12345678", "12345678-9abc-def0-0123-456789abcdef"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct woad_uuid uuid;
        char text[WOAD_UUID_STR_SIZE];
        assert_int_equal(woad_uuid_parse(texts[i], &uuid), 0);
        assert_ptr_equal(woad_uuid_format(&uuid, text), text);
        assert_string_equal(text, texts[i]);
    }
    struct woad_uuid uuid, want = woad_uuid16(0x180F);
    assert_int_equal(woad_uuid_parse("0x180F", &uuid), 0);
    assert_true(woad_uuid_equal(&uuid, &want));
}

static void bad_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "0x",
        "0x1",
        "18",
        "180",
        "180g",
        "180f0",
        "0x180f0",
        "123456789",
        "12345678-9abc-def0-0123-456789abcde",
        "12345678-9abc-def0-0123-456789abcdef0",
        "12345678+9abc-def0-0123-456789abcdef",
        "123456789-abc-def0-0123-456789abcdef",
        "123456789abcdef00123456789abcdef",
        "0x12345678-9abc-def0-0123-456789abcdef",
        "------------------------------------",
    };
    struct woad_uuid uuid = woad_uuid16(7);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(woad_uuid_parse(bad[i], &uuid), WOAD_ERR_FORMAT);
    assert_int_equal(uuid.val[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_equals_long),
        cmocka_unit_test(expand_and_shorten),
        cmocka_unit_test(octets),
        cmocka_unit_test(text_round_trip),
        cmocka_unit_test(bad_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
