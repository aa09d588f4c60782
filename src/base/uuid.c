#include "woad/uuid.h"

#include <string.h>

#include "text_priv.h"
#include "woad/cursor.h"

/* The Base UUID without its first 32 bits, least significant octet first [Vol 3, Part B, 2.5.1]. */
static const uint8_t base[12] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00,
                                 0x00, 0x80, 0x00, 0x10, 0x00, 0x00};

struct woad_uuid woad_uuid16(uint16_t value)
{
    struct woad_uuid uuid = {.len = 2};
    woad_put_u16(uuid.val, value);
    return uuid;
}

struct woad_uuid woad_uuid32(uint32_t value)
{
    struct woad_uuid uuid = {.len = 4};
    woad_put_u32(uuid.val, value);
    return uuid;
}

int woad_uuid_from_octets(struct woad_uuid *uuid, const void *octets, size_t len)
{
    if (len != 2 && len != 4 && len != 16)
        return WOAD_ERR_FORMAT;
    *uuid = (struct woad_uuid){.len = (uint8_t)len};
    memcpy(uuid->val, octets, len);
    return 0;
}

void woad_uuid_put(const struct woad_uuid *uuid, uint8_t to[16])
{
    if (uuid->len < 16) {
        memcpy(to, base, sizeof(base));
        to += sizeof(base);
        woad_put_u32(to, 0);
    }
    memcpy(to, uuid->val, uuid->len);
}

struct woad_uuid woad_uuid_expand(const struct woad_uuid *uuid)
{
    struct woad_uuid full = {.len = 16};
    woad_uuid_put(uuid, full.val);
    return full;
}

struct woad_uuid woad_uuid_shorten(const struct woad_uuid *uuid)
{
    struct woad_uuid full = woad_uuid_expand(uuid);
    if (memcmp(full.val, base, sizeof(base)) != 0)
        return full;
    uint32_t value = woad_get_u32(full.val + sizeof(base));
    return value <= UINT16_MAX ? woad_uuid16((uint16_t)value) : woad_uuid32(value);
}

bool woad_uuid_equal(const struct woad_uuid *a, const struct woad_uuid *b)
{
    uint8_t full_a[16], full_b[16];
    if (a->len == b->len)
        return memcmp(a->val, b->val, a->len) == 0;
    woad_uuid_put(a, full_a);
    woad_uuid_put(b, full_b);
    return memcmp(full_a, full_b, 16) == 0;
}

/* True where a dash stands before octet i, counted from the most significant. */
static bool dash_before(size_t len, size_t i)
{
    return len == 16 && (i == 4 || i == 6 || i == 8 || i == 10);
}

char *woad_uuid_format(const struct woad_uuid *uuid, char to[WOAD_UUID_STR_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = to;
    for (size_t i = 0; i < uuid->len; i++) {
        uint8_t octet = uuid->val[uuid->len - 1u - i];
        if (dash_before(uuid->len, i))
            *p++ = '-';
        *p++ = digits[octet >> 4];
        *p++ = digits[octet & 15];
    }
    *p = 0;
    return to;
}

int woad_uuid_parse(const char *text, struct woad_uuid *uuid)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        if (strlen(text) > 8)
            return WOAD_ERR_FORMAT;
    }
    size_t chars = strlen(text);
    struct woad_uuid parsed = {.len = chars == 4 ? 2 : chars == 8 ? 4 : 16};
    if (parsed.len == 16 && chars != WOAD_UUID_STR_SIZE - 1)
        return WOAD_ERR_FORMAT;
    for (size_t i = 0; i < parsed.len; i++) {
        if (dash_before(parsed.len, i) && *text++ != '-')
            return WOAD_ERR_FORMAT;
        int octet = woad_text_octet(text);
        if (octet < 0)
            return WOAD_ERR_FORMAT;
        parsed.val[parsed.len - 1u - i] = (uint8_t)octet;
        text += 2;
    }
    *uuid = parsed;
    return 0;
}
