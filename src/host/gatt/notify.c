/* Notifications and indications [Vol 3, Part F, 3.4.7]. A value leaves only to a client that asked
 * for it and that could read it, whatever its subscription says. */
#include <string.h>

#include "gatt/gatts_priv.h"

#define VALUE_HEADER 3 /* opcode, handle */

struct target {
    struct woad_gatt_service *service;
    struct gatts_client *client;
    struct att_bearer *bearer;
};

/* The rights a value asks for: those of reading it, or of subscribing when it cannot be read. */
static uint8_t may_get(const struct gatts_client *c, const struct woad_gatt_service *service,
                       const struct woad_gatt_attr *attr, uint16_t cccd)
{
    if ((attr->access & 0x07) != WOAD_GATT_NEVER)
        return woad_gatts_check(c, attr, false);
    if (!cccd) /* cfg.unasked: nobody can subscribe */
        return WOAD_ATT_OK;
    return woad_gatts_check(c, &service->attrs[cccd - service->start], true);
}

/* 0 when the client of conn may be sent the value at handle; bit: of the configuration. */
static int aim(struct woad_host *h, uint16_t conn, uint16_t handle, uint8_t bit, struct target *t)
{
    const struct gatts *g = woad_gatts_of(h);
    int err = 0;
    if (!g)
        return WOAD_ERR_STATE;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    t->bearer = woad_gatts_bearer(link, handle);
    t->client = woad_gatts_client(link);
    if (!t->bearer || !t->client->link)
        return WOAD_ERR_NOT_CONNECTED;
    const struct woad_gatt_attr *attr = woad_gatt_db_find(&g->db, handle, &t->service);
    if (!attr || attr->kind < WOAD_GATT_KIND_CONST)
        return WOAD_ERR_INVALID;
    uint16_t cccd = woad_gatts_cccd_of(t->service, handle);
    if (!g->cfg.unasked && !(woad_gatts_cccd_get(t->client, cccd) & bit))
        return WOAD_ERR_NOT_FOUND;
    if (may_get(t->client, t->service, attr, cccd))
        return WOAD_ERR_SECURITY;
    return woad_gatts_unaware(t->client) ? WOAD_ERR_AGAIN : 0;
}

/* notify_all() is for subscribers alone. */
static bool subscriber(const struct host_link *link, uint16_t handle, struct target *t)
{
    if (link->state != HOST_LINK_UP || aim(link->h, link->handle, handle, 1, t))
        return false;
    return woad_gatts_cccd_get(t->client, woad_gatts_cccd_of(t->service, handle)) & 1;
}

static int refused(struct woad_host *h, struct woad_gatt_service *service)
{
    woad_gatts_of(h)->want_writable = true;
    service->want_writable = true;
    return WOAD_ERR_AGAIN;
}

/* The same for a value of len octets at data. */
static int aim_value(struct woad_host *h, uint16_t conn, const struct woad_gatts_item *value,
                     uint8_t bit, struct target *t)
{
    if (value->len && !value->data)
        return WOAD_ERR_INVALID;
    int err = aim(h, conn, value->handle, bit, t);
    if (err)
        return err == WOAD_ERR_AGAIN ? refused(h, t->service) : err;
    return (uint32_t)value->len + VALUE_HEADER <= t->bearer->mtu ? 0 : WOAD_ERR_TOO_LONG;
}

static void put_header(struct woad_buf *buf, uint8_t opcode, uint16_t handle)
{
    uint8_t *p = woad_buf_put(buf, VALUE_HEADER);
    p[0] = opcode;
    woad_put_u16(p + 1, handle);
}

static void put_value(struct woad_buf *buf, const struct woad_gatts_item *value)
{
    if (value->len)
        memcpy(woad_buf_put(buf, value->len), value->data, value->len);
}

static int send_value(struct woad_host *h, const struct target *t, uint8_t opcode,
                      const struct woad_gatts_item *value)
{
    bool question = opcode == WOAD_ATT_HANDLE_VALUE_IND;
    struct woad_buf *buf = question ? woad_att_alloc_reserved(t->bearer) : woad_att_alloc(h);
    if (!buf)
        return refused(h, t->service);
    put_header(buf, opcode, value->handle);
    put_value(buf, value);
    return woad_att_send(t->bearer, buf);
}

int woad_gatts_notify(struct woad_host *h, uint16_t conn, uint16_t handle, const void *data,
                      uint16_t len)
{
    struct target t;
    const struct woad_gatts_item value = {handle, len, data};
    woad_host_enter(h);
    int err = aim_value(h, conn, &value, 1, &t);
    return err ? err : send_value(h, &t, WOAD_ATT_HANDLE_VALUE_NTF, &value);
}

/* How many subscribers there are for value, which is sent to them or not; TOO_LONG: for one. */
static int for_subscribers(struct woad_host *h, const struct woad_gatts_item *value, bool send)
{
    struct target t;
    int count = 0;
    for (uint16_t i = 0; i < h->max_conns; i++) {
        if (!subscriber(&h->links[i], value->handle, &t))
            continue;
        if ((uint32_t)value->len + VALUE_HEADER > t.bearer->mtu)
            return WOAD_ERR_TOO_LONG;
        if (send)
            (void)!send_value(h, &t, WOAD_ATT_HANDLE_VALUE_NTF, value);
        count++;
    }
    return count;
}

/* Two rounds: nobody is sent it unless everybody can be. */
int woad_gatts_notify_all(struct woad_host *h, uint16_t handle, const void *data, uint16_t len)
{
    const struct woad_gatts_item value = {handle, len, data};
    woad_host_enter(h);
    if (!woad_gatts_of(h))
        return WOAD_ERR_STATE;
    if (len && !data)
        return WOAD_ERR_INVALID;
    int count = for_subscribers(h, &value, false);
    if (count <= 0)
        return count;
    if (count > woad_att_room(h, (uint16_t)count))
        return refused(h, woad_gatts_service(h, handle));
    return for_subscribers(h, &value, true);
}

/* ---- without a copy -------------------------------------------------------------------------- */

struct woad_buf *woad_gatts_notify_alloc(struct woad_host *h, uint16_t handle)
{
    woad_host_enter(h);
    struct woad_gatt_service *service = woad_gatts_service(h, handle);
    struct woad_buf *buf = service ? woad_att_alloc(h) : NULL;
    if (buf)
        put_header(buf, WOAD_ATT_HANDLE_VALUE_NTF, handle);
    else if (service)
        (void)refused(h, service);
    return buf;
}

int woad_gatts_notify_send(struct woad_host *h, uint16_t conn, struct woad_buf *buf)
{
    struct target t;
    woad_host_enter(h);
    if (!buf)
        return WOAD_ERR_INVALID;
    bool ours = buf->pool == &h->att_pool && buf->len >= VALUE_HEADER;
    int err = ours ? aim(h, conn, woad_get_u16(buf->data + 1), 1, &t) : WOAD_ERR_INVALID;
    if (err == WOAD_ERR_AGAIN)
        err = refused(h, t.service);
    if (!err && buf->len > t.bearer->mtu)
        err = WOAD_ERR_TOO_LONG;
    if (!err)
        return woad_att_send(t.bearer, buf);
    woad_buf_unref(buf);
    return err;
}

/* ---- several values -------------------------------------------------------------------------- */

static int send_multiple(struct woad_host *h, const struct target *t,
                         const struct woad_gatts_item *items, unsigned count)
{
    struct woad_buf *buf = woad_att_alloc(h);
    if (!buf)
        return refused(h, t->service);
    *woad_buf_put(buf, 1) = WOAD_ATT_MULTIPLE_HANDLE_VALUE_NTF;
    for (unsigned i = 0; i < count; i++) {
        uint8_t *p = woad_buf_put(buf, 4);
        woad_put_u16(p, items[i].handle);
        woad_put_u16(p + 2, items[i].len);
        put_value(buf, &items[i]);
    }
    return woad_att_send(t->bearer, buf);
}

int woad_gatts_notify_multiple(struct woad_host *h, uint16_t conn,
                               const struct woad_gatts_item *items, unsigned count)
{
    struct target t;
    uint32_t total = 1;
    woad_host_enter(h);
    if (!items || !count)
        return WOAD_ERR_INVALID;
    for (unsigned i = 0; i < count; i++) {
        int err = aim_value(h, conn, &items[i], 1, &t);
        if (err)
            return err;
        total += 4u + items[i].len;
    }
    if (count > 1 && (t.client->features & GATTS_FEATURE_MULTIPLE) && total <= t.bearer->mtu)
        return send_multiple(h, &t, items, count);
    if (count > h->cfg.att_tx_count)
        return WOAD_ERR_TOO_LONG;
    if (count > woad_att_room(h, (uint16_t)count))
        return refused(h, t.service);
    int err = 0;
    for (unsigned i = 0; i < count && !err; i++) { /* each on the bearer of its own */
        err = aim_value(h, conn, &items[i], 1, &t);
        if (!err)
            err = send_value(h, &t, WOAD_ATT_HANDLE_VALUE_NTF, &items[i]);
    }
    return err;
}

/* ---- indications ----------------------------------------------------------------------------- */

int woad_gatts_indicate(struct woad_host *h, uint16_t conn, uint16_t handle, const void *data,
                        uint16_t len)
{
    struct target t;
    const struct woad_gatts_item value = {handle, len, data};
    woad_host_enter(h);
    int err = aim_value(h, conn, &value, 2, &t);
    if (err)
        return err;
    if (t.bearer->indication)
        return WOAD_ERR_BUSY;
    struct gatts_op *op = t.bearer->server;
    err = send_value(h, &t, WOAD_ATT_HANDLE_VALUE_IND, &value);
    if (!err)
        woad_gatts_indicating_begin(op, handle);
    return err;
}

/* ---- what is asked --------------------------------------------------------------------------- */

uint8_t woad_gatts_subscription(struct woad_host *h, uint16_t conn, uint16_t handle)
{
    struct woad_gatt_service *service = woad_gatts_service(h, handle);
    struct host_link *link = service ? woad_host_link_find(h, conn) : NULL;
    return link && woad_gatts_client(link)->link
               ? woad_gatts_cccd_get(woad_gatts_client(link), woad_gatts_cccd_of(service, handle))
               : 0;
}

uint16_t woad_gatts_mtu(struct woad_host *h, uint16_t conn)
{
    struct host_link *link = woad_host_link_find(h, conn);
    const struct att_bearer *b = link && woad_gatts_of(h) ? woad_gatts_bearer(link, 0) : NULL;
    return b ? b->mtu : 0;
}

/* By handle, so that services may come and go inside; each is told once. */
void woad_gatts_tell_writable(struct woad_host *h)
{
    struct gatts *g = woad_gatts_of(h);
    struct woad_gatts_evt evt = {.type = WOAD_GATTS_WRITABLE, .conn = WOAD_CONN_NONE};
    struct woad_gatt_service *s;
    woad_host_part_due(h, HOST_PART_GATTS); /* Service Changed may have waited, too */
    if (!g->want_writable)
        return;
    g->want_writable = false;
    for (uint32_t at = 1; at <= 0xffff && (s = woad_gatt_db_service(&g->db, (uint16_t)at));) {
        at = (uint32_t)s->start + s->span;
        if (!s->want_writable)
            continue;
        s->want_writable = false;
        woad_gatts_tell(h, s, &evt);
    }
}
