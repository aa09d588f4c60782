/* woad/ll_pdu.h: the packets of the link layer by number, name and field [Vol 6, Part B, 2.3, 2.4].
 *
 * The numbers serve src/ll and cost nothing. The rows (name and field formats, see woad/fields.h)
 * serve the decoder, the fuzz dictionary and tests, and are linked by those only.
 *
 *     advertising channel   header 2: type 4, RFU, ChSel, TxAdd, RxAdd; length 8 | payload
 *     data channel          header 2: LLID 2, NESN, SN, MD, CP, RFU; length 8 [CTEInfo 8] | payload
 *     CIS                   header 2: LLID 2, NESN, SN, CIE, RFU, NPI, RFU; length 8 | payload
 *     BIS                   header 2: LLID 2, CSSN 3, CSTF, RFU 2; length 8 | payload
 */
#ifndef WOAD_LL_PDU_H
#define WOAD_LL_PDU_H

#include <stdint.h>

/* clang-format off */

/* X(NAME, type) of the PDU type field of advertising channels [2.3]. Types 3, 5 and 7 have other
 * names on the secondary channels; see woad_ll_adv_find(). */
#define WOAD_LL_ADV_LIST(X)                                                                        \
    X(ADV_IND, 0)                                                                                  \
    X(ADV_DIRECT_IND, 1)                                                                           \
    X(ADV_NONCONN_IND, 2)                                                                          \
    X(SCAN_REQ, 3)                                                                                 \
    X(SCAN_RSP, 4)                                                                                 \
    X(CONNECT_IND, 5)                                                                              \
    X(ADV_SCAN_IND, 6)                                                                             \
    X(ADV_EXT_IND, 7)                                                                              \
    X(AUX_CONNECT_RSP, 8)                                                                          \
    X(ADV_DECISION_IND, 9)

/* X(NAME, opcode, shortest, longest CtrData) of LL control PDUs [2.4.2]. CtrData does not count the
 * opcode. */
#define WOAD_LL_CTRL_LIST(X)                                                                       \
    X(CONNECTION_UPDATE_IND, 0x00, 11, 11)                                                         \
    X(CHANNEL_MAP_IND, 0x01, 7, 7)                                                                 \
    X(TERMINATE_IND, 0x02, 1, 1)                                                                   \
    X(ENC_REQ, 0x03, 22, 22)                                                                       \
    X(ENC_RSP, 0x04, 12, 12)                                                                       \
    X(START_ENC_REQ, 0x05, 0, 0)                                                                   \
    X(START_ENC_RSP, 0x06, 0, 0)                                                                   \
    X(UNKNOWN_RSP, 0x07, 1, 1)                                                                     \
    X(FEATURE_REQ, 0x08, 8, 8)                                                                     \
    X(FEATURE_RSP, 0x09, 8, 8)                                                                     \
    X(PAUSE_ENC_REQ, 0x0a, 0, 0)                                                                   \
    X(PAUSE_ENC_RSP, 0x0b, 0, 0)                                                                   \
    X(VERSION_IND, 0x0c, 5, 5)                                                                     \
    X(REJECT_IND, 0x0d, 1, 1)                                                                      \
    X(PERIPHERAL_FEATURE_REQ, 0x0e, 8, 8)                                                          \
    X(CONNECTION_PARAM_REQ, 0x0f, 23, 23)                                                          \
    X(CONNECTION_PARAM_RSP, 0x10, 23, 23)                                                          \
    X(REJECT_EXT_IND, 0x11, 2, 2)                                                                  \
    X(PING_REQ, 0x12, 0, 0)                                                                        \
    X(PING_RSP, 0x13, 0, 0)                                                                        \
    X(LENGTH_REQ, 0x14, 8, 8)                                                                      \
    X(LENGTH_RSP, 0x15, 8, 8)                                                                      \
    X(PHY_REQ, 0x16, 2, 2)                                                                         \
    X(PHY_RSP, 0x17, 2, 2)                                                                         \
    X(PHY_UPDATE_IND, 0x18, 4, 4)                                                                  \
    X(MIN_USED_CHANNELS_IND, 0x19, 2, 2)                                                           \
    X(CTE_REQ, 0x1a, 1, 1)                                                                         \
    X(CTE_RSP, 0x1b, 0, 0)                                                                         \
    X(PERIODIC_SYNC_IND, 0x1c, 34, 34)                                                             \
    X(CLOCK_ACCURACY_REQ, 0x1d, 1, 1)                                                              \
    X(CLOCK_ACCURACY_RSP, 0x1e, 1, 1)                                                              \
    X(CIS_REQ, 0x1f, 35, 35)                                                                       \
    X(CIS_RSP, 0x20, 8, 8)                                                                         \
    X(CIS_IND, 0x21, 15, 15)                                                                       \
    X(CIS_TERMINATE_IND, 0x22, 3, 3)                                                               \
    X(POWER_CONTROL_REQ, 0x23, 3, 3)                                                               \
    X(POWER_CONTROL_RSP, 0x24, 4, 4)                                                               \
    X(POWER_CHANGE_IND, 0x25, 4, 4)                                                                \
    X(SUBRATE_REQ, 0x26, 10, 10)                                                                   \
    X(SUBRATE_IND, 0x27, 10, 10)                                                                   \
    X(CHANNEL_REPORTING_IND, 0x28, 3, 3)                                                           \
    X(CHANNEL_STATUS_IND, 0x29, 10, 10)                                                            \
    X(PERIODIC_SYNC_WR_IND, 0x2a, 42, 42)                                                          \
    X(FEATURE_EXT_REQ, 0x2b, 26, 26)                                                               \
    X(FEATURE_EXT_RSP, 0x2c, 26, 26)                                                               \
    X(CS_SEC_RSP, 0x2d, 20, 20)                                                                    \
    X(CS_CAPABILITIES_REQ, 0x2e, 0, 250)                                                           \
    X(CS_CAPABILITIES_RSP, 0x2f, 0, 250)                                                           \
    X(CS_CONFIG_REQ, 0x30, 0, 250)                                                                 \
    X(CS_CONFIG_RSP, 0x31, 0, 250)                                                                 \
    X(CS_REQ, 0x32, 0, 250)                                                                        \
    X(CS_RSP, 0x33, 0, 250)                                                                        \
    X(CS_IND, 0x34, 0, 250)                                                                        \
    X(CS_TERMINATE_REQ, 0x35, 4, 4)                                                                \
    X(CS_FAE_REQ, 0x36, 0, 0)                                                                      \
    X(CS_FAE_RSP, 0x37, 72, 72)                                                                    \
    X(CS_CHANNEL_MAP_IND, 0x38, 12, 12)                                                            \
    X(CS_SEC_REQ, 0x39, 20, 20)                                                                    \
    X(CS_TERMINATE_RSP, 0x3a, 4, 4)                                                                \
    X(FRAME_SPACE_REQ, 0x3b, 7, 7)                                                                 \
    X(FRAME_SPACE_RSP, 0x3c, 5, 5)                                                                 \
    X(OTA_UTP_IND, 0x3d, 0, 250)                                                                   \
    X(CONNECTION_RATE_REQ, 0x3e, 26, 26)                                                           \
    X(CONNECTION_RATE_IND, 0x3f, 14, 14)

/* clang-format on */

/* WOAD_LL_PDU_ADV_IND, ... */
enum woad_ll_adv_pdu {
#define WOAD_LL_ADV_ENUM(name, type) WOAD_LL_PDU_##name = type,
    WOAD_LL_ADV_LIST(WOAD_LL_ADV_ENUM)
#undef WOAD_LL_ADV_ENUM
};

/* WOAD_LL_CTRL_CONNECTION_UPDATE_IND, ... */
enum woad_ll_ctrl_pdu {
#define WOAD_LL_CTRL_ENUM(name, opcode, shortest, longest) WOAD_LL_CTRL_##name = opcode,
    WOAD_LL_CTRL_LIST(WOAD_LL_CTRL_ENUM)
#undef WOAD_LL_CTRL_ENUM
};

/* Octets of CtrData: WOAD_LL_CTRL_LEN_CONNECTION_UPDATE_IND = 11, ... (the longest allowed) */
enum woad_ll_ctrl_len {
#define WOAD_LL_CTRL_ENUM(name, opcode, shortest, longest) WOAD_LL_CTRL_LEN_##name = longest,
    WOAD_LL_CTRL_LIST(WOAD_LL_CTRL_ENUM)
#undef WOAD_LL_CTRL_ENUM
};

enum woad_llid {
    WOAD_LLID_CONTINUE = 1, /* continuation of an L2CAP message, or empty */
    WOAD_LLID_START = 2,    /* start or the whole of an L2CAP message */
    WOAD_LLID_CTRL = 3,
};

/* Bits of the first header octet. */
enum {
    WOAD_LL_ADV_TYPE_MASK = 0x0f,
    WOAD_LL_ADV_CHSEL = 0x20,
    WOAD_LL_ADV_TXADD = 0x40,
    WOAD_LL_ADV_RXADD = 0x80,
    WOAD_LL_DATA_LLID_MASK = 0x03,
    WOAD_LL_DATA_NESN = 0x04,
    WOAD_LL_DATA_SN = 0x08,
    WOAD_LL_DATA_MD = 0x10,
    WOAD_LL_DATA_CP = 0x20,
};

#define WOAD_LL_ADV_ACCESS_ADDRESS UINT32_C(0x8e89bed6)
#define WOAD_LL_ADV_CRC_INIT       UINT32_C(0x555555)

/* A row for whoever prints or generates. */
struct woad_ll_pdu_row {
    const char *name;   /* "LL_PHY_REQ", "ADV_IND" */
    const char *fields; /* of the CtrData or payload; see woad/fields.h */
    uint8_t code;
    uint8_t len_min;
    uint8_t len_max;
};

/* The row of a control PDU; NULL for an opcode that is none. */
const struct woad_ll_pdu_row *woad_ll_ctrl_find(uint8_t opcode);

/* Where an advertising PDU was: its type has other names on other channels. */
enum woad_ll_place {
    WOAD_LL_PRIMARY,   /* channels 37 to 39 */
    WOAD_LL_SECONDARY, /* the others, with the advertising access address */
    WOAD_LL_PERIODIC,  /* with the access address of a periodic train */
    WOAD_LL_PLACES,
};

/* The row of an advertising PDU of this type; NULL if there is none there. */
const struct woad_ll_pdu_row *woad_ll_adv_find(uint8_t type, enum woad_ll_place place);

#endif
