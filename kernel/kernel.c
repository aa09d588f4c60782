#include "woad/kernel.h"

woad_time woad_kernel_now(struct woad_kernel *k)
{
    return k->ops->now(k);
}

void woad_kernel_lock(struct woad_kernel *k)
{
    k->ops->lock(k);
}

void woad_kernel_unlock(struct woad_kernel *k)
{
    k->ops->unlock(k);
}

woad_time woad_kernel_deadline(struct woad_kernel *k, woad_time timeout_us)
{
    return timeout_us == WOAD_TIME_NEVER ? timeout_us : woad_time_add(k->ops->now(k), timeout_us);
}

int woad_kernel_wait(struct woad_kernel *k, const void *what, woad_time deadline_us)
{
    if (!k->ops->may_wait(k))
        return WOAD_ERR_STATE;
    if (k->ops->now(k) >= deadline_us)
        return WOAD_ERR_TIMEOUT;
    return k->ops->wait(k, what, deadline_us);
}

void woad_kernel_notify(struct woad_kernel *k, const void *what)
{
    k->ops->notify(k, what);
}

bool woad_kernel_may_wait(struct woad_kernel *k)
{
    return k->ops->may_wait(k);
}

void woad_kernel_post(struct woad_kernel *k, struct woad_msg *msg)
{
    woad_mailbox_post(&k->mailbox, msg);
}

struct call {
    struct woad_msg msg; /* first */
    struct woad_kernel *kernel;
    void (*fn)(void *arg);
    void *arg;
    bool done;
};

static void call_in_owner(struct woad_msg *msg)
{
    struct call *c = (void *)msg;
    struct woad_kernel *k = c->kernel;
    c->fn(c->arg);
    k->ops->lock(k);
    c->done = true;
    k->ops->notify(k, c);
    k->ops->unlock(k); /* the caller may return from here on: c is gone */
}

void woad_kernel_call(struct woad_kernel *k, void (*fn)(void *arg), void *arg)
{
    if (k->ops->owns(k)) {
        fn(arg);
        return;
    }
    struct call c = {.msg = {.fn = call_in_owner}, .kernel = k, .fn = fn, .arg = arg};
    woad_mailbox_post(&k->mailbox, &c.msg);
    k->ops->lock(k);
    /* No error ends this wait early: c is in the owner's hands. A thread that does not own has no
     * pump that could fail. */
    while (!c.done)
        (void)k->ops->wait(k, &c, WOAD_TIME_NEVER);
    k->ops->unlock(k);
}
