/* woad/transport.h: the driver layer between a host (or a controller) and the other side of HCI.
 *
 * A transport instance moves whole HCI packets. Behind the same table stand real hardware (serial
 * line, Linux HCI user channel), a simulated controller in this process (direct), another process
 * (unix socket, TCP, pty) and a recording (replay). A tap (snoop) wraps any of them.
 *
 *      user (host or controller)
 *        |  tx(pkt)                 ^  rx(pkt)  tx_done(pkt)  fault(reason)  wake()
 *        v                          |
 *      struct woad_transport  ->  [snoop] -> framer (H4) -> pipe (uart, socket, pty, ring)
 *
 * Life cycle: a constructor of a driver fills a struct woad_transport; open() starts it with the
 * up-calls of its user; close() stops it (no up-call comes after it returned); the driver's own
 * destructor frees it.
 *
 * Ownership: tx() takes pkt on 0 and hands it back through tx_done(), in the user's context and
 * exactly once, also on close and fault. rx() gives its packet to the user for good.
 *
 * Context: every call and up-call happens in the thread of the user (for drivers with threads or
 * interrupts inside: after they passed it on). wake() is the exception: it may come from anywhere
 * and asks for a call of poll().
 */
#ifndef WOAD_TRANSPORT_H
#define WOAD_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "woad/buf.h"
#include "woad/time.h"

struct woad_transport;

enum woad_power {
    WOAD_POWER_AWAKE,     /* stay reachable */
    WOAD_POWER_MAY_SLEEP, /* sleep when idle, wake by either side */
    WOAD_POWER_OFF,       /* supply may be cut; a reset is needed afterwards */
};

enum woad_transport_fault {
    WOAD_FAULT_CLOSED = 1,  /* the other side closed the connection */
    WOAD_FAULT_FRAMING,     /* an octet that begins no packet, or an impossible length */
    WOAD_FAULT_IO,          /* the operating system or hardware reported an error */
    WOAD_FAULT_WAKE,        /* the controller did not wake up */
    WOAD_FAULT_MISMATCH,    /* replay: what was sent differs from the recording */
    WOAD_FAULT_OVERRUN,     /* octets arrived faster than the ring was emptied */
};

enum woad_transport_cap {
    WOAD_TRANSPORT_SLEEPS = 1,   /* power(MAY_SLEEP) has an effect */
    WOAD_TRANSPORT_DIRECT = 2,   /* buffers reach the other side without a copy */
};

/* What the user of a transport offers to it. arg is passed back. */
struct woad_transport_up {
    /* A buffer for a packet of this type whose total length (HCI header included, without the H4
     * octet) is len and whose first octets are at head (head_len of them: at least the HCI header,
     * for events also the subevent code). NULL: no room; the transport holds back its pipe and
     * asks again at the next poll(), or drops the packet if it is discardable (*discard set). */
    struct woad_buf *(*alloc)(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                              uint16_t head_len, bool *discard);
    void (*rx)(void *arg, struct woad_buf *pkt);      /* takes */
    void (*tx_done)(void *arg, struct woad_buf *pkt); /* returns what tx() took */
    void (*fault)(void *arg, enum woad_transport_fault reason);
    void (*wake)(void *arg);
};

struct woad_transport_ops {
    int (*open)(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg);
    void (*close)(struct woad_transport *t);
    /* Takes pkt on 0. AGAIN: busy; try again after the next tx_done or wake. */
    int (*tx)(struct woad_transport *t, struct woad_buf *pkt);
    int (*power)(struct woad_transport *t, enum woad_power want);
    uint32_t (*caps)(const struct woad_transport *t); /* bits of enum woad_transport_cap */
    /* Moves what can be moved without waiting and returns the next deadline (idle time-out, wake
     * retry; NEVER if none). Harmless at any time. */
    woad_time (*poll)(struct woad_transport *t, woad_time now_us);
};

/* The instance; a driver embeds it as its first member. */
struct woad_transport {
    const struct woad_transport_ops *ops;
    const struct woad_transport_up *up;
    void *up_arg;
    int fd; /* for the pump to wait on (readable, and writable while tx is busy), or -1 */
};

static inline int woad_transport_open(struct woad_transport *t, const struct woad_transport_up *up,
                                      void *up_arg)
{
    return t->ops->open(t, up, up_arg);
}

static inline void woad_transport_close(struct woad_transport *t)
{
    t->ops->close(t);
}

static inline int woad_transport_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    return t->ops->tx(t, pkt);
}

static inline int woad_transport_power(struct woad_transport *t, enum woad_power want)
{
    return t->ops->power(t, want);
}

static inline uint32_t woad_transport_caps(const struct woad_transport *t)
{
    return t->ops->caps(t);
}

static inline woad_time woad_transport_poll(struct woad_transport *t, woad_time now_us)
{
    return t->ops->poll(t, now_us);
}

#endif
