/* The interpreter of field formats; see woad/fields.h. One walk serves three purposes: reading
 * (octets to visitor), making (random numbers to octets) and measuring (nothing to nothing). */
#include "woad/fields.h"

#include <string.h>

#define VARS_MAX   48 /* numbers that later counts may name */
#define DEPTH_MAX  6
#define MAKE_COUNT 4  /* a made array has fewer elements than this */
#define MAKE_LEN   24 /* and made octets are fewer than this */

enum mode { READ, MAKE, MEASURE };

struct var {
    const char *name;
    size_t len;
    uint64_t value;
};

struct walk {
    enum mode mode;
    struct woad_rd *rd;
    struct woad_wr *wr;
    uint64_t *seed;
    const struct woad_field_visitor *v;
    void *arg;
    const char *format; /* the whole of it, to see what later counts refer to */
    size_t measured;
    size_t assumed; /* measuring: what every variable count is taken for */
    bool variable;
    int err;
    unsigned depth;
    uint8_t bit; /* bits of `octet` used up; 0: at an octet boundary */
    uint8_t octet;
    unsigned vars_used;
    struct var vars[VARS_MAX];
};

/* One item, parsed: pointers into the format. */
struct item {
    const char *name;
    size_t name_len;
    const char *group; /* after '{', or NULL */
    const char *count; /* after '[', or NULL */
    const char *bound; /* after '(', or NULL */
    const char *cond;  /* after '?', or NULL */
    struct woad_field_type type;
};

static void walk_items(struct walk *w, const char *p);

uint64_t woad_fields_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_len(const char *p)
{
    size_t n = 0;
    while (is_name_char(p[n]))
        n++;
    return n;
}

static uint32_t number(const char **p)
{
    uint32_t n = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        n = n * 10 + (uint32_t)(**p - '0');
    return n;
}

static void fail(struct walk *w, const char *text, size_t n)
{
    if (w->err)
        return;
    w->err = WOAD_ERR_FORMAT;
    if (w->v && w->v->note)
        w->v->note(w->arg, text, n);
}

/* ---- numbers and octets ---------------------------------------------------------------------- */

static uint64_t read_bits(struct walk *w, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bits; i++) {
        if (w->bit == 0) {
            if (w->rd->left == 0) {
                fail(w, "octets missing", (bits - i + 7) / 8);
                return 0;
            }
            w->octet = woad_rd_u8(w->rd);
        }
        value |= (uint64_t)(w->octet >> w->bit & 1) << i;
        w->bit = (w->bit + 1) & 7;
    }
    return value;
}

static void write_bits(struct walk *w, unsigned bits, uint64_t value)
{
    for (unsigned i = 0; i < bits; i++) {
        if (w->bit == 0)
            w->octet = 0;
        w->octet = (uint8_t)(w->octet | (value >> i & 1) << w->bit);
        w->bit = (w->bit + 1) & 7;
        if (w->bit == 0)
            woad_wr_u8(w->wr, w->octet);
    }
    if (!woad_wr_ok(w->wr))
        w->err = WOAD_ERR_TOO_LONG;
}

/* How a later count refers to this name: '[', '(', '#', '|', '?' or 0. */
static char role_in_format(const struct walk *w, const struct item *it)
{
    char role = 0;
    for (const char *p = w->format; *p && role != '['; p++) {
        if ((*p == '[' || *p == '(' || *p == '#' || *p == '|' || *p == '?') &&
            name_len(p + 1) == it->name_len && memcmp(p + 1, it->name, it->name_len) == 0)
            role = *p;
    }
    return role;
}

/* A value of the enumeration, chosen at random. */
static uint64_t make_enum(struct walk *w, const char *names)
{
    unsigned count = 1;
    for (const char *p = names; *p; p++)
        count += *p == '|';
    const char *p = names;
    for (unsigned i = (unsigned)(woad_fields_random(w->seed) % count); i > 0; i--)
        p = strchr(p, '|') + 1;
    return number(&p);
}

static uint64_t make_value(struct walk *w, const struct item *it)
{
    uint64_t random = woad_fields_random(w->seed);
    if (it->name[0] == '_' && it->name_len == 1)
        return 0;
    switch (role_in_format(w, it)) {
    case '[': return random % MAKE_COUNT;
    case '|': return random % MAKE_LEN;
    case '#': return 1 + random % 3;
    default: break;
    }
    if (it->type.kind == WOAD_FIELD_STATUS)
        return 0;
    if (it->type.kind == WOAD_FIELD_ENUM && it->type.names)
        return make_enum(w, it->type.names);
    if (it->type.kind == WOAD_FIELD_FLAGS && it->type.names) {
        uint64_t mask = 0;
        for (const char *p = it->type.names; *p; p++) {
            uint32_t flag = p == it->type.names || p[-1] == '|' ? number(&p) : it->type.bits;
            mask |= flag < it->type.bits ? UINT64_C(1) << flag : 0;
        }
        return random & mask;
    }
    if (it->type.mask)
        random &= it->type.mask;
    return it->type.bits < 64 ? random & ((UINT64_C(1) << it->type.bits) - 1) : random;
}

static uint64_t scalar(struct walk *w, const struct item *it)
{
    unsigned bits = it->type.bits;
    if (w->mode == READ)
        return read_bits(w, bits);
    if (w->mode == MAKE) {
        uint64_t value = make_value(w, it);
        write_bits(w, bits, value);
        return value;
    }
    w->measured += bits;
    return 0;
}

static void set_var(struct walk *w, const struct item *it, uint64_t value)
{
    if (w->vars_used == VARS_MAX) { /* keep the newest; counts refer to what is near */
        memmove(w->vars, w->vars + 1, (VARS_MAX - 1) * sizeof(w->vars[0]));
        w->vars_used--;
    }
    w->vars[w->vars_used++] = (struct var){it->name, it->name_len, value};
}

static uint64_t get_var(struct walk *w, const char **p)
{
    size_t n = name_len(*p);
    const char *name = *p;
    *p += n;
    for (unsigned i = w->vars_used; i-- > 0;) {
        if (w->vars[i].len == n && memcmp(w->vars[i].name, name, n) == 0)
            return w->vars[i].value;
    }
    fail(w, "format: count of an unknown field", 0);
    return 0;
}

/* Octets for a make, of which `shown` mean something: mostly random, text printable, AD in one
 * structure. */
static void make_octets(struct walk *w, const struct item *it, size_t n, size_t shown)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t octet = (uint8_t)woad_fields_random(w->seed);
        if (it->type.kind == WOAD_FIELD_TEXT)
            octet = (uint8_t)('a' + octet % 26);
        if (it->type.kind == WOAD_FIELD_AD && i == 0)
            octet = (uint8_t)(shown ? shown - 1 : 0);
        if (it->type.kind == WOAD_FIELD_AD && i == 1)
            octet = shown < 4 ? 0xfe : 0xff; /* unknown, or manufacturer specific */
        if (i >= shown)
            octet = 0;
        woad_wr_u8(w->wr, octet);
    }
    if (!woad_wr_ok(w->wr))
        w->err = WOAD_ERR_TOO_LONG;
}

/* ---- counts and conditions ------------------------------------------------------------------- */

static unsigned bits_set(uint64_t v)
{
    unsigned n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
}

/* Evaluates a count; *shown is how much of it means something. unit: octets of an element, to turn
 * what is left into a count. */
static size_t eval_count(struct walk *w, const char *p, size_t unit, size_t *shown)
{
    uint64_t n;
    if (*p == '*') {
        w->variable = true;
        if (w->mode == READ)
            n = w->rd->left / (unit ? unit : 1);
        else
            n = w->mode == MAKE ? woad_fields_random(w->seed) % MAKE_COUNT : w->assumed;
    } else if (*p == '#') {
        p++;
        w->variable = true;
        n = bits_set(get_var(w, &p)) + w->assumed;
    } else if (*p >= '0' && *p <= '9') {
        n = number(&p);
        if (*p == '|') {
            p++;
            uint64_t used = get_var(w, &p);
            *shown = (size_t)(used < n ? used : n);
            return (size_t)n;
        }
    } else {
        w->variable = true;
        n = get_var(w, &p) + w->assumed;
        if (*p == '-') {
            p++;
            uint32_t minus = number(&p);
            n = n > minus ? n - minus : 0;
        }
    }
    *shown = (size_t)n;
    return (size_t)n;
}

static bool is_present(struct walk *w, const char *p)
{
    w->variable = true;
    if (*p == '*')
        return w->mode == READ ? w->rd->left > 0 : w->mode == MAKE || w->assumed;
    uint64_t value = get_var(w, &p);
    if (w->mode == MEASURE)
        return w->assumed;
    if (*p != '=')
        return value != 0;
    p++;
    return value == number(&p);
}

/* ---- items ----------------------------------------------------------------------------------- */

/* u16 x8 s8 b3; false if it is none of these. */
static bool inline_type(const char *p, size_t len, struct woad_field_type *type)
{
    static const char letters[] = "uxsb";
    static const uint8_t kinds[] = {WOAD_FIELD_UINT, WOAD_FIELD_HEX, WOAD_FIELD_INT,
                                    WOAD_FIELD_UINT};
    const char *letter = strchr(letters, p[0]);
    if (!letter || len < 2 || len > 3 || p[1] < '1' || p[1] > '9')
        return false;
    const char *digits = p + 1;
    uint32_t bits = number(&digits);
    if (digits != p + len || bits > 64 || (p[0] != 'b' && bits % 8 != 0))
        return false;
    *type = (struct woad_field_type){.kind = kinds[letter - letters], .bits = (uint16_t)bits};
    return true;
}

static const char *skip_group(const char *p)
{
    for (unsigned depth = 1; depth > 0 && *p; p++)
        depth += (unsigned)(*p == '{') - (unsigned)(*p == '}');
    return p;
}

static const char *skip_to(const char *p, char end)
{
    while (*p && *p != end)
        p++;
    return *p ? p + 1 : p;
}

/* Parses the item at p; returns what follows it, or NULL if it is wrong. */
static const char *parse_item(const char *p, struct item *it)
{
    *it = (struct item){.name = p, .name_len = name_len(p)};
    p += it->name_len;
    if (it->name_len == 0 || *p++ != ':')
        return NULL;
    if (*p == '{') {
        it->group = p + 1;
        p = skip_group(p + 1);
        if (p[-1] != '}')
            return NULL;
    } else {
        size_t n = name_len(p);
        if (n == 0)
            return NULL;
        if (!inline_type(p, n, &it->type)) {
            const struct woad_field_type *type = woad_field_type_find(p, n);
            if (!type)
                return NULL;
            it->type = *type;
        }
        p += n;
    }
    for (;;) {
        if (*p == '[') {
            it->count = p + 1;
            p = skip_to(p, ']');
        } else if (*p == '(') {
            it->bound = p + 1;
            p = skip_to(p, ')');
        } else if (*p == '?') {
            it->cond = p + 1;
            while (*p && *p != ' ' && *p != '}')
                p++;
        } else {
            break;
        }
    }
    return *p == ' ' || *p == '}' || *p == 0 ? p : NULL;
}

static bool is_octets(const struct woad_field_type *type)
{
    switch (type->kind) {
    case WOAD_FIELD_BYTES:
    case WOAD_FIELD_KEY:
    case WOAD_FIELD_TEXT:
    case WOAD_FIELD_UUID:
    case WOAD_FIELD_AD:
    case WOAD_FIELD_ADDR: return true;
    default: return false;
    }
}

static void open_group(struct walk *w, const struct woad_field *group)
{
    if (w->v && w->v->open)
        w->v->open(w->arg, group);
    w->depth++;
}

static void close_group(struct walk *w)
{
    w->depth--;
    if (w->v && w->v->close)
        w->v->close(w->arg);
}

static void visit(struct walk *w, const struct item *it, const struct woad_field *f)
{
    if (w->mode == READ && !w->err && it->name[0] != '_' && w->v && w->v->field)
        w->v->field(w->arg, f);
}

/* Runs `format` over exactly these octets; what is left over is shown raw. */
static void walk_within(struct walk *w, const char *format, const uint8_t *data, size_t len)
{
    static const struct woad_field_type raw = {.name = "bytes", .kind = WOAD_FIELD_BYTES};
    struct woad_rd *outer = w->rd;
    struct woad_rd inner = woad_rd_init(data, len);
    w->rd = &inner;
    walk_items(w, format);
    w->bit = 0;
    if (!w->err && inner.left && w->v && w->v->field) {
        const struct woad_field f = {.name = "raw",
                                     .name_len = 3,
                                     .type = &raw,
                                     .data = inner.p,
                                     .len = inner.left,
                                     .at = inner.p,
                                     .index = -1,
                                     .depth = w->depth};
        w->v->field(w->arg, &f);
    }
    w->rd = outer;
}

/* Advertising data: a structure that does not fit is noted, not an error of the packet. */
static void walk_ad(struct walk *w, const struct item *it, const uint8_t *data, size_t len)
{
    static const char unknown[] = "AD";
    struct woad_rd ad = woad_rd_init(data, len);
    int index = 0;
    while (ad.left && !w->err) {
        size_t n = woad_rd_u8(&ad);
        if (n == 0) /* early termination [Vol 3, Part C, 11] */
            break;
        const uint8_t *p = woad_rd_take(&ad, n);
        if (!p) {
            if (w->v && w->v->note)
                w->v->note(w->arg, "advertising data: structure too long by octets", n);
            break;
        }
        const struct woad_ad_row *row = woad_ad_find(p[0]);
        const char *name = row ? row->name : unknown;
        const struct woad_field f = {.name = name,
                                     .name_len = strlen(name),
                                     .type = &it->type,
                                     .value = p[0],
                                     .index = index++,
                                     .depth = w->depth};
        open_group(w, &f);
        walk_within(w, row ? row->fields : "data:bytes[*]", p + 1, n - 1);
        if (w->err == WOAD_ERR_FORMAT)
            w->err = 0; /* noted already */
        close_group(w);
    }
}

/* len octets of BYTES, TEXT, AD, ADDR, ... of which `shown` mean something. */
static void octets_item(struct walk *w, const struct item *it, size_t len, size_t shown, int index)
{
    if (w->mode == MEASURE)
        w->measured += 8 * len;
    if (w->mode == MAKE)
        make_octets(w, it, len, shown);
    if (w->mode != READ)
        return;
    if (len > w->rd->left) {
        fail(w, "octets missing", len - w->rd->left);
        return;
    }
    const uint8_t *data = woad_rd_take(w->rd, len);
    struct woad_field f = {.name = it->name,
                           .name_len = it->name_len,
                           .type = &it->type,
                           .data = data,
                           .len = shown,
                           .at = data,
                           .index = index,
                           .depth = w->depth};
    visit(w, it, &f);
    if (it->type.kind == WOAD_FIELD_AD && w->depth < DEPTH_MAX)
        walk_ad(w, it, data, shown);
}

static void scalar_item(struct walk *w, const struct item *it, int index)
{
    const uint8_t *at = NULL;
    if (w->mode == READ)
        at = w->bit ? w->rd->p - 1 : w->rd->p;
    uint64_t value = scalar(w, it);
    set_var(w, it, value);
    if (it->type.kind == WOAD_FIELD_INT && it->type.bits < 64 && value >> (it->type.bits - 1) & 1)
        value |= ~UINT64_C(0) << it->type.bits;
    struct woad_field f = {.name = it->name,
                           .name_len = it->name_len,
                           .type = &it->type,
                           .value = value,
                           .at = at,
                           .index = index,
                           .depth = w->depth};
    visit(w, it, &f);
}

static void group_item(struct walk *w, const struct item *it, int index)
{
    const struct woad_field f = {
        .name = it->name, .name_len = it->name_len, .index = index, .depth = w->depth};
    size_t shown, len = it->bound ? eval_count(w, it->bound, 1, &shown) : 0;
    open_group(w, &f);
    if (!it->bound || (w->mode == MEASURE && w->assumed))
        walk_items(w, it->group);
    else if (w->mode == MAKE)
        w->err = WOAD_ERR_UNSUPPORTED;
    else if (w->mode == READ && len > w->rd->left)
        fail(w, "octets missing", len - w->rd->left);
    else if (w->mode == READ)
        walk_within(w, it->group, woad_rd_take(w->rd, len), len);
    close_group(w);
}

static void element(struct walk *w, const struct item *it, int index)
{
    size_t octets = it->type.bits / 8u;
    if (it->group)
        group_item(w, it, index);
    else if (is_octets(&it->type))
        octets_item(w, it, octets, octets, index);
    else
        scalar_item(w, it, index);
}

static void walk_item(struct walk *w, const struct item *it)
{
    if (it->cond && !is_present(w, it->cond))
        return;
    size_t shown = 0;
    if (!it->group && it->type.bits == 0) {
        if (!it->count) {
            fail(w, "format: length missing", 0);
            return;
        }
        size_t len = eval_count(w, it->count, 1, &shown);
        octets_item(w, it, len, shown, -1);
        return;
    }
    if (!it->count) {
        element(w, it, -1);
        return;
    }
    bool open_end = it->count[0] == '*' && w->mode == READ;
    size_t n = eval_count(w, it->count, it->type.bits / 8u, &shown);
    for (size_t i = 0; (open_end ? w->rd->left > 0 : i < n) && !w->err; i++) {
        size_t left = open_end ? w->rd->left : 0;
        element(w, it, (int)i);
        if (open_end && w->rd->left == left)
            break; /* an element without octets would never end */
    }
}

/* To the end of the format or of the group. */
static void walk_items(struct walk *w, const char *p)
{
    if (w->depth > DEPTH_MAX) {
        fail(w, "format: nested too deep", 0);
        return;
    }
    while (*p && *p != '}' && !w->err) {
        struct item it;
        p = parse_item(p, &it);
        if (!p) {
            fail(w, "format: syntax", 0);
            return;
        }
        walk_item(w, &it);
        while (*p == ' ')
            p++;
    }
}

int woad_fields_walk(const char *format, struct woad_rd *r, const struct woad_field_visitor *v,
                     void *arg)
{
    struct walk w = {.mode = READ, .rd = r, .v = v, .arg = arg, .format = format};
    walk_items(&w, format);
    return w.err;
}

int woad_fields_make(const char *format, struct woad_wr *wr, uint64_t *seed)
{
    struct walk w = {.mode = MAKE, .wr = wr, .seed = seed, .format = format};
    walk_items(&w, format);
    return w.err;
}

int woad_fields_check(const char *format, bool *fixed)
{
    struct walk least = {.mode = MEASURE, .format = format};
    struct walk most = {.mode = MEASURE, .format = format, .assumed = 1}; /* sees every item */
    walk_items(&least, format);
    walk_items(&most, format);
    if (fixed)
        *fixed = !least.variable;
    if (least.err || most.err || least.measured % 8 != 0 || most.measured % 8 != 0)
        return WOAD_ERR_FORMAT;
    return (int)(least.measured / 8);
}
