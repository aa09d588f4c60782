/* woad/buf.h: packet buffers and the pools they come from.
 *
 *     storage                                            ext (optional)
 *     +-----------+------------------+-----------+       +------------------+
 *     | headroom  | data ... len     | tailroom  |  then | ext ... ext_len  |
 *     +-----------+------------------+-----------+       +------------------+
 *
 * A buffer is reference-counted and belongs to a fixed pool. Headers are pushed in front of the
 * payload, so an application's value travels down to the radio without being copied. The optional
 * ext part lends memory of somebody else (the caller of a stream write, or another buffer): it
 * follows the octets at data and is never written through this buffer.
 *
 * Life cycle: alloc (1 reference) -> push/put -> handed on ("takes") -> unref (back to its pool).
 * A function that *takes* a buffer owns the caller's reference from then on; one that *borrows*
 * uses it only during the call.
 *
 * Rules
 * - A pool and its buffers have one owner at a time (one thread); nothing here locks.
 * - Pools keep a reserve: woad_buf_alloc() leaves it alone, woad_buf_alloc_reserved() may use it.
 *   Signalling, events of the controller and answers use the reserve, data does not.
 * - A failed allocation returns NULL and is counted; nothing else happens.
 */
#ifndef WOAD_BUF_H
#define WOAD_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

/* HCI packet types, as the H4 indicator octet [Vol 4, Part A, 2]. */
enum woad_pkt_type {
    WOAD_PKT_NONE = 0,
    WOAD_PKT_CMD = 1,
    WOAD_PKT_ACL = 2,
    WOAD_PKT_SCO = 3,
    WOAD_PKT_EVT = 4,
    WOAD_PKT_ISO = 5,
};

struct woad_pool;

struct woad_buf {
    struct woad_buf *next;    /* queue link, for the owner */
    struct woad_pool *pool;   /* where the last unref returns it */
    uint8_t *data;            /* first octet of the packet */
    const uint8_t *ext;       /* more octets after data[len - 1], or NULL */
    struct woad_buf *ext_ref; /* buffer that holds ext; released with this one; or NULL */
    void *user;               /* tags of whoever allocated it, kept through every layer: user, */
    uint16_t len;             /* octets at data */
    uint16_t ext_len;         /* octets at ext */
    uint16_t size;            /* octets of storage */
    uint16_t handle;          /* handle and flags */
    uint8_t type;             /* enum woad_pkt_type */
    uint8_t flags;
    uint8_t mark; /* for the layer that holds it in a queue of its own */
    uint8_t ref;
    uint8_t storage[];
};

struct woad_pool {
    struct woad_buf *free;
    /* Called with every buffer whose last reference has gone, just before it is free again: the
     * place to learn that lent memory (ext) may be reused. May be NULL. */
    void (*released)(void *arg, struct woad_buf *buf);
    void *released_arg;
    uint16_t count;      /* buffers in the pool */
    uint16_t free_count; /* of these, free now */
    uint16_t reserve;    /* the last ones, for woad_buf_alloc_reserved() alone */
    uint16_t free_min;   /* the lowest free_count seen */
    uint32_t failed;     /* allocations refused */
    uint32_t fail_at;    /* test aid: refuse the n-th allocation from now; 0 = off */
    uint16_t buf_size;   /* octets of storage of each */
};

/* Octets of memory for count buffers of size octets of storage each. */
size_t woad_pool_mem_size(uint16_t count, uint16_t size);

/* Builds the pool in mem (borrowed for the pool's life; aligned for a pointer; at least
 * woad_pool_mem_size(count, size) octets). reserve <= count. */
void woad_pool_init(struct woad_pool *pool, void *mem, uint16_t count, uint16_t size,
                    uint16_t reserve);

/* A fresh buffer: one reference, len 0, data at headroom, no ext, type NONE, user NULL. Returns
 * NULL when only the reserve is left (alloc), nothing is left (alloc_reserved) or headroom exceeds
 * the storage. */
struct woad_buf *woad_buf_alloc(struct woad_pool *pool, uint16_t headroom);
struct woad_buf *woad_buf_alloc_reserved(struct woad_pool *pool, uint16_t headroom);

/* One reference more; returns buf. At most 255. */
struct woad_buf *woad_buf_ref(struct woad_buf *buf);

/* One reference less; the last returns the buffer (and ext_ref's reference). NULL is ignored. */
void woad_buf_unref(struct woad_buf *buf);

static inline uint16_t woad_buf_headroom(const struct woad_buf *buf)
{
    return (uint16_t)(buf->data - buf->storage);
}

static inline uint16_t woad_buf_tailroom(const struct woad_buf *buf)
{
    return (uint16_t)(buf->size - woad_buf_headroom(buf) - buf->len);
}

/* len + ext_len: the octets of the packet. */
static inline uint32_t woad_buf_total(const struct woad_buf *buf)
{
    return (uint32_t)buf->len + buf->ext_len;
}

/* Grows the packet by n octets in front (push) or behind data (put; not with ext) and returns the
 * first of them. The caller has checked the room: asserted. */
uint8_t *woad_buf_push(struct woad_buf *buf, uint16_t n);
uint8_t *woad_buf_put(struct woad_buf *buf, uint16_t n);

/* Drops n octets in front; n <= len, asserted. Returns the new data. */
uint8_t *woad_buf_pull(struct woad_buf *buf, uint16_t n);

/* Copies len octets of the packet from offset (through data, then ext); returns how many there
 * were. */
size_t woad_buf_copy_out(const struct woad_buf *buf, size_t offset, void *to, size_t len);

/* Lends ext to buf. owner (may be NULL) gets a reference more and is released with buf. */
void woad_buf_lend(struct woad_buf *buf, const void *ext, uint16_t ext_len, struct woad_buf *owner);

/* A first-in first-out queue of buffers; zero-initialised is empty. A buffer is in one queue. */
struct woad_buf_queue {
    struct woad_buf *head;
    struct woad_buf *tail;
    uint16_t count;
};

void woad_buf_queue_push(struct woad_buf_queue *q, struct woad_buf *buf);
void woad_buf_queue_push_front(struct woad_buf_queue *q, struct woad_buf *buf);
struct woad_buf *woad_buf_queue_pop(struct woad_buf_queue *q);
/* Unrefs everything that is queued. */
void woad_buf_queue_clear(struct woad_buf_queue *q);

static inline struct woad_buf *woad_buf_queue_peek(const struct woad_buf_queue *q)
{
    return q->head;
}

#endif
