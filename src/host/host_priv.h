/* host_priv.h: the inside of the host, shared by core, GAP and L2CAP.
 *
 *     rx -> rxq -> run: event tables (events.c), ACL (acl_rx.c -> l2cap/)     -> events
 *     calls -> command nodes (cmd.c), channel queues, flags                   -> wake
 *     tx <- commands (cmd.c) <- signalling <- K-frames cut on demand (l2cap/frame.c)
 *
 * Nothing is allocated for an operation: each object (host, link, channel) embeds the command
 * nodes, timers and flags of what it can have under way. Events of the controller are told to the
 * application from their handlers, which run() calls; what a call or tx() causes is noted as a
 * flag on a link or channel and told by the next run().
 */
#ifndef WOAD_HOST_PRIV_H
#define WOAD_HOST_PRIV_H

#include <assert.h>

#include "woad/crypto.h"
#include "woad/cursor.h"
#include "woad/gap.h"
#include "woad/hci.h"
#include "woad/host.h"
#include "woad/l2cap.h"
#include "woad/timer.h"

/* The object that embeds a member. */
#define HOST_OWNER(ptr, type, member) ((type *)(void *)((uint8_t *)(ptr)-offsetof(type, member)))

/* ---- optional parts (part.c) ----------------------------------------------------------------- */

struct host_link;
struct host_chan;

/* A fixed channel. handle gets whole PDUs up to mtu octets and no longer than asm_size of the host;
 * over (may be NULL) is called with the first octets of a longer one. */
struct host_fixed_row {
    uint16_t cid;
    uint16_t mtu;
    void (*handle)(struct host_link *link, const uint8_t *pdu, uint16_t len);
    void (*over)(struct host_link *link, const uint8_t *head, uint16_t len);
};

/* Those of a peripheral first (see struct woad_host). */
enum host_part_id {
    HOST_PART_ATT,
    HOST_PART_GATTS,
    HOST_PART_SMP,
    HOST_PART_GATTC,
    HOST_PART_PRIVACY,
    HOST_PART_EXT,
    HOST_PART_EXT_ADV,
    HOST_PART_EXT_SCAN,
    HOST_PART_PERIODIC,
    HOST_PART_POWER,
    HOST_PART_MANY,
    HOST_PART_EATT,
    HOST_PART_COUNT
};

enum host_event_form {
    HOST_EVENT_PLAIN,
    HOST_EVENT_STALE,       /* meaningful also before the reset of a start was answered */
    HOST_EVENT_LINK,        /* begins with the handle of a link */
    HOST_EVENT_STATUS_LINK, /* begins with a status and the handle of a link */
};

/* One HCI event: {code, least length of the parameters, form, handler}. Events of a link that is
 * not there are counted and go no further. */
struct host_event_row {
    uint8_t code;
    uint8_t min;
    uint8_t form; /* enum host_event_form */
    union {
        void (*plain)(struct woad_host *h, struct woad_rd *r);
        /* status is 0 when the event has none; r stands behind the handle */
        void (*link)(struct host_link *link, uint8_t status, struct woad_rd *r);
    } handle;
};

/* The state of a part is its own struct, placed by the core; h->part[id] points at it. Members not
 * needed are NULL. Everything here is called from run(), init and deinit excepted. */
struct woad_host_part {
    uint8_t id;             /* enum host_part_id */
    uint8_t hci_len;        /* the longest parameters of its commands and events, above 36 and 72 */
    uint8_t le_event_count; /* these rows are also what it needs in the controller's mask */
    const struct host_event_row *le_events;
    const struct woad_host_part *needs; /* comes along by itself, with NULL for its cfg */
    size_t (*mem_size)(const struct woad_host_cfg *cfg, const void *part_cfg);
    /* mem is aligned for anything and zero. Errors end woad_host_init(). */
    int (*init)(struct woad_host *h, void *mem, const void *part_cfg);
    void (*deinit)(struct woad_host *h);
    /* The controller is set up; READY is told after it. */
    void (*ready)(struct woad_host *h);
    /* Fault or stop: completes with err what is not of a link. Links are down already. */
    void (*drop)(struct woad_host *h, int err);
    /* link_up before CONNECTED, link_down before DISCONNECTED: completes with err everything that
     * is of the link. */
    void (*link_up)(struct host_link *link);
    void (*link_down)(struct host_link *link, int err);
    /* Encryption of the link was switched on, refreshed or failed (status as in HCI), or the
     * identity or level of security of its peer became known. Of a pairing: at its end. */
    void (*security)(struct host_link *link, uint8_t status);
    /* Tells what woad_host_part_due() asked for; returns how many events that were (>= 1). */
    unsigned (*service)(struct woad_host *h, unsigned budget);
    const struct host_fixed_row *fixed; /* its fixed channel of L2CAP */
};

/* What security offers to the other parts; NULL in h->security without it. */
struct host_security_ops {
    uint8_t (*level)(const struct host_link *link);    /* 1..4 [Vol 3, Part C, 10.2.1] */
    uint8_t (*key_size)(const struct host_link *link); /* octets, 0 while not encrypted */
    /* Bond of the link's peer, or -1. */
    int (*bond)(const struct host_link *link);
    /* Raises the link to level by encryption or pairing; security() of every part follows when it
     * ends. 0, or an error: BUSY counts as under way. */
    int (*raise)(struct host_link *link, uint8_t level);
    /* Signed writes [Vol 3, Part H, 2.4.5]: 12 octets of signature over the parts; verify counts,
     * and answers SECURITY or the level of the pairing that the key is of. */
    int (*sign)(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                uint8_t signature[12]);
    int (*verify)(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                  const uint8_t signature[12]);
    /* The application's LTK request is answered by security when this is true. */
    bool (*ltk_request)(struct host_link *link, const uint8_t rand[8], uint16_t ediv);
    /* Encryption was switched on, refreshed or failed: told before every other part, which security
     * tells itself. */
    void (*changed)(struct host_link *link, uint8_t status);
};

/* Several connections pending (gap/many.c) in place of one; NULL in h->many without it. */
struct host_many_ops {
    int (*connect)(struct woad_host *h, const struct woad_addr *peer,
                   const struct woad_conn_params *p);
    int (*cancel)(struct woad_host *h);
    /* The controller's attempt ended: with a link, or with result. */
    void (*ended)(struct woad_host *h, struct host_link *link, struct woad_result result);
    /* The accept list is in use. */
    bool (*uses_list)(const struct woad_host *h);
    /* Something connectable advertises from addr. */
    void (*heard)(struct woad_host *h, const struct woad_addr *addr);
};

/* Private addresses (gap/privacy.c); NULL in h->privacy without it. */
struct host_privacy_ops {
    void (*make)(struct woad_host *h, struct woad_addr *addr); /* a new one of ours */
    /* The identity behind addr. */
    bool (*resolve)(struct woad_host *h, const struct woad_addr *addr, struct woad_addr *identity);
    /* The controller resolves this identity by itself. */
    bool (*listed)(const struct woad_host *h, const struct woad_addr *identity);
    /* There is a key for it. */
    bool (*knows)(const struct woad_host *h, const struct woad_addr *identity);
    /* It does not resolve the private address that directed advertising would name it by. */
    bool (*deaf)(const struct woad_host *h, const struct woad_addr *identity);
};

/* Credit-based channels (l2cap/channel.c), joined by the first call that listens or connects: a
 * program without such a call has none of their code. NULL in h->channels before. */
struct l2cap_command_row;
struct host_channel_ops {
    const struct l2cap_command_row *commands; /* of signalling */
    uint8_t command_count;
    /* A command of ours with this identifier waits for its answer; sent: has gone out, too. */
    bool (*asked)(const struct host_link *link, uint8_t ident, bool sent);
    void (*rejected)(struct host_link *link, uint8_t ident);
    /* Writes the next signalling command into the empty buffer; false: there is none. */
    bool (*build)(struct host_link *link, struct woad_buf *buf);
    struct woad_buf *(*fragment)(struct woad_host *h, struct host_link *link);
    /* A PDU for a channel begins; takes octets of it, and returns how many; the rest
     * of it is lost. */
    void (*rx_route)(struct host_link *link);
    uint16_t (*rx_feed)(struct host_link *link, const uint8_t *data, uint16_t len);
    void (*rx_lost)(struct host_chan *chan);
    void (*link_down)(struct host_link *link, int err);
    /* Tells what channels have to tell; returns how many events that were. */
    unsigned (*serve)(struct woad_host *h, unsigned budget);
};

/* What a host of woad_host_init() does by itself (full.c); NULL in h->full without it. */
struct host_start_step;
struct host_full_ops {
    const struct host_start_step *steps; /* of start-up, behind the others */
    uint8_t step_count;
    void (*negotiate)(struct woad_host *h, struct host_link *link); /* with a new link */
    void (*link_lost)(struct woad_host *h, struct host_link *link);
    void (*param_request)(struct host_link *link, uint8_t status, struct woad_rd *r);
    struct woad_buf *(*flow_tx)(struct woad_host *h);
};

/* The parts of a configuration, each behind those it needs. */
struct host_part_list {
    uint8_t count;
    struct woad_host_use use[HOST_PART_COUNT];
};
bool woad_host_parts_list(const struct woad_host_cfg *cfg, struct host_part_list *list);
int woad_host_parts_init(struct woad_host *h, const struct host_part_list *list, void *const *mem);
void woad_host_parts_deinit(struct woad_host *h);
const struct host_event_row *woad_host_parts_le_event(const struct woad_host *h, uint8_t code);
uint64_t woad_host_parts_le_mask(const struct woad_host *h);
void woad_host_parts_ready(struct woad_host *h);
void woad_host_parts_drop(struct woad_host *h, int err);
void woad_host_parts_link_up(struct host_link *link);
void woad_host_parts_link_down(struct host_link *link, int err);
void woad_host_parts_security(struct host_link *link, uint8_t status);
/* service() of the part runs in this run() or the next; wakes the pump. From anywhere. */
void woad_host_part_due(struct woad_host *h, enum host_part_id id);
unsigned woad_host_parts_service(struct woad_host *h, unsigned budget);

/* ---- commands (cmd.c) ------------------------------------------------------------------------ */

struct host_cmd;

/* One kind of command: how to write its parameters and what its answer does. Static and const. */
struct host_cmd_row {
    uint16_t opcode;
    void (*build)(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w); /* NULL: none */
    /* status of Command Status, or the first return parameter of Command Complete; ret the
     * parameters behind it (empty after Command Status). */
    void (*done)(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret);
    /* done NULL: nobody cares. */
};

enum host_cmd_state { HOST_CMD_IDLE, HOST_CMD_QUEUED, HOST_CMD_SENT };

/* A place in the command queue, embedded in the object the command is about. */
struct host_cmd {
    struct host_cmd *next;
    const struct host_cmd_row *row;
    uint16_t opcode; /* of row, unless its opcode is 0 */
    uint8_t state;   /* enum host_cmd_state */
};

/* One asked for by a call outside run(), which has no time, is armed by the next run(); until then
 * t.sibling is the next of these and t.deadline_us the delay. */
struct host_timer {
    struct woad_timer t;
    struct woad_host *h;
    bool unarmed;
};

struct host_cmd_queue {
    bool waiting;
    uint8_t credits; /* Num_HCI_Command_Packets */
    uint16_t sent_opcode;
    struct host_cmd *head;
    struct host_cmd **end; /* where the next one goes */
    struct host_cmd *sent; /* the command under way; NULL with waiting: its object has gone */
};

struct host_raw_cmd {
    struct host_cmd cmd;
    bool used;
    uint8_t len;
    uint8_t *params; /* cmd_len octets */
};

void woad_host_cmd_push(struct woad_host *h, struct host_cmd *cmd, const struct host_cmd_row *row);
/* Takes cmd out of the queue; an answer still to come is ignored. */
void woad_host_cmd_drop(struct woad_host *h, struct host_cmd *cmd);
struct woad_buf *woad_host_cmd_tx(struct woad_host *h);
void woad_host_cmd_watch(struct woad_host *h);
void woad_host_cmd_reset(struct woad_host *h);
void woad_host_evt_command_complete(struct woad_host *h, struct woad_rd *r);
void woad_host_evt_command_status(struct woad_host *h, struct woad_rd *r);
/* The bit in left_out of an optional command (startup.c), which this controller may list and not
 * answer; 0: opcode is none. */
uint16_t woad_host_optional(uint16_t opcode);

/* ---- timers (timers.c) ----------------------------------------------------------------------- */

void woad_host_timer_init(struct woad_host *h, struct host_timer *t,
                          void (*fn)(struct woad_timer *));
/* Fires delay_us after the present run(), or after the next one when called outside. */
void woad_host_timer_after(struct host_timer *t, uint64_t delay_us);
void woad_host_timer_stop(struct host_timer *t);
static inline bool woad_host_timer_on(const struct host_timer *t)
{
    return t->unarmed || t->t.armed;
}
void woad_host_timers_arm(struct woad_host *h);

/* ---- links (link.c) -------------------------------------------------------------------------- */

enum host_link_state { HOST_LINK_FREE, HOST_LINK_UP, HOST_LINK_ENDING };

/* Operations of a link that the application waits for; each completes with one event. */
enum host_link_op {
    HOST_OP_DISCONNECT = 1 << 0,
    HOST_OP_UPDATE = 1 << 1,
    HOST_OP_PHY = 1 << 2,
    HOST_OP_DATA_LEN = 1 << 3,
    HOST_OP_ENCRYPT = 1 << 4,
    HOST_OP_LTK = 1 << 5,
    HOST_OP_RSSI = 1 << 6,
    HOST_OP_VERSION = 1 << 7,
    HOST_OP_FEATURES = 1 << 8,
};

enum host_rx_sink { HOST_RX_IDLE, HOST_RX_HEADER, HOST_RX_FIXED, HOST_RX_CHAN, HOST_RX_SKIP };

/* The longest signalling PDU taken (MTU_sig); at least 23 [Vol 3, Part A, 4]. */
#define HOST_SIG_MTU         64
#define HOST_CID_FIXED_FIRST 0x0004
/* The longest payload of signalling and of the Security Manager [Vol 3, Part H, 3.2]. */
#define HOST_SIG_PAYLOAD 65

/* An L2CAP PDU being put together from ACL fragments (l2cap/recombine.c). */
struct host_l2cap_rx {
    uint8_t sink; /* enum host_rx_sink */
    uint8_t hdr_len;
    uint16_t left;  /* octets of the payload to come */
    uint8_t hdr[6]; /* basic header, and the SDU length of a K-frame */
    uint8_t hdr_need;
    union {
        struct host_chan *chan;             /* of HOST_RX_CHAN */
        const struct host_fixed_row *fixed; /* of HOST_RX_FIXED */
    } to;
};

struct host_chan_queue {
    struct host_chan *head;
    struct host_chan *tail;
};

/* In the order of struct woad_host, for the same reason. */
struct host_link {
    struct woad_host *h;
    uint8_t state; /* enum host_link_state */
    uint8_t role;
    bool encrypted;
    bool ltk_open; /* an LTK request waits for its reply */
    bool has_key;
    bool flush_first; /* the disconnection waits until nothing is left to send */
    bool tx_queued;
    bool tx_active; /* counted in acl_active */
    bool att_turn;  /* the last fragment was a K-frame's */
    bool dirty;
    bool param_req;      /* a Connection Parameter Update Request is to be sent */
    uint8_t param_ident; /* of the one under way, or 0 */
    uint8_t ident;       /* last identifier used */
    uint8_t disconnect_reason;
    uint8_t phy_tx, phy_rx;
    struct host_l2cap_rx rx;

    uint16_t index; /* in the table of links */
    uint16_t handle;
    uint16_t ops;     /* bits of enum host_link_op */
    uint16_t acl_out; /* ACL packets at the controller */
    uint16_t interval_1250us;
    uint16_t latency;
    uint16_t timeout_10ms;
    uint16_t acl_done; /* completed since the link came; wraps */
    uint16_t acl_frag; /* octets of payload in each */
    uint16_t pdu;      /* octets of a full link-layer PDU */
    uint16_t cut_off;  /* octets of cut already out */
    uint16_t tx_octets, tx_us, rx_octets, rx_us;

    /* transmission (acl_tx.c, l2cap/frame.c) */
    uint32_t octets_out;        /* in acl_out packets, about */
    struct woad_buf *cut;       /* a PDU of the next two, too long for one packet: being cut */
    struct woad_buf_queue sigq; /* answers to the peer and PDUs of SMP, ready */
    struct woad_buf_queue attq; /* ATT PDUs, ready */
    struct host_chan_queue sig; /* channels that have something to signal */
    struct host_link *tx_next;
    struct host_chan *tx_chan;    /* whose K-frame is being cut */
    struct host_chan_queue ready; /* channels that can send a K-frame, in turn */
    struct host_link *dirty_next;
    struct host_chan *chans;
    uint32_t tx_left; /* octets of tx_chan's K-frame to come, of SDU data */
    uint16_t redo;    /* of ops, ones to be sent again with newer parameters */
    uint16_t rx_done; /* ACL packets handled and not yet reported (flow control) */
    uint16_t want_octets, want_us;
    uint8_t want_phy_tx, want_phy_rx;
    uint8_t want_coding; /* of the next LE Set PHY: 0 none, 1 S2, 2 S8 */

    struct woad_addr peer;
    struct woad_addr local;  /* our address when the link was made */
    struct woad_addr remote; /* the peer's; link->peer may be the identity behind it */
    struct woad_result down;
    struct woad_conn_params want;       /* of update */
    struct woad_conn_params reply_with; /* of reply; the peer's values */
    uint16_t ediv;
    uint8_t rand[8];
    uint8_t key[16];
    struct host_cmd disconnect, update, phy, data_len, encrypt, ltk, rssi, version, features, reply;
    struct host_timer phy_timer; /* a peripheral waits for its central to choose the PHY */
    struct host_timer param_timer;
    woad_time optional_until; /* a loss before this puts the peer on the caution list */
};

struct host_link *woad_host_link_find(struct woad_host *h, uint16_t handle);
struct host_link *woad_host_link_of(struct woad_host *h, uint16_t handle, int *err);
/* A controller event reported a link. NULL: no room. */
struct host_link *woad_host_link_new(struct woad_host *h, uint16_t handle);
void woad_host_link_down(struct woad_host *h, struct host_link *link, int err, uint8_t hci);
/* All of it may have been told now; DISCONNECTED is next. */
void woad_host_link_dirty(struct host_link *link);
unsigned woad_host_link_serve(struct woad_host *h); /* the first of these */
/* Completes an operation of the link if it is one the application waits for. */
bool woad_host_op_end(struct host_link *link, uint16_t op);
void woad_host_op_begin(struct host_link *link, uint16_t op);
/* Of a status of the controller's; of an error that none of them says. */
struct woad_result woad_host_result(uint8_t status);
static inline struct woad_result woad_host_error(int err)
{
    return (struct woad_result){.err = (int16_t)err};
}

/* ---- channels (l2cap/) ----------------------------------------------------------------------- */

struct host_send {
    struct host_send *next;
    struct host_chan *chan;
    const uint8_t *data;
    size_t len; /* lowered to cut when the rest is given up */
    size_t cut; /* octets put into fragments */
    void *tag;
    uint16_t frags; /* fragments that still refer to data */
    bool sdu;       /* a message of its own; else part of the stream */
    int8_t err;
};

/* Receive store: a ring of records {u16 length, u16 flags, payload, padding to 4}. A credit stands
 * for one record of a whole MPS. */
struct host_ring {
    uint8_t *mem;
    uint32_t size; /* a multiple of 4 */
    uint32_t rd;   /* first unread record */
    uint32_t wr;   /* where the next record begins */
    uint32_t used;
    uint32_t rd_off;  /* octets of the first record already read */
    uint32_t put;     /* octets of the record being written */
    uint32_t put_len; /* of them in all */
    bool writing;
};

enum host_chan_state {
    HOST_CHAN_FREE,
    HOST_CHAN_ACCEPTING,  /* the peer asked, the application has not decided */
    HOST_CHAN_ANSWERING,  /* it has; the response is to be sent */
    HOST_CHAN_CONNECTING, /* we asked */
    HOST_CHAN_OPEN,
    HOST_CHAN_FLUSHING, /* we close, after what is queued */
    HOST_CHAN_CLOSING,  /* our Disconnection Request is due or out */
    HOST_CHAN_ENDED,    /* nothing goes over the link; sends and events to be told */
    HOST_CHAN_DEAD,     /* CLOSED was told; unread data; waits for release() */
};

/* What a channel has to signal; the PDU is built when there is a buffer for it. */
enum host_chan_sig {
    HOST_SIG_CONNECT = 1 << 0,
    HOST_SIG_ANSWER = 1 << 1,
    HOST_SIG_DISCONNECT = 1 << 2,
    HOST_SIG_CREDITS = 1 << 3,
    HOST_SIG_RECONFIGURE = 1 << 4,
};

enum host_chan_evt {
    HOST_CHAN_EVT_ACCEPT = 1 << 0,
    HOST_CHAN_EVT_OPENED = 1 << 1,
    HOST_CHAN_EVT_RECONFIGURED = 1 << 2,
    HOST_CHAN_EVT_RECEIVED = 1 << 3,
    HOST_CHAN_EVT_WRITABLE = 1 << 4,
};

/* In the order of struct woad_host. */
struct host_chan {
    uint8_t state; /* enum host_chan_state */
    bool enhanced;
    bool released; /* free after CLOSED without release() */
    bool was_open;
    uint8_t sig; /* bits of enum host_chan_sig: signalling to come */
    bool sig_queued;
    uint8_t evts; /* bits of enum host_chan_evt: events to come */
    bool dirty;
    bool tx_queued;
    bool counted; /* its share of sends is in send_owed */
    bool want_writable;
    bool in_sdu;
    bool rx_first; /* the K-frame being received begins an SDU */
    bool rx_armed; /* tell RECEIVED at the next data */
    bool rx_whole; /* the reader wants whole SDUs */
    int8_t end_err;
    /* the request under way */
    uint8_t ident;
    uint8_t group_pos;                 /* place among the channels of one enhanced request */
    uint8_t group_n;                   /* channels that request named, 1 for the simple kind */
    bool open_op, close_op, reconf_op; /* calls whose completion has not been told */
    bool abort;                        /* close as soon as it is open */
    bool answered;                     /* the application decided */
    bool reconfiguring;
    uint8_t reconf_ident; /* of our reconfigure request under way, or 0 */
    int8_t reconf_err;

    uint16_t psm;
    uint16_t lcid, rcid;
    uint16_t our_mtu, our_mps, peer_mtu, peer_mps;
    uint16_t tx_credits;
    uint16_t rx_credits; /* K-frames the peer may send */
    uint16_t grant;      /* reserved, to be told to the peer */
    uint16_t window;     /* most credits given */
    uint16_t tx_count;
    uint16_t kframe;     /* octets of K-frame payload that fill PDUs */
    uint16_t kframe_pdu; /* the PDU size that was computed for */
    uint16_t answer;     /* enum woad_l2cap_result */

    struct woad_host *h;
    struct host_link *link; /* NULL once ENDED */
    struct host_chan *link_next;
    woad_chan handle;
    struct host_send *tx_head; /* oldest not completed */
    struct host_send *tx_cur;  /* first not fully cut */
    struct host_send *tx_tail;
    uint32_t sdu_left; /* of the SDU being cut */
    uint32_t rec;      /* ring memory that a credit stands for */
    uint32_t frames;   /* records in the ring */
    uint32_t sdus;     /* complete SDUs in the ring, those partly read included */
    size_t available;
    uint32_t sdu_expect; /* octets of the SDU still to arrive */
    struct host_chan *tx_next, *sig_next, *dirty_next;
    struct host_ring ring;
    woad_chan_event_fn *event;
    void *arg;
    uint32_t granted;
    uint32_t consumed;
    uint32_t discarded;
    uint16_t window_max;       /* as configured; 0: what the ring holds */
    uint16_t group_refusal;    /* what the response says of positions without a channel */
    uint16_t new_mtu, new_mps; /* of our reconfigure request under way */
    uint16_t reconf_result;
    uint16_t end_result;
    struct host_timer rtx;
};

struct host_psm {
    bool used;
    struct woad_chan_cfg cfg;
};

/* ---- GAP ------------------------------------------------------------------------------------- */

enum host_run_state { HOST_OFF, HOST_STARTING, HOST_ON, HOST_STOPPING };

/* Of advertising, scanning and initiating alike. HELD: wanted, and off while addresses or lists of
 * the controller change (initiating only; an activity has a flag for it). */
enum host_gap_state { GAP_IDLE, GAP_STARTING, GAP_ON, GAP_STOPPING, GAP_HELD };

struct host_activity;
struct host_activity_kind {
    const struct host_cmd_row *steps; /* to start it, in order */
    uint8_t step_count;
    struct host_cmd_row off;
    uint8_t started; /* enum woad_host_evt_type */
    uint8_t stopped;
    bool unheld; /* goes on while others are held; resumed behind them */
    /* Kinds with more to say; each may be NULL. */
    bool (*skip)(struct woad_host *h, struct host_activity *a); /* leaves a->step out */
    /* a->step succeeded; true: it is to be sent once more (the next fragment) */
    bool (*again)(struct woad_host *h, struct host_activity *a, struct woad_rd *ret);
    void (*tell)(struct woad_host *h, struct host_activity *a, bool stopped,
                 struct woad_result result);
};

/* Something that is started by a few commands, runs, and is stopped by one: advertising, scanning
 * (gap/activity.c). */
struct host_activity {
    struct host_activity *next; /* of the host's list */
    struct host_cmd cmd;
    const struct host_activity_kind *kind;
    uint8_t state; /* enum host_gap_state */
    uint8_t step;
    bool told;    /* started was told; stopped is owed */
    bool stop;    /* to be stopped as soon as it runs */
    bool stop_op; /* a call asked for that */
    bool ended;   /* ended by itself before its last command completed */
    bool pausing; /* its off command is out to hold it, not to end it */
    bool held;    /* off for a moment; woad_gap_release() starts it again */
    bool restart; /* the pause is its own: it starts again at once, with newer values */
    int8_t why;   /* of the stopped event */
    uint32_t duration_ms;
    struct host_timer timer;
};

struct host_adv {
    struct host_activity act;
    struct woad_adv_params p;
    uint8_t data[31];
    uint8_t scan_rsp[31];
};

struct host_scan {
    struct host_activity act;
    const struct host_activity_kind *plain; /* of woad_gap_scan_start() */
    const struct host_activity_kind *legacy;
    void (*report)(struct woad_host *h, struct woad_rd *r); /* NULL: never scanned */
    struct woad_scan_params p;
};

/* Connecting, joined by the first call for it (gap/connect.c). Told whether or not it is under way:
 * a link as central came (NULL: no room for it), the controller's attempt ended, activities are
 * held and released, everything ends. */
struct host_init_ops {
    void (*met)(struct woad_host *h, struct host_link *link);
    void (*ended)(struct woad_host *h, uint8_t status);
    void (*hold)(struct woad_host *h);
    void (*release)(struct woad_host *h);
    void (*drop)(struct woad_host *h, int err);
};

struct host_init {
    struct host_cmd cmd;
    struct host_cmd cancel_cmd;
    uint8_t state;
    bool cancelled;
    int8_t why;
    bool by_list;
    bool holding; /* the cancel is out to hold it */
    struct woad_addr peer;
    struct woad_conn_params p;         /* complete: defaults filled in */
    uint8_t phys;                      /* of woad_gap_ext_connect(); 0: 1M with p */
    const struct host_cmd_row *create; /* NULL: the legacy one */
    struct host_timer timer;
    struct host_timer guard; /* no event followed a cancel */
};

struct host_list_op {
    struct host_cmd cmd;
    void (*drop)(struct woad_host *h, int err); /* when busy */
    bool busy;
    struct woad_addr addr;
};

/* Peers that were lost right after an optional procedure: left alone next time. */
#define HOST_CAUTION_COUNT 4
struct host_caution {
    struct woad_addr peer[HOST_CAUTION_COUNT];
    bool used[HOST_CAUTION_COUNT];
    uint8_t next;
};

/* What the controller said about itself. */
struct host_controller {
    struct woad_addr public_addr;
    uint8_t version;
    uint8_t accept_list_size;
    bool host_buffers; /* it knows how many ACL packets it may give us */
    bool flow_control; /* it counts them */
    uint16_t company_id;
    uint16_t acl_len;
    uint16_t acl_count;
    uint16_t max_tx_octets;
    uint16_t max_tx_us;
    uint64_t features; /* LMP, page 0 */
    uint64_t le_features;
    uint8_t commands[WOAD_HCI_SUPPORTED_COMMANDS_LEN];
};

/* The request for a PSM that may come to be listened for (cfg.psm_wait_ms). */
struct host_late_request {
    struct host_link *link; /* NULL: none */
    uint8_t ident;
    uint8_t pdu[10];
    struct host_timer timer;
};

/* What code reaches for often comes first, octets before halves before words: an instruction is
 * short on microcontrollers when the offset of its octet is below 32, of its half below 64, of its
 * word below 128. */
struct woad_host {
    uint8_t state; /* enum host_run_state */
    bool running;  /* inside run() */
    bool in_event; /* inside a call of the application's */
    bool wake_sent;
    bool fault_told;
    uint8_t start_failures; /* in a row */
    bool stop_asked;
    bool reset_done; /* since this start: what came before is stale */
    uint8_t start_step;
    bool hold;         /* activities and initiating are to be off (gap/activity.c) */
    uint8_t hold_part; /* enum host_part_id: who wants it, and is due when they are */
    bool extended;     /* extended commands only, since this start (gap/extended.c) */
    uint8_t orphan_count;
    uint8_t part_count;
    uint8_t chan_bits; /* low bits of a handle: the index */
    int8_t fault_err;  /* a fault to be dealt with by run() */
    struct woad_addr own;
    struct host_cmd_queue cmds;

    uint16_t acl_out;     /* ACL packets at the controller, all links */
    uint16_t acl_active;  /* links that send or have packets out */
    uint16_t parts_due;   /* bits of 1 << id */
    uint16_t left_out;    /* bits: optional commands that were never answered */
    uint16_t max_conns;   /* of the configuration */
    uint16_t ops_pending; /* these two of stats, which is their place when they are told */
    uint16_t asm_size;
    uint16_t fault_opcode;
    uint32_t bad_packets;

    const struct host_channel_ops *channels;
    const struct host_security_ops *security;
    struct host_link *tx_head, **tx_end; /* end: where the next one goes */
    struct host_link *links;
    const struct host_full_ops *full;
    struct woad_buf *undone; /* given back by tx_undo() */
    struct woad_timer *unarmed;
    struct host_activity *activities;
    struct host_link *dirty_links_head, **dirty_links_end;
    struct host_link *link_cache;
    const struct host_init_ops *connecting; /* NULL: never asked for */
    const struct host_privacy_ops *privacy;
    void *part[HOST_PART_COUNT]; /* by id; NULL: not there */

    const struct woad_host_part *parts[HOST_PART_COUNT];
    const struct host_fixed_row *fixed[3]; /* of ATT, signalling, SMP */
    struct host_link *undone_link;
    const char *fault_what;           /* of woad_host_fault() */
    const struct host_many_ops *many; /* several wishes for a connection; NULL: one */
    struct woad_host_stats stats;
    struct host_chan *dirty_chans_head, *dirty_chans_tail;
    struct woad_addr air; /* in the air in place of own: the same, or a private address */
    woad_wake_fn *wake;
    void *wake_arg;
    woad_time now;
    struct woad_timer_queue timers;
    struct woad_buf_queue rxq;

    struct host_timer cmd_timer; /* runs while a command is queued or under way */
    struct host_controller ctrl;
    struct host_cmd start_cmd;
    struct host_timer restart;

    struct host_chan *chans;
    struct host_psm *psms;
    struct host_send *sends;
    struct host_send *send_free;
    uint8_t *rings;
    uint32_t ring_size;
    uint32_t send_owed;  /* sum over open channels of what they are sure of and do not use */
    uint16_t chan_count; /* 0 until there are channels */
    uint16_t send_free_count;
    uint16_t send_sure; /* sends each channel is sure of */
    uint16_t writable_wanted;
    struct host_late_request *late; /* NULL: none is waited for */

    struct host_init init;
    struct host_adv adv;
    struct host_scan scan;
    struct host_list_op list;
    struct host_caution caution;
    /* The peripheral of a link asks for other parameters by L2CAP; NULL: nobody was ever central.
     */
    void (*param_answer)(struct host_link *link, uint8_t ident, struct woad_rd *r);
    /* Readers of the peer's answers; NULL: never asked for. */
    void (*read_features)(struct host_link *link, uint8_t status, struct woad_rd *r);
    void (*read_version)(struct host_link *link, uint8_t status, struct woad_rd *r);
    struct host_cmd orphan_cmd;
    uint16_t orphans[8]; /* links there was no room for, to be disconnected */
    struct host_raw_cmd *raws;
    uint8_t *raw_params;
    void (*raws_drop)(struct woad_host *h, int err); /* NULL: none was ever sent */
    uint8_t *assemblies;

    struct woad_pool cmd_pool;
    struct woad_pool acl_pool; /* data fragments */
    struct woad_pool sig_pool; /* signalling; its reserve is for credits and disconnection */
    struct woad_pool evt_pool;
    struct woad_pool report_pool;
    struct woad_pool rx_pool;
    struct woad_pool att_pool; /* empty without ATT */
    struct woad_host_cfg cfg;
};

/* Place in the table of links; parts keep their state of a link by it. */
static inline uint16_t woad_host_link_index(const struct host_link *link)
{
    return link->index;
}

/* ---- core ------------------------------------------------------------------------------------ */

/* The controller did not answer this command, until the application starts the host anew. */
static inline bool woad_host_left_out(const struct woad_host *h, uint16_t opcode)
{
    return h->left_out & woad_host_optional(opcode);
}

/* Checks that nobody else is inside; every public call begins with it. */
static inline void woad_host_enter(const struct woad_host *h)
{
    /* Inside run() only an event may call; anything else is a second thread. */
    assert(!h->running || h->in_event);
    (void)h;
}

/* Brackets every call of a function of the application's from inside run(). */
static inline void woad_host_call_begin(struct woad_host *h)
{
    assert(h->running && !h->in_event);
    h->in_event = true;
}

static inline void woad_host_call_end(struct woad_host *h)
{
    h->in_event = false;
}

void woad_host_tell(struct woad_host *h, const struct woad_host_evt *evt);
/* An event of a connection (or WOAD_CONN_NONE), to be filled in. */
struct woad_host_evt woad_host_evt_of(uint8_t type, uint16_t conn);
/* Both kinds of init; full may be NULL. */
int woad_host_place(void *mem, size_t len, const struct woad_host_cfg *cfg,
                    const struct host_full_ops *full, struct woad_host **out);
/* There is work for run() or tx(). */
void woad_host_kick(struct woad_host *h);
/* Notes a fault; run() deals with it. */
void woad_host_fail(struct woad_host *h, int err, uint16_t opcode);
void woad_host_recover(struct woad_host *h);
/* Ends everything with err: links, operations, queues. */
void woad_host_drop_all(struct woad_host *h, int err);
void woad_host_startup_begin(struct woad_host *h);
void woad_host_event(struct woad_host *h, struct woad_buf *pkt);
const struct host_event_row *woad_host_event_row(const struct host_event_row *rows, size_t count,
                                                 uint8_t code);
/* All zeros, or all ones. */
bool woad_host_addr_unset(const struct woad_addr *addr);
bool woad_host_has_feature(const struct woad_host *h, enum woad_le_feature bit);
bool woad_host_has_cmd(const struct woad_host *h, enum woad_hci_cmd_bit bit);

/* ACL (acl_tx.c, acl_rx.c) */
struct woad_buf *woad_host_acl_tx(struct woad_host *h);
void woad_host_acl_rx(struct woad_host *h, struct woad_buf *pkt);
void woad_host_acl_credit(struct woad_host *h, struct host_link *link, uint16_t count);
void woad_host_acl_sizes(struct woad_host *h, struct host_link *link);
void woad_host_link_tx_queue(struct host_link *link);
void woad_host_link_tx_drop(struct woad_host *h, struct host_link *link);
struct woad_buf *woad_host_flow_tx(struct woad_host *h);

#endif
