/* Links: how they are made, watched and ended. */
#include "ll_ctrl.h"

struct ll_conn *woad_ll_conn_find(struct woad_ll *ll, uint16_t handle)
{
    struct ll_conn *c = &ll->conns[handle % ll->cfg.max_conns];
    return c->active && c->handle == handle ? c : NULL;
}

/* A place for a new link; never the one reserved for the initiator. */
struct ll_conn *woad_ll_conn_free_slot(struct woad_ll *ll)
{
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        if (!ll->conns[i].used && !(ll->init.active && ll->init.conn == i))
            return &ll->conns[i];
    }
    return NULL;
}

struct ll_conn *woad_ll_conn_by_peer(struct woad_ll *ll, uint8_t type, const uint8_t *addr)
{
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        struct ll_conn *c = &ll->conns[i];
        if (c->active && c->peer.type == type && memcmp(c->peer.val, addr, 6) == 0)
            return c;
    }
    return NULL;
}

void woad_ll_conn_evt(struct ll_conn *c, enum ll_conn_evt evt, uint8_t status)
{
    c->evts = (uint16_t)(c->evts | 1u << evt);
    c->evt_status[evt] = status;
}

/* Whether the link has something to say or to wait for; a peripheral then listens to every event.
 */
bool woad_ll_conn_busy(const struct ll_conn *c)
{
    return woad_ll_tx_pending(c) || c->acl.count || c->proc || c->rproc || c->wanted || c->ind ||
           c->upd.pending || c->chm.pending || c->phy_upd.pending || c->enc.state || c->terminating;
}

/* --- making
 * ----------------------------------------------------------------------------------------- */

/* A link in its first state; what lasts longer than a link is its place and generation. */
static void clear(struct ll_conn *c)
{
    uint16_t index = c->index;
    uint8_t generation = (uint8_t)(c->generation + 1);
    woad_ll_enc_clear(c);
    memset(c, 0, sizeof(*c));
    c->index = index;
    c->generation = generation;
}

static void defaults(struct woad_ll *ll, struct ll_conn *c)
{
    bool coded = (ll->caps.phys & (1u << (WOAD_PHY_CODED_S8 - 1))) != 0;
    uint16_t rx_time = coded ? LL_MAX_TIME_CODED_US : LL_MAX_TIME_US;
    c->tx_phy = c->rx_phy = WOAD_PHY_1M;
    c->pref_tx = ll->default_tx_phys;
    c->pref_rx = ll->default_rx_phys;
    c->local =
        (struct ll_lengths){ll->default_tx_octets, ll->default_tx_time_us, LL_PAYLOAD_MAX, rx_time};
    c->remote = (struct ll_lengths){LL_DEFAULT_OCTETS, LL_DEFAULT_TIME_US, LL_DEFAULT_OCTETS,
                                    LL_DEFAULT_TIME_US};
    c->eff = c->remote;
    c->apto_us = WOAD_S(30);
    c->isr.rssi = 127;
    c->isr.event = c->last_planned = c->last_appended = UINT32_MAX;
    if (ll->default_tx_octets > LL_DEFAULT_OCTETS || ll->default_tx_time_us > LL_DEFAULT_TIME_US)
        woad_ll_proc_want(c, LL_PROC_LENGTH, false);
}

/* Reads the parameters of a CONNECT_IND [Vol 6, Part B, 2.3.3.1]. */
static void read_request(struct ll_conn *c, const struct ll_made *made)
{
    struct woad_rd r = woad_rd_init(made->pdu + LL_HEADER_LEN, LL_CONNECT_LEN);
    const uint8_t *initiator = woad_rd_take(&r, 6), *advertiser = woad_rd_take(&r, 6);
    bool central = made->central;
    uint8_t peer_bit = central ? LL_RX_ADD : LL_TX_ADD;
    c->role = central ? LL_CENTRAL : LL_PERIPHERAL;
    c->peer.type = (made->pdu[0] & peer_bit) ? WOAD_ADDR_RANDOM : WOAD_ADDR_PUBLIC;
    memcpy(c->peer.val, central ? advertiser : initiator, 6);
    c->access_address = woad_rd_u32(&r);
    c->crc_init = woad_rd_u24(&r);
    uint8_t win_size = woad_rd_u8(&r);
    uint16_t win_offset = woad_rd_u16(&r);
    c->interval = woad_rd_u16(&r);
    c->latency = woad_rd_u16(&r);
    c->timeout = woad_rd_u16(&r);
    c->map = woad_rd_u32(&r);
    c->map = (c->map | (uint64_t)woad_rd_u8(&r) << 32) & LL_CHANNELS_ALL;
    uint8_t last = woad_rd_u8(&r);
    c->hop = last & 0x1f;
    c->sca = last >> 5;
    c->sca_ppm = woad_ll_sca_ppm(c->sca);
    c->csa2 = made->ch_sel != 0;
    c->channel_id = woad_ll_csa_channel_id(c->access_address);
    c->interval_us = c->interval * (uint32_t)LL_UNIT_US;
    c->supervision_us = c->timeout * UINT32_C(10000);
    c->ref_us =
        central ? made->anchor_us : made->end_us + LL_UNIT_US + win_offset * (woad_time)LL_UNIT_US;
    c->ref_window_us = central ? 0 : win_size * (uint32_t)LL_UNIT_US;
    c->sync_us = c->supervised_us = made->end_us;
}

void woad_ll_conn_make(struct woad_ll *ll)
{
    struct ll_made *made = &ll->made;
    if (!atomic_load(&made->full))
        return;
    struct ll_conn *c = made->central ? &ll->conns[ll->init.conn] : woad_ll_conn_free_slot(ll);
    bool wanted = made->central ? ll->init.active : ll->adv.enabled;
    if (made->central)
        ll->init.active = false;
    else if (c)
        woad_ll_adv_stop(ll);
    else
        woad_ll_adv_resume(ll); /* the initiator has got the last place meanwhile */
    if (c && wanted) {
        clear(c);
        defaults(ll, c);
        read_request(c, made);
        uint32_t cycle = (WOAD_HCI_HANDLE_MAX + 1u) / ll->cfg.max_conns;
        c->handle = (uint16_t)(c->generation % cycle * ll->cfg.max_conns + c->index);
        c->used = c->active = true;
        woad_ll_conn_evt(c, LL_EVT_CONNECTED, 0);
        woad_ll_conn_evt(c, LL_EVT_CSA, 0);
        woad_ll_sched_retract(ll);
    }
    atomic_store(&made->full, false);
}

/* --- ending
 * ------------------------------------------------------------------------------------------- */

/* Takes the link off the air. The host is told when the interrupt has let go of it. */
void woad_ll_conn_end(struct woad_ll *ll, struct ll_conn *c, uint8_t reason)
{
    if (!c->active)
        return;
    c->active = false;
    c->end_reason = reason;
    c->ending = true;
    woad_ll_sched_retract(ll);
}

static void finish(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->ending && !atomic_load(&c->isr.in_event)) {
        c->ending = false;
        woad_ll_data_flush(ll, c);
        woad_ll_enc_clear(c);
        ll->host_acl_used = (uint16_t)(ll->host_acl_used - c->host_held);
        c->host_held = 0;
        /* What else was owed about this link is void, but not that it came to be. */
        c->evts &= 1u << LL_EVT_CONNECTED;
        woad_ll_conn_evt(c, LL_EVT_DISCONNECTED, c->end_reason);
    }
}

/* Forgets the link at once; the radio is off. */
void woad_ll_conn_drop(struct woad_ll *ll, struct ll_conn *c)
{
    woad_ll_data_flush(ll, c);
    clear(c);
}

static woad_time last_rx_us(const struct ll_conn *c)
{
    volatile const struct ll_conn_isr *isr = &c->isr;
    woad_time t;
    do {
        t = isr->rx_us;
    } while (t != isr->rx_us);
    return t > c->supervised_us ? t : c->supervised_us;
}

/* [Vol 6, Part B, 4.5.2]: six intervals to hear the peer for the first time, then the supervision
 * timeout. */
static woad_time supervise(struct woad_ll *ll, struct ll_conn *c)
{
    bool heard = c->isr.heard;
    woad_time due = heard
                        ? last_rx_us(c) + c->supervision_us
                        : c->sync_us + LL_UNIT_US + (woad_time)LL_ESTABLISH_EVENTS * c->interval_us;
    if (!heard && due < c->ref_us)
        due = c->ref_us + c->interval_us;
    if (ll->now_us >= due)
        woad_ll_conn_end(ll, c,
                         heard ? WOAD_HCI_ERR_CONNECTION_TIMEOUT
                               : WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    return due;
}

static woad_time terminate(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->peer_terminated && c->isr.tx_count != c->peer_terminated_at) {
        woad_ll_conn_end(ll, c, c->terminate_reason);
        return WOAD_TIME_NEVER;
    }
    if (!c->terminating)
        return WOAD_TIME_NEVER;
    if (!c->terminate_due_us)
        c->terminate_due_us = ll->now_us + c->supervision_us;
    if (!c->terminate_queued)
        c->terminate_queued = woad_ll_ctrl_send(ll, c, LL_TERMINATE_IND, &c->terminate_reason, 1);
    if (ll->now_us >= c->terminate_due_us)
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    return c->terminate_due_us;
}

/* Everything a link needs from the pump; returns its next deadline. */
woad_time woad_ll_conn_run(struct woad_ll *ll, struct ll_conn *c)
{
    woad_time due = WOAD_TIME_NEVER;
    if (c->active) {
        woad_ll_data_reclaim(ll, c);
        woad_ll_proc_instants(ll, c);
        woad_ll_ind_run(ll, c);
        woad_ll_enc_run(ll, c);
        woad_ll_proc_run(ll, c);
        woad_ll_ind_run(ll, c);
        due = woad_time_min(terminate(ll, c), woad_ll_proc_deadline(c));
        woad_ll_data_tx(ll, c);
        if (c->active)
            due = woad_time_min(due, supervise(ll, c));
    }
    if (!c->active)
        finish(ll, c);
    return due;
}

void woad_ll_rx_terminate_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                              uint8_t opcode)
{
    (void)ll;
    (void)opcode;
    c->terminate_reason = woad_rd_u8(r);
    c->peer_terminated = true;
    c->peer_terminated_at = c->ctrl_tag;
}
