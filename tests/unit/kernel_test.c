/* ctest: threads */
/* The kernel's objects on both back ends, and under threads. */
#include "test.h"
#include "woad/coop.h"
#include "woad/pkernel.h"

#include <sched.h>
#include <string.h>

/* ---- the same tests on either back end ------------------------------------------------------ */
struct fixture {
    struct woad_kernel *k;
    struct woad_coop coop;
    struct woad_pkernel pk;
    woad_time now;
    unsigned pumped;
};

static woad_time virtual_now(void *arg)
{
    return ((struct fixture *)arg)->now;
}

static int advance(void *arg, woad_time until_us)
{
    struct fixture *f = arg;
    f->pumped++;
    f->now = until_us;
    woad_coop_enter(&f->coop);
    (void)woad_mailbox_drain(&f->coop.kernel.mailbox);
    woad_coop_leave(&f->coop);
    return 0;
}

static struct fixture fixture;

static int set_up_coop(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    woad_coop_init(&fixture.coop,
                   &(struct woad_coop_cfg){.now = virtual_now, .pump = advance, .arg = &fixture});
    fixture.k = &fixture.coop.kernel;
    *state = &fixture;
    return 0;
}

static int set_up_pthread(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    assert_int_equal(woad_pkernel_init(&fixture.pk, NULL, NULL), 0);
    fixture.k = &fixture.pk.kernel;
    *state = &fixture;
    return 0;
}

static int tear_down_pthread(void **state)
{
    (void)state;
    woad_pkernel_deinit(&fixture.pk);
    return 0;
}

static void semaphore_counts(void **state)
{
    struct fixture *f = *state;
    struct woad_sem sem;
    woad_sem_init(&sem, f->k, 1);
    woad_sem_give(&sem);
    woad_sem_give(&sem);
    assert_int_equal(woad_sem_count(&sem), 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(woad_sem_take(&sem, i % 2 ? 0 : WOAD_TIME_NEVER), 0);
    assert_int_equal(woad_sem_take(&sem, 0), WOAD_ERR_AGAIN);
    woad_time before = woad_kernel_now(f->k);
    assert_int_equal(woad_sem_take(&sem, 3000), WOAD_ERR_TIMEOUT);
    assert_true(woad_kernel_now(f->k) - before >= 3000);
    woad_sem_give(&sem);
    assert_int_equal(woad_sem_take(&sem, 1), 0); /* a timeout took nothing */
}

static void mutex_is_not_recursive(void **state)
{
    struct fixture *f = *state;
    struct woad_mutex m;
    woad_mutex_init(&m, f->k);
    assert_int_equal(woad_mutex_lock(&m, 0), 0);
    assert_int_equal(woad_mutex_lock(&m, 0), WOAD_ERR_STATE);
    assert_int_equal(woad_mutex_lock(&m, WOAD_TIME_NEVER), WOAD_ERR_STATE);
    woad_mutex_unlock(&m);
    assert_int_equal(woad_mutex_lock(&m, WOAD_TIME_NEVER), 0);
    woad_mutex_unlock(&m);
}

struct item {
    struct woad_delayed d; /* first */
    struct woad_workq *q;
    struct item *other;
    unsigned ran;
    unsigned order;
};

static unsigned ran_order;

static void item_run(struct woad_work *work)
{
    struct item *item = (void *)work;
    item->ran++;
    item->order = ++ran_order;
    if (item->other)
        (void)woad_work_submit(item->q, &item->other->d.work);
}

static void items_init(struct item *items, unsigned n, struct woad_workq *q)
{
    memset(items, 0, n * sizeof(*items));
    ran_order = 0;
    for (unsigned i = 0; i < n; i++) {
        woad_delayed_init(&items[i].d, item_run);
        items[i].q = q;
    }
}

static void work_runs_once_in_order(void **state)
{
    struct fixture *f = *state;
    struct woad_workq q;
    struct item a[3];
    woad_workq_init(&q, f->k, NULL, NULL);
    items_init(a, 3, &q);
    assert_true(woad_work_submit(&q, &a[1].d.work));
    assert_true(woad_work_submit(&q, &a[0].d.work));
    assert_false(woad_work_submit(&q, &a[1].d.work));
    assert_true(woad_work_submit(&q, &a[2].d.work));
    assert_true(woad_work_cancel(&q, &a[0].d.work));
    assert_false(woad_work_cancel(&q, &a[0].d.work));
    assert_true(woad_workq_run(&q, 0) == WOAD_TIME_NEVER);
    assert_int_equal(a[1].order, 1);
    assert_int_equal(a[2].order, 2);
    assert_int_equal(a[0].ran, 0);
    (void)woad_workq_run(&q, 0);
    assert_int_equal(ran_order, 2);
    assert_int_equal(woad_work_flush(&q, &a[1].d.work, 0), 0);
    assert_true(
        woad_work_submit(&q, &a[2].d.work)); /* the tail was cancelled and run: still sound */
    assert_true(woad_work_cancel(&q, &a[2].d.work));
    assert_true(woad_work_submit(&q, &a[0].d.work));
    (void)woad_workq_run(&q, 0);
    assert_int_equal(a[0].ran, 1);
}

/* An item that submits itself, or two that submit each other, do not hold the pump. */
static void work_run_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct woad_workq q;
    struct item a[2];
    woad_workq_init(&q, f->k, NULL, NULL);
    items_init(a, 2, &q);
    a[0].other = &a[1];
    a[1].other = &a[0];
    (void)woad_work_submit(&q, &a[0].d.work);
    for (unsigned i = 1; i <= 10; i++) {
        assert_true(woad_workq_run(&q, 77) == 77); /* more to do: now */
        assert_int_equal(a[0].ran + a[1].ran, i);
    }
}

static void delayed_work(void **state)
{
    struct fixture *f = *state;
    struct woad_workq q;
    struct item a[3];
    woad_workq_init(&q, f->k, NULL, NULL);
    items_init(a, 3, &q);
    woad_time now = woad_kernel_now(f->k);
    woad_delayed_schedule(&q, &a[0].d, WOAD_S(20));
    woad_delayed_schedule(&q, &a[1].d, WOAD_S(10));
    woad_delayed_schedule(&q, &a[2].d, WOAD_S(5));
    woad_delayed_schedule(&q, &a[2].d, WOAD_S(30)); /* begins anew */
    woad_time next = woad_workq_run(&q, now);
    assert_true(next >= now + WOAD_S(10) && next < now + WOAD_S(15));
    assert_int_equal(ran_order, 0);
    next = woad_workq_run(&q, next);
    assert_int_equal(a[1].ran, 1);
    assert_true(woad_delayed_cancel(&q, &a[0].d));
    assert_false(woad_delayed_cancel(&q, &a[0].d));
    assert_false(woad_delayed_cancel(&q, &a[1].d));
    next = woad_workq_run(&q, next);
    assert_true(next >= now + WOAD_S(30));
    assert_true(woad_workq_run(&q, next) == WOAD_TIME_NEVER);
    assert_int_equal(ran_order, 2);
    assert_int_equal(a[2].ran, 1);
}

static struct woad_msg msgs[5];
static unsigned seen[8];
static unsigned seen_count;

static void see(struct woad_msg *msg)
{
    seen[seen_count++] = (unsigned)(msg - msgs);
}

static struct woad_kernel *repost_to;

static void see_and_repost(struct woad_msg *msg)
{
    see(msg);
    if (seen_count < 8)
        woad_kernel_post(repost_to, msg);
}

static void mailbox_keeps_order_and_ends(void **state)
{
    struct fixture *f = *state;
    seen_count = 0;
    assert_int_equal(woad_mailbox_drain(&f->k->mailbox), 0);
    for (unsigned i = 0; i < 4; i++) {
        msgs[i].fn = see;
        woad_kernel_post(f->k, &msgs[i]);
    }
    assert_false(woad_mailbox_empty(&f->k->mailbox));
    assert_int_equal(woad_mailbox_drain(&f->k->mailbox), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(seen[i], i);
    msgs[4].fn = see_and_repost;
    repost_to = f->k;
    woad_kernel_post(f->k, &msgs[4]);
    assert_int_equal(woad_mailbox_drain(&f->k->mailbox), 1); /* not again in the same drain */
    while (!woad_mailbox_empty(&f->k->mailbox))
        assert_int_equal(woad_mailbox_drain(&f->k->mailbox), 1);
    assert_int_equal(seen_count, 8);
}

/* ---- coop alone -------------------------------------------------------------------------------
 */
static void coop_refuses_inside_the_pump(void **state)
{
    struct fixture *f = *state;
    struct woad_sem sem;
    woad_sem_init(&sem, f->k, 1);
    woad_coop_enter(&f->coop);
    assert_false(woad_kernel_may_wait(f->k));
    assert_int_equal(woad_sem_take(&sem, WOAD_TIME_NEVER), 0); /* there: no wait is needed */
    assert_int_equal(woad_sem_take(&sem, 0), WOAD_ERR_AGAIN);
    assert_int_equal(woad_sem_take(&sem, WOAD_TIME_NEVER), WOAD_ERR_STATE);
    assert_int_equal(f->pumped, 0);
    woad_coop_leave(&f->coop);
    assert_int_equal(woad_sem_take(&sem, 5), WOAD_ERR_TIMEOUT);
    assert_true(f->pumped > 0);
}

static unsigned irq_depth;
static unsigned irq_max;

static void irq_lock(void *arg)
{
    (void)arg;
    if (++irq_depth > irq_max)
        irq_max = irq_depth;
}

static void irq_unlock(void *arg)
{
    (void)arg;
    irq_depth--;
}

static int pump_unlocked(void *arg, woad_time until_us)
{
    assert_int_equal(irq_depth, 0); /* the engine runs with interrupts on */
    return advance(arg, until_us);
}

static void coop_locks_interrupts_out(void **state)
{
    struct fixture *f = *state;
    struct woad_sem sem;
    f->coop.cfg.irq_lock = irq_lock;
    f->coop.cfg.irq_unlock = irq_unlock;
    f->coop.cfg.pump = pump_unlocked;
    woad_sem_init(&sem, f->k, 0);
    assert_int_equal(woad_sem_take(&sem, 10), WOAD_ERR_TIMEOUT);
    woad_sem_give(&sem);
    assert_int_equal(woad_sem_take(&sem, 10), 0);
    assert_int_equal(irq_depth, 0);
    assert_int_equal(irq_max, 1); /* not nested */
}

static void add_one(void *arg)
{
    ++*(unsigned *)arg;
}

static void coop_call_is_direct(void **state)
{
    struct fixture *f = *state;
    unsigned n = 0;
    woad_kernel_call(f->k, add_one, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f->pumped, 0);
}

/* ---- threads ----------------------------------------------------------------------------------
 */
enum { THREADS = 4, ROUNDS = 5000 };

struct crew {
    struct woad_pkernel pk;
    struct woad_sem to, back, work_ready;
    struct woad_mutex mutex;
    struct woad_workq q;
    atomic_bool stop;
    unsigned guarded;   /* by mutex */
    unsigned owner_sum; /* touched by the owner only */
};

static void work_ready(void *arg)
{
    woad_sem_give(arg);
}

static void crew_init(struct crew *c)
{
    memset(c, 0, sizeof(*c));
    assert_int_equal(woad_pkernel_init(&c->pk, work_ready, &c->work_ready), 0);
    woad_sem_init(&c->to, &c->pk.kernel, 0);
    woad_sem_init(&c->back, &c->pk.kernel, 0);
    woad_sem_init(&c->work_ready, &c->pk.kernel, 0);
    woad_mutex_init(&c->mutex, &c->pk.kernel);
    woad_workq_init(&c->q, &c->pk.kernel, work_ready, &c->work_ready);
}

static void run_threads(struct crew *c, void *(*fn)(void *), unsigned n)
{
    pthread_t t[THREADS];
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(pthread_create(&t[i], NULL, fn, c), 0);
    for (unsigned i = 0; i < n; i++)
        pthread_join(t[i], NULL);
}

static void *pong(void *arg)
{
    struct crew *c = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (woad_sem_take(&c->to, WOAD_TIME_NEVER))
            return c;
        woad_sem_give(&c->back);
    }
    return NULL;
}

/* A lost wake would stop this for ever. */
static void threads_ping_pong(void **state)
{
    (void)state;
    static struct crew c;
    crew_init(&c);
    pthread_t t;
    void *failed;
    assert_int_equal(pthread_create(&t, NULL, pong, &c), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        woad_sem_give(&c.to);
        assert_int_equal(woad_sem_take(&c.back, WOAD_S(60)), 0);
    }
    pthread_join(t, &failed);
    assert_null(failed);
    woad_pkernel_deinit(&c.pk);
}

/* The wrong design, step by step: test without the lock, a give in between, then wait. */
static void unlocked_test_loses_the_wake(void **state)
{
    (void)state;
    static struct crew c;
    crew_init(&c);
    struct woad_kernel *k = &c.pk.kernel;
    bool looked_empty = woad_sem_count(&c.to) == 0;
    woad_sem_give(&c.to);
    assert_true(looked_empty);
    woad_kernel_lock(k);
    int err = 0;
    woad_time until = woad_kernel_now(k) + 20000;
    while (!err) /* trusts looked_empty: nobody will notify again */
        err = woad_kernel_wait(k, &c.to, until);
    woad_kernel_unlock(k);
    assert_int_equal(err, WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_sem_take(&c.to, WOAD_TIME_NEVER), 0); /* the kernel's own way */
    woad_pkernel_deinit(&c.pk);
}

static void *count_guarded(void *arg)
{
    struct crew *c = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (woad_mutex_lock(&c->mutex, WOAD_TIME_NEVER))
            continue;
        c->guarded++;
        if (i % 64 == 0)
            sched_yield();
        woad_mutex_unlock(&c->mutex);
    }
    return NULL;
}

static void threads_share_a_mutex(void **state)
{
    (void)state;
    static struct crew c;
    crew_init(&c);
    run_threads(&c, count_guarded, THREADS);
    assert_int_equal(c.guarded, THREADS * ROUNDS);
    woad_pkernel_deinit(&c.pk);
}

static void add_in_owner(void *arg)
{
    struct crew *c = arg;
    c->owner_sum++;
}

static void *call_owner(void *arg)
{
    struct crew *c = arg;
    for (unsigned i = 0; i < ROUNDS; i++)
        woad_kernel_call(&c->pk.kernel, add_in_owner, c);
    return NULL;
}

static void *own(void *arg)
{
    struct crew *c = arg;
    woad_pkernel_own(&c->pk, true);
    struct woad_sem sem;
    woad_sem_init(&sem, &c->pk.kernel, 0);
    if (woad_sem_take(&sem, WOAD_TIME_NEVER) != WOAD_ERR_STATE) /* the owner never waits */
        c->owner_sum = 1u << 30;
    while (!atomic_load(&c->stop)) {
        (void)woad_mailbox_drain(&c->pk.kernel.mailbox);
        (void)woad_workq_run(&c->q, woad_kernel_now(&c->pk.kernel));
        sched_yield();
    }
    woad_pkernel_own(&c->pk, false);
    return NULL;
}

static void threads_call_the_owner(void **state)
{
    (void)state;
    static struct crew c;
    pthread_t owner;
    crew_init(&c);
    assert_int_equal(pthread_create(&owner, NULL, own, &c), 0);
    run_threads(&c, call_owner, THREADS);
    unsigned n = 0;
    woad_kernel_call(&c.pk.kernel, add_one, &n);
    atomic_store(&c.stop, true);
    pthread_join(owner, NULL);
    assert_int_equal(n, 1);
    assert_int_equal(c.owner_sum, THREADS * ROUNDS);
    woad_pkernel_deinit(&c.pk);
}

struct job {
    struct woad_work work; /* first */
    unsigned ran;
};

static void job_run(struct woad_work *work)
{
    ((struct job *)(void *)work)->ran++;
}

static void *submit_and_flush(void *arg)
{
    struct crew *c = arg;
    struct job job = {.ran = 0};
    woad_work_init(&job.work, job_run);
    for (unsigned i = 1; i <= ROUNDS / 10; i++) {
        (void)woad_work_submit(&c->q, &job.work);
        /* after a flush the item is the submitter's again: job may be read without a lock */
        if (woad_work_flush(&c->q, &job.work, WOAD_TIME_NEVER) || job.ran != i)
            c->guarded = 1;
    }
    return NULL;
}

static void threads_submit_work(void **state)
{
    (void)state;
    static struct crew c;
    pthread_t owner;
    crew_init(&c);
    assert_int_equal(pthread_create(&owner, NULL, own, &c), 0);
    run_threads(&c, submit_and_flush, THREADS);
    atomic_store(&c.stop, true);
    pthread_join(owner, NULL);
    assert_int_equal(c.guarded, 0);
    woad_pkernel_deinit(&c.pk);
}

#define BOTH(f)                                                                                    \
    {"coop: " #f, f, set_up_coop, NULL, NULL},                                                     \
    {                                                                                              \
        "pthread: " #f, f, set_up_pthread, tear_down_pthread, NULL                                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(semaphore_counts),
        BOTH(mutex_is_not_recursive),
        BOTH(work_runs_once_in_order),
        BOTH(work_run_is_bounded),
        BOTH(delayed_work),
        BOTH(mailbox_keeps_order_and_ends),
        cmocka_unit_test_setup(coop_refuses_inside_the_pump, set_up_coop),
        cmocka_unit_test_setup(coop_locks_interrupts_out, set_up_coop),
        cmocka_unit_test_setup(coop_call_is_direct, set_up_coop),
        cmocka_unit_test(threads_ping_pong),
        cmocka_unit_test(unlocked_test_loses_the_wake),
        cmocka_unit_test(threads_share_a_mutex),
        cmocka_unit_test(threads_call_the_owner),
        cmocka_unit_test(threads_submit_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
