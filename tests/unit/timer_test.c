/* The timer queue against a list that is searched each time. */
#include "test.h"
#include "woad/timer.h"

#include <string.h>

enum { TIMERS = 300, STEPS = 200000 };

struct model {
    struct woad_timer_queue q;
    struct woad_timer t[TIMERS];
    bool armed[TIMERS];
    woad_time deadline[TIMERS];
    unsigned order[TIMERS]; /* of arming */
    unsigned next_order;
};

/* The armed timer that fires first, or TIMERS. */
static unsigned first(const struct model *m)
{
    unsigned best = TIMERS;
    for (unsigned i = 0; i < TIMERS; i++) {
        if (!m->armed[i])
            continue;
        if (best == TIMERS || m->deadline[i] < m->deadline[best] ||
            (m->deadline[i] == m->deadline[best] && m->order[i] < m->order[best]))
            best = i;
    }
    return best;
}

static void arm(struct model *m, unsigned i, woad_time deadline)
{
    woad_timer_arm(&m->q, &m->t[i], deadline);
    m->armed[i] = deadline != WOAD_TIME_NEVER;
    m->deadline[i] = deadline;
    m->order[i] = m->next_order++;
    assert_int_equal(m->t[i].armed, m->armed[i]);
}

static void cancel(struct model *m, unsigned i)
{
    woad_timer_cancel(&m->q, &m->t[i]);
    m->armed[i] = false;
    assert_false(m->t[i].armed);
}

static void pop(struct model *m, woad_time now)
{
    unsigned want = first(m);
    struct woad_timer *got = woad_timer_pop(&m->q, now);
    if (want == TIMERS || m->deadline[want] > now) {
        assert_null(got);
        return;
    }
    assert_ptr_equal(got, &m->t[want]);
    assert_false(got->armed);
    m->armed[want] = false;
}

static void random_operations(void **state)
{
    (void)state;
    static struct model m;
    uint32_t seed = 12345;
    woad_time now = 0;
    memset(&m, 0, sizeof(m));
    for (unsigned step = 0; step < STEPS; step++) {
        uint32_t r = test_rand(&seed);
        unsigned i = (r >> 8) % TIMERS;
        /* few distinct deadlines, so that ties are common */
        woad_time deadline = now + (r >> 20) % 64;
        switch (r % 8) {
        case 0:
        case 1:
        case 2: arm(&m, i, deadline); break;
        case 3: cancel(&m, i); break;
        case 4: arm(&m, i, r & 0x10 ? WOAD_TIME_NEVER : deadline); break;
        default: pop(&m, now); break;
        }
        unsigned f = first(&m);
        assert_true(woad_timer_next(&m.q) == (f == TIMERS ? WOAD_TIME_NEVER : m.deadline[f]));
        if (step % 7 == 0)
            now++;
    }
    while (first(&m) < TIMERS)
        pop(&m, WOAD_TIME_NEVER - 1);
    assert_true(woad_timer_next(&m.q) == WOAD_TIME_NEVER);
}

static void ties_fire_in_order(void **state)
{
    (void)state;
    static struct woad_timer t[50];
    struct woad_timer_queue q = {0};
    for (unsigned i = 0; i < 50; i++)
        woad_timer_arm(&q, &t[i], 10);
    woad_timer_arm(&q, &t[0], 10); /* moved: now the last */
    assert_null(woad_timer_pop(&q, 9));
    for (unsigned i = 1; i <= 50; i++)
        assert_ptr_equal(woad_timer_pop(&q, 10), &t[i % 50]);
    assert_null(woad_timer_pop(&q, 10));
}

static void time_saturates(void **state)
{
    (void)state;
    assert_true(woad_time_add(WOAD_TIME_NEVER, 1) == WOAD_TIME_NEVER);
    assert_true(woad_time_add(WOAD_TIME_NEVER - 5, 6) == WOAD_TIME_NEVER);
    assert_true(woad_time_add(1, 2) == 3);
    assert_true(woad_time_min(WOAD_TIME_NEVER, 7) == 7);
    assert_true(WOAD_S(5000000) == 5000000ULL * 1000000); /* beyond 32 bits */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(ties_fire_in_order),
        cmocka_unit_test(time_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
