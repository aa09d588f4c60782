/* woad/mailbox.h: messages from any context to one owner.
 *
 *      thread, thread, interrupt:  woad_mailbox_post(&box, &msg)
 *                                          |  (lock-free, bounded, never fails)
 *                                          v
 *      the owner, in its loop:     woad_mailbox_drain(&box)  ->  msg->fn(msg), oldest first
 *
 * A message is intrusive and belongs to its sender; it may be posted again, freed or reused from
 * the moment its fn is called. Order: messages of one sender arrive in the order in which they were
 * posted. What the sender wrote before post() is seen by fn.
 */
#ifndef WOAD_MAILBOX_H
#define WOAD_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "woad/time.h"

struct woad_msg {
    struct woad_msg *next;
    void (*fn)(struct woad_msg *msg); /* called by the owner */
};

/* Zero-initialised is empty and wakes nobody. */
struct woad_mailbox {
    _Atomic(struct woad_msg *) newest;
    woad_wake_fn *wake; /* called after a post; callable from where posts come from */
    void *wake_arg;
};

void woad_mailbox_init(struct woad_mailbox *box, woad_wake_fn *wake, void *wake_arg);

/* Takes msg until its fn is called. Any context, also interrupts. */
void woad_mailbox_post(struct woad_mailbox *box, struct woad_msg *msg);

/* Calls fn of every message posted up to now and returns how many. Messages posted by them wait for
 * the next call, so that it is bounded. The owner only. */
size_t woad_mailbox_drain(struct woad_mailbox *box);

/* True when nothing is waiting. Any context; a hint except in the owner's. */
bool woad_mailbox_empty(struct woad_mailbox *box);

#endif
