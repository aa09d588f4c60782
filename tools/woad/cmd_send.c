/* woad send: find a receiver, connect and send it a file. */
#include "commands.h"
#include "station.h"

#include "woad/gap.h"
#include "woad/hci.h"

#include <stdlib.h>
#include <string.h>

struct send_opts {
    const char *hci;
    const char *hci_log;
    const char *to;
    const char *name;
    const char *phy;
    double interval_ms;
    double timeout_s;
    bool json;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct send_opts),
    {"to", "ADDR", TOOL_STRING, offsetof(struct send_opts, to),
     "the receiver's address, C0:FF:EE:00:00:01 or .../random (default: by name)"},
    {"name", "TEXT", TOOL_STRING, offsetof(struct send_opts, name),
     "the receiver's local name (default woad-recv)"},
    {"phy", "1m|2m", TOOL_STRING, offsetof(struct send_opts, phy), "PHY of the data (default 2m)"},
    {"interval-ms", "X", TOOL_DOUBLE, offsetof(struct send_opts, interval_ms),
     "connection interval, 7.5 to 4000 (default 30)"},
    {"timeout", "S", TOOL_DOUBLE, offsetof(struct send_opts, timeout_s),
     "give up when nothing moved for so long (default 30)"},
    {"json", NULL, TOOL_FLAG, offsetof(struct send_opts, json), "print the result as JSON"},
    {0},
};

static const struct tool_usage usage = {
    "send",
    "FILE [options]",
    "Looks for a receiver ('woad recv'), connects, opens an L2CAP credit-based channel and\n"
    "sends the file. Ends when the receiver has confirmed the SHA-256.\n"
    "\n"
    "  woad send photo.jpg                                    to a simulated receiver\n"
    "  woad send photo.jpg --hci unix:/tmp/air/dev1.sock      a controller of 'woad ether'\n"
    "\n"
    "Exit code 1 when the receiver got other octets, 4 when FILE cannot be read, 5 when receiver\n"
    "or link failed, 6 when no receiver was found or nothing moved within --timeout.",
    options,
};

struct send {
    struct send_opts o;
    struct station *station;
    struct xfer_sender tx;
    struct tool_progress bar;
    struct woad_conn_params params;
    struct woad_addr to;
    bool scanning;
    bool found;
    bool leaving;
    uint16_t conn;
    uint64_t seen;
    double seen_s;
    double start_s;
    double done_s;
    int exit_code;
};

static void check(struct send *s, const char *what, int err)
{
    if (err >= 0)
        return;
    tool_error("%s: %s", what, woad_err_text(err));
    s->exit_code = TOOL_PEER;
}

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct send *s = arg;
    if (evt->type == WOAD_CHAN_OPENED) {
        s->start_s = station_now_s(s->station);
        tool_progress_start(&s->bar, "sending", s->tx.len, 0);
    }
    xfer_sender_event(&s->tx, h, evt);
    if (s->tx.state != XFER_RUNNING && s->done_s == 0) {
        s->done_s = station_now_s(s->station);
        if (s->conn != WOAD_CONN_NONE)
            check(s, "cannot disconnect", woad_gap_disconnect(h, s->conn, 0));
    }
}

static bool wanted(const struct send *s, const struct woad_host_evt *evt)
{
    char name[32];
    bool connectable = evt->u.report.adv_type == 0;
    station_adv_name(evt->u.report.data, evt->u.report.data_len, name, sizeof(name));
    return connectable && strcmp(name, s->o.name) == 0;
}

static void find(struct send *s, struct woad_host *h)
{
    s->found = false;
    if (s->o.to)
        check(s, "cannot connect", woad_gap_connect(h, &s->to, &s->params));
    else
        check(s, "cannot scan", woad_gap_scan_start(h, &(struct woad_scan_params){.active = true}));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct send *s = arg;
    struct woad_chan_cfg channel = {.psm = XFER_PSM, .event = on_channel, .arg = s};
    woad_chan chan;
    switch (evt->type) {
    case WOAD_EVT_READY: find(s, h); break;
    case WOAD_EVT_ADV_REPORT:
        if (s->found || !wanted(s, evt))
            break;
        s->found = true;
        s->to = evt->u.report.addr;
        check(s, "cannot stop scanning", woad_gap_scan_stop(h));
        check(s, "cannot connect", woad_gap_connect(h, &s->to, &s->params));
        break;
    case WOAD_EVT_CONNECTED:
        s->conn = evt->conn;
        check(s, "cannot open the channel", woad_l2cap_connect(h, evt->conn, &channel, &chan));
        break;
    case WOAD_EVT_CONNECT_FAILED:
        tool_error("no connection: %s (status 0x%02X)", woad_err_text(evt->u.done.err),
                   evt->u.done.hci);
        s->exit_code = evt->u.done.err == WOAD_ERR_TIMEOUT ? TOOL_TIMEOUT : TOOL_PEER;
        break;
    case WOAD_EVT_DISCONNECTED:
        s->conn = WOAD_CONN_NONE;
        if (evt->u.disconnected.result.hci == WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED &&
            s->start_s == 0) {
            find(s, h); /* the air swallowed our request; --timeout bounds the tries */
        } else if (s->tx.state == XFER_RUNNING) {
            tool_error("the link was lost (reason 0x%02X)", evt->u.disconnected.result.hci);
            s->exit_code = TOOL_PEER;
        }
        break;
    default: break;
    }
}

static int result(struct send *s)
{
    if (s->tx.state == XFER_FAILED) {
        tool_error("%s", s->tx.error);
        return s->tx.exit_code;
    }
    double took = s->done_s - s->start_s;
    double rate = took > 0 ? (double)s->tx.len / took : 0;
    char size[32], speed[32];
    if (s->o.json) {
        struct tool_json j;
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_u64(&j, "bytes", s->tx.len);
        tool_json_double(&j, "seconds", took, 6);
        tool_json_double(&j, "bytes_per_s", rate, 0);
        tool_json_str(&j, "sha256", s->tx.hash_hex);
        tool_json_close(&j, '}');
        tool_json_end(&j);
    } else {
        printf("sent %s in %.3f s, %s; the receiver has the same SHA-256\nSHA-256 %s\n",
               tool_bytes(size, s->tx.len), took, tool_rate(speed, rate), s->tx.hash_hex);
    }
    return TOOL_OK;
}

static int step(void *arg)
{
    struct send *s = arg;
    double now_s = station_now_s(s->station);
    if (s->exit_code >= 0)
        return s->exit_code;
    if (s->tx.sent != s->seen) {
        s->seen = s->tx.sent;
        s->seen_s = now_s;
        tool_progress_update(&s->bar, s->tx.sent, 0);
    }
    if (s->tx.state != XFER_RUNNING) {
        if (s->conn != WOAD_CONN_NONE && now_s - s->done_s < 2)
            return -1;
        tool_progress_end(&s->bar);
        return result(s);
    }
    if (s->o.timeout_s > 0 && now_s - s->seen_s > s->o.timeout_s) {
        tool_progress_end(&s->bar);
        tool_error(s->start_s > 0 ? "nothing moved for %g s" : "no receiver answered within %g s",
                   s->o.timeout_s);
        return TOOL_TIMEOUT;
    }
    return -1;
}

static int check_options(struct send *s)
{
    double units = s->o.interval_ms / 1.25;
    if (strcmp(s->o.phy, "1m") != 0 && strcmp(s->o.phy, "2m") != 0)
        return tool_usage_error(&usage, "--phy is 1m or 2m, not '%s'", s->o.phy);
    if (!(units >= 6 && units <= 3200))
        return tool_usage_error(&usage, "--interval-ms is 7.5 to 4000");
    if (s->o.to && woad_addr_parse(s->o.to, &s->to) < 0)
        return tool_usage_error(&usage, "'%s' is no address; like C0:FF:EE:00:00:01/random",
                                s->o.to);
    s->params = (struct woad_conn_params){.interval_min_1250us = (uint16_t)units,
                                          .duration_ms = (uint32_t)(s->o.timeout_s * 1000)};
    if (units * 1.25 * 8 / 10 > 500)
        s->params.timeout_10ms = (uint16_t)(units * 1.25 * 8 / 10 > 3200 ? 3200 : units);
    return -1;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int woad_cmd_send(int argc, char **argv)
{
    struct send s = {
        .o = {.name = "woad-recv", .phy = "2m", .interval_ms = 30, .timeout_s = 30},
        .conn = WOAD_CONN_NONE,
        .exit_code = -1,
    };
    int first;
    int rc = tool_parse(&usage, argc, argv, &s.o, &first);
    if (rc < 0 && argc - first != 1)
        rc = tool_usage_error(&usage, "give one FILE");
    if (rc < 0)
        rc = check_options(&s);
    if (rc >= 0)
        return rc;
    size_t len;
    uint8_t *data = tool_read_file(argv[first], &len);
    if (!data)
        return TOOL_IO;
    if (xfer_sender_init(&s.tx, base_name(argv[first]), data, len) < 0) {
        free(data);
        return TOOL_FAILED;
    }
    bool slow = strcmp(s.o.phy, "1m") == 0;
    rc = station_open(&s.station,
                      &(struct station_cfg){
                          .uri = s.o.hci,
                          .hci_log = s.o.hci_log,
                          .company = STATION_RECEIVER,
                          .host = {.event = on_event, .event_arg = &s, .no_auto_phy = slow},
                      });
    if (rc == 0) {
        rc = station_run(s.station, step, &s);
        tool_progress_end(&s.bar);
        int closed = station_close(s.station);
        rc = rc ? rc : closed;
    }
    free(data);
    return rc;
}
