#include "bandwidth.h"

int woad_lc3_bandwidth_bits(const struct woad_lc3_geometry *geo)
{
    return bit_length(geo->rate);
}

int woad_lc3_bandwidth_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                            unsigned *bandwidth)
{
    *bandwidth = woad_lc3_read(r, woad_lc3_bandwidth_bits(geo));
    return *bandwidth > geo->rate ? -1 : 0;
}

void woad_lc3_bandwidth_write(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                              unsigned bandwidth)
{
    woad_lc3_write(w, bandwidth, woad_lc3_bandwidth_bits(geo));
}

#if WOAD_LC3_ENCODER
/* Bands, first and last, that must be quiet above bandwidth 0, 1.. of each sampling rate. */
struct region {
    uint8_t first, last;
};

static const struct region regions[2][4][4] = {
    {{{51, 63}},
     {{45, 55}, {58, 63}},
     {{42, 51}, {53, 58}, {60, 63}},
     {{40, 48}, {51, 55}, {57, 60}, {61, 63}}},
    {{{53, 63}},
     {{47, 56}, {59, 63}},
     {{44, 52}, {54, 59}, {60, 63}},
     {{41, 49}, {51, 55}, {57, 60}, {61, 63}}},
};

/* A cut-off is taken for real when the energy drops by this much within a few bands. */
static bool has_drop(const struct woad_lc3_geometry *geo, const struct woad_lc3_energy *energy,
                     int first, unsigned bandwidth)
{
    static const int32_t drop_log2[4] = {83599058, 128185222, 111465410,
                                         111465410}; /* 15, 23, 20, 20 dB; Q24 */
    static const uint8_t distance[2][4] = {{4, 4, 3, 2}, {4, 4, 3, 1}};
    int l = distance[geo->quarters - 3][bandwidth], i;

    for (i = first - l + 1; i <= first + 1; i++) {
        if (woad_lc3_log2(energy->band[i - l]) - woad_lc3_log2(energy->band[i]) >
            drop_log2[bandwidth]) {
            return true;
        }
    }
    return false;
}

unsigned woad_lc3_bandwidth_detect(const struct woad_lc3_geometry *geo,
                                   const struct woad_lc3_energy *energy)
{
    const struct region *r;
    unsigned found = WOAD_LC3_NB, bw;
    uint64_t loud = (uint64_t)(10 * geo->samples / 2) << energy->fraction;
    int i;

    if (geo->rate == 0) {
        return WOAD_LC3_NB;
    }
    r = regions[geo->quarters - 3][geo->rate - 1];
    for (bw = 0; bw < geo->rate; bw++) {
        uint64_t sum = 0;
        int n = r[bw].last - r[bw].first + 1;

        for (i = r[bw].first; i <= r[bw].last; i++) {
            sum += energy->band[i] >> 4;
        }
        if (sum >= (loud >> 4) * (unsigned)(bw == WOAD_LC3_NB ? 2 * n : n)) {
            found = bw + 1;
        }
    }
    if (found < geo->rate && !has_drop(geo, energy, r[found].first, found)) {
        found = geo->rate;
    }
    return found;
}
#endif
