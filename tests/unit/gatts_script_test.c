/* The GATT server by PDUs: what is sent and what the application is told. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "gatt/gatts_priv.h"
#include "support/l2cap_peer.h"

/* Handles 1..5 are GAP, 6..13 GATT (Service Changed 8, its CCCD 9, features 11, hash 13). */
#define BASE 14
enum { VALUE = BASE + 2, CCCD, FIXED_ = BASE + 5, LATE = BASE + 7, LOCKED = BASE + 9, SECOND };

static const struct woad_uuid svc_uuid = WOAD_UUID16(0x180F), one = WOAD_UUID16(0x2A19),
                              two = WOAD_UUID16(0x2A1A), three = WOAD_UUID16(0x2A1B),
                              four = WOAD_UUID16(0x2A1C);
static const struct woad_uuid long_uuid =
    WOAD_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
static uint8_t octets[8];
static struct woad_gatt_value value = {octets, 2, sizeof(octets)};
static const uint8_t text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP |
                             WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&two, text, 36, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&three, NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_CONST(&four, text, 1, WOAD_GATT_ENCRYPTED),
};
static const struct woad_gatt_attr second_attrs[] = {
    WOAD_GATT_SERVICE(&long_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&long_uuid, text, 3, WOAD_GATT_OPEN),
};

static struct woad_gatt_service service, second;
static struct woad_gatts_evt last;
static unsigned count[16];
static int confirmed; /* err of the last CONFIRMED */
static woad_gatts_req late;
static bool remove_inside;

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    last = *evt;
    count[evt->type]++;
    if (evt->type == WOAD_GATTS_CONFIRMED)
        confirmed = evt->u.confirmed.err;
    if (evt->type == WOAD_GATTS_READ)
        late = evt->u.read.req;
    if (evt->type == WOAD_GATTS_WRITE)
        late = evt->u.write.req;
    if (remove_inside) {
        remove_inside = false;
        assert_int_equal(woad_gatts_remove(h, &service), 0);
    }
}

static struct peer *start(void)
{
    static const struct woad_gatts_cfg gatts = {
        .name = "lamp", .appearance = 0x0580, .prepare_size = 64};
    static const struct woad_host_use parts[] = {{&woad_gatts_part, &gatts}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.att_mtu = 100, .att_tx_count = 4, .parts = parts};
    struct peer *p = peer_new(true, &cfg);
    memset(count, 0, sizeof(count));
    remove_inside = false;
    value.len = 2;
    memcpy(octets, "\x11\x22\0\0\0\0\0", 8);
    service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_event};
    second = (struct woad_gatt_service){.attrs = second_attrs, .count = ARRAY_LEN(second_attrs)};
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    assert_int_equal(service.start, BASE);
    assert_int_equal(woad_gatts_add(p->dev->h, &second), 0);
    woad_gatts_of(p->dev->h)->clients[0].aware = true; /* the link was up when they came */
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
#define EXPECT_NONE(p) assert_null(peer_next(p))
#define ASK(p, ...)    PEER_SEND(p, 4, __VA_ARGS__)

static void all_primary_services(void **state) /* all primary services */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28);
    EXPECT(p, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 13, 0, 0x01, 0x18, BASE, 0, BASE + 9, 0, 0x0f,
           0x18);
    ASK(p, 0x10, SECOND, 0, 0xff, 0xff, 0x00, 0x28);
    EXPECT(p, 0x11, 20, SECOND, 0, SECOND + 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
           16);
    ASK(p, 0x10, SECOND + 3, 0, 0xff, 0xff, 0x00, 0x28);
    EXPECT(p, 0x01, 0x10, SECOND + 3, 0, 0x0a);
    peer_free(p);
}

/* A longer value that would be as long as the others if it were cut is not in their answer. */
static void by_type_cuts_the_first_value_alone(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, LATE - 1, 0, 0xff, 0xff, 0x03, 0x28);
    EXPECT(p, 0x09, 7, LATE - 1, 0, 0x0a, LATE, 0, 0x1b, 0x2a, LOCKED - 1, 0, 0x12, LOCKED, 0, 0x1c,
           0x2a);
    peer_free(p);
}

static void services_by_uuid(void **state) /* by UUID */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x0f, 0x18);
    EXPECT(p, 0x07, BASE, 0, BASE + 9, 0);
    ASK(p, 0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0xfe, 0x18);
    EXPECT(p, 0x01, 0x06, 1, 0, 0x0a);
    peer_free(p);
}

static void characteristics_of_a_service(void **state) /* characteristics of a service */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, BASE, 0, BASE + 5, 0, 0x03, 0x28);
    EXPECT(p, 0x09, 7, BASE + 1, 0, 0x3e, VALUE, 0, 0x19, 0x2a, BASE + 4, 0, 0x02, FIXED_, 0, 0x1a,
           0x2a);
    peer_free(p);
}

/* A declaration with a long UUID fills the least MTU to the last octet but one. */
static void long_uuid_is_declared_whole(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x08, SECOND, 0, SECOND + 2, 0, 0x03, 0x28);
    EXPECT(p, 0x09, 21, SECOND + 1, 0, 0x02, SECOND + 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
           13, 14, 15, 16);
    peer_free(p);
}

/* An item has 255 octets at most, whoever gives the value and however much room there is. */
static void item_of_a_type_is_cut_to_its_length_octet(void **state)
{
    (void)state;
    struct peer *p = start();
    uint8_t big[90];
    memset(big, 7, sizeof(big));
    ASK(p, 0x02, 100, 0);
    EXPECT(p, 0x03, 100, 0);
    ASK(p, 0x08, LATE, 0, LATE, 0, 0x1b, 0x2a);
    assert_int_equal(woad_gatts_answer(p->dev->h, late, 0, big, sizeof(big)), 0);
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    assert_int_equal(got->len, 2 + 2 + 90);
    assert_int_equal(got->data[1], 92);
    peer_free(p);
}

static void descriptors(void **state) /* descriptors */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x04, CCCD, 0, CCCD, 0);
    EXPECT(p, 0x05, 1, CCCD, 0, 0x02, 0x29);
    ASK(p, 0x04, SECOND + 2, 0, 0xff, 0xff);
    EXPECT(p, 0x05, 2, SECOND + 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    ASK(p, 0x04, 0, 0, 1, 0);
    EXPECT(p, 0x01, 0x04, 0, 0, 0x01);
    peer_free(p);
}

/* GAP/GAT/BV-16-C: the Device Name among others. */
static void a_value_is_read(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    ASK(p, 0x0a, 3, 0);
    EXPECT(p, 0x0b, 'l', 'a', 'm', 'p');
    ASK(p, 0x0a, 200, 0);
    EXPECT(p, 0x01, 0x0a, 200, 0, 0x01);
    ASK(p, 0x0a, 8, 0); /* Service Changed */
    EXPECT(p, 0x01, 0x0a, 8, 0, 0x02);
    ASK(p, 0x0a, LOCKED, 0); /* not encrypted */
    EXPECT(p, 0x01, 0x0a, LOCKED, 0, 0x05);
    peer_free(p);
}

static void a_long_value_is_read(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0c, FIXED_, 0, 30, 0);
    EXPECT(p, 0x0d, 'u', 'v', 'w', 'x', 'y', 'z');
    ASK(p, 0x0c, FIXED_, 0, 36, 0);
    EXPECT(p, 0x0d);
    ASK(p, 0x0c, FIXED_, 0, 37, 0);
    EXPECT(p, 0x01, 0x0c, FIXED_, 0, 0x07);
    peer_free(p);
}

static void several_values_are_read(void **state) /* several values */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0e, VALUE, 0, SECOND + 2, 0);
    EXPECT(p, 0x0f, 0x11, 0x22, '0', '1', '2');
    ASK(p, 0x20, VALUE, 0, SECOND + 2, 0);
    EXPECT(p, 0x21, 2, 0, 0x11, 0x22, 3, 0, '0', '1', '2');
    peer_free(p);
}

static void a_command_writes(void **state) /* write without response */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x52, VALUE, 0, 7, 8, 9);
    EXPECT_NONE(p);
    assert_int_equal(value.len, 3);
    assert_memory_equal(octets, "\7\10\11", 3);
    assert_int_equal(count[WOAD_GATTS_WRITTEN], 1);
    peer_free(p);
}

static void a_value_is_written(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, VALUE, 0, 5);
    EXPECT(p, 0x13);
    assert_int_equal(value.len, 1);
    assert_int_equal(octets[0], 5);
    ASK(p, 0x12, FIXED_, 0, 5);
    EXPECT(p, 0x01, 0x12, FIXED_, 0, 0x03);
    ASK(p, 0x12, VALUE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    EXPECT(p, 0x01, 0x12, VALUE, 0, 0x0d);
    assert_int_equal(value.len, 1);
    peer_free(p);
}

static void a_long_value_is_written(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x16, VALUE, 0, 0, 0, 1, 2, 3);
    EXPECT(p, 0x17, VALUE, 0, 0, 0, 1, 2, 3);
    ASK(p, 0x16, VALUE, 0, 3, 0, 4, 5);
    EXPECT(p, 0x17, VALUE, 0, 3, 0, 4, 5);
    assert_int_equal(octets[0], 0x11);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x19);
    assert_int_equal(value.len, 5);
    assert_memory_equal(octets, "\1\2\3\4\5", 5);
    ASK(p, 0x16, VALUE, 0, 7, 0, 1);
    EXPECT(p, 0x17, VALUE, 0, 7, 0, 1);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x01, 0x18, VALUE, 0, 0x07);
    ASK(p, 0x16, VALUE, 0, 0, 0, 9);
    EXPECT(p, 0x17, VALUE, 0, 0, 0, 9);
    ASK(p, 0x18, 0);
    EXPECT(p, 0x19);
    assert_int_equal(octets[0], 1);
    peer_free(p);
}

static void notifications(void **state) /* notification */
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "ab", 2), WOAD_ERR_NOT_FOUND);
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13);
    assert_int_equal(count[WOAD_GATTS_SUBSCRIBED], 1);
    assert_int_equal(last.handle, VALUE);
    assert_true(last.u.subscribed.notify);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "ab", 2), 0);
    EXPECT(p, 0x1b, VALUE, 0, 'a', 'b');
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, text, 21), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_gatts_notify_all(h, VALUE, "c", 1), 1);
    EXPECT(p, 0x1b, VALUE, 0, 'c');
    struct woad_buf *buf = woad_gatts_notify_alloc(h, VALUE);
    *woad_buf_put(buf, 1) = 'd';
    assert_int_equal(woad_gatts_notify_send(h, p->conn, buf), 0);
    EXPECT(p, 0x1b, VALUE, 0, 'd');
    peer_free(p);
}

static void indications(void **state) /* indication */
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 2, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "ab", 2), 0);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "ab", 2), WOAD_ERR_BUSY);
    EXPECT(p, 0x1d, VALUE, 0, 'a', 'b');
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 0);
    ASK(p, 0x1e);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    assert_int_equal(confirmed, 0);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "ab", 2), 0);
    dbl_lose_link(p->dev, p->conn, 0x08);
    dbl_run(p->d, 1000);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 2);
    assert_int_not_equal(confirmed, 0);
    assert_int_equal(count[WOAD_GATTS_ENDED], 1); /* and nothing comes after it */
    assert_int_equal(last.type, WOAD_GATTS_ENDED);
    assert_int_equal(last.conn, p->conn);
    peer_free(p);
}

static void
service_changed_with_the_smallest_range(void **state) /* Service Changed, with the smallest range */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, 9, 0, 2, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_remove(p->dev->h, &second), 0);
    EXPECT(p, 0x1d, 8, 0, SECOND, 0, SECOND + 2, 0);
    assert_int_equal(woad_gatts_add(p->dev->h, &second), 0); /* waits for the confirmation */
    EXPECT_NONE(p);
    ASK(p, 0x1e);
    EXPECT(p, 0x1d, 8, 0, SECOND, 0, SECOND + 2, 0);
    ASK(p, 0x1e);
    assert_true(woad_gatts_of(p->dev->h)->clients[0].aware);
    peer_free(p);
}

static void out_of_sync_once(void **state) /* robust caching: out of sync once */
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    ASK(p, 0x12, 11, 0, 0); /* a bit that is set stays set */
    EXPECT(p, 0x01, 0x12, 11, 0, 0x13);
    assert_int_equal(woad_gatts_remove(p->dev->h, &second), 0);
    ASK(p, 0x52, VALUE, 0, 9); /* a command is ignored */
    assert_int_equal(octets[0], 0x11);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x01, 0x0a, 0, 0, 0x12);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x0b, 0x11, 0x22);
    peer_free(p);
}

static void answers_may_come_later_and_once(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x0a, LATE, 0);
    EXPECT_NONE(p);
    woad_gatts_req req = late;
    assert_int_equal(woad_gatts_answer(h, req, 0, "xyz", 3), 0);
    assert_int_equal(woad_gatts_answer(h, req, 0, "xyz", 3), WOAD_ERR_NOT_FOUND);
    EXPECT(p, 0x0b, 'x', 'y', 'z');
    assert_int_equal(woad_gatts_answer(h, req, 0, "xyz", 3), WOAD_ERR_NOT_FOUND);
    ASK(p, 0x12, LATE, 0, 1);
    assert_int_equal(woad_gatts_answer(h, late, 0x81, NULL, 0), 0);
    EXPECT(p, 0x01, 0x12, LATE, 0, 0x81);
    peer_free(p);
}

static void service_goes_with_a_request_in_flight(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0a, LATE, 0);
    EXPECT_NONE(p);
    assert_int_equal(woad_gatts_remove(p->dev->h, &service), 0);
    EXPECT(p, 0x01, 0x0a, LATE, 0, 0x01);
    assert_int_equal(woad_gatts_answer(p->dev->h, late, 0, "x", 1), WOAD_ERR_NOT_FOUND);
    peer_free(p);
}

static void service_goes_inside_its_own_event(void **state)
{
    (void)state;
    struct peer *p = start();
    remove_inside = true;
    ASK(p, 0x0a, LATE, 0);
    EXPECT(p, 0x01, 0x0a, LATE, 0, 0x01);
    ASK(p, 0x0a, VALUE, 0);
    EXPECT(p, 0x01, 0x0a, VALUE, 0, 0x01);
    peer_free(p);
}

static void refused_producer_gets_one_writable(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13);
    unsigned sent = 0;
    while (woad_gatts_notify(h, p->conn, VALUE, "a", 1) == 0)
        sent++;
    assert_int_equal(sent, 4);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), WOAD_ERR_AGAIN);
    assert_int_equal(count[WOAD_GATTS_WRITABLE], 0);
    for (unsigned i = 0; i < sent; i++)
        EXPECT(p, 0x1b, VALUE, 0, 'a');
    EXPECT_NONE(p);
    assert_int_equal(count[WOAD_GATTS_WRITABLE], 1);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), 0);
    peer_free(p);
}

/* CVE-2026-2411: a subscription must not carry out what the link may not read. */
static void value_that_may_not_be_read_is_not_notified(void **state)
{
    (void)state;
    static const struct woad_gatt_attr table[] = {
        WOAD_GATT_SERVICE(&svc_uuid),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
        WOAD_GATT_CONST(&four, text, 1, WOAD_GATT_ENCRYPTED),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    };
    struct peer *p = start();
    struct woad_gatt_service third = {.attrs = table, .count = 4, .start = 100};
    assert_int_equal(woad_gatts_add(p->dev->h, &third), 0);
    ASK(p, 0x12, 103, 0, 1, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, 102, "a", 1), WOAD_ERR_SECURITY);
    assert_int_equal(woad_gatts_notify_all(p->dev->h, 102, "a", 1), 0);
    EXPECT_NONE(p);
    peer_free(p);
}

#define T(name) cmocka_unit_test(name)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_primary_services),
        T(by_type_cuts_the_first_value_alone),
        T(services_by_uuid),
        T(characteristics_of_a_service),
        T(long_uuid_is_declared_whole),
        T(item_of_a_type_is_cut_to_its_length_octet),
        T(descriptors),
        T(a_value_is_read),
        T(a_long_value_is_read),
        T(several_values_are_read),
        T(a_command_writes),
        T(a_value_is_written),
        T(a_long_value_is_written),
        T(notifications),
        T(indications),
        T(service_changed_with_the_smallest_range),
        T(out_of_sync_once),
        T(answers_may_come_later_and_once),
        T(service_goes_with_a_request_in_flight),
        T(service_goes_inside_its_own_event),
        T(refused_producer_gets_one_writable),
        T(value_that_may_not_be_read_is_not_notified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
