/* swarm_events.h: what the hosts of a swarm tell their applications, held against what was asked.
 */
#ifndef WOAD_SWARM_EVENTS_H
#define WOAD_SWARM_EVENTS_H

#include "swarm_world.h"

static const uint8_t sw_ltk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void sw_random_op(struct sw_dev *d); /* swarm_test.c */
static void sw_chan_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);

/* ---- links ----------------------------------------------------------------------------------- */

static void sw_connected(struct sw_dev *d, const struct woad_host_evt *evt)
{
    struct swarm *s = d->s;
    SW_CHECK(s, !sw_conn(d, evt->conn), "device %u: handle %u given twice", d->index, evt->conn);
    if (evt->u.connected.role == WOAD_ROLE_CENTRAL)
        sw_end(d, &d->op[SW_CONNECT], false, "CONNECTED as central");
    for (unsigned i = 0; i < SW_CONNS; i++) {
        struct sw_conn *c = &d->conns[i];
        if (c->up)
            continue;
        *c = (struct sw_conn){.up = true, .handle = evt->conn, .role = evt->u.connected.role};
        s->links++;
        return;
    }
    sw_fail(s, "device %u: more links than max_conns", d->index);
}

static void sw_disconnected(struct sw_dev *d, const struct woad_host_evt *evt)
{
    struct swarm *s = d->s;
    struct sw_conn *c = sw_conn(d, evt->conn);
    if (!c) {
        sw_fail(s, "device %u: DISCONNECTED of unknown link %u", d->index, evt->conn);
        return;
    }
    c->op[SW_DISCONNECT].n = 0;
    for (unsigned i = SW_DEV_OPS; i < SW_OPS; i++)
        SW_CHECK(s, !c->op[i].n, "device %u: link %u ended, operation %u did not", d->index,
                 evt->conn, i);
    c->up = false;
    for (unsigned i = 0; i < d->chan_count; i++)
        SW_CHECK(s, d->chans[i].closed || d->chans[i].conn != evt->conn,
                 "device %u: DISCONNECTED before CLOSED of channel %x", d->index,
                 d->chans[i].handle);
}

static void sw_reply_ltk(struct sw_dev *d, struct sw_conn *c)
{
    c->ltk_open = false;
    int err = woad_gap_ltk_reply(d->host, c->handle, sw_chance(d->s, 8) ? NULL : sw_ltk);
    SW_CHECK(d->s,
             err == 0 || err == WOAD_ERR_STATE || err == WOAD_ERR_BUSY ||
                 err == WOAD_ERR_NOT_CONNECTED,
             "device %u: ltk_reply %d", d->index, err);
    if (err == 0)
        sw_begin(d->s, &c->op[SW_LTK]);
    else if (err == WOAD_ERR_BUSY)
        c->ltk_open = true;
}

static void sw_link_event(struct sw_dev *d, const struct woad_host_evt *evt)
{
    struct sw_conn *c = sw_conn(d, evt->conn);
    if (!c) {
        sw_fail(d->s, "device %u: event %u of unknown link %u", d->index, evt->type, evt->conn);
        return;
    }
    switch (evt->type) {
    case WOAD_EVT_CONN_UPDATED: sw_end(d, &c->op[SW_UPDATE], true, "CONN_UPDATED"); break;
    case WOAD_EVT_CONN_UPDATE_REQUEST: *evt->u.update_request.accept = !sw_chance(d->s, 3); break;
    case WOAD_EVT_PHY_UPDATED: sw_end(d, &c->op[SW_PHY], true, "PHY_UPDATED"); break;
    case WOAD_EVT_DATA_LEN: sw_end(d, &c->op[SW_DATA_LEN], true, "DATA_LEN"); break;
    case WOAD_EVT_ENCRYPTION:
        c->op[SW_ENCRYPT].n = c->op[SW_LTK].n = 0; /* one of the two roles is asked */
        break;
    case WOAD_EVT_LTK_REQUEST:
        c->ltk_open = true;
        if (sw_chance(d->s, 2))
            sw_reply_ltk(d, c);
        break;
    case WOAD_EVT_RSSI: sw_end(d, &c->op[SW_RSSI], false, "RSSI"); break;
    case WOAD_EVT_VERSION: sw_end(d, &c->op[SW_VERSION], false, "VERSION"); break;
    case WOAD_EVT_FEATURES: sw_end(d, &c->op[SW_FEATURES], false, "FEATURES"); break;
    default: sw_fail(d->s, "event %u", evt->type);
    }
}

/* ---- the device ------------------------------------------------------------------------------ */

/* Advertising and scanning: started completes start(), and stop() too when it failed. */
static void sw_started(struct sw_dev *d, int err, enum sw_op start, enum sw_op stop, bool *on)
{
    sw_end(d, &d->op[start], false, start == SW_ADV ? "ADV_STARTED" : "SCAN_STARTED");
    *on = err == 0;
    if (err)
        d->op[stop].n = 0;
}

static void sw_stopped(struct sw_dev *d, enum sw_op stop, bool *on)
{
    SW_CHECK(d->s, *on, "device %u: %s without a start", d->index,
             stop == SW_ADV_STOP ? "ADV_STOPPED" : "SCAN_STOPPED");
    *on = false;
    d->op[stop].n = 0;
}

static void sw_off(struct sw_dev *d)
{
    d->ready = false;
    d->off = true;
    sw_end(d, &d->op[SW_STOP], false, "STOPPED");
    d->op[SW_START].n = 0;
    for (unsigned i = SW_ADV_STOP; i < SW_DEV_OPS; i++)
        SW_CHECK(d->s, !d->op[i].n, "device %u: STOPPED, operation %u did not end", d->index, i);
    SW_CHECK(d->s, !d->adv_on && !d->scan_on, "device %u: STOPPED, no ADV_ or SCAN_STOPPED",
             d->index);
}

static void sw_device_event(struct sw_dev *d, const struct woad_host_evt *evt)
{
    switch (evt->type) {
    case WOAD_EVT_READY:
        d->ready = true;
        d->op[SW_START].n = 0;
        break;
    case WOAD_EVT_FAULT:
        d->ready = false;
        d->reopen = sw_chance(d->s, 2);
        sw_begin(d->s, &d->op[SW_START]);
        d->op[SW_START].n = 1;
        break;
    case WOAD_EVT_STOPPED: sw_off(d); break;
    case WOAD_EVT_ADV_REPORT: break;
    case WOAD_EVT_ADV_STARTED:
        sw_started(d, evt->u.done.err, SW_ADV, SW_ADV_STOP, &d->adv_on);
        break;
    case WOAD_EVT_SCAN_STARTED:
        sw_started(d, evt->u.done.err, SW_SCAN, SW_SCAN_STOP, &d->scan_on);
        break;
    case WOAD_EVT_ADV_STOPPED: sw_stopped(d, SW_ADV_STOP, &d->adv_on); break;
    case WOAD_EVT_SCAN_STOPPED: sw_stopped(d, SW_SCAN_STOP, &d->scan_on); break;
    case WOAD_EVT_CONNECT_FAILED: sw_end(d, &d->op[SW_CONNECT], false, "CONNECT_FAILED"); break;
    case WOAD_EVT_LIST_DONE: sw_end(d, &d->op[SW_LIST], false, "LIST_DONE"); break;
    case WOAD_EVT_HCI_COMPLETE: sw_end(d, &d->op[SW_HCI], false, "HCI_COMPLETE"); break;
    case WOAD_EVT_CONNECTED: sw_connected(d, evt); break;
    case WOAD_EVT_DISCONNECTED: sw_disconnected(d, evt); break;
    default: sw_link_event(d, evt);
    }
}

static void sw_inside(struct sw_dev *d)
{
    SW_CHECK(d->s, d->in_run, "device %u: an event outside run()", d->index);
    SW_CHECK(d->s, d->s->depth == 0, "device %u: an event inside an event", d->index);
}

/* Any call is legal inside an event. */
static void sw_op_inside(struct sw_dev *d)
{
    d->s->depth++;
    if (!d->s->quiet && sw_chance(d->s, 6))
        sw_random_op(d);
    d->s->depth--;
}

static void sw_host_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct sw_dev *d = arg;
    (void)h;
    if (evt->type != WOAD_EVT_ADV_REPORT)
        SW_TRACE(d->s, "%u: event %u conn %u err %d hci %02x", d->index, evt->type, evt->conn,
                 evt->u.done.err, evt->u.done.hci);
    sw_inside(d);
    sw_device_event(d, evt);
    sw_op_inside(d);
}

/* ---- channels -------------------------------------------------------------------------------- */

static struct sw_chan *sw_chan_new(struct sw_dev *d, woad_chan handle, uint16_t conn)
{
    struct swarm *s = d->s;
    SW_CHECK(s, !sw_chan(d, handle), "device %u: channel handle %x again", d->index, handle);
    if (d->chan_count == SW_CHANS) {
        sw_fail(s, "device %u: more channels than the test keeps", d->index);
        return NULL;
    }
    struct sw_chan *c = &d->chans[d->chan_count++];
    *c = (struct sw_chan){.d = d, .handle = handle, .conn = conn};
    c->sdu = sw_chance(s, 2);
    c->reader = sw_chance(s, 2) ? 0 : (uint8_t)sw_range(s, 1, 2);
    c->key = sw_next(s);
    return c;
}

static void sw_learn_cids(struct sw_chan *c)
{
    struct woad_chan_info info;
    if (woad_l2cap_info(c->d->host, c->handle, &info) < 0) {
        sw_fail(c->d->s, "device %u: channel %x unknown in its own event", c->d->index, c->handle);
        return;
    }
    c->lcid = info.local_cid;
    c->rcid = info.remote_cid;
}

/* The other end of a channel we asked for: it knew both CIDs before we did. */
static void sw_pair(struct sw_chan *c)
{
    struct swarm *s = c->d->s;
    struct woad_conn_info link;
    if (woad_gap_conn_info(c->d->host, c->conn, &link) < 0)
        return;
    for (unsigned i = 0; i < s->n; i++) {
        struct sw_dev *o = &s->dev[i];
        if (memcmp(o->addr.val, link.peer.val, 6) != 0)
            continue;
        for (unsigned k = o->chan_count; k-- > 0;) {
            struct sw_chan *p = &o->chans[k];
            if (p->acceptor && p->lcid == c->rcid && p->rcid == c->lcid) {
                SW_CHECK(s, !p->peer, "channels cannot be paired");
                p->peer = c;
                c->peer = p;
                return;
            }
        }
    }
    sw_fail(s, "device %u: channel %x has no other end", c->d->index, c->handle);
}

static void sw_decide(struct sw_chan *c)
{
    struct sw_dev *d = c->d;
    uint16_t result = sw_chance(d->s, 6) ? WOAD_L2CAP_NO_RESOURCES : WOAD_L2CAP_OK;
    int err = woad_l2cap_accept(d->host, c->handle, result, sw_chan_event, d);
    SW_CHECK(d->s, err == 0 || err == WOAD_ERR_NOT_CONNECTED, "device %u: accept %d", d->index,
             err);
    c->undecided = false; /* NOT_CONNECTED: it has ended, CLOSED is on its way */
    c->opening = err == 0;
}

static void sw_sent(struct sw_chan *c, const struct woad_chan_evt *evt)
{
    struct swarm *s = c->d->s;
    struct sw_send *out = c->head;
    if (!out || evt->u.sent.tag != out) {
        sw_fail(s, "device %u channel %x: SENT out of order or twice", c->d->index, c->handle);
        return;
    }
    size_t len = evt->u.sent.len;
    SW_CHECK(s, len <= out->len && (evt->u.sent.err || len == out->len),
             "device %u channel %x: SENT %zu of %zu, err %d", c->d->index, c->handle, len, out->len,
             evt->u.sent.err);
    c->spoiled |= evt->u.sent.err != 0;
    c->done += len;
    c->head = out->next;
    if (!c->head)
        c->tail = NULL;
    memset(out->data, 0xdd, out->len); /* it is ours again: nobody may read it any more */
    free(out);
}

static void sw_closed(struct sw_chan *c, const struct woad_chan_evt *evt)
{
    struct sw_dev *d = c->d;
    SW_CHECK(d->s, !c->closed, "device %u channel %x: CLOSED twice", d->index, c->handle);
    SW_CHECK(d->s, !c->head, "device %u channel %x: CLOSED before SENT", d->index, c->handle);
    SW_CHECK(d->s, !c->reconf.n, "device %u channel %x: CLOSED before RECONFIGURED", d->index,
             c->handle);
    c->closed = true;
    c->released = c->closing || !c->open; /* by the event itself */
    c->open = c->opening = c->undecided = c->want_writable = false;
    c->end_err = evt->u.closed.err;
}

static void sw_opened(struct sw_chan *c)
{
    SW_CHECK(c->d->s, c->opening && !c->open, "device %u channel %x: OPENED, not asked for",
             c->d->index, c->handle);
    c->opening = false;
    c->open = true;
    c->opened_at = c->moved_at = woad_sim_now(c->d->s->sim);
    sw_learn_cids(c);
    if (!c->acceptor)
        sw_pair(c);
    c->d->s->channels++;
}

static void sw_read(struct sw_chan *c, size_t most);

static void sw_chan_switch(struct sw_chan *c, const struct woad_chan_evt *evt)
{
    struct swarm *s = c->d->s;
    SW_CHECK(s, !c->closed, "device %u channel %x: event %u after CLOSED", c->d->index, c->handle,
             evt->type);
    switch (evt->type) {
    case WOAD_CHAN_OPENED: sw_opened(c); break;
    case WOAD_CHAN_CLOSED: sw_closed(c, evt); break;
    case WOAD_CHAN_SENT: sw_sent(c, evt); break;
    case WOAD_CHAN_WRITABLE:
        SW_CHECK(s, c->want_writable, "device %u channel %x: WRITABLE, nobody was refused",
                 c->d->index, c->handle);
        c->want_writable = false;
        break;
    case WOAD_CHAN_RECEIVED:
        if (c->reader == 0)
            sw_read(c, SIZE_MAX);
        break;
    case WOAD_CHAN_RECONFIGURED: sw_end(c->d, &c->reconf, true, "RECONFIGURED"); break;
    default: sw_fail(s, "channel event %u", evt->type);
    }
}

static void sw_chan_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct sw_dev *d = arg;
    struct sw_chan *c = sw_chan(d, evt->chan);
    (void)h;
    SW_TRACE(d->s, "%u: channel %x event %u conn %u (%d %zu)", d->index, evt->chan, evt->type,
             evt->conn, evt->type == WOAD_CHAN_CLOSED ? evt->u.closed.err : 0,
             evt->type == WOAD_CHAN_SENT ? evt->u.sent.len : 0);
    sw_inside(d);
    if (evt->type == WOAD_CHAN_ACCEPT) {
        c = sw_chan_new(d, evt->chan, evt->conn);
        if (!c)
            return;
        c->acceptor = c->undecided = true;
        sw_learn_cids(c);
        if (!sw_chance(d->s, 4))
            sw_decide(c);
    } else if (c) {
        sw_chan_switch(c, evt);
    } else if (evt->type != WOAD_CHAN_CLOSED) { /* the end of one that was never shown */
        sw_fail(d->s, "device %u: event %u of unknown channel %x", d->index, evt->type, evt->chan);
    }
    sw_op_inside(d);
}

/* ---- data ------------------------------------------------------------------------------------ */

static void sw_check_octets(struct sw_chan *c, const uint8_t *from, size_t len)
{
    struct swarm *s = c->d->s;
    const struct sw_chan *p = c->peer;
    if (!p || c->received + len > p->accepted) {
        sw_fail(s, "device %u channel %x: received %llu + %zu octets, %llu were sent", c->d->index,
                c->handle, (unsigned long long)c->received, len,
                (unsigned long long)(p ? p->accepted : 0));
        return;
    }
    for (size_t i = 0; i < len; i++)
        if (from[i] != sw_octet(p->key, c->received + i)) {
            sw_fail(s, "device %u channel %x: octet %llu is wrong", c->d->index, c->handle,
                    (unsigned long long)(c->received + i));
            return;
        }
    c->received += len;
    s->octets += len;
}

/* A reader that meets an orderly end has everything, if the sender meant to send everything. */
static void sw_check_end(struct sw_chan *c, long err)
{
    const struct sw_chan *p = c->peer;
    c->ended = true;
    if (err == WOAD_ERR_EOF && p && p->flush && !p->spoiled && !c->closing)
        SW_CHECK(c->d->s, c->received == p->accepted,
                 "device %u channel %x: the end after %llu of %llu octets", c->d->index, c->handle,
                 (unsigned long long)c->received, (unsigned long long)p->accepted);
}

static void sw_read(struct sw_chan *c, size_t most)
{
    static const size_t sizes[] = {1, 7, 100, 1000, SW_BUF};
    uint8_t buf[SW_BUF];
    struct sw_dev *d = c->d;
    if (c->ended || c->released || c->closing)
        return;
    while (most && !d->s->failed) {
        size_t size = sizes[sw_below(d->s, 5)];
        bool more;
        long n = c->peer && c->peer->sdu ? woad_l2cap_recv(d->host, c->handle, buf, size, &more)
                                         : woad_l2cap_read(d->host, c->handle, buf, size);
        if (n < 0) {
            if (n != WOAD_ERR_AGAIN)
                sw_check_end(c, n);
            return;
        }
        sw_check_octets(c, buf, (size_t)n);
        most -= most < (size_t)n ? most : (size_t)n;
        if (n == 0 && c->peer && !c->peer->sdu)
            sw_fail(d->s, "device %u channel %x: read() gave 0", d->index, c->handle);
    }
}

#endif
