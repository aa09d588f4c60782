/* Databases of bonded servers in the store: a record that says what there is, one of long UUIDs,
 * and the attributes as they are in memory, all written at once. Larger ones are not kept. */
#include <string.h>

#include "gatt/client_priv.h"

#define RECORDS      WOAD_STORE_CACHE_RECORDS
#define RECORD_ATTRS (WOAD_STORE_VALUE_MAX / sizeof(struct woad_gattc_attr))
#define RECORD_LONGS (WOAD_STORE_VALUE_MAX / 16)
#define FIRST_ATTRS  2 /* record of the first attributes */

/* Kept by the machine that wrote it: the mark tells the order of octets and the layout. */
struct kept {
    uint16_t mark;
    uint16_t attr_count, long_count;
    uint16_t has_hash;
    uint8_t hash[16];
};
#define KEPT_MARK 0xdb01

static const struct woad_store *store_of(const struct woad_gattc_db *db, int *bond)
{
    const struct gattc_link *l = db->link;
    const struct woad_host *h = l->link->h;
    *bond = h->security ? h->security->bond(l->link) : -1;
    return *bond >= 0 && *bond < WOAD_STORE_CACHE_BONDS ? woad_gattc_of(h)->cfg.store : NULL;
}

/* The part of the database that a record holds; its length is 0 when there is none. */
static void *part_of(const struct woad_gattc_db *db, const struct kept *kept, size_t record,
                     uint16_t *len)
{
    size_t attrs = (record - FIRST_ATTRS) * RECORD_ATTRS;
    if (record < FIRST_ATTRS) {
        *len = (uint16_t)(kept->long_count * 16u);
        return (uint8_t *)db->mem + db->size - *len;
    }
    size_t left = attrs < kept->attr_count ? kept->attr_count - attrs : 0;
    size_t here = left < RECORD_ATTRS ? left : RECORD_ATTRS;
    *len = (uint16_t)(here * sizeof(struct woad_gattc_attr));
    return here ? (struct woad_gattc_attr *)db->mem + attrs : NULL;
}

static bool keepable(const struct kept *kept)
{
    return kept->long_count <= RECORD_LONGS &&
           kept->attr_count <= (RECORDS - FIRST_ATTRS) * RECORD_ATTRS;
}

bool woad_gattc_db_save(const struct woad_gattc_db *db)
{
    int bond;
    const struct woad_store *store = store_of(db, &bond);
    struct kept kept = {KEPT_MARK, db->attr_count, db->long_count, db->has_hash, {0}};
    struct woad_store_item items[RECORDS];
    if (!store)
        return false;
    bool fits = keepable(&kept); /* if not, what was kept is no longer true */
    memcpy(kept.hash, db->hash, sizeof(kept.hash));
    for (size_t i = 0; i < RECORDS; i++) {
        items[i] = (struct woad_store_item){.key = WOAD_STORE_CACHE_KEY(bond, i)};
        if (fits && i > 0)
            items[i].data = part_of(db, &kept, i, &items[i].len);
        if (!items[i].len)
            items[i].data = NULL;
    }
    if (fits) {
        items[0].data = &kept;
        items[0].len = sizeof(kept);
    }
    return !woad_store_write(store, items, RECORDS); /* without it we discover again */
}

/* What comes from the store is checked like what comes from a server. */
static bool sound(const struct woad_gattc_db *db)
{
    uint16_t last = 0;
    for (uint16_t i = 0; i < db->attr_count; i++) {
        const struct woad_gattc_attr *attr = &db->attrs[i];
        uint8_t kind = attr->kind & 0x7f;
        if (attr->handle <= last || kind < WOAD_GATTC_ATTR_SERVICE ||
            kind > WOAD_GATTC_ATTR_DESCRIPTOR ||
            ((attr->kind & 0x80) && attr->uuid >= db->long_count))
            return false;
        last = attr->handle;
    }
    return true;
}

void woad_gattc_db_load(struct woad_gattc_db *db)
{
    int bond;
    struct kept kept;
    const struct woad_store *store = store_of(db, &bond);
    db->attr_count = db->long_count = 0;
    db->has_hash = false;
    if (!store ||
        woad_store_get(store, WOAD_STORE_CACHE_KEY(bond, 0), &kept, sizeof(kept)) != sizeof(kept) ||
        kept.mark != KEPT_MARK || !keepable(&kept) ||
        kept.attr_count * sizeof(struct woad_gattc_attr) + kept.long_count * 16u > db->size)
        return;
    for (size_t i = 1; i < RECORDS; i++) {
        uint16_t len;
        void *to = part_of(db, &kept, i, &len);
        if (len && woad_store_get(store, WOAD_STORE_CACHE_KEY(bond, i), to, len) != len)
            return;
    }
    db->attr_count = kept.attr_count;
    db->long_count = kept.long_count;
    db->has_hash = kept.has_hash != 0;
    memcpy(db->hash, kept.hash, sizeof(db->hash));
    db->valid = sound(db);
    if (!db->valid)
        db->attr_count = db->long_count = 0;
}
