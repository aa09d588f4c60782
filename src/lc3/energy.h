/* Energy of the spectrum in bands. Encoder only. [3.3.4.4] */
#ifndef WOAD_LC3_ENERGY_H
#define WOAD_LC3_ENERGY_H

#include <stdbool.h>

#include "geometry.h"

struct woad_lc3_energy {
    uint64_t band[WOAD_LC3_BANDS_MAX]; /* mean of the squared lines, below 2^59 */
    int fraction; /* fraction bits, 0..56, without the factor 2 / NF of the transform */
    bool near_nyquist;
};

/* x: a spectrum of `fraction` >= 2 fraction bits without its factor sqrt(2 / NF), below 2^31. */
void woad_lc3_energy_compute(const struct woad_lc3_geometry *geo, int fraction, const int32_t *x,
                             struct woad_lc3_energy *energy);

#endif
