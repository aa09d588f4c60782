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
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "woad/gap_ext.h"
#include "woad/gap_periodic.h"

enum { SID = 5, DATA_LEN = 180, TRAIN_LEN = 40, TIMEOUT_S = 120 };

struct peer {
    struct peer_run run; /* first */
    const char *mode;
    bool found;
    bool followed;
    bool stopping;
    uint8_t data[DATA_LEN];
};

static void end(struct peer *p, int exit_code, const char *why)
{
    if (peer_end(&p->run, exit_code))
        printf("%s\n", why);
}

static void check(struct peer *p, int err, const char *what)
{
    peer_check(&p->run, err, what);
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
        check(p, woad_adv_set_start(p->run.host, 0, &set), "start a set");
    else
        check(p,
              woad_gap_ext_scan_start(p->run.host,
                                      &(struct woad_ext_scan_params){.phy_1m.active = true}),
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
        check(p, woad_pa_sync(p->run.host, &r->addr, &(struct woad_pa_sync_params){.sid = SID}),
              "synchronise");
    else
        check(p, woad_gap_connect(p->run.host, &r->addr, NULL), "connect");
}

static void on_set(struct peer *p, const struct woad_adv_set_evt *e)
{
    const struct woad_pa_params train = {.data = p->data, .data_len = TRAIN_LEN};
    if (e->type == WOAD_ADV_SET_STARTED) {
        check(p, e->result.err, "the set");
        check(p, woad_pa_start(p->run.host, 0, &train), "start a train");
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
        check(p, woad_pa_sync_end(p->run.host, e->u.report.sync), "end the sync");
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

/* Whoever started the program tells it to stop advertising. */
static void turn(struct peer_run *r)
{
    struct peer *p = (struct peer *)r;
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!is(p, "advertise") || p->stopping || poll(&fd, 1, 0) <= 0)
        return;
    p->stopping = true;
    check(p, woad_adv_set_stop(r->host, 0), "stop");
}

int main(int argc, char **argv)
{
    static const struct woad_host_use parts[] = {{&woad_gap_ext_adv_part, NULL},
                                                 {&woad_gap_ext_scan_part, NULL},
                                                 {&woad_gap_periodic_part, NULL},
                                                 {NULL, NULL}};
    if (argc != 3)
        return 2;
    struct peer p = {.mode = argv[2]};
    for (size_t i = 0; i < DATA_LEN; i++)
        p.data[i] = (uint8_t)(i * 7);
    return peer_run(
        &p.run, &(struct peer_cfg){.uri = argv[1],
                                   .timeout_s = TIMEOUT_S,
                                   .turn = turn,
                                   .host = {.event = on_event, .event_arg = &p, .parts = parts}});
}
