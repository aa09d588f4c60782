/* woad/gap.h: advertise, scan, connect [Vol 3, Part C].
 *
 * Every call here follows the pump contract of woad/host.h: 0 means that the completion event named
 * at the call follows exactly once. Callable in the pump context, also inside events. Common
 * errors: INVALID (a value out of range), STATE (host not ready), NOT_CONNECTED (no such link),
 * BUSY (one of this kind is under way on this object), NO_MEM (command queue full).
 */
#ifndef WOAD_GAP_H
#define WOAD_GAP_H

#include "woad/host.h"

enum woad_role {
    WOAD_ROLE_CENTRAL = 0,
    WOAD_ROLE_PERIPHERAL = 1,
};

/* Kinds of legacy advertising, numbered as in HCI [Vol 4, Part E, 7.8.5]. */
enum woad_adv_kind {
    WOAD_ADV_CONNECTABLE = 0,      /* ADV_IND */
    WOAD_ADV_DIRECT_HIGH_DUTY = 1, /* ADV_DIRECT_IND, ends by itself after 1.28 s */
    WOAD_ADV_SCANNABLE = 2,        /* ADV_SCAN_IND */
    WOAD_ADV_NONCONNECTABLE = 3,   /* ADV_NONCONN_IND */
    WOAD_ADV_DIRECT_LOW_DUTY = 4,  /* ADV_DIRECT_IND */
};

struct woad_adv_params {
    uint8_t kind;                /* enum woad_adv_kind */
    uint8_t channel_map;         /* bits 0..2 = channels 37..39; 0 = all */
    uint8_t filter;              /* bit 0: scan requests, bit 1: connections only from the list */
    uint16_t interval_min_625us; /* 0x0020..0x4000; 0 = 160 (100 ms) */
    uint16_t interval_max_625us; /* 0 = interval_min */
    uint32_t duration_ms;        /* 0 = until stopped or connected */
    struct woad_addr peer;       /* directed kinds */
    const uint8_t *data;         /* advertising data, copied; up to 31 octets */
    uint8_t data_len;
    const uint8_t *scan_rsp; /* scan response data, copied; up to 31 octets */
    uint8_t scan_rsp_len;
};

/* Completes with ADV_STARTED; when that reports success, ADV_STOPPED follows once: after stop(),
 * when a peer connected (err 0, before CONNECTED), when the duration is over (TIMEOUT). stop()
 * before ADV_STARTED is legal: both events come. One advertiser per host: BUSY. UNSUPPORTED:
 * directed to a peer that does not resolve private addresses (woad/gap_privacy.h). */
int woad_gap_advertise_start(struct woad_host *h, const struct woad_adv_params *p) WOAD_MUST_USE;
int woad_gap_advertise_stop(struct woad_host *h) WOAD_MUST_USE; /* -> ADV_STOPPED */

struct woad_scan_params {
    bool active;
    bool accept_list_only;
    bool filter_duplicates;
    uint16_t interval_625us; /* 0x0004..0x4000; 0 = 96 (60 ms) */
    uint16_t window_625us;   /* <= interval; 0 = interval (continuous) */
    uint32_t duration_ms;    /* 0 = until stopped */
};

/* Completes with SCAN_STARTED; reports as ADV_REPORT; ends with SCAN_STOPPED, as advertising does.
 */
int woad_gap_scan_start(struct woad_host *h, const struct woad_scan_params *p) WOAD_MUST_USE;
int woad_gap_scan_stop(struct woad_host *h) WOAD_MUST_USE; /* -> SCAN_STOPPED */

/* Zero in a field means its default (in brackets). */
struct woad_conn_params {
    uint16_t interval_min_1250us; /* 6..3200 [24 = 30 ms] */
    uint16_t interval_max_1250us; /* [interval_min] */
    uint16_t latency;             /* 0..499 */
    uint16_t timeout_10ms;        /* 10..3200 [500 = 5 s]; must exceed (1+latency)*interval*2 */
    uint16_t scan_interval_625us; /* connecting only [96] */
    uint16_t scan_window_625us;   /* [scan_interval] */
    uint32_t duration_ms;         /* connecting only; 0 = until cancelled */
};

/* Connects to peer, or with peer NULL to anyone in the accept list. Completes with CONNECTED or
 * CONNECT_FAILED (TIMEOUT, CANCELLED, REFUSED). */
int woad_gap_connect(struct woad_host *h, const struct woad_addr *peer,
                     const struct woad_conn_params *p) WOAD_MUST_USE;
int woad_gap_connect_cancel(struct woad_host *h) WOAD_MUST_USE; /* ends that connect() */

/* reason as sent to the peer, 0 = 0x13 (remote user terminated). -> DISCONNECTED, which every link
 * ends with, after CLOSED of its channels and the completion of its operations. */
int woad_gap_disconnect(struct woad_host *h, uint16_t conn, uint8_t reason) WOAD_MUST_USE;

/* The same when what the link has to send has gone out and the peer's controller has it; at once
 * when that is nothing. A call of woad_gap_disconnect() meanwhile does not wait any longer. */
int woad_gap_disconnect_flushed(struct woad_host *h, uint16_t conn, uint8_t reason) WOAD_MUST_USE;

/* New parameters. A peripheral whose controller or peer lacks the LL procedure asks by L2CAP.
 * -> CONN_UPDATED (REFUSED: the peer keeps the old ones; TIMEOUT: it did not answer) */
int woad_gap_update(struct woad_host *h, uint16_t conn,
                    const struct woad_conn_params *p) WOAD_MUST_USE;

/* Bits of HCI LE Set PHY: 1 = 1M, 2 = 2M, 4 = Coded; 0 = no preference. -> PHY_UPDATED
 * UNSUPPORTED, here and below: the controller lists the command and once did not answer it. */
int woad_gap_set_phy(struct woad_host *h, uint16_t conn, uint8_t tx, uint8_t rx) WOAD_MUST_USE;
int woad_gap_set_data_len(struct woad_host *h, uint16_t conn, uint16_t octets,
                          uint16_t us) WOAD_MUST_USE;                         /* -> DATA_LEN */
int woad_gap_read_rssi(struct woad_host *h, uint16_t conn) WOAD_MUST_USE;     /* -> RSSI */
int woad_gap_read_version(struct woad_host *h, uint16_t conn) WOAD_MUST_USE;  /* -> VERSION */
int woad_gap_read_features(struct woad_host *h, uint16_t conn) WOAD_MUST_USE; /* -> FEATURES */

/* Central: encrypts the link (or refreshes its key) with a key both sides have. -> ENCRYPTION */
int woad_gap_encrypt(struct woad_host *h, uint16_t conn, const uint8_t ltk[16],
                     const uint8_t rand[8], uint16_t ediv) WOAD_MUST_USE;
/* Peripheral: answers LTK_REQUEST, once, inside the event or later (STATE when none is open); ltk
 * NULL = no key. -> ENCRYPTION */
int woad_gap_ltk_reply(struct woad_host *h, uint16_t conn, const uint8_t *ltk) WOAD_MUST_USE;

/* The controller's filter accept list. -> LIST_DONE */
int woad_gap_accept_list_add(struct woad_host *h, const struct woad_addr *addr) WOAD_MUST_USE;
int woad_gap_accept_list_remove(struct woad_host *h, const struct woad_addr *addr) WOAD_MUST_USE;
int woad_gap_accept_list_clear(struct woad_host *h) WOAD_MUST_USE;

struct woad_conn_info {
    struct woad_addr peer;
    uint8_t role;
    bool encrypted;
    uint8_t phy_tx;
    uint8_t phy_rx;
    uint16_t interval_1250us;
    uint16_t latency;
    uint16_t timeout_10ms;
    uint16_t tx_octets; /* link-layer payload in force */
    uint16_t rx_octets;
};
/* NOT_CONNECTED when there is no such link. Answers at once, no event. */
int woad_gap_conn_info(const struct woad_host *h, uint16_t conn,
                       struct woad_conn_info *info) WOAD_MUST_USE;

#endif
