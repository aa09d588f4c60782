/* woad/store.h: where a host keeps what must survive: bonds, subscriptions, caches.
 *
 *      host (SMP, GATT)                           records: key -> octets
 *           |  get, write, next
 *      struct woad_store { ops, ctx }
 *           |
 *      +----+----------+-------------------+---------------------+
 *      | RAM           | flash log         | SQLite              |
 *      | store/ram     | store/flash       | store/sqlite, tools |
 *      +---------------+-------------------+---------------------+
 *
 * A back end is a const table of functions and a context of its own; an application may bring one.
 *
 * What a back end promises
 *  - write() makes all of its items true or none, also when power fails in the middle. When it
 *    returned 0, they are durable; when it returned an error, nothing has changed.
 *  - A store that is full answers NO_MEM and keeps everything it had.
 *  - get() and next() answer from what the last successful write() left.
 *  - Calls wait for the medium and for nothing else. They are made from woad_host_run() and from
 *    calls of the API, so what a medium takes is a pause of the host: a back end for flash says in
 *    its header how long one call can take.
 *
 * Values are 1 to WOAD_STORE_VALUE_MAX octets. One owner at a time.
 */
#ifndef WOAD_STORE_H
#define WOAD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

#define WOAD_STORE_VALUE_MAX 1024

/* The high half of a key; the low half is an index: for most the number of a bond. */
enum woad_store_type {
    WOAD_STORE_LOCAL = 1,    /* own identity key, address and the like */
    WOAD_STORE_BOND,         /* a bond */
    WOAD_STORE_SIGN_COUNTER, /* its counters of signed writes */
    WOAD_STORE_CCCD,         /* its subscriptions at our server */
    WOAD_STORE_CLIENT,       /* its features as a client, what it does not know yet */
    WOAD_STORE_CACHE,        /* the database of its server, in several records */
    WOAD_STORE_APP = 0x80,   /* this and above: the application's */
};

#define WOAD_STORE_KEY(type, index) ((uint32_t)(type) << 16 | (uint16_t)(index))

#define WOAD_STORE_CACHE_RECORDS 8   /* of a bond: as many as one write may change */
#define WOAD_STORE_CACHE_BONDS   256 /* those above keep none */
#define WOAD_STORE_CACHE_KEY(bond, record)                                                         \
    WOAD_STORE_KEY(WOAD_STORE_CACHE, (unsigned)(bond) | (unsigned)(record) << 8)

/* One change: data NULL deletes the record. */
struct woad_store_item {
    uint32_t key;
    const void *data;
    uint16_t len;
};

struct woad_store_ops {
    /* Copies a record; returns its length. NOT_FOUND, TOO_LONG (size is less), FORMAT (damaged),
     * IO. */
    long (*get)(void *ctx, uint32_t key, void *to, size_t size);
    /* Makes count (1..8) changes at once, of different keys. NO_MEM, IO, INVALID. */
    int (*write)(void *ctx, const struct woad_store_item *items, size_t count);
    /* The smallest key above *key; NOT_FOUND: there is none. */
    int (*next)(void *ctx, uint32_t *key);
    /* Octets of values that can be written now, about. */
    long (*space)(void *ctx);
};

struct woad_store {
    const struct woad_store_ops *ops;
    void *ctx;
};

static inline long woad_store_get(const struct woad_store *s, uint32_t key, void *to, size_t size)
{
    return s->ops->get(s->ctx, key, to, size);
}

static inline int woad_store_write(const struct woad_store *s, const struct woad_store_item *items,
                                   size_t count)
{
    return s->ops->write(s->ctx, items, count);
}

static inline int woad_store_put(const struct woad_store *s, uint32_t key, const void *data,
                                 uint16_t len)
{
    return s->ops->write(s->ctx, &(struct woad_store_item){key, data, len}, 1);
}

/* Deleting what is not there is 0. */
static inline int woad_store_delete(const struct woad_store *s, uint32_t key)
{
    return s->ops->write(s->ctx, &(struct woad_store_item){key, NULL, 0}, 1);
}

static inline int woad_store_next(const struct woad_store *s, uint32_t *key)
{
    return s->ops->next(s->ctx, key);
}

#endif
