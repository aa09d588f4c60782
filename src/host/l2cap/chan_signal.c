/* What channels have to say by signalling, and what is said to them: the rows of their commands,
 * and the queue of those of our own. */
#include "l2cap_priv.h"

const struct l2cap_command_row woad_l2cap_chan_commands[L2CAP_CHAN_COMMANDS] = {
    {L2CAP_CREDIT, 4, 4, true, woad_l2cap_on_credit},
    {L2CAP_DISCONNECT_REQ, 4, 4, true, woad_l2cap_on_disconnect_req},
    {L2CAP_DISCONNECT_RSP, 4, 4, false, woad_l2cap_on_disconnect_rsp},
    {L2CAP_LE_CONNECT_REQ, 10, 10, true, woad_l2cap_on_le_connect_req},
    {L2CAP_LE_CONNECT_RSP, 10, 10, false, woad_l2cap_on_le_connect_rsp},
    {L2CAP_ECRED_CONNECT_REQ, 10, 18, true, woad_l2cap_on_ecred_req},
    {L2CAP_ECRED_CONNECT_RSP, 8, 18, false, woad_l2cap_on_ecred_rsp},
    {L2CAP_RECONFIGURE_REQ, 6, 14, true, woad_l2cap_on_reconfigure_req},
    {L2CAP_RECONFIGURE_RSP, 2, 2, false, woad_l2cap_on_reconfigure_rsp},
};

/* Of the channels of one request the first has it to be sent. */
bool woad_l2cap_asked(const struct host_link *link, uint8_t ident, bool sent)
{
    bool found = false;
    for (const struct host_chan *chan = link->chans; chan; chan = chan->link_next) {
        uint8_t by = 0;
        if (chan->ident == ident &&
            (chan->state == HOST_CHAN_CONNECTING || chan->state == HOST_CHAN_CLOSING))
            by = HOST_SIG_CONNECT | HOST_SIG_DISCONNECT;
        if (chan->reconfiguring && chan->reconf_ident == ident)
            by = HOST_SIG_RECONFIGURE;
        if (sent && (chan->sig & by))
            return false;
        found |= by != 0;
    }
    return found;
}

/* The peer did not understand a request of ours. */
void woad_l2cap_rejected(struct host_link *link, uint8_t ident)
{
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

/* ---- commands of our own --------------------------------------------------------------------- */

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
    uint8_t *p = woad_buf_put(buf, HOST_SIG_MTU);
    for (size_t i = 0; i < sizeof(builders) / sizeof(builders[0]); i++) {
        if (!(chan->sig & builders[i].sig))
            continue;
        chan->sig &= (uint8_t)~builders[i].sig;
        struct woad_wr w = woad_wr_init(p + L2CAP_HDR_LEN, HOST_SIG_MTU - L2CAP_HDR_LEN);
        uint8_t code = 0;
        uint8_t ident = 0;
        if (!builders[i].build(chan, &w, &code, &ident))
            continue;
        uint16_t len = (uint16_t)woad_wr_len(&w);
        woad_l2cap_put_command(p, code, ident, len);
        buf->len = (uint16_t)(L2CAP_HDR_LEN + len);
        return true;
    }
    return false;
}

bool woad_l2cap_chan_build(struct host_link *link, struct woad_buf *buf)
{
    struct host_chan *chan;
    while ((chan = link->sig.head)) {
        bool built = build_one(chan, buf);
        if (!chan->sig && link->sig.head == chan)
            woad_l2cap_sig_unqueue(chan);
        if (built)
            return true;
        buf->len = 0;
    }
    return false;
}
