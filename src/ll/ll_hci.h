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

extern const struct ll_hci_row woad_ll_hci_rows[];
extern const size_t woad_ll_hci_row_count;

ll_hci_fn woad_ll_hci_disconnect, woad_ll_hci_read_remote_version, woad_ll_hci_set_event_mask,
    woad_ll_hci_reset, woad_ll_hci_read_tx_power, woad_ll_hci_set_host_flow,
    woad_ll_hci_host_buffer_size, woad_ll_hci_host_completed, woad_ll_hci_set_event_mask_2,
    woad_ll_hci_read_apto, woad_ll_hci_write_apto, woad_ll_hci_read_version,
    woad_ll_hci_read_commands, woad_ll_hci_read_features, woad_ll_hci_read_buffer_size,
    woad_ll_hci_read_bd_addr, woad_ll_hci_read_rssi, woad_ll_hci_le_set_event_mask,
    woad_ll_hci_le_read_buffer_size, woad_ll_hci_le_read_features,
    woad_ll_hci_le_set_random_address, woad_ll_hci_le_set_adv_params,
    woad_ll_hci_le_read_adv_tx_power, woad_ll_hci_le_set_adv_data, woad_ll_hci_le_set_scan_rsp,
    woad_ll_hci_le_adv_enable, woad_ll_hci_le_set_scan_params, woad_ll_hci_le_scan_enable,
    woad_ll_hci_le_create_conn, woad_ll_hci_le_create_conn_cancel, woad_ll_hci_le_accept_size,
    woad_ll_hci_le_accept_clear, woad_ll_hci_le_accept_add, woad_ll_hci_le_accept_remove,
    woad_ll_hci_le_conn_update, woad_ll_hci_le_channels, woad_ll_hci_le_read_channel_map,
    woad_ll_hci_le_remote_features, woad_ll_hci_le_encrypt, woad_ll_hci_le_rand,
    woad_ll_hci_le_enable_encryption, woad_ll_hci_le_ltk_reply, woad_ll_hci_le_ltk_negative,
    woad_ll_hci_le_states, woad_ll_hci_le_param_reply, woad_ll_hci_le_param_negative,
    woad_ll_hci_le_set_data_length, woad_ll_hci_le_read_default_length,
    woad_ll_hci_le_write_default_length, woad_ll_hci_le_max_length, woad_ll_hci_le_read_phy,
    woad_ll_hci_le_default_phy, woad_ll_hci_le_set_phy, woad_ll_hci_le_read_tx_powers,
    woad_ll_hci_write_bd_addr;

#endif
