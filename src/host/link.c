/* The table of links. A link exists from the controller's connection event until DISCONNECTED was
 * told; in between it may be ENDING: nothing goes over it, its channels are being told. */
#include <string.h>

#include "gap/gap_priv.h"
#include "host_priv.h"
#include "l2cap/l2cap_priv.h"

struct host_link *woad_host_link_find(struct woad_host *h, uint16_t handle)
{
    struct host_link *link = h->link_cache;
    if (link && link->handle == handle && link->state == HOST_LINK_UP)
        return link;
    for (unsigned i = 0; i < h->max_conns; i++) {
        link = &h->links[i];
        if (link->state == HOST_LINK_UP && link->handle == handle) {
            h->link_cache = link;
            return link;
        }
    }
    return NULL;
}

struct host_link *woad_host_link_of(struct woad_host *h, uint16_t handle, int *err)
{
    woad_host_enter(h);
    struct host_link *link = woad_host_link_find(h, handle);
    *err = h->state != HOST_ON ? WOAD_ERR_STATE : link ? 0 : WOAD_ERR_NOT_CONNECTED;
    return *err ? NULL : link;
}

struct host_link *woad_host_link_new(struct woad_host *h, uint16_t handle)
{
    for (unsigned i = 0; i < h->max_conns; i++) {
        struct host_link *link = &h->links[i];
        if (link->state != HOST_LINK_FREE)
            continue;
        memset(link, 0, sizeof(*link));
        link->h = h;
        link->index = (uint16_t)i;
        link->state = HOST_LINK_UP;
        link->handle = handle;
        link->tx_octets = link->rx_octets = 27;
        link->tx_us = link->rx_us = 328;
        link->phy_tx = link->phy_rx = 1;
        woad_host_acl_sizes(h, link);
        woad_host_parts_link_up(link);
        return link;
    }
    return NULL;
}

void woad_host_op_begin(struct host_link *link, uint16_t op)
{
    link->ops |= op;
    link->h->ops_pending++;
}

bool woad_host_op_end(struct host_link *link, uint16_t op)
{
    if (!(link->ops & op))
        return false;
    link->ops &= (uint16_t)~op;
    link->h->ops_pending--;
    return true;
}

void woad_host_link_dirty(struct host_link *link)
{
    struct woad_host *h = link->h;
    if (link->dirty)
        return;
    link->dirty = true;
    link->dirty_next = NULL;
    *h->dirty_links_end = link;
    h->dirty_links_end = &link->dirty_next;
    woad_host_kick(h);
}

/* A link ends when nothing of it is left to be told. */
unsigned woad_host_link_serve(struct woad_host *h)
{
    struct host_link *link = h->dirty_links_head;
    h->dirty_links_head = link->dirty_next;
    if (!h->dirty_links_head)
        h->dirty_links_end = &h->dirty_links_head;
    link->dirty = false;
    if (link->state != HOST_LINK_ENDING || link->chans)
        return 1;
    woad_host_op_end(link, HOST_OP_DISCONNECT);
    link->state = HOST_LINK_FREE;
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_DISCONNECTED, link->handle);
    evt.u.disconnected.result = link->down;
    woad_host_tell(h, &evt);
    return 1;
}

static void drop_commands(struct woad_host *h, struct host_link *link)
{
#define AT(cmd) offsetof(struct host_link, cmd)
    static const uint16_t cmds[] = {AT(disconnect), AT(update), AT(phy),  AT(data_len),
                                    AT(encrypt),    AT(ltk),    AT(rssi), AT(version),
                                    AT(features),   AT(reply)};
#undef AT
    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
        woad_host_cmd_drop(h, (struct host_cmd *)(void *)((uint8_t *)link + cmds[i]));
}

void woad_host_link_down(struct woad_host *h, struct host_link *link, int err, uint8_t hci)
{
    link->state = HOST_LINK_ENDING;
    link->down = (struct woad_result){.err = (int16_t)err, .hci = hci};
    if (h->link_cache == link)
        h->link_cache = NULL;
    if (h->full)
        h->full->link_lost(h, link);
    drop_commands(h, link);
    woad_host_timer_stop(&link->phy_timer);
    woad_host_link_tx_drop(h, link);
    link->rx.sink = HOST_RX_IDLE;
    woad_l2cap_param_stop(link);
    err = err ? err : WOAD_ERR_NOT_CONNECTED;
    if (h->channels)
        h->channels->link_down(link, err);
    woad_host_parts_link_down(link, err);
    woad_gap_ops_fail(h, link, err, hci);
    woad_host_link_dirty(link);
}

struct woad_result woad_host_result(uint8_t status)
{
    static const struct {
        uint8_t status;
        int8_t err;
    } rows[] = {
        {WOAD_HCI_ERR_SUCCESS, 0},
        {WOAD_HCI_ERR_UNKNOWN_HCI_COMMAND, WOAD_ERR_UNSUPPORTED},
        {WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, WOAD_ERR_NOT_CONNECTED},
        {WOAD_HCI_ERR_CONNECTION_TIMEOUT, WOAD_ERR_TIMEOUT},
        {WOAD_HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE, WOAD_ERR_UNSUPPORTED},
        {WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE, WOAD_ERR_UNSUPPORTED},
        {WOAD_HCI_ERR_UNSUPPORTED_LL_PARAMETER_VALUE, WOAD_ERR_UNSUPPORTED},
        {WOAD_HCI_ERR_LL_RESPONSE_TIMEOUT, WOAD_ERR_TIMEOUT},
        {WOAD_HCI_ERR_ADVERTISING_TIMEOUT, WOAD_ERR_TIMEOUT},
        {WOAD_HCI_ERR_PIN_OR_KEY_MISSING, WOAD_ERR_SECURITY},
    };
    struct woad_result result = {.err = WOAD_ERR_REFUSED, .hci = status};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status)
            result.err = rows[i].err;
    return result;
}
