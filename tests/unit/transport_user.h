/* A user of a transport for tests: buffers, a log of what arrived, and a refusal on demand. */
#ifndef WOAD_TEST_TRANSPORT_USER_H
#define WOAD_TEST_TRANSPORT_USER_H

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "woad/transport.h"

enum { USER_BUFS = 40, USER_BUF_SIZE = 2100, USER_LOG_SIZE = 1 << 16 };

struct user {
    struct woad_pool pool;
    void *mem;
    uint8_t log[USER_LOG_SIZE]; /* received packets in H4 form, one behind the other */
    size_t log_len;
    unsigned rx_count;
    unsigned done_count;
    unsigned wakes;
    unsigned faults;
    enum woad_transport_fault fault;
    unsigned refuse;          /* alloc says "no room" that often */
    unsigned asked;           /* calls of alloc */
    uint16_t head_len;        /* of the last call */
    uint8_t discard_subevent; /* drop LE events of this code */
    struct woad_transport *close_on_fault;
};

static struct woad_buf *user_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                   uint16_t head_len, bool *discard)
{
    struct user *u = arg;
    u->asked++;
    u->head_len = head_len;
    if (type == WOAD_PKT_EVT && head[0] == 0x3E && head_len == 3 && u->discard_subevent &&
        head[2] == u->discard_subevent) {
        *discard = true;
        return NULL;
    }
    if (u->refuse) {
        u->refuse--;
        return NULL;
    }
    if (len > USER_BUF_SIZE) {
        *discard = true;
        return NULL;
    }
    return woad_buf_alloc(&u->pool, 0);
}

static void user_rx(void *arg, struct woad_buf *pkt)
{
    struct user *u = arg;
    u->rx_count++;
    assert_true(u->log_len + 1 + pkt->len <= USER_LOG_SIZE);
    u->log[u->log_len++] = pkt->type;
    u->log_len += woad_buf_copy_out(pkt, 0, u->log + u->log_len, woad_buf_total(pkt));
    woad_buf_unref(pkt);
}

static void user_tx_done(void *arg, struct woad_buf *pkt)
{
    struct user *u = arg;
    u->done_count++;
    woad_buf_unref(pkt);
}

static void user_fault(void *arg, enum woad_transport_fault reason)
{
    struct user *u = arg;
    u->faults++;
    u->fault = reason;
    if (u->close_on_fault)
        woad_transport_close(u->close_on_fault);
}

static void user_wake(void *arg)
{
    struct user *u = arg;
    u->wakes++;
}

static const struct woad_transport_up user_up = {
    .alloc = user_alloc,
    .rx = user_rx,
    .tx_done = user_tx_done,
    .fault = user_fault,
    .wake = user_wake,
};

static struct user *user_new(void)
{
    struct user *u = calloc(1, sizeof(*u));
    assert_non_null(u);
    u->mem = malloc(woad_pool_mem_size(USER_BUFS, USER_BUF_SIZE));
    assert_non_null(u->mem);
    woad_pool_init(&u->pool, u->mem, USER_BUFS, USER_BUF_SIZE, 0);
    return u;
}

/* Every buffer has come home: nothing leaked, nothing was returned twice. */
static void user_free(struct user *u)
{
    assert_int_equal(u->pool.free_count, u->pool.count);
    free(u->mem);
    free(u);
}

/* A packet to send, from its H4 form. */
static inline struct woad_buf *user_packet(struct user *u, const void *h4, size_t len)
{
    struct woad_buf *pkt = woad_buf_alloc(&u->pool, 0);
    assert_non_null(pkt);
    const uint8_t *octets = h4;
    pkt->type = octets[0];
    memcpy(woad_buf_put(pkt, (uint16_t)(len - 1)), octets + 1, len - 1);
    return pkt;
}

/* What arrived is exactly this, in H4 form. */
#define assert_received(u, octets, len)                                                            \
    do {                                                                                           \
        assert_int_equal((u)->log_len, (len));                                                     \
        assert_memory_equal((u)->log, (octets), (len));                                            \
    } while (0)

#endif
