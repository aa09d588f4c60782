/* The host as an engine: the input is a script of received packets, calls and time. Whatever comes,
 * nothing is touched that should not be, each accepted operation completes exactly once, the credit
 * invariant holds, and after a stop no operation and no buffer is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"
#include "woad/gap.h"
#include "woad/hci.h"
#include "woad/host.h"
#include "woad/l2cap.h"

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define CHANS 6
#define HELD  64

struct fuzz {
    struct woad_host *h;
    struct woad_rd in;
    woad_time now;
    woad_chan chans[CHANS];
    unsigned next_chan;
    struct woad_buf *held[HELD];
    unsigned held_count;
    uint16_t conn;
    uint16_t opcode; /* of the command to be answered */
    bool stopped;
    uint8_t memory[4096];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(struct fuzz *f, uint8_t type, const uint8_t *data, uint16_t len)
{
    bool discard;
    struct woad_buf *buf = woad_host_rx_alloc(f->h, type, len, data, len, &discard);
    if (!buf)
        return;
    memcpy(woad_buf_put(buf, len), data, len);
    if (woad_host_rx(f->h, buf))
        woad_buf_unref(buf);
}

static void remember(struct fuzz *f, woad_chan chan)
{
    f->chans[f->next_chan++ % CHANS] = chan;
}

static void check_channels(struct fuzz *f)
{
    for (unsigned i = 0; i < CHANS; i++) {
        struct woad_chan_info info;
        if (!woad_l2cap_info(f->h, f->chans[i], &info))
            CHECK(info.rx_credits + info.rx_frames <= info.granted - info.consumed);
    }
}

static void on_host(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct fuzz *f = arg;
    (void)h;
    if (evt->type == WOAD_EVT_CONNECTED)
        f->conn = evt->conn;
    if (evt->type == WOAD_EVT_STOPPED)
        f->stopped = true;
    if (evt->type == WOAD_EVT_LTK_REQUEST && evt->u.ltk_request.ediv & 1)
        (void)!woad_gap_ltk_reply(f->h, evt->conn, f->memory);
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct fuzz *f = arg;
    uint8_t to[512];
    if (evt->type == WOAD_CHAN_ACCEPT) {
        remember(f, evt->chan);
        if (evt->u.opened.peer_mtu % 4)
            (void)!woad_l2cap_accept(h, evt->chan, evt->u.opened.peer_mtu % 8 == 1 ? 4 : 0, NULL,
                                     NULL);
    } else if (evt->type == WOAD_CHAN_RECEIVED && evt->u.received.available % 3) {
        while (woad_l2cap_recv(h, evt->chan, to, sizeof(to), NULL) > 0) {
        }
    } else if (evt->type == WOAD_CHAN_CLOSED) {
        (void)!woad_l2cap_release(h, evt->chan);
    }
}

static void no_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0x42, len);
}

static void transmit(struct fuzz *f)
{
    struct woad_buf *buf;
    while (f->held_count < HELD && (buf = woad_host_tx(f->h))) {
        uint8_t copy[2048];
        CHECK(woad_buf_copy_out(buf, 0, copy, sizeof(copy)) == woad_buf_total(buf));
        if (buf->type == WOAD_PKT_CMD)
            f->opcode = woad_get_u16(buf->data);
        f->held[f->held_count++] = buf;
    }
}

static void release(struct fuzz *f, unsigned n)
{
    while (n-- && f->held_count)
        woad_buf_unref(f->held[--f->held_count]);
}

static void answer(struct fuzz *f, uint8_t status)
{
    uint8_t evt[80] = {WOAD_HCI_EVT_COMMAND_COMPLETE, 3 + 65, 1};
    woad_put_u16(evt + 3, f->opcode);
    evt[5] = status;
    memset(evt + 6, 0xff, 64);
    if (f->opcode == WOAD_HCI_CMD_LE_READ_BUFFER_SIZE ||
        f->opcode == WOAD_HCI_CMD_LE_READ_BUFFER_SIZE_V2) {
        woad_put_u16(evt + 6, 251);
        evt[8] = 4;
    }
    give(f, WOAD_PKT_EVT, evt, 2 + 68);
}

static void link_event(struct fuzz *f, uint8_t role)
{
    uint8_t evt[21] = {WOAD_HCI_EVT_LE_META, 19, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 0, 0x40};
    evt[6] = role & 1;
    evt[14] = 24;
    evt[19] = 50;
    give(f, WOAD_PKT_EVT, evt, sizeof(evt));
}

/* A whole PDU of the input's octets for the signalling channel or a dynamic one. */
static void pdu_in(struct fuzz *f, uint16_t cid, uint8_t len)
{
    uint8_t acl[4 + 4 + 256];
    const uint8_t *p = woad_rd_take(&f->in, len < f->in.left ? len : f->in.left);
    uint16_t n = (uint16_t)(p ? (size_t)(f->in.p - p) : 0);
    woad_put_u16(acl, 0x0040 | WOAD_HCI_ACL_FIRST_FLUSHABLE);
    woad_put_u16(acl + 2, (uint16_t)(n + 4));
    woad_put_u16(acl + 4, n);
    woad_put_u16(acl + 6, cid);
    if (n)
        memcpy(acl + 8, p, n);
    give(f, WOAD_PKT_ACL, acl, (uint16_t)(8 + n));
}

static void raw_in(struct fuzz *f, uint8_t type, uint8_t len)
{
    const uint8_t *p = woad_rd_take(&f->in, len < f->in.left ? len : f->in.left);
    if (p && f->in.p > p)
        give(f, type, p, (uint16_t)(f->in.p - p));
}

static void call_gap(struct fuzz *f, uint8_t which)
{
    static const struct woad_adv_params adv = {0};
    static const struct woad_scan_params scan = {.duration_ms = 50};
    static const struct woad_conn_params conn = {.duration_ms = 100};
    static const struct woad_addr peer = {0, {1, 2, 3, 4, 5, 6}};
    switch (which % 16) {
    case 0: (void)!woad_gap_advertise_start(f->h, &adv); break;
    case 1: (void)!woad_gap_advertise_stop(f->h); break;
    case 2: (void)!woad_gap_scan_start(f->h, &scan); break;
    case 3: (void)!woad_gap_scan_stop(f->h); break;
    case 4: (void)!woad_gap_connect(f->h, &peer, &conn); break;
    case 5: (void)!woad_gap_connect_cancel(f->h); break;
    case 6: (void)!woad_gap_disconnect(f->h, f->conn, 0); break;
    case 7: (void)!woad_gap_update(f->h, f->conn, &conn); break;
    case 8: (void)!woad_gap_set_phy(f->h, f->conn, 2, 1); break;
    case 9: (void)!woad_gap_set_data_len(f->h, f->conn, 251, 2120); break;
    case 10: (void)!woad_gap_read_rssi(f->h, f->conn); break;
    case 11: (void)!woad_gap_read_version(f->h, f->conn); break;
    case 12: (void)!woad_gap_read_features(f->h, f->conn); break;
    case 13: (void)!woad_gap_encrypt(f->h, f->conn, f->memory, f->memory, 1); break;
    case 14: (void)!woad_gap_accept_list_add(f->h, &peer); break;
    default: (void)!woad_host_hci_command(f->h, 0xfc01, f->memory, 4); break;
    }
}

static void call_l2cap(struct fuzz *f, uint8_t which, uint8_t arg)
{
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = on_chan, .arg = f};
    woad_chan five[5] = {0};
    woad_chan chan = f->chans[arg % CHANS];
    uint8_t to[64];
    switch (which % 10) {
    case 0:
        if (!woad_l2cap_connect(f->h, f->conn, &cfg, five))
            remember(f, five[0]);
        break;
    case 1:
        if (!woad_l2cap_connect_enhanced(f->h, f->conn, &cfg, five, arg % 6u))
            remember(f, five[0]);
        break;
    case 2: (void)!woad_l2cap_send(f->h, chan, f->memory, arg * 16u, NULL); break;
    case 3: (void)!woad_l2cap_write(f->h, chan, f->memory, arg * 16u + 1, NULL); break;
    case 4: (void)!woad_l2cap_close(f->h, chan, arg & 1); break;
    case 5: (void)!woad_l2cap_release(f->h, chan); break;
    case 6: (void)!woad_l2cap_accept(f->h, chan, arg & 15, NULL, NULL); break;
    case 7: (void)!woad_l2cap_reconfigure(f->h, &chan, 1, (uint16_t)(arg * 300), 64 + arg); break;
    case 8: woad_l2cap_recv(f->h, chan, to, arg % sizeof(to), NULL); break;
    default: woad_l2cap_read(f->h, chan, to, sizeof(to)); break;
    }
}

static void run(struct fuzz *f)
{
    woad_host_run(f->h, f->now);
    check_channels(f);
}

static void step(struct fuzz *f)
{
    uint8_t op = woad_rd_u8(&f->in);
    uint8_t arg = woad_rd_u8(&f->in);
    switch (op % 12) {
    case 0: answer(f, 0); break;
    case 1: answer(f, arg); break;
    case 2: link_event(f, arg); break;
    case 3: raw_in(f, WOAD_PKT_EVT, arg); break;
    case 4: raw_in(f, WOAD_PKT_ACL, arg); break;
    case 5: pdu_in(f, 5, arg % 32); break;
    case 6: pdu_in(f, (uint16_t)(0x40 + arg % 4), arg); break;
    case 7: call_gap(f, arg); break;
    case 8: call_l2cap(f, arg, woad_rd_u8(&f->in)); break;
    case 9: release(f, arg); break;
    case 10: f->now += arg * UINT64_C(20000); break;
    default: break;
    }
    if (op & 0x80)
        return; /* several things between two turns of the pump */
    run(f);
    transmit(f);
}

static void start(struct fuzz *f)
{
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = on_chan, .arg = f};
    (void)!woad_l2cap_listen(f->h, &cfg);
    (void)!woad_host_start(f->h);
    for (int i = 0; i < 40; i++) {
        run(f);
        transmit(f);
        release(f, HELD);
        if (f->opcode)
            answer(f, 0);
        f->opcode = 0;
    }
    link_event(f, 0);
    run(f);
}

/* Stops and sees that nothing is left. */
static void finish(struct fuzz *f)
{
    struct woad_host_stats stats;
    (void)!woad_host_stop(f->h);
    for (int i = 0; i < 400 && !f->stopped; i++) {
        f->now += 100000;
        run(f);
        transmit(f);
        release(f, HELD);
    }
    for (int i = 0; i < 50; i++)
        run(f);
    for (unsigned i = 0; i < CHANS; i++)
        (void)!woad_l2cap_release(f->h, f->chans[i]);
    woad_host_get_stats(f->h, &stats);
    CHECK(f->stopped);
    CHECK(stats.ops_pending == 0);
    CHECK(stats.bufs_in_use == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz *f = calloc(1, sizeof(*f));
    struct woad_host_cfg cfg = {.event = on_host,
                                .event_arg = f,
                                .rand = no_random,
                                .max_conns = 2,
                                .max_chans = 6,
                                .max_sends = 8,
                                .acl_tx_count = 6,
                                .sig_count = 4,
                                .chan_rx_size = 1024,
                                .cmd_timeout_ms = 1000};
    size_t mem_size = woad_host_mem_size(&cfg);
    void *mem = malloc(mem_size);
    f->in = woad_rd_init(data, size);
    f->now = 1;
    f->conn = 0x40;
    CHECK(woad_host_init(mem, mem_size, &cfg, &f->h) == 0);
    start(f);
    while (f->in.left && woad_rd_ok(&f->in))
        step(f);
    finish(f);
    woad_host_deinit(f->h);
    free(mem);
    free(f);
    return 0;
}
