#include "woad/pkernel.h"

#include <errno.h>
#include <time.h>

static struct woad_pkernel *pkernel_of(struct woad_kernel *k)
{
    return (void *)k; /* its first member */
}

static woad_time now(struct woad_kernel *k)
{
    (void)k;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return WOAD_S(ts.tv_sec) + (woad_time)ts.tv_nsec / 1000;
}

static void lock(struct woad_kernel *k)
{
    pthread_mutex_lock(&pkernel_of(k)->mutex);
}

static void unlock(struct woad_kernel *k)
{
    pthread_mutex_unlock(&pkernel_of(k)->mutex);
}

static pthread_cond_t *cond_of(struct woad_kernel *k, const void *what)
{
    uintptr_t bits = (uintptr_t)what / sizeof(void *);
    return &pkernel_of(k)->conds[(bits ^ bits >> 6) % WOAD_PKERNEL_CONDS];
}

static int wait(struct woad_kernel *k, const void *what, woad_time deadline_us)
{
    struct woad_pkernel *p = pkernel_of(k);
    if (deadline_us == WOAD_TIME_NEVER) {
        pthread_cond_wait(cond_of(k, what), &p->mutex);
        return 0;
    }
    struct timespec until = {
        .tv_sec = (time_t)(deadline_us / WOAD_S(1)),
        .tv_nsec = (long)(deadline_us % WOAD_S(1)) * 1000,
    };
    pthread_cond_timedwait(cond_of(k, what), &p->mutex, &until);
    return 0; /* the caller tests its condition before the time */
}

static void notify(struct woad_kernel *k, const void *what)
{
    pthread_cond_broadcast(cond_of(k, what));
}

static uintptr_t self(struct woad_kernel *k)
{
    (void)k;
    return (uintptr_t)pthread_self();
}

static bool owns(struct woad_kernel *k)
{
    return atomic_load_explicit(&pkernel_of(k)->owner, memory_order_relaxed) == self(k);
}

static bool may_wait(struct woad_kernel *k)
{
    return !owns(k);
}

static const struct woad_kernel_ops ops = {
    .now = now,
    .lock = lock,
    .unlock = unlock,
    .wait = wait,
    .notify = notify,
    .owns = owns,
    .may_wait = may_wait,
    .self = self,
};

static int init_conds(struct woad_pkernel *p)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr))
        return WOAD_ERR_NO_MEM;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    unsigned made = 0;
    while (made < WOAD_PKERNEL_CONDS && !pthread_cond_init(&p->conds[made], &attr))
        made++;
    pthread_condattr_destroy(&attr);
    if (made == WOAD_PKERNEL_CONDS)
        return 0;
    while (made--)
        pthread_cond_destroy(&p->conds[made]);
    return WOAD_ERR_NO_MEM;
}

int woad_pkernel_init(struct woad_pkernel *p, woad_wake_fn *wake, void *wake_arg)
{
    p->kernel.ops = &ops;
    woad_mailbox_init(&p->kernel.mailbox, wake, wake_arg);
    atomic_init(&p->owner, 0);
    if (pthread_mutex_init(&p->mutex, NULL))
        return WOAD_ERR_NO_MEM;
    int err = init_conds(p);
    if (err)
        pthread_mutex_destroy(&p->mutex);
    return err;
}

void woad_pkernel_deinit(struct woad_pkernel *p)
{
    for (unsigned i = 0; i < WOAD_PKERNEL_CONDS; i++)
        pthread_cond_destroy(&p->conds[i]);
    pthread_mutex_destroy(&p->mutex);
}

void woad_pkernel_own(struct woad_pkernel *p, bool own)
{
    atomic_store_explicit(&p->owner, own ? self(&p->kernel) : 0, memory_order_relaxed);
}
