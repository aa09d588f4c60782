/* Encrypted advertising data. */
#include "woad/ead.h"

#include "woad/crypto.h"

#define AAD     0xEAu /* [CSS, Part A, 1.23.3] */
#define MIC_LEN 4u

static void make_nonce(uint8_t nonce[13], const uint8_t *randomizer, const uint8_t iv[8])
{
    memcpy(nonce, randomizer, WOAD_EAD_RANDOMIZER);
    memcpy(nonce + WOAD_EAD_RANDOMIZER, iv, 8);
}

int woad_ead_generate(struct woad_ead_material *material)
{
    int err = woad_crypto_random(material->session_key, sizeof(material->session_key));
    return err ? err : woad_crypto_random(material->iv, sizeof(material->iv));
}

int woad_ead_encrypt(const struct woad_ead_material *material,
                     const uint8_t randomizer[WOAD_EAD_RANDOMIZER], const void *clear, size_t len,
                     uint8_t *to)
{
    struct woad_aes aes;
    uint8_t nonce[13];
    if (len > WOAD_EAD_CLEAR_MAX)
        return WOAD_ERR_TOO_LONG;
    int err = woad_aes_init(&aes, material->session_key);
    if (err)
        return err;
    make_nonce(nonce, randomizer, material->iv);
    memmove(to + WOAD_EAD_RANDOMIZER, clear ? clear : "", len); /* clear may be `to` */
    err =
        woad_ccm_encrypt(&aes, nonce, AAD, to + WOAD_EAD_RANDOMIZER, len, to + WOAD_EAD_RANDOMIZER);
    memcpy(to, nonce, WOAD_EAD_RANDOMIZER);
    woad_aes_deinit(&aes);
    return err;
}

int woad_ead_add(struct woad_ad *ad, const struct woad_ead_material *material, const void *clear,
                 size_t len)
{
    uint8_t randomizer[WOAD_EAD_RANDOMIZER];
    uint8_t *field = ad->data + ad->len;
    int err = 0;
    if (len > WOAD_EAD_CLEAR_MAX || ad->len + 2u + WOAD_EAD_OVERHEAD + len > ad->size)
        err = WOAD_ERR_TOO_LONG;
    if (!err)
        err = woad_crypto_random(randomizer, sizeof(randomizer));
    if (!err)
        err = woad_ead_encrypt(material, randomizer, clear, len, field + 2);
    if (err) {
        ad->err = ad->err ? ad->err : err;
        return err;
    }
    field[0] = (uint8_t)(1 + WOAD_EAD_OVERHEAD + len);
    field[1] = WOAD_AD_ENCRYPTED;
    ad->len = (uint16_t)(ad->len + 1 + field[0]);
    return 0;
}

int woad_ead_decrypt(const struct woad_ead_material *material, const uint8_t *value, size_t len,
                     uint8_t *to, size_t size)
{
    struct woad_aes aes;
    uint8_t nonce[13];
    if (len < WOAD_EAD_OVERHEAD || len > WOAD_AD_VALUE_MAX)
        return WOAD_ERR_FORMAT;
    size_t clear = len - WOAD_EAD_OVERHEAD;
    if (clear > size)
        return WOAD_ERR_TOO_LONG;
    int err = woad_aes_init(&aes, material->session_key);
    if (err)
        return err;
    make_nonce(nonce, value, material->iv);
    err = woad_ccm_decrypt(&aes, nonce, AAD, value + WOAD_EAD_RANDOMIZER, clear,
                           value + len - MIC_LEN, to);
    woad_aes_deinit(&aes);
    return err ? err : (int)clear;
}
