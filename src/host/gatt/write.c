/* Write, Write Command, Signed Write, Prepare and Execute Write [Vol 3, Part F, 3.4.5, 3.4.6]. */
#include <string.h>

#include "gatt/gatts_priv.h"

static struct gatts_client *client_of(const struct gatts_op *op)
{
    return woad_gatts_client(op->bearer->link);
}

/* 0 or an ATT error; *attr is what handle names. */
static uint8_t may_write(struct gatts_op *op, uint16_t handle)
{
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr;
    return woad_gatts_permit(op, handle, true, &service, &attr);
}

/* ---- one value ------------------------------------------------------------------------------- */

void woad_gatts_on_write(struct gatts_op *op, struct woad_rd *r)
{
    uint16_t handle = woad_rd_u16(r);
    int err = may_write(op, handle);
    if (!err)
        err = woad_gatts_write_value(client_of(op), op, handle, 0, r->p, (uint16_t)r->left);
    if (err == GATTS_WAITS)
        return;
    if (err)
        woad_gatts_refuse(op, handle, (uint8_t)err);
    else
        woad_gatts_respond(op);
}

void woad_gatts_write_on(struct gatts_op *op)
{
    if (op->error)
        woad_gatts_refuse(op, op->handle, op->error);
    else
        woad_gatts_respond(op);
}

/* A signature takes the place of encryption [Part G, 4.9.2], as far as its key goes: LE security
 * mode 2 has levels as well [Part C, 10.2.2]. The level, or an error. */
static int signed_level(struct att_bearer *b, struct woad_rd *r)
{
    const struct host_security_ops *security = b->link->h->security;
    uint8_t opcode = WOAD_ATT_SIGNED_WRITE_CMD;
    if (!security || !security->verify || b->chan || r->left < 2 + 12)
        return WOAD_ERR_SECURITY;
    const struct woad_cmac_part parts[] = {{&opcode, 1}, {r->p, r->left - 12}};
    r->left -= 12;
    return security->verify(b->link, parts, 2, r->p + r->left);
}

/* A value whose characteristic takes such commands. A descriptor has no property that says so:
 * those that can be written can be by command [Part F, 3.4.5.3], the server's own configuration
 * aside. */
static const struct woad_gatt_attr *command_target(struct att_bearer *b, uint8_t opcode,
                                                   uint16_t handle)
{
    struct woad_gatt_service *service;
    const struct gatts *g = woad_gatts_of(b->link->h);
    const struct woad_gatt_attr *attr = woad_gatt_db_find(&g->db, handle, &service);
    uint8_t property =
        opcode == WOAD_ATT_WRITE_CMD ? WOAD_GATT_WRITE_NO_RSP : WOAD_GATT_SIGNED_WRITE;
    if (!attr || attr == service->attrs)
        return NULL;
    if (attr[-1].kind != WOAD_GATT_KIND_CHARACTERISTIC)
        return attr->kind >= WOAD_GATT_KIND_CONST && opcode == WOAD_ATT_WRITE_CMD ? attr : NULL;
    return attr[-1].access & property ? attr : NULL;
}

void woad_gatts_on_command(struct att_bearer *b, uint8_t opcode, struct woad_rd *r)
{
    struct gatts_client *c = woad_gatts_client(b->link);
    if (!woad_gatts_in_sync(c, NULL))
        return;
    int level = opcode == WOAD_ATT_SIGNED_WRITE_CMD ? signed_level(b, r) : 0;
    if (level < 0)
        return;
    uint16_t handle = woad_rd_u16(r);
    const struct woad_gatt_attr *attr = command_target(b, opcode, handle);
    /* What asks for authorisation has no place to be asked: a command has no answer. */
    if (!attr || (attr->access >> 4 & WOAD_GATT_AUTHORIZED))
        return;
    uint8_t wanted = attr->access >> 4;
    if (woad_gatts_check(c, attr, true) == 0 || (wanted && wanted <= level))
        (void)woad_gatts_write_value(c, NULL, handle, 0, r->p, (uint16_t)r->left);
}

/* ---- prepared writes: records {handle, offset, len, octets} ---------------------------------- */

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

void woad_gatts_prepared_end(struct gatts_client *c, const struct woad_gatt_service *service)
{
    struct record rec;
    for (uint16_t at = 0; at < c->prepared_len; at = record_next(&rec, at)) {
        rec = record_at(c, at);
        c->stale |= rec.handle >= service->start && rec.handle - service->start < service->span;
    }
}

void woad_gatts_on_prepare(struct gatts_op *op, struct woad_rd *r)
{
    struct gatts_client *c = client_of(op);
    const uint8_t *pdu = r->p;
    uint16_t len = (uint16_t)r->left;
    uint16_t handle = woad_rd_u16(r);
    uint16_t offset = woad_rd_u16(r);
    uint8_t error = may_write(op, handle);
    if (!error && !keep(c, handle, offset, r->p, (uint16_t)r->left))
        error = WOAD_ATT_ERR_PREPARE_QUEUE_FULL;
    if (error) {
        woad_gatts_refuse(op, handle, error);
        return;
    }
    memcpy(woad_buf_put(op->rsp, len), pdu, len); /* the echo */
    woad_gatts_respond(op);
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
    struct woad_gatts_evt evt = {
        .type = WOAD_GATTS_WRITE,
        .conn = link->handle,
        .handle = rec->handle,
        .attr = attr,
        .u.write = {woad_gatts_req_of(link->h, op), rec->data, rec->len, rec->offset, true},
    };
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
static int execute(struct gatts_op *op, uint16_t *culprit)
{
    struct gatts_client *c = client_of(op);
    for (int writes = 0; writes < 2; writes++) {
        struct record rec;
        for (uint16_t at = 0; at < c->prepared_len; at = record_next(&rec, at)) {
            rec = record_at(c, at);
            int err = writes
                          ? woad_gatts_write_value(c, op, rec.handle, rec.offset, rec.data, rec.len)
                          : check_record(op, &rec, at);
            *culprit = rec.handle;
            if (err)
                return err == GATTS_WAITS ? WOAD_ATT_ERR_UNLIKELY : err;
        }
    }
    return 0;
}

void woad_gatts_on_execute(struct gatts_op *op, struct woad_rd *r)
{
    struct gatts_client *c = client_of(op);
    uint8_t flags = woad_rd_u8(r);
    uint16_t culprit = 0;
    int err = flags > 1 || r->left ? WOAD_ATT_ERR_INVALID_PDU : 0;
    if (!err && flags == 1)
        err = c->stale ? WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC : execute(op, &culprit);
    if (!op->opcode || !op->rsp) /* the link ended inside an event */
        return;
    c->prepared_len = 0;
    c->stale = false;
    if (err)
        woad_gatts_refuse(op, culprit, (uint8_t)err);
    else
        woad_gatts_respond(op);
}
