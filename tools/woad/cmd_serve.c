/* woad serve: a server described by a JSON file. */
#include "agent.h"
#include "assigned.h"
#include "commands.h"
#include "input.h"
#include "keys.h"
#include "serve_json.h"
#include "station.h"
#include "value.h"

#include "woad/gap.h"
#include "woad/gatts.h"

#include <stdlib.h>
#include <string.h>

struct serve_opts {
    const char *hci;
    const char *hci_log;
    const char *store;
    const char *passkey;
    double duration_s;
    bool yes;
    bool check;
    bool json;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct serve_opts),
    KEYS_STORE_OPTION(struct serve_opts),
    {"duration", "S", TOOL_DOUBLE, offsetof(struct serve_opts, duration_s),
     "seconds (default 0 = until interrupted)"},
    {"passkey", "DIGITS", TOOL_STRING, offsetof(struct serve_opts, passkey),
     "the six digits that the other device shows, if known beforehand"},
    {"yes", NULL, TOOL_FLAG, offsetof(struct serve_opts, yes), "say yes to questions in pairing"},
    {"check", NULL, TOOL_FLAG, offsetof(struct serve_opts, check), "read FILE and do no more"},
    {"json", NULL, TOOL_FLAG, offsetof(struct serve_opts, json), "print a line of JSON an event"},
    {0},
};

static const struct tool_usage usage = {
    "serve",
    "FILE.json [options]",
    "Advertises, lets clients connect and serves what FILE.json describes:\n"
    "\n"
    "  {\"name\": \"lamp\", \"appearance\": 1408,\n"
    "   \"security\": {\"io\": \"display\", \"level\": 2, \"bond\": true},\n"
    "   \"services\": [\n"
    "     {\"uuid\": \"180f\", \"characteristics\": [\n"
    "       {\"uuid\": \"2a19\", \"value\": {\"u8\": 100},\n"
    "        \"properties\": [\"read\", \"notify\"],\n"
    "        \"descriptors\": [{\"uuid\": \"2901\", \"value\": \"cells\"}],\n"
    "        \"notify\": {\"source\": \"counter\", \"type\": \"u8\",\n"
    "                   \"to\": 100, \"step\": -1, \"every_ms\": 500}}]},\n"
    "     {\"uuid\": \"1802\", \"includes\": [\"180f\"], \"characteristics\": [\n"
    "       {\"uuid\": \"2a06\", \"properties\": [\"write\"],\n"
    "        \"write\": \"encrypted\", \"max\": 1}]}]}\n"
    "\n"
    "That is examples/lamp.json; docs/serve.md tells every key and every line of --json.\n"
    "\n"
    "Properties: read, write, write-no-rsp, notify, indicate, signed-write.\n"
    "Access (\"read\", \"write\"): never, open, encrypted, authenticated, secure.\n"
    "Values: \"text\", [octets], {\"hex\": \"01ff\"}, {\"u8\": 5}, {\"i16\": [-1, 2]}, {\"u32\": "
    "7}.\n"
    "Sources: counter (from, to, step), random (from, to), list (values).\n"
    "\n"
    "  woad serve lamp.json                             a simulated phone reads it all\n"
    "  woad serve lamp.json --hci hci:0 --json          a line for each write and subscription\n"
    "  woad gatt --name lamp --hci hci:1 services       from another machine\n"
    "\n"
    "Ctrl-C disconnects the clients and leaves. Exit code 3 when FILE.json is not right; the\n"
    "message names line and key.",
    options,
};

#define CLIENTS 4

struct client {
    bool used;
    uint16_t conn;
    struct woad_addr addr;
};

struct serve {
    struct serve_opts o;
    struct station *station;
    struct serve_file file;
    struct keys keys;
    struct agent agent;
    struct input input;
    struct client clients[CLIENTS];
    unsigned count; /* of them, used */
    bool advertising;
    bool over;     /* nothing is printed from here on */
    int exit_code; /* -1 until decided */
};

/* ---- printing -------------------------------------------------------------------------------- */

static struct tool_json line_begin(const char *event)
{
    struct tool_json j;
    tool_json_begin(&j, stdout);
    j.pretty = false;
    tool_json_open(&j, NULL, '{');
    tool_json_str(&j, "event", event);
    return j;
}

static void line_end(struct tool_json *j)
{
    tool_json_close(j, '}');
    tool_json_end(j);
    fflush(stdout);
}

/* Who, on the lines of events. */
static const char *client(const struct serve *s, uint16_t conn)
{
    static char text[WOAD_ADDR_STR_SIZE];
    text[0] = '\0';
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].used && s->clients[i].conn == conn)
            woad_addr_format(&s->clients[i].addr, text);
    return text;
}

static void print_serving(const struct serve *s, const struct woad_addr *addr)
{
    char text[WOAD_ADDR_STR_SIZE];
    woad_addr_format(addr, text);
    if (s->o.json) {
        struct tool_json j = line_begin("serving");
        tool_json_str(&j, "address", text);
        tool_json_str(&j, "name", s->file.name);
        tool_json_u64(&j, "attributes", s->file.attr_count);
        line_end(&j);
        return;
    }
    printf("serving as %s, '%s', %u attributes\n", text, s->file.name, s->file.attr_count);
    fflush(stdout);
}

/* reason < 0: connected. */
static void print_link(const struct serve *s, uint16_t conn, int reason)
{
    if (s->o.json) {
        struct tool_json j = line_begin(reason < 0 ? "connected" : "disconnected");
        tool_json_str(&j, "client", client(s, conn));
        if (reason >= 0)
            tool_json_u64(&j, "reason", (uint64_t)reason);
        line_end(&j);
        return;
    }
    printf("%s %s", client(s, conn), reason < 0 ? "connected\n" : "disconnected");
    if (reason >= 0)
        printf(" (reason 0x%02X)\n", (unsigned)reason);
    fflush(stdout);
}

static struct tool_json attr_begin(const struct serve *s, const char *event,
                                   const struct woad_gatts_evt *evt)
{
    char uuid[WOAD_UUID_STR_SIZE];
    struct tool_json j = line_begin(event);
    tool_json_str(&j, "client", client(s, evt->conn));
    tool_json_u64(&j, "handle", evt->handle);
    tool_json_str(&j, "uuid", woad_uuid_format(evt->attr->type, uuid));
    tool_json_str(&j, "name", assigned_name(evt->attr->type));
    return j;
}

static void print_attr(const struct serve *s, const struct woad_gatts_evt *evt, const char *what)
{
    char uuid[WOAD_UUID_STR_SIZE];
    woad_uuid_format(evt->attr->type, uuid);
    printf("%s %s 0x%04X %s %s", client(s, evt->conn), what, evt->handle, uuid,
           assigned_name(evt->attr->type));
}

static void print_written(const struct serve *s, const struct woad_gatts_evt *evt)
{
    const struct woad_gatt_value *v = evt->attr->value;
    const struct assigned *row = assigned_find(evt->attr->type);
    enum value_kind kind = row ? (enum value_kind)row->kind : VALUE_TEXT;
    char text[VALUE_STR_SIZE];
    if (s->o.json) {
        struct tool_json j = attr_begin(s, "written", evt);
        tool_json_str(&j, "hex", value_format(VALUE_HEX, v->data, v->len, text));
        line_end(&j);
        return;
    }
    print_attr(s, evt, "writes");
    printf(" = %s\n", v->len ? value_format(kind, v->data, v->len, text) : "(empty)");
    fflush(stdout);
}

static void print_subscribed(const struct serve *s, const struct woad_gatts_evt *evt)
{
    bool notify = evt->u.subscribed.notify, indicate = evt->u.subscribed.indicate;
    if (s->o.json) {
        struct tool_json j = attr_begin(s, "subscribed", evt);
        tool_json_bool(&j, "notify", notify);
        tool_json_bool(&j, "indicate", indicate);
        tool_json_bool(&j, "restored", evt->u.subscribed.restored);
        line_end(&j);
        return;
    }
    print_attr(s, evt, notify || indicate ? "subscribes to" : "unsubscribes from");
    printf("%s%s%s\n", notify ? ", notifications" : "", indicate ? ", indications" : "",
           evt->u.subscribed.restored ? ", as before" : "");
    fflush(stdout);
}

static void print_secured(const struct serve *s, uint16_t conn, const struct woad_smp_evt *evt)
{
    struct tool_json j = line_begin("secured");
    tool_json_str(&j, "client", client(s, conn));
    tool_json_bool(&j, "ok", evt->u.secured.result.err == 0);
    tool_json_u64(&j, "level", evt->u.secured.level);
    tool_json_bool(&j, "paired", evt->u.secured.paired);
    tool_json_bool(&j, "bonded", evt->u.secured.bonded);
    if (evt->u.secured.paired)
        tool_json_str(&j, "method", keys_method(evt->u.secured.method));
    if (evt->u.secured.reason)
        tool_json_str(&j, "reason", woad_smp_reason_text(evt->u.secured.reason));
    line_end(&j);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void check(struct serve *s, const char *what, int err)
{
    if (err >= 0)
        return;
    tool_error("%s: %s", what, woad_err_text(err));
    s->exit_code = TOOL_PEER;
}

static void on_gatts(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct serve *s = arg;
    (void)h;
    if (s->over || !evt->attr || evt->attr->kind != WOAD_GATT_KIND_VALUE)
        return;
    if (evt->type == WOAD_GATTS_WRITTEN)
        print_written(s, evt);
    else if (evt->type == WOAD_GATTS_SUBSCRIBED)
        print_subscribed(s, evt);
}

/* For the next client, as long as there is room for one. */
static void advertise(struct serve *s, struct woad_host *h)
{
    uint8_t data[31];
    struct woad_adv_params params = {.data = data,
                                     .data_len = station_adv_data(s->file.name, data)};
    if (s->advertising || s->count == CLIENTS)
        return;
    s->advertising = true;
    check(s, "cannot advertise", woad_gap_advertise_start(h, &params));
}

static void on_connected(struct serve *s, const struct woad_host_evt *evt)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        if (!s->clients[i].used) {
            s->clients[i] = (struct client){true, evt->conn, evt->u.connected.peer};
            s->count++;
            break;
        }
    print_link(s, evt->conn, -1);
}

static void on_disconnected(struct serve *s, const struct woad_host_evt *evt)
{
    print_link(s, evt->conn, evt->u.disconnected.result.hci);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].used && s->clients[i].conn == evt->conn) {
            s->clients[i].used = false;
            s->count--;
        }
}

static void on_security(struct serve *s, struct woad_host *h, const struct woad_host_evt *evt)
{
    agent_event(&s->agent, h, evt);
    if (evt->u.smp->type != WOAD_SMP_SECURED)
        return;
    if (s->o.json)
        print_secured(s, evt->conn, evt->u.smp);
    else
        agent_report(&s->agent, evt->u.smp);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct serve *s = arg;
    switch (evt->type) {
    case WOAD_EVT_READY: print_serving(s, &evt->u.ready.addr); break;
    case WOAD_EVT_ADV_STARTED: /* a controller may be unable to while it has a link */
        s->advertising = evt->u.done.err == 0;
        if (s->count == 0)
            check(s, "cannot advertise", evt->u.done.err);
        return;
    case WOAD_EVT_ADV_STOPPED: s->advertising = false; return;
    case WOAD_EVT_CONNECTED: on_connected(s, evt); break;
    case WOAD_EVT_DISCONNECTED: on_disconnected(s, evt); break;
    case WOAD_EVT_SECURITY: on_security(s, h, evt); return;
    default: return;
    }
    advertise(s, h);
}

/* ---- sources --------------------------------------------------------------------------------- */

/* The next value of a source, into the characteristic's. */
static void advance(struct serve_chr *c)
{
    struct serve_source *src = &c->source;
    if (src->kind == SERVE_LIST) {
        const struct woad_gatt_value *v = &src->list[src->at++ % src->count];
        memcpy(c->value.data, v->data, v->len);
        c->value.len = v->len;
        return;
    }
    int64_t range = src->to - src->from + 1;
    int64_t number = src->kind == SERVE_COUNTER
                         ? src->at
                         : src->from + ((int64_t)random() << 16 ^ (int64_t)random()) % range;
    src->at += src->step;
    src->at = src->at > src->to ? src->from : src->at < src->from ? src->to : src->at;
    c->value.len = (uint16_t)value_put((enum value_kind)src->type, number, c->value.data);
}

/* What is refused because there is no room now is left out: the next one is newer. */
static void send_to(struct serve *s, uint16_t conn, uint16_t handle, const struct serve_chr *c)
{
    struct woad_host *h = station_host(s->station);
    uint8_t asked = woad_gatts_subscription(h, conn, handle);
    int err = asked & 1   ? woad_gatts_notify(h, conn, handle, c->value.data, c->value.len)
              : asked & 2 ? woad_gatts_indicate(h, conn, handle, c->value.data, c->value.len)
                          : 0;
    if (err < 0 && err != WOAD_ERR_AGAIN && err != WOAD_ERR_BUSY && err != WOAD_ERR_SECURITY &&
        err != WOAD_ERR_NOT_CONNECTED)
        tool_error("0x%04X cannot be notified: %s", handle, woad_err_text(err));
}

static void send(struct serve *s, const struct serve_service *svc, struct serve_chr *c)
{
    struct woad_host *h = station_host(s->station);
    uint16_t handle = (uint16_t)(svc->service.start + c->index);
    uint8_t asked = 0;
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].used)
            asked |= woad_gatts_subscription(h, s->clients[i].conn, handle);
    if (!asked)
        return;
    advance(c);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].used)
            send_to(s, s->clients[i].conn, handle, c);
}

/* A source that fell behind goes on from now: its values are not sent in a burst. */
static void run_sources(struct serve *s, double now)
{
    for (unsigned i = 0; i < s->file.service_count; i++)
        for (unsigned k = 0; k < s->file.services[i].chr_count; k++) {
            struct serve_chr *c = &s->file.services[i].chrs[k];
            double every_s = c->source.every_ms / 1000.0;
            if (c->source.kind == SERVE_NONE || now < c->next_s)
                continue;
            c->next_s = now - c->next_s < every_s ? c->next_s + every_s : now + every_s;
            send(s, &s->file.services[i], c);
        }
}

static int step(void *arg)
{
    struct serve *s = arg;
    double now = station_now_s(s->station);
    if (s->count)
        run_sources(s, now);
    if (s->agent.awaits) {
        const char *line = input_line(&s->input);
        if (line)
            check(s, "pairing", agent_line(&s->agent, station_host(s->station), line));
    }
    if (s->exit_code < 0 && s->o.duration_s > 0 && now >= s->o.duration_s)
        return TOOL_OK;
    return s->exit_code;
}

/* ---- start ----------------------------------------------------------------------------------- */

static int read_file(struct serve *s, const char *path)
{
    size_t len;
    uint8_t *text = tool_read_file(path, &len);
    if (!text)
        return TOOL_IO;
    int err = serve_json_read(&s->file, (const char *)text, len);
    free(text);
    if (err == 0)
        return 0;
    tool_error("%s: %s", path, s->file.error);
    return TOOL_BAD_INPUT;
}

static int add_services(struct serve *s)
{
    for (unsigned i = 0; i < s->file.service_count; i++) {
        struct woad_gatt_service *svc = &s->file.services[i].service;
        svc->event = on_gatts;
        svc->arg = s;
        int err = woad_gatts_add(station_host(s->station), svc);
        if (err < 0) {
            tool_error("services[%u]: %s", i, woad_err_text(err));
            return TOOL_FAILED;
        }
    }
    return 0;
}

static int open_station(struct serve *s)
{
    const struct woad_smp_cfg smp = {
        .store = &s->keys.store,
        .max_bonds = 64,
        .io = (uint8_t)keys_io(s->file.io),
        .level = s->file.level,
        .mitm = s->file.level > 2,
        .no_bonding = !s->file.bond,
        .signing = &woad_smp_signing,
    };
    const struct woad_gatts_cfg gatts = {
        .name = s->file.name,
        .appearance = s->file.appearance,
        .handle_max = (uint16_t)(s->file.attr_count + 64),
        .cccds = (uint16_t)(s->file.cccd_count + 1),
        .prepare_size = 2048,
        .store = &s->keys.store,
    };
    const struct woad_host_use parts[] = {
        {&woad_smp_part, &smp}, {&woad_gatts_part, &gatts}, {NULL, NULL}};
    return station_open(&s->station, &(struct station_cfg){
                                         .uri = s->o.hci,
                                         .hci_log = s->o.hci_log,
                                         .company = STATION_CLIENT,
                                         .peer_store = s->o.store,
                                         .pace = s->o.duration_s <= 0 || s->file.level > 2,
                                         .host = {.event = on_event,
                                                  .event_arg = s,
                                                  .max_conns = CLIENTS,
                                                  .att_mtu = 517,
                                                  .parts = parts},
                                     });
}

static int run(struct serve *s)
{
    int rc = open_station(s);
    if (rc)
        return rc;
    rc = add_services(s);
    if (rc == 0)
        rc = station_run(s->station, step, s);
    s->over = true;
    int closed = station_close(s->station);
    return rc ? rc : closed;
}

int woad_cmd_serve(int argc, char **argv)
{
    struct serve s = {.exit_code = -1};
    int first;
    int rc = tool_parse(&usage, argc, argv, &s.o, &first);
    if (rc < 0 && argc - first != 1)
        rc = tool_usage_error(&usage, first == argc ? "name the FILE.json that describes the server"
                                                    : "one FILE.json is enough");
    if (rc < 0 && s.o.passkey && !agent_passkey(s.o.passkey, &(uint32_t){0}))
        rc = tool_usage_error(&usage, "--passkey has six digits");
    if (rc < 0 && !(s.o.duration_s >= 0 && s.o.duration_s < 4e6))
        rc = tool_usage_error(&usage, "--duration is 0 to 4000000 seconds");
    if (rc >= 0)
        return rc;
    rc = read_file(&s, argv[first]);
    s.agent =
        (struct agent){.passkey = s.o.passkey, .yes = s.o.yes, .out = s.o.json ? stderr : stdout};
    if (rc == 0 && !s.o.check) {
        rc = keys_open_for(&s.keys, s.o.store, s.o.hci);
        if (rc == 0)
            rc = run(&s);
        keys_close(&s.keys);
    }
    serve_json_free(&s.file);
    return rc;
}
