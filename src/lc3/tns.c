#include "tns.h"

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

static void get_coefs(const struct woad_lc3_tns *tns, int f, int32_t k[8])
{
    int i;

    for (i = 0; i < 8; i++) {
        int c = i < tns->order[f] ? tns->coef[f][i] : 0;
        k[i] = c < 0 ? -woad_lc3_tns_sine[-c] : woad_lc3_tns_sine[c];
    }
}

/*
 * All-pole lattice. Sums may wrap: only a hostile frame gets there, and its result is noise in any
 * case.
 */
static void filter_inverse(int32_t *x, int32_t *end, const int32_t *k, int order, int32_t *s)
{
    int i;

    for (; x < end; x++) {
        int32_t v = sub(*x, mul_q15(s[order - 1], k[order - 1]));

        for (i = order - 2; i >= 0; i--) {
            v = sub(v, mul_q15(s[i], k[i]));
            s[i + 1] = add(s[i], mul_q15(v, k[i]));
        }
        s[0] = v;
        *x = v;
    }
}

/* Bits that the filters may need above their input: two, and log2(1 / (1 - |k|)) of each stage. */
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
    return min_int(2 + (most + 7) / 8, 9);
}

int woad_lc3_tns_synthesize(const struct woad_lc3_geometry *geo, unsigned bandwidth,
                            const struct woad_lc3_tns *tns, int fraction, int32_t *x)
{
    int32_t k[8], s[8] = {0};
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
            filter_inverse(x + first, x + end, k, tns->order[f], s);
        }
        for (i = tns->order[f]; i < 8; i++) {
            s[i] = 0;
        }
    }
    return fraction + up;
}
