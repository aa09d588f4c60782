/* The H4 parser against a plain second parser of the same stream, under cuts and refusals chosen by
 * the input. First octet: seed of the cuts and refusals; second: which types are accepted. */
#include <stdlib.h>
#include <string.h>

#include "woad/h4.h"

enum { BUF_SIZE = 4096, LEN_MAX = 4000 };

struct check {
    struct woad_pool pool;
    const uint8_t *stream; /* what the next packet must look like */
    size_t len;
    size_t at;
    uint32_t seed;
    unsigned refusals;
};

static uint32_t random_of(struct check *c)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return c->seed >> 16;
}

static void require(int ok)
{
    if (!ok)
        abort();
}

/* Octets of the packet at p (type octet included); 0: more are needed; SIZE_MAX: no packet. */
static size_t packet_len(const uint8_t *p, size_t left, uint8_t types)
{
    size_t head = p[0] == 1 || p[0] == 3 ? 3 : p[0] == 2 || p[0] == 5 ? 4 : 2;
    if (p[0] < 1 || p[0] > 5 || !(types >> p[0] & 1))
        return SIZE_MAX;
    if (left < 1 + head)
        return 0;
    size_t len = p[0] == 2   ? (size_t)(p[3] | p[4] << 8)
                 : p[0] == 5 ? (size_t)(p[3] | (p[4] & 0x3F) << 8)
                             : p[head];
    if (head + len > LEN_MAX)
        return SIZE_MAX;
    return left < 1 + head + len ? 0 : 1 + head + len;
}

static struct woad_buf *alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                              uint16_t head_len, bool *discard)
{
    struct check *c = arg;
    (void)discard;
    require(head_len >= 2 && head_len <= len && len <= LEN_MAX);
    require(c->stream[c->at] == type && memcmp(c->stream + c->at + 1, head, head_len) == 0);
    if (random_of(c) % 4 == 0 && c->refusals++ < 1000)
        return NULL;
    return woad_buf_alloc(&c->pool, 0);
}

static void rx(void *arg, struct woad_buf *pkt)
{
    struct check *c = arg;
    require(woad_h4_valid(pkt));
    require(c->at + 1 + pkt->len <= c->len && c->stream[c->at] == pkt->type);
    require(memcmp(c->stream + c->at + 1, pkt->data, pkt->len) == 0);
    c->at += 1 + (size_t)pkt->len;
    woad_buf_unref(pkt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_transport_up up = {.alloc = alloc, .rx = rx};
    if (size < 2)
        return 0;
    struct check c = {.stream = data + 2, .len = size - 2, .seed = data[0]};
    uint8_t types = data[1] & 1 ? WOAD_H4_FROM_HOST : WOAD_H4_FROM_CONTROLLER;
    void *mem = malloc(woad_pool_mem_size(2, BUF_SIZE));
    woad_pool_init(&c.pool, mem, 2, BUF_SIZE, 0);
    struct woad_h4 h;
    woad_h4_init(
        &h, &(struct woad_h4_cfg){.up = &up, .up_arg = &c, .types = types, .len_max = LEN_MAX});
    size_t fed = 0;
    int err = 0;
    while (err != WOAD_ERR_FORMAT && (fed < c.len || err == WOAD_ERR_AGAIN)) {
        size_t n = random_of(&c) % 2 ? 1 + random_of(&c) % 8 : c.len;
        if (n > c.len - fed)
            n = c.len - fed;
        size_t used;
        err = woad_h4_rx(&h, c.stream + fed, n, &used);
        require(used <= n);
        require(err || used == n);
        fed += used;
    }
    /* The parser stops exactly where the second opinion says. */
    size_t want = c.at < c.len ? packet_len(c.stream + c.at, c.len - c.at, types) : 0;
    require(err == WOAD_ERR_FORMAT ? want == SIZE_MAX : want == 0);
    woad_h4_deinit(&h);
    require(c.pool.free_count == 2);
    free(mem);
    return 0;
}
