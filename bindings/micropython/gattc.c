/* The GATT client: every call is an operation of the host's, with what it needs, in one block. */
#include "mp_woad.h"

#include <string.h>

#include "woad/att.h"

enum kind { SERVICES, CHARACTERISTICS, DESCRIPTORS, READ, WRITE, WRITE_CMD, MTU };

/* MicroPython cuts what it writes to the MTU; this mode of ours writes by parts what is longer. */
#define WRITE_MODE_LONG 2

struct mpw_op {
    struct woad_gattc_op op; /* first */
    struct mpw_op *next;
    struct mpw *m;
    uint8_t kind;
    uint16_t conn, handle;
    uint8_t data[];
};

/* MicroPython's status: 0; 256 + ATT error, as with other back ends; else an MP_E*. */
static uint16_t status_of(const struct woad_gattc_evt *evt)
{
    if (evt->u.done.att)
        return (uint16_t)(0x100 + evt->u.done.att);
    return (uint16_t)mpw_errno(evt->u.done.err);
}

static void forget(struct mpw *m, struct mpw_op *op)
{
    struct mpw_op **at = &m->ops;
    while (*at && *at != op)
        at = &(*at)->next;
    if (*at)
        *at = op->next;
    MPW_FREE(op);
}

unsigned mpw_gattc_commands(const struct mpw *m, uint16_t conn)
{
    unsigned count = 0;
    for (const struct mpw_op *op = m->ops; op; op = op->next)
        count += op->kind == WRITE_CMD && op->conn == conn;
    return count;
}

/* The last command of a link that is to end has gone. */
static void command_done(struct mpw *m, uint16_t conn)
{
    struct mpw_link *link = mpw_link(m, conn);
    if (link && link->hang_up && !mpw_gattc_commands(m, conn))
        mpw_hang_up(m, link);
}

void mpw_gattc_reset(struct mpw *m)
{
    while (m->ops)
        forget(m, m->ops);
}

static void tell_data(struct mpw *m, uint8_t event, uint16_t conn, uint16_t handle,
                      const struct woad_gattc_evt *evt)
{
    const uint8_t *data = evt->u.value.data ? evt->u.value.data : (const uint8_t *)"";
    uint16_t len = evt->u.value.len;
    MPW_UP(m, mp_bluetooth_gattc_on_data_available(event, conn, handle, &data, &len, 1));
}

static void tell_done(struct mpw *m, uint8_t kind, uint16_t handle,
                      const struct woad_gattc_evt *evt)
{
    static const uint8_t events[] = {
        [SERVICES] = MP_BLUETOOTH_IRQ_GATTC_SERVICE_DONE,
        [CHARACTERISTICS] = MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_DONE,
        [DESCRIPTORS] = MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_DONE,
        [READ] = MP_BLUETOOTH_IRQ_GATTC_READ_DONE,
        [WRITE] = MP_BLUETOOTH_IRQ_GATTC_WRITE_DONE,
    };
    uint16_t status = status_of(evt);
    if (kind <= DESCRIPTORS)
        MPW_UP(m, mp_bluetooth_gattc_on_discover_complete(events[kind], evt->conn, status));
    else if (kind == READ || kind == WRITE)
        MPW_UP(m, mp_bluetooth_gattc_on_read_write_status(events[kind], evt->conn, handle, status));
    else if (kind == MTU && !evt->u.done.err)
        MPW_UP(m, mp_bluetooth_gatts_on_mtu_exchanged(evt->conn, evt->u.done.mtu));
}

static void tell_found(struct mpw_op *op, const struct woad_gattc_evt *evt)
{
    struct mpw *m = op->m;
    mp_obj_bluetooth_uuid_t uuid;
    if (evt->type == WOAD_GATTC_SERVICE) {
        mpw_uuid_object(&evt->u.service.uuid, &uuid);
        MPW_UP(m, mp_bluetooth_gattc_on_primary_service_result(evt->conn, evt->u.service.start,
                                                               evt->u.service.end, &uuid));
    } else if (evt->type == WOAD_GATTC_CHARACTERISTIC) {
        const struct woad_gattc_chr *c = &evt->u.characteristic;
        mpw_uuid_object(&c->uuid, &uuid);
        MPW_UP(m, mp_bluetooth_gattc_on_characteristic_result(evt->conn, c->value_handle, c->end,
                                                              c->properties, &uuid));
    } else if (evt->u.descriptor.handle > op->handle) { /* behind the characteristic's value */
        mpw_uuid_object(&evt->u.descriptor.uuid, &uuid);
        MPW_UP(m,
               mp_bluetooth_gattc_on_descriptor_result(evt->conn, evt->u.descriptor.handle, &uuid));
    }
}

struct event {
    struct mpw *m;
    const struct woad_gattc_evt *evt;
};

static void event_in_vm(void *arg)
{
    const struct event *e = arg;
    struct mpw *m = e->m;
    const struct woad_gattc_evt *evt = e->evt;
    struct mpw_op *op = (struct mpw_op *)evt->op;
    if (evt->type == WOAD_GATTC_VALUE && !op) {
        tell_data(m,
                  evt->u.value.indicated ? MP_BLUETOOTH_IRQ_GATTC_INDICATE
                                         : MP_BLUETOOTH_IRQ_GATTC_NOTIFY,
                  evt->conn, evt->u.value.handle, evt);
    } else if (evt->type == WOAD_GATTC_VALUE) {
        tell_data(m, MP_BLUETOOTH_IRQ_GATTC_READ_RESULT, evt->conn, op->handle, evt);
    } else if (evt->type == WOAD_GATTC_DONE && op) {
        uint8_t kind = op->kind;
        uint16_t handle = op->handle;
        forget(m, op); /* before the handler, which may switch everything off */
        tell_done(m, kind, handle, evt);
        if (kind == WRITE_CMD)
            command_done(m, evt->conn);
    } else if (op) {
        tell_found(op, evt);
    }
}

void mpw_gattc_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct event e = {arg, evt};
    (void)h;
    mpw_in_vm(event_in_vm, &e);
}

/* Operations that wait or are under way, of all links: memory has a bound. */
#define OPS_MOST 64

static bool room(const struct mpw *m)
{
    unsigned count = 0;
    for (const struct mpw_op *op = m->ops; op; op = op->next)
        count++;
    return count < OPS_MOST;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static struct mpw_op *op_new(struct mpw *m, uint8_t kind, uint16_t conn, uint16_t handle,
                             size_t len)
{
    struct mpw_op *op = room(m) ? mpw_zalloc(sizeof(*op) + len) : NULL;
    if (!op)
        return NULL;
    op->op.event = mpw_gattc_event;
    op->op.arg = m;
    op->m = m;
    op->kind = kind;
    op->conn = conn;
    op->handle = handle;
    op->next = m->ops;
    m->ops = op;
    return op;
}

/* What all calls share: BODY starts op and yields an error of woad. */
#define CALL(kind, handle, len, BODY)                                                              \
    struct mpw *m = mpw_on();                                                                      \
    if (!m)                                                                                        \
        return MP_ENODEV;                                                                          \
    mpw_enter();                                                                                   \
    struct mpw_op *op = op_new(m, kind, conn_handle, handle, len);                                 \
    int err = op ? (BODY) : WOAD_ERR_NO_MEM;                                                       \
    if (err && op)                                                                                 \
        forget(m, op);                                                                             \
    mpw_leave();                                                                                   \
    return mpw_errno(err)

int mp_bluetooth_gattc_discover_primary_services(uint16_t conn_handle,
                                                 const mp_obj_bluetooth_uuid_t *uuid)
{
    struct woad_uuid u = {0};
    if (uuid)
        u = mpw_uuid(uuid);
    CALL(SERVICES, 0, 0,
         woad_gattc_discover_services(m->host, conn_handle, &op->op, uuid ? &u : NULL));
}

int mp_bluetooth_gattc_discover_characteristics(uint16_t conn_handle, uint16_t start_handle,
                                                uint16_t end_handle,
                                                const mp_obj_bluetooth_uuid_t *uuid)
{
    struct woad_uuid u = {0};
    if (uuid)
        u = mpw_uuid(uuid);
    CALL(CHARACTERISTICS, 0, 0,
         woad_gattc_discover_characteristics(m->host, conn_handle, &op->op, start_handle,
                                             end_handle, uuid ? &u : NULL));
}

int mp_bluetooth_gattc_discover_descriptors(uint16_t conn_handle, uint16_t start_handle,
                                            uint16_t end_handle)
{
    CALL(DESCRIPTORS, start_handle, 0,
         woad_gattc_discover_descriptors(m->host, conn_handle, &op->op, start_handle, end_handle));
}

int mp_bluetooth_gattc_read(uint16_t conn_handle, uint16_t value_handle)
{
    CALL(READ, value_handle, 0, woad_gattc_read(m->host, conn_handle, &op->op, value_handle));
}

/* Commands wait for room in the link's queue; a script that is faster is told so. */
#define COMMANDS_MOST 4

static int start_write(struct mpw *m, struct mpw_op *op, const uint8_t *value, size_t len)
{
    if (len)
        memcpy(op->data, value, len);
    if (op->kind == WRITE)
        return woad_gattc_write(m->host, op->conn, &op->op, op->handle, op->data, (uint16_t)len);
    if (mpw_gattc_commands(m, op->conn) > COMMANDS_MOST)
        return WOAD_ERR_NO_MEM;
    return woad_gattc_write_cmd(m->host, op->conn, &op->op, op->handle, op->data, (uint16_t)len);
}

/* What does not fit the MTU is cut, as on every port of MicroPython. */
static size_t fitting(uint16_t conn, size_t len)
{
    struct mpw *m = mpw_on();
    if (!m)
        return 0;
    mpw_enter();
    uint16_t mtu = woad_gatts_mtu(m->host, conn);
    mpw_leave();
    return mtu >= WOAD_ATT_MTU_MIN && len > mtu - 3u ? mtu - 3u : len;
}

int mp_bluetooth_gattc_write(uint16_t conn_handle, uint16_t value_handle, const uint8_t *value,
                             size_t value_len, unsigned int mode)
{
    if (mode > WRITE_MODE_LONG || (mode == WRITE_MODE_LONG && value_len > WOAD_ATT_VALUE_MAX))
        return MP_EINVAL;
    size_t len = mode == WRITE_MODE_LONG ? value_len : fitting(conn_handle, value_len);
    CALL(mode == MP_BLUETOOTH_WRITE_MODE_NO_RESPONSE ? WRITE_CMD : WRITE, value_handle, len,
         start_write(m, op, value, len));
}

int mp_bluetooth_gattc_exchange_mtu(uint16_t conn_handle)
{
    CALL(MTU, 0, 0, woad_gattc_exchange_mtu(m->host, conn_handle, &op->op));
}
