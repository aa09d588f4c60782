/* Advertising events in interrupt context [Vol 6, Part B, 4.4.2]: one PDU per channel, then the
 * scan and connect requests that answer it. */
#include "ll_priv.h"

enum {
    CHANNEL_FIRST = 37,
    CHANNEL_LAST = 39,
};

static bool next_channel(const struct ll_adv *adv, uint8_t *channel)
{
    while (++*channel <= CHANNEL_LAST) {
        if (adv->channels >> (*channel - CHANNEL_FIRST) & 1)
            return true;
    }
    return false;
}

static void adv_op(struct woad_ll *ll, woad_time start_us)
{
    struct woad_radio_op *op = ll->isr.op;
    struct ll_adv_pdu *pdu = &ll->adv.pdu[atomic_load(&ll->adv.pdu_use)];
    op->kind = WOAD_RADIO_TX;
    op->flags = 0;
    op->start_us = start_us;
    op->phy = WOAD_PHY_1M;
    op->channel = ll->isr.adv.channel;
    op->access_address = LL_ADV_ACCESS_ADDRESS;
    op->crc_init = LL_ADV_CRC_INIT;
    op->tx_power_dbm = ll->caps.tx_power_max_dbm;
    op->pdu = pdu->octets;
    op->pdu_len = pdu->len;
    ll->isr.state = LL_ISR_ADV_TX;
}

const struct woad_radio_op *woad_ll_isr_adv_begin(struct woad_ll *ll)
{
    struct ll_adv_isr *a = &ll->isr.adv;
    a->event = ll->isr.cmd.event;
    a->start_us = ll->isr.cmd.op.start_us;
    a->channel = CHANNEL_FIRST - 1;
    (void)next_channel(&ll->adv, &a->channel); /* there is at least one */
    adv_op(ll, ll->isr.cmd.op.start_us);
    return ll->isr.op;
}

/* The next channel of the event, when its PDU still fits before the next command. */
static const struct woad_radio_op *go_on(struct woad_ll *ll, woad_time now)
{
    woad_time start = now + ll->caps.ramp_us + LL_MARGIN_US;
    uint32_t air = woad_phy_air_us(WOAD_PHY_1M, ll->adv.pdu[atomic_load(&ll->adv.pdu_use)].len);
    if (!ll->adv.enabled || start + air > woad_ll_isr_next_us(ll) ||
        !next_channel(&ll->adv, &ll->isr.adv.channel))
        return woad_ll_isr_idle(ll, now);
    adv_op(ll, start);
    return ll->isr.op;
}

const struct woad_radio_op *woad_ll_isr_adv_tx(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now)
{
    if (evt->type != WOAD_RADIO_TX_END)
        return woad_ll_isr_idle(ll, now);
    if (!ll->adv.connectable && !ll->adv.scannable)
        return go_on(ll, now);
    woad_ll_isr_rx_op(ll, ll->scratch, LL_HEADER_LEN + LL_ADV_PAYLOAD_MAX, WOAD_PHY_1M);
    woad_ll_isr_ifs(ll, WOAD_RADIO_RX);
    ll->isr.state = LL_ISR_ADV_RX;
    return ll->isr.op;
}

/* Requests carry the asking device's address first, then ours. */
static bool for_us(const struct woad_ll *ll, const uint8_t *pdu)
{
    const uint8_t *own = ll->adv.pdu[atomic_load(&ll->adv.pdu_use)].octets;
    bool own_random = (own[0] & LL_TX_ADD) != 0;
    return ((pdu[0] & LL_RX_ADD) != 0) == own_random &&
           memcmp(pdu + LL_HEADER_LEN + 6, own + LL_HEADER_LEN, 6) == 0;
}

static bool allowed(const struct woad_ll *ll, const uint8_t *pdu, uint8_t filter_bit)
{
    const struct ll_adv *adv = &ll->adv;
    const uint8_t *from = pdu + LL_HEADER_LEN;
    uint8_t random = (pdu[0] & LL_TX_ADD) ? 1 : 0;
    if (adv->directed)
        return adv->peer.type == random && memcmp(adv->peer.val, from, 6) == 0;
    return !(adv->filter & filter_bit) || woad_ll_isr_accepted(ll, random, from);
}

static const struct woad_radio_op *scan_request(struct woad_ll *ll)
{
    struct ll_adv_pdu *rsp = &ll->adv.scan_rsp[atomic_load(&ll->adv.rsp_use)];
    woad_ll_isr_ifs(ll, WOAD_RADIO_TX);
    ll->isr.op->pdu = rsp->octets;
    ll->isr.op->pdu_len = rsp->len;
    ll->isr.state = LL_ISR_ADV_RSP;
    return ll->isr.op;
}

/* A connection with these parameters can work; anything else is ignored before there is any state.
 */
static bool request_valid(const uint8_t *pdu)
{
    struct woad_rd r = woad_rd_init(pdu + LL_HEADER_LEN + 12 + 7, LL_CONNECT_LEN - 19);
    uint8_t win_size = woad_rd_u8(&r);
    uint16_t win_offset = woad_rd_u16(&r);
    uint16_t interval = woad_rd_u16(&r);
    uint16_t latency = woad_rd_u16(&r);
    uint16_t timeout = woad_rd_u16(&r);
    uint64_t map = woad_rd_u32(&r);
    map |= (uint64_t)woad_rd_u8(&r) << 32;
    uint8_t hop = woad_rd_u8(&r) & 0x1f;
    uint32_t needed = (uint32_t)interval * LL_UNIT_US * 2 * (latency + 1u);
    return interval >= LL_MIN_INTERVAL && interval <= LL_MAX_INTERVAL && win_size >= 1 &&
           win_size <= 8 && win_size < interval && win_offset <= interval &&
           latency <= LL_MAX_LATENCY && timeout >= LL_MIN_TIMEOUT && timeout <= LL_MAX_TIMEOUT &&
           timeout * UINT32_C(10000) > needed && hop >= 5 && hop <= 16 &&
           woad_ll_csa_count(map) >= 2;
}

static bool connect_request(struct woad_ll *ll, const uint8_t *pdu,
                            const struct woad_radio_evt *evt)
{
    struct ll_made *made = &ll->made;
    if (atomic_load(&made->full) || !request_valid(pdu))
        return false;
    memcpy(made->pdu, pdu, sizeof(made->pdu));
    made->central = false;
    made->phy = WOAD_PHY_1M;
    made->end_us = evt->end_us;
    made->ch_sel = pdu[0] & ll->adv.pdu[atomic_load(&ll->adv.pdu_use)].octets[0] & LL_CH_SEL;
    atomic_store(&ll->isr.adv.stopped, true);
    atomic_store(&made->full, true);
    ll->isr.wake = true;
    return true;
}

const struct woad_radio_op *woad_ll_isr_adv_rx(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now)
{
    const uint8_t *pdu = ll->scratch;
    if (evt->type != WOAD_RADIO_RX_END || !evt->crc_ok || evt->pdu_len < LL_HEADER_LEN ||
        evt->pdu_len != LL_HEADER_LEN + pdu[1])
        return go_on(ll, now);
    uint8_t type = pdu[0] & LL_PDU_TYPE_MASK;
    if (type == LL_SCAN_REQ && pdu[1] == 12 && ll->adv.scannable && for_us(ll, pdu) &&
        allowed(ll, pdu, 1))
        return scan_request(ll);
    if (type == LL_CONNECT_IND && pdu[1] == LL_CONNECT_LEN && ll->adv.connectable &&
        for_us(ll, pdu) && allowed(ll, pdu, 2) && connect_request(ll, pdu, evt))
        return woad_ll_isr_idle(ll, now);
    return go_on(ll, now);
}

const struct woad_radio_op *woad_ll_isr_adv_rsp(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now)
{
    (void)evt;
    return go_on(ll, now);
}
