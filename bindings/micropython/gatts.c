/* The GATT server: services as MicroPython registers them, their values, updates to clients.
 *
 * A characteristic becomes a declaration, its value, a CCCD when it notifies or indicates, and its
 * descriptors. Values are kept here: the server asks for them (kind DYNAMIC), so that a handler may
 * veto a read, and writes append or are cut as MicroPython defines.
 */
#include "mp_woad.h"

#include <string.h>

#define VALUE_MAX 512 /* WOAD_ATT_VALUE_MAX */

/* ---- values ---------------------------------------------------------------------------------- */

static bool value_reserve(struct mpw_value *v, size_t size)
{
    if (size <= v->size)
        return true;
    uint8_t *data = MPW_MALLOC(size);
    if (!data)
        return false;
    if (v->len)
        memcpy(data, v->data, v->len);
    MPW_FREE(v->data);
    v->data = data;
    v->size = (uint16_t)size;
    return true;
}

/* A write by a client. What does not fit the buffer is cut, as on every port of MicroPython. */
static void value_put(struct mpw_value *v, size_t at, const uint8_t *data, size_t len)
{
    if (v->append && !at)
        at = v->len;
    if (at > v->size)
        at = v->size;
    if (len > v->size - at)
        len = v->size - at;
    if (len)
        memcpy(v->data + at, data, len);
    v->len = (uint16_t)(at + len);
}

static struct mpw_value *value_of(struct mpw *m, uint16_t handle)
{
    const struct woad_gatt_service *s = woad_gatts_service(m->host, handle);
    for (struct mpw_service *own = m->services; own; own = own->next)
        if (&own->service == s && handle - s->start < s->count)
            for (size_t i = 0; i < own->value_count; i++)
                if (own->values[i].handle == handle)
                    return &own->values[i];
    return NULL;
}

int mp_bluetooth_gatts_read(uint16_t value_handle, const uint8_t **value, size_t *value_len)
{
    struct mpw *m = mpw_on();
    *value = NULL;
    *value_len = 0;
    if (!m) /* the caller looks at no result */
        mp_raise_OSError(MP_ENODEV);
    mpw_enter();
    struct mpw_value *v = value_of(m, value_handle);
    if (v) {
        *value = v->data;
        *value_len = v->len;
        if (v->append)
            v->len = 0;
    }
    mpw_leave();
    if (!v)
        mp_raise_OSError(MP_EINVAL);
    return 0;
}

int mp_bluetooth_gatts_set_buffer(uint16_t value_handle, size_t len, bool append)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    if (len > UINT16_MAX)
        return MP_EINVAL;
    mpw_enter();
    struct mpw_value *v = value_of(m, value_handle);
    int err = v ? 0 : MP_EINVAL;
    if (v) {
        v->len = 0;
        if (!value_reserve(v, len))
            err = MP_ENOMEM;
        else
            v->size = (uint16_t)len; /* a smaller buffer cuts sooner */
        v->append = append;
    }
    mpw_leave();
    return err;
}

/* ---- updates to clients ---------------------------------------------------------------------- */

/* Notifies or indicates one subscriber; false: no room now. */
static bool update_one(struct mpw *m, const struct mpw_value *v, uint16_t conn)
{
    uint8_t bits = woad_gatts_subscription(m->host, conn, v->handle);
    uint16_t room = (uint16_t)(woad_gatts_mtu(m->host, conn) - 3);
    uint16_t len = v->len < room ? v->len : room;
    int err = 0;
    if (bits & 1)
        err = woad_gatts_notify(m->host, conn, v->handle, v->data, len);
    else if (bits & 2)
        err = woad_gatts_indicate(m->host, conn, v->handle, v->data, len);
    return err != WOAD_ERR_AGAIN && err != WOAD_ERR_BUSY;
}

/* A value that waits for room is sent again to every subscriber: they get the newest. */
static void update_all(struct mpw *m, struct mpw_value *v)
{
    v->update = false;
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        if (m->links[i].used && !update_one(m, v, m->links[i].conn))
            v->update = true;
}

void mpw_gatts_again(struct mpw *m)
{
    for (struct mpw_service *s = m->services; s; s = s->next)
        for (size_t i = 0; i < s->value_count; i++)
            if (s->values[i].update)
                update_all(m, &s->values[i]);
}

int mp_bluetooth_gatts_write(uint16_t value_handle, const uint8_t *value, size_t value_len,
                             bool send_update)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    if (value_len > VALUE_MAX)
        return MP_EINVAL;
    mpw_enter();
    struct mpw_value *v = value_of(m, value_handle);
    int err = !v ? MP_EINVAL : !value_reserve(v, value_len) ? MP_ENOMEM : 0;
    if (!err) {
        if (value_len)
            memcpy(v->data, value, value_len);
        v->len = (uint16_t)value_len;
        if (send_update)
            update_all(m, v);
    }
    mpw_leave();
    return err;
}

int mp_bluetooth_gatts_notify_indicate(uint16_t conn_handle, uint16_t value_handle, int gatts_op,
                                       const uint8_t *value, size_t value_len)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    const struct mpw_value *v = value_of(m, value_handle);
    uint16_t mtu = woad_gatts_mtu(m->host, conn_handle);
    int err = !mtu ? WOAD_ERR_NOT_CONNECTED : v ? 0 : WOAD_ERR_INVALID;
    if (!err && !value) {
        value = v->data;
        value_len = v->len;
    }
    uint16_t len = (uint16_t)(mtu > 3 && value_len > mtu - 3u ? mtu - 3u : value_len);
    if (!err)
        err = gatts_op == MP_BLUETOOTH_GATTS_OP_NOTIFY
                  ? woad_gatts_notify(m->host, conn_handle, value_handle, value, len)
                  : woad_gatts_indicate(m->host, conn_handle, value_handle, value, len);
    mpw_leave();
    return err == WOAD_ERR_AGAIN ? MP_ENOMEM : mpw_errno(err);
}

/* ---- requests of clients --------------------------------------------------------------------- */

static void on_read(struct mpw *m, const struct woad_gatts_evt *evt, struct mpw_value *v)
{
    volatile mp_int_t error = 0;
    MPW_UP(m, error = mp_bluetooth_gatts_on_read_request(evt->conn, evt->handle));
    if (error < 0 || error > 255)
        error = WOAD_ATT_ERR_UNLIKELY;
    uint16_t at = evt->u.read.offset;
    if (!error && at > v->len)
        error = WOAD_ATT_ERR_INVALID_OFFSET;
    const uint8_t *data = error ? NULL : v->data + at;
    (void)!woad_gatts_answer(m->host, evt->u.read.req, (uint8_t)error, data,
                             error ? 0 : (uint16_t)(v->len - at));
}

static void on_write(struct mpw *m, const struct woad_gatts_evt *evt, struct mpw_value *v)
{
    if (!evt->u.write.check)
        value_put(v, evt->u.write.offset, evt->u.write.data, evt->u.write.len);
    if (evt->u.write.req)
        (void)!woad_gatts_answer(m->host, evt->u.write.req, 0, NULL, 0);
    if (!evt->u.write.check)
        MPW_UP(m, mp_bluetooth_gatts_on_write(evt->conn, evt->handle));
}

static void on_confirmed(struct mpw *m, const struct woad_gatts_evt *evt)
{
    MPW_UP(m, mp_bluetooth_gatts_on_indicate_complete(evt->conn, evt->handle,
                                                      (uint8_t)mpw_errno(evt->u.confirmed.err)));
    mpw_gatts_again(m);
}

struct event {
    struct mpw *m;
    const struct woad_gatts_evt *evt;
};

static void event_in_vm(void *arg)
{
    const struct event *e = arg;
    struct mpw *m = e->m;
    const struct woad_gatts_evt *evt = e->evt;
    struct mpw_value *v = evt->attr && evt->attr->kind == WOAD_GATT_KIND_DYNAMIC
                              ? (struct mpw_value *)(uintptr_t)evt->attr->value
                              : NULL;
    switch (evt->type) {
    case WOAD_GATTS_READ: on_read(m, evt, v); break;
    case WOAD_GATTS_WRITE: on_write(m, evt, v); break;
    case WOAD_GATTS_CONFIRMED: on_confirmed(m, evt); break;
    case WOAD_GATTS_WRITABLE: mpw_gatts_again(m); break;
    default: break;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct event e = {arg, evt};
    (void)h;
    mpw_in_vm(event_in_vm, &e);
}

/* ---- registration ---------------------------------------------------------------------------- */

static void service_free(struct mpw_service *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->values && i < s->value_count; i++)
        MPW_FREE(s->values[i].data);
    MPW_FREE(s->values);
    MPW_FREE(s->attrs);
    MPW_FREE(s->uuids);
    MPW_FREE(s->handle_attr);
    MPW_FREE(s);
}

static void list_free(struct mpw_service **list)
{
    while (*list) {
        struct mpw_service *next = (*list)->next;
        service_free(*list);
        *list = next;
    }
}

void mpw_gatts_reset(struct mpw *m)
{
    list_free(&m->services);
    list_free(&m->pending);
}

static uint8_t level(uint16_t flags, uint16_t may, uint16_t encrypted, uint16_t authenticated)
{
    if (!(flags & may))
        return WOAD_GATT_NEVER;
    return flags & authenticated ? WOAD_GATT_AUTHENTICATED
           : flags & encrypted   ? WOAD_GATT_ENCRYPTED
                                 : WOAD_GATT_OPEN;
}

static uint8_t access_of(uint16_t flags)
{
    uint8_t read = level(flags, MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ,
                         MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_ENCRYPTED,
                         MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_AUTHENTICATED);
    uint8_t write = level(flags,
                          MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE |
                              MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_NO_RESPONSE |
                              MP_BLUETOOTH_CHARACTERISTIC_FLAG_AUTHENTICATED_SIGNED_WRITE,
                          MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_ENCRYPTED,
                          MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_AUTHENTICATED);
    if (flags & MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_AUTHORIZED)
        write = WOAD_GATT_NEVER; /* MicroPython has no way to give it */
    return WOAD_GATT_ACCESS(read, write);
}

/* A service under construction. */
struct build {
    struct mpw_service *s;
    size_t attrs, uuids, values, handles;
};

static struct woad_gatt_attr *put_attr(struct build *b, uint8_t kind, uint8_t access)
{
    struct woad_gatt_attr *a = &b->s->attrs[b->attrs++];
    *a = (struct woad_gatt_attr){.kind = kind, .access = access};
    return a;
}

static const struct woad_uuid *put_uuid(struct build *b, const mp_obj_bluetooth_uuid_t *uuid)
{
    b->s->uuids[b->uuids] = mpw_uuid(uuid);
    return &b->s->uuids[b->uuids++];
}

static void note_handle(struct build *b)
{
    b->s->handle_attr[b->handles++] = (uint8_t)(b->attrs - 1);
}

/* A characteristic's value or a descriptor. False: no memory. */
static bool put_value(struct build *b, const mp_obj_bluetooth_uuid_t *uuid, uint16_t flags)
{
    struct mpw_value *v = &b->s->values[b->values++];
    struct woad_gatt_attr *a = put_attr(b, WOAD_GATT_KIND_DYNAMIC, access_of(flags));
    a->type = put_uuid(b, uuid);
    a->value = v;
    a->size = VALUE_MAX;
    note_handle(b);
    v->handle = (uint16_t)(b->attrs - 1); /* of the first attribute on; moved when attached */
    return value_reserve(v, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
}

static bool is_cccd(const mp_obj_bluetooth_uuid_t *uuid)
{
    const struct woad_uuid u = mpw_uuid(uuid), cccd = woad_uuid16(0x2902);
    return woad_uuid_equal(&u, &cccd);
}

static uint8_t cccd_access(uint8_t value_access)
{
    uint8_t read = value_access & 0x07;
    return WOAD_GATT_ACCESS(WOAD_GATT_OPEN, read ? read : WOAD_GATT_OPEN);
}

/* The CCCD comes by itself; one that the script lists is that one. */
static bool put_characteristic(struct build *b, const mp_obj_bluetooth_uuid_t *uuid, uint16_t flags,
                               mp_obj_bluetooth_uuid_t **dscs, const uint16_t *dsc_flags, size_t n)
{
    bool listed = false;
    uint16_t updates = flags & (MP_BLUETOOTH_CHARACTERISTIC_FLAG_NOTIFY |
                                MP_BLUETOOTH_CHARACTERISTIC_FLAG_INDICATE);
    put_attr(b, WOAD_GATT_KIND_CHARACTERISTIC, (uint8_t)(flags & 0x7F));
    bool good = put_value(b, uuid, flags);
    uint8_t access = cccd_access(b->s->attrs[b->attrs - 1].access);
    for (size_t i = 0; i < n; i++)
        listed = listed || is_cccd(dscs[i]);
    if (updates && !listed)
        put_attr(b, WOAD_GATT_KIND_CCCD, access);
    for (size_t i = 0; good && i < n; i++) {
        if (updates && is_cccd(dscs[i])) {
            put_attr(b, WOAD_GATT_KIND_CCCD, access);
            note_handle(b);
        } else {
            good = put_value(b, dscs[i], dsc_flags[i]);
        }
    }
    return good;
}

static bool service_alloc(struct mpw_service *s, size_t chrs, size_t dscs)
{
    s->attrs = mpw_zalloc((1 + 3 * chrs + dscs) * sizeof(*s->attrs));
    s->uuids = mpw_zalloc((1 + chrs + dscs) * sizeof(*s->uuids));
    s->values = mpw_zalloc((1 + chrs + dscs) * sizeof(*s->values));
    s->handle_attr = mpw_zalloc(1 + chrs + dscs);
    return s->attrs && s->uuids && s->values && s->handle_attr;
}

int mp_bluetooth_gatts_register_service_begin(bool append)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    list_free(&m->pending); /* of a registration that ended by an exception */
    m->append = append || m->append_next;
    m->append_next = false;
    return 0;
}

int mp_bluetooth_gatts_register_service(mp_obj_bluetooth_uuid_t *service_uuid,
                                        mp_obj_bluetooth_uuid_t **characteristic_uuids,
                                        uint16_t *characteristic_flags,
                                        mp_obj_bluetooth_uuid_t **descriptor_uuids,
                                        uint16_t *descriptor_flags, uint8_t *num_descriptors,
                                        uint16_t *handles, size_t num_characteristics)
{
    struct mpw *m = mpw_on();
    size_t dscs = 0;
    if (!m)
        return MP_ENODEV;
    for (size_t i = 0; i < num_characteristics; i++)
        dscs += num_descriptors[i];
    if (num_characteristics + dscs > 80)
        return MP_ENOMEM;
    struct mpw_service *s = mpw_zalloc(sizeof(*s));
    struct build b = {.s = s};
    if (!s || !service_alloc(s, num_characteristics, dscs)) {
        service_free(s);
        return MP_ENOMEM;
    }
    put_attr(&b, WOAD_GATT_KIND_PRIMARY, 1)->value = put_uuid(&b, service_uuid);
    bool good = true;
    size_t at = 0;
    for (size_t i = 0; good && i < num_characteristics; i++) {
        size_t n = num_descriptors[i];
        good = put_characteristic(&b, characteristic_uuids[i], characteristic_flags[i],
                                  n ? descriptor_uuids + at : NULL,
                                  n ? descriptor_flags + at : NULL, n);
        at += n;
    }
    s->value_count = b.values;
    s->handle_count = b.handles;
    s->handles = handles;
    s->service = (struct woad_gatt_service){
        .attrs = s->attrs, .count = (uint16_t)b.attrs, .event = on_event, .arg = m};
    struct mpw_service **last = &m->pending;
    while (*last)
        last = &(*last)->next;
    *last = s;
    return good ? 0 : MP_ENOMEM;
}

static void detach_all(struct mpw *m)
{
    for (struct mpw_service *s = m->services; s; s = s->next)
        if (s->attached)
            (void)!woad_gatts_remove(m->host, &s->service);
    list_free(&m->services);
}

static int attach(struct mpw *m, struct mpw_service *s)
{
    int err = woad_gatts_add(m->host, &s->service);
    if (err)
        return err;
    s->attached = true;
    for (size_t i = 0; i < s->value_count; i++)
        s->values[i].handle = (uint16_t)(s->values[i].handle + s->service.start);
    for (size_t i = 0; i < s->handle_count; i++)
        s->handles[i] = (uint16_t)(s->service.start + s->handle_attr[i]);
    s->handles = NULL;
    return 0;
}

int mp_bluetooth_gatts_register_service_end(void)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    woad_gatts_begin(m->host);
    if (!m->append)
        detach_all(m);
    int err = 0;
    struct mpw_service **last = &m->services;
    while (*last)
        last = &(*last)->next;
    while (!err && m->pending) {
        struct mpw_service *s = m->pending;
        err = attach(m, s);
        if (err)
            break;
        m->pending = s->next;
        s->next = NULL;
        *last = s;
        last = &s->next;
    }
    list_free(&m->pending);
    woad_gatts_commit(m->host);
    mpw_leave();
    return mpw_errno(err);
}
