/* woad/ring.h: a ring of octets between one producer and one consumer, without locks.
 *
 *      interrupt, DMA, read()                      framer
 *      woad_ring_put, or                           woad_ring_peek
 *      woad_ring_room + woad_ring_commit           woad_ring_consume
 *                 |                                     ^
 *                 v        mem                          |
 *             +------+---------------------------+------+
 *             | free | octets, oldest first  --> | free |
 *             +------+---------------------------+------+
 *
 * The producer may run in interrupt context or in another thread, and so may the consumer; each
 * side has one owner. Nothing is allocated and nothing waits.
 *
 * Overrun: when octets arrive for which there is no room, the ring stops: these and all later ones
 * are counted and dropped, so that what it holds is a gapless prefix of what arrived. The consumer
 * empties it, then sees woad_ring_lost(), and starts again with woad_ring_reset() (a gap in an H4
 * stream cannot be mended).
 *
 * Size: with b baud and l seconds of latency at least b / 10 * l octets: 32 for 1 Mbaud and 200 us.
 */
#ifndef WOAD_RING_H
#define WOAD_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct woad_ring {
    uint8_t *mem;
    uint32_t size;         /* a power of two */
    _Atomic uint32_t head; /* octets ever put; written by the producer */
    _Atomic uint32_t tail; /* octets ever consumed; written by the consumer */
    _Atomic uint32_t lost; /* octets dropped since the last reset; written by the producer */
};

/* mem is borrowed for the ring's life; size is a power of two, asserted. */
void woad_ring_init(struct woad_ring *r, void *mem, uint32_t size);

/* Empties the ring and forgets an overrun. Neither side may be at work. */
void woad_ring_reset(struct woad_ring *r);

/* Producer. Stores data and returns how many octets were stored; the others are lost. */
size_t woad_ring_put(struct woad_ring *r, const void *data, size_t len);

/* Producer. The next free place and in *len the octets that fit there without a wrap: a target for
 * DMA or read(). *len is 0 when the ring is full or stopped. */
uint8_t *woad_ring_room(struct woad_ring *r, size_t *len);
/* Producer. n octets at woad_ring_room() are now valid; n <= its len, asserted. */
void woad_ring_commit(struct woad_ring *r, size_t n);

/* Producer. The hardware dropped n octets before they came here; n > 0. */
void woad_ring_drop(struct woad_ring *r, size_t n);

/* Consumer. The oldest octets and in *len how many there are without a wrap. */
const uint8_t *woad_ring_peek(const struct woad_ring *r, size_t *len);
/* Consumer. Gives n octets of woad_ring_peek() back; n <= its len, asserted. */
void woad_ring_consume(struct woad_ring *r, size_t n);

/* Either side: octets held, and octets lost (not 0: stopped). */
size_t woad_ring_len(const struct woad_ring *r);
size_t woad_ring_lost(const struct woad_ring *r);

#endif
