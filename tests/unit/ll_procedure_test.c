/* Control procedures and their collisions as PDU scripts [Vol 6, Part B, 5]. The peer is the
 * script. */
#include "test.h"

#include "ll_script.h"

static void open_link(struct s_radio *r, bool central)
{
    assert_int_equal(woad_crypto_init(), 0);
    s_init(r, NULL);
    if (central)
        s_central(r);
    else
        s_peripheral(r);
    assert_true(r->up);
}

static void host_cmd(struct s_radio *r, uint16_t opcode, const char *rest, uint8_t len)
{
    uint8_t p[40] = {(uint8_t)r->handle, (uint8_t)(r->handle >> 8)};
    memcpy(p + 2, rest, len);
    s_cmd(r, opcode, p, (uint8_t)(len + 2));
}

static void host_update(struct s_radio *r)
{
    host_cmd(r, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, "\x0c\0\x0c\0\0\0\xc8\0\0\0\0\0", 12);
}

static void host_phy(struct s_radio *r)
{
    host_cmd(r, WOAD_HCI_CMD_LE_SET_PHY, "\0\2\2\0\0", 5);
}

static const uint8_t param_req[23] = {24,  0,   40,  0,   0,   0,   200, 0,   0,   0,   0,  255,
                                      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

static void expect_reject(struct s_radio *r, uint8_t opcode, uint8_t error)
{
    const struct s_pdu *p = s_expect(r, LL_REJECT_EXT_IND, 6);
    assert_non_null(p);
    assert_int_equal(p->payload[1], opcode);
    assert_int_equal(p->payload[2], error);
}

static uint16_t now_event(const struct s_radio *r)
{
    return (uint16_t)r->ll->conns[r->handle % r->ll->cfg.max_conns].isr.event;
}

static void send_update(struct s_radio *r, uint8_t interval, uint16_t ahead)
{
    uint8_t p[11] = {1, 0, 0, interval, 0, 0, 0, 200, 0};
    woad_put_u16(p + 9, (uint16_t)(now_event(r) + ahead));
    s_ctrl(r, LL_CONNECTION_UPDATE_IND, p, sizeof(p));
}

/* Central, its own parameter request unanswered: the peer's procedures with an instant are refused.
 */
static void test_central_collisions(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, true);
    host_update(&r);
    assert_non_null(s_expect(&r, LL_CONNECTION_PARAM_REQ, 5));
    s_ctrl(&r, LL_CONNECTION_PARAM_REQ, param_req, 23);
    expect_reject(&r, LL_CONNECTION_PARAM_REQ, WOAD_HCI_ERR_LL_PROCEDURE_COLLISION);
    s_ctrl(&r, LL_PHY_REQ, "\2\2", 2);
    expect_reject(&r, LL_PHY_REQ, WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
    /* Others are no collision, and its own goes on. */
    s_ctrl(&r, LL_PING_REQ, NULL, 0);
    assert_non_null(s_expect(&r, LL_PING_RSP, 5));
    uint8_t rsp[23];
    memcpy(rsp, param_req, 23);
    rsp[0] = rsp[2] = 12;
    s_ctrl(&r, LL_CONNECTION_PARAM_RSP, rsp, 23);
    const struct s_pdu *p = s_expect(&r, LL_CONNECTION_UPDATE_IND, 5);
    assert_non_null(p);
    assert_int_equal(woad_get_u16(p->payload + 4), 12);
    /* Begun by both: the peer took part, so a new one of its own ends the link. */
    s_ctrl(&r, LL_PHY_REQ, "\2\2", 2);
    s_events(&r, 4);
    assert_false(r.up);
    assert_int_equal(r.reason, WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
    s_free(&r);
}

static void test_central_map_collision(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, true);
    s_cmd(&r, WOAD_HCI_CMD_LE_SET_HOST_CHANNEL_CLASSIFICATION, (const uint8_t[]){0xff, 0, 0, 0, 0},
          5);
    assert_non_null(s_expect(&r, LL_CHANNEL_MAP_IND, 5));
    s_ctrl(&r, LL_CONNECTION_PARAM_REQ, param_req, 23);
    expect_reject(&r, LL_CONNECTION_PARAM_REQ, WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
    s_events(&r, 12);
    assert_true(r.up);
    assert_true(r.last_channel < 8);
    /* After the instant the way is free. */
    s_ctrl(&r, LL_PHY_REQ, "\2\2", 2);
    assert_non_null(s_expect(&r, LL_PHY_UPDATE_IND, 5));
    s_free(&r);
}

/* Peripheral: the central's procedure goes first, the own one waits for its rejection. */
static void test_peripheral_collisions(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, false);
    host_phy(&r);
    assert_non_null(s_expect(&r, LL_PHY_REQ, 5));
    send_update(&r, 12, 8);
    s_ctrl(&r, LL_REJECT_EXT_IND, "\x16\x2a", 2);
    s_events(&r, 12);
    assert_true(r.up);
    const uint8_t *e = s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE);
    assert_non_null(e);
    assert_int_equal(e[3], 0x2a);
    e = s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE);
    assert_non_null(e);
    assert_int_equal(e[3], 0);
    assert_int_equal(e[6], 12);
    /* The same the other way round: its parameter request, the central's PHY request. */
    host_update(&r);
    host_cmd(&r, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, "\x18\0\x18\0\0\0\xc8\0\0\0\0\0", 12);
    assert_non_null(s_expect(&r, LL_CONNECTION_PARAM_REQ, 5));
    s_ctrl(&r, LL_PHY_REQ, "\2\2", 2);
    assert_non_null(s_expect(&r, LL_PHY_RSP, 5));
    s_ctrl(&r, LL_REJECT_EXT_IND, "\x0f\x2a", 2);
    uint8_t phy[4] = {2, 2};
    s_events(&r, 2);
    woad_put_u16(phy + 2, (uint16_t)(now_event(&r) + 8));
    s_ctrl(&r, LL_PHY_UPDATE_IND, phy, 4);
    s_events(&r, 12);
    assert_true(r.up);
    assert_int_equal(r.last_rx.phy, WOAD_PHY_2M);
    e = s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE);
    assert_int_equal(e[3], 0x2a);
    s_free(&r);
}

/* A second procedure with an instant before the first one's has passed: the central broke the
 * rules. */
static void test_two_instants(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, false);
    send_update(&r, 12, 20);
    s_events(&r, 2);
    send_update(&r, 24, 20);
    s_events(&r, 4);
    assert_false(r.up);
    assert_int_equal(r.reason, WOAD_HCI_ERR_LL_PROCEDURE_COLLISION);
    s_free(&r);
}

/* The peer does not know the parameter request: a central updates by itself, a peripheral's host is
 * told. */
static void test_unknown_param_req(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        open_link(&r, central);
        host_update(&r);
        assert_non_null(s_expect(&r, LL_CONNECTION_PARAM_REQ, 5));
        s_ctrl(&r, LL_UNKNOWN_RSP, "\x0f", 1);
        if (central) {
            assert_non_null(s_expect(&r, LL_CONNECTION_UPDATE_IND, 5));
        } else {
            s_events(&r, 3);
            const uint8_t *e =
                s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE);
            assert_non_null(e);
            assert_int_equal(e[3], WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        }
        s_free(&r);
    }
}

/* One LL_VERSION_IND on a link, whoever begins. */
static void test_version_once(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        open_link(&r, central);
        s_ctrl(&r, LL_VERSION_IND, "\x09\x01\x00\x02\x00", 5);
        const struct s_pdu *p = s_expect(&r, LL_VERSION_IND, 5);
        assert_non_null(p);
        assert_int_equal(p->payload[1], WOAD_HCI_VERSION_5_0);
        s_ctrl(&r, LL_VERSION_IND, "\x09\x01\x00\x02\x00", 5);
        host_cmd(&r, WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION, "", 0);
        assert_null(s_expect(&r, LL_VERSION_IND, 6));
        const uint8_t *e = s_evt(&r, WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0);
        assert_non_null(e);
        assert_int_equal(woad_get_u16(e + 6), 1);
        s_free(&r);
    }
}

/* Octet 0 of the answer is what both sides have. */
static void test_features_used(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        open_link(&r, central);
        s_ctrl(&r, central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ, "\x21\0\0\0\0\0\0\0", 8);
        const struct s_pdu *p = s_expect(&r, LL_FEATURE_RSP, 5);
        assert_non_null(p);
        assert_int_equal(p->payload[1], 0x21);
        assert_int_equal(p->payload[2], 0x49);
        s_free(&r);
    }
}

/* Lengths out of range change nothing; good ones take effect at once. */
static void test_lengths(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, false);
    s_ctrl(&r, LL_LENGTH_REQ, "\x1a\0\x48\x01\x1a\0\x48\x01", 8);
    const struct s_pdu *p = s_expect(&r, LL_LENGTH_RSP, 5);
    assert_non_null(p);
    assert_int_equal(woad_get_u16(p->payload + 1), 251);
    assert_null(s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE));
    s_ctrl(&r, LL_LENGTH_REQ, "\xfb\0\x48\x08\xfb\0\x48\x08", 8);
    assert_non_null(s_expect(&r, LL_LENGTH_RSP, 5));
    const uint8_t *e = s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE);
    assert_non_null(e);
    assert_int_equal(woad_get_u16(e + 9), 251);
    s_free(&r);
}

/* The peer's LL_TERMINATE_IND is acknowledged before the link goes; ours waits for the
 * acknowledgement. */
static void test_terminate(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct s_radio r;
        open_link(&r, central);
        s_ctrl(&r, LL_TERMINATE_IND, "\x13", 1);
        s_events(&r, 5);
        assert_false(r.up);
        assert_int_equal(r.reason, 0x13);
        assert_int_equal(r.out_get, r.out_put); /* acknowledged */
        s_free(&r);
        open_link(&r, central);
        host_cmd(&r, WOAD_HCI_CMD_DISCONNECT, "\x13", 1);
        assert_non_null(s_expect(&r, LL_TERMINATE_IND, 5));
        s_events(&r, 3);
        assert_false(r.up);
        assert_int_equal(r.reason, 0x16);
        s_free(&r);
    }
}

/* PHY fields a peripheral cannot use change nothing in their direction. */
static void test_phy_update_values(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r, false);
    s_ctrl(&r, LL_PHY_REQ, "\2\2", 2);
    assert_non_null(s_expect(&r, LL_PHY_RSP, 5));
    uint8_t p[4] = {0x40, 2}; /* reserved from the central, 2M towards it */
    woad_put_u16(p + 2, (uint16_t)(now_event(&r) + 6));
    s_ctrl(&r, LL_PHY_UPDATE_IND, p, 4);
    s_events(&r, 10);
    const uint8_t *e = s_evt(&r, WOAD_HCI_EVT_LE_META, WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE);
    assert_non_null(e);
    assert_int_equal(e[6], WOAD_PHY_2M);
    assert_int_equal(e[7], WOAD_PHY_1M);
    s_free(&r);
}

/* An encryption request on a link whose host has no key, and one whose host may not be asked. */
static void test_no_key(void **state)
{
    (void)state;
    static const uint8_t req[22] = {0};
    for (int masked = 0; masked < 2; masked++) {
        struct s_radio r;
        open_link(&r, false);
        if (masked)
            s_cmd(&r, WOAD_HCI_CMD_LE_SET_EVENT_MASK, (const uint8_t[]){0x0f, 0, 0, 0, 0, 0, 0, 0},
                  8);
        s_ctrl(&r, LL_ENC_REQ, req, sizeof(req));
        assert_non_null(s_expect(&r, LL_ENC_RSP, 5));
        if (!masked)
            host_cmd(&r, WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, "", 0);
        const struct s_pdu *p = s_expect(&r, LL_REJECT_IND, 5);
        assert_non_null(p);
        assert_int_equal(p->payload[1], WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
        assert_true(r.up);
        s_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_central_collisions),
        cmocka_unit_test(test_central_map_collision),
        cmocka_unit_test(test_peripheral_collisions),
        cmocka_unit_test(test_two_instants),
        cmocka_unit_test(test_unknown_param_req),
        cmocka_unit_test(test_version_once),
        cmocka_unit_test(test_features_used),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_terminate),
        cmocka_unit_test(test_phy_update_values),
        cmocka_unit_test(test_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
