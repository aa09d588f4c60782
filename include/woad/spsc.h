/* woad/spsc.h: a ring between one producer and one consumer, without locks.
 *
 * One side may be an interrupt handler or another thread. The ring counts; the items are an array
 * of the caller's, so that an item of any type is written and read in place:
 *
 *     struct item items[16];
 *     struct woad_spsc ring = WOAD_SPSC_INIT(16);
 *
 *     if (woad_spsc_free(&ring)) {                     producer
 *         items[woad_spsc_put_slot(&ring)] = item;
 *         woad_spsc_put(&ring, 1);
 *     }
 *     while (woad_spsc_count(&ring)) {                 consumer
 *         use(&items[woad_spsc_get_slot(&ring)]);
 *         woad_spsc_get(&ring, 1);
 *     }
 *
 * A ring of octets moves spans: put_span and get_span say how many slots follow in a row.
 * What the producer wrote before put() is seen by the consumer whose count() saw it; what the
 * consumer read before get() is no longer needed when free() shows the room.
 */
#ifndef WOAD_SPSC_H
#define WOAD_SPSC_H

#include <stdatomic.h>
#include <stdint.h>

struct woad_spsc {
    atomic_uint put; /* items ever put; written by the producer only */
    atomic_uint get; /* items ever got; written by the consumer only */
    unsigned size;   /* slots; a power of two */
};

/* size: a power of two, at most 2^15 (unsigned may have 16 bits). */
#define WOAD_SPSC_INIT(slots)                                                                      \
    {                                                                                              \
        .size = (slots)                                                                            \
    }

static inline void woad_spsc_init(struct woad_spsc *r, unsigned size)
{
    atomic_init(&r->put, 0);
    atomic_init(&r->get, 0);
    r->size = size;
}

/* Producer: slots that may be filled. */
static inline unsigned woad_spsc_free(struct woad_spsc *r)
{
    return r->size - (atomic_load_explicit(&r->put, memory_order_relaxed) -
                      atomic_load_explicit(&r->get, memory_order_acquire));
}

/* Producer: index of the first free slot. */
static inline unsigned woad_spsc_put_slot(struct woad_spsc *r)
{
    return atomic_load_explicit(&r->put, memory_order_relaxed) & (r->size - 1);
}

/* Producer: free slots from put_slot on, up to the end of the array. */
static inline unsigned woad_spsc_put_span(struct woad_spsc *r)
{
    unsigned row = r->size - woad_spsc_put_slot(r);
    unsigned room = woad_spsc_free(r);
    return room < row ? room : row;
}

/* Producer: n (<= free) slots were filled. */
static inline void woad_spsc_put(struct woad_spsc *r, unsigned n)
{
    unsigned put = atomic_load_explicit(&r->put, memory_order_relaxed);
    atomic_store_explicit(&r->put, put + n, memory_order_release);
}

/* Consumer: items waiting. */
static inline unsigned woad_spsc_count(struct woad_spsc *r)
{
    return atomic_load_explicit(&r->put, memory_order_acquire) -
           atomic_load_explicit(&r->get, memory_order_relaxed);
}

/* Consumer: index of the oldest item. */
static inline unsigned woad_spsc_get_slot(struct woad_spsc *r)
{
    return atomic_load_explicit(&r->get, memory_order_relaxed) & (r->size - 1);
}

/* Consumer: items from get_slot on, up to the end of the array. */
static inline unsigned woad_spsc_get_span(struct woad_spsc *r)
{
    unsigned row = r->size - woad_spsc_get_slot(r);
    unsigned count = woad_spsc_count(r);
    return count < row ? count : row;
}

/* Consumer: n (<= count) items are done with. */
static inline void woad_spsc_get(struct woad_spsc *r, unsigned n)
{
    unsigned get = atomic_load_explicit(&r->get, memory_order_relaxed);
    atomic_store_explicit(&r->get, get + n, memory_order_release);
}

#endif
