/* woad bench att, the client's part: a host whose controller and server are this program. An ACL
 * packet enters as from a transport and ends in the application's event; an operation is its call,
 * the request's way out, the answer's way in and the events. */
#include "bench_att_client.h"
#include "bench_stub.h"

#include "woad/cursor.h"
#include "woad/gattc.h"
#include "woad/hci.h"

#include <stdlib.h>
#include <string.h>

#define VALUE 3 /* handle */
#define SUBS  100

struct client {
    struct bench_stub stub;
    struct woad_gattc_op op;
    struct woad_gattc_sub subs[SUBS];
    unsigned values, octets, done, failed;
};

/* ---- what is measured ------------------------------------------------------------------------ */

void bench_att_client_receive(struct client *c, const uint8_t *acl, uint16_t len);
void bench_att_client_operate(struct client *c, int (*call)(struct client *c),
                              const uint8_t *answers, uint16_t count);

__attribute__((noinline)) void bench_att_client_receive(struct client *c, const uint8_t *acl,
                                                        uint16_t len)
{
    bench_stub_in(&c->stub, WOAD_PKT_ACL, acl, len);
    woad_host_run(c->stub.host, c->stub.now);
}

/* One operation; answers: count rows of {length of the packet, packet}, each given when a request
 * has come out. */
__attribute__((noinline)) void bench_att_client_operate(struct client *c,
                                                        int (*call)(struct client *c),
                                                        const uint8_t *answers, uint16_t count)
{
    if (call(c))
        abort();
    woad_host_run(c->stub.host, c->stub.now);
    for (struct woad_buf *buf; (buf = woad_host_tx(c->stub.host));) {
        woad_buf_unref(buf);
        bench_stub_completed(&c->stub);
        if (count && count--) {
            bench_stub_in(&c->stub, WOAD_PKT_ACL, answers + 1, answers[0]);
            answers += answers[0] + 1;
        }
        woad_host_run(c->stub.host, c->stub.now);
    }
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct client *c = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_VALUE) {
        c->values++;
        c->octets += evt->u.value.len;
    } else if (evt->type == WOAD_GATTC_DONE) {
        c->done++;
        c->failed += evt->u.done.err != 0;
    }
}

static int exchange_mtu(struct client *c)
{
    return woad_gattc_exchange_mtu(c->stub.host, BENCH_CONN, &c->op);
}

/* A link with an MTU of 247, and a hundred subscriptions of which one is used. */
static struct client *set_up(void)
{
    static const struct woad_host_use parts[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    struct client *c = calloc(1, sizeof(*c));
    uint8_t mtu[12] = {11};
    if (!c)
        abort();
    bench_stub_init(&c->stub, parts);
    c->op = (struct woad_gattc_op){.event = on_client, .arg = c};
    bench_stub_att(mtu + 1, (const uint8_t[]){WOAD_ATT_EXCHANGE_MTU_RSP, 247, 0}, 3);
    bench_att_client_operate(c, exchange_mtu, mtu, 1);
    for (uint16_t i = 0; i < SUBS; i++) {
        c->subs[i] = (struct woad_gattc_sub){
            .event = on_client, .arg = c, .value_handle = (uint16_t)(VALUE + i)};
        if (woad_gattc_listen(c->stub.host, BENCH_CONN, &c->subs[i]))
            abort();
    }
    if (c->done != 1 || c->failed)
        abort();
    c->done = 0;
    return c;
}

static bool tear_down(struct client *c, bool ok)
{
    bench_stub_free(&c->stub);
    free(c);
    return ok;
}

/* ---- the cases ------------------------------------------------------------------------------- */

static bool receive(unsigned n, uint16_t len)
{
    struct client *c = set_up();
    uint8_t pdu[3 + 244] = {WOAD_ATT_HANDLE_VALUE_NTF, VALUE, 0}, acl[8 + sizeof(pdu)];
    uint16_t acl_len = bench_stub_att(acl, pdu, (uint16_t)(3 + len));
    for (unsigned i = 0; i < n; i++)
        bench_att_client_receive(c, acl, acl_len);
    return tear_down(c, c->values == n && c->octets == n * len);
}

static bool receive_20(unsigned n)
{
    return receive(n, 20);
}

static bool receive_244(unsigned n)
{
    return receive(n, 244);
}

/* An operation with the answers of a server, PDUs of {length, octets}. */
static bool operate(unsigned n, int (*call)(struct client *c), const uint8_t *pdus, uint16_t count)
{
    struct client *c = set_up();
    uint8_t answers[300], *at = answers;
    for (uint16_t i = 0; i < count; i++) {
        at[0] = (uint8_t)bench_stub_att(at + 1, pdus + 1, pdus[0]);
        at += at[0] + 1;
        pdus += pdus[0] + 1;
    }
    for (unsigned i = 0; i < n; i++)
        bench_att_client_operate(c, call, answers, count);
    return tear_down(c, c->done == n && !c->failed);
}

static const uint8_t value[20];

static int call_read(struct client *c)
{
    return woad_gattc_read(c->stub.host, BENCH_CONN, &c->op, VALUE);
}

static int call_write(struct client *c)
{
    return woad_gattc_write(c->stub.host, BENCH_CONN, &c->op, VALUE, value, sizeof(value));
}

static int call_write_cmd(struct client *c)
{
    return woad_gattc_write_cmd(c->stub.host, BENCH_CONN, &c->op, VALUE, value, sizeof(value));
}

static int call_services(struct client *c)
{
    return woad_gattc_discover_services(c->stub.host, BENCH_CONN, &c->op, NULL);
}

static int call_characteristics(struct client *c)
{
    return woad_gattc_discover_characteristics(c->stub.host, BENCH_CONN, &c->op, 1, 20, NULL);
}

static bool read_20(unsigned n)
{
    static const uint8_t pdus[22] = {21, WOAD_ATT_READ_RSP};
    return operate(n, call_read, pdus, 1);
}

static bool write_20(unsigned n)
{
    static const uint8_t pdus[] = {1, WOAD_ATT_WRITE_RSP};
    return operate(n, call_write, pdus, 1);
}

static bool write_cmd_20(unsigned n)
{
    return operate(n, call_write_cmd, NULL, 0);
}

#define NOT_FOUND(request) 5, WOAD_ATT_ERROR_RSP, request, 1, 0, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND

static bool services_3(unsigned n)
{
    static const uint8_t pdus[] = {20,   WOAD_ATT_READ_BY_GROUP_TYPE_RSP,
                                   6,    1,
                                   0,    5,
                                   0,    0,
                                   0x18, 6,
                                   0,    9,
                                   0,    1,
                                   0x18, 10,
                                   0,    20,
                                   0,    0x0f,
                                   0x18, NOT_FOUND(WOAD_ATT_READ_BY_GROUP_TYPE_REQ)};
    return operate(n, call_services, pdus, 2);
}

static bool characteristics_3(unsigned n)
{
    static const uint8_t pdus[] = {23,
                                   WOAD_ATT_READ_BY_TYPE_RSP,
                                   7,
                                   2,
                                   0,
                                   2,
                                   3,
                                   0,
                                   0,
                                   0x2a,
                                   4,
                                   0,
                                   2,
                                   5,
                                   0,
                                   1,
                                   0x2a,
                                   6,
                                   0,
                                   2,
                                   7,
                                   0,
                                   2,
                                   0x2a,
                                   NOT_FOUND(WOAD_ATT_READ_BY_TYPE_REQ)};
    return operate(n, call_characteristics, pdus, 2);
}

const struct bench_att_client_case bench_att_client_cases[] = {
    {"receive-notify-20", "bench_att_client_receive", 1500, receive_20},
    {"receive-notify-244", "bench_att_client_receive", 1500, receive_244},
    {"client-read-20", "bench_att_client_operate", 0, read_20},
    {"client-write-20", "bench_att_client_operate", 0, write_20},
    {"client-write-cmd-20", "bench_att_client_operate", 0, write_cmd_20},
    {"client-discover-3-services", "bench_att_client_operate", 0, services_3},
    {"client-discover-3-characteristics", "bench_att_client_operate", 0, characteristics_3},
};
const size_t bench_att_client_count =
    sizeof(bench_att_client_cases) / sizeof(bench_att_client_cases[0]);
