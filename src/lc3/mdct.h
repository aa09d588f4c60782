/* Low-delay MDCT: window, overlap and DCT-IV. [3.3.4, 3.4.8] */
#ifndef WOAD_LC3_MDCT_H
#define WOAD_LC3_MDCT_H

#include "geometry.h"

/* Fraction bits of time samples in the decoder, and of the transform's result before its window. */
#define WOAD_LC3_TIME_FRACTION  10
#define WOAD_LC3_ALIAS_FRACTION (WOAD_LC3_TIME_FRACTION + 2)

/* Most fraction bits that a spectrum for woad_lc3_mdct_inverse() may have. */
int woad_lc3_mdct_fraction_max(const struct woad_lc3_geometry *geo);

/*
 * Decoder, first half: spectrum x of `fraction` fraction bits, below 2^26, scaled by sqrt(2 / NF),
 * to aliased samples in place. sum_bits: the sum of the magnitudes is below 2^sum_bits; from 2^19
 * on samples are clamped.
 */
void woad_lc3_mdct_inverse(const struct woad_lc3_geometry *geo, int fraction, int sum_bits,
                           int32_t *x);

/* Second half, by blocks: samples first to first + n - 1 of the frame to out. */
void woad_lc3_mdct_overlap(const struct woad_lc3_geometry *geo, const int32_t *alias,
                           const int32_t *overlap, int first, int n, int32_t *out);

/* After the last block: what the next frame overlaps with. */
void woad_lc3_mdct_keep(const struct woad_lc3_geometry *geo, const int32_t *alias,
                        int32_t *overlap);

/*
 * Encoder: samples x and the end of the previous frame, `previous` (ND values), both of `fraction`
 * bits and below 2^28, to a spectrum in y of NF values, without its factor sqrt(2 / NF). Returns
 * the spectrum's fraction bits. x and y may not overlap. previous is replaced.
 */
int woad_lc3_mdct_forward(const struct woad_lc3_geometry *geo, int fraction, const int32_t *x,
                          int32_t *previous, int32_t *y);

#endif
