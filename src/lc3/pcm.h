/* Samples of the caller from and to fixed point. */
#ifndef WOAD_LC3_PCM_H
#define WOAD_LC3_PCM_H

#include "woad/lc3.h"

/* n samples of TIME_FRACTION fraction bits to the caller's format; returns where the next one goes.
 */
void *woad_lc3_pcm_store(enum woad_lc3_format format, const int32_t *x, int n, void *pcm,
                         unsigned stride);

/* The caller's samples as 16 bits above 8 fraction bits. */
void woad_lc3_pcm_load(enum woad_lc3_format format, const void *pcm, unsigned stride, int32_t *x,
                       int n);

#endif
