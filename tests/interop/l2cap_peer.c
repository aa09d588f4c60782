/* Our host as a peer of the interoperability tests: one channel, SIZE octets each way at once.
 *
 *     l2cap_peer URI central|peripheral NAME SIZE
 *
 * As central it scans for NAME, connects, opens a channel to PSM 0x80, and disconnects when both
 * directions are complete. As peripheral it advertises as NAME, accepts, lets the peer speak first,
 * and waits for it to disconnect. Octet i of either stream is i * 7 + (i >> 8). Exit code 0 when
 * all arrived. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "woad/gap.h"
#include "woad/l2cap.h"
#include "woad/transport_uri.h"

enum { PSM = 0x80, TIMEOUT_S = 100 };

struct peer {
    struct woad_uri uri;
    struct woad_host *host;
    const char *name;
    bool central;
    uint16_t conn;
    uint8_t *data;
    size_t size;
    size_t received;
    bool begun;
    bool sent;
    int exit_code; /* -1: not over */
};

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static void end(struct peer *p, int exit_code, const char *why)
{
    if (p->exit_code < 0) {
        p->exit_code = exit_code;
        printf("%s: sent %d, received %zu of %zu\n", why, p->sent, p->received, p->size);
    }
}

/* A call that must succeed. */
static void check(struct peer *p, int err, const char *what)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, woad_err_text(err));
        end(p, 1, what);
    }
}

static void begin(struct peer *p, woad_chan chan)
{
    if (!p->begun)
        check(p, woad_l2cap_write(p->host, chan, p->data, p->size, NULL), "write");
    p->begun = true;
}

static void take(struct peer *p, woad_chan chan)
{
    uint8_t buf[4096];
    long n;
    while ((n = woad_l2cap_read(p->host, chan, buf, sizeof(buf))) > 0) {
        for (long i = 0; i < n; i++)
            if (buf[i] != pattern(p->received + (size_t)i))
                end(p, 1, "wrong octets");
        p->received += (size_t)n;
    }
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *e)
{
    struct peer *p = arg;
    switch (e->type) {
    case WOAD_CHAN_ACCEPT:
        check(p, woad_l2cap_accept(h, e->chan, WOAD_L2CAP_OK, on_chan, p), "accept");
        break;
    case WOAD_CHAN_OPENED:
        if (p->central)
            begin(p, e->chan);
        break;
    case WOAD_CHAN_SENT: p->sent = e->u.sent.err == 0; break;
    case WOAD_CHAN_RECEIVED:
        begin(p, e->chan);
        take(p, e->chan);
        break;
    case WOAD_CHAN_CLOSED:
        if (!p->sent || p->received != p->size)
            end(p, 1, "the channel closed early");
        break;
    default: break;
    }
    if (p->central && p->sent && p->received == p->size && e->type != WOAD_CHAN_CLOSED)
        check(p, woad_gap_disconnect(h, p->conn, 0), "disconnect");
}

static void advertise(struct peer *p)
{
    uint8_t data[31] = {2, 1, 6};
    uint8_t len = (uint8_t)strlen(p->name);
    data[3] = (uint8_t)(len + 1);
    data[4] = 9;
    memcpy(data + 5, p->name, len);
    struct woad_chan_cfg cfg = {.psm = PSM, .event = on_chan, .arg = p};
    check(p, woad_l2cap_listen(p->host, &cfg), "listen");
    struct woad_adv_params adv = {.data = data, .data_len = (uint8_t)(len + 5)};
    check(p, woad_gap_advertise_start(p->host, &adv), "advertise");
}

static void on_report(struct peer *p, const struct woad_host_evt *e)
{
    const uint8_t *d = e->u.report.data;
    size_t len = strlen(p->name);
    for (size_t i = 0; i + len <= e->u.report.data_len; i++)
        if (memcmp(d + i, p->name, len) == 0 && p->conn == WOAD_CONN_NONE) {
            struct woad_conn_params params = {0};
            p->conn = 0; /* once */
            check(p, woad_gap_connect(p->host, &e->u.report.addr, &params), "connect");
            return;
        }
}

static void on_connected(struct peer *p, const struct woad_host_evt *e)
{
    p->conn = e->conn;
    if (!p->central)
        return;
    woad_chan chan;
    struct woad_chan_cfg cfg = {.psm = PSM, .event = on_chan, .arg = p};
    check(p, woad_l2cap_connect(p->host, e->conn, &cfg, &chan), "open a channel");
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *e)
{
    struct peer *p = arg;
    switch (e->type) {
    case WOAD_EVT_READY:
        if (p->central)
            check(p, woad_gap_scan_start(h, &(struct woad_scan_params){.filter_duplicates = true}),
                  "scan");
        else
            advertise(p);
        break;
    case WOAD_EVT_ADV_REPORT: on_report(p, e); break;
    case WOAD_EVT_CONNECTED: on_connected(p, e); break;
    case WOAD_EVT_DISCONNECTED:
        end(p, p->sent && p->received == p->size ? 0 : 1, "disconnected");
        break;
    case WOAD_EVT_CONNECT_FAILED: end(p, 1, "no connection"); break;
    case WOAD_EVT_FAULT: end(p, 1, woad_host_fault_text(e)); break;
    default: break;
    }
}

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    return woad_host_rx_alloc(((struct peer *)arg)->host, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    if (woad_host_rx(((struct peer *)arg)->host, pkt) < 0)
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
    end(arg, 1, "the transport failed");
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, NULL};

static woad_time now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (woad_time)ts.tv_sec * 1000000 + (woad_time)ts.tv_nsec / 1000;
}

static void rand_bytes(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    while (len--)
        *to++ = (uint8_t)rand();
}

/* One turn of the pump of woad/transport.h. */
static void turn(struct peer *p)
{
    struct woad_transport *t = p->uri.transport;
    struct woad_buf *pkt;
    woad_time next = woad_host_run(p->host, now_us());
    while ((pkt = woad_host_tx(p->host)))
        if (woad_transport_tx(t, pkt) < 0) {
            woad_host_tx_undo(p->host, pkt);
            break;
        }
    next = woad_time_min(next, woad_transport_poll(t, now_us()));
    next = woad_time_min(next, woad_host_run(p->host, now_us()));
    woad_time now = now_us();
    int wait_ms = next <= now ? 0 : next - now < 20000 ? (int)((next - now) / 1000 + 1) : 20;
    struct pollfd fd = {.fd = t->fd,
                        .events = (short)((t->wants & WOAD_WANT_READ ? POLLIN : 0) |
                                          (t->wants & WOAD_WANT_WRITE ? POLLOUT : 0))};
    poll(&fd, 1, wait_ms);
}

int main(int argc, char **argv)
{
    if (argc != 5 || strlen(argv[3]) > 20)
        return 2;
    struct peer p = {.central = strcmp(argv[2], "central") == 0,
                     .name = argv[3],
                     .size = strtoul(argv[4], NULL, 10),
                     .conn = WOAD_CONN_NONE,
                     .exit_code = -1};
    p.data = malloc(p.size + 1);
    for (size_t i = 0; i < p.size; i++)
        p.data[i] = pattern(i);
    struct woad_host_cfg cfg = {.event = on_event, .event_arg = &p, .rand = rand_bytes};
    size_t mem_size = woad_host_mem_size(&cfg);
    void *mem = malloc(mem_size);
    if (woad_uri_init(&p.uri, argv[1], &(struct woad_uri_cfg){0}) < 0) {
        fprintf(stderr, "%s\n", p.uri.why);
        return 2;
    }
    if (!mem || woad_host_init(mem, mem_size, &cfg, &p.host) < 0)
        return 1;
    if (woad_transport_open(p.uri.transport, &up, &p) < 0) {
        fprintf(stderr, "%s\n", p.uri.transport->why);
        return 1;
    }
    check(&p, woad_host_start(p.host), "start");
    woad_time deadline = now_us() + WOAD_S(TIMEOUT_S);
    while (p.exit_code < 0) {
        turn(&p);
        if (now_us() > deadline)
            end(&p, 1, "time ran out");
    }
    woad_transport_close(p.uri.transport);
    woad_host_deinit(p.host);
    woad_uri_deinit(&p.uri);
    free(mem);
    free(p.data);
    return p.exit_code;
}
