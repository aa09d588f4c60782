#include "sns.h"

#include <string.h>

#include "correlate.h"
#include "tables.h"

/* Number of values of the joint index of shapes 0 and 1, and of shape 2. */
#define SIZE_A     2390004
#define SIZE_OUTER 15158272
#define SIZE_LAST  1549824

#define PULSES_MAX 10

/* A 64-bit core: there an unpredictable branch costs more than scaling a band of zeros. */
#define WIDE_CORE (INTPTR_MAX > INT32_MAX)

int woad_lc3_sns_read(struct woad_lc3_reader *r, struct woad_lc3_sns *sns)
{
    bool outer;
    int32_t joint;

    *sns = (struct woad_lc3_sns){0};
    sns->low = (uint8_t)woad_lc3_read(r, 5);
    sns->high = (uint8_t)woad_lc3_read(r, 5);
    outer = woad_lc3_read(r, 1);
    sns->gain = (uint8_t)woad_lc3_read(r, 1 + outer);
    sns->sign_a = woad_lc3_read(r, 1);
    joint = (int32_t)woad_lc3_read(r, 25 - outer);
    if (outer) {
        if (joint >= SIZE_OUTER + SIZE_LAST) {
            return -1;
        }
        sns->shape = 2 + (joint >= SIZE_OUTER);
        sns->index_a = joint;
        if (sns->shape == 3) {
            joint -= SIZE_OUTER;
            sns->index_a = joint / 2;
            sns->gain = (uint8_t)(2 * sns->gain + joint % 2);
        }
        return 0;
    }
    if (joint >= 14 * SIZE_A) {
        return -1;
    }
    sns->index_a = joint % SIZE_A;
    joint /= SIZE_A;
    sns->shape = joint < 2;
    if (sns->shape == 1) {
        sns->gain = (uint8_t)(2 * sns->gain + joint);
    } else {
        sns->index_b = (uint8_t)((joint - 2) / 2);
        sns->sign_b = joint % 2;
    }
    return 0;
}

void woad_lc3_sns_write(struct woad_lc3_writer *w, const struct woad_lc3_sns *sns)
{
    int fine = sns->shape & 1;
    int32_t joint = sns->index_a;

    woad_lc3_write(w, sns->low, 5);
    woad_lc3_write(w, sns->high, 5);
    woad_lc3_write(w, sns->shape >> 1, 1);
    woad_lc3_write(w, sns->gain >> fine, 1 + (sns->shape >> 1));
    woad_lc3_write(w, sns->sign_a, 1);
    if (sns->shape == 0) {
        joint += (2 * (sns->index_b + 1) + sns->sign_b) * SIZE_A;
    } else if (sns->shape == 1) {
        joint += (sns->gain & 1) * SIZE_A;
    } else if (sns->shape == 3) {
        joint = SIZE_OUTER + 2 * joint + (sns->gain & 1);
    }
    woad_lc3_write(w, (uint32_t)joint, 25 - (sns->shape >> 1));
}

/* Row n of the pyramid's offsets N(n, k), k <= last, to row n - 1: its recursion backwards. */
static void lower_offsets(int32_t *row, int last)
{
    int32_t before = row[1];
    int k;

    for (k = 2; k <= last; k++) {
        int32_t now = row[k];
        row[k] -= before + row[k - 1];
        before = now;
    }
}

/* Index and first sign to n lines, 16 or at most 10, with `pulses` pulses in all. [3.4.7.2] */
static void from_index(int32_t index, bool negative, int pulses, int8_t *c, int n)
{
    int32_t offsets[PULSES_MAX + 1];
    int i, v;

    memset(c, 0, (size_t)n);
    memcpy(offsets, woad_lc3_sns_pyramid[n == 16], sizeof offsets);
    for (i = n - 1; i >= 0 && index; i--, c++, lower_offsets(offsets, pulses)) {
        for (v = 0; index < offsets[pulses - v]; v++) {
        }
        index -= offsets[pulses - v];
        *c = (int8_t)(negative ? -v : v);
        pulses -= v;
        if (v > 0) {
            negative = index & 1;
            index >>= 1;
        }
    }
    if (i >= 0) {
        *c = (int8_t)(negative ? -pulses : pulses);
    }
}

static void get_pulses(const struct woad_lc3_sns *sns, int8_t c[16])
{
    static const uint8_t pulses[4] = {10, 10, 8, 6};

    memset(c, 0, 16);
    from_index(sns->index_a, sns->sign_a, pulses[sns->shape], c, sns->shape < 2 ? 10 : 16);
    if (sns->shape == 0) {
        from_index(sns->index_b, sns->sign_b, 1, c + 10, 6);
    }
}

/* First stage vector v of the low (0) or high (1) bands, Q24. */
static inline int32_t first_stage(int high, unsigned v, int i)
{
    return woad_lc3_sns_first_high[high][v][i] * 4096 + woad_lc3_sns_first_low[high][v][i] * 16;
}

/* 1 / sqrt(n) for n in 1..127, Q30. */
static int32_t inverse_sqrt(int n)
{
    int32_t y = (1 << 30) >> (bit_length((uint32_t)n) / 2); /* n y^2 is in 1/2 .. 2 */
    int i;

    for (i = 0; i < 7; i++) {
        y = mulh(y, 3 * (1 << 28) - n * mulh(y, y)) * 8;
    }
    return y;
}

/* Sixteen scale factors in Q24: first stage + gain * DCT of the normalised pulses. [3.4.7.2] */
static void get_factors(const struct woad_lc3_sns *sns, const int8_t c[16], int32_t factor[16])
{
    int32_t gain = woad_lc3_sns_gain[sns->shape][sns->gain], norm;
    int32_t half[2][8] = {{0}}; /* of even and of odd functions, whose second half is mirrored */
    int square = 0, n, k;

    for (k = 0; k < 16; k++) {
        square += c[k] * c[k];
        for (n = 0; c[k] && n < 8; n++) {
            half[k & 1][n] += c[k] * (woad_lc3_sns_dct[k][n] >> 4); /* Q27 */
        }
    }
    norm = inverse_sqrt(square);
    for (n = 0; n < 16; n++) {
        int32_t sum = n < 8 ? half[0][n] + half[1][n] : half[0][15 - n] - half[1][15 - n];
        int32_t unit = mulh(sum, norm); /* Q25, at most 1 */
        int32_t first = first_stage(n >> 3, n < 8 ? sns->low : sns->high, n & 7);
        factor[n] = first + mulh(shl(unit, 4), shl(gain, 15));
    }
}

/* Interpolation to bands; with 60 bands, the first four are means of two. [3.3.7.3.5] */
static void interpolate(const int32_t factor[16], int bands, int32_t *band)
{
    int32_t s0 = factor[0], s1 = factor[0], step = 0;
    int i, k, merged = WOAD_LC3_BANDS_MAX - bands;

    band[0] = band[1] = s0;
    for (i = 1; i < 16; i++) {
        s0 = s1;
        s1 = factor[i];
        step = (s1 - s0) >> 3;
        for (k = 0; k < 4; k++) {
            band[4 * i - 2 + k] = s0 + (2 * k + 1) * step;
        }
    }
    band[62] = s1 + step;
    band[63] = s1 + 3 * step;
    for (i = 0; i < merged; i++) {
        band[i] = (band[2 * i] + band[2 * i + 1]) >> 1;
    }
    for (i = merged; merged && i < bands; i++) {
        band[i] = band[i + merged];
    }
}

/* A bound of |x| in a band: 2^bits before, 2^own after its gain; bits < 0: all zero. */
struct bound {
    int8_t bits;
    int8_t own;
};

/* One band: x * mantissa / 2^30 in 2^-place, without losing bits that fit. Both forms agree. */
static void scale_band(int32_t *x, int width, struct bound bound, int32_t mantissa, int place)
{
    int room = 31 - bound.bits, shift = 30 - bound.own + place;
    int i;

#if INTPTR_MAX > INT32_MAX
    shift = min_int(32 + shift - room, 63);
    x[0] = (int32_t)(((int64_t)x[0] * mantissa) >> shift);
    for (i = 1; i < width; i++) {
        x[i] = (int32_t)(((int64_t)x[i] * mantissa) >> shift);
    }
#else
    int left = min_int(room, max_int(room - shift, 0)), right = min_int(shift - room + left, 31);

    if (right == 0) {
        for (i = 0; i < width; i++) {
            x[i] = mulh(shl(x[i], left), mantissa);
        }
    } else {
        for (i = 0; i < width; i++) {
            x[i] = mulh(shl(x[i], left), mantissa) >> right;
        }
    }
#endif
}

/* The bounds of all bands from their lines and the log2 of their gains; returns the highest `own`.
 */
static int find_bounds(const struct woad_lc3_geometry *geo, const int32_t *x, const int32_t *band,
                       struct bound *bounds)
{
    const uint8_t *width = geo->band_width;
    int top = -128, bands = geo->bands, b;

    for (b = 0; b < bands; b++) {
        const int32_t *end = x + width[b];
        uint32_t any = zigzag(*x++);
        int zero, bits, own;

        while (x < end) {
            any |= zigzag(*x++);
        }
        /* Without branches: which bands are zero cannot be predicted. */
        zero = any == 0;
        bits = bit_length(any | 1) - 1 - zero;
        own = max_int(bits + (band[b] >> 24) + 1 - 256 * zero, -128);
        bounds[b] = (struct bound){(int8_t)bits, (int8_t)own};
        top = max_int(top, own);
    }
    return top;
}

/* The sum of all magnitudes is below 2^(result). */
static int find_sum_bits(const struct woad_lc3_geometry *geo, const struct bound *bounds, int top)
{
    const uint8_t *width = geo->band_width;
    uint32_t sum = 0;
    int bands = geo->bands, b;

    for (b = 0; b < bands; b++) {
        sum += (((uint32_t)width[b] << 16) >> min_int(top - bounds[b].own, 31)) +
               (bounds[b].bits >= 0);
    }
    return top + bit_length(sum) - 16;
}

/* Every band times its gain, from `fraction` to q fraction bits. */
static void apply(const struct woad_lc3_geometry *geo, const struct bound *bounds,
                  const int32_t *band, int fraction, int q, int32_t *x)
{
    const uint8_t *width = geo->band_width;
    int bands = geo->bands, b;

    for (b = 0; b < bands; x += width[b++]) {
        if (bounds[b].bits >= 0 || WIDE_CORE) {
            scale_band(x, width[b], bounds[b], woad_lc3_exp2((uint32_t)band[b] & 0xffffff),
                       fraction - q);
        }
    }
}

int woad_lc3_sns_synthesize(const struct woad_lc3_geometry *geo, const struct woad_lc3_sns *sns,
                            int32_t gain, int fraction, int q_max, int32_t *x, int *sum_bits)
{
    int32_t band[WOAD_LC3_BANDS_MAX], factor[16];
    struct bound bounds[WOAD_LC3_BANDS_MAX];
    int8_t c[16];
    int top, q, i;

    get_pulses(sns, c);
    get_factors(sns, c, factor);
    for (i = 0; i < 16; i++) {
        factor[i] += gain + geo->scale_log2;
    }
    interpolate(factor, geo->bands, band);
    top = find_bounds(geo, x, band, bounds);
    *sum_bits = find_sum_bits(geo, bounds, top) - fraction;
    q = min_int(max_int(26 - top + fraction, 31 - *sum_bits), q_max);
    apply(geo, bounds, band, fraction, q, x);
    return q;
}

#if WOAD_LC3_ENCODER
#define MEAN_Q32(n) ((int32_t)((UINT64_C(1) << 32) / (n)))

/* Energies of bands made 64: where there are 60, the first four count twice. */
static inline uint64_t band_energy(const struct woad_lc3_energy *energy, int bands, int i)
{
    int merged = WOAD_LC3_BANDS_MAX - bands;

    return energy->band[i < 2 * merged ? i / 2 : i - merged];
}

/*
 * Half of log2 of the smoothed energies with the pre-emphasis of the sampling rate, not below the
 * noise floor. [3.3.7.2.1 to 3.3.7.2.4]
 */
static void log_energies(const struct woad_lc3_geometry *geo, const struct woad_lc3_energy *energy,
                         int32_t *log_energy)
{
    /* log2(10^((14 + 4 rate) / 630)), Q24 */
    int32_t tilt = (14 + 4 * geo->rate) * 88464 + (14 + 4 * geo->rate) * 39 / 64;
    int32_t base = 2 * geo->scale_log2 - energy->fraction * (1 << 24), floor_log2;
    uint64_t sum = 0, now = energy->band[0], before = now, next;
    uint32_t gain = 1 << 21, step = (uint32_t)woad_lc3_exp2((uint32_t)tilt); /* up to 1000; Q30 */
    int i, last = WOAD_LC3_BANDS_MAX - 1;

    for (i = 0; i <= last; i++, before = now, now = next) {
        uint64_t e;

        next = i < last ? band_energy(energy, geo->bands, i + 1) : now;
        e = (before >> 2) + (now >> 1) + (next >> 2);

        /* Products are below 2^63, the sum of 64 below 2^57. */
        sum += ((e >> 17) * (gain >> 9)) >> 12;
        gain = (uint32_t)(((uint64_t)gain * step) >> 30);
        log_energy[i] = woad_lc3_log2(e) + tilt * i + base;
    }
    /* 1e-4 of the mean, and 2^-32. */
    floor_log2 = woad_lc3_log2(sum) + (17 << 24) - 323594117 + base;
    floor_log2 = max_int(floor_log2, -32 * (1 << 24));
    for (i = 0; i < WOAD_LC3_BANDS_MAX; i++) {
        log_energy[i] = max_int(log_energy[i], floor_log2) >> 1;
    }
}

static int32_t mean(const int32_t *factor)
{
    int32_t sum = 0;
    int i;

    for (i = 0; i < 16; i++) {
        sum += factor[i] >> 4;
    }
    return sum;
}

/* Weighted means of six bands around each group of four. [3.3.7.2.5, 3.3.7.2.6] */
static void group(const int32_t *log_energy, int32_t factor[16])
{
    static const uint8_t weight[6] = {1, 2, 3, 3, 2, 1};
    int32_t middle;
    int i, k;

    for (i = 0; i < 16; i++) {
        int32_t sum = 0;
        for (k = 0; k < 6; k++) {
            int band = max_int(0, min_int(4 * i - 1 + k, WOAD_LC3_BANDS_MAX - 1));
            sum += (log_energy[band] >> 4) * weight[k]; /* Q20 */
        }
        factor[i] = mulh(sum, MEAN_Q32(12)) * 16;
    }
    middle = mean(factor);
    for (i = 0; i < 16; i++) {
        factor[i] = 2 * mulh(factor[i] - middle, 1825361101); /* 0.85 */
    }
}

/* Means of up to five neighbours, scaled down: an attack spreads. [3.3.7.2.7] */
static void smooth(const struct woad_lc3_geometry *geo, int32_t factor[16])
{
    static const int32_t inverse[3] = {MEAN_Q32(3), MEAN_Q32(4), MEAN_Q32(5)};
    int32_t in[16], middle, scale = geo->quarters == 3 ? 644245094 : 1073741824; /* 0.3, 0.5 */
    int i, k;

    memcpy(in, factor, sizeof in);
    for (i = 0; i < 16; i++) {
        int first = max_int(i - 2, 0), last = min_int(i + 2, 15);
        int32_t sum = 0;
        for (k = first; k <= last; k++) {
            sum += in[k];
        }
        factor[i] = mulh(sum, inverse[last - first - 2]);
    }
    middle = mean(factor);
    for (i = 0; i < 16; i++) {
        factor[i] = 2 * mulh(factor[i] - middle, scale);
    }
}

/* The nearest of 32 vectors of eight. [3.3.7.3.2] */
static unsigned search_first_stage(const int32_t *factor, int high)
{
    uint32_t best = UINT32_MAX;
    unsigned found = 0, v;
    int16_t target[8], d[8];
    int i;

    for (i = 0; i < 8; i++) {
        target[i] = (int16_t)clamp32(factor[i] >> 14, -INT16_MAX / 4, INT16_MAX / 4); /* Q10 */
    }
    for (v = 0; v < 32; v++) {
        uint32_t distance;
        for (i = 0; i < 8; i++) {
            d[i] = (int16_t)(target[i] - (woad_lc3_sns_first_high[high][v][i] >> 2));
        }
        distance = (uint32_t)woad_lc3_dot_wrap(d, d, 8);
        if (distance < best) {
            best = distance;
            found = v;
        }
    }
    return found;
}

/* Pulses so far and how well they match the target x (magnitudes in Q16). */
struct match {
    int8_t c[16];
    int32_t correlation, energy;
};

/* Adds pulses one by one where they raise correlation^2 / energy most. [3.3.7.3.3] */
static void add_pulses(const int32_t *x, struct match *m, int first, int n, int pulses)
{
    int i;

    while (pulses-- > 0) {
        int64_t best = -1;
        int32_t best_energy = 1;
        int best_i = first;

        for (i = first; i < first + n; i++) {
            int32_t c = (m->correlation + x[i]) >> 2, e = m->energy + 2 * m->c[i] + 1;
            int64_t square = (int64_t)c * c;
            bool better = square * best_energy > best * e; /* the first always is */

            best = better ? square : best;
            best_energy = better ? e : best_energy;
            best_i = better ? i : best_i;
        }
        m->correlation += x[best_i];
        m->energy += 2 * m->c[best_i] + 1;
        m->c[best_i]++;
    }
}

/* The pulses of all four shapes, each from the one before. [3.3.7.3.3] */
static void search_shapes(const int32_t *x, struct match m[4])
{
    int32_t sum = 0;
    int i, pulses = 0, outer = 0;

    memset(m, 0, 4 * sizeof *m);
    for (i = 0; i < 16; i++) {
        sum += x[i];
    }
    for (i = 0; i < 16 && sum > 0; i++) {
        m[3].c[i] = (int8_t)((uint32_t)x[i] * 5 / (uint32_t)sum);
        pulses += m[3].c[i];
        m[3].correlation += m[3].c[i] * x[i];
        m[3].energy += m[3].c[i] * m[3].c[i];
    }
    add_pulses(x, &m[3], 0, 16, 6 - pulses);
    m[2] = m[3];
    add_pulses(x, &m[2], 0, 16, 2);
    m[1] = m[2];
    for (i = 10; i < 16; i++) {
        outer += m[1].c[i];
        m[1].correlation -= m[1].c[i] * x[i];
        m[1].energy -= m[1].c[i] * m[1].c[i];
        m[1].c[i] = 0;
    }
    add_pulses(x, &m[1], 0, 10, 2 + outer);
    m[0] = m[1];
    add_pulses(x, &m[0], 10, 6, 1);
}

/* The shape and gain g with the least g^2 - 2 g t, t the match of the normalised shape. */
static void choose_shape(const struct match m[4], struct woad_lc3_sns *sns)
{
    static const uint8_t gains[4] = {2, 4, 4, 8};
    int64_t least = INT64_MAX;
    int s, g;

    for (s = 0; s < 4; s++) {
        int32_t t = mulh(m[s].correlation, inverse_sqrt(m[s].energy)); /* Q14 */
        for (g = 0; g < gains[s]; g++) {
            int64_t gain = woad_lc3_sns_gain[s][g], error = gain * (4 * gain - 2 * t);
            if (error < least) {
                least = error;
                sns->shape = (uint8_t)s;
                sns->gain = (uint8_t)g;
            }
        }
    }
}

/* The inverse of lower_offsets(). */
static void raise_offsets(int32_t *row)
{
    int32_t before = row[1];
    int k;

    for (k = 2; k <= PULSES_MAX; k++) {
        int32_t now = row[k];
        row[k] += before + row[k - 1];
        before = now;
    }
}

/* The inverse of from_index(). */
static int32_t to_index(const int8_t *c, int n, bool *negative)
{
    int32_t offsets[PULSES_MAX + 1] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, index = 0;
    int i, sum = 0, seen = 0;

    for (i = 0; i < n; i++, raise_offsets(offsets)) {
        int v = c[n - 1 - i];

        /* Until the last pulse there is nothing to count. */
        if (v != 0) {
            if (seen) {
                index = 2 * index + *negative;
            }
            *negative = v < 0;
            seen = 1;
        }
        if (sum > 0) {
            index += offsets[sum];
        }
        sum += abs32(v);
    }
    return index;
}

/* Chooses everything that is sent; c receives the pulses. */
static void quantize(const int32_t factor[16], struct woad_lc3_sns *sns, int8_t c[16])
{
    int32_t residual[16], x[16];
    struct match m[4];
    bool negative[16];
    int n, k;

    *sns = (struct woad_lc3_sns){0};
    sns->low = (uint8_t)search_first_stage(factor, 0);
    sns->high = (uint8_t)search_first_stage(factor + 8, 1);
    for (n = 0; n < 16; n++) {
        residual[n] = factor[n] - first_stage(n >> 3, n < 8 ? sns->low : sns->high, n & 7);
    }
    for (k = 0; k < 16; k++) {
        int32_t sum = 0;
        for (n = 0; n < 8; n++) {
            int32_t other = k & 1 ? -residual[15 - n] : residual[15 - n];
            sum += mulh(residual[n] + other, woad_lc3_sns_dct[k][n]); /* Q23 */
        }
        negative[k] = sum < 0;
        x[k] = abs32(sum) >> 7;
    }
    search_shapes(x, m);
    choose_shape(m, sns);
    for (k = 0; k < 16; k++) {
        c[k] = (int8_t)(negative[k] ? -m[sns->shape].c[k] : m[sns->shape].c[k]);
    }
    sns->index_a = to_index(c, sns->shape < 2 ? 10 : 16, &sns->sign_a);
    if (sns->shape == 0) {
        sns->index_b = (uint8_t)to_index(c + 10, 6, &sns->sign_b);
    }
}

int woad_lc3_sns_analyze(const struct woad_lc3_geometry *geo, const struct woad_lc3_energy *energy,
                         bool attack, struct woad_lc3_sns *sns, int fraction, int32_t *x)
{
    int32_t band[WOAD_LC3_BANDS_MAX], factor[16];
    struct bound bounds[WOAD_LC3_BANDS_MAX];
    int8_t c[16];
    int b, top, q;

    log_energies(geo, energy, band);
    group(band, factor);
    if (attack) {
        smooth(geo, factor);
    }
    quantize(factor, sns, c);
    get_factors(sns, c, factor);
    interpolate(factor, geo->bands, band);
    for (b = 0; b < geo->bands; b++) {
        band[b] = geo->scale_log2 - band[b];
    }
    top = find_bounds(geo, x, band, bounds);
    q = 23 - top + fraction;
    if (top < -100) {
        q = 23; /* silence */
    }
    apply(geo, bounds, band, fraction, q, x);
    return q;
}
#endif
