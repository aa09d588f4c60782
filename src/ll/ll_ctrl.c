/* LL control PDUs [Vol 6, Part B, 2.4.2]: one row each. A PDU that is not in the table, has another
 * length, or comes from the wrong role is answered with LL_UNKNOWN_RSP and nothing else happens. */
#include "ll_ctrl.h"

enum {
    TO_C = 1, /* received by a central */
    TO_P = 2,
    ANY = TO_C | TO_P,
};

struct row {
    uint8_t opcode;
    uint8_t len;     /* of the parameters */
    uint8_t roles;   /* of the receiver */
    bool encrypting; /* part of an encryption change, or always allowed */
    const char *name;
    ll_ctrl_fn *handler;
};

/* clang-format off */
static const struct row rows[] = {
    {LL_CONNECTION_UPDATE_IND,  11, TO_P, false, "LL_CONNECTION_UPDATE_IND",  woad_ll_rx_connection_update_ind},
    {LL_CHANNEL_MAP_IND,         7, TO_P, false, "LL_CHANNEL_MAP_IND",        woad_ll_rx_channel_map_ind},
    {LL_TERMINATE_IND,           1, ANY,  true,  "LL_TERMINATE_IND",          woad_ll_rx_terminate_ind},
    {LL_ENC_REQ,                22, TO_P, true,  "LL_ENC_REQ",                woad_ll_rx_enc_req},
    {LL_ENC_RSP,                12, TO_C, true,  "LL_ENC_RSP",                woad_ll_rx_enc_rsp},
    {LL_START_ENC_REQ,           0, TO_C, true,  "LL_START_ENC_REQ",          woad_ll_rx_start_enc_req},
    {LL_START_ENC_RSP,           0, ANY,  true,  "LL_START_ENC_RSP",          woad_ll_rx_start_enc_rsp},
    {LL_UNKNOWN_RSP,             1, ANY,  true,  "LL_UNKNOWN_RSP",            woad_ll_rx_unknown_rsp},
    {LL_FEATURE_REQ,             8, TO_P, false, "LL_FEATURE_REQ",            woad_ll_rx_feature_req},
    {LL_FEATURE_RSP,             8, ANY,  false, "LL_FEATURE_RSP",            woad_ll_rx_feature_rsp},
    {LL_PAUSE_ENC_REQ,           0, TO_P, true,  "LL_PAUSE_ENC_REQ",          woad_ll_rx_pause_enc_req},
    {LL_PAUSE_ENC_RSP,           0, ANY,  true,  "LL_PAUSE_ENC_RSP",          woad_ll_rx_pause_enc_rsp},
    {LL_VERSION_IND,             5, ANY,  false, "LL_VERSION_IND",            woad_ll_rx_version_ind},
    {LL_REJECT_IND,              1, ANY,  true,  "LL_REJECT_IND",             woad_ll_rx_reject_ind},
    {LL_PERIPHERAL_FEATURE_REQ,  8, TO_C, false, "LL_PERIPHERAL_FEATURE_REQ", woad_ll_rx_feature_req},
    {LL_CONNECTION_PARAM_REQ,   23, ANY,  false, "LL_CONNECTION_PARAM_REQ",   woad_ll_rx_connection_param_req},
    {LL_CONNECTION_PARAM_RSP,   23, TO_C, false, "LL_CONNECTION_PARAM_RSP",   woad_ll_rx_connection_param_rsp},
    {LL_REJECT_EXT_IND,          2, ANY,  true,  "LL_REJECT_EXT_IND",         woad_ll_rx_reject_ext_ind},
    {LL_PING_REQ,                0, ANY,  false, "LL_PING_REQ",               woad_ll_rx_ping_req},
    {LL_PING_RSP,                0, ANY,  false, "LL_PING_RSP",               woad_ll_rx_ping_rsp},
    {LL_LENGTH_REQ,              8, ANY,  false, "LL_LENGTH_REQ",             woad_ll_rx_length_req},
    {LL_LENGTH_RSP,              8, ANY,  false, "LL_LENGTH_RSP",             woad_ll_rx_length_rsp},
    {LL_PHY_REQ,                 2, ANY,  false, "LL_PHY_REQ",                woad_ll_rx_phy_req},
    {LL_PHY_RSP,                 2, TO_C, false, "LL_PHY_RSP",                woad_ll_rx_phy_rsp},
    {LL_PHY_UPDATE_IND,          4, TO_P, false, "LL_PHY_UPDATE_IND",         woad_ll_rx_phy_update_ind},
};
/* clang-format on */

static const struct row *find(uint8_t opcode)
{
    /* Opcodes are contiguous and start at 0. */
    return opcode < sizeof(rows) / sizeof(rows[0]) ? &rows[opcode] : NULL;
}

const char *woad_ll_ctrl_name(uint8_t opcode)
{
    const struct row *row = find(opcode);
    return row ? row->name : "?";
}

void woad_ll_ctrl_rx(struct woad_ll *ll, struct ll_conn *c, const uint8_t *payload, uint8_t len)
{
    uint8_t role = c->role == LL_CENTRAL ? TO_C : TO_P;
    const struct row *row = len ? find(payload[0]) : NULL;
    bool ok = row && row->len == len - 1 && (row->roles & role);
    if (woad_ll_enc_strict(c) && !(ok && row->encrypting)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_MIC_FAILURE);
        return;
    }
    if (ok && !row->encrypting && woad_ll_enc_deferring(c)) {
        /* May not be answered before encryption is on; one is kept, a peer has no business with
         * more. */
        memcpy(c->deferred, payload, len);
        c->deferred_len = len;
        return;
    }
    if (!ok) {
        c->rx_dropped++;
        /* Not to an LL_UNKNOWN_RSP, lest two sides answer each other for ever. */
        if (len && payload[0] != LL_UNKNOWN_RSP)
            (void)woad_ll_ctrl_send(ll, c, LL_UNKNOWN_RSP, payload, 1);
        return;
    }
    struct woad_rd r = woad_rd_init(payload + 1, len - 1u);
    row->handler(ll, c, &r, payload[0]);
}
