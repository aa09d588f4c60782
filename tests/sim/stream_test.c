/* What the blocking stream promises, in virtual time: timeouts lose nothing, the end comes after
 * the data, progress is reported, nobody waits inside an event. Both ends are driven from one
 * thread. */
#include "../unit/test.h"

#include <stdio.h>

#include "device.h"

enum { PSM = 0x80, RING = 8192, BIG = 200000 };

static struct world world;
static struct device a, b;
static struct woad_stream at_a, at_b;
static uint8_t ring_a[RING], ring_b[RING];
static uint8_t data[BIG], got[BIG];

static void accept_at_b(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    (void)arg;
    if (evt->type != WOAD_CHAN_ACCEPT)
        return;
    MUST(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, woad_stream_event, &at_b) == 0);
}

/* Two connected devices; at_a and at_b are the ends of an open channel. */
static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < BIG; i++)
        data[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
    memset(got, 0, sizeof(got));
    world_start(&world, &a, &b, WOAD_RUN_COOP, true, 1, 0);
    device_start(&a, false);
    device_start(&b, false);
    MUST(woad_sem_take(&a.connected, WOAD_S(10)) == 0);
    MUST(woad_sem_take(&b.connected, WOAD_S(1)) == 0);
    woad_stream_init(&at_a, a.rt.kernel, a.host, ring_a, RING);
    woad_stream_init(&at_b, b.rt.kernel, b.host, ring_b, RING);
    MUST(woad_l2cap_listen(
             b.host, &(struct woad_chan_cfg){.psm = PSM, .mtu = 2000, .event = accept_at_b}) == 0);
    MUST(woad_stream_connect(&at_a, a.conn, &(struct woad_chan_cfg){.psm = PSM}, WOAD_S(5)) == 0);
    MUST(woad_stream_open(&at_b, WOAD_S(1)) == 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    MUST(woad_stream_close(&at_a, false, WOAD_S(5)) == 0);
    MUST(woad_stream_close(&at_b, false, WOAD_S(5)) == 0);
    (void)world_stop(&world, &a, &b);
    return 0;
}

static woad_time now(void)
{
    return woad_kernel_now(a.rt.kernel);
}

static void write_at_b(size_t from, size_t len)
{
    assert_int_equal(woad_stream_write(&at_b, data + from, len, WOAD_S(10)), len);
}

static void timeout_keeps_data(void **state)
{
    (void)state;
    write_at_b(0, 10);
    woad_time before = now();
    assert_int_equal(woad_stream_read_all(&at_a, got, 30, WOAD_MS(300)), 10); /* what arrived */
    assert_true(now() - before >= WOAD_MS(300) && now() - before < WOAD_MS(302));
    assert_int_equal(woad_stream_read_all(&at_a, got + 10, 20, WOAD_MS(50)), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_stream_read(&at_a, got + 10, 20, 0), WOAD_ERR_AGAIN);
    write_at_b(10, 20);
    assert_int_equal(woad_stream_read_all(&at_a, got + 10, 20, WOAD_TIME_NEVER), 20);
    assert_memory_equal(got, data, 30);
}

static void read_returns_what_is_there(void **state)
{
    (void)state;
    write_at_b(0, 100);
    assert_int_equal(woad_stream_read(&at_a, got, BIG, WOAD_S(5)), 100);
    write_at_b(100, 100);
    assert_int_equal(woad_stream_read(&at_a, got + 100, 7, WOAD_S(5)), 7);
    assert_int_equal(woad_stream_available(&at_a), 93);
    assert_int_equal(woad_stream_read(&at_a, got + 107, BIG, 0), 93);
    assert_memory_equal(got, data, 200);
}

static void eof_after_data(void **state)
{
    (void)state;
    write_at_b(0, 5000);
    assert_int_equal(woad_stream_close(&at_b, true, WOAD_S(10)), 0);
    assert_int_equal(woad_runtime_turn(&a.rt, now()), 0);
    assert_int_equal(woad_stream_read_all(&at_a, got, 4000, 0), 4000);
    assert_int_equal(woad_stream_read_all(&at_a, got + 4000, BIG - 4000, WOAD_TIME_NEVER), 1000);
    assert_memory_equal(got, data, 5000);
    assert_int_equal(woad_stream_read(&at_a, got, 1, WOAD_TIME_NEVER), WOAD_ERR_EOF);
    assert_int_equal(woad_stream_read(&at_a, got, 1, 0), WOAD_ERR_EOF); /* it stays */
    assert_int_equal(woad_stream_write(&at_a, data, 1, 0), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_stream_read(&at_b, got, 1, 0), WOAD_ERR_NOT_CONNECTED);
}

static void link_loss_after_data(void **state)
{
    (void)state;
    write_at_b(0, 600);
    assert_int_equal(woad_stream_flush(&at_b, WOAD_S(5)), 0);
    assert_int_equal(woad_stream_read_all(&at_a, got, 100, WOAD_S(5)), 100);
    assert_int_equal(woad_gap_disconnect(b.host, b.conn, 0), 0);
    assert_int_equal(woad_sem_take(&b.gone, WOAD_S(10)), 0);
    assert_int_equal(woad_sem_take(&a.gone, WOAD_S(10)), 0);
    assert_int_equal(woad_stream_read_all(&at_a, got + 100, 1000, WOAD_TIME_NEVER), 500);
    assert_memory_equal(got, data, 600);
    assert_int_equal(woad_stream_read(&at_a, got, 1, 0), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_stream_write(&at_a, data, 1, 0), WOAD_ERR_NOT_CONNECTED);
}

/* The peer does not read: a write ends by its timeout and tells how far it came. */
static void write_timeout_progress(void **state)
{
    (void)state;
    woad_time before = now();
    long n = woad_stream_write(&at_a, data, BIG, WOAD_S(2));
    assert_true(now() - before >= WOAD_S(2) && now() - before < WOAD_S(2) + WOAD_MS(2));
    assert_true(n > RING && n < BIG);
    size_t accepted = (size_t)n;
    assert_int_equal(woad_stream_write(&at_a, data + accepted, 100, 0), WOAD_ERR_AGAIN);
    assert_int_equal(woad_stream_write(&at_a, data + accepted, 100, 1000), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_stream_flush(&at_a, 1000), WOAD_ERR_TIMEOUT);
    /* exactly what was accepted arrives, and what is written afterwards follows it */
    assert_int_equal(woad_stream_read_all(&at_b, got, accepted, WOAD_S(20)), accepted);
    assert_int_equal(woad_stream_write(&at_a, data + accepted, 100, WOAD_S(1)), 100);
    assert_int_equal(woad_stream_read_all(&at_b, got + accepted, 100, WOAD_S(5)), 100);
    assert_memory_equal(got, data, accepted + 100);
    assert_int_equal(woad_stream_flush(&at_a, WOAD_S(5)), 0);
    assert_int_equal(woad_stream_read(&at_b, got, 1, WOAD_MS(100)), WOAD_ERR_TIMEOUT);
}

/* A close that flushes waits for credits within its timeout, drops the rest and says so. */
static void close_gives_up(void **state)
{
    (void)state;
    long n = woad_stream_write(&at_a, data, BIG, WOAD_S(2));
    assert_true(n > 0);
    assert_int_equal(woad_stream_close(&at_a, true, WOAD_S(1)), WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_stream_close(&at_a, true, 0), 0); /* a closed one */
    long all = woad_stream_read_all(&at_b, got, BIG, WOAD_S(10));
    assert_true(all > 0 && all < n);
    assert_memory_equal(got, data, (size_t)all);
    assert_int_equal(woad_stream_read(&at_b, got, 1, WOAD_S(1)), WOAD_ERR_EOF);
}

/* Reads everything; what is beyond BIG overwrites the beginning. */
static void drain(void *arg, struct woad_stream *s)
{
    size_t *count = arg;
    long n;
    while ((n = woad_stream_read(s, got + *count % BIG, BIG - *count % BIG, 0)) > 0)
        *count += (size_t)n;
}

static void close_waits_for_the_last_octet(void **state)
{
    (void)state;
    size_t count = 0;
    woad_stream_set_changed(&at_b, drain, &count);
    assert_int_equal(woad_stream_write(&at_a, data, BIG, WOAD_TIME_NEVER), BIG);
    assert_int_equal(woad_stream_close(&at_a, true, WOAD_S(10)), 0);
    while (at_b.error == 0)
        assert_int_equal(woad_runtime_turn(&b.rt, WOAD_TIME_NEVER), 0);
    assert_int_equal(at_b.error, WOAD_ERR_EOF);
    assert_int_equal(count, BIG);
    assert_memory_equal(got, data, BIG);
    woad_stream_set_changed(&at_b, NULL, NULL);
}

/* Blocking writes of any size keep the air full: at 30 ms on 2M it carries 175,175 octets a second
 * in K-frames of 2004. The ring bridges two intervals. */
static void as_fast_as_the_air(void **state)
{
    (void)state;
    static uint8_t ring[16384];
    static const size_t sizes[] = {20, 512, 4096, BIG};
    static const unsigned percent[] = {90, 97, 97, 97};
    size_t count = 0;
    woad_stream_set_changed(&at_b, drain, &count);
    at_a.ring = ring;
    at_a.size = sizeof(ring);
    assert_int_equal(woad_runtime_turn(&a.rt, now() + WOAD_S(2)), 0); /* PHY and length settle */
    while (now() < WOAD_S(4))
        assert_int_equal(woad_runtime_turn(&a.rt, WOAD_S(4)), 0);
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        woad_time before = now();
        for (size_t sent = 0; sent < 5 * BIG; sent += sizes[i])
            assert_int_equal(woad_stream_write(&at_a, data, sizes[i], WOAD_TIME_NEVER), sizes[i]);
        double rate = 5.0 * BIG / ((double)(now() - before) * 1e-6);
        print_message("writes of %zu: %.0f octets/s, %.3f of the air\n", sizes[i], rate,
                      rate / 175175);
        assert_true(rate > 1751.75 * percent[i]);
    }
    woad_stream_set_changed(&at_b, NULL, NULL);
}

static void close_without_flush_drops(void **state)
{
    (void)state;
    assert_true(woad_stream_write(&at_a, data, BIG, WOAD_S(2)) > 0);
    woad_time before = now();
    assert_int_equal(woad_stream_close(&at_a, false, WOAD_S(10)), 0);
    assert_true(now() - before < WOAD_S(1));
}

static int results[4];

static void wait_in_event(void *arg, struct woad_stream *s)
{
    (void)arg;
    uint8_t octet;
    if (results[0])
        return;
    results[0] = (int)woad_stream_read(s, &octet, 1, WOAD_TIME_NEVER);
    results[1] = (int)woad_stream_read(s, &octet, 1, 0);
    results[2] = woad_sem_take(&a.ready, 0) ? woad_sem_take(&a.ready, WOAD_S(1)) : 0;
    results[3] = woad_runtime_turn(&a.rt, WOAD_TIME_NEVER);
}

/* A reader waits; the event that ends its wait tries what must not be done there. */
static void no_wait_inside_an_event(void **state)
{
    (void)state;
    memset(results, 0, sizeof(results));
    while (woad_sem_take(&a.ready, 0) == 0) {
    }
    woad_stream_set_changed(&at_a, wait_in_event, NULL);
    write_at_b(0, 3);
    assert_int_equal(woad_stream_read_all(&at_a, got, 10, WOAD_MS(500)), 3);
    assert_int_equal(results[0], WOAD_ERR_BUSY); /* there is a reader already */
    assert_int_equal(results[1], WOAD_ERR_BUSY);
    assert_int_equal(results[2], WOAD_ERR_STATE);
    assert_int_equal(results[3], WOAD_ERR_STATE);
    /* with nobody reading it is the wait that is refused */
    results[0] = 0;
    write_at_b(3, 1);
    assert_int_equal(woad_stream_flush(&at_b, WOAD_S(1)), 0);
    for (unsigned i = 0; i < 50 && !results[0]; i++)
        assert_int_equal(woad_runtime_turn(&a.rt, now() + WOAD_MS(50)), 0);
    assert_int_equal(results[0], 1); /* the octet was there: no wait */
    assert_int_equal(results[1], WOAD_ERR_AGAIN);
    woad_stream_set_changed(&at_a, NULL, NULL);
}

static void refused_connections(void **state)
{
    (void)state;
    struct woad_stream s;
    uint8_t ring[16];
    woad_stream_init(&s, a.rt.kernel, a.host, ring, sizeof(ring));
    assert_int_equal(
        woad_stream_connect(&s, a.conn, &(struct woad_chan_cfg){.psm = 0x90}, WOAD_S(5)),
        WOAD_ERR_REFUSED);
    assert_int_equal(woad_stream_read(&s, got, 1, 0), WOAD_ERR_REFUSED);
    assert_int_equal(woad_stream_close(&s, true, WOAD_S(1)), 0);
    woad_stream_init(&s, a.rt.kernel, a.host, ring, sizeof(ring));
    assert_int_equal(
        woad_stream_connect(&s, 0x0E00, &(struct woad_chan_cfg){.psm = PSM}, WOAD_S(5)),
        WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_stream_close(&s, true, 0), 0);
    woad_stream_init(&s, a.rt.kernel, a.host, ring, sizeof(ring));
    assert_int_equal(woad_stream_open(&s, WOAD_MS(10)), WOAD_ERR_TIMEOUT); /* never begun */
    assert_int_equal(woad_stream_write(&s, data, 1, 0), WOAD_ERR_STATE);
    assert_int_equal(woad_stream_close(&s, false, 0), 0);
}

static void arguments(void **state)
{
    (void)state;
    assert_int_equal(woad_stream_read(&at_a, got, 0, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_stream_read_all(&at_a, got, 0, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_stream_write(&at_a, data, 0, 0), WOAD_ERR_INVALID);
}

/* The least memory there can be: one octet at a time, still everything and in order. */
static void ring_of_one_octet(void **state)
{
    (void)state;
    at_a.size = 1;
    assert_int_equal(woad_stream_write(&at_a, data, 40, WOAD_TIME_NEVER), 40);
    assert_int_equal(woad_stream_read_all(&at_b, got, 40, WOAD_S(60)), 40);
    assert_memory_equal(got, data, 40);
}

/* Stopping the host ends streams with CANCELLED, after the data. */
static void host_stops(void **state)
{
    (void)state;
    write_at_b(0, 50);
    assert_int_equal(woad_stream_read_all(&at_a, got, 10, WOAD_S(5)), 10);
    assert_int_equal(woad_host_stop(a.host), 0);
    assert_int_equal(woad_stream_read_all(&at_a, got + 10, 100, WOAD_S(5)), 40);
    assert_memory_equal(got, data, 50);
    assert_int_equal(woad_stream_read(&at_a, got, 1, WOAD_S(5)), WOAD_ERR_CANCELLED);
    assert_int_equal(woad_stream_write(&at_a, data, 1, WOAD_S(5)), WOAD_ERR_CANCELLED);
}

/* The controller dies in the middle: the stream ends with FAULT, nobody waits for ever. */
static void controller_fails(void **state)
{
    (void)state;
    woad_host_fault(a.host, "a test");
    assert_int_equal(woad_stream_read(&at_a, got, 1, WOAD_TIME_NEVER), WOAD_ERR_FAULT);
    assert_int_equal(woad_stream_write(&at_a, data, BIG, WOAD_TIME_NEVER), WOAD_ERR_FAULT);
    assert_int_equal(woad_stream_flush(&at_a, WOAD_TIME_NEVER), 0); /* nothing was lost */
}

#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(timeout_keeps_data),
        STREAM_TEST(read_returns_what_is_there),
        STREAM_TEST(eof_after_data),
        STREAM_TEST(link_loss_after_data),
        STREAM_TEST(write_timeout_progress),
        STREAM_TEST(close_gives_up),
        STREAM_TEST(close_waits_for_the_last_octet),
        STREAM_TEST(as_fast_as_the_air),
        STREAM_TEST(close_without_flush_drops),
        STREAM_TEST(no_wait_inside_an_event),
        STREAM_TEST(refused_connections),
        STREAM_TEST(arguments),
        STREAM_TEST(ring_of_one_octet),
        STREAM_TEST(host_stops),
        STREAM_TEST(controller_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
