/* Advertising and scanning run alike: a few commands start it, one stops it, a duration may end it,
 * and after a fault it is started again. Each start() is completed by one started event; each
 * successful one is followed by one stopped event.
 *
 * Some things of a controller change only while it is quiet: its random address, its lists. For
 * them hold() switches off what runs, without an event, and release() starts it again. */
#include "gap_priv.h"

static void tell(struct woad_host *h, struct host_activity *a, bool stopped,
                 struct woad_result result)
{
    if (a->kind->tell) {
        a->kind->tell(h, a, stopped, result);
        return;
    }
    struct woad_host_evt evt =
        woad_host_evt_of(stopped ? a->kind->stopped : a->kind->started, WOAD_CONN_NONE);
    evt.u.done = result;
    woad_host_tell(h, &evt);
}

void woad_gap_hold_progress(struct woad_host *h)
{
    if (h->hold)
        woad_host_part_due(h, h->hold_part);
}

static void end(struct woad_host *h, struct host_activity *a, struct woad_result result)
{
    bool told = a->told;
    a->state = GAP_IDLE;
    a->told = a->held = a->pausing = a->restart = false;
    woad_host_timer_stop(&a->timer);
    if (a->stop_op) {
        a->stop_op = false;
        h->ops_pending--;
    }
    if (!told)
        h->ops_pending--;
    woad_gap_hold_progress(h);
    tell(h, a, told, result);
}

static void end_with(struct woad_host *h, struct host_activity *a, int err)
{
    end(h, a, woad_host_error(err));
}

static void send_off(struct woad_host *h, struct host_activity *a)
{
    a->state = GAP_STOPPING;
    woad_host_cmd_push(h, &a->cmd, &a->kind->off);
}

static void pause(struct woad_host *h, struct host_activity *a)
{
    a->pausing = true;
    send_off(h, a);
}

static void timer_due(struct woad_timer *t)
{
    struct host_activity *a = HOST_OWNER(t, struct host_activity, timer.t);
    a->why = WOAD_ERR_TIMEOUT;
    a->stop = true;
    if (a->state == GAP_ON && !a->held)
        send_off(a->timer.h, a);
}

/* The last command of the start succeeded. */
static void running(struct woad_host *h, struct host_activity *a)
{
    a->state = GAP_ON;
    if (!a->told) {
        a->told = true;
        h->ops_pending--;
        if (a->duration_ms)
            woad_host_timer_after(&a->timer, WOAD_MS(a->duration_ms));
        tell(h, a, false, (struct woad_result){0});
    }
    if (a->state != GAP_ON)
        return;
    if (a->ended)
        end_with(h, a, a->why);
    else if (a->stop)
        send_off(h, a);
    else if ((h->hold && !a->kind->unheld) || a->restart)
        pause(h, a);
}

/* Sends the present step, or the first behind it that is wanted. */
static void go_on(struct woad_host *h, struct host_activity *a)
{
    while (a->step < a->kind->step_count && a->kind->skip && a->kind->skip(h, a))
        a->step++;
    if (a->step < a->kind->step_count)
        woad_host_cmd_push(h, &a->cmd, &a->kind->steps[a->step]);
    else
        running(h, a);
}

static void begin(struct woad_host *h, struct host_activity *a)
{
    a->state = GAP_STARTING;
    a->step = 0;
    a->ended = a->restart = false;
    a->held = h->hold && !a->kind->unheld;
    if (!a->held)
        go_on(h, a);
}

/* Off now: either that was the wish, or it is only for a moment. */
static void off_done(struct woad_host *h, struct host_activity *a)
{
    bool pausing = a->pausing;
    a->pausing = false;
    if (!pausing || a->stop) { /* the off command is refused only when it does not run any more */
        end_with(h, a, a->why);
    } else if (a->restart && (!h->hold || a->kind->unheld)) {
        begin(h, a);
    } else {
        a->state = GAP_ON;
        a->held = true;
        woad_gap_hold_progress(h);
    }
}

void woad_gap_activity_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                            struct woad_rd *ret)
{
    struct host_activity *a = HOST_OWNER(cmd, struct host_activity, cmd);
    if (a->state == GAP_STOPPING) {
        off_done(h, a);
        return;
    }
    if (status && a->ended && a->step + 1 == a->kind->step_count)
        status = 0; /* it ran and ended before its command was answered */
    if (status) {
        end(h, a, woad_host_result(status));
        return;
    }
    if (!a->kind->again || !a->kind->again(h, a, ret))
        a->step++;
    go_on(h, a);
}

void woad_gap_activity_init(struct woad_host *h, struct host_activity *a,
                            const struct host_activity_kind *kind)
{
    a->kind = kind;
    a->next = h->activities;
    h->activities = a;
    woad_host_timer_init(h, &a->timer, timer_due);
}

int woad_gap_activity_start(struct woad_host *h, struct host_activity *a, uint32_t duration_ms)
{
    a->told = false;
    a->stop = false;
    a->stop_op = false;
    a->why = 0;
    a->duration_ms = duration_ms;
    h->ops_pending++;
    begin(h, a);
    return 0;
}

int woad_gap_activity_stop(struct woad_host *h, struct host_activity *a)
{
    woad_host_enter(h);
    if (h->state != HOST_ON || a->state == GAP_IDLE)
        return WOAD_ERR_STATE;
    if (a->stop_op || (a->state == GAP_STOPPING && !a->pausing))
        return WOAD_ERR_BUSY;
    a->stop = true;
    a->stop_op = true;
    h->ops_pending++;
    if (a->state == GAP_ON && !a->held)
        send_off(h, a);
    return 0;
}

void woad_gap_activity_restart(struct woad_host *h, struct host_activity *a)
{
    a->restart = true;
    if (a->state == GAP_ON && !a->held)
        pause(h, a);
}

void woad_gap_activity_ended(struct woad_host *h, struct host_activity *a, int why)
{
    if (a->state == GAP_ON && !a->held) {
        end_with(h, a, why);
    } else if (a->state == GAP_STARTING && a->step + 1 == a->kind->step_count) {
        a->ended = true;
        a->why = (int8_t)why;
    } else if (a->pausing && !a->stop) { /* between the two: it is not to be started again */
        a->stop = true;
        a->why = (int8_t)why;
    }
}

/* ---- holding --------------------------------------------------------------------------------- */

void woad_gap_hold(struct woad_host *h, enum host_part_id part)
{
    h->hold = true;
    h->hold_part = (uint8_t)part;
    for (struct host_activity *a = h->activities; a; a = a->next)
        if (a->state == GAP_ON && !a->held && !a->kind->unheld)
            pause(h, a);
    if (h->connecting)
        h->connecting->hold(h);
    woad_gap_hold_progress(h);
}

bool woad_gap_quiet(const struct woad_host *h)
{
    for (const struct host_activity *a = h->activities; a; a = a->next)
        if (a->state != GAP_IDLE && !a->held && !a->kind->unheld)
            return false;
    return h->init.state == GAP_IDLE || h->init.state == GAP_HELD;
}

static void resume(struct woad_host *h, struct host_activity *a)
{
    a->held = false;
    if (a->stop && a->state == GAP_ON)
        end_with(h, a, a->why);
    else
        begin(h, a);
}

void woad_gap_release(struct woad_host *h)
{
    h->hold = false;
    for (struct host_activity *a = h->activities; a; a = a->next)
        if (a->held && h->state == HOST_ON)
            resume(h, a);
    if (h->connecting)
        h->connecting->release(h);
    if (h->many) /* addresses and lists may be others */
        woad_host_part_due(h, HOST_PART_MANY);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void drop(struct woad_host *h, struct host_activity *a, int err, bool keep)
{
    woad_host_cmd_drop(h, &a->cmd);
    if (a->state == GAP_IDLE)
        return;
    if (keep && a->told && !a->stop && (a->state != GAP_STOPPING || a->pausing)) {
        a->state = GAP_ON; /* held until the host is ready again */
        a->held = true;
        a->pausing = a->restart = false;
    } else {
        end_with(h, a, a->stop && a->told ? a->why : err);
    }
}

void woad_gap_drop_all(struct woad_host *h, int err, bool keep)
{
    h->hold = false;
    for (struct host_activity *a = h->activities; a; a = a->next)
        drop(h, a, err, keep);
    if (h->connecting)
        h->connecting->drop(h, err);
    if (h->list.busy)
        h->list.drop(h, err);
}

static void resume_kinds(struct woad_host *h, bool unheld)
{
    for (struct host_activity *a = h->activities; a; a = a->next)
        if (h->state == HOST_ON && a->kind->unheld == unheld && a->state == GAP_ON && a->held)
            resume(h, a);
}

void woad_gap_resume(struct woad_host *h)
{
    resume_kinds(h, false);
    resume_kinds(h, true);
}
