/* woad/gap_periodic.h: periodic advertising, synchronising to it, and its transfer over links
 * (PAST) [Vol 3, Part C, 9.5; Vol 4, Part E, 7.8.61-7.8.70, 7.8.88-7.8.92].
 *
 *      woad_pa_start(set) ---> a train of data at a fixed interval, beside the set's advertising
 *
 *      woad_pa_sync()  --> SYNCED -- REPORT, REPORT ... --> LOST
 *      woad_pa_receive(conn) and the peer's transfer --> SYNCED (conn, service_data)
 *      woad_pa_transfer(conn, sync), woad_pa_transfer_set(conn, set) --> TRANSFERRED
 *
 * Everything arrives as WOAD_EVT_PERIODIC (u.periodic). A program names woad_gap_periodic_part; it
 * brings woad_gap_ext_part along, and to advertise it names woad_gap_ext_adv_part as well.
 *
 * A sync exists from SYNCED (result 0) until LOST. Its handle is the controller's, as BIGInfo and
 * isochronous streams want it. While a sync is being created scanning must run (extended scanning
 * on the advertiser's PHY): without it nothing is found; the host does not start it by itself.
 *
 * Common errors as in woad/gap.h; UNSUPPORTED: the part is not there, or (in
 * the event) the controller cannot; NOT_FOUND: no such sync. What ends or changes a train that does
 * not run, or a sync() that is not under way, answers STATE, with the part or without.
 */
#ifndef WOAD_GAP_PERIODIC_H
#define WOAD_GAP_PERIODIC_H

#include "woad/gap_ext.h"

extern const struct woad_host_part woad_gap_periodic_part;

/* Zero in a field means its default (in brackets); the whole may be NULL. */
struct woad_pa_cfg {
    uint8_t trains;      /* advertising sets that may have a train [1] */
    uint8_t syncs;       /* at once [1] */
    uint16_t chain_size; /* octets of a report put together, for each sync [254]; longer ones are
                            told truncated. A report in one fragment needs none */
};

enum woad_pa_evt_type {
    WOAD_PA_STARTED = 1, /* completes woad_pa_start(); u.train */
    WOAD_PA_STOPPED, /* completes woad_pa_stop(), or a fault that could not be repaired; u.train */
    WOAD_PA_DATA,    /* completes woad_pa_data(); u.train */
    WOAD_PA_SYNCED,  /* completes woad_pa_sync(), or the peer transferred one; u.synced */
    WOAD_PA_REPORT,  /* u.report */
    WOAD_PA_LOST, /* a sync ended: nothing heard (TIMEOUT), woad_pa_sync_end() (0), fault; u.lost */
    WOAD_PA_BIGINFO,     /* the train describes an isochronous group; u.biginfo */
    WOAD_PA_TRANSFERRED, /* completes woad_pa_transfer() and woad_pa_transfer_set(); u.link */
    WOAD_PA_RECEIVE_SET, /* completes woad_pa_receive(); u.link (conn WOAD_CONN_NONE: the default)
                          */
    WOAD_PA_LIST_DONE,   /* completes the list calls; u.done */
    WOAD_PA_REPORTING,   /* completes woad_pa_report(); u.lost */
};

struct woad_pa_evt {
    uint8_t type; /* enum woad_pa_evt_type */
    union {
        struct woad_result done;
        struct {
            struct woad_result result;
            uint8_t set;
        } train;
        struct {
            struct woad_result
                result; /* CANCELLED, TIMEOUT (not heard within six events), REFUSED */
            uint16_t sync;
            struct woad_addr addr;
            uint8_t sid;
            uint8_t phy; /* enum woad_phy */
            uint16_t interval_1250us;
            uint8_t clock_accuracy; /* 0 = 500 ppm ... 7 = 20 ppm */
            uint16_t conn;          /* transferred over this link, otherwise WOAD_CONN_NONE */
            uint16_t service_data;  /* of the transfer */
        } synced;
        struct {
            uint16_t sync;
            int8_t tx_power_dbm; /* 127 = not known */
            int8_t rssi_dbm;
            uint8_t cte_type; /* 0xFF: none */
            bool truncated;
            const uint8_t *data; /* valid during the event */
            uint16_t data_len;
        } report;
        struct {
            struct woad_result result;
            uint16_t sync;
        } lost;
        struct {
            uint16_t sync;
            uint8_t num_bis, nse, bn, pto, irc, phy, framing;
            uint16_t iso_interval_1250us, max_pdu, max_sdu;
            uint32_t sdu_interval_us;
            bool encrypted;
        } biginfo;
        struct {
            struct woad_result result;
            uint16_t conn;
        } link;
    } u;
};

/* ---- the advertiser -------------------------------------------------------------------------- */

struct woad_pa_params {
    uint16_t interval_min_1250us; /* 6..0xFFFF; 0 = 80 (100 ms) */
    uint16_t interval_max_1250us; /* 0 = interval_min */
    bool tx_power;                /* in the header */
    bool adi;                     /* scanners may tell equal data apart by it (5.3) */
    const uint8_t *data;          /* lent until STOPPED, or DATA of the call that replaced it */
    uint16_t data_len;            /* 0..1650 */
};

/* A train of the set, which must run (STATE) and be neither connectable, scannable, legacy nor
 * anonymous (INVALID). The train goes on when the set stops. -> STARTED; once it has succeeded
 * STOPPED follows once. Started again without an event after a fault, when its set is. */
int woad_pa_start(struct woad_host *h, uint8_t set, const struct woad_pa_params *p) WOAD_MUST_USE;
int woad_pa_stop(struct woad_host *h, uint8_t set) WOAD_MUST_USE; /* -> STOPPED */
/* Data of up to 252 octets replace the old at once. Longer data stop the train and start it anew:
 * receivers must synchronise again. -> DATA */
int woad_pa_data(struct woad_host *h, uint8_t set, const uint8_t *data,
                 uint16_t data_len) WOAD_MUST_USE;

/* ---- the receiver ---------------------------------------------------------------------------- */

struct woad_pa_sync_params {
    uint8_t sid;           /* 0..15 */
    uint16_t skip;         /* 0..499: events that may be left out after a successful one */
    uint16_t timeout_10ms; /* 10..16384; 0 = 1000 (10 s) */
    bool quiet;            /* no reports until woad_pa_report() */
    bool filter;           /* no reports of data already told (5.3) */
    uint32_t duration_ms;  /* give up looking for it; 0 = until cancelled */
};

/* Synchronises to a train of addr, or with addr NULL to any in the periodic advertiser list. One at
 * a time: BUSY. NO_MEM: every sync of the configuration is in use. -> SYNCED */
int woad_pa_sync(struct woad_host *h, const struct woad_addr *addr,
                 const struct woad_pa_sync_params *p) WOAD_MUST_USE;
int woad_pa_sync_cancel(struct woad_host *h) WOAD_MUST_USE;             /* ends that sync() */
int woad_pa_sync_end(struct woad_host *h, uint16_t sync) WOAD_MUST_USE; /* -> LOST */
/* Reports on or off; off: the train is followed without them. -> REPORTING */
int woad_pa_report(struct woad_host *h, uint16_t sync, bool on, bool filter) WOAD_MUST_USE;

/* The periodic advertiser list. -> LIST_DONE */
int woad_pa_list_add(struct woad_host *h, const struct woad_addr *addr, uint8_t sid) WOAD_MUST_USE;
int woad_pa_list_remove(struct woad_host *h, const struct woad_addr *addr,
                        uint8_t sid) WOAD_MUST_USE;
int woad_pa_list_clear(struct woad_host *h) WOAD_MUST_USE;

/* ---- transfer -------------------------------------------------------------------------------- */

/* Tells the peer of a link how to hear the train of a sync, or of one of our own sets. service_data
 * is for the profile above. One at a time on a link: BUSY. -> TRANSFERRED (to the controller: the
 * peer does not answer) */
int woad_pa_transfer(struct woad_host *h, uint16_t conn, uint16_t sync,
                     uint16_t service_data) WOAD_MUST_USE;
int woad_pa_transfer_set(struct woad_host *h, uint16_t conn, uint8_t set,
                         uint16_t service_data) WOAD_MUST_USE;

enum woad_pa_receive_mode {
    WOAD_PA_RECEIVE_OFF,    /* transfers are ignored [preset] */
    WOAD_PA_RECEIVE_QUIET,  /* synchronise, no reports */
    WOAD_PA_RECEIVE_ON,     /* and reports */
    WOAD_PA_RECEIVE_FILTER, /* reports without those of data already told */
};
/* What happens with transfers over conn, or over links to come (WOAD_CONN_NONE). -> RECEIVE_SET,
 * and SYNCED at each transfer. */
int woad_pa_receive(struct woad_host *h, uint16_t conn, uint8_t mode, uint16_t skip,
                    uint16_t timeout_10ms) WOAD_MUST_USE;

#endif
