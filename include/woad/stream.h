/* woad/stream.h: blocking, timed and non-blocking octet streams over L2CAP channels.
 *
 *      read, read_all ------ straight from the channel's ring into the caller's memory
 *      write --------------- into the stream's own memory -> SDUs of the peer's MTU
 *
 *     static struct woad_stream s;                     one per channel; placed by the caller
 *     woad_stream_init(&s, kernel, h, memory, size);
 *     err = woad_stream_connect(&s, conn, &(struct woad_chan_cfg){.psm = 0x80}, WOAD_S(5));
 *     n = woad_stream_write(&s, data, len, WOAD_TIME_NEVER);
 *     n = woad_stream_read(&s, buf, sizeof(buf), WOAD_MS(500));
 *     err = woad_stream_close(&s, true, WOAD_S(5));
 *
 * The accepting side answers its ACCEPT event with the stream, then waits:
 *
 *     woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, woad_stream_event, &s);   in the event
 *     err = woad_stream_open(&s, WOAD_S(5));                                   later, outside it
 *
 * A write copies once. A wait can end at any moment (a timeout, Ctrl-C), an SDU that has begun
 * cannot be recalled: only a copy lets the caller have its memory back then. woad_l2cap_write()
 * lends the caller's memory down to the radio instead; its completion is an event.
 *
 * Works in every execution model of woad/runtime.h, from any thread. One thread may read while
 * another writes; two readers (or writers) at once are BUSY.
 *
 * Timeouts are in microseconds: 0 does not wait (non-blocking), WOAD_TIME_NEVER waits for ever;
 * they hold for reads and writes alike and there is no other limit. Inside an event a call with a
 * timeout other than 0 answers STATE when it would have to wait (rule 3 of woad/kernel.h).
 *
 * Nothing is lost: a count is reported before an error. A call that moved octets and was then
 * stopped (timeout, end, failure) returns how many; the next call says why, if that reason still
 * holds. What a timed read did not return stays for the next. Octets that write counted are on
 * their way; flush() tells when the controller has them all, or that they could not be sent.
 *
 * End of stream: reads deliver every octet received before they answer
 *   EOF            the peer closed the channel in order
 *   NOT_CONNECTED  the link was lost
 *   FORMAT, FAULT, RESET, CANCELLED, ...   as woad_chan_evt.u.closed.err
 */
#ifndef WOAD_STREAM_H
#define WOAD_STREAM_H

#include "woad/kernel.h"
#include "woad/l2cap.h"

/* Pieces of a stream under way in the host at once: what max_sends / max_chans grants by default.
 */
#define WOAD_STREAM_PIECES 4u

struct woad_stream_op;

struct woad_stream {
    struct woad_kernel *kernel; /* all of it is private */
    struct woad_host *host;
    woad_chan chan;
    uint8_t state; /* enum in stream.c */
    int error;     /* why the channel ended; 0 while it is open */
    uint16_t peer_mtu;
    /* Octets written and not yet sent: a ring, of which the oldest pieces are lent to the host. */
    uint8_t *ring;
    size_t size;
    size_t head;                      /* index of the oldest octet */
    size_t used;                      /* octets in the ring */
    size_t lent;                      /* of these, lent */
    size_t piece[WOAD_STREAM_PIECES]; /* lengths of the lent pieces, oldest first */
    unsigned pieces;
    size_t lost;  /* octets accepted that could not be sent */
    bool blocked; /* the host answered AGAIN: WRITABLE follows */
    struct woad_stream_op *reading;
    struct woad_stream_op *writing;
    struct woad_stream_op *waiting; /* open, flush or close */
    void (*changed)(void *arg, struct woad_stream *s);
    void *changed_arg;
};

/* ring: memory for octets written, borrowed until close; at full speed two connection intervals of
 * data (2M, 50 ms: 18 KiB), at least 1 octet. Nothing is sent or allocated. */
void woad_stream_init(struct woad_stream *s, struct woad_kernel *k, struct woad_host *h, void *ring,
                      size_t size);

/* For event-driven code: fn is called in the owner's context when a call that answered AGAIN may go
 * on: after the channel opened, data came, room came, or the channel ended. Set before it opens. */
void woad_stream_set_changed(struct woad_stream *s, void (*fn)(void *arg, struct woad_stream *s),
                             void *arg);

/* The channel event function of a stream; its argument is the stream. */
woad_chan_event_fn woad_stream_event;

/* Opens a channel on link conn and waits until it is open. cfg->event and cfg->arg are set here.
 * Errors: those of woad_l2cap_connect() (nothing has begun) and of CLOSED; TIMEOUT, or AGAIN with
 * timeout 0: not yet; woad_stream_open() waits on, woad_stream_close() gives up. */
int woad_stream_connect(struct woad_stream *s, uint16_t conn, const struct woad_chan_cfg *cfg,
                        woad_time timeout_us) WOAD_MUST_USE;

/* Waits until the channel is open that was accepted with woad_stream_event, or begun by connect().
 * 0; TIMEOUT, AGAIN as above; else why it will not open. */
int woad_stream_open(struct woad_stream *s, woad_time timeout_us) WOAD_MUST_USE;

/* What is there, up to len (>= 1), waiting for the first octet only: > 0, or AGAIN (timeout 0),
 * TIMEOUT, the end of the stream. */
long woad_stream_read(struct woad_stream *s, void *to, size_t len, woad_time timeout_us);

/* All len octets; fewer when time ran out or the stream ended on the way, 0 octets are an error. */
long woad_stream_read_all(struct woad_stream *s, void *to, size_t len, woad_time timeout_us);

/* Octets that a read would return now. */
size_t woad_stream_available(struct woad_stream *s);

/* Accepts len (>= 1) octets, fewer when time ran out or the channel ended; > 0, or AGAIN, TIMEOUT,
 * NOT_CONNECTED (also when the peer closed in order), ... The memory at data is the caller's again
 * when this returns. */
long woad_stream_write(struct woad_stream *s, const void *data, size_t len, woad_time timeout_us);

/* Waits until everything accepted was given to the controller. Otherwise TIMEOUT (all is still
 * under way), or why it could not be sent. */
int woad_stream_flush(struct woad_stream *s, woad_time timeout_us) WOAD_MUST_USE;

/* Ends the stream. flush: first sends what was accepted and, for timeout_us at most, waits until
 * the peer has given the credits for it; else drops it. Returns when the channel has ended and
 * neither stream nor ring are used any more; that takes the peer's answer, or the host's time limit
 * for it, beyond timeout_us. 0; TIMEOUT: octets that were accepted had to be dropped; another
 * error: the channel had ended with it before they were sent. With timeout 0, or inside an event:
 * AGAIN when it is not yet done; call again, or let the CLOSED event come. Unread octets are
 * discarded. Closing a closed stream is 0. */
int woad_stream_close(struct woad_stream *s, bool flush, woad_time timeout_us) WOAD_MUST_USE;

#endif
