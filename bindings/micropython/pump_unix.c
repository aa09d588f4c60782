/* The pump of the unix port.
 *
 *   COOP         pump() is a node of the scheduler: it polls the transport and runs the host, in
 * the interpreter's thread. The watcher, a thread, sleeps on the transport's descriptor and on the
 * host's deadline, and schedules the node. HCI_THREAD   the same; the runtime's thread moves the
 * packets, the watcher has the deadline. THREADED     the host runs in the runtime's thread. pump()
 * does what that thread asks for: an event is executed here while the host waits in it. mpw_enter()
 * halts the host.
 *
 * A node that was scheduled is run by the interpreter between two instructions, but not while it
 * sleeps in the kernel. Then a signal ends the sleep, and what slept (time.sleep, polls, reads of
 * the terminal) runs the scheduler. A signal may come just before the sleep begins and be without
 * effect: the watcher repeats it, with growing pauses, until the node has run.
 *
 * SIGURG: ignored where nobody handles it, and free; the collector has a signal of its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "mp_woad.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "py/mpthread.h"

#include "woad/runtime.h"
#include "woad/transport_uri.h"

#define WAKE_SIGNAL     SIGURG
#define REPEAT_US_FIRST 200
#define REPEAT_US_MOST  64000
#define HANDLER_US      WOAD_S(2)

/* The execution model (woad/runtime.h): 0 cooperative, 1 with a thread for HCI, 2 threaded. */
#ifndef WOAD_MPY_MODEL
#define WOAD_MPY_MODEL 0
#endif
#define THREADED (WOAD_MPY_MODEL == 2)

struct mpw_pump {
    mp_sched_node_t node;
    struct mpw *m;
    struct woad_uri uri;
    struct woad_runtime rt;
    pthread_t main; /* the interpreter's thread */
    bool uri_open, rt_init, started;

    /* The caller's signals, while the host is entered; the depth. Under `lock`. */
    sigset_t mask;
    unsigned depth;
    bool pumping;
    bool missed;          /* a turn was asked for while one ran */
    pthread_mutex_t lock; /* recursive: owner of the host in COOP and HCI_THREAD */

    /* The watcher. Under `watch`. */
    pthread_mutex_t watch;
    pthread_cond_t ran;
    pthread_t watcher;
    bool watching;
    int event_fd;
    bool due;              /* the node is scheduled and has not run */
    bool running;          /* the turn that this asked for, or another */
    atomic_bool interrupt; /* Ctrl-C was handed to the interpreter */
    bool postponed;        /* a turn is due when that has been raised */
    atomic_bool in_handler;
    bool stop;
    int fd;
    short events;
    woad_time next;

    /* THREADED. Under `watch` too, with the condition `changed`. */
    pthread_cond_t changed;
    unsigned wanted; /* entered, or about to */
    bool halted;     /* the host's thread stands still */
    bool halt_posted;
    struct woad_msg halt;
    void (*job)(void *arg); /* of the host's thread, for the interpreter's */
    void *job_arg;
};

/* The interpreter's thread; for the hook of the scheduler, which may be called at any time. */
static pthread_t main_thread;
static volatile bool main_known;

unsigned mpw_pump_model(void)
{
    return WOAD_MPY_MODEL;
}

static struct mpw_pump *pump_of(void)
{
    struct mpw *m = mpw_state();
    return m ? m->pump : NULL;
}

woad_time mpw_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return WOAD_S(ts.tv_sec) + (woad_time)ts.tv_nsec / 1000;
}

/* Ctrl-C has to wait while a lock is held, while the scheduler runs a node, and while the engine is
 * entered. */
static sigset_t hold_signals(void)
{
    sigset_t hold, old;
    sigemptyset(&hold);
    sigaddset(&hold, SIGINT);
    pthread_sigmask(SIG_BLOCK, &hold, &old);
    return old;
}

static void let_signals(sigset_t old)
{
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* A Ctrl-C that came while the signal was held. */
static bool took_interrupt(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return sigtimedwait(&set, NULL, &(struct timespec){0}) == SIGINT;
}

static bool exception_due(void)
{
    return MP_STATE_MAIN_THREAD(mp_pending_exception) != MP_OBJ_NULL;
}

/* MicroPython's handler of the signal raises wherever it comes, also in the middle of the
 * scheduler, which then stays locked for good. Ours leaves the exception to the interpreter; theirs
 * is for a second Ctrl-C that comes before the first was heard of. */
static struct sigaction their_interrupt;

static void kick(struct mpw_pump *p);

static void on_interrupt(int signal)
{
    struct mpw_pump *p = pump_of();
    if (exception_due() || !p) {
        their_interrupt.sa_handler(signal);
        return;
    }
    mp_sched_keyboard_interrupt();
    atomic_store(&p->interrupt, true);
    kick(p);
}

/* The prompt sets its own for every line. */
static void take_interrupts(void)
{
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) || now.sa_handler == on_interrupt ||
        now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN)
        return;
    their_interrupt = now;
    now.sa_handler = on_interrupt;
    sigaction(SIGINT, &now, NULL);
}

static void give_interrupts_back(void)
{
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == on_interrupt)
        sigaction(SIGINT, &their_interrupt, NULL);
}

/* ---- waking the interpreter ------------------------------------------------------------------ */

static void woken(int signal)
{
    (void)signal; /* that it came is all */
}

void mpw_port_scheduled(void)
{
    if (main_known && !pthread_equal(pthread_self(), main_thread))
        pthread_kill(main_thread, WAKE_SIGNAL);
}

static void kick(struct mpw_pump *p)
{
    const uint64_t one = 1;
    ssize_t n = write(p->event_fd, &one, sizeof(one));
    (void)n; /* full is readable all the same */
}

static void run_node(mp_sched_node_t *node);

/* Has pump() run soon. From any thread. */
static void schedule(void *arg)
{
    struct mpw_pump *p = arg;
    sigset_t old = hold_signals();
    pthread_mutex_lock(&p->watch);
    bool news = !p->due && !p->stop;
    p->due = true;
    pthread_mutex_unlock(&p->watch);
    if (news) {
        mp_sched_schedule_node(&p->node, run_node);
        kick(p);
    }
    let_signals(old);
}

void mpw_pump_wake(struct mpw *m)
{
    if (m->pump)
        schedule(m->pump);
}

/* ---- the watcher ----------------------------------------------------------------------------- */

static struct timespec span(woad_time us)
{
    return (struct timespec){.tv_sec = (time_t)(us / WOAD_S(1)),
                             .tv_nsec = (long)(us % WOAD_S(1)) * 1000};
}

/* Ctrl-C is to be raised, and has not been: what sleeps in the kernel does not know yet. Locked. */
static bool interrupted(struct mpw_pump *p)
{
    if (!exception_due())
        atomic_store(&p->interrupt, false);
    return atomic_load(&p->interrupt);
}

/* Ctrl-C while a handler runs is for the program and waits until the handler has ended. One that
 * does not end is where it is raised after all. Locked. */
static void interrupt_handler(struct mpw_pump *p)
{
    if (atomic_load(&p->in_handler) && took_interrupt()) {
        mp_sched_keyboard_interrupt();
        atomic_store(&p->interrupt, true);
    }
}

/* The node is scheduled: sees to it that it runs. Locked. */
static void insist(struct mpw_pump *p)
{
    woad_time pause = REPEAT_US_FIRST;
    while ((p->due || p->running || interrupted(p)) && !p->stop) {
        bool patient = p->running && !interrupted(p);
        struct timespec ts = span(mpw_now() + (patient ? HANDLER_US : pause));
        if (pthread_cond_timedwait(&p->ran, &p->watch, &ts) != ETIMEDOUT)
            continue;
        if (patient) {
            interrupt_handler(p);
        } else if (interrupted(p) || (p->due && !p->running)) {
            pthread_kill(p->main, WAKE_SIGNAL);
            pause = pause * 2 < REPEAT_US_MOST ? pause * 2 : REPEAT_US_MOST;
        }
    }
}

/* Sleeps until there is something to do; true when it is for the host. Locked. */
static bool sleep_for(struct mpw_pump *p)
{
    struct pollfd fds[2] = {{.fd = p->event_fd, .events = POLLIN},
                            {.fd = p->fd, .events = p->events}};
    woad_time next = p->next, now = mpw_now();
    struct timespec ts = span(next > now ? next - now : 0);
    pthread_mutex_unlock(&p->watch);
    int n = ppoll(fds, 2, next == WOAD_TIME_NEVER ? NULL : &ts, NULL);
    uint64_t count;
    if (n > 0 && fds[0].revents) {
        ssize_t got = read(p->event_fd, &count, sizeof(count));
        (void)got;
    }
    pthread_mutex_lock(&p->watch);
    return n == 0 || (n > 0 && fds[1].revents);
}

static void *watch(void *arg)
{
    struct mpw_pump *p = arg;
    pthread_mutex_lock(&p->watch);
    while (!p->stop) {
        insist(p);
        bool postponed = p->postponed;
        p->postponed = false;
        if (!p->stop && (postponed || sleep_for(p)) && !p->due && !p->stop) {
            pthread_mutex_unlock(&p->watch);
            schedule(p);
            pthread_mutex_lock(&p->watch);
        }
    }
    pthread_mutex_unlock(&p->watch);
    return NULL;
}

/* The node has run: what to wait for now. */
static void watch_again(struct mpw_pump *p, woad_time next)
{
    const struct woad_transport *t = WOAD_MPY_MODEL == 0 ? p->uri.transport : NULL;
    pthread_mutex_lock(&p->watch);
    int fd = t ? t->fd : -1;
    short events = (short)(t ? (t->wants & WOAD_WANT_READ ? POLLIN : 0) |
                                   (t->wants & WOAD_WANT_WRITE ? POLLOUT : 0)
                             : 0);
    bool news = fd != p->fd || events != p->events || next < p->next;
    p->fd = fd;
    p->events = events;
    p->next = next;
    p->running = false;
    pthread_cond_signal(&p->ran);
    pthread_mutex_unlock(&p->watch);
    if (news) /* it may be asleep with the old ones */
        kick(p);
}

/* ---- owning the host ------------------------------------------------------------------------- */

#if THREADED

/* In the host's thread: stands still until it is let go. Locked. */
static void stand_still(struct mpw_pump *p)
{
    p->halted = true;
    pthread_cond_broadcast(&p->changed);
    while (p->halted)
        pthread_cond_wait(&p->changed, &p->watch);
}

static void halt(struct woad_msg *msg)
{
    struct mpw_pump *p = (void *)((uint8_t *)msg - offsetof(struct mpw_pump, halt));
    pthread_mutex_lock(&p->watch);
    p->halt_posted = false;
    if (p->wanted && !p->stop)
        stand_still(p);
    pthread_mutex_unlock(&p->watch);
}

/* Whoever comes next has to halt the host again: it gets on between two calls. Locked. */
static void let_go(struct mpw_pump *p)
{
    if (p->wanted || p->job)
        return;
    p->halted = false;
    pthread_cond_broadcast(&p->changed);
}

static void own(struct mpw_pump *p)
{
    if (!p->started || p->stop)
        return;
    pthread_mutex_lock(&p->watch);
    p->wanted++;
    if (!p->halted && !p->halt_posted) {
        p->halt_posted = true;
        p->halt.fn = halt;
        woad_kernel_post(p->rt.kernel, &p->halt);
    }
    while (!p->halted)
        pthread_cond_wait(&p->changed, &p->watch);
    pthread_mutex_unlock(&p->watch);
}

static void disown(struct mpw_pump *p)
{
    if (!p->started || p->stop)
        return;
    pthread_mutex_lock(&p->watch);
    p->wanted--;
    let_go(p);
    pthread_mutex_unlock(&p->watch);
    woad_runtime_wake(&p->rt); /* what was called is looked at */
}

#else

static void own(struct mpw_pump *p)
{
    (void)p;
}

static void disown(struct mpw_pump *p)
{
    (void)p;
}

#endif

void mpw_enter(void)
{
    struct mpw_pump *p = pump_of();
    if (!p)
        return;
    sigset_t old = hold_signals();
    pthread_mutex_lock(&p->lock);
    if (p->depth++ == 0) {
        p->mask = old;
        own(p);
    }
}

void mpw_leave(void)
{
    struct mpw_pump *p = pump_of();
    if (!p)
        return;
    sigset_t old = p->mask;
    bool last = --p->depth == 0;
    if (last)
        disown(p);
    pthread_mutex_unlock(&p->lock);
    if (last)
        let_signals(old);
}

/* ---- Python ---------------------------------------------------------------------------------- */

void mpw_up_begin(struct mpw *m)
{
    m->up++;
    if (m->pump)
        atomic_store(&m->pump->in_handler, true);
}

void mpw_up_end(struct mpw *m)
{
    m->up--;
    if (m->pump)
        atomic_store(&m->pump->in_handler, m->up != 0);
}

/* A value of a handler that is none: the program hears of it when the host is at rest. */
void mpw_up_failed(struct mpw *m, mp_obj_t exception)
{
    (void)m;
    mp_sched_exception(exception);
}

/* ---- turns ----------------------------------------------------------------------------------- */

#if THREADED

/* Does what the host's thread asks for next; false: it has come to the end of its turn. */
static bool one_job(struct mpw_pump *p)
{
    mpw_enter(); /* the host halts at its next event, or after its turn */
    pthread_mutex_lock(&p->watch);
    void (*job)(void *) = p->job;
    void *arg = p->job_arg;
    pthread_mutex_unlock(&p->watch);
    if (job)
        job(arg);
    pthread_mutex_lock(&p->watch);
    if (job)
        p->job = NULL;
    pthread_mutex_unlock(&p->watch);
    mpw_leave();
    return job != NULL;
}

/* Events of one turn of the host reach the script together, as in the other models. */
static void turn(struct mpw_pump *p)
{
    unsigned most = 64;
    while (p->started && one_job(p) && --most)
        ;
    mpw_enter();
    mpw_l2cap_again(p->m);
    woad_time next = mpw_gap_run(p->m, mpw_now());
    mpw_leave();
    watch_again(p, next);
}

void mpw_in_vm(void (*fn)(void *arg), void *arg)
{
    struct mpw_pump *p = pump_of();
    if (!p->started || !p->rt.kernel->ops->owns(p->rt.kernel)) {
        fn(arg); /* this thread has the host */
        return;
    }
    pthread_mutex_lock(&p->watch);
    if (p->stop) { /* nobody is there to do it */
        pthread_mutex_unlock(&p->watch);
        return;
    }
    p->job_arg = arg;
    p->job = fn;
    pthread_mutex_unlock(&p->watch);
    schedule(p);
    pthread_mutex_lock(&p->watch);
    if (p->job && !p->stop)
        stand_still(p);
    pthread_mutex_unlock(&p->watch);
}

#else

static void turn(struct mpw_pump *p)
{
    mpw_enter();
    woad_time next = WOAD_TIME_NEVER;
    if (p->started)
        next = woad_runtime_run(&p->rt, mpw_now());
    mpw_l2cap_again(p->m);
    next = woad_time_min(next, mpw_gap_run(p->m, mpw_now()));
    mpw_leave();
    watch_again(p, next);
}

void mpw_in_vm(void (*fn)(void *arg), void *arg)
{
    fn(arg);
}

#endif

static void pump(struct mpw_pump *p)
{
    if (p->pumping) { /* in a handler of a turn that something waits for */
        p->missed = true;
        return;
    }
    p->pumping = true;
    pthread_mutex_lock(&p->watch);
    p->due = false; /* what comes from here on asks for another turn */
    p->running = true;
    pthread_mutex_unlock(&p->watch);
    turn(p);
    p->pumping = false;
    if (p->missed) { /* its node is no longer in the queue, and what waits may be content */
        p->missed = false;
        pthread_mutex_lock(&p->watch);
        p->due = false;
        pthread_mutex_unlock(&p->watch);
        schedule(p);
    }
    mpw_after_turn(p->m); /* may be the end of p */
}

/* Ctrl-C is for the program: it hears of it before a handler runs again. A sleep that goes on
 * behind the node looks for exceptions when it is woken. */
static void postpone(struct mpw_pump *p)
{
    pthread_mutex_lock(&p->watch);
    atomic_store(&p->interrupt, true);
    p->postponed = p->postponed || p->due;
    p->due = false;
    pthread_mutex_unlock(&p->watch);
    kick(p);
}

static void run_node(mp_sched_node_t *node)
{
    sigset_t old = hold_signals();
    struct mpw_pump *p = pump_of();
    take_interrupts();
    if (p && node == &p->node && !exception_due())
        pump(p);
    if (!sigismember(&old, SIGINT) && took_interrupt())
        mp_sched_keyboard_interrupt();
    p = pump_of();
    if (p && exception_due())
        postpone(p);
    let_signals(old);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static bool tested(bool (*test)(void *arg), void *arg)
{
    mpw_enter();
    bool done = test(arg);
    mpw_leave();
    return done;
}

/* Sleeps until a signal, or until; not at all when something is scheduled. Ctrl-C leaves it from
 * the sleep; so it is the one place of a wait where that may come. */
static void sleep_until(struct mpw_pump *p, woad_time until, const sigset_t *mask)
{
    sigset_t hold, old;
    sigemptyset(&hold);
    sigaddset(&hold, WAKE_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &hold, &old);
    pthread_mutex_lock(&p->watch);
    bool due = p->due;
    pthread_mutex_unlock(&p->watch);
    woad_time now = mpw_now();
    struct timespec ts = span(due || until <= now ? 0 : until - now);
    ppoll(NULL, 0, until == WOAD_TIME_NEVER && !due ? NULL : &ts, mask);
    let_signals(old);
    if (due)
        pump(p);
}

/* The scheduler may be locked here (a function that micropython.schedule() called): the pump runs
 * all the same, since it is not what holds the lock. */
int mpw_wait(struct mpw *m, bool (*test)(void *arg), void *arg, woad_time timeout_us)
{
    woad_time until =
        timeout_us == WOAD_TIME_NEVER ? timeout_us : woad_time_add(mpw_now(), timeout_us);
    if (m->up)
        return tested(test, arg) ? 0 : MPW_EDEADLK;
    sigset_t old = hold_signals();
    int err = 0;
    while (!err && !tested(test, arg)) {
        struct mpw_pump *p = m->pump;
        err = !p ? MP_ENODEV : mpw_now() >= until ? MP_ETIMEDOUT : 0;
        if (err)
            break;
        nlr_buf_t nlr;
        if (nlr_push(&nlr) == 0) {
            mp_handle_pending(true);
            nlr_pop();
        } else {
            let_signals(old);
            nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
        }
        if (m->pump == p && !tested(test, arg))
            sleep_until(p, until, &old);
    }
    let_signals(old);
    return err;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void locks_init(struct mpw_pump *p)
{
    pthread_mutexattr_t recursive;
    pthread_condattr_t monotonic;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&p->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_mutex_init(&p->watch, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->ran, &monotonic);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

int mpw_pump_init(struct mpw *m, const char **why)
{
    const char *hci = getenv("WOAD_HCI");
    if (!hci || !*hci) {
        *why = "WOAD_HCI names no controller (unix:PATH, tcp:HOST:PORT, serial:DEV, pty:, hci:N, "
               "replay:FILE)";
        return MP_ENODEV;
    }
    struct mpw_pump *p = mpw_zalloc(sizeof(*p));
    if (!p)
        return MP_ENOMEM;
    m->pump = p;
    p->m = m;
    p->main = main_thread = pthread_self();
    main_known = true;
    p->event_fd = p->fd = -1;
    p->next = WOAD_TIME_NEVER;
    locks_init(p);
    struct sigaction action = {.sa_handler = woken}; /* without SA_RESTART: sleeps end */
    sigaction(WAKE_SIGNAL, &action, NULL);
    int err = woad_uri_init(&p->uri, hci, &(struct woad_uri_cfg){0});
    p->uri_open = err == 0;
    *why = p->uri.why;
    if (!err && p->uri.note)
        mp_printf(MICROPY_ERROR_PRINTER, "bluetooth: %s\n", p->uri.note);
    p->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return err ? MP_ENODEV : p->event_fd < 0 ? MP_EIO : 0;
}

static int start(struct mpw *m, const char **why)
{
    static const enum woad_run_model models[] = {WOAD_RUN_COOP, WOAD_RUN_HCI_THREAD,
                                                 WOAD_RUN_THREADED};
    struct mpw_pump *p = m->pump;
    struct woad_runtime_cfg cfg = {
        .model = models[WOAD_MPY_MODEL], .host = m->host, .transport = p->uri.transport};
    if (!THREADED) {
        cfg.woken = schedule;
        cfg.woken_arg = p;
    }
    int err = woad_runtime_init(&p->rt, &cfg);
    p->rt_init = p->started = err == 0; /* its thread looks at these */
    if (!err)
        err = woad_runtime_start(&p->rt);
    if (err) {
        p->started = false;
        *why = p->uri.transport->why;
        return MP_ENODEV;
    }
    p->watching = pthread_create(&p->watcher, NULL, watch, p) == 0;
    if (!p->watching)
        return MP_ENOMEM;
    schedule(p);
    return 0;
}

int mpw_pump_start(struct mpw *m, const char **why)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* the threads that begin here take no signals */
    take_interrupts();
    int err = start(m, why);
    let_signals(old);
    return err;
}

void mpw_pump_stop(struct mpw *m)
{
    struct mpw_pump *p = m->pump;
    pthread_mutex_lock(&p->watch);
    p->stop = true;
    p->job = NULL; /* nobody will do it */
    p->halted = false;
    pthread_cond_broadcast(&p->ran);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->watch);
    if (p->event_fd >= 0)
        kick(p);
    if (p->watching)
        pthread_join(p->watcher, NULL);
    p->watching = false;
    if (p->started)
        woad_runtime_stop(&p->rt);
    p->started = false;
    if (p->rt_init)
        woad_runtime_deinit(&p->rt);
    p->rt_init = false;
}

/* The scheduler forgets a node by running it: if it is still in the queue, it has to run first. */
static void unschedule(struct mpw_pump *p)
{
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    mp_sched_node_t **at = &MP_STATE_VM(sched_head), *last = NULL;
    while (*at && *at != &p->node) {
        last = *at;
        at = &(*at)->next;
    }
    if (*at) {
        *at = p->node.next;
        if (MP_STATE_VM(sched_tail) == &p->node)
            MP_STATE_VM(sched_tail) = last;
    }
    MICROPY_END_ATOMIC_SECTION(state);
}

void mpw_pump_deinit(struct mpw *m)
{
    struct mpw_pump *p = m->pump;
    give_interrupts_back();
    m->pump = NULL;
    unschedule(p);
    if (p->event_fd >= 0)
        close(p->event_fd);
    if (p->uri_open)
        woad_uri_deinit(&p->uri);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->watch);
    pthread_cond_destroy(&p->ran);
    pthread_cond_destroy(&p->changed);
    MPW_FREE(p);
}
