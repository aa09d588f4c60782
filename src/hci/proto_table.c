/* Rows of LE signalling [Vol 3, Part A, 4], ATT [Vol 3, Part F, 3.4] and SMP [Vol 3, Part H, 3.3],
 * in ascending order of code. */
#include "woad/hci_decode.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define RANGE "start:x16 end:x16 "
#define PAIRING                                                                                    \
    "io_capability:io_cap oob_data:yes auth_req:auth_req max_key_size:u8 initiator_keys:key_dist " \
    "responder_keys:key_dist"

static const struct woad_proto_row sig_rows[] = {
    {"Command Reject", "reason:l2cap_reject data:bytes[*]", 0x01},
    {"Connection Request", "psm:x16 source_cid:x16", 0x02},
    {"Connection Response", "destination_cid:x16 source_cid:x16 result:u16 status:u16", 0x03},
    {"Configuration Request", "destination_cid:x16 flags:x16 options:bytes[*]", 0x04},
    {"Configuration Response", "source_cid:x16 flags:x16 result:u16 options:bytes[*]", 0x05},
    {"Disconnection Request", "destination_cid:x16 source_cid:x16", 0x06},
    {"Disconnection Response", "destination_cid:x16 source_cid:x16", 0x07},
    {"Echo Request", "data:bytes[*]", 0x08},
    {"Echo Response", "data:bytes[*]", 0x09},
    {"Information Request", "info_type:u16", 0x0a},
    {"Information Response", "info_type:u16 result:u16 data:bytes[*]", 0x0b},
    {"Connection Parameter Update Request",
     "interval_min:conn_interval interval_max:conn_interval latency:u16 timeout:sup_timeout", 0x12},
    {"Connection Parameter Update Response", "result:u16", 0x13},
    {"LE Credit Based Connection Request",
     "spsm:x16 source_cid:x16 mtu:u16 mps:u16 initial_credits:u16", 0x14},
    {"LE Credit Based Connection Response",
     "destination_cid:x16 mtu:u16 mps:u16 initial_credits:u16 result:l2cap_result", 0x15},
    {"Flow Control Credit", "cid:x16 credits:u16", 0x16},
    {"Credit Based Connection Request",
     "spsm:x16 mtu:u16 mps:u16 initial_credits:u16 source_cid:x16[*]", 0x17},
    {"Credit Based Connection Response",
     "mtu:u16 mps:u16 initial_credits:u16 result:l2cap_result destination_cid:x16[*]", 0x18},
    {"Credit Based Reconfigure Request", "mtu:u16 mps:u16 destination_cid:x16[*]", 0x19},
    {"Credit Based Reconfigure Response", "result:u16", 0x1a},
};

static const struct woad_proto_row att_rows[] = {
    {"Error Response", "request_opcode:x8 handle:x16 error:att_error", 0x01},
    {"Exchange MTU Request", "client_rx_mtu:u16", 0x02},
    {"Exchange MTU Response", "server_rx_mtu:u16", 0x03},
    {"Find Information Request", RANGE, 0x04},
    {"Find Information Response",
     "format:u8 info:{handle:x16 uuid:uuid16}[*]?format=1 info:{handle:x16 "
     "uuid:uuid128}[*]?format=2",
     0x05},
    {"Find By Type Value Request", RANGE "type:uuid16 value:bytes[*]", 0x06},
    {"Find By Type Value Response", "found:{handle:x16 group_end:x16}[*]", 0x07},
    {"Read By Type Request", RANGE "type:uuid[*]", 0x08},
    {"Read By Type Response", "length:u8 list:{handle:x16 value:bytes[length-2]}[*]", 0x09},
    {"Read Request", "handle:x16", 0x0a},
    {"Read Response", "value:bytes[*]", 0x0b},
    {"Read Blob Request", "handle:x16 offset:u16", 0x0c},
    {"Read Blob Response", "value:bytes[*]", 0x0d},
    {"Read Multiple Request", "handle:x16[*]", 0x0e},
    {"Read Multiple Response", "values:bytes[*]", 0x0f},
    {"Read By Group Type Request", RANGE "type:uuid[*]", 0x10},
    {"Read By Group Type Response",
     "length:u8 list:{handle:x16 group_end:x16 value:bytes[length-4]}[*]", 0x11},
    {"Write Request", "handle:x16 value:bytes[*]", 0x12},
    {"Write Response", "", 0x13},
    {"Prepare Write Request", "handle:x16 offset:u16 value:bytes[*]", 0x16},
    {"Prepare Write Response", "handle:x16 offset:u16 value:bytes[*]", 0x17},
    {"Execute Write Request", "flags:x8", 0x18},
    {"Execute Write Response", "", 0x19},
    {"Handle Value Notification", "handle:x16 value:bytes[*]", 0x1b},
    {"Handle Value Indication", "handle:x16 value:bytes[*]", 0x1d},
    {"Handle Value Confirmation", "", 0x1e},
    {"Read Multiple Variable Request", "handle:x16[*]", 0x20},
    {"Read Multiple Variable Response", "values:{length:u16 value:bytes[length]}[*]", 0x21},
    {"Multiple Handle Value Notification", "values:{handle:x16 length:u16 value:bytes[length]}[*]",
     0x23},
    {"Write Command", "handle:x16 value:bytes[*]", 0x52},
    {"Signed Write Command", "handle:x16 value_and_signature:bytes[*]", 0xd2},
};

static const struct woad_proto_row smp_rows[] = {
    {"Pairing Request", PAIRING, 0x01},
    {"Pairing Response", PAIRING, 0x02},
    {"Pairing Confirm", "confirm:key", 0x03},
    {"Pairing Random", "random:key", 0x04},
    {"Pairing Failed", "reason:smp_error", 0x05},
    {"Encryption Information", "long_term_key:key", 0x06},
    {"Central Identification", "ediv:x16 rand:x64", 0x07},
    {"Identity Information", "irk:key", 0x08},
    {"Identity Address Information", "address_type:addr_type address:addr", 0x09},
    {"Signing Information", "signature_key:key", 0x0a},
    {"Security Request", "auth_req:auth_req", 0x0b},
    {"Pairing Public Key", "x:key256 y:key256", 0x0c},
    {"Pairing DHKey Check", "check:key", 0x0d},
    {"Pairing Keypress Notification", "type:u8", 0x0e},
};

static const struct woad_proto_row *find(const struct woad_proto_row *rows, size_t n, uint8_t code)
{
    for (size_t i = 0; i < n && rows[i].code <= code; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

const struct woad_proto_row *woad_sig_find(uint8_t code)
{
    return find(sig_rows, COUNT(sig_rows), code);
}

const struct woad_proto_row *woad_att_find(uint8_t opcode)
{
    return find(att_rows, COUNT(att_rows), opcode);
}

const struct woad_proto_row *woad_smp_find(uint8_t code)
{
    return find(smp_rows, COUNT(smp_rows), code);
}

size_t woad_sig_rows(const struct woad_proto_row **rows)
{
    *rows = sig_rows;
    return COUNT(sig_rows);
}

size_t woad_att_rows(const struct woad_proto_row **rows)
{
    *rows = att_rows;
    return COUNT(att_rows);
}

size_t woad_smp_rows(const struct woad_proto_row **rows)
{
    *rows = smp_rows;
    return COUNT(smp_rows);
}
