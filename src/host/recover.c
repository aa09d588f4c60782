/* Faults and stop: everything under way is completed, then the controller is reset.
 *
 * The FAULT event comes first, so that a pump can close a broken transport and get back what it
 * holds; then operations, channels and links are told. A start that fails is repeated after a
 * delay that doubles up to 8 s. */
#include "gap/gap_priv.h"
#include "host_priv.h"
#include "l2cap/l2cap_priv.h"

#define RESTART_US     WOAD_MS(500)
#define RESTART_SHIFTS 4

static void tell_fault(struct woad_host *h, int err, const char *what)
{
    h->stats.faults++;
    if (h->fault_told)
        return;
    h->fault_told = true;
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_FAULT, WOAD_CONN_NONE);
    evt.u.fault.err = err;
    evt.u.fault.what = what;
    evt.u.fault.opcode = h->fault_opcode;
    woad_host_tell(h, &evt);
}

static void drop_everything(struct woad_host *h, int err, bool keep)
{
    woad_buf_queue_clear(&h->rxq);
    woad_buf_unref(h->undone);
    h->undone = NULL;
    for (unsigned i = 0; i < h->max_conns; i++)
        if (h->links[i].state == HOST_LINK_UP)
            woad_host_link_down(h, &h->links[i], err, 0);
    if (h->raws_drop)
        h->raws_drop(h, err);
    woad_gap_drop_all(h, err, keep);
    woad_host_parts_drop(h, err);
    h->orphan_count = 0;
    woad_host_cmd_reset(h);
}

static void stopped(struct woad_host *h)
{
    h->state = HOST_OFF;
    woad_host_cmd_reset(h);
    woad_buf_queue_clear(&h->rxq);
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_STOPPED, WOAD_CONN_NONE);
    woad_host_tell(h, &evt);
}

static void stop_reset_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                            struct woad_rd *ret)
{
    (void)cmd;
    (void)status;
    (void)ret;
    stopped(h);
}

static const struct host_cmd_row stop_row = {WOAD_HCI_CMD_RESET, NULL, stop_reset_done};

static void begin_stop(struct woad_host *h)
{
    h->stop_asked = false;
    h->state = HOST_STOPPING;
    h->reset_done = false;
    woad_host_timer_stop(&h->restart);
    drop_everything(h, WOAD_ERR_CANCELLED, false);
    woad_host_cmd_push(h, &h->start_cmd, &stop_row);
}

static void restart_due(struct woad_timer *t)
{
    struct woad_host *h = HOST_OWNER(t, struct woad_host, restart.t);
    woad_host_startup_begin(h);
}

static void restart(struct woad_host *h, bool was_on)
{
    woad_host_timer_stop(&h->restart);
    woad_host_timer_init(h, &h->restart, restart_due);
    h->state = HOST_STARTING;
    if (was_on) {
        woad_host_startup_begin(h);
        return;
    }
    uint32_t delay = (uint32_t)RESTART_US << h->start_failures;
    if (h->start_failures < RESTART_SHIFTS)
        h->start_failures++;
    woad_host_timer_after(&h->restart, delay);
}

void woad_host_recover(struct woad_host *h)
{
    int err = h->fault_err;
    const char *what = h->fault_what;
    h->fault_err = 0;
    h->fault_what = NULL;
    if (h->state == HOST_STOPPING && err) {
        stopped(h); /* the controller is out of reach: there is nothing to be reset */
        return;
    }
    if (h->stop_asked) {
        begin_stop(h);
        return;
    }
    bool was_on = h->state == HOST_ON;
    h->state = HOST_STARTING; /* calls made inside the events find the host not ready */
    h->reset_done = false;
    tell_fault(h, err, what);
    drop_everything(h, WOAD_ERR_FAULT, true);
    restart(h, was_on);
}
