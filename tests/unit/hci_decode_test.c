/* The decoder: golden text of the samples, fragments, failures, damage; and the coverage counts.
 *
 * The golden files in tests/data were compared with tshark's view when they were made.
 * WOAD_TEST_WRITE=1 writes them anew. */
#include "capture_file.h"

#include <stdbool.h>

#include "woad/btsnoop.h"
#include "woad/buf.h"
#include "woad/hci_coverage.h"
#include "woad/hci_decode.h"
#include "woad/ll_pdu.h"
#include "woad/pcap.h"

struct page {
    char *text;
    size_t len, size;
};

static void append(void *arg, const char *s, size_t n)
{
    struct page *page = arg;
    while (page->len + n + 1 > page->size) {
        page->size = page->size ? 2 * page->size : 4096;
        page->text = realloc(page->text, page->size);
        assert_non_null(page->text);
    }
    memcpy(page->text + page->len, s, n);
    page->len += n;
    page->text[page->len] = 0;
}

static int print_hci(struct page *page, uint8_t type, const void *data, size_t len)
{
    struct woad_print p = {.text = append, .arg = page};
    int err = woad_decode_hci(type, data, len, &woad_print_visitor, &p);
    assert_int_equal(p.depth, 0);
    return err;
}

static void check_golden(const char *name, const struct page *page)
{
    if (getenv("WOAD_TEST_WRITE")) {
        char path[512];
        snprintf(path, sizeof(path), "%s/tests/data/%s", WOAD_SOURCE_DIR, name);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(page->text, 1, page->len, f);
        fclose(f);
    }
    size_t len;
    uint8_t *golden = read_data_file(name, &len);
    assert_string_equal(page->text, (const char *)golden);
    free(golden);
}

static void hci_sample_as_text(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    struct page page = {0};
    assert_int_equal(woad_btsnoop_open(&r, data, len), 0);
    while (woad_btsnoop_next(&r, &rec) == 1)
        assert_int_equal(print_hci(&page, rec.type, rec.data, rec.len), 0);
    check_golden("hci-sample.txt", &page);
    free(page.text);
    free(data);
}

static void air_sample_as_text(const char *pcap, const char *golden)
{
    size_t len;
    uint8_t *data = read_data_file(pcap, &len);
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    struct page page = {0};
    struct woad_print p = {.text = append, .arg = &page};
    assert_int_equal(woad_pcap_open(&r, data, len), 0);
    while (woad_pcap_next(&r, &rec) == 1) {
        assert_int_equal(woad_pcap_air(&r, &rec, &air), 0);
        assert_int_equal(
            woad_decode_air(air.kind, false, air.pdu, air.pdu_len, &woad_print_visitor, &p), 0);
    }
    check_golden(golden, &page);
    free(page.text);
    free(data);
}

static void ll_sample_as_text(void **state)
{
    (void)state;
    air_sample_as_text("ll-sample.pcap", "ll-sample.txt");
}

static void bis_sample_as_text(void **state)
{
    (void)state;
    air_sample_as_text("bis-sample.pcap", "bis-sample.txt");
}

static void expect(uint8_t type, const void *data, size_t len, int result, const char *text)
{
    struct page page = {0};
    append(&page, "", 0);
    assert_int_equal(print_hci(&page, type, data, len), result);
    assert_string_equal(page.text, text);
    free(page.text);
}

#define EXPECT(type, octets, result, text) expect(type, octets, sizeof(octets) - 1, result, text)

static void a_failed_command_may_return_its_status_alone(void **state)
{
    (void)state;
    EXPECT(WOAD_PKT_EVT, "\x0e\x04\x01\x09\x10\x0c", 0,
           "EVT Command Complete (0x0e) len 4\n"
           "  num_hci_command_packets: 1\n"
           "  command_opcode: Read BD_ADDR (0x1009)\n"
           "  status: Command Disallowed (0x0c)\n");
    EXPECT(WOAD_PKT_EVT, "\x0e\x04\x01\x09\x10\x00", WOAD_ERR_FORMAT,
           "EVT Command Complete (0x0e) len 4\n"
           "  num_hci_command_packets: 1\n"
           "  command_opcode: Read BD_ADDR (0x1009)\n"
           "  status: Success (0x00)\n"
           "  ! octets missing: 6\n");
    EXPECT(WOAD_PKT_EVT, "\x0e\x03\x05\x00\x00", 0,
           "EVT Command Complete (0x0e) len 3\n"
           "  num_hci_command_packets: 5\n"
           "  command_opcode: unknown (0x0000)\n");
}

static void what_is_unknown_is_shown_raw(void **state)
{
    (void)state;
    EXPECT(WOAD_PKT_CMD, "\x55\xfd\x02\xaa\xbb", 0,
           "CMD unknown (0xfd55) len 2\n"
           "  data: aabb\n");
    EXPECT(WOAD_PKT_EVT, "\x3e\x03\xee\x01\x02", 0,
           "LE EVT unknown (0xee) len 3\n"
           "  data: 0102\n");
    EXPECT(WOAD_PKT_ACL, "\x40\x20\x06\x00\x02\x00\x04\x00\xee\x01", 0,
           "ACL first, flushable (0x0040) len 6\n"
           "  L2CAP Attribute Protocol (0x0004) len 2\n"
           "    ATT unknown (0xee) len 1\n"
           "      data: 01\n");
}

static void lengths_that_lie_are_noted(void **state)
{
    (void)state;
    EXPECT(WOAD_PKT_CMD, "\x03\x0c\x01\x00", WOAD_ERR_FORMAT,
           "CMD Reset (0x0c03) len 1\n"
           "  ! octets left over: 1\n"
           "  data: 00\n");
    EXPECT(WOAD_PKT_EVT, "\x05\x04\x00\x40", WOAD_ERR_FORMAT,
           "EVT Disconnection Complete (0x05) len 4\n"
           "  ! payload is shorter than its header says, by octets: 2\n"
           "  status: Success (0x00)\n"
           "  ! octets missing: 1\n");
    EXPECT(WOAD_PKT_EVT, "\x10", WOAD_ERR_FORMAT,
           "HCI unknown (0x04) len 1\n"
           "  ! packet shorter than its header: 1\n"
           "  data: 10\n");
    expect(9, "\x01", 1, WOAD_ERR_FORMAT,
           "HCI unknown (0x09) len 1\n"
           "  ! unknown packet type: 1\n"
           "  data: 01\n");
}

static void credit_based_channels(void **state)
{
    (void)state;
    EXPECT(
        WOAD_PKT_ACL,
        "\x40\x00\x12\x00\x0e\x00\x05\x00\x14\x01\x0a\x00\x80\x00\x40\x00\x00\x02\xf7\x00\x0a\x00",
        0,
        "ACL first (0x0040) len 18\n"
        "  L2CAP Signalling (0x0005) len 14\n"
        "    SIG LE Credit Based Connection Request (0x14) len 10\n"
        "      identifier: 1\n"
        "      length: 10\n"
        "      spsm: 0x0080\n"
        "      source_cid: 0x0040\n"
        "      mtu: 512\n"
        "      mps: 247\n"
        "      initial_credits: 10\n");
    EXPECT(WOAD_PKT_ACL, "\x40\x00\x06\x00\xfa\x00\x40\x00\xaa\xbb", 0,
           "ACL first (0x0040) len 6\n"
           "  L2CAP Dynamic channel (0x0040) len 250\n"
           "    first_fragment: aabb\n");
    EXPECT(WOAD_PKT_ACL, "\x40\x10\x02\x00\xcc\xdd", 0,
           "ACL continuation (0x0040) len 2\n"
           "  fragment: ccdd\n");
}

static void encrypted_payload_is_not_interpreted(void **state)
{
    (void)state;
    static const uint8_t pdu[] = {WOAD_LLID_CTRL, 5, 1, 2, 3, 4, 5};
    struct page page = {0};
    struct woad_print p = {.text = append, .arg = &page};
    assert_int_equal(
        woad_decode_air(WOAD_AIR_DATA_C_TO_P, true, pdu, sizeof(pdu), &woad_print_visitor, &p), 0);
    assert_non_null(strstr(page.text, "  encrypted: 0102030405\n"));
    free(page.text);
}

/* Every truncation and many changes of the samples: the decoder ends, balanced, within bounds. */
static void damage_is_survived(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    uint32_t random = 4711;
    assert_int_equal(woad_btsnoop_open(&r, data, len), 0);
    while (woad_btsnoop_next(&r, &rec) == 1) {
        for (size_t cut = 0; cut <= rec.len; cut++) {
            uint8_t *copy = malloc(cut ? cut : 1);
            assert_non_null(copy);
            memcpy(copy, rec.data, cut);
            struct page page = {0};
            (void)print_hci(&page, rec.type, copy, cut);
            for (unsigned i = 0; i < 8 && cut; i++) {
                copy[test_rand(&random) % cut] = (uint8_t)test_rand(&random);
                (void)print_hci(&page, rec.type, copy, cut);
                struct woad_print p = {.text = append, .arg = &page, .color = true};
                (void)woad_decode_air((enum woad_air_kind)(i & 7), false, copy, cut,
                                      &woad_print_visitor, &p);
            }
            free(page.text);
            free(copy);
        }
    }
    free(data);
}

static uint32_t cmd_sent(const struct woad_hci_coverage *c, uint16_t opcode)
{
    return c->cmd[woad_hci_cmd_find(opcode) - woad_hci_cmd_rows].sent;
}

static void coverage_counts(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    struct woad_hci_coverage c = {0}, twice = {0};
    assert_int_equal(woad_btsnoop_open(&r, data, len), 0);
    while (woad_btsnoop_next(&r, &rec) == 1)
        woad_hci_coverage_add(&c, rec.type, rec.received, rec.data, rec.len);
    assert_int_equal(cmd_sent(&c, WOAD_HCI_CMD_RESET), 1);
    assert_int_equal(cmd_sent(&c, WOAD_HCI_CMD_LE_BIG_CREATE_SYNC), 1);
    assert_int_equal(cmd_sent(&c, WOAD_HCI_CMD_LE_SET_PHY), 0);
    assert_int_equal(c.cmd[woad_hci_cmd_find(WOAD_HCI_CMD_RESET) - woad_hci_cmd_rows].ok, 1);
    assert_int_equal(c.le_evt[WOAD_HCI_LE_EVT_BIG_SYNC_ESTABLISHED - 1], 1);
    assert_int_equal(c.status[WOAD_HCI_ERR_SUCCESS], 6);
    assert_int_equal(c.data[1][WOAD_PKT_ISO], 4);
    assert_int_equal(c.unknown + c.malformed, 0);
    woad_hci_coverage_add(&c, WOAD_PKT_EVT, true, (const uint8_t[]){0x0f, 4, 0x0c, 1, 3, 0x0c}, 6);
    assert_int_equal(c.cmd[woad_hci_cmd_find(WOAD_HCI_CMD_RESET) - woad_hci_cmd_rows].failed, 1);
    woad_hci_coverage_add(&c, WOAD_PKT_CMD, false, (const uint8_t[]){0x55, 0xfd, 0}, 3);
    woad_hci_coverage_add(&c, WOAD_PKT_CMD, false, (const uint8_t[]){0x55}, 1);
    assert_int_equal(c.unknown, 1);
    assert_int_equal(c.malformed, 1);
    woad_hci_coverage_merge(&twice, &c);
    woad_hci_coverage_merge(&twice, &c);
    assert_int_equal(cmd_sent(&twice, WOAD_HCI_CMD_RESET), 2);
    assert_int_equal(twice.data[1][WOAD_PKT_ISO], 8);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hci_sample_as_text),
        cmocka_unit_test(ll_sample_as_text),
        cmocka_unit_test(bis_sample_as_text),
        cmocka_unit_test(a_failed_command_may_return_its_status_alone),
        cmocka_unit_test(what_is_unknown_is_shown_raw),
        cmocka_unit_test(lengths_that_lie_are_noted),
        cmocka_unit_test(credit_based_channels),
        cmocka_unit_test(encrypted_payload_is_not_interpreted),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(coverage_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
