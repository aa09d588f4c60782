/* ACL from the controller: finds the link, hands the fragment to L2CAP, and with flow control
 * towards the host reports what was handled [Vol 4, Part E, 4.2]. */
#include "host_priv.h"
#include "l2cap/l2cap_priv.h"

static bool accept_fragment(struct host_link *link, uint16_t flags)
{
    switch (flags & WOAD_HCI_ACL_PB_MASK) {
    case WOAD_HCI_ACL_FIRST:
    case WOAD_HCI_ACL_FIRST_FLUSHABLE: woad_l2cap_rx_start(link); return true;
    case WOAD_HCI_ACL_CONTINUE: return true;
    default: return false;
    }
}

void woad_host_acl_rx(struct woad_host *h, struct woad_buf *pkt)
{
    uint16_t field = woad_get_u16(pkt->data);
    uint16_t len = woad_get_u16(pkt->data + 2);
    struct host_link *link = woad_host_link_find(h, field & WOAD_HCI_HANDLE_MASK);
    h->stats.acl_rx++;
    if (link && h->ctrl.flow_control)
        link->rx_done++;
    if (!link || len + (uint32_t)WOAD_HCI_ACL_HDR_LEN != woad_buf_total(pkt) ||
        (field & WOAD_HCI_ACL_BC_MASK) || !accept_fragment(link, field)) {
        h->bad_packets++;
        return;
    }
    woad_l2cap_rx_feed(link, pkt->data + WOAD_HCI_ACL_HDR_LEN,
                       (unsigned)pkt->len - WOAD_HCI_ACL_HDR_LEN);
    if (link->state == HOST_LINK_UP)
        woad_l2cap_rx_feed(link, pkt->ext, pkt->ext_len);
}

/* Host Number Of Completed Packets: is answered by nothing and needs no command credit
 * [Vol 4, Part E, 7.3.40]. */
struct woad_buf *woad_host_flow_tx(struct woad_host *h)
{
    struct woad_buf *buf = NULL;
    for (unsigned i = 0; i < h->max_conns; i++) {
        struct host_link *link = &h->links[i];
        if (link->state != HOST_LINK_UP || !link->rx_done)
            continue;
        if (!buf && !(buf = woad_buf_alloc(&h->cmd_pool, 1)))
            return NULL;
        if (!buf->len) {
            uint8_t *p = woad_buf_put(buf, WOAD_HCI_CMD_HDR_LEN + 1);
            woad_put_u16(p, WOAD_HCI_CMD_HOST_NUMBER_OF_COMPLETED_PACKETS);
            p[2] = 1;
            p[3] = 0;
        }
        if (buf->data[2] > h->cfg.cmd_len - 4)
            break;
        uint8_t *p = woad_buf_put(buf, 4);
        woad_put_u16(p, link->handle);
        woad_put_u16(p + 2, link->rx_done);
        link->rx_done = 0;
        buf->data[2] = (uint8_t)(buf->data[2] + 4);
        buf->data[3]++;
    }
    if (buf)
        buf->type = WOAD_PKT_CMD;
    return buf;
}
