/* The database: the input is a row of steps that add, remove and change services, one of each span
 * and place that it names. After every step each handle has at most one attribute, and what is
 * found by handle is what a walk in order meets. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"
#include "woad/gatt_db.h"

#define HANDLES  96
#define SERVICES 12
#define ATTRS    20

static const struct woad_uuid uuid = WOAD_UUID16(0x180F);

static void check(const struct woad_gatt_db *db)
{
    struct woad_gatt_service *service, *before = NULL;
    uint32_t found = 0, walked = 0, last = 0;
    for (uint16_t handle = 1; handle <= HANDLES; handle++) {
        const struct woad_gatt_attr *attr = woad_gatt_db_find(db, handle, &service);
        found += attr != NULL;
        if (attr && (attr != &service->attrs[handle - service->start] || !service->attached))
            abort();
    }
    uint16_t handle = 1;
    while (woad_gatt_db_next(db, &handle, &service)) {
        struct woad_gatt_service *owner;
        if (!woad_gatt_db_find(db, handle, &owner) || owner != service || handle <= last)
            abort();
        walked++;
        last = handle++;
    }
    if (found != walked)
        abort();
    for (service = db->first; service; before = service, service = service->next)
        if (service->prev != before || (before && before->start + before->span > service->start))
            abort();
    if (db->last != before)
        abort();
}

/* A table of count attributes by the bits of the input. */
static void fill(struct woad_gatt_attr *t, uint16_t count, struct woad_rd *r)
{
    static const struct woad_gatt_attr head = WOAD_GATT_SERVICE(&uuid),
                                       value = WOAD_GATT_CONST(&uuid, "x", 1, 1),
                                       chr = WOAD_GATT_CHARACTERISTIC(2), hole = {0};
    t[0] = head;
    for (uint16_t i = 1; i < count; i++) {
        uint8_t kind = woad_rd_u8(r) & 3;
        t[i] = kind == 0 ? hole : kind == 1 ? chr : value;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct woad_gatt_service services[SERVICES];
    static struct woad_gatt_attr tables[SERVICES][2][ATTRS];
    struct woad_gatt_service *pages[WOAD_GATT_PAGES(HANDLES)] = {0};
    struct woad_gatt_db db;
    struct woad_rd r = woad_rd_init(data, size);
    memset(services, 0, sizeof(services));
    woad_gatt_db_init(&db, pages, HANDLES);
    while (r.left >= 4) {
        uint8_t what = woad_rd_u8(&r);
        uint8_t n = what % SERVICES;
        uint16_t count = woad_rd_u8(&r) % (ATTRS + 1);
        struct woad_gatt_service *s = &services[n];
        struct woad_gatt_attr *t = tables[n][s->attrs == tables[n][0]];
        if (what < 96) {
            if (!s->attached) {
                *s = (struct woad_gatt_service){.attrs = t, .count = count};
                s->start = woad_rd_u8(&r) % (HANDLES + 4);
                s->span = woad_rd_u8(&r) % 40;
                fill(t, count, &r);
            }
            (void)!woad_gatt_db_add(&db, s);
        } else if (what < 160) {
            woad_gatt_db_remove(&db, s);
        } else {
            fill(t, count, &r);
            (void)!woad_gatt_db_replace(&db, s, t, count);
        }
        check(&db);
    }
    return 0;
}
