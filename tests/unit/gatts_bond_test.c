/* What outlives a link: subscriptions of bonded clients, what they know of the database, its hash.
 */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "gatt/gatts_priv.h"
#include "support/l2cap_peer.h"

/* A store of four records, and a security that says what the test wants. */
static struct kept {
    uint32_t key;
    uint8_t data[64];
    uint16_t len;
} kept[4];
static unsigned writes;
static int bond;

static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    (void)ctx;
    for (unsigned i = 0; i < ARRAY_LEN(kept); i++) {
        if (kept[i].key != key || kept[i].len > size)
            continue;
        memcpy(to, kept[i].data, kept[i].len);
        return kept[i].len;
    }
    return WOAD_ERR_NOT_FOUND;
}

static int put(void *ctx, const struct woad_store_item *items, size_t count)
{
    (void)ctx;
    writes++;
    for (size_t n = 0; n < count; n++) {
        struct kept *to = NULL;
        for (unsigned i = 0; i < ARRAY_LEN(kept); i++)
            if (kept[i].key == items[n].key || (!to && !kept[i].key))
                to = &kept[i];
        assert_non_null(to);
        assert_true(items[n].len <= sizeof(to->data));
        *to = (struct kept){.key = items[n].data ? items[n].key : 0, .len = items[n].len};
        if (items[n].len)
            memcpy(to->data, items[n].data, items[n].len);
    }
    return 0;
}

static const struct woad_store_ops store_ops = {.get = get, .write = put};
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
    return bond;
}
static const struct host_security_ops security = {
    .level = level, .key_size = key_size, .bond = bond_of};

static const struct woad_uuid svc_uuid = WOAD_UUID16(0x180F), one = WOAD_UUID16(0x2A19);
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE),
    WOAD_GATT_DYNAMIC(&one, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};
static struct woad_gatt_service service, more;
static unsigned restored;
static int confirmed; /* err of the last CONFIRMED; 1: none */

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTS_SUBSCRIBED)
        restored += evt->u.subscribed.restored;
    else if (evt->type == WOAD_GATTS_CONFIRMED)
        confirmed = evt->u.confirmed.err;
}

#define ASK(p, ...) PEER_SEND(p, 4, __VA_ARGS__)

static struct peer *start_part(const struct woad_host_part *part, uint32_t revision)
{
    const struct woad_gatts_cfg gatts = {.store = &store, .revision = revision};
    const struct woad_host_use parts[] = {{part, &gatts}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.att_mtu = 100, .att_tx_count = 4, .parts = parts};
    struct peer *p = peer_new(true, &cfg);
    p->dev->h->security = &security;
    service = (struct woad_gatt_service){.attrs = attrs, .count = 4, .event = on_event};
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    dbl_run(p->d, 1000); /* the link was up when it came: the news is nobody's */
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    restored = 0;
    return p;
}

static struct peer *start(void)
{
    return start_part(&woad_gatts_part, 0);
}

/* What the host does, inside its run, when the encryption of a link has changed. */
static void change_security(struct peer *p)
{
    p->dev->h->running = true;
    woad_gatts_client_security(woad_host_link_find(p->dev->h, p->conn), 0);
    p->dev->h->running = false;
    woad_host_kick(p->dev->h);
    dbl_run(p->d, 1000);
}

static void encrypt(struct peer *p)
{
    woad_host_link_find(p->dev->h, p->conn)->encrypted = true;
    change_security(p);
}

static void bonded_client(void)
{
    memset(kept, 0, sizeof(kept));
    writes = 0;
    bond = 3;
    struct peer *p = start();
    encrypt(p);
    ASK(p, 0x12, 9, 0, 2, 0);  /* Service Changed */
    ASK(p, 0x12, 17, 0, 1, 0); /* the value */
    ASK(p, 0x12, 11, 0, 1);    /* robust caching */
    peer_free(p);
}

/* GATT/SR/GAN/BV-03-C, GATT/SR/GAI/BV-02-C, GATT/SR/GAS/BV-04-C: also what it asked of Service
 * Changed, and its features */
static void subscriptions_of_a_bond_come_back(void **state)
{
    (void)state;
    bonded_client();
    struct peer *p = start();
    assert_int_equal(woad_gatts_subscription(p->dev->h, p->conn, 16), 0);
    encrypt(p);
    assert_int_equal(restored, 1);
    assert_int_equal(woad_gatts_subscription(p->dev->h, p->conn, 16), 1);
    assert_null(peer_next(p)); /* nothing changed, nothing is told */
    const struct {
        uint8_t handle, value;
    } kept_values[] = {{17, 1}, {9, 2}, {11, 1}};
    for (unsigned i = 0; i < ARRAY_LEN(kept_values); i++) {
        ASK(p, 0x0a, kept_values[i].handle, 0);
        const struct peer_pdu *got = peer_next(p);
        assert_int_equal(got->data[0], 0x0b);
        assert_int_equal(got->data[1], kept_values[i].value);
    }
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, 16, "a", 1), 0);
    peer_free(p);
}

static void nothing_comes_back_without_encryption_or_bond(void **state)
{
    (void)state;
    bonded_client();
    unsigned before = writes;
    struct peer *p = start();
    change_security(p);
    assert_int_equal(restored, 0);
    bond = -1;
    encrypt(p);
    assert_int_equal(restored, 0);
    ASK(p, 0x12, 17, 0, 1, 0);
    assert_int_equal(writes, before);
    peer_free(p);
}

static void change_while_away_is_told(void **state) /* also by a new program */
{
    (void)state;
    bonded_client();
    struct peer *p = start();
    more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    dbl_run(p->d, 1000);
    encrypt(p);
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    const uint8_t want[] = {0x1d, 8, 0, 1, 0, 0xff, 0xff};
    assert_int_equal(got->len, sizeof(want));
    assert_memory_equal(got->data, want, sizeof(want));
    ASK(p, 0x0a, 3, 0); /* and it is out of sync until it confirms */
    assert_int_equal(peer_next(p)->data[4], 0x12);
    ASK(p, 0x1e);
    peer_free(p);
    p = start();
    assert_int_equal(woad_gatts_add(p->dev->h, &(struct woad_gatt_service){0}), WOAD_ERR_INVALID);
    more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    woad_gatts_of(p->dev->h)->clients[0].changed_start = 0;
    encrypt(p);
    assert_null(peer_next(p)); /* it knows */
    peer_free(p);
}

static int indicate(struct peer *p)
{
    confirmed = 1;
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, 16, "a", 1), 0);
    assert_int_equal(peer_next(p)->data[0], 0x1d);
    return confirmed;
}

/* A client with a bond confirms what it does not take while its link is not encrypted. A bond may
 * come to be while a link is up, over another link of the same two. */
static void confirmed_and_not_taken(void **state)
{
    (void)state;
    memset(kept, 0, sizeof(kept));
    bond = -1;
    struct peer *p = start();
    ASK(p, 0x12, 17, 0, 2, 0);
    assert_int_equal(peer_next(p)->data[0], 0x13);
    assert_int_equal(indicate(p), 1);
    ASK(p, 0x1e);
    assert_int_equal(confirmed, 0);
    assert_int_equal(indicate(p), 1);
    bond = 3;
    ASK(p, 0x1e);
    assert_int_equal(confirmed, WOAD_ERR_SECURITY);
    assert_int_equal(indicate(p), 1);
    encrypt(p);
    ASK(p, 0x1e);
    assert_int_equal(confirmed, WOAD_ERR_SECURITY);
    assert_int_equal(indicate(p), 1);
    ASK(p, 0x1e);
    assert_int_equal(confirmed, 0);
    peer_free(p);
}

static void expect_changed(struct peer *p, uint16_t start, uint16_t end)
{
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    assert_int_equal(got->data[0], 0x1d);
    assert_int_equal(woad_get_u16(got->data + 1), 8);
    assert_int_equal(woad_get_u16(got->data + 3), start);
    assert_int_equal(woad_get_u16(got->data + 5), end);
    ASK(p, 0x1e);
}

static void service_changed_waits_for_encryption(void **state)
{
    (void)state;
    memset(kept, 0, sizeof(kept));
    bond = -1;
    struct peer *p = start();
    const struct gatts_client *c = &woad_gatts_of(p->dev->h)->clients[0];
    ASK(p, 0x12, 9, 0, 2, 0);
    assert_int_equal(peer_next(p)->data[0], 0x13);
    more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    dbl_run(p->d, 1000);
    bond = 3;
    expect_changed(p, 18, 21); /* in vain */
    assert_false(c->aware);
    assert_null(peer_next(p));
    encrypt(p);
    expect_changed(p, 1, 0xffff);
    assert_true(c->aware);
    peer_free(p);

    memset(kept, 0, sizeof(kept));
    bond = -1;
    p = start();
    ASK(p, 0x12, 9, 0, 2, 0);
    assert_int_equal(peer_next(p)->data[0], 0x13);
    bond = 3;
    more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    dbl_run(p->d, 1000);
    assert_null(peer_next(p));
    encrypt(p);
    expect_changed(p, 18, 21);
    peer_free(p);
}

/* The same server, which has not been started again. */
static void leave(struct peer *p)
{
    dbl_lose_link(p->dev, p->conn, 0x13);
    dbl_run(p->d, WOAD_S(1));
}

static void come_back(struct peer *p)
{
    uint16_t other;
    dbl_connect(p->d, 1, 0, &other, &p->conn);
    dbl_run(p->d, 1000);
    p->taken = p->count;
    encrypt(p);
}

static void change(struct peer *p, struct woad_gatt_service *s)
{
    *s = (struct woad_gatt_service){.attrs = attrs, .count = 4};
    assert_int_equal(woad_gatts_add(p->dev->h, s), 0);
    dbl_run(p->d, 1000);
}

static void only_what_changed_while_away_is_told(void **state)
{
    (void)state;
    static struct woad_gatt_service late;
    bonded_client();
    struct peer *p = start();
    encrypt(p);
    leave(p);
    change(p, &more);
    change(p, &late);
    come_back(p);
    expect_changed(p, 18, 25);
    leave(p);
    come_back(p);
    assert_null(peer_next(p)); /* nothing has */
    leave(p);
    assert_int_equal(woad_gatts_remove(p->dev->h, &late), 0);
    come_back(p);
    assert_int_equal(peer_next(p)->data[0],
                     0x1d); /* not confirmed: told again, with what follows */
    leave(p);
    assert_int_equal(woad_gatts_remove(p->dev->h, &more), 0);
    come_back(p);
    expect_changed(p, 18, 25);
    leave(p);
    change(p, &more);
    bond = 4; /* another client, from the same place */
    come_back(p);
    assert_null(peer_next(p));
    leave(p);
    bond = 3;
    come_back(p);
    expect_changed(p, 1, 0xffff);
    peer_free(p);
}

/* Without the hash it is the program's revision that tells databases apart, and how often this one
 * has changed. */
static void revision_stands_for_the_hash(void **state)
{
    (void)state;
    const uint8_t everything[] = {0x1d, 8, 0, 1, 0, 0xff, 0xff};
    memset(kept, 0, sizeof(kept));
    bond = 3;
    struct peer *p = start_part(&woad_gatts_basic_part, 7);
    encrypt(p);
    ASK(p, 0x12, 9, 0, 2, 0);
    ASK(p, 0x12, 17, 0, 1, 0);
    peer_free(p);
    for (unsigned round = 0; round < 3; round++) { /* the same; a new program; a service more */
        p = start_part(&woad_gatts_basic_part, round == 0 ? 7 : 8);
        more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
        if (round == 2)
            assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
        woad_gatts_of(p->dev->h)->clients[0].changed_start = 0;
        encrypt(p);
        assert_int_equal(restored, 1);
        const struct peer_pdu *got = peer_next(p);
        if (round == 0)
            assert_null(got);
        else
            assert_memory_equal(got->data, everything, sizeof(everything));
        ASK(p, 0x1e);
        ASK(p, 0x0a, 3, 0); /* nobody is out of sync */
        assert_int_equal(peer_next(p)->data[0], 0x0b);
        peer_free(p);
    }
}

static struct peer *start_changed(bool changed)
{
    struct peer *p = start();
    if (changed) {
        more = (struct woad_gatt_service){.attrs = attrs, .count = 4};
        assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
        dbl_run(p->d, 1000);
    }
    encrypt(p);
    return p;
}

/* The error that a read of the Device Name gets, or 0. */
static uint8_t error_of_a_read(struct peer *p)
{
    ASK(p, 0x0a, 3, 0);
    const struct peer_pdu *got = peer_next(p);
    return got->data[0] == 0x01 ? got->data[4] : 0;
}

static void GATT_SR_GAS_BV_07_C(void **state)
{
    (void)state;
    bonded_client();
    struct peer *p = start();
    encrypt(p);
    ASK(p, 0x12, 9, 0, 0, 0); /* no Service Changed at first */
    assert_int_equal(peer_next(p)->data[0], 0x13);
    peer_free(p);
    p = start_changed(true); /* 2 */
    ASK(p, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    assert_int_equal(peer_next(p)->data[0], 0x09);
    assert_int_equal(error_of_a_read(p), 0); /* 3 */
    ASK(p, 0x12, 9, 0, 2, 0);                /* 4 */
    assert_int_equal(peer_next(p)->data[0], 0x13);
    peer_free(p);
    p = start_changed(false); /* 5 */
    assert_int_equal(peer_next(p)->data[0], 0x1d);
    ASK(p, 0x1e);
    assert_int_equal(error_of_a_read(p), 0); /* 6 */
    peer_free(p);
    p = start_changed(false); /* 7 */
    ASK(p, 0x12, 11, 0, 0);
    assert_int_equal(peer_next(p)->data[4], 0x13);
    ASK(p, 0x12, 9, 0, 0, 0); /* 8 */
    assert_int_equal(peer_next(p)->data[0], 0x13);
    peer_free(p);
    p = start_changed(true);
    assert_int_equal(error_of_a_read(p), 0x12);
    peer_free(p);
    p = start_changed(true); /* 9: it has not learnt of it */
    assert_int_equal(error_of_a_read(p), 0x12);
    peer_free(p);
}

/* The example of [Vol 3, Part G, Appendix B]. */
static void database_hash_of_the_example(void **state)
{
    (void)state;
    static const struct woad_uuid gap = WOAD_UUID16(0x1800), name = WOAD_UUID16(0x2A00),
                                  look = WOAD_UUID16(0x2A01), gatt = WOAD_UUID16(0x1801),
                                  changed = WOAD_UUID16(0x2A05), features = WOAD_UUID16(0x2B29),
                                  hash = WOAD_UUID16(0x2B2A), glucose = WOAD_UUID16(0x1808),
                                  battery = WOAD_UUID16(0x180F), measure = WOAD_UUID16(0x2A18),
                                  extended = WOAD_UUID16(0x2900), percent = WOAD_UUID16(0x2A19);
    static struct woad_gatt_service inner;
    static const struct woad_gatt_attr table[] = {
        WOAD_GATT_SERVICE(&gap),          WOAD_GATT_CHARACTERISTIC(0x0a),
        WOAD_GATT_CONST(&name, "", 0, 1), WOAD_GATT_CHARACTERISTIC(0x02),
        WOAD_GATT_CONST(&look, "", 0, 1),
    };
    static const struct woad_gatt_attr table2[] = {
        WOAD_GATT_SERVICE(&gatt),
        WOAD_GATT_CHARACTERISTIC(0x20),
        WOAD_GATT_CONST(&changed, "", 0, 1),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(0x0a),
        WOAD_GATT_CONST(&features, "", 0, 1),
        WOAD_GATT_CHARACTERISTIC(0x02),
        WOAD_GATT_CONST(&hash, "", 0, 1),
    };
    static const struct woad_gatt_attr table3[] = {
        WOAD_GATT_SERVICE(&glucose),    WOAD_GATT_INCLUDE(&inner),
        WOAD_GATT_CHARACTERISTIC(0xa2), WOAD_GATT_CONST(&measure, "", 0, 1),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN), WOAD_GATT_CONST(&extended, "\0\0", 2, 1),
    };
    static const struct woad_gatt_attr table4[] = {
        WOAD_GATT_SECONDARY(&battery),
        WOAD_GATT_CHARACTERISTIC(0x02),
        WOAD_GATT_CONST(&percent, "", 0, 1),
    };
    static const uint8_t want[16] = {0xf1, 0xca, 0x2d, 0x48, 0xec, 0xf5, 0x8b, 0xac,
                                     0x8a, 0x88, 0x30, 0xbb, 0xb9, 0xfb, 0xa9, 0x90};
    struct woad_gatt_service *pages[WOAD_GATT_PAGES(64)] = {0};
    struct gatts g = {0};
    struct woad_gatt_service s[3] = {{.attrs = table, .count = 5},
                                     {.attrs = table2, .count = 8},
                                     {.attrs = table3, .count = 6, .start = 14}};
    inner = (struct woad_gatt_service){.attrs = table4, .count = 3, .start = 20};
    woad_gatt_db_init(&g.db, pages, 64);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(woad_gatt_db_add(&g.db, &s[i]), 0);
    assert_int_equal(woad_gatt_db_add(&g.db, &inner), 0);
    assert_false(woad_gatts_hash_turn(&g)); /* more than one turn */
    assert_true(woad_gatts_hash_turn(&g));
    for (int i = 0; i < 16; i++)
        assert_int_equal(g.hash[i], want[15 - i]);
}

int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subscriptions_of_a_bond_come_back),
        cmocka_unit_test(nothing_comes_back_without_encryption_or_bond),
        cmocka_unit_test(change_while_away_is_told),
        cmocka_unit_test(only_what_changed_while_away_is_told),
        cmocka_unit_test(confirmed_and_not_taken),
        cmocka_unit_test(service_changed_waits_for_encryption),
        cmocka_unit_test(revision_stands_for_the_hash),
        cmocka_unit_test(GATT_SR_GAS_BV_07_C),
        cmocka_unit_test(database_hash_of_the_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
