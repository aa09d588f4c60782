/* woad/hci.h: the constants of the Host Controller Interface.
 *
 *     H4   1 cmd   opcode u16, length u8, parameters        host -> controller
 *          2 acl   handle 12 bits + flags 4, length u16     both
 *          4 evt   code u8, length u8, parameters           controller -> host
 *          5 iso   handle 12 bits + flags 4, length 14 bits both
 *
 * Commands WOAD_HCI_CMD_<NAME>, events WOAD_HCI_EVT_<NAME>, LE subevents WOAD_HCI_LE_EVT_<NAME>,
 * statuses WOAD_HCI_ERR_<NAME>, LE features WOAD_LE_FEATURE_<NAME> (a bit number), and
 * WOAD_HCI_CMD_BIT_<NAME> = octet * 8 + bit of the command in Supported_Commands. All come from the
 * lists of woad/hci_list.h, Core 4.0 to 6.2. What a packet holds is in woad/hci_table.h, how to
 * print it in woad/hci_decode.h; whoever needs only numbers links nothing.
 */
#ifndef WOAD_HCI_H
#define WOAD_HCI_H

#include <stdbool.h>
#include <stdint.h>

#include "woad/hci_list.h"

enum woad_hci_cmd {
#define WOAD_HCI_CMD_ENUM(name, opcode, octet, bit) WOAD_HCI_CMD_##name = opcode,
    WOAD_HCI_CMD_LIST(WOAD_HCI_CMD_ENUM)
#undef WOAD_HCI_CMD_ENUM
};

enum woad_hci_cmd_bit {
#define WOAD_HCI_CMD_ENUM(name, opcode, octet, bit) WOAD_HCI_CMD_BIT_##name = (octet)*8 + (bit),
    WOAD_HCI_CMD_LIST(WOAD_HCI_CMD_ENUM)
#undef WOAD_HCI_CMD_ENUM
};

enum woad_hci_evt {
#define WOAD_HCI_EVT_ENUM(name, code) WOAD_HCI_EVT_##name = code,
    WOAD_HCI_EVT_LIST(WOAD_HCI_EVT_ENUM)
#undef WOAD_HCI_EVT_ENUM
};

enum woad_hci_le_evt {
#define WOAD_HCI_LE_EVT_ENUM(name, code) WOAD_HCI_LE_EVT_##name = code,
    WOAD_HCI_LE_EVT_LIST(WOAD_HCI_LE_EVT_ENUM)
#undef WOAD_HCI_LE_EVT_ENUM
};

enum woad_hci_err {
#define WOAD_HCI_ERR_ENUM(name, code, text) WOAD_HCI_ERR_##name = code,
    WOAD_HCI_ERR_LIST(WOAD_HCI_ERR_ENUM)
#undef WOAD_HCI_ERR_ENUM
};

enum woad_le_feature {
#define WOAD_LE_FEATURE_ENUM(name, bit) WOAD_LE_FEATURE_##name = bit,
    WOAD_LE_FEATURE_LIST(WOAD_LE_FEATURE_ENUM)
#undef WOAD_LE_FEATURE_ENUM
};

/* Octets of the packet headers, without the H4 indicator [5.4]. */
enum {
    WOAD_HCI_CMD_HDR_LEN = 3,
    WOAD_HCI_ACL_HDR_LEN = 4,
    WOAD_HCI_SCO_HDR_LEN = 3,
    WOAD_HCI_EVT_HDR_LEN = 2,
    WOAD_HCI_ISO_HDR_LEN = 4,
    WOAD_HCI_PARAM_LEN_MAX = 255,
    WOAD_HCI_SUPPORTED_COMMANDS_LEN = 64,
};

#define WOAD_HCI_OPCODE(ogf, ocf) ((uint16_t)((ogf) << 10 | (ocf)))
#define WOAD_HCI_OGF(opcode)      ((opcode) >> 10)
#define WOAD_HCI_OCF(opcode)      ((opcode)&0x3ff)

/* Connection handles are 12 bits wide; 0x0eff is the last valid one. */
enum {
    WOAD_HCI_HANDLE_MASK = 0x0fff,
    WOAD_HCI_HANDLE_MAX = 0x0eff,
    WOAD_HCI_HANDLE_NONE = 0xffff,
};

/* ACL flags as they stand in the handle field [5.4.2]. LE hosts send FIRST (or FIRST_FLUSHABLE on
 * controllers with flushable data), controllers send FIRST_FLUSHABLE; both send CONTINUE. */
enum {
    WOAD_HCI_ACL_PB_MASK = 0x3000,
    WOAD_HCI_ACL_FIRST = 0x0000,
    WOAD_HCI_ACL_CONTINUE = 0x1000,
    WOAD_HCI_ACL_FIRST_FLUSHABLE = 0x2000,
    WOAD_HCI_ACL_COMPLETE = 0x3000,
    WOAD_HCI_ACL_BC_MASK = 0xc000,
};

/* ISO flags as they stand in the handle field, and of the SDU length field [5.4.5]. */
enum {
    WOAD_HCI_ISO_PB_MASK = 0x3000,
    WOAD_HCI_ISO_FIRST = 0x0000,
    WOAD_HCI_ISO_CONTINUE = 0x1000,
    WOAD_HCI_ISO_COMPLETE = 0x2000,
    WOAD_HCI_ISO_LAST = 0x3000,
    WOAD_HCI_ISO_TS = 0x4000,
    WOAD_HCI_ISO_LEN_MASK = 0x3fff,
    WOAD_HCI_ISO_SDU_LEN_MASK = 0x0fff,
    WOAD_HCI_ISO_STATUS_SHIFT = 14, /* 0 valid, 1 possibly invalid, 2 lost */
};

/* Bits of HCI_Set_Event_Mask [7.3.1] that an LE host cares for. */
#define WOAD_HCI_EVT_MASK_DISCONNECTION_COMPLETE (UINT64_C(1) << 4)
#define WOAD_HCI_EVT_MASK_ENCRYPTION_CHANGE      (UINT64_C(1) << 7)
#define WOAD_HCI_EVT_MASK_READ_REMOTE_VERSION    (UINT64_C(1) << 11)
#define WOAD_HCI_EVT_MASK_HARDWARE_ERROR         (UINT64_C(1) << 15)
#define WOAD_HCI_EVT_MASK_DATA_BUFFER_OVERFLOW   (UINT64_C(1) << 25)
#define WOAD_HCI_EVT_MASK_ENCRYPTION_KEY_REFRESH (UINT64_C(1) << 47)
#define WOAD_HCI_EVT_MASK_LE_META                (UINT64_C(1) << 61)
/* and of HCI_Set_Event_Mask_Page_2 [7.3.69]. */
#define WOAD_HCI_EVT_MASK2_AUTHENTICATED_PAYLOAD_TIMEOUT (UINT64_C(1) << 23)
#define WOAD_HCI_EVT_MASK2_ENCRYPTION_CHANGE_V2          (UINT64_C(1) << 25)

/* The bit of an LE subevent in HCI_LE_Set_Event_Mask [7.8.1]. */
#define WOAD_HCI_LE_EVT_MASK(subevent) (UINT64_C(1) << ((subevent)-1))

/* Version numbers of Read_Local_Version_Information and LL_VERSION_IND (Assigned Numbers). */
enum woad_hci_version {
    WOAD_HCI_VERSION_4_0 = 6,
    WOAD_HCI_VERSION_4_1 = 7,
    WOAD_HCI_VERSION_4_2 = 8,
    WOAD_HCI_VERSION_5_0 = 9,
    WOAD_HCI_VERSION_5_1 = 10,
    WOAD_HCI_VERSION_5_2 = 11,
    WOAD_HCI_VERSION_5_3 = 12,
    WOAD_HCI_VERSION_5_4 = 13,
    WOAD_HCI_VERSION_6_0 = 14,
    WOAD_HCI_VERSION_6_1 = 15,
    WOAD_HCI_VERSION_6_2 = 16,
};

/* Whether a controller that reported `supported` (64 octets) has the command. */
static inline bool woad_hci_supports(const uint8_t *supported, enum woad_hci_cmd_bit bit)
{
    return (unsigned)bit / 8 < WOAD_HCI_SUPPORTED_COMMANDS_LEN &&
           (supported[(unsigned)bit / 8] >> ((unsigned)bit % 8) & 1) != 0;
}

#endif
