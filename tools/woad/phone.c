#include "phone.h"
#include "assigned.h"

#include <stdio.h>
#include <string.h>

static void print(uint16_t handle, const struct woad_uuid *uuid, const char *how,
                  const uint8_t *data, size_t len)
{
    char text[VALUE_STR_SIZE], number[WOAD_UUID_STR_SIZE];
    const struct assigned *row = assigned_find(uuid);
    value_format(row ? (enum value_kind)row->kind : VALUE_TEXT, data, len, text);
    fprintf(stderr, "the simulated phone %s 0x%04X %s = %s\n", how, handle,
            row ? row->name : woad_uuid_format(uuid, number), len ? text : "(empty)");
}

static const struct woad_gattc_attr *find_value(const struct phone *p, uint16_t handle)
{
    for (unsigned i = 0; i < p->db.attr_count; i++)
        if ((p->db.attrs[i].kind & 0x7F) == WOAD_GATTC_ATTR_CHARACTERISTIC &&
            p->db.attrs[i].end == handle)
            return &p->db.attrs[i];
    return NULL;
}

static void on_sub(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct phone *p = arg;
    (void)h;
    if (evt->type != WOAD_GATTC_VALUE)
        return;
    const struct woad_gattc_attr *chr = find_value(p, evt->u.value.handle);
    struct woad_uuid uuid = chr ? woad_gattc_db_uuid(&p->db, chr) : (struct woad_uuid){0};
    print(evt->u.value.handle, &uuid, "hears", evt->u.value.data, evt->u.value.len);
}

/* 0: an operation is under way. */
static int read_value(struct phone *p, struct woad_host *h, const struct woad_gattc_attr *a)
{
    unsigned kind = a->kind & 0x7F;
    bool chr = kind == WOAD_GATTC_ATTR_CHARACTERISTIC;
    if (!(chr && a->properties & WOAD_GATTC_CAN_READ) && kind != WOAD_GATTC_ATTR_DESCRIPTOR)
        return WOAD_ERR_NOT_FOUND;
    p->len = 0;
    return woad_gattc_read_long(h, p->conn, &p->op, chr ? a->end : a->handle, 0);
}

static int subscribe(struct phone *p, struct woad_host *h, const struct woad_gattc_attr *a)
{
    const struct woad_uuid ccc = woad_uuid16(0x2902);
    const struct woad_gattc_attr *d = a + 1, *end = p->db.attrs + p->db.attr_count;
    if ((a->kind & 0x7F) != WOAD_GATTC_ATTR_CHARACTERISTIC || p->sub_count == PHONE_SUBS)
        return WOAD_ERR_NOT_FOUND;
    for (; d < end && (d->kind & 0x7F) == WOAD_GATTC_ATTR_DESCRIPTOR; d++) {
        struct woad_uuid uuid = woad_gattc_db_uuid(&p->db, d);
        if (!woad_uuid_equal(&uuid, &ccc))
            continue;
        struct woad_gattc_sub *s = &p->subs[p->sub_count++];
        *s = (struct woad_gattc_sub){
            .event = on_sub, .arg = p, .value_handle = a->end, .ccc_handle = d->handle};
        return woad_gattc_subscribe(h, p->conn, &p->op, s,
                                    a->properties & WOAD_GATTC_CAN_NOTIFY ? WOAD_GATTC_NOTIFY
                                                                          : WOAD_GATTC_INDICATE);
    }
    return WOAD_ERR_NOT_FOUND;
}

/* Goes on to what comes next: reads an attribute, then subscribes to it. */
static void next(struct phone *p, struct woad_host *h)
{
    for (; p->at < p->db.attr_count; p->at++, p->subscribes = false) {
        const struct woad_gattc_attr *a = &p->db.attrs[p->at];
        if (!p->subscribes && read_value(p, h, a) == 0)
            return;
        p->subscribes = true;
        if (subscribe(p, h, a) == 0)
            return;
    }
}

static void on_op(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct phone *p = arg;
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.offset + evt->u.value.len <= VALUE_MAX) {
        memcpy(p->value + evt->u.value.offset, evt->u.value.data, evt->u.value.len);
        p->len = (uint16_t)(evt->u.value.offset + evt->u.value.len);
    }
    if (evt->type != WOAD_GATTC_DONE)
        return;
    if (p->at >= p->db.attr_count || evt->u.done.err == WOAD_ERR_NOT_CONNECTED)
        return;
    const struct woad_gattc_attr *a = &p->db.attrs[p->at];
    bool chr = (a->kind & 0x7F) == WOAD_GATTC_ATTR_CHARACTERISTIC;
    struct woad_uuid uuid = woad_gattc_db_uuid(&p->db, a);
    if (!p->subscribes && evt->u.done.err == 0)
        print(chr ? a->end : a->handle, &uuid, "reads", p->value, p->len);
    p->at += p->subscribes;
    p->subscribes = !p->subscribes;
    next(p, h);
}

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct phone *p = arg;
    if (evt->type == WOAD_GATTC_DB_READY && evt->u.done.err == 0 && p->at == 0)
        next(p, h);
}

int phone_start(struct phone *p, struct woad_host *h, uint16_t conn)
{
    *p = (struct phone){.conn = conn};
    p->op = (struct woad_gattc_op){.event = on_op, .arg = p};
    p->db = (struct woad_gattc_db){.event = on_db, .arg = p, .mem = p->mem, .size = sizeof(p->mem)};
    return woad_gattc_db_open(h, conn, &p->db);
}
