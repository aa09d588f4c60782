/* woad/fields.h: what is inside a packet, as text; one interpreter for everybody.
 *
 * A format names the fields of a packet in their order. The walker reads octets by it and calls a
 * visitor for each field: the decoder prints, the coverage and the tests look. The maker writes
 * random valid octets by the same format, for tests and fuzzing. All tables of HCI, L2CAP, ATT, SMP
 * and the link layer are rows of such formats, so they cannot disagree.
 *
 *     "status:status num:u8 reports:{type:x8 addr:addr len:u8 data:ad[len] rssi:rssi}[num]"
 *
 *     item    name:type  or  name:{ items }, then any of
 *     [..]    an array; for bytes, text, ad and uuid: their length in octets
 *     (n)     group only: it fills exactly n octets; what its items leave over is shown as raw
 *     ?n      present only if n is not 0;  ?n=5 only if n is 5;  ?* only if octets are left
 *     count   a number, an earlier field, field-number, #field (the bits set in it), * (what is
 *             left), 31|field (31 octets of which the first `field` mean something)
 *     type    u x s b + bits: decimal, hexadecimal, signed, bit-field (first field in the lowest
 *             bit; other types begin at an octet); or a name of the table in field_types.c
 *     name    lower case; with a _ in front it is not shown; _ alone is reserved, made as 0
 *
 * Little endian throughout. Nothing here allocates or keeps state; hostile octets end the walk with
 * an error and cannot read past the end. Formats themselves are trusted (a test checks every row).
 */
#ifndef WOAD_FIELDS_H
#define WOAD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/cursor.h"
#include "woad/err.h"

enum woad_field_kind {
    WOAD_FIELD_UINT,
    WOAD_FIELD_INT,
    WOAD_FIELD_HEX,
    WOAD_FIELD_TIME,  /* value * scale ns */
    WOAD_FIELD_ENUM,  /* one name of names */
    WOAD_FIELD_FLAGS, /* bit names of names */
    WOAD_FIELD_ADDR,
    WOAD_FIELD_BYTES, /* raw octets */
    WOAD_FIELD_KEY,   /* a number of more than 64 bits, shown most significant first */
    WOAD_FIELD_TEXT,  /* UTF-8, may be padded with NUL */
    WOAD_FIELD_UUID,  /* 2, 4 or 16 octets */
    WOAD_FIELD_AD,    /* advertising data: length, type, value structures; visited as groups */
    WOAD_FIELD_STATUS,
    WOAD_FIELD_OPCODE,
};

struct woad_field_type {
    const char *name;
    const char *names; /* "0=Public|1=Random"; a value with a name shows it, for all number kinds */
    uint32_t scale_ns; /* TIME */
    uint16_t bits;     /* 0: the length stands in brackets */
    uint16_t mask;     /* bits the maker sets at most; 0: all */
    uint8_t kind;      /* enum woad_field_kind */
    const char *unit;  /* "dBm" or NULL */
};

struct woad_field {
    const char *name; /* not NUL-terminated */
    size_t name_len;
    const struct woad_field_type *type; /* valid during the call */
    uint64_t value;                     /* numbers up to 64 bits; INT is sign-extended */
    const uint8_t *data;                /* BYTES, KEY, TEXT, UUID, ADDR: the octets; else NULL */
    size_t len;
    const uint8_t *at; /* the octet where it begins; NULL for groups */
    int index;         /* in its array, or -1 */
    unsigned depth;    /* groups around it */
};

/* Each may be NULL. Strings are valid during the call. */
struct woad_field_visitor {
    void (*field)(void *arg, const struct woad_field *f);
    /* A group begins: only name, index and depth are set. Or a structure of an AD field, just
     * visited: type is that field's, value the AD type, name its name. */
    void (*open)(void *arg, const struct woad_field *group);
    void (*close)(void *arg);
    /* Something is wrong with the packet; text says what, n is its number. */
    void (*note)(void *arg, const char *text, size_t n);
};

/* Reads r by format and calls the visitor. Leaves r after the last octet read. Returns 0; FORMAT
 * when octets are missing (fields before that were visited, and a note says it). Octets left over
 * are the caller's matter: r->left. */
int woad_fields_walk(const char *format, struct woad_rd *r, const struct woad_field_visitor *v,
                     void *arg);

/* Appends to w a random packet by format; seed is the state of the generator and moves on. Counts
 * stay small, enumerations valid, statuses 0, reserved bits 0. Returns 0; TOO_LONG when w is full
 * (try again with the next seed). UNSUPPORTED for formats with (n), whose lengths only the writer
 * of the PDU can know. */
int woad_fields_make(const char *format, struct woad_wr *w, uint64_t *seed);

/* The shortest packet of this format in octets: arrays empty, optional items absent. *fixed, if not
 * NULL: every packet has that length. FORMAT (and nothing else negative) if the format is wrong: an
 * unknown type, an unknown field in a count, unbalanced brackets. */
int woad_fields_check(const char *format, bool *fixed);

/* The value as text: "0x0040", "30 ms (24)", "Random (1)". Cuts at size - 1; always ends with NUL
 * (size > 0); returns the length written. BYTES and KEY are cut after 64 octets. */
size_t woad_field_format(const struct woad_field *f, char *text, size_t size);

/* Advances a generator of pseudo-random numbers (splitmix64) and returns its next value. */
uint64_t woad_fields_random(uint64_t *seed);

/* Rows of AD types (Assigned Numbers, 2.3); NULL for one that is unknown. */
struct woad_ad_row {
    const char *name;
    const char *fields;
    uint8_t type;
};
const struct woad_ad_row *woad_ad_find(uint8_t type);

/* A type by name (len octets), for named types only; NULL if there is none. */
const struct woad_field_type *woad_field_type_find(const char *name, size_t len);

#endif
