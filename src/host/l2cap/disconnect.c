/* Closing, releasing, facts, and the commands Disconnection and Flow Control Credit
 * [Vol 3, Part A, 4.6, 4.7, 4.24]. */
#include "l2cap_priv.h"

/* ---- calls ----------------------------------------------------------------------------------- */

/* A channel whose request the peer has, or may have, must be closed when it opens. */
static int close_early(struct host_chan *chan)
{
    if (chan->abort)
        return WOAD_ERR_BUSY;
    chan->abort = true;
    if (chan->state == HOST_CHAN_CONNECTING && (chan->sig & HOST_SIG_CONNECT) && chan->group_n == 1)
        woad_l2cap_end(chan, 0, 0);
    else if (chan->state == HOST_CHAN_ACCEPTING)
        return woad_l2cap_accept(chan->h, chan->handle, WOAD_L2CAP_NO_RESOURCES, NULL, NULL);
    return 0;
}

static int close_open(struct host_chan *chan, bool flush)
{
    chan->released = true;
    chan->evts &= (uint8_t) ~(HOST_CHAN_EVT_RECEIVED | HOST_CHAN_EVT_WRITABLE);
    if (flush && (chan->tx_cur || chan->link->tx_chan == chan)) {
        chan->state = HOST_CHAN_FLUSHING;
        woad_l2cap_rx_forget(chan->link, chan);
        woad_l2cap_kframe_abort(chan);
        return 0;
    }
    woad_l2cap_begin_close(chan, 0);
    return 0;
}

int woad_l2cap_close(struct woad_host *h, woad_chan handle, bool flush)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (!chan)
        return WOAD_ERR_NOT_CONNECTED;
    int err = WOAD_ERR_NOT_CONNECTED;
    bool cut_short = chan->state == HOST_CHAN_FLUSHING && !flush;
    if (chan->state < HOST_CHAN_OPEN)
        err = close_early(chan);
    else if (chan->state == HOST_CHAN_OPEN || cut_short)
        err = close_open(chan, flush);
    else if (chan->close_op)
        err = WOAD_ERR_BUSY;
    if (err == 0 && !chan->close_op) {
        chan->close_op = true;
        h->ops_pending++;
    }
    return err;
}

int woad_l2cap_release(struct woad_host *h, woad_chan handle)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (!chan)
        return WOAD_ERR_NOT_CONNECTED;
    if (chan->state != HOST_CHAN_DEAD)
        return WOAD_ERR_STATE;
    chan->state = HOST_CHAN_FREE;
    return 0;
}

int woad_l2cap_info(const struct woad_host *h, woad_chan handle, struct woad_chan_info *info)
{
    uint32_t i = handle & ((UINT32_C(1) << h->chan_bits) - 1);
    const struct host_chan *chan = &h->chans[i];
    if (i >= h->chan_count || chan->handle != handle || chan->state == HOST_CHAN_FREE)
        return WOAD_ERR_NOT_CONNECTED;
    *info = (struct woad_chan_info){
        .conn = chan->link ? chan->link->handle : WOAD_CONN_NONE,
        .psm = chan->psm,
        .our_mtu = chan->our_mtu,
        .our_mps = chan->our_mps,
        .peer_mtu = chan->peer_mtu,
        .peer_mps = chan->peer_mps,
        .open = chan->state == HOST_CHAN_OPEN,
        .enhanced = chan->enhanced,
        .tx_credits = chan->tx_credits,
        .rx_credits = chan->rx_credits,
        .rx_frames = chan->frames + chan->ring.writing,
        .tx_sends = chan->tx_count,
        .rx_available = chan->available,
        .rx_discarded = chan->discarded,
        .granted = chan->granted,
        .consumed = chan->consumed,
        .local_cid = chan->lcid,
        .remote_cid = chan->rcid,
    };
    return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

bool woad_l2cap_build_disconnect(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                                 uint8_t *ident)
{
    *code = L2CAP_DISCONNECT_REQ;
    *ident = chan->ident;
    woad_wr_u16(w, chan->rcid);
    woad_wr_u16(w, chan->lcid);
    return true;
}

bool woad_l2cap_build_credits(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                              uint8_t *ident)
{
    if (chan->state != HOST_CHAN_OPEN || !chan->grant)
        return false;
    *code = L2CAP_CREDIT;
    *ident = woad_l2cap_next_ident(chan->link);
    woad_wr_u16(w, chan->lcid);
    woad_wr_u16(w, woad_l2cap_take_grant(chan));
    return true;
}

void woad_l2cap_on_disconnect_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint8_t both[4];
    woad_rd_bytes(r, both, sizeof(both));
    struct host_chan *chan = woad_l2cap_by_lcid(link, woad_get_u16(both));
    if (!chan || chan->state == HOST_CHAN_CONNECTING) {
        uint8_t rsp[6] = {L2CAP_REJECT_CID, 0, both[0], both[1], both[2], both[3]};
        woad_l2cap_reply(link, L2CAP_REJECT, ident, rsp, sizeof(rsp));
        return;
    }
    if (chan->rcid != woad_get_u16(both + 2)) /* silently discarded [4.6] */
        return;
    bool ours = chan->state == HOST_CHAN_CLOSING || chan->state == HOST_CHAN_FLUSHING;
    int err = ours ? chan->end_err : WOAD_ERR_EOF;
    if (woad_l2cap_reply(link, L2CAP_DISCONNECT_RSP, ident, both, sizeof(both)))
        woad_l2cap_end(chan, err, 0);
    else /* a request of ours has its buffer some time, and the CID is in use until then */
        woad_l2cap_begin_close(chan, err);
}

void woad_l2cap_on_disconnect_rsp(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint16_t dcid = woad_rd_u16(r);
    uint16_t scid = woad_rd_u16(r);
    struct host_chan *chan = woad_l2cap_by_lcid(link, scid);
    if (chan && chan->state == HOST_CHAN_CLOSING && chan->ident == ident && chan->rcid == dcid)
        woad_l2cap_end(chan, chan->end_err, 0);
}

/* cid is the sender's end. Zero credits are no news; above 65535 the channel ends [10.1]. */
void woad_l2cap_on_credit(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    (void)ident;
    struct host_chan *chan = woad_l2cap_by_rcid(link, woad_rd_u16(r));
    uint16_t credits = woad_rd_u16(r);
    if (!chan || chan->state < HOST_CHAN_OPEN)
        return;
    if (credits == 0)
        link->h->bad_packets++;
    else if (credits > 65535 - chan->tx_credits)
        woad_l2cap_begin_close(chan, WOAD_ERR_FORMAT);
    else
        chan->tx_credits = (uint16_t)(chan->tx_credits + credits);
    woad_l2cap_send_ready(chan);
}
