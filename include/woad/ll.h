/* woad/ll.h: the link-layer controller, an engine between HCI packets and a radio.
 *
 *            HCI packets                       HCI packets
 *        woad_ll_rx(ll, pkt)              woad_ll_tx(ll) -> pkt
 *               |                               ^
 *               v                               |
 *        +---------------------------------------------+
 *        |  woad_ll_run: HCI, scheduling, procedures    |  pump context
 *        |---------- single-producer rings -------------|
 *        |  woad_ll_radio_evt: ack, next packet         |  interrupt context
 *        +---------------------------------------------+
 *               |  timer, abort            ^  events
 *               v                          |
 *                     woad/radio.h
 *
 * One struct woad_ll per controller, no global state. It never blocks, reads a clock, allocates or
 * starts a thread. The pump calls woad_ll_run() whenever the wake function asked for it and at the
 * deadline the last call returned; early, late and spurious calls are harmless.
 *
 *     size_t size = woad_ll_mem_size(&cfg);
 *     woad_ll_init(mem, size, &cfg, &ll);
 *     for (;;) {
 *         while ((pkt = from_host()) && woad_ll_rx(ll, pkt) == 0) {}
 *         deadline = woad_ll_run(ll, now);
 *         while ((pkt = woad_ll_tx(ll)))
 *             to_host(pkt);
 *         sleep_until(deadline, or wake);
 *     }
 */
#ifndef WOAD_LL_H
#define WOAD_LL_H

#include <stddef.h>
#include <stdint.h>

#include "woad/buf.h"
#include "woad/radio.h"

struct woad_ll;

/* Limits and surroundings. Zero in a limit means its default (in brackets). */
struct woad_ll_cfg {
    struct woad_radio radio;
    uint8_t public_addr[6];   /* least significant octet first; may be changed by the vendor
                                 command Write BD_ADDR (0xFC06) */
    uint8_t static_addr[6];   /* random static address offered to the host, all zero = none */
    uint16_t max_conns;       /* links at once [8] */
    uint16_t max_accept_list; /* entries of the filter accept list [16] */
    uint16_t acl_tx_count;    /* ACL packets the host may have outstanding [three per link, 16 to
                                 255]; with fewer than three per link that sends, connection events
                                 end early for want of data */
    uint16_t acl_len;         /* octets of payload of each: 27..1004 [251] */
    uint16_t rx_count;        /* data PDUs received and not yet taken by the host [24] */
    uint16_t evt_count;       /* events not yet taken by the host [24] */
    uint16_t report_count;    /* advertising reports not yet taken by the host; further ones are
                                 dropped and counted [16] */
    /* Fills len octets with random numbers (seeded in a simulation). Required. */
    void (*rand)(void *arg, uint8_t *to, size_t len);
    void *rand_arg;
};

size_t woad_ll_mem_size(const struct woad_ll_cfg *cfg);

/* Places a controller in mem (borrowed for its life, aligned for max_align_t). Errors: INVALID (a
 * limit out of range), NO_MEM (len too small). The state is that after HCI_Reset. */
int woad_ll_init(void *mem, size_t len, const struct woad_ll_cfg *cfg,
                 struct woad_ll **ll) WOAD_MUST_USE;

/* Stops the radio and releases every buffer held. */
void woad_ll_deinit(struct woad_ll *ll);

/* One HCI packet from the host: command, ACL or ISO data. Takes pkt on 0. AGAIN: no room now (a
 * command while its buffer is in use, or more ACL than granted): the host broke flow control; the
 * packet stays the caller's. FORMAT: not a well-formed packet of its type. */
int woad_ll_rx(struct woad_ll *ll, struct woad_buf *pkt) WOAD_MUST_USE;

/* The next HCI packet for the host, or NULL. The caller owns it and unrefs it. */
struct woad_buf *woad_ll_tx(struct woad_ll *ll);

/* A buffer for a packet that a transport received for this controller; NULL: no room now. type is
 * the H4 indicator, len the octets of the whole HCI packet without it. Has one octet of headroom.
 */
struct woad_buf *woad_ll_rx_alloc(struct woad_ll *ll, uint8_t type, uint16_t len);

/* Does what is due at now_us (the radio's clock) and returns the next deadline. Bounded. */
woad_time woad_ll_run(struct woad_ll *ll, woad_time now_us);

void woad_ll_set_wake(struct woad_ll *ll, woad_wake_fn *fn, void *arg);

/* Interrupt context: one radio event; now_us is the radio's clock. Returns the operation to arm
 * next, or NULL. The operation stays valid until its own event or replacement. */
const struct woad_radio_op *woad_ll_radio_evt(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                              woad_time now_us);

/* Power was cut: forgets everything, also what survives HCI_Reset; nothing is sent. */
void woad_ll_power_cycle(struct woad_ll *ll);

#endif
