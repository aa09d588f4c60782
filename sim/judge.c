/* The checkers of the air. They look at packets alone, never into a link layer, so a link layer
 * cannot agree with them by sharing a mistake.
 *
 * T_IFS: an answer starts 150 us, give or take 2, after the end of what it answers
 * [Vol 6, Part B, 4.1.1]. In a connection an answer is a packet of one side soon after one of the
 * other on the same channel; on advertising channels SCAN_REQ, SCAN_RSP and CONNECT_IND are
 * answers, and addresses say to what.
 *
 * Anchors: events of a connection start whole intervals apart by the central's sleep clock:
 * 16 us plus the accuracy it declared [Vol 6, Part B, 4.2.2, 4.5.1]. After a connection or an
 * update they start in the transmit window. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim_priv.h"

enum {
    IFS_NS = 150000,
    IFS_TOLERANCE_NS = 2000,
    ANSWER_NS = 1000000, /* what comes later than this is no answer */
    JITTER_NS = 16000,
    UNIT_US = 1250,
};

/* PDU types [Vol 6, Part B, 2.3]. */
enum adv_type {
    ADV_IND = 0,
    ADV_DIRECT_IND = 1,
    SCAN_REQ = 3,
    SCAN_RSP = 4,
    CONNECT_IND = 5,
    ADV_SCAN_IND = 6,
};

static void report(struct woad_sim *sim, const struct sim_pkt *pkt, const char *what,
                   int64_t off_ns)
{
    char text[160];
    if (!sim->report)
        return;
    snprintf(text, sizeof(text),
             "device %" PRIu32 ", channel %u, address %08" PRIx32 ": %s, off by %" PRId64 " ns",
             pkt->dev ? pkt->dev->index : UINT32_MAX, pkt->channel, pkt->access_address, what,
             off_ns);
    sim->report(sim->report_arg, pkt->start_ns, text);
}

static void judge_ifs(struct woad_sim *sim, const struct sim_pkt *pkt, woad_sim_time end_ns)
{
    int64_t off = (int64_t)(pkt->start_ns - end_ns) - IFS_NS;
    if (!pkt->dev || (off >= -IFS_TOLERANCE_NS && off <= IFS_TOLERANCE_NS))
        return;
    sim->stats.ifs_violations++;
    report(sim, pkt, "an answer not 150 us after its question", off);
}

static void anchor_off(struct woad_sim *sim, const struct sim_pkt *pkt, int64_t off)
{
    sim->stats.anchor_violations++;
    report(sim, pkt, "a connection event beside its anchor", off);
}

/* Advertising channels. */

static uint64_t addr_at(const uint8_t *p)
{
    uint64_t addr = 0;
    for (unsigned i = 0; i < 6; i++)
        addr |= (uint64_t)p[i] << (8 * i);
    return addr;
}

/* The AdvA of a packet that has one, and whether it has. */
static bool adv_addr(const struct sim_pkt *pkt, unsigned type, uint64_t *addr)
{
    bool second = type == SCAN_REQ || type == CONNECT_IND;
    if (type > ADV_SCAN_IND || pkt->octets[1] < (second ? 12 : 6))
        return false;
    *addr = addr_at(pkt->octets + 2 + (second ? 6 : 0));
    return true;
}

static bool answers(unsigned type, unsigned to)
{
    switch (type) {
    case SCAN_REQ: return to == ADV_IND || to == ADV_SCAN_IND;
    case CONNECT_IND: return to == ADV_IND || to == ADV_DIRECT_IND;
    case SCAN_RSP: return to == SCAN_REQ;
    default: return false;
    }
}

/* The packet answered: of those that fit, the one whose end comes nearest to T_IFS before. Without
 * one there is nothing to judge by, except when all packets since are still remembered. */
static void judge_answer(struct woad_sim *sim, const struct sim_pkt *pkt, unsigned type,
                         uint64_t addr)
{
    const struct sim_heard *heard = sim->heard[pkt->channel - 37];
    uint32_t count = sim->heard_count[pkt->channel - 37];
    uint64_t best = UINT64_MAX;
    woad_sim_time end_ns = 0;
    for (uint32_t i = 0; i < SIM_HEARD && i < count; i++) {
        const struct sim_heard *h = &heard[(count - 1 - i) % SIM_HEARD];
        if (!answers(type, h->type) || h->addr != addr || h->end_ns > pkt->start_ns)
            continue;
        uint64_t gap = pkt->start_ns - h->end_ns;
        uint64_t off = gap > IFS_NS ? gap - IFS_NS : IFS_NS - gap;
        if (off < best) {
            best = off;
            end_ns = h->end_ns;
        }
    }
    if (best != UINT64_MAX || count < SIM_HEARD)
        judge_ifs(sim, pkt, end_ns);
}

static void see_advertising(struct woad_sim *sim, struct sim_pkt *pkt)
{
    unsigned type = pkt->octets[0] & 0xfu;
    uint64_t addr;
    pkt->pdu_type = pkt->channel >= 37 ? SIM_PDU_ADV : SIM_PDU_AUX_ADV;
    if (type == CONNECT_IND && pkt->octets[1] == 34)
        woad_sim_links_connect(sim, pkt);
    if (pkt->channel < 37 || !adv_addr(pkt, type, &addr))
        return;
    if (pkt->dev && (type == SCAN_REQ || type == SCAN_RSP || type == CONNECT_IND))
        judge_answer(sim, pkt, type, addr);
    uint32_t *count = &sim->heard_count[pkt->channel - 37];
    sim->heard[pkt->channel - 37][(*count)++ % SIM_HEARD] =
        (struct sim_heard){.end_ns = pkt->tx_end_ns, .addr = addr, .type = (uint8_t)type};
}

/* Connections. */

static int64_t tolerance_ns(const struct sim_link *link, uint64_t since_ns)
{
    return (int64_t)(JITTER_NS + since_ns / 1000 * link->sca_ppm / 1000);
}

/* The whole number of intervals nearest to a time. */
static uint64_t intervals(uint64_t ns, uint32_t interval_us)
{
    uint64_t interval_ns = WOAD_SIM_US(interval_us);
    return (ns + interval_ns / 2) / interval_ns;
}

/* The first event from a transmit window on, which begins at base_ns + window_offset_us. Later
 * events of a window count too: the central may have skipped the first. */
static void judge_window(struct woad_sim *sim, const struct sim_pkt *pkt, struct sim_link *link,
                         woad_sim_time base_ns)
{
    int64_t interval_ns = (int64_t)WOAD_SIM_US(link->interval_us);
    int64_t rel = (int64_t)(pkt->start_ns - base_ns) - (int64_t)link->window_offset_us * 1000;
    /* Drift counts from the last anchor; a fast clock may begin before the window. */
    uint64_t age = pkt->start_ns > link->anchor_ns ? pkt->start_ns - link->anchor_ns : 0;
    int64_t tolerance = tolerance_ns(link, age);
    int64_t skipped = rel + tolerance >= interval_ns ? (rel + tolerance) / interval_ns : 0;
    int64_t off = rel - skipped * interval_ns;
    link->event = (uint16_t)(link->event + skipped);
    if (off < -tolerance)
        anchor_off(sim, pkt, off);
    else if (off > (int64_t)link->window_us * 1000 + tolerance)
        anchor_off(sim, pkt, off - (int64_t)link->window_us * 1000);
}

/* Between updates: whole intervals after the last. In an encrypted link an update cannot be seen
 * coming, so one jump is believed if the next event follows on the grid of 1.25 ms. */
static void judge_interval(struct woad_sim *sim, const struct sim_pkt *pkt, struct sim_link *link)
{
    uint64_t since = pkt->start_ns - link->anchor_ns;
    uint32_t unit_us = link->jumped ? UNIT_US : link->interval_us;
    uint64_t n = intervals(since, unit_us);
    int64_t off = (int64_t)(since - n * WOAD_SIM_US(unit_us));
    int64_t tolerance = tolerance_ns(link, since);
    bool good = n > 0 && off >= -tolerance && off <= tolerance;
    if (link->jumped && good)
        link->interval_us = (uint32_t)n * UNIT_US;
    bool believed = link->encrypted && !link->jumped;
    link->jumped = !good && believed;
    if (!good && !believed)
        anchor_off(sim, pkt, off);
    link->event = (uint16_t)(link->event + (unit_us == link->interval_us ? n : 1));
}

/* Events from the last anchor to the instant of the update. */
static uint64_t ahead(const struct sim_link *link)
{
    return (uint16_t)(link->instant - link->event);
}

static bool update_due(const struct sim_pkt *pkt, const struct sim_link *link)
{
    return intervals(pkt->start_ns - link->anchor_ns, link->interval_us) >= ahead(link);
}

static void see_anchor(struct woad_sim *sim, const struct sim_pkt *pkt, struct sim_link *link)
{
    if (!link->interval_us) {
        /* begun before anybody looked */
    } else if (link->first) {
        judge_window(sim, pkt, link, link->anchor_ns);
    } else if (link->update && update_due(pkt, link)) {
        woad_sim_time base = link->anchor_ns + WOAD_SIM_US(ahead(link) * link->interval_us);
        link->interval_us = link->next_interval_us;
        link->event = link->instant;
        link->update = false;
        judge_window(sim, pkt, link, base);
    } else {
        judge_interval(sim, pkt, link);
    }
    link->first = false;
    link->anchor_ns = pkt->start_ns;
}

/* Control PDUs that the checkers must understand: LL_CONNECTION_UPDATE_IND and LL_START_ENC_REQ,
 * after which nothing can be read [Vol 6, Part B, 2.4.2.1, 2.4.2.6]. */
static void see_control(const struct sim_pkt *pkt, struct sim_link *link)
{
    const uint8_t *pdu = pkt->octets;
    if ((pdu[0] & 3u) != 3 || link->encrypted || pdu[1] < 1)
        return;
    if (pdu[2] == 0x05) {
        link->encrypted = true;
    } else if (pdu[2] == 0x00 && pdu[1] == 12 && pkt->dev == link->central) {
        uint32_t interval_us = ((uint32_t)pdu[6] | (uint32_t)pdu[7] << 8) * UNIT_US;
        uint16_t instant = (uint16_t)(pdu[12] | pdu[13] << 8);
        if (!interval_us || link->update || (uint16_t)(instant - link->event - 1) >= 32767)
            return; /* nonsense, or one that is pending or past, sent again */
        link->update = true;
        link->window_us = pdu[3] * (uint32_t)UNIT_US;
        link->window_offset_us = ((uint32_t)pdu[4] | (uint32_t)pdu[5] << 8) * UNIT_US;
        link->next_interval_us = interval_us;
        link->instant = instant;
    }
}

/* Whether a packet goes on with the event of the packet before it. */
static bool goes_on(const struct sim_pkt *pkt, const struct sim_link *link)
{
    return pkt->channel == link->last_channel && pkt->start_ns >= link->last_end_ns &&
           pkt->start_ns - link->last_end_ns < ANSWER_NS;
}

/* Whether whole intervals of unit_us have passed since the last anchor. */
static bool on_grid(const struct sim_pkt *pkt, const struct sim_link *link, uint32_t unit_us)
{
    uint64_t since = pkt->start_ns - link->anchor_ns;
    uint64_t n = intervals(since, unit_us);
    int64_t off = (int64_t)(since - n * WOAD_SIM_US(unit_us));
    int64_t tolerance = tolerance_ns(link, since);
    return n > 0 && off >= -tolerance && off <= tolerance;
}

/* Whether a packet of the central that comes soon after one of the peripheral, on the same channel,
 * begins an event: one may follow close behind another. What comes at T_IFS and off the grid is an
 * answer. Beside both it must be an anchor, where an update allows one; in an encrypted link the
 * anchor after it then tells whether there was an update. */
static bool begins(const struct sim_pkt *pkt, const struct sim_link *link)
{
    int64_t off = (int64_t)(pkt->start_ns - link->last_end_ns) - IFS_NS;
    if (!link->interval_us || link->first)
        return false;
    if (!link->jumped && on_grid(pkt, link, link->interval_us))
        return true;
    if (off <= IFS_TOLERANCE_NS)
        return false;
    if (link->jumped)
        return on_grid(pkt, link, UNIT_US);
    return link->encrypted || (link->update && update_due(pkt, link));
}

static bool from_central(const struct sim_pkt *pkt, const struct sim_link *link)
{
    if (link->phantom)
        return !pkt->dev;
    if (pkt->dev)
        return pkt->dev == link->central;
    return !goes_on(pkt, link) || link->last_dev != link->central;
}

static void judge_data(struct woad_sim *sim, const struct sim_pkt *pkt, struct sim_link *link,
                       bool central)
{
    bool answer = goes_on(pkt, link) && pkt->dev != link->last_dev && !begins(pkt, link);
    if (!central || answer)
        judge_ifs(sim, pkt, link->last_end_ns);
    else
        see_anchor(sim, pkt, link);
    see_control(pkt, link);
}

/* A phantom is not judged, nor does it move an anchor, unless the whole link is its own. */
static void see_data(struct woad_sim *sim, struct sim_pkt *pkt)
{
    struct sim_link *link = woad_sim_links_get(sim, pkt->access_address);
    if (!link->central && !link->phantom)
        link->central = pkt->dev;
    bool central = from_central(pkt, link);
    pkt->pdu_type = central ? SIM_PDU_C_TO_P : SIM_PDU_P_TO_C;
    pkt->crc_known = pkt->dev || link->crc_known;
    pkt->crc_good =
        pkt->dev || (pkt->crc_known && pkt->len >= pkt->rx_len + SIM_CRC_LEN &&
                     woad_sim_bits_crc_good(sim, link->crc_init, pkt->octets, pkt->rx_len));
    if (pkt->dev)
        judge_data(sim, pkt, link, central);
    else if (!link->phantom)
        return;
    link->last_end_ns = pkt->rx_end_ns;
    link->last_channel = pkt->channel;
    link->last_dev = pkt->dev;
}

void woad_sim_judge_packet(struct woad_sim *sim, struct sim_pkt *pkt)
{
    pkt->crc_known = false;
    if (pkt->access_address == SIM_ADV_AA)
        see_advertising(sim, pkt);
    else if (pkt->access_address)
        see_data(sim, pkt);
}
