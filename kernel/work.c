#include <stddef.h>

#include "woad/kernel.h"

void woad_workq_init(struct woad_workq *q, struct woad_kernel *k, woad_wake_fn *wake,
                     void *wake_arg)
{
    *q = (struct woad_workq){.kernel = k, .wake = wake, .wake_arg = wake_arg};
}

void woad_work_init(struct woad_work *work, void (*fn)(struct woad_work *work))
{
    *work = (struct woad_work){.fn = fn};
}

void woad_delayed_init(struct woad_delayed *d, void (*fn)(struct woad_work *work))
{
    *d = (struct woad_delayed){.work = {.fn = fn}};
}

/* Called locked. */
static bool append(struct woad_workq *q, struct woad_work *work)
{
    if (work->queued)
        return false;
    work->queued = true;
    work->next = NULL;
    if (q->tail)
        q->tail->next = work;
    else
        q->head = work;
    q->tail = work;
    return true;
}

/* Called locked. */
static bool remove_queued(struct woad_workq *q, struct woad_work *work)
{
    if (!work->queued)
        return false;
    struct woad_work *before = NULL;
    for (struct woad_work *w = q->head; w != work; w = w->next)
        before = w;
    if (before)
        before->next = work->next;
    else
        q->head = work->next;
    if (q->tail == work)
        q->tail = before;
    work->queued = false;
    woad_kernel_notify(q->kernel, q);
    return true;
}

static void wake(struct woad_workq *q)
{
    if (q->wake)
        q->wake(q->wake_arg);
}

bool woad_work_submit(struct woad_workq *q, struct woad_work *work)
{
    woad_kernel_lock(q->kernel);
    bool added = append(q, work);
    woad_kernel_unlock(q->kernel);
    if (added)
        wake(q);
    return added;
}

bool woad_work_cancel(struct woad_workq *q, struct woad_work *work)
{
    woad_kernel_lock(q->kernel);
    bool removed = remove_queued(q, work);
    woad_kernel_unlock(q->kernel);
    return removed;
}

int woad_work_flush(struct woad_workq *q, struct woad_work *work, woad_time timeout_us)
{
    struct woad_kernel *k = q->kernel;
    woad_time deadline_us = woad_kernel_deadline(k, timeout_us);
    int err = 0;
    woad_kernel_lock(k);
    while ((work->queued || q->running == work) && !err)
        err = timeout_us ? woad_kernel_wait(k, q, deadline_us) : WOAD_ERR_AGAIN;
    woad_kernel_unlock(k);
    return err;
}

void woad_delayed_schedule(struct woad_workq *q, struct woad_delayed *d, woad_time delay_us)
{
    woad_time at = woad_kernel_deadline(q->kernel, delay_us);
    woad_kernel_lock(q->kernel);
    woad_timer_arm(&q->timers, &d->timer, at);
    woad_kernel_unlock(q->kernel);
    wake(q);
}

bool woad_delayed_cancel(struct woad_workq *q, struct woad_delayed *d)
{
    woad_kernel_lock(q->kernel);
    bool armed = d->timer.armed;
    woad_timer_cancel(&q->timers, &d->timer);
    bool queued = remove_queued(q, &d->work);
    woad_kernel_unlock(q->kernel);
    return armed || queued;
}

/* Moves what is due to the queue. Called locked. */
static void expire(struct woad_workq *q, woad_time now_us)
{
    struct woad_timer *t;
    while ((t = woad_timer_pop(&q->timers, now_us))) {
        uint8_t *d = (uint8_t *)t - offsetof(struct woad_delayed, timer);
        append(q, (void *)(d + offsetof(struct woad_delayed, work)));
    }
}

woad_time woad_workq_run(struct woad_workq *q, woad_time now_us)
{
    struct woad_kernel *k = q->kernel;
    woad_kernel_lock(k);
    expire(q, now_us);
    /* Bounded by their number: an item that submits itself is run once per call. */
    unsigned count = 0;
    for (struct woad_work *w = q->head; w; w = w->next)
        count++;
    while (count-- && q->head) {
        struct woad_work *work = q->head;
        q->head = work->next;
        if (!q->head)
            q->tail = NULL;
        work->queued = false;
        q->running = work;
        void (*fn)(struct woad_work *) = work->fn;
        woad_kernel_unlock(k);
        fn(work);
        woad_kernel_lock(k);
        q->running = NULL;
        woad_kernel_notify(k, q);
    }
    woad_time next = q->head ? now_us : woad_timer_next(&q->timers);
    woad_kernel_unlock(k);
    return next;
}
