/* Sending: SDUs and streams into K-frames into ACL fragments, on demand and without a copy
 * [Vol 3, Part A, 3.4, 7.3, 10.1].
 *
 * Each accepted call is a struct host_send in the queue of its channel and keeps pointing at the
 * caller's memory. When the transport asks for a packet, the next fragment of the K-frame under way
 * is cut: headers in the buffer, payload lent. A fragment counts itself on every send it points
 * into; when the last fragment of a send has been released, SENT is due. Only where a fragment
 * spans several small writes are all but the last of them copied.
 *
 * K-frames are cut so that they fill link-layer PDUs: 251 n - 4 octets of the peer's MPS. As
 * nothing else goes over the link before a K-frame has ended [Vol 3, Part A, 7.2.1], one that has
 * credits to spare is not longer than TURN_PDUS of them. */
#include <string.h>

#include "l2cap_priv.h"

#define TURN_PDUS     32
#define CREDITS_SPARE 4 /* with fewer, each is used in full */

static void released(void *arg, struct woad_buf *buf)
{
    struct woad_host *h = arg;
    struct host_send *s = buf->user;
    for (uint8_t n = buf->flags; n > 0; n--) {
        struct host_send *next = s->next;
        if (--s->frags == 0)
            woad_l2cap_dirty(s->chan);
        s = next;
    }
    if (h->tx_head) /* transmission may have waited for this buffer */
        woad_host_kick(h);
}

void woad_l2cap_send_init(struct woad_host *h)
{
    h->send_free = NULL;
    for (uint16_t i = h->cfg.max_sends; i-- > 0;) {
        h->sends[i].next = h->send_free;
        h->send_free = &h->sends[i];
    }
    h->send_free_count = h->cfg.max_sends;
    h->send_sure = h->cfg.max_sends / h->chan_count;
    h->acl_pool.released = released;
}

/* ---- the share of sends ---------------------------------------------------------------------- */

void woad_l2cap_send_open(struct host_chan *chan)
{
    chan->counted = true;
    chan->h->send_owed += chan->h->send_sure;
}

static void uncount(struct host_chan *chan)
{
    if (chan->counted && chan->tx_count < chan->h->send_sure)
        chan->h->send_owed -= (uint32_t)(chan->h->send_sure - chan->tx_count);
    chan->counted = false;
}

static bool may_take(const struct host_chan *chan)
{
    const struct woad_host *h = chan->h;
    return h->send_free && (chan->tx_count < h->send_sure || h->send_free_count > h->send_owed);
}

static struct host_send *take_send(struct host_chan *chan)
{
    struct woad_host *h = chan->h;
    struct host_send *s = h->send_free;
    h->send_free = s->next;
    h->send_free_count--;
    if (chan->tx_count < h->send_sure)
        h->send_owed--;
    chan->tx_count++;
    return s;
}

/* Somebody was refused: who can go on now? */
static void tell_writable(struct woad_host *h)
{
    for (uint16_t i = 0; i < h->chan_count && h->writable_wanted; i++) {
        struct host_chan *chan = &h->chans[i];
        if (!chan->want_writable || chan->state != HOST_CHAN_OPEN || !may_take(chan))
            continue;
        chan->want_writable = false;
        h->writable_wanted--;
        woad_l2cap_event(chan, HOST_CHAN_EVT_WRITABLE);
    }
}

void woad_l2cap_send_free(struct host_chan *chan)
{
    struct woad_host *h = chan->h;
    struct host_send *s = chan->tx_head;
    chan->tx_head = s->next;
    if (!chan->tx_head)
        chan->tx_tail = NULL;
    s->next = h->send_free;
    h->send_free = s;
    h->send_free_count++;
    chan->tx_count--;
    if (chan->counted && chan->tx_count < h->send_sure)
        h->send_owed++;
    h->ops_pending--;
    if (h->writable_wanted)
        tell_writable(h);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static bool can_send(const struct host_chan *chan)
{
    return chan->tx_cur && chan->tx_credits &&
           (chan->state == HOST_CHAN_OPEN || chan->state == HOST_CHAN_FLUSHING);
}

void woad_l2cap_send_ready(struct host_chan *chan)
{
    struct host_link *link = chan->link;
    if (chan->tx_queued || !link || link->tx_chan == chan || !can_send(chan))
        return;
    chan->tx_queued = true;
    chan->tx_next = NULL;
    if (link->ready.tail)
        link->ready.tail->tx_next = chan;
    else
        link->ready.head = chan;
    link->ready.tail = chan;
    woad_host_link_tx_queue(link);
}

static void unqueue(struct host_chan *chan)
{
    struct host_link *link = chan->link;
    if (!chan->tx_queued)
        return;
    struct host_chan *before = NULL;
    for (struct host_chan *c = link->ready.head; c && c != chan; c = c->tx_next)
        before = c;
    if (before)
        before->tx_next = chan->tx_next;
    else
        link->ready.head = chan->tx_next;
    if (link->ready.tail == chan)
        link->ready.tail = before;
    chan->tx_queued = false;
}

void woad_l2cap_send_close(struct host_chan *chan, int err)
{
    struct woad_host *h = chan->h;
    uncount(chan);
    unqueue(chan);
    if (chan->want_writable) {
        chan->want_writable = false;
        h->writable_wanted--;
    }
    /* A K-frame of which a part is out must be finished: the peer counts its octets. */
    size_t keep = chan->link && chan->link->tx_chan == chan ? chan->link->tx_left : 0;
    for (struct host_send *s = chan->tx_cur; s; s = s->next) {
        size_t rest = s->len - s->cut;
        if (rest > keep || keep == 0) {
            s->len = s->cut + keep;
            s->err = (int8_t)err;
            rest = keep;
        }
        keep -= rest;
    }
    while (chan->tx_cur && chan->tx_cur->cut == chan->tx_cur->len)
        chan->tx_cur = chan->tx_cur->next;
    if (chan->tx_head && chan->tx_head != chan->tx_cur)
        woad_l2cap_dirty(chan);
}

static int enqueue(struct woad_host *h, woad_chan handle, const void *data, size_t len, void *tag,
                   bool sdu)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (!chan || chan->state > HOST_CHAN_OPEN)
        return WOAD_ERR_NOT_CONNECTED;
    if (chan->state != HOST_CHAN_OPEN)
        return WOAD_ERR_STATE;
    if (sdu && len > chan->peer_mtu)
        return WOAD_ERR_TOO_LONG;
    if ((len && !data) || (!len && !sdu))
        return WOAD_ERR_INVALID;
    if (!may_take(chan)) {
        h->writable_wanted = (uint16_t)(h->writable_wanted + !chan->want_writable);
        chan->want_writable = true;
        return WOAD_ERR_AGAIN;
    }
    struct host_send *s = take_send(chan);
    *s = (struct host_send){.chan = chan, .data = data, .len = len, .tag = tag, .sdu = sdu};
    if (chan->tx_tail)
        chan->tx_tail->next = s;
    else
        chan->tx_head = s;
    chan->tx_tail = s;
    if (!chan->tx_cur)
        chan->tx_cur = s;
    h->ops_pending++;
    woad_l2cap_send_ready(chan);
    return 0;
}

int woad_l2cap_send(struct woad_host *h, woad_chan chan, const void *sdu, size_t len, void *tag)
{
    return enqueue(h, chan, sdu, len, tag, true);
}

int woad_l2cap_write(struct woad_host *h, woad_chan chan, const void *data, size_t len, void *tag)
{
    return enqueue(h, chan, data, len, tag, false);
}

/* ---- K-frames -------------------------------------------------------------------------------- */

/* The largest K-frame payload within the peer's MPS that ends with a full link-layer PDU. */
static void choose_kframe(struct host_chan *chan)
{
    uint32_t pdu = chan->link->pdu;
    uint32_t whole = chan->peer_mps + (uint32_t)L2CAP_HDR_LEN;
    chan->kframe_pdu = (uint16_t)pdu;
    chan->kframe = chan->peer_mps;
    if (whole >= pdu && pdu > L2CAP_HDR_LEN + L2CAP_SDU_HDR)
        chan->kframe = (uint16_t)(whole / pdu * pdu - L2CAP_HDR_LEN);
}

/* The length of the next SDU: the message, or all of the stream that is there. When there is more
 * than the peer's MTU, as much as fills whole K-frames. */
static uint32_t choose_sdu(const struct host_chan *chan)
{
    const struct host_send *s = chan->tx_cur;
    uint32_t mtu = chan->peer_mtu;
    size_t total = 0;
    if (s->sdu)
        return (uint32_t)s->len;
    for (; s && !s->sdu && total <= mtu; s = s->next)
        total += s->len - s->cut > mtu ? (size_t)mtu + 1 : s->len - s->cut;
    if (total <= mtu)
        return (uint32_t)total;
    uint32_t frames = (mtu + L2CAP_SDU_HDR) / chan->kframe;
    return frames ? frames * chan->kframe - L2CAP_SDU_HDR : mtu;
}

/* Begins the next K-frame of chan; writes its header to the empty buffer. */
static void begin_kframe(struct host_link *link, struct host_chan *chan, struct woad_buf *buf)
{
    if (chan->kframe_pdu != link->pdu)
        choose_kframe(chan);
    bool first = chan->sdu_left == 0;
    uint32_t sdu = 0;
    uint32_t room = chan->kframe;
    uint32_t turn = (uint32_t)TURN_PDUS * link->pdu - L2CAP_HDR_LEN;
    if (room > turn && chan->tx_credits > CREDITS_SPARE)
        room = turn;
    if (first) {
        chan->sdu_left = sdu = choose_sdu(chan);
        room -= L2CAP_SDU_HDR;
    }
    uint32_t data = chan->sdu_left < room ? chan->sdu_left : room;
    chan->sdu_left -= data;
    chan->tx_credits--;
    link->tx_chan = chan;
    link->tx_left = data;
    uint8_t *p = woad_buf_put(buf, first ? L2CAP_HDR_LEN + L2CAP_SDU_HDR : L2CAP_HDR_LEN);
    woad_put_u16(p, (uint16_t)(data + (first ? L2CAP_SDU_HDR : 0)));
    woad_put_u16(p + 2, chan->rcid);
    if (first)
        woad_put_u16(p + 4, (uint16_t)sdu);
}

/* Moves up to n octets of the queue into the fragment; returns how many fitted. */
static uint32_t fill(struct host_chan *chan, struct woad_buf *buf, uint32_t n)
{
    uint32_t left = n;
    buf->user = chan->tx_cur;
    do {
        struct host_send *s = chan->tx_cur;
        size_t rest = s->len - s->cut;
        uint32_t take = rest < left ? (uint32_t)rest : left;
        bool last = take == left || take > woad_buf_tailroom(buf) || buf->flags == UINT8_MAX - 1;
        const uint8_t *from = s->data + s->cut;
        if (last && take)
            woad_buf_lend(buf, from, (uint16_t)take, NULL);
        else if (take)
            memcpy(woad_buf_put(buf, (uint16_t)take), from, take);
        s->cut += take;
        s->frags++;
        buf->flags++;
        left -= take;
        if (s->cut == s->len)
            chan->tx_cur = s->next;
        if (last)
            break;
    } while (left);
    return n - left;
}

static void kframe_cut(struct host_link *link, struct host_chan *chan)
{
    link->tx_chan = NULL;
    if (chan->state > HOST_CHAN_FLUSHING) { /* the rest of the queue was given up meanwhile */
        chan->tx_cur = NULL;
        woad_l2cap_dirty(chan);
    } else if (chan->state == HOST_CHAN_FLUSHING && !chan->tx_cur) {
        woad_l2cap_begin_close(chan, 0);
    } else {
        woad_l2cap_send_ready(chan);
    }
}

/* A channel adds no more to what its link has at the controller than two connection events can
 * carry: that cannot be overtaken, and with short PDUs a value or a pairing would wait for many
 * events behind a channel's data.
 * One of 27 octets takes 676 us on 1M with the empty packet that answers it and two inter frame
 * spaces, longer ones more [Vol 6, Part B, 2.1, 4.1.1]. */
static bool may_send(const struct host_link *link)
{
    uint32_t pdus = 2 * 1250u * link->interval_1250us / 700;
    return link->octets_out <= pdus * link->pdu;
}

struct woad_buf *woad_l2cap_fragment(struct woad_host *h, struct host_link *link)
{
    if (!may_send(link))
        return NULL;
    link->att_turn = true;
    struct woad_buf *buf = woad_buf_alloc(&h->acl_pool, 1 + WOAD_HCI_ACL_HDR_LEN);
    if (!buf)
        return NULL;
    uint16_t pb = WOAD_HCI_ACL_CONTINUE;
    if (!link->tx_chan) {
        struct host_chan *next = link->ready.head;
        link->ready.head = next->tx_next;
        if (!link->ready.head)
            link->ready.tail = NULL;
        next->tx_queued = false;
        begin_kframe(link, next, buf);
        pb = WOAD_HCI_ACL_FIRST;
    }
    struct host_chan *chan = link->tx_chan;
    uint32_t room = (uint32_t)(link->acl_frag - buf->len);
    link->tx_left -= fill(chan, buf, link->tx_left < room ? link->tx_left : room);
    uint16_t len = (uint16_t)woad_buf_total(buf);
    uint8_t *p = woad_buf_push(buf, WOAD_HCI_ACL_HDR_LEN);
    woad_put_u16(p, (uint16_t)(link->handle | pb));
    woad_put_u16(p + 2, len);
    if (!link->tx_left)
        kframe_cut(link, chan);
    return buf;
}
