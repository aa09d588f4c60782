/* The interrupt part: one radio event in, the next operation out. It takes commands from the ring,
 * fills the gaps with listening, and leaves everything that can wait to the pump. */
#include "ll_priv.h"

typedef const struct woad_radio_op *isr_fn(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                           woad_time now);

static const struct woad_radio_op *nothing(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                           woad_time now)
{
    (void)evt;
    return woad_ll_isr_idle(ll, now);
}

static isr_fn *const by_state[LL_ISR_STATES] = {
    [LL_ISR_IDLE] = nothing,
    [LL_ISR_ADV_TX] = woad_ll_isr_adv_tx,
    [LL_ISR_ADV_RX] = woad_ll_isr_adv_rx,
    [LL_ISR_ADV_RSP] = woad_ll_isr_adv_rsp,
    [LL_ISR_LISTEN] = woad_ll_isr_listen,
    [LL_ISR_SCAN_REQ] = woad_ll_isr_scan_req,
    [LL_ISR_SCAN_RSP] = woad_ll_isr_scan_rsp,
    [LL_ISR_INIT_TX] = woad_ll_isr_init_tx,
    [LL_ISR_CONN_TX] = woad_ll_isr_conn_tx,
    [LL_ISR_CONN_RX] = woad_ll_isr_conn_rx,
};

static struct ll_cmd *ring_head(struct woad_ll *ll)
{
    struct ll_cmd_ring *r = &ll->cmds;
    uint16_t get = atomic_load_explicit(&r->get, memory_order_relaxed);
    uint16_t put = atomic_load_explicit(&r->put, memory_order_acquire);
    return (int16_t)(put - get) > 0 ? &r->cmd[get % LL_CMDS] : NULL;
}

static void ring_drop(struct woad_ll *ll)
{
    struct ll_cmd_ring *r = &ll->cmds;
    uint16_t get = (uint16_t)(atomic_load_explicit(&r->get, memory_order_relaxed) + 1);
    atomic_store_explicit(&r->get, get, memory_order_release);
    if ((int16_t)(atomic_load_explicit(&r->put, memory_order_relaxed) - get) <= (int16_t)r->low)
        ll->isr.wake = true;
}

/* When the radio is needed for the next command: everything else must be over by then. */
woad_time woad_ll_isr_next_us(struct woad_ll *ll)
{
    struct ll_cmd *head = ring_head(ll);
    return head ? head->op.start_us - ll->lead_us : WOAD_TIME_NEVER;
}

void woad_ll_isr_rx_op(struct woad_ll *ll, uint8_t *pdu, uint16_t capacity, uint8_t phy)
{
    struct woad_radio_op *op = ll->isr.op;
    op->kind = WOAD_RADIO_RX;
    op->pdu = pdu;
    op->pdu_len = capacity;
    op->phy = phy;
}

/* The operation follows the last packet after T_IFS. */
void woad_ll_isr_ifs(struct woad_ll *ll, uint8_t kind)
{
    struct woad_radio_op *op = ll->isr.op;
    op->kind = kind;
    op->flags = WOAD_RADIO_OP_IFS;
    op->ifs_us = LL_T_IFS_US;
    op->window_us = LL_IFS_WINDOW_US;
}

bool woad_ll_isr_accepted(const struct woad_ll *ll, uint8_t tx_add, const uint8_t *addr)
{
    for (uint16_t i = 0; i < ll->accept_count; i++) {
        const struct ll_accept *a = &ll->accept[i];
        if (a->addr.type == (tx_add ? 1 : 0) && memcmp(a->addr.val, addr, 6) == 0)
            return true;
    }
    return false;
}

static void end_activity(struct woad_ll *ll)
{
    if (ll->isr.state == LL_ISR_CONN_TX || ll->isr.state == LL_ISR_CONN_RX)
        woad_ll_isr_conn_close(ll, true);
    ll->isr.state = LL_ISR_IDLE;
}

/* A command of an activity that ended, or of an event that was planned anew. */
static bool stale(struct woad_ll *ll, const struct ll_cmd *cmd)
{
    if (cmd->act == LL_ACT_ADV)
        return !ll->adv.enabled || atomic_load(&ll->isr.adv.stopped) ||
               (int32_t)(cmd->event - ll->isr.adv.event) <= 0;
    const struct ll_conn *c = &ll->conns[cmd->conn];
    return !c->active || (int32_t)(cmd->event - c->isr.event) <= 0;
}

/* Too late for this command; for a link that is an event missed. */
static void pass_over(struct woad_ll *ll, const struct ll_cmd *cmd)
{
    ll->isr.late++;
    if (cmd->act == LL_ACT_CONN)
        ll->conns[cmd->conn].isr.event = cmd->event;
    else
        ll->isr.adv.event = cmd->event;
}

/* Takes the next command if it is due. */
static const struct woad_radio_op *take(struct woad_ll *ll, woad_time now)
{
    struct ll_cmd *head;
    while ((head = ring_head(ll))) {
        if (stale(ll, head)) {
            ring_drop(ll);
            continue;
        }
        if (head->op.start_us > now + ll->lead_us)
            return NULL;
        if (head->op.start_us < now + ll->caps.ramp_us) {
            pass_over(ll, head);
            ring_drop(ll);
            continue;
        }
        end_activity(ll);
        ll->isr.cmd = *head;
        ll->isr.op = &ll->isr.ops[ll->isr.op == &ll->isr.ops[0]];
        *ll->isr.op = head->op;
        ring_drop(ll);
        return ll->isr.cmd.act == LL_ACT_CONN ? woad_ll_isr_conn_begin(ll)
                                              : woad_ll_isr_adv_begin(ll);
    }
    return NULL;
}

static void set_timer(struct woad_ll *ll, woad_time now)
{
    woad_time next = woad_ll_isr_next_us(ll);
    if (ll->isr.state == LL_ISR_IDLE)
        next = woad_time_min(next, woad_ll_isr_listen_next_us(ll, now));
    ll->cfg.radio.ops->timer(ll->cfg.radio.ctx, next);
}

/* Nothing is under way: listen if there is something to listen for. */
const struct woad_radio_op *woad_ll_isr_idle(struct woad_ll *ll, woad_time now)
{
    ll->isr.state = LL_ISR_IDLE;
    const struct woad_radio_op *op = woad_ll_isr_listen_begin(ll, now);
    /* The timer stands at the next command already; only windows need it moved. */
    if (!op && (atomic_load(&ll->scan.listen.on) || atomic_load(&ll->init.listen.on)))
        set_timer(ll, now);
    return op;
}

static const struct woad_radio_op *timer(struct woad_ll *ll, woad_time now)
{
    const struct woad_radio_op *op = take(ll, now);
    /* A listener may have been switched off, or given another window. */
    if (!op && ll->isr.state == LL_ISR_LISTEN && !atomic_load(&ll->scan.listen.on) &&
        !atomic_load(&ll->init.listen.on)) {
        ll->cfg.radio.ops->abort(ll->cfg.radio.ctx);
        ll->isr.state = LL_ISR_IDLE;
    }
    if (!op && ll->isr.state == LL_ISR_IDLE)
        op = woad_ll_isr_listen_begin(ll, now);
    set_timer(ll, now);
    return op;
}

const struct woad_radio_op *woad_ll_radio_evt(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                              woad_time now_us)
{
    const struct woad_radio_op *op;
    if (evt->type == WOAD_RADIO_TIMER)
        op = timer(ll, now_us);
    else
        op = by_state[ll->isr.state](ll, evt, now_us);
    if (ll->isr.wake) {
        ll->isr.wake = false;
        woad_ll_wake(ll);
    }
    return op;
}
