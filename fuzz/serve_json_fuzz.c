/* Descriptions of servers: any octets are refused with a reason, or give tables that a database
 * takes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serve_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct woad_gatt_value *v)
{
    if (v->len > v->capacity || !v->capacity || v->capacity > 512)
        abort();
    volatile uint8_t sum = 0;
    for (unsigned i = 0; i < v->capacity; i++)
        sum = (uint8_t)(sum + v->data[i]);
}

/* An included service is one before it: there are no circles. */
static void check_include(const struct serve_file *f, const struct serve_service *s,
                          const void *included)
{
    for (const struct serve_service *a = f->services; a < s; a++)
        if (included == &a->service)
            return;
    abort();
}

static void check_service(const struct serve_file *f, const struct serve_service *s)
{
    for (unsigned i = 0; i < s->service.count; i++)
        if (s->attrs[i].kind == WOAD_GATT_KIND_VALUE)
            check_value(s->attrs[i].value);
        else if (s->attrs[i].kind == WOAD_GATT_KIND_INCLUDE)
            check_include(f, s, s->attrs[i].value);
    for (unsigned i = 0; i < s->chr_count; i++) {
        const struct serve_chr *c = &s->chrs[i];
        if (c->index >= s->service.count || s->attrs[c->index].value != &c->value ||
            s->attrs[c->index - 1].kind != WOAD_GATT_KIND_CHARACTERISTIC)
            abort();
        for (unsigned k = 0; k < c->source.count; k++)
            if (c->source.list[k].len > c->value.capacity)
                abort();
        if (c->source.kind != SERVE_NONE &&
            (!c->source.every_ms || c->source.from > c->source.to ||
             c->source.at < c->source.from || c->source.at > c->source.to))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serve_file f;
    int err = serve_json_read(&f, (const char *)data, size);
    if ((err != 0) != (f.error[0] != '\0') || strnlen(f.error, sizeof(f.error)) == sizeof(f.error))
        abort();
    for (unsigned i = 0; err == 0 && i < f.service_count; i++)
        check_service(&f, &f.services[i]);
    serve_json_free(&f);
    return 0;
}
