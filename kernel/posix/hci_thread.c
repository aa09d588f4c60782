#include "hci_thread.h"

#include <stdlib.h>
#include <string.h>

#include "runtime_priv.h"
#include "waker.h"
#include "woad/spsc.h"

#define RING    64u   /* packets in each ring */
#define RX_BUFS 32u   /* of the thread's own pool */
#define RX_SIZE 1284u /* octets of each: any event, and ACL data of 1024 */

/* Four rings: received packets up and their emptied buffers back, packets to send down and done. */
struct packet_ring {
    struct woad_spsc ring;
    struct woad_buf *pkt[RING];
};

struct woad_hci_thread {
    struct woad_transport *transport;
    struct woad_waker waker;
    struct woad_runtime *owner;
    struct packet_ring up, back, down, done;
    struct woad_buf *held; /* owner: received, and the host had no room for it */
    unsigned in_flight;    /* owner: sent and not yet done; at most RING, so that done has room */
    struct woad_buf *next_tx; /* thread: the transport was busy */
    struct woad_pool pool;    /* thread */
    void *pool_mem;
    pthread_t thread;
    atomic_int fault;   /* enum woad_transport_fault that the owner has not seen yet */
    atomic_bool reopen; /* asked by the owner */
    atomic_bool stop;
    bool open;
};

static void put(struct packet_ring *r, struct woad_buf *pkt)
{
    r->pkt[woad_spsc_put_slot(&r->ring)] = pkt;
    woad_spsc_put(&r->ring, 1);
}

static struct woad_buf *get(struct packet_ring *r)
{
    if (!woad_spsc_count(&r->ring))
        return NULL;
    struct woad_buf *pkt = r->pkt[woad_spsc_get_slot(&r->ring)];
    woad_spsc_get(&r->ring, 1);
    return pkt;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    struct woad_hci_thread *t = arg;
    (void)head;
    (void)head_len;
    if (len > RX_SIZE) {
        *discard = true;
        return NULL;
    }
    struct woad_buf *pkt = woad_buf_alloc(&t->pool, 0);
    if (pkt)
        pkt->type = type;
    return pkt;
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    struct woad_hci_thread *t = arg;
    put(&t->up, pkt); /* has room: the pool is smaller */
    woad_runtime_wake(t->owner);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    struct woad_hci_thread *t = arg;
    put(&t->done, pkt);
    woad_runtime_wake(t->owner);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    struct woad_hci_thread *t = arg;
    atomic_store(&t->fault, (int)reason);
    woad_runtime_wake(t->owner);
}

static void up_wake(void *arg)
{
    struct woad_hci_thread *t = arg;
    woad_waker_wake(&t->waker);
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, up_wake};

static bool send_down(struct woad_hci_thread *t)
{
    bool sent = false;
    while (t->next_tx || (t->next_tx = get(&t->down))) {
        int err = woad_transport_tx(t->transport, t->next_tx);
        if (err == WOAD_ERR_AGAIN)
            break;
        if (err) /* dead: the host learns it from the fault */
            up_tx_done(t, t->next_tx);
        t->next_tx = NULL;
        sent = true;
    }
    return sent;
}

static void open_again(struct woad_hci_thread *t)
{
    woad_transport_close(t->transport);
    t->open = woad_transport_open(t->transport, &up, t) == 0;
    if (!t->open)
        up_fault(t, WOAD_FAULT_CLOSED);
}

static void *run(void *arg)
{
    struct woad_hci_thread *t = arg;
    while (!atomic_load(&t->stop)) {
        struct woad_buf *pkt;
        while ((pkt = get(&t->back)))
            woad_buf_unref(pkt);
        if (atomic_exchange(&t->reopen, false))
            open_again(t);
        woad_time now = woad_waker_now();
        woad_time next = WOAD_TIME_NEVER;
        if (t->open)
            next = woad_transport_poll(t->transport, now);
        while (send_down(t) && t->open) /* again: what was done made room */
            next = woad_transport_poll(t->transport, now);
        woad_waker_sleep(&t->waker, t->transport, next);
    }
    return NULL;
}

/* ---- the owner ------------------------------------------------------------------------------- */

/* Copies a packet into the host's own buffer. False: no room now. */
static bool give_to_host(struct woad_host *h, const struct woad_buf *pkt)
{
    bool discard = false;
    uint16_t head_len = pkt->len < 5 ? pkt->len : 5;
    struct woad_buf *copy =
        woad_host_rx_alloc(h, pkt->type, pkt->len, pkt->data, head_len, &discard);
    if (!copy)
        return discard;
    copy->type = pkt->type;
    memcpy(woad_buf_put(copy, pkt->len), pkt->data, pkt->len);
    if (woad_host_rx(h, copy))
        woad_buf_unref(copy);
    return true;
}

void woad_hci_thread_receive(struct woad_runtime *rt)
{
    struct woad_hci_thread *t = rt->hci;
    struct woad_buf *pkt;
    while ((pkt = get(&t->done))) {
        t->in_flight--;
        woad_buf_unref(pkt);
    }
    bool returned = false;
    while (t->held || (t->held = get(&t->up))) {
        if (!give_to_host(rt->cfg.host, t->held))
            break;
        put(&t->back, t->held);
        t->held = NULL;
        returned = true;
    }
    if (returned)
        woad_waker_wake(&t->waker);
    int fault = atomic_exchange(&t->fault, 0);
    if (fault)
        woad_runtime_fault(rt, (enum woad_transport_fault)fault);
    if (woad_runtime_wants_reopen(rt)) {
        atomic_store(&t->reopen, true);
        woad_waker_wake(&t->waker);
    }
}

void woad_hci_thread_send(struct woad_runtime *rt)
{
    struct woad_hci_thread *t = rt->hci;
    struct woad_buf *pkt;
    bool sent = false;
    while (t->in_flight < RING && (pkt = woad_host_tx(rt->cfg.host))) {
        put(&t->down, pkt);
        t->in_flight++;
        sent = true;
    }
    if (sent)
        woad_waker_wake(&t->waker);
    if (t->held) /* there may be room now */
        woad_runtime_wake(rt);
}

int woad_hci_thread_start(struct woad_runtime *rt)
{
    struct woad_hci_thread *t = calloc(1, sizeof(*t));
    void *mem = malloc(woad_pool_mem_size(RX_BUFS, RX_SIZE));
    if (!t || !mem || woad_waker_init(&t->waker)) {
        free(mem);
        free(t);
        return WOAD_ERR_NO_MEM;
    }
    t->transport = rt->cfg.transport;
    t->owner = rt;
    t->pool_mem = mem;
    woad_pool_init(&t->pool, mem, RX_BUFS, RX_SIZE, 0);
    woad_spsc_init(&t->up.ring, RING);
    woad_spsc_init(&t->back.ring, RING);
    woad_spsc_init(&t->down.ring, RING);
    woad_spsc_init(&t->done.ring, RING);
    rt->hci = t;
    int err = woad_transport_open(t->transport, &up, t);
    t->open = err == 0;
    if (!err && pthread_create(&t->thread, NULL, run, t)) {
        woad_transport_close(t->transport);
        err = WOAD_ERR_NO_MEM;
    }
    if (err) {
        woad_waker_deinit(&t->waker);
        free(mem);
        free(t);
        rt->hci = NULL;
    }
    return err;
}

void woad_hci_thread_stop(struct woad_runtime *rt)
{
    struct woad_hci_thread *t = rt->hci;
    atomic_store(&t->stop, true);
    woad_waker_wake(&t->waker);
    pthread_join(t->thread, NULL);
    /* From here on this thread is both sides. close() returns packets through done, which has room
     * for all that are in flight. */
    woad_transport_close(t->transport);
    struct woad_buf *pkt;
    while ((pkt = get(&t->done)) || (pkt = get(&t->down)))
        woad_buf_unref(pkt);
    woad_buf_unref(t->next_tx);
    woad_waker_deinit(&t->waker);
    free(t->pool_mem);
    free(t);
    rt->hci = NULL;
}
