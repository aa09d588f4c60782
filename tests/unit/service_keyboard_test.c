/* A HID keyboard over the simulated radio: what it declares, who may read it, reports in both
 * protocols, the queue, what hosts write. */
#include "test.h"

#include <string.h>

#include "support/duet.h"
#include "woad/service_keyboard.h"

#define KEY_A 0x04
#define KEYS  24

static uint16_t queue[KEYS];
static struct woad_keyboard_link links[2];
static struct woad_keyboard kb;
static struct woad_keyboard_evt events[64];
static unsigned event_count;

static void on_keyboard(void *arg, struct woad_host *h, const struct woad_keyboard_evt *evt)
{
    (void)arg;
    (void)h;
    assert_true(event_count < ARRAY_LEN(events));
    events[event_count++] = *evt;
}

static struct duet *start(const struct duet_cfg *cfg)
{
    struct duet *d = duet_new(cfg);
    event_count = 0;
    kb = (struct woad_keyboard){.queue = queue,
                                .queue_size = KEYS,
                                .links = links,
                                .link_count = ARRAY_LEN(links),
                                .event = on_keyboard};
    assert_int_equal(woad_keyboard_add(d->server.host, &kb), 0);
    duet_connect(d);
    return d;
}

static uint16_t find(struct duet *d, const struct woad_uuid *chr, unsigned nth)
{
    return duet_find(d, &woad_keyboard_uuid, chr, nth);
}

/* Paired, and listening to the reports of the report protocol. */
static struct duet *start_listening(const struct duet_cfg *cfg)
{
    struct duet *d = start(cfg);
    duet_pair(d);
    assert_int_equal(duet_subscribe(d, find(d, &woad_keyboard_report_uuid, 0)), 0);
    assert_int_equal(event_count, 1);
    assert_int_equal(events[0].type, WOAD_KEYBOARD_LISTENING);
    assert_int_equal(events[0].value, 1);
    event_count = 0;
    return d;
}

static void expect_report(const struct duet *d, unsigned n, uint8_t modifiers, uint8_t key)
{
    const uint8_t wanted[WOAD_KEYBOARD_REPORT_LEN] = {modifiers, 0, key};
    assert_true(n < d->note_count);
    assert_int_equal(d->notes[n].len, sizeof(wanted));
    assert_memory_equal(d->notes[n].data, wanted, sizeof(wanted));
}

/* ---- the description --------------------------------------------------------------------------
 */

/* Sums up the items of a report map [USB HID 1.11, 6.2.2]: bits of input and output reports. */
static void sum_map(unsigned *input, unsigned *output, unsigned *report_id)
{
    unsigned size = 0, count = 0, depth = 0;
    size_t at = 0;
    *input = *output = *report_id = 0;
    while (at < sizeof(woad_keyboard_map)) {
        uint8_t prefix = woad_keyboard_map[at++];
        static const uint8_t lens[] = {0, 1, 2, 4};
        uint8_t len = lens[prefix & 3];
        unsigned value = 0;
        assert_true(at + len <= sizeof(woad_keyboard_map));
        for (unsigned i = 0; i < len; i++)
            value |= (unsigned)woad_keyboard_map[at + i] << 8 * i;
        at += len;
        switch (prefix & 0xFC) {
        case 0x74: size = value; break;
        case 0x94: count = value; break;
        case 0x84: *report_id = value; break;
        case 0x80: *input += size * count; break;
        case 0x90: *output += size * count; break;
        case 0xA0: depth++; break;
        case 0xC0: depth--; break;
        default: break;
        }
    }
    assert_int_equal(depth, 0);
    assert_int_equal(woad_keyboard_map[sizeof(woad_keyboard_map) - 1], 0xC0);
}

static void test_report_map_describes_the_reports(void **state)
{
    (void)state;
    unsigned input, output, report_id;
    sum_map(&input, &output, &report_id);
    assert_int_equal(input, 8 * WOAD_KEYBOARD_REPORT_LEN);
    assert_int_equal(output, 8);
    assert_int_equal(report_id, woad_keyboard_input[0]);
    assert_int_equal(report_id, woad_keyboard_output[0]);
}

static void expect_read(struct duet *d, uint16_t handle, const void *wanted, uint16_t len)
{
    assert_int_not_equal(handle, 0);
    assert_int_equal(duet_read(d, handle), 0);
    assert_int_equal(d->len, len);
    assert_memory_equal(d->value, wanted, len);
}

static uint8_t properties(const struct duet *d, uint16_t value_handle)
{
    for (unsigned i = 0; i < d->db.attr_count; i++)
        if ((d->db.attrs[i].kind & 0x7F) == WOAD_GATTC_ATTR_CHARACTERISTIC &&
            d->db.attrs[i].end == value_handle)
            return d->db.attrs[i].properties;
    return 0;
}

static void test_a_host_finds_what_the_service_must_have(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    uint16_t input = find(d, &woad_keyboard_report_uuid, 0);
    uint16_t output = find(d, &woad_keyboard_report_uuid, 1);
    duet_pair(d);
    expect_read(d, find(d, &woad_keyboard_info_uuid, 0), "\x11\x01\x00\x03", 4);
    expect_read(d, find(d, &woad_keyboard_map_uuid, 0), woad_keyboard_map,
                sizeof(woad_keyboard_map));
    expect_read(d, find(d, &woad_keyboard_protocol_uuid, 0), "\1", 1);
    expect_read(d, input, "\0\0\0\0\0\0\0\0", 8);
    expect_read(d, duet_descriptor(d, input, 0x2908), "\1\1", 2);
    expect_read(d, duet_descriptor(d, output, 0x2908), "\1\2", 2);
    assert_int_equal(properties(d, find(d, &woad_keyboard_protocol_uuid, 0)), 0x06);
    assert_int_equal(properties(d, input), 0x12);
    assert_int_equal(properties(d, output), 0x0E);
    assert_int_equal(properties(d, find(d, &woad_keyboard_map_uuid, 0)), 0x02);
    assert_int_equal(properties(d, find(d, &woad_keyboard_boot_input_uuid, 0)), 0x12);
    assert_int_equal(properties(d, find(d, &woad_keyboard_boot_output_uuid, 0)), 0x0E);
    assert_int_equal(properties(d, find(d, &woad_keyboard_info_uuid, 0)), 0x02);
    assert_int_equal(properties(d, find(d, &woad_keyboard_control_uuid, 0)), 0x04);
    duet_free(d);
}

/* Without keys nothing is shown and nothing is taken. */
static void test_nothing_without_encryption(void **state)
{
    (void)state;
    struct duet *d = start(&(struct duet_cfg){.no_security = true});
    const struct woad_uuid *readable[] = {&woad_keyboard_map_uuid, &woad_keyboard_info_uuid,
                                          &woad_keyboard_report_uuid, &woad_keyboard_protocol_uuid,
                                          &woad_keyboard_boot_input_uuid};
    for (unsigned i = 0; i < ARRAY_LEN(readable); i++)
        assert_int_equal(duet_read(d, find(d, readable[i], 0)),
                         WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(duet_subscribe(d, find(d, &woad_keyboard_report_uuid, 0)),
                     WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(duet_write(d, find(d, &woad_keyboard_report_uuid, 1), "\1", 1),
                     WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(duet_command(d, find(d, &woad_keyboard_control_uuid, 0), "", 1), 0);
    assert_int_equal(event_count, 0);
    duet_free(d);
}

/* A host that just reads pairs by itself. */
static void test_reading_makes_a_host_pair(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    expect_read(d, find(d, &woad_keyboard_protocol_uuid, 0), "\1", 1);
    assert_int_equal(d->secured, 1);
    duet_free(d);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void press(struct duet *d, uint8_t usage)
{
    assert_int_equal(woad_keyboard_press(d->server.host, &kb, usage), 0);
}

static void release(struct duet *d, uint8_t usage)
{
    assert_int_equal(woad_keyboard_release(d->server.host, &kb, usage), 0);
}

static void test_each_change_is_a_report(void **state)
{
    (void)state;
    struct duet *d = start_listening(NULL);
    press(d, 0xE1);
    press(d, KEY_A);
    release(d, KEY_A);
    release(d, 0xE1);
    duet_run_ms(d, 200);
    assert_int_equal(d->note_count, 4);
    expect_report(d, 0, 0x02, 0);
    expect_report(d, 1, 0x02, KEY_A);
    expect_report(d, 2, 0x02, 0);
    expect_report(d, 3, 0x00, 0);
    assert_int_equal(d->notes[0].handle, find(d, &woad_keyboard_report_uuid, 0));
    press(d, KEY_A);
    duet_run_ms(d, 100);
    expect_read(d, find(d, &woad_keyboard_report_uuid, 0), "\0\0\4\0\0\0\0\0", 8);
    expect_read(d, find(d, &woad_keyboard_boot_input_uuid, 0), "\0\0\4\0\0\0\0\0", 8);
    duet_free(d);
}

static void test_usages_that_are_no_keys(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    assert_int_equal(woad_keyboard_press(d->server.host, &kb, 0x03), WOAD_ERR_INVALID);
    assert_int_equal(woad_keyboard_press(d->server.host, &kb, 0xE8), WOAD_ERR_INVALID);
    assert_int_equal(woad_keyboard_release(d->server.host, &kb, 0), WOAD_ERR_INVALID);
    duet_free(d);
}

/* The seventh key turns all six places into "roll over", modifiers remain; without it all is as
 * before. */
static void test_seven_keys_roll_over(void **state)
{
    (void)state;
    struct duet *d = start_listening(NULL);
    static const uint8_t six[8] = {0x80, 0, 4, 5, 6, 7, 8, 9},
                         over[8] = {0x80, 0, 1, 1, 1, 1, 1, 1};
    press(d, 0xE7);
    for (uint8_t key = KEY_A; key < KEY_A + 7; key++)
        press(d, key);
    release(d, KEY_A + 6);
    duet_run_ms(d, 300);
    assert_int_equal(d->note_count, 9);
    assert_memory_equal(d->notes[6].data, six, 8);
    assert_memory_equal(d->notes[7].data, over, 8);
    assert_memory_equal(d->notes[8].data, six, 8);
    duet_free(d);
}

/* More keys than buffers, more than the queue: AGAIN, WRITABLE, and every key in order. */
static void test_a_text_longer_than_the_queue_arrives(void **state)
{
    (void)state;
    struct duet *d = start_listening(&(struct duet_cfg){.att_tx_count = 2});
    const char *text = "the quick brown fox jumps over the lazy dog 0123456789";
    size_t done = 0;
    unsigned refused = 0;
    while (text[done]) {
        long n = woad_keyboard_type(d->server.host, &kb, text + done);
        if (n > 0) {
            done += (size_t)n;
        } else {
            assert_int_equal(n, WOAD_ERR_AGAIN);
            refused++;
            event_count = 0;
            for (int i = 0; i < 100 && !event_count; i++)
                duet_run_ms(d, 5);
            assert_int_equal(event_count, 1);
            assert_int_equal(events[0].type, WOAD_KEYBOARD_WRITABLE);
        }
    }
    duet_run_ms(d, 2000);
    assert_true(refused > 0);
    assert_int_equal(d->note_count, 2 * strlen(text));
    for (unsigned i = 0; i < strlen(text); i++) {
        uint8_t usage = text[i] == ' '   ? 0x2C
                        : text[i] == '0' ? 0x27
                        : text[i] <= '9' ? (uint8_t)(0x1E + text[i] - '1')
                                         : (uint8_t)(KEY_A + text[i] - 'a');
        expect_report(d, 2 * i, 0, usage);
        expect_report(d, 2 * i + 1, 0, 0);
    }
    duet_free(d);
}

/* Every printable character has a key, and each its own; the places of some are known. */
static void test_every_character_of_ascii_has_a_key(void **state)
{
    (void)state;
    static const struct {
        char c;
        uint8_t modifiers, usage;
    } known[] = {{'A', 2, 0x04},  {'z', 0, 0x1D},  {'!', 2, 0x1E},   {'0', 0, 0x27},
                 {'\n', 0, 0x28}, {'\t', 0, 0x2B}, {' ', 0, 0x2C},   {'_', 2, 0x2D},
                 {'|', 2, 0x31},  {':', 2, 0x33},  {'\'', 0, 0x34},  {'~', 2, 0x35},
                 {'/', 0, 0x38},  {'?', 2, 0x38},  {'\x1b', 0, 0x29}};
    struct duet *d = start_listening(NULL);
    bool seen[512] = {false};
    for (int c = 0x20; c < 0x7F; c++) {
        const char text[2] = {(char)c, 0};
        d->note_count = 0;
        assert_int_equal(woad_keyboard_type(d->server.host, &kb, text), 1);
        duet_run_ms(d, 80);
        bool shift = d->note_count == 4;
        assert_true(shift || d->note_count == 2);
        const struct duet_note *down = &d->notes[shift ? 1 : 0];
        unsigned key = down->data[2] | (shift ? 256u : 0);
        assert_int_equal(down->data[0], shift ? 2 : 0);
        assert_false(seen[key]);
        seen[key] = true;
    }
    for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
        const char text[2] = {known[i].c, 0};
        d->note_count = 0;
        assert_int_equal(woad_keyboard_type(d->server.host, &kb, text), 1);
        duet_run_ms(d, 80);
        expect_report(d, known[i].modifiers ? 1 : 0, known[i].modifiers, known[i].usage);
    }
    assert_int_equal(woad_keyboard_type(d->server.host, &kb, "\xE4"), WOAD_ERR_INVALID);
    assert_int_equal(woad_keyboard_type(d->server.host, &kb, "a\x01"), 1);
    duet_free(d);
}

/* Keys wait for a host that is not there yet, up to the size of the queue; or are forgotten. */
static void test_keys_wait_for_a_listener(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    duet_pair(d);
    assert_int_equal(woad_keyboard_type(d->server.host, &kb, "xyz"), 3);
    woad_keyboard_clear(&kb);
    assert_int_equal(woad_keyboard_type(d->server.host, &kb, "abcdefghijklmno"), KEYS / 2);
    assert_int_equal(woad_keyboard_press(d->server.host, &kb, KEY_A), WOAD_ERR_AGAIN);
    duet_run_ms(d, 500);
    assert_int_equal(event_count, 0);
    assert_int_equal(duet_subscribe(d, find(d, &woad_keyboard_report_uuid, 0)), 0);
    duet_run_ms(d, 500);
    assert_int_equal(d->note_count, KEYS);
    expect_report(d, 0, 0, KEY_A);
    assert_int_equal(events[event_count - 1].type, WOAD_KEYBOARD_WRITABLE);
    duet_free(d);
}

/* ---- what hosts write ------------------------------------------------------------------------ */

static void test_boot_protocol_uses_its_own_characteristic(void **state)
{
    (void)state;
    struct duet *d = start_listening(NULL);
    uint16_t protocol = find(d, &woad_keyboard_protocol_uuid, 0);
    uint16_t boot = find(d, &woad_keyboard_boot_input_uuid, 0);
    assert_int_equal(duet_subscribe(d, boot), 0);
    assert_int_equal(duet_command(d, protocol, "\0", 1), 0);
    expect_read(d, protocol, "\0", 1);
    assert_int_equal(events[event_count - 1].type, WOAD_KEYBOARD_PROTOCOL);
    assert_int_equal(events[event_count - 1].value, WOAD_KEYBOARD_BOOT);
    press(d, KEY_A);
    duet_run_ms(d, 100);
    assert_int_equal(d->note_count, 1);
    assert_int_equal(d->notes[0].handle, boot);
    assert_int_equal(duet_command(d, protocol, "\2", 1), 0); /* no such protocol */
    expect_read(d, protocol, "\0", 1);
    assert_int_equal(duet_write(d, protocol, "\1", 1), WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    duet_free(d);
}

static void test_the_end_of_a_link_is_told(void **state)
{
    (void)state;
    struct duet *d = start_listening(NULL);
    duet_disconnect(d);
    assert_int_equal(event_count, 1);
    assert_int_equal(events[0].type, WOAD_KEYBOARD_LISTENING);
    assert_int_equal(events[0].value, 0);
    duet_free(d);
}

/* The next link begins with the report protocol, and with no key held. */
static void test_a_link_leaves_nothing_behind(void **state)
{
    (void)state;
    struct duet *d = start_listening(NULL);
    press(d, KEY_A); /* and never released */
    duet_run_ms(d, 100);
    assert_int_equal(duet_command(d, find(d, &woad_keyboard_protocol_uuid, 0), "\0", 1), 0);
    assert_int_equal(duet_write(d, find(d, &woad_keyboard_report_uuid, 1), "\7", 1), 0);
    /* The boot protocol's report it has not subscribed to. */
    assert_int_equal(event_count, 3);
    assert_int_equal(events[1].type, WOAD_KEYBOARD_LISTENING);
    assert_int_equal(events[1].value, 0);
    duet_disconnect(d);
    assert_int_equal(event_count, 3);
    assert_false(links[0].used);
    assert_false(links[1].used);
    event_count = 0;
    duet_connect(d); /* bonded: its subscription is back */
    duet_run_ms(d, 200);
    assert_int_equal(event_count, 1);
    assert_int_equal(events[0].type, WOAD_KEYBOARD_LISTENING);
    expect_read(d, find(d, &woad_keyboard_protocol_uuid, 0), "\1", 1);
    expect_read(d, find(d, &woad_keyboard_report_uuid, 1), "\0", 1);
    d->note_count = 0;
    press(d, KEY_A + 1);
    duet_run_ms(d, 100);
    assert_int_equal(d->note_count, 1);
    expect_report(d, 0, 0, KEY_A + 1);
    duet_free(d);
}

static void test_leds_and_suspend(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    duet_pair(d);
    uint16_t output = find(d, &woad_keyboard_report_uuid, 1);
    uint16_t boot_output = find(d, &woad_keyboard_boot_output_uuid, 0);
    uint16_t control = find(d, &woad_keyboard_control_uuid, 0);
    assert_int_equal(duet_write(d, output, "\2", 1), 0);
    assert_int_equal(duet_command(d, boot_output, "\3", 1), 0);
    expect_read(d, output, "\3", 1);
    assert_int_equal(duet_write(d, output, "", 0), WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    assert_int_equal(duet_write(d, output, "\1\1", 2), WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    assert_int_equal(duet_command(d, control, "\0", 1), 0);
    assert_int_equal(duet_command(d, control, "\1", 1), 0);
    assert_int_equal(duet_command(d, control, "\7", 1), 0);
    assert_int_equal(duet_write(d, control, "\0", 1), WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    static const uint8_t wanted[][2] = {{WOAD_KEYBOARD_LEDS, 2},
                                        {WOAD_KEYBOARD_LEDS, 3},
                                        {WOAD_KEYBOARD_SUSPEND, 1},
                                        {WOAD_KEYBOARD_SUSPEND, 0}};
    assert_int_equal(event_count, ARRAY_LEN(wanted));
    for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_int_equal(events[i].type, wanted[i][0]);
        assert_int_equal(events[i].value, wanted[i][1]);
    }
    duet_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_map_describes_the_reports),
        cmocka_unit_test(test_a_host_finds_what_the_service_must_have),
        cmocka_unit_test(test_nothing_without_encryption),
        cmocka_unit_test(test_reading_makes_a_host_pair),
        cmocka_unit_test(test_each_change_is_a_report),
        cmocka_unit_test(test_usages_that_are_no_keys),
        cmocka_unit_test(test_seven_keys_roll_over),
        cmocka_unit_test(test_a_text_longer_than_the_queue_arrives),
        cmocka_unit_test(test_every_character_of_ascii_has_a_key),
        cmocka_unit_test(test_keys_wait_for_a_listener),
        cmocka_unit_test(test_boot_protocol_uses_its_own_characteristic),
        cmocka_unit_test(test_the_end_of_a_link_is_told),
        cmocka_unit_test(test_a_link_leaves_nothing_behind),
        cmocka_unit_test(test_leds_and_suspend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
