/* woad advertise: advertise until interrupted or for a while. */
#include "commands.h"
#include "station.h"

#include "woad/gap.h"

#include <string.h>

struct advertise_opts {
    const char *hci;
    const char *hci_log;
    const char *name;
    const char *data;
    const char *kind;
    double interval_ms;
    double duration_s;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct advertise_opts),
    {"name", "TEXT", TOOL_STRING, offsetof(struct advertise_opts, name),
     "local name to advertise (default woad)"},
    {"data", "HEX", TOOL_STRING, offsetof(struct advertise_opts, data),
     "advertising data as it is, instead of flags and name; up to 31 octets"},
    {"kind", "KIND", TOOL_STRING, offsetof(struct advertise_opts, kind),
     "connectable (default), scannable or nonconnectable"},
    {"interval-ms", "X", TOOL_DOUBLE, offsetof(struct advertise_opts, interval_ms),
     "20 to 10240 (default 100)"},
    {"duration", "S", TOOL_DOUBLE, offsetof(struct advertise_opts, duration_s),
     "seconds (default 0 = until interrupted)"},
    {0},
};

static const struct tool_usage usage = {
    "advertise",
    "[options]",
    "Advertises and tells who connects. A link stays until the peer ends it; then advertising\n"
    "goes on.\n"
    "\n"
    "  woad advertise --duration 3                     a simulated scanner hears it\n"
    "  woad advertise --hci unix:/tmp/air/dev0.sock    a controller of 'woad ether'",
    options,
};

struct advertise {
    struct advertise_opts o;
    struct station *station;
    struct woad_adv_params params;
    uint8_t data[31];
    int exit_code;
};

static void start(struct advertise *a, struct woad_host *h)
{
    if (a->o.duration_s > 0)
        a->params.duration_ms =
            (uint32_t)((a->o.duration_s - station_now_s(a->station)) * 1000) + 1;
    int err = woad_gap_advertise_start(h, &a->params);
    if (err < 0) {
        tool_error("cannot advertise: %s", woad_err_text(err));
        a->exit_code = TOOL_PEER;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct advertise *a = arg;
    char addr[WOAD_ADDR_STR_SIZE];
    switch (evt->type) {
    case WOAD_EVT_READY:
        printf("%s\n", woad_addr_format(&evt->u.ready.addr, addr));
        start(a, h);
        break;
    case WOAD_EVT_ADV_STARTED:
        if (evt->u.done.err) {
            tool_error("the controller refuses to advertise (status 0x%02X)", evt->u.done.hci);
            a->exit_code = TOOL_PEER;
        } else {
            printf("advertising\n");
        }
        break;
    case WOAD_EVT_CONNECTED:
        printf("connected to %s\n", woad_addr_format(&evt->u.connected.peer, addr));
        break;
    case WOAD_EVT_DISCONNECTED:
        printf("disconnected (reason 0x%02X)\n", evt->u.disconnected.result.hci);
        start(a, h);
        break;
    default: break;
    }
    fflush(stdout);
}

static int step(void *arg)
{
    struct advertise *a = arg;
    if (a->exit_code < 0 && a->o.duration_s > 0 && station_now_s(a->station) >= a->o.duration_s)
        return TOOL_OK;
    return a->exit_code;
}

static bool parse_hex(const char *text, uint8_t to[31], uint8_t *len)
{
    size_t n = strlen(text);
    if (n % 2 || n > 62 || strspn(text, "0123456789abcdefABCDEF") != n)
        return false;
    for (size_t i = 0; i < n / 2; i++) {
        unsigned v;
        sscanf(text + 2 * i, "%2x", &v);
        to[i] = (uint8_t)v;
    }
    *len = (uint8_t)(n / 2);
    return true;
}

static int check_options(struct advertise *a)
{
    static const struct {
        const char *name;
        uint8_t kind;
    } kinds[] = {{"connectable", WOAD_ADV_CONNECTABLE},
                 {"scannable", WOAD_ADV_SCANNABLE},
                 {"nonconnectable", WOAD_ADV_NONCONNECTABLE}};
    if (!(a->o.interval_ms >= 20 && a->o.interval_ms <= 10240))
        return tool_usage_error(&usage, "--interval-ms is 20 to 10240");
    if (!(a->o.duration_s >= 0 && a->o.duration_s < 4e6))
        return tool_usage_error(&usage, "--duration is 0 to 4000000 seconds");
    a->params.interval_min_625us = (uint16_t)(a->o.interval_ms / 0.625);
    a->params.data = a->data;
    if (!a->o.data)
        a->params.data_len = station_adv_data(a->o.name, a->data);
    else if (!parse_hex(a->o.data, a->data, &a->params.data_len))
        return tool_usage_error(&usage, "--data is an even number of hex digits, 62 at most");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, a->o.kind) == 0) {
            a->params.kind = kinds[i].kind;
            return -1;
        }
    return tool_usage_error(&usage, "--kind is connectable, scannable or nonconnectable");
}

int woad_cmd_advertise(int argc, char **argv)
{
    struct advertise a = {.o = {.name = "woad", .kind = "connectable", .interval_ms = 100},
                          .exit_code = -1};
    int first;
    int rc = tool_parse(&usage, argc, argv, &a.o, &first);
    if (rc < 0 && first < argc)
        rc = tool_usage_error(&usage, "'%s' is not an option", argv[first]);
    if (rc < 0)
        rc = check_options(&a);
    if (rc >= 0)
        return rc;
    rc = station_open(&a.station, &(struct station_cfg){
                                      .uri = a.o.hci,
                                      .hci_log = a.o.hci_log,
                                      .company = STATION_SCANNER,
                                      .pace = a.o.duration_s <= 0,
                                      .host = {.event = on_event, .event_arg = &a},
                                  });
    if (rc)
        return rc;
    rc = station_run(a.station, step, &a);
    int closed = station_close(a.station);
    return rc ? rc : closed;
}
