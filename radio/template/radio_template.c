#include "radio_template.h"

#include <string.h>

/* The answer of the link layer: replaces what is armed, or leaves it alone when there is none. */
static void arm(struct radio_template *r, const struct woad_radio_op *op)
{
    if (!op)
        return;
    if (r->busy)
        r->hw->stop(r->hw_ctx);
    r->busy = true;
    if (op->flags & WOAD_RADIO_OP_IFS) {
        r->hw->after_last(r->hw_ctx, op);
    } else if (op->start_us < r->hw->now(r->hw_ctx) + r->ramp_us) {
        r->late = true; /* no event from inside the call: the timer brings it */
        r->hw->compare(r->hw_ctx, r->hw->now(r->hw_ctx));
    } else {
        r->hw->start_at(r->hw_ctx, op);
    }
}

static void deliver(struct radio_template *r, const struct woad_radio_evt *evt)
{
    arm(r, r->evt(r->evt_arg, evt, r->hw->now(r->hw_ctx)));
}

void radio_template_timer_isr(struct radio_template *r)
{
    woad_time now = r->hw->now(r->hw_ctx);
    if (r->late) {
        r->late = r->busy = false;
        deliver(r, &(struct woad_radio_evt){.type = WOAD_RADIO_LATE, .rssi_dbm = 127});
    }
    if (r->timer_us <= now) {
        r->timer_us = WOAD_TIME_NEVER;
        deliver(r, &(struct woad_radio_evt){.type = WOAD_RADIO_TIMER, .rssi_dbm = 127});
    }
    /* The compare interrupt may have been meant for either, or have come early. */
    if (!r->late)
        r->hw->compare(r->hw_ctx, r->timer_us);
}

void radio_template_radio_isr(struct radio_template *r)
{
    struct radio_template_done done = {.rssi_dbm = 127};
    if (!r->busy)
        return; /* aborted between the interrupt and here */
    r->busy = false;
    r->hw->done(r->hw_ctx, &done);
    struct woad_radio_evt evt = {
        .type = WOAD_RADIO_RX_TIMEOUT,
        .crc_ok = done.crc_ok,
        .rssi_dbm = done.rssi_dbm,
        .phy = done.phy,
        .pdu_len = done.pdu_len,
        .start_us = done.start_us,
        .end_us = done.end_us,
    };
    if (done.sent)
        evt.type = WOAD_RADIO_TX_END;
    else if (done.received)
        evt.type = WOAD_RADIO_RX_END;
    deliver(r, &evt);
}

static void op_timer(void *ctx, woad_time at)
{
    struct radio_template *r = ctx;
    r->timer_us = at;
    if (!r->late)
        r->hw->compare(r->hw_ctx, at);
}

static void op_abort(void *ctx)
{
    struct radio_template *r = ctx;
    r->busy = r->late = false;
    r->hw->stop(r->hw_ctx);
}

void radio_template_init(struct radio_template *r, const struct radio_template_hw *hw, void *hw_ctx)
{
    memset(r, 0, sizeof(*r));
    r->hw = hw;
    r->hw_ctx = hw_ctx;
    r->timer_us = WOAD_TIME_NEVER;
}

struct woad_radio radio_template_radio(struct radio_template *r, const struct woad_radio_caps *caps)
{
    static const struct woad_radio_ops ops = {op_timer, op_abort};
    r->ramp_us = caps->ramp_us;
    return (struct woad_radio){.ops = &ops, .ctx = r, .caps = *caps};
}

void radio_template_attach(struct radio_template *r, radio_template_evt_fn *evt, void *arg)
{
    r->evt = evt;
    r->evt_arg = arg;
}
