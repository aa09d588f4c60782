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
 * up-calls of its user; close() stops it (no up-call comes after it returned) and it may be opened
 * again, as new; the driver's own destructor frees it.
 *
 * A pump, in full (h is a host; for a controller read woad_ll_ instead of woad_host_):
 *
 *     while ((pkt = woad_host_tx(h)))
 *         if (woad_transport_tx(t, pkt) < 0) {
 *             woad_host_tx_undo(h, pkt);                   AGAIN: full for now
 *             break;
 *         }
 *     next = woad_transport_poll(t, now);                  sends, receives: rx(), tx_done()
 *     next = min(next, woad_host_run(h, now));
 *     wait until next, or wake(), or t->fd is ready for what t->wants says
 *
 * Ownership: tx() takes pkt on 0 and hands it back through tx_done(), exactly once, also on close
 * and fault. rx() gives its packet to the user for good. A packet's type is in pkt->type; its
 * octets begin with the HCI header.
 *
 * Context: every call and up-call happens in the thread of the user. Up-calls come from inside
 * poll() and close() alone, except wake(), which may come from anywhere (an interrupt, another
 * thread, tx() itself) and asks for a call of poll(). Inside an up-call tx() and power() may be
 * called; close() only inside fault(), which is the last up-call of its poll().
 *
 * Faults: after fault() the instance is dead: what was not sent has come back through tx_done(),
 * tx() answers FAULT, nothing is received. close() and open() bring it back; the controller behind
 * it has to be reset and everything resynchronised. `why` says in words what happened.
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
    WOAD_FAULT_CLOSED = 1, /* the other side closed the connection */
    WOAD_FAULT_FRAMING,    /* an octet that begins no packet, or an impossible length */
    WOAD_FAULT_IO,         /* the operating system or hardware reported an error */
    WOAD_FAULT_WAKE,       /* the controller did not wake up */
    WOAD_FAULT_MISMATCH,   /* replay: what was sent differs from the recording */
    WOAD_FAULT_OVERRUN,    /* octets arrived faster than the ring was emptied */
};

enum woad_transport_cap {
    WOAD_TRANSPORT_SLEEPS = 1, /* power(MAY_SLEEP) has an effect */
    WOAD_TRANSPORT_DIRECT = 2, /* buffers reach the other side without a copy */
};

enum woad_transport_want {
    WOAD_WANT_READ = 1,  /* wait until fd is readable */
    WOAD_WANT_WRITE = 2, /* wait until fd is writable */
};

#define WOAD_TRANSPORT_RETRY_US 1000

/* What the user of a transport offers to it. arg is passed back. */
struct woad_transport_up {
    /* A buffer for a packet of this type whose total length (HCI header included, without the H4
     * octet) is len and whose first octets are at head (head_len of them: the HCI header, for LE
     * events with the subevent code; read-only, valid during the call). The buffer has a tailroom
     * of at least len. NULL: no room; the transport holds back what follows and asks again at the
     * next poll(), which it wants within RETRY_US: a user that has freed a buffer may poll sooner.
     * NULL with *discard set
     * (false before): the packet is dropped, which is also the answer to one that can never fit.
     * direct hands over the controller's own buffers and does not ask. */
    struct woad_buf *(*alloc)(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                              uint16_t head_len, bool *discard);
    void (*rx)(void *arg, struct woad_buf *pkt);      /* takes */
    void (*tx_done)(void *arg, struct woad_buf *pkt); /* returns what tx() took */
    void (*fault)(void *arg, enum woad_transport_fault reason);
    void (*wake)(void *arg);
};

struct woad_transport_ops {
    /* May wait for a connection to be made. Errors: IO, NOT_FOUND, BUSY, STATE (is open), with the
     * words in t->why. */
    int (*open)(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg);
    void (*close)(struct woad_transport *t); /* harmless when closed */
    /* Takes pkt on 0. AGAIN: busy; try again after the next tx_done() or wake(). FAULT: dead until
     * reopened. STATE: not open. The octets move in the next poll(). */
    int (*tx)(struct woad_transport *t, struct woad_buf *pkt);
    int (*power)(struct woad_transport *t, enum woad_power want);
    uint32_t (*caps)(const struct woad_transport *t); /* bits of enum woad_transport_cap */
    /* Moves what can be moved without waiting and returns the next deadline (idle time-out, wake
     * retry; NEVER if none). Sets wants. Harmless at any time. */
    woad_time (*poll)(struct woad_transport *t, woad_time now_us);
};

/* The instance; a driver embeds it as its first member. */
struct woad_transport {
    const struct woad_transport_ops *ops;
    const struct woad_transport_up *up;
    void *up_arg;
    const char *why; /* the last error or fault in words, or NULL; valid until the next call */
    int fd;          /* for the pump to wait on, or -1 */
    uint8_t wants;   /* bits of enum woad_transport_want: what to wait for at fd */
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
