/* Enhanced credit-based flow control, by PDUs, after the L2CAP test suite. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "support/l2cap_peer.h"
#include "woad/cursor.h"

static const struct woad_chan_cfg psm80 = {.psm = 0x80, .mtu = 600, .mps = 200, .credits = 5};

static void accept_all(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    if (evt->type == WOAD_CHAN_ACCEPT)
        assert_int_equal(woad_l2cap_accept(dev->h, evt->chan, WOAD_L2CAP_OK, NULL, NULL), 0);
}

static struct peer *listening(const struct woad_host_cfg *host)
{
    struct peer *p = peer_new(false, host);
    struct woad_chan_cfg cfg = psm80;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    p->dev->on_chan = accept_all;
    assert_int_equal(woad_l2cap_listen(p->dev->h, &cfg), 0);
    return p;
}

static uint16_t result_of(const struct peer_pdu *rsp)
{
    assert_non_null(rsp);
    assert_int_equal(rsp->data[0], 0x18);
    return woad_get_u16(rsp->data + 10);
}

static uint16_t dcid_of(const struct peer_pdu *rsp, unsigned i)
{
    assert_true(rsp->len >= 14 + 2 * i);
    return woad_get_u16(rsp->data + 12 + 2 * i);
}

/* L2CAP/ECFC/BV-03-C with several channels */
static void five_channels_by_one_request(void **state)
{
    (void)state;
    struct peer *p = listening(NULL);
    PEER_SEND(p, 5, 0x17, 9, 18, 0, 0x80, 0, 100, 0, 80, 0, 3, 0, 0x50, 0, 0x51, 0, 0x52, 0, 0x53,
              0, 0x54, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(result_of(rsp), 0);
    assert_int_equal(woad_get_u16(rsp->data + 4), 600);
    assert_int_equal(woad_get_u16(rsp->data + 6), 200);
    assert_int_equal(woad_get_u16(rsp->data + 8), 5);
    for (unsigned i = 0; i < 5; i++)
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(dcid_of(rsp, i), dcid_of(rsp, k));
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 5);
    PEER_SEND(p, dcid_of(rsp, 3), 1, 0, 'x');
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_RECEIVED), 1);
    peer_free(p);
}

/* L2CAP/ECFC/BV-26-C and the other refusals of all */
static void refusals_of_all(void **state)
{
    (void)state;
    struct peer *p = listening(NULL);
    PEER_SEND(p, 5, 0x17, 1, 10, 0, 0x81, 0, 100, 0, 80, 0, 3, 0, 0x50, 0);
    assert_int_equal(result_of(peer_next(p)), WOAD_L2CAP_NO_PSM);
    PEER_SEND(p, 5, 0x17, 2, 10, 0, 0x80, 0, 63, 0, 80, 0, 3, 0, 0x50, 0);
    assert_int_equal(result_of(peer_next(p)), WOAD_L2CAP_INVALID_PARAMETERS);
    PEER_SEND(p, 5, 0x17, 3, 10, 0, 0x80, 0, 64, 0, 63, 0, 3, 0, 0x50, 0);
    assert_int_equal(result_of(peer_next(p)), WOAD_L2CAP_INVALID_PARAMETERS);
    PEER_SEND(p, 5, 0x17, 4, 10, 0, 0x80, 0, 64, 0, 64, 0, 0, 0, 0x50, 0);
    assert_int_equal(result_of(peer_next(p)), WOAD_L2CAP_INVALID_PARAMETERS);
    /* six CIDs, half a CID, none: not understood */
    PEER_SEND(p, 5, 0x17, 5, 20, 0, 0x80, 0, 64, 0, 64, 0, 1, 0, 0x50, 0, 0x51, 0, 0x52, 0, 0x53, 0,
              0x54, 0, 0x55, 0);
    assert_int_equal(peer_next(p)->data[0], 0x01);
    PEER_SEND(p, 5, 0x17, 6, 11, 0, 0x80, 0, 64, 0, 64, 0, 1, 0, 0x50, 0, 0x51);
    assert_int_equal(peer_next(p)->data[0], 0x01);
    PEER_SEND(p, 5, 0x17, 7, 8, 0, 0x80, 0, 64, 0, 64, 0, 1, 0);
    assert_int_equal(peer_next(p)->data[0], 0x01);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_ACCEPT), 0);
    peer_free(p);
}

/* Some are refused: too few resources, one CID twice, one out of range. */
static void refusals_of_some(void **state)
{
    (void)state;
    struct woad_host_cfg host = {.max_chans = 3};
    struct peer *p = listening(&host);
    PEER_SEND(p, 5, 0x17, 1, 14, 0, 0x80, 0, 100, 0, 80, 0, 3, 0, 0x50, 0, 0x50, 0, 0x30, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(result_of(rsp), WOAD_L2CAP_INVALID_CID);
    assert_int_not_equal(dcid_of(rsp, 0), 0);
    assert_int_equal(dcid_of(rsp, 1), 0);
    assert_int_equal(dcid_of(rsp, 2), 0);
    PEER_SEND(p, 5, 0x17, 2, 14, 0, 0x80, 0, 100, 0, 80, 0, 3, 0, 0x51, 0, 0x52, 0, 0x53, 0);
    rsp = peer_next(p);
    assert_int_equal(result_of(rsp), WOAD_L2CAP_NO_RESOURCES);
    assert_int_not_equal(dcid_of(rsp, 1), 0);
    assert_int_equal(dcid_of(rsp, 2), 0);
    peer_free(p);
}

static const struct peer_pdu *ask(struct peer *p, woad_chan *chans, unsigned n)
{
    struct woad_chan_cfg cfg = psm80;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    assert_int_equal(woad_l2cap_connect_enhanced(p->dev->h, p->conn, &cfg, chans, n), 0);
    const struct peer_pdu *req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->data[0], 0x17);
    assert_int_equal(req->len, 12 + 2 * n);
    return req;
}

/* L2CAP/ECFC/BV-02-C; a pending answer first */
static void we_ask_and_wait(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chans[3];
    uint8_t id = ask(p, chans, 3)->data[1];
    PEER_SEND(p, 5, 0x18, id, 8, 0, 0, 0, 0, 0, 0, 0, 0x0e, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_CLOSED), 0);
    dbl_run(p->d, 40000000); /* longer than an answer may take that is not pending */
    PEER_SEND(p, 5, 0x18, id, 14, 0, 100, 0, 64, 0, 9, 0, 4, 0, 0x60, 0, 0, 0, 0x61, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 2);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0)->value, 4);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0)->handle, chans[1]);
    peer_free(p);
}

/* L2CAP/ECFC/BV-29-C: one CID for two channels, neither is used on */
static void a_duplicate_cid_ends_both(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chans[2];
    uint8_t id = ask(p, chans, 2)->data[1];
    PEER_SEND(p, 5, 0x18, id, 12, 0, 100, 0, 64, 0, 9, 0, 0, 0, 0x60, 0, 0x60, 0);
    assert_int_equal(woad_l2cap_send(p->dev->h, chans[0], "x", 1, NULL), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_l2cap_send(p->dev->h, chans[1], "x", 1, NULL), WOAD_ERR_NOT_CONNECTED);
    dbl_run(p->d, 31000000);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_CLOSED), 2);
    peer_free(p);
}

/* L2CAP/ECFC/BI-03, -04, -05, -06, -07-C and BV-25-C */
static void the_peer_reconfigures(void **state)
{
    (void)state;
    struct peer *p = listening(NULL);
    PEER_SEND(p, 5, 0x17, 9, 12, 0, 0x80, 0, 200, 0, 100, 0, 9, 0, 0x50, 0, 0x51, 0);
    peer_next(p);
    static const struct {
        uint8_t mtu, mps, cid1, cid2, result;
    } rows[] = {
        {199, 100, 0x50, 0, 1}, {200, 99, 0x50, 0x51, 2}, {200, 100, 0x50, 0x59, 3},
        {200, 63, 0x50, 0, 4},  {200, 80, 0x50, 0, 0},    {250, 100, 0x50, 0x51, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t n = rows[i].cid2 ? 8 : 6;
        uint8_t req[12] = {0x19,         7, n,           0, rows[i].mtu, 0, rows[i].mps, 0,
                           rows[i].cid1, 0, rows[i].cid2};
        peer_send(p, 5, req, (uint16_t)(4 + n));
        const struct peer_pdu *rsp = peer_next(p);
        assert_int_equal(rsp->data[0], 0x1a);
        assert_int_equal(woad_get_u16(rsp->data + 4), rows[i].result);
    }
    struct woad_chan_info info;
    const struct dbl_event *e = dbl_find(p->dev, true, WOAD_CHAN_OPENED, 0);
    assert_int_equal(woad_l2cap_info(p->dev->h, e->handle, &info), 0);
    assert_int_equal(info.peer_mtu, 250);
    peer_free(p);
}

/* L2CAP/ECFC/BV-24-C */
static void we_reconfigure(void **state)
{
    (void)state;
    struct peer *p = listening(NULL);
    PEER_SEND(p, 5, 0x17, 9, 10, 0, 0x80, 0, 200, 0, 100, 0, 9, 0, 0x50, 0);
    peer_next(p);
    woad_chan chan = dbl_find(p->dev, true, WOAD_CHAN_OPENED, 0)->handle;
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, &chan, 1, 500, 200), WOAD_ERR_INVALID);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, &chan, 1, 900, 300), 0);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, &chan, 1, 900, 300), WOAD_ERR_BUSY);
    const struct peer_pdu *req = peer_next(p);
    assert_int_equal(req->data[0], 0x19);
    PEER_SEND(p, 5, 0x1a, req->data[1], 2, 0, 0, 0);
    struct woad_chan_info info;
    assert_int_equal(woad_l2cap_info(p->dev->h, chan, &info), 0);
    assert_int_equal(info.our_mtu, 900);
    assert_int_equal(info.our_mps, 300);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, &chan, 1, 900, 250), 0);
    req = peer_next(p);
    PEER_SEND(p, 5, 0x1a, req->data[1], 2, 0, 4, 0);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_RECONFIGURED, 1)->err, WOAD_ERR_REFUSED);
    peer_free(p);
}

/* The next request would have this identifier; its answer comes before it is sent. */
static void an_answer_to_a_request_not_yet_sent(void **state)
{
    (void)state;
    struct peer *p = peer_new(false, NULL);
    woad_chan chans[2];
    uint8_t id = (uint8_t)(ask(p, chans, 1)->data[1] + 1);
    struct woad_chan_cfg cfg = psm80;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    assert_int_equal(woad_l2cap_connect_enhanced(p->dev->h, p->conn, &cfg, chans, 2), 0);
    PEER_SEND(p, 5, 0x18, id, 12, 0, 100, 0, 64, 0, 9, 0, 0, 0, 0x60, 0, 0x61, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 0);
    assert_int_equal(peer_next(p)->data[1], id); /* it goes out all the same */
    PEER_SEND(p, 5, 0x18, id, 12, 0, 100, 0, 64, 0, 9, 0, 0, 0, 0x60, 0, 0x61, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 2);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, chans, 2, 900, 200), 0);
    id++;
    const uint8_t reject[] = {0x01, id, 2, 0, 0, 0};
    dbl_l2cap(p->dev, p->conn, 5, reject, sizeof(reject));
    PEER_SEND(p, 5, 0x1a, id, 2, 0, 4, 0);
    const struct peer_pdu *req = peer_next(p);
    assert_int_equal(req->data[0], 0x19);
    assert_int_equal(req->data[1], id);
    PEER_SEND(p, 5, 0x1a, id, 2, 0, 0, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_RECONFIGURED), 2);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_RECONFIGURED, 0)->err, 0);
    peer_free(p);
}

/* Two channels by the peer's request; their handles. */
static struct peer *two_open(woad_chan chans[2])
{
    struct peer *p = listening(NULL);
    PEER_SEND(p, 5, 0x17, 9, 12, 0, 0x80, 0, 200, 0, 100, 0, 9, 0, 0x50, 0, 0x51, 0);
    peer_next(p);
    for (unsigned i = 0; i < 2; i++)
        chans[i] = dbl_find(p->dev, true, WOAD_CHAN_OPENED, i)->handle;
    return p;
}

static unsigned ops_pending(const struct peer *p)
{
    struct woad_host_stats stats;
    woad_host_get_stats(p->dev->h, &stats);
    return stats.ops_pending;
}

/* In the first event of the peer's request, before the second one's is told. */
static void reconfigure_the_other(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    woad_chan *chans = dev->app;
    if (evt->type != WOAD_CHAN_RECONFIGURED)
        return;
    dev->on_chan = NULL;
    woad_chan other = chans[evt->chan == chans[0]];
    assert_int_equal(woad_l2cap_reconfigure(dev->h, &other, 1, 900, 200), 0);
    assert_int_equal(woad_l2cap_reconfigure(dev->h, &other, 1, 900, 200), WOAD_ERR_BUSY);
}

static void the_peers_reconfigure_told_late_does_not_complete_ours(void **state)
{
    (void)state;
    woad_chan chans[2];
    struct peer *p = two_open(chans);
    p->dev->app = chans;
    p->dev->on_chan = reconfigure_the_other;
    PEER_SEND(p, 5, 0x19, 7, 8, 0, 250, 0, 100, 0, 0x50, 0, 0x51, 0);
    assert_int_equal(peer_next(p)->data[0], 0x1a);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_RECONFIGURED), 2); /* the peer's */
    assert_int_equal(ops_pending(p), 1);
    const struct peer_pdu *req = peer_next(p);
    assert_int_equal(req->data[0], 0x19);
    PEER_SEND(p, 5, 0x1a, req->data[1], 2, 0, 4, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_RECONFIGURED), 3);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_RECONFIGURED, 2)->err, WOAD_ERR_REFUSED);
    assert_int_equal(ops_pending(p), 0);
    peer_free(p);
}

/* The channel whose turn it was to send the request is closed first. */
static void a_reconfigure_goes_out_for_the_channels_that_are_left(void **state)
{
    (void)state;
    woad_chan chans[2];
    struct peer *p = two_open(chans);
    struct woad_chan_info info;
    assert_int_equal(woad_l2cap_info(p->dev->h, chans[1], &info), 0);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, chans, 2, 900, 200), 0);
    assert_int_equal(woad_l2cap_close(p->dev->h, chans[0], false), 0);
    const struct peer_pdu *req = peer_next(p);
    while (req && req->data[0] != 0x19)
        req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->len, 10); /* one channel */
    assert_int_equal(woad_get_u16(req->data + 8), info.local_cid);
    PEER_SEND(p, 5, 0x1a, req->data[1], 2, 0, 0, 0);
    assert_int_equal(woad_l2cap_info(p->dev->h, chans[1], &info), 0);
    assert_int_equal(info.our_mtu, 900);
    assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_RECONFIGURED, 0)->err,
                     WOAD_ERR_NOT_CONNECTED);
    peer_free(p);
}

/* Every credit that is out after a larger MPS has its memory, and they come back as they are used.
 */
static void credits_after_a_reconfigure(void **state)
{
    (void)state;
    woad_chan chans[2];
    struct peer *p = two_open(chans);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, chans, 1, 900, 300), 0);
    PEER_SEND(p, 5, 0x1a, peer_next(p)->data[1], 2, 0, 0, 0);
    struct woad_chan_info info;
    uint8_t frame[300] = {298 & 0xff, 298 >> 8};
    unsigned credits = 0, frames = 0;
    assert_int_equal(woad_l2cap_info(p->dev->h, chans[0], &info), 0);
    for (credits = info.rx_credits; frames < 40; credits--, frames++) {
        uint8_t sdu[900];
        assert_true(credits > 0);
        peer_send(p, info.local_cid, frame, sizeof(frame));
        if (frames % 3 == 2)
            while (woad_l2cap_recv(p->dev->h, chans[0], sdu, sizeof(sdu), NULL) == 298)
                ;
        const struct peer_pdu *pdu;
        while ((pdu = peer_next(p))) {
            assert_int_equal(pdu->data[0], 0x16);
            credits += woad_get_u16(pdu->data + 6);
        }
        assert_int_equal(woad_l2cap_info(p->dev->h, chans[0], &info), 0);
        assert_true(info.open);
        assert_int_equal(info.rx_credits, credits - 1);
        assert_int_equal(info.rx_credits + info.rx_frames, info.granted - info.consumed);
    }
    peer_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_channels_by_one_request),
        cmocka_unit_test(refusals_of_all),
        cmocka_unit_test(refusals_of_some),
        cmocka_unit_test(we_ask_and_wait),
        cmocka_unit_test(a_duplicate_cid_ends_both),
        cmocka_unit_test(the_peer_reconfigures),
        cmocka_unit_test(we_reconfigure),
        cmocka_unit_test(an_answer_to_a_request_not_yet_sent),
        cmocka_unit_test(the_peers_reconfigure_told_late_does_not_complete_ours),
        cmocka_unit_test(a_reconfigure_goes_out_for_the_channels_that_are_left),
        cmocka_unit_test(credits_after_a_reconfigure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
