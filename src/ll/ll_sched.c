/* The scheduler: fills the ring of radio commands in order of time, ahead of the interrupt.
 *
 * Everything due before the last command of the ring is in the ring; the interrupt wakes the pump
 * when half of it is used up. When something is to come earlier than planned (a new activity, data
 * on a link that sleeps through its latency, a changed parameter), the pump takes back what is left
 * of the ring and fills it anew. Scanning and initiating need no commands: the interrupt listens in
 * the gaps. */
#include "ll_priv.h"

/* Upper bounds of the classes of sleep clock accuracy, ppm [Vol 6, Part B, 2.3.3.1]. */
static const uint16_t sca_ppm[8] = {500, 250, 150, 100, 75, 50, 30, 20};

uint16_t woad_ll_sca_ppm(uint8_t sca)
{
    return sca_ppm[sca & 7];
}

uint8_t woad_ll_sca_of(uint16_t ppm)
{
    uint8_t sca = 7;
    while (sca > 0 && ppm > sca_ppm[sca])
        sca--;
    return sca;
}

/* Window widening [Vol 6, Part B, 4.2.4], rounded up. */
uint32_t woad_ll_widening_us(uint32_t ppm, uint64_t elapsed_us)
{
    return (uint32_t)((elapsed_us * ppm + 999999) / 1000000) + LL_JITTER_US;
}

uint8_t woad_ll_conn_channel(const struct ll_conn *c, uint32_t event)
{
    uint64_t map = c->map;
    if (c->chm.pending && (int16_t)((uint16_t)event - c->chm.instant) >= 0)
        map = c->chm.map;
    return c->csa2 ? woad_ll_csa2(map, c->channel_id, (uint16_t)event)
                   : woad_ll_csa1(map, c->hop, event);
}

/* Takes over the anchor that the interrupt has seen last. The copy is consistent: the interrupt
 * counts each change, and the pump cannot preempt it. */
void woad_ll_conn_sync(struct ll_conn *c)
{
    volatile const struct ll_conn_isr *isr = &c->isr;
    uint32_t count;
    woad_time anchor_us;
    uint32_t event;
    if (isr->anchors == c->anchors_seen)
        return;
    do {
        count = isr->anchors;
        anchor_us = isr->anchor_us;
        event = isr->anchor_event;
    } while (count != isr->anchors);
    c->anchors_seen = count;
    if (c->ref_window_us)
        c->cand_ok = false;
    c->ref_us = anchor_us;
    c->sync_us = anchor_us;
    c->ref_event = event;
    c->ref_window_us = 0;
}

/* A peripheral may sleep through events when it has nothing to say and nothing is going on
 * [Vol 6, Part B, 4.5.1]. */
static uint32_t next_event(const struct ll_conn *c)
{
    uint32_t next = c->last_planned + 1;
    if (c->role == LL_CENTRAL || !c->latency || c->ref_window_us || !c->isr.heard ||
        woad_ll_conn_busy(c))
        return next;
    /* Only from an event in which the central was heard. */
    if (c->last_planned != c->ref_event)
        return next;
    return next + c->latency;
}

static uint32_t longest_us(const struct ll_conn *c, bool tx, uint8_t phy)
{
    uint32_t octets = tx ? c->eff.tx_octets : c->eff.rx_octets;
    uint32_t air = woad_phy_air_us(phy, LL_HEADER_LEN + octets);
    uint32_t most = woad_ll_time_limit_us(c, tx, phy, c->interval_us);
    return air < most ? air : most;
}

/* What an event needs at least: two empty packets; with an instant ahead, room for the PDU that
 * says so; two of the longest where the last event was cut. */
static uint32_t pair_us(const struct ll_conn *c, uint8_t tx_phy, uint8_t rx_phy)
{
    bool instant = c->upd.pending || c->chm.pending || c->phy_upd.pending;
    uint32_t tx = woad_phy_air_us(tx_phy, LL_HEADER_LEN + (instant ? LL_IND_LEN : 0));
    uint32_t rx = woad_phy_air_us(rx_phy, LL_HEADER_LEN);
    if (c->isr.cut) {
        tx = longest_us(c, true, tx_phy);
        rx = longest_us(c, false, rx_phy);
    }
    return tx + rx + 2 * LL_T_IFS_US;
}

static void conn_phys(const struct ll_conn *c, uint32_t event, struct ll_cmd *cmd)
{
    bool changed = c->phy_upd.pending && (int16_t)((uint16_t)event - c->phy_upd.instant) >= 0;
    cmd->tx_phy = changed ? c->phy_upd.tx : c->tx_phy;
    cmd->rx_phy = changed ? c->phy_upd.rx : c->rx_phy;
}

/* The time of an event: the anchor (central) or the earliest it may be at (peripheral), and for how
 * long it may be late. */
static woad_time event_us(const struct ll_conn *c, uint32_t event, uint32_t *window_us)
{
    uint32_t ahead = event - c->ref_event;
    woad_time at = c->ref_us + (woad_time)ahead * c->interval_us;
    *window_us = c->ref_window_us;
    if (c->upd.pending && (uint16_t)event == c->upd.instant) {
        at += c->upd.offset_us;
        *window_us += c->upd.win_us;
    }
    return at;
}

/* After a long silence the windows would run into each other: half an interval is the most
 * [Vol 6, Part B, 4.2.4]. */
static uint32_t widening(uint32_t ppm, uint64_t elapsed_us, uint32_t interval_us)
{
    uint32_t wide = woad_ll_widening_us(ppm, elapsed_us), most = interval_us / 2 - LL_T_IFS_US;
    return wide < most ? wide : most;
}

static void plan_times(struct woad_ll *ll, struct ll_conn *c, uint32_t event, struct ll_cmd *cmd)
{
    uint32_t window, pair = pair_us(c, cmd->tx_phy, cmd->rx_phy);
    woad_time at = event_us(c, event, &window);
    uint32_t interval = c->upd.pending && (uint16_t)event == c->upd.instant
                            ? c->upd.interval * LL_UNIT_US
                            : c->interval_us;
    if (c->role == LL_CENTRAL) {
        uint32_t idle = ll->lead_us > LL_T_IFS_US ? ll->lead_us : LL_T_IFS_US;
        cmd->op.kind = WOAD_RADIO_TX;
        cmd->op.phy = cmd->tx_phy;
        cmd->op.start_us = at;
        cmd->limit_us = at + interval - idle;
        cmd->busy_us = at + pair;
        return;
    }
    uint32_t ppm = (uint32_t)c->sca_ppm + ll->caps.sleep_clock_ppm;
    uint32_t wide = widening(ppm, at + window - c->sync_us, interval);
    uint32_t next_wide = widening(ppm, at + window + interval - c->sync_us, interval);
    cmd->op.kind = WOAD_RADIO_RX;
    cmd->op.phy = cmd->rx_phy;
    cmd->op.start_us = at - wide;
    cmd->op.window_us = window + 2 * wide + 1;
    cmd->limit_us = at + interval - next_wide - ll->lead_us;
    cmd->busy_us = at + wide + window + pair;
    cmd->unsynced = window != 0;
}

/* Whether the link's next event depends on how the last planned one ends: a peripheral that may
 * sleep through its latency does so only from an event in which it heard the central. */
static bool undecided(const struct ll_conn *c)
{
    return c->role == LL_PERIPHERAL && c->latency && c->isr.heard && !woad_ll_conn_busy(c) &&
           (c->isr.event != c->last_planned || c->isr.in_event);
}

/* Computes the next event of a link into c->cand; false when there is none to plan now. */
static bool conn_plan(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->cand_ok)
        return true;
    if (undecided(c))
        return false;
    woad_ll_conn_sync(c);
    uint32_t event = next_event(c);
    woad_time earliest = ll->now_us + ll->lead_us + LL_MARGIN_US;
    struct ll_cmd *cmd = &c->cand;
    for (;;) {
        if (c->upd.pending && (int16_t)((uint16_t)event - c->upd.instant) > 0) {
            c->barrier = true;
            return false;
        }
        *cmd = (struct ll_cmd){.act = LL_ACT_CONN, .conn = c->index, .event = event};
        conn_phys(c, event, cmd);
        plan_times(ll, c, event, cmd);
        if (cmd->op.start_us >= earliest)
            break;
        c->last_planned = event++; /* too late for it */
    }
    cmd->op.channel = woad_ll_conn_channel(c, event);
    cmd->op.access_address = c->access_address;
    cmd->op.crc_init = c->crc_init;
    cmd->op.tx_power_dbm = ll->caps.tx_power_max_dbm;
    c->cand_ok = true;
    return true;
}

static void conn_taken(struct ll_conn *c, bool planned)
{
    c->last_planned = c->cand.event;
    c->cand_ok = false;
    if (planned)
        c->last_appended = c->cand.event;
    c->starved = planned ? 0 : (uint16_t)(c->starved + 1);
}

/* The link with the earliest candidate; *barrier when one has to wait for an instant: then nothing
 * may be planned beyond. */
static struct ll_conn *earliest_conn(struct woad_ll *ll, bool *barrier)
{
    struct ll_conn *best = NULL;
    *barrier = false;
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        struct ll_conn *c = &ll->conns[i];
        if (!c->active)
            continue;
        if (!conn_plan(ll, c))
            *barrier |= c->barrier;
        else if (!best || c->cand.op.start_us < best->cand.op.start_us)
            best = c;
    }
    return best;
}

/* Another link that overlaps and has given up more events. */
static bool contended(struct woad_ll *ll, const struct ll_conn *first)
{
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        const struct ll_conn *c = &ll->conns[i];
        if (c != first && c->active && c->cand_ok && c->starved > first->starved &&
            c->cand.op.start_us < first->cand.busy_us + ll->lead_us)
            return true;
    }
    return false;
}

static uint16_t ring_count(const struct ll_cmd_ring *r)
{
    return (uint16_t)(atomic_load(&r->put) - atomic_load(&r->get));
}

static void append(struct woad_ll *ll, const struct ll_cmd *cmd)
{
    struct ll_cmd_ring *r = &ll->cmds;
    uint16_t put = atomic_load_explicit(&r->put, memory_order_relaxed);
    r->cmd[put % LL_CMDS] = *cmd;
    atomic_store_explicit(&r->put, (uint16_t)(put + 1), memory_order_release);
}

/* The command appended last, or NULL when the interrupt has taken it. */
static const struct ll_cmd *tail(const struct woad_ll *ll)
{
    const struct ll_cmd_ring *r = &ll->cmds;
    return ring_count(r) ? &r->cmd[(uint16_t)(atomic_load(&r->put) - 1) % LL_CMDS] : NULL;
}

/* Advertising gives way to links, but not for ever: then it takes what there is of a gap, and the
 * link's command ends it. */
static bool adv_fits(struct woad_ll *ll, struct ll_cmd *adv, const struct ll_conn *c)
{
    if (!c || adv->busy_us + ll->lead_us <= c->cand.op.start_us)
        return true;
    if (adv->op.start_us >= c->cand.op.start_us ||
        ll->adv.plan_us < ll->adv.due_us + LL_ADV_PATIENCE_US)
        return false;
    adv->busy_us = c->cand.op.start_us - ll->lead_us;
    return true;
}

static bool plan_adv(struct woad_ll *ll, const struct ll_conn *c, woad_time busy_us,
                     woad_time horizon_us)
{
    struct ll_cmd adv;
    if (!woad_ll_adv_plan(ll, &adv))
        return false;
    if (adv.op.start_us < busy_us + ll->lead_us) {
        ll->adv.plan_us = busy_us + ll->lead_us;
        if (!woad_ll_adv_plan(ll, &adv))
            return false;
    }
    if (adv.op.start_us > horizon_us || !adv_fits(ll, &adv, c))
        return false;
    append(ll, &adv);
    ll->adv.plan_event++;
    ll->adv.last_us = adv.op.start_us;
    ll->adv.plan_us = 0;
    return true;
}

/* Plans one more event; false when there is nothing to plan now. */
static bool plan_one(struct woad_ll *ll)
{
    bool barrier;
    struct ll_conn *c = earliest_conn(ll, &barrier);
    if (barrier)
        return false;
    const struct ll_cmd *last = tail(ll);
    if (last && c && c->cand.op.start_us < last->op.start_us) {
        woad_ll_sched_retract(ll); /* out of order: plan anew */
        return true;
    }
    woad_time busy = last ? last->busy_us : 0;
    woad_time horizon = last ? ll->now_us + LL_HORIZON_US : WOAD_TIME_NEVER;
    if (plan_adv(ll, c, busy, horizon))
        return true;
    if (!c || c->cand.op.start_us > horizon)
        return false;
    bool planned = c->cand.op.start_us >= busy + ll->lead_us && !contended(ll, c);
    if (planned)
        append(ll, &c->cand);
    conn_taken(c, planned);
    return true;
}

void woad_ll_sched_fill(struct woad_ll *ll)
{
    struct ll_cmd_ring *r = &ll->cmds;
    uint16_t before = ring_count(r);
    /* The bound counts events given up to others, too. */
    for (int turns = 0; turns < 4 * LL_CMDS && ring_count(r) < LL_CMDS; turns++) {
        if (!plan_one(ll))
            break;
    }
    r->low = ring_count(r) / 2;
    if (!before && ring_count(r))
        woad_ll_sched_kick(ll);
}

/* Lets the interrupt look at the ring and at what there is to listen for. */
void woad_ll_sched_kick(struct woad_ll *ll)
{
    ll->cfg.radio.ops->timer(ll->cfg.radio.ctx, ll->now_us);
}

void woad_ll_sched_retract(struct woad_ll *ll)
{
    struct ll_cmd_ring *r = &ll->cmds;
    atomic_store(&r->put, atomic_load(&r->get));
    /* The interrupt may have taken one in between: put must not stay behind get. */
    if ((int16_t)(atomic_load(&r->put) - atomic_load(&r->get)) < 0)
        atomic_store(&r->put, atomic_load(&r->get));
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        struct ll_conn *c = &ll->conns[i];
        if (!c->active)
            continue;
        woad_ll_conn_sync(c);
        c->cand_ok = false;
        c->last_planned = c->last_appended = c->isr.event;
        c->barrier = false;
    }
    if (ll->adv.plan_event != ll->isr.adv.event + 1) {
        ll->adv.plan_event = ll->isr.adv.event + 1;
        ll->adv.plan_us = 0;
        ll->adv.last_us = ll->isr.adv.start_us;
    }
    woad_ll_sched_kick(ll);
}
