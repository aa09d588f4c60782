/* What must be withstood on air: each case is an attack that has worked on some link layer. */
#include "test.h"

#include "ll_script.h"

static void quiet(struct s_radio *r, bool central)
{
    assert_int_equal(woad_crypto_init(), 0);
    s_init(r, NULL);
    if (central)
        s_central(r);
    else
        s_peripheral(r);
    assert_true(r->up);
}

/* The link answers a ping: it lives. */
static void lives(struct s_radio *r)
{
    s_ctrl(r, LL_PING_REQ, NULL, 0);
    assert_non_null(s_expect(r, LL_PING_RSP, 10));
}

/* A length field that promises more than was sent, and PDUs beyond the largest. */
static void test_length_overflow(void **state)
{
    (void)state;
    uint8_t long_one[255] = {0};
    struct s_radio r;
    quiet(&r, false);
    for (unsigned len = 0; len < 256; len += 5) {
        r.raw = true;
        r.raw_header[0] = LL_LLID_START;
        r.raw_header[1] = (uint8_t)len;
        s_send(&r, LL_LLID_START, long_one, 10);
        s_events(&r, 2);
    }
    s_send(&r, LL_LLID_START, long_one, 255);
    s_events(&r, 2);
    r.out_get = r.out_put;
    assert_int_equal(r.acl_count, 1); /* the one whose length was right */
    lives(&r);
    s_free(&r);
}

/* LLID 0 is reserved: ignored, acknowledged, and the link goes on. */
static void test_llid_zero(void **state)
{
    (void)state;
    struct s_radio r;
    quiet(&r, false);
    s_send(&r, 0, "abc", 3);
    s_send(&r, 0, "", 0);
    s_events(&r, 4);
    assert_int_equal(r.out_get, r.out_put);
    assert_int_equal(r.acl_count, 0);
    lives(&r);
    s_free(&r);
}

/* A continuation without a start is dropped; the next start is accepted. */
static void test_fragment_without_start(void **state)
{
    (void)state;
    struct s_radio r;
    quiet(&r, false);
    s_send(&r, LL_LLID_CONT, "abc", 3);
    s_events(&r, 3);
    assert_int_equal(r.acl_count, 0);
    s_send(&r, LL_LLID_START, "abc", 3);
    s_send(&r, LL_LLID_START, "abc", 3);
    s_send(&r, LL_LLID_CONT, "abc", 3);
    s_events(&r, 5);
    assert_int_equal(r.acl_count, 3);
    assert_int_equal(r.acl_last_pb, WOAD_HCI_ACL_CONTINUE);
    s_free(&r);
}

/* Requests to connect with parameters no link can have are ignored before there is any state. */
static void test_bad_connect_ind(void **state)
{
    (void)state;
    static const struct {
        uint8_t win_size;
        uint16_t win_offset, interval, latency, timeout;
        uint64_t map;
    } rows[] = {
        {2, 0, 0, 0, 200, LL_CHANNELS_ALL},
        {2, 0, 5, 0, 200, LL_CHANNELS_ALL},
        {2, 0, 3201, 0, 3200, LL_CHANNELS_ALL},
        {0, 0, 24, 0, 200, LL_CHANNELS_ALL},
        {9, 0, 24, 0, 200, LL_CHANNELS_ALL},
        {6, 0, 6, 0, 200, LL_CHANNELS_ALL},
        {2, 25, 24, 0, 200, LL_CHANNELS_ALL},
        {2, 0, 24, 500, 3200, LL_CHANNELS_ALL},
        {2, 0, 24, 0, 0, LL_CHANNELS_ALL},
        {2, 0, 24, 0, 9, LL_CHANNELS_ALL},
        {2, 0, 24, 0, 3201, LL_CHANNELS_ALL},
        {2, 0, 24, 99, 600, LL_CHANNELS_ALL},
        {2, 0, 24, 0, 200, 0},
        {2, 0, 24, 0, 200, 1},
        {2, 0, 24, 0, 200, UINT64_C(0xe000000000)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct s_radio r;
        s_init(&r, NULL);
        s_advertise(&r);
        s_connect_ind(&r, rows[i].win_size, rows[i].win_offset, rows[i].interval, rows[i].latency,
                      rows[i].timeout, rows[i].map);
        for (int n = 0; n < 50; n++)
            assert_true(s_step(&r)); /* advertising goes on */
        assert_false(r.up);
        assert_int_equal(r.adv_len, 0);
        s_connect_ind(&r, 2, 0, 24, 0, 200, LL_CHANNELS_ALL);
        for (int n = 0; n < 50 && !r.up; n++)
            assert_true(s_step(&r));
        assert_true(r.up);
        s_free(&r);
    }
}

/* Every control PDU with every wrong length: refused with LL_UNKNOWN_RSP or ignored, and the link
 * lives. */
static void test_control_lengths(void **state)
{
    (void)state;
    uint8_t junk[64];
    memset(junk, 0xff, sizeof(junk));
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        quiet(&r, central);
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            for (uint8_t len = 0; len < 40; len = (uint8_t)(len + 13)) {
                if (opcode < 0x20 && len == 0)
                    continue; /* some are right */
                s_ctrl(&r, (uint8_t)opcode, junk, len);
                s_events(&r, 2);
            }
            assert_true(r.up);
        }
        lives(&r);
        s_free(&r);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        quiet(&r, central);
        s_ctrl(&r, 0x77, NULL, 0);
        const struct s_pdu *p = s_expect(&r, LL_UNKNOWN_RSP, 5);
        assert_non_null(p);
        assert_int_equal(p->payload[1], 0x77);
        s_ctrl(&r, LL_UNKNOWN_RSP, "\x77", 1); /* not answered */
        s_ctrl(&r, LL_UNKNOWN_RSP, "\x77\x77", 2);
        assert_null(s_expect(&r, LL_UNKNOWN_RSP, 5));
        lives(&r);
        s_free(&r);
    }
}

static void put_update(uint8_t p[11], uint8_t win, uint16_t offset, uint16_t interval,
                       uint16_t latency, uint16_t timeout, uint16_t instant)
{
    p[0] = win;
    woad_put_u16(p + 1, offset);
    woad_put_u16(p + 3, interval);
    woad_put_u16(p + 5, latency);
    woad_put_u16(p + 7, timeout);
    woad_put_u16(p + 9, instant);
}

static uint16_t now_event(const struct s_radio *r)
{
    return (uint16_t)r->ll->conns[r->handle % r->ll->cfg.max_conns].isr.event;
}

/* Instants in the past end the link with 0x28; an invalid update with 0x1e; never a division or an
 * assertion. */
static void test_update_ind(void **state)
{
    (void)state;
    static const struct {
        int ahead;
        uint8_t win;
        uint16_t interval, timeout;
        uint8_t reason;
    } rows[] = {
        {-1, 1, 24, 200, 0x28},   {-100, 1, 24, 200, 0x28}, {32767 + 1, 1, 24, 200, 0x28},
        {10, 1, 0, 200, 0x1e},    {10, 0, 24, 200, 0x1e},   {10, 1, 24, 0, 0x1e},
        {10, 200, 24, 200, 0x1e}, {10, 1, 24, 200, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct s_radio r;
        uint8_t p[11];
        quiet(&r, false);
        put_update(p, rows[i].win, 0, rows[i].interval, 0, rows[i].timeout,
                   (uint16_t)(now_event(&r) + 1 + rows[i].ahead));
        s_ctrl(&r, LL_CONNECTION_UPDATE_IND, p, sizeof(p));
        s_events(&r, 15);
        assert_int_equal(r.up, rows[i].reason == 0);
        assert_int_equal(r.reason, rows[i].reason);
        s_free(&r);
    }
}

static void test_channel_map_ind(void **state)
{
    (void)state;
    static const struct {
        uint64_t map;
        int ahead;
        uint8_t reason;
    } rows[] = {{0, 8, 0x1e}, {1, 8, 0x1e}, {0xff, -1, 0x28}, {0xff, 8, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct s_radio r;
        uint8_t p[7];
        quiet(&r, false);
        woad_put_u32(p, (uint32_t)rows[i].map);
        p[4] = (uint8_t)(rows[i].map >> 32);
        woad_put_u16(p + 5, (uint16_t)(now_event(&r) + 1 + rows[i].ahead));
        s_ctrl(&r, LL_CHANNEL_MAP_IND, p, sizeof(p));
        s_events(&r, 15);
        assert_int_equal(r.reason, rows[i].reason);
        if (r.up) {
            assert_true(r.last_channel < 8);
            lives(&r);
        }
        s_free(&r);
    }
}

/* Repeated requests are answered once and harm nobody. */
static void test_flood(void **state)
{
    (void)state;
    uint8_t req[23];
    memset(req, 0xff, sizeof(req));
    woad_put_u16(req, 12);
    woad_put_u16(req + 2, 24);
    woad_put_u16(req + 4, 0);
    woad_put_u16(req + 6, 300);
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        quiet(&r, central);
        for (int i = 0; i < 50; i++) {
            s_ctrl(&r, LL_CONNECTION_PARAM_REQ, req, sizeof(req));
            s_ctrl(&r, central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ, req, 8);
            s_ctrl(&r, LL_PING_REQ, NULL, 0);
            s_ctrl(&r, LL_LENGTH_REQ, req, 8);
            s_events(&r, 3);
        }
        s_events(&r, 20);
        assert_true(r.up);
        lives(&r);
        s_free(&r);
    }
}

/* Encryption PDUs out of turn: no key is used that was not given, no assertion. */
static void test_encryption_out_of_turn(void **state)
{
    (void)state;
    static const uint8_t p[22] = {0};
    static const struct {
        uint8_t opcode, len;
    } rows[] = {{LL_ENC_RSP, 12},
                {LL_START_ENC_REQ, 0},
                {LL_START_ENC_RSP, 0},
                {LL_PAUSE_ENC_REQ, 0},
                {LL_PAUSE_ENC_RSP, 0},
                {LL_PHY_RSP, 2},
                {LL_PHY_UPDATE_IND, 4},
                {LL_LENGTH_RSP, 8},
                {LL_FEATURE_RSP, 8},
                {LL_PING_RSP, 0},
                {LL_REJECT_IND, 1},
                {LL_REJECT_EXT_IND, 2},
                {LL_CONNECTION_PARAM_RSP, 23 - 1}};
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        quiet(&r, central);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            s_ctrl(&r, rows[i].opcode, p, rows[i].len);
            s_events(&r, 3);
            assert_true(r.up);
        }
        lives(&r);
        s_free(&r);
    }
}

/* Between LL_ENC_REQ and the end of the procedure anything else ends the link: 0x3d. */
static void test_injection_while_encrypting(void **state)
{
    (void)state;
    static const uint8_t p[22] = {0};
    for (int data = 0; data < 2; data++) {
        struct s_radio r;
        quiet(&r, false);
        s_ctrl(&r, LL_ENC_REQ, p, sizeof(p));
        assert_non_null(s_expect(&r, LL_ENC_RSP, 5));
        if (data)
            s_send(&r, LL_LLID_START, "abc", 3);
        else
            s_ctrl(&r, LL_PING_REQ, NULL, 0);
        s_events(&r, 5);
        assert_false(r.up);
        assert_int_equal(r.reason, WOAD_HCI_ERR_CONNECTION_TERMINATED_MIC_FAILURE);
        s_free(&r);
    }
}

/* A peer that never answers: 40 s, then 0x22. */
static void test_procedure_timeout(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        quiet(&r, central);
        uint8_t h[2] = {(uint8_t)r.handle, (uint8_t)(r.handle >> 8)};
        s_cmd(&r, WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0, h, 2);
        woad_time start = r.now_us;
        s_until(&r, start + WOAD_S(39));
        assert_true(r.up);
        s_until(&r, start + WOAD_S(41));
        assert_false(r.up);
        assert_int_equal(r.reason, WOAD_HCI_ERR_LL_RESPONSE_TIMEOUT);
        s_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length_overflow),
        cmocka_unit_test(test_llid_zero),
        cmocka_unit_test(test_fragment_without_start),
        cmocka_unit_test(test_bad_connect_ind),
        cmocka_unit_test(test_control_lengths),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_update_ind),
        cmocka_unit_test(test_channel_map_ind),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_encryption_out_of_turn),
        cmocka_unit_test(test_injection_while_encrypting),
        cmocka_unit_test(test_procedure_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
