/* The HCI front: rows of commands and their handlers. */
#ifndef WOAD_LL_HCI_H
#define WOAD_LL_HCI_H

#include "ll_ctrl.h"

/* in: the parameters, whose length the row has checked. out: the return parameters behind the
 * status, zeroed. Returns the status (enum woad_hci_err). */
typedef uint8_t ll_hci_fn(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out);

enum ll_hci_kind {
    LL_HCI_COMPLETE, /* answered by Command Complete */
    LL_HCI_STATUS,   /* answered by Command Status */
    LL_HCI_SILENT,   /* not answered */
};

enum {
    LL_HCI_ANY = 0xff, /* the length is the handler's affair */
};

struct ll_hci_row {
    uint16_t opcode;
    uint16_t bit;    /* of Supported_Commands */
    uint8_t len;     /* octets of parameters */
    uint8_t ret_len; /* octets of return parameters behind the status */
    uint8_t kind;    /* enum ll_hci_kind */
    ll_hci_fn *handler;
};

extern const struct ll_hci_row ll_hci_rows[];
extern const size_t ll_hci_row_count;

ll_hci_fn ll_hci_disconnect, ll_hci_read_remote_version, ll_hci_set_event_mask, ll_hci_reset,
    ll_hci_read_tx_power, ll_hci_set_host_flow, ll_hci_host_buffer_size, ll_hci_host_completed,
    ll_hci_set_event_mask_2, ll_hci_read_apto, ll_hci_write_apto, ll_hci_read_version,
    ll_hci_read_commands, ll_hci_read_features, ll_hci_read_buffer_size, ll_hci_read_bd_addr,
    ll_hci_read_rssi, ll_hci_le_set_event_mask, ll_hci_le_read_buffer_size, ll_hci_le_read_features,
    ll_hci_le_set_random_address, ll_hci_le_set_adv_params, ll_hci_le_read_adv_tx_power,
    ll_hci_le_set_adv_data, ll_hci_le_set_scan_rsp, ll_hci_le_adv_enable, ll_hci_le_set_scan_params,
    ll_hci_le_scan_enable, ll_hci_le_create_conn, ll_hci_le_create_conn_cancel,
    ll_hci_le_accept_size, ll_hci_le_accept_clear, ll_hci_le_accept_add, ll_hci_le_accept_remove,
    ll_hci_le_conn_update, ll_hci_le_channels, ll_hci_le_read_channel_map,
    ll_hci_le_remote_features, ll_hci_le_encrypt, ll_hci_le_rand, ll_hci_le_enable_encryption,
    ll_hci_le_ltk_reply, ll_hci_le_ltk_negative, ll_hci_le_states, ll_hci_le_param_reply,
    ll_hci_le_param_negative, ll_hci_le_set_data_length, ll_hci_le_read_default_length,
    ll_hci_le_write_default_length, ll_hci_le_max_length, ll_hci_le_read_phy, ll_hci_le_default_phy,
    ll_hci_le_set_phy, ll_hci_le_read_tx_powers, ll_hci_write_bd_addr;

#endif
