/* Read, Read Blob, Read Multiple, Read Multiple Variable, Read By Type [Vol 3, Part F, 3.4.4].
 *
 * One loop serves all: it takes the next attribute of the request, appends its value, and goes on
 * until the answer is full or the request is done. When the application answers later, what is
 * left of the request is kept in the operation and the loop goes on then. */
#include <string.h>

#include "gatt/gatts_priv.h"

static uint16_t room_of(const struct gatts_op *op)
{
    return (uint16_t)(op->bearer->mtu - op->rsp->len);
}

/* ---- Read By Type ---------------------------------------------------------------------------- */

static bool of_type(const struct woad_gatt_attr *attr, const struct woad_uuid *type)
{
    const struct woad_uuid *own = woad_gatt_attr_type(attr);
    if (own->len == 2 && type->len == 2)
        return own->val[0] == type->val[0] && own->val[1] == type->val[1];
    return woad_uuid_equal(own, type);
}

/* The next attribute of the type, from op->next on; 0: none. */
static uint16_t next_of_type(struct gatts_op *op)
{
    const struct woad_gatt_db *db = &woad_gatts_of(op->bearer->link->h)->db;
    struct woad_gatt_service *service;
    uint16_t handle = op->next;
    const struct woad_gatt_attr *attr;
    while (op->next && (attr = woad_gatt_db_next(db, &handle, &service)) && handle <= op->end) {
        op->next = handle == op->end ? 0 : (uint16_t)(handle + 1);
        if (of_type(attr, &op->type))
            return handle;
        handle = op->next;
    }
    return 0;
}

/* The most octets of a value in an item: with its handle it is 255 at most [3.4.4.2]. */
static uint16_t item_room(const struct gatts_op *op, uint16_t at)
{
    uint16_t room = (uint16_t)(op->bearer->mtu - at);
    return room > 253 ? 253 : room;
}

/* The value of an item is in the answer; the first one's is cut as it must be. All items have one
 * length; false: this one has another, the answer ends before it. */
static bool item_done(struct gatts_op *op)
{
    uint16_t most = op->item ? 253 : item_room(op, op->value_at);
    uint16_t len = op->value_len < most ? op->value_len : most;
    if (op->item == 0) {
        op->item = (uint8_t)(len + 2);
        op->rsp->data[1] = op->item;
    }
    bool same = len + 2 == op->item;
    op->rsp->len = (uint16_t)(same ? op->value_at + len : op->value_at - 2);
    return same;
}

static void read_types(struct gatts_op *op)
{
    for (;;) {
        uint16_t handle = next_of_type(op);
        if (!handle || (op->item && room_of(op) < op->item))
            break;
        woad_put_u16(woad_buf_put(op->rsp, 2), handle);
        int err = woad_gatts_read_value(op, handle, item_room(op, op->rsp->len));
        if (err == GATTS_WAITS)
            return;
        if (err && !op->item) {
            woad_gatts_refuse(op, handle, (uint8_t)err);
            return;
        }
        if (err || !item_done(op)) {
            if (err)
                op->rsp->len = (uint16_t)(op->value_at - 2);
            break;
        }
    }
    if (op->item)
        woad_gatts_respond(op);
    else
        woad_gatts_refuse(op, op->handle, WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
}

/* A client that does not know the database may look for its structure, and read the hash
 * [Part G, 2.5.2.1]. */
static bool needs_sync(const struct gatts_op *op, uint16_t start)
{
    uint16_t type = op->type.len == 2 ? woad_get_u16(op->type.val) : 0;
    return type != 0x2802 && type != 0x2803 && (start != 1 || op->end != 0xffff);
}

void woad_gatts_on_read_by_type(struct gatts_op *op, struct woad_rd *r)
{
    uint16_t start = woad_rd_u16(r);
    op->end = woad_rd_u16(r);
    op->next = start;
    op->offset = 0;
    op->item = 0;
    if (woad_uuid_from_octets(&op->type, r->p, r->left) || r->left == 4) {
        woad_gatts_refuse(op, 0, WOAD_ATT_ERR_INVALID_PDU);
        return;
    }
    if (!start || start > op->end) {
        woad_gatts_refuse(op, start, WOAD_ATT_ERR_INVALID_HANDLE);
        return;
    }
    struct gatts_client *c = woad_gatts_client(op->bearer->link);
    if (needs_sync(op, start) && !woad_gatts_in_sync(c, op))
        return;
    op->handle = start;
    woad_buf_put(op->rsp, 1);
    read_types(op);
}

/* ---- reads by handle ------------------------------------------------------------------------- */

/* In the answer to Read Multiple Variable each value follows its whole length [3.4.4.12]. */
static void value_done(struct gatts_op *op)
{
    if (op->opcode == WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ)
        woad_put_u16(op->rsp->data + op->value_at - 2, op->value_len);
}

static bool more_fits(const struct gatts_op *op)
{
    return op->opcode == WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ ? room_of(op) > 2 : room_of(op) > 0;
}

/* Keeps the handles that are left until the application has answered. */
static bool keep_rest(struct gatts_op *op, struct woad_rd *r)
{
    op->rest_count = 0;
    while (r->left >= 2 && op->rest_count < GATTS_REST_MAX)
        op->rest[op->rest_count++] = woad_rd_u16(r);
    return r->left == 0;
}

/* What does not fit is still checked: one forbidden value forbids all [3.4.4.7]. */
static bool check_rest(struct gatts_op *op, struct woad_rd *r)
{
    while (r->left >= 2) {
        struct woad_gatt_service *service;
        const struct woad_gatt_attr *attr;
        uint16_t handle = woad_rd_u16(r);
        uint8_t error = woad_gatts_permit(op, handle, false, &service, &attr);
        if (error) {
            woad_gatts_refuse(op, handle, error);
            return false;
        }
    }
    return true;
}

static void read_handles(struct gatts_op *op, struct woad_rd *r)
{
    while (r->left >= 2 && more_fits(op)) {
        uint16_t handle = woad_rd_u16(r);
        if (op->opcode == WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ)
            woad_buf_put(op->rsp, 2);
        int err = woad_gatts_read_value(op, handle, room_of(op));
        if (err == GATTS_WAITS) {
            if (op->opcode && !keep_rest(op, r))
                woad_gatts_refuse(op, handle, WOAD_ATT_ERR_INSUFFICIENT_RESOURCES);
            return;
        }
        if (err) {
            woad_gatts_refuse(op, handle, (uint8_t)err);
            return;
        }
        value_done(op);
    }
    if (check_rest(op, r))
        woad_gatts_respond(op);
}

void woad_gatts_on_read(struct gatts_op *op, struct woad_rd *r)
{
    op->offset = 0;
    if (op->opcode == WOAD_ATT_READ_BLOB_REQ) {
        struct woad_rd handle = woad_rd_init(r->p, 2);
        op->offset = woad_get_u16(r->p + 2);
        if (r->left != 4)
            woad_gatts_refuse(op, 0, WOAD_ATT_ERR_INVALID_PDU);
        else
            read_handles(op, &handle);
    } else if ((op->opcode == WOAD_ATT_READ_REQ && r->left != 2) || r->left % 2) {
        woad_gatts_refuse(op, 0, WOAD_ATT_ERR_INVALID_PDU);
    } else {
        read_handles(op, r);
    }
}

void woad_gatts_read_on(struct gatts_op *op)
{
    uint8_t rest[2 * GATTS_REST_MAX];
    bool by_type = op->opcode == WOAD_ATT_READ_BY_TYPE_REQ;
    if (op->error && (!by_type || !op->item)) {
        woad_gatts_refuse(op, op->handle, op->error);
        return;
    }
    if (by_type) {
        if (op->error)
            op->rsp->len = (uint16_t)(op->value_at - 2);
        if (op->error || !item_done(op))
            woad_gatts_respond(op);
        else
            read_types(op);
        return;
    }
    value_done(op);
    for (uint8_t i = 0; i < op->rest_count; i++)
        woad_put_u16(rest + 2 * i, op->rest[i]);
    struct woad_rd r = woad_rd_init(rest, (size_t)2 * op->rest_count);
    read_handles(op, &r);
}
