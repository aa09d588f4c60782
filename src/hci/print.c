/* Text for people from the decoder's visits; see woad_print in woad/hci_decode.h. */
#include <string.h>

#include "text.h"
#include "woad/hci_decode.h"

#define LINE_SIZE   512
#define DEPTH_SHOWN 12

enum color { PLAIN, LAYER, NAME, WRONG };

static void out(struct woad_print *p, const char *s)
{
    p->text(p->arg, s, strlen(s));
}

static void set_color(struct woad_print *p, enum color color)
{
    static const char *const codes[] = {"\x1b[0m", "\x1b[1m", "\x1b[36m", "\x1b[31m"};
    if (p->color)
        out(p, codes[color]);
}

static void indent(struct woad_print *p)
{
    for (unsigned i = 0; i < p->depth && i < DEPTH_SHOWN; i++)
        out(p, "  ");
}

static void print_layer(void *arg, const struct woad_layer *layer)
{
    struct woad_print *p = arg;
    char line[LINE_SIZE];
    struct woad_text t = woad_text_init(line, sizeof(line));
    woad_text_str(&t, layer->protocol);
    woad_text_char(&t, ' ');
    woad_text_str(&t, layer->name ? layer->name : "unknown");
    woad_text_str(&t, " (");
    woad_text_0x(&t, layer->code, layer->code_digits);
    woad_text_str(&t, ") len ");
    woad_text_dec(&t, layer->len);
    indent(p);
    set_color(p, LAYER);
    out(p, line);
    set_color(p, PLAIN);
    out(p, "\n");
    p->depth++;
}

static void print_end(void *arg)
{
    struct woad_print *p = arg;
    if (p->depth)
        p->depth--;
}

static void put_label(struct woad_text *t, const struct woad_field *f)
{
    for (size_t i = 0; i < f->name_len; i++)
        woad_text_char(t, f->name[i]);
    if (f->index >= 0 && !(f->type && f->type->kind == WOAD_FIELD_AD)) {
        woad_text_char(t, '[');
        woad_text_dec(t, (uint64_t)f->index);
        woad_text_char(t, ']');
    }
    woad_text_char(t, ':');
}

static void print_field(void *arg, const struct woad_field *f)
{
    struct woad_print *p = arg;
    if (f->type->kind == WOAD_FIELD_AD) /* its structures follow */
        return;
    char line[LINE_SIZE];
    struct woad_text t = woad_text_init(line, sizeof(line));
    put_label(&t, f);
    indent(p);
    set_color(p, NAME);
    out(p, line);
    set_color(p, PLAIN);
    (void)woad_field_format(f, line, sizeof(line));
    out(p, " ");
    out(p, line);
    out(p, "\n");
}

static void print_open(void *arg, const struct woad_field *group)
{
    struct woad_print *p = arg;
    char line[LINE_SIZE];
    struct woad_text t = woad_text_init(line, sizeof(line));
    put_label(&t, group);
    indent(p);
    set_color(p, NAME);
    out(p, line);
    set_color(p, PLAIN);
    out(p, "\n");
    p->depth++;
}

static void print_note(void *arg, const char *text, size_t n)
{
    struct woad_print *p = arg;
    char line[LINE_SIZE];
    struct woad_text t = woad_text_init(line, sizeof(line));
    woad_text_str(&t, "! ");
    woad_text_str(&t, text);
    woad_text_str(&t, ": ");
    woad_text_dec(&t, n);
    indent(p);
    set_color(p, WRONG);
    out(p, line);
    set_color(p, PLAIN);
    out(p, "\n");
}

const struct woad_decode_visitor woad_print_visitor = {
    .fields = {print_field, print_open, print_end, print_note},
    .layer = print_layer,
    .end = print_end,
};
