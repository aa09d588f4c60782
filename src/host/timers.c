/* Timers of the host: a delay asked for outside run() starts at the next run(). */
#include "host_priv.h"

void woad_host_timer_init(struct woad_host *h, struct host_timer *t,
                          void (*fn)(struct woad_timer *))
{
    *t = (struct host_timer){.h = h, .t.fn = fn};
}

static void unlink_unarmed(struct host_timer *t)
{
    struct woad_timer **at = &t->h->unarmed;
    while (*at != &t->t)
        at = &(*at)->sibling;
    *at = t->t.sibling;
    t->t.sibling = NULL;
    t->unarmed = false;
}

void woad_host_timer_stop(struct host_timer *t)
{
    if (t->unarmed)
        unlink_unarmed(t);
    if (t->t.armed)
        woad_timer_cancel(&t->h->timers, &t->t);
}

void woad_host_timer_after(struct host_timer *t, uint64_t delay_us)
{
    struct woad_host *h = t->h;
    woad_host_timer_stop(t);
    if (h->running) {
        woad_timer_arm(&h->timers, &t->t, woad_time_add(h->now, delay_us));
        return;
    }
    t->unarmed = true;
    t->t.deadline_us = delay_us;
    t->t.sibling = h->unarmed;
    h->unarmed = &t->t;
    woad_host_kick(h);
}

void woad_host_timers_arm(struct woad_host *h)
{
    struct woad_timer *t;
    while ((t = h->unarmed)) {
        h->unarmed = t->sibling;
        HOST_OWNER(t, struct host_timer, t)->unarmed = false;
        woad_timer_arm(&h->timers, t, woad_time_add(h->now, t->deadline_us));
    }
}
