#include "pitch.h"

#include <string.h>

#include "correlate.h"
#include "tables.h"

#define LAG_MIN   17 /* at 6.4 kHz */
#define LAG_COUNT 98
#define ONE_Q15   32768

/* What the high pass leaves of a constant level is a few steps of rounding, which repeat: no pitch.
 */
#define ENERGY_MIN 16

/* 50 Hz high pass at 12.8 kHz, Q30 in and out. [3.3.9.4] */
static int32_t high_pass(struct woad_lc3_pitch_analysis *p, int32_t x)
{
    const int32_t a1 = -2110217691, a2 = 1037111617, b1 = -2110535566, b2 = 1055267782;
    int32_t y = (int32_t)((int64_t)((uint64_t)p->hp1 + (uint64_t)((int64_t)x * b2)) >> 30);

    /* Unsigned, so that extreme input wraps. */
    p->hp1 =
        (int64_t)((uint64_t)p->hp2 + (uint64_t)((int64_t)x * b1) - (uint64_t)((int64_t)y * a1));
    p->hp2 = (int64_t)((uint64_t)((int64_t)x * b2) - (uint64_t)((int64_t)y * a2));
    return y;
}

/* To 16 bits without -32768, so that the sum of two squares stays below 2^31. */
static inline int16_t limit(int32_t v)
{
    return (int16_t)clamp32(v, -32767, 32767);
}

/* To 12.8 kHz: a filter of 240 taps at 192 kHz, or of 80 at 64 kHz, by phases. [3.3.9.3] */
static void resample(const struct woad_lc3_geometry *geo, struct woad_lc3_pitch_analysis *p,
                     const int16_t *x, int16_t *y, int n)
{
    bool third = geo->rate == 2 || geo->rate == 4; /* 192 kHz */
    int phases = geo->rate == 0 || geo->rate == 2 ? 8 : geo->rate == 3 ? 2 : 4;
    int taps = (third ? 240 : 80) / phases, step = third ? 15 : 5, phase = 0;
    const int16_t *table = geo->resample;

    x -= taps - 1;
    for (; n > 0; n--) {
        int32_t sum = woad_lc3_dot_wrap(x, table + phase * taps, taps);

        *y++ = limit(add(high_pass(p, sum), 1 << 15) >> 16);
        phase += step;
        x += phase / phases;
        phase %= phases;
    }
}

/* Half the rate, through five taps. [3.3.9.5] */
static void halve(const int16_t *x, int16_t *y, int n)
{
    for (x--; n > 0; n--, x += 2) {
        /* The factors' sum is below 2^16. */
        int32_t sum = x[0] * 18477 + (x[-1] + x[1]) * 15424 + (x[-2] + x[2]) * 8105;
        *y++ = limit(sum >> 16);
    }
}

/* r[i] = dot of a and of b moved back by i. */
static void dot_each(const int16_t *a, const int16_t *b, int n, int32_t *r, int count)
{
    for (; count > 0; count--) {
        *r++ = woad_lc3_dot(a, b--, n);
    }
}

/* woad_lc3_dot(a, b) / sqrt(woad_lc3_dot(a, a) woad_lc3_dot(b, b)), Q15; 0 when not positive. */
static int32_t normalize(int32_t ab, int32_t aa, int32_t bb)
{
    int32_t log;

    if (ab <= 0 || aa <= 0 || bb <= 0) {
        return 0;
    }
    log = woad_lc3_log2((uint64_t)ab) -
          ((woad_lc3_log2((uint64_t)aa) + woad_lc3_log2((uint64_t)bb)) >> 1);
    if (log >= 0) {
        return ONE_Q15;
    }
    return (woad_lc3_exp2((uint32_t)log & 0xffffff) >> 15) >> min_int(-(log >> 24), 31);
}

/* Normalised correlation with the samples `lag` before. */
static int32_t correlation_at(const int16_t *x, int lag, int n)
{
    return normalize(woad_lc3_dot(x, x - lag, n), woad_lc3_dot(x, x, n),
                     woad_lc3_dot(x - lag, x - lag, n));
}

/* r[i] = sum a[k] a[k - LAG_MIN - i] of the 6.4 kHz signal at 12 bits. */
static void autocorrelate(const int16_t *a, int n, int32_t *r)
{
    int16_t x[WOAD_LC3_PITCH_6K4 + 2] = {0, 0}; /* two that only fill a group of four lags */
    int total = LAG_MIN + LAG_COUNT - 1 + n, shift, i;
    uint32_t any = 0;

    a -= LAG_MIN + LAG_COUNT - 1;
    for (i = 0; i < total; i++) {
        int32_t v = a[i];
        any |= (uint32_t)(v ^ (v >> 31));
    }
    shift = max_int(bit_length(any) - 12, 0);
    for (i = 0; i < total; i++) {
        x[2 + i] = (int16_t)(a[i] >> shift);
    }
    a = x + 2 + LAG_MIN + LAG_COUNT - 1;
    woad_lc3_correlate(a, a - LAG_MIN, n, r, LAG_COUNT);
}

/* Lag at 6.4 kHz: the best one, or the best near the last frame's if about as good. [3.3.9.6] */
static bool detect(struct woad_lc3_pitch_analysis *p, const int16_t *x, int n, int *lag)
{
    int32_t r[LAG_COUNT + 2], nc1, nc2;
    int first = max_int(p->lag - 4, 0), last = min_int(p->lag + 4, LAG_COUNT - 1);
    int t1 = 0, t2 = first, i;
    int64_t best;

    autocorrelate(x, n, r);
    best = (int64_t)r[0] * (2 * (LAG_COUNT - 1));
    for (i = 1; i < LAG_COUNT; i++) {
        /* Weight falls from 1 to 1/2. */
        int64_t weighted = (int64_t)r[i] * (2 * (LAG_COUNT - 1) - i);
        if (weighted > best) {
            best = weighted;
            t1 = i;
        }
    }
    for (i = first; i <= last; i++) {
        if (r[i] > r[t2]) {
            t2 = i;
        }
    }
    nc1 = correlation_at(x, LAG_MIN + t1, n);
    nc2 = t2 == t1 ? nc1 : correlation_at(x, LAG_MIN + t2, n);
    if (nc2 <= nc1 * 27853 / ONE_Q15) { /* 0.85 */
        nc2 = nc1;
        t2 = t1;
    }
    p->lag = (uint8_t)t2;
    *lag = LAG_MIN + t2;
    return nc2 > 19661 && woad_lc3_dot(x, x, n) >= ENERGY_MIN; /* 0.6 */
}

/* Correlation at a distance of -3 to 3 quarters from r[0]. */
static int32_t interpolate_correlation(const int32_t *r, int quarter)
{
    const int32_t *h = woad_lc3_pitch_interp_r[(4 + quarter) % 4];
    int32_t sum = 0;
    int i, first = quarter < 0 ? -4 : -3, n = quarter == 0 ? 7 : 8;

    for (i = 0; i < n; i++) {
        sum += mulh(r[first + i], h[i]) >> 2;
    }
    return sum;
}

/* Index sent, and the lag in quarter samples at 12.8 kHz. [3.3.9.7] */
static unsigned refine(const int16_t *x, int n, int lag, unsigned *pitch)
{
    int32_t r[17], most;
    int first = max_int(32, 2 * lag - 4), last = min_int(228, 2 * lag + 4);
    int best = first, quarter = 0, i;
    const int32_t *at;

    dot_each(x, x - (first - 4), n, r, last - first + 9);
    for (i = first; i <= last; i++) {
        if (r[i - first + 4] > r[best - first + 4]) {
            best = i;
        }
    }
    at = &r[best - first + 4];
    most = interpolate_correlation(at, 0);
    for (i = 1; i <= 3; i++) {
        int32_t v;

        if (best >= 127 && (best >= 157 || i != 2)) {
            continue;
        }
        v = interpolate_correlation(at, i);
        if (v > most) {
            most = v;
            quarter = i;
        }
        v = best > 32 ? interpolate_correlation(at, -i) : INT32_MIN;
        if (v > most) {
            most = v;
            quarter = -i;
        }
    }
    *pitch = (unsigned)(4 * best + quarter);
    best = (int)(*pitch / 4);
    quarter = (int)(*pitch % 4);
    return (unsigned)(best < 127   ? 4 * best + quarter - 128
                      : best < 157 ? 2 * best + quarter / 2 + 126
                                   : best + 283);
}

static void interpolate(const int16_t *x, int n, unsigned quarter, int16_t *y)
{
    const int16_t *h = woad_lc3_pitch_interp_x[quarter];
    int i;

    for (i = 0; i < n; i++, x++) {
        /* The sum of a phase's factors is below 2^16. */
        int32_t sum = x[1] * h[0] + x[0] * h[1] + x[-1] * h[2] + x[-2] * h[3];
        *y++ = limit(sum >> 15);
    }
}

static bool is_active(const struct woad_lc3_geometry *geo, const struct woad_lc3_pitch_analysis *p,
                      int32_t nc, unsigned pitch)
{
    if (p->active) {
        return nc > 29491 || (nc > 27525 && abs32((int32_t)pitch - p->pitch) < 8 &&
                              nc - p->nc[0] > -3277); /* 0.9, 0.84, -0.1 */
    }
    return (geo->quarters == 4 || p->nc[1] > 30802) && p->nc[0] > 30802 && nc > 30802; /* 0.94 */
}

/* Drops the oldest n and returns where the new ones go. */
static int16_t *make_room(int16_t *x, int size, int n)
{
    memmove(x, x + n, (size_t)(size - n) * sizeof *x);
    return x + size - n;
}

void woad_lc3_pitch_analyze(const struct woad_lc3_geometry *geo, struct woad_lc3_pitch_analysis *p,
                            const int16_t *x, struct woad_lc3_pitch *pitch)
{
    int n = 32 * geo->quarters, lag;
    int16_t *x_12k8 = make_room(p->x_12k8, WOAD_LC3_PITCH_12K8, n);
    int16_t *x_6k4 = make_room(p->x_6k4, WOAD_LC3_PITCH_6K4, n / 2), u[128], v[128];
    unsigned quarters = 0;
    int32_t nc = 0;

    *pitch = (struct woad_lc3_pitch){.present = false};
    resample(geo, p, x, x_12k8, n);
    x_12k8 -= geo->quarters == 3 ? 44 : 24; /* the delay of the transform */
    halve(x_12k8, x_6k4, n / 2);
    if (detect(p, x_6k4, n / 2, &lag)) {
        pitch->present = true;
        pitch->index = (uint16_t)refine(x_12k8, n, lag, &quarters);
        interpolate(x_12k8, n, 0, u);
        interpolate(x_12k8 - quarters / 4, n, quarters % 4, v);
        nc = normalize(woad_lc3_dot(u, v, n), woad_lc3_dot(u, u, n), woad_lc3_dot(v, v, n));
        pitch->active = is_active(geo, p, nc, quarters);
    }
    p->active = pitch->active;
    p->pitch = (uint16_t)quarters;
    p->nc[1] = p->nc[0];
    p->nc[0] = nc;
}
