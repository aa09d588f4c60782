/* ctest: threads */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "woad/ring.h"

static void wraps_without_loss(void **state)
{
    (void)state;
    uint8_t mem[16];
    struct woad_ring r;
    woad_ring_init(&r, mem, sizeof(mem));
    uint8_t in = 0;
    uint8_t out = 0;
    for (int round = 0; round < 1000; round++) {
        uint8_t chunk[11];
        size_t n = (size_t)round % 12;
        for (size_t i = 0; i < n; i++)
            chunk[i] = in++;
        assert_int_equal(woad_ring_put(&r, chunk, n), n);
        while (woad_ring_len(&r)) {
            size_t len;
            const uint8_t *p = woad_ring_peek(&r, &len);
            assert_true(len > 0);
            assert_int_equal(*p, out++);
            woad_ring_consume(&r, 1);
        }
    }
    assert_int_equal(in, out);
    assert_int_equal(woad_ring_lost(&r), 0);
}

static void room_and_commit_serve_dma(void **state)
{
    (void)state;
    uint8_t mem[8];
    struct woad_ring r;
    woad_ring_init(&r, mem, sizeof(mem));
    size_t len;
    memset(woad_ring_room(&r, &len), 1, 8);
    assert_int_equal(len, 8);
    woad_ring_commit(&r, 6);
    woad_ring_consume(&r, 5);
    woad_ring_room(&r, &len);
    assert_int_equal(len, 2); /* up to the end of the memory */
    woad_ring_commit(&r, 2);
    assert_ptr_equal(woad_ring_room(&r, &len), mem);
    assert_int_equal(len, 5);
}

/* After the first octet that did not fit nothing is stored: no gap can hide in the data. */
static void overrun_stops_the_ring(void **state)
{
    (void)state;
    uint8_t mem[8];
    struct woad_ring r;
    woad_ring_init(&r, mem, sizeof(mem));
    assert_int_equal(woad_ring_put(&r, "0123456789", 10), 8);
    assert_int_equal(woad_ring_lost(&r), 2);
    woad_ring_consume(&r, 8);
    assert_int_equal(woad_ring_put(&r, "ab", 2), 0);
    assert_int_equal(woad_ring_lost(&r), 4);
    size_t len;
    woad_ring_room(&r, &len);
    assert_int_equal(len, 0);
    woad_ring_reset(&r);
    assert_int_equal(woad_ring_put(&r, "ab", 2), 2);
    woad_ring_drop(&r, 3);
    assert_int_equal(woad_ring_lost(&r), 3);
}

/* A producer in another thread, as an interrupt is; the consumer must see every octet in order. */
static void *produce(void *arg)
{
    struct woad_ring *r = arg;
    uint32_t next = 0;
    while (next < 1000000) {
        size_t room;
        uint8_t *to = woad_ring_room(r, &room);
        if (room > 1000000 - next)
            room = 1000000 - next;
        for (size_t i = 0; i < room; i++)
            to[i] = (uint8_t)(next++ * 7);
        woad_ring_commit(r, room);
        if (!room)
            sched_yield();
    }
    return NULL;
}

static void survives_concurrency(void **state)
{
    (void)state;
    uint8_t mem[64];
    struct woad_ring r;
    woad_ring_init(&r, mem, sizeof(mem));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, produce, &r), 0);
    uint32_t next = 0;
    uint32_t wrong = 0;
    while (next < 1000000) {
        size_t len;
        const uint8_t *p = woad_ring_peek(&r, &len);
        for (size_t i = 0; i < len; i++)
            wrong += p[i] != (uint8_t)(next++ * 7);
        woad_ring_consume(&r, len);
        if (!len)
            sched_yield();
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(woad_ring_len(&r), 0);
}

/* 1 Mbaud and 200 us until the consumer runs: 20 octets wait; 32 are enough, 16 are not. */
static void sized_for_interrupt_latency(void **state)
{
    (void)state;
    for (int size = 16; size <= 32; size *= 2) {
        uint8_t mem[32];
        struct woad_ring r;
        woad_ring_init(&r, mem, (uint32_t)size);
        for (int us = 0; us < 10000; us += 10) {
            woad_ring_put(&r, "x", 1); /* 10 bits a octet: one each 10 us */
            if (us % 200 == 190)
                while (woad_ring_len(&r))
                    woad_ring_consume(&r, 1);
        }
        assert_int_equal(woad_ring_lost(&r) == 0, size == 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wraps_without_loss),          cmocka_unit_test(room_and_commit_serve_dma),
        cmocka_unit_test(overrun_stops_the_ring),      cmocka_unit_test(survives_concurrency),
        cmocka_unit_test(sized_for_interrupt_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
