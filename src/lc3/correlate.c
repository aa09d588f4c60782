#include "correlate.h"

#if WOAD_LC3_SSE2
static inline __m128i load(const int16_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline int32_t sum_of(__m128i v)
{
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
}

int32_t woad_lc3_dot_wrap(const int16_t *a, const int16_t *b, int n)
{
    __m128i sum = _mm_setzero_si128();
    uint32_t rest = 0;
    int i;

    for (i = 0; i + 8 <= n; i += 8) {
        sum = _mm_add_epi32(sum, _mm_madd_epi16(load(a + i), load(b + i)));
    }
    if (i + 4 <= n) {
        __m128i u = _mm_loadl_epi64((const __m128i *)(const void *)(a + i));
        __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)(b + i));

        sum = _mm_add_epi32(sum, _mm_madd_epi16(u, v));
        i += 4;
    }
    for (; i < n; i++) {
        rest += (uint32_t)(a[i] * b[i]);
    }
    return add(sum_of(sum), (int32_t)rest);
}

int32_t woad_lc3_dot(const int16_t *a, const int16_t *b, int n)
{
    __m128i sum = _mm_setzero_si128();
    int64_t part[2];
    int i;

    for (i = 0; i + 8 <= n; i += 8) {
        __m128i p = _mm_madd_epi16(load(a + i), load(b + i)), sign = _mm_srai_epi32(p, 31);

        sum = _mm_add_epi64(sum, _mm_unpacklo_epi32(p, sign));
        sum = _mm_add_epi64(sum, _mm_unpackhi_epi32(p, sign));
    }
    _mm_storeu_si128((__m128i *)(void *)part, sum);
    for (; i < n; i++) {
        part[0] += (int64_t)(a[i] * b[i]);
    }
    return (int32_t)((part[0] + part[1] + 32) >> 6);
}

void woad_lc3_correlate(const int16_t *a, const int16_t *b, int n, int32_t *r, int count)
{
    int i, k;

    for (i = 0; i < count; i += 4, b -= 4) {
        __m128i r0 = _mm_setzero_si128(), r1 = r0, r2 = r0, r3 = r0, low, high;

        for (k = 0; k + 8 <= n; k += 8) {
            __m128i v = load(a + k);
            r0 = _mm_add_epi32(r0, _mm_madd_epi16(v, load(b + k)));
            r1 = _mm_add_epi32(r1, _mm_madd_epi16(v, load(b + k - 1)));
            r2 = _mm_add_epi32(r2, _mm_madd_epi16(v, load(b + k - 2)));
            r3 = _mm_add_epi32(r3, _mm_madd_epi16(v, load(b + k - 3)));
        }
        /* Transposed, the sums of four lags are one vector. */
        low = _mm_add_epi32(_mm_unpacklo_epi32(r0, r1), _mm_unpackhi_epi32(r0, r1));
        high = _mm_add_epi32(_mm_unpacklo_epi32(r2, r3), _mm_unpackhi_epi32(r2, r3));
        r0 = _mm_add_epi32(_mm_unpacklo_epi64(low, high), _mm_unpackhi_epi64(low, high));
        _mm_storeu_si128((__m128i *)(void *)(r + i), r0);
        for (; k < n; k++) {
            r[i] += a[k] * b[k];
            r[i + 1] += a[k] * b[k - 1];
            r[i + 2] += a[k] * b[k - 2];
            r[i + 3] += a[k] * b[k - 3];
        }
    }
}
#else
int32_t woad_lc3_dot_wrap(const int16_t *a, const int16_t *b, int n)
{
    uint32_t sum = 0;
    int i;

    for (i = 0; i + 5 <= n; i += 5) {
        sum += (uint32_t)(a[i] * b[i]) + (uint32_t)(a[i + 1] * b[i + 1]) +
               (uint32_t)(a[i + 2] * b[i + 2]) + (uint32_t)(a[i + 3] * b[i + 3]) +
               (uint32_t)(a[i + 4] * b[i + 4]);
    }
    for (; i < n; i++) {
        sum += (uint32_t)(a[i] * b[i]);
    }
    return (int32_t)sum;
}

int32_t woad_lc3_dot(const int16_t *a, const int16_t *b, int n)
{
    int64_t sum = 0;
    int i;

    for (i = 0; i < n; i += 4) {
        sum += (int64_t)(a[i] * b[i]);
        sum += (int64_t)(a[i + 1] * b[i + 1]);
        sum += (int64_t)(a[i + 2] * b[i + 2]);
        sum += (int64_t)(a[i + 3] * b[i + 3]);
    }
    return (int32_t)((sum + 32) >> 6);
}

/* Four lags at a time share their loads. */
void woad_lc3_correlate(const int16_t *a, const int16_t *b, int n, int32_t *r, int count)
{
    int i, k;

    for (i = 0; i < count; i += 4, b -= 4) {
        int32_t r0 = 0, r1 = 0, r2 = 0, r3 = 0, b1 = b[-1], b2 = b[-2], b3 = b[-3];

        for (k = 0; k < n; k++) {
            int32_t b0 = b[k], v = a[k];
            r0 += v * b0;
            r1 += v * b1;
            r2 += v * b2;
            r3 += v * b3;
            b3 = b2;
            b2 = b1;
            b1 = b0;
        }
        r[i] = r0;
        r[i + 1] = r1;
        r[i + 2] = r2;
        r[i + 3] = r3;
    }
}
#endif
