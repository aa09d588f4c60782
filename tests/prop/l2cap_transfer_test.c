/* Transfers over the HCI double: every reader, every size, every split; channels, resources and
 * ends of all kinds. What arrives is compared octet by octet with what was sent, and the credit
 * invariant holds all the time. A failing seed is printed. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host_priv.h"
#include "support/hci_double.h"

#define CHANS 5

static uint8_t octet(uint64_t at)
{
    uint64_t x = at * UINT64_C(0x9e3779b97f4a7c15);
    return (uint8_t)(x >> 56 ^ at);
}

enum reader { DRAIN, LAG_ONE, IN_PIECES, STOPS };

struct flow {
    struct dbl_dev *from, *to;
    woad_chan tx, rx;
    uint64_t total;
    bool stream;
    size_t sdu;
    enum reader reader;
    size_t piece;
    bool reading;
    uint8_t *data;
    uint64_t queued, received;
    unsigned accepted, sent;
    bool closed_tx, closed_rx;
    int rx_end;
};

struct run {
    struct dbl *d;
    struct flow flow[CHANS];
    unsigned count;
    uint16_t c0, c1;
};

static void check_credits(struct dbl_dev *dev, woad_chan chan)
{
    struct woad_chan_info info;
    if (!woad_l2cap_info(dev->h, chan, &info) && info.open)
        assert_int_equal(info.rx_credits + info.rx_frames, info.granted - info.consumed);
}

static void produce(struct flow *f)
{
    while (f->queued < f->total && !f->closed_tx) {
        size_t n = f->total - f->queued < f->sdu ? (size_t)(f->total - f->queued) : f->sdu;
        const uint8_t *at = f->data + f->queued;
        int err = f->stream ? woad_l2cap_write(f->from->h, f->tx, at, n, f)
                            : woad_l2cap_send(f->from->h, f->tx, at, n, f);
        if (err)
            return;
        f->accepted++;
        f->queued += n;
    }
}

static void consume(struct flow *f, bool all)
{
    uint8_t buf[4096];
    size_t size = f->piece ? f->piece : sizeof(buf);
    long n;
    do {
        size_t waiting = woad_l2cap_available(f->to->h, f->rx);
        if (!all && f->reader == LAG_ONE && waiting <= f->sdu)
            return;
        n = f->stream ? woad_l2cap_read(f->to->h, f->rx, buf, size)
                      : woad_l2cap_recv(f->to->h, f->rx, buf, size, NULL);
        for (long i = 0; i < n; i++)
            assert_int_equal(buf[i], octet(f->received + (uint64_t)i));
        if (n > 0)
            f->received += (uint64_t)n;
        check_credits(f->to, f->rx);
    } while (n > 0);
    if (n != WOAD_ERR_AGAIN)
        f->rx_end = (int)n;
}

static struct run *run_of(struct dbl_dev *dev)
{
    return dev->app;
}

static void on_chan(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    struct run *r = run_of(dev);
    if (evt->type == WOAD_CHAN_ACCEPT) {
        r->flow[r->count].rx = evt->chan;
        assert_int_equal(woad_l2cap_accept(dev->h, evt->chan, WOAD_L2CAP_OK, NULL, NULL), 0);
        return;
    }
    for (unsigned i = 0; i < CHANS; i++) {
        struct flow *f = &r->flow[i];
        if (dev == f->from && evt->chan == f->tx) {
            f->sent += evt->type == WOAD_CHAN_SENT;
            f->closed_tx |= evt->type == WOAD_CHAN_CLOSED;
            if (evt->type == WOAD_CHAN_SENT || evt->type == WOAD_CHAN_WRITABLE)
                produce(f);
        } else if (dev == f->to && evt->chan == f->rx) {
            f->closed_rx |= evt->type == WOAD_CHAN_CLOSED;
            if (evt->type == WOAD_CHAN_RECEIVED && f->reading)
                consume(f, false);
        }
    }
}

static struct run *run_new(const struct woad_host_cfg *cfg)
{
    struct run *r = calloc(1, sizeof(*r));
    r->d = dbl_new(2, cfg);
    for (unsigned i = 0; i < 2; i++) {
        r->d->dev[i].app = r;
        r->d->dev[i].on_chan = on_chan;
    }
    dbl_start(r->d);
    dbl_connect(r->d, 0, 1, &r->c0, &r->c1);
    return r;
}

/* Opens the next channel; mtu and mps 0 = default. */
static struct flow *open_flow(struct run *r, uint64_t total, bool stream, size_t sdu,
                              const struct woad_chan_cfg *params)
{
    struct flow *f = &r->flow[r->count];
    struct woad_chan_cfg cfg = params ? *params : (struct woad_chan_cfg){0};
    cfg.psm = 0x80;
    cfg.event = dbl_chan_event;
    cfg.arg = &r->d->dev[1];
    f->from = &r->d->dev[0];
    f->to = &r->d->dev[1];
    f->total = total;
    f->stream = stream;
    f->sdu = sdu;
    f->reading = true;
    f->data = malloc(total ? (size_t)total : 1);
    for (uint64_t i = 0; i < total; i++)
        f->data[i] = octet(i);
    int err = woad_l2cap_listen(f->to->h, &cfg);
    assert_true(err == 0 || err == WOAD_ERR_EXISTS);
    cfg.arg = f->from;
    assert_int_equal(woad_l2cap_connect(f->from->h, r->c0, &cfg, &f->tx), 0);
    dbl_settle(r->d);
    r->count++;
    return f;
}

static void no_leak(struct dbl_dev *dev)
{
    struct woad_host_stats stats;
    woad_host_get_stats(dev->h, &stats);
    assert_int_equal(stats.bufs_in_use, 0);
    assert_int_equal(stats.ops_pending, 0);
}

static void run_free(struct run *r)
{
    for (unsigned i = 0; i < CHANS; i++)
        free(r->flow[i].data);
    dbl_free(r->d);
    free(r);
}

/* Sends everything, lets a lagging reader finish, checks that all arrived and all was completed. */
static void transfer(struct run *r)
{
    for (unsigned i = 0; i < r->count; i++)
        produce(&r->flow[i]);
    dbl_settle(r->d);
    for (unsigned i = 0; i < r->count; i++) {
        struct flow *f = &r->flow[i];
        f->reading = true;
        f->reader = DRAIN;
        consume(f, true);
    }
    dbl_settle(r->d);
    for (unsigned i = 0; i < r->count; i++) {
        struct flow *f = &r->flow[i];
        consume(f, true);
        assert_int_equal(f->received, f->total);
        assert_int_equal(f->sent, f->accepted);
    }
    no_leak(&r->d->dev[0]);
    no_leak(&r->d->dev[1]);
}

/* ---- the matrix ------------------------------------------------------------------------------ */

static void one(bool stream, size_t sdu, enum reader reader, size_t piece, uint16_t split,
                uint64_t total, const struct woad_chan_cfg *params)
{
    struct run *r = run_new(NULL);
    r->d->split = split;
    struct flow *f = open_flow(r, total, stream, sdu, params);
    f->reader = reader;
    f->piece = piece;
    transfer(r);
    run_free(r);
}

/* Also credit_leak_20 and lagging_reader_16k. */
static void every_size_and_reader(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {1, 20, 64, 100, 245, 247, 249, 251, 252, 502, 512, 2002, 9000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t total = sizes[i] * UINT64_C(120);
        for (int stream = 0; stream < 2; stream++) {
            one(stream, sizes[i], DRAIN, 0, 0, total, NULL);
            one(stream, sizes[i], LAG_ONE, 0, 0, total, NULL);
            one(stream, sizes[i], DRAIN, 7, 0, total, NULL);
        }
    }
    one(false, 20, DRAIN, 0, 0, 1000000, NULL);
    one(false, 245, LAG_ONE, 0, 0, 1000000, NULL);
    one(true, 65536, DRAIN, 251, 0, 4000000, NULL);
}

static void every_mtu_and_mps(void **state)
{
    (void)state;
    static const struct woad_chan_cfg params[] = {
        {.mtu = 23, .mps = 23},       {.mtu = 64, .mps = 64},
        {.mtu = 251, .mps = 247},     {.mtu = 512, .mps = 247},
        {.mtu = 2048, .mps = 2004},   {.mtu = 65535, .mps = 32000},
        {.mtu = 65535, .mps = 2004},  {.mtu = 300, .mps = 200, .credits = 1},
        {.mtu = 30000, .credits = 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(params); i++) {
        one(true, 5000, DRAIN, 0, 0, 200000, &params[i]);
        one(false, params[i].mtu, DRAIN, 0, 0, params[i].mtu * UINT64_C(6), &params[i]);
    }
}

/* Each fragment size, and random ones: what comes out does not depend on the cut. */
static void every_split(void **state)
{
    (void)state;
    for (uint16_t split = 1; split <= 40; split++) {
        one(false, 300, DRAIN, 0, split, 3000, &(struct woad_chan_cfg){.mps = 120});
        one(true, 300, DRAIN, 0, split, 3000, &(struct woad_chan_cfg){.mps = 120});
    }
    one(false, 700, DRAIN, 0, 0xffff, 300000, NULL);
}

/* two_channels_one_stalled; a reader that stops and goes on */
static void a_stalled_channel_does_not_stop_the_others(void **state)
{
    (void)state;
    struct run *r = run_new(NULL);
    for (unsigned i = 0; i < 4; i++)
        open_flow(r, 300000, i & 1, 1000, NULL);
    r->flow[0].reading = false;
    for (unsigned i = 0; i < 4; i++)
        produce(&r->flow[i]);
    dbl_settle(r->d);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(r->flow[i].received, 300000);
    assert_int_equal(r->flow[0].received, 0);
    assert_true(r->flow[0].sent < r->flow[0].accepted);
    transfer(r);
    run_free(r);
}

/* eof_after_data: what came before the end is read, then the end is told */
static void data_before_the_end_is_read(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct run *r = run_new(NULL);
        struct flow *f = open_flow(r, 20000, true, 4000, NULL);
        f->reading = false;
        produce(f);
        dbl_settle(r->d);
        if (how == 0)
            assert_int_equal(woad_l2cap_close(f->from->h, f->tx, true), 0);
        else
            dbl_lose_link(f->to, r->c1, WOAD_HCI_ERR_CONNECTION_TIMEOUT);
        dbl_settle(r->d);
        assert_true(f->closed_rx && f->closed_tx);
        consume(f, true);
        assert_int_equal(f->received, 20000);
        assert_int_equal(f->rx_end, how == 0 ? WOAD_ERR_EOF : WOAD_ERR_NOT_CONNECTED);
        assert_int_equal(woad_l2cap_release(f->to->h, f->rx), 0);
        no_leak(f->from);
        run_free(r);
    }
}

/* ---- ends at every packet -------------------------------------------------------------------- */

struct cut {
    unsigned at;
    int how; /* 0 link loss, 1 the receiver closes, 2 controller of the sender dies, 3 sender closes
              */
};

static bool on_acl(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    struct cut *cut = arg;
    struct run *r = dev->app;
    (void)pkt;
    (void)len;
    if (cut->at == 0 || --cut->at)
        return false;
    if (cut->how == 0)
        dbl_lose_link(dev, r->c0, WOAD_HCI_ERR_CONNECTION_TIMEOUT);
    else if (cut->how == 1)
        (void)!woad_l2cap_close(r->flow[0].to->h, r->flow[0].rx, false);
    else if (cut->how == 2)
        dev->mute = true;
    else
        (void)!woad_l2cap_close(r->flow[0].from->h, r->flow[0].tx, false);
    return cut->how == 0;
}

/* disconnect_during_send */
static void the_end_at_every_packet(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        for (unsigned at = 1; at < 40; at++) {
            struct cut cut = {.at = at, .how = how};
            struct run *r = run_new(NULL);
            struct flow *f = open_flow(r, 9000, at & 1, 1500, NULL);
            r->d->dev[0].on_acl = on_acl;
            r->d->dev[0].arg = &cut;
            produce(f);
            dbl_run(r->d, 100000);
            if (how == 2) {
                woad_host_fault(f->from->h, NULL);
                dbl_run(r->d, 1000);
                dbl_release_held(f->from);
                f->from->mute = false;
                dbl_run(r->d, 5000000);
            }
            dbl_run(r->d, 40000000);
            assert_int_equal(f->sent, f->accepted);
            if (cut.at == 0 && how != 1)
                assert_true(f->closed_tx);
            consume(f, true);
            no_leak(f->from);
            no_leak(f->to);
            run_free(r);
        }
    }
}

/* ---- resources ------------------------------------------------------------------------------- */

static void smallest_pools(void **state)
{
    (void)state;
    struct woad_host_cfg cfg = {.max_conns = 1,
                                .max_chans = 1,
                                .max_sends = 1,
                                .acl_tx_count = 1,
                                .sig_count = 2,
                                .acl_rx_count = 1,
                                .evt_count = 1,
                                .report_count = 1,
                                .chan_rx_size = 300};
    struct run *r = run_new(&cfg);
    open_flow(r, 30000, true, 1000, NULL);
    transfer(r);
    run_free(r);
}

/* The n-th allocation of each pool fails: the transfer still completes. */
static void the_nth_allocation_fails(void **state)
{
    (void)state;
    for (int pool = 0; pool < 4; pool++) {
        for (uint32_t n = 1; n < 60; n++) {
            struct run *r = run_new(NULL);
            struct flow *f = open_flow(r, 40000, true, 3000, NULL);
            struct woad_host *h = pool & 1 ? f->from->h : f->to->h;
            struct woad_pool *p = pool < 2 ? &h->acl_pool : &h->sig_pool;
            p->fail_at = n;
            transfer(r);
            run_free(r);
        }
    }
}

static void seeded_swarm(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t x = seed * 2654435761u;
        struct woad_host_cfg cfg = {.acl_tx_count = (uint16_t)(1 + test_rand(&x) % 20),
                                    .sig_count = (uint16_t)(2 + test_rand(&x) % 6),
                                    .max_sends = (uint16_t)(1 + test_rand(&x) % 30),
                                    .chan_rx_size = 400 + test_rand(&x) % 30000};
        struct run *r = run_new(&cfg);
        r->d->split = test_rand(&x) % 2 ? 0xffff : 0;
        r->d->latency_us = test_rand(&x) % 30000;
        unsigned n = 1 + test_rand(&x) % CHANS;
        for (unsigned i = 0; i < n; i++) {
            struct flow *f =
                open_flow(r, 1 + test_rand(&x) % 60000, true, 1 + test_rand(&x) % 3000, NULL);
            f->piece = test_rand(&x) % 300;
            f->reader = test_rand(&x) % 3;
        }
        printf("seed %u\n", seed);
        transfer(r);
        run_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_and_reader),
        cmocka_unit_test(every_mtu_and_mps),
        cmocka_unit_test(every_split),
        cmocka_unit_test(a_stalled_channel_does_not_stop_the_others),
        cmocka_unit_test(data_before_the_end_is_read),
        cmocka_unit_test(the_end_at_every_packet),
        cmocka_unit_test(smallest_pools),
        TEST_OF_ALLOC_FAULTS(cmocka_unit_test(the_nth_allocation_fails)),
        cmocka_unit_test(seeded_swarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
