/* Scripted advertisers and scanners for crowds. */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "../sim_fixture.h"

#include "../../sim/sim_priv.h"

struct advertiser {
    struct woad_sim_dev *dev;
    struct woad_radio radio;
    struct woad_radio_op op;
    uint8_t pdu[39];
    woad_time event_us;
    uint32_t interval_us;
};

static inline const struct woad_radio_op *advertise(void *arg, const struct woad_radio_evt *evt,
                                                    woad_time now_us)
{
    struct advertiser *a = arg;
    uint8_t r[4];
    (void)now_us;
    if (evt->type == WOAD_RADIO_TIMER) {
        a->op.start_us = a->event_us + 100;
        return &a->op;
    }
    /* advDelay 0..10 ms */
    woad_sim_rand(a->dev, r, 4);
    uint32_t random = (uint32_t)r[0] | (uint32_t)r[1] << 8 | (uint32_t)r[2] << 16;
    a->event_us += a->interval_us + random % 10001;
    a->radio.ops->timer(a->radio.ctx, a->event_us);
    return NULL;
}

static inline void advertiser_init(struct advertiser *a, struct woad_sim *sim,
                                   const struct woad_sim_dev_cfg *cfg, uint32_t interval_us)
{
    uint8_t r[4];
    a->dev = woad_sim_add(sim, cfg);
    a->radio = woad_sim_radio(a->dev);
    a->interval_us = interval_us;
    a->op = (struct woad_radio_op){.kind = WOAD_RADIO_TX,
                                   .phy = WOAD_PHY_1M,
                                   .channel = 37,
                                   .access_address = SIM_ADV_AA,
                                   .crc_init = 0x555555,
                                   .pdu = a->pdu,
                                   .pdu_len = 39};
    a->pdu[0] = 0x42;
    a->pdu[1] = 37;
    woad_sim_set_sink(a->dev, &(struct woad_sim_sink){.evt = advertise, .arg = a});
    woad_sim_rand(a->dev, r, 4);
    uint32_t random = (uint32_t)r[0] | (uint32_t)r[1] << 8 | (uint32_t)r[2] << 16;
    a->event_us = random % interval_us;
    a->radio.ops->timer(a->radio.ctx, a->event_us);
}

struct scanner {
    struct woad_radio radio;
    struct woad_radio_op op;
    uint8_t pdu[260];
    uint64_t got;
};

static inline const struct woad_radio_op *scan(void *arg, const struct woad_radio_evt *evt,
                                               woad_time now_us)
{
    struct scanner *s = arg;
    s->got += evt->type == WOAD_RADIO_RX_END && evt->crc_ok;
    s->op.start_us = now_us + 2;
    return &s->op;
}

/* A scanner that is deaf for 1 us between two packets. */
static inline void scanner_init(struct scanner *s, struct woad_sim *sim, uint8_t phy,
                                uint8_t channel)
{
    struct woad_sim_dev *dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){.ramp_us = 1});
    s->op = (struct woad_radio_op){.kind = WOAD_RADIO_RX,
                                   .phy = phy,
                                   .channel = channel,
                                   .access_address = SIM_ADV_AA,
                                   .crc_init = 0x555555,
                                   .pdu = s->pdu,
                                   .pdu_len = 39};
    s->radio = woad_sim_radio(dev);
    woad_sim_set_sink(dev, &(struct woad_sim_sink){.evt = scan, .arg = s});
    s->radio.ops->timer(s->radio.ctx, 0);
}

#endif
