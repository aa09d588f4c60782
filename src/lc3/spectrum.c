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
    spec->count = (uint16_t)(2 * (woad_lc3_read(r, woad_lc3_spectrum_field_bits(geo)) + 1));
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
 * A pair that began with an escape. *context comes back updated. Not inline: it is the rare case
 * and would take the registers of the common one.
 */
static int read_large_pair(struct woad_lc3_reader *r, const uint8_t *models, bool lsb_mode,
                           unsigned *context, uint32_t *a, uint32_t *b)
{
    unsigned k = 0, shift = 0, s = ESCAPE;
    uint32_t u = 0, v = 0, two;

    for (; s == ESCAPE && shift < SHIFT_MAX; shift++) {
        if (!(lsb_mode && shift == 0)) {
            two = woad_lc3_read_inline(r, 2);
            u |= (two & 1) << shift;
            v |= (two >> 1) << shift;
        }
        k += k < 3;
        s = woad_lc3_read_symbol_inline(r, woad_lc3_spectrum_cum[models[k]]);
    }
    if (s == ESCAPE) {
        return -1;
    }
    *a = u | (s & 3) << shift;
    *b = v | (s >> 2) << shift;
    *context = next_context(*context, k, (s & 3) + (s >> 2));
    return 0;
}

/* The sign bit that follows a value, if it is not 0; without a branch on either. */
static inline int32_t take_sign(struct woad_lc3_reader *r, uint32_t value)
{
    uint32_t n = value != 0, negative = r->acc & n;

    r->acc >>= n;
    r->acc_bits -= (int)n;
    return (int32_t)((value ^ (0 - negative)) + negative);
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
        const uint8_t *lookup = woad_lc3_spectrum_lookup[high][half];
        int end = min_int(spec->count, half ? geo->lines : (geo->lines + 2) / 2);

        for (; i < end; i += 2) {
            const uint8_t *models = woad_lc3_spectrum_models[lookup[context]];
            unsigned s = woad_lc3_read_symbol_inline(&r, woad_lc3_spectrum_cum[models[0]]);
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
            if (r.acc_bits < 2) {
                woad_lc3_refill(&r);
            }
            x[i] = take_sign(&r, a);
            x[i + 1] = take_sign(&r, b);
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

    for (i = 0; i < count && left > 0; i++) {
        int32_t v = x[i], n = v != 0, outwards;

        if (r->acc_bits < 1) {
            woad_lc3_refill(r);
        }
        outwards = (int32_t)r->acc & 1;
        r->acc >>= n;
        r->acc_bits -= n;
        left -= n;
        x[i] = v * (1 << WOAD_LC3_LINE_FRACTION) + ((8 * outwards - 3 + 2 * (v >> 31)) & -n);
    }
    for (; i < count; i++) {
        x[i] *= 1 << WOAD_LC3_LINE_FRACTION;
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
        zeros = (zeros + 1) * (x[i] == 0); /* no branch: what is zero cannot be predicted */
        if (zeros > 2 * width) {
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

#if WOAD_LC3_ENCODER
#define ONE         (1 << WOAD_LC3_QUANT_FRACTION)
#define ROUND       (ONE * 6 / 16) /* values are rounded down from 10/16 */
#define NOT_ZERO    (ONE * 10 / 16)
#define DB_PER_LOG2 1616142483 /* 10 log10(2) / 8 * 2^32 */

static inline uint32_t level(int32_t x)
{
    return (uint32_t)(abs32(x) + ROUND) >> WOAD_LC3_QUANT_FRACTION;
}

int woad_lc3_spectrum_side_bits(const struct woad_lc3_geometry *geo, size_t len)
{
    return woad_lc3_spectrum_field_bits(geo) + 3 + min_int(((int)len - 1) / 160, 2) + 8 + 3;
}

/* log2 of the gain with this number, Q24; 0 is a gain of 1. */
static int32_t gain_log2(int g)
{
    return (int32_t)(((int64_t)g * LOG2_10_DIV_28_Q32) >> 8);
}

/* Energies of four lines each in dB, Q16; returns log2 of the largest magnitude in Q24. */
static int32_t measure(const struct woad_lc3_geometry *geo, int fraction, const int32_t *x,
                       int32_t *energy)
{
    uint32_t most = 0;
    int i, k;

    for (i = 0; i < geo->lines / 4; i++) {
        uint64_t sum = 0;
        for (k = 0; k < 4; k++, x++) {
            uint32_t magnitude = (uint32_t)abs32(*x);
            sum += (uint64_t)magnitude * magnitude;
            most = magnitude > most ? magnitude : most;
        }
        if (sum == 0) {
            energy[i] = -100 * 65536;
        } else {
            energy[i] = mulh(woad_lc3_log2(sum) - 2 * fraction * (1 << 24), DB_PER_LOG2) >> 5;
            energy[i] = max_int(energy[i], -100 * 65536);
        }
    }
    return most ? woad_lc3_log2(most) - fraction * (1 << 24) : INT32_MIN;
}

/* The smallest gain, by halving an interval of 256, whose estimated bits fit. [3.3.10.3] */
static int estimate_gain(const struct woad_lc3_geometry *geo, const int32_t *energy, int bits,
                         int offset)
{
    int32_t limit = bits * 91750; /* 1.4, Q16 */
    int g = 255 - offset, step, last = geo->lines / 4 - 1;

    for (step = 128; step > 0; step >>= 1) {
        int32_t level_db = (g - step) * 46811; /* 20 / 28, Q16 */
        int32_t sum = 0;
        int j = last, end;

        while (j >= 0 && energy[j] < level_db) {
            j--;
        }
        for (end = j; j >= 0 && sum <= limit; j--) {
            int32_t above = energy[j] - level_db;
            int32_t cost = max_int(above + 7 * 65536, 2 * above - 36 * 65536);
            /* 2.7 below the level; a mask, as no branch here can be predicted. */
            sum += cost + ((176947 - cost) & (above >> 31));
        }
        if (sum > limit) {
            last = end;
        } else {
            g -= step;
        }
    }
    return g;
}

/* The smallest gain that keeps the largest line within 16 bits. */
static int least_gain(int32_t most_log2, int offset)
{
    const int32_t limit_log2 = 251657501; /* log2(32767), Q24 */
    int g = 255 - offset, step;

    for (step = 128; step > 0; step >>= 1) {
        if (gain_log2(g - step) + limit_log2 > most_log2) {
            g -= step;
        }
    }
    return g;
}

/* x / gain g, from `fraction` bits; returns the number of lines up to the last that is not zero. */
static int divide(const struct woad_lc3_geometry *geo, int g, int fraction, int32_t *x)
{
    int32_t log = -gain_log2(g), mantissa = woad_lc3_exp2((uint32_t)log & 0xffffff);
    int count = geo->lines, room, down, up, i;
    uint32_t any = 0;

    for (i = 0; i < count; i++) {
        any |= zigzag(x[i]);
    }
    room = 31 - max_int(bit_length(any) - 1, 0);
    down = fraction + room - 2 - WOAD_LC3_QUANT_FRACTION - (log >> 24);
    up = max_int(-down, 0);
    down = clamp32(down, 0, 31);
    for (i = 0; i < count; i++) {
        x[i] = shl(mulh(shl(x[i], room), mantissa), up) >> down;
    }
    while (count > 0 && abs32(x[count - 1]) < NOT_ZERO) {
        count--;
    }
    return (count + 1) & ~1;
}

/* Bits of the lines in 1/2048: with an end, where the budget cuts them off. */
struct cost {
    int bits;     /* up to `count` lines */
    int low_bits; /* those of them that LSB mode leaves to the end, in bits */
    int count;
};

/* Cost of one pair whose levels do not fit two bits; moves *a and *b to what is coded last. */
static int large_pair_cost(const uint8_t *models, bool lsb_mode, uint32_t *a, uint32_t *b,
                           unsigned *k_out, int *low_bits)
{
    uint32_t m = (*a | *b) >> 2;
    unsigned k = 0;
    int cost = 0;

    if (lsb_mode) {
        cost += woad_lc3_spectrum_cost[models[k++]][ESCAPE] - 2 * 2048;
        *low_bits += 2 + (*a == 1) + (*b == 1);
        m >>= 1;
    }
    for (; m; m >>= 1, k++) {
        cost += woad_lc3_spectrum_cost[models[k < 3 ? k : 3]][ESCAPE];
    }
    *a >>= k;
    *b >>= k;
    *k_out = k < 3 ? k : 3;
    return cost + (int)k * 2 * 2048;
}

static struct cost count_bits(const struct woad_lc3_geometry *geo, size_t len, const int32_t *x,
                              int count, int budget, bool lsb_allowed)
{
    bool high = is_high_rate(geo, len);
    struct cost c = {0, 0, 0};
    int bits = 0, low_bits = 0, i = 0, half;
    unsigned context = 0;

    for (half = 0; half < 2; half++) {
        const uint8_t *lookup = woad_lc3_spectrum_lookup[high][half];
        int end = min_int(count, half ? geo->lines : (geo->lines + 2) / 2);

        for (; i < end && bits <= budget; i += 2) {
            const uint8_t *models = woad_lc3_spectrum_models[lookup[context]];
            uint32_t a = level(x[i]), b = level(x[i + 1]);
            unsigned k = 0;
            bool any = a | b;

            bits += 2048 * ((a != 0) + (b != 0));
            if ((a | b) >> 2) {
                bits += large_pair_cost(models, lsb_allowed, &a, &b, &k, &low_bits);
            }
            bits += woad_lc3_spectrum_cost[models[k]][a + 4 * b];
            if (any && bits <= budget) {
                c.count = i + 2;
                c.bits = bits;
            }
            context = next_context(context, k, a + b);
        }
    }
    c.low_bits = low_bits;
    return c;
}

static bool lsb_allowed(const struct woad_lc3_geometry *geo, size_t len)
{
    return (int)len >= 20 * (geo->rate + 3);
}

/* Steps by which the gain is wrong: -1 to 2. [3.3.10.6] */
static int adjust(const struct woad_lc3_geometry *geo, int gain, int bits, int budget, int least)
{
    static const uint16_t limits[5][3] = {
        {80, 500, 850}, {230, 1025, 1700}, {380, 1550, 2550}, {530, 2075, 3400}, {680, 2600, 4250}};
    const uint16_t *t = limits[geo->rate];
    int delta, scale = 48;

    if (bits < t[0]) {
        delta = 3 * (bits + 48);
    } else if (bits < t[1]) {
        int low = 3 * (t[0] + 48), range = t[1] - t[0];
        delta = low * range + (bits - t[0]) * (t[1] - low);
        scale *= range;
    } else {
        delta = min_int(bits, t[2]);
    }
    delta = (delta + scale / 2) / scale;
    if (bits < budget - (delta + 2)) {
        return gain > least ? -1 : 0;
    }
    if (bits > budget) {
        return (gain < 255) + (gain < 254 && bits >= budget + delta);
    }
    return 0;
}

/* The budget as the last frames' errors correct it. [3.3.10.2] */
static int correct_budget(struct woad_lc3_rate *rate, int budget)
{
    const int one = 65536, most = 40 * one;
    int32_t target = clamp32(rate->offset + clamp32(rate->spare, -80, 80) * one, -most, most);

    rate->offset = (rate->offset * 4 + target) / 5;
    return (budget * one + rate->offset + one / 2) / one;
}

void woad_lc3_spectrum_quantize(const struct woad_lc3_geometry *geo, size_t len, int budget,
                                struct woad_lc3_rate *rate, struct woad_lc3_spectrum *spec,
                                int fraction, int32_t *x)
{
    int32_t energy[WOAD_LC3_LINES_MAX / 4], most;
    int offset = gain_offset(geo, len), g, least, count, step, bits;
    bool lsb = lsb_allowed(geo, len), reset;
    struct cost c;

    most = measure(geo, fraction, x, energy);
    g = estimate_gain(geo, energy, correct_budget(rate, budget), offset);
    least = least_gain(most, offset);
    reset = g < least || most == INT32_MIN;
    g = reset ? least : g;
    count = divide(geo, g, fraction, x);
    c = count_bits(geo, len, x, count, INT32_MAX, lsb);
    bits = (c.bits + c.low_bits * 2048 + 2047) / 2048;
    rate->spare = (int16_t)(reset ? 0 : budget - bits);
    rate->offset = reset ? 0 : rate->offset;
    step = adjust(geo, g + offset, bits, budget, least + offset);
    if (step) {
        g += step;
        count = divide(geo, step, WOAD_LC3_QUANT_FRACTION, x);
    }
    if (step || bits > budget) {
        c = count_bits(geo, len, x, count, budget * 2048, lsb);
    }
    spec->count = (uint16_t)c.count;
    spec->gain = (uint8_t)(g + offset);
    spec->lsb_mode = lsb && c.bits + c.low_bits * 2048 > budget * 2048;
}

void woad_lc3_spectrum_write_side(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                                  const struct woad_lc3_spectrum *spec)
{
    woad_lc3_write(w, (uint32_t)max_int(spec->count / 2, 1) - 1, woad_lc3_spectrum_field_bits(geo));
    woad_lc3_write(w, spec->lsb_mode, 1);
    woad_lc3_write(w, spec->gain, 8);
}

/* Mean level of the zeros that noise will replace, as a factor. [3.3.11] */
static int estimate_noise(const struct woad_lc3_geometry *geo, unsigned bandwidth, int count,
                          const int32_t *x)
{
    int width = geo->quarters - 1, stop = woad_lc3_bandwidth_lines(geo, bandwidth);
    int i = 6 * geo->quarters - width, zeros = 0, n = 0;
    int32_t sum = 0;

    for (; i < stop + width; i++) {
        zeros = i < min_int(count, stop) && abs32(x[i]) >= NOT_ZERO ? 0 : zeros + 1;
        if (zeros > 2 * width) {
            sum += min_int(abs32(x[i - width]), ONE) >> 4;
            n++;
        }
    }
    if (n == 0) {
        return 7;
    }
    /* 8 - round(16 mean) */
    return max_int(0, min_int(8 - (sum / n + (ONE >> 9)) / (ONE >> 8), 7));
}

/* The sign bits of those of two values that are not 0. */
static inline void write_signs(struct woad_lc3_writer *w, uint32_t a, bool negative_a, uint32_t b,
                               bool negative_b)
{
    int has_a = a != 0, has_b = b != 0;
    uint32_t sign_a = (uint32_t)(has_a & negative_a), sign_b = (uint32_t)(has_b & negative_b);

    woad_lc3_write_inline(w, sign_a | sign_b << has_a, has_a + has_b);
}

static void write_pairs(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                        const struct woad_lc3_spectrum *spec, size_t len, const int32_t *x)
{
    bool high = is_high_rate(geo, len);
    unsigned context = 0;
    int i = 0, half;

    for (half = 0; half < 2; half++) {
        const uint8_t *lookup = woad_lc3_spectrum_lookup[high][half];
        int end = min_int(spec->count, half ? geo->lines : (geo->lines + 2) / 2);

        for (; i < end; i += 2) {
            const uint8_t *models = woad_lc3_spectrum_models[lookup[context]];
            uint32_t a = level(x[i]), b = level(x[i + 1]), m = (a | b) >> 2;
            unsigned k = 0, shift = 0;

            if (m && spec->lsb_mode) {
                woad_lc3_write_symbol(w, woad_lc3_spectrum_cum[models[k++]], ESCAPE);
                m >>= 1;
                a >>= 1;
                b >>= 1;
            }
            for (; m; m >>= 1, k++, shift++) {
                woad_lc3_write_inline(w, (a >> shift & 1) | (b >> shift & 1) << 1, 2);
                woad_lc3_write_symbol(w, woad_lc3_spectrum_cum[models[k < 3 ? k : 3]], ESCAPE);
            }
            k = k < 3 ? k : 3;
            write_signs(w, a, x[i] < 0, b, x[i + 1] < 0);
            a >>= shift;
            b >>= shift;
            woad_lc3_write_symbol(w, woad_lc3_spectrum_cum[models[k]], a + 4 * b);
            context = next_context(context, k, a + b);
        }
    }
}

/* One bit a line: on which side of its level it was. [3.3.10.8] */
static void write_residual(struct woad_lc3_writer *w, int left, int count, const int32_t *x)
{
    int i;

    for (i = 0; i < count && left > 0; i++) {
        int32_t magnitude = abs32(x[i]);

        if (magnitude >= NOT_ZERO) {
            bool outwards = (magnitude & (ONE - 1)) < NOT_ZERO;
            woad_lc3_write_inline(w, outwards != (x[i] < 0), 1);
            left--;
        }
    }
}

/* The lowest bit of a line and, where it is all there is, the sign. */
static void write_low_bit(struct woad_lc3_writer *w, int *left, int32_t x)
{
    uint32_t a = level(x);

    if ((*left)-- > 0) {
        woad_lc3_write(w, a & 1, 1);
    }
    if (a == 1 && (*left)-- > 0) {
        woad_lc3_write(w, x < 0, 1);
    }
}

static void write_low_bits(struct woad_lc3_writer *w, int left, int count, const int32_t *x)
{
    int i;

    for (i = 0; i < count && left > 0; i += 2) {
        if ((level(x[i]) | level(x[i + 1])) >> 2) {
            write_low_bit(w, &left, x[i]);
            write_low_bit(w, &left, x[i + 1]);
        }
    }
}

void woad_lc3_spectrum_write(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                             const struct woad_lc3_spectrum *spec, unsigned bandwidth, size_t len,
                             const int32_t *x)
{
    int left;

    woad_lc3_write(w, (uint32_t)estimate_noise(geo, bandwidth, spec->count, x), 3);
    write_pairs(w, geo, spec, len, x);
    left = max_int(woad_lc3_writer_left(w), 0);
    if (spec->lsb_mode) {
        write_low_bits(w, left, spec->count, x);
    } else {
        write_residual(w, left, spec->count, x);
    }
}
#endif
