/* Devices for tests of the execution models: two in one world, the hosts pumped by woad/runtime.h.
 *
 *   virtual    one thread; runtime, direct transport and link layer are tasks of the simulator
 *   real time  the world and its controllers have a thread; the hosts reach them over socket pairs
 */
#ifndef WOAD_TEST_DEVICE_H
#define WOAD_TEST_DEVICE_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "woad/crypto.h"
#include "woad/gap.h"
#include "woad/ll.h"
#include "woad/pipe_posix.h"
#include "woad/runtime.h"
#include "woad/sim.h"
#include "woad/stream.h"
#include "woad/transport_direct.h"
#include "woad/transport_h4.h"

#define WORLD_SPEED  8u /* the world in real time runs this many times faster */
#define H4_RING_SIZE 16384u

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* One end of H4 over a socket. */
struct wire {
    struct woad_pipe_posix pipe;
    struct woad_h4_transport h4;
    uint8_t ring[H4_RING_SIZE];
};

static inline void wire_init(struct wire *w, int fd, uint8_t types)
{
    MUST(woad_pipe_fd_init(&w->pipe, fd) == 0);
    MUST(woad_h4_transport_init(&w->h4, &(struct woad_h4_transport_cfg){.pipe = &w->pipe.pipe,
                                                                        .ring = w->ring,
                                                                        .ring_size = H4_RING_SIZE,
                                                                        .types = types}) == 0);
}

struct world {
    struct woad_sim *sim;
    bool is_virtual;
    pthread_t thread; /* real time */
    atomic_bool stop;
    struct device *devices[2];
};

struct device {
    struct world *world;
    struct woad_sim_dev *dev;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    struct woad_host *host;
    struct woad_runtime rt;
    struct woad_runtime_clock clock;
    struct woad_direct direct;    /* virtual */
    struct wire host_end, ll_end; /* real time */
    struct woad_buf *ll_out;      /* real time: the wire was busy */
    void *ll_mem, *host_mem;
    uint32_t seed;
    struct woad_sem ready, connected, gone;
    struct device *peer; /* whom to connect to; NULL: advertises */
    struct woad_addr addr;
    uint16_t conn;
    /* a second application loop, in HCI_THREAD and COOP in real time */
    pthread_t loop;
    bool has_loop;
    atomic_bool stop;
};

/* ---- virtual time --------------------------------------------------------------------------- */

static inline woad_time device_now(void *arg)
{
    return woad_sim_dev_now(((struct device *)arg)->dev);
}

static inline int device_advance(void *arg, woad_time until_us)
{
    struct device *d = arg;
    (void)until_us; /* the runtime's task ends there */
    return woad_sim_step(d->world->sim) ? 0 : WOAD_ERR_EOF;
}

static inline void device_wake(void *arg)
{
    woad_sim_task_wake(((struct device *)arg)->task);
}

static inline woad_time device_run_virtual(void *arg, woad_time now_us)
{
    struct device *d = arg;
    woad_time next = woad_ll_run(d->ll, now_us);
    return woad_time_min(next, woad_runtime_run(&d->rt, now_us));
}

/* ---- real time: the controller's end of the wire --------------------------------------------- */

static inline struct woad_buf *ll_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                        uint16_t head_len, bool *discard)
{
    (void)head;
    (void)head_len;
    (void)discard;
    return woad_ll_rx_alloc(((struct device *)arg)->ll, type, len);
}

static inline void ll_rx(void *arg, struct woad_buf *pkt)
{
    MUST(woad_ll_rx(((struct device *)arg)->ll, pkt) == 0);
}

static inline void ll_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static inline void ll_fault(void *arg, enum woad_transport_fault reason)
{
    (void)arg;
    (void)reason; /* the host closed its end */
}

static inline woad_time device_run_ll(void *arg, woad_time now_us)
{
    struct device *d = arg;
    struct woad_transport *t = &d->ll_end.h4.transport;
    woad_time next = woad_transport_poll(t, now_us);
    next = woad_time_min(next, woad_ll_run(d->ll, now_us));
    while (d->ll_out || (d->ll_out = woad_ll_tx(d->ll))) {
        int err = woad_transport_tx(t, d->ll_out);
        if (err == WOAD_ERR_AGAIN)
            break;
        if (err)
            woad_buf_unref(d->ll_out);
        d->ll_out = NULL;
    }
    return woad_time_min(next, woad_transport_poll(t, now_us));
}

static inline uint64_t world_wall_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void *world_run(void *arg)
{
    struct world *w = arg;
    uint64_t last = world_wall_ns();
    while (!atomic_load(&w->stop)) {
        struct pollfd p[2];
        for (unsigned i = 0; i < 2; i++)
            p[i] = (struct pollfd){.fd = w->devices[i]->ll_end.h4.transport.fd, .events = POLLIN};
        struct timespec nap = {.tv_nsec = 200000};
        (void)ppoll(p, 2, &nap, NULL);
        /* After a long pause of this thread the hosts get their word in every 10 ms all the same.
         */
        uint64_t now = world_wall_ns();
        uint64_t step = (now - last) * WORLD_SPEED;
        last = now;
        for (unsigned i = 0; i < 2; i++)
            woad_sim_task_wake(w->devices[i]->task);
        woad_sim_run_until(w->sim, woad_sim_now(w->sim) + (step < 10000000u ? step : 10000000u));
    }
    return NULL;
}

/* ---- both -------------------------------------------------------------------------------------
 */

/* Not the simulator's: a host in real time is not in its thread. */
static inline void device_rand(void *arg, uint8_t *to, size_t len)
{
    struct device *d = arg;
    while (len--) {
        d->seed = d->seed * 1664525u + 1013904223u;
        *to++ = (uint8_t)(d->seed >> 24);
    }
}

static inline void device_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct device *d = arg;
    switch (evt->type) {
    case WOAD_EVT_READY:
        if (d->peer)
            MUST(woad_gap_connect(h, &d->peer->addr,
                                  &(struct woad_conn_params){.interval_min_1250us = 24}) == 0);
        else
            MUST(woad_gap_advertise_start(h, &(struct woad_adv_params){.interval_min_625us = 32}) ==
                 0);
        woad_sem_give(&d->ready);
        break;
    case WOAD_EVT_CONNECTED:
        d->conn = evt->conn;
        woad_sem_give(&d->connected);
        break;
    case WOAD_EVT_DISCONNECTED: woad_sem_give(&d->gone); break;
    default: break;
    }
}

static inline void *device_loop(void *arg)
{
    struct device *d = arg;
    while (!atomic_load(&d->stop))
        MUST(woad_runtime_turn(&d->rt, WOAD_TIME_NEVER) == 0);
    return NULL;
}

static inline void device_build_ll(struct device *d, unsigned index)
{
    struct woad_ll_cfg ll = {
        .radio = woad_sim_radio(d->dev),
        .public_addr = {(uint8_t)(index + 1), 0, 0, 0xFF, 0xEE, 0xC0},
        .rand = woad_sim_rand,
        .rand_arg = d->dev,
    };
    size_t size = woad_ll_mem_size(&ll);
    MUST((d->ll_mem = malloc(size)));
    MUST(woad_ll_init(d->ll_mem, size, &ll, &d->ll) == 0);
    memcpy(d->addr.val, ll.public_addr, 6);
    woad_sim_attach(d->dev, d->ll);
}

/* Set by a test whose hosts need more. */
static void (*device_configure)(struct device *d, struct woad_host_cfg *host);

static inline void device_build_host(struct device *d)
{
    struct woad_host_cfg host = {
        .event = device_event, .event_arg = d, .rand = device_rand, .rand_arg = d, .max_sends = 64};
    if (device_configure)
        device_configure(d, &host);
    size_t size = woad_host_mem_size(&host);
    MUST((d->host_mem = malloc(size)));
    MUST(woad_host_init(d->host_mem, size, &host, &d->host) == 0);
}

static inline void device_join(struct device *d)
{
    struct world *w = d->world;
    if (w->is_virtual) {
        d->clock = (struct woad_runtime_clock){device_now, device_advance, device_wake, d};
        woad_direct_init(&d->direct, d->ll, woad_sim_task_wake, d->task);
        return;
    }
    static const struct woad_transport_up up = {ll_alloc, ll_rx, ll_tx_done, ll_fault, NULL};
    int fds[2];
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    wire_init(&d->host_end, fds[0], WOAD_H4_FROM_CONTROLLER);
    wire_init(&d->ll_end, fds[1], WOAD_H4_FROM_HOST);
    MUST(woad_transport_open(&d->ll_end.h4.transport, &up, d) == 0);
}

static inline void device_init(struct device *d, struct world *w, unsigned index,
                               enum woad_run_model model)
{
    memset(d, 0, sizeof(*d));
    d->world = w;
    d->seed = index + 1;
    w->devices[index] = d;
    MUST(woad_crypto_init() == 0);
    MUST((d->dev = woad_sim_add(w->sim, &(struct woad_sim_dev_cfg){.x_m = index})));
    device_build_ll(d, index);
    device_build_host(d);
    d->task = woad_sim_task_add(d->dev, w->is_virtual ? device_run_virtual : device_run_ll, d);
    MUST(d->task);
    woad_ll_set_wake(d->ll, woad_sim_task_wake, d->task);
    device_join(d);
    MUST(woad_runtime_init(&d->rt, &(struct woad_runtime_cfg){
                                       .model = model,
                                       .host = d->host,
                                       .transport = w->is_virtual ? &d->direct.transport
                                                                  : &d->host_end.h4.transport,
                                       .clock = w->is_virtual ? &d->clock : NULL,
                                   }) == 0);
    woad_sem_init(&d->ready, d->rt.kernel, 0);
    woad_sem_init(&d->connected, d->rt.kernel, 0);
    woad_sem_init(&d->gone, d->rt.kernel, 0);
}

/* loop: nobody else pumps this device: a thread does. */
static inline void device_start(struct device *d, bool loop)
{
    MUST(woad_host_start(d->host) == 0);
    MUST(woad_runtime_start(&d->rt) == 0);
    d->has_loop = loop && !d->world->is_virtual && d->rt.cfg.model != WOAD_RUN_THREADED;
    if (d->has_loop)
        MUST(pthread_create(&d->loop, NULL, device_loop, d) == 0);
}

static inline void device_stop(struct device *d)
{
    if (d->has_loop) {
        atomic_store(&d->stop, true);
        woad_runtime_wake(&d->rt);
        pthread_join(d->loop, NULL);
    }
    woad_runtime_stop(&d->rt);
}

static inline void device_deinit(struct device *d)
{
    struct woad_host_stats stats;
    woad_runtime_deinit(&d->rt);
    if (!d->world->is_virtual) {
        woad_transport_close(&d->ll_end.h4.transport);
        woad_buf_unref(d->ll_out);
        woad_pipe_posix_deinit(&d->ll_end.pipe);
        woad_pipe_posix_deinit(&d->host_end.pipe);
    }
    woad_ll_deinit(d->ll);
    woad_host_get_stats(d->host, &stats);
    woad_host_deinit(d->host);
    free(d->ll_mem);
    free(d->host_mem);
}

/* Two devices; a connects to b. b's application is event-driven. */
static inline void world_start(struct world *w, struct device *a, struct device *b,
                               enum woad_run_model model, bool is_virtual, uint64_t seed,
                               uint16_t loss_permille)
{
    memset(w, 0, sizeof(*w));
    w->is_virtual = is_virtual;
    MUST((w->sim =
              woad_sim_new(&(struct woad_sim_cfg){.seed = seed, .loss_permille = loss_permille})));
    device_init(a, w, 0, model);
    device_init(b, w, 1, model);
    a->peer = b;
    if (!is_virtual)
        MUST(pthread_create(&w->thread, NULL, world_run, w) == 0);
}

static inline uint64_t world_stop(struct world *w, struct device *a, struct device *b)
{
    device_stop(a);
    device_stop(b);
    if (!w->is_virtual) {
        atomic_store(&w->stop, true);
        pthread_join(w->thread, NULL);
    }
    uint64_t hash = woad_sim_hash(w->sim);
    device_deinit(a);
    device_deinit(b);
    woad_sim_free(w->sim);
    return hash;
}

#endif
