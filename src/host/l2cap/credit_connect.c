/* LE credit-based connections: listening, connecting, accepting, and what they share with the
 * enhanced kind [Vol 3, Part A, 4.22, 4.23]. */
#include <string.h>

#include "l2cap_priv.h"

struct host_psm *woad_l2cap_psm(struct woad_host *h, uint16_t psm)
{
    for (uint16_t i = 0; i < h->cfg.max_psms; i++)
        if (h->psms[i].used && h->psms[i].cfg.psm == psm)
            return &h->psms[i];
    return NULL;
}

static bool cfg_valid(const struct woad_chan_cfg *cfg)
{
    return cfg->psm >= 1 && cfg->psm <= 0xff && cfg->event &&
           (!cfg->mtu || cfg->mtu >= L2CAP_MIN_MTU) && (!cfg->mps || cfg->mps >= L2CAP_MIN_MTU) &&
           cfg->mps <= 65533;
}

int woad_l2cap_listen(struct woad_host *h, const struct woad_chan_cfg *cfg)
{
    woad_host_enter(h);
    int err = woad_l2cap_join(h);
    if (err)
        return err;
    if (!cfg_valid(cfg) || woad_l2cap_rec_size(cfg->mps) > h->ring_size)
        return WOAD_ERR_INVALID;
    if (woad_l2cap_psm(h, cfg->psm))
        return WOAD_ERR_EXISTS;
    for (uint16_t i = 0; i < h->cfg.max_psms; i++) {
        if (h->psms[i].used)
            continue;
        h->psms[i] = (struct host_psm){.used = true, .cfg = *cfg};
        if (h->late && h->late->link && woad_get_u16(h->late->pdu) == cfg->psm)
            woad_host_timer_after(&h->late->timer, 0);
        return 0;
    }
    return WOAD_ERR_NO_MEM;
}

int woad_l2cap_unlisten(struct woad_host *h, uint16_t psm)
{
    woad_host_enter(h);
    struct host_psm *p = h->channels ? woad_l2cap_psm(h, psm) : NULL;
    if (!p)
        return WOAD_ERR_NOT_FOUND;
    p->used = false;
    return 0;
}

/* ---- we ask ---------------------------------------------------------------------------------- */

int woad_l2cap_connect(struct woad_host *h, uint16_t conn, const struct woad_chan_cfg *cfg,
                       woad_chan *out)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (!cfg_valid(cfg))
        return WOAD_ERR_INVALID;
    err = woad_l2cap_join(h);
    if (err)
        return err;
    struct host_chan *chan = woad_l2cap_new(link, cfg, false, &err);
    if (!chan)
        return err;
    chan->ident = woad_l2cap_next_ident(link);
    chan->state = HOST_CHAN_CONNECTING;
    chan->open_op = true;
    h->ops_pending++;
    woad_l2cap_want_sig(chan, HOST_SIG_CONNECT);
    woad_host_timer_after(&chan->rtx, L2CAP_RTX_US);
    *out = chan->handle;
    return 0;
}

/* The credits that come with a request or response. */
static uint16_t first_credits(struct host_chan *chan)
{
    chan->grant = chan->window;
    return woad_l2cap_take_grant(chan);
}

bool woad_l2cap_build_connect(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                              uint8_t *ident)
{
    if (chan->enhanced)
        return woad_l2cap_build_ecred_connect(chan, w, code, ident);
    *code = L2CAP_LE_CONNECT_REQ;
    *ident = chan->ident;
    woad_wr_u16(w, chan->psm);
    woad_wr_u16(w, chan->lcid);
    woad_wr_u16(w, chan->our_mtu);
    woad_wr_u16(w, chan->our_mps);
    woad_wr_u16(w, first_credits(chan));
    return true;
}

void woad_l2cap_refused(struct host_chan *chan, uint16_t result)
{
    woad_l2cap_end(chan, chan->abort ? 0 : WOAD_ERR_REFUSED, result);
}

bool woad_l2cap_peer_side(struct host_chan *chan, uint16_t dcid, uint16_t mtu, uint16_t mps,
                          uint16_t credits)
{
    uint16_t least = chan->enhanced ? L2CAP_MIN_MTU_ECRED : L2CAP_MIN_MTU;
    struct host_chan *twin = woad_l2cap_by_rcid(chan->link, dcid);
    if (!woad_l2cap_cid_valid(dcid) || mtu < least || mps < least || mps > 65533) {
        woad_l2cap_end(chan, WOAD_ERR_FORMAT, 0);
        return false;
    }
    chan->rcid = dcid;
    if (twin) { /* the peer gave one CID twice: neither channel can be told from the other */
        woad_l2cap_begin_close(twin, WOAD_ERR_FORMAT);
        woad_l2cap_begin_close(chan, WOAD_ERR_FORMAT);
        return false;
    }
    chan->peer_mtu = mtu;
    chan->peer_mps = mps;
    chan->tx_credits = credits;
    woad_l2cap_opened(chan);
    return true;
}

void woad_l2cap_on_le_connect_rsp(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint16_t dcid = woad_rd_u16(r);
    uint16_t mtu = woad_rd_u16(r);
    uint16_t mps = woad_rd_u16(r);
    uint16_t credits = woad_rd_u16(r);
    uint16_t result = woad_rd_u16(r);
    struct host_chan *chan = link->chans;
    while (chan && (chan->state != HOST_CHAN_CONNECTING || chan->enhanced || chan->ident != ident))
        chan = chan->link_next;
    if (!chan)
        return;
    if (result != WOAD_L2CAP_OK)
        woad_l2cap_refused(chan, result);
    else
        woad_l2cap_peer_side(chan, dcid, mtu, mps, credits);
}

/* ---- the peer asks --------------------------------------------------------------------------- */

static void refuse(struct host_link *link, uint8_t ident, uint16_t result)
{
    uint8_t rsp[10] = {0};
    woad_put_u16(rsp + 8, result);
    woad_l2cap_reply(link, L2CAP_LE_CONNECT_RSP, ident, rsp, sizeof(rsp));
}

static uint16_t why_not(struct host_link *link, uint16_t psm, uint16_t scid, uint16_t mtu,
                        uint16_t mps)
{
    if (!woad_l2cap_psm(link->h, psm))
        return WOAD_L2CAP_NO_PSM;
    if (!woad_l2cap_cid_valid(scid))
        return WOAD_L2CAP_INVALID_CID;
    if (woad_l2cap_by_rcid(link, scid))
        return WOAD_L2CAP_CID_IN_USE;
    if (mtu < L2CAP_MIN_MTU || mps < L2CAP_MIN_MTU || mps > 65533)
        return WOAD_L2CAP_PARAMETERS;
    return WOAD_L2CAP_OK;
}

static void asked(struct host_link *link, uint8_t ident, const uint8_t pdu[10])
{
    uint16_t psm = woad_get_u16(pdu), scid = woad_get_u16(pdu + 2);
    uint16_t mtu = woad_get_u16(pdu + 4), mps = woad_get_u16(pdu + 6);
    int err;
    uint16_t result = why_not(link, psm, scid, mtu, mps);
    if (result != WOAD_L2CAP_OK) {
        refuse(link, ident, result);
        return;
    }
    struct host_chan *chan = woad_l2cap_new(link, &woad_l2cap_psm(link->h, psm)->cfg, false, &err);
    if (!chan) {
        refuse(link, ident, WOAD_L2CAP_NO_RESOURCES);
        return;
    }
    chan->state = HOST_CHAN_ACCEPTING;
    chan->ident = ident;
    chan->rcid = scid;
    chan->peer_mtu = mtu;
    chan->peer_mps = mps;
    chan->tx_credits = woad_get_u16(pdu + 8);
    woad_l2cap_event(chan, HOST_CHAN_EVT_ACCEPT);
}

/* Somebody listens now, or nobody will. */
static void late_due(struct woad_timer *t)
{
    struct host_late_request *late = HOST_OWNER(t, struct host_late_request, timer.t);
    struct host_link *link = late->link;
    late->link = NULL;
    if (link)
        asked(link, late->ident, late->pdu);
}

static bool held(struct host_link *link, uint8_t ident, const uint8_t pdu[10])
{
    struct woad_host *h = link->h;
    struct host_late_request *late = h->late;
    if (!late || late->link || woad_l2cap_psm(h, woad_get_u16(pdu)))
        return false;
    late->link = link;
    late->ident = ident;
    memcpy(late->pdu, pdu, sizeof(late->pdu));
    woad_host_timer_init(h, &late->timer, late_due);
    woad_host_timer_after(&late->timer, WOAD_MS(h->cfg.psm_wait_ms));
    return true;
}

void woad_l2cap_on_le_connect_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    const uint8_t *pdu = woad_rd_take(r, 10);
    if (pdu && !held(link, ident, pdu))
        asked(link, ident, pdu);
}

int woad_l2cap_accept(struct woad_host *h, woad_chan handle, uint16_t result,
                      woad_chan_event_fn *event, void *arg)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (!chan || chan->state > HOST_CHAN_OPEN)
        return WOAD_ERR_NOT_CONNECTED;
    if (chan->state != HOST_CHAN_ACCEPTING || chan->answered)
        return WOAD_ERR_STATE;
    bool pending = result >= WOAD_L2CAP_PENDING && result <= WOAD_L2CAP_PENDING_AUTHORIZATION;
    if (result > WOAD_L2CAP_PENDING_AUTHORIZATION || (pending && !chan->enhanced))
        return WOAD_ERR_INVALID;
    if (event) {
        chan->event = event;
        chan->arg = arg;
    }
    chan->answer = result;
    chan->answered = !pending;
    if (!pending) {
        chan->state = HOST_CHAN_ANSWERING;
        chan->open_op = true;
        h->ops_pending++;
    }
    if (chan->enhanced)
        woad_l2cap_group_decided(chan);
    else
        woad_l2cap_want_sig(chan, HOST_SIG_ANSWER);
    return 0;
}

/* The response is on its way. */
void woad_l2cap_answer_sent(struct host_chan *chan)
{
    if (chan->answer == WOAD_L2CAP_OK)
        woad_l2cap_opened(chan);
    else
        woad_l2cap_end(chan, chan->abort ? 0 : WOAD_ERR_CANCELLED, chan->answer);
}

bool woad_l2cap_build_answer(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                             uint8_t *ident)
{
    if (chan->enhanced)
        return woad_l2cap_build_ecred_answer(chan, w, code, ident);
    bool ok = chan->answer == WOAD_L2CAP_OK;
    *code = L2CAP_LE_CONNECT_RSP;
    *ident = chan->ident;
    woad_wr_u16(w, ok ? chan->lcid : 0);
    woad_wr_u16(w, ok ? chan->our_mtu : 0);
    woad_wr_u16(w, ok ? chan->our_mps : 0);
    woad_wr_u16(w, ok ? first_credits(chan) : 0);
    woad_wr_u16(w, chan->answer);
    woad_l2cap_answer_sent(chan);
    return true;
}
