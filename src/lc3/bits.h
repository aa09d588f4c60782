/*
 * The two ends of a frame. [3.4.4]
 *
 *     octet 0 > > > arithmetic code > > >  :  < < < plain bits < < < last octet
 *
 * Plain bits fill each octet from its least significant bit. Both ends read zeros past their
 * limits; woad_lc3_reader_left() tells afterwards whether they crossed.
 */
#ifndef WOAD_LC3_BITS_H
#define WOAD_LC3_BITS_H

#include <stddef.h>

#include "fixed.h"

struct woad_lc3_reader {
    const uint8_t *start, *end;
    const uint8_t *back; /* plain bits: next octet is back[-1] */
    uint32_t acc;        /* plain bits read ahead, next one lowest */
    int acc_bits;
    int missing;          /* bits read ahead that the frame does not have */
    const uint8_t *front; /* arithmetic code: next octet */
    uint32_t low, range;  /* 24 bits */
    bool bad;             /* the arithmetic code left its interval */
};

void woad_lc3_reader_init(struct woad_lc3_reader *r, const uint8_t *frame, size_t len);

/* Bits that neither end has used; below zero when they crossed. */
int woad_lc3_reader_left(const struct woad_lc3_reader *r);

/* Makes at least 25 plain bits available in acc. */
void woad_lc3_refill(struct woad_lc3_reader *r);

/* 0 to 25 plain bits. The side information calls this; inline is for the loops over lines. */
uint32_t woad_lc3_read(struct woad_lc3_reader *r, int n);

static inline uint32_t woad_lc3_read_inline(struct woad_lc3_reader *r, int n)
{
    uint32_t v;

    if (r->acc_bits < n) {
        woad_lc3_refill(r);
    }
    v = r->acc & ((1u << n) - 1);
    r->acc >>= n;
    r->acc_bits -= n;
    return v;
}

/* The last of 17 intervals that starts at or below low, below 1024 scale. */
static inline unsigned woad_lc3_find_symbol(const uint16_t *cum, uint32_t low, uint32_t scale)
{
#if WOAD_LC3_SSE2
    /*
     * The two most frequent symbols by branches, which are often guessed right, and the others by
     * sixteen comparisons at once, which would not be.
     */
    const __m128i zero = _mm_setzero_si128();
    __m128i at = _mm_set1_epi32((int)low), by = _mm_set1_epi32((int)scale);
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)(cum + 1));
    __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(cum + 9));
    __m128i a = _mm_cmpgt_epi32(_mm_madd_epi16(_mm_unpacklo_epi16(first, zero), by), at);
    __m128i b = _mm_cmpgt_epi32(_mm_madd_epi16(_mm_unpackhi_epi16(first, zero), by), at);
    __m128i c = _mm_cmpgt_epi32(_mm_madd_epi16(_mm_unpacklo_epi16(second, zero), by), at);
    __m128i d = _mm_cmpgt_epi32(_mm_madd_epi16(_mm_unpackhi_epi16(second, zero), by), at);
    __m128i above = _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));

    if (low < scale * cum[1]) {
        return 0;
    }
    if (low >= scale * cum[16]) {
        return 16;
    }
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(above));
#else
    unsigned s = 0;

    if (low >= scale * cum[8]) {
        s = 8;
    }
    if (low >= scale * cum[s + 4]) {
        s += 4;
    }
    if (low >= scale * cum[s + 2]) {
        s += 2;
    }
    if (low >= scale * cum[s + 1]) {
        s += 1;
    }
    if (s == 15 && low >= scale * cum[16]) {
        s = 16;
    }
    return s;
#endif
}

/*
 * One symbol. cum: starts of the intervals of 17 symbols, then 1024. Symbols of frequency 0 cannot
 * be returned.
 */
unsigned woad_lc3_read_symbol(struct woad_lc3_reader *r, const uint16_t *cum);

static inline unsigned woad_lc3_read_symbol_inline(struct woad_lc3_reader *r, const uint16_t *cum)
{
    uint32_t scale = r->range >> 10, low = r->low, range;
    unsigned s;

    if (low >= scale << 10) {
        r->bad = true;
        low = 0;
    }
    s = woad_lc3_find_symbol(cum, low, scale);
    low -= scale * cum[s];
    range = scale * (uint32_t)(cum[s + 1] - cum[s]);
    while (range < 0x10000) {
        range <<= 8;
        low <<= 8;
        if (r->front < r->end) {
            low |= *r->front++;
        }
    }
    r->low = low;
    r->range = range;
    return s;
}

/* The writing side. Octets are never written outside the frame, whatever is asked. */
struct woad_lc3_writer {
    uint8_t *start, *end;
    uint8_t *back; /* plain bits: next octet goes to back[-1] */
    uint32_t acc;
    int acc_bits;
    uint8_t *front;
    uint32_t low, range;
    int cache; /* octet that a carry may still change, or -1 */
    int carry, carry_count;
};

void woad_lc3_writer_init(struct woad_lc3_writer *w, uint8_t *frame, size_t len);
void woad_lc3_write(struct woad_lc3_writer *w, uint32_t value, int n);

/* Puts whole octets of acc into the frame. */
void woad_lc3_flush(struct woad_lc3_writer *w);

/* At most 16 bits, for the loops over lines. */
static inline void woad_lc3_write_inline(struct woad_lc3_writer *w, uint32_t value, int n)
{
    w->acc |= value << w->acc_bits;
    w->acc_bits += n;
    if (w->acc_bits >= 16) {
        woad_lc3_flush(w);
    }
}
void woad_lc3_write_symbol(struct woad_lc3_writer *w, const uint16_t *cum, unsigned s);
int woad_lc3_writer_left(const struct woad_lc3_writer *w);
void woad_lc3_writer_finish(struct woad_lc3_writer *w);

#endif
