/* Puts L2CAP PDUs together from ACL fragments, however they are cut [Vol 3, Part A, 7.2.2].
 *
 * K-frames are never assembled: their payload goes straight into the ring of their channel. PDUs of
 * fixed channels that come in one fragment are handled in place. A fragment that continues nothing,
 * a start before the end and octets behind the end are counted; the next start is taken. */
#include <string.h>

#include "l2cap_priv.h"

const struct host_fixed_row woad_l2cap_sig_fixed = {L2CAP_CID_SIG, HOST_SIG_MTU, woad_l2cap_signal,
                                                    woad_l2cap_signal_over};

static const struct host_fixed_row *find_fixed(const struct woad_host *h, uint16_t cid)
{
    unsigned i = (unsigned)(cid - HOST_CID_FIXED_FIRST);
    return i < sizeof(h->fixed) / sizeof(h->fixed[0]) ? h->fixed[i] : NULL;
}

void woad_l2cap_rx_skip(struct host_link *link)
{
    link->rx.sink = link->rx.left ? HOST_RX_SKIP : HOST_RX_IDLE;
    link->h->stats.discarded += link->rx.left;
}

void woad_l2cap_rx_forget(struct host_link *link, const struct host_chan *chan)
{
    struct host_l2cap_rx *rx = &link->rx;
    if (rx->sink != HOST_RX_CHAN || rx->to.chan != chan)
        return;
    if (rx->hdr_len < rx->hdr_need) /* in the middle of the SDU length */
        rx->left = (uint16_t)(rx->left - (rx->hdr_len - L2CAP_HDR_LEN));
    woad_l2cap_rx_skip(link);
}

void woad_l2cap_rx_start(struct host_link *link)
{
    struct host_l2cap_rx *rx = &link->rx;
    uint8_t before = rx->sink;
    bool begun = rx->hdr_len == rx->hdr_need;
    rx->sink = HOST_RX_HEADER;
    rx->hdr_len = 0;
    if (before == HOST_RX_IDLE)
        return;
    link->h->bad_packets++; /* a part of the last one is lost */
    if (before == HOST_RX_CHAN && begun)
        link->h->channels->rx_lost(rx->to.chan);
}

/* The basic header is complete: where does the payload go? */
static void route(struct host_link *link)
{
    struct host_l2cap_rx *rx = &link->rx;
    rx->left = woad_get_u16(rx->hdr);
    rx->to.fixed = find_fixed(link->h, woad_get_u16(rx->hdr + 2));
    if (!rx->to.fixed) {
        if (link->h->channels)
            link->h->channels->rx_route(link);
        else
            woad_l2cap_rx_skip(link);
    } else if (rx->left) {
        rx->sink = HOST_RX_FIXED;
    } else { /* complete with its header, and of no fixed channel's */
        rx->sink = HOST_RX_IDLE;
        link->h->bad_packets++;
    }
}

/* Takes header octets; returns how many. */
static unsigned feed_header(struct host_link *link, const uint8_t *data, unsigned len)
{
    struct host_l2cap_rx *rx = &link->rx;
    unsigned n = L2CAP_HDR_LEN - rx->hdr_len;
    if (n > len)
        n = len;
    if (n == L2CAP_HDR_LEN) /* a constant length: less than a call costs */
        memcpy(rx->hdr, data, L2CAP_HDR_LEN);
    else
        memcpy(rx->hdr + rx->hdr_len, data, n);
    rx->hdr_len = (uint8_t)(rx->hdr_len + n);
    if (rx->hdr_len == L2CAP_HDR_LEN)
        route(link);
    return n;
}

static void fixed_done(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    const struct host_fixed_row *row = link->rx.to.fixed;
    uint16_t total = woad_get_u16(link->rx.hdr);
    link->rx.sink = HOST_RX_IDLE;
    if (total <= row->mtu && total == len)
        row->handle(link, pdu, len);
    else if (row->over)
        row->over(link, pdu, len);
    else
        link->h->bad_packets++;
}

static unsigned feed_fixed(struct host_link *link, const uint8_t *data, unsigned len)
{
    struct host_l2cap_rx *rx = &link->rx;
    unsigned room = link->h->asm_size;
    unsigned total = woad_get_u16(rx->hdr);
    unsigned n = len < rx->left ? len : rx->left;
    unsigned at = total - rx->left;
    rx->left = (uint16_t)(rx->left - n);
    if (n < total) {
        uint8_t *assembly = link->h->assemblies + (size_t)link->index * room;
        if (at < room)
            memcpy(assembly + at, data, n < room - at ? n : room - at);
        data = assembly;
        total = total < room ? total : room;
    }
    if (!rx->left)
        fixed_done(link, data, (uint16_t)total);
    return n;
}

static unsigned feed_skip(struct host_link *link, unsigned len)
{
    struct host_l2cap_rx *rx = &link->rx;
    unsigned n = len < rx->left ? len : rx->left;
    rx->left = (uint16_t)(rx->left - n);
    if (rx->left == 0)
        rx->sink = HOST_RX_IDLE;
    return n;
}

void woad_l2cap_rx_feed(struct host_link *link, const uint8_t *data, unsigned len)
{
    while (len > 0) {
        unsigned n = 0;
        switch (link->rx.sink) {
        case HOST_RX_HEADER: n = feed_header(link, data, len); break;
        case HOST_RX_FIXED: n = feed_fixed(link, data, len); break;
        case HOST_RX_CHAN: n = link->h->channels->rx_feed(link, data, (uint16_t)len); break;
        case HOST_RX_SKIP: n = feed_skip(link, len); break;
        default: link->h->bad_packets++; return; /* octets that belong to no PDU */
        }
        data += n;
        len -= n;
    }
}
