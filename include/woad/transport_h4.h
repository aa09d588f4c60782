/* woad/transport_h4.h: HCI packets over a byte pipe, with or without sleep.
 *
 *     woad_h4_transport_init(&h4, &(struct woad_h4_transport_cfg){
 *         .pipe = &pipe.pipe, .types = WOAD_H4_FROM_CONTROLLER,
 *         .ring = memory, .ring_size = sizeof(memory)});
 *     woad_transport_open(&h4.transport, &up, arg);
 *
 * Serves both sides: a host receives WOAD_H4_FROM_CONTROLLER, a controller WOAD_H4_FROM_HOST. It
 * allocates nothing and knows no operating system.
 *
 * With ehcill set, power(MAY_SLEEP) lets the line sleep when it is idle (woad/power.h). OFF is
 * UNSUPPORTED: a pipe has no switch for the supply.
 */
#ifndef WOAD_TRANSPORT_H4_H
#define WOAD_TRANSPORT_H4_H

#include "woad/h4.h"
#include "woad/pipe.h"
#include "woad/power.h"
#include "woad/ring.h"
#include "woad/transport.h"

struct woad_h4_transport_cfg {
    struct woad_pipe *pipe; /* borrowed until close() */
    void *ring;             /* receive memory, borrowed */
    uint32_t ring_size;     /* a power of two; 512 suits a UART at 1 Mbaud, sockets like 16384 */
    uint8_t types;          /* what may be received, see woad/h4.h */
    uint16_t len_max;       /* longest packet received; 0 = 65535 */
    uint16_t tx_max;        /* packets taken before tx() answers AGAIN; 0 = 16 */
    bool ehcill;            /* the controller speaks eHCILL */
    struct woad_pm_cfg pm;  /* with ehcill */
};

enum woad_h4_transport_state {
    WOAD_H4_CLOSED,
    WOAD_H4_OPEN,
    WOAD_H4_FAILED,
};

struct woad_h4_transport {
    struct woad_transport transport;
    struct woad_h4_transport_cfg cfg;
    struct woad_h4 parser;
    struct woad_ring ring;
    struct woad_pm pm;
    struct woad_buf_queue tx; /* packets not yet sent whole */
    uint32_t tx_at;           /* octets of the first of them that were sent, type octet included */
    uint8_t state;            /* enum woad_h4_transport_state */
    bool may_sleep;           /* what power() was last told; outlives close() */
    bool stalled;             /* the user had no buffer for what stands in the ring */
    bool ended;               /* the pipe said EOF or IO; what is in the ring comes first */
    uint8_t end_fault;        /* enum woad_transport_fault for that */
};

/* Errors: INVALID (no pipe, no memory, or a size that is no power of two). */
int woad_h4_transport_init(struct woad_h4_transport *t,
                           const struct woad_h4_transport_cfg *cfg) WOAD_MUST_USE;

/* Packets taken by tx() and not yet written to the pipe. */
static inline uint16_t woad_h4_transport_pending(const struct woad_h4_transport *t)
{
    return t->tx.count;
}

#endif
