/* Audio bandwidth of a frame. [3.3.5, 3.4.2.4] */
#ifndef WOAD_LC3_BANDWIDTH_H
#define WOAD_LC3_BANDWIDTH_H

#include "bits.h"
#include "energy.h"
#include "geometry.h"

/* -1 when wider than the sampling rate allows. */
int woad_lc3_bandwidth_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                            unsigned *bandwidth);
void woad_lc3_bandwidth_write(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                              unsigned bandwidth);
int woad_lc3_bandwidth_bits(const struct woad_lc3_geometry *geo);

/* Encoder: the narrowest bandwidth that carries the frame. */
unsigned woad_lc3_bandwidth_detect(const struct woad_lc3_geometry *geo,
                                   const struct woad_lc3_energy *energy);

#endif
