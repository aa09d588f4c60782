/* Reading by the GATT client, as PDUs [Vol 3, Part G, 4.8]. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct woad_gattc_op op;
static const uint16_t two[] = {3, 5};

static int setup(void **state)
{
    (void)state;
    g = gattc_peer_new(NULL, 0, false);
    op = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

static void value(uint16_t handle, uint16_t offset, uint16_t len, uint8_t first, bool cut)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_VALUE);
    assert_ptr_equal(n->evt.op, &op);
    assert_null(n->evt.sub);
    assert_int_equal(n->evt.u.value.handle, handle);
    assert_int_equal(n->evt.u.value.offset, offset);
    assert_int_equal(n->evt.u.value.len, len);
    assert_int_equal(n->evt.u.value.cut, cut);
    if (len)
        assert_int_equal(n->data[0], first);
}

/* An answer of len octets behind the opcode, counting up from first. */
static void counting(uint8_t opcode, uint8_t first, uint16_t len)
{
    uint8_t pdu[600];
    pdu[0] = opcode;
    for (uint16_t i = 0; i < len; i++)
        pdu[i + 1] = (uint8_t)(first + i);
    gattc_peer_answer(g, pdu, (uint16_t)(len + 1));
}

/* GATT/CL/GAR/BV-01-C, BV-06: a descriptor is read like a value. */
static void GATT_CL_GAR_BV_01_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    EXPECT(g, 0x0a, 3, 0);
    ANSWER(g, 0x0b, 7, 8);
    value(3, 0, 2, 7, false);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 4), 0);
    EXPECT(g, 0x0a, 4, 0);
    ANSWER(g, 0x0b); /* empty */
    value(4, 0, 0, 0, false);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 5), 0);
    EXPECT(g, 0x0a, 5, 0);
    counting(0x0b, 1, 22); /* all of the MTU */
    value(5, 0, 22, 1, true);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAR_BV_03_C(void **state)
{
    (void)state;
    struct woad_uuid uuid = woad_uuid16(0x2a00);
    assert_int_equal(woad_gattc_read_by_uuid(g->h, g->conn, &op, 1, 9, &uuid), 0);
    EXPECT(g, 0x08, 1, 0, 9, 0, 0x00, 0x2a);
    ANSWER(g, 0x09, 4, 3, 0, 7, 8, 5, 0, 9, 10);
    value(3, 0, 2, 7, false);
    value(5, 0, 2, 9, false);
    EXPECT(g, 0x08, 6, 0, 9, 0, 0x00, 0x2a);
    ERROR_OF(g, 0x08, 6, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* GATT/CL/GAR/BV-04-C, BV-07: a long descriptor likewise. */
static void GATT_CL_GAR_BV_04_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 0), 0);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 0, 22);
    value(3, 0, 22, 0, true);
    EXPECT(g, 0x0c, 3, 0, 22, 0);
    counting(0x0d, 22, 22);
    value(3, 22, 22, 22, true);
    EXPECT(g, 0x0c, 3, 0, 44, 0);
    counting(0x0d, 44, 5);
    value(3, 44, 5, 44, false);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* The value ends with a full PDU: nothing follows, or the server says it is not long. */
static void a_long_value_may_end_with_a_full_pdu(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 0), 0);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 0, 22);
    value(3, 0, 22, 0, true);
    EXPECT(g, 0x0c, 3, 0, 22, 0);
    ANSWER(g, 0x0d);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 0), 0);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 0, 22);
    value(3, 0, 22, 0, true);
    EXPECT(g, 0x0c, 3, 0, 22, 0);
    ERROR_OF(g, 0x0c, 3, WOAD_ATT_ERR_ATTRIBUTE_NOT_LONG);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void a_long_value_of_512_octets_is_the_longest(void **state)
{
    (void)state;
    uint16_t offset = 0;
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 0), 0);
    for (; offset < 506; offset = (uint16_t)(offset + 22)) {
        assert_non_null(peer_next(g->p));
        counting(offset ? 0x0d : 0x0b, 0, 22);
        value(3, offset, 22, 0, true);
    }
    EXPECT(g, 0x0c, 3, 0, 0xfa, 1);
    counting(0x0d, 0, 6);
    value(3, 506, 6, 0, false);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 506), 0);
    EXPECT(g, 0x0c, 3, 0, 0xfa, 1);
    counting(0x0d, 0, 7);
    gattc_peer_done(g, WOAD_ERR_FORMAT, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAR_BV_05_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, two, 2, false), 0);
    EXPECT(g, 0x0e, 3, 0, 5, 0);
    ANSWER(g, 0x0f, 7, 8, 9);
    value(0, 0, 3, 7, false);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAR_BV_08_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, two, 2, true), 0);
    EXPECT(g, 0x20, 3, 0, 5, 0);
    ANSWER(g, 0x21, 2, 0, 7, 8, 1, 0, 9);
    value(3, 0, 2, 7, false);
    value(5, 0, 1, 9, false);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, two, 2, true), 0);
    EXPECT(g, 0x20, 3, 0, 5, 0);
    ANSWER(g, 0x21, 2, 0, 7, 8, 200, 0, 9); /* the last one cut by the MTU */
    value(3, 0, 2, 7, false);
    value(5, 0, 1, 9, true);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* GATT/CL/GPA/BV-12-C, -11: the format of a value and of an aggregate are found and read. */
static void formats_are_found_and_read(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_descriptors(g->h, g->conn, &op, 4, 6), 0);
    EXPECT(g, 0x04, 4, 0, 6, 0);
    ANSWER(g, 0x05, 1, 4, 0, 0x04, 0x29, 5, 0, 0x04, 0x29, 6, 0, 0x05, 0x29);
    for (uint16_t i = 4; i < 7; i++) {
        const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_DESCRIPTOR);
        struct woad_uuid uuid = woad_uuid16(i < 6 ? 0x2904 : 0x2905);
        assert_int_equal(n->evt.u.descriptor.handle, i);
        assert_true(woad_uuid_equal(&n->evt.u.descriptor.uuid, &uuid));
    }
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 4), 0);
    EXPECT(g, 0x0a, 4, 0);
    ANSWER(g, 0x0b, 0x06, 0x10, 0x2a, 0x27, 0x01, 0x01, 0x00);
    value(4, 0, 7, 0x06, false);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 6), 0);
    EXPECT(g, 0x0a, 6, 0);
    ANSWER(g, 0x0b, 4, 0, 5, 0);
    value(6, 0, 4, 4, false);
    gattc_peer_done(g, 0, 0);
}

enum kind { READ, BY_UUID, LONG, BLOB, MULTIPLE, VARIABLE };
static int begin(uint8_t kind)
{
    struct woad_uuid uuid = woad_uuid16(0x2a00);
    switch (kind) {
    case READ: return woad_gattc_read(g->h, g->conn, &op, 3);
    case BY_UUID: return woad_gattc_read_by_uuid(g->h, g->conn, &op, 1, 9, &uuid);
    case LONG: return woad_gattc_read_long(g->h, g->conn, &op, 3, 0);
    case BLOB: return woad_gattc_read_long(g->h, g->conn, &op, 3, 22);
    default: return woad_gattc_read_multiple(g->h, g->conn, &op, two, 2, kind == VARIABLE);
    }
}

static const struct refusal {
    uint8_t kind, request, att;
} refusals[] = {
    {READ, 0x0a, WOAD_ATT_ERR_INVALID_HANDLE},
    {READ, 0x0a, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {READ, 0x0a, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {READ, 0x0a, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {READ, 0x0a, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {READ, 0x0a, 0x80},
    {BY_UUID, 0x08, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {BY_UUID, 0x08, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND},
    {BY_UUID, 0x08, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {BY_UUID, 0x08, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {BY_UUID, 0x08, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {LONG, 0x0a, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {BLOB, 0x0c, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {BLOB, 0x0c, WOAD_ATT_ERR_INVALID_OFFSET},
    {BLOB, 0x0c, WOAD_ATT_ERR_INVALID_HANDLE},
    {BLOB, 0x0c, WOAD_ATT_ERR_ATTRIBUTE_NOT_LONG},
    {BLOB, 0x0c, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {BLOB, 0x0c, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {BLOB, 0x0c, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {MULTIPLE, 0x0e, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {MULTIPLE, 0x0e, WOAD_ATT_ERR_INVALID_HANDLE},
    {MULTIPLE, 0x0e, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {MULTIPLE, 0x0e, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {MULTIPLE, 0x0e, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {VARIABLE, 0x20, WOAD_ATT_ERR_READ_NOT_PERMITTED},
    {VARIABLE, 0x20, WOAD_ATT_ERR_INVALID_HANDLE},
    {VARIABLE, 0x20, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {VARIABLE, 0x20, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {VARIABLE, 0x20, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
};

/* GATT/CL/GAR/BI-01-C, -02, -03, -04, -05, -06, -07, -09, -10, -11, -12, -13, -14, -15, -16, -17,
 * -18, -19, -20, -21, -22, -36, -38, -40, -42, -44: every refusal reaches the application with its
 * code and handle, once; without the security part nothing is raised. */
static void refusals_reach_the_application(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *row = &refusals[i];
        assert_int_equal(begin(row->kind), 0);
        const struct peer_pdu *got = peer_next(g->p);
        assert_non_null(got);
        assert_int_equal(got->data[0], row->request);
        ERROR_OF(g, row->request, 5, row->att);
        gattc_peer_done(g, WOAD_ERR_REFUSED, row->att);
        assert_int_equal(g->noted[g->count - 1].evt.u.done.handle, 5);
        gattc_peer_quiet(g);
    }
}

static void hostile_answers_end_a_read(void **state)
{
    (void)state;
    static const uint8_t many[] = {0x21, 1, 0, 7, 1, 0, 8, 1, 0, 9};
    static const uint8_t long_one[] = {0x21, 1, 2, 7, 7};
    assert_int_equal(begin(VARIABLE), 0);
    assert_non_null(peer_next(g->p));
    gattc_peer_answer(g, many, sizeof(many)); /* more values than were asked for */
    value(3, 0, 1, 7, false);
    value(5, 0, 1, 8, false);
    gattc_peer_done(g, WOAD_ERR_FORMAT, 0);
    assert_int_equal(begin(VARIABLE), 0);
    assert_non_null(peer_next(g->p));
    gattc_peer_answer(g, long_one, sizeof(long_one)); /* a value of 513 octets */
    gattc_peer_done(g, WOAD_ERR_FORMAT, 0);
    gattc_peer_quiet(g);
}

/* With an MTU of 517 a response could hold 516 octets; no value may. */
static void a_value_above_512_octets_is_refused(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_CENTRAL};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 517, false);
    op.arg = g;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    EXPECT(g, 0x02, 0x05, 0x02);
    ANSWER(g, 0x03, 0x05, 0x02);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 0, 513);
    gattc_peer_done(g, WOAD_ERR_FORMAT, 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 9, 512);
    value(3, 0, 512, 9, false);
    gattc_peer_done(g, 0, 0);
}

/* GATT/CL/GAC/BV-01-C: the MTU comes first, once. */
static void GATT_CL_GAC_BV_01_C(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_CENTRAL};
    struct woad_gattc_op ask = op;
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 100, false);
    op.arg = ask.arg = g;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    assert_int_equal(woad_gattc_exchange_mtu(g->h, g->conn, &ask), 0);
    EXPECT(g, 0x02, 100, 0);
    ANSWER(g, 0x03, 50, 0);
    EXPECT(g, 0x0a, 3, 0);
    counting(0x0b, 1, 49);
    value(3, 0, 49, 1, true);
    gattc_peer_done(g, 0, 0);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(g->noted[g->count - 1].evt.u.done.mtu, 50);
    gattc_peer_quiet(g);
}

static void a_server_without_mtu_exchange_is_served_too(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_ALWAYS};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 100, true);
    op.arg = g;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    EXPECT(g, 0x02, 100, 0);
    ERROR_OF(g, 0x02, 0, WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
    EXPECT(g, 0x0a, 3, 0);
    ANSWER(g, 0x0b, 1);
    value(3, 0, 1, 1, false);
    gattc_peer_done(g, 0, 0);
}

/* The server asks for a greater MTU and answers a request before it has ours. */
static void an_answer_of_the_mtu_before_may_be_cut(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_NEVER};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 100, false);
    op.arg = g;
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 3, 0), 0);
    EXPECT(g, 0x0a, 3, 0);
    ANSWER(g, 0x02, 100, 0);
    EXPECT(g, 0x03, 100, 0);
    counting(0x0b, 1, 22);
    value(3, 0, 22, 1, true);
    EXPECT(g, 0x0c, 3, 0, 22, 0);
    counting(0x0d, 23, 5);
    value(3, 22, 5, 23, false);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void the_mtu_is_asked_for_by_call(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_exchange_mtu(g->h, g->conn, &op), 0);
    EXPECT(g, 0x02, 247, 0);
    ANSWER(g, 0x03, 60, 0);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(g->noted[g->count - 1].evt.u.done.mtu, 60);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    static const uint16_t zero[] = {1, 0};
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_read_long(g->h, g->conn, &op, 1, 513), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_read_by_uuid(g->h, g->conn, &op, 1, 9, NULL), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, two, 1, false), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, zero, 2, false),
                     WOAD_ERR_INVALID);
    static const uint16_t many[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &op, many, 12, false), 0);
    gattc_peer_done(g, WOAD_ERR_TOO_LONG, 0); /* 25 octets do not fit */
    gattc_peer_quiet(g);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(GATT_CL_GAR_BV_01_C),
        TEST(GATT_CL_GAR_BV_03_C),
        TEST(GATT_CL_GAR_BV_04_C),
        TEST(a_long_value_may_end_with_a_full_pdu),
        TEST(a_long_value_of_512_octets_is_the_longest),
        TEST(GATT_CL_GAR_BV_05_C),
        TEST(GATT_CL_GAR_BV_08_C),
        TEST(formats_are_found_and_read),
        TEST(refusals_reach_the_application),
        TEST(hostile_answers_end_a_read),
        TEST(a_value_above_512_octets_is_refused),
        TEST(GATT_CL_GAC_BV_01_C),
        TEST(a_server_without_mtu_exchange_is_served_too),
        TEST(an_answer_of_the_mtu_before_may_be_cut),
        TEST(the_mtu_is_asked_for_by_call),
        TEST(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
