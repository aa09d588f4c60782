/* The rows of woad/hci_table.h [Vol 4, Part E, 7]. One row per entry of woad/hci_list.h, in its
 * order; field formats are explained in woad/fields.h. Rows without parameters (NULL) are those of
 * features that were withdrawn or never met beside LE: only their names are known. */
#include "woad/hci_table.h"

#define BIT(name) WOAD_HCI_CMD_BIT_##name
#define COMPLETE(name, text, params, returns)                                                      \
    {                                                                                              \
        text, params, returns, WOAD_HCI_CMD_##name, BIT(name), WOAD_HCI_ANSWER_COMPLETE            \
    }
#define STATUS(name, text, params)                                                                 \
    {                                                                                              \
        text, params, "", WOAD_HCI_CMD_##name, BIT(name), WOAD_HCI_ANSWER_STATUS                   \
    }
#define UNANSWERED(name, text, params)                                                             \
    {                                                                                              \
        text, params, "status:status", WOAD_HCI_CMD_##name, BIT(name), WOAD_HCI_ANSWER_NONE        \
    }
#define EVT(name, text, params)                                                                    \
    {                                                                                              \
        text, params, WOAD_HCI_EVT_##name                                                          \
    }
#define LE_EVT(name, text, params)                                                                 \
    {                                                                                              \
        "LE " text, params, WOAD_HCI_LE_EVT_##name                                                 \
    }

/* Parts that several rows share. */
#define CS_CAPABILITIES                                                                            \
    "num_config_supported:u8 max_consecutive_procedures_supported:u16 "                            \
    "num_antennas_supported:u8 max_antenna_paths_supported:u8 roles_supported:x8 "                 \
    "modes_supported:x8 rtt_capability:x8 rtt_aa_only_n:u8 rtt_sounding_n:u8 "                     \
    "rtt_random_sequence_n:u8 nadm_sounding_capability:x16 nadm_random_capability:x16 "            \
    "cs_sync_phys_supported:x8 subfeatures_supported:x16 t_ip1_times_supported:x16 "               \
    "t_ip2_times_supported:x16 t_fcs_times_supported:x16 t_pm_times_supported:x16 "                \
    "t_sw_time_supported:u8 tx_snr_capability:x8"

const struct woad_hci_cmd_row woad_hci_cmd_rows[WOAD_HCI_CMD_COUNT] = {
    STATUS(INQUIRY, "Inquiry", "lap:x24 inquiry_length:u8 num_responses:u8"),
    COMPLETE(INQUIRY_CANCEL, "Inquiry Cancel", "", "status:status"),
    COMPLETE(
        PERIODIC_INQUIRY_MODE, "Periodic Inquiry Mode",
        "max_period_length:u16 min_period_length:u16 lap:x24 inquiry_length:u8 num_responses:u8",
        "status:status"),
    COMPLETE(EXIT_PERIODIC_INQUIRY_MODE, "Exit Periodic Inquiry Mode", "", "status:status"),
    STATUS(CREATE_CONNECTION, "Create Connection",
           "bd_addr:addr packet_type:x16 page_scan_repetition_mode:u8 _:u8 clock_offset:x16 "
           "allow_role_switch:u8"),
    STATUS(DISCONNECT, "Disconnect", "connection_handle:handle reason:status"),
    STATUS(ADD_SCO_CONNECTION, "Add SCO Connection", "connection_handle:handle packet_type:x16"),
    COMPLETE(CREATE_CONNECTION_CANCEL, "Create Connection Cancel", "bd_addr:addr",
             "status:status bd_addr:addr"),
    STATUS(ACCEPT_CONNECTION_REQUEST, "Accept Connection Request", "bd_addr:addr role:role"),
    STATUS(REJECT_CONNECTION_REQUEST, "Reject Connection Request", "bd_addr:addr reason:status"),
    COMPLETE(LINK_KEY_REQUEST_REPLY, "Link Key Request Reply", "bd_addr:addr link_key:key",
             "status:status bd_addr:addr"),
    COMPLETE(LINK_KEY_REQUEST_NEGATIVE_REPLY, "Link Key Request Negative Reply", "bd_addr:addr",
             "status:status bd_addr:addr"),
    COMPLETE(PIN_CODE_REQUEST_REPLY, "PIN Code Request Reply",
             "bd_addr:addr pin_code_length:u8 pin_code:bytes[16|pin_code_length]",
             "status:status bd_addr:addr"),
    COMPLETE(PIN_CODE_REQUEST_NEGATIVE_REPLY, "PIN Code Request Negative Reply", "bd_addr:addr",
             "status:status bd_addr:addr"),
    STATUS(CHANGE_CONNECTION_PACKET_TYPE, "Change Connection Packet Type",
           "connection_handle:handle packet_type:x16"),
    STATUS(AUTHENTICATION_REQUESTED, "Authentication Requested", "connection_handle:handle"),
    STATUS(SET_CONNECTION_ENCRYPTION, "Set Connection Encryption",
           "connection_handle:handle encryption_enable:enable"),
    STATUS(CHANGE_CONNECTION_LINK_KEY, "Change Connection Link Key", "connection_handle:handle"),
    STATUS(LINK_KEY_SELECTION, "Link Key Selection", "key_flag:u8"),
    STATUS(REMOTE_NAME_REQUEST, "Remote Name Request",
           "bd_addr:addr page_scan_repetition_mode:u8 _:u8 clock_offset:x16"),
    COMPLETE(REMOTE_NAME_REQUEST_CANCEL, "Remote Name Request Cancel", "bd_addr:addr",
             "status:status bd_addr:addr"),
    STATUS(READ_REMOTE_SUPPORTED_FEATURES, "Read Remote Supported Features",
           "connection_handle:handle"),
    STATUS(READ_REMOTE_EXTENDED_FEATURES, "Read Remote Extended Features",
           "connection_handle:handle page_number:u8"),
    STATUS(READ_REMOTE_VERSION_INFORMATION, "Read Remote Version Information",
           "connection_handle:handle"),
    STATUS(READ_CLOCK_OFFSET, "Read Clock Offset", "connection_handle:handle"),
    COMPLETE(READ_LMP_HANDLE, "Read LMP Handle", "connection_handle:handle",
             "status:status connection_handle:handle lmp_handle:u8 _:u32"),
    STATUS(SETUP_SYNCHRONOUS_CONNECTION, "Setup Synchronous Connection",
           "connection_handle:handle transmit_bandwidth:u32 receive_bandwidth:u32 max_latency:u16 "
           "voice_setting:x16 retransmission_effort:u8 packet_type:x16"),
    STATUS(ACCEPT_SYNCHRONOUS_CONNECTION_REQUEST, "Accept Synchronous Connection Request",
           "bd_addr:addr transmit_bandwidth:u32 receive_bandwidth:u32 max_latency:u16 "
           "voice_setting:x16 retransmission_effort:u8 packet_type:x16"),
    STATUS(REJECT_SYNCHRONOUS_CONNECTION_REQUEST, "Reject Synchronous Connection Request",
           "bd_addr:addr reason:status"),
    COMPLETE(IO_CAPABILITY_REQUEST_REPLY, "IO Capability Request Reply",
             "bd_addr:addr io_capability:io_cap oob_present:u8 authentication_requirements:u8",
             "status:status bd_addr:addr"),
    COMPLETE(USER_CONFIRMATION_REQUEST_REPLY, "User Confirmation Request Reply", "bd_addr:addr",
             "status:status bd_addr:addr"),
    COMPLETE(USER_CONFIRMATION_REQUEST_NEGATIVE_REPLY, "User Confirmation Request Negative Reply",
             "bd_addr:addr", "status:status bd_addr:addr"),
    COMPLETE(USER_PASSKEY_REQUEST_REPLY, "User Passkey Request Reply",
             "bd_addr:addr numeric_value:u32", "status:status bd_addr:addr"),
    COMPLETE(USER_PASSKEY_REQUEST_NEGATIVE_REPLY, "User Passkey Request Negative Reply",
             "bd_addr:addr", "status:status bd_addr:addr"),
    COMPLETE(REMOTE_OOB_DATA_REQUEST_REPLY, "Remote OOB Data Request Reply",
             "bd_addr:addr c:key r:key", "status:status bd_addr:addr"),
    COMPLETE(REMOTE_OOB_DATA_REQUEST_NEGATIVE_REPLY, "Remote OOB Data Request Negative Reply",
             "bd_addr:addr", "status:status bd_addr:addr"),
    COMPLETE(IO_CAPABILITY_REQUEST_NEGATIVE_REPLY, "IO Capability Request Negative Reply",
             "bd_addr:addr reason:status", "status:status bd_addr:addr"),
    COMPLETE(CREATE_PHYSICAL_LINK, "Create Physical Link", NULL, NULL),
    COMPLETE(ACCEPT_PHYSICAL_LINK, "Accept Physical Link", NULL, NULL),
    COMPLETE(DISCONNECT_PHYSICAL_LINK, "Disconnect Physical Link", NULL, NULL),
    COMPLETE(CREATE_LOGICAL_LINK, "Create Logical Link", NULL, NULL),
    COMPLETE(ACCEPT_LOGICAL_LINK, "Accept Logical Link", NULL, NULL),
    COMPLETE(DISCONNECT_LOGICAL_LINK, "Disconnect Logical Link", NULL, NULL),
    COMPLETE(LOGICAL_LINK_CANCEL, "Logical Link Cancel", NULL, NULL),
    COMPLETE(FLOW_SPECIFICATION_MODIFY, "Flow Specification Modify", NULL, NULL),
    STATUS(
        ENHANCED_SETUP_SYNCHRONOUS_CONNECTION, "Enhanced Setup Synchronous Connection",
        "connection_handle:handle transmit_bandwidth:u32 receive_bandwidth:u32 "
        "coding_format:codec company_id:x16 vendor_specific_codec_id:x16 coding_format:codec "
        "company_id:x16 vendor_specific_codec_id:x16 transmit_codec_frame_size:u16 "
        "receive_codec_frame_size:u16 input_bandwidth:u32 output_bandwidth:u32 "
        "coding_format:codec company_id:x16 vendor_specific_codec_id:x16 coding_format:codec "
        "company_id:x16 vendor_specific_codec_id:x16 input_coded_data_size:u16 "
        "output_coded_data_size:u16 input_pcm_data_format:u8 output_pcm_data_format:u8 "
        "input_pcm_sample_payload_msb_position:u8 output_pcm_sample_payload_msb_position:u8 "
        "input_data_path:u8 output_data_path:u8 input_transport_unit_size:u8 "
        "output_transport_unit_size:u8 max_latency:u16 packet_type:x16 retransmission_effort:u8"),
    STATUS(
        ENHANCED_ACCEPT_SYNCHRONOUS_CONNECTION_REQUEST,
        "Enhanced Accept Synchronous Connection Request",
        "bd_addr:addr transmit_bandwidth:u32 receive_bandwidth:u32 coding_format:codec "
        "company_id:x16 vendor_specific_codec_id:x16 coding_format:codec company_id:x16 "
        "vendor_specific_codec_id:x16 transmit_codec_frame_size:u16 receive_codec_frame_size:u16 "
        "input_bandwidth:u32 output_bandwidth:u32 coding_format:codec company_id:x16 "
        "vendor_specific_codec_id:x16 coding_format:codec company_id:x16 "
        "vendor_specific_codec_id:x16 input_coded_data_size:u16 output_coded_data_size:u16 "
        "input_pcm_data_format:u8 output_pcm_data_format:u8 "
        "input_pcm_sample_payload_msb_position:u8 output_pcm_sample_payload_msb_position:u8 "
        "input_data_path:u8 output_data_path:u8 input_transport_unit_size:u8 "
        "output_transport_unit_size:u8 max_latency:u16 packet_type:x16 retransmission_effort:u8"),
    COMPLETE(TRUNCATED_PAGE, "Truncated Page", NULL, NULL),
    COMPLETE(TRUNCATED_PAGE_CANCEL, "Truncated Page Cancel", NULL, NULL),
    COMPLETE(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST, "Set Connectionless Peripheral Broadcast",
             "enable:enable lt_addr:u8 lpo_allowed:yes packet_type:x16 interval_min:slots "
             "interval_max:slots supervision_timeout:slots",
             "status:status lt_addr:u8 interval:slots"),
    COMPLETE(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST_RECEIVE,
             "Set Connectionless Peripheral Broadcast Receive", NULL, NULL),
    STATUS(START_SYNCHRONIZATION_TRAIN, "Start Synchronization Train", ""),
    COMPLETE(RECEIVE_SYNCHRONIZATION_TRAIN, "Receive Synchronization Train", NULL, NULL),
    COMPLETE(REMOTE_OOB_EXTENDED_DATA_REQUEST_REPLY, "Remote OOB Extended Data Request Reply",
             "bd_addr:addr c_192:key r_192:key c_256:key r_256:key", "status:status bd_addr:addr"),
    STATUS(HOLD_MODE, "Hold Mode",
           "connection_handle:handle hold_mode_max_interval:u16 hold_mode_min_interval:u16"),
    STATUS(SNIFF_MODE, "Sniff Mode",
           "connection_handle:handle sniff_max_interval:u16 sniff_min_interval:u16 "
           "sniff_attempt:u16 sniff_timeout:u16"),
    STATUS(EXIT_SNIFF_MODE, "Exit Sniff Mode", "connection_handle:handle"),
    COMPLETE(PARK_STATE, "Park State", NULL, NULL),
    COMPLETE(EXIT_PARK_STATE, "Exit Park State", NULL, NULL),
    STATUS(QOS_SETUP, "QoS Setup",
           "connection_handle:handle _:u8 service_type:u8 token_rate:u32 peak_bandwidth:u32 "
           "latency:u32 delay_variation:u32"),
    COMPLETE(ROLE_DISCOVERY, "Role Discovery", "connection_handle:handle",
             "status:status connection_handle:handle current_role:role"),
    STATUS(SWITCH_ROLE, "Switch Role", "bd_addr:addr role:role"),
    COMPLETE(READ_LINK_POLICY_SETTINGS, "Read Link Policy Settings", "connection_handle:handle",
             "status:status connection_handle:handle link_policy_settings:x16"),
    COMPLETE(WRITE_LINK_POLICY_SETTINGS, "Write Link Policy Settings",
             "connection_handle:handle link_policy_settings:x16",
             "status:status connection_handle:handle"),
    COMPLETE(READ_DEFAULT_LINK_POLICY_SETTINGS, "Read Default Link Policy Settings", "",
             "status:status default_link_policy_settings:x16"),
    COMPLETE(WRITE_DEFAULT_LINK_POLICY_SETTINGS, "Write Default Link Policy Settings",
             "default_link_policy_settings:x16", "status:status"),
    STATUS(FLOW_SPECIFICATION, "Flow Specification",
           "connection_handle:handle _:u8 flow_direction:u8 service_type:u8 token_rate:u32 "
           "token_bucket_size:u32 peak_bandwidth:u32 access_latency:u32"),
    COMPLETE(
        SNIFF_SUBRATING, "Sniff Subrating",
        "connection_handle:handle max_latency:u16 min_remote_timeout:u16 min_local_timeout:u16",
        "status:status connection_handle:handle"),
    COMPLETE(SET_EVENT_MASK, "Set Event Mask", "event_mask:x64", "status:status"),
    COMPLETE(RESET, "Reset", "", "status:status"),
    COMPLETE(SET_EVENT_FILTER, "Set Event Filter", "filter_type:u8 condition:bytes[*]",
             "status:status"),
    COMPLETE(FLUSH, "Flush", "connection_handle:handle", "status:status connection_handle:handle"),
    COMPLETE(READ_PIN_TYPE, "Read PIN Type", "", "status:status pin_type:u8"),
    COMPLETE(WRITE_PIN_TYPE, "Write PIN Type", "pin_type:u8", "status:status"),
    COMPLETE(CREATE_NEW_UNIT_KEY, "Create New Unit Key", "", "status:status"),
    COMPLETE(READ_STORED_LINK_KEY, "Read Stored Link Key", "bd_addr:addr read_all_flag:u8",
             "status:status max_num_keys:u16 num_keys_read:u16"),
    COMPLETE(WRITE_STORED_LINK_KEY, "Write Stored Link Key",
             "num_keys_to_write:u8 keys_to_write:{address:addr link_key:key}[num_keys_to_write]",
             "status:status num_keys_written:u8"),
    COMPLETE(DELETE_STORED_LINK_KEY, "Delete Stored Link Key", "bd_addr:addr delete_all_flag:u8",
             "status:status num_keys_deleted:u16"),
    COMPLETE(WRITE_LOCAL_NAME, "Write Local Name", "local_name:text[248]", "status:status"),
    COMPLETE(READ_LOCAL_NAME, "Read Local Name", "", "status:status local_name:text[248]"),
    COMPLETE(READ_CONNECTION_ACCEPT_TIMEOUT, "Read Connection Accept Timeout", "",
             "status:status conn_accept_timeout:u16"),
    COMPLETE(WRITE_CONNECTION_ACCEPT_TIMEOUT, "Write Connection Accept Timeout",
             "conn_accept_timeout:u16", "status:status"),
    COMPLETE(READ_PAGE_TIMEOUT, "Read Page Timeout", "", "status:status page_timeout:u16"),
    COMPLETE(WRITE_PAGE_TIMEOUT, "Write Page Timeout", "page_timeout:u16", "status:status"),
    COMPLETE(READ_SCAN_ENABLE, "Read Scan Enable", "", "status:status scan_enable:x8"),
    COMPLETE(WRITE_SCAN_ENABLE, "Write Scan Enable", "scan_enable:x8", "status:status"),
    COMPLETE(READ_PAGE_SCAN_ACTIVITY, "Read Page Scan Activity", "",
             "status:status page_scan_interval:u16 page_scan_window:u16"),
    COMPLETE(WRITE_PAGE_SCAN_ACTIVITY, "Write Page Scan Activity",
             "page_scan_interval:u16 page_scan_window:u16", "status:status"),
    COMPLETE(READ_INQUIRY_SCAN_ACTIVITY, "Read Inquiry Scan Activity", "",
             "status:status inquiry_scan_interval:u16 inquiry_scan_window:u16"),
    COMPLETE(WRITE_INQUIRY_SCAN_ACTIVITY, "Write Inquiry Scan Activity",
             "inquiry_scan_interval:u16 inquiry_scan_window:u16", "status:status"),
    COMPLETE(READ_AUTHENTICATION_ENABLE, "Read Authentication Enable", "",
             "status:status authentication_enable:enable"),
    COMPLETE(WRITE_AUTHENTICATION_ENABLE, "Write Authentication Enable",
             "authentication_enable:enable", "status:status"),
    COMPLETE(READ_ENCRYPTION_MODE, "Read Encryption Mode", "", "status:status encryption_mode:u8"),
    COMPLETE(WRITE_ENCRYPTION_MODE, "Write Encryption Mode", "encryption_mode:u8", "status:status"),
    COMPLETE(READ_CLASS_OF_DEVICE, "Read Class of Device", "", "status:status class_of_device:x24"),
    COMPLETE(WRITE_CLASS_OF_DEVICE, "Write Class of Device", "class_of_device:x24",
             "status:status"),
    COMPLETE(READ_VOICE_SETTING, "Read Voice Setting", "", "status:status voice_setting:x16"),
    COMPLETE(WRITE_VOICE_SETTING, "Write Voice Setting", "voice_setting:x16", "status:status"),
    COMPLETE(READ_AUTOMATIC_FLUSH_TIMEOUT, "Read Automatic Flush Timeout",
             "connection_handle:handle",
             "status:status connection_handle:handle flush_timeout:u16"),
    COMPLETE(WRITE_AUTOMATIC_FLUSH_TIMEOUT, "Write Automatic Flush Timeout",
             "connection_handle:handle flush_timeout:u16",
             "status:status connection_handle:handle"),
    COMPLETE(READ_NUM_BROADCAST_RETRANSMISSIONS, "Read Num Broadcast Retransmissions", "",
             "status:status num_broadcast_retransmissions:u8"),
    COMPLETE(WRITE_NUM_BROADCAST_RETRANSMISSIONS, "Write Num Broadcast Retransmissions",
             "num_broadcast_retransmissions:u8", "status:status"),
    COMPLETE(READ_HOLD_MODE_ACTIVITY, "Read Hold Mode Activity", "",
             "status:status hold_mode_activity:u8"),
    COMPLETE(WRITE_HOLD_MODE_ACTIVITY, "Write Hold Mode Activity", "hold_mode_activity:u8",
             "status:status"),
    COMPLETE(READ_TRANSMIT_POWER_LEVEL, "Read Transmit Power Level",
             "connection_handle:handle transmit_power_level_type:u8",
             "status:status connection_handle:handle transmit_power_level:power"),
    COMPLETE(READ_SYNCHRONOUS_FLOW_CONTROL_ENABLE, "Read Synchronous Flow Control Enable", "",
             "status:status enable:enable"),
    COMPLETE(WRITE_SYNCHRONOUS_FLOW_CONTROL_ENABLE, "Write Synchronous Flow Control Enable",
             "enable:enable", "status:status"),
    COMPLETE(SET_CONTROLLER_TO_HOST_FLOW_CONTROL, "Set Controller to Host Flow Control",
             "flow_control_enable:u8", "status:status"),
    COMPLETE(HOST_BUFFER_SIZE, "Host Buffer Size",
             "host_acl_data_packet_length:u16 host_synchronous_data_packet_length:u8 "
             "host_total_num_acl_data_packets:u16 host_total_num_synchronous_data_packets:u16",
             "status:status"),
    UNANSWERED(HOST_NUMBER_OF_COMPLETED_PACKETS, "Host Number of Completed Packets",
               "num_handles:u8 completed:{connection_handle:handle "
               "num_completed_packets:u16}[num_handles]"),
    COMPLETE(READ_LINK_SUPERVISION_TIMEOUT, "Read Link Supervision Timeout",
             "connection_handle:handle",
             "status:status connection_handle:handle link_supervision_timeout:sup_timeout"),
    COMPLETE(WRITE_LINK_SUPERVISION_TIMEOUT, "Write Link Supervision Timeout",
             "connection_handle:handle link_supervision_timeout:sup_timeout",
             "status:status connection_handle:handle"),
    COMPLETE(READ_NUMBER_OF_SUPPORTED_IAC, "Read Number of Supported IAC", "",
             "status:status num_support_iac:u8"),
    COMPLETE(READ_CURRENT_IAC_LAP, "Read Current IAC LAP", "",
             "status:status num_laps_to_read:u8 laps_to_read:x24[num_laps_to_read]"),
    COMPLETE(WRITE_CURRENT_IAC_LAP, "Write Current IAC LAP",
             "num_laps_to_write:u8 laps_to_write:x24[num_laps_to_write]", "status:status"),
    COMPLETE(READ_PAGE_SCAN_PERIOD_MODE, "Read Page Scan Period Mode", NULL, NULL),
    COMPLETE(WRITE_PAGE_SCAN_PERIOD_MODE, "Write Page Scan Period Mode", NULL, NULL),
    COMPLETE(READ_PAGE_SCAN_MODE, "Read Page Scan Mode", NULL, NULL),
    COMPLETE(WRITE_PAGE_SCAN_MODE, "Write Page Scan Mode", NULL, NULL),
    COMPLETE(SET_AFH_HOST_CHANNEL_CLASSIFICATION, "Set AFH Host Channel Classification",
             "afh_host_channel_classification:bytes[10]", "status:status"),
    COMPLETE(READ_INQUIRY_SCAN_TYPE, "Read Inquiry Scan Type", "",
             "status:status inquiry_scan_type:u8"),
    COMPLETE(WRITE_INQUIRY_SCAN_TYPE, "Write Inquiry Scan Type", "inquiry_scan_type:u8",
             "status:status"),
    COMPLETE(READ_INQUIRY_MODE, "Read Inquiry Mode", "", "status:status inquiry_mode:u8"),
    COMPLETE(WRITE_INQUIRY_MODE, "Write Inquiry Mode", "inquiry_mode:u8", "status:status"),
    COMPLETE(READ_PAGE_SCAN_TYPE, "Read Page Scan Type", "", "status:status page_scan_type:u8"),
    COMPLETE(WRITE_PAGE_SCAN_TYPE, "Write Page Scan Type", "page_scan_type:u8", "status:status"),
    COMPLETE(READ_AFH_CHANNEL_ASSESSMENT_MODE, "Read AFH Channel Assessment Mode", "",
             "status:status controller_channel_assessment:enable"),
    COMPLETE(WRITE_AFH_CHANNEL_ASSESSMENT_MODE, "Write AFH Channel Assessment Mode",
             "controller_channel_assessment:enable", "status:status"),
    COMPLETE(READ_EXTENDED_INQUIRY_RESPONSE, "Read Extended Inquiry Response", "",
             "status:status fec_required:enable extended_inquiry_response:ad[240]"),
    COMPLETE(WRITE_EXTENDED_INQUIRY_RESPONSE, "Write Extended Inquiry Response",
             "fec_required:enable extended_inquiry_response:ad[240]", "status:status"),
    STATUS(REFRESH_ENCRYPTION_KEY, "Refresh Encryption Key", "connection_handle:handle"),
    COMPLETE(READ_SIMPLE_PAIRING_MODE, "Read Simple Pairing Mode", "",
             "status:status simple_pairing_mode:enable"),
    COMPLETE(WRITE_SIMPLE_PAIRING_MODE, "Write Simple Pairing Mode", "simple_pairing_mode:enable",
             "status:status"),
    COMPLETE(READ_LOCAL_OOB_DATA, "Read Local OOB Data", "", "status:status c:key r:key"),
    COMPLETE(READ_INQUIRY_RESPONSE_TRANSMIT_POWER_LEVEL,
             "Read Inquiry Response Transmit Power Level", "", "status:status tx_power:power"),
    COMPLETE(WRITE_INQUIRY_TRANSMIT_POWER_LEVEL, "Write Inquiry Transmit Power Level",
             "tx_power:power", "status:status"),
    COMPLETE(READ_DEFAULT_ERRONEOUS_DATA_REPORTING, "Read Default Erroneous Data Reporting", "",
             "status:status erroneous_data_reporting:enable"),
    COMPLETE(WRITE_DEFAULT_ERRONEOUS_DATA_REPORTING, "Write Default Erroneous Data Reporting",
             "erroneous_data_reporting:enable", "status:status"),
    STATUS(ENHANCED_FLUSH, "Enhanced Flush", "connection_handle:handle packet_type:u8"),
    COMPLETE(SEND_KEYPRESS_NOTIFICATION, "Send Keypress Notification",
             "bd_addr:addr notification_type:u8", "status:status bd_addr:addr"),
    COMPLETE(READ_LOGICAL_LINK_ACCEPT_TIMEOUT, "Read Logical Link Accept Timeout", NULL, NULL),
    COMPLETE(WRITE_LOGICAL_LINK_ACCEPT_TIMEOUT, "Write Logical Link Accept Timeout", NULL, NULL),
    COMPLETE(SET_EVENT_MASK_PAGE_2, "Set Event Mask Page 2", "event_mask_page_2:x64",
             "status:status"),
    COMPLETE(READ_LOCATION_DATA, "Read Location Data", NULL, NULL),
    COMPLETE(WRITE_LOCATION_DATA, "Write Location Data", NULL, NULL),
    COMPLETE(READ_FLOW_CONTROL_MODE, "Read Flow Control Mode", "",
             "status:status flow_control_mode:u8"),
    COMPLETE(WRITE_FLOW_CONTROL_MODE, "Write Flow Control Mode", "flow_control_mode:u8",
             "status:status"),
    COMPLETE(READ_ENHANCED_TRANSMIT_POWER_LEVEL, "Read Enhanced Transmit Power Level",
             "connection_handle:handle transmit_power_level_type:u8",
             "status:status connection_handle:handle tx_power_level_gfsk:power "
             "tx_power_level_dqpsk:power tx_power_level_8dpsk:power"),
    COMPLETE(READ_BEST_EFFORT_FLUSH_TIMEOUT, "Read Best Effort Flush Timeout", NULL, NULL),
    COMPLETE(WRITE_BEST_EFFORT_FLUSH_TIMEOUT, "Write Best Effort Flush Timeout", NULL, NULL),
    COMPLETE(SHORT_RANGE_MODE, "Short Range Mode", NULL, NULL),
    COMPLETE(READ_LE_HOST_SUPPORT, "Read LE Host Support", "",
             "status:status le_supported_host:enable simultaneous_le_host:enable"),
    COMPLETE(WRITE_LE_HOST_SUPPORT, "Write LE Host Support",
             "le_supported_host:enable simultaneous_le_host:enable", "status:status"),
    COMPLETE(SET_MWS_CHANNEL_PARAMETERS, "Set MWS Channel Parameters", NULL, NULL),
    COMPLETE(SET_EXTERNAL_FRAME_CONFIGURATION, "Set External Frame Configuration", NULL, NULL),
    COMPLETE(SET_MWS_SIGNALING, "Set MWS Signaling", NULL, NULL),
    COMPLETE(SET_MWS_TRANSPORT_LAYER, "Set MWS Transport Layer", NULL, NULL),
    COMPLETE(SET_MWS_SCAN_FREQUENCY_TABLE, "Set MWS Scan Frequency Table", NULL, NULL),
    COMPLETE(SET_MWS_PATTERN_CONFIGURATION, "Set MWS Pattern Configuration", NULL, NULL),
    COMPLETE(SET_RESERVED_LT_ADDR, "Set Reserved LT_ADDR", "lt_addr:u8",
             "status:status lt_addr:u8"),
    COMPLETE(DELETE_RESERVED_LT_ADDR, "Delete Reserved LT_ADDR", "lt_addr:u8",
             "status:status lt_addr:u8"),
    COMPLETE(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST_DATA,
             "Set Connectionless Peripheral Broadcast Data", NULL, NULL),
    COMPLETE(READ_SYNCHRONIZATION_TRAIN_PARAMETERS, "Read Synchronization Train Parameters", NULL,
             NULL),
    COMPLETE(WRITE_SYNCHRONIZATION_TRAIN_PARAMETERS, "Write Synchronization Train Parameters", NULL,
             NULL),
    COMPLETE(READ_SECURE_CONNECTIONS_HOST_SUPPORT, "Read Secure Connections Host Support", "",
             "status:status secure_connections_host_support:enable"),
    COMPLETE(WRITE_SECURE_CONNECTIONS_HOST_SUPPORT, "Write Secure Connections Host Support",
             "secure_connections_host_support:enable", "status:status"),
    COMPLETE(READ_AUTHENTICATED_PAYLOAD_TIMEOUT, "Read Authenticated Payload Timeout",
             "connection_handle:handle",
             "status:status connection_handle:handle authenticated_payload_timeout:sup_timeout"),
    COMPLETE(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, "Write Authenticated Payload Timeout",
             "connection_handle:handle authenticated_payload_timeout:sup_timeout",
             "status:status connection_handle:handle"),
    COMPLETE(READ_LOCAL_OOB_EXTENDED_DATA, "Read Local OOB Extended Data", "",
             "status:status c_192:key r_192:key c_256:key r_256:key"),
    COMPLETE(READ_EXTENDED_PAGE_TIMEOUT, "Read Extended Page Timeout", "",
             "status:status extended_page_timeout:slots"),
    COMPLETE(WRITE_EXTENDED_PAGE_TIMEOUT, "Write Extended Page Timeout",
             "extended_page_timeout:slots", "status:status"),
    COMPLETE(READ_EXTENDED_INQUIRY_LENGTH, "Read Extended Inquiry Length", "",
             "status:status extended_inquiry_length:slots"),
    COMPLETE(WRITE_EXTENDED_INQUIRY_LENGTH, "Write Extended Inquiry Length",
             "extended_inquiry_length:slots", "status:status"),
    COMPLETE(SET_ECOSYSTEM_BASE_INTERVAL, "Set Ecosystem Base Interval", "interval:u16",
             "status:status"),
    COMPLETE(CONFIGURE_DATA_PATH, "Configure Data Path",
             "data_path_direction:data_path_dir data_path_id:u8 vendor_specific_config_len:u8 "
             "vendor_specific_config:bytes[vendor_specific_config_len]",
             "status:status"),
    COMPLETE(SET_MIN_ENCRYPTION_KEY_SIZE, "Set Min Encryption Key Size",
             "min_encryption_key_size:u8", "status:status"),
    COMPLETE(READ_LOCAL_VERSION_INFORMATION, "Read Local Version Information", "",
             "status:status hci_version:version hci_revision:u16 lmp_version:version "
             "manufacturer_name:x16 lmp_subversion:u16"),
    COMPLETE(READ_LOCAL_SUPPORTED_COMMANDS, "Read Local Supported Commands", "",
             "status:status supported_commands:bytes[64]"),
    COMPLETE(READ_LOCAL_SUPPORTED_FEATURES, "Read Local Supported Features", "",
             "status:status lmp_features:x64"),
    COMPLETE(READ_LOCAL_EXTENDED_FEATURES, "Read Local Extended Features", "page_number:u8",
             "status:status page_number:u8 maximum_page_number:u8 extended_lmp_features:x64"),
    COMPLETE(READ_BUFFER_SIZE, "Read Buffer Size", "",
             "status:status acl_data_packet_length:u16 synchronous_data_packet_length:u8 "
             "total_num_acl_data_packets:u16 total_num_synchronous_data_packets:u16"),
    COMPLETE(READ_COUNTRY_CODE, "Read Country Code", NULL, NULL),
    COMPLETE(READ_BD_ADDR, "Read BD_ADDR", "", "status:status bd_addr:addr"),
    COMPLETE(READ_DATA_BLOCK_SIZE, "Read Data Block Size", "",
             "status:status max_acl_data_packet_length:u16 data_block_length:u16 "
             "total_num_data_blocks:u16"),
    COMPLETE(
        READ_LOCAL_SUPPORTED_CODECS, "Read Local Supported Codecs", "",
        "status:status num_supported_codecs:u8 supported_codecs:codec[num_supported_codecs] "
        "num_vendor_specific_codecs:u8 vendor_specific_codecs:x32[num_vendor_specific_codecs]"),
    COMPLETE(READ_LOCAL_SIMPLE_PAIRING_OPTIONS, "Read Local Simple Pairing Options", "",
             "status:status simple_pairing_options:x8 max_encryption_key_size:u8"),
    COMPLETE(READ_LOCAL_SUPPORTED_CODECS_V2, "Read Local Supported Codecs [v2]", "",
             "status:status num_supported_codecs:u8 supported_codecs:{codec_id:u8 "
             "transports:x8}[num_supported_codecs] num_vendor_specific_codecs:u8 "
             "vendor_specific_codecs:{company_id:x16 codec_vendor_id:x16 "
             "transports:x8}[num_vendor_specific_codecs]"),
    COMPLETE(READ_LOCAL_SUPPORTED_CODEC_CAPABILITIES, "Read Local Supported Codec Capabilities",
             "codec_id:u8 company_id:x16 codec_vendor_id:x16 transports:x8 direction:data_path_dir",
             "status:status num_codec_capabilities:u8 codec_capabilities:{capability_len:u8 "
             "capability:bytes[capability_len]}[num_codec_capabilities]"),
    COMPLETE(READ_LOCAL_SUPPORTED_CONTROLLER_DELAY, "Read Local Supported Controller Delay",
             "codec_id:u8 company_id:x16 codec_vendor_id:x16 transports:x8 direction:data_path_dir "
             "codec_configuration_len:u8 codec_configuration:bytes[codec_configuration_len]",
             "status:status min_controller_delay:us24 max_controller_delay:us24"),
    COMPLETE(READ_FAILED_CONTACT_COUNTER, "Read Failed Contact Counter", "connection_handle:handle",
             "status:status connection_handle:handle failed_contact_counter:u16"),
    COMPLETE(RESET_FAILED_CONTACT_COUNTER, "Reset Failed Contact Counter",
             "connection_handle:handle", "status:status connection_handle:handle"),
    COMPLETE(READ_LINK_QUALITY, "Read Link Quality", "connection_handle:handle",
             "status:status connection_handle:handle link_quality:u8"),
    COMPLETE(READ_RSSI, "Read RSSI", "connection_handle:handle",
             "status:status connection_handle:handle rssi:rssi"),
    COMPLETE(READ_AFH_CHANNEL_MAP, "Read AFH Channel Map", "connection_handle:handle",
             "status:status connection_handle:handle afh_mode:u8 afh_channel_map:bytes[10]"),
    COMPLETE(READ_CLOCK, "Read Clock", "connection_handle:handle which_clock:u8",
             "status:status connection_handle:handle clock:x32 accuracy:u16"),
    COMPLETE(READ_ENCRYPTION_KEY_SIZE, "Read Encryption Key Size", "connection_handle:handle",
             "status:status connection_handle:handle key_size:u8"),
    COMPLETE(READ_LOCAL_AMP_INFO, "Read Local AMP Info", NULL, NULL),
    COMPLETE(READ_LOCAL_AMP_ASSOC, "Read Local AMP ASSOC", NULL, NULL),
    COMPLETE(WRITE_REMOTE_AMP_ASSOC, "Write Remote AMP ASSOC", NULL, NULL),
    COMPLETE(GET_MWS_TRANSPORT_LAYER_CONFIGURATION, "Get MWS Transport Layer Configuration", NULL,
             NULL),
    COMPLETE(SET_TRIGGERED_CLOCK_CAPTURE, "Set Triggered Clock Capture", NULL, NULL),
    COMPLETE(READ_LOOPBACK_MODE, "Read Loopback Mode", "", "status:status loopback_mode:u8"),
    COMPLETE(WRITE_LOOPBACK_MODE, "Write Loopback Mode", "loopback_mode:u8", "status:status"),
    COMPLETE(ENABLE_IMPLEMENTATION_UNDER_TEST_MODE, "Enable Implementation Under Test Mode", "",
             "status:status"),
    COMPLETE(WRITE_SIMPLE_PAIRING_DEBUG_MODE, "Write Simple Pairing Debug Mode",
             "simple_pairing_debug_mode:enable", "status:status"),
    COMPLETE(ENABLE_AMP_RECEIVER_REPORTS, "Enable AMP Receiver Reports", NULL, NULL),
    COMPLETE(AMP_TEST_END, "AMP Test End", NULL, NULL),
    COMPLETE(AMP_TEST, "AMP Test", NULL, NULL),
    COMPLETE(WRITE_SECURE_CONNECTIONS_TEST_MODE, "Write Secure Connections Test Mode",
             "connection_handle:handle dm1_aclu_mode:enable esco_loopback_mode:enable",
             "status:status connection_handle:handle"),
    COMPLETE(LE_SET_EVENT_MASK, "LE Set Event Mask", "le_event_mask:x64", "status:status"),
    COMPLETE(LE_READ_BUFFER_SIZE, "LE Read Buffer Size", "",
             "status:status le_acl_data_packet_length:u16 total_num_le_acl_data_packets:u8"),
    COMPLETE(LE_READ_LOCAL_SUPPORTED_FEATURES_PAGE_0, "LE Read Local Supported Features Page 0", "",
             "status:status le_features:features"),
    COMPLETE(LE_SET_RANDOM_ADDRESS, "LE Set Random Address", "random_address:addr",
             "status:status"),
    COMPLETE(
        LE_SET_ADVERTISING_PARAMETERS, "LE Set Advertising Parameters",
        "advertising_interval_min:slots advertising_interval_max:slots advertising_type:adv_type "
        "own_address_type:own_addr_type peer_address_type:addr_type peer_address:addr "
        "advertising_channel_map:channels37 advertising_filter_policy:adv_filter",
        "status:status"),
    COMPLETE(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER,
             "LE Read Advertising Physical Channel Tx Power", "",
             "status:status transmit_power_level:power"),
    COMPLETE(LE_SET_ADVERTISING_DATA, "LE Set Advertising Data",
             "advertising_data_len:u8 advertising_data:ad[31|advertising_data_len]",
             "status:status"),
    COMPLETE(LE_SET_SCAN_RESPONSE_DATA, "LE Set Scan Response Data",
             "advertising_data_len:u8 advertising_data:ad[31|advertising_data_len]",
             "status:status"),
    COMPLETE(LE_SET_ADVERTISING_ENABLE, "LE Set Advertising Enable", "advertising_enable:enable",
             "status:status"),
    COMPLETE(LE_SET_SCAN_PARAMETERS, "LE Set Scan Parameters",
             "le_scan_type:scan_type le_scan_interval:slots le_scan_window:slots "
             "own_address_type:own_addr_type scanning_filter_policy:scan_filter",
             "status:status"),
    COMPLETE(LE_SET_SCAN_ENABLE, "LE Set Scan Enable",
             "le_scan_enable:enable filter_duplicates:enable", "status:status"),
    STATUS(
        LE_CREATE_CONNECTION, "LE Create Connection",
        "le_scan_interval:slots le_scan_window:slots initiator_filter_policy:init_filter "
        "peer_address_type:addr_type peer_address:addr own_address_type:own_addr_type "
        "connection_interval_min:conn_interval connection_interval_max:conn_interval "
        "max_latency:u16 supervision_timeout:sup_timeout min_ce_length:slots max_ce_length:slots"),
    COMPLETE(LE_CREATE_CONNECTION_CANCEL, "LE Create Connection Cancel", "", "status:status"),
    COMPLETE(LE_READ_FILTER_ACCEPT_LIST_SIZE, "LE Read Filter Accept List Size", "",
             "status:status filter_accept_list_size:u8"),
    COMPLETE(LE_CLEAR_FILTER_ACCEPT_LIST, "LE Clear Filter Accept List", "", "status:status"),
    COMPLETE(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, "LE Add Device to Filter Accept List",
             "address_type:addr_type_any address:addr", "status:status"),
    COMPLETE(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, "LE Remove Device from Filter Accept List",
             "address_type:addr_type_any address:addr", "status:status"),
    STATUS(LE_CONNECTION_UPDATE, "LE Connection Update",
           "connection_handle:handle connection_interval_min:conn_interval "
           "connection_interval_max:conn_interval max_latency:u16 supervision_timeout:sup_timeout "
           "min_ce_length:slots max_ce_length:slots"),
    COMPLETE(LE_SET_HOST_CHANNEL_CLASSIFICATION, "LE Set Host Channel Classification",
             "channel_map:chm", "status:status"),
    COMPLETE(LE_READ_CHANNEL_MAP, "LE Read Channel Map", "connection_handle:handle",
             "status:status connection_handle:handle channel_map:chm"),
    STATUS(LE_READ_REMOTE_FEATURES_PAGE_0, "LE Read Remote Features Page 0",
           "connection_handle:handle"),
    COMPLETE(LE_ENCRYPT, "LE Encrypt", "key:key plaintext_data:key",
             "status:status encrypted_data:key"),
    COMPLETE(LE_RAND, "LE Rand", "", "status:status random_number:x64"),
    STATUS(
        LE_ENABLE_ENCRYPTION, "LE Enable Encryption",
        "connection_handle:handle random_number:x64 encrypted_diversifier:x16 long_term_key:key"),
    COMPLETE(LE_LONG_TERM_KEY_REQUEST_REPLY, "LE Long Term Key Request Reply",
             "connection_handle:handle long_term_key:key",
             "status:status connection_handle:handle"),
    COMPLETE(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, "LE Long Term Key Request Negative Reply",
             "connection_handle:handle", "status:status connection_handle:handle"),
    COMPLETE(LE_READ_SUPPORTED_STATES, "LE Read Supported States", "",
             "status:status le_states:x64"),
    COMPLETE(LE_RECEIVER_TEST, "LE Receiver Test", "rx_channel:u8", "status:status"),
    COMPLETE(LE_TRANSMITTER_TEST, "LE Transmitter Test",
             "tx_channel:u8 test_data_length:u8 packet_payload:u8", "status:status"),
    COMPLETE(LE_TEST_END, "LE Test End", "", "status:status num_packets:u16"),
    COMPLETE(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY,
             "LE Remote Connection Parameter Request Reply",
             "connection_handle:handle interval_min:conn_interval interval_max:conn_interval "
             "latency:u16 timeout:sup_timeout minimum_ce_length:slots maximum_ce_length:slots",
             "status:status connection_handle:handle"),
    COMPLETE(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY,
             "LE Remote Connection Parameter Request Negative Reply",
             "connection_handle:handle reason:status", "status:status connection_handle:handle"),
    COMPLETE(LE_SET_DATA_LENGTH, "LE Set Data Length",
             "connection_handle:handle tx_octets:u16 tx_time:us16",
             "status:status connection_handle:handle"),
    COMPLETE(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, "LE Read Suggested Default Data Length", "",
             "status:status tx_octets:u16 tx_time:us16"),
    COMPLETE(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "LE Write Suggested Default Data Length",
             "tx_octets:u16 tx_time:us16", "status:status"),
    STATUS(LE_READ_LOCAL_P_256_PUBLIC_KEY, "LE Read Local P-256 Public Key", ""),
    STATUS(LE_GENERATE_DHKEY, "LE Generate DHKey",
           "key_x_coordinate:key256 key_y_coordinate:key256"),
    COMPLETE(LE_ADD_DEVICE_TO_RESOLVING_LIST, "LE Add Device to Resolving List",
             "peer_identity_address_type:addr_type peer_identity_address:addr peer_irk:key "
             "local_irk:key",
             "status:status"),
    COMPLETE(LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, "LE Remove Device from Resolving List",
             "peer_identity_address_type:addr_type peer_identity_address:addr", "status:status"),
    COMPLETE(LE_CLEAR_RESOLVING_LIST, "LE Clear Resolving List", "", "status:status"),
    COMPLETE(LE_READ_RESOLVING_LIST_SIZE, "LE Read Resolving List Size", "",
             "status:status resolving_list_size:u8"),
    COMPLETE(LE_READ_PEER_RESOLVABLE_ADDRESS, "LE Read Peer Resolvable Address",
             "peer_identity_address_type:addr_type peer_identity_address:addr",
             "status:status peer_resolvable_address:addr"),
    COMPLETE(LE_READ_LOCAL_RESOLVABLE_ADDRESS, "LE Read Local Resolvable Address",
             "peer_identity_address_type:addr_type peer_identity_address:addr",
             "status:status local_resolvable_address:addr"),
    COMPLETE(LE_SET_ADDRESS_RESOLUTION_ENABLE, "LE Set Address Resolution Enable",
             "address_resolution_enable:enable", "status:status"),
    COMPLETE(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, "LE Set Resolvable Private Address Timeout",
             "rpa_timeout:sec16", "status:status"),
    COMPLETE(LE_READ_MAXIMUM_DATA_LENGTH, "LE Read Maximum Data Length", "",
             "status:status supported_max_tx_octets:u16 supported_max_tx_time:us16 "
             "supported_max_rx_octets:u16 supported_max_rx_time:us16"),
    COMPLETE(LE_READ_PHY, "LE Read PHY", "connection_handle:handle",
             "status:status connection_handle:handle tx_phy:phy rx_phy:phy"),
    COMPLETE(LE_SET_DEFAULT_PHY, "LE Set Default PHY", "all_phys:pref tx_phys:phys rx_phys:phys",
             "status:status"),
    STATUS(LE_SET_PHY, "LE Set PHY",
           "connection_handle:handle all_phys:pref tx_phys:phys rx_phys:phys phy_options:x16"),
    COMPLETE(LE_RECEIVER_TEST_V2, "LE Receiver Test [v2]",
             "rx_channel:u8 phy:phy modulation_index:u8", "status:status"),
    COMPLETE(LE_TRANSMITTER_TEST_V2, "LE Transmitter Test [v2]",
             "tx_channel:u8 test_data_length:u8 packet_payload:u8 phy:test_phy", "status:status"),
    COMPLETE(LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, "LE Set Advertising Set Random Address",
             "advertising_handle:u8 random_address:addr", "status:status"),
    COMPLETE(LE_SET_EXTENDED_ADVERTISING_PARAMETERS, "LE Set Extended Advertising Parameters",
             "advertising_handle:u8 advertising_event_properties:adv_props "
             "primary_advertising_interval_min:slots24 primary_advertising_interval_max:slots24 "
             "primary_advertising_channel_map:channels37 own_address_type:own_addr_type "
             "peer_address_type:addr_type peer_address:addr advertising_filter_policy:adv_filter "
             "advertising_tx_power:power primary_advertising_phy:phy "
             "secondary_advertising_max_skip:u8 secondary_advertising_phy:phy advertising_sid:u8 "
             "scan_request_notification_enable:enable",
             "status:status selected_tx_power:power"),
    COMPLETE(
        LE_SET_EXTENDED_ADVERTISING_DATA, "LE Set Extended Advertising Data",
        "advertising_handle:u8 operation:adv_op fragment_preference:u8 advertising_data_len:u8 "
        "advertising_data:ad[advertising_data_len]",
        "status:status"),
    COMPLETE(
        LE_SET_EXTENDED_SCAN_RESPONSE_DATA, "LE Set Extended Scan Response Data",
        "advertising_handle:u8 operation:adv_op fragment_preference:u8 scan_response_data_len:u8 "
        "scan_response_data:ad[scan_response_data_len]",
        "status:status"),
    COMPLETE(LE_SET_EXTENDED_ADVERTISING_ENABLE, "LE Set Extended Advertising Enable",
             "enable:enable num_sets:u8 sets:{advertising_handle:u8 duration:sup_timeout "
             "max_extended_advertising_events:u8}[num_sets]",
             "status:status"),
    COMPLETE(LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH, "LE Read Maximum Advertising Data Length", "",
             "status:status maximum_advertising_data_length:u16"),
    COMPLETE(LE_READ_NUMBER_OF_SUPPORTED_ADVERTISING_SETS,
             "LE Read Number of Supported Advertising Sets", "",
             "status:status number_supported_advertising_sets:u8"),
    COMPLETE(LE_REMOVE_ADVERTISING_SET, "LE Remove Advertising Set", "advertising_handle:u8",
             "status:status"),
    COMPLETE(LE_CLEAR_ADVERTISING_SETS, "LE Clear Advertising Sets", "", "status:status"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_PARAMETERS, "LE Set Periodic Advertising Parameters",
             "advertising_handle:u8 periodic_advertising_interval_min:conn_interval "
             "periodic_advertising_interval_max:conn_interval periodic_advertising_properties:x16",
             "status:status"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_DATA, "LE Set Periodic Advertising Data",
             "advertising_handle:u8 operation:adv_op advertising_data_len:u8 "
             "advertising_data:ad[advertising_data_len]",
             "status:status"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_ENABLE, "LE Set Periodic Advertising Enable",
             "enable:x8 advertising_handle:u8", "status:status"),
    COMPLETE(LE_SET_EXTENDED_SCAN_PARAMETERS, "LE Set Extended Scan Parameters",
             "own_address_type:own_addr_type scanning_filter_policy:scan_filter scanning_phys:phys "
             "phy:{scan_type:scan_type scan_interval:slots scan_window:slots}[#scanning_phys]",
             "status:status"),
    COMPLETE(LE_SET_EXTENDED_SCAN_ENABLE, "LE Set Extended Scan Enable",
             "enable:enable filter_duplicates:u8 duration:sup_timeout period:u16", "status:status"),
    STATUS(LE_EXTENDED_CREATE_CONNECTION, "LE Extended Create Connection",
           "initiator_filter_policy:init_filter own_address_type:own_addr_type "
           "peer_address_type:addr_type peer_address:addr initiating_phys:phys "
           "phy:{scan_interval:slots scan_window:slots connection_interval_min:conn_interval "
           "connection_interval_max:conn_interval max_latency:u16 supervision_timeout:sup_timeout "
           "min_ce_length:slots max_ce_length:slots}[#initiating_phys]"),
    STATUS(LE_PERIODIC_ADVERTISING_CREATE_SYNC, "LE Periodic Advertising Create Sync",
           "options:conn_policy advertising_sid:u8 advertiser_address_type:addr_type "
           "advertiser_address:addr skip:u16 sync_timeout:sup_timeout sync_cte_type:x8"),
    COMPLETE(LE_PERIODIC_ADVERTISING_CREATE_SYNC_CANCEL,
             "LE Periodic Advertising Create Sync Cancel", "", "status:status"),
    COMPLETE(LE_PERIODIC_ADVERTISING_TERMINATE_SYNC, "LE Periodic Advertising Terminate Sync",
             "sync_handle:handle", "status:status"),
    COMPLETE(LE_ADD_DEVICE_TO_PERIODIC_ADVERTISER_LIST, "LE Add Device to Periodic Advertiser List",
             "advertiser_address_type:addr_type advertiser_address:addr advertising_sid:u8",
             "status:status"),
    COMPLETE(LE_REMOVE_DEVICE_FROM_PERIODIC_ADVERTISER_LIST,
             "LE Remove Device from Periodic Advertiser List",
             "advertiser_address_type:addr_type advertiser_address:addr advertising_sid:u8",
             "status:status"),
    COMPLETE(LE_CLEAR_PERIODIC_ADVERTISER_LIST, "LE Clear Periodic Advertiser List", "",
             "status:status"),
    COMPLETE(LE_READ_PERIODIC_ADVERTISER_LIST_SIZE, "LE Read Periodic Advertiser List Size", "",
             "status:status periodic_advertiser_list_size:u8"),
    COMPLETE(LE_READ_TRANSMIT_POWER, "LE Read Transmit Power", "",
             "status:status min_tx_power_dbm:power max_tx_power_dbm:power"),
    COMPLETE(LE_READ_RF_PATH_COMPENSATION, "LE Read RF Path Compensation", "",
             "status:status rf_tx_path_compensation_tenths_db:s16 "
             "rf_rx_path_compensation_tenths_db:s16"),
    COMPLETE(LE_WRITE_RF_PATH_COMPENSATION, "LE Write RF Path Compensation",
             "rf_tx_path_compensation_tenths_db:s16 rf_rx_path_compensation_tenths_db:s16",
             "status:status"),
    COMPLETE(LE_SET_PRIVACY_MODE, "LE Set Privacy Mode",
             "peer_identity_address_type:addr_type peer_identity_address:addr privacy_mode:privacy",
             "status:status"),
    COMPLETE(
        LE_RECEIVER_TEST_V3, "LE Receiver Test [v3]",
        "rx_channel:u8 phy:phy modulation_index:u8 expected_cte_length:u8 expected_cte_type:cte "
        "slot_durations:u8 switching_pattern_length:u8 "
        "antenna_ids:bytes[switching_pattern_length]",
        "status:status"),
    COMPLETE(LE_TRANSMITTER_TEST_V3, "LE Transmitter Test [v3]",
             "tx_channel:u8 test_data_length:u8 packet_payload:u8 phy:test_phy cte_length:u8 "
             "cte_type:cte switching_pattern_length:u8 antenna_ids:bytes[switching_pattern_length]",
             "status:status"),
    COMPLETE(LE_SET_CONNECTIONLESS_CTE_TRANSMIT_PARAMETERS,
             "LE Set Connectionless CTE Transmit Parameters",
             "advertising_handle:u8 cte_length:u8 cte_type:cte cte_count:u8 "
             "switching_pattern_length:u8 antenna_ids:bytes[switching_pattern_length]",
             "status:status"),
    COMPLETE(LE_SET_CONNECTIONLESS_CTE_TRANSMIT_ENABLE, "LE Set Connectionless CTE Transmit Enable",
             "advertising_handle:u8 cte_enable:enable", "status:status"),
    COMPLETE(LE_SET_CONNECTIONLESS_IQ_SAMPLING_ENABLE, "LE Set Connectionless IQ Sampling Enable",
             "sync_handle:handle sampling_enable:enable slot_durations:u8 max_sampled_ctes:u8 "
             "switching_pattern_length:u8 antenna_ids:bytes[switching_pattern_length]",
             "status:status sync_handle:handle"),
    COMPLETE(LE_SET_CONNECTION_CTE_RECEIVE_PARAMETERS, "LE Set Connection CTE Receive Parameters",
             "connection_handle:handle sampling_enable:enable slot_durations:u8 "
             "switching_pattern_length:u8 antenna_ids:bytes[switching_pattern_length]",
             "status:status connection_handle:handle"),
    COMPLETE(LE_SET_CONNECTION_CTE_TRANSMIT_PARAMETERS, "LE Set Connection CTE Transmit Parameters",
             "connection_handle:handle cte_types:x8 switching_pattern_length:u8 "
             "antenna_ids:bytes[switching_pattern_length]",
             "status:status connection_handle:handle"),
    COMPLETE(
        LE_CONNECTION_CTE_REQUEST_ENABLE, "LE Connection CTE Request Enable",
        "connection_handle:handle enable:enable cte_request_interval:u16 requested_cte_length:u8 "
        "requested_cte_type:cte",
        "status:status connection_handle:handle"),
    COMPLETE(LE_CONNECTION_CTE_RESPONSE_ENABLE, "LE Connection CTE Response Enable",
             "connection_handle:handle enable:enable", "status:status connection_handle:handle"),
    COMPLETE(LE_READ_ANTENNA_INFORMATION, "LE Read Antenna Information", "",
             "status:status supported_switching_sampling_rates:x8 num_antennae:u8 "
             "max_switching_pattern_length:u8 max_cte_length:u8"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_RECEIVE_ENABLE,
             "LE Set Periodic Advertising Receive Enable", "sync_handle:handle enable:x8",
             "status:status"),
    COMPLETE(LE_PERIODIC_ADVERTISING_SYNC_TRANSFER, "LE Periodic Advertising Sync Transfer",
             "connection_handle:handle service_data:x16 sync_handle:handle",
             "status:status connection_handle:handle"),
    COMPLETE(LE_PERIODIC_ADVERTISING_SET_INFO_TRANSFER, "LE Periodic Advertising Set Info Transfer",
             "connection_handle:handle service_data:x16 advertising_handle:u8",
             "status:status connection_handle:handle"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS,
             "LE Set Periodic Advertising Sync Transfer Parameters",
             "connection_handle:handle mode:u8 skip:u16 sync_timeout:sup_timeout cte_type:x8",
             "status:status connection_handle:handle"),
    COMPLETE(LE_SET_DEFAULT_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS,
             "LE Set Default Periodic Advertising Sync Transfer Parameters",
             "mode:u8 skip:u16 sync_timeout:sup_timeout cte_type:x8", "status:status"),
    STATUS(LE_GENERATE_DHKEY_V2, "LE Generate DHKey [v2]",
           "key_x_coordinate:key256 key_y_coordinate:key256 key_type:u8"),
    COMPLETE(LE_MODIFY_SLEEP_CLOCK_ACCURACY, "LE Modify Sleep Clock Accuracy", "action:u8",
             "status:status"),
    COMPLETE(LE_READ_BUFFER_SIZE_V2, "LE Read Buffer Size [v2]", "",
             "status:status le_acl_data_packet_length:u16 total_num_le_acl_data_packets:u8 "
             "iso_data_packet_length:u16 total_num_iso_data_packets:u8"),
    COMPLETE(LE_READ_ISO_TX_SYNC, "LE Read ISO Tx Sync", "connection_handle:handle",
             "status:status connection_handle:handle packet_sequence_number:u16 tx_time_stamp:us32 "
             "time_offset:us24"),
    COMPLETE(LE_SET_CIG_PARAMETERS, "LE Set CIG Parameters",
             "cig_id:u8 sdu_interval_c_to_p:us24 sdu_interval_p_to_c:us24 worst_case_sca:sca "
             "packing:packing framing:framing max_transport_latency_c_to_p:ms16 "
             "max_transport_latency_p_to_c:ms16 num_cis_config:u8 cis_config:{cis_id:u8 "
             "max_sdu_c_to_p:u16 max_sdu_p_to_c:u16 phy_c_to_p:phys phy_p_to_c:phys rtn_c_to_p:u8 "
             "rtn_p_to_c:u8}[num_cis_config]",
             "status:status cig_id:u8 cis_count:u8 connection_handle:handle[cis_count]"),
    COMPLETE(
        LE_SET_CIG_PARAMETERS_TEST, "LE Set CIG Parameters Test",
        "cig_id:u8 sdu_interval_c_to_p:us24 sdu_interval_p_to_c:us24 ft_c_to_p:u8 ft_p_to_c:u8 "
        "iso_interval:conn_interval worst_case_sca:sca packing:packing framing:framing "
        "num_cis_config:u8 cis_config:{cis_id:u8 nse:u8 max_sdu_c_to_p:u16 max_sdu_p_to_c:u16 "
        "max_pdu_c_to_p:u16 max_pdu_p_to_c:u16 phy_c_to_p:u8 phy_p_to_c:u8 bn_c_to_p:u8 "
        "bn_p_to_c:u8}[num_cis_config]",
        "status:status cig_id:u8 cis_count:u8 connection_handle:handle[cis_count]"),
    STATUS(
        LE_CREATE_CIS, "LE Create CIS",
        "cis_count:u8 cis:{cis_connection_handle:handle acl_connection_handle:handle}[cis_count]"),
    COMPLETE(LE_REMOVE_CIG, "LE Remove CIG", "cig_id:u8", "status:status cig_id:u8"),
    STATUS(LE_ACCEPT_CIS_REQUEST, "LE Accept CIS Request", "connection_handle:handle"),
    COMPLETE(LE_REJECT_CIS_REQUEST, "LE Reject CIS Request",
             "connection_handle:handle reason:status", "status:status connection_handle:handle"),
    STATUS(LE_CREATE_BIG, "LE Create BIG",
           "big_handle:u8 advertising_handle:u8 num_bis:u8 sdu_interval:us24 max_sdu:u16 "
           "max_transport_latency:ms16 rtn:u8 phy:phys packing:packing framing:framing "
           "encryption:enable broadcast_code:bytes[16]"),
    STATUS(LE_CREATE_BIG_TEST, "LE Create BIG Test",
           "big_handle:u8 advertising_handle:u8 num_bis:u8 sdu_interval:us24 "
           "iso_interval:conn_interval nse:u8 max_sdu:u16 max_pdu:u16 phy:phys packing:packing "
           "framing:framing bn:u8 irc:u8 pto:u8 encryption:enable broadcast_code:bytes[16]"),
    STATUS(LE_TERMINATE_BIG, "LE Terminate BIG", "big_handle:u8 reason:status"),
    STATUS(LE_BIG_CREATE_SYNC, "LE BIG Create Sync",
           "big_handle:u8 sync_handle:handle encryption:enable broadcast_code:bytes[16] mse:u8 "
           "big_sync_timeout:sup_timeout num_bis:u8 bis:u8[num_bis]"),
    COMPLETE(LE_BIG_TERMINATE_SYNC, "LE BIG Terminate Sync", "big_handle:u8",
             "status:status big_handle:u8"),
    STATUS(LE_REQUEST_PEER_SCA, "LE Request Peer SCA", "connection_handle:handle"),
    COMPLETE(LE_SETUP_ISO_DATA_PATH, "LE Setup ISO Data Path",
             "connection_handle:handle data_path_direction:data_path_dir data_path_id:u8 "
             "coding_format:codec company_id:x16 vendor_codec_id:x16 controller_delay:us24 "
             "codec_configuration_length:u8 codec_configuration:bytes[codec_configuration_length]",
             "status:status connection_handle:handle"),
    COMPLETE(LE_REMOVE_ISO_DATA_PATH, "LE Remove ISO Data Path",
             "connection_handle:handle data_path_direction:x8",
             "status:status connection_handle:handle"),
    COMPLETE(LE_ISO_TRANSMIT_TEST, "LE ISO Transmit Test",
             "connection_handle:handle payload_type:u8", "status:status connection_handle:handle"),
    COMPLETE(LE_ISO_RECEIVE_TEST, "LE ISO Receive Test", "connection_handle:handle payload_type:u8",
             "status:status connection_handle:handle"),
    COMPLETE(LE_ISO_READ_TEST_COUNTERS, "LE ISO Read Test Counters", "connection_handle:handle",
             "status:status connection_handle:handle received_sdu_count:u32 missed_sdu_count:u32 "
             "failed_sdu_count:u32"),
    COMPLETE(LE_ISO_TEST_END, "LE ISO Test End", "connection_handle:handle",
             "status:status connection_handle:handle received_sdu_count:u32 missed_sdu_count:u32 "
             "failed_sdu_count:u32"),
    COMPLETE(LE_SET_HOST_FEATURE, "LE Set Host Feature", "bit_number:u8 bit_value:enable",
             "status:status"),
    COMPLETE(LE_READ_ISO_LINK_QUALITY, "LE Read ISO Link Quality", "connection_handle:handle",
             "status:status connection_handle:handle tx_unacked_packets:u32 tx_flushed_packets:u32 "
             "tx_last_subevent_packets:u32 retransmitted_packets:u32 crc_error_packets:u32 "
             "rx_unreceived_packets:u32 duplicate_packets:u32"),
    COMPLETE(LE_ENHANCED_READ_TRANSMIT_POWER_LEVEL, "LE Enhanced Read Transmit Power Level",
             "connection_handle:handle phy:phy4",
             "status:status connection_handle:handle phy:phy4 current_tx_power_level:power "
             "max_tx_power_level:power"),
    STATUS(LE_READ_REMOTE_TRANSMIT_POWER_LEVEL, "LE Read Remote Transmit Power Level",
           "connection_handle:handle phy:phy4"),
    COMPLETE(LE_SET_PATH_LOSS_REPORTING_PARAMETERS, "LE Set Path Loss Reporting Parameters",
             "connection_handle:handle high_threshold:u8 high_hysteresis:u8 low_threshold:u8 "
             "low_hysteresis:u8 min_time_spent:u16",
             "status:status connection_handle:handle"),
    COMPLETE(LE_SET_PATH_LOSS_REPORTING_ENABLE, "LE Set Path Loss Reporting Enable",
             "connection_handle:handle enable:u8", "status:status connection_handle:handle"),
    COMPLETE(LE_SET_TRANSMIT_POWER_REPORTING_ENABLE, "LE Set Transmit Power Reporting Enable",
             "connection_handle:handle local_enable:u8 remote_enable:u8",
             "status:status connection_handle:handle"),
    COMPLETE(LE_TRANSMITTER_TEST_V4, "LE Transmitter Test [v4]",
             "tx_channel:u8 test_data_length:u8 packet_payload:u8 phy:test_phy cte_length:u8 "
             "cte_type:cte switching_pattern_length:u8 antenna_ids:bytes[switching_pattern_length] "
             "tx_power_level:s8",
             "status:status"),
    COMPLETE(LE_SET_DATA_RELATED_ADDRESS_CHANGES, "LE Set Data Related Address Changes",
             "advertising_handle:u8 change_reasons:u8", "status:status"),
    COMPLETE(LE_SET_DEFAULT_SUBRATE, "LE Set Default Subrate",
             "subrate_min:u16 subrate_max:u16 max_latency:u16 continuation_number:u16 "
             "supervision_timeout:sup_timeout",
             "status:status"),
    STATUS(LE_SUBRATE_REQUEST, "LE Subrate Request",
           "connection_handle:handle subrate_min:u16 subrate_max:u16 max_latency:u16 "
           "continuation_number:u16 supervision_timeout:sup_timeout"),
    COMPLETE(LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2,
             "LE Set Extended Advertising Parameters [v2]",
             "advertising_handle:u8 advertising_event_properties:adv_props "
             "primary_advertising_interval_min:slots24 primary_advertising_interval_max:slots24 "
             "primary_advertising_channel_map:channels37 own_address_type:own_addr_type "
             "peer_address_type:addr_type peer_address:addr advertising_filter_policy:adv_filter "
             "advertising_tx_power:power primary_advertising_phy:phy "
             "secondary_advertising_max_skip:u8 secondary_advertising_phy:phy advertising_sid:u8 "
             "scan_request_notification_enable:enable primary_advertising_phy_options:u8 "
             "secondary_advertising_phy_options:u8",
             "status:status selected_tx_power:power"),
    COMPLETE(LE_SET_DECISION_DATA, "LE Set Decision Data",
             "advertising_handle:u8 decision_type_flags:x8 decision_data_length:u8 "
             "decision_data:bytes[decision_data_length]",
             "status:status"),
    COMPLETE(
        LE_SET_DECISION_INSTRUCTIONS, "LE Set Decision Instructions",
        "num_tests:u8 tests:{test_flags:x8 test_field:u8 test_parameters:bytes[16]}[num_tests]",
        "status:status"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_SUBEVENT_DATA, "LE Set Periodic Advertising Subevent Data",
             "advertising_handle:u8 num_subevents:u8 subevents:{subevent:u8 response_slot_start:u8 "
             "response_slot_count:u8 subevent_data_length:u8 "
             "subevent_data:ad[subevent_data_length]}[num_subevents]",
             "status:status advertising_handle:u8"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_RESPONSE_DATA, "LE Set Periodic Advertising Response Data",
             "sync_handle:handle request_event:u16 request_subevent:u8 response_subevent:u8 "
             "response_slot:u8 response_data_length:u8 response_data:ad[response_data_length]",
             "status:status sync_handle:handle"),
    COMPLETE(LE_SET_PERIODIC_SYNC_SUBEVENT, "LE Set Periodic Sync Subevent",
             "sync_handle:handle periodic_advertising_properties:x16 num_subevents:u8 "
             "subevents:u8[num_subevents]",
             "status:status sync_handle:handle"),
    STATUS(LE_EXTENDED_CREATE_CONNECTION_V2, "LE Extended Create Connection [v2]",
           "advertising_handle:u8 subevent:u8 initiator_filter_policy:init_filter "
           "own_address_type:own_addr_type peer_address_type:addr_type peer_address:addr "
           "initiating_phys:phys phy:{scan_interval:slots scan_window:slots "
           "connection_interval_min:conn_interval connection_interval_max:conn_interval "
           "max_latency:u16 supervision_timeout:sup_timeout min_ce_length:slots "
           "max_ce_length:slots}[#initiating_phys]"),
    COMPLETE(LE_SET_PERIODIC_ADVERTISING_PARAMETERS_V2,
             "LE Set Periodic Advertising Parameters [v2]",
             "advertising_handle:u8 periodic_advertising_interval_min:conn_interval "
             "periodic_advertising_interval_max:conn_interval periodic_advertising_properties:x16 "
             "num_subevents:u8 subevent_interval:conn_interval8 response_slot_delay:conn_interval8 "
             "response_slot_spacing:sub125x8 num_response_slots:u8",
             "status:status advertising_handle:u8"),
    COMPLETE(LE_READ_ALL_LOCAL_SUPPORTED_FEATURES, "LE Read All Local Supported Features", "",
             "status:status max_page:u8 le_features:bytes[248]"),
    STATUS(LE_READ_ALL_REMOTE_FEATURES, "LE Read All Remote Features",
           "connection_handle:handle pages_requested:u8"),
    COMPLETE(LE_CS_READ_LOCAL_SUPPORTED_CAPABILITIES, "LE CS Read Local Supported Capabilities", "",
             "status:status " CS_CAPABILITIES),
    STATUS(LE_CS_READ_REMOTE_SUPPORTED_CAPABILITIES, "LE CS Read Remote Supported Capabilities",
           "connection_handle:handle"),
    COMPLETE(LE_CS_WRITE_CACHED_REMOTE_SUPPORTED_CAPABILITIES,
             "LE CS Write Cached Remote Supported Capabilities",
             "connection_handle:handle " CS_CAPABILITIES, "status:status connection_handle:handle"),
    STATUS(LE_CS_SECURITY_ENABLE, "LE CS Security Enable", "connection_handle:handle"),
    COMPLETE(
        LE_CS_SET_DEFAULT_SETTINGS, "LE CS Set Default Settings",
        "connection_handle:handle role_enable:u8 cs_sync_antenna_selection:u8 max_tx_power:power",
        "status:status connection_handle:handle"),
    STATUS(LE_CS_READ_REMOTE_FAE_TABLE, "LE CS Read Remote FAE Table", "connection_handle:handle"),
    COMPLETE(LE_CS_WRITE_CACHED_REMOTE_FAE_TABLE, "LE CS Write Cached Remote FAE Table",
             "connection_handle:handle remote_fae_table:bytes[72]",
             "status:status connection_handle:handle"),
    STATUS(LE_CS_CREATE_CONFIG, "LE CS Create Config",
           "connection_handle:handle config_id:u8 create_context:u8 main_mode_type:u8 "
           "sub_mode_type:u8 min_main_mode_steps:u8 max_main_mode_steps:u8 main_mode_repetition:u8 "
           "mode_0_steps:u8 role:cs_role rtt_type:u8 cs_sync_phy:u8 channel_map:bytes[10] "
           "channel_map_repetition:u8 channel_selection_type:u8 ch3c_shape:u8 ch3c_jump:u8 "
           "reserved:u8"),
    STATUS(LE_CS_REMOVE_CONFIG, "LE CS Remove Config", "connection_handle:handle config_id:u8"),
    COMPLETE(LE_CS_SET_CHANNEL_CLASSIFICATION, "LE CS Set Channel Classification",
             "channel_classification:bytes[10]", "status:status"),
    COMPLETE(
        LE_CS_SET_PROCEDURE_PARAMETERS, "LE CS Set Procedure Parameters",
        "connection_handle:handle config_id:u8 max_procedure_len:u16 min_procedure_interval:u16 "
        "max_procedure_interval:u16 max_procedure_count:u16 min_subevent_len:u24 "
        "max_subevent_len:u24 tone_antenna_config_selection:u8 phy:phy4 tx_power_delta:u8 "
        "preferred_peer_antenna:u8 snr_control_initiator:u8 snr_control_reflector:u8",
        "status:status connection_handle:handle"),
    STATUS(LE_CS_PROCEDURE_ENABLE, "LE CS Procedure Enable",
           "connection_handle:handle config_id:u8 procedure_enable:enable"),
    COMPLETE(
        LE_CS_TEST, "LE CS Test",
        "main_mode_type:u8 sub_mode_type:u8 main_mode_repetition:u8 mode_0_steps:u8 role:cs_role "
        "rtt_type:u8 cs_sync_phy:u8 cs_sync_antenna_selection:u8 subevent_len:u24 "
        "subevent_interval:u16 max_num_subevents:u8 transmit_power_level:power t_ip1_time:u8 "
        "t_ip2_time:u8 t_fcs_time:u8 t_pm_time:u8 t_sw_time:u8 tone_antenna_config_selection:u8 "
        "_:u8 snr_control_initiator:u8 snr_control_reflector:u8 drbg_nonce:u16 "
        "channel_map_repetition:u8 override_config:u16 override_parameters_data_len:u8 "
        "override_parameters_data:bytes[override_parameters_data_len]",
        "status:status"),
    STATUS(LE_CS_TEST_END, "LE CS Test End", ""),
    COMPLETE(LE_SET_HOST_FEATURE_V2, "LE Set Host Feature [v2]", "bit_number:u16 bit_value:u8",
             "status:status"),
    COMPLETE(LE_ADD_DEVICE_TO_MONITORED_ADVERTISERS_LIST,
             "LE Add Device to Monitored Advertisers List",
             "address_type:addr_type address:addr rssi_threshold_low:rssi rssi_threshold_high:rssi "
             "timeout:u8",
             "status:status"),
    COMPLETE(LE_REMOVE_DEVICE_FROM_MONITORED_ADVERTISERS_LIST,
             "LE Remove Device from Monitored Advertisers List",
             "address_type:addr_type address:addr", "status:status"),
    COMPLETE(LE_CLEAR_MONITORED_ADVERTISERS_LIST, "LE Clear Monitored Advertisers List", "",
             "status:status"),
    COMPLETE(LE_READ_MONITORED_ADVERTISERS_LIST_SIZE, "LE Read Monitored Advertisers List Size", "",
             "status:status num_supported:u8"),
    COMPLETE(LE_ENABLE_MONITORING_ADVERTISERS, "LE Enable Monitoring Advertisers", "enable:enable",
             "status:status"),
    STATUS(LE_FRAME_SPACE_UPDATE, "LE Frame Space Update",
           "connection_handle:handle frame_space_min:us16 frame_space_max:us16 phys:phys "
           "spacing_types:spacing"),
    COMPLETE(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT_V2,
             "LE Set Resolvable Private Address Timeout [v2]",
             "rpa_timeout_min:sec16 rpa_timeout_max:sec16", "status:status"),
    COMPLETE(LE_ENABLE_UTP_OTA_MODE, "LE Enable UTP OTA Mode", "enable:enable", "status:status"),
    COMPLETE(LE_UTP_SEND, "LE UTP Send", "data_length:u8 data:bytes[data_length]", "status:status"),
    STATUS(LE_CONNECTION_RATE_REQUEST, "LE Connection Rate Request",
           "connection_handle:handle connection_interval_min:sub125 connection_interval_max:sub125 "
           "subrate_min:u16 subrate_max:u16 max_latency:u16 continuation_number:u16 "
           "supervision_timeout:sup_timeout min_ce_length:sub125 max_ce_length:sub125"),
    COMPLETE(
        LE_SET_DEFAULT_RATE_PARAMETERS, "LE Set Default Rate Parameters",
        "connection_interval_min:sub125 connection_interval_max:sub125 subrate_min:u16 "
        "subrate_max:u16 max_latency:u16 continuation_number:u16 supervision_timeout:sup_timeout "
        "min_ce_length:sub125 max_ce_length:sub125",
        "status:status"),
    COMPLETE(LE_READ_MINIMUM_SUPPORTED_CONNECTION_INTERVAL,
             "LE Read Minimum Supported Connection Interval", "",
             "status:status minimum_supported_connection_interval:sub125x8 num_groups:u8 "
             "groups:{group_min:sub125 group_max:sub125 group_stride:sub125}[num_groups]"),
    COMPLETE(VS_WRITE_BD_ADDR, "VS Write BD_ADDR", "bd_addr:addr", "status:status"),
};

const struct woad_hci_evt_row woad_hci_evt_rows[WOAD_HCI_EVT_COUNT] = {
    EVT(INQUIRY_COMPLETE, "Inquiry Complete", "status:status"),
    EVT(INQUIRY_RESULT, "Inquiry Result",
        "num_responses:u8 responses:{bd_addr:addr page_scan_repetition_mode:u8 _:u8 _:u8 "
        "class_of_device:x24 clock_offset:x16}[num_responses]"),
    EVT(CONNECTION_COMPLETE, "Connection Complete",
        "status:status connection_handle:handle bd_addr:addr link_type:u8 "
        "encryption_enabled:enable"),
    EVT(CONNECTION_REQUEST, "Connection Request", "bd_addr:addr class_of_device:x24 link_type:u8"),
    EVT(DISCONNECTION_COMPLETE, "Disconnection Complete",
        "status:status connection_handle:handle reason:status"),
    EVT(AUTHENTICATION_COMPLETE, "Authentication Complete",
        "status:status connection_handle:handle"),
    EVT(REMOTE_NAME_REQUEST_COMPLETE, "Remote Name Request Complete",
        "status:status bd_addr:addr remote_name:text[248]"),
    EVT(ENCRYPTION_CHANGE, "Encryption Change",
        "status:status connection_handle:handle encryption_enabled:encryption"),
    EVT(CHANGE_CONNECTION_LINK_KEY_COMPLETE, "Change Connection Link Key Complete",
        "status:status connection_handle:handle"),
    EVT(LINK_KEY_TYPE_CHANGED, "Link Key Type Changed",
        "status:status connection_handle:handle key_flag:u8"),
    EVT(READ_REMOTE_SUPPORTED_FEATURES_COMPLETE, "Read Remote Supported Features Complete",
        "status:status connection_handle:handle lmp_features:x64"),
    EVT(READ_REMOTE_VERSION_INFORMATION_COMPLETE, "Read Remote Version Information Complete",
        "status:status connection_handle:handle version:version manufacturer_name:x16 "
        "subversion:u16"),
    EVT(QOS_SETUP_COMPLETE, "QoS Setup Complete",
        "status:status connection_handle:handle _:u8 service_type:u8 token_rate:u32 "
        "peak_bandwidth:u32 latency:u32 delay_variation:u32"),
    EVT(COMMAND_COMPLETE, "Command Complete", "num_hci_command_packets:u8 command_opcode:opcode"),
    EVT(COMMAND_STATUS, "Command Status",
        "status:status num_hci_command_packets:u8 command_opcode:opcode"),
    EVT(HARDWARE_ERROR, "Hardware Error", "hardware_code:u8"),
    EVT(FLUSH_OCCURRED, "Flush Occurred", "connection_handle:handle"),
    EVT(ROLE_CHANGE, "Role Change", "status:status bd_addr:addr new_role:role"),
    EVT(NUMBER_OF_COMPLETED_PACKETS, "Number of Completed Packets",
        "num_handles:u8 completed:{connection_handle:handle "
        "num_completed_packets:u16}[num_handles]"),
    EVT(MODE_CHANGE, "Mode Change",
        "status:status connection_handle:handle current_mode:u8 interval:u16"),
    EVT(RETURN_LINK_KEYS, "Return Link Keys",
        "num_keys:u8 keys:{bd_addr:addr link_key:key}[num_keys]"),
    EVT(PIN_CODE_REQUEST, "PIN Code Request", "bd_addr:addr"),
    EVT(LINK_KEY_REQUEST, "Link Key Request", "bd_addr:addr"),
    EVT(LINK_KEY_NOTIFICATION, "Link Key Notification", "bd_addr:addr link_key:key key_type:u8"),
    EVT(LOOPBACK_COMMAND, "Loopback Command", "hci_command:bytes[*]"),
    EVT(DATA_BUFFER_OVERFLOW, "Data Buffer Overflow", "link_type:u8"),
    EVT(MAX_SLOTS_CHANGE, "Max Slots Change", "connection_handle:handle lmp_max_slots:u8"),
    EVT(READ_CLOCK_OFFSET_COMPLETE, "Read Clock Offset Complete",
        "status:status connection_handle:handle clock_offset:x16"),
    EVT(CONNECTION_PACKET_TYPE_CHANGED, "Connection Packet Type Changed",
        "status:status connection_handle:handle packet_type:x16"),
    EVT(QOS_VIOLATION, "QoS Violation", "connection_handle:handle"),
    EVT(PAGE_SCAN_MODE_CHANGE, "Page Scan Mode Change", "bd_addr:addr page_scan_mode:u8"),
    EVT(PAGE_SCAN_REPETITION_MODE_CHANGE, "Page Scan Repetition Mode Change",
        "bd_addr:addr page_scan_repetition_mode:u8"),
    EVT(FLOW_SPECIFICATION_COMPLETE, "Flow Specification Complete",
        "status:status connection_handle:handle _:u8 flow_direction:u8 service_type:u8 "
        "token_rate:u32 token_bucket_size:u32 peak_bandwidth:u32 access_latency:u32"),
    EVT(INQUIRY_RESULT_WITH_RSSI, "Inquiry Result with RSSI",
        "num_responses:u8 responses:{address:addr page_scan_repetition_mode:u8 _:u8 "
        "class_of_device:x24 clock_offset:x16 rssi:rssi}[num_responses]"),
    EVT(READ_REMOTE_EXTENDED_FEATURES_COMPLETE, "Read Remote Extended Features Complete",
        "status:status connection_handle:handle page_number:u8 maximum_page_number:u8 "
        "extended_lmp_features:x64"),
    EVT(SYNCHRONOUS_CONNECTION_COMPLETE, "Synchronous Connection Complete",
        "status:status connection_handle:handle bd_addr:addr link_type:u8 "
        "transmission_interval_slots:u8 retransmission_window_slots:u8 rx_packet_length:u16 "
        "tx_packet_length:u16 air_mode:u8"),
    EVT(SYNCHRONOUS_CONNECTION_CHANGED, "Synchronous Connection Changed",
        "status:status connection_handle:handle transmission_interval_slots:u8 "
        "retransmission_window_slots:u8 rx_packet_length:u16 tx_packet_length:u16"),
    EVT(SNIFF_SUBRATING, "Sniff Subrating",
        "status:status connection_handle:handle maximum_transmit_latency:u16 "
        "maximum_receive_latency:u16 minimum_remote_timeout:u16 minimum_local_timeout:u16"),
    EVT(EXTENDED_INQUIRY_RESULT, "Extended Inquiry Result",
        "num_responses:u8 bd_addr:addr page_scan_repetition_mode:u8 _:u8 class_of_device:x24 "
        "clock_offset:x16 rssi:rssi extended_inquiry_response:ad[240]"),
    EVT(ENCRYPTION_KEY_REFRESH_COMPLETE, "Encryption Key Refresh Complete",
        "status:status connection_handle:handle"),
    EVT(IO_CAPABILITY_REQUEST, "IO Capability Request", "bd_addr:addr"),
    EVT(IO_CAPABILITY_RESPONSE, "IO Capability Response",
        "bd_addr:addr io_capability:io_cap oob_data_present:u8 authentication_requirements:u8"),
    EVT(USER_CONFIRMATION_REQUEST, "User Confirmation Request", "bd_addr:addr numeric_value:u32"),
    EVT(USER_PASSKEY_REQUEST, "User Passkey Request", "bd_addr:addr"),
    EVT(REMOTE_OOB_DATA_REQUEST, "Remote OOB Data Request", "bd_addr:addr"),
    EVT(SIMPLE_PAIRING_COMPLETE, "Simple Pairing Complete", "status:status bd_addr:addr"),
    EVT(LINK_SUPERVISION_TIMEOUT_CHANGED, "Link Supervision Timeout Changed",
        "connection_handle:handle link_supervision_timeout:sup_timeout"),
    EVT(ENHANCED_FLUSH_COMPLETE, "Enhanced Flush Complete", "connection_handle:handle"),
    EVT(USER_PASSKEY_NOTIFICATION, "User Passkey Notification", "bd_addr:addr passkey:u32"),
    EVT(KEYPRESS_NOTIFICATION, "Keypress Notification", "bd_addr:addr notification_type:u8"),
    EVT(REMOTE_HOST_SUPPORTED_FEATURES_NOTIFICATION, "Remote Host Supported Features Notification",
        "bd_addr:addr host_supported_features:x64"),
    EVT(LE_META, "LE Meta", "subevent_code:x8"),
    EVT(PHYSICAL_LINK_COMPLETE, "Physical Link Complete", NULL),
    EVT(CHANNEL_SELECTED, "Channel Selected", NULL),
    EVT(DISCONNECT_PHYSICAL_LINK_COMPLETE, "Disconnect Physical Link Complete", NULL),
    EVT(PHYSICAL_LINK_LOSS_EARLY_WARNING, "Physical Link Loss Early Warning", NULL),
    EVT(PHYSICAL_LINK_RECOVERY, "Physical Link Recovery", NULL),
    EVT(LOGICAL_LINK_COMPLETE, "Logical Link Complete", NULL),
    EVT(DISCONNECT_LOGICAL_LINK_COMPLETE, "Disconnect Logical Link Complete", NULL),
    EVT(FLOW_SPECIFICATION_MODIFY_COMPLETE, "Flow Specification Modify Complete", NULL),
    EVT(NUMBER_OF_COMPLETED_DATA_BLOCKS, "Number of Completed Data Blocks",
        "total_num_data_blocks:u16 num_handles:u8 completed:{connection_handle:handle "
        "num_completed_packets:u16 num_completed_blocks:u16}[num_handles]"),
    EVT(AMP_START_TEST, "AMP Start Test", NULL),
    EVT(AMP_TEST_END, "AMP Test End", NULL),
    EVT(AMP_RECEIVER_REPORT, "AMP Receiver Report", NULL),
    EVT(SHORT_RANGE_MODE_CHANGE_COMPLETE, "Short Range Mode Change Complete", NULL),
    EVT(AMP_STATUS_CHANGE, "AMP Status Change", NULL),
    EVT(TRIGGERED_CLOCK_CAPTURE, "Triggered Clock Capture", NULL),
    EVT(SYNCHRONIZATION_TRAIN_COMPLETE, "Synchronization Train Complete", NULL),
    EVT(SYNCHRONIZATION_TRAIN_RECEIVED, "Synchronization Train Received", NULL),
    EVT(CONNECTIONLESS_PERIPHERAL_BROADCAST_RECEIVE, "Connectionless Peripheral Broadcast Receive",
        NULL),
    EVT(CONNECTIONLESS_PERIPHERAL_BROADCAST_TIMEOUT, "Connectionless Peripheral Broadcast Timeout",
        NULL),
    EVT(TRUNCATED_PAGE_COMPLETE, "Truncated Page Complete", NULL),
    EVT(PERIPHERAL_PAGE_RESPONSE_TIMEOUT, "Peripheral Page Response Timeout", NULL),
    EVT(CONNECTIONLESS_PERIPHERAL_BROADCAST_CHANNEL_MAP_CHANGE,
        "Connectionless Peripheral Broadcast Channel Map Change", NULL),
    EVT(INQUIRY_RESPONSE_NOTIFICATION, "Inquiry Response Notification", NULL),
    EVT(AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED, "Authenticated Payload Timeout Expired",
        "connection_handle:handle"),
    EVT(SAM_STATUS_CHANGE, "SAM Status Change",
        "connection_handle:handle local_sam_index:u8 local_sam_tx_availability:u8 "
        "local_sam_rx_availability:u8 remote_sam_index:u8 remote_sam_tx_availability:u8 "
        "remote_sam_rx_availability:u8"),
    EVT(ENCRYPTION_CHANGE_V2, "Encryption Change [v2]",
        "status:status connection_handle:handle encryption_enabled:encryption key_size:u8"),
    EVT(VENDOR, "Vendor", "data:bytes[*]"),
};

const struct woad_hci_evt_row woad_hci_le_evt_rows[WOAD_HCI_LE_EVT_COUNT] = {
    LE_EVT(CONNECTION_COMPLETE, "Connection Complete",
           "status:status connection_handle:handle role:role peer_address_type:addr_type "
           "peer_address:addr "
           "connection_interval:conn_interval peripheral_latency:u16 "
           "supervision_timeout:sup_timeout central_clock_accuracy:sca"),
    LE_EVT(ADVERTISING_REPORT, "Advertising Report",
           "num_reports:u8 reports:{event_type:adv_event address_type:addr_type_any address:addr "
           "data_length:u8 data:ad[data_length] rssi:rssi}[num_reports]"),
    LE_EVT(CONNECTION_UPDATE_COMPLETE, "Connection Update Complete",
           "status:status connection_handle:handle connection_interval:conn_interval "
           "peripheral_latency:u16 supervision_timeout:sup_timeout"),
    LE_EVT(READ_REMOTE_FEATURES_PAGE_0_COMPLETE, "Read Remote Features Page 0 Complete",
           "status:status connection_handle:handle le_features:features"),
    LE_EVT(LONG_TERM_KEY_REQUEST, "Long Term Key Request",
           "connection_handle:handle random_number:x64 encrypted_diversifier:x16"),
    LE_EVT(REMOTE_CONNECTION_PARAMETER_REQUEST, "Remote Connection Parameter Request",
           "connection_handle:handle interval_min:conn_interval interval_max:conn_interval "
           "latency:u16 timeout:sup_timeout"),
    LE_EVT(DATA_LENGTH_CHANGE, "Data Length Change",
           "connection_handle:handle max_tx_octets:u16 max_tx_time:us16 max_rx_octets:u16 "
           "max_rx_time:us16"),
    LE_EVT(READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, "Read Local P-256 Public Key Complete",
           "status:status key_x_coordinate:key256 key_y_coordinate:key256"),
    LE_EVT(GENERATE_DHKEY_COMPLETE, "Generate DHKey Complete", "status:status dh_key:key256"),
    LE_EVT(ENHANCED_CONNECTION_COMPLETE, "Enhanced Connection Complete",
           "status:status connection_handle:handle role:role peer_address_type:addr_type "
           "peer_address:addr "
           "local_resolvable_private_address:addr peer_resolvable_private_address:addr "
           "connection_interval:conn_interval peripheral_latency:u16 "
           "supervision_timeout:sup_timeout central_clock_accuracy:sca"),
    LE_EVT(DIRECTED_ADVERTISING_REPORT, "Directed Advertising Report",
           "num_reports:u8 reports:{event_type:adv_event address_type:addr_type_any "
           "address:addr direct_address_type:addr_type_any direct_address:addr "
           "rssi:rssi}[num_reports]"),
    LE_EVT(PHY_UPDATE_COMPLETE, "PHY Update Complete",
           "status:status connection_handle:handle tx_phy:phy rx_phy:phy"),
    LE_EVT(
        EXTENDED_ADVERTISING_REPORT, "Extended Advertising Report",
        "num_reports:u8 reports:{event_type:report_props data_status:data_status2 _:b9 "
        "address_type:addr_type_any address:addr primary_phy:phy0 secondary_phy:phy0 "
        "advertising_sid:u8 tx_power:power rssi:rssi periodic_advertising_interval:conn_interval "
        "direct_address_type:addr_type_any direct_address:addr data_length:u8 "
        "data:ad[data_length]}[num_reports]"),
    LE_EVT(PERIODIC_ADVERTISING_SYNC_ESTABLISHED, "Periodic Advertising Sync Established",
           "status:status sync_handle:handle advertising_sid:u8 advertiser_address_type:addr_type "
           "advertiser_address:addr advertiser_phy:phy periodic_advertising_interval:conn_interval "
           "advertiser_clock_accuracy:sca"),
    LE_EVT(PERIODIC_ADVERTISING_REPORT, "Periodic Advertising Report",
           "sync_handle:handle tx_power:power rssi:rssi cte_type:cte data_status:data_status "
           "data_length:u8 data:ad[data_length]"),
    LE_EVT(PERIODIC_ADVERTISING_SYNC_LOST, "Periodic Advertising Sync Lost", "sync_handle:handle"),
    LE_EVT(SCAN_TIMEOUT, "Scan Timeout", ""),
    LE_EVT(ADVERTISING_SET_TERMINATED, "Advertising Set Terminated",
           "status:status advertising_handle:u8 connection_handle:handle "
           "num_completed_extended_advertising_events:u8"),
    LE_EVT(SCAN_REQUEST_RECEIVED, "Scan Request Received",
           "advertising_handle:u8 scanner_address_type:addr_type scanner_address:addr"),
    LE_EVT(CHANNEL_SELECTION_ALGORITHM, "Channel Selection Algorithm",
           "connection_handle:handle channel_selection_algorithm:csa"),
    LE_EVT(CONNECTIONLESS_IQ_REPORT, "Connectionless IQ Report",
           "sync_handle:handle channel_index:u8 rssi:s16 rssi_antenna_id:u8 cte_type:cte "
           "slot_durations:u8 packet_status:u8 periodic_event_counter:u16 sample_count:u8 "
           "samples:{i:s8 q:s8}[sample_count]"),
    LE_EVT(CONNECTION_IQ_REPORT, "Connection IQ Report",
           "connection_handle:handle rx_phy:phy data_channel_index:u8 rssi:s16 rssi_antenna_id:u8 "
           "cte_type:cte slot_durations:u8 packet_status:u8 connection_event_counter:u16 "
           "sample_count:u8 samples:{i:s8 q:s8}[sample_count]"),
    LE_EVT(CTE_REQUEST_FAILED, "CTE Request Failed", "status:status connection_handle:handle"),
    LE_EVT(PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED,
           "Periodic Advertising Sync Transfer Received",
           "status:status connection_handle:handle service_data:x16 sync_handle:handle "
           "advertising_sid:u8 advertiser_address_type:addr_type advertiser_address:addr "
           "advertiser_phy:phy periodic_advertising_interval:conn_interval "
           "advertiser_clock_accuracy:sca"),
    LE_EVT(CIS_ESTABLISHED, "CIS Established",
           "status:status connection_handle:handle cig_sync_delay:us24 cis_sync_delay:us24 "
           "transport_latency_c_to_p:us24 transport_latency_p_to_c:us24 phy_c_to_p:phy "
           "phy_p_to_c:phy nse:u8 bn_c_to_p:u8 bn_p_to_c:u8 ft_c_to_p:u8 ft_p_to_c:u8 "
           "max_pdu_c_to_p:u16 max_pdu_p_to_c:u16 iso_interval:conn_interval"),
    LE_EVT(CIS_REQUEST, "CIS Request",
           "acl_connection_handle:handle cis_connection_handle:handle cig_id:u8 cis_id:u8"),
    LE_EVT(CREATE_BIG_COMPLETE, "Create BIG Complete",
           "status:status big_handle:u8 big_sync_delay:us24 transport_latency_big:us24 phy:phy "
           "nse:u8 bn:u8 pto:u8 irc:u8 max_pdu:u16 iso_interval:conn_interval num_bis:u8 "
           "connection_handle:handle[num_bis]"),
    LE_EVT(TERMINATE_BIG_COMPLETE, "Terminate BIG Complete", "big_handle:u8 reason:status"),
    LE_EVT(BIG_SYNC_ESTABLISHED, "BIG Sync Established",
           "status:status big_handle:u8 transport_latency_big:us24 nse:u8 bn:u8 pto:u8 irc:u8 "
           "max_pdu:u16 iso_interval:conn_interval num_bis:u8 connection_handle:handle[num_bis]"),
    LE_EVT(BIG_SYNC_LOST, "BIG Sync Lost", "big_handle:u8 reason:status"),
    LE_EVT(REQUEST_PEER_SCA_COMPLETE, "Request Peer SCA Complete",
           "status:status connection_handle:handle peer_clock_accuracy:sca"),
    LE_EVT(PATH_LOSS_THRESHOLD, "Path Loss Threshold",
           "connection_handle:handle current_path_loss:u8 zone_entered:u8"),
    LE_EVT(TRANSMIT_POWER_REPORTING, "Transmit Power Reporting",
           "status:status connection_handle:handle reason:u8 phy:phy4 tx_power_level:power "
           "tx_power_level_flag:x8 delta:s8"),
    LE_EVT(BIGINFO_ADVERTISING_REPORT, "BIGInfo Advertising Report",
           "sync_handle:handle num_bis:u8 nse:u8 iso_interval:conn_interval bn:u8 pto:u8 irc:u8 "
           "max_pdu:u16 sdu_interval:us24 max_sdu:u16 phy:phy framing:framing encryption:enable"),
    LE_EVT(SUBRATE_CHANGE, "Subrate Change",
           "status:status connection_handle:handle subrate_factor:u16 peripheral_latency:u16 "
           "continuation_number:u16 supervision_timeout:sup_timeout"),
    LE_EVT(PERIODIC_ADVERTISING_SYNC_ESTABLISHED_V2, "Periodic Advertising Sync Established [v2]",
           "status:status sync_handle:handle advertising_sid:u8 advertiser_address_type:addr_type "
           "advertiser_address:addr advertiser_phy:phy periodic_advertising_interval:conn_interval "
           "advertiser_clock_accuracy:sca num_subevents:u8 subevent_interval:conn_interval8 "
           "response_slot_delay:conn_interval8 response_slot_spacing:sub125x8"),
    LE_EVT(PERIODIC_ADVERTISING_REPORT_V2, "Periodic Advertising Report [v2]",
           "sync_handle:handle tx_power:power rssi:rssi cte_type:cte periodic_event_counter:u16 "
           "subevent:u8 data_status:data_status data_length:u8 data:ad[data_length]"),
    LE_EVT(PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED_V2,
           "Periodic Advertising Sync Transfer Received [v2]",
           "status:status connection_handle:handle service_data:x16 sync_handle:handle "
           "advertising_sid:u8 advertiser_address_type:addr_type advertiser_address:addr "
           "advertiser_phy:phy periodic_advertising_interval:conn_interval "
           "advertiser_clock_accuracy:sca num_subevents:u8 subevent_interval:conn_interval8 "
           "response_slot_delay:conn_interval8 response_slot_spacing:sub125x8"),
    LE_EVT(PERIODIC_ADVERTISING_SUBEVENT_DATA_REQUEST, "Periodic Advertising Subevent Data Request",
           "advertising_handle:u8 subevent_start:u8 subevent_data_count:u8"),
    LE_EVT(PERIODIC_ADVERTISING_RESPONSE_REPORT, "Periodic Advertising Response Report",
           "advertising_handle:u8 subevent:u8 tx_status:u8 num_responses:u8 "
           "responses:{tx_power:power rssi:rssi cte_type:cte response_slot:u8 "
           "data_status:data_status data_length:u8 data:ad[data_length]}[num_responses]"),
    LE_EVT(ENHANCED_CONNECTION_COMPLETE_V2, "Enhanced Connection Complete [v2]",
           "status:status connection_handle:handle role:role peer_address_type:addr_type "
           "peer_address:addr "
           "local_resolvable_private_address:addr peer_resolvable_private_address:addr "
           "connection_interval:conn_interval peripheral_latency:u16 "
           "supervision_timeout:sup_timeout central_clock_accuracy:sca advertising_handle:u8 "
           "sync_handle:handle"),
    LE_EVT(
        CIS_ESTABLISHED_V2, "CIS Established [v2]",
        "status:status connection_handle:handle cig_sync_delay:us24 cis_sync_delay:us24 "
        "transport_latency_c_to_p:us24 transport_latency_p_to_c:us24 phy_c_to_p:phy "
        "phy_p_to_c:phy nse:u8 bn_c_to_p:u8 bn_p_to_c:u8 ft_c_to_p:u8 ft_p_to_c:u8 "
        "max_pdu_c_to_p:u16 max_pdu_p_to_c:u16 iso_interval:conn_interval sub_interval:u24 "
        "max_sdu_c_to_p:u16 max_sdu_p_to_c:u16 sdu_interval_c_to_p:us24 sdu_interval_p_to_c:us24 "
        "framing:framing"),
    LE_EVT(READ_ALL_REMOTE_FEATURES_COMPLETE, "Read All Remote Features Complete",
           "status:status connection_handle:handle max_remote_page:u8 max_valid_page:u8 "
           "le_features:bytes[248]"),
    LE_EVT(CS_READ_REMOTE_SUPPORTED_CAPABILITIES_COMPLETE,
           "CS Read Remote Supported Capabilities Complete",
           "status:status connection_handle:handle " CS_CAPABILITIES),
    LE_EVT(CS_READ_REMOTE_FAE_TABLE_COMPLETE, "CS Read Remote FAE Table Complete",
           "status:status connection_handle:handle remote_fae_table:bytes[72]"),
    LE_EVT(CS_SECURITY_ENABLE_COMPLETE, "CS Security Enable Complete",
           "status:status connection_handle:handle"),
    LE_EVT(CS_CONFIG_COMPLETE, "CS Config Complete",
           "status:status connection_handle:handle config_id:u8 action:cs_action main_mode_type:u8 "
           "sub_mode_type:u8 min_main_mode_steps:u8 max_main_mode_steps:u8 main_mode_repetition:u8 "
           "mode_0_steps:u8 role:cs_role rtt_type:u8 cs_sync_phy:u8 channel_map:bytes[10] "
           "channel_map_repetition:u8 channel_selection_type:u8 ch3c_shape:u8 ch3c_jump:u8 "
           "reserved:u8 t_ip1_time:u8 t_ip2_time:u8 t_fcs_time:u8 t_pm_time:u8"),
    LE_EVT(CS_PROCEDURE_ENABLE_COMPLETE, "CS Procedure Enable Complete",
           "status:status connection_handle:handle config_id:u8 state:enable "
           "tone_antenna_config_selection:u8 selected_tx_power:power subevent_len:u24 "
           "subevents_per_event:u8 subevent_interval:u16 event_interval:u16 procedure_interval:u16 "
           "procedure_count:u16 max_procedure_len:u16"),
    LE_EVT(CS_SUBEVENT_RESULT, "CS Subevent Result",
           "connection_handle:handle config_id:u8 start_acl_conn_event_counter:u16 "
           "procedure_counter:u16 frequency_compensation:u16 reference_power_level:power "
           "procedure_done_status:b4 subevent_done_status:b4 abort_reason:u8 num_antenna_paths:u8 "
           "num_steps:u8 steps:{step_mode:u8 step_channel:u8 step_data_len:u8 "
           "step_data:bytes[step_data_len]}[num_steps]"),
    LE_EVT(CS_SUBEVENT_RESULT_CONTINUE, "CS Subevent Result Continue",
           "connection_handle:handle config_id:u8 procedure_done_status:b4 subevent_done_status:b4 "
           "abort_reason:u8 num_antenna_paths:u8 num_steps:u8 steps:{step_mode:u8 step_channel:u8 "
           "step_data_len:u8 step_data:bytes[step_data_len]}[num_steps]"),
    LE_EVT(CS_TEST_END_COMPLETE, "CS Test End Complete", "status:status"),
    LE_EVT(MONITORED_ADVERTISERS_REPORT, "Monitored Advertisers Report",
           "address_type:addr_type address:addr condition:u8"),
    LE_EVT(FRAME_SPACE_UPDATE_COMPLETE, "Frame Space Update Complete",
           "status:status connection_handle:handle initiator:u8 frame_space:us16 phys:phys "
           "spacing_types:spacing"),
    LE_EVT(UTP_RECEIVE, "UTP Receive", "data_length:u8 data:bytes[data_length]"),
    LE_EVT(CONNECTION_RATE_CHANGE, "Connection Rate Change",
           "status:status connection_handle:handle connection_interval:sub125 subrate_factor:u16 "
           "peripheral_latency:u16 continuation_number:u16 supervision_timeout:sup_timeout"),
};

const struct woad_hci_cmd_row *woad_hci_cmd_find(uint16_t opcode)
{
    size_t low = 0, high = WOAD_HCI_CMD_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (woad_hci_cmd_rows[middle].opcode == opcode)
            return &woad_hci_cmd_rows[middle];
        if (woad_hci_cmd_rows[middle].opcode < opcode)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct woad_hci_evt_row *find(const struct woad_hci_evt_row *rows, size_t n,
                                           uint8_t code)
{
    for (size_t i = 0; i < n && rows[i].code <= code; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

const struct woad_hci_evt_row *woad_hci_evt_find(uint8_t code)
{
    return find(woad_hci_evt_rows, WOAD_HCI_EVT_COUNT, code);
}

const struct woad_hci_evt_row *woad_hci_le_evt_find(uint8_t subevent)
{
    return find(woad_hci_le_evt_rows, WOAD_HCI_LE_EVT_COUNT, subevent);
}
