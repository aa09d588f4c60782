/* gap_priv.h: what core and L2CAP need of GAP, and its parts of each other. */
#ifndef WOAD_GAP_PRIV_H
#define WOAD_GAP_PRIV_H

#include "host_priv.h"

void woad_gap_init(struct woad_host *h);
/* After a start: resumes what was running before a fault. */
void woad_gap_resume(struct woad_host *h);
/* Completes what is under way with err. keep: what was running is resumed later. */
void woad_gap_drop_all(struct woad_host *h, int err, bool keep);
/* Completes the operations of a link that ended. */
void woad_gap_ops_fail(struct woad_host *h, struct host_link *link, int err, uint8_t hci);

/* activity.c */
void woad_gap_activity_init(struct woad_host *h, struct host_activity *a,
                            const struct host_activity_kind *kind);
int woad_gap_activity_start(struct woad_host *h, struct host_activity *a, uint32_t duration_ms);
int woad_gap_activity_stop(struct woad_host *h, struct host_activity *a);
/* It ended without being stopped. */
void woad_gap_activity_ended(struct woad_host *h, struct host_activity *a, int why);
/* done() of every row of a kind. */
void woad_gap_activity_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                            struct woad_rd *ret);

void woad_gap_adv_init(struct woad_host *h);
void woad_gap_scan_init(struct woad_host *h);
/* A link as peripheral came, or advertising for one ran out of time. */
void woad_gap_adv_ended(struct woad_host *h, int err);
void woad_gap_connect_init(struct woad_host *h);
/* A link that was refused has ended, or its handle is another link's. */
void woad_gap_orphan_gone(struct woad_host *h, uint16_t handle);
void woad_gap_connect_drop(struct woad_host *h, int err);
void woad_gap_list_drop(struct woad_host *h, int err);

/* Optional procedures on a new link, and peers that did not survive them (caution.c). */
void woad_gap_negotiate(struct woad_host *h, struct host_link *link);
bool woad_gap_caution_has(const struct woad_host *h, const struct woad_addr *peer);
void woad_gap_caution_check(struct woad_host *h, struct host_link *link);

/* Controller events; r stands behind the event (and subevent) code. */
void woad_gap_evt_adv_report(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_connected(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_connected_enhanced(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_updated(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_param_request(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_data_len(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_phy(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_features(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_version(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_encryption(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_key_refresh(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_ltk_request(struct woad_host *h, struct woad_rd *r);

bool woad_gap_conn_params_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout);
/* Asks the application whether the peer's parameters suit. */
bool woad_gap_ask_update(struct woad_host *h, struct host_link *link,
                         const struct woad_conn_params *p);
/* Central: starts LE Connection Update on behalf of the peer. */
void woad_gap_update_for_peer(struct woad_host *h, struct host_link *link,
                              const struct woad_conn_params *p);
/* The peer answered our L2CAP request: err 0 (the update follows) or the reason. */
void woad_gap_update_answered(struct woad_host *h, struct host_link *link, int err);

#endif
