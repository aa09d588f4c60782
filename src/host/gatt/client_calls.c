/* The calls of the GATT client: checks, and what the operation begins with. */
#include <string.h>

#include "gatt/client_priv.h"

/* The link of a call that uses op; ok is what else the call demands. */
static struct gattc_link *begin(struct woad_host *h, uint16_t conn, const struct woad_gattc_op *op,
                                bool ok, int *err)
{
    struct host_link *link = woad_host_link_of(h, conn, err);
    if (!link)
        return NULL;
    struct gattc_link *l = woad_gattc_of(h) ? woad_gattc_link(link) : NULL;
    bool alive = false;
    for (uint8_t i = 0; l && i < l->bearer_count; i++)
        alive = alive || !l->bearers[i]->dead;
    if (!l || !op || !op->event || !ok)
        *err = l ? WOAD_ERR_INVALID : WOAD_ERR_UNSUPPORTED;
    else if (op->state != GATTC_IDLE)
        *err = WOAD_ERR_BUSY;
    else if (!alive)
        *err = WOAD_ERR_NOT_CONNECTED;
    return *err ? NULL : l;
}

static bool usable(const struct woad_uuid *uuid)
{
    return uuid->len == 2 || uuid->len == 4 || uuid->len == 16;
}

/* A range of handles, and a UUID as ATT sends it: 2 or 16 octets. */
static int by_range(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op, uint8_t step,
                    uint16_t start, uint16_t end, const struct woad_uuid *uuid)
{
    int err;
    bool ok = start && start <= end && (!uuid || usable(uuid));
    struct gattc_link *l = begin(h, conn, op, ok, &err);
    if (!l)
        return err;
    op->at = start;
    op->end = end;
    op->uuid.len = 0;
    if (uuid)
        op->uuid = uuid->len == 4 ? woad_uuid_expand(uuid) : *uuid;
    woad_gattc_begin(l, op, step);
    return 0;
}

int woad_gattc_discover_services(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                 const struct woad_uuid *uuid)
{
    return by_range(h, conn, op, uuid ? GATTC_STEP_SERVICES_BY_UUID : GATTC_STEP_SERVICES, 1,
                    0xffff, uuid);
}

int woad_gattc_discover_includes(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                 uint16_t start, uint16_t end)
{
    return by_range(h, conn, op, GATTC_STEP_INCLUDES, start, end, NULL);
}

int woad_gattc_discover_characteristics(struct woad_host *h, uint16_t conn,
                                        struct woad_gattc_op *op, uint16_t start, uint16_t end,
                                        const struct woad_uuid *uuid)
{
    return by_range(h, conn, op, GATTC_STEP_CHARACTERISTICS, start, end, uuid);
}

int woad_gattc_discover_descriptors(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                                    uint16_t start, uint16_t end)
{
    return by_range(h, conn, op, GATTC_STEP_DESCRIPTORS, start, end, NULL);
}

int woad_gattc_read_by_uuid(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                            uint16_t start, uint16_t end, const struct woad_uuid *uuid)
{
    return uuid ? by_range(h, conn, op, GATTC_STEP_BY_UUID, start, end, uuid) : WOAD_ERR_INVALID;
}

/* One handle, with a value or without. */
static int by_handle(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op, uint8_t step,
                     const struct woad_gattc_write *one)
{
    int err;
    bool ok =
        one->handle && (!one->len || one->data) && one->offset + one->len <= WOAD_ATT_VALUE_MAX;
    struct gattc_link *l = begin(h, conn, op, ok, &err);
    if (!l)
        return err;
    if (step == GATTC_STEP_SIGNED && !h->security)
        return WOAD_ERR_UNSUPPORTED;
    op->one = *one;
    op->u.writes = &op->one;
    op->count = 1;
    op->offset = step == GATTC_STEP_BLOB ? one->offset : 0;
    woad_gattc_begin(l, op, step);
    return 0;
}

int woad_gattc_read(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op, uint16_t handle)
{
    return by_handle(h, conn, op, GATTC_STEP_READ, &(struct woad_gattc_write){.handle = handle});
}

int woad_gattc_read_long(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         uint16_t handle, uint16_t offset)
{
    return by_handle(h, conn, op, offset ? GATTC_STEP_BLOB : GATTC_STEP_READ_LONG,
                     &(struct woad_gattc_write){.handle = handle, .offset = offset});
}

int woad_gattc_write(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op, uint16_t handle,
                     const void *data, uint16_t len)
{
    return by_handle(h, conn, op, GATTC_STEP_WRITE,
                     &(struct woad_gattc_write){.handle = handle, .len = len, .data = data});
}

int woad_gattc_write_cmd(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         uint16_t handle, const void *data, uint16_t len)
{
    return by_handle(h, conn, op, GATTC_STEP_COMMAND,
                     &(struct woad_gattc_write){.handle = handle, .len = len, .data = data});
}

int woad_gattc_write_signed(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                            uint16_t handle, const void *data, uint16_t len)
{
    return by_handle(h, conn, op, GATTC_STEP_SIGNED,
                     &(struct woad_gattc_write){.handle = handle, .len = len, .data = data});
}

int woad_gattc_write_long(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                          uint16_t handle, uint16_t offset, const void *data, uint16_t len)
{
    return by_handle(h, conn, op, GATTC_STEP_PREPARE,
                     &(struct woad_gattc_write){handle, offset, len, data});
}

int woad_gattc_write_reliable(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                              const struct woad_gattc_write *writes, uint16_t count)
{
    int err;
    bool ok = writes && count;
    for (uint16_t i = 0; ok && i < count; i++)
        ok = writes[i].handle && (!writes[i].len || writes[i].data) &&
             writes[i].offset + writes[i].len <= WOAD_ATT_VALUE_MAX;
    struct gattc_link *l = begin(h, conn, op, ok, &err);
    if (!l)
        return err;
    op->u.writes = writes;
    op->count = count;
    op->offset = 0;
    woad_gattc_begin(l, op, GATTC_STEP_PREPARE);
    return 0;
}

int woad_gattc_read_multiple(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                             const uint16_t *handles, uint16_t count, bool variable)
{
    int err;
    bool ok = handles && count >= 2;
    for (uint16_t i = 0; ok && i < count; i++)
        ok = handles[i] != 0;
    struct gattc_link *l = begin(h, conn, op, ok, &err);
    if (!l)
        return err;
    op->u.handles = handles;
    op->count = count;
    woad_gattc_begin(l, op, variable ? GATTC_STEP_VARIABLE : GATTC_STEP_MULTIPLE);
    return 0;
}

int woad_gattc_exchange_mtu(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op)
{
    int err;
    struct gattc_link *l = begin(h, conn, op, true, &err);
    if (l)
        woad_gattc_begin(l, op, GATTC_STEP_MTU);
    return err;
}

int woad_gattc_cancel(struct woad_host *h, struct woad_gattc_op *op)
{
    woad_host_enter(h);
    if (op->state == GATTC_IDLE || op->state == GATTC_ENDING)
        return WOAD_ERR_NOT_FOUND;
    woad_gattc_drop(op);
    return 0;
}

/* ---- subscriptions --------------------------------------------------------------------------- */

static int write_ccc(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                     struct woad_gattc_sub *sub, uint8_t bits, bool add)
{
    int err;
    struct gattc_link *l = begin(h, conn, op, sub->ccc_handle && sub->value_handle, &err);
    if (!l)
        return err;
    sub->bits = bits;
    sub->busy++;
    if (add)
        woad_gattc_sub_add(l, sub);
    op->u.sub = sub;
    woad_gattc_begin(l, op, GATTC_STEP_CCC);
    return 0;
}

int woad_gattc_subscribe(struct woad_host *h, uint16_t conn, struct woad_gattc_op *op,
                         struct woad_gattc_sub *sub, uint8_t bits)
{
    if (!sub || !sub->event || !bits || bits > (WOAD_GATTC_NOTIFY | WOAD_GATTC_INDICATE))
        return WOAD_ERR_INVALID;
    if (sub->link)
        return WOAD_ERR_EXISTS;
    return write_ccc(h, conn, op, sub, bits, true);
}

int woad_gattc_unsubscribe(struct woad_host *h, struct woad_gattc_op *op,
                           struct woad_gattc_sub *sub)
{
    if (!sub)
        return WOAD_ERR_INVALID;
    const struct gattc_link *l = sub->link;
    return l ? write_ccc(h, l->link->handle, op, sub, 0, false) : WOAD_ERR_NOT_FOUND;
}

int woad_gattc_listen(struct woad_host *h, uint16_t conn, struct woad_gattc_sub *sub)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (!woad_gattc_of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (!sub || !sub->event || !sub->value_handle)
        return WOAD_ERR_INVALID;
    if (sub->link)
        return WOAD_ERR_EXISTS;
    sub->bits = WOAD_GATTC_NOTIFY | WOAD_GATTC_INDICATE;
    woad_gattc_sub_add(woad_gattc_link(link), sub);
    return 0;
}

int woad_gattc_forget(struct woad_host *h, struct woad_gattc_sub *sub)
{
    woad_host_enter(h);
    if (!sub->link)
        return WOAD_ERR_NOT_FOUND;
    if (sub->busy)
        return WOAD_ERR_BUSY;
    woad_gattc_sub_remove(sub);
    return 0;
}
