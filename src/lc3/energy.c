#include "energy.h"

void woad_lc3_energy_compute(const struct woad_lc3_geometry *geo, int fraction, const int32_t *x,
                             struct woad_lc3_energy *energy)
{
    int high = geo->bands - (geo->quarters == 3 ? 4 : 2), b, i;
    uint64_t below = 0, above = 0;

    for (b = 0; b < geo->bands; b++) {
        uint32_t inverse = (1u << 16) / geo->band_width[b];
        uint64_t sum = 0;

        for (i = 0; i < geo->band_width[b]; i++) {
            int32_t v = *x++ >> 2;
            sum += (uint64_t)((int64_t)v * v);
        }
        /* Below 2^58 times at most 24 lines. */
        sum = sum >> 47 ? (sum >> 16) * inverse : (sum * inverse) >> 16;
        energy->band[b] = sum;
        if (b < high) {
            below += sum >> 7;
        } else {
            above += sum >> 7;
        }
    }
    energy->fraction = 2 * (fraction - 2);
    energy->near_nyquist = above > 30 * below;
}
