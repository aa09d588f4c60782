/* swarm_world.h: what swarm_test.c knows of its devices, and what it holds them to.
 *
 * A device is a host over a controller over a simulated radio, in two tasks: the controller's may
 * hang or lose power while the host goes on. Everything random comes from the seed. */
#ifndef WOAD_SWARM_WORLD_H
#define WOAD_SWARM_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host_priv.h"
#include "ll/ll_priv.h"
#include "woad/sim.h"
#include "woad/transport_direct.h"

enum {
    SW_DEVS = 8,
    SW_CONNS = 8,
    SW_CHANS = 2048, /* of a device, in a whole run */
    SW_BUF = 4096,
};

/* Operations that one event completes; those of links come last. */
enum sw_op {
    SW_START,
    SW_STOP,
    SW_ADV_STOP,
    SW_SCAN_STOP,
    SW_ADV,
    SW_SCAN,
    SW_CONNECT,
    SW_LIST,
    SW_HCI,
    SW_DEV_OPS,
    SW_DISCONNECT = SW_DEV_OPS,
    SW_UPDATE,
    SW_PHY,
    SW_DATA_LEN,
    SW_ENCRYPT,
    SW_LTK,
    SW_RSSI,
    SW_VERSION,
    SW_FEATURES,
    SW_OPS,
};

struct sw_pend {
    unsigned n;
    woad_sim_time since;
};

struct sw_send {
    struct sw_send *next;
    size_t len;
    uint8_t data[];
};

struct sw_conn {
    bool up;
    uint16_t handle;
    uint8_t role;
    bool ltk_open;
    struct sw_pend op[SW_OPS];
};

/* One channel end, kept for the whole run. */
struct sw_chan {
    struct sw_dev *d;
    woad_chan handle;
    uint16_t conn;
    uint16_t lcid, rcid;
    bool acceptor, undecided, opening, open, closing, closed, released;
    bool sdu;       /* sends messages, reads with recv() */
    uint8_t reader; /* 0 eager, 1 lags, 2 stands still */
    bool flush;     /* we closed it, with flush */
    bool spoiled;   /* a send completed with an error */
    bool want_writable;
    bool ended; /* reading answered the end */
    int end_err;
    uint64_t key;
    struct sw_chan *peer;
    struct sw_pend reconf, close;
    /* out */
    struct sw_send *head, *tail;
    uint64_t accepted; /* octets of accepted sends */
    uint64_t done;     /* of these, reported by SENT */
    /* in */
    uint64_t received;
    woad_sim_time opened_at;
    /* progress */
    uint64_t mark;
    woad_sim_time moved_at;
};

struct sw_dev {
    struct swarm *s;
    unsigned index;
    struct woad_sim_dev *dev;
    struct woad_sim_task *ll_task, *host_task;
    struct woad_ll *ll;
    struct woad_host *host;
    struct woad_direct direct;
    void *ll_mem, *host_mem;
    struct woad_addr addr;
    bool in_run, ll_ran, ready, off, reopen;
    bool adv_on, scan_on;
    bool far;
    woad_sim_time
        hurt_until;   /* hangs, has no power, or its host does not know yet that it had none */
    uint32_t handled; /* packets its host has handled, */
    woad_sim_time handled_at; /* and when it last did, or had none */
    woad_sim_time fault_at;   /* then the host is told; 0: never */
    struct sw_pend op[SW_DEV_OPS];
    struct sw_conn conns[SW_CONNS];
    struct sw_chan *chans;
    unsigned chan_count;
};

struct swarm {
    uint64_t seed, rng;
    struct woad_sim *sim;
    unsigned n;
    struct sw_dev dev[SW_DEVS];
    bool in_limits;
    bool hungry; /* allocations fail */
    bool quiet;  /* no new operations: the end */
    bool trace;
    bool failed;
    unsigned depth;        /* of operations inside events */
    woad_sim_time calm_at; /* no fault is under way after */
    unsigned links, channels;
    uint64_t octets;
};

static inline uint64_t sw_next(struct swarm *s)
{
    uint64_t z = s->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t sw_below(struct swarm *s, uint32_t n)
{
    return (uint32_t)(sw_next(s) >> 32) % n;
}

static inline uint32_t sw_range(struct swarm *s, uint32_t low, uint32_t high)
{
    return low + sw_below(s, high - low + 1);
}

static inline bool sw_chance(struct swarm *s, uint32_t one_in)
{
    return sw_below(s, one_in) == 0;
}

__attribute__((format(printf, 2, 3))) static inline void sw_fail(struct swarm *s, const char *fmt,
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
    fprintf(stderr, "\n    repeat with: WOAD_SEED=%llu build/bin/swarm_test\n",
            (unsigned long long)s->seed);
    va_end(args);
}

#define SW_CHECK(s, cond, ...)                                                                     \
    do {                                                                                           \
        if (!(cond))                                                                               \
            sw_fail((s), __VA_ARGS__);                                                             \
    } while (0)

#define SW_TRACE(s, ...)                                                                           \
    do {                                                                                           \
        if ((s)->trace) {                                                                          \
            fprintf(stderr, "%11.6f ", (double)woad_sim_now((s)->sim) * 1e-9);                     \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

/* ---- completions ----------------------------------------------------------------------------- */

static inline void sw_begin(struct swarm *s, struct sw_pend *p)
{
    p->n++;
    p->since = woad_sim_now(s->sim);
}

/* Exactly once: an event that completes nothing is an error unless it may come by itself. */
static inline void sw_end(struct sw_dev *d, struct sw_pend *p, bool alone, const char *what)
{
    SW_CHECK(d->s, p->n || alone, "device %u: %s completes nothing", d->index, what);
    if (p->n)
        p->n--;
}

static inline struct sw_conn *sw_conn(struct sw_dev *d, uint16_t handle)
{
    for (unsigned i = 0; i < SW_CONNS; i++)
        if (d->conns[i].up && d->conns[i].handle == handle)
            return &d->conns[i];
    return NULL;
}

static inline struct sw_chan *sw_chan(struct sw_dev *d, woad_chan handle)
{
    for (unsigned i = d->chan_count; i-- > 0;)
        if (d->chans[i].handle == handle)
            return &d->chans[i];
    return NULL;
}

/* What octet `at` of everything sent under key is. */
static inline uint8_t sw_octet(uint64_t key, uint64_t at)
{
    uint64_t z = (key + at / 8) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint8_t)((z ^ z >> 29) >> at % 8 * 8);
}

#endif
