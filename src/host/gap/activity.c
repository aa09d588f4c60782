/* Advertising and scanning run alike: a few commands start it, one stops it, a duration may end it,
 * and after a fault it is started again. Each start() is completed by one started event; each
 * successful one is followed by one stopped event. */
#include "gap_priv.h"

static void tell(struct woad_host *h, uint8_t type, struct woad_result result)
{
    woad_host_tell(h,
                   &(struct woad_host_evt){.type = type, .conn = WOAD_CONN_NONE, .u.done = result});
}

static void end(struct woad_host *h, struct host_activity *a, struct woad_result result)
{
    bool told = a->told;
    a->state = GAP_IDLE;
    a->told = false;
    woad_host_timer_stop(&a->timer);
    if (a->stop_op) {
        a->stop_op = false;
        h->stats.ops_pending--;
    }
    if (!told)
        h->stats.ops_pending--;
    tell(h, told ? a->kind->stopped : a->kind->started, result);
}

static void send_off(struct woad_host *h, struct host_activity *a)
{
    a->state = GAP_STOPPING;
    woad_host_cmd_push(h, &a->cmd, &a->kind->off);
}

static void timer_due(struct woad_timer *t)
{
    struct host_activity *a = HOST_OWNER(t, struct host_activity, timer.t);
    a->why = WOAD_ERR_TIMEOUT;
    a->stop = true;
    if (a->state == GAP_ON && a->timer.h->state == HOST_ON)
        send_off(a->timer.h, a);
}

/* The last command of the start succeeded. */
static void running(struct woad_host *h, struct host_activity *a)
{
    a->state = GAP_ON;
    if (!a->told) {
        a->told = true;
        h->stats.ops_pending--;
        if (a->duration_ms)
            woad_host_timer_after(&a->timer, WOAD_MS(a->duration_ms));
        tell(h, a->kind->started, (struct woad_result){0});
    }
    if (a->state == GAP_ON && a->ended)
        end(h, a, (struct woad_result){.err = a->why});
    else if (a->state == GAP_ON && a->stop)
        send_off(h, a);
}

void woad_gap_activity_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                            struct woad_rd *ret)
{
    (void)ret;
    struct host_activity *a = HOST_OWNER(cmd, struct host_activity, cmd);
    if (a->state == GAP_STOPPING) { /* refused only when it does not run any more */
        end(h, a, (struct woad_result){.err = a->why});
        return;
    }
    if (status && a->ended && a->step + 1 == a->kind->step_count)
        status = 0; /* it ran and ended before its command was answered */
    if (status) {
        end(h, a, woad_host_result(status));
        return;
    }
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
    a->ended = false;
    woad_host_cmd_push(h, &a->cmd, &a->kind->steps[0]);
}

void woad_gap_activity_init(struct woad_host *h, struct host_activity *a,
                            const struct host_activity_kind *kind)
{
    a->kind = kind;
    woad_host_timer_init(h, &a->timer, timer_due);
}

int woad_gap_activity_start(struct woad_host *h, struct host_activity *a, uint32_t duration_ms)
{
    a->told = false;
    a->stop = false;
    a->stop_op = false;
    a->why = 0;
    a->duration_ms = duration_ms;
    h->stats.ops_pending++;
    begin(h, a);
    return 0;
}

int woad_gap_activity_stop(struct woad_host *h, struct host_activity *a)
{
    woad_host_enter(h);
    if (h->state != HOST_ON || a->state == GAP_IDLE)
        return WOAD_ERR_STATE;
    if (a->stop_op || a->state == GAP_STOPPING)
        return WOAD_ERR_BUSY;
    a->stop = true;
    a->stop_op = true;
    h->stats.ops_pending++;
    if (a->state == GAP_ON)
        send_off(h, a);
    return 0;
}

void woad_gap_activity_ended(struct woad_host *h, struct host_activity *a, int why)
{
    if (a->state == GAP_ON) {
        end(h, a, (struct woad_result){.err = why});
    } else if (a->state == GAP_STARTING && a->step + 1 == a->kind->step_count) {
        a->ended = true;
        a->why = (int8_t)why;
    }
}

static void drop(struct woad_host *h, struct host_activity *a, int err, bool keep)
{
    woad_host_cmd_drop(h, &a->cmd);
    if (a->state == GAP_IDLE)
        return;
    if (keep && a->told && !a->stop && a->state != GAP_STOPPING)
        a->state = GAP_ON; /* resumed when the host is ready again */
    else
        end(h, a, (struct woad_result){.err = a->stop && a->told ? a->why : err});
}

void woad_gap_drop_all(struct woad_host *h, int err, bool keep)
{
    drop(h, &h->adv.act, err, keep);
    drop(h, &h->scan.act, err, keep);
    woad_gap_connect_drop(h, err);
    woad_gap_list_drop(h, err);
}

static void resume(struct woad_host *h, struct host_activity *a)
{
    if (a->state != GAP_ON || a->cmd.state != HOST_CMD_IDLE)
        return;
    if (a->stop)
        end(h, a, (struct woad_result){.err = a->why});
    else
        begin(h, a);
}

void woad_gap_resume(struct woad_host *h)
{
    if (h->state == HOST_ON)
        resume(h, &h->adv.act);
    if (h->state == HOST_ON)
        resume(h, &h->scan.act);
}

void woad_gap_init(struct woad_host *h)
{
    woad_gap_adv_init(h);
    woad_gap_scan_init(h);
    woad_gap_connect_init(h);
}
