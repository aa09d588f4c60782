/* The optional parts of a host: placed, told what happens, and asked for the events that are due.
 * A part is reached through its const vtable alone, so that a program links only the parts that a
 * configuration of its own names. */
#include "host_priv.h"

static bool contains(const struct host_part_list *list, const struct woad_host_part *part)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->use[i].part->id == part->id)
            return true;
    return false;
}

/* Adds a part behind those it needs; false when there are more than there are kinds. */
static bool add(struct host_part_list *list, const struct woad_host_part *part, const void *cfg)
{
    if (contains(list, part))
        return true;
    if (part->needs && !add(list, part->needs, NULL))
        return false;
    if (list->count == HOST_PART_COUNT)
        return false;
    list->use[list->count++] = (struct woad_host_use){.part = part, .cfg = cfg};
    return true;
}

bool woad_host_parts_list(const struct woad_host_cfg *cfg, struct host_part_list *list)
{
    *list = (struct host_part_list){0};
    for (const struct woad_host_use *use = cfg->parts; use && use->part; use++)
        if (!add(list, use->part, use->cfg))
            return false;
    return true;
}

int woad_host_parts_init(struct woad_host *h, const struct host_part_list *list, void *const *mem)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct woad_host_part *part = list->use[i].part;
        h->part[part->id] = mem[i];
        int err = part->init(h, mem[i], list->use[i].cfg);
        if (err)
            return err;
        h->parts[h->part_count++] = part;
        if (part->fixed)
            h->fixed[part->fixed->cid - HOST_CID_FIXED_FIRST] = part->fixed;
    }
    return 0;
}

void woad_host_parts_deinit(struct woad_host *h)
{
    for (unsigned i = h->part_count; i-- > 0;)
        if (h->parts[i]->deinit)
            h->parts[i]->deinit(h);
}

void woad_host_parts_ready(struct woad_host *h)
{
    for (unsigned i = 0; i < h->part_count; i++)
        if (h->parts[i]->ready)
            h->parts[i]->ready(h);
}

void woad_host_parts_drop(struct woad_host *h, int err)
{
    for (unsigned i = h->part_count; i-- > 0;)
        if (h->parts[i]->drop)
            h->parts[i]->drop(h, err);
}

void woad_host_parts_link_up(struct host_link *link)
{
    const struct woad_host *h = link->h;
    for (unsigned i = 0; i < h->part_count; i++)
        if (h->parts[i]->link_up)
            h->parts[i]->link_up(link);
}

void woad_host_parts_link_down(struct host_link *link, int err)
{
    const struct woad_host *h = link->h;
    for (unsigned i = h->part_count; i-- > 0;)
        if (h->parts[i]->link_down)
            h->parts[i]->link_down(link, err);
}

void woad_host_parts_security(struct host_link *link, uint8_t status)
{
    const struct woad_host *h = link->h;
    for (unsigned i = 0; i < h->part_count; i++)
        if (h->parts[i]->security)
            h->parts[i]->security(link, status);
}

const struct host_event_row *woad_host_parts_le_event(const struct woad_host *h, uint8_t code)
{
    const struct host_event_row *row = NULL;
    for (unsigned i = 0; i < h->part_count && !row; i++)
        row = woad_host_event_row(h->parts[i]->le_events, h->parts[i]->le_event_count, code);
    return row;
}

uint64_t woad_host_parts_le_mask(const struct woad_host *h)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < h->part_count; i++)
        for (unsigned n = 0; n < h->parts[i]->le_event_count; n++)
            mask |= WOAD_HCI_LE_EVT_MASK(h->parts[i]->le_events[n].code);
    return mask;
}

void woad_host_part_due(struct woad_host *h, enum host_part_id id)
{
    h->parts_due |= (uint16_t)(1u << id);
    woad_host_kick(h);
}

unsigned woad_host_parts_service(struct woad_host *h, unsigned budget)
{
    unsigned used = 0;
    for (unsigned i = 0; i < h->part_count && used < budget; i++) {
        const struct woad_host_part *part = h->parts[i];
        uint16_t bit = (uint16_t)(1u << part->id);
        if (!(h->parts_due & bit))
            continue;
        h->parts_due &= (uint16_t)~bit;
        used += part->service(h, budget - used);
    }
    return used ? used : 1;
}
