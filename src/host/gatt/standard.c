/* The GAP and the GATT service, which every server has [Vol 3, Part C, 12; Part G, 7]. */
#include <string.h>

#include "gatt/gatts_priv.h"

static const struct woad_uuid gap_uuid = WOAD_UUID16(0x1800), name_uuid = WOAD_UUID16(0x2A00),
                              appearance_uuid = WOAD_UUID16(0x2A01);
static const struct woad_uuid gatt_uuid = WOAD_UUID16(0x1801), changed_uuid = WOAD_UUID16(0x2A05),
                              features_uuid = WOAD_UUID16(0x2B29), hash_uuid = WOAD_UUID16(0x2B2A),
                              server_uuid = WOAD_UUID16(0x2B3A);

enum { GAP_NAME = 2, GAP_APPEARANCE = 4, GAP_COUNT };
static const struct woad_gatt_attr gap_attrs[] = {
    WOAD_GATT_SERVICE(&gap_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&name_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&appearance_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
};

enum { GATT_CHANGED = 2, GATT_FEATURES = 5, GATT_HASH = 7, GATT_SERVER = 9, GATT_COUNT };
static const struct woad_gatt_attr gatt_attrs[] = {
    WOAD_GATT_SERVICE(&gatt_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_INDICATE),
    WOAD_GATT_DYNAMIC(&changed_uuid, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&features_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&hash_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&server_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
};

uint16_t woad_gatts_changed_handle(const struct gatts *g)
{
    return (uint16_t)(g->gatt.start + GATT_CHANGED);
}

/* Answers a READ with what of the value lies behind its offset. */
static void give(struct woad_host *h, const struct woad_gatts_evt *evt, const void *value,
                 size_t len)
{
    uint16_t offset = evt->u.read.offset;
    bool inside = offset <= len;
    (void)!woad_gatts_answer(h, evt->u.read.req, inside ? 0 : WOAD_ATT_ERR_INVALID_OFFSET,
                             inside ? (const uint8_t *)value + offset : NULL,
                             inside ? (uint16_t)(len - offset) : 0);
}

static void on_gap(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    const struct gatts *g = woad_gatts_of(h);
    uint8_t appearance[2];
    (void)arg;
    if (evt->type != WOAD_GATTS_READ)
        return;
    woad_put_u16(appearance, g->cfg.appearance);
    if (evt->handle == g->gap.start + GAP_NAME)
        give(h, evt, g->cfg.name, strlen(g->cfg.name));
    else
        give(h, evt, appearance, sizeof(appearance));
}

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
    give(g->host, evt, g->hash, 16);
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
        give(h, evt, &c->features, 1);
    } else if (evt->type == WOAD_GATTS_READ && evt->handle == g->gatt.start + GATT_SERVER) {
        const uint8_t eatt = h->part[HOST_PART_EATT] != NULL; /* [7.4] */
        give(h, evt, &eatt, 1);
    } else if (evt->type == WOAD_GATTS_READ) {
        const uint8_t *hash = woad_gatts_hash(g);
        if (hash) /* else hash_give() answers */
            give_hash(g, c, evt);
    }
}

void woad_gatts_hash_give(struct gatts *g)
{
    for (uint16_t i = 0; i < g->op_count; i++) {
        struct gatts_op *op = &g->ops[i];
        if (!op->opcode || !op->waits || op->handle != g->gatt.start + GATT_HASH)
            continue;
        const struct woad_gatts_evt evt = {
            .u.read = {.req = woad_gatts_req_of(g->host, op), .offset = op->offset}};
        woad_host_call_begin(g->host);
        give_hash(g, woad_gatts_client(op->bearer->link), &evt);
        woad_host_call_end(g->host);
    }
}

int woad_gatts_standard_add(struct woad_host *h)
{
    struct gatts *g = woad_gatts_of(h);
    g->gap = (struct woad_gatt_service){.attrs = gap_attrs, .count = GAP_COUNT, .event = on_gap};
    /* The Server Supported Features are there when they have something to say [7.4]. */
    g->gatt = (struct woad_gatt_service){.attrs = gatt_attrs,
                                         .count = h->cfg.att_bearers ? GATT_COUNT : GATT_SERVER - 1,
                                         .event = on_gatt};
    int err = woad_gatt_db_add(&g->db, g->cfg.gap ? g->cfg.gap : &g->gap);
    return err ? err : woad_gatt_db_add(&g->db, &g->gatt);
}
