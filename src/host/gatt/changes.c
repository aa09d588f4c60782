/* Changes of the database: what the application does, Service Changed [Vol 3, Part G, 7.1]. */
#include <string.h>

#include "gatt/gatts_priv.h"

/* ---- Service Changed ------------------------------------------------------------------------- */

static void widen(uint16_t *start, uint16_t *end, uint16_t from, uint16_t to)
{
    if (!*start || from < *start)
        *start = from;
    if (to > *end)
        *end = to;
}

/* Without caching the number of changes is a part of what stands for the hash: enough to see that
 * the database is not what a client that was away knew. */
static void forget_hash(struct gatts *g)
{
    if (g->cfg.caching)
        g->cfg.caching->changed(g);
    else
        g->hash[GATTS_HASH_CHANGES]++;
}

static void commit(struct gatts *g)
{
    if (g->depth || !g->changed_start)
        return;
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++) {
        widen(&c->away_start, &c->away_end, g->changed_start, g->changed_end);
        if (!c->link)
            continue;
        widen(&c->changed_start, &c->changed_end, g->changed_start, g->changed_end);
        c->aware = c->told = false;
        woad_host_part_due(g->host, HOST_PART_GATTS);
    }
    g->changed_start = g->changed_end = 0;
}

void woad_gatts_changed(struct woad_host *h, uint16_t start, uint16_t end)
{
    struct gatts *g = woad_gatts_of(h);
    forget_hash(g);
    widen(&g->changed_start, &g->changed_end, start, end);
    commit(g);
}

/* The indication of handle to link is under way. */
static bool indicating(const struct gatts *g, const struct host_link *link, uint16_t handle)
{
    for (const struct gatts_op *op = g->ops; op < g->ops_end; op++)
        if (op->bearer && op->bearer->link == link && op->indicating == handle)
            return true;
    return false;
}

/* On the first bearer that has no indication under way; else when one has none. */
static void send_changed(const struct gatts *g, struct gatts_client *c, uint16_t handle)
{
    struct gatts_op *op = g->ops;
    while (op < g->ops_end && (!woad_gatts_usable(op, c->link) || op->bearer->indication))
        op++;
    if (op == g->ops_end) /* its end comes back here */
        return;
    struct woad_buf *buf = woad_att_alloc_reserved(op->bearer);
    if (!buf) {
        woad_att_want(g->host); /* and so does woad_gatts_tell_writable() */
        return;
    }
    uint8_t *p = woad_buf_put(buf, 7);
    p[0] = WOAD_ATT_HANDLE_VALUE_IND;
    woad_put_u16(p + 1, handle);
    woad_put_u16(p + 3, c->changed_start);
    woad_put_u16(p + 5, c->changed_end);
    c->changed_start = c->changed_end = 0;
    woad_gatts_indicating_begin(op, handle);
    /* On error the link ends, and what the store has says so. */
    (void)!woad_att_send(op->bearer, buf);
}

/* One that has a bond takes nothing over a link that it has not seen encrypted, and confirms all
 * the same, as it must [Vol 3, Part F, 3.4.7.2]. */
static bool deaf(const struct host_link *link, bool in_clear)
{
    const struct host_security_ops *security = link->h->security;
    return in_clear && security && security->bond(link) >= 0;
}

void woad_gatts_indicating_begin(struct gatts_op *op, uint16_t handle)
{
    op->indicating = handle;
    op->in_clear = !op->bearer->link->encrypted;
}

void woad_gatts_changes_send(struct gatts *g, struct gatts_client *c)
{
    uint16_t handle = woad_gatts_changed_handle(g);
    if (!c->changed_start || c->restored || indicating(g, c->link, handle) ||
        deaf(c->link, !c->link->encrypted))
        return;
    if (woad_gatts_cccd_get(c, (uint16_t)(handle + 1)) & 2)
        send_changed(g, c, handle);
    else
        c->changed_start = c->changed_end = 0; /* it does not want to know */
}

void woad_gatts_indicated(struct gatts_op *op, int err)
{
    struct gatts_client *c = woad_gatts_client(op->bearer->link);
    struct woad_host *h = c->link->h;
    struct gatts *g = woad_gatts_of(h);
    uint16_t handle = op->indicating;
    op->indicating = 0;
    if (!err && deaf(c->link, op->in_clear))
        err = WOAD_ERR_SECURITY;
    if (handle && handle == woad_gatts_changed_handle(g)) {
        if (err == WOAD_ERR_SECURITY) {
            c->changed_start = 1;
            c->changed_end = 0xffff;
        } else if (!err && !c->changed_start)
            woad_gatts_client_aware(c);
    } else if (handle) {
        struct woad_gatt_service *service;
        struct woad_gatts_evt evt;
        const struct woad_gatt_attr *attr = woad_gatt_db_find(&g->db, handle, &service);
        woad_gatts_evt_begin(&evt, WOAD_GATTS_CONFIRMED, c->link, handle, attr);
        evt.u.confirmed.err = err;
        if (attr)
            woad_gatts_tell(h, service, &evt);
    }
    if (c->changed_start)
        woad_host_part_due(h, HOST_PART_GATTS);
}

/* ---- the application's changes --------------------------------------------------------------- */

static bool has(const struct woad_gatt_service *service, uint16_t handle)
{
    return handle >= service->start && handle - service->start < service->span;
}

/* The server's own are not the application's to change. */
static int check_attached(const struct gatts *g, const struct woad_gatt_service *service)
{
    if (!service || service == &g->gap || service == &g->gatt)
        return WOAD_ERR_INVALID;
    return service->attached && woad_gatt_db_service(&g->db, service->start) == service
               ? 0
               : WOAD_ERR_NOT_FOUND;
}

/* Indications of values that are going end. */
static void end_indications(struct gatts *g, const struct woad_gatt_service *service)
{
    for (struct gatts_op *op = g->ops; op < g->ops_end; op++) {
        if (!op->bearer || !op->indicating || !has(service, op->indicating))
            continue;
        op->gone = service->event ? op->indicating : 0;
        op->gone_event = service->event;
        op->gone_arg = service->arg;
        op->indicating = 0;
        woad_host_part_due(g->host, HOST_PART_GATTS);
    }
}

/* Questions about handles that are going have their answer. */
static void end_questions(struct gatts *g, const struct woad_gatt_service *service)
{
    for (struct gatts_op *op = g->ops; op < g->ops_end; op++) {
        if (!op->waits || !has(service, op->handle))
            continue;
        op->answered = true;
        op->error = WOAD_ATT_ERR_INVALID_HANDLE;
        if (op->asking)
            continue;
        op->waits = false;
        woad_host_part_due(g->host, HOST_PART_GATTS);
    }
}

int woad_gatts_add(struct woad_host *h, struct woad_gatt_service *service)
{
    woad_host_enter(h);
    struct gatts *g = woad_gatts_of(h);
    if (!g || !service)
        return g ? WOAD_ERR_INVALID : WOAD_ERR_STATE;
    int err = woad_gatt_db_add(&g->db, service);
    if (!err)
        woad_gatts_changed(h, service->start, woad_gatt_service_end(service));
    return err;
}

int woad_gatts_remove(struct woad_host *h, struct woad_gatt_service *service)
{
    woad_host_enter(h);
    struct gatts *g = woad_gatts_of(h);
    int err = g ? check_attached(g, service) : WOAD_ERR_STATE;
    if (err)
        return err;
    end_questions(g, service);
    end_indications(g, service);
    if (g->cfg.prepared)
        g->cfg.prepared->end(g, service);
    woad_gatt_db_remove(&g->db, service);
    woad_gatts_changed(h, service->start, woad_gatt_service_end(service));
    woad_gatts_subscriptions_end(g, service);
    return 0;
}

int woad_gatts_replace(struct woad_host *h, struct woad_gatt_service *service,
                       const struct woad_gatt_attr *attrs, uint16_t count)
{
    woad_host_enter(h);
    struct gatts *g = woad_gatts_of(h);
    int err = g ? check_attached(g, service) : WOAD_ERR_STATE;
    if (err)
        return err;
    uint16_t before = woad_gatt_service_end(service);
    err = woad_gatt_db_replace(&g->db, service, attrs, count);
    if (err)
        return err;
    uint16_t after = woad_gatt_service_end(service);
    end_questions(g, service);
    if (g->cfg.prepared)
        g->cfg.prepared->end(g, service);
    woad_gatts_changed(h, service->start, before > after ? before : after);
    return 0;
}

void woad_gatts_begin(struct woad_host *h)
{
    struct gatts *g = woad_gatts_of(h);
    if (g)
        g->depth++;
}

void woad_gatts_commit(struct woad_host *h)
{
    struct gatts *g = woad_gatts_of(h);
    if (!g || !g->depth)
        return;
    g->depth--;
    forget_hash(g); /* tables in memory may have changed */
    commit(g);
}

struct woad_gatt_service *woad_gatts_service(struct woad_host *h, uint16_t handle)
{
    const struct gatts *g = woad_gatts_of(h);
    struct woad_gatt_service *s = g ? woad_gatt_db_service(&g->db, handle) : NULL;
    return s && handle >= s->start && handle <= woad_gatt_service_end(s) ? s : NULL;
}
