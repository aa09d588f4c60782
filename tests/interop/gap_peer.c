/* Our host as a peer of the interoperability tests of GAP, on the extended commands.
 *
 *     gap_peer URI advertise   set 0 (SID 5) with 180 octets and a train of 40
 *     gap_peer URI listen      scans for 180 octets, prints them, synchronises to the train of that
 *                              advertiser's SID 5 and prints its first report
 *     gap_peer URI connect     connects to whoever advertises 180 octets and disconnects
 *
 * Octet i of what is advertised is i * 7. advertise goes on until standard input has something or
 * ends. Exit code 0 when all went well. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "woad/gap_ext.h"
#include "woad/gap_periodic.h"
#include "woad/transport_uri.h"

enum { SID = 5, DATA_LEN = 180, TRAIN_LEN = 40, TIMEOUT_S = 120 };

struct peer {
    struct woad_uri uri;
    struct woad_host *host;
    const char *mode;
    bool found;
    bool followed;
    bool stopping;
    uint8_t data[DATA_LEN];
    int exit_code; /* -1: not over */
};

static void end(struct peer *p, int exit_code, const char *why)
{
    if (p->exit_code < 0) {
        p->exit_code = exit_code;
        printf("%s\n", why);
    }
}

/* A call or an operation that must succeed. */
static void check(struct peer *p, int err, const char *what)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, woad_err_text(err));
        end(p, 1, what);
    }
}

static void print_data(const char *what, const uint8_t *data, uint16_t len)
{
    printf("%s ", what);
    for (uint16_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    printf("\n");
    fflush(stdout);
}

static bool is(const struct peer *p, const char *mode)
{
    return strcmp(p->mode, mode) == 0;
}

static void on_ready(struct peer *p)
{
    const struct woad_adv_set_params set = {.sid = SID, .data = p->data, .data_len = DATA_LEN};
    if (is(p, "advertise"))
        check(p, woad_adv_set_start(p->host, 0, &set), "start a set");
    else
        check(
            p,
            woad_gap_ext_scan_start(p->host, &(struct woad_ext_scan_params){.phy_1m.active = true}),
            "scan");
}

static void on_report(struct peer *p, const struct woad_ext_report *r)
{
    char addr[WOAD_ADDR_STR_SIZE];
    if (r->data_len != DATA_LEN || r->flags & WOAD_EXT_REPORT_SCAN_RSP || p->found)
        return;
    p->found = true;
    printf("found %s\n", woad_addr_format(&r->addr, addr));
    print_data("data", r->data, r->data_len);
    if (is(p, "listen"))
        check(p, woad_pa_sync(p->host, &r->addr, &(struct woad_pa_sync_params){.sid = SID}),
              "synchronise");
    else
        check(p, woad_gap_connect(p->host, &r->addr, NULL), "connect");
}

static void on_set(struct peer *p, const struct woad_adv_set_evt *e)
{
    const struct woad_pa_params train = {.data = p->data, .data_len = TRAIN_LEN};
    if (e->type == WOAD_ADV_SET_STARTED) {
        check(p, e->result.err, "the set");
        check(p, woad_pa_start(p->host, 0, &train), "start a train");
    } else if (e->type == WOAD_ADV_SET_STOPPED) {
        end(p, e->result.err ? 1 : 0, "the set has stopped");
    }
}

static void on_periodic(struct peer *p, const struct woad_pa_evt *e)
{
    if (e->type == WOAD_PA_STARTED)
        check(p, e->u.train.result.err, "the train");
    if (e->type == WOAD_PA_SYNCED)
        check(p, e->u.synced.result.err, "the sync");
    if (e->type == WOAD_PA_REPORT && !p->followed) {
        p->followed = true;
        print_data("train", e->u.report.data, e->u.report.data_len);
        check(p, woad_pa_sync_end(p->host, e->u.report.sync), "end the sync");
    }
    if (e->type == WOAD_PA_LOST)
        end(p, e->u.lost.result.err ? 1 : 0, "the sync has ended");
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *e)
{
    struct peer *p = arg;
    switch (e->type) {
    case WOAD_EVT_READY: on_ready(p); break;
    case WOAD_EVT_EXT_REPORT: on_report(p, e->u.ext_report); break;
    case WOAD_EVT_ADV_SET: on_set(p, e->u.adv_set); break;
    case WOAD_EVT_PERIODIC: on_periodic(p, e->u.periodic); break;
    case WOAD_EVT_CONNECTED:
        printf("connected\n");
        check(p, woad_gap_disconnect(h, e->conn, 0), "disconnect");
        break;
    case WOAD_EVT_DISCONNECTED: end(p, e->u.disconnected.result.err ? 1 : 0, "disconnected"); break;
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
    woad_host_run(p->host, now_us());
    while ((pkt = woad_host_tx(p->host)))
        if (woad_transport_tx(t, pkt) < 0) {
            woad_host_tx_undo(p->host, pkt);
            break;
        }
    woad_transport_poll(t, now_us());
    struct pollfd fd = {.fd = t->fd,
                        .events = (short)((t->wants & WOAD_WANT_READ ? POLLIN : 0) |
                                          (t->wants & WOAD_WANT_WRITE ? POLLOUT : 0))};
    poll(&fd, 1, 5);
}

static bool told_to_stop(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

int main(int argc, char **argv)
{
    static const struct woad_host_use parts[] = {{&woad_gap_ext_adv_part, NULL},
                                                 {&woad_gap_ext_scan_part, NULL},
                                                 {&woad_gap_periodic_part, NULL},
                                                 {NULL, NULL}};
    if (argc != 3)
        return 2;
    struct peer p = {.mode = argv[2], .exit_code = -1};
    for (size_t i = 0; i < DATA_LEN; i++)
        p.data[i] = (uint8_t)(i * 7);
    struct woad_host_cfg cfg = {.event = on_event,
                                .event_arg = &p,
                                .rand = rand_bytes,
                                .parts = parts,
                                .cmd_timeout_ms = 60000}; /* the machine may be busy */
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
        if (is(&p, "advertise") && !p.stopping && told_to_stop()) {
            p.stopping = true;
            check(&p, woad_adv_set_stop(p.host, 0), "stop");
        }
        if (now_us() > deadline)
            end(&p, 1, "time ran out");
    }
    woad_transport_close(p.uri.transport);
    woad_host_deinit(p.host);
    woad_uri_deinit(&p.uri);
    free(mem);
    return p.exit_code;
}
