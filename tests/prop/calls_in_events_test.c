/* Any call of the API is legal inside any event: here applications make them at random inside every
 * event and between turns, while links are lost, controllers fall silent and hosts are stopped.
 *
 * What is placed by the caller (operations, subscriptions, databases, services, octets lent) comes
 * from the heap and goes back to it as soon as the manual says that it is the caller's again, so
 * that the address sanitizer sees who keeps it longer. Every accepted operation completes once; at
 * the end nothing is under way and no buffer is missing.
 *
 *     WOAD_SEED=N   only this seed
 *     WOAD_SEEDS=N  so many [8], each named */
#include "../unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "host_priv.h"
#include "support/hci_double.h"
#include "support/mem_store.h"
#include "support/toy_p256.h"
#include "woad/eatt.h"
#include "woad/gap_many.h"
#include "woad/gap_privacy.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/smp.h"

#define DEVS     3
#define LINKS    4
#define OPS      6
#define SUBS     4
#define SERVICES 3
#define CHANS    4
#define ASKED    4

struct app;

struct op {
    struct woad_gattc_op op;
    struct app *a;
    unsigned at;
    uint8_t octets[40];
    uint16_t handles[3];
    struct woad_gattc_write writes[2];
    unsigned sub; /* 1 + place of the subscription it is about; 0: none */
};

struct sub {
    struct woad_gattc_sub sub;
    struct app *a;
    unsigned at;
    unsigned busy; /* operations that are about it */
};

struct db {
    struct woad_gattc_db db;
    struct app *a;
    bool pending; /* DB_READY is awaited */
    bool closed;
    uint16_t conn;
    uint16_t mem[160];
};

struct service {
    struct woad_gatt_service service;
    struct woad_gatt_value value;
    uint8_t octets[60];
    struct woad_gatt_attr attrs[12];
};

struct chan {
    woad_chan chan;
    unsigned out; /* octets lent, not yet SENT */
};

struct app {
    struct dbl_dev *dev;
    struct mem_store store;
    struct woad_smp_cfg smp;
    struct woad_gatts_cfg gatts;
    struct woad_gattc_cfg gattc;
    struct woad_eatt_cfg eatt;
    struct woad_host_use use[7];
    uint16_t conns[LINKS];
    unsigned links;
    struct op *op[OPS];
    struct sub *sub[SUBS];
    struct db *db;
    struct service *service[SERVICES];
    struct chan chan[CHANS];
    woad_gatts_req asked[ASKED];
    bool off;
    unsigned depth; /* calls made inside one event */
};

static struct app apps[DEVS];
static struct dbl *d;
static unsigned calls, events;
static struct { /* what came to pass, lest the test look at nothing */
    unsigned links, secured, faults, done, refused, values, databases, opened, sent, bearers, asked,
        confirmed, writable;
} seen;
static bool winding_up;

static uint32_t draw(uint32_t below)
{
    return dbl_random(d, below);
}

static void act(struct app *a);

/* Inside an event: some calls, now and then. */
static void in_event(struct app *a)
{
    events++;
    if (winding_up || a->depth)
        return;
    a->depth++;
    for (uint32_t n = draw(3); n > 0; n--)
        act(a);
    a->depth--;
}

static uint16_t some_conn(struct app *a)
{
    return a->links && draw(20) ? a->conns[draw(a->links)] : (uint16_t)draw(0xf00);
}

static bool has_conn(const struct app *a, uint16_t conn)
{
    for (unsigned i = 0; i < a->links; i++)
        if (a->conns[i] == conn)
            return true;
    return false;
}

/* ---- the client ------------------------------------------------------------------------------ */

static void free_op(struct op *o)
{
    o->a->op[o->at] = NULL;
    memset(o, 0xee, sizeof(*o));
    free(o);
}

static void free_sub(struct sub *s)
{
    s->a->sub[s->at] = NULL;
    memset(s, 0xee, sizeof(*s));
    free(s);
}

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct op *o = arg;
    struct app *a = o->a;
    (void)h;
    assert_ptr_equal(a->op[o->at], o);
    if (evt->type != WOAD_GATTC_DONE) {
        in_event(a);
        return;
    }
    assert_true(has_conn(a, evt->conn));
    seen.done += evt->u.done.err == 0;
    seen.refused += evt->u.done.err == WOAD_ERR_REFUSED;
    struct sub *s = o->sub ? a->sub[o->sub - 1] : NULL;
    if (s && --s->busy == 0 && !s->sub.link)
        free_sub(s);
    free_op(o);
    in_event(a);
}

static void on_sub(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct sub *s = arg;
    struct app *a = s->a;
    (void)h;
    assert_ptr_equal(a->sub[s->at], s);
    seen.values += evt->type == WOAD_GATTC_VALUE;
    if (evt->type == WOAD_GATTC_ENDED && !s->busy)
        free_sub(s);
    in_event(a);
}

static void free_db(struct app *a)
{
    memset(a->db, 0xee, sizeof(*a->db));
    free(a->db);
    a->db = NULL;
}

static void on_db(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct db *b = arg;
    struct app *a = b->a;
    (void)h;
    assert_ptr_equal(a->db, b);
    if (evt->type == WOAD_GATTC_DB_CHANGED) {
        b->pending = true;
    } else if (evt->type == WOAD_GATTC_DB_READY) {
        assert_true(b->pending); /* announced, and once */
        b->pending = false;
        seen.databases += evt->u.done.err == 0;
        if (b->closed || evt->u.done.err)
            free_db(a);
    }
    in_event(a);
}

static struct op *new_op(struct app *a)
{
    unsigned at = draw(OPS);
    if (a->op[at])
        return NULL;
    struct op *o = calloc(1, sizeof(*o));
    *o = (struct op){.op = {.event = on_client, .arg = o, .in_order = draw(4) == 0}, .a = a};
    o->at = at;
    a->op[at] = o;
    return o;
}

static uint16_t some_handle(void)
{
    return (uint16_t)(draw(12) ? 1 + draw(60) : draw(0x10000));
}

/* Of a value that a server has. */
static uint16_t some_value(const struct app *a)
{
    const struct service *s = a->service[draw(SERVICES)];
    unsigned values = s ? s->service.count / 3u : 0;
    return values && draw(8) ? (uint16_t)(s->service.start + 2 + 3 * draw(values)) : some_handle();
}

static int start_op(struct app *a, struct op *o)
{
    struct woad_host *h = a->dev->h;
    static const struct woad_uuid uuid = WOAD_UUID16(0xfd01);
    uint16_t conn = some_conn(a), handle = some_value(&apps[draw(DEVS)]);
    uint16_t len = (uint16_t)draw(sizeof(o->octets) + 1);
    switch (draw(14)) {
    case 0: return woad_gattc_discover_services(h, conn, &o->op, draw(2) ? &uuid : NULL);
    case 1: return woad_gattc_discover_includes(h, conn, &o->op, handle, 0xffff);
    case 2: return woad_gattc_discover_characteristics(h, conn, &o->op, 1, 0xffff, NULL);
    case 3: return woad_gattc_discover_descriptors(h, conn, &o->op, handle, 0xffff);
    case 4: return woad_gattc_read_long(h, conn, &o->op, handle, (uint16_t)draw(50));
    case 5: return woad_gattc_read_by_uuid(h, conn, &o->op, 1, 0xffff, &uuid);
    case 6:
        for (unsigned i = 0; i < 3; i++)
            o->handles[i] = some_handle();
        return woad_gattc_read_multiple(h, conn, &o->op, o->handles, 3, draw(2));
    case 7: return woad_gattc_write(h, conn, &o->op, handle, o->octets, len);
    case 8: return woad_gattc_write_cmd(h, conn, &o->op, handle, o->octets, len);
    case 9: return woad_gattc_write_signed(h, conn, &o->op, handle, o->octets, len);
    case 10: return woad_gattc_write_long(h, conn, &o->op, handle, 0, o->octets, len);
    case 11:
        for (unsigned i = 0; i < 2; i++)
            o->writes[i] = (struct woad_gattc_write){some_handle(), 0, 4, o->octets};
        return woad_gattc_write_reliable(h, conn, &o->op, o->writes, 2);
    case 12: return woad_gattc_exchange_mtu(h, conn, &o->op);
    default: return woad_gattc_read(h, conn, &o->op, handle);
    }
}

static void act_cancel(struct app *a)
{
    struct op *o = a->op[draw(OPS)];
    if (o)
        (void)!woad_gattc_cancel(a->dev->h, &o->op);
}

static void act_client(struct app *a)
{
    struct op *o = new_op(a);
    if (!o)
        act_cancel(a);
    else if (start_op(a, o))
        free_op(o);
}

static void subscribe(struct app *a, struct sub *s)
{
    struct op *o = draw(3) ? new_op(a) : NULL;
    int err;
    s->sub.value_handle = some_value(&apps[draw(DEVS)]);
    s->sub.ccc_handle = (uint16_t)(s->sub.value_handle + 1);
    if (!o) {
        err = woad_gattc_listen(a->dev->h, some_conn(a), &s->sub);
    } else {
        err =
            woad_gattc_subscribe(a->dev->h, some_conn(a), &o->op, &s->sub, (uint8_t)(1 + draw(3)));
        if (!err) {
            o->sub = s->at + 1;
            s->busy++;
        } else {
            free_op(o);
        }
    }
    if (err)
        free_sub(s);
}

static void act_sub(struct app *a)
{
    unsigned at = draw(SUBS);
    struct sub *s = a->sub[at];
    if (!s) {
        s = calloc(1, sizeof(*s));
        *s = (struct sub){.sub = {.event = on_sub, .arg = s}, .a = a, .at = at};
        a->sub[at] = s;
        subscribe(a, s);
    } else if (draw(2)) {
        if (woad_gattc_forget(a->dev->h, &s->sub) == 0)
            free_sub(s);
    } else {
        struct op *o = new_op(a);
        int err = o ? woad_gattc_unsubscribe(a->dev->h, &o->op, &s->sub) : 0;
        if (o && err) {
            free_op(o);
        } else if (o) {
            o->sub = at + 1;
            s->busy++;
        }
    }
}

static void act_db(struct app *a)
{
    if (!a->db) {
        a->db = calloc(1, sizeof(*a->db));
        a->db->a = a;
        a->db->conn = some_conn(a);
        a->db->pending = true;
        a->db->db = (struct woad_gattc_db){
            .event = on_db, .arg = a->db, .mem = a->db->mem, .size = draw(4) ? 320 : 60};
        if (woad_gattc_db_open(a->dev->h, a->db->conn, &a->db->db))
            free_db(a);
    } else if (draw(3) == 0 && !a->db->closed) {
        int err = woad_gattc_db_close(a->dev->h, &a->db->db);
        if (!err && !a->db->pending)
            free_db(a);
        else if (!err)
            a->db->closed = true;
    }
}

/* ---- the server ------------------------------------------------------------------------------ */

static const struct woad_uuid svc_uuid = WOAD_UUID16(0xfd00), one = WOAD_UUID16(0xfd01),
                              two = WOAD_UUID16(0xfd02);

static void on_service(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct app *a = arg; /* outlives its services: an indication may be told after one has gone */
    woad_gatts_req req = 0;
    if (evt->type == WOAD_GATTS_READ || evt->type == WOAD_GATTS_AUTHORIZE)
        req = evt->u.read.req;
    else if (evt->type == WOAD_GATTS_WRITE)
        req = evt->u.write.req;
    seen.asked += req != 0;
    seen.confirmed += evt->type == WOAD_GATTS_CONFIRMED && !evt->u.confirmed.err;
    seen.writable += evt->type == WOAD_GATTS_WRITABLE;
    if (req && draw(2))
        (void)!woad_gatts_answer(h, req, draw(5) ? 0 : 0x80, "sixteen octets..",
                                 (uint16_t)draw(17));
    else if (req)
        a->asked[draw(ASKED)] = req;
    in_event(a);
}

static void build(struct service *s, unsigned n)
{
    static const uint8_t levels[] = {WOAD_GATT_OPEN, WOAD_GATT_OPEN, WOAD_GATT_OPEN,
                                     WOAD_GATT_ENCRYPTED, WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED};
    s->value = (struct woad_gatt_value){s->octets, (uint16_t)draw(60), 60};
    s->attrs[0] = (struct woad_gatt_attr)WOAD_GATT_SERVICE(&svc_uuid);
    unsigned at = 1;
    while (at + 3 <= n) {
        uint8_t read = levels[draw(ARRAY_LEN(levels))], write = levels[draw(ARRAY_LEN(levels))];
        s->attrs[at++] = (struct woad_gatt_attr)WOAD_GATT_CHARACTERISTIC(0x7e);
        if (draw(2))
            s->attrs[at++] = (struct woad_gatt_attr)WOAD_GATT_DYNAMIC(&two, NULL, 60, read, write);
        else
            s->attrs[at++] = (struct woad_gatt_attr)WOAD_GATT_VALUE(&one, &s->value, read, write);
        s->attrs[at++] = (struct woad_gatt_attr)WOAD_GATT_CCCD(WOAD_GATT_OPEN);
    }
    s->service.attrs = s->attrs;
    s->service.count = (uint16_t)at;
}

static void free_service(struct app *a, unsigned at)
{
    memset(a->service[at], 0xee, sizeof(*a->service[at]));
    free(a->service[at]);
    a->service[at] = NULL;
}

static void act_service(struct app *a)
{
    unsigned at = draw(SERVICES);
    struct service *s = a->service[at];
    if (!s) {
        s = calloc(1, sizeof(*s));
        a->service[at] = s;
        s->service.event = on_service;
        s->service.arg = a;
        build(s, 4 + draw(9));
        if (woad_gatts_add(a->dev->h, &s->service))
            free_service(a, at);
    } else if (draw(4) == 0) {
        assert_int_equal(woad_gatts_remove(a->dev->h, &s->service), 0);
        free_service(a, at);
    } else if (draw(3) == 0) {
        woad_gatts_begin(a->dev->h);
        s->attrs[s->service.count - 1].kind = WOAD_GATT_KIND_HOLE;
        woad_gatts_commit(a->dev->h);
    }
}

static void act_value(struct app *a)
{
    struct woad_host *h = a->dev->h;
    uint16_t conn = some_conn(a), handle = some_value(a);
    struct woad_buf *buf;
    switch (draw(6)) {
    case 0: (void)!woad_gatts_notify(h, conn, handle, "note", 4); break;
    case 1: (void)!woad_gatts_notify_all(h, handle, "to all", 6); break;
    case 2:
        buf = woad_gatts_notify_alloc(h, handle);
        if (buf)
            (void)!woad_gatts_notify_send(h, conn, buf);
        break;
    case 3: {
        const struct woad_gatts_item items[] = {{handle, 2, "ab"}, {some_value(a), 1, "c"}};
        (void)!woad_gatts_notify_multiple(h, conn, items, 2);
        break;
    }
    case 4: (void)!woad_gatts_indicate(h, conn, handle, "indicated", 9); break;
    default: {
        unsigned at = draw(ASKED);
        woad_gatts_req req = draw(8) ? a->asked[at] : draw(0) ^ draw(0x40000);
        (void)!woad_gatts_answer(h, req, draw(4) ? 0 : 0x81, "later", (uint16_t)draw(6));
    }
    }
}

/* ---- channels -------------------------------------------------------------------------------- */

static struct chan *find_chan(struct app *a, woad_chan chan)
{
    for (unsigned i = 0; i < CHANS; i++)
        if (a->chan[i].chan == chan)
            return &a->chan[i];
    return NULL;
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct app *a = arg;
    struct chan *c = find_chan(a, evt->chan);
    uint8_t sink[64];
    if (evt->type == WOAD_CHAN_ACCEPT && !c) {
        c = find_chan(a, 0);
        if (c)
            *c = (struct chan){.chan = evt->chan};
        (void)!woad_l2cap_accept(
            h, evt->chan, c && draw(4) ? WOAD_L2CAP_OK : WOAD_L2CAP_NO_RESOURCES, NULL, NULL);
    } else if (evt->type == WOAD_CHAN_OPENED) {
        seen.opened++;
    } else if (evt->type == WOAD_CHAN_SENT) {
        seen.sent += evt->u.sent.err == 0;
        memset(evt->u.sent.tag, 0xee, 50);
        free(evt->u.sent.tag);
        if (c)
            c->out--;
    } else if (evt->type == WOAD_CHAN_CLOSED) {
        if (c) {
            assert_int_equal(c->out, 0);
            c->chan = 0;
        }
        (void)!woad_l2cap_release(h, evt->chan);
    } else if (evt->type == WOAD_CHAN_RECEIVED && draw(4)) {
        while (woad_l2cap_read(h, evt->chan, sink, sizeof(sink)) > 0)
            ;
    }
    in_event(a);
}

static void act_chan(struct app *a)
{
    struct woad_host *h = a->dev->h;
    struct chan *c = &a->chan[draw(CHANS)];
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = on_chan, .arg = a};
    uint8_t sink[64];
    if (!c->chan) {
        if (woad_l2cap_connect(h, some_conn(a), &cfg, &c->chan))
            c->chan = 0;
        return;
    }
    switch (draw(8)) {
    case 0: (void)!woad_l2cap_close(h, c->chan, draw(2)); break;
    case 1: (void)!woad_l2cap_reconfigure(h, &c->chan, 1, 100, 64); break;
    case 2: (void)!woad_l2cap_read(h, c->chan, sink, sizeof(sink)); break;
    default: {
        uint8_t *octets = calloc(1, 50);
        if (woad_l2cap_write(h, c->chan, octets, 1 + draw(50), octets))
            free(octets);
        else
            c->out++;
    }
    }
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void on_bearer(void *arg, struct woad_host *h, const struct woad_eatt_evt *evt)
{
    struct app *a = arg;
    (void)h;
    seen.bearers += evt->type == WOAD_EATT_OPENED;
    in_event(a);
}

static void act_gap(struct app *a)
{
    struct woad_host *h = a->dev->h;
    const struct woad_addr *peer = &apps[draw(DEVS)].dev->addr;
    const struct woad_conn_params p = {.duration_ms = draw(2) ? 1 + draw(3000) : 0};
    uint16_t conn = some_conn(a);
    switch (draw(14)) {
    case 0:
    case 1:
        (void)!woad_gap_advertise_start(
            h, &(struct woad_adv_params){.duration_ms = draw(2) ? 1 + draw(2000) : 0});
        break;
    case 2: (void)!woad_gap_advertise_stop(h); break;
    case 3:
        (void)!woad_gap_scan_start(h, &(struct woad_scan_params){.duration_ms = draw(500)});
        break;
    case 4: (void)!woad_gap_scan_stop(h); break;
    case 5:
    case 6:
        if (a->links < LINKS)
            (void)!woad_gap_connect(h, draw(6) ? peer : NULL, &p);
        break;
    case 7: (void)!woad_gap_connect_cancel(h); break;
    case 8: (void)!woad_gap_connect_cancel_peer(h, peer); break;
    case 9: (void)!woad_gap_update(h, conn, &p); break;
    case 10: (void)!woad_gap_set_phy(h, conn, 2, 2); break;
    case 11: (void)!woad_gap_read_rssi(h, conn); break;
    case 12: (void)!woad_gap_accept_list_add(h, peer); break;
    default:
        if (draw(8) == 0)
            (void)!(draw(2) ? woad_gap_disconnect(h, conn, 0)
                            : woad_gap_disconnect_flushed(h, conn, 0));
    }
}

static void act_security(struct app *a)
{
    struct woad_host *h = a->dev->h;
    uint16_t conn = some_conn(a);
    switch (draw(12)) {
    case 10: (void)!woad_gap_privacy_refresh(h); break;
    case 11: (void)!woad_gap_privacy_renew(h); break;
    case 0: (void)!woad_smp_pair(h, conn, 2); break;
    case 1: (void)!woad_smp_cancel(h, conn); break;
    case 2: (void)!woad_smp_accept(h, conn, draw(4)); break;
    case 3: (void)!woad_smp_confirm(h, conn, draw(4)); break;
    case 4: (void)!woad_smp_passkey(h, conn, draw(1000000)); break;
    case 5: (void)!woad_smp_bond_remove(h, draw(2) ? &apps[draw(DEVS)].dev->addr : NULL); break;
    case 6: (void)!woad_smp_oob_generate(h, draw(2)); break;
    case 7: (void)!woad_eatt_open(h, conn, 1 + draw(2)); break;
    default: (void)!woad_smp_secure(h, conn, (uint8_t)(2 + draw(3))); break;
    }
}

static void act_host(struct app *a)
{
    struct woad_host *h = a->dev->h;
    uint32_t what = draw(a->off ? 4 : 400);
    if (what == 0 && a->off) {
        a->off = woad_host_start(h) != 0;
    } else if (what == 0) {
        (void)!woad_host_stop(h);
    } else if (what == 1 && !a->off) {
        dbl_release_held(a->dev); /* the pump has closed its transport */
        woad_host_fault(h, "the test says so");
    } else if (what == 2) {
        (void)!woad_host_hci_command(h, WOAD_HCI_CMD_READ_LOCAL_VERSION_INFORMATION, NULL, 0);
    }
}

static void act(struct app *a)
{
    static void (*const acts[])(struct app *) = {
        act_gap,     act_gap,   act_client, act_client, act_client, act_cancel,   act_sub,  act_db,
        act_service, act_value, act_value,  act_chan,   act_chan,   act_security, act_host,
    };
    calls++;
    acts[draw(ARRAY_LEN(acts))](a);
}

static void lost(struct app *a, uint16_t conn)
{
    unsigned i = 0;
    while (i < a->links && a->conns[i] != conn)
        i++;
    assert_true(i < a->links); /* of a link that was told of, once */
    a->conns[i] = a->conns[--a->links];
    if (a->db && a->db->conn == conn && !a->db->pending)
        free_db(a);
}

static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    struct app *a = dev->app;
    if (evt->type == WOAD_EVT_CONNECTED) {
        assert_true(a->links < LINKS);
        assert_false(has_conn(a, evt->conn));
        a->conns[a->links++] = evt->conn;
        seen.links++;
    } else if (evt->type == WOAD_EVT_DISCONNECTED) {
        lost(a, evt->conn);
    } else if (evt->type == WOAD_EVT_STOPPED) {
        a->off = true;
        assert_true(a->links == 0 || dev->mute); /* then its transport holds what was lent */
        dev->mute = false;
        dbl_release_held(dev);
    } else if (evt->type == WOAD_EVT_FAULT) { /* a pump opens its transport anew */
        seen.faults++;
        dev->mute = false;
        dbl_release_held(dev);
    } else if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_SECURED) {
        seen.secured += evt->u.smp->u.secured.result.err == 0;
    }
    in_event(a);
}

/* In place of the library's: what a seed draws repeats. */
static uint64_t random_state;

int32_t psa_generate_random(uint8_t *to, size_t size);
int32_t psa_generate_random(uint8_t *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        random_state = random_state * 6364136223846793005u + 1442695040888963407u;
        to[i] = (uint8_t)(random_state >> 56);
    }
    return 0;
}

static void prepare(uint64_t seed)
{
    static struct woad_host_use *parts[DEVS];
    static const struct woad_privacy_cfg private = {.identities = &woad_smp_identities,
                                                    .timeout_s = 2};
    const struct woad_host_cfg limits = {.max_conns = LINKS,
                                         .max_chans = 6,
                                         .chan_rx_size = 2048,
                                         .att_bearers = 4,
                                         .att_tx_count = 3,
                                         .sig_count = 4,
                                         .acl_tx_count = 4,
                                         .run_budget = seed & 1 ? 4 : 64};
    memset(apps, 0, sizeof(apps));
    for (unsigned i = 0; i < DEVS; i++) {
        struct app *a = &apps[i];
        mem_store_init(&a->store);
        a->smp = (struct woad_smp_cfg){.store = &a->store.store,
                                       .max_bonds = 2,
                                       .when_full = seed >> i & 1,
                                       .io = (uint8_t)((seed >> (2 * i)) & 7),
                                       .ask = i == 2,
                                       .legacy = &woad_smp_legacy,
                                       .signing = &woad_smp_signing};
        a->gatts = (struct woad_gatts_cfg){
            .store = &a->store.store, .prepare_size = 100, .handle_max = 60, .cccds = 4};
        a->gattc = (struct woad_gattc_cfg){.store = &a->store.store};
        a->eatt = (struct woad_eatt_cfg){.connect = i & 1, .event = on_bearer, .arg = a};
        unsigned n = 0;
        a->use[n++] = (struct woad_host_use){&woad_gatts_part, &a->gatts};
        a->use[n++] = (struct woad_host_use){&woad_gattc_part, &a->gattc};
        a->use[n++] = (struct woad_host_use){&woad_smp_part, &a->smp};
        a->use[n++] = (struct woad_host_use){&woad_eatt_part, &a->eatt};
        if (seed & 2)
            a->use[n++] = (struct woad_host_use){&woad_gap_many_part, NULL};
        if (seed & 4)
            a->use[n++] = (struct woad_host_use){&woad_gap_privacy_part, &private};
        parts[i] = a->use;
    }
    d = dbl_new_parts(DEVS, &limits, (const struct woad_host_use *const *)parts);
    d->rng = seed * 0x9e3779b97f4a7c15u + 1;
    d->latency_us = 3000;
    d->split = 0xffff;
    toy_p256_seed(seed);
    random_state = seed;
    for (unsigned i = 0; i < DEVS; i++) {
        apps[i].dev = &d->dev[i];
        d->dev[i].app = &apps[i];
        d->dev[i].acl_count = 3;
    }
    dbl_start(d);
    for (unsigned i = 0; i < DEVS; i++) {
        struct woad_chan_cfg psm = {.psm = 0x80, .event = on_chan, .arg = &apps[i]};
        assert_int_equal(woad_l2cap_listen(d->dev[i].h, &psm), 0);
        d->dev[i].on_event = on_event;
    }
}

static void trouble(void)
{
    struct dbl_dev *dev = &d->dev[draw(DEVS)];
    struct app *a = dev->app;
    uint32_t what = draw(2000);
    if (what == 6)
        dev->mute = true;
    else if (what < 4 && a->links)
        dbl_lose_link(dev, a->conns[draw(a->links)], 8);
    else if (what == 5)
        dev->hold_completed = !dev->hold_completed;
    for (unsigned i = 0; i < DEVS; i++)
        apps[i].store.fail = draw(50) ? 0 : WOAD_ERR_NO_MEM;
}

static void wind_up(void)
{
    struct woad_host_stats stats;
    winding_up = true;
    for (unsigned i = 0; i < DEVS; i++) {
        d->dev[i].hold_completed = d->dev[i].mute = false;
        if (!apps[i].off)
            (void)!woad_host_stop(d->dev[i].h);
    }
    dbl_run(d, WOAD_S(10));
    for (unsigned i = 0; i < DEVS; i++) {
        struct app *a = &apps[i];
        assert_true(a->off);
        assert_int_equal(a->links, 0);
        for (unsigned k = 0; k < OPS; k++)
            assert_null(a->op[k]);
        for (unsigned k = 0; k < SUBS; k++)
            assert_null(a->sub[k]);
        for (unsigned k = 0; k < CHANS; k++)
            assert_int_equal(a->chan[k].chan, 0);
        assert_null(a->db);
        woad_host_get_stats(d->dev[i].h, &stats);
        assert_int_equal(stats.ops_pending, 0);
        assert_int_equal(stats.bufs_in_use, 0);
    }
    dbl_free(d);
    for (unsigned i = 0; i < DEVS; i++)
        for (unsigned k = 0; k < SERVICES; k++)
            free(apps[i].service[k]);
    winding_up = false;
}

static void calls_inside_every_event(void **state)
{
    (void)state;
    const char *only = getenv("WOAD_SEED"), *many = getenv("WOAD_SEEDS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    uint64_t count = many ? strtoull(many, NULL, 10) : only ? 1 : 8;
    assert_int_equal(woad_crypto_init(), 0);
    for (uint64_t seed = first; seed < first + count; seed++) {
        prepare(seed);
        if (many)
            print_message("WOAD_SEED=%llu\n", (unsigned long long)seed);
        for (unsigned i = 0; i < 3000; i++) {
            struct app *a = &apps[draw(DEVS)];
            act(a);
            trouble();
            dbl_run(d, draw(10) ? draw(5000) : draw(300000));
        }
        wind_up();
    }
    print_message("%u calls, %u events: %u links, %u secured, %u faults; client %u done, %u "
                  "refused, %u values, %u databases; server %u asked, %u confirmed, %u writable; "
                  "channels %u opened, %u sent; %u bearers\n",
                  calls, events, seen.links, seen.secured, seen.faults, seen.done, seen.refused,
                  seen.values, seen.databases, seen.asked, seen.confirmed, seen.writable,
                  seen.opened, seen.sent, seen.bearers);
    if (only) /* one alone need not see all of it */
        return;
    assert_true(seen.links && seen.secured && seen.faults && seen.done && seen.refused);
    assert_true(seen.values && seen.databases && seen.asked && seen.confirmed);
    assert_true(seen.opened && seen.sent && seen.bearers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_inside_every_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
