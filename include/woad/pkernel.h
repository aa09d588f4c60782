/* woad/pkernel.h: the kernel of POSIX threads. A wait sleeps on a condition variable.
 *
 * The owner is the thread that called woad_pkernel_own(); it may not wait (rule 3 of
 * woad/kernel.h) and drains the mailbox. Time is CLOCK_MONOTONIC. Not for signal handlers.
 */
#ifndef WOAD_PKERNEL_H
#define WOAD_PKERNEL_H

#include <pthread.h>
#include <stdatomic.h>

#include "woad/kernel.h"

#define WOAD_PKERNEL_CONDS 16u

struct woad_pkernel {
    struct woad_kernel kernel;
    pthread_mutex_t mutex;
    pthread_cond_t conds[WOAD_PKERNEL_CONDS]; /* waits are spread over them by what they wait for */
    atomic_uintptr_t owner;                   /* 0 = nobody */
};

/* wake(wake_arg) tells the owner that the mailbox has something; from any thread. */
int woad_pkernel_init(struct woad_pkernel *p, woad_wake_fn *wake, void *wake_arg) WOAD_MUST_USE;
void woad_pkernel_deinit(struct woad_pkernel *p);

/* Makes the calling thread the owner, or with own false nobody. */
void woad_pkernel_own(struct woad_pkernel *p, bool own);

#endif
