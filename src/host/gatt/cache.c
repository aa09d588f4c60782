/* The database of a server: read by a row of discoveries, kept in order of handles, followed by
 * Service Changed and Database Out Of Sync [Vol 3, Part G, 2.5.2, 7.1, 7.3]. */
#include <string.h>

#include "gatt/client_priv.h"

#define UUID_PRIMARY         0x2800
#define UUID_CHARACTERISTIC  0x2803
#define UUID_CCC             0x2902
#define UUID_GATT_SERVICE    0x1801
#define UUID_SERVICE_CHANGED 0x2a05
#define UUID_CLIENT_FEATURES 0x2b29
#define UUID_DATABASE_HASH   0x2b2a

#define ATTR_LONG 0x80 /* of kind: uuid is the place of a long one */

/* The subscription to Service Changed comes before what it is to watch over: changes while reading
 * are told. What is known already needs to be verified only. */
enum db_step {
    DB_HASH,
    DB_GATT,
    DB_GATT_CHARACTERISTICS,
    DB_GATT_DESCRIPTORS,
    DB_SUBSCRIBE,
    DB_VERIFY, /* the hash again: nothing changed before the subscription counted */
    DB_SERVICES,
    DB_INCLUDES,
    DB_CHARACTERISTICS,
    DB_DESCRIPTORS,
    DB_FEATURES,
    DB_COUNT,
    DB_IDLE = DB_COUNT
};

/* ---- the table of attributes ----------------------------------------------------------------- */

static uint8_t *long_uuid(const struct woad_gattc_db *db, uint16_t n)
{
    return (uint8_t *)db->mem + db->size - 16u * (n + 1u);
}

struct woad_uuid woad_gattc_db_uuid(const struct woad_gattc_db *db,
                                    const struct woad_gattc_attr *attr)
{
    struct woad_uuid uuid = woad_uuid16(attr->uuid);
    if (attr->kind & ATTR_LONG) {
        uuid.len = 16;
        memcpy(uuid.val, long_uuid(db, attr->uuid), 16);
    }
    return uuid;
}

/* The place of the first attribute at handle or behind it. */
static uint16_t place_of(const struct woad_gattc_db *db, uint16_t handle)
{
    uint16_t low = 0, high = db->attr_count;
    while (low < high) {
        uint16_t mid = (uint16_t)((low + high) / 2);
        if (db->attrs[mid].handle < handle)
            low = (uint16_t)(mid + 1);
        else
            high = mid;
    }
    return low;
}

const struct woad_gattc_attr *woad_gattc_db_find(const struct woad_gattc_db *db, uint8_t kind,
                                                 const struct woad_uuid *uuid, uint16_t after,
                                                 uint16_t end)
{
    for (uint32_t i = after == 0xffff ? db->attr_count : place_of(db, (uint16_t)(after + 1));
         i < db->attr_count && db->attrs[i].handle <= end; i++) {
        const struct woad_gattc_attr *attr = &db->attrs[i];
        if ((attr->kind & ~ATTR_LONG) != kind)
            continue;
        struct woad_uuid found = woad_gattc_db_uuid(db, attr);
        if (!uuid || woad_uuid_equal(uuid, &found))
            return attr;
    }
    return NULL;
}

static bool room(const struct woad_gattc_db *db, size_t attrs, size_t longs)
{
    return attrs <= UINT16_MAX && longs <= UINT16_MAX &&
           attrs * sizeof(struct woad_gattc_attr) + longs * 16 <= db->size;
}

static bool set_uuid(struct woad_gattc_db *db, struct woad_gattc_attr *attr,
                     const struct woad_uuid *uuid)
{
    struct woad_uuid is = woad_uuid_shorten(uuid);
    if (is.len == 2) {
        attr->uuid = woad_get_u16(is.val);
        return true;
    }
    is = woad_uuid_expand(&is);
    attr->kind |= ATTR_LONG;
    for (attr->uuid = 0; attr->uuid < db->long_count; attr->uuid++)
        if (!memcmp(long_uuid(db, attr->uuid), is.val, 16))
            return true;
    if (!room(db, db->attr_count + 1u, db->long_count + 1u))
        return false;
    memcpy(long_uuid(db, db->long_count++), is.val, 16);
    return true;
}

/* What lies outside of the range being read, or at a handle that is there, is left alone. */
static void insert(struct woad_gattc_db *db, struct woad_gattc_attr attr,
                   const struct woad_uuid *uuid)
{
    uint16_t at = place_of(db, attr.handle);
    if (at < db->attr_count && db->attrs[at].handle == attr.handle)
        return;
    if (!set_uuid(db, &attr, uuid) || !room(db, db->attr_count + 1u, db->long_count)) {
        db->full = true;
        return;
    }
    memmove(&db->attrs[at + 1], &db->attrs[at],
            (size_t)(db->attr_count - at) * sizeof(db->attrs[0]));
    db->attrs[at] = attr;
    db->attr_count++;
}

/* Whole services are read anew: one that reaches into the range widens it. */
static void clear_range(struct woad_gattc_db *db)
{
    uint16_t at = place_of(db, db->start);
    while (!db->whole && at > 0 && at--)
        if (db->attrs[at].kind == WOAD_GATTC_ATTR_SERVICE ||
            db->attrs[at].kind == (WOAD_GATTC_ATTR_SERVICE | ATTR_LONG)) {
            if (db->attrs[at].end >= db->start)
                db->start = db->attrs[at].handle;
            break;
        }
    at = place_of(db, db->start);
    uint16_t to = at;
    for (; to < db->attr_count && db->attrs[to].handle <= db->end; to++)
        if ((db->attrs[to].kind & ~ATTR_LONG) == WOAD_GATTC_ATTR_SERVICE &&
            db->attrs[to].end > db->end)
            db->end = db->attrs[to].end;
    memmove(&db->attrs[at], &db->attrs[to], (size_t)(db->attr_count - to) * sizeof(db->attrs[0]));
    db->attr_count = (uint16_t)(db->attr_count - (to - at));
    if (!db->attr_count)
        db->long_count = 0;
}

/* ---- what the steps find --------------------------------------------------------------------- */

static void got_hash(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    bool whole = evt->u.value.len == sizeof(db->hash);
    db->same = whole && db->has_hash && !memcmp(db->hash, evt->u.value.data, sizeof(db->hash));
    db->has_hash = whole;
    if (whole)
        memcpy(db->hash, evt->u.value.data, sizeof(db->hash));
    db->op.at = 0; /* there is one */
}

static void got_service(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    struct woad_gattc_attr attr = {
        .handle = evt->u.service.start, .end = evt->u.service.end, .kind = WOAD_GATTC_ATTR_SERVICE};
    insert(db, attr, &evt->u.service.uuid);
}

/* An included service is one of its own too: a secondary one is found in no other way. */
static void got_include(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    struct woad_gattc_attr attr = {.handle = evt->u.include.handle,
                                   .end = evt->u.include.start,
                                   .kind = WOAD_GATTC_ATTR_INCLUDE};
    insert(db, attr, &evt->u.include.uuid);
    attr = (struct woad_gattc_attr){
        .handle = evt->u.include.start, .end = evt->u.include.end, .kind = WOAD_GATTC_ATTR_SERVICE};
    insert(db, attr, &evt->u.include.uuid);
}

static void got_characteristic(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    const struct woad_gattc_chr *chr = &evt->u.characteristic;
    struct woad_gattc_attr attr = {.handle = chr->handle,
                                   .end = chr->value_handle,
                                   .kind = WOAD_GATTC_ATTR_CHARACTERISTIC,
                                   .properties = chr->properties};
    insert(db, attr, &chr->uuid);
}

/* Declarations are known already, values are part of their characteristic. */
static void got_descriptor(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    struct woad_gattc_attr attr = {.handle = evt->u.descriptor.handle,
                                   .kind = WOAD_GATTC_ATTR_DESCRIPTOR};
    const struct woad_uuid *uuid = &evt->u.descriptor.uuid;
    uint16_t type = uuid->len == 2 ? woad_get_u16(uuid->val) : 0;
    uint16_t at = place_of(db, attr.handle);
    bool value = at > 0 && db->attrs[at - 1].end == attr.handle &&
                 (db->attrs[at - 1].kind & ~ATTR_LONG) == WOAD_GATTC_ATTR_CHARACTERISTIC;
    if (!value && (type < UUID_PRIMARY || type > UUID_CHARACTERISTIC))
        insert(db, attr, uuid);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static const struct woad_gattc_attr *gatt_service(const struct woad_gattc_db *db)
{
    struct woad_uuid uuid = woad_uuid16(UUID_GATT_SERVICE);
    return woad_gattc_db_find(db, WOAD_GATTC_ATTR_SERVICE, &uuid, 0, 0xffff);
}

static const struct woad_gattc_attr *gatt_characteristic(const struct woad_gattc_db *db,
                                                         uint16_t uuid)
{
    struct woad_uuid wanted = woad_uuid16(uuid);
    const struct woad_gattc_attr *gatt = gatt_service(db);
    return gatt ? woad_gattc_db_find(db, WOAD_GATTC_ATTR_CHARACTERISTIC, &wanted, gatt->handle,
                                     gatt->end)
                : NULL;
}

static bool prepare_hash(struct gattc_link *l, struct woad_gattc_db *db)
{
    (void)l;
    db->op.at = 1;
    db->op.end = 0xffff;
    db->op.uuid = woad_uuid16(UUID_DATABASE_HASH);
    return true;
}

static bool prepare_range(struct gattc_link *l, struct woad_gattc_db *db)
{
    (void)l;
    db->op.at = db->start;
    db->op.end = db->end;
    db->op.uuid.len = 0;
    return !db->cached;
}

static bool prepare_services(struct gattc_link *l, struct woad_gattc_db *db)
{
    bool wanted = prepare_range(l, db);
    if (wanted)
        clear_range(db);
    return wanted;
}

static bool prepare_gatt(struct gattc_link *l, struct woad_gattc_db *db)
{
    bool wanted = prepare_range(l, db) && db->whole && !db->changed.link;
    db->op.uuid = woad_uuid16(UUID_GATT_SERVICE);
    return wanted;
}

static bool prepare_in_gatt(struct gattc_link *l, struct woad_gattc_db *db)
{
    const struct woad_gattc_attr *gatt = gatt_service(db);
    if (!gatt || !prepare_gatt(l, db))
        return false;
    db->op.at = gatt->handle;
    db->op.end = gatt->end;
    db->op.uuid.len = 0;
    return true;
}

/* Without Service Changed the server's database does not change [7.1]. */
static bool prepare_subscribe(struct gattc_link *l, struct woad_gattc_db *db)
{
    const struct woad_gattc_attr *chr = gatt_characteristic(db, UUID_SERVICE_CHANGED);
    struct woad_uuid ccc = woad_uuid16(UUID_CCC);
    const struct woad_gattc_attr *found =
        chr ? woad_gattc_db_find(db, WOAD_GATTC_ATTR_DESCRIPTOR, &ccc, chr->end, 0xffff) : NULL;
    const struct woad_gattc_attr *next =
        chr ? woad_gattc_db_find(db, WOAD_GATTC_ATTR_CHARACTERISTIC, NULL, chr->end, 0xffff) : NULL;
    if (!found || db->changed.link || (next && next->handle < found->handle))
        return false;
    db->changed.value_handle = chr->end;
    db->changed.ccc_handle = found->handle;
    db->changed.bits = WOAD_GATTC_INDICATE;
    db->changed.busy = 1;
    woad_gattc_sub_add(l, &db->changed);
    db->op.u.sub = &db->changed;
    db->verify = db->has_hash;
    return true;
}

static bool prepare_verify(struct gattc_link *l, struct woad_gattc_db *db)
{
    bool verify = db->verify;
    db->verify = false;
    return verify && prepare_hash(l, db);
}

static bool prepare_features(struct gattc_link *l, struct woad_gattc_db *db)
{
    const struct woad_gattc_attr *chr = gatt_characteristic(db, UUID_CLIENT_FEATURES);
    if (!chr || !db->whole)
        return false;
    db->features = woad_gattc_of(l->link->h)->cfg.features;
    db->op.one = (struct woad_gattc_write){.handle = chr->end, .len = 1, .data = &db->features};
    db->op.u.writes = &db->op.one;
    db->op.count = 1;
    db->op.offset = 0;
    return true;
}

/* prepare: false: nothing to be done. optional: an answer with an error does no harm. */
static const struct db_row {
    uint8_t step;
    bool optional;
    bool (*prepare)(struct gattc_link *l, struct woad_gattc_db *db);
    void (*got)(struct woad_gattc_db *db, const struct woad_gattc_evt *evt);
} db_rows[DB_COUNT] = {
    [DB_HASH] = {GATTC_STEP_BY_UUID, true, prepare_hash, got_hash},
    [DB_GATT] = {GATTC_STEP_SERVICES_BY_UUID, true, prepare_gatt, got_service},
    [DB_GATT_CHARACTERISTICS] = {GATTC_STEP_CHARACTERISTICS, true, prepare_in_gatt,
                                 got_characteristic},
    [DB_GATT_DESCRIPTORS] = {GATTC_STEP_DESCRIPTORS, true, prepare_in_gatt, got_descriptor},
    [DB_SUBSCRIBE] = {GATTC_STEP_CCC, true, prepare_subscribe, NULL},
    [DB_VERIFY] = {GATTC_STEP_BY_UUID, true, prepare_verify, got_hash},
    [DB_SERVICES] = {GATTC_STEP_SERVICES, false, prepare_services, got_service},
    [DB_INCLUDES] = {GATTC_STEP_INCLUDES, false, prepare_range, got_include},
    [DB_CHARACTERISTICS] = {GATTC_STEP_CHARACTERISTICS, false, prepare_range, got_characteristic},
    [DB_DESCRIPTORS] = {GATTC_STEP_DESCRIPTORS, false, prepare_range, got_descriptor},
    [DB_FEATURES] = {GATTC_STEP_WRITE, true, prepare_features, NULL},
};

/* ---- the runner ------------------------------------------------------------------------------ */

static void detach(struct woad_gattc_db *db)
{
    struct gattc_link *l = db->link;
    if (l->db == db)
        l->db = NULL;
    woad_gattc_sub_remove(&db->changed);
    db->link = NULL;
}

static void ready(struct woad_gattc_db *db, int err, uint8_t att)
{
    struct gattc_link *l = db->link;
    struct host_link *link = l->link;
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_DB_READY, .db = db};
    evt.u.done.err = err;
    evt.u.done.att = att;
    evt.u.done.mtu = l->bearer_count ? l->bearers[0]->mtu : WOAD_ATT_MTU_MIN;
    evt.u.done.cached = db->cached;
    db->step = DB_IDLE;
    db->valid = !err;
    if (!err && !db->cached)
        db->cached = woad_gattc_db_save(db);
    if (err)
        detach(db);
    link->h->ops_pending--;
    woad_gattc_tell(link, false, db->event, db->arg, &evt);
}

static void go_on(struct woad_gattc_db *db)
{
    struct gattc_link *l = db->link;
    while (db->step < DB_COUNT && !db_rows[db->step].prepare(l, db))
        db->step++;
    if (db->step < DB_COUNT) {
        woad_gattc_begin(l, &db->op, db_rows[db->step].step);
    } else if (db->again_start) {
        db->start = db->again_start;
        db->end = db->again_end;
        db->whole = db->start == 1 && db->end == 0xffff;
        db->again_start = 0;
        db->step = DB_HASH;
        db->cached = db->valid = false;
        clear_range(db);
        go_on(db);
    } else {
        ready(db, 0, 0);
    }
}

/* The hash has been asked for: is what we have what the server has? Without a hash a bonded server
 * would tell what changed [2.5.2]. */
static void after_hash(struct woad_gattc_db *db, bool had_hash)
{
    const struct gattc_link *l = db->link;
    const struct host_security_ops *security = l->link->h->security;
    bool bonded = security && security->bond(l->link) >= 0;
    db->cached = db->whole && db->valid && (db->has_hash ? db->same : !had_hash && bonded);
    db->step = db->cached ? DB_SUBSCRIBE : DB_GATT;
    if (!db->cached)
        clear_range(db);
}

static void on_done(struct woad_gattc_db *db, const struct woad_gattc_evt *evt)
{
    int err = evt->u.done.err;
    bool had_hash = db->has_hash;
    bool mixed = err == WOAD_ERR_FORMAT && db->again_start; /* old and new, in one reading */
    if (err && !mixed && (err != WOAD_ERR_REFUSED || !db_rows[db->step].optional)) {
        ready(db, err, evt->u.done.att);
        return;
    }
    if (db->full && db->whole && !db->again_start) {
        ready(db, WOAD_ERR_NO_MEM, 0);
        return;
    }
    if (db->full || mixed) {
        db->full = false;
        db->again_start = 1; /* once more from an empty table */
        db->again_end = 0xffff;
        db->step = DB_FEATURES;
    }
    if (db->step == DB_HASH) {
        if (err)
            db->has_hash = db->same = false;
        after_hash(db, had_hash);
    } else {
        if (db->step == DB_VERIFY)
            db->cached = db->cached && !err && db->same;
        db->step++;
    }
    go_on(db);
}

static void on_op(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct woad_gattc_db *db = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE)
        on_done(db, evt);
    else if (db_rows[db->step].got)
        db_rows[db->step].got(db, evt);
}

/* start..end is to be read anew, now or after what is being read. */
static void read_again(struct woad_gattc_db *db, uint16_t start, uint16_t end)
{
    if (!db->again_start || start < db->again_start)
        db->again_start = start;
    if (!db->again_end || end > db->again_end)
        db->again_end = end;
    if (db->step != DB_IDLE)
        return;
    struct gattc_link *l = db->link;
    l->link->h->ops_pending++;
    go_on(db);
}

static void tell_changed(struct woad_gattc_db *db, uint16_t start, uint16_t end)
{
    const struct gattc_link *l = db->link;
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_DB_CHANGED, .db = db};
    evt.u.changed.start = start;
    evt.u.changed.end = end;
    woad_gattc_tell(l->link, false, db->event, db->arg, &evt);
}

static void on_changed(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct woad_gattc_db *db = arg;
    if (evt->type != WOAD_GATTC_VALUE)
        return;
    struct woad_rd r = woad_rd_init(evt->u.value.data, evt->u.value.len);
    uint16_t start = woad_rd_u16(&r);
    uint16_t end = woad_rd_u16(&r);
    if (!woad_rd_done(&r) || !start || start > end) {
        h->bad_packets++;
        return;
    }
    db->valid = false;
    read_again(db, start, end);
    tell_changed(db, start, end);
}

static void stale(struct woad_gattc_db *db)
{
    const struct gattc_link *l = db->link;
    if (db->step != DB_IDLE)
        return; /* reading has told the server that we know */
    db->again_start = 0;
    db->whole = true;
    db->start = 1;
    db->end = 0xffff;
    db->step = DB_HASH;
    l->link->h->ops_pending++;
    go_on(db);
    tell_changed(db, 1, 0xffff);
}

static void secured(struct woad_gattc_db *db)
{
    if (db->step == DB_IDLE && !db->cached)
        db->cached = woad_gattc_db_save(db);
}

static const struct gattc_db_ops db_ops = {stale, secured, detach};

/* ---- calls ----------------------------------------------------------------------------------- */

int woad_gattc_db_open(struct woad_host *h, uint16_t conn, struct woad_gattc_db *db)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (!woad_gattc_of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (!db || !db->event || !db->mem || (uintptr_t)db->mem % 2)
        return WOAD_ERR_INVALID;
    struct gattc_link *l = woad_gattc_link(link);
    if (db->link)
        return WOAD_ERR_BUSY;
    if (l->db)
        return WOAD_ERR_EXISTS;
    db->attrs = db->mem;
    db->link = l;
    db->op = (struct woad_gattc_op){.event = on_op, .arg = db, .inner = true};
    db->changed = (struct woad_gattc_sub){.event = on_changed, .arg = db, .inner = true};
    db->whole = true;
    db->cached = db->full = db->same = db->verify = false;
    db->again_start = db->again_end = 0;
    db->start = 1;
    db->end = 0xffff;
    db->step = DB_HASH;
    l->db = db;
    l->db_ops = &db_ops;
    if (!db->valid)
        woad_gattc_db_load(db);
    h->ops_pending++;
    go_on(db);
    return 0;
}

int woad_gattc_db_close(struct woad_host *h, struct woad_gattc_db *db)
{
    woad_host_enter(h);
    struct gattc_link *l = db->link;
    if (!l || l->db != db)
        return WOAD_ERR_NOT_FOUND;
    if (db->step == DB_IDLE) {
        detach(db);
        return 0;
    }
    l->db = NULL;
    if (db->op.state != GATTC_ENDING)
        woad_gattc_drop(&db->op);
    return 0;
}
