/* Connection events in interrupt context: sequence numbers, MD, what to send next, when to close
 * [Vol 6, Part B, 4.5.1, 4.5.6, 4.5.9]. */
#include "ll_priv.h"

static struct ll_conn *conn_of(struct woad_ll *ll)
{
    return &ll->conns[ll->isr.cmd.conn];
}

static uint16_t tx_waiting(const struct ll_conn *c)
{
    return (uint16_t)(atomic_load_explicit(&c->tx_put, memory_order_acquire) -
                      atomic_load_explicit(&c->isr.tx_acked, memory_order_relaxed));
}

static struct ll_tx *tx_head(struct ll_conn *c)
{
    return &c->tx[atomic_load_explicit(&c->isr.tx_acked, memory_order_relaxed) % LL_TX_RING];
}

static void rx_arm(struct woad_ll *ll, uint8_t phy)
{
    if (!ll->isr.rx)
        ll->isr.rx = ll_ring_pop(&ll->rx_free);
    woad_ll_isr_rx_op(ll, ll->isr.rx ? ll->isr.rx->data : ll->scratch, LL_PDU_MAX, phy);
}

/* The time by which this event must be over: its own limit, or the next command's. */
static woad_time limit_us(struct woad_ll *ll)
{
    return woad_time_min(ll->isr.cmd.limit_us, woad_ll_isr_next_us(ll));
}

/* Whether the PDU at the head of the ring can be sent and answered with an empty PDU in time, when
 * its transmission starts at start_us. */
static bool head_fits(struct woad_ll *ll, struct ll_conn *c, woad_time start_us)
{
    const struct ll_cmd *cmd = &ll->isr.cmd;
    uint32_t need = woad_phy_air_us(cmd->tx_phy, LL_HEADER_LEN + (uint32_t)tx_head(c)->len);
    if (c->role == LL_CENTRAL)
        need += LL_T_IFS_US + woad_phy_air_us(cmd->rx_phy, LL_HEADER_LEN);
    return start_us + need <= limit_us(ll);
}

/* Fills the operation with the next PDU: the one in flight again, the head of the ring, or an empty
 * one. */
static void tx_arm(struct woad_ll *ll, struct ll_conn *c, woad_time start_us)
{
    struct woad_radio_op *op = ll->isr.op;
    uint16_t waiting = tx_waiting(c);
    if (c->isr.flight == LL_FLIGHT_NONE)
        c->isr.flight = waiting && head_fits(ll, c, start_us) ? LL_FLIGHT_RING : LL_FLIGHT_EMPTY;
    c->isr.unfit = waiting && c->isr.flight == LL_FLIGHT_EMPTY;
    bool ring = c->isr.flight == LL_FLIGHT_RING;
    uint8_t *pdu = c->isr.empty;
    uint8_t llid = LL_LLID_CONT, len = 0;
    if (ring) {
        struct ll_tx *tx = tx_head(c);
        pdu = tx->pdu;
        llid = tx->llid;
        len = tx->len;
    }
    c->isr.sent_md = waiting > (ring ? 1 : 0) ? LL_MD : 0;
    pdu[0] = (uint8_t)(llid | c->isr.nesn | c->isr.sn | c->isr.sent_md);
    pdu[1] = len;
    op->pdu = pdu;
    op->pdu_len = (uint16_t)(LL_HEADER_LEN + len);
    op->phy = ll->isr.cmd.tx_phy;
    op->tx_power_dbm = ll->caps.tx_power_max_dbm;
    ll->isr.state = LL_ISR_CONN_TX;
}

const struct woad_radio_op *woad_ll_isr_conn_begin(struct woad_ll *ll)
{
    struct ll_conn *c = conn_of(ll);
    const struct ll_cmd *cmd = &ll->isr.cmd;
    c->isr.event = cmd->event;
    c->isr.in_event = true;
    c->isr.first = true;
    c->isr.crc_errors = 0;
    c->isr.cut = c->isr.unfit = false;
    if (c->role == LL_CENTRAL) {
        c->isr.peer_md = 0;
        tx_arm(ll, c, cmd->op.start_us);
        c->isr.anchor_us = cmd->op.start_us;
        c->isr.anchor_event = cmd->event;
    } else {
        rx_arm(ll, cmd->rx_phy);
        ll->isr.state = LL_ISR_CONN_RX;
    }
    return ll->isr.op;
}

void woad_ll_isr_conn_close(struct woad_ll *ll, bool cut)
{
    struct ll_conn *c = conn_of(ll);
    c->isr.in_event = false;
    c->isr.cut = cut || c->isr.unfit;
    /* The pump waits for the end of an event only in these cases. */
    if (ll->isr.cmd.unsynced || (c->latency && c->role == LL_PERIPHERAL) || !c->active ||
        c->peer_terminated)
        ll->isr.wake = true;
}

static const struct woad_radio_op *close_event(struct woad_ll *ll, woad_time now)
{
    woad_ll_isr_conn_close(ll, false);
    return woad_ll_isr_idle(ll, now);
}

const struct woad_radio_op *woad_ll_isr_conn_tx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now)
{
    struct ll_conn *c = conn_of(ll);
    if (evt->type != WOAD_RADIO_TX_END) {
        ll->isr.late++;
        return close_event(ll, now);
    }
    c->isr.tx_count++;
    if (c->peer_terminated)
        ll->isr.wake = true;
    if (c->role == LL_PERIPHERAL && !c->isr.sent_md && !c->isr.peer_md)
        return close_event(ll, now);
    rx_arm(ll, ll->isr.cmd.rx_phy);
    woad_ll_isr_ifs(ll, WOAD_RADIO_RX);
    ll->isr.state = LL_ISR_CONN_RX;
    return ll->isr.op;
}

static void anchor(struct woad_ll *ll, struct ll_conn *c, const struct woad_radio_evt *evt)
{
    if (c->role == LL_PERIPHERAL && c->isr.first) {
        c->isr.anchor_us = evt->start_us;
        c->isr.anchor_event = ll->isr.cmd.event;
        c->isr.anchors++;
    }
    c->isr.first = false;
}

/* Hands a new data PDU to the pump. False: no buffer, so it must not be acknowledged. One buffer is
 * kept for control PDUs, so that a host that takes no data cannot stop the procedures of the link.
 */
static bool deliver(struct woad_ll *ll, struct ll_conn *c, const uint8_t *pdu)
{
    struct woad_buf *buf = ll->isr.rx;
    bool control = (pdu[0] & 3) == LL_LLID_CTRL;
    if (!buf || ll_ring_full(&ll->rx_done) || (!control && !ll_ring_count(&ll->rx_free)))
        return false;
    buf->handle = c->handle;
    buf->len = (uint16_t)(LL_HEADER_LEN + pdu[1]);
    buf->user = (void *)(uintptr_t)c->isr.tx_count;
    ll_ring_push(&ll->rx_done, buf);
    ll->isr.rx = NULL;
    ll->isr.wake = true;
    return true;
}

static void acknowledged(struct woad_ll *ll, struct ll_conn *c)
{
    c->isr.sn ^= LL_SN;
    if (c->isr.flight == LL_FLIGHT_RING) {
        uint16_t acked = atomic_load_explicit(&c->isr.tx_acked, memory_order_relaxed);
        atomic_store_explicit(&c->isr.tx_acked, (uint16_t)(acked + 1), memory_order_release);
        ll->isr.wake = true;
    }
    if (c->ind)
        ll->isr.wake = true;
    c->isr.flight = LL_FLIGHT_NONE;
}

static void received(struct woad_ll *ll, struct ll_conn *c, const struct woad_radio_evt *evt)
{
    const uint8_t *pdu = ll->isr.op->pdu;
    c->isr.crc_errors = 0;
    c->isr.rx_us = evt->end_us;
    c->isr.heard_event = ll->isr.cmd.event;
    c->isr.rssi = evt->rssi_dbm;
    if (!c->isr.heard) {
        c->isr.heard = true;
        ll->isr.wake = true;
    }
    c->isr.peer_md = pdu[0] & LL_MD;
    if (((pdu[0] & LL_NESN) != 0) != (c->isr.sn != 0))
        acknowledged(ll, c);
    if (((pdu[0] & LL_SN) != 0) == (c->isr.nesn != 0) && (pdu[1] == 0 || deliver(ll, c, pdu)))
        c->isr.nesn ^= LL_NESN;
}

/* How long the peer's next packet may last: as an empty one, or the longest when it has more. */
static uint32_t answer_us(const struct woad_ll *ll, const struct ll_conn *c)
{
    uint32_t len =
        c->isr.peer_md ? c->eff.rx_octets + (c->enc.rx_on ? (uint32_t)LL_MIC_LEN : 0) : 0;
    uint8_t phy = ll->isr.cmd.rx_phy;
    uint32_t air = woad_phy_air_us(phy, LL_HEADER_LEN + len);
    uint32_t most = woad_ll_time_limit_us(c, false, phy, c->interval_us);
    return air < most ? air : most;
}

/* Central: whether another exchange fits that carries something. */
static bool another(struct woad_ll *ll, struct ll_conn *c, woad_time start_us)
{
    if (!c->isr.sent_md && !c->isr.peer_md)
        return false;
    const struct ll_cmd *cmd = &ll->isr.cmd;
    bool ring =
        c->isr.flight == LL_FLIGHT_RING || (c->isr.flight == LL_FLIGHT_NONE && tx_waiting(c));
    uint32_t len = ring ? tx_head(c)->len : 0;
    if (!ring && !c->isr.peer_md && !tx_waiting(c))
        return false;
    uint32_t rest = LL_T_IFS_US + answer_us(ll, c);
    if (start_us + woad_phy_air_us(cmd->tx_phy, LL_HEADER_LEN + len) + rest <= limit_us(ll))
        return true;
    /* An empty PDU may still fit and fetch what the peer has. */
    return c->isr.peer_md && c->isr.flight == LL_FLIGHT_NONE &&
           start_us + woad_phy_air_us(cmd->tx_phy, LL_HEADER_LEN) + rest <= limit_us(ll);
}

/* Peripheral: whether its answer ends in time. */
static bool answer_fits(struct woad_ll *ll, struct ll_conn *c, woad_time start_us)
{
    uint32_t len = c->isr.flight == LL_FLIGHT_RING ? tx_head(c)->len : 0;
    return start_us + woad_phy_air_us(ll->isr.cmd.tx_phy, LL_HEADER_LEN + len) <= limit_us(ll);
}

const struct woad_radio_op *woad_ll_isr_conn_rx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now)
{
    struct ll_conn *c = conn_of(ll);
    if (evt->type != WOAD_RADIO_RX_END)
        return close_event(ll, now);
    anchor(ll, c, evt);
    bool good = evt->crc_ok && evt->pdu_len >= LL_HEADER_LEN &&
                evt->pdu_len == LL_HEADER_LEN + ll->isr.op->pdu[1];
    if (good)
        received(ll, c, evt);
    else if (++c->isr.crc_errors >= 2)
        return close_event(ll, now);
    woad_time start = evt->end_us + LL_T_IFS_US;
    bool go_on = c->role == LL_CENTRAL ? another(ll, c, start) : answer_fits(ll, c, start);
    if (!go_on || !c->active)
        return close_event(ll, now);
    tx_arm(ll, c, start);
    woad_ll_isr_ifs(ll, WOAD_RADIO_TX);
    return ll->isr.op;
}
