/* LE credit-based flow control, by PDUs, after the L2CAP test suite; and what a peer must not do.
 */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "support/l2cap_peer.h"
#include "woad/cursor.h"

static const struct woad_chan_cfg psm80 = {.psm = 0x80, .mtu = 600, .mps = 200};
static uint8_t block[4096];

static woad_chan connect_out(struct peer *p, uint8_t *ident, uint16_t *scid)
{
    struct woad_chan_cfg cfg = psm80;
    woad_chan chan = 0;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    assert_int_equal(woad_l2cap_connect(p->dev->h, p->conn, &cfg, &chan), 0);
    const struct peer_pdu *req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->cid, 5);
    assert_int_equal(req->len, 14);
    assert_int_equal(req->data[0], 0x14);
    assert_int_equal(woad_get_u16(req->data + 4), 0x80);
    assert_in_range(woad_get_u16(req->data + 6), 0x40, 0x7f);
    *ident = req->data[1];
    *scid = woad_get_u16(req->data + 6);
    return chan;
}

static const struct dbl_event *closed(struct peer *p)
{
    dbl_run(p->d, 1000);
    return dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0);
}

/* L2CAP/LE/CFC/BV-01-C */
static void a_legacy_peer_rejects(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    uint8_t ident;
    uint16_t scid;
    connect_out(p, &ident, &scid);
    PEER_SEND(p, 5, 0x01, ident, 2, 0, 0, 0);
    assert_int_equal(closed(p)->err, WOAD_ERR_REFUSED);
    assert_int_equal(closed(p)->value, WOAD_L2CAP_NOT_UNDERSTOOD);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-02-C */
static void connect_and_receive(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    uint8_t ident, got[8];
    uint16_t scid;
    woad_chan chan = connect_out(p, &ident, &scid);
    PEER_SEND(p, 5, 0x15, ident, 10, 0, 0x41, 0, 100, 0, 50, 0, 3, 0, 0, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 1);
    PEER_SEND(p, scid, 3, 0, 'a', 'b', 'c');
    assert_int_equal(woad_l2cap_recv(p->dev->h, chan, got, sizeof(got), NULL), 3);
    assert_memory_equal(got, "abc", 3);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-03-C, with segmentation: L2CAP/COS/CFC/BV-01-C */
static void accept_and_send(void **state)
{
    (void)state;
    struct peer *p = peer_new(true, NULL);
    woad_chan chan;
    assert_in_range(peer_open(p, &psm80, 0x44, 100, 30, 10, &chan), 0x40, 0x7f);
    memset(block, 0x5a, sizeof(block));
    assert_int_equal(woad_l2cap_send(p->dev->h, chan, block, 70, NULL), 0);
    const struct peer_pdu *k = peer_next(p);
    assert_int_equal(k->cid, 0x44);
    assert_int_equal(k->len, 30);
    assert_int_equal(woad_get_u16(k->data), 70);
    assert_int_equal(peer_next(p)->len, 30);
    k = peer_next(p);
    assert_int_equal(k->len, 12);
    assert_memory_equal(k->data, block, 12);
    assert_null(peer_next(p));
    assert_int_equal(woad_l2cap_send(p->dev->h, chan, block, 101, NULL), WOAD_ERR_TOO_LONG);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-04-C, -10, -12, -14, -18, -19, -21: every refusal is told with its reason. */
static void each_refusal_is_told(void **state)
{
    (void)state;
    static const uint8_t results[] = {2, 4, 5, 6, 7, 8, 9, 10, 11, 0x55};
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        struct peer *p = peer_new(false, NULL);
        uint8_t ident;
        uint16_t scid;
        woad_chan chan = connect_out(p, &ident, &scid);
        PEER_SEND(p, 5, 0x15, ident, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, results[i], 0);
        assert_int_equal(closed(p)->err, WOAD_ERR_REFUSED);
        assert_int_equal(closed(p)->value, results[i]);
        assert_int_equal(woad_l2cap_send(p->dev->h, chan, block, 1, NULL), WOAD_ERR_NOT_CONNECTED);
        assert_null(peer_next(p));
        peer_free(p);
    }
}

static void check_refused(struct peer *p, uint16_t psm, uint16_t scid, uint16_t mtu, uint16_t mps,
                          uint16_t result)
{
    uint8_t req[14] = {0x14, 9, 10, 0};
    woad_put_u16(req + 4, psm);
    woad_put_u16(req + 6, scid);
    woad_put_u16(req + 8, mtu);
    woad_put_u16(req + 10, mps);
    woad_put_u16(req + 12, 1);
    peer_send(p, 5, req, sizeof(req));
    const struct peer_pdu *rsp = peer_next(p);
    assert_non_null(rsp);
    assert_int_equal(rsp->data[0], 0x15);
    assert_int_equal(rsp->data[1], 9);
    assert_int_equal(woad_get_u16(rsp->data + 12), result);
    assert_int_equal(woad_get_u16(rsp->data + 4), 0);
}

/* L2CAP/LE/CFC/BV-05-C, -16, -17, -20 and parameters out of range */
static void what_we_refuse(void **state)
{
    (void)state;
    struct woad_host_cfg cfg = {.max_chans = 1};
    struct peer *p = peer_new(false, &cfg);
    woad_chan chan;
    check_refused(p, 0x80, 0x40, 100, 100, WOAD_L2CAP_NO_PSM);
    assert_int_not_equal(peer_open(p, &psm80, 0x40, 100, 100, 1, &chan), 0);
    check_refused(p, 0x80, 0x40, 100, 100, WOAD_L2CAP_CID_IN_USE);
    check_refused(p, 0x80, 0x3f, 100, 100, WOAD_L2CAP_INVALID_CID);
    check_refused(p, 0x80, 0x80, 100, 100, WOAD_L2CAP_INVALID_CID);
    check_refused(p, 0x80, 0x41, 22, 100, WOAD_L2CAP_PARAMETERS);
    check_refused(p, 0x80, 0x41, 100, 0, WOAD_L2CAP_PARAMETERS);
    check_refused(p, 0x80, 0x41, 100, 65535, WOAD_L2CAP_PARAMETERS);
    check_refused(p, 0x80, 0x41, 100, 100, WOAD_L2CAP_NO_RESOURCES);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-06-C */
static void credits_are_used_one_by_one(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan;
    peer_open(p, &psm80, 0x44, 100, 100, 0, &chan);
    for (int i = 0; i < 4; i++)
        assert_int_equal(woad_l2cap_send(p->dev->h, chan, block, 10, NULL), 0);
    assert_null(peer_next(p));
    for (uint8_t credits = 1; credits <= 2; credits++) {
        PEER_SEND(p, 5, 0x16, 7, 4, 0, 0x44, 0, credits, 0);
        for (uint8_t i = 0; i < credits; i++)
            assert_int_equal(peer_next(p)->cid, 0x44);
        assert_null(peer_next(p));
    }
    peer_free(p);
}

/* zero_credit_packet: no news, the channel lives */
static void zero_credit_packet(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan;
    peer_open(p, &psm80, 0x44, 100, 100, 1, &chan);
    PEER_SEND(p, 5, 0x16, 7, 4, 0, 0x44, 0, 0, 0);
    assert_null(closed(p));
    assert_int_equal(woad_l2cap_send(p->dev->h, chan, block, 10, NULL), 0);
    assert_non_null(peer_next(p));
    peer_free(p);
}

/* The host asks for disconnection of the channel whose ends are these, then hears yes. */
static void expect_disconnect(struct peer *p, uint16_t ours, uint16_t theirs)
{
    const struct peer_pdu *req = peer_next(p);
    while (req && (req->cid != 5 || req->data[0] != 0x06))
        req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(woad_get_u16(req->data + 4), theirs);
    assert_int_equal(woad_get_u16(req->data + 6), ours);
    PEER_SEND(p, 5, 0x07, req->data[1], 4, 0, (uint8_t)theirs, 0, (uint8_t)ours, 0);
    assert_int_equal(closed(p)->err, WOAD_ERR_FORMAT);
}

/* L2CAP/LE/CFC/BI-01-C, credits_overflow */
static void credits_overflow(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan;
    uint16_t cid = peer_open(p, &psm80, 0x44, 100, 100, 2, &chan);
    PEER_SEND(p, 5, 0x16, 7, 4, 0, 0x44, 0, 0xfe, 0xff);
    expect_disconnect(p, cid, 0x44);
    peer_free(p);
}

/* mps_exceeded, sdu_len_lies, more than the MTU, no credit, no SDU length */
static void a_peer_that_breaks_a_rule_loses_the_channel(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t first, sdu, second;
    } rows[] = {
        {"K-frame above the MPS", 201, 300, 0},
        {"SDU above the MTU", 50, 601, 0},
        {"SDU length smaller than what came", 100, 20, 0},
        {"second K-frame beyond the SDU", 100, 120, 60},
        {"no room for the SDU length", 1, 0, 0},
        {"empty K-frame", 0, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct peer *p = peer_new(false, NULL);
        woad_chan chan;
        uint16_t cid = peer_open(p, &psm80, 0x44, 100, 100, 2, &chan);
        memset(block, 0, sizeof(block));
        woad_put_u16(block, rows[i].sdu);
        peer_send(p, cid, block, rows[i].first);
        if (rows[i].second)
            peer_send(p, cid, block, rows[i].second);
        expect_disconnect(p, cid, 0x44);
        peer_free(p);
    }
}

static void sending_without_credit_loses_the_channel(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    struct woad_chan_cfg cfg = psm80;
    woad_chan chan;
    cfg.credits = 2;
    uint16_t cid = peer_open(p, &cfg, 0x44, 100, 100, 2, &chan);
    woad_put_u16(block, 600);
    peer_send(p, cid, block, 100);
    /* Whatever the peer may send now, and one more, before the host can give anything back. */
    struct woad_chan_info info;
    assert_int_equal(woad_l2cap_info(p->dev->h, chan, &info), 0);
    for (int k = info.rx_credits; k >= 0; k--)
        dbl_l2cap(p->dev, p->conn, cid, block, 10);
    dbl_run(p->d, 1000);
    expect_disconnect(p, cid, 0x44);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-07-C: credits come back for what was read, one for each K-frame. */
static void credits_return(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    struct woad_chan_cfg cfg = psm80;
    struct woad_chan_info info;
    woad_chan chan;
    cfg.credits = 4;
    uint16_t cid = peer_open(p, &cfg, 0x44, 100, 100, 2, &chan);
    unsigned given = 4;
    for (unsigned i = 0; i < 50; i++) {
        PEER_SEND(p, cid, 1, 0, (uint8_t)i);
        const struct peer_pdu *pdu;
        while ((pdu = peer_next(p)))
            if (pdu->data[0] == 0x16)
                given += woad_get_u16(pdu->data + 6);
        assert_int_equal(woad_l2cap_recv(p->dev->h, chan, block, 10, NULL), 1);
        assert_int_equal(woad_l2cap_info(p->dev->h, chan, &info), 0);
        assert_int_equal(info.granted, given);
        assert_int_equal(info.rx_credits + info.rx_frames, info.granted - info.consumed);
    }
    assert_true(given >= 50);
    peer_free(p);
}

/* L2CAP/LE/CFC/BV-08-C and -09-C */
static void disconnection_both_ways(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan;
    uint16_t cid = peer_open(p, &psm80, 0x44, 100, 100, 2, &chan);
    PEER_SEND(p, 5, 0x06, 3, 4, 0, 0x7f, 0, 0x44, 0); /* a CID we do not have */
    const struct peer_pdu *r = peer_next(p);
    assert_int_equal(r->data[0], 0x01);
    assert_int_equal(woad_get_u16(r->data + 4), 2);
    assert_int_equal(r->len, 10);
    PEER_SEND(p, 5, 0x06, 3, 4, 0, (uint8_t)cid, 0, 0x45, 0); /* not our channel's other end */
    assert_null(peer_next(p));
    PEER_SEND(p, 5, 0x06, 3, 4, 0, (uint8_t)cid, 0, 0x44, 0);
    assert_int_equal(peer_next(p)->data[0], 0x07);
    assert_int_equal(closed(p)->err, WOAD_ERR_EOF);
    assert_int_equal(woad_l2cap_release(p->dev->h, chan), 0);
    dbl_forget(p->dev);
    cid = peer_open(p, &psm80, 0x45, 100, 100, 2, &chan);
    assert_int_equal(woad_l2cap_close(p->dev->h, chan, true), 0);
    assert_int_equal(woad_l2cap_close(p->dev->h, chan, true), WOAD_ERR_BUSY);
    r = peer_next(p);
    assert_int_equal(r->data[0], 0x06);
    PEER_SEND(p, 5, 0x07, r->data[1], 4, 0, 0x45, 0, (uint8_t)cid, 0);
    assert_int_equal(closed(p)->err, 0);
    peer_free(p);
}

/* No buffer for the answer: a request of ours, for which there is a reserve, says the same, and our
 * CID is not another channel's before the peer knows. */
static void disconnected_without_a_buffer(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan, second;
    uint16_t cid = peer_open(p, &psm80, 0x44, 100, 50, 5, &chan);
    struct woad_pool *pool = &p->dev->h->sig_pool;
    struct woad_buf *held[64];
    unsigned count = 0;
    while (count < ARRAY_LEN(held) && (held[count] = woad_buf_alloc(pool, 1)))
        count++;
    PEER_SEND(p, 5, 0x06, 3, 4, 0, (uint8_t)cid, 0, 0x44, 0);
    const struct peer_pdu *req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->data[0], 0x06);
    assert_int_equal(woad_get_u16(req->data + 4), 0x44);
    assert_null(closed(p));
    while (count)
        woad_buf_unref(held[--count]);
    assert_int_not_equal(peer_open(p, &psm80, 0x45, 100, 50, 5, &second), cid);
    PEER_SEND(p, 5, 0x07, req->data[1], 4, 0, 0x44, 0, (uint8_t)cid, 0);
    assert_int_equal(closed(p)->err, WOAD_ERR_EOF);
    assert_int_equal(closed(p)->handle, chan);
    peer_free(p);
}

/* No answer: the request ends after its time, the channel that is closed as well. */
static void requests_run_out_of_time(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    uint8_t ident;
    uint16_t scid;
    woad_chan chan;
    connect_out(p, &ident, &scid);
    dbl_run(p->d, 31000000);
    assert_int_equal(closed(p)->err, WOAD_ERR_TIMEOUT);
    dbl_forget(p->dev);
    peer_open(p, &psm80, 0x45, 100, 100, 2, &chan);
    assert_int_equal(woad_l2cap_close(p->dev->h, chan, false), 0);
    dbl_run(p->d, 31000000);
    assert_int_equal(closed(p)->err, 0);
    peer_free(p);
}

/* L2CAP/COS/CED/BI-05-C, -09, -11, -13, -16: malformed commands, then a good one is answered. */
static void malformed_commands_do_no_harm(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chan;
    PEER_SEND(p, 5, 0x14, 1, 11, 0, 0x80, 0, 0x44, 0, 100, 0, 100, 0, 1, 0);
    PEER_SEND(p, 5, 0x14, 2, 10, 0, 0x80, 0, 0x44, 0, 100, 0, 100, 0, 1, 0, 0);
    PEER_SEND(p, 5, 0x06, 3, 5, 0, 0x40, 0, 0x44, 0, 0);
    PEER_SEND(p, 5, 0x99, 4, 0, 0);
    for (uint8_t i = 1; i <= 4; i++) {
        const struct peer_pdu *r = peer_next(p);
        assert_non_null(r);
        assert_int_equal(r->data[0], 0x01);
        assert_int_equal(r->data[1], i);
        assert_int_equal(woad_get_u16(r->data + 4), 0);
    }
    PEER_SEND(p, 5, 0x15, 5, 1, 0, 9); /* responses that answer nothing */
    PEER_SEND(p, 5, 0x07, 6, 4, 0, 1, 2, 3, 4);
    PEER_SEND(p, 5, 0x14, 0, 10, 0); /* identifier 0 */
    PEER_SEND(p, 5, 0x14);
    assert_null(peer_next(p));
    uint8_t longest[100] = {0x14, 7};
    peer_send(p, 5, longest, sizeof(longest));
    const struct peer_pdu *r = peer_next(p);
    assert_int_equal(r->data[0], 0x01);
    assert_int_equal(woad_get_u16(r->data + 4), 1);
    assert_int_not_equal(peer_open(p, &psm80, 0x44, 100, 100, 1, &chan), 0);
    peer_free(p);
}

/* L2CAP/LE/CPU/BV-02-C, BI-01, -02: parameters by L2CAP, out of range, and asked of the wrong role.
 */
static void parameter_update(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL); /* we are central */
    PEER_SEND(p, 5, 0x12, 3, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0);
    const struct peer_pdu *r = peer_next(p);
    assert_int_equal(r->data[0], 0x13);
    assert_int_equal(woad_get_u16(r->data + 4), 0);
    assert_int_equal(dbl_count(p->dev, WOAD_EVT_CONN_UPDATE_REQUEST), 1);
    assert_int_equal(dbl_find(p->dev, false, WOAD_EVT_CONN_UPDATED, 0)->value, 40);
    PEER_SEND(p, 5, 0x12, 4, 8, 0, 24, 0, 10, 0, 0, 0, 200, 0); /* min above max */
    assert_int_equal(woad_get_u16(peer_next(p)->data + 4), 1);
    peer_free(p);
    p = peer_new(true, NULL); /* we are peripheral: only the central is asked */
    PEER_SEND(p, 5, 0x12, 3, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0);
    assert_int_equal(peer_next(p)->data[0], 0x01);
    peer_free(p);
}

/* A program may listen when its peer asks already: the request waits that long, and no longer. */
static void a_listener_may_come_late(void **state)
{
    (void)state;
    struct woad_host_cfg cfg = {.psm_wait_ms = 100};
    struct peer *p = peer_new(false, &cfg);
    struct woad_chan_cfg mine = psm80;
    mine.event = dbl_chan_event;
    mine.arg = p->dev;
    assert_int_equal(woad_l2cap_join(p->dev->h), 0);
    PEER_SEND(p, 5, 0x14, 3, 10, 0, 0x80, 0, 0x40, 0, 100, 0, 100, 0, 1, 0);
    assert_null(peer_next(p));
    PEER_SEND(p, 5, 0x14, 4, 10, 0, 0x81, 0, 0x41, 0, 100, 0, 100, 0, 1,
              0); /* one waits at a time */
    const struct peer_pdu *rsp = peer_next(p);
    assert_non_null(rsp);
    assert_int_equal(rsp->data[1], 4);
    assert_int_equal(rsp->data[12], WOAD_L2CAP_NO_PSM);
    assert_int_equal(woad_l2cap_listen(p->dev->h, &mine), 0);
    dbl_run(p->d, 1000);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_ACCEPT), 1);
    PEER_SEND(p, 5, 0x14, 5, 10, 0, 0x82, 0, 0x42, 0, 100, 0, 100, 0, 1, 0);
    dbl_run(p->d, 95000);
    assert_null(peer_next(p));
    dbl_run(p->d, 5000);
    rsp = peer_next(p);
    assert_non_null(rsp);
    assert_int_equal(rsp->data[1], 5);
    assert_int_equal(rsp->data[12], WOAD_L2CAP_NO_PSM);
    peer_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_legacy_peer_rejects),
        cmocka_unit_test(connect_and_receive),
        cmocka_unit_test(accept_and_send),
        cmocka_unit_test(each_refusal_is_told),
        cmocka_unit_test(what_we_refuse),
        cmocka_unit_test(credits_are_used_one_by_one),
        cmocka_unit_test(zero_credit_packet),
        cmocka_unit_test(credits_overflow),
        cmocka_unit_test(a_peer_that_breaks_a_rule_loses_the_channel),
        cmocka_unit_test(sending_without_credit_loses_the_channel),
        cmocka_unit_test(credits_return),
        cmocka_unit_test(disconnection_both_ways),
        cmocka_unit_test(disconnected_without_a_buffer),
        cmocka_unit_test(requests_run_out_of_time),
        cmocka_unit_test(malformed_commands_do_no_harm),
        cmocka_unit_test(parameter_update),
        cmocka_unit_test(a_listener_may_come_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
