/* woad/gattc.h: the GATT client: discover, read, write, subscribe [Vol 3, Part G, 4].
 *
 *      application                                   events: op.event, sub.event, db.event
 *         | woad_gattc_read(h, conn, &op, handle)         ^   only from inside run()
 *         v                                               |
 *      +---------------------------------------------------------+
 *      | one queue per link: op -> op -> op      db  (the cache)  |
 *      +------|--------------|----------------------|------------+
 *          CID 4         EATT bearers        woad/store.h (bonded servers)
 *
 * The part is named in the configuration of the host:
 *
 *     static const struct woad_gattc_cfg client = {.store = &store};
 *     const struct woad_host_use parts[] = {{&woad_gattc_part, &client}, {NULL, NULL}};
 *
 * Operations. An operation is a struct woad_gattc_op placed by the caller: zeroed once, event and
 * arg filled in, then given to a call. There is no limit to how many are queued. A call answers 0
 * (accepted: exactly one DONE follows, also when the link ends) or an error (nothing will happen).
 * Between the two the op belongs to the client; inside its DONE and after it may be used again.
 *
 *     static void on_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
 *     {
 *         if (evt->type == WOAD_GATTC_VALUE)
 *             battery = evt->u.value.data[0];      (valid during the event)
 *         else if (evt->type == WOAD_GATTC_DONE && evt->u.done.att)
 *             puts("the server refused");
 *     }
 *     struct woad_gattc_op op = {.event = on_event};
 *     err = woad_gattc_read(h, conn, &op, handle);
 *
 * What is borrowed (values to be written, lists of handles) stays the caller's and unchanged until
 * DONE.
 *
 * Order. Operations of a link begin in the order of their calls, each as soon as a bearer is free:
 * with one bearer a request waits for the one before. Commands wait for no answer. With EATT
 * several operations are under way at once and may complete in another order; one with in_order
 * set begins when all before it have completed. Long and reliable writes of a link follow one
 * another.
 *
 * Security. A server that answers Insufficient Authentication, Encryption or Key Size makes the
 * client raise the link (encrypt with the bond, or pair) and ask again, as long as its level rises.
 * A bonded server is encrypted before the first operation; what it says in the clear is dropped,
 * and if encryption fails the operations complete with SECURITY (a server that pretends to have
 * lost its key). Without the security part of the host nothing of this happens.
 *
 * A server is not trusted: handles that do not grow, lengths that do not fit and values above 512
 * octets end the operation with FORMAT.
 *
 * Callable in the pump context, also inside events. Errors common to all calls: INVALID, STATE
 * (host not ready), NOT_CONNECTED, BUSY (the op is in use), UNSUPPORTED (the host has no such
 * part).
 */
#ifndef WOAD_GATTC_H
#define WOAD_GATTC_H

#include "woad/att.h"
#include "woad/host.h"
#include "woad/store.h"
#include "woad/uuid.h"

struct woad_gattc_op;
struct woad_gattc_sub;
struct woad_gattc_db;

/* ---- events ---------------------------------------------------------------------------------- */

enum woad_gattc_evt_type {
    WOAD_GATTC_DONE = 1,       /* an operation ended; u.done */
    WOAD_GATTC_SERVICE,        /* u.service */
    WOAD_GATTC_INCLUDE,        /* u.include */
    WOAD_GATTC_CHARACTERISTIC, /* u.characteristic */
    WOAD_GATTC_DESCRIPTOR,     /* u.descriptor */
    WOAD_GATTC_VALUE,          /* u.value: read, or notified or indicated to a subscription */
    WOAD_GATTC_ENDED,          /* the link of a subscription ended: it is the caller's again */
    WOAD_GATTC_DB_READY,       /* a database agrees with the server, or could not be read; u.done */
    WOAD_GATTC_DB_CHANGED,     /* the server's changed: what was in the range has gone, or (all, by
                                  Database Out Of Sync) may have; u.changed. DB_READY follows when
                                  the range has been read anew */
};

/* A characteristic's descriptors, if any, lie in value_handle + 1 .. end. */
struct woad_gattc_chr {
    uint16_t handle; /* of the declaration */
    uint16_t value_handle;
    uint16_t end;
    uint8_t properties; /* bits of enum woad_gattc_property */
    struct woad_uuid uuid;
};

enum woad_gattc_property { /* [3.3.1.1] */
                           WOAD_GATTC_BROADCAST = 0x01,
                           WOAD_GATTC_CAN_READ = 0x02,
                           WOAD_GATTC_CAN_WRITE_CMD = 0x04,
                           WOAD_GATTC_CAN_WRITE = 0x08,
                           WOAD_GATTC_CAN_NOTIFY = 0x10,
                           WOAD_GATTC_CAN_INDICATE = 0x20,
                           WOAD_GATTC_CAN_WRITE_SIGNED = 0x40,
                           WOAD_GATTC_EXTENDED = 0x80,
};

struct woad_gattc_evt {
    uint8_t type; /* enum woad_gattc_evt_type */
    uint16_t conn;
    struct woad_gattc_op *op;   /* of DONE and of what an operation finds; else NULL */
    struct woad_gattc_sub *sub; /* of VALUE to a subscription and of ENDED; else NULL */
    struct woad_gattc_db *db;   /* of DB_*; else NULL */
    union {
        struct {
            int err; /* 0; REFUSED: the server answered with an error; SECURITY: it did and the link
                        could not be raised; FORMAT: the server broke a rule; MISMATCH: a reliable
                        write came back changed; TOO_LONG: does not fit the MTU; CANCELLED; TIMEOUT;
                        NOT_CONNECTED; EOF: the peer closed the enhanced bearer; FAULT, RESET;
                        NO_MEM: the database does not fit */
            uint8_t att;     /* REFUSED, SECURITY: enum woad_att_error */
            uint16_t handle; /* that the error is about */
            uint16_t mtu;    /* in force */
            bool cached;     /* DB_READY: known already, nothing was discovered */
        } done;
        struct {
            uint16_t start, end;
            struct woad_uuid uuid;
        } service;
        struct {
            uint16_t handle; /* of the include declaration */
            uint16_t start, end;
            struct woad_uuid uuid;
        } include;
        struct woad_gattc_chr characteristic;
        struct {
            uint16_t handle;
            struct woad_uuid uuid;
        } descriptor;
        struct {
            uint16_t handle; /* 0: of read_multiple(), whose values come as one */
            uint16_t offset;
            const uint8_t *data; /* valid during the event */
            uint16_t len;
            bool cut;       /* the PDU was full: the value may be longer, read_long() tells */
            bool indicated; /* confirmed after the event */
        } value;
        struct {
            uint16_t start, end;
        } changed;
    } u;
};

typedef void woad_gattc_event_fn(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);

/* ---- the part -------------------------------------------------------------------------------- */

enum woad_gattc_mtu {
    WOAD_GATTC_MTU_CENTRAL, /* exchanged before the first operation of a central */
    WOAD_GATTC_MTU_ALWAYS,  /* of a peripheral too */
    WOAD_GATTC_MTU_NEVER,   /* by woad_gattc_exchange_mtu() alone */
};

/* Bits of Client Supported Features [7.2]. */
enum woad_gattc_feature {
    WOAD_GATTC_ROBUST_CACHING = 0x01,
    WOAD_GATTC_EATT = 0x02,
    WOAD_GATTC_MULTIPLE_NOTIFICATIONS = 0x04,
};

struct woad_gattc_cfg {
    /* Values nobody has subscribed to (evt->sub is NULL). May be NULL: they are dropped. */
    woad_gattc_event_fn *event;
    void *arg;
    const struct woad_store *store; /* databases of bonded servers; NULL: not kept */
    uint8_t mtu;                    /* enum woad_gattc_mtu */
    uint8_t features; /* told to servers by db_open() [ROBUST_CACHING | MULTIPLE_NOTIFICATIONS] */
    uint8_t sub_buckets; /* table of subscriptions of a link; a power of two [16] */
};

extern const struct woad_host_part woad_gattc_part;

/* ---- operations ------------------------------------------------------------------------------ */

/* One value of woad_gattc_write_reliable(). */
struct woad_gattc_write {
    uint16_t handle;
    uint16_t offset;
    uint16_t len;
    const void *data;
};

struct woad_gattc_op {
    woad_gattc_event_fn *event; /* never NULL */
    void *arg;
    bool in_order; /* begins when all before it have completed; matters with EATT */

    /* The client's own. */
    uint8_t state, step, first_step;
    bool inner, got, sent;
    int8_t err;
    uint8_t att;
    uint16_t err_handle;
    struct woad_gattc_op *next;
    void *link, *bearer;
    uint16_t at, end;    /* handles still to be asked for */
    uint16_t pos, count; /* of lists: the item under way */
    uint16_t offset;
    struct woad_uuid uuid;
    struct woad_gattc_chr held; /* found, its end not yet known */
    struct woad_gattc_write one;
    union {
        const struct woad_gattc_write *writes;
        const uint16_t *handles;
        struct woad_gattc_sub *sub;
    } u;
};

/* Primary services, in order of their handles; uuid NULL: all of them [4.4.1, 4.4.2]. */
int woad_gattc_discover_services(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                 const struct woad_uuid *uuid) WOAD_MUST_USE;
/* Of a service start..end, or of any range: included services [4.5.1], characteristics, all or
 * those with uuid [4.6], attributes of all kinds [4.7.1]. */
int woad_gattc_discover_includes(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                 uint16_t start, uint16_t end) WOAD_MUST_USE;
int woad_gattc_discover_characteristics(struct woad_host *h, uint16_t conn,
                                        struct woad_gattc_op *op, uint16_t start, uint16_t end,
                                        const struct woad_uuid *uuid) WOAD_MUST_USE;
int woad_gattc_discover_descriptors(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                    uint16_t start, uint16_t end) WOAD_MUST_USE;

/* One VALUE of at most MTU - 1 octets [4.8.1, 4.12.1]. */
int woad_gattc_read(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                    uint16_t handle) WOAD_MUST_USE;
/* The whole value from offset on: VALUEs with growing offsets [4.8.3]. */
int woad_gattc_read_long(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         uint16_t handle, uint16_t offset) WOAD_MUST_USE;
/* A VALUE for each attribute of the type in start..end [4.8.2]. DONE is REFUSED, att
 * ATTRIBUTE_NOT_FOUND, when there is none. */
int woad_gattc_read_by_uuid(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                            uint16_t start, uint16_t end,
                            const struct woad_uuid *uuid) WOAD_MUST_USE;
/* The values of 2..count handles in one answer: as one VALUE without bounds between them [4.8.4],
 * or (variable) as a VALUE each [4.8.5]. handles is borrowed. */
int woad_gattc_read_multiple(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                             const uint16_t *handles, uint16_t count, bool variable) WOAD_MUST_USE;

/* With an answer [4.9.3]; a value that does not fit a request is written as a long one [4.9.4].
 * data is borrowed; 0..512 octets. */
int woad_gattc_write(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op, uint16_t handle,
                     const void *data, uint16_t len) WOAD_MUST_USE;
/* Without one [4.9.1]: DONE when the PDU is queued at the link; TOO_LONG beyond MTU - 3. */
int woad_gattc_write_cmd(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         uint16_t handle, const void *data, uint16_t len) WOAD_MUST_USE;
/* Signed with the key of the bond [4.9.2]; on an encrypted link as a command without signature.
 * UNSUPPORTED without the security part. */
int woad_gattc_write_signed(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                            uint16_t handle, const void *data, uint16_t len) WOAD_MUST_USE;
/* By parts, from offset on [4.9.4]. */
int woad_gattc_write_long(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                          uint16_t handle, uint16_t offset, const void *data,
                          uint16_t len) WOAD_MUST_USE;
/* All or none of count values, each compared with what the server says it got [4.9.5]. A part that
 * differs: MISMATCH, nothing is written. */
int woad_gattc_write_reliable(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                              const struct woad_gattc_write *writes, uint16_t count) WOAD_MUST_USE;

/* The MTU of the fixed channel, once a link [4.3.1]; completes at once when it was exchanged. */
int woad_gattc_exchange_mtu(struct woad_host *h, uint16_t conn,
                            struct woad_gattc_op *op) WOAD_MUST_USE;

/* Ends an operation: DONE with CANCELLED follows from the next run(), without waiting for the
 * server. A request under way may still take effect; prepared parts are discarded at the server.
 * NOT_FOUND: op is not under way. */
int woad_gattc_cancel(struct woad_host *h, struct woad_gattc_op *op) WOAD_MUST_USE;

/* ---- subscriptions --------------------------------------------------------------------------- */

enum woad_gattc_sub_bits { /* of a Client Characteristic Configuration [3.3.3.3] */
                           WOAD_GATTC_NOTIFY = 1,
                           WOAD_GATTC_INDICATE = 2,
};

/* Placed by the caller and zeroed; belongs to the client from subscribe() or listen() until
 * unsubscribe() is DONE, forget(), ENDED, or a subscribe() that failed. */
struct woad_gattc_sub {
    woad_gattc_event_fn *event; /* gets VALUE, and ENDED with the link */
    void *arg;
    uint16_t value_handle;
    uint16_t ccc_handle; /* of the descriptor 0x2902 */

    /* The client's own. */
    uint8_t bits;
    uint8_t busy; /* operations that write its descriptor */
    bool inner;
    struct woad_gattc_sub *next;
    void *link;
};

/* Writes bits to the descriptor; values are told from now on [4.10.1, 4.11.1]. Several objects may
 * subscribe to one value: the server is told what they want together. EXISTS: sub is in use. */
int woad_gattc_subscribe(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         struct woad_gattc_sub *sub, uint8_t bits) WOAD_MUST_USE;
int woad_gattc_unsubscribe(struct woad_host *h, struct woad_gattc_op *op,
                           struct woad_gattc_sub *sub) WOAD_MUST_USE;
/* The same without a word to the server: a bonded one remembers what was subscribed to. */
int woad_gattc_listen(struct woad_host *h, uint16_t conn, struct woad_gattc_sub *sub) WOAD_MUST_USE;
int woad_gattc_forget(struct woad_host *h, struct woad_gattc_sub *sub) WOAD_MUST_USE;

/* ---- the database of a server ---------------------------------------------------------------- */

enum woad_gattc_attr_kind {
    WOAD_GATTC_ATTR_SERVICE = 1,    /* handle..end */
    WOAD_GATTC_ATTR_INCLUDE,        /* end: start handle of the included service */
    WOAD_GATTC_ATTR_CHARACTERISTIC, /* end: handle of the value; properties */
    WOAD_GATTC_ATTR_DESCRIPTOR,
};

/* What a database is made of: 8 octets for each, and 16 for each different long UUID. */
struct woad_gattc_attr {
    uint16_t handle;
    uint16_t end;
    uint16_t uuid; /* or the place of a long one: see woad_gattc_db_uuid() */
    uint8_t kind;  /* enum woad_gattc_attr_kind; bit 7: a long UUID */
    uint8_t properties;
};

/* Placed by the caller with its memory; zeroed, event, arg, mem and size filled in. It may be kept
 * and opened again on a later link to the same server: with a Database Hash that has not changed
 * nothing is discovered. For bonded servers it is kept in the store as well. */
struct woad_gattc_db {
    woad_gattc_event_fn *event; /* gets DB_READY and DB_CHANGED */
    void *arg;
    void *mem; /* aligned for uint16_t */
    size_t size;

    /* To be read. attrs are in order of their handles. */
    struct woad_gattc_attr *attrs; /* == mem */
    uint16_t attr_count;
    uint16_t long_count; /* long UUIDs, from the end of mem downwards */
    bool valid;          /* complete, as far as the client knows */
    bool has_hash;
    uint8_t hash[16]; /* [7.3], as on air */

    /* The client's own. */
    uint8_t step;
    bool whole, same, cached, full, verify;
    uint16_t start, end;             /* the range being read */
    uint16_t again_start, again_end; /* and the one to be read after it; 0: none */
    void *link;
    struct woad_gattc_op op;
    struct woad_gattc_sub changed; /* to Service Changed */
    uint8_t features;
};

/* Brings db and server together: reads the Database Hash, discovers if it differs, subscribes to
 * Service Changed, makes sure by the hash that nothing changed before that, and tells the client's
 * features; completes with DB_READY. From then on db follows the server's changes: DB_CHANGED, then
 * DB_READY, for each. One db a link (EXISTS). */
int woad_gattc_db_open(struct woad_host *h, uint16_t conn, struct woad_gattc_db *db) WOAD_MUST_USE;
/* Lets go of the link; an opening under way completes with CANCELLED at the next run(). The link's
 * end does the same without an event of its own, unless an opening was under way. */
int woad_gattc_db_close(struct woad_host *h, struct woad_gattc_db *db) WOAD_MUST_USE;

/* The long or short UUID of an attribute. */
struct woad_uuid woad_gattc_db_uuid(const struct woad_gattc_db *db,
                                    const struct woad_gattc_attr *attr);
/* The first attribute of a kind with uuid (NULL: any) behind handle after and up to handle end;
 * NULL: none. A characteristic's value is end of its attribute, its descriptors follow it. */
const struct woad_gattc_attr *woad_gattc_db_find(const struct woad_gattc_db *db, uint8_t kind,
                                                 const struct woad_uuid *uuid, uint16_t after,
                                                 uint16_t end);

#endif
