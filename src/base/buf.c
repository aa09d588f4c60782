#include "woad/buf.h"

#include <stdalign.h>
#include <string.h>

#include "woad/config.h"

static size_t item_size(uint16_t size)
{
    size_t align = alignof(struct woad_buf);
    return (sizeof(struct woad_buf) + size + align - 1) / align * align;
}

size_t woad_pool_mem_size(uint16_t count, uint16_t size)
{
    return item_size(size) * count;
}

void woad_pool_init(struct woad_pool *pool, void *mem, uint16_t count, uint16_t size,
                    uint16_t reserve)
{
    WOAD_ASSERT(reserve <= count);
    *pool = (struct woad_pool){
        .count = count,
        .free_count = count,
        .free_min = count,
        .reserve = reserve,
        .buf_size = size,
    };
    /* Chained from the end so that the first buffer is the first given out. */
    for (uint16_t i = count; i-- > 0;) {
        struct woad_buf *buf = (void *)((uint8_t *)mem + i * item_size(size));
        buf->pool = pool;
        buf->size = size;
        buf->ref = 0;
        buf->next = pool->free;
        pool->free = buf;
    }
}

static struct woad_buf *take(struct woad_pool *pool, uint16_t headroom, uint16_t keep)
{
    bool injected = WOAD_ALLOC_FAULTS && pool->fail_at && --pool->fail_at == 0;
    if (injected || pool->free_count <= keep || headroom > pool->buf_size) {
        pool->failed++;
        return NULL;
    }
    struct woad_buf *buf = pool->free;
    pool->free = buf->next;
    if (--pool->free_count < pool->free_min)
        pool->free_min = pool->free_count;
    buf->next = NULL;
    buf->data = buf->storage + headroom;
    buf->ext = NULL;
    buf->ext_ref = NULL;
    buf->user = NULL;
    buf->len = 0;
    buf->ext_len = 0;
    buf->handle = 0;
    buf->type = WOAD_PKT_NONE;
    buf->flags = 0;
    buf->mark = 0;
    buf->ref = 1;
    return buf;
}

struct woad_buf *woad_buf_alloc(struct woad_pool *pool, uint16_t headroom)
{
    return take(pool, headroom, pool->reserve);
}

struct woad_buf *woad_buf_alloc_reserved(struct woad_pool *pool, uint16_t headroom)
{
    return take(pool, headroom, 0);
}

struct woad_buf *woad_buf_ref(struct woad_buf *buf)
{
    WOAD_ASSERT(buf->ref > 0 && buf->ref < UINT8_MAX);
    buf->ref++;
    return buf;
}

void woad_buf_unref(struct woad_buf *buf)
{
    /* A loop, not a recursion: ext_ref may chain. */
    while (buf) {
        WOAD_ASSERT(buf->ref > 0);
        if (--buf->ref > 0)
            return;
        struct woad_pool *pool = buf->pool;
        if (pool->released)
            pool->released(pool->released_arg, buf);
        struct woad_buf *lender = buf->ext_ref;
        buf->next = pool->free;
        pool->free = buf;
        pool->free_count++;
        buf = lender;
    }
}

uint8_t *woad_buf_push(struct woad_buf *buf, uint16_t n)
{
    WOAD_ASSERT(woad_buf_headroom(buf) >= n);
    buf->data -= n;
    buf->len = (uint16_t)(buf->len + n);
    return buf->data;
}

uint8_t *woad_buf_put(struct woad_buf *buf, uint16_t n)
{
    WOAD_ASSERT(woad_buf_tailroom(buf) >= n && !buf->ext_len);
    uint8_t *p = buf->data + buf->len;
    buf->len = (uint16_t)(buf->len + n);
    return p;
}

uint8_t *woad_buf_pull(struct woad_buf *buf, uint16_t n)
{
    WOAD_ASSERT(n <= buf->len);
    buf->data += n;
    buf->len = (uint16_t)(buf->len - n);
    return buf->data;
}

size_t woad_buf_copy_out(const struct woad_buf *buf, size_t offset, void *to, size_t len)
{
    size_t total = woad_buf_total(buf);
    if (offset >= total)
        return 0;
    if (len > total - offset)
        len = total - offset;
    size_t first = 0;
    if (offset < buf->len) {
        first = buf->len - offset < len ? buf->len - offset : len;
        memcpy(to, buf->data + offset, first);
    }
    if (len > first)
        memcpy((uint8_t *)to + first, buf->ext + (offset + first - buf->len), len - first);
    return len;
}

void woad_buf_lend(struct woad_buf *buf, const void *ext, uint16_t ext_len, struct woad_buf *owner)
{
    WOAD_ASSERT(!buf->ext_len && !buf->ext_ref);
    buf->ext = ext;
    buf->ext_len = ext_len;
    buf->ext_ref = owner ? woad_buf_ref(owner) : NULL;
}

void woad_buf_queue_push(struct woad_buf_queue *q, struct woad_buf *buf)
{
    buf->next = NULL;
    if (q->tail)
        q->tail->next = buf;
    else
        q->head = buf;
    q->tail = buf;
    q->count++;
}

void woad_buf_queue_push_front(struct woad_buf_queue *q, struct woad_buf *buf)
{
    buf->next = q->head;
    q->head = buf;
    if (!q->tail)
        q->tail = buf;
    q->count++;
}

struct woad_buf *woad_buf_queue_pop(struct woad_buf_queue *q)
{
    struct woad_buf *buf = q->head;
    if (!buf)
        return NULL;
    q->head = buf->next;
    if (!q->head)
        q->tail = NULL;
    q->count--;
    buf->next = NULL;
    return buf;
}

void woad_buf_queue_clear(struct woad_buf_queue *q)
{
    struct woad_buf *buf;
    while ((buf = woad_buf_queue_pop(q)))
        woad_buf_unref(buf);
}
