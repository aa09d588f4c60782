#include "ltpf.h"

#include <string.h>

#include "mdct.h"
#include "tables.h"

#define LOW_BITS 4

struct taps {
    const int32_t *den, *num;
    uint8_t count;
};

static const struct taps *get_taps(const struct woad_lc3_geometry *geo)
{
    static const struct taps taps[] = {
#if WOAD_LC3_HAS_8K || WOAD_LC3_HAS_16K
        [0] = {woad_lc3_ltpf_den_16, woad_lc3_ltpf_num_16, 4},
        [1] = {woad_lc3_ltpf_den_16, woad_lc3_ltpf_num_16, 4},
#endif
#if WOAD_LC3_HAS_24K
        [2] = {woad_lc3_ltpf_den_24, woad_lc3_ltpf_num_24, 6},
#endif
#if WOAD_LC3_HAS_32K
        [3] = {woad_lc3_ltpf_den_32, woad_lc3_ltpf_num_32, 8},
#endif
#if WOAD_LC3_HAS_48K
        [4] = {woad_lc3_ltpf_den_48, woad_lc3_ltpf_num_48, 12},
#endif
    };
    return &taps[geo->rate];
}

unsigned woad_lc3_ltpf_taps(const struct woad_lc3_geometry *geo)
{
    return get_taps(geo)->count;
}

/* Samples in 10 ms. */
static int samples_10ms(const struct woad_lc3_geometry *geo)
{
    return geo->samples * 4 / geo->quarters;
}

unsigned woad_lc3_ltpf_history(const struct woad_lc3_geometry *geo)
{
    /* The longest lag is 228 samples at 12.8 kHz; half of the taps look further back. */
    unsigned n = (unsigned)samples_10ms(geo) * 228 / 128 + 1 + woad_lc3_ltpf_taps(geo) / 2;

    /* A change of filter runs twice over 2.5 ms, from the same past. */
    return (n + (unsigned)samples_10ms(geo) / 4 + 3) & ~3u;
}

void woad_lc3_pitch_read(struct woad_lc3_reader *r, struct woad_lc3_pitch *pitch)
{
    if (pitch->present) {
        pitch->active = woad_lc3_read(r, 1);
        pitch->index = (uint16_t)woad_lc3_read(r, 9);
    }
}

void woad_lc3_pitch_write(struct woad_lc3_writer *w, const struct woad_lc3_pitch *pitch)
{
    if (pitch->present) {
        woad_lc3_write(w, pitch->active, 1);
        woad_lc3_write(w, pitch->index, 9);
    }
}

struct woad_lc3_ltpf_filter woad_lc3_ltpf_choose(const struct woad_lc3_geometry *geo,
                                                 const struct woad_lc3_pitch *pitch, size_t len)
{
    int i = pitch->present ? pitch->index : 0, base = geo->rate + 3;
    int bits = 8 * (int)len * 4 / geo->quarters, gain = max_int(bits / 80, base) - base;
    int lag; /* quarter samples at 12.8 kHz */

    if (i >= 440) {
        lag = (i - 283) * 4;
    } else if (i >= 380) {
        lag = (i / 2 - 63) * 4 + i % 2 * 2;
    } else {
        lag = i + 128;
    }
    return (struct woad_lc3_ltpf_filter){
        .active = pitch->present && pitch->active && gain < 4,
        .gain = (uint8_t)min_int(gain, 3),
        .lag = (uint16_t)((lag * samples_10ms(geo) + 64) / 128),
    };
}

/* Taps of a filter, gain included, Q33. */
struct coefs {
    int32_t den[WOAD_LC3_TAPS_MAX], num[WOAD_LC3_TAPS_MAX];
};

static void get_coefs(const struct taps *taps, const struct woad_lc3_ltpf_filter *f,
                      struct coefs *c)
{
    int32_t gain = (8 - f->gain) * 107374182; /* twentieths, Q31 */
    int i;

    for (i = 0; i < taps->count; i++) {
        c->den[i] = mulh(taps->den[(f->lag & 3) * taps->count + i], gain) * 8;
        c->num[i] = mulh(taps->num[f->gain * taps->count + i], gain) * 8;
    }
}

/*
 * Samples from `back` before the ring's position on, in order: x << (6 - shift), to the middle of
 * the step that was stored.
 */
static void copy_history(const struct woad_lc3_ltpf *ltpf, int back, int32_t *out, int n)
{
    int size = ltpf->size, i = ltpf->position - back;

    for (i = i < 0 ? i + size : i; n > 0; n--) {
        uint32_t low = (uint32_t)ltpf->low[i >> 1] >> 4 * (i & 1) & 15;

        *out++ = (int32_t)((uint32_t)ltpf->history[i] << 16 | low << 12 | 1u << 11);
        if (++i == size) {
            i = 0;
        }
    }
}

/* Two samples of 20 bits at an even place. */
static inline void put_pair(struct woad_lc3_ltpf *ltpf, int i, int32_t a, int32_t b)
{
    ltpf->history[i] = (int16_t)(a >> LOW_BITS);
    ltpf->history[i + 1] = (int16_t)(b >> LOW_BITS);
    ltpf->low[i >> 1] = (uint8_t)((a & 15) | (b & 15) << 4);
}

#if WOAD_LC3_SSE2
/* Whole groups of eight samples at an even place; returns how many it stored. */
static int put_eights(struct woad_lc3_ltpf *ltpf, int at, const int32_t *x, int n, int shift)
{
    const __m128i low = _mm_set1_epi32(15), pairs = _mm_set1_epi32(16 << 16 | 1);
    __m128i count = _mm_cvtsi32_si128(shift);
    int i;

    for (i = 0; i + 8 <= n; i += 8) {
        __m128i a = _mm_sra_epi32(_mm_loadu_si128((const __m128i *)(const void *)(x + i)), count);
        __m128i b =
            _mm_sra_epi32(_mm_loadu_si128((const __m128i *)(const void *)(x + i + 4)), count);
        __m128i high = _mm_packs_epi32(_mm_srai_epi32(a, LOW_BITS), _mm_srai_epi32(b, LOW_BITS));
        int32_t octets;

        _mm_storeu_si128((__m128i *)(void *)(ltpf->history + at + i), high);
        a = _mm_madd_epi16(_mm_packs_epi32(_mm_and_si128(a, low), _mm_and_si128(b, low)), pairs);
        a = _mm_packs_epi32(a, a);
        octets = _mm_cvtsi128_si32(_mm_packus_epi16(a, a));
        memcpy(ltpf->low + (at + i) / 2, &octets, sizeof octets);
    }
    return i;
}
#else
static inline int put_eights(struct woad_lc3_ltpf *ltpf, int at, const int32_t *x, int n, int shift)
{
    (void)ltpf, (void)at, (void)x, (void)n, (void)shift;
    return 0;
}
#endif

/* Everything in the ring by 2^shift; up only when that cannot overflow. */
static void scale_history(struct woad_lc3_ltpf *ltpf, int up, int down)
{
    int i;

    for (i = 0; i < ltpf->size; i += 2) {
        int32_t a = ltpf->history[i] * 16 + (ltpf->low[i >> 1] & 15);
        int32_t b = ltpf->history[i + 1] * 16 + (ltpf->low[i >> 1] >> 4);

        put_pair(ltpf, i, shl(a, up) >> down, shl(b, up) >> down);
    }
}

/* The shift follows the samples: up at once, back to 0 when none of them needs it any more. */
static void fit_history(struct woad_lc3_ltpf *ltpf, const int32_t *x, int n)
{
    uint32_t any = 0;
    int i, need;

    for (i = 0; i < n; i++) {
        any |= (uint32_t)(x[i] ^ (x[i] >> 31));
    }
    need = max_int(bit_length(any) - 15 - WOAD_LC3_TIME_FRACTION, 0);
    if (need > ltpf->shift) {
        scale_history(ltpf, 0, need - ltpf->shift);
        ltpf->shift = (uint8_t)need;
    } else if (need == 0 && ltpf->shift && ltpf->quiet >= ltpf->size) {
        scale_history(ltpf, ltpf->shift, 0);
        ltpf->shift = 0;
    }
    ltpf->quiet = (uint16_t)(need == 0 ? min_int(ltpf->quiet + n, 0x7fff) : 0);
}

/* The upper bits of each sample, rounded down: copy_history() makes up for the half step. */
static void store_history(struct woad_lc3_ltpf *ltpf, const int32_t *x, int n)
{
    int size = ltpf->size, shift, part, i;

    fit_history(ltpf, x, n);
    shift = WOAD_LC3_TIME_FRACTION - LOW_BITS + ltpf->shift;
    for (; n > 0; n -= part) {
        part = min_int(n, size - ltpf->position);
        for (i = put_eights(ltpf, ltpf->position, x, part, shift); i < part; i += 2) {
            put_pair(ltpf, ltpf->position + i, x[i] >> shift, x[i + 1] >> shift);
        }
        x += part;
        ltpf->position = (uint16_t)(ltpf->position + part == size ? 0 : ltpf->position + part);
    }
}

/* Weight of the filter: constant 1, or a line from 0 to 1 or back over n samples, Q31. */
struct ramp {
    uint32_t start, step;
    bool constant;
};

static inline int32_t weigh(const struct ramp *ramp, int i, int32_t v)
{
    if (ramp->constant) {
        return v;
    }
    return shl(mulh(v, (int32_t)((ramp->start + ramp->step * (uint32_t)i) & INT32_MAX)), 1);
}

/* x[i] -= weight * sum num[d] x[i - d]: in place from the end, four at a time. */
static void subtract_input(const struct ramp *ramp, const int32_t *num, int taps, int32_t *x, int n)
{
    int i, d;

    for (i = n - 4; i >= 0; i -= 4) {
        const int32_t *p = x + i;
        int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, x1 = p[1], x2 = p[2], x3 = p[3];

        /* The last tap is always 0. */
        for (d = 0; d < taps - 1; d++) {
            int32_t c = num[d], x0 = *p--;
            a0 += mulh(x0, c);
            a1 += mulh(x1, c);
            a2 += mulh(x2, c);
            a3 += mulh(x3, c);
            x3 = x2;
            x2 = x1;
            x1 = x0;
        }
        x[i] = sub(x[i], weigh(ramp, i, a0 >> 1));
        x[i + 1] = sub(x[i + 1], weigh(ramp, i + 1, a1 >> 1));
        x[i + 2] = sub(x[i + 2], weigh(ramp, i + 2, a2 >> 1));
        x[i + 3] = sub(x[i + 3], weigh(ramp, i + 3, a3 >> 1));
    }
}

/* x[i] += weight * sum den[d] y[taps - 1 + i - d], y from the history. */
static void add_history(const struct ramp *ramp, int first, const int32_t *den, int taps,
                        const int32_t *y, int shift, int32_t *x, int n)
{
    int i, d, down = 17 - WOAD_LC3_TIME_FRACTION - shift;

    for (i = 0; i < n; i += 4) {
        const int32_t *p = y + taps - 1 + i;
        int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, y1 = p[1], y2 = p[2], y3 = p[3];

        for (d = 0; d < taps; d++) {
            int32_t c = den[d], y0 = *p--;
            a0 += mulh(y0, c);
            a1 += mulh(y1, c);
            a2 += mulh(y2, c);
            a3 += mulh(y3, c);
            y3 = y2;
            y2 = y1;
            y1 = y0;
        }
        x[i] = add(x[i], weigh(ramp, first + i, a0 >> down));
        x[i + 1] = add(x[i + 1], weigh(ramp, first + i + 1, a1 >> down));
        x[i + 2] = add(x[i + 2], weigh(ramp, first + i + 2, a2 >> down));
        x[i + 3] = add(x[i + 3], weigh(ramp, first + i + 3, a3 >> down));
    }
}

/*
 * One filter over n samples, its output stored. It looks back at output no closer than lag - taps /
 * 2 samples, so it runs in blocks of that.
 */
static void run_filter(const struct woad_lc3_geometry *geo, struct woad_lc3_ltpf *ltpf,
                       const struct woad_lc3_ltpf_filter *f, const struct ramp *ramp, int32_t *x,
                       int n)
{
    const struct taps *taps = get_taps(geo);
    int back = f->lag / 4 + taps->count / 2;
    int block = (back - taps->count + 1) & ~3, i, part;
    int32_t y[WOAD_LC3_LINES_MAX / 4 + WOAD_LC3_TAPS_MAX];
    struct coefs c;

    get_coefs(taps, f, &c);
    subtract_input(ramp, c.num, taps->count, x, n);
    for (i = 0; i < n; i += part) {
        part = min_int(n - i, block);
        copy_history(ltpf, back, y, part + taps->count - 1);
        add_history(ramp, i, c.den, taps->count, y, ltpf->shift, x + i, part);
        store_history(ltpf, x + i, part);
    }
}

/* The new filter comes in over what the old one made of the same samples. */
static void change_filter(const struct woad_lc3_geometry *geo, struct woad_lc3_ltpf *ltpf,
                          const struct woad_lc3_ltpf_filter *next, int32_t *x, int n)
{
    int before = (int)woad_lc3_ltpf_taps(geo) - 1, i;
    const struct ramp in = {0, 0x80000000u / (unsigned)n, false};
    const struct ramp out = {0x7fffffff, 0u - 0x80000000u / (unsigned)n, false};

    if (ltpf->filter.active) {
        run_filter(geo, ltpf, &ltpf->filter, &out, x, n);
    }
    if (!next->active) {
        return;
    }
    if (ltpf->filter.active) {
        int32_t y[WOAD_LC3_TAPS_MAX];

        ltpf->position =
            (uint16_t)(ltpf->position < n ? ltpf->position + ltpf->size - n : ltpf->position - n);
        copy_history(ltpf, before, y, before);
        for (i = 0; i < before; i++) {
            x[i - before] = y[i] >> (16 - WOAD_LC3_TIME_FRACTION - ltpf->shift);
        }
    }
    run_filter(geo, ltpf, next, &in, x, n);
}

void woad_lc3_ltpf_synthesize(const struct woad_lc3_geometry *geo, struct woad_lc3_ltpf *ltpf,
                              const struct woad_lc3_ltpf_filter *next, bool first, int32_t *x)
{
    const struct ramp constant = {.constant = true};
    int n = geo->samples / geo->quarters, before = (int)woad_lc3_ltpf_taps(geo) - 1;
    struct woad_lc3_ltpf_filter *old = &ltpf->filter;
    size_t input_size = (size_t)before * sizeof *x;
    int32_t last[WOAD_LC3_TAPS_MAX];

    if (!next->active && !(first && old->active)) {
        store_history(ltpf, x, n);
        memcpy(ltpf->input, x + n - before, input_size);
    } else {
        memcpy(x - before, ltpf->input, input_size);
        memcpy(last, x + n - before, input_size);
        if (!first || (old->active && next->active && old->lag == next->lag)) {
            run_filter(geo, ltpf, next, &constant, x, n);
        } else {
            change_filter(geo, ltpf, next, x, n);
        }
        memcpy(ltpf->input, last, input_size);
    }
    if (first) {
        ltpf->filter = *next;
    }
}
