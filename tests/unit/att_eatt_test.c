/* Enhanced ATT bearers by PDUs: who may open them, what goes over which, how they end; after the
 * GATT test suite. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "gatt/gatts_priv.h"
#include "support/l2cap_peer.h"
#include "woad/eatt.h"
#include "woad/gattc.h"

#define BASE 16
enum { VALUE = BASE + 2, OTHER = BASE + 5, LATE = BASE + 8 };

static const struct woad_uuid svc_uuid = WOAD_UUID16(0x180F), one = WOAD_UUID16(0x2A19),
                              two = WOAD_UUID16(0x2A1A), three = WOAD_UUID16(0x2A1B);
static uint8_t octets[64], other_octets[4] = {9, 8, 7, 6};
static struct woad_gatt_value value = {octets, 2, sizeof(octets)}, other = {other_octets, 4, 4};
#define BOTH WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_SIGNED_WRITE | BOTH),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | BOTH),
    WOAD_GATT_VALUE(&two, &other, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&three, NULL, 20, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
};

static struct woad_gatt_service service;
static unsigned confirmed, timeouts, writable;
static int confirmed_err;
static woad_gatts_req late[2];
static unsigned lates;
static struct woad_eatt_evt opened[4], closed[4];
static unsigned opens, closes;

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTS_CONFIRMED) {
        confirmed++;
        confirmed_err = evt->u.confirmed.err;
    } else if (evt->type == WOAD_GATTS_READ) {
        late[lates++] = evt->u.read.req;
    } else if (evt->type == WOAD_GATTS_WRITABLE) {
        writable++;
    }
}

static void on_eatt(void *arg, struct woad_host *h, const struct woad_eatt_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_EATT_OPENED)
        opened[opens++ % 4] = *evt;
    else
        closed[closes++ % 4] = *evt;
}

static struct peer *start_as(bool peripheral, uint8_t connect)
{
    static const struct woad_gatts_cfg gatts = {.prepare_size = 200};
    const struct woad_eatt_cfg eatt = {.connect = connect, .event = on_eatt};
    const struct woad_host_use parts[] = {
        {&woad_gatts_part, &gatts}, {&woad_eatt_part, &eatt}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {
        .att_mtu = 100, .att_tx_count = 4, .att_bearers = 2, .parts = parts};
    struct peer *p = peer_new(peripheral, &cfg);
    confirmed = timeouts = writable = lates = opens = closes = 0;
    value.len = 2;
    service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_event};
    assert_int_equal(woad_gatts_add(p->dev->h, &service), 0);
    assert_int_equal(service.start, BASE);
    woad_gatts_of(p->dev->h)->clients[0].aware = true;
    return p;
}

static struct peer *start(void)
{
    return start_as(true, 0);
}

static struct host_link *link_of(struct peer *p)
{
    return woad_host_link_find(p->dev->h, p->conn);
}

/* The CIDs of both ends: ours is what the peer sends to. */
static uint16_t ours[2];
#define THEIRS 0x50

/* The peer opens n bearers with an MTU of 80; the result. */
static uint16_t ask_for(struct peer *p, uint8_t n)
{
    uint8_t req[16] = {0x17, 9, (uint8_t)(8 + 2 * n), 0, 0x27, 0, 80, 0, 90, 0, 20, 0};
    static uint8_t ident = 9;
    req[1] = ++ident ? ident : ++ident;
    for (uint8_t i = 0; i < n; i++)
        woad_put_u16(req + 12 + 2 * i, (uint16_t)(THEIRS + i));
    peer_send(p, 5, req, (uint16_t)(12 + 2 * n));
    const struct peer_pdu *rsp = peer_next(p);
    assert_non_null(rsp);
    assert_int_equal(rsp->cid, 5);
    assert_int_equal(rsp->data[0], 0x18);
    for (uint8_t i = 0; i < n; i++)
        ours[i] = woad_get_u16(rsp->data + 12 + 2 * i);
    return woad_get_u16(rsp->data + 10);
}

static struct peer *with_bearers(void)
{
    struct peer *p = start();
    link_of(p)->encrypted = true;
    assert_int_equal(ask_for(p, 2), WOAD_L2CAP_OK);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 2);
    return p;
}

/* A PDU of ATT on bearer i; 2: the fixed one. */
static void ask(struct peer *p, unsigned i, const void *pdu, uint16_t len)
{
    uint8_t sdu[200];
    woad_put_u16(sdu, len);
    memcpy(sdu + 2, pdu, len);
    if (i == 2)
        peer_send(p, 4, pdu, len);
    else
        peer_send(p, ours[i], sdu, (uint16_t)(len + 2));
}
#define ASK(p, i, ...)                                                                             \
    ask(p, i, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The next PDU that is not signalling: on which bearer it came. */
static const struct peer_pdu *next(struct peer *p, unsigned *bearer)
{
    const struct peer_pdu *got;
    do
        got = peer_next(p);
    while (got && got->cid == 5 && got->data[0] == 0x16);
    *bearer = !got ? 9 : got->cid == 4 ? 2 : (unsigned)(got->cid - THEIRS);
    return got;
}

static void expect(struct peer *p, unsigned i, const void *pdu, uint16_t len)
{
    unsigned bearer;
    const struct peer_pdu *got = next(p, &bearer);
    assert_non_null(got);
    assert_int_equal(bearer, i);
    uint16_t head = i == 2 ? 0 : 2;
    assert_int_equal(got->len, len + head);
    assert_memory_equal(got->data + head, pdu, len);
}
#define EXPECT(p, i, ...)                                                                          \
    expect(p, i, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void expect_none(struct peer *p)
{
    unsigned bearer;
    assert_null(next(p, &bearer));
}

static const struct host_security_ops *bonded_security(void);
static int bond = -1;
static int bond_of(const struct host_link *link)
{
    (void)link;
    return bond;
}
static uint8_t level(const struct host_link *link)
{
    return link->encrypted ? 2 : 1;
}
static uint8_t key_size(const struct host_link *link)
{
    return link->encrypted ? 16 : 0;
}
static int verify(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                  const uint8_t signature[12])
{
    (void)link;
    (void)parts;
    (void)count;
    (void)signature;
    return 2; /* every signature is good */
}
static const struct host_security_ops *bonded_security(void)
{
    static const struct host_security_ops ops = {
        .level = level, .key_size = key_size, .bond = bond_of, .verify = verify};
    return &ops;
}

/* ---- who may --------------------------------------------------------------------------------- */

static void bearers_want_encryption(void **state)
{
    (void)state;
    struct peer *p = start();
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_AUTHENTICATION);
    p->dev->h->security = bonded_security();
    bond = 1;
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_ENCRYPTION);
    bond = -1;
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), WOAD_ERR_SECURITY);
    link_of(p)->encrypted = true;
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_OK);
    assert_int_equal(opens, 1);
    assert_int_equal(opened[0].mtu, 80); /* the lesser of both */
    assert_int_equal(opened[0].count, 1);
    /* the channel without enhanced flow control is another thing */
    PEER_SEND(p, 5, 0x14, 1, 10, 0, 0x27, 0, 0x60, 0, 100, 0, 64, 0, 5, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(rsp->data[0], 0x15);
    assert_int_equal(woad_get_u16(rsp->data + 12), WOAD_L2CAP_NO_PSM);
    peer_free(p);
}

static void no_more_bearers_than_configured(void **state)
{
    (void)state;
    struct peer *p = start();
    link_of(p)->encrypted = true;
    uint8_t req[] = {0x17, 3, 14, 0, 0x27, 0, 80, 0, 64, 0, 20, 0, 0x50, 0, 0x51, 0, 0x52, 0};
    peer_send(p, 5, req, sizeof(req));
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(woad_get_u16(rsp->data + 10), WOAD_L2CAP_NO_RESOURCES);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 2);
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), WOAD_ERR_NO_MEM);
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 6), WOAD_ERR_INVALID);
    assert_int_equal(woad_eatt_open(p->dev->h, (uint16_t)(p->conn + 1), 1), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_eatt_close(p->dev->h, 0), WOAD_ERR_NOT_FOUND);
    peer_free(p);
}

static void server_says_that_it_takes_bearers(void **state)
{
    (void)state;
    struct peer *p = start();
    ASK(p, 2, 0x08, 1, 0, 0xff, 0xff, 0x3a, 0x2b);
    EXPECT(p, 2, 0x09, 3, 15, 0, 1);
    peer_free(p);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void GATT_SR_GAR_BV_11_C(void **state) /* on an enhanced and the fixed bearer at once */
{
    (void)state;
    struct peer *p = with_bearers();
    octets[0] = 1;
    octets[1] = 2;
    ASK(p, 0, 0x20, VALUE, 0, OTHER, 0);
    ASK(p, 2, 0x20, OTHER, 0, VALUE, 0);
    EXPECT(p, 0, 0x21, 2, 0, 1, 2, 4, 0, 9, 8, 7, 6);
    EXPECT(p, 2, 0x21, 4, 0, 9, 8, 7, 6, 2, 0, 1, 2);
    peer_free(p);
}

static void GATT_SR_GAR_BV_12_C(void **state) /* on two enhanced ones */
{
    (void)state;
    struct peer *p = with_bearers();
    octets[0] = 1;
    octets[1] = 2;
    ASK(p, 1, 0x20, VALUE, 0, OTHER, 0);
    ASK(p, 0, 0x20, OTHER, 0, VALUE, 0);
    EXPECT(p, 1, 0x21, 2, 0, 1, 2, 4, 0, 9, 8, 7, 6);
    EXPECT(p, 0, 0x21, 4, 0, 9, 8, 7, 6, 2, 0, 1, 2);
    peer_free(p);
}

/* An answer that is late holds up its bearer alone; answers go where the question came from. */
static void a_late_answer_holds_up_its_bearer_alone(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x0a, LATE, 0);
    ASK(p, 1, 0x0a, LATE, 0);
    assert_int_equal(lates, 2);
    ASK(p, 2, 0x0a, VALUE, 0);
    EXPECT(p, 2, 0x0b, 1, 2);
    assert_int_equal(woad_gatts_answer(p->dev->h, late[1], 0, "b", 1), 0);
    EXPECT(p, 1, 0x0b, 'b');
    assert_int_equal(woad_gatts_answer(p->dev->h, late[0], 0, "a", 1), 0);
    EXPECT(p, 0, 0x0b, 'a');
    peer_free(p);
}

/* GATT/SR/GAC/BI-01-C, GATT/SR/GAW/BI-38-C: no exchange of the MTU, no signed writes */
static void the_mtu_is_the_channels(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x02, 100, 0);
    EXPECT(p, 0, 0x01, 0x02, 0, 0, 0x06);
    value.len = 64;
    ASK(p, 0, 0x20, VALUE, 0, OTHER, 0, VALUE, 0);
    unsigned bearer;
    assert_int_equal(next(p, &bearer)->len, 2 + 80); /* cut at the MTU */
    assert_int_equal(woad_gatts_mtu(p->dev->h, p->conn), 80);
    p->dev->h->security = bonded_security();
    uint8_t sign[16] = {0xd2, VALUE, 0, 7}; /* signatures are for the fixed channel */
    ask(p, 0, sign, sizeof(sign));
    expect_none(p);
    assert_int_equal(octets[0], 1);
    ask(p, 2, sign, sizeof(sign));
    expect_none(p);
    assert_int_equal(octets[0], 7);
    peer_free(p);
}

/* A peer that takes no answers is read no further, and costs the others nothing. */
static void a_peer_that_takes_no_answers(void **state)
{
    (void)state;
    struct peer *p = start();
    link_of(p)->encrypted = true;
    uint8_t req[] = {0x17, 3, 10, 0, 0x27, 0, 80, 0, 64, 0, 1, 0, 0x50, 0}; /* one credit */
    peer_send(p, 5, req, sizeof(req));
    ours[0] = woad_get_u16(peer_next(p)->data + 12);
    for (int i = 0; i < 10; i++)
        ASK(p, 0, 0x0a, OTHER, 0);
    EXPECT(p, 0, 0x0b, 9, 8, 7, 6);
    expect_none(p);
    struct woad_host *h = p->dev->h;
    assert_int_equal(h->att_pool.count - h->att_pool.free_count, 2);
    ASK(p, 2, 0x12, VALUE + 1, 0, 3, 0);
    EXPECT(p, 2, 0x13);
    for (int i = 0; i < 4; i++) /* all that is for data is there; those on the bearer without credit
                                   wait */
        assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "n", 1), 0);
    assert_int_equal(woad_gatts_notify(h, p->conn, VALUE, "n", 1), WOAD_ERR_AGAIN);
    ASK(p, 2, 0x0a, OTHER, 0);
    unsigned bearer;
    const struct peer_pdu *got;
    while ((got = next(p, &bearer)) && got->data[0] != 0x0b)
        ;
    assert_non_null(got);
    PEER_SEND(p, 5, 0x16, 4, 4, 0, 0x50, 0, 30, 0); /* credits: now it goes on */
    unsigned answers = 0;
    while ((got = next(p, &bearer)))
        answers += bearer == 0 && got->data[2] == 0x0b;
    assert_int_equal(answers, 9);
    assert_int_equal(h->att_pool.count, h->att_pool.free_count);
    assert_int_equal(writable, 1);
    peer_free(p);
}

static void GATT_SR_GPM_BV_05_C(void **state) /* one configuration for all bearers of a client */
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 2, 0x12, VALUE + 1, 0, 0, 0);
    EXPECT(p, 2, 0x13);
    ASK(p, 2, 0x0a, VALUE + 1, 0);
    EXPECT(p, 2, 0x0b, 0, 0);
    ASK(p, 0, 0x12, VALUE + 1, 0, 1, 0);
    EXPECT(p, 0, 0x13);
    ASK(p, 0, 0x0a, VALUE + 1, 0);
    EXPECT(p, 0, 0x0b, 1, 0);
    ASK(p, 2, 0x0a, VALUE + 1, 0);
    EXPECT(p, 2, 0x0b, 1, 0);
    peer_free(p);
}

/* ---- prepared writes ------------------------------------------------------------------------- */

static void GATT_SR_GAW_BV_12_C(void **state) /* parts over several bearers are one queue */
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x16, VALUE, 0, 0, 0, 'a', 'b');
    EXPECT(p, 0, 0x17, VALUE, 0, 0, 0, 'a', 'b');
    ASK(p, 1, 0x16, VALUE, 0, 2, 0, 'c');
    EXPECT(p, 1, 0x17, VALUE, 0, 2, 0, 'c');
    ASK(p, 1, 0x18, 1);
    EXPECT(p, 1, 0x19);
    assert_int_equal(value.len, 3);
    assert_memory_equal(octets, "abc", 3);
    peer_free(p);
}

static void GATT_SR_GAW_BV_13_C(void **state) /* cancelled over any */
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x16, VALUE, 0, 0, 0, 'x', 'y');
    EXPECT(p, 0, 0x17, VALUE, 0, 0, 0, 'x', 'y');
    ASK(p, 1, 0x18, 0);
    EXPECT(p, 1, 0x19);
    ASK(p, 0, 0x18, 1);
    EXPECT(p, 0, 0x19);
    assert_int_not_equal(octets[0], 'x');
    peer_free(p);
}

static void
GATT_SR_GAW_BV_14_C(void **state) /* a bearer that ends leaves the parts to the others */
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x16, VALUE, 0, 0, 0, 'd', 'e');
    EXPECT(p, 0, 0x17, VALUE, 0, 0, 0, 'd', 'e');
    PEER_SEND(p, 5, 0x06, 7, 4, 0, (uint8_t)ours[0], (uint8_t)(ours[0] >> 8), THEIRS, 0);
    assert_int_equal(peer_next(p)->data[0], 0x07);
    assert_int_equal(closes, 1);
    assert_int_equal(closed[0].err, WOAD_ERR_EOF);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 1);
    ASK(p, 1, 0x18, 1);
    EXPECT(p, 1, 0x19);
    assert_memory_equal(octets, "de", 2);
    peer_free(p);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Each value keeps to its bearer, and the ones with the greatest MTU are taken. */
static void values_keep_to_their_bearers(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x12, VALUE + 1, 0, 1, 0);
    EXPECT(p, 0, 0x13);
    ASK(p, 0, 0x12, OTHER + 1, 0, 1, 0);
    EXPECT(p, 0, 0x13);
    uint8_t longest[77] = {5};
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, longest, 77), 0);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, longest, 78), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, OTHER, "b", 1), 0);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, "c", 1), 0);
    unsigned bearer[3];
    const struct peer_pdu *got[3];
    for (int i = 0; i < 3; i++)
        assert_non_null(got[i] = next(p, &bearer[i]));
    unsigned of_value[2], n = 0, of_other = 9;
    for (int i = 0; i < 3; i++) {
        if (got[i]->data[3] == VALUE)
            of_value[n++] = bearer[i];
        else
            of_other = bearer[i];
    }
    assert_int_equal(n, 2);
    assert_int_equal(of_value[0], of_value[1]);
    assert_int_not_equal(of_value[0], of_other);
    assert_in_range(of_other, 0, 1);
    peer_free(p);
}

static void indications_one_per_bearer(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x12, VALUE + 1, 0, 2, 0);
    EXPECT(p, 0, 0x13);
    ASK(p, 0, 0x12, OTHER + 1, 0, 2, 0);
    EXPECT(p, 0, 0x13);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, VALUE, "a", 1), 0);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, OTHER, "b", 1), 0);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, VALUE, "c", 1), WOAD_ERR_BUSY);
    unsigned first, second;
    assert_int_equal(next(p, &first)->data[2], 0x1d);
    assert_int_equal(next(p, &second)->data[2], 0x1d);
    assert_int_not_equal(first, second);
    ASK(p, second, 0x1e);
    assert_int_equal(confirmed, 1);
    ASK(p, first, 0x1e);
    assert_int_equal(confirmed, 2);
    assert_int_equal(confirmed_err, 0);
    peer_free(p);
}

/* The bearer whose indication is not confirmed is closed; the others stay. */
static void a_timeout_ends_its_bearer_alone(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x12, VALUE + 1, 0, 3, 0);
    EXPECT(p, 0, 0x13);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, VALUE, "a", 1), 0);
    unsigned bearer;
    assert_int_equal(next(p, &bearer)->data[2], 0x1d);
    dbl_run(p->d, WOAD_S(31));
    assert_int_equal(confirmed, 1);
    assert_int_equal(confirmed_err, WOAD_ERR_TIMEOUT);
    const struct peer_pdu *got = peer_next(p);
    while (got && got->data[0] != 0x06)
        got = peer_next(p);
    assert_non_null(got); /* the Disconnection Request */
    assert_int_equal(woad_get_u16(got->data + 4), THEIRS + bearer);
    PEER_SEND(p, 5, 0x07, got->data[1], 4, 0, got->data[4], got->data[5], got->data[6],
              got->data[7]);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 1);
    assert_int_equal(woad_gatts_notify(p->dev->h, p->conn, VALUE, "b", 1), 0);
    assert_int_equal(next(p, &bearer)->data[2], 0x1b);
    peer_free(p);
}

/* With several bearers the error alone does not tell the client; reading the hash does. */
static void out_of_sync_on_several_bearers(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x12, 11, 0, 1);
    EXPECT(p, 0, 0x13);
    struct woad_gatt_service more = {.attrs = attrs, .count = 3, .event = on_event};
    assert_int_equal(woad_gatts_add(p->dev->h, &more), 0);
    for (unsigned i = 0; i < 3; i++) {
        ASK(p, i, 0x20, VALUE, 0, OTHER, 0);
        EXPECT(p, i, 0x01, 0x20, 0, 0, 0x12);
    }
    unsigned bearer;
    ASK(p, 1, 0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b);
    assert_int_equal(next(p, &bearer)->data[2], 0x09);
    ASK(p, 0, 0x0a, OTHER, 0);
    EXPECT(p, 0, 0x0b, 9, 8, 7, 6);
    peer_free(p);
}

static void a_lost_link_ends_everything(void **state)
{
    (void)state;
    struct peer *p = with_bearers();
    ASK(p, 0, 0x12, VALUE + 1, 0, 3, 0);
    EXPECT(p, 0, 0x13);
    ASK(p, 1, 0x0a, LATE, 0);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, VALUE, "a", 1), 0);
    dbl_run(p->d, 1000);
    dbl_lose_link(p->dev, p->conn, 8);
    dbl_run(p->d, 1000);
    assert_int_equal(closes, 2);
    assert_int_equal(closed[1].err, WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(confirmed, 1);
    assert_int_equal(confirmed_err, WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_gatts_answer(p->dev->h, late[0], 0, "a", 1), WOAD_ERR_NOT_FOUND);
    struct woad_host *h = p->dev->h;
    assert_int_equal(h->att_pool.count, h->att_pool.free_count);
    peer_free(p);
}

/* ---- we open --------------------------------------------------------------------------------- */

/* As central: when the link is encrypted, once. */
static void a_central_opens_by_itself(void **state)
{
    (void)state;
    struct peer *p = start_as(false, 2);
    struct host_link *link = link_of(p);
    link->encrypted = true;
    woad_eatt_part.security(link, 0);
    const struct peer_pdu *req;
    while ((req = peer_next(p)) && req->data[0] != 0x17)
        ;
    assert_non_null(req);
    assert_int_equal(woad_get_u16(req->data + 4), 0x27);
    assert_int_equal(req->len, 12 + 4);
    woad_eatt_part.security(link, 0);
    PEER_SEND(p, 5, 0x18, req->data[1], 12, 0, 90, 0, 64, 0, 10, 0, 0, 0, THEIRS, 0, THEIRS + 1, 0);
    assert_int_equal(opens, 2);
    assert_int_equal(opened[1].mtu, 90);
    assert_int_equal(opened[1].count, 2);
    assert_int_equal(woad_eatt_close(p->dev->h, opened[0].chan), 0);
    dbl_run(p->d, 1000);
    const struct peer_pdu *got = peer_next(p);
    assert_int_equal(got->data[0], 0x06);
    PEER_SEND(p, 5, 0x07, got->data[1], 4, 0, got->data[4], got->data[5], got->data[6],
              got->data[7]);
    assert_int_equal(closes, 1);
    assert_int_equal(closed[0].err, 0);
    assert_int_equal(closed[0].count, 1);
    peer_free(p);
}

static void a_refused_bearer_is_told(void **state)
{
    (void)state;
    struct peer *p = start();
    link_of(p)->encrypted = true;
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 2), 0);
    const struct peer_pdu *req = peer_next(p);
    PEER_SEND(p, 5, 0x18, req->data[1], 8, 0, 0, 0, 0, 0, 0, 0, WOAD_L2CAP_NO_PSM, 0);
    assert_int_equal(closes, 2);
    assert_int_equal(closed[0].err, WOAD_ERR_REFUSED);
    assert_int_equal(closed[0].result, WOAD_L2CAP_NO_PSM);
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_OK); /* their places are free again */
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), 0);
    assert_int_equal(closes, 2);
    peer_free(p);
}

static void refuse(struct peer *p, const struct peer_pdu *req)
{
    PEER_SEND(p, 5, 0x18, req->data[1], 8, 0, 0, 0, 0, 0, 0, 0, WOAD_L2CAP_NO_RESOURCES, 0);
}

/* The request for bearers that comes after so many milliseconds and not before; NULL: none. */
static const struct peer_pdu *asks_again(struct peer *p, unsigned after_ms)
{
    const struct peer_pdu *req;
    while (after_ms && (req = peer_next(p)))
        assert_int_not_equal(req->data[0], 0x17);
    if (after_ms)
        dbl_run(p->d, WOAD_MS(after_ms - 4)); /* some have passed already */
    assert_true(!after_ms || p->taken == p->count);
    dbl_run(p->d, WOAD_MS(4));
    while ((req = peer_next(p)) && req->data[0] != 0x17)
        ;
    return req;
}

/* No room: asked again, the peripheral after 100 ms at least, the central at once; not for ever. */
static void refused_for_lack_of_room(void **state)
{
    (void)state;
    static const unsigned waits[2][3] = {{0, 200, 400}, {100, 200, 400}};
    for (unsigned peripheral = 0; peripheral < 2; peripheral++) {
        struct peer *p = start_as(peripheral, 0);
        link_of(p)->encrypted = true;
        link_of(p)->interval_1250us = 6;
        assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 2), 0);
        refuse(p, peer_next(p));
        for (unsigned i = 0; i < 3; i++) {
            const struct peer_pdu *req = asks_again(p, waits[peripheral][i]);
            assert_non_null(req);
            assert_int_equal(req->len, 12 + 2 * 2);
            assert_int_equal(closes, 0);
            refuse(p, req);
        }
        assert_int_equal(closes, 2);
        assert_int_equal(closed[1].err, WOAD_ERR_REFUSED);
        assert_int_equal(closed[1].result, WOAD_L2CAP_NO_RESOURCES);
        assert_null(asks_again(p, 5000));
        peer_free(p);
    }
}

/* A slow link: two of the events that the peripheral must listen to. */
static void a_slow_peripheral_waits_longer(void **state)
{
    (void)state;
    struct peer *p = start();
    struct host_link *link = link_of(p);
    link->encrypted = true;
    link->interval_1250us = 80;
    link->latency = 4;
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 2), 0);
    refuse(p, peer_next(p));
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_OK); /* its room is free meanwhile */
    assert_null(asks_again(p, 1000));               /* and not left for two */
    assert_int_equal(closes, 2);
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), 0);
    refuse(p, peer_next(p));
    const struct peer_pdu *req = asks_again(p, 1000);
    assert_non_null(req);
    PEER_SEND(p, 5, 0x18, req->data[1], 10, 0, 90, 0, 64, 0, 10, 0, 0, 0, THEIRS + 1, 0);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 2);
    peer_free(p);
}

/* Both have room for one bearer more and ask for it at once: both refuse. The peripheral asks again
 * after two of the events that it must listen to, and not before. */
static void L2CAP_TIM_BV_03_C(void **state)
{
    (void)state;
    struct peer *p = start();
    struct host_link *link = link_of(p);
    link->encrypted = true;
    link->interval_1250us = 40;
    link->latency = 9;
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_OK);
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), 0);
    const struct peer_pdu req = *peer_next(p);
    assert_int_equal(req.data[0], 0x17);
    PEER_SEND(p, 5, 0x17, 77, 10, 0, 0x27, 0, 80, 0, 90, 0, 20, 0, THEIRS + 1, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(rsp->data[0], 0x18);
    assert_int_equal(woad_get_u16(rsp->data + 10), WOAD_L2CAP_NO_RESOURCES);
    refuse(p, &req);
    const struct peer_pdu *again = asks_again(p, 1000);
    assert_non_null(again);
    PEER_SEND(p, 5, 0x18, again->data[1], 10, 0, 90, 0, 64, 0, 10, 0, 0, 0, THEIRS + 1, 0);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 2);
    assert_int_equal(closes, 0);
    peer_free(p);
}

static void a_link_lost_before_asking_again(void **state)
{
    (void)state;
    struct peer *p = start();
    link_of(p)->encrypted = true;
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 2), 0);
    refuse(p, peer_next(p));
    dbl_lose_link(p->dev, p->conn, 8);
    dbl_run(p->d, WOAD_S(1));
    assert_int_equal(closes, 2);
    assert_int_equal(closed[0].err, WOAD_ERR_NOT_CONNECTED);
    peer_free(p);
}

/* Both ask at once: each request is answered for itself. */
static void both_ask_at_once(void **state)
{
    (void)state;
    struct peer *p = start();
    link_of(p)->encrypted = true;
    assert_int_equal(woad_eatt_open(p->dev->h, p->conn, 1), 0);
    const struct peer_pdu req = *peer_next(p);
    assert_int_equal(ask_for(p, 1), WOAD_L2CAP_OK);
    PEER_SEND(p, 5, 0x18, req.data[1], 10, 0, 90, 0, 64, 0, 10, 0, 0, 0, THEIRS + 1, 0);
    assert_int_equal(woad_eatt_count(p->dev->h, p->conn), 2);
    ours[1] = woad_get_u16(req.data + 12);
    ASK(p, 1, 0x0a, OTHER, 0);
    EXPECT(p, 1, 0x0b, 9, 8, 7, 6);
    ASK(p, 0, 0x0a, OTHER, 0);
    EXPECT(p, 0, 0x0b, 9, 8, 7, 6);
    peer_free(p);
}

/* ---- our client and our server --------------------------------------------------------------- */

static unsigned read_done, values;
static uint8_t read_octets[4], next_value;

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE) {
        assert_int_equal(evt->u.done.err, 0);
        read_done++;
    } else if (evt->type == WOAD_GATTC_VALUE && evt->sub) {
        assert_int_equal(evt->u.value.data[0], next_value); /* none lost, none before another */
        next_value++;
        values++;
    } else if (evt->type == WOAD_GATTC_VALUE) {
        read_octets[read_done] = evt->u.value.data[0];
    }
}

static void encrypt_both(struct dbl *d, const uint16_t conn[2])
{
    for (unsigned i = 0; i < 2; i++) {
        struct host_link *link = woad_host_link_find(d->dev[i].h, conn[i]);
        link->encrypted = true;
        woad_eatt_part.security(link, 0);
    }
    dbl_run(d, WOAD_S(1));
}

static void ours_on_both_ends(void **state)
{
    (void)state;
    static const struct woad_gattc_cfg gattc = {.mtu = WOAD_GATTC_MTU_NEVER};
    static const struct woad_eatt_cfg eatt = {.connect = 2};
    static const struct woad_host_use client[] = {
        {&woad_gattc_part, &gattc}, {&woad_eatt_part, &eatt}, {NULL, NULL}};
    static const struct woad_host_use server[] = {
        {&woad_gatts_part, NULL}, {&woad_eatt_part, &eatt}, {NULL, NULL}};
    const struct woad_host_use *const parts[] = {client, server};
    const struct woad_host_cfg cfg = {.att_mtu = 100, .att_tx_count = 6, .att_bearers = 2};
    struct dbl *d = dbl_new_parts(2, &cfg, parts);
    struct woad_host *c = d->dev[0].h, *s = d->dev[1].h;
    uint16_t conn[2];
    service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_event};
    lates = read_done = values = next_value = 0;
    dbl_start(d);
    assert_int_equal(woad_gatts_add(s, &service), 0);
    dbl_connect(d, 0, 1, &conn[0], &conn[1]);
    encrypt_both(d, conn);
    assert_int_equal(woad_eatt_count(c, conn[0]), 2);
    assert_int_equal(woad_eatt_count(s, conn[1]), 2);
    assert_int_equal(woad_gatts_mtu(s, conn[1]), 100); /* that of the fixed one is still 23 */

    struct woad_gattc_op ops[2] = {{.event = on_client}, {.event = on_client}};
    for (unsigned i = 0; i < 2; i++) /* both wait at the server at the same time */
        assert_int_equal(woad_gattc_read(c, conn[0], &ops[i], LATE), 0);
    dbl_run(d, 10000);
    assert_int_equal(lates, 2);
    assert_int_equal(woad_gatts_answer(s, late[1], 0, "b", 1), 0);
    dbl_run(d, 10000);
    assert_int_equal(woad_gatts_answer(s, late[0], 0, "a", 1), 0);
    dbl_run(d, 10000);
    assert_int_equal(read_done, 2);
    assert_memory_equal(read_octets, "ba", 2);

    struct woad_gattc_sub sub = {
        .event = on_client, .value_handle = VALUE, .ccc_handle = VALUE + 1};
    ops[0] = (struct woad_gattc_op){.event = on_client};
    assert_int_equal(woad_gattc_subscribe(c, conn[0], &ops[0], &sub, WOAD_GATTC_NOTIFY), 0);
    dbl_run(d, 10000);
    for (uint8_t sent = 0; sent < 200;) {
        int err = woad_gatts_notify(s, conn[1], VALUE, &sent, 1);
        assert_true(err == 0 || err == WOAD_ERR_AGAIN);
        sent = (uint8_t)(sent + !err);
        if (err)
            dbl_run(d, 10000);
    }
    dbl_run(d, 100000);
    assert_int_equal(values, 200);
    dbl_lose_link(&d->dev[0], conn[0], 8);
    dbl_run(d, WOAD_S(1));
    assert_int_equal(c->att_pool.free_count, c->att_pool.count);
    assert_int_equal(s->att_pool.free_count, s->att_pool.count);
    dbl_connect(d, 0, 1, &conn[0], &conn[1]); /* and all over again */
    encrypt_both(d, conn);
    assert_int_equal(woad_eatt_count(s, conn[1]), 2);
    dbl_free(d);
}

int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bearers_want_encryption),
        cmocka_unit_test(no_more_bearers_than_configured),
        cmocka_unit_test(server_says_that_it_takes_bearers),
        cmocka_unit_test(GATT_SR_GAR_BV_11_C),
        cmocka_unit_test(GATT_SR_GAR_BV_12_C),
        cmocka_unit_test(a_late_answer_holds_up_its_bearer_alone),
        cmocka_unit_test(the_mtu_is_the_channels),
        cmocka_unit_test(a_peer_that_takes_no_answers),
        cmocka_unit_test(GATT_SR_GPM_BV_05_C),
        cmocka_unit_test(GATT_SR_GAW_BV_12_C),
        cmocka_unit_test(GATT_SR_GAW_BV_13_C),
        cmocka_unit_test(GATT_SR_GAW_BV_14_C),
        cmocka_unit_test(values_keep_to_their_bearers),
        cmocka_unit_test(indications_one_per_bearer),
        cmocka_unit_test(a_timeout_ends_its_bearer_alone),
        cmocka_unit_test(out_of_sync_on_several_bearers),
        cmocka_unit_test(a_lost_link_ends_everything),
        cmocka_unit_test(a_central_opens_by_itself),
        cmocka_unit_test(a_refused_bearer_is_told),
        cmocka_unit_test(refused_for_lack_of_room),
        cmocka_unit_test(a_slow_peripheral_waits_longer),
        cmocka_unit_test(L2CAP_TIM_BV_03_C),
        cmocka_unit_test(a_link_lost_before_asking_again),
        cmocka_unit_test(both_ask_at_once),
        cmocka_unit_test(ours_on_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
