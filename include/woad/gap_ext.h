/* woad/gap_ext.h: extended advertising, scanning and connecting [Vol 3, Part C, 9; Vol 4, Part E,
 * 7.8.52-7.8.66].
 *
 *      sets 0..n-1: params, data (lent), scan response (lent)      extended scanner, 1M and Coded
 *            |                                                           |
 *      woad_adv_set_start / stop / data / move                     woad_gap_ext_scan_start
 *            v                                                           v
 *      WOAD_EVT_ADV_SET (u.adv_set)                                WOAD_EVT_EXT_REPORT
 * (u.ext_report), put together from its fragments
 *
 * Three parts; a program names those it uses and links no others:
 *   woad_gap_ext_part        comes along by itself. On a controller with extended advertising,
 * every call of woad/gap.h goes through extended commands; it looks the same from outside, but
 * ADV_STOPPED of a connection comes after CONNECTED. woad_gap_ext_adv_part    advertising sets
 * (struct woad_adv_set_cfg) woad_gap_ext_scan_part   extended scanning      (struct
 * woad_ext_scan_cfg)
 *
 * A controller refuses (Command Disallowed) a legacy command once it has seen an extended one, and
 * the reverse, until its next reset [Vol 4, Part E, 3.1.1]. The host decides once in every start:
 * when one of these parts is there and the controller has the commands, all three kinds
 * (advertising, scanning, connecting) are extended; if not, all are legacy and the calls of this
 * header answer UNSUPPORTED. Commands of one's own (woad_host_hci_command()) must keep to that rule
 * as well.
 *
 *     static const struct woad_adv_set_cfg sets = {.sets = 2};
 *     struct woad_host_use parts[] = {{&woad_gap_ext_adv_part, &sets}, {NULL, NULL}};
 *     ...
 *     struct woad_adv_set_params p = {.props = WOAD_ADV_SET_CONNECTABLE, .sid = 1,
 *                                     .data = ad, .data_len = sizeof(ad)};
 *     err = woad_adv_set_start(h, 0, &p);        -> WOAD_EVT_ADV_SET, STARTED
 *
 * Common errors as in woad/gap.h; UNSUPPORTED: the part is not there, or the controller cannot.
 */
#ifndef WOAD_GAP_EXT_H
#define WOAD_GAP_EXT_H

#include "woad/gap.h"
#include "woad/phy.h"

extern const struct woad_host_part woad_gap_ext_part;
extern const struct woad_host_part woad_gap_ext_adv_part;
extern const struct woad_host_part woad_gap_ext_scan_part;

/* ---- advertising sets ------------------------------------------------------------------------ */

#define WOAD_ADV_DATA_MAX                                                                          \
    1650                      /* of an advertising set, of a scan response, of a periodic train    \
                               */
#define WOAD_TX_POWER_ANY 127 /* no preference; in events: not known */

/* Zero in a field means its default (in brackets); the whole may be NULL. */
struct woad_adv_set_cfg {
    uint8_t sets; /* 1..32 [1]; beside them one that woad_gap_advertise_start() uses */
};

/* Properties as HCI numbers them [7.8.53]; 0 is non-connectable and non-scannable, undirected. */
enum woad_adv_set_prop {
    WOAD_ADV_SET_CONNECTABLE = 0x01,
    WOAD_ADV_SET_SCANNABLE = 0x02,
    WOAD_ADV_SET_DIRECTED = 0x04,  /* to params.peer */
    WOAD_ADV_SET_HIGH_DUTY = 0x08, /* with LEGACY | DIRECTED | CONNECTABLE; ends after 1.28 s */
    WOAD_ADV_SET_LEGACY = 0x10,    /* PDUs that 4.x scanners hear; up to 31 octets of data */
    WOAD_ADV_SET_ANONYMOUS =
        0x20,                     /* without advertiser's address; not connectable, not scannable */
    WOAD_ADV_SET_TX_POWER = 0x40, /* in the extended header */
};

/* Coding of a Coded PHY [7.8.53, version 2]; needs Advertising Coding Selection. */
enum woad_phy_coding {
    WOAD_PHY_CODING_ANY = 0,
    WOAD_PHY_CODING_PREFER_S2 = 1,
    WOAD_PHY_CODING_PREFER_S8 = 2,
    WOAD_PHY_CODING_REQUIRE_S2 = 3,
    WOAD_PHY_CODING_REQUIRE_S8 = 4,
};

struct woad_adv_set_params {
    uint8_t props;               /* sum of enum woad_adv_set_prop */
    uint8_t channel_map;         /* bits 0..2 = channels 37..39; 0 = all */
    uint8_t filter;              /* bit 0: scan requests, bit 1: connections only from the list */
    uint8_t sid;                 /* 0..15: tells the sets of one device apart */
    uint32_t interval_min_625us; /* 0x20..0xFFFFFF; 0 = 160 (100 ms) */
    uint32_t interval_max_625us; /* 0 = interval_min */
    uint32_t duration_ms;        /* 0 = until stopped or connected */
    uint8_t max_events;          /* extended advertising events, 0 = no limit */
    uint8_t phy;                 /* primary: 1M or Coded; 0 = 1M */
    uint8_t phy_secondary;       /* enum woad_phy; 0 = as primary */
    uint8_t coding; /* enum woad_phy_coding of the primary, then of the secondary PHY */
    uint8_t coding_secondary;
    uint8_t max_skip;       /* advertising events that the secondary channel may leave out */
    bool power;             /* tx_power_dbm is meant; otherwise the controller chooses */
    int8_t tx_power_dbm;    /* -127..20, an upper limit */
    bool tell_scan_request; /* SCAN_REQUEST events */
    struct woad_addr peer;  /* of directed sets */
    struct woad_addr own;   /* type RANDOM: the set's own address; otherwise the host's, or with
                               privacy a private one that the host renews */
    /* Lent: must stay as they are until the set has stopped, or until the DATA event of the call
     * that replaced them. Together no longer than what the controller takes (TOO_LONG in STARTED).
     * A connectable or legacy set takes 191 and 31 octets at most. A set that is scannable and not
     * legacy has a scan response only. */
    const uint8_t *data;
    uint16_t data_len;
    const uint8_t *scan_rsp;
    uint16_t scan_rsp_len;
};

enum woad_adv_set_evt_type {
    WOAD_ADV_SET_STARTED = 1,  /* completes woad_adv_set_start() */
    WOAD_ADV_SET_STOPPED,      /* once after a successful STARTED: stop(), connection (err 0, conn),
                                  duration (TIMEOUT), max_events (TIMEOUT, events set), fault */
    WOAD_ADV_SET_DATA,         /* completes woad_adv_set_data() */
    WOAD_ADV_SET_SCAN_REQUEST, /* somebody in addr asks for the scan response */
};

struct woad_adv_set_evt {
    uint8_t type; /* enum woad_adv_set_evt_type */
    uint8_t set;
    struct woad_result result;
    uint16_t conn;         /* STOPPED by a connection, otherwise WOAD_CONN_NONE */
    uint8_t events;        /* STOPPED by max_events or duration: as the controller counted them */
    int8_t tx_power_dbm;   /* STARTED: as the controller chose it, 127 = not known */
    struct woad_addr addr; /* SCAN_REQUEST */
};

/* -> STARTED. After a fault a running set is started again without an event, as in woad/gap.h. */
int woad_adv_set_start(struct woad_host *h, uint8_t set,
                       const struct woad_adv_set_params *p) WOAD_MUST_USE;
int woad_adv_set_stop(struct woad_host *h, uint8_t set) WOAD_MUST_USE; /* -> STOPPED */

/* Replaces the data of a running set, lent as above; NULL with 0 removes. Scanners see old or new
 * data, never a mixture: a controller takes data longer than 251 octets only while the set pauses,
 * which this does by itself. After DATA, also one with an error, the new data are what is lent.
 * -> DATA */
int woad_adv_set_data(struct woad_host *h, uint8_t set, const uint8_t *data, uint16_t data_len,
                      const uint8_t *scan_rsp, uint16_t scan_rsp_len) WOAD_MUST_USE;

/* Puts the Flags field of discoverable modes in front of the given fields: limited [Vol 3, Part C,
 * 9.2.3] or general [9.2.4], BR/EDR not supported. Returns the length, or TOO_LONG for size. For
 * limited mode the duration of the set is at most 180 s (T_GAP(lim_adv_timeout)). */
#define WOAD_GAP_LIMITED_DURATION_MS 180000u
int woad_gap_discoverable(bool limited, const uint8_t *fields, uint16_t len, uint8_t *to,
                          uint16_t size) WOAD_MUST_USE;
/* What a scanner sees: 0 not discoverable, 1 general, 2 limited. The procedures of [9.2.5] want 2,
 * those of [9.2.6] 1 or 2. */
int woad_gap_discoverable_mode(const uint8_t *data, uint16_t len);

/* ---- extended scanning ----------------------------------------------------------------------- */

/* Zero in a field means its default (in brackets); the whole may be NULL. */
struct woad_ext_scan_cfg {
    uint8_t chains;      /* advertisements being put together at once [2]. One more: the one begun
                            first is told as it is, truncated */
    uint16_t chain_size; /* octets of each [1650]; what is longer is told truncated */
    uint16_t duplicates; /* entries of the host's own duplicate filter [0 = none]. A report equal in
                            address, SID, kind and data to one in the table is not told; a full
                            table forgets the oldest. Emptied when scanning starts and, with a
                            period, when the next one begins */
};

struct woad_ext_scan_phy {
    bool on;
    bool active;
    uint16_t interval_625us; /* 4..0xFFFF; 0 = 96 (60 ms) */
    uint16_t window_625us;   /* <= interval; 0 = interval */
};

/* Filter policies [7.8.64]: bit 0 accept list only, bit 1 tell advertisements directed to private
 * addresses that were not resolved. */
struct woad_ext_scan_params {
    struct woad_ext_scan_phy phy_1m; /* neither on: 1M, passive, continuous */
    struct woad_ext_scan_phy phy_coded;
    uint8_t filter;
    bool filter_duplicates; /* in the controller */
    uint32_t duration_ms;   /* 0 = until stopped; with a period: 10..655350, of each period */
    uint16_t period_1280ms; /* 0 = scan once; longer than duration_ms; repeats until stopped */
};

/* Bits of an extended report [7.7.65.13]. */
#define WOAD_EXT_REPORT_CONNECTABLE 0x01
#define WOAD_EXT_REPORT_SCANNABLE   0x02
#define WOAD_EXT_REPORT_DIRECTED    0x04
#define WOAD_EXT_REPORT_SCAN_RSP    0x08
#define WOAD_EXT_REPORT_LEGACY      0x10
#define WOAD_ADDR_ANONYMOUS         0xFFu /* addr.type: no address */
#define WOAD_SID_NONE               0xFFu

struct woad_ext_report {
    struct woad_addr addr; /* type WOAD_ADDR_ANONYMOUS: none */
    struct woad_addr direct;
    uint8_t flags;
    bool truncated;                    /* more data was sent than is here */
    uint8_t phy;                       /* enum woad_phy */
    uint8_t phy_secondary;             /* 0: none was used */
    uint8_t sid;                       /* WOAD_SID_NONE: none */
    int8_t tx_power_dbm;               /* 127 = not known */
    int8_t rssi_dbm;                   /* 127 = not known */
    uint16_t periodic_interval_1250us; /* 0: no periodic advertising */
    const uint8_t *data;               /* valid during the event */
    uint16_t data_len;
};

/* Completes with SCAN_STARTED; reports as EXT_REPORT (legacy advertisements as well); ends with
 * SCAN_STOPPED, all as woad_gap_scan_start() does; stopped by woad_gap_scan_stop(). There is one
 * scanner per host: BUSY while either runs. */
int woad_gap_ext_scan_start(struct woad_host *h,
                            const struct woad_ext_scan_params *p) WOAD_MUST_USE;

/* ---- connecting ------------------------------------------------------------------------------ */

/* Like woad_gap_connect(), with parameters for each PHY on which the advertiser is looked for or
 * the link is used: NULL leaves a PHY out (not all three). duration_ms is that of the first. */
struct woad_ext_conn_params {
    const struct woad_conn_params *phy_1m;
    const struct woad_conn_params *phy_2m;
    const struct woad_conn_params *phy_coded;
};
int woad_gap_ext_connect(struct woad_host *h, const struct woad_addr *peer,
                         const struct woad_ext_conn_params *p) WOAD_MUST_USE;

#endif
