/* What the bits of a packet go through: CRC-24 and whitening.
 *
 * The CRC register shifts right with its position 23 in bit 0, since octets are sent least
 * significant bit first; the polynomial is mirrored to match. Position 23 is sent first, so the
 * register's octets are the CRC in the order of transmission [Vol 6, Part B, 3.1.1]. */
#include <string.h>

#include "sim_priv.h"

#define CRC_POLY 0xda6000u /* x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, mirrored */

static void init_crc(struct woad_sim *sim)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ CRC_POLY : crc >> 1;
        sim->crc_table[0][i] = crc;
    }
    for (unsigned k = 1; k < 16; k++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t crc = sim->crc_table[k - 1][i];
            sim->crc_table[k][i] = crc >> 8 ^ sim->crc_table[0][crc & 0xff];
        }
    }
}

/* The keystream of a channel: the register starts with 1 and the channel index, position 0 first;
 * each step gives position 6 and feeds it back to 0 and 4 [Vol 6, Part B, 3.2]. */
static void init_whitening(struct woad_sim *sim)
{
    for (uint8_t channel = 0; channel < SIM_CHANNELS; channel++) {
        uint32_t lfsr = 0x40u | channel; /* position 0 in bit 6, position 6 in bit 0 */
        for (size_t i = 0; i < sizeof(sim->whitening[0]); i++) {
            uint32_t octet = 0;
            for (unsigned bit = 0; bit < 8; bit++) {
                uint32_t out = lfsr & 1;
                octet |= out << bit;
                lfsr = lfsr >> 1 ^ (out ? 0x44u : 0u);
            }
            sim->whitening[channel][i] = (uint8_t)octet;
        }
    }
}

void woad_sim_bits_init(struct woad_sim *sim)
{
    init_crc(sim);
    init_whitening(sim);
}

static uint32_t mirror24(uint32_t v)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < 24; i++)
        r |= (v >> i & 1) << (23 - i);
    return r;
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* What four octets contribute, the first in bits 0..7. */
static uint32_t slice(const uint32_t (*t)[256], uint32_t v)
{
    return t[3][v & 0xff] ^ t[2][v >> 8 & 0xff] ^ t[1][v >> 16 & 0xff] ^ t[0][v >> 24];
}

uint32_t woad_sim_bits_crc(const struct woad_sim *sim, uint32_t init, const uint8_t *pdu,
                           size_t len)
{
    const uint32_t(*t)[256] = sim->crc_table;
    uint32_t crc = mirror24(init & 0xffffffu);
    for (; len >= 16; pdu += 16, len -= 16) {
        crc ^= load32(pdu);
        crc = slice(t + 12, crc) ^ slice(t + 8, load32(pdu + 4)) ^ slice(t + 4, load32(pdu + 8)) ^
              slice(t, load32(pdu + 12));
    }
    for (; len >= 4; pdu += 4, len -= 4)
        crc = slice(t, crc ^ load32(pdu));
    for (; len > 0; pdu++, len--)
        crc = crc >> 8 ^ t[0][(crc ^ *pdu) & 0xff];
    return crc;
}

void woad_sim_bits_whiten(const struct woad_sim *sim, uint8_t channel, uint8_t *to,
                          const uint8_t *from, size_t len)
{
    const uint8_t *key = sim->whitening[channel];
    for (size_t i = 0; i < len; i += 8) {
        uint64_t a, b;
        memcpy(&a, from + i, 8);
        memcpy(&b, key + i, 8);
        a ^= b;
        memcpy(to + i, &a, 8);
    }
}

bool woad_sim_bits_crc_good(const struct woad_sim *sim, uint32_t init, const uint8_t *octets,
                            size_t len)
{
    uint32_t crc =
        (uint32_t)octets[len] | (uint32_t)octets[len + 1] << 8 | (uint32_t)octets[len + 2] << 16;
    return crc == woad_sim_bits_crc(sim, init, octets, len);
}
