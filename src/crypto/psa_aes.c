/* AES blocks over PSA. Each key keeps two multipart operations running for its whole life, one ECB
 * and one CBC: the key schedule is inside them, so nothing is set up per packet. The key store of
 * the library is used during init only; operations keep their own copy of the key. */
#include "aes_priv.h"

#include <mbedtls/platform_util.h>
#include <string.h>

#include "psa_priv.h"

struct aes {
    psa_cipher_operation_t ecb;
    psa_cipher_operation_t cbc;
    uint8_t chain[AES_BLOCK]; /* last ciphertext block of cbc, the IV at first */
};

_Static_assert(sizeof(struct aes) <= sizeof(((struct woad_aes *)0)->opaque), "woad_aes too small");

static struct aes *aes_of(struct woad_aes *aes)
{
    return (void *)&aes->opaque;
}

int woad_crypto_init(void)
{
    return woad_psa_err(psa_crypto_init());
}

int woad_crypto_random(void *to, size_t len)
{
    return woad_psa_err(psa_generate_random(to, len));
}

static psa_status_t import(const uint8_t key[16], psa_key_id_t *id)
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attr, PSA_KEY_TYPE_AES);
    psa_set_key_bits(&attr, 128);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_ENCRYPT);
    psa_set_key_algorithm(&attr, PSA_ALG_ECB_NO_PADDING);
    psa_set_key_enrollment_algorithm(&attr, PSA_ALG_CBC_NO_PADDING);
    return psa_import_key(&attr, key, 16, id);
}

static psa_status_t set_up(struct aes *a, const uint8_t key[16])
{
    psa_key_id_t id;
    psa_status_t status = import(key, &id);
    if (status)
        return status;
    status = psa_cipher_encrypt_setup(&a->ecb, id, PSA_ALG_ECB_NO_PADDING);
    if (!status)
        status = psa_cipher_encrypt_setup(&a->cbc, id, PSA_ALG_CBC_NO_PADDING);
    if (!status)
        status = psa_cipher_set_iv(&a->cbc, a->chain, sizeof(a->chain));
    psa_status_t destroyed = psa_destroy_key(id);
    return status ? status : destroyed;
}

int woad_aes_init(struct woad_aes *aes, const uint8_t key[16])
{
    memset(aes, 0, sizeof(*aes));
    struct aes *a = aes_of(aes);
    a->ecb = psa_cipher_operation_init();
    a->cbc = psa_cipher_operation_init();
    int err = woad_psa_lock();
    if (err)
        return err;
    err = woad_psa_err(set_up(a, key));
    woad_psa_unlock();
    if (err)
        woad_aes_deinit(aes);
    return err;
}

void woad_aes_deinit(struct woad_aes *aes)
{
    struct aes *a = aes_of(aes);
    (void)psa_cipher_abort(&a->ecb);
    (void)psa_cipher_abort(&a->cbc);
    mbedtls_platform_zeroize(aes, sizeof(*aes));
}

int woad_aes_blocks(struct woad_aes *aes, uint8_t *blocks, size_t count)
{
    size_t len;
    return woad_psa_err(psa_cipher_update(&aes_of(aes)->ecb, blocks, count * AES_BLOCK, blocks,
                                          count * AES_BLOCK, &len));
}

int woad_aes_encrypt(struct woad_aes *aes, const uint8_t in[16], uint8_t out[16])
{
    uint8_t block[AES_BLOCK];
    memcpy(block, in, AES_BLOCK);
    int err = woad_aes_blocks(aes, block, 1);
    if (!err)
        memcpy(out, block, AES_BLOCK);
    return err;
}

int woad_aes_chain(struct woad_aes *aes, uint8_t *blocks, size_t count, bool start)
{
    struct aes *a = aes_of(aes);
    /* CBC XORs its last ciphertext block into the next input: XORing it there once more cancels it,
     * as if the operation had been set up again with an IV of zero. */
    if (start)
        woad_aes_xor(blocks, a->chain, AES_BLOCK);
    size_t len;
    int err = woad_psa_err(
        psa_cipher_update(&a->cbc, blocks, count * AES_BLOCK, blocks, count * AES_BLOCK, &len));
    if (!err)
        memcpy(a->chain, blocks + (count - 1) * AES_BLOCK, AES_BLOCK);
    return err;
}
