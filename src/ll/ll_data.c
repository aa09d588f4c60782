/* Data of links: the host's ACL packets cut into PDUs, received PDUs made into ACL packets, and
 * what is common to everything that is sent on a link. */
#include "ll_ctrl.h"
#include "ll_priv.h"

enum {
    LL_CP = 0x20,                   /* header bit: CTEInfo follows; not supported */
    RING_FOR_DATA = LL_TX_RING - 2, /* two places stay free for control PDUs */
};

uint16_t woad_ll_tx_pending(const struct ll_conn *c)
{
    return (uint16_t)(atomic_load(&c->tx_put) - c->tx_taken);
}

/* --- encryption of PDUs
 * --------------------------------------------------------------------------- */

/* [Vol 6, Part E, 2.1] */
static void nonce(uint8_t to[13], uint64_t counter, bool from_central, const uint8_t iv[8])
{
    for (int i = 0; i < 5; i++)
        to[i] = (uint8_t)(counter >> (8 * i));
    to[4] = (uint8_t)((to[4] & 0x7f) | (from_central ? 0x80 : 0));
    memcpy(to + 5, iv, 8);
}

/* Appends the MIC; returns the new length, or 0 when the cipher failed. */
static uint8_t encrypt(struct ll_conn *c, uint8_t llid, uint8_t *payload, uint8_t len)
{
    struct ll_enc *enc = &c->enc;
    uint8_t n[13];
    nonce(n, enc->tx_counter++, c->role == LL_CENTRAL, enc->iv);
    if (woad_ccm_encrypt(&enc->aes, n, llid, payload, len, payload))
        return 0;
    return (uint8_t)(len + LL_MIC_LEN);
}

static bool decrypt(struct ll_conn *c, uint8_t *pdu)
{
    struct ll_enc *enc = &c->enc;
    uint8_t n[13];
    if (pdu[1] <= LL_MIC_LEN)
        return false;
    uint8_t len = (uint8_t)(pdu[1] - LL_MIC_LEN);
    uint8_t *payload = pdu + LL_HEADER_LEN;
    nonce(n, enc->rx_counter++, c->role == LL_PERIPHERAL, enc->iv);
    if (woad_ccm_decrypt(&enc->aes, n, pdu[0] & 0xe3, payload, len, payload + len, payload))
        return false;
    pdu[1] = len;
    return true;
}

/* --- sending
 * --------------------------------------------------------------------------------------- */

static struct ll_tx *tx_slot(struct ll_conn *c)
{
    return &c->tx[atomic_load(&c->tx_put) % LL_TX_RING];
}

static void tx_push(struct ll_conn *c)
{
    atomic_store_explicit(&c->tx_put, (uint16_t)(atomic_load(&c->tx_put) + 1),
                          memory_order_release);
}

uint8_t woad_ll_ctrl_free(const struct ll_conn *c)
{
    uint8_t slots = 0;
    for (int i = 0; i < LL_CTRL_SLOTS; i++)
        slots = (uint8_t)(slots + !(c->ctrl_used >> i & 1));
    uint16_t ring = (uint16_t)(LL_TX_RING - woad_ll_tx_pending(c));
    return ring < slots ? (uint8_t)ring : slots;
}

/* Queues a control PDU; false when there is no room for one now. */
bool woad_ll_ctrl_send(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, const void *params,
                       size_t len)
{
    if (!woad_ll_ctrl_free(c) || len + 1 > LL_CTRL_LEN_MAX)
        return false;
    uint8_t slot = 0;
    while (c->ctrl_used >> slot & 1)
        slot++;
    uint8_t *pdu = c->ctrl[slot];
    uint8_t pdu_len = (uint8_t)(len + 1);
    pdu[LL_HEADER_LEN] = opcode;
    if (len)
        memcpy(pdu + LL_HEADER_LEN + 1, params, len);
    if (c->enc.tx_on) {
        pdu_len = encrypt(c, LL_LLID_CTRL, pdu + LL_HEADER_LEN, pdu_len);
        if (!pdu_len)
            return false;
    }
    c->ctrl_used = (uint8_t)(c->ctrl_used | 1u << slot);
    c->ctrl_opcode[slot] = opcode;
    *tx_slot(c) = (struct ll_tx){
        .pdu = pdu, .len = pdu_len, .llid = LL_LLID_CTRL, .kind = LL_TX_CTRL, .slot = slot};
    bool idle = !woad_ll_tx_pending(c);
    tx_push(c);
    if (idle && c->latency && c->role == LL_PERIPHERAL)
        ll->replan = true;
    return true;
}

/* Payload octets (with MIC) whose packet lasts no longer than time_us. */
uint8_t woad_ll_time_octets(uint8_t phy, uint32_t time_us)
{
    uint32_t n;
    switch (phy) {
    case WOAD_PHY_1M: n = time_us / 8 - 10; break;
    case WOAD_PHY_2M: n = time_us / 4 - 11; break;
    case WOAD_PHY_CODED_S2: n = time_us < 462 ? 0 : (time_us - 382) / 16 - 5; break;
    default: n = time_us < 720 ? 0 : (time_us - 400) / 64 - 5; break;
    }
    return (uint8_t)(n > LL_PAYLOAD_MAX + LL_MIC_LEN ? LL_PAYLOAD_MAX + LL_MIC_LEN : n);
}

/* How long a packet, ours or the peer's, may last: on the coded PHY no longer than what the
 * interval leaves beside the longest of the other side, but 2704 us always [Vol 6, Part B, 4.5.10].
 */
uint32_t woad_ll_time_limit_us(const struct ll_conn *c, bool tx, uint8_t phy, uint32_t interval_us)
{
    const struct ll_lengths *eff = &c->eff;
    uint32_t time = tx ? eff->tx_time_us : eff->rx_time_us;
    uint32_t other = tx ? eff->rx_time_us : eff->tx_time_us;
    uint32_t other_most = (tx ? eff->rx_octets : eff->tx_octets) * 64u + 976;
    if (phy < WOAD_PHY_CODED_S8)
        return time;
    other = 2 * LL_T_IFS_US + (other < other_most ? other : other_most);
    uint32_t left = interval_us > other ? interval_us - other : 0;
    time = time < left ? time : left;
    return time > LL_MIN_TIME_CODED_US ? time : LL_MIN_TIME_CODED_US;
}

/* Lowers *octets to what one PDU may carry on phy, by the shorter of the intervals in sight. */
static void limit_octets(const struct ll_conn *c, uint8_t phy, uint16_t *octets)
{
    uint32_t interval_us = c->interval_us, next_us = c->upd.interval * (uint32_t)LL_UNIT_US;
    if (c->upd.pending && next_us < interval_us)
        interval_us = next_us;
    uint16_t n = woad_ll_time_octets(phy, woad_ll_time_limit_us(c, true, phy, interval_us));
    n = n > LL_MIC_LEN ? (uint16_t)(n - LL_MIC_LEN) : 0;
    if (n < *octets)
        *octets = n;
}

/* Octets of the host's data that one PDU may carry now, and also after a change of PHY or interval
 * that is under way: what is cut now may have to be sent again then. A peripheral does not know
 * what the central will choose, so with a PHY procedure under way everything it offers counts [Vol
 * 6, Part B, 4.5.10, 5.1.10.1]. */
static uint16_t tx_octets(const struct ll_conn *c)
{
    uint16_t octets = c->eff.tx_octets;
    limit_octets(c, c->tx_phy, &octets);
    if (c->phy_upd.pending)
        limit_octets(c, c->phy_upd.tx, &octets);
    if (c->proc == LL_PROC_PHY || c->rproc == LL_PROC_PHY) {
        for (uint8_t bit = 0; bit < 3; bit++) {
            if (c->pref_tx >> bit & 1)
                limit_octets(c, (uint8_t)(WOAD_PHY_1M + bit), &octets);
        }
    }
    return octets < LL_DEFAULT_OCTETS ? LL_DEFAULT_OCTETS : octets;
}

static bool in_place(const struct ll_conn *c, const struct woad_buf *buf)
{
    return !buf->ext_len && !c->enc.tx_on && buf->ref == 1;
}

/* Hands n octets of buf to the interrupt; false when there is no staging buffer for them. */
static bool fragment(struct woad_ll *ll, struct ll_conn *c, struct woad_buf *buf, uint8_t n)
{
    bool start = !c->acl_offset && buf->mark != LL_LLID_CONT;
    struct ll_tx tx = {.len = n, .llid = start ? LL_LLID_START : LL_LLID_CONT, .kind = LL_TX_DATA};
    if (in_place(c, buf)) {
        tx.pdu = buf->data + c->acl_offset - LL_HEADER_LEN;
    } else {
        tx.stage = woad_buf_alloc(&ll->stage_pool, 0);
        if (!tx.stage)
            return false;
        tx.pdu = tx.stage->data;
        woad_buf_copy_out(buf, c->acl_offset, tx.pdu + LL_HEADER_LEN, n);
        if (c->enc.tx_on && !(tx.len = encrypt(c, tx.llid, tx.pdu + LL_HEADER_LEN, n))) {
            woad_buf_unref(tx.stage);
            return false;
        }
    }
    c->acl_offset = (uint16_t)(c->acl_offset + n);
    if (c->acl_offset == woad_buf_total(buf)) {
        tx.done = woad_buf_queue_pop(&c->acl);
        c->acl_offset = 0;
    }
    *tx_slot(c) = tx;
    tx_push(c);
    return true;
}

/* Moves the host's data into the ring as far as there is room. While encryption is being changed no
 * data is sent [Vol 6, Part B, 5.1.3]. */
void woad_ll_data_tx(struct woad_ll *ll, struct ll_conn *c)
{
    struct woad_buf *buf;
    if (c->enc.state != LL_ENC_IDLE || c->ind || c->terminating)
        return;
    bool idle = !woad_ll_tx_pending(c);
    while ((buf = woad_buf_queue_peek(&c->acl)) && woad_ll_tx_pending(c) < RING_FOR_DATA) {
        uint32_t left = woad_buf_total(buf) - c->acl_offset;
        uint16_t most = tx_octets(c);
        if (!fragment(ll, c, buf, (uint8_t)(left < most ? left : most)))
            break;
    }
    if (idle && woad_ll_tx_pending(c) && c->latency && c->role == LL_PERIPHERAL)
        ll->replan = true;
}

/* Clears away what was acknowledged. */
void woad_ll_data_reclaim(struct woad_ll *ll, struct ll_conn *c)
{
    uint16_t acked = atomic_load_explicit(&c->isr.tx_acked, memory_order_acquire);
    while (c->tx_taken != acked) {
        struct ll_tx tx = c->tx[c->tx_taken++ % LL_TX_RING];
        if (tx.stage)
            woad_buf_unref(tx.stage);
        if (tx.done) {
            woad_buf_unref(tx.done);
            c->completed++;
            c->outstanding--;
            ll->outstanding--;
        }
        if (tx.kind == LL_TX_CTRL) {
            c->ctrl_used = (uint8_t)(c->ctrl_used & ~(1u << tx.slot));
            woad_ll_ctrl_acked(ll, c, c->ctrl_opcode[tx.slot]);
        }
    }
}

/* Drops everything a link holds. The interrupt must have let go of it. */
void woad_ll_data_flush(struct woad_ll *ll, struct ll_conn *c)
{
    uint16_t put = atomic_load(&c->tx_put);
    for (; c->tx_taken != put; c->tx_taken++) {
        struct ll_tx *tx = &c->tx[c->tx_taken % LL_TX_RING];
        woad_buf_unref(tx->stage);
        woad_buf_unref(tx->done);
    }
    woad_buf_queue_clear(&c->acl);
    ll->outstanding = (uint16_t)(ll->outstanding - c->outstanding);
    c->outstanding = c->completed = 0;
    c->acl_offset = 0;
    c->ctrl_used = 0;
    atomic_store(&c->isr.tx_acked, put);
}

/* An ACL packet of the host. Takes pkt on 0. */
int woad_ll_data_acl(struct woad_ll *ll, struct woad_buf *pkt)
{
    if (pkt->len < WOAD_HCI_ACL_HDR_LEN)
        return WOAD_ERR_FORMAT;
    uint16_t word = woad_get_u16(pkt->data), len = woad_get_u16(pkt->data + 2);
    uint16_t pb = word & WOAD_HCI_ACL_PB_MASK;
    if ((uint32_t)len + WOAD_HCI_ACL_HDR_LEN != woad_buf_total(pkt) || len > ll->cfg.acl_len)
        return WOAD_ERR_FORMAT;
    struct ll_conn *c = woad_ll_conn_find(ll, word & WOAD_HCI_HANDLE_MASK);
    if (!c || !len || pb == WOAD_HCI_ACL_COMPLETE || (word & WOAD_HCI_ACL_BC_MASK)) {
        if (c)
            c->completed++;
        woad_buf_unref(pkt);
        woad_ll_wake(ll);
        return 0;
    }
    if (ll->outstanding >= ll->cfg.acl_tx_count)
        return WOAD_ERR_AGAIN;
    woad_buf_pull(pkt, WOAD_HCI_ACL_HDR_LEN);
    pkt->mark = pb == WOAD_HCI_ACL_CONTINUE ? LL_LLID_CONT : LL_LLID_START;
    woad_buf_queue_push(&c->acl, pkt);
    c->outstanding++;
    ll->outstanding++;
    woad_ll_wake(ll);
    return 0;
}

/* Effective lengths [Vol 6, Part B, 4.5.10]. */
static uint16_t effective(uint16_t ours, uint16_t theirs, uint16_t least)
{
    uint16_t v = ours < theirs ? ours : theirs;
    return v < least ? least : v;
}

void woad_ll_data_lengths(struct woad_ll *ll, struct ll_conn *c)
{
    struct ll_lengths eff = {
        .tx_octets = effective(c->local.tx_octets, c->remote.rx_octets, LL_DEFAULT_OCTETS),
        .rx_octets = effective(c->local.rx_octets, c->remote.tx_octets, LL_DEFAULT_OCTETS),
        .tx_time_us = effective(c->local.tx_time_us, c->remote.rx_time_us, LL_DEFAULT_TIME_US),
        .rx_time_us = effective(c->local.rx_time_us, c->remote.tx_time_us, LL_DEFAULT_TIME_US),
    };
    (void)ll;
    if (memcmp(&eff, &c->eff, sizeof(eff)) == 0)
        return;
    c->eff = eff;
    woad_ll_conn_evt(c, LL_EVT_DATA_LENGTH, 0);
}

/* --- receiving
 * --------------------------------------------------------------------------------------- */

/* Passes a data PDU up as an ACL packet: the header of HCI lies over the header of the PDU. */
static void pass_up(struct woad_ll *ll, struct ll_conn *c, struct woad_buf *buf)
{
    uint8_t llid = buf->data[0] & 3, len = buf->data[1];
    bool start = llid == LL_LLID_START;
    if (!start && !c->rx_started) {
        c->rx_dropped++;
        woad_buf_unref(buf);
        return;
    }
    c->rx_started = true;
    uint16_t pb = start ? WOAD_HCI_ACL_FIRST_FLUSHABLE : WOAD_HCI_ACL_CONTINUE;
    buf->len = (uint16_t)(LL_HEADER_LEN + len);
    uint8_t *head = woad_buf_push(buf, WOAD_HCI_ACL_HDR_LEN - LL_HEADER_LEN);
    woad_put_u16(head, (uint16_t)(c->handle | pb));
    woad_put_u16(head + 2, len);
    buf->type = WOAD_PKT_ACL;
    buf->user = NULL;
    woad_buf_queue_push(&ll->held, buf);
}

/* Cuts the head of a packet that is longer than the host's buffers off as a packet of its own; what
 * remains becomes a continuation where it lies. NULL: no buffer now. */
static struct woad_buf *cut(struct woad_ll *ll, struct woad_buf *buf)
{
    struct woad_buf *head = woad_buf_alloc(&ll->stage_pool, 1);
    if (!head)
        return NULL;
    uint16_t word = woad_get_u16(buf->data), len = woad_get_u16(buf->data + 2);
    uint16_t piece = (uint16_t)(WOAD_HCI_ACL_HDR_LEN + ll->host_acl_len);
    memcpy(woad_buf_put(head, piece), buf->data, piece);
    woad_put_u16(head->data + 2, ll->host_acl_len);
    head->type = WOAD_PKT_ACL;
    uint8_t *rest = woad_buf_pull(buf, ll->host_acl_len);
    woad_put_u16(rest, (uint16_t)((word & ~WOAD_HCI_ACL_PB_MASK) | WOAD_HCI_ACL_CONTINUE));
    woad_put_u16(rest + 2, (uint16_t)(len - ll->host_acl_len));
    return head;
}

/* Lets ACL packets go to the host as far as its flow control allows, in pieces that fit its
 * buffers. */
void woad_ll_data_held(struct woad_ll *ll)
{
    while (ll->held.head && (!ll->host_flow || ll->host_acl_used < ll->host_acl_max)) {
        struct woad_buf *buf = ll->held.head;
        struct ll_conn *c = &ll->conns[buf->handle % ll->cfg.max_conns];
        if (!c->used || c->handle != buf->handle) {
            woad_buf_unref(
                woad_buf_queue_pop(&ll->held)); /* the host knows that the link is gone */
            continue;
        }
        if (buf->len > WOAD_HCI_ACL_HDR_LEN + ll->host_acl_len)
            buf = cut(ll, buf);
        else
            (void)woad_buf_queue_pop(&ll->held);
        if (!buf)
            return;
        if (ll->host_flow) {
            ll->host_acl_used++;
            c->host_held++;
        }
        buf->handle = 0;
        woad_ll_out(ll, buf);
    }
}

static bool key_is_changing(const struct ll_conn *c)
{
    switch (c->enc.state) {
    case LL_ENC_IDLE:
    case LL_ENC_C_DRAIN:
    case LL_ENC_C_WAIT_PAUSE:
    case LL_ENC_C_WAIT_RSP: return false;
    default: return true;
    }
}

static void receive(struct woad_ll *ll, struct ll_conn *c, struct woad_buf *buf)
{
    uint8_t *pdu = buf->data;
    uint16_t most = c->local.rx_octets;
    if (c->enc.rx_on) {
        if (!decrypt(c, pdu)) {
            woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_MIC_FAILURE);
            woad_buf_unref(buf);
            return;
        }
        c->apto_due_us = 0;
    }
    uint8_t llid = pdu[0] & 3;
    if (llid == LL_LLID_CTRL) {
        c->ctrl_tag = (uint32_t)(uintptr_t)buf->user;
        /* A procedure ends at its instant, and the peer may begin the next one in that very event:
         * not a collision [Vol 6, Part B, 5.3]. */
        woad_ll_proc_instants(ll, c);
        if (c->active)
            woad_ll_ctrl_rx(ll, c, pdu + LL_HEADER_LEN, pdu[1]);
    } else if (key_is_changing(c)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_MIC_FAILURE);
    } else if (!llid || (pdu[0] & LL_CP) || pdu[1] > most) {
        c->rx_dropped++;
    } else {
        pass_up(ll, c, buf);
        return;
    }
    woad_buf_unref(buf);
}

void woad_ll_data_rx(struct woad_ll *ll)
{
    struct ll_ring *r = &ll->rx_done;
    while (ll_ring_count(r)) {
        struct woad_buf *buf = r->slot[atomic_load(&r->get) & r->mask];
        struct ll_conn *c = woad_ll_conn_find(ll, buf->handle);
        /* The host learns of a link before it gets data on it. */
        if (c && (c->evts & 1u << LL_EVT_CONNECTED))
            return;
        (void)ll_ring_pop(r);
        if (!c || c->peer_terminated)
            woad_buf_unref(buf);
        else
            receive(ll, c, buf);
    }
}
