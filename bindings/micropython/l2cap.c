/* L2CAP channels, by SDUs as MicroPython has them; channel.c makes streams of them. */
#include "mp_woad.h"

#include <string.h>

/* Octets on their way that a channel takes before it asks to wait: two connection intervals at full
 * speed. */
#ifndef WOAD_MPY_CHAN_TX
#define WOAD_MPY_CHAN_TX 20480
#endif
#define BLOCKS 8u    /* what each channel is sure of in the host */
#define GATHER 4096u /* octets of a stream put together */

/* ---- places ---------------------------------------------------------------------------------- */

static struct mpw_chan *chan_of(struct mpw *m, woad_chan chan)
{
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++)
        if (m->chans[i].used && m->chans[i].chan == chan && !m->chans[i].over)
            return &m->chans[i];
    return NULL;
}

/* The host's part of a channel that the peer closed; unread data is given up. What asks for it is
 * still told that there is nothing more. */
static void give_back(struct mpw *m, struct mpw_chan *c)
{
    if (c->closed && m->host)
        (void)!woad_l2cap_release(m->host, c->chan);
    c->over = c->over || c->closed;
    c->closed = false;
}

void mpw_chan_free(struct mpw *m, struct mpw_chan *c)
{
    give_back(m, c);
    MPW_FREE(c->gather);
    *c = (struct mpw_chan){.used = false};
}

/* Channels that ended with unread data stay until their place is wanted. */
static struct mpw_chan *chan_new(struct mpw *m)
{
    struct mpw_chan *c = NULL;
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++) {
        if (!m->chans[i].used) {
            c = &m->chans[i];
            break;
        }
        if ((m->chans[i].closed || m->chans[i].over) && !m->chans[i].attached)
            c = &m->chans[i];
    }
    if (!c)
        return NULL;
    if (c->used)
        mpw_chan_free(m, c);
    *c = (struct mpw_chan){.used = true, .serial = ++m->chan_serial};
    return c;
}

struct mpw_chan *mpw_chan_find(struct mpw *m, uint16_t conn, uint16_t cid)
{
    struct mpw_chan *ended = NULL;
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++) {
        struct mpw_chan *c = &m->chans[i];
        if (!c->used || c->conn != conn || c->cid != cid || !cid)
            continue;
        if (!c->closed && !c->over)
            return c;
        ended = c;
    }
    return ended;
}

struct mpw_chan *mpw_chan_at(struct mpw *m, unsigned place, uint32_t serial)
{
    struct mpw_chan *c = &m->chans[place];
    return c->used && c->serial == serial ? c : NULL;
}

void mpw_l2cap_reset(struct mpw *m)
{
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++) {
        MPW_FREE(m->chans[i].gather);
        m->chans[i] = (struct mpw_chan){.used = false};
    }
}

void mpw_l2cap_link_down(struct mpw *m, uint16_t conn)
{
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++) {
        struct mpw_chan *c = &m->chans[i];
        if (c->used && c->conn == conn && c->over && !c->attached)
            mpw_chan_free(m, c);
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

bool mpw_chan_writable(const struct mpw_chan *c)
{
    return c->open && c->blocks < BLOCKS && c->queued < WOAD_MPY_CHAN_TX;
}

static struct mpw_block *block_new(size_t size)
{
    struct mpw_block *b = MPW_MALLOC(sizeof(*b) + size);
    if (b)
        b->len = 0;
    return b;
}

static void lent(struct mpw_chan *c, const struct mpw_block *b)
{
    c->blocks++;
    c->queued += b->len;
}

/* Gives the host what was gathered when little is under way, or when it must. */
static int gather_send(struct mpw *m, struct mpw_chan *c, bool must)
{
    struct mpw_block *b = c->gather;
    if (!b || (!must && c->blocks >= 2 && b->len < GATHER))
        return 0;
    int err = woad_l2cap_write(m->host, c->chan, b->data, b->len, b);
    if (err)
        return err;
    c->gather = NULL;
    lent(c, b);
    return 0;
}

long mpw_chan_write(struct mpw *m, struct mpw_chan *c, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t done = 0;
    while (done < len && mpw_chan_writable(c)) {
        if (!c->gather)
            c->gather = block_new(GATHER);
        struct mpw_block *b = c->gather;
        if (!b)
            return done ? (long)done : WOAD_ERR_NO_MEM;
        size_t n = len - done < GATHER - b->len ? len - done : GATHER - b->len;
        memcpy(b->data + b->len, from + done, n);
        b->len += n;
        done += n;
        int err = gather_send(m, c, false);
        if (err) /* it stays gathered: WRITABLE, a SENT or the end of the channel follows */
            break;
    }
    return done ? (long)done : c->open ? WOAD_ERR_AGAIN : WOAD_ERR_NOT_CONNECTED;
}

int mp_bluetooth_l2cap_send(uint16_t conn_handle, uint16_t cid, const uint8_t *buf, size_t len,
                            bool *stalled)
{
    struct mpw *m = mpw_on();
    int err = 0;
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    struct mpw_chan *c = mpw_chan_find(m, conn_handle, cid);
    struct mpw_block *b = c ? block_new(len) : NULL;
    if (!c || !c->open)
        err = WOAD_ERR_NOT_CONNECTED;
    else if (!b)
        err = WOAD_ERR_NO_MEM;
    else if (!mpw_chan_writable(c)) /* event 26 says when */
        err = WOAD_ERR_AGAIN;
    if (!err)
        err = gather_send(m, c, true);
    if (!err) {
        if (len)
            memcpy(b->data, buf, len);
        b->len = len;
        err = woad_l2cap_send(m->host, c->chan, b->data, len, b);
    }
    if (!err) {
        lent(c, b);
        *stalled = c->stalled = !mpw_chan_writable(c);
    } else {
        MPW_FREE(b);
    }
    mpw_leave();
    return mpw_errno(err);
}

static void sent(struct mpw *m, struct mpw_chan *c, const struct woad_chan_evt *evt)
{
    struct mpw_block *b = evt->u.sent.tag;
    c->blocks--;
    c->queued -= b->len;
    MPW_FREE(b);
    (void)gather_send(m, c, c->ending);
    if (c->ending && !c->gather)
        (void)mpw_chan_end(m, c, true);
    if (c->stalled && (evt->u.sent.err || mpw_chan_writable(c))) {
        c->stalled = false;
        MPW_UP(m, mp_bluetooth_on_l2cap_send_ready(c->conn, c->cid,
                                                   (uint8_t)mpw_errno(evt->u.sent.err)));
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* One event for each SDU that a handler reads, as back ends do that hold one SDU at a time. */
static void received(struct mpw *m, struct mpw_chan *c)
{
    uint32_t serial = c->serial;
    do {
        c->more_due = false;
        MPW_UP(m, mp_bluetooth_on_l2cap_recv(c->conn, c->cid));
    } while (c->used && c->serial == serial && c->more_due &&
             woad_l2cap_available(m->host, c->chan));
}

void mpw_l2cap_again(struct mpw *m)
{
    for (size_t i = 0; i < WOAD_MPY_CHANS; i++)
        if (m->chans[i].used && m->chans[i].more_due)
            received(m, &m->chans[i]);
}

void mpw_chan_emptied(struct mpw *m, struct mpw_chan *c)
{
    uint8_t none;
    if (!c || c->over || woad_l2cap_available(m->host, c->chan))
        return;
    long n = woad_l2cap_recv(m->host, c->chan, &none, 1, NULL); /* the answer AGAIN does it */
    (void)n;
}

/* Reads up to the end of one SDU. */
static long recv_sdu(struct mpw *m, struct mpw_chan *c, uint8_t *buf, size_t len)
{
    long n;
    do /* empty SDUs say nothing here */
        n = woad_l2cap_recv(m->host, c->chan, buf, len, NULL);
    while (n == 0 && len && woad_l2cap_available(m->host, c->chan));
    return n < 0 ? 0 : n;
}

int mp_bluetooth_l2cap_recvinto(uint16_t conn_handle, uint16_t cid, uint8_t *buf, size_t *len)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    struct mpw_chan *c = mpw_chan_find(m, conn_handle, cid);
    size_t left = c && !c->over ? woad_l2cap_available(m->host, c->chan) : 0;
    if (c && c->over) {
        *len = 0;
    } else if (!buf) {
        *len = left;
    } else if (c) {
        *len = *len ? (size_t)recv_sdu(m, c, buf, *len) : 0;
        left = woad_l2cap_available(m->host, c->chan);
        c->more_due = left > 0;
    }
    mpw_chan_emptied(m, c);
    if (c && !left && c->closed && !c->attached)
        give_back(m, c);
    if (c && c->more_due && !m->up)
        mpw_pump_wake(m);
    mpw_leave();
    return c ? 0 : MP_ENOTCONN;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void note(struct mpw *m, struct mpw_chan *c, const struct woad_chan_evt *evt)
{
    struct woad_chan_info info;
    c->chan = evt->chan;
    c->conn = evt->conn;
    c->psm = evt->u.opened.psm;
    c->our_mtu = evt->u.opened.our_mtu;
    c->peer_mtu = evt->u.opened.peer_mtu;
    if (woad_l2cap_info(m->host, evt->chan, &info) == 0)
        c->cid = info.local_cid;
}

/* What a script may answer a peer; anything else is "no resources". */
static uint16_t refusal(mp_int_t answer)
{
    bool known = answer == WOAD_L2CAP_NO_PSM ||
                 (answer >= WOAD_L2CAP_AUTHENTICATION && answer <= WOAD_L2CAP_ENCRYPTION) ||
                 answer == WOAD_L2CAP_PARAMETERS;
    return known ? (uint16_t)answer : WOAD_L2CAP_NO_RESOURCES;
}

static void asked(struct mpw *m, const struct woad_chan_evt *evt)
{
    struct mpw_chan *c = chan_new(m);
    volatile mp_int_t answer = WOAD_L2CAP_NO_RESOURCES;
    if (c) {
        note(m, c, evt);
        MPW_UP(m, answer = mp_bluetooth_on_l2cap_accept(c->conn, c->cid, c->psm, c->our_mtu,
                                                        c->peer_mtu));
    }
    uint16_t result = answer ? refusal(answer) : WOAD_L2CAP_OK;
    int err = woad_l2cap_accept(m->host, evt->chan, result, NULL, NULL);
    if (c && (answer || err))
        mpw_chan_free(m, c);
}

static void opened(struct mpw *m, const struct woad_chan_evt *evt)
{
    struct mpw_chan *c = chan_of(m, evt->chan);
    if (!c)
        return;
    note(m, c, evt);
    c->open = true;
    MPW_UP(m, mp_bluetooth_on_l2cap_connect(c->conn, c->cid, c->psm, c->our_mtu, c->peer_mtu));
}

static void closed(struct mpw *m, const struct woad_chan_evt *evt)
{
    struct mpw_chan *c = chan_of(m, evt->chan);
    if (!c) /* one that was refused */
        return;
    int err = evt->u.closed.err;
    bool theirs = c->open; /* what we closed, or what never opened, the host has released */
    uint16_t status = evt->u.closed.result ? evt->u.closed.result : (uint16_t)mpw_errno(err);
    c->open = c->ending = false;
    c->error = err == WOAD_ERR_EOF ? 0 : mpw_errno(err);
    c->closed = theirs;
    c->over = !theirs;
    bool keep = c->attached || (c->closed && woad_l2cap_available(m->host, c->chan));
    if (err == WOAD_ERR_EOF)
        status = 0;
    uint16_t conn = c->conn, cid = c->cid, psm = c->psm;
    if (!keep)
        give_back(m, c);
    MPW_UP(m, mp_bluetooth_on_l2cap_disconnect(conn, cid, psm, status));
}

struct event {
    struct mpw *m;
    const struct woad_chan_evt *evt;
};

static void event_in_vm(void *arg)
{
    const struct event *e = arg;
    struct mpw *m = e->m;
    struct mpw_chan *c = chan_of(m, e->evt->chan);
    switch (e->evt->type) {
    case WOAD_CHAN_ACCEPT: asked(m, e->evt); break;
    case WOAD_CHAN_OPENED: opened(m, e->evt); break;
    case WOAD_CHAN_CLOSED: closed(m, e->evt); break;
    case WOAD_CHAN_SENT:
        if (c)
            sent(m, c, e->evt);
        else
            MPW_FREE(e->evt->u.sent.tag);
        break;
    case WOAD_CHAN_RECEIVED:
        if (c)
            received(m, c);
        break;
    case WOAD_CHAN_WRITABLE:
        if (c)
            (void)gather_send(m, c, false);
        break;
    default: break;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct event e = {arg, evt};
    (void)h;
    mpw_in_vm(event_in_vm, &e);
}

static struct woad_chan_cfg chan_cfg(struct mpw *m, uint16_t psm, uint16_t mtu)
{
    return (struct woad_chan_cfg){.psm = psm, .mtu = mtu, .event = on_event, .arg = m};
}

int mp_bluetooth_l2cap_listen(uint16_t psm, uint16_t mtu)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    struct woad_chan_cfg cfg = chan_cfg(m, psm, mtu);
    mpw_enter();
    int err = woad_l2cap_listen(m->host, &cfg);
    mpw_leave();
    return mpw_errno(err);
}

int mp_bluetooth_l2cap_connect(uint16_t conn_handle, uint16_t psm, uint16_t mtu)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    struct woad_chan_cfg cfg = chan_cfg(m, psm, mtu);
    mpw_enter();
    struct mpw_chan *c = chan_new(m);
    int err = c ? woad_l2cap_connect(m->host, conn_handle, &cfg, &c->chan) : WOAD_ERR_NO_MEM;
    if (c && err)
        mpw_chan_free(m, c);
    if (!err) {
        c->conn = conn_handle;
        c->psm = psm;
    }
    mpw_leave();
    return mpw_errno(err);
}

int mpw_chan_end(struct mpw *m, struct mpw_chan *c, bool flush)
{
    flush = flush && c->open;
    c->ending = flush && gather_send(m, c, true) == WOAD_ERR_AGAIN;
    if (c->ending) /* a SENT comes */
        return 0;
    c->open = false;
    return woad_l2cap_close(m->host, c->chan, flush);
}

/* What was sent before goes out first; a second call cuts that short. */
int mp_bluetooth_l2cap_disconnect(uint16_t conn_handle, uint16_t cid)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    struct mpw_chan *c = mpw_chan_find(m, conn_handle, cid);
    int err = c && !c->closed && !c->over ? mpw_chan_end(m, c, !c->ending) : WOAD_ERR_NOT_CONNECTED;
    mpw_leave();
    return mpw_errno(err);
}
