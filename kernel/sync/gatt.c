/* Calls that wait: a client of GATT. */
#include "sync_priv.h"

#include <string.h>

/* ---- operations ------------------------------------------------------------------------------ */

struct op {
    int (*begin)(struct woad_sync_call *c, const struct op *args);
    uint16_t handle;
    uint8_t bits;
    struct woad_sync_sub *sub;
};

static void on_value(struct woad_sync_call *c, const struct woad_gattc_evt *evt)
{
    size_t offset = evt->u.value.offset, len = evt->u.value.len;
    c->count = offset + len;
    if (!c->to || offset >= c->size)
        return;
    len = len < c->size - offset ? len : c->size - offset;
    memcpy((uint8_t *)c->to + offset, evt->u.value.data, len);
}

static void on_op(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct woad_sync_call *c = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_VALUE)
        on_value(c, evt);
    if (evt->type != WOAD_GATTC_DONE)
        return;
    c->why.att = evt->u.done.att;
    woad_sync_finish(c, evt->u.done.err);
}

static int start(struct woad_sync_call *c)
{
    const struct op *args = c->args;
    c->op = (struct woad_gattc_op){.event = on_op, .arg = c};
    return args->begin(c, args);
}

static void end(struct woad_sync_call *c)
{
    if (woad_gattc_cancel(c->sync->host, &c->op) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

static struct woad_sync_call *prepare(struct woad_sync *s, uint16_t conn, struct op *args,
                                      woad_time timeout_us, int *err)
{
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, err);
    if (!c)
        return NULL;
    c->conn = conn;
    c->start = start;
    c->end = end;
    c->args = args;
    return c;
}

/* ---- reading and writing --------------------------------------------------------------------- */

static int begin_read(struct woad_sync_call *c, const struct op *args)
{
    return woad_gattc_read_long(c->sync->host, c->conn, &c->op, args->handle, 0);
}

static int begin_write(struct woad_sync_call *c, const struct op *args)
{
    return woad_gattc_write(c->sync->host, c->conn, &c->op, args->handle, c->data,
                            (uint16_t)c->size);
}

static int begin_write_cmd(struct woad_sync_call *c, const struct op *args)
{
    return woad_gattc_write_cmd(c->sync->host, c->conn, &c->op, args->handle, c->data,
                                (uint16_t)c->size);
}

long woad_sync_read(struct woad_sync *s, uint16_t conn, uint16_t handle, void *to, size_t size,
                    woad_time timeout_us)
{
    struct op args = {.begin = begin_read, .handle = handle};
    int err;
    bool gone;
    struct woad_sync_call *c = prepare(s, conn, &args, timeout_us, &err);
    if (!c)
        return err;
    c->to = to;
    c->size = size;
    err = woad_sync_run(c, &gone);
    if (gone)
        return err;
    size_t len = c->count;
    if (err == 0 && len > size)
        err = c->why.err = WOAD_ERR_TOO_LONG;
    woad_sync_give(c);
    return err ? err : (long)len;
}

static int write(struct woad_sync *s, uint16_t conn, struct op *args, const void *data, size_t len,
                 woad_time timeout_us)
{
    int err;
    if (len > WOAD_ATT_VALUE_MAX)
        return WOAD_ERR_INVALID;
    struct woad_sync_call *c = prepare(s, conn, args, timeout_us, &err);
    if (!c)
        return err;
    if (len)
        memcpy(c->data, data, len);
    c->size = len;
    return woad_sync_do(c);
}

int woad_sync_write(struct woad_sync *s, uint16_t conn, uint16_t handle, const void *data,
                    size_t len, woad_time timeout_us)
{
    return write(s, conn, &(struct op){.begin = begin_write, .handle = handle}, data, len,
                 timeout_us);
}

int woad_sync_write_cmd(struct woad_sync *s, uint16_t conn, uint16_t handle, const void *data,
                        size_t len, woad_time timeout_us)
{
    return write(s, conn, &(struct op){.begin = begin_write_cmd, .handle = handle}, data, len,
                 timeout_us);
}

/* ---- the database ---------------------------------------------------------------------------- */

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct woad_sync *s = arg;
    (void)h;
    for (unsigned i = 0; i < WOAD_SYNC_CALLS && evt->type == WOAD_GATTC_DB_READY; i++) {
        struct woad_sync_call *c = &s->calls[i];
        if (!c->active || c->args != evt->db)
            continue;
        c->why.att = evt->u.done.att;
        woad_sync_finish(c, evt->u.done.err);
    }
}

static int start_discover(struct woad_sync_call *c)
{
    struct woad_gattc_db *db = c->args;
    db->event = on_db;
    db->arg = c->sync;
    return woad_gattc_db_open(c->sync->host, c->conn, db);
}

static void end_discover(struct woad_sync_call *c)
{
    struct woad_gattc_db *db = c->args;
    if (!db || woad_gattc_db_close(c->sync->host, db) < 0)
        woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

int woad_sync_discover(struct woad_sync *s, uint16_t conn, struct woad_gattc_db *db,
                       woad_time timeout_us)
{
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    c->conn = conn;
    c->start = start_discover;
    c->end = end_discover;
    c->args = db;
    return woad_sync_do(c);
}

struct find {
    const struct woad_gattc_db *db;
    const struct woad_uuid *service, *uuid;
    struct woad_gattc_chr *chr;
    uint16_t ccc;
    int err;
};

/* The descriptors of a characteristic: the last one's handle, and the one that configures. */
static void look_behind(struct find *f, const struct woad_gattc_attr *a)
{
    const struct woad_uuid ccc = woad_uuid16(0x2902);
    const struct woad_gattc_attr *end = f->db->attrs + f->db->attr_count;
    f->chr->end = a->end;
    for (a++; a < end && (a->kind & 0x7F) == WOAD_GATTC_ATTR_DESCRIPTOR; a++) {
        struct woad_uuid uuid = woad_gattc_db_uuid(f->db, a);
        f->chr->end = a->handle;
        if (woad_uuid_equal(&uuid, &ccc))
            f->ccc = a->handle;
    }
}

static void find_in_owner(void *arg)
{
    struct find *f = arg;
    bool here = !f->service;
    f->err = WOAD_ERR_NOT_FOUND;
    for (unsigned i = 0; i < f->db->attr_count && f->db->valid; i++) {
        const struct woad_gattc_attr *a = &f->db->attrs[i];
        struct woad_uuid uuid = woad_gattc_db_uuid(f->db, a);
        if (f->service && (a->kind & 0x7F) == WOAD_GATTC_ATTR_SERVICE)
            here = woad_uuid_equal(&uuid, f->service);
        if (!here || (a->kind & 0x7F) != WOAD_GATTC_ATTR_CHARACTERISTIC ||
            !woad_uuid_equal(&uuid, f->uuid))
            continue;
        *f->chr = (struct woad_gattc_chr){
            .handle = a->handle, .value_handle = a->end, .properties = a->properties, .uuid = uuid};
        look_behind(f, a);
        f->err = 0;
        return;
    }
}

int woad_sync_find_value(struct woad_sync *s, const struct woad_gattc_db *db,
                         const struct woad_uuid *service, const struct woad_uuid *uuid,
                         struct woad_gattc_chr *chr, uint16_t *ccc)
{
    struct find f = {.db = db, .service = service, .uuid = uuid, .chr = chr};
    woad_kernel_call(s->kernel, find_in_owner, &f);
    if (f.err == 0 && ccc)
        *ccc = f.ccc;
    return f.err;
}

/* ---- subscriptions --------------------------------------------------------------------------- */

static void ring_put(struct woad_sync_sub *sub, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sub->ring[(sub->head + sub->used++) % sub->size] = data[i];
}

static uint8_t ring_take(struct woad_sync_sub *sub)
{
    uint8_t octet = sub->ring[sub->head];
    sub->head = (sub->head + 1) % sub->size;
    sub->used--;
    return octet;
}

static void on_sub(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct woad_sync_sub *sub = arg;
    struct woad_kernel *k = sub->sync->kernel;
    size_t len = evt->type == WOAD_GATTC_VALUE ? evt->u.value.len : 0;
    (void)h;
    woad_kernel_lock(k);
    if (evt->type == WOAD_GATTC_ENDED) {
        sub->ended = true;
    } else if (evt->type == WOAD_GATTC_VALUE && sub->size - sub->used < len + 2) {
        sub->lost++;
    } else if (evt->type == WOAD_GATTC_VALUE) {
        ring_put(sub, (const uint8_t[]){(uint8_t)len, (uint8_t)(len >> 8)}, 2);
        ring_put(sub, evt->u.value.data, len);
    }
    woad_kernel_notify(k, sub);
    woad_kernel_unlock(k);
}

static int begin_subscribe(struct woad_sync_call *c, const struct op *args)
{
    return woad_gattc_subscribe(c->sync->host, c->conn, &c->op, &args->sub->sub, args->bits);
}

int woad_sync_subscribe(struct woad_sync *s, uint16_t conn, struct woad_sync_sub *sub,
                        uint16_t value_handle, uint16_t ccc_handle, uint8_t bits, void *ring,
                        size_t size, woad_time timeout_us)
{
    struct op args = {.begin = begin_subscribe, .bits = bits, .sub = sub};
    int err;
    if (size < 3)
        return WOAD_ERR_INVALID;
    struct woad_sync_call *c = prepare(s, conn, &args, timeout_us, &err);
    if (!c)
        return err;
    *sub = (struct woad_sync_sub){
        .sync = s,
        .sub = {.event = on_sub,
                .arg = sub,
                .value_handle = value_handle,
                .ccc_handle = ccc_handle},
        .ring = ring,
        .size = size,
    };
    return woad_sync_do(c);
}

/* The oldest value. Called locked. */
static long take_value(struct woad_sync_sub *sub, uint8_t *to, size_t size)
{
    size_t len = ring_take(sub);
    len |= (size_t)ring_take(sub) << 8;
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = ring_take(sub);
        if (i < size)
            to[i] = octet;
    }
    return (long)len;
}

long woad_sync_next(struct woad_sync_sub *sub, void *to, size_t size, woad_time timeout_us)
{
    struct woad_kernel *k = sub->sync->kernel;
    woad_time deadline_us = timeout_us ? woad_kernel_deadline(k, timeout_us) : 0;
    long result = 0;
    woad_kernel_lock(k);
    while (!sub->used && !sub->ended && !result)
        result = timeout_us ? woad_kernel_wait(k, sub, deadline_us) : WOAD_ERR_AGAIN;
    if (sub->used)
        result = take_value(sub, to, size);
    else if (sub->ended)
        result = WOAD_ERR_NOT_CONNECTED;
    woad_kernel_unlock(k);
    return result;
}

uint32_t woad_sync_lost(struct woad_sync_sub *sub)
{
    woad_kernel_lock(sub->sync->kernel);
    uint32_t lost = sub->lost;
    woad_kernel_unlock(sub->sync->kernel);
    return lost;
}

static int begin_unsubscribe(struct woad_sync_call *c, const struct op *args)
{
    return woad_gattc_unsubscribe(c->sync->host, &c->op, &args->sub->sub);
}

static void forget_in_owner(void *arg)
{
    struct woad_sync_sub *sub = arg;
    (void)!woad_gattc_forget(sub->sync->host, &sub->sub);
}

int woad_sync_unsubscribe(struct woad_sync_sub *sub, woad_time timeout_us)
{
    struct op args = {.begin = begin_unsubscribe, .sub = sub};
    struct woad_kernel *k = sub->sync->kernel;
    int err;
    struct woad_sync_call *c = prepare(sub->sync, WOAD_CONN_NONE, &args, timeout_us, &err);
    if (!c)
        return err;
    woad_kernel_lock(k);
    bool ended = sub->ended;
    woad_kernel_unlock(k);
    if (ended) {
        woad_sync_give(c);
        return 0;
    }
    err = woad_sync_do(c);
    woad_kernel_call(k, forget_in_owner, sub); /* if it is still known */
    woad_kernel_lock(k);
    sub->ended = true;
    woad_kernel_unlock(k);
    return err;
}
