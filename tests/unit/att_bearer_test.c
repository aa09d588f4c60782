/* ATT bearers by PDUs: what the table refuses, transactions, MTU, buffers, long PDUs. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "l2cap/l2cap_priv.h"
#include "support/l2cap_peer.h"

/* A server and a client that note what they are given. */
struct noted {
    struct att_bearer *bearer;
    unsigned rx, up, down, timeout, writable;
    uint8_t last[600];
    uint16_t last_len;
};
static struct noted server, client;
static const struct woad_host *tested; /* the other host has ATT alone */

static void note_rx(struct noted *n, struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    n->bearer = b;
    n->rx++;
    n->last_len = len;
    memcpy(n->last, pdu, len);
}

#define NOTE(who)                                                                                  \
    static void who##_rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len)                   \
    {                                                                                              \
        note_rx(&who, b, pdu, len);                                                                \
    }                                                                                              \
    static void who##_up(struct att_bearer *b)                                                     \
    {                                                                                              \
        who.bearer = b;                                                                            \
        woad_att_request_init(b);                                                                  \
        who.up++;                                                                                  \
    }                                                                                              \
    static void who##_down(struct att_bearer *b, int err)                                          \
    {                                                                                              \
        (void)b;                                                                                   \
        (void)err;                                                                                 \
        who.down++;                                                                                \
    }                                                                                              \
    static void who##_timeout(struct att_bearer *b)                                                \
    {                                                                                              \
        (void)b;                                                                                   \
        who.timeout++;                                                                             \
    }                                                                                              \
    static void who##_writable(struct woad_host *h)                                                \
    {                                                                                              \
        (void)h;                                                                                   \
        who.writable++;                                                                            \
    }                                                                                              \
    static const struct att_user who##_user = {who##_rx,      who##_up,       who##_down,          \
                                               who##_timeout, who##_writable, woad_att_response};
NOTE(server)
NOTE(client)

static size_t part_mem(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    (void)part_cfg;
    return 1;
}

static int part_init(struct woad_host *h, void *mem, const void *part_cfg)
{
    (void)mem;
    (void)part_cfg;
    if (tested)
        return 0;
    tested = h;
    memset(&server, 0, sizeof(server));
    memset(&client, 0, sizeof(client));
    woad_att_set_server(h, &server_user);
    woad_att_set_client(h, &client_user);
    return 0;
}

static const struct woad_host_part users = {
    .id = HOST_PART_GATTS, .needs = &woad_att_part, .mem_size = part_mem, .init = part_init};

static struct peer *start(uint16_t att_mtu)
{
    const struct woad_host_use parts[] = {{&users, NULL}, {NULL, NULL}};
    struct woad_host_cfg cfg = {.att_mtu = att_mtu, .att_tx_count = 4, .parts = parts};
    tested = NULL;
    return peer_new(false, &cfg);
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

static int send_octets(struct peer *p, bool reserved, uint8_t opcode, uint16_t len)
{
    struct woad_host *h = p->dev->h;
    struct woad_buf *buf = reserved ? woad_att_alloc_reserved(server.bearer) : woad_att_alloc(h);
    if (!buf)
        return WOAD_ERR_AGAIN;
    uint8_t *at = woad_buf_put(buf, len);
    for (uint16_t i = 0; i < len; i++)
        at[i] = (uint8_t)i;
    at[0] = opcode;
    return woad_att_send(server.bearer, buf);
}

static void mtu_is_exchanged_once(void **state)
{
    (void)state;
    struct peer *p = start(200);
    assert_int_equal(server.up, 1);
    assert_int_equal(server.bearer->mtu, 23);
    PEER_SEND(p, 4, 0x02, 150, 0);
    EXPECT(p, 0x03, 200, 0);
    assert_int_equal(server.bearer->mtu, 150);
    PEER_SEND(p, 4, 0x02, 30, 0);
    EXPECT(p, 0x03, 200, 0);
    assert_int_equal(server.bearer->mtu, 150);
    peer_free(p);
}

static void mtu_is_asked_for(void **state)
{
    (void)state;
    struct peer *p = start(200);
    assert_int_equal(woad_att_exchange_mtu(client.bearer), 0);
    assert_int_equal(woad_att_exchange_mtu(client.bearer), WOAD_ERR_STATE);
    dbl_run(p->d, 100);
    EXPECT(p, 0x02, 200, 0);
    PEER_SEND(p, 4, 0x03, 5, 0); /* less than the least counts as the least */
    assert_int_equal(client.bearer->mtu, 23);
    assert_int_equal(client.rx, 1);
    peer_free(p);
}

static void the_table_refuses(void **state)
{
    (void)state;
    struct peer *p = start(100);
    PEER_SEND(p, 4, 0x0a, 1); /* Read Request, too short */
    EXPECT(p, 0x01, 0x0a, 0, 0, 0x04);
    PEER_SEND(p, 4, 0x3f, 1, 2); /* unknown, not a command */
    EXPECT(p, 0x01, 0x3f, 0, 0, 0x06);
    PEER_SEND(p, 4, 0x7f, 1, 2); /* unknown command */
    PEER_SEND(p, 4, 0x0b, 1, 2); /* a response to nothing */
    PEER_SEND(p, 4, 0x1e);       /* a confirmation of nothing */
    PEER_SEND(p, 4, 0x1b, 1);    /* a notification too short */
    assert_null(peer_next(p));
    PEER_SEND(p, 4, 0x1d, 1); /* an indication too short is confirmed all the same */
    EXPECT(p, 0x1e);
    assert_int_equal(server.rx, 0);
    assert_int_equal(client.rx, 0);
    struct woad_host_stats stats;
    woad_host_get_stats(p->dev->h, &stats);
    assert_int_equal(stats.bad_packets, 7);
    peer_free(p);
}

/* Longer than the MTU, and than any: nobody is kept waiting for 30 s. */
static void longer_than_the_mtu(void **state)
{
    (void)state;
    static const uint16_t lens[] = {24, 100, 517, 518, 700, 2000};
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        struct peer *p = start(100);
        uint8_t pdu[2000] = {0x12, 1, 0};
        peer_send(p, 4, pdu, lens[i]); /* a request */
        EXPECT(p, 0x01, 0x12, 0, 0, 0x04);
        pdu[0] = 0x1d; /* an indication: confirmed, its value dropped */
        peer_send(p, 4, pdu, lens[i]);
        EXPECT(p, 0x1e);
        pdu[0] = 0x1b; /* a notification, a command, what nobody knows */
        peer_send(p, 4, pdu, lens[i]);
        pdu[0] = 0x52;
        peer_send(p, 4, pdu, lens[i]);
        pdu[0] = 0x7f;
        peer_send(p, 4, pdu, lens[i]);
        assert_null(peer_next(p));
        for (unsigned error = 0; error < 2; error++) { /* the answer to a request of ours */
            assert_int_equal(send_octets(p, true, 0x0a, 3), 0);
            assert_non_null(peer_next(p));
            memcpy(pdu, (const uint8_t[]){error ? 0x01 : 0x0b, 0x0a, 1, 0, 0x0e}, 5);
            peer_send(p, 4, pdu, lens[i]);
            assert_int_equal(client.rx, 1 + error);
            assert_int_equal(client.last_len, 5);
            assert_memory_equal(client.last, ((const uint8_t[]){0x01, 0x0a, 0, 0, 0x04}), 5);
            assert_int_equal(client.bearer->request, 0);
        }
        assert_int_equal(server.rx, 0);
        PEER_SEND(p, 4, 0x0a, 1, 0);
        assert_int_equal(server.rx, 1);
        peer_free(p);
    }
}

/* CVE-2019-19192: a second request before the response. */
static void one_request_at_a_time(void **state)
{
    (void)state;
    struct peer *p = start(100);
    PEER_SEND(p, 4, 0x0a, 1, 0);
    PEER_SEND(p, 4, 0x0a, 2, 0);
    assert_int_equal(server.rx, 1);
    struct woad_buf *error = woad_att_alloc_reserved(server.bearer);
    woad_att_put_error(error, 0x0a, 1, WOAD_ATT_ERR_INVALID_HANDLE);
    assert_int_equal(woad_att_send(server.bearer, error), 0);
    dbl_run(p->d, 100);
    EXPECT(p, 0x01, 0x0a, 1, 0, 0x01);
    PEER_SEND(p, 4, 0x0a, 3, 0);
    assert_int_equal(server.rx, 2);
    peer_free(p);
}

static void a_response_that_makes_no_sense_ends_the_request(void **state)
{
    (void)state;
    struct peer *p = start(100);
    assert_int_equal(send_octets(p, true, WOAD_ATT_READ_BY_GROUP_TYPE_REQ, 7), 0);
    dbl_run(p->d, 100);
    assert_non_null(peer_next(p));
    PEER_SEND(p, 4, 0x0b, 1); /* the answer to another request */
    assert_int_equal(client.rx, 0);
    PEER_SEND(p, 4, 0x11, 6);
    assert_int_equal(client.rx, 1);
    const uint8_t error[] = {0x01, 0x10, 0, 0, 0x04};
    assert_memory_equal(client.last, error, 5);
    assert_int_equal(client.bearer->request, 0);
    peer_free(p);
}

static void transactions_time_out_after_30_s(void **state)
{
    (void)state;
    struct peer *p = start(100);
    assert_int_equal(send_octets(p, true, WOAD_ATT_READ_REQ, 3), 0);
    assert_int_equal(send_octets(p, true, WOAD_ATT_HANDLE_VALUE_IND, 3), 0);
    dbl_run(p->d, WOAD_MS(29900));
    assert_int_equal(client.timeout + server.timeout, 0);
    dbl_run(p->d, WOAD_MS(200));
    assert_int_equal(client.timeout, 1);
    assert_int_equal(server.timeout, 1);
    assert_true(server.bearer->dead);
    assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 10), WOAD_ERR_NOT_CONNECTED);
    peer_free(p);
}

static void a_refused_producer_is_told_once(void **state)
{
    (void)state;
    struct peer *p = start(100);
    for (int i = 0; i < 4; i++)
        assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 10), 0);
    assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 10), WOAD_ERR_AGAIN);
    assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 10), WOAD_ERR_AGAIN);
    assert_int_equal(send_octets(p, true, WOAD_ATT_READ_RSP, 10), 0); /* answers have their own */
    dbl_run(p->d, 1000);
    assert_int_equal(server.writable, 1);
    assert_int_equal(client.writable, 1);
    assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 10), 0);
    peer_free(p);
}

/* Longer than a packet of the controller, both ways. */
static void long_pdus_are_cut_and_put_together(void **state)
{
    (void)state;
    struct peer *p = start(517);
    PEER_SEND(p, 4, 0x02, 0x05, 0x02);
    EXPECT(p, 0x03, 0x05, 0x02);
    uint8_t value[517];
    for (unsigned i = 0; i < sizeof(value); i++)
        value[i] = (uint8_t)i;
    value[0] = WOAD_ATT_HANDLE_VALUE_NTF;
    assert_int_equal(send_octets(p, false, value[0], 517), 0);
    dbl_run(p->d, 1000);
    expect(p, value, 517);
    value[0] = WOAD_ATT_WRITE_REQ;
    peer_send(p, 4, value, 517);
    assert_int_equal(server.last_len, 517);
    assert_memory_equal(server.last, value, 517);
    peer_free(p);
}

static void everything_returns_when_the_link_ends(void **state)
{
    (void)state;
    struct peer *p = start(517);
    struct woad_host_stats stats;
    assert_int_equal(send_octets(p, false, WOAD_ATT_HANDLE_VALUE_NTF, 517), 0);
    assert_int_equal(send_octets(p, true, WOAD_ATT_READ_REQ, 3), 0);
    (void)!woad_gap_disconnect(p->dev->h, p->conn, 0);
    dbl_run(p->d, 1000);
    assert_int_equal(server.down, 1);
    assert_int_equal(client.down, 1);
    woad_host_get_stats(p->dev->h, &stats);
    assert_int_equal(stats.bufs_in_use, 0);
    peer_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mtu_is_exchanged_once),
        cmocka_unit_test(mtu_is_asked_for),
        cmocka_unit_test(the_table_refuses),
        cmocka_unit_test(longer_than_the_mtu),
        cmocka_unit_test(one_request_at_a_time),
        cmocka_unit_test(a_response_that_makes_no_sense_ends_the_request),
        cmocka_unit_test(transactions_time_out_after_30_s),
        cmocka_unit_test(a_refused_producer_is_told_once),
        cmocka_unit_test(long_pdus_are_cut_and_put_together),
        cmocka_unit_test(everything_returns_when_the_link_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
