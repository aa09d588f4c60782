/* woad hci: coverage of captures, the tables themselves, and a fuzz dictionary made of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "commands.h"
#include "tool.h"
#include "woad/buf.h"
#include "woad/fields.h"
#include "woad/hci_coverage.h"
#include "woad/hci_decode.h"
#include "woad/hci_table.h"
#include "woad/ll_pdu.h"

struct options {
    bool json;
    bool all;
};

/* ---- coverage -------------------------------------------------------------------------------- */

static const struct tool_opt coverage_opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"},
    {"all", NULL, TOOL_FLAG, offsetof(struct options, all),
     "list also what was never exercised, and BR/EDR"},
    {0}};

static const struct tool_usage coverage_usage = {
    "hci coverage", "[options] FILE...",
    "Says which HCI commands and events the captures exercised, together: how often\n"
    "each command was sent, how often it was answered with success and with an error,\n"
    "how often each event came. 'LE' figures count what belongs to Bluetooth LE from\n"
    "4.0 to 6.2.\n"
    "\n"
    "  woad demo --hci-log run.btsnoop && woad hci coverage run.btsnoop",
    coverage_opts};

static bool is_le_cmd(const struct woad_hci_cmd_row *row)
{
    return WOAD_HCI_OGF(row->opcode) == 8;
}

struct totals {
    unsigned le_cmds, le_cmds_used, le_evts, le_evts_used, cmds_used, evts_used, statuses;
};

static struct totals sum(const struct woad_hci_coverage *c)
{
    struct totals t = {.le_evts = WOAD_HCI_LE_EVT_COUNT};
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        bool le = is_le_cmd(&woad_hci_cmd_rows[i]);
        t.le_cmds += le;
        t.le_cmds_used += le && c->cmd[i].sent;
        t.cmds_used += c->cmd[i].sent != 0;
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        t.evts_used += c->evt[i] != 0;
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        t.le_evts_used += c->le_evt[i] != 0;
    for (size_t i = 0; i < 256; i++)
        t.statuses += c->status[i] != 0;
    return t;
}

static void coverage_text(const struct woad_hci_coverage *c, bool all)
{
    struct totals t = sum(c);
    printf("commands      sent       ok   failed\n");
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_count *n = &c->cmd[i];
        if (n->sent || n->ok || n->failed || all)
            printf("  0x%04x  %8" PRIu32 " %8" PRIu32 " %8" PRIu32 "  %s\n",
                   woad_hci_cmd_rows[i].opcode, n->sent, n->ok, n->failed,
                   woad_hci_cmd_rows[i].name);
    }
    printf("events       count\n");
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        if (c->evt[i] || all)
            printf("    0x%02x  %8" PRIu32 "  %s\n", woad_hci_evt_rows[i].code, c->evt[i],
                   woad_hci_evt_rows[i].name);
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        if (c->le_evt[i] || all)
            printf(" 3e 0x%02x  %8" PRIu32 "  %s\n", woad_hci_le_evt_rows[i].code, c->le_evt[i],
                   woad_hci_le_evt_rows[i].name);
    printf("statuses     count\n");
    for (unsigned i = 0; i < 256; i++)
        if (c->status[i])
            printf("    0x%02x  %8" PRIu32 "  %s\n", i, c->status[i],
                   woad_hci_err_text((uint8_t)i) ? woad_hci_err_text((uint8_t)i) : "unknown");
    printf("LE commands %u of %u, LE events %u of %u; all commands %u, events %u, statuses %u\n",
           t.le_cmds_used, t.le_cmds, t.le_evts_used, t.le_evts, t.cmds_used, t.evts_used,
           t.statuses);
    printf("unknown packets %" PRIu32 ", malformed %" PRIu32 "\n", c->unknown, c->malformed);
}

static void json_events(struct tool_json *j, const char *key, const struct woad_hci_evt_row *rows,
                        const uint32_t *counts, size_t n, bool all)
{
    tool_json_open(j, key, '[');
    for (size_t i = 0; i < n; i++) {
        if (!counts[i] && !all)
            continue;
        tool_json_open(j, NULL, '{');
        tool_json_u64(j, "code", rows[i].code);
        tool_json_str(j, "name", rows[i].name);
        tool_json_u64(j, "count", counts[i]);
        tool_json_close(j, '}');
    }
    tool_json_close(j, ']');
}

static void coverage_json(const struct woad_hci_coverage *c, bool all)
{
    struct tool_json j;
    struct totals t = sum(c);
    tool_json_begin(&j, stdout);
    tool_json_open(&j, NULL, '{');
    tool_json_u64(&j, "le_commands", t.le_cmds);
    tool_json_u64(&j, "le_commands_used", t.le_cmds_used);
    tool_json_u64(&j, "le_events", t.le_evts);
    tool_json_u64(&j, "le_events_used", t.le_evts_used);
    tool_json_u64(&j, "unknown", c->unknown);
    tool_json_u64(&j, "malformed", c->malformed);
    tool_json_open(&j, "commands", '[');
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_count *n = &c->cmd[i];
        if (!n->sent && !n->ok && !n->failed && !all)
            continue;
        tool_json_open(&j, NULL, '{');
        tool_json_u64(&j, "opcode", woad_hci_cmd_rows[i].opcode);
        tool_json_str(&j, "name", woad_hci_cmd_rows[i].name);
        tool_json_u64(&j, "sent", n->sent);
        tool_json_u64(&j, "ok", n->ok);
        tool_json_u64(&j, "failed", n->failed);
        tool_json_close(&j, '}');
    }
    tool_json_close(&j, ']');
    json_events(&j, "events", woad_hci_evt_rows, c->evt, WOAD_HCI_EVT_COUNT, all);
    json_events(&j, "le_subevents", woad_hci_le_evt_rows, c->le_evt, WOAD_HCI_LE_EVT_COUNT, all);
    tool_json_close(&j, '}');
    tool_json_end(&j);
}

static int add_file(struct woad_hci_coverage *c, const char *path, bool *any)
{
    struct capture capture;
    struct capture_pkt pkt;
    int code = capture_open(&capture, path);
    if (code)
        return code;
    if (capture.is_pcap &&
        (capture.pcap.link == WOAD_PCAP_LE_LL_PHDR || capture.pcap.link == WOAD_PCAP_LE_LL)) {
        tool_error("%s: a capture of the air holds no HCI packets; give one of HCI", path);
        capture_close(&capture);
        return TOOL_BAD_INPUT;
    }
    int got;
    *any = true;
    while ((got = capture_next(&capture, &pkt)) > 0)
        if (pkt.hci.type != WOAD_PKT_NONE)
            woad_hci_coverage_add(c, pkt.hci.type, pkt.hci.received, pkt.hci.data, pkt.hci.len);
    capture_close(&capture);
    return got < 0 ? TOOL_BAD_INPUT : TOOL_OK;
}

static int cmd_coverage(int argc, char **argv)
{
    struct options o = {0};
    int first;
    int code = tool_parse(&coverage_usage, argc, argv, &o, &first);
    if (code >= 0)
        return code;
    if (first >= argc)
        return tool_usage_error(&coverage_usage, "give at least one capture file");
    struct woad_hci_coverage *c = calloc(1, sizeof(*c));
    if (!c) {
        tool_error("out of memory");
        return TOOL_IO;
    }
    code = TOOL_OK;
    bool any = false; /* a file that is cut short counts for what it holds */
    for (int i = first; i < argc; i++) {
        int file_code = add_file(c, argv[i], &any);
        code = file_code ? file_code : code;
    }
    if (any && o.json)
        coverage_json(c, o.all);
    else if (any)
        coverage_text(c, o.all);
    free(c);
    return code;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct tool_opt tables_opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"}, {0}};

static const struct tool_usage tables_usage = {
    "hci tables", "[--json] [WORD]",
    "Prints the tables the decoder works with: every command, event and LE subevent\n"
    "with its parameters, in the notation of woad/fields.h. With WORD: only rows whose\n"
    "name contains it.\n"
    "\n"
    "  woad hci tables 'Set PHY'",
    tables_opts};

static bool contains(const char *name, const char *word)
{
    size_t n = word ? strlen(word) : 0;
    for (; word && strlen(name) >= n; name++)
        if (strncasecmp(name, word, n) == 0)
            return true;
    return !word;
}

static const char *or_unknown(const char *fields)
{
    return fields ? fields : "(not described)";
}

static void table_row(struct tool_json *j, const char *kind, unsigned code, const char *name,
                      const char *params, const char *returns)
{
    if (!j) {
        printf("%-6s 0x%0*x %s\n", kind, code > 0xff || strcmp(kind, "cmd") == 0 ? 4 : 2, code,
               name);
        if (!params || params[0])
            printf("       params  %s\n", or_unknown(params));
        if (returns && returns[0])
            printf("       returns %s\n", returns);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "kind", kind);
    tool_json_u64(j, "code", code);
    tool_json_str(j, "name", name);
    if (params)
        tool_json_str(j, "params", params);
    if (returns)
        tool_json_str(j, "returns", returns);
    tool_json_close(j, '}');
}

static int cmd_tables(int argc, char **argv)
{
    struct options o = {0};
    int first;
    int code = tool_parse(&tables_usage, argc, argv, &o, &first);
    if (code >= 0)
        return code;
    const char *word = first < argc ? argv[first] : NULL;
    struct tool_json json, *j = o.json ? &json : NULL;
    if (j) {
        tool_json_begin(j, stdout);
        tool_json_open(j, NULL, '[');
    }
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_row *row = &woad_hci_cmd_rows[i];
        if (contains(row->name, word))
            table_row(j, "cmd", row->opcode, row->name, row->params, row->returns);
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        if (contains(woad_hci_evt_rows[i].name, word))
            table_row(j, "evt", woad_hci_evt_rows[i].code, woad_hci_evt_rows[i].name,
                      woad_hci_evt_rows[i].params, NULL);
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        if (contains(woad_hci_le_evt_rows[i].name, word))
            table_row(j, "le_evt", woad_hci_le_evt_rows[i].code, woad_hci_le_evt_rows[i].name,
                      woad_hci_le_evt_rows[i].params, NULL);
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return TOOL_OK;
}

/* ---- dictionary ------------------------------------------------------------------------------ */

static const struct tool_opt no_opts[] = {{0}};

static const struct tool_usage dictionary_usage = {
    "hci dictionary", "",
    "Prints a dictionary for libFuzzer and AFL: the head of every command, event, L2CAP\n"
    "signalling, ATT, SMP and link-layer control packet, from the decoder's tables.\n"
    "\n"
    "  woad hci dictionary > hci.dict && build/bin/hci_decode_fuzz -dict=hci.dict",
    no_opts};

static void entry(const char *prefix, const char *name, const uint8_t *octets, size_t n)
{
    printf("%s_", prefix);
    for (; *name; name++)
        putchar((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') ? *name
                : *name >= 'A' && *name <= 'Z'                                   ? *name - 'A' + 'a'
                                                                                 : '_');
    printf("=\"");
    for (size_t i = 0; i < n; i++)
        printf("\\x%02x", octets[i]);
    printf("\"\n");
}

static uint8_t least_len(const char *fields)
{
    int n = fields ? woad_fields_check(fields, NULL) : 0;
    return n > 0 && n < 256 ? (uint8_t)n : 0;
}

static void proto_entries(const char *prefix, const struct woad_proto_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        entry(prefix, rows[i].name, &rows[i].code, 1);
}

static int cmd_dictionary(int argc, char **argv)
{
    int first, none;
    int code = tool_parse(&dictionary_usage, argc, argv, &none, &first);
    if (code >= 0)
        return code;
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_row *row = &woad_hci_cmd_rows[i];
        const uint8_t head[] = {WOAD_PKT_CMD, (uint8_t)row->opcode, (uint8_t)(row->opcode >> 8),
                                least_len(row->params)};
        entry("cmd", row->name, head, sizeof(head));
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++) {
        const struct woad_hci_evt_row *row = &woad_hci_evt_rows[i];
        const uint8_t head[] = {WOAD_PKT_EVT, row->code, least_len(row->params)};
        entry("evt", row->name, head, sizeof(head));
    }
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++) {
        const struct woad_hci_evt_row *row = &woad_hci_le_evt_rows[i];
        const uint8_t head[] = {WOAD_PKT_EVT, WOAD_HCI_EVT_LE_META,
                                (uint8_t)(least_len(row->params) + 1), row->code};
        entry("evt", row->name, head, sizeof(head));
    }
    const struct woad_proto_row *rows;
    size_t n = woad_sig_rows(&rows);
    proto_entries("sig", rows, n);
    n = woad_att_rows(&rows);
    proto_entries("att", rows, n);
    n = woad_smp_rows(&rows);
    proto_entries("smp", rows, n);
    for (unsigned i = 0; i < 256 && woad_ll_ctrl_find((uint8_t)i); i++) {
        const struct woad_ll_pdu_row *row = woad_ll_ctrl_find((uint8_t)i);
        const uint8_t head[] = {3, (uint8_t)(row->len_min + 1), row->code};
        entry("ctrl", row->name, head, sizeof(head));
    }
    return TOOL_OK;
}

/* ---- the command ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"coverage", cmd_coverage, "which commands and events captures exercised"},
    {"tables", cmd_tables, "all commands and events with their parameters"},
    {"dictionary", cmd_dictionary, "a dictionary for fuzzers"},
};

int woad_cmd_hci(int argc, char **argv)
{
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    const size_t n = sizeof(commands) / sizeof(commands[0]);
    for (size_t i = 0; argc > 1 && i < n; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc > 1 && !help)
        tool_error("there is no 'woad hci %s'", argv[1]);
    FILE *to = help ? stdout : stderr;
    fprintf(to, "Usage: woad hci COMMAND [options]\n\n");
    for (size_t i = 0; i < n; i++)
        fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n'woad hci COMMAND --help' explains one.\n");
    return help ? TOOL_OK : TOOL_USAGE;
}
