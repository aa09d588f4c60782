/* Quantised spectrum: gain, arithmetic code, residual and noise. [3.3.9 to 3.3.11, 3.4.3 to 3.4.5]
 */
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

/* Decoder: side information; -1 when it names more lines than there are. */
int woad_lc3_spectrum_read_side(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                                struct woad_lc3_spectrum *spec);

/* Decoder: lines as fixed-point numbers of LINE_FRACTION bits, noise included. -1 when the code is
 * broken. */
int woad_lc3_spectrum_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                           const struct woad_lc3_spectrum *spec, unsigned bandwidth, size_t len,
                           int32_t *x);

/* log2 of the quantiser step, Q24. */
int32_t woad_lc3_spectrum_gain(const struct woad_lc3_geometry *geo, int index, size_t len);

/* Rate control of the encoder. */
struct woad_lc3_rate {
    int32_t offset; /* smoothed error of the bit estimate, Q16 */
    int16_t spare;  /* bits that the last frame's estimate left */
};

/* Fraction bits of the lines that the encoder has quantised: the residual is still in them. */
#define WOAD_LC3_QUANT_FRACTION 14

/*
 * Encoder: chooses the gain for `budget` bits of spectrum and divides x by it, from `fraction` bits
 * to QUANT_FRACTION bits.
 */
void woad_lc3_spectrum_quantize(const struct woad_lc3_geometry *geo, size_t len, int budget,
                                struct woad_lc3_rate *rate, struct woad_lc3_spectrum *spec,
                                int fraction, int32_t *x);

/* Bits beside the lines: last line, LSB mode, gain, noise, and the end of the arithmetic code. */
int woad_lc3_spectrum_side_bits(const struct woad_lc3_geometry *geo, size_t len);

void woad_lc3_spectrum_write_side(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                                  const struct woad_lc3_spectrum *spec);
void woad_lc3_spectrum_write(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                             const struct woad_lc3_spectrum *spec, unsigned bandwidth, size_t len,
                             const int32_t *x);

#endif
