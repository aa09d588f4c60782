/* The commands of woad gatt. */
#include "gatt.h"
#include "assigned.h"

#include "woad/gap.h"

#include <stdlib.h>
#include <string.h>

/* ---- targets --------------------------------------------------------------------------------- */

static unsigned kind_of(const struct woad_gattc_attr *a)
{
    return a->kind & 0x7Fu;
}

static void set_target(struct gatt *g, struct gatt_target *t, const struct woad_gattc_attr *a)
{
    bool chr = kind_of(a) == WOAD_GATTC_ATTR_CHARACTERISTIC;
    t->handle = chr ? a->end : a->handle;
    t->chr = chr ? a : NULL;
    t->uuid = woad_gattc_db_uuid(&g->db, a);
    const struct assigned *row = assigned_find(&t->uuid);
    t->kind = row ? (enum value_kind)row->kind : VALUE_HEX;
}

static int find_handle(struct gatt *g, struct gatt_target *t, const char *text)
{
    char *end;
    unsigned long handle = strtoul(text, &end, 16);
    if (*end || handle == 0 || handle > 0xFFFF) {
        tool_error("'%s' is no handle: 0x0001 to 0xFFFF", text);
        return TOOL_USAGE;
    }
    *t = (struct gatt_target){.handle = (uint16_t)handle};
    for (unsigned i = 0; i < g->db.attr_count; i++) {
        const struct woad_gattc_attr *a = &g->db.attrs[i];
        if (kind_of(a) == WOAD_GATTC_ATTR_CHARACTERISTIC ? a->end == handle
            : kind_of(a) == WOAD_GATTC_ATTR_DESCRIPTOR   ? a->handle == handle
                                                         : false)
            set_target(g, t, a);
    }
    return 0;
}

static int find_uuid(struct gatt *g, struct gatt_target *t, const struct woad_uuid *uuid,
                     const char *text)
{
    unsigned count = 0;
    char handles[128] = "";
    for (unsigned i = 0; i < g->db.attr_count; i++) {
        const struct woad_gattc_attr *a = &g->db.attrs[i];
        struct woad_uuid u = woad_gattc_db_uuid(&g->db, a);
        if (kind_of(a) < WOAD_GATTC_ATTR_CHARACTERISTIC || !woad_uuid_equal(&u, uuid))
            continue;
        set_target(g, t, a);
        size_t at = strlen(handles);
        if (count++ < 8)
            snprintf(handles + at, sizeof(handles) - at, " 0x%04X", t->handle);
    }
    if (count == 1)
        return 0;
    if (count == 0)
        tool_error("the server has no characteristic or descriptor %s; see 'services'", text);
    else
        tool_error("%u have the UUID of %s; choose a handle:%s", count, text, handles);
    return TOOL_FAILED;
}

/* "0x0012" is a handle, "2a19" or a long one a UUID, "battery-level" a name. 0 or an exit code. */
static int find_target(struct gatt *g, struct gatt_target *t, const char *text)
{
    struct woad_uuid uuid;
    const struct assigned *row = assigned_by_name(text);
    if (strncmp(text, "0x", 2) == 0)
        return find_handle(g, t, text);
    if (row)
        uuid = woad_uuid16(row->uuid);
    else if (woad_uuid_parse(text, &uuid) < 0) {
        tool_error("'%s' is no handle (0x0012), UUID (2a19) or name (battery-level)", text);
        return TOOL_USAGE;
    }
    return find_uuid(g, t, &uuid, text);
}

/* ---- completion of operations ---------------------------------------------------------------- */

static int started(struct gatt *g, int err)
{
    (void)g;
    if (err == 0)
        return GATT_RUNS;
    tool_error("%s", woad_err_text(err));
    return err == WOAD_ERR_NOT_CONNECTED ? TOOL_PEER : TOOL_FAILED;
}

static int failed(const struct woad_gattc_evt *evt)
{
    int err = evt->u.done.err;
    if (evt->u.done.att)
        tool_error("handle 0x%04X: %s (0x%02X)%s", evt->u.done.handle,
                   gatt_att_text(evt->u.done.att), evt->u.done.att,
                   err == WOAD_ERR_SECURITY ? "; the link could not be made secure enough" : "");
    else
        tool_error("%s", woad_err_text(err));
    return err == WOAD_ERR_TIMEOUT                                   ? TOOL_TIMEOUT
           : err == WOAD_ERR_FORMAT || err == WOAD_ERR_NOT_CONNECTED ? TOOL_PEER
                                                                     : TOOL_FAILED;
}

static void json_done(struct gatt *g)
{
    struct tool_json j;
    tool_json_begin(&j, stdout);
    j.pretty = false;
    tool_json_open(&j, NULL, '{');
    tool_json_str(&j, "event", g->running->name);
    if (g->target.handle)
        tool_json_u64(&j, "handle", g->target.handle);
    if (g->len)
        tool_json_u64(&j, "length", g->len);
    tool_json_u64(&j, "mtu", g->mtu);
    tool_json_close(&j, '}');
    tool_json_end(&j);
}

/* DONE of the command that runs. */
static void done(struct gatt *g, const struct woad_gattc_evt *evt)
{
    bool ok = evt->u.done.err == 0;
    const char *name = g->running->name;
    g->mtu = evt->u.done.mtu ? evt->u.done.mtu : g->mtu;
    if (g->subscribing && (!ok || strcmp(name, "unsubscribe") == 0))
        g->subscribing->used = false;
    if (!ok) {
        gatt_over(g, failed(evt));
        return;
    }
    if (strcmp(name, "read") == 0)
        gatt_print_value(g, &g->target, g->value, g->len, "=");
    else if (g->o.json)
        json_done(g);
    else if (strcmp(name, "mtu") == 0)
        printf("MTU %u: values of %u octets in one PDU\n", g->mtu, g->mtu - 3u);
    else
        printf("0x%04X %s: done\n", g->target.handle, name);
    if (strcmp(name, "subscribe") == 0 && g->command) {
        g->until_s = g->o.for_s > 0 ? station_now_s(g->station) + g->o.for_s : 0;
        fflush(stdout);
        return; /* on the command line it goes on to print what comes */
    }
    gatt_over(g, TOOL_OK);
}

static void on_op(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gatt *g = arg;
    (void)h;
    if (!g->running)
        return;
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.offset + evt->u.value.len <= VALUE_MAX) {
        memcpy(g->value + evt->u.value.offset, evt->u.value.data, evt->u.value.len);
        g->len = (uint16_t)(evt->u.value.offset + evt->u.value.len);
    } else if (evt->type == WOAD_GATTC_DONE) {
        done(g, evt);
    }
}

static struct woad_gattc_op *fresh_op(struct gatt *g)
{
    g->op = (struct woad_gattc_op){.event = on_op, .arg = g};
    return &g->op;
}

static struct woad_host *host(struct gatt *g)
{
    return station_host(g->station);
}

/* ---- commands -------------------------------------------------------------------------------- */

static int run_help(struct gatt *g, char **words, int count)
{
    (void)g;
    const struct gatt_command *one = count > 1 ? gatt_command_find(words[1]) : NULL;
    for (const struct gatt_command *c = gatt_commands; c->name; c++)
        if (!one || one == c)
            printf("  %-13s%-28s %s\n", c->name, c->words, c->help);
    if (!one)
        printf("WHERE is a handle (0x0012), a UUID (2a19) or a name (battery-level). VALUE is hex\n"
               "digits, text:WORDS, or u8:N to i32:N. TYPE is hex, text, or u8 to i32.\n");
    return TOOL_OK;
}

static int run_services(struct gatt *g, char **words, int count)
{
    (void)words;
    (void)count;
    gatt_print_services(g);
    return TOOL_OK;
}

static int run_read(struct gatt *g, char **words, int count)
{
    int rc = find_target(g, &g->target, words[1]);
    int kind = count > 2 ? value_kind(words[2], strlen(words[2])) : (int)g->target.kind;
    if (rc == 0 && kind < 0) {
        tool_error("'%s' is no type: hex, text, u8, u16, u32, i8, i16 or i32", words[2]);
        rc = TOOL_USAGE;
    }
    if (rc)
        return rc;
    g->target.kind = (enum value_kind)kind;
    return started(g,
                   woad_gattc_read_long(host(g), g->finder.conn, fresh_op(g), g->target.handle, 0));
}

/* The words from at on, with blanks between, as a value. */
static int take_value(struct gatt *g, char **words, int count, int at)
{
    char text[VALUE_STR_SIZE] = "";
    const char *why = "too long";
    size_t len = 0;
    for (; at < count; at++) {
        int n = snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", words[at]);
        len += (size_t)n;
        if (len >= sizeof(text))
            break;
    }
    int octets = len < sizeof(text) ? value_parse(text, g->value, VALUE_MAX, &why) : -1;
    if (octets < 0) {
        tool_error("%s", why);
        return TOOL_USAGE;
    }
    g->len = (uint16_t)octets;
    return 0;
}

/* The request behind a command is answered: the server has the command too. */
static void on_answer(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gatt *g = arg;
    struct woad_gattc_evt over = *evt;
    (void)h;
    if (evt->type != WOAD_GATTC_DONE || !g->running)
        return;
    if (evt->u.done.err == WOAD_ERR_REFUSED || evt->u.done.err == WOAD_ERR_SECURITY)
        over.u.done.err = over.u.done.att = 0; /* any answer will do */
    done(g, &over);
}

/* A command is done when it is queued, and who disconnects then cuts it off on its way. */
static void on_command(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gatt *g = arg;
    if (evt->type != WOAD_GATTC_DONE || !g->running)
        return;
    struct woad_gattc_op *op = fresh_op(g);
    op->event = on_answer;
    if (evt->u.done.err || woad_gattc_read(h, evt->conn, op, 1) < 0)
        done(g, evt);
}

static int run_write(struct gatt *g, char **words, int count)
{
    int rc = find_target(g, &g->target, words[1]);
    if (rc == 0)
        rc = take_value(g, words, count, 2);
    if (rc)
        return rc;
    struct woad_gattc_op *op = fresh_op(g);
    if (strcmp(words[0], "write") == 0)
        return started(
            g, woad_gattc_write(host(g), g->finder.conn, op, g->target.handle, g->value, g->len));
    op->event = on_command;
    return started(
        g, woad_gattc_write_cmd(host(g), g->finder.conn, op, g->target.handle, g->value, g->len));
}

static void on_sub(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gatt_sub *s = arg;
    struct gatt *g = s->gatt;
    (void)h;
    if (evt->type == WOAD_GATTC_ENDED)
        s->used = false;
    if (evt->type != WOAD_GATTC_VALUE || g->exit_code >= 0)
        return;
    gatt_print_begin(g);
    gatt_print_value(g, &s->target, evt->u.value.data, evt->u.value.len,
                     evt->u.value.indicated ? "indicates" : "notifies");
    gatt_print_end(g);
    g->heard++;
    if (g->command && g->o.count && g->heard == g->o.count && g->running)
        gatt_over(g, TOOL_OK);
}

/* The descriptor 0x2902 of a characteristic, 0: none. */
static uint16_t find_ccc(struct gatt *g, const struct woad_gattc_attr *chr)
{
    const struct woad_uuid ccc = woad_uuid16(0x2902);
    for (const struct woad_gattc_attr *a = chr + 1; a < g->db.attrs + g->db.attr_count; a++) {
        struct woad_uuid u = woad_gattc_db_uuid(&g->db, a);
        if (kind_of(a) != WOAD_GATTC_ATTR_DESCRIPTOR)
            break;
        if (woad_uuid_equal(&u, &ccc))
            return a->handle;
    }
    return 0;
}

static struct gatt_sub *find_sub(struct gatt *g, uint16_t handle)
{
    for (unsigned i = 0; i < GATT_SUBS; i++)
        if (g->subs[i].used && g->subs[i].target.handle == handle)
            return &g->subs[i];
    return NULL;
}

static int run_subscribe(struct gatt *g, char **words, int count)
{
    int rc = find_target(g, &g->target, words[1]);
    if (rc)
        return rc;
    struct gatt_sub *s = g->subs;
    while (s < g->subs + GATT_SUBS && s->used)
        s++;
    uint16_t ccc = g->target.chr ? find_ccc(g, g->target.chr) : 0;
    uint8_t can = g->target.chr ? g->target.chr->properties : 0;
    bool indicate = count > 2 || !(can & WOAD_GATTC_CAN_NOTIFY);
    if (!ccc || s == g->subs + GATT_SUBS || find_sub(g, g->target.handle)) {
        tool_error(!ccc ? "this characteristic has nothing to subscribe to"
                        : "subscribed already, or to too many");
        return TOOL_FAILED;
    }
    if (count > 2 && strcmp(words[2], "indicate") != 0) {
        tool_error("'%s'? Only 'indicate' may stand there", words[2]);
        return TOOL_USAGE;
    }
    *s = (struct gatt_sub){
        .sub = {.event = on_sub, .arg = s, .value_handle = g->target.handle, .ccc_handle = ccc},
        .gatt = g,
        .target = g->target,
        .used = true};
    g->subscribing = s;
    rc = started(g, woad_gattc_subscribe(host(g), g->finder.conn, fresh_op(g), &s->sub,
                                         indicate ? WOAD_GATTC_INDICATE : WOAD_GATTC_NOTIFY));
    s->used = rc == GATT_RUNS;
    return rc;
}

static int run_unsubscribe(struct gatt *g, char **words, int count)
{
    (void)count;
    int rc = find_target(g, &g->target, words[1]);
    if (rc)
        return rc;
    g->subscribing = find_sub(g, g->target.handle);
    if (!g->subscribing) {
        tool_error("there is no subscription to 0x%04X", g->target.handle);
        return TOOL_FAILED;
    }
    return started(g, woad_gattc_unsubscribe(host(g), fresh_op(g), &g->subscribing->sub));
}

static int run_mtu(struct gatt *g, char **words, int count)
{
    (void)words;
    (void)count;
    return started(g, woad_gattc_exchange_mtu(host(g), g->finder.conn, fresh_op(g)));
}

static int run_pair(struct gatt *g, char **words, int count)
{
    int level = count > 1 ? words[1][0] - '0' : 2;
    if (level < 2 || level > 4 || (count > 1 && words[1][1])) {
        tool_error("the level is 2, 3 or 4");
        return TOOL_USAGE;
    }
    g->to_secure = true;
    return started(g, woad_smp_secure(host(g), g->finder.conn, (uint8_t)level));
}

static int run_wait(struct gatt *g, char **words, int count)
{
    (void)count;
    char *end;
    double s = strtod(words[1], &end);
    if (*end || !(s > 0 && s < 1e6)) {
        tool_error("'%s' is no number of seconds", words[1]);
        return TOOL_USAGE;
    }
    g->until_s = station_now_s(g->station) + s;
    return GATT_RUNS;
}

static int run_info(struct gatt *g, char **words, int count)
{
    (void)words;
    (void)count;
    static const char *const phys[] = {"?", "1M", "2M", "Coded"};
    struct woad_conn_info link;
    struct woad_smp_info security = {0};
    char addr[WOAD_ADDR_STR_SIZE];
    int err = woad_gap_conn_info(host(g), g->finder.conn, &link);
    if (err == 0)
        err = woad_smp_info(host(g), g->finder.conn, &security);
    if (err < 0)
        return started(g, err);
    const char *phy = link.phy_tx < 4 ? phys[link.phy_tx] : "?";
    if (g->o.json) {
        struct tool_json j;
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_str(&j, "address", woad_addr_format(&link.peer, addr));
        tool_json_double(&j, "interval_ms", link.interval_1250us * 1.25, 2);
        tool_json_str(&j, "phy", phy);
        tool_json_u64(&j, "level", security.level);
        tool_json_u64(&j, "key_size", security.key_size);
        tool_json_bool(&j, "bonded", security.bonded);
        tool_json_u64(&j, "mtu", g->mtu);
        tool_json_close(&j, '}');
        tool_json_end(&j);
        return TOOL_OK;
    }
    printf("%s, interval %.2f ms, latency %u, timeout %u ms, %s, %u octets a PDU\n"
           "security level %u (%s), MTU %u, %u attributes known\n",
           woad_addr_format(&link.peer, addr), link.interval_1250us * 1.25, link.latency,
           link.timeout_10ms * 10u, phy, link.tx_octets, security.level,
           security.bonded     ? "bonded"
           : security.key_size ? "encrypted"
                               : "plain",
           g->mtu, g->db.attr_count);
    return TOOL_OK;
}

static int run_quit(struct gatt *g, char **words, int count)
{
    (void)words;
    (void)count;
    g->exit_code = g->worst;
    return TOOL_OK;
}

const struct gatt_command gatt_commands[] = {
    {"services", "", 0, 0, run_services, "the tree of services, characteristics, descriptors"},
    {"read", "WHERE [TYPE]", 1, 2, run_read, "a value, long ones too"},
    {"write", "WHERE VALUE", 2, 64, run_write, "and wait for the server's answer"},
    {"write-no-rsp", "WHERE VALUE", 2, 64, run_write, "without an answer"},
    {"subscribe", "WHERE [indicate]", 1, 2, run_subscribe, "print what is notified or indicated"},
    {"unsubscribe", "WHERE", 1, 1, run_unsubscribe, "no longer"},
    {"mtu", "", 0, 0, run_mtu, "exchange and print it"},
    {"pair", "[2|3|4]", 0, 1, run_pair, "make the link secure: with the bond, or by pairing"},
    {"info", "", 0, 0, run_info, "about the link"},
    {"wait", "SECONDS", 1, 1, run_wait, "in scripts: print what comes for so long"},
    {"help", "[COMMAND]", 0, 1, run_help, "this text"},
    {"quit", "", 0, 0, run_quit, "disconnect and leave"},
    {0},
};

const struct gatt_command *gatt_command_find(const char *name)
{
    for (const struct gatt_command *c = gatt_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

void gatt_start(struct gatt *g, char **words, int count)
{
    const struct gatt_command *c = gatt_command_find(words[0]);
    if (!c || count - 1 < c->least || count - 1 > c->most) {
        if (c)
            tool_error("it is '%s %s'", c->name, c->words);
        else
            tool_error("there is no command '%s'; 'help' lists them", words[0]);
        gatt_over(g, TOOL_USAGE);
        return;
    }
    g->running = c;
    g->to_secure = false;
    g->until_s = 0;
    g->len = 0;
    g->subscribing = NULL;
    g->target = (struct gatt_target){0};
    int rc = c->run(g, words, count);
    if (rc != GATT_RUNS)
        gatt_over(g, rc);
}
