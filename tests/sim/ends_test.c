/* Complete devices, from application to radio: a stream of 64 MiB with its SHA-256, and an end
 * brought about at every packet of a short transfer. Every operation completes once, no buffer
 * stays behind. Other transfers: l2cap_soak_test.c. */
#include "../unit/test.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/woad/node.h"
#include "woad/gap.h"
#include "woad/l2cap.h"

enum {
    PSM = 0x80,
    PERIOD = 65521, /* content repeats after so many octets: a prime, so that a shift shows */
    WRITE_MAX = 32768,
};

static uint8_t content[PERIOD + 65536];
static uint8_t sink[65536];

/* One channel and the transfer over it. */
struct flow {
    struct soak *soak;
    struct woad_host *tx_host, *rx_host;
    woad_chan tx, rx;
    uint64_t queued, sent, received;
    unsigned calls, completions; /* of write() */
    unsigned begun, closed;      /* connect() and accept(); CLOSED */
    psa_hash_operation_t in, out;
};

struct soak {
    uint64_t bytes;
    bool reverse; /* the peripheral sends */
    struct woad_sim *sim;
    struct node central, peripheral;
    unsigned conns, ends; /* links seen to begin and to end, by both sides */
    struct flow flow;
    bool cut; /* an end was brought about: errors are expected */
};

static struct soak *at_work; /* cmocka's assertions leave by longjmp: the next test frees it */

/* ---- sending --------------------------------------------------------------------------------- */

static void fill(struct flow *f)
{
    uint64_t bytes = f->soak->bytes;
    while (f->tx && f->queued < bytes && f->queued - f->sent <= 3 * WRITE_MAX) {
        const uint8_t *from = content + f->queued % PERIOD;
        size_t len = bytes - f->queued < WRITE_MAX ? (size_t)(bytes - f->queued) : WRITE_MAX;
        void *tag = (void *)(uintptr_t)(f->calls + 1);
        int err = woad_l2cap_write(f->tx_host, f->tx, from, len, tag);
        if (err == WOAD_ERR_AGAIN || (err < 0 && f->soak->cut))
            return;
        assert_int_equal(err, 0);
        assert_int_equal(psa_hash_update(&f->out, from, len), PSA_SUCCESS);
        f->queued += len;
        f->calls++;
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void check_credits(struct flow *f)
{
    struct woad_chan_info info;
    if (woad_l2cap_info(f->rx_host, f->rx, &info) == 0 && info.open)
        assert_int_equal(info.rx_credits + info.rx_frames, info.granted - info.consumed);
}

static void take(struct flow *f)
{
    long n;
    while (f->rx && (n = woad_l2cap_read(f->rx_host, f->rx, sink, sizeof(sink))) > 0) {
        assert_memory_equal(sink, content + f->received % PERIOD, (size_t)n);
        assert_int_equal(psa_hash_update(&f->in, sink, (size_t)n), PSA_SUCCESS);
        f->received += (uint64_t)n;
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static void channel_event(struct soak *s, struct woad_host *h, const struct woad_chan_evt *evt,
                          bool sends)
{
    struct flow *f = &s->flow;
    switch (evt->type) {
    case WOAD_CHAN_ACCEPT:
        assert_int_equal(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL), 0);
        f->begun++;
        break;
    case WOAD_CHAN_OPENED:
        if (sends)
            f->tx = evt->chan;
        else
            f->rx = evt->chan;
        fill(f);
        break;
    case WOAD_CHAN_SENT:
        f->completions++;
        assert_int_equal((uintptr_t)evt->u.sent.tag, f->completions); /* in order, each once */
        assert_true(s->cut || evt->u.sent.err == 0);
        f->sent += evt->u.sent.len;
        fill(f);
        break;
    case WOAD_CHAN_WRITABLE: fill(f); break;
    case WOAD_CHAN_RECEIVED:
        check_credits(f);
        take(f);
        check_credits(f);
        break;
    case WOAD_CHAN_CLOSED:
        assert_true(s->cut);
        f->closed++;
        break;
    default: break;
    }
}

static void central_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    channel_event(arg, h, evt, !((struct soak *)arg)->reverse);
}

static void peripheral_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    channel_event(arg, h, evt, ((struct soak *)arg)->reverse);
}

static void central_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct soak *s = arg;
    struct woad_chan_cfg cfg = {.psm = PSM, .event = central_channel, .arg = s};
    struct woad_addr peer = {.val = {2, 0, 0, 0xFF, 0xEE, 0xC0}};
    struct woad_conn_params params = {.interval_min_1250us = 24};
    woad_chan chan;
    if (evt->type == WOAD_EVT_READY && !s->cut)
        assert_int_equal(woad_gap_connect(h, &peer, &params), 0);
    s->ends += evt->type == WOAD_EVT_DISCONNECTED;
    if (evt->type != WOAD_EVT_CONNECTED)
        return;
    s->conns++;
    assert_int_equal(woad_l2cap_connect(h, evt->conn, &cfg, &chan), 0);
    s->flow.begun++;
}

static void peripheral_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct soak *s = arg;
    struct woad_chan_cfg cfg = {.psm = PSM, .event = peripheral_channel, .arg = s};
    if (evt->type == WOAD_EVT_READY && !s->cut) {
        assert_int_equal(woad_l2cap_listen(h, &cfg), 0);
        assert_int_equal(woad_gap_advertise_start(h, &(struct woad_adv_params){0}), 0);
    }
    s->conns += evt->type == WOAD_EVT_CONNECTED;
    s->ends += evt->type == WOAD_EVT_DISCONNECTED;
}

/* ---- the world ------------------------------------------------------------------------------- */

static void add_device(struct soak *s, struct node *n, double x_m, woad_host_event_fn *event)
{
    struct node_cfg cfg = {
        .name = "soak",
        .dev = {.x_m = x_m, .sleep_ppm = x_m > 0 ? 50 : -50},
        .host = {.event = event, .event_arg = s},
    };
    assert_int_equal(node_init(n, s->sim, &cfg), 0);
    assert_int_equal(woad_host_start(n->host), 0);
    node_wake(n);
}

static struct soak *soak_new(uint64_t bytes, bool reverse, uint64_t seed)
{
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)((i % PERIOD) * 2654435761u >> 13);
    struct soak *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    at_work = s;
    s->bytes = bytes;
    s->reverse = reverse;
    assert_non_null(s->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = seed}));
    add_device(s, &s->central, 0, central_event); /* the first; the second has the address ...:02 */
    add_device(s, &s->peripheral, 1, peripheral_event);
    struct flow *f = &s->flow;
    f->soak = s;
    f->tx_host = reverse ? s->peripheral.host : s->central.host;
    f->rx_host = reverse ? s->central.host : s->peripheral.host;
    assert_int_equal(psa_hash_setup(&f->in, PSA_ALG_SHA_256), PSA_SUCCESS);
    assert_int_equal(psa_hash_setup(&f->out, PSA_ALG_SHA_256), PSA_SUCCESS);
    return s;
}

/* After everything has ended: nothing is under way, no buffer is held. */
static void expect_empty(const struct node *n)
{
    struct woad_host_stats stats;
    woad_host_get_stats(n->host, &stats);
    assert_int_equal(stats.ops_pending, 0);
    assert_int_equal(stats.bufs_in_use, 0);
}

static void soak_free(struct soak *s)
{
    struct woad_sim_stats stats;
    woad_sim_get_stats(s->sim, &stats);
    assert_int_equal(stats.ifs_violations, 0);
    node_deinit(&s->central);
    node_deinit(&s->peripheral);
    psa_hash_abort(&s->flow.in);
    psa_hash_abort(&s->flow.out);
    woad_sim_free(s->sim);
    free(s);
    at_work = NULL;
}

static bool complete(const struct soak *s)
{
    const struct flow *f = &s->flow;
    return f->calls && f->received == s->bytes && f->completions == f->calls;
}

static void same_hash(struct flow *f)
{
    uint8_t in[32], out[32];
    size_t len;
    assert_int_equal(psa_hash_finish(&f->in, in, sizeof(in), &len), PSA_SUCCESS);
    assert_int_equal(psa_hash_finish(&f->out, out, sizeof(out), &len), PSA_SUCCESS);
    assert_memory_equal(in, out, sizeof(in));
}

static void a_stream_of_64_mib(void **state)
{
    (void)state;
    for (unsigned reverse = 0; reverse < 2; reverse++) {
        struct soak *s = soak_new(UINT64_C(64) << 20, reverse, 1);
        uint64_t last = 1;
        while (!complete(s)) {
            assert_true(s->flow.received + s->conns != last); /* a second without progress */
            last = s->flow.received + s->conns;
            woad_sim_run_until(s->sim, woad_sim_now(s->sim) + WOAD_SIM_S(1));
        }
        same_hash(&s->flow);
        soak_free(s);
    }
}

/* ---- an end at every packet of a short transfer ---------------------------------------------- */

enum end { DISCONNECT_CENTRAL, DISCONNECT_PERIPHERAL, FAULT_CENTRAL, FAULT_PERIPHERAL, POWER_CUT };
static const char *const end_names[] = {"disconnect by central", "disconnect by peripheral",
                                        "reset of central", "reset of peripheral", "power cut"};

static uint64_t packets(const struct soak *s)
{
    struct woad_sim_stats stats;
    woad_sim_get_stats(s->sim, &stats);
    return stats.packets;
}

static void bring_about(struct soak *s, enum end end, uint16_t conn)
{
    struct node *c = &s->central, *p = &s->peripheral;
    s->cut = true;
    switch (end) {
    case DISCONNECT_CENTRAL: (void)!woad_gap_disconnect(c->host, conn, 0); break;
    case DISCONNECT_PERIPHERAL: (void)!woad_gap_disconnect(p->host, conn, 0); break;
    case FAULT_CENTRAL: woad_host_fault(c->host, "brought about by a test"); break;
    case FAULT_PERIPHERAL: woad_host_fault(p->host, "brought about by a test"); break;
    case POWER_CUT: woad_ll_power_cycle(p->ll); break;
    }
    node_wake(c);
    node_wake(p);
}

static void stop(struct node *n)
{
    assert_int_equal(woad_host_stop(n->host), 0);
    node_wake(n);
}

/* Returns false when the transfer was over before the packet came. */
static bool end_at(enum end end, uint64_t packet, bool reverse)
{
    struct soak *s = soak_new(3000, reverse, packet + 1);
    while (packets(s) < packet && !complete(s))
        assert_true(woad_sim_step(s->sim));
    bool over = complete(s);
    uint16_t conn = 0;
    struct woad_conn_info info;
    while (conn < 64 && woad_gap_conn_info(s->central.host, conn, &info) < 0)
        conn++;
    bring_about(s, end, conn);
    woad_sim_run_until(s->sim, woad_sim_now(s->sim) + WOAD_SIM_S(12));
    stop(&s->central);
    stop(&s->peripheral);
    woad_sim_run_until(s->sim, woad_sim_now(s->sim) + WOAD_SIM_S(12));
    struct flow *f = &s->flow;
    assert_int_equal(f->completions, f->calls);
    assert_int_equal(f->closed, f->begun);
    assert_int_equal(s->ends, s->conns);
    /* What was unread at the end is still there; then the channels go. */
    take(f);
    assert_true(f->received <= f->queued);
    expect_empty(&s->central);
    expect_empty(&s->peripheral);
    soak_free(s);
    return !over;
}

static void an_end_at_every_packet(void **state)
{
    (void)state;
    for (unsigned end = 0; end <= POWER_CUT; end++)
        for (unsigned reverse = 0; reverse < 2; reverse++) {
            uint64_t packet = 1;
            while (packet < 400 && end_at((enum end)end, packet, reverse))
                packet++;
            printf("  %s %s at each of %llu packets\n", end_names[end], reverse ? "<-" : "->",
                   (unsigned long long)packet);
            assert_true(packet > 20 && packet < 400);
        }
}

static int leave(void **state)
{
    (void)state;
    free(at_work); /* a failed test: the world itself is given up */
    at_work = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_stream_of_64_mib, leave),
        cmocka_unit_test_teardown(an_end_at_every_packet, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
