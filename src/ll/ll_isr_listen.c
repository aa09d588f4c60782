/* Scanning and initiating in interrupt context [Vol 6, Part B, 4.4.3, 4.4.4]: the receiver is open
 * in the gaps between commands while a window of either lasts. A packet is judged for both. */
#include "ll_priv.h"

enum {
    LISTEN_LEAST_US = 500, /* a shorter gap is not worth opening the receiver */
};

/* Moves to the window that now_us falls in. */
static void catch_up(const struct ll_listen *l, struct ll_listen_isr *isr, woad_time now_us)
{
    if (!isr->running) {
        isr->running = true;
        isr->start_us = now_us;
        return;
    }
    if (now_us < isr->start_us + l->interval_us)
        return;
    woad_time passed = (now_us - isr->start_us) / l->interval_us;
    isr->start_us += passed * l->interval_us;
    isr->channel = (uint8_t)((isr->channel + passed) % 3);
}

/* End of the current window, or 0 when now_us is outside one. */
static woad_time window_end(const struct ll_listen *l, struct ll_listen_isr *isr, woad_time now_us)
{
    if (!atomic_load(&l->on)) {
        isr->running = false;
        return 0;
    }
    catch_up(l, isr, now_us);
    woad_time end = isr->start_us + l->window_us;
    return end > now_us ? end : 0;
}

static woad_time next_window(const struct ll_listen *l, const struct ll_listen_isr *isr)
{
    if (!atomic_load(&l->on))
        return WOAD_TIME_NEVER;
    return isr->running ? isr->start_us + l->interval_us : 0;
}

woad_time woad_ll_isr_listen_next_us(struct woad_ll *ll, woad_time now)
{
    woad_time next = woad_time_min(next_window(&ll->scan.listen, &ll->isr.scan),
                                   next_window(&ll->init.listen, &ll->isr.init));
    return next < now ? now : next;
}

static const struct woad_radio_op *open_receiver(struct woad_ll *ll, uint8_t channel,
                                                 woad_time start, uint32_t window_us)
{
    struct woad_radio_op *op = ll->isr.op;
    if (!ll->isr.report)
        ll->isr.report = ll_ring_pop(&ll->report_free);
    woad_ll_isr_rx_op(ll, ll->isr.report ? ll->isr.report->data : ll->scratch,
                      LL_HEADER_LEN + LL_ADV_PAYLOAD_MAX, WOAD_PHY_1M);
    op->flags = 0;
    op->start_us = start;
    op->window_us = window_us;
    op->channel = (uint8_t)(37 + channel);
    op->access_address = LL_ADV_ACCESS_ADDRESS;
    op->crc_init = LL_ADV_CRC_INIT;
    ll->isr.state = LL_ISR_LISTEN;
    return op;
}

const struct woad_radio_op *woad_ll_isr_listen_begin(struct woad_ll *ll, woad_time now)
{
    woad_time start = now + ll->caps.ramp_us + LL_MARGIN_US;
    woad_time scan = window_end(&ll->scan.listen, &ll->isr.scan, start);
    woad_time init = window_end(&ll->init.listen, &ll->isr.init, start);
    bool initiating = init && (!scan || ll->isr.listening_init);
    woad_time end = woad_time_min(initiating ? init : scan, woad_ll_isr_next_us(ll));
    if (end < start + LISTEN_LEAST_US)
        return NULL;
    ll->isr.listening_init = !initiating;
    return open_receiver(ll, initiating ? ll->isr.init.channel : ll->isr.scan.channel, start,
                         (uint32_t)(end - start));
}

static bool fits(struct woad_ll *ll, woad_time end_us, uint32_t need_us)
{
    return end_us + need_us <= woad_ll_isr_next_us(ll);
}

/* --- initiating ----------------------------------------------------------------------------------
 */

static bool wanted_peer(const struct woad_ll *ll, const uint8_t *pdu)
{
    uint8_t random = (pdu[0] & LL_TX_ADD) ? 1 : 0;
    if (ll->init.use_list)
        return woad_ll_isr_accepted(ll, random, pdu + LL_HEADER_LEN);
    return ll->init.peer.type == random && memcmp(ll->init.peer.val, pdu + LL_HEADER_LEN, 6) == 0;
}

static bool directed_to(const struct woad_ll *ll, const uint8_t *pdu, uint8_t own_type)
{
    bool random = (pdu[0] & LL_RX_ADD) != 0;
    return random == (own_type != 0) &&
           memcmp(pdu + LL_HEADER_LEN + 6, woad_ll_own_addr(ll, own_type), 6) == 0;
}

/* The transmit window that puts the first anchor on the grid [Vol 6, Part B, 4.5.3]; returns the
 * anchor. */
static woad_time choose_window(struct woad_ll *ll, woad_time end_us, uint16_t *offset)
{
    const struct ll_init *init = &ll->init;
    uint32_t interval_us = init->interval * (uint32_t)LL_UNIT_US;
    woad_time base = end_us + LL_UNIT_US;
    *offset = 0;
    if (!init->grid_us)
        return base + LL_UNIT_US / 2;
    woad_time ahead = base > init->grid_us ? interval_us - (base - init->grid_us) % interval_us
                                           : (init->grid_us - base) % interval_us;
    *offset = (uint16_t)(ahead / LL_UNIT_US);
    return base + ahead;
}

static const struct woad_radio_op *initiate(struct woad_ll *ll, const uint8_t *pdu,
                                            const struct woad_radio_evt *evt)
{
    struct ll_made *made = &ll->made;
    uint8_t type = pdu[0] & LL_PDU_TYPE_MASK;
    bool can = type == LL_ADV_IND || (type == LL_ADV_DIRECT_IND && pdu[1] == 12 &&
                                      directed_to(ll, pdu, ll->init.own_type));
    if (!can || !atomic_load(&ll->init.listen.on) || !wanted_peer(ll, pdu) ||
        atomic_load(&made->full) ||
        !fits(ll, evt->end_us, LL_T_IFS_US + woad_phy_air_us(WOAD_PHY_1M, sizeof(ll->init.req))))
        return NULL;
    /* A copy: the host may cancel and ask anew while this one is about to be sent. */
    uint8_t *req = memcpy(ll->isr.init_req, ll->init.req, sizeof(ll->isr.init_req));
    ll->isr.init_number = ll->init.number;
    uint16_t offset;
    req[0] = (uint8_t)((req[0] & ~LL_RX_ADD) | ((pdu[0] & LL_TX_ADD) ? LL_RX_ADD : 0));
    memcpy(req + LL_HEADER_LEN + 6, pdu + LL_HEADER_LEN, 6);
    made->end_us = evt->end_us + LL_T_IFS_US + woad_phy_air_us(WOAD_PHY_1M, sizeof(ll->init.req));
    made->anchor_us = choose_window(ll, made->end_us, &offset);
    woad_put_u16(req + LL_HEADER_LEN + 20, offset);
    made->ch_sel = pdu[0] & LL_CH_SEL;
    woad_ll_isr_ifs(ll, WOAD_RADIO_TX);
    ll->isr.op->pdu = req;
    ll->isr.op->pdu_len = sizeof(ll->init.req);
    ll->isr.op->tx_power_dbm = ll->caps.tx_power_max_dbm;
    ll->isr.state = LL_ISR_INIT_TX;
    return ll->isr.op;
}

const struct woad_radio_op *woad_ll_isr_init_tx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now)
{
    struct ll_made *made = &ll->made;
    if (evt->type != WOAD_RADIO_TX_END || ll->isr.init_number != ll->init.number)
        return woad_ll_isr_idle(ll, now);
    memcpy(made->pdu, ll->isr.init_req, sizeof(made->pdu));
    made->central = true;
    made->phy = WOAD_PHY_1M;
    atomic_store(&ll->init.listen.on, false);
    atomic_store(&made->full, true);
    ll->isr.wake = true;
    return woad_ll_isr_idle(ll, now);
}

/* --- scanning
 * -------------------------------------------------------------------------------------- */

static uint16_t back_off(struct woad_ll *ll)
{
    uint32_t *x = &ll->isr.noise;
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return (uint16_t)(1 + *x % ll->isr.scanner.upper);
}

/* Two successes in a row halve the upper limit, two failures double it. */
static void asked(struct woad_ll *ll, bool success)
{
    struct ll_scan_isr *s = &ll->isr.scanner;
    if (success)
        s->streak = (int8_t)(s->streak > 0 ? s->streak + 1 : 1);
    else
        s->streak = (int8_t)(s->streak < 0 ? s->streak - 1 : -1);
    if (s->streak >= 2 && s->upper > 1)
        s->upper = (uint16_t)(s->upper / 2);
    else if (s->streak <= -2 && s->upper < 256)
        s->upper = (uint16_t)(s->upper * 2);
    if (s->streak >= 2 || s->streak <= -2)
        s->streak = 0;
    s->count = back_off(ll);
}

static const struct woad_radio_op *ask(struct woad_ll *ll, const uint8_t *pdu,
                                       const struct woad_radio_evt *evt)
{
    struct ll_scan_isr *s = &ll->isr.scanner;
    uint8_t type = pdu[0] & LL_PDU_TYPE_MASK;
    if (!ll->scan.active || (type != LL_ADV_IND && type != LL_ADV_SCAN_IND) ||
        !fits(ll, evt->end_us, 1000))
        return NULL;
    if (s->count > 0 && --s->count > 0)
        return NULL;
    s->peer[0] = pdu[0] & LL_TX_ADD;
    memcpy(s->peer + 1, pdu + LL_HEADER_LEN, 6);
    uint8_t *req = ll->scan.req;
    req[0] = (uint8_t)((req[0] & ~LL_RX_ADD) | (s->peer[0] ? LL_RX_ADD : 0));
    memcpy(req + LL_HEADER_LEN + 6, s->peer + 1, 6);
    woad_ll_isr_ifs(ll, WOAD_RADIO_TX);
    ll->isr.op->pdu = req;
    ll->isr.op->pdu_len = sizeof(ll->scan.req);
    ll->isr.op->tx_power_dbm = ll->caps.tx_power_max_dbm;
    ll->isr.state = LL_ISR_SCAN_REQ;
    return ll->isr.op;
}

static bool scan_wants(const struct woad_ll *ll, const uint8_t *pdu)
{
    uint8_t type = pdu[0] & LL_PDU_TYPE_MASK;
    uint8_t random = (pdu[0] & LL_TX_ADD) ? 1 : 0;
    if (!atomic_load(&ll->scan.listen.on))
        return false;
    if (type != LL_ADV_IND && type != LL_ADV_DIRECT_IND && type != LL_ADV_NONCONN_IND &&
        type != LL_ADV_SCAN_IND)
        return false;
    if (type == LL_ADV_DIRECT_IND && (pdu[1] != 12 || !directed_to(ll, pdu, ll->scan.own_type)))
        return false;
    return !(ll->scan.filter & 1) || woad_ll_isr_accepted(ll, random, pdu + LL_HEADER_LEN);
}

/* Hands the PDU just received to the pump. Reports are dropped and counted when there is no room.
 */
static void report(struct woad_ll *ll, const struct woad_radio_evt *evt)
{
    struct woad_buf *buf = ll->isr.report;
    if (!buf || ll_ring_full(&ll->report_done)) {
        ll->isr.scanner.dropped++;
        return;
    }
    buf->len = evt->pdu_len;
    buf->flags = (uint8_t)evt->rssi_dbm;
    ll_ring_push(&ll->report_done, buf);
    ll->isr.report = NULL;
    ll->isr.wake = true;
}

const struct woad_radio_op *woad_ll_isr_listen(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now)
{
    const uint8_t *pdu = ll->isr.op->pdu;
    if (evt->type != WOAD_RADIO_RX_END || !evt->crc_ok || evt->pdu_len < LL_HEADER_LEN + 6 ||
        evt->pdu_len != LL_HEADER_LEN + pdu[1])
        return woad_ll_isr_idle(ll, now);
    bool scanned = scan_wants(ll, pdu);
    const struct woad_radio_op *op = NULL;
    if (atomic_load(&ll->init.listen.on))
        op = initiate(ll, pdu, evt);
    if (!op && scanned)
        op = ask(ll, pdu, evt);
    if (scanned)
        report(ll, evt);
    return op ? op : woad_ll_isr_idle(ll, now);
}

const struct woad_radio_op *woad_ll_isr_scan_req(struct woad_ll *ll,
                                                 const struct woad_radio_evt *evt, woad_time now)
{
    if (evt->type != WOAD_RADIO_TX_END)
        return woad_ll_isr_idle(ll, now);
    if (!ll->isr.report)
        ll->isr.report = ll_ring_pop(&ll->report_free);
    woad_ll_isr_rx_op(ll, ll->isr.report ? ll->isr.report->data : ll->scratch,
                      LL_HEADER_LEN + LL_ADV_PAYLOAD_MAX, WOAD_PHY_1M);
    woad_ll_isr_ifs(ll, WOAD_RADIO_RX);
    ll->isr.state = LL_ISR_SCAN_RSP;
    return ll->isr.op;
}

const struct woad_radio_op *woad_ll_isr_scan_rsp(struct woad_ll *ll,
                                                 const struct woad_radio_evt *evt, woad_time now)
{
    const uint8_t *pdu = ll->isr.op->pdu;
    const struct ll_scan_isr *s = &ll->isr.scanner;
    bool good = evt->type == WOAD_RADIO_RX_END && evt->crc_ok &&
                evt->pdu_len >= LL_HEADER_LEN + 6 && evt->pdu_len == LL_HEADER_LEN + pdu[1] &&
                (pdu[0] & LL_PDU_TYPE_MASK) == LL_SCAN_RSP && (pdu[0] & LL_TX_ADD) == s->peer[0] &&
                memcmp(pdu + LL_HEADER_LEN, s->peer + 1, 6) == 0;
    asked(ll, good);
    if (good)
        report(ll, evt);
    return woad_ll_isr_idle(ll, now);
}
