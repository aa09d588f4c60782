/* woad/transport_direct.h: host and controller in one process, packets handed over without a copy.
 *
 *      host  -- tx(pkt) -->  struct woad_direct  -- woad_ll_rx(pkt) -->  controller
 *            <-- rx(pkt) --                      <-- woad_ll_tx() ----
 *
 * A packet that is sent reaches the link layer as the same buffer, with a reference of its own, and
 * comes back through tx_done() in the next poll() while the link layer may still be reading it: a
 * user that lends memory to a buffer learns from its pool when the last reference has gone. A
 * packet received is a buffer of the link layer's pools; the user's unref() returns it there. So
 * both sides have to live in one thread.
 *
 * The driver does not run the link layer: whoever does (a pump, a task of a simulation) calls
 * poll() after woad_ll_run() and at the deadline that poll() returned. wake_ll tells that pump that
 * the host has sent something.
 */
#ifndef WOAD_TRANSPORT_DIRECT_H
#define WOAD_TRANSPORT_DIRECT_H

#include "woad/ll.h"
#include "woad/transport.h"

#define WOAD_DIRECT_SENT_MAX 32

struct woad_direct {
    struct woad_transport transport;
    struct woad_ll *ll;
    woad_wake_fn *wake_ll;
    void *wake_ll_arg;
    struct woad_buf *sent[WOAD_DIRECT_SENT_MAX]; /* handed over; tx_done() is due. An array: the
                                                    buffers' queue links are the link layer's */
    uint8_t sent_count;
    bool open;
    bool was_busy;      /* tx() answered AGAIN: the user waits for a wake() */
    woad_time retry_at; /* which comes with the link layer's next packet, or then */
};

/* ll is borrowed. wake_ll may be NULL when the pump runs the link layer each turn. */
void woad_direct_init(struct woad_direct *d, struct woad_ll *ll, woad_wake_fn *wake_ll,
                      void *wake_ll_arg);

#endif
