/* host_swarm_client.h: the clients of a swarm: operations, each completed once and with what the
 * model allows; subscriptions; views of the servers' databases. */
#ifndef HOST_SWARM_CLIENT_H
#define HOST_SWARM_CLIENT_H

#include "host_swarm_server.h"

static void hs_op_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);
static void hs_sub_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);
static void hs_random_op(struct hs_dev *d); /* host_swarm_test.c */

/* An event has come: now and then the application acts inside of it. */
static inline void hs_inside(struct hs_dev *d)
{
    HS_CHECK(d->s, d->in_run && !d->dark, "device %u: an event outside of run()", d->index);
    if (d->s->quiet || d->s->depth || !hs_chance(d->s, 10))
        return;
    d->s->depth++;
    hs_random_op(d);
    d->s->depth--;
}

/* ---- what an operation may find -------------------------------------------------------------- */

/* The server is what it was at the call. */
static inline bool hs_same_server(const struct hs_op *o)
{
    return o->boots == o->to->boots && o->version == o->to->version && !o->to->dark;
}

/* from, len octets at offset, are of the value as it was at some time since the call. */
static inline void hs_check_value(struct hs_op *o, unsigned i, const uint8_t *from, uint16_t len,
                                  uint16_t offset, bool cut)
{
    const struct hs_value *v = o->value[i];
    struct swarm *s = o->d->s;
    if (!hs_same_server(o) || v->seq - o->seq[i] >= HS_OLD)
        return;
    for (uint32_t seq = o->seq[i]; seq <= v->seq; seq++) {
        uint16_t all = v->was[seq % HS_OLD].len;
        if (offset + len <= all && (cut || offset + len == all) &&
            !memcmp(from, v->was[seq % HS_OLD].data + offset, len))
            return;
    }
    hs_fail(s, "device %u: read %u octets at %u of handle %u that it never had", o->d->index, len,
            offset, o->handles[i]);
}

static inline void hs_read_value(struct hs_op *o, const struct woad_gattc_evt *evt)
{
    uint16_t len = evt->u.value.len;
    if (o->kind == HS_READ || o->kind == HS_READ_UUID) {
        HS_CHECK(o->d->s, !o->got++, "device %u: two values for one read", o->d->index);
        hs_check_value(o, 0, evt->u.value.data, len, 0, evt->u.value.cut);
    } else if (o->kind == HS_READ_LONG) {
        bool fits = evt->u.value.offset == o->got && o->got + len <= HS_VALUE;
        HS_CHECK(o->d->s, fits || !hs_same_server(o), "device %u: a part of %u at %u, had %u",
                 o->d->index, len, evt->u.value.offset, o->got);
        if (fits) {
            memcpy(o->whole + o->got, evt->u.value.data, len);
            o->got = (uint16_t)(o->got + len);
        }
    } else if (o->got < o->count && evt->u.value.handle == o->handles[o->got]) {
        hs_check_value(o, o->got, evt->u.value.data, len, 0, true);
        o->got++;
    } else {
        hs_fail(o->d->s, "device %u: value of handle %u, not asked for", o->d->index,
                evt->u.value.handle);
    }
}

/* The next row of a kind behind the last one found. */
static inline void hs_found(struct hs_op *o, uint8_t kind, uint16_t handle, uint16_t end,
                            const struct woad_uuid *uuid)
{
    static struct hs_row rows[HS_ROWS];
    if (!hs_same_server(o) || handle < o->to->services[0].start)
        return;
    unsigned n = hs_model(o->to, rows), i = 0;
    while (i < n && (rows[i].kind != kind || rows[i].handle <= o->after))
        i++;
    HS_CHECK(o->d->s,
             i < n && rows[i].handle == handle && rows[i].end == end &&
                 woad_uuid_equal(&rows[i].uuid, uuid),
             "device %u: found %u..%u behind %u, should be %u..%u", o->d->index, handle, end,
             o->after, i < n ? rows[i].handle : 0, i < n ? rows[i].end : 0);
    o->after = handle;
    o->got++;
}

static inline void hs_check_found_all(struct hs_op *o)
{
    static struct hs_row rows[HS_ROWS];
    uint8_t kind =
        o->kind == HS_SERVICES_OF ? WOAD_GATTC_ATTR_SERVICE : WOAD_GATTC_ATTR_CHARACTERISTIC;
    unsigned n = hs_model(o->to, rows), want = 0;
    for (unsigned i = 0; i < n; i++)
        want += rows[i].kind == kind;
    HS_CHECK(o->d->s, o->got == want, "device %u: found %u of %u", o->d->index, o->got, want);
}

/* ---- completion ------------------------------------------------------------------------------ */

static inline bool hs_error_allowed(const struct hs_op *o, int err, uint8_t att)
{
    switch (err) {
    case 0: return true;
    case WOAD_ERR_NOT_CONNECTED:
    case WOAD_ERR_FAULT:
    case WOAD_ERR_RESET:
    case WOAD_ERR_SECURITY: return true;
    case WOAD_ERR_EOF:     /* the peer had not been answered, and closed the bearer */
    case WOAD_ERR_TIMEOUT: /* a peer that lives answers within 30 s */
        return o->d->s->hungry || o->d->hurt_until > o->since || o->to->hurt_until > o->since ||
               o->d->narrow || o->to->narrow;
    case WOAD_ERR_UNSUPPORTED: return o->kind == HS_WRITE_SIGNED;
    case WOAD_ERR_CANCELLED: return o->cancelled || o->d->op[HS_STOP].n;
    case WOAD_ERR_TOO_LONG: return o->kind == HS_WRITE_CMD || o->kind == HS_WRITE_SIGNED;
    case WOAD_ERR_FORMAT: return !hs_same_server(o); /* old and new in one discovery */
    case WOAD_ERR_REFUSED: break;
    default: return false;
    }
    if (att == WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC || !hs_same_server(o))
        return true;
    switch (o->kind) {
    case HS_WRITE_LONG:
    case HS_WRITE_RELIABLE: return att == WOAD_ATT_ERR_PREPARE_QUEUE_FULL || att == 0x80;
    case HS_WRITE: return att == 0x80 || att == WOAD_ATT_ERR_PREPARE_QUEUE_FULL;
    case HS_READ_LONG: /* became shorter while it was read */
        return att == WOAD_ATT_ERR_INVALID_OFFSET && o->seq[0] != o->value[0]->seq;
    case HS_READ_MULTIPLE: return false;
    default: return false;
    }
}

/* What a write has done at the server, by what its client was told. */
static inline void hs_check_writes(struct hs_op *o, int err, uint8_t att)
{
    struct swarm *s = o->d->s;
    for (unsigned i = 0; i < o->count && o->id[i]; i++) {
        unsigned applied = s->writes[o->id[i]].applied;
        if (o->kind == HS_WRITE_CMD || o->kind == HS_WRITE_SIGNED)
            continue;
        if (err == 0)
            HS_CHECK(s, applied == 1, "device %u: write %u is done, applied %u times", o->d->index,
                     o->id[i], applied);
        else if (err == WOAD_ERR_REFUSED && att)
            HS_CHECK(s, applied == 0, "device %u: write %u was refused (%02x) and applied",
                     o->d->index, o->id[i], att);
    }
}

static inline void hs_done(struct hs_op *o, const struct woad_gattc_evt *evt)
{
    struct hs_dev *d = o->d;
    int err = evt->u.done.err;
    uint8_t att = evt->u.done.att;
    HS_CHECK(d->s, o->busy, "device %u: DONE twice", d->index);
    HS_CHECK(d->s, hs_error_allowed(o, err, att), "device %u: operation %u: DONE %d, ATT %02x",
             d->index, o->kind, err, att);
    o->busy = false;
    d->s->done[o->kind] += err == 0;
    hs_check_writes(o, err, att);
    if (err == 0 && o->kind == HS_READ_LONG && o->value[0]->seq == o->seq[0])
        hs_check_value(o, 0, o->whole, o->got, 0, false);
    if (err == 0 && hs_same_server(o) &&
        (o->kind == HS_SERVICES_OF || o->kind == HS_CHARACTERISTICS_OF))
        hs_check_found_all(o);
    if (o->kind == HS_SUBSCRIBE) {
        o->sub->on = err == 0;
        o->sub->used = err == 0;
    } else if (o->kind == HS_UNSUBSCRIBE) {
        o->sub->used = false;
    }
}

static void hs_op_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct hs_op *o = arg;
    struct hs_dev *d = o->d;
    (void)h;
    HS_TRACE(d->s, "%u: client event %u of operation %u (kind %u): %d %02x", d->index, evt->type,
             (unsigned)(o - d->ops), o->kind, evt->type == WOAD_GATTC_DONE ? evt->u.done.err : 0,
             evt->type == WOAD_GATTC_DONE ? evt->u.done.att : 0);
    hs_note(d, 200u + evt->type, o->kind, evt->type == WOAD_GATTC_DONE ? evt->u.done.err : 0);
    HS_CHECK(d->s, o->busy && evt->op == &o->op && evt->conn == o->conn,
             "device %u: event %u of an operation that is not under way", d->index, evt->type);
    switch (evt->type) {
    case WOAD_GATTC_DONE: hs_done(o, evt); break;
    case WOAD_GATTC_VALUE: hs_read_value(o, evt); break;
    case WOAD_GATTC_SERVICE:
        hs_found(o, WOAD_GATTC_ATTR_SERVICE, evt->u.service.start, evt->u.service.end,
                 &evt->u.service.uuid);
        break;
    case WOAD_GATTC_CHARACTERISTIC:
        hs_found(o, WOAD_GATTC_ATTR_CHARACTERISTIC, evt->u.characteristic.handle,
                 evt->u.characteristic.value_handle, &evt->u.characteristic.uuid);
        break;
    default: hs_fail(d->s, "client event %u", evt->type);
    }
    hs_inside(d);
}

/* ---- subscriptions --------------------------------------------------------------------------- */

/* Has one of the two seen bearers come or go, not long before? */
static inline bool hs_rebuilt(struct hs_dev *d, const struct hs_link *l)
{
    const struct hs_link *other = hs_other_end(d, l);
    woad_sim_time at = l->rebuilt_at;
    if (other && other->rebuilt_at > at)
        at = other->rebuilt_at;
    return at && woad_sim_now(d->s->sim) < at + WOAD_SIM_S(30);
}

/* In order, without gaps, of this link and of this value. */
static inline void hs_noted(struct hs_sub *sub, struct hs_link *l, const struct woad_gattc_evt *evt)
{
    struct hs_dev *d = sub->d;
    const uint8_t *p = evt->u.value.data;
    if (evt->u.value.len != HS_NOTE) {
        hs_fail(d->s, "device %u: a value of %u octets", d->index, evt->u.value.len);
        return;
    }
    uint32_t serial = woad_get_u32(p), seq = woad_get_u32(p + 6);
    HS_CHECK(d->s,
             woad_get_u16(p + 4) == evt->u.value.handle &&
                 evt->u.value.handle == sub->sub.value_handle,
             "device %u: value of another handle", d->index);
    if (evt->u.value.indicated)
        return;
    HS_CHECK(d->s, !sub->begun || serial == sub->server_link, "device %u: a value of another link",
             d->index);
    bool rebuilt = hs_rebuilt(d, l);
    HS_CHECK(d->s, !sub->begun || l->distrusted || seq == sub->seq + 1 || seq == 1 || rebuilt,
             "device %u: notification %u of handle %u after %u", d->index, seq, evt->u.value.handle,
             sub->seq);
    HS_CHECK(d->s, !sub->begun || seq > sub->seq || seq == 1 || rebuilt,
             "device %u: an old notification", d->index);
    sub->begun = true;
    sub->server_link = serial;
    sub->seq = seq;
    d->s->values++;
}

static void hs_sub_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct hs_sub *sub = arg;
    struct hs_dev *d = sub->d;
    (void)h;
    hs_note(d, 300u + evt->type, evt->conn, 0);
    HS_CHECK(d->s, sub->used && evt->sub == &sub->sub && evt->conn == sub->conn,
             "device %u: event %u of a subscription that is not", d->index, evt->type);
    struct hs_link *l = hs_link(d, evt->conn);
    if (!l)
        hs_fail(d->s, "device %u: subscription of unknown link", d->index);
    else if (evt->type == WOAD_GATTC_ENDED)
        sub->used = sub->on = false;
    else
        hs_noted(sub, l, evt);
    hs_inside(d);
}

/* Values that nobody subscribed to. */
static void hs_any_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct hs_dev *d = arg;
    (void)h;
    HS_CHECK(d->s, evt->type == WOAD_GATTC_VALUE && hs_link(d, evt->conn),
             "device %u: client event %u", d->index, evt->type);
}

/* ---- views ----------------------------------------------------------------------------------- */

static inline void hs_check_view(struct hs_view *v)
{
    static struct hs_row rows[HS_ROWS];
    struct swarm *s = v->d->s;
    const struct woad_gattc_db *db = &v->db;
    unsigned n = hs_model(v->of, rows), k = 0;
    for (uint16_t i = 0; i < db->attr_count && !s->failed; i++) {
        const struct woad_gattc_attr *a = &db->attrs[i];
        struct woad_uuid uuid = woad_gattc_db_uuid(db, a);
        if (a->handle < v->of->services[0].start)
            continue;
        HS_CHECK(s,
                 k < n && rows[k].handle == a->handle && rows[k].end == a->end &&
                     rows[k].kind == (a->kind & 0x7f) && rows[k].properties == a->properties &&
                     woad_uuid_equal(&rows[k].uuid, &uuid),
                 "device %u sees kind %u at %u..%u of device %u, should be kind %u at %u..%u",
                 v->d->index, a->kind & 0x7f, a->handle, a->end, v->of->index,
                 k < n ? rows[k].kind : 0, k < n ? rows[k].handle : 0, k < n ? rows[k].end : 0);
        k++;
    }
    HS_CHECK(s, s->failed || k == n, "device %u sees %u of %u attributes of device %u", v->d->index,
             k, n, v->of->index);
}

static inline void hs_view_begins(struct hs_view *v)
{
    v->reading = true;
    v->version = v->of->version;
    v->boots = v->of->boots;
}

static inline bool hs_same_view(const struct hs_view *v)
{
    return v->boots == v->of->boots && v->version == v->of->version && !v->of->dark;
}

static void hs_view_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct hs_view *v = arg;
    struct hs_dev *d = v->d;
    int err = evt->type == WOAD_GATTC_DB_READY ? evt->u.done.err : 0;
    (void)h;
    HS_TRACE(d->s, "%u: view of %u: event %u, %d%s", d->index, v->of->index, evt->type, err,
             evt->type == WOAD_GATTC_DB_READY && evt->u.done.cached ? ", cached" : "");
    hs_note(d, 400u + evt->type, v->of->index, err);
    HS_CHECK(d->s, v->open && evt->db == &v->db && evt->conn == v->conn,
             "device %u: event %u of a view that is not open", d->index, evt->type);
    if (evt->type == WOAD_GATTC_DB_CHANGED) {
        hs_view_begins(v);
    } else {
        HS_CHECK(d->s, err != WOAD_ERR_NO_MEM && (err != WOAD_ERR_FORMAT || !hs_same_view(v)),
                 "device %u: view of %u: %d", d->index, v->of->index, err);
        v->reading = false;
        v->open = err == 0;
        if (!err && hs_same_view(v))
            hs_check_view(v);
    }
    hs_inside(d);
}

static inline void hs_op_view(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    if (!l)
        return;
    struct hs_view *v = &d->views[l->peer->index];
    int err;
    if (v->open && hs_chance(d->s, 8)) {
        err = woad_gattc_db_close(d->host, &v->db);
        HS_TRACE(d->s, "%u: close view of %u -> %d", d->index, v->of->index, err);
        if (!v->reading)
            v->open = false;
        return;
    }
    if (v->open)
        return;
    v->d = d;
    v->of = l->peer;
    v->conn = l->handle;
    v->db.event = hs_view_event;
    v->db.arg = v;
    v->db.mem = v->mem;
    v->db.size = sizeof(v->mem);
    hs_view_begins(v); /* before the call: what changes after it is told */
    err = woad_gattc_db_open(d->host, l->handle, &v->db);
    HS_TRACE(d->s, "%u: open view of %u -> %d", d->index, v->of->index, err);
    v->open = err == 0;
    HS_CHECK(d->s,
             err == 0 || err == WOAD_ERR_NOT_CONNECTED || err == WOAD_ERR_STATE ||
                 err == WOAD_ERR_BUSY || err == WOAD_ERR_EXISTS,
             "device %u: db_open %d", d->index, err);
}

/* ---- operations ------------------------------------------------------------------------------ */

static inline struct hs_op *hs_free_op(struct hs_dev *d)
{
    for (unsigned i = 0; i < HS_OPS; i++)
        if (!d->ops[i].busy)
            return &d->ops[i];
    return NULL;
}

/* One more value for o to be about: of the service that stays, or of another. */
static inline bool hs_pick(struct hs_op *o, bool any)
{
    struct swarm *s = o->d->s;
    struct hs_service *v = &o->to->services[any && hs_chance(s, 3) ? hs_below(s, HS_SERVICES) : 0];
    unsigned i = hs_below(s, HS_V_SECRET + 1);
    if (v != &o->to->services[0])
        i = 0;
    o->service = v;
    o->value[o->count] = &v->values[i];
    o->seq[o->count] = v->values[i].seq;
    o->handles[o->count] = hs_handle_of(v, &v->values[i]);
    return o->handles[o->count++] != 0;
}

/* And a value for it. */
static inline void hs_prepare_write(struct hs_op *o, unsigned which, uint16_t most, bool command)
{
    struct swarm *s = o->d->s;
    struct hs_service *v = &o->to->services[0];
    unsigned i = o->count++;
    uint16_t len = (uint16_t)hs_range(s, 4, most);
    o->value[i] = &v->values[which];
    o->handles[i] = hs_handle_of(v, o->value[i]);
    o->id[i] = hs_new_write(s, o->to, o->value[i], false);
    s->writes[o->id[i]].command = command;
    hs_fill(o->data[i], len, o->id[i]);
    o->writes[i] = (struct woad_gattc_write){o->handles[i], 0, len, o->data[i]};
}

static inline int hs_write(struct hs_op *o)
{
    static const uint8_t which[] = {HS_V_SHORT, HS_V_DYNAMIC, HS_V_ENCRYPTED, HS_V_LONG};
    unsigned i = which[hs_below(o->d->s, 4)];
    bool command = o->kind == HS_WRITE_CMD;
    hs_prepare_write(o, i, i == HS_V_LONG && !command ? HS_VALUE : 18, command);
    const struct woad_gattc_write *w = &o->writes[0];
    return command ? woad_gattc_write_cmd(o->d->host, o->conn, &o->op, w->handle, w->data, w->len)
                   : woad_gattc_write(o->d->host, o->conn, &o->op, w->handle, w->data, w->len);
}

static inline int hs_write_other(struct hs_op *o)
{
    struct woad_host *h = o->d->host;
    const struct woad_gattc_write *w = o->writes;
    if (o->kind == HS_WRITE_SIGNED) {
        hs_prepare_write(o, HS_V_SHORT, 8, false);
        return woad_gattc_write_signed(h, o->conn, &o->op, w->handle, w->data, w->len);
    }
    if (o->kind == HS_WRITE_LONG) {
        hs_prepare_write(o, HS_V_LONG, HS_VALUE, false);
        return woad_gattc_write_long(h, o->conn, &o->op, w->handle, 0, w->data, w->len);
    }
    hs_prepare_write(o, HS_V_SHORT, 18, false);
    hs_prepare_write(o, HS_V_LONG, HS_VALUE / 4, false);
    return woad_gattc_write_reliable(h, o->conn, &o->op, w, 2);
}

static inline int hs_read(struct hs_op *o)
{
    struct woad_host *h = o->d->host;
    switch (o->kind) {
    case HS_READ_LONG: return woad_gattc_read_long(h, o->conn, &o->op, o->handles[0], 0);
    case HS_READ_UUID:
        return woad_gattc_read_by_uuid(h, o->conn, &o->op, 1, 0xffff,
                                       &hs_types[o->value[0] - o->service->values]);
    case HS_READ_MULTIPLE: return woad_gattc_read_multiple(h, o->conn, &o->op, o->handles, 2, true);
    default: return woad_gattc_read(h, o->conn, &o->op, o->handles[0]);
    }
}

static inline int hs_subscribe(struct hs_op *o, struct hs_link *l)
{
    static const uint8_t which[] = {HS_V_NOTIFY, HS_V_BOTH, HS_V_SECRET};
    unsigned i = hs_below(o->d->s, 3);
    struct hs_sub *sub = &l->subs[i];
    struct hs_service *v = &o->to->services[0];
    o->sub = sub;
    if (o->kind == HS_UNSUBSCRIBE) {
        int err =
            sub->on ? woad_gattc_unsubscribe(o->d->host, &o->op, &sub->sub) : WOAD_ERR_NOT_FOUND;
        sub->on = sub->on && err;
        return err;
    }
    if (sub->used)
        return WOAD_ERR_EXISTS;
    *sub = (struct hs_sub){.d = o->d, .conn = l->handle};
    sub->sub.event = hs_sub_event;
    sub->sub.arg = sub;
    sub->sub.value_handle = hs_handle_of(v, &v->values[which[i]]);
    sub->sub.ccc_handle = (uint16_t)(sub->sub.value_handle + 1);
    int err = woad_gattc_subscribe(o->d->host, o->conn, &o->op, &sub->sub,
                                   i == 1 ? (uint8_t)hs_range(o->d->s, 1, 3) : 1);
    sub->used = err == 0;
    return err;
}

static inline int hs_discover(struct hs_op *o)
{
    struct woad_host *h = o->d->host;
    if (o->kind == HS_SERVICES_OF)
        return woad_gattc_discover_services(h, o->conn, &o->op, NULL);
    return woad_gattc_discover_characteristics(h, o->conn, &o->op, 1, 0xffff, NULL);
}

static inline int hs_begin_op(struct hs_op *o, struct hs_link *l)
{
    switch (o->kind) {
    case HS_READ:
    case HS_READ_LONG: return hs_pick(o, true) ? hs_read(o) : WOAD_ERR_NOT_FOUND;
    case HS_READ_UUID: return hs_pick(o, false) ? hs_read(o) : WOAD_ERR_NOT_FOUND;
    case HS_READ_MULTIPLE:
        return hs_pick(o, true) && hs_pick(o, true) ? hs_read(o) : WOAD_ERR_NOT_FOUND;
    case HS_WRITE:
    case HS_WRITE_CMD: return hs_write(o);
    case HS_WRITE_SIGNED:
    case HS_WRITE_LONG:
    case HS_WRITE_RELIABLE: return hs_write_other(o);
    case HS_SUBSCRIBE:
    case HS_UNSUBSCRIBE: return hs_subscribe(o, l);
    case HS_MTU: return woad_gattc_exchange_mtu(o->d->host, o->conn, &o->op);
    default: return hs_discover(o);
    }
}

static inline void hs_op_client(struct hs_dev *d)
{
    struct hs_link *l = hs_draw_link(d);
    struct hs_op *o = hs_free_op(d);
    if (!l || !o || l->peer->dark)
        return;
    memset(o, 0, sizeof(*o));
    o->op.event = hs_op_event;
    o->op.arg = o;
    o->op.in_order = hs_chance(d->s, 8);
    o->d = d;
    o->to = l->peer;
    o->kind = (uint8_t)hs_below(d->s, HS_KINDS);
    o->conn = l->handle;
    o->version = o->to->version;
    o->boots = o->to->boots;
    o->since = woad_sim_now(d->s->sim);
    int err = hs_begin_op(o, l);
    HS_TRACE(d->s, "%u: operation %u (kind %u) on %u -> %d", d->index, (unsigned)(o - d->ops),
             o->kind, l->handle, err);
    o->busy = err == 0;
    HS_CHECK(d->s, err <= 0 && (err != WOAD_ERR_INVALID || o->kind == HS_WRITE_SIGNED),
             "device %u: operation of kind %u: %d", d->index, o->kind, err);
}

static inline void hs_op_cancel_client(struct hs_dev *d)
{
    struct hs_op *o = &d->ops[hs_below(d->s, HS_OPS)];
    if (!o->busy)
        return;
    int err = woad_gattc_cancel(d->host, &o->op);
    HS_TRACE(d->s, "%u: cancel operation %u -> %d", d->index, (unsigned)(o - d->ops), err);
    o->cancelled |= err == 0;
}

#endif
