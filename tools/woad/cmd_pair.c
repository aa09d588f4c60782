/* woad pair: pair with a device, as central or as peripheral. */
#include "agent.h"
#include "commands.h"
#include "finder.h"
#include "input.h"
#include "keys.h"
#include "oob.h"
#include "station.h"

#include <stdlib.h>
#include <string.h>

struct pair_opts {
    const char *hci;
    const char *hci_log;
    const char *store;
    const char *io;
    const char *name;
    const char *passkey;
    const char *oob;
    const char *oob_out;
    uint64_t level;
    double timeout_s;
    bool listen;
    bool legacy;
    bool no_sc;
    bool no_bond;
    bool yes;
    bool json;
};

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct pair_opts),
    KEYS_STORE_OPTION(struct pair_opts),
    KEYS_IO_OPTION(struct pair_opts),
    {"name", "TEXT", TOOL_STRING, offsetof(struct pair_opts, name),
     "the device's local name, in place of ADDR; with --listen our own"},
    {"level", "2|3|4", TOOL_U64, offsetof(struct pair_opts, level),
     "least security: 2 encrypted (default), 3 authenticated, 4 by Secure Connections"},
    {"listen", NULL, TOOL_FLAG, offsetof(struct pair_opts, listen),
     "advertise and wait for a device that pairs with us"},
    {"passkey", "DIGITS", TOOL_STRING, offsetof(struct pair_opts, passkey),
     "the six digits that the other device shows, if known beforehand"},
    {"yes", NULL, TOOL_FLAG, offsetof(struct pair_opts, yes),
     "say yes to every question; without a person there is no protection from a third device"},
    {"legacy", NULL, TOOL_FLAG, offsetof(struct pair_opts, legacy),
     "accept the pairing of Bluetooth 4.0 and 4.1, which an eavesdropper can break"},
    {"no-sc", NULL, TOOL_FLAG, offsetof(struct pair_opts, no_sc),
     "with --legacy: offer that pairing alone"},
    {"oob-out", "FILE", TOOL_STRING, offsetof(struct pair_opts, oob_out),
     "write our out-of-band data there, for the other device's --oob"},
    {"oob", "FILE", TOOL_STRING, offsetof(struct pair_opts, oob),
     "the other device's out-of-band data: pairs without questions, authenticated"},
    {"no-bond", NULL, TOOL_FLAG, offsetof(struct pair_opts, no_bond), "keys for this link only"},
    {"timeout", "S", TOOL_DOUBLE, offsetof(struct pair_opts, timeout_s),
     "give up when no device comes for so long (default 30)"},
    {"json", NULL, TOOL_FLAG, offsetof(struct pair_opts, json), "print the result as JSON"},
    {0},
};

static const struct tool_usage usage = {
    "pair",
    "[ADDR] [options]",
    "Connects to a device, pairs with it and keeps the bond; 'woad bonds' lists them. Questions\n"
    "(a passkey to type, numbers to compare) are asked and answered in the terminal.\n"
    "\n"
    "  woad pair --name watch                              a simulated device that shows a "
    "passkey\n"
    "  woad pair C0:EE:FF:00:00:02 --hci unix:/tmp/air/dev1.sock --level 4\n"
    "  woad pair --listen --name lamp --hci hci:0          waits for somebody who pairs with us\n"
    "  woad pair --listen --oob-out lamp.oob ...           writes a line; carry it to the other "
    "one:\n"
    "  woad pair --name lamp --oob lamp.oob ...            nothing is asked, nobody can listen in\n"
    "\n"
    "Exit code 1 when pairing failed (the reason is printed), 5 when controller or link failed,\n"
    "6 when no such device was heard.",
    options,
};

struct pair {
    struct pair_opts o;
    struct station *station;
    struct finder finder;
    struct input input;
    struct keys keys;
    uint8_t level;
    struct woad_smp_oob oob; /* the peer's, if o.oob */
    struct agent agent;
    double leave_s; /* our last keys may be on their way until then */
    int exit_code;  /* -1 until decided */
};

static void check(struct pair *p, const char *what, int err)
{
    if (err >= 0)
        return;
    tool_error("%s: %s", what, woad_err_text(err));
    p->exit_code = TOOL_PEER;
}

/* ---- the result ------------------------------------------------------------------------------ */

static void print_json(struct pair *p, const struct woad_smp_evt *evt)
{
    struct tool_json j;
    char addr[WOAD_ADDR_STR_SIZE];
    tool_json_begin(&j, stdout);
    tool_json_open(&j, NULL, '{');
    tool_json_str(&j, "address", woad_addr_format(&p->finder.addr, addr));
    tool_json_bool(&j, "secured", evt->u.secured.result.err == 0);
    tool_json_u64(&j, "level", evt->u.secured.level);
    tool_json_u64(&j, "key_size", evt->u.secured.key_size);
    tool_json_bool(&j, "paired", evt->u.secured.paired);
    tool_json_bool(&j, "bonded", evt->u.secured.bonded);
    if (evt->u.secured.paired)
        tool_json_str(&j, "method", keys_method(evt->u.secured.method));
    if (evt->u.secured.reason)
        tool_json_str(&j, "reason", woad_smp_reason_text(evt->u.secured.reason));
    tool_json_close(&j, '}');
    tool_json_end(&j);
}

static void on_secured(struct pair *p, const struct woad_smp_evt *evt)
{
    p->exit_code = evt->u.secured.result.err ? TOOL_FAILED : TOOL_OK;
    if (p->o.json)
        print_json(p, evt);
    agent_report(&p->agent, evt);
    p->leave_s = station_now_s(p->station) + 0.5;
}

static void on_security(struct pair *p, struct woad_host *h, const struct woad_host_evt *evt)
{
    agent_event(&p->agent, h, evt);
    if (evt->u.smp->type == WOAD_SMP_SECURED)
        on_secured(p, evt->u.smp);
    if (evt->u.smp->type == WOAD_SMP_OOB_READY && oob_write(p->o.oob_out, &evt->u.smp->u.oob.data))
        p->exit_code = TOOL_IO;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void advertise(struct pair *p, struct woad_host *h)
{
    uint8_t data[31];
    struct woad_adv_params params = {
        .data = data, .data_len = station_adv_data(p->o.name ? p->o.name : "woad", data)};
    check(p, "cannot advertise", woad_gap_advertise_start(h, &params));
}

static void on_ready(struct pair *p, struct woad_host *h)
{
    if (p->o.oob_out)
        check(p, "no out-of-band data", woad_smp_oob_generate(h, true));
    if (p->o.listen)
        advertise(p, h);
}

static void on_connected(struct pair *p, struct woad_host *h, const struct woad_host_evt *evt)
{
    if (p->o.oob)
        check(p, "--oob", woad_smp_oob_set(h, evt->conn, &p->oob));
    if (p->o.listen)
        p->finder.addr = evt->u.connected.peer;
    else
        check(p, "cannot pair", woad_smp_pair(h, evt->conn, p->level));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct pair *p = arg;
    if (evt->type == WOAD_EVT_SECURITY && evt->conn == p->finder.conn)
        on_security(p, h, evt);
    if (evt->type == WOAD_EVT_READY)
        on_ready(p, h);
    if (!(p->o.listen && evt->type == WOAD_EVT_READY) && finder_event(&p->finder, h, evt))
        on_connected(p, h, evt);
    if (evt->type == WOAD_EVT_DISCONNECTED && p->exit_code < 0 &&
        p->finder.conn == WOAD_CONN_NONE) {
        tool_error("the link was lost (reason 0x%02X)", evt->u.disconnected.result.hci);
        p->exit_code = TOOL_PEER;
    }
}

static int step(void *arg)
{
    struct pair *p = arg;
    if (p->exit_code >= 0) /* the bond is stored */
        return p->finder.conn == WOAD_CONN_NONE || station_now_s(p->station) > p->leave_s
                   ? p->exit_code
                   : -1;
    if (finder_over(&p->finder, station_now_s(p->station)))
        return p->finder.exit_code;
    if (p->agent.awaits) {
        const char *line = input_line(&p->input);
        if (line)
            check(p, "pairing", agent_line(&p->agent, station_host(p->station), line));
        else if (p->input.ended) {
            tool_error("nobody answers the question: standard input has ended");
            return TOOL_FAILED;
        }
    }
    return -1;
}

static int run(struct pair *p)
{
    const struct woad_smp_cfg smp = {
        .store = &p->keys.store,
        .max_bonds = 64,
        .when_full = WOAD_SMP_FULL_REFUSE,
        .io = (uint8_t)keys_io(p->o.io),
        .level = p->level,
        .mitm = p->level > 2,
        .no_bonding = p->o.no_bond,
        .ask = p->o.listen,
        .no_auto_encrypt = true,
        .legacy = p->o.legacy ? &woad_smp_legacy : NULL,
        .no_sc = p->o.no_sc,
    };
    const struct woad_host_use parts[] = {{&woad_smp_part, &smp}, {NULL, NULL}};
    int rc =
        station_open(&p->station, &(struct station_cfg){
                                      .uri = p->o.hci,
                                      .hci_log = p->o.hci_log,
                                      .company = p->o.listen ? STATION_CENTRAL : STATION_PERIPHERAL,
                                      .peer_store = p->o.store,
                                      .pace = true, /* a person reads and types */
                                      .host = {.event = on_event, .event_arg = p, .parts = parts},
                                  });
    if (rc)
        return rc;
    rc = station_run(p->station, step, p);
    int closed = station_close(p->station);
    return rc ? rc : closed;
}

int woad_cmd_pair(int argc, char **argv)
{
    struct pair p = {.o = {.io = "keyboard-display", .level = 2, .timeout_s = 30}, .exit_code = -1};
    int first;
    int rc = tool_parse(&usage, argc, argv, &p.o, &first);
    if (rc < 0 && argc - first > (p.o.listen ? 0 : 1))
        rc = tool_usage_error(&usage, "'%s' is too much", argv[argc - 1]);
    if (rc < 0 && (p.o.level < 2 || p.o.level > 4))
        rc = tool_usage_error(&usage, "--level is 2, 3 or 4");
    if (rc < 0 && keys_io(p.o.io) < 0)
        rc = tool_usage_error(&usage, "--io: there is no '%s'", p.o.io);
    if (rc < 0 && p.o.passkey && !agent_passkey(p.o.passkey, &(uint32_t){0}))
        rc = tool_usage_error(&usage, "--passkey has six digits");
    if (rc < 0)
        rc = finder_init(&p.finder, &usage, first < argc ? argv[first] : NULL,
                         p.o.listen ? "" : p.o.name, p.o.timeout_s);
    if (rc < 0 && p.o.no_sc && !p.o.legacy)
        rc = tool_usage_error(&usage, "--no-sc leaves no pairing without --legacy");
    if (rc < 0 && p.o.oob) {
        int read = oob_read(p.o.oob, &p.oob);
        rc = read ? read : rc;
    }
    if (rc >= 0)
        return rc;
    p.level = (uint8_t)p.o.level;
    p.agent =
        (struct agent){.passkey = p.o.passkey, .yes = p.o.yes, .out = p.o.json ? stderr : stdout};
    rc = keys_open_for(&p.keys, p.o.store, p.o.hci);
    if (rc)
        return rc;
    rc = run(&p);
    keys_close(&p.keys);
    return rc;
}
