/* woad/pipe.h: byte pipes: what moves octets below a framer.
 *
 *      framer (woad/transport_h4.h)
 *        |  write(spans)          ^  peek / consume
 *        v                        |
 *      struct woad_pipe --fill--> struct woad_ring (woad/ring.h)
 *        |                        ^
 *        v                        | or: an interrupt handler puts octets straight into the ring
 *      UART, pty, unix socket, TCP, memory
 *
 * A pipe gets its receive ring at open(). One that polls (a file descriptor) puts octets there in
 * fill(), never more than fit, so that a full ring holds the peer back. One with interrupts or DMA
 * puts them there when they come, calls wake(), and its fill() has nothing to do; what does not fit
 * is an overrun, which the ring records.
 *
 * The pipes for POSIX are in woad/pipe_posix.h. Below stands a pair of pipes in memory.
 */
#ifndef WOAD_PIPE_H
#define WOAD_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"
#include "woad/ring.h"

struct woad_span {
    const uint8_t *data;
    size_t len;
};

struct woad_pipe;

struct woad_pipe_ops {
    /* Begins; may wait for a connection. rx and wake are borrowed until close(); wake may be called
     * from anywhere. Errors as woad_transport_open(), words in why. */
    int (*open)(struct woad_pipe *p, struct woad_ring *rx, void (*wake)(void *arg), void *wake_arg);
    void (*close)(struct woad_pipe *p); /* harmless when closed */
    /* Moves what has arrived into the ring without waiting: how many octets, 0 when there are none
     * or no room; EOF: the peer closed; IO. */
    int (*fill)(struct woad_pipe *p);
    /* Writes spans (at most WOAD_PIPE_SPANS_MAX) without waiting: how many octets were taken, 0
     * when it is busy; EOF: the peer closed; IO. */
    int (*write)(struct woad_pipe *p, const struct woad_span *spans, size_t count);
};

#define WOAD_PIPE_SPANS_MAX 48

/* The instance; an implementation embeds it as its first member. */
struct woad_pipe {
    const struct woad_pipe_ops *ops;
    const char *why; /* the last error in words, or NULL */
    int fd;          /* to wait on, or -1 */
};

/* One end of a pair in memory: what one end writes appears in the other's ring. */
struct woad_pipe_mem {
    struct woad_pipe pipe;
    struct woad_pipe_mem *peer;
    struct woad_ring *rx; /* NULL: not open */
    void (*wake)(void *arg);
    void *wake_arg;
    size_t write_max; /* octets taken by one write, to force splits; 0 = no limit */
    bool was_open;    /* once opened and closed is the end for the peer */
};

/* Joins a and b. Before the peer is open a write takes nothing. */
void woad_pipe_mem_pair(struct woad_pipe_mem *a, struct woad_pipe_mem *b);

#endif
