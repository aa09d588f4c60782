/* The single-producer single-consumer ring: counting, wrap-around, two threads. */
#include "test.h"
#include "woad/spsc.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

static void fills_and_empties(void **state)
{
    (void)state;
    struct woad_spsc r = WOAD_SPSC_INIT(4);
    for (unsigned round = 0; round < 10; round++) {
        assert_int_equal(woad_spsc_count(&r), 0);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(woad_spsc_put_slot(&r), (round * 3 + i) % 4);
            woad_spsc_put(&r, 1);
        }
        assert_int_equal(woad_spsc_free(&r), 1);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(woad_spsc_get_slot(&r), (round * 3 + i) % 4);
            woad_spsc_get(&r, 1);
        }
        assert_int_equal(woad_spsc_free(&r), 4);
    }
}

static void spans_end_at_the_array(void **state)
{
    (void)state;
    struct woad_spsc r;
    woad_spsc_init(&r, 8);
    woad_spsc_put(&r, 6);
    woad_spsc_get(&r, 5);
    assert_int_equal(woad_spsc_free(&r), 7);
    assert_int_equal(woad_spsc_put_span(&r), 2);
    woad_spsc_put(&r, 2);
    assert_int_equal(woad_spsc_put_span(&r), 5);
    woad_spsc_put(&r, 5);
    assert_int_equal(woad_spsc_put_span(&r), 0);
    assert_int_equal(woad_spsc_count(&r), 8);
    assert_int_equal(woad_spsc_get_span(&r), 3);
    woad_spsc_get(&r, 3);
    assert_int_equal(woad_spsc_get_span(&r), 5);
}

/* The counters run over; the ring must not notice. */
static void counters_overflow(void **state)
{
    (void)state;
    struct woad_spsc r;
    woad_spsc_init(&r, 4);
    atomic_store(&r.put, 0u - 2);
    atomic_store(&r.get, 0u - 2);
    assert_int_equal(woad_spsc_free(&r), 4);
    woad_spsc_put(&r, 4);
    assert_int_equal(woad_spsc_free(&r), 0);
    assert_int_equal(woad_spsc_count(&r), 4);
    woad_spsc_get(&r, 3);
    assert_int_equal(woad_spsc_count(&r), 1);
}

enum { ITEMS = 200000, SLOTS = 16 };

struct shared {
    struct woad_spsc ring;
    uint32_t item[SLOTS];
};

static void *produce(void *arg)
{
    struct shared *s = arg;
    for (uint32_t i = 0; i < ITEMS;) {
        if (!woad_spsc_free(&s->ring)) {
            sched_yield();
            continue;
        }
        s->item[woad_spsc_put_slot(&s->ring)] = i++;
        woad_spsc_put(&s->ring, 1);
    }
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    static struct shared s = {.ring = WOAD_SPSC_INIT(SLOTS)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, produce, &s), 0);
    bool in_order = true;
    for (uint32_t i = 0; i < ITEMS;) {
        if (!woad_spsc_count(&s.ring)) {
            sched_yield();
            continue;
        }
        in_order &= s.item[woad_spsc_get_slot(&s.ring)] == i++;
        woad_spsc_get(&s.ring, 1);
    }
    pthread_join(thread, NULL);
    assert_true(in_order);
    assert_int_equal(woad_spsc_count(&s.ring), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_empties),
        cmocka_unit_test(spans_end_at_the_array),
        cmocka_unit_test(counters_overflow),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
