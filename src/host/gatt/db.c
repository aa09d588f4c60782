/* The attributes of all services by handle.
 *
 * Services are in a list ordered by handle. page[n] is the first of them that ends at or behind
 * handle 16 n: from there to the service of a handle it is as many steps as services end within
 * sixteen handles. */
#include <string.h>

#include "woad/cursor.h"
#include "woad/gatt_db.h"

#define PAGE_BITS 4

static uint16_t last_of(const struct woad_gatt_service *s)
{
    return (uint16_t)(s->start + s->span - 1);
}

void woad_gatt_db_init(struct woad_gatt_db *db, struct woad_gatt_service **pages,
                       uint16_t handle_max)
{
    *db = (struct woad_gatt_db){.page = pages, .handle_max = handle_max, .fresh = 1};
}

struct woad_gatt_service *woad_gatt_db_service(const struct woad_gatt_db *db, uint16_t handle)
{
    if (handle > db->handle_max)
        return NULL;
    struct woad_gatt_service *s = db->page[handle >> PAGE_BITS];
    while (s && last_of(s) < handle)
        s = s->next;
    return s;
}

/* Pages that lie behind before's end and begin at or before s's end point at s, or at to. */
static void point(struct woad_gatt_db *db, const struct woad_gatt_service *before,
                  const struct woad_gatt_service *s, struct woad_gatt_service *to)
{
    size_t from = before ? (size_t)(last_of(before) >> PAGE_BITS) + 1 : 0;
    size_t end = (size_t)(last_of(s) >> PAGE_BITS);
    for (size_t i = from; i <= end; i++)
        db->page[i] = to;
}

static bool valid(const struct woad_gatt_attr *attrs, uint16_t count)
{
    if (!attrs || count == 0 || !attrs[0].value ||
        (attrs[0].kind != WOAD_GATT_KIND_PRIMARY && attrs[0].kind != WOAD_GATT_KIND_SECONDARY))
        return false;
    for (uint16_t i = 1; i < count; i++) {
        bool value = attrs[i].kind >= WOAD_GATT_KIND_CONST;
        bool points = attrs[i].kind == WOAD_GATT_KIND_INCLUDE ||
                      attrs[i].kind == WOAD_GATT_KIND_VALUE ||
                      (attrs[i].kind == WOAD_GATT_KIND_CONST && attrs[i].size);
        if (attrs[i].kind > WOAD_GATT_KIND_DYNAMIC || attrs[i].kind == WOAD_GATT_KIND_PRIMARY ||
            attrs[i].kind == WOAD_GATT_KIND_SECONDARY || (value && !attrs[i].type) ||
            (points && !attrs[i].value))
            return false;
        if (attrs[i].kind == WOAD_GATT_KIND_CHARACTERISTIC &&
            (i + 1 == count || attrs[i + 1].kind < WOAD_GATT_KIND_CONST))
            return false;
    }
    return true;
}

/* Handles never used come first, gaps last; what is behind the last service may be too small. */
static uint16_t choose(const struct woad_gatt_db *db, uint16_t count)
{
    if (db->fresh + count - 1 <= db->handle_max)
        return (uint16_t)db->fresh;
    uint16_t from = 1;
    for (const struct woad_gatt_service *s = db->first; s; s = s->next) {
        if (s->start - from >= count)
            return from;
        from = (uint16_t)(last_of(s) + 1);
    }
    return from;
}

static void link_in(struct woad_gatt_db *db, struct woad_gatt_service *s,
                    struct woad_gatt_service *after)
{
    s->next = after;
    s->prev = after ? after->prev : db->last;
    *(s->prev ? &s->prev->next : &db->first) = s;
    *(after ? &after->prev : &db->last) = s;
    point(db, s->prev, s, s);
}

int woad_gatt_db_add(struct woad_gatt_db *db, struct woad_gatt_service *s)
{
    uint16_t span = s->span > s->count ? s->span : s->count;
    if (s->attached)
        return WOAD_ERR_EXISTS;
    if (!valid(s->attrs, s->count))
        return WOAD_ERR_INVALID;
    uint16_t start = s->start ? s->start : choose(db, span);
    uint32_t last = (uint32_t)start + span - 1;
    if (!start || last > db->handle_max)
        return s->start ? WOAD_ERR_INVALID : WOAD_ERR_NO_MEM;
    struct woad_gatt_service *after = woad_gatt_db_service(db, start);
    if (after && after->start <= last)
        return WOAD_ERR_EXISTS;
    s->start = start;
    s->span = span;
    s->attached = true;
    s->want_writable = false;
    link_in(db, s, after);
    if (last >= db->fresh)
        db->fresh = last + 1;
    return 0;
}

void woad_gatt_db_remove(struct woad_gatt_db *db, struct woad_gatt_service *s)
{
    if (!s->attached)
        return;
    s->attached = false;
    point(db, s->prev, s, s->next);
    *(s->prev ? &s->prev->next : &db->first) = s->next;
    *(s->next ? &s->next->prev : &db->last) = s->prev;
}

int woad_gatt_db_replace(struct woad_gatt_db *db, struct woad_gatt_service *s,
                         const struct woad_gatt_attr *attrs, uint16_t count)
{
    (void)db;
    if (!s->attached || !valid(attrs, count))
        return WOAD_ERR_INVALID;
    if (count > s->span)
        return WOAD_ERR_NO_MEM;
    s->attrs = attrs;
    s->count = count;
    return 0;
}

const struct woad_gatt_attr *woad_gatt_db_find(const struct woad_gatt_db *db, uint16_t handle,
                                               struct woad_gatt_service **service)
{
    struct woad_gatt_service *s = woad_gatt_db_service(db, handle);
    *service = s;
    if (!s || handle < s->start || handle - s->start >= s->count)
        return NULL;
    const struct woad_gatt_attr *attr = &s->attrs[handle - s->start];
    return attr->kind == WOAD_GATT_KIND_HOLE ? NULL : attr;
}

const struct woad_gatt_attr *woad_gatt_db_next(const struct woad_gatt_db *db, uint16_t *handle,
                                               struct woad_gatt_service **service)
{
    uint32_t at = *handle ? *handle : 1;
    struct woad_gatt_service *s =
        at <= db->handle_max ? woad_gatt_db_service(db, (uint16_t)at) : NULL;
    for (; s; s = s->next) {
        uint32_t i = at > s->start ? at - s->start : 0;
        while (i < s->count && s->attrs[i].kind == WOAD_GATT_KIND_HOLE)
            i++;
        if (i < s->count) {
            *handle = (uint16_t)(s->start + i);
            *service = s;
            return &s->attrs[i];
        }
    }
    return NULL;
}

const struct woad_uuid *woad_gatt_attr_type(const struct woad_gatt_attr *attr,
                                            struct woad_uuid *scratch)
{
    uint16_t type = (uint16_t)(0x2800 + attr->kind - WOAD_GATT_KIND_PRIMARY); /* in their order */
    if (attr->kind >= WOAD_GATT_KIND_CONST)
        return attr->type;
    scratch->len = 2;
    woad_put_u16(scratch->val, attr->kind == WOAD_GATT_KIND_CCCD ? 0x2902 : type);
    return scratch;
}

uint8_t woad_gatt_put_uuid(const struct woad_uuid *uuid, uint8_t to[16])
{
    if (uuid->len != 2) {
        woad_uuid_put(uuid, to);
        return 16;
    }
    memcpy(to, uuid->val, 2);
    return 2;
}

uint16_t woad_gatt_attr_declaration(const struct woad_gatt_service *s, uint16_t handle,
                                    uint8_t to[19])
{
    const struct woad_gatt_attr *attr = &s->attrs[handle - s->start];
    const struct woad_uuid *uuid = attr->value;
    uint8_t *p = to;
    if (attr->kind == WOAD_GATT_KIND_CHARACTERISTIC) {
        uuid = attr[1].type;
        p[0] = attr->access;
        woad_put_u16(p + 1, (uint16_t)(handle + 1));
        p += 3;
    } else if (attr->kind == WOAD_GATT_KIND_INCLUDE) {
        const struct woad_gatt_service *other = attr->value;
        uuid = other->attrs[0].value;
        woad_put_u16(p, other->start);
        woad_put_u16(p + 2, woad_gatt_service_end(other));
        p += 4;
        if (uuid->len != 2) /* is read from the service itself [Part G, 3.2] */
            return 4;
    }
    return (uint16_t)(p - to + woad_gatt_put_uuid(uuid, p));
}
