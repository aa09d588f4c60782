/* Nordic UART over the simulated radio: streams longer than the MTU in both directions, with the
 * brakes of both sides. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "support/duet.h"
#include "woad/service_nus.h"

#define STREAM 20000u

static struct woad_nus nus;
static uint8_t got[STREAM];
static size_t got_len;
static unsigned writable, ended, parts;
static bool listening, hold;
static woad_gatts_req held;
static uint16_t conn;

/* The server sends what is left of `out` whenever it may. */
static const uint8_t *out;
static size_t out_len, out_sent;

static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void go_on(struct woad_host *h)
{
    if (out_sent == out_len)
        return;
    long n = woad_nus_write(h, &nus, conn, out + out_sent, out_len - out_sent);
    if (n == WOAD_ERR_AGAIN)
        return;
    assert_true(n > 0);
    out_sent += (size_t)n;
}

static void on_nus(void *arg, struct woad_host *h, const struct woad_nus_evt *evt)
{
    (void)arg;
    switch (evt->type) {
    case WOAD_NUS_LISTENING: listening = evt->u.listening; break;
    case WOAD_NUS_RECEIVED:
        assert_true(got_len + evt->u.received.len <= sizeof(got));
        memcpy(got + got_len, evt->u.received.data, evt->u.received.len);
        got_len += evt->u.received.len;
        parts++;
        if (hold) {
            *evt->u.received.later = true;
            held = evt->u.received.req;
        }
        break;
    case WOAD_NUS_WRITABLE:
        writable++;
        go_on(h);
        break;
    case WOAD_NUS_ENDED: ended++; break;
    default: fail();
    }
}

static struct duet *start(const struct duet_cfg *cfg)
{
    static const struct woad_nus fresh = {.event = on_nus};
    struct duet *d = duet_new(cfg);
    got_len = out_len = out_sent = 0;
    writable = ended = parts = 0;
    listening = hold = false;
    nus = fresh;
    assert_int_equal(woad_nus_add(d->server.host, &nus), 0);
    duet_connect(d);
    conn = d->server_conn;
    return d;
}

static uint16_t rx(struct duet *d)
{
    return duet_find(d, &woad_nus_uuid, &woad_nus_rx_uuid, 0);
}

static uint16_t tx(struct duet *d)
{
    return duet_find(d, &woad_nus_uuid, &woad_nus_tx_uuid, 0);
}

/* Collects what was notified, and forgets it: the notes are few. */
static void collect(struct duet *d)
{
    for (unsigned i = 0; i < d->note_count; i++) {
        assert_true(got_len + d->notes[i].len <= sizeof(got));
        memcpy(got + got_len, d->notes[i].data, d->notes[i].len);
        got_len += d->notes[i].len;
    }
    d->note_count = 0;
}

static void stream_to_client(uint16_t att_mtu)
{
    struct duet *d = start(&(struct duet_cfg){.att_mtu = att_mtu});
    uint8_t *data = malloc(STREAM);
    for (size_t i = 0; i < STREAM; i++)
        data[i] = octet(i);
    assert_int_equal(duet_subscribe(d, tx(d)), 0);
    assert_true(listening);
    out = data;
    out_len = STREAM;
    go_on(d->server.host);
    assert_true(out_sent > 0 && out_sent < STREAM);
    for (int i = 0; i < 4000 && got_len < STREAM; i++) {
        duet_run_ms(d, 15);
        collect(d);
    }
    assert_int_equal(got_len, STREAM);
    assert_memory_equal(got, data, STREAM);
    assert_true(writable > 0);
    free(data);
    duet_free(d);
}

static void test_a_stream_reaches_the_client_whole(void **state)
{
    (void)state;
    stream_to_client(0);
}

static void test_a_stream_reaches_a_client_of_the_least_mtu(void **state)
{
    (void)state;
    stream_to_client(23);
}

static void test_a_stream_reaches_a_client_of_the_most_mtu(void **state)
{
    (void)state;
    stream_to_client(517);
}

static void test_writes_of_both_kinds_are_received_in_order(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    assert_int_equal(duet_command(d, rx(d), "one ", 4), 0);
    assert_int_equal(duet_write(d, rx(d), "two ", 4), 0);
    assert_int_equal(duet_command(d, rx(d), "three", 5), 0);
    assert_int_equal(got_len, 13);
    assert_memory_equal(got, "one two three", 13);
    duet_free(d);
}

static void write_done(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)h;
    assert_int_equal(evt->u.done.err, 0);
    *(bool *)arg = true;
}

/* A write whose answer is held back keeps no notification from its buffer. */
static void test_a_held_writer_stops_nobody(void **state)
{
    (void)state;
    struct duet *d = start(&(struct duet_cfg){.att_tx_count = 1});
    struct woad_gattc_op op = {.event = write_done, .arg = &(bool){false}};
    assert_int_equal(duet_subscribe(d, tx(d)), 0);
    duet_run_ms(d, 100);
    hold = true;
    assert_int_equal(woad_gattc_write(d->client.host, d->client_conn, &op, rx(d), "wait", 4), 0);
    duet_run_ms(d, 100);
    assert_int_equal(got_len, 4);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(woad_nus_write(d->server.host, &nus, conn, "go", 2), 2);
        duet_run_ms(d, 100);
    }
    assert_int_equal(d->note_count, 10);
    assert_int_equal(woad_nus_resume(d->server.host, held), 0);
    duet_run_ms(d, 100);
    duet_free(d);
}

/* A value longer than the MTU comes by Prepare Write: once, in order. */
static void test_a_long_write_is_received_once(void **state)
{
    (void)state;
    struct duet *d = start(&(struct duet_cfg){.att_mtu = 23, .prepare_size = 800});
    uint8_t data[400];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = octet(i);
    assert_int_equal(duet_write(d, rx(d), data, sizeof(data)), 0);
    assert_int_equal(got_len, sizeof(data));
    assert_memory_equal(got, data, sizeof(data));
    duet_free(d);
}

/* The client's write completes when the server says so, seconds later. */
static void test_a_writer_waits_for_its_reader(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    bool done = false;
    struct woad_gattc_op op = {.event = write_done, .arg = &done};
    hold = true;
    assert_int_equal(woad_gattc_write(d->client.host, d->client_conn, &op, rx(d), "wait", 4), 0);
    duet_run_ms(d, 5000);
    assert_int_equal(got_len, 4);
    assert_false(done);
    assert_int_equal(woad_nus_resume(d->server.host, held), 0);
    duet_run_ms(d, 200);
    assert_true(done);
    assert_int_equal(woad_nus_resume(d->server.host, held), WOAD_ERR_NOT_FOUND);
    duet_free(d);
}

static void test_write_says_why_it_cannot(void **state)
{
    (void)state;
    struct duet *d = start(NULL);
    struct woad_host *h = d->server.host;
    assert_int_equal(woad_nus_write(h, &nus, conn, "x", 1), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_nus_write(h, &nus, 0x0EEE, "x", 1), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(duet_subscribe(d, tx(d)), 0);
    assert_int_equal(woad_nus_write(h, &nus, conn, "", 0), 0);
    assert_int_equal(woad_nus_write(h, &nus, conn, "x", 1), 1);
    duet_disconnect(d);
    assert_int_equal(ended, 1);
    assert_int_equal(woad_nus_write(h, &nus, conn, "x", 1), WOAD_ERR_NOT_CONNECTED);
    duet_free(d);
}

/* A table of one's own: a console that wants encryption makes the client pair. */
static void test_a_console_wants_encryption(void **state)
{
    (void)state;
    static const struct woad_gatt_attr table[] = WOAD_NUS_TABLE(WOAD_GATT_ENCRYPTED);
    struct duet *d = duet_new(NULL);
    nus = (struct woad_nus){.event = on_nus, .attrs = table};
    got_len = 0;
    hold = false;
    assert_int_equal(woad_nus_add(d->server.host, &nus), 0);
    duet_connect(d);
    assert_int_equal(duet_command(d, rx(d), "no", 2), 0); /* dropped without a word */
    assert_int_equal(got_len, 0);
    assert_int_equal(duet_write(d, rx(d), "yes", 3), 0);
    assert_int_equal(d->secured, 1);
    assert_int_equal(got_len, 3);
    duet_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stream_reaches_the_client_whole),
        cmocka_unit_test(test_a_stream_reaches_a_client_of_the_least_mtu),
        cmocka_unit_test(test_a_stream_reaches_a_client_of_the_most_mtu),
        cmocka_unit_test(test_writes_of_both_kinds_are_received_in_order),
        cmocka_unit_test(test_a_long_write_is_received_once),
        cmocka_unit_test(test_a_writer_waits_for_its_reader),
        cmocka_unit_test(test_a_held_writer_stops_nobody),
        cmocka_unit_test(test_write_says_why_it_cannot),
        cmocka_unit_test(test_a_console_wants_encryption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
