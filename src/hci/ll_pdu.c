/* Rows of the link layer's PDUs [Vol 6, Part B, 2.3, 2.4]; see woad/ll_pdu.h. */
#include "woad/ll_pdu.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ADV "adv_a:addr data:ad[*]"
#define LL_DATA                                                                                    \
    "access_address:x32 crc_init:x24 win_size:conn_interval8 win_offset:conn_interval "            \
    "interval:conn_interval latency:u16 timeout:sup_timeout chm:chm hop:b5 sca:b3"
#define CONNECT "init_a:addr adv_a:addr " LL_DATA

#define SYNC_INFO                                                                                  \
    "sync_offset:b13 sync_offset_units:b1 sync_offset_adjust:b1 _:b1 interval:conn_interval "      \
    "chm:chm37 sca:b3 access_address:x32 crc_init:x24 event_counter:u16"
/* The common extended advertising payload [2.3.4]. */
#define EXT                                                                                        \
    "ext_header_len:b6 adv_mode:b2 ext_header:{"                                                   \
    "_adv_a:b1 _target_a:b1 _cte_info:b1 _adi:b1 _aux_ptr:b1 _sync_info:b1 "                       \
    "_tx_power:b1 _:b1 adv_a:addr?_adv_a target_a:addr?_target_a "                                 \
    "cte_info:x8?_cte_info did:b12?_adi sid:b4?_adi "                                              \
    "aux:{channel:b6 ca:b1 offset_units:b1 offset:b13 phy:phy3}?_aux_ptr "                         \
    "sync:{" SYNC_INFO "}?_sync_info tx_power:power?_tx_power acad:ad[*]?*"                        \
    "}(ext_header_len)?ext_header_len data:ad[*]"

#define ROW(type, text, fields)                                                                    \
    {                                                                                              \
        text, fields, WOAD_LL_PDU_##type, 0, 255                                                   \
    }

static const struct woad_ll_pdu_row adv_rows[] = {
    ROW(ADV_IND, "ADV_IND", ADV),
    ROW(ADV_DIRECT_IND, "ADV_DIRECT_IND", "adv_a:addr target_a:addr"),
    ROW(ADV_NONCONN_IND, "ADV_NONCONN_IND", ADV),
    ROW(SCAN_REQ, "SCAN_REQ", "scan_a:addr adv_a:addr"),
    ROW(SCAN_RSP, "SCAN_RSP", ADV),
    ROW(CONNECT_IND, "CONNECT_IND", CONNECT),
    ROW(ADV_SCAN_IND, "ADV_SCAN_IND", ADV),
    ROW(ADV_EXT_IND, "ADV_EXT_IND", EXT),
    ROW(AUX_CONNECT_RSP, "AUX_CONNECT_RSP", EXT),
    ROW(ADV_DECISION_IND, "ADV_DECISION_IND", "data:bytes[*]"),
};

static const struct woad_ll_pdu_row aux_rows[] = {
    ROW(SCAN_REQ, "AUX_SCAN_REQ", "scan_a:addr adv_a:addr"),
    ROW(CONNECT_IND, "AUX_CONNECT_REQ", CONNECT),
    ROW(ADV_EXT_IND, "AUX_ADV_IND", EXT),
    ROW(AUX_CONNECT_RSP, "AUX_CONNECT_RSP", EXT),
};

/* On the access address of a periodic advertising train. */
static const struct woad_ll_pdu_row periodic_rows[] = {
    ROW(CONNECT_IND, "AUX_CONNECT_REQ", CONNECT),
    ROW(ADV_EXT_IND, "AUX_SYNC_IND", EXT),
    ROW(AUX_CONNECT_RSP, "AUX_CONNECT_RSP", EXT),
};

#define CONN_PARAM                                                                                 \
    "interval_min:conn_interval interval_max:conn_interval latency:u16 timeout:sup_timeout "       \
    "preferred_periodicity:u8 reference_conn_event_count:u16 offset:u16[6]"
#define LENGTH      "max_rx_octets:u16 max_rx_time:us16 max_tx_octets:u16 max_tx_time:us16"
#define CIS_OFFSETS "cis_offset_min:us24 cis_offset_max:us24 conn_event_count:u16"
#define POWER_FLAGS "at_min:b1 at_max:b1 _:b6"
#define PERIODIC_SYNC                                                                              \
    "id:x16 " SYNC_INFO                                                                            \
    " conn_event_count:u16 last_pa_event_counter:u16 sid:b4 a_type:b1 sca2:b3 "                    \
    "phy:phys adv_a:addr sync_conn_event_count:u16"
#define CS_TERMINATE "config_id:u8 proc_count:u16 error_code:status"

/* The fields of each control PDU: F_<NAME>. */
#define F_CONNECTION_UPDATE_IND                                                                    \
    "win_size:conn_interval8 win_offset:conn_interval interval:conn_interval latency:u16 "         \
    "timeout:sup_timeout instant:u16"
#define F_CHANNEL_MAP_IND        "chm:chm instant:u16"
#define F_TERMINATE_IND          "error_code:status"
#define F_ENC_REQ                "rand:x64 ediv:x16 skd_c:key64 iv_c:key32"
#define F_ENC_RSP                "skd_p:key64 iv_p:key32"
#define F_START_ENC_REQ          ""
#define F_START_ENC_RSP          ""
#define F_UNKNOWN_RSP            "unknown_type:x8"
#define F_FEATURE_REQ            "feature_set:features"
#define F_FEATURE_RSP            "feature_set:features"
#define F_PAUSE_ENC_REQ          ""
#define F_PAUSE_ENC_RSP          ""
#define F_VERSION_IND            "version:version company_id:x16 subversion:x16"
#define F_REJECT_IND             "error_code:status"
#define F_PERIPHERAL_FEATURE_REQ "feature_set:features"
#define F_CONNECTION_PARAM_REQ   CONN_PARAM
#define F_CONNECTION_PARAM_RSP   CONN_PARAM
#define F_REJECT_EXT_IND         "reject_opcode:x8 error_code:status"
#define F_PING_REQ               ""
#define F_PING_RSP               ""
#define F_LENGTH_REQ             LENGTH
#define F_LENGTH_RSP             LENGTH
#define F_PHY_REQ                "tx_phys:phys rx_phys:phys"
#define F_PHY_RSP                "tx_phys:phys rx_phys:phys"
#define F_PHY_UPDATE_IND         "phy_c_to_p:phys phy_p_to_c:phys instant:u16"
#define F_MIN_USED_CHANNELS_IND  "phys:phys min_used_channels:u8"
#define F_CTE_REQ                "min_cte_len_req:b5 _:b1 cte_type_req:b2"
#define F_CTE_RSP                ""
#define F_PERIODIC_SYNC_IND      PERIODIC_SYNC
#define F_CLOCK_ACCURACY_REQ     "sca:sca"
#define F_CLOCK_ACCURACY_RSP     "sca:sca"
#define F_CIS_REQ                                                                                  \
    "cig_id:u8 cis_id:u8 phy_c_to_p:phys phy_p_to_c:phys max_sdu_c_to_p:b12 _:b3 framed:b1 "       \
    "max_sdu_p_to_c:b12 _:b4 sdu_interval_c_to_p:b20 _:b4 sdu_interval_p_to_c:b20 _:b4 "           \
    "max_pdu_c_to_p:u16 max_pdu_p_to_c:u16 nse:u8 sub_interval:us24 bn_c_to_p:b4 bn_p_to_c:b4 "    \
    "ft_c_to_p:u8 ft_p_to_c:u8 iso_interval:conn_interval " CIS_OFFSETS
#define F_CIS_RSP CIS_OFFSETS
#define F_CIS_IND                                                                                  \
    "access_address:x32 cis_offset:us24 cig_sync_delay:us24 "                                      \
    "cis_sync_delay:us24 conn_event_count:u16"
#define F_CIS_TERMINATE_IND "cig_id:u8 cis_id:u8 error_code:status"
#define F_POWER_CONTROL_REQ "phy:x8 delta:s8 tx_power:s8"
#define F_POWER_CONTROL_RSP POWER_FLAGS " delta:s8 tx_power:s8 apr:u8"
#define F_POWER_CHANGE_IND  "phy:x8 " POWER_FLAGS " delta:s8 tx_power:s8"
#define F_SUBRATE_REQ                                                                              \
    "subrate_factor_min:u16 subrate_factor_max:u16 max_latency:u16 "                               \
    "continuation_number:u16 timeout:sup_timeout"
#define F_SUBRATE_IND                                                                              \
    "subrate_factor:u16 subrate_base_event:u16 latency:u16 "                                       \
    "continuation_number:u16 timeout:sup_timeout"
#define F_CHANNEL_REPORTING_IND "enable:enable min_spacing:u8 max_delay:u8"
#define F_CHANNEL_STATUS_IND    "channel_classification:bytes[10]"
#define F_PERIODIC_SYNC_WR_IND                                                                     \
    PERIODIC_SYNC " rsp_access_address:x32 num_subevents:u8 subevent_interval:conn_interval8 "     \
                  "response_slot_delay:conn_interval8 response_slot_spacing:sub125x8"
#define F_FEATURE_EXT_REQ     "max_page:u8 page_number:u8 feature_page:bytes[24]"
#define F_FEATURE_EXT_RSP     "max_page:u8 page_number:u8 feature_page:bytes[24]"
#define F_CS_SEC_RSP          "cs_iv_p:key64 cs_in_p:key32 cs_pv_p:key64"
#define F_CS_CAPABILITIES_REQ "capabilities:bytes[*]"
#define F_CS_CAPABILITIES_RSP "capabilities:bytes[*]"
#define F_CS_CONFIG_REQ       "config:bytes[*]"
#define F_CS_CONFIG_RSP       "config:bytes[*]"
#define F_CS_REQ              "parameters:bytes[*]"
#define F_CS_RSP              "parameters:bytes[*]"
#define F_CS_IND              "parameters:bytes[*]"
#define F_CS_TERMINATE_REQ    CS_TERMINATE
#define F_CS_FAE_REQ          ""
#define F_CS_FAE_RSP          "fae_table:bytes[72]"
#define F_CS_CHANNEL_MAP_IND  "chm:bytes[10] instant:u16"
#define F_CS_SEC_REQ          "cs_iv_c:key64 cs_in_c:key32 cs_pv_c:key64"
#define F_CS_TERMINATE_RSP    CS_TERMINATE
#define F_FRAME_SPACE_REQ     "fs_min:us16 fs_max:us16 phys:phys spacing_types:spacing"
#define F_FRAME_SPACE_RSP     "fs:us16 phys:phys spacing_types:spacing"
#define F_OTA_UTP_IND         "data:bytes[*]"
#define F_CONNECTION_RATE_REQ                                                                      \
    "interval_min:sub125 interval_max:sub125 subrate_factor_min:u16 subrate_factor_max:u16 "       \
    "max_latency:u16 continuation_number:u16 timeout:sup_timeout preferred_periodicity:u16 "       \
    "reference_conn_event_count:u16 offset:u16[4]"
#define F_CONNECTION_RATE_IND                                                                      \
    "win_offset:sub125 interval:sub125 instant:u16 subrate_factor:u16 latency:u16 "                \
    "continuation_number:u16 timeout:sup_timeout"

#define CTRL_ROW(name, opcode, shortest, longest)                                                  \
    {"LL_" #name, F_##name, opcode, shortest, longest},
static const struct woad_ll_pdu_row ctrl_rows[] = {WOAD_LL_CTRL_LIST(CTRL_ROW)};

/* Opcodes are without gaps from 0 (a test checks it). */
const struct woad_ll_pdu_row *woad_ll_ctrl_find(uint8_t opcode)
{
    return opcode < COUNT(ctrl_rows) ? &ctrl_rows[opcode] : NULL;
}

static const struct woad_ll_pdu_row *find(const struct woad_ll_pdu_row *rows, size_t n,
                                          uint8_t type)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].code == type)
            return &rows[i];
    }
    return NULL;
}

const struct woad_ll_pdu_row *woad_ll_adv_find(uint8_t type, enum woad_ll_place place)
{
    switch (place) {
    case WOAD_LL_PRIMARY: return find(adv_rows, COUNT(adv_rows), type);
    case WOAD_LL_SECONDARY: return find(aux_rows, COUNT(aux_rows), type);
    case WOAD_LL_PERIODIC: return find(periodic_rows, COUNT(periodic_rows), type);
    default: return NULL;
    }
}
