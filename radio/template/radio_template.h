/* The least a radio port needs. Copy this folder, and fill radio_template_hw with the registers of
 * your chip; what is written here already holds on every chip: the order of events, replacing and
 * aborting, late operations.
 *
 *      interrupt of the timer  -> radio_template_timer_isr()    both at the same priority, above
 * the interrupt of the radio  -> radio_template_radio_isr()    context that calls woad_ll_run()
 *
 *     radio_template_init(&radio, &hw, hw_ctx);
 *     cfg.radio = radio_template_radio(&radio, &caps);
 *     woad_ll_init(mem, size, &cfg, &ll);
 *     radio_template_attach(&radio, evt, ll);   evt() calls woad_ll_radio_evt()
 */
#ifndef RADIO_TEMPLATE_H
#define RADIO_TEMPLATE_H

#include "woad/radio.h"

/* How an operation of the hardware ended. */
struct radio_template_done {
    bool sent;     /* the last bit of a transmission */
    bool received; /* a packet; else nothing came within the window */
    bool crc_ok;
    int8_t rssi_dbm;
    uint8_t phy;        /* of a reception: S2 or S8 are told apart */
    uint16_t pdu_len;   /* octets stored at op->pdu */
    woad_time start_us; /* captured by hardware */
    woad_time end_us;
};

/* The registers. start_at(): program channel, PHY, access address, CRC and whitening, point the DMA
 * at op->pdu and let a compare channel start the ramp-up so that the first bit is sent, or the
 * receiver is open, at start_us. after_last(): the same, started by hardware op->ifs_us after the
 * end of the last packet; an interrupt is too slow for T_IFS. */
struct radio_template_hw {
    woad_time (*now)(void *ctx);              /* 64 bits; on 32-bit timers count the wraps */
    void (*compare)(void *ctx, woad_time at); /* interrupt at this time; NEVER: none */
    void (*start_at)(void *ctx, const struct woad_radio_op *op);
    void (*after_last)(void *ctx, const struct woad_radio_op *op);
    void (*stop)(void *ctx); /* off, no interrupt; also clears a pending one */
    void (*done)(void *ctx, struct radio_template_done *done);
};

typedef const struct woad_radio_op *
radio_template_evt_fn(void *arg, const struct woad_radio_evt *evt, woad_time now_us);

struct radio_template {
    const struct radio_template_hw *hw;
    void *hw_ctx;
    radio_template_evt_fn *evt;
    void *evt_arg;
    woad_time timer_us;
    uint16_t ramp_us;
    bool busy;
    bool late; /* an operation came too late: its event is owed */
};

void radio_template_init(struct radio_template *r, const struct radio_template_hw *hw,
                         void *hw_ctx);
struct woad_radio radio_template_radio(struct radio_template *r,
                                       const struct woad_radio_caps *caps);
void radio_template_attach(struct radio_template *r, radio_template_evt_fn *evt, void *arg);

void radio_template_timer_isr(struct radio_template *r);
void radio_template_radio_isr(struct radio_template *r);

#endif
