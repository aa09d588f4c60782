/* woad/sync.h: calls that wait: scan, connect, discover, read, write, subscribe, pair, streams.
 *
 *      script, test, any thread      err = woad_sync_connect(&s, &addr, NULL, &conn, WOAD_S(10));
 *            |  waits                n = woad_sync_read(&s, conn, handle, to, size, WOAD_S(5));
 *            v
 *      struct woad_sync: the calls under way   <---- events ----   struct woad_host
 *            |  woad_kernel_call()                                     ^
 *            v                                                        |  pumped by the owner
 *      struct woad_kernel (woad/kernel.h): coop or threads -----------+
 *
 * For scripts, tests and programs with a thread to spare. It stands on the same calls and events as
 * everybody else and the host knows nothing of it. One struct for each host:
 *
 *     static struct woad_sync s;
 *     cfg.event = woad_sync_event;                        in struct woad_host_cfg, with the parts
 *     cfg.event_arg = &s;                                 woad_gattc_part, woad_smp_part if needed
 *     ... woad_host_init(), woad_runtime_init() ...
 *     woad_sync_init(&s, rt.kernel, h);
 *     ... woad_runtime_start() ...
 *     err = woad_sync_start(&s, WOAD_S(5));
 *     err = woad_sync_find(&s, "lamp", &addr, WOAD_S(10));
 *     err = woad_sync_connect(&s, &addr, NULL, &conn, WOAD_S(10));
 *     err = woad_sync_discover(&s, conn, &db, WOAD_S(10));
 *     err = woad_sync_find_value(&s, &db, NULL, &battery_level, &chr, NULL);
 *     n = woad_sync_read(&s, conn, chr.value_handle, to, sizeof(to), WOAD_S(5));
 *
 * examples/sync_read.c is all of it.
 *
 * Models. In THREADED any thread but the host's calls, several at once (WOAD_SYNC_CALLS at most,
 * NO_MEM beyond). In COOP and HCI_THREAD the one thread calls; waiting pumps the engines, one turn
 * at a time and never nested: inside an event every call here answers STATE and has done nothing.
 *
 * Timeouts are microseconds, more than 0 (INVALID), or WOAD_TIME_NEVER. When the time is over the
 * operation is cancelled and its end awaited, which the host bounds; then the answer is TIMEOUT,
 * or success if it came meanwhile. Nothing of the caller is used after the return. When the wait
 * itself fails (an interrupted program: rule 5 of woad/kernel.h) the answer is that error, and the
 * operation is cancelled behind the caller's back: a link that comes up then is ended; a database,
 * a subscription or a stream that was to be opened is in use until the link ends.
 *
 * Errors are enum woad_err. What the peer or the controller said is in woad_sync_why(). All that
 * the host does ends with FAULT when the controller fails, NOT_CONNECTED when the link does.
 */
#ifndef WOAD_SYNC_H
#define WOAD_SYNC_H

#include "woad/gap.h"
#include "woad/gattc.h"
#include "woad/kernel.h"
#include "woad/smp.h"
#include "woad/stream.h"

#define WOAD_SYNC_CALLS 4u /* under way at once; each has room for a value */

/* The reason behind the last call that failed (of all threads). */
struct woad_sync_why {
    int err;
    uint8_t hci; /* controller's status or reason of a disconnection */
    uint8_t att; /* enum woad_att_error */
    uint8_t smp; /* enum woad_smp_reason */
};

struct woad_sync;

/* A call under way. Private. */
struct woad_sync_call {
    struct woad_sync *sync;
    bool used, finished;           /* under the kernel's lock */
    bool active, abandoned, ended; /* the owner's: events are for it; nobody waits; told to end */
    uint16_t conn;
    struct woad_sync_why why;
    void (*on_event)(struct woad_sync_call *c, const struct woad_host_evt *evt);
    int (*start)(struct woad_sync_call *c);
    void (*end)(struct woad_sync_call *c); /* asks the host to end it */
    void *args;                            /* of start, the caller's */
    void *to;                              /* results, the caller's; NULL when nobody waits */
    size_t size, count;
    woad_time timeout_us;
    struct woad_gattc_op op;
    uint8_t data[WOAD_ATT_VALUE_MAX];
};

struct woad_sync {
    struct woad_kernel *kernel; /* all of it is private */
    struct woad_host *host;
    woad_host_event_fn *event;
    void *event_arg;
    void (*question)(struct woad_sync *s, const struct woad_host_evt *evt);
    uint32_t passkey;
    bool knows_passkey, says_yes;
    struct woad_sync_why why;
    struct woad_sync_call calls[WOAD_SYNC_CALLS];
};

void woad_sync_init(struct woad_sync *s, struct woad_kernel *k, struct woad_host *h);

/* The event function of the host; its argument is the struct woad_sync. */
woad_host_event_fn woad_sync_event;

/* Gets every event as well, after the calls here: links and questions that nobody waits for. At
 * any time, from any thread. */
void woad_sync_set_event(struct woad_sync *s, woad_host_event_fn *fn, void *arg);

struct woad_sync_why woad_sync_why(struct woad_sync *s);

/* Starts the host and waits for READY. STATE: it is started. A host that does not become ready in
 * time goes on trying; woad_sync_stop() ends that. */
int woad_sync_start(struct woad_sync *s, woad_time timeout_us) WOAD_MUST_USE;
int woad_sync_stop(struct woad_sync *s, woad_time timeout_us) WOAD_MUST_USE;

/* ---- links (woad/gap.h) ---------------------------------------------------------------------- */

/* What was heard of one advertiser. */
struct woad_sync_report {
    struct woad_addr addr;
    uint8_t adv_type; /* of the advertising; a scan response does not count */
    int8_t rssi_dbm;  /* last */
    uint8_t data_len;
    uint8_t rsp_len; /* octets of it that are of the scan response, behind the others */
    uint8_t data[62];
};

/* Scans until count (>= 1) advertisers were heard or the time is over: how many. p NULL: active,
 * all defaults. */
int woad_sync_scan(struct woad_sync *s, const struct woad_scan_params *p,
                   struct woad_sync_report *to, unsigned count, woad_time timeout_us) WOAD_MUST_USE;
/* Scans until one is heard that can be connected to and has this local name. */
int woad_sync_find(struct woad_sync *s, const char *name, struct woad_addr *addr,
                   woad_time timeout_us) WOAD_MUST_USE;

/* p NULL: all defaults; its duration is not used. */
int woad_sync_connect(struct woad_sync *s, const struct woad_addr *peer,
                      const struct woad_conn_params *p, uint16_t *conn,
                      woad_time timeout_us) WOAD_MUST_USE;
/* Advertises until a central connects. */
int woad_sync_accept(struct woad_sync *s, const struct woad_adv_params *p, uint16_t *conn,
                     woad_time timeout_us) WOAD_MUST_USE;
int woad_sync_disconnect(struct woad_sync *s, uint16_t conn, woad_time timeout_us) WOAD_MUST_USE;
/* Until the link ends by itself or by the peer. */
int woad_sync_wait_disconnected(struct woad_sync *s, uint16_t conn,
                                woad_time timeout_us) WOAD_MUST_USE;

/* ---- security (woad/smp.h) ------------------------------------------------------------------- */

struct woad_sync_secured {
    uint8_t level;
    uint8_t key_size;
    uint8_t method; /* enum woad_smp_method, if paired */
    bool paired;
    bool bonded;
};

/* Raises the link to level 2..4 at least, with the bond or by pairing; result may be NULL.
 * SECURITY, REFUSED (woad_sync_why().smp), TIMEOUT. Questions of the pairing go to the event
 * function of woad_sync_set_event(), or are answered as woad_sync_set_answers() says. */
int woad_sync_secure(struct woad_sync *s, uint16_t conn, uint8_t level,
                     struct woad_sync_secured *result, woad_time timeout_us) WOAD_MUST_USE;
/* The same, always with a new pairing. */
int woad_sync_pair(struct woad_sync *s, uint16_t conn, uint8_t level,
                   struct woad_sync_secured *result, woad_time timeout_us) WOAD_MUST_USE;
/* The person in scripts, of pairings by the peer too: passkey (0..999999; -1: not known
 * beforehand) is entered when asked for; yes to all other questions, or none answered. At
 * any time, from any thread. */
void woad_sync_set_answers(struct woad_sync *s, int32_t passkey, bool yes);

/* ---- GATT client (woad/gattc.h) -------------------------------------------------------------- */

/* Opens the database of a server: mem and size of db are filled in, all else is zero. It is the
 * host's until the link ends or woad_gattc_db_close(). */
int woad_sync_discover(struct woad_sync *s, uint16_t conn, struct woad_gattc_db *db,
                       woad_time timeout_us) WOAD_MUST_USE;
/* The first characteristic with this UUID in it, in services of that UUID (NULL: in any); *ccc, if
 * not NULL, is the handle of its descriptor 0x2902, or 0. NOT_FOUND. Does not wait. */
int woad_sync_find_value(struct woad_sync *s, const struct woad_gattc_db *db,
                         const struct woad_uuid *service, const struct woad_uuid *uuid,
                         struct woad_gattc_chr *chr, uint16_t *ccc) WOAD_MUST_USE;

/* The whole value, long ones too: its length, up to 512; TOO_LONG: more than size, of which size
 * octets are there. */
long woad_sync_read(struct woad_sync *s, uint16_t conn, uint16_t handle, void *to, size_t size,
                    woad_time timeout_us) WOAD_MUST_USE;
/* Up to 512 octets; copied. */
int woad_sync_write(struct woad_sync *s, uint16_t conn, uint16_t handle, const void *data,
                    size_t len, woad_time timeout_us) WOAD_MUST_USE;
/* Without an answer of the server. */
int woad_sync_write_cmd(struct woad_sync *s, uint16_t conn, uint16_t handle, const void *data,
                        size_t len, woad_time timeout_us) WOAD_MUST_USE;

/* A subscription and what it heard. Placed by the caller; from subscribe() to unsubscribe() or the
 * end of the link it stays where it is. */
struct woad_sync_sub {
    struct woad_sync *sync; /* all of it is private */
    struct woad_gattc_sub sub;
    uint8_t *ring;
    size_t size, head, used;
    uint32_t lost;
    bool ended;
};

/* ring: for values not yet taken, each with two octets more. bits: enum woad_gattc_sub_bits. */
int woad_sync_subscribe(struct woad_sync *s, uint16_t conn, struct woad_sync_sub *sub,
                        uint16_t value_handle, uint16_t ccc_handle, uint8_t bits, void *ring,
                        size_t size, woad_time timeout_us) WOAD_MUST_USE;
/* The next value, in the order in which they came: its length; of one longer than size, the first
 * size octets. timeout 0: AGAIN when there is none. NOT_CONNECTED: no more will come. */
long woad_sync_next(struct woad_sync_sub *sub, void *to, size_t size,
                    woad_time timeout_us) WOAD_MUST_USE;
/* Values dropped because the ring was full: the newest ones. */
uint32_t woad_sync_lost(struct woad_sync_sub *sub);
/* Whatever it answers, nothing more comes and sub is the caller's; 0 or TIMEOUT, REFUSED, ...: the
 * server may not know. */
int woad_sync_unsubscribe(struct woad_sync_sub *sub, woad_time timeout_us) WOAD_MUST_USE;

/* ---- streams (woad/stream.h) ----------------------------------------------------------------- */

/* Opens a channel and a stream on it; ring as in woad_stream_init(). After TIMEOUT it is closed. */
int woad_sync_stream(struct woad_sync *s, uint16_t conn, uint16_t psm, struct woad_stream *stream,
                     void *ring, size_t size, woad_time timeout_us) WOAD_MUST_USE;
/* Waits for a peer that opens a channel for psm. Peers that ask while nobody waits are refused. */
int woad_sync_stream_accept(struct woad_sync *s, uint16_t psm, struct woad_stream *stream,
                            void *ring, size_t size, woad_time timeout_us) WOAD_MUST_USE;

#endif
