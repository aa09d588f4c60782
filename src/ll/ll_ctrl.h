/* Opcodes and handlers of LL control PDUs, shared by the files that hold the procedures. */
#ifndef WOAD_LL_CTRL_H
#define WOAD_LL_CTRL_H

#include "ll_priv.h"

enum ll_opcode {
    LL_CONNECTION_UPDATE_IND = 0x00,
    LL_CHANNEL_MAP_IND = 0x01,
    LL_TERMINATE_IND = 0x02,
    LL_ENC_REQ = 0x03,
    LL_ENC_RSP = 0x04,
    LL_START_ENC_REQ = 0x05,
    LL_START_ENC_RSP = 0x06,
    LL_UNKNOWN_RSP = 0x07,
    LL_FEATURE_REQ = 0x08,
    LL_FEATURE_RSP = 0x09,
    LL_PAUSE_ENC_REQ = 0x0a,
    LL_PAUSE_ENC_RSP = 0x0b,
    LL_VERSION_IND = 0x0c,
    LL_REJECT_IND = 0x0d,
    LL_PERIPHERAL_FEATURE_REQ = 0x0e,
    LL_CONNECTION_PARAM_REQ = 0x0f,
    LL_CONNECTION_PARAM_RSP = 0x10,
    LL_REJECT_EXT_IND = 0x11,
    LL_PING_REQ = 0x12,
    LL_PING_RSP = 0x13,
    LL_LENGTH_REQ = 0x14,
    LL_LENGTH_RSP = 0x15,
    LL_PHY_REQ = 0x16,
    LL_PHY_RSP = 0x17,
    LL_PHY_UPDATE_IND = 0x18,
};

/* r holds the parameters, whose length the table has checked. */
typedef void ll_ctrl_fn(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode);

ll_ctrl_fn woad_ll_rx_connection_update_ind, woad_ll_rx_channel_map_ind, woad_ll_rx_terminate_ind,
    woad_ll_rx_enc_req, woad_ll_rx_enc_rsp, woad_ll_rx_start_enc_req, woad_ll_rx_start_enc_rsp,
    woad_ll_rx_unknown_rsp, woad_ll_rx_feature_req, woad_ll_rx_feature_rsp,
    woad_ll_rx_pause_enc_req, woad_ll_rx_pause_enc_rsp, woad_ll_rx_version_ind,
    woad_ll_rx_reject_ind, woad_ll_rx_connection_param_req, woad_ll_rx_connection_param_rsp,
    woad_ll_rx_reject_ext_ind, woad_ll_rx_ping_req, woad_ll_rx_ping_rsp, woad_ll_rx_length_req,
    woad_ll_rx_length_rsp, woad_ll_rx_phy_req, woad_ll_rx_phy_rsp, woad_ll_rx_phy_update_ind;

/* ll_proc.c */
void woad_ll_proc_run(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_proc_want(struct ll_conn *c, enum ll_proc proc, bool by_host);
void woad_ll_proc_done(struct ll_conn *c);
void woad_ll_proc_rejected(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, uint8_t error);
void woad_ll_proc_instants(struct woad_ll *ll, struct ll_conn *c);
woad_time woad_ll_proc_deadline(const struct ll_conn *c);
void woad_ll_reject(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, uint8_t error);
bool woad_ll_peer_has(const struct ll_conn *c, enum woad_le_feature feature);
void woad_ll_feature_set(const struct woad_ll *ll, uint8_t to[8]);
bool woad_ll_collision(struct woad_ll *ll, struct ll_conn *c, enum ll_proc theirs, uint8_t opcode);
/* ll_update.c: connection update, parameter request, channel map */
bool woad_ll_start_param_req(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_start_update(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_start_channel_map(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_update_instants(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_params_valid(const struct ll_params *p);
void woad_ll_param_reply(struct woad_ll *ll, struct ll_conn *c, const struct ll_params *p,
                         uint8_t error);
void woad_ll_update_failed(struct ll_conn *c, uint8_t error);
uint16_t woad_ll_instant(const struct ll_conn *c);
void woad_ll_ind_run(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_instant_passed(const struct ll_conn *c, uint16_t instant);
/* ll_phy.c */
bool woad_ll_start_phy(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_phy_ind(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_phy_instant(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_phy_done(struct ll_conn *c, uint8_t status);
uint8_t woad_ll_phy_masks(const struct woad_ll *ll);
/* ll_enc.c */
bool woad_ll_start_enc(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_enc_run(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_enc_deferring(const struct ll_conn *c);
bool woad_ll_enc_strict(const struct ll_conn *c);
void woad_ll_enc_rejected(struct woad_ll *ll, struct ll_conn *c, uint8_t error);
void woad_ll_enc_clear(struct ll_conn *c);

#endif
