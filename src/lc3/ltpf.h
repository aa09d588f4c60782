/* Long term postfilter: the encoder finds the pitch, the decoder filters along it. [3.3.9, 3.4.9]
 */
#ifndef WOAD_LC3_LTPF_H
#define WOAD_LC3_LTPF_H

#include "bits.h"
#include "geometry.h"

/* As sent, when a pitch was found. */
struct woad_lc3_pitch {
    bool present;
    bool active;
    uint16_t index; /* 0..511 */
};

void woad_lc3_pitch_read(struct woad_lc3_reader *r, struct woad_lc3_pitch *pitch);
void woad_lc3_pitch_write(struct woad_lc3_writer *w, const struct woad_lc3_pitch *pitch);

/* Parameters of one frame's filter. */
struct woad_lc3_ltpf_filter {
    bool active;
    uint8_t gain; /* 0..3: 0.40, 0.35, 0.30, 0.25 */
    uint16_t lag; /* quarter samples */
};

/*
 * Decoder state. The arrays follow the decoder: `history` and `low` are a ring of past output, 16
 * bits and four more after a shift that grows while samples above 16 bits are in it; `input` holds
 * the last taps - 1 samples before the filter.
 */
struct woad_lc3_ltpf {
    struct woad_lc3_ltpf_filter filter;
    uint8_t shift;
    uint16_t quiet;          /* samples since one needed the shift */
    uint16_t position, size; /* of the ring */
    int16_t *history;
    uint8_t *low; /* two samples an octet, the first in its lower half */
    int32_t *input;
};

unsigned woad_lc3_ltpf_taps(const struct woad_lc3_geometry *geo);
/* Samples of the ring: a multiple of four, as is every place where writing starts. */
unsigned woad_lc3_ltpf_history(const struct woad_lc3_geometry *geo);

/* The filter that the frame's data ask for. */
struct woad_lc3_ltpf_filter woad_lc3_ltpf_choose(const struct woad_lc3_geometry *geo,
                                                 const struct woad_lc3_pitch *pitch, size_t len);

/*
 * One block of 2.5 ms, x in TIME_FRACTION bits, filtered in place and stored. x[-taps + 1 .. -1]
 * must be writable. first: start of the frame, where the filter changes. next: the frame's filter.
 */
void woad_lc3_ltpf_synthesize(const struct woad_lc3_geometry *geo, struct woad_lc3_ltpf *ltpf,
                              const struct woad_lc3_ltpf_filter *next, bool first, int32_t *x);

#endif
