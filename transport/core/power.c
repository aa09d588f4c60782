#include "woad/power.h"

#include <assert.h>
#include <string.h>

static const char *const names[] = {
    [WOAD_PM_IDLE] = "IDLE",
    [WOAD_PM_ACTIVE] = "ACTIVE",
    [WOAD_PM_SLEEP] = "SLEEP",
    [WOAD_PM_WAKEUP] = "WAKEUP",
};

/* Legal successors, as bits 1 << state. IDLE to WAKEUP: the peer did not answer our indication, so
 * that nobody knows whether it sleeps. */
static const uint8_t legal[] = {
    [WOAD_PM_IDLE] = 1 << WOAD_PM_ACTIVE | 1 << WOAD_PM_SLEEP | 1 << WOAD_PM_WAKEUP,
    [WOAD_PM_ACTIVE] = 1 << WOAD_PM_IDLE | 1 << WOAD_PM_SLEEP,
    [WOAD_PM_SLEEP] = 1 << WOAD_PM_WAKEUP | 1 << WOAD_PM_ACTIVE,
    [WOAD_PM_WAKEUP] = 1 << WOAD_PM_ACTIVE,
};

const char *woad_pm_state_name(enum woad_pm_state state)
{
    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static void set_state(struct woad_pm *pm, enum woad_pm_state to)
{
    if (pm->state == to)
        return;
    bool ok = legal[pm->state] >> to & 1;
    assert(ok);
    if (!ok)
        return;
    pm->state = (uint8_t)to;
    pm->handshake = false;
    pm->deadline_us = WOAD_TIME_NEVER;
}

static void emit(struct woad_pm *pm, enum woad_ehcill octet)
{
    /* A repetition of what was not yet sent says nothing new. */
    if (!memchr(pm->out, (int)octet, pm->out_len))
        pm->out[pm->out_len++] = (uint8_t)octet;
}

void woad_pm_init(struct woad_pm *pm, const struct woad_pm_cfg *cfg)
{
    *pm = (struct woad_pm){.cfg = *cfg, .state = WOAD_PM_ACTIVE, .deadline_us = WOAD_TIME_NEVER};
    if (!pm->cfg.idle_us)
        pm->cfg.idle_us = 50000;
    if (!pm->cfg.wake_us)
        pm->cfg.wake_us = 100000;
    if (!pm->cfg.wake_attempts)
        pm->cfg.wake_attempts = 4;
}

void woad_pm_allow_sleep(struct woad_pm *pm, bool may_sleep)
{
    pm->may_sleep = may_sleep;
    pm->wake = !may_sleep;
}

void woad_pm_tx_add(struct woad_pm *pm)
{
    atomic_fetch_add(&pm->pending, 1);
}

void woad_pm_tx_sub(struct woad_pm *pm)
{
    uint32_t before = atomic_fetch_sub(&pm->pending, 1);
    assert(before > 0);
    (void)before;
}

void woad_pm_rx(struct woad_pm *pm)
{
    /* During our handshake the octets may have been under way before the peer saw it: wait on.
     * After it they come from a peer that is awake, announced or not. */
    if (pm->state != WOAD_PM_ACTIVE && !pm->handshake)
        set_state(pm, WOAD_PM_ACTIVE);
}

static void on_sleep_ind(struct woad_pm *pm)
{
    switch (pm->state) {
    case WOAD_PM_WAKEUP: /* crossed our wake-up indication, which the peer answers */ break;
    case WOAD_PM_SLEEP: emit(pm, WOAD_EHCILL_SLEEP_ACK); break;
    default:
        pm->peer_sleep = true;
        if (pm->handshake) { /* two indications crossed: both sides want it */
            pm->peer_sleep = false;
            emit(pm, WOAD_EHCILL_SLEEP_ACK);
            set_state(pm, WOAD_PM_SLEEP);
        }
    }
}

bool woad_pm_signal(struct woad_pm *pm, uint8_t octet)
{
    switch (octet) {
    case WOAD_EHCILL_SLEEP_IND: on_sleep_ind(pm); return true;
    case WOAD_EHCILL_SLEEP_ACK:
        if (pm->handshake)
            set_state(pm, WOAD_PM_SLEEP);
        return true;
    case WOAD_EHCILL_WAKE_IND:
        pm->peer_sleep = false;
        pm->handshake = false;
        emit(pm, WOAD_EHCILL_WAKE_ACK);
        set_state(pm, WOAD_PM_ACTIVE);
        return true;
    case WOAD_EHCILL_WAKE_ACK:
        if (pm->state == WOAD_PM_WAKEUP)
            set_state(pm, WOAD_PM_ACTIVE);
        return true;
    default: return false;
    }
}

static void begin_wakeup(struct woad_pm *pm, woad_time now_us)
{
    set_state(pm, WOAD_PM_WAKEUP);
    pm->wake = false;
    pm->attempts = 1;
    pm->deadline_us = woad_time_add(now_us, pm->cfg.wake_us);
    emit(pm, WOAD_EHCILL_WAKE_IND);
}

static void run_idle(struct woad_pm *pm, woad_time now_us)
{
    bool due = now_us >= pm->deadline_us;
    if (pm->handshake) {
        if (due)
            begin_wakeup(pm, now_us);
    } else if (due && pm->may_sleep) {
        emit(pm, WOAD_EHCILL_SLEEP_IND);
        pm->handshake = true;
        pm->deadline_us = woad_time_add(now_us, pm->cfg.wake_us);
    }
}

static void run_wakeup(struct woad_pm *pm, woad_time now_us)
{
    if (now_us < pm->deadline_us)
        return;
    if (pm->attempts >= pm->cfg.wake_attempts) {
        pm->failed = true;
        pm->deadline_us = WOAD_TIME_NEVER;
        return;
    }
    pm->attempts++;
    pm->deadline_us = woad_time_add(now_us, pm->cfg.wake_us);
    emit(pm, WOAD_EHCILL_WAKE_IND);
}

/* The steps between ACTIVE and IDLE, and the answer to a peer that wants to sleep. */
static void run_awake(struct woad_pm *pm, woad_time now_us, bool quiet)
{
    if (quiet && pm->peer_sleep) {
        pm->peer_sleep = false;
        emit(pm, WOAD_EHCILL_SLEEP_ACK);
        set_state(pm, WOAD_PM_SLEEP);
    } else if (quiet && pm->state == WOAD_PM_ACTIVE) {
        set_state(pm, WOAD_PM_IDLE);
        pm->deadline_us = woad_time_add(now_us, pm->cfg.idle_us);
    } else if (!quiet && pm->state == WOAD_PM_IDLE && !pm->handshake) {
        set_state(pm, WOAD_PM_ACTIVE);
    }
}

woad_time woad_pm_run(struct woad_pm *pm, woad_time now_us, bool rx_idle)
{
    /* First the count, then the state: see the header. */
    uint32_t pending = atomic_load(&pm->pending);
    if (pm->state == WOAD_PM_ACTIVE || pm->state == WOAD_PM_IDLE)
        run_awake(pm, now_us, pending == 0 && rx_idle);
    if (pm->state == WOAD_PM_IDLE)
        run_idle(pm, now_us);
    if (pm->state == WOAD_PM_SLEEP && (pending || pm->wake))
        begin_wakeup(pm, now_us);
    if (pm->state == WOAD_PM_WAKEUP)
        run_wakeup(pm, now_us);
    else if (!pm->handshake)
        pm->wake = false;
    if (pm->state == WOAD_PM_IDLE && !pm->handshake && !pm->may_sleep)
        return WOAD_TIME_NEVER;
    return pm->deadline_us;
}

bool woad_pm_may_tx(const struct woad_pm *pm)
{
    return pm->state == WOAD_PM_ACTIVE;
}

const uint8_t *woad_pm_out(const struct woad_pm *pm, size_t *len)
{
    *len = pm->out_len;
    return pm->out;
}

void woad_pm_sent(struct woad_pm *pm, size_t n)
{
    assert(n <= pm->out_len);
    pm->out_len = (uint8_t)(pm->out_len - n);
    memmove(pm->out, pm->out + n, pm->out_len);
}
