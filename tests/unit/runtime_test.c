/* ctest: threads */
/* The runtime around a transport that fails: closed, opened again, with pauses; every packet comes
 * back; in each model. Sleeping and waking. */
#include "test.h"
#include "woad/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A transport that takes packets, gives them back at the next poll, and fails when told. */
struct fake {
    struct woad_transport transport;
    struct woad_buf *held[16];
    unsigned held_count;
    atomic_uint opened, closed, taken, refuse_open;
    atomic_bool fail;
    bool dead;
};

static int fake_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct fake *f = (void *)t;
    atomic_fetch_add(&f->opened, 1);
    if (atomic_load(&f->refuse_open)) {
        atomic_fetch_sub(&f->refuse_open, 1);
        return WOAD_ERR_IO;
    }
    t->up = up;
    t->up_arg = up_arg;
    f->dead = false;
    return 0;
}

static void give_back(struct fake *f)
{
    unsigned n = f->held_count;
    f->held_count = 0;
    for (unsigned i = 0; i < n; i++)
        f->transport.up->tx_done(f->transport.up_arg, f->held[i]);
}

static void fake_close(struct woad_transport *t)
{
    struct fake *f = (void *)t;
    atomic_fetch_add(&f->closed, 1);
    give_back(f);
}

static int fake_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct fake *f = (void *)t;
    if (f->dead)
        return WOAD_ERR_FAULT;
    if (f->held_count == ARRAY_LEN(f->held))
        return WOAD_ERR_AGAIN;
    f->held[f->held_count++] = pkt;
    atomic_fetch_add(&f->taken, 1);
    return 0;
}

static int fake_power(struct woad_transport *t, enum woad_power want)
{
    (void)t;
    (void)want;
    return 0;
}

static uint32_t fake_caps(const struct woad_transport *t)
{
    (void)t;
    return 0;
}

static woad_time fake_poll(struct woad_transport *t, woad_time now_us)
{
    struct fake *f = (void *)t;
    if (!f->dead && atomic_exchange(&f->fail, false)) {
        f->dead = true;
        t->up->fault(t->up_arg, WOAD_FAULT_IO);
        return WOAD_TIME_NEVER;
    }
    return f->dead ? WOAD_TIME_NEVER : now_us + 1000; /* looks for fail every millisecond */
}

static const struct woad_transport_ops fake_ops = {
    .open = fake_open,
    .close = fake_close,
    .tx = fake_tx,
    .power = fake_power,
    .caps = fake_caps,
    .poll = fake_poll,
};

struct fixture {
    struct fake fake;
    struct woad_host *host;
    void *mem;
    struct woad_runtime rt;
    struct woad_sem faults;
    int interrupt;
};

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct fixture *f = arg;
    (void)h;
    if (evt->type == WOAD_EVT_FAULT)
        woad_sem_give(&f->faults);
}

static void some_rand(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0x5A, len);
}

static int interrupted(void *arg)
{
    return ((struct fixture *)arg)->interrupt;
}

static struct fixture fixture;

static void set_up(enum woad_run_model model)
{
    struct fixture *f = &fixture;
    memset(f, 0, sizeof(*f));
    f->fake.transport = (struct woad_transport){.ops = &fake_ops, .fd = -1};
    struct woad_host_cfg cfg = {
        .event = on_event, .event_arg = f, .rand = some_rand, .cmd_timeout_ms = 60000};
    size_t size = woad_host_mem_size(&cfg);
    f->mem = malloc(size);
    assert_non_null(f->mem);
    assert_int_equal(woad_host_init(f->mem, size, &cfg, &f->host), 0);
    assert_int_equal(
        woad_runtime_init(&f->rt, &(struct woad_runtime_cfg){.model = model,
                                                             .host = f->host,
                                                             .transport = &f->fake.transport,
                                                             .interrupted = interrupted,
                                                             .interrupted_arg = f}),
        0);
    woad_sem_init(&f->faults, f->rt.kernel, 0);
}

static void tear_down(void)
{
    struct woad_host_stats stats;
    woad_runtime_stop(&fixture.rt);
    assert_int_equal(fixture.fake.held_count, 0);
    woad_runtime_stop(&fixture.rt); /* harmless */
    woad_runtime_deinit(&fixture.rt);
    woad_host_get_stats(fixture.host, &stats);
    assert_int_equal(stats.bufs_in_use, 0);
    woad_host_deinit(fixture.host);
    free(fixture.mem);
}

/* Lets the model work until *count is at least want; at most 10 s. */
static void until(atomic_uint *count, unsigned want)
{
    woad_time end = woad_kernel_now(fixture.rt.kernel) + WOAD_S(10);
    while (atomic_load(count) < want && woad_kernel_now(fixture.rt.kernel) < end) {
        if (fixture.rt.cfg.model == WOAD_RUN_THREADED)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        else
            assert_int_equal(
                woad_runtime_turn(&fixture.rt, woad_kernel_now(fixture.rt.kernel) + 1000), 0);
    }
    assert_true(atomic_load(count) >= want);
}

static void reopens_after_a_fault(enum woad_run_model model)
{
    set_up(model);
    struct fixture *f = &fixture;
    assert_int_equal(woad_host_start(f->host), 0);
    assert_int_equal(woad_runtime_start(&f->rt), 0);
    assert_int_equal(woad_runtime_start(&f->rt), WOAD_ERR_STATE);
    until(&f->fake.taken, 1); /* HCI_Reset */
    assert_int_equal(atomic_load(&f->fake.opened), 1);

    woad_time before = woad_kernel_now(f->rt.kernel);
    atomic_store(&f->fake.fail, true);
    assert_int_equal(woad_sem_take(&f->faults, WOAD_S(10)), 0);
    until(&f->fake.opened, 2); /* at once */
    woad_time at_once = woad_kernel_now(f->rt.kernel) - before;
    until(&f->fake.taken, 2); /* the host begins anew */

    /* the second time soon after: with a pause, and again when opening fails */
    atomic_store(&f->fake.refuse_open, 1);
    atomic_store(&f->fake.fail, true); /* no event: the host is still at the first one */
    until(&f->fake.opened, 4);
    woad_time later = woad_kernel_now(f->rt.kernel) - before;
    assert_true(later >= WOAD_MS(1900));
    assert_true(at_once < later / 2); /* a ratio: the machine may be slow */
    until(&f->fake.taken, 3);
    tear_down();
    assert_int_equal(atomic_load(&f->fake.closed), 4);
}

static void fault_coop(void **state)
{
    (void)state;
    reopens_after_a_fault(WOAD_RUN_COOP);
}

static void fault_hci_thread(void **state)
{
    (void)state;
    reopens_after_a_fault(WOAD_RUN_HCI_THREAD);
}

static void fault_threaded(void **state)
{
    (void)state;
    reopens_after_a_fault(WOAD_RUN_THREADED);
}

static void open_fails_at_start(void **state)
{
    (void)state;
    for (int model = WOAD_RUN_COOP; model <= WOAD_RUN_THREADED; model++) {
        set_up((enum woad_run_model)model);
        atomic_store(&fixture.fake.refuse_open, 1);
        assert_int_equal(woad_runtime_start(&fixture.rt), WOAD_ERR_IO);
        assert_int_equal(woad_runtime_start(&fixture.rt), 0);
        tear_down();
    }
}

static void *wake_soon(void *arg)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    woad_runtime_wake(arg);
    return NULL;
}

/* A turn sleeps to its end, or until woken from another thread, or not at all after a wake. */
static void turns_sleep_and_wake(void **state)
{
    (void)state;
    set_up(WOAD_RUN_COOP);
    struct woad_runtime *rt = &fixture.rt;
    pthread_t t;
    woad_time start = woad_kernel_now(rt->kernel);
    assert_int_equal(woad_runtime_turn(rt, start + 30000), 0);
    assert_true(woad_kernel_now(rt->kernel) - start >= 30000);
    assert_int_equal(pthread_create(&t, NULL, wake_soon, rt), 0);
    start = woad_kernel_now(rt->kernel);
    assert_int_equal(woad_runtime_turn(rt, WOAD_TIME_NEVER), 0);
    assert_true(woad_kernel_now(rt->kernel) - start < WOAD_S(5));
    pthread_join(t, NULL);
    woad_runtime_wake(rt);
    assert_int_equal(woad_runtime_turn(rt, WOAD_TIME_NEVER), 0);
    fixture.interrupt = WOAD_ERR_CANCELLED;
    assert_int_equal(woad_runtime_turn(rt, WOAD_TIME_NEVER), WOAD_ERR_CANCELLED);
    struct woad_sem sem;
    woad_sem_init(&sem, rt->kernel, 0);
    assert_int_equal(woad_sem_take(&sem, WOAD_TIME_NEVER), WOAD_ERR_CANCELLED);
    tear_down();
}

struct tick {
    struct woad_delayed d; /* first */
    struct woad_sem *sem;
};

static void tick(struct woad_work *work)
{
    woad_sem_give(((struct tick *)(void *)work)->sem);
}

/* The runtime's work queue runs in every model, in time. */
static void delayed_work_in_every_model(void **state)
{
    (void)state;
    for (int model = WOAD_RUN_COOP; model <= WOAD_RUN_THREADED; model++) {
        set_up((enum woad_run_model)model);
        assert_int_equal(woad_runtime_start(&fixture.rt), 0);
        struct tick t = {.sem = &fixture.faults};
        woad_delayed_init(&t.d, tick);
        woad_time start = woad_kernel_now(fixture.rt.kernel);
        woad_delayed_schedule(&fixture.rt.work, &t.d, 20000);
        assert_int_equal(woad_sem_take(&fixture.faults, WOAD_S(10)), 0);
        woad_time took = woad_kernel_now(fixture.rt.kernel) - start;
        assert_true(took >= 20000 && took < WOAD_S(5));
        assert_int_equal(woad_work_flush(&fixture.rt.work, &t.d.work, WOAD_S(5)), 0);
        tear_down();
    }
}

static void clock_needs_one_thread(void **state)
{
    (void)state;
    static const struct woad_runtime_clock clock = {0};
    struct woad_runtime rt;
    struct woad_runtime_cfg cfg = {.model = WOAD_RUN_THREADED, .clock = &clock};
    assert_int_equal(woad_runtime_init(&rt, &cfg), WOAD_ERR_INVALID);
    cfg.model = WOAD_RUN_HCI_THREAD;
    assert_int_equal(woad_runtime_init(&rt, &cfg), WOAD_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_coop),
        cmocka_unit_test(fault_hci_thread),
        cmocka_unit_test(fault_threaded),
        cmocka_unit_test(open_fails_at_start),
        cmocka_unit_test(turns_sleep_and_wake),
        cmocka_unit_test(delayed_work_in_every_model),
        cmocka_unit_test(clock_needs_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
