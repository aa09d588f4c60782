/* Values of fields as text; see woad_field_format() in woad/fields.h. */
#include "text.h"
#include "woad/fields.h"
#include "woad/hci_table.h"

#define OCTETS_MAX 64 /* of raw data that are shown */

/* "3=Name" within "0=A|1=B|3=Name|..." */
static const char *find_name(const char *names, uint64_t value)
{
    while (names && *names) {
        uint64_t n = 0;
        for (; *names >= '0' && *names <= '9'; names++)
            n = n * 10 + (uint64_t)(*names - '0');
        if (n == value && *names == '=')
            return names + 1;
        while (*names && *names++ != '|')
            ;
    }
    return NULL;
}

static void put_name(struct woad_text *t, const char *name)
{
    for (; *name && *name != '|'; name++)
        woad_text_char(t, *name);
}

static unsigned hex_digits(const struct woad_field *f)
{
    return (f->type->bits + 3u) / 4u;
}

static void put_number(struct woad_text *t, const struct woad_field *f)
{
    uint64_t v = f->value;
    if (f->type->kind == WOAD_FIELD_INT && v >> 63) {
        woad_text_char(t, '-');
        v = 0 - v;
    }
    woad_text_dec(t, v);
    if (f->type->unit) {
        woad_text_char(t, ' ');
        woad_text_str(t, f->type->unit);
    }
}

/* Nanoseconds as "11.25 ms", "150 us" or "2 s". */
static void put_time(struct woad_text *t, uint64_t ns)
{
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{1000000000u, " s"}, {1000000u, " ms"}, {1000u, " us"}};
    unsigned u = ns >= 10 * units[0].ns ? 0 : ns >= units[1].ns ? 1 : 2;
    woad_text_dec(t, ns / units[u].ns);
    uint64_t rest = ns % units[u].ns;
    if (rest)
        woad_text_char(t, '.');
    for (uint64_t digit = units[u].ns / 10; rest; digit /= 10) {
        woad_text_char(t, (char)('0' + rest / digit));
        rest %= digit;
    }
    woad_text_str(t, units[u].unit);
}

static void put_flags(struct woad_text *t, const struct woad_field *f)
{
    const char *before = " (";
    woad_text_0x(t, f->value, hex_digits(f));
    for (unsigned bit = 0; bit < f->type->bits; bit++) {
        const char *name = f->value >> bit & 1 ? find_name(f->type->names, bit) : NULL;
        if (name) {
            woad_text_str(t, before);
            put_name(t, name);
            before = ", ";
        }
    }
    if (before[0] == ',')
        woad_text_char(t, ')');
}

static void put_octets(struct woad_text *t, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n && i < OCTETS_MAX; i++)
        woad_text_hex(t, p[i], 2);
    if (n > OCTETS_MAX) {
        woad_text_str(t, "... (");
        woad_text_dec(t, n);
        woad_text_str(t, " octets)");
    }
}

static void put_reversed(struct woad_text *t, const uint8_t *p, size_t n)
{
    while (n > 0)
        woad_text_hex(t, p[--n], 2);
}

static void put_addr(struct woad_text *t, const uint8_t *p)
{
    for (unsigned i = 6; i > 0; i--) {
        woad_text_char(t, "0123456789ABCDEF"[p[i - 1] >> 4]);
        woad_text_char(t, "0123456789ABCDEF"[p[i - 1] & 15]);
        if (i > 1)
            woad_text_char(t, ':');
    }
}

/* Quoted; whatever could steer a terminal is shown as \xNN. */
static void put_quoted(struct woad_text *t, const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    woad_text_char(t, '"');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '"' || p[i] == '\\')
            woad_text_char(t, '\\');
        if (p[i] >= 0x20 && p[i] < 0x7f) {
            woad_text_char(t, (char)p[i]);
        } else {
            woad_text_str(t, "\\x");
            woad_text_hex(t, p[i], 2);
        }
    }
    woad_text_char(t, '"');
}

static void put_uuid(struct woad_text *t, const uint8_t *p, size_t n)
{
    if (n != 16) {
        woad_text_str(t, "0x");
        put_reversed(t, p, n);
        return;
    }
    for (unsigned i = 16; i > 0; i--) {
        woad_text_hex(t, p[i - 1], 2);
        if (i == 13 || i == 11 || i == 9 || i == 7)
            woad_text_char(t, '-');
    }
}

static void put_octets_field(struct woad_text *t, const struct woad_field *f)
{
    switch (f->type->kind) {
    case WOAD_FIELD_ADDR: put_addr(t, f->data); break;
    case WOAD_FIELD_TEXT: put_quoted(t, f->data, f->len); break;
    case WOAD_FIELD_UUID: put_uuid(t, f->data, f->len); break;
    case WOAD_FIELD_KEY: put_reversed(t, f->data, f->len); break;
    default: put_octets(t, f->data, f->len); break;
    }
}

static void put_named(struct woad_text *t, const struct woad_field *f, const char *name)
{
    put_name(t, name);
    woad_text_str(t, " (");
    put_number(t, f);
    woad_text_char(t, ')');
}

static void put_coded(struct woad_text *t, const struct woad_field *f, const char *name)
{
    woad_text_str(t, name ? name : "unknown");
    woad_text_str(t, " (");
    woad_text_0x(t, f->value, hex_digits(f));
    woad_text_char(t, ')');
}

size_t woad_field_format(const struct woad_field *f, char *text, size_t size)
{
    struct woad_text t = woad_text_init(text, size);
    const char *name =
        f->data || f->type->kind == WOAD_FIELD_FLAGS ? NULL : find_name(f->type->names, f->value);
    if (f->data) {
        put_octets_field(&t, f);
    } else if (name) {
        put_named(&t, f, name);
    } else if (f->type->kind == WOAD_FIELD_HEX) {
        woad_text_0x(&t, f->value, hex_digits(f));
    } else if (f->type->kind == WOAD_FIELD_FLAGS) {
        put_flags(&t, f);
    } else if (f->type->kind == WOAD_FIELD_STATUS) {
        put_coded(&t, f, woad_hci_err_text((uint8_t)f->value));
    } else if (f->type->kind == WOAD_FIELD_OPCODE) {
        const struct woad_hci_cmd_row *row = woad_hci_cmd_find((uint16_t)f->value);
        put_coded(&t, f, row ? row->name : NULL);
    } else if (f->type->kind == WOAD_FIELD_TIME) {
        put_time(&t, f->value * f->type->scale_ns);
        woad_text_str(&t, " (");
        woad_text_dec(&t, f->value);
        woad_text_char(&t, ')');
    } else {
        put_number(&t, f);
    }
    return t.len;
}
