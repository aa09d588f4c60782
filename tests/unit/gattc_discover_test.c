/* Discovery by the GATT client, as PDUs [Vol 3, Part G, 4.4 - 4.7]. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct woad_gattc_op op;

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

static void service(uint16_t start, uint16_t end, uint16_t uuid)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_SERVICE);
    struct woad_uuid wanted = woad_uuid16(uuid);
    assert_ptr_equal(n->evt.op, &op);
    assert_int_equal(n->evt.conn, g->conn);
    assert_int_equal(n->evt.u.service.start, start);
    assert_int_equal(n->evt.u.service.end, end);
    assert_true(woad_uuid_equal(&n->evt.u.service.uuid, &wanted));
}

static void characteristic(uint16_t handle, uint16_t value, uint16_t end, uint16_t uuid)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_CHARACTERISTIC);
    const struct woad_gattc_chr *chr = &n->evt.u.characteristic;
    struct woad_uuid wanted = woad_uuid16(uuid);
    assert_int_equal(chr->handle, handle);
    assert_int_equal(chr->value_handle, value);
    assert_int_equal(chr->end, end);
    assert_true(woad_uuid_equal(&chr->uuid, &wanted));
}

#define LONG_UUID 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0

static void GATT_CL_GAD_BV_01_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, NULL), 0);
    EXPECT(g, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28);
    ANSWER(g, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 9, 0, 0x01, 0x18);
    service(1, 5, 0x1800);
    service(6, 9, 0x1801);
    EXPECT(g, 0x10, 10, 0, 0xff, 0xff, 0x00, 0x28);
    ANSWER(g, 0x11, 20, 10, 0, 20, 0, LONG_UUID);
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_SERVICE);
    assert_int_equal(n->evt.u.service.uuid.len, 16);
    EXPECT(g, 0x10, 21, 0, 0xff, 0xff, 0x00, 0x28);
    ERROR_OF(g, 0x10, 21, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void the_last_handle_ends_a_discovery(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, NULL), 0);
    EXPECT(g, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28);
    ANSWER(g, 0x11, 6, 1, 0, 0xff, 0xff, 0x00, 0x18);
    service(1, 0xffff, 0x1800);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAD_BV_02_C(void **state)
{
    (void)state;
    struct woad_uuid uuid = woad_uuid16(0x180f);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, &uuid), 0);
    EXPECT(g, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    ANSWER(g, 0x07, 3, 0, 7, 0, 9, 0, 12, 0);
    service(3, 7, 0x180f);
    service(9, 12, 0x180f);
    EXPECT(g, 0x06, 13, 0, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    ERROR_OF(g, 0x06, 13, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    gattc_peer_done(g, 0, 0);
    uuid = (struct woad_uuid){16, {LONG_UUID}};
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, &uuid), 0);
    EXPECT(g, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, LONG_UUID);
    ERROR_OF(g, 0x06, 1, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* ATT has no UUIDs of 32 bits: they go as long ones [Vol 3, Part F, 3.2.1]. */
static void a_uuid_of_32_bits_goes_as_a_long_one(void **state)
{
    (void)state;
    struct woad_uuid uuid = woad_uuid32(0x12345678);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, &uuid), 0);
    EXPECT(g, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10,
           0, 0, 0x78, 0x56, 0x34, 0x12);
}

static void GATT_CL_GAD_BV_03_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_includes(g->h, g->conn, &op, 1, 20), 0);
    EXPECT(g, 0x08, 1, 0, 20, 0, 0x02, 0x28);
    ANSWER(g, 0x09, 8, 2, 0, 30, 0, 35, 0, 0x0f, 0x18);
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_INCLUDE);
    assert_int_equal(n->evt.u.include.handle, 2);
    assert_int_equal(n->evt.u.include.start, 30);
    assert_int_equal(n->evt.u.include.end, 35);
    EXPECT(g, 0x08, 3, 0, 20, 0, 0x02, 0x28);
    ANSWER(g, 0x09, 6, 3, 0, 40, 0, 45, 0, 4, 0, 50, 0, 55, 0); /* long ones are read */
    EXPECT(g, 0x0a, 40, 0);
    ANSWER(g, 0x0b, LONG_UUID);
    n = gattc_peer_found(g, WOAD_GATTC_INCLUDE);
    assert_int_equal(n->evt.u.include.start, 40);
    assert_int_equal(n->evt.u.include.uuid.len, 16);
    EXPECT(g, 0x08, 4, 0, 20, 0, 0x02, 0x28);
    ANSWER(g, 0x09, 6, 4, 0, 50, 0, 55, 0);
    EXPECT(g, 0x0a, 50, 0);
    ANSWER(g, 0x0b, LONG_UUID);
    n = gattc_peer_found(g, WOAD_GATTC_INCLUDE);
    assert_int_equal(n->evt.u.include.start, 50);
    EXPECT(g, 0x08, 5, 0, 20, 0, 0x02, 0x28);
    ERROR_OF(g, 0x08, 5, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAD_BV_04_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_characteristics(g->h, g->conn, &op, 1, 12, NULL), 0);
    EXPECT(g, 0x08, 1, 0, 12, 0, 0x03, 0x28);
    ANSWER(g, 0x09, 7, 2, 0, 0x02, 3, 0, 0x00, 0x2a, 4, 0, 0x02, 5, 0, 0x01, 0x2a);
    characteristic(2, 3, 3, 0x2a00); /* its end is known when the next one is */
    EXPECT(g, 0x08, 5, 0, 12, 0, 0x03, 0x28);
    ANSWER(g, 0x09, 21, 8, 0, 0x10, 9, 0, LONG_UUID);
    characteristic(4, 5, 7, 0x2a01);
    EXPECT(g, 0x08, 9, 0, 12, 0, 0x03, 0x28);
    ERROR_OF(g, 0x08, 9, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_CHARACTERISTIC);
    assert_int_equal(n->evt.u.characteristic.end, 12);
    assert_int_equal(n->evt.u.characteristic.properties, WOAD_GATTC_CAN_NOTIFY);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAD_BV_05_C(void **state)
{
    (void)state;
    struct woad_uuid uuid = woad_uuid16(0x2a01);
    assert_int_equal(woad_gattc_discover_characteristics(g->h, g->conn, &op, 1, 12, &uuid), 0);
    EXPECT(g, 0x08, 1, 0, 12, 0, 0x03, 0x28);
    ANSWER(g, 0x09, 7, 2, 0, 0x02, 3, 0, 0x00, 0x2a, 4, 0, 0x02, 5, 0, 0x01, 0x2a, 8, 0, 2, 9, 0, 2,
           0x2a);
    EXPECT(g, 0x08, 9, 0, 12, 0, 0x03, 0x28);
    ERROR_OF(g, 0x08, 9, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    characteristic(4, 5, 7, 0x2a01);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static void GATT_CL_GAD_BV_06_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_descriptors(g->h, g->conn, &op, 4, 9), 0);
    EXPECT(g, 0x04, 4, 0, 9, 0);
    ANSWER(g, 0x05, 1, 4, 0, 0x02, 0x29, 5, 0, 0x01, 0x29);
    assert_int_equal(gattc_peer_found(g, WOAD_GATTC_DESCRIPTOR)->evt.u.descriptor.handle, 4);
    assert_int_equal(gattc_peer_found(g, WOAD_GATTC_DESCRIPTOR)->evt.u.descriptor.handle, 5);
    EXPECT(g, 0x04, 6, 0, 9, 0);
    ANSWER(g, 0x05, 2, 9, 0, LONG_UUID);
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_DESCRIPTOR);
    assert_int_equal(n->evt.u.descriptor.handle, 9);
    assert_int_equal(n->evt.u.descriptor.uuid.len, 16);
    gattc_peer_done(g, 0, 0); /* the last handle asked for */
    gattc_peer_quiet(g);
}

static void a_refused_discovery_says_why(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, NULL), 0);
    EXPECT(g, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28);
    ERROR_OF(g, 0x10, 1, WOAD_ATT_ERR_UNSUPPORTED_GROUP_TYPE);
    gattc_peer_done(g, WOAD_ERR_REFUSED, WOAD_ATT_ERR_UNSUPPORTED_GROUP_TYPE);
}

/* Answers of a server that makes no sense, each to the first request of a discovery. */
enum kind { SERVICES, SERVICES_BY_UUID, INCLUDES, CHARACTERISTICS, DESCRIPTORS, BY_UUID };
static const struct hostile {
    const char *what;
    uint8_t kind, len, pdu[40];
} hostiles[] = {
    {"services: item of 5", SERVICES, 7, {0x11, 5, 1, 0, 2, 0, 0}},
    {"services: item of 0", SERVICES, 6, {0x11, 0, 1, 0, 2, 0}},
    {"services: half an item", SERVICES, 11, {0x11, 6, 1, 0, 2, 0, 0, 0x18, 3, 0, 9}},
    {"services: handle 0", SERVICES, 8, {0x11, 6, 0, 0, 2, 0, 0, 0x18}},
    {"services: end before start", SERVICES, 8, {0x11, 6, 5, 0, 2, 0, 0, 0x18}},
    {"services: the same again", SERVICES, 14, {0x11, 6, 1, 0, 2, 0, 0, 0x18, 1, 0, 2, 0, 0, 0x18}},
    {"services: overlapping", SERVICES, 14, {0x11, 6, 1, 0, 5, 0, 0, 0x18, 3, 0, 9, 0, 0, 0x18}},
    {"services: behind the last handle",
     SERVICES,
     14,
     {0x11, 6, 1, 0, 0xff, 0xff, 0, 0x18, 1, 0, 9, 0, 0, 0x18}},
    {"by uuid: half an item", SERVICES_BY_UUID, 7, {0x07, 1, 0, 2, 0, 3, 0}},
    {"by uuid: backwards", SERVICES_BY_UUID, 9, {0x07, 5, 0, 6, 0, 3, 0, 4, 0}},
    {"include: item of 7", INCLUDES, 9, {0x09, 7, 2, 0, 9, 0, 9, 0, 0}},
    {"include: service 0", INCLUDES, 10, {0x09, 8, 2, 0, 0, 0, 9, 0, 0, 0x18}},
    {"include: end before start", INCLUDES, 10, {0x09, 8, 2, 0, 9, 0, 8, 0, 0, 0x18}},
    {"include: outside", INCLUDES, 10, {0x09, 8, 99, 0, 9, 0, 9, 0, 0, 0x18}},
    {"characteristic: item of 8", CHARACTERISTICS, 10, {0x09, 8, 2, 0, 2, 3, 0, 0, 0x2a, 0}},
    {"characteristic: value before it", CHARACTERISTICS, 9, {0x09, 7, 2, 0, 2, 1, 0, 0, 0x2a}},
    {"characteristic: its value is the declaration",
     CHARACTERISTICS,
     9,
     {0x09, 7, 2, 0, 2, 2, 0, 0, 0x2a}},
    {"characteristic: value behind the next",
     CHARACTERISTICS,
     16,
     {0x09, 7, 2, 0, 2, 5, 0, 0, 0x2a, 4, 0, 2, 6, 0, 0, 0x2a}},
    {"characteristic: outside", CHARACTERISTICS, 9, {0x09, 7, 99, 0, 2, 100, 0, 0, 0x2a}},
    {"characteristic: value outside", CHARACTERISTICS, 9, {0x09, 7, 20, 0, 2, 21, 0, 0, 0x2a}},
    {"descriptor: format 0", DESCRIPTORS, 6, {0x05, 0, 2, 0, 2, 0x29}},
    {"descriptor: format 3", DESCRIPTORS, 6, {0x05, 3, 2, 0, 2, 0x29}},
    {"descriptor: half an item", DESCRIPTORS, 8, {0x05, 1, 2, 0, 2, 0x29, 3, 0}},
    {"descriptor: twice", DESCRIPTORS, 10, {0x05, 1, 2, 0, 2, 0x29, 2, 0, 2, 0x29}},
    {"descriptor: outside", DESCRIPTORS, 6, {0x05, 1, 99, 0, 2, 0x29}},
    {"read by uuid: item of 1", BY_UUID, 4, {0x09, 1, 2, 2}},
    {"read by uuid: half an item", BY_UUID, 7, {0x09, 3, 2, 0, 7, 4, 0}},
    {"read by uuid: backwards", BY_UUID, 8, {0x09, 3, 5, 0, 7, 4, 0, 7}},
};

static int begin(uint8_t kind)
{
    struct woad_uuid uuid = woad_uuid16(0x2a00);
    switch (kind) {
    case SERVICES: return woad_gattc_discover_services(g->h, g->conn, &op, NULL);
    case SERVICES_BY_UUID: return woad_gattc_discover_services(g->h, g->conn, &op, &uuid);
    case INCLUDES: return woad_gattc_discover_includes(g->h, g->conn, &op, 1, 20);
    case CHARACTERISTICS:
        return woad_gattc_discover_characteristics(g->h, g->conn, &op, 1, 20, NULL);
    case DESCRIPTORS: return woad_gattc_discover_descriptors(g->h, g->conn, &op, 1, 20);
    default: return woad_gattc_read_by_uuid(g->h, g->conn, &op, 1, 20, &uuid);
    }
}

static void hostile_answers_end_a_discovery(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostiles); i++) {
        const struct hostile *row = &hostiles[i];
        assert_int_equal(begin(row->kind), 0);
        assert_non_null(peer_next(g->p));
        gattc_peer_answer(g, row->pdu, row->len);
        if (peer_next(g->p)) /* a characteristic's end shows with the next answer */
            ERROR_OF(g, 0x08, 1, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
        const struct gattc_noted *n = &g->noted[g->count - 1];
        if (n->evt.type != WOAD_GATTC_DONE || n->evt.u.done.err != WOAD_ERR_FORMAT)
            fail_msg("%s: event %u, %d", row->what, n->evt.type, n->evt.u.done.err);
        g->taken = g->count;
        gattc_peer_quiet(g);
    }
}

/* A server that always finds one more service comes to the end of the handles. */
static void no_discovery_goes_on_for_ever(void **state)
{
    (void)state;
    unsigned requests = 0;
    const struct peer_pdu *got;
    assert_int_equal(woad_gattc_discover_descriptors(g->h, g->conn, &op, 0xff00, 0xffff), 0);
    while ((got = peer_next(g->p))) {
        g->p->count = g->p->taken = 0;
        requests++;
        uint8_t handle = got->data[1];
        ANSWER(g, 0x05, 1, handle, 0xff, 0x02, 0x29);
    }
    assert_int_equal(requests, 256);
    assert_int_equal(g->done, 1);
    assert_int_equal(g->noted[g->count - 1].evt.u.done.err, 0);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct woad_uuid none = {0};
    struct woad_gattc_op mute = {0};
    assert_int_equal(woad_gattc_discover_includes(g->h, g->conn, &op, 0, 5), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_discover_includes(g->h, g->conn, &op, 6, 5), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, &none), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &mute, NULL), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_discover_services(g->h, 0x0777, &op, NULL), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, NULL), 0);
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &op, NULL), WOAD_ERR_BUSY);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(GATT_CL_GAD_BV_01_C),           TEST(the_last_handle_ends_a_discovery),
        TEST(GATT_CL_GAD_BV_02_C),           TEST(a_uuid_of_32_bits_goes_as_a_long_one),
        TEST(GATT_CL_GAD_BV_03_C),           TEST(GATT_CL_GAD_BV_04_C),
        TEST(GATT_CL_GAD_BV_05_C),           TEST(GATT_CL_GAD_BV_06_C),
        TEST(a_refused_discovery_says_why),  TEST(hostile_answers_end_a_discovery),
        TEST(no_discovery_goes_on_for_ever), TEST(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
