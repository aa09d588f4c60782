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
    return &dev->sim->listeners[dev->op->channel][sim_phy_group(dev->op->phy)];
}

void sim_medium_listen(struct woad_sim_dev *dev)
{
    struct sim_listeners *list = list_of(dev);
    if (!sim_grow(&list->dev, list->count, &list->size))
        sim_must(NULL);
    dev->listen_pos = list->count;
    list->dev[list->count++] = dev;
}

void sim_medium_deafen(struct woad_sim_dev *dev)
{
    struct sim_listeners *list = list_of(dev);
    struct woad_sim_dev *last = list->dev[--list->count];
    list->dev[dev->listen_pos] = last;
    last->listen_pos = dev->listen_pos;
}

void sim_medium_unlock(struct woad_sim_dev *dev)
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
    if (!sim_grow(&sim->pkts, sim->pkt_count, &sim->pkt_size))
        sim_must(NULL);
    pkt = sim_must(calloc(1, sizeof(*pkt)));
    pkt->slot = sim_slot_make(SIM_KIND_PKT, sim->pkt_count);
    sim->pkts[sim->pkt_count++] = pkt;
    return pkt;
}

/* Puts the packet on air now. */
static void pkt_start(struct woad_sim *sim, struct sim_pkt *pkt)
{
    pkt->phase = SIM_PKT_SYNC;
    pkt->start_ns = sim->now;
    pkt->sync_ns = sim->now + WOAD_SIM_US(woad_phy_sync_us(pkt->phy));
    pkt->end_ns = sim->now + WOAD_SIM_US(woad_phy_air_us(pkt->phy, pkt->pdu_len));
    pkt->cut_ns = SIM_NEVER;
    pkt->locked = NULL;
    pkt->next = NULL;
    if (sim->air_tail)
        sim->air_tail->next = pkt;
    else
        sim->air_head = pkt;
    sim->air_tail = pkt;
    sim->stats.packets++;
    sim_hash_word(sim, sim->now);
    sim_hash_word(sim,
                  (uint64_t)(pkt->dev ? pkt->dev->index : UINT32_MAX) << 32 | pkt->access_address);
    sim_hash_word(sim, (uint64_t)pkt->channel << 8 | pkt->phy);
    sim_hash_octets(sim, pkt->air, pkt->pdu_len + SIM_CRC_LEN);
    sim_queue_set(&sim->queue, &pkt->slot, pkt->sync_ns);
}

/* Gives back the packets at the head that no packet still on air has overlapped. */
static void retire(struct woad_sim *sim)
{
    while (sim->air_head && sim->air_head->phase == SIM_PKT_OVER) {
        struct sim_pkt *pkt = sim->air_head;
        sim->air_head = pkt->next;
        if (!sim->air_head)
            sim->air_tail = NULL;
        pkt->next = sim->pkt_free;
        sim->pkt_free = pkt;
    }
}

void sim_medium_transmit(struct woad_sim_dev *dev, const struct woad_radio_op *op)
{
    struct woad_sim *sim = dev->sim;
    struct sim_pkt *pkt = pkt_new(sim);
    pkt->dev = dev;
    pkt->access_address = op->access_address;
    pkt->crc_init = op->crc_init;
    pkt->pdu_len = op->pdu_len;
    pkt->channel = op->channel;
    pkt->phy = op->phy;
    pkt->power_dbm = op->tx_power_dbm < dev->tx_power_dbm ? op->tx_power_dbm : dev->tx_power_dbm;
    uint32_t crc = sim_bits_crc(sim, op->crc_init, op->pdu, op->pdu_len);
    memcpy(pkt->air, op->pdu, op->pdu_len);
    for (unsigned i = 0; i < SIM_CRC_LEN; i++)
        pkt->air[op->pdu_len + i] = (uint8_t)(crc >> (8 * i));
    sim_bits_whiten(sim, pkt->channel, pkt->air, pkt->air, op->pdu_len + (size_t)SIM_CRC_LEN);
    dev->pkt = pkt;
    pkt_start(sim, pkt);
}

void sim_medium_cut(struct sim_pkt *pkt)
{
    pkt->cut_ns = pkt->dev->sim->now;
    pkt->dev->sim->stats.truncated++;
    pkt->dev = NULL;
}

/* Reception. */

static bool can_lock(const struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    return dev->op->access_address == pkt->access_address && dev->open_ns <= pkt->start_ns &&
           dev->close_ns >= pkt->sync_ns;
}

static void lock(struct woad_sim_dev *dev, struct sim_pkt *pkt)
{
    sim_medium_deafen(dev);
    sim_queue_remove(&dev->sim->queue, &dev->op_slot);
    dev->state = SIM_RADIO_RX_LOCKED;
    dev->pkt = pkt;
    dev->locked_next = pkt->locked;
    pkt->locked = dev;
}

static void sync_over(struct woad_sim *sim, struct sim_pkt *pkt)
{
    struct sim_listeners *list = &sim->listeners[pkt->channel][sim_phy_group(pkt->phy)];
    pkt->phase = SIM_PKT_BODY;
    sim_queue_set(&sim->queue, &pkt->slot, pkt->end_ns);
    if (pkt->cut_ns < pkt->sync_ns)
        return;
    for (uint32_t i = list->count; i-- > 0;) {
        struct woad_sim_dev *dev = list->dev[i];
        if (can_lock(dev, pkt))
            lock(dev, pkt);
        else if (dev->op->access_address == pkt->access_address)
            sim->stats.missed++;
    }
}

static void receive(struct woad_sim_dev *dev, struct sim_pkt *pkt)
{
    struct woad_sim *sim = dev->sim;
    const struct woad_radio_op *op = dev->op;
    uint8_t octets[SIM_OCTETS_MAX + 4];
    sim_bits_whiten(sim, pkt->channel, octets, pkt->air, pkt->pdu_len + (size_t)SIM_CRC_LEN);
    uint32_t crc = sim_bits_crc(sim, op->crc_init, octets, pkt->pdu_len);
    uint32_t sent = (uint32_t)octets[pkt->pdu_len] | (uint32_t)octets[pkt->pdu_len + 1] << 8 |
                    (uint32_t)octets[pkt->pdu_len + 2] << 16;
    uint16_t len = pkt->pdu_len < op->pdu_len ? pkt->pdu_len : op->pdu_len;
    memcpy(op->pdu, octets, len);
    bool crc_ok = crc == sent && pkt->cut_ns == SIM_NEVER;
    if (crc_ok)
        sim->stats.receptions++;
    else
        sim->stats.crc_errors++;
    sim_hash_word(sim, (uint64_t)dev->index << 8 | crc_ok);
    struct woad_radio_evt evt = {.type = WOAD_RADIO_RX_END,
                                 .crc_ok = crc_ok && len == pkt->pdu_len,
                                 .rssi_dbm = -50,
                                 .phy = pkt->phy,
                                 .pdu_len = len,
                                 .start_us = sim_dev_us(dev, pkt->start_ns),
                                 .end_us = sim_dev_us(dev, pkt->end_ns)};
    dev->state = SIM_RADIO_OFF;
    dev->pkt = NULL;
    dev->op = NULL;
    dev->ref_ns = pkt->end_ns;
    sim_radio_deliver(dev, &evt);
}

static void transmitted(struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    struct woad_radio_evt evt = {.type = WOAD_RADIO_TX_END,
                                 .rssi_dbm = 127,
                                 .phy = pkt->phy,
                                 .start_us = sim_dev_us(dev, pkt->start_ns),
                                 .end_us = sim_dev_us(dev, pkt->end_ns)};
    dev->state = SIM_RADIO_OFF;
    dev->pkt = NULL;
    dev->op = NULL;
    dev->ref_ns = pkt->end_ns;
    sim_radio_deliver(dev, &evt);
}

static void body_over(struct woad_sim *sim, struct sim_pkt *pkt)
{
    sim_queue_remove(&sim->queue, &pkt->slot);
    if (pkt->dev)
        transmitted(pkt->dev, pkt);
    while (pkt->locked) {
        struct woad_sim_dev *dev = pkt->locked;
        pkt->locked = dev->locked_next;
        receive(dev, pkt);
    }
    pkt->phase = SIM_PKT_OVER;
    retire(sim);
}

void sim_medium_due(struct woad_sim *sim, struct sim_pkt *pkt)
{
    if (pkt->phase == SIM_PKT_SYNC)
        sync_over(sim, pkt);
    else
        body_over(sim, pkt);
}
