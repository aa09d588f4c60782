/* woad/sim.h: the radio world. Devices with radios in one virtual space and one virtual time.
 *
 *     sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
 *     dev = woad_sim_add(sim, &(struct woad_sim_dev_cfg){0});
 *     ll_cfg.radio = woad_sim_radio(dev);         then woad_ll_init()
 *     woad_sim_attach(dev, ll);                   the radio's events go to this controller
 *     task = woad_sim_task_add(dev, run, arg);    a pump: run(arg, now) -> next deadline
 *     woad_sim_run_until(sim, WOAD_SIM_S(10));
 *
 * World time is 64-bit nanoseconds since the start; each device has a clock of its own in
 * microseconds (woad_time) that starts at an offset and drifts by its ppm. Everything happens in
 * one thread and in one order: the same seed gives the same bytes, proven by woad_sim_hash().
 * Nothing here is for a target: the simulator allocates and is no part of the core.
 */
#ifndef WOAD_SIM_H
#define WOAD_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/ll.h"
#include "woad/radio.h"

typedef uint64_t woad_sim_time; /* nanoseconds of the world */

#define WOAD_SIM_US(n) ((woad_sim_time)(n)*1000u)
#define WOAD_SIM_MS(n) ((woad_sim_time)(n)*1000000u)
#define WOAD_SIM_S(n)  ((woad_sim_time)(n)*1000000000u)

struct woad_sim;
struct woad_sim_dev;
struct woad_sim_task;

struct woad_sim_cfg {
    uint64_t seed;
    uint16_t loss_permille;    /* packets lost at random besides what physics does */
    double path_loss_exponent; /* 0 = 2.0 (free space) */
    double capture_db;         /* wanted stronger by this survives an overlap; 0 = 8 dB */
    bool no_capture;           /* any overlap destroys (for the ALOHA check) */
    bool ideal;                /* no bit errors from weak signals */
    double fading_db;          /* deviation of the level from packet to packet; 0 = none */
};

struct woad_sim_dev_cfg {
    double x_m, y_m;           /* position, metres */
    double sleep_ppm;          /* error of the sleep clock (schedules): -500..500 */
    double active_ppm;         /* error of the active clock (T_IFS): -50..50 */
    uint16_t ramp_us;          /* 0 = 40 */
    uint16_t timer_latency_us; /* 0 = 5; delivered as random 0..that */
    uint16_t irq_latency_us;   /* the other events of the radio come a random 0..that late; the
                                  radio has timed the packets and goes on timing answers */
    uint16_t preamble_skip_us; /* of a preamble that the receiver can do without; 0 = none: it
                                  must be open at the first bit */
    int8_t tx_power_dbm;       /* the most it can send */
    uint64_t clock_offset_us;  /* the device's time at world time 0 */
};

struct woad_sim *woad_sim_new(const struct woad_sim_cfg *cfg); /* NULL: out of memory */
void woad_sim_free(struct woad_sim *sim);

struct woad_sim_dev *woad_sim_add(struct woad_sim *sim, const struct woad_sim_dev_cfg *cfg);
unsigned woad_sim_index(const struct woad_sim_dev *dev);
struct woad_radio woad_sim_radio(struct woad_sim_dev *dev);
void woad_sim_attach(struct woad_sim_dev *dev, struct woad_ll *ll);

/* What woad_sim_attach() does for a link layer, for anything else: a scripted radio, a recorder.
 * evt answers a radio event as woad_ll_radio_evt() does. power_cycle (may be NULL) is told that
 * the device's power was cut. */
struct woad_sim_sink {
    const struct woad_radio_op *(*evt)(void *arg, const struct woad_radio_evt *evt,
                                       woad_time now_us);
    void (*power_cycle)(void *arg);
    void *arg;
};
void woad_sim_set_sink(struct woad_sim_dev *dev, const struct woad_sim_sink *sink);
void woad_sim_move(struct woad_sim_dev *dev, double x_m, double y_m);

/* A pump in virtual time: run is called at its deadline and after woad_sim_task_wake(). */
typedef woad_time woad_sim_run_fn(void *arg, woad_time now_us);
struct woad_sim_task *woad_sim_task_add(struct woad_sim_dev *dev, woad_sim_run_fn *run, void *arg);
void woad_sim_task_wake(void *task); /* a woad_wake_fn */
/* Each run of the task is put off by a random 0..latency_us: interrupt and scheduling delays. */
void woad_sim_task_latency(struct woad_sim_task *task, uint32_t latency_us);

/* Marks a task as the host's: it runs on while the controller of its device is mute or has no power
 * (see the faults below). */
void woad_sim_task_set_host(struct woad_sim_task *task);

woad_sim_time woad_sim_now(const struct woad_sim *sim);
woad_time woad_sim_dev_now(const struct woad_sim_dev *dev);
/* Time of the next event, or UINT64_MAX. */
woad_sim_time woad_sim_next(const struct woad_sim *sim);
/* Handles every event up to and including t; then now == t. */
void woad_sim_run_until(struct woad_sim *sim, woad_sim_time t);
/* Handles the next event, whatever its time; false when there is none. */
bool woad_sim_step(struct woad_sim *sim);

/* Seeded random numbers of a device, as struct woad_ll_cfg and woad_host_cfg want them (arg = dev).
 */
void woad_sim_rand(void *dev, uint8_t *to, size_t len);

/* A phantom transmitter: puts octets on air that no device sends. The receivers take the packet's
 * end from its length field; what the field promises beyond the octets is noise. */
struct woad_sim_inject {
    woad_sim_time start;   /* of the preamble; not in the past */
    const uint8_t *octets; /* PDU and CRC, not whitened; copied */
    size_t len;            /* 1..260 */
    uint32_t access_address;
    uint8_t phy; /* enum woad_phy */
    uint8_t channel;
    bool placed; /* sent with power_dbm at x_m, y_m; else received everywhere at power_dbm */
    int8_t power_dbm;
    double x_m, y_m;
};
/* Errors: INVALID (a value out of range), NO_MEM. */
int woad_sim_inject(struct woad_sim *sim, const struct woad_sim_inject *inject) WOAD_MUST_USE;

/* Faults. Each happens at a time of the plan; those with a duration end by themselves. */
enum woad_sim_fault_kind {
    WOAD_SIM_FAULT_LOSS,      /* value permille more of the packets are lost on the way to dev */
    WOAD_SIM_FAULT_DELAY,     /* tasks and timers of dev run a random 0..value us late */
    WOAD_SIM_FAULT_DRIFT,     /* the sleep clock of dev is off by value ppm from now on */
    WOAD_SIM_FAULT_RESET,     /* the controller of dev loses everything and starts again at once */
    WOAD_SIM_FAULT_POWER_CUT, /* the same, and it stays off for the duration */
    WOAD_SIM_FAULT_MUTE,      /* the controller of dev hangs: its tasks do not run */
    WOAD_SIM_FAULT_KINDS,
};

#define WOAD_SIM_ALL UINT32_MAX /* every device */

struct woad_sim_fault {
    woad_sim_time at;       /* not in the past */
    woad_sim_time duration; /* LOSS, DELAY, POWER_CUT, MUTE */
    uint32_t dev;           /* woad_sim_index(), or WOAD_SIM_ALL */
    int32_t value;          /* LOSS 0..1000, DELAY 0..1000000, DRIFT -500..500 */
    uint8_t kind;           /* enum woad_sim_fault_kind */
};
/* Adds to the plan. Errors: INVALID, NO_MEM. */
int woad_sim_fault_add(struct woad_sim *sim, const struct woad_sim_fault *fault) WOAD_MUST_USE;

/* A plan drawn from the world's seed: count[kind] faults between from and to, each on a random
 * device, with durations up to duration_max and values up to value_max[kind] (DRIFT: either sign).
 * Errors: INVALID, NO_MEM. */
struct woad_sim_fault_mix {
    woad_sim_time from, to, duration_max;
    uint16_t count[WOAD_SIM_FAULT_KINDS];
    int32_t value_max[WOAD_SIM_FAULT_KINDS];
};
int woad_sim_fault_random(struct woad_sim *sim, const struct woad_sim_fault_mix *mix) WOAD_MUST_USE;

/* The RESET fault, now. */
void woad_sim_power_cycle(struct woad_sim_dev *dev);

/* Running hash of the event log: time, device, channel, PHY, address, octets, outcome. */
uint64_t woad_sim_hash(const struct woad_sim *sim);

/* What the checkers of the air found wrong, as a line of text for a person: an answer that was not
 * 150 +- 2 us after the packet it answers, a connection event beside its anchor. The checkers see
 * only what is on air and know nothing of the link layers. */
typedef void woad_sim_report_fn(void *arg, woad_sim_time at, const char *text);
void woad_sim_set_report(struct woad_sim *sim, woad_sim_report_fn *fn, void *arg);

/* Captures every packet on air in a pcap file (link type 256, nanoseconds of the world). Writing is
 * buffered: woad_sim_flush() or the close makes it whole. Errors: IO, EXISTS (one is open). */
int woad_sim_capture_open(struct woad_sim *sim, const char *path) WOAD_MUST_USE;
/* IO when anything could not be written. No capture open: 0. */
int woad_sim_capture_close(struct woad_sim *sim);

/* Writes a line per transmission to dir/d_2G4_NN.Tx.csv, NN the device, in the form of BabbleSim's
 * transmission dumps. Lines are in the file when woad_sim_run_until() and woad_sim_step() return.
 * Errors: IO (reported by woad_sim_flush() when it happens later), EXISTS, NO_MEM. */
int woad_sim_dump_open(struct woad_sim *sim, const char *dir) WOAD_MUST_USE;
/* Writes out what is buffered. IO when anything could not be written since the start. */
int woad_sim_flush(struct woad_sim *sim);

struct woad_sim_stats {
    uint64_t packets;    /* transmissions */
    uint64_t receptions; /* reported to a receiver with good CRC */
    uint64_t crc_errors;
    uint64_t crc_missed;     /* bits were flipped and the CRC did not see it */
    uint64_t missed;         /* in range, right address, receiver not open in time */
    uint64_t late;           /* operations refused as too late */
    uint64_t ifs_violations; /* answers outside 150 +- 2 us */
    uint64_t anchor_violations;
    uint64_t truncated;
};
void woad_sim_get_stats(const struct woad_sim *sim, struct woad_sim_stats *stats);

#endif
