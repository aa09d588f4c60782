/* woad/gatts.h: the GATT server: a database that changes at run time, and its clients
 * [Vol 3, Part F and G].
 *
 *      application: services (woad/gatt_db.h)      events of a service
 *           | add, remove, notify, answer              ^  READ, WRITE, SUBSCRIBED, ...
 *           v                                          |
 *      +-----------------------------------------------------+     +---------------------+
 *      | database, requests, subscriptions, Service Changed   |---->| store: what bonded  |
 *      +-----------------------------------------------------+     | clients asked for   |
 *           | ATT bearers (fixed channel, EATT)                     +---------------------+
 *
 *     static const struct woad_gatts_cfg gatts = {.name = "lamp", .appearance = 0x0580};
 *     struct woad_host_use parts[] = {{&woad_gatts_part, &gatts}, {NULL, NULL}};
 *     ...
 *     err = woad_gatts_add(h, &battery);
 *     err = woad_gatts_notify(h, conn, battery.start + 2, &percent, 1);
 *
 * The GAP and the GATT service are there by themselves, at the handles from 1 on.
 *
 * Changing. Services come and go at any time, with clients connected and requests under way: a
 * request sees the old database or the new one. What remains keeps its handles. Clients that
 * subscribed to Service Changed are told the smallest range; bonded ones that are away are told
 * when they come back; others that use robust caching get Database Out Of Sync once
 * [Part G, 2.5.2]. begin and commit make one change of many.
 *
 * Values. CONST and VALUE attributes are read and written by the server itself; a WRITTEN event
 * tells what changed. For DYNAMIC ones a READ or WRITE event asks, and woad_gatts_answer() answers,
 * inside the event or later; a client waits 30 s.
 *
 * Sending. notify lends nothing: the value is copied once, into the buffer that goes to the radio.
 * notify_alloc gives that buffer to be filled in place. A refused call (AGAIN) took nothing, and
 * one WRITABLE event of that service follows when it can go on.
 *
 * Calls are legal in the pump context, also inside events. Common errors: STATE (host not ready or
 * no server), NOT_CONNECTED, INVALID.
 */
#ifndef WOAD_GATTS_H
#define WOAD_GATTS_H

#include "woad/att.h"
#include "woad/gatt_db.h"
#include "woad/host.h"

struct woad_store;

/* The server; and, for programs that shall be small, one with no more than its cfg names: as it is
 * without prepared writes, Database Hash, robust caching and enhanced bearers. */
extern const struct woad_host_part woad_gatts_part, woad_gatts_basic_part;
struct woad_gatts_prepared;
struct woad_gatts_caching;
extern const struct woad_gatts_prepared woad_gatts_prepared;
extern const struct woad_gatts_caching woad_gatts_caching;

/* Zero in a field means its default (in brackets). */
struct woad_gatts_cfg {
    const char *name;    /* Device Name, borrowed ["woad"] */
    uint16_t appearance; /* [Assigned Numbers, 2.6] */
    /* A GAP service in place of the one with name and appearance alone (woad/service_gap.h);
     * borrowed as by woad_gatts_add() */
    struct woad_gatt_service *gap;
    uint16_t handle_max;   /* highest handle; one pointer for 16 [255] */
    uint16_t cccds;        /* subscriptions of a client, with a store 85 at most [8] */
    uint16_t prepare_size; /* octets of prepared writes of a link [0: none are taken] */
    uint8_t min_key_size;  /* octets, for attributes that want encryption [16] */
    bool unasked; /* notify and indicate also clients that did not subscribe: for interfaces that
                     leave subscriptions to the application */
    struct woad_store *store;   /* where bonded clients' subscriptions survive; borrowed. NULL: they
                                   end with the link */
    woad_gatts_event_fn *event; /* what is of no service: NOT_SAVED; may be NULL */
    void *arg;
    /* Of woad_gatts_basic_part; woad_gatts_part has both by itself. */
    const struct woad_gatts_prepared *prepared; /* &woad_gatts_prepared, with a prepare_size */
    const struct woad_gatts_caching *caching; /* &woad_gatts_caching: hash, robust caching, EATT */
    /* Without caching: of this program's database. Bonded clients that come back and knew another
     * one are told that everything may have changed. */
    uint32_t revision;
};

/* Names a request that waits for its answer; good for one answer. */
typedef uint32_t woad_gatts_req;

enum woad_gatts_evt_type {
    WOAD_GATTS_READ = 1,   /* answer with the value; u.read */
    WOAD_GATTS_WRITE,      /* answer whether it is taken; u.write */
    WOAD_GATTS_AUTHORIZE,  /* WOAD_GATT_AUTHORIZED: answer whether the client may; u.write without
                              data, or u.read; at once */
    WOAD_GATTS_WRITTEN,    /* a VALUE attribute was written; u.write */
    WOAD_GATTS_SUBSCRIBED, /* a client's configuration of a value changed; u.subscribed */
    WOAD_GATTS_CONFIRMED,  /* completes woad_gatts_indicate(); u.confirmed */
    WOAD_GATTS_WRITABLE,   /* a call that answered AGAIN can succeed now */
    WOAD_GATTS_ENDED,      /* the client's link ended: forget what was kept for conn. Every service
                              with an event function gets it, before DISCONNECTED */
    WOAD_GATTS_NOT_SAVED, /* to the server's event function: the store did not take what it keeps of
                             a bonded client; u.not_saved */
};

struct woad_gatts_evt {
    uint8_t type;                      /* enum woad_gatts_evt_type */
    uint16_t conn;                     /* WRITABLE: WOAD_CONN_NONE */
    uint16_t handle;                   /* of the attribute; SUBSCRIBED: of the value; ENDED: 0 */
    const struct woad_gatt_attr *attr; /* NULL in WRITABLE and ENDED */
    union {
        struct {
            woad_gatts_req req;
            uint16_t offset; /* give the value from here on; above its length: INVALID_OFFSET */
            uint16_t room;   /* octets that fit; more may be given, they are cut */
        } read;
        struct {
            woad_gatts_req req;  /* 0: a command, no answer */
            const uint8_t *data; /* valid during the event */
            uint16_t len;
            uint16_t offset; /* of data in the value; > 0 in executed prepared writes only */
            bool check;      /* of several prepared writes: would it be taken? Answer at once */
        } write;
        struct {
            bool notify, indicate;
            bool restored; /* it is what a bonded client had asked for on an earlier link */
        } subscribed;
        struct {
            int err; /* 0, TIMEOUT, NOT_CONNECTED; CANCELLED: the service was removed; SECURITY:
                        confirmed, but by a client with a bond over a link that was not encrypted,
                        where clients confirm what they do not take: indicate it again when the
                        link is */
        } confirmed;
        struct {
            int err; /* of the store */
        } not_saved;
    } u;
};

/* ---- the database ---------------------------------------------------------------------------- */

/* Attaches a service (errors of woad_gatt_db_add()). Legal also before woad_host_start(). */
int woad_gatts_add(struct woad_host *h, struct woad_gatt_service *service) WOAD_MUST_USE;
/* Detaches it: requests to it end with Invalid Handle, subscriptions end; the memory is the
 * caller's again. An indication under way is CONFIRMED with CANCELLED by the next run(), through the
 * event function and arg that the service had. NOT_FOUND: it is not attached here; INVALID: it is
 * the server's own. */
int woad_gatts_remove(struct woad_host *h, struct woad_gatt_service *service) WOAD_MUST_USE;
/* Another table for it, of at most span attributes. NOT_FOUND, INVALID, NO_MEM. */
int woad_gatts_replace(struct woad_host *h, struct woad_gatt_service *service,
                       const struct woad_gatt_attr *attrs, uint16_t count) WOAD_MUST_USE;
/* Changes between begin and commit count as one for clients. Nests. */
void woad_gatts_begin(struct woad_host *h);
void woad_gatts_commit(struct woad_host *h);
/* The service of a handle, NULL: none. */
struct woad_gatt_service *woad_gatts_service(struct woad_host *h, uint16_t handle);

/* ---- answers --------------------------------------------------------------------------------- */

/* Answers READ (data, len: the value from offset on; copied) or WRITE (data NULL). error: 0 or an
 * ATT error [enum woad_att_error, or 0x80..0x9F]. NOT_FOUND: the client has gone, or it was
 * answered before. */
int woad_gatts_answer(struct woad_host *h, woad_gatts_req req, uint8_t error, const void *data,
                      uint16_t len) WOAD_MUST_USE;

/* ---- sending --------------------------------------------------------------------------------- */

/* Sends len octets of the value at handle to one client that subscribed. TOO_LONG: above MTU - 3;
 * SECURITY: the link is not good enough for reading that value; NOT_FOUND: not subscribed (unless
 * cfg.unasked); AGAIN:
 * buffers are under way, or the client uses robust caching and has not learnt yet that the database
 * changed. */
int woad_gatts_notify(struct woad_host *h, uint16_t conn, uint16_t handle, const void *data,
                      uint16_t len) WOAD_MUST_USE;
/* To every client that subscribed and may be sent it now; returns how many. AGAIN: none was. */
int woad_gatts_notify_all(struct woad_host *h, uint16_t handle, const void *data,
                          uint16_t len) WOAD_MUST_USE;

/* Without a copy: a buffer for the value at handle, to be filled with woad_buf_put() (at most MTU -
 * 3 octets) and given to notify_send(), which takes it also on error, or to woad_buf_unref(). NULL:
 * none now; one WRITABLE follows. */
struct woad_buf *woad_gatts_notify_alloc(struct woad_host *h, uint16_t handle);
int woad_gatts_notify_send(struct woad_host *h, uint16_t conn, struct woad_buf *buf) WOAD_MUST_USE;

/* Several values in one packet, if the client takes that; else one after the other. */
struct woad_gatts_item {
    uint16_t handle;
    uint16_t len;
    const void *data;
};
int woad_gatts_notify_multiple(struct woad_host *h, uint16_t conn,
                               const struct woad_gatts_item *items, unsigned count) WOAD_MUST_USE;

/* -> CONFIRMED. BUSY: one to this client is under way (with enhanced bearers: on
 * the bearer of this value). */
int woad_gatts_indicate(struct woad_host *h, uint16_t conn, uint16_t handle, const void *data,
                        uint16_t len) WOAD_MUST_USE;

/* What a client asked for the value at handle: bit 0 notify, bit 1 indicate. */
uint8_t woad_gatts_subscription(struct woad_host *h, uint16_t conn, uint16_t handle);
/* Of values that are sent to it: the greatest of its bearers; 0: no such link. */
uint16_t woad_gatts_mtu(struct woad_host *h, uint16_t conn);

#endif
