/* ACL towards the controller [Vol 4, Part E, 4.1].
 *
 * Only Number Of Completed Packets and the end of a link give buffers of the controller back. Links
 * that send take turns, fragment by fragment, and each may hold its share of the buffers, so that
 * a link whose peer listens seldom does not keep the others waiting. */
#include "host_priv.h"
#include "gap/gap_priv.h"
#include "l2cap/l2cap_priv.h"

void woad_host_acl_sizes(struct woad_host *h, struct host_link *link)
{
    uint16_t acl = h->ctrl.acl_len;
    uint16_t pdu = link->tx_octets;
    if (acl >= pdu) {
        link->acl_frag = (uint16_t)(acl / pdu * pdu);
        link->pdu = pdu;
    } else { /* the controller never fills a PDU */
        link->acl_frag = acl;
        link->pdu = acl;
    }
}

static void update_active(struct woad_host *h, struct host_link *link)
{
    bool active = link->tx_queued || link->acl_out;
    if (active == link->tx_active)
        return;
    link->tx_active = active;
    h->acl_active = (uint16_t)(active ? h->acl_active + 1 : h->acl_active - 1);
    if (!active && link->flush_first && link->state == HOST_LINK_UP)
        (void)woad_gap_disconnect_link(link, 0);
}

static void enqueue(struct woad_host *h, struct host_link *link)
{
    link->tx_next = NULL;
    *h->tx_end = link;
    h->tx_end = &link->tx_next;
}

void woad_host_link_tx_queue(struct host_link *link)
{
    struct woad_host *h = link->h;
    if (link->tx_queued)
        return;
    link->tx_queued = true;
    enqueue(h, link);
    update_active(h, link);
    woad_host_kick(h);
}

void woad_host_link_tx_drop(struct woad_host *h, struct host_link *link)
{
    if (link->tx_queued) {
        struct host_link **at = &h->tx_head;
        while (*at != link)
            at = &(*at)->tx_next;
        *at = link->tx_next;
        if (h->tx_end == &link->tx_next)
            h->tx_end = at;
        link->tx_queued = false;
    }
    h->acl_out = (uint16_t)(h->acl_out - link->acl_out);
    link->acl_out = 0;
    link->octets_out = 0;
    update_active(h, link);
    woad_buf_queue_clear(&link->sigq);
    woad_buf_queue_clear(&link->attq);
    woad_buf_unref(link->cut);
    link->cut = NULL;
    if (h->undone && h->undone_link == link && h->undone->type == WOAD_PKT_ACL) {
        woad_buf_unref(h->undone);
        h->undone = NULL;
    }
}

void woad_host_acl_credit(struct woad_host *h, struct host_link *link, uint16_t count)
{
    if (count > link->acl_out) {
        h->stats.completed_clamped++;
        count = link->acl_out;
    }
    if (link->acl_out) /* the number is told, not the lengths */
        link->octets_out = link->octets_out * (uint32_t)(link->acl_out - count) / link->acl_out;
    link->acl_out = (uint16_t)(link->acl_out - count);
    link->acl_done = (uint16_t)(link->acl_done + count);
    h->acl_out = (uint16_t)(h->acl_out - count);
    update_active(h, link);
}

/* Most buffers of the controller that one link may hold. */
static uint16_t share(const struct woad_host *h)
{
    if (h->acl_active <= 1)
        return h->ctrl.acl_count;
    uint16_t each = h->ctrl.acl_count / h->acl_active;
    return each ? each : 1;
}

static bool has_more(const struct host_link *link)
{
    return link->tx_chan || link->cut || link->ready.head || link->attq.head || link->sigq.head ||
           link->sig.head || link->param_req;
}

/* The next fragment of a link: the PDU under way must be finished first, then signalling, then ATT
 * and the channels in turn. */
static struct woad_buf *next_fragment(struct woad_host *h, struct host_link *link)
{
    if (link->tx_chan)
        return h->channels->fragment(h, link);
    if (link->cut)
        return woad_l2cap_cut(h, link);
    struct woad_buf *pdu = woad_buf_queue_pop(&link->sigq);
    if (!pdu && (link->sig.head || link->param_req))
        pdu = woad_l2cap_sig_build(h, link);
    if (!pdu && (link->att_turn || !link->ready.head))
        pdu = woad_buf_queue_pop(&link->attq);
    if (pdu) {
        link->att_turn = false;
        return woad_l2cap_whole(h, link, pdu);
    }
    return link->ready.head ? h->channels->fragment(h, link) : NULL;
}

struct woad_buf *woad_host_acl_tx(struct woad_host *h)
{
    if (!h->tx_head || h->acl_out >= h->ctrl.acl_count)
        return NULL;
    uint16_t most = share(h);
    struct host_link *const *last = h->tx_end;
    struct host_link *link;
    do {
        link = h->tx_head;
        h->tx_head = link->tx_next;
        if (!h->tx_head)
            h->tx_end = &h->tx_head;
        struct woad_buf *buf = link->acl_out < most ? next_fragment(h, link) : NULL;
        if (buf) {
            buf->type = WOAD_PKT_ACL;
            link->acl_out++;
            link->octets_out += woad_buf_total(buf);
            h->acl_out++;
            h->undone_link = link;
            h->stats.acl_tx++;
        }
        link->tx_queued = has_more(link);
        if (link->tx_queued)
            enqueue(h, link);
        update_active(h, link);
        if (buf)
            return buf;
    } while (&link->tx_next != last && h->tx_head);
    return NULL;
}
