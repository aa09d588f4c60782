#include "node.h"

#include "woad/crypto.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the transport wants of its user: the host ------------------------------------------ */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    return woad_host_rx_alloc(((struct node *)arg)->host, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    if (woad_host_rx(((struct node *)arg)->host, pkt) < 0)
        woad_buf_unref(pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    (void)reason;
    woad_host_fault(((struct node *)arg)->host, "the transport failed");
}

static void up_wake(void *arg)
{
    woad_sim_task_wake(((struct node *)arg)->task);
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, up_wake};

/* ---- the pump -------------------------------------------------------------------------------- */

static woad_time run(void *arg, woad_time now_us)
{
    struct node *n = arg;
    woad_time next = woad_ll_run(n->ll, now_us);
    next = woad_time_min(next, woad_transport_poll(n->transport, now_us));
    next = woad_time_min(next, woad_host_run(n->host, now_us));
    struct woad_buf *pkt;
    while ((pkt = woad_host_tx(n->host)))
        if (woad_transport_tx(n->transport, pkt) < 0) {
            woad_host_tx_undo(n->host, pkt);
            break;
        }
    return next;
}

static int build_ll(struct node *n, const struct node_cfg *cfg)
{
    struct woad_ll_cfg ll = cfg->ll;
    ll.radio = woad_sim_radio(n->dev);
    ll.rand = woad_sim_rand;
    ll.rand_arg = n->dev;
    static const uint8_t base[6] = {0, 0, 0, 0xFF, 0xEE, 0xC0};
    memcpy(ll.public_addr, base, sizeof(base));
    ll.public_addr[0] = (uint8_t)(woad_sim_index(n->dev) + 1);
    ll.public_addr[1] = (uint8_t)((woad_sim_index(n->dev) + 1) >> 8);
    size_t size = woad_ll_mem_size(&ll);
    n->ll_mem = malloc(size);
    return n->ll_mem ? woad_ll_init(n->ll_mem, size, &ll, &n->ll) : WOAD_ERR_NO_MEM;
}

static int build_host(struct node *n, const struct node_cfg *cfg)
{
    struct woad_host_cfg host = cfg->host;
    host.rand = woad_sim_rand;
    host.rand_arg = n->dev;
    size_t size = woad_host_mem_size(&host);
    n->host_mem = malloc(size);
    return n->host_mem ? woad_host_init(n->host_mem, size, &host, &n->host) : WOAD_ERR_NO_MEM;
}

int node_init(struct node *n, struct woad_sim *sim, const struct node_cfg *cfg)
{
    *n = (struct node){.name = cfg->name};
    int err = woad_crypto_init();
    if (err < 0)
        return err;
    n->dev = woad_sim_add(sim, &cfg->dev);
    if (!n->dev)
        return WOAD_ERR_NO_MEM;
    err = build_ll(n, cfg);
    if (err < 0)
        return err;
    woad_sim_attach(n->dev, n->ll);
    err = build_host(n, cfg);
    if (err < 0)
        return err;
    n->task = woad_sim_task_add(n->dev, run, n);
    if (!n->task)
        return WOAD_ERR_NO_MEM;
    woad_host_set_wake(n->host, woad_sim_task_wake, n->task);
    woad_ll_set_wake(n->ll, woad_sim_task_wake, n->task);
    woad_direct_init(&n->direct, n->ll, woad_sim_task_wake, n->task);
    n->transport = &n->direct.transport;
    if (cfg->wrap)
        n->transport = cfg->wrap(cfg->wrap_arg, n->transport);
    return woad_transport_open(n->transport, &up, n);
}

void node_deinit(struct node *n)
{
    if (n->transport)
        woad_transport_close(n->transport);
    if (n->host)
        woad_host_deinit(n->host);
    if (n->ll)
        woad_ll_deinit(n->ll);
    free(n->host_mem);
    free(n->ll_mem);
    *n = (struct node){0};
}

void node_wake(struct node *n)
{
    woad_sim_task_wake(n->task);
}
