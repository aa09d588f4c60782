#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum value_kind kind;
} kinds[] = {{"hex", VALUE_HEX}, {"text", VALUE_TEXT}, {"utf8", VALUE_TEXT},
             {"u8", VALUE_U8},   {"u16", VALUE_U16},   {"u32", VALUE_U32},
             {"i8", VALUE_I8},   {"i16", VALUE_I16},   {"i32", VALUE_I32}};

int value_kind(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
            return (int)kinds[i].kind;
    return -1;
}

unsigned value_width(enum value_kind kind)
{
    switch (kind) {
    case VALUE_U8:
    case VALUE_I8: return 1;
    case VALUE_U16:
    case VALUE_I16: return 2;
    case VALUE_U32:
    case VALUE_I32: return 4;
    default: return 0;
    }
}

static bool has_sign(enum value_kind kind)
{
    return kind >= VALUE_I8;
}

int64_t value_least(enum value_kind kind)
{
    return has_sign(kind) ? -value_most(kind) - 1 : 0;
}

int64_t value_most(enum value_kind kind)
{
    return (INT64_C(1) << (8 * value_width(kind) - has_sign(kind))) - 1;
}

int value_put(enum value_kind kind, int64_t number, uint8_t *to)
{
    unsigned width = value_width(kind);
    if (number < value_least(kind) || number > value_most(kind))
        return -1;
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)((uint64_t)number >> (8 * i));
    return (int)width;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

int value_parse_hex(const char *text, uint8_t *to, size_t size)
{
    size_t n = 0;
    for (; *text; text += 2) {
        while (n && (*text == ' ' || *text == ':'))
            text++;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || n == size)
            return -1;
        to[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    return (int)n;
}

static int parse_numbers(enum value_kind kind, const char *text, uint8_t *to, size_t size)
{
    size_t n = 0;
    for (;;) {
        char *end;
        errno = 0;
        long long v = strtoll(text, &end, 0);
        if (!isdigit((unsigned char)text[*text == '-']) || errno || n + value_width(kind) > size ||
            value_put(kind, v, to + n) < 0)
            return -1;
        n += value_width(kind);
        if (*end == '\0')
            return (int)n;
        if (*end != ',')
            return -1;
        text = end + 1;
    }
}

int value_parse(const char *text, uint8_t *to, size_t size, const char **why)
{
    const char *colon = strchr(text, ':');
    int kind = colon ? value_kind(text, (size_t)(colon - text)) : -1;
    const char *rest = kind >= 0 ? colon + 1 : text;
    if (kind == VALUE_TEXT) {
        size_t len = strlen(rest);
        *why = "the text is longer than 512 octets";
        if (len > size)
            return -1;
        memcpy(to, rest, len);
        return (int)len;
    }
    if (kind > VALUE_TEXT) {
        *why = "numbers with commas between, each in the range of its type, like u16:1,0x200";
        return parse_numbers((enum value_kind)kind, rest, to, size);
    }
    if (strncmp(rest, "0x", 2) == 0)
        rest += 2;
    *why = "a value is hex digits (0102ff) or text:WORDS, u8:N .. i32:N; 512 octets at most";
    return value_parse_hex(rest, to, size);
}

static bool printable(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] < 0x20 || data[i] == 0x7F)
            return false;
    return len > 0;
}

const char *value_format(enum value_kind kind, const uint8_t *data, size_t len,
                         char to[VALUE_STR_SIZE])
{
    unsigned width = value_width(kind);
    size_t at = 0;
    to[0] = '\0';
    len = len > VALUE_MAX ? VALUE_MAX : len;
    if (kind == VALUE_TEXT && printable(data, len)) {
        snprintf(to, VALUE_STR_SIZE, "\"%.*s\"", (int)len, (const char *)data);
        return to;
    }
    if (!width || len % width)
        width = 0;
    for (size_t i = 0; i < len; i += width ? width : 1) {
        int64_t v = 0;
        for (unsigned k = 0; k < width; k++)
            v |= (int64_t)data[i + k] << (8 * k);
        if (width && v > value_most(kind))
            v -= INT64_C(1) << (8 * width);
        int n = width ? snprintf(to + at, VALUE_STR_SIZE - at, "%s%" PRId64, i ? "," : "", v)
                      : snprintf(to + at, VALUE_STR_SIZE - at, "%02x", data[i]);
        at += (size_t)n;
    }
    return to;
}
