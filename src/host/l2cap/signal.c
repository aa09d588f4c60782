/* The LE signalling channel: one command per C-frame, one row per command [Vol 3, Part A, 4].
 *
 * Requests that are not understood are rejected, responses that answer nothing are ignored.
 * Commands of our own are not queued as packets: a channel notes what it has to say, and the PDU is
 * built when the transport asks, from buffers that answers to the peer cannot use up. */
#include <string.h>

#include "gap/gap_priv.h"
#include "l2cap_priv.h"

struct command_row {
    uint8_t code;
    uint8_t min; /* octets of data */
    uint8_t max;
    bool request;
    l2cap_handler *handle;
};

static void on_reject(struct host_link *link, uint8_t ident, struct woad_rd *r);

static const struct command_row commands[] = {
    {L2CAP_CREDIT, 4, 4, true, woad_l2cap_on_credit},
    {L2CAP_REJECT, 2, 6, false, on_reject},
    {L2CAP_DISCONNECT_REQ, 4, 4, true, woad_l2cap_on_disconnect_req},
    {L2CAP_DISCONNECT_RSP, 4, 4, false, woad_l2cap_on_disconnect_rsp},
    {L2CAP_PARAM_REQ, 8, 8, true, woad_l2cap_on_param_req},
    {L2CAP_PARAM_RSP, 2, 2, false, woad_l2cap_on_param_rsp},
    {L2CAP_LE_CONNECT_REQ, 10, 10, true, woad_l2cap_on_le_connect_req},
    {L2CAP_LE_CONNECT_RSP, 10, 10, false, woad_l2cap_on_le_connect_rsp},
    {L2CAP_ECRED_CONNECT_REQ, 10, 18, true, woad_l2cap_on_ecred_req},
    {L2CAP_ECRED_CONNECT_RSP, 8, 18, false, woad_l2cap_on_ecred_rsp},
    {L2CAP_RECONFIGURE_REQ, 6, 14, true, woad_l2cap_on_reconfigure_req},
    {L2CAP_RECONFIGURE_RSP, 2, 2, false, woad_l2cap_on_reconfigure_rsp},
};

static const struct command_row *find_command(uint8_t code)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

/* A code that is no response we know counts as a request: its sender wants to be told. */
static bool is_response(uint8_t code)
{
    const struct command_row *row = find_command(code);
    return row ? !row->request
               : code == 0x03 || code == 0x05 || code == 0x09 || code == 0x0b || code == 0x0d ||
                     code == 0x0f || code == 0x11;
}

/* A request of ours with this identifier has not been sent: nothing can answer it yet. */
static bool unsent(const struct host_link *link, uint8_t ident)
{
    if (link->param_req && link->param_ident == ident)
        return true;
    for (const struct host_chan *chan = link->chans; chan; chan = chan->link_next)
        if ((chan->ident == ident && (chan->sig & (HOST_SIG_CONNECT | HOST_SIG_DISCONNECT))) ||
            (chan->reconf_ident == ident && (chan->sig & HOST_SIG_RECONFIGURE)))
            return true;
    return false;
}

void woad_l2cap_signal(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    struct woad_rd r = woad_rd_init(pdu, len);
    uint8_t code = woad_rd_u8(&r);
    uint8_t ident = woad_rd_u8(&r);
    uint16_t data_len = woad_rd_u16(&r);
    if (!woad_rd_ok(&r) || ident == 0) { /* 0 is never valid: no answer could name it */
        link->h->stats.bad_packets++;
        return;
    }
    const struct command_row *row = find_command(code);
    if (row && r.left == data_len && data_len >= row->min && data_len <= row->max) {
        if (row->request || !unsent(link, ident))
            row->handle(link, ident, &r);
        return;
    }
    link->h->stats.bad_packets++;
    if (!is_response(code))
        woad_l2cap_reject(link, ident, L2CAP_REJECT_NOT_UNDERSTOOD, NULL, 0);
}

/* Longer than our MTU_sig: the identifier of its first command is all that matters
 * [Vol 3, Part A, 4.1]. */
void woad_l2cap_signal_over(struct host_link *link, const uint8_t *head, uint16_t len)
{
    uint8_t mtu[2];
    link->h->stats.bad_packets++;
    if (len < 2 || head[1] == 0 || is_response(head[0]))
        return;
    woad_put_u16(mtu, HOST_SIG_MTU);
    woad_l2cap_reject(link, head[1], L2CAP_REJECT_MTU, mtu, sizeof(mtu));
}

/* The peer did not understand a request of ours. */
static void on_reject(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    (void)r;
    if (link->param_ident == ident) {
        woad_l2cap_param_stop(link);
        woad_gap_update_answered(link->h, link, WOAD_ERR_UNSUPPORTED);
        return;
    }
    for (struct host_chan *chan = link->chans; chan; chan = chan->link_next) {
        if (chan->reconfiguring && chan->reconf_ident == ident)
            woad_l2cap_reconfigure_end(chan, WOAD_ERR_UNSUPPORTED, WOAD_L2CAP_NOT_UNDERSTOOD);
        else if (chan->ident != ident)
            continue;
        else if (chan->state == HOST_CHAN_CONNECTING)
            woad_l2cap_refused(chan, WOAD_L2CAP_NOT_UNDERSTOOD);
        else if (chan->state == HOST_CHAN_CLOSING) /* the peer has no such channel */
            woad_l2cap_end(chan, chan->end_err, 0);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void put_header(struct woad_wr *w, uint8_t code, uint8_t ident, uint16_t len)
{
    woad_wr_u16(w, (uint16_t)(len + L2CAP_HDR_LEN));
    woad_wr_u16(w, L2CAP_CID_SIG);
    woad_wr_u8(w, code);
    woad_wr_u8(w, ident);
    woad_wr_u16(w, len);
}

void woad_l2cap_reply(struct host_link *link, uint8_t code, uint8_t ident, const void *data,
                      uint8_t len)
{
    struct woad_buf *buf = woad_buf_alloc(&link->h->sig_pool, 1 + WOAD_HCI_ACL_HDR_LEN);
    if (!buf) /* the peer asks faster than it takes answers: it may ask again */
        return;
    uint16_t total = (uint16_t)(2 * L2CAP_HDR_LEN + len);
    struct woad_wr w = woad_wr_init(woad_buf_put(buf, total), total);
    put_header(&w, code, ident, len);
    woad_wr_bytes(&w, data, len);
    woad_buf_queue_push(&link->sigq, buf);
    woad_host_link_tx_queue(link);
}

void woad_l2cap_reject(struct host_link *link, uint8_t ident, uint16_t reason, const void *data,
                       uint8_t len)
{
    uint8_t pdu[6];
    struct woad_wr w = woad_wr_init(pdu, sizeof(pdu));
    woad_wr_u16(&w, reason);
    woad_wr_bytes(&w, data, len);
    woad_l2cap_reply(link, L2CAP_REJECT, ident, pdu, (uint8_t)woad_wr_len(&w));
}

/* ---- commands of our own --------------------------------------------------------------------- */

static bool ident_used(const struct host_link *link, uint8_t ident)
{
    if (link->param_ident == ident)
        return true;
    for (const struct host_chan *chan = link->chans; chan; chan = chan->link_next) {
        bool asks = chan->state == HOST_CHAN_CONNECTING || chan->state == HOST_CHAN_CLOSING;
        if ((asks && chan->ident == ident) || (chan->reconfiguring && chan->reconf_ident == ident))
            return true;
    }
    return false;
}

uint8_t woad_l2cap_next_ident(struct host_link *link)
{
    for (unsigned tries = 0; tries < 255; tries++) {
        link->ident = (uint8_t)(link->ident == 255 ? 1 : link->ident + 1);
        if (!ident_used(link, link->ident))
            break;
    }
    return link->ident;
}

void woad_l2cap_want_sig(struct host_chan *chan, uint8_t sig)
{
    struct host_link *link = chan->link;
    chan->sig |= sig;
    if (chan->sig_queued || link->state != HOST_LINK_UP)
        return;
    chan->sig_queued = true;
    chan->sig_next = NULL;
    if (link->sig.tail)
        link->sig.tail->sig_next = chan;
    else
        link->sig.head = chan;
    link->sig.tail = chan;
    woad_host_link_tx_queue(link);
}

void woad_l2cap_sig_unqueue(struct host_chan *chan)
{
    struct host_link *link = chan->link;
    if (!chan->sig_queued)
        return;
    struct host_chan *before = NULL;
    for (struct host_chan *c = link->sig.head; c && c != chan; c = c->sig_next)
        before = c;
    if (before)
        before->sig_next = chan->sig_next;
    else
        link->sig.head = chan->sig_next;
    if (link->sig.tail == chan)
        link->sig.tail = before;
    chan->sig_queued = false;
}

/* In this order: a channel that is being closed has nothing else to say. */
static const struct {
    uint8_t sig;
    l2cap_builder *build;
} builders[] = {
    {HOST_SIG_DISCONNECT, woad_l2cap_build_disconnect},
    {HOST_SIG_CONNECT, woad_l2cap_build_connect},
    {HOST_SIG_ANSWER, woad_l2cap_build_answer},
    {HOST_SIG_CREDITS, woad_l2cap_build_credits},
    {HOST_SIG_RECONFIGURE, woad_l2cap_build_reconfigure},
};

/* Writes the next command of chan; false when none is left. */
static bool build_one(struct host_chan *chan, struct woad_buf *buf)
{
    uint8_t *p = woad_buf_put(buf, 2 * L2CAP_HDR_LEN + HOST_SIG_MTU - L2CAP_HDR_LEN);
    for (size_t i = 0; i < sizeof(builders) / sizeof(builders[0]); i++) {
        if (!(chan->sig & builders[i].sig))
            continue;
        chan->sig &= (uint8_t)~builders[i].sig;
        struct woad_wr w = woad_wr_init(p + 2 * L2CAP_HDR_LEN, HOST_SIG_MTU - L2CAP_HDR_LEN);
        uint8_t code = 0;
        uint8_t ident = 0;
        if (!builders[i].build(chan, &w, &code, &ident))
            continue;
        uint16_t len = (uint16_t)woad_wr_len(&w);
        struct woad_wr head = woad_wr_init(p, 2 * L2CAP_HDR_LEN);
        put_header(&head, code, ident, len);
        buf->len = (uint16_t)(2 * L2CAP_HDR_LEN + len);
        return true;
    }
    return false;
}

struct woad_buf *woad_l2cap_sig_build(struct woad_host *h, struct host_link *link)
{
    struct woad_buf *buf = woad_buf_alloc_reserved(&h->sig_pool, 1 + WOAD_HCI_ACL_HDR_LEN);
    if (!buf)
        return NULL;
    if (link->param_req) {
        woad_l2cap_param_build(link, buf);
        return buf;
    }
    struct host_chan *chan;
    while ((chan = link->sig.head)) {
        bool built = build_one(chan, buf);
        if (!chan->sig && link->sig.head == chan)
            woad_l2cap_sig_unqueue(chan);
        if (built)
            return buf;
        buf->len = 0;
    }
    woad_buf_unref(buf);
    return NULL;
}
