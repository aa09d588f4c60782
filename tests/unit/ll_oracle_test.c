/* Link-layer PDUs made at random by our rows, seen by tshark: the same fields in the same places.
 */
#include "oracle.h"

#include <unistd.h>

#include "woad/fields.h"
#include "woad/ll_pdu.h"

#define ROUNDS     4
#define PHDR       10
#define AA         4
#define PDU_AT     (PHDR + AA)
#define PDU_MAX    257
#define DATA_AA    0x50655431u
#define FLAGS      0x0c13u /* dewhitened, signal and reference address valid, CRC checked and right */
#define LAST_KNOWN WOAD_LL_CTRL_POWER_CHANGE_IND /* tshark 4.0 */

struct pdu {
    const char *name;
    enum woad_air_kind kind;
    size_t len;
    uint8_t data[PDU_MAX];
};

static struct pdu pdus[ROUNDS * 64];
static size_t pdus_used;
static uint64_t seed = 99;

static void make(enum woad_air_kind kind, const struct woad_ll_pdu_row *row)
{
    struct pdu *p = &pdus[pdus_used++];
    bool data = kind != WOAD_AIR_ADV;
    size_t head = data ? 3 : 2;
    struct woad_wr w = woad_wr_init(p->data + head, sizeof(p->data) - head);
    p->name = row->name;
    p->kind = kind;
    assert_int_equal(woad_fields_make(row->fields, &w, &seed), 0);
    p->len = head + woad_wr_len(&w);
    p->data[0] = data ? WOAD_LLID_CTRL : row->code;
    p->data[1] = (uint8_t)(p->len - 2);
    if (data)
        p->data[2] = row->code;
}

static void make_all(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint8_t op = 0; op <= LAST_KNOWN; op++)
            if (op != WOAD_LL_CTRL_START_ENC_REQ) /* after it tshark takes all for encrypted */
                make(WOAD_AIR_DATA_C_TO_P, woad_ll_ctrl_find(op));
        for (uint8_t type = 0; type <= WOAD_LL_PDU_ADV_SCAN_IND; type++)
            if (type != WOAD_LL_PDU_CONNECT_IND) /* would begin a connection */
                make(WOAD_AIR_ADV, woad_ll_adv_find(type, WOAD_LL_PRIMARY));
    }
}

static void write_file(const char *path)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    uint8_t head[24 + 16];
    struct woad_wr w = woad_wr_init(head, sizeof(head));
    woad_wr_u32(&w, 0xa1b2c3d4);
    woad_wr_u32(&w, 4 << 16 | 2);
    woad_wr_u64(&w, 0);
    woad_wr_u32(&w, 65535);
    woad_wr_u32(&w, 256);
    fwrite(head, 1, woad_wr_len(&w), f);
    for (size_t i = 0; i < pdus_used; i++) {
        const struct pdu *p = &pdus[i];
        uint32_t aa = p->kind == WOAD_AIR_ADV ? WOAD_LL_ADV_ACCESS_ADDRESS : DATA_AA;
        uint32_t len = (uint32_t)(PDU_AT + p->len + 3);
        uint8_t record[16 + PDU_AT];
        w = woad_wr_init(record, sizeof(record));
        woad_wr_u32(&w, 0);
        woad_wr_u32(&w, (uint32_t)(1000 * i));
        woad_wr_u32(&w, len);
        woad_wr_u32(&w, len);
        woad_wr_u32(&w, p->kind == WOAD_AIR_ADV ? 0xd800 : 0xd806); /* channel, -40 dBm */
        woad_wr_u32(&w, aa);
        woad_wr_u16(&w, (uint16_t)(FLAGS | (unsigned)p->kind << 7));
        woad_wr_u32(&w, aa);
        assert_true(woad_wr_ok(&w));
        fwrite(record, 1, sizeof(record), f);
        fwrite(p->data, 1, p->len, f);
        fwrite("\0\0\0", 1, 3, f);
    }
    assert_int_equal(fclose(f), 0);
}

static size_t payload_at(size_t index)
{
    (void)index;
    return PDU_AT + 2;
}

static void one_pdu(size_t index, const struct theirs *t, size_t n, bool malformed,
                    struct tally *tally)
{
    assert_true(index < pdus_used);
    const struct pdu *p = &pdus[index];
    struct finding x = {.start = p->data};
    assert_int_equal(woad_decode_air(p->kind, false, p->data, p->len, &finder, &x), 0);
    compare(p->name, &x, PDU_AT, t, n, tally);
    if (malformed) {
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
    make_all();
    char path[] = "/tmp/woad-oracle-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path);
    char command[256];
    snprintf(command, sizeof(command), "tshark -n -r %s -T pdml 2>/dev/null", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    struct tally tally = {0};
    assert_int_equal(read_pdml(f, "btle", payload_at, one_pdu, &tally), pdus_used);
    assert_int_equal(pclose(f), 0);
    unlink(path);
    print_message("%u PDUs (%u opaque), %u fields: %u in the same place, %u numbers compared, "
                  "%u different\n",
                  tally.packets, tally.opaque, tally.fields, tally.same_place, tally.compared,
                  tally.different);
    assert_int_equal(tally.different, 0);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.same_place * 100 >= tally.fields * 95);
    assert_true(tally.opaque * 100 <= tally.packets * 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tshark_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
