/* Calls that wait: their places, their waits and the events for them. */
#include "sync_priv.h"

#include <string.h>

#define GRACE_US WOAD_S(5) /* for the end of what was cancelled: longer than the host allows it */

void woad_sync_init(struct woad_sync *s, struct woad_kernel *k, struct woad_host *h)
{
    memset(s, 0, sizeof(*s));
    s->kernel = k;
    s->host = h;
}

void woad_sync_set_event(struct woad_sync *s, woad_host_event_fn *fn, void *arg)
{
    woad_kernel_lock(s->kernel);
    s->event = fn;
    s->event_arg = arg;
    woad_kernel_unlock(s->kernel);
}

struct woad_sync_why woad_sync_why(struct woad_sync *s)
{
    woad_kernel_lock(s->kernel);
    struct woad_sync_why why = s->why;
    woad_kernel_unlock(s->kernel);
    return why;
}

/* ---- places ---------------------------------------------------------------------------------- */

struct woad_sync_call *woad_sync_take(struct woad_sync *s, woad_time timeout_us, int *err)
{
    struct woad_sync_call *c = NULL;
    *err = !timeout_us ? WOAD_ERR_INVALID : woad_kernel_may_wait(s->kernel) ? 0 : WOAD_ERR_STATE;
    if (*err)
        return NULL;
    woad_kernel_lock(s->kernel);
    for (unsigned i = 0; i < WOAD_SYNC_CALLS && !c; i++)
        if (!s->calls[i].used)
            c = &s->calls[i];
    if (c)
        c->used = true;
    woad_kernel_unlock(s->kernel);
    *err = c ? 0 : WOAD_ERR_NO_MEM;
    if (!c)
        return NULL;
    /* All but used and active, which others look at. It is inactive. */
    c->sync = s;
    c->finished = c->abandoned = c->ended = false;
    c->conn = WOAD_CONN_NONE;
    c->why = (struct woad_sync_why){0};
    c->on_event = NULL;
    c->args = c->to = NULL;
    c->size = c->count = 0;
    c->timeout_us = timeout_us;
    c->op = (struct woad_gattc_op){0};
    return c;
}

void woad_sync_give(struct woad_sync_call *c)
{
    struct woad_kernel *k = c->sync->kernel;
    woad_kernel_lock(k);
    if (c->why.err < 0 && !c->abandoned)
        c->sync->why = c->why;
    c->used = false;
    woad_kernel_unlock(k);
}

/* ---- waiting --------------------------------------------------------------------------------- */

void woad_sync_finish(struct woad_sync_call *c, int err)
{
    struct woad_kernel *k = c->sync->kernel;
    c->active = false;
    c->why.err = err;
    if (c->abandoned) {
        woad_sync_give(c);
        return;
    }
    woad_kernel_lock(k);
    c->finished = true;
    woad_kernel_notify(k, c);
    woad_kernel_unlock(k); /* the caller may return from here on */
}

static void start_in_owner(void *arg)
{
    struct woad_sync_call *c = arg;
    c->active = true;
    int err = c->start(c);
    if (err < 0)
        woad_sync_finish(c, err);
}

/* Time is over. */
static void end_in_owner(void *arg)
{
    struct woad_sync_call *c = arg;
    if (c->finished || c->ended)
        return;
    c->ended = true;
    c->end(c);
}

/* Nobody waits any more. */
static void abandon_in_owner(void *arg)
{
    struct woad_sync_call *c = arg;
    end_in_owner(c);
    if (c->finished) {
        woad_sync_give(c);
        return;
    }
    c->abandoned = true;
    c->to = c->args = NULL;
}

static int wait_for(struct woad_sync_call *c, woad_time timeout_us)
{
    struct woad_kernel *k = c->sync->kernel;
    woad_time deadline_us = woad_kernel_deadline(k, timeout_us);
    int err = 0;
    woad_kernel_lock(k);
    while (!c->finished && !err)
        err = woad_kernel_wait(k, c, deadline_us);
    if (c->finished)
        err = 0;
    woad_kernel_unlock(k);
    return err;
}

int woad_sync_run(struct woad_sync_call *c, bool *gone)
{
    struct woad_kernel *k = c->sync->kernel;
    woad_kernel_call(k, start_in_owner, c);
    int err = wait_for(c, c->timeout_us);
    bool late = err == WOAD_ERR_TIMEOUT;
    if (late) {
        woad_kernel_call(k, end_in_owner, c);
        err = wait_for(c, GRACE_US);
    }
    *gone = err != 0;
    if (err) {
        woad_kernel_call(k, abandon_in_owner, c);
        return err;
    }
    if (late && c->why.err == WOAD_ERR_CANCELLED)
        c->why.err = WOAD_ERR_TIMEOUT;
    return c->why.err;
}

int woad_sync_do(struct woad_sync_call *c)
{
    bool gone;
    int err = woad_sync_run(c, &gone);
    if (!gone)
        woad_sync_give(c);
    return err;
}

/* ---- events ---------------------------------------------------------------------------------- */

void woad_sync_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct woad_sync *s = arg;
    for (unsigned i = 0; i < WOAD_SYNC_CALLS; i++) {
        struct woad_sync_call *c = &s->calls[i];
        if (c->active && c->on_event)
            c->on_event(c, evt);
    }
    woad_kernel_lock(s->kernel);
    woad_host_event_fn *event = s->event;
    void *event_arg = s->event_arg;
    void (*question)(struct woad_sync *, const struct woad_host_evt *) = s->question;
    woad_kernel_unlock(s->kernel);
    if (evt->type == WOAD_EVT_SECURITY && question)
        question(s, evt);
    if (event)
        event(event_arg, h, evt);
}

/* ---- the host itself ------------------------------------------------------------------------- */

static void on_ready(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_READY)
        woad_sync_finish(c, 0);
}

static void on_stopped(struct woad_sync_call *c, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_STOPPED)
        woad_sync_finish(c, 0);
}

static int start_host(struct woad_sync_call *c)
{
    c->on_event = on_ready;
    return woad_host_start(c->sync->host);
}

static int stop_host(struct woad_sync_call *c)
{
    c->on_event = on_stopped;
    return woad_host_stop(c->sync->host);
}

/* It goes on without us. */
static void let_go(struct woad_sync_call *c)
{
    woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

int woad_sync_start(struct woad_sync *s, woad_time timeout_us)
{
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->start = start_host;
    c->end = let_go;
    return woad_sync_do(c);
}

int woad_sync_stop(struct woad_sync *s, woad_time timeout_us)
{
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->start = stop_host;
    c->end = let_go;
    return woad_sync_do(c);
}
