/* Tells what calls and transmission caused: events of channels, then the end of links whose
 * channels have all been told. */
#include "host_priv.h"
#include "l2cap/l2cap_priv.h"

static struct host_chan *next_chan(struct woad_host *h)
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

static struct host_link *next_link(struct woad_host *h)
{
    struct host_link *link = h->dirty_links_head;
    if (!link)
        return NULL;
    h->dirty_links_head = link->dirty_next;
    if (!h->dirty_links_head)
        h->dirty_links_tail = NULL;
    link->dirty = false;
    return link;
}

/* A link ends when nothing of it is left to be told. */
static void serve_link(struct woad_host *h, struct host_link *link)
{
    if (link->state != HOST_LINK_ENDING || link->chans)
        return;
    struct woad_host_evt evt = {
        .type = WOAD_EVT_DISCONNECTED, .conn = link->handle, .u.disconnected.result = link->down};
    woad_host_op_end(link, HOST_OP_DISCONNECT);
    link->state = HOST_LINK_FREE;
    woad_host_tell(h, &evt);
}

unsigned woad_host_service(struct woad_host *h, unsigned budget)
{
    unsigned used = 0;
    struct host_chan *chan;
    struct host_link *link;
    while (used < budget && (chan = next_chan(h)))
        used += woad_l2cap_serve(h, chan, budget - used);
    while (used < budget && !h->dirty_chans_head && (link = next_link(h))) {
        serve_link(h, link);
        used++;
    }
    return used;
}
