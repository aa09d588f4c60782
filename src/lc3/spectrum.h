/* Quantised spectrum: gain, arithmetic code, residual and noise. [3.3.9 to 3.3.11, 3.4.3 to 3.4.5] */
#ifndef WOAD_LC3_SPECTRUM_H
#define WOAD_LC3_SPECTRUM_H

#include "bits.h"
#include "geometry.h"

/* Fraction bits of the quantised lines: the residual has sixteenths. */
#define WOAD_LC3_LINE_FRACTION 4

struct woad_lc3_spectrum {
    uint16_t count; /* lines that are coded, even */
    bool lsb_mode;  /* lowest bits follow as plain bits */
    uint8_t gain;   /* index */
};

/* Noise of a frame as it was read. */
struct woad_lc3_noise {
    uint16_t seed;
    uint8_t factor;
};

int woad_lc3_spectrum_field_bits(const struct woad_lc3_geometry *geo);

/* Side information; -1 when it names more lines than there are. */
int woad_lc3_spectrum_read_side(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                                struct woad_lc3_spectrum *spec);

/* Lines as fixed-point numbers of LINE_FRACTION bits, noise included. -1 when the code is broken. */
int woad_lc3_spectrum_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                           const struct woad_lc3_spectrum *spec, unsigned bandwidth, size_t len,
                           int32_t *x);

/* log2 of the quantiser step, Q24. */
int32_t woad_lc3_spectrum_gain(const struct woad_lc3_geometry *geo, int index, size_t len);

#endif
