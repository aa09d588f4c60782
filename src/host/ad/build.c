/* Advertising data, built. */
#include "woad/ad.h"

struct woad_ad woad_ad_init(void *data, size_t size)
{
    uint16_t most = WOAD_AD_EXTENDED_MAX;
    return (struct woad_ad){.data = data, .size = size < most ? (uint16_t)size : most};
}

static int fail(struct woad_ad *ad, int err)
{
    if (!ad->err)
        ad->err = err;
    return err;
}

/* Octets that the value of one more field may have; negative when there is no room for a field. */
static int room(const struct woad_ad *ad)
{
    int left = ad->size - ad->len - 2;
    return left < WOAD_AD_VALUE_MAX ? left : WOAD_AD_VALUE_MAX;
}

int woad_ad_add2(struct woad_ad *ad, uint8_t type, const void *head, size_t head_len,
                 const void *data, size_t len)
{
    int left = room(ad);
    if (left < 0 || head_len > (size_t)left || len > (size_t)left - head_len)
        return fail(ad, WOAD_ERR_TOO_LONG);
    uint8_t *p = ad->data + ad->len;
    p[0] = (uint8_t)(1 + head_len + len);
    p[1] = type;
    if (head_len)
        memcpy(p + 2, head, head_len);
    if (len)
        memcpy(p + 2 + head_len, data, len);
    ad->len = (uint16_t)(ad->len + 2 + head_len + len);
    return 0;
}

int woad_ad_add_number(struct woad_ad *ad, uint8_t type, uint32_t value, size_t len)
{
    uint8_t octets[4];
    woad_put_u32(octets, value);
    return woad_ad_add(ad, type, octets, len);
}

int woad_ad_name(struct woad_ad *ad, const char *name)
{
    size_t len = strlen(name);
    int left = room(ad);
    size_t most = left < 0 ? 0 : (size_t)left;
    if (most > WOAD_AD_NAME_MAX)
        most = WOAD_AD_NAME_MAX;
    if (len <= most)
        return woad_ad_add(ad, WOAD_AD_NAME, name, len);
    while (most && ((uint8_t)name[most] & 0xC0) == 0x80) /* not inside a character */
        most--;
    return most ? woad_ad_add(ad, WOAD_AD_NAME_SHORT, name, most) : fail(ad, WOAD_ERR_TOO_LONG);
}

int woad_ad_broadcast_name(struct woad_ad *ad, const char *name)
{
    size_t len = strlen(name);
    if (len < 4 || len > 128)
        return fail(ad, WOAD_ERR_INVALID);
    return woad_ad_add(ad, WOAD_AD_BROADCAST_NAME, name, len);
}

/* The UUIDs of one width as one field of type `all`; if not all fit, those that do as type `some`,
 * unless that is 0. */
static int add_width(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count, uint8_t width,
                     uint8_t all, uint8_t some)
{
    size_t n = 0, done = 0;
    for (size_t i = 0; i < count; i++)
        n += uuids[i].len == width;
    if (!n)
        return 0;
    int left = room(ad);
    size_t fit = left < 0 ? 0 : (size_t)left / width;
    if (fit < n && (!some || !fit))
        return fail(ad, WOAD_ERR_TOO_LONG);
    size_t take = fit < n ? fit : n;
    uint8_t *p = ad->data + ad->len;
    p[0] = (uint8_t)(1 + take * width);
    p[1] = fit < n ? some : all;
    for (size_t i = 0; done < take; i++) {
        if (uuids[i].len == width)
            memcpy(p + 2 + width * done++, uuids[i].val, width);
    }
    ad->len = (uint16_t)(ad->len + 2 + take * width);
    return 0;
}

static int add_widths(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count,
                      const uint8_t types[3][2])
{
    static const uint8_t widths[3] = {2, 4, 16};
    int err = 0;
    for (size_t i = 0; i < 3 && !err; i++)
        err = add_width(ad, uuids, count, widths[i], types[i][0], types[i][1]);
    return err;
}

int woad_ad_uuids(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count)
{
    static const uint8_t types[3][2] = {{WOAD_AD_UUID16_ALL, WOAD_AD_UUID16_SOME},
                                        {WOAD_AD_UUID32_ALL, WOAD_AD_UUID32_SOME},
                                        {WOAD_AD_UUID128_ALL, WOAD_AD_UUID128_SOME}};
    return add_widths(ad, uuids, count, types);
}

int woad_ad_solicit(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count)
{
    static const uint8_t types[3][2] = {
        {WOAD_AD_SOLICIT_UUID16, 0}, {WOAD_AD_SOLICIT_UUID32, 0}, {WOAD_AD_SOLICIT_UUID128, 0}};
    return add_widths(ad, uuids, count, types);
}

int woad_ad_service_data(struct woad_ad *ad, const struct woad_uuid *uuid, const void *data,
                         size_t len)
{
    uint8_t type = uuid->len == 2   ? WOAD_AD_SERVICE_DATA16
                   : uuid->len == 4 ? WOAD_AD_SERVICE_DATA32
                                    : WOAD_AD_SERVICE_DATA128;
    return woad_ad_add2(ad, type, uuid->val, uuid->len, data, len);
}

int woad_ad_uri(struct woad_ad *ad, uint8_t scheme, const char *rest)
{
    if (!scheme || scheme > 0x7F)
        return fail(ad, WOAD_ERR_INVALID);
    return woad_ad_add2(ad, WOAD_AD_URI, &scheme, 1, rest, strlen(rest));
}

int woad_ad_le_address(struct woad_ad *ad, const struct woad_addr *addr)
{
    uint8_t random = addr->type & 1; /* identity types too */
    return woad_ad_add2(ad, WOAD_AD_LE_ADDRESS, addr->val, 6, &random, 1);
}

/* Of the kinds of random address one is reserved, and the random part has both zeros and ones
 * [Vol 6, Part B, 1.3.2]; of a resolvable one it is the upper half. */
static bool random_is_valid(const struct woad_addr *addr)
{
    uint8_t kind = addr->val[5] >> 6, ones = 0, zeros = 0;
    for (int i = kind == 1 ? 3 : 0; i < 6; i++) {
        uint8_t mask = i == 5 ? 0x3F : 0xFF;
        ones |= addr->val[i] & mask;
        zeros |= (uint8_t)(~addr->val[i] & mask);
    }
    return kind != 2 && ones && zeros;
}

int woad_ad_targets(struct woad_ad *ad, const struct woad_addr *addrs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (addrs[i].type > WOAD_ADDR_RANDOM ||
            (addrs[i].type == WOAD_ADDR_RANDOM && !random_is_valid(&addrs[i])))
            return fail(ad, WOAD_ERR_INVALID);
    for (uint8_t type = WOAD_ADDR_PUBLIC; type <= WOAD_ADDR_RANDOM; type++) {
        uint8_t value[WOAD_AD_VALUE_MAX];
        size_t len = 0;
        for (size_t i = 0; i < count; i++) {
            if (addrs[i].type != type)
                continue;
            if (len + 6 > sizeof(value))
                return fail(ad, WOAD_ERR_TOO_LONG);
            memcpy(value + len, addrs[i].val, 6);
            len += 6;
        }
        int err = len ? woad_ad_add(ad, (uint8_t)(WOAD_AD_PUBLIC_TARGET + type), value, len) : 0;
        if (err)
            return err;
    }
    return 0;
}

int woad_ad_features(struct woad_ad *ad, uint64_t features)
{
    uint8_t octets[8];
    size_t len = 8;
    woad_put_u64(octets, features);
    while (len && !octets[len - 1])
        len--;
    return woad_ad_add(ad, WOAD_AD_LE_FEATURES, octets, len);
}
