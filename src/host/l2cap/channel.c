/* The life of a credit-based channel, and its events.
 *
 *     ACCEPTING -> ANSWERING -> OPEN -> FLUSHING -> CLOSING -> ENDED -> DEAD -> FREE
 *     CONNECTING ------------->
 *
 * ENDED can be reached from everywhere (peer, link, fault); it lasts until the memory of all sends
 * is back and CLOSED was told. DEAD keeps unread data until release(). */
#include <string.h>

#include "l2cap_priv.h"

static void rtx_due(struct woad_timer *t)
{
    struct host_chan *chan = HOST_OWNER(t, struct host_chan, rtx.t);
    if (chan->state == HOST_CHAN_CONNECTING)
        woad_l2cap_end(chan, WOAD_ERR_TIMEOUT, 0);
    else if (chan->state == HOST_CHAN_CLOSING)
        woad_l2cap_end(chan, chan->end_err, 0);
    else if (chan->reconfiguring)
        woad_l2cap_reconfigure_end(chan, WOAD_ERR_TIMEOUT, 0);
}

static const struct host_channel_ops ops;

int woad_l2cap_join(struct woad_host *h)
{
    woad_host_enter(h);
    if (h->channels)
        return 0;
    if (h->cfg.no_chans)
        return WOAD_ERR_UNSUPPORTED;
    h->channels = &ops;
    h->chan_count = h->cfg.max_chans;
    while ((1u << h->chan_bits) < h->chan_count)
        h->chan_bits++;
    for (uint16_t i = 0; i < h->cfg.max_psms; i++)
        h->psms[i].used = false;
    for (uint16_t i = 0; i < h->chan_count; i++) {
        struct host_chan *chan = &h->chans[i];
        memset(chan, 0, sizeof(*chan));
        chan->h = h;
        chan->handle = i; /* generation 0: no channel yet */
        chan->ring.mem = h->rings + (size_t)i * h->ring_size;
        chan->ring.size = h->ring_size;
    }
    woad_l2cap_send_init(h);
    return 0;
}

static uint16_t index_of(const struct host_chan *chan)
{
    return (uint16_t)(chan - chan->h->chans);
}

/* Local CIDs follow from the place in the table; with more than 64 channels a CID stands for
 * several places, of which one belongs to this link. */
struct host_chan *woad_l2cap_by_lcid(struct host_link *link, uint16_t cid)
{
    struct woad_host *h = link->h;
    if (!woad_l2cap_cid_valid(cid))
        return NULL;
    for (uint32_t i = cid - L2CAP_CID_FIRST; i < h->chan_count; i += L2CAP_CID_COUNT)
        if (h->chans[i].link == link && woad_l2cap_alive(&h->chans[i]))
            return &h->chans[i];
    return NULL;
}

struct host_chan *woad_l2cap_by_rcid(struct host_link *link, uint16_t cid)
{
    for (struct host_chan *chan = link->chans; chan; chan = chan->link_next)
        if (chan->rcid == cid && woad_l2cap_alive(chan))
            return chan;
    return NULL;
}

static bool lcid_free(struct host_link *link, uint16_t cid)
{
    struct host_chan *chan;
    for (chan = link->chans; chan && chan->lcid != cid;)
        chan = chan->link_next;
    return !chan;
}

static struct host_chan *find_free(struct host_link *link)
{
    struct woad_host *h = link->h;
    for (uint16_t i = 0; i < h->chan_count; i++)
        if (h->chans[i].state == HOST_CHAN_FREE &&
            lcid_free(link, (uint16_t)(L2CAP_CID_FIRST + i % L2CAP_CID_COUNT)))
            return &h->chans[i];
    return NULL;
}

/* Clears a place in the table; only what names it stays. */
static void renew(struct host_chan *chan)
{
    struct woad_host *h = chan->h;
    woad_chan handle = chan->handle + (UINT32_C(1) << h->chan_bits);
    struct host_ring ring = chan->ring;
    if (handle >> h->chan_bits == 0) /* generation 0 stays unused: a handle is never 0 */
        handle += UINT32_C(1) << h->chan_bits;
    memset(chan, 0, sizeof(*chan));
    chan->h = h;
    chan->handle = handle;
    chan->ring = ring;
    woad_rxring_reset(&chan->ring);
    woad_host_timer_init(h, &chan->rtx, rtx_due);
}

struct host_chan *woad_l2cap_new(struct host_link *link, const struct woad_chan_cfg *cfg,
                                 bool enhanced, int *err)
{
    struct host_chan *chan = find_free(link);
    *err = WOAD_ERR_NO_MEM;
    if (!chan)
        return NULL;
    renew(chan);
    chan->enhanced = enhanced;
    *err = woad_l2cap_rx_setup(chan, cfg);
    if (*err)
        return NULL;
    chan->link = link;
    chan->link_next = link->chans;
    link->chans = chan;
    chan->lcid = (uint16_t)(L2CAP_CID_FIRST + index_of(chan) % L2CAP_CID_COUNT);
    chan->psm = cfg->psm;
    chan->event = cfg->event;
    chan->arg = cfg->arg;
    chan->group_n = 1;
    chan->rx_armed = true;
    chan->released = true; /* until it is open */
    return chan;
}

void woad_l2cap_dirty(struct host_chan *chan)
{
    struct woad_host *h = chan->h;
    if (chan->dirty)
        return;
    chan->dirty = true;
    chan->dirty_next = NULL;
    if (h->dirty_chans_tail)
        h->dirty_chans_tail->dirty_next = chan;
    else
        h->dirty_chans_head = chan;
    h->dirty_chans_tail = chan;
    woad_host_kick(h);
}

void woad_l2cap_event(struct host_chan *chan, uint8_t evt)
{
    chan->evts |= evt;
    woad_l2cap_dirty(chan);
}

void woad_l2cap_opened(struct host_chan *chan)
{
    woad_host_timer_stop(&chan->rtx);
    chan->ident = 0;
    chan->state = HOST_CHAN_OPEN;
    chan->was_open = true;
    if (chan->abort) {
        woad_l2cap_begin_close(chan, 0);
        return;
    }
    chan->released = false;
    woad_l2cap_send_open(chan);
    woad_l2cap_event(chan, HOST_CHAN_EVT_OPENED);
}

void woad_l2cap_begin_close(struct host_chan *chan, int err)
{
    if (chan->state == HOST_CHAN_CLOSING || !woad_l2cap_alive(chan))
        return;
    chan->state = HOST_CHAN_CLOSING;
    chan->end_err = (int8_t)err;
    woad_l2cap_rx_forget(chan->link, chan);
    woad_l2cap_kframe_abort(chan);
    woad_l2cap_send_close(chan, err ? err : WOAD_ERR_CANCELLED);
    if (chan->reconfiguring)
        woad_l2cap_reconfigure_end(chan, WOAD_ERR_NOT_CONNECTED, 0);
    chan->sig &= (uint8_t)~HOST_SIG_CREDITS;
    chan->ident = woad_l2cap_next_ident(chan->link);
    woad_l2cap_want_sig(chan, HOST_SIG_DISCONNECT);
    woad_host_timer_after(&chan->rtx, L2CAP_RTX_US);
}

void woad_l2cap_end(struct host_chan *chan, int err, uint16_t result)
{
    if (!woad_l2cap_alive(chan))
        return;
    chan->state = HOST_CHAN_ENDED;
    chan->end_err = (int8_t)err;
    chan->end_result = result;
    if (chan->reconfiguring)
        woad_l2cap_reconfigure_end(chan, WOAD_ERR_NOT_CONNECTED, 0);
    chan->sig = 0; /* its place in the link's queue is left by the builder */
    chan->evts &= (uint8_t) ~(HOST_CHAN_EVT_ACCEPT | HOST_CHAN_EVT_WRITABLE);
    woad_host_timer_stop(&chan->rtx);
    woad_l2cap_rx_forget(chan->link, chan);
    woad_l2cap_kframe_abort(chan);
    woad_l2cap_send_close(chan, err ? err : WOAD_ERR_CANCELLED);
    woad_l2cap_dirty(chan);
}

static void link_down(struct host_link *link, int err)
{
    link->tx_chan = NULL;
    link->tx_left = 0;
    link->sig.head = link->sig.tail = NULL;
    link->ready.head = link->ready.tail = NULL;
    if (link->h->late && link->h->late->link == link) {
        link->h->late->link = NULL;
        woad_host_timer_stop(&link->h->late->timer);
    }
    for (struct host_chan *chan = link->chans; chan; chan = chan->link_next) {
        chan->sig_queued = chan->tx_queued = false;
        /* A channel that we were closing has got what we wanted. */
        bool closing = chan->state == HOST_CHAN_CLOSING || chan->state == HOST_CHAN_FLUSHING;
        woad_l2cap_end(chan, closing ? chan->end_err : err, 0);
        /* what an ended one still had to cut goes nowhere */
        woad_l2cap_send_close(chan, err);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(struct woad_host *h, struct host_chan *chan, struct woad_chan_evt *evt)
{
    evt->conn = chan->link ? chan->link->handle : WOAD_CONN_NONE;
    evt->chan = chan->handle;
    woad_host_call_begin(h);
    chan->event(chan->arg, h, evt);
    woad_host_call_end(h);
}

/* A call of the application's is completed. */
static void op_end(struct woad_host *h, bool *op)
{
    h->ops_pending = (uint16_t)(h->ops_pending - *op);
    *op = false;
}

static void tell_params(struct woad_host *h, struct host_chan *chan, uint8_t type)
{
    if (type == WOAD_CHAN_OPENED)
        op_end(h, &chan->open_op);
    else if (type == WOAD_CHAN_RECONFIGURED &&
             !chan->reconfiguring) /* else: the peer's, told late */
        op_end(h, &chan->reconf_op);
    struct woad_chan_evt evt = {.type = type,
                                .u.opened = {.psm = chan->psm,
                                             .our_mtu = chan->our_mtu,
                                             .our_mps = chan->our_mps,
                                             .peer_mtu = chan->peer_mtu,
                                             .peer_mps = chan->peer_mps,
                                             .err = chan->reconf_err,
                                             .result = chan->reconf_result}};
    tell(h, chan, &evt);
}

bool woad_l2cap_tell_sent(struct woad_host *h, struct host_chan *chan)
{
    struct host_send *s = chan->tx_head;
    if (!s || s == chan->tx_cur || s->frags)
        return false;
    struct woad_chan_evt evt = {.type = WOAD_CHAN_SENT,
                                .u.sent = {.tag = s->tag, .err = s->err, .len = s->cut}};
    woad_l2cap_send_free(chan);
    tell(h, chan, &evt);
    return true;
}

static void unlink_chan(struct host_chan *chan)
{
    struct host_link *link = chan->link;
    struct host_chan **at = &link->chans;
    while (*at != chan)
        at = &(*at)->link_next;
    *at = chan->link_next;
    woad_l2cap_sig_unqueue(chan);
    chan->link = NULL;
    woad_host_link_dirty(link);
}

static void tell_closed(struct woad_host *h, struct host_chan *chan)
{
    struct woad_chan_evt evt = {.type = WOAD_CHAN_CLOSED,
                                .u.closed = {.err = chan->end_err, .result = chan->end_result}};
    evt.conn = chan->link->handle;
    evt.chan = chan->handle;
    unlink_chan(chan);
    op_end(h, &chan->open_op);
    op_end(h, &chan->close_op);
    chan->state = HOST_CHAN_DEAD;
    woad_chan_event_fn *event = chan->event;
    void *arg = chan->arg;
    if (chan->released)
        chan->state = HOST_CHAN_FREE;
    woad_host_call_begin(h);
    event(arg, h, &evt);
    woad_host_call_end(h);
}

static void tell_received(struct woad_host *h, struct host_chan *chan)
{
    struct woad_chan_evt evt = {.type = WOAD_CHAN_RECEIVED,
                                .u.received.available = chan->available};
    chan->evts &= (uint8_t)~HOST_CHAN_EVT_RECEIVED;
    tell(h, chan, &evt);
}

/* The flag events of a channel, in the order in which they make sense. */
static void tell_flag(struct woad_host *h, struct host_chan *chan)
{
    static const struct {
        uint8_t flag;
        uint8_t type;
    } order[] = {
        {HOST_CHAN_EVT_ACCEPT, WOAD_CHAN_ACCEPT},
        {HOST_CHAN_EVT_OPENED, WOAD_CHAN_OPENED},
        {HOST_CHAN_EVT_RECEIVED, WOAD_CHAN_RECEIVED},
        {HOST_CHAN_EVT_RECONFIGURED, WOAD_CHAN_RECONFIGURED},
        {HOST_CHAN_EVT_WRITABLE, WOAD_CHAN_WRITABLE},
    };
    size_t i = 0;
    if (chan->evts == HOST_CHAN_EVT_RECEIVED) { /* by far the most frequent */
        tell_received(h, chan);
        return;
    }
    while (!(chan->evts & order[i].flag))
        i++;
    if (order[i].flag == HOST_CHAN_EVT_RECEIVED) {
        tell_received(h, chan);
        return;
    }
    chan->evts &= (uint8_t)~order[i].flag;
    tell_params(h, chan, order[i].type);
}

static unsigned serve_one(struct woad_host *h, struct host_chan *chan, unsigned budget)
{
    unsigned used = 0;
    bool more = true;
    woad_chan handle = chan->handle;
    while (more && used < budget) {
        used++;
        if (chan->evts)
            tell_flag(h, chan);
        else
            more = chan->tx_head && woad_l2cap_tell_sent(h, chan);
        if (chan->handle != handle || chan->state == HOST_CHAN_FREE)
            return used;
    }
    if (more) { /* perhaps; next turn */
        woad_l2cap_dirty(chan);
        return used;
    }
    if (chan->state == HOST_CHAN_ENDED && !chan->tx_head)
        tell_closed(h, chan);
    return used;
}

static struct host_chan *next_dirty(struct woad_host *h)
{
    struct host_chan *chan = h->dirty_chans_head;
    if (!chan)
        return NULL;
    h->dirty_chans_head = chan->dirty_next;
    if (!h->dirty_chans_head)
        h->dirty_chans_tail = NULL;
    chan->dirty = false;
    return chan;
}

static unsigned serve(struct woad_host *h, unsigned budget)
{
    unsigned used = 0;
    struct host_chan *chan;
    while (used < budget && (chan = next_dirty(h)))
        used += serve_one(h, chan, budget - used);
    return used;
}

static const struct host_channel_ops ops = {
    .commands = woad_l2cap_chan_commands,
    .command_count = L2CAP_CHAN_COMMANDS,
    .asked = woad_l2cap_asked,
    .rejected = woad_l2cap_rejected,
    .build = woad_l2cap_chan_build,
    .fragment = woad_l2cap_fragment,
    .rx_route = woad_l2cap_rx_route,
    .rx_feed = woad_l2cap_kframe_feed,
    .rx_lost = woad_l2cap_kframe_lost,
    .link_down = link_down,
    .serve = serve,
};
