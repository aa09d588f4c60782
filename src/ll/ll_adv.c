/* Advertising, pump part: PDUs, planning of events, the end of directed advertising
 * [Vol 6, Part B, 2.3.1, 4.4.2]. */
#include "ll_priv.h"

enum {
    ADV_DELAY_US = 10000,        /* advDelay: 0..10 ms */
    DIRECTED_INTERVAL_US = 3750, /* high duty cycle */
    DIRECTED_TIME_US = 1280000,
};

/* What HCI's Advertising_Type means. */
static const struct {
    uint8_t type;
    bool connectable, scannable, directed;
} adv_types[] = {
    {LL_ADV_IND, true, true, false},           /* 0 */
    {LL_ADV_DIRECT_IND, true, false, true},    /* 1: high duty cycle */
    {LL_ADV_SCAN_IND, false, true, false},     /* 2 */
    {LL_ADV_NONCONN_IND, false, false, false}, /* 3 */
    {LL_ADV_DIRECT_IND, true, false, true},    /* 4: low duty cycle */
};

static bool high_duty(const struct ll_adv *adv)
{
    return adv->hci_type == 1;
}

static void build_pdu(const struct woad_ll *ll, struct ll_adv_pdu *pdu)
{
    const struct ll_adv *adv = &ll->adv;
    uint8_t flags = adv->own_type ? LL_TX_ADD : 0;
    struct woad_wr w = woad_wr_init(pdu->octets, sizeof(pdu->octets));
    if (adv->connectable)
        flags |= LL_CH_SEL;
    if (adv->directed && adv->peer.type)
        flags |= LL_RX_ADD;
    woad_wr_u8(&w, adv->type | flags);
    woad_wr_u8(&w, (uint8_t)(6 + (adv->directed ? 6 : adv->data_len)));
    woad_wr_bytes(&w, woad_ll_own_addr(ll, adv->own_type), 6);
    if (adv->directed)
        woad_wr_bytes(&w, adv->peer.val, 6);
    else
        woad_wr_bytes(&w, adv->data, adv->data_len);
    pdu->len = (uint8_t)woad_wr_len(&w);
}

static void build_rsp(const struct woad_ll *ll, struct ll_adv_pdu *pdu)
{
    const struct ll_adv *adv = &ll->adv;
    struct woad_wr w = woad_wr_init(pdu->octets, sizeof(pdu->octets));
    woad_wr_u8(&w, LL_SCAN_RSP | (adv->own_type ? LL_TX_ADD : 0));
    woad_wr_u8(&w, (uint8_t)(6 + adv->rsp_len));
    woad_wr_bytes(&w, woad_ll_own_addr(ll, adv->own_type), 6);
    woad_wr_bytes(&w, adv->rsp, adv->rsp_len);
    pdu->len = (uint8_t)woad_wr_len(&w);
}

/* Data changed: fills the copies the interrupt does not use, then turns them over. */
void woad_ll_adv_update(struct woad_ll *ll)
{
    struct ll_adv *adv = &ll->adv;
    uint8_t pdu = atomic_load(&adv->pdu_use) ^ 1, rsp = atomic_load(&adv->rsp_use) ^ 1;
    build_pdu(ll, &adv->pdu[pdu]);
    build_rsp(ll, &adv->scan_rsp[rsp]);
    atomic_store(&adv->pdu_use, pdu);
    atomic_store(&adv->rsp_use, rsp);
}

/* Returns an HCI status. */
int woad_ll_adv_start(struct woad_ll *ll)
{
    struct ll_adv *adv = &ll->adv;
    if (adv->own_type && !ll->random_set)
        return WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    adv->type = adv_types[adv->hci_type].type;
    adv->connectable = adv_types[adv->hci_type].connectable;
    adv->scannable = adv_types[adv->hci_type].scannable;
    adv->directed = adv_types[adv->hci_type].directed;
    if (adv->connectable && !woad_ll_conn_free_slot(ll))
        return WOAD_HCI_ERR_CONNECTION_LIMIT_EXCEEDED;
    woad_ll_adv_update(ll);
    adv->until_us = high_duty(adv) ? ll->now_us + DIRECTED_TIME_US : WOAD_TIME_NEVER;
    adv->plan_us = adv->last_us = 0;
    adv->plan_event = ll->isr.adv.event + 1;
    adv->enabled = true;
    woad_ll_sched_retract(ll);
    return 0;
}

void woad_ll_adv_stop(struct woad_ll *ll)
{
    if (!ll->adv.enabled)
        return;
    ll->adv.enabled = false;
    atomic_store(&ll->isr.adv.stopped, false);
    woad_ll_sched_retract(ll);
}

/* Goes on after a connection request that cannot be granted: its sender finds nobody there. */
void woad_ll_adv_resume(struct woad_ll *ll)
{
    atomic_store(&ll->isr.adv.stopped, false);
    woad_ll_sched_retract(ll);
}

static woad_time draw(struct woad_ll *ll)
{
    struct ll_adv *adv = &ll->adv;
    if (!adv->last_us)
        return 0;
    if (high_duty(adv))
        return adv->last_us + DIRECTED_INTERVAL_US;
    /* The mean of the range asked for; the random part keeps advertisers from running in step. */
    uint32_t interval = ((uint32_t)adv->interval_min + adv->interval_max) / 2 * 625;
    return adv->last_us + interval + woad_ll_rand32(ll) % (ADV_DELAY_US + 1);
}

/* The next event; false when none is to be planned. */
bool woad_ll_adv_plan(struct woad_ll *ll, struct ll_cmd *cmd)
{
    struct ll_adv *adv = &ll->adv;
    if (!adv->enabled || atomic_load(&ll->isr.adv.stopped))
        return false;
    woad_time earliest = ll->now_us + ll->lead_us + LL_MARGIN_US;
    if (!adv->plan_us)
        adv->plan_us = adv->due_us = draw(ll);
    if (adv->plan_us < earliest)
        adv->plan_us = earliest;
    if (adv->due_us < ll->now_us)
        adv->due_us = ll->now_us;
    if (adv->plan_us >= adv->until_us)
        return false;
    uint32_t pdu_us = woad_phy_air_us(WOAD_PHY_1M, adv->pdu[adv->pdu_use].len) + ll->lead_us;
    if (adv->scannable)
        pdu_us += 2 * LL_T_IFS_US + 176 + 376;
    else if (adv->connectable)
        pdu_us += 2 * LL_T_IFS_US;
    uint32_t channels =
        (adv->channels & 1u) + (adv->channels >> 1 & 1u) + (adv->channels >> 2 & 1u);
    *cmd = (struct ll_cmd){.act = LL_ACT_ADV, .event = adv->plan_event};
    cmd->op.start_us = adv->plan_us;
    cmd->limit_us = WOAD_TIME_NEVER;
    cmd->busy_us = adv->plan_us + pdu_us * channels;
    return true;
}

/* High duty cycle directed advertising ends by itself. */
void woad_ll_adv_run(struct woad_ll *ll)
{
    struct ll_adv *adv = &ll->adv;
    if (!adv->enabled || ll->now_us < adv->until_us || atomic_load(&ll->made.full))
        return;
    woad_ll_adv_stop(ll);
    ll->failed_owed = true;
    ll->failed_central = false;
    ll->failed_status = WOAD_HCI_ERR_ADVERTISING_TIMEOUT;
    ll->failed_peer = adv->peer;
}
