/* woad/hci_list.h: every number of HCI, as X-macro lists.
 *
 * woad/hci.h makes the constants from these lists; src/hci/hci_table.c holds one row with the
 * parameters for each entry, and a test keeps the two complete. Names are those of the
 * specification in upper snake case; version [v1] of a command or event has no suffix, later
 * versions have _V2, _V3. Sections are those of [Vol 4, Part E].
 *
 * Commands: X(NAME, opcode, octet, bit): the last two say where Read_Local_Supported_Commands
 * reports the command [6.27].
 */
#ifndef WOAD_HCI_LIST_H
#define WOAD_HCI_LIST_H

/* clang-format off */

/* Link Control commands, group 0x01 [7.1] */
#define WOAD_HCI_CMD_LINK_CONTROL_LIST(X)                                                          \
    X(INQUIRY, 0x0401, 0, 0)                                                                       \
    X(INQUIRY_CANCEL, 0x0402, 0, 1)                                                                \
    X(PERIODIC_INQUIRY_MODE, 0x0403, 0, 2)                                                         \
    X(EXIT_PERIODIC_INQUIRY_MODE, 0x0404, 0, 3)                                                    \
    X(CREATE_CONNECTION, 0x0405, 0, 4)                                                             \
    X(DISCONNECT, 0x0406, 0, 5)                                                                    \
    X(ADD_SCO_CONNECTION, 0x0407, 0, 6)                                                            \
    X(CREATE_CONNECTION_CANCEL, 0x0408, 0, 7)                                                      \
    X(ACCEPT_CONNECTION_REQUEST, 0x0409, 1, 0)                                                     \
    X(REJECT_CONNECTION_REQUEST, 0x040a, 1, 1)                                                     \
    X(LINK_KEY_REQUEST_REPLY, 0x040b, 1, 2)                                                        \
    X(LINK_KEY_REQUEST_NEGATIVE_REPLY, 0x040c, 1, 3)                                               \
    X(PIN_CODE_REQUEST_REPLY, 0x040d, 1, 4)                                                        \
    X(PIN_CODE_REQUEST_NEGATIVE_REPLY, 0x040e, 1, 5)                                               \
    X(CHANGE_CONNECTION_PACKET_TYPE, 0x040f, 1, 6)                                                 \
    X(AUTHENTICATION_REQUESTED, 0x0411, 1, 7)                                                      \
    X(SET_CONNECTION_ENCRYPTION, 0x0413, 2, 0)                                                     \
    X(CHANGE_CONNECTION_LINK_KEY, 0x0415, 2, 1)                                                    \
    X(LINK_KEY_SELECTION, 0x0417, 2, 2)                                                            \
    X(REMOTE_NAME_REQUEST, 0x0419, 2, 3)                                                           \
    X(REMOTE_NAME_REQUEST_CANCEL, 0x041a, 2, 4)                                                    \
    X(READ_REMOTE_SUPPORTED_FEATURES, 0x041b, 2, 5)                                                \
    X(READ_REMOTE_EXTENDED_FEATURES, 0x041c, 2, 6)                                                 \
    X(READ_REMOTE_VERSION_INFORMATION, 0x041d, 2, 7)                                               \
    X(READ_CLOCK_OFFSET, 0x041f, 3, 0)                                                             \
    X(READ_LMP_HANDLE, 0x0420, 3, 1)                                                               \
    X(SETUP_SYNCHRONOUS_CONNECTION, 0x0428, 16, 3)                                                 \
    X(ACCEPT_SYNCHRONOUS_CONNECTION_REQUEST, 0x0429, 16, 4)                                        \
    X(REJECT_SYNCHRONOUS_CONNECTION_REQUEST, 0x042a, 16, 5)                                        \
    X(IO_CAPABILITY_REQUEST_REPLY, 0x042b, 18, 7)                                                  \
    X(USER_CONFIRMATION_REQUEST_REPLY, 0x042c, 19, 0)                                              \
    X(USER_CONFIRMATION_REQUEST_NEGATIVE_REPLY, 0x042d, 19, 1)                                     \
    X(USER_PASSKEY_REQUEST_REPLY, 0x042e, 19, 2)                                                   \
    X(USER_PASSKEY_REQUEST_NEGATIVE_REPLY, 0x042f, 19, 3)                                          \
    X(REMOTE_OOB_DATA_REQUEST_REPLY, 0x0430, 19, 4)                                                \
    X(REMOTE_OOB_DATA_REQUEST_NEGATIVE_REPLY, 0x0433, 19, 7)                                       \
    X(IO_CAPABILITY_REQUEST_NEGATIVE_REPLY, 0x0434, 20, 3)                                         \
    X(CREATE_PHYSICAL_LINK, 0x0435, 21, 0)                                                         \
    X(ACCEPT_PHYSICAL_LINK, 0x0436, 21, 1)                                                         \
    X(DISCONNECT_PHYSICAL_LINK, 0x0437, 21, 2)                                                     \
    X(CREATE_LOGICAL_LINK, 0x0438, 21, 3)                                                          \
    X(ACCEPT_LOGICAL_LINK, 0x0439, 21, 4)                                                          \
    X(DISCONNECT_LOGICAL_LINK, 0x043a, 21, 5)                                                      \
    X(LOGICAL_LINK_CANCEL, 0x043b, 21, 6)                                                          \
    X(FLOW_SPECIFICATION_MODIFY, 0x043c, 21, 7)                                                    \
    X(ENHANCED_SETUP_SYNCHRONOUS_CONNECTION, 0x043d, 29, 3)                                        \
    X(ENHANCED_ACCEPT_SYNCHRONOUS_CONNECTION_REQUEST, 0x043e, 29, 4)                               \
    X(TRUNCATED_PAGE, 0x043f, 30, 6)                                                               \
    X(TRUNCATED_PAGE_CANCEL, 0x0440, 30, 7)                                                        \
    X(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST, 0x0441, 31, 0)                                      \
    X(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST_RECEIVE, 0x0442, 31, 1)                              \
    X(START_SYNCHRONIZATION_TRAIN, 0x0443, 31, 2)                                                  \
    X(RECEIVE_SYNCHRONIZATION_TRAIN, 0x0444, 31, 3)                                                \
    X(REMOTE_OOB_EXTENDED_DATA_REQUEST_REPLY, 0x0445, 32, 1)

/* Link Policy commands, group 0x02 [7.2] */
#define WOAD_HCI_CMD_LINK_POLICY_LIST(X)                                                           \
    X(HOLD_MODE, 0x0801, 4, 1)                                                                     \
    X(SNIFF_MODE, 0x0803, 4, 2)                                                                    \
    X(EXIT_SNIFF_MODE, 0x0804, 4, 3)                                                               \
    X(PARK_STATE, 0x0805, 4, 4)                                                                    \
    X(EXIT_PARK_STATE, 0x0806, 4, 5)                                                               \
    X(QOS_SETUP, 0x0807, 4, 6)                                                                     \
    X(ROLE_DISCOVERY, 0x0809, 4, 7)                                                                \
    X(SWITCH_ROLE, 0x080b, 5, 0)                                                                   \
    X(READ_LINK_POLICY_SETTINGS, 0x080c, 5, 1)                                                     \
    X(WRITE_LINK_POLICY_SETTINGS, 0x080d, 5, 2)                                                    \
    X(READ_DEFAULT_LINK_POLICY_SETTINGS, 0x080e, 5, 3)                                             \
    X(WRITE_DEFAULT_LINK_POLICY_SETTINGS, 0x080f, 5, 4)                                            \
    X(FLOW_SPECIFICATION, 0x0810, 5, 5)                                                            \
    X(SNIFF_SUBRATING, 0x0811, 17, 4)

/* Controller & Baseband commands, group 0x03 [7.3] */
#define WOAD_HCI_CMD_BASEBAND_LIST(X)                                                              \
    X(SET_EVENT_MASK, 0x0c01, 5, 6)                                                                \
    X(RESET, 0x0c03, 5, 7)                                                                         \
    X(SET_EVENT_FILTER, 0x0c05, 6, 0)                                                              \
    X(FLUSH, 0x0c08, 6, 1)                                                                         \
    X(READ_PIN_TYPE, 0x0c09, 6, 2)                                                                 \
    X(WRITE_PIN_TYPE, 0x0c0a, 6, 3)                                                                \
    X(CREATE_NEW_UNIT_KEY, 0x0c0b, 6, 4)                                                           \
    X(READ_STORED_LINK_KEY, 0x0c0d, 6, 5)                                                          \
    X(WRITE_STORED_LINK_KEY, 0x0c11, 6, 6)                                                         \
    X(DELETE_STORED_LINK_KEY, 0x0c12, 6, 7)                                                        \
    X(WRITE_LOCAL_NAME, 0x0c13, 7, 0)                                                              \
    X(READ_LOCAL_NAME, 0x0c14, 7, 1)                                                               \
    X(READ_CONNECTION_ACCEPT_TIMEOUT, 0x0c15, 7, 2)                                                \
    X(WRITE_CONNECTION_ACCEPT_TIMEOUT, 0x0c16, 7, 3)                                               \
    X(READ_PAGE_TIMEOUT, 0x0c17, 7, 4)                                                             \
    X(WRITE_PAGE_TIMEOUT, 0x0c18, 7, 5)                                                            \
    X(READ_SCAN_ENABLE, 0x0c19, 7, 6)                                                              \
    X(WRITE_SCAN_ENABLE, 0x0c1a, 7, 7)                                                             \
    X(READ_PAGE_SCAN_ACTIVITY, 0x0c1b, 8, 0)                                                       \
    X(WRITE_PAGE_SCAN_ACTIVITY, 0x0c1c, 8, 1)                                                      \
    X(READ_INQUIRY_SCAN_ACTIVITY, 0x0c1d, 8, 2)                                                    \
    X(WRITE_INQUIRY_SCAN_ACTIVITY, 0x0c1e, 8, 3)                                                   \
    X(READ_AUTHENTICATION_ENABLE, 0x0c1f, 8, 4)                                                    \
    X(WRITE_AUTHENTICATION_ENABLE, 0x0c20, 8, 5)                                                   \
    X(READ_ENCRYPTION_MODE, 0x0c21, 8, 6)                                                          \
    X(WRITE_ENCRYPTION_MODE, 0x0c22, 8, 7)                                                         \
    X(READ_CLASS_OF_DEVICE, 0x0c23, 9, 0)                                                          \
    X(WRITE_CLASS_OF_DEVICE, 0x0c24, 9, 1)                                                         \
    X(READ_VOICE_SETTING, 0x0c25, 9, 2)                                                            \
    X(WRITE_VOICE_SETTING, 0x0c26, 9, 3)                                                           \
    X(READ_AUTOMATIC_FLUSH_TIMEOUT, 0x0c27, 9, 4)                                                  \
    X(WRITE_AUTOMATIC_FLUSH_TIMEOUT, 0x0c28, 9, 5)                                                 \
    X(READ_NUM_BROADCAST_RETRANSMISSIONS, 0x0c29, 9, 6)                                            \
    X(WRITE_NUM_BROADCAST_RETRANSMISSIONS, 0x0c2a, 9, 7)                                           \
    X(READ_HOLD_MODE_ACTIVITY, 0x0c2b, 10, 0)                                                      \
    X(WRITE_HOLD_MODE_ACTIVITY, 0x0c2c, 10, 1)                                                     \
    X(READ_TRANSMIT_POWER_LEVEL, 0x0c2d, 10, 2)                                                    \
    X(READ_SYNCHRONOUS_FLOW_CONTROL_ENABLE, 0x0c2e, 10, 3)                                         \
    X(WRITE_SYNCHRONOUS_FLOW_CONTROL_ENABLE, 0x0c2f, 10, 4)                                        \
    X(SET_CONTROLLER_TO_HOST_FLOW_CONTROL, 0x0c31, 10, 5)                                          \
    X(HOST_BUFFER_SIZE, 0x0c33, 10, 6)                                                             \
    X(HOST_NUMBER_OF_COMPLETED_PACKETS, 0x0c35, 10, 7)                                             \
    X(READ_LINK_SUPERVISION_TIMEOUT, 0x0c36, 11, 0)                                                \
    X(WRITE_LINK_SUPERVISION_TIMEOUT, 0x0c37, 11, 1)                                               \
    X(READ_NUMBER_OF_SUPPORTED_IAC, 0x0c38, 11, 2)                                                 \
    X(READ_CURRENT_IAC_LAP, 0x0c39, 11, 3)                                                         \
    X(WRITE_CURRENT_IAC_LAP, 0x0c3a, 11, 4)                                                        \
    X(READ_PAGE_SCAN_PERIOD_MODE, 0x0c3b, 11, 5)                                                   \
    X(WRITE_PAGE_SCAN_PERIOD_MODE, 0x0c3c, 11, 6)                                                  \
    X(READ_PAGE_SCAN_MODE, 0x0c3d, 11, 7)                                                          \
    X(WRITE_PAGE_SCAN_MODE, 0x0c3e, 12, 0)                                                         \
    X(SET_AFH_HOST_CHANNEL_CLASSIFICATION, 0x0c3f, 12, 1)                                          \
    X(READ_INQUIRY_SCAN_TYPE, 0x0c42, 12, 4)                                                       \
    X(WRITE_INQUIRY_SCAN_TYPE, 0x0c43, 12, 5)                                                      \
    X(READ_INQUIRY_MODE, 0x0c44, 12, 6)                                                            \
    X(WRITE_INQUIRY_MODE, 0x0c45, 12, 7)                                                           \
    X(READ_PAGE_SCAN_TYPE, 0x0c46, 13, 0)                                                          \
    X(WRITE_PAGE_SCAN_TYPE, 0x0c47, 13, 1)                                                         \
    X(READ_AFH_CHANNEL_ASSESSMENT_MODE, 0x0c48, 13, 2)                                             \
    X(WRITE_AFH_CHANNEL_ASSESSMENT_MODE, 0x0c49, 13, 3)                                            \
    X(READ_EXTENDED_INQUIRY_RESPONSE, 0x0c51, 17, 0)                                               \
    X(WRITE_EXTENDED_INQUIRY_RESPONSE, 0x0c52, 17, 1)                                              \
    X(REFRESH_ENCRYPTION_KEY, 0x0c53, 17, 2)                                                       \
    X(READ_SIMPLE_PAIRING_MODE, 0x0c55, 17, 5)                                                     \
    X(WRITE_SIMPLE_PAIRING_MODE, 0x0c56, 17, 6)                                                    \
    X(READ_LOCAL_OOB_DATA, 0x0c57, 17, 7)                                                          \
    X(READ_INQUIRY_RESPONSE_TRANSMIT_POWER_LEVEL, 0x0c58, 18, 0)                                   \
    X(WRITE_INQUIRY_TRANSMIT_POWER_LEVEL, 0x0c59, 18, 1)                                           \
    X(READ_DEFAULT_ERRONEOUS_DATA_REPORTING, 0x0c5a, 18, 2)                                        \
    X(WRITE_DEFAULT_ERRONEOUS_DATA_REPORTING, 0x0c5b, 18, 3)                                       \
    X(ENHANCED_FLUSH, 0x0c5f, 19, 6)                                                               \
    X(SEND_KEYPRESS_NOTIFICATION, 0x0c60, 20, 2)                                                   \
    X(READ_LOGICAL_LINK_ACCEPT_TIMEOUT, 0x0c61, 22, 0)                                             \
    X(WRITE_LOGICAL_LINK_ACCEPT_TIMEOUT, 0x0c62, 22, 1)                                            \
    X(SET_EVENT_MASK_PAGE_2, 0x0c63, 22, 2)                                                        \
    X(READ_LOCATION_DATA, 0x0c64, 22, 3)                                                           \
    X(WRITE_LOCATION_DATA, 0x0c65, 22, 4)                                                          \
    X(READ_FLOW_CONTROL_MODE, 0x0c66, 23, 0)                                                       \
    X(WRITE_FLOW_CONTROL_MODE, 0x0c67, 23, 1)                                                      \
    X(READ_ENHANCED_TRANSMIT_POWER_LEVEL, 0x0c68, 24, 0)                                           \
    X(READ_BEST_EFFORT_FLUSH_TIMEOUT, 0x0c69, 24, 2)                                               \
    X(WRITE_BEST_EFFORT_FLUSH_TIMEOUT, 0x0c6a, 24, 3)                                              \
    X(SHORT_RANGE_MODE, 0x0c6b, 24, 4)                                                             \
    X(READ_LE_HOST_SUPPORT, 0x0c6c, 24, 5)                                                         \
    X(WRITE_LE_HOST_SUPPORT, 0x0c6d, 24, 6)                                                        \
    X(SET_MWS_CHANNEL_PARAMETERS, 0x0c6e, 29, 6)                                                   \
    X(SET_EXTERNAL_FRAME_CONFIGURATION, 0x0c6f, 29, 7)                                             \
    X(SET_MWS_SIGNALING, 0x0c70, 30, 0)                                                            \
    X(SET_MWS_TRANSPORT_LAYER, 0x0c71, 30, 1)                                                      \
    X(SET_MWS_SCAN_FREQUENCY_TABLE, 0x0c72, 30, 2)                                                 \
    X(SET_MWS_PATTERN_CONFIGURATION, 0x0c73, 30, 4)                                                \
    X(SET_RESERVED_LT_ADDR, 0x0c74, 31, 4)                                                         \
    X(DELETE_RESERVED_LT_ADDR, 0x0c75, 31, 5)                                                      \
    X(SET_CONNECTIONLESS_PERIPHERAL_BROADCAST_DATA, 0x0c76, 31, 6)                                 \
    X(READ_SYNCHRONIZATION_TRAIN_PARAMETERS, 0x0c77, 31, 7)                                        \
    X(WRITE_SYNCHRONIZATION_TRAIN_PARAMETERS, 0x0c78, 32, 0)                                       \
    X(READ_SECURE_CONNECTIONS_HOST_SUPPORT, 0x0c79, 32, 2)                                         \
    X(WRITE_SECURE_CONNECTIONS_HOST_SUPPORT, 0x0c7a, 32, 3)                                        \
    X(READ_AUTHENTICATED_PAYLOAD_TIMEOUT, 0x0c7b, 32, 4)                                           \
    X(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, 0x0c7c, 32, 5)                                          \
    X(READ_LOCAL_OOB_EXTENDED_DATA, 0x0c7d, 32, 6)                                                 \
    X(READ_EXTENDED_PAGE_TIMEOUT, 0x0c7e, 33, 0)                                                   \
    X(WRITE_EXTENDED_PAGE_TIMEOUT, 0x0c7f, 33, 1)                                                  \
    X(READ_EXTENDED_INQUIRY_LENGTH, 0x0c80, 33, 2)                                                 \
    X(WRITE_EXTENDED_INQUIRY_LENGTH, 0x0c81, 33, 3)                                                \
    X(SET_ECOSYSTEM_BASE_INTERVAL, 0x0c82, 45, 1)                                                  \
    X(CONFIGURE_DATA_PATH, 0x0c83, 45, 5)                                                          \
    X(SET_MIN_ENCRYPTION_KEY_SIZE, 0x0c84, 45, 7)

/* Informational parameters, group 0x04 [7.4] */
#define WOAD_HCI_CMD_INFO_LIST(X)                                                                  \
    X(READ_LOCAL_VERSION_INFORMATION, 0x1001, 14, 3)                                               \
    X(READ_LOCAL_SUPPORTED_COMMANDS, 0x1002, 14, 4)                                                \
    X(READ_LOCAL_SUPPORTED_FEATURES, 0x1003, 14, 5)                                                \
    X(READ_LOCAL_EXTENDED_FEATURES, 0x1004, 14, 6)                                                 \
    X(READ_BUFFER_SIZE, 0x1005, 14, 7)                                                             \
    X(READ_COUNTRY_CODE, 0x1007, 15, 0)                                                            \
    X(READ_BD_ADDR, 0x1009, 15, 1)                                                                 \
    X(READ_DATA_BLOCK_SIZE, 0x100a, 23, 2)                                                         \
    X(READ_LOCAL_SUPPORTED_CODECS, 0x100b, 29, 5)                                                  \
    X(READ_LOCAL_SIMPLE_PAIRING_OPTIONS, 0x100c, 41, 3)                                            \
    X(READ_LOCAL_SUPPORTED_CODECS_V2, 0x100d, 45, 2)                                               \
    X(READ_LOCAL_SUPPORTED_CODEC_CAPABILITIES, 0x100e, 45, 3)                                      \
    X(READ_LOCAL_SUPPORTED_CONTROLLER_DELAY, 0x100f, 45, 4)

/* Status parameters, group 0x05 [7.5] */
#define WOAD_HCI_CMD_STATUS_LIST(X)                                                                \
    X(READ_FAILED_CONTACT_COUNTER, 0x1401, 15, 2)                                                  \
    X(RESET_FAILED_CONTACT_COUNTER, 0x1402, 15, 3)                                                 \
    X(READ_LINK_QUALITY, 0x1403, 15, 4)                                                            \
    X(READ_RSSI, 0x1405, 15, 5)                                                                    \
    X(READ_AFH_CHANNEL_MAP, 0x1406, 15, 6)                                                         \
    X(READ_CLOCK, 0x1407, 15, 7)                                                                   \
    X(READ_ENCRYPTION_KEY_SIZE, 0x1408, 20, 4)                                                     \
    X(READ_LOCAL_AMP_INFO, 0x1409, 22, 5)                                                          \
    X(READ_LOCAL_AMP_ASSOC, 0x140a, 22, 6)                                                         \
    X(WRITE_REMOTE_AMP_ASSOC, 0x140b, 22, 7)                                                       \
    X(GET_MWS_TRANSPORT_LAYER_CONFIGURATION, 0x140c, 30, 3)                                        \
    X(SET_TRIGGERED_CLOCK_CAPTURE, 0x140d, 30, 5)

/* Testing commands, group 0x06 [7.6] */
#define WOAD_HCI_CMD_TESTING_LIST(X)                                                               \
    X(READ_LOOPBACK_MODE, 0x1801, 16, 0)                                                           \
    X(WRITE_LOOPBACK_MODE, 0x1802, 16, 1)                                                          \
    X(ENABLE_IMPLEMENTATION_UNDER_TEST_MODE, 0x1803, 16, 2)                                        \
    X(WRITE_SIMPLE_PAIRING_DEBUG_MODE, 0x1804, 19, 5)                                              \
    X(ENABLE_AMP_RECEIVER_REPORTS, 0x1807, 23, 5)                                                  \
    X(AMP_TEST_END, 0x1808, 23, 6)                                                                 \
    X(AMP_TEST, 0x1809, 23, 7)                                                                     \
    X(WRITE_SECURE_CONNECTIONS_TEST_MODE, 0x180a, 32, 7)

/* LE Controller commands, group 0x08 [7.8] */
#define WOAD_HCI_CMD_LE_LIST(X)                                                                    \
    X(LE_SET_EVENT_MASK, 0x2001, 25, 0)                                                            \
    X(LE_READ_BUFFER_SIZE, 0x2002, 25, 1)                                                          \
    X(LE_READ_LOCAL_SUPPORTED_FEATURES_PAGE_0, 0x2003, 25, 2)                                      \
    X(LE_SET_RANDOM_ADDRESS, 0x2005, 25, 4)                                                        \
    X(LE_SET_ADVERTISING_PARAMETERS, 0x2006, 25, 5)                                                \
    X(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, 0x2007, 25, 6)                                \
    X(LE_SET_ADVERTISING_DATA, 0x2008, 25, 7)                                                      \
    X(LE_SET_SCAN_RESPONSE_DATA, 0x2009, 26, 0)                                                    \
    X(LE_SET_ADVERTISING_ENABLE, 0x200a, 26, 1)                                                    \
    X(LE_SET_SCAN_PARAMETERS, 0x200b, 26, 2)                                                       \
    X(LE_SET_SCAN_ENABLE, 0x200c, 26, 3)                                                           \
    X(LE_CREATE_CONNECTION, 0x200d, 26, 4)                                                         \
    X(LE_CREATE_CONNECTION_CANCEL, 0x200e, 26, 5)                                                  \
    X(LE_READ_FILTER_ACCEPT_LIST_SIZE, 0x200f, 26, 6)                                              \
    X(LE_CLEAR_FILTER_ACCEPT_LIST, 0x2010, 26, 7)                                                  \
    X(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, 0x2011, 27, 0)                                          \
    X(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, 0x2012, 27, 1)                                     \
    X(LE_CONNECTION_UPDATE, 0x2013, 27, 2)                                                         \
    X(LE_SET_HOST_CHANNEL_CLASSIFICATION, 0x2014, 27, 3)                                           \
    X(LE_READ_CHANNEL_MAP, 0x2015, 27, 4)                                                          \
    X(LE_READ_REMOTE_FEATURES_PAGE_0, 0x2016, 27, 5)                                               \
    X(LE_ENCRYPT, 0x2017, 27, 6)                                                                   \
    X(LE_RAND, 0x2018, 27, 7)                                                                      \
    X(LE_ENABLE_ENCRYPTION, 0x2019, 28, 0)                                                         \
    X(LE_LONG_TERM_KEY_REQUEST_REPLY, 0x201a, 28, 1)                                               \
    X(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, 0x201b, 28, 2)                                      \
    X(LE_READ_SUPPORTED_STATES, 0x201c, 28, 3)                                                     \
    X(LE_RECEIVER_TEST, 0x201d, 28, 4)                                                             \
    X(LE_TRANSMITTER_TEST, 0x201e, 28, 5)                                                          \
    X(LE_TEST_END, 0x201f, 28, 6)                                                                  \
    X(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, 0x2020, 33, 4)                                 \
    X(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, 0x2021, 33, 5)                        \
    X(LE_SET_DATA_LENGTH, 0x2022, 33, 6)                                                           \
    X(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, 0x2023, 33, 7)                                        \
    X(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 0x2024, 34, 0)                                       \
    X(LE_READ_LOCAL_P_256_PUBLIC_KEY, 0x2025, 34, 1)                                               \
    X(LE_GENERATE_DHKEY, 0x2026, 34, 2)                                                            \
    X(LE_ADD_DEVICE_TO_RESOLVING_LIST, 0x2027, 34, 3)                                              \
    X(LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, 0x2028, 34, 4)                                         \
    X(LE_CLEAR_RESOLVING_LIST, 0x2029, 34, 5)                                                      \
    X(LE_READ_RESOLVING_LIST_SIZE, 0x202a, 34, 6)                                                  \
    X(LE_READ_PEER_RESOLVABLE_ADDRESS, 0x202b, 34, 7)                                              \
    X(LE_READ_LOCAL_RESOLVABLE_ADDRESS, 0x202c, 35, 0)                                             \
    X(LE_SET_ADDRESS_RESOLUTION_ENABLE, 0x202d, 35, 1)                                             \
    X(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, 0x202e, 35, 2)                                    \
    X(LE_READ_MAXIMUM_DATA_LENGTH, 0x202f, 35, 3)                                                  \
    X(LE_READ_PHY, 0x2030, 35, 4)                                                                  \
    X(LE_SET_DEFAULT_PHY, 0x2031, 35, 5)                                                           \
    X(LE_SET_PHY, 0x2032, 35, 6)                                                                   \
    X(LE_RECEIVER_TEST_V2, 0x2033, 35, 7)                                                          \
    X(LE_TRANSMITTER_TEST_V2, 0x2034, 36, 0)                                                       \
    X(LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 0x2035, 36, 1)                                        \
    X(LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0x2036, 36, 2)                                       \
    X(LE_SET_EXTENDED_ADVERTISING_DATA, 0x2037, 36, 3)                                             \
    X(LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0x2038, 36, 4)                                           \
    X(LE_SET_EXTENDED_ADVERTISING_ENABLE, 0x2039, 36, 5)                                           \
    X(LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH, 0x203a, 36, 6)                                      \
    X(LE_READ_NUMBER_OF_SUPPORTED_ADVERTISING_SETS, 0x203b, 36, 7)                                 \
    X(LE_REMOVE_ADVERTISING_SET, 0x203c, 37, 0)                                                    \
    X(LE_CLEAR_ADVERTISING_SETS, 0x203d, 37, 1)                                                    \
    X(LE_SET_PERIODIC_ADVERTISING_PARAMETERS, 0x203e, 37, 2)                                       \
    X(LE_SET_PERIODIC_ADVERTISING_DATA, 0x203f, 37, 3)                                             \
    X(LE_SET_PERIODIC_ADVERTISING_ENABLE, 0x2040, 37, 4)                                           \
    X(LE_SET_EXTENDED_SCAN_PARAMETERS, 0x2041, 37, 5)                                              \
    X(LE_SET_EXTENDED_SCAN_ENABLE, 0x2042, 37, 6)                                                  \
    X(LE_EXTENDED_CREATE_CONNECTION, 0x2043, 37, 7)                                                \
    X(LE_PERIODIC_ADVERTISING_CREATE_SYNC, 0x2044, 38, 0)                                          \
    X(LE_PERIODIC_ADVERTISING_CREATE_SYNC_CANCEL, 0x2045, 38, 1)                                   \
    X(LE_PERIODIC_ADVERTISING_TERMINATE_SYNC, 0x2046, 38, 2)                                       \
    X(LE_ADD_DEVICE_TO_PERIODIC_ADVERTISER_LIST, 0x2047, 38, 3)                                    \
    X(LE_REMOVE_DEVICE_FROM_PERIODIC_ADVERTISER_LIST, 0x2048, 38, 4)                               \
    X(LE_CLEAR_PERIODIC_ADVERTISER_LIST, 0x2049, 38, 5)                                            \
    X(LE_READ_PERIODIC_ADVERTISER_LIST_SIZE, 0x204a, 38, 6)                                        \
    X(LE_READ_TRANSMIT_POWER, 0x204b, 38, 7)                                                       \
    X(LE_READ_RF_PATH_COMPENSATION, 0x204c, 39, 0)                                                 \
    X(LE_WRITE_RF_PATH_COMPENSATION, 0x204d, 39, 1)                                                \
    X(LE_SET_PRIVACY_MODE, 0x204e, 39, 2)                                                          \
    X(LE_RECEIVER_TEST_V3, 0x204f, 39, 3)                                                          \
    X(LE_TRANSMITTER_TEST_V3, 0x2050, 39, 4)                                                       \
    X(LE_SET_CONNECTIONLESS_CTE_TRANSMIT_PARAMETERS, 0x2051, 39, 5)                                \
    X(LE_SET_CONNECTIONLESS_CTE_TRANSMIT_ENABLE, 0x2052, 39, 6)                                    \
    X(LE_SET_CONNECTIONLESS_IQ_SAMPLING_ENABLE, 0x2053, 39, 7)                                     \
    X(LE_SET_CONNECTION_CTE_RECEIVE_PARAMETERS, 0x2054, 40, 0)                                     \
    X(LE_SET_CONNECTION_CTE_TRANSMIT_PARAMETERS, 0x2055, 40, 1)                                    \
    X(LE_CONNECTION_CTE_REQUEST_ENABLE, 0x2056, 40, 2)                                             \
    X(LE_CONNECTION_CTE_RESPONSE_ENABLE, 0x2057, 40, 3)                                            \
    X(LE_READ_ANTENNA_INFORMATION, 0x2058, 40, 4)                                                  \
    X(LE_SET_PERIODIC_ADVERTISING_RECEIVE_ENABLE, 0x2059, 40, 5)                                   \
    X(LE_PERIODIC_ADVERTISING_SYNC_TRANSFER, 0x205a, 40, 6)                                        \
    X(LE_PERIODIC_ADVERTISING_SET_INFO_TRANSFER, 0x205b, 40, 7)                                    \
    X(LE_SET_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, 0x205c, 41, 0)                         \
    X(LE_SET_DEFAULT_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, 0x205d, 41, 1)                 \
    X(LE_GENERATE_DHKEY_V2, 0x205e, 41, 2)                                                         \
    X(LE_MODIFY_SLEEP_CLOCK_ACCURACY, 0x205f, 41, 4)                                               \
    X(LE_READ_BUFFER_SIZE_V2, 0x2060, 41, 5)                                                       \
    X(LE_READ_ISO_TX_SYNC, 0x2061, 41, 6)                                                          \
    X(LE_SET_CIG_PARAMETERS, 0x2062, 41, 7)                                                        \
    X(LE_SET_CIG_PARAMETERS_TEST, 0x2063, 42, 0)                                                   \
    X(LE_CREATE_CIS, 0x2064, 42, 1)                                                                \
    X(LE_REMOVE_CIG, 0x2065, 42, 2)                                                                \
    X(LE_ACCEPT_CIS_REQUEST, 0x2066, 42, 3)                                                        \
    X(LE_REJECT_CIS_REQUEST, 0x2067, 42, 4)                                                        \
    X(LE_CREATE_BIG, 0x2068, 42, 5)                                                                \
    X(LE_CREATE_BIG_TEST, 0x2069, 42, 6)                                                           \
    X(LE_TERMINATE_BIG, 0x206a, 42, 7)                                                             \
    X(LE_BIG_CREATE_SYNC, 0x206b, 43, 0)                                                           \
    X(LE_BIG_TERMINATE_SYNC, 0x206c, 43, 1)                                                        \
    X(LE_REQUEST_PEER_SCA, 0x206d, 43, 2)                                                          \
    X(LE_SETUP_ISO_DATA_PATH, 0x206e, 43, 3)                                                       \
    X(LE_REMOVE_ISO_DATA_PATH, 0x206f, 43, 4)                                                      \
    X(LE_ISO_TRANSMIT_TEST, 0x2070, 43, 5)                                                         \
    X(LE_ISO_RECEIVE_TEST, 0x2071, 43, 6)                                                          \
    X(LE_ISO_READ_TEST_COUNTERS, 0x2072, 43, 7)                                                    \
    X(LE_ISO_TEST_END, 0x2073, 44, 0)                                                              \
    X(LE_SET_HOST_FEATURE, 0x2074, 44, 1)                                                          \
    X(LE_READ_ISO_LINK_QUALITY, 0x2075, 44, 2)                                                     \
    X(LE_ENHANCED_READ_TRANSMIT_POWER_LEVEL, 0x2076, 44, 3)                                        \
    X(LE_READ_REMOTE_TRANSMIT_POWER_LEVEL, 0x2077, 44, 4)                                          \
    X(LE_SET_PATH_LOSS_REPORTING_PARAMETERS, 0x2078, 44, 5)                                        \
    X(LE_SET_PATH_LOSS_REPORTING_ENABLE, 0x2079, 44, 6)                                            \
    X(LE_SET_TRANSMIT_POWER_REPORTING_ENABLE, 0x207a, 44, 7)                                       \
    X(LE_TRANSMITTER_TEST_V4, 0x207b, 45, 0)                                                       \
    X(LE_SET_DATA_RELATED_ADDRESS_CHANGES, 0x207c, 45, 6)                                          \
    X(LE_SET_DEFAULT_SUBRATE, 0x207d, 46, 0)                                                       \
    X(LE_SUBRATE_REQUEST, 0x207e, 46, 1)                                                           \
    X(LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2, 0x207f, 46, 2)                                    \
    X(LE_SET_DECISION_DATA, 0x2080, 46, 3)                                                         \
    X(LE_SET_DECISION_INSTRUCTIONS, 0x2081, 46, 4)                                                 \
    X(LE_SET_PERIODIC_ADVERTISING_SUBEVENT_DATA, 0x2082, 46, 5)                                    \
    X(LE_SET_PERIODIC_ADVERTISING_RESPONSE_DATA, 0x2083, 46, 6)                                    \
    X(LE_SET_PERIODIC_SYNC_SUBEVENT, 0x2084, 46, 7)                                                \
    X(LE_EXTENDED_CREATE_CONNECTION_V2, 0x2085, 47, 0)                                             \
    X(LE_SET_PERIODIC_ADVERTISING_PARAMETERS_V2, 0x2086, 47, 1)                                    \
    X(LE_READ_ALL_LOCAL_SUPPORTED_FEATURES, 0x2087, 47, 2)                                         \
    X(LE_READ_ALL_REMOTE_FEATURES, 0x2088, 47, 3)                                                  \
    X(LE_CS_READ_LOCAL_SUPPORTED_CAPABILITIES, 0x2089, 20, 5)                                      \
    X(LE_CS_READ_REMOTE_SUPPORTED_CAPABILITIES, 0x208a, 20, 6)                                     \
    X(LE_CS_WRITE_CACHED_REMOTE_SUPPORTED_CAPABILITIES, 0x208b, 20, 7)                             \
    X(LE_CS_SECURITY_ENABLE, 0x208c, 24, 1)                                                        \
    X(LE_CS_SET_DEFAULT_SETTINGS, 0x208d, 24, 7)                                                   \
    X(LE_CS_READ_REMOTE_FAE_TABLE, 0x208e, 12, 2)                                                  \
    X(LE_CS_WRITE_CACHED_REMOTE_FAE_TABLE, 0x208f, 12, 3)                                          \
    X(LE_CS_CREATE_CONFIG, 0x2090, 16, 6)                                                          \
    X(LE_CS_REMOVE_CONFIG, 0x2091, 16, 7)                                                          \
    X(LE_CS_SET_CHANNEL_CLASSIFICATION, 0x2092, 29, 0)                                             \
    X(LE_CS_SET_PROCEDURE_PARAMETERS, 0x2093, 29, 1)                                               \
    X(LE_CS_PROCEDURE_ENABLE, 0x2094, 29, 2)                                                       \
    X(LE_CS_TEST, 0x2095, 23, 3)                                                                   \
    X(LE_CS_TEST_END, 0x2096, 23, 4)                                                               \
    X(LE_SET_HOST_FEATURE_V2, 0x2097, 47, 4)                                                       \
    X(LE_ADD_DEVICE_TO_MONITORED_ADVERTISERS_LIST, 0x2098, 47, 5)                                  \
    X(LE_REMOVE_DEVICE_FROM_MONITORED_ADVERTISERS_LIST, 0x2099, 47, 6)                             \
    X(LE_CLEAR_MONITORED_ADVERTISERS_LIST, 0x209a, 47, 7)                                          \
    X(LE_READ_MONITORED_ADVERTISERS_LIST_SIZE, 0x209b, 48, 0)                                      \
    X(LE_ENABLE_MONITORING_ADVERTISERS, 0x209c, 28, 7)                                             \
    X(LE_FRAME_SPACE_UPDATE, 0x209d, 48, 1)                                                        \
    X(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT_V2, 0x209e, 48, 2)                                 \
    X(LE_ENABLE_UTP_OTA_MODE, 0x209f, 48, 3)                                                       \
    X(LE_UTP_SEND, 0x20a0, 48, 4)                                                                  \
    X(LE_CONNECTION_RATE_REQUEST, 0x20a1, 48, 5)                                                   \
    X(LE_SET_DEFAULT_RATE_PARAMETERS, 0x20a2, 48, 6)                                               \
    X(LE_READ_MINIMUM_SUPPORTED_CONNECTION_INTERVAL, 0x20a3, 48, 7)

/* Vendor commands that open controllers share. They have no Supported_Commands bit. */
#define WOAD_HCI_CMD_VENDOR_LIST(X)                                                                \
    X(VS_WRITE_BD_ADDR, 0xfc06, 255, 0)

/* All of them, in ascending order of opcode. */
#define WOAD_HCI_CMD_LIST(X)                                                                       \
    WOAD_HCI_CMD_LINK_CONTROL_LIST(X)                                                              \
    WOAD_HCI_CMD_LINK_POLICY_LIST(X)                                                               \
    WOAD_HCI_CMD_BASEBAND_LIST(X)                                                                  \
    WOAD_HCI_CMD_INFO_LIST(X)                                                                      \
    WOAD_HCI_CMD_STATUS_LIST(X)                                                                    \
    WOAD_HCI_CMD_TESTING_LIST(X)                                                                   \
    WOAD_HCI_CMD_LE_LIST(X)                                                                        \
    WOAD_HCI_CMD_VENDOR_LIST(X)

/* X(NAME, event code) [7.7]. Those with 0x40-0x47 and 0x49-0x4d (AMP) left the specification in
 * 5.3; their names stay for old captures. */
#define WOAD_HCI_EVT_LIST(X)                                                                       \
    X(INQUIRY_COMPLETE, 0x01)                                                                      \
    X(INQUIRY_RESULT, 0x02)                                                                        \
    X(CONNECTION_COMPLETE, 0x03)                                                                   \
    X(CONNECTION_REQUEST, 0x04)                                                                    \
    X(DISCONNECTION_COMPLETE, 0x05)                                                                \
    X(AUTHENTICATION_COMPLETE, 0x06)                                                               \
    X(REMOTE_NAME_REQUEST_COMPLETE, 0x07)                                                          \
    X(ENCRYPTION_CHANGE, 0x08)                                                                     \
    X(CHANGE_CONNECTION_LINK_KEY_COMPLETE, 0x09)                                                   \
    X(LINK_KEY_TYPE_CHANGED, 0x0a)                                                                 \
    X(READ_REMOTE_SUPPORTED_FEATURES_COMPLETE, 0x0b)                                               \
    X(READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0x0c)                                              \
    X(QOS_SETUP_COMPLETE, 0x0d)                                                                    \
    X(COMMAND_COMPLETE, 0x0e)                                                                      \
    X(COMMAND_STATUS, 0x0f)                                                                        \
    X(HARDWARE_ERROR, 0x10)                                                                        \
    X(FLUSH_OCCURRED, 0x11)                                                                        \
    X(ROLE_CHANGE, 0x12)                                                                           \
    X(NUMBER_OF_COMPLETED_PACKETS, 0x13)                                                           \
    X(MODE_CHANGE, 0x14)                                                                           \
    X(RETURN_LINK_KEYS, 0x15)                                                                      \
    X(PIN_CODE_REQUEST, 0x16)                                                                      \
    X(LINK_KEY_REQUEST, 0x17)                                                                      \
    X(LINK_KEY_NOTIFICATION, 0x18)                                                                 \
    X(LOOPBACK_COMMAND, 0x19)                                                                      \
    X(DATA_BUFFER_OVERFLOW, 0x1a)                                                                  \
    X(MAX_SLOTS_CHANGE, 0x1b)                                                                      \
    X(READ_CLOCK_OFFSET_COMPLETE, 0x1c)                                                            \
    X(CONNECTION_PACKET_TYPE_CHANGED, 0x1d)                                                        \
    X(QOS_VIOLATION, 0x1e)                                                                         \
    X(PAGE_SCAN_MODE_CHANGE, 0x1f)                                                                 \
    X(PAGE_SCAN_REPETITION_MODE_CHANGE, 0x20)                                                      \
    X(FLOW_SPECIFICATION_COMPLETE, 0x21)                                                           \
    X(INQUIRY_RESULT_WITH_RSSI, 0x22)                                                              \
    X(READ_REMOTE_EXTENDED_FEATURES_COMPLETE, 0x23)                                                \
    X(SYNCHRONOUS_CONNECTION_COMPLETE, 0x2c)                                                       \
    X(SYNCHRONOUS_CONNECTION_CHANGED, 0x2d)                                                        \
    X(SNIFF_SUBRATING, 0x2e)                                                                       \
    X(EXTENDED_INQUIRY_RESULT, 0x2f)                                                               \
    X(ENCRYPTION_KEY_REFRESH_COMPLETE, 0x30)                                                       \
    X(IO_CAPABILITY_REQUEST, 0x31)                                                                 \
    X(IO_CAPABILITY_RESPONSE, 0x32)                                                                \
    X(USER_CONFIRMATION_REQUEST, 0x33)                                                             \
    X(USER_PASSKEY_REQUEST, 0x34)                                                                  \
    X(REMOTE_OOB_DATA_REQUEST, 0x35)                                                               \
    X(SIMPLE_PAIRING_COMPLETE, 0x36)                                                               \
    X(LINK_SUPERVISION_TIMEOUT_CHANGED, 0x38)                                                      \
    X(ENHANCED_FLUSH_COMPLETE, 0x39)                                                               \
    X(USER_PASSKEY_NOTIFICATION, 0x3b)                                                             \
    X(KEYPRESS_NOTIFICATION, 0x3c)                                                                 \
    X(REMOTE_HOST_SUPPORTED_FEATURES_NOTIFICATION, 0x3d)                                           \
    X(LE_META, 0x3e)                                                                               \
    X(PHYSICAL_LINK_COMPLETE, 0x40)                                                                \
    X(CHANNEL_SELECTED, 0x41)                                                                      \
    X(DISCONNECT_PHYSICAL_LINK_COMPLETE, 0x42)                                                     \
    X(PHYSICAL_LINK_LOSS_EARLY_WARNING, 0x43)                                                      \
    X(PHYSICAL_LINK_RECOVERY, 0x44)                                                                \
    X(LOGICAL_LINK_COMPLETE, 0x45)                                                                 \
    X(DISCONNECT_LOGICAL_LINK_COMPLETE, 0x46)                                                      \
    X(FLOW_SPECIFICATION_MODIFY_COMPLETE, 0x47)                                                    \
    X(NUMBER_OF_COMPLETED_DATA_BLOCKS, 0x48)                                                       \
    X(AMP_START_TEST, 0x49)                                                                        \
    X(AMP_TEST_END, 0x4a)                                                                          \
    X(AMP_RECEIVER_REPORT, 0x4b)                                                                   \
    X(SHORT_RANGE_MODE_CHANGE_COMPLETE, 0x4c)                                                      \
    X(AMP_STATUS_CHANGE, 0x4d)                                                                     \
    X(TRIGGERED_CLOCK_CAPTURE, 0x4e)                                                               \
    X(SYNCHRONIZATION_TRAIN_COMPLETE, 0x4f)                                                        \
    X(SYNCHRONIZATION_TRAIN_RECEIVED, 0x50)                                                        \
    X(CONNECTIONLESS_PERIPHERAL_BROADCAST_RECEIVE, 0x51)                                           \
    X(CONNECTIONLESS_PERIPHERAL_BROADCAST_TIMEOUT, 0x52)                                           \
    X(TRUNCATED_PAGE_COMPLETE, 0x53)                                                               \
    X(PERIPHERAL_PAGE_RESPONSE_TIMEOUT, 0x54)                                                      \
    X(CONNECTIONLESS_PERIPHERAL_BROADCAST_CHANNEL_MAP_CHANGE, 0x55)                                \
    X(INQUIRY_RESPONSE_NOTIFICATION, 0x56)                                                         \
    X(AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED, 0x57)                                                 \
    X(SAM_STATUS_CHANGE, 0x58)                                                                     \
    X(ENCRYPTION_CHANGE_V2, 0x59)                                                                  \
    X(VENDOR, 0xff)

/* X(NAME, subevent code) of the LE Meta event [7.7.65]. Bit code - 1 of the LE event mask. */
#define WOAD_HCI_LE_EVT_LIST(X)                                                                    \
    X(CONNECTION_COMPLETE, 0x01)                                                                   \
    X(ADVERTISING_REPORT, 0x02)                                                                    \
    X(CONNECTION_UPDATE_COMPLETE, 0x03)                                                            \
    X(READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 0x04)                                                  \
    X(LONG_TERM_KEY_REQUEST, 0x05)                                                                 \
    X(REMOTE_CONNECTION_PARAMETER_REQUEST, 0x06)                                                   \
    X(DATA_LENGTH_CHANGE, 0x07)                                                                    \
    X(READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, 0x08)                                                  \
    X(GENERATE_DHKEY_COMPLETE, 0x09)                                                               \
    X(ENHANCED_CONNECTION_COMPLETE, 0x0a)                                                          \
    X(DIRECTED_ADVERTISING_REPORT, 0x0b)                                                           \
    X(PHY_UPDATE_COMPLETE, 0x0c)                                                                   \
    X(EXTENDED_ADVERTISING_REPORT, 0x0d)                                                           \
    X(PERIODIC_ADVERTISING_SYNC_ESTABLISHED, 0x0e)                                                 \
    X(PERIODIC_ADVERTISING_REPORT, 0x0f)                                                           \
    X(PERIODIC_ADVERTISING_SYNC_LOST, 0x10)                                                        \
    X(SCAN_TIMEOUT, 0x11)                                                                          \
    X(ADVERTISING_SET_TERMINATED, 0x12)                                                            \
    X(SCAN_REQUEST_RECEIVED, 0x13)                                                                 \
    X(CHANNEL_SELECTION_ALGORITHM, 0x14)                                                           \
    X(CONNECTIONLESS_IQ_REPORT, 0x15)                                                              \
    X(CONNECTION_IQ_REPORT, 0x16)                                                                  \
    X(CTE_REQUEST_FAILED, 0x17)                                                                    \
    X(PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED, 0x18)                                           \
    X(CIS_ESTABLISHED, 0x19)                                                                       \
    X(CIS_REQUEST, 0x1a)                                                                           \
    X(CREATE_BIG_COMPLETE, 0x1b)                                                                   \
    X(TERMINATE_BIG_COMPLETE, 0x1c)                                                                \
    X(BIG_SYNC_ESTABLISHED, 0x1d)                                                                  \
    X(BIG_SYNC_LOST, 0x1e)                                                                         \
    X(REQUEST_PEER_SCA_COMPLETE, 0x1f)                                                             \
    X(PATH_LOSS_THRESHOLD, 0x20)                                                                   \
    X(TRANSMIT_POWER_REPORTING, 0x21)                                                              \
    X(BIGINFO_ADVERTISING_REPORT, 0x22)                                                            \
    X(SUBRATE_CHANGE, 0x23)                                                                        \
    X(PERIODIC_ADVERTISING_SYNC_ESTABLISHED_V2, 0x24)                                              \
    X(PERIODIC_ADVERTISING_REPORT_V2, 0x25)                                                        \
    X(PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED_V2, 0x26)                                        \
    X(PERIODIC_ADVERTISING_SUBEVENT_DATA_REQUEST, 0x27)                                            \
    X(PERIODIC_ADVERTISING_RESPONSE_REPORT, 0x28)                                                  \
    X(ENHANCED_CONNECTION_COMPLETE_V2, 0x29)                                                       \
    X(CIS_ESTABLISHED_V2, 0x2a)                                                                    \
    X(READ_ALL_REMOTE_FEATURES_COMPLETE, 0x2b)                                                     \
    X(CS_READ_REMOTE_SUPPORTED_CAPABILITIES_COMPLETE, 0x2c)                                        \
    X(CS_READ_REMOTE_FAE_TABLE_COMPLETE, 0x2d)                                                     \
    X(CS_SECURITY_ENABLE_COMPLETE, 0x2e)                                                           \
    X(CS_CONFIG_COMPLETE, 0x2f)                                                                    \
    X(CS_PROCEDURE_ENABLE_COMPLETE, 0x30)                                                          \
    X(CS_SUBEVENT_RESULT, 0x31)                                                                    \
    X(CS_SUBEVENT_RESULT_CONTINUE, 0x32)                                                           \
    X(CS_TEST_END_COMPLETE, 0x33)                                                                  \
    X(MONITORED_ADVERTISERS_REPORT, 0x34)                                                          \
    X(FRAME_SPACE_UPDATE_COMPLETE, 0x35)                                                           \
    X(UTP_RECEIVE, 0x36)                                                                           \
    X(CONNECTION_RATE_CHANGE, 0x37)

/* X(NAME, status code, text) [Vol 1, Part F]. */
#define WOAD_HCI_ERR_LIST(X)                                                                       \
    X(SUCCESS, 0x00, "Success")                                                                    \
    X(UNKNOWN_HCI_COMMAND, 0x01, "Unknown HCI Command")                                            \
    X(UNKNOWN_CONNECTION_IDENTIFIER, 0x02, "Unknown Connection Identifier")                        \
    X(HARDWARE_FAILURE, 0x03, "Hardware Failure")                                                  \
    X(PAGE_TIMEOUT, 0x04, "Page Timeout")                                                          \
    X(AUTHENTICATION_FAILURE, 0x05, "Authentication Failure")                                      \
    X(PIN_OR_KEY_MISSING, 0x06, "PIN or Key Missing")                                              \
    X(MEMORY_CAPACITY_EXCEEDED, 0x07, "Memory Capacity Exceeded")                                  \
    X(CONNECTION_TIMEOUT, 0x08, "Connection Timeout")                                              \
    X(CONNECTION_LIMIT_EXCEEDED, 0x09, "Connection Limit Exceeded")                                \
    X(SYNCHRONOUS_CONNECTION_LIMIT_EXCEEDED, 0x0a,                                                 \
      "Synchronous Connection Limit to a Device Exceeded")                                         \
    X(CONNECTION_ALREADY_EXISTS, 0x0b, "Connection Already Exists")                                \
    X(COMMAND_DISALLOWED, 0x0c, "Command Disallowed")                                              \
    X(CONNECTION_REJECTED_LIMITED_RESOURCES, 0x0d, "Connection Rejected due to Limited Resources") \
    X(CONNECTION_REJECTED_SECURITY_REASONS, 0x0e, "Connection Rejected due to Security Reasons")   \
    X(CONNECTION_REJECTED_UNACCEPTABLE_BD_ADDR, 0x0f,                                              \
      "Connection Rejected due to Unacceptable BD_ADDR")                                           \
    X(CONNECTION_ACCEPT_TIMEOUT_EXCEEDED, 0x10, "Connection Accept Timeout Exceeded")              \
    X(UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE, 0x11, "Unsupported Feature or Parameter Value")      \
    X(INVALID_HCI_COMMAND_PARAMETERS, 0x12, "Invalid HCI Command Parameters")                      \
    X(REMOTE_USER_TERMINATED_CONNECTION, 0x13, "Remote User Terminated Connection")                \
    X(REMOTE_DEVICE_TERMINATED_LOW_RESOURCES, 0x14,                                                \
      "Remote Device Terminated Connection due to Low Resources")                                  \
    X(REMOTE_DEVICE_TERMINATED_POWER_OFF, 0x15,                                                    \
      "Remote Device Terminated Connection due to Power Off")                                      \
    X(CONNECTION_TERMINATED_BY_LOCAL_HOST, 0x16, "Connection Terminated by Local Host")            \
    X(REPEATED_ATTEMPTS, 0x17, "Repeated Attempts")                                                \
    X(PAIRING_NOT_ALLOWED, 0x18, "Pairing Not Allowed")                                            \
    X(UNKNOWN_LMP_PDU, 0x19, "Unknown LMP PDU")                                                    \
    X(UNSUPPORTED_REMOTE_FEATURE, 0x1a, "Unsupported Remote Feature")                              \
    X(SCO_OFFSET_REJECTED, 0x1b, "SCO Offset Rejected")                                            \
    X(SCO_INTERVAL_REJECTED, 0x1c, "SCO Interval Rejected")                                        \
    X(SCO_AIR_MODE_REJECTED, 0x1d, "SCO Air Mode Rejected")                                        \
    X(INVALID_LL_PARAMETERS, 0x1e, "Invalid LMP or LL Parameters")                                 \
    X(UNSPECIFIED_ERROR, 0x1f, "Unspecified Error")                                                \
    X(UNSUPPORTED_LL_PARAMETER_VALUE, 0x20, "Unsupported LMP or LL Parameter Value")               \
    X(ROLE_CHANGE_NOT_ALLOWED, 0x21, "Role Change Not Allowed")                                    \
    X(LL_RESPONSE_TIMEOUT, 0x22, "LMP or LL Response Timeout")                                     \
    X(LL_PROCEDURE_COLLISION, 0x23, "LMP Error Transaction Collision or LL Procedure Collision")   \
    X(LMP_PDU_NOT_ALLOWED, 0x24, "LMP PDU Not Allowed")                                            \
    X(ENCRYPTION_MODE_NOT_ACCEPTABLE, 0x25, "Encryption Mode Not Acceptable")                      \
    X(LINK_KEY_CANNOT_BE_CHANGED, 0x26, "Link Key Cannot Be Changed")                              \
    X(REQUESTED_QOS_NOT_SUPPORTED, 0x27, "Requested QoS Not Supported")                            \
    X(INSTANT_PASSED, 0x28, "Instant Passed")                                                      \
    X(PAIRING_WITH_UNIT_KEY_NOT_SUPPORTED, 0x29, "Pairing with Unit Key Not Supported")            \
    X(DIFFERENT_TRANSACTION_COLLISION, 0x2a, "Different Transaction Collision")                    \
    X(QOS_UNACCEPTABLE_PARAMETER, 0x2c, "QoS Unacceptable Parameter")                              \
    X(QOS_REJECTED, 0x2d, "QoS Rejected")                                                          \
    X(CHANNEL_CLASSIFICATION_NOT_SUPPORTED, 0x2e, "Channel Classification Not Supported")          \
    X(INSUFFICIENT_SECURITY, 0x2f, "Insufficient Security")                                        \
    X(PARAMETER_OUT_OF_MANDATORY_RANGE, 0x30, "Parameter Out of Mandatory Range")                  \
    X(ROLE_SWITCH_PENDING, 0x32, "Role Switch Pending")                                            \
    X(RESERVED_SLOT_VIOLATION, 0x34, "Reserved Slot Violation")                                    \
    X(ROLE_SWITCH_FAILED, 0x35, "Role Switch Failed")                                              \
    X(EXTENDED_INQUIRY_RESPONSE_TOO_LARGE, 0x36, "Extended Inquiry Response Too Large")            \
    X(SIMPLE_PAIRING_NOT_SUPPORTED_BY_HOST, 0x37, "Secure Simple Pairing Not Supported by Host")   \
    X(HOST_BUSY_PAIRING, 0x38, "Host Busy - Pairing")                                              \
    X(CONNECTION_REJECTED_NO_SUITABLE_CHANNEL, 0x39,                                               \
      "Connection Rejected, No Suitable Channel Found")                                            \
    X(CONTROLLER_BUSY, 0x3a, "Controller Busy")                                                    \
    X(UNACCEPTABLE_CONNECTION_PARAMETERS, 0x3b, "Unacceptable Connection Parameters")              \
    X(ADVERTISING_TIMEOUT, 0x3c, "Advertising Timeout")                                            \
    X(CONNECTION_TERMINATED_MIC_FAILURE, 0x3d, "Connection Terminated due to MIC Failure")         \
    X(CONNECTION_FAILED_TO_BE_ESTABLISHED, 0x3e, "Connection Failed to be Established")            \
    X(MAC_CONNECTION_FAILED, 0x3f, "MAC Connection Failed")                                        \
    X(COARSE_CLOCK_ADJUSTMENT_REJECTED, 0x40, "Coarse Clock Adjustment Rejected")                  \
    X(TYPE0_SUBMAP_NOT_DEFINED, 0x41, "Type0 Submap Not Defined")                                  \
    X(UNKNOWN_ADVERTISING_IDENTIFIER, 0x42, "Unknown Advertising Identifier")                      \
    X(LIMIT_REACHED, 0x43, "Limit Reached")                                                        \
    X(OPERATION_CANCELLED_BY_HOST, 0x44, "Operation Cancelled by Host")                            \
    X(PACKET_TOO_LONG, 0x45, "Packet Too Long")                                                    \
    X(TOO_LATE, 0x46, "Too Late")                                                                  \
    X(TOO_EARLY, 0x47, "Too Early")                                                                \
    X(INSUFFICIENT_CHANNELS, 0x48, "Insufficient Channels")

/* X(NAME, bit) of the LE feature set [Vol 6, Part B, 4.6]; bits from 64 on are in page 1. */
#define WOAD_LE_FEATURE_LIST(X)                                                                    \
    X(ENCRYPTION, 0)                                                                               \
    X(CONNECTION_PARAMETERS_REQUEST, 1)                                                            \
    X(EXTENDED_REJECT_INDICATION, 2)                                                               \
    X(PERIPHERAL_INITIATED_FEATURES_EXCHANGE, 3)                                                   \
    X(PING, 4)                                                                                     \
    X(DATA_PACKET_LENGTH_EXTENSION, 5)                                                             \
    X(LL_PRIVACY, 6)                                                                               \
    X(EXTENDED_SCANNING_FILTER_POLICIES, 7)                                                        \
    X(PHY_2M, 8)                                                                                   \
    X(STABLE_MODULATION_INDEX_TX, 9)                                                               \
    X(STABLE_MODULATION_INDEX_RX, 10)                                                              \
    X(PHY_CODED, 11)                                                                               \
    X(EXTENDED_ADVERTISING, 12)                                                                    \
    X(PERIODIC_ADVERTISING, 13)                                                                    \
    X(CHANNEL_SELECTION_ALGORITHM_2, 14)                                                           \
    X(POWER_CLASS_1, 15)                                                                           \
    X(MINIMUM_NUMBER_OF_USED_CHANNELS, 16)                                                         \
    X(CONNECTION_CTE_REQUEST, 17)                                                                  \
    X(CONNECTION_CTE_RESPONSE, 18)                                                                 \
    X(CONNECTIONLESS_CTE_TRANSMITTER, 19)                                                          \
    X(CONNECTIONLESS_CTE_RECEIVER, 20)                                                             \
    X(ANTENNA_SWITCHING_CTE_TX, 21)                                                                \
    X(ANTENNA_SWITCHING_CTE_RX, 22)                                                                \
    X(RECEIVING_CTE, 23)                                                                           \
    X(PAST_SENDER, 24)                                                                             \
    X(PAST_RECIPIENT, 25)                                                                          \
    X(SLEEP_CLOCK_ACCURACY_UPDATES, 26)                                                            \
    X(REMOTE_PUBLIC_KEY_VALIDATION, 27)                                                            \
    X(CIS_CENTRAL, 28)                                                                             \
    X(CIS_PERIPHERAL, 29)                                                                          \
    X(ISOCHRONOUS_BROADCASTER, 30)                                                                 \
    X(SYNCHRONIZED_RECEIVER, 31)                                                                   \
    X(ISO_HOST_SUPPORT, 32)                                                                        \
    X(POWER_CONTROL_REQUEST, 33)                                                                   \
    X(POWER_CONTROL_REQUEST_2, 34)                                                                 \
    X(PATH_LOSS_MONITORING, 35)                                                                    \
    X(PERIODIC_ADVERTISING_ADI_SUPPORT, 36)                                                        \
    X(CONNECTION_SUBRATING, 37)                                                                    \
    X(CONNECTION_SUBRATING_HOST_SUPPORT, 38)                                                       \
    X(CHANNEL_CLASSIFICATION, 39)                                                                  \
    X(ADVERTISING_CODING_SELECTION, 40)                                                            \
    X(ADVERTISING_CODING_SELECTION_HOST_SUPPORT, 41)                                               \
    X(DECISION_BASED_ADVERTISING_FILTERING, 42)                                                    \
    X(PAWR_ADVERTISER, 43)                                                                         \
    X(PAWR_SCANNER, 44)                                                                            \
    X(UNSEGMENTED_FRAMED_MODE, 45)                                                                 \
    X(CHANNEL_SOUNDING, 46)                                                                        \
    X(CHANNEL_SOUNDING_HOST_SUPPORT, 47)                                                           \
    X(CHANNEL_SOUNDING_TONE_QUALITY_INDICATION, 48)                                                \
    X(LL_EXTENDED_FEATURE_SET, 63)                                                                 \
    X(MONITORING_ADVERTISERS, 64)                                                                  \
    X(FRAME_SPACE_UPDATE, 65)                                                                      \
    X(UTP_OTA_MODE, 66)                                                                            \
    X(UTP_HCI_MODE, 67)                                                                            \
    X(LL_OTA_UTP_IND_MAXIMUM_LENGTH_0, 68)                                                         \
    X(LL_OTA_UTP_IND_MAXIMUM_LENGTH_1, 69)                                                         \
    X(SHORTER_CONNECTION_INTERVALS, 72)                                                            \
    X(SHORTER_CONNECTION_INTERVALS_HOST_SUPPORT, 73)                                               \
    X(LE_FLUSHABLE_ACL_DATA, 74)

/* clang-format on */

#endif
