/* woad bench notify: notifications per second of virtual time against what the air allows, and the
 * time that one takes from the call at the server to the event at the client. */
#include "air.h"
#include "commands.h"
#include "node.h"
#include "tool.h"
#include "world.h"

#include "woad/gap.h"
#include "woad/gattc.h"
#include "woad/gatts.h"

#include <stdlib.h>
#include <string.h>

#define MEASURE_S 8.0
#define SAMPLES   400u
#define VALUE_MAX 244u
#define HEADERS   (4u + 3u) /* L2CAP; opcode and handle */
#define T_IFS_US  150.0

struct notify_case {
    uint8_t phy;
    double interval_ms;
    uint16_t value_len;
};

struct run {
    struct notify_case c;
    struct world world;
    struct node node[2]; /* 0 central and client, 1 peripheral and server */
    struct woad_gatt_service service;
    struct woad_gattc_op mtu_op, sub_op;
    struct woad_gattc_sub sub;
    uint16_t conn[2];
    bool phy_done, len_done, asked, subscribed;
    bool fill;       /* the server sends whenever it can */
    uint32_t sent;   /* the number in a value */
    uint64_t values; /* that came, in order */
    double came_us;  /* the last */
    int error;
};

struct figures {
    double bytes_per_s, limit, per_event;
    double median_us, max_us, limit_us; /* of the latency */
    unsigned missed;
};

static const struct woad_uuid service_uuid = WOAD_UUID16(0x180D), value_uuid = WOAD_UUID16(0x2A37);
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&service_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY),
    WOAD_GATT_DYNAMIC(&value_uuid, NULL, VALUE_MAX, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};
#define VALUE_AT 2

/* Fits in a PDU of 27 octets. The central of a link that allows longer ones ends its event while
 * there is still room for a long answer, so such values go further without. */
static bool is_short(const struct notify_case *c)
{
    return c->value_len + HEADERS <= 27;
}

static double now_us(const struct run *r)
{
    return (double)woad_sim_now(r->world.sim) / 1000;
}

/* ---- the server ------------------------------------------------------------------------------ */

static int notify(struct run *r)
{
    uint8_t value[VALUE_MAX] = {0};
    memcpy(value, &r->sent, sizeof(r->sent));
    int err = woad_gatts_notify(r->node[1].host, r->conn[1],
                                (uint16_t)(r->service.start + VALUE_AT), value, r->c.value_len);
    r->sent += err == 0;
    return err;
}

static void fill(struct run *r)
{
    int err = 0;
    while (r->fill && !err)
        err = notify(r);
    if (err && err != WOAD_ERR_AGAIN)
        r->error = err;
}

static void server_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct run *r = arg;
    (void)h;
    if (evt->type == WOAD_GATTS_WRITABLE)
        fill(r);
}

static void peripheral_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct run *r = arg;
    if (evt->type == WOAD_EVT_READY)
        r->error = woad_gap_advertise_start(h, &(struct woad_adv_params){0});
    if (evt->type == WOAD_EVT_CONNECTED)
        r->conn[1] = evt->conn;
}

/* ---- the client ------------------------------------------------------------------------------ */

static void client_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct run *r = arg;
    uint32_t number;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE) {
        r->subscribed |= evt->op == &r->sub_op;
        if (evt->u.done.err)
            r->error = evt->u.done.err;
    } else if (evt->type == WOAD_GATTC_VALUE) {
        memcpy(&number, evt->u.value.data, sizeof(number));
        if (evt->u.value.len != r->c.value_len || number != (uint32_t)r->values)
            r->error = WOAD_ERR_FORMAT;
        r->values++;
        r->came_us = now_us(r);
    }
}

static void subscribe(struct run *r, struct woad_host *h)
{
    if (r->asked || !r->phy_done || !r->len_done)
        return;
    r->asked = true;
    r->mtu_op = r->sub_op = (struct woad_gattc_op){.event = client_event, .arg = r};
    r->sub = (struct woad_gattc_sub){
        .event = client_event,
        .arg = r,
        .value_handle = (uint16_t)(r->service.start + VALUE_AT),
        .ccc_handle = (uint16_t)(r->service.start + VALUE_AT + 1),
    };
    r->error = woad_gattc_exchange_mtu(h, r->conn[0], &r->mtu_op);
    if (!r->error)
        r->error = woad_gattc_subscribe(h, r->conn[0], &r->sub_op, &r->sub, WOAD_GATTC_NOTIFY);
}

static void central_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct run *r = arg;
    uint16_t interval = (uint16_t)(r->c.interval_ms / 1.25);
    struct woad_conn_params params = {.interval_min_1250us = interval};
    switch (evt->type) {
    case WOAD_EVT_READY: r->error = woad_gap_scan_start(h, &(struct woad_scan_params){0}); break;
    case WOAD_EVT_ADV_REPORT:
        if (r->conn[0] == WOAD_CONN_NONE && woad_gap_scan_stop(h) == 0)
            r->error = woad_gap_connect(h, &evt->u.report.addr, &params);
        break;
    case WOAD_EVT_CONNECTED: r->conn[0] = evt->conn; break;
    case WOAD_EVT_PHY_UPDATED: r->phy_done = true; break;
    case WOAD_EVT_DATA_LEN: r->len_done = true; break;
    case WOAD_EVT_DISCONNECTED: r->error = WOAD_ERR_NOT_CONNECTED; break;
    default: break;
    }
    if (r->conn[0] != WOAD_CONN_NONE)
        subscribe(r, h);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static int build(struct run *r)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}},
                                      client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    if (world_init(&r->world, &(struct world_cfg){.seed = 1}))
        return WOAD_ERR_NO_MEM;
    bool slow = r->c.phy == WOAD_PHY_1M;
    r->phy_done = slow;
    r->len_done = is_short(&r->c);
    for (unsigned side = 0; side < 2; side++) {
        struct node_cfg cfg = {
            .name = side ? "peripheral" : "central",
            .dev = {.x_m = side, .sleep_ppm = side ? 20 : -20},
            .host = {.event = side ? peripheral_event : central_event,
                     .event_arg = r,
                     .no_auto_phy = slow,
                     .no_auto_dle = is_short(&r->c),
                     .parts = side ? server : client},
        };
        int err = node_init(&r->node[side], r->world.sim, &cfg);
        if (err == 0)
            err = woad_host_start(r->node[side].host);
        if (err < 0)
            return err;
        node_wake(&r->node[side]);
    }
    r->service = (struct woad_gatt_service){
        .attrs = attrs, .count = sizeof(attrs) / sizeof(attrs[0]), .event = server_event, .arg = r};
    return woad_gatts_add(r->node[1].host, &r->service);
}

static void run_us(struct run *r, double us)
{
    world_run_for(&r->world, (woad_sim_time)(us * 1000));
}

static void measure_rate(struct run *r, struct figures *f)
{
    double interval_us = r->c.interval_ms * 1000, events = MEASURE_S * 1e6 / interval_us;
    unsigned most = air_exchanges(r->c.phy, interval_us, (uint16_t)(r->c.value_len + HEADERS), 0);
    r->fill = true;
    fill(r);
    node_wake(&r->node[1]);
    run_us(r, 500000);
    uint64_t before = r->values;
    run_us(r, MEASURE_S * 1e6);
    double values = (double)(r->values - before);
    r->fill = false;
    run_us(r, 1000000);
    f->bytes_per_s = values * r->c.value_len / MEASURE_S;
    f->per_event = values / events;
    f->limit = most * r->c.value_len * 1e6 / interval_us;
}

/* What a value at the worst moment must take: the anchor has just passed, the next one is an
 * interval away, and there the central's empty PDU and T_IFS come before it. */
static double latency_limit_us(const struct run *r)
{
    double air = woad_phy_air_us(r->c.phy, 2u + HEADERS + r->c.value_len) +
                 woad_phy_air_us(r->c.phy, 2) + T_IFS_US;
    return r->c.interval_ms * 1000 * (1 + 40e-6) + air;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* One value at a time, at moments that the golden ratio spreads over the interval. */
static void measure_latency(struct run *r, struct figures *f)
{
    static double took_us[SAMPLES];
    double interval_us = r->c.interval_ms * 1000;
    f->limit_us = latency_limit_us(r);
    for (unsigned i = 0; i < SAMPLES && !r->error; i++) {
        run_us(r, interval_us * (2 + 0.6180339887));
        uint64_t before = r->values;
        double asked_us = now_us(r);
        r->error = notify(r);
        node_wake(&r->node[1]);
        run_us(r, 3 * interval_us);
        if (!r->error && r->values != before + 1)
            r->error = WOAD_ERR_TIMEOUT;
        took_us[i] = r->came_us - asked_us;
        f->missed += took_us[i] > f->limit_us;
    }
    qsort(took_us, SAMPLES, sizeof(took_us[0]), by_value);
    f->median_us = took_us[SAMPLES / 2];
    f->max_us = took_us[SAMPLES - 1];
}

static int measure(struct run *r, struct figures *f)
{
    for (int i = 0; i < 1000 && !r->subscribed && !r->error; i++)
        run_us(r, 10000);
    if (!r->subscribed)
        return r->error ? r->error : WOAD_ERR_TIMEOUT;
    measure_rate(r, f);
    measure_latency(r, f);
    return r->error;
}

static int run_case(const struct notify_case *c, struct figures *f)
{
    struct run *r = calloc(1, sizeof(*r));
    if (!r)
        return WOAD_ERR_NO_MEM;
    r->c = *c;
    r->conn[0] = r->conn[1] = WOAD_CONN_NONE;
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

/* ---- the command ----------------------------------------------------------------------------- */

struct bench_opts {
    bool json;
};

static const struct tool_opt options[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct bench_opts, json), "print JSON"},
    {0},
};

static const struct tool_usage usage = {
    "bench notify",
    "[--json]",
    "Two devices a metre apart, clocks 40 ppm apart, not encrypted, default settings but that\n"
    "values of 20 octets go without data length extension: the octets of values notified per\n"
    "second of virtual time when the server sends whenever it can, the limit of the air computed\n"
    "from the packet formats, and the values in a connection event. Then 400 single values at\n"
    "moments spread over the interval: median and longest time from the call to the client's\n"
    "event, the longest that the interval allows (an anchor has just passed), and how many took\n"
    "longer, that is, missed an anchor that they could meet. The figures repeat exactly.",
    options,
};

static void print_case(struct tool_json *j, const struct notify_case *c, const struct figures *f)
{
    const char *phy = c->phy == WOAD_PHY_2M ? "2m" : "1m";
    if (!j) {
        printf("%-3s %5.1f ms %5u %9.0f %9.0f   %.4f %9.2f %8.0f %8.0f %8.0f %6u\n", phy,
               c->interval_ms, c->value_len, f->bytes_per_s, f->limit, f->bytes_per_s / f->limit,
               f->per_event, f->median_us, f->max_us, f->limit_us, f->missed);
        fflush(stdout);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "phy", phy);
    tool_json_double(j, "interval_ms", c->interval_ms, 1);
    tool_json_u64(j, "value_len", c->value_len);
    tool_json_double(j, "bytes_per_s", f->bytes_per_s, 0);
    tool_json_double(j, "limit_bytes_per_s", f->limit, 0);
    tool_json_double(j, "ratio", f->bytes_per_s / f->limit, 4);
    tool_json_double(j, "per_event", f->per_event, 2);
    tool_json_double(j, "latency_us_median", f->median_us, 0);
    tool_json_double(j, "latency_us_max", f->max_us, 0);
    tool_json_double(j, "latency_us_limit", f->limit_us, 0);
    tool_json_u64(j, "missed", f->missed);
    tool_json_close(j, '}');
}

static int bench_one(struct tool_json *j, const struct notify_case *c)
{
    struct figures f = {0};
    if (tool_interrupted())
        return TOOL_INTERRUPTED;
    int err = run_case(c, &f);
    if (err < 0) {
        tool_error("%u octets at %.1f ms do not run: %s", c->value_len, c->interval_ms,
                   woad_err_text(err));
        return TOOL_FAILED;
    }
    print_case(j, c, &f);
    return TOOL_OK;
}

int woad_bench_notify(int argc, char **argv)
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
        printf("phy interval value  octets/s     limit   ratio per event   median      max    limit"
               " missed\n");
    }
    rc = TOOL_OK;
    for (unsigned n = 0; n < 12 && rc == TOOL_OK; n++)
        rc = bench_one(j, &(struct notify_case){.phy = n / 6 ? WOAD_PHY_2M : WOAD_PHY_1M,
                                                .interval_ms = intervals_ms[n / 2 % 3],
                                                .value_len = n % 2 ? VALUE_MAX : 20});
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return rc;
}
