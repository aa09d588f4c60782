#include "sns.h"

#include <string.h>

#include "tables.h"

/* Number of values of the joint index of shapes 0 and 1, and of shape 2. */
#define SIZE_A     2390004
#define SIZE_OUTER 15158272
#define SIZE_LAST  1549824

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

/* Index and first sign to n lines with `pulses` pulses in all. [3.4.7.2] */
static void from_index(int32_t index, bool negative, int pulses, int8_t *c, int n)
{
    int i, v;

    memset(c, 0, (size_t)n);
    for (i = n - 1; i >= 0 && index; i--, c++) {
        const int32_t *offsets = woad_lc3_sns_pyramid[i];

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

/* Sixteen scale factors in Q24: first stage + gain * DCT of the normalised pulses. [3.4.7.2] */
static void get_factors(const struct woad_lc3_sns *sns, const int8_t c[16], int32_t factor[16])
{
    int32_t gain = woad_lc3_sns_gain[sns->shape][sns->gain], norm;
    int square = 0, n, k;

    memset(factor, 0, 16 * sizeof factor[0]);
    for (k = 0; k < 16; k++) {
        square += c[k] * c[k];
        for (n = 0; c[k] && n < 16; n++) {
            factor[n] += c[k] * (woad_lc3_sns_dct[n][k] >> 4); /* Q27 */
        }
    }
    norm = woad_lc3_sns_norm[square];
    for (n = 0; n < 16; n++) {
        int32_t unit = mulh(factor[n], norm); /* Q25, at most 1 */
        const int32_t *first = n < 8 ? woad_lc3_sns_lf[sns->low] : woad_lc3_sns_hf[sns->high];
        factor[n] = first[n & 7] + mulh(shl(unit, 4), shl(gain, 15));
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
    if (merged) {
        memmove(band + merged, band + 2 * merged, (size_t)(bands - merged) * sizeof *band);
    }
}

/* One band: x * 2^(log2 gain fraction), in 2^-shift, without losing bits that fit. */
static void scale_band(int32_t *x, int width, int room, int32_t mantissa, int shift)
{
    int left = min_int(room, max_int(room - shift, 0)), right = min_int(shift - room + left, 31);
    int i;

    if (right == 0) {
        for (i = 0; i < width; i++) {
            x[i] = mulh(shl(x[i], left), mantissa);
        }
    } else {
        for (i = 0; i < width; i++) {
            x[i] = mulh(shl(x[i], left), mantissa) >> right;
        }
    }
}

/* A bound of |x| in a band: 2^bits before, 2^own after its gain; bits < 0: all zero. */
struct bound {
    int8_t bits;
    int8_t own;
};

/* Bounds of all bands from the lines and the log2 of their gains; returns the highest `own`. */
static int find_bounds(const struct woad_lc3_geometry *geo, const int32_t *x, const int32_t *band,
                       struct bound *bounds)
{
    int top = -128, b, i;

    for (b = 0; b < geo->bands; b++) {
        uint32_t any = 0;

        for (i = 0; i < geo->band_width[b]; i++) {
            any |= zigzag(*x++);
        }
        bounds[b].bits = (int8_t)(bit_length(any) - 1);
        bounds[b].own = (int8_t)max_int(bounds[b].bits + (band[b] >> 24) + 1, -128);
        if (any) {
            top = max_int(top, bounds[b].own);
        }
    }
    return top;
}

/* The sum of all magnitudes is below 2^(result). */
static int find_sum_bits(const struct woad_lc3_geometry *geo, const struct bound *bounds, int top)
{
    uint32_t sum = 0;
    int b;

    for (b = 0; b < geo->bands; b++) {
        if (bounds[b].bits >= 0) {
            sum += (((uint32_t)geo->band_width[b] << 16) >> min_int(top - bounds[b].own, 31)) + 1;
        }
    }
    return top + bit_length(sum) - 16;
}

int woad_lc3_sns_synthesize(const struct woad_lc3_geometry *geo, const struct woad_lc3_sns *sns,
                            int32_t gain, int fraction, int q_max, int32_t *x, int *sum_bits)
{
    int32_t band[WOAD_LC3_BANDS_MAX], factor[16];
    struct bound bounds[WOAD_LC3_BANDS_MAX];
    int8_t c[16];
    int top, b, q;

    get_pulses(sns, c);
    get_factors(sns, c, factor);
    interpolate(factor, geo->bands, band);
    for (b = 0; b < geo->bands; b++) {
        band[b] += gain + geo->scale_log2;
    }
    top = find_bounds(geo, x, band, bounds);
    *sum_bits = find_sum_bits(geo, bounds, top) - fraction;
    q = min_int(max_int(26 - top + fraction, 31 - *sum_bits), q_max);
    for (b = 0; b < geo->bands; x += geo->band_width[b++]) {
        if (bounds[b].bits >= 0) {
            scale_band(x, geo->band_width[b], 31 - bounds[b].bits,
                       woad_lc3_exp2((uint32_t)band[b] & 0xffffff),
                       30 - bounds[b].own + fraction - q);
        }
    }
    return q;
}
