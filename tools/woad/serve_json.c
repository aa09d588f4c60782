#include "serve_json.h"
#include "json_place.h"
#include "value.h"

#include "woad/err.h"

#include <json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERVICES 64
#define MAX_CHRS     128
#define MAX_DESCS    16
#define MAX_LIST     256

struct reader {
    struct serve_file *f;
    const char *text;
    size_t len;
};

struct block {
    struct block *next;
    max_align_t data[];
};

static void *take(struct reader *r, size_t size)
{
    struct block *b = calloc(1, sizeof(*b) + (size ? size : 1));
    if (!b)
        return NULL;
    b->next = r->f->blocks;
    r->f->blocks = b;
    return b->data;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static int wrong(struct reader *r, const struct json_place *p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int wrong(struct reader *r, const struct json_place *p, const char *fmt, ...)
{
    char *to = r->f->error;
    size_t size = sizeof(r->f->error), at = 0;
    if (p) {
        at = (size_t)snprintf(to, size, "line %u: ", json_place_line(p, r->text, r->len));
        at += json_place_print(p, to + at, size / 2 - at);
        at += (size_t)snprintf(to + at, size - at, ": ");
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(to + at, size - at, fmt, ap);
    va_end(ap);
    return WOAD_ERR_FORMAT;
}

static int no_memory(struct reader *r)
{
    snprintf(r->f->error, sizeof(r->f->error), "no memory");
    return WOAD_ERR_NO_MEM;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

/* The list, which is ended by NULL, with commas between. */
static const char *join(const char *const *list, char *to, size_t size)
{
    size_t at = 0;
    to[0] = '\0';
    for (; *list && at < size; list++)
        at += (size_t)snprintf(to + at, size - at, "%s%s", at ? ", " : "", *list);
    return to;
}

/* p, NULL for the root, is an object whose keys are all in the list, which is ended by NULL. */
static int check_keys(struct reader *r, const struct json_place *p, json_object *o,
                      const char *const *keys)
{
    char all[160];
    if (!json_object_is_type(o, json_type_object))
        return wrong(r, p, "an object {...} is wanted");
    json_object_object_foreach(o, key, value)
    {
        const char *const *k = keys;
        (void)value;
        while (*k && strcmp(*k, key) != 0)
            k++;
        if (!*k)
            return wrong(r, &(struct json_place){p, key, -1},
                         "this key is not known here; known are %s", join(keys, all, sizeof(all)));
    }
    return 0;
}

static json_object *get(json_object *o, const char *key)
{
    return json_object_object_get(o, key);
}

/* A whole number least..most; stays as it is without the key. */
static int get_number(struct reader *r, const struct json_place *up, json_object *o,
                      const char *key, int64_t least, int64_t most, int64_t *to)
{
    json_object *v;
    if (!json_object_object_get_ex(o, key, &v))
        return 0;
    struct json_place p = {up, key, -1};
    int64_t n = json_object_get_int64(v);
    if (!json_object_is_type(v, json_type_int) || n < least || n > most)
        return wrong(r, &p, "a whole number from %lld to %lld is wanted", (long long)least,
                     (long long)most);
    *to = n;
    return 0;
}

static int get_string(struct reader *r, const struct json_place *up, json_object *o,
                      const char *key, const char **to)
{
    json_object *v;
    if (!json_object_object_get_ex(o, key, &v))
        return 0;
    struct json_place p = {up, key, -1};
    size_t len =
        json_object_is_type(v, json_type_string) ? (size_t)json_object_get_string_len(v) : 0;
    if (!len || len > 248 || strlen(json_object_get_string(v)) != len)
        return wrong(r, &p, "a string of 1 to 248 octets is wanted");
    char *copy = take(r, len + 1);
    if (!copy)
        return no_memory(r);
    memcpy(copy, json_object_get_string(v), len);
    *to = copy;
    return 0;
}

static int get_bool(struct reader *r, const struct json_place *up, json_object *o, const char *key,
                    bool *to)
{
    json_object *v;
    if (!json_object_object_get_ex(o, key, &v))
        return 0;
    struct json_place p = {up, key, -1};
    if (!json_object_is_type(v, json_type_boolean))
        return wrong(r, &p, "true or false is wanted");
    *to = json_object_get_boolean(v);
    return 0;
}

/* The position of a string in a list that is ended by NULL. */
static int get_choice(struct reader *r, const struct json_place *up, json_object *o,
                      const char *key, const char *const *choices, int *to)
{
    json_object *v;
    if (!json_object_object_get_ex(o, key, &v))
        return 0;
    struct json_place p = {up, key, -1};
    const char *text = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
    char all[160];
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0) {
            *to = i;
            return 0;
        }
    return wrong(r, &p, "one of %s is wanted", join(choices, all, sizeof(all)));
}

static int get_uuid(struct reader *r, const struct json_place *up, json_object *o,
                    struct woad_uuid *to)
{
    struct json_place p = {up, "uuid", -1};
    json_object *v = get(o, "uuid");
    if (!json_object_is_type(v, json_type_string) ||
        woad_uuid_parse(json_object_get_string(v), to) < 0)
        return wrong(r, &p, "a UUID is wanted, like \"180f\" or \"6e400001-...\"");
    return 0;
}

/* The array of a key: *count elements, 0 without the key. */
static int get_array(struct reader *r, const struct json_place *up, json_object *o, const char *key,
                     size_t most, json_object **array, unsigned *count)
{
    *count = 0;
    if (!json_object_object_get_ex(o, key, array))
        return 0;
    struct json_place p = {up, key, -1};
    if (!json_object_is_type(*array, json_type_array))
        return wrong(r, &p, "an array [...] is wanted");
    if (json_object_array_length(*array) > most)
        return wrong(r, &p, "%zu is the most", most);
    *count = (unsigned)json_object_array_length(*array);
    return 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char *const types[] = {"u8", "u16", "u32", "i8", "i16", "i32", NULL};
static const enum value_kind type_kinds[] = {VALUE_U8, VALUE_U16, VALUE_U32,
                                             VALUE_I8, VALUE_I16, VALUE_I32};

static int put_number(struct reader *r, const struct json_place *p, enum value_kind kind,
                      json_object *v, uint8_t *octets, size_t *len)
{
    if (!json_object_is_type(v, json_type_int) || *len + value_width(kind) > VALUE_MAX ||
        value_put(kind, json_object_get_int64(v), octets + *len) < 0)
        return wrong(r, p, "a whole number from %lld to %lld is wanted; 512 octets at most",
                     (long long)value_least(kind), (long long)value_most(kind));
    *len += value_width(kind);
    return 0;
}

static int put_numbers(struct reader *r, const struct json_place *p, enum value_kind kind,
                       json_object *v, uint8_t *octets, size_t *len)
{
    if (!json_object_is_type(v, json_type_array))
        return put_number(r, p, kind, v, octets, len);
    int err = 0;
    for (size_t i = 0; i < json_object_array_length(v) && err == 0; i++)
        err = put_number(r, p, kind, json_object_array_get_idx(v, i), octets, len);
    return err;
}

static int put_text(struct reader *r, const struct json_place *p, json_object *v, uint8_t *octets,
                    size_t *len)
{
    if (!json_object_is_type(v, json_type_string) || json_object_get_string_len(v) > VALUE_MAX)
        return wrong(r, p, "a string of at most 512 octets is wanted");
    *len = (size_t)json_object_get_string_len(v);
    memcpy(octets, json_object_get_string(v), *len);
    return 0;
}

static int put_typed(struct reader *r, const struct json_place *p, json_object *o, uint8_t *octets,
                     size_t *len)
{
    json_object *v;
    if (json_object_object_length(o) == 1 && json_object_object_get_ex(o, "hex", &v)) {
        int n = json_object_is_type(v, json_type_string)
                    ? value_parse_hex(json_object_get_string(v), octets, VALUE_MAX)
                    : -1;
        *len = n < 0 ? 0 : (size_t)n;
        return n < 0 ? wrong(r, p, "an even number of hex digits is wanted, 1024 at most") : 0;
    }
    if (json_object_object_length(o) == 1 && json_object_object_get_ex(o, "text", &v))
        return put_text(r, p, v, octets, len);
    for (int i = 0; types[i]; i++)
        if (json_object_object_length(o) == 1 && json_object_object_get_ex(o, types[i], &v))
            return put_numbers(r, p, type_kinds[i], v, octets, len);
    return wrong(r, p, "an object with one key is wanted: hex, text, u8, u16, u32, i8, i16 or i32");
}

static int read_octets(struct reader *r, const struct json_place *p, json_object *v,
                       uint8_t *octets, size_t *len)
{
    *len = 0;
    switch (json_object_get_type(v)) {
    case json_type_string: return put_text(r, p, v, octets, len);
    case json_type_array: return put_numbers(r, p, VALUE_U8, v, octets, len);
    case json_type_object: return put_typed(r, p, v, octets, len);
    default: return wrong(r, p, "a string, an array of octets or {\"u8\": 1} is wanted");
    }
}

/* most: of the description, or 0: as long as the value is, and as least octets. */
static int make_value(struct reader *r, const struct json_place *p, json_object *v, int64_t most,
                      uint16_t least, struct woad_gatt_value *to)
{
    uint8_t octets[VALUE_MAX];
    size_t len = 0;
    int err = v ? read_octets(r, p, v, octets, &len) : 0;
    if (err)
        return err;
    if (most && len > (size_t)most)
        return wrong(r, p, "%zu octets are more than \"max\"", len);
    least = least > len ? least : (uint16_t)len;
    to->capacity = most ? (uint16_t)most : least ? least : 1;
    to->len = (uint16_t)len;
    to->data = take(r, to->capacity);
    if (!to->data)
        return no_memory(r);
    memcpy(to->data, octets, len);
    return 0;
}

/* ---- access ---------------------------------------------------------------------------------- */

/* Numbered as enum woad_gatt_access. */
static const char *const levels[] = {"never", "open", "encrypted", "authenticated", "secure", NULL};

static int get_access(struct reader *r, const struct json_place *p, json_object *o, bool can_read,
                      bool can_write, uint8_t *access)
{
    int read = can_read, write = can_write;
    struct json_place at = {p, "read", -1};
    int err = get_choice(r, p, o, "read", levels, &read);
    if (err == 0)
        err = get_choice(r, p, o, "write", levels, &write);
    if (err)
        return err;
    if (read && !can_read)
        return wrong(r, &at, "the properties lack \"read\"");
    at.key = "write";
    if (write && !can_write)
        return wrong(r, &at, "the properties lack \"write\" and \"write-no-rsp\"");
    *access = WOAD_GATT_ACCESS(read, write);
    return 0;
}

static int get_properties(struct reader *r, const struct json_place *up, json_object *o,
                          uint8_t *bits)
{
    static const char *const names[] = {"read",     "write-no-rsp", "write", "notify",
                                        "indicate", "signed-write", NULL};
    json_object *array;
    unsigned count;
    int err = get_array(r, up, o, "properties", 8, &array, &count);
    for (unsigned i = 0; i < count && err == 0; i++) {
        struct json_place p = {up, "properties", (int)i};
        json_object *v = json_object_array_get_idx(array, i);
        const char *text =
            json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
        unsigned k = 0;
        while (names[k] && strcmp(names[k], text) != 0)
            k++;
        if (!names[k])
            return wrong(r, &p,
                         "one of read, write, write-no-rsp, notify, indicate, signed-write "
                         "is wanted");
        *bits |= (uint8_t)(2u << k);
    }
    if (err == 0 && !*bits)
        return wrong(r, up, "\"properties\" are missing, like [\"read\", \"notify\"]");
    return err;
}

/* ---- sources of notifications ---------------------------------------------------------------- */

static int read_list(struct reader *r, const struct json_place *up, json_object *o,
                     struct serve_source *s)
{
    json_object *array;
    unsigned count;
    int err = get_array(r, up, o, "values", MAX_LIST, &array, &count);
    if (err)
        return err;
    if (!count)
        return wrong(r, up, "\"values\" are missing: an array of values");
    s->list = take(r, count * sizeof(*s->list));
    if (!s->list)
        return no_memory(r);
    for (unsigned i = 0; i < count && err == 0; i++) {
        struct json_place p = {up, "values", (int)i};
        err = make_value(r, &p, json_object_array_get_idx(array, i), 0, 0, &s->list[i]);
    }
    s->count = (uint16_t)count;
    return err;
}

static int read_source(struct reader *r, const struct json_place *up, json_object *o,
                       struct serve_source *s)
{
    static const char *const keys[] = {"source", "type",     "from",   "to",
                                       "step",   "every_ms", "values", NULL};
    static const char *const kinds[] = {"", "counter", "random", "list", NULL};
    struct json_place p = {up, "notify", -1};
    int kind = 0, type = 0;
    int64_t every_ms = 1000, least, most;
    int err = check_keys(r, &p, o, keys);
    if (err == 0)
        err = get_choice(r, &p, o, "source", kinds, &kind);
    if (err == 0)
        err = get_choice(r, &p, o, "type", types, &type);
    if (err)
        return err;
    if (!kind)
        return wrong(r, &p, "\"source\" is missing: counter, random or list");
    s->type = (uint8_t)type_kinds[type];
    least = value_least(type_kinds[type]);
    most = value_most(type_kinds[type]);
    s->to = most;
    s->step = 1;
    err = get_number(r, &p, o, "from", least, most, &s->from);
    if (err == 0)
        err = get_number(r, &p, o, "to", s->from, most, &s->to);
    if (err == 0)
        err = get_number(r, &p, o, "step", -most, most, &s->step);
    if (err == 0)
        err = get_number(r, &p, o, "every_ms", 1, 86400000, &every_ms);
    if (err == 0 && kind == SERVE_LIST)
        err = read_list(r, &p, o, s);
    s->kind = (uint8_t)kind;
    s->every_ms = (uint32_t)every_ms;
    s->at = s->step < 0 ? s->to : s->from;
    return err;
}

/* The value has room for all that its source makes. */
static uint16_t source_len(const struct serve_source *s)
{
    uint16_t len = s->kind == SERVE_NONE || s->kind == SERVE_LIST
                       ? 0
                       : (uint16_t)value_width((enum value_kind)s->type);
    for (unsigned i = 0; i < s->count; i++)
        len = s->list[i].len > len ? s->list[i].len : len;
    return len;
}

/* ---- included services ----------------------------------------------------------------------- */

/* The service before this one that v names, by its UUID or its number in the file. */
static int find_service(struct reader *r, const struct json_place *p, json_object *v,
                        const struct serve_service **to)
{
    const struct serve_file *f = r->f;
    struct woad_uuid uuid;
    unsigned count = 0;
    if (json_object_is_type(v, json_type_int)) {
        int64_t n = json_object_get_int64(v);
        if (n < 0 || n >= f->service_count)
            return wrong(r, p, "the number of a service before this one is wanted (from 0)");
        *to = &f->services[n];
        return 0;
    }
    if (!json_object_is_type(v, json_type_string) ||
        woad_uuid_parse(json_object_get_string(v), &uuid) < 0)
        return wrong(r, p, "the UUID or number of a service before this one is wanted");
    for (unsigned i = 0; i < f->service_count; i++)
        if (woad_uuid_equal(&f->services[i].uuid, &uuid)) {
            *to = &f->services[i];
            count++;
        }
    if (count == 1)
        return 0;
    return wrong(r, p, "%u services before this one have this UUID%s", count,
                 count ? "; give the number of one (from 0)" : "");
}

static int read_includes(struct reader *r, const struct json_place *up, json_object *array,
                         struct woad_gatt_attr *attrs, unsigned count)
{
    int err = 0;
    for (unsigned i = 0; i < count && err == 0; i++) {
        struct json_place p = {up, "includes", (int)i};
        const struct serve_service *s = NULL;
        err = find_service(r, &p, json_object_array_get_idx(array, i), &s);
        if (err == 0)
            attrs[i] = (struct woad_gatt_attr)WOAD_GATT_INCLUDE(&s->service);
    }
    return err;
}

/* ---- services -------------------------------------------------------------------------------- */

/* The attributes of a service, as they are appended. */
struct builder {
    struct serve_service *s;
    struct serve_desc *descs;
    uint16_t at;
    unsigned desc;
};

static int read_desc(struct reader *r, const struct json_place *p, json_object *o,
                     struct builder *b)
{
    static const char *const keys[] = {"uuid", "value", "read", "write", "max", NULL};
    struct serve_desc *d = &b->descs[b->desc++];
    struct json_place at = {p, "value", -1};
    const struct woad_uuid ccc = WOAD_UUID16(0x2902);
    int64_t max = 0;
    uint8_t access = 0;
    int err = check_keys(r, p, o, keys);
    if (err == 0)
        err = get_uuid(r, p, o, &d->uuid);
    if (err == 0 && woad_uuid_equal(&d->uuid, &ccc))
        return wrong(r, p, "2902 is made by itself where \"notify\" or \"indicate\" is a property");
    if (err == 0)
        err = get_access(r, p, o, true, get(o, "write") != NULL, &access);
    if (err == 0)
        err = get_number(r, p, o, "max", 1, VALUE_MAX, &max);
    if (err == 0)
        err = make_value(r, &at, get(o, "value"), max, access >> 4 ? VALUE_MAX : 0, &d->value);
    if (err == 0)
        b->s->attrs[b->at++] = (struct woad_gatt_attr){
            .type = &d->uuid, .value = &d->value, .kind = WOAD_GATT_KIND_VALUE, .access = access};
    return err;
}

static int read_descs(struct reader *r, const struct json_place *up, json_object *o,
                      struct builder *b)
{
    json_object *array;
    unsigned count;
    int err = get_array(r, up, o, "descriptors", MAX_DESCS, &array, &count);
    for (unsigned i = 0; i < count && err == 0; i++) {
        struct json_place p = {up, "descriptors", (int)i};
        err = read_desc(r, &p, json_object_array_get_idx(array, i), b);
    }
    return err;
}

static void put_chr(struct builder *b, struct serve_chr *c, uint8_t access)
{
    struct woad_gatt_attr *a = &b->s->attrs[b->at];
    uint8_t read = access & 7;
    *a++ = (struct woad_gatt_attr)WOAD_GATT_CHARACTERISTIC(c->properties);
    c->index = (uint16_t)(b->at + 1);
    *a++ = (struct woad_gatt_attr){
        .type = &c->uuid, .value = &c->value, .kind = WOAD_GATT_KIND_VALUE, .access = access};
    if (c->properties & (WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE)) /* as secret as the value is */
        *a++ = (struct woad_gatt_attr)WOAD_GATT_CCCD(read ? read : WOAD_GATT_OPEN);
    b->at = (uint16_t)(a - b->s->attrs);
}

static int read_chr(struct reader *r, const struct json_place *p, json_object *o, struct builder *b)
{
    static const char *const keys[] = {"uuid", "properties",  "read",   "write", "value",
                                       "max",  "descriptors", "notify", NULL};
    struct serve_chr *c = &b->s->chrs[b->s->chr_count++];
    struct json_place at = {p, "value", -1};
    json_object *source;
    int64_t max = 0;
    uint8_t access = 0;
    int err = check_keys(r, p, o, keys);
    if (err == 0)
        err = get_uuid(r, p, o, &c->uuid);
    if (err == 0)
        err = get_properties(r, p, o, &c->properties);
    bool writable =
        c->properties & (WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP | WOAD_GATT_SIGNED_WRITE);
    if (err == 0)
        err = get_access(r, p, o, c->properties & WOAD_GATT_READ, writable, &access);
    if (err == 0 && json_object_object_get_ex(o, "notify", &source))
        err = c->properties & (WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE)
                  ? read_source(r, p, source, &c->source)
                  : wrong(r, p, "\"notify\" needs the property notify or indicate");
    if (err == 0)
        err = get_number(r, p, o, "max", 1, VALUE_MAX, &max);
    if (err == 0 && max && max < source_len(&c->source))
        return wrong(r, p, "\"max\" is less than what \"notify\" makes");
    if (err == 0)
        err = make_value(r, &at, get(o, "value"), max,
                         writable ? VALUE_MAX : source_len(&c->source), &c->value);
    if (err)
        return err;
    put_chr(b, c, access);
    return read_descs(r, p, o, b);
}

/* Room for the attributes that so many characteristics and included services can have. */
static bool take_tables(struct reader *r, struct builder *b, json_object *array, unsigned count,
                        unsigned includes)
{
    size_t descs = 0;
    for (unsigned i = 0; i < count; i++) {
        json_object *list = get(json_object_array_get_idx(array, i), "descriptors");
        if (json_object_is_type(list, json_type_array))
            descs += json_object_array_length(list); /* too many are refused later */
    }
    b->s->attrs = take(r, (1 + includes + 3 * (size_t)count + descs) * sizeof(*b->s->attrs));
    b->s->chrs = take(r, count * sizeof(*b->s->chrs));
    b->descs = take(r, descs * sizeof(*b->descs));
    return b->s->attrs && b->s->chrs && b->descs;
}

static void count_cccds(struct serve_file *f, const struct serve_service *s)
{
    for (unsigned i = 0; i < s->service.count; i++)
        f->cccd_count += s->attrs[i].kind == WOAD_GATT_KIND_CCCD;
    f->attr_count += s->service.count;
}

static int read_service(struct reader *r, const struct json_place *p, json_object *o,
                        struct serve_service *s)
{
    static const char *const keys[] = {"uuid", "secondary", "includes", "characteristics", NULL};
    struct builder b = {.s = s};
    json_object *array = NULL, *included = NULL;
    unsigned count, includes;
    bool secondary = false;
    int err = check_keys(r, p, o, keys);
    if (err == 0)
        err = get_uuid(r, p, o, &s->uuid);
    if (err == 0)
        err = get_bool(r, p, o, "secondary", &secondary);
    if (err == 0)
        err = get_array(r, p, o, "includes", MAX_SERVICES, &included, &includes);
    if (err == 0)
        err = get_array(r, p, o, "characteristics", MAX_CHRS, &array, &count);
    if (err)
        return err;
    for (unsigned i = 0; i < count; i++)
        if (!json_object_is_type(json_object_array_get_idx(array, i), json_type_object))
            return wrong(r, &(struct json_place){p, "characteristics", (int)i},
                         "an object {...} is wanted");
    if (!take_tables(r, &b, array, count, includes))
        return no_memory(r);
    s->attrs[b.at++] = secondary ? (struct woad_gatt_attr)WOAD_GATT_SECONDARY(&s->uuid)
                                 : (struct woad_gatt_attr)WOAD_GATT_SERVICE(&s->uuid);
    err = read_includes(r, p, included, s->attrs + b.at, includes);
    b.at = (uint16_t)(b.at + includes);
    for (unsigned i = 0; i < count && err == 0; i++) {
        struct json_place at = {p, "characteristics", (int)i};
        err = read_chr(r, &at, json_object_array_get_idx(array, i), &b);
    }
    s->service.attrs = s->attrs;
    s->service.count = b.at;
    count_cccds(r->f, s);
    return err;
}

static int read_services(struct reader *r, json_object *root)
{
    struct serve_file *f = r->f;
    json_object *array;
    unsigned count;
    int err = get_array(r, NULL, root, "services", MAX_SERVICES, &array, &count);
    if (err)
        return err;
    if (!count)
        return wrong(r, NULL, "\"services\" are missing: an array with one at least");
    f->services = take(r, count * sizeof(*f->services));
    if (!f->services)
        return no_memory(r);
    for (; f->service_count < count && err == 0; f->service_count++) {
        struct json_place p = {NULL, "services", (int)f->service_count};
        err = read_service(r, &p, json_object_array_get_idx(array, f->service_count),
                           &f->services[f->service_count]);
    }
    return err;
}

static int read_security(struct reader *r, json_object *root)
{
    static const char *const keys[] = {"io", "level", "bond", NULL};
    static const char *const ios[] = {"none",     "display",          "yesno",
                                      "keyboard", "keyboard-display", NULL};
    const struct json_place p = {NULL, "security", -1};
    json_object *o;
    int64_t level = 2;
    int io = 0;
    if (!json_object_object_get_ex(root, "security", &o))
        return 0;
    int err = check_keys(r, &p, o, keys);
    if (err == 0)
        err = get_choice(r, &p, o, "io", ios, &io);
    if (err == 0)
        err = get_number(r, &p, o, "level", 2, 4, &level);
    if (err == 0)
        err = get_bool(r, &p, o, "bond", &r->f->bond);
    r->f->io = ios[io];
    r->f->level = (uint8_t)level;
    return err;
}

static int read_root(struct reader *r, json_object *root)
{
    static const char *const keys[] = {"name", "appearance", "security", "services", NULL};
    int64_t appearance = 0;
    int err = check_keys(r, NULL, root, keys);
    if (err == 0)
        err = get_string(r, NULL, root, "name", &r->f->name);
    if (err == 0)
        err = get_number(r, NULL, root, "appearance", 0, 0xFFFF, &appearance);
    r->f->appearance = (uint16_t)appearance;
    if (err == 0)
        err = read_security(r, root);
    return err ? err : read_services(r, root);
}

static int syntax(struct reader *r, const char *text, size_t end, enum json_tokener_error why)
{
    unsigned line, column;
    json_place_of(text, end, &line, &column);
    return wrong(r, NULL, "line %u, column %u: %s", line, column,
                 why == json_tokener_continue ? "the file ends too early"
                                              : json_tokener_error_desc(why));
}

int serve_json_read(struct serve_file *f, const char *text, size_t len)
{
    *f = (struct serve_file){.name = "woad", .io = "none", .level = 2, .bond = true};
    struct reader r = {f, text, len};
    if (len > 1u << 20)
        return wrong(&r, NULL, "longer than 1 MiB");
    struct json_tokener *t = json_tokener_new_ex(16);
    if (!t)
        return no_memory(&r);
    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *root = json_tokener_parse_ex(t, text, (int)len);
    enum json_tokener_error why = json_tokener_get_error(t);
    size_t end = json_tokener_get_parse_end(t);
    while (why == json_tokener_success && end < len && strchr(" \t\r\n", text[end]) && text[end])
        end++;
    if (why == json_tokener_success && end < len)
        why = json_tokener_error_parse_unexpected;
    int err = why == json_tokener_success ? read_root(&r, root) : syntax(&r, text, end, why);
    json_object_put(root);
    json_tokener_free(t);
    return err;
}

void serve_json_free(struct serve_file *f)
{
    for (struct block *b = f->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *f = (struct serve_file){0};
}
