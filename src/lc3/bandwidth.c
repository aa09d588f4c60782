#include "bandwidth.h"

int woad_lc3_bandwidth_bits(const struct woad_lc3_geometry *geo)
{
    return bit_length(geo->rate);
}

int woad_lc3_bandwidth_read(struct woad_lc3_reader *r, const struct woad_lc3_geometry *geo,
                            unsigned *bandwidth)
{
    *bandwidth = woad_lc3_read(r, woad_lc3_bandwidth_bits(geo));
    return *bandwidth > geo->rate ? -1 : 0;
}

void woad_lc3_bandwidth_write(struct woad_lc3_writer *w, const struct woad_lc3_geometry *geo,
                              unsigned bandwidth)
{
    woad_lc3_write(w, bandwidth, woad_lc3_bandwidth_bits(geo));
}
