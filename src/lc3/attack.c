#include "attack.h"

#include "fixed.h"

#define BLOCK 40 /* samples of a quarter frame at 16 kHz */

static bool is_enabled(const struct woad_lc3_geometry *geo, int len)
{
    if (geo->rate < WOAD_LC3_SWB) {
        return false;
    }
    if (geo->quarters == 3) {
        return len >= (geo->rate == WOAD_LC3_SWB ? 61 : 75) && len < 150;
    }
    return len > (geo->rate == WOAD_LC3_SWB ? 80 : 99);
}

/* One sample at 16 kHz: the sum of two or three, scaled. */
static int32_t decimate(const int16_t *x, int factor)
{
    return factor == 2 ? (x[0] + x[1]) >> 1 : (x[0] + x[1] + x[2]) >> 2;
}

bool woad_lc3_attack_run(const struct woad_lc3_geometry *geo, size_t len,
                         struct woad_lc3_attack *attack, const int16_t *x)
{
    int blocks = geo->quarters, factor = geo->rate == WOAD_LC3_SWB ? 2 : 3;
    int position = 0, i, j;
    bool late = attack->position > blocks / 2;
    int32_t before2, before1;

    if (!is_enabled(geo, (int)len)) {
        return false;
    }
    before2 = decimate(x - 2 * factor, factor);
    before1 = decimate(x - factor, factor);
    for (i = 0; i < blocks; i++) {
        uint32_t energy = 0;

        for (j = 0; j < BLOCK; j++, x += factor) {
            int32_t now = decimate(x, factor), high = (3 * now - 4 * before1 + before2) >> 3;
            energy += (uint32_t)(high * high) >> 5;
            before2 = before1;
            before1 = now;
        }
        attack->envelope = max_int(attack->envelope >> 2, attack->energy);
        attack->energy = (int32_t)energy;
        if ((attack->energy >> 3) > attack->envelope + (attack->envelope >> 4)) {
            position = i + 1;
        }
    }
    attack->position = (uint8_t)position;
    return late || position > 0;
}
