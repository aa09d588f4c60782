/* Discrete cosine transform IV of the geometry's number of samples, in place. */
#ifndef WOAD_LC3_DCT4_H
#define WOAD_LC3_DCT4_H

#include "geometry.h"

/*
 * |x| below 2^26, or the sum of all |x| below 2^31. y[n] = 2^-s sum x[k] cos(pi / N (k + 1/2)(n +
 * 1/2)), s = woad_lc3_dct4_shift(). Partial sums stay below 2^31: the second bound holds for each
 * of them at once, and for the first see the growth figures in dct4.c.
 */
void woad_lc3_dct4(const struct woad_lc3_geometry *geo, int32_t *x);
int woad_lc3_dct4_shift(const struct woad_lc3_geometry *geo);

#endif
