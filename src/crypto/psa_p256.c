/* P-256 over PSA. Keys live in the library's store during a call only. */
#include "woad/crypto.h"

#include <mbedtls/platform_util.h>
#include <string.h>

#include "psa_priv.h"

#define POINT_LEN 65u /* 0x04, x, y */

static psa_key_attributes_t p256_attributes(void)
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attr, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attr, 256);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_EXPORT | PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attr, PSA_ALG_ECDH);
    return attr;
}

static psa_status_t export_public(psa_key_id_t id, uint8_t public_key[64])
{
    uint8_t point[POINT_LEN];
    size_t len;
    psa_status_t status = psa_export_public_key(id, point, sizeof(point), &len);
    if (!status)
        memcpy(public_key, point + 1, 64);
    return status;
}

static psa_status_t generate(uint8_t private_key[32], uint8_t public_key[64])
{
    psa_key_attributes_t attr = p256_attributes();
    psa_key_id_t id;
    psa_status_t status = psa_generate_key(&attr, &id);
    if (status)
        return status;
    size_t len;
    status = psa_export_key(id, private_key, 32, &len);
    if (!status)
        status = export_public(id, public_key);
    (void)psa_destroy_key(id);
    return status;
}

int woad_p256_generate(uint8_t private_key[32], uint8_t public_key[64])
{
    int err = woad_psa_lock();
    if (err)
        return err;
    err = woad_psa_err(generate(private_key, public_key));
    woad_psa_unlock();
    return err;
}

static psa_status_t derive_public(const uint8_t private_key[32], uint8_t public_key[64])
{
    psa_key_attributes_t attr = p256_attributes();
    psa_key_id_t id;
    psa_status_t status = psa_import_key(&attr, private_key, 32, &id);
    if (status)
        return status;
    status = export_public(id, public_key);
    (void)psa_destroy_key(id);
    return status;
}

int woad_p256_public(const uint8_t private_key[32], uint8_t public_key[64])
{
    int err = woad_psa_lock();
    if (err)
        return err;
    err = woad_psa_err(derive_public(private_key, public_key));
    woad_psa_unlock();
    return err;
}

/* With our key in the store, the only invalid argument left is the peer's point. */
static int agree(psa_key_id_t id, const uint8_t peer_public[64], uint8_t shared[32])
{
    uint8_t point[POINT_LEN] = {0x04};
    size_t len;
    memcpy(point + 1, peer_public, 64);
    psa_status_t status =
        psa_raw_key_agreement(PSA_ALG_ECDH, id, point, sizeof(point), shared, 32, &len);
    return status == PSA_ERROR_INVALID_ARGUMENT ? WOAD_ERR_SECURITY : woad_psa_err(status);
}

int woad_p256_shared(const uint8_t private_key[32], const uint8_t peer_public[64],
                     uint8_t shared[32])
{
    int err = woad_psa_lock();
    if (err)
        return err;
    psa_key_attributes_t attr = p256_attributes();
    psa_key_id_t id;
    err = woad_psa_err(psa_import_key(&attr, private_key, 32, &id));
    if (!err) {
        err = agree(id, peer_public, shared);
        (void)psa_destroy_key(id);
    }
    woad_psa_unlock();
    if (err)
        mbedtls_platform_zeroize(shared, 32);
    return err;
}
