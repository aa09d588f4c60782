/* HCI commands that read or set something of the whole controller [Vol 4, Part E, 7.3, 7.4, 7.8].
 */
#include "ll_hci.h"

enum {
    OK = WOAD_HCI_ERR_SUCCESS,
    INVALID = WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS,
    DISALLOWED = WOAD_HCI_ERR_COMMAND_DISALLOWED,
    UNSUPPORTED = WOAD_HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE,
};

uint8_t woad_ll_hci_set_event_mask(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    ll->evt_mask = woad_rd_u64(in);
    return OK;
}

uint8_t woad_ll_hci_set_event_mask_2(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    ll->evt_mask2 = woad_rd_u64(in);
    return OK;
}

uint8_t woad_ll_hci_le_set_event_mask(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    ll->le_evt_mask = woad_rd_u64(in);
    return OK;
}

uint8_t woad_ll_hci_reset(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    (void)out;
    woad_ll_reset(ll);
    return OK;
}

uint8_t woad_ll_hci_read_version(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)ll;
    (void)in;
    woad_wr_u8(out, LL_VERSION);
    woad_wr_u16(out, LL_SUBVERSION);
    woad_wr_u8(out, LL_VERSION);
    woad_wr_u16(out, LL_COMPANY);
    woad_wr_u16(out, LL_SUBVERSION);
    return OK;
}

uint8_t woad_ll_hci_read_commands(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t *set = woad_wr_room(out, WOAD_HCI_SUPPORTED_COMMANDS_LEN);
    (void)ll;
    (void)in;
    for (size_t i = 0; i < woad_ll_hci_row_count; i++) {
        uint16_t bit = woad_ll_hci_rows[i].bit;
        if (bit / 8 < WOAD_HCI_SUPPORTED_COMMANDS_LEN)
            set[bit / 8] = (uint8_t)(set[bit / 8] | 1u << bit % 8);
    }
    return OK;
}

/* BR/EDR Not Supported and LE Supported (Controller) [Vol 2, Part C, 3.3]. */
uint8_t woad_ll_hci_read_features(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)ll;
    (void)in;
    woad_wr_u64(out, UINT64_C(1) << 37 | UINT64_C(1) << 38);
    return OK;
}

uint8_t woad_ll_hci_read_buffer_size(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_u16(out, ll->cfg.acl_len);
    woad_wr_u8(out, 0);
    woad_wr_u16(out, ll->cfg.acl_tx_count);
    woad_wr_u16(out, 0);
    return OK;
}

uint8_t woad_ll_hci_le_read_buffer_size(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_u16(out, ll->cfg.acl_len);
    woad_wr_u8(out, (uint8_t)(ll->cfg.acl_tx_count < 255 ? ll->cfg.acl_tx_count : 255));
    return OK;
}

uint8_t woad_ll_hci_read_bd_addr(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_bytes(out, ll->public_addr, 6);
    return OK;
}

/* Survives HCI_Reset, not a power cut. */
uint8_t woad_ll_hci_write_bd_addr(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    woad_rd_bytes(in, ll->public_addr, 6);
    if (ll->adv.enabled)
        woad_ll_adv_update(ll);
    return OK;
}

/* The host's address may not change under an activity that uses it. */
uint8_t woad_ll_hci_le_set_random_address(struct woad_ll *ll, struct woad_rd *in,
                                          struct woad_wr *out)
{
    (void)out;
    if (ll->adv.enabled || atomic_load(&ll->scan.listen.on) || ll->init.active)
        return DISALLOWED;
    woad_rd_bytes(in, ll->random_addr, 6);
    ll->random_set = true;
    return OK;
}

uint8_t woad_ll_hci_le_read_features(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_ll_feature_set(ll, woad_wr_room(out, 8));
    return OK;
}

/* Every combination of advertising, scanning, initiating and connections [Vol 4, Part E, 7.8.27].
 */
uint8_t woad_ll_hci_le_states(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)ll;
    (void)in;
    woad_wr_u64(out, UINT64_C(0x000003FFFFFFFFFF));
    return OK;
}

uint8_t woad_ll_hci_le_read_adv_tx_power(struct woad_ll *ll, struct woad_rd *in,
                                         struct woad_wr *out)
{
    (void)in;
    woad_wr_u8(out, (uint8_t)ll->caps.tx_power_max_dbm);
    return OK;
}

uint8_t woad_ll_hci_le_read_tx_powers(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_u8(out, (uint8_t)ll->caps.tx_power_min_dbm);
    woad_wr_u8(out, (uint8_t)ll->caps.tx_power_max_dbm);
    return OK;
}

static void reverse(uint8_t *to, const uint8_t *from)
{
    for (int i = 0; i < 16; i++)
        to[i] = from[15 - i];
}

uint8_t woad_ll_hci_le_encrypt(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct woad_aes aes;
    uint8_t key[16], block[16];
    (void)ll;
    reverse(key, woad_rd_take(in, 16));
    reverse(block, woad_rd_take(in, 16));
    int err = woad_aes_init(&aes, key);
    if (!err) {
        err = woad_aes_encrypt(&aes, block, block);
        woad_aes_deinit(&aes);
    }
    if (err)
        return WOAD_HCI_ERR_HARDWARE_FAILURE;
    reverse(woad_wr_room(out, 16), block);
    return OK;
}

uint8_t woad_ll_hci_le_rand(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    ll->cfg.rand(ll->cfg.rand_arg, woad_wr_room(out, 8), 8);
    return OK;
}

/* --- flow control from controller to host --------------------------------------------------------
 */

uint8_t woad_ll_hci_set_host_flow(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t enable = woad_rd_u8(in);
    (void)out;
    if (enable > 3)
        return INVALID;
    if (enable > 1)
        return UNSUPPORTED; /* there is no synchronous data */
    ll->host_flow = enable == 1;
    ll->host_acl_used = 0;
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++)
        ll->conns[i].host_held = 0;
    return OK;
}

uint8_t woad_ll_hci_host_buffer_size(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint16_t acl_len = woad_rd_u16(in);
    (void)woad_rd_u8(in);
    uint16_t acl_count = woad_rd_u16(in);
    (void)out;
    if (acl_len < LL_DEFAULT_OCTETS || !acl_count)
        return INVALID;
    ll->host_acl_len = acl_len < LL_PAYLOAD_MAX ? acl_len : LL_PAYLOAD_MAX;
    ll->host_acl_max = acl_count;
    return OK;
}

/* What the host says beyond what it was given is ignored. */
uint8_t woad_ll_hci_host_completed(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t handles = woad_rd_u8(in);
    (void)out;
    if (in->left != handles * 4u)
        return INVALID;
    while (handles--) {
        struct ll_conn *c = woad_ll_conn_find(ll, woad_rd_u16(in) & WOAD_HCI_HANDLE_MASK);
        uint16_t count = woad_rd_u16(in);
        if (!c)
            continue;
        if (count > c->host_held)
            count = c->host_held;
        c->host_held = (uint16_t)(c->host_held - count);
        ll->host_acl_used = (uint16_t)(ll->host_acl_used - count);
    }
    return OK;
}

/* --- data length defaults
 * ----------------------------------------------------------------------------- */

static uint16_t max_time(const struct woad_ll *ll)
{
    return woad_ll_phy_masks(ll) & 4 ? LL_MAX_TIME_CODED_US : LL_MAX_TIME_US;
}

uint8_t woad_ll_hci_le_read_default_length(struct woad_ll *ll, struct woad_rd *in,
                                           struct woad_wr *out)
{
    (void)in;
    woad_wr_u16(out, ll->default_tx_octets);
    woad_wr_u16(out, ll->default_tx_time_us);
    return OK;
}

uint8_t woad_ll_hci_le_write_default_length(struct woad_ll *ll, struct woad_rd *in,
                                            struct woad_wr *out)
{
    uint16_t octets = woad_rd_u16(in), time = woad_rd_u16(in);
    (void)out;
    if (octets < LL_DEFAULT_OCTETS || octets > LL_PAYLOAD_MAX || time < LL_DEFAULT_TIME_US ||
        time > LL_MAX_TIME_CODED_US)
        return INVALID;
    ll->default_tx_octets = octets;
    ll->default_tx_time_us = time < max_time(ll) ? time : max_time(ll);
    return OK;
}

uint8_t woad_ll_hci_le_max_length(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_u16(out, LL_PAYLOAD_MAX);
    woad_wr_u16(out, max_time(ll));
    woad_wr_u16(out, LL_PAYLOAD_MAX);
    woad_wr_u16(out, max_time(ll));
    return OK;
}

uint8_t woad_ll_hci_le_default_phy(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t all = woad_rd_u8(in), tx = woad_rd_u8(in), rx = woad_rd_u8(in),
            have = woad_ll_phy_masks(ll);
    (void)out;
    if ((!(all & 1) && !tx) || (!(all & 2) && !rx))
        return INVALID;
    if ((!(all & 1) && (tx & ~have)) || (!(all & 2) && (rx & ~have)))
        return UNSUPPORTED;
    ll->default_tx_phys = all & 1 ? have : tx;
    ll->default_rx_phys = all & 2 ? have : rx;
    return OK;
}

uint8_t woad_ll_hci_le_channels(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint64_t map = woad_rd_u32(in);
    map |= (uint64_t)woad_rd_u8(in) << 32;
    (void)out;
    if ((map & ~LL_CHANNELS_ALL) || !woad_ll_csa_count(map))
        return INVALID;
    if (woad_ll_csa_count(map) < 2)
        return UNSUPPORTED;
    ll->channels = map;
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        if (ll->conns[i].active && ll->conns[i].role == LL_CENTRAL)
            woad_ll_proc_want(&ll->conns[i], LL_PROC_CHANNEL_MAP, false);
    }
    return OK;
}
