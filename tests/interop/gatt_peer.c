/* Our host as a GATT client and server of the interoperability tests, at the other end of a pipe.
 *
 *     gatt_peer URI server|client NAME [STORE.db|- [IO [OPTION]...]]
 *
 * As server it advertises as NAME and serves a database of more than 300 attributes; as client it
 * scans for NAME and connects. Then it obeys lines of its standard input, one at a time, and
 * answers each with zero or more lines of what happens and one line "ok" or "error WHY". What
 * happens by itself is a line as well: "connected", "disconnected", "notified HANDLE HEX", ...
 * Without STORE bonds are kept in memory. IO is the sum of enum woad_smp_io. Options: legacy
 * accepts LE legacy pairing, old offers nothing else; ask leaves the answer to requests of the peer
 * to "accept 0|1", and refuse says no to all; private uses resolvable addresses, by-host without
 * the controller's resolving list; plain asks for no authenticated key; eatt takes enhanced
 * bearers. Exit code 0 after "quit". */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "woad/eatt.h"
#include "woad/gap.h"
#include "woad/gap_privacy.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/smp.h"
#include "woad/store_sqlite.h"

enum {
    TIMEOUT_S = 200,
    FILLERS = 30, /* services of ten attributes */
    FILLER_ATTRS = 10,
    MAX_ARGS = 12,
    MAX_SUBS = 4,
};

struct peer {
    struct peer_run run; /* first */
    const char *name;
    bool client;
    bool ask;
    uint16_t conn;
    struct woad_addr remote; /* of the link */
    /* of the command under way */
    struct woad_gattc_op op;
    struct woad_gattc_op many[MAX_ARGS]; /* of read-all */
    uint8_t value[600];
    uint16_t handles[MAX_ARGS];
    struct woad_gattc_write writes[MAX_ARGS];
    struct woad_gattc_sub subs[MAX_SUBS];
    struct woad_gattc_db db;
    uint16_t db_mem[4096];
};

static struct peer peer;

static void say_hex(const char *what, unsigned handle, const uint8_t *data, size_t len)
{
    printf("%s %u ", what, handle);
    for (size_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    puts(len ? "" : "-");
}

static const char *how(int err)
{
    return err ? woad_err_text(err) : "good";
}

static void say_error(const char *why)
{
    printf("error %s\n", why);
}

/* The answer to a command that completes later, when err says that it began. */
static void begun(int err)
{
    if (err)
        say_error(woad_err_text(err));
}

/* ---- the server ------------------------------------------------------------------------------ */

#define UUID_OF(last)                                                                              \
    WOAD_UUID128(last, 0, 0, 0, 0, 0, 0x74, 0x65, 0x73, 0x74, 0, 0, 0x77, 0x6f, 0x61, 0x64)

static const struct woad_uuid test_uuid = UUID_OF(1), long_uuid = UUID_OF(2),
                              short_uuid = UUID_OF(3), secret_uuid = UUID_OF(4),
                              notify_uuid = UUID_OF(5), dynamic_uuid = UUID_OF(6),
                              signed_uuid = UUID_OF(7), filler_uuid = UUID_OF(8),
                              extra_uuid = UUID_OF(9);
static const struct woad_uuid description_uuid = WOAD_UUID16(0x2901);
static const struct woad_uuid level_uuid = WOAD_UUID16(0x2A19);

static uint8_t long_data[400], short_data[20] = "short", secret_data[4] = {1, 2, 3, 4};
static uint8_t notify_data[20], signed_data[20];
static struct woad_gatt_value long_value = {long_data, 400, 400}, short_value = {short_data, 5, 20},
                              secret_value = {secret_data, 4, 4},
                              notify_value = {notify_data, 20, 20},
                              signed_value = {signed_data, 20, 20};

/* Handles relative to the service: 2 long, 4 short, 6 secret, 8 notify, 11 dynamic, 13 signed. */
static const struct woad_gatt_attr test_attrs[] = {
    WOAD_GATT_SERVICE(&test_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_VALUE(&long_uuid, &long_value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),
    WOAD_GATT_VALUE(&short_uuid, &short_value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_VALUE(&secret_uuid, &secret_value, WOAD_GATT_ENCRYPTED, WOAD_GATT_AUTHENTICATED),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE),
    WOAD_GATT_VALUE(&notify_uuid, &notify_value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&dynamic_uuid, NULL, 100, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_SIGNED_WRITE),
    WOAD_GATT_VALUE(&signed_uuid, &signed_value, WOAD_GATT_OPEN, WOAD_GATT_AUTHENTICATED),
};

static const struct woad_gatt_attr filler_attrs[FILLER_ATTRS] = {
    WOAD_GATT_SERVICE(&filler_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&level_uuid, "\x64", 1, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&description_uuid, "first", 5, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&short_uuid, "two", 3, WOAD_GATT_OPEN),
    WOAD_GATT_CONST(&description_uuid, "second", 6, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_CONST(&notify_uuid, "three", 5, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};

static const struct woad_gatt_attr extra_attrs[] = {
    WOAD_GATT_SERVICE(&extra_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&level_uuid, "\x2a", 1, WOAD_GATT_OPEN),
};

/* DYNAMIC: reads give the length of the last write, as text; writes of "no" are refused. */
static void on_test(void *arg, struct woad_host *h, const struct woad_gatts_evt *e)
{
    static unsigned last;
    char text[16];
    (void)arg;
    switch (e->type) {
    case WOAD_GATTS_READ:
        snprintf(text, sizeof(text), "%u octets", last);
        if (woad_gatts_answer(h, e->u.read.req, 0, text, (uint16_t)strlen(text)) < 0)
            say_error("answer");
        break;
    case WOAD_GATTS_WRITE:
        say_hex("asked", e->handle, e->u.write.data, e->u.write.len);
        last = e->u.write.len;
        if (e->u.write.req &&
            woad_gatts_answer(h, e->u.write.req, last == 2 ? 0x80 : 0, NULL, 0) < 0)
            say_error("answer");
        break;
    case WOAD_GATTS_WRITTEN: say_hex("written", e->handle, e->u.write.data, e->u.write.len); break;
    case WOAD_GATTS_SUBSCRIBED:
        printf("subscribed %u %d%s\n", e->handle,
               e->u.subscribed.notify + 2 * e->u.subscribed.indicate,
               e->u.subscribed.restored ? " restored" : "");
        break;
    case WOAD_GATTS_CONFIRMED:
        printf("confirmed %u %s\n", e->handle, how(e->u.confirmed.err));
        break;
    case WOAD_GATTS_WRITABLE: puts("writable"); break;
    default: break;
    }
}

static struct woad_gatt_service test_service = {
    .attrs = test_attrs, .count = sizeof(test_attrs) / sizeof(*test_attrs), .event = on_test};
static struct woad_gatt_service extra_service = {.attrs = extra_attrs, .count = 3};
static struct woad_gatt_service fillers[FILLERS];

static int serve(struct peer_run *r)
{
    int err = woad_gatts_add(r->host, &test_service);
    for (int i = 0; i < FILLERS && !err; i++) {
        fillers[i] = (struct woad_gatt_service){.attrs = filler_attrs, .count = FILLER_ATTRS};
        err = woad_gatts_add(r->host, &fillers[i]);
    }
    for (size_t i = 0; i < sizeof(long_data); i++)
        long_data[i] = (uint8_t)(i * 7);
    return err;
}

/* ---- the client ------------------------------------------------------------------------------ */

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *e)
{
    struct peer *p = arg;
    char text[WOAD_UUID_STR_SIZE];
    (void)h;
    switch (e->type) {
    case WOAD_GATTC_SERVICE:
        printf("service %u %u %s\n", e->u.service.start, e->u.service.end,
               woad_uuid_format(&e->u.service.uuid, text));
        break;
    case WOAD_GATTC_INCLUDE:
        printf("include %u %u %u %s\n", e->u.include.handle, e->u.include.start, e->u.include.end,
               woad_uuid_format(&e->u.include.uuid, text));
        break;
    case WOAD_GATTC_CHARACTERISTIC:
        printf("characteristic %u %u %s\n", e->u.characteristic.value_handle,
               e->u.characteristic.properties, woad_uuid_format(&e->u.characteristic.uuid, text));
        break;
    case WOAD_GATTC_DESCRIPTOR:
        printf("descriptor %u %s\n", e->u.descriptor.handle,
               woad_uuid_format(&e->u.descriptor.uuid, text));
        break;
    case WOAD_GATTC_VALUE:
        say_hex(!e->sub                ? "value"
                : e->u.value.indicated ? "indicated"
                                       : "notified",
                e->u.value.handle, e->u.value.data, e->u.value.len);
        break;
    case WOAD_GATTC_DB_CHANGED:
        printf("changed %u %u\n", e->u.changed.start, e->u.changed.end);
        break;
    case WOAD_GATTC_DB_READY:
        printf("database %u %s%s\n", e->db->attr_count, how(e->u.done.err),
               e->u.done.cached ? " cached" : "");
        break;
    case WOAD_GATTC_DONE:
        if (e->op != &p->op)
            printf("finished %s\n", how(e->u.done.err));
        else if (e->u.done.err)
            printf("error %s 0x%02x\n", woad_err_text(e->u.done.err), e->u.done.att);
        else
            puts("ok");
        break;
    default: break;
    }
}

static const struct woad_gattc_cfg client_cfg = {
    .event = on_client, .arg = &peer, .mtu = WOAD_GATTC_MTU_ALWAYS};

static void on_bearer(void *arg, struct woad_host *h, const struct woad_eatt_evt *e)
{
    (void)arg, (void)h;
    if (e->type == WOAD_EATT_OPENED)
        printf("bearer %u mtu %u\n", e->count, e->mtu);
    else
        printf("no-bearer %u %s 0x%04x\n", e->count, how(e->err), e->result);
}

/* ---- GAP and security ------------------------------------------------------------------------ */

static void advertise(struct peer *p)
{
    uint8_t data[31] = {2, 1, 6};
    uint8_t len = (uint8_t)strlen(p->name);
    data[3] = (uint8_t)(len + 1);
    data[4] = 9;
    memcpy(data + 5, p->name, len);
    struct woad_adv_params adv = {
        .data = data, .data_len = (uint8_t)(len + 5), .interval_min_625us = 48};
    begun(woad_gap_advertise_start(p->run.host, &adv));
}

static void scan(struct peer *p)
{
    begun(woad_gap_scan_start(p->run.host, &(struct woad_scan_params){.filter_duplicates = true}));
}

static void on_report(struct peer *p, const struct woad_host_evt *e)
{
    size_t len = strlen(p->name);
    for (size_t i = 0; i + len <= e->u.report.data_len; i++)
        if (memcmp(e->u.report.data + i, p->name, len) == 0 && p->conn == WOAD_CONN_NONE) {
            p->conn = 0; /* once */
            begun(woad_gap_connect(p->run.host, &e->u.report.addr,
                                   &(struct woad_conn_params){.interval_min_1250us = 6}));
            return;
        }
}

static void on_smp(struct peer *p, uint16_t conn, const struct woad_smp_evt *e)
{
    char text[WOAD_ADDR_STR_SIZE];
    switch (e->type) {
    case WOAD_SMP_SECURED:
        printf("secured %s reason %u level %u key %u%s%s%s\n",
               e->u.secured.result.err ? woad_err_name(e->u.secured.result.err) : "good",
               e->u.secured.reason, e->u.secured.level, e->u.secured.key_size,
               e->u.secured.by_peer ? " by-peer" : "", e->u.secured.paired ? " paired" : "",
               e->u.secured.bonded ? " bonded" : "");
        break;
    case WOAD_SMP_ASK:
        printf("ask %u level %u\n", e->u.ask.why, e->u.ask.level);
        if (!p->ask)
            begun(woad_smp_accept(p->run.host, conn, true));
        break;
    case WOAD_SMP_SHOW: printf("show %06u\n", e->u.passkey); break;
    case WOAD_SMP_ENTER: puts("enter"); break;
    case WOAD_SMP_OOB_READY:
        say_hex("oob-rand", 0, e->u.oob.data.rand, 16);
        say_hex("oob-confirm", 0, e->u.oob.data.confirm, 16);
        puts("ok");
        break;
    case WOAD_SMP_COMPARE: printf("compare %06u\n", e->u.passkey); break;
    case WOAD_SMP_BOND_STORED:
        printf("bonded %s\n", woad_addr_format(&e->u.bond.peer, text));
        break;
    default: break;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *e)
{
    struct peer *p = arg;
    char text[WOAD_ADDR_STR_SIZE];
    switch (e->type) {
    case WOAD_EVT_READY:
        if (!p->client)
            advertise(p);
        puts("ready");
        break;
    case WOAD_EVT_ADV_REPORT: on_report(p, e); break;
    case WOAD_EVT_CONNECTED:
        p->conn = e->conn;
        p->remote = e->u.connected.peer;
        printf("connected %s\n", woad_addr_format(&p->remote, text));
        if (p->client)
            begun(woad_gap_scan_stop(h));
        break;
    case WOAD_EVT_CONNECT_FAILED: puts("error no connection"); break;
    case WOAD_EVT_DISCONNECTED:
        p->conn = WOAD_CONN_NONE;
        puts("disconnected");
        if (!p->client)
            advertise(p);
        break;
    case WOAD_EVT_SECURITY: on_smp(p, e->conn, e->u.smp); break;
    case WOAD_EVT_PRIVACY:
        if (e->u.privacy->type == WOAD_PRIVACY_ADDRESS)
            printf("address %s\n", woad_addr_format(&e->u.privacy->addr, text));
        break;
    case WOAD_EVT_FAULT:
        printf("error fault: %s\n", woad_host_fault_text(e));
        p->run.exit_code = 1;
        break;
    default: break;
    }
}

/* ---- whom privacy knows: the bonds ----------------------------------------------------------- */

static uint16_t identity_count(const struct woad_host *h)
{
    int last = -1;
    for (int i = woad_smp_bond_next(h, -1); i >= 0; i = woad_smp_bond_next(h, i))
        last = i;
    return (uint16_t)(last + 1);
}

static bool identity_get(const struct woad_host *h, uint16_t at, struct woad_identity *to)
{
    struct woad_smp_bond b;
    if (woad_smp_bond_get(h, at, &b) < 0 || !(b.flags & WOAD_SMP_BOND_IRK))
        return false;
    *to = (struct woad_identity){.addr = b.peer, .mode = WOAD_PRIVACY_DEVICE};
    memcpy(to->irk, b.irk, 16);
    return true;
}

static bool identity_own(const struct woad_host *h, uint8_t irk[16])
{
    return woad_smp_own_irk(h, irk) == 0;
}

static const struct woad_identities identities = {identity_count, identity_get, identity_own};

/* ---- commands -------------------------------------------------------------------------------- */

struct words {
    int count;
    char *word[MAX_ARGS];
};

static uint16_t number(const struct words *w, int i)
{
    return i < w->count ? (uint16_t)strtoul(w->word[i], NULL, 0) : 0;
}

/* Octets of word i, behind those of the words before it. */
static uint16_t octets(struct peer *p, const struct words *w, int i, size_t at)
{
    const char *hex = i < w->count && w->word[i][0] != '-' ? w->word[i] : "";
    size_t n = 0;
    for (unsigned v; at + n < sizeof(p->value) && sscanf(hex, "%2x", &v) == 1; hex += 2)
        p->value[at + n++] = (uint8_t)v;
    return (uint16_t)n;
}

static int cmd_notify(struct peer *p, const struct words *w)
{
    uint16_t len = octets(p, w, 1, 0);
    return woad_gatts_notify(p->run.host, p->conn, (uint16_t)(test_service.start + 8), p->value,
                             len);
}

static int cmd_multiple(struct peer *p, const struct words *w)
{
    uint16_t len = octets(p, w, 1, 0);
    struct woad_gatts_item items[2] = {
        {(uint16_t)(test_service.start + 8), len, p->value},
        {(uint16_t)(fillers[0].start + 8), 3, "two"},
    };
    return woad_gatts_notify_multiple(p->run.host, p->conn, items, 2);
}

static int cmd_indicate(struct peer *p, const struct words *w)
{
    uint16_t len = octets(p, w, 1, 0);
    return woad_gatts_indicate(p->run.host, p->conn, (uint16_t)(test_service.start + 8), p->value,
                               len);
}

static int cmd_add(struct peer *p, const struct words *w)
{
    (void)w;
    int err = woad_gatts_add(p->run.host, &extra_service);
    if (!err)
        printf("added %u %u\n", extra_service.start, woad_gatt_service_end(&extra_service));
    return err;
}

static int cmd_remove(struct peer *p, const struct words *w)
{
    return woad_gatts_remove(p->run.host, w->count > 1 ? &fillers[number(w, 1)] : &extra_service);
}

static int cmd_where(struct peer *p, const struct words *w)
{
    (void)p, (void)w;
    printf("test %u filler %u\n", test_service.start, fillers[0].start);
    return 0;
}

static int cmd_services(struct peer *p, const struct words *w)
{
    (void)w;
    return woad_gattc_discover_services(p->run.host, p->conn, &p->op, NULL);
}

static int cmd_characteristics(struct peer *p, const struct words *w)
{
    return woad_gattc_discover_characteristics(p->run.host, p->conn, &p->op, number(w, 1),
                                               number(w, 2), NULL);
}

static int cmd_descriptors(struct peer *p, const struct words *w)
{
    return woad_gattc_discover_descriptors(p->run.host, p->conn, &p->op, number(w, 1),
                                           number(w, 2));
}

static int cmd_read(struct peer *p, const struct words *w)
{
    return woad_gattc_read(p->run.host, p->conn, &p->op, number(w, 1));
}

/* One for each word, all at once. */
static int cmd_read_all(struct peer *p, const struct words *w)
{
    int err = 0;
    for (int i = 1; i < w->count && !err; i++) {
        p->many[i] = (struct woad_gattc_op){.event = on_client, .arg = p};
        err = woad_gattc_read(p->run.host, p->conn, &p->many[i], number(w, i));
    }
    return err;
}

static int cmd_bearers(struct peer *p, const struct words *w)
{
    return woad_eatt_open(p->run.host, p->conn, number(w, 1));
}

static int cmd_read_long(struct peer *p, const struct words *w)
{
    return woad_gattc_read_long(p->run.host, p->conn, &p->op, number(w, 1), number(w, 2));
}

static int cmd_read_uuid(struct peer *p, const struct words *w)
{
    struct woad_uuid uuid;
    if (w->count < 2 || woad_uuid_parse(w->word[1], &uuid) < 0)
        return WOAD_ERR_INVALID;
    return woad_gattc_read_by_uuid(p->run.host, p->conn, &p->op, 1, 0xffff, &uuid);
}

static int cmd_read_multiple(struct peer *p, const struct words *w)
{
    for (int i = 1; i < w->count; i++)
        p->handles[i - 1] = number(w, i);
    return woad_gattc_read_multiple(p->run.host, p->conn, &p->op, p->handles,
                                    (uint16_t)(w->count - 1),
                                    strcmp(w->word[0], "read-variable") == 0);
}

static int cmd_write(struct peer *p, const struct words *w)
{
    uint16_t len = octets(p, w, 2, 0);
    if (strcmp(w->word[0], "write-command") == 0)
        return woad_gattc_write_cmd(p->run.host, p->conn, &p->op, number(w, 1), p->value, len);
    if (strcmp(w->word[0], "write-signed") == 0)
        return woad_gattc_write_signed(p->run.host, p->conn, &p->op, number(w, 1), p->value, len);
    return woad_gattc_write(p->run.host, p->conn, &p->op, number(w, 1), p->value, len);
}

static int cmd_reliable(struct peer *p, const struct words *w)
{
    uint16_t count = 0;
    size_t at = 0;
    for (int i = 1; i + 1 < w->count; i += 2) {
        uint16_t len = octets(p, w, i + 1, at);
        p->writes[count++] =
            (struct woad_gattc_write){.handle = number(w, i), .len = len, .data = p->value + at};
        at += len;
    }
    return woad_gattc_write_reliable(p->run.host, p->conn, &p->op, p->writes, count);
}

static int cmd_write_long(struct peer *p, const struct words *w)
{
    uint16_t len = octets(p, w, 3, 0);
    return woad_gattc_write_long(p->run.host, p->conn, &p->op, number(w, 1), number(w, 2), p->value,
                                 len);
}

static int cmd_includes(struct peer *p, const struct words *w)
{
    return woad_gattc_discover_includes(p->run.host, p->conn, &p->op, number(w, 1), number(w, 2));
}

static int cmd_unsubscribe(struct peer *p, const struct words *w)
{
    int err = WOAD_ERR_NOT_FOUND;
    for (int i = 0; i < MAX_SUBS && err == WOAD_ERR_NOT_FOUND; i++) /* some may have ended */
        if (p->subs[i].value_handle == number(w, 1))
            err = woad_gattc_unsubscribe(p->run.host, &p->op, &p->subs[i]);
    return err;
}

static int cmd_subscribe(struct peer *p, const struct words *w)
{
    static unsigned next;
    struct woad_gattc_sub *sub = &p->subs[next++ % MAX_SUBS];
    *sub = (struct woad_gattc_sub){
        .event = on_client, .arg = p, .value_handle = number(w, 1), .ccc_handle = number(w, 2)};
    return woad_gattc_subscribe(p->run.host, p->conn, &p->op, sub, (uint8_t)number(w, 3));
}

static int cmd_database(struct peer *p, const struct words *w)
{
    (void)w;
    p->db.event = on_client;
    p->db.arg = p;
    p->db.mem = p->db_mem;
    p->db.size = sizeof(p->db_mem);
    return woad_gattc_db_open(p->run.host, p->conn, &p->db);
}

static int cmd_connect(struct peer *p, const struct words *w)
{
    (void)w;
    scan(p);
    return 0;
}

static int cmd_disconnect(struct peer *p, const struct words *w)
{
    (void)w;
    return woad_gap_disconnect(p->run.host, p->conn, 0);
}

static int cmd_pair(struct peer *p, const struct words *w)
{
    return woad_smp_pair(p->run.host, p->conn, (uint8_t)number(w, 1));
}

static int cmd_accept(struct peer *p, const struct words *w)
{
    return woad_smp_accept(p->run.host, p->conn, number(w, 1));
}

static int cmd_cancel(struct peer *p, const struct words *w)
{
    (void)w;
    return woad_smp_cancel(p->run.host, p->conn);
}

/* The key of the link, as a decoder wants it, and the identity of the bonded peer. */
static int cmd_info(struct peer *p, const struct words *w)
{
    struct woad_smp_info info;
    char text[WOAD_ADDR_STR_SIZE];
    (void)w;
    int err = woad_smp_info(p->run.host, p->conn, &info);
    if (err)
        return err;
    printf("info level %u %s\n", info.level,
           info.bonded ? woad_addr_format(&info.identity, text) : "-");
    say_hex("key", info.key_size, info.key, 16);
    return 0;
}

static int cmd_irk(struct peer *p, const struct words *w)
{
    uint8_t irk[16];
    (void)w;
    int err = woad_smp_own_irk(p->run.host, irk);
    if (!err)
        say_hex("irk", 0, irk, 16);
    return err;
}

static int cmd_renew(struct peer *p, const struct words *w)
{
    (void)w;
    return woad_gap_privacy_renew(p->run.host);
}

static int cmd_secure(struct peer *p, const struct words *w)
{
    return woad_smp_secure(p->run.host, p->conn, (uint8_t)number(w, 1));
}

static int cmd_passkey(struct peer *p, const struct words *w)
{
    return woad_smp_passkey(p->run.host, p->conn, (uint32_t)strtoul(w->word[1], NULL, 10));
}

static int cmd_oob(struct peer *p, const struct words *w)
{
    (void)w;
    return woad_smp_oob_generate(p->run.host, true);
}

/* Of the peer: rand and confirm, or TK. */
static int cmd_oob_peer(struct peer *p, const struct words *w)
{
    struct woad_smp_oob data = {.addr = p->remote, .authenticated = true};
    data.sc = w->count > 2;
    data.legacy = !data.sc;
    octets(p, w, 1, 0);
    octets(p, w, 2, 16);
    memcpy(data.legacy ? data.tk : data.rand, p->value, 16);
    memcpy(data.confirm, p->value + 16, data.sc ? 16 : 0);
    return woad_smp_oob_set(p->run.host, p->conn, &data);
}

static int cmd_confirm(struct peer *p, const struct words *w)
{
    return woad_smp_confirm(p->run.host, p->conn, number(w, 1));
}

static int cmd_quit(struct peer *p, const struct words *w)
{
    (void)w;
    p->run.exit_code = 0;
    return 0;
}

static const struct command {
    const char *name;
    int least;  /* words behind the name */
    bool later; /* "ok" or "error" comes from an event */
    int (*run)(struct peer *p, const struct words *w);
} commands[] = {
    {"notify", 1, false, cmd_notify},
    {"notify-multiple", 1, false, cmd_multiple},
    {"indicate", 1, false, cmd_indicate},
    {"add", 0, false, cmd_add},
    {"remove", 0, false, cmd_remove},
    {"where", 0, false, cmd_where},
    {"services", 0, true, cmd_services},
    {"characteristics", 2, true, cmd_characteristics},
    {"descriptors", 2, true, cmd_descriptors},
    {"read", 1, true, cmd_read},
    {"read-long", 1, true, cmd_read_long},
    {"read-all", 1, false, cmd_read_all},
    {"bearers", 1, false, cmd_bearers},
    {"read-uuid", 1, true, cmd_read_uuid},
    {"read-multiple", 2, true, cmd_read_multiple},
    {"read-variable", 2, true, cmd_read_multiple},
    {"write", 2, true, cmd_write},
    {"write-command", 2, true, cmd_write},
    {"write-signed", 2, true, cmd_write},
    {"write-reliable", 2, true, cmd_reliable},
    {"write-long", 3, true, cmd_write_long},
    {"includes", 2, true, cmd_includes},
    {"unsubscribe", 1, true, cmd_unsubscribe},
    {"subscribe", 3, true, cmd_subscribe},
    {"database", 0, false, cmd_database},
    {"connect", 0, false, cmd_connect},
    {"disconnect", 0, false, cmd_disconnect},
    {"secure", 1, false, cmd_secure},
    {"pair", 1, false, cmd_pair},
    {"accept", 1, false, cmd_accept},
    {"cancel", 0, false, cmd_cancel},
    {"info", 0, false, cmd_info},
    {"irk", 0, false, cmd_irk},
    {"renew", 0, false, cmd_renew},
    {"passkey", 1, false, cmd_passkey},
    {"confirm", 1, false, cmd_confirm},
    {"oob", 0, true, cmd_oob},
    {"oob-peer", 1, false, cmd_oob_peer},
    {"quit", 0, false, cmd_quit},
};

static void obey(struct peer *p, char *line)
{
    struct words w = {0};
    for (char *s = strtok(line, " \n"); s && w.count < MAX_ARGS; s = strtok(NULL, " \n"))
        w.word[w.count++] = s;
    for (size_t i = 0; w.count && i < sizeof(commands) / sizeof(*commands); i++) {
        const struct command *c = &commands[i];
        if (strcmp(c->name, w.word[0]) != 0)
            continue;
        if (w.count <= c->least)
            break;
        p->op.event = on_client;
        p->op.arg = p;
        int err = c->run(p, &w);
        if (err < 0)
            say_error(woad_err_text(err));
        else if (!c->later)
            puts("ok");
        return;
    }
    say_error("no such command");
}

/* Whole lines of the standard input that are there; its end is "quit". */
static void read_commands(struct peer_run *r)
{
    struct peer *p = (struct peer *)r;
    static char line[2048];
    static size_t have;
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    while (p->run.exit_code < 0 && poll(&fd, 1, 0) > 0) {
        if (read(STDIN_FILENO, line + have, 1) != 1 || have + 2 == sizeof(line)) {
            p->run.exit_code = 0;
        } else if (line[have++] == '\n') {
            line[have] = 0;
            have = 0;
            obey(p, line);
        }
    }
}

static bool option(int argc, char **argv, const char *name)
{
    for (int i = 6; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

/* Runs with the parts that the options name; store may be NULL. */
static int run_host(int argc, char **argv, struct woad_store *store)
{
    bool old = option(argc, argv, "old");
    const struct woad_gatts_cfg gatts = {
        .name = peer.name, .handle_max = 2000, .prepare_size = 600, .store = store};
    struct woad_gattc_cfg gattc = client_cfg;
    gattc.store = store;
    const struct woad_smp_cfg smp = {
        .store = store,
        .io = argc > 5 ? (uint8_t)atoi(argv[5]) : 7,
        .mitm = !option(argc, argv, "plain"),
        .ask = option(argc, argv, "ask"),
        .refuse = option(argc, argv, "refuse"),
        .legacy = old || option(argc, argv, "legacy") ? &woad_smp_legacy : NULL,
        .no_sc = old,
        .signing = &woad_smp_signing};
    const struct woad_privacy_cfg privacy = {.identities = &identities,
                                             .host_only = option(argc, argv, "by-host")};
    const struct woad_eatt_cfg eatt = {.event = on_bearer};
    struct woad_host_use parts[] = {{&woad_gatts_part, &gatts},
                                    {&woad_gattc_part, &gattc},
                                    {&woad_smp_part, &smp},
                                    {NULL, NULL},
                                    {NULL, NULL},
                                    {NULL, NULL}};
    unsigned count = 3;
    if (option(argc, argv, "private"))
        parts[count++] = (struct woad_host_use){&woad_gap_privacy_part, &privacy};
    if (option(argc, argv, "eatt"))
        parts[count++] = (struct woad_host_use){&woad_eatt_part, &eatt};
    peer.ask = smp.ask;
    return peer_run(
        &peer.run, &(struct peer_cfg){.uri = argv[1],
                                      .timeout_s = TIMEOUT_S,
                                      .start = peer.client ? NULL : serve,
                                      .turn = read_commands,
                                      .host = {.event = on_event,
                                               .event_arg = &peer,
                                               .parts = parts,
                                               .att_bearers = option(argc, argv, "eatt") ? 4 : 0}});
}

int main(int argc, char **argv)
{
    if (argc < 4 || strlen(argv[3]) > 20)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct woad_store_sqlite *db = NULL;
    struct woad_store store;
    if (argc > 4 && argv[4][0] != '-' && woad_store_sqlite_open(&db, argv[4]) < 0) {
        fprintf(stderr, "%s: %s\n", argv[4], woad_store_sqlite_text(db));
        return 2;
    }
    if (db)
        store = woad_store_sqlite_store(db);
    peer.client = strcmp(argv[2], "client") == 0;
    peer.name = argv[3];
    peer.conn = WOAD_CONN_NONE;
    int exit_code = run_host(argc, argv, db ? &store : NULL);
    woad_store_sqlite_close(db);
    return exit_code;
}
