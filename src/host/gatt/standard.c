/* The GAP and the GATT service, which every server has [Vol 3, Part C, 12; Part G, 7]. */
#include <string.h>

#include "gatt/gatts_priv.h"

static const struct woad_uuid gap_uuid = WOAD_UUID16(0x1800), name_uuid = WOAD_UUID16(0x2A00),
                              appearance_uuid = WOAD_UUID16(0x2A01);
const struct woad_uuid woad_gatts_gatt_uuid = WOAD_UUID16(0x1801),
                       woad_gatts_changed_uuid = WOAD_UUID16(0x2A05);

enum { GAP_NAME = 2, GAP_APPEARANCE = 4, GAP_COUNT };
static const struct woad_gatt_attr gap_attrs[] = {
    WOAD_GATT_SERVICE(&gap_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&name_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_DYNAMIC(&appearance_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
};

enum { GATT_CHANGED = 2, GATT_BASIC_COUNT = 4 };
static const struct woad_gatt_attr gatt_attrs[] = {
    WOAD_GATT_SERVICE(&woad_gatts_gatt_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_INDICATE),
    WOAD_GATT_DYNAMIC(&woad_gatts_changed_uuid, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};

uint16_t woad_gatts_changed_handle(const struct gatts *g)
{
    return (uint16_t)(g->gatt.start + GATT_CHANGED);
}

/* Answers a READ with what of the value lies behind its offset. */
void woad_gatts_give(struct woad_host *h, const struct woad_gatts_evt *evt, const void *value,
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
        woad_gatts_give(h, evt, g->cfg.name, strlen(g->cfg.name));
    else
        woad_gatts_give(h, evt, appearance, sizeof(appearance));
}

int woad_gatts_standard_add(struct woad_host *h)
{
    struct gatts *g = woad_gatts_of(h);
    g->gap.attrs = gap_attrs;
    g->gap.count = GAP_COUNT;
    g->gap.event = on_gap;
    /* As many handles with caching as without: those behind it stay when the program changes. */
    g->gatt.attrs = gatt_attrs;
    g->gatt.count = GATT_BASIC_COUNT;
    g->gatt.span = GATTS_GATT_SPAN;
    if (g->cfg.caching)
        g->cfg.caching->init(g);
    int err = woad_gatt_db_add(&g->db, g->cfg.gap ? g->cfg.gap : &g->gap);
    return err ? err : woad_gatt_db_add(&g->db, &g->gatt);
}
