/*
 * With N = NF, Z = N - ND zeros of the window, and u = DCT-IV(X), the aliased block of 2 N samples
 * is u[N/2 ..N-1], then -u[N-1 .. 0], then -u[0 .. N/2-1]. Its samples Z.. Z + N - 1 are weighted
 * with the reversed window and added to what the frame before left; the ND samples after them are
 * left for the next.
 */
#include "mdct.h"

#include "dct4.h"
#include "fixed.h"

int woad_lc3_mdct_fraction_max(const struct woad_lc3_geometry *geo)
{
    return WOAD_LC3_ALIAS_FRACTION + woad_lc3_dct4_shift(geo);
}

void woad_lc3_mdct_inverse(const struct woad_lc3_geometry *geo, int fraction, int sum_bits,
                           int32_t *x)
{
    int up = woad_lc3_mdct_fraction_max(geo) - fraction, i;
    int32_t limit;

    woad_lc3_dct4(geo, x);
    if (sum_bits > 31 - WOAD_LC3_ALIAS_FRACTION) {
        limit = up < 31 ? INT32_MAX >> up : 0;
        for (i = 0; i < geo->samples; i++) {
            x[i] = clamp32(x[i], -limit, limit);
        }
    }
    if (up > 0) {
        for (i = 0; i < geo->samples; i++) {
            x[i] = shl(x[i], min_int(up, 31));
        }
    }
}

void woad_lc3_mdct_overlap(const struct woad_lc3_geometry *geo, const int32_t *alias,
                           const int32_t *overlap, int first, int n, int32_t *out)
{
    int half = geo->samples / 2, zeros = geo->samples - geo->overlap, step = geo->window_step;
    const int32_t *w = geo->window + (geo->samples + geo->overlap - 1 - first) * step;
    int mirror = 3 * half - 1 - zeros, i = first, end = first + n, stop;

    stop = min_int(end, half - zeros);
    for (; i < stop; i++, w -= step) {
        *out++ = overlap[i] + mulh(alias[half + zeros + i], *w);
    }
    stop = min_int(end, geo->overlap);
    for (; i < stop; i++, w -= step) {
        *out++ = overlap[i] - mulh(alias[mirror - i], *w);
    }
    for (; i < end; i++, w -= step) {
        *out++ = -mulh(alias[mirror - i], *w);
    }
}

void woad_lc3_mdct_keep(const struct woad_lc3_geometry *geo, const int32_t *alias, int32_t *overlap)
{
    int half = geo->samples / 2, step = geo->window_step, i;
    int middle = geo->overlap - half;
    const int32_t *w = geo->window + (geo->overlap - 1) * step;

    for (i = 0; i < middle; i++, w -= step) {
        overlap[i] = -mulh(alias[middle - 1 - i], *w);
    }
    for (; i < geo->overlap; i++, w -= step) {
        overlap[i] = -mulh(alias[i - middle], *w);
    }
}

#if WOAD_LC3_ENCODER
/*
 * The windowed block, ND samples of the frame before, then the frame, then zeros, folded into N
 * values: y[i] = -b[3N/2-1-i] - b[3N/2+i] and y[N/2+i] = b[i] - b[N-1-i].
 */
static void fold(const struct woad_lc3_geometry *geo, const int32_t *x, const int32_t *previous,
                 int up, int32_t *y)
{
    int n = geo->samples, half = n / 2, overlap = geo->overlap, step = geo->window_step, i;
    const int32_t *down = geo->window + (half + n - 1) * step, *rise = down + step;
    const int32_t *late = x + half + n - overlap, *early = late - 1;

    for (i = 0; i < overlap - half; i++, down -= step, rise += step) {
        y[i] = -mulh(shl(early[-i], up), *down) - mulh(shl(late[i], up), *rise);
    }
    for (; i < half; i++, down -= step) {
        y[i] = -mulh(shl(early[-i], up), *down);
    }
    y += half;
    rise = geo->window;
    for (i = 0; i < n - overlap; i++, down -= step, rise += step) {
        y[i] = mulh(shl(previous[i], up), *rise) - mulh(shl(x[n - overlap - 1 - i], up), *down);
    }
    for (; i < half; i++, down -= step, rise += step) {
        y[i] = mulh(shl(previous[i], up), *rise) - mulh(shl(previous[n - 1 - i], up), *down);
    }
}

int woad_lc3_mdct_forward(const struct woad_lc3_geometry *geo, int fraction, const int32_t *x,
                          int32_t *previous, int32_t *y)
{
    int n = geo->samples, i, up;
    uint32_t any = 0;

    for (i = 0; i < geo->overlap; i++) {
        any |= zigzag(previous[i]);
    }
    for (i = 0; i < n; i++) {
        any |= zigzag(x[i]);
    }
    /* Below 2^27: a quarter of it after the window, and at most twice that after folding. */
    up = min_int(27 - (bit_length(any) - 1), 18);
    fold(geo, x, previous, up, y);
    for (i = 0; i < geo->overlap; i++) {
        previous[i] = x[n - geo->overlap + i];
    }
    woad_lc3_dct4(geo, y);
    return fraction + up - 2 - woad_lc3_dct4_shift(geo);
}
#endif
