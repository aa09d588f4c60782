#include "pcm.h"

#include "fixed.h"
#include "mdct.h"

/* Half away from zero. */
static inline int32_t round_shift(int32_t v, int shift)
{
    return (add(v, 1 << (shift - 1)) + (v >> 31)) >> shift;
}

#if WOAD_LC3_SSE2
static inline __m128i round_4(const int32_t *x)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)x);
    __m128i up = _mm_add_epi32(v, _mm_set1_epi32(1 << (WOAD_LC3_TIME_FRACTION - 1)));

    return _mm_srai_epi32(_mm_add_epi32(up, _mm_srai_epi32(v, 31)), WOAD_LC3_TIME_FRACTION);
}

/* Whole groups of eight packed samples, then of four; returns how many it stored. */
static int store_groups(const int32_t *x, int n, int16_t *pcm)
{
    int i;

    for (i = 0; i + 8 <= n; i += 8) {
        _mm_storeu_si128((__m128i *)(void *)(pcm + i),
                         _mm_packs_epi32(round_4(x + i), round_4(x + i + 4)));
    }
    if (i + 4 <= n) {
        _mm_storel_epi64((__m128i *)(void *)(pcm + i),
                         _mm_packs_epi32(round_4(x + i), _mm_setzero_si128()));
        i += 4;
    }
    return i;
}
#else
static inline int store_groups(const int32_t *x, int n, int16_t *pcm)
{
    (void)x, (void)n, (void)pcm;
    return 0;
}
#endif

static void *store_s16(const int32_t *x, int n, int16_t *pcm, unsigned stride)
{
    const int32_t *end = x + n;
    int done = stride == 1 ? store_groups(x, n, pcm) : 0;

    x += done;
    pcm += done;
    for (; x < end; x++, pcm += stride) {
        int32_t v = round_shift(*x, WOAD_LC3_TIME_FRACTION);

        if (v != (int16_t)v) {
            v = v < 0 ? INT16_MIN : INT16_MAX;
        }
        *pcm = (int16_t)v;
    }
    return pcm;
}

static inline int32_t to_s24(int32_t v)
{
    return clamp32(round_shift(v, WOAD_LC3_TIME_FRACTION - 8), -0x800000, 0x7fffff);
}

static void *store_s24(const int32_t *x, int n, int32_t *pcm, unsigned stride)
{
    for (; n > 0; n--, pcm += stride) {
        *pcm = to_s24(*x++);
    }
    return pcm;
}

static void *store_s24_3le(const int32_t *x, int n, uint8_t *pcm, unsigned stride)
{
    for (; n > 0; n--, pcm += 3 * stride) {
        uint32_t v = (uint32_t)to_s24(*x++);
        pcm[0] = (uint8_t)v;
        pcm[1] = (uint8_t)(v >> 8);
        pcm[2] = (uint8_t)(v >> 16);
    }
    return pcm;
}

static void *store_s32(const int32_t *x, int n, int32_t *pcm, unsigned stride)
{
    const int shift = 16 - WOAD_LC3_TIME_FRACTION;

    for (; n > 0; n--, pcm += stride) {
        *pcm = shl(clamp32(*x++, INT32_MIN >> shift, INT32_MAX >> shift), shift);
    }
    return pcm;
}

void *woad_lc3_pcm_store(enum woad_lc3_format format, const int32_t *x, int n, void *pcm,
                         unsigned stride)
{
    switch (format) {
    case WOAD_LC3_S16: return store_s16(x, n, pcm, stride);
    case WOAD_LC3_S24: return store_s24(x, n, pcm, stride);
    case WOAD_LC3_S24_3LE: return store_s24_3le(x, n, pcm, stride);
    case WOAD_LC3_S32: return store_s32(x, n, pcm, stride);
    }
    return pcm;
}

static void load_s16(const int16_t *pcm, size_t stride, int32_t *x, int n)
{
    int i;

    if (stride == 1) { /* apart, as compilers vectorise it */
        for (i = 0; i < n; i++) {
            x[i] = pcm[i] * 256;
        }
        return;
    }
    for (i = 0; i < n; i++, pcm += stride) {
        x[i] = *pcm * 256;
    }
}

static void load_s24_3le(const uint8_t *pcm, size_t stride, int32_t *x, int n)
{
    for (; n > 0; n--, pcm += 3 * stride) {
        *x++ =
            (int32_t)((uint32_t)pcm[0] << 8 | (uint32_t)pcm[1] << 16 | (uint32_t)pcm[2] << 24) >> 8;
    }
}

static void load_words(const int32_t *pcm, size_t stride, int up, int32_t *x, int n)
{
    for (; n > 0; n--, pcm += stride) {
        *x++ = shl(*pcm, up) >> 8;
    }
}

void woad_lc3_pcm_load(enum woad_lc3_format format, const void *pcm, unsigned stride, int32_t *x,
                       int n)
{
    switch (format) {
    case WOAD_LC3_S16: load_s16(pcm, stride, x, n); break;
    case WOAD_LC3_S24: load_words(pcm, stride, 8, x, n); break;
    case WOAD_LC3_S24_3LE: load_s24_3le(pcm, stride, x, n); break;
    case WOAD_LC3_S32: load_words(pcm, stride, 0, x, n); break;
    }
}
