/* woad log: decodes captures with the stack's own tables. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "commands.h"
#include "log_json.h"
#include "tool.h"
#include "woad/buf.h"
#include "woad/hci_coverage.h"
#include "woad/hci_table.h"
#include "woad/ll_pdu.h"

#define FILTERS_MAX 32

struct options {
    bool json;
    bool stats;
    bool check;
    const char *filter;
    const char *color;
};

static const struct tool_opt opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json),
     "one JSON object per packet and line"},
    {"filter", "LIST", TOOL_STRING, offsetof(struct options, filter),
     "only packets that match; see above"},
    {"stats", NULL, TOOL_FLAG, offsetof(struct options, stats),
     "counts instead of packets (with --json: one object)"},
    {"check", NULL, TOOL_FLAG, offsetof(struct options, check),
     "exit with 1 if a packet is malformed or unknown"},
    {"color", "WHEN", TOOL_STRING, offsetof(struct options, color),
     "auto (the default: on a terminal), always, never"},
    {0}};

static const struct tool_usage usage = {
    "log", "[options] FILE",
    "Prints every packet of a capture with all its fields. Reads btsnoop (HCI: what\n"
    "woad, Android, btmon and others write) and pcap (air captures of the simulator,\n"
    "and HCI link types).\n"
    "\n"
    "  woad demo --hci-log run.btsnoop --capture run.pcap\n"
    "  woad log run.btsnoop                              all of it\n"
    "  woad log --stats run.pcap                         how many of what\n"
    "  woad log --filter type=cmd,type=evt run.btsnoop   commands and events\n"
    "  woad log --filter opcode=0x2032 run.btsnoop       one command and its answers\n"
    "  woad log --json run.btsnoop | jq .layer.name\n"
    "\n"
    "A line with '<' goes to the controller, '>' comes from it, '~' is on air; times\n"
    "are seconds since the first packet. '!' marks what breaks the format. What is\n"
    "encrypted on air is shown as octets.\n"
    "\n"
    "Filters are KEY=VALUE, separated by commas. Values of the same key are\n"
    "alternatives, different keys must all match:\n"
    "  type=cmd|evt|acl|sco|iso   HCI       type=adv|data|cis|bis   air\n"
    "  opcode=N     command, or the event that answers it; on air: control PDU\n"
    "  event=N      event code              subevent=N   LE subevent code\n"
    "  handle=N     connection, sync or BIS handle of a packet, or named in it\n"
    "  aa=N         access address, on air\n"
    "\n"
    "Exit codes: 3 the file is damaged, cut short or of another kind (what could be\n"
    "read was printed), 4 it cannot be opened, 1 with --check: malformed or unknown\n"
    "packets.",
    opts};

/* ---- filters --------------------------------------------------------------------------------- */

enum key { KEY_TYPE, KEY_OPCODE, KEY_EVENT, KEY_SUBEVENT, KEY_HANDLE, KEY_AA, KEYS };

static const char *const key_names[KEYS] = {"type", "opcode", "event", "subevent", "handle", "aa"};

enum type {
    TYPE_NONE,
    TYPE_CMD,
    TYPE_ACL,
    TYPE_SCO,
    TYPE_EVT,
    TYPE_ISO,
    TYPE_ADV,
    TYPE_DATA,
    TYPE_CIS,
    TYPE_BIS,
    TYPES
};

static const char *const type_names[TYPES] = {"note", "cmd", "acl",  "sco", "evt",
                                              "iso",  "adv", "data", "cis", "bis"};

struct filter {
    struct {
        enum key key;
        uint32_t value;
    } term[FILTERS_MAX];
    unsigned terms;
};

/* What a packet offers to filters and statistics; an answer may have several handles. */
struct facts {
    enum type type;
    bool has[KEYS];
    uint32_t value[KEYS];
    uint32_t handles[16];
    unsigned handles_used;
    bool unknown;
    unsigned layers;
};

static int parse_term(struct filter *f, char *term)
{
    char *value = strchr(term, '=');
    if (!value || f->terms == FILTERS_MAX)
        return tool_usage_error(&usage, "--filter: '%s' is not KEY=VALUE", term);
    *value++ = 0;
    unsigned key = 0;
    while (key < KEYS && strcmp(key_names[key], term) != 0)
        key++;
    if (key == KEYS)
        return tool_usage_error(&usage, "--filter: there is no key '%s'", term);
    unsigned long number = 0;
    if (key == KEY_TYPE) {
        while (number < TYPES && strcmp(type_names[number], value) != 0)
            number++;
        if (number == TYPES)
            return tool_usage_error(&usage, "--filter: there is no type '%s'", value);
    } else {
        char *end;
        number = strtoul(value, &end, 0);
        if (*end || end == value || number > UINT32_MAX)
            return tool_usage_error(&usage, "--filter: '%s' is not a number", value);
    }
    f->term[f->terms].key = (enum key)key;
    f->term[f->terms++].value = (uint32_t)number;
    return 0;
}

static int parse_filter(struct filter *f, const char *text)
{
    *f = (struct filter){0};
    char *copy = text ? strdup(text) : NULL;
    int err = 0;
    char *rest = copy;
    for (char *term; !err && rest && (term = strsep(&rest, ",")) != NULL;)
        err = parse_term(f, term);
    free(copy);
    return err;
}

static bool term_matches(const struct facts *facts, enum key key, uint32_t value)
{
    if (key == KEY_HANDLE) {
        for (unsigned i = 0; i < facts->handles_used; i++)
            if (facts->handles[i] == value)
                return true;
        return false;
    }
    return facts->has[key] && facts->value[key] == value;
}

static bool matches(const struct filter *f, const struct facts *facts)
{
    for (unsigned key = 0; key < KEYS; key++) {
        bool wanted = false, met = false;
        for (unsigned i = 0; i < f->terms; i++) {
            if (f->term[i].key == (enum key)key) {
                wanted = true;
                met = met || term_matches(facts, (enum key)key, f->term[i].value);
            }
        }
        if (wanted && !met)
            return false;
    }
    return true;
}

/* ---- facts: a visitor that looks and prints nothing ------------------------------------------ */

static void learn(struct facts *facts, enum key key, uint32_t value)
{
    facts->has[key] = true;
    facts->value[key] = value;
    if (key == KEY_HANDLE && facts->handles_used < 16)
        facts->handles[facts->handles_used++] = value;
}

static bool is_protocol(const struct woad_layer *layer, const char *name)
{
    return strcmp(layer->protocol, name) == 0;
}

static void facts_layer(void *arg, const struct woad_layer *layer)
{
    struct facts *facts = arg;
    facts->layers++;
    if (!layer->name && !is_protocol(layer, "L2CAP"))
        facts->unknown = true;
    if (is_protocol(layer, "CMD") || is_protocol(layer, "LL CTRL"))
        learn(facts, KEY_OPCODE, layer->code);
    else if (is_protocol(layer, "EVT"))
        learn(facts, KEY_EVENT, layer->code);
    else if (is_protocol(layer, "LE EVT"))
        learn(facts, KEY_SUBEVENT, layer->code);
    else if (is_protocol(layer, "ACL") || is_protocol(layer, "ISO") || is_protocol(layer, "SCO"))
        learn(facts, KEY_HANDLE, layer->code);
    if (is_protocol(layer, "LE EVT"))
        learn(facts, KEY_EVENT, WOAD_HCI_EVT_LE_META);
}

static void facts_field(void *arg, const struct woad_field *f)
{
    struct facts *facts = arg;
    if (f->type->kind == WOAD_FIELD_OPCODE)
        learn(facts, KEY_OPCODE, (uint32_t)f->value);
    else if (f->type->name && strcmp(f->type->name, "handle") == 0)
        learn(facts, KEY_HANDLE, (uint32_t)f->value & WOAD_HCI_HANDLE_MASK);
}

static const struct woad_decode_visitor facts_visitor = {.fields = {.field = facts_field},
                                                         .layer = facts_layer};

static int decode(const struct capture_pkt *pkt, const struct woad_decode_visitor *v, void *arg)
{
    if (pkt->is_air)
        return woad_decode_air(pkt->air.kind, pkt->encrypted || pkt->air.crc_bad, pkt->air.pdu,
                               pkt->air.pdu_len, v, arg);
    return woad_decode_hci(pkt->hci.type, pkt->hci.data, pkt->hci.len, v, arg);
}

/* Returns what the decoder thinks of it. */
static int collect(const struct capture_pkt *pkt, struct facts *facts)
{
    static const enum type air_types[] = {TYPE_ADV, TYPE_ADV, TYPE_DATA, TYPE_DATA, TYPE_CIS,
                                          TYPE_CIS, TYPE_BIS, TYPE_NONE, TYPE_ADV};
    *facts = (struct facts){0};
    facts->type = pkt->is_air ? air_types[pkt->air.kind] : (enum type)pkt->hci.type;
    learn(facts, KEY_TYPE, (uint32_t)facts->type);
    if (pkt->is_air)
        learn(facts, KEY_AA, pkt->air.access_address);
    if (!pkt->is_air && pkt->hci.type == WOAD_PKT_NONE)
        return 0;
    return decode(pkt, &facts_visitor, facts);
}

/* ---- output ---------------------------------------------------------------------------------- */

static void write_text(void *arg, const char *s, size_t len)
{
    fwrite(s, 1, len, arg);
}

static const char *phy_name(uint8_t phy)
{
    static const char *const names[] = {"1M", "2M", "Coded", "?"};
    return names[phy & 3];
}

static void print_air_line(const struct woad_air_pkt *air)
{
    printf("aa %08" PRIx32 " rf %u %s", air->access_address, air->rf_channel, phy_name(air->phy));
    if (air->flags & WOAD_AIR_SIGNAL_VALID)
        printf(" %d dBm", air->signal_dbm);
    if (air->kind == WOAD_AIR_DATA_C_TO_P || air->kind == WOAD_AIR_CIS_C_TO_P)
        printf(" C->P");
    if (air->kind == WOAD_AIR_DATA_P_TO_C || air->kind == WOAD_AIR_CIS_P_TO_C)
        printf(" P->C");
    printf("%s ", air->crc_bad ? " CRC wrong" : "");
}

static void print_note_line(const struct woad_btsnoop_rec *rec)
{
    static const char *const names[] = {
        [WOAD_BTSNOOP_NEW_INDEX] = "new adapter",     [WOAD_BTSNOOP_DEL_INDEX] = "adapter gone",
        [WOAD_BTSNOOP_OPEN_INDEX] = "adapter opened", [WOAD_BTSNOOP_CLOSE_INDEX] = "adapter closed",
        [WOAD_BTSNOOP_INDEX_INFO] = "adapter info",   [WOAD_BTSNOOP_SYSTEM_NOTE] = "note",
    };
    const char *name = rec->note <= WOAD_BTSNOOP_SYSTEM_NOTE ? names[rec->note] : NULL;
    printf("%s (monitor %u, adapter %u, %" PRIu32 " octets)\n", name ? name : "record", rec->note,
           rec->adapter, rec->len);
}

static void print_packet(const struct capture_pkt *pkt, uint64_t start_us, bool color)
{
    uint64_t t = pkt->time_us >= start_us ? pkt->time_us - start_us : 0;
    printf("%c %6" PRIu32 " %" PRIu64 ".%06" PRIu64 "  ",
           pkt->is_air         ? '~'
           : pkt->hci.received ? '>'
                               : '<',
           pkt->index, t / 1000000, t % 1000000);
    if (pkt->is_air) {
        print_air_line(&pkt->air);
    } else if (pkt->hci.type == WOAD_PKT_NONE) {
        print_note_line(&pkt->hci);
        return;
    } else if (pkt->hci.len < pkt->hci.orig_len) {
        printf("(cut to %" PRIu32 " of %" PRIu32 " octets) ", pkt->hci.len, pkt->hci.orig_len);
    }
    struct woad_print p = {.text = write_text, .arg = stdout, .color = color};
    (void)decode(pkt, &woad_print_visitor, &p);
}

static void print_json(const struct capture_pkt *pkt, const struct facts *facts)
{
    struct log_json j = {.json = {.f = stdout}};
    tool_json_open(&j.json, NULL, '{');
    tool_json_u64(&j.json, "index", pkt->index);
    tool_json_u64(&j.json, "time_us", pkt->time_us);
    tool_json_str(&j.json, "type", type_names[facts->type]);
    if (pkt->is_air) {
        tool_json_u64(&j.json, "access_address", pkt->air.access_address);
        tool_json_u64(&j.json, "rf_channel", pkt->air.rf_channel);
        tool_json_str(&j.json, "phy", phy_name(pkt->air.phy));
        if (pkt->air.flags & WOAD_AIR_SIGNAL_VALID)
            tool_json_i64(&j.json, "signal_dbm", pkt->air.signal_dbm);
        tool_json_bool(&j.json, "crc_bad", pkt->air.crc_bad);
        tool_json_bool(&j.json, "encrypted", pkt->encrypted);
    } else {
        tool_json_bool(&j.json, "received", pkt->hci.received);
    }
    if (!pkt->is_air && pkt->hci.type == WOAD_PKT_NONE)
        tool_json_u64(&j.json, "monitor_opcode", pkt->hci.note);
    else
        (void)decode(pkt, &log_json_visitor, &j);
    log_json_finish(&j);
    tool_json_close(&j.json, '}');
    fputc('\n', stdout);
}

/* ---- statistics ------------------------------------------------------------------------------ */

struct stats {
    uint64_t packets[TYPES];
    uint64_t octets[TYPES];
    uint64_t malformed, unknown, crc_bad, cut;
    uint64_t first_us, last_us;
    bool any;
    struct woad_hci_coverage coverage;
    uint64_t adv[WOAD_LL_PLACES][16];
    uint64_t ctrl[256];
};

static enum woad_ll_place place(enum woad_air_kind kind)
{
    return kind == WOAD_AIR_PERIODIC  ? WOAD_LL_PERIODIC
           : kind == WOAD_AIR_AUX_ADV ? WOAD_LL_SECONDARY
                                      : WOAD_LL_PRIMARY;
}

static void count(struct stats *s, const struct capture_pkt *pkt, const struct facts *facts,
                  int err)
{
    s->packets[facts->type]++;
    s->octets[facts->type] += pkt->is_air ? pkt->air.pdu_len : pkt->hci.len;
    s->malformed += err != 0 && !(pkt->is_air && pkt->air.crc_bad);
    s->unknown += facts->unknown;
    s->last_us = pkt->time_us;
    if (!pkt->is_air && pkt->hci.type != WOAD_PKT_NONE) {
        s->cut += pkt->hci.len < pkt->hci.orig_len;
        woad_hci_coverage_add(&s->coverage, pkt->hci.type, pkt->hci.received, pkt->hci.data,
                              pkt->hci.len);
    }
    if (!pkt->is_air)
        return;
    s->crc_bad += pkt->air.crc_bad;
    if (facts->type == TYPE_ADV)
        s->adv[place(pkt->air.kind)][pkt->air.pdu[0] & WOAD_LL_ADV_TYPE_MASK]++;
    if (facts->type == TYPE_DATA && facts->has[KEY_OPCODE])
        s->ctrl[facts->value[KEY_OPCODE] & 0xff]++;
}

static void put_count(struct tool_json *j, const char *name, uint64_t n)
{
    if (!n)
        return;
    if (j)
        tool_json_u64(j, name, n);
    else
        printf("  %8" PRIu64 "  %s\n", n, name);
}

/* Begins a section of the statistics, as text or as an object. */
static void section(struct tool_json *j, const char *key, const char *title)
{
    if (j)
        tool_json_open(j, key, '{');
    else
        printf("%s\n", title);
}

static void section_end(struct tool_json *j)
{
    if (j)
        tool_json_close(j, '}');
}

static void stats_names(struct tool_json *j, const struct stats *s)
{
    section(j, "commands", "commands");
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++)
        put_count(j, woad_hci_cmd_rows[i].name, s->coverage.cmd[i].sent);
    section_end(j);
    section(j, "events", "events");
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        if (woad_hci_evt_rows[i].code != WOAD_HCI_EVT_LE_META)
            put_count(j, woad_hci_evt_rows[i].name, s->coverage.evt[i]);
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        put_count(j, woad_hci_le_evt_rows[i].name, s->coverage.le_evt[i]);
    section_end(j);
    section(j, "air", "air");
    for (unsigned i = 0; i < WOAD_LL_PLACES * 16; i++) {
        const struct woad_ll_pdu_row *row = woad_ll_adv_find(i & 15, (enum woad_ll_place)(i / 16));
        put_count(j, row ? row->name : "reserved", s->adv[i / 16][i & 15]);
    }
    for (unsigned i = 0; i < 256; i++) {
        const struct woad_ll_pdu_row *row = woad_ll_ctrl_find((uint8_t)i);
        put_count(j, row ? row->name : "unknown control PDU", s->ctrl[i]);
    }
    section_end(j);
}

static void print_stats(const struct stats *s, bool json)
{
    struct tool_json json_out, *j = json ? &json_out : NULL;
    uint64_t total = 0;
    if (j) {
        tool_json_begin(j, stdout);
        tool_json_open(j, NULL, '{');
    }
    section(j, "packets", "packets");
    for (unsigned i = 0; i < TYPES; i++) {
        put_count(j, type_names[i], s->packets[i]);
        total += s->packets[i];
    }
    section_end(j);
    section(j, "octets", "octets");
    for (unsigned i = 0; i < TYPES; i++)
        put_count(j, type_names[i], s->octets[i]);
    section_end(j);
    stats_names(j, s);
    uint64_t duration_us = s->last_us > s->first_us ? s->last_us - s->first_us : 0;
    if (!j) {
        printf("%" PRIu64 " packets in %.6f s: %" PRIu64 " malformed, %" PRIu64 " unknown, %" PRIu64
               " cut short, %" PRIu64 " with wrong CRC\n",
               total, (double)duration_us / 1e6, s->malformed, s->unknown, s->cut, s->crc_bad);
        return;
    }
    tool_json_u64(j, "total", total);
    tool_json_u64(j, "duration_us", duration_us);
    tool_json_u64(j, "malformed", s->malformed);
    tool_json_u64(j, "unknown", s->unknown);
    tool_json_u64(j, "cut_short", s->cut);
    tool_json_u64(j, "crc_bad", s->crc_bad);
    tool_json_close(j, '}');
    tool_json_end(j);
}

/* ---- the command ----------------------------------------------------------------------------- */

static int run(const struct options *o, const struct filter *filter, bool color,
               struct capture *capture, struct stats *s)
{
    struct capture_pkt pkt;
    int got;
    while ((got = capture_next(capture, &pkt)) > 0 && !tool_interrupted()) {
        struct facts facts;
        int err = collect(&pkt, &facts);
        if (!s->any)
            s->first_us = pkt.time_us;
        s->any = true;
        if (!matches(filter, &facts))
            continue;
        count(s, &pkt, &facts, err);
        if (o->json && !o->stats)
            print_json(&pkt, &facts);
        else if (!o->stats)
            print_packet(&pkt, s->first_us, color);
        if (ferror(stdout))
            return TOOL_IO;
    }
    if (tool_interrupted())
        return TOOL_INTERRUPTED;
    return got < 0 ? TOOL_BAD_INPUT : TOOL_OK;
}

int woad_cmd_log(int argc, char **argv)
{
    struct options o = {.color = "auto"};
    int first;
    int code = tool_parse(&usage, argc, argv, &o, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return tool_usage_error(&usage, "give one capture file");
    bool always = strcmp(o.color, "always") == 0;
    if (!always && strcmp(o.color, "never") != 0 && strcmp(o.color, "auto") != 0)
        return tool_usage_error(&usage, "--color is auto, always or never");
    struct filter filter;
    code = parse_filter(&filter, o.filter);
    if (code)
        return code;
    tool_catch_signals();
    struct capture capture;
    code = capture_open(&capture, argv[first]);
    if (code)
        return code;
    static const struct stats none;
    struct stats *s = malloc(sizeof(*s));
    if (!s) {
        capture_close(&capture);
        tool_error("out of memory");
        return TOOL_IO;
    }
    *s = none;
    bool color = always || (strcmp(o.color, "auto") == 0 && isatty(STDOUT_FILENO));
    code = run(&o, &filter, color, &capture, s);
    if (o.stats && code != TOOL_IO)
        print_stats(s, o.json);
    if (fflush(stdout) != 0)
        code = TOOL_IO;
    if (!code && o.check && (s->malformed || s->unknown))
        code = TOOL_FAILED;
    free(s);
    capture_close(&capture);
    return code;
}
