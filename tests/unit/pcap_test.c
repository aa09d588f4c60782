/* The pcap reader: samples, byte orders, link types, truncation and damage. */
#include "capture_file.h"

#include <stdbool.h>

#include "woad/buf.h"
#include "woad/ll_pdu.h"
#include "woad/pcap.h"

static void reads_an_air_sample(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("ll-sample.pcap", &len);
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    struct woad_btsnoop_rec hci;
    assert_int_equal(woad_pcap_open(&r, data, len), 0);
    assert_int_equal(r.link, WOAD_PCAP_LE_LL_PHDR);
    assert_false(woad_pcap_is_ng(data, len));
    int got;
    unsigned adv = 0;
    while ((got = woad_pcap_next(&r, &rec)) == 1) {
        assert_int_equal(woad_pcap_air(&r, &rec, &air), 0);
        assert_int_equal(woad_pcap_hci(&r, &rec, &hci), WOAD_ERR_UNSUPPORTED);
        assert_int_equal(air.pdu_len, air.pdu[1] + 2);
        assert_int_equal(air.signal_dbm, -40);
        assert_false(air.crc_bad);
        bool is_adv = air.kind == WOAD_AIR_ADV;
        assert_int_equal(air.access_address, is_adv ? WOAD_LL_ADV_ACCESS_ADDRESS : 0x50655431);
        adv += is_adv;
    }
    assert_int_equal(got, 0);
    assert_int_equal(r.index, 45);
    assert_int_equal(adv, 4);
    free(data);
}

static int read_all(const uint8_t *data, size_t len, unsigned *count)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    unsigned sum = 0;
    *count = 0;
    int got = woad_pcap_open(&r, copy, len);
    if (!got) {
        while ((got = woad_pcap_next(&r, &rec)) == 1) {
            struct woad_air_pkt air;
            struct woad_btsnoop_rec hci;
            ++*count;
            if (woad_pcap_air(&r, &rec, &air) == 0)
                for (size_t i = 0; i < air.pdu_len; i++)
                    sum += air.pdu[i];
            if (woad_pcap_hci(&r, &rec, &hci) == 0)
                for (size_t i = 0; i < hci.len; i++)
                    sum += hci.data[i];
        }
        assert_int_equal(woad_pcap_next(&r, &rec), got);
    }
    assert_true(sum < UINT32_MAX);
    free(copy);
    return got;
}

static void every_truncation_is_reported(void **state)
{
    (void)state;
    size_t len, whole = 0;
    uint8_t *data = read_data_file("ll-sample.pcap", &len);
    unsigned count;
    for (size_t cut = 0; cut <= len; cut++) {
        int got = read_all(data, cut, &count);
        whole += got == 0;
        assert_true(got == 0 || got == WOAD_ERR_EOF);
    }
    assert_int_equal(whole, 46);
    free(data);
}

static void damage_never_reads_outside(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("bis-sample.pcap", &len);
    uint32_t random = 777;
    unsigned count;
    static const uint8_t links[] = {187, 201, 251, 254, 0};
    for (unsigned round = 0; round < 3000; round++) {
        size_t at = test_rand(&random) % len;
        uint8_t before = data[at];
        data[at] = (uint8_t)test_rand(&random);
        if (round % 3 == 0) { /* under another link type */
            data[20] = links[round % sizeof(links)];
            data[21] = data[20] == 0;
        }
        (void)read_all(data, len, &count);
        data[at] = before;
        data[20] = 0;
        data[21] = 1;
    }
    free(data);
}

/* A file with one record; swap: big endian; ns: nanoseconds. */
static size_t build(uint8_t *file, uint32_t link, bool swap, bool ns, const void *data,
                    uint32_t len)
{
    const uint32_t words[] = {
        ns ? 0xa1b23c4d : 0xa1b2c3d4, 2, 0, 0, 65535, link, 7, ns ? 5000 : 5, len, len};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        uint32_t v = words[i];
        if (i == 1) { /* two halves */
            const uint8_t le[] = {2, 0, 4, 0}, be[] = {0, 2, 0, 4};
            memcpy(file + n, swap ? be : le, 4);
        } else {
            for (unsigned k = 0; k < 4; k++)
                file[n + k] = (uint8_t)(v >> 8 * (swap ? 3 - k : k));
        }
        n += 4;
    }
    memcpy(file + n, data, len);
    return n + len;
}

static void byte_orders_and_resolutions(void **state)
{
    (void)state;
    static const uint8_t h4[] = {0, 0, 0, 1, WOAD_PKT_EVT, 0x0e, 0x01, 0x01};
    for (unsigned variant = 0; variant < 4; variant++) {
        uint8_t file[64];
        struct woad_pcap_reader r;
        struct woad_pcap_rec rec;
        struct woad_btsnoop_rec hci;
        size_t n = build(file, 201, variant & 1, variant & 2, h4, sizeof(h4));
        assert_int_equal(woad_pcap_open(&r, file, n), 0);
        assert_int_equal(r.link, WOAD_PCAP_HCI_H4_PHDR);
        assert_int_equal(woad_pcap_next(&r, &rec), 1);
        assert_int_equal(rec.time_us, 7000005);
        assert_int_equal(woad_pcap_hci(&r, &rec, &hci), 0);
        assert_int_equal(hci.type, WOAD_PKT_EVT);
        assert_true(hci.received);
        assert_int_equal(hci.len, 3);
        assert_int_equal(woad_pcap_next(&r, &rec), 0);
    }
}

static void hci_link_types(void **state)
{
    (void)state;
    static const struct {
        uint32_t link;
        uint8_t octets[8];
        uint32_t len;
        uint8_t type;
        bool received;
        int result;
    } cases[] = {
        {187, {1, 3, 12, 0}, 4, WOAD_PKT_CMD, false, 0},
        {187, {4, 0x10, 1, 0}, 4, WOAD_PKT_EVT, true, 0},
        {201, {0, 0, 0, 0, 2, 1, 0}, 7, WOAD_PKT_ACL, false, 0},
        {201, {0, 0, 0, 1, 5, 1, 0}, 7, WOAD_PKT_ISO, true, 0},
        {201, {0, 0, 0, 1, 9, 1, 0}, 7, 9, true, WOAD_ERR_FORMAT},
        {201, {0, 0, 0}, 3, 0, false, WOAD_ERR_FORMAT},
        {254, {0, 1, 0, 19, 5, 6}, 6, WOAD_PKT_ISO, true, 0},
        {254, {0, 1, 0, 12, 'h'}, 5, WOAD_PKT_NONE, false, 0},
        {254, {0, 1}, 2, 0, false, WOAD_ERR_FORMAT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t file[64];
        struct woad_pcap_reader r;
        struct woad_pcap_rec rec;
        struct woad_btsnoop_rec hci;
        size_t n = build(file, cases[i].link, false, false, cases[i].octets, cases[i].len);
        assert_int_equal(woad_pcap_open(&r, file, n), 0);
        assert_int_equal(woad_pcap_next(&r, &rec), 1);
        assert_int_equal(woad_pcap_hci(&r, &rec, &hci), cases[i].result);
        if (cases[i].result)
            continue;
        assert_int_equal(hci.type, cases[i].type);
        assert_int_equal(hci.received, cases[i].received);
    }
}

static void air_without_radio_header(void **state)
{
    (void)state;
    static const uint8_t adv[] = {0xd6, 0xbe, 0x89, 0x8e, 0x42, 6, 1, 2, 3, 4, 5, 6, 0xa, 0xb, 0xc};
    uint8_t file[64];
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    size_t n = build(file, 251, false, false, adv, sizeof(adv));
    assert_int_equal(woad_pcap_open(&r, file, n), 0);
    assert_int_equal(woad_pcap_next(&r, &rec), 1);
    assert_int_equal(woad_pcap_air(&r, &rec, &air), 0);
    assert_int_equal(air.kind, WOAD_AIR_ADV);
    assert_int_equal(air.pdu_len, 8);
    assert_int_equal(air.crc, 0x0c0b0a);
    n = build(file, 251, false, false, adv, 5); /* not even a header */
    assert_int_equal(woad_pcap_open(&r, file, n), 0);
    assert_int_equal(woad_pcap_next(&r, &rec), 1);
    assert_int_equal(woad_pcap_air(&r, &rec, &air), WOAD_ERR_FORMAT);
}

static void coded_phy_has_a_coding_indicator(void **state)
{
    (void)state;
    static const uint8_t data[] = {9,    0xC4, 0,    0,    0x31, 0x54, 0x65, 0x50, 0x03, 0x81, /* */
                                   0x31, 0x54, 0x65, 0x50, 1,    0x02, 1,    0x77, 0xa,  0xb,  0xc};
    uint8_t file[80];
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    size_t n = build(file, 256, false, false, data, sizeof(data));
    assert_int_equal(woad_pcap_open(&r, file, n), 0);
    assert_int_equal(woad_pcap_next(&r, &rec), 1);
    assert_int_equal(woad_pcap_air(&r, &rec, &air), 0);
    assert_int_equal(air.phy, 2);
    assert_int_equal(air.pdu_len, 3);
    assert_int_equal(air.pdu[0], 0x02);
    assert_int_equal(air.pdu[2], 0x77);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    struct woad_pcap_reader r;
    uint8_t file[64];
    assert_int_equal(woad_pcap_open(&r, NULL, 0), WOAD_ERR_EOF);
    assert_int_equal(woad_pcap_open(&r, "btsnoop", 8), WOAD_ERR_FORMAT);
    assert_int_equal(woad_pcap_open(&r, "\x0a\x0d\x0d\x0a....", 8), WOAD_ERR_FORMAT);
    assert_true(woad_pcap_is_ng("\x0a\x0d\x0d\x0a", 4));
    assert_false(woad_pcap_is_ng("\x0a\x0d\x0d", 3));
    size_t n = build(file, 1, false, false, "", 0); /* Ethernet */
    assert_int_equal(woad_pcap_open(&r, file, n), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(r.link, 1);
    n = build(file, 256, false, false, "", 0);
    file[4] = 3;
    assert_int_equal(woad_pcap_open(&r, file, n), WOAD_ERR_FORMAT);
    file[4] = 2;
    file[34] = 0xff; /* an included length of 16 MiB */
    struct woad_pcap_rec rec;
    assert_int_equal(woad_pcap_open(&r, file, n), 0);
    assert_int_equal(woad_pcap_next(&r, &rec), WOAD_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_air_sample),
        cmocka_unit_test(every_truncation_is_reported),
        cmocka_unit_test(damage_never_reads_outside),
        cmocka_unit_test(byte_orders_and_resolutions),
        cmocka_unit_test(hci_link_types),
        cmocka_unit_test(air_without_radio_header),
        cmocka_unit_test(coded_phy_has_a_coding_indicator),
        cmocka_unit_test(foreign_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
