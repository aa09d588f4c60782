/* toy_p256.h: stands in for P-256 where many pairings are wanted and their arithmetic is not what
 * is looked at: swarms and fuzzing spend two thirds of their time in it otherwise.
 *
 * The linker takes these woad_p256_* instead of those in the archive; include it in one source of a
 * program. A private key is 32 octets, x of its public key is their products with those of a
 * constant, octet by octet; a point is on the "curve" when y is x with its bits turned, all of them
 * or every second one, so that each x has two points as on the real one. It commutes, refuses what
 * P-256 refuses, and is no secret at all. Keys come from a seed: what a run draws repeats. */
#ifndef TOY_P256_H
#define TOY_P256_H

#include <stdbool.h>
#include <string.h>

#include "woad/crypto.h"

static uint64_t toy_p256_state;

static inline void toy_p256_seed(uint64_t seed)
{
    toy_p256_state = seed;
}

static inline void toy_p256_times(const uint8_t a[32], const uint8_t *b, uint8_t product[32])
{
    for (unsigned i = 0; i < 32; i++)
        product[i] = (uint8_t)(a[i] * (b ? b[i] : 7 + 2 * i));
}

/* 0 and what is not below the order of the real group are no keys. */
static inline bool toy_p256_private(const uint8_t key[32])
{
    static const uint8_t zeros[32];
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    return memcmp(key, zeros, 32) != 0 && memcmp(key, order, 32) < 0;
}

static inline bool toy_p256_on_curve(const uint8_t point[64])
{
    uint8_t turned = point[0] ^ point[32];
    for (unsigned i = 1; i < 32; i++)
        if ((point[i] ^ point[32 + i]) != turned)
            return false;
    return turned == 0xff || turned == 0x55;
}

int woad_p256_public(const uint8_t private_key[32], uint8_t public_key[64])
{
    if (!toy_p256_private(private_key))
        return WOAD_ERR_INVALID;
    toy_p256_times(private_key, NULL, public_key);
    for (unsigned i = 0; i < 32; i++)
        public_key[32 + i] = public_key[i] ^ 0xff;
    return 0;
}

int woad_p256_generate(uint8_t private_key[32], uint8_t public_key[64])
{
    for (unsigned i = 0; i < 32; i++) {
        toy_p256_state = toy_p256_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        private_key[i] = (uint8_t)(toy_p256_state >> 56 | 1); /* odd: nothing is lost by products */
    }
    private_key[0] = 0x7f;
    return woad_p256_public(private_key, public_key);
}

int woad_p256_shared(const uint8_t private_key[32], const uint8_t peer_public[64],
                     uint8_t shared[32])
{
    int err = !toy_p256_private(private_key)   ? WOAD_ERR_INVALID
              : toy_p256_on_curve(peer_public) ? 0
                                               : WOAD_ERR_SECURITY;
    if (err)
        memset(shared, 0, 32);
    else
        toy_p256_times(private_key, peer_public, shared);
    return err;
}

#endif
