/* woad scan: report advertisers in range. */
#include "commands.h"
#include "station.h"

#include "woad/ad.h"
#include "woad/fields.h"
#include "woad/gap.h"

#include <string.h>

struct scan_opts {
    const char *hci;
    const char *hci_log;
    double duration_s;
    const char *name;
    bool active;
    bool all;
    bool fields;
    bool json;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct scan_opts),
    {"duration", "S", TOOL_DOUBLE, offsetof(struct scan_opts, duration_s),
     "seconds to scan (default 5; 0 = until interrupted)"},
    {"name", "TEXT", TOOL_STRING, offsetof(struct scan_opts, name),
     "only devices whose name begins with TEXT; exit code 1 when none was heard"},
    {"active", NULL, TOOL_FLAG, offsetof(struct scan_opts, active), "ask for scan responses"},
    {"all", NULL, TOOL_FLAG, offsetof(struct scan_opts, all),
     "every report, not only the first of each device"},
    {"fields", NULL, TOOL_FLAG, offsetof(struct scan_opts, fields),
     "below each report a line for each field of its advertising data"},
    {"json", NULL, TOOL_FLAG, offsetof(struct scan_opts, json), "print JSON: an array of reports"},
    {0},
};

static const struct tool_usage usage = {
    "scan",
    "[options]",
    "Listens for advertisers and prints a line for each: address, kind of PDU, signal and name.\n"
    "\n"
    "  woad scan                              a simulated world with three advertisers\n"
    "  woad scan --hci tcp:127.0.0.1:7700     a controller of 'woad ether --listen tcp:7700'\n"
    "  woad scan --hci hci:0 --duration 0     a real controller, until Ctrl-C",
    options,
};

struct scan {
    struct scan_opts o;
    struct station *station;
    struct tool_json json;
    uint64_t count;
    int exit_code;
};

static const char *kind_name(uint8_t kind)
{
    static const char *const names[] = {"ADV_IND", "ADV_DIRECT_IND", "ADV_SCAN_IND",
                                        "ADV_NONCONN_IND", "SCAN_RSP"};
    return kind < 5 ? names[kind] : "?";
}

static void print_value(void *arg, const struct woad_field *f)
{
    char text[600];
    (void)arg;
    woad_field_format(f, text, sizeof(text));
    printf(" %s", text);
}

static void print_fields(const uint8_t *data, size_t len)
{
    static const struct woad_field_visitor visitor = {.field = print_value};
    struct woad_rd r = woad_rd_init(data, len);
    struct woad_ad_field f;
    int more;
    while ((more = woad_ad_next(&r, &f)) > 0) {
        const struct woad_ad_row *row = woad_ad_find(f.type);
        struct woad_rd value = woad_rd_init(f.data, f.len);
        printf("    0x%02X %s:", f.type, row ? row->name : "unknown");
        if (woad_fields_walk(row ? row->fields : "data:bytes[*]", &value, &visitor, NULL) < 0)
            printf(" (malformed)");
        printf("\n");
    }
    if (more < 0)
        printf("    (the last field is cut off)\n");
}

/* The same, as an array of JSON. */
static void json_fields(struct tool_json *json, const uint8_t *data, size_t len)
{
    struct woad_rd r = woad_rd_init(data, len);
    struct woad_ad_field f;
    tool_json_open(json, "fields", '[');
    while (woad_ad_next(&r, &f) > 0) {
        const struct woad_ad_row *row = woad_ad_find(f.type);
        char hex[2 * WOAD_AD_VALUE_MAX + 1] = "";
        for (unsigned i = 0; i < f.len; i++)
            snprintf(hex + 2 * i, 3, "%02x", f.data[i]);
        tool_json_open(json, NULL, '{');
        tool_json_u64(json, "type", f.type);
        tool_json_str(json, "name", row ? row->name : "unknown");
        tool_json_str(json, "value", hex);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
}

static void print_report(struct scan *s, const struct woad_host_evt *evt, const char *name)
{
    char addr[WOAD_ADDR_STR_SIZE], hex[2 * 31 + 1] = "";
    for (unsigned i = 0; i < evt->u.report.data_len && i < 31; i++)
        snprintf(hex + 2 * i, 3, "%02x", evt->u.report.data[i]);
    woad_addr_format(&evt->u.report.addr, addr);
    const char *kind = kind_name(evt->u.report.adv_type);
    if (!s->o.json) {
        printf("%-24s %-15s %4d dBm  %-20s %s\n", addr, kind, evt->u.report.rssi_dbm, name, hex);
        if (s->o.fields)
            print_fields(evt->u.report.data, evt->u.report.data_len);
        fflush(stdout);
        return;
    }
    tool_json_open(&s->json, NULL, '{');
    tool_json_double(&s->json, "time_s", station_now_s(s->station), 6);
    tool_json_str(&s->json, "address", addr);
    tool_json_str(&s->json, "kind", kind);
    tool_json_i64(&s->json, "rssi_dbm", evt->u.report.rssi_dbm);
    tool_json_str(&s->json, "name", name);
    tool_json_str(&s->json, "data", hex);
    json_fields(&s->json, evt->u.report.data, evt->u.report.data_len);
    tool_json_close(&s->json, '}');
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct scan *s = arg;
    char name[32];
    struct woad_scan_params params = {
        .active = s->o.active,
        .filter_duplicates = !s->o.all,
        .duration_ms = (uint32_t)(s->o.duration_s * 1000),
    };
    switch (evt->type) {
    case WOAD_EVT_READY:
        if (woad_gap_scan_start(h, &params) < 0)
            s->exit_code = TOOL_PEER;
        break;
    case WOAD_EVT_ADV_REPORT:
        station_adv_name(evt->u.report.data, evt->u.report.data_len, name, sizeof(name));
        if (s->o.name && strncmp(name, s->o.name, strlen(s->o.name)) != 0)
            break;
        s->count++;
        print_report(s, evt, name);
        break;
    case WOAD_EVT_SCAN_STARTED:
        if (evt->u.done.err) {
            tool_error("the controller refuses to scan (status 0x%02X)", evt->u.done.hci);
            s->exit_code = TOOL_PEER;
        }
        break;
    case WOAD_EVT_SCAN_STOPPED:
        s->exit_code = s->o.name && !s->count ? TOOL_FAILED : TOOL_OK;
        break;
    default: break;
    }
}

static int step(void *arg)
{
    return ((struct scan *)arg)->exit_code;
}

int woad_cmd_scan(int argc, char **argv)
{
    struct scan s = {.o = {.duration_s = 5}, .exit_code = -1};
    int first;
    int rc = tool_parse(&usage, argc, argv, &s.o, &first);
    if (rc < 0 && first < argc)
        rc = tool_usage_error(&usage, "'%s' is not an option", argv[first]);
    if (rc < 0 && !(s.o.duration_s >= 0 && s.o.duration_s < 4e6))
        rc = tool_usage_error(&usage, "--duration is 0 to 4000000 seconds");
    if (rc >= 0)
        return rc;
    rc = station_open(&s.station, &(struct station_cfg){
                                      .uri = s.o.hci,
                                      .hci_log = s.o.hci_log,
                                      .company = STATION_ADVERTISERS,
                                      .pace = s.o.duration_s <= 0,
                                      .host = {.event = on_event, .event_arg = &s},
                                  });
    if (rc)
        return rc;
    if (s.o.json) {
        tool_json_begin(&s.json, stdout);
        tool_json_open(&s.json, NULL, '[');
    }
    rc = station_run(s.station, step, &s);
    if (s.o.json) {
        tool_json_close(&s.json, ']');
        tool_json_end(&s.json);
    }
    int closed = station_close(s.station);
    return rc ? rc : closed;
}
