/* A 4-ary heap with back pointers: half the depth of a binary one, and anything queued can be
 * moved or removed. */
#include <stdlib.h>

#include "sim_priv.h"

static bool earlier(const struct sim_entry *a, const struct sim_entry *b)
{
    return a->at < b->at || (a->at == b->at && a->slot->rank < b->slot->rank);
}

static void put(struct sim_queue *q, uint32_t i, struct sim_entry entry)
{
    q->entries[i] = entry;
    entry.slot->pos = i + 1;
}

static void sift_up(struct sim_queue *q, uint32_t i, struct sim_entry entry)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / 4;
        if (!earlier(&entry, &q->entries[parent]))
            break;
        put(q, i, q->entries[parent]);
        i = parent;
    }
    put(q, i, entry);
}

static void sift_down(struct sim_queue *q, uint32_t i, struct sim_entry entry)
{
    for (;;) {
        uint32_t first = i * 4 + 1;
        if (first >= q->count)
            break;
        uint32_t last = first + 4 < q->count ? first + 4 : q->count;
        uint32_t best = first;
        for (uint32_t child = first + 1; child < last; child++) {
            if (earlier(&q->entries[child], &q->entries[best]))
                best = child;
        }
        if (!earlier(&q->entries[best], &entry))
            break;
        put(q, i, q->entries[best]);
        i = best;
    }
    put(q, i, entry);
}

/* Settles an entry whose place i may be too deep or too high. */
static void settle(struct sim_queue *q, uint32_t i, struct sim_entry entry)
{
    if (i > 0 && earlier(&entry, &q->entries[(i - 1) / 4]))
        sift_up(q, i, entry);
    else
        sift_down(q, i, entry);
}

static void grow(struct sim_queue *q)
{
    q->size = q->size ? q->size * 2 : 64;
    q->entries = woad_sim_must(realloc(q->entries, q->size * sizeof(*q->entries)));
}

void woad_sim_queue_set(struct sim_queue *q, struct sim_slot *slot, woad_sim_time at)
{
    if (at == SIM_NEVER) {
        woad_sim_queue_remove(q, slot);
        return;
    }
    struct sim_entry entry = {.at = at, .slot = slot};
    if (slot->pos) {
        settle(q, slot->pos - 1, entry);
        return;
    }
    if (q->count == q->size)
        grow(q);
    q->count++;
    sift_up(q, q->count - 1, entry);
}

void woad_sim_queue_remove(struct sim_queue *q, struct sim_slot *slot)
{
    if (!slot->pos)
        return;
    uint32_t i = slot->pos - 1;
    slot->pos = 0;
    q->count--;
    if (i < q->count)
        settle(q, i, q->entries[q->count]);
}

void woad_sim_queue_free(struct sim_queue *q)
{
    free(q->entries);
    *q = (struct sim_queue){0};
}
