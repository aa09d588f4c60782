/* woad/uuid.h: UUIDs of 16, 32 and 128 bits [Vol 3, Part B, 2.5.1].
 *
 * A short UUID stands for a long one with the Bluetooth Base UUID behind it:
 *
 *     0000180F-0000-1000-8000-00805F9B34FB    = 0x180F
 *
 * Comparison is by value: 0x180F equals its long form. Callable from anywhere.
 */
#ifndef WOAD_UUID_H
#define WOAD_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/err.h"

struct woad_uuid {
    uint8_t len;     /* octets: 2, 4 or 16 */
    uint8_t val[16]; /* least significant octet first, as on air; the first len are used */
};

struct woad_uuid woad_uuid16(uint16_t value);
struct woad_uuid woad_uuid32(uint32_t value);

/* From len octets as on air. FORMAT when len is not 2, 4 or 16; uuid is then untouched. */
int woad_uuid_from_octets(struct woad_uuid *uuid, const void *octets, size_t len) WOAD_MUST_USE;

/* The 16-octet form: written to `to`, or as a UUID. */
void woad_uuid_put(const struct woad_uuid *uuid, uint8_t to[16]);
struct woad_uuid woad_uuid_expand(const struct woad_uuid *uuid);

/* The shortest form of the same value: 2, 4 or 16 octets. */
struct woad_uuid woad_uuid_shorten(const struct woad_uuid *uuid);

bool woad_uuid_equal(const struct woad_uuid *a, const struct woad_uuid *b);

/* Writes "180f", "0000180f" or "0000180f-0000-1000-8000-00805f9b34fb", by len; returns to. */
#define WOAD_UUID_STR_SIZE 37
char *woad_uuid_format(const struct woad_uuid *uuid, char to[WOAD_UUID_STR_SIZE]);

/* Reads what format writes, upper or lower case, and the short forms also with "0x" before them.
 * FORMAT otherwise; uuid is then untouched. */
int woad_uuid_parse(const char *text, struct woad_uuid *uuid) WOAD_MUST_USE;

#endif
