/* woad/gap_power.h: how a link uses the air: subrating, transmit power, path loss, channels, coding
 * [Vol 4, Part E, 7.8.19, 7.8.20, 7.8.49, 7.8.117-7.8.124, 7.7.65.32, 7.7.65.33, 7.7.65.35].
 *
 * A program names woad_gap_power_part. Everything arrives as WOAD_EVT_POWER (u.power). One
 * operation of these at a time on a link, and one at a time for the device: BUSY.
 *
 * Common errors as in woad/gap.h; UNSUPPORTED: the part is not there, the controller cannot, or (in
 * the event) the peer. woad_gap_set_phy_coding() needs no part.
 */
#ifndef WOAD_GAP_POWER_H
#define WOAD_GAP_POWER_H

#include "woad/gap.h"

extern const struct woad_host_part woad_gap_power_part;

enum woad_power_evt_type {
    WOAD_POWER_SUBRATE = 1, /* completes woad_gap_subrate(), or the peer changed it; u.subrate */
    WOAD_POWER_LEVEL,       /* completes woad_gap_read_power(); u.level */
    WOAD_POWER_CHANGED,   /* ours or the peer's level; u.level, after woad_gap_report_power(); also
                             completes woad_gap_read_remote_power() (own is false) */
    WOAD_POWER_PATH_LOSS, /* u.path_loss, after woad_gap_report_path_loss() */
    WOAD_POWER_CHANNELS,  /* completes woad_gap_read_channels(); u.channels */
    WOAD_POWER_SET,       /* completes the calls that set something; u.done */
    WOAD_POWER_RANGE,     /* completes woad_gap_read_power_range(); u.range */
};

struct woad_power_evt {
    uint8_t type; /* enum woad_power_evt_type; the link is in conn of the host's event */
    union {
        struct woad_result done;
        struct {
            struct woad_result result;
            uint16_t factor;
            uint16_t continuation;
            uint16_t latency;
            uint16_t timeout_10ms;
        } subrate;
        struct {
            struct woad_result result;
            bool own;
            uint8_t phy;     /* 1 = 1M, 2 = 2M, 3 = Coded S8, 4 = Coded S2 */
            int8_t dbm;      /* 126: the peer does not manage its power; 127: not known */
            int8_t max_dbm;  /* LEVEL: what this PHY can, 127: not known */
            int8_t delta_db; /* CHANGED: by so much, 127: not known */
            bool at_min;     /* CHANGED */
            bool at_max;
        } level;
        struct {
            uint8_t db;   /* 0xFF: not known */
            uint8_t zone; /* 0 low, 1 middle, 2 high */
        } path_loss;
        struct {
            struct woad_result result;
            uint8_t map[5]; /* bit n = channel n, 0..36 */
        } channels;
        struct {
            struct woad_result result;
            int8_t min_dbm, max_dbm;
        } range;
    } u;
};

struct woad_subrate_params {
    uint16_t min, max;     /* 1..500, min <= max; max * (latency + 1) <= 500 */
    uint16_t latency;      /* 0..499, in subrated events */
    uint16_t continuation; /* events that follow one with data, below max */
    uint16_t timeout_10ms; /* 10..3200; 0 = 500 (5 s) */
};
/* A central changes the rate, a peripheral asks for it. -> SUBRATE */
int woad_gap_subrate(struct woad_host *h, uint16_t conn,
                     const struct woad_subrate_params *p) WOAD_MUST_USE;
/* What a central grants peripherals of links to come. -> SET */
int woad_gap_subrate_default(struct woad_host *h,
                             const struct woad_subrate_params *p) WOAD_MUST_USE;

/* phy: as in u.level. -> LEVEL, CHANGED */
int woad_gap_read_power(struct woad_host *h, uint16_t conn, uint8_t phy) WOAD_MUST_USE;
int woad_gap_read_remote_power(struct woad_host *h, uint16_t conn, uint8_t phy) WOAD_MUST_USE;
/* CHANGED events of ours and of the peer's level. -> SET */
int woad_gap_report_power(struct woad_host *h, uint16_t conn, bool own, bool remote) WOAD_MUST_USE;
int woad_gap_read_power_range(struct woad_host *h) WOAD_MUST_USE; /* -> RANGE */

struct woad_path_loss_params {
    uint8_t high_db; /* 0xFF: no high zone; high - hysteresis >= low + hysteresis */
    uint8_t high_hysteresis_db;
    uint8_t low_db;
    uint8_t low_hysteresis_db;
    uint16_t min_events; /* in a zone before it counts */
};
/* PATH_LOSS events; p NULL switches them off. -> SET, once */
int woad_gap_report_path_loss(struct woad_host *h, uint16_t conn,
                              const struct woad_path_loss_params *p) WOAD_MUST_USE;

/* The channel map of a link; channels that the host knows to be bad (bit clear), at least two good
 * ones left. -> CHANNELS, SET */
int woad_gap_read_channels(struct woad_host *h, uint16_t conn) WOAD_MUST_USE;
int woad_gap_classify_channels(struct woad_host *h, const uint8_t map[5]) WOAD_MUST_USE;

/* woad_gap_set_phy() with a wish for the coding: 0 none, 1 S2, 2 S8. -> PHY_UPDATED */
int woad_gap_set_phy_coding(struct woad_host *h, uint16_t conn, uint8_t tx, uint8_t rx,
                            uint8_t coding) WOAD_MUST_USE;

#endif
