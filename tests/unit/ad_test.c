/* Advertising data: what is built, how it is shortened, what a reader and the checker make of it.
 */
#include "test.h"
#include "woad/ad.h"
#include "woad/fields.h"

/* GAP/ADV/BV-01-C, -02, -03, -05, -11: UUIDs, name, flags, power, appearance. */
static void a_legacy_advertisement(void **state)
{
    (void)state;
    static const uint8_t want[] = {2,    0x01, 6,    5,    0x03, 0x0F, 0x18, 0x0A, 0x18, 2,   0x0A,
                                   0xFC, 3,    0x19, 0x40, 3,    5,    0x09, 'w',  'o',  'a', 'd'};
    struct woad_uuid services[] = {woad_uuid16(0x180F), woad_uuid16(0x180A)};
    uint8_t data[31];
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    woad_ad_flags(&ad, WOAD_AD_GENERAL_DISCOVERABLE | WOAD_AD_NO_BREDR);
    woad_ad_uuids(&ad, services, 2);
    woad_ad_tx_power(&ad, -4);
    woad_ad_appearance(&ad, 0x0340);
    woad_ad_name(&ad, "woad");
    assert_int_equal(woad_ad_len(&ad), sizeof(want));
    assert_memory_equal(data, want, sizeof(want));
    assert_int_equal(woad_ad_check(data, sizeof(want), NULL), 0);
}

/* GAP/ADV/BV-04-C, -08, -09, -10, -14, -17, -18. */
static void every_helper(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        3, 0xFF, 0x59, 0x00,                        /* manufacturer, no data */
        4, 0x16, 0x0F, 0x18, 99,                    /* service data */
        6, 0x20, 0x78, 0x56, 0x34, 0x12, 1,         /* of 32 bits */
        5, 0x12, 6,    0,    0x80, 0x0C,            /* connection interval range */
        3, 0x1A, 0xA0, 0x00,                        /* advertising interval */
        4, 0x2F, 0x00, 0x00, 0x01,                  /* long */
        5, 0x2F, 0x00, 0x00, 0x00, 0x01,            /* longest */
        2, 0x1C, 2,                                 /* role */
        6, 0x24, 0x17, '/',  '/',  'a',  'b',       /* URI */
        8, 0x1B, 1,    2,    3,    4,    5,   6, 1, /* address */
        5, 0x30, 'b',  'e',  'e',  'p',             /* broadcast name */
        3, 0x14, 0x0D, 0x18,                        /* solicited */
    };
    struct woad_uuid battery = woad_uuid16(0x180F), wide = woad_uuid32(0x12345678);
    struct woad_uuid heart = woad_uuid16(0x180D);
    struct woad_addr addr = {WOAD_ADDR_RANDOM_IDENTITY, {1, 2, 3, 4, 5, 6}};
    uint8_t data[WOAD_AD_EXTENDED_MAX], level = 99, one = 1;
    struct woad_ad ad = woad_ad_init(data, 4000);
    assert_int_equal(ad.size, WOAD_AD_EXTENDED_MAX);
    woad_ad_manufacturer(&ad, 0x0059, NULL, 0);
    woad_ad_service_data(&ad, &battery, &level, 1);
    woad_ad_service_data(&ad, &wide, &one, 1);
    woad_ad_conn_interval(&ad, 6, 3200);
    woad_ad_adv_interval(&ad, 0xA0);
    woad_ad_adv_interval(&ad, 0x10000);
    woad_ad_adv_interval(&ad, 0x1000000);
    woad_ad_role(&ad, WOAD_AD_PERIPHERAL_PREFERRED);
    woad_ad_uri(&ad, 0x17, "//ab");
    woad_ad_le_address(&ad, &addr);
    woad_ad_broadcast_name(&ad, "beep");
    woad_ad_solicit(&ad, &heart, 1);
    assert_int_equal(woad_ad_len(&ad), sizeof(want));
    assert_memory_equal(data, want, sizeof(want));
}

/* GAP/ADV/BV-12-C, -13: a field for each kind of address, and none that is no address. */
static void targets(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        7,  0x17, 1, 2,    3,    4,    5,    6, /* public */
        19, 0x18, 1, 0,    0,    0,    0,    0xC0, 9,    9,
        9,  1,    0, 0x40, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0x3F}; /* static, resolvable, neither */
    const struct woad_addr addrs[] = {
        {WOAD_ADDR_RANDOM, {1, 0, 0, 0, 0, 0xC0}},
        {WOAD_ADDR_PUBLIC, {1, 2, 3, 4, 5, 6}},
        {WOAD_ADDR_RANDOM, {9, 9, 9, 1, 0, 0x40}},
        {WOAD_ADDR_RANDOM, {0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0x3F}},
    };
    const struct woad_addr wrong[] = {
        {WOAD_ADDR_RANDOM, {1, 0, 0, 0, 0, 0x80}},                /* a reserved kind */
        {WOAD_ADDR_RANDOM, {0, 0, 0, 0, 0, 0xC0}},                /* no one in 46 bits */
        {WOAD_ADDR_RANDOM, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}}, /* no zero */
        {WOAD_ADDR_RANDOM, {1, 2, 3, 0, 0, 0x40}},                /* no one in prand */
        {WOAD_ADDR_RANDOM, {1, 2, 3, 0xFF, 0xFF, 0x7F}},          /* no zero in prand */
        {WOAD_ADDR_PUBLIC_IDENTITY, {1, 2, 3, 4, 5, 6}},
    };
    uint8_t data[31], big[600];
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    assert_int_equal(woad_ad_targets(&ad, addrs, 4), 0);
    assert_int_equal(woad_ad_len(&ad), sizeof(want));
    assert_memory_equal(data, want, sizeof(want));
    assert_int_equal(woad_ad_check(data, sizeof(want), NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        ad = woad_ad_init(data, sizeof(data));
        assert_int_equal(woad_ad_targets(&ad, &wrong[i], 1), WOAD_ERR_INVALID);
        assert_int_equal(ad.len, 0);
    }
    struct woad_addr many[43];
    for (size_t i = 0; i < 43; i++)
        many[i] = addrs[1];
    ad = woad_ad_init(big, sizeof(big));
    assert_int_equal(woad_ad_targets(&ad, many, 42), 0);
    assert_int_equal(big[0], 253);
    assert_int_equal(woad_ad_targets(&ad, many, 43), WOAD_ERR_TOO_LONG);
}

/* GAP/ADV/BV-19-C: as many octets as the feature set needs, the last of them not zero. */
static void features(void **state)
{
    (void)state;
    static const struct {
        uint64_t set;
        uint8_t field[10];
    } cases[] = {
        {0, {1, 0x27}},
        {1, {2, 0x27, 1}},
        {0x100, {3, 0x27, 0, 1}},
        {UINT64_C(0x8000000000000001), {9, 0x27, 1, 0, 0, 0, 0, 0, 0, 0x80}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t data[31];
        struct woad_ad ad = woad_ad_init(data, sizeof(data));
        assert_int_equal(woad_ad_features(&ad, cases[i].set), 0);
        assert_int_equal(woad_ad_len(&ad), cases[i].field[0] + 1);
        assert_memory_equal(data, cases[i].field, ad.len);
    }
}

static void names_are_shortened_between_characters(void **state)
{
    (void)state;
    static const char name[] = "gr\xC3\xBC\xC3\x9F dich"; /* two characters of two octets */
    static const struct {
        size_t room;
        int len;
        uint8_t type;
    } cases[] = {{13, 13, 0x09},
                 {12, 12, 0x08},
                 {8, 8, 0x08},
                 {7, 6, 0x08},
                 {6, 6, 0x08},
                 {5, 4, 0x08},
                 {3, 3, 0x08},
                 {2, WOAD_ERR_TOO_LONG, 0},
                 {0, WOAD_ERR_TOO_LONG, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t data[31] = {0};
        char back[31];
        struct woad_ad ad = woad_ad_init(data, cases[i].room);
        woad_ad_name(&ad, name);
        assert_int_equal(woad_ad_len(&ad), cases[i].len);
        assert_int_equal(data[1], cases[i].type);
        if (cases[i].len < 0)
            continue;
        assert_int_equal(woad_ad_get_name(data, (size_t)cases[i].len, back, sizeof(back)),
                         cases[i].len - 2);
        assert_memory_equal(back, name, (size_t)cases[i].len - 2);
    }
    char longest[300] = {0};
    uint8_t data[600];
    memset(longest, 'x', 260);
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    woad_ad_name(&ad, longest);
    assert_int_equal(woad_ad_len(&ad), 2 + WOAD_AD_NAME_MAX);
    assert_int_equal(data[1], WOAD_AD_NAME_SHORT);
}

static void uuid_lists_say_what_they_leave_out(void **state)
{
    (void)state;
    struct woad_uuid u[] = {woad_uuid16(1), woad_uuid32(0x10002), woad_uuid16(3), woad_uuid16(4)};
    struct woad_uuid full = {16, {9}};
    static const uint8_t all[] = {7, 3, 1, 0, 3, 0, 4, 0, 5, 5, 2, 0, 1, 0};
    static const uint8_t some[] = {5, 2, 1, 0, 3, 0};
    uint8_t data[40];
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    woad_ad_uuids(&ad, u, 4);
    assert_int_equal(woad_ad_len(&ad), sizeof(all));
    assert_memory_equal(data, all, sizeof(all));
    assert_true(woad_ad_has_uuid(data, ad.len, &u[1]));
    struct woad_uuid wide = woad_uuid_expand(&u[3]);
    assert_true(woad_ad_has_uuid(data, ad.len, &wide));
    assert_false(woad_ad_has_uuid(data, ad.len, &full));
    ad = woad_ad_init(data, 7); /* two of three; of the wide one nothing: an error, but no half */
    woad_ad_uuids(&ad, u, 4);
    assert_int_equal(woad_ad_len(&ad), WOAD_ERR_TOO_LONG);
    assert_int_equal(ad.len, sizeof(some));
    assert_memory_equal(data, some, sizeof(some));
    ad = woad_ad_init(data, 7);
    woad_ad_solicit(&ad, u, 4);
    assert_int_equal(ad.len, 0);
    assert_int_equal(woad_ad_len(&ad), WOAD_ERR_TOO_LONG);
    ad = woad_ad_init(data, 18);
    woad_ad_uuids(&ad, &full, 1);
    assert_int_equal(woad_ad_len(&ad), 18);
    assert_true(woad_ad_has_uuid(data, 18, &full));
}

static void the_first_error_stays(void **state)
{
    (void)state;
    uint8_t data[10], value[255] = {0}, big[600];
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    woad_ad_flags(&ad, 6);
    assert_int_equal(woad_ad_broadcast_name(&ad, "abc"), WOAD_ERR_INVALID);
    assert_int_equal(woad_ad_add(&ad, 0xFF, value, 6), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_ad_add(&ad, 0xFF, value, 5), 0);
    assert_int_equal(woad_ad_len(&ad), WOAD_ERR_INVALID);
    assert_int_equal(ad.len, 10);
    ad = woad_ad_init(big, sizeof(big));
    assert_int_equal(woad_ad_add(&ad, 0xFF, value, 254), 0);
    assert_int_equal(woad_ad_add(&ad, 0xFF, value, 255), WOAD_ERR_TOO_LONG);
    assert_int_equal(ad.len, 256);
    assert_int_equal(woad_ad_uri(&ad, 0, "x"), WOAD_ERR_INVALID);
}

static void the_walk_ends_early_or_with_an_error(void **state)
{
    (void)state;
    static const uint8_t early[] = {2, 1, 6, 0, 0, 0}, torn[] = {2, 1, 6, 5, 9, 'a'},
                         only_len[] = {1};
    struct woad_ad_field f;
    struct woad_rd r = woad_rd_init(early, sizeof(early));
    assert_int_equal(woad_ad_next(&r, &f), 1);
    assert_int_equal(f.type, WOAD_AD_FLAGS);
    assert_int_equal(f.len, 1);
    assert_int_equal(f.data[0], 6);
    assert_int_equal(woad_ad_next(&r, &f), 0);
    assert_int_equal(woad_ad_next(&r, &f), 0);
    r = woad_rd_init(torn, sizeof(torn));
    assert_int_equal(woad_ad_next(&r, &f), 1);
    assert_int_equal(woad_ad_next(&r, &f), WOAD_ERR_FORMAT);
    assert_int_equal(woad_ad_next(&r, &f), WOAD_ERR_FORMAT);
    r = woad_rd_init(only_len, 1);
    assert_int_equal(woad_ad_next(&r, &f), WOAD_ERR_FORMAT);
    r = woad_rd_init(NULL, 0);
    assert_int_equal(woad_ad_next(&r, &f), 0);
    assert_false(woad_ad_get(torn, sizeof(torn), WOAD_AD_NAME, &f));
    char name[4];
    assert_int_equal(woad_ad_get_name(torn, sizeof(torn), name, sizeof(name)), WOAD_ERR_NOT_FOUND);
    static const uint8_t both[] = {3, 8, 'a', 7, 4, 9, 'b', 27, 'c'};
    assert_int_equal(woad_ad_get_name(both, sizeof(both), name, 4), 3); /* complete goes first */
    assert_string_equal(name, "b?c");
    assert_int_equal(woad_ad_get_name(both, sizeof(both), name, 2), 1);
    assert_string_equal(name, "b");
}

static void the_checker_names_the_first_fault(void **state)
{
    (void)state;
    static const struct {
        uint8_t data[12];
        size_t len, at;
        int err;
    } cases[] = {
        {{2, 1, 6, 0, 0}, 5, 5, 0},
        {{2, 1, 6, 0, 1}, 5, 3, WOAD_ERR_FORMAT},          /* an end that is none */
        {{2, 1, 6, 3, 9, 'a'}, 6, 3, WOAD_ERR_FORMAT},     /* torn */
        {{2, 1, 6, 4, 3, 1, 2, 3}, 8, 3, WOAD_ERR_FORMAT}, /* one UUID and a half */
        {{1, 0x0A, 2, 1, 6}, 5, 0, WOAD_ERR_FORMAT},       /* power without a value */
        {{3, 0x0A, 1, 1}, 4, 0, WOAD_ERR_FORMAT},          /* and with two */
        {{2, 1, 6, 2, 1, 4}, 6, 3, WOAD_ERR_EXISTS},       /* flags twice */
        {{2, 0x0A, 1, 2, 0x0A, 2}, 6, 6, 0},               /* powers may be */
        {{2, 0x7E, 1, 2, 0x7E, 1}, 6, 6, 0},               /* an unknown type */
        {{0}, 0, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at = 99;
        assert_int_equal(woad_ad_check(cases[i].data, cases[i].len, &at), cases[i].err);
        assert_int_equal(at, cases[i].at);
    }
}

/* The rules here and the names and formats of the decoder know the same types, and every value of
 * the least length that a rule allows decodes. */
static void every_type_has_a_name_and_decodes(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, min, max, step;
    } rules[] = {
#define ROW(name, number, min, max, step, once) {number, min, max, step},
        WOAD_AD_LIST(ROW)
#undef ROW
    };
    static const struct woad_field_visitor quiet = {0};
    size_t named = 0, next = 0;
    for (unsigned type = 0; type < 256; type++) {
        const struct woad_ad_row *row = woad_ad_find((uint8_t)type);
        named += row != NULL;
        if (next < ARRAY_LEN(rules) && rules[next].type == type) {
            uint8_t value[254] = {0}, data[256];
            struct woad_ad ad = woad_ad_init(data, sizeof(data));
            assert_non_null(row);
            size_t len = rules[next].min ? rules[next].min : rules[next].step;
            if (type == WOAD_AD_SM_TK)
                len = 16;
            struct woad_rd r = woad_rd_init(value, len);
            assert_int_equal(woad_fields_walk(row->fields, &r, &quiet, NULL), 0);
            assert_int_equal(r.left, 0);
            assert_int_equal(woad_ad_add(&ad, (uint8_t)type, value, len), 0);
            assert_int_equal(woad_ad_check(data, ad.len, NULL), 0);
            next++;
        }
    }
    assert_int_equal(next, ARRAY_LEN(rules)); /* ascending, none left out */
    assert_int_equal(named, ARRAY_LEN(rules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_legacy_advertisement),
        cmocka_unit_test(every_helper),
        cmocka_unit_test(targets),
        cmocka_unit_test(features),
        cmocka_unit_test(names_are_shortened_between_characters),
        cmocka_unit_test(uuid_lists_say_what_they_leave_out),
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(the_walk_ends_early_or_with_an_error),
        cmocka_unit_test(the_checker_names_the_first_fault),
        cmocka_unit_test(every_type_has_a_name_and_decodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
