/* Advertising data: the readers on any octets; what the checker accepts is rebuilt by the builder.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/ad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* {type, address}... as targets: what is taken is well formed, and has them all. */
static void targets(const uint8_t *data, size_t size)
{
    struct woad_addr addrs[64];
    uint8_t to[600];
    size_t n = 0;
    struct woad_ad ad = woad_ad_init(to, sizeof(to));
    for (; n < 64 && size >= 7; n++, data += 7, size -= 7) {
        addrs[n].type = data[0] % 3;
        memcpy(addrs[n].val, data + 1, 6);
    }
    int err = woad_ad_targets(&ad, addrs, n);
    if (woad_ad_check(to, ad.len, NULL) || (!err && (ad.len < 6 * n || ad.len > 6 * n + 4)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[WOAD_AD_EXTENDED_MAX];
    char name[32];
    size_t at, walked = 0;
    struct woad_ad_field f;
    struct woad_uuid uuid = woad_uuid16(0x180F);
    struct woad_ad ad = woad_ad_init(again, sizeof(again));
    struct woad_rd r = woad_rd_init(data, size);
    int more;
    while ((more = woad_ad_next(&r, &f)) > 0) {
        if (woad_ad_add(&ad, f.type, f.data, f.len) == 0)
            walked += 2u + f.len;
    }
    int err = woad_ad_check(data, size, &at);
    if (at > size || (!err && (more || at != size)))
        abort();
    if (!err && !ad.err &&
        (ad.len != walked || memcmp(again, data, walked) != 0 ||
         woad_ad_check(again, walked, NULL)))
        abort();
    int len = woad_ad_get_name(data, size, name, sizeof(name));
    if (len >= 0 ? strlen(name) > (size_t)len || (size_t)len >= sizeof(name) : name[0])
        abort();
    (void)woad_ad_has_uuid(data, size, &uuid);
    targets(data, size);
    if (size < sizeof(again)) { /* the same octets as a name, into little room */
        char text[WOAD_AD_EXTENDED_MAX + 1];
        memcpy(text, data, size);
        text[size] = '\0';
        ad = woad_ad_init(again, size % 32);
        (void)woad_ad_name(&ad, text);
        (void)woad_ad_broadcast_name(&ad, text);
        if (woad_ad_check(again, ad.len, NULL))
            abort();
    }
    return 0;
}
