/* Device addresses as text. */
#include "test.h"
#include "woad/addr.h"

static void round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "C0:FF:EE:00:00:01/public",
        "C0:FF:EE:00:00:01/random",
        "00:00:00:00:00:00/public-id",
        "FF:FF:FF:FF:FF:FF/random-id",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct woad_addr addr;
        char text[WOAD_ADDR_STR_SIZE];
        assert_int_equal(woad_addr_parse(texts[i], &addr), 0);
        assert_int_equal(addr.type, i);
        assert_ptr_equal(woad_addr_format(&addr, text), text);
        assert_string_equal(text, texts[i]);
    }
}

static void octet_order(void **state)
{
    (void)state;
    struct woad_addr addr;
    assert_int_equal(woad_addr_parse("c0:fF:ee:00:02:01", &addr), 0);
    const uint8_t want[6] = {0x01, 0x02, 0x00, 0xEE, 0xFF, 0xC0};
    assert_memory_equal(addr.val, want, 6);
    assert_int_equal(addr.type, WOAD_ADDR_PUBLIC);
}

static void bad_text_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "C",
        "C0",
        "C0:",
        "C0:FF:EE:00:00",
        "C0:FF:EE:00:00:",
        "C0:FF:EE:00:00:0",
        "C0:FF:EE:00:00:0G",
        "C0-FF-EE-00-00-01",
        "C0:FF:EE:00:00:011",
        "C0:FF:EE:00:00:01/",
        "C0:FF:EE:00:00:01/rand",
        "C0:FF:EE:00:00:01/randomly",
        "C0:FF:EE:00:00:01 ",
        "C0FFEE000001",
        ":C0:FF:EE:00:00:01",
        "C0:FF:EE:00:00:01:02",
        "C0:FF:EE:00:00:01/PUBLIC",
    };
    const struct woad_addr before = {.type = 9, .val = {1, 2, 3, 4, 5, 6}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct woad_addr addr = before;
        assert_int_equal(woad_addr_parse(bad[i], &addr), WOAD_ERR_FORMAT);
        assert_true(woad_addr_equal(&addr, &before));
    }
}

static void unknown_type_fits(void **state)
{
    (void)state;
    char text[WOAD_ADDR_STR_SIZE];
    const struct woad_addr addr = {.type = 200, .val = {0}};
    assert_string_equal(woad_addr_format(&addr, text), "00:00:00:00:00:00/?");
}

static void equality(void **state)
{
    (void)state;
    struct woad_addr a = {.type = 1, .val = {1}}, b = a;
    assert_true(woad_addr_equal(&a, &b));
    b.type = 0;
    assert_false(woad_addr_equal(&a, &b));
    b = a;
    b.val[5] = 1;
    assert_false(woad_addr_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),        cmocka_unit_test(octet_order),
        cmocka_unit_test(unknown_type_fits), cmocka_unit_test(bad_text_changes_nothing),
        cmocka_unit_test(equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
