/* gatts_priv.h: the GATT server's parts, to each other.
 *
 *     server.c    the part: bearers, requests by their opcode, answers of the application
 *     discover.c  Find Information, Find By Type Value, Read By Group Type
 *     read.c      Read, Read Blob, Read Multiple (Variable), Read By Type
 *     write.c     Write, commands, signed writes; prepare.c: Prepare and Execute Write
 *     caching.c   Database Hash, robust caching, features of client and server, enhanced bearers
 *     access.c    who may; values of every kind
 *     notify.c    notifications and indications
 *     subscriptions.c  subscriptions, what the store keeps of a bonded client
 *     changes.c   the application's changes of the database, Service Changed
 *     standard.c  the GAP and the GATT service
 */
#ifndef GATTS_PRIV_H
#define GATTS_PRIV_H

#include "att/att_priv.h"
#include "woad/gatts.h"
#include "woad/store.h"

#define GATTS_REST_MAX    8
#define GATTS_CCCD_RECORD 3 /* handle, value; in the store */
#define GATTS_CCCDS_SAVED (WOAD_STORE_VALUE_MAX / GATTS_CCCD_RECORD)

/* What a handler may answer beside 0 (what is in op->rsp is the answer) and an ATT error (of
 * op->handle): the application has not decided yet, or the link has ended. */
#define GATTS_WAITS (-1)

struct gatts_cccd {
    uint16_t handle; /* of the descriptor; 0: free */
    uint8_t value;   /* bit 0 notify, bit 1 indicate */
};

/* A bearer: the request that is being answered, the indication that waits. */
struct gatts_op {
    struct att_bearer *bearer; /* NULL: free */
    uint16_t indicating;       /* handle of the indication under way, 0: none that is waited for */
    bool in_clear;             /* it left before the link was encrypted */
    uint8_t item;              /* of Read By Type: its length; 0: none yet */
    /* Whose indication was under way when its service was removed: is still to be told. */
    uint16_t gone;
    woad_gatts_event_fn *gone_event;
    void *gone_arg;
    struct woad_buf *rsp; /* the answer so far */
    uint8_t opcode;       /* 0: none under way */
    bool asking;          /* inside the application's event */
    bool waits;           /* for the application */
    bool answered;
    uint8_t error;       /* the application's */
    uint16_t generation; /* of the last question to the application */
    uint16_t number;     /* among all, from 1 */
    uint16_t handle;     /* attribute in question; 0: none */
    uint16_t offset;
    uint16_t value_at;  /* where its value begins in rsp */
    uint16_t value_len; /* its length from offset on, as far as it is known */
    uint16_t next, end; /* of a range: where to go on, 0: it is done */
    struct woad_uuid type;
    uint8_t rest_len; /* Read Multiple: handles left */
    uint8_t rest[2 * GATTS_REST_MAX];
};

struct gatts_client {
    struct host_link *link; /* NULL: free */
    uint16_t prepared_len;
    bool stale;       /* an attribute of theirs was removed or replaced */
    uint8_t features; /* Client Supported Features [Part G, 7.2] */
    bool aware;       /* knows the present database */
    bool told;        /* its next request makes it aware */
    bool dirty;       /* what the store keeps of it is to be written */
    bool restored;    /* from the store; whether it is aware is to be found out */
    int16_t bond;     /* number of its bond whose state it has, or -1 */
    uint16_t changed_start, changed_end; /* to be told by Service Changed; 0: nothing */
    /* From here on outlives the link: the bond that last left from this place and knew the database
     * then, or -1, and what has changed since. */
    int16_t away;
    uint16_t away_start, away_end;
    struct gatts_cccd *cccds;
    uint8_t *prepared; /* records {handle, offset, len, octets} */
};

#define GATTS_FEATURE_ROBUST   0x01
#define GATTS_FEATURE_EATT     0x02
#define GATTS_FEATURE_MULTIPLE 0x04

struct gatts {
    struct woad_host *host;
    struct gatts_client *clients, *clients_end;
    struct gatts_op *ops, *ops_end; /* the fixed bearer of each link, then the enhanced ones */
    bool want_writable;
    bool hash_wanted, hash_valid, hash_failed;
    uint16_t op_count;
    uint16_t depth;                      /* of begin */
    uint16_t changed_start, changed_end; /* since the last commit; 0: nothing */
    struct woad_gatts_cfg cfg;
    struct woad_gatt_db db;
    struct woad_gatt_service gatt, gap;
    uint32_t hash_at; /* the next handle to be hashed, 0: not begun */
    struct woad_cmac mac;
    struct host_timer hash_timer;
    uint8_t hash[16]; /* without caching what stands for it, by these places */
};

enum { GATTS_HASH_BASIC, GATTS_HASH_CHANGES, GATTS_HASH_REVISION };

static inline struct gatts *woad_gatts_of(const struct woad_host *h)
{
    return h->part[HOST_PART_GATTS];
}

struct gatts_client *woad_gatts_client(const struct host_link *link);

/* server.c */
/* The n-th of a link's bearers that take the longest values, dead ones left out. NULL: there is
 * none. */
struct att_bearer *woad_gatts_bearer(const struct host_link *link, unsigned n);
/* Begins an event about handle (attr: its attribute) and the client of link. */
void woad_gatts_evt_begin(struct woad_gatts_evt *evt, enum woad_gatts_evt_type type,
                          const struct host_link *link, uint16_t handle,
                          const struct woad_gatt_attr *attr);
/* Calls a function of the application's, if there is one. */
void woad_gatts_call(struct woad_host *h, woad_gatts_event_fn *event, void *arg,
                     const struct woad_gatts_evt *evt);
void woad_gatts_tell(struct woad_host *h, const struct woad_gatt_service *service,
                     const struct woad_gatts_evt *evt);
/* Asks the application by evt (READ, WRITE, AUTHORIZE) about op. 0 or an ATT error when it answered
 * at once, GATTS_WAITS otherwise. req of the event is filled in by the caller: woad_gatts_req_of,
 * which makes answers to what was asked before late. */
woad_gatts_req woad_gatts_req_of(struct gatts_op *op);
int woad_gatts_ask(struct woad_host *h, struct gatts_op *op,
                   const struct woad_gatt_service *service, const struct woad_gatts_evt *evt);

/* Appends to the answer as much as fits of a value, of which len octets are at data. */
void woad_gatts_append(struct gatts_op *op, const void *data, uint16_t len);

/* Handlers of requests: r is behind the opcode. 0, an ATT error, or GATTS_WAITS. */
typedef int gatts_handler(struct gatts_op *op, struct woad_rd *r);
gatts_handler woad_gatts_on_find_information, woad_gatts_on_find_by_type, woad_gatts_on_read_group,
    woad_gatts_on_read_by_type, woad_gatts_on_read, woad_gatts_on_write;
/* The application answered the question of a read that had waited: goes on. */
int woad_gatts_read_on(struct gatts_op *op);
/* Reads the range of a request into op->next and op->end; 0 or an ATT error. The second reads what
 * is left into op->type, too. */
int woad_gatts_range(struct gatts_op *op, struct woad_rd *r);
int woad_gatts_range_type(struct gatts_op *op, struct woad_rd *r);
/* The next attribute of the range; NULL: none. */
const struct woad_gatt_attr *woad_gatts_range_next(struct gatts_op *op, uint16_t *handle);
void woad_gatts_on_command(struct att_bearer *b, uint8_t opcode, struct woad_rd *r);

/* access.c */
/* 0 or an ATT error: may this client read (write) attr? The application is not asked. */
uint8_t woad_gatts_check(const struct gatts_client *c, const struct woad_gatt_attr *attr,
                         bool write);
/* The same of what handle names (op->handle from now on), and asks the application where the
 * attribute wants it. */
uint8_t woad_gatts_permit(struct gatts_op *op, uint16_t handle, bool write,
                          struct woad_gatt_service **service, const struct woad_gatt_attr **attr);
/* Appends the value of handle from op->offset on to op->rsp, of which room octets at most are of
 * use; op->value_at and value_len say where and how long it is. 0, an ATT error, or GATTS_WAITS. */
int woad_gatts_read_value(struct gatts_op *op, uint16_t handle, uint16_t room);
/* op NULL: a command. */
int woad_gatts_write_value(struct gatts_client *c, struct gatts_op *op, uint16_t handle,
                           uint16_t offset, const uint8_t *data, uint16_t len);
/* 0 or an ATT error, of the attribute's rights. */
uint8_t woad_gatts_may_write(struct gatts_op *op, uint16_t handle);
/* The most octets a write to attr may reach. */
uint16_t woad_gatts_capacity(const struct woad_gatt_attr *attr);

/* subscriptions.c */
/* The CCCD of the value at handle: its handle, or 0. */
uint16_t woad_gatts_cccd_of(const struct woad_gatt_service *service, uint16_t handle);
uint8_t woad_gatts_cccd_get(const struct gatts_client *c, uint16_t cccd);
int woad_gatts_cccd_set(struct gatts_client *c, struct woad_gatt_service *service, uint16_t cccd,
                        uint16_t value);
void woad_gatts_client_up(struct host_link *link);
void woad_gatts_client_security(struct host_link *link, uint8_t status);
void woad_gatts_client_down(struct gatts_client *c);
/* What the store keeps of a bonded client is to be written. */
void woad_gatts_client_save(struct gatts_client *c);
void woad_gatts_client_aware(struct gatts_client *c);
/* It is not told values now: it does not know the database [Part G, 2.5.2.1]. */
bool woad_gatts_unaware(const struct gatts_client *c);
/* Does that, and compares the database with that of a client that came back; from service(). */
void woad_gatts_client_service(struct gatts *g, struct gatts_client *c);
void woad_gatts_subscriptions_end(struct gatts *g, const struct woad_gatt_service *service);

/* changes.c */
void woad_gatts_changed(struct woad_host *h, uint16_t start, uint16_t end);
/* Sends Service Changed if it is due; from service(). */
void woad_gatts_changes_send(struct gatts *g, struct gatts_client *c);
/* An indication of handle left. */
void woad_gatts_indicating_begin(struct gatts_op *op, uint16_t handle);
/* The indication of a bearer has ended. */
void woad_gatts_indicated(struct gatts_op *op, int err);

/* standard.c */
int woad_gatts_standard_add(struct woad_host *h);
uint16_t woad_gatts_changed_handle(const struct gatts *g);
/* Answers a READ with what of the value lies behind its offset. */
void woad_gatts_give(struct woad_host *h, const struct woad_gatts_evt *evt, const void *value,
                     size_t len);
#define GATTS_GATT_SPAN                                                                            \
    8 /* handles of the GATT service, one for the Server Supported Features aside */
extern const struct woad_uuid woad_gatts_gatt_uuid, woad_gatts_changed_uuid;

/* prepare.c */
struct woad_gatts_prepared {
    gatts_handler *prepare, *execute;
    /* Of the parts prepared, some are for attributes of this service, which is going. */
    void (*end)(struct gatts *g, const struct woad_gatt_service *service);
};

/* caching.c */
struct woad_gatts_caching {
    void (*init)(struct gatts *g); /* the attributes of the GATT service, too */
    /* Begins the hash; service() follows when it is there. */
    void (*compute)(struct gatts *g);
    void (*changed)(struct gatts *g); /* the hash is another's */
    struct att_bearer *(*bearer)(const struct host_link *link, unsigned n);
    /* Robust caching: may the request under way go on? 0 or an ATT error. The second for Read By
     * Type, when its range and type are known. */
    int (*admit)(struct gatts_op *op);
    int (*admit_type)(struct gatts_op *op);
};
/* Computes a part of the hash; true: nothing is left to do. */
bool woad_gatts_hash_turn(struct gatts *g);

/* The hash is there; else it is being computed, and service() follows. */
static inline bool woad_gatts_hash(struct gatts *g)
{
    if (!g->hash_valid)
        g->cfg.caching->compute(g);
    return g->hash_valid;
}

/* The bearer of op is one of link's and not dead. */
static inline bool woad_gatts_usable(const struct gatts_op *op, const struct host_link *link)
{
    return op->bearer && op->bearer->link == link && !op->bearer->dead;
}

/* notify.c */
void woad_gatts_tell_writable(struct woad_host *h);

#endif
