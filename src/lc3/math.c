#include "fixed.h"
#include "tables.h"

#if WOAD_LC3_ENCODER
int32_t woad_lc3_log2(uint64_t v)
{
    uint32_t i, part;
    int n = bit_length_64(v);

    if (n <= 1) {
        return 0;
    }
    /* The 31 bits below the first: six choose the step, the rest are the place in it. */
    v = n > 32 ? v >> (n - 32) : v << (32 - n);
    i = (uint32_t)(v >> 25) & 63;
    part = (uint32_t)v & 0x1ffffff;
    return (n - 1) * (1 << 24) +
           (int32_t)(woad_lc3_log2_table[i] +
                     (uint32_t)(((uint64_t)part *
                                 (woad_lc3_log2_table[i + 1] - woad_lc3_log2_table[i])) >>
                                25));
}

uint32_t woad_lc3_reciprocal(uint32_t v)
{
    /* Sixteen bits by division, then one Newton step: r (2 - v r). */
    uint32_t r = (0xffffffffu / (v >> 15)) << 15;
    int64_t error = -(int64_t)(((uint64_t)v * r) - ((uint64_t)1 << 62));
    int64_t result = (int64_t)r + (((error >> 31) * (int64_t)(r >> 1)) >> 30);

    return result >= (int64_t)1 << 32 ? 0xffffffffu : (uint32_t)result;
}
#endif
