/* woad/crypto.h: the cryptography of the link layer and the host, behind one header.
 *
 * The portable implementation uses the PSA Crypto API (Mbed TLS); a port with an accelerator
 * replaces the functions. A key schedule is made once, at woad_aes_init(), and kept per link: no
 * packet pays for it. Keys, nonces and blocks are octet strings with the most significant octet
 * first, as FIPS-197 and RFC 3610 print them; callers turn HCI's little-endian fields round.
 *
 * woad_crypto_init() must have succeeded once in the process before any other call.
 */
#ifndef WOAD_CRYPTO_H
#define WOAD_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

int woad_crypto_init(void) WOAD_MUST_USE; /* FAULT: the library has no entropy or memory */

/* An expanded AES-128 key. Opaque; placed by the caller. */
struct woad_aes {
    union {
        uint64_t align;
        void *ptr;
        uint8_t space[768];
    } opaque;
};

int woad_aes_init(struct woad_aes *aes, const uint8_t key[16]) WOAD_MUST_USE;
void woad_aes_deinit(struct woad_aes *aes); /* also wipes; harmless on a zeroed one */
int woad_aes_encrypt(struct woad_aes *aes, const uint8_t in[16], uint8_t out[16]) WOAD_MUST_USE;

/* AES-CCM with a 4-octet MIC, a 2-octet length field, 13-octet nonce and one octet of additional
 * data [Vol 6, Part E, 2]. in and out may be the same. out of encrypt has len + 4 octets. decrypt
 * takes len octets of ciphertext (without the MIC) and answers SECURITY when the MIC is wrong; out
 * is then zeroed. len 0..65535. */
int woad_ccm_encrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, uint8_t *out) WOAD_MUST_USE;
int woad_ccm_decrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, const uint8_t mic[4], uint8_t *out) WOAD_MUST_USE;

/* AES-CMAC of a message given in parts [Vol 3, Part H, 2.2.5]. */
struct woad_span {
    const void *data;
    size_t len;
};
int woad_aes_cmac(struct woad_aes *aes, const struct woad_span *parts, size_t count,
                  uint8_t mac[16]) WOAD_MUST_USE;

/* P-256 [Vol 3, Part H, 2.2.4]. Coordinates and scalars are 32 octets, most significant first; a public
 * key is x || y. generate takes its randomness from the library; shared refuses (SECURITY) a point
 * that is not on the curve. */
int woad_p256_generate(uint8_t private_key[32], uint8_t public_key[64]) WOAD_MUST_USE;
int woad_p256_public(const uint8_t private_key[32], uint8_t public_key[64]) WOAD_MUST_USE;
int woad_p256_shared(const uint8_t private_key[32], const uint8_t peer_public[64],
                     uint8_t shared[32]) WOAD_MUST_USE;

#endif
