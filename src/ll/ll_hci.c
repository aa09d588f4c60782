/* The HCI front: one row per command [Vol 4, Part E, 7]. The loop checks the length and answers
 * unknown commands; what the rows say is also what Read Local Supported Commands reports. */
#include "ll_hci.h"

/* clang-format off */
#define ROW(name, len, ret, kind, fn) {WOAD_HCI_CMD_##name, WOAD_HCI_CMD_BIT_##name, len, ret, kind, fn}

const struct ll_hci_row woad_ll_hci_rows[] = {
    ROW(DISCONNECT,                                   3,  0, LL_HCI_STATUS,   woad_ll_hci_disconnect),
    ROW(READ_REMOTE_VERSION_INFORMATION,              2,  0, LL_HCI_STATUS,   woad_ll_hci_read_remote_version),
    ROW(SET_EVENT_MASK,                               8,  0, LL_HCI_COMPLETE, woad_ll_hci_set_event_mask),
    ROW(RESET,                                        0,  0, LL_HCI_COMPLETE, woad_ll_hci_reset),
    ROW(READ_TRANSMIT_POWER_LEVEL,                    3,  3, LL_HCI_COMPLETE, woad_ll_hci_read_tx_power),
    ROW(SET_CONTROLLER_TO_HOST_FLOW_CONTROL,          1,  0, LL_HCI_COMPLETE, woad_ll_hci_set_host_flow),
    ROW(HOST_BUFFER_SIZE,                             7,  0, LL_HCI_COMPLETE, woad_ll_hci_host_buffer_size),
    ROW(HOST_NUMBER_OF_COMPLETED_PACKETS,  LL_HCI_ANY,    0, LL_HCI_SILENT,   woad_ll_hci_host_completed),
    ROW(SET_EVENT_MASK_PAGE_2,                        8,  0, LL_HCI_COMPLETE, woad_ll_hci_set_event_mask_2),
    ROW(READ_AUTHENTICATED_PAYLOAD_TIMEOUT,           2,  4, LL_HCI_COMPLETE, woad_ll_hci_read_apto),
    ROW(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT,          4,  2, LL_HCI_COMPLETE, woad_ll_hci_write_apto),
    ROW(READ_LOCAL_VERSION_INFORMATION,               0,  8, LL_HCI_COMPLETE, woad_ll_hci_read_version),
    ROW(READ_LOCAL_SUPPORTED_COMMANDS,                0, 64, LL_HCI_COMPLETE, woad_ll_hci_read_commands),
    ROW(READ_LOCAL_SUPPORTED_FEATURES,                0,  8, LL_HCI_COMPLETE, woad_ll_hci_read_features),
    ROW(READ_BUFFER_SIZE,                             0,  7, LL_HCI_COMPLETE, woad_ll_hci_read_buffer_size),
    ROW(READ_BD_ADDR,                                 0,  6, LL_HCI_COMPLETE, woad_ll_hci_read_bd_addr),
    ROW(READ_RSSI,                                    2,  3, LL_HCI_COMPLETE, woad_ll_hci_read_rssi),
    ROW(LE_SET_EVENT_MASK,                            8,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_event_mask),
    ROW(LE_READ_BUFFER_SIZE,                          0,  3, LL_HCI_COMPLETE, woad_ll_hci_le_read_buffer_size),
    ROW(LE_READ_LOCAL_SUPPORTED_FEATURES_PAGE_0,      0,  8, LL_HCI_COMPLETE, woad_ll_hci_le_read_features),
    ROW(LE_SET_RANDOM_ADDRESS,                        6,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_random_address),
    ROW(LE_SET_ADVERTISING_PARAMETERS,               15,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_adv_params),
    ROW(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER,0,  1, LL_HCI_COMPLETE, woad_ll_hci_le_read_adv_tx_power),
    ROW(LE_SET_ADVERTISING_DATA,                     32,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_adv_data),
    ROW(LE_SET_SCAN_RESPONSE_DATA,                   32,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_scan_rsp),
    ROW(LE_SET_ADVERTISING_ENABLE,                    1,  0, LL_HCI_COMPLETE, woad_ll_hci_le_adv_enable),
    ROW(LE_SET_SCAN_PARAMETERS,                       7,  0, LL_HCI_COMPLETE, woad_ll_hci_le_set_scan_params),
    ROW(LE_SET_SCAN_ENABLE,                           2,  0, LL_HCI_COMPLETE, woad_ll_hci_le_scan_enable),
    ROW(LE_CREATE_CONNECTION,                        25,  0, LL_HCI_STATUS,   woad_ll_hci_le_create_conn),
    ROW(LE_CREATE_CONNECTION_CANCEL,                  0,  0, LL_HCI_COMPLETE, woad_ll_hci_le_create_conn_cancel),
    ROW(LE_READ_FILTER_ACCEPT_LIST_SIZE,              0,  1, LL_HCI_COMPLETE, woad_ll_hci_le_accept_size),
    ROW(LE_CLEAR_FILTER_ACCEPT_LIST,                  0,  0, LL_HCI_COMPLETE, woad_ll_hci_le_accept_clear),
    ROW(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST,          7,  0, LL_HCI_COMPLETE, woad_ll_hci_le_accept_add),
    ROW(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST,     7,  0, LL_HCI_COMPLETE, woad_ll_hci_le_accept_remove),
    ROW(LE_CONNECTION_UPDATE,                        14,  0, LL_HCI_STATUS,   woad_ll_hci_le_conn_update),
    ROW(LE_SET_HOST_CHANNEL_CLASSIFICATION,           5,  0, LL_HCI_COMPLETE, woad_ll_hci_le_channels),
    ROW(LE_READ_CHANNEL_MAP,                          2,  7, LL_HCI_COMPLETE, woad_ll_hci_le_read_channel_map),
    ROW(LE_READ_REMOTE_FEATURES_PAGE_0,               2,  0, LL_HCI_STATUS,   woad_ll_hci_le_remote_features),
    ROW(LE_ENCRYPT,                                  32, 16, LL_HCI_COMPLETE, woad_ll_hci_le_encrypt),
    ROW(LE_RAND,                                      0,  8, LL_HCI_COMPLETE, woad_ll_hci_le_rand),
    ROW(LE_ENABLE_ENCRYPTION,                        28,  0, LL_HCI_STATUS,   woad_ll_hci_le_enable_encryption),
    ROW(LE_LONG_TERM_KEY_REQUEST_REPLY,              18,  2, LL_HCI_COMPLETE, woad_ll_hci_le_ltk_reply),
    ROW(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY,      2,  2, LL_HCI_COMPLETE, woad_ll_hci_le_ltk_negative),
    ROW(LE_READ_SUPPORTED_STATES,                     0,  8, LL_HCI_COMPLETE, woad_ll_hci_le_states),
    ROW(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY,14,  2, LL_HCI_COMPLETE, woad_ll_hci_le_param_reply),
    ROW(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, 3, 2, LL_HCI_COMPLETE, woad_ll_hci_le_param_negative),
    ROW(LE_SET_DATA_LENGTH,                           6,  2, LL_HCI_COMPLETE, woad_ll_hci_le_set_data_length),
    ROW(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH,        0,  4, LL_HCI_COMPLETE, woad_ll_hci_le_read_default_length),
    ROW(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH,       4,  0, LL_HCI_COMPLETE, woad_ll_hci_le_write_default_length),
    ROW(LE_READ_MAXIMUM_DATA_LENGTH,                  0,  8, LL_HCI_COMPLETE, woad_ll_hci_le_max_length),
    ROW(LE_READ_PHY,                                  2,  4, LL_HCI_COMPLETE, woad_ll_hci_le_read_phy),
    ROW(LE_SET_DEFAULT_PHY,                           3,  0, LL_HCI_COMPLETE, woad_ll_hci_le_default_phy),
    ROW(LE_SET_PHY,                                   7,  0, LL_HCI_STATUS,   woad_ll_hci_le_set_phy),
    ROW(LE_READ_TRANSMIT_POWER,                       0,  2, LL_HCI_COMPLETE, woad_ll_hci_le_read_tx_powers),
    ROW(VS_WRITE_BD_ADDR,                             6,  0, LL_HCI_COMPLETE, woad_ll_hci_write_bd_addr),
};
/* clang-format on */

const size_t woad_ll_hci_row_count = sizeof(woad_ll_hci_rows) / sizeof(woad_ll_hci_rows[0]);

static const struct ll_hci_row *find(uint16_t opcode)
{
    for (size_t i = 0; i < woad_ll_hci_row_count; i++) {
        if (woad_ll_hci_rows[i].opcode == opcode)
            return &woad_ll_hci_rows[i];
    }
    return NULL;
}

static void command_status(struct woad_buf *buf, struct woad_wr *w, uint16_t opcode, uint8_t status)
{
    buf->data[0] = WOAD_HCI_EVT_COMMAND_STATUS;
    woad_wr_u8(w, status);
    woad_wr_u8(w, 1);
    woad_wr_u16(w, opcode);
}

/* Runs the command; the answer has the length its row promises, also when the command fails. */
static void command_complete(struct woad_ll *ll, const struct ll_hci_row *row, struct woad_rd *in,
                             struct woad_wr *w)
{
    woad_wr_u8(w, 1);
    woad_wr_u16(w, row->opcode);
    uint8_t *status = woad_wr_room(w, 1);
    uint8_t *ret = woad_wr_room(w, row->ret_len);
    memset(ret, 0, row->ret_len);
    struct woad_wr out = woad_wr_init(ret, row->ret_len);
    *status = row->handler(ll, in, &out);
}

/* Executes the host's command when there is an event for the answer. */
void woad_ll_hci_run(struct woad_ll *ll)
{
    struct woad_wr w, none = woad_wr_init(NULL, 0);
    if (!ll->cmd)
        return;
    uint16_t opcode = woad_get_u16(ll->cmd->data);
    uint8_t len = ll->cmd->data[2];
    const struct ll_hci_row *row = find(opcode);
    struct woad_rd in = woad_rd_init(ll->cmd->data + WOAD_HCI_CMD_HDR_LEN, len);
    struct woad_buf *buf = NULL;
    if (!row || row->kind != LL_HCI_SILENT) {
        buf = woad_ll_evt_new(ll, WOAD_HCI_EVT_COMMAND_COMPLETE, &w);
        if (!buf)
            return;
    }
    struct woad_buf *cmd = ll->cmd;
    ll->cmd = NULL;
    bool fits = row && (row->len == len || row->len == LL_HCI_ANY);
    if (!row) {
        command_status(buf, &w, opcode, WOAD_HCI_ERR_UNKNOWN_HCI_COMMAND);
    } else if (row->kind == LL_HCI_SILENT) {
        (void)row->handler(ll, &in, &none);
    } else if (!fits) {
        command_status(buf, &w, opcode, WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    } else if (row->kind == LL_HCI_STATUS) {
        command_status(buf, &w, opcode, row->handler(ll, &in, &none));
    } else {
        command_complete(ll, row, &in, &w);
    }
    if (buf)
        woad_ll_evt_send(ll, buf, &w);
    woad_buf_unref(cmd);
}

void woad_ll_hci_defaults(struct woad_ll *ll)
{
    ll->evt_mask = UINT64_C(0x00001FFFFFFFFFFF);
    ll->evt_mask2 = 0;
    ll->le_evt_mask = 0x1f;
    ll->channels = LL_CHANNELS_ALL;
    ll->default_tx_octets = LL_DEFAULT_OCTETS;
    ll->default_tx_time_us = LL_DEFAULT_TIME_US;
    ll->default_tx_phys = ll->default_rx_phys = woad_ll_phy_masks(ll);
    ll->host_flow = false;
    ll->host_acl_used = 0;
    ll->host_acl_max = UINT16_MAX;
    ll->host_acl_len = LL_PAYLOAD_MAX;
    ll->adv.interval_min = ll->adv.interval_max = 0x0800;
    ll->adv.channels = 7;
    ll->scan.interval = ll->scan.window = 0x0010;
}
