/* The running hash of the event log: multiply and fold, a word at a time, the same on every
 * machine. It proves that two runs were equal; it is no defence against anybody. */
#include "sim_priv.h"

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 32;
}

/* A form that compilers know as one load. */
static uint64_t load8(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static uint64_t load(const uint8_t *p, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

void woad_sim_hash_word(struct woad_sim *sim, uint64_t word)
{
    sim->hash = mix(sim->hash, word);
}

/* Four chains side by side, since a multiplication takes longer than the rest. */
void woad_sim_hash_octets(struct woad_sim *sim, const uint8_t *octets, size_t len)
{
    uint64_t lane[4] = {mix(sim->hash, len), 1, 2, 3};
    for (; len >= 32; octets += 32, len -= 32) {
        for (unsigned i = 0; i < 4; i++)
            lane[i] = mix(lane[i], load8(octets + 8 * i));
    }
    for (; len >= 8; octets += 8, len -= 8)
        lane[0] = mix(lane[0], load8(octets));
    lane[0] = mix(lane[0], load(octets, len));
    for (unsigned i = 1; i < 4; i++)
        lane[0] = mix(lane[0], lane[i]);
    sim->hash = lane[0];
}

uint64_t woad_sim_hash(const struct woad_sim *sim)
{
    return sim->hash;
}
