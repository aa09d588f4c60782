/* Prepare and Execute Write [Vol 3, Part F, 3.4.6]: records {handle, offset, len, octets}. */
#include <string.h>

#include "gatt/gatts_priv.h"

static struct gatts_client *client_of(const struct gatts_op *op)
{
    return woad_gatts_client(op->bearer->link);
}

#define RECORD_HDR 6

struct record {
    uint16_t handle, offset, len;
    const uint8_t *data;
};

static struct record record_at(const struct gatts_client *c, uint16_t at)
{
    const uint8_t *p = c->prepared + at;
    return (struct record){woad_get_u16(p), woad_get_u16(p + 2), woad_get_u16(p + 4),
                           p + RECORD_HDR};
}

static uint16_t record_next(const struct record *rec, uint16_t at)
{
    return (uint16_t)(at + RECORD_HDR + rec->len);
}

/* The last record, when this part continues it. */
static uint8_t *continued(const struct gatts_client *c, uint16_t handle, uint16_t offset)
{
    uint16_t last = 0;
    struct record rec = {0};
    for (uint16_t at = 0; at < c->prepared_len; at = record_next(&rec, at)) {
        rec = record_at(c, at);
        last = at;
    }
    return c->prepared_len && rec.handle == handle && rec.offset + rec.len == offset
               ? c->prepared + last
               : NULL;
}

static bool keep(struct gatts_client *c, uint16_t handle, uint16_t offset, const uint8_t *data,
                 uint16_t len)
{
    uint8_t *rec = continued(c, handle, offset);
    uint32_t need = (rec ? 0u : RECORD_HDR) + (uint32_t)len;
    if (c->prepared_len + need > woad_gatts_of(c->link->h)->cfg.prepare_size)
        return false;
    if (!rec) {
        rec = c->prepared + c->prepared_len;
        woad_put_u16(rec, handle);
        woad_put_u16(rec + 2, offset);
        woad_put_u16(rec + 4, 0);
        c->prepared_len = (uint16_t)(c->prepared_len + RECORD_HDR);
    }
    memcpy(c->prepared + c->prepared_len, data, len);
    woad_put_u16(rec + 4, (uint16_t)(woad_get_u16(rec + 4) + len));
    c->prepared_len = (uint16_t)(c->prepared_len + len);
    return true;
}

/* Parts prepared for attributes that are going are not written to those that come. */
static void end_of_client(struct gatts_client *c, const struct woad_gatt_service *service)
{
    struct record rec;
    for (uint16_t at = 0; at < c->prepared_len; at = record_next(&rec, at)) {
        rec = record_at(c, at);
        c->stale |= rec.handle >= service->start && rec.handle - service->start < service->span;
    }
}

static void end(struct gatts *g, const struct woad_gatt_service *service)
{
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++)
        if (c->link)
            end_of_client(c, service);
}

static int on_prepare(struct gatts_op *op, struct woad_rd *r)
{
    struct gatts_client *c = client_of(op);
    const uint8_t *pdu = r->p;
    uint16_t len = (uint16_t)r->left;
    uint16_t handle = woad_rd_u16(r);
    uint16_t offset = woad_rd_u16(r);
    uint8_t error = woad_gatts_may_write(op, handle);
    if (!error && !keep(c, handle, offset, r->p, (uint16_t)r->left))
        error = WOAD_ATT_ERR_PREPARE_QUEUE_FULL;
    if (!error)
        memcpy(woad_buf_put(op->rsp, len), pdu, len); /* the echo */
    return error;
}

/* The length that the value of rec's attribute has when the records before it are written. */
static uint16_t length_before(const struct gatts_client *c, const struct woad_gatt_attr *attr,
                              const struct record *rec, uint16_t end)
{
    uint16_t len = attr->kind == WOAD_GATT_KIND_VALUE
                       ? ((const struct woad_gatt_value *)attr->value)->len
                       : woad_gatts_capacity(attr);
    struct record other;
    for (uint16_t at = 0; at < end; at = record_next(&other, at)) {
        other = record_at(c, at);
        if (other.handle == rec->handle)
            len = (uint16_t)(other.offset + other.len);
    }
    return len;
}

static int check_with_application(struct gatts_op *op, struct woad_gatt_service *service,
                                  const struct woad_gatt_attr *attr, const struct record *rec)
{
    struct host_link *link = op->bearer->link;
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_WRITE, link, rec->handle, attr);
    evt.u.write.req = woad_gatts_req_of(op);
    evt.u.write.data = rec->data;
    evt.u.write.len = rec->len;
    evt.u.write.offset = rec->offset;
    evt.u.write.check = true;
    int err = woad_gatts_ask(link->h, op, service, &evt);
    return err == GATTS_WAITS ? WOAD_ATT_ERR_UNLIKELY : err;
}

/* Would this record be taken? */
static int check_record(struct gatts_op *op, const struct record *rec, uint16_t at)
{
    struct gatts_client *c = client_of(op);
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr =
        woad_gatt_db_find(&woad_gatts_of(c->link->h)->db, rec->handle, &service);
    if (!attr)
        return WOAD_ATT_ERR_INVALID_HANDLE;
    if (rec->offset > length_before(c, attr, rec, at))
        return WOAD_ATT_ERR_INVALID_OFFSET;
    if ((uint32_t)rec->offset + rec->len > woad_gatts_capacity(attr))
        return WOAD_ATT_ERR_INVALID_VALUE_LENGTH;
    bool several = at || record_next(rec, at) < c->prepared_len;
    if (attr->kind != WOAD_GATT_KIND_DYNAMIC || !several)
        return 0;
    return check_with_application(op, service, attr, rec);
}

/* All or nothing: first every record is checked, then every one is written [3.4.6.3]. */
static int execute(struct gatts_op *op)
{
    struct gatts_client *c = client_of(op);
    for (int writes = 0; writes < 2; writes++) {
        struct record rec;
        for (uint16_t at = 0; at < c->prepared_len; at = record_next(&rec, at)) {
            rec = record_at(c, at);
            int err = writes
                          ? woad_gatts_write_value(c, op, rec.handle, rec.offset, rec.data, rec.len)
                          : check_record(op, &rec, at);
            op->handle = rec.handle;
            if (!err && !writes && c->stale) /* the application changed it inside its event */
                err = WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC;
            if (err)
                return err == GATTS_WAITS ? WOAD_ATT_ERR_UNLIKELY : err;
        }
    }
    return 0;
}

static int on_execute(struct gatts_op *op, struct woad_rd *r)
{
    struct gatts_client *c = client_of(op);
    uint8_t flags = woad_rd_u8(r);
    int err = flags > 1 || r->left ? WOAD_ATT_ERR_INVALID_PDU : 0;
    if (!err && flags == 1)
        err = c->stale ? WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC : execute(op);
    c->prepared_len = 0;
    c->stale = false;
    return err;
}

const struct woad_gatts_prepared woad_gatts_prepared = {on_prepare, on_execute, end};
