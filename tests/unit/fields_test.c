/* The interpreter of field formats: reading, making, measuring, and what goes wrong. */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "woad/fields.h"
#include "woad/hci_table.h"

/* Writes what was visited as "name=value ", "{", "}", "!". */
struct trace {
    char text[4096];
    size_t len;
};

static void add(struct trace *t, const char *s, size_t n)
{
    if (t->len + n < sizeof(t->text)) {
        memcpy(t->text + t->len, s, n);
        t->len += n;
        t->text[t->len] = 0;
    }
}

static void on_field(void *arg, const struct woad_field *f)
{
    char value[256];
    size_t n = woad_field_format(f, value, sizeof(value));
    assert_int_equal(n, strlen(value));
    add(arg, f->name, f->name_len);
    add(arg, "=", 1);
    add(arg, value, n);
    add(arg, " ", 1);
}

static void on_open(void *arg, const struct woad_field *g)
{
    add(arg, g->name, g->name_len);
    add(arg, "{", 1);
}

static void on_close(void *arg)
{
    add(arg, "}", 1);
}

static void on_note(void *arg, const char *text, size_t n)
{
    (void)text;
    (void)n;
    add(arg, "!", 1);
}

static const struct woad_field_visitor tracer = {on_field, on_open, on_close, on_note};

static void expect(const char *format, const void *data, size_t len, int result, const char *text)
{
    struct trace t = {.text = ""};
    struct woad_rd r = woad_rd_init(data, len);
    assert_int_equal(woad_fields_walk(format, &r, &tracer, &t), result);
    assert_string_equal(t.text, text);
}

#define EXPECT(format, octets, result, text)                                                       \
    expect(format, octets, sizeof(octets) - 1, result, text)

static void scalars(void **state)
{
    (void)state;
    EXPECT("a:u8 b:u16 c:u24 d:u32", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", 0,
           "a=1 b=770 c=394500 d=168364039 ");
    EXPECT("a:x16 b:s8 c:s16", "\x34\x12\xff\x00\x80", 0, "a=0x1234 b=-1 c=-32768 ");
    EXPECT("a:x64", "\x01\x02\x03\x04\x05\x06\x07\x08", 0, "a=0x0807060504030201 ");
    EXPECT("a:b4 b:b12 c:b1 _:b7", "\xa1\xbc\x03", 0, "a=1 b=3018 c=1 ");
    EXPECT("a:b3 b:b39 c:b6", "\xff\xff\xff\xff\xff\x03", 0, "a=7 b=549755813887 c=0 ");
}

static void named_types(void **state)
{
    (void)state;
    EXPECT("h:handle s:status", "\x40\x00\x0c", 0, "h=0x0040 s=Command Disallowed (0x0c) ");
    EXPECT("s:status", "\xee", 0, "s=unknown (0xee) ");
    EXPECT("a:addr t:addr_type", "\x01\x02\x03\x04\x05\xc6\x01", 0,
           "a=C6:05:04:03:02:01 t=Random (1) ");
    EXPECT("i:conn_interval t:sup_timeout", "\x18\x00\x64\x00", 0, "i=30 ms (24) t=1000 ms (100) ");
    EXPECT("i:conn_interval", "\x09\x00", 0, "i=11.25 ms (9) ");
    EXPECT("t:us16", "\x96\x00", 0, "t=150 us (150) ");
    EXPECT("p:phys q:phy", "\x05\x02", 0, "p=0x05 (1M, Coded) q=2M (2) ");
    EXPECT("r:rssi", "\xc4", 0, "r=-60 dBm ");
    EXPECT("r:rssi", "\x7f", 0, "r=not available (127 dBm) ");
    EXPECT("o:opcode", "\x32\x20", 0, "o=LE Set PHY (0x2032) ");
    EXPECT("k:key", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 0,
           "k=100f0e0d0c0b0a090807060504030201 ");
    EXPECT("u:uuid[*]", "\x0f\x18", 0, "u=0x180f ");
    EXPECT("u:uuid128", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 0,
           "u=100f0e0d-0c0b-0a09-0807-060504030201 ");
}

static void text_cannot_steer_a_terminal(void **state)
{
    (void)state;
    EXPECT("n:text[*]", "a\x1b[2J\"\\\x80", 0, "n=\"a\\x1b[2J\\\"\\\\\\x80\" ");
    EXPECT("n:text[6]", "ab\0\0\0\0", 0, "n=\"ab\" ");
}

static void arrays_and_groups(void **state)
{
    (void)state;
    EXPECT("n:u8 v:u16[n]", "\x02\x01\x00\x02\x00", 0, "n=2 v=1 v=2 ");
    EXPECT("n:u8 g:{a:u8 d:bytes[a]}[n]", "\x02\x01\xaa\x02\xbb\xcc", 0,
           "n=2 g{a=1 d=aa }g{a=2 d=bbcc }");
    EXPECT("v:x16[*]", "\x01\x00\x02\x00", 0, "v=0x0001 v=0x0002 ");
    EXPECT("m:x8 g:{a:u8}[#m]", "\x05\x07\x08", 0, "m=0x05 g{a=7 }g{a=8 }");
    EXPECT("l:u8 g:{h:x8 v:bytes[l-1]}[*]", "\x03\x01\xaa\xbb\x02\xcc\xdd", 0,
           "l=3 g{h=0x01 v=aabb }g{h=0x02 v=ccdd }");
    EXPECT("l:u8 d:bytes[4|l]", "\x02\xaa\xbb\x00\x00", 0, "l=2 d=aabb ");
    EXPECT("l:u8 g:{a:u8}(l) b:u8", "\x02\x01\x99\x03", 0, "l=2 g{a=1 raw=99 }b=3 ");
    EXPECT("g:{}[*]", "\x01", 0, "g{}"); /* an element without octets does not repeat for ever */
}

static void conditions(void **state)
{
    (void)state;
    EXPECT("f:u8 a:u8?f b:u8?f=2 c:u8?*", "\x00", 0, "f=0 ");
    EXPECT("f:u8 a:u8?f b:u8?f=2 c:u8?*", "\x01\x0a", 0, "f=1 a=10 ");
    EXPECT("f:u8 a:u8?f b:u8?f=2 c:u8?*", "\x02\x0a\x0b\x0c", 0, "f=2 a=10 b=11 c=12 ");
    EXPECT("_f:b1 _:b7 g:{a:u8}?_f", "\x01\x05", 0, "g{a=5 }");
}

static void advertising_data(void **state)
{
    (void)state;
    EXPECT("d:ad[*]", "\x02\x01\x06\x03\x09hi", 0,
           "d=020106030968"
           "69 Flags{flags=0x06 (LE General Discoverable, BR/EDR Not Supported) }"
           "Complete Local Name{name=\"hi\" }");
    EXPECT("d:ad[*]", "\x02\x01\x06\x00\x00", 0,
           "d=0201060000 Flags{flags=0x06 (LE General Discoverable, BR/EDR Not Supported) }");
    EXPECT("d:ad[*] e:u8?*", "\x09\x01\x06", 0, "d=090106 !"); /* noted, and the walk goes on */
    EXPECT("d:ad[*]", "\x02\xee\x07", 0, "d=02ee07 AD{data=07 }");
}

static void missing_octets_end_the_walk(void **state)
{
    (void)state;
    EXPECT("a:u16 b:u16", "\x01\x00\x02", WOAD_ERR_FORMAT, "a=1 !");
    EXPECT("l:u8 d:bytes[l] e:u8", "\x05\x01", WOAD_ERR_FORMAT, "l=5 !");
    EXPECT("a:addr", "\x01\x02", WOAD_ERR_FORMAT, "!");
    EXPECT("n:u8 g:{a:u8}[n]", "\xff\x01", WOAD_ERR_FORMAT, "n=255 g{a=1 }g{!}");
    EXPECT("l:u8 g:{a:u8}(l)", "\x05\x01", WOAD_ERR_FORMAT, "l=5 g{!}");
}

static void bad_formats_are_found(void **state)
{
    (void)state;
    static const char *const bad[] = {"a",           "a:",      "a:nothing", "a:u7",
                                      "a:b4",        "a:bytes", "a:u8[x]",   "a:{b:u8",
                                      "a:u8 b:u8?x", "a:u8]",   "A:u8",      "a:u8 b:{c:u8}(d)",
                                      "a:b65 b:b63"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (woad_fields_check(bad[i], NULL) >= 0)
            fail_msg("accepted: %s", bad[i]);
    bool fixed;
    assert_int_equal(woad_fields_check("", &fixed), 0);
    assert_true(fixed);
    assert_int_equal(woad_fields_check("a:u8 b:{c:u16 d:bytes[a]}[3]", &fixed), 7);
    assert_false(fixed);
}

struct quiet {
    unsigned notes, fields;
};

static void count_field(void *arg, const struct woad_field *f)
{
    struct quiet *q = arg;
    char text[16]; /* cuts, and stays within */
    assert_true(woad_field_format(f, text, sizeof(text)) < sizeof(text));
    q->fields++;
}

static void count_note(void *arg, const char *text, size_t n)
{
    (void)text;
    (void)n;
    ((struct quiet *)arg)->notes++;
}

static const struct woad_field_visitor counter = {.field = count_field, .note = count_note};

/* What is made is read back whole; cut anywhere, the walk still ends; so does any octet changed. */
static void made_packets_are_read_back(const char *format)
{
    uint8_t octets[1024];
    uint64_t seed = 7;
    if (!format)
        return;
    for (unsigned round = 0; round < 3; round++) {
        struct woad_wr w = woad_wr_init(octets, sizeof(octets));
        int err = woad_fields_make(format, &w, &seed);
        assert_int_equal(err, 0);
        size_t len = woad_wr_len(&w);
        struct quiet q = {0};
        struct woad_rd r = woad_rd_init(octets, len);
        assert_int_equal(woad_fields_walk(format, &r, &counter, &q), 0);
        assert_int_equal(q.notes, 0);
        assert_int_equal(r.left, 0);
        for (size_t cut = 0; cut < len; cut++) {
            r = woad_rd_init(octets, cut);
            (void)woad_fields_walk(format, &r, &counter, &q);
            octets[cut] ^= (uint8_t)(1u << (cut & 7));
            r = woad_rd_init(octets, len);
            (void)woad_fields_walk(format, &r, &counter, &q);
        }
    }
}

static void making_and_reading_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        made_packets_are_read_back(woad_hci_cmd_rows[i].params);
        made_packets_are_read_back(woad_hci_cmd_rows[i].returns);
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        made_packets_are_read_back(woad_hci_evt_rows[i].params);
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        made_packets_are_read_back(woad_hci_le_evt_rows[i].params);
}

static void making_says_when_there_is_no_room(void **state)
{
    (void)state;
    uint8_t octets[3];
    uint64_t seed = 1;
    struct woad_wr w = woad_wr_init(octets, sizeof(octets));
    assert_int_equal(woad_fields_make("a:u32", &w, &seed), WOAD_ERR_TOO_LONG);
    w = woad_wr_init(octets, sizeof(octets));
    assert_int_equal(woad_fields_make("l:u8 g:{a:u8}(l)", &w, &seed), WOAD_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(named_types),
        cmocka_unit_test(text_cannot_steer_a_terminal),
        cmocka_unit_test(arrays_and_groups),
        cmocka_unit_test(conditions),
        cmocka_unit_test(advertising_data),
        cmocka_unit_test(missing_octets_end_the_walk),
        cmocka_unit_test(bad_formats_are_found),
        cmocka_unit_test(making_and_reading_agree),
        cmocka_unit_test(making_says_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
