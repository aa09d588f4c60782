/* ctest: threads timeout=600 */
/* Calls that wait: a script against a server, in each execution model; time that runs out; links
 * that end; calls from events; several threads at once; programs that are interrupted. */
#include "test.h"

#include <stdio.h>

#include "sim/device.h"
#include "woad/gatts.h"
#include "woad/sync.h"

#define PATIENCE WOAD_S(20)
#define LONG_LEN 300
#define PSM_ECHO 0x81

static struct world world;
static struct device a, b;

/* ---- b: a server, event-driven --------------------------------------------------------------- */

static const struct woad_uuid service = WOAD_UUID16(0x1234), battery = WOAD_UUID16(0x2A19),
                              note = WOAD_UUID16(0x2A3D), secret = WOAD_UUID16(0x2A3E),
                              control = WOAD_UUID16(0x2A3F), slow = WOAD_UUID16(0x2A40),
                              deadly = WOAD_UUID16(0x2A41);

/* What is written to control. */
enum { NOTIFY = 'n', ANSWER = 'a' };

static struct server {
    uint8_t percent, text[512], hidden[8];
    struct woad_gatt_value level, note, secret;
    struct woad_gatt_attr attrs[16];
    struct woad_gatt_service service;
    woad_gatts_req open; /* the slow read */
    struct woad_stream stream;
    uint8_t ring[2048], echo[512];
} server;

static void on_control(struct woad_host *h, const struct woad_gatts_evt *evt)
{
    uint8_t what = evt->u.write.len ? evt->u.write.data[0] : 0;
    if (what == ANSWER)
        (void)!woad_gatts_answer(h, server.open, 0, "late", 4);
    for (uint8_t i = 0; what == NOTIFY && i < evt->u.write.data[1]; i++)
        MUST(woad_gatts_notify_all(h, (uint16_t)(server.service.start + 2),
                                   (const uint8_t[]){i, 0xAA}, 2) == 1);
    if (evt->u.write.req)
        MUST(woad_gatts_answer(h, evt->u.write.req, 0, NULL, 0) == 0);
}

static void on_gatts(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTS_WRITE)
        on_control(h, evt);
    else if (evt->type == WOAD_GATTS_READ && woad_uuid_equal(evt->attr->type, &slow))
        server.open = evt->u.read.req;
    else if (evt->type == WOAD_GATTS_READ)
        MUST(woad_gap_disconnect(h, evt->conn, 0) == 0);
}

static void build_server(void)
{
    const struct woad_gatt_attr attrs[] = {
        WOAD_GATT_SERVICE(&service),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
        WOAD_GATT_VALUE(&battery, &server.level, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_VALUE(&note, &server.note, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
        WOAD_GATT_VALUE(&secret, &server.secret, WOAD_GATT_AUTHENTICATED, WOAD_GATT_NEVER),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),
        WOAD_GATT_DYNAMIC(&control, NULL, 8, WOAD_GATT_NEVER, WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
        WOAD_GATT_DYNAMIC(&slow, NULL, 8, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
        WOAD_GATT_DYNAMIC(&deadly, NULL, 8, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    };
    memset(&server, 0, sizeof(server));
    memcpy(server.attrs, attrs, sizeof(attrs));
    memcpy(server.hidden, "for two", 7);
    for (unsigned i = 0; i < LONG_LEN; i++)
        server.text[i] = (uint8_t)(i * 7);
    server.percent = 87;
    server.level = (struct woad_gatt_value){&server.percent, 1, 1};
    server.note = (struct woad_gatt_value){server.text, LONG_LEN, sizeof(server.text)};
    server.secret = (struct woad_gatt_value){server.hidden, 7, sizeof(server.hidden)};
    server.service = (struct woad_gatt_service){
        .attrs = server.attrs, .count = ARRAY_LEN(attrs), .event = on_gatts};
}

static void advertise(struct woad_host *h)
{
    static const uint8_t data[] = {2, 1, 6, 5, 9, 'l', 'a', 'm', 'p'};
    MUST(woad_gap_advertise_start(h, &(struct woad_adv_params){.data = data,
                                                               .data_len = sizeof(data),
                                                               .interval_min_625us = 32}) == 0);
}

static void on_server_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        advertise(h);
    else if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_COMPARE)
        MUST(woad_smp_confirm(h, evt->conn, true) == 0);
}

static void echo(void *arg, struct woad_stream *s)
{
    long n;
    (void)arg;
    while ((n = woad_stream_read(s, server.echo, sizeof(server.echo), 0)) > 0)
        MUST(woad_stream_write(s, server.echo, (size_t)n, 0) == n);
    if (n != WOAD_ERR_AGAIN)
        (void)!woad_stream_close(s, false, 0);
}

static void on_listener(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct device *d = arg;
    if (evt->type != WOAD_CHAN_ACCEPT)
        return;
    woad_stream_init(&server.stream, d->rt.kernel, h, server.ring, sizeof(server.ring));
    woad_stream_set_changed(&server.stream, echo, NULL);
    MUST(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, woad_stream_event, &server.stream) == 0);
}

/* ---- a: the script --------------------------------------------------------------------------- */

static struct woad_sync s, theirs;
static bool both_wait; /* b is a script, too */
static struct woad_gattc_db db;
static uint16_t db_mem[2048];
static int interrupt; /* what the pump answers */

static int interrupted(void *arg)
{
    (void)arg;
    return interrupt;
}

static void configure(struct device *d, struct woad_host_cfg *host)
{
    static const struct woad_smp_cfg smp = {.io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO};
    static const struct woad_gatts_cfg gatts = {.name = "lamp", .prepare_size = 1024};
    static const struct woad_host_use client[] = {
        {&woad_smp_part, &smp}, {&woad_gattc_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use peer[] = {
        {&woad_smp_part, &smp}, {&woad_gatts_part, &gatts}, {NULL, NULL}};
    bool ours = d == &a;
    host->event = ours ? woad_sync_event : on_server_event;
    host->event_arg = ours ? (void *)&s : (void *)d;
    if (!ours && both_wait) {
        host->event = woad_sync_event;
        host->event_arg = &theirs;
    }
    host->parts = ours ? client : peer;
}

static void begin(enum woad_run_model model, bool is_virtual)
{
    device_configure = configure;
    interrupt = 0;
    build_server();
    world_start(&world, &a, &b, model, is_virtual, 5, 0);
    a.rt.cfg.interrupted = interrupted;
    woad_sync_init(&s, a.rt.kernel, a.host);
    woad_sync_init(&theirs, b.rt.kernel, b.host);
    MUST(woad_gatts_add(b.host, &server.service) == 0);
    MUST(woad_l2cap_listen(b.host, &(struct woad_chan_cfg){
                                       .psm = PSM_ECHO, .event = on_listener, .arg = &b}) == 0);
    if (both_wait)
        MUST(woad_runtime_start(&b.rt) == 0);
    else
        device_start(&b, true);
    MUST(woad_runtime_start(&a.rt) == 0);
    assert_int_equal(woad_sync_start(&s, PATIENCE), 0);
}

static void end(void)
{
    assert_int_equal(woad_sync_stop(&s, PATIENCE), 0);
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++)
        assert_false(s.calls[i].used);
    (void)world_stop(&world, &a, &b);
}

static uint16_t handle_of(const struct woad_uuid *uuid)
{
    struct woad_gattc_chr chr;
    assert_int_equal(woad_sync_find_value(&s, &db, &service, uuid, &chr, NULL), 0);
    return chr.value_handle;
}

static uint16_t link_up(void)
{
    struct woad_addr addr;
    uint16_t conn;
    assert_int_equal(woad_sync_find(&s, "lamp", &addr, PATIENCE), 0);
    assert_int_equal(woad_sync_connect(&s, &addr, NULL, &conn, PATIENCE), 0);
    db = (struct woad_gattc_db){.mem = db_mem, .size = sizeof(db_mem)};
    assert_int_equal(woad_sync_discover(&s, conn, &db, PATIENCE), 0);
    return conn;
}

static void scan_and_find(void)
{
    struct woad_sync_report reports[4];
    struct woad_addr addr;
    assert_int_equal(woad_sync_scan(&s, NULL, reports, 4, WOAD_MS(500)), 1);
    assert_memory_equal(reports[0].addr.val, b.addr.val, 6);
    assert_int_equal(reports[0].data_len, 9);
    assert_int_equal(woad_sync_scan(&s, NULL, reports, 1, PATIENCE), 1); /* full: at once */
    assert_int_equal(woad_sync_find(&s, "nobody", &addr, WOAD_MS(300)), WOAD_ERR_TIMEOUT);
}

static void values(uint16_t conn)
{
    uint8_t value[512], back[512];
    struct woad_gattc_chr chr;
    uint16_t ccc = 0;
    assert_int_equal(woad_sync_find_value(&s, &db, NULL, &battery, &chr, &ccc), 0);
    assert_int_equal(ccc, chr.value_handle + 1);
    assert_int_equal(chr.end, ccc);
    assert_int_equal(woad_sync_find_value(&s, &db, &battery, &battery, &chr, NULL),
                     WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_sync_read(&s, conn, chr.value_handle, value, sizeof(value), PATIENCE), 1);
    assert_int_equal(value[0], 87);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&note), value, sizeof(value), PATIENCE),
                     LONG_LEN);
    assert_memory_equal(value, server.text, LONG_LEN);
    memset(value, 0xEE, sizeof(value));
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&note), value, 10, PATIENCE),
                     WOAD_ERR_TOO_LONG);
    assert_memory_equal(value, server.text, 10);
    assert_int_equal(value[10], 0xEE);
    for (unsigned i = 0; i < 512; i++)
        value[i] = (uint8_t)(i ^ 0x55);
    assert_int_equal(woad_sync_write(&s, conn, handle_of(&note), value, 512, PATIENCE), 0);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&note), back, 512, PATIENCE), 512);
    assert_memory_equal(value, back, 512);
    assert_int_equal(woad_sync_write(&s, conn, handle_of(&battery), value, 1, PATIENCE),
                     WOAD_ERR_REFUSED);
    assert_int_equal(woad_sync_why(&s).att, WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    assert_int_equal(woad_sync_write(&s, conn, handle_of(&note), value, 513, PATIENCE),
                     WOAD_ERR_INVALID);
}

static void notifications(uint16_t conn)
{
    static struct woad_sync_sub sub;
    static uint8_t ring[14];
    uint8_t value[4];
    struct woad_gattc_chr chr;
    uint16_t ccc;
    assert_int_equal(woad_sync_find_value(&s, &db, NULL, &battery, &chr, &ccc), 0);
    assert_int_equal(woad_sync_subscribe(&s, conn, &sub, chr.value_handle, ccc, WOAD_GATTC_NOTIFY,
                                         ring, sizeof(ring), PATIENCE),
                     0);
    assert_int_equal(woad_sync_next(&sub, value, sizeof(value), 0), WOAD_ERR_AGAIN);
    assert_int_equal(woad_sync_next(&sub, value, sizeof(value), WOAD_MS(50)), WOAD_ERR_TIMEOUT);
    for (uint8_t round = 0; round < 3; round++) { /* round the ring */
        const uint8_t order[] = {NOTIFY, 2};
        assert_int_equal(woad_sync_write_cmd(&s, conn, handle_of(&control), order, 2, PATIENCE), 0);
        for (uint8_t i = 0; i < 2; i++) {
            assert_int_equal(woad_sync_next(&sub, value, sizeof(value), PATIENCE), 2);
            assert_int_equal(value[0], i);
        }
    }
    const uint8_t order[] = {NOTIFY, 5}; /* and three of them fit */
    assert_int_equal(woad_sync_write(&s, conn, handle_of(&control), order, 2, PATIENCE), 0);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 1, PATIENCE), 1);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(woad_sync_next(&sub, value, 1, PATIENCE), 2);
        assert_int_equal(value[0], i);
    }
    assert_int_equal(woad_sync_next(&sub, value, sizeof(value), 0), WOAD_ERR_AGAIN);
    assert_int_equal(woad_sync_lost(&sub), 2);
    assert_int_equal(woad_sync_unsubscribe(&sub, PATIENCE), 0);
    assert_int_equal(woad_sync_next(&sub, value, sizeof(value), 0), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_sync_unsubscribe(&sub, PATIENCE), 0);
}

static void security(uint16_t conn)
{
    uint8_t value[8];
    struct woad_sync_secured got;
    /* Encryption alone does not do for the value: read() pairs twice, the second time with an
     * authenticated key. */
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&secret), value, sizeof(value), PATIENCE),
                     7);
    assert_int_equal(woad_sync_pair(&s, conn, 4, &got, PATIENCE), 0);
    assert_int_equal(got.level, 4);
    assert_int_equal(got.method, WOAD_SMP_COMPARISON);
    assert_true(got.paired);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&secret), value, sizeof(value), PATIENCE),
                     7);
    assert_memory_equal(value, "for two", 7);
    assert_int_equal(woad_sync_secure(&s, conn, 4, &got, PATIENCE), 0);
    assert_false(got.paired); /* it was there already */
}

static void streams(uint16_t conn)
{
    static struct woad_stream stream;
    static uint8_t ring[2048];
    uint8_t back[600], data[600];
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 3);
    assert_int_equal(woad_sync_stream(&s, conn, 0x99, &stream, ring, sizeof(ring), PATIENCE),
                     WOAD_ERR_REFUSED);
    assert_int_equal(woad_sync_stream(&s, conn, PSM_ECHO, &stream, ring, sizeof(ring), PATIENCE),
                     0);
    assert_int_equal(woad_stream_write(&stream, data, sizeof(data), PATIENCE), sizeof(data));
    assert_int_equal(woad_stream_read_all(&stream, back, sizeof(back), PATIENCE), sizeof(back));
    assert_memory_equal(data, back, sizeof(data));
    assert_int_equal(woad_stream_close(&stream, true, PATIENCE), 0);
}

static void script(enum woad_run_model model, bool is_virtual)
{
    uint8_t value[4];
    begin(model, is_virtual);
    woad_sync_set_answers(&s, -1, true);
    scan_and_find();
    uint16_t conn = link_up();
    values(conn);
    notifications(conn);
    security(conn);
    streams(conn);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_sync_read(&s, conn, 3, value, 4, PATIENCE), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_sync_start(&s, PATIENCE), WOAD_ERR_STATE);
    end();
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static void time_runs_out(enum woad_run_model model, bool is_virtual)
{
    const struct woad_addr absent = {.val = {9, 9, 9, 9, 9, 0xC9}, .type = b.addr.type};
    const uint8_t order[] = {ANSWER};
    uint8_t value[8];
    uint16_t conn;
    begin(model, is_virtual);
    for (unsigned i = 0; i < 3; i++) /* nothing of the one before is left */
        assert_int_equal(woad_sync_connect(&s, &absent, NULL, &conn, WOAD_MS(200)),
                         WOAD_ERR_TIMEOUT);
    conn = link_up();
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&slow), value, 8, WOAD_MS(300)),
                     WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_sync_write_cmd(&s, conn, handle_of(&control), order, 1, PATIENCE), 0);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 8, PATIENCE), 1);
    assert_int_equal(woad_sync_wait_disconnected(&s, conn, WOAD_MS(100)), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_sync_pair(&s, conn, 4, NULL, WOAD_MS(500)), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 0, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
}

static void the_link_ends(enum woad_run_model model, bool is_virtual)
{
    static struct woad_sync_sub sub;
    static uint8_t ring[64];
    const uint8_t order[] = {NOTIFY, 1};
    uint8_t value[8];
    struct woad_gattc_chr chr;
    uint16_t ccc;
    begin(model, is_virtual);
    uint16_t conn = link_up();
    assert_int_equal(woad_sync_find_value(&s, &db, NULL, &battery, &chr, &ccc), 0);
    assert_int_equal(woad_sync_subscribe(&s, conn, &sub, chr.value_handle, ccc, WOAD_GATTC_NOTIFY,
                                         ring, sizeof(ring), PATIENCE),
                     0);
    assert_int_equal(woad_sync_write(&s, conn, handle_of(&control), order, 2, PATIENCE), 0);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&deadly), value, 8, PATIENCE),
                     WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_sync_next(&sub, value, 8, PATIENCE), 2); /* what came is not lost */
    assert_int_equal(woad_sync_next(&sub, value, 8, PATIENCE), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_sync_unsubscribe(&sub, PATIENCE), 0);
    conn = link_up(); /* and again */
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 8, PATIENCE), 1);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
}

/* An event that calls what waits gets STATE, and nothing has begun. */
static unsigned refused;
static void calls_from_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static struct woad_stream stream;
    struct woad_sync_report report;
    uint8_t value[4];
    uint16_t conn;
    (void)arg;
    (void)h;
    if (evt->type != WOAD_EVT_CONNECTED)
        return;
    const struct woad_adv_params adv = {0};
    const int answers[] = {
        woad_sync_scan(&s, NULL, &report, 1, PATIENCE),
        woad_sync_connect(&s, &b.addr, NULL, &conn, PATIENCE),
        woad_sync_accept(&s, &adv, &conn, PATIENCE),
        woad_sync_disconnect(&s, evt->conn, PATIENCE),
        woad_sync_secure(&s, evt->conn, 2, NULL, PATIENCE),
        woad_sync_discover(&s, evt->conn, &db, PATIENCE),
        (int)woad_sync_read(&s, evt->conn, 3, value, 4, PATIENCE),
        woad_sync_write(&s, evt->conn, 3, value, 4, PATIENCE),
        woad_sync_stream(&s, evt->conn, PSM_ECHO, &stream, value, 4, PATIENCE),
        woad_sync_stop(&s, PATIENCE),
    };
    for (unsigned i = 0; i < ARRAY_LEN(answers); i++)
        MUST(answers[i] == WOAD_ERR_STATE);
    refused++;
}

static void events_do_not_wait(enum woad_run_model model, bool is_virtual)
{
    refused = 0;
    begin(model, is_virtual);
    woad_sync_set_event(&s, calls_from_event, NULL);
    uint16_t conn = link_up();
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
    assert_int_equal(refused, 1);
}

static void says_no(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_COMPARE)
        MUST(woad_smp_confirm(h, evt->conn, false) == 0);
}

/* What waits for a link to become secure ends when the pairing does. */
static void a_pairing_fails(void **state)
{
    uint8_t value[8];
    (void)state;
    begin(WOAD_RUN_COOP, true);
    woad_sync_set_event(&s, says_no, NULL);
    uint16_t conn = link_up();
    woad_time start = woad_kernel_now(a.rt.kernel);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&secret), value, 8, PATIENCE),
                     WOAD_ERR_SECURITY);
    assert_true(woad_kernel_now(a.rt.kernel) - start < WOAD_S(5)); /* at once, not at the end */
    assert_int_equal(woad_sync_why(&s).att, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(woad_sync_wait_disconnected(&s, conn, WOAD_S(3)), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_sync_pair(&s, conn, 4, NULL, PATIENCE), WOAD_ERR_REFUSED);
    assert_int_equal(woad_sync_why(&s).smp, WOAD_SMP_NUMERIC_COMPARISON_FAILED);
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 8, PATIENCE), 1);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
}

/* ---- one thread ------------------------------------------------------------------------------ */

/* Ctrl-C: the wait ends with what the pump says, the operation behind it, and its place is free
 * later. */
static void a_program_is_interrupted(enum woad_run_model model, bool is_virtual)
{
    const uint8_t order[] = {ANSWER};
    uint8_t value[8];
    begin(model, is_virtual);
    uint16_t conn = link_up();
    for (unsigned i = 0; i < 2 * WOAD_SYNC_CALLS; i++) {
        interrupt = WOAD_ERR_CANCELLED;
        assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 8, PATIENCE),
                         WOAD_ERR_CANCELLED);
        interrupt = 0;
        assert_int_equal(woad_runtime_turn(&a.rt, woad_kernel_now(a.rt.kernel) + 1000), 0);
        assert_int_equal(woad_sync_write_cmd(&s, conn, handle_of(&control), order, 1, PATIENCE), 0);
    }
    assert_int_equal(woad_sync_read(&s, conn, handle_of(&battery), value, 8, PATIENCE), 1);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    interrupt = WOAD_ERR_CANCELLED; /* a link that nobody waits for is ended */
    assert_int_equal(woad_sync_connect(&s, &b.addr, NULL, &conn, PATIENCE), WOAD_ERR_CANCELLED);
    interrupt = 0;
    conn = link_up();
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
}

/* ---- several threads ------------------------------------------------------------------------- */

struct job {
    uint16_t conn, handle;
    long want;
    const char *failed;
};

static void *read_often(void *arg)
{
    struct job *j = arg;
    uint8_t value[512];
    for (unsigned i = 0; i < 20 && !j->failed; i++)
        if (woad_sync_read(&s, j->conn, j->handle, value, sizeof(value), PATIENCE) != j->want)
            j->failed = "read";
    return NULL;
}

static void *read_slow(void *arg)
{
    struct job *j = arg;
    uint8_t value[512];
    long n;
    do
        n = woad_sync_read(&s, j->conn, j->handle, value, sizeof(value), WOAD_S(1));
    while (n == WOAD_ERR_NO_MEM); /* main was there first */
    if (n != WOAD_ERR_TIMEOUT)
        j->failed = "slow read";
    return NULL;
}

static void several_threads(void **state)
{
    (void)state;
    begin(WOAD_RUN_THREADED, false);
    uint16_t conn = link_up();
    struct job jobs[WOAD_SYNC_CALLS];
    pthread_t threads[WOAD_SYNC_CALLS];
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++) {
        jobs[i] = (struct job){.conn = conn,
                               .handle = handle_of(i % 2 ? &note : &battery),
                               .want = i % 2 ? LONG_LEN : 1};
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &jobs[i]), 0);
    }
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++) {
        pthread_join(threads[i], NULL);
        if (jobs[i].failed)
            fail_msg("thread %u: %s", i, jobs[i].failed);
    }
    /* Every place taken: one more is told so, and the others' waits go on. */
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++) {
        jobs[i].handle = handle_of(&slow);
        assert_int_equal(pthread_create(&threads[i], NULL, read_slow, &jobs[i]), 0);
    }
    uint8_t value[4];
    long n;
    do
        n = woad_sync_read(&s, conn, handle_of(&battery), value, 4, WOAD_MS(1));
    while (n == WOAD_ERR_TIMEOUT);
    assert_int_equal(n, WOAD_ERR_NO_MEM);
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++) {
        pthread_join(threads[i], NULL);
        if (jobs[i].failed)
            fail_msg("thread %u: %s", i, jobs[i].failed);
    }
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    end();
}

static atomic_bool lamp_was_alone;

/* The other side waits too: for a link, and for a stream on it. */
static void *lamp_thread(void *arg)
{
    static struct woad_stream stream;
    static uint8_t ring[1024];
    (void)arg;
    uint8_t data[100];
    uint16_t conn;
    static const uint8_t name[] = {5, 9, 'l', 'a', 'm', 'p'};
    const struct woad_adv_params adv = {.data = name, .data_len = sizeof(name)};
    if (woad_sync_start(&theirs, PATIENCE))
        return (void *)"start";
    if (woad_sync_accept(&theirs, &adv, &conn, WOAD_MS(300)) != WOAD_ERR_TIMEOUT)
        return (void *)"accept without anybody";
    atomic_store(&lamp_was_alone, true);
    if (woad_sync_accept(&theirs, &adv, &conn, PATIENCE))
        return (void *)"accept";
    if (woad_sync_stream_accept(&theirs, 0x90, &stream, ring, sizeof(ring), WOAD_MS(1)) !=
        WOAD_ERR_TIMEOUT)
        return (void *)"stream without anybody";
    if (woad_sync_stream_accept(&theirs, 0x91, &stream, ring, sizeof(ring), PATIENCE))
        return (void *)"stream";
    if (woad_stream_read_all(&stream, data, sizeof(data), PATIENCE) != sizeof(data))
        return (void *)"read";
    if (woad_stream_write(&stream, data, sizeof(data), PATIENCE) != sizeof(data))
        return (void *)"write";
    if (woad_stream_close(&stream, true, PATIENCE))
        return (void *)"close";
    int err = woad_sync_wait_disconnected(&theirs, conn, PATIENCE);
    if (err && err != WOAD_ERR_NOT_CONNECTED) /* it has ended already */
        return (void *)"link";
    return woad_sync_stop(&theirs, PATIENCE) ? (void *)"stop" : NULL;
}

/* In COOP and HCI_THREAD b's one thread is this one's peer; in THREADED it is a second one of many.
 */
static void both_sides_wait(enum woad_run_model model)
{
    static struct woad_stream stream;
    static uint8_t ring[1024];
    uint8_t data[100] = {1, 2, 3}, back[100];
    struct woad_addr addr;
    uint16_t conn;
    pthread_t thread;
    void *failed;
    both_wait = true;
    atomic_store(&lamp_was_alone, false);
    begin(model, false);
    assert_int_equal(pthread_create(&thread, NULL, lamp_thread, NULL), 0);
    while (!atomic_load(&lamp_was_alone))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(woad_sync_find(&s, "lamp", &addr, PATIENCE), 0);
    assert_int_equal(woad_sync_connect(&s, &addr, NULL, &conn, PATIENCE), 0);
    int err;
    do /* it listens soon */
        err = woad_sync_stream(&s, conn, 0x91, &stream, ring, sizeof(ring), PATIENCE);
    while (err == WOAD_ERR_REFUSED);
    assert_int_equal(err, 0);
    assert_int_equal(woad_stream_write(&stream, data, sizeof(data), PATIENCE), sizeof(data));
    assert_int_equal(woad_stream_read_all(&stream, back, sizeof(back), PATIENCE), sizeof(back));
    assert_memory_equal(data, back, sizeof(data));
    assert_int_equal(woad_stream_close(&stream, true, PATIENCE), 0);
    assert_int_equal(woad_sync_disconnect(&s, conn, PATIENCE), 0);
    pthread_join(thread, &failed);
    if (failed)
        fail_msg("b: %s", (const char *)failed);
    both_wait = false;
    end();
}

/* ---- in each model --------------------------------------------------------------------------- */

#define IN(name, model, is_virtual)                                                                \
    static void name##_script(void **state)                                                        \
    {                                                                                              \
        (void)state;                                                                               \
        script(model, is_virtual);                                                                 \
    }                                                                                              \
    static void name##_time_runs_out(void **state)                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        time_runs_out(model, is_virtual);                                                          \
    }                                                                                              \
    static void name##_the_link_ends(void **state)                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        the_link_ends(model, is_virtual);                                                          \
    }                                                                                              \
    static void name##_events_do_not_wait(void **state)                                            \
    {                                                                                              \
        (void)state;                                                                               \
        events_do_not_wait(model, is_virtual);                                                     \
    }

IN(virtual_time, WOAD_RUN_COOP, true)
IN(cooperative, WOAD_RUN_COOP, false)
IN(hci_thread, WOAD_RUN_HCI_THREAD, false)
IN(threaded, WOAD_RUN_THREADED, false)

static void cooperative_is_interrupted(void **state)
{
    (void)state;
    a_program_is_interrupted(WOAD_RUN_COOP, true);
    a_program_is_interrupted(WOAD_RUN_COOP, false);
}

static void both_wait_in_each_model(void **state)
{
    (void)state;
    both_sides_wait(WOAD_RUN_COOP);
    both_sides_wait(WOAD_RUN_HCI_THREAD);
    both_sides_wait(WOAD_RUN_THREADED);
}

#define TESTS(name)                                                                                \
    cmocka_unit_test(name##_script), cmocka_unit_test(name##_time_runs_out),                       \
        cmocka_unit_test(name##_the_link_ends), cmocka_unit_test(name##_events_do_not_wait)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS(virtual_time),
        TESTS(cooperative),
        TESTS(hci_thread),
        TESTS(threaded),
        cmocka_unit_test(a_pairing_fails),
        cmocka_unit_test(cooperative_is_interrupted),
        cmocka_unit_test(several_threads),
        cmocka_unit_test(both_wait_in_each_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
