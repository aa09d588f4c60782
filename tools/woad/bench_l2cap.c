/* woad bench l2cap: octets per second of virtual time against what the air allows. */
#include "air.h"
#include "commands.h"
#include "node.h"
#include "tool.h"
#include "world.h"

#include "woad/gap.h"
#include "woad/l2cap.h"

#include <stdlib.h>
#include <string.h>

#define BENCH_PSM    0x00D1
#define SDU_LEN      245u /* one K-frame, one PDU of 251 */
#define WAIT_SDU_LEN 512u
#define WRITE_LEN    32768u
#define MEASURE_S    8.0

enum api {
    API_STREAM,  /* write() of any size */
    API_SDU,     /* send() of 245 octets, as many under way as the host takes */
    API_SDU_WAIT /* send() of 512 octets, the next after SENT: what many applications do */
};
static const char *const api_names[] = {"stream", "sdu", "sdu-wait"};

struct bench_case {
    uint8_t phy;
    double interval_ms;
    bool both;
    enum api api;
};

struct run;

/* One direction: what its sender has given and what its receiver has taken. */
struct flow {
    struct run *run;
    struct woad_host *host; /* of the sender */
    woad_chan chan;
    uint64_t sent;
    uint64_t received;
    unsigned under_way;
    bool on;
};

struct run {
    struct bench_case c;
    struct world world;
    struct node node[2]; /* 0 central, 1 peripheral */
    struct flow flow[2]; /* by sender */
    uint16_t conn;
    bool phy_done;
    bool len_done;
    bool asked;
    int error;
    struct woad_chan_info info;
};

static const uint8_t payload[WRITE_LEN] = {0x55};

static void fill(struct flow *f)
{
    const struct bench_case *c = &f->run->c;
    while (f->on) {
        int err;
        if (c->api == API_STREAM && f->under_way >= 3)
            return;
        if (c->api == API_SDU_WAIT && f->under_way >= 1)
            return;
        if (c->api == API_STREAM)
            err = woad_l2cap_write(f->host, f->chan, payload, WRITE_LEN, NULL);
        else
            err = woad_l2cap_send(f->host, f->chan, payload,
                                  c->api == API_SDU ? SDU_LEN : WAIT_SDU_LEN, NULL);
        if (err == WOAD_ERR_AGAIN)
            return;
        if (err < 0) {
            f->run->error = err;
            return;
        }
        f->under_way++;
    }
}

static void channel_event(struct run *r, unsigned side, struct woad_host *h,
                          const struct woad_chan_evt *evt)
{
    static uint8_t sink[4096];
    struct flow *out = &r->flow[side];
    long n;
    switch (evt->type) {
    case WOAD_CHAN_ACCEPT:
        r->error = woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL);
        break;
    case WOAD_CHAN_OPENED:
        out->host = h;
        out->chan = evt->chan;
        out->on = side == 0 || r->c.both;
        if (side == 0)
            r->error = woad_l2cap_info(h, evt->chan, &r->info);
        fill(out);
        break;
    case WOAD_CHAN_SENT:
        out->under_way--;
        out->sent += evt->u.sent.len;
        fill(out);
        break;
    case WOAD_CHAN_WRITABLE: fill(out); break;
    case WOAD_CHAN_RECEIVED:
        while ((n = woad_l2cap_read(h, evt->chan, sink, sizeof(sink))) > 0)
            r->flow[!side].received += (uint64_t)n;
        break;
    case WOAD_CHAN_CLOSED: r->error = evt->u.closed.err ? evt->u.closed.err : -1; break;
    default: break;
    }
}

static void central_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    channel_event(arg, 0, h, evt);
}

static void peripheral_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    channel_event(arg, 1, h, evt);
}

static void open_channel(struct run *r, struct woad_host *h)
{
    struct woad_chan_cfg cfg = {.psm = BENCH_PSM, .event = central_channel, .arg = r};
    woad_chan chan;
    if (r->asked || !r->phy_done || !r->len_done)
        return;
    r->asked = true;
    r->error = woad_l2cap_connect(h, r->conn, &cfg, &chan);
}

static void peripheral_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct run *r = arg;
    struct woad_chan_cfg cfg = {.psm = BENCH_PSM, .event = peripheral_channel, .arg = r};
    if (evt->type != WOAD_EVT_READY)
        return;
    r->error = woad_l2cap_listen(h, &cfg);
    if (r->error == 0)
        r->error = woad_gap_advertise_start(h, &(struct woad_adv_params){0});
}

static void central_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct run *r = arg;
    uint16_t interval = (uint16_t)(r->c.interval_ms / 1.25);
    struct woad_conn_params params = {.interval_min_1250us = interval};
    switch (evt->type) {
    case WOAD_EVT_READY: r->error = woad_gap_scan_start(h, &(struct woad_scan_params){0}); break;
    case WOAD_EVT_ADV_REPORT:
        if (r->conn == WOAD_CONN_NONE && woad_gap_scan_stop(h) == 0)
            r->error = woad_gap_connect(h, &evt->u.report.addr, &params);
        break;
    case WOAD_EVT_CONNECTED: r->conn = evt->conn; break;
    case WOAD_EVT_PHY_UPDATED: r->phy_done = true; break;
    case WOAD_EVT_DATA_LEN: r->len_done = true; break;
    case WOAD_EVT_DISCONNECTED: r->error = WOAD_ERR_NOT_CONNECTED; break;
    default: break;
    }
    if (r->conn != WOAD_CONN_NONE)
        open_channel(r, h);
}

static int build(struct run *r)
{
    if (world_init(&r->world, &(struct world_cfg){.seed = 1}))
        return WOAD_ERR_NO_MEM;
    bool slow = r->c.phy == WOAD_PHY_1M;
    r->phy_done = slow;
    for (unsigned side = 0; side < 2; side++) {
        struct node_cfg cfg = {
            .name = side ? "peripheral" : "central",
            .dev = {.x_m = side, .sleep_ppm = side ? 20 : -20},
            .host = {.event = side ? peripheral_event : central_event,
                     .event_arg = r,
                     .no_auto_phy = slow},
        };
        r->flow[side].run = r;
        int err = node_init(&r->node[side], r->world.sim, &cfg);
        if (err == 0)
            err = woad_host_start(r->node[side].host);
        if (err < 0)
            return err;
        node_wake(&r->node[side]);
    }
    return 0;
}

struct figures {
    double bytes_per_s; /* the slower direction */
    double limit;
};

/* Opens the channel, lets it run in, then counts for MEASURE_S of virtual time. */
static int measure(struct run *r, struct figures *f)
{
    for (int i = 0; i < 1000 && !r->flow[0].on && !r->error; i++)
        world_run_for(&r->world, WOAD_SIM_MS(10));
    if (!r->flow[0].on)
        return r->error ? r->error : WOAD_ERR_TIMEOUT;
    world_run_for(&r->world, WOAD_SIM_MS(500));
    uint64_t before[2] = {r->flow[0].received, r->flow[1].received};
    world_run_for(&r->world, (woad_sim_time)(MEASURE_S * 1e9));
    double rate[2];
    for (unsigned i = 0; i < 2; i++)
        rate[i] = (double)(r->flow[i].received - before[i]) / MEASURE_S;
    f->bytes_per_s = r->c.both && rate[1] < rate[0] ? rate[1] : rate[0];
    struct air_link link = {
        .phy = r->c.phy,
        .interval_us = r->c.interval_ms * 1000,
        .both_ways = r->c.both,
        .mps = r->info.peer_mps,
        .sdu_len = r->c.api == API_STREAM ? r->info.peer_mtu
                   : r->c.api == API_SDU  ? SDU_LEN
                                          : WAIT_SDU_LEN,
    };
    f->limit = air_limit(&link);
    return r->error;
}

static int run_case(const struct bench_case *c, struct figures *f)
{
    struct run *r = calloc(1, sizeof(*r));
    if (!r)
        return WOAD_ERR_NO_MEM;
    r->c = *c;
    r->conn = WOAD_CONN_NONE;
    int err = build(r);
    if (err == 0)
        err = measure(r, f);
    node_deinit(&r->node[0]);
    node_deinit(&r->node[1]);
    if (world_deinit(&r->world) && err == 0)
        err = WOAD_ERR_IO;
    free(r);
    return err;
}

struct bench_opts {
    bool json;
};

static const struct tool_opt options[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct bench_opts, json), "print JSON"},
    {0},
};

static const struct tool_usage usage = {
    "bench l2cap",
    "[--json]",
    "Two devices two metres apart, default settings, clocks 40 ppm apart: octets per second of\n"
    "virtual time on one credit-based channel, per direction, and the limit of the air computed\n"
    "from the packet formats for the same MPS and SDU length. API 'stream' writes 32 KiB at a\n"
    "time, 'sdu' sends 245 octets at a time, 'sdu-wait' sends 512 octets and waits for their\n"
    "completion. The figures repeat exactly.",
    options,
};

static void print_case(struct tool_json *j, const struct bench_case *c, const struct figures *f)
{
    const char *phy = c->phy == WOAD_PHY_2M ? "2m" : "1m";
    const char *direction = c->both ? "both" : "one-way";
    if (!j) {
        printf("%-3s %5.1f ms  %-8s %-9s %9.0f %9.0f   %.4f\n", phy, c->interval_ms, direction,
               api_names[c->api], f->bytes_per_s, f->limit, f->bytes_per_s / f->limit);
        fflush(stdout);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "phy", phy);
    tool_json_double(j, "interval_ms", c->interval_ms, 1);
    tool_json_str(j, "direction", direction);
    tool_json_str(j, "api", api_names[c->api]);
    tool_json_double(j, "bytes_per_s", f->bytes_per_s, 0);
    tool_json_double(j, "limit_bytes_per_s", f->limit, 0);
    tool_json_double(j, "ratio", f->bytes_per_s / f->limit, 4);
    tool_json_close(j, '}');
}

static int bench_one(struct tool_json *j, const struct bench_case *c)
{
    struct figures f = {0};
    if (tool_interrupted())
        return TOOL_INTERRUPTED;
    int err = run_case(c, &f);
    if (err < 0) {
        tool_error("%s at %.1f ms does not run: %s", api_names[c->api], c->interval_ms,
                   woad_err_text(err));
        return TOOL_FAILED;
    }
    print_case(j, c, &f);
    return TOOL_OK;
}

int woad_bench_l2cap(int argc, char **argv)
{
    static const double intervals_ms[] = {7.5, 30, 50};
    struct bench_opts o = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc >= 0)
        return rc;
    struct tool_json json, *j = o.json ? &json : NULL;
    if (j) {
        tool_json_begin(j, stdout);
        tool_json_open(j, NULL, '[');
    } else {
        printf("phy interval  direction api       octets/s     limit   ratio\n");
    }
    rc = TOOL_OK;
    for (unsigned n = 0; n < 24 && rc == TOOL_OK; n++) {
        struct bench_case c = {
            .phy = n / 12 ? WOAD_PHY_2M : WOAD_PHY_1M,
            .interval_ms = intervals_ms[n / 4 % 3],
            .both = n / 2 % 2,
            .api = n % 2 ? API_SDU : API_STREAM,
        };
        rc = bench_one(j, &c);
    }
    if (rc == TOOL_OK)
        rc = bench_one(j, &(struct bench_case){WOAD_PHY_2M, 30, false, API_SDU_WAIT});
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return rc;
}
