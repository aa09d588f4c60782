/* Scripted radios for tests of the radio world: each answers its events with the operations it was
 * given, in order, and keeps a log of the events. The first operation goes out at a timer event. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "woad/sim.h"

enum { FIX_OPS = 16, FIX_EVTS = 64, FIX_AA = 0x71764129 };

struct fix_radio {
    struct woad_sim_dev *dev;
    struct woad_radio radio;
    struct woad_radio_op ops[FIX_OPS];
    uint8_t pdus[FIX_OPS][260];
    unsigned op_count;
    unsigned op_next;
    struct woad_radio_evt evts[FIX_EVTS];
    woad_time evt_now_us[FIX_EVTS];
    unsigned evt_count;
    bool silent; /* answers NULL */
};

static inline const struct woad_radio_op *fix_evt(void *arg, const struct woad_radio_evt *evt,
                                                  woad_time now_us)
{
    struct fix_radio *r = arg;
    if (r->evt_count < FIX_EVTS) {
        r->evts[r->evt_count] = *evt;
        r->evt_now_us[r->evt_count++] = now_us;
    }
    return r->silent || r->op_next == r->op_count ? NULL : &r->ops[r->op_next++];
}

static inline void fix_init(struct fix_radio *r, struct woad_sim *sim,
                            const struct woad_sim_dev_cfg *cfg)
{
    memset(r, 0, sizeof(*r));
    r->dev = woad_sim_add(sim, cfg);
    assert_non_null(r->dev);
    r->radio = woad_sim_radio(r->dev);
    woad_sim_set_sink(r->dev, &(struct woad_sim_sink){.evt = fix_evt, .arg = r});
}

/* A data channel transmission of len octets of payload that count from 0. */
static inline struct woad_radio_op *fix_tx(struct fix_radio *r, woad_time start_us, unsigned len)
{
    unsigned i = r->op_count++;
    assert_true(i < FIX_OPS);
    struct woad_radio_op *op = &r->ops[i];
    *op = (struct woad_radio_op){.start_us = start_us,
                                 .access_address = FIX_AA,
                                 .crc_init = 0x123456,
                                 .pdu_len = (uint16_t)(len + 2),
                                 .pdu = r->pdus[i],
                                 .channel = 7,
                                 .phy = WOAD_PHY_1M,
                                 .kind = WOAD_RADIO_TX};
    op->pdu[0] = 0x02;
    op->pdu[1] = (uint8_t)len;
    for (unsigned k = 0; k < len; k++)
        op->pdu[2 + k] = (uint8_t)k;
    return op;
}

static inline struct woad_radio_op *fix_rx(struct fix_radio *r, woad_time start_us,
                                           uint32_t window_us)
{
    unsigned i = r->op_count++;
    assert_true(i < FIX_OPS);
    struct woad_radio_op *op = &r->ops[i];
    *op = (struct woad_radio_op){.start_us = start_us,
                                 .window_us = window_us,
                                 .access_address = FIX_AA,
                                 .crc_init = 0x123456,
                                 .pdu_len = 257,
                                 .pdu = r->pdus[i],
                                 .channel = 7,
                                 .phy = WOAD_PHY_1M,
                                 .kind = WOAD_RADIO_RX};
    return op;
}

/* Marks an operation as an answer after ifs_us. */
static inline struct woad_radio_op *fix_ifs(struct woad_radio_op *op, uint16_t ifs_us)
{
    op->flags = WOAD_RADIO_OP_IFS;
    op->ifs_us = ifs_us;
    return op;
}

static inline void fix_timer(struct fix_radio *r, woad_time at_us)
{
    r->radio.ops->timer(r->radio.ctx, at_us);
}

/* The n-th event that is no timer event, or NULL. */
static inline const struct woad_radio_evt *fix_event(const struct fix_radio *r, unsigned n)
{
    for (unsigned i = 0; i < r->evt_count; i++) {
        if (r->evts[i].type != WOAD_RADIO_TIMER && n-- == 0)
            return &r->evts[i];
    }
    return NULL;
}

#endif
