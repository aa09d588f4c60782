/* ctest: slow timeout=3600 */
/* Soak of L2CAP channels over the simulated radio: hosts, controllers, air. Every octet that
 * arrives is compared with what was sent, and so are the SHA-256 of both ends; nothing may be lost,
 * nothing may stall, every accepted operation completes once, and the credit invariant holds. The
 * rows that change the link in mid-transfer do so again and again, and see each change take effect
 * while data flows. WOAD_SOAK=full moves 64 MiB a row; without it only the plain streams do. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

#include "woad/crypto.h"
#include "woad/gap.h"
#include "woad/l2cap.h"
#include "woad/ll.h"
#include "woad/sim.h"

#define PSM       0x80
#define NODES_MAX 9
#define FLOWS_MAX 16
#define PATTERN   65536 /* the data repeats after this and a prime offset a round */

struct node {
    struct woad_sim_dev *dev;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    struct woad_host *host;
    void *ll_mem, *host_mem;
    struct woad_addr addr;
    bool central;
    unsigned faults, readies, disconnected, encryptions;
    uint16_t conn[NODES_MAX];
    unsigned conns;
};

struct flow {
    struct node *from, *to;
    woad_chan tx, rx;
    bool stream, opened, closed_tx, closed_rx;
    size_t chunk;
    uint64_t total, queued, received;
    unsigned accepted, sent;
    bool paused;
    bool lag; /* reads only when more than a chunk waits */
    psa_hash_operation_t sha_tx, sha_rx;
    bool hashed; /* and found equal */
};

static struct woad_sim *sim;
static struct node nodes[NODES_MAX];
static unsigned node_count;
static struct flow flows[FLOWS_MAX];
static unsigned flow_count;
static uint8_t pattern[PATTERN];

static uint64_t amount(uint64_t quick)
{
    const char *mode = getenv("WOAD_SOAK");
    return mode && strcmp(mode, "full") == 0 ? UINT64_C(64) << 20 : quick;
}

static const uint8_t *source(uint64_t at, size_t *len)
{
    size_t i = (size_t)(at % PATTERN);
    if (*len > PATTERN - i)
        *len = PATTERN - i;
    return pattern + i;
}

/* ---- a device -------------------------------------------------------------------------------- */

static woad_time pump(void *arg, woad_time now)
{
    struct node *n = arg;
    struct woad_buf *buf;
    woad_time next = woad_ll_run(n->ll, now);
    while ((buf = woad_ll_tx(n->ll)))
        if (woad_host_rx(n->host, buf))
            woad_buf_unref(buf);
    next = woad_time_min(next, woad_host_run(n->host, now));
    bool sent = false;
    while ((buf = woad_host_tx(n->host))) {
        if (woad_ll_rx(n->ll, buf)) {
            woad_host_tx_undo(n->host, buf);
            break;
        }
        sent = true;
    }
    return sent ? now : next;
}

/* Each encryption has a key of its own, known by its EDIV. */
static void make_key(uint8_t ltk[16], uint16_t ediv)
{
    for (unsigned i = 0; i < 16; i++)
        ltk[i] = (uint8_t)(ediv * 31 + i);
}

static void on_host(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct node *n = arg;
    (void)h;
    if (evt->type == WOAD_EVT_READY) {
        n->readies++;
        n->addr = evt->u.ready.addr;
    } else if (evt->type == WOAD_EVT_CONNECTED) {
        n->conn[n->conns++] = evt->conn;
    } else if (evt->type == WOAD_EVT_DISCONNECTED) {
        n->disconnected++;
        if (getenv("WOAD_SOAK_TRACE"))
            fprintf(stderr, "node %u: link %04x ended, err %d, reason 0x%02x\n",
                    (unsigned)(n - nodes), evt->conn, evt->u.disconnected.result.err,
                    evt->u.disconnected.result.hci);
    } else if (evt->type == WOAD_EVT_FAULT) {
        n->faults++;
    } else if (evt->type == WOAD_EVT_ENCRYPTION) {
        assert_int_equal(evt->u.encryption.result.err, 0);
        n->encryptions++;
    } else if (evt->type == WOAD_EVT_LTK_REQUEST) {
        uint8_t ltk[16];
        make_key(ltk, evt->u.ltk_request.ediv);
        assert_int_equal(woad_gap_ltk_reply(h, evt->conn, ltk), 0);
    }
}

static void node_new(void)
{
    struct node *n = &nodes[node_count];
    memset(n, 0, sizeof(*n));
    n->dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){.x_m = node_count});
    assert_non_null(n->dev);
    struct woad_ll_cfg ll = {.radio = woad_sim_radio(n->dev),
                             .public_addr = {(uint8_t)(node_count + 1), 0, 0, 0xff, 0xee, 0xc0},
                             .max_conns = NODES_MAX,
                             .rand = woad_sim_rand,
                             .rand_arg = n->dev};
    struct woad_host_cfg host = {.event = on_host,
                                 .event_arg = n,
                                 .rand = woad_sim_rand,
                                 .rand_arg = n->dev,
                                 .max_conns = NODES_MAX,
                                 .max_chans = 8};
    n->ll_mem = malloc(woad_ll_mem_size(&ll));
    n->host_mem = malloc(woad_host_mem_size(&host));
    assert_int_equal(woad_ll_init(n->ll_mem, woad_ll_mem_size(&ll), &ll, &n->ll), 0);
    assert_int_equal(woad_host_init(n->host_mem, woad_host_mem_size(&host), &host, &n->host), 0);
    woad_sim_attach(n->dev, n->ll);
    n->task = woad_sim_task_add(n->dev, pump, n);
    woad_ll_set_wake(n->ll, woad_sim_task_wake, n->task);
    woad_host_set_wake(n->host, woad_sim_task_wake, n->task);
    assert_int_equal(woad_host_start(n->host), 0);
    node_count++;
}

static void pass(uint64_t ms)
{
    woad_sim_run_until(sim, woad_sim_now(sim) + WOAD_SIM_MS(ms));
}

static void world_new(unsigned count, uint16_t loss_permille)
{
    for (uint32_t i = 0, x = 1; i < PATTERN; i++)
        pattern[i] = (uint8_t)test_rand(&x);
    node_count = flow_count = 0;
    memset(flows, 0, sizeof(flows));
    sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 7, .loss_permille = loss_permille});
    assert_non_null(sim);
    for (unsigned i = 0; i < count; i++)
        node_new();
    pass(50);
}

static void world_free(void)
{
    for (unsigned i = 0; i < flow_count; i++) {
        psa_hash_abort(&flows[i].sha_tx);
        psa_hash_abort(&flows[i].sha_rx);
    }
    for (unsigned i = 0; i < node_count; i++) {
        woad_ll_deinit(nodes[i].ll);
        woad_host_deinit(nodes[i].host);
        free(nodes[i].ll_mem);
        free(nodes[i].host_mem);
    }
    woad_sim_free(sim);
}

/* Node 0 becomes central of node i. */
static void link_with(unsigned i, uint16_t interval_1250us, uint16_t latency, uint16_t timeout_10ms)
{
    struct woad_adv_params adv = {.interval_min_625us = 32};
    struct woad_conn_params conn = {
        .interval_min_1250us = interval_1250us, .latency = latency, .timeout_10ms = timeout_10ms};
    unsigned before = nodes[0].conns;
    assert_int_equal(woad_gap_advertise_start(nodes[i].host, &adv), 0);
    pass(50);
    assert_int_equal(woad_gap_connect(nodes[0].host, &nodes[i].addr, &conn), 0);
    for (int k = 0; k < 100 && (nodes[0].conns == before || nodes[i].conns == 0); k++)
        pass(100);
    assert_int_equal(nodes[0].conns, before + 1);
    pass(2500 + UINT64_C(60) * interval_1250us); /* data length and PHY */
}

static void link_to(unsigned i, uint16_t interval_1250us)
{
    link_with(i, interval_1250us, 0, 800);
}

/* ---- flows ----------------------------------------------------------------------------------- */

static void produce(struct flow *f)
{
    while (f->opened && !f->closed_tx && f->queued < f->total) {
        size_t n = f->total - f->queued < f->chunk ? (size_t)(f->total - f->queued) : f->chunk;
        const uint8_t *at = source(f->queued, &n);
        int err = f->stream ? woad_l2cap_write(f->from->host, f->tx, at, n, f)
                            : woad_l2cap_send(f->from->host, f->tx, at, n, f);
        if (err)
            return;
        psa_hash_update(&f->sha_tx, at, n);
        f->accepted++;
        f->queued += n;
    }
}

static void consume(struct flow *f)
{
    static uint8_t buf[PATTERN];
    long n = 1;
    while (n > 0 && !f->paused &&
           (!f->lag || woad_l2cap_available(f->to->host, f->rx) > f->chunk ||
            f->received + f->chunk >= f->queued)) {
        struct woad_chan_info info;
        n = f->stream ? woad_l2cap_read(f->to->host, f->rx, buf, sizeof(buf))
                      : woad_l2cap_recv(f->to->host, f->rx, buf, sizeof(buf), NULL);
        if (n > 0)
            psa_hash_update(&f->sha_rx, buf, (size_t)n);
        for (long done = 0; done < n;) {
            size_t part = (size_t)(n - done);
            const uint8_t *want = source(f->received, &part);
            assert_memory_equal(buf + done, want, part);
            done += (long)part;
            f->received += part;
        }
        if (!woad_l2cap_info(f->to->host, f->rx, &info) && info.open)
            assert_int_equal(info.rx_credits + info.rx_frames, info.granted - info.consumed);
    }
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct flow *f = arg;
    if (evt->type == WOAD_CHAN_ACCEPT) {
        f = &flows[flow_count];
        f->rx = evt->chan;
        assert_int_equal(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, on_chan, f), 0);
        return;
    }
    bool sender = h == f->from->host;
    if (evt->type == WOAD_CHAN_OPENED && sender)
        f->opened = true;
    f->sent += evt->type == WOAD_CHAN_SENT;
    if (evt->type == WOAD_CHAN_CLOSED)
        *(sender ? &f->closed_tx : &f->closed_rx) = true;
    if (sender && (evt->type == WOAD_CHAN_SENT || evt->type == WOAD_CHAN_WRITABLE))
        produce(f);
    if (evt->type == WOAD_CHAN_RECEIVED)
        consume(f);
}

static struct flow *flow_new(struct node *from, uint16_t conn, struct node *to, bool stream,
                             size_t chunk, uint64_t total)
{
    struct flow *f = &flows[flow_count];
    struct woad_chan_cfg cfg = {.psm = PSM, .mtu = 65533, .event = on_chan, .arg = f};
    *f = (struct flow){.from = from, .to = to, .stream = stream, .chunk = chunk};
    f->total = stream ? total : total / chunk * chunk;
    assert_int_equal(psa_hash_setup(&f->sha_tx, PSA_ALG_SHA_256), PSA_SUCCESS);
    assert_int_equal(psa_hash_setup(&f->sha_rx, PSA_ALG_SHA_256), PSA_SUCCESS);
    int err = woad_l2cap_listen(to->host, &cfg);
    assert_true(err == 0 || err == WOAD_ERR_EXISTS);
    assert_int_equal(woad_l2cap_connect(from->host, conn, &cfg, &f->tx), 0);
    for (int i = 0; i < 1000 && !f->opened; i++)
        pass(100);
    assert_true(f->opened);
    flow_count++;
    return f;
}

static void same_hash(struct flow *f)
{
    uint8_t tx[32], rx[32];
    size_t len;
    if (f->hashed)
        return;
    f->hashed = true;
    assert_int_equal(psa_hash_finish(&f->sha_tx, tx, sizeof(tx), &len), PSA_SUCCESS);
    assert_int_equal(psa_hash_finish(&f->sha_rx, rx, sizeof(rx), &len), PSA_SUCCESS);
    assert_memory_equal(tx, rx, sizeof(tx));
}

/* A series of changes of the link between nodes 0 and 1: begin() asks for the n-th, and the next
 * one waits until reached(). */
struct changes {
    void (*begin)(unsigned n);
    bool (*reached)(unsigned n);
    unsigned count;
    uint64_t bytes; /* that flow meanwhile */
    unsigned begun, done;
};

static void change(struct changes *c)
{
    if (c->begun > c->done && c->reached(c->done))
        c->done++;
    if (c->begun == c->done && c->done < c->count)
        c->begin(c->begun++);
}

/* Runs to the end; a minute without an octet is a stall. Changes must be over before the data. */
static void run_changing(struct changes *c)
{
    bool busy = true;
    unsigned still = 0;
    uint64_t before = 0;
    for (unsigned i = 0; i < flow_count; i++)
        produce(&flows[i]);
    while (busy && still < 600) {
        uint64_t sum = 0;
        pass(100);
        busy = false;
        if (c && flows[0].received)
            change(c);
        if (c && flows[0].received == flows[0].total)
            assert_int_equal(c->done, c->count);
        for (unsigned i = 0; i < flow_count; i++) {
            struct flow *f = &flows[i];
            sum += f->received;
            if (!f->paused)
                consume(f);
            busy |= !f->paused && (f->received < f->total || f->sent < f->accepted);
        }
        still = sum == before ? still + 1 : 0;
        before = sum;
    }
    for (unsigned i = 0; i < flow_count; i++) {
        if (flows[i].paused)
            continue;
        assert_int_equal(flows[i].received, flows[i].total);
        assert_int_equal(flows[i].sent, flows[i].accepted);
        same_hash(&flows[i]);
    }
}

static void run_flows(void)
{
    run_changing(NULL);
}

static void pair(uint16_t loss_permille, bool from_central, bool stream, size_t chunk,
                 uint64_t total, bool lag)
{
    world_new(2, loss_permille);
    link_to(1, 24);
    struct node *from = &nodes[from_central ? 0 : 1];
    struct node *to = &nodes[from_central ? 1 : 0];
    struct flow *f = flow_new(from, from->conn[0], to, stream, chunk, total);
    f->lag = lag;
    run_flows();
    world_free();
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void streams(void **state)
{
    (void)state;
    pair(0, true, true, 40000, UINT64_C(64) << 20, false);
    pair(0, false, true, 40000, UINT64_C(64) << 20, false);
}

static void sdus(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 20, 245, 512};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t total = amount(sizes[i] * 1200);
        if (total > sizes[i] * 300000) /* as many PDUs as the long ones, not as many octets */
            total = sizes[i] * 300000;
        pair(0, true, false, sizes[i], total, false);
        pair(0, false, false, sizes[i], total, false);
    }
}

/* An SDU that the ring cannot hold at once is given in parts. */
static void longest_sdu(void **state)
{
    (void)state;
    pair(0, true, false, 65533, 65533, false);
    pair(0, false, false, 65533, 65533, false);
}

static void loss(void **state)
{
    (void)state;
    pair(100, true, true, 5000, amount(300000), false);
    pair(100, false, false, 245, amount(200000), true);
}

static void a_reader_that_lags_stops_and_resumes(void **state)
{
    (void)state;
    world_new(2, 0);
    link_to(1, 24);
    struct flow *f = flow_new(&nodes[0], nodes[0].conn[0], &nodes[1], false, 512, amount(400000));
    f->lag = true;
    produce(f);
    for (int i = 0; i < 5; i++) {
        pass(300);
        f->paused = true;
        pass(30000);
        f->paused = false;
        consume(f);
    }
    run_flows();
    world_free();
}

static void two_channels_one_stalled(void **state)
{
    (void)state;
    world_new(2, 0);
    link_to(1, 24);
    struct flow *f = flow_new(&nodes[0], nodes[0].conn[0], &nodes[1], true, 3000, 200000);
    flow_new(&nodes[0], nodes[0].conn[0], &nodes[1], true, 3000, amount(500000));
    f->paused = true;
    run_flows();
    assert_int_equal(f->received, 0);
    f->paused = false;
    consume(f);
    run_flows();
    world_free();
}

static void eight_links_on_one_device(void **state)
{
    (void)state;
    world_new(9, 0);
    for (unsigned i = 1; i < 9; i++)
        link_to(i, 80);
    for (unsigned i = 1; i < 9; i++)
        flow_new(&nodes[0], nodes[0].conn[i - 1], &nodes[i], i & 1, 1000, amount(60000));
    run_flows();
    world_free();
}

/* The controller of one side is reset in mid-transfer: both applications learn how it ended, once.
 */
static void a_reset_in_mid_transfer(void **state)
{
    (void)state;
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned at_ms = 20; at_ms <= 400; at_ms += 95) {
            struct woad_host_stats stats;
            world_new(2, 0);
            link_to(1, 24);
            struct flow *f = flow_new(&nodes[0], nodes[0].conn[0], &nodes[1], true, 20000, 1000000);
            produce(f);
            pass(at_ms);
            woad_host_fault(nodes[side].host, NULL);
            pass(15000);
            assert_true(f->closed_tx && f->closed_rx);
            assert_int_equal(f->sent, f->accepted);
            assert_int_equal(nodes[0].disconnected, 1);
            assert_int_equal(nodes[1].disconnected, 1);
            assert_int_equal(nodes[side].faults, 1);
            assert_int_equal(nodes[side].readies, 2);
            consume(f);
            woad_host_get_stats(nodes[0].host, &stats);
            assert_int_equal(stats.ops_pending, 0);
            assert_int_equal(stats.bufs_in_use, 0);
            world_free();
        }
    }
}

/* ---- the link changes in mid-transfer -------------------------------------------------------- */

static struct woad_conn_info info_of(unsigned i)
{
    struct woad_conn_info info = {0};
    assert_int_equal(woad_gap_conn_info(nodes[i].host, nodes[i].conn[0], &info), 0);
    return info;
}

/* The first with its key, the others with a new one each: the link pauses its encryption. */
static void begin_encryption(unsigned n)
{
    static const uint8_t rand[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t ltk[16];
    make_key(ltk, (uint16_t)n);
    assert_int_equal(woad_gap_encrypt(nodes[0].host, nodes[0].conn[0], ltk, rand, (uint16_t)n), 0);
}

static bool encrypted(unsigned n)
{
    return nodes[0].encryptions > n && nodes[1].encryptions > n && info_of(0).encrypted &&
           info_of(1).encrypted;
}

/* 1M and 2M in turn, asked for by the sender. What a host prefers stays with its controller, so
 * the other side has to leave the choice open. */
static void begin_phy(unsigned n)
{
    unsigned asks = flows[0].from == &nodes[1];
    uint8_t phy = n & 1 ? 2 : 1;
    int err = 0;
    if (n == 0)
        err = woad_gap_set_phy(nodes[!asks].host, nodes[!asks].conn[0], 3, 3);
    assert_int_equal(err, 0);
    assert_int_equal(woad_gap_set_phy(nodes[asks].host, nodes[asks].conn[0], phy, phy), 0);
}

static bool phy_reached(unsigned n)
{
    uint8_t phy = n & 1 ? 2 : 1;
    struct woad_conn_info a = info_of(0), b = info_of(1);
    return a.phy_tx == phy && a.phy_rx == phy && b.phy_tx == phy && b.phy_rx == phy;
}

static uint16_t octets(unsigned n)
{
    static const uint16_t sizes[] = {27, 60, 251, 128};
    return sizes[n / 2 % ARRAY_LEN(sizes)];
}

/* The ends take turns in asking. */
static void begin_data_len(unsigned n)
{
    uint16_t us = (uint16_t)((octets(n) + 14) * 8);
    assert_int_equal(woad_gap_set_data_len(nodes[n & 1].host, nodes[n & 1].conn[0], octets(n), us),
                     0);
}

static bool data_len_reached(unsigned n)
{
    return info_of(n & 1).tx_octets == octets(n) && info_of(!(n & 1)).rx_octets == octets(n);
}

static const struct woad_conn_params intervals[] = {
    {.interval_min_1250us = 6, .timeout_10ms = 300},
    {.interval_min_1250us = 80, .latency = 2, .timeout_10ms = 600},
    {.interval_min_1250us = 9, .latency = 4, .timeout_10ms = 300},
    {.interval_min_1250us = 400, .timeout_10ms = 600},
    {.interval_min_1250us = 24, .timeout_10ms = 300},
};

static void begin_update(unsigned n)
{
    struct woad_conn_params p = intervals[n % ARRAY_LEN(intervals)];
    p.interval_max_1250us = p.interval_min_1250us;
    assert_int_equal(woad_gap_update(nodes[n & 1].host, nodes[n & 1].conn[0], &p), 0);
}

static bool updated(unsigned n)
{
    const struct woad_conn_params *p = &intervals[n % ARRAY_LEN(intervals)];
    struct woad_conn_info a = info_of(0), b = info_of(1);
    return a.interval_1250us == p->interval_min_1250us && a.latency == p->latency &&
           b.interval_1250us == p->interval_min_1250us && b.latency == p->latency;
}

static void changing(struct changes what, uint16_t loss_permille)
{
    for (unsigned from = 0; from < 2; from++) {
        struct changes c = what;
        world_new(2, loss_permille);
        link_to(1, 24);
        flow_new(&nodes[from], nodes[from].conn[0], &nodes[!from], true, 20000, amount(c.bytes));
        run_changing(&c);
        assert_int_equal(nodes[0].disconnected + nodes[0].faults + nodes[1].faults, 0);
        world_free();
    }
}

static void encryption_and_its_refresh(void **state)
{
    (void)state;
    changing((struct changes){begin_encryption, encrypted, 12, 2000000, 0, 0}, 0);
    changing((struct changes){begin_encryption, encrypted, 6, 2000000, 0, 0}, 100);
}

static void phy_changes(void **state)
{
    (void)state;
    changing((struct changes){begin_phy, phy_reached, 12, 2000000, 0, 0}, 0);
    changing((struct changes){begin_phy, phy_reached, 6, 2000000, 0, 0}, 100);
}

static void data_length_changes(void **state)
{
    (void)state;
    changing((struct changes){begin_data_len, data_len_reached, 12, 2000000, 0, 0}, 0);
}

static void connection_updates(void **state)
{
    (void)state;
    changing((struct changes){begin_update, updated, 10, 6000000, 0, 0}, 0);
    changing((struct changes){begin_update, updated, 5, 3000000, 0, 0}, 100);
}

/* Slow links: a peripheral that skips four events of five, and the longest interval there is. */
static void latency_and_the_longest_interval(void **state)
{
    (void)state;
    static const struct {
        uint16_t interval_1250us, latency, timeout_10ms;
        uint32_t bytes;
    } rows[] = {{24, 4, 800, 300000}, {80, 4, 800, 300000}, {3200, 0, 3200, 500000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (unsigned from = 0; from < 2; from++) {
            world_new(2, 0);
            link_with(1, rows[i].interval_1250us, rows[i].latency, rows[i].timeout_10ms);
            flow_new(&nodes[from], nodes[from].conn[0], &nodes[!from], from, 500, rows[i].bytes);
            run_flows();
            assert_int_equal(nodes[0].disconnected, 0);
            world_free();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(sdus),
        cmocka_unit_test(longest_sdu),
        cmocka_unit_test(loss),
        cmocka_unit_test(a_reader_that_lags_stops_and_resumes),
        cmocka_unit_test(two_channels_one_stalled),
        cmocka_unit_test(eight_links_on_one_device),
        cmocka_unit_test(a_reset_in_mid_transfer),
        cmocka_unit_test(encryption_and_its_refresh),
        cmocka_unit_test(phy_changes),
        cmocka_unit_test(data_length_changes),
        cmocka_unit_test(connection_updates),
        cmocka_unit_test(latency_and_the_longest_interval),
    };
    if (woad_crypto_init())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
