#include "woad/addr.h"

#include <stddef.h>

#include "text_priv.h"

static const char *const type_names[] = {
    [WOAD_ADDR_PUBLIC] = "public",
    [WOAD_ADDR_RANDOM] = "random",
    [WOAD_ADDR_PUBLIC_IDENTITY] = "public-id",
    [WOAD_ADDR_RANDOM_IDENTITY] = "random-id",
};

#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

char *woad_addr_format(const struct woad_addr *addr, char to[WOAD_ADDR_STR_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    char *p = to;
    for (size_t i = 6; i-- > 0;) {
        *p++ = digits[addr->val[i] >> 4];
        *p++ = digits[addr->val[i] & 15];
        *p++ = i ? ':' : '/';
    }
    const char *type = addr->type < TYPES ? type_names[addr->type] : "?";
    memcpy(p, type, strlen(type) + 1);
    return to;
}

int woad_addr_parse(const char *text, struct woad_addr *addr)
{
    struct woad_addr parsed = {.type = WOAD_ADDR_PUBLIC};
    for (size_t i = 6; i-- > 0; text += 2) {
        int octet = woad_text_octet(text);
        if (octet < 0 || (i && text[2] != ':'))
            return WOAD_ERR_FORMAT;
        parsed.val[i] = (uint8_t)octet;
        if (i)
            text++;
    }
    if (*text == '/') {
        while (strcmp(text + 1, type_names[parsed.type]) != 0)
            if (++parsed.type == TYPES)
                return WOAD_ERR_FORMAT;
    } else if (*text) {
        return WOAD_ERR_FORMAT;
    }
    *addr = parsed;
    return 0;
}
