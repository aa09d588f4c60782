#include "fixed.h"
#include "tables.h"

#define LN2_Q31 1488522236

int32_t woad_lc3_exp2(uint32_t frac)
{
    /* Middle of one of 32 steps, then 1 + x + x^2 / 2 with x = r ln 2, |r| <= 1/64. */
    int32_t base = woad_lc3_exp2_table[(frac >> 19) & 31];
    int32_t r = (int32_t)(frac & 0x7ffff) - 0x40000; /* Q24, |r| <= 2^18 */
    int32_t x = mulh(shl(r, 12), LN2_Q31);           /* Q35 */
    int32_t half_square = mulh(x, x) >> 4;           /* x^2 / 2: Q38 >> 1 in Q35 */

    return base + (mulh(shl(x + half_square, 1), base) >> 4);
}
