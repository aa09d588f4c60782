/* ring.h: the receive store of a channel, a ring of records.
 *
 *     | len flags | payload ... pad |      every record begins at a multiple of 4, so its header
 *     ^ rd             ^ wr                never wraps; the payload may
 *
 * used counts the record being written from its begin, so that memory is never promised twice.
 * Inline: these few instructions are on the path of every K-frame. */
#ifndef WOAD_L2CAP_RING_H
#define WOAD_L2CAP_RING_H

#include <assert.h>
#include <string.h>

#include "host_priv.h"

#define REC_HDR 4u

enum ring_flags { RING_FIRST = 1, RING_LAST = 2 };

static inline uint32_t woad_l2cap_rec_size(uint32_t payload)
{
    return REC_HDR + ((payload + 3) & ~UINT32_C(3));
}

static inline void woad_rxring_reset(struct host_ring *ring)
{
    ring->rd = ring->wr = ring->used = ring->rd_off = ring->put = ring->put_len = 0;
    ring->writing = false;
}

static inline uint32_t woad_rxring_wrap(const struct host_ring *ring, uint32_t at)
{
    return at >= ring->size ? at - ring->size : at;
}

static inline void woad_rxring_begin(struct host_ring *ring, uint16_t len)
{
    ring->used += woad_l2cap_rec_size(len);
    assert(ring->used <= ring->size); /* the credit stood for this memory */
    ring->put = 0;
    ring->put_len = len;
    ring->writing = true;
}

static inline void woad_rxring_put(struct host_ring *ring, const uint8_t *data, uint16_t len)
{
    uint32_t at = woad_rxring_wrap(ring, ring->wr + REC_HDR + ring->put);
    uint32_t first = ring->size - at;
    assert(ring->put + len <= ring->put_len);
    if (first > len)
        first = len;
    memcpy(ring->mem + at, data, first);
    if (len > first)
        memcpy(ring->mem, data + first, len - first);
    ring->put += len;
}

static inline void woad_rxring_commit(struct host_ring *ring, uint16_t flags)
{
    woad_put_u16(ring->mem + ring->wr, (uint16_t)ring->put_len);
    woad_put_u16(ring->mem + ring->wr + 2, flags);
    ring->wr = woad_rxring_wrap(ring, ring->wr + woad_l2cap_rec_size(ring->put_len));
    ring->writing = false;
}

static inline void woad_rxring_abort(struct host_ring *ring)
{
    if (ring->writing)
        ring->used -= woad_l2cap_rec_size(ring->put_len);
    ring->writing = false;
}

static inline void woad_rxring_peek(const struct host_ring *ring, uint16_t *len, uint16_t *flags)
{
    *len = woad_get_u16(ring->mem + ring->rd);
    *flags = woad_get_u16(ring->mem + ring->rd + 2);
}

static inline void woad_rxring_get(struct host_ring *ring, void *to, uint32_t len)
{
    uint32_t at = woad_rxring_wrap(ring, ring->rd + REC_HDR + ring->rd_off);
    uint32_t first = ring->size - at;
    if (first > len)
        first = len;
    memcpy(to, ring->mem + at, first);
    if (len > first)
        memcpy((uint8_t *)to + first, ring->mem, len - first);
    ring->rd_off += len;
}

static inline void woad_rxring_drop(struct host_ring *ring)
{
    uint32_t size = woad_l2cap_rec_size(woad_get_u16(ring->mem + ring->rd));
    ring->rd = woad_rxring_wrap(ring, ring->rd + size);
    ring->used -= size;
    ring->rd_off = 0;
}

#endif
