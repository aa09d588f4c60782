/* The receiver: finding a packet by its access address, and what of its octets arrives. */
#include <string.h>

#include "sim_priv.h"

static unsigned coding(const struct sim_pkt *pkt)
{
    switch (pkt->phy) {
    case WOAD_PHY_CODED_S2: return 2;
    case WOAD_PHY_CODED_S8: return 8;
    default: return 1;
    }
}

static woad_sim_time preamble_ns(const struct sim_pkt *pkt)
{
    return WOAD_SIM_US(coding(pkt) == 1 ? 8u : 80u);
}

/* The first FEC block: address, coding indicator (0 = S8, 1 = S2), termination, always in S8
 * [Vol 6, Part B, 2.2.2]. */
static bool coded_address_arrives(struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    uint8_t sent[5], got[5], symbols[40];
    for (unsigned i = 0; i < 4; i++)
        sent[i] = (uint8_t)(pkt->access_address >> (8 * i));
    sent[4] = coding(pkt) == 2;
    woad_sim_fec_encode(sent, 37, 8, symbols);
    if (!woad_sim_signal_flip(dev, pkt, pkt->start_ns + preamble_ns(pkt), pkt->sync_ns, symbols))
        return true;
    woad_sim_fec_decode(symbols, 37, 8, got);
    return memcmp(sent, got, sizeof(sent)) == 0;
}

static bool address_arrives(struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    if (woad_sim_signal_clean(dev, pkt))
        return true;
    if (coding(pkt) > 1)
        return coded_address_arrives(dev, pkt);
    return !woad_sim_signal_spoils(dev, pkt, pkt->start_ns + preamble_ns(pkt), pkt->sync_ns);
}

/* Half of the losses ordered by the configuration are packets never found, the others arrive with
 * a burst of errors. */
static bool lost(struct woad_sim_dev *dev)
{
    uint32_t loss = dev->sim->cfg.loss_permille;
    if (dev->loss_until_ns > dev->sim->now)
        loss += dev->fault_loss;
    dev->rx_burst = false;
    if (!loss || woad_sim_rng_below(&dev->air_rng, 1000) >= loss)
        return false;
    dev->rx_burst = woad_sim_rng_next(&dev->air_rng) & 1;
    return !dev->rx_burst;
}

bool woad_sim_receive_sync(struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    dev->rx_level = woad_sim_signal_level(dev, pkt) + woad_sim_signal_fading(dev);
    if (!woad_sim_signal_in_range(dev, pkt, dev->rx_level))
        return false;
    if (dev->open_ns > pkt->start_ns + WOAD_SIM_US(dev->skip_us) || dev->close_ns < pkt->sync_ns) {
        dev->sim->stats.missed++;
        return false;
    }
    return !lost(dev) && address_arrives(dev, pkt);
}

/* Spoils 8 to 64 bits in a row, every other one on average and the first for certain. */
static void add_burst(struct woad_sim_dev *dev, uint8_t *octets, uint32_t bits)
{
    uint64_t pattern = woad_sim_rng_next(&dev->air_rng) | 1;
    uint32_t first = (uint32_t)woad_sim_rng_below(&dev->air_rng, bits);
    uint32_t len = 8 + (uint32_t)woad_sim_rng_below(&dev->air_rng, 57);
    for (uint32_t i = first; i < bits && i < first + len; i++, pattern >>= 1)
        octets[i >> 3] ^= (uint8_t)((pattern & 1) << (i & 7));
}

/* Octets of header to CRC as they leave the demodulator, still whitened. */
static void demodulate(struct woad_sim_dev *dev, const struct sim_pkt *pkt, uint8_t *octets)
{
    uint32_t bits = (uint32_t)(pkt->rx_len + SIM_CRC_LEN) * 8;
    if (woad_sim_signal_clean(dev, pkt)) {
        /* nothing to do */
    } else if (coding(pkt) == 1) {
        woad_sim_signal_flip(dev, pkt, pkt->sync_ns, pkt->rx_end_ns, octets);
    } else {
        uint8_t symbols[SIM_SYMBOLS_ROOM];
        octets[bits / 8] = 0; /* the termination */
        woad_sim_fec_encode(octets, bits + 3, coding(pkt), symbols);
        if (woad_sim_signal_flip(dev, pkt, pkt->sync_ns, pkt->rx_end_ns, symbols))
            woad_sim_fec_decode(symbols, bits + 3, coding(pkt), octets);
    }
    if (dev->rx_burst)
        add_burst(dev, octets, bits);
}

void woad_sim_receive_end(struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                          struct woad_radio_evt *evt)
{
    struct woad_sim *sim = dev->sim;
    const struct woad_radio_op *op = dev->op;
    uint16_t len = pkt->rx_len;
    uint8_t octets[SIM_OCTETS_ROOM];
    memcpy(octets, pkt->air, sizeof(octets));
    demodulate(dev, pkt, octets);
    bool changed = memcmp(octets, pkt->air, len + (size_t)SIM_CRC_LEN) != 0;
    woad_sim_bits_whiten(sim, pkt->channel, octets, octets, len + (size_t)SIM_CRC_LEN);
    bool crc_ok = woad_sim_bits_crc_good(sim, op->crc_init, octets, len);
    sim->stats.receptions += crc_ok;
    sim->stats.crc_errors += !crc_ok;
    sim->stats.crc_missed += crc_ok && changed;
    woad_sim_hash_word(sim, (uint64_t)pkt->number << 32 | (uint64_t)dev->index << 1 | crc_ok);
    if (changed)
        woad_sim_hash_octets(sim, octets, len + (size_t)SIM_CRC_LEN);
    evt->pdu_len = len < op->pdu_len ? len : op->pdu_len;
    evt->crc_ok = crc_ok && len <= op->pdu_len;
    evt->rssi_dbm = woad_sim_signal_rssi(dev->rx_level);
    memcpy(op->pdu, octets, evt->pdu_len);
}
