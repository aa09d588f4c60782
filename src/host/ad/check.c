/* Advertising data, checked against the table of types. */
#include "woad/ad.h"

static const struct rule {
    uint8_t type;
    uint8_t min;
    uint8_t max;
    uint8_t step;
    uint8_t once;
} rules[] = {
#define RULE(name, number, min, max, step, once) {number, min, max, step, once},
    WOAD_AD_LIST(RULE)
#undef RULE
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

static int check_field(const struct woad_ad_field *f, uint64_t *seen)
{
    for (size_t i = 0; i < RULES; i++) {
        const struct rule *rule = &rules[i];
        if (rule->type != f->type)
            continue;
        if (f->len < rule->min || f->len > rule->max || f->len % rule->step)
            return WOAD_ERR_FORMAT;
        if (rule->once && *seen >> i & 1)
            return WOAD_ERR_EXISTS;
        *seen |= (uint64_t)1 << i;
    }
    return 0;
}

int woad_ad_check(const void *data, size_t len, size_t *at)
{
    struct woad_rd r = woad_rd_init(data, len);
    struct woad_ad_field f;
    uint64_t seen = 0;
    size_t start = 0;
    int err = 0;
    _Static_assert(RULES <= 64, "a bit of `seen` for each rule");
    while (!err) {
        start = len - r.left;
        if (!r.left || !r.p[0]) { /* the end, early or not: nothing but zeros */
            while (!err && r.left)
                err = woad_rd_u8(&r) ? WOAD_ERR_FORMAT : 0;
            break;
        }
        int more = woad_ad_next(&r, &f);
        err = more < 0 ? more : check_field(&f, &seen);
    }
    if (at)
        *at = err ? start : len;
    return err;
}
