#include "support/gatt_server.h"

#include <string.h>

#include "woad/att.h"
#include "woad/cursor.h"

struct gatt_server_attr *gatt_server_add(struct gatt_server *s, uint16_t handle, uint16_t type,
                                         const void *value, uint16_t len)
{
    struct gatt_server_attr *attr = &s->attrs[s->count++];
    *attr = (struct gatt_server_attr){.handle = handle, .type = woad_uuid16(type), .len = len};
    if (len)
        memcpy(attr->value, value, len);
    return attr;
}

void gatt_server_service(struct gatt_server *s, uint16_t handle, uint16_t end, uint16_t uuid)
{
    uint8_t value[2];
    woad_put_u16(value, uuid);
    gatt_server_add(s, handle, 0x2800, value, 2)->end = end;
}

void gatt_server_chr(struct gatt_server *s, uint16_t handle, uint8_t properties, uint16_t uuid,
                     const void *value, uint16_t len)
{
    uint8_t decl[5] = {properties};
    woad_put_u16(decl + 1, (uint16_t)(handle + 1));
    woad_put_u16(decl + 3, uuid);
    gatt_server_add(s, handle, 0x2803, decl, 5);
    gatt_server_add(s, (uint16_t)(handle + 1), uuid, value, len);
}

struct gatt_server_attr *gatt_server_find(struct gatt_server *s, uint16_t handle)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->attrs[i].handle == handle)
            return &s->attrs[i];
    return NULL;
}

static uint16_t error(uint8_t *to, uint8_t request, uint16_t handle, uint8_t att)
{
    to[0] = WOAD_ATT_ERROR_RSP;
    to[1] = request;
    woad_put_u16(to + 2, handle);
    to[4] = att;
    return 5;
}

/* An item of a list: handle, end of a service, type or value, as the request wants. */
static uint16_t item(const struct gatt_server_attr *attr, uint8_t request, uint8_t *to)
{
    uint16_t n = 2;
    woad_put_u16(to, attr->handle);
    if (request == WOAD_ATT_READ_BY_GROUP_TYPE_REQ || request == WOAD_ATT_FIND_BY_TYPE_VALUE_REQ) {
        woad_put_u16(to + 2, attr->end);
        n = 4;
    }
    if (request == WOAD_ATT_FIND_BY_TYPE_VALUE_REQ)
        return n;
    bool type = request == WOAD_ATT_FIND_INFORMATION_REQ;
    const void *from = type ? attr->type.val : attr->value;
    uint16_t len = type ? attr->type.len : attr->len;
    memcpy(to + n, from, len);
    return (uint16_t)(n + len);
}

static bool wanted(const struct gatt_server_attr *attr, uint8_t request, const uint8_t *pdu,
                   uint16_t len)
{
    if (attr->handle < woad_get_u16(pdu + 1) || attr->handle > woad_get_u16(pdu + 3))
        return false;
    if (request == WOAD_ATT_FIND_INFORMATION_REQ)
        return true;
    uint16_t type_len = request == WOAD_ATT_FIND_BY_TYPE_VALUE_REQ ? 2 : (uint16_t)(len - 5);
    if (attr->type.len != type_len || memcmp(attr->type.val, pdu + 5, type_len) != 0)
        return false;
    return request != WOAD_ATT_FIND_BY_TYPE_VALUE_REQ ||
           (attr->len == len - 7 && !memcmp(attr->value, pdu + 7, attr->len));
}

static uint16_t list(const struct gatt_server *s, const uint8_t *pdu, uint16_t len, uint8_t *to)
{
    uint8_t request = pdu[0];
    uint16_t head = request == WOAD_ATT_FIND_BY_TYPE_VALUE_REQ ? 1 : 2, n = head, first = 0;
    for (unsigned i = 0; i < s->count; i++) {
        uint8_t one[80];
        if (!wanted(&s->attrs[i], request, pdu, len))
            continue;
        uint16_t one_len = item(&s->attrs[i], request, one);
        if (n + one_len > s->mtu && n == head)
            one_len = (uint16_t)(s->mtu - n);
        if (n + one_len > s->mtu || (first && one_len != first))
            break;
        first = one_len;
        memcpy(to + n, one, one_len);
        n = (uint16_t)(n + one_len);
    }
    if (!first)
        return error(to, request, woad_get_u16(pdu + 1), WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    to[0] = (uint8_t)(request + 1);
    if (request == WOAD_ATT_FIND_INFORMATION_REQ)
        to[1] = first == 4 ? 1 : 2;
    else if (head == 2)
        to[1] = (uint8_t)first;
    return n;
}

static uint16_t read_from(const struct gatt_server *s, const struct gatt_server_attr *attr,
                          uint8_t request, uint16_t offset, uint8_t *to)
{
    if (offset > attr->len)
        return error(to, request, attr->handle, WOAD_ATT_ERR_INVALID_OFFSET);
    uint16_t n = (uint16_t)(attr->len - offset);
    if (n > s->mtu - 1)
        n = (uint16_t)(s->mtu - 1);
    to[0] = (uint8_t)(request + 1);
    memcpy(to + 1, attr->value + offset, n);
    return (uint16_t)(n + 1);
}

static uint16_t write_to(struct gatt_server_attr *attr, const uint8_t *pdu, uint16_t len,
                         uint8_t *to)
{
    if (len - 3u > sizeof(attr->value))
        return error(to, pdu[0], attr->handle, WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    attr->len = (uint16_t)(len - 3);
    memcpy(attr->value, pdu + 3, attr->len);
    to[0] = WOAD_ATT_WRITE_RSP;
    return 1;
}

uint16_t gatt_server_answer(struct gatt_server *s, const uint8_t *pdu, uint16_t len, uint8_t *to)
{
    uint16_t handle = len >= 3 ? woad_get_u16(pdu + 1) : 0;
    struct gatt_server_attr *attr = gatt_server_find(s, handle);
    switch (pdu[0]) {
    case WOAD_ATT_EXCHANGE_MTU_REQ:
        to[0] = WOAD_ATT_EXCHANGE_MTU_RSP;
        woad_put_u16(to + 1, s->mtu);
        if (handle < s->mtu)
            s->mtu = handle;
        return 3;
    case WOAD_ATT_FIND_INFORMATION_REQ:
    case WOAD_ATT_FIND_BY_TYPE_VALUE_REQ:
    case WOAD_ATT_READ_BY_TYPE_REQ:
    case WOAD_ATT_READ_BY_GROUP_TYPE_REQ: return list(s, pdu, len, to);
    case WOAD_ATT_PREPARE_WRITE_REQ: /* said to be there, not kept */
        memcpy(to, pdu, len);
        to[0] = WOAD_ATT_PREPARE_WRITE_RSP;
        return len;
    case WOAD_ATT_EXECUTE_WRITE_REQ: to[0] = WOAD_ATT_EXECUTE_WRITE_RSP; return 1;
    case WOAD_ATT_HANDLE_VALUE_CFM:
    case WOAD_ATT_WRITE_CMD: return 0;
    default: break;
    }
    if (!attr)
        return error(to, pdu[0], handle, WOAD_ATT_ERR_INVALID_HANDLE);
    if (pdu[0] == WOAD_ATT_READ_REQ)
        return read_from(s, attr, pdu[0], 0, to);
    if (pdu[0] == WOAD_ATT_READ_BLOB_REQ)
        return read_from(s, attr, pdu[0], woad_get_u16(pdu + 3), to);
    if (pdu[0] == WOAD_ATT_WRITE_REQ)
        return write_to(attr, pdu, len, to);
    return error(to, pdu[0], handle, WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
}
