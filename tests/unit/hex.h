/* Octets from hexadecimal text, for sample data. */
#ifndef WOAD_TEST_HEX_H
#define WOAD_TEST_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline unsigned hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *p = strchr(digits, c);
    if (!c || !p)
        abort();
    return (unsigned)(p - digits);
}

/* Returns the octets written to to, at most size. */
static inline size_t hex(const char *text, uint8_t *to, size_t size)
{
    size_t n = strlen(text) / 2;
    if (n > size || strlen(text) % 2)
        abort();
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return n;
}

#endif
