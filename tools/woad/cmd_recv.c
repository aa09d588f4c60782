/* woad recv: wait for a sender and keep its file when the hash is right. */
#include "commands.h"
#include "station.h"

#include "woad/gap.h"

#include <stdlib.h>

struct recv_opts {
    const char *hci;
    const char *hci_log;
    const char *out;
    const char *name;
    double timeout_s;
    bool json;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct recv_opts),
    {"out", "FILE", TOOL_STRING, offsetof(struct recv_opts, out),
     "keep the file under this name (default: the sender's name, in the current folder)"},
    {"name", "TEXT", TOOL_STRING, offsetof(struct recv_opts, name),
     "local name to advertise (default woad-recv)"},
    {"timeout", "S", TOOL_DOUBLE, offsetof(struct recv_opts, timeout_s),
     "give up when nothing moved for so long (default 0 = wait for ever)"},
    {"json", NULL, TOOL_FLAG, offsetof(struct recv_opts, json), "print the result as JSON"},
    {0},
};

static const struct tool_usage usage = {
    "recv",
    "[options]",
    "Advertises, accepts one connection and one file over an L2CAP credit-based channel\n"
    "(PSM 0x00D0), and ends. The file is written under a temporary name and renamed when its\n"
    "SHA-256 is the sender's: nothing half-written is left.\n"
    "\n"
    "  woad recv --out got.bin --hci unix:/tmp/air/dev0.sock\n"
    "\n"
    "Exit code 1 when the hash differs, 4 when the file cannot be written, 5 when the sender or\n"
    "the link failed, 6 after --timeout.",
    options,
};

struct recv {
    struct recv_opts o;
    struct station *station;
    struct xfer_receiver rx;
    struct tool_progress bar;
    uint8_t data[31];
    uint16_t conn;
    uint64_t seen;
    double seen_s;
    double start_s;
    double done_s;
    bool leaving;
    int exit_code;
};

static void advertise(struct recv *r, struct woad_host *h)
{
    struct woad_adv_params params = {.data = r->data,
                                     .data_len = station_adv_data(r->o.name, r->data)};
    int err = woad_gap_advertise_start(h, &params);
    if (err < 0) {
        tool_error("cannot advertise: %s", woad_err_text(err));
        r->exit_code = TOOL_PEER;
    }
}

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct recv *r = arg;
    bool was_known = r->rx.head_done;
    xfer_receiver_event(&r->rx, h, evt);
    if (!was_known && r->rx.head_done) {
        r->start_s = station_now_s(r->station);
        tool_progress_start(&r->bar, r->rx.name, r->rx.len, 0);
    }
    if (r->rx.state != XFER_RUNNING && r->done_s == 0)
        r->done_s = station_now_s(r->station);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct recv *r = arg;
    char addr[WOAD_ADDR_STR_SIZE];
    struct woad_chan_cfg listen = {.psm = XFER_PSM, .event = on_channel, .arg = r};
    switch (evt->type) {
    case WOAD_EVT_READY:
        if (!r->o.json)
            printf("waiting as %s '%s'\n", woad_addr_format(&evt->u.ready.addr, addr), r->o.name);
        fflush(stdout);
        if (woad_l2cap_listen(h, &listen) < 0)
            r->exit_code = TOOL_PEER;
        advertise(r, h);
        break;
    case WOAD_EVT_CONNECTED: r->conn = evt->conn; break;
    case WOAD_EVT_DISCONNECTED:
        r->conn = WOAD_CONN_NONE;
        if (r->rx.state == XFER_RUNNING && !r->rx.head_done)
            advertise(r, h); /* that one was no sender */
        break;
    default: break;
    }
}

static int result(struct recv *r)
{
    if (r->rx.state == XFER_FAILED) {
        tool_error("%s", r->rx.error);
        return r->rx.exit_code;
    }
    double took = r->done_s - r->start_s;
    double rate = took > 0 ? (double)r->rx.len / took : 0;
    char size[32], speed[32];
    if (r->o.json) {
        struct tool_json j;
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_str(&j, "file", r->rx.path);
        tool_json_u64(&j, "bytes", r->rx.len);
        tool_json_double(&j, "seconds", took, 6);
        tool_json_double(&j, "bytes_per_s", rate, 0);
        tool_json_str(&j, "sha256", r->rx.hash_hex);
        tool_json_close(&j, '}');
        tool_json_end(&j);
    } else {
        printf("%s: %s, %s\nSHA-256 %s\n", r->rx.path, tool_bytes(size, r->rx.len),
               tool_rate(speed, rate), r->rx.hash_hex);
    }
    return TOOL_OK;
}

static int step(void *arg)
{
    struct recv *r = arg;
    double now_s = station_now_s(r->station);
    if (r->exit_code >= 0)
        return r->exit_code;
    if (r->rx.got != r->seen || r->rx.state != XFER_RUNNING) {
        r->seen = r->rx.got;
        r->seen_s = r->rx.state == XFER_RUNNING ? now_s : r->seen_s;
        tool_progress_update(&r->bar, r->rx.got, 0);
    }
    if (r->rx.state != XFER_RUNNING) {
        /* The sender hangs up once it has our answer; give it a moment. */
        if (r->conn != WOAD_CONN_NONE && now_s - r->done_s < 2)
            return -1;
        tool_progress_end(&r->bar);
        return result(r);
    }
    if (r->o.timeout_s > 0 && now_s - r->seen_s > r->o.timeout_s) {
        tool_progress_end(&r->bar);
        tool_error("nothing received for %g s", r->o.timeout_s);
        return TOOL_TIMEOUT;
    }
    return -1;
}

int woad_cmd_recv(int argc, char **argv)
{
    struct recv r = {
        .o = {.out = "", .name = "woad-recv"}, .conn = WOAD_CONN_NONE, .exit_code = -1};
    int first;
    int rc = tool_parse(&usage, argc, argv, &r.o, &first);
    if (rc < 0 && first < argc)
        rc = tool_usage_error(&usage, "'%s' is not an option", argv[first]);
    if (rc >= 0)
        return rc;
    xfer_receiver_init(&r.rx, r.o.out);
    rc = station_open(&r.station, &(struct station_cfg){
                                      .uri = r.o.hci,
                                      .hci_log = r.o.hci_log,
                                      .company = STATION_SENDER,
                                      .host = {.event = on_event, .event_arg = &r},
                                  });
    if (rc == 0) {
        rc = station_run(r.station, step, &r);
        tool_progress_end(&r.bar);
        int closed = station_close(r.station);
        rc = rc ? rc : closed;
    }
    xfer_receiver_deinit(&r.rx);
    return rc;
}
