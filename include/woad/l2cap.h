/* woad/l2cap.h: L2CAP LE credit-based channels [Vol 3, Part A, 4.22-4.28, 10].
 *
 *      listen(psm) ------ peer connects -----> ACCEPT event -> accept() / refuse
 *      connect(conn, psm) ------------------------------------------> OPENED / CLOSED
 *                                                                        |
 *      SDU API      send(sdu) -> SENT            RECEIVED -> recv(buf)    |  on the same channel
 *      stream API   write(any size) -> SENT      RECEIVED -> read(buf)    |
 *                                                                        v
 *      close() or the peer or the link ------------------------------> CLOSED
 *
 * A channel is named by a handle that is not used again while the host runs: a call on a channel
 * that has ended answers NOT_CONNECTED and never touches another channel.
 *
 * Sending borrows the caller's memory (no copy) until SENT for it: exactly one SENT per accepted
 * call, in order, also when the channel ends; then with an error and the count of octets that had
 * been given to the controller. All SENT of a channel come before its CLOSED.
 *
 * Receiving copies from the channel's ring. Every octet received is delivered before the end is
 * reported: after the peer closed or the link was lost, CLOSED is sent at once and recv/read go on
 * until they answer WOAD_ERR_EOF (orderly) or another error (see closed.err); release() then frees
 * the channel. A channel that we closed, or that never opened, is released by its CLOSED event.
 *
 * Credits are counted per K-frame and given only for memory that is reserved for a whole MPS, so
 * nothing is ever dropped after it was granted: a reader that lags lowers the peer's window.
 *
 *     credits at the peer + K-frames in flight + K-frames in our ring = granted - consumed
 *     (rx_credits of struct woad_chan_info)      (rx_frames)
 *
 * A peer that breaks a rule (sends without credit, a K-frame above our MPS, an SDU above our MTU,
 * more than the SDU length said, credits beyond 65535) loses the channel: closed.err is FORMAT.
 */
#ifndef WOAD_L2CAP_H
#define WOAD_L2CAP_H

#include "woad/host.h"

typedef uint32_t woad_chan; /* 0 = none */

/* Results of a connection request [Vol 3, Part A, 4.23, 4.26]. */
enum woad_l2cap_result {
    WOAD_L2CAP_OK = 0x0000,
    WOAD_L2CAP_NO_PSM = 0x0002,
    WOAD_L2CAP_NO_RESOURCES = 0x0004,
    WOAD_L2CAP_AUTHENTICATION = 0x0005,
    WOAD_L2CAP_AUTHORIZATION = 0x0006,
    WOAD_L2CAP_KEY_SIZE = 0x0007,
    WOAD_L2CAP_ENCRYPTION = 0x0008,
    WOAD_L2CAP_INVALID_CID = 0x0009,
    WOAD_L2CAP_CID_IN_USE = 0x000A,
    WOAD_L2CAP_PARAMETERS = 0x000B,
    WOAD_L2CAP_INVALID_PARAMETERS = 0x000C,
    WOAD_L2CAP_PENDING = 0x000D,
    WOAD_L2CAP_PENDING_AUTHENTICATION = 0x000E,
    WOAD_L2CAP_PENDING_AUTHORIZATION = 0x000F,
    WOAD_L2CAP_NOT_UNDERSTOOD = 0xFFFF, /* here only: the peer answered with a Command Reject */
};

enum woad_chan_evt_type {
    WOAD_CHAN_ACCEPT = 1,   /* the peer asks; answer with woad_l2cap_accept(), now or later */
    WOAD_CHAN_OPENED,       /* completes connect() and accept(); u.opened */
    WOAD_CHAN_CLOSED,       /* the channel ended, or connect() failed; u.closed */
    WOAD_CHAN_SENT,         /* completes send() or write(); u.sent */
    WOAD_CHAN_WRITABLE,     /* a call that answered AGAIN can succeed now */
    WOAD_CHAN_RECEIVED,     /* data came; the next RECEIVED comes after recv or read answered AGAIN;
                               u.received */
    WOAD_CHAN_RECONFIGURED, /* completes reconfigure(), or the peer changed its side; u.opened */
};

struct woad_chan_evt {
    uint8_t type; /* enum woad_chan_evt_type */
    uint16_t conn;
    woad_chan chan;
    union {
        struct {
            uint16_t psm;
            uint16_t our_mtu;
            uint16_t our_mps;
            uint16_t peer_mtu;
            uint16_t peer_mps;
            int err; /* RECONFIGURED: 0 or REFUSED */
            uint16_t result;
        } opened; /* also ACCEPT */
        struct {
            int err; /* 0 we closed; EOF the peer closed; NOT_CONNECTED link lost; REFUSED connect
                        refused (result); FORMAT the peer broke a rule; FAULT the controller failed;
                        CANCELLED the host stopped; TIMEOUT no answer from the peer */
            uint16_t result; /* enum woad_l2cap_result when REFUSED */
        } closed;
        struct {
            void *tag;  /* as given to send() or write() */
            int err;    /* 0 when all was sent; CANCELLED by close(), else as in closed.err */
            size_t len; /* octets given to the controller */
        } sent;
        struct {
            size_t available; /* octets waiting, of all SDUs */
        } received;
    } u;
};

typedef void woad_chan_event_fn(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);

/* Zero in a field means its default (in brackets). */
struct woad_chan_cfg {
    uint16_t psm;     /* SPSM: 0x0001..0x00FF */
    uint16_t mtu;     /* longest SDU we take: 23..65535 [what fills half of the ring] */
    uint16_t mps;     /* longest K-frame payload we take: 23..65533 [cfg.mps of the host, smaller
                         when the ring is]; the ring must hold one: chan_rx_size >= mps + 8 */
    uint16_t credits; /* window in K-frames, an upper limit [as many as the ring holds] */
    woad_chan_event_fn *event;
    void *arg;
};

/* Channels join the host at the first call that listens or connects; a program without one has none
 * of their code. One that wants requests to wait before that (psm_wait_ms) calls this. UNSUPPORTED:
 * the configuration says no_chans. */
int woad_l2cap_join(struct woad_host *h) WOAD_MUST_USE;

/* Accepts connections for cfg->psm (both LE credit-based and enhanced). cfg is copied. EXISTS,
 * NO_MEM. An ACCEPT event comes first; without an answer in it (woad_l2cap_accept not called inside
 * the event) the request stays pending until accept() is called. */
int woad_l2cap_listen(struct woad_host *h, const struct woad_chan_cfg *cfg) WOAD_MUST_USE;
int woad_l2cap_unlisten(struct woad_host *h, uint16_t psm) WOAD_MUST_USE;

/* Answers ACCEPT: WOAD_L2CAP_OK -> OPENED, another result refuses (CLOSED with CANCELLED follows).
 * Of the channels of one enhanced request each gets its own ACCEPT; the peer hears the answer when
 * the last of them is decided, and result may be one of the PENDING ones in between (no event).
 * event and arg replace those of the listener when event is not NULL. STATE: nothing to answer. */
int woad_l2cap_accept(struct woad_host *h, woad_chan chan, uint16_t result,
                      woad_chan_event_fn *event, void *arg) WOAD_MUST_USE;

/* Opens a channel. -> OPENED or CLOSED. NO_MEM: max_chans are in use (release() those that ended).
 */
int woad_l2cap_connect(struct woad_host *h, uint16_t conn, const struct woad_chan_cfg *cfg,
                       woad_chan *chan) WOAD_MUST_USE;
/* Opens n (1..5) channels by one enhanced request; each completes with OPENED or CLOSED. */
int woad_l2cap_connect_enhanced(struct woad_host *h, uint16_t conn, const struct woad_chan_cfg *cfg,
                                woad_chan *chans, unsigned n) WOAD_MUST_USE;
/* Changes MTU (not smaller) and MPS of n enhanced channels. -> RECONFIGURED for each */
int woad_l2cap_reconfigure(struct woad_host *h, const woad_chan *chans, unsigned n, uint16_t mtu,
                           uint16_t mps) WOAD_MUST_USE;

/* SDU API. len <= peer MTU (TOO_LONG otherwise), 0 is an empty SDU; sdu is borrowed until SENT.
 * AGAIN: the send queue is full, nothing was taken; one WRITABLE follows. */
int woad_l2cap_send(struct woad_host *h, woad_chan chan, const void *sdu, size_t len,
                    void *tag) WOAD_MUST_USE;

/* Stream API. Any len >= 1; data is borrowed until SENT; cut into SDUs of the peer's MTU and
 * K-frames of the peer's MPS. Consecutive small writes may share an SDU. */
int woad_l2cap_write(struct woad_host *h, woad_chan chan, const void *data, size_t len,
                     void *tag) WOAD_MUST_USE;

/* Octets of one SDU, up to size: >= 0 (0 is an empty SDU); *more when the SDU goes on, which the
 * next call continues. Begins an SDU only when all of it has arrived, unless the ring cannot hold
 * it whole; then its parts are given as they come, with *more. AGAIN: nothing yet; EOF,
 * NOT_CONNECTED, ...: nothing and never again (as closed.err). more may be NULL. */
long woad_l2cap_recv(struct woad_host *h, woad_chan chan, void *to, size_t size, bool *more);

/* Octets of the stream, across SDUs: > 0; AGAIN, EOF, NOT_CONNECTED as above. */
long woad_l2cap_read(struct woad_host *h, woad_chan chan, void *to, size_t size);

/* Octets that can be read now. */
size_t woad_l2cap_available(const struct woad_host *h, woad_chan chan);

/* Ends the channel. flush: first sends all that was accepted; else pending sends complete with
 * CANCELLED (a K-frame of which a part is out is finished). -> CLOSED. Data received from now on is
 * discarded and counted. A second close() with flush false cuts a flush short. */
int woad_l2cap_close(struct woad_host *h, woad_chan chan, bool flush) WOAD_MUST_USE;

/* Frees a channel after CLOSED (also inside it) when nothing more will be read. Until then its
 * handle and its unread data stay. STATE: it has not ended; close() it. */
int woad_l2cap_release(struct woad_host *h, woad_chan chan) WOAD_MUST_USE;

struct woad_chan_info {
    uint16_t conn;
    uint16_t psm;
    uint16_t our_mtu;
    uint16_t our_mps;
    uint16_t peer_mtu;
    uint16_t peer_mps;
    bool open; /* data can be sent */
    bool enhanced;
    uint16_t tx_credits;   /* K-frames we may send */
    uint16_t rx_credits;   /* K-frames the peer may send */
    uint32_t rx_frames;    /* K-frames in our ring, the one being received included */
    uint32_t tx_sends;     /* sends and writes not completed */
    size_t rx_available;   /* octets in our ring */
    uint32_t rx_discarded; /* octets that came after our close() */
    uint32_t granted;      /* credits given in total */
    uint32_t consumed;     /* K-frames read in total */
    uint16_t local_cid;
    uint16_t remote_cid;
};
int woad_l2cap_info(const struct woad_host *h, woad_chan chan,
                    struct woad_chan_info *info) WOAD_MUST_USE;

#endif
