/* Numbers of one sampling rate and frame duration. */
#ifndef WOAD_LC3_GEOMETRY_H
#define WOAD_LC3_GEOMETRY_H

#include <stdint.h>

#include "woad/lc3.h"

#define WOAD_LC3_LINES_MAX 480
#define WOAD_LC3_BANDS_MAX 64
#define WOAD_LC3_TAPS_MAX  12

/* Bandwidth = index of the sampling rate that carries it. */
enum woad_lc3_bandwidth { WOAD_LC3_NB, WOAD_LC3_WB, WOAD_LC3_SSWB, WOAD_LC3_SWB, WOAD_LC3_FB };

struct woad_lc3_geometry {
    uint8_t rate;        /* 0: 8 kHz .. 4: 48 kHz; the widest bandwidth has the same number */
    uint8_t quarters;    /* frame duration in units of 2.5 ms: 3 or 4 */
    uint8_t bands;       /* 60 or 64 */
    uint8_t window_step; /* distance of this rate's values in the window table: 1 or 3 */
    uint16_t samples;    /* NF */
    uint16_t lines;      /* NE, coded */
    uint16_t overlap;    /* ND: samples that a frame shares with the next */
    int32_t scale_log2;  /* log2(sqrt(2 / NF)), Q24 */
    const int32_t *window;
    const int32_t *rot;
    const uint8_t *band_width;
    const int16_t *resample;
};

/* NULL when not valid or not compiled in. */
const struct woad_lc3_geometry *woad_lc3_geometry_find(const struct woad_lc3_config *cfg);

/* Coded lines up to a bandwidth, in frames of this duration. */
static inline int woad_lc3_bandwidth_lines(const struct woad_lc3_geometry *geo, unsigned bandwidth)
{
    return bandwidth == WOAD_LC3_FB ? 100 * geo->quarters
                                    : 20 * geo->quarters * ((int)bandwidth + 1);
}

#endif
