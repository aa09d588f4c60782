/* What the server knows of each client: subscriptions, whether it knows the present database, and
 * what of that outlives the link [Vol 3, Part G, 2.5.2, 3.3.3.3].
 *
 * A bonded client has two records in the store, written together: its subscriptions, and its
 * features with the hash of the last database that it knew. A client that comes back and whose hash
 * is not the present one is told what has changed since it left, when it is among the last that
 * left and the server has not been restarted, else that everything may have: so neither a change
 * while it is away nor a new program in flash needs to touch the store. */
#include <string.h>

#include "gatt/gatts_priv.h"

#define CLIENT_RECORD 17 /* features, hash (zeros: it knows none) */

/* ---- subscriptions --------------------------------------------------------------------------- */

uint16_t woad_gatts_cccd_of(const struct woad_gatt_service *service, uint16_t handle)
{
    for (uint32_t i = (uint32_t)(handle - service->start) + 1; i < service->count; i++) {
        if (service->attrs[i].kind == WOAD_GATT_KIND_CCCD)
            return (uint16_t)(service->start + i);
        if (service->attrs[i].kind == WOAD_GATT_KIND_CHARACTERISTIC)
            break;
    }
    return 0;
}

/* The place of the declaration that a descriptor belongs to; 0: none. */
static uint16_t declaration_of(const struct woad_gatt_service *service, uint16_t handle)
{
    uint16_t i = (uint16_t)(handle - service->start);
    while (i > 0 && service->attrs[i].kind != WOAD_GATT_KIND_CHARACTERISTIC)
        i--;
    return i;
}

static struct gatts_cccd *find_cccd(const struct gatts_client *c, uint16_t handle)
{
    uint16_t count = woad_gatts_of(c->link->h)->cfg.cccds;
    for (uint16_t i = 0; i < count; i++)
        if (c->cccds[i].handle == handle)
            return &c->cccds[i];
    return NULL;
}

uint8_t woad_gatts_cccd_get(const struct gatts_client *c, uint16_t cccd)
{
    const struct gatts_cccd *entry = cccd ? find_cccd(c, cccd) : NULL;
    return entry ? entry->value : 0;
}

/* What the characteristic's properties let a client ask for. */
static uint8_t allowed(const struct woad_gatt_service *service, uint16_t cccd)
{
    uint8_t properties = service->attrs[declaration_of(service, cccd)].access;
    return (uint8_t)((properties & WOAD_GATT_NOTIFY ? 1 : 0) |
                     (properties & WOAD_GATT_INDICATE ? 2 : 0));
}

static void tell_subscribed(struct gatts_client *c, struct woad_gatt_service *service,
                            uint16_t cccd, uint8_t value, bool restored)
{
    uint16_t place = (uint16_t)(declaration_of(service, cccd) + 1);
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_SUBSCRIBED, c->link, (uint16_t)(service->start + place),
                         &service->attrs[place]);
    evt.u.subscribed.notify = value & 1;
    evt.u.subscribed.indicate = value & 2;
    evt.u.subscribed.restored = restored;
    woad_gatts_tell(c->link->h, service, &evt);
}

static int put(struct gatts_client *c, struct woad_gatt_service *service, uint16_t cccd,
               uint8_t value, bool restored)
{
    struct gatts_cccd *entry = find_cccd(c, cccd);
    if ((entry ? entry->value : 0) == value)
        return 0;
    if (!entry)
        entry = find_cccd(c, 0);
    if (!entry)
        return WOAD_ATT_ERR_INSUFFICIENT_RESOURCES;
    *entry = (struct gatts_cccd){value ? cccd : 0, value};
    if (!restored)
        woad_gatts_client_save(c);
    tell_subscribed(c, service, cccd, value, restored);
    return 0;
}

int woad_gatts_cccd_set(struct gatts_client *c, struct woad_gatt_service *service, uint16_t cccd,
                        uint16_t value)
{
    if (value & ~(unsigned)allowed(service, cccd))
        return WOAD_ATT_ERR_VALUE_NOT_ALLOWED;
    return put(c, service, cccd, (uint8_t)value, false);
}

void woad_gatts_subscriptions_end(struct gatts *g, const struct woad_gatt_service *service)
{
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++) {
        bool changed = false;
        for (uint16_t n = 0; c->link && n < g->cfg.cccds; n++) {
            uint16_t handle = c->cccds[n].handle;
            if (handle < service->start || handle - service->start >= service->span)
                continue;
            c->cccds[n].handle = 0;
            changed = true;
        }
        if (changed)
            woad_gatts_client_save(c);
    }
}

/* ---- what outlives the link ------------------------------------------------------------------ */

/* The place from which the client of this bond left; NULL: not known. */
static struct gatts_client *find_away(struct gatts *g, int16_t bond)
{
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++)
        if (c->away == bond)
            return c;
    return NULL;
}

static void forget_away(struct gatts *g, int16_t bond)
{
    struct gatts_client *place = find_away(g, bond);
    if (place)
        place->away = -1;
}

void woad_gatts_client_save(struct gatts_client *c)
{
    struct woad_host *h = c->link->h;
    c->dirty = c->bond >= 0 && woad_gatts_of(h)->cfg.store;
    if (c->dirty)
        woad_host_part_due(h, HOST_PART_GATTS);
}

static uint32_t client_key(const struct gatts_client *c)
{
    return WOAD_STORE_KEY(WOAD_STORE_CLIENT, c->bond);
}

/* What the store has of a client: its record, or zeros. */
static bool read_client(const struct gatts_client *c, uint8_t client[CLIENT_RECORD])
{
    const struct woad_store *store = woad_gatts_of(c->link->h)->cfg.store;
    memset(client, 0, CLIENT_RECORD);
    return woad_store_get(store, client_key(c), client, CLIENT_RECORD) == CLIENT_RECORD;
}

static void write_records(struct gatts *g, struct gatts_client *c)
{
    uint8_t cccds[GATTS_CCCDS_SAVED * GATTS_CCCD_RECORD], client[CLIENT_RECORD] = {0};
    uint8_t *p = cccds;
    c->dirty = false;
    if (g->host->security->bond(c->link) != c->bond) { /* removed: its number may be another's */
        c->bond = -1;
        return;
    }
    for (uint16_t i = 0; i < g->cfg.cccds; i++) {
        if (!c->cccds[i].handle)
            continue;
        woad_put_u16(p, c->cccds[i].handle);
        p[2] = c->cccds[i].value;
        p += GATTS_CCCD_RECORD;
    }
    if (c->restored) /* what it knew is still to be compared */
        (void)read_client(c, client);
    else if (c->aware && g->hash_valid)
        memcpy(client + 1, g->hash, 16);
    client[0] = c->features;
    const struct woad_store_item items[] = {
        {WOAD_STORE_KEY(WOAD_STORE_CCCD, c->bond), p > cccds ? cccds : NULL, (uint16_t)(p - cccds)},
        {client_key(c), client, sizeof(client)},
    };
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_NOT_SAVED, c->link, 0, NULL);
    evt.u.not_saved.err = woad_store_write(g->cfg.store, items, 2);
    if (evt.u.not_saved.err)
        woad_gatts_call(g->host, g->cfg.event, g->cfg.arg, &evt);
}

static void restore_cccd(struct gatts_client *c, const uint8_t *record)
{
    struct gatts *g = woad_gatts_of(c->link->h);
    uint16_t handle = woad_get_u16(record);
    struct woad_gatt_service *service;
    const struct woad_gatt_attr *attr = woad_gatt_db_find(&g->db, handle, &service);
    if (attr && attr->kind == WOAD_GATT_KIND_CCCD && !find_cccd(c, handle))
        (void)put(c, service, handle, record[2] & allowed(service, handle), true);
}

static void restore(struct gatts_client *c)
{
    struct gatts *g = woad_gatts_of(c->link->h);
    uint8_t cccds[GATTS_CCCDS_SAVED * GATTS_CCCD_RECORD], client[CLIENT_RECORD];
    if (!read_client(c, client)) {
        forget_away(g, c->bond);
        woad_gatts_client_save(c); /* a new bond begins with what this link has */
        return;
    }
    uint32_t key = WOAD_STORE_KEY(WOAD_STORE_CCCD, c->bond);
    long len = woad_store_get(g->cfg.store, key, cccds, sizeof(cccds));
    c->features |= client[0];
    c->restored = true;
    c->aware = false;
    woad_host_part_due(g->host, HOST_PART_GATTS);
    for (long at = 0; at + GATTS_CCCD_RECORD <= len && c->link; at += GATTS_CCCD_RECORD)
        restore_cccd(c, cccds + at);
}

/* Does a client that came back know the present database? */
static void compare(struct gatts *g, struct gatts_client *c)
{
    const struct gatts_client *place = find_away(g, c->bond);
    uint8_t client[CLIENT_RECORD];
    c->restored = false;
    c->changed_start = 1;
    c->changed_end = 0xffff;
    if (read_client(c, client) && g->hash_valid && memcmp(client + 1, g->hash, 16) == 0) {
        c->changed_start = c->changed_end = 0;
        woad_gatts_client_aware(c);
    } else if (place && place->away_start) {
        c->changed_start = place->away_start;
        c->changed_end = place->away_end;
    }
}

void woad_gatts_client_service(struct gatts *g, struct gatts_client *c)
{
    if (!c->restored && !c->dirty)
        return;
    if ((c->restored || c->aware) && !g->hash_failed && !woad_gatts_hash(g))
        return;
    if (c->restored)
        compare(g, c);
    if (c->dirty)
        write_records(g, c);
}

/* What a peer is given as that of a bond waits until it has proved by its key that it is that. */
void woad_gatts_client_security(struct host_link *link, uint8_t status)
{
    struct gatts_client *c = woad_gatts_client(link);
    const struct host_security_ops *security = link->h->security;
    if (status || !c->link || !link->encrypted || !security)
        return;
    int bond = security->bond(link);
    if (c->changed_start) /* which may have waited for this */
        woad_host_part_due(link->h, HOST_PART_GATTS);
    if (bond < 0 || bond == c->bond)
        return;
    c->bond = (int16_t)bond;
    if (woad_gatts_of(link->h)->cfg.store)
        restore(c);
}

/* ---- the link -------------------------------------------------------------------------------- */

void woad_gatts_client_up(struct host_link *link)
{
    struct gatts *g = woad_gatts_of(link->h);
    struct gatts_client *c = woad_gatts_client(link);
    memset(c, 0, offsetof(struct gatts_client, away));
    c->link = link;
    c->aware = true;
    c->bond = -1;
    memset(c->cccds, 0, g->cfg.cccds * sizeof(*c->cccds));
}

/* By handle, so that services may come and go inside; each is told once. */
static void tell_ended(struct woad_host *h, const struct woad_gatts_evt *evt)
{
    const struct gatts *g = woad_gatts_of(h);
    struct woad_gatt_service *s;
    for (uint32_t at = 1; at <= 0xffff && (s = woad_gatt_db_service(&g->db, (uint16_t)at));) {
        at = (uint32_t)s->start + s->span;
        woad_gatts_tell(h, s, evt);
    }
}

void woad_gatts_client_down(struct gatts_client *c)
{
    struct woad_host *h = c->link->h;
    struct woad_gatts_evt evt;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_ENDED, c->link, 0, NULL);
    if (c->dirty)
        write_records(woad_gatts_of(h), c);
    if (c->bond >= 0 && c->aware) {
        forget_away(woad_gatts_of(h), c->bond);
        c->away = c->bond;
        c->away_start = c->away_end = 0;
    }
    c->link = NULL;
    tell_ended(h, &evt);
    if (woad_gatts_of(h)->want_writable) /* who waits for this client waits no longer */
        woad_att_want(h);
}

/* ---- who knows the database ------------------------------------------------------------------ */

bool woad_gatts_unaware(const struct gatts_client *c)
{
    return !c->aware && (c->features & GATTS_FEATURE_ROBUST) &&
           woad_gatts_of(c->link->h)->cfg.caching;
}

void woad_gatts_client_aware(struct gatts_client *c)
{
    struct woad_host *h = c->link->h;
    c->aware = true;
    c->told = false;
    woad_gatts_client_save(c);
    if (woad_gatts_of(h)->want_writable)
        woad_att_want(h);
}
