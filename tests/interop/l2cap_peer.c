/* Our host as a peer of the interoperability tests: one channel, SIZE octets each way at once.
 *
 *     l2cap_peer URI central|peripheral NAME SIZE
 *
 * As central it scans for NAME, connects, opens a channel to PSM 0x80, and disconnects when both
 * directions are complete. As peripheral it advertises as NAME, accepts, lets the peer speak first,
 * and waits for it to disconnect. Octet i of either stream is i * 7 + (i >> 8). Exit code 0 when
 * all arrived. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "woad/gap.h"
#include "woad/l2cap.h"

enum { PSM = 0x80, TIMEOUT_S = 100 };

struct peer {
    struct peer_run run;
    const char *name;
    bool central;
    uint16_t conn;
    uint8_t *data;
    size_t size;
    size_t received;
    bool begun;
    bool sent;
};

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static void end(struct peer *p, int exit_code, const char *why)
{
    if (peer_end(&p->run, exit_code))
        printf("%s: sent %d, received %zu of %zu\n", why, p->sent, p->received, p->size);
}

static void check(struct peer *p, int err, const char *what)
{
    peer_check(&p->run, err, what);
}

static void begin(struct peer *p, woad_chan chan)
{
    if (!p->begun)
        check(p, woad_l2cap_write(p->run.host, chan, p->data, p->size, NULL), "write");
    p->begun = true;
}

static void take(struct peer *p, woad_chan chan)
{
    uint8_t buf[4096];
    long n;
    while ((n = woad_l2cap_read(p->run.host, chan, buf, sizeof(buf))) > 0) {
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
    check(p, woad_l2cap_listen(p->run.host, &cfg), "listen");
    struct woad_adv_params adv = {.data = data, .data_len = (uint8_t)(len + 5)};
    check(p, woad_gap_advertise_start(p->run.host, &adv), "advertise");
}

static void on_report(struct peer *p, const struct woad_host_evt *e)
{
    const uint8_t *d = e->u.report.data;
    size_t len = strlen(p->name);
    for (size_t i = 0; i + len <= e->u.report.data_len; i++)
        if (memcmp(d + i, p->name, len) == 0 && p->conn == WOAD_CONN_NONE) {
            struct woad_conn_params params = {0};
            p->conn = 0; /* once */
            check(p, woad_gap_connect(p->run.host, &e->u.report.addr, &params), "connect");
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
    check(p, woad_l2cap_connect(p->run.host, e->conn, &cfg, &chan), "open a channel");
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

int main(int argc, char **argv)
{
    if (argc != 5 || strlen(argv[3]) > 20)
        return 2;
    struct peer p = {.central = strcmp(argv[2], "central") == 0,
                     .name = argv[3],
                     .size = strtoul(argv[4], NULL, 10),
                     .conn = WOAD_CONN_NONE};
    p.data = malloc(p.size + 1);
    for (size_t i = 0; i < p.size; i++)
        p.data[i] = pattern(i);
    int exit_code =
        peer_run(&p.run, &(struct peer_cfg){.uri = argv[1],
                                            .timeout_s = TIMEOUT_S,
                                            .host = {.event = on_event, .event_arg = &p}});
    free(p.data);
    return exit_code;
}
