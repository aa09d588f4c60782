/* The GATT server at its limits: calls that make no sense, stores that refuse, buffers that are
 * out, databases that change under what is going on. */
/* ctest: memcheck */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "att/att_priv.h"
#include "gatt/gatts_priv.h"
#include "support/l2cap_peer.h"

#define BASE 14
enum { VALUE = BASE + 2, CCCD, LOCKED = BASE + 5, LATE = BASE + 7 };

static const struct woad_uuid svc_uuid = WOAD_UUID16(0x180F), one = WOAD_UUID16(0x2A19),
                              two = WOAD_UUID16(0x2A1A), three = WOAD_UUID16(0x2A1B);
static uint8_t octets[60];
static struct woad_gatt_value value = {octets, 60, sizeof(octets)};
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&two, "x", 1, WOAD_GATT_ENCRYPTED),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&three, NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
};

static struct woad_gatt_service service;
static struct woad_gatts_evt last;
static unsigned count[16];
static int store_answer;
static unsigned store_writes;

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    (void)h;
    last = *evt;
    count[evt->type]++;
}

static long store_get(void *ctx, uint32_t key, void *to, size_t size)
{
    (void)ctx;
    (void)key;
    (void)to;
    (void)size;
    return WOAD_ERR_NOT_FOUND;
}

static int store_write(void *ctx, const struct woad_store_item *items, size_t n)
{
    (void)ctx;
    (void)items;
    (void)n;
    store_writes++;
    return store_answer;
}

static const struct woad_store_ops store_ops = {.get = store_get, .write = store_write};
static struct woad_store store = {&store_ops, NULL};

static uint8_t level(const struct host_link *link)
{
    return link->encrypted ? 2 : 1;
}
static uint8_t key_size(const struct host_link *link)
{
    return link->encrypted ? 16 : 0;
}
static int bond_of(const struct host_link *link)
{
    (void)link;
    return 5;
}
static const struct host_security_ops security = {
    .level = level, .key_size = key_size, .bond = bond_of};

static struct peer *start_part(const struct woad_host_part *part,
                               const struct woad_gatts_cfg *gatts)
{
    const struct woad_host_use parts[] = {{part, gatts}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.att_mtu = 50, .att_tx_count = 4, .parts = parts};
    struct peer *p = peer_new(true, &cfg);
    memset(count, 0, sizeof(count));
    service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_event};
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    assert_int_equal(service.start, BASE);
    dbl_run(p->d, 1000);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    return p;
}

static struct peer *start_with(const struct woad_gatts_cfg *gatts)
{
    return start_part(&woad_gatts_part, gatts);
}

static struct peer *start(void)
{
    return start_with(NULL);
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

/* ---- calls ----------------------------------------------------------------------------------- */

static void database_calls_that_make_no_sense(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    static const struct woad_gatt_attr no_declaration[] = {WOAD_GATT_CCCD(1)},
                                       no_uuid[] = {WOAD_GATT_SERVICE(NULL)},
                                       no_value[] = {WOAD_GATT_SERVICE(&svc_uuid),
                                                     WOAD_GATT_CHARACTERISTIC(2)},
                                       no_pointer[] = {WOAD_GATT_SERVICE(&svc_uuid),
                                                       WOAD_GATT_CHARACTERISTIC(2),
                                                       WOAD_GATT_VALUE(&one, NULL, 1, 1)},
                                       no_type[] = {WOAD_GATT_SERVICE(&svc_uuid),
                                                    WOAD_GATT_CHARACTERISTIC(2),
                                                    WOAD_GATT_DYNAMIC(NULL, NULL, 0, 1, 1)},
                                       no_service[] = {WOAD_GATT_SERVICE(&svc_uuid),
                                                       WOAD_GATT_INCLUDE(NULL)};
    const struct woad_gatt_service bad[] = {
        {.attrs = NULL, .count = 1},           {.attrs = attrs, .count = 0},
        {.attrs = no_declaration, .count = 1}, {.attrs = no_uuid, .count = 1},
        {.attrs = no_value, .count = 2},       {.attrs = no_pointer, .count = 3},
        {.attrs = no_type, .count = 3},        {.attrs = no_service, .count = 2},
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        struct woad_gatt_service s = bad[i];
        assert_int_equal(woad_gatts_add(h, &s), WOAD_ERR_INVALID);
        assert_false(s.attached);
    }
    struct woad_gatt_service free_one = {.attrs = attrs, .count = 2};
    assert_int_equal(woad_gatts_add(h, NULL), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_add(h, &service), WOAD_ERR_EXISTS);
    free_one = (struct woad_gatt_service){.attrs = attrs, .count = 3, .start = BASE + 1};
    assert_int_equal(woad_gatts_add(h, &free_one), WOAD_ERR_EXISTS);
    free_one = (struct woad_gatt_service){.attrs = attrs, .count = 3, .span = 240};
    assert_int_equal(woad_gatts_add(h, &free_one), WOAD_ERR_NO_MEM);
    free_one = (struct woad_gatt_service){.attrs = attrs, .count = 3, .start = 254};
    assert_int_equal(woad_gatts_add(h, &free_one), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_remove(h, NULL), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_remove(h, &free_one), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_remove(h, woad_gatts_service(h, 1)), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_replace(h, NULL, attrs, 3), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_replace(h, &free_one, attrs, 3), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_replace(h, woad_gatts_service(h, 6), attrs, 3), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_replace(h, &service, no_value, 2), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_replace(h, &service, attrs, ARRAY_LEN(attrs)), 0);
    woad_gatts_commit(h); /* of nothing */
    peer_free(p);
}

static void sending_calls_that_make_no_sense(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    uint16_t conn = p->conn, none = (uint16_t)(p->conn + 1);
    struct woad_gatts_item items[2] = {{VALUE, 1, "a"}, {VALUE, 2, NULL}};
    ASK(p, 0x12, CCCD, 0, 3, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_notify(h, none, VALUE, "a", 1), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_gatts_notify(h, conn, VALUE, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify(h, conn, BASE, "a", 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify(h, conn, 0, "a", 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify(h, conn, 200, "a", 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify(h, conn, LATE, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_notify(h, conn, VALUE, octets, 21), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_gatts_notify_all(h, VALUE, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify_all(h, VALUE, octets, 21), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_gatts_notify_all(h, 200, "a", 1), 0);
    assert_int_equal(woad_gatts_notify_multiple(h, conn, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify_multiple(h, conn, items, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_notify_multiple(h, conn, items, 2), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_indicate(h, conn, VALUE, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_indicate(h, conn, LATE, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_null(woad_gatts_notify_alloc(h, 200));
    assert_int_equal(woad_gatts_notify_send(h, conn, NULL), WOAD_ERR_INVALID);
    struct woad_buf *other = woad_buf_alloc(&h->sig_pool, 0);
    assert_int_equal(woad_gatts_notify_send(h, conn, other), WOAD_ERR_INVALID); /* takes it */
    struct woad_buf *buf = woad_gatts_notify_alloc(h, VALUE);
    woad_buf_put(buf, 21);
    assert_int_equal(woad_gatts_notify_send(h, conn, buf), WOAD_ERR_TOO_LONG);
    buf = woad_gatts_notify_alloc(h, VALUE);
    assert_int_equal(woad_gatts_notify_send(h, none, buf), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(h->att_pool.free_count, h->att_pool.count);
    assert_int_equal(woad_gatts_subscription(h, none, VALUE), 0);
    assert_int_equal(woad_gatts_subscription(h, conn, 200), 0);
    assert_int_equal(woad_gatts_mtu(h, none), 0);
    EXPECT_NONE(p);
    peer_free(p);
}

static void answers_that_make_no_sense(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x0a, LATE, 0);
    woad_gatts_req req = last.u.read.req;
    assert_int_equal(woad_gatts_answer(h, 0, 0, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_answer(h, req + 1, 0, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_answer(h, req + 0x10000, 0, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_answer(h, 0xffffffff, 0, "a", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gatts_answer(h, req, 0, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gatts_answer(h, req, 0, NULL, 0), 0); /* an empty value */
    EXPECT(p, 0x0b);
    peer_free(p);
}

/* Without the part: STATE, or nothing. */
static void calls_without_a_server(void **state)
{
    (void)state;
    struct peer *p = peer_new(true, NULL);
    struct woad_host *h = p->dev->h;
    assert_int_equal(woad_gatts_add(h, &service), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_remove(h, &service), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_replace(h, &service, attrs, 3), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_notify_all(h, VALUE, "a", 1), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "a", 1), WOAD_ERR_STATE);
    assert_int_equal(woad_gatts_answer(h, 0x10001, 0, "a", 1), WOAD_ERR_STATE);
    assert_null(woad_gatts_notify_alloc(h, VALUE));
    assert_null(woad_gatts_service(h, VALUE));
    assert_int_equal(woad_gatts_mtu(h, p->conn), 0);
    woad_gatts_begin(h);
    woad_gatts_commit(h);
    peer_free(p);
}

static int init_of(const struct woad_host_part *part, const struct woad_gatts_cfg *gatts,
                   uint16_t att_bearers)
{
    const struct woad_host_use parts[] = {{part, gatts}, {NULL, NULL}};
    struct woad_host_cfg cfg = {.parts = parts, .att_bearers = att_bearers};
    struct dbl *d = dbl_new(1, NULL);
    cfg.event = d->dev[0].h->cfg.event;
    cfg.rand = d->dev[0].h->cfg.rand;
    size_t size = woad_host_mem_size(&cfg);
    void *mem = malloc(size);
    struct woad_host *h;
    int err = woad_host_init(mem, size, &cfg, &h);
    free(mem);
    dbl_free(d);
    return err;
}

static void more_subscriptions_than_a_record_holds(void **state)
{
    (void)state;
    const struct woad_gatts_cfg bad = {.cccds = GATTS_CCCDS_SAVED + 1, .store = &store};
    assert_int_equal(init_of(&woad_gatts_part, &bad, 0), WOAD_ERR_INVALID);
}

/* ---- a server with less in it ---------------------------------------------------------------- */

static void what_the_basic_server_does_not_have(void **state)
{
    (void)state;
    struct peer *p = start_part(&woad_gatts_basic_part, NULL); /* at the same handles */
    ASK(p, 0x16, BASE + 2, 0, 0, 0, 1);
    EXPECT(p, 0x01, 0x16, 0, 0, 0x06);
    ASK(p, 0x18, 1);
    EXPECT(p, 0x01, 0x18, 0, 0, 0x06);
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    EXPECT(p, 0x01, 0x08, 1, 0, 0x0a);
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x29, 0x2b);
    EXPECT(p, 0x01, 0x08, 1, 0, 0x0a);
    ASK(p, 0x0a, 11, 0); /* a handle that is kept free */
    EXPECT(p, 0x01, 0x0a, 11, 0, 0x01);
    peer_free(p);
}

static void what_is_named_is_there(void **state)
{
    (void)state;
    const struct woad_gatts_cfg both = {
        .prepare_size = 20, .prepared = &woad_gatts_prepared, .caching = &woad_gatts_caching};
    struct peer *p = start_part(&woad_gatts_basic_part, &both);
    ASK(p, 0x18, 0);
    EXPECT(p, 0x19);
    ASK(p, 0x0a, 11, 0);
    EXPECT(p, 0x0b, 0);
    peer_free(p);
    assert_int_equal(init_of(&woad_gatts_basic_part, &both, 1), 0);
    const struct woad_gatts_cfg nowhere = {.prepare_size = 20};
    assert_int_equal(init_of(&woad_gatts_basic_part, &nowhere, 0), WOAD_ERR_INVALID);
    assert_int_equal(init_of(&woad_gatts_part, &nowhere, 0), 0);
    assert_int_equal(init_of(&woad_gatts_basic_part, NULL, 1), WOAD_ERR_INVALID);
}

/* ---- what changes under what is going on ----------------------------------------------------- */

static void a_removed_service_ends_its_indication(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 2, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "a", 1), 0);
    EXPECT(p, 0x1d, VALUE, 0, 'a');
    assert_int_equal(woad_gatts_remove(h, &service), 0);
    memset(&service, 0xa5, sizeof(service)); /* the memory is the caller's again */
    dbl_run(p->d, 1000);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    assert_int_equal(last.u.confirmed.err, WOAD_ERR_CANCELLED);
    assert_int_equal(last.handle, VALUE);
    ASK(p, 0x1e);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_event};
    peer_free(p);
}

static struct woad_gatt_service next;
static uint8_t swaps_at; /* type of the event */

/* Allows it, and puts another service in place of the one that is asked about. */
static void swap(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    static const struct woad_gatt_attr locked[] = {
        WOAD_GATT_SERVICE(&svc_uuid),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_VALUE(&one, &value, WOAD_GATT_ENCRYPTED, WOAD_GATT_ENCRYPTED),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_VALUE(&two, &value, WOAD_GATT_ENCRYPTED, WOAD_GATT_ENCRYPTED),
    };
    (void)arg;
    count[evt->type]++;
    if (evt->type != swaps_at)
        return;
    /* READ and WRITE alike begin with it */
    assert_int_equal(woad_gatts_answer(h, evt->u.read.req, 0, NULL, 0), 0);
    assert_int_equal(woad_gatts_remove(h, &service), 0);
    memset(&service, 0xa5, sizeof(service));
    next = (struct woad_gatt_service){.attrs = locked, .count = 5, .start = BASE};
    assert_int_equal(woad_gatts_add(h, &next), 0);
}

static struct peer *start_to_swap(uint8_t at, const struct woad_gatt_attr *table)
{
    struct peer *p = start_with(&(struct woad_gatts_cfg){.prepare_size = 50});
    assert_int_equal(woad_gatts_remove(p->dev->h, &service), 0);
    service = (struct woad_gatt_service){.attrs = table, .count = 5, .start = BASE, .event = swap};
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    swaps_at = at;
    octets[0] = 'o';
    return p;
}

/* An answer is good for the attribute that was asked about and for none that comes in its place. */
static void a_service_goes_inside_its_question(void **state)
{
    (void)state;
    static const struct woad_gatt_attr asking[] = {
        WOAD_GATT_SERVICE(&svc_uuid),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED,
                        WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
        WOAD_GATT_CONST(&two, "x", 1, WOAD_GATT_OPEN),
    };
    static const uint8_t pdus[][4] = {{0x12, VALUE, 0, 'n'}, {0x0a, VALUE, 0}};
    for (unsigned i = 0; i < 2; i++) {
        struct peer *p = start_to_swap(WOAD_GATTS_AUTHORIZE, asking);
        peer_send(p, 4, pdus[i], (uint16_t)(4 - i));
        EXPECT(p, 0x01, pdus[i][0], VALUE, 0, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION);
        assert_int_equal(octets[0], 'o');
        assert_int_equal(count[WOAD_GATTS_AUTHORIZE], 1);
        peer_free(p);
    }
}

/* Prepared writes whose service goes while the application is asked about them. */
static void a_service_goes_inside_its_check(void **state)
{
    (void)state;
    static const struct woad_gatt_attr asked[] = {
        WOAD_GATT_SERVICE(&svc_uuid),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_DYNAMIC(&one, NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_DYNAMIC(&two, NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    };
    struct peer *p = start_to_swap(WOAD_GATTS_WRITE, asked);
    for (uint8_t handle = VALUE; handle <= VALUE + 2; handle += 2) {
        ASK(p, 0x16, handle, 0, 0, 0, 'n');
        EXPECT(p, 0x17, handle, 0, 0, 0, 'n');
    }
    ASK(p, 0x18, 1);
    EXPECT(p, 0x01, 0x18, VALUE, 0, WOAD_ATT_ERR_INVALID_HANDLE);
    assert_int_equal(octets[0], 'o');
    assert_int_equal(count[WOAD_GATTS_WRITE], 1);
    peer_free(p);
}

/* The same, and the link is lost before the host runs. */
static void a_removed_service_and_a_lost_link(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, CCCD, 0, 2, 0);
    EXPECT(p, 0x13);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, VALUE, "a", 1), 0);
    assert_int_equal(woad_gatts_remove(p->dev->h, &service), 0);
    dbl_lose_link(p->dev, p->conn, 8);
    dbl_run(p->d, 1000);
    assert_int_equal(count[WOAD_GATTS_CONFIRMED], 1);
    peer_free(p);
}

static void what_does_not_fit_is_still_checked(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x0e, VALUE, 0, LOCKED, 0); /* the first value fills the answer */
    EXPECT(p, 0x01, 0x0e, LOCKED, 0, 0x05);
    ASK(p, 0x0e, VALUE, 0, 200, 0);
    EXPECT(p, 0x01, 0x0e, 200, 0, 0x01);
    ASK(p, 0x20, VALUE, 0, LOCKED, 0);
    EXPECT(p, 0x01, 0x20, LOCKED, 0, 0x05);
    ASK(p, 0x0e, VALUE, 0, VALUE, 0);
    assert_int_equal(peer_next(p)->len, 23);
    peer_free(p);
}

/* A client with robust caching that does not know of a change is sent no values until it does. */
static void no_values_to_who_does_not_know_the_database(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    ASK(p, 0x12, CCCD, 0, 3, 0);
    EXPECT(p, 0x13);
    static struct woad_gatt_service more;
    more = (struct woad_gatt_service){.attrs = attrs, .count = 3};
    assert_int_equal(woad_gatts_add(h, &more), 0);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), WOAD_ERR_AGAIN);
    assert_int_equal(woad_gatts_indicate(h, p->conn, VALUE, "a", 1), WOAD_ERR_AGAIN);
    assert_int_equal(woad_gatts_notify_all(h, VALUE, "a", 1), 0);
    EXPECT_NONE(p);
    assert_int_equal(count[WOAD_GATTS_WRITABLE], 0);
    ASK(p, 0x0a, LATE, 0);
    EXPECT(p, 0x01, 0x0a, 0, 0, 0x12);
    ASK(p, 0x0a, 3, 0);
    EXPECT(p, 0x0b, 'w', 'o', 'a', 'd');
    assert_int_equal(count[WOAD_GATTS_WRITABLE], 1);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), 0);
    EXPECT(p, 0x1b, VALUE, 0, 'a');
    peer_free(p);
}

/* Who waited for a client that goes away is told too. */
static void who_waits_for_a_client_that_goes(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13);
    static struct woad_gatt_service more;
    more = (struct woad_gatt_service){.attrs = attrs, .count = 3};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, "a", 1), WOAD_ERR_AGAIN);
    dbl_lose_link(p->dev, p->conn, 8);
    dbl_run(p->d, 1000);
    assert_int_equal(count[WOAD_GATTS_WRITABLE], 1);
    peer_free(p);
}

/* A hash over many attributes is computed in turns; what comes in between is dealt with. */
static void the_hash_holds_nothing_up(void **state)
{
    (void)state;
    static const struct woad_gatts_cfg big = {.handle_max = 1000};
    static struct woad_gatt_service many[100];
    struct peer *p = start_with(&big);
    woad_gatts_begin(p->dev->h);
    for (unsigned i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs)};
        assert_int_equal(woad_gatts_add(p->dev->h, &many[i]), 0);
    }
    woad_gatts_commit(p->dev->h);
    dbl_run(p->d, 1000);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    const uint8_t pdus[2][15] = {{0, 0, 11, 0, 7, 0, 4, 0, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b},
                                 {0, 0, 8, 0, 4, 0, 4, 0, 0x52, VALUE, 0, 7}};
    for (unsigned i = 0; i < 2; i++) {
        bool discard;
        uint16_t len = i ? 12 : 15;
        struct woad_buf *buf =
            woad_host_rx_alloc(p->dev->h, WOAD_PKT_ACL, len, pdus[i], len, &discard);
        memcpy(woad_buf_put(buf, len), pdus[i], len);
        woad_put_u16(buf->data, (uint16_t)(p->conn | WOAD_HCI_ACL_FIRST_FLUSHABLE));
        assert_int_equal(woad_host_rx(p->dev->h, buf), 0);
    }
    const struct gatts *g = woad_gatts_of(p->dev->h);
    value.len = 60;
    woad_time now = p->d->now;
    woad_host_run(p->dev->h, now);
    assert_false(g->hash_valid);
    unsigned turns = 0;
    for (; !g->hash_valid && turns < 200; turns++)
        woad_host_run(p->dev->h, ++now);
    assert_in_range(turns, 50, 60); /* 819 attributes, 16 at a time */
    p->d->now = now;
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    assert_int_equal(got->data[0], 0x09);
    assert_memory_equal(got->data + 4, g->hash, 16);
    /* a change while it is computed begins it anew */
    uint8_t before[16];
    memcpy(before, g->hash, 16);
    assert_int_equal(woad_gatts_remove(p->dev->h, &many[99]), 0);
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    got = peer_next(p);
    assert_non_null(got);
    assert_memory_not_equal(got->data + 4, before, 16);
    peer_free(p);
}

static void a_store_that_refuses_is_told(void **state)
{
    (void)state;
    const struct woad_gatts_cfg cfg = {.store = &store, .event = on_event};
    struct peer *p = start_with(&cfg);
    p->dev->h->security = &security;
    struct host_link *link = woad_host_link_find(p->dev->h, p->conn);
    store_answer = WOAD_ERR_NO_MEM;
    link->encrypted = true;
    woad_gatts_client_security(link, 0);
    dbl_run(p->d, 1000);
    assert_int_equal(count[WOAD_GATTS_NOT_SAVED], 1);
    assert_int_equal(last.u.not_saved.err, WOAD_ERR_NO_MEM);
    assert_int_equal(last.conn, p->conn);
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13); /* it is subscribed, as long as the link is up */
    assert_int_equal(count[WOAD_GATTS_NOT_SAVED], 2);
    store_answer = 0;
    ASK(p, 0x12, 11, 0, 1);
    EXPECT(p, 0x13);
    assert_int_equal(count[WOAD_GATTS_NOT_SAVED], 2);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, "a", 1), 0);
    peer_free(p);
}

/* A peer that asks again and again and lets no answer out costs nobody else a buffer. */
static void a_flood_of_requests_takes_no_data_buffers(void **state)
{
    (void)state;
    struct peer *p = start();
    struct woad_host *h = p->dev->h;
    ASK(p, 0x12, CCCD, 0, 1, 0);
    EXPECT(p, 0x13);
    for (unsigned i = 0; i < 2; i++) { /* as many answers as the bearer's reserve holds */
        assert_non_null(woad_att_alloc_reserved(woad_att_bearer(&h->links[0])));
    }
    assert_true(woad_att_exhausted(woad_att_bearer(&h->links[0])));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), 0);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "a", 1), WOAD_ERR_AGAIN);
    peer_free(p);
}

/* The n-th allocation fails, for n = 1, 2, ... until nothing does any more: each request is
 * answered or the peer asks again, each call says so, and no buffer is lost. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const uint8_t requests[][9] = {
        {7, 0x08, 1, 0, 0xff, 0xff, 0x03, 0x28}, {5, 0x12, CCCD, 0, 3, 0}, {3, 0x0a, LATE, 0},
        {7, 0x10, 1, 0, 0xff, 0xff, 0x00, 0x28}, {3, 0x0a, VALUE, 0},      {3, 0x02, 50, 0},
    };
    bool failed = true;
    for (uint32_t n = 1; failed; n++) {
        struct peer *p = start();
        struct woad_host *h = p->dev->h;
        unsigned sent = 0;
        h->att_pool.fail_at = n;
        for (unsigned i = 0; i < ARRAY_LEN(requests); i++) {
            unsigned asked = count[WOAD_GATTS_READ];
            for (int tries = 0; tries < 2; tries++) {
                peer_send(p, 4, requests[i] + 1, requests[i][0]);
                if (count[WOAD_GATTS_READ] > asked)
                    (void)!woad_gatts_answer(h, last.u.read.req, 0, "q", 1);
                const struct peer_pdu *got = peer_next(p);
                if (got) {
                    assert_int_equal(got->data[0], requests[i][1] + 1);
                    break;
                }
                assert_int_equal(tries, 0); /* the second try succeeds */
            }
        }
        for (unsigned i = 0; i < 3; i++) {
            int err = woad_gatts_notify(h, p->conn, VALUE, "a", 1);
            assert_true(err == 0 || err == WOAD_ERR_AGAIN);
            sent += err == 0;
            if (err)
                dbl_run(p->d, 1000);
            assert_int_equal(count[WOAD_GATTS_WRITABLE], err != 0 || count[WOAD_GATTS_WRITABLE]);
        }
        int err = woad_gatts_indicate(h, p->conn, VALUE, "b", 1);
        assert_true(err == 0 || err == WOAD_ERR_AGAIN);
        dbl_run(p->d, 1000);
        if (!err)
            ASK(p, 0x1e);
        assert_int_equal(count[WOAD_GATTS_CONFIRMED], !err);
        assert_in_range(sent, 2, 3);
        dbl_run(p->d, 1000);
        assert_int_equal(h->att_pool.free_count, h->att_pool.count);
        failed = h->att_pool.fail_at == 0;
        assert_true(n < 40);
        peer_free(p);
    }
}

#define T(name) cmocka_unit_test(name)
int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        T(database_calls_that_make_no_sense),
        T(sending_calls_that_make_no_sense),
        T(answers_that_make_no_sense),
        T(calls_without_a_server),
        T(more_subscriptions_than_a_record_holds),
        T(what_the_basic_server_does_not_have),
        T(what_is_named_is_there),
        T(a_removed_service_ends_its_indication),
        T(a_service_goes_inside_its_question),
        T(a_service_goes_inside_its_check),
        T(a_removed_service_and_a_lost_link),
        T(what_does_not_fit_is_still_checked),
        T(no_values_to_who_does_not_know_the_database),
        T(who_waits_for_a_client_that_goes),
        T(the_hash_holds_nothing_up),
        T(a_store_that_refuses_is_told),
        T(a_flood_of_requests_takes_no_data_buffers),
        T(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
