#include "woad/stream.h"

#include <string.h>

enum state {
    OPENING, /* no OPENED yet */
    OPEN,
    CLOSING,  /* we called close; CLOSED follows */
    ENDED,    /* the channel's handle is still ours: unread data, then its end */
    RELEASED, /* nothing is left in the host */
};

/* A call that waits. It lives on the caller's stack; the owner steps it in events. */
struct woad_stream_op {
    struct woad_stream *s;
    bool (*step)(struct woad_stream_op *op); /* owner: true when it is finished */
    struct woad_stream_op **slot;            /* where the stream knows it */
    uint8_t *data;
    size_t len;
    size_t done;
    bool all;
    bool flush;
    int err;
    bool finished; /* under the kernel's lock */
};

void woad_stream_init(struct woad_stream *s, struct woad_kernel *k, struct woad_host *h, void *ring,
                      size_t size)
{
    *s = (struct woad_stream){.kernel = k, .host = h, .state = OPENING, .ring = ring, .size = size};
}

void woad_stream_set_changed(struct woad_stream *s, void (*fn)(void *arg, struct woad_stream *s),
                             void *arg)
{
    s->changed = fn;
    s->changed_arg = arg;
}

/* ---- operations --------------------------------------------------------------------------------
 */

static void finish(struct woad_stream_op *op)
{
    struct woad_kernel *k = op->s->kernel;
    *op->slot = NULL;
    woad_kernel_lock(k);
    op->finished = true;
    woad_kernel_notify(k, op);
    woad_kernel_unlock(k); /* op may be gone from here on */
}

static void step(struct woad_stream_op *op)
{
    if (op && op->step(op))
        finish(op);
}

static void abandon(struct woad_stream_op *op, int err)
{
    if (!op)
        return;
    op->err = err;
    finish(op);
}

static void start_in_owner(void *arg)
{
    struct woad_stream_op *op = arg;
    if (*op->slot) {
        op->err = WOAD_ERR_BUSY;
        op->finished = true;
        return;
    }
    *op->slot = op;
    step(op);
}

static void cancel_in_owner(void *arg)
{
    struct woad_stream_op *op = arg;
    if (!op->finished) {
        op->finished = true;
        *op->slot = NULL;
    }
}

/* Runs op to its end or as long as the timeout allows. op->err says why it ended early. */
static void run(struct woad_stream_op *op, woad_time timeout_us)
{
    struct woad_kernel *k = op->s->kernel;
    woad_time deadline_us = timeout_us ? woad_kernel_deadline(k, timeout_us) : 0;
    int err = 0;
    woad_kernel_call(k, start_in_owner, op);
    woad_kernel_lock(k);
    while (!op->finished && !err)
        err = timeout_us ? woad_kernel_wait(k, op, deadline_us) : WOAD_ERR_AGAIN;
    bool finished = op->finished;
    woad_kernel_unlock(k);
    if (finished)
        return;
    op->err = err;
    woad_kernel_call(k, cancel_in_owner, op);
}

static long count_or_error(const struct woad_stream_op *op)
{
    return op->done ? (long)op->done : op->err;
}

/* ---- sending ------------------------------------------------------------------------------------
 */

/* Lends to the host what is in the ring and not lent yet. With two pieces under way, small ones
 * wait for more: their SENT is near. */
static void feed(struct woad_stream *s)
{
    while (s->used > s->lent && s->pieces < WOAD_STREAM_PIECES && !s->blocked) {
        size_t at = (s->head + s->lent) % s->size;
        size_t len = s->used - s->lent;
        if (s->pieces >= 2 && len < s->size / 4)
            return;
        if (len > s->size - at)
            len = s->size - at;
        int err = woad_l2cap_write(s->host, s->chan, s->ring + at, len, NULL);
        s->blocked = err == WOAD_ERR_AGAIN;
        if (err)
            return; /* AGAIN: WRITABLE follows; else CLOSED, which counts what is lost */
        s->piece[s->pieces++] = len;
        s->lent += len;
    }
}

/* Copies from the caller what fits. */
static void fill(struct woad_stream *s, struct woad_stream_op *op)
{
    while (op->done < op->len && s->used < s->size) {
        size_t at = (s->head + s->used) % s->size;
        size_t room = s->size - s->used;
        size_t len = op->len - op->done;
        len = len < room ? len : room;
        len = len < s->size - at ? len : s->size - at;
        memcpy(s->ring + at, op->data + op->done, len);
        s->used += len;
        op->done += len;
    }
}

static bool step_write(struct woad_stream_op *op)
{
    struct woad_stream *s = op->s;
    if (s->state == OPENING)
        op->err = WOAD_ERR_STATE;
    else if (s->state != OPEN)
        op->err = s->error && s->error != WOAD_ERR_EOF ? s->error : WOAD_ERR_NOT_CONNECTED;
    if (op->err)
        return true;
    fill(s, op);
    feed(s);
    return op->done == op->len;
}

/* The host gives a piece back; SENT come in order. */
static void sent(struct woad_stream *s, const struct woad_chan_evt *evt)
{
    if (!s->pieces)
        return;
    size_t len = s->piece[0];
    s->pieces--;
    memmove(s->piece, s->piece + 1, s->pieces * sizeof(s->piece[0]));
    s->head = (s->head + len) % s->size;
    s->used -= len;
    s->lent -= len;
    if (evt->u.sent.err)
        s->lost += len - evt->u.sent.len;
    step(s->writing);
    if (s->state == OPEN)
        feed(s);
}

long woad_stream_write(struct woad_stream *s, const void *data, size_t len, woad_time timeout_us)
{
    if (!len)
        return WOAD_ERR_INVALID;
    struct woad_stream_op op = {
        .s = s,
        .step = step_write,
        .slot = &s->writing,
        .data = (uint8_t *)(uintptr_t)data, /* only read */
        .len = len,
    };
    run(&op, timeout_us);
    return count_or_error(&op);
}

static bool step_flush(struct woad_stream_op *op)
{
    struct woad_stream *s = op->s;
    if (s->lost)
        op->err = s->error && s->error != WOAD_ERR_EOF ? s->error : WOAD_ERR_NOT_CONNECTED;
    return !s->used || op->err;
}

int woad_stream_flush(struct woad_stream *s, woad_time timeout_us)
{
    struct woad_stream_op op = {.s = s, .step = step_flush, .slot = &s->waiting};
    run(&op, timeout_us);
    return op.err;
}

/* ---- receiving ----------------------------------------------------------------------------------
 */

static long read_some(struct woad_stream *s, void *to, size_t len)
{
    switch (s->state) {
    case OPENING: return WOAD_ERR_STATE;
    case OPEN:
    case ENDED: return woad_l2cap_read(s->host, s->chan, to, len);
    default: return s->error ? s->error : WOAD_ERR_NOT_CONNECTED;
    }
}

static bool step_read(struct woad_stream_op *op)
{
    while (op->done < op->len) {
        long n = read_some(op->s, op->data + op->done, op->len - op->done);
        if (n == WOAD_ERR_AGAIN)
            return op->done && !op->all;
        if (n <= 0) {
            op->err = (int)n;
            return true;
        }
        op->done += (size_t)n;
    }
    return true;
}

static long read(struct woad_stream *s, void *to, size_t len, woad_time timeout_us, bool all)
{
    if (!len)
        return WOAD_ERR_INVALID;
    struct woad_stream_op op = {
        .s = s, .step = step_read, .slot = &s->reading, .data = to, .len = len, .all = all};
    run(&op, timeout_us);
    return count_or_error(&op);
}

long woad_stream_read(struct woad_stream *s, void *to, size_t len, woad_time timeout_us)
{
    return read(s, to, len, timeout_us, false);
}

long woad_stream_read_all(struct woad_stream *s, void *to, size_t len, woad_time timeout_us)
{
    return read(s, to, len, timeout_us, true);
}

static void available_in_owner(void *arg)
{
    struct woad_stream_op *op = arg;
    if (op->s->state == OPEN || op->s->state == ENDED)
        op->len = woad_l2cap_available(op->s->host, op->s->chan);
}

size_t woad_stream_available(struct woad_stream *s)
{
    struct woad_stream_op op = {.s = s};
    woad_kernel_call(s->kernel, available_in_owner, &op);
    return op.len;
}

/* ---- life cycle ---------------------------------------------------------------------------------
 */

static bool step_open(struct woad_stream_op *op)
{
    struct woad_stream *s = op->s;
    if (s->state != OPENING && s->state != OPEN)
        op->err = s->error ? s->error : WOAD_ERR_NOT_CONNECTED;
    return s->state != OPENING;
}

int woad_stream_open(struct woad_stream *s, woad_time timeout_us)
{
    struct woad_stream_op op = {.s = s, .step = step_open, .slot = &s->waiting};
    run(&op, timeout_us);
    return op.err;
}

struct connect {
    struct woad_stream *s;
    struct woad_chan_cfg cfg;
    uint16_t conn;
    int err;
};

static void connect_in_owner(void *arg)
{
    struct connect *c = arg;
    c->err = woad_l2cap_connect(c->s->host, c->conn, &c->cfg, &c->s->chan);
    if (c->err)
        c->s->state = RELEASED;
}

int woad_stream_connect(struct woad_stream *s, uint16_t conn, const struct woad_chan_cfg *cfg,
                        woad_time timeout_us)
{
    struct connect c = {.s = s, .cfg = *cfg, .conn = conn};
    c.cfg.event = woad_stream_event;
    c.cfg.arg = s;
    woad_kernel_call(s->kernel, connect_in_owner, &c);
    return c.err ? c.err : woad_stream_open(s, timeout_us);
}

static void closed(struct woad_stream *s, int err)
{
    /* The host releases by itself what never opened and what we closed. */
    s->state = s->state == OPEN ? ENDED : RELEASED;
    s->error = err;
    s->lost += s->used - s->lent;
    s->head = s->used = s->lent = 0;
    s->pieces = 0;
    step(s->reading);
    step(s->writing);
}

void woad_stream_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct woad_stream *s = arg;
    (void)h;
    switch (evt->type) {
    case WOAD_CHAN_OPENED:
        s->chan = evt->chan;
        if (s->state == OPENING)
            s->state = OPEN;
        break;
    case WOAD_CHAN_SENT: sent(s, evt); break;
    case WOAD_CHAN_WRITABLE:
        s->blocked = false;
        feed(s);
        break;
    case WOAD_CHAN_RECEIVED: step(s->reading); break;
    case WOAD_CHAN_CLOSED: closed(s, evt->u.closed.err); break;
    default: return;
    }
    /* Read before: after the last step, close() may have returned and the stream be gone. */
    void (*changed)(void *, struct woad_stream *) = s->changed;
    if (changed)
        changed(s->changed_arg, s);
    step(s->waiting);
}

/* Asks the host to end the channel, once; later steps wait for CLOSED. */
static bool step_close(struct woad_stream_op *op)
{
    struct woad_stream *s = op->s;
    if ((s->state == OPENING && s->chan) || s->state == OPEN) {
        bool flush = op->flush && s->state == OPEN;
        s->state = CLOSING;
        abandon(s->reading, WOAD_ERR_CANCELLED);
        abandon(s->writing, WOAD_ERR_CANCELLED);
        int err = woad_l2cap_close(s->host, s->chan, flush);
        if (err)
            s->state = RELEASED;
    } else if (s->state == ENDED) {
        int err = woad_l2cap_release(s->host, s->chan);
        (void)err; /* NOT_CONNECTED: a restart of the host took it */
        s->state = RELEASED;
    } else if (s->state == OPENING) {
        s->state = RELEASED;
    }
    return s->state == RELEASED;
}

int woad_stream_close(struct woad_stream *s, bool flush, woad_time timeout_us)
{
    if (!woad_kernel_may_wait(s->kernel))
        timeout_us = 0;
    int flushed = flush ? woad_stream_flush(s, timeout_us) : 0;
    if (flushed == WOAD_ERR_AGAIN || flushed == WOAD_ERR_BUSY)
        return flushed;
    struct woad_stream_op op = {
        .s = s, .step = step_close, .slot = &s->waiting, .flush = flush && !flushed};
    run(&op, timeout_us ? WOAD_TIME_NEVER : 0);
    if (op.err)
        return op.err;
    s->lost = 0; /* told now */
    return flushed;
}
