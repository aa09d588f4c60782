/* The coding of LE Coded: convolutional code of rate 1/2 and constraint length 4, pattern mapper,
 * and a Viterbi decoder [Vol 6, Part B, 3.3]. Symbols are bits in octets, first in bit 0. */
#include <string.h>

#include "sim_priv.h"

enum {
    STATES = 8, /* the last three bits, the newest in bit 2 */
    STEPS_MAX = SIM_OCTETS_MAX * 8 + 3,
    ZERO = 0xc, /* the pattern 0011 of a coded 0, its first symbol in bit 0 */
};

static unsigned bit_get(const uint8_t *bits, uint32_t i)
{
    return bits[i >> 3] >> (i & 7) & 1u;
}

/* The two coded bits, the first in bit 0: G0 = 1 + x + x^2 + x^3, G1 = 1 + x^2 + x^3. */
static unsigned code(unsigned state, unsigned bit)
{
    unsigned old = (state ^ state >> 1) & 1u; /* x^2 + x^3 */
    return (bit ^ (state >> 2 & 1u) ^ old) | (bit ^ old) << 1;
}

static void emit(uint8_t *symbols, uint32_t i, unsigned s, unsigned coded)
{
    unsigned pattern = s == 2 ? coded : coded ? ZERO ^ 0xfu : ZERO;
    for (unsigned k = 0; k < s / 2; k++) {
        uint32_t at = i * (s / 2) + k;
        symbols[at >> 3] |= (uint8_t)((pattern >> k & 1u) << (at & 7));
    }
}

void woad_sim_fec_encode(const uint8_t *octets, uint32_t bits, unsigned s, uint8_t *symbols)
{
    unsigned state = 0;
    memset(symbols, 0, (bits * s + 7) / 8);
    for (uint32_t i = 0; i < bits; i++) {
        unsigned bit = bit_get(octets, i);
        unsigned out = code(state, bit);
        emit(symbols, 2 * i, s, out & 1u);
        emit(symbols, 2 * i + 1, s, out >> 1);
        state = state >> 1 | bit << 2;
    }
}

/* What it costs to believe that coded bit i is 0: 0 .. s / 2 symbols differ. */
static unsigned cost_of_zero(const uint8_t *symbols, uint32_t i, unsigned s)
{
    if (s == 2)
        return bit_get(symbols, i);
    unsigned got = symbols[i >> 1] >> (i & 1 ? 4 : 0) & 0xfu;
    unsigned differ = got ^ ZERO;
    return (differ & 1) + (differ >> 1 & 1) + (differ >> 2 & 1) + (differ >> 3);
}

/* One step of the trellis; returns for each state whether its best predecessor is the odd one. */
static unsigned step(uint32_t metric[STATES], const unsigned zero[2], unsigned most)
{
    uint32_t next[STATES];
    unsigned odd = 0;
    for (unsigned to = 0; to < STATES; to++) {
        uint32_t best[2];
        for (unsigned k = 0; k < 2; k++) {
            unsigned from = (to << 1 & 7u) | k;
            unsigned out = code(from, to >> 2);
            best[k] = metric[from] + (out & 1 ? most - zero[0] : zero[0]) +
                      (out & 2 ? most - zero[1] : zero[1]);
        }
        next[to] = best[best[1] < best[0]];
        odd |= (unsigned)(best[1] < best[0]) << to;
    }
    memcpy(metric, next, sizeof(next));
    return odd;
}

/* The last three of the bits are the termination, so the path ends in state 0. */
void woad_sim_fec_decode(const uint8_t *symbols, uint32_t bits, unsigned s, uint8_t *octets)
{
    uint8_t odd[STEPS_MAX];
    uint32_t metric[STATES] = {0};
    for (unsigned i = 1; i < STATES; i++)
        metric[i] = 1u << 20;
    for (uint32_t i = 0; i < bits; i++) {
        const unsigned zero[2] = {cost_of_zero(symbols, 2 * i, s),
                                  cost_of_zero(symbols, 2 * i + 1, s)};
        odd[i] = (uint8_t)step(metric, zero, s / 2);
    }
    unsigned state = 0;
    memset(octets, 0, (bits + 7) / 8);
    for (uint32_t i = bits; i-- > 0;) {
        octets[i >> 3] |= (uint8_t)((state >> 2) << (i & 7));
        state = (state << 1 & 7u) | (odd[i] >> state & 1u);
    }
}
