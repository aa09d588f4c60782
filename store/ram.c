/* The store in RAM: {u32 key, u16 len, value} in ascending order of keys. */
#include "woad/store_ram.h"

#include <string.h>

#include "check.h"
#include "woad/cursor.h"

#define HEAD 6u

static size_t record_size(const uint8_t *p)
{
    return HEAD + woad_get_u16(p + 4);
}

/* The first record whose key is not below `key`; ram->used when there is none. */
static size_t find(const struct woad_store_ram *ram, uint32_t key)
{
    size_t at = 0;
    while (at < ram->used && woad_get_u32(ram->mem + at) < key)
        at += record_size(ram->mem + at);
    return at;
}

static bool holds(const struct woad_store_ram *ram, size_t at, uint32_t key)
{
    return at < ram->used && woad_get_u32(ram->mem + at) == key;
}

static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    const struct woad_store_ram *ram = ctx;
    size_t at = find(ram, key);
    if (!holds(ram, at, key))
        return WOAD_ERR_NOT_FOUND;
    uint16_t len = woad_get_u16(ram->mem + at + 4);
    if (len > size)
        return WOAD_ERR_TOO_LONG;
    memcpy(to, ram->mem + at + HEAD, len);
    return len;
}

static void apply(struct woad_store_ram *ram, const struct woad_store_item *item)
{
    size_t at = find(ram, item->key);
    size_t old = holds(ram, at, item->key) ? record_size(ram->mem + at) : 0;
    size_t new = item->data ? HEAD + item->len : 0;
    memmove(ram->mem + at + new, ram->mem + at + old, ram->used - at - old);
    ram->used = ram->used + new - old;
    if (!new)
        return;
    woad_put_u32(ram->mem + at, item->key);
    woad_put_u16(ram->mem + at + 4, item->len);
    memcpy(ram->mem + at + HEAD, item->data, item->len);
}

static int write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct woad_store_ram *ram = ctx;
    int err = woad_store_check(items, count);
    if (err)
        return err;
    size_t out = 0, in = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = find(ram, items[i].key);
        out += holds(ram, at, items[i].key) ? record_size(ram->mem + at) : 0;
        in += items[i].data ? HEAD + items[i].len : 0;
    }
    if (ram->used - out + in > ram->size)
        return WOAD_ERR_NO_MEM;
    /* What shrinks goes first: then no step is over the size. */
    for (size_t i = 0; i < count; i++)
        apply(ram, &(struct woad_store_item){items[i].key, NULL, 0});
    for (size_t i = 0; i < count; i++)
        apply(ram, &items[i]);
    return 0;
}

static int next(void *ctx, uint32_t *key)
{
    const struct woad_store_ram *ram = ctx;
    size_t at = *key == UINT32_MAX ? ram->used : find(ram, *key + 1);
    if (at >= ram->used)
        return WOAD_ERR_NOT_FOUND;
    *key = woad_get_u32(ram->mem + at);
    return 0;
}

static long space(void *ctx)
{
    const struct woad_store_ram *ram = ctx;
    size_t left = ram->size - ram->used;
    return left > HEAD ? (long)(left - HEAD) : 0;
}

static const struct woad_store_ops ops = {get, write, next, space};

struct woad_store woad_store_ram_init(struct woad_store_ram *ram, void *mem, size_t size)
{
    *ram = (struct woad_store_ram){mem, size, 0};
    return (struct woad_store){&ops, ram};
}

int woad_store_ram_resume(struct woad_store_ram *ram, void *mem, size_t size, size_t used)
{
    uint64_t above = 0; /* every key is at least this */
    *ram = (struct woad_store_ram){mem, size, 0};
    struct woad_rd r = woad_rd_init(mem, used <= size ? used : 0);
    while (r.left) {
        uint32_t key = woad_rd_u32(&r);
        uint16_t len = woad_rd_u16(&r);
        (void)woad_rd_take(&r, len);
        if (!woad_rd_ok(&r) || key < above || !len || len > WOAD_STORE_VALUE_MAX)
            return WOAD_ERR_FORMAT;
        above = (uint64_t)key + 1;
    }
    if (used > size)
        return WOAD_ERR_FORMAT;
    ram->used = used;
    return 0;
}
