/* The well-known ways in which emulated blocking fails on one thread. Each is a scenario that runs
 * with a waiting primitive: with the kernel's, which must pass, and with one of the wrong design,
 * which must fail: so the scenario is able to tell them apart. */
#include "test.h"
#include "woad/coop.h"

#include <string.h>

/* ---- an engine in miniature: queued events, delivered by a turn that cannot be re-entered ---- */
struct world {
    struct woad_coop coop;
    struct woad_sem sem; /* the right design */
    bool flag;           /* state of the wrong ones */
    woad_time now;
    bool woken;
    bool in_turn;
    unsigned turns;
    void (*event[4])(struct world *w);
    unsigned events;
    void (*before_sleep)(struct world *w); /* an interrupt, once */
    const struct design *design;
    struct woad_mutex *mutex;
    int nested_result;
};

struct design {
    void (*give)(struct world *w);
    int (*take)(struct world *w, woad_time timeout_us);
};

static woad_time now(void *arg)
{
    return ((struct world *)arg)->now;
}

static void wake(void *arg)
{
    ((struct world *)arg)->woken = true;
}

static void turn(struct world *w)
{
    w->turns++;
    if (w->in_turn)
        return; /* what every engine's guard against recursion does */
    w->in_turn = true;
    woad_coop_enter(&w->coop);
    if (w->events) {
        void (*fn)(struct world *) = w->event[0];
        w->events--;
        memmove(w->event, w->event + 1, sizeof(w->event) - sizeof(w->event[0]));
        fn(w);
    }
    woad_coop_leave(&w->coop);
    w->in_turn = false;
}

static void interrupt(struct world *w)
{
    void (*fn)(struct world *) = w->before_sleep;
    w->before_sleep = NULL;
    if (fn)
        fn(w);
}

/* A turn, then sleep until something is due. A sleep that nothing ends jumps to its end. */
static int pump(void *arg, woad_time until_us)
{
    struct world *w = arg;
    if (w->turns > 1000)
        return WOAD_ERR_FAULT; /* a test must end also when a design spins */
    turn(w);
    interrupt(w);
    if (!w->woken && !w->events)
        w->now = until_us == WOAD_TIME_NEVER ? w->now + WOAD_S(1) : until_us;
    w->woken = false;
    return 0;
}

static void world_init(struct world *w, const struct design *design)
{
    memset(w, 0, sizeof(*w));
    w->design = design;
    woad_coop_init(&w->coop,
                   &(struct woad_coop_cfg){.now = now, .pump = pump, .wake = wake, .arg = w});
    woad_sem_init(&w->sem, &w->coop.kernel, 0);
}

static void sem_give(struct world *w)
{
    woad_sem_give(&w->sem);
}

static int sem_take(struct world *w, woad_time timeout_us)
{
    return woad_sem_take(&w->sem, timeout_us);
}

static const struct design kernel = {sem_give, sem_take};

static void give(struct world *w)
{
    w->design->give(w);
}

static void flag_give(struct world *w)
{
    w->flag = true;
    wake(w);
}

/* ---- a bool where a counter is needed ---------------------------------------------------------
 */
static int flag_take(struct world *w, woad_time timeout_us)
{
    woad_time deadline = w->now + timeout_us;
    while (!w->flag) {
        if (w->now >= deadline)
            return WOAD_ERR_TIMEOUT;
        int err = pump(w, deadline);
        if (err)
            return err;
    }
    w->flag = false;
    return 0;
}

static void give_twice(struct world *w)
{
    give(w);
    give(w);
}

/* Two completions in one turn are two completions. */
static int two_gives_two_takes(const struct design *design)
{
    struct world w;
    world_init(&w, design);
    w.event[w.events++] = give_twice;
    int first = design->take(&w, 1000);
    return first ? first : design->take(&w, 1000);
}

static void counter_not_flag(void **state)
{
    (void)state;
    static const struct design flag = {flag_give, flag_take};
    assert_int_equal(two_gives_two_takes(&kernel), 0);
    assert_int_equal(two_gives_two_takes(&flag), WOAD_ERR_TIMEOUT);
}

/* ---- lost wake ----------------------------------------------------------------------------------
 */
static void silent_give(struct world *w)
{
    w->flag = true; /* "the waiter will look": it looked a moment ago */
}

/* An interrupt gives after the test and before the sleep. Returns how long the taker slept. */
static woad_time slept_through(const struct design *design)
{
    struct world w;
    world_init(&w, design);
    w.before_sleep = give;
    assert_int_equal(design->take(&w, WOAD_S(30)), 0);
    return w.now;
}

static void no_lost_wake(void **state)
{
    (void)state;
    static const struct design silent = {silent_give, flag_take};
    assert_true(slept_through(&kernel) == 0);
    assert_true(slept_through(&silent) == WOAD_S(30));
}

/* ---- nested wait
 * ---------------------------------------------------------------------------------- */
static void waits_for_the_next_event(struct world *w)
{
    w->nested_result = w->design->take(w, WOAD_S(10));
    if (w->nested_result == WOAD_ERR_STATE)
        give(w); /* refused: the handler goes on without, and so does the engine */
}

/* A handler waits for an event that only the turn which called the handler can deliver. Returns
 * what the handler's wait answered, and in *stood_still for how long nothing else ran. */
static int wait_inside_an_event(const struct design *design, woad_time *stood_still)
{
    struct world w;
    world_init(&w, design);
    w.event[w.events++] = waits_for_the_next_event;
    w.event[w.events++] = give;
    (void)pump(&w, w.now + 1000);
    *stood_still = w.now;
    return w.nested_result;
}

static void nested_wait_is_refused(void **state)
{
    (void)state;
    static const struct design nesting = {flag_give, flag_take};
    woad_time stood_still;
    assert_int_equal(wait_inside_an_event(&kernel, &stood_still), WOAD_ERR_STATE);
    assert_true(stood_still == 0);
    /* pumping from inside: the guard makes every inner turn empty, the handler deadlocks */
    assert_int_not_equal(wait_inside_an_event(&nesting, &stood_still), 0);
}

/* A mutex taken in front of a wait and again in an event handler. */
static void locks_in_event(struct world *w)
{
    w->nested_result = woad_mutex_lock(w->mutex, WOAD_TIME_NEVER);
    woad_sem_give(&w->sem);
}

static void mutex_in_event_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct woad_mutex m;
    world_init(&w, NULL);
    woad_mutex_init(&m, &w.coop.kernel);
    w.mutex = &m;
    assert_int_equal(woad_mutex_lock(&m, 0), 0);
    w.event[w.events++] = locks_in_event;
    assert_int_equal(woad_sem_take(&w.sem, WOAD_TIME_NEVER), 0);
    assert_int_equal(w.nested_result, WOAD_ERR_STATE);
    woad_mutex_unlock(&m);
}

/* ---- callbacks that never come
 * -------------------------------------------------------------------- */
/* A wait as a thread would do it: it sleeps and leaves the pumping to a thread that is not there.
 */
static int sleeping_take(struct world *w, woad_time timeout_us)
{
    woad_time deadline = w->now + timeout_us;
    while (!w->flag && w->now < deadline) {
        interrupt(w);
        w->now += 1000; /* sleep 1 ms, look again */
    }
    int err = w->flag ? 0 : WOAD_ERR_TIMEOUT;
    w->flag = false;
    return err;
}

static void first_of_two(struct world *w)
{
    w->event[w->events++] = give; /* its completion comes one turn later */
}

static int completion_two_turns_away(const struct design *design)
{
    struct world w;
    world_init(&w, design);
    w.event[w.events++] = first_of_two;
    return design->take(&w, WOAD_S(5));
}

static void waiting_pumps(void **state)
{
    (void)state;
    static const struct design sleeping = {flag_give, sleeping_take};
    assert_int_equal(completion_two_turns_away(&kernel), 0);
    assert_int_equal(completion_two_turns_away(&sleeping), WOAD_ERR_TIMEOUT);
}

/* A wait runs the pump once per look, not until idle: what it waits for is seen at once. */
static void chatter(struct world *w)
{
    w->event[w->events++] = chatter; /* an engine that always has something to do */
    if (w->turns == 3)
        give(w);
}

static void one_turn_per_look(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, &kernel);
    w.event[w.events++] = chatter;
    assert_int_equal(woad_sem_take(&w.sem, WOAD_TIME_NEVER), 0);
    assert_int_equal(w.turns, 3);
}

static void error_of_the_pump_comes_out(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, &kernel);
    w.turns = 2000;
    assert_int_equal(woad_sem_take(&w.sem, WOAD_TIME_NEVER), WOAD_ERR_FAULT);
    assert_int_equal(woad_sem_take(&w.sem, 0), WOAD_ERR_AGAIN);
    give(&w);
    assert_int_equal(woad_sem_take(&w.sem, WOAD_TIME_NEVER), 0); /* there: no pump is asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_not_flag),
        cmocka_unit_test(no_lost_wake),
        cmocka_unit_test(nested_wait_is_refused),
        cmocka_unit_test(mutex_in_event_is_refused),
        cmocka_unit_test(waiting_pumps),
        cmocka_unit_test(one_turn_per_look),
        cmocka_unit_test(error_of_the_pump_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
