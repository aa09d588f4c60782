/* The running hash of the event log: multiply and fold, a word at a time, the same on every
 * machine. It proves that two runs were equal; it is no defence against anybody. */
#include "sim_priv.h"

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 32;
}

static uint64_t load(const uint8_t *p, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

void sim_hash_word(struct woad_sim *sim, uint64_t word)
{
    sim->hash = mix(sim->hash, word);
}

void sim_hash_octets(struct woad_sim *sim, const uint8_t *octets, size_t len)
{
    uint64_t hash = mix(sim->hash, len);
    for (; len >= 8; octets += 8, len -= 8)
        hash = mix(hash, load(octets, 8));
    sim->hash = mix(hash, load(octets, len));
}

uint64_t woad_sim_hash(const struct woad_sim *sim)
{
    return sim->hash;
}
