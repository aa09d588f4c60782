/* Comparing our decoder with tshark: what both found in a packet, by place and value. */
#ifndef WOAD_TEST_ORACLE_H
#define WOAD_TEST_ORACLE_H

#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/hci_decode.h"

#define FIELDS_MAX 512

/* ---- our fields ------------------------------------------------------------------------------ */

struct found {
    size_t at, len; /* octets of the packet */
    uint64_t value;
    bool number;
    char name[48];
};

struct finding {
    const uint8_t *start;
    struct found f[FIELDS_MAX];
    size_t used;
    unsigned notes;
};

static void on_field(void *arg, const struct woad_field *field)
{
    struct finding *x = arg;
    size_t bits = field->data ? 8 * field->len : field->type->bits;
    if (x->used == FIELDS_MAX || bits % 8 != 0 || bits == 0 || field->depth > 1)
        return;
    struct found *f = &x->f[x->used++];
    f->at = (size_t)(field->at - x->start);
    f->len = bits / 8;
    f->value = field->value;
    if (f->len < 8)
        f->value &= (UINT64_C(1) << bits) - 1;
    f->number = !field->data;
    snprintf(f->name, sizeof(f->name), "%.*s", (int)field->name_len, field->name);
}

static void on_note(void *arg, const char *text, size_t n)
{
    struct finding *x = arg;
    x->notes++;
    print_message("note: %s: %zu\n", text, n);
}

static const struct woad_decode_visitor finder = {.fields = {.field = on_field, .note = on_note}};

/* ---- tshark's fields ------------------------------------------------------------------------- */

struct theirs {
    size_t at, len;
    char show[64];
    char name[64];
};

static bool attribute(const char *line, const char *name, char *to, size_t size)
{
    char key[32];
    snprintf(key, sizeof(key), " %s=\"", name);
    const char *p = strstr(line, key);
    if (!p)
        return false;
    p += strlen(key);
    size_t n = strcspn(p, "\"");
    snprintf(to, size, "%.*s", (int)n, p);
    return true;
}

static bool listed(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, list[i]))
            return true;
    return false;
}

struct tally {
    unsigned fields, same_place, compared, different, wrong;
    unsigned packets, opaque;
    const char *const *differs; /* packets whose values may differ, with the reason at the list */
    size_t differs_len;
};

/* A number that tshark shows in decimal or hexadecimal, signed or not. */
static bool same_number(const char *show, const struct found *f)
{
    char *end;
    if (show[0] < '-' || show[0] > '9')
        return true; /* a word */
    unsigned long long u = strtoull(show, &end, 0);
    if (*end)
        return true; /* an address, a time: shown in another unit */
    if (f->len < 8)
        u &= (1ull << 8 * f->len) - 1;
    return u == f->value;
}

/* x: what we found in a packet called name, which begins at octet `base` of the frame. */
static void compare(const char *name, const struct finding *x, size_t base, const struct theirs *t,
                    size_t n, struct tally *tally)
{
    assert_int_equal(x->notes, 0);
    tally->packets++;
    unsigned placed_all = 0, fields = 0, compared = 0;
    for (size_t i = 0; i < x->used; i++) {
        bool placed = false, same = false, numbers = false;
        for (size_t k = 0; k < n; k++) {
            if (t[k].at != x->f[i].at + base || t[k].len != x->f[i].len)
                continue;
            placed = true;
            numbers = numbers || x->f[i].number;
            same = same || same_number(t[k].show, &x->f[i]);
        }
        fields++;
        placed_all += placed;
        compared += placed && numbers;
        if (placed && numbers && !same && !listed(tally->differs, tally->differs_len, name)) {
            tally->different++;
            print_message("differs: %s: %s = %llu\n", name, x->f[i].name,
                          (unsigned long long)x->f[i].value);
        }
        if (!placed && getenv("WOAD_TEST_VERBOSE"))
            print_message("not there: %s: %s at %zu len %zu\n", name, x->f[i].name, x->f[i].at,
                          x->f[i].len);
    }
    if (fields && placed_all * 2 < fields) { /* a row this tshark does not know, or only in bits */
        tally->opaque++;
        return;
    }
    tally->fields += fields;
    tally->same_place += placed_all;
    tally->compared += compared;
}

static bool have(const char *tool)
{
    char command[128];
    snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", tool);
    return system(command) == 0;
}

/* Reads PDML; calls done for each packet with the fields tshark found from octet `from` on in
 * protocols whose name begins with proto. Returns the number of packets. */
static size_t read_pdml(FILE *f, const char *proto, size_t (*from)(size_t index),
                        void (*done)(size_t index, const struct theirs *t, size_t n, bool malformed,
                                     struct tally *tally),
                        struct tally *tally)
{
    static char line[1 << 16];
    static struct theirs t[FIELDS_MAX];
    size_t n = 0, index = 0;
    bool inside = false, malformed = false;
    char key[64], number[32];
    snprintf(key, sizeof(key), "name=\"%s", proto);
    while (fgets(line, sizeof(line), f)) {
        if (strstr(line, "<packet>")) {
            n = 0;
            malformed = false;
        }
        malformed = malformed || strstr(line, "_ws.malformed");
        if (strstr(line, "<proto"))
            inside = strstr(line, key) != NULL;
        if (inside && strstr(line, "<field") && n < FIELDS_MAX &&
            !strstr(line, " unmaskedvalue=\"") && attribute(line, "pos", number, sizeof(number))) {
            t[n].at = strtoul(number, NULL, 10);
            t[n].len =
                attribute(line, "size", number, sizeof(number)) ? strtoul(number, NULL, 10) : 0;
            if (!attribute(line, "show", t[n].show, sizeof(t[n].show)))
                t[n].show[0] = 0;
            n += t[n].at >= from(index);
        }
        if (strstr(line, "</packet>"))
            done(index++, t, n, malformed, tally);
    }
    return index;
}

#endif
