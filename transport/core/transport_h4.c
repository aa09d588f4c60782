#include "woad/transport_h4.h"

#include <string.h>

/* Rounds of fill and parse in one poll(), so that a fast peer cannot keep it for ever. */
#define ROUNDS_MAX 64

static struct woad_h4_transport *h4_of(struct woad_transport *t)
{
    return (struct woad_h4_transport *)t;
}

static void pipe_wake(void *arg)
{
    struct woad_h4_transport *h = arg;
    if (h->transport.up->wake)
        h->transport.up->wake(h->transport.up_arg);
}

static bool on_signal(void *arg, uint8_t octet)
{
    struct woad_h4_transport *h = arg;
    return woad_pm_signal(&h->pm, octet);
}

/* With eHCILL the parser's up-calls pass here: the power machine has to see packets and signals in
 * the order in which they came. */
static struct woad_buf *on_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    struct woad_h4_transport *h = arg;
    woad_pm_rx(&h->pm);
    return h->transport.up->alloc(h->transport.up_arg, type, len, head, head_len, discard);
}

static void on_rx(void *arg, struct woad_buf *pkt)
{
    struct woad_h4_transport *h = arg;
    h->transport.up->rx(h->transport.up_arg, pkt);
}

static const struct woad_transport_up watched_up = {.alloc = on_alloc, .rx = on_rx};

static int h4_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct woad_h4_transport *h = h4_of(t);
    if (h->state != WOAD_H4_CLOSED)
        return WOAD_ERR_STATE;
    t->up = up;
    t->up_arg = up_arg;
    woad_ring_reset(&h->ring);
    woad_h4_init(&h->parser, &(struct woad_h4_cfg){
                                 .up = h->cfg.ehcill ? &watched_up : up,
                                 .up_arg = h->cfg.ehcill ? h : up_arg,
                                 .signal = h->cfg.ehcill ? on_signal : NULL,
                                 .signal_arg = h,
                                 .types = h->cfg.types,
                                 .len_max = h->cfg.len_max,
                             });
    woad_pm_init(&h->pm, &h->cfg.pm);
    woad_pm_allow_sleep(&h->pm, h->may_sleep);
    h->tx_at = 0;
    h->stalled = false;
    h->ended = false;
    int err = h->cfg.pipe->ops->open(h->cfg.pipe, &h->ring, pipe_wake, h);
    t->why = h->cfg.pipe->why;
    if (err < 0)
        return err;
    t->fd = h->cfg.pipe->fd;
    t->wants = WOAD_WANT_READ;
    h->state = WOAD_H4_OPEN;
    return 0;
}

static void tx_finish(struct woad_h4_transport *h)
{
    struct woad_buf *pkt = woad_buf_queue_pop(&h->tx);
    h->tx_at = 0;
    woad_pm_tx_sub(&h->pm);
    h->transport.up->tx_done(h->transport.up_arg, pkt);
}

/* Ends all activity; what was not sent goes back. */
static void shut(struct woad_h4_transport *h, enum woad_h4_transport_state state)
{
    h->state = (uint8_t)state;
    h->cfg.pipe->ops->close(h->cfg.pipe);
    h->transport.fd = -1;
    h->transport.wants = 0;
    woad_h4_deinit(&h->parser);
    while (h->tx.count)
        tx_finish(h);
}

static void h4_close(struct woad_transport *t)
{
    struct woad_h4_transport *h = h4_of(t);
    if (h->state == WOAD_H4_OPEN)
        shut(h, WOAD_H4_CLOSED);
    h->state = WOAD_H4_CLOSED;
}

static void fail(struct woad_h4_transport *h, enum woad_transport_fault reason, const char *why)
{
    h->transport.why = why;
    shut(h, WOAD_H4_FAILED);
    h->transport.up->fault(h->transport.up_arg, reason);
}

static int h4_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct woad_h4_transport *h = h4_of(t);
    if (h->state != WOAD_H4_OPEN)
        return h->state == WOAD_H4_FAILED ? WOAD_ERR_FAULT : WOAD_ERR_STATE;
    if (!woad_h4_valid(pkt))
        return WOAD_ERR_FORMAT;
    if (h->tx.count >= h->cfg.tx_max)
        return WOAD_ERR_AGAIN;
    woad_pm_tx_add(&h->pm);
    woad_buf_queue_push(&h->tx, pkt);
    if (h->tx.count == 1)
        pipe_wake(h);
    return 0;
}

static int h4_power(struct woad_transport *t, enum woad_power want)
{
    struct woad_h4_transport *h = h4_of(t);
    if (want == WOAD_POWER_OFF)
        return WOAD_ERR_UNSUPPORTED;
    h->may_sleep = want == WOAD_POWER_MAY_SLEEP && h->cfg.ehcill;
    woad_pm_allow_sleep(&h->pm, h->may_sleep);
    if (h->state == WOAD_H4_OPEN)
        pipe_wake(h);
    return 0;
}

static uint32_t h4_caps(const struct woad_transport *t)
{
    return ((const struct woad_h4_transport *)t)->cfg.ehcill ? WOAD_TRANSPORT_SLEEPS : 0;
}

/* The pipe ended; why it did is told when the ring is empty. */
static void ended(struct woad_h4_transport *h, int err)
{
    h->ended = true;
    h->end_fault = err == WOAD_ERR_EOF ? WOAD_FAULT_CLOSED : WOAD_FAULT_IO;
    h->transport.why = h->cfg.pipe->why;
}

/* Parses what is in the ring; false when the transport has failed. */
static bool parse(struct woad_h4_transport *h)
{
    int err = 0;
    h->stalled = false;
    for (;;) {
        size_t len;
        size_t used;
        const uint8_t *data = woad_ring_peek(&h->ring, &len);
        err = woad_h4_rx(&h->parser, data, len, &used);
        woad_ring_consume(&h->ring, used);
        if (err || !len)
            break;
    }
    h->stalled = err == WOAD_ERR_AGAIN;
    if (err != WOAD_ERR_FORMAT)
        return true;
    fail(h, WOAD_FAULT_FRAMING, "framing lost: an octet that begins no HCI packet");
    return false;
}

static bool receive(struct woad_h4_transport *h)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int n = h->ended ? 0 : h->cfg.pipe->ops->fill(h->cfg.pipe);
        if (n < 0)
            ended(h, n);
        if (!parse(h))
            return false;
        if (n <= 0 || h->stalled)
            break;
    }
    if (h->stalled || woad_ring_len(&h->ring))
        return true;
    if (woad_ring_lost(&h->ring)) {
        fail(h, WOAD_FAULT_OVERRUN, "receive overrun: octets came faster than they were read");
        return false;
    }
    if (h->ended) {
        const char *why = h->transport.why;
        fail(h, h->end_fault, why ? why : "the other side closed the connection");
        return false;
    }
    return true;
}

/* Appends the part of a span behind the first `skip` octets, which are counted down. */
static size_t add_span(struct woad_span *spans, size_t count, const uint8_t *data, size_t len,
                       uint32_t *skip)
{
    size_t off = *skip < len ? *skip : len;
    *skip -= (uint32_t)off;
    if (off == len)
        return count;
    spans[count] = (struct woad_span){data + off, len - off};
    return count + 1;
}

/* Signals of the power protocol go between packets, never into one. */
static size_t gather(struct woad_h4_transport *h, struct woad_span *spans, size_t *signals)
{
    size_t count = 0;
    uint32_t skip = h->tx_at;
    *signals = 0;
    if (!h->tx_at) {
        const uint8_t *out = woad_pm_out(&h->pm, signals);
        if (*signals)
            spans[count++] = (struct woad_span){out, *signals};
    }
    if (!h->tx_at && !woad_pm_may_tx(&h->pm))
        return count;
    for (struct woad_buf *b = h->tx.head; b && count + 3 <= WOAD_PIPE_SPANS_MAX; b = b->next) {
        count = add_span(spans, count, &b->type, 1, &skip);
        count = add_span(spans, count, b->data, b->len, &skip);
        count = add_span(spans, count, b->ext, b->ext_len, &skip);
        /* With a packet half sent, a signal that waits comes right behind it. */
        if (h->tx_at && h->pm.out_len)
            break;
    }
    return count;
}

static void sent(struct woad_h4_transport *h, size_t n, size_t signals)
{
    size_t s = n < signals ? n : signals;
    woad_pm_sent(&h->pm, s);
    n -= s;
    while (n) {
        size_t rest = woad_buf_total(h->tx.head) + 1 - h->tx_at;
        if (n < rest) {
            h->tx_at += (uint32_t)n;
            return;
        }
        n -= rest;
        tx_finish(h);
    }
}

/* Sends what may be sent; true when the pipe would not take all of it. */
static bool transmit(struct woad_h4_transport *h)
{
    for (;;) {
        struct woad_span spans[WOAD_PIPE_SPANS_MAX];
        size_t signals;
        size_t count = gather(h, spans, &signals);
        if (!count)
            return false;
        int n = h->cfg.pipe->ops->write(h->cfg.pipe, spans, count);
        if (n < 0)
            ended(h, n);
        if (n <= 0)
            return true;
        sent(h, (size_t)n, signals);
    }
}

static woad_time h4_poll(struct woad_transport *t, woad_time now_us)
{
    struct woad_h4_transport *h = h4_of(t);
    if (h->state != WOAD_H4_OPEN || !receive(h))
        return WOAD_TIME_NEVER;
    woad_time next = WOAD_TIME_NEVER;
    bool blocked = false;
    /* Twice: the last packet sent may begin the quiet time, or let a peer sleep. */
    for (int i = 0; i < 2 && !h->ended; i++) {
        next = woad_pm_run(&h->pm, now_us, woad_h4_idle(&h->parser));
        blocked = transmit(h);
    }
    if (h->ended && !receive(h))
        return WOAD_TIME_NEVER;
    if (h->pm.failed) {
        fail(h, WOAD_FAULT_WAKE, "the controller sleeps and does not answer the wake-up");
        return WOAD_TIME_NEVER;
    }
    bool full = woad_ring_len(&h->ring) == h->ring.size;
    t->wants = (uint8_t)((h->ended || full ? 0 : WOAD_WANT_READ) | (blocked ? WOAD_WANT_WRITE : 0));
    if (!h->cfg.ehcill)
        next = WOAD_TIME_NEVER;
    return h->stalled ? woad_time_min(next, woad_time_add(now_us, WOAD_TRANSPORT_RETRY_US)) : next;
}

static const struct woad_transport_ops h4_ops = {
    .open = h4_open,
    .close = h4_close,
    .tx = h4_tx,
    .power = h4_power,
    .caps = h4_caps,
    .poll = h4_poll,
};

int woad_h4_transport_init(struct woad_h4_transport *t, const struct woad_h4_transport_cfg *cfg)
{
    if (!cfg->pipe || !cfg->ring || !cfg->ring_size || (cfg->ring_size & (cfg->ring_size - 1)))
        return WOAD_ERR_INVALID;
    *t = (struct woad_h4_transport){.transport = {.ops = &h4_ops, .fd = -1}, .cfg = *cfg};
    if (!t->cfg.tx_max)
        t->cfg.tx_max = 16;
    woad_ring_init(&t->ring, cfg->ring, cfg->ring_size);
    return 0;
}
