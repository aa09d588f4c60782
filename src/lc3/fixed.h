/* Fixed-point helpers. Right shifts of negative values are arithmetic on every supported compiler.
 */
#ifndef WOAD_LC3_FIXED_H
#define WOAD_LC3_FIXED_H

#include <stdbool.h>
#include <stdint.h>

/* x86-64 always has SSE2: where a few of its instructions pay, they stand beside the portable form.
 */
#if defined(__SSE2__) && defined(__GNUC__) && !defined(WOAD_LC3_PORTABLE)
#define WOAD_LC3_SSE2 1
#include <emmintrin.h>
#else
#define WOAD_LC3_SSE2 0
#endif

/* High word of a signed 64-bit product: one or two instructions where the core has it. */
static inline int32_t mulh(int32_t a, int32_t b)
{
#if defined(__ARM_ARCH_6M__) || defined(WOAD_LC3_MUL16)
    /* No long multiply: four 16-bit products, the same result bit for bit. */
    int32_t ah = a >> 16, bh = b >> 16;
    uint32_t al = (uint32_t)a & 0xffff, bl = (uint32_t)b & 0xffff;
    int32_t mid = ah * (int32_t)bl + (int32_t)((al * bl) >> 16);
    int32_t low = (int32_t)al * bh + (mid & 0xffff);
    return ah * bh + (mid >> 16) + (low >> 16);
#else
    return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* The whole product. k: as below. */
static inline int64_t mul_64(int32_t a, int_fast32_t k)
{
#if defined(__ARM_ARCH_6M__) || defined(WOAD_LC3_MUL16)
    uint64_t high = (uint32_t)mulh(a, (int32_t)k);
    return (int64_t)(high << 32 | (uint32_t)a * (uint32_t)k);
#else
    return (int64_t)a * k;
#endif
}

/*
 * a k / 2^31 for |a| < 2^30, of no meaning beyond. k: a factor that is used often, in the form that
 * a 64-bit core multiplies with.
 */
static inline int32_t mul_q31(int32_t a, int_fast32_t k)
{
#if INTPTR_MAX > INT32_MAX
    return (int32_t)(((int64_t)a * k) >> 31);
#else
    return mulh((int32_t)((uint32_t)a << 1), (int32_t)k);
#endif
}

/* Shifts and sums that may wrap on hostile input, without undefined behaviour. */
static inline int32_t shl(int32_t a, int n)
{
    return (int32_t)((uint32_t)a << n);
}

static inline int32_t add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t sub(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* 0, -1, 1, -2.. to 0, 1, 2, 3..: bit_length() - 1 of the OR of many is the magnitude bits of all.
 */
static inline uint32_t zigzag(int32_t a)
{
    return (uint32_t)a << 1 ^ (uint32_t)(a >> 31);
}

static inline int32_t abs32(int32_t a)
{
    return a < 0 ? -a : a;
}

static inline int min_int(int a, int b)
{
    return a < b ? a : b;
}

static inline int max_int(int a, int b)
{
    return a > b ? a : b;
}

static inline int32_t clamp32(int32_t v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : v;
}

/* Number of significant bits, 0..32. */
static inline int bit_length(uint32_t v)
{
#if defined(__GNUC__)
    return v ? 32 - __builtin_clz(v) : 0;
#else
    int n = 0;
    for (; v; v >>= 1) {
        n++;
    }
    return n;
#endif
}

static inline int bit_length_64(uint64_t v)
{
    uint32_t high = (uint32_t)(v >> 32);

    return high ? 32 + bit_length(high) : bit_length((uint32_t)v);
}

extern const int32_t woad_lc3_exp2_table[32]; /* as in tables.h */

/* 2^f with f = frac / 2^24 in 0..1: result in Q30, relative error below 3e-7. */
static inline int32_t woad_lc3_exp2(uint32_t frac)
{
    /* Middle of one of 32 steps, then 1 + x + x^2 / 2 with x = r ln 2, |r| <= 1/64. */
    int32_t base = woad_lc3_exp2_table[(frac >> 19) & 31];
    int32_t r = (int32_t)(frac & 0x7ffff) - 0x40000; /* Q24, |r| <= 2^18 */
    int32_t x = mulh(shl(r, 12), 1488522236);        /* ln 2; Q35 */
    int32_t half_square = mulh(x, x) >> 4;           /* x^2 / 2: Q38 >> 1 in Q35 */

    return base + (mulh(shl(x + half_square, 1), base) >> 4);
}

/* log2(v), Q24, within 5e-5; v = 0 counts as 1. */
int32_t woad_lc3_log2(uint64_t v);

/* 2^62 / v for v in 2^30 .. 2^31 - 1: result in 2^31 .. 2^32, saturated to 2^32 - 1. */
uint32_t woad_lc3_reciprocal(uint32_t v);

#endif
