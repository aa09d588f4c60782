/* The requests of the GATT client: how each is written and what its answer does, a row each
 * [Vol 3, Part F, 3.4; Vol 3, Part G, 4].
 *
 * at is the first handle not yet asked for; it only grows, so that no server can keep a discovery
 * going for ever. It is 0 behind handle 0xFFFF. */
#include <string.h>

#include "gatt/client_priv.h"

#define FOUND_UUID16  2
#define FOUND_UUID128 16

static void tell(struct woad_gattc_op *op, struct woad_gattc_evt *evt)
{
    const struct gattc_link *l = op->link;
    evt->op = op;
    op->got = true;
    woad_gattc_tell(l->link, op->inner, op->event, op->arg, evt);
}

/* start..end was found: it lies in what was asked for, behind everything found before. */
static bool advance(struct woad_gattc_op *op, uint16_t start, uint16_t end)
{
    if (!op->at || start < op->at || end < start || start > op->end)
        return false;
    op->at = (uint16_t)(end + 1);
    return true;
}

static int ask_again(const struct woad_gattc_op *op)
{
    return op->at && op->at <= op->end ? op->step : GATTC_STEP_END;
}

static struct woad_uuid take_uuid(struct woad_rd *r, size_t len)
{
    struct woad_uuid uuid = {.len = (uint8_t)len};
    woad_rd_bytes(r, uuid.val, len);
    return uuid;
}

/* The length of the items of a list, which is octet 1 of its PDU; 0: it is none of the two, or the
 * list is not made of such items. */
static uint8_t item_len(struct woad_rd *r, uint8_t with_uuid16, uint8_t with_uuid128)
{
    uint8_t len = woad_rd_u8(r);
    bool known = len && (len == with_uuid16 || len == with_uuid128);
    return known && r->left && r->left % len == 0 ? len : 0;
}

static bool more(const struct woad_gattc_op *op, const struct woad_rd *r)
{
    return r->left && woad_gattc_active(op);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static int build_range(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    (void)b;
    woad_wr_u16(w, op->at);
    woad_wr_u16(w, op->end);
    return 0;
}

static int build_type(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    build_range(op, b, w);
    woad_wr_u16(w, woad_gattc_steps[op->step].type);
    return 0;
}

static int build_uuid(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    build_range(op, b, w);
    woad_wr_bytes(w, op->uuid.val, op->uuid.len);
    return 0;
}

static int build_value(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    build_type(op, b, w);
    woad_wr_bytes(w, op->uuid.val, op->uuid.len);
    return 0;
}

/* ---- discovery ------------------------------------------------------------------------------- */

static int found_service(struct woad_gattc_op *op, uint16_t start, uint16_t end,
                         const struct woad_uuid *uuid)
{
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_SERVICE};
    if (!advance(op, start, end))
        return WOAD_ERR_FORMAT;
    evt.u.service.start = start;
    evt.u.service.end = end;
    evt.u.service.uuid = *uuid;
    tell(op, &evt);
    return 0;
}

static int rx_services(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    uint8_t len = item_len(r, 4 + FOUND_UUID16, 4 + FOUND_UUID128);
    int err = len ? 0 : WOAD_ERR_FORMAT;
    (void)b;
    while (!err && more(op, r)) {
        uint16_t start = woad_rd_u16(r);
        uint16_t end = woad_rd_u16(r);
        struct woad_uuid uuid = take_uuid(r, len - 4u);
        err = found_service(op, start, end, &uuid);
    }
    return err ? err : ask_again(op);
}

static int rx_services_by_uuid(struct woad_gattc_op *op, const struct att_bearer *b,
                               struct woad_rd *r)
{
    int err = r->left % 4 ? WOAD_ERR_FORMAT : 0;
    (void)b;
    while (!err && more(op, r)) {
        uint16_t start = woad_rd_u16(r);
        err = found_service(op, start, woad_rd_u16(r), &op->uuid);
    }
    return err ? err : ask_again(op);
}

static void tell_include(struct woad_gattc_op *op, const struct woad_uuid *uuid)
{
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_INCLUDE};
    evt.u.include.handle = op->held.handle;
    evt.u.include.start = op->held.value_handle;
    evt.u.include.end = op->held.end;
    evt.u.include.uuid = *uuid;
    op->held.handle = 0;
    tell(op, &evt);
}

/* Long UUIDs are not in the declaration: they are read one after the other, the rest of the list is
 * asked for again [Vol 3, Part G, 4.5.1]. */
static int rx_includes(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    uint8_t len = item_len(r, 8, 6);
    (void)b;
    if (!len)
        return WOAD_ERR_FORMAT;
    while (more(op, r)) {
        op->held.handle = woad_rd_u16(r);
        op->held.value_handle = woad_rd_u16(r);
        op->held.end = woad_rd_u16(r);
        if (!advance(op, op->held.handle, op->held.handle) || !op->held.value_handle ||
            op->held.end < op->held.value_handle)
            return WOAD_ERR_FORMAT;
        if (len == 6)
            return GATTC_STEP_INCLUDE_UUID;
        struct woad_uuid uuid = take_uuid(r, FOUND_UUID16);
        tell_include(op, &uuid);
    }
    return ask_again(op);
}

static int build_include_uuid(struct woad_gattc_op *op, const struct att_bearer *b,
                              struct woad_wr *w)
{
    (void)b;
    woad_wr_u16(w, op->held.value_handle);
    return 0;
}

static int rx_include_uuid(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    (void)b;
    if (r->left != FOUND_UUID16 && r->left != FOUND_UUID128)
        return WOAD_ERR_FORMAT;
    struct woad_uuid uuid = take_uuid(r, r->left);
    tell_include(op, &uuid);
    op->step = GATTC_STEP_INCLUDES;
    return ask_again(op);
}

int woad_gattc_flush(struct woad_gattc_op *op, uint16_t end)
{
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_CHARACTERISTIC};
    struct woad_gattc_chr *held = &op->held;
    if (op->step != GATTC_STEP_CHARACTERISTICS || !held->handle)
        return 0;
    if (held->value_handle > end)
        return WOAD_ERR_FORMAT;
    held->end = end;
    evt.u.characteristic = *held;
    held->handle = 0;
    if (!op->uuid.len || woad_uuid_equal(&op->uuid, &evt.u.characteristic.uuid))
        tell(op, &evt);
    return 0;
}

static int rx_characteristics(struct woad_gattc_op *op, const struct att_bearer *b,
                              struct woad_rd *r)
{
    uint8_t len = item_len(r, 5 + FOUND_UUID16, 5 + FOUND_UUID128);
    int err = len ? 0 : WOAD_ERR_FORMAT;
    (void)b;
    while (!err && more(op, r)) {
        struct woad_gattc_chr found = {.handle = woad_rd_u16(r)};
        found.properties = woad_rd_u8(r);
        found.value_handle = woad_rd_u16(r);
        found.uuid = take_uuid(r, len - 5u);
        if (!advance(op, found.handle, found.handle) || found.value_handle <= found.handle)
            return WOAD_ERR_FORMAT;
        err = woad_gattc_flush(op, (uint16_t)(found.handle - 1));
        op->held = found;
    }
    int next = err ? err : ask_again(op);
    if (next == GATTC_STEP_END && woad_gattc_active(op)) {
        err = woad_gattc_flush(op, op->end);
        next = err ? err : next;
    }
    return next;
}

static int rx_descriptors(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    uint8_t format = woad_rd_u8(r);
    size_t uuid_len = format == 1 ? FOUND_UUID16 : FOUND_UUID128;
    (void)b;
    if ((format != 1 && format != 2) || r->left % (2 + uuid_len))
        return WOAD_ERR_FORMAT;
    while (more(op, r)) {
        struct woad_gattc_evt evt = {.type = WOAD_GATTC_DESCRIPTOR};
        evt.u.descriptor.handle = woad_rd_u16(r);
        evt.u.descriptor.uuid = take_uuid(r, uuid_len);
        if (!advance(op, evt.u.descriptor.handle, evt.u.descriptor.handle))
            return WOAD_ERR_FORMAT;
        tell(op, &evt);
    }
    return ask_again(op);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* An answer of len octets fills its PDU. The server may not have known of a new MTU yet, if it is
 * the one that asked for it [Vol 3, Part F, 3.4.2.2]. */
static bool fills(const struct att_bearer *b, size_t len)
{
    return len == b->mtu || len == b->request_mtu;
}

static int tell_value(struct woad_gattc_op *op, uint16_t handle, uint16_t offset, struct woad_rd *r,
                      size_t len, bool cut)
{
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_VALUE};
    if (offset + len > WOAD_ATT_VALUE_MAX)
        return WOAD_ERR_FORMAT;
    evt.u.value.handle = handle;
    evt.u.value.offset = offset;
    evt.u.value.len = (uint16_t)len;
    evt.u.value.data = woad_rd_take(r, len);
    evt.u.value.cut = cut;
    tell(op, &evt);
    return 0;
}

static int rx_by_uuid(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    uint8_t len = woad_rd_u8(r);
    int err = len < 2 || !r->left || r->left % len ? WOAD_ERR_FORMAT : 0;
    bool cut = len == 255 || fills(b, len + 2u);
    while (!err && more(op, r)) {
        uint16_t handle = woad_rd_u16(r);
        err = advance(op, handle, handle) ? tell_value(op, handle, 0, r, len - 2u, cut)
                                          : WOAD_ERR_FORMAT;
    }
    return err ? err : ask_again(op);
}

static int build_handle(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    (void)b;
    woad_wr_u16(w, op->one.handle);
    return 0;
}

static int build_blob(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    build_handle(op, b, w);
    woad_wr_u16(w, op->offset);
    return 0;
}

static int rx_read(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    bool cut = fills(b, r->left + 1) && r->left < WOAD_ATT_VALUE_MAX;
    int err = tell_value(op, op->one.handle, 0, r, r->left, cut);
    return err ? err : GATTC_STEP_END;
}

/* A part that fills its PDU may not be the last. */
static int rx_part(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    uint16_t len = (uint16_t)r->left;
    bool cut = fills(b, len + 1u) && op->offset + len < WOAD_ATT_VALUE_MAX;
    int err = 0;
    if (len || !op->got)
        err = tell_value(op, op->one.handle, op->offset, r, len, cut);
    op->offset = (uint16_t)(op->offset + len);
    return err ? err : cut ? GATTC_STEP_BLOB : GATTC_STEP_END;
}

static int build_handles(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    (void)b;
    for (uint16_t i = 0; i < op->count; i++)
        woad_wr_u16(w, op->u.handles[i]);
    return 0;
}

/* Several values in a row may be longer than one may be. */
static int rx_multiple(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_VALUE};
    evt.u.value.cut = fills(b, r->left + 1);
    evt.u.value.len = (uint16_t)r->left;
    evt.u.value.data = woad_rd_take(r, r->left);
    tell(op, &evt);
    return GATTC_STEP_END;
}

/* The last value, or its length, may have been cut by the MTU [Vol 3, Part F, 3.4.4.12]. */
static int rx_variable(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    int err = 0;
    (void)b;
    for (op->pos = 0; !err && r->left > 1 && woad_gattc_active(op); op->pos++) {
        uint16_t len = woad_rd_u16(r);
        bool cut = len > r->left;
        if (op->pos == op->count || len > WOAD_ATT_VALUE_MAX)
            return WOAD_ERR_FORMAT;
        err = tell_value(op, op->u.handles[op->pos], 0, r, cut ? r->left : len, cut);
    }
    return err ? err : GATTC_STEP_END;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int build_write(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    build_handle(op, b, w);
    woad_wr_bytes(w, op->one.data, op->one.len);
    return 0;
}

static int rx_nothing(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    (void)op;
    (void)b;
    return r->left ? WOAD_ERR_FORMAT : GATTC_STEP_END;
}

static int build_ccc(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    (void)b;
    woad_wr_u16(w, op->u.sub->ccc_handle);
    woad_wr_u16(w, woad_gattc_sub_bits(op->u.sub));
    return 0;
}

/* One on an encrypted link needs no signature [Vol 3, Part C, 10.2.1]. */
static int build_signed(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    const struct host_security_ops *security = b->link->h->security;
    uint8_t *opcode = w->start;
    build_write(op, b, w);
    if (b->link->encrypted || !woad_wr_ok(w)) {
        *opcode = WOAD_ATT_WRITE_CMD;
        return 0;
    }
    const struct woad_cmac_part part = {w->start, woad_wr_len(w)};
    uint8_t *signature = woad_wr_room(w, 12);
    return signature ? security->sign(b->link, &part, 1, signature) : 0;
}

/* For a part of the value under way, its length is remembered in end. */
static int build_prepare(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    const struct woad_gattc_write *one = &op->u.writes[op->pos];
    uint16_t left = (uint16_t)(one->len - op->offset);
    op->end = left < b->mtu - 5u ? left : (uint16_t)(b->mtu - 5);
    woad_wr_u16(w, one->handle);
    woad_wr_u16(w, (uint16_t)(one->offset + op->offset));
    woad_wr_bytes(w, (const uint8_t *)one->data + op->offset, op->end);
    return 0;
}

/* What the server says it got is compared [Vol 3, Part G, 4.9.5]. */
static int rx_prepare(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    const struct woad_gattc_write *one = &op->u.writes[op->pos];
    uint16_t handle = woad_rd_u16(r);
    uint16_t offset = woad_rd_u16(r);
    size_t len = r->left;
    const uint8_t *echo = woad_rd_take(r, len);
    (void)b;
    op->got = true;
    if (handle != one->handle || offset != one->offset + op->offset || len != op->end ||
        (len && memcmp(echo, (const uint8_t *)one->data + op->offset, len) != 0))
        return WOAD_ERR_MISMATCH;
    op->offset = (uint16_t)(op->offset + len);
    if (op->offset == one->len) {
        op->offset = 0;
        op->pos++;
    }
    return op->pos < op->count ? GATTC_STEP_PREPARE : GATTC_STEP_EXECUTE;
}

static int build_execute(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_wr *w)
{
    (void)b;
    woad_wr_u8(w, op->step == GATTC_STEP_EXECUTE);
    return 0;
}

static int rx_mtu(struct woad_gattc_op *op, const struct att_bearer *b, struct woad_rd *r)
{
    (void)op;
    (void)b;
    (void)r;
    return GATTC_STEP_END; /* dealt with by the bearer */
}

/* ---- the table ------------------------------------------------------------------------------- */

#define DISCOVERY   true
#define REQUEST(op) .opcode = WOAD_ATT_##op##_REQ

const struct gattc_step_row woad_gattc_steps[GATTC_STEP_COUNT] = {
    [GATTC_STEP_MTU] = {REQUEST(EXCHANGE_MTU), .rx = rx_mtu},
    [GATTC_STEP_SERVICES] = {REQUEST(READ_BY_GROUP_TYPE), false, DISCOVERY, 0x2800, build_type,
                             rx_services},
    [GATTC_STEP_SERVICES_BY_UUID] = {REQUEST(FIND_BY_TYPE_VALUE), false, DISCOVERY, 0x2800,
                                     build_value, rx_services_by_uuid},
    [GATTC_STEP_INCLUDES] = {REQUEST(READ_BY_TYPE), false, DISCOVERY, 0x2802, build_type,
                             rx_includes},
    [GATTC_STEP_INCLUDE_UUID] = {REQUEST(READ), false, false, 0, build_include_uuid,
                                 rx_include_uuid},
    [GATTC_STEP_CHARACTERISTICS] = {REQUEST(READ_BY_TYPE), false, DISCOVERY, 0x2803, build_type,
                                    rx_characteristics},
    [GATTC_STEP_DESCRIPTORS] = {REQUEST(FIND_INFORMATION), false, DISCOVERY, 0, build_range,
                                rx_descriptors},
    [GATTC_STEP_BY_UUID] = {REQUEST(READ_BY_TYPE), false, DISCOVERY, 0, build_uuid, rx_by_uuid},
    [GATTC_STEP_READ] = {REQUEST(READ), false, false, 0, build_handle, rx_read},
    [GATTC_STEP_READ_LONG] = {REQUEST(READ), false, false, 0, build_handle, rx_part},
    [GATTC_STEP_BLOB] = {REQUEST(READ_BLOB), false, false, 0, build_blob, rx_part},
    [GATTC_STEP_MULTIPLE] = {REQUEST(READ_MULTIPLE), false, false, 0, build_handles, rx_multiple},
    [GATTC_STEP_VARIABLE] = {REQUEST(READ_MULTIPLE_VARIABLE), false, false, 0, build_handles,
                             rx_variable},
    [GATTC_STEP_WRITE] = {REQUEST(WRITE), false, false, 0, build_write, rx_nothing},
    [GATTC_STEP_CCC] = {REQUEST(WRITE), false, false, 0, build_ccc, rx_nothing},
    [GATTC_STEP_PREPARE] = {REQUEST(PREPARE_WRITE), false, false, 0, build_prepare, rx_prepare},
    [GATTC_STEP_EXECUTE] = {REQUEST(EXECUTE_WRITE), false, false, 0, build_execute, rx_nothing},
    [GATTC_STEP_DISCARD] = {REQUEST(EXECUTE_WRITE), false, false, 0, build_execute, rx_nothing},
    [GATTC_STEP_COMMAND] = {WOAD_ATT_WRITE_CMD, true, false, 0, build_write, NULL},
    [GATTC_STEP_SIGNED] = {WOAD_ATT_SIGNED_WRITE_CMD, true, false, 0, build_signed, NULL},
};
