/* The GATT server against the purposes of GATT.TS.p29, by PDUs: a test bears the name of its
 * purpose, or names several before it. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "gatt/gatts_priv.h"
#include "support/l2cap_peer.h"

/* Handles 1..5 are GAP, 6..13 GATT (Service Changed 8, its CCCD 9, features 11, hash 13). */
enum {
    BASE = 14,
    VALUE = BASE + 4,
    CCCD,
    LONG_ = BASE + 7,
    LONG_TEXT, /* its user description */
    WIDE = BASE + 10,
    WIDE_TEXT,
    NO_READ = BASE + 13,
    AUTHENT = BASE + 15,
    AUTHOR = BASE + 17,
    KEY_SIZE = BASE + 19,
    WIDE2 = BASE + 21,
    SUM = BASE + 23,
    LATE = BASE + 28,
    LAST = LATE,
    INNER = 100,
    INNER128 = 110,
    NONE = 200
};

static const struct woad_uuid svc_uuid = WOAD_UUID16(0x180F), inner_uuid = WOAD_UUID16(0x180A);
static const struct woad_uuid wide_uuid =
    WOAD_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
static const struct woad_uuid text_uuid = WOAD_UUID16(0x2901), format_uuid = WOAD_UUID16(0x2904),
                              aggregate_uuid = WOAD_UUID16(0x2905);
#define CHR(n) WOAD_UUID16(0x2A10 + (n))
static const struct woad_uuid chr[] = {CHR(0), CHR(1), CHR(2), CHR(3), CHR(4),
                                       CHR(5), CHR(6), CHR(7), CHR(8), CHR(9)};

static uint8_t octets[8], wide[100], wide_text[60], wide2[100];
static struct woad_gatt_value value = {octets, 2, sizeof(octets)}, wide_value = {wide, 0, 100},
                              wide_text_value = {wide_text, 0, 60}, wide2_value = {wide2, 0, 100},
                              small = {octets, 1, 4};
static uint8_t text[60];
static const struct woad_gatt_attr inner_attrs[] = {
    WOAD_GATT_SECONDARY(&inner_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&chr[0], "i", 1, WOAD_GATT_OPEN),
};
static const struct woad_gatt_attr inner128_attrs[] = {
    WOAD_GATT_SECONDARY(&wide_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&wide_uuid, "j", 1, WOAD_GATT_OPEN),
};
static struct woad_gatt_service service, inner, inner128;
#define RW WOAD_GATT_READ | WOAD_GATT_WRITE
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_INCLUDE(&inner),
    WOAD_GATT_INCLUDE(&inner128),
    WOAD_GATT_CHARACTERISTIC(RW | WOAD_GATT_WRITE_NO_RSP | WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE |
                             WOAD_GATT_SIGNED_WRITE),
    WOAD_GATT_VALUE(&chr[0], &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&chr[1], text, 60, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&text_uuid, text, 60, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(RW),
    WOAD_GATT_VALUE(&chr[2], &wide_value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_VALUE(&text_uuid, &wide_text_value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE),
    WOAD_GATT_VALUE(&chr[3], &small, WOAD_GATT_NEVER, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(RW),
    WOAD_GATT_VALUE(&chr[4], &small, WOAD_GATT_AUTHENTICATED, WOAD_GATT_AUTHENTICATED),
    WOAD_GATT_CHARACTERISTIC(RW),
    WOAD_GATT_VALUE(&chr[5], &small, WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED,
                    WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED),
    WOAD_GATT_CHARACTERISTIC(RW),
    WOAD_GATT_VALUE(&chr[6], &small, WOAD_GATT_ENCRYPTED, WOAD_GATT_ENCRYPTED),
    WOAD_GATT_CHARACTERISTIC(RW | WOAD_GATT_NOTIFY),
    WOAD_GATT_VALUE(&chr[7], &wide2_value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&chr[8], "\x64\x2c\x01", 3, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&format_uuid, "\x04\x00\xad\x27\x01\x00", 7, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&format_uuid, "\x06\xff\x2f\x27\x01\x00", 7, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&aggregate_uuid, "\x26\x00\x27\x00", 4, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(RW),
    WOAD_GATT_DYNAMIC(&chr[9], NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
};

static struct woad_gatts_evt last;
static unsigned count[16];

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    last = *evt;
    count[evt->type]++;
    if (evt->type == WOAD_GATTS_AUTHORIZE)
        assert_int_equal(
            woad_gatts_answer(h, evt->u.read.req, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION, NULL, 0),
            0);
}

static uint8_t key_octets;
static uint8_t level(const struct host_link *link)
{
    return link->encrypted ? 2 : 1;
}
static uint8_t key_size(const struct host_link *link)
{
    return link->encrypted ? key_octets : 0;
}
static int bond_of(const struct host_link *link)
{
    (void)link;
    return -1;
}
/* A signature of twelve sevens is a good one. */
static int verify(struct host_link *link, const struct woad_cmac_part *parts, size_t n,
                  const uint8_t signature[12])
{
    static const uint8_t good[12] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    (void)link;
    assert_int_equal(n, 2);
    assert_int_equal(*(const uint8_t *)parts[0].data, 0xd2);
    return memcmp(signature, good, 12) ? WOAD_ERR_SECURITY : 2;
}
static const struct host_security_ops security = {
    .level = level, .key_size = key_size, .bond = bond_of, .verify = verify};

static struct peer *start(void)
{
    static const struct woad_gatts_cfg gatts = {.prepare_size = 250};
    static const struct woad_host_use parts[] = {{&woad_gatts_part, &gatts}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.att_mtu = 100, .att_tx_count = 4, .parts = parts};
    struct peer *p = peer_new(true, &cfg);
    memset(count, 0, sizeof(count));
    value.len = 2;
    memcpy(octets, "\x11\x22\0\0\0\0\0", 8);
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)('A' + i);
    wide_value.len = wide_text_value.len = wide2_value.len = 0;
    small.len = 1;
    key_octets = 16;
    inner = (struct woad_gatt_service){.attrs = inner_attrs, .count = 3, .start = INNER};
    inner128 = (struct woad_gatt_service){.attrs = inner128_attrs, .count = 3, .start = INNER128};
    service = (struct woad_gatt_service){
        .attrs = attrs, .count = ARRAY_LEN(attrs), .start = BASE, .event = on_event};
    assert_int_equal(woad_gatts_add(p->dev->h, &inner), 0);
    assert_int_equal(woad_gatts_add(p->dev->h, &inner128), 0);
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    assert_int_equal(woad_gatt_service_end(&service), LAST);
    woad_gatts_of(p->dev->h)->clients[0].aware = true; /* the link was up when they came */
    p->dev->h->security = &security;
    return p;
}

static void expect(struct peer *p, const void *pdu, uint16_t len)
{
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    assert_int_equal(got->cid, 4);
    assert_int_equal(got->len, len);
    assert_memory_equal(got->data, pdu, len);
}
#define EXPECT(p, ...)                                                                             \
    expect(p, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define EXPECT_NONE(p)         assert_null(peer_next(p))
#define ASK(p, ...)            PEER_SEND(p, 4, __VA_ARGS__)
#define REFUSED(p, op, h, err) EXPECT(p, 0x01, op, h, 0, err)

/* {opcode}, octets n of the value of text from offset on. */
static void expect_text(struct peer *p, uint8_t opcode, unsigned offset, unsigned n)
{
    uint8_t pdu[64] = {opcode};
    memcpy(pdu + 1, text + offset, n);
    expect(p, pdu, (uint16_t)(n + 1));
}

static void encrypt(struct peer *p, uint8_t octets_of_key)
{
    woad_host_link_find(p->dev->h, p->conn)->encrypted = true;
    key_octets = octets_of_key;
}

/* ---- configuration, discovery ---------------------------------------------------------------- */

static void GATT_SR_GAC_BV_01_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x02, 60, 0);
    EXPECT(p, 0x03, 100, 0);
    ASK(p, 0x0a, LONG_, 0); /* the least of both counts from now on */
    expect_text(p, 0x0b, 0, 59);
    peer_free(p);
}

static void GATT_SR_GAD_BV_01_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28);
    EXPECT(p, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 13, 0, 0x01, 0x18, BASE, 0, LAST, 0, 0x0f,
           0x18);
    ASK(p, 0x10, LAST + 1, 0, 0xff, 0xff, 0x00, 0x28);
    REFUSED(p, 0x10, LAST + 1, 0x0a);
    ASK(p, 0x10, 1, 0, 0xff, 0xff, 0x03, 0x28); /* that is no group */
    REFUSED(p, 0x10, 1, 0x10);
    peer_free(p);
}

static void GATT_SR_GAD_BV_02_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    EXPECT(p, 0x07, BASE, 0, LAST, 0);
    ASK(p, 0x06, LAST + 1, 0, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    REFUSED(p, 0x06, LAST + 1, 0x0a);
    peer_free(p);
}

/* The UUID of one is in its declaration, that of the other is read from the service. */
static void GATT_SR_GAD_BV_03_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, BASE, 0, LAST, 0, 0x02, 0x28);
    EXPECT(p, 0x09, 8, BASE + 1, 0, INNER, 0, INNER + 2, 0, 0x0a, 0x18);
    ASK(p, 0x08, BASE + 2, 0, LAST, 0, 0x02, 0x28);
    EXPECT(p, 0x09, 6, BASE + 2, 0, INNER128, 0, INNER128 + 2, 0);
    ASK(p, 0x0a, INNER128, 0);
    EXPECT(p, 0x0b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    ASK(p, 0x08, BASE + 3, 0, LAST, 0, 0x02, 0x28);
    REFUSED(p, 0x08, BASE + 3, 0x0a);
    peer_free(p);
}

static void GATT_SR_GAD_BV_04_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, BASE, 0, NO_READ, 0, 0x03, 0x28);
    EXPECT(p, 0x09, 7, VALUE - 1, 0, 0x7e, VALUE, 0, 0x10, 0x2a, LONG_ - 1, 0, 0x02, LONG_, 0, 0x11,
           0x2a, WIDE - 1, 0, 0x0a, WIDE, 0, 0x12, 0x2a);
    ASK(p, 0x08, WIDE, 0, NO_READ, 0, 0x03, 0x28);
    EXPECT(p, 0x09, 7, NO_READ - 1, 0, 0x08, NO_READ, 0, 0x13, 0x2a);
    ASK(p, 0x08, NO_READ, 0, NO_READ, 0, 0x03, 0x28);
    REFUSED(p, 0x08, NO_READ, 0x0a);
    peer_free(p);
}

/* By UUID: the client looks through all of the service. */
static void GATT_SR_GAD_BV_05_C(void **state)
{
    (void)state;
    struct peer *p = start();
    uint8_t from = BASE;
    unsigned characteristics = 0, found = 0;
    for (;;) {
        ASK(p, 0x08, from, 0, LAST, 0, 0x03, 0x28);
        const struct peer_pdu *got = peer_next(p);
        if (got->data[0] == 0x01)
            break;
        assert_int_equal(got->data[1], 7);
        for (unsigned at = 2; at < got->len; at += 7, characteristics++) {
            from = (uint8_t)(got->data[at] + 1);
            if (got->data[at + 5] == 0x18)
                found = got->data[at + 3];
        }
    }
    assert_int_equal(characteristics, 10);
    assert_int_equal(found, SUM);
    peer_free(p);
}

static void GATT_SR_GAD_BV_06_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x04, CCCD, 0, CCCD, 0);
    EXPECT(p, 0x05, 1, CCCD, 0, 0x02, 0x29);
    ASK(p, 0x04, SUM + 1, 0, SUM + 3, 0);
    EXPECT(p, 0x05, 1, SUM + 1, 0, 0x04, 0x29, SUM + 2, 0, 0x04, 0x29, SUM + 3, 0, 0x05, 0x29);
    ASK(p, 0x04, LAST + 1, 0, LAST + 5, 0);
    REFUSED(p, 0x04, LAST + 1, 0x0a);
    peer_free(p);
}

/* ---- reads ----------------------------------------------------------------------------------- */

static void GATT_SR_GAR_BV_01_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

struct refusal {
    uint8_t handle, uuid, error, key; /* key: octets of the link's, 0: not encrypted */
};
static const struct refusal read_refusals[] = {
    {NO_READ, 0x13, 0x02, 0},  {AUTHOR, 0x15, 0x08, 0},   {AUTHENT, 0x14, 0x05, 0},
    {KEY_SIZE, 0x16, 0x05, 0}, {KEY_SIZE, 0x16, 0x0c, 7},
};
#define FOR_REFUSALS(p, r)                                                                         \
    for (const struct refusal *r = read_refusals;                                                  \
         r < read_refusals + ARRAY_LEN(read_refusals) && prepare(p, r); r++)

static bool prepare(struct peer *p, const struct refusal *r)
{
    if (r->key)
        encrypt(p, r->key);
    return true;
}

/* GATT/SR/GAR/BI-01-C, -02, -03, -04, -05 */
static void refused_reads(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, NONE, 0);
    REFUSED(p, 0x0a, NONE, 0x01);
    ASK(p, 0x0a, 0, 0);
    REFUSED(p, 0x0a, 0, 0x01);
    FOR_REFUSALS(p, r)
    {
        ASK(p, 0x0a, r->handle, 0);
        REFUSED(p, 0x0a, r->handle, r->error);
    }
    peer_free(p);
}

static void GATT_SR_GAR_BV_03_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, BASE, 0, LAST, 0, 0x10, 0x2a);
    EXPECT(p, 0x09, 4, VALUE, 0, 0x11, 0x22);
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    EXPECT(p, 0x09, 3, INNER128 + 2, 0, 'j');
    peer_free(p);
}

/* GATT/SR/GAR/BI-06-C, -07, -08, -09, -10, -11 */
static void refused_reads_by_uuid(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0xee, 0x2a);
    REFUSED(p, 0x08, 1, 0x0a);
    ASK(p, 0x08, 9, 0, 8, 0, 0x10, 0x2a);
    REFUSED(p, 0x08, 9, 0x01);
    ASK(p, 0x08, 0, 0, 8, 0, 0x10, 0x2a);
    REFUSED(p, 0x08, 0, 0x01);
    FOR_REFUSALS(p, r)
    {
        ASK(p, 0x08, 1, 0, 0xff, 0xff, r->uuid, 0x2a);
        REFUSED(p, 0x08, r->handle, r->error);
    }
    peer_free(p);
}

static void read_long(struct peer *p, uint8_t handle)
{
    ASK(p, 0x0c, handle, 0, 0, 0);
    expect_text(p, 0x0d, 0, 22);
    ASK(p, 0x0c, handle, 0, 22, 0);
    expect_text(p, 0x0d, 22, 22);
    ASK(p, 0x0c, handle, 0, 44, 0);
    expect_text(p, 0x0d, 44, 16);
}

static void GATT_SR_GAR_BV_04_C(void **state)
{
    (void)state;
    struct peer *p = start();
    read_long(p, LONG_);
    peer_free(p);
}

/* GATT/SR/GAR/BI-12-C, -13, -14, -15, -16, -17 */
static void refused_long_reads(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0c, LONG_, 0, 61, 0);
    REFUSED(p, 0x0c, LONG_, 0x07);
    ASK(p, 0x0c, NONE, 0, 0, 0);
    REFUSED(p, 0x0c, NONE, 0x01);
    FOR_REFUSALS(p, r)
    {
        ASK(p, 0x0c, r->handle, 0, 0, 0);
        REFUSED(p, 0x0c, r->handle, r->error);
    }
    peer_free(p);
}

/* GATT/SR/GAR/BV-05-C, BV-09 */
static void several_values(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0e, VALUE, 0, SUM, 0);
    EXPECT(p, 0x0f, 0x11, 0x22, 0x64, 0x2c, 0x01);
    ASK(p, 0x20, VALUE, 0, SUM, 0);
    EXPECT(p, 0x21, 2, 0, 0x11, 0x22, 3, 0, 0x64, 0x2c, 0x01);
    ASK(p, 0x20, LONG_, 0, SUM,
        0); /* the length is the whole one; what does not fit is not there */
    const struct peer_pdu *got = peer_next(p);
    assert_int_equal(got->len, 23);
    assert_int_equal(got->data[1], 60);
    assert_memory_equal(got->data + 3, text, 20);
    peer_free(p);
}

/* GATT/SR/GAR/BI-18-C, -19, -20, -21, -22, and of variable length GATT/SR/GAR/BI-36-C, -38, -40,
 * -42, -44 */
static void refused_reads_of_several(void **state)
{
    (void)state;
    struct peer *p = start();
    for (uint8_t opcode = 0x0e; opcode <= 0x20; opcode = (uint8_t)(opcode + 0x12)) {
        ASK(p, opcode, VALUE, 0, NONE, 0);
        REFUSED(p, opcode, NONE, 0x01);
        woad_host_link_find(p->dev->h, p->conn)->encrypted = false;
        FOR_REFUSALS(p, r)
        {
            ASK(p, opcode, VALUE, 0, r->handle, 0);
            REFUSED(p, opcode, r->handle, r->error);
            ASK(p, opcode, LONG_, 0, r->handle, 0); /* also when there is no room for it */
            REFUSED(p, opcode, r->handle, r->error);
        }
    }
    peer_free(p);
}

static void GATT_SR_GAR_BI_45_C(void **state) /* the second is not answered */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, LATE, 0);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT_NONE(p);
    assert_int_equal(woad_gatts_answer(p->dev->h, last.u.read.req, 0, "z", 1), 0);
    EXPECT(p, 0x0b, 'z');
    EXPECT_NONE(p);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

static void GATT_SR_GAR_BV_06_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, CCCD, 0);
    EXPECT(p, 0x0b, 0, 0);
    ASK(p, 0x0a, SUM + 1, 0);
    EXPECT(p, 0x0b, 0x04, 0x00, 0xad, 0x27, 0x01, 0x00, 0x00);
    peer_free(p);
}

static void GATT_SR_GAR_BV_07_C(void **state)
{
    (void)state;
    struct peer *p = start();
    read_long(p, LONG_TEXT);
    peer_free(p);
}

static void GATT_SR_GAR_BV_08_C(void **state) /* at its end there is nothing, behind it an error */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0c, LONG_TEXT, 0, 60, 0);
    EXPECT(p, 0x0d);
    ASK(p, 0x0c, LONG_TEXT, 0, 61, 0);
    REFUSED(p, 0x0c, LONG_TEXT, 0x07);
    peer_free(p);
}

/* ---- writes ---------------------------------------------------------------------------------- */

static void GATT_SR_GAW_BV_01_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x52, VALUE, 0, 7, 8, 9);
    EXPECT_NONE(p);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 7, 8, 9);
    ASK(p, 0x52, WIDE, 0, 7); /* has no such property */
    assert_int_equal(wide_value.len, 0);
    peer_free(p);
}

/* GATT/SR/GAW/BV-02-C, BI-01: a good and a bad signature */
static void signed_writes(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0xd2, VALUE, 0, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 5);
    ASK(p, 0xd2, VALUE, 0, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 5);
    peer_free(p);
}

/* GATT/SR/GAW/BI-39-C, BI-40: too long in a command, and in a signed one */
static void commands_that_are_too_long(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x52, VALUE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    EXPECT_NONE(p);
    ASK(p, 0x02, 100, 0);
    EXPECT(p, 0x03, 100, 0);
    ASK(p, 0xd2, VALUE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
    EXPECT_NONE(p);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

static void GATT_SR_GAW_BV_03_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, VALUE, 0, 5, 6);
    EXPECT(p, 0x13);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 5, 6);
    peer_free(p);
}

static const struct refusal write_refusals[] = {
    {LONG_, 0, 0x03, 0}, {AUTHOR, 0, 0x08, 0},   {AUTHENT, 0, 0x05, 0},
    {NONE, 0, 0x01, 0},  {KEY_SIZE, 0, 0x0c, 7},
};

/* GATT/SR/GAW/BI-02-C, -03, -04, -05, -06, BI-32 */
static void refused_writes(void **state)
{
    (void)state;
    struct peer *p = start();
    for (unsigned i = 0; i < ARRAY_LEN(write_refusals); i++) {
        const struct refusal *r = &write_refusals[i];
        prepare(p, r);
        ASK(p, 0x12, r->handle, 0, 1);
        REFUSED(p, 0x12, r->handle, r->error);
    }
    ASK(p, 0x12, VALUE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    REFUSED(p, 0x12, VALUE, 0x0d);
    ASK(p, 0x12, CCCD, 0, 1); /* a descriptor of fixed length */
    REFUSED(p, 0x12, CCCD, 0x0d);
    assert_int_equal(value.len, 2);
    assert_int_equal(small.len, 1);
    peer_free(p);
}

/* Parts of 18 octets of n octets that begin with first. */
static void write_part(struct peer *p, uint8_t handle, unsigned offset, unsigned n, uint8_t first)
{
    uint8_t pdu[23] = {0x16, handle, 0, (uint8_t)offset, 0};
    for (unsigned i = 0; i < n; i++)
        pdu[5 + i] = (uint8_t)(first + offset + i);
    peer_send(p, 4, pdu, (uint16_t)(5 + n));
    pdu[0] = 0x17;
    expect(p, pdu, (uint16_t)(5 + n));
}

static void check_octets(const uint8_t *got, unsigned n, uint8_t first)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(got[i], (uint8_t)(first + i));
}

static void GATT_SR_GAW_BV_05_C(void **state)
{
    (void)state;
    struct peer *p = start();
    for (unsigned at = 0; at < 54; at += 18)
        write_part(p, WIDE, at, 18, 1);
    assert_int_equal(wide_value.len, 0);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    assert_int_equal(wide_value.len, 54);
    check_octets(wide, 54, 1);
    peer_free(p);
}

/* GATT/SR/GAW/BI-07-C, -08, -09, -11, -12, -13, BI-33 */
static void refused_long_writes(void **state)
{
    (void)state;
    struct peer *p = start();
    write_part(p, WIDE, 10, 3, 1); /* behind the end of what is there */
    ASK(p, 0x18, 1);
    REFUSED(p, 0x18, WIDE, 0x07);
    write_part(p, VALUE, 0, 6, 1); /* each of them fits, both do not */
    write_part(p, VALUE, 6, 3, 1);
    ASK(p, 0x18, 1);
    REFUSED(p, 0x18, VALUE, 0x0d);
    ASK(p, 0x18, 1); /* and nothing is left of them */
    EXPECT(p, 0x19);
    for (unsigned i = 0; i < ARRAY_LEN(write_refusals); i++) {
        const struct refusal *r = &write_refusals[i];
        prepare(p, r);
        ASK(p, 0x16, r->handle, 0, 0, 0, 1);
        REFUSED(p, 0x16, r->handle, r->error);
    }
    assert_int_equal(value.len, 2);
    peer_free(p);
}

/* GATT/SR/GAW/BV-06-C, BV-11: one part; none */
static void reliable_writes(void **state)
{
    (void)state;
    struct peer *p = start();
    write_part(p, VALUE, 0, 4, 9);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    check_octets(octets, 4, 9);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    assert_int_equal(count[WOAD_GATTS_WRITTEN], 1);
    peer_free(p);
}

static void GATT_SR_GAW_BV_10_C(void **state) /* parts of two values by turns */
{
    (void)state;
    struct peer *p = start();
    for (unsigned at = 0; at < 54; at += 18) {
        write_part(p, WIDE, at, 18, 1);
        write_part(p, WIDE2, at, 18, 101);
    }
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    assert_int_equal(wide_value.len, 54);
    assert_int_equal(wide2_value.len, 54);
    check_octets(wide, 54, 1);
    check_octets(wide2, 54, 101);
    peer_free(p);
}

static void GATT_SR_GAW_BV_07_C(void **state)
{
    (void)state;
    struct peer *p = start();
    write_part(p, VALUE, 0, 4, 9);
    ASK(p, 0x18, 0);
    EXPECT(p, 0x19);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

static void GATT_SR_GAW_BV_08_C(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, WIDE_TEXT, 0, 'h', 'i');
    EXPECT(p, 0x13);
    ASK(p, 0x0a, WIDE_TEXT, 0);
    EXPECT(p, 0x0b, 'h', 'i');
    peer_free(p);
}

static void GATT_SR_GAW_BV_09_C(void **state)
{
    (void)state;
    struct peer *p = start();
    for (unsigned at = 0; at < 54; at += 18)
        write_part(p, WIDE_TEXT, at, 18, 30);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    assert_int_equal(wide_text_value.len, 54);
    check_octets(wide_text, 54, 30);
    peer_free(p);
}

/* The attribute goes, and another comes in its place: neither is written. */
static void GATT_SR_GAW_BI_41_C(void **state)
{
    (void)state;
    struct peer *p = start();
    write_part(p, VALUE, 0, 4, 9);
    assert_int_equal(woad_gatts_remove(p->dev->h, &service), 0);
    ASK(p, 0x18, 1);
    REFUSED(p, 0x18, 0, 0x12);
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    write_part(p, VALUE, 0, 4, 9);
    assert_int_equal(woad_gatts_remove(p->dev->h, &service), 0);
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    ASK(p, 0x18, 1);
    REFUSED(p, 0x18, 0, 0x12);
    assert_int_equal(value.len, 2);
    write_part(p, VALUE, 0, 4, 9);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    peer_free(p);
}

/* ---- notifications, indications -------------------------------------------------------------- */

/* GATT/SR/GAN/BV-01-C, GATT/SR/GAI/BV-01-C: sent, and forgotten with the link of a client without
 * bond */
static void subscriptions_without_bond(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 3, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "ab", 2), 0);
    EXPECT(p, 0x1b, VALUE, 0, 'a', 'b');
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "cd", 2), 0);
    EXPECT(p, 0x1d, VALUE, 0, 'c', 'd');
    ASK(p, 0x1e);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    uint16_t other;
    dbl_lose_link(p->dev, p->conn, 0x13);
    dbl_run(p->d, 1000);
    dbl_connect(p->d, 1, 0, &other, &p->conn);
    p->count = p->taken = 0; /* what a host begins a link with */
    ASK(p, 0x0a, CCCD, 0);
    EXPECT(p, 0x0b, 0, 0);
    peer_free(p);
}

static void GATT_SR_GAN_BV_02_C(void **state) /* several in one, for who said it takes that */
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    const struct woad_gatts_item items[] = {{VALUE, 2, "ab"}, {VALUE, 1, "c"}};
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_notify_multiple(h, p->conn, items, 2), 0);
    EXPECT(p, 0x1b, VALUE, 0, 'a', 'b');
    EXPECT(p, 0x1b, VALUE, 0, 'c');
    ASK(p, 0x12, 11, 0, 4);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_notify_multiple(h, p->conn, items, 2), 0);
    EXPECT(p, 0x23, VALUE, 0, 2, 0, 'a', 'b', VALUE, 0, 1, 0, 'c');
    peer_free(p);
}

static void GATT_SR_GAT_BV_01_C(void **state) /* no confirmation for 30 s */
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 3, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "a", 1), 0);
    EXPECT(p, 0x1d, VALUE, 0, 'a');
    dbl_run(p->d, WOAD_S(29));
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 0);
    dbl_run(p->d, WOAD_S(2));
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    assert_int_equal(last.u.confirmed.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "a", 1), WOAD_ERR_NOT_CONNECTED);
    ASK(p, 0x0a, VALUE, 0); /* nothing more goes over that bearer */
    EXPECT_NONE(p);
    peer_free(p);
}

/* ---- the GATT service ------------------------------------------------------------------------ */

static struct woad_gatt_service more;
static void change_database(struct peer *p)
{
    if (more.attached)
        assert_int_equal(woad_gatts_remove(p->dev->h, &more), 0);
    else
        more = (struct woad_gatt_service){.attrs = inner_attrs, .count = 3, .start = 120};
    if (!more.attached && more.start)
        assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
}

static void GATT_SR_GAS_BV_01_C(void **state)
{
    (void)state;
    struct peer *p = start();
    more.attached = false;
    ASK(p, 0x12, 9, 0, 2, 0);
    EXPECT(p, 0x13);
    change_database(p);
    EXPECT(p, 0x1d, 8, 0, 120, 0, 122, 0);
    ASK(p, 0x1e);
    assert_int_equal(woad_gatts_remove(p->dev->h, &more), 0);
    EXPECT(p, 0x1d, 8, 0, 120, 0, 122, 0);
    ASK(p, 0x1e);
    EXPECT_NONE(p);
    peer_free(p);
}

/* The tester computes it from what it discovers. */
static void hash_of_what_is_there(struct peer *p, uint8_t hash[16])
{
    static const uint8_t zero[16] = {0};
    struct woad_aes aes;
    struct woad_cmac mac;
    assert_int_equal(woad_aes_init(&aes, zero), 0);
    woad_cmac_begin(&mac, &aes);
    for (unsigned handle = 1; handle < 256; handle++) {
        ASK(p, 0x04, (uint8_t)handle, 0, (uint8_t)handle, 0);
        const struct peer_pdu *got = peer_next(p);
        uint16_t type = got->data[0] == 0x05 && got->data[1] == 1 ? woad_get_u16(got->data + 4) : 0;
        bool whole = type >= 0x2800 && type <= 0x2803;
        uint8_t head[4] = {(uint8_t)handle, 0, (uint8_t)type, (uint8_t)(type >> 8)};
        if (!whole && (type < 0x2900 || type > 0x2905))
            continue;
        assert_int_equal(woad_cmac_add(&mac, head, 4), 0);
        if (!whole)
            continue;
        ASK(p, 0x0a, (uint8_t)handle, 0);
        got = peer_next(p);
        assert_int_equal(got->data[0], 0x0b);
        assert_int_equal(woad_cmac_add(&mac, got->data + 1, got->len - 1u), 0);
    }
    uint8_t out[16];
    assert_int_equal(woad_cmac_end(&mac, out), 0);
    woad_aes_deinit(&aes);
    for (int i = 0; i < 16; i++)
        hash[i] = out[15 - i];
}

static void GATT_SR_GAS_BV_02_C(void **state)
{
    (void)state;
    struct peer *p = start();
    uint8_t want[2][16];
    more.attached = false;
    for (int i = 0; i < 2; i++) {
        hash_of_what_is_there(p, want[i]);
        p->count = p->taken = 0;
        ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
        const struct peer_pdu *got = peer_next(p);
        assert_int_equal(got->data[1], 18);
        assert_memory_equal(got->data + 4, want[i], 16);
        change_database(p);
    }
    assert_memory_not_equal(want[0], want[1], 16);
    peer_free(p);
}

static void
GATT_SR_GAS_BV_03_C(void **state) /* unknown bits are ignored; each client has its own */
{
    (void)state;
    struct peer *p = start();
    uint8_t link[18] = {0, 0x70, 0x07, 1, 0, 1, 2, 3, 4, 5, 6, 24, 0, 0, 0, 200, 0, 0};
    ASK(p, 0x12, 11, 0, 0xf9);
    EXPECT(p, 0x13);
    ASK(p, 0x0a, 11, 0);
    EXPECT(p, 0x0b, 1);
    struct dbl_link *second = &p->dev->links[1];
    assert_false(second->up);
    second->up = true;
    second->handle = p->conn = 0x0770;
    dbl_le_evt(p->dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, link, sizeof(link));
    dbl_run(p->d, 1000);
    p->count = p->taken = 0; /* what a host begins a link with */
    ASK(p, 0x0a, 11, 0);
    EXPECT(p, 0x0b, 0);
    peer_free(p);
}

static void GATT_SR_GAS_BV_05_C(void **state)
{
    (void)state;
    struct peer *p = start();
    more.attached = false;
    change_database(p);
    ASK(p, 0x0a, VALUE, 0); /* 2: without robust caching nothing is said */
    EXPECT(p, 0x0b, 0x11, 0x22);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    change_database(p);
    ASK(p, 0x0a, VALUE, 0); /* 5 */
    REFUSED(p, 0x0a, 0, 0x12);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    change_database(p);
    ASK(p, 0x0a, VALUE, 0); /* 8 */
    REFUSED(p, 0x0a, 0, 0x12);
    ASK(p, 0x52, VALUE, 0, 9); /* 9: ignored */
    assert_int_equal(octets[0], 0x11);
    ASK(p, 0x12, 11, 0, 0); /* 11 */
    REFUSED(p, 0x12, 11, 0x13);
    ASK(p, 0x0a, 11, 0);
    EXPECT(p, 0x0b, 1);
    change_database(p);
    ASK(p, 0x0a, 13, 0); /* 14: the hash by handle */
    REFUSED(p, 0x0a, 0, 0x12);
    change_database(p);
    ASK(p, 0x08, 1, 0, 100, 0, 0x10, 0x2a); /* 16 */
    REFUSED(p, 0x08, 0, 0x12);
    peer_free(p);
}

static void GATT_SR_GAS_BV_06_C(void **state)
{
    (void)state;
    struct peer *p = start();
    more.attached = false;
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    change_database(p);
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    assert_int_equal(peer_next(p)->data[0], 0x09);
    ASK(p, 0x0a, VALUE, 0); /* 4 */
    EXPECT(p, 0x0b, 0x11, 0x22);
    ASK(p, 0x12, 9, 0, 2, 0);
    EXPECT(p, 0x13);
    change_database(p);
    assert_int_equal(peer_next(p)->data[0], 0x1d);
    ASK(p, 0x1e);
    ASK(p, 0x0a, VALUE, 0); /* 7 */
    EXPECT(p, 0x0b, 0x11, 0x22);
    change_database(p);
    assert_int_equal(peer_next(p)->data[0], 0x1d);
    ASK(p, 0x0a, VALUE, 0); /* 9: not confirmed */
    REFUSED(p, 0x0a, 0, 0x12);
    peer_free(p);
}

static void GATT_SR_GAS_BV_08_C(void **state)
{
    (void)state;
    struct peer *p = start();
    more.attached = false;
    change_database(p);
    ASK(p, 0x20, VALUE, 0, SUM, 0);
    EXPECT(p, 0x21, 2, 0, 0x11, 0x22, 3, 0, 0x64, 0x2c, 0x01);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    change_database(p);
    ASK(p, 0x20, VALUE, 0, SUM, 0);
    REFUSED(p, 0x20, 0, 0x12);
    ASK(p, 0x20, VALUE, 0, SUM, 0);
    EXPECT(p, 0x21, 2, 0, 0x11, 0x22, 3, 0, 0x64, 0x2c, 0x01);
    peer_free(p);
}

/* ---- formats; what is not supported ---------------------------------------------------------- */

/* GATT/SR/GPA/BV-11-C, BV-12 */
static void formats_and_their_aggregate(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, SUM, 0, LAST, 0, 0x05, 0x29);
    EXPECT(p, 0x09, 6, SUM + 3, 0, SUM + 1, 0, SUM + 2, 0);
    ASK(p, 0x0a, SUM + 1, 0); /* an 8-bit percentage, then a signed one of 16 bits */
    EXPECT(p, 0x0b, 0x04, 0x00, 0xad, 0x27, 0x01, 0x00, 0x00);
    ASK(p, 0x0a, SUM + 2, 0);
    EXPECT(p, 0x0b, 0x06, 0xff, 0x2f, 0x27, 0x01, 0x00, 0x00);
    ASK(p, 0x0a, SUM, 0);
    EXPECT(p, 0x0b, 0x64, 0x2c, 0x01);
    peer_free(p);
}

static bool is_known(uint8_t opcode)
{
#define OPCODE(name, number, kind, min)                                                            \
    if (opcode == (number))                                                                        \
        return true;
    WOAD_ATT_PDU_LIST(OPCODE)
    return false;
}

/* GATT/SR/UNS/BI-01-C, -02: every other opcode, also with the flag of a signature */
static void opcodes_that_are_none(void **state)
{
    (void)state;
    struct peer *p = start();
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        if (is_known((uint8_t)opcode))
            continue;
        ASK(p, (uint8_t)opcode, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
        if (opcode & 0x40)
            EXPECT_NONE(p);
        else
            EXPECT(p, 0x01, (uint8_t)opcode, 0, 0, 0x06);
    }
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

#define T(name) cmocka_unit_test(name)
int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        T(GATT_SR_GAC_BV_01_C),        T(GATT_SR_GAD_BV_01_C),   T(GATT_SR_GAD_BV_02_C),
        T(GATT_SR_GAD_BV_03_C),        T(GATT_SR_GAD_BV_04_C),   T(GATT_SR_GAD_BV_05_C),
        T(GATT_SR_GAD_BV_06_C),        T(GATT_SR_GAR_BV_01_C),   T(refused_reads),
        T(GATT_SR_GAR_BV_03_C),        T(refused_reads_by_uuid), T(GATT_SR_GAR_BV_04_C),
        T(refused_long_reads),         T(several_values),        T(refused_reads_of_several),
        T(GATT_SR_GAR_BI_45_C),        T(GATT_SR_GAR_BV_06_C),   T(GATT_SR_GAR_BV_07_C),
        T(GATT_SR_GAR_BV_08_C),        T(GATT_SR_GAW_BV_01_C),   T(signed_writes),
        T(commands_that_are_too_long), T(GATT_SR_GAW_BV_03_C),   T(refused_writes),
        T(GATT_SR_GAW_BV_05_C),        T(refused_long_writes),   T(reliable_writes),
        T(GATT_SR_GAW_BV_10_C),        T(GATT_SR_GAW_BV_07_C),   T(GATT_SR_GAW_BV_08_C),
        T(GATT_SR_GAW_BV_09_C),        T(GATT_SR_GAW_BI_41_C),   T(subscriptions_without_bond),
        T(GATT_SR_GAN_BV_02_C),        T(GATT_SR_GAT_BV_01_C),   T(GATT_SR_GAS_BV_01_C),
        T(GATT_SR_GAS_BV_02_C),        T(GATT_SR_GAS_BV_03_C),   T(GATT_SR_GAS_BV_05_C),
        T(GATT_SR_GAS_BV_06_C),        T(GATT_SR_GAS_BV_08_C),   T(formats_and_their_aggregate),
        T(opcodes_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
