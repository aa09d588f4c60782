/* Receiving: K-frames into the ring, SDUs and the stream out of it, and credits
 * [Vol 3, Part A, 3.4.3, 10.1].
 *
 * A credit is given only for ring memory of a whole MPS, counting what is outstanding, so a K-frame
 * that came on a credit always fits. Short K-frames use less than was kept for them; the rest is
 * given out again at once, not only when the reader has been there. */
#include "l2cap_priv.h"

/* ---- window ---------------------------------------------------------------------------------- */

/* The largest MPS of full link-layer PDUs of which two fit into the ring. */
static uint16_t default_mps(const struct woad_host *h)
{
    uint32_t fits = h->ring_size / 2 - woad_l2cap_rec_size(0);
    uint32_t mps = h->cfg.mps;
    if (mps > fits)
        mps = fits >= 247 ? (fits + 4) / 251 * 251 - 4 : fits;
    return (uint16_t)mps;
}

int woad_l2cap_rx_setup(struct host_chan *chan, const struct woad_chan_cfg *cfg)
{
    uint32_t least = chan->enhanced ? L2CAP_MIN_MTU_ECRED : L2CAP_MIN_MTU;
    uint32_t mps = cfg->mps ? cfg->mps : default_mps(chan->h);
    if (mps < least && !cfg->mps)
        mps = least;
    if (mps < least || mps > 65533 || woad_l2cap_rec_size(mps) > chan->ring.size)
        return WOAD_ERR_INVALID;
    chan->our_mps = (uint16_t)mps;
    chan->rec = woad_l2cap_rec_size(mps);
    uint32_t window = chan->ring.size / chan->rec;
    chan->window_max = cfg->credits;
    if (cfg->credits && cfg->credits < window)
        window = cfg->credits;
    chan->window = (uint16_t)(window < 65535 ? window : 65535);
    uint32_t mtu = cfg->mtu;
    if (!mtu) {
        mtu = (chan->window > 1 ? chan->window / 2u : 1u) * mps - L2CAP_SDU_HDR;
        mtu = mtu < least ? least : mtu > 65535 ? 65535 : mtu;
    }
    chan->our_mtu = (uint16_t)mtu;
    return mtu < least ? WOAD_ERR_INVALID : 0;
}

/* Credits for which there is memory, beyond those given and kept. */
static uint32_t memory_for(const struct host_chan *chan)
{
    uint32_t have = chan->rx_credits + (uint32_t)chan->grant;
    return (chan->ring.size - chan->ring.used - have * chan->rec) / chan->rec;
}

/* Tops the peer's credits up when a quarter of the window can be given, or as many as it has. */
static void top_up(struct host_chan *chan)
{
    uint32_t have = chan->rx_credits + (uint32_t)chan->grant;
    if (chan->state != HOST_CHAN_OPEN || have >= chan->window)
        return;
    uint32_t give = chan->window - have;
    uint32_t quarter = chan->window / 4u;
    if (give < quarter && give < have)
        return;
    if (chan->ring.used + (have + give) * chan->rec > chan->ring.size)
        give = memory_for(chan);
    if (give == 0 || (give < quarter && give < have))
        return;
    chan->grant = (uint16_t)(chan->grant + give);
    woad_l2cap_want_sig(chan, HOST_SIG_CREDITS);
}

uint16_t woad_l2cap_take_grant(struct host_chan *chan)
{
    uint16_t grant = chan->grant;
    chan->grant = 0;
    chan->rx_credits = (uint16_t)(chan->rx_credits + grant);
    chan->granted += grant;
    return grant;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* The SDU being received cannot be completed before some of it is read. */
static bool stuck(const struct host_chan *chan)
{
    return chan->frames && !chan->rx_credits && !chan->grant && memory_for(chan) == 0;
}

static bool readable(const struct host_chan *chan)
{
    return chan->frames && (!chan->rx_whole || chan->sdus || stuck(chan));
}

/* False: nothing more of it is taken. */
static bool begin(struct host_chan *chan, uint16_t len, bool first, uint16_t sdu_len)
{
    uint16_t data = (uint16_t)(first ? len - L2CAP_SDU_HDR : len);
    if (chan->state != HOST_CHAN_OPEN) { /* late data after our close */
        chan->discarded += data;
        return false;
    }
    uint32_t expect = first ? sdu_len : chan->sdu_expect;
    if (!chan->rx_credits || len > chan->our_mps || expect > chan->our_mtu || data > expect) {
        woad_l2cap_begin_close(chan, WOAD_ERR_FORMAT);
        return false;
    }
    chan->rx_credits--;
    chan->in_sdu = true;
    chan->sdu_expect = expect;
    woad_rxring_begin(&chan->ring, data);
    /* the SDU is known to begin here when its record is committed */
    chan->rx_first = first;
    return true;
}

static void finish(struct host_link *link, struct host_chan *chan)
{
    uint32_t len = chan->ring.put_len;
    link->rx.sink = HOST_RX_IDLE;
    chan->sdu_expect -= len;
    chan->in_sdu = chan->sdu_expect != 0;
    woad_rxring_commit(&chan->ring, (uint16_t)((chan->rx_first ? RING_FIRST : 0) |
                                               (chan->in_sdu ? 0 : RING_LAST)));
    chan->frames++;
    chan->available += len;
    chan->sdus += !chan->in_sdu;
    top_up(chan);
    if (chan->rx_armed && readable(chan)) {
        chan->rx_armed = false;
        woad_l2cap_event(chan, HOST_CHAN_EVT_RECEIVED);
    }
}

/* All of its header is there; false: it is over. */
static bool start(struct host_link *link)
{
    struct host_l2cap_rx *rx = &link->rx;
    bool first = rx->hdr_need > L2CAP_HDR_LEN;
    uint16_t len = rx->left;
    rx->left = (uint16_t)(rx->left - (rx->hdr_need - L2CAP_HDR_LEN));
    if (!begin(rx->to.chan, len, first, woad_get_u16(rx->hdr + 4))) {
        rx->to.chan = NULL;
        woad_l2cap_rx_skip(link);
        return false;
    }
    if (rx->left == 0)
        finish(link, rx->to.chan);
    return rx->left != 0;
}

/* The basic header is complete: the SDU length comes next, if an SDU begins. */
void woad_l2cap_rx_route(struct host_link *link)
{
    struct host_l2cap_rx *rx = &link->rx;
    struct host_chan *chan = woad_l2cap_by_lcid(link, woad_get_u16(rx->hdr + 2));
    if (!chan) {
        woad_l2cap_rx_skip(link);
        return;
    }
    uint8_t extra = chan->in_sdu ? 0 : L2CAP_SDU_HDR;
    if (rx->left < extra) {
        woad_l2cap_rx_skip(link);
        woad_l2cap_begin_close(chan, WOAD_ERR_FORMAT);
        return;
    }
    rx->to.chan = chan;
    rx->sink = HOST_RX_CHAN;
    rx->hdr_need = (uint8_t)(L2CAP_HDR_LEN + extra);
    if (!extra)
        start(link);
}

/* Octets of the SDU length, which may come one by one; returns how many. */
static uint16_t feed_sdu_len(struct host_l2cap_rx *rx, const uint8_t *data, uint16_t len)
{
    uint16_t n = (uint16_t)(rx->hdr_need - rx->hdr_len);
    if (n > len)
        n = len;
    rx->hdr[rx->hdr_len] = data[0];
    rx->hdr[rx->hdr_len + n - 1] = data[n - 1];
    rx->hdr_len = (uint8_t)(rx->hdr_len + n);
    return n;
}

uint16_t woad_l2cap_kframe_feed(struct host_link *link, const uint8_t *data, uint16_t len)
{
    struct host_l2cap_rx *rx = &link->rx;
    uint16_t head = 0;
    if (rx->hdr_len < rx->hdr_need) {
        head = feed_sdu_len(rx, data, len);
        if (rx->hdr_len < rx->hdr_need || !start(link))
            return head;
        data += head;
        len = (uint16_t)(len - head);
    }
    struct host_chan *chan = rx->to.chan;
    uint16_t n = len < rx->left ? len : rx->left;
    woad_rxring_put(&chan->ring, data, n);
    rx->left = (uint16_t)(rx->left - n);
    if (rx->left == 0)
        finish(link, chan);
    return (uint16_t)(head + n);
}

void woad_l2cap_kframe_abort(struct host_chan *chan)
{
    woad_rxring_abort(&chan->ring);
}

/* For a channel that promises to lose nothing this is the end. */
void woad_l2cap_kframe_lost(struct host_chan *chan)
{
    woad_l2cap_kframe_abort(chan);
    woad_l2cap_begin_close(chan, WOAD_ERR_FORMAT);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void drop_record(struct host_chan *chan, uint16_t flags)
{
    woad_rxring_drop(&chan->ring);
    chan->frames--;
    chan->consumed++;
    if (flags & RING_LAST)
        chan->sdus--;
}

/* Copies from the first record; returns how many octets, and whether the record is used up. Inline:
 * the call is a thirtieth of receiving. */
static inline uint32_t take(struct host_chan *chan, uint8_t *to, size_t size, uint16_t *flags,
                            bool *used)
{
    uint16_t len;
    woad_rxring_peek(&chan->ring, &len, flags);
    uint32_t n = len - chan->ring.rd_off;
    if (n > size)
        n = (uint32_t)size;
    woad_rxring_get(&chan->ring, to, n);
    chan->available -= n;
    *used = chan->ring.rd_off == len;
    if (*used)
        drop_record(chan, *flags);
    return n;
}

/* What a reader is told when there is nothing. */
static long nothing(struct host_chan *chan)
{
    if (chan->state == HOST_CHAN_ENDED || chan->state == HOST_CHAN_DEAD ||
        (chan->state == HOST_CHAN_CLOSING && chan->end_err))
        return chan->end_err ? chan->end_err : WOAD_ERR_NOT_CONNECTED;
    if (chan->state > HOST_CHAN_OPEN)
        return WOAD_ERR_NOT_CONNECTED;
    chan->rx_armed = true;
    return WOAD_ERR_AGAIN;
}

/* An SDU is begun only when it is whole, unless it never will be. */
static bool must_wait(const struct host_chan *chan)
{
    uint16_t len, flags;
    if (chan->sdus || chan->state != HOST_CHAN_OPEN || stuck(chan))
        return false;
    woad_rxring_peek(&chan->ring, &len, &flags);
    return (flags & RING_FIRST) && chan->ring.rd_off == 0;
}

long woad_l2cap_recv(struct woad_host *h, woad_chan handle, void *to, size_t size, bool *more)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (more)
        *more = false;
    if (!chan)
        return WOAD_ERR_NOT_CONNECTED;
    chan->rx_whole = true;
    if (!chan->frames || must_wait(chan))
        return nothing(chan);
    size_t total = 0;
    bool ended = false;
    bool used = true;
    while (used && !ended && chan->frames) {
        uint16_t flags;
        total += take(chan, (uint8_t *)to + total, size - total, &flags, &used);
        ended = used && (flags & RING_LAST);
    }
    if (more)
        *more = !ended;
    top_up(chan);
    return (long)total;
}

long woad_l2cap_read(struct woad_host *h, woad_chan handle, void *to, size_t size)
{
    woad_host_enter(h);
    struct host_chan *chan = woad_l2cap_find(h, handle);
    if (!chan)
        return WOAD_ERR_NOT_CONNECTED;
    chan->rx_whole = false;
    size_t total = 0;
    bool used = true;
    while (used && chan->frames) {
        uint16_t flags;
        total += take(chan, (uint8_t *)to + total, size - total, &flags, &used);
    }
    if (total == 0 && !chan->frames)
        return nothing(chan);
    top_up(chan);
    return (long)total;
}

size_t woad_l2cap_available(const struct woad_host *h, woad_chan handle)
{
    uint32_t i = handle & ((UINT32_C(1) << h->chan_bits) - 1);
    return i < h->chan_count && h->chans[i].handle == handle ? h->chans[i].available : 0;
}
