/* woad/store.h: what a device remembers across a power cut: bonds, counters, subscriptions, caches.
 *
 *        SMP        GATT server      GATT client      application
 *         |  bonds, own keys  |  CCCDs, hash  |  caches     |
 *      +--+-------------------+---------------+-------------+--+
 *      |  struct woad_store: get, write (all or none), next    |   this header
 *      +--+-------------------+---------------------+----------+
 *         |                   |                     |
 *      store_ram.h       store_flash.h         store_sqlite.h
 *      caller's memory   log on raw flash      one file, for tools
 *
 * A store maps 32-bit keys to values of 0 to WOAD_STORE_VALUE_MAX octets. A key is a type and an
 * index; for what belongs to a bonded peer the index is the number of the bond.
 *
 *     struct woad_store_item both[] = {
 *         {WOAD_STORE_KEY(WOAD_STORE_BOND, n), &bond, sizeof(bond)},
 *         {WOAD_STORE_KEY(WOAD_STORE_CCCD, n), NULL, 0},            // delete
 *     };
 *     err = woad_store_write(&store, both, 2);
 *
 * Rules
 * - Every call is synchronous and waits for the medium only. A back end whose medium is slow says
 *   in its header how long a call can take and how to take the wait out of it.
 * - write is atomic: after a power cut at any point either all items of the call are there or none.
 *   When it returned 0 the items are durable.
 * - A write that fails has changed nothing. NO_MEM: the store is full; which value goes instead is
 *   the caller's policy, the store never drops one. Deleting works in a full store (a back end may
 *   limit how many deletions one call holds then; 16 are always possible).
 * - Values are octets: whoever owns a type defines its layout, little-endian, with a version where
 *   it may change. A value that is read back is input like any other: check its length.
 * - One owner at a time, like the host that uses it. Callable from the pump, not from an ISR.
 */
#ifndef WOAD_STORE_H
#define WOAD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

#define WOAD_STORE_VALUE_MAX 1024u

#define WOAD_STORE_KEY(type, index) ((uint32_t)(type) << 16 | (uint16_t)(index))
#define WOAD_STORE_KEY_TYPE(key) ((uint16_t)((key) >> 16))
#define WOAD_STORE_KEY_INDEX(key) ((uint16_t)(key))

enum woad_store_type {
    WOAD_STORE_LOCAL = 1,    /* of the device itself; index: enum woad_store_local */
    WOAD_STORE_BOND,         /* keys and identity of a bonded peer */
    WOAD_STORE_SIGN_COUNTER, /* signing counters of a bond; apart, because they change often */
    WOAD_STORE_CCCD,         /* what the peer subscribed to in the local database */
    WOAD_STORE_CLIENT,       /* its client supported features, change-awareness, pending Service
                                Changed range */
    WOAD_STORE_CACHE,        /* the cached database of the peer's server; long ones take several
                                indices, numbered by their owner */
    WOAD_STORE_APP = 0x80,   /* from here to 0xFFFE for the application. Keys 0 and 0xFFFFFFFF are
                                never used */
};

enum woad_store_local {
    WOAD_STORE_LOCAL_IRK = 0,
    WOAD_STORE_LOCAL_IDENTITY,
    WOAD_STORE_LOCAL_CSRK,
    WOAD_STORE_LOCAL_SIGN_COUNTER,
    WOAD_STORE_LOCAL_DB_HASH,
    WOAD_STORE_LOCAL_OWN = 0x80, /* from here on free */
};

/* data NULL deletes the key; deleting what is not there is no error. data not NULL with len 0 is a
 * value of no octets. */
struct woad_store_item {
    uint32_t key;
    const void *data;
    uint16_t len;
};

/* What a back end provides; callers use the wrappers below. */
struct woad_store_ops {
    /* Copies the value to `to` and answers its length, 0 or more. NOT_FOUND: no such key; TOO_LONG:
     * longer than size (nothing copied that may be used); FORMAT: stored, but damaged; IO. */
    long (*get)(void *ctx, uint32_t key, void *to, size_t size);

    /* All items or none. INVALID: key 0 or 0xFFFFFFFF, a key twice, a value over the limit;
     * TOO_LONG: more in one call than the back end can make atomic; NO_MEM: full; IO: the medium
     * failed (all or none still holds: get tells which). */
    int (*write)(void *ctx, const struct woad_store_item *items, size_t count);

    /* Replaces *key by the smallest stored key above it. NOT_FOUND: there is none. */
    int (*next)(void *ctx, uint32_t *key);

    /* Octets of value that one more item may have and is certain to be taken, if its key is new; 0
     * when full. Not limited to WOAD_STORE_VALUE_MAX: it also measures how full the store is. */
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
    struct woad_store_item item = {key, data ? data : "", len};
    return data || !len ? woad_store_write(s, &item, 1) : WOAD_ERR_INVALID;
}

static inline int woad_store_delete(const struct woad_store *s, uint32_t key)
{
    struct woad_store_item item = {key, NULL, 0};
    return woad_store_write(s, &item, 1);
}

/* To walk all: start with key 0, until NOT_FOUND. The walk stands writing and deleting meanwhile. */
static inline int woad_store_next(const struct woad_store *s, uint32_t *key)
{
    return s->ops->next(s->ctx, key);
}

static inline long woad_store_space(const struct woad_store *s)
{
    return s->ops->space(s->ctx);
}

#endif
