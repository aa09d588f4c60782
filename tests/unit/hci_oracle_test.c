/* Two independent decoders agree: random packets of every row of HCI, LE signalling, ATT and SMP,
 * made by our generator and written by our btsnoop writer, are read by tshark and btmon. tshark
 * must find the fields where we find them, with the same values; btmon must find every length
 * right. Skipped where the tools are missing. */
#include "oracle.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "woad/btsnoop.h"
#include "woad/buf.h"
#include "woad/fields.h"
#include "woad/hci_decode.h"
#include "woad/hci_table.h"

/* Where tshark 4.0 or btmon 5.66 is wrong, or sees random contents where we see octets; newer
 * versions may get it right. */
static const char *const tshark_malformed[] = {
    "Read Clock",              /* reads the accuracy two octets too late */
    "Loopback Command",        /* takes the random contents for a command */
    "Extended Inquiry Result", /* believes a random number of responses; it is always 1 */
};
static const char *const tshark_differs[] = {
    "LE Create BIG Complete", /* shows the handles big endian */
};
static const char *const btmon_lengths[] = {
    "(0x08|0x0067)", /* forgets the handle in the returns of LE Reject CIS Request */
    "(0x08|0x006e)", /* knows no codec configuration in LE Setup ISO Data Path */
    "(0x08|0x006f)", /* forgets the handle in the returns of LE Remove ISO Data Path */
};

#define ROUNDS  3
#define PKT_MAX (3 + 255)

struct packet {
    const char *name;
    uint8_t type;
    size_t len;
    uint8_t data[PKT_MAX];
};

static struct packet *packets;
static size_t packets_used;
static uint64_t seed = 1;

/* Appends a packet: head, then random parameters by the format, with the length filled in. */
static void make(uint8_t type, const char *name, const uint8_t *head, size_t head_len,
                 const char *format)
{
    if (!format)
        return;
    struct packet p = {.name = name, .type = type};
    memcpy(p.data, head, head_len);
    size_t len_at = type == WOAD_PKT_CMD ? 2 : 1;
    int err;
    struct woad_wr w;
    do {
        w = woad_wr_init(p.data + head_len, len_at + 1 + 255 - head_len);
        err = woad_fields_make(format, &w, &seed);
    } while (err == WOAD_ERR_TOO_LONG);
    assert_int_equal(err, 0);
    p.len = head_len + woad_wr_len(&w);
    p.data[len_at] = (uint8_t)(p.len - len_at - 1);
    packets = realloc(packets, (packets_used + 1) * sizeof(*packets));
    assert_non_null(packets);
    packets[packets_used++] = p;
}

/* An ACL packet with one PDU of a fixed channel: octets in front, then fields by the row. */
static void make_acl(uint16_t cid, const struct woad_proto_row *row, bool signalling)
{
    struct packet p = {.name = row->name, .type = WOAD_PKT_ACL};
    struct woad_wr w = woad_wr_init(p.data, sizeof(p.data));
    woad_wr_u64(&w, 0x0040); /* handle, first fragment; lengths follow below */
    woad_wr_u8(&w, row->code);
    if (signalling)
        (void)woad_wr_room(&w, 3);
    size_t head = woad_wr_len(&w);
    assert_int_equal(woad_fields_make(row->fields, &w, &seed), 0);
    p.len = woad_wr_len(&w);
    woad_put_u16(p.data + 2, (uint16_t)(p.len - 4));
    woad_put_u16(p.data + 4, (uint16_t)(p.len - 8));
    woad_put_u16(p.data + 6, cid);
    if (signalling) {
        p.data[9] = 1; /* identifier */
        woad_put_u16(p.data + 10, (uint16_t)(p.len - head));
    }
    packets = realloc(packets, (packets_used + 1) * sizeof(*packets));
    assert_non_null(packets);
    packets[packets_used++] = p;
}

static void make_l2cap(void)
{
    const struct woad_proto_row *rows;
    size_t n = woad_sig_rows(&rows);
    for (size_t i = 0; i < n; i++)
        make_acl(0x0005, &rows[i], true);
    n = woad_att_rows(&rows);
    for (size_t i = 0; i < n; i++)
        make_acl(0x0004, &rows[i], false);
    n = woad_smp_rows(&rows);
    for (size_t i = 0; i < n; i++)
        make_acl(0x0006, &rows[i], false);
}

static void make_all(void)
{
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_row *row = &woad_hci_cmd_rows[i];
        const uint8_t low = (uint8_t)row->opcode, high = (uint8_t)(row->opcode >> 8);
        make(WOAD_PKT_CMD, row->name, (uint8_t[]){low, high, 0}, 3, row->params);
        if (row->answer == WOAD_HCI_ANSWER_COMPLETE)
            make(WOAD_PKT_EVT, row->name,
                 (uint8_t[]){WOAD_HCI_EVT_COMMAND_COMPLETE, 0, 1, low, high}, 5, row->returns);
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++) {
        const struct woad_hci_evt_row *row = &woad_hci_evt_rows[i];
        if (row->code != WOAD_HCI_EVT_LE_META && row->code != WOAD_HCI_EVT_COMMAND_COMPLETE &&
            row->code != WOAD_HCI_EVT_VENDOR)
            make(WOAD_PKT_EVT, row->name, (uint8_t[]){row->code, 0}, 2, row->params);
    }
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++) {
        const struct woad_hci_evt_row *row = &woad_hci_le_evt_rows[i];
        make(WOAD_PKT_EVT, row->name, (uint8_t[]){WOAD_HCI_EVT_LE_META, 0, row->code}, 3,
             row->params);
    }
    make_l2cap();
}

static void write_file(const char *path, enum woad_btsnoop_link link)
{
    uint8_t head[WOAD_BTSNOOP_HEAD_MAX], index[WOAD_BTSNOOP_NEW_INDEX_LEN];
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(head, 1, woad_btsnoop_put_header(head, link), f);
    if (link == WOAD_BTSNOOP_MONITOR) {
        woad_btsnoop_put_new_index(index, (const uint8_t[6]){1, 2, 3, 4, 5, 6}, "woad0");
        struct woad_btsnoop_rec rec = {.note = WOAD_BTSNOOP_NEW_INDEX, .len = sizeof(index)};
        fwrite(head, 1, woad_btsnoop_put_record(head, link, &rec), f);
        fwrite(index, 1, sizeof(index), f);
    }
    for (size_t i = 0; i < packets_used; i++) {
        if (link == WOAD_BTSNOOP_MONITOR && packets[i].type == WOAD_PKT_ACL)
            continue; /* btmon 5.66 crashes on random ATT PDUs */
        struct woad_btsnoop_rec rec = {.time_us = 1000 * i,
                                       .len = (uint32_t)packets[i].len,
                                       .type = packets[i].type,
                                       .received = packets[i].type == WOAD_PKT_EVT};
        fwrite(head, 1, woad_btsnoop_put_record(head, link, &rec), f);
        fwrite(packets[i].data, 1, packets[i].len, f);
    }
    assert_int_equal(fclose(f), 0);
}

/* The header and the opcode say nothing about what tshark knows of the parameters. */
static size_t params_at(size_t index)
{
    uint8_t type = index < packets_used ? packets[index].type : WOAD_PKT_NONE;
    return type == WOAD_PKT_ACL ? 10 : type == WOAD_PKT_CMD ? 4 : 3;
}

static void one_packet(size_t index, const struct theirs *t, size_t n, bool malformed,
                       struct tally *tally)
{
    assert_true(index < packets_used);
    const struct packet *p = &packets[index];
    struct finding x = {.start = p->data};
    assert_int_equal(woad_decode_hci(p->type, p->data, p->len, &finder, &x), 0);
    compare(p->name, &x, 1, t, n, tally);
    /* Behind L2CAP, tails of random length are malformed to who knows what they should hold. */
    if (malformed && p->type != WOAD_PKT_ACL &&
        !listed(tshark_malformed, ARRAY_LEN(tshark_malformed), p->name)) {
        print_message("tshark: malformed: %s\n", p->name);
        tally->wrong++;
    }
}

static void tshark_agrees(void **state)
{
    (void)state;
    if (!have("tshark")) {
        print_message("skipped: no tshark\n");
        skip();
    }
    char path[] = "/tmp/woad-oracle-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, WOAD_BTSNOOP_H4);
    char command[256];
    snprintf(command, sizeof(command), "tshark -n -r %s -T pdml 2>/dev/null", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    struct tally tally = {.differs = tshark_differs, .differs_len = ARRAY_LEN(tshark_differs)};
    assert_int_equal(read_pdml(f, "bt", params_at, one_packet, &tally), packets_used);
    assert_int_equal(pclose(f), 0);
    unlink(path);
    print_message("%u packets (%u unknown to tshark), %u fields: %u in the same place, %u numbers "
                  "compared, %u different\n",
                  tally.packets, tally.opaque, tally.fields, tally.same_place, tally.compared,
                  tally.different);
    assert_int_equal(tally.different, 0);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.same_place * 100 >= tally.fields * 97);
    assert_true(tally.opaque * 100 <= tally.packets * 15);
}

static void btmon_finds_every_length_right(void **state)
{
    (void)state;
    if (!have("btmon")) {
        print_message("skipped: no btmon\n");
        skip();
    }
    char path[] = "/tmp/woad-oracle-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, WOAD_BTSNOOP_MONITOR);
    char command[256], line[1024], previous[1024] = "";
    snprintf(command, sizeof(command), "btmon -P -c never -r %s 2>/dev/null", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    unsigned seen = 0, wrong = 0;
    while (fgets(line, sizeof(line), f)) {
        seen += line[0] == '<' || line[0] == '>';
        if (strstr(line, "invalid packet size") &&
            !listed(btmon_lengths, ARRAY_LEN(btmon_lengths), previous)) {
            print_message("btmon: invalid size: %s", previous);
            wrong++;
        }
        memcpy(previous, line, sizeof(previous));
    }
    assert_int_equal(pclose(f), 0);
    unlink(path);
    print_message("btmon read %u packets\n", seen);
    size_t expected = 0;
    for (size_t i = 0; i < packets_used; i++)
        expected += packets[i].type != WOAD_PKT_ACL;
    assert_int_equal(seen, expected);
    assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++)
        make_all();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(packets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tshark_agrees),
        cmocka_unit_test(btmon_finds_every_length_right),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
