/* woad/coop.h: the kernel of one thread. A wait pumps the engine, one turn at a time.
 *
 *     static int pump(void *arg, woad_time until_us)
 *     {
 *         woad_time next = woad_host_run(h, now()); ... rx, tx ...
 *         sleep until min(next, until_us), a packet, or wake(); not at all when wake() came
 *         return 0;                                     since the turn began
 *     }
 *     woad_coop_init(&coop, &(struct woad_coop_cfg){.now = now, .pump = pump, .wake = wake});
 *
 * The last words of that comment are the sleep race. An interrupt that gives a semaphore between
 * the wait's test and the sleep calls wake(); a pump that forgets it there sleeps on the event it
 * was to be woken by. woad/runtime.h holds a pump for POSIX that does it right.
 *
 * The pump marks the part of its turn in which engines run and events are delivered:
 * woad_coop_enter() ... woad_coop_leave(). There a wait is refused (rule 3 of woad/kernel.h).
 *
 * Other threads may do one thing only: post to the mailbox. Interrupts also lock, give and notify
 * when the irq hooks are set.
 */
#ifndef WOAD_COOP_H
#define WOAD_COOP_H

#include "woad/kernel.h"

struct woad_coop_cfg {
    woad_time (*now)(void *arg);
    /* One turn; sleeps at most until until_us. Negative: ends the wait with this error. */
    int (*pump)(void *arg, woad_time until_us);
    woad_wake_fn *wake;          /* ends a sleep of the pump; from any context. May be NULL when
                                    the pump never sleeps */
    void (*irq_lock)(void *arg); /* NULL: no interrupt touches this kernel */
    void (*irq_unlock)(void *arg);
    void *arg; /* of all of these */
};

struct woad_coop {
    struct woad_kernel kernel;
    struct woad_coop_cfg cfg;
    unsigned depth;       /* of enter(); waits are refused when it is not 0 */
    woad_time wait_until; /* deadline of the wait under way, NEVER if there is none: the pump's own
                             sleep ends no later, also when somebody else runs the turn */
};

void woad_coop_init(struct woad_coop *c, const struct woad_coop_cfg *cfg);
void woad_coop_enter(struct woad_coop *c);
void woad_coop_leave(struct woad_coop *c);

#endif
