/* Spectral noise shaping: 16 scale factors shape the spectrum in 64 bands. [3.3.7, 3.4.7] */
#ifndef WOAD_LC3_SNS_H
#define WOAD_LC3_SNS_H

#include "bits.h"
#include "energy.h"
#include "geometry.h"

#define WOAD_LC3_SNS_BITS 38

struct woad_lc3_sns {
    uint8_t low, high;   /* first stage vectors, 0..31 */
    uint8_t shape, gain; /* second stage: 0..3, and an index into the gains of the shape */
    bool sign_a, sign_b; /* sign that the pyramid index leaves out */
    int32_t index_a;
    uint8_t index_b;
};

/* 0, or -1 when the index names no vector. */
int woad_lc3_sns_read(struct woad_lc3_reader *r, struct woad_lc3_sns *sns);
void woad_lc3_sns_write(struct woad_lc3_writer *w, const struct woad_lc3_sns *sns);

/*
 * Decoder: band gains times 2^(gain / 2^24), times sqrt(2 / NF), on a spectrum x of fraction bits
 * `fraction`. Returns the fraction bits q of the result: no more than q_max, and as many as keep
 * either all magnitudes below 2^26 or their sum below 2^31. *sum_bits: without its fraction bits,
 * the sum of all magnitudes is below 2^*sum_bits.
 */
int woad_lc3_sns_synthesize(const struct woad_lc3_geometry *geo, const struct woad_lc3_sns *sns,
                            int32_t gain, int fraction, int q_max, int32_t *x, int *sum_bits);

/*
 * Encoder: chooses the scale factors and shapes x, a spectrum without its factor sqrt(2 / NF).
 * Returns the fraction bits of the result, whose magnitude is below 2^23.
 */
int woad_lc3_sns_analyze(const struct woad_lc3_geometry *geo, const struct woad_lc3_energy *energy,
                         bool attack, struct woad_lc3_sns *sns, int fraction, int32_t *x);

#endif
