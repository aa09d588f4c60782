/* host_swarm_server.h: the servers of a swarm and their model: which attributes there are, what
 * their values are and were, who subscribed. */
#ifndef HOST_SWARM_SERVER_H
#define HOST_SWARM_SERVER_H

#include "host_swarm_world.h"

static void hs_service_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt);

/* ---- values ---------------------------------------------------------------------------------- */

static inline void hs_value_note(struct hs_value *v)
{
    v->seq++;
    v->was[v->seq % HS_OLD].len = v->now.len;
    memcpy(v->was[v->seq % HS_OLD].data, v->mem, v->now.len);
}

static inline void hs_value_set(struct hs_dev *d, struct hs_value *v, uint16_t len)
{
    v->now.len = len;
    hs_fill(v->mem, len, hs_new_write(d->s, d, v, true));
    hs_value_note(v);
}

static inline void hs_value_init(struct hs_dev *d, struct hs_value *v, uint16_t capacity)
{
    v->now = (struct woad_gatt_value){v->mem, 0, capacity};
    hs_value_set(d, v, (uint16_t)hs_range(d->s, 4, capacity));
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct woad_uuid hs_types[] = {
    WOAD_UUID16(0xfd01), WOAD_UUID16(0xfd02), WOAD_UUID16(0xfd03), WOAD_UUID16(0xfd04),
    WOAD_UUID16(0xfd05), WOAD_UUID16(0xfd06), WOAD_UUID16(0xfd07), WOAD_UUID16(0xfd08)};

/* The service that stays. */
enum { HS_V_SHORT, HS_V_LONG, HS_V_DYNAMIC, HS_V_NOTIFY, HS_V_BOTH, HS_V_ENCRYPTED, HS_V_SECRET };
#define HS_COMMAND (WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP)
static const struct hs_plan {
    uint16_t capacity;
    uint8_t properties, read, write;
    bool cccd;
} hs_plan[] = {
    [HS_V_SHORT] = {18, HS_COMMAND | WOAD_GATT_SIGNED_WRITE, 1, 1, false},
    [HS_V_LONG] = {HS_VALUE, HS_COMMAND, 1, 1, false},
    [HS_V_DYNAMIC] = {18, HS_COMMAND, 1, 1, false},
    [HS_V_NOTIFY] = {18, WOAD_GATT_READ | WOAD_GATT_NOTIFY, 1, 0, true},
    [HS_V_BOTH] = {30, WOAD_GATT_READ | WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE, 1, 0, true},
    [HS_V_ENCRYPTED] = {18, HS_COMMAND, 2, 2, false},
    [HS_V_SECRET] = {18, WOAD_GATT_READ | WOAD_GATT_NOTIFY, 2, 0, true},
};
#define HS_PLANNED (sizeof(hs_plan) / sizeof(hs_plan[0]))

static inline void hs_build_fixed(struct hs_dev *d)
{
    struct hs_service *v = &d->services[0];
    struct woad_gatt_attr *a = v->attrs[0];
    v->uuid = (struct woad_uuid)WOAD_UUID16(0xfd00);
    *a++ = (struct woad_gatt_attr)WOAD_GATT_SERVICE(&v->uuid);
    for (unsigned i = 0; i < HS_PLANNED; i++) {
        const struct hs_plan *p = &hs_plan[i];
        hs_value_init(d, &v->values[i], p->capacity);
        *a++ = (struct woad_gatt_attr)WOAD_GATT_CHARACTERISTIC(p->properties);
        if (i == HS_V_DYNAMIC)
            *a++ = (struct woad_gatt_attr)WOAD_GATT_DYNAMIC(&hs_types[i], &v->values[i],
                                                            p->capacity, p->read, p->write);
        else
            *a++ = (struct woad_gatt_attr)WOAD_GATT_VALUE(&hs_types[i], &v->values[i].now, p->read,
                                                          p->write);
        if (p->cccd)
            *a++ = (struct woad_gatt_attr)WOAD_GATT_CCCD(p->read);
    }
    v->s = (struct woad_gatt_service){.attrs = v->attrs[0],
                                      .count = (uint16_t)(a - v->attrs[0]),
                                      .event = hs_service_event,
                                      .arg = v};
}

/* One that comes and goes: other UUIDs each time, so that an old view of it shows. */
static inline uint16_t hs_build_table(struct hs_dev *d, struct hs_service *v,
                                      struct woad_gatt_attr *a, bool include)
{
    static const struct woad_uuid long_uuid =
        WOAD_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    const struct woad_gatt_attr *first = a;
    uint16_t number = (uint16_t)(0x4000 + d->version * 8 % 0x4000);
    *a++ = (struct woad_gatt_attr)WOAD_GATT_SERVICE(&v->uuid);
    if (include)
        *a++ = (struct woad_gatt_attr)WOAD_GATT_INCLUDE(&d->services[0].s);
    for (unsigned i = 0, n = hs_range(d->s, 1, 5); i < n; i++) {
        bool cccd = hs_chance(d->s, 4);
        v->types[i] = hs_chance(d->s, 4) ? long_uuid : woad_uuid16((uint16_t)(number + i));
        if (v->types[i].len == 16)
            woad_put_u16(v->types[i].val + 4, (uint16_t)(number + i));
        hs_value_init(d, &v->values[i], 20);
        *a++ = (struct woad_gatt_attr)WOAD_GATT_CHARACTERISTIC(
            (uint8_t)(cccd ? WOAD_GATT_READ | WOAD_GATT_NOTIFY : WOAD_GATT_READ));
        *a++ = (struct woad_gatt_attr)WOAD_GATT_VALUE(&v->types[i], &v->values[i].now, 1, 0);
        if (cccd)
            *a++ = (struct woad_gatt_attr)WOAD_GATT_CCCD(1);
        for (unsigned k = hs_chance(d->s, 5) ? 2 : 0; k > 0 && a - first < HS_ATTRS - 6; k--)
            *a++ = (struct woad_gatt_attr){NULL, NULL, 0, WOAD_GATT_KIND_HOLE, 0};
    }
    return (uint16_t)(a - first);
}

/* ---- the model of the database --------------------------------------------------------------- */

static inline struct hs_row hs_row_of(const struct hs_service *v, uint16_t i)
{
    const struct woad_gatt_attr *a = &v->table[i];
    struct hs_row row = {.handle = (uint16_t)(v->start + i)};
    switch (a->kind) {
    case WOAD_GATT_KIND_PRIMARY:
        row.kind = WOAD_GATTC_ATTR_SERVICE;
        row.uuid = v->uuid;
        row.end = (uint16_t)(v->start + v->count - 1);
        break;
    case WOAD_GATT_KIND_INCLUDE:
        row.kind = WOAD_GATTC_ATTR_INCLUDE;
        row.uuid = v->d->services[0].uuid;
        row.end = v->d->services[0].start;
        break;
    case WOAD_GATT_KIND_CHARACTERISTIC:
        row.kind = WOAD_GATTC_ATTR_CHARACTERISTIC;
        row.uuid = *a[1].type;
        row.end = (uint16_t)(row.handle + 1);
        row.properties = a->access;
        break;
    case WOAD_GATT_KIND_CCCD:
        row.kind = WOAD_GATTC_ATTR_DESCRIPTOR;
        row.uuid = woad_uuid16(0x2902);
        break;
    default: break; /* values are of their declarations */
    }
    return row;
}

/* The rows of d's own services in order of their handles. */
static inline unsigned hs_model(const struct hs_dev *d, struct hs_row rows[HS_ROWS])
{
    unsigned n = 0;
    uint32_t at = 0;
    for (;;) {
        const struct hs_service *next = NULL;
        for (unsigned i = 0; i < HS_SERVICES; i++)
            if (d->services[i].on && d->services[i].start > at &&
                (!next || d->services[i].start < next->start))
                next = &d->services[i];
        if (!next)
            return n;
        for (uint16_t i = 0; i < next->count && n < HS_ROWS; i++) {
            rows[n] = hs_row_of(next, i);
            n += rows[n].kind != 0;
        }
        at = next->start;
    }
}

static inline uint16_t hs_handle_of(const struct hs_service *v, const struct hs_value *value)
{
    for (uint16_t i = 0; v->on && i < v->count; i++)
        if (v->table[i].value == value || v->table[i].value == &value->now)
            return (uint16_t)(v->start + i);
    return 0;
}

static inline bool hs_has_cccd(const struct hs_service *v, uint16_t handle)
{
    uint32_t i = (uint32_t)(handle - v->start) + 1;
    return handle && i < v->count && v->table[i].kind == WOAD_GATT_KIND_CCCD;
}

/* ---- changes --------------------------------------------------------------------------------- */

static inline void hs_attached(struct hs_service *v)
{
    struct hs_dev *d = v->d;
    v->on = true;
    v->start = v->s.start;
    v->count = v->s.count;
    v->table = v->s.attrs;
    d->version++;
    for (unsigned i = 0; i < HS_SERVICES; i++) {
        const struct hs_service *o = &d->services[i];
        HS_CHECK(d->s,
                 o == v || !o->on || v->start + v->s.span <= o->start ||
                     o->start + o->s.span <= v->start,
                 "device %u: service %u placed over service %u", d->index,
                 (unsigned)(v - d->services), i);
    }
}

static inline void hs_forget_cccds(struct hs_dev *d, const struct hs_service *v, bool all)
{
    for (unsigned i = 0; i < HS_LINKS; i++)
        for (unsigned k = 0; k < HS_CCCDS; k++) {
            struct hs_cccd *c = &d->links[i].cccds[k];
            if (c->handle >= v->start && c->handle < v->start + v->s.span &&
                (all || !hs_has_cccd(v, c->handle)))
                c->handle = 0;
        }
    for (unsigned p = 0; p < HS_DEVS; p++)
        for (uint32_t handle = v->start; handle < (uint32_t)v->start + v->s.span; handle++)
            if (handle < 0x100 && (all || !hs_has_cccd(v, (uint16_t)handle)))
                d->asked_cccds[p][handle] = 0xff; /* either way */
}

static inline void hs_add_service(struct hs_dev *d, struct hs_service *v)
{
    unsigned number = (unsigned)(v - d->services);
    if (number) {
        v->uuid = woad_uuid16((uint16_t)(0xa000 + (d->version & 0xff) * 8 + number));
        v->s = (struct woad_gatt_service){
            .attrs = v->attrs[0], .span = HS_ATTRS, .event = hs_service_event, .arg = v};
        v->s.count = hs_build_table(d, v, v->attrs[0], hs_chance(d->s, 3));
        if (hs_chance(d->s, 3))
            v->s.span = 0;
    }
    int err = woad_gatts_add(d->host, &v->s);
    HS_TRACE(d->s, "%u: add service %u -> %d at %u, %u attributes", d->index, number, err,
             v->s.start, v->s.count);
    if (err == 0)
        hs_attached(v);
    else
        HS_CHECK(d->s, number && err == WOAD_ERR_NO_MEM, "device %u: add %d", d->index, err);
}

static inline void hs_change_service(struct hs_dev *d)
{
    struct hs_service *v = &d->services[hs_range(d->s, 1, HS_SERVICES - 1)];
    int err;
    d->s->changes++;
    if (!v->on) {
        hs_add_service(d, v);
    } else if (hs_chance(d->s, 2)) {
        err = woad_gatts_remove(d->host, &v->s);
        HS_TRACE(d->s, "%u: remove service %u -> %d", d->index, (unsigned)(v - d->services), err);
        HS_CHECK(d->s, err == 0, "device %u: remove %d", d->index, err);
        hs_forget_cccds(d, v, true);
        v->on = v->want_writable = false;
        d->version++;
    } else {
        struct woad_gatt_attr *table = v->attrs[v->s.attrs == v->attrs[0]];
        uint16_t count = hs_build_table(d, v, table, false);
        err = woad_gatts_replace(d->host, &v->s, table, count);
        HS_TRACE(d->s, "%u: replace service %u -> %d, %u attributes", d->index,
                 (unsigned)(v - d->services), err, count);
        HS_CHECK(d->s, err == (count > v->s.span ? WOAD_ERR_NO_MEM : 0), "device %u: replace %d",
                 d->index, err);
        /* The values are those of the new table already: when it was refused, of none. */
        if (err == 0) {
            v->table = table;
            v->count = count;
            hs_forget_cccds(d, v, false);
            d->version++;
        } else {
            HS_CHECK(d->s, woad_gatts_remove(d->host, &v->s) == 0, "remove");
            hs_forget_cccds(d, v, true);
            v->on = v->want_writable = false;
            d->version++;
        }
    }
    HS_CHECK(d->s, d->services[0].start == d->services[0].s.start, "the first service moved");
}

/* Several as one. */
static inline void hs_op_change(struct hs_dev *d)
{
    unsigned n = hs_chance(d->s, 3) ? hs_range(d->s, 2, 4) : 1;
    if (n > 1)
        woad_gatts_begin(d->host);
    for (unsigned i = 0; i < n; i++)
        hs_change_service(d);
    if (n > 1)
        woad_gatts_commit(d->host);
}

static inline void hs_op_value(struct hs_dev *d)
{
    static const uint8_t which[] = {HS_V_SHORT,  HS_V_LONG, HS_V_DYNAMIC,
                                    HS_V_NOTIFY, HS_V_BOTH, HS_V_ENCRYPTED};
    unsigned i = which[hs_below(d->s, sizeof(which))];
    hs_value_set(d, &d->services[0].values[i], (uint16_t)hs_range(d->s, 4, hs_plan[i].capacity));
}

/* ---- requests -------------------------------------------------------------------------------- */

/* A client's write has arrived, whole. */
static inline void hs_arrived(struct hs_dev *d, struct hs_link *l, struct hs_value *v,
                              const uint8_t *data, uint16_t len)
{
    struct swarm *s = d->s;
    uint32_t id;
    bool whole = hs_filled(data, len, &id);
    if (!whole || !id || id > s->write_count) {
        hs_fail(s, "device %u: a write of %u octets that nobody made", d->index, len);
        return;
    }
    struct hs_write *w = &s->writes[id];
    HS_CHECK(s, w->to == d && w->value == v && !w->local, "device %u: write %u went astray",
             d->index, id);
    HS_CHECK(s, w->applied == 0, "device %u: write %u applied twice", d->index, id);
    w->applied++;
    if (!w->command || !l)
        return;
    HS_CHECK(s, id > l->last_command, "device %u: command %u after %u", d->index, id,
             l->last_command);
    l->last_command = id;
}

static inline void hs_answer_read(struct hs_dev *d, woad_gatts_req req, const struct hs_value *v,
                                  uint16_t offset)
{
    bool inside = offset <= v->now.len;
    int err = woad_gatts_answer(d->host, req, inside ? 0 : WOAD_ATT_ERR_INVALID_OFFSET,
                                inside ? v->mem + offset : NULL,
                                inside ? (uint16_t)(v->now.len - offset) : 0);
    HS_CHECK(d->s, err == 0 || err == WOAD_ERR_NOT_FOUND, "device %u: answer %d", d->index, err);
}

/* Answered with 0: the value is the client's. */
static inline void hs_answer_write(struct hs_dev *d, const struct hs_owed *o)
{
    uint8_t error = hs_chance(d->s, 5) ? 0x80 : 0;
    int err = woad_gatts_answer(d->host, o->req, error, NULL, 0);
    HS_CHECK(d->s, err == 0 || err == WOAD_ERR_NOT_FOUND, "device %u: answer %d", d->index, err);
    if (err || error)
        return;
    o->value->now.len = o->len;
    memcpy(o->value->mem, o->data, o->len);
    hs_value_note(o->value);
    hs_arrived(d, NULL, o->value, o->data, o->len);
}

static inline void hs_answer(struct hs_dev *d, const struct hs_owed *o)
{
    if (o->write)
        hs_answer_write(d, o);
    else
        hs_answer_read(d, o->req, o->value, o->offset);
}

/* At once, or later. */
static inline void hs_ask(struct hs_dev *d, const struct hs_owed *o)
{
    struct hs_owed *later = NULL;
    for (unsigned i = 0; i < HS_LINKS; i++)
        if (!d->owed[i].used)
            later = &d->owed[i];
    if (!later || !hs_chance(d->s, 3)) {
        hs_answer(d, o);
        return;
    }
    *later = *o;
    later->used = true;
    later->at = woad_sim_now(d->s->sim) + WOAD_SIM_MS(hs_below(d->s, 1500));
}

static inline void hs_on_dynamic(struct hs_dev *d, struct hs_link *l,
                                 const struct woad_gatts_evt *evt)
{
    struct hs_owed o = {.value = &d->services[0].values[HS_V_DYNAMIC]};
    HS_CHECK(d->s, evt->handle == hs_handle_of(&d->services[0], o.value),
             "device %u: asked for handle %u", d->index, evt->handle);
    if (evt->type == WOAD_GATTS_READ) {
        o.req = evt->u.read.req;
        o.offset = evt->u.read.offset;
        hs_ask(d, &o);
        return;
    }
    o.write = true;
    o.req = evt->u.write.req;
    o.len = evt->u.write.len;
    HS_CHECK(d->s, o.len <= HS_VALUE && evt->u.write.offset == 0, "device %u: write %u at %u",
             d->index, o.len, evt->u.write.offset);
    memcpy(o.data, evt->u.write.data, o.len <= HS_VALUE ? o.len : 0);
    if (o.req) {
        hs_ask(d, &o);
        return;
    }
    o.value->now.len = o.len;
    memcpy(o.value->mem, o.data, o.len);
    hs_value_note(o.value);
    hs_arrived(d, l, o.value, o.data, o.len);
}

static inline struct hs_cccd *hs_cccd(struct hs_link *l, uint16_t handle)
{
    for (unsigned i = 0; i < HS_CCCDS; i++)
        if (l->cccds[i].handle == handle)
            return &l->cccds[i];
    return NULL;
}

static inline void hs_subscribed(struct hs_dev *d, struct hs_link *l,
                                 const struct woad_gatts_evt *evt)
{
    uint8_t bits = (uint8_t)(evt->u.subscribed.notify | evt->u.subscribed.indicate << 1);
    struct hs_cccd *c = hs_cccd(l, evt->handle);
    if (!c)
        c = hs_cccd(l, 0);
    if (!c || evt->handle >= 0x100) {
        hs_fail(d->s, "device %u: more subscriptions than there can be", d->index);
        return;
    }
    HS_TRACE(d->s, "%u: device %u asked for %u of handle %u%s", d->index, l->peer->index, bits,
             evt->handle, evt->u.subscribed.restored ? " on an earlier link" : "");
    uint8_t *asked = &d->asked_cccds[l->peer->index][evt->handle];
    if (evt->u.subscribed.restored)
        HS_CHECK(d->s, *asked == 0xff || *asked == bits || d->unsure[l->peer->index],
                 "device %u: restored %u of handle %u for device %u, it had asked for %u", d->index,
                 bits, evt->handle, l->peer->index, *asked);
    *asked = bits;
    *c = (struct hs_cccd){bits ? evt->handle : 0, bits, 0};
}

static inline void hs_service_switch(struct hs_service *v, struct hs_link *l,
                                     const struct woad_gatts_evt *evt)
{
    struct hs_dev *d = v->d;
    if (evt->type == WOAD_GATTS_SUBSCRIBED) {
        hs_subscribed(d, l, evt);
    } else if (evt->type == WOAD_GATTS_WRITTEN) {
        struct hs_value *value = (void *)(uintptr_t)evt->attr->value; /* first member: now */
        hs_value_note(value);
        hs_arrived(d, l, value, value->mem, value->now.len);
    } else if (evt->type == WOAD_GATTS_CONFIRMED) {
        HS_CHECK(d->s, l->indicating == evt->handle, "device %u: CONFIRMED of %u, not %u", d->index,
                 evt->handle, l->indicating);
        hs_end(d, &l->op[HS_INDICATE], false, "CONFIRMED");
        l->indicating = l->op[HS_INDICATE].n ? l->indicating : 0;
    } else if (evt->type != WOAD_GATTS_ENDED) {
        hs_on_dynamic(d, l, evt);
    }
}

static void hs_service_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct hs_service *v = arg;
    struct hs_dev *d = v->d;
    (void)h;
    HS_TRACE(d->s, "%u: server event %u conn %u handle %u", d->index, evt->type, evt->conn,
             evt->handle);
    hs_note(d, 100u + evt->type, evt->handle, 0);
    HS_CHECK(d->s, d->in_run && v->on, "device %u: event of a service that is not there", d->index);
    if (evt->type == WOAD_GATTS_WRITABLE) {
        HS_CHECK(d->s, v->want_writable, "device %u: WRITABLE, nobody was refused", d->index);
        v->want_writable = false;
        return;
    }
    struct hs_link *l = hs_link(d, evt->conn);
    if (!l)
        hs_fail(d->s, "device %u: server event %u of unknown link %u", d->index, evt->type,
                evt->conn);
    else
        hs_service_switch(v, l, evt);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* What is notified: whose, which and in what order. */
#define HS_NOTE 10
static inline void hs_note_fill(uint8_t to[HS_NOTE], const struct hs_link *l, uint16_t handle,
                                uint32_t seq)
{
    woad_put_u32(to, l->serial);
    woad_put_u16(to + 4, handle);
    woad_put_u32(to + 6, seq);
}

static inline void hs_refused(struct hs_service *v)
{
    if (!v->want_writable)
        v->refused_at = woad_sim_now(v->d->s->sim);
    v->want_writable = true;
}

/* The answer of a call that sends: 0 only to who subscribed. */
static inline bool hs_sent(struct hs_dev *d, struct hs_service *v, struct hs_cccd *c, int err,
                           uint8_t bit)
{
    HS_CHECK(d->s, err != 0 || (c && c->bits & bit), "device %u: sent to who did not subscribe",
             d->index);
    HS_CHECK(d->s,
             err == 0 || err == WOAD_ERR_AGAIN || err == WOAD_ERR_BUSY || err == WOAD_ERR_NO_MEM ||
                 err == WOAD_ERR_NOT_CONNECTED || err == WOAD_ERR_SECURITY ||
                 err == WOAD_ERR_STATE || err == WOAD_ERR_TOO_LONG ||
                 (err == WOAD_ERR_NOT_FOUND && !(c && c->bits & bit)),
             "device %u: send %d", d->index, err);
    if (err == WOAD_ERR_AGAIN)
        hs_refused(v);
    return err == 0;
}

static inline void hs_notify_one(struct hs_dev *d, struct hs_service *v, struct hs_link *l,
                                 uint16_t handle)
{
    struct hs_cccd *c = hs_cccd(l, handle);
    uint8_t text[HS_NOTE];
    int err;
    hs_note_fill(text, l, handle, c ? c->seq + 1 : 0);
    if (hs_chance(d->s, 2)) {
        err = woad_gatts_notify(d->host, l->handle, handle, text, sizeof(text));
    } else {
        struct woad_buf *buf = woad_gatts_notify_alloc(d->host, handle);
        if (!buf) {
            hs_refused(v);
            return;
        }
        memcpy(woad_buf_put(buf, sizeof(text)), text, sizeof(text));
        err = woad_gatts_notify_send(d->host, l->handle, buf);
    }
    if (hs_sent(d, v, c, err, 1))
        c->seq++;
}

static inline void hs_op_notify(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    struct hs_service *v = &d->services[hs_chance(d->s, 3) ? hs_below(d->s, HS_SERVICES) : 0];
    uint16_t handles[HS_ATTRS];
    unsigned n = 0;
    for (uint16_t i = 0; v->on && i < v->count; i++)
        if (v->table[i].kind == WOAD_GATT_KIND_CCCD)
            handles[n++] = (uint16_t)(v->start + i - 1);
    if (!l || !n)
        return;
    uint16_t handle = handles[hs_below(d->s, n)];
    for (unsigned k = hs_range(d->s, 1, 12); k > 0 && !v->want_writable; k--)
        hs_notify_one(d, v, l, handle);
}

static inline void hs_op_indicate(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    struct hs_service *v = &d->services[0];
    if (!l)
        return;
    uint16_t handle = hs_handle_of(v, &v->values[HS_V_BOTH]);
    struct hs_cccd *c = hs_cccd(l, handle);
    uint8_t text[HS_NOTE];
    hs_note_fill(text, l, handle, 0);
    int err = woad_gatts_indicate(d->host, l->handle, handle, text, sizeof(text));
    HS_TRACE(d->s, "%u: indicate on %u -> %d", d->index, l->handle, err);
    if (!hs_sent(d, v, c, err, 2))
        return;
    HS_CHECK(d->s, !l->indicating || l->rebuilt_at, "device %u: two indications at once", d->index);
    l->indicating = handle;
    hs_begin(d->s, &l->op[HS_INDICATE]);
}

/* ---- invariants ------------------------------------------------------------------------------ */

/* The model of subscriptions is the server's. */
static inline void hs_check_cccds(struct hs_dev *d)
{
    for (unsigned i = 0; i < HS_LINKS; i++) {
        struct hs_link *l = &d->links[i];
        const struct host_link *host = l->up ? woad_host_link_find(d->host, l->handle) : NULL;
        bool there = host && host->state == HOST_LINK_UP; /* else DISCONNECTED is due */
        for (unsigned n = 0; there && n < HS_SERVICES; n++) {
            const struct hs_service *v = &d->services[n];
            for (uint16_t k = 1; v->on && k < v->count; k++) {
                uint16_t handle = (uint16_t)(v->start + k - 1);
                if (v->table[k].kind != WOAD_GATT_KIND_CCCD)
                    continue;
                const struct hs_cccd *c = hs_cccd(l, handle);
                uint8_t is = woad_gatts_subscription(d->host, l->handle, handle);
                HS_CHECK(d->s, is == (c ? c->bits : 0),
                         "device %u: handle %u is subscribed as %u, should be %u", d->index, handle,
                         is, c ? c->bits : 0);
            }
        }
    }
}

#endif
