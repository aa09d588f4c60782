/* woad/addr.h: device addresses [Vol 6, Part B, 1.3]. */
#ifndef WOAD_ADDR_H
#define WOAD_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "woad/err.h"

/* Address types as HCI numbers them. */
enum woad_addr_type {
    WOAD_ADDR_PUBLIC = 0,
    WOAD_ADDR_RANDOM = 1,
    WOAD_ADDR_PUBLIC_IDENTITY = 2, /* resolved by the controller from a private address */
    WOAD_ADDR_RANDOM_IDENTITY = 3,
};

struct woad_addr {
    uint8_t type;   /* enum woad_addr_type */
    uint8_t val[6]; /* least significant octet first, as on air */
};

static inline bool woad_addr_equal(const struct woad_addr *a, const struct woad_addr *b)
{
    return a->type == b->type && memcmp(a->val, b->val, 6) == 0;
}

/* Writes "C0:FF:EE:00:00:01/random", always terminated; returns to. The types are written public,
 * random, public-id and random-id, others "?". */
#define WOAD_ADDR_STR_SIZE 32
char *woad_addr_format(const struct woad_addr *addr, char to[WOAD_ADDR_STR_SIZE]);

/* Reads "C0:FF:EE:00:00:01", upper or lower case, with "/public" (the default) or another type
 * behind it. FORMAT otherwise; addr is then untouched. */
int woad_addr_parse(const char *text, struct woad_addr *addr) WOAD_MUST_USE;

#endif
