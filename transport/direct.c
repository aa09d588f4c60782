#include "woad/transport_direct.h"

/* A link layer that was busy and has shown nothing new is asked again after this. */
#define RETRY_US WOAD_MS(1)

static struct woad_direct *direct_of(struct woad_transport *t)
{
    return (struct woad_direct *)t;
}

static void wake_user(const struct woad_direct *d)
{
    if (d->transport.up->wake)
        d->transport.up->wake(d->transport.up_arg);
}

static int direct_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct woad_direct *d = direct_of(t);
    if (d->open)
        return WOAD_ERR_STATE;
    t->up = up;
    t->up_arg = up_arg;
    d->open = true;
    d->was_busy = false;
    d->retry_at = WOAD_TIME_NEVER;
    return 0;
}

static void finish_sent(struct woad_direct *d)
{
    /* The up-call may send again: what it adds belongs to the next round. */
    struct woad_buf *sent[WOAD_DIRECT_SENT_MAX];
    uint8_t count = d->sent_count;
    for (uint8_t i = 0; i < count; i++)
        sent[i] = d->sent[i];
    d->sent_count = 0;
    for (uint8_t i = 0; i < count; i++)
        d->transport.up->tx_done(d->transport.up_arg, sent[i]);
}

static void direct_close(struct woad_transport *t)
{
    struct woad_direct *d = direct_of(t);
    if (!d->open)
        return;
    d->open = false;
    finish_sent(d);
}

static int direct_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct woad_direct *d = direct_of(t);
    if (!d->open)
        return WOAD_ERR_STATE;
    int err = WOAD_ERR_AGAIN;
    if (d->sent_count < WOAD_DIRECT_SENT_MAX) {
        woad_buf_ref(pkt);
        err = woad_ll_rx(d->ll, pkt);
        if (err < 0)
            woad_buf_unref(pkt);
    }
    if (err == WOAD_ERR_AGAIN)
        d->was_busy = true;
    if (err < 0)
        return err;
    d->sent[d->sent_count++] = pkt;
    if (d->wake_ll)
        d->wake_ll(d->wake_ll_arg);
    wake_user(d);
    return 0;
}

/* A controller in this process has no supply and no line of its own. */
static int direct_power(struct woad_transport *t, enum woad_power want)
{
    (void)t;
    return want == WOAD_POWER_OFF ? WOAD_ERR_UNSUPPORTED : 0;
}

static uint32_t direct_caps(const struct woad_transport *t)
{
    (void)t;
    return WOAD_TRANSPORT_DIRECT;
}

static woad_time direct_poll(struct woad_transport *t, woad_time now_us)
{
    struct woad_direct *d = direct_of(t);
    if (!d->open)
        return WOAD_TIME_NEVER;
    bool moved = d->sent_count != 0;
    finish_sent(d);
    struct woad_buf *pkt;
    while (d->open && (pkt = woad_ll_tx(d->ll))) {
        t->up->rx(t->up_arg, pkt);
        moved = true;
    }
    if (!d->open || !d->was_busy)
        return WOAD_TIME_NEVER;
    if (d->retry_at == WOAD_TIME_NEVER)
        d->retry_at = now_us + RETRY_US;
    if (!moved && now_us < d->retry_at)
        return d->retry_at;
    d->was_busy = false;
    d->retry_at = WOAD_TIME_NEVER;
    wake_user(d);
    return WOAD_TIME_NEVER;
}

static const struct woad_transport_ops direct_ops = {
    .open = direct_open,
    .close = direct_close,
    .tx = direct_tx,
    .power = direct_power,
    .caps = direct_caps,
    .poll = direct_poll,
};

void woad_direct_init(struct woad_direct *d, struct woad_ll *ll, woad_wake_fn *wake_ll,
                      void *wake_ll_arg)
{
    *d = (struct woad_direct){.transport = {.ops = &direct_ops, .fd = -1},
                              .ll = ll,
                              .wake_ll = wake_ll,
                              .wake_ll_arg = wake_ll_arg};
}
