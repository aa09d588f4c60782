/* The purposes of the L2CAP test suite that both kinds of LE credit-based channels share, by PDUs:
 * each script runs for LE credit-based (le) and for enhanced (ecfc) flow control. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "support/l2cap_peer.h"
#include "woad/cursor.h"

enum kind { LE, ECFC, KINDS };

static const struct woad_chan_cfg psm80 = {.psm = 0x80, .mtu = 300, .mps = 100, .credits = 3};
static uint16_t answer; /* of the application */
static woad_chan accepted;

static void on_chan(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    if (evt->type != WOAD_CHAN_ACCEPT)
        return;
    accepted = evt->chan;
    assert_int_equal(woad_l2cap_accept(dev->h, evt->chan, answer, NULL, NULL), 0);
}

static struct peer *begin(const struct woad_host_cfg *limits)
{
    struct peer *p = peer_new(false, limits);
    struct woad_chan_cfg cfg = psm80;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    p->dev->on_chan = on_chan;
    answer = WOAD_L2CAP_OK;
    assert_int_equal(woad_l2cap_listen(p->dev->h, &cfg), 0);
    return p;
}

/* The peer asks for a channel; the answer. */
static const struct peer_pdu *ask(struct peer *p, enum kind kind, uint8_t id, uint8_t psm,
                                  uint8_t scid, uint8_t mtu)
{
    if (kind == ECFC)
        PEER_SEND(p, 5, 0x17, id, 10, 0, psm, 0, mtu, 0, 80, 0, 3, 0, scid, 0);
    else
        PEER_SEND(p, 5, 0x14, id, 10, 0, psm, 0, scid, 0, mtu, 0, 80, 0, 3, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_non_null(rsp);
    assert_int_equal(rsp->data[0], kind == ECFC ? 0x18 : 0x15);
    assert_int_equal(rsp->data[1], id);
    return rsp;
}

static uint16_t result_of(const struct peer_pdu *rsp)
{
    return woad_get_u16(rsp->data + (rsp->data[0] == 0x18 ? 10 : 12));
}

/* A channel by the peer's request: the host's CID. */
static uint16_t open_in(struct peer *p, enum kind kind, uint8_t scid)
{
    const struct peer_pdu *rsp = ask(p, kind, scid, 0x80, scid, 120);
    assert_int_equal(result_of(rsp), 0);
    return woad_get_u16(rsp->data + (kind == ECFC ? 12 : 4));
}

/* The host asks: its request. */
static const struct peer_pdu *ask_out(struct peer *p, enum kind kind, woad_chan *chan)
{
    struct woad_chan_cfg cfg = psm80;
    cfg.event = dbl_chan_event;
    cfg.arg = p->dev;
    int err = kind == ECFC ? woad_l2cap_connect_enhanced(p->dev->h, p->conn, &cfg, chan, 1)
                           : woad_l2cap_connect(p->dev->h, p->conn, &cfg, chan);
    assert_int_equal(err, 0);
    const struct peer_pdu *req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->data[0], kind == ECFC ? 0x17 : 0x14);
    return req;
}

static void answer_out(struct peer *p, enum kind kind, uint8_t id, uint8_t dcid, uint8_t result)
{
    if (kind == ECFC)
        PEER_SEND(p, 5, 0x18, id, 10, 0, 120, 0, 80, 0, 3, 0, result, 0, dcid, 0);
    else
        PEER_SEND(p, 5, 0x15, id, 10, 0, dcid, 0, 120, 0, 80, 0, 3, 0, result, 0);
}

static void disconnects(struct peer *p, uint16_t cid, uint16_t peer_cid)
{
    const struct peer_pdu *req = peer_next(p);
    while (req && req->data[0] == 0x16) /* credits that were on their way */
        req = peer_next(p);
    assert_non_null(req);
    assert_int_equal(req->cid, 5);
    assert_int_equal(req->data[0], 0x06);
    assert_int_equal(woad_get_u16(req->data + 4), peer_cid);
    assert_int_equal(woad_get_u16(req->data + 6), cid);
    PEER_SEND(p, 5, 0x07, req->data[1], 4, 0, req->data[4], req->data[5], req->data[6],
              req->data[7]);
    dbl_run(p->d, 1000);
}

/* ---- requests and refusals ------------------------------------------------------------------- */

/* L2CAP/ECFC/BV-01-C, L2CAP/LE/CFC/BV-01-C: the peer does not know the request. */
static void a_legacy_peer(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        woad_chan chan;
        uint8_t id = ask_out(p, kind, &chan)->data[1];
        PEER_SEND(p, 5, 0x01, id, 2, 0, 0, 0);
        dbl_run(p->d, 1000);
        const struct dbl_event *end = dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0);
        assert_int_equal(end->err, WOAD_ERR_REFUSED);
        assert_int_equal(end->value, WOAD_L2CAP_NOT_UNDERSTOOD);
        peer_free(p);
    }
}

/* L2CAP/LE/CFC/BV-24-C; L2CAP/ECFC/BV-04-C, -10, -12, -14, -16, -18, -19, -21, -31: the initiator
 * is told why it was refused. */
static void refusals_are_told_to_the_initiator(void **state)
{
    (void)state;
    static const uint8_t results[] = {2, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b};
    for (enum kind kind = LE; kind < KINDS; kind++)
        for (size_t i = 0; i < sizeof(results); i++) {
            struct peer *p = begin(NULL);
            woad_chan chan;
            uint8_t id = ask_out(p, kind, &chan)->data[1];
            answer_out(p, kind, id, 0, results[i]);
            dbl_run(p->d, 1000);
            const struct dbl_event *end = dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0);
            assert_int_equal(end->err, WOAD_ERR_REFUSED);
            assert_int_equal(end->value, results[i]);
            peer_free(p);
        }
}

/* L2CAP/LE/CFC/BV-11-C, -13, -15, -25; L2CAP/ECFC/BV-11-C, -13, -15, -27, -32: the application that
 * listens wants more security, or other parameters, and the peer hears which. */
static void the_responder_says_why(void **state)
{
    (void)state;
    static const uint16_t results[] = {WOAD_L2CAP_AUTHENTICATION, WOAD_L2CAP_AUTHORIZATION,
                                       WOAD_L2CAP_KEY_SIZE, WOAD_L2CAP_ENCRYPTION,
                                       WOAD_L2CAP_PARAMETERS};
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        for (uint8_t i = 0; i < ARRAY_LEN(results); i++) {
            answer = results[i];
            assert_int_equal(result_of(ask(p, kind, (uint8_t)(i + 1), 0x80, 0x50, 100)),
                             results[i]);
        }
        answer = WOAD_L2CAP_OK; /* what it asked for is there now */
        assert_int_equal(result_of(ask(p, kind, 9, 0x80, 0x50, 100)), 0);
        peer_free(p);
    }
}

/* L2CAP/LE/CFC/BV-22-C; L2CAP/ECFC/BV-17-C, -20, -28: what the host refuses by itself. */
static void the_host_refuses(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(&(struct woad_host_cfg){.max_chans = 2});
        assert_int_equal(result_of(ask(p, kind, 1, 0x85, 0x50, 100)), WOAD_L2CAP_NO_PSM);
        open_in(p, kind, 0x51);
        assert_int_equal(result_of(ask(p, kind, 2, 0x80, 0x51, 100)), WOAD_L2CAP_CID_IN_USE);
        open_in(p, kind, 0x52);
        assert_int_equal(result_of(ask(p, kind, 3, 0x80, 0x53, 100)), WOAD_L2CAP_NO_RESOURCES);
        peer_free(p);
    }
}

/* L2CAP/LE/CFC/BV-29-C, L2CAP/ECFC/BV-38-C: every channel has a CID of its own. */
static void source_cids_are_of_the_dynamic_range(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint64_t seen = 0;
        for (uint8_t i = 0; i < 8; i++) {
            woad_chan chan;
            const struct peer_pdu *req = ask_out(p, kind, &chan);
            uint16_t cid = woad_get_u16(req->data + (kind == ECFC ? 12 : 6));
            assert_in_range(cid, 0x40, 0x7f);
            assert_false(seen >> (cid - 0x40) & 1);
            seen |= UINT64_C(1) << (cid - 0x40);
            answer_out(p, kind, req->data[1], (uint8_t)(0x50 + i), 0);
        }
        assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 8);
        peer_free(p);
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

/* L2CAP/ECFC/BV-08-C, -09, -30, L2CAP/LE/CFC/BV-23-C: we disconnect, the peer does, and one that
 * names no channel of ours is told so. */
static void disconnection(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint16_t cid = open_in(p, kind, 0x50);
        PEER_SEND(p, 5, 0x06, 9, 4, 0, 0x7f, 0, 0x50, 0);
        const struct peer_pdu *r = peer_next(p);
        assert_int_equal(r->data[0], 0x01);
        assert_int_equal(woad_get_u16(r->data + 4), 2); /* invalid CID in request */
        assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_CLOSED), 0);
        assert_int_equal(woad_l2cap_close(p->dev->h, accepted, true), 0);
        dbl_run(p->d, 1000);
        disconnects(p, cid, 0x50);
        assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0)->err, 0);
        cid = open_in(p, kind, 0x51);
        PEER_SEND(p, 5, 0x06, 10, 4, 0, (uint8_t)cid, 0, 0x51, 0);
        r = peer_next(p);
        assert_int_equal(r->data[0], 0x07);
        assert_int_equal(woad_get_u16(r->data + 4), cid);
        assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 1)->err, WOAD_ERR_EOF);
        peer_free(p);
    }
}

/* ---- data ------------------------------------------------------------------------------------ */

/* L2CAP/COS/ECFC/BV-01-C, -04; L2CAP/COS/CFC/BV-02-C, L2CAP/ECFC/BV-06-C: an SDU in segments, one
 * for each credit that comes; a short one in one K-frame. */
static void what_we_send(void **state)
{
    (void)state;
    static uint8_t sdu[120];
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        open_in(p, kind, 0x50); /* MTU 120, MPS 80, 3 credits */
        assert_int_equal(woad_l2cap_send(p->dev->h, accepted, sdu, 120, NULL), 0);
        assert_int_equal(woad_l2cap_send(p->dev->h, accepted, sdu, 78, NULL), 0);
        assert_int_equal(woad_l2cap_send(p->dev->h, accepted, sdu, 10, NULL), 0);
        assert_int_equal(woad_l2cap_send(p->dev->h, accepted, sdu, 121, NULL), WOAD_ERR_TOO_LONG);
        dbl_run(p->d, 1000);
        static const uint16_t lens[] = {80, 42, 80};
        for (int i = 0; i < 3; i++) {
            const struct peer_pdu *frame = peer_next(p);
            assert_int_equal(frame->cid, 0x50);
            assert_int_equal(frame->len, lens[i]);
            if (i != 1)
                assert_int_equal(woad_get_u16(frame->data), i ? 78 : 120);
        }
        assert_null(peer_next(p)); /* no credit */
        uint16_t ours = 0;
        struct woad_chan_info info;
        assert_int_equal(woad_l2cap_info(p->dev->h, accepted, &info), 0);
        ours = info.remote_cid;
        PEER_SEND(p, 5, 0x16, 5, 4, 0, (uint8_t)ours, 0, 1, 0);
        assert_int_equal(peer_next(p)->len, 12);
        dbl_run(p->d, 1000);
        assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_SENT), 3);
        peer_free(p);
    }
}

static void frame(struct peer *p, uint16_t cid, uint16_t sdu_len, bool first, uint16_t len)
{
    uint8_t pdu[200] = {(uint8_t)sdu_len, (uint8_t)(sdu_len >> 8)};
    peer_send(p, cid, pdu, (uint16_t)(len + (first ? 2 : 0)));
}

/* L2CAP/COS/CFC/BV-03-C, -04, L2CAP/COS/ECFC/BV-02-C, L2CAP/ECFC/BV-07-C: SDUs in one K-frame and
 * in several; their credits come back. */
static void what_we_receive(void **state)
{
    (void)state;
    uint8_t got[300];
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint16_t cid = open_in(p, kind, 0x50); /* our MTU 300, MPS 100, 3 credits */
        frame(p, cid, 20, true, 20);
        assert_int_equal(woad_l2cap_recv(p->dev->h, accepted, got, sizeof(got), NULL), 20);
        frame(p, cid, 100, true, 98);
        assert_int_equal(woad_l2cap_recv(p->dev->h, accepted, got, sizeof(got), NULL),
                         WOAD_ERR_AGAIN);
        frame(p, cid, 0, false, 2);
        assert_int_equal(woad_l2cap_recv(p->dev->h, accepted, got, sizeof(got), NULL), 100);
        dbl_run(p->d, 1000);
        unsigned credits = 0;
        for (const struct peer_pdu *r; (r = peer_next(p)); credits += r->data[6])
            assert_int_equal(r->data[0], 0x16);
        assert_int_equal(credits, 3);
        peer_free(p);
    }
}

/* L2CAP/LE/CFC/BV-32-C, L2CAP/ECFC/BV-80-C: SDUs about as long as one K-frame, as two, and as our
 * MTU; the two octets of their length do not count as payload of ours. */
static void sdus_about_as_long_as_k_frames(void **state)
{
    (void)state;
    static const uint16_t lens[] = {100, 99, 101, 200, 201, 300};
    uint8_t got[300];
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint16_t cid = open_in(p, kind, 0x50); /* our MTU 300, MPS 100, 3 credits */
        for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
            uint16_t sent = 0, received = 0;
            while (sent < lens[i]) {
                uint16_t most = sent ? 100 : 98, left = (uint16_t)(lens[i] - sent);
                uint16_t n = left < most ? left : most;
                frame(p, cid, lens[i], sent == 0, n);
                sent = (uint16_t)(sent + n);
                long r;
                while ((r = woad_l2cap_recv(p->dev->h, accepted, got, sizeof(got), NULL)) > 0)
                    received = (uint16_t)(received + r);
                assert_int_equal(r, WOAD_ERR_AGAIN);
                for (const struct peer_pdu *c; (c = peer_next(p));)
                    assert_int_equal(c->data[0], 0x16);
            }
            assert_int_equal(received, lens[i]);
        }
        assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_CLOSED), 0);
        peer_free(p);
    }
}

/* L2CAP/COS/CFC/BV-05-C, L2CAP/COS/ECFC/BV-03-C: K-frames of two channels in turns. */
static void two_channels_in_turns(void **state)
{
    (void)state;
    uint8_t got[300];
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint16_t cids[2];
        woad_chan chans[2];
        for (int i = 0; i < 2; i++) {
            cids[i] = open_in(p, kind, (uint8_t)(0x50 + i));
            chans[i] = accepted;
        }
        for (int i = 0; i < 2; i++)
            frame(p, cids[i], 150, true, 90);
        for (int i = 0; i < 2; i++)
            frame(p, cids[i], 0, false, 60);
        for (int i = 0; i < 2; i++)
            assert_int_equal(woad_l2cap_recv(p->dev->h, chans[i], got, sizeof(got), NULL), 150);
        peer_free(p);
    }
}

/* All that the peer may send, and one more, before the host can give anything back. */
static void beyond_the_credits(struct peer *p, uint16_t cid)
{
    struct woad_chan_info info;
    uint8_t pdu[22] = {0x2c, 0x01}; /* of an SDU of 300 */
    assert_int_equal(woad_l2cap_info(p->dev->h, accepted, &info), 0);
    for (int i = info.rx_credits; i >= 0; i--)
        dbl_l2cap(p->dev, p->conn, cid, pdu, sizeof(pdu));
    dbl_run(p->d, 1000);
}

/* L2CAP/LE/CFC/BV-26-C, -27, -28, L2CAP/ECFC/BV-33-C, -34, -35, BI-02: an SDU above our MTU, a
 * payload above our MPS, segments longer than their SDU, more than the credits: the channel ends.
 */
static void broken_rules_end_the_channel(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++)
        for (int rule = 0; rule < 4; rule++) {
            struct peer *p = begin(NULL);
            uint16_t cid = open_in(p, kind, 0x50);
            if (rule == 0)
                frame(p, cid, 301, true, 90);
            if (rule == 1)
                frame(p, cid, 99, true, 99);
            if (rule == 2) {
                frame(p, cid, 100, true, 98);
                frame(p, cid, 0, false, 3);
            }
            if (rule == 3)
                beyond_the_credits(p, cid);
            disconnects(p, cid, 0x50);
            assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0)->err, WOAD_ERR_FORMAT);
            peer_free(p);
        }
}

/* L2CAP/ECFC/BI-01-C: no credits at all are ignored, too many end the channel. */
static void credits_out_of_range(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++) {
        struct peer *p = begin(NULL);
        uint16_t cid = open_in(p, kind, 0x50);
        PEER_SEND(p, 5, 0x16, 7, 4, 0, 0x50, 0, 0xff, 0xff);
        disconnects(p, cid, 0x50);
        assert_int_equal(dbl_find(p->dev, true, WOAD_CHAN_CLOSED, 0)->err, WOAD_ERR_FORMAT);
        peer_free(p);
    }
}

/* A PDU in ACL fragments of so many octets. */
static void send_split(struct peer *p, uint16_t cid, const uint8_t *data, uint16_t len,
                       uint16_t split)
{
    uint8_t pdu[300];
    woad_put_u16(pdu, len);
    woad_put_u16(pdu + 2, cid);
    memcpy(pdu + 4, data, len);
    for (uint16_t at = 0; at < len + 4; at = (uint16_t)(at + split)) {
        uint16_t left = (uint16_t)(len + 4 - at);
        uint16_t flags = at ? WOAD_HCI_ACL_CONTINUE : WOAD_HCI_ACL_FIRST_FLUSHABLE;
        dbl_acl(p->dev, p->conn | flags, pdu + at, left < split ? left : split);
        dbl_run(p->d, 1000);
    }
}

/* L2CAP/LE/CFC/BV-30-C, -31, L2CAP/ECFC/BV-39-C, -41: signalling and data in fragments of every
 * size.
 */
static void fragments_are_put_together(void **state)
{
    (void)state;
    static const uint8_t requests[KINDS][14] = {
        {0x14, 7, 10, 0, 0x80, 0, 0x50, 0, 120, 0, 80, 0, 3, 0},
        {0x17, 7, 10, 0, 0x80, 0, 120, 0, 80, 0, 3, 0, 0x50, 0}};
    uint8_t got[300], data[62] = {60};
    for (int i = 2; i < 62; i++)
        data[i] = (uint8_t)i;
    for (enum kind kind = LE; kind < KINDS; kind++)
        for (uint16_t split = 1; split < 70; split++) {
            struct peer *p = begin(NULL);
            send_split(p, 5, requests[kind], 14, split);
            const struct peer_pdu *rsp = peer_next(p);
            assert_non_null(rsp);
            assert_int_equal(result_of(rsp), 0);
            send_split(p, woad_get_u16(rsp->data + (kind == ECFC ? 12 : 4)), data, 62, split);
            assert_int_equal(woad_l2cap_recv(p->dev->h, accepted, got, sizeof(got), NULL), 60);
            assert_memory_equal(got, data + 2, 60);
            peer_free(p);
        }
}

/* L2CAP/ECFC/BV-22-C, -23: a greater MTU, of each side. */
static void the_mtu_grows(void **state)
{
    (void)state;
    struct peer *p = begin(NULL);
    uint16_t cid = open_in(p, ECFC, 0x50);
    assert_int_equal(woad_l2cap_reconfigure(p->dev->h, &accepted, 1, 400, 100), 0);
    dbl_run(p->d, 1000);
    const struct peer_pdu *req = peer_next(p);
    assert_int_equal(req->data[0], 0x19);
    assert_int_equal(woad_get_u16(req->data + 4), 400);
    assert_int_equal(woad_get_u16(req->data + 6), 100);
    assert_int_equal(woad_get_u16(req->data + 8), cid);
    PEER_SEND(p, 5, 0x1a, req->data[1], 2, 0, 0, 0);
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_RECONFIGURED), 1);
    PEER_SEND(p, 5, 0x19, 9, 6, 0, 200, 0, 80, 0, 0x50, 0);
    const struct peer_pdu *rsp = peer_next(p);
    assert_int_equal(rsp->data[0], 0x1a);
    assert_int_equal(woad_get_u16(rsp->data + 4), 0);
    static uint8_t sdu[200];
    assert_int_equal(woad_l2cap_send(p->dev->h, accepted, sdu, 200, NULL), 0);
    peer_free(p);
}

/* ---- commands that are broken ---------------------------------------------------------------- */

/* L2CAP/LE/REJ/BI-02-C, L2CAP/LE/CID/BI-01-C, L2CAP/COS/CED/BI-29-C: an unknown command is
 * rejected, a channel that nobody has is ignored, and so is an answer to nothing. */
static void unknown_things(void **state)
{
    (void)state;
    struct peer *p = begin(NULL);
    PEER_SEND(p, 5, 0xff, 7, 0, 0);
    const struct peer_pdu *r = peer_next(p);
    assert_int_equal(r->data[0], 0x01);
    assert_int_equal(r->data[1], 7);
    assert_int_equal(woad_get_u16(r->data + 4), 0);
    PEER_SEND(p, 0x3f, 1, 2, 3);
    PEER_SEND(p, 0x7f, 1, 2, 3);
    PEER_SEND(p, 5, 0x15, 0x33, 10, 0, 0x41, 0, 100, 0, 50, 0, 3, 0, 0, 0);
    PEER_SEND(p, 5, 0x18, 0x34, 10, 0, 120, 0, 80, 0, 3, 0, 0, 0, 0x41, 0);
    assert_null(peer_next(p));
    assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 0);
    open_in(p, LE, 0x50);
    peer_free(p);
}

/* L2CAP/COS/CED/BI-17-C, -18, -19, -20, -21, -22, -23, -24, -25: commands whose lengths do not fit
 * their PDU, alone and behind others, are rejected or dropped; the next good one is answered. */
static void commands_of_wrong_length(void **state)
{
    (void)state;
    for (enum kind kind = LE; kind < KINDS; kind++)
        for (int wrong = 0; wrong < 6; wrong++) {
            uint8_t pdu[40] = {0x14, 1, 10, 0, 0x80, 0, 0x60, 0, 100, 0, 80, 0, 3, 0};
            static const uint8_t enhanced[] = {0x17, 1,  10, 0, 0x80, 0,    100,
                                               0,    80, 0,  3, 0,    0x60, 0};
            struct peer *p = begin(NULL);
            uint16_t len = 14;
            if (kind == ECFC)
                memcpy(pdu, enhanced, sizeof(enhanced));
            if (wrong == 0)
                len = 12; /* the PDU ends inside */
            if (wrong == 1)
                pdu[2] = 20; /* the command goes on behind the PDU */
            if (wrong == 2)
                pdu[2] = 9;
            if (wrong == 3)
                pdu[2] = 11, len = 15; /* an octet more */
            if (wrong >= 4) {          /* two in one PDU, the second cut */
                static const uint8_t bye[] = {0x06, 2, 4, 0, 0x40, 0, 0x60};
                memcpy(pdu, bye, sizeof(bye));
                memcpy(pdu + 7, enhanced, sizeof(enhanced));
                len = wrong == 4 ? 7 : 18;
            }
            peer_send(p, 5, pdu, len);
            for (const struct peer_pdu *r; (r = peer_next(p));)
                assert_int_equal(r->data[0], 0x01);
            assert_int_equal(dbl_chan_count(p->dev, WOAD_CHAN_OPENED), 0);
            open_in(p, kind, 0x50);
            peer_free(p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_legacy_peer),
        cmocka_unit_test(refusals_are_told_to_the_initiator),
        cmocka_unit_test(the_responder_says_why),
        cmocka_unit_test(the_host_refuses),
        cmocka_unit_test(source_cids_are_of_the_dynamic_range),
        cmocka_unit_test(disconnection),
        cmocka_unit_test(what_we_send),
        cmocka_unit_test(what_we_receive),
        cmocka_unit_test(sdus_about_as_long_as_k_frames),
        cmocka_unit_test(two_channels_in_turns),
        cmocka_unit_test(broken_rules_end_the_channel),
        cmocka_unit_test(credits_out_of_range),
        cmocka_unit_test(fragments_are_put_together),
        cmocka_unit_test(the_mtu_grows),
        cmocka_unit_test(unknown_things),
        cmocka_unit_test(commands_of_wrong_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
