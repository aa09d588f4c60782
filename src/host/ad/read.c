/* Advertising data, walked. */
#include "woad/ad.h"

int woad_ad_next(struct woad_rd *r, struct woad_ad_field *f)
{
    if (!r->left)
        return woad_rd_ok(r) ? 0 : WOAD_ERR_FORMAT;
    uint8_t len = woad_rd_u8(r);
    if (!len) { /* early end; what is behind it has no meaning */
        (void)woad_rd_take(r, r->left);
        return 0;
    }
    f->type = woad_rd_u8(r);
    f->len = (uint8_t)(len - 1);
    f->data = woad_rd_take(r, f->len);
    return f->data ? 1 : WOAD_ERR_FORMAT;
}

bool woad_ad_get(const void *data, size_t len, uint8_t type, struct woad_ad_field *f)
{
    struct woad_rd r = woad_rd_init(data, len);
    while (woad_ad_next(&r, f) > 0) {
        if (f->type == type)
            return true;
    }
    return false;
}

int woad_ad_get_name(const void *data, size_t len, char *to, size_t size)
{
    struct woad_ad_field f;
    size_t n = 0;
    bool found =
        woad_ad_get(data, len, WOAD_AD_NAME, &f) || woad_ad_get(data, len, WOAD_AD_NAME_SHORT, &f);
    for (; found && n < f.len && n + 1 < size; n++)
        to[n] = (char)(f.data[n] < 0x20 || f.data[n] == 0x7F ? '?' : f.data[n]);
    to[n] = '\0';
    return found ? (int)n : WOAD_ERR_NOT_FOUND;
}

/* Octets per UUID of a list of services, 0 for other types: 0x02 to 0x07, two for each width. */
static uint8_t list_width(uint8_t type)
{
    if (type < WOAD_AD_UUID16_SOME || type > WOAD_AD_UUID128_ALL)
        return 0;
    return type <= WOAD_AD_UUID16_ALL ? 2 : type <= WOAD_AD_UUID32_ALL ? 4 : 16;
}

bool woad_ad_has_uuid(const void *data, size_t len, const struct woad_uuid *uuid)
{
    struct woad_rd r = woad_rd_init(data, len);
    struct woad_ad_field f;
    struct woad_uuid one;
    while (woad_ad_next(&r, &f) > 0) {
        uint8_t width = list_width(f.type);
        for (size_t at = 0; width && at + width <= f.len; at += width) {
            if (!woad_uuid_from_octets(&one, f.data + at, width) && woad_uuid_equal(&one, uuid))
                return true;
        }
    }
    return false;
}
