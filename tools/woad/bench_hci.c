/* woad bench hci: instructions that the host and its HCI take for one SDU. */
#include "callgrind.h"
#include "commands.h"
#include "tool.h"

#include "woad/cursor.h"
#include "woad/gap.h"
#include "woad/hci.h"
#include "woad/host.h"
#include "woad/l2cap.h"

#include <stdlib.h>
#include <string.h>

#define CONN     0x0040
#define PSM      0x00d2
#define SDU_LEN  245
#define PEER_CID 0x0055
#define PEER_MPS 2004
#define LONG_SDU 2002 /* one K-frame of 2008 octets: eight full PDUs */

/* A host whose controller and peer are this program. */
struct bench {
    struct woad_host *host;
    void *mem;
    woad_time now;
    woad_chan chan;
    uint16_t cid; /* the host's end */
    uint8_t ident;
    uint8_t pdu[4 + 2 + LONG_SDU];
    uint8_t sdu[LONG_SDU];
    unsigned sent;
    unsigned received;
    bool ready, connected, opened;
};

static void to_host(struct bench *b, uint8_t type, const void *data, uint16_t len)
{
    bool discard;
    struct woad_buf *buf = woad_host_rx_alloc(b->host, type, len, data, len, &discard);
    if (!buf)
        abort(); /* the benchmark keeps to the pools: a mistake in this file */
    memcpy(woad_buf_put(buf, len), data, len);
    if (woad_host_rx(b->host, buf))
        woad_buf_unref(buf);
}

static void completed(struct bench *b, uint8_t count)
{
    const uint8_t evt[7] = {WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 5, 1, CONN, 0, count, 0};
    to_host(b, WOAD_PKT_EVT, evt, sizeof(evt));
}

/* ---- what is measured ------------------------------------------------------------------------ */

void bench_hci_send(struct bench *b, size_t len);
void bench_hci_receive(struct bench *b, const uint8_t *acl, uint16_t len);

/* One SDU: the call, the packets to the transport and back, their completion, the SENT event. */
__attribute__((noinline)) void bench_hci_send(struct bench *b, size_t len)
{
    if (woad_l2cap_send(b->host, b->chan, b->sdu, len, NULL))
        abort();
    uint8_t packets = 0;
    for (struct woad_buf *buf; (buf = woad_host_tx(b->host)); packets++)
        woad_buf_unref(buf);
    completed(b, packets);
    woad_host_run(b->host, b->now);
}

/* One SDU: from the transport's octets through the RECEIVED event and recv() to the credits. */
__attribute__((noinline)) void bench_hci_receive(struct bench *b, const uint8_t *acl, uint16_t len)
{
    to_host(b, WOAD_PKT_ACL, acl, len);
    woad_host_run(b->host, b->now);
    uint8_t packets = 0;
    for (struct woad_buf *buf; (buf = woad_host_tx(b->host)); packets++)
        woad_buf_unref(buf);
    if (packets)
        completed(b, packets);
}

/* ---- the other side -------------------------------------------------------------------------- */

static void answer(struct bench *b, uint16_t opcode)
{
    uint8_t evt[2 + 3 + 65] = {WOAD_HCI_EVT_COMMAND_COMPLETE, 0, 1};
    uint8_t *ret = evt + 5;
    uint8_t len = 1;
    woad_put_u16(evt + 3, opcode);
    if (opcode == WOAD_HCI_CMD_LE_READ_BUFFER_SIZE) {
        woad_put_u16(ret + 1, 251);
        ret[3] = 16;
        len = 4;
    } else if (opcode == WOAD_HCI_CMD_READ_BD_ADDR) {
        memset(ret + 1, 0x11, 6);
        len = 7;
    }
    evt[1] = (uint8_t)(3 + len);
    to_host(b, WOAD_PKT_EVT, evt, (uint16_t)(2 + evt[1]));
}

static void signal_in(struct bench *b, uint8_t code, uint8_t ident, const void *data, uint8_t len)
{
    uint8_t acl[64];
    woad_put_u16(acl, CONN | WOAD_HCI_ACL_FIRST_FLUSHABLE);
    woad_put_u16(acl + 2, (uint16_t)(len + 8));
    woad_put_u16(acl + 4, (uint16_t)(len + 4));
    woad_put_u16(acl + 6, 5);
    acl[8] = code;
    acl[9] = ident;
    woad_put_u16(acl + 10, len);
    memcpy(acl + 12, data, len);
    to_host(b, WOAD_PKT_ACL, acl, (uint16_t)(len + 12));
}

/* Plays the peer of the host's connection request. */
static void data_out(struct bench *b, const uint8_t *acl)
{
    uint8_t rsp[10];
    if (woad_get_u16(acl + 6) != 5 || acl[8] != 0x14)
        return;
    b->cid = woad_get_u16(acl + 14);
    woad_put_u16(rsp, PEER_CID);
    woad_put_u16(rsp + 2, 65535);
    woad_put_u16(rsp + 4, PEER_MPS);
    woad_put_u16(rsp + 6, 65535);
    woad_put_u16(rsp + 8, 0);
    signal_in(b, 0x15, acl[9], rsp, sizeof(rsp));
}

static void turn(struct bench *b)
{
    struct woad_buf *buf;
    woad_host_run(b->host, b->now);
    while ((buf = woad_host_tx(b->host))) {
        if (buf->type == WOAD_PKT_CMD) {
            answer(b, woad_get_u16(buf->data));
        } else {
            data_out(b, buf->data);
            completed(b, 1);
        }
        woad_buf_unref(buf);
    }
}

static void on_host(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct bench *b = arg;
    (void)h;
    b->ready |= evt->type == WOAD_EVT_READY;
    b->connected |= evt->type == WOAD_EVT_CONNECTED;
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct bench *b = arg;
    if (evt->type == WOAD_CHAN_RECEIVED) {
        while (woad_l2cap_recv(h, evt->chan, b->sdu, sizeof(b->sdu), NULL) >= 0)
            b->received++;
    } else if (evt->type == WOAD_CHAN_SENT) {
        b->sent++;
    } else if (evt->type == WOAD_CHAN_OPENED) {
        b->opened = true;
    }
}

static void no_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0x5a, len);
}

/* A started host with a link whose PDUs are 251 octets long and one open channel. */
static void set_up(struct bench *b)
{
    struct woad_host_cfg cfg = {.event = on_host, .event_arg = b, .rand = no_random};
    struct woad_chan_cfg chan = {.psm = PSM, .event = on_chan, .arg = b};
    size_t size = woad_host_mem_size(&cfg);
    b->mem = malloc(size);
    b->now = 1;
    uint8_t link[21] = {WOAD_HCI_EVT_LE_META, 19, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 0, CONN};
    uint8_t len[13] = {WOAD_HCI_EVT_LE_META, 11, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, CONN, 0};
    link[14] = 24;
    link[19] = 50;
    for (int i = 0; i < 2; i++) {
        woad_put_u16(len + 5 + 4 * i, 251);
        woad_put_u16(len + 7 + 4 * i, 2120);
    }
    if (!b->mem || woad_host_init(b->mem, size, &cfg, &b->host) || woad_host_start(b->host))
        abort();
    for (int i = 0; i < 40 && !b->ready; i++)
        turn(b);
    to_host(b, WOAD_PKT_EVT, link, sizeof(link));
    to_host(b, WOAD_PKT_EVT, len, sizeof(len));
    turn(b);
    if (!b->connected || woad_l2cap_connect(b->host, CONN, &chan, &b->chan))
        abort();
    for (int i = 0; i < 4 && !b->opened; i++)
        turn(b);
    if (!b->opened)
        abort();
}

/* ---- the cases ------------------------------------------------------------------------------- */

static void give_credits(struct bench *b)
{
    struct woad_chan_info info;
    uint8_t data[4];
    if (woad_l2cap_info(b->host, b->chan, &info) || info.tx_credits > 1000)
        return;
    woad_put_u16(data, PEER_CID);
    woad_put_u16(data + 2, 10000);
    signal_in(b, 0x16, 9, data, sizeof(data));
    turn(b);
}

static void run_send(struct bench *b, size_t len, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        give_credits(b);
        bench_hci_send(b, len);
    }
}

static void send_sdu(struct bench *b, unsigned n)
{
    run_send(b, SDU_LEN, n);
}

static void send_kframe(struct bench *b, unsigned n)
{
    run_send(b, LONG_SDU, n);
}

static void receive_sdu(struct bench *b, unsigned n)
{
    uint8_t acl[4 + 4 + 2 + SDU_LEN];
    woad_put_u16(acl, CONN | WOAD_HCI_ACL_FIRST_FLUSHABLE);
    woad_put_u16(acl + 2, sizeof(acl) - 4);
    woad_put_u16(acl + 4, sizeof(acl) - 8);
    woad_put_u16(acl + 6, b->cid);
    woad_put_u16(acl + 8, SDU_LEN);
    memset(acl + 10, 0x33, SDU_LEN);
    for (unsigned i = 0; i < n; i++)
        bench_hci_receive(b, acl, sizeof(acl));
}

static const struct hci_case {
    const char *name;
    const char *function; /* collected */
    void (*run)(struct bench *b, unsigned n);
    unsigned target; /* instructions; 0 = for information */
} cases[] = {
    {"sdu-245-sent", "bench_hci_send", send_sdu, 1700},
    {"sdu-245-received", "bench_hci_receive", receive_sdu, 1500},
    {"kframe-2004-sent", "bench_hci_send", send_kframe, 0},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

/* In the process under valgrind. */
static int worker(const char *name)
{
    for (size_t i = 0; i < CASES; i++) {
        if (strcmp(cases[i].name, name) != 0)
            continue;
        struct bench b = {0};
        set_up(&b);
        cases[i].run(&b, CALLGRIND_ROUNDS);
        bool ok = b.sent == CALLGRIND_ROUNDS || b.received == CALLGRIND_ROUNDS;
        woad_host_deinit(b.host);
        free(b.mem);
        return ok ? TOOL_OK : TOOL_FAILED;
    }
    return TOOL_USAGE;
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
    "bench hci", "",
    "Counts the instructions that the host takes for one SDU of 245 octets (one link-layer PDU of\n"
    "251), sent and received: calls, HCI packets, credits, completion and events. Needs valgrind.\n"
    "The counts repeat exactly. Exit code 1 when one is above its target.",
    opts};

int woad_bench_hci(int argc, char **argv)
{
    struct options o = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc >= 0)
        return rc;
    if (o.worker)
        return worker(o.worker);
    long counts[CASES];
    for (size_t i = 0; i < CASES; i++) {
        counts[i] = callgrind_count("hci", cases[i].name, cases[i].function);
        if (counts[i] < 0)
            return (int)-counts[i];
        if (cases[i].target && counts[i] > (long)cases[i].target)
            rc = TOOL_FAILED;
    }
    struct tool_json j;
    if (o.json) {
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '[');
    } else {
        printf("%-20s %14s %10s\n", "case", "instructions", "target");
    }
    for (size_t i = 0; i < CASES; i++) {
        bool ok = !cases[i].target || counts[i] <= (long)cases[i].target;
        if (!o.json) {
            char target[16] = "-";
            if (cases[i].target)
                snprintf(target, sizeof(target), "%u", cases[i].target);
            printf("%-20s %14ld %10s%s\n", cases[i].name, counts[i], target, ok ? "" : "  above");
            continue;
        }
        tool_json_open(&j, NULL, '{');
        tool_json_str(&j, "case", cases[i].name);
        tool_json_u64(&j, "instructions", (uint64_t)counts[i]);
        if (cases[i].target)
            tool_json_u64(&j, "target", cases[i].target);
        tool_json_bool(&j, "ok", ok);
        tool_json_close(&j, '}');
    }
    if (o.json) {
        tool_json_close(&j, ']');
        tool_json_end(&j);
    }
    return rc < 0 ? TOOL_OK : rc;
}
