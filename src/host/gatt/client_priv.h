/* client_priv.h: the inside of the GATT client.
 *
 *      client_calls.c --> op in the queue of its link --> client.c: pump --> client_steps.c: build
 *                                                            ^                   |
 *      client_sub.c <-- values -- client.c: rx <-------------+----- parse -------+
 *      cache.c: a database, an inner user of operations and subscriptions
 *
 * An operation is in its link's queue from the call until it completes, in the order of the calls.
 * ACTIVE ones own a bearer (bearer->client) until they end; a bearer with a request under way and
 * no client waits for the answer of something that was cancelled, or of the MTU exchange. */
#ifndef WOAD_GATTC_PRIV_H
#define WOAD_GATTC_PRIV_H

#include "woad/gattc.h"
#include "att/att_priv.h"

enum gattc_state {
    GATTC_IDLE,
    GATTC_QUEUED,
    GATTC_ACTIVE,   /* owns a bearer; sent: its request is under way */
    GATTC_SECURING, /* the same, waits for the link to be raised */
    GATTC_ENDING,   /* cancelled; DONE is to be told */
};

/* A request and what its answer does. An operation begins with one and goes on as the parser
 * says. */
enum gattc_step {
    GATTC_STEP_MTU,
    GATTC_STEP_SERVICES,
    GATTC_STEP_SERVICES_BY_UUID,
    GATTC_STEP_INCLUDES,
    GATTC_STEP_INCLUDE_UUID, /* of a long UUID, which an include declaration does not hold */
    GATTC_STEP_CHARACTERISTICS,
    GATTC_STEP_DESCRIPTORS,
    GATTC_STEP_BY_UUID,
    GATTC_STEP_READ,
    GATTC_STEP_READ_LONG,
    GATTC_STEP_BLOB,
    GATTC_STEP_MULTIPLE,
    GATTC_STEP_VARIABLE,
    GATTC_STEP_WRITE,
    GATTC_STEP_CCC,
    GATTC_STEP_PREPARE,
    GATTC_STEP_EXECUTE,
    GATTC_STEP_DISCARD, /* what was prepared, after an error */
    GATTC_STEP_COMMAND,
    GATTC_STEP_SIGNED,
    GATTC_STEP_COUNT,
    GATTC_STEP_END = GATTC_STEP_COUNT
};

struct gattc_step_row {
    uint8_t opcode;
    bool command;        /* no answer */
    bool not_found_ends; /* Attribute Not Found is the end of a discovery, not an error */
    uint16_t type;       /* attribute type asked for */
    /* Writes the parameters; 0, or an error that ends the operation. */
    int (*build)(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w);
    /* Reads the answer: the next step, or a negative error. */
    int (*rx)(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r);
};
extern const struct gattc_step_row woad_gattc_steps[GATTC_STEP_COUNT];

struct gattc_db_ops {
    /* The server says that the client's view is out of date [Vol 3, Part G, 2.5.2.1]. */
    void (*stale)(struct woad_gattc_db *db);
    /* The link's bond may have become known. */
    void (*secured)(struct woad_gattc_db *db);
    void (*link_down)(struct woad_gattc_db *db);
};

#define GATTC_BEARERS 6 /* of a link that are used; bits of gattc_link.confirm */

struct gattc_link {
    struct host_link *link; /* NULL: down */
    struct woad_gattc_op *head, *tail;
    struct att_bearer *bearers[GATTC_BEARERS]; /* the fixed channel's first */
    uint8_t bearer_count;
    uint8_t confirm;            /* confirmations owed for want of a buffer */
    struct att_bearer *discard; /* prepared parts of a cancelled write are to be discarded here */
    bool discard_sent;
    struct woad_gattc_op *writer; /* the one that may have prepared parts at the server */
    bool raising;
    uint8_t raised_from;
    bool due;
    struct gattc_link *due_next;
    struct woad_gattc_db *db;
    const struct gattc_db_ops *db_ops; /* of db */
    struct woad_gattc_sub **subs;
    struct woad_gattc_sub *visit; /* the next to be told; moves when that one is removed */
};

struct gattc {
    struct woad_gattc_cfg cfg;
    struct woad_gattc_op *ended, *ended_tail; /* cancelled */
    struct gattc_link *due_head;
    struct gattc_link links[];
};

static inline struct gattc *woad_gattc_of(const struct woad_host *h)
{
    return h->part[HOST_PART_GATTC];
}

static inline struct gattc_link *woad_gattc_link(const struct host_link *link)
{
    return &woad_gattc_of(link->h)->links[woad_host_link_index(link)];
}

/* client.c */
/* Queues op, its fields filled in by the caller, beginning with step. */
void woad_gattc_begin(struct gattc_link *l, struct woad_gattc_op *op, uint8_t step);
void woad_gattc_due(struct gattc_link *l);
void woad_gattc_confirm(struct gattc_link *l, struct att_bearer *b);
/* Takes op from its link and bearer; DONE with CANCELLED is told by the next service(). */
void woad_gattc_drop(struct woad_gattc_op *op);
/* Tells an event to an operation's, subscription's or database's owner. */
void woad_gattc_tell(struct host_link *link, bool inner, woad_gattc_event_fn *event, void *arg,
                     struct woad_gattc_evt *evt);
/* The operation goes on (it was not cancelled inside an event). */
static inline bool woad_gattc_active(const struct woad_gattc_op *op)
{
    return op->state == GATTC_ACTIVE;
}
/* A bonded server that does not encrypt is not believed (BLESA). */
bool woad_gattc_distrusted(const struct host_link *link);

/* client_steps.c */
/* Tells what was held back until its end was known; FORMAT when that is impossible. */
int woad_gattc_flush(struct woad_gattc_op *op, uint16_t end);

/* client_sub.c */
void woad_gattc_on_value(struct gattc_link *l, struct att_bearer *b, const uint8_t *pdu,
                         uint16_t len);
void woad_gattc_sub_add(struct gattc_link *l, struct woad_gattc_sub *sub);
void woad_gattc_sub_remove(struct woad_gattc_sub *sub);
void woad_gattc_subs_end(struct gattc_link *l);
uint16_t woad_gattc_sub_bits(const struct woad_gattc_sub *sub);

/* cache.c, cache_store.c: reached through gattc_link.db_ops alone, so that a program without
 * databases does not link them */
/* True: it is in the store of a bonded server. */
bool woad_gattc_db_save(const struct woad_gattc_db *db);
void woad_gattc_db_load(struct woad_gattc_db *db);

#endif
