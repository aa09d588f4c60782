/* woad/timer.h: a queue of deadlines.
 *
 * Timers are intrusive (no memory of the queue's own) and kept as a pairing heap: arming is O(1),
 * the earliest is found in O(1), removal costs O(log n) amortised. Timers of equal deadline fire in
 * the order in which they were armed, so that runs repeat. One owner at a time.
 *
 *     woad_timer_arm(&q, &t, deadline_us);
 *     ...
 *     while ((t = woad_timer_pop(&q, now_us)))
 *         t->fn(t);
 */
#ifndef WOAD_TIMER_H
#define WOAD_TIMER_H

#include <stdbool.h>

#include "woad/time.h"

struct woad_timer {
    struct woad_timer *child;
    struct woad_timer *sibling;
    struct woad_timer
        *prev; /* parent of a first child, else the sibling before; NULL at the root */
    uint32_t order; /* of arming, among equal deadlines; wraps */
    woad_time deadline_us;
    void (*fn)(struct woad_timer *t); /* for whoever pops it; not called by the queue */
    bool armed;
};

/* Zero-initialised is empty. */
struct woad_timer_queue {
    struct woad_timer *root;
    uint32_t order;
};

/* Arms t for deadline_us; an armed timer is moved. WOAD_TIME_NEVER disarms. */
void woad_timer_arm(struct woad_timer_queue *q, struct woad_timer *t, woad_time deadline_us);

/* Takes t out; harmless when it is not armed. */
void woad_timer_cancel(struct woad_timer_queue *q, struct woad_timer *t);

/* The earliest deadline, WOAD_TIME_NEVER when empty. */
woad_time woad_timer_next(const struct woad_timer_queue *q);

/* Takes out and returns the earliest timer whose deadline is <= now_us, or NULL. */
struct woad_timer *woad_timer_pop(struct woad_timer_queue *q, woad_time now_us);

#endif
