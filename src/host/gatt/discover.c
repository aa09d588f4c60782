/* Find Information, Find By Type Value, Read By Group Type [Vol 3, Part F, 3.4.3, 3.4.4.9]. Their
 * cost does not depend on where in the database they begin. */
#include <string.h>

#include "gatt/gatts_priv.h"

int woad_gatts_range(struct gatts_op *op, struct woad_rd *r)
{
    op->handle = op->next = woad_rd_u16(r);
    op->end = woad_rd_u16(r);
    return op->next && op->next <= op->end ? 0 : WOAD_ATT_ERR_INVALID_HANDLE;
}

int woad_gatts_range_type(struct gatts_op *op, struct woad_rd *r)
{
    int err = woad_gatts_range(op, r);
    if (!woad_uuid_from_octets(&op->type, r->p, r->left) && op->type.len != 4)
        return err;
    op->handle = 0;
    return WOAD_ATT_ERR_INVALID_PDU;
}

static const struct woad_gatt_db *db_of(const struct gatts_op *op)
{
    return &woad_gatts_of(op->bearer->link->h)->db;
}

const struct woad_gatt_attr *woad_gatts_range_next(struct gatts_op *op, uint16_t *handle)
{
    struct woad_gatt_service *service;
    *handle = op->next;
    const struct woad_gatt_attr *attr =
        op->next ? woad_gatt_db_next(db_of(op), handle, &service) : NULL;
    if (!attr || *handle > op->end)
        return NULL;
    op->next = *handle == op->end ? 0 : (uint16_t)(*handle + 1);
    return attr;
}

static bool fits(const struct gatts_op *op, uint16_t len)
{
    return op->rsp->len + len <= op->bearer->mtu;
}

static int found(const struct gatts_op *op, uint16_t empty)
{
    return op->rsp->len > empty ? 0 : WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND;
}

/* ---- Find Information ------------------------------------------------------------------------ */

int woad_gatts_on_find_information(struct gatts_op *op, struct woad_rd *r)
{
    int err = r->left == 4 ? woad_gatts_range(op, r) : WOAD_ATT_ERR_INVALID_PDU;
    if (err)
        return err;
    uint8_t len = 0;
    uint16_t handle;
    const struct woad_gatt_attr *attr;
    woad_buf_put(op->rsp, 1);
    while ((attr = woad_gatts_range_next(op, &handle))) {
        struct woad_uuid scratch;
        uint8_t type[16], type_len = woad_gatt_put_uuid(woad_gatt_attr_type(attr, &scratch), type);
        if (!len) {
            len = type_len;
            op->rsp->data[1] = len == 2 ? 1 : 2; /* the format */
        }
        if (type_len != len || !fits(op, (uint16_t)(2 + len)))
            break;
        woad_put_u16(woad_buf_put(op->rsp, 2), handle);
        memcpy(woad_buf_put(op->rsp, len), type, len);
    }
    return found(op, 2);
}

/* ---- services -------------------------------------------------------------------------------- */

/* The kind of declaration that a group type names; WOAD_GATT_KIND_HOLE: none. */
static uint8_t kind_of(const struct woad_uuid *type)
{
    struct woad_uuid scratch;
    struct woad_gatt_attr group = {.kind = WOAD_GATT_KIND_PRIMARY};
    for (; group.kind <= WOAD_GATT_KIND_SECONDARY; group.kind++)
        if (woad_uuid_equal(type, woad_gatt_attr_type(&group, &scratch)))
            return group.kind;
    return WOAD_GATT_KIND_HOLE;
}

/* The first service that begins at or behind handle. */
static struct woad_gatt_service *service_from(const struct gatts_op *op, uint16_t handle)
{
    struct woad_gatt_service *s = woad_gatt_db_service(db_of(op), handle);
    return s && s->start < handle ? s->next : s;
}

/* Begins an item of len octets: handles, and the place of the rest. */
static uint8_t *put_service(struct gatts_op *op, const struct woad_gatt_service *s, uint16_t len)
{
    uint8_t *p = woad_buf_put(op->rsp, len);
    woad_put_u16(p, s->start);
    woad_put_u16(p + 2, woad_gatt_service_end(s));
    return p + 4;
}

int woad_gatts_on_read_group(struct gatts_op *op, struct woad_rd *r)
{
    int err = woad_gatts_range_type(op, r);
    if (err)
        return err;
    uint8_t wanted = kind_of(&op->type);
    if (wanted == WOAD_GATT_KIND_HOLE)
        return WOAD_ATT_ERR_UNSUPPORTED_GROUP_TYPE;
    uint16_t item = 0;
    woad_buf_put(op->rsp, 1);
    for (struct woad_gatt_service *s = service_from(op, op->next); s && s->start <= op->end;
         s = s->next) {
        uint8_t value[19];
        if (s->attrs[0].kind != wanted)
            continue;
        uint16_t len = woad_gatt_attr_declaration(s, s->start, value);
        if (!item) {
            item = (uint16_t)(len + 4);
            op->rsp->data[1] = (uint8_t)item;
        }
        if (len + 4 != item || !fits(op, item))
            break;
        memcpy(put_service(op, s, item), value, len);
    }
    return found(op, 2);
}

/* Only service declarations are found by their value: no GATT procedure looks for others. */
int woad_gatts_on_find_by_type(struct gatts_op *op, struct woad_rd *r)
{
    int err = woad_gatts_range(op, r);
    if (err)
        return err;
    uint16_t type = woad_rd_u16(r);
    bool valid = type == 0x2800 && woad_uuid_from_octets(&op->type, r->p, r->left) == 0;
    struct woad_gatt_service *s = valid ? service_from(op, op->next) : NULL;
    for (; s && s->start <= op->end && fits(op, 4); s = s->next) {
        if (s->attrs[0].kind == WOAD_GATT_KIND_PRIMARY &&
            woad_uuid_equal(s->attrs[0].value, &op->type))
            put_service(op, s, 4);
    }
    return found(op, 1);
}
