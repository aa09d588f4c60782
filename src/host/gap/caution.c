/* Optional procedures on a new link: data length and PHY. Some controllers lose links over them;
 * a peer whose link ended within a few connection events of one is left alone next time. */
#include "gap_priv.h"
#include "params_priv.h"

#define EVENTS_AT_RISK    10
#define PERIPHERAL_PHY_US WOAD_S(1) /* and at least so many connection events: */
#define PERIPHERAL_EVENTS 40

bool woad_gap_caution_has(const struct woad_host *h, const struct woad_addr *peer)
{
    for (unsigned i = 0; i < HOST_CAUTION_COUNT; i++)
        if (h->caution.used[i] && woad_addr_equal(&h->caution.peer[i], peer))
            return true;
    return false;
}

/* An end that somebody asked for says nothing about the procedures. */
static bool suspicious(const struct host_link *link)
{
    return link->down.err == WOAD_ERR_NOT_CONNECTED &&
           link->down.hci != WOAD_HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION &&
           link->down.hci != WOAD_HCI_ERR_REMOTE_DEVICE_TERMINATED_POWER_OFF;
}

void woad_gap_caution_check(struct woad_host *h, struct host_link *link)
{
    if (h->now >= link->optional_until || !suspicious(link) || woad_gap_caution_has(h, &link->peer))
        return;
    uint8_t at = h->caution.next;
    h->caution.peer[at] = link->peer;
    h->caution.used[at] = true;
    h->caution.next = (uint8_t)((at + 1) % HOST_CAUTION_COUNT);
}

static uint64_t events_us(const struct host_link *link, unsigned count)
{
    return count * link->interval_1250us * UINT64_C(1250) * (link->latency + UINT64_C(1));
}

static void at_risk(struct woad_host *h, struct host_link *link)
{
    link->optional_until = h->now + events_us(link, EVENTS_AT_RISK);
}

static void phy_due(struct woad_timer *t)
{
    struct host_link *link = HOST_OWNER(t, struct host_link, phy_timer.t);
    if (link->phy_tx != 1 || link->phy.state != HOST_CMD_IDLE)
        return;
    at_risk(link->h, link);
    woad_gap_send_phy(link->h, link, 2, 2);
}

void woad_gap_negotiate(struct woad_host *h, struct host_link *link)
{
    woad_host_timer_init(h, &link->phy_timer, phy_due);
    if (woad_gap_caution_has(h, &link->peer))
        return;
    if (!h->cfg.no_auto_dle && link->data_len.state == HOST_CMD_IDLE &&
        woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_DATA_LENGTH) &&
        !woad_host_left_out(h, WOAD_HCI_CMD_LE_SET_DATA_LENGTH)) {
        at_risk(h, link);
        woad_gap_send_data_len(h, link, h->ctrl.max_tx_octets, h->ctrl.max_tx_us);
    }
    if (h->cfg.no_auto_phy || link->phy.state != HOST_CMD_IDLE ||
        !woad_host_has_feature(h, WOAD_LE_FEATURE_PHY_2M) ||
        !woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_PHY) ||
        woad_host_left_out(h, WOAD_HCI_CMD_LE_SET_PHY))
        return;
    if (link->role == WOAD_ROLE_CENTRAL) {
        at_risk(h, link);
        woad_gap_send_phy(h, link, 2, 2);
    } else {
        /* The central goes first: its procedures, one after the other, must be over. */
        uint64_t wait_us = events_us(link, PERIPHERAL_EVENTS);
        woad_host_timer_after(&link->phy_timer,
                              wait_us > PERIPHERAL_PHY_US ? wait_us : PERIPHERAL_PHY_US);
    }
}
