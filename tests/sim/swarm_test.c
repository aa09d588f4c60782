/* Swarms: 2 to 8 complete devices do what a seed says, in a world that loses packets, drifts, hangs
 * and fails, and everything that the headers promise is checked after each event.
 *
 *     WOAD_SEED=n        only this seed, twice, with its events on stderr when WOAD_TRACE is set
 *     WOAD_SEEDS=n       so many seeds [60], from WOAD_FIRST [1]
 */
/* ctest: slow timeout=600 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "swarm_events.h"

/* ---- a device -------------------------------------------------------------------------------- */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    return woad_host_rx_alloc(((struct sw_dev *)arg)->host, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    struct sw_dev *d = arg;
    if (pkt->type == WOAD_PKT_EVT)
        SW_TRACE(d->s, "%u: < event %02x %02x %02x %02x %02x", d->index, pkt->data[0], pkt->data[2],
                 pkt->data[3], pkt->data[4], pkt->data[5]);
    if (woad_host_rx(((struct sw_dev *)arg)->host, pkt) < 0)
        woad_buf_unref(pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    (void)reason;
    woad_host_fault(((struct sw_dev *)arg)->host, "the transport failed");
}

static void up_wake(void *arg)
{
    woad_sim_task_wake(((struct sw_dev *)arg)->host_task);
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, up_wake};

static woad_time run_ll(void *arg, woad_time now_us)
{
    struct sw_dev *d = arg;
    woad_time next = woad_ll_run(d->ll, now_us);
    d->ll_ran = true;
    woad_sim_task_wake(d->host_task);
    return next;
}

static woad_time run_host(void *arg, woad_time now_us)
{
    struct sw_dev *d = arg;
    struct woad_transport *t = &d->direct.transport;
    struct woad_buf *pkt;
    woad_time next = WOAD_TIME_NEVER;
    if (d->ll_ran) /* before that nothing can have changed */
        next = woad_transport_poll(t, now_us);
    d->ll_ran = false;
    d->in_run = true;
    next = woad_time_min(next, woad_host_run(d->host, now_us));
    d->in_run = false;
    if (d->reopen) {
        d->reopen = false;
        woad_transport_close(t);
        SW_CHECK(d->s, woad_transport_open(t, &up, d) == 0, "transport open");
    }
    while ((pkt = woad_host_tx(d->host))) {
        if (pkt->type == WOAD_PKT_CMD)
            SW_TRACE(d->s, "%u: > command %02x%02x", d->index, pkt->data[1], pkt->data[0]);
        if (woad_transport_tx(t, pkt) < 0) {
            woad_host_tx_undo(d->host, pkt);
            break;
        }
    }
    return next;
}

/* Small pools in some swarms: what a limit can be, it must be able to be. */
static void draw_limits(struct swarm *s, struct woad_host_cfg *host, struct woad_ll_cfg *ll)
{
    host->max_chans = 8;
    host->chan_rx_size = sw_range(s, 2000, 12000);
    if (sw_chance(s, 3)) {
        host->max_conns = (uint16_t)sw_range(s, 1, 2);
        host->max_chans = (uint16_t)sw_range(s, 1, 8);
        host->max_sends = (uint16_t)sw_range(s, 1, 12);
        host->chan_rx_size = sw_range(s, 31, 400);
        host->acl_tx_count = (uint16_t)sw_range(s, 1, 4);
        host->sig_count = (uint16_t)sw_range(s, 2, 4);
        host->run_budget = (uint16_t)sw_range(s, 1, 8);
    }
    if (sw_chance(s, 3)) {
        ll->max_conns = (uint16_t)sw_range(s, 1, 3);
        ll->acl_tx_count = (uint16_t)sw_range(s, 1, 3);
        ll->acl_len = (uint16_t)sw_range(s, 27, 600);
        ll->rx_count = (uint16_t)sw_range(s, 2, 6);
        ll->evt_count = (uint16_t)sw_range(s, 2, 5);
        ll->report_count = (uint16_t)sw_range(s, 1, 3);
        ll->max_accept_list = (uint16_t)sw_range(s, 1, 3);
    }
    host->no_auto_dle = sw_chance(s, 4);
    host->no_auto_phy = sw_chance(s, 4);
    host->acl_flow_control = sw_chance(s, 4);
    if (sw_chance(s, 3)) {
        host->static_addr.type = WOAD_ADDR_RANDOM;
        for (unsigned i = 0; i < 6; i++)
            host->static_addr.val[i] = (uint8_t)sw_next(s);
        host->static_addr.val[5] |= 0xc0;
    }
}

static void add_dev(struct swarm *s, unsigned index)
{
    struct sw_dev *d = &s->dev[index];
    double declared = sw_range(s, 20, 450);
    double most = declared * (s->in_limits ? 1.0 : 1.1);
    struct woad_sim_dev_cfg cfg = {
        .x_m = index,
        .sleep_ppm = sw_chance(s, 2) ? most : -most,
        .active_ppm = (double)sw_below(s, 61) - 30,
        .timer_latency_us = (uint16_t)sw_range(s, 1, 30),
        .irq_latency_us = (uint16_t)sw_below(s, 20),
        .clock_offset_us = sw_below(s, 10000000),
    };
    *d = (struct sw_dev){.s = s, .index = index, .off = true};
    d->chans = calloc(SW_CHANS, sizeof(*d->chans));
    d->dev = woad_sim_add(s->sim, &cfg);
    assert_true(d->dev && d->chans);
    struct woad_ll_cfg ll = {.radio = woad_sim_radio(d->dev),
                             .public_addr = {(uint8_t)(index + 1), 0, 0, 0xff, 0xee, 0xc0},
                             .rand = woad_sim_rand,
                             .rand_arg = d->dev};
    ll.radio.caps.sleep_clock_ppm = (uint16_t)declared;
    struct woad_host_cfg host = {
        .event = sw_host_event, .event_arg = d, .rand = woad_sim_rand, .rand_arg = d->dev};
    draw_limits(s, &host, &ll);
    memcpy(d->addr.val, ll.public_addr, 6);
    if (host.static_addr.type)
        d->addr = host.static_addr;
    size_t size = woad_ll_mem_size(&ll);
    d->ll_mem = malloc(size);
    assert_int_equal(woad_ll_init(d->ll_mem, size, &ll, &d->ll), 0);
    woad_sim_attach(d->dev, d->ll);
    size = woad_host_mem_size(&host);
    d->host_mem = malloc(size);
    assert_int_equal(woad_host_init(d->host_mem, size, &host, &d->host), 0);
    d->ll_task = woad_sim_task_add(d->dev, run_ll, d);
    d->host_task = woad_sim_task_add(d->dev, run_host, d);
    woad_sim_task_set_host(d->host_task);
    woad_sim_task_latency(d->ll_task, sw_chance(s, 2) ? sw_below(s, 3000) : 0);
    woad_sim_task_latency(d->host_task, sw_chance(s, 2) ? sw_below(s, 10000) : 0);
    woad_host_set_wake(d->host, woad_sim_task_wake, d->host_task);
    woad_ll_set_wake(d->ll, woad_sim_task_wake, d->ll_task);
    woad_direct_init(&d->direct, d->ll, woad_sim_task_wake, d->ll_task);
    assert_int_equal(woad_transport_open(&d->direct.transport, &up, d), 0);
    for (uint16_t i = 0; i < 2; i++) {
        struct woad_chan_cfg psm = {.psm = (uint16_t)(0x81 + i), .event = sw_chan_event, .arg = d};
        if (i) {
            psm.mtu = (uint16_t)sw_range(s, 64, 3000);
            psm.mps = (uint16_t)sw_range(s, 64, 600);
            psm.credits = (uint16_t)sw_range(s, 1, 5);
        }
        int err = woad_l2cap_listen(d->host, &psm);
        SW_CHECK(s, err == 0 || (i && err == WOAD_ERR_INVALID), "listen %d", err);
    }
}

static void free_dev(struct sw_dev *d)
{
    woad_transport_close(&d->direct.transport);
    woad_host_deinit(d->host);
    woad_ll_deinit(d->ll);
    for (unsigned i = 0; i < d->chan_count; i++)
        for (struct sw_send *out; (out = d->chans[i].head); free(out))
            d->chans[i].head = out->next;
    free(d->chans);
    free(d->host_mem);
    free(d->ll_mem);
}

/* ---- operations ------------------------------------------------------------------------------ */

/* An answer of a call: 0 begins p; anything else that the header names is no news. */
static void called(struct sw_dev *d, struct sw_pend *p, int err, const char *what)
{
    SW_TRACE(d->s, "%u: %s -> %d", d->index, what, err);
    SW_CHECK(d->s, err == 0 || (err != WOAD_ERR_INVALID && err < 0), "device %u: %s %d", d->index,
             what, err);
    if (err == 0)
        sw_begin(d->s, p);
}

static void op_start(struct sw_dev *d)
{
    if (!d->off)
        return;
    int err = woad_host_start(d->host);
    called(d, &d->op[SW_START], err, "start");
    SW_CHECK(d->s, err == 0, "device %u: start %d", d->index, err);
    d->off = false;
}

static void op_stop(struct sw_dev *d)
{
    called(d, &d->op[SW_STOP], woad_host_stop(d->host), "stop");
}

static void op_advertise(struct sw_dev *d)
{
    struct swarm *s = d->s;
    struct woad_adv_params p = {
        .interval_min_625us = (uint16_t)sw_range(s, 32, 160),
        .duration_ms = sw_chance(s, 3) ? sw_range(s, 1, 2000) : 0,
        .filter = sw_chance(s, 6) ? (uint8_t)sw_below(s, 4) : 0,
        .data = (const uint8_t *)"\2\1\6",
        .data_len = 3,
    };
    if (sw_chance(s, 5)) {
        p.kind = (uint8_t)sw_below(s, 5);
        p.peer = s->dev[sw_below(s, s->n)].addr;
    }
    called(d, &d->op[SW_ADV], woad_gap_advertise_start(d->host, &p), "advertise_start");
}

static void op_advertise_stop(struct sw_dev *d)
{
    called(d, &d->op[SW_ADV_STOP], woad_gap_advertise_stop(d->host), "advertise_stop");
}

static void op_scan(struct sw_dev *d)
{
    struct swarm *s = d->s;
    struct woad_scan_params p = {
        .active = sw_chance(s, 2),
        .accept_list_only = sw_chance(s, 4),
        .filter_duplicates = sw_chance(s, 2),
        .interval_625us = (uint16_t)sw_range(s, 20, 100),
        .window_625us = (uint16_t)sw_range(s, 4, 20),
        .duration_ms = sw_chance(s, 2) ? sw_range(s, 1, 2000) : 0,
    };
    called(d, &d->op[SW_SCAN], woad_gap_scan_start(d->host, &p), "scan_start");
}

static void op_scan_stop(struct sw_dev *d)
{
    called(d, &d->op[SW_SCAN_STOP], woad_gap_scan_stop(d->host), "scan_stop");
}

static struct woad_conn_params draw_params(struct swarm *s)
{
    struct woad_conn_params p = {
        .interval_min_1250us = (uint16_t)sw_range(s, 6, 60),
        .latency = sw_chance(s, 3) ? (uint16_t)sw_range(s, 1, 4) : 0,
        .timeout_10ms = (uint16_t)sw_range(s, 100, 400),
    };
    p.interval_max_1250us = (uint16_t)(p.interval_min_1250us + sw_below(s, 10));
    return p;
}

static void op_connect(struct sw_dev *d)
{
    struct swarm *s = d->s;
    struct woad_conn_params p = draw_params(s);
    const struct sw_dev *to = &s->dev[sw_below(s, s->n)];
    if (to == d)
        return;
    p.duration_ms = sw_chance(s, 4) ? 0 : sw_range(s, 1, 3000);
    called(d, &d->op[SW_CONNECT],
           woad_gap_connect(d->host, sw_chance(s, 10) ? NULL : &to->addr, &p), "connect");
}

static void op_cancel(struct sw_dev *d)
{
    int err = woad_gap_connect_cancel(d->host);
    SW_TRACE(d->s, "%u: cancel -> %d", d->index, err);
    SW_CHECK(d->s, err != 0 || d->op[SW_CONNECT].n, "device %u: cancel of nothing", d->index);
}

static void op_list(struct sw_dev *d)
{
    struct swarm *s = d->s;
    const struct woad_addr *addr = &s->dev[sw_below(s, s->n)].addr;
    uint32_t which = sw_below(s, 5);
    int err = which == 0   ? woad_gap_accept_list_clear(d->host)
              : which == 1 ? woad_gap_accept_list_remove(d->host, addr)
                           : woad_gap_accept_list_add(d->host, addr);
    called(d, &d->op[SW_LIST], err, "accept list");
}

static void op_hci(struct sw_dev *d)
{
    static const uint16_t opcodes[] = {WOAD_HCI_CMD_LE_RAND, WOAD_HCI_CMD_READ_BD_ADDR,
                                       WOAD_HCI_CMD_LE_READ_PHY, 0xfdef};
    uint16_t opcode = opcodes[sw_below(d->s, 4)];
    int err = woad_host_hci_command(d->host, opcode, NULL, 0);
    called(d, &d->op[SW_HCI], err, "hci_command");
}

static struct sw_conn *draw_conn(struct sw_dev *d)
{
    struct sw_conn *alive[SW_CONNS];
    unsigned n = 0;
    for (unsigned i = 0; i < SW_CONNS; i++)
        if (d->conns[i].up)
            alive[n++] = &d->conns[i];
    return n ? alive[sw_below(d->s, n)] : NULL;
}

static void op_disconnect(struct sw_dev *d)
{
    struct sw_conn *c = draw_conn(d);
    if (c && sw_chance(d->s, 4))
        called(d, &c->op[SW_DISCONNECT], woad_gap_disconnect(d->host, c->handle, 0), "disconnect");
}

static void op_link(struct sw_dev *d)
{
    static const uint8_t rand_number[8] = {9};
    struct swarm *s = d->s;
    struct sw_conn *c = draw_conn(d);
    struct woad_host *h = d->host;
    if (!c)
        return;
    struct woad_conn_params p = draw_params(s);
    switch (sw_below(s, 9)) {
    case 0: called(d, &c->op[SW_UPDATE], woad_gap_update(h, c->handle, &p), "update"); break;
    case 1:
    case 2:
        called(d, &c->op[SW_PHY],
               woad_gap_set_phy(h, c->handle, (uint8_t)sw_below(s, 8), (uint8_t)sw_below(s, 8)),
               "set_phy");
        break;
    case 3:
        called(d, &c->op[SW_DATA_LEN],
               woad_gap_set_data_len(h, c->handle, (uint16_t)sw_range(s, 27, 251),
                                     (uint16_t)sw_range(s, 328, 17040)),
               "set_data_len");
        break;
    case 4: called(d, &c->op[SW_RSSI], woad_gap_read_rssi(h, c->handle), "read_rssi"); break;
    case 5:
        called(d, &c->op[SW_VERSION], woad_gap_read_version(h, c->handle), "read_version");
        break;
    case 6:
        called(d, &c->op[SW_FEATURES], woad_gap_read_features(h, c->handle), "read_features");
        break;
    default:
        called(d, &c->op[SW_ENCRYPT], woad_gap_encrypt(h, c->handle, sw_ltk, rand_number, 7),
               "encrypt");
    }
}

static void op_chan_connect(struct sw_dev *d)
{
    struct swarm *s = d->s;
    struct sw_conn *c = draw_conn(d);
    if (!c)
        return;
    struct woad_chan_cfg cfg = {.psm =
                                    (uint16_t)(sw_chance(s, 10) ? 0x90 : sw_range(s, 0x81, 0x82)),
                                .event = sw_chan_event,
                                .arg = d};
    woad_chan handles[5];
    bool enhanced = sw_chance(s, 2);
    unsigned n = enhanced ? sw_range(s, 1, 5) : 1;
    if (sw_chance(s, 3)) {
        cfg.mtu = (uint16_t)sw_range(s, enhanced ? 64 : 23, 2000);
        cfg.mps = (uint16_t)sw_range(s, enhanced ? 64 : 23, 1000);
    }
    int err = enhanced ? woad_l2cap_connect_enhanced(d->host, c->handle, &cfg, handles, n)
                       : woad_l2cap_connect(d->host, c->handle, &cfg, handles);
    SW_TRACE(s, "%u: l2cap connect %u on %u, enhanced %d -> %d", d->index, n, c->handle, enhanced,
             err);
    for (unsigned i = 0; i < n && err == 0; i++) {
        struct sw_chan *chan = sw_chan_new(d, handles[i], c->handle);
        if (chan)
            chan->opening = true;
    }
}

static struct sw_chan *draw_chan(struct sw_dev *d)
{
    struct sw_chan *alive[64];
    unsigned n = 0;
    for (unsigned i = d->chan_count; i-- > 0 && n < 64;)
        if (!d->chans[i].closed || (!d->chans[i].released && !d->chans[i].ended))
            alive[n++] = &d->chans[i];
    return n ? alive[sw_below(d->s, n)] : NULL;
}

static void send_one(struct sw_chan *c)
{
    struct swarm *s = c->d->s;
    struct woad_chan_info info;
    if (woad_l2cap_info(c->d->host, c->handle, &info) < 0)
        return;
    size_t len = c->sdu ? sw_below(s, info.peer_mtu + 1u) : sw_range(s, 1, 5000);
    if (sw_chance(s, 3))
        len = sw_range(s, 1, info.peer_mtu < 30 ? info.peer_mtu : 30);
    struct sw_send *out = malloc(sizeof(*out) + len);
    assert_non_null(out);
    *out = (struct sw_send){.len = len};
    for (size_t i = 0; i < len; i++)
        out->data[i] = sw_octet(c->key, c->accepted + i);
    int err = c->sdu ? woad_l2cap_send(c->d->host, c->handle, out->data, len, out)
                     : woad_l2cap_write(c->d->host, c->handle, out->data, len, out);
    if (err == 0) {
        if (c->tail)
            c->tail->next = out;
        else
            c->head = out;
        c->tail = out;
        c->accepted += len;
        return;
    }
    free(out);
    SW_CHECK(s, err == WOAD_ERR_AGAIN || err == WOAD_ERR_NOT_CONNECTED || c->closing,
             "device %u channel %x: send %d", c->d->index, c->handle, err);
    if (err == WOAD_ERR_AGAIN)
        c->want_writable = true;
}

static void op_send(struct sw_dev *d)
{
    struct sw_chan *c = draw_chan(d);
    if (!c || !c->open || c->closing)
        return;
    for (unsigned n = sw_range(d->s, 1, 6); n > 0 && !c->want_writable; n--)
        send_one(c);
}

static void op_close(struct sw_dev *d)
{
    struct sw_chan *c = draw_chan(d);
    if (!c || c->closed || c->undecided || !sw_chance(d->s, 3))
        return;
    bool flush = sw_chance(d->s, 2);
    int err = woad_l2cap_close(d->host, c->handle, flush);
    SW_TRACE(d->s, "%u: close %x flush %d -> %d", d->index, c->handle, flush, err);
    if (err)
        return;
    c->flush = flush && !c->closing;
    c->closing = true;
    c->want_writable = false;
}

static void op_reconfigure(struct sw_dev *d)
{
    struct sw_chan *c = draw_chan(d);
    struct woad_chan_info info;
    if (!c || !c->open || c->closing || c->reconf.n ||
        woad_l2cap_info(d->host, c->handle, &info) < 0 || !info.enhanced)
        return;
    uint16_t mtu = (uint16_t)(info.our_mtu + sw_below(d->s, 100));
    uint16_t mps = (uint16_t)sw_range(d->s, 64, 700);
    called(d, &c->reconf, woad_l2cap_reconfigure(d->host, &c->handle, 1, mtu, mps), "reconfigure");
}

static void op_late_answers(struct sw_dev *d)
{
    struct sw_chan *c = draw_chan(d);
    struct sw_conn *link = draw_conn(d);
    if (c && c->undecided)
        sw_decide(c);
    if (link && link->ltk_open)
        sw_reply_ltk(d, link);
}

static void op_reader(struct sw_dev *d)
{
    struct sw_chan *c = draw_chan(d);
    if (!c)
        return;
    c->reader = (uint8_t)sw_below(d->s, 3);
    if (c->reader == 0)
        sw_read(c, SIZE_MAX);
}

static void sw_random_op(struct sw_dev *d)
{
    static const struct {
        unsigned weight;
        void (*run)(struct sw_dev *d);
    } ops[] = {
        {8, op_advertise},  {1, op_advertise_stop}, {2, op_scan},         {1, op_scan_stop},
        {8, op_connect},    {1, op_cancel},         {2, op_list},         {1, op_hci},
        {1, op_disconnect}, {6, op_link},           {8, op_chan_connect}, {30, op_send},
        {2, op_close},      {2, op_reconfigure},    {6, op_late_answers}, {4, op_reader},
    };
    unsigned total = 0;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        total += ops[i].weight;
    unsigned at = sw_below(d->s, total);
    size_t i = 0;
    while (at >= ops[i].weight)
        at -= ops[i++].weight;
    ops[i].run(d);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void fault(struct sw_dev *d, uint8_t kind, uint32_t duration_ms, int32_t value)
{
    struct swarm *s = d->s;
    woad_sim_time now = woad_sim_now(s->sim);
    struct woad_sim_fault f = {.at = now,
                               .duration = WOAD_SIM_MS(duration_ms),
                               .dev = d->index,
                               .value = value,
                               .kind = kind};
    SW_TRACE(s, "%u: fault %u for %u ms, value %d", d->index, kind, duration_ms, value);
    SW_CHECK(s, woad_sim_fault_add(s->sim, &f) == 0, "fault");
    if (kind == WOAD_SIM_FAULT_DELAY)
        s->in_limits = false; /* with such timers an instant passes before its PDU is on air */
    if (kind == WOAD_SIM_FAULT_LOSS || kind == WOAD_SIM_FAULT_DRIFT)
        return;
    woad_sim_time end = now + f.duration;
    if (kind == WOAD_SIM_FAULT_RESET || kind == WOAD_SIM_FAULT_POWER_CUT) {
        d->fault_at = end + WOAD_SIM_MS(sw_below(s, 500)) + 1;
        end = d->fault_at;
    }
    /* a host that runs into its time limit starts again, with pauses */
    end += WOAD_SIM_S(3);
    if (end > d->hurt_until)
        d->hurt_until = end;
}

static void random_fault(struct swarm *s)
{
    struct sw_dev *d = &s->dev[sw_below(s, s->n)];
    switch (sw_below(s, 8)) {
    case 0: fault(d, WOAD_SIM_FAULT_RESET, 0, 0); break;
    case 1: fault(d, WOAD_SIM_FAULT_POWER_CUT, sw_range(s, 1, 3000), 0); break;
    case 2: fault(d, WOAD_SIM_FAULT_MUTE, sw_range(s, 1, 4000), 0); break;
    case 3: fault(d, WOAD_SIM_FAULT_LOSS, sw_range(s, 1, 2000), (int32_t)sw_below(s, 700)); break;
    case 4: fault(d, WOAD_SIM_FAULT_DELAY, sw_range(s, 1, 500), (int32_t)sw_below(s, 20000)); break;
    case 5:
        if (d->off)
            break;
        SW_TRACE(s, "%u: told of a fault", d->index);
        woad_host_fault(d->host, "for a test");
        d->hurt_until = woad_sim_now(s->sim) + WOAD_SIM_S(3);
        break;
    case 6: op_stop(d); break;
    default:
        d->far = !d->far;
        SW_TRACE(s, "%u: moves %s", d->index, d->far ? "away" : "back");
        woad_sim_move(d->dev, d->far ? 1e6 : d->index, 0);
    }
}

/* The n-th allocation of a random pool fails. */
static void starve(struct sw_dev *d)
{
    struct woad_host *h = d->host;
    struct woad_ll *ll = d->ll;
    struct woad_pool *pools[] = {&h->cmd_pool, &h->acl_pool,    &h->sig_pool,    &ll->evt_pool,
                                 &ll->rx_pool, &ll->stage_pool, &ll->report_pool};
    pools[sw_below(d->s, 7)]->fail_at = sw_range(d->s, 1, 20);
}

/* ---- invariants ------------------------------------------------------------------------------ */

static void check_age(struct sw_dev *d, struct sw_pend *p, unsigned seconds, const char *what,
                      unsigned number)
{
    woad_sim_time now = woad_sim_now(d->s->sim);
    woad_sim_time from = p->since > d->hurt_until ? p->since : d->hurt_until;
    SW_CHECK(d->s, !p->n || now < from + WOAD_SIM_S(seconds), "device %u: %s %u under way for %u s",
             d->index, what, number, seconds);
}

static uint64_t credit_sum(const struct woad_chan_info *info)
{
    return info->rx_credits + (uint64_t)info->rx_frames;
}

/* A direction has octets and credits, or a reader that has read everything: it must move. */
static void check_stall(struct sw_chan *c, const struct woad_chan_info *info)
{
    struct sw_dev *d = c->d;
    struct swarm *s = d->s;
    struct woad_chan_info other;
    struct woad_conn_info link;
    woad_sim_time now = woad_sim_now(s->sim);
    uint64_t mark = c->done * 1000003 + info->tx_credits * 7919u + info->tx_sends;
    if (c->peer)
        mark += c->peer->received * 31;
    bool hurt = d->hurt_until > now || (c->peer && c->peer->d->hurt_until > now);
    bool can = c->peer && !c->peer->closed &&
               woad_l2cap_info(c->peer->d->host, c->peer->handle, &other) == 0 && other.open &&
               (info->tx_credits || (!other.rx_frames && !c->peer->reader));
    if (mark != c->mark || hurt || !can || !info->tx_sends ||
        woad_gap_conn_info(d->host, c->conn, &link) < 0) {
        c->mark = mark;
        c->moved_at = now;
        return;
    }
    uint64_t events_us = 100 * UINT64_C(1250) * link.interval_1250us * (link.latency + 1u) * s->n;
    uint64_t limit_us = events_us + link.timeout_10ms * UINT64_C(10000) + WOAD_S(2);
    SW_CHECK(s, now < c->moved_at + limit_us * 1000,
             "device %u channel %x: stalls, %u sends, %u credits, %u frames at the peer", d->index,
             c->handle, info->tx_sends, info->tx_credits, other.rx_frames);
}

static void check_chan(struct sw_chan *c)
{
    struct sw_dev *d = c->d;
    struct woad_chan_info info;
    if (woad_l2cap_info(d->host, c->handle, &info) < 0) {
        SW_CHECK(d->s, c->closed && c->released, "device %u: channel %x has gone", d->index,
                 c->handle);
        return;
    }
    if (!info.open)
        return;
    uint64_t held = info.granted - (uint64_t)info.consumed;
    uint64_t sum = credit_sum(&info); /* one may be half received */
    SW_CHECK(d->s, held == sum || held == sum + 1,
             "device %u channel %x: granted %u, consumed %u, credits %u, frames %u", d->index,
             c->handle, info.granted, info.consumed, info.rx_credits, info.rx_frames);
    if (c->open)
        check_stall(c, &info);
    check_age(d, &c->reconf, 40, "reconfigure of channel", c->handle);
}

static void check_dev(struct sw_dev *d)
{
    uint32_t handled = d->host->stats.evt_rx + d->host->stats.acl_rx;
    woad_sim_time now = woad_sim_now(d->s->sim);
    if (handled != d->handled || !d->host->rxq.count)
        d->handled_at = now;
    d->handled = handled;
    SW_CHECK(d->s, now < d->handled_at + WOAD_SIM_S(1), "device %u: run() handles no packets",
             d->index);
    for (unsigned i = 0; i < SW_DEV_OPS; i++)
        if (i != SW_CONNECT)
            check_age(d, &d->op[i], 15, "operation", i);
    for (unsigned i = 0; i < SW_CONNS; i++)
        for (unsigned k = SW_DEV_OPS; k < SW_OPS && d->conns[i].up; k++)
            check_age(d, &d->conns[i].op[k], 45, "operation", k);
    for (unsigned i = 0; i < d->chan_count; i++)
        if (!d->chans[i].released)
            check_chan(&d->chans[i]);
}

/* Lagging readers, ended channels, hosts to be told and started. */
static void tend(struct sw_dev *d)
{
    struct swarm *s = d->s;
    if (d->fault_at && woad_sim_now(s->sim) >= d->fault_at) {
        d->fault_at = 0;
        woad_host_fault(d->host, "the power was cut");
    }
    for (unsigned i = 0; i < d->chan_count; i++) {
        struct sw_chan *c = &d->chans[i];
        if (c->released || c->closing)
            continue;
        if (c->open && c->reader == 1)
            sw_read(c, sw_range(s, 1, 300));
        if (c->closed && !c->ended && sw_chance(s, 3))
            sw_read(c, sw_range(s, 1, 2000));
        if (c->closed && (c->ended || sw_chance(s, 40) || s->quiet)) {
            c->released = true;
            int err = woad_l2cap_release(d->host, c->handle);
            SW_CHECK(s, err == 0, "device %u channel %x: release %d", d->index, c->handle, err);
        }
    }
    if (d->off && (s->quiet ? false : sw_chance(s, 10)))
        op_start(d);
    /* An allocation that fails while nothing is in use is not followed by a release: only then it
     * takes a spurious run to go on. */
    if (s->hungry) {
        woad_sim_task_wake(d->host_task);
        woad_sim_task_wake(d->ll_task);
    }
}

static void step(struct swarm *s, woad_sim_time ns)
{
    woad_sim_run_until(s->sim, woad_sim_now(s->sim) + ns);
    for (unsigned i = 0; i < s->n && !s->failed; i++) {
        tend(&s->dev[i]);
        check_dev(&s->dev[i]);
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool all(struct swarm *s, bool (*is)(const struct sw_dev *d))
{
    for (unsigned i = 0; i < s->n; i++)
        if (!is(&s->dev[i]))
            return false;
    return true;
}

static bool is_off(const struct sw_dev *d)
{
    return d->off;
}

static bool is_on(const struct sw_dev *d)
{
    return d->ready;
}

static void wait_all(struct swarm *s, bool (*is)(const struct sw_dev *d), const char *what)
{
    for (unsigned i = 0; i < 3000 && !all(s, is) && !s->failed; i++)
        step(s, WOAD_SIM_MS(10));
    SW_CHECK(s, all(s, is), "not every host is %s", what);
}

static void check_full(struct sw_dev *d)
{
    struct swarm *s = d->s;
    struct woad_ll *ll = d->ll;
    struct woad_host_stats stats;
    woad_host_get_stats(d->host, &stats);
    SW_CHECK(s, !stats.bufs_in_use && !stats.ops_pending,
             "device %u stopped: %u buffers in use, %u operations", d->index, stats.bufs_in_use,
             stats.ops_pending);
    const struct {
        const struct woad_pool *pool;
        unsigned kept;
        const char *name;
    } pools[] = {
        {&ll->cmd_pool, 0, "cmd"},
        {&ll->acl_pool, 0, "acl"},
        {&ll->evt_pool, 0, "evt"},
        {&ll->stage_pool, 0, "stage"},
        {&ll->rx_pool, ll_ring_count(&ll->rx_free), "rx"},
        {&ll->report_pool, ll_ring_count(&ll->report_free), "report"},
    };
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        SW_CHECK(s, pools[i].pool->free_count + pools[i].kept == pools[i].pool->count,
                 "device %u stopped: %u + %u of %u buffers of the controller's %s pool", d->index,
                 pools[i].pool->free_count, pools[i].kept, pools[i].pool->count, pools[i].name);
    for (unsigned i = 0; i < d->chan_count; i++)
        SW_CHECK(s, d->chans[i].closed, "device %u stopped: channel %x is not closed", d->index,
                 d->chans[i].handle);
    for (unsigned i = 0; i < SW_CONNS; i++)
        SW_CHECK(s, !d->conns[i].up, "device %u stopped: link %u is up", d->index,
                 d->conns[i].handle);
}

/* Everything is started once more, so that each controller is reset, and stopped. */
static void wind_up(struct swarm *s)
{
    s->quiet = true;
    for (unsigned i = 0; i < s->n && !s->failed; i++) {
        while (s->dev[i].hurt_until > woad_sim_now(s->sim) && !s->failed)
            step(s, WOAD_SIM_MS(10));
        if (s->dev[i].op[SW_STOP].n == 0)
            op_start(&s->dev[i]);
    }
    for (unsigned i = 0; i < 1000 && !s->failed; i++) { /* stops still under way */
        bool settled = true;
        for (unsigned k = 0; k < s->n; k++) {
            settled = settled && s->dev[k].op[SW_STOP].n == 0;
            if (s->dev[k].op[SW_STOP].n == 0)
                op_start(&s->dev[k]);
        }
        if (settled)
            break;
        step(s, WOAD_SIM_MS(10));
    }
    wait_all(s, is_on, "ready");
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        op_stop(&s->dev[i]);
    wait_all(s, is_off, "stopped");
    step(s, WOAD_SIM_MS(200));
    for (unsigned i = 0; i < s->n && !s->failed; i++)
        check_full(&s->dev[i]);
}

/* ---- one seed -------------------------------------------------------------------------------- */

static uint64_t current_seed;

static void on_signal(int number)
{
    char text[80];
    int n = snprintf(text, sizeof(text), "signal %d; repeat with: WOAD_SEED=%llu\n", number,
                     (unsigned long long)current_seed);
    (void)!write(2, text, (size_t)n);
    signal(number, SIG_DFL);
    raise(number);
}

static void on_report(void *arg, woad_sim_time at, const char *text)
{
    (void)at;
    SW_TRACE((struct swarm *)arg, "judge: %s", text);
}

static void check_air(struct swarm *s)
{
    struct woad_sim_stats stats;
    woad_sim_get_stats(s->sim, &stats);
    SW_CHECK(s, stats.ifs_violations == 0, "%llu answers beside T_IFS",
             (unsigned long long)stats.ifs_violations);
    SW_CHECK(s, !s->in_limits || stats.anchor_violations == 0, "%llu events beside their anchors",
             (unsigned long long)stats.anchor_violations);
}

static void live(struct swarm *s)
{
    bool faults = sw_chance(s, 2);
    s->hungry = sw_chance(s, 4);
    woad_sim_time end = WOAD_SIM_S(sw_chance(s, 8) ? 60 : sw_range(s, 6, 14));
    for (unsigned i = 0; i < s->n; i++)
        op_start(&s->dev[i]);
    while (woad_sim_now(s->sim) < end && !s->failed) {
        step(s, WOAD_SIM_US(sw_range(s, 100, 20000)));
        for (unsigned k = sw_range(s, 0, 3); k > 0 && !s->failed; k--)
            sw_random_op(&s->dev[sw_below(s, s->n)]);
        if (faults && sw_chance(s, 200))
            random_fault(s);
        if (s->hungry && sw_chance(s, 20))
            starve(&s->dev[sw_below(s, s->n)]);
    }
}

static bool run_seed(uint64_t seed, uint64_t *hash, uint64_t totals[3])
{
    struct swarm *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    current_seed = seed;
    alarm(240);
    s->seed = s->rng = seed;
    s->trace = getenv("WOAD_TRACE") != NULL;
    s->n = sw_chance(s, 2) ? 2 : sw_range(s, 3, SW_DEVS);
    s->in_limits = !sw_chance(s, 5);
    s->sim = woad_sim_new(&(struct woad_sim_cfg){
        .seed = seed, .loss_permille = sw_chance(s, 2) ? (uint16_t)sw_below(s, 301) : 0});
    assert_non_null(s->sim);
    woad_sim_set_report(s->sim, on_report, s);
    const char *capture = getenv("WOAD_CAPTURE");
    if (capture)
        SW_CHECK(s, woad_sim_capture_open(s->sim, capture) == 0, "cannot write %s", capture);
    for (unsigned i = 0; i < s->n; i++)
        add_dev(s, i);
    live(s);
    if (!s->failed)
        wind_up(s);
    check_air(s);
    *hash = woad_sim_hash(s->sim);
    bool ok = !s->failed;
    totals[0] += s->links;
    totals[1] += s->channels;
    totals[2] += s->octets;
    (void)woad_sim_capture_close(s->sim);
    for (unsigned i = 0; i < s->n; i++)
        free_dev(&s->dev[i]);
    woad_sim_free(s->sim);
    free(s);
    alarm(0);
    return ok;
}

static uint64_t number(const char *name, uint64_t preset)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : preset;
}

static void test_swarms(void **state)
{
    (void)state;
    uint64_t totals[3] = {0};
    uint64_t hash, again;
    unsigned failures = 0;
    bool one = getenv("WOAD_SEED") != NULL;
    uint64_t first = number(one ? "WOAD_SEED" : "WOAD_FIRST", 1);
    uint64_t count = one ? 1 : number("WOAD_SEEDS", 60);
    assert_int_equal(woad_crypto_init(), 0);
    for (uint64_t seed = first; seed < first + count; seed++) {
        if (!run_seed(seed, &hash, totals)) {
            failures++;
        } else if (seed % 10 == 1 || one) {
            assert_true(run_seed(seed, &again, totals));
            assert_true(hash == again);
        }
    }
    print_message("%llu seeds: %llu links, %llu channel ends, %llu octets, %u failures\n",
                  (unsigned long long)count, (unsigned long long)totals[0],
                  (unsigned long long)totals[1], (unsigned long long)totals[2], failures);
    assert_int_equal(failures, 0);
    if (count >= 20) { /* the swarms did something */
        assert_true(totals[0] > count);
        assert_true(totals[1] > count);
        assert_true(totals[2] > 1000 * count);
    }
}

int main(void)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGALRM};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        signal(numbers[i], on_signal);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_swarms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
