/* Pitch of the frame for the long term postfilter. Encoder only. [3.3.9] */
#ifndef WOAD_LC3_PITCH_H
#define WOAD_LC3_PITCH_H

#include "ltpf.h"

#define WOAD_LC3_PITCH_12K8 384 /* samples kept at 12.8 kHz, the frame's included */
#define WOAD_LC3_PITCH_6K4  178

struct woad_lc3_pitch_analysis {
    int64_t hp1, hp2; /* 50 Hz high pass */
    int16_t x_12k8[WOAD_LC3_PITCH_12K8];
    int16_t x_6k4[WOAD_LC3_PITCH_6K4];
    int32_t nc[2];  /* normalised correlation of the last two frames, Q15 */
    uint16_t pitch; /* quarter samples at 12.8 kHz */
    uint8_t lag;    /* at 6.4 kHz, from 17 on */
    bool active;
};

/* x: the frame in 16 bits, with samples_10ms / 8 samples before it. */
void woad_lc3_pitch_analyze(const struct woad_lc3_geometry *geo, struct woad_lc3_pitch_analysis *p,
                            const int16_t *x, struct woad_lc3_pitch *pitch);

#endif
