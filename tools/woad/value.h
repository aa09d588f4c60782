/* tools/woad/value.h: values of attributes as people write and read them.
 *
 *     hex:0102ff  (or 0x0102ff, or 0102ff)      text:hello  (utf8: is the same)
 *     u8:100   u16:1,2,3   u32:70000            least significant octet first, as GATT wants them
 *     i8:-1    i16:-2,3    i32:-70000
 */
#ifndef WOAD_VALUE_H
#define WOAD_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_HEX,
    VALUE_TEXT,
    VALUE_U8,
    VALUE_U16,
    VALUE_U32,
    VALUE_I8,
    VALUE_I16,
    VALUE_I32,
};

#define VALUE_MAX      512
#define VALUE_STR_SIZE (VALUE_MAX * 5 + 32)

/* "hex", "text", "utf8", "u8", "u16", "u32", "i8", "i16", "i32"; -1: none of them. */
int value_kind(const char *name, size_t len);

/* Octets of a number; 0 for hex and text. */
unsigned value_width(enum value_kind kind);

/* The range of a kind of numbers. */
int64_t value_least(enum value_kind kind);
int64_t value_most(enum value_kind kind);

/* Writes number in the octets of kind at to. Their count, or -1: out of its range. */
int value_put(enum value_kind kind, int64_t number, uint8_t *to);

/* Even number of hex digits; spaces and colons may stand between octets. Octets, or -1. */
int value_parse_hex(const char *text, uint8_t *to, size_t size);

/* The octets of text, or -1 with what is wrong in *why. */
int value_parse(const char *text, uint8_t *to, size_t size, const char **why);

/* As a person reads it: numbers with commas between, text in quotes; as hex when it is not of that
 * kind. */
const char *value_format(enum value_kind kind, const uint8_t *data, size_t len,
                         char to[VALUE_STR_SIZE]);

#endif
