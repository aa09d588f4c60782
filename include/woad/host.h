/* woad/host.h: the host, an engine between HCI packets and an application.
 *
 *        application:  woad_gap_*, woad_l2cap_*  calls      events (cfg.event, channel events)
 *                               |                              ^   only from inside run()
 *                               v                              |
 *                 +--------------------------------------------------+
 *                 |                 struct woad_host                  |
 *                 +--------------------------------------------------+
 *                       ^ woad_host_rx(h, pkt)    | woad_host_tx(h) -> pkt
 *                       |                         v
 *                          any transport, any pump
 *
 * The pump contract
 *  1. No call blocks, reads a clock, allocates from a heap or touches static mutable data.
 *  2. Events reach the application only from inside woad_host_run(). Every call of the API is legal
 *     inside an event; none recurses into another event.
 *  3. run() is bounded; early, late and spurious calls are harmless.
 *  4. Time is 64-bit microseconds. A call never uses the time of the last run: timers armed by a
 *     call are resolved in the next run().
 *  5. One owner at a time, asserted in debug builds. Other threads go through a mailbox.
 *  6. An operation returns 0 (accepted: exactly one completion event follows, also on disconnect,
 *     reset and failure of the controller) or a negative error (nothing will happen).
 *  7. Transmission is pulled and gated by the controller's buffers. A producer that was refused
 *     (AGAIN) gets one "writable" event when it can go on.
 *  8. Signalling has buffers of its own: data cannot starve it.
 *
 * Life cycle: init, then start: the host resets and sets up the controller and reports READY.
 * stop() ends everything and reports STOPPED.
 *
 * Failure: when a command is not answered, the controller reports a hardware error or the transport
 * a fault (woad_host_fault()), one FAULT event is sent, every operation under way completes with
 * FAULT, every link is reported lost, and the host resets the controller and starts again by itself
 * until it answers; READY follows. Advertising and scanning that were running are resumed then,
 * without an event (ADV_STOPPED or SCAN_STOPPED comes only if that fails). A pump whose transport
 * is broken closes it and opens it again when it sees FAULT: closing returns the buffers that the
 * transport holds, and with them the memory that senders lent.
 *
 * A pump, in one turn:
 *
 *     while ((pkt = received()))            woad_host_rx(h, pkt)
 *     deadline = woad_host_run(h, now)
 *     while ((pkt = woad_host_tx(h)))       transmit(pkt), or woad_host_tx_undo(h, pkt) when busy
 *     sleep until the deadline, a packet, or a wake
 */
#ifndef WOAD_HOST_H
#define WOAD_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/addr.h"
#include "woad/buf.h"
#include "woad/err.h"
#include "woad/time.h"

struct woad_host;
struct woad_smp_evt;
struct woad_adv_set_evt;
struct woad_ext_report;
struct woad_pa_evt;
struct woad_privacy_evt;
struct woad_power_evt;

#define WOAD_CONN_NONE 0xFFFFu

enum woad_host_evt_type {
    WOAD_EVT_READY = 1,      /* start-up is complete; u.ready */
    WOAD_EVT_FAULT,          /* the controller or transport failed; u.fault; restart is under way */
    WOAD_EVT_STOPPED,        /* stop() is complete */
    WOAD_EVT_ADV_REPORT,     /* u.report */
    WOAD_EVT_SCAN_STARTED,   /* completes woad_gap_scan_start(); u.done */
    WOAD_EVT_SCAN_STOPPED,   /* scanning ended: stop(), duration over or reset; u.done */
    WOAD_EVT_ADV_STARTED,    /* completes woad_gap_advertise_start(); u.done */
    WOAD_EVT_ADV_STOPPED,    /* advertising ended: stop(), connection, duration; u.done */
    WOAD_EVT_CONNECTED,      /* a link exists; u.connected */
    WOAD_EVT_CONNECT_FAILED, /* completes woad_gap_connect() without a link; u.connected.result and
                                .peer (all zero: any in the accept list) */
    WOAD_EVT_DISCONNECTED,   /* u.disconnected; completes woad_gap_disconnect() */
    WOAD_EVT_CONN_UPDATED,   /* completes woad_gap_update(), or the peer changed them; u.updated */
    WOAD_EVT_CONN_UPDATE_REQUEST, /* the peer asks; answer in u.update_request.accept */
    WOAD_EVT_PHY_UPDATED,         /* completes woad_gap_set_phy(), or the peer changed it; u.phy */
    WOAD_EVT_DATA_LEN,            /* completes woad_gap_set_data_len(), or changed; u.data_len */
    WOAD_EVT_ENCRYPTION,   /* completes woad_gap_encrypt(), or the peer changed it; u.encryption */
    WOAD_EVT_LTK_REQUEST,  /* peripheral: answer with woad_gap_ltk_reply(); u.ltk_request */
    WOAD_EVT_RSSI,         /* completes woad_gap_read_rssi(); u.rssi */
    WOAD_EVT_VERSION,      /* completes woad_gap_read_version(); u.version */
    WOAD_EVT_FEATURES,     /* completes woad_gap_read_features(); u.features */
    WOAD_EVT_LIST_DONE,    /* completes accept-list operations; u.done */
    WOAD_EVT_HCI_COMPLETE, /* completes woad_host_hci_command(); u.hci */
    WOAD_EVT_SECURITY,     /* pairing, bonds, levels of security; u.smp (woad/smp.h) */
    WOAD_EVT_ADV_SET,      /* advertising sets; u.adv_set (woad/gap_ext.h) */
    WOAD_EVT_EXT_REPORT,   /* u.ext_report (woad/gap_ext.h) */
    WOAD_EVT_PERIODIC,     /* u.periodic (woad/gap_periodic.h) */
    WOAD_EVT_PRIVACY,      /* u.privacy (woad/gap_privacy.h) */
    WOAD_EVT_POWER,        /* u.power (woad/gap_power.h) */
    WOAD_EVT_ATT_MTU,      /* the peer exchanged the MTU of the link; u.att_mtu */
};

/* The result of an operation: err is 0 or a woad_err; hci the controller's status when there is
 * one [Vol 1, Part F]. */
struct woad_result {
    int16_t err;
    uint8_t hci;
};

struct woad_host_evt {
    uint8_t type;  /* enum woad_host_evt_type */
    uint16_t conn; /* the link it is about, or WOAD_CONN_NONE */
    union {
        struct woad_result done;
        struct {
            struct woad_addr addr; /* own identity address */
            uint8_t hci_version;
            uint16_t company_id;
            uint16_t acl_len; /* the controller's buffers */
            uint16_t acl_count;
            uint64_t le_features; /* bits of enum woad_le_feature */
        } ready;
        struct {
            int err;          /* woad_host_fault_text() says it in words */
            const char *what; /* of woad_host_fault(); NULL: the controller failed */
            uint16_t opcode;  /* of the command that failed, or 0 */
        } fault;
        struct {
            struct woad_addr addr;
            uint8_t adv_type;    /* as in LE Advertising Report [Vol 4, Part E, 7.7.65.2] */
            int8_t rssi_dbm;     /* 127 = not known */
            const uint8_t *data; /* valid during the event */
            uint8_t data_len;
        } report;
        struct {
            struct woad_result result;
            struct woad_addr peer;
            uint8_t role; /* enum woad_role */
            uint16_t interval_1250us;
            uint16_t latency;
            uint16_t timeout_10ms;
        } connected;
        struct {
            struct woad_result result; /* err: 0 we asked, NOT_CONNECTED the peer or link loss,
                                          FAULT/RESET; hci: the reason */
        } disconnected;
        struct {
            struct woad_result result;
            uint16_t interval_1250us;
            uint16_t latency;
            uint16_t timeout_10ms;
        } updated;
        struct {
            uint16_t interval_min_1250us;
            uint16_t interval_max_1250us;
            uint16_t latency;
            uint16_t timeout_10ms;
            bool *accept; /* preset to true when the values are in range; set false to refuse */
        } update_request;
        struct {
            struct woad_result result;
            uint8_t tx; /* HCI numbers: 1 = 1M, 2 = 2M, 3 = Coded */
            uint8_t rx;
        } phy;
        struct {
            struct woad_result result;
            uint16_t tx_octets;
            uint16_t tx_us;
            uint16_t rx_octets;
            uint16_t rx_us;
        } data_len;
        struct {
            struct woad_result result;
            bool on;
        } encryption;
        struct {
            uint8_t rand[8];
            uint16_t ediv;
        } ltk_request;
        struct {
            struct woad_result result;
            int8_t dbm;
        } rssi;
        struct {
            struct woad_result result;
            uint8_t version;
            uint16_t company_id;
            uint16_t subversion;
        } version;
        struct {
            struct woad_result result;
            uint64_t bits;
        } features;
        struct {
            struct woad_result result;
            uint16_t opcode;
            const uint8_t *params; /* return parameters after the status; valid during the event */
            uint8_t len;
        } hci;
        uint16_t att_mtu;
        const struct woad_smp_evt *smp;         /* valid during the event */
        const struct woad_adv_set_evt *adv_set; /* these are valid during the event */
        const struct woad_ext_report *ext_report;
        const struct woad_pa_evt *periodic;
        const struct woad_privacy_evt *privacy;
        const struct woad_power_evt *power;
    } u;
};

typedef void woad_host_event_fn(void *arg, struct woad_host *h, const struct woad_host_evt *evt);

/* An optional part of the host: the GATT server, the GATT client, security, and so on. Each is
 * named by the header of its module (woad_gatts_part in woad/gatts.h) together with its own struct
 * of configuration. A program links the parts that its list names and no others. */
struct woad_host_part;
struct woad_host_use {
    const struct woad_host_part *part;
    const void *cfg; /* the part's configuration, or NULL for its defaults */
};

/* Limits and surroundings. Zero in a limit means its default (in brackets). */
struct woad_host_cfg {
    woad_host_event_fn *event;
    void *event_arg;
    uint16_t max_conns;      /* links [4] */
    uint16_t max_chans;      /* L2CAP channels of all links [8] */
    uint16_t max_psms;       /* listening PSMs [8] */
    uint32_t chan_rx_size;   /* octets of receive memory of each channel; bounds the credits given
                                to the peer: two connection intervals at full speed, about
                                18 KiB at 50 ms on 2M [32768] */
    uint16_t max_sends;      /* sends or writes queued on all channels; each channel is sure of
                                max_sends / max_chans, at least one [32] */
    uint16_t acl_tx_count;   /* ACL fragments under way to the controller [24] */
    uint16_t sig_count;      /* of signalling packets, beside them [8] */
    uint16_t acl_rx_count;   /* packets received and not yet processed [16] */
    uint16_t acl_rx_len;     /* longest ACL payload the controller may send [512]; used by
                                woad_host_rx_alloc() */
    uint16_t evt_count;      /* events received and not yet processed [16] */
    uint16_t report_count;   /* advertising reports, beside them; further ones are dropped [8] */
    uint16_t cmd_count;      /* commands of woad_host_hci_command() not yet answered [2] */
    uint8_t cmd_len;         /* longest parameters of a command, 36..255 [255]. 36 suffice for
                                legacy advertising and links; parts that need more get it */
    uint8_t evt_len;         /* longest parameters of an event, 72..255 [255]. 72 suffice likewise;
                                longer events, of vendors or reports of many, are dropped */
    uint16_t cmd_timeout_ms; /* a command not answered is a fault [2000] */
    uint16_t run_budget;     /* packets and timers handled in one run() [64] */
    bool no_chans;           /* no L2CAP channels, and no memory for them: calls that listen or
                                connect answer UNSUPPORTED */
    bool no_auto_dle;        /* do not ask for 251-octet PDUs on every link */
    bool no_auto_phy;        /* do not ask for 2M on every link (as central at once, as peripheral
                                when the central has not done so for a second, or 40 events) */
    bool acl_flow_control;   /* ask the controller to hold ACL data back when acl_rx_count packets
                                are under way; gone without if it refuses */
    uint16_t mps;            /* MPS offered on channels; 0 = 2004 (8 full PDUs) */
    uint16_t psm_wait_ms;    /* a request for a channel to a PSM that nobody listens for waits so
                                long for a listener, one of them at a time: for programs that
                                listen once a peer is there [0: it is refused at once] */
    uint16_t att_mtu;        /* longest ATT PDU, 23..517 [247]; used when a part needs ATT */
    uint16_t att_tx_count;   /* ATT PDUs under way on all links, beside one answer and one request
                                of server and client for each bearer [8] */
    uint16_t att_bearers;    /* enhanced ATT bearers of all links [0]; woad/eatt.h */
    /* The optional parts, ended by one whose part is NULL; NULL: none. The list and what it names
     * are read by woad_host_mem_size() and woad_host_init() and borrowed no longer. */
    const struct woad_host_use *parts;
    /* Random numbers (identifiers, back-off). Required. */
    void (*rand)(void *arg, uint8_t *to, size_t len);
    void *rand_arg;
    struct woad_addr static_addr; /* type RANDOM: used as own address, unless all zero (then the
                                     controller's public address, then a random static one) */
};

size_t woad_host_mem_size(const struct woad_host_cfg *cfg);

/* Places a host in mem (borrowed for its life, aligned for max_align_t). INVALID, NO_MEM. */
int woad_host_init(void *mem, size_t len, const struct woad_host_cfg *cfg,
                   struct woad_host **h) WOAD_MUST_USE;
/* The same for programs that shall be small: a host that does not ask for data length and PHY by
 * itself, cannot hold the controller's packets back (acl_flow_control: INVALID), and leaves it to
 * the controller to answer a peer that asks for other connection parameters by the link layer. */
int woad_host_init_basic(void *mem, size_t len, const struct woad_host_cfg *cfg,
                         struct woad_host **h) WOAD_MUST_USE;
/* Releases every buffer; no event is sent. */
void woad_host_deinit(struct woad_host *h);

int woad_host_start(struct woad_host *h) WOAD_MUST_USE; /* STATE when already started */
/* Completes with STOPPED, after everything else. When the controller does not answer any more, what
 * its transport still holds of lent memory is told behind it, as soon as the transport is closed. */
int woad_host_stop(struct woad_host *h) WOAD_MUST_USE;

/* One HCI packet in; takes pkt on 0. FORMAT: not an event, ACL or ISO packet. */
int woad_host_rx(struct woad_host *h, struct woad_buf *pkt) WOAD_MUST_USE;

/* The next HCI packet out, or NULL: commands first, then signalling, then data. The caller gives it
 * to the transport and unrefs it when that is done with it. Data is cut here, just in time, and
 * points into the memory that senders lent (ext). Nothing more comes while the controller's buffers
 * are full; a wake follows when that changes. woad_host_tx_undo() puts back the last one (transport
 * busy); the next woad_host_tx() returns it again, unless its link has ended meanwhile. */
struct woad_buf *woad_host_tx(struct woad_host *h);
void woad_host_tx_undo(struct woad_host *h, struct woad_buf *pkt);

/* Does what is due; returns the next deadline. */
woad_time woad_host_run(struct woad_host *h, woad_time now_us);

void woad_host_set_wake(struct woad_host *h, woad_wake_fn *fn, void *arg);

/* A buffer for a packet received by a transport, as struct woad_transport_up.alloc. */
struct woad_buf *woad_host_rx_alloc(struct woad_host *h, uint8_t type, uint16_t len,
                                    const uint8_t *head, uint16_t head_len, bool *discard);

/* The transport failed. what is constant text for the event. Also for a pump that saw the
 * controller vanish. Harmless when a fault is being dealt with already. */
void woad_host_fault(struct woad_host *h, const char *what);
/* Constant text for a FAULT event. */
const char *woad_host_fault_text(const struct woad_host_evt *evt);

/* Sends any command; completes with HCI_COMPLETE (for commands answered by Command Status: with
 * that status, not with what follows it). params are copied. NO_MEM: cmd_count are under way;
 * TOO_LONG: more than cmd_len. */
int woad_host_hci_command(struct woad_host *h, uint16_t opcode, const void *params,
                          uint8_t len) WOAD_MUST_USE;

/* What this host counted and holds, for benchmarks and tests of leaks. */
struct woad_host_stats {
    uint32_t reports_dropped;
    uint32_t acl_rx;
    uint32_t acl_tx;
    uint32_t evt_rx;
    uint32_t cmd_tx;
    uint32_t bad_packets;       /* received and not understood or not well formed */
    uint32_t completed_clamped; /* completed-packet counts beyond what was outstanding */
    uint32_t late_answers;      /* commands completed that were not under way */
    uint32_t discarded;         /* L2CAP octets for channels that had ended, or for none */
    uint32_t links_refused;     /* links that came when max_conns were there; disconnected */
    uint32_t faults;
    uint16_t bufs_in_use; /* buffers of all pools not free */
    uint16_t ops_pending; /* accepted operations not completed */
};
void woad_host_get_stats(const struct woad_host *h, struct woad_host_stats *stats);

#endif
