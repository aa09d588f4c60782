/* Events for the host that are due. A link keeps a bit for each and the event is built when there
 * is a buffer: none is lost, however slow the host is. */
#include "ll_priv.h"

struct woad_buf *woad_ll_evt_new(struct woad_ll *ll, uint8_t code, struct woad_wr *w)
{
    struct woad_buf *buf = woad_buf_alloc_reserved(&ll->evt_pool, 1);
    if (!buf)
        return NULL;
    buf->type = WOAD_PKT_EVT;
    *w = woad_wr_init(buf->data, woad_buf_tailroom(buf));
    woad_wr_u8(w, code);
    woad_wr_u8(w, 0);
    return buf;
}

void woad_ll_evt_send(struct woad_ll *ll, struct woad_buf *buf, const struct woad_wr *w)
{
    buf->len = (uint16_t)woad_wr_len(w);
    buf->data[1] = (uint8_t)(buf->len - WOAD_HCI_EVT_HDR_LEN);
    woad_ll_out(ll, buf);
}

/* What stands behind the handle, or behind the role for the connection events. */
typedef void body_fn(const struct ll_conn *c, struct woad_wr *w);

static void body_none(const struct ll_conn *c, struct woad_wr *w)
{
    (void)c;
    (void)w;
}

static void body_csa(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u8(w, c->csa2);
}

static void body_param_req(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u16(w, c->req.interval_min);
    woad_wr_u16(w, c->req.interval_max);
    woad_wr_u16(w, c->req.latency);
    woad_wr_u16(w, c->req.timeout);
}

static void body_updated(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u16(w, c->interval);
    woad_wr_u16(w, c->latency);
    woad_wr_u16(w, c->timeout);
}

static void body_version(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u8(w, c->version);
    woad_wr_u16(w, c->company);
    woad_wr_u16(w, c->subversion);
}

static void body_features(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_bytes(w, c->features, 8);
}

static void body_data_length(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u16(w, c->eff.tx_octets);
    woad_wr_u16(w, c->eff.tx_time_us);
    woad_wr_u16(w, c->eff.rx_octets);
    woad_wr_u16(w, c->eff.rx_time_us);
}

/* HCI counts the coded PHY as 3, whichever coding is sent. */
static uint8_t hci_phy(uint8_t phy)
{
    return phy == WOAD_PHY_CODED_S2 ? WOAD_PHY_CODED_S8 : phy;
}

static void body_phy(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u8(w, hci_phy(c->tx_phy));
    woad_wr_u8(w, hci_phy(c->rx_phy));
}

static void body_ltk_req(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_bytes(w, c->enc.rand, 8);
    woad_wr_bytes(w, c->enc.ediv, 2);
}

static void body_enc_change(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u8(w, c->evt_status[LL_EVT_ENC_CHANGE] == 0);
}

static void body_disconnected(const struct ll_conn *c, struct woad_wr *w)
{
    woad_wr_u8(w, c->end_reason);
}

/* event: code of the event, or 0 for an LE Meta event with this subevent. mask: bit of the event
 * mask (of page 2 from 64 on). */
static const struct {
    uint8_t event, subevent, mask;
    bool status; /* begins with a status */
    body_fn *body;
} evt_rows[LL_EVT_COUNT] = {
    [LL_EVT_CSA] = {0, WOAD_HCI_LE_EVT_CHANNEL_SELECTION_ALGORITHM, 0, false, body_csa},
    [LL_EVT_PARAM_REQ] = {0, WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, 0, false,
                          body_param_req},
    [LL_EVT_UPDATED] = {0, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, 0, true, body_updated},
    [LL_EVT_VERSION] = {WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0, 11, true,
                        body_version},
    [LL_EVT_FEATURES] = {0, WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 0, true,
                         body_features},
    [LL_EVT_DATA_LENGTH] = {0, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, 0, false, body_data_length},
    [LL_EVT_PHY] = {0, WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, 0, true, body_phy},
    [LL_EVT_LTK_REQ] = {0, WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST, 0, false, body_ltk_req},
    [LL_EVT_ENC_CHANGE] = {WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0, 7, true, body_enc_change},
    [LL_EVT_ENC_REFRESH] = {WOAD_HCI_EVT_ENCRYPTION_KEY_REFRESH_COMPLETE, 0, 47, true, body_none},
    [LL_EVT_APTO] = {WOAD_HCI_EVT_AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED, 0, 64 + 23, false,
                     body_none},
    [LL_EVT_DISCONNECTED] = {WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, 4, true, body_disconnected},
};

static bool unmasked(const struct woad_ll *ll, uint8_t event, uint8_t subevent, uint8_t mask)
{
    if (!event)
        return (ll->evt_mask & WOAD_HCI_EVT_MASK_LE_META) &&
               (ll->le_evt_mask & WOAD_HCI_LE_EVT_MASK(subevent));
    return mask < 64 ? ll->evt_mask >> mask & 1 : ll->evt_mask2 >> (mask - 64) & 1;
}

/* LE [Enhanced] Connection Complete; c is NULL for a connection that failed. */
static bool connected(struct woad_ll *ll, const struct ll_conn *c, uint8_t status, bool central,
                      const struct woad_addr *peer)
{
    bool enhanced = unmasked(ll, 0, WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE, 0);
    struct woad_wr w;
    if (!enhanced && !unmasked(ll, 0, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 0))
        return true;
    struct woad_buf *buf = woad_ll_evt_new(ll, WOAD_HCI_EVT_LE_META, &w);
    if (!buf)
        return false;
    woad_wr_u8(&w, enhanced ? WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE
                            : WOAD_HCI_LE_EVT_CONNECTION_COMPLETE);
    woad_wr_u8(&w, status);
    woad_wr_u16(&w, c ? c->handle : 0);
    woad_wr_u8(&w, central ? LL_CENTRAL : LL_PERIPHERAL);
    woad_wr_u8(&w, peer->type);
    woad_wr_bytes(&w, peer->val, 6);
    if (enhanced)
        memset(woad_wr_room(&w, 12), 0, 12); /* no resolvable private addresses made here */
    woad_wr_u16(&w, c ? c->interval : 0);
    woad_wr_u16(&w, c ? c->latency : 0);
    woad_wr_u16(&w, c ? c->timeout : 0);
    woad_wr_u8(&w, c && !central ? c->sca : 0);
    woad_ll_evt_send(ll, buf, &w);
    return true;
}

/* False: no buffer. */
static bool conn_evt(struct woad_ll *ll, const struct ll_conn *c, enum ll_conn_evt evt)
{
    struct woad_wr w;
    if (evt == LL_EVT_CONNECTED)
        return connected(ll, c, 0, c->role == LL_CENTRAL, &c->peer);
    uint8_t event = evt_rows[evt].event, subevent = evt_rows[evt].subevent;
    if (!unmasked(ll, event, subevent, evt_rows[evt].mask))
        return true;
    struct woad_buf *buf = woad_ll_evt_new(ll, event ? event : WOAD_HCI_EVT_LE_META, &w);
    if (!buf)
        return false;
    if (!event)
        woad_wr_u8(&w, subevent);
    if (evt_rows[evt].status)
        woad_wr_u8(&w, evt == LL_EVT_DISCONNECTED ? 0 : c->evt_status[evt]);
    woad_wr_u16(&w, c->handle);
    evt_rows[evt].body(c, &w);
    woad_ll_evt_send(ll, buf, &w);
    return true;
}

static bool conn_evts(struct woad_ll *ll, struct ll_conn *c)
{
    for (int evt = 0; c->evts && evt < LL_EVT_COUNT; evt++) {
        if (!(c->evts & 1u << evt))
            continue;
        if (!conn_evt(ll, c, (enum ll_conn_evt)evt))
            return false;
        c->evts = (uint16_t)(c->evts & ~(1u << evt));
    }
    return true;
}

/* Number Of Completed Packets: one event for all links, and while the host has not taken it no
 * second one; what completes meanwhile is in the next. */
static void completed(struct woad_ll *ll)
{
    struct woad_wr w;
    struct woad_buf *buf = NULL;
    uint8_t count = 0;
    for (uint16_t i = 0; i < ll->cfg.max_conns && count < 60; i++) {
        struct ll_conn *c = &ll->conns[i];
        if (!c->completed || !c->active)
            continue;
        if (!buf) {
            buf = woad_ll_evt_new(ll, WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, &w);
            if (!buf)
                return;
            woad_wr_u8(&w, 0);
        }
        woad_wr_u16(&w, c->handle);
        woad_wr_u16(&w, c->completed);
        c->completed = 0;
        count++;
    }
    if (!buf)
        return;
    buf->data[WOAD_HCI_EVT_HDR_LEN] = count;
    woad_ll_evt_send(ll, buf, &w);
    ll->completed = buf;
}

void woad_ll_evt_run(struct woad_ll *ll)
{
    if (ll->failed_owed &&
        connected(ll, NULL, ll->failed_status, ll->failed_central, &ll->failed_peer))
        ll->failed_owed = false;
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        struct ll_conn *c = &ll->conns[i];
        if (!c->used)
            continue;
        if (!conn_evts(ll, c))
            return;
        if (!c->active && !c->ending)
            c->used = false;
    }
    if (!ll->completed)
        completed(ll);
}
