/* The named types of field formats and the advertising data types; see woad/fields.h.
 *
 * The rows are in ascending order of name (of number for AD), which the finders rely on and a test
 * checks. */
#include <string.h>

#include "woad/fields.h"
#include "woad/hci_list.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FEATURE_NAME(name, bit) "|" #bit "=" #name
/* Features 0 to 63; those of further pages are not bits of the 64-bit field. */
static const char feature_names[] = WOAD_LE_FEATURE_LIST(FEATURE_NAME);

#define ENUM8(n, values)                                                                           \
    {                                                                                              \
        .name = n, .kind = WOAD_FIELD_ENUM, .bits = 8, .names = values                             \
    }
#define FLAGS(n, b, bits_)                                                                         \
    {                                                                                              \
        .name = n, .kind = WOAD_FIELD_FLAGS, .bits = b, .names = bits_                             \
    }
#define TIME(n, b, ns)                                                                             \
    {                                                                                              \
        .name = n, .kind = WOAD_FIELD_TIME, .bits = b, .scale_ns = ns                              \
    }
#define OCTETS(n, k, b)                                                                            \
    {                                                                                              \
        .name = n, .kind = k, .bits = b                                                            \
    }
#define UNIT(n, k, b, u, v)                                                                        \
    {                                                                                              \
        .name = n, .kind = k, .bits = b, .unit = u, .names = v                                     \
    }
#define US 1000u
#define MS 1000000u

#define PHY_NAMES  "1=1M|2=2M|3=Coded"
#define ADDR_NAMES "0=Public|1=Random|2=Public Identity|3=Random Identity"

static const struct woad_field_type types[] = {
    OCTETS("ad", WOAD_FIELD_AD, 0),
    OCTETS("addr", WOAD_FIELD_ADDR, 48),
    ENUM8("addr_type", ADDR_NAMES),
    ENUM8("addr_type_any", ADDR_NAMES "|254=Random, unresolved|255=Anonymous"),
    ENUM8("adv_event", "0=ADV_IND|1=ADV_DIRECT_IND|2=ADV_SCAN_IND|3=ADV_NONCONN_IND|4=SCAN_RSP"),
    ENUM8("adv_filter", "0=Any|1=Scan from list|2=Connect from list|3=Both from list"),
    FLAGS("adv_flags", 8,
          "0=LE Limited Discoverable|1=LE General Discoverable|2=BR/EDR Not Supported"
          "|3=LE and BR/EDR Controller|4=LE and BR/EDR Host"),
    ENUM8("adv_op", "0=Intermediate fragment|1=First fragment|2=Last fragment|3=Complete"
                    "|4=Unchanged"),
    FLAGS("adv_props", 16,
          "0=Connectable|1=Scannable|2=Directed|3=High duty cycle|4=Legacy"
          "|5=Anonymous|6=Include TxPower|7=Decision|8=Include AdvA|9=Include ADI"),
    ENUM8("adv_type", "0=ADV_IND|1=ADV_DIRECT_IND high|2=ADV_SCAN_IND|3=ADV_NONCONN_IND"
                      "|4=ADV_DIRECT_IND low"),
    ENUM8("att_error",
          "1=Invalid Handle|2=Read Not Permitted|3=Write Not Permitted|4=Invalid PDU"
          "|5=Insufficient Authentication|6=Request Not Supported|7=Invalid Offset"
          "|8=Insufficient Authorization|9=Prepare Queue Full|10=Attribute Not Found"
          "|11=Attribute Not Long|12=Encryption Key Size Too Short"
          "|13=Invalid Attribute Value Length|14=Unlikely Error"
          "|15=Insufficient Encryption|16=Unsupported Group Type"
          "|17=Insufficient Resources|18=Database Out Of Sync"
          "|19=Value Not Allowed|252=Write Request Rejected|253=CCCD Improperly Configured"
          "|254=Procedure Already in Progress|255=Out of Range"),
    FLAGS("auth_req", 8, "0=Bonding|2=MITM|3=SC|4=Keypress|5=CT2"),
    OCTETS("bytes", WOAD_FIELD_BYTES, 0),
    FLAGS("channels37", 8, "0=37|1=38|2=39"),
    OCTETS("chm", WOAD_FIELD_HEX, 40),
    OCTETS("chm37", WOAD_FIELD_HEX, 37),
    ENUM8("codec", "0=u-law|1=A-law|2=CVSD|3=Transparent|4=Linear PCM|5=mSBC|6=LC3|7=G.729A"
                   "|255=Vendor specific"),
    TIME("conn_interval", 16, 1250 * US),
    TIME("conn_interval8", 8, 1250 * US),
    FLAGS("conn_policy", 8,
          "0=Use periodic advertiser list|1=Reporting disabled|2=Filter duplicates"),
    ENUM8("cs_action", "0=Removed|1=Created"),
    ENUM8("cs_role", "0=Initiator|1=Reflector"),
    ENUM8("csa", "0=Algorithm #1|1=Algorithm #2"),
    ENUM8("cte", "0=AoA|1=AoD 1 us|2=AoD 2 us|255=None"),
    ENUM8("data_path_dir", "0=Input|1=Output"),
    ENUM8("data_status",
          "0=Complete|1=Incomplete, more to come|2=Incomplete, truncated|255=Failed"),
    {.name = "data_status2",
     .kind = WOAD_FIELD_ENUM,
     .bits = 2,
     .names = "0=Complete|1=Incomplete, more to come|2=Incomplete, truncated"},
    ENUM8("enable", "0=Disabled|1=Enabled"),
    ENUM8("encryption", "0=Off|1=On, E0 or AES-CCM|2=On, AES-CCM"),
    FLAGS("features", 64, feature_names + 1),
    ENUM8("framing", "0=Unframed|1=Framed, segmentable|2=Framed, unsegmented"),
    {.name = "handle", .kind = WOAD_FIELD_HEX, .bits = 16, .mask = 0x0eff},
    ENUM8("init_filter", "0=Peer address|1=Filter accept list|2=Decision PDUs|3=Both"),
    ENUM8("io_cap",
          "0=DisplayOnly|1=DisplayYesNo|2=KeyboardOnly|3=NoInputNoOutput|4=KeyboardDisplay"),
    OCTETS("key", WOAD_FIELD_KEY, 128),
    OCTETS("key256", WOAD_FIELD_KEY, 256),
    OCTETS("key32", WOAD_FIELD_KEY, 32),
    OCTETS("key64", WOAD_FIELD_KEY, 64),
    FLAGS("key_dist", 8, "0=EncKey|1=IdKey|2=SignKey|3=LinkKey"),
    {.name = "l2cap_reject",
     .kind = WOAD_FIELD_ENUM,
     .bits = 16,
     .names = "0=Command not understood|1=Signalling MTU exceeded|2=Invalid CID"},
    {.name = "l2cap_result",
     .kind = WOAD_FIELD_ENUM,
     .bits = 16,
     .names =
         "0=All successful|2=SPSM not supported|4=No resources|5=Insufficient authentication"
         "|6=Insufficient authorization|7=Encryption key size too short|8=Insufficient encryption"
         "|9=Invalid source CID|10=Source CID already allocated|11=Unacceptable parameters"
         "|12=Invalid parameters|13=Pending|14=Pending authentication|15=Pending authorization"},
    ENUM8("le_role", "0=Peripheral only|1=Central only|2=Peripheral preferred|3=Central preferred"),
    TIME("ms16", 16, MS),
    OCTETS("opcode", WOAD_FIELD_OPCODE, 16),
    ENUM8("own_addr_type", "0=Public|1=Random|2=RPA or Public|3=RPA or Random"),
    TIME("pa_interval8", 8, 1250 * US),
    ENUM8("packing", "0=Sequential|1=Interleaved"),
    ENUM8("phy", PHY_NAMES),
    ENUM8("phy0", "0=None|" PHY_NAMES),
    {.name = "phy3", .kind = WOAD_FIELD_ENUM, .bits = 3, .names = "0=1M|1=2M|2=Coded"},
    ENUM8("phy4", "1=1M|2=2M|3=Coded S=8|4=Coded S=2"),
    FLAGS("phys", 8, "0=1M|1=2M|2=Coded"),
    UNIT("power", WOAD_FIELD_INT, 8, "dBm", "127=not available"),
    FLAGS("pref", 8, "0=No TX preference|1=No RX preference"),
    ENUM8("privacy", "0=Network|1=Device"),
    FLAGS("report_props", 5, "0=Connectable|1=Scannable|2=Directed|3=Scan response|4=Legacy"),
    ENUM8("role", "0=Central|1=Peripheral"),
    UNIT("rssi", WOAD_FIELD_INT, 8, "dBm", "127=not available"),
    ENUM8("sca", "0=251-500 ppm|1=151-250 ppm|2=101-150 ppm|3=76-100 ppm|4=51-75 ppm|5=31-50 ppm"
                 "|6=21-30 ppm|7=0-20 ppm"),
    ENUM8("scan_filter",
          "0=Any|1=Filter accept list|2=Any, extended|3=Filter accept list, extended"
          "|4=Any, decisions first|5=List, decisions first|8=Decisions|12=Decisions, list"),
    ENUM8("scan_type", "0=Passive|1=Active"),
    TIME("sec16", 16, 1000 * MS),
    TIME("slots", 16, 625 * US),
    TIME("slots24", 24, 625 * US),
    ENUM8("smp_error", "1=Passkey Entry Failed|2=OOB Not Available|3=Authentication Requirements"
                       "|4=Confirm Value Failed|5=Pairing Not Supported|6=Encryption Key Size"
                       "|7=Command Not Supported|8=Unspecified Reason|9=Repeated Attempts"
                       "|10=Invalid Parameters|11=DHKey Check Failed|12=Numeric Comparison Failed"
                       "|13=BR/EDR Pairing in Progress|14=Cross-transport Not Allowed"
                       "|15=Key Rejected|16=Busy"),
    FLAGS("spacing", 16, "0=IFS ACL to peripheral|1=IFS ACL to central|2=MCES|3=IFS CIS|4=MSS CIS"),
    OCTETS("status", WOAD_FIELD_STATUS, 8),
    TIME("sub125", 16, 125 * US),
    TIME("sub125x8", 8, 125 * US),
    TIME("sup_timeout", 16, 10 * MS),
    ENUM8("test_phy", "1=1M|2=2M|3=Coded S=8|4=Coded S=2"),
    OCTETS("text", WOAD_FIELD_TEXT, 0),
    TIME("us16", 16, US),
    TIME("us24", 24, US),
    TIME("us32", 32, US),
    OCTETS("uuid", WOAD_FIELD_UUID, 0),
    OCTETS("uuid128", WOAD_FIELD_UUID, 128),
    OCTETS("uuid16", WOAD_FIELD_UUID, 16),
    OCTETS("uuid32", WOAD_FIELD_UUID, 32),
    ENUM8("version",
          "0=1.0b|1=1.1|2=1.2|3=2.0|4=2.1|5=3.0|6=4.0|7=4.1|8=4.2|9=5.0|10=5.1|11=5.2|12=5.3"
          "|13=5.4|14=6.0|15=6.1|16=6.2"),
    ENUM8("yes", "0=No|1=Yes"),
};

#define BIGINFO                                                                                    \
    "big_offset:b14 big_offset_units:b1 iso_interval:b12 num_bis:b5 nse:b5 bn:b3 "                 \
    "sub_interval:b20 "                                                                            \
    "pto:b4 bis_spacing:b20 irc:b4 max_pdu:u8 _:u8 seed_access_address:x32 sdu_interval:b20 "      \
    "max_sdu:b12 base_crc_init:x16 chm:chm37 phy:phy3 bis_payload_count:b39 framing:b1 "           \
    "giv:key64?* gskd:key?*"

static const struct woad_ad_row ad_rows[] = {
    {"Flags", "flags:adv_flags", 0x01},
    {"Incomplete 16-bit UUIDs", "uuids:uuid16[*]", 0x02},
    {"Complete 16-bit UUIDs", "uuids:uuid16[*]", 0x03},
    {"Incomplete 32-bit UUIDs", "uuids:uuid32[*]", 0x04},
    {"Complete 32-bit UUIDs", "uuids:uuid32[*]", 0x05},
    {"Incomplete 128-bit UUIDs", "uuids:uuid128[*]", 0x06},
    {"Complete 128-bit UUIDs", "uuids:uuid128[*]", 0x07},
    {"Shortened Local Name", "name:text[*]", 0x08},
    {"Complete Local Name", "name:text[*]", 0x09},
    {"TX Power Level", "power:power", 0x0a},
    {"Class of Device", "class:x24", 0x0d},
    {"Simple Pairing Hash C-192", "hash:key", 0x0e},
    {"Simple Pairing Randomizer R-192", "randomizer:key", 0x0f},
    {"Security Manager TK", "tk:key", 0x10},
    {"Security Manager OOB Flags", "flags:x8", 0x11},
    {"Peripheral Connection Interval Range", "min:conn_interval max:conn_interval", 0x12},
    {"Solicited 16-bit UUIDs", "uuids:uuid16[*]", 0x14},
    {"Solicited 128-bit UUIDs", "uuids:uuid128[*]", 0x15},
    {"Service Data 16-bit UUID", "uuid:uuid16 data:bytes[*]", 0x16},
    {"Public Target Address", "addrs:addr[*]", 0x17},
    {"Random Target Address", "addrs:addr[*]", 0x18},
    {"Appearance", "appearance:x16", 0x19},
    {"Advertising Interval", "interval:slots", 0x1a},
    {"LE Bluetooth Device Address", "addr:addr type:addr_type", 0x1b},
    {"LE Role", "role:le_role", 0x1c},
    {"Simple Pairing Hash C-256", "hash:key", 0x1d},
    {"Simple Pairing Randomizer R-256", "randomizer:key", 0x1e},
    {"Solicited 32-bit UUIDs", "uuids:uuid32[*]", 0x1f},
    {"Service Data 32-bit UUID", "uuid:uuid32 data:bytes[*]", 0x20},
    {"Service Data 128-bit UUID", "uuid:uuid128 data:bytes[*]", 0x21},
    {"LE SC Confirmation Value", "confirm:key", 0x22},
    {"LE SC Random Value", "random:key", 0x23},
    {"URI", "uri:text[*]", 0x24},
    {"Indoor Positioning", "data:bytes[*]", 0x25},
    {"Transport Discovery Data", "data:bytes[*]", 0x26},
    {"LE Supported Features", "features:bytes[*]", 0x27},
    {"Channel Map Update", "chm:chm instant:u16", 0x28},
    {"PB-ADV", "link_id:x32 transaction:u8 data:bytes[*]", 0x29},
    {"Mesh Message", "ivi:b1 nid:b7 data:bytes[*]", 0x2a},
    {"Mesh Beacon", "beacon_type:u8 data:bytes[*]", 0x2b},
    {"BIGInfo", BIGINFO, 0x2c},
    {"Broadcast Code", "code:bytes[*]", 0x2d},
    {"Resolvable Set Identifier", "hash:x24 random:x24", 0x2e},
    {"Advertising Interval - long", "interval:bytes[*]", 0x2f},
    {"Broadcast Name", "name:text[*]", 0x30},
    {"Encrypted Advertising Data", "randomizer:bytes[5] data:bytes[*]", 0x31},
    {"PAwR Timing Information",
     "rsp_access_address:x32 num_subevents:u8 subevent_interval:pa_interval8 "
     "response_slot_delay:pa_interval8 response_slot_spacing:sub125x8",
     0x32},
    {"Electronic Shelf Label", "data:bytes[*]", 0x34},
    {"3D Information Data", "data:bytes[*]", 0x3d},
    {"Manufacturer Specific", "company:x16 data:bytes[*]", 0xff},
};

const struct woad_field_type *woad_field_type_find(const char *name, size_t len)
{
    size_t low = 0, high = COUNT(types);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(types[middle].name, name, len);
        if (order == 0 && types[middle].name[len] == 0)
            return &types[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct woad_ad_row *woad_ad_find(uint8_t type)
{
    for (size_t i = 0; i < COUNT(ad_rows) && ad_rows[i].type <= type; i++) {
        if (ad_rows[i].type == type)
            return &ad_rows[i];
    }
    return NULL;
}
