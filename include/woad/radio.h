/* woad/radio.h: the contract between the link layer and a radio.
 *
 * A radio executes operations: transmit one packet, or receive at most one. The link layer prepares
 * them; the radio times them. A port implements struct woad_radio_ops and calls
 * woad_ll_radio_evt() from its interrupt handlers; radio/template shows the least of it, the radio
 * simulator of sim/ is another, a register-mapped radio a third.
 *
 *      pump context                        interrupt context
 *      woad_ll_run                         woad_ll_radio_evt(ll, evt)
 *        | timer(t)                              ^            | next operation, or NULL
 *        v                                       |            v
 *      +-----------------------------------------------------------+
 *      |  radio:  timer --TIMER-->   armed op --TX_END / RX_END /   |
 *      |                             RX_TIMEOUT / LATE-->           |
 *      +-----------------------------------------------------------+
 *
 * Time is the radio's own clock in microseconds (woad_time): the sleep clock of the device, with
 * its drift. The first bit of the preamble of a packet is its start [Vol 6, Part B, 4.1, 4.2].
 *
 * Rules
 * 1. One operation is armed or running at a time. An operation given while another is armed or
 *    running replaces it: the old one is aborted (a transmission is truncated on air) and causes no
 *    event.
 * 2. Every operation that was not replaced or aborted ends in exactly one event: TX_END, RX_END,
 *    RX_TIMEOUT or LATE. The answer of woad_ll_radio_evt() is the next operation or NULL (radio
 * off; after a TIMER event: an operation that is armed or running goes on, abort() would end it).
 * 3. An operation with WOAD_RADIO_OP_IFS starts ifs_us after the end of the packet that the event
 *    before it reported (TX_END or RX_END), timed by the radio with its active clock, and not by
 *    start_us. For reception the receiver is open from 2 us + the ramp before that time
 *    (the active clock's allowance) and listens window_us.
 * 4. Without it the operation starts at start_us. One armed later than start_us - ramp-up is not
 *    executed: LATE.
 * 5. Events are delivered one after another, never from inside a call of the link layer.
 * 6. pdu memory belongs to the link layer and is valid until the operation's event (or its
 *    replacement).
 */
#ifndef WOAD_RADIO_H
#define WOAD_RADIO_H

#include <stdbool.h>
#include <stdint.h>

#include "woad/phy.h"
#include "woad/time.h"

enum woad_radio_op_kind {
    WOAD_RADIO_TX = 1,
    WOAD_RADIO_RX = 2,
};

enum woad_radio_op_flag {
    WOAD_RADIO_OP_IFS = 1, /* starts ifs_us after the packet of the last event */
};

/* One precomputed radio command. Filled by the link layer, borrowed by the radio. */
struct woad_radio_op {
    woad_time start_us; /* see rules 3 and 4; for RX: when the receiver must be open */
    uint32_t window_us; /* RX: the end of an access address must come within this after the
                           start, plus the air time of preamble and address; 0 = no limit */
    uint32_t access_address;
    uint32_t crc_init;   /* 24 bits [Vol 6, Part B, 3.1.1] */
    uint16_t ifs_us;     /* with WOAD_RADIO_OP_IFS */
    uint16_t pdu_len;    /* TX: octets at pdu; RX: capacity at pdu */
    uint8_t *pdu;        /* header and payload (and MIC), without CRC; not written for TX */
    uint8_t channel;     /* link-layer channel index 0..39; also the whitening seed */
    uint8_t phy;         /* enum woad_phy */
    uint8_t kind;        /* enum woad_radio_op_kind */
    uint8_t flags;       /* enum woad_radio_op_flag */
    int8_t tx_power_dbm; /* TX */
};

enum woad_radio_evt_type {
    WOAD_RADIO_TIMER = 1,  /* the time given to timer() has come */
    WOAD_RADIO_TX_END,     /* the last bit was sent */
    WOAD_RADIO_RX_END,     /* a packet was received, CRC good or bad */
    WOAD_RADIO_RX_TIMEOUT, /* no access address within the window */
    WOAD_RADIO_LATE,       /* armed too late; nothing was sent or received */
};

struct woad_radio_evt {
    uint8_t type;       /* enum woad_radio_evt_type */
    bool crc_ok;        /* RX_END */
    int8_t rssi_dbm;    /* RX_END; 127 = not known */
    uint8_t phy;        /* RX_END: enum woad_phy; tells S2 from S8 for a coded reception */
    uint16_t pdu_len;   /* RX_END: octets stored at the operation's pdu; a packet longer than its
                           capacity is reported with crc_ok false */
    woad_time start_us; /* RX_END, TX_END: start of the packet */
    woad_time end_us;   /* RX_END, TX_END: end of its last bit */
};

/* What a radio can do; constant for its life. */
struct woad_radio_caps {
    uint16_t ramp_us;          /* from arming to the first bit or open receiver, worst case */
    uint16_t timer_latency_us; /* worst time from the timer to the call of woad_ll_radio_evt */
    uint16_t sleep_clock_ppm;  /* accuracy of the time base, worst case; 0..500 */
    uint8_t phys;              /* bit n - 1 = enum woad_phy value n */
    int8_t tx_power_min_dbm;
    int8_t tx_power_max_dbm;
};

/* Implemented by the port. ctx is the port's own. None may block. */
struct woad_radio_ops {
    /* Fires one TIMER event at `at` (or at once if it has passed). Replaces the time set before;
     * WOAD_TIME_NEVER: none. Pump and interrupt context. */
    void (*timer)(void *ctx, woad_time at);
    /* Stops an armed or running operation; it causes no event. Pump and interrupt context. */
    void (*abort)(void *ctx);
};

struct woad_radio {
    const struct woad_radio_ops *ops;
    void *ctx;
    struct woad_radio_caps caps;
};

/* Air time in microseconds of a packet whose PDU (header, payload, MIC) has pdu_len octets, from
 * the first bit of the preamble to the last of the CRC [Vol 6, Part B, 2.1, 2.2]. */
static inline uint32_t woad_phy_air_us(uint8_t phy, uint32_t pdu_len)
{
    switch (phy) {
    case WOAD_PHY_1M: return (8 + pdu_len) * 8;
    case WOAD_PHY_2M: return (9 + pdu_len) * 4;
    case WOAD_PHY_CODED_S2: return 376 + (pdu_len + 3) * 16 + 6;
    default: return 376 + (pdu_len + 3) * 64 + 24;
    }
}

/* Air time of preamble and access address (for coded: up to TERM1), microseconds. */
static inline uint32_t woad_phy_sync_us(uint8_t phy)
{
    switch (phy) {
    case WOAD_PHY_1M: return 40;
    case WOAD_PHY_2M: return 24;
    default: return 376;
    }
}

#endif
