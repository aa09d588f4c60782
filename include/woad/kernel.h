/* woad/kernel.h: time, waiting and work for applications and adapters.
 *
 * The engines of woad need nothing of this: they are pumped. It is for the code around them that
 * wants to wait, to be called from several threads, or to run something later.
 *
 *      application threads, adapters, blocking calls (woad/stream.h)
 *      ----------------------------------------------------------------
 *      work, delayable work | semaphore | mutex | calls to the owner     kernel/
 *      ----------------------------------------------------------------
 *      struct woad_kernel: now, lock, wait, notify                       a back end
 *        coop     one thread; a wait pumps the engine (woad/coop.h)
 *        pthread  any threads; a wait sleeps (woad/pkernel.h)
 *
 * A kernel is an instance; both kinds may live in one process. Each has one *owner*: the context
 * that pumps the engines. Everybody else reaches these through the mailbox.
 *
 * Rules
 * 1. One lock, and conditions tested under it: a change and its test cannot pass each other, so no
 *    wake is lost. The lock is held for a few instructions and never while calling out.
 * 2. What is signalled is counted (semaphores), not flagged: two gives are two takes.
 * 3. The owner never waits. A wait that would need the pump that is calling it - inside an event,
 *    a work item, a mailbox call - answers WOAD_ERR_STATE at once: waits are never nested, so an
 *    event that somebody waits for always finds a pump that is free to deliver it.
 * 4. A wait has a timeout in microseconds: 0 does not wait (AGAIN when it would have to),
 *    WOAD_TIME_NEVER waits for ever. TIMEOUT says that the time is over; nothing was taken.
 * 5. Errors of the pump itself (an interrupted program, a world that has ended) come out of the
 *    wait that ran it.
 *
 * Atomics are those of C11 <stdatomic.h>; a ring without locks is woad/spsc.h.
 *
 *     struct woad_sem sem;
 *     woad_sem_init(&sem, kernel, 0);
 *     ... in an event: woad_sem_give(&sem);
 *     err = woad_sem_take(&sem, WOAD_MS(500));
 */
#ifndef WOAD_KERNEL_H
#define WOAD_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "woad/err.h"
#include "woad/mailbox.h"
#include "woad/time.h"
#include "woad/timer.h"

struct woad_kernel;

/* What a back end implements. */
struct woad_kernel_ops {
    woad_time (*now)(struct woad_kernel *k);
    /* The critical section: short, not nested. */
    void (*lock)(struct woad_kernel *k);
    void (*unlock)(struct woad_kernel *k);
    /* Called locked: unlocks, waits until notify(what) or the deadline or, earlier, for no reason;
     * locks again. Negative: the pump failed. The caller tests its condition and the time again. */
    int (*wait)(struct woad_kernel *k, const void *what, woad_time deadline_us);
    /* Called locked: ends every wait for what. */
    void (*notify)(struct woad_kernel *k, const void *what);
    bool (*owns)(struct woad_kernel *k);      /* the caller is in the owner's context */
    bool (*may_wait)(struct woad_kernel *k);  /* the caller is outside the pump (rule 3) */
    uintptr_t (*self)(struct woad_kernel *k); /* names the calling thread; not 0 */
};

struct woad_kernel {
    const struct woad_kernel_ops *ops;
    struct woad_mailbox mailbox; /* calls for the owner, which drains it once per turn */
};

/* Any context. */
woad_time woad_kernel_now(struct woad_kernel *k);

/* The critical section. Any thread; with coop and its irq hooks also an interrupt. */
void woad_kernel_lock(struct woad_kernel *k);
void woad_kernel_unlock(struct woad_kernel *k);

/* now + timeout_us, NEVER for NEVER. */
woad_time woad_kernel_deadline(struct woad_kernel *k, woad_time timeout_us);

/* For conditions of one's own. Called locked, in a loop that tests the condition:
 *
 *     woad_kernel_lock(k);
 *     while (!condition && !err)
 *         err = woad_kernel_wait(k, &condition, deadline_us);
 *     woad_kernel_unlock(k);
 *
 * 0: look again; TIMEOUT: the deadline has passed; STATE: rule 3; others: rule 5. Whoever makes the
 * condition true does so locked and calls woad_kernel_notify(k, &condition). */
int woad_kernel_wait(struct woad_kernel *k, const void *what, woad_time deadline_us) WOAD_MUST_USE;
void woad_kernel_notify(struct woad_kernel *k, const void *what);

/* False inside the pump: a call with a timeout other than 0 would answer STATE. */
bool woad_kernel_may_wait(struct woad_kernel *k);

/* Runs fn(arg) in the owner's context and returns when it has returned: directly when the caller is
 * there, else through the mailbox. The owner must be running. Any thread. */
void woad_kernel_call(struct woad_kernel *k, void (*fn)(void *arg), void *arg);

/* Has msg->fn called by the owner soon. Any context. */
void woad_kernel_post(struct woad_kernel *k, struct woad_msg *msg);

/* ---- semaphore: counts -------------------------------------------------------------------- */
struct woad_sem {
    struct woad_kernel *kernel;
    unsigned count;
};

void woad_sem_init(struct woad_sem *sem, struct woad_kernel *k, unsigned count);
/* Any thread; with coop and its irq hooks also an interrupt. */
void woad_sem_give(struct woad_sem *sem);
int woad_sem_take(struct woad_sem *sem, woad_time timeout_us) WOAD_MUST_USE;
unsigned woad_sem_count(struct woad_sem *sem);

/* ---- mutex: held by a thread, not recursive ----------------------------------------------- */
struct woad_mutex {
    struct woad_kernel *kernel;
    uintptr_t holder; /* 0 = free */
};

void woad_mutex_init(struct woad_mutex *m, struct woad_kernel *k);
/* STATE also when the calling thread holds it already: waiting would never end. */
int woad_mutex_lock(struct woad_mutex *m, woad_time timeout_us) WOAD_MUST_USE;
void woad_mutex_unlock(struct woad_mutex *m); /* by its holder: asserted */

/* ---- work: functions to be run by whoever runs the queue ----------------------------------
 * An item is queued at most once; submitting it while it is queued changes nothing, while it runs
 * queues it again. fn runs without the lock and may submit, cancel and free any item, also its own.
 */
struct woad_work {
    struct woad_work *next;
    void (*fn)(struct woad_work *work);
    bool queued;
};

struct woad_delayed {
    struct woad_work work; /* first: fn gets &delayed->work */
    struct woad_timer timer;
};

struct woad_workq {
    struct woad_kernel *kernel;
    struct woad_work *head;
    struct woad_work *tail;
    struct woad_work *running;
    struct woad_timer_queue timers;
    woad_wake_fn *wake; /* asks for a run */
    void *wake_arg;
};

void woad_workq_init(struct woad_workq *q, struct woad_kernel *k, woad_wake_fn *wake,
                     void *wake_arg);
/* Runs what is queued or due now; items submitted meanwhile wait for the next run. Returns the next
 * deadline. One context at a time. */
woad_time woad_workq_run(struct woad_workq *q, woad_time now_us);

void woad_work_init(struct woad_work *work, void (*fn)(struct woad_work *work));
/* Any thread. False: it was queued already. */
bool woad_work_submit(struct woad_workq *q, struct woad_work *work);
/* Any thread. True: it was queued and will not run; false: it was not (it may be running). */
bool woad_work_cancel(struct woad_workq *q, struct woad_work *work);
/* Waits until work is neither queued nor running. */
int woad_work_flush(struct woad_workq *q, struct woad_work *work,
                    woad_time timeout_us) WOAD_MUST_USE;

void woad_delayed_init(struct woad_delayed *d, void (*fn)(struct woad_work *work));
/* Any thread. Submits d after delay_us; a delay that runs already begins anew. */
void woad_delayed_schedule(struct woad_workq *q, struct woad_delayed *d, woad_time delay_us);
/* Any thread. True: it was waiting or queued and will not run. */
bool woad_delayed_cancel(struct woad_workq *q, struct woad_delayed *d);

#endif
