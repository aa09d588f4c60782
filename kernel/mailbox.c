#include "woad/mailbox.h"

/* A stack that senders push onto and the owner takes whole: nobody but the owner removes, so a
 * node cannot come back between a sender's read and its exchange with a stale next. */

void woad_mailbox_init(struct woad_mailbox *box, woad_wake_fn *wake, void *wake_arg)
{
    atomic_init(&box->newest, NULL);
    box->wake = wake;
    box->wake_arg = wake_arg;
}

void woad_mailbox_post(struct woad_mailbox *box, struct woad_msg *msg)
{
    struct woad_msg *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);
    do {
        msg->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, msg,
                                                    memory_order_release, memory_order_relaxed));
    /* msg may be gone from here on */
    if (box->wake)
        box->wake(box->wake_arg);
}

size_t woad_mailbox_drain(struct woad_mailbox *box)
{
    struct woad_msg *newest = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
    struct woad_msg *oldest = NULL;
    size_t count = 0;
    while (newest) {
        struct woad_msg *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    for (; oldest; count++) {
        struct woad_msg *msg = oldest;
        oldest = msg->next;
        msg->fn(msg);
    }
    return count;
}

bool woad_mailbox_empty(struct woad_mailbox *box)
{
    return !atomic_load_explicit(&box->newest, memory_order_relaxed);
}
