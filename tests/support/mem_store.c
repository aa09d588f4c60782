#include "support/mem_store.h"

#include <string.h>

struct mem_record *mem_store_find(struct mem_store *m, uint32_t key)
{
    for (int i = 0; i < MEM_STORE_RECORDS; i++)
        if (m->records[i].used && m->records[i].key == key)
            return &m->records[i];
    return NULL;
}

static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    const struct mem_record *r = mem_store_find(ctx, key);
    if (!r)
        return WOAD_ERR_NOT_FOUND;
    if (r->len > size)
        return WOAD_ERR_TOO_LONG;
    memcpy(to, r->data, r->len);
    return r->len;
}

static struct mem_record *place(struct mem_store *m, uint32_t key)
{
    struct mem_record *r = mem_store_find(m, key);
    for (int i = 0; i < MEM_STORE_RECORDS && !r; i++)
        if (!m->records[i].used)
            r = &m->records[i];
    return r;
}

static int write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct mem_store *m = ctx;
    if (m->fail)
        return m->fail;
    m->writes++;
    for (size_t i = 0; i < count; i++) {
        struct mem_record *r =
            items[i].data ? place(m, items[i].key) : mem_store_find(m, items[i].key);
        if (!r && items[i].data)
            return WOAD_ERR_NO_MEM;
        if (!r)
            continue;
        r->used = items[i].data != NULL;
        r->key = items[i].key;
        r->len = items[i].len;
        if (items[i].data)
            memcpy(r->data, items[i].data, items[i].len);
    }
    return 0;
}

static int next(void *ctx, uint32_t *key)
{
    struct mem_store *m = ctx;
    const struct mem_record *found = NULL;
    for (int i = 0; i < MEM_STORE_RECORDS; i++) {
        const struct mem_record *r = &m->records[i];
        if (r->used && r->key > *key && (!found || r->key < found->key))
            found = r;
    }
    if (!found)
        return WOAD_ERR_NOT_FOUND;
    *key = found->key;
    return 0;
}

static long space(void *ctx)
{
    (void)ctx;
    return 1024;
}

void mem_store_init(struct mem_store *m)
{
    static const struct woad_store_ops ops = {get, write, next, space};
    memset(m, 0, sizeof(*m));
    m->store = (struct woad_store){&ops, m};
}
