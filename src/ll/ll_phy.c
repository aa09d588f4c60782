/* PHY update [Vol 6, Part B, 5.1.10]. Masks are those of HCI and of the PDUs: 1 = 1M, 2 = 2M, 4 =
 * Coded. */
#include "ll_ctrl.h"

enum {
    MASK_1M = 1,
    MASK_2M = 2,
    MASK_CODED = 4,
};

uint8_t woad_ll_phy_masks(const struct woad_ll *ll)
{
    uint8_t masks = MASK_1M;
    if (ll->caps.phys & 1u << (WOAD_PHY_2M - 1))
        masks |= MASK_2M;
    if (ll->caps.phys & 1u << (WOAD_PHY_CODED_S8 - 1))
        masks |= MASK_CODED;
    return masks;
}

static uint8_t mask_of(uint8_t phy)
{
    return phy == WOAD_PHY_1M ? MASK_1M : phy == WOAD_PHY_2M ? MASK_2M : MASK_CODED;
}

/* The PHY of a mask with one bit; `now` for a mask that changes nothing. coded: which coding to
 * send. */
static uint8_t phy_of(uint8_t mask, uint8_t now, uint8_t coded)
{
    switch (mask) {
    case MASK_1M: return WOAD_PHY_1M;
    case MASK_2M: return WOAD_PHY_2M;
    case MASK_CODED: return coded;
    default: return now;
    }
}

/* The fastest of several. */
static uint8_t choose(uint8_t masks)
{
    return masks & MASK_2M ? MASK_2M : masks & MASK_1M ? MASK_1M : masks & MASK_CODED;
}

static uint8_t coded_tx(const struct ll_conn *c)
{
    return c->coded_opt == 1 ? WOAD_PHY_CODED_S2 : WOAD_PHY_CODED_S8;
}

bool woad_ll_start_phy(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t p[2] = {c->pref_tx, c->pref_rx};
    bool unsupported = c->features_known && !woad_ll_peer_has(c, WOAD_LE_FEATURE_PHY_2M) &&
                       !woad_ll_peer_has(c, WOAD_LE_FEATURE_PHY_CODED);
    if (unsupported) {
        woad_ll_phy_done(c, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        woad_ll_proc_done(c);
        return true;
    }
    if (c->ind || c->upd.pending || c->chm.pending || c->phy_upd.pending)
        return false;
    return woad_ll_ctrl_send(ll, c, LL_PHY_REQ, p, sizeof(p));
}

/* The procedure is over; the host hears of it when it asked or when something has changed. */
void woad_ll_phy_done(struct ll_conn *c, uint8_t status)
{
    if (c->proc_by_host || (!status && c->phy_report))
        woad_ll_conn_evt(c, LL_EVT_PHY, status);
    c->phy_report = false;
}

static void finish(struct ll_conn *c)
{
    if (c->rproc == LL_PROC_PHY)
        c->rproc = LL_PROC_NONE;
    bool ours = c->proc == LL_PROC_PHY;
    if (ours || c->phy_report)
        woad_ll_phy_done(c, 0);
    if (ours)
        woad_ll_proc_done(c);
}

void woad_ll_phy_instant(struct woad_ll *ll, struct ll_conn *c)
{
    (void)ll;
    if ((int16_t)((uint16_t)c->isr.event - c->phy_upd.instant) < 0)
        return;
    c->tx_phy = c->phy_upd.tx;
    c->rx_phy = c->phy_upd.rx;
    c->phy_upd.pending = false;
    c->phy_report = true;
    finish(c);
}

static void change_at(struct woad_ll *ll, struct ll_conn *c, uint8_t tx, uint8_t rx,
                      uint16_t instant)
{
    c->phy_upd.pending = true;
    c->phy_upd.instant = instant;
    c->phy_upd.tx = phy_of(tx, c->tx_phy, coded_tx(c));
    c->phy_upd.rx = phy_of(rx, c->rx_phy, WOAD_PHY_CODED_S8);
    c->proc_due_us = c->proc == LL_PROC_PHY ? WOAD_TIME_NEVER : c->proc_due_us;
    c->rproc_due_us = WOAD_TIME_NEVER;
    woad_ll_sched_retract(ll);
}

/* Central: decides from what both sides prefer. tx, rx: the masks common to both, in our view.
 * single: the peripheral wants one PHY for both directions or none. */
static void decide(struct ll_conn *c, uint8_t tx, uint8_t rx, uint8_t single)
{
    tx = choose(tx);
    rx = choose(rx);
    if (single && (tx != single || rx != single))
        tx = rx = 0;
    if (tx == mask_of(c->tx_phy))
        tx = 0;
    if (rx == mask_of(c->rx_phy))
        rx = 0;
    c->ind = LL_IND_PHY;
    c->ind_tx = tx;
    c->ind_rx = rx;
}

bool woad_ll_phy_ind(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t tx = c->ind_tx, rx = c->ind_rx, p[4] = {tx, rx};
    uint16_t instant = tx || rx ? woad_ll_instant(c) : 0;
    woad_put_u16(p + 2, instant);
    if (!woad_ll_ctrl_send(ll, c, LL_PHY_UPDATE_IND, p, sizeof(p)))
        return false;
    if (tx || rx)
        change_at(ll, c, tx, rx, instant);
    else
        finish(c);
    return true;
}

static uint8_t single_of(uint8_t tx, uint8_t rx)
{
    return tx == rx && !(tx & (tx - 1)) ? tx : 0;
}

void woad_ll_rx_phy_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    uint8_t tx = woad_rd_u8(r) & woad_ll_phy_masks(ll), rx = woad_rd_u8(r) & woad_ll_phy_masks(ll);
    if (!woad_ll_collision(ll, c, LL_PROC_PHY, opcode))
        return;
    if (c->ind || c->upd.pending || c->chm.pending || c->phy_upd.pending) {
        woad_ll_reject(ll, c, opcode, WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
        return;
    }
    c->rproc = LL_PROC_PHY;
    c->rproc_due_us = ll->now_us + LL_PROCEDURE_TIMEOUT;
    if (c->role == LL_CENTRAL) {
        decide(c, rx & c->pref_tx, tx & c->pref_rx, single_of(tx, rx));
        return;
    }
    uint8_t p[2] = {c->pref_tx, c->pref_rx};
    (void)woad_ll_ctrl_send(ll, c, LL_PHY_RSP, p, sizeof(p));
}

void woad_ll_rx_phy_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)ll;
    (void)opcode;
    uint8_t tx = woad_rd_u8(r), rx = woad_rd_u8(r);
    if (c->proc != LL_PROC_PHY || c->phy_upd.pending || c->ind)
        return;
    c->peer_spoke = true;
    decide(c, rx & c->pref_tx, tx & c->pref_rx, single_of(tx, rx));
}

/* A value we do not support, or with several bits, changes nothing in its direction. */
static uint8_t usable(const struct woad_ll *ll, uint8_t mask)
{
    bool one = mask && !(mask & (mask - 1));
    return one && (mask & woad_ll_phy_masks(ll)) ? mask : 0;
}

void woad_ll_rx_phy_update_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                               uint8_t opcode)
{
    (void)opcode;
    uint8_t c_to_p = woad_rd_u8(r), p_to_c = woad_rd_u8(r);
    uint16_t instant = woad_rd_u16(r);
    bool expected = c->proc == LL_PROC_PHY || c->rproc == LL_PROC_PHY;
    if (!expected || c->phy_upd.pending)
        return;
    if (!c_to_p && !p_to_c) {
        finish(c);
        return;
    }
    if (c->upd.pending || c->chm.pending) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION);
        return;
    }
    if (woad_ll_instant_passed(c, instant)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_INSTANT_PASSED);
        return;
    }
    change_at(ll, c, usable(ll, p_to_c), usable(ll, c_to_p), instant);
}
