/* New MTU and MPS of enhanced channels, both ways [Vol 3, Part A, 4.27, 4.28]. */
#include "l2cap_priv.h"

enum reconfigure_result {
    RECONFIGURE_OK = 0,
    RECONFIGURE_MTU_REDUCED = 1,
    RECONFIGURE_MPS_REDUCED = 2,
    RECONFIGURE_BAD_CID = 3,
    RECONFIGURE_UNACCEPTABLE = 4,
};

/* ---- we ask ---------------------------------------------------------------------------------- */

/* Credits that are out already will stand for frames of the new size. */
static bool memory_suffices(const struct host_chan *chan, uint16_t mps)
{
    uint64_t out = chan->rx_credits + (uint64_t)chan->grant;
    uint32_t rec = woad_l2cap_rec_size(mps);
    return rec <= chan->ring.size && chan->ring.used + out * rec <= chan->ring.size;
}

static int check(struct woad_host *h, const woad_chan *chans, unsigned n, uint16_t mtu,
                 uint16_t mps, struct host_chan *group[L2CAP_GROUP_MAX])
{
    if (n < 1 || n > L2CAP_GROUP_MAX || mtu < L2CAP_MIN_MTU_ECRED || mps < L2CAP_MIN_MTU_ECRED ||
        mps > 65533)
        return WOAD_ERR_INVALID;
    for (unsigned i = 0; i < n; i++) {
        group[i] = woad_l2cap_find(h, chans[i]);
        if (!group[i] || group[i]->state != HOST_CHAN_OPEN)
            return WOAD_ERR_NOT_CONNECTED;
        if (!group[i]->enhanced || group[i]->link != group[0]->link || mtu < group[i]->our_mtu ||
            (n > 1 && mps < group[i]->our_mps))
            return WOAD_ERR_INVALID;
        if (group[i]->reconf_op) /* under way, or its end is not told yet */
            return WOAD_ERR_BUSY;
        if (!memory_suffices(group[i], mps))
            return WOAD_ERR_NO_MEM;
        for (unsigned k = 0; k < i; k++)
            if (group[k] == group[i])
                return WOAD_ERR_INVALID;
    }
    return 0;
}

int woad_l2cap_reconfigure(struct woad_host *h, const woad_chan *chans, unsigned n, uint16_t mtu,
                           uint16_t mps)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    woad_host_enter(h);
    int err = check(h, chans, n, mtu, mps, group);
    if (err)
        return err;
    uint8_t ident = woad_l2cap_next_ident(group[0]->link);
    for (unsigned i = 0; i < n; i++) {
        struct host_chan *chan = group[i];
        chan->reconfiguring = true;
        chan->reconf_ident = ident;
        chan->new_mtu = mtu;
        chan->new_mps = mps;
        if (woad_l2cap_rec_size(mps) > chan->rec) /* new credits stand for new frames */
            chan->rec = woad_l2cap_rec_size(mps);
        chan->reconf_op = true;
        h->ops_pending++;
        woad_host_timer_after(&chan->rtx, L2CAP_RTX_US);
    }
    woad_l2cap_want_sig(group[0], HOST_SIG_RECONFIGURE);
    return 0;
}

bool woad_l2cap_build_reconfigure(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                                  uint8_t *ident)
{
    *code = L2CAP_RECONFIGURE_REQ;
    *ident = chan->reconf_ident;
    woad_wr_u16(w, chan->new_mtu);
    woad_wr_u16(w, chan->new_mps);
    for (struct host_chan *c = chan->link->chans; c; c = c->link_next)
        if (c->reconfiguring && c->reconf_ident == chan->reconf_ident)
            woad_wr_u16(w, c->lcid);
    return true;
}

/* The channel that was to send the request of its group has ended: another one sends it. */
static void pass_on(struct host_chan *from, uint8_t ident)
{
    struct host_chan *chan = from->link->chans;
    while (chan && !(chan->reconfiguring && chan->reconf_ident == ident))
        chan = chan->link_next;
    from->sig &= (uint8_t)~HOST_SIG_RECONFIGURE;
    if (chan)
        woad_l2cap_want_sig(chan, HOST_SIG_RECONFIGURE);
}

void woad_l2cap_reconfigure_end(struct host_chan *chan, int err, uint16_t result)
{
    uint8_t ident = chan->reconf_ident;
    chan->reconfiguring = false;
    chan->reconf_ident = 0;
    if (chan->sig & HOST_SIG_RECONFIGURE)
        pass_on(chan, ident);
    chan->reconf_err = (int8_t)err;
    chan->reconf_result = result;
    if (chan->state == HOST_CHAN_OPEN)
        woad_host_timer_stop(&chan->rtx);
    if (!err) {
        chan->our_mtu = chan->new_mtu;
        chan->our_mps = chan->new_mps;
    }
    chan->rec = woad_l2cap_rec_size(chan->our_mps);
    uint32_t window = chan->ring.size / chan->rec;
    if (chan->window_max && chan->window_max < window)
        window = chan->window_max;
    chan->window = (uint16_t)(window < 65535 ? window : 65535);
    woad_l2cap_event(chan, HOST_CHAN_EVT_RECONFIGURED);
}

void woad_l2cap_on_reconfigure_rsp(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint16_t result = woad_rd_u16(r);
    for (struct host_chan *chan = link->chans; chan; chan = chan->link_next)
        if (chan->reconfiguring && chan->reconf_ident == ident)
            woad_l2cap_reconfigure_end(chan, result ? WOAD_ERR_REFUSED : 0, result);
}

/* ---- the peer asks --------------------------------------------------------------------------- */

static uint16_t judge(struct host_link *link, struct woad_rd r, uint16_t mtu, uint16_t mps)
{
    size_t n = r.left / 2;
    uint16_t result = RECONFIGURE_OK;
    if (mtu < L2CAP_MIN_MTU_ECRED || mps < L2CAP_MIN_MTU_ECRED || mps > 65533)
        result = RECONFIGURE_UNACCEPTABLE;
    while (r.left) {
        /* the list names the sender's channel ends */
        struct host_chan *chan = woad_l2cap_by_rcid(link, woad_rd_u16(&r));
        if (!chan || !chan->enhanced || !chan->was_open)
            return RECONFIGURE_BAD_CID;
        if (result == RECONFIGURE_OK && mtu < chan->peer_mtu)
            result = RECONFIGURE_MTU_REDUCED;
        else if (result == RECONFIGURE_OK && n > 1 && mps < chan->peer_mps)
            result = RECONFIGURE_MPS_REDUCED;
    }
    return result;
}

void woad_l2cap_on_reconfigure_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint16_t mtu = woad_rd_u16(r);
    uint16_t mps = woad_rd_u16(r);
    uint8_t rsp[2];
    if (r->left % 2) {
        woad_l2cap_not_understood(link, ident);
        return;
    }
    uint16_t result = judge(link, *r, mtu, mps);
    woad_put_u16(rsp, result);
    woad_l2cap_reply(link, L2CAP_RECONFIGURE_RSP, ident, rsp, sizeof(rsp));
    while (result == RECONFIGURE_OK && r->left) {
        struct host_chan *chan = woad_l2cap_by_rcid(link, woad_rd_u16(r));
        chan->peer_mtu = mtu;
        chan->peer_mps = mps;
        chan->kframe_pdu = 0; /* compute the K-frame size again */
        chan->reconf_err = 0;
        chan->reconf_result = 0;
        if (!chan->reconfiguring)
            woad_l2cap_event(chan, HOST_CHAN_EVT_RECONFIGURED);
    }
}
