#include "woad/ring.h"

#include <assert.h>
#include <string.h>

/* head and tail run freely modulo 2^32; their difference is the fill level. Each side reads its own
 * index relaxed and the other's with acquire, and publishes its own with release: the octets are
 * in place before head says so, and have been read before tail says so. */

void woad_ring_init(struct woad_ring *r, void *mem, uint32_t size)
{
    assert(size && (size & (size - 1)) == 0);
    r->mem = mem;
    r->size = size;
    woad_ring_reset(r);
}

void woad_ring_reset(struct woad_ring *r)
{
    atomic_store(&r->head, 0);
    atomic_store(&r->tail, 0);
    atomic_store(&r->lost, 0);
}

uint8_t *woad_ring_room(struct woad_ring *r, size_t *len)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    uint32_t at = head & (r->size - 1);
    uint32_t free = r->size - (head - tail);
    if (woad_ring_lost(r))
        free = 0;
    *len = free < r->size - at ? free : r->size - at;
    return r->mem + at;
}

void woad_ring_commit(struct woad_ring *r, size_t n)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    assert(n <= r->size - (head - atomic_load_explicit(&r->tail, memory_order_relaxed)));
    atomic_store_explicit(&r->head, head + (uint32_t)n, memory_order_release);
}

void woad_ring_drop(struct woad_ring *r, size_t n)
{
    uint32_t lost = atomic_load_explicit(&r->lost, memory_order_relaxed);
    uint32_t sum = n > UINT32_MAX - lost ? UINT32_MAX : lost + (uint32_t)n;
    atomic_store_explicit(&r->lost, sum, memory_order_release);
}

size_t woad_ring_put(struct woad_ring *r, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t done = 0;
    while (done < len) {
        size_t room;
        uint8_t *to = woad_ring_room(r, &room);
        if (!room) {
            woad_ring_drop(r, len - done);
            break;
        }
        if (room > len - done)
            room = len - done;
        memcpy(to, from + done, room);
        woad_ring_commit(r, room);
        done += room;
    }
    return done;
}

const uint8_t *woad_ring_peek(const struct woad_ring *r, size_t *len)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t held = atomic_load_explicit(&r->head, memory_order_acquire) - tail;
    uint32_t at = tail & (r->size - 1);
    *len = held < r->size - at ? held : r->size - at;
    return r->mem + at;
}

void woad_ring_consume(struct woad_ring *r, size_t n)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    assert(n <= atomic_load_explicit(&r->head, memory_order_relaxed) - tail);
    atomic_store_explicit(&r->tail, tail + (uint32_t)n, memory_order_release);
}

size_t woad_ring_len(const struct woad_ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    return head - atomic_load_explicit(&r->tail, memory_order_acquire);
}

size_t woad_ring_lost(const struct woad_ring *r)
{
    return atomic_load_explicit(&r->lost, memory_order_acquire);
}
