#include "spectrum.h"

#include <string.h>

#include "tables.h"

#define LOG2_10_DIV_28_Q32 509556162 /* log2(10) / 28 */
#define ESCAPE             16
#define SHIFT_MAX          14

static int gain_offset(const struct woad_lc3_geometry *geo, size_t len)
{
    int n = geo->rate + 1;

    return min_int(255, 105 + 5 * n + min_int(115, 8 * (int)len / (10 * n)));
}

int32_t woad_lc3_spectrum_gain(const struct woad_lc3_geometry *geo, int index, size_t len)
{
    return (int32_t)(((int64_t)(index - gain_offset(geo, len)) * LOG2_10_DIV_28_Q32) >> 8);
}

static bool is_high_rate(const struct woad_lc3_geometry *geo, size_t len)
{
    return (int)len > 20 * (geo->rate + 1);
}

int woad_lc3_spectrum_field_bits(const struct woad_lc3_geometry *geo)
{
    return bit_length((uint32_t)geo->lines / 2 - 1);
}

int woad_lc3_spectrum_read_side(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                                struct woad_lc3_spectrum *spec)
{
    spec->count =
        (uint16_t)(2 * (woad_lc3_read(r, woad_lc3_spectrum_field_bits(geo)) + 1));
    spec->lsb_mode = woad_lc3_read(r, 1);
    spec->gain = (uint8_t)woad_lc3_read(r, 8);
    return spec->count > geo->lines ? -1 : 0;
}

/* Context of the next pair from this one: escapes k and the two values that were coded. */
static inline unsigned next_context(unsigned context, unsigned k, unsigned sum)
{
    return ((context << 4) + (k > 1 ? 12 + k : 1 + sum * (k + 1))) & 0xff;
}

/*
 * A pair that began with an escape. *context comes back updated. Not inline: it is the rare case and
 * would take the registers of the common one.
 */
static int read_large_pair(struct woad_lc3_reader *r, const uint8_t *models, bool lsb_mode,
                           unsigned *context, uint32_t *a, uint32_t *b)
{
    unsigned k = 0, shift = 0, s = ESCAPE;
    uint32_t u = 0, v = 0, two;

    for (; s == ESCAPE && shift < SHIFT_MAX; shift++) {
        if (!(lsb_mode && shift == 0)) {
            two = woad_lc3_read(r, 2);
            u |= (two & 1) << shift;
            v |= (two >> 1) << shift;
        }
        k += k < 3;
        s = woad_lc3_read_symbol(r, woad_lc3_spectrum_cum[models[k]]);
    }
    if (s == ESCAPE) {
        return -1;
    }
    *a = u | (s & 3) << shift;
    *b = v | (s >> 2) << shift;
    *context = next_context(*context, k, (s & 3) + (s >> 2));
    return 0;
}

static inline int32_t read_sign(struct woad_lc3_reader *r, uint32_t value)
{
    if (value && woad_lc3_read(r, 1)) {
        return -(int32_t)value;
    }
    return (int32_t)value;
}

/* Pairs of lines; *seed is the sum that starts the noise generator. [3.4.3.3] */
static int read_pairs(struct woad_lc3_reader *reader, const struct woad_lc3_geometry *geo,
                      const struct woad_lc3_spectrum *spec, size_t len, int32_t *x, uint32_t *seed)
{
    struct woad_lc3_reader r = *reader;
    bool high = is_high_rate(geo, len);
    unsigned context = 0;
    int i = 0, half;
    uint32_t sum = 0;

    for (half = 0; half < 2; half++) {
        const uint8_t(*lookup)[4] = woad_lc3_spectrum_lookup[high][half];
        int end = min_int(spec->count, half ? geo->lines : (geo->lines + 2) / 2);

        for (; i < end; i += 2) {
            const uint8_t *models = lookup[context];
            unsigned s = woad_lc3_read_symbol(&r, woad_lc3_spectrum_cum[models[0]]);
            uint32_t a = s & 3, b = s >> 2;

            if (s == 0) {
                context = (context << 4 | 1) & 0xff;
                x[i] = x[i + 1] = 0;
                continue;
            }
            if (s == ESCAPE) {
                if (read_large_pair(&r, models, spec->lsb_mode, &context, &a, &b) < 0) {
                    return -1;
                }
            } else {
                context = ((context << 4) + 1 + a + b) & 0xff;
            }
            x[i] = read_sign(&r, a);
            x[i + 1] = read_sign(&r, b);
            sum += (a & 0x7fff) * (uint32_t)i + (b & 0x7fff) * (uint32_t)(i + 1);
        }
    }
    *seed = sum;
    *reader = r;
    return 0;
}

/* One bit a non-zero line moves it by 5/16 outwards or 3/16 inwards. [3.4.4.4] */
static void read_residual(struct woad_lc3_reader *r, int left, int count, int32_t *x)
{
    int i;

    for (i = 0; i < count; i++) {
        int32_t v = x[i];

        if (v == 0) {
            continue;
        }
        v *= 1 << WOAD_LC3_LINE_FRACTION;
        if (left > 0) {
            left--;
            v += woad_lc3_read(r, 1) ? (v > 0 ? 5 : 3) : (v > 0 ? -3 : -5);
        }
        x[i] = v;
    }
}

/* The lowest bit of one line, and its sign when it had none yet. [3.4.4.4] */
static void read_low_bit(struct woad_lc3_reader *r, int *left, int line, int32_t *x, uint32_t *seed)
{
    if ((*left)-- <= 0 || !woad_lc3_read(r, 1)) {
        return;
    }
    if (*x) {
        *x += *x < 0 ? -1 : 1;
    } else if ((*left)-- > 0) {
        *x = woad_lc3_read(r, 1) ? -1 : 1;
    } else {
        return;
    }
    *seed += (uint32_t)line;
}

static void read_low_bits(struct woad_lc3_reader *r, int left, int count, int32_t *x,
                          uint32_t *seed)
{
    int i;

    for (i = 0; i < count && left > 0; i += 2) {
        if (abs32(x[i]) >= 4 || abs32(x[i + 1]) >= 4) {
            read_low_bit(r, &left, i, &x[i], seed);
            read_low_bit(r, &left, i + 1, &x[i + 1], seed);
        }
    }
    for (i = 0; i < count; i++) {
        x[i] *= 1 << WOAD_LC3_LINE_FRACTION;
    }
}

/*
 * Noise in place of zeros with no neighbour within `width`: level is (8 - factor) sixteenths, so it
 * needs no other fraction than the residual. [3.4.5]
 */
static void fill_noise(const struct woad_lc3_geometry *geo, unsigned bandwidth, int count,
                       int32_t level, uint32_t seed, int32_t *x)
{
    int width = geo->quarters - 1, stop = woad_lc3_bandwidth_lines(geo, bandwidth);
    int i = 6 * geo->quarters - width, end = min_int(count, stop), zeros = 0;

    for (; i < end; i++) {
        if (x[i]) {
            zeros = 0;
        } else if (++zeros > 2 * width) {
            seed = 13849 + seed * 31821;
            x[i - width] = seed & 0x8000 ? -level : level;
        }
    }
    for (; i < stop + width; i++) {
        if (++zeros > 2 * width) {
            seed = 13849 + seed * 31821;
            x[i - width] = seed & 0x8000 ? -level : level;
        }
    }
}

int woad_lc3_spectrum_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                           const struct woad_lc3_spectrum *spec, unsigned bandwidth, size_t len,
                           int32_t *x)
{
    int factor = (int)woad_lc3_read(r, 3), left;
    uint32_t seed;

    if (read_pairs(r, geo, spec, len, x, &seed) < 0) {
        return -1;
    }
    left = max_int(woad_lc3_reader_left(r), 0);
    if (spec->lsb_mode) {
        read_low_bits(r, left, spec->count, x, &seed);
    } else {
        read_residual(r, left, spec->count, x);
    }
    memset(x + spec->count, 0, (size_t)(geo->samples - spec->count) * sizeof *x);
    if (spec->count > 2 || x[0] || x[1] || spec->gain > 0 || factor < 7) {
        fill_noise(geo, bandwidth, spec->count, 8 - factor, seed, x);
    }
    return r->bad || woad_lc3_reader_left(r) < 0 ? -1 : 0;
}
