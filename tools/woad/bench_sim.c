/* woad bench sim: how fast the radio world runs with real link layers in it, and how small it is.
 *
 * Each device is a controller and the least of a host: a script of commands, and for the full pair
 * ACL packets as long as there are credits. */
#include "commands.h"
#include "tool.h"

#include "woad/cursor.h"
#include "woad/hci.h"
#include "woad/ll.h"
#include "woad/sim.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_MAX = 8, ACL_LEN = 251, SLICES = 8 };

struct command {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[32];
};

struct node {
    struct woad_sim_dev *dev;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    void *mem;
    const struct command *script; /* the next command */
    unsigned left;
    uint16_t handle;
    uint16_t credits;
    bool may_command;
    bool connected;
    bool streams; /* sends data as fast as it may */
    uint64_t reports, octets;
};

struct bench {
    struct woad_sim *sim;
    struct node *nodes;
    struct command (*scripts)[SCRIPT_MAX];
    unsigned count;
    size_t heap_before;
};

/* ---- the host ---- */

static void on_event(struct node *n, const uint8_t *p)
{
    switch (p[0]) {
    case WOAD_HCI_EVT_COMMAND_COMPLETE:
    case WOAD_HCI_EVT_COMMAND_STATUS: n->may_command = true; break;
    case WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS:
        for (unsigned i = 0; i < p[2]; i++)
            n->credits = (uint16_t)(n->credits + woad_get_u16(p + 5 + 4 * i));
        break;
    case WOAD_HCI_EVT_DISCONNECTION_COMPLETE: n->connected = false; break;
    case WOAD_HCI_EVT_LE_META:
        if (p[2] == WOAD_HCI_LE_EVT_ADVERTISING_REPORT)
            n->reports++;
        if (p[2] == WOAD_HCI_LE_EVT_CONNECTION_COMPLETE && p[3] == 0) {
            n->connected = true;
            n->handle = woad_get_u16(p + 4);
        }
        break;
    default: break;
    }
}

static bool give_command(struct node *n)
{
    if (!n->may_command || !n->left)
        return false;
    const struct command *c = n->script;
    struct woad_buf *buf = woad_ll_rx_alloc(n->ll, WOAD_PKT_CMD, (uint16_t)(3 + c->len));
    if (!buf)
        return false;
    uint8_t *p = woad_buf_put(buf, (uint16_t)(3 + c->len));
    woad_put_u16(p, c->opcode);
    p[2] = c->len;
    memcpy(p + 3, c->params, c->len);
    if (n->connected &&
        (c->opcode == WOAD_HCI_CMD_LE_SET_DATA_LENGTH || c->opcode == WOAD_HCI_CMD_LE_SET_PHY))
        woad_put_u16(p + 3, n->handle);
    if (woad_ll_rx(n->ll, buf) != 0) {
        woad_buf_unref(buf);
        return false;
    }
    n->may_command = false;
    n->script++;
    n->left--;
    return true;
}

static bool give_data(struct node *n)
{
    if (!n->streams || !n->connected || !n->credits)
        return false;
    struct woad_buf *buf = woad_ll_rx_alloc(n->ll, WOAD_PKT_ACL, 4 + ACL_LEN);
    if (!buf)
        return false;
    uint8_t *p = woad_buf_put(buf, 4 + ACL_LEN);
    woad_put_u16(p, n->handle);
    woad_put_u16(p + 2, ACL_LEN);
    memset(p + 4, 0x5a, ACL_LEN);
    if (woad_ll_rx(n->ll, buf) != 0) {
        woad_buf_unref(buf);
        return false;
    }
    n->credits--;
    return true;
}

static woad_time run_node(void *arg, woad_time now_us)
{
    struct node *n = arg;
    woad_time deadline;
    bool again;
    do {
        struct woad_buf *buf;
        deadline = woad_ll_run(n->ll, now_us);
        while ((buf = woad_ll_tx(n->ll))) {
            if (buf->type == WOAD_PKT_EVT)
                on_event(n, buf->data);
            else
                n->octets += buf->len - 4u;
            woad_buf_unref(buf);
        }
        again = give_command(n);
        while (give_data(n))
            again = true;
    } while (again);
    return deadline;
}

static void order(struct bench *b, unsigned index, uint16_t opcode, const void *params, uint8_t len)
{
    struct node *n = &b->nodes[index];
    struct command *script = b->scripts[index];
    if (!n->left)
        n->script = script;
    struct command *c = &script[(size_t)(n->script - script) + n->left++];
    c->opcode = opcode;
    c->len = len;
    memcpy(c->params, params, len);
    woad_sim_task_wake(n->task);
}

static void order_advertising(struct bench *b, unsigned index, uint16_t interval, bool full)
{
    uint8_t data[32] = {31, 2, 1, 6, 27, 0xff};
    uint8_t params[15] = {0};
    uint8_t on = 1;
    woad_put_u16(params, interval);
    woad_put_u16(params + 2, interval);
    params[13] = 7;
    order(b, index, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, params, 15);
    if (full)
        order(b, index, WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA, data, 32);
    order(b, index, WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE, &on, 1);
}

static void order_connection(struct bench *b, unsigned index, unsigned peer, uint16_t interval)
{
    uint8_t params[25] = {0x10, 0, 0x10};
    woad_put_u16(params + 6, (uint16_t)peer);
    params[11] = 0xc0;
    woad_put_u16(params + 13, interval);
    woad_put_u16(params + 15, interval);
    woad_put_u16(params + 19, 2000); /* supervision timeout 20 s */
    order(b, index, WOAD_HCI_CMD_LE_CREATE_CONNECTION, params, 25);
}

/* ---- the world ---- */

static void print_violation(void *arg, woad_sim_time at, const char *text)
{
    (void)arg;
    tool_error("at %.6f s: %s", (double)at / 1e9, text);
}

static bool bench_init(struct bench *b, unsigned count, const struct woad_sim_cfg *cfg)
{
    *b = (struct bench){.heap_before = mallinfo2().uordblks + mallinfo2().hblkhd};
    b->sim = woad_sim_new(cfg);
    b->nodes = calloc(count, sizeof(*b->nodes));
    b->scripts = calloc(count, sizeof(*b->scripts));
    if (b->sim)
        woad_sim_set_report(b->sim, print_violation, NULL);
    return b->sim && b->nodes && b->scripts;
}

/* Public addresses are C0:00:00:00:hi:lo of the number. */
static bool bench_add(struct bench *b, double x_m, double y_m, const struct woad_ll_cfg *limits)
{
    static const uint8_t all_events[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f};
    struct node *n = &b->nodes[b->count];
    struct woad_ll_cfg cfg = *limits;
    n->dev = woad_sim_add(b->sim, &(struct woad_sim_dev_cfg){
                                      .x_m = x_m, .y_m = y_m, .sleep_ppm = b->count % 41 - 20.0});
    if (!n->dev)
        return false;
    cfg.radio = woad_sim_radio(n->dev);
    cfg.rand = woad_sim_rand;
    cfg.rand_arg = n->dev;
    woad_put_u16(cfg.public_addr, (uint16_t)b->count);
    cfg.public_addr[5] = 0xc0;
    size_t size = woad_ll_mem_size(&cfg);
    n->mem = malloc(size);
    if (!n->mem || woad_ll_init(n->mem, size, &cfg, &n->ll) != 0)
        return false;
    woad_sim_attach(n->dev, n->ll);
    n->task = woad_sim_task_add(n->dev, run_node, n);
    if (!n->task)
        return false;
    woad_ll_set_wake(n->ll, woad_sim_task_wake, n->task);
    n->may_command = true;
    n->credits = cfg.acl_tx_count;
    order(b, b->count++, WOAD_HCI_CMD_SET_EVENT_MASK, all_events, 8);
    return true;
}

static void bench_free(struct bench *b)
{
    for (unsigned i = 0; i < b->count; i++)
        woad_ll_deinit(b->nodes[i].ll);
    woad_sim_free(b->sim);
    for (unsigned i = 0; b->nodes && i < b->count; i++)
        free(b->nodes[i].mem);
    free(b->nodes);
    free(b->scripts);
}

struct result {
    double packets_per_s; /* of processor time */
    double realtime_factor;
    double bytes_per_device;
    double virtual_s, cpu_s;
    const char *wrong; /* why the case did not become what it should be; NULL: it did */
};

/* Runs the world for about cpu_s of processor time (there is one thread: on an idle core that is
 * wall time) and keeps the figures when they are the best so far:
 * whatever else the machine does can only make a run slower. */
static void measure_once(struct bench *b, double cpu_s, struct result *r)
{
    struct woad_sim_stats before, after;
    woad_sim_time start = woad_sim_now(b->sim);
    double begun = tool_cpu_s(), took;
    woad_sim_get_stats(b->sim, &before);
    do {
        woad_sim_run_until(b->sim, woad_sim_now(b->sim) + WOAD_SIM_MS(100));
        took = tool_cpu_s() - begun;
    } while (took < cpu_s && !tool_interrupted());
    woad_sim_get_stats(b->sim, &after);
    double virtual_s = (double)(woad_sim_now(b->sim) - start) / 1e9;
    double packets_per_s = (double)(after.packets - before.packets) / took;
    r->virtual_s += virtual_s;
    r->cpu_s += took;
    if (packets_per_s <= r->packets_per_s)
        return;
    r->packets_per_s = packets_per_s;
    r->realtime_factor = virtual_s / took;
}

static void measure(struct bench *b, double cpu_s, struct result *r)
{
    struct woad_sim_stats stats;
    for (unsigned i = 0; i < SLICES && !tool_interrupted(); i++)
        measure_once(b, cpu_s / SLICES, r);
    woad_sim_get_stats(b->sim, &stats);
    if (stats.ifs_violations || stats.anchor_violations)
        r->wrong = "the checkers of the air found violations";
    size_t heap = mallinfo2().uordblks + mallinfo2().hblkhd;
    r->bytes_per_device = (double)(heap - b->heap_before) / b->count;
}

static const struct woad_ll_cfg small = {.max_conns = 1,
                                         .max_accept_list = 1,
                                         .acl_tx_count = 4,
                                         .rx_count = 4,
                                         .evt_count = 8,
                                         .report_count = 4};

/* ---- the cases ---- */

static bool connect_pair(struct bench *b, uint16_t interval)
{
    static const struct woad_ll_cfg cfg = {.max_conns = 1, .acl_tx_count = 16, .rx_count = 24};
    if (!bench_init(b, 2, &(struct woad_sim_cfg){.seed = 1}) || !bench_add(b, 0, 0, &cfg) ||
        !bench_add(b, 2, 0, &cfg))
        return false;
    order_advertising(b, 1, 32, false);
    order_connection(b, 0, 1, interval);
    woad_sim_run_until(b->sim, WOAD_SIM_S(1));
    return b->nodes[0].connected && b->nodes[1].connected;
}

/* Two connected devices, an empty packet each way every 7.5 ms. */
static void pair_empty(struct bench *b, double cpu_s, struct result *r)
{
    if (!connect_pair(b, 6)) {
        r->wrong = "the two devices did not connect";
        return;
    }
    measure(b, cpu_s, r);
    if (!b->nodes[0].connected)
        r->wrong = "the link was lost";
}

/* Two connected devices, PDUs of 251 octets both ways without a pause, on 2M at 30 ms. */
static void pair_251(struct bench *b, double cpu_s, struct result *r)
{
    const uint8_t length[6] = {0, 0, 251, 0, 0x48, 0x08};
    const uint8_t phy[7] = {0, 0, 0, 2, 2, 0, 0};
    if (!connect_pair(b, 24)) {
        r->wrong = "the two devices did not connect";
        return;
    }
    order(b, 0, WOAD_HCI_CMD_LE_SET_DATA_LENGTH, length, 6);
    order(b, 1, WOAD_HCI_CMD_LE_SET_DATA_LENGTH, length, 6);
    order(b, 0, WOAD_HCI_CMD_LE_SET_PHY, phy, 7);
    woad_sim_run_until(b->sim, WOAD_SIM_S(2));
    for (unsigned i = 0; i < 2; i++) {
        b->nodes[i].streams = true;
        woad_sim_task_wake(b->nodes[i].task);
    }
    woad_sim_run_until(b->sim, WOAD_SIM_S(3));
    b->nodes[0].octets = b->nodes[1].octets = 0;
    measure(b, cpu_s, r);
    /* twelve each way in 30 ms is what the air allows */
    double pdus = (double)(b->nodes[0].octets + b->nodes[1].octets) / 251;
    if (pdus < 0.9 * 2 * 12 / 0.030 * r->virtual_s)
        r->wrong = "the link does not run full";
}

static double spread(unsigned i, unsigned step, double side)
{
    return (double)(i * step % 9973) / 9973 * side;
}

/* 1,000 devices in a square of 60 m: 900 advertise 31 octets at 100 ms, 100 scan all the time. */
static void crowd_1000(struct bench *b, double cpu_s, struct result *r)
{
    const uint8_t scan[7] = {0, 0xa0, 0, 0xa0, 0}, on[2] = {1, 0};
    if (!bench_init(b, 1000, &(struct woad_sim_cfg){.seed = 1, .path_loss_exponent = 2.5}))
        return;
    for (unsigned i = 0; i < 1000; i++) {
        if (!bench_add(b, spread(i, 4801, 60), spread(i, 1597, 60), &small))
            return;
        if (i % 10 != 0) {
            order_advertising(b, i, 160, true);
            continue;
        }
        order(b, i, WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS, scan, 7);
        order(b, i, WOAD_HCI_CMD_LE_SET_SCAN_ENABLE, on, 2);
    }
    woad_sim_run_until(b->sim, WOAD_SIM_S(1));
    measure(b, cpu_s, r);
    uint64_t reports = 0;
    for (unsigned i = 0; i < 1000; i += 10)
        reports += b->nodes[i].reports;
    struct woad_sim_stats stats;
    woad_sim_get_stats(b->sim, &stats);
    if ((double)stats.packets < 0.9 * 900 * 3 / 0.105 * r->virtual_s || reports < 10000)
        r->wrong = "the crowd does not advertise or does not hear";
}

/* 10,000 devices over 4 km: every second one advertises at 1 s, the others are connected in pairs
 * with an interval of 1 s. */
static void idle_10000(struct bench *b, double cpu_s, struct result *r)
{
    if (!bench_init(b, 10000, &(struct woad_sim_cfg){.seed = 1, .path_loss_exponent = 3.5}))
        return;
    for (unsigned i = 0; i < 10000; i++) {
        unsigned group = i / 4;
        if (!bench_add(b, group % 50 * 80.0 + i % 4, group / 50 * 80.0, &small))
            return;
        if (i % 4 != 0)
            order_advertising(b, i, i % 4 == 1 ? 160 : 1600, true);
        else
            order_connection(b, i, i + 1, 800);
    }
    woad_sim_run_until(b->sim, WOAD_SIM_S(5));
    measure(b, cpu_s, r);
    unsigned connected = 0;
    for (unsigned i = 0; i < 10000; i++)
        connected += b->nodes[i].connected;
    if (connected < 4990)
        r->wrong = "not all pairs are connected";
}

static const struct bench_case {
    const char *name;
    const char *what;
    void (*run)(struct bench *b, double cpu_s, struct result *r);
} cases[] = {
    {"pair-empty", "two connected devices, empty packets", pair_empty},
    {"pair-251", "two connected devices, 251-octet PDUs both ways", pair_251},
    {"crowd-1000", "900 advertise at 100 ms, 100 scan", crowd_1000},
    {"idle-10000", "5,000 advertise at 1 s, 5,000 in idle connections", idle_10000},
};

/* ---- the command ---- */

struct values {
    bool json;
    const char *only;
    double cpu_s;
};

static const struct tool_opt opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct values, json), "print JSON"},
    {"case", "NAME", TOOL_STRING, offsetof(struct values, only), "run this case alone"},
    {"cpu-s", "S", TOOL_DOUBLE, offsetof(struct values, cpu_s), "processor time of each case (4)"},
    {0},
};

static const struct tool_usage usage = {
    "bench sim",
    "[options]",
    "Runs the radio world with real link layers and prints, for each case, radio packets per\n"
    "second of processor time, how many times faster than real time it is, and the memory a "
    "device\n"
    "takes, its link layer and its part of the world included. All on one core; the\n"
    "best of eight runs counts, since other programs can only slow it down.\n\n"
    "  pair-empty   two connected devices, empty packets every 7.5 ms\n"
    "  pair-251     two connected devices, 251-octet PDUs both ways on 2M\n"
    "  crowd-1000   900 devices advertise at 100 ms, 100 scan\n"
    "  idle-10000   5,000 devices advertise at 1 s, 5,000 are in idle connections\n",
    opts,
};

static void print_result(struct tool_json *json, const struct bench_case *c, const struct result *r)
{
    if (!json->f) {
        printf("%-11s %12.0f %12.1f %12.0f   %s\n", c->name, r->packets_per_s, r->realtime_factor,
               r->bytes_per_device, c->what);
        return;
    }
    tool_json_open(json, NULL, '{');
    tool_json_str(json, "case", c->name);
    tool_json_double(json, "packets_per_s", r->packets_per_s, 0);
    tool_json_double(json, "realtime_factor", r->realtime_factor, 2);
    tool_json_double(json, "bytes_per_device", r->bytes_per_device, 0);
    tool_json_double(json, "virtual_s", r->virtual_s, 1);
    tool_json_double(json, "cpu_s", r->cpu_s, 2);
    tool_json_close(json, '}');
}

static int run_case(struct tool_json *json, const struct bench_case *c, double cpu_s)
{
    struct bench b;
    struct result r = {0};
    c->run(&b, cpu_s, &r);
    if (!r.wrong && r.cpu_s == 0)
        r.wrong = "out of memory";
    bench_free(&b);
    if (tool_interrupted())
        return TOOL_INTERRUPTED;
    if (r.wrong) {
        tool_error("%s: %s", c->name, r.wrong);
        return TOOL_FAILED;
    }
    print_result(json, c, &r);
    return TOOL_OK;
}

int woad_bench_sim(int argc, char **argv)
{
    struct values v = {.cpu_s = 4};
    int first, rc = tool_parse(&usage, argc, argv, &v, &first);
    struct tool_json json = {0};
    unsigned ran = 0;
    if (rc >= 0)
        return rc;
    tool_catch_signals();
    if (v.json) {
        tool_json_begin(&json, stdout);
        tool_json_open(&json, NULL, '[');
    } else {
        printf("case         packets/s      x real   bytes/dev\n");
    }
    rc = TOOL_OK;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && rc != TOOL_INTERRUPTED; i++) {
        if (v.only && strcmp(v.only, cases[i].name) != 0)
            continue;
        int result = run_case(&json, &cases[i], v.cpu_s);
        rc = result ? result : rc;
        ran++;
    }
    if (v.json) {
        tool_json_close(&json, ']');
        tool_json_end(&json);
    }
    return ran ? rc : tool_usage_error(&usage, "there is no case called '%s'", v.only);
}
