/* Sums of products of 16-bit samples, for the encoder. */
#ifndef WOAD_LC3_CORRELATE_H
#define WOAD_LC3_CORRELATE_H

#include "fixed.h"

/* sum a[i] b[i], modulo 2^32: wraps on extreme input, as a filter of 32 bits does. */
int32_t woad_lc3_dot_wrap(const int16_t *a, const int16_t *b, int n);

/* sum a[i] b[i] in sixty-fourths, rounded: fits for n up to 128. n: a multiple of 4; no -32768. */
int32_t woad_lc3_dot(const int16_t *a, const int16_t *b, int n);

/*
 * r[i] = sum a[k] b[k - i] for i < count, k < n; a and b below 2^12, n up to 128. Lags go by fours:
 * three more of them may be read and written than count says.
 */
void woad_lc3_correlate(const int16_t *a, const int16_t *b, int n, int32_t *r, int count);

#endif
