/* woad/hci_decode.h: packets, layer by layer, for whoever prints or checks them.
 *
 *     HCI command, event           -> its parameters; Command Complete also its return parameters
 *     HCI ACL -> L2CAP -> ATT, SMP, LE signalling;   HCI ISO -> SDU header;   HCI SCO
 *     air     -> advertising, data, CIS, BIS PDU -> control PDUs, L2CAP as above
 *
 * The decoder keeps no state: a fragment after the first of an L2CAP PDU is shown as octets. It
 * reads the rows of woad/hci_table.h, woad/ll_pdu.h and below, and calls a visitor; woad_print is a
 * visitor that writes text.
 *
 *     static void out(void *arg, const char *s, size_t len) { fwrite(s, 1, len, arg); }
 *     struct woad_print p = {.text = out, .arg = stdout};
 *     woad_decode_hci(WOAD_PKT_EVT, true, octets, len, &woad_print_visitor, &p);
 *
 *     EVT LE PHY Update Complete (0x0c) len 6
 *       status: Success (0x00)
 *       connection_handle: 0x0040
 *       ...
 */
#ifndef WOAD_HCI_DECODE_H
#define WOAD_HCI_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/fields.h"

/* A layer begins. Its fields, groups and inner layers follow, then end(). */
struct woad_layer {
    const char
        *protocol;    /* "CMD" "EVT" "ACL" "ISO" "SCO" "L2CAP" "SIG" "ATT" "SMP" "ADV" "LL" ... */
    const char *name; /* of the packet, or NULL */
    uint32_t code;    /* opcode, event code, subevent code, CID, handle */
    uint8_t code_digits; /* hexadecimal digits of code */
    size_t len;          /* octets of parameters or payload */
};

struct woad_decode_visitor {
    struct woad_field_visitor fields;
    void (*layer)(void *arg, const struct woad_layer *layer);
    void (*end)(void *arg);
};

/* One HCI packet without H4 octet; type: enum woad_pkt_type. Returns 0, or FORMAT when something in
 * it breaks the format (notes said what; decoding went on as far as it could). */
int woad_decode_hci(uint8_t type, const uint8_t *data, size_t len,
                    const struct woad_decode_visitor *v, void *arg);

/* What kind of channel a PDU of the air was on. The numbers are those of the PDU type field of
 * capture files (LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR). */
enum woad_air_kind {
    WOAD_AIR_ADV = 0,
    WOAD_AIR_AUX_ADV = 1,
    WOAD_AIR_DATA_C_TO_P = 2,
    WOAD_AIR_DATA_P_TO_C = 3,
    WOAD_AIR_CIS_C_TO_P = 4,
    WOAD_AIR_CIS_P_TO_C = 5,
    WOAD_AIR_BIS = 6,
    WOAD_AIR_PERIODIC = 8, /* AUX_ADV on the access address of a periodic train; not in files */
};

/* One PDU of the air: header and payload, without access address and CRC. encrypted: the payload of
 * a data, CIS or BIS PDU is shown as octets. Returns as above. */
int woad_decode_air(enum woad_air_kind kind, bool encrypted, const uint8_t *pdu, size_t len,
                    const struct woad_decode_visitor *v, void *arg);

/* ---- rows of the protocols above HCI --------------------------------------------------------- */

struct woad_proto_row {
    const char *name;
    const char *fields;
    uint8_t code;
};
/* NULL if unknown. */
const struct woad_proto_row *woad_att_find(uint8_t opcode);
const struct woad_proto_row *woad_smp_find(uint8_t code);
const struct woad_proto_row *woad_sig_find(uint8_t code);

/* All rows of a protocol, for tests and generators; returns their number. */
size_t woad_att_rows(const struct woad_proto_row **rows);
size_t woad_smp_rows(const struct woad_proto_row **rows);
size_t woad_sig_rows(const struct woad_proto_row **rows);

/* ---- text ------------------------------------------------------------------------------------ */

struct woad_print {
    void (*text)(void *arg, const char *s, size_t len);
    void *arg;
    bool color;     /* ANSI colours */
    unsigned depth; /* indentation; 0 at first */
};

extern const struct woad_decode_visitor
    woad_print_visitor; /* its argument is a struct woad_print */

#endif
