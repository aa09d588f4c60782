/* The world of `woad ether`: controllers, and the way of packets between them and their hosts. */
#include "ether.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#include "woad/crypto.h"

/* Octets of the longest packet a host may send: a command; ACL data is checked by its own limit. */
enum { HOST_PACKET_MAX = 1024, SETTLE_ROUNDS_MAX = 1000 };

static void mark_dirty(struct ether_dev *dev)
{
    if (dev->dirty)
        return;
    dev->dirty = true;
    dev->ether->dirty[dev->ether->dirty_count++] = dev;
}

/* ---- from the host -----------------------------------------------------------------------------
 */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    struct ether_dev *dev = arg;
    (void)head;
    (void)head_len;
    if (dev->ether->running || dev->from_host)
        return NULL;
    uint16_t acl_max = 251 + 4;
    *discard =
        (type != WOAD_PKT_CMD && type != WOAD_PKT_ACL) || (type == WOAD_PKT_ACL && len > acl_max);
    dev->dropped += *discard;
    return *discard ? NULL : woad_ll_rx_alloc(dev->ll, type, len);
}

/* Gives the link layer what it refused before. */
static void push_to_ll(struct ether_dev *dev)
{
    struct woad_buf *pkt = dev->from_host;
    if (!pkt)
        return;
    int err = woad_ll_rx(dev->ll, pkt);
    if (err == WOAD_ERR_AGAIN)
        return;
    dev->from_host = NULL;
    if (err < 0) {
        dev->dropped++;
        woad_buf_unref(pkt);
    }
    mark_dirty(dev); /* there may be more behind it */
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    struct ether_dev *dev = arg;
    dev->from_host = pkt;
    push_to_ll(dev);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    struct ether_dev *dev = arg;
    dev->lost = true;
    mark_dirty(dev);
    if (reason == WOAD_FAULT_FRAMING)
        tool_error("dev%u: the host sent something that is no HCI packet; it was disconnected",
                   dev->index);
}

static const struct woad_transport_up dev_up = {
    .alloc = up_alloc,
    .rx = up_rx,
    .tx_done = up_tx_done,
    .fault = up_fault,
};

/* ---- to the host -------------------------------------------------------------------------------
 */

/* Moves packets of the link layer into the transport's queue, and lets it write when that is full.
 */
static void drain(struct ether_dev *dev)
{
    for (;;) {
        if (!dev->to_host)
            dev->to_host = woad_ll_tx(dev->ll);
        if (!dev->to_host)
            return;
        int err = WOAD_ERR_FAULT;
        if (dev->connected && !dev->lost) {
            err = woad_transport_tx(&dev->h4.transport, dev->to_host);
            if (err == WOAD_ERR_AGAIN) {
                woad_transport_poll(&dev->h4.transport, 0);
                err = dev->lost ? WOAD_ERR_FAULT
                                : woad_transport_tx(&dev->h4.transport, dev->to_host);
            }
            if (err == WOAD_ERR_AGAIN)
                return;
        }
        if (err < 0)
            woad_buf_unref(dev->to_host); /* nobody is there */
        else
            dev->ether->delivered++;
        dev->to_host = NULL;
    }
}

static void set_blocked(struct ether_dev *dev, bool blocked)
{
    if (dev->blocked != blocked)
        dev->ether->blocked_count += blocked ? 1u : -1u;
    dev->blocked = blocked;
}

/* The host has gone: its controller forgets everything, as the next host expects. */
static void detach(struct ether_dev *dev)
{
    woad_transport_close(&dev->h4.transport);
    woad_pipe_posix_deinit(&dev->pipe);
    woad_buf_unref(dev->from_host);
    woad_buf_unref(dev->to_host);
    dev->from_host = NULL;
    dev->to_host = NULL;
    dev->connected = false;
    dev->lost = false;
    dev->ether->connected_count--;
    set_blocked(dev, false);
    woad_sim_power_cycle(dev->sim);
    if (dev->ether->cfg.gone)
        dev->ether->cfg.gone(dev->ether->cfg.arg, dev);
}

/* The task of a device in the world. */
static woad_time dev_run(void *arg, woad_time now_us)
{
    struct ether_dev *dev = arg;
    woad_time next = woad_ll_run(dev->ll, now_us);
    if (dev->from_host) {
        push_to_ll(dev);
        next = woad_ll_run(dev->ll, now_us);
    }
    drain(dev);
    mark_dirty(dev);
    return next;
}

static void run_world(struct ether *e, woad_sim_time t)
{
    e->running = true;
    woad_sim_run_until(e->sim, t);
    e->running = false;
}

/* Reads and writes at the endpoint of dev, once. */
static void move(struct ether_dev *dev)
{
    if (dev->connected && !dev->lost)
        woad_transport_poll(&dev->h4.transport, 0);
    push_to_ll(dev);
    drain(dev);
    if (dev->connected && !dev->lost && woad_h4_transport_pending(&dev->h4))
        woad_transport_poll(&dev->h4.transport, 0);
    if (dev->lost && dev->connected)
        detach(dev);
    set_blocked(dev, dev->connected && (dev->to_host || woad_h4_transport_pending(&dev->h4)));
}

/* Until nothing moves any more at this time. A host that answers each packet at once could keep
 * this up for ever: the rounds are bounded, and the event loop comes back. */
static void settle(struct ether *e)
{
    for (int round = 0; e->dirty_count && round < SETTLE_ROUNDS_MAX; round++) {
        unsigned count = e->dirty_count;
        for (unsigned i = 0; i < count; i++) {
            e->dirty[i]->dirty = false;
            move(e->dirty[i]);
        }
        /* Those that became dirty meanwhile stand behind. */
        e->dirty_count -= count;
        memmove(e->dirty, e->dirty + count, e->dirty_count * sizeof(e->dirty[0]));
        if (woad_sim_next(e->sim) <= woad_sim_now(e->sim))
            run_world(e, woad_sim_now(e->sim));
    }
}

void ether_service(struct ether_dev *dev)
{
    mark_dirty(dev);
    settle(dev->ether);
}

void ether_service_all(struct ether *e)
{
    enum { BATCH = 64 };
    struct pollfd fds[BATCH];
    struct ether_dev *who[BATCH];
    for (unsigned i = 0; i < e->cfg.devices;) {
        nfds_t n = 0;
        for (; i < e->cfg.devices && n < BATCH; i++) {
            struct ether_dev *dev = &e->devs[i];
            if (!dev->connected || !(dev->h4.transport.wants & WOAD_WANT_READ))
                continue;
            fds[n] = (struct pollfd){.fd = dev->h4.transport.fd, .events = POLLIN};
            who[n++] = dev;
        }
        if (!n || poll(fds, n, 0) <= 0)
            continue;
        for (nfds_t k = 0; k < n; k++)
            if (fds[k].revents)
                mark_dirty(who[k]);
    }
    settle(e);
}

void ether_advance(struct ether *e, woad_sim_time t)
{
    run_world(e, t);
    settle(e);
}

/* ---- hosts come --------------------------------------------------------------------------------
 */

static int open_transport(struct ether_dev *dev)
{
    int err = woad_h4_transport_init(&dev->h4, &(struct woad_h4_transport_cfg){
                                                   .pipe = &dev->pipe.pipe,
                                                   .ring = dev->ring,
                                                   .ring_size = sizeof(dev->ring),
                                                   .types = WOAD_H4_FROM_HOST,
                                                   .len_max = HOST_PACKET_MAX,
                                                   .tx_max = 64,
                                               });
    if (!err)
        err = woad_transport_open(&dev->h4.transport, &dev_up, dev);
    if (err) {
        woad_pipe_posix_deinit(&dev->pipe);
        return err;
    }
    dev->connected = true;
    dev->ether->connected_count++;
    return 0;
}

int ether_attach(struct ether_dev *dev, int fd)
{
    int err = woad_pipe_fd_init(&dev->pipe, fd);
    if (err) {
        close(fd);
        return err;
    }
    return open_transport(dev);
}

int ether_attach_pty(struct ether_dev *dev)
{
    int err = woad_pipe_pty_init(&dev->pipe);
    return err ? err : open_transport(dev);
}

/* ---- the world ---------------------------------------------------------------------------------
 */

static int add_device(struct ether *e, unsigned index)
{
    struct ether_dev *dev = &e->devs[index];
    dev->ether = e;
    dev->index = index;
    dev->pipe.pipe.fd = -1;
    dev->pipe.slave_fd = -1;
    /* A locally administered address per endpoint: 02:57:4F:41 and the number from 1. */
    const uint8_t addr[6] = {
        (uint8_t)(index + 1), (uint8_t)((index + 1) >> 8), 0x41, 0x4F, 0x57, 2};
    memcpy(dev->public_addr, addr, 6);
    dev->sim = woad_sim_add(e->sim, &(struct woad_sim_dev_cfg){.x_m = index});
    if (!dev->sim)
        return TOOL_IO;
    struct woad_ll_cfg cfg = {
        .radio = woad_sim_radio(dev->sim), .rand = woad_sim_rand, .rand_arg = dev->sim};
    memcpy(cfg.public_addr, addr, 6);
    size_t size = woad_ll_mem_size(&cfg);
    dev->ll_mem = malloc(size);
    if (!dev->ll_mem || woad_ll_init(dev->ll_mem, size, &cfg, &dev->ll) < 0)
        return TOOL_IO;
    woad_sim_attach(dev->sim, dev->ll);
    dev->task = woad_sim_task_add(dev->sim, dev_run, dev);
    if (!dev->task)
        return TOOL_IO;
    woad_ll_set_wake(dev->ll, woad_sim_task_wake, dev->task);
    return 0;
}

static int open_captures(struct ether *e)
{
    const struct ether_cfg *cfg = &e->cfg;
    if (cfg->capture && woad_sim_capture_open(e->sim, cfg->capture) < 0) {
        tool_error("cannot write the capture %s", cfg->capture);
        return TOOL_IO;
    }
    if (cfg->dump_dir && woad_sim_dump_open(e->sim, cfg->dump_dir) < 0) {
        tool_error("cannot write dumps in %s: it has to be a folder one may write in",
                   cfg->dump_dir);
        return TOOL_IO;
    }
    return 0;
}

int ether_init(struct ether *e, const struct ether_cfg *cfg)
{
    *e = (struct ether){.cfg = *cfg};
    e->sim = woad_sim_new(&cfg->sim);
    e->devs = calloc(cfg->devices, sizeof(*e->devs));
    /* Twice: while one round is worked off, each device may be marked again. */
    e->dirty = calloc(2 * (size_t)cfg->devices, sizeof(*e->dirty));
    /* The controllers encrypt: without this no link of theirs would survive it. */
    int rc = e->sim && e->devs && e->dirty && woad_crypto_init() == 0 ? 0 : TOOL_IO;
    for (unsigned i = 0; !rc && i < cfg->devices; i++)
        rc = add_device(e, i);
    if (rc)
        tool_error("not enough memory for %u devices", cfg->devices);
    else
        rc = open_captures(e);
    if (rc)
        (void)ether_deinit(e);
    return rc;
}

int ether_deinit(struct ether *e)
{
    int rc = 0;
    for (unsigned i = 0; e->devs && i < e->cfg.devices; i++) {
        struct ether_dev *dev = &e->devs[i];
        if (dev->connected) {
            e->cfg.gone = NULL;
            detach(dev);
        }
        if (dev->ll)
            woad_ll_deinit(dev->ll);
    }
    if (e->sim && woad_sim_flush(e->sim) < 0)
        rc = TOOL_IO;
    if (e->sim && woad_sim_capture_close(e->sim) < 0)
        rc = TOOL_IO;
    if (rc)
        tool_error("the capture or a dump could not be written whole: is the disk full?");
    if (e->sim)
        woad_sim_free(e->sim);
    for (unsigned i = 0; e->devs && i < e->cfg.devices; i++)
        free(e->devs[i].ll_mem);
    free(e->devs);
    free(e->dirty);
    *e = (struct ether){0};
    return rc;
}
