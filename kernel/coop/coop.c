#include "woad/coop.h"

#include "woad/config.h"

static struct woad_coop *coop_of(struct woad_kernel *k)
{
    return (void *)k; /* its first member */
}

static woad_time now(struct woad_kernel *k)
{
    struct woad_coop *c = coop_of(k);
    return c->cfg.now(c->cfg.arg);
}

static void lock(struct woad_kernel *k)
{
    struct woad_coop *c = coop_of(k);
    if (c->cfg.irq_lock)
        c->cfg.irq_lock(c->cfg.arg);
}

static void unlock(struct woad_kernel *k)
{
    struct woad_coop *c = coop_of(k);
    if (c->cfg.irq_unlock)
        c->cfg.irq_unlock(c->cfg.arg);
}

static int wait(struct woad_kernel *k, const void *what, woad_time deadline_us)
{
    struct woad_coop *c = coop_of(k);
    (void)what; /* one turn, whatever for: the caller tests again */
    c->wait_until = deadline_us;
    unlock(k);
    int err = c->cfg.pump(c->cfg.arg, deadline_us);
    lock(k);
    c->wait_until = WOAD_TIME_NEVER;
    return err < 0 ? err : 0;
}

static void notify(struct woad_kernel *k, const void *what)
{
    struct woad_coop *c = coop_of(k);
    (void)what;
    /* Inside the pump's own turn the wait tests again before it sleeps; from outside (an interrupt)
     * a sleep may have to end. */
    if (c->cfg.wake)
        c->cfg.wake(c->cfg.arg);
}

static bool owns(struct woad_kernel *k)
{
    (void)k;
    return true;
}

static bool may_wait(struct woad_kernel *k)
{
    struct woad_coop *c = coop_of(k);
    return !c->depth && c->wait_until == WOAD_TIME_NEVER;
}

static uintptr_t self(struct woad_kernel *k)
{
    (void)k;
    return 1;
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

void woad_coop_init(struct woad_coop *c, const struct woad_coop_cfg *cfg)
{
    *c = (struct woad_coop){.kernel = {.ops = &ops}, .cfg = *cfg, .wait_until = WOAD_TIME_NEVER};
    woad_mailbox_init(&c->kernel.mailbox, cfg->wake, cfg->arg);
}

void woad_coop_enter(struct woad_coop *c)
{
    c->depth++;
}

void woad_coop_leave(struct woad_coop *c)
{
    WOAD_ASSERT(c->depth > 0);
    c->depth--;
}
