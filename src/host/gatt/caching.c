/* Database Hash, Client and Server Supported Features, and the bearers of clients that have several
 * [Vol 3, Part G, 2.5.2, 7.2 to 7.4, 5.3]: what woad_gatts_basic_part can do without. */
#include <string.h>

#include "gatt/gatts_priv.h"

#define HASH_TURN     16 /* attributes hashed at a time; in between come packets and events */
#define HASH_PAUSE_US 1

/* ---- Database Hash --------------------------------------------------------------------------- */

/* How much of an attribute the hash covers [7.3.1]. */
enum covers { COVERS_NOTHING, COVERS_TYPE, COVERS_VALUE };

static enum covers covers(const struct woad_gatt_attr *attr)
{
    struct woad_uuid scratch;
    const struct woad_uuid *type = woad_gatt_attr_type(attr, &scratch);
    if (attr->kind < WOAD_GATT_KIND_CCCD)
        return COVERS_VALUE;
    if (type->len != 2 || type->val[1] != 0x29 || type->val[0] > 0x05)
        return COVERS_NOTHING;
    return type->val[0] == 0 ? COVERS_VALUE : COVERS_TYPE;
}

static int hash_attr(struct woad_cmac *mac, const struct woad_gatt_service *service,
                     const struct woad_gatt_attr *attr, uint16_t handle)
{
    enum covers what = covers(attr);
    uint8_t head[4], value[19];
    struct woad_uuid scratch;
    const void *from = value;
    uint16_t len = 0;
    if (what == COVERS_NOTHING)
        return 0;
    woad_put_u16(head, handle);
    memcpy(head + 2, woad_gatt_attr_type(attr, &scratch)->val, 2);
    if (attr->kind < WOAD_GATT_KIND_CCCD) {
        len = woad_gatt_attr_declaration(service, handle, value);
    } else if (what == COVERS_VALUE && attr->kind == WOAD_GATT_KIND_CONST) {
        from = attr->value;
        len = attr->size;
    } else if (what == COVERS_VALUE && attr->kind == WOAD_GATT_KIND_VALUE) {
        const struct woad_gatt_value *v = attr->value;
        from = v->data;
        len = v->len;
    }
    int err = woad_cmac_add(mac, head, sizeof(head));
    return err ? err : woad_cmac_add(mac, from, len);
}

static void compute(struct gatts *g)
{
    if (!g->hash_wanted)
        woad_host_timer_after(&g->hash_timer, HASH_PAUSE_US);
    g->hash_wanted = true;
}

static void changed(struct gatts *g)
{
    g->hash_valid = g->hash_failed = false;
    g->hash_at = 0;
    if (g->hash_wanted)
        woad_host_timer_after(&g->hash_timer, HASH_PAUSE_US);
}

static int hash_some(struct gatts *g, bool *end)
{
    struct woad_gatt_service *service;
    int err = 0;
    for (unsigned n = 0; n < HASH_TURN && !err && !*end; n++) {
        uint16_t handle = (uint16_t)g->hash_at;
        const struct woad_gatt_attr *attr = woad_gatt_db_next(&g->db, &handle, &service);
        if (attr)
            err = hash_attr(&g->mac, service, attr, handle);
        g->hash_at = handle + UINT32_C(1);
        *end = !attr || g->hash_at > g->db.handle_max;
    }
    return err;
}

bool woad_gatts_hash_turn(struct gatts *g)
{
    static const uint8_t key[16] = {0};
    struct woad_aes aes = {0};
    uint8_t out[16] = {0};
    bool end = false;
    int err = woad_aes_init(&aes, key);
    if (!g->hash_at) {
        woad_cmac_begin(&g->mac, &aes);
        g->hash_at = 1;
    }
    g->mac.aes = &aes;
    if (!err)
        err = hash_some(g, &end);
    if (!err && end)
        err = woad_cmac_end(&g->mac, out);
    g->mac.aes = NULL;
    woad_aes_deinit(&aes);
    if (!err && !end)
        return false;
    for (int i = 0; i < 16; i++) /* numbers travel least significant octet first */
        g->hash[i] = out[15 - i];
    g->hash_at = 0;
    g->hash_wanted = false;
    g->hash_valid = !err;
    g->hash_failed = err != 0;
    return true;
}

/* ---- the GATT service ------------------------------------------------------------------------ */

static const struct woad_uuid features_uuid = WOAD_UUID16(0x2B29), hash_uuid = WOAD_UUID16(0x2B2A),
                              server_uuid = WOAD_UUID16(0x2B3A);

enum { GATT_FEATURES = 5, GATT_HASH = 7, GATT_SERVER = 9, GATT_COUNT };
static const struct woad_gatt_attr gatt_attrs[] = {
    WOAD_GATT_SERVICE(&woad_gatts_gatt_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_INDICATE),
    WOAD_GATT_DYNAMIC(&woad_gatts_changed_uuid, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&features_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&hash_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&server_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
};

/* A bit that is set stays set [7.2]. */
static uint8_t set_features(struct gatts_client *c, const struct woad_gatts_evt *evt)
{
    const uint8_t known = GATTS_FEATURE_ROBUST | GATTS_FEATURE_EATT | GATTS_FEATURE_MULTIPLE;
    if (evt->u.write.len == 0 || evt->u.write.offset)
        return WOAD_ATT_ERR_INVALID_VALUE_LENGTH;
    uint8_t wanted = evt->u.write.data[0] & known;
    if (c->features & ~(unsigned)wanted)
        return WOAD_ATT_ERR_VALUE_NOT_ALLOWED;
    if (evt->u.write.check || c->features == wanted)
        return 0;
    c->features = wanted;
    woad_gatts_client_save(c);
    return 0;
}

static void give_hash(struct gatts *g, struct gatts_client *c, const struct woad_gatts_evt *evt)
{
    if (!g->hash_valid) {
        (void)!woad_gatts_answer(g->host, evt->u.read.req, WOAD_ATT_ERR_UNLIKELY, NULL, 0);
        return;
    }
    woad_gatts_give(g->host, evt, g->hash, 16);
    c->told = !c->aware; /* what it asks next it asks of this database [2.5.2.1] */
}

static void on_gatt(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct gatts *g = woad_gatts_of(h);
    struct host_link *link = woad_host_link_find(h, evt->conn);
    struct gatts_client *c = link ? woad_gatts_client(link) : NULL;
    (void)arg;
    if (!c)
        return;
    if (evt->type == WOAD_GATTS_WRITE) {
        (void)!woad_gatts_answer(h, evt->u.write.req, set_features(c, evt), NULL, 0);
    } else if (evt->type == WOAD_GATTS_READ && evt->handle == g->gatt.start + GATT_FEATURES) {
        woad_gatts_give(h, evt, &c->features, 1);
    } else if (evt->type == WOAD_GATTS_READ && evt->handle == g->gatt.start + GATT_SERVER) {
        const uint8_t eatt = h->part[HOST_PART_EATT] != NULL; /* [7.4] */
        woad_gatts_give(h, evt, &eatt, 1);
    } else if (evt->type == WOAD_GATTS_READ) {
        if (woad_gatts_hash(g)) /* else hash_give() answers */
            give_hash(g, c, evt);
    }
}

static void hash_give(struct gatts *g)
{
    for (struct gatts_op *op = g->ops; op < g->ops_end; op++) {
        if (!op->waits || op->handle != g->gatt.start + GATT_HASH)
            continue;
        const struct woad_gatts_evt evt = {
            .u.read = {.req = woad_gatts_req_of(op), .offset = op->offset}};
        woad_host_call_begin(g->host);
        give_hash(g, woad_gatts_client(op->bearer->link), &evt);
        woad_host_call_end(g->host);
    }
}

static void hash_due(struct woad_timer *t)
{
    struct gatts *g = HOST_OWNER(t, struct gatts, hash_timer.t);
    if (!g->hash_wanted || g->depth) /* commit() takes it up again */
        return;
    if (!woad_gatts_hash_turn(g)) {
        woad_host_timer_after(&g->hash_timer, HASH_PAUSE_US);
        return;
    }
    hash_give(g);
    woad_host_part_due(g->host, HOST_PART_GATTS);
}

static void init(struct gatts *g)
{
    g->hash_valid = false;
    woad_host_timer_init(g->host, &g->hash_timer, hash_due);
    g->gatt.attrs = gatt_attrs;
    g->gatt.event = on_gatt;
    /* The Server Supported Features are there when they have something to say [7.4]. */
    g->gatt.count = g->host->cfg.att_bearers ? GATT_COUNT : GATTS_GATT_SPAN;
}

/* ---- several bearers ------------------------------------------------------------------------- */

static struct att_bearer *bearer(const struct host_link *link, unsigned n)
{
    const struct gatts *g = woad_gatts_of(link->h);
    unsigned count = 0;
    uint16_t mtu = 0;
    for (uint16_t i = 0; i < g->op_count; i++) {
        if (!woad_gatts_usable(&g->ops[i], link) || g->ops[i].bearer->mtu < mtu)
            continue;
        count = g->ops[i].bearer->mtu > mtu ? 1 : count + 1;
        mtu = g->ops[i].bearer->mtu;
    }
    unsigned left = count ? n % count : 0;
    for (uint16_t i = 0; count && i < g->op_count; i++)
        if (woad_gatts_usable(&g->ops[i], link) && g->ops[i].bearer->mtu == mtu && left-- == 0)
            return g->ops[i].bearer;
    return NULL;
}

/* ---- robust caching -------------------------------------------------------------------------- */

static unsigned bearers(const struct host_link *link)
{
    const struct gatts *g = woad_gatts_of(link->h);
    unsigned count = 0;
    for (const struct gatts_op *op = g->ops; op < g->ops_end; op++)
        count += woad_gatts_usable(op, link);
    return count;
}

static int in_sync(struct gatts_client *c)
{
    if (!woad_gatts_unaware(c))
        return 0;
    c->told = bearers(c->link) == 1; /* with several only the hash tells [2.5.2.1] */
    return WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC;
}

static int admit(struct gatts_op *op)
{
    struct gatts_client *c = woad_gatts_client(op->bearer->link);
    if (c->told)
        woad_gatts_client_aware(c);
    switch (op->opcode) {
    case WOAD_ATT_READ_REQ:
    case WOAD_ATT_READ_BLOB_REQ:
    case WOAD_ATT_READ_MULTIPLE_REQ:
    case WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ:
    case WOAD_ATT_WRITE_REQ:
    case WOAD_ATT_PREPARE_WRITE_REQ: return in_sync(c);
    default: return 0;
    }
}

/* A client that does not know the database may look for its structure, and read the hash
 * [Part G, 2.5.2.1]. */
static bool needs_sync(const struct gatts_op *op)
{
    uint16_t type = op->type.len == 2 ? woad_get_u16(op->type.val) : 0;
    return type != 0x2802 && type != 0x2803 && (op->next != 1 || op->end != 0xffff);
}

static int admit_type(struct gatts_op *op)
{
    int err = needs_sync(op) ? in_sync(woad_gatts_client(op->bearer->link)) : 0;
    if (err)
        op->handle = 0;
    return err;
}

const struct woad_gatts_caching woad_gatts_caching = {init,   compute, changed,
                                                      bearer, admit,   admit_type};
