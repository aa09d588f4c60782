/* gap_priv.h: what core and L2CAP need of GAP, and its parts of each other. */
#ifndef WOAD_GAP_PRIV_H
#define WOAD_GAP_PRIV_H

#include "host_priv.h"

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

/* Off and on again, with the values of now; no event. */
void woad_gap_activity_restart(struct woad_host *h, struct host_activity *a);

/* Switches off what runs and keeps off what is started, until release(); part is made due as each
 * of them is off. One part at a time. */
void woad_gap_hold(struct woad_host *h, enum host_part_id part);
bool woad_gap_quiet(const struct woad_host *h);
void woad_gap_release(struct woad_host *h);
/* One of them may be off now. */
void woad_gap_hold_progress(struct woad_host *h);

/* Own_Address_Type of a command about peer (may be NULL): the address in the air; for a peer whose
 * private addresses the controller makes and resolves, a private one of its making. */
static inline uint8_t woad_gap_own_type(const struct woad_host *h, const struct woad_addr *peer)
{
    return peer && h->privacy && h->privacy->listed(h, peer) ? (uint8_t)(h->air.type | 2)
                                                             : h->air.type;
}

/* Directed advertising to peer would not be understood [Vol 3, Part C, 9.3.3]. */
static inline bool woad_gap_deaf(const struct woad_host *h, const struct woad_addr *peer)
{
    return h->privacy && h->privacy->deaf(h, peer);
}

extern const struct host_activity_kind woad_gap_adv_legacy;
/* done() of a row that creates a connection. */
void woad_gap_create_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret);
struct woad_conn_params woad_gap_conn_defaults(const struct woad_conn_params *from);
/* These and those of scanning for the peer. */
struct woad_conn_params woad_gap_connecting_defaults(const struct woad_conn_params *from);
bool woad_gap_connecting_params_valid(const struct woad_conn_params *p);
/* The controller's one attempt: to peer, or by the accept list. Not counted as an operation. */
void woad_gap_connect_begin(struct woad_host *h, const struct woad_addr *peer,
                            const struct woad_conn_params *p);
void woad_gap_connect_stop(struct woad_host *h, int why);
/* One report of a scan that the application started with woad/gap.h. */
void woad_gap_tell_report(struct woad_host *h, const struct woad_host_evt *evt);

void woad_gap_adv_init(struct woad_host *h);
/* There is a scanner from now on: called before one is started. */
void woad_gap_scan_use(struct woad_host *h);
/* A link as peripheral came, or advertising for one ran out of time. */
void woad_gap_adv_ended(struct woad_host *h, int err);
/* A link that was refused has ended, or its handle is another link's. */
void woad_gap_orphan_gone(struct woad_host *h, uint16_t handle);

/* Optional procedures on a new link, and peers that did not survive them (caution.c). */
void woad_gap_negotiate(struct woad_host *h, struct host_link *link);
bool woad_gap_caution_has(const struct woad_host *h, const struct woad_addr *peer);
void woad_gap_caution_check(struct woad_host *h, struct host_link *link);

/* Controller events; r stands behind the event (and subevent) code. */
void woad_gap_evt_connected(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_connected_enhanced(struct woad_host *h, struct woad_rd *r);
void woad_gap_evt_updated(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_param_request(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_data_len(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_phy(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_encryption(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_key_refresh(struct host_link *link, uint8_t status, struct woad_rd *r);
void woad_gap_evt_ltk_request(struct host_link *link, uint8_t status, struct woad_rd *r);

/* Like the calls without _link, from inside run(). ltk as HCI has it, least significant octet
 * first. */
int woad_gap_encrypt_link(struct host_link *link, const uint8_t ltk[16], const uint8_t rand[8],
                          uint16_t ediv);
int woad_gap_ltk_reply_link(struct host_link *link, const uint8_t *ltk);
int woad_gap_disconnect_link(struct host_link *link, uint8_t reason);

/* The intervals, latency, timeout and event length that every command about them ends with. */
void woad_gap_put_conn_params(struct woad_wr *w, const struct woad_conn_params *p);
bool woad_gap_conn_params_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout);
/* Reads the parameters the peer asks for, and asks the application whether they suit. */
bool woad_gap_ask_update(struct host_link *link, struct woad_rd *r, struct woad_conn_params *p);
/* Central: starts LE Connection Update on behalf of the peer. */
void woad_gap_update_for_peer(struct woad_host *h, struct host_link *link,
                              const struct woad_conn_params *p);
/* The peer answered our L2CAP request: err 0 (the update follows) or the reason. */
void woad_gap_update_answered(struct woad_host *h, struct host_link *link, int err);

#endif
