/* woad/ead.h: encrypted advertising data [CSS, Part A, 1.23] [Vol 3, Part C, 10.10].
 *
 *     field 0x31:  Randomizer (5) | fields, encrypted | MIC (4)
 *     AES-CCM      nonce: Randomizer, IV    additional data: 0xEA    key: session key
 *
 * The key material is 24 octets: those of the characteristic Encrypted Data Key Material, which a
 * central reads over an encrypted and authenticated link [Vol 3, Part C, 12.6]. It stays with the
 * bond; the advertisement of that device is then readable for its holders only.
 *
 *     struct woad_ad inner = woad_ad_init(secret, sizeof(secret));
 *     woad_ad_name(&inner, "front door");
 *     err = woad_ead_add(&outer, &material, secret, woad_ad_len(&inner));
 *
 *     if (woad_ad_get(report, report_len, WOAD_AD_ENCRYPTED, &f))
 *         len = woad_ead_decrypt(&material, f.data, f.len, clear, sizeof(clear));
 *
 * Rules
 * - A Randomizer is never used twice with one key. woad_ead_add() draws a new one at each call:
 * call it again whenever the clear data change or the advertising address does (otherwise the
 *   unchanged octets would link the old address with the new), and only then.
 * - woad_crypto_init() must have succeeded. Each call takes and returns one AES key of
 * woad/crypto.h.
 * - The clear data are fields of woad/ad.h themselves; after decryption they are still a peer's
 *   octets: walk them with woad_ad_next().
 */
#ifndef WOAD_EAD_H
#define WOAD_EAD_H

#include "woad/ad.h"

#define WOAD_EAD_RANDOMIZER 5
#define WOAD_EAD_OVERHEAD   9                       /* Randomizer and MIC */
#define WOAD_EAD_CLEAR_MAX  (WOAD_AD_VALUE_MAX - 9) /* octets of clear data in one field */

struct woad_ead_material { /* in the order of the characteristic */
    uint8_t session_key[16];
    uint8_t iv[8];
};

/* New key material, from the library's random generator. NO_MEM, FAULT. */
int woad_ead_generate(struct woad_ead_material *material) WOAD_MUST_USE;

/* Appends an Encrypted Data field with len octets of clear data, which may not lie in ad's buffer.
 * TOO_LONG, NO_MEM, FAULT; they go into ad->err too, and nothing is appended. */
int woad_ead_add(struct woad_ad *ad, const struct woad_ead_material *material, const void *clear,
                 size_t len);

/* The value of such a field with a Randomizer of the caller's choice, for protocols that count it
 * up: to has len + 9 octets. The most significant bit of randomizer[4] is the direction bit of the
 * nonce: who shares one key with a peer in both directions sets it in one direction and clears it
 * in the other. TOO_LONG: len over WOAD_EAD_CLEAR_MAX. */
int woad_ead_encrypt(const struct woad_ead_material *material,
                     const uint8_t randomizer[WOAD_EAD_RANDOMIZER], const void *clear, size_t len,
                     uint8_t *to) WOAD_MUST_USE;

/* The clear data of a field's value: their length, 0 or more. SECURITY: not of this key, or changed
 * on the way (to is zeroed); FORMAT: shorter than 9 octets or over 254; TOO_LONG: size is less than
 * len - 9. */
int woad_ead_decrypt(const struct woad_ead_material *material, const uint8_t *value, size_t len,
                     uint8_t *to, size_t size) WOAD_MUST_USE;

#endif
