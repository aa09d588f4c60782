/* woad/eatt.h: several ATT bearers on one link, over enhanced credit-based channels
 * [Vol 3, Part F, 3.2.11; Part G, 5.3].
 *
 *     link ---+--- fixed channel ------- one request, one indication at a time in each direction
 *             +--- enhanced bearer ----- one more
 *             +--- enhanced bearer ----- one more
 *
 *     static const struct woad_eatt_cfg eatt = {.connect = 2};
 *     struct woad_host_use parts[] = {{&woad_gatts_part, &gatts}, {&woad_eatt_part, &eatt},
 * {NULL}}; const struct woad_host_cfg cfg = {.att_bearers = 4, .parts = parts, ...};
 *
 * The GATT server and the client use what bearers there are by themselves: the server answers where
 * it is asked, the client spreads its requests. A value is always notified or indicated on the same
 * bearer while the bearers stay, so that its order holds, and different values do not wait for each
 * other; a packet of several values goes on the bearer of the last. The Server Supported Features
 * say that enhanced bearers are taken.
 *
 * Bearers exist on encrypted links only: a request before that is refused, and so are more than
 * att_bearers of the host's configuration on all links. Each needs an L2CAP channel (max_chans)
 * with its memory (chan_rx_size). Who opened a bearer does not matter for its use, and both sides
 * may ask at the same time; each request is answered for itself. What the peer has no room for is
 * asked for three times more, later each time and at first by the central alone, as two that have
 * little room refuse each other when they ask at once [Vol 3, Part G, 5.4]; CLOSED tells when that
 * was in vain.
 *
 * A transaction that is not answered within 30 s ends its bearer alone.
 */
#ifndef WOAD_EATT_H
#define WOAD_EATT_H

#include "woad/l2cap.h"

extern const struct woad_host_part woad_eatt_part;

enum woad_eatt_evt_type {
    WOAD_EATT_OPENED = 1, /* a bearer can be used */
    WOAD_EATT_CLOSED,     /* it has ended, or could not be opened; err and result */
};

struct woad_eatt_evt {
    uint8_t type;  /* enum woad_eatt_evt_type */
    uint8_t count; /* enhanced bearers that the link has now */
    uint16_t conn;
    woad_chan chan;
    uint16_t mtu;    /* OPENED */
    int err;         /* CLOSED: as closed.err in woad/l2cap.h */
    uint16_t result; /* CLOSED with REFUSED: enum woad_l2cap_result */
};

typedef void woad_eatt_event_fn(void *arg, struct woad_host *h, const struct woad_eatt_evt *evt);

struct woad_eatt_cfg {
    uint8_t connect; /* bearers that a central opens by itself when a link is encrypted, 0..5 [0]; a
                        peer that takes none says so, and nothing is lost */
    woad_eatt_event_fn *event; /* may be NULL */
    void *arg;
};

/* Opens n (1..5) bearers by one request -> OPENED or CLOSED for each. SECURITY: the link is not
 * encrypted; NO_MEM: att_bearers or max_chans are in use; NOT_CONNECTED, STATE, INVALID. */
int woad_eatt_open(struct woad_host *h, uint16_t conn, unsigned n) WOAD_MUST_USE;
/* Closes one -> CLOSED. NOT_FOUND: there is no such bearer. */
int woad_eatt_close(struct woad_host *h, woad_chan chan) WOAD_MUST_USE;
/* Enhanced bearers that a link has. */
unsigned woad_eatt_count(struct woad_host *h, uint16_t conn);

#endif
