/* Random numbers: the generator splitmix64, one 64-bit state per stream. */
#include "sim_priv.h"

uint64_t woad_sim_rng_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* limit <= 2^32. The bias of the multiplication is below 2^-32. */
uint64_t woad_sim_rng_below(uint64_t *state, uint64_t limit)
{
    return (woad_sim_rng_next(state) >> 32) * limit >> 32;
}

uint64_t woad_sim_rng_seed(uint64_t seed, uint64_t stream)
{
    uint64_t state = seed ^ stream * 0xd1342543de82ef95u;
    woad_sim_rng_next(&state);
    return woad_sim_rng_next(&state);
}

void woad_sim_rand(void *arg, uint8_t *to, size_t len)
{
    struct woad_sim_dev *dev = arg;
    for (size_t i = 0; i < len;) {
        uint64_t r = woad_sim_rng_next(&dev->user_rng);
        for (unsigned k = 0; k < 8 && i < len; k++, r >>= 8)
            to[i++] = (uint8_t)r;
    }
}
