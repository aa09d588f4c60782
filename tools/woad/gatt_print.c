/* What woad gatt prints: the tree of services, values. */
#include "gatt.h"
#include "assigned.h"

#include <string.h>

static const char *const properties[] = {"broadcast", "read",     "write-no-rsp", "write",
                                         "notify",    "indicate", "signed-write", "extended"};

const char *gatt_properties(uint8_t bits, char to[96])
{
    size_t at = 0;
    to[0] = '\0';
    for (unsigned i = 0; i < 8; i++)
        if (bits & 1u << i)
            at += (size_t)snprintf(to + at, 96 - at, "%s%s", at ? ", " : "", properties[i]);
    return to;
}

const char *gatt_att_text(uint8_t error)
{
    switch (error) {
#define TEXT(name, number, text)                                                                   \
    case number: return text;
        WOAD_ATT_ERROR_LIST(TEXT)
#undef TEXT
    default: return error >= 0x80 && error <= 0x9F ? "an error of the application" : "unknown";
    }
}

static void print_attr(const struct woad_gattc_db *db, const struct woad_gattc_attr *a)
{
    char uuid[WOAD_UUID_STR_SIZE], bits[96];
    struct woad_uuid u = woad_gattc_db_uuid(db, a);
    woad_uuid_format(&u, uuid);
    const char *name = assigned_name(&u);
    switch (a->kind & 0x7F) {
    case WOAD_GATTC_ATTR_SERVICE:
        printf("0x%04X-0x%04X  %s  %s\n", a->handle, a->end, uuid, name);
        break;
    case WOAD_GATTC_ATTR_INCLUDE:
        printf("    0x%04X  includes the service at 0x%04X  %s  %s\n", a->handle, a->end, uuid,
               name);
        break;
    case WOAD_GATTC_ATTR_CHARACTERISTIC:
        printf("    0x%04X  %s  %s%s[%s]\n", a->end, uuid, name, *name ? "  " : "",
               gatt_properties(a->properties, bits));
        break;
    default: printf("        0x%04X  %s  %s\n", a->handle, uuid, name); break;
    }
}

/* Closes the arrays and objects that are deeper than the attribute. */
static void json_close_to(struct tool_json *j, unsigned *open, unsigned level)
{
    for (; *open > level; --*open) {
        tool_json_close(j, ']');
        tool_json_close(j, '}');
    }
}

static void json_attr(struct tool_json *j, const struct woad_gattc_db *db,
                      const struct woad_gattc_attr *a, unsigned *open)
{
    char uuid[WOAD_UUID_STR_SIZE];
    struct woad_uuid u = woad_gattc_db_uuid(db, a);
    unsigned kind = a->kind & 0x7F;
    unsigned level = kind == WOAD_GATTC_ATTR_SERVICE      ? 0
                     : kind == WOAD_GATTC_ATTR_DESCRIPTOR ? 2
                                                          : 1;
    json_close_to(j, open, level);
    tool_json_open(j, NULL, '{');
    tool_json_u64(j, "handle", kind == WOAD_GATTC_ATTR_CHARACTERISTIC ? a->end : a->handle);
    tool_json_str(j, "uuid", woad_uuid_format(&u, uuid));
    tool_json_str(j, "name", assigned_name(&u));
    if (kind == WOAD_GATTC_ATTR_SERVICE) {
        tool_json_u64(j, "end", a->end);
        tool_json_open(j, "characteristics", '[');
        *open = 1;
    } else if (kind == WOAD_GATTC_ATTR_CHARACTERISTIC) {
        tool_json_u64(j, "declaration", a->handle);
        tool_json_open(j, "properties", '[');
        for (unsigned i = 0; i < 8; i++)
            if (a->properties & 1u << i)
                tool_json_str(j, NULL, properties[i]);
        tool_json_close(j, ']');
        tool_json_open(j, "descriptors", '[');
        *open = 2;
    } else {
        if (kind == WOAD_GATTC_ATTR_INCLUDE)
            tool_json_u64(j, "includes", a->end);
        tool_json_close(j, '}');
    }
}

void gatt_print_services(struct gatt *g)
{
    struct tool_json j;
    unsigned open = 0;
    if (!g->o.json) {
        for (unsigned i = 0; i < g->db.attr_count; i++)
            print_attr(&g->db, &g->db.attrs[i]);
        return;
    }
    tool_json_begin(&j, stdout);
    tool_json_open(&j, NULL, '[');
    for (unsigned i = 0; i < g->db.attr_count; i++)
        json_attr(&j, &g->db, &g->db.attrs[i], &open);
    json_close_to(&j, &open, 0);
    tool_json_close(&j, ']');
    tool_json_end(&j);
}

static void json_value(const struct gatt_target *t, const uint8_t *data, size_t len,
                       const char *how)
{
    struct tool_json j;
    char uuid[WOAD_UUID_STR_SIZE], text[VALUE_STR_SIZE];
    tool_json_begin(&j, stdout);
    j.pretty = false;
    tool_json_open(&j, NULL, '{');
    tool_json_str(&j, "event", how);
    tool_json_u64(&j, "handle", t->handle);
    if (t->uuid.len) {
        tool_json_str(&j, "uuid", woad_uuid_format(&t->uuid, uuid));
        tool_json_str(&j, "name", assigned_name(&t->uuid));
    }
    tool_json_u64(&j, "length", len);
    tool_json_str(&j, "hex", value_format(VALUE_HEX, data, len, text));
    if (t->kind != VALUE_HEX)
        tool_json_str(&j, "value", value_format(t->kind, data, len, text));
    tool_json_close(&j, '}');
    tool_json_end(&j);
}

void gatt_print_value(struct gatt *g, const struct gatt_target *t, const uint8_t *data, size_t len,
                      const char *how)
{
    char text[VALUE_STR_SIZE], hex[VALUE_STR_SIZE];
    if (g->o.json) {
        json_value(t, data, len, how);
        return;
    }
    value_format(t->kind, data, len, text);
    value_format(VALUE_HEX, data, len, hex);
    printf("0x%04X %s %s", t->handle, how, *text ? text : "(empty)");
    if (strcmp(text, hex) != 0)
        printf("  (%s)", hex);
    if (t->uuid.len)
        printf("  %s", assigned_name(&t->uuid));
    printf("\n");
}
