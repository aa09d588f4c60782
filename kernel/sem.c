/* Semaphore and mutex: a condition under the kernel's lock. */
#include "woad/config.h"
#include "woad/kernel.h"

void woad_sem_init(struct woad_sem *sem, struct woad_kernel *k, unsigned count)
{
    *sem = (struct woad_sem){.kernel = k, .count = count};
}

void woad_sem_give(struct woad_sem *sem)
{
    struct woad_kernel *k = sem->kernel;
    woad_kernel_lock(k);
    sem->count++;
    woad_kernel_notify(k, sem);
    woad_kernel_unlock(k);
}

/* Waits once, or says why not. Called locked. */
static int wait_once(struct woad_kernel *k, const void *what, woad_time timeout_us,
                     woad_time deadline_us)
{
    return timeout_us ? woad_kernel_wait(k, what, deadline_us) : WOAD_ERR_AGAIN;
}

int woad_sem_take(struct woad_sem *sem, woad_time timeout_us)
{
    struct woad_kernel *k = sem->kernel;
    woad_time deadline_us = woad_kernel_deadline(k, timeout_us);
    int err = 0;
    woad_kernel_lock(k);
    while (!sem->count && !err)
        err = wait_once(k, sem, timeout_us, deadline_us);
    if (sem->count) { /* also when it was given in the last moment of a wait that failed */
        sem->count--;
        err = 0;
    }
    woad_kernel_unlock(k);
    return err;
}

unsigned woad_sem_count(struct woad_sem *sem)
{
    woad_kernel_lock(sem->kernel);
    unsigned count = sem->count;
    woad_kernel_unlock(sem->kernel);
    return count;
}

void woad_mutex_init(struct woad_mutex *m, struct woad_kernel *k)
{
    *m = (struct woad_mutex){.kernel = k};
}

int woad_mutex_lock(struct woad_mutex *m, woad_time timeout_us)
{
    struct woad_kernel *k = m->kernel;
    woad_time deadline_us = woad_kernel_deadline(k, timeout_us);
    uintptr_t self = k->ops->self(k);
    int err = 0;
    woad_kernel_lock(k);
    if (m->holder == self)
        err = WOAD_ERR_STATE;
    while (m->holder && !err)
        err = wait_once(k, m, timeout_us, deadline_us);
    if (!m->holder) {
        m->holder = self;
        err = 0;
    }
    woad_kernel_unlock(k);
    return err;
}

void woad_mutex_unlock(struct woad_mutex *m)
{
    struct woad_kernel *k = m->kernel;
    woad_kernel_lock(k);
    WOAD_ASSERT(m->holder == k->ops->self(k));
    m->holder = 0;
    woad_kernel_notify(k, m);
    woad_kernel_unlock(k);
}
