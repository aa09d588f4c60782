/* woad/crypto.h: the cryptography of the link layer and the host, behind one header.
 *
 *      link layer: CCM, e()     host: CMAC (f4, f5, f6, h6 ...), P-256     mesh: CMAC, CCM
 *              |                              |
 *      +-------+------------------------------+-------+
 *      |  ccm.c   cmac.c                               |  portable, on two block operations
 *      |  psa_aes.c (AES blocks)    psa_p256.c         |  replaceable
 *      +-----------------------------------------------+
 *
 * A key schedule is made once, at woad_aes_init(), and kept per key: no packet pays for it. Keys,
 * nonces and blocks are octet strings with the most significant octet first, as FIPS-197 and RFC
 * 3610 print them; callers turn HCI's little-endian fields round.
 *
 *     struct woad_aes aes;
 *     err = woad_aes_init(&aes, session_key);
 *     err = woad_ccm_encrypt(&aes, nonce, header & 0xE3, pdu, len, out);
 *     ...
 *     woad_aes_deinit(&aes);
 *
 * Rules
 * - woad_crypto_init() must have succeeded once in the process before any other call.
 * - A struct woad_aes has one owner at a time; it is not copied or moved between init and deinit.
 *   Calls on different objects may run in different threads at once.
 * - Errors beside those named at a call: NO_MEM and FAULT, from the library or the accelerator. An
 *   object that answered FAULT answers it until it is initialised again.
 * - With Mbed TLS, init takes two key schedules (some 600 octets) from the library's heap, deinit
 *   returns them; nothing else allocates except the P-256 calls.
 * - Not for interrupt context, except where the port says so.
 *
 * Replacing it. A port with an accelerator sets WOAD_CRYPTO_SOURCES to its own files in place of
 * psa_aes.c and psa_p256.c. They define woad_crypto_init, woad_crypto_random, woad_aes_init,
 * woad_aes_deinit, woad_aes_encrypt and the three woad_p256_* of this header, and the two block
 * operations of src/crypto/aes_priv.h; CCM and CMAC stay as they are. The port's expanded key lives
 * inside struct woad_aes. tests/unit/crypto_test.c is the proof that it works.
 */
#ifndef WOAD_CRYPTO_H
#define WOAD_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

/* FAULT: the library has no entropy. Repeated calls are harmless; not from two threads at once. */
int woad_crypto_init(void) WOAD_MUST_USE;

/* Fills len octets from the library's random generator, for keys and for cfg.rand of host and ll.
 */
int woad_crypto_random(void *to, size_t len) WOAD_MUST_USE;

/* An expanded AES-128 key. Opaque; placed by the caller. */
struct woad_aes {
    union {
        uint64_t align;
        void *ptr;
        uint8_t space[320];
    } opaque;
};

int woad_aes_init(struct woad_aes *aes, const uint8_t key[16]) WOAD_MUST_USE;
void woad_aes_deinit(struct woad_aes *aes); /* also wipes; harmless on a zeroed one */

/* One block; in and out may be the same. The security function e [Vol 3, Part H, 2.2.1]. */
int woad_aes_encrypt(struct woad_aes *aes, const uint8_t in[16], uint8_t out[16]) WOAD_MUST_USE;

/* AES-CCM with a 4-octet MIC, a 2-octet length field, 13-octet nonce and one octet of additional
 * data [Vol 6, Part E, 2]. in and out may be the same; in may be NULL when len is 0. out of encrypt
 * has len + 4 octets. decrypt takes len octets of ciphertext (without the MIC, which may follow
 * them directly) and answers SECURITY when the MIC is wrong; out is then zeroed. len 0..65535,
 * INVALID beyond. */
int woad_ccm_encrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, uint8_t *out) WOAD_MUST_USE;
int woad_ccm_decrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, const uint8_t mic[4], uint8_t *out) WOAD_MUST_USE;

/* AES-CMAC of a message given in parts [Vol 3, Part H, 2.2.5]. Any lengths, also none. */
struct woad_cmac_part {
    const void *data;
    size_t len;
};
int woad_aes_cmac(struct woad_aes *aes, const struct woad_cmac_part *parts, size_t count,
                  uint8_t mac[16]) WOAD_MUST_USE;

/* The same of a message that comes bit by bit. begin, then add in any portions, then end. */
struct woad_cmac {
    struct woad_aes *aes; /* borrowed until end */
    uint8_t mac[16];
    uint8_t block[16];
    uint8_t len; /* octets in block */
};
void woad_cmac_begin(struct woad_cmac *c, struct woad_aes *aes);
int woad_cmac_add(struct woad_cmac *c, const void *data, size_t len) WOAD_MUST_USE;
int woad_cmac_end(struct woad_cmac *c, uint8_t mac[16]) WOAD_MUST_USE;

/* P-256 [Vol 3, Part H, 2.2.4]. Coordinates and scalars are 32 octets, most significant first; a
 * public key is x || y. generate takes its randomness from the library. public and shared answer
 * INVALID for a private key that is 0 or not below the group order. shared refuses (SECURITY) a
 * point that is not on the curve [Vol 3, Part H, 2.3.5.6.1]; its result is then zeroed.
 * Milliseconds on a desk, tens to hundreds on a microcontroller. */
int woad_p256_generate(uint8_t private_key[32], uint8_t public_key[64]) WOAD_MUST_USE;
int woad_p256_public(const uint8_t private_key[32], uint8_t public_key[64]) WOAD_MUST_USE;
int woad_p256_shared(const uint8_t private_key[32], const uint8_t peer_public[64],
                     uint8_t shared[32]) WOAD_MUST_USE;

#endif
