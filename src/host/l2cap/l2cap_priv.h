/* l2cap_priv.h: the parts of L2CAP, to each other and to the core.
 *
 *     recombine.c  ACL fragments -> PDUs -> fixed channels, or struct host_channel_ops:
 *     receive.c    K-frames -> ring (ring.h) -> recv, read; credits
 *     send.c       send, write -> K-frames -> ACL fragments
 *     channel.c    life of a channel and its events
 *     signal.c     signalling; param_update.c
 *     chan_signal.c  signalling of channels: the table of commands, whose handlers are in
 *                  credit_connect.c, enhanced.c, reconfigure.c, disconnect.c
 *
 * Channels are not linked by a program that neither listens nor connects (channel.c).
 */
#ifndef WOAD_L2CAP_PRIV_H
#define WOAD_L2CAP_PRIV_H

#include "host_priv.h"
#include "l2cap/ring.h"

#define L2CAP_HDR_LEN       4
#define L2CAP_SDU_HDR       2
#define L2CAP_CID_SIG       0x0005
#define L2CAP_CID_FIRST     0x0040
#define L2CAP_CID_LAST      0x007f
#define L2CAP_CID_COUNT     64
#define L2CAP_MIN_MTU       23
#define L2CAP_MIN_MTU_ECRED 64
#define L2CAP_GROUP_MAX     5
#define L2CAP_RTX_US        WOAD_S(30) /* 1..60 s [Vol 3, Part A, 6.2.1] */
#define L2CAP_ERTX_US       WOAD_S(60) /* 60..300 s [6.2.2] */

enum l2cap_code {
    L2CAP_REJECT = 0x01,
    L2CAP_DISCONNECT_REQ = 0x06,
    L2CAP_DISCONNECT_RSP = 0x07,
    L2CAP_PARAM_REQ = 0x12,
    L2CAP_PARAM_RSP = 0x13,
    L2CAP_LE_CONNECT_REQ = 0x14,
    L2CAP_LE_CONNECT_RSP = 0x15,
    L2CAP_CREDIT = 0x16,
    L2CAP_ECRED_CONNECT_REQ = 0x17,
    L2CAP_ECRED_CONNECT_RSP = 0x18,
    L2CAP_RECONFIGURE_REQ = 0x19,
    L2CAP_RECONFIGURE_RSP = 0x1a,
};

enum l2cap_reject {
    L2CAP_REJECT_NOT_UNDERSTOOD = 0,
    L2CAP_REJECT_MTU = 1,
    L2CAP_REJECT_CID = 2,
};

static inline bool woad_l2cap_cid_valid(uint16_t cid)
{
    return cid >= L2CAP_CID_FIRST && cid <= L2CAP_CID_LAST;
}

/* The channel of a handle, NULL when it has ended and was released. */
static inline struct host_chan *woad_l2cap_find(struct woad_host *h, woad_chan handle)
{
    uint32_t i = handle & ((UINT32_C(1) << h->chan_bits) - 1);
    if (i >= h->chan_count)
        return NULL;
    struct host_chan *chan = &h->chans[i];
    return chan->handle == handle && chan->state != HOST_CHAN_FREE ? chan : NULL;
}

/* Its CIDs are in use. */
static inline bool woad_l2cap_alive(const struct host_chan *chan)
{
    return chan->state != HOST_CHAN_FREE && chan->state < HOST_CHAN_ENDED;
}

/* channel.c */
struct host_chan *woad_l2cap_by_lcid(struct host_link *link, uint16_t cid);
struct host_chan *woad_l2cap_by_rcid(struct host_link *link, uint16_t cid);
/* A new channel of the link, or NULL with *err NO_MEM or INVALID. */
struct host_chan *woad_l2cap_new(struct host_link *link, const struct woad_chan_cfg *cfg,
                                 bool enhanced, int *err);
void woad_l2cap_opened(struct host_chan *chan);
/* Nothing goes over the link any more; CLOSED follows when all SENT were told. */
void woad_l2cap_end(struct host_chan *chan, int err, uint16_t result);
/* Starts disconnection; CLOSED with err follows. */
void woad_l2cap_begin_close(struct host_chan *chan, int err);
void woad_l2cap_dirty(struct host_chan *chan);
void woad_l2cap_event(struct host_chan *chan, uint8_t evt);

/* send.c */
void woad_l2cap_send_init(struct woad_host *h);
void woad_l2cap_send_open(struct host_chan *chan);
void woad_l2cap_send_close(struct host_chan *chan, int err); /* gives up what is not cut */
void woad_l2cap_send_free(struct host_chan *chan);           /* the oldest */
/* Tells the next completed send; false when there is none. */
bool woad_l2cap_tell_sent(struct woad_host *h, struct host_chan *chan);
void woad_l2cap_send_ready(struct host_chan *chan);
struct woad_buf *woad_l2cap_fragment(struct woad_host *h, struct host_link *link);

/* receive.c */
void woad_l2cap_rx_route(struct host_link *link);
uint16_t woad_l2cap_kframe_feed(struct host_link *link, const uint8_t *data, uint16_t len);
void woad_l2cap_kframe_lost(struct host_chan *chan);
void woad_l2cap_kframe_abort(struct host_chan *chan);
int woad_l2cap_rx_setup(struct host_chan *chan, const struct woad_chan_cfg *cfg);
/* The credits to be told to the peer now. */
uint16_t woad_l2cap_take_grant(struct host_chan *chan);

extern const struct host_fixed_row woad_l2cap_sig_fixed;

/* fixed.c: PDUs of fixed channels. pdu (taken) has HOST_PDU_HEADROOM octets of headroom at least;
 * ATT's share the air with channels in turn, the others come first. */
#define HOST_PDU_HEADROOM (1 + WOAD_HCI_ACL_HDR_LEN + L2CAP_HDR_LEN)
#define L2CAP_CID_ATT     0x0004
#define L2CAP_CID_SMP     0x0006
void woad_l2cap_push_header(struct woad_buf *pdu, uint16_t cid);
void woad_l2cap_fixed_send(struct host_link *link, uint16_t cid, struct woad_buf *pdu);
/* The next packet of link->cut, or of a PDU that begins (taken). NULL: no buffer to cut into now.
 */
struct woad_buf *woad_l2cap_cut(struct woad_host *h, struct host_link *link);
struct woad_buf *woad_l2cap_whole(struct woad_host *h, struct host_link *link,
                                  struct woad_buf *pdu);
/* A buffer of the signalling pool for a PDU of up to HOST_SIG_PAYLOAD octets, headroom made; NULL:
 * none now. */
struct woad_buf *woad_l2cap_sig_alloc(struct woad_host *h);

/* recombine.c */
void woad_l2cap_rx_start(struct host_link *link);
void woad_l2cap_rx_feed(struct host_link *link, const uint8_t *data, unsigned len);
/* What is left of this PDU is for nobody. */
void woad_l2cap_rx_skip(struct host_link *link);
/* The channel being received takes no more of this PDU. */
void woad_l2cap_rx_forget(struct host_link *link, const struct host_chan *chan);

/* signal.c */
void woad_l2cap_signal(struct host_link *link, const uint8_t *pdu, uint16_t len);
void woad_l2cap_signal_over(struct host_link *link, const uint8_t *head, uint16_t len);
struct woad_buf *woad_l2cap_sig_build(struct woad_host *h, struct host_link *link);
/* The header of a command with len octets of data. */
static inline void woad_l2cap_put_command(uint8_t *p, uint8_t code, uint8_t ident, uint16_t len)
{
    p[0] = code;
    p[1] = ident;
    woad_put_u16(p + 2, len);
}
bool woad_l2cap_reply(struct host_link *link, uint8_t code, uint8_t ident, const void *data,
                      uint8_t len);
void woad_l2cap_not_understood(struct host_link *link, uint8_t ident);
uint8_t woad_l2cap_next_ident(struct host_link *link);

/* A signalling command from the peer: its identifier and its data. */
typedef void l2cap_handler(struct host_link *link, uint8_t ident, struct woad_rd *r);
struct l2cap_command_row {
    uint8_t code;
    uint8_t min; /* octets of data */
    uint8_t max;
    bool request;
    l2cap_handler *handle;
};
l2cap_handler woad_l2cap_on_disconnect_req, woad_l2cap_on_disconnect_rsp, woad_l2cap_on_param_req,
    woad_l2cap_on_param_rsp, woad_l2cap_on_le_connect_req, woad_l2cap_on_le_connect_rsp,
    woad_l2cap_on_credit, woad_l2cap_on_ecred_req, woad_l2cap_on_ecred_rsp,
    woad_l2cap_on_reconfigure_req, woad_l2cap_on_reconfigure_rsp;

/* chan_signal.c */
#define L2CAP_CHAN_COMMANDS 9
extern const struct l2cap_command_row woad_l2cap_chan_commands[L2CAP_CHAN_COMMANDS];
bool woad_l2cap_asked(const struct host_link *link, uint8_t ident, bool sent);
void woad_l2cap_rejected(struct host_link *link, uint8_t ident);
bool woad_l2cap_chan_build(struct host_link *link, struct woad_buf *buf);
void woad_l2cap_sig_unqueue(struct host_chan *chan);
void woad_l2cap_want_sig(struct host_chan *chan, uint8_t sig);

/* Writes a command of ours; false: it is void by now. Sets *ident. */
typedef bool l2cap_builder(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                           uint8_t *ident);
l2cap_builder woad_l2cap_build_connect, woad_l2cap_build_answer, woad_l2cap_build_disconnect,
    woad_l2cap_build_credits, woad_l2cap_build_reconfigure, woad_l2cap_build_ecred_connect,
    woad_l2cap_build_ecred_answer;

/* credit_connect.c and enhanced.c */
struct host_psm *woad_l2cap_psm(struct woad_host *h, uint16_t psm);
void woad_l2cap_refused(struct host_chan *chan, uint16_t result);
/* The answer to our request gave the peer's side; false: it is not valid, the channel ends. */
bool woad_l2cap_peer_side(struct host_chan *chan, uint16_t dcid, uint16_t mtu, uint16_t mps,
                          uint16_t credits);
void woad_l2cap_answer_sent(struct host_chan *chan);
void woad_l2cap_group_decided(struct host_chan *chan);
void woad_l2cap_ecred_rejected(struct host_link *link, uint8_t ident);
void woad_l2cap_reconfigure_end(struct host_chan *chan, int err, uint16_t result);

/* param_update.c */
void woad_l2cap_param_request(struct host_link *link);
/* Central: asks the application, and starts what it agrees to. */
l2cap_handler woad_l2cap_param_answer;
void woad_l2cap_param_stop(struct host_link *link);
void woad_l2cap_param_build(struct host_link *link, struct woad_buf *buf);

#endif
