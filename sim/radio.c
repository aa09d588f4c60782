/* The radio of a device: what rules 1 to 6 of woad/radio.h say, in virtual time. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_priv.h"

enum {
    RX_EARLY_NS = 2000, /* an answer may come 2 us early [Vol 6, Part B, 4.2.1] */
    LATE_NS = 1000,     /* from arming too late to the LATE event: time must go on */
};

/* Ends whatever the radio does; no event. */
void woad_sim_radio_off(struct woad_sim_dev *dev)
{
    switch (dev->state) {
    case SIM_RADIO_TX: woad_sim_medium_cut(dev->pkt); break;
    case SIM_RADIO_RX: woad_sim_medium_deafen(dev); break;
    case SIM_RADIO_RX_LOCKED: woad_sim_medium_unlock(dev); break;
    default: break;
    }
    woad_sim_queue_remove(&dev->sim->queue, &dev->op_slot);
    dev->state = SIM_RADIO_OFF;
    dev->pkt = NULL;
    dev->op = NULL;
}

/* When an operation begins: the first bit sent, or the receiver open. */
static woad_sim_time op_begin(const struct woad_sim_dev *dev, const struct woad_radio_op *op)
{
    if (!(op->flags & WOAD_RADIO_OP_IFS))
        return woad_sim_dev_world(dev, op->start_us);
    int64_t ifs_ns = (int64_t)op->ifs_us * 1000;
    ifs_ns += ifs_ns * dev->active_ppb / 1000000000;
    woad_sim_time at = dev->ref_ns + (woad_sim_time)ifs_ns;
    return op->kind == WOAD_RADIO_RX && at > RX_EARLY_NS ? at - RX_EARLY_NS : at;
}

static void arm_rx(struct woad_sim_dev *dev, const struct woad_radio_op *op)
{
    dev->state = SIM_RADIO_RX;
    dev->close_ns = SIM_NEVER;
    if (op->window_us) {
        woad_sim_time start = dev->open_ns + (op->flags & WOAD_RADIO_OP_IFS ? RX_EARLY_NS : 0u);
        dev->close_ns = start + WOAD_SIM_US(op->window_us) + WOAD_SIM_US(woad_phy_sync_us(op->phy));
        woad_sim_queue_set(&dev->sim->queue, &dev->op_slot, dev->close_ns);
    }
    woad_sim_medium_listen(dev);
}

/* A link layer that asks for anything else is wrong, whatever its peers sent; it must not go
 * unnoticed in a build without assertions. */
static bool valid(const struct woad_radio_op *op)
{
    bool tx = op->kind == WOAD_RADIO_TX;
    return (tx || op->kind == WOAD_RADIO_RX) && op->channel < SIM_CHANNELS &&
           op->phy >= WOAD_PHY_1M && op->phy <= WOAD_PHY_CODED_S2 &&
           (!tx || (op->pdu_len >= 2 && op->pdu_len <= SIM_PDU_MAX));
}

static void arm(struct woad_sim_dev *dev, const struct woad_radio_op *op)
{
    struct woad_sim *sim = dev->sim;
    if (!valid(op)) {
        fprintf(stderr, "woad sim: device %u armed an operation that no radio has\n", dev->index);
        abort();
    }
    woad_sim_radio_off(dev);
    dev->armed = *op;
    dev->op = op = &dev->armed;
    dev->open_ns = op_begin(dev, op);
    if (dev->open_ns == SIM_NEVER)
        return;
    if (dev->open_ns < sim->now + WOAD_SIM_US(dev->ramp_us)) {
        sim->stats.late++;
        dev->state = SIM_RADIO_LATE;
        woad_sim_queue_set(&sim->queue, &dev->op_slot, sim->now + LATE_NS);
    } else if (op->kind == WOAD_RADIO_TX) {
        dev->state = SIM_RADIO_TX_ARMED;
        woad_sim_queue_set(&sim->queue, &dev->op_slot, dev->open_ns);
    } else {
        arm_rx(dev, op);
    }
}

static void deliver(struct woad_sim_dev *dev, const struct woad_radio_evt *evt)
{
    const struct woad_radio_op *next = dev->sink.evt(dev->sink.arg, evt, woad_sim_dev_now(dev));
    if (next && dev->dead_until_ns <= dev->sim->now)
        arm(dev, next);
}

/* The operation must be off; its event is delivered when the interrupt gets through. */
void woad_sim_radio_report(struct woad_sim_dev *dev, const struct woad_radio_evt *evt)
{
    struct woad_sim *sim = dev->sim;
    if (!dev->irq_latency_us) {
        deliver(dev, evt);
        return;
    }
    dev->evt = *evt;
    dev->state = SIM_RADIO_REPORT;
    woad_sim_queue_set(&sim->queue, &dev->op_slot,
                       sim->now +
                           woad_sim_rng_below(&dev->timer_rng, dev->irq_latency_us * 1000u + 1u));
}

void woad_sim_radio_op_due(struct woad_sim_dev *dev)
{
    struct woad_radio_evt evt = {.type = WOAD_RADIO_RX_TIMEOUT, .rssi_dbm = 127};
    switch (dev->state) {
    case SIM_RADIO_TX_ARMED:
        woad_sim_queue_remove(&dev->sim->queue, &dev->op_slot);
        dev->state = SIM_RADIO_TX;
        woad_sim_medium_transmit(dev, dev->op);
        return;
    case SIM_RADIO_REPORT:
        evt = dev->evt;
        woad_sim_radio_off(dev);
        deliver(dev, &evt);
        return;
    case SIM_RADIO_LATE: evt.type = WOAD_RADIO_LATE; break;
    default: break;
    }
    woad_sim_radio_off(dev);
    woad_sim_radio_report(dev, &evt);
}

/* Events keep their order: what happened before the timer is delivered before. */
void woad_sim_radio_timer_due(struct woad_sim_dev *dev)
{
    woad_sim_queue_remove(&dev->sim->queue, &dev->timer_slot);
    dev->timer_us = WOAD_TIME_NEVER;
    if (dev->state == SIM_RADIO_REPORT)
        woad_sim_radio_op_due(dev);
    deliver(dev, &(struct woad_radio_evt){.type = WOAD_RADIO_TIMER, .rssi_dbm = 127});
}

static void queue_timer(struct woad_sim_dev *dev)
{
    struct woad_sim *sim = dev->sim;
    woad_sim_time at = woad_sim_dev_world(dev, dev->timer_us);
    if (at != SIM_NEVER) {
        uint32_t latency_us = dev->timer_latency_us;
        if (dev->delay_until_ns > sim->now)
            latency_us += dev->fault_delay_us;
        at = at > sim->now + LATE_NS ? at : sim->now + LATE_NS;
        at += woad_sim_rng_below(&dev->timer_rng, latency_us * 1000ull + 1);
    }
    woad_sim_queue_set(&sim->queue, &dev->timer_slot, at);
}

static void op_timer(void *ctx, woad_time at_us)
{
    struct woad_sim_dev *dev = ctx;
    if (dev->dead_until_ns > dev->sim->now)
        return;
    dev->timer_us = at_us;
    queue_timer(dev);
}

static void op_abort(void *ctx)
{
    woad_sim_radio_off(ctx);
}

/* Answers keep their time: they follow a packet, not the sleep clock. */
void woad_sim_radio_requeue(struct woad_sim_dev *dev)
{
    if (dev->timer_slot.pos)
        queue_timer(dev);
    bool armed = dev->state == SIM_RADIO_TX_ARMED || dev->state == SIM_RADIO_RX;
    if (!armed || dev->op->flags & WOAD_RADIO_OP_IFS || dev->open_ns <= dev->sim->now)
        return;
    const struct woad_radio_op *op = dev->op;
    woad_sim_radio_off(dev);
    arm(dev, op);
}

const struct woad_radio_ops woad_sim_radio_ops = {.timer = op_timer, .abort = op_abort};
