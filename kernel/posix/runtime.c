#include "woad/runtime.h"

#include <string.h>

#include "hci_thread.h"
#include "runtime_priv.h"
#include "waker.h"
#include "woad/config.h"

#define RETRY_US WOAD_S(1) /* between attempts to open a transport that failed */

static woad_time runtime_now(const struct woad_runtime *rt)
{
    return rt->cfg.clock ? rt->cfg.clock->now(rt->cfg.clock->arg) : woad_waker_now();
}

void woad_runtime_wake(void *arg)
{
    struct woad_runtime *rt = arg;
    if (rt->cfg.woken)
        rt->cfg.woken(rt->cfg.woken_arg);
    else if (rt->cfg.clock)
        rt->cfg.clock->wake(rt->cfg.clock->arg);
    else
        woad_waker_wake(&rt->waker);
}

/* The host's own wish for a turn. Before its part of a turn it is about to be granted. The host is
 * touched by its owner only, so this comes from there. */
static void host_wake(void *arg)
{
    struct woad_runtime *rt = arg;
    if (!rt->host_is_next)
        woad_runtime_wake(rt);
}

/* ---- faults ---------------------------------------------------------------------------------- */

void woad_runtime_fault(struct woad_runtime *rt, enum woad_transport_fault reason)
{
    static const char *const texts[] = {
        [WOAD_FAULT_CLOSED] = "the controller closed the connection",
        [WOAD_FAULT_FRAMING] = "octets that are no HCI packet; another program or baud rate?",
        [WOAD_FAULT_IO] = "the line or socket reported an error",
        [WOAD_FAULT_WAKE] = "the controller did not wake up",
        [WOAD_FAULT_MISMATCH] = "the recording and this run differ",
        [WOAD_FAULT_OVERRUN] = "octets were lost on the line; is flow control on?",
    };
    bool known = reason >= WOAD_FAULT_CLOSED && reason <= WOAD_FAULT_OVERRUN;
    /* The first attempt comes at once, further ones after a pause. */
    woad_time now = runtime_now(rt);
    rt->faulted = true;
    rt->retry_at = woad_time_add(rt->retry_at, RETRY_US) > now ? now + RETRY_US : now;
    woad_host_fault(rt->cfg.host, known ? texts[reason] : "the transport failed");
}

bool woad_runtime_wants_reopen(struct woad_runtime *rt)
{
    if (!rt->faulted || runtime_now(rt) < rt->retry_at)
        return false;
    rt->faulted = false;
    rt->retry_at = runtime_now(rt);
    return true;
}

/* ---- the transport in the owner's thread ------------------------------------------------------
 */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    struct woad_runtime *rt = arg;
    struct woad_buf *pkt = woad_host_rx_alloc(rt->cfg.host, type, len, head, head_len, discard);
    if (!pkt && !*discard)
        woad_runtime_wake(rt); /* poll again when the host has made room in this turn */
    return pkt;
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    struct woad_runtime *rt = arg;
    if (woad_host_rx(rt->cfg.host, pkt))
        woad_buf_unref(pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    woad_runtime_fault(arg, reason);
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault,
                                            woad_runtime_wake};

static void reopen(struct woad_runtime *rt)
{
    woad_transport_close(rt->cfg.transport);
    rt->open = woad_transport_open(rt->cfg.transport, &up, rt) == 0;
    if (!rt->open)
        woad_runtime_fault(rt, WOAD_FAULT_CLOSED);
}

static woad_time receive(struct woad_runtime *rt, woad_time now_us)
{
    if (rt->cfg.model == WOAD_RUN_HCI_THREAD) {
        if (rt->hci)
            woad_hci_thread_receive(rt);
        return WOAD_TIME_NEVER;
    }
    woad_time next = rt->open ? woad_transport_poll(rt->cfg.transport, now_us) : WOAD_TIME_NEVER;
    if (woad_runtime_wants_reopen(rt))
        reopen(rt);
    return next;
}

/* Hands over what the transport takes; true when there was something. */
static bool hand_over(struct woad_runtime *rt)
{
    struct woad_buf *pkt;
    bool sent = false;
    while ((pkt = woad_host_tx(rt->cfg.host))) {
        if (woad_transport_tx(rt->cfg.transport, pkt)) {
            woad_host_tx_undo(rt->cfg.host, pkt);
            break;
        }
        sent = true;
    }
    return sent;
}

static woad_time transmit(struct woad_runtime *rt, woad_time now_us)
{
    woad_time next = WOAD_TIME_NEVER;
    if (rt->hci)
        woad_hci_thread_send(rt);
    else
        while (rt->open && hand_over(rt)) /* again: what was done made room */
            next = woad_transport_poll(rt->cfg.transport, now_us);
    return next;
}

/* ---- turns ------------------------------------------------------------------------------------
 */

static bool coop(const struct woad_runtime *rt)
{
    return rt->cfg.model != WOAD_RUN_THREADED;
}

woad_time woad_runtime_run(void *arg, woad_time now_us)
{
    struct woad_runtime *rt = arg;
    if (coop(rt))
        woad_coop_enter(&rt->back_end.coop);
    rt->host_is_next = true;
    (void)woad_mailbox_drain(&rt->kernel->mailbox);
    woad_time next = receive(rt, now_us);
    rt->host_is_next = false;
    next = woad_time_min(next, woad_host_run(rt->cfg.host, now_us));
    next = woad_time_min(next, woad_workq_run(&rt->work, now_us));
    next = woad_time_min(next, transmit(rt, now_us));
    if (rt->faulted)
        next = woad_time_min(next, rt->retry_at);
    if (!woad_mailbox_empty(&rt->kernel->mailbox))
        next = now_us;
    if (coop(rt)) {
        woad_coop_leave(&rt->back_end.coop);
        next = woad_time_min(next, rt->back_end.coop.wait_until);
    }
    rt->next = next;
    return next;
}

static int coop_pump(void *arg, woad_time until_us)
{
    struct woad_runtime *rt = arg;
    const struct woad_runtime_clock *clock = rt->cfg.clock;
    if (rt->cfg.interrupted) {
        int err = rt->cfg.interrupted(rt->cfg.interrupted_arg);
        if (err < 0)
            return err;
    }
    if (clock) {
        if (until_us < rt->next)
            clock->wake(clock->arg); /* its next deadline takes ours in */
        return clock->advance(clock->arg, until_us);
    }
    woad_time next = woad_runtime_run(rt, woad_waker_now());
    const struct woad_transport *t =
        rt->cfg.model == WOAD_RUN_COOP && rt->open ? rt->cfg.transport : NULL;
    woad_waker_sleep(&rt->waker, t, woad_time_min(next, until_us));
    return 0;
}

int woad_runtime_turn(struct woad_runtime *rt, woad_time until_us)
{
    struct woad_kernel *k = rt->kernel;
    woad_kernel_lock(k);
    int err = woad_kernel_wait(k, rt, until_us);
    if (err == WOAD_ERR_TIMEOUT) { /* until_us has passed: a turn all the same */
        err = k->ops->wait(k, rt, woad_kernel_now(k));
    }
    woad_kernel_unlock(k);
    return err;
}

static void *own(void *arg)
{
    struct woad_runtime *rt = arg;
    woad_pkernel_own(&rt->back_end.pkernel, true);
    while (!atomic_load(&rt->stopping)) {
        woad_time next = woad_runtime_run(rt, woad_waker_now());
        woad_waker_sleep(&rt->waker, rt->open ? rt->cfg.transport : NULL, next);
    }
    (void)woad_mailbox_drain(&rt->kernel->mailbox);
    woad_pkernel_own(&rt->back_end.pkernel, false);
    return NULL;
}

/* ---- life cycle --------------------------------------------------------------------------------
 */

static woad_time coop_now(void *arg)
{
    return runtime_now(arg);
}

int woad_runtime_init(struct woad_runtime *rt, const struct woad_runtime_cfg *cfg)
{
    memset(rt, 0, sizeof(*rt));
    rt->cfg = *cfg;
    rt->next = WOAD_TIME_NEVER;
    atomic_init(&rt->stopping, false);
    if ((cfg->clock && cfg->model != WOAD_RUN_COOP) ||
        (cfg->woken && (cfg->clock || cfg->model == WOAD_RUN_THREADED)))
        return WOAD_ERR_INVALID;
    rt->waker.fd = -1; /* a world of thousands needs no descriptor for each */
    int err = cfg->clock ? 0 : woad_waker_init(&rt->waker);
    if (err)
        return err;
    if (coop(rt)) {
        rt->kernel = &rt->back_end.coop.kernel;
        woad_coop_init(&rt->back_end.coop, &(struct woad_coop_cfg){.now = coop_now,
                                                                   .pump = coop_pump,
                                                                   .wake = woad_runtime_wake,
                                                                   .arg = rt});
    } else {
        rt->kernel = &rt->back_end.pkernel.kernel;
        err = woad_pkernel_init(&rt->back_end.pkernel, woad_runtime_wake, rt);
    }
    if (err) {
        woad_waker_deinit(&rt->waker);
        return err;
    }
    woad_workq_init(&rt->work, rt->kernel, woad_runtime_wake, rt);
    woad_host_set_wake(cfg->host, host_wake, rt);
    return 0;
}

void woad_runtime_deinit(struct woad_runtime *rt)
{
    WOAD_ASSERT(!rt->started);
    if (!coop(rt))
        woad_pkernel_deinit(&rt->back_end.pkernel);
    woad_waker_deinit(&rt->waker);
}

int woad_runtime_start(struct woad_runtime *rt)
{
    if (rt->started)
        return WOAD_ERR_STATE;
    if (rt->cfg.model == WOAD_RUN_HCI_THREAD) {
        int err = woad_hci_thread_start(rt);
        rt->started = err == 0;
        return err;
    }
    int err = woad_transport_open(rt->cfg.transport, &up, rt);
    if (err)
        return err;
    rt->open = true;
    if (!coop(rt)) {
        atomic_store(&rt->stopping, false);
        if (pthread_create(&rt->thread, NULL, own, rt)) {
            woad_transport_close(rt->cfg.transport);
            rt->open = false;
            return WOAD_ERR_NO_MEM;
        }
    }
    rt->started = true;
    woad_runtime_wake(rt);
    return 0;
}

bool woad_runtime_is_open(const struct woad_runtime *rt)
{
    return rt->open;
}

void woad_runtime_stop(struct woad_runtime *rt)
{
    if (!rt->started)
        return;
    rt->started = false;
    if (rt->cfg.model == WOAD_RUN_HCI_THREAD) {
        woad_hci_thread_stop(rt);
        return;
    }
    if (!coop(rt)) {
        atomic_store(&rt->stopping, true);
        woad_runtime_wake(rt);
        pthread_join(rt->thread, NULL);
    }
    woad_transport_close(rt->cfg.transport);
    rt->open = false;
}
