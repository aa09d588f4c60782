/* Attack detector: a sudden rise within a frame makes the SNS flatter. Encoder only. [3.3.6] */
#ifndef WOAD_LC3_ATTACK_H
#define WOAD_LC3_ATTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "geometry.h"

struct woad_lc3_attack {
    int32_t energy, envelope; /* of the last block */
    uint8_t position;         /* 1 + block of the attack in the last frame; 0: none */
};

/* x: the frame in 16 bits; six samples before it are read. */
bool woad_lc3_attack_run(const struct woad_lc3_geometry *geo, size_t len,
                         struct woad_lc3_attack *attack, const int16_t *x);

#endif
