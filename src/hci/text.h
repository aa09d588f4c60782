/* Text into a fixed buffer without stdio: what does not fit is cut, and the end is always a NUL. */
#ifndef WOAD_HCI_TEXT_H
#define WOAD_HCI_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct woad_text {
    char *p;
    size_t size; /* of the buffer, at least 1 */
    size_t len;
};

static inline struct woad_text woad_text_init(char *p, size_t size)
{
    p[0] = 0;
    return (struct woad_text){p, size, 0};
}

static inline void woad_text_char(struct woad_text *t, char c)
{
    if (t->len + 1 >= t->size)
        return;
    t->p[t->len++] = c;
    t->p[t->len] = 0;
}

static inline void woad_text_str(struct woad_text *t, const char *s)
{
    while (*s)
        woad_text_char(t, *s++);
}

static inline void woad_text_dec(struct woad_text *t, uint64_t v)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n)
        woad_text_char(t, digits[--n]);
}

static inline void woad_text_hex(struct woad_text *t, uint64_t v, unsigned digits)
{
    while (digits)
        woad_text_char(t, "0123456789abcdef"[v >> (4 * --digits) & 15]);
}

static inline void woad_text_0x(struct woad_text *t, uint64_t v, unsigned digits)
{
    woad_text_str(t, "0x");
    woad_text_hex(t, v, digits);
}

#endif
