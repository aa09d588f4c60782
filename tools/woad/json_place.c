#include "json_place.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t json_place_print(const struct json_place *p, char *to, size_t size)
{
    size_t at = p->up ? json_place_print(p->up, to, size) : 0;
    int n = snprintf(to + at, size - at, p->index < 0 ? "%s%s" : "%s%s[%d]", at ? "." : "", p->key,
                     p->index);
    at += n < 0 ? 0 : (size_t)n;
    return at < size ? at : size - 1;
}

void json_place_of(const char *text, size_t offset, unsigned *line, unsigned *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset; i++) {
        *column = text[i] == '\n' ? 1 : *column + 1;
        *line += text[i] == '\n';
    }
}

/* ---- a walk over the text -------------------------------------------------------------------- */

struct walk {
    const char *text;
    size_t len;
    size_t at;
};

static char peek(const struct walk *w)
{
    return w->at < w->len ? w->text[w->at] : '\0';
}

static void skip_blanks(struct walk *w)
{
    while (w->at < w->len && strchr(" \t\r\n", w->text[w->at]) && w->text[w->at])
        w->at++;
}

static bool take(struct walk *w, char c)
{
    skip_blanks(w);
    if (peek(w) != c)
        return false;
    w->at++;
    skip_blanks(w);
    return true;
}

static void skip_string(struct walk *w)
{
    for (w->at++; w->at < w->len && w->text[w->at] != '"'; w->at++)
        w->at += w->text[w->at] == '\\';
    w->at = w->at < w->len ? w->at + 1 : w->len;
}

static void skip_value(struct walk *w)
{
    unsigned depth = 0;
    do {
        char c = peek(w);
        if (!depth && (c == ',' || c == '}' || c == ']'))
            return;
        depth += c == '{' || c == '[';
        depth -= depth && (c == '}' || c == ']');
        if (c == '"')
            skip_string(w);
        else if (w->at < w->len)
            w->at++;
    } while (w->at < w->len);
}

/* From the start of an object to the value of key: *place is where the key stands. */
static bool enter_key(struct walk *w, const char *key, size_t *place)
{
    size_t value = 0, len = strlen(key);
    if (!take(w, '{'))
        return false;
    while (peek(w) == '"') {
        size_t start = w->at;
        skip_string(w);
        bool same = w->at - start == len + 2 && memcmp(w->text + start + 1, key, len) == 0;
        if (!take(w, ':'))
            break;
        if (same) {
            *place = start;
            value = w->at;
        }
        skip_value(w);
        if (!take(w, ','))
            break;
    }
    w->at = value;
    return value != 0;
}

static bool enter_element(struct walk *w, int index, size_t *place)
{
    if (!take(w, '['))
        return false;
    for (; index > 0; index--) {
        skip_value(w);
        if (!take(w, ','))
            return false;
    }
    *place = w->at;
    return true;
}

/* As far as the text has what p names. */
static bool enter(struct walk *w, const struct json_place *p, size_t *place)
{
    if (p->up && !enter(w, p->up, place))
        return false;
    return enter_key(w, p->key, place) && (p->index < 0 || enter_element(w, p->index, place));
}

unsigned json_place_line(const struct json_place *p, const char *text, size_t len)
{
    struct walk w = {text, len, 0};
    size_t place = 0;
    unsigned line, column;
    skip_blanks(&w);
    place = w.at;
    (void)enter(&w, p, &place);
    json_place_of(text, place, &line, &column);
    return line;
}
