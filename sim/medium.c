/* The medium: packets on air, from their first bit to the events they cause.
 *
 *     transmit --> SYNC ---------------> BODY ------------> OVER
 *               first bit   address over:        last bit: TX_END, then
 *                           listeners lock on    RX_END to each that locked on
 */
#include <stdlib.h>
#include <string.h>

#include "sim_priv.h"

/* Listeners: those who wait for a packet on one channel and PHY. */

static struct sim_listeners *list_of(struct woad_sim_dev *dev)
{
    return &dev->sim->listeners[dev->listen_channel][dev->listen_group];
}

/* Where it listens is kept here: the link layer may prepare the next operation in the memory of
 * this one before it replaces it. */
void woad_sim_medium_listen(struct woad_sim_dev *dev)
{
    dev->listen_channel = dev->op->channel;
    dev->listen_group = (uint8_t)sim_phy_group(dev->op->phy);
    struct sim_listeners *list = list_of(dev);
    if (!woad_sim_grow(&list->dev, list->count, &list->size))
        woad_sim_must(NULL);
    dev->listen_pos = list->count;
    list->dev[list->count++] = dev;
}

void woad_sim_medium_deafen(struct woad_sim_dev *dev)
{
    struct sim_listeners *list = list_of(dev);
    struct woad_sim_dev *last = list->dev[--list->count];
    list->dev[dev->listen_pos] = last;
    last->listen_pos = dev->listen_pos;
}

void woad_sim_medium_unlock(struct woad_sim_dev *dev)
{
    struct woad_sim_dev **at = &dev->pkt->locked;
    while (*at != dev)
        at = &(*at)->locked_next;
    *at = dev->locked_next;
}

/* Packets. */

static struct sim_pkt *pkt_new(struct woad_sim *sim)
{
    struct sim_pkt *pkt = sim->pkt_free;
    if (pkt) {
        sim->pkt_free = pkt->next;
        return pkt;
    }
    if (!woad_sim_grow(&sim->pkts, sim->pkt_count, &sim->pkt_size))
        return NULL;
    pkt = calloc(1, sizeof(*pkt));
    if (!pkt)
        return NULL;
    pkt->slot = sim_slot_make(SIM_KIND_PKT, sim->pkt_count);
    sim->pkts[sim->pkt_count++] = pkt;
    return pkt;
}

/* Advertising channels 37, 38 and 39 lie at 2402, 2426 and 2480 MHz [Vol 6, Part B, 1.4.1]. */
uint8_t woad_sim_rf_of(uint8_t channel)
{
    switch (channel) {
    case 37: return 0;
    case 38: return 12;
    case 39: return 39;
    default: return (uint8_t)(channel < 11 ? channel + 1 : channel + 2);
    }
}

/* Marks the packet and those on air within 6 MHz as overlapped. */
static void find_overlaps(struct woad_sim *sim, struct sim_pkt *pkt)
{
    unsigned last = pkt->rf + 3u < SIM_CHANNELS ? pkt->rf + 3u : SIM_CHANNELS - 1;
    for (unsigned i = pkt->rf < 3 ? 0 : pkt->rf - 3u; i <= last; i++) {
        for (struct sim_pkt *other = sim->on_rf[i]; other; other = other->rf_next) {
            if (other->power_end_ns > pkt->start_ns)
                pkt->overlapped = other->overlapped = true;
        }
    }
}

static void hash_start(struct woad_sim *sim, const struct sim_pkt *pkt)
{
    uint32_t dev = pkt->dev ? pkt->dev->index : UINT32_MAX;
    woad_sim_hash_word(sim, pkt->start_ns);
    woad_sim_hash_word(sim, (uint64_t)dev << 32 | pkt->access_address);
    woad_sim_hash_word(sim, (uint64_t)pkt->channel << 8 | pkt->phy);
    woad_sim_hash_octets(sim, pkt->air, pkt->len);
}

/* Whitens the packet and puts it on air now. Filled in are the octets, len, address, channel, PHY
 * and power. */
static void pkt_start(struct woad_sim *sim, struct sim_pkt *pkt)
{
    pkt->phase = SIM_PKT_SYNC;
    pkt->number = (uint32_t)++sim->stats.packets;
    pkt->rf = woad_sim_rf_of(pkt->channel);
    pkt->rx_len = (uint16_t)(2 + pkt->octets[1]);
    pkt->start_ns = sim->now;
    pkt->sync_ns = sim->now + WOAD_SIM_US(woad_phy_sync_us(pkt->phy));
    pkt->tx_end_ns = sim->now + WOAD_SIM_US(woad_phy_air_us(pkt->phy, pkt->len - SIM_CRC_LEN + 0u));
    pkt->rx_end_ns = sim->now + WOAD_SIM_US(woad_phy_air_us(pkt->phy, pkt->rx_len));
    pkt->power_end_ns = pkt->tx_end_ns;
    pkt->cut = pkt->overlapped = pkt->tx_done = pkt->rx_done = pkt->captured = false;
    pkt->locked = NULL;
    pkt->next = NULL;
    woad_sim_bits_whiten(sim, pkt->channel, pkt->air, pkt->octets, pkt->len);
    find_overlaps(sim, pkt);
    pkt->rf_next = sim->on_rf[pkt->rf];
    sim->on_rf[pkt->rf] = pkt;
    *(sim->air_head ? &sim->air_tail->next : &sim->air_head) = pkt;
    sim->air_tail = pkt;
    hash_start(sim, pkt);
    woad_sim_judge_packet(sim, pkt);
    if (sim->dump && pkt->dev)
        woad_sim_dump_write(sim, pkt);
    woad_sim_queue_set(&sim->queue, &pkt->slot, pkt->sync_ns);
}

static void pkt_free(struct woad_sim *sim, struct sim_pkt *pkt)
{
    struct sim_pkt **at = &sim->on_rf[pkt->rf];
    while (*at != pkt)
        at = &(*at)->rf_next;
    *at = pkt->rf_next;
    pkt->next = sim->pkt_free;
    sim->pkt_free = pkt;
}

/* Records in a capture are in order of start, so a packet waits for those before it. */
static struct sim_pkt *capture(struct woad_sim *sim, struct sim_pkt *pkt)
{
    if (sim->pcap && !pkt->captured)
        woad_sim_pcap_write(sim, pkt);
    pkt->captured = true;
    return pkt;
}

/* Gives back the packets that are over and that no packet still on air overlapped. The list is in
 * order of start, so only those before the first on air can be. */
static void retire(struct woad_sim *sim)
{
    struct sim_pkt *first = sim->air_head;
    while (first && first->phase == SIM_PKT_OVER)
        first = capture(sim, first)->next;
    struct sim_pkt *kept = NULL;
    for (struct sim_pkt *pkt = sim->air_head, *next; pkt != first; pkt = next) {
        next = pkt->next;
        if (first && pkt->power_end_ns > first->start_ns) {
            kept = pkt;
            continue;
        }
        *(kept ? &kept->next : &sim->air_head) = next;
        pkt_free(sim, pkt);
    }
    if (!sim->air_head)
        sim->air_tail = NULL;
}

void woad_sim_medium_transmit(struct woad_sim_dev *dev, const struct woad_radio_op *op)
{
    struct woad_sim *sim = dev->sim;
    struct sim_pkt *pkt = woad_sim_must(pkt_new(sim));
    pkt->dev = dev;
    pkt->placed = true;
    pkt->x_mm = dev->x_mm;
    pkt->y_mm = dev->y_mm;
    pkt->access_address = op->access_address;
    pkt->channel = op->channel;
    pkt->phy = op->phy;
    pkt->power_dbm = op->tx_power_dbm < dev->tx_power_dbm ? op->tx_power_dbm : dev->tx_power_dbm;
    pkt->len = (uint16_t)(op->pdu_len + SIM_CRC_LEN);
    uint32_t crc = woad_sim_bits_crc(sim, op->crc_init, op->pdu, op->pdu_len);
    memcpy(pkt->octets, op->pdu, op->pdu_len);
    for (unsigned i = 0; i < SIM_CRC_LEN; i++)
        pkt->octets[op->pdu_len + i] = (uint8_t)(crc >> (8 * i));
    dev->pkt = pkt;
    pkt_start(sim, pkt);
}

void woad_sim_medium_cut(struct sim_pkt *pkt)
{
    struct woad_sim *sim = pkt->dev->sim;
    sim->stats.truncated++;
    pkt->cut = true;
    pkt->power_end_ns = sim->now;
}

static bool valid_inject(const struct woad_sim *sim, const struct woad_sim_inject *in)
{
    return in->start >= sim->now && in->start != SIM_NEVER && in->octets && in->len >= 1 &&
           in->len <= SIM_OCTETS_MAX && in->channel < SIM_CHANNELS && in->phy >= WOAD_PHY_1M &&
           in->phy <= WOAD_PHY_CODED_S2;
}

int woad_sim_inject(struct woad_sim *sim, const struct woad_sim_inject *in)
{
    if (!valid_inject(sim, in))
        return WOAD_ERR_INVALID;
    struct sim_pkt *pkt = pkt_new(sim);
    if (!pkt)
        return WOAD_ERR_NO_MEM;
    pkt->dev = NULL;
    pkt->placed = in->placed;
    pkt->x_mm = woad_sim_mm(in->x_m);
    pkt->y_mm = woad_sim_mm(in->y_m);
    pkt->access_address = in->access_address;
    pkt->channel = in->channel;
    pkt->phy = in->phy;
    pkt->power_dbm = in->power_dbm;
    pkt->len = (uint16_t)in->len;
    memset(pkt->octets, 0, sizeof(pkt->octets));
    memcpy(pkt->octets, in->octets, in->len);
    pkt->phase = SIM_PKT_WAITING;
    woad_sim_queue_set(&sim->queue, &pkt->slot, in->start);
    return 0;
}

/* Reception. */

static void lock(struct woad_sim_dev *dev, struct sim_pkt *pkt)
{
    woad_sim_medium_deafen(dev);
    woad_sim_queue_remove(&dev->sim->queue, &dev->op_slot);
    dev->state = SIM_RADIO_RX_LOCKED;
    dev->pkt = pkt;
    dev->locked_next = pkt->locked;
    pkt->locked = dev;
}

static void queue_end(struct woad_sim *sim, struct sim_pkt *pkt)
{
    woad_sim_time at = pkt->rx_done || (!pkt->tx_done && pkt->tx_end_ns < pkt->rx_end_ns)
                           ? pkt->tx_end_ns
                           : pkt->rx_end_ns;
    woad_sim_queue_set(&sim->queue, &pkt->slot, at);
}

/* From the end of the list, since lock() fills a gap with the last. */
static void sync_over(struct woad_sim *sim, struct sim_pkt *pkt)
{
    struct sim_listeners *list = &sim->listeners[pkt->channel][sim_phy_group(pkt->phy)];
    pkt->phase = SIM_PKT_BODY;
    queue_end(sim, pkt);
    if (pkt->power_end_ns < pkt->sync_ns)
        return;
    for (uint32_t i = list->count; i-- > 0;) {
        struct woad_sim_dev *dev = list->dev[i];
        if (dev->op->access_address == pkt->access_address && woad_sim_receive_sync(dev, pkt))
            lock(dev, pkt);
    }
}

/* The device's operation is over; the packet ended at end_ns. */
static void report(struct woad_sim_dev *dev, const struct sim_pkt *pkt, woad_sim_time end_ns,
                   struct woad_radio_evt *evt)
{
    evt->phy = pkt->phy;
    evt->start_us = woad_sim_dev_us(dev, pkt->start_ns);
    evt->end_us = woad_sim_dev_us(dev, end_ns);
    dev->state = SIM_RADIO_OFF;
    dev->pkt = NULL;
    dev->op = NULL;
    dev->ref_ns = end_ns;
    woad_sim_radio_report(dev, evt);
}

static void tx_over(struct sim_pkt *pkt)
{
    pkt->tx_done = true;
    if (!pkt->dev || pkt->cut)
        return;
    struct woad_radio_evt evt = {.type = WOAD_RADIO_TX_END, .rssi_dbm = 127};
    report(pkt->dev, pkt, pkt->tx_end_ns, &evt);
}

static void rx_over(struct sim_pkt *pkt)
{
    pkt->rx_done = true;
    while (pkt->locked) {
        struct woad_sim_dev *dev = pkt->locked;
        struct woad_radio_evt evt = {.type = WOAD_RADIO_RX_END};
        pkt->locked = dev->locked_next;
        woad_sim_receive_end(dev, pkt, &evt);
        report(dev, pkt, pkt->rx_end_ns, &evt);
    }
}

static void body_over(struct woad_sim *sim, struct sim_pkt *pkt)
{
    woad_sim_queue_remove(&sim->queue, &pkt->slot);
    if (!pkt->tx_done && pkt->tx_end_ns <= sim->now)
        tx_over(pkt);
    if (!pkt->rx_done && pkt->rx_end_ns <= sim->now)
        rx_over(pkt);
    if (!pkt->tx_done || !pkt->rx_done) {
        queue_end(sim, pkt);
        return;
    }
    pkt->phase = SIM_PKT_OVER;
    retire(sim);
}

void woad_sim_medium_due(struct woad_sim *sim, struct sim_pkt *pkt)
{
    switch ((enum sim_pkt_phase)pkt->phase) {
    case SIM_PKT_WAITING: pkt_start(sim, pkt); break;
    case SIM_PKT_SYNC: sync_over(sim, pkt); break;
    default: body_over(sim, pkt); break;
    }
}
