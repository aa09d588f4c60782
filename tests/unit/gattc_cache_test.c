/* Databases of servers: read, kept, followed [Vol 3, Part G, 2.5.2, 7]. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "att/att_priv.h"
#include "host_priv.h"
#include "support/gatt_server.h"
#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct gatt_server server;
static struct woad_gattc_db db;
static struct woad_gattc_op op;
static uint16_t mem[2000];
static unsigned requests[256]; /* PDUs of the client by opcode */

/* ---- a store in memory ----------------------------------------------------------------------- */

static struct record {
    uint32_t key;
    uint16_t len;
    uint8_t data[WOAD_STORE_VALUE_MAX];
} records[32];
static unsigned writes;
static int write_err;

static struct record *record(uint32_t key)
{
    for (unsigned i = 0; i < ARRAY_LEN(records); i++)
        if (records[i].len && records[i].key == key)
            return &records[i];
    return NULL;
}

static long store_get(void *ctx, uint32_t key, void *to, size_t size)
{
    const struct record *r = record(key);
    (void)ctx;
    if (!r)
        return WOAD_ERR_NOT_FOUND;
    if (r->len > size)
        return WOAD_ERR_TOO_LONG;
    memcpy(to, r->data, r->len);
    return r->len;
}

static int store_write(void *ctx, const struct woad_store_item *items, size_t count)
{
    (void)ctx;
    assert_in_range(count, 1, 8);
    writes++;
    for (size_t i = 0; i < count && !write_err; i++) {
        struct record *r = record(items[i].key);
        for (unsigned k = 0; !r && k < ARRAY_LEN(records); k++)
            r = records[k].len ? NULL : &records[k];
        assert_non_null(r);
        r->key = items[i].key;
        r->len = items[i].data ? items[i].len : 0;
        assert_true(r->len <= WOAD_STORE_VALUE_MAX && (!items[i].data || r->len));
        if (r->len)
            memcpy(r->data, items[i].data, r->len);
    }
    return write_err;
}

static const struct woad_store_ops store_ops = {.get = store_get, .write = store_write};
static const struct woad_store store = {&store_ops, NULL};

/* ---- a bonded link --------------------------------------------------------------------------- */

static int bond = -1;

static uint8_t fake_level(const struct host_link *link)
{
    return link->encrypted ? 2 : 1;
}

static int fake_bond(const struct host_link *link)
{
    (void)link;
    return bond;
}

static int fake_raise(struct host_link *link, uint8_t level)
{
    (void)link;
    (void)level;
    return WOAD_ERR_STATE;
}

static const struct host_security_ops security = {
    .level = fake_level, .bond = fake_bond, .raise = fake_raise};

static void bonded(int number)
{
    bond = number;
    g->h->security = &security;
    woad_host_link_find(g->h, g->conn)->encrypted = true;
}

/* ---- the server ------------------------------------------------------------------------------ */

#define CHANGED_VALUE 3
#define HASH_VALUE    8

static uint8_t hash[16] = "hash of database";

static void battery(void)
{
    static const uint8_t level[] = {50}, ccc[2];
    gatt_server_service(&server, 20, 29, 0x180f);
    gatt_server_chr(&server, 21, 0x12, 0x2a19, level, 1);
    gatt_server_add(&server, 23, 0x2902, ccc, 2);
}

static void fill_server(void)
{
    static const uint8_t none[4];
    static const uint8_t include[] = {20, 0, 29, 0, 0x0f, 0x18};
    memset(&server, 0, sizeof(server));
    server.mtu = 23;
    gatt_server_service(&server, 1, 9, 0x1801);
    gatt_server_chr(&server, 2, 0x20, 0x2a05, none, 4);
    gatt_server_add(&server, 4, 0x2902, none, 2);
    gatt_server_chr(&server, 5, 0x0a, 0x2b29, none, 1);
    gatt_server_chr(&server, 7, 0x02, 0x2b2a, hash, 16);
    gatt_server_service(&server, 10, 19, 0x1800);
    gatt_server_add(&server, 11, 0x2802, include, 6);
    gatt_server_chr(&server, 12, 0x02, 0x2a00, "woad", 4);
    /* a characteristic with a long UUID */
    uint8_t decl[19] = {0x08, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    gatt_server_add(&server, 15, 0x2803, decl, 19);
    gatt_server_add(&server, 16, 0, none, 1)->type = (struct woad_uuid){16, {0}};
    memcpy(server.attrs[server.count - 1].type.val, decl + 3, 16);
    battery();
}

static void serve_most(unsigned most)
{
    const struct peer_pdu *got;
    while (most-- && (got = peer_next(g->p))) {
        uint8_t to[517];
        requests[got->data[0]]++;
        uint16_t len = gatt_server_answer(&server, got->data, got->len, to);
        if (g->p->taken == g->p->count)
            g->p->count = g->p->taken = 0;
        if (len)
            gattc_peer_answer(g, to, len);
    }
}

static void serve(void)
{
    memset(requests, 0, sizeof(requests));
    serve_most(1000);
}

static const struct gattc_noted *ready(int err, bool cached)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_DB_READY);
    assert_ptr_equal(n->evt.db, &db);
    assert_int_equal(n->evt.u.done.err, err);
    assert_int_equal(n->evt.u.done.cached, cached);
    return n;
}

static void reconnect(void)
{
    uint16_t other;
    dbl_lose_link(g->p->dev, g->conn, 8);
    dbl_run(g->p->d, 1000);
    dbl_connect(g->p->d, 0, 1, &g->conn, &other);
    g->p->conn = g->conn;
}

static int setup(void **state)
{
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_NEVER, .store = &store};
    (void)state;
    g = gattc_peer_new(&cfg, 0, false);
    memset(&db, 0, sizeof(db));
    memset(records, 0, sizeof(records));
    writes = 0;
    write_err = 0;
    bond = -1;
    memcpy(hash, "hash of database", 16);
    db = (struct woad_gattc_db){
        .event = gattc_peer_event, .arg = g, .mem = mem, .size = sizeof(mem)};
    op = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
    fill_server();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

static void open_db(void)
{
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), 0);
    serve();
}

static void row(unsigned n, uint16_t handle, uint8_t kind, uint16_t end, uint16_t uuid)
{
    const struct woad_gattc_attr *attr = &db.attrs[n];
    struct woad_uuid has = woad_gattc_db_uuid(&db, attr), wanted = woad_uuid16(uuid);
    assert_true(n < db.attr_count);
    assert_int_equal(attr->handle, handle);
    assert_int_equal(attr->kind & 0x7f, kind);
    assert_int_equal(attr->end, end);
    if (uuid)
        assert_true(woad_uuid_equal(&has, &wanted));
    else
        assert_int_equal(has.len, 16);
}

/* Of fill_server(). */
static void whole_database(void)
{
    row(0, 1, WOAD_GATTC_ATTR_SERVICE, 9, 0x1801);
    row(1, 2, WOAD_GATTC_ATTR_CHARACTERISTIC, 3, 0x2a05);
    row(2, 4, WOAD_GATTC_ATTR_DESCRIPTOR, 0, 0x2902);
    row(3, 5, WOAD_GATTC_ATTR_CHARACTERISTIC, 6, 0x2b29);
    row(4, 7, WOAD_GATTC_ATTR_CHARACTERISTIC, 8, 0x2b2a);
    row(5, 10, WOAD_GATTC_ATTR_SERVICE, 19, 0x1800);
    row(6, 11, WOAD_GATTC_ATTR_INCLUDE, 20, 0x180f);
    row(7, 12, WOAD_GATTC_ATTR_CHARACTERISTIC, 13, 0x2a00);
    row(8, 15, WOAD_GATTC_ATTR_CHARACTERISTIC, 16, 0);
    row(9, 20, WOAD_GATTC_ATTR_SERVICE, 29, 0x180f);
    row(10, 21, WOAD_GATTC_ATTR_CHARACTERISTIC, 22, 0x2a19);
    row(11, 23, WOAD_GATTC_ATTR_DESCRIPTOR, 0, 0x2902);
    assert_int_equal(db.attr_count, 12);
    assert_int_equal(db.long_count, 1);
}

/* GATT/CL/GAS/BV-02-C, -03, -05: the hash is read; robust caching and multiple notifications are
 * switched on in Client Supported Features. */
static void a_database_is_read(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    whole_database();
    assert_true(db.valid && db.has_hash);
    assert_memory_equal(db.hash, hash, 16);
    assert_int_equal(gatt_server_find(&server, 4)->value[0], 2); /* Service Changed */
    assert_int_equal(gatt_server_find(&server, 6)->value[0],
                     WOAD_GATTC_ROBUST_CACHING | WOAD_GATTC_MULTIPLE_NOTIFICATIONS);
    struct woad_uuid uuid = woad_uuid16(0x2a19);
    const struct woad_gattc_attr *chr =
        woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, &uuid, 0, 0xffff);
    assert_int_equal(chr->end, 22);
    assert_null(woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, &uuid, 21, 0xffff));
    assert_null(woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, &uuid, 0, 20));
    assert_null(woad_gattc_db_find(&db, WOAD_GATTC_ATTR_CHARACTERISTIC, NULL, 0xffff, 0xffff));
    gattc_peer_quiet(g);
}

/* GATT/CL/GAS/BV-04-C: EATT, when the configuration says so. */
static void configured_features_are_told(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_NEVER, .features = WOAD_GATTC_EATT};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 0, false);
    db.arg = g;
    open_db();
    ready(0, false);
    assert_int_equal(gatt_server_find(&server, 6)->value[0], WOAD_GATTC_EATT);
}

static void the_same_hash_needs_no_discovery(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    reconnect();
    gattc_peer_quiet(g); /* the link's end is no event of a database that is ready */
    open_db();
    ready(0, true);
    whole_database();
    assert_int_equal(requests[0x10] + requests[0x04], 0);
    assert_int_equal(requests[0x08], 2); /* the hash, before and after the subscription */
    assert_int_equal(requests[0x12], 2);
    server.count -= 4; /* without the battery */
    gatt_server_find(&server, HASH_VALUE)->value[0]++;
    reconnect();
    open_db();
    ready(0, false);
    assert_true(requests[0x10] > 0);
    assert_int_equal(db.attr_count, 10); /* the included service is known by its include */
}

static void without_hash_and_bond_it_is_read_anew(void **state)
{
    (void)state;
    gatt_server_find(&server, HASH_VALUE)->type = woad_uuid16(0x2a01);
    open_db();
    ready(0, false);
    reconnect();
    open_db();
    ready(0, false);
    bonded(3); /* a bonded server tells what changed */
    reconnect();
    bonded(3);
    open_db();
    ready(0, true);
}

static void a_bonded_servers_is_kept(void **state)
{
    (void)state;
    bonded(3);
    open_db();
    ready(0, false);
    assert_int_equal(writes, 1);
    assert_non_null(record(WOAD_STORE_KEY(WOAD_STORE_CACHE, 3)));
    reconnect();
    bonded(3);
    db = (struct woad_gattc_db){
        .event = gattc_peer_event, .arg = g, .mem = mem, .size = sizeof(mem)};
    memset(mem, 0xff, sizeof(mem));
    open_db();
    ready(0, true);
    whole_database();
    assert_int_equal(writes, 1);
    reconnect();
    bonded(4); /* another bond has nothing */
    db = (struct woad_gattc_db){
        .event = gattc_peer_event, .arg = g, .mem = mem, .size = sizeof(mem)};
    open_db();
    ready(0, false);
    whole_database();
}

/* Every octet of what was kept changed, one after the other, and every record shorter: it is read
 * anew or it is sound. */
static void what_is_kept_may_be_damaged(void **state)
{
    (void)state;
    bonded(3);
    open_db();
    ready(0, false);
    struct record saved[ARRAY_LEN(records)];
    memcpy(saved, records, sizeof(records));
    for (unsigned i = 0; i < ARRAY_LEN(records); i++)
        for (unsigned k = 0; k <= saved[i].len; k += 3) {
            memcpy(records, saved, sizeof(records));
            if (k < saved[i].len)
                records[i].data[k] ^= 0x85;
            else if (saved[i].len)
                records[i].len--;
            reconnect();
            bonded(3);
            db = (struct woad_gattc_db){
                .event = gattc_peer_event, .arg = g, .mem = mem, .size = sizeof(mem)};
            open_db();
            assert_int_equal(gattc_peer_found(g, WOAD_GATTC_DB_READY)->evt.u.done.err, 0);
            for (uint16_t n = 0; n < db.attr_count; n++) {
                (void)woad_gattc_db_uuid(&db, &db.attrs[n]);
                assert_true(!n || db.attrs[n].handle > db.attrs[n - 1].handle);
            }
        }
}

static void a_failing_store_is_no_failure(void **state)
{
    (void)state;
    bonded(3);
    write_err = WOAD_ERR_NO_MEM;
    open_db();
    ready(0, false);
    whole_database();
}

/* ---- changes --------------------------------------------------------------------------------- */

static void changed(uint16_t start, uint16_t end)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_DB_CHANGED);
    assert_int_equal(n->evt.u.changed.start, start);
    assert_int_equal(n->evt.u.changed.end, end);
}

/* GATT/CL/GAS/BV-01-C: just the range is read anew. */
static void GATT_CL_GAS_BV_01_C(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    server.count -= 4; /* the battery becomes a heart rate */
    gatt_server_service(&server, 20, 25, 0x180d);
    gatt_server_chr(&server, 21, 0x10, 0x2a37, hash, 1);
    memset(requests, 0, sizeof(requests));
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 20, 0, 29, 0);
    changed(20, 29);
    assert_false(db.valid);
    EXPECT(g, 0x1e);
    EXPECT(g, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b); /* the hash */
    g->p->taken--;
    serve_most(1);
    EXPECT(g, 0x10, 20, 0, 29, 0, 0x00, 0x28);
    g->p->taken--;
    serve_most(100);
    ready(0, false);
    assert_int_equal(db.attr_count, 11);
    row(8, 15, WOAD_GATTC_ATTR_CHARACTERISTIC, 16, 0);
    row(9, 20, WOAD_GATTC_ATTR_SERVICE, 25, 0x180d);
    row(10, 21, WOAD_GATTC_ATTR_CHARACTERISTIC, 22, 0x2a37);
    gattc_peer_quiet(g);
}

/* A range in the middle of services is widened to whole ones. */
static void a_range_inside_services_is_widened(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 13, 0, 21, 0);
    changed(13, 21);
    serve();
    ready(0, false);
    whole_database();
    assert_true(requests[0x10] > 0);
}

static void a_change_while_reading_is_read_after_it(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 20, 0, 29, 0);
    changed(20, 29);
    serve_most(4);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 10, 0, 19, 0);
    changed(10, 19);
    serve();
    ready(0, false);
    whole_database();
    gattc_peer_quiet(g);
}

/* Nobody tells of a change between the first look at the hash and the subscription to Service
 * Changed: the second look does. */
static void a_change_before_the_subscription_is_seen(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    reconnect();
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), 0);
    serve_most(1);
    server.count -= 4; /* without the battery */
    gatt_server_find(&server, HASH_VALUE)->value[0]++;
    serve();
    ready(0, false);
    assert_int_equal(db.attr_count, 10);
    assert_memory_equal(db.hash, gatt_server_find(&server, HASH_VALUE)->value, 16);
    gattc_peer_quiet(g);
}

/* And what is read after the subscription is what it watches over. */
static void the_subscription_comes_before_the_reading(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), 0);
    while (gatt_server_find(&server, 4)->value[0] != 2)
        serve_most(1);
    for (uint16_t i = 0; i < db.attr_count; i++)
        assert_true(db.attrs[i].handle <= 9); /* the GATT service alone */
    serve();
    ready(0, false);
    whole_database();
}

static void nonsense_from_service_changed_is_dropped(void **state)
{
    (void)state;
    struct woad_host_stats stats;
    open_db();
    ready(0, false);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 20, 0, 29);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 0, 0, 29, 0);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 30, 0, 29, 0);
    ANSWER(g, 0x1d, CHANGED_VALUE, 0, 20, 0, 29, 0, 1);
    for (unsigned i = 0; i < 4; i++)
        EXPECT(g, 0x1e);
    gattc_peer_quiet(g);
    woad_host_get_stats(g->h, &stats);
    assert_int_equal(stats.bad_packets, 4);
    assert_true(db.valid);
}

/* Database Out Of Sync: the hash is read, and with another one the database. */
static void out_of_sync_is_dealt_with(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_db();
        ready(0, i > 0);
        if (i)
            gatt_server_find(&server, HASH_VALUE)->value[0]++;
        assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 22), 0);
        EXPECT(g, 0x0a, 22, 0);
        ERROR_OF(g, 0x0a, 22, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
        changed(1, 0xffff); /* so that a READY is awaited, and db not freed before */
        gattc_peer_done(g, WOAD_ERR_REFUSED, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
        serve();
        ready(0, i == 0);
        assert_int_equal(requests[0x10] > 0, i);
        gattc_peer_quiet(g);
        reconnect();
    }
}

static void cancel_when_changed(struct gattc_peer *peer, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DB_CHANGED)
        assert_int_equal(woad_gattc_cancel(peer->h, &op), 0);
}

/* Who is told that the database changed may cancel the operation by which the client learnt it. */
static void out_of_sync_and_a_cancel(void **state)
{
    (void)state;
    open_db();
    ready(0, false);
    g->on_event = cancel_when_changed;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 22), 0);
    EXPECT(g, 0x0a, 22, 0);
    ERROR_OF(g, 0x0a, 22, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
    changed(1, 0xffff);
    gattc_peer_done(g, WOAD_ERR_CANCELLED, 0);
    g->on_event = NULL;
    serve();
    ready(0, true);
}

/* GATT/CL/GPM/BV-11-C: requests on two bearers are both refused; one reading of the hash tells the
 * server that the client knows. */
static int drop_pdu(struct att_bearer *b, struct woad_buf *pdu)
{
    (void)b;
    woad_buf_unref(pdu);
    return 0;
}

static void no_matter(struct att_bearer *b)
{
    (void)b;
}

static const struct att_bearer_ops extra_ops = {drop_pdu, no_matter, no_matter};
static struct att_bearer extra;
static void refuse_extra(struct woad_timer *t)
{
    static const uint8_t error[] = {0x01, 0x0a, 22, 0, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC};
    (void)t;
    woad_att_rx(&extra, error, sizeof(error));
}

static void GATT_CL_GPM_BV_11_C(void **state)
{
    (void)state;
    struct woad_gattc_op second = op;
    struct host_timer timer;
    open_db();
    ready(0, false);
    woad_att_bearer_up(&extra, woad_host_link_find(g->h, g->conn), 1, 64, &extra_ops);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 22), 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &second, 22), 0);
    EXPECT(g, 0x0a, 22, 0);
    ERROR_OF(g, 0x0a, 22, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
    changed(1, 0xffff);
    gattc_peer_done(g, WOAD_ERR_REFUSED, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
    woad_host_timer_init(g->h, &timer, refuse_extra);
    woad_host_timer_after(&timer, 1);
    g->p->dev->woken = true;
    EXPECT(g, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    gattc_peer_done(g, WOAD_ERR_REFUSED, WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC);
    woad_att_bearer_down(&extra, WOAD_ERR_NOT_CONNECTED);
    g->p->taken--;
    serve();
    ready(0, true);
    assert_int_equal(requests[0x08], 1);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 22), 0);
    serve();
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
}

/* ---- limits and ends ------------------------------------------------------------------------- */

/* Every size of memory: too little is said, nothing beyond it is touched. */
static void memory_of_every_size(void **state)
{
    (void)state;
    bool fitted = false;
    for (size_t size = 0; size <= 130; size += 2) {
        uint8_t *exact = malloc(size ? size : 1);
        db =
            (struct woad_gattc_db){.event = gattc_peer_event, .arg = g, .mem = exact, .size = size};
        open_db();
        int err = gattc_peer_found(g, WOAD_GATTC_DB_READY)->evt.u.done.err;
        assert_int_equal(err, size < 12 * 8 + 16 ? WOAD_ERR_NO_MEM : 0);
        fitted |= !err;
        if (!err) {
            whole_database();
            assert_int_equal(woad_gattc_db_close(g->h, &db), 0);
        }
        free(exact);
    }
    assert_true(fitted);
}

static void every_end_completes_an_opening_once(void **state)
{
    (void)state;
    struct woad_host_stats stats;
    for (unsigned at = 0; at < 60; at++) {
        db = (struct woad_gattc_db){
            .event = gattc_peer_event, .arg = g, .mem = mem, .size = sizeof(mem)};
        unsigned before = g->count;
        assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), 0);
        assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), WOAD_ERR_BUSY);
        serve_most(at);
        if (at % 2)
            (void)!woad_gattc_db_close(g->h, &db);
        else
            dbl_lose_link(g->p->dev, g->conn, 8);
        dbl_run(g->p->d, 1000);
        assert_int_equal(g->count - before, 1);
        g->taken = g->count;
        woad_host_get_stats(g->h, &stats);
        assert_int_equal(stats.ops_pending, 0);
        assert_null(db.link);
        reconnect();
    }
}

static void a_server_that_breaks_off_is_reported(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &db), 0);
    serve_most(1);
    assert_non_null(peer_next(g->p));
    ANSWER(g, 0x07, 5, 0, 1, 0); /* end before start */
    ready(WOAD_ERR_FORMAT, false);
    assert_false(db.valid);
    assert_null(db.link);
    assert_int_equal(woad_gattc_db_close(g->h, &db), WOAD_ERR_NOT_FOUND);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct woad_gattc_db other = db, empty = {0};
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &empty), WOAD_ERR_INVALID);
    open_db();
    ready(0, false);
    assert_int_equal(woad_gattc_db_open(g->h, g->conn, &other), WOAD_ERR_EXISTS);
    assert_int_equal(woad_gattc_db_close(g->h, &other), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gattc_db_close(g->h, &db), 0);
    gattc_peer_quiet(g);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_database_is_read),
        TEST(configured_features_are_told),
        TEST(the_same_hash_needs_no_discovery),
        TEST(without_hash_and_bond_it_is_read_anew),
        TEST(a_bonded_servers_is_kept),
        TEST(what_is_kept_may_be_damaged),
        TEST(a_failing_store_is_no_failure),
        TEST(GATT_CL_GAS_BV_01_C),
        TEST(a_range_inside_services_is_widened),
        TEST(a_change_while_reading_is_read_after_it),
        TEST(a_change_before_the_subscription_is_seen),
        TEST(the_subscription_comes_before_the_reading),
        TEST(nonsense_from_service_changed_is_dropped),
        TEST(out_of_sync_is_dealt_with),
        TEST(out_of_sync_and_a_cancel),
        TEST(GATT_CL_GPM_BV_11_C),
        TEST(memory_of_every_size),
        TEST(every_end_completes_an_opening_once),
        TEST(a_server_that_breaks_off_is_reported),
        TEST(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
