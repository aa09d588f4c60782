/* Enhanced credit-based connections: up to five channels by one request
 * [Vol 3, Part A, 4.25, 4.26]. The channels of a request are found by its identifier; group_pos is
 * the place of each in the lists of CIDs. */
#include "l2cap_priv.h"

/* Collects the channels of the request, by place; NULL where there is none. */
static unsigned collect(struct host_link *link, uint8_t ident, bool ours,
                        struct host_chan *group[L2CAP_GROUP_MAX])
{
    unsigned n = 0;
    for (unsigned i = 0; i < L2CAP_GROUP_MAX; i++)
        group[i] = NULL;
    for (struct host_chan *chan = link->chans; chan; chan = chan->link_next) {
        bool mine = ours ? chan->state == HOST_CHAN_CONNECTING
                         : chan->state == HOST_CHAN_ACCEPTING || chan->state == HOST_CHAN_ANSWERING;
        if (!mine || !chan->enhanced || chan->ident != ident)
            continue;
        group[chan->group_pos] = chan;
        n++;
    }
    return n;
}

/* ---- we ask ---------------------------------------------------------------------------------- */

static bool cfg_valid(const struct woad_chan_cfg *cfg)
{
    return cfg->psm >= 1 && cfg->psm <= 0xff && cfg->event &&
           (!cfg->mtu || cfg->mtu >= L2CAP_MIN_MTU_ECRED) &&
           (!cfg->mps || cfg->mps >= L2CAP_MIN_MTU_ECRED) && cfg->mps <= 65533;
}

int woad_l2cap_connect_enhanced(struct woad_host *h, uint16_t conn, const struct woad_chan_cfg *cfg,
                                woad_chan *chans, unsigned n)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (!cfg_valid(cfg) || n < 1 || n > L2CAP_GROUP_MAX)
        return WOAD_ERR_INVALID;
    err = woad_l2cap_join(h);
    if (err)
        return err;
    uint8_t ident = woad_l2cap_next_ident(link);
    struct host_chan *group[L2CAP_GROUP_MAX];
    for (unsigned i = 0; i < n; i++) {
        group[i] = woad_l2cap_new(link, cfg, true, &err);
        if (!group[i]) { /* nothing has happened: take back the others, newest first */
            while (i-- > 0) {
                group[i]->state = HOST_CHAN_FREE;
                link->chans = group[i]->link_next;
                group[i]->link = NULL;
            }
            return err;
        }
        group[i]->state = HOST_CHAN_CONNECTING;
        group[i]->ident = ident;
        group[i]->group_pos = (uint8_t)i;
        group[i]->group_n = (uint8_t)n;
    }
    for (unsigned i = 0; i < n; i++) {
        chans[i] = group[i]->handle;
        group[i]->open_op = true;
        h->ops_pending++;
        woad_host_timer_after(&group[i]->rtx, L2CAP_RTX_US);
    }
    woad_l2cap_want_sig(group[0], HOST_SIG_CONNECT);
    return 0;
}

static uint16_t give_first(struct host_chan *chan, uint16_t credits)
{
    chan->grant = credits;
    return woad_l2cap_take_grant(chan);
}

bool woad_l2cap_build_ecred_connect(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                                    uint8_t *ident)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    unsigned n = collect(chan->link, chan->ident, true, group);
    if (n != chan->group_n)
        return false;
    *code = L2CAP_ECRED_CONNECT_REQ;
    *ident = chan->ident;
    woad_wr_u16(w, chan->psm);
    woad_wr_u16(w, chan->our_mtu);
    woad_wr_u16(w, chan->our_mps);
    woad_wr_u16(w, chan->window);
    for (unsigned i = 0; i < n; i++) {
        give_first(group[i], chan->window);
        woad_wr_u16(w, group[i]->lcid);
    }
    return true;
}

static void answered(struct host_chan *chan, uint16_t dcid, uint16_t mtu, uint16_t mps,
                     uint16_t credits, uint16_t result)
{
    if (chan->state != HOST_CHAN_CONNECTING) /* ended meanwhile, by a CID given twice */
        return;
    if (dcid == 0)
        woad_l2cap_refused(chan, result);
    else
        woad_l2cap_peer_side(chan, dcid, mtu, mps, credits);
}

void woad_l2cap_on_ecred_rsp(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    uint16_t mtu = woad_rd_u16(r);
    uint16_t mps = woad_rd_u16(r);
    uint16_t credits = woad_rd_u16(r);
    uint16_t result = woad_rd_u16(r);
    unsigned n = collect(link, ident, true, group);
    if (n == 0)
        return;
    bool pending = result >= WOAD_L2CAP_PENDING && result <= WOAD_L2CAP_PENDING_AUTHORIZATION;
    bool all_refused = result != WOAD_L2CAP_OK && result != WOAD_L2CAP_NO_RESOURCES &&
                       result != WOAD_L2CAP_INVALID_CID && result != WOAD_L2CAP_CID_IN_USE;
    for (unsigned i = 0; i < L2CAP_GROUP_MAX; i++) {
        uint16_t dcid = woad_rd_u16(r); /* 0 when the list is short */
        if (!group[i])
            continue;
        if (pending)
            woad_host_timer_after(&group[i]->rtx, L2CAP_ERTX_US);
        else
            answered(group[i], all_refused ? 0 : dcid, mtu, mps, credits, result);
    }
}

/* ---- the peer asks --------------------------------------------------------------------------- */

static void refuse_all(struct host_link *link, uint8_t ident, unsigned n, uint16_t result)
{
    uint8_t rsp[8 + 2 * L2CAP_GROUP_MAX] = {0};
    woad_put_u16(rsp + 6, result);
    woad_l2cap_reply(link, L2CAP_ECRED_CONNECT_RSP, ident, rsp, (uint8_t)(8 + 2 * n));
}

/* What speaks against every channel of the request. */
static uint16_t why_none(struct host_link *link, uint16_t psm, uint16_t mtu, uint16_t mps,
                         uint16_t credits)
{
    if (!woad_l2cap_psm(link->h, psm))
        return WOAD_L2CAP_NO_PSM;
    if (mtu < L2CAP_MIN_MTU_ECRED || mps < L2CAP_MIN_MTU_ECRED || mps > 65533 || credits == 0)
        return WOAD_L2CAP_INVALID_PARAMETERS;
    return WOAD_L2CAP_OK;
}

/* What speaks against one; its channel otherwise. */
static uint16_t why_not_one(struct host_link *link, uint16_t psm, uint16_t scid,
                            struct host_chan **out)
{
    int err;
    if (!woad_l2cap_cid_valid(scid))
        return WOAD_L2CAP_INVALID_CID;
    if (woad_l2cap_by_rcid(link, scid))
        return WOAD_L2CAP_CID_IN_USE;
    *out = woad_l2cap_new(link, &woad_l2cap_psm(link->h, psm)->cfg, true, &err);
    if (*out)
        return WOAD_L2CAP_OK;
    return err == WOAD_ERR_INVALID ? WOAD_L2CAP_PARAMETERS : WOAD_L2CAP_NO_RESOURCES;
}

void woad_l2cap_on_ecred_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    uint16_t psm = woad_rd_u16(r);
    uint16_t mtu = woad_rd_u16(r);
    uint16_t mps = woad_rd_u16(r);
    uint16_t credits = woad_rd_u16(r);
    unsigned n = (unsigned)(r->left / 2);
    if (r->left % 2) {
        woad_l2cap_not_understood(link, ident);
        return;
    }
    if (collect(link, ident, false, group))
        return; /* the same request again: its answer will come */
    uint16_t result = why_none(link, psm, mtu, mps, credits);
    if (result != WOAD_L2CAP_OK) {
        refuse_all(link, ident, n, result);
        return;
    }
    bool any = false;
    for (unsigned i = 0; i < n; i++) {
        struct host_chan *chan = NULL;
        uint16_t why = why_not_one(link, psm, woad_rd_u16(r), &chan);
        group[i] = chan;
        if (!chan) {
            result = why;
            continue;
        }
        any = true;
        /* known by its CID at once, so that the same one twice in a request is seen */
        chan->state = HOST_CHAN_ACCEPTING;
        chan->ident = ident;
        chan->rcid = woad_get_u16(r->p - 2);
        chan->group_pos = (uint8_t)i;
        chan->peer_mtu = mtu;
        chan->peer_mps = mps;
        chan->tx_credits = credits;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!group[i])
            continue;
        group[i]->group_n = (uint8_t)n;
        group[i]->group_refusal = result;
        woad_l2cap_event(group[i], HOST_CHAN_EVT_ACCEPT);
    }
    if (!any)
        refuse_all(link, ident, n, result);
}

/* One more decision, or a hint that it takes longer. */
void woad_l2cap_group_decided(struct host_chan *chan)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    collect(chan->link, chan->ident, false, group);
    bool all = true;
    for (unsigned i = 0; i < L2CAP_GROUP_MAX; i++)
        if (group[i] && !group[i]->answered)
            all = false;
    if (!chan->answered) { /* a pending answer: said now, decided later */
        uint8_t rsp[8 + 2 * L2CAP_GROUP_MAX] = {0};
        woad_put_u16(rsp + 6, chan->answer);
        woad_l2cap_reply(chan->link, L2CAP_ECRED_CONNECT_RSP, chan->ident, rsp,
                         (uint8_t)(8 + 2 * chan->group_n));
    } else if (all) {
        woad_l2cap_want_sig(chan, HOST_SIG_ANSWER);
    }
}

bool woad_l2cap_build_ecred_answer(struct host_chan *chan, struct woad_wr *w, uint8_t *code,
                                   uint8_t *ident)
{
    struct host_chan *group[L2CAP_GROUP_MAX];
    collect(chan->link, chan->ident, false, group);
    uint16_t result = chan->group_refusal;
    unsigned n = chan->group_n;
    struct host_chan *first = NULL;
    for (unsigned i = 0; i < n; i++) {
        if (!group[i])
            continue;
        if (group[i]->answer != WOAD_L2CAP_OK)
            result = group[i]->answer;
        else if (!first)
            first = group[i];
    }
    *code = L2CAP_ECRED_CONNECT_RSP;
    *ident = chan->ident;
    woad_wr_u16(w, first ? first->our_mtu : 0);
    woad_wr_u16(w, first ? first->our_mps : 0);
    woad_wr_u16(w, first ? first->window : 0);
    woad_wr_u16(w, result);
    for (unsigned i = 0; i < n; i++) {
        bool ok = group[i] && group[i]->answer == WOAD_L2CAP_OK;
        woad_wr_u16(w, ok ? group[i]->lcid : 0);
        if (ok)
            give_first(group[i], first->window);
    }
    for (unsigned i = 0; i < n; i++)
        if (group[i])
            woad_l2cap_answer_sent(group[i]);
    return true;
}
