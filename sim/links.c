/* What is known of each access address on air: a hash table. Rows are never taken out one by one;
 * when the table is full, those silent for longer than any supervision timeout go. */
#include <stdlib.h>
#include <string.h>

#include "sim_priv.h"

#define SILENT_NS WOAD_SIM_S(40) /* connSupervisionTimeout is at most 32 s */

static uint32_t home(const struct sim_links *links, uint32_t aa)
{
    return (uint32_t)(aa * 0x9e3779b97f4a7c15u >> 32) & (links->size - 1);
}

/* The row of aa, or the free one where it would be; the table is never full. */
static struct sim_link *find(const struct sim_links *links, uint32_t aa)
{
    uint32_t i = home(links, aa);
    while (links->rows[i].access_address && links->rows[i].access_address != aa)
        i = (i + 1) & (links->size - 1);
    return &links->rows[i];
}

static uint32_t count_live(const struct sim_links *links, woad_sim_time now)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < links->size; i++) {
        const struct sim_link *row = &links->rows[i];
        live += row->access_address && row->last_end_ns + SILENT_NS > now;
    }
    return live;
}

static void rehash(struct sim_links *links, woad_sim_time now)
{
    struct sim_links old = *links;
    uint32_t live = count_live(&old, now);
    links->size = 16;
    while (links->size < live * 4)
        links->size *= 2;
    links->count = live;
    links->rows = woad_sim_must(calloc(links->size, sizeof(*links->rows)));
    for (uint32_t i = 0; i < old.size; i++) {
        const struct sim_link *row = &old.rows[i];
        if (row->access_address && row->last_end_ns + SILENT_NS > now)
            *find(links, row->access_address) = *row;
    }
    free(old.rows);
}

struct sim_link *woad_sim_links_get(struct woad_sim *sim, uint32_t aa)
{
    struct sim_links *links = &sim->links;
    if (!links->size)
        rehash(links, sim->now);
    struct sim_link *row = find(links, aa);
    if (row->access_address == aa)
        return row;
    if (links->count >= links->size / 2) {
        rehash(links, sim->now);
        row = find(links, aa);
    }
    links->count++;
    row->access_address = aa;
    row->last_end_ns = sim->now;
    row->last_channel = 0xff;
    return row;
}

static uint32_t get_le(const uint8_t *p, unsigned octets)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < octets; i++)
        v |= (uint32_t)p[i] << (8 * i);
    return v;
}

/* An attacker may announce the address of a link that others have: it stays theirs. */
static bool in_use(struct woad_sim *sim, uint32_t aa)
{
    const struct sim_link *row = woad_sim_links_get(sim, aa);
    return row->central && row->last_end_ns + SILENT_NS > sim->now;
}

/* LLData: access address, CRCInit, WinSize, WinOffset, Interval, Latency, Timeout, ChM, Hop and SCA
 * [Vol 6, Part B, 2.3.3.1]. The first event comes transmitWindowDelay and WinOffset after the end
 * of the packet, within WinSize [4.5.3]. */
void woad_sim_links_connect(struct woad_sim *sim, const struct sim_pkt *pkt)
{
    static const uint16_t sca_ppm[8] = {500, 250, 150, 100, 75, 50, 30, 20};
    const uint8_t *data = pkt->octets + 2 + 12;
    uint32_t aa = get_le(data, 4);
    if (!aa || (!pkt->dev && in_use(sim, aa)))
        return;
    uint32_t delay_us = pkt->channel >= 37 ? 1250 : pkt->phy >= WOAD_PHY_CODED_S8 ? 3750 : 2500;
    *woad_sim_links_get(sim, aa) = (struct sim_link){
        .access_address = aa,
        .crc_init = get_le(data + 4, 3),
        .crc_known = true,
        .central = pkt->dev,
        .phantom = !pkt->dev,
        .last_end_ns = pkt->rx_end_ns,
        .last_channel = 0xff,
        .first = true,
        .anchor_ns = pkt->rx_end_ns + WOAD_SIM_US(delay_us),
        .window_us = get_le(data + 7, 1) * 1250,
        .window_offset_us = get_le(data + 8, 2) * 1250,
        .interval_us = get_le(data + 10, 2) * 1250,
        .sca_ppm = sca_ppm[data[21] >> 5],
    };
}
