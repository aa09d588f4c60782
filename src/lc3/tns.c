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
        k[i] = (int32_t)(c < 0 ? -woad_lc3_tns_sine[-c] : woad_lc3_tns_sine[c]) * 65536;
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
        int32_t v = sub(*x, shl(mulh(s[order - 1], k[order - 1]), 1));

        for (i = order - 2; i >= 0; i--) {
            v = sub(v, shl(mulh(s[i], k[i]), 1));
            s[i + 1] = add(s[i], shl(mulh(v, k[i]), 1));
        }
        s[0] = v;
        *x = v;
    }
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
    /* All magnitudes below 2^22: nine bits are left for the gain of the filter. */
    for (i = 0; i < geo->lines; i++) {
        any |= zigzag(x[i]);
    }
    up = max_int(22 - bit_length(any) + 1, 0);
    for (i = 0; i < geo->lines; i++) {
        x[i] = shl(x[i], up);
    }
    for (f = 0; f < tns->filters; f++) {
        end = range(geo, bandwidth, tns->filters, f, &first);
        if (tns->order[f]) {
            get_coefs(tns, f, k);
            filter_inverse(x + first, x + end, k, tns->order[f], s);
            for (i = tns->order[f]; i < 8; i++) {
                s[i] = 0;
            }
        }
    }
    return fraction + up;
}
