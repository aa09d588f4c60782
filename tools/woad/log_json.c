/* Decoded packets as JSON; see log_json.h. */
#include "log_json.h"

#include <string.h>

static void copy_key(char key[64], const struct woad_field *f)
{
    size_t n = f->name_len < 63 ? f->name_len : 63;
    memcpy(key, f->name, n);
    key[n] = 0;
}

static void close_array(struct log_json *j)
{
    if (j->level[j->depth].array[0])
        tool_json_close(&j->json, ']');
    j->level[j->depth].array[0] = 0;
    j->level[j->depth].ad = false;
}

static void open_array(struct log_json *j, const char *key, bool ad)
{
    close_array(j);
    tool_json_open(&j->json, key, '[');
    strcpy(j->level[j->depth].array, key);
    j->level[j->depth].ad = ad;
}

/* True if an object was opened one level deeper; key NULL within an array. */
static bool descend(struct log_json *j, const char *key)
{
    if (j->depth + 1 == LOG_JSON_DEPTH) {
        j->skipped++;
        return false;
    }
    tool_json_open(&j->json, key, '{');
    j->depth++;
    memset(&j->level[j->depth], 0, sizeof(j->level[0]));
    return true;
}

static void ascend(void *arg)
{
    struct log_json *j = arg;
    if (j->skipped) {
        j->skipped--;
        return;
    }
    close_array(j);
    j->depth--;
    tool_json_close(&j->json, '}');
}

static void on_layer(void *arg, const struct woad_layer *layer)
{
    struct log_json *j = arg;
    close_array(j);
    char key[24] = "layer";
    unsigned n = ++j->level[j->depth].layers;
    if (n > 1) /* several commands in one signalling PDU */
        snprintf(key, sizeof(key), "layer_%u", n);
    if (!descend(j, key))
        return;
    tool_json_str(&j->json, "protocol", layer->protocol);
    tool_json_str(&j->json, "name", layer->name ? layer->name : "unknown");
    tool_json_u64(&j->json, "code", layer->code);
    tool_json_u64(&j->json, "len", layer->len);
}

static void on_open(void *arg, const struct woad_field *group)
{
    struct log_json *j = arg;
    char key[64];
    copy_key(key, group);
    if (group->type) { /* an AD structure: element of the array its field opened */
        if (descend(j, NULL)) {
            tool_json_u64(&j->json, "ad_type", group->value);
            tool_json_str(&j->json, "ad_name", key);
        }
        return;
    }
    if (group->index < 0) {
        close_array(j);
        (void)descend(j, key);
        return;
    }
    if (strcmp(j->level[j->depth].array, key) != 0)
        open_array(j, key, false);
    (void)descend(j, NULL);
}

/* Numbers that JSON readers keep exact are numbers, everything else is text. */
static void put_value(struct log_json *j, const char *key, const struct woad_field *f)
{
    char text[640];
    if (f->data && f->type->kind == WOAD_FIELD_BYTES) {
        size_t n = 0;
        for (; n < f->len && 2 * n + 3 < sizeof(text); n++)
            snprintf(text + 2 * n, 3, "%02x", f->data[n]);
        text[2 * n] = 0;
        tool_json_str(&j->json, key, text);
    } else if (!f->data && f->type->kind == WOAD_FIELD_INT) {
        tool_json_i64(&j->json, key, (int64_t)f->value);
    } else if (!f->data && f->type->bits <= 48) {
        tool_json_u64(&j->json, key, f->value);
    } else if (!f->data) {
        snprintf(text, sizeof(text), "0x%0*llx", f->type->bits / 4, (unsigned long long)f->value);
        tool_json_str(&j->json, key, text);
    } else {
        (void)woad_field_format(f, text, sizeof(text));
        size_t len = strlen(text);
        if (len >= 2 && text[0] == '"') { /* text comes quoted */
            text[len - 1] = 0;
            tool_json_str(&j->json, key, text + 1);
        } else {
            tool_json_str(&j->json, key, text);
        }
    }
}

static void on_field(void *arg, const struct woad_field *f)
{
    struct log_json *j = arg;
    char key[64];
    if (j->skipped)
        return;
    copy_key(key, f);
    if (f->type->kind == WOAD_FIELD_AD) {
        open_array(j, key, true);
    } else if (f->index < 0) {
        close_array(j);
        put_value(j, key, f);
    } else {
        if (strcmp(j->level[j->depth].array, key) != 0)
            open_array(j, key, false);
        put_value(j, NULL, f);
    }
}

static void on_note(void *arg, const char *text, size_t n)
{
    struct log_json *j = arg;
    if (j->problems < LOG_JSON_PROBLEMS) {
        j->problem[j->problems].text = text;
        j->problem[j->problems].n = n;
        j->problems++;
    }
}

void log_json_finish(struct log_json *j)
{
    close_array(j);
    if (!j->problems)
        return;
    tool_json_open(&j->json, "problems", '[');
    for (unsigned i = 0; i < j->problems; i++) {
        char text[160];
        snprintf(text, sizeof(text), "%s: %llu", j->problem[i].text,
                 (unsigned long long)j->problem[i].n);
        tool_json_str(&j->json, NULL, text);
    }
    tool_json_close(&j->json, ']');
}

const struct woad_decode_visitor log_json_visitor = {
    .fields = {on_field, on_open, ascend, on_note},
    .layer = on_layer,
    .end = ascend,
};
