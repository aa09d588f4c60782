/* The two operations on an expanded key that CCM and CMAC are made of. A port that replaces
 * psa_aes.c implements these beside woad_aes_init, _deinit and _encrypt. */
#ifndef WOAD_AES_PRIV_H
#define WOAD_AES_PRIV_H

#include <stdbool.h>

#include "woad/crypto.h"

#define AES_BLOCK 16u

/* Blocks that one call of the functions below is given at most: with two of header they hold a
 * link-layer packet of 251 octets, so that it costs one call of each. */
#define AES_BATCH 18u

/* Encrypts count (1..AES_BATCH) blocks, each by itself, in place. */
int woad_aes_blocks(struct woad_aes *aes, uint8_t *blocks, size_t count) WOAD_MUST_USE;

/* Runs count (1..AES_BATCH) blocks through CBC. start: the chain begins anew with zero, otherwise
 * the call before is continued. blocks is overwritten; its last block becomes the last ciphertext
 * block, the MAC so far. */
int woad_aes_chain(struct woad_aes *aes, uint8_t *blocks, size_t count, bool start) WOAD_MUST_USE;

static inline void woad_aes_xor(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] ^= from[i];
}

#endif
