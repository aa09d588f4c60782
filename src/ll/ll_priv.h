/* The inside of the link layer. docs/ll.md explains the parts.
 *
 * Two contexts touch struct woad_ll: the pump (woad_ll_run and the calls around it) and the radio
 * interrupt (woad_ll_radio_evt), which may preempt the pump at any instruction but is never
 * preempted by it. Every field belongs to one of them; the other only reads it. Members written by
 * the interrupt are grouped in the structs named *_isr. What crosses the border crosses in rings
 * with one producer and one consumer.
 */
#ifndef WOAD_LL_PRIV_H
#define WOAD_LL_PRIV_H

#include <stdatomic.h>
#include <string.h>

#include "woad/addr.h"
#include "woad/crypto.h"
#include "woad/cursor.h"
#include "woad/hci.h"
#include "woad/ll.h"

enum {
    LL_CMDS = 16,         /* precomputed radio commands */
    LL_TX_RING = 8,       /* PDUs handed to the interrupt, per link */
    LL_CTRL_SLOTS = 4,    /* LL control PDUs in flight, per link */
    LL_CTRL_LEN_MAX = 34, /* payload of the longest LL control PDU we send */
    LL_DUPLICATES = 32,   /* advertisers the duplicate filter remembers */
    LL_HEADER_LEN = 2,
    LL_MIC_LEN = 4,
    LL_IND_LEN = 12 + LL_MIC_LEN, /* LL_CONNECTION_UPDATE_IND, the longest with an instant */
    LL_PAYLOAD_MAX = 251,
    LL_ADV_PAYLOAD_MAX = 37,
    LL_ADV_DATA_MAX = 31,
    LL_PDU_MAX = LL_HEADER_LEN + LL_PAYLOAD_MAX + LL_MIC_LEN,
    LL_T_IFS_US = 150,
    LL_IFS_WINDOW_US = 16,      /* how long the answer to a packet is waited for */
    LL_MARGIN_US = 5,           /* from the decision to arm to the radio's ramp-up */
    LL_HORIZON_US = 120000,     /* how far ahead radio commands are computed */
    LL_ADV_PATIENCE_US = 30000, /* for this long an advertising event gives way to links */
    LL_JITTER_US = 16,          /* of an anchor timed by a sleep clock [Vol 6, Part B, 4.2.2] */
    LL_UNIT_US = 1250,          /* of connection intervals and transmit windows */
    LL_MIN_INTERVAL = 6,
    LL_MAX_INTERVAL = 3200,
    LL_MAX_LATENCY = 499,
    LL_MIN_TIMEOUT = 10,
    LL_MAX_TIMEOUT = 3200,
    LL_ESTABLISH_EVENTS = 6, /* [Vol 6, Part B, 4.5.2] */
    LL_DEFAULT_TIME_US = 328,
    LL_DEFAULT_OCTETS = 27,
    LL_MAX_TIME_US = 2120,
    LL_MAX_TIME_CODED_US = 17040,
    LL_MIN_TIME_CODED_US = 2704, /* 27 octets and a MIC with S8 */
    LL_INSTANT_LEAD = 7,         /* events from queueing a PDU with an instant to the instant */
    LL_VERSION = WOAD_HCI_VERSION_5_0,
    LL_COMPANY = 0xffff, /* none assigned */
    LL_SUBVERSION = 0x0001,
};

#define LL_ADV_ACCESS_ADDRESS 0x8E89BED6u
#define LL_ADV_CRC_INIT       0x555555u
#define LL_CHANNELS_ALL       UINT64_C(0x1FFFFFFFFF)
#define LL_PROCEDURE_TIMEOUT  WOAD_S(40)

/* --- rings of pointers: one producer, one consumer ------------------------------------------- */

struct ll_ring {
    void **slot;
    uint16_t mask; /* slots - 1, a power of two */
    _Atomic uint16_t put;
    _Atomic uint16_t get;
};

static inline uint16_t ll_ring_count(const struct ll_ring *r)
{
    return (uint16_t)(atomic_load_explicit(&r->put, memory_order_acquire) -
                      atomic_load_explicit(&r->get, memory_order_acquire));
}

static inline bool ll_ring_full(const struct ll_ring *r)
{
    return ll_ring_count(r) > r->mask;
}

static inline void ll_ring_push(struct ll_ring *r, void *item)
{
    uint16_t put = atomic_load_explicit(&r->put, memory_order_relaxed);
    r->slot[put & r->mask] = item;
    atomic_store_explicit(&r->put, (uint16_t)(put + 1), memory_order_release);
}

static inline void *ll_ring_pop(struct ll_ring *r)
{
    uint16_t get = atomic_load_explicit(&r->get, memory_order_relaxed);
    if (get == atomic_load_explicit(&r->put, memory_order_acquire))
        return NULL;
    void *item = r->slot[get & r->mask];
    atomic_store_explicit(&r->get, (uint16_t)(get + 1), memory_order_release);
    return item;
}

/* --- radio commands --------------------------------------------------------------------------- */

enum ll_act {
    LL_ACT_NONE,
    LL_ACT_ADV,
    LL_ACT_CONN,
};

/* One precomputed radio command: the first operation of an advertising or connection event. */
struct ll_cmd {
    struct woad_radio_op op;
    woad_time limit_us; /* the event must be over by then */
    woad_time busy_us;  /* end of the least the event needs; for the scheduler */
    uint32_t event;     /* number of the event within its activity */
    uint16_t conn;      /* index of the link */
    uint8_t act;        /* enum ll_act */
    uint8_t rx_phy;     /* links: PHYs of this event */
    uint8_t tx_phy;
    bool unsynced; /* peripheral: the anchor is not known exactly yet */
};

/* The ring of commands. The pump may take back what the interrupt has not taken
 * (woad_ll_sched_retract): put then moves down to get, and the interrupt takes a put behind get as
 * empty. */
struct ll_cmd_ring {
    struct ll_cmd cmd[LL_CMDS];
    _Atomic uint16_t put;
    _Atomic uint16_t get;
    uint16_t low; /* the interrupt wakes the pump when no more than this are left */
};

/* --- advertising, scanning, initiating ---------------------------------------------------------
 */

enum ll_adv_type {
    LL_ADV_IND = 0,
    LL_ADV_DIRECT_IND = 1,
    LL_ADV_NONCONN_IND = 2,
    LL_SCAN_REQ = 3,
    LL_SCAN_RSP = 4,
    LL_CONNECT_IND = 5,
    LL_ADV_SCAN_IND = 6,
};

enum {
    LL_PDU_TYPE_MASK = 0x0f,
    LL_CH_SEL = 0x20,
    LL_TX_ADD = 0x40,
    LL_RX_ADD = 0x80,
    LL_CONNECT_LEN = 34,
};

struct ll_adv_pdu {
    uint8_t octets[LL_HEADER_LEN + LL_ADV_PAYLOAD_MAX];
    uint8_t len;
};

struct ll_adv {
    /* What the host set. */
    uint16_t interval_min; /* 0.625 ms */
    uint16_t interval_max;
    uint8_t hci_type; /* Advertising_Type of HCI */
    uint8_t own_type;
    struct woad_addr peer;
    uint8_t channels;
    uint8_t filter; /* bit 0: scan requests, bit 1: connect requests from the list only */
    uint8_t data_len;
    uint8_t data[LL_ADV_DATA_MAX];
    uint8_t rsp_len;
    uint8_t rsp[LL_ADV_DATA_MAX];
    /* The event as the interrupt needs it. Two of each: the pump fills the one not in use. */
    bool enabled;
    bool connectable, scannable, directed;
    uint8_t type; /* enum ll_adv_type */
    struct ll_adv_pdu pdu[2], scan_rsp[2];
    _Atomic uint8_t pdu_use, rsp_use;
    uint8_t first_channel, last_channel;
    woad_time due_us;   /* when the next event to plan was due */
    woad_time plan_us;  /* and its start, put off where links are in the way; 0: to be drawn */
    woad_time last_us;  /* start of the event planned before; 0: none */
    woad_time until_us; /* end of high duty cycle directed advertising */
    uint32_t plan_event;
};

struct ll_adv_isr {
    uint32_t event;     /* last event started */
    woad_time start_us; /* and when */
    uint8_t channel;
    _Atomic bool stopped; /* a connect request was accepted: wait for the pump */
};

/* Scanning and initiating share one receiver in the gaps between commands. */
struct ll_listen {
    _Atomic bool on;
    uint32_t window_us, interval_us;
};

struct ll_listen_isr {
    woad_time start_us; /* of the current window */
    uint8_t channel;    /* 0: 37 */
    bool running;       /* start_us is set */
};

struct ll_scan {
    struct ll_listen listen;
    uint16_t interval, window; /* 0.625 ms */
    bool active, filter_duplicates;
    uint8_t own_type;
    uint8_t filter; /* Scanning_Filter_Policy */
    uint8_t req[LL_HEADER_LEN + 12];
    uint8_t seen_count, seen_next;
    uint8_t seen[LL_DUPLICATES][8];
};

struct ll_scan_isr {
    uint16_t upper, count; /* back-off [Vol 6, Part B, 4.4.3.2] */
    int8_t streak;         /* successes positive, failures negative */
    uint8_t peer[7];       /* who was asked: TxAdd and address */
    uint32_t dropped;      /* reports without a buffer */
};

struct ll_init {
    struct ll_listen listen;
    bool active; /* a create connection command is under way */
    bool use_list;
    uint8_t own_type;
    struct woad_addr peer;
    uint16_t scan_interval, scan_window;
    uint16_t interval, latency, timeout;
    uint8_t hop;
    uint8_t req[LL_HEADER_LEN + LL_CONNECT_LEN];
    woad_time grid_us; /* anchors of the new link fall on grid_us + n * interval; 0 = any */
    uint16_t conn;     /* index reserved for the link */
    uint32_t number;   /* counts create connection commands */
};

/* A connection made in interrupt context, for the pump. */
struct ll_made {
    _Atomic bool full;
    bool central;
    uint8_t phy;
    uint8_t ch_sel;      /* both sides know CSA #2 */
    woad_time end_us;    /* end of the CONNECT_IND */
    woad_time anchor_us; /* central: first anchor */
    uint8_t pdu[LL_HEADER_LEN + LL_CONNECT_LEN];
};

/* --- links
 * ---------------------------------------------------------------------------------------- */

enum ll_tx_kind {
    LL_TX_DATA,
    LL_TX_CTRL,
};

/* One data channel PDU for the interrupt. The header at pdu is written when it is sent, so that two
 * fragments of one buffer may lie back to back: the header of the second covers the last octets of
 * the first, which was acknowledged by then. */
struct ll_tx {
    uint8_t *pdu;
    struct woad_buf *done;  /* the host's packet that ends with this PDU, or NULL */
    struct woad_buf *stage; /* staging buffer, or NULL */
    uint8_t len;            /* payload with MIC */
    uint8_t llid;
    uint8_t kind; /* enum ll_tx_kind */
    uint8_t slot; /* control: its slot; the opcode is kept there */
};

enum {
    LL_LLID_CONT = 1,
    LL_LLID_START = 2,
    LL_LLID_CTRL = 3,
    LL_NESN = 0x04,
    LL_SN = 0x08,
    LL_MD = 0x10,
};

enum ll_in_flight {
    LL_FLIGHT_NONE,
    LL_FLIGHT_RING,
    LL_FLIGHT_EMPTY,
};

/* Written by the interrupt. */
struct ll_conn_isr {
    woad_time anchor_us;   /* last anchor that was sent or received */
    woad_time rx_us;       /* last packet with a good CRC */
    uint32_t anchor_event; /* its event */
    uint32_t event;        /* last event begun or missed */
    uint32_t heard_event;  /* last event with a packet with a good CRC */
    uint32_t tx_count;     /* packets sent */
    uint32_t anchors;      /* counts changes of anchor_us: read twice for a consistent copy */
    _Atomic uint16_t tx_acked;
    uint8_t sn, nesn; /* LL_SN or 0, LL_NESN or 0 */
    uint8_t flight;   /* enum ll_in_flight */
    uint8_t sent_md, peer_md;
    uint8_t crc_errors; /* in a row, in this event */
    bool first;         /* no packet received in this event yet */
    bool heard;         /* a packet was received since the link was made */
    bool cut;           /* the last event ended for want of time */
    bool unfit;         /* in this event there was no time for the PDU at the head of the ring */
    _Atomic bool in_event;
    int8_t rssi;
    uint8_t empty[LL_HEADER_LEN];
};

enum ll_role {
    LL_CENTRAL = 0,
    LL_PERIPHERAL = 1,
};

/* Events for the host that are due for a link; sent in this order when there is a buffer. */
enum ll_conn_evt {
    LL_EVT_CONNECTED,
    LL_EVT_CSA,
    LL_EVT_PARAM_REQ,
    LL_EVT_UPDATED,
    LL_EVT_VERSION,
    LL_EVT_FEATURES,
    LL_EVT_DATA_LENGTH,
    LL_EVT_PHY,
    LL_EVT_LTK_REQ,
    LL_EVT_ENC_CHANGE,
    LL_EVT_ENC_REFRESH,
    LL_EVT_APTO,
    LL_EVT_DISCONNECTED,
    LL_EVT_COUNT,
};

/* Procedures a link can be asked to start; the lowest bit set starts first. */
enum ll_proc {
    LL_PROC_NONE,
    LL_PROC_ENC,
    LL_PROC_FEATURES,
    LL_PROC_VERSION,
    LL_PROC_LENGTH,
    LL_PROC_PHY,
    LL_PROC_PARAM_REQ,   /* connection parameters request */
    LL_PROC_UPDATE,      /* connection update, central */
    LL_PROC_CHANNEL_MAP, /* central */
    LL_PROC_PING,
    LL_PROC_COUNT,
};

/* Where an encryption start, pause or refresh stands; see ll_enc.c. */
enum ll_enc_state {
    LL_ENC_IDLE,
    LL_ENC_C_DRAIN,       /* central: waits until everything queued was acknowledged */
    LL_ENC_C_WAIT_PAUSE,  /* LL_PAUSE_ENC_REQ sent */
    LL_ENC_C_PAUSED,      /* LL_PAUSE_ENC_RSP sent in the clear */
    LL_ENC_C_WAIT_RSP,    /* LL_ENC_REQ sent */
    LL_ENC_C_WAIT_START,  /* LL_ENC_RSP received */
    LL_ENC_C_WAIT_DONE,   /* LL_START_ENC_RSP sent */
    LL_ENC_P_PAUSE_DRAIN, /* peripheral: LL_PAUSE_ENC_REQ received */
    LL_ENC_P_WAIT_PAUSE,  /* LL_PAUSE_ENC_RSP sent */
    LL_ENC_P_WAIT_REQ,    /* paused; LL_ENC_REQ has to come */
    LL_ENC_P_DRAIN,       /* LL_ENC_REQ received */
    LL_ENC_P_WAIT_LTK,    /* LL_ENC_RSP sent, host asked */
    LL_ENC_P_WAIT_START,  /* LL_START_ENC_REQ sent */
};

struct ll_enc {
    uint8_t state; /* enum ll_enc_state */
    bool tx_on, rx_on;
    bool refresh;    /* the link was encrypted when this began */
    bool reply;      /* the host answered the key request */
    bool reply_key;  /* with a key */
    uint8_t ltk[16]; /* most significant octet first */
    uint8_t rand[8]; /* as on air */
    uint8_t ediv[2];
    uint8_t skd[16]; /* as on air: central's half first */
    uint8_t iv[8];   /* as on air */
    uint64_t tx_counter, rx_counter;
    bool keyed; /* aes is initialised */
    struct woad_aes aes;
};

struct ll_lengths {
    uint16_t tx_octets, tx_time_us, rx_octets, rx_time_us;
};

struct ll_update {
    bool pending;
    uint16_t instant;
    uint16_t interval, latency, timeout;
    uint32_t win_us, offset_us;
    bool report;
};

struct ll_params {
    uint16_t interval_min, interval_max, latency, timeout;
};

/* A PDU with an instant that we owe as central. It waits until everything queued before it was
 * acknowledged and gets its instant then: else the instant may pass before the PDU is on air. */
enum ll_ind {
    LL_IND_NONE,
    LL_IND_UPDATE,
    LL_IND_CHANNEL_MAP,
    LL_IND_PHY,
};

/* A data channel link. */
struct ll_conn {
    struct ll_conn_isr isr;
    struct ll_tx tx[LL_TX_RING];
    _Atomic uint16_t tx_put;
    uint16_t tx_taken; /* acknowledged PDUs that were cleared away */

    /* Identity. */
    uint16_t index, handle;
    uint8_t generation;
    bool active; /* has a place in the schedule */
    bool used;   /* or has still something to tell the host */
    uint8_t role;
    struct woad_addr peer;
    uint32_t access_address, crc_init;

    /* Timing. */
    uint32_t interval_us;
    uint16_t interval, latency, timeout; /* in the units of HCI */
    uint16_t sca_ppm;                    /* the peer's */
    uint8_t sca;                         /* as in CONNECT_IND */
    uint8_t hop;
    bool csa2;
    uint16_t channel_id; /* of CSA #2 */
    uint64_t map;
    woad_time ref_us;  /* anchor (or start of the transmit window) of event ref_event */
    woad_time sync_us; /* when clocks agreed last */
    uint32_t ref_event;
    uint32_t ref_window_us; /* 0: ref_us is an anchor */
    uint32_t anchors_seen;
    uint32_t last_planned; /* event decided last, and last put into the ring */
    uint32_t last_appended;
    struct ll_cmd cand; /* that event, when cand_ok */
    bool cand_ok;
    bool barrier;     /* nothing can be planned until an instant has passed */
    uint16_t starved; /* events given up to others, in a row */
    uint32_t supervision_us;
    woad_time supervised_us; /* supervision counts from here at the earliest */

    /* Procedures with an instant. */
    uint8_t ind; /* enum ll_ind */
    struct ll_params ind_params;
    bool ind_report;
    uint8_t ind_tx, ind_rx; /* PHY masks */
    struct ll_update upd;
    struct {
        bool pending;
        uint16_t instant;
        uint64_t map;
    } chm;
    struct {
        bool pending;
        uint16_t instant;
        uint8_t tx, rx;
    } phy_upd;
    uint8_t tx_phy, rx_phy;   /* enum woad_phy */
    uint8_t pref_tx, pref_rx; /* PHY masks the host prefers on this link */
    uint8_t coded_opt;

    /* Data. */
    struct woad_buf_queue acl; /* from the host, not yet cut up */
    uint16_t acl_offset;       /* octets of its head already handed over */
    uint16_t completed;        /* packets to report */
    uint16_t outstanding;      /* packets of the host held here */
    struct ll_lengths local;   /* what we ask for: connMaxTxOctets, ... */
    struct ll_lengths remote;  /* what the peer said */
    struct ll_lengths eff;     /* in force */
    uint8_t ctrl[LL_CTRL_SLOTS][LL_HEADER_LEN + LL_CTRL_LEN_MAX + LL_MIC_LEN];
    uint8_t ctrl_opcode[LL_CTRL_SLOTS];
    uint8_t ctrl_used; /* bit per slot */

    /* Control procedures. */
    uint8_t
        deferred[LL_CTRL_LEN_MAX]; /* a PDU of the peer to be looked at after encryption began */
    uint8_t deferred_len;
    uint16_t wanted; /* bit per enum ll_proc */
    uint8_t proc;    /* the local one under way */
    bool proc_by_host;
    uint16_t wanted_by_host; /* of wanted: an event is owed */
    bool peer_spoke;         /* the peer has sent a PDU of our procedure */
    uint8_t rproc;           /* the remote one under way */
    woad_time proc_due_us, rproc_due_us;
    bool version_sent, version_known, features_known;
    bool no_param_req; /* the peer does not know the connection parameters request */
    uint8_t version;
    uint16_t company, subversion;
    uint8_t features[8];       /* the peer's */
    struct ll_params upd_want; /* what our host asked for */
    struct ll_params req;      /* what the peer asks for */
    bool param_asked;          /* the host is being asked */
    bool phy_report;
    struct ll_enc enc;
    woad_time apto_us; /* authenticated payload timeout; */
    woad_time apto_due_us, ping_due_us;

    /* Ending. */
    bool terminating; /* our LL_TERMINATE_IND is under way */
    bool terminate_queued;
    uint8_t terminate_reason;
    woad_time terminate_due_us;
    bool peer_terminated; /* leave when the acknowledgement was sent */
    uint32_t peer_terminated_at;

    /* Host. */
    uint16_t evts; /* bit per enum ll_conn_evt */
    uint8_t evt_status[LL_EVT_COUNT];
    uint16_t host_held;  /* packets the host has not reported complete */
    bool rx_started;     /* an L2CAP start was passed up */
    uint32_t rx_dropped; /* PDUs against the rules */
    bool ending;         /* off the air; the interrupt may still hold its last event */
    uint8_t end_reason;
    uint32_t ctrl_tag; /* isr.tx_count when the control PDU in hand was received */
};

/* --- the controller
 * --------------------------------------------------------------------------------- */

enum ll_isr_state {
    LL_ISR_IDLE,
    LL_ISR_ADV_TX,
    LL_ISR_ADV_RX,
    LL_ISR_ADV_RSP,
    LL_ISR_LISTEN,
    LL_ISR_SCAN_REQ,
    LL_ISR_SCAN_RSP,
    LL_ISR_INIT_TX,
    LL_ISR_CONN_TX,
    LL_ISR_CONN_RX,
    LL_ISR_STATES,
};

struct ll_isr {
    struct ll_cmd cmd; /* the command under way */
    struct woad_radio_op ops[2];
    struct woad_radio_op *op; /* the operation armed; a command that replaces it takes the other */
    uint8_t state;
    struct woad_buf *rx;     /* where a data PDU is received, or NULL: scratch */
    struct woad_buf *report; /* where an advertising PDU is received, or NULL: scratch */
    struct ll_listen_isr scan, init;
    uint8_t init_req[LL_HEADER_LEN + LL_CONNECT_LEN]; /* the request on air */
    uint32_t init_number;                             /* and the command it is for */
    struct ll_scan_isr scanner;
    struct ll_adv_isr adv;
    uint32_t noise;      /* pseudo random state for back-off */
    bool listening_init; /* which of the two listens now */
    bool wake;
    uint32_t late;
};

struct ll_accept {
    struct woad_addr addr;
};

struct woad_ll {
    struct woad_ll_cfg cfg;
    struct woad_radio_caps caps;
    woad_wake_fn *wake;
    void *wake_arg;
    woad_time now_us;
    uint16_t lead_us; /* from the timer to the start of an operation */

    struct ll_isr isr;
    struct ll_cmd_ring cmds;
    struct ll_ring rx_free, rx_done, report_free, report_done;
    struct ll_made made;
    struct ll_adv adv;
    struct ll_scan scan;
    struct ll_init init;
    struct ll_conn *conns;
    struct ll_accept *accept;
    uint16_t accept_count;

    struct woad_pool cmd_pool, acl_pool, rx_pool, evt_pool, report_pool, stage_pool;
    struct woad_buf *cmd;       /* the command to execute */
    struct woad_buf_queue out;  /* for the host */
    struct woad_buf_queue held; /* ACL for the host, waiting for its credits */
    struct woad_buf *completed; /* the completed packets event in out, not yet taken */
    uint16_t outstanding;       /* packets of the host held here */

    uint8_t public_addr[6];
    uint8_t random_addr[6];
    bool random_set;
    uint64_t evt_mask, evt_mask2, le_evt_mask;
    uint64_t channels; /* host channel classification */
    uint16_t default_tx_octets, default_tx_time_us;
    uint8_t default_tx_phys, default_rx_phys;
    bool host_flow;
    uint16_t host_acl_max, host_acl_used, host_acl_len;
    uint8_t failed_status; /* of a connection that was not made; evt owed when failed_owed */
    bool failed_owed, failed_central;
    struct woad_addr failed_peer;
    bool starved; /* wake when the host returns a buffer */
    bool replan;  /* a link has something to say before its next planned event */

    uint8_t scratch[LL_PDU_MAX];
};

/* ll.c */
void woad_ll_wake(struct woad_ll *ll);
uint32_t woad_ll_rand32(struct woad_ll *ll);
const uint8_t *woad_ll_own_addr(const struct woad_ll *ll, uint8_t own_type);
void woad_ll_reset(struct woad_ll *ll);
void woad_ll_out(struct woad_ll *ll, struct woad_buf *buf);
void woad_ll_buffers_refill(struct woad_ll *ll);

/* ll_csa.c [Vol 6, Part B, 4.5.8] */
uint8_t woad_ll_csa1(uint64_t map, uint8_t hop, uint32_t event);
uint8_t woad_ll_csa2(uint64_t map, uint16_t channel_id, uint16_t event);
uint16_t woad_ll_csa_channel_id(uint32_t access_address);
uint8_t woad_ll_csa_count(uint64_t map);
bool woad_ll_access_address_ok(uint32_t access_address);

/* ll_sched.c */
void woad_ll_sched_fill(struct woad_ll *ll);
void woad_ll_sched_retract(struct woad_ll *ll);
void woad_ll_sched_kick(struct woad_ll *ll);
uint32_t woad_ll_widening_us(uint32_t ppm, uint64_t elapsed_us);
uint16_t woad_ll_sca_ppm(uint8_t sca);
uint8_t woad_ll_sca_of(uint16_t ppm);
void woad_ll_conn_sync(struct ll_conn *c);
uint8_t woad_ll_conn_channel(const struct ll_conn *c, uint32_t event);

/* ll_isr.c and the parts of it */
const struct woad_radio_op *woad_ll_isr_idle(struct woad_ll *ll, woad_time now_us);
void woad_ll_isr_rx_op(struct woad_ll *ll, uint8_t *pdu, uint16_t capacity, uint8_t phy);
void woad_ll_isr_ifs(struct woad_ll *ll, uint8_t kind);
woad_time woad_ll_isr_next_us(struct woad_ll *ll);
bool woad_ll_isr_accepted(const struct woad_ll *ll, uint8_t tx_add, const uint8_t *addr);
const struct woad_radio_op *woad_ll_isr_adv_begin(struct woad_ll *ll);
const struct woad_radio_op *woad_ll_isr_adv_tx(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now);
const struct woad_radio_op *woad_ll_isr_adv_rx(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now);
const struct woad_radio_op *woad_ll_isr_adv_rsp(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now);
const struct woad_radio_op *woad_ll_isr_listen_begin(struct woad_ll *ll, woad_time now);
woad_time woad_ll_isr_listen_next_us(struct woad_ll *ll, woad_time now);
const struct woad_radio_op *woad_ll_isr_listen(struct woad_ll *ll, const struct woad_radio_evt *evt,
                                               woad_time now);
const struct woad_radio_op *woad_ll_isr_scan_req(struct woad_ll *ll,
                                                 const struct woad_radio_evt *evt, woad_time now);
const struct woad_radio_op *woad_ll_isr_scan_rsp(struct woad_ll *ll,
                                                 const struct woad_radio_evt *evt, woad_time now);
const struct woad_radio_op *woad_ll_isr_init_tx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now);
const struct woad_radio_op *woad_ll_isr_conn_begin(struct woad_ll *ll);
const struct woad_radio_op *woad_ll_isr_conn_tx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now);
const struct woad_radio_op *woad_ll_isr_conn_rx(struct woad_ll *ll,
                                                const struct woad_radio_evt *evt, woad_time now);
void woad_ll_isr_conn_close(struct woad_ll *ll, bool cut);

/* ll_adv.c, ll_scan.c */
int woad_ll_adv_start(struct woad_ll *ll);
void woad_ll_adv_stop(struct woad_ll *ll);
void woad_ll_adv_resume(struct woad_ll *ll);
void woad_ll_adv_update(struct woad_ll *ll);
void woad_ll_adv_run(struct woad_ll *ll);
bool woad_ll_adv_plan(struct woad_ll *ll, struct ll_cmd *cmd);
void woad_ll_scan_start(struct woad_ll *ll);
void woad_ll_scan_stop(struct woad_ll *ll);
void woad_ll_scan_run(struct woad_ll *ll);
int woad_ll_init_start(struct woad_ll *ll);
void woad_ll_init_stop(struct woad_ll *ll);

/* ll_conn.c */
struct ll_conn *woad_ll_conn_find(struct woad_ll *ll, uint16_t handle);
struct ll_conn *woad_ll_conn_free_slot(struct woad_ll *ll);
struct ll_conn *woad_ll_conn_by_peer(struct woad_ll *ll, uint8_t type, const uint8_t *addr);
void woad_ll_conn_make(struct woad_ll *ll);
woad_time woad_ll_conn_run(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_conn_end(struct woad_ll *ll, struct ll_conn *c, uint8_t reason);
void woad_ll_conn_drop(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_conn_evt(struct ll_conn *c, enum ll_conn_evt evt, uint8_t status);
bool woad_ll_conn_busy(const struct ll_conn *c);
uint16_t woad_ll_tx_pending(const struct ll_conn *c);

/* ll_data.c: data to and from a link */
void woad_ll_data_rx(struct woad_ll *ll);
void woad_ll_data_tx(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_data_reclaim(struct woad_ll *ll, struct ll_conn *c);
void woad_ll_data_flush(struct woad_ll *ll, struct ll_conn *c);
int woad_ll_data_acl(struct woad_ll *ll, struct woad_buf *pkt);
void woad_ll_data_held(struct woad_ll *ll);
void woad_ll_data_lengths(struct woad_ll *ll, struct ll_conn *c);
bool woad_ll_ctrl_send(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, const void *params,
                       size_t len);
uint8_t woad_ll_ctrl_free(const struct ll_conn *c);
uint8_t woad_ll_time_octets(uint8_t phy, uint32_t time_us);
uint32_t woad_ll_time_limit_us(const struct ll_conn *c, bool tx, uint8_t phy, uint32_t interval_us);

/* ll_ctrl.c: control PDUs received; ll_proc.c: procedures */
struct ll_ctrl_row;
void woad_ll_ctrl_rx(struct woad_ll *ll, struct ll_conn *c, const uint8_t *payload, uint8_t len);
void woad_ll_ctrl_acked(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode);
const char *woad_ll_ctrl_name(uint8_t opcode);
woad_time woad_ll_choose_grid(const struct woad_ll *ll, uint32_t interval_us,
                              const struct ll_conn *except);

/* ll_evt.c */
void woad_ll_evt_run(struct woad_ll *ll);
struct woad_buf *woad_ll_evt_new(struct woad_ll *ll, uint8_t code, struct woad_wr *w);
void woad_ll_evt_send(struct woad_ll *ll, struct woad_buf *buf, const struct woad_wr *w);

/* ll_hci.c */
void woad_ll_hci_run(struct woad_ll *ll);
void woad_ll_hci_defaults(struct woad_ll *ll);

#endif
