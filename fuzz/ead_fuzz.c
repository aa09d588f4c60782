/* Encrypted advertising data: any value is refused or was made with the key; what is encrypted
 * comes back. The first 24 octets are the key material. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/crypto.h"
#include "woad/ead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct woad_ead_material material;
    uint8_t value[WOAD_AD_VALUE_MAX], clear[WOAD_AD_VALUE_MAX];
    if (size < sizeof(material) + WOAD_EAD_RANDOMIZER || woad_crypto_init())
        return 0;
    memcpy(&material, data, sizeof(material));
    data += sizeof(material);
    size -= sizeof(material);
    int len = woad_ead_decrypt(&material, data, size, clear, size % sizeof(clear));
    if (len >= 0) {
        struct woad_rd r = woad_rd_init(clear, (size_t)len);
        struct woad_ad_field f;
        while (woad_ad_next(&r, &f) > 0)
            ;
    }
    size_t n = size - WOAD_EAD_RANDOMIZER;
    int err = woad_ead_encrypt(&material, data, data + WOAD_EAD_RANDOMIZER,
                               n > WOAD_EAD_CLEAR_MAX ? WOAD_EAD_CLEAR_MAX : n, value);
    n = n > WOAD_EAD_CLEAR_MAX ? WOAD_EAD_CLEAR_MAX : n;
    if (err ||
        woad_ead_decrypt(&material, value, n + WOAD_EAD_OVERHEAD, clear, sizeof(clear)) != (int)n)
        abort();
    if (memcmp(clear, data + WOAD_EAD_RANDOMIZER, n) != 0)
        abort();
    return 0;
}
