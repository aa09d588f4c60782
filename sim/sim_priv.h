/* Shared inside the simulator: the world's structures and what its files call of one another.
 *
 *     queue   one indexed heap of everything that will happen
 *     clock   world nanoseconds <-> a device's microseconds
 *     radio   a device's operation: armed, on air, listening, locked
 *     medium  packets on air, who locks on to them, how they end
 *     bits    CRC and whitening
 */
#ifndef WOAD_SIM_PRIV_H
#define WOAD_SIM_PRIV_H

#include "woad/sim.h"

#define SIM_NEVER UINT64_MAX

enum {
    SIM_CHANNELS = 40,
    SIM_PDU_MAX = 257, /* header of 2, payload and MIC of 255 */
    SIM_CRC_LEN = 3,
    SIM_OCTETS_MAX = SIM_PDU_MAX + SIM_CRC_LEN,
    SIM_OCTETS_ROOM = 264,                     /* whole words of 8 */
    SIM_SYMBOLS_ROOM = SIM_OCTETS_MAX * 8 + 8, /* octets of symbols of a coded packet */
    SIM_PHY_GROUPS = 3,                        /* 1M, 2M, coded */
};

/* What is in the queue. The order is the order at equal times: first the air, then the devices. */
enum sim_kind {
    SIM_KIND_PKT,
    SIM_KIND_OP,
    SIM_KIND_TIMER,
    SIM_KIND_TASK,
    SIM_KIND_FAULT,
};

/* Sits inside whatever can be due. At equal times the smaller rank comes first, so that the order
 * depends on what the things are and never on when they were put in. */
struct sim_slot {
    uint32_t pos;  /* place in the heap + 1; 0 = not queued */
    uint32_t rank; /* kind << 28 | number of the thing */
};

struct sim_entry {
    woad_sim_time at;
    struct sim_slot *slot;
};

struct sim_queue {
    struct sim_entry *entries;
    uint32_t count;
    uint32_t size;
};

enum sim_radio_state {
    SIM_RADIO_OFF,
    SIM_RADIO_REPORT, /* evt is to be delivered */
    SIM_RADIO_LATE,   /* the LATE event is due */
    SIM_RADIO_TX_ARMED,
    SIM_RADIO_TX,
    SIM_RADIO_RX,        /* in its channel's list of listeners, open from open_ns */
    SIM_RADIO_RX_LOCKED, /* receives pkt */
};

/* A clock: local nanoseconds = base_local + (world - base_world) * (1 + ppb / 10^9). */
struct sim_clock {
    woad_sim_time base_world;
    uint64_t base_local;
    int32_t ppb;
};

struct sim_pkt;

struct woad_sim_dev {
    struct woad_sim *sim;
    struct woad_sim_sink sink;
    struct woad_radio_op armed;       /* a copy: whoever armed it may already prepare the next */
    const struct woad_radio_op *op;   /* &armed, or NULL */
    struct woad_radio_evt evt;        /* REPORT */
    struct sim_pkt *pkt;              /* TX: being sent; RX_LOCKED: being received */
    struct woad_sim_dev *locked_next; /* in pkt's list of receivers */
    struct sim_slot op_slot;
    struct sim_slot timer_slot;
    struct sim_clock clock;
    int32_t active_ppb;
    woad_sim_time open_ns;       /* RX: the receiver is open from here */
    woad_sim_time close_ns;      /* RX: the access address must have ended here */
    woad_sim_time ref_ns;        /* end of the packet reported last */
    woad_time timer_us;          /* what the timer is set to */
    woad_sim_time loss_until_ns; /* faults: see fault.c */
    woad_sim_time delay_until_ns;
    woad_sim_time frozen_until_ns; /* the controller's tasks do not run */
    woad_sim_time dead_until_ns;   /* nor does its radio */
    uint64_t timer_rng;
    uint64_t air_rng;
    uint64_t user_rng;
    int64_t x_mm;
    int64_t y_mm;
    uint32_t index;
    uint32_t listen_pos; /* in its list of listeners */
    uint8_t listen_channel;
    uint8_t listen_group;
    int32_t rx_level; /* of the packet being received, 0.01 dBm */
    uint32_t fault_delay_us;
    uint16_t fault_loss; /* permille */
    uint16_t skip_us;    /* of a preamble that the receiver can do without */
    uint16_t ramp_us;
    uint16_t timer_latency_us;
    uint16_t irq_latency_us;
    int8_t tx_power_dbm;
    uint8_t state; /* enum sim_radio_state */
    bool rx_burst; /* the packet being received gets a burst of errors */
};

struct woad_sim_task {
    struct sim_slot slot;
    struct woad_sim_dev *dev;
    woad_sim_run_fn *run;
    void *arg;
    woad_sim_time due;     /* what it is queued for */
    woad_time deadline_us; /* what run asked for */
    uint32_t latency_us;
    bool woken;
    bool host;
};

enum sim_pkt_phase {
    SIM_PKT_WAITING, /* a phantom before its start */
    SIM_PKT_SYNC,    /* on air, access address not yet over */
    SIM_PKT_BODY,
    SIM_PKT_OVER,
};

/* As the capture's radio header counts them. */
enum sim_pdu_type {
    SIM_PDU_ADV = 0,
    SIM_PDU_AUX_ADV = 1,
    SIM_PDU_C_TO_P = 2,
    SIM_PDU_P_TO_C = 3,
};

#define SIM_ADV_AA 0x8e89bed6u /* [Vol 6, Part B, 2.1.2] */

/* One transmission. */
struct sim_pkt {
    struct sim_slot slot;
    struct sim_pkt *next;        /* in order of start; in the free list */
    struct sim_pkt *rf_next;     /* on the same frequency */
    struct woad_sim_dev *dev;    /* NULL: a phantom */
    struct woad_sim_dev *locked; /* receivers */
    woad_sim_time start_ns;
    woad_sim_time sync_ns;      /* end of the access address */
    woad_sim_time tx_end_ns;    /* end of the octets sent */
    woad_sim_time rx_end_ns;    /* end of the packet its length field announces */
    woad_sim_time power_end_ns; /* tx_end_ns, or when the transmitter was switched off */
    int64_t x_mm, y_mm;
    uint32_t access_address;
    uint32_t number; /* in order of start, from 1 */
    uint16_t len;    /* octets sent from header to CRC */
    uint16_t rx_len; /* octets of the PDU its length field announces */
    uint8_t channel;
    uint8_t rf; /* frequency: 2402 MHz + 2 rf */
    uint8_t phy;
    uint8_t phase; /* enum sim_pkt_phase */
    int8_t power_dbm;
    bool placed;     /* has a position; else it is as strong everywhere */
    bool cut;        /* the transmitter was switched off */
    bool overlapped; /* by another packet, in time and near in frequency */
    bool tx_done, rx_done;
    uint8_t pdu_type; /* enum sim_pdu_type, for the capture */
    bool crc_known;   /* whether crc_good says anything */
    bool crc_good;
    bool captured;
    uint8_t octets[SIM_OCTETS_ROOM]; /* from header to CRC, plain */
    uint8_t air[SIM_OCTETS_ROOM];    /* the same whitened */
};

struct sim_listeners {
    struct woad_sim_dev **dev;
    uint32_t count;
    uint32_t size;
};

/* A connection (or whatever uses one access address), as seen on air. */
struct sim_link {
    woad_sim_time last_end_ns; /* of the last packet */
    woad_sim_time anchor_ns;   /* of the last event */
    struct woad_sim_dev *central;
    struct woad_sim_dev *last_dev;
    uint32_t access_address; /* 0: a free row */
    uint32_t crc_init;
    uint32_t interval_us;      /* 0: not known */
    uint32_t sca_ppm;          /* as the central declared it */
    uint32_t window_offset_us; /* of the first event, or of the first after an update */
    uint32_t window_us;
    uint32_t next_interval_us; /* after the instant */
    uint16_t event;
    uint16_t instant;
    uint8_t last_channel;
    bool crc_known;
    bool phantom;   /* the central is one */
    bool encrypted; /* updates cannot be read any more */
    bool first;     /* the first event is awaited, from anchor_ns on */
    bool update;    /* an update is pending */
    bool jumped;    /* the last anchor was off, which an update explains in an encrypted link */
};

struct sim_links {
    struct sim_link *rows; /* open addressing by access address */
    uint32_t count;
    uint32_t size; /* a power of two, or 0 */
};

/* An advertising channel packet that may get an answer, or did. */
struct sim_heard {
    woad_sim_time end_ns;
    uint64_t addr; /* AdvA */
    uint8_t type;
};

enum { SIM_HEARD = 64 };

enum { SIM_OVERLAPS_MAX = 64 };

/* The packets on air during a stretch of one, and what their level must be raised by to compare it
 * with noise. */
struct sim_overlaps {
    woad_sim_time from_ns;
    uint32_t number; /* of the packet; 0: none */
    uint32_t count;
    struct sim_overlap {
        const struct sim_pkt *pkt;
        int32_t offset;
    } items[SIM_OVERLAPS_MAX];
};

struct sim_fault {
    struct sim_slot slot;
    struct woad_sim_fault plan;
};

struct sim_pcap;
struct sim_dump;

struct woad_sim {
    woad_sim_time now;
    struct sim_queue queue;
    struct woad_sim_cfg cfg;
    struct woad_sim_dev **devs;
    uint32_t dev_count;
    uint32_t dev_size;
    struct woad_sim_task **tasks;
    uint32_t task_count;
    uint32_t task_size;
    struct sim_pkt **pkts; /* every packet ever made, for rank and release */
    uint32_t pkt_count;
    uint32_t pkt_size;
    struct sim_pkt *pkt_free;
    struct sim_pkt *air_head; /* packets that may still matter, in order of start */
    struct sim_pkt *air_tail;
    struct sim_pkt *on_rf[SIM_CHANNELS];
    struct sim_listeners listeners[SIM_CHANNELS][SIM_PHY_GROUPS];
    struct woad_sim_stats stats;
    uint64_t hash;
    struct sim_fault **faults;
    uint32_t fault_count;
    uint32_t fault_size;
    struct sim_overlaps overlaps;
    struct sim_links links;
    struct sim_heard heard[3][SIM_HEARD]; /* by channel - 37 */
    uint32_t heard_count[3];
    woad_sim_report_fn *report;
    void *report_arg;
    struct sim_pcap *pcap;
    struct sim_dump *dump;
    int32_t exponent_milli;
    int32_t capture_cdb;
    int32_t fading_cdb;
    uint32_t crc_table[16][256];
    uint8_t whitening[SIM_CHANNELS][SIM_OCTETS_ROOM];
};

/* queue.c */
void woad_sim_queue_set(struct sim_queue *q, struct sim_slot *slot, woad_sim_time at);
void woad_sim_queue_remove(struct sim_queue *q, struct sim_slot *slot);
void woad_sim_queue_free(struct sim_queue *q);

static inline woad_sim_time sim_queue_next(const struct sim_queue *q)
{
    return q->count ? q->entries[0].at : SIM_NEVER;
}

static inline struct sim_slot sim_slot_make(enum sim_kind kind, uint32_t number)
{
    return (struct sim_slot){.rank = (uint32_t)kind << 28 | number};
}

static inline enum sim_kind sim_slot_kind(const struct sim_slot *slot)
{
    return (enum sim_kind)(slot->rank >> 28);
}

static inline uint32_t sim_slot_number(const struct sim_slot *slot)
{
    return slot->rank & 0x0fffffffu;
}

/* clock.c */
uint64_t woad_sim_clock_local(const struct sim_clock *clock, woad_sim_time world);
/* The first world time at which the clock shows local_ns or more. */
woad_sim_time woad_sim_clock_world(const struct sim_clock *clock, uint64_t local_ns);
void woad_sim_clock_set_ppb(struct sim_clock *clock, woad_sim_time now, int32_t ppb);
woad_time woad_sim_dev_us(const struct woad_sim_dev *dev, woad_sim_time world);
/* A device time as world time; WOAD_TIME_NEVER becomes SIM_NEVER. */
woad_sim_time woad_sim_dev_world(const struct woad_sim_dev *dev, woad_time local_us);

/* rng.c: splitmix64; every device has streams of its own. */
uint64_t woad_sim_rng_next(uint64_t *state);
uint64_t woad_sim_rng_below(uint64_t *state, uint64_t limit);
uint64_t woad_sim_rng_seed(uint64_t seed, uint64_t stream);

/* bits.c */
void woad_sim_bits_init(struct woad_sim *sim);
/* The CRC as it is stored behind a PDU: first octet on air in bits 0..7. */
uint32_t woad_sim_bits_crc(const struct woad_sim *sim, uint32_t init, const uint8_t *pdu,
                           size_t len);
/* Whether the CRC that follows len octets is theirs. */
bool woad_sim_bits_crc_good(const struct woad_sim *sim, uint32_t init, const uint8_t *octets,
                            size_t len);
/* to = from xor the keystream of the channel; works in words: both have SIM_OCTETS_ROOM octets. */
void woad_sim_bits_whiten(const struct woad_sim *sim, uint8_t channel, uint8_t *to,
                          const uint8_t *from, size_t len);

/* fec.c: bits of octets, the three of the termination included, to bits * s symbols and back */
void woad_sim_fec_encode(const uint8_t *octets, uint32_t bits, unsigned s, uint8_t *symbols);
void woad_sim_fec_decode(const uint8_t *symbols, uint32_t bits, unsigned s, uint8_t *octets);

/* signal.c */
/* The level at which the packet arrives, 0.01 dBm. */
int32_t woad_sim_signal_level(const struct woad_sim_dev *dev, const struct sim_pkt *pkt);
int32_t woad_sim_signal_fading(struct woad_sim_dev *dev);
int8_t woad_sim_signal_rssi(int32_t level);
bool woad_sim_signal_in_range(const struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                              int32_t level);
bool woad_sim_signal_clean(const struct woad_sim_dev *dev, const struct sim_pkt *pkt);
/* Flips those bits (symbols, for LE Coded) between two times that noise and other packets spoil;
 * bit 0 of bits is the one sent at `from`. Returns how many. The level is dev->rx_level. */
uint32_t woad_sim_signal_flip(struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                              woad_sim_time from, woad_sim_time to, uint8_t *bits);

/* Whether they spoil any. */
bool woad_sim_signal_spoils(struct woad_sim_dev *dev, const struct sim_pkt *pkt, woad_sim_time from,
                            woad_sim_time to);

/* receive.c */
/* At the end of the access address: does the device find the packet? Sets dev->rx_level. */
bool woad_sim_receive_sync(struct woad_sim_dev *dev, const struct sim_pkt *pkt);
/* At the end of the packet: what the device got of it. */
void woad_sim_receive_end(struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                          struct woad_radio_evt *evt);

/* hash.c */
void woad_sim_hash_word(struct woad_sim *sim, uint64_t word);
void woad_sim_hash_octets(struct woad_sim *sim, const uint8_t *octets, size_t len);

/* radio.c */
void woad_sim_radio_report(struct woad_sim_dev *dev, const struct woad_radio_evt *evt);
void woad_sim_radio_op_due(struct woad_sim_dev *dev);
void woad_sim_radio_timer_due(struct woad_sim_dev *dev);
void woad_sim_radio_off(struct woad_sim_dev *dev);
extern const struct woad_radio_ops woad_sim_radio_ops;

/* Computes anew when what is armed will happen, after a change of the clock. */
void woad_sim_radio_requeue(struct woad_sim_dev *dev);

/* task.c */
void woad_sim_task_due(struct woad_sim_task *task);
void woad_sim_task_requeue(struct woad_sim_task *task);

/* fault.c */
void woad_sim_fault_due(struct woad_sim *sim, struct sim_fault *fault);

/* medium.c */
void woad_sim_medium_transmit(struct woad_sim_dev *dev, const struct woad_radio_op *op);
uint8_t woad_sim_rf_of(uint8_t channel);
void woad_sim_medium_cut(struct sim_pkt *pkt);
void woad_sim_medium_due(struct woad_sim *sim, struct sim_pkt *pkt);
void woad_sim_medium_listen(struct woad_sim_dev *dev);
void woad_sim_medium_deafen(struct woad_sim_dev *dev);
void woad_sim_medium_unlock(struct woad_sim_dev *dev);

/* judge.c: looks at a packet that starts; fills in pdu_type, crc_known and crc_good. */
void woad_sim_judge_packet(struct woad_sim *sim, struct sim_pkt *pkt);
/* links.c: the row of an access address; made when there is none. */
struct sim_link *woad_sim_links_get(struct woad_sim *sim, uint32_t access_address);
/* The row a CONNECT_IND announces, filled. payload: InitA, AdvA, LLData. */
void woad_sim_links_connect(struct woad_sim *sim, const struct sim_pkt *pkt);

/* pcap.c, dump.c */
void woad_sim_pcap_write(struct woad_sim *sim, const struct sim_pkt *pkt);
int woad_sim_pcap_flush(struct woad_sim *sim);
void woad_sim_dump_write(struct woad_sim *sim, const struct sim_pkt *pkt);
int woad_sim_dump_flush(struct woad_sim *sim);
void woad_sim_dump_close(struct woad_sim *sim);

/* Makes room for one element more in an array of pointers; false: out of memory. */
bool woad_sim_grow(void *array, uint32_t count, uint32_t *size);
/* Gives p back; ends the program when it is NULL. A world that has lost an event for want of memory
 * would go on and be wrong. */
void *woad_sim_must(void *p);
int64_t woad_sim_mm(double m);

static inline unsigned sim_phy_group(uint8_t phy)
{
    return phy == WOAD_PHY_1M ? 0 : phy == WOAD_PHY_2M ? 1 : 2;
}

#endif
