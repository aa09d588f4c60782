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
    struct woad_uuid scratch;
    return woad_uuid_equal(woad_gatt_attr_type(attr, &scratch), type);
}

/* The next attribute of the type; 0: none. */
static uint16_t next_of_type(struct gatts_op *op)
{
    uint16_t handle;
    const struct woad_gatt_attr *attr;
    while ((attr = woad_gatts_range_next(op, &handle)))
        if (of_type(attr, &op->type))
            return handle;
    return 0;
}

/* The most octets of a value in an item: with its handle it is 255 at most [3.4.4.2]. */
static uint16_t item_room(const struct gatts_op *op, uint16_t at)
{
    uint16_t room = (uint16_t)(op->bearer->mtu - at);
    return room > 253 ? 253 : room;
}

/* Reading an item ended with err: true when its value stays in the answer. The first one's is cut
 * as it must be, all others have its length: the answer ends before one that has not, and before
 * one that may not be read. */
static bool item_done(struct gatts_op *op, int err)
{
    uint16_t most = op->item ? 253 : item_room(op, op->value_at);
    uint16_t len = op->value_len < most ? op->value_len : most;
    if (!err && op->item == 0) {
        op->item = (uint8_t)(len + 2);
        op->rsp->data[1] = op->item;
    }
    bool same = !err && len + 2 == op->item;
    op->rsp->len = (uint16_t)(same ? op->value_at + len : op->value_at - 2);
    return same;
}

/* From the next item on; err: what became of one that was waited for. */
static int read_types(struct gatts_op *op, bool waited, int err)
{
    for (;; waited = true) {
        if (waited && !item_done(op, err))
            return op->item ? 0 : err;
        uint16_t handle = next_of_type(op);
        if (!handle || (op->item && room_of(op) < op->item))
            return op->item ? 0 : WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND;
        woad_put_u16(woad_buf_put(op->rsp, 2), handle);
        err = woad_gatts_read_value(op, handle, item_room(op, op->rsp->len));
        if (err == GATTS_WAITS)
            return err;
    }
}

int woad_gatts_on_read_by_type(struct gatts_op *op, struct woad_rd *r)
{
    int err = woad_gatts_range_type(op, r);
    const struct woad_gatts_caching *caching = woad_gatts_of(op->bearer->link->h)->cfg.caching;
    if (!err && caching)
        err = caching->admit_type(op);
    if (err)
        return err;
    op->offset = 0;
    op->item = 0;
    woad_buf_put(op->rsp, 1);
    return read_types(op, false, 0);
}

/* ---- reads by handle ------------------------------------------------------------------------- */

/* In the answer to Read Multiple Variable each value follows its whole length [3.4.4.12]. */
static unsigned prefix(const struct gatts_op *op)
{
    return op->opcode == WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ ? 2 : 0;
}

static void value_done(struct gatts_op *op)
{
    if (prefix(op))
        woad_put_u16(op->rsp->data + op->value_at - 2, op->value_len);
}

/* Keeps the handles that are left until the application has answered. */
static int keep_rest(struct gatts_op *op, const struct woad_rd *r)
{
    if (r->left > sizeof(op->rest))
        return WOAD_ATT_ERR_INSUFFICIENT_RESOURCES;
    op->rest_len = (uint8_t)r->left;
    memmove(op->rest, r->p, r->left);
    return GATTS_WAITS;
}

/* What does not fit is still checked: one forbidden value forbids all [3.4.4.7]. */
static int check_rest(struct gatts_op *op, struct woad_rd *r)
{
    uint8_t error = 0;
    while (!error && r->left) {
        struct woad_gatt_service *service;
        const struct woad_gatt_attr *attr;
        error = woad_gatts_permit(op, woad_rd_u16(r), false, &service, &attr);
    }
    return error;
}

static int read_handles(struct gatts_op *op, struct woad_rd *r)
{
    while (r->left && room_of(op) > prefix(op)) {
        woad_buf_put(op->rsp, (uint16_t)prefix(op));
        int err = woad_gatts_read_value(op, woad_rd_u16(r), room_of(op));
        if (err == GATTS_WAITS && op->opcode)
            return keep_rest(op, r);
        if (err)
            return err;
        value_done(op);
    }
    return check_rest(op, r);
}

int woad_gatts_on_read(struct gatts_op *op, struct woad_rd *r)
{
    bool blob = op->opcode == WOAD_ATT_READ_BLOB_REQ;
    bool one = blob || op->opcode == WOAD_ATT_READ_REQ;
    if (one ? r->left != (blob ? 4 : 2) : r->left % 2)
        return WOAD_ATT_ERR_INVALID_PDU;
    op->offset = 0;
    if (blob) {
        op->offset = woad_get_u16(r->p + 2);
        r->left = 2;
    }
    return read_handles(op, r);
}

int woad_gatts_read_on(struct gatts_op *op)
{
    if (op->opcode == WOAD_ATT_READ_BY_TYPE_REQ)
        return read_types(op, true, op->error);
    if (op->error)
        return op->error;
    value_done(op);
    struct woad_rd r = woad_rd_init(op->rest, op->rest_len);
    return read_handles(op, &r);
}
