#include "tns.h"

#include <string.h>

#include "correlate.h"
#include "tables.h"

static bool is_weighted(const struct woad_lc3_geometry *geo, size_t len)
{
    return 8 * (int)len < 120 * geo->quarters;
}

void woad_lc3_tns_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                       unsigned bandwidth, size_t len, struct woad_lc3_tns *tns)
{
    int f, i;

    *tns = (struct woad_lc3_tns){.filters = bandwidth >= WOAD_LC3_SWB ? 2 : 1};
    tns->weighted = is_weighted(geo, len);
    for (f = 0; f < tns->filters; f++) {
        if (!woad_lc3_read(r, 1)) {
            continue;
        }
        tns->order[f] =
            (uint8_t)(1 + woad_lc3_read_symbol(r, woad_lc3_tns_order_cum[tns->weighted]));
        for (i = 0; i < tns->order[f]; i++) {
            tns->coef[f][i] = (int8_t)((int)woad_lc3_read_symbol(r, woad_lc3_tns_coef_cum[i]) - 8);
        }
    }
}

/* Range of filter f: *first to the value returned. */
static int range(const struct woad_lc3_geometry *geo, unsigned bandwidth, int filters, int f,
                 int *first)
{
    int lines = woad_lc3_bandwidth_lines(geo, bandwidth) / filters;

    *first = f == 0 ? 3 * geo->quarters : lines;
    return lines * (f + 1);
}

/* Reflection coefficients of filter f, Q31. */
static void get_coefs(const struct woad_lc3_tns *tns, int f, int_fast32_t k[8])
{
    int i;

    for (i = 0; i < 8; i++) {
        int c = i < tns->order[f] ? tns->coef[f][i] : 0;
        k[i] = (c < 0 ? -woad_lc3_tns_sine[-c] : woad_lc3_tns_sine[c]) * 65536;
    }
}

/*
 * All-pole lattice. Products are rounded down, which the feedback would turn into an offset: every
 * other one is taken with the negative coefficient, so that the errors cancel. k: each coefficient
 * in Q31 and its negative. Sums may wrap: only a hostile frame gets there, and its result is noise
 * in any case, not the same on every core.
 */
static inline int32_t stage_even(int32_t v, const int_fast32_t k[2], int32_t *s)
{
    v = sub(v, mul_q31(s[0], k[0]));
    s[1] = sub(s[0], mul_q31(v, k[1]));
    return v;
}

static inline int32_t stage_odd(int32_t v, const int_fast32_t k[2], int32_t *s)
{
    v = add(v, mul_q31(s[0], k[1]));
    s[1] = add(s[0], mul_q31(v, k[0]));
    return v;
}

/* s: one more than the order, whose last is of no use. */
static void filter_inverse(int32_t *x, int32_t *end, const int_fast32_t k[8][2], int order,
                           int32_t *s)
{
    int last = (order - 1) & ~1, i;

    for (; x < end; x++) {
        int32_t v = *x;

        if (order > last + 1) {
            v = stage_odd(v, k[last + 1], s + last + 1);
        }
        for (i = last; i > 0; i -= 2) {
            v = stage_even(v, k[i], s + i);
            v = stage_odd(v, k[i - 1], s + i - 1);
        }
        v = stage_even(v, k[0], s);
        s[0] = v;
        *x = v;
    }
}

/* Bits that the filters may need above their input: three, and log2(1 / (1 - |k|)) of each stage.
 */
static int growth_bits(const struct woad_lc3_tns *tns)
{
    static const uint8_t eighths[9] = {0, 3, 6, 9, 13, 19, 26, 38, 63};
    int f, i, most = 0;

    for (f = 0; f < tns->filters; f++) {
        int sum = 0;
        for (i = 0; i < tns->order[f]; i++) {
            sum += eighths[abs32(tns->coef[f][i])];
        }
        most = max_int(most, sum);
    }
    return min_int(3 + (most + 7) / 8, 10);
}

int woad_lc3_tns_synthesize(const struct woad_lc3_geometry *geo, unsigned bandwidth,
                            const struct woad_lc3_tns *tns, int fraction, int32_t *x)
{
    int_fast32_t k[8], pairs[8][2];
    int32_t s[9] = {0};
    uint32_t any = 0;
    int f, i, first, end, up;

    if (tns->order[0] == 0 && tns->order[1] == 0) {
        return fraction;
    }
    for (i = 0; i < geo->lines; i++) {
        any |= zigzag(x[i]);
    }
    up = max_int(31 - growth_bits(tns) - (bit_length(any) - 1), 0);
    for (i = 0; i < geo->lines; i++) {
        x[i] = shl(x[i], up);
    }
    for (f = 0; f < tns->filters; f++) {
        end = range(geo, bandwidth, tns->filters, f, &first);
        if (tns->order[f]) {
            get_coefs(tns, f, k);
            for (i = 0; i < 8; i++) {
                pairs[i][0] = k[i];
                pairs[i][1] = -k[i];
            }
            filter_inverse(x + first, x + end, pairs, tns->order[f], s);
        }
        for (i = tns->order[f]; i < 8; i++) {
            s[i] = 0;
        }
    }
    return fraction + up;
}

#if WOAD_LC3_ENCODER
int woad_lc3_tns_bits(const struct woad_lc3_tns *tns)
{
    int bits = 0, f, i;

    for (f = 0; f < tns->filters; f++) {
        int cost = 2048;
        if (tns->order[f]) {
            cost += woad_lc3_tns_order_cost[tns->weighted][tns->order[f] - 1];
        }
        for (i = 0; i < tns->order[f]; i++) {
            cost += woad_lc3_tns_coef_cost[i][tns->coef[f][i] + 8];
        }
        bits += (cost + 2047) >> 11;
    }
    return bits;
}

void woad_lc3_tns_write(struct woad_lc3_writer *w, const struct woad_lc3_tns *tns)
{
    int f, i;

    for (f = 0; f < tns->filters; f++) {
        woad_lc3_write(w, tns->order[f] > 0, 1);
        if (tns->order[f] == 0) {
            continue;
        }
        woad_lc3_write_symbol(w, woad_lc3_tns_order_cum[tns->weighted], tns->order[f] - 1u);
        for (i = 0; i < tns->order[f]; i++) {
            woad_lc3_write_symbol(w, woad_lc3_tns_coef_cum[i], (unsigned)(tns->coef[f][i] + 8));
        }
    }
}

#define TAPS    8
#define ONE_Q28 (1 << 28)
#define ONE_Q30 (1 << 30)

/* a / b in Q30 for |a| <= b, b > 0. */
static int32_t ratio_q30(int64_t a, int64_t b)
{
    int up = 31 - bit_length_64((uint64_t)b);
    int32_t a32 = (int32_t)(up >= 0 ? a * ((int64_t)1 << up) : a >> -up);
    uint32_t b32 = (uint32_t)(up >= 0 ? b << up : b >> -up); /* 2^30 .. 2^31 - 1 */

    return (int32_t)(((int64_t)a32 * woad_lc3_reciprocal(b32)) >> 32);
}

/* The last lag, and three that only fill a group of four. */
#define LAGS_BEFORE 11
#define THIRD_MAX   80

/* x to y, shifted down until all are below 2^12. */
static void to_12_bits(const int32_t *x, int16_t *y, int n)
{
    uint32_t any = 0;
    int i, shift;

    for (i = 0; i < n; i++) {
        any |= (uint32_t)(x[i] ^ (x[i] >> 31));
    }
    shift = max_int(bit_length(any) - 12, 0);
    for (i = 0; i < n; i++) {
        y[i] = (int16_t)(x[i] >> shift);
    }
}

/* Mean of three normalised autocorrelations with the lag window, Q30; r[0] = 1. [3.3.8.2] */
static void correlate(const int32_t *x, const uint16_t *limit, int32_t r[9])
{
    int16_t part[LAGS_BEFORE + THIRD_MAX + 8];
    int32_t sum[12];
    int s, k;

    memset(part, 0, LAGS_BEFORE * sizeof part[0]);
    r[0] = ONE_Q30;
    for (k = 1; k < 9; k++) {
        r[k] = 0;
    }
    for (s = 0; s < 3; s++) {
        int n = limit[s + 1] - limit[s];

        to_12_bits(x + limit[s], part + LAGS_BEFORE, n);
#if WOAD_LC3_SSE2
        /* Zeros up to a whole group of eight cost less than lines that are alone. */
        memset(part + LAGS_BEFORE + n, 0, 8 * sizeof part[0]);
        n = (n + 7) & ~7;
#endif
        woad_lc3_correlate(part + LAGS_BEFORE, part + LAGS_BEFORE, n, sum, 9);
        if (sum[0] == 0) {
            for (k = 1; k < 9; k++) {
                r[k] = 0;
            }
            return;
        }
        for (k = 1; k < 9; k++) {
            r[k] += mulh(ratio_q30(sum[k], sum[0]), 1431655765); /* 1/3 */
        }
    }
    for (k = 1; k < 9; k++) {
        r[k] = 2 * mulh(r[k], woad_lc3_tns_lag_window[k]);
    }
}

static inline int32_t mul_q28(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 28);
}

/*
 * Levinson-Durbin: predictor a[1..8] in Q24 and reflection coefficients in Q28. Returns the
 * prediction error, Q30.
 */
static int32_t predict(const int32_t r[9], int32_t a[9], int32_t reflection[8])
{
    int32_t error = ONE_Q30, next[9];
    int k, i;

    for (k = 1; k < 9; k++) {
        int64_t sum = (int64_t)r[k] * (1 << 24);
        int32_t rc;

        for (i = 1; i < k; i++) {
            sum += (int64_t)a[i] * r[k - i];
        }
        sum >>= 24; /* Q30 */
        if (sum > error - 1 || -sum > error - 1) {
            sum = sum > 0 ? error - 1 : 1 - error;
        }
        rc = -ratio_q30(sum, error) >> 2;
        reflection[k - 1] = rc;
        for (i = 1; i < k; i++) {
            next[i] = a[i] + mul_q28(a[k - i], rc);
        }
        for (i = 1; i < k; i++) {
            a[i] = next[i];
        }
        a[k] = rc >> 4;
        error = max_int(error - mul_q28(mul_q28(error, rc), rc), 16);
    }
    return error;
}

/* v reciprocal / 2^down, limited. */
static int32_t multiply(int32_t v, uint32_t reciprocal, int down)
{
    int64_t result = ((int64_t)v * reciprocal) >> down;

    return (int32_t)(result > ONE_Q30 ? ONE_Q30 : result < -ONE_Q30 ? -ONE_Q30 : result);
}

/* The predictor with its poles moved inwards, back to reflection coefficients. [3.3.8.3, 3.3.8.4]
 */
static void weaken(int32_t error, int32_t a[9], int32_t reflection[8])
{
    /* gamma = 1 - 0.3 (2 - gain), gain = 1 / error, below 2 */
    int32_t gain = ratio_q30(ONE_Q30 >> 1, error); /* Q29 */
    int32_t gamma = ONE_Q28 - mulh(ONE_Q30 - gain, 644245094);
    int32_t g = ONE_Q28, next[9];
    int k, i;

    for (k = 1; k < 9; k++) {
        g = mul_q28(g, gamma);
        a[k] = mul_q28(a[k], g);
    }
    for (k = 8; k > 0; k--) {
        int32_t rc = clamp32(a[k], -(1 << 24) + 64, (1 << 24) - 64) * 16; /* Q28 */
        uint32_t rest = (uint32_t)(ONE_Q28 - mul_q28(rc, rc));            /* above 0 */
        int n = bit_length(rest);
        uint32_t reciprocal = woad_lc3_reciprocal(rest << (31 - n));

        reflection[k - 1] = rc;
        for (i = 1; i < k; i++) {
            next[i] = multiply(a[i] - mul_q28(a[k - i], rc), reciprocal, n + 3);
        }
        for (i = 1; i < k; i++) {
            a[i] = next[i];
        }
    }
}

/* Nearest of 17 values, on the scale of angles. [3.3.8.5] */
static void quantize(const int32_t reflection[8], struct woad_lc3_tns *tns, int f)
{
    int i, q;

    for (i = 0; i < 8; i++) {
        int32_t magnitude = abs32(reflection[i]) >> 13;
        for (q = 0; q < 8 && magnitude >= woad_lc3_tns_limit[q]; q++) {
        }
        tns->coef[f][i] = (int8_t)(reflection[i] < 0 ? -q : q);
        if (q) {
            tns->order[f] = (uint8_t)(i + 1);
        }
    }
}

/* Moving average lattice; s[i]: what the line before left at stage i. */
static void run_lattice(int32_t *x, int n, const int_fast32_t *k, int order, int32_t *s)
{
    int32_t *end = x + n;
    int i;

    for (; x < end; x++) {
        int32_t v = *x, carried = v;

        for (i = 0; i < order; i++) {
            int32_t before = s[i];

            s[i] = carried;
            carried = add(before, mul_q31(v, k[i]));
            v = add(v, mul_q31(before, k[i]));
        }
        *x = v;
    }
}

/* The lattice as one filter, which takes half the products: factors in Q24. */
static void to_direct_form(const int_fast32_t *k, int order, int_fast32_t a[TAPS])
{
    int i, low, high;

    for (i = 0; i < order; i++) {
        for (low = 0, high = i - 1; low <= high; low++, high--) {
            int32_t u = (int32_t)a[low], v = (int32_t)a[high];

            a[low] = u + mul_q31(v, k[i]);
            a[high] = v + mul_q31(u, k[i]);
        }
        a[i] = (int32_t)k[i] >> 7;
    }
}

/* n lines, in pairs, that have TAPS before them; from the end, as it needs those before. */
static void run_direct(int32_t *x, int n, const int_fast32_t a[TAPS])
{
    int i;

    for (x += n - 1; n > 0; n -= 2, x -= 2) {
        int64_t sum = 1 << 23, sum_before = 1 << 23;
        int32_t before = x[-1];

        for (i = 0; i < TAPS; i += 2) {
            sum += mul_64(before, a[i]);
            before = x[-i - 2];
            sum_before += mul_64(before, a[i]);
            sum += mul_64(before, a[i + 1]);
            before = x[-i - 3];
            sum_before += mul_64(before, a[i + 1]);
        }
        x[0] = add(x[0], (int32_t)(sum >> 24));
        x[-1] = add(x[-1], (int32_t)(sum_before >> 24));
    }
}

/*
 * The lattice's state passes from one filter to the next, which only the lattice itself shows: the
 * first lines go through it, and the last ones once more for the state that they leave.
 */
static void filter_forward(int32_t *x, int32_t *end, const int_fast32_t *k, int order, int32_t *s)
{
    int32_t last[TAPS];
    int_fast32_t a[TAPS] = {0};
    int first = TAPS + ((end - x) & 1);

    memcpy(last, end - TAPS, sizeof last);
    to_direct_form(k, order, a);
    run_direct(x + first, (int)(end - x) - first, a);
    run_lattice(x, first, k, order, s);
    memset(s, 0, TAPS * sizeof *s);
    run_lattice(last, TAPS, k, order, s);
}

/* Thirds of each filter's range. [Table 3.14] */
static const uint16_t *get_limits(const struct woad_lc3_geometry *geo, unsigned bandwidth)
{
    static const uint16_t limits[2][5][7] = {
        {{9, 26, 43, 60},
         {9, 46, 83, 120},
         {9, 66, 123, 180},
         {9, 46, 82, 120, 159, 200, 240},
         {9, 56, 103, 150, 200, 250, 300}},
        {{12, 34, 57, 80},
         {12, 61, 110, 160},
         {12, 88, 164, 240},
         {12, 61, 110, 160, 213, 266, 320},
         {12, 74, 137, 200, 266, 333, 400}},
    };
    return limits[geo->quarters - 3][bandwidth];
}

void woad_lc3_tns_analyze(const struct woad_lc3_geometry *geo, unsigned bandwidth,
                          bool near_nyquist, size_t len, int room, struct woad_lc3_tns *tns,
                          int32_t *x)
{
    int32_t r[9], a[9], reflection[8], s[8] = {0};
    int_fast32_t k[8];
    int f, first, end;

    *tns = (struct woad_lc3_tns){.filters = bandwidth >= WOAD_LC3_SWB ? 2 : 1};
    tns->weighted = is_weighted(geo, len);
    if (near_nyquist) {
        return;
    }
    for (f = 0; f < tns->filters; f++) {
        int32_t error;

        correlate(x, get_limits(geo, bandwidth) + 3 * f, r);
        error = predict(r, a, reflection);
        if (error >= ONE_Q30 / 3 * 2) {
            continue;
        }
        if (tns->weighted && error > ONE_Q30 / 2) {
            weaken(error, a, reflection);
        }
        quantize(reflection, tns, f);
    }
    if (woad_lc3_tns_bits(tns) > room) {
        tns->order[0] = tns->order[1] = 0;
    }
    for (f = 0; f < tns->filters; f++) {
        if (tns->order[f]) {
            end = range(geo, bandwidth, tns->filters, f, &first);
            get_coefs(tns, f, k);
            filter_forward(x + first, x + end, k, tns->order[f], s);
        }
    }
}
#endif
