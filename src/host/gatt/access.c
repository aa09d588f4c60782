/* Who may, and values of every kind [Vol 3, Part F, 3.2.5; Part C, 10.3]. */
#include <string.h>

#include "gatt/gatts_priv.h"

static uint8_t level_of(const struct host_link *link)
{
    if (link->h->security)
        return link->h->security->level(link);
    return link->encrypted ? WOAD_GATT_ENCRYPTED : WOAD_GATT_OPEN;
}

static bool key_too_short(const struct host_link *link)
{
    const struct host_security_ops *security = link->h->security;
    return security && security->key_size(link) < woad_gatts_of(link->h)->cfg.min_key_size;
}

static uint8_t too_low(const struct host_link *link, uint8_t level, uint8_t wanted)
{
    const struct host_security_ops *security = link->h->security;
    if (level == WOAD_GATT_OPEN) /* a key is there and is not used, or there is none */
        return security && security->bond(link) >= 0 ? WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION
                                                     : WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION;
    if (key_too_short(link))
        return WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT;
    return level < wanted ? WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION : 0;
}

static uint8_t access_of(const struct woad_gatt_attr *attr, bool write)
{
    if (attr->kind < WOAD_GATT_KIND_CCCD)
        return write ? WOAD_GATT_NEVER : WOAD_GATT_OPEN;
    return write ? attr->access >> 4 : attr->access & 0x0f;
}

uint8_t woad_gatts_check(const struct gatts_client *c, const struct woad_gatt_attr *attr,
                         bool write)
{
    uint8_t wanted = access_of(attr, write) & 0x07;
    if (wanted == WOAD_GATT_NEVER)
        return write ? WOAD_ATT_ERR_WRITE_NOT_PERMITTED : WOAD_ATT_ERR_READ_NOT_PERMITTED;
    return wanted == WOAD_GATT_OPEN ? 0 : too_low(c->link, level_of(c->link), wanted);
}

uint8_t woad_gatts_permit(struct gatts_op *op, uint16_t handle, bool write,
                          struct woad_gatt_service **service, const struct woad_gatt_attr **attr)
{
    struct host_link *link = op->bearer->link;
    op->handle = handle;
    *attr = woad_gatt_db_find(&woad_gatts_of(link->h)->db, handle, service);
    if (!*attr)
        return WOAD_ATT_ERR_INVALID_HANDLE;
    uint8_t error = woad_gatts_check(woad_gatts_client(link), *attr, write);
    if (error || !(access_of(*attr, write) & WOAD_GATT_AUTHORIZED))
        return error;
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_AUTHORIZE, link, handle, *attr);
    if (write)
        evt.u.write.req = woad_gatts_req_of(op);
    else
        evt.u.read.req = woad_gatts_req_of(op);
    int answer = woad_gatts_ask(link->h, op, *service, &evt);
    return answer == 0 ? 0 : WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int ask_value(struct gatts_op *op, struct woad_gatt_service *service, uint16_t handle,
                     const struct woad_gatt_attr *attr, uint16_t room)
{
    struct host_link *link = op->bearer->link;
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_READ, link, handle, attr);
    evt.u.read.req = woad_gatts_req_of(op);
    evt.u.read.offset = op->offset;
    evt.u.read.room = room;
    return woad_gatts_ask(link->h, op, service, &evt);
}

/* The value of a kind that the server itself knows; *len octets in all. NULL: in scratch. */
static const uint8_t *known_value(const struct gatts_op *op,
                                  const struct woad_gatt_service *service,
                                  const struct woad_gatt_attr *attr, uint8_t scratch[19],
                                  uint16_t *len)
{
    const struct woad_gatt_value *value = attr->value;
    switch (attr->kind) {
    case WOAD_GATT_KIND_CONST: *len = attr->size; return attr->value;
    case WOAD_GATT_KIND_VALUE: *len = value->len; return value->data;
    case WOAD_GATT_KIND_CCCD:
        woad_put_u16(scratch, woad_gatts_cccd_get(woad_gatts_client(op->bearer->link), op->handle));
        *len = 2;
        return scratch;
    default: *len = woad_gatt_attr_declaration(service, op->handle, scratch); return scratch;
    }
}

int woad_gatts_read_value(struct gatts_op *op, uint16_t handle, uint16_t room)
{
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr;
    uint8_t scratch[19];
    uint16_t len;
    op->value_at = op->rsp->len;
    uint8_t error = woad_gatts_permit(op, handle, false, &service, &attr);
    if (error)
        return error;
    if (attr->kind == WOAD_GATT_KIND_DYNAMIC)
        return ask_value(op, service, handle, attr, room);
    const uint8_t *from = known_value(op, service, attr, scratch, &len);
    if (op->offset > len)
        return WOAD_ATT_ERR_INVALID_OFFSET;
    woad_gatts_append(op, from + op->offset, (uint16_t)(len - op->offset));
    return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

uint16_t woad_gatts_capacity(const struct woad_gatt_attr *attr)
{
    switch (attr->kind) {
    case WOAD_GATT_KIND_VALUE: return ((const struct woad_gatt_value *)attr->value)->capacity;
    case WOAD_GATT_KIND_CCCD: return 2;
    default: return attr->size ? attr->size : WOAD_ATT_VALUE_MAX;
    }
}

/* The table is const, the value that it points at is not: its owner said so by its kind. */
static struct woad_gatt_value *value_of(const struct woad_gatt_attr *attr)
{
    union {
        const void *from;
        struct woad_gatt_value *to;
    } u = {.from = attr->value};
    return u.to;
}

int woad_gatts_write_value(struct gatts_client *c, struct gatts_op *op, uint16_t handle,
                           uint16_t offset, const uint8_t *data, uint16_t len)
{
    struct woad_host *h = c->link->h;
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr = woad_gatt_db_find(&woad_gatts_of(h)->db, handle, &service);
    if (!attr)
        return WOAD_ATT_ERR_INVALID_HANDLE;
    if ((uint32_t)offset + len > woad_gatts_capacity(attr))
        return WOAD_ATT_ERR_INVALID_VALUE_LENGTH;
    if (attr->kind == WOAD_GATT_KIND_CCCD)
        return len != 2 || offset ? WOAD_ATT_ERR_INVALID_VALUE_LENGTH
                                  : woad_gatts_cccd_set(c, service, handle, woad_get_u16(data));
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_WRITTEN, c->link, handle, attr);
    evt.u.write.data = data;
    evt.u.write.len = len;
    evt.u.write.offset = offset;
    if (attr->kind == WOAD_GATT_KIND_VALUE) {
        struct woad_gatt_value *value = value_of(attr);
        if (offset > value->len)
            return WOAD_ATT_ERR_INVALID_OFFSET;
        memcpy(value->data + offset, data, len);
        value->len = (uint16_t)(offset + len);
        op = NULL; /* there is nothing to be asked */
    } else {
        evt.type = WOAD_GATTS_WRITE;
    }
    if (!op) {
        woad_gatts_tell(h, service, &evt);
        return 0;
    }
    evt.u.write.req = woad_gatts_req_of(op);
    return woad_gatts_ask(h, op, service, &evt);
}
