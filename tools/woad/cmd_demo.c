/* woad demo: two complete devices in one process move a file through the simulated radio. */
#include "air.h"
#include "commands.h"
#include "node.h"
#include "tool.h"
#include "world.h"
#include "xfer.h"

#include "woad/gap.h"
#include "woad/hci.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define RETRIES_MAX 50

struct demo_opts {
    const char *file;
    uint64_t size;
    const char *phy;
    double interval_ms;
    const char *loss;
    double distance_m;
    uint64_t seed;
    const char *capture;
    const char *hci_log;
    const char *out;
    bool json;
};

static const struct tool_opt options[] = {
    {"file", "FILE", TOOL_STRING, offsetof(struct demo_opts, file),
     "the file to send (default: generated octets)"},
    {"size", "BYTES", TOOL_SIZE, offsetof(struct demo_opts, size),
     "how many to generate: 4096, 64K, 8M (default 1M)"},
    {"phy", "1m|2m", TOOL_STRING, offsetof(struct demo_opts, phy), "PHY of the data (default 2m)"},
    {"interval-ms", "X", TOOL_DOUBLE, offsetof(struct demo_opts, interval_ms),
     "connection interval, 7.5 to 4000 in steps of 1.25 (default 30)"},
    {"loss", "P", TOOL_STRING, offsetof(struct demo_opts, loss),
     "packets lost besides what physics does: 0.1 or 10% (default 0)"},
    {"distance", "M", TOOL_DOUBLE, offsetof(struct demo_opts, distance_m),
     "metres between the devices (default 2)"},
    {"seed", "N", TOOL_U64, offsetof(struct demo_opts, seed),
     "same seed, same bytes and same times (default 1)"},
    {"capture", "F.pcap", TOOL_STRING, offsetof(struct demo_opts, capture),
     "write every packet on air, for Wireshark or 'woad log'"},
    {"hci-log", "F.btsnoop", TOOL_STRING, offsetof(struct demo_opts, hci_log),
     "write the sender's HCI traffic, for Wireshark, btmon or 'woad log'"},
    {"out", "FILE", TOOL_STRING, offsetof(struct demo_opts, out),
     "keep what the receiver got (default: only its hash)"},
    {"json", NULL, TOOL_FLAG, offsetof(struct demo_opts, json), "print the result as JSON"},
    {0},
};

static const struct tool_usage usage = {
    "demo",
    "[options]",
    "Two devices, each with application, host, HCI, link layer and radio, live in this\n"
    "process and in virtual time. The receiver advertises; the sender finds it, connects,\n"
    "opens an L2CAP credit-based channel and sends a file, as fast as the air allows. Both\n"
    "ends compute SHA-256.\n"
    "\n"
    "  woad demo                                    generated file, 2M PHY, 30 ms\n"
    "  woad demo --file photo.jpg --loss 10%        a bad neighbourhood\n"
    "  woad demo --capture air.pcap --hci-log hci.btsnoop\n"
    "\n"
    "Exit code 0 when both hashes are equal, 1 when not, 5 when the link did not hold,\n"
    "6 when nothing moved for 60 s of virtual time.",
    options,
};

struct demo {
    struct demo_opts o;
    struct world world;
    struct node sender;
    struct node receiver;
    struct xfer_sender tx;
    struct xfer_receiver rx;
    struct woad_conn_params conn_params;
    uint8_t phy; /* enum woad_phy */
    uint16_t conn;
    bool heard; /* the receiver's advertising */
    bool phy_done;
    bool len_done;
    bool channel_asked;
    unsigned retries; /* connections that were not established */
    bool ended;       /* the link has gone after the transfer */
    char error[160];
    int exit_code;
    double open_s; /* virtual: when the channel opened */
    double done_s;
    struct woad_chan_info chan;
    uint8_t *data;
    size_t len;
};

static void say(struct demo *d, const char *who, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct demo *d, const char *who, const char *fmt, ...)
{
    if (d->o.json)
        return;
    va_list ap;
    va_start(ap, fmt);
    printf("  %9.4f s  %-8s  ", world_now_s(&d->world), who);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

static void fail(struct demo *d, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct demo *d, int exit_code, const char *fmt, ...)
{
    if (d->exit_code)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->error, sizeof(d->error), fmt, ap);
    va_end(ap);
    d->exit_code = exit_code;
}

static void check(struct demo *d, const char *what, int err)
{
    if (err < 0)
        fail(d, TOOL_PEER, "%s: %s", what, woad_err_text(err));
}

/* ---- receiver -------------------------------------------------------------------------------- */

static const uint8_t adv_data[] = {
    2,  0x01, 0x06, /* flags: general discoverable, no BR/EDR */
    10, 0x09, 'w',  'o', 'a', 'd', '-', 'r', 'e', 'c', 'v', /* complete local name */
};

static void receiver_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct demo *d = arg;
    xfer_receiver_event(&d->rx, h, evt);
}

static void advertise(struct demo *d, struct woad_host *h)
{
    check(d, "cannot advertise",
          woad_gap_advertise_start(
              h, &(struct woad_adv_params){.data = adv_data, .data_len = sizeof(adv_data)}));
}

static void receiver_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct demo *d = arg;
    char addr[WOAD_ADDR_STR_SIZE];
    switch (evt->type) {
    case WOAD_EVT_READY:
        say(d, "receiver", "is ready: %s, HCI version 0x%02X, %u buffers of %u octets",
            woad_addr_format(&evt->u.ready.addr, addr), evt->u.ready.hci_version,
            evt->u.ready.acl_count, evt->u.ready.acl_len);
        check(d, "cannot listen",
              woad_l2cap_listen(h, &(struct woad_chan_cfg){
                                       .psm = XFER_PSM, .event = receiver_channel, .arg = d}));
        advertise(d, h);
        break;
    case WOAD_EVT_ADV_STARTED: say(d, "receiver", "advertises as 'woad-recv'"); break;
    case WOAD_EVT_DISCONNECTED:
        if (!d->rx.head_done)
            advertise(d, h);
        break;
    case WOAD_EVT_FAULT:
        fail(d, TOOL_PEER, "the receiver's controller: %s", woad_host_fault_text(evt));
        break;
    default: break;
    }
}

/* ---- sender ---------------------------------------------------------------------------------- */

static void sender_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct demo *d = arg;
    if (evt->type == WOAD_CHAN_OPENED) {
        d->open_s = world_now_s(&d->world);
        check(d, "channel", woad_l2cap_info(h, evt->chan, &d->chan));
        say(d, "sender",
            "opened the channel: PSM 0x%04X, SDU up to %u, K-frame up to %u, %u credits",
            d->chan.psm, d->chan.peer_mtu, d->chan.peer_mps, d->chan.tx_credits);
    }
    xfer_sender_event(&d->tx, h, evt);
    if (d->tx.state == XFER_DONE && d->done_s == 0) {
        d->done_s = world_now_s(&d->world);
        check(d, "cannot disconnect", woad_gap_disconnect(h, d->conn, 0));
    }
}

/* The channel waits for the fastest link both sides can agree on. */
static void open_channel(struct demo *d, struct woad_host *h)
{
    if (d->channel_asked || !d->phy_done || !d->len_done)
        return;
    d->channel_asked = true;
    woad_chan chan;
    check(d, "cannot open the channel",
          woad_l2cap_connect(
              h, d->conn,
              &(struct woad_chan_cfg){.psm = XFER_PSM, .event = sender_channel, .arg = d}, &chan));
}

static void sender_report(struct demo *d, struct woad_host *h, const struct woad_host_evt *evt)
{
    char addr[WOAD_ADDR_STR_SIZE];
    if (evt->u.report.data_len != sizeof(adv_data) ||
        memcmp(evt->u.report.data, adv_data, sizeof(adv_data)) != 0)
        return;
    d->heard = true;
    say(d, "sender", "hears 'woad-recv' at %s, %d dBm", woad_addr_format(&evt->u.report.addr, addr),
        evt->u.report.rssi_dbm);
    check(d, "cannot stop scanning", woad_gap_scan_stop(h));
    check(d, "cannot connect", woad_gap_connect(h, &evt->u.report.addr, &d->conn_params));
}

static void scan(struct demo *d, struct woad_host *h)
{
    d->conn = WOAD_CONN_NONE;
    d->heard = false;
    check(d, "cannot scan", woad_gap_scan_start(h, &(struct woad_scan_params){0}));
}

/* A request to connect that the air swallowed shows as "failed to be established" [Vol 1, Part F,
 * 2.62]: every application tries again. */
static void sender_disconnected(struct demo *d, struct woad_host *h, uint8_t reason)
{
    if (reason == WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED && d->retries < RETRIES_MAX) {
        d->retries++;
        d->len_done = d->channel_asked = false;
        d->phy_done = d->phy == WOAD_PHY_1M;
        say(d, "sender", "was not heard; tries again");
        scan(d, h);
        return;
    }
    d->ended = true;
    if (d->tx.state == XFER_RUNNING)
        fail(d, TOOL_PEER, "the link was lost (reason 0x%02X); closer devices or less loss help",
             reason);
}

static void sender_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct demo *d = arg;
    switch (evt->type) {
    case WOAD_EVT_READY: scan(d, h); break;
    case WOAD_EVT_ADV_REPORT:
        if (!d->heard)
            sender_report(d, h, evt);
        break;
    case WOAD_EVT_CONNECTED:
        d->conn = evt->conn;
        say(d, "sender", "is connected: interval %.2f ms, timeout %u ms",
            evt->u.connected.interval_1250us * 1.25, evt->u.connected.timeout_10ms * 10u);
        break;
    case WOAD_EVT_CONNECT_FAILED:
        fail(d, TOOL_PEER, "no connection: %s", woad_err_text(evt->u.done.err));
        break;
    case WOAD_EVT_PHY_UPDATED:
        say(d, "sender", "sends on %s",
            evt->u.phy.tx == 2   ? "2M"
            : evt->u.phy.tx == 1 ? "1M"
                                 : "Coded");
        d->phy_done = true;
        open_channel(d, h);
        break;
    case WOAD_EVT_DATA_LEN:
        say(d, "sender", "may send %u octets a packet", evt->u.data_len.tx_octets);
        d->len_done = true;
        open_channel(d, h);
        break;
    case WOAD_EVT_DISCONNECTED: sender_disconnected(d, h, evt->u.disconnected.result.hci); break;
    case WOAD_EVT_FAULT:
        fail(d, TOOL_PEER, "the sender's controller: %s", woad_host_fault_text(evt));
        break;
    default: break;
    }
}

/* ---- the run --------------------------------------------------------------------------------- */

static int check_options(struct demo *d)
{
    if (strcmp(d->o.phy, "1m") == 0)
        d->phy = WOAD_PHY_1M;
    else if (strcmp(d->o.phy, "2m") == 0)
        d->phy = WOAD_PHY_2M;
    else
        return tool_usage_error(&usage, "--phy is 1m or 2m, not '%s'", d->o.phy);
    double units = d->o.interval_ms / 1.25;
    if (!(units >= 6 && units <= 3200) || units != (double)(uint16_t)units)
        return tool_usage_error(&usage, "--interval-ms is 7.5 to 4000 in steps of 1.25");
    if (!(d->o.distance_m >= 0 && d->o.distance_m <= 100000))
        return tool_usage_error(&usage, "--distance is 0 to 100000 metres");
    uint16_t interval = (uint16_t)units;
    uint16_t least_timeout = (uint16_t)(interval * 1.25 * 8 / 10);
    d->conn_params = (struct woad_conn_params){
        .interval_min_1250us = interval,
        .interval_max_1250us = interval,
        .timeout_10ms = least_timeout < 500    ? 500
                        : least_timeout > 3200 ? 3200
                                               : least_timeout,
        .duration_ms = 10000,
    };
    d->phy_done = d->phy == WOAD_PHY_1M;
    return -1;
}

static int load_data(struct demo *d)
{
    if (d->o.file) {
        d->data = tool_read_file(d->o.file, &d->len);
        return d->data ? 0 : TOOL_IO;
    }
    d->len = (size_t)d->o.size;
    d->data = malloc(d->len ? d->len : 1);
    if (!d->data) {
        tool_error("not enough memory for %" PRIu64 " octets", d->o.size);
        return TOOL_IO;
    }
    uint64_t x = d->o.seed * 0x9E3779B97F4A7C15u + 1;
    for (size_t i = 0; i < d->len; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        d->data[i] = (uint8_t)(x >> 56);
    }
    return 0;
}

static int build_world(struct demo *d)
{
    int rc = world_init(&d->world, &(struct world_cfg){.seed = d->o.seed,
                                                       .loss = d->o.loss,
                                                       .capture = d->o.capture,
                                                       .hci_log = d->o.hci_log});
    if (rc)
        return rc;
    struct node_cfg receiver = {
        .name = "receiver",
        .dev = {.x_m = d->o.distance_m, .sleep_ppm = 20, .active_ppm = 5},
        .host = {.event = receiver_event, .event_arg = d, .no_auto_phy = d->phy == WOAD_PHY_1M},
    };
    struct node_cfg sender = {
        .name = "sender",
        .dev = {.sleep_ppm = -20, .active_ppm = -5},
        .host = {.event = sender_event, .event_arg = d, .no_auto_phy = d->phy == WOAD_PHY_1M},
        .wrap = world_wrap_hci_log,
        .wrap_arg = &d->world,
    };
    int err = node_init(&d->receiver, d->world.sim, &receiver);
    if (err == 0)
        err = node_init(&d->sender, d->world.sim, &sender);
    if (err == 0)
        err = woad_host_start(d->receiver.host);
    if (err == 0)
        err = woad_host_start(d->sender.host);
    if (err < 0) {
        tool_error("cannot build the world: %s", woad_err_text(err));
        return TOOL_FAILED;
    }
    node_wake(&d->receiver);
    node_wake(&d->sender);
    return 0;
}

static double limit(const struct demo *d)
{
    struct air_link link = {
        .phy = d->phy,
        .interval_us = d->o.interval_ms * 1000,
        .mps = d->chan.peer_mps ? d->chan.peer_mps : 2004,
        .sdu_len = d->chan.peer_mtu ? d->chan.peer_mtu : 2002,
    };
    return air_limit(&link);
}

static bool running(const struct demo *d)
{
    return !d->exit_code && !d->ended && d->tx.state != XFER_FAILED && d->rx.state != XFER_FAILED;
}

static void run(struct demo *d)
{
    struct tool_progress bar;
    tool_progress_start(&bar, "sending", d->len, limit(d));
    uint64_t seen = 0;
    double seen_s = 0;
    while (running(d)) {
        if (tool_interrupted()) {
            fail(d, TOOL_INTERRUPTED, "interrupted");
            break;
        }
        world_run_for(&d->world, WOAD_SIM_MS(20));
        double now_s = world_now_s(&d->world);
        if (d->tx.sent != seen || d->rx.got != seen) {
            seen = d->rx.got;
            seen_s = now_s;
        } else if (now_s - seen_s > 60) {
            fail(d, TOOL_TIMEOUT, "nothing moved for 60 s; are the devices too far apart?");
        }
        if (d->open_s > 0)
            tool_progress_update(&bar, d->rx.got, (double)d->rx.got / (now_s - d->open_s));
    }
    tool_progress_end(&bar);
}

static void picture(const struct demo *d)
{
    static const char *const rows[] = {"application", "   host    ", "    HCI    ", "link layer "};
    char air[40];
    snprintf(air, sizeof(air), "%g m, %s, %g ms", d->o.distance_m,
             d->phy == WOAD_PHY_2M ? "2M" : "1M", d->o.interval_ms);
    printf("\n   +-------------+                               +-------------+\n"
           "   |   sender    |                               |  receiver   |\n");
    for (unsigned i = 0; i < 4; i++)
        printf("   | %s |%s| %s |\n", rows[i],
               i ? "                               " : " -- L2CAP channel, one file --> ", rows[i]);
    printf("   |    radio    | ))) %21s ((( |    radio    |\n", air);
    printf("   +-------------+                               +-------------+\n\n");
}

static void print_json(const struct demo *d, double wall_s, double rate, double ratio)
{
    struct woad_sim_stats stats;
    woad_sim_get_stats(d->world.sim, &stats);
    struct tool_json j;
    tool_json_begin(&j, stdout);
    tool_json_open(&j, NULL, '{');
    tool_json_u64(&j, "bytes", d->len);
    tool_json_str(&j, "phy", d->o.phy);
    tool_json_double(&j, "interval_ms", d->o.interval_ms, 2);
    tool_json_u64(&j, "seed", d->o.seed);
    tool_json_double(&j, "virtual_s", d->done_s - d->open_s, 6);
    tool_json_double(&j, "wall_s", wall_s, 3);
    tool_json_double(&j, "bytes_per_s", rate, 0);
    tool_json_double(&j, "limit_bytes_per_s", limit(d), 0);
    tool_json_double(&j, "ratio", ratio, 4);
    tool_json_str(&j, "sha256_sent", d->tx.hash_hex);
    tool_json_str(&j, "sha256_received", d->rx.hash_hex);
    tool_json_bool(&j, "equal", strcmp(d->tx.hash_hex, d->rx.hash_hex) == 0);
    tool_json_u64(&j, "packets", stats.packets);
    tool_json_u64(&j, "crc_errors", stats.crc_errors);
    tool_json_u64(&j, "ifs_violations", stats.ifs_violations);
    char hash[24];
    snprintf(hash, sizeof(hash), "%016" PRIx64, woad_sim_hash(d->world.sim));
    tool_json_str(&j, "world_hash", hash);
    tool_json_close(&j, '}');
    tool_json_end(&j);
}

static void print_text(const struct demo *d, double wall_s, double rate, double ratio)
{
    char size[32], speed[32], air[32];
    printf("\n  file      %s (%zu octets) in %.3f s of virtual time, %.2f s of yours\n",
           tool_bytes(size, d->len), d->len, d->done_s - d->open_s, wall_s);
    printf("  rate      %s of %s that the air allows: %.1f %%\n", tool_rate(speed, rate),
           tool_rate(air, limit(d)), 100 * ratio);
    printf("  sent      SHA-256 %s\n  received  SHA-256 %s  %s\n", d->tx.hash_hex, d->rx.hash_hex,
           strcmp(d->tx.hash_hex, d->rx.hash_hex) == 0 ? "equal" : "DIFFERENT");
    if (d->o.capture)
        printf("  air       %s (open it in Wireshark, or 'woad log %s')\n", d->o.capture,
               d->o.capture);
    if (d->o.hci_log)
        printf("  HCI       %s\n", d->o.hci_log);
    putchar('\n');
}

static int report(struct demo *d, double wall_s)
{
    if (!d->exit_code && d->tx.state == XFER_FAILED)
        fail(d, d->tx.exit_code, "sender: %s", d->tx.error);
    if (!d->exit_code && d->rx.state == XFER_FAILED)
        fail(d, d->rx.exit_code, "receiver: %s", d->rx.error);
    if (d->exit_code) {
        tool_error("%s", d->error);
        return d->exit_code;
    }
    double took = d->done_s - d->open_s;
    double rate = took > 0 ? (double)d->len / took : 0;
    double ratio = rate / limit(d);
    if (d->o.json)
        print_json(d, wall_s, rate, ratio);
    else
        print_text(d, wall_s, rate, ratio);
    return strcmp(d->tx.hash_hex, d->rx.hash_hex) == 0 ? TOOL_OK : TOOL_FAILED;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int woad_cmd_demo(int argc, char **argv)
{
    struct demo d = {
        .o = {.size = 1 << 20, .phy = "2m", .interval_ms = 30, .distance_m = 2, .seed = 1},
        .conn = WOAD_CONN_NONE,
    };
    int first;
    int rc = tool_parse(&usage, argc, argv, &d.o, &first);
    if (rc < 0 && first < argc)
        rc = tool_usage_error(&usage, "'%s' is not an option; a file is given by --file",
                              argv[first]);
    if (rc < 0)
        rc = check_options(&d);
    if (rc >= 0)
        return rc;
    rc = load_data(&d);
    if (rc == 0 &&
        xfer_sender_init(&d.tx, d.o.file ? base_name(d.o.file) : "demo.bin", d.data, d.len) < 0)
        rc = TOOL_FAILED;
    xfer_receiver_init(&d.rx, d.o.out);
    if (rc == 0)
        rc = build_world(&d);
    if (rc == 0) {
        if (!d.o.json)
            picture(&d);
        double start_s = tool_wall_s();
        run(&d);
        rc = report(&d, tool_wall_s() - start_s);
    }
    xfer_receiver_deinit(&d.rx);
    node_deinit(&d.sender);
    node_deinit(&d.receiver);
    int closed = world_deinit(&d.world);
    free(d.data);
    return rc ? rc : closed;
}
