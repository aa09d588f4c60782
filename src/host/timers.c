/* Timers of the host: a delay asked for outside run() starts at the next run(). */
#include "host_priv.h"

void woad_host_timer_init(struct woad_host *h, struct host_timer *t,
                          void (*fn)(struct woad_timer *))
{
    *t = (struct host_timer){.h = h, .t.fn = fn};
}

static void unlink_unarmed(struct host_timer *t)
{
    struct host_timer **at = &t->h->unarmed;
    while (*at && *at != t)
        at = &(*at)->next_unarmed;
    if (*at)
        *at = t->next_unarmed;
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
    if (h->running) {
        woad_host_timer_stop(t);
        woad_timer_arm(&h->timers, &t->t, woad_time_add(h->now, delay_us));
        return;
    }
    if (t->t.armed)
        woad_timer_cancel(&h->timers, &t->t);
    t->delay_us = delay_us;
    if (t->unarmed)
        return;
    t->unarmed = true;
    t->next_unarmed = h->unarmed;
    h->unarmed = t;
    woad_host_kick(h);
}

bool woad_host_timer_on(const struct host_timer *t)
{
    return t->unarmed || t->t.armed;
}

void woad_host_timers_arm(struct woad_host *h)
{
    struct host_timer *t;
    while ((t = h->unarmed)) {
        h->unarmed = t->next_unarmed;
        t->unarmed = false;
        woad_timer_arm(&h->timers, &t->t, woad_time_add(h->now, t->delay_us));
    }
}
