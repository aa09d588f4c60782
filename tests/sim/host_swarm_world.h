/* host_swarm_world.h: what host_swarm_test.c knows of its devices, and what it holds them to.
 *
 * A device is an application with a GATT server, a GATT client, security and a store on flash, over
 * a host, over a controller, over a simulated radio. Its power can fail as a whole: then its host,
 * its application and its controller lose all they had, and what is on flash is what counts. */
#ifndef HOST_SWARM_WORLD_H
#define HOST_SWARM_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host_priv.h"
#include "ll/ll_priv.h"
#include "support/flash_double.h"
#include "woad/eatt.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/sim.h"
#include "woad/smp.h"
#include "woad/transport_direct.h"

enum {
    HS_DEVS = 8,
    HS_LINKS = 8,
    HS_OPS = 16,     /* of the client, of a device */
    HS_SERVICES = 5, /* number 0 stays, the others come and go */
    HS_ATTRS = 24,   /* of a service */
    HS_VALUES = 10,
    HS_CCCDS = 16, /* of a client */
    HS_VALUE = 240,
    HS_OLD = 4,
    HS_ROWS = 160,
    HS_BONDS = 4,
    HS_STORE_KEYS = 40,
    HS_WRITES = 20000, /* of a whole run */
    HS_CHANS = 8,
};

/* Operations of the device and of a link that one event completes. */
enum hs_what {
    HS_START,
    HS_STOP,
    HS_ADV,
    HS_ADV_STOP,
    HS_SCAN,
    HS_SCAN_STOP,
    HS_CONNECT,
    HS_DEV_WHATS,
    HS_DISCONNECT = HS_DEV_WHATS,
    HS_UPDATE,
    HS_PHY,
    HS_RSSI,
    HS_SECURE,
    HS_INDICATE,
    HS_WHATS
};

struct hs_pend {
    unsigned n;
    woad_sim_time since;
};

/* ---- the server's side ----------------------------------------------------------------------- */

/* A value and what it was before: what a client reads must be one of them. */
struct hs_value {
    struct woad_gatt_value now;
    uint8_t mem[HS_VALUE];
    uint32_t seq;
    struct {
        uint16_t len;
        uint8_t data[HS_VALUE];
    } was[HS_OLD]; /* number seq is the present one */
};

struct hs_service {
    struct hs_dev *d;
    struct woad_gatt_service s;
    struct woad_gatt_attr attrs[2][HS_ATTRS];
    struct woad_uuid uuid, types[HS_VALUES];
    struct hs_value values[HS_VALUES];
    bool on;
    bool want_writable;
    uint16_t start, count; /* as the model has them */
    const struct woad_gatt_attr *table;
    woad_sim_time refused_at;
};

struct hs_cccd {
    uint16_t handle; /* of the value; 0: free */
    uint8_t bits;
    uint32_t seq; /* notifications sent to it */
};

/* An answer that the application owes. */
struct hs_owed {
    bool used, write;
    woad_gatts_req req;
    struct hs_value *value;
    uint16_t offset, len;
    uint8_t data[HS_VALUE];
    woad_sim_time at;
};

/* A row of a database as a client should see it. */
struct hs_row {
    uint16_t handle, end;
    struct woad_uuid uuid;
    uint8_t kind, properties;
};

/* ---- the client's side ----------------------------------------------------------------------- */

enum hs_kind {
    HS_READ,
    HS_READ_LONG,
    HS_READ_UUID,
    HS_READ_MULTIPLE,
    HS_WRITE,
    HS_WRITE_CMD,
    HS_WRITE_SIGNED,
    HS_WRITE_LONG,
    HS_WRITE_RELIABLE,
    HS_SUBSCRIBE,
    HS_UNSUBSCRIBE,
    HS_SERVICES_OF,
    HS_CHARACTERISTICS_OF,
    HS_MTU,
    HS_KINDS
};

struct hs_op {
    struct woad_gattc_op op; /* first */
    struct hs_dev *d, *to;
    bool busy;
    uint8_t kind;
    uint16_t conn;
    woad_sim_time since;
    uint32_t version; /* of the server's database, at the call */
    uint32_t boots;   /* of the server */
    struct hs_service *service;
    struct hs_value *value[3];
    uint32_t seq[3];
    uint32_t id[3]; /* of writes */
    uint8_t data[3][HS_VALUE];
    struct woad_gattc_write writes[3];
    uint16_t handles[3];
    unsigned count;
    uint16_t got;
    uint8_t whole[HS_VALUE];
    uint16_t after; /* discovery: the handle of the last found */
    struct hs_sub *sub;
    bool cancelled;
};

struct hs_sub {
    struct woad_gattc_sub sub; /* first */
    struct hs_dev *d;
    uint16_t conn;
    bool used, on;
    uint32_t server_link, seq; /* of the last value */
    bool begun;
};

/* A write by a client: how often did it arrive? */
struct hs_write {
    struct hs_dev *to;
    struct hs_value *value;
    uint8_t applied;
    bool local;   /* by the server's own application */
    bool command; /* these arrive in order */
};

struct hs_link {
    bool up;
    uint16_t handle;
    uint8_t role;
    struct hs_dev *peer;
    uint32_t serial;
    struct hs_pend op[HS_WHATS];
    unsigned bearers;         /* enhanced ones */
    woad_sim_time rebuilt_at; /* one more or one less: values may overtake each other, once */
    struct hs_cccd cccds[HS_CCCDS];
    struct hs_sub subs[3];
    uint16_t indicating;
    uint32_t last_command; /* id, of this link's commands that arrived */
    uint32_t version;      /* of our database, when the link came */
    bool shows, enters, compares, agreed;
    uint32_t shown;
    woad_sim_time answer_at;
    bool distrusted; /* at some time values were not listened to */
};

/* A database of a peer, kept over links. */
struct hs_view {
    struct woad_gattc_db db; /* first */
    struct hs_dev *d, *of;
    bool open, reading;
    uint16_t conn;
    uint32_t version, boots; /* of the server, when the reading began */
    uint16_t mem[1024];
};

struct hs_chan {
    woad_chan handle;
    uint16_t conn;
    bool used, out, open, closing;
    uint32_t at, got; /* octets of the pattern */
    unsigned sends;
};

/* ---- the device ------------------------------------------------------------------------------ */

struct hs_dev {
    struct swarm *s;
    unsigned index;
    struct woad_sim_dev *dev;
    struct woad_sim_task *ll_task, *host_task;
    struct woad_ll *ll;
    struct woad_host *host;
    struct woad_direct direct;
    void *ll_mem, *host_mem;
    size_t host_size;
    struct woad_addr addr;
    struct woad_host_cfg cfg;
    struct woad_host_use use[5];
    struct woad_gatts_cfg gatts;
    struct woad_gattc_cfg gattc;
    struct woad_smp_cfg smp;
    struct woad_eatt_cfg eatt;
    uint8_t irk[16];
    bool in_run, ll_ran, ready, off, dark;
    bool narrow; /* its controller takes a single packet: links wait for each other */
    bool adv_on, scan_on;
    uint32_t boots;
    woad_sim_time light_at;   /* power comes back */
    woad_sim_time hurt_until; /* something is or was broken */
    woad_sim_time fault_at;   /* then the host is told; 0: never */
    struct hs_pend op[HS_DEV_WHATS];
    const struct hs_dev *wanted; /* of HS_CONNECT */
    struct hs_link links[HS_LINKS];
    struct hs_service services[HS_SERVICES];
    uint32_t version; /* of the database */
    struct hs_owed owed[HS_LINKS];
    struct hs_op ops[HS_OPS];
    struct hs_view views[HS_DEVS];
    struct hs_chan chans[HS_CHANS];
    /* the store */
    struct flash_double flash;
    struct woad_store_flash log;
    struct woad_store_flash_key keys[HS_STORE_KEYS];
    struct woad_store store;
    bool has_bond[HS_BONDS]; /* acknowledged */
    struct woad_smp_bond bond[HS_BONDS];
    uint8_t asked_cccds[HS_DEVS][0x100]; /* what a peer last asked for, by handle of the value */
    bool unsure[HS_DEVS];                /* the last of these may not be in the store */
};

struct swarm {
    uint64_t seed, rng, hash;
    struct woad_sim *sim;
    unsigned n;
    struct hs_dev dev[HS_DEVS];
    struct hs_write writes[HS_WRITES];
    uint32_t write_count;
    uint32_t serials;
    bool hungry; /* allocations fail */
    bool quiet;  /* no new operations: the end */
    bool trace;
    bool failed;
    unsigned depth;
    unsigned links, done[HS_KINDS], values, secured, bearers, reboots, flash_cuts, changes;
};

static inline uint64_t hs_next(struct swarm *s)
{
    uint64_t z = s->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t hs_below(struct swarm *s, uint32_t n)
{
    return (uint32_t)(hs_next(s) >> 32) % n;
}

static inline uint32_t hs_range(struct swarm *s, uint32_t low, uint32_t high)
{
    return low + hs_below(s, high - low + 1);
}

static inline bool hs_chance(struct swarm *s, uint32_t one_in)
{
    return hs_below(s, one_in) == 0;
}

__attribute__((format(printf, 2, 3))) static inline void hs_fail(struct swarm *s, const char *fmt,
                                                                 ...)
{
    if (s->failed)
        return;
    s->failed = true;
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "seed %llu at %.6f s: ", (unsigned long long)s->seed,
            s->sim ? (double)woad_sim_now(s->sim) * 1e-9 : 0);
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n    repeat with: build/bin/host_swarm_test --seed %llu\n",
            (unsigned long long)s->seed);
    va_end(args);
}

#define HS_CHECK(s, cond, ...)                                                                     \
    do {                                                                                           \
        if (!(cond))                                                                               \
            hs_fail((s), __VA_ARGS__);                                                             \
    } while (0)

#define HS_TRACE(s, ...)                                                                           \
    do {                                                                                           \
        if ((s)->trace) {                                                                          \
            fprintf(stderr, "%11.6f ", (double)woad_sim_now((s)->sim) * 1e-9);                     \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

/* The course of a run, for comparing two: keys and numbers drawn by the security are not of it. */
static inline void hs_note(struct hs_dev *d, unsigned what, unsigned which, int err)
{
    const uint64_t words[] = {woad_sim_now(d->s->sim), d->index, what, which,
                              (uint64_t)(uint32_t)err};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        d->s->hash = (d->s->hash ^ words[i]) * UINT64_C(0x100000001b3);
}

static inline void hs_begin(struct swarm *s, struct hs_pend *p)
{
    p->n++;
    p->since = woad_sim_now(s->sim);
}

/* Exactly once: an event that completes nothing is an error unless it may come by itself. */
static inline void hs_end(struct hs_dev *d, struct hs_pend *p, bool alone, const char *what)
{
    HS_CHECK(d->s, p->n || alone, "device %u: %s completes nothing", d->index, what);
    if (p->n)
        p->n--;
}

/* An answer of a call: 0 begins p. */
static inline void hs_called(struct hs_dev *d, struct hs_pend *p, int err, const char *what)
{
    HS_TRACE(d->s, "%u: %s -> %d", d->index, what, err);
    HS_CHECK(d->s, err == 0 || (err != WOAD_ERR_INVALID && err < 0), "device %u: %s %d", d->index,
             what, err);
    if (err == 0)
        hs_begin(d->s, p);
}

static inline struct hs_link *hs_link(struct hs_dev *d, uint16_t handle)
{
    for (unsigned i = 0; i < HS_LINKS; i++)
        if (d->links[i].up && d->links[i].handle == handle)
            return &d->links[i];
    return NULL;
}

/* The other end of a link, as far as that side knows of it. */
static inline struct hs_link *hs_other_end(struct hs_dev *d, const struct hs_link *l)
{
    for (unsigned i = 0; l->peer && i < HS_LINKS; i++)
        if (l->peer->links[i].up && l->peer->links[i].peer == d)
            return &l->peer->links[i];
    return NULL;
}

static inline struct hs_link *hs_draw_link(struct hs_dev *d)
{
    struct hs_link *l = &d->links[hs_below(d->s, HS_LINKS)];
    for (unsigned i = 0; i < HS_LINKS && !l->up; i++)
        l = &d->links[i];
    return l->up ? l : NULL;
}

static inline struct hs_dev *hs_dev_of(struct swarm *s, const struct woad_addr *addr)
{
    for (unsigned i = 0; i < s->n; i++)
        if (!memcmp(s->dev[i].addr.val, addr->val, 6))
            return &s->dev[i];
    return NULL;
}

/* What a value number id is made of; at least four octets. */
static inline void hs_fill(uint8_t *to, uint16_t len, uint32_t id)
{
    woad_put_u32(to, id);
    for (uint16_t i = 4; i < len; i++)
        to[i] = (uint8_t)(id * 37u + i * 11u + (id >> 8));
}

static inline bool hs_filled(const uint8_t *from, uint16_t len, uint32_t *id)
{
    *id = len >= 4 ? woad_get_u32(from) : 0;
    for (uint16_t i = 4; i < len; i++)
        if (from[i] != (uint8_t)(*id * 37u + i * 11u + (*id >> 8)))
            return false;
    return len >= 4;
}

static inline uint32_t hs_new_write(struct swarm *s, struct hs_dev *to, struct hs_value *v,
                                    bool local)
{
    if (s->write_count + 1 >= HS_WRITES) {
        hs_fail(s, "more writes than the test keeps");
        return 0;
    }
    s->writes[++s->write_count] = (struct hs_write){.to = to, .value = v, .local = local};
    return s->write_count;
}

#endif
