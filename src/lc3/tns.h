/* Temporal noise shaping: prediction along frequency, in one or two ranges. [3.3.8, 3.4.6] */
#ifndef WOAD_LC3_TNS_H
#define WOAD_LC3_TNS_H

#include "bits.h"
#include "geometry.h"

struct woad_lc3_tns {
    uint8_t filters;   /* 1, or 2 from SWB on */
    uint8_t weighted;  /* model of the order: by bit rate */
    uint8_t order[2];  /* 0: filter off */
    int8_t coef[2][8]; /* -8..8: reflection coefficient sin(coef pi / 17) */
};

void woad_lc3_tns_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                       unsigned bandwidth, size_t len, struct woad_lc3_tns *tns);
void woad_lc3_tns_write(struct woad_lc3_writer *w, const struct woad_lc3_tns *tns);
int woad_lc3_tns_bits(const struct woad_lc3_tns *tns);

/* Decoder. Filters x, of `fraction` fraction bits; returns the fraction bits of the result. */
int woad_lc3_tns_synthesize(const struct woad_lc3_geometry *geo, unsigned bandwidth,
                            const struct woad_lc3_tns *tns, int fraction, int32_t *x);

/*
 * Encoder. Chooses the filters, none if they would take more than `room` bits, and applies them;
 * |x| below 2^23.
 */
void woad_lc3_tns_analyze(const struct woad_lc3_geometry *geo, unsigned bandwidth,
                          bool near_nyquist, size_t len, int room, struct woad_lc3_tns *tns,
                          int32_t *x);

#endif
