/* woad bench att: instructions of one ATT operation, in databases of several sizes.
 *
 * The server's part is here, the client's in bench_att_client.c. A read is a request that enters as
 * a packet from the transport, its answer on the way out, and the event that says it was sent; a
 * notification is the call, the packet out and that event. */
#include "bench_att_client.h"
#include "bench_stub.h"
#include "callgrind.h"
#include "commands.h"
#include "tool.h"

#include "woad/cursor.h"
#include "woad/gatts.h"
#include "woad/hci.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_LEN 20
#define BLOCK     10 /* attributes of a service */

/* ---- a database ------------------------------------------------------------------------------ */

static const struct woad_uuid service_uuid = WOAD_UUID16(0x180F), value_uuid = WOAD_UUID16(0x2A19);
static uint8_t value_octets[VALUE_LEN];
static struct woad_gatt_value value = {value_octets, VALUE_LEN, VALUE_LEN};
#define CHARACTERISTIC                                                                             \
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_NOTIFY),                 \
        WOAD_GATT_VALUE(&value_uuid, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN)
/* Its last attribute is a value, its third one too. */
static const struct woad_gatt_attr block[BLOCK] = {
    WOAD_GATT_SERVICE(&service_uuid),
    CHARACTERISTIC,
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    CHARACTERISTIC,
    CHARACTERISTIC,
    CHARACTERISTIC,
};

struct server {
    struct bench_stub stub;
    struct woad_gatt_service *services;
    uint16_t first, last; /* values */
    unsigned done;
    uint8_t opcode;   /* expected out */
    uint16_t pdu_len; /* of it */
};

/* Counts what comes out as it should. */
static void send_out(struct server *s)
{
    for (struct woad_buf *buf; (buf = woad_host_tx(s->stub.host)); woad_buf_unref(buf)) {
        if (buf->type == WOAD_PKT_ACL && buf->len == 8 + s->pdu_len && buf->data[8] == s->opcode)
            s->done++;
        bench_stub_completed(&s->stub);
    }
    woad_host_run(s->stub.host, s->stub.now);
}

/* ---- what is measured ------------------------------------------------------------------------ */

void bench_att_request(struct server *s, const uint8_t *acl, uint16_t len);
void bench_att_notify(struct server *s, uint16_t handle, const uint8_t *data, uint16_t len);

__attribute__((noinline)) void bench_att_request(struct server *s, const uint8_t *acl, uint16_t len)
{
    bench_stub_in(&s->stub, WOAD_PKT_ACL, acl, len);
    woad_host_run(s->stub.host, s->stub.now);
    send_out(s);
}

__attribute__((noinline)) void bench_att_notify(struct server *s, uint16_t handle,
                                                const uint8_t *data, uint16_t len)
{
    if (woad_gatts_notify(s->stub.host, BENCH_CONN, handle, data, len))
        abort();
    send_out(s);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void ask(struct server *s, const uint8_t *pdu, uint16_t len, uint8_t opcode)
{
    uint8_t acl[300];
    unsigned before = s->done;
    s->opcode = opcode;
    s->pdu_len = opcode == WOAD_ATT_EXCHANGE_MTU_RSP ? 3 : 1;
    bench_att_request(s, acl, bench_stub_att(acl, pdu, len));
    if (s->done != before + 1)
        abort();
}

/* A link with an MTU of 247, and a client that subscribed to the first value. */
static struct server *set_up(unsigned attributes)
{
    const struct woad_gatts_cfg cfg = {.handle_max = (uint16_t)(attributes + 100)};
    const struct woad_host_use parts[] = {{&woad_gatts_part, &cfg}, {NULL, NULL}};
    struct server *s = calloc(1, sizeof(*s));
    unsigned count = attributes / BLOCK;
    struct woad_gatt_service *services = calloc(count, sizeof(*services));
    if (!s || !services)
        abort();
    s->services = services;
    bench_stub_init(&s->stub, parts);
    woad_gatts_begin(s->stub.host);
    for (unsigned i = 0; i < count; i++) {
        services[i] = (struct woad_gatt_service){.attrs = block, .count = BLOCK};
        if (woad_gatts_add(s->stub.host, &services[i]))
            abort();
    }
    woad_gatts_commit(s->stub.host);
    s->first = (uint16_t)(services[0].start + 2);
    s->last = woad_gatt_service_end(&services[count - 1]);
    const uint8_t mtu[] = {WOAD_ATT_EXCHANGE_MTU_REQ, 247, 0};
    const uint8_t subscribe[] = {WOAD_ATT_WRITE_REQ, (uint8_t)(s->first + 1), 0, 1, 0};
    ask(s, mtu, sizeof(mtu), WOAD_ATT_EXCHANGE_MTU_RSP);
    ask(s, subscribe, sizeof(subscribe), WOAD_ATT_WRITE_RSP);
    s->done = 0;
    return s;
}

static bool tear_down(struct server *s, unsigned n)
{
    bool ok = s->done == n;
    bench_stub_free(&s->stub);
    free(s->services);
    free(s);
    return ok;
}

/* ---- the cases ------------------------------------------------------------------------------- */

enum what { READ, WRITE, FIND, NOTIFY };

static const struct op_row {
    const char *name;
    const char *function; /* collected */
    uint8_t opcode;
    uint16_t pdu_len; /* of what comes out */
    unsigned target;  /* instructions; 0 = for information */
} op_rows[] = {
    [READ] = {"read", "bench_att_request", WOAD_ATT_READ_RSP, 1 + VALUE_LEN, 2500},
    [WRITE] = {"write-20", "bench_att_request", WOAD_ATT_WRITE_RSP, 1, 0},
    [FIND] = {"find-information", "bench_att_request", WOAD_ATT_FIND_INFORMATION_RSP, 6, 0},
    [NOTIFY] = {"notify-20", "bench_att_notify", WOAD_ATT_HANDLE_VALUE_NTF, 3 + 20, 1500},
    [NOTIFY + 1] = {"notify-244", "bench_att_notify", WOAD_ATT_HANDLE_VALUE_NTF, 3 + 244, 1700},
};

static const struct server_case {
    uint8_t op;
    unsigned attributes;
    bool last;
} cases[] = {
    {READ, 10, false},    {READ, 10, true},      {READ, 100, false},        {READ, 100, true},
    {READ, 1000, false},  {READ, 1000, true},    {READ, 10000, false},      {READ, 10000, true},
    {READ, 60000, false}, {READ, 60000, true},   {WRITE, 1000, true},       {FIND, 60000, false},
    {FIND, 60000, true},  {NOTIFY, 1000, false}, {NOTIFY + 1, 1000, false},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static bool run_server(const struct server_case *c, unsigned n)
{
    static const uint8_t octets[244];
    const struct op_row *row = &op_rows[c->op];
    struct server *s = set_up(c->attributes);
    uint16_t handle = c->last ? s->last : s->first;
    uint8_t pdu[3 + VALUE_LEN] = {(uint8_t)(row->opcode - 1)}, acl[8 + sizeof(pdu)];
    uint16_t len = c->op == READ ? 3 : c->op == FIND ? 5 : sizeof(pdu);
    woad_put_u16(pdu + 1, handle);
    if (c->op == FIND)
        woad_put_u16(pdu + 3, handle);
    len = bench_stub_att(acl, pdu, len);
    s->opcode = row->opcode;
    s->pdu_len = row->pdu_len;
    for (unsigned i = 0; i < n; i++) {
        if (c->op >= NOTIFY)
            bench_att_notify(s, handle, octets, (uint16_t)(row->pdu_len - 3));
        else
            bench_att_request(s, acl, len);
    }
    return tear_down(s, n);
}

/* In the process under valgrind. */
static int worker(unsigned number)
{
    bool ok = false;
    if (number < CASES)
        ok = run_server(&cases[number], CALLGRIND_ROUNDS);
    else if (number < CASES + bench_att_client_count)
        ok = bench_att_client_cases[number - CASES].run(CALLGRIND_ROUNDS);
    return ok ? TOOL_OK : TOOL_FAILED;
}

/* ---- the command ----------------------------------------------------------------------------- */

struct row {
    const char *op, *function, *position;
    unsigned attributes, target;
    long instructions;
};

static struct row row_of(size_t number)
{
    if (number >= CASES) {
        const struct bench_att_client_case *c = &bench_att_client_cases[number - CASES];
        return (struct row){c->op, c->function, "-", 0, c->target, 0};
    }
    const struct server_case *c = &cases[number];
    const struct op_row *op = &op_rows[c->op];
    return (struct row){op->name,      op->function, c->last ? "last" : "first",
                        c->attributes, op->target,   0};
}

static void print_row(struct tool_json *j, const struct row *r)
{
    bool ok = !r->target || r->instructions <= (long)r->target;
    char number[16] = "-", target[16] = "-";
    if (r->target)
        snprintf(target, sizeof(target), "%u", r->target);
    if (!j) {
        if (r->attributes)
            snprintf(number, sizeof(number), "%u", r->attributes);
        printf("%-34s %10s %-8s %12ld %6s%s\n", r->op, number, r->position, r->instructions, target,
               ok ? "" : "  above");
        fflush(stdout);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "op", r->op);
    tool_json_u64(j, "attributes", r->attributes);
    tool_json_str(j, "position", r->position);
    tool_json_u64(j, "instructions", (uint64_t)r->instructions);
    if (r->target)
        tool_json_u64(j, "target", r->target);
    tool_json_bool(j, "ok", ok);
    tool_json_close(j, '}');
}

struct options {
    bool json;
    const char *worker;
};

static const struct tool_opt opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"},
    {"worker", "CASE", TOOL_STRING, offsetof(struct options, worker),
     "run the loop of one case and print nothing (what valgrind is given)"},
    {0}};
static const struct tool_usage usage = {
    "bench att", "",
    "Counts the instructions of one ATT operation. As server: reads of the first and the last\n"
    "value of 10 to 60,000 attributes, from the packet in to its answer's completion, and\n"
    "notifications of 20 and 244 octets. As client: values received, and operations with all\n"
    "their packets. Needs valgrind. The counts repeat exactly. Exit code 1 when one is above its\n"
    "target.",
    opts};

int woad_bench_att(int argc, char **argv)
{
    struct options o = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc >= 0)
        return rc;
    if (o.worker)
        return worker((unsigned)strtoul(o.worker, NULL, 10));
    struct tool_json json, *j = o.json ? &json : NULL;
    if (j) {
        tool_json_begin(j, stdout);
        tool_json_open(j, NULL, '[');
    } else {
        printf("%-34s %10s %-8s %12s %6s\n", "op", "attributes", "position", "instructions",
               "target");
    }
    rc = TOOL_OK;
    for (size_t i = 0; i < CASES + bench_att_client_count; i++) {
        struct row row = row_of(i);
        char number[8];
        snprintf(number, sizeof(number), "%u", (unsigned)i);
        row.instructions = callgrind_count("att", number, row.function);
        if (row.instructions < 0)
            return (int)-row.instructions;
        if (row.target && row.instructions > (long)row.target)
            rc = TOOL_FAILED;
        print_row(j, &row);
    }
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return rc;
}
