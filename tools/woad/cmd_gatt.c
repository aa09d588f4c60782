/* woad gatt: a client of a device's services, by single commands or at a prompt. */
#include "assigned.h"
#include "commands.h"
#include "gatt.h"
#include "input.h"
#include "line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DB_SIZE (128u * 1024) /* 16,384 attributes */

static const struct tool_opt options[] = {
    STATION_HCI_OPTION(struct gatt_opts),
    {"name", "TEXT", TOOL_STRING, offsetof(struct gatt_opts, name),
     "the device's local name, in place of ADDR"},
    {"for", "S", TOOL_DOUBLE, offsetof(struct gatt_opts, for_s),
     "subscribe: print values for so long (default 0 = until interrupted)"},
    {"count", "N", TOOL_U64, offsetof(struct gatt_opts, count),
     "subscribe: end after so many values (default 0 = without end)"},
    {"timeout", "S", TOOL_DOUBLE, offsetof(struct gatt_opts, timeout_s),
     "give up when no device comes for so long (default 30)"},
    KEYS_STORE_OPTION(struct gatt_opts),
    KEYS_IO_OPTION(struct gatt_opts),
    {"passkey", "DIGITS", TOOL_STRING, offsetof(struct gatt_opts, passkey),
     "the six digits that the other device shows, if known beforehand"},
    {"yes", NULL, TOOL_FLAG, offsetof(struct gatt_opts, yes), "say yes to questions in pairing"},
    {"json", NULL, TOOL_FLAG, offsetof(struct gatt_opts, json),
     "print JSON: a document for services and info, a line for each value"},
    {0},
};

static const struct tool_usage usage = {
    "gatt",
    "[ADDR] [COMMAND...] [options]",
    "Connects to a device and reads, writes and subscribes to its values. With a COMMAND it does\n"
    "that and leaves; without, it reads commands from the terminal (Tab completes, arrows recall)\n"
    "or from a pipe, a line each. Without an address or --name, sim: has a watch to talk to.\n"
    "\n"
    "  woad gatt services                            what the simulated watch has\n"
    "  woad gatt read battery-level                  a name, a UUID (2a19) or a handle (0x0012)\n"
    "  woad gatt --name lamp --hci hci:0 write 0x0012 u16:300\n"
    "  woad gatt C0:EE:FF:00:00:02 subscribe 2a37 --count 3 --json\n"
    "  printf 'read 2a19\\nread 2a00 text\\n' | woad gatt\n"
    "\n"
    "Commands:\n"
    "  services                     read WHERE [TYPE]            subscribe WHERE [indicate]\n"
    "  write WHERE VALUE            write-no-rsp WHERE VALUE     unsubscribe WHERE\n"
    "  mtu    info    pair [2|3|4]  wait SECONDS                 help    quit\n"
    "\n"
    "VALUE is hex digits, text:WORDS, u8:N, u16:N, u32:N, i8:N, i16:N, i32:N; TYPE is hex, text "
    "or\n"
    "one of u8 to i32. At the prompt, Ctrl-C ends the command that runs, Ctrl-D leaves. When the\n"
    "server wants a secure link, it is paired with, and the bond is kept ('woad bonds').\n"
    "\n"
    "Exit code 1 when the server refused, 5 when the link was lost, 6 when no such device was\n"
    "heard.",
    options,
};

/* ---- printing beside the prompt -------------------------------------------------------------- */

void gatt_print_begin(struct gatt *g)
{
    (void)g;
    line_hide();
}

void gatt_print_end(struct gatt *g)
{
    (void)g;
    line_show();
}

void gatt_over(struct gatt *g, int exit_code)
{
    g->running = NULL;
    g->until_s = 0;
    if (exit_code)
        g->worst = exit_code;
    if (g->command)
        g->exit_code = exit_code;
    fflush(stdout);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gatt *g = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DB_CHANGED) {
        gatt_print_begin(g);
        printf("the services changed: 0x%04X-0x%04X are read again\n", evt->u.changed.start,
               evt->u.changed.end);
        gatt_print_end(g);
    }
    if (evt->type != WOAD_GATTC_DB_READY)
        return;
    g->mtu = evt->u.done.mtu ? evt->u.done.mtu : g->mtu;
    if (evt->u.done.err && !g->ready && g->exit_code < 0) {
        tool_error("the services could not be read: %s", evt->u.done.att
                                                             ? gatt_att_text(evt->u.done.att)
                                                             : woad_err_text(evt->u.done.err));
        g->exit_code = TOOL_PEER;
    }
    g->ready = g->db.valid;
}

static void on_connected(struct gatt *g, struct woad_host *h)
{
    g->db.event = on_db;
    g->db.arg = g;
    int err = woad_gattc_db_open(h, g->finder.conn, &g->db);
    if (err == 0)
        return;
    tool_error("cannot read the services: %s", woad_err_text(err));
    g->exit_code = TOOL_PEER;
}

static void on_security(struct gatt *g, struct woad_host *h, const struct woad_host_evt *evt)
{
    const struct woad_smp_evt *smp = evt->u.smp;
    gatt_print_begin(g);
    agent_event(&g->agent, h, evt);
    bool failed = smp->type == WOAD_SMP_SECURED && smp->u.secured.result.err;
    if (smp->type == WOAD_SMP_SECURED && (failed || smp->u.secured.paired || g->to_secure))
        agent_report(&g->agent, smp);
    if (g->agent.awaits)
        printf("\n");
    gatt_print_end(g);
    if (smp->type == WOAD_SMP_SECURED && g->running && g->to_secure)
        gatt_over(g, failed ? TOOL_FAILED : TOOL_OK);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct gatt *g = arg;
    if (evt->type == WOAD_EVT_SECURITY && evt->conn == g->finder.conn)
        on_security(g, h, evt);
    if (finder_event(&g->finder, h, evt))
        on_connected(g, h);
    if (evt->type == WOAD_EVT_DISCONNECTED && g->finder.conn == WOAD_CONN_NONE &&
        g->exit_code < 0 && g->ready) {
        tool_error("the link was lost (reason 0x%02X)", evt->u.disconnected.result.hci);
        g->exit_code = TOOL_PEER;
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static struct gatt *completing; /* the editor's functions have no argument */

/* A word that is to begin with text; n counts down to the one wanted. */
static char *offer(const char *word, const char *text, int *n)
{
    return strncasecmp(word, text, strlen(text)) == 0 && (*n)-- == 0 ? strdup(word) : NULL;
}

static char *offer_list(const char *const *list, const char *text, int *n)
{
    char *found = NULL;
    for (; *list && !found; list++)
        found = offer(*list, text, n);
    return found;
}

/* "Battery Level" as it is typed: battery-level. */
static void name_as_word(const char *name, char *to, size_t size)
{
    size_t i = 0;
    for (; name[i] && i + 1 < size; i++)
        to[i] = (char)(name[i] == ' ' ? '-' : tolower((unsigned char)name[i]));
    to[i] = '\0';
}

/* An attribute by its name, UUID or handle. */
static char *offer_attr(const struct woad_gattc_attr *a, const char *text, int *n)
{
    char word[64];
    bool chr = (a->kind & 0x7F) == WOAD_GATTC_ATTR_CHARACTERISTIC;
    struct woad_uuid uuid = woad_gattc_db_uuid(&completing->db, a);
    if (strncasecmp(text, "0x", 2) == 0) {
        snprintf(word, sizeof(word), "0x%04X", chr ? a->end : a->handle);
        return offer(word, text, n);
    }
    name_as_word(assigned_name(&uuid), word, sizeof(word));
    char *found = *word ? offer(word, text, n) : NULL;
    return found || (*word && !*text) ? found : offer(woad_uuid_format(&uuid, word), text, n);
}

static char *offer_where(bool subscribes, const char *text, int *n)
{
    char *found = NULL;
    for (unsigned i = 0; i < completing->db.attr_count && !found; i++) {
        const struct woad_gattc_attr *a = &completing->db.attrs[i];
        unsigned kind = a->kind & 0x7F;
        bool can = a->properties & (WOAD_GATTC_CAN_NOTIFY | WOAD_GATTC_CAN_INDICATE);
        if (kind == WOAD_GATTC_ATTR_CHARACTERISTIC
                ? can || !subscribes
                : kind == WOAD_GATTC_ATTR_DESCRIPTOR && !subscribes)
            found = offer_attr(a, text, n);
    }
    return found;
}

static char *offer_command(const char *text, int *n)
{
    char *found = NULL;
    for (const struct gatt_command *c = gatt_commands; c->name && !found; c++)
        found = offer(c->name, text, n);
    return found;
}

static char *complete(const char *before, const char *text, int n)
{
    static const char *const types[] = {"hex", "text", "u8",  "u16", "u32",
                                        "i8",  "i16",  "i32", NULL};
    static const char *const values[] = {
        "text:", "u8:", "u16:", "u32:", "i8:", "i16:", "i32:", NULL};
    static const char *const indicate[] = {"indicate", NULL};
    char line[256], *words[3] = {"", "", ""}, *save = NULL;
    unsigned count = 0;
    snprintf(line, sizeof(line), "%s", before);
    for (char *w = strtok_r(line, " \t", &save); w && count < 3; w = strtok_r(NULL, " \t", &save))
        words[count++] = w;
    const struct gatt_command *c = gatt_command_find(words[0]);
    bool where = c && strncmp(c->words, "WHERE", 5) == 0;
    bool subscribes = strstr(words[0], "subscribe") != NULL;
    if (count == 0 || (count == 1 && strcmp(words[0], "help") == 0))
        return offer_command(text, &n);
    if (count == 1 && where)
        return offer_where(subscribes, text, &n);
    if (count == 2 && where)
        return offer_list(subscribes                      ? indicate
                          : strcmp(words[0], "read") == 0 ? types
                                                          : values,
                          text, &n);
    return NULL;
}

static void run_line(struct gatt *g, const char *typed)
{
    char line[INPUT_SIZE], *words[66], *save = NULL;
    int count = 0;
    if (snprintf(line, sizeof(line), "%s", typed) >= (int)sizeof(line)) {
        tool_error("the line is longer than %zu octets", sizeof(line) - 1);
        g->worst = TOOL_USAGE;
        return;
    }
    for (char *w = strtok_r(line, " \t\r", &save); w && count < 66;
         w = strtok_r(NULL, " \t\r", &save))
        words[count++] = w;
    if (count && words[0][0] != '#')
        gatt_start(g, words, count);
}

static void take_line(struct gatt *g)
{
    bool asked = g->agent.awaits;
    if (!asked && (!g->ready || g->running || g->command))
        return;
    const char *line = line_read();
    if (line && asked) {
        int err = agent_line(&g->agent, station_host(g->station), line);
        if (err < 0)
            tool_error("%s", woad_err_text(err));
        if (g->agent.awaits)
            printf("\n");
    } else if (line) {
        run_line(g, line);
    } else if (line_ended()) {
        if (asked)
            tool_error("nobody answers the question: standard input has ended");
        g->exit_code = asked ? TOOL_FAILED : g->worst;
    }
}

/* Ctrl-C at the prompt ends what is typed or what runs, not the program. */
static void take_interrupt(struct gatt *g)
{
    tool_clear_interrupt();
    line_clear();
    if (!g->running)
        return;
    printf("\n");
    struct woad_host *h = station_host(g->station);
    int err = g->to_secure || g->agent.awaits ? woad_smp_cancel(h, g->finder.conn)
                                              : woad_gattc_cancel(h, &g->op);
    if (err < 0) /* otherwise its event follows */
        gatt_over(g, TOOL_INTERRUPTED);
}

static int step(void *arg)
{
    struct gatt *g = arg;
    if (tool_interrupted() && line_interactive() && g->exit_code < 0)
        take_interrupt(g);
    double now = station_now_s(g->station);
    if (g->exit_code < 0 && !g->ready && finder_over(&g->finder, now))
        g->exit_code = g->finder.exit_code;
    if (g->exit_code >= 0)
        return g->exit_code;
    if (g->ready && g->command && !g->running) {
        gatt_start(g, g->command, g->words);
        return -1;
    }
    if (g->running && g->until_s > 0 && now >= g->until_s)
        gatt_over(g, TOOL_OK);
    if (g->ready && !g->command && !g->running && completing != g) {
        completing = g;
        line_open("woad> ", complete);
    }
    take_line(g);
    return -1;
}

/* ---- start ----------------------------------------------------------------------------------- */

static int run(struct gatt *g)
{
    const struct woad_smp_cfg smp = {
        .store = &g->keys.store,
        .max_bonds = 64,
        .io = (uint8_t)keys_io(g->o.io),
    };
    const struct woad_gattc_cfg client = {.store = &g->keys.store};
    const struct woad_host_use parts[] = {
        {&woad_smp_part, &smp}, {&woad_gattc_part, &client}, {NULL, NULL}};
    g->agent = (struct agent){
        .passkey = g->o.passkey, .yes = g->o.yes, .out = g->o.json ? stderr : stdout};
    g->db.mem = malloc(DB_SIZE);
    g->db.size = DB_SIZE;
    if (!g->db.mem)
        return TOOL_FAILED;
    int rc = station_open(
        &g->station,
        &(struct station_cfg){
            .uri = g->o.hci,
            .hci_log = g->o.hci_log,
            .company = STATION_PERIPHERAL,
            .peer_store = g->o.store,
            .pace = true,
            .host = {.event = on_event, .event_arg = g, .att_mtu = 517, .parts = parts},
        });
    if (rc)
        return rc;
    rc = station_run(g->station, step, g);
    g->exit_code = rc; /* nothing is printed from here on */
    g->running = NULL;
    line_close();
    int closed = station_close(g->station);
    return rc ? rc : closed;
}

/* Whom to connect to: the first operand if it is an address. -1 or an exit code. */
static int check_who(struct gatt *g, int argc, char **argv, int *first)
{
    struct woad_addr addr;
    bool sim = !g->o.hci || strcmp(g->o.hci, "sim:") == 0;
    const char *who = NULL;
    if (!g->o.name && *first < argc && woad_addr_parse(argv[*first], &addr) == 0)
        who = argv[(*first)++];
    if (!who && !g->o.name && sim)
        g->o.name = "watch";
    g->words = argc - *first;
    g->command = g->words ? argv + *first : NULL;
    if (g->command && !gatt_command_find(g->command[0]))
        return tool_usage_error(&usage, "'%s' is no command%s", g->command[0],
                                who || g->o.name ? "" : " and no address");
    return finder_init(&g->finder, &usage, who, g->o.name, g->o.timeout_s);
}

int woad_cmd_gatt(int argc, char **argv)
{
    struct gatt *g = calloc(1, sizeof(*g));
    if (!g)
        return TOOL_FAILED;
    g->o = (struct gatt_opts){.io = "keyboard-display", .timeout_s = 30};
    g->exit_code = -1;
    int first;
    int rc = tool_parse(&usage, argc, argv, &g->o, &first);
    if (rc < 0 && keys_io(g->o.io) < 0)
        rc = tool_usage_error(&usage, "--io: there is no '%s'", g->o.io);
    if (rc < 0 && g->o.passkey && !agent_passkey(g->o.passkey, &(uint32_t){0}))
        rc = tool_usage_error(&usage, "--passkey has six digits");
    if (rc < 0)
        rc = check_who(g, argc, argv, &first);
    if (rc < 0) {
        rc = keys_open_for(&g->keys, g->o.store, g->o.hci);
        if (rc == 0)
            rc = run(g);
        keys_close(&g->keys);
        free(g->db.mem);
    }
    free(g);
    return rc;
}
