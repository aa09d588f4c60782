#include "support/l2cap_peer.h"

#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"

static void finished(struct peer *p)
{
    if (p->count < PEER_PDUS)
        p->pdus[p->count++] = p->now;
}

static bool on_acl(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    struct peer *p = arg;
    const uint8_t *data = pkt + 4;
    uint16_t n = (uint16_t)(len - 4);
    (void)dev;
    if ((woad_get_u16(pkt) & WOAD_HCI_ACL_PB_MASK) != WOAD_HCI_ACL_CONTINUE) {
        p->left = woad_get_u16(data);
        p->now.cid = woad_get_u16(data + 2);
        p->now.len = 0;
        data += 4;
        n = (uint16_t)(n - 4);
    }
    memcpy(p->now.data + p->now.len, data, n);
    p->now.len = (uint16_t)(p->now.len + n);
    p->left = (uint16_t)(p->left - n);
    if (!p->left)
        finished(p);
    return true;
}

struct peer *peer_new(bool peripheral, const struct woad_host_cfg *cfg)
{
    struct peer *p = calloc(1, sizeof(*p));
    uint16_t other;
    p->pdus = malloc(PEER_PDUS * sizeof(*p->pdus));
    const struct woad_host_use *const parts[2] = {cfg ? cfg->parts : NULL, NULL};
    p->d = dbl_new_parts(2, cfg, parts);
    p->dev = &p->d->dev[0];
    dbl_start(p->d);
    if (peripheral)
        dbl_connect(p->d, 1, 0, &other, &p->conn);
    else
        dbl_connect(p->d, 0, 1, &p->conn, &other);
    p->dev->on_acl = on_acl;
    p->dev->arg = p;
    return p;
}

void peer_free(struct peer *p)
{
    dbl_free(p->d);
    free(p->pdus);
    free(p);
}

void peer_send(struct peer *p, uint16_t cid, const void *data, uint16_t len)
{
    /* as a controller would: in packets that the host has room for */
    uint8_t pdu[4 + 65535];
    woad_put_u16(pdu, len);
    woad_put_u16(pdu + 2, cid);
    memcpy(pdu + 4, data, len);
    uint32_t total = len + 4u;
    for (uint32_t at = 0; at < total; at += 251) {
        uint32_t n = total - at < 251 ? total - at : 251;
        dbl_acl(p->dev,
                (uint16_t)(p->conn | (at ? WOAD_HCI_ACL_CONTINUE : WOAD_HCI_ACL_FIRST_FLUSHABLE)),
                pdu + at, (uint16_t)n);
    }
    dbl_run(p->d, 1000);
}

const struct peer_pdu *peer_next(struct peer *p)
{
    dbl_run(p->d, 1000);
    return p->taken < p->count ? &p->pdus[p->taken++] : NULL;
}

static void accept_channel(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    if (evt->type == WOAD_CHAN_ACCEPT)
        (void)!woad_l2cap_accept(dev->h, evt->chan, WOAD_L2CAP_OK, NULL, NULL);
}

uint16_t peer_open(struct peer *p, const struct woad_chan_cfg *cfg, uint16_t scid, uint16_t mtu,
                   uint16_t mps, uint16_t credits, woad_chan *chan)
{
    uint8_t req[14] = {0x14, 0x21, 10, 0};
    unsigned before = dbl_chan_count(p->dev, WOAD_CHAN_OPENED);
    struct woad_chan_cfg mine = *cfg;
    mine.event = dbl_chan_event;
    mine.arg = p->dev;
    (void)!woad_l2cap_listen(p->dev->h, &mine);
    if (!p->dev->on_chan)
        p->dev->on_chan = accept_channel;
    woad_put_u16(req + 4, cfg->psm);
    woad_put_u16(req + 6, scid);
    woad_put_u16(req + 8, mtu);
    woad_put_u16(req + 10, mps);
    woad_put_u16(req + 12, credits);
    peer_send(p, 5, req, sizeof(req));
    const struct peer_pdu *rsp = peer_next(p);
    const struct dbl_event *e = dbl_find(p->dev, true, WOAD_CHAN_OPENED, before);
    if (!rsp || rsp->data[0] != 0x15 || !e)
        return 0;
    *chan = e->handle;
    return woad_get_u16(rsp->data + 4);
}
