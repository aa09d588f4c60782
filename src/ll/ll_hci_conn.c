/* HCI commands about one link [Vol 4, Part E, 7.1, 7.5, 7.8]. */
#include "ll_hci.h"

enum {
    OK = WOAD_HCI_ERR_SUCCESS,
    INVALID = WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS,
    DISALLOWED = WOAD_HCI_ERR_COMMAND_DISALLOWED,
    NO_LINK = WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER,
};

/* Reads a handle; echoes it into out when there is one. */
static struct ll_conn *link_of(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint16_t handle = woad_rd_u16(in);
    if (out)
        woad_wr_u16(out, handle);
    return handle <= WOAD_HCI_HANDLE_MAX ? woad_ll_conn_find(ll, handle) : NULL;
}

/* The reasons a host may give [7.1.6]. */
static bool reason_valid(uint8_t reason)
{
    static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b};
    return memchr(reasons, reason, sizeof(reasons)) != NULL;
}

uint8_t woad_ll_hci_disconnect(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    struct ll_conn *c = link_of(ll, in, NULL);
    uint8_t reason = woad_rd_u8(in);
    if (!c)
        return NO_LINK;
    if (!reason_valid(reason))
        return INVALID;
    if (c->terminating)
        return DISALLOWED;
    c->terminating = true;
    c->terminate_reason = reason;
    return OK;
}

/* Asks the peer on behalf of the host; once at a time for each question. */
static uint8_t ask(struct ll_conn *c, enum ll_proc proc)
{
    if (!c)
        return NO_LINK;
    if (c->wanted_by_host & 1u << proc || (c->proc == proc && c->proc_by_host))
        return DISALLOWED;
    woad_ll_proc_want(c, proc, true);
    return OK;
}

uint8_t woad_ll_hci_read_remote_version(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    return ask(link_of(ll, in, NULL), LL_PROC_VERSION);
}

uint8_t woad_ll_hci_le_remote_features(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    return ask(link_of(ll, in, NULL), LL_PROC_FEATURES);
}

uint8_t woad_ll_hci_read_tx_power(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    if (!c)
        return NO_LINK;
    if (woad_rd_u8(in) > 1)
        return INVALID;
    woad_wr_u8(out, (uint8_t)ll->caps.tx_power_max_dbm);
    return OK;
}

uint8_t woad_ll_hci_read_rssi(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    if (!c)
        return NO_LINK;
    woad_wr_u8(out, (uint8_t)c->isr.rssi);
    return OK;
}

uint8_t woad_ll_hci_le_read_channel_map(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    if (!c)
        return NO_LINK;
    woad_wr_u32(out, (uint32_t)c->map);
    woad_wr_u8(out, (uint8_t)(c->map >> 32));
    return OK;
}

/* --- parameters
 * ------------------------------------------------------------------------------------------ */

static void read_params(struct woad_rd *in, struct ll_params *p)
{
    p->interval_min = woad_rd_u16(in);
    p->interval_max = woad_rd_u16(in);
    p->latency = woad_rd_u16(in);
    p->timeout = woad_rd_u16(in);
}

uint8_t woad_ll_hci_le_conn_update(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    struct ll_conn *c = link_of(ll, in, NULL);
    struct ll_params p;
    read_params(in, &p);
    uint16_t ce_min = woad_rd_u16(in), ce_max = woad_rd_u16(in);
    if (!c)
        return NO_LINK;
    if (!woad_ll_params_valid(&p) || ce_min > ce_max)
        return INVALID;
    bool running = c->proc == LL_PROC_PARAM_REQ || c->proc == LL_PROC_UPDATE ||
                   (c->wanted & (1u << LL_PROC_PARAM_REQ | 1u << LL_PROC_UPDATE));
    if (running)
        return DISALLOWED;
    if (c->role == LL_PERIPHERAL && c->features_known &&
        !woad_ll_peer_has(c, WOAD_LE_FEATURE_CONNECTION_PARAMETERS_REQUEST))
        return WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE;
    c->upd_want = p;
    woad_ll_proc_want(c, LL_PROC_PARAM_REQ, true);
    return OK;
}

uint8_t woad_ll_hci_le_param_reply(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    struct ll_params p;
    read_params(in, &p);
    if (!c)
        return NO_LINK;
    if (!c->param_asked)
        return DISALLOWED;
    if (!woad_ll_params_valid(&p))
        return INVALID;
    woad_ll_param_reply(ll, c, &p, 0);
    return OK;
}

uint8_t woad_ll_hci_le_param_negative(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    uint8_t reason = woad_rd_u8(in);
    if (!c)
        return NO_LINK;
    if (!c->param_asked)
        return DISALLOWED;
    if (!reason)
        return INVALID;
    woad_ll_param_reply(ll, c, NULL, WOAD_HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
    return OK;
}

uint8_t woad_ll_hci_le_set_data_length(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    uint16_t octets = woad_rd_u16(in), time = woad_rd_u16(in);
    uint16_t most = woad_ll_phy_masks(ll) & 4 ? LL_MAX_TIME_CODED_US : LL_MAX_TIME_US;
    if (!c)
        return NO_LINK;
    if (octets < LL_DEFAULT_OCTETS || octets > LL_PAYLOAD_MAX || time < LL_DEFAULT_TIME_US ||
        time > LL_MAX_TIME_CODED_US)
        return INVALID;
    c->local.tx_octets = octets;
    c->local.tx_time_us = time < most ? time : most;
    woad_ll_data_lengths(ll, c);
    woad_ll_proc_want(c, LL_PROC_LENGTH, false);
    return OK;
}

/* --- PHY
 * -------------------------------------------------------------------------------------------------
 */

static uint8_t hci_phy(uint8_t phy)
{
    return phy == WOAD_PHY_CODED_S2 ? WOAD_PHY_CODED_S8 : phy;
}

uint8_t woad_ll_hci_le_read_phy(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    if (!c)
        return NO_LINK;
    woad_wr_u8(out, hci_phy(c->tx_phy));
    woad_wr_u8(out, hci_phy(c->rx_phy));
    return OK;
}

uint8_t woad_ll_hci_le_set_phy(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    struct ll_conn *c = link_of(ll, in, NULL);
    uint8_t all = woad_rd_u8(in), tx = woad_rd_u8(in), rx = woad_rd_u8(in),
            have = woad_ll_phy_masks(ll);
    uint16_t options = woad_rd_u16(in);
    if (!c)
        return NO_LINK;
    if ((!(all & 1) && !tx) || (!(all & 2) && !rx))
        return INVALID;
    if ((!(all & 1) && (tx & ~have)) || (!(all & 2) && (rx & ~have)))
        return WOAD_HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    uint8_t status = ask(c, LL_PROC_PHY);
    if (status)
        return status;
    c->pref_tx = all & 1 ? have : tx;
    c->pref_rx = all & 2 ? have : rx;
    c->coded_opt = (uint8_t)(options & 3);
    return OK;
}

/* --- encryption
 * ------------------------------------------------------------------------------------------ */

/* HCI has keys with the least significant octet first. */
static void take_key(struct ll_conn *c, struct woad_rd *in)
{
    const uint8_t *key = woad_rd_take(in, 16);
    for (int i = 0; key && i < 16; i++)
        c->enc.ltk[i] = key[15 - i];
}

uint8_t woad_ll_hci_le_enable_encryption(struct woad_ll *ll, struct woad_rd *in,
                                         struct woad_wr *out)
{
    (void)out;
    struct ll_conn *c = link_of(ll, in, NULL);
    if (!c)
        return NO_LINK;
    if (c->role != LL_CENTRAL || c->enc.state)
        return DISALLOWED;
    uint8_t status = ask(c, LL_PROC_ENC);
    if (status)
        return status;
    woad_rd_bytes(in, c->enc.rand, 8);
    woad_rd_bytes(in, c->enc.ediv, 2);
    take_key(c, in);
    return OK;
}

static uint8_t key_answer(struct ll_conn *c, bool have_key, struct woad_rd *in)
{
    if (!c)
        return NO_LINK;
    if (c->role != LL_PERIPHERAL || c->enc.state != LL_ENC_P_WAIT_LTK || c->enc.reply)
        return DISALLOWED;
    if (have_key)
        take_key(c, in);
    c->enc.reply = true;
    c->enc.reply_key = have_key;
    return OK;
}

uint8_t woad_ll_hci_le_ltk_reply(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    return key_answer(link_of(ll, in, out), true, in);
}

uint8_t woad_ll_hci_le_ltk_negative(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    return key_answer(link_of(ll, in, out), false, in);
}

uint8_t woad_ll_hci_read_apto(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    if (!c)
        return NO_LINK;
    woad_wr_u16(out, (uint16_t)(c->apto_us / 10000));
    return OK;
}

/* In units of 10 ms; at least what the peripheral may sleep [7.3.94]. */
uint8_t woad_ll_hci_write_apto(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_conn *c = link_of(ll, in, out);
    uint16_t timeout = woad_rd_u16(in);
    if (!c)
        return NO_LINK;
    if (!timeout || timeout * UINT64_C(10000) < (uint64_t)c->interval_us * (c->latency + 1u))
        return INVALID;
    c->apto_us = timeout * UINT64_C(10000);
    c->apto_due_us = 0;
    return OK;
}
