/* PDUs of the fixed channels on their way out. One that fits a packet of the controller's goes as
 * it is, without a copy; a longer one is cut into packets that point into it
 * [Vol 3, Part A, 7.2.1]. */
#include "l2cap_priv.h"

struct woad_buf *woad_l2cap_sig_alloc(struct woad_host *h)
{
    return woad_buf_alloc(&h->sig_pool, HOST_PDU_HEADROOM);
}

void woad_l2cap_push_header(struct woad_buf *pdu, uint16_t cid)
{
    uint16_t len = (uint16_t)woad_buf_total(pdu);
    uint8_t *p = woad_buf_push(pdu, L2CAP_HDR_LEN);
    woad_put_u16(p, len);
    woad_put_u16(p + 2, cid);
}

void woad_l2cap_fixed_send(struct host_link *link, uint16_t cid, struct woad_buf *pdu)
{
    woad_l2cap_push_header(pdu, cid);
    woad_buf_queue_push(cid == L2CAP_CID_ATT ? &link->attq : &link->sigq, pdu);
    woad_host_link_tx_queue(link);
}

static struct woad_buf *with_header(const struct host_link *link, struct woad_buf *buf, uint16_t pb)
{
    uint16_t len = (uint16_t)woad_buf_total(buf);
    uint8_t *p = woad_buf_push(buf, WOAD_HCI_ACL_HDR_LEN);
    woad_put_u16(p, (uint16_t)(link->handle | pb));
    woad_put_u16(p + 2, len);
    return buf;
}

struct woad_buf *woad_l2cap_cut(struct woad_host *h, struct host_link *link)
{
    const struct woad_buf *pdu = link->cut;
    struct woad_buf *buf = woad_buf_alloc(&h->acl_pool, 1 + WOAD_HCI_ACL_HDR_LEN);
    if (!buf)
        return NULL;
    uint16_t pb = link->cut_off ? WOAD_HCI_ACL_CONTINUE : WOAD_HCI_ACL_FIRST;
    bool in_ext = link->cut_off >= pdu->len;
    const uint8_t *from =
        in_ext ? pdu->ext + (link->cut_off - pdu->len) : pdu->data + link->cut_off;
    uint32_t left = woad_buf_total(pdu) - link->cut_off;
    uint32_t part = in_ext ? left : (uint32_t)(pdu->len - link->cut_off);
    uint16_t len = (uint16_t)(part < link->acl_frag ? part : link->acl_frag);
    woad_buf_lend(buf, from, len, link->cut);
    link->cut_off = (uint16_t)(link->cut_off + len);
    if (len == left) {
        woad_buf_unref(link->cut);
        link->cut = NULL;
    }
    return with_header(link, buf, pb);
}

struct woad_buf *woad_l2cap_whole(struct woad_host *h, struct host_link *link, struct woad_buf *pdu)
{
    if (woad_buf_total(pdu) <= h->ctrl.acl_len)
        return with_header(link, pdu, WOAD_HCI_ACL_FIRST);
    link->cut = pdu;
    link->cut_off = 0;
    return woad_l2cap_cut(h, link);
}
