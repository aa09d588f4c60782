/* Captures: pcap with link type 256, LE link layer with a radio header, times in nanoseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_priv.h"

enum {
    LINKTYPE = 256,
    SNAPLEN = 512,
    DEWHITENED = 1u << 0,
    SIGNAL_VALID = 1u << 1,
    REFERENCE_VALID = 1u << 4,
    TYPE_SHIFT = 7,
    CRC_CHECKED = 1u << 10,
    CRC_VALID = 1u << 11,
    PHY_SHIFT = 14,
    RADIO_HEADER = 10,
};

struct sim_pcap {
    FILE *file;
    bool failed;
};

static uint8_t *put_le(uint8_t *to, uint32_t v, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++)
        *to++ = (uint8_t)(v >> (8 * i));
    return to;
}

static void write_out(struct sim_pcap *pcap, const uint8_t *octets, size_t len)
{
    if (fwrite(octets, 1, len, pcap->file) != len)
        pcap->failed = true;
}

int woad_sim_capture_open(struct woad_sim *sim, const char *path)
{
    if (sim->pcap)
        return WOAD_ERR_EXISTS;
    FILE *file = fopen(path, "wb");
    if (!file)
        return WOAD_ERR_IO;
    struct sim_pcap *pcap = calloc(1, sizeof(*pcap));
    if (!pcap) {
        fclose(file);
        return WOAD_ERR_NO_MEM;
    }
    pcap->file = file;
    sim->pcap = pcap;
    uint8_t header[24] = {0};
    uint8_t *p = put_le(header, 0xa1b23c4du, 4); /* nanoseconds */
    p = put_le(p, 2, 2);
    p = put_le(p, 4, 2);
    p = put_le(p + 8, SNAPLEN, 4);
    put_le(p, LINKTYPE, 4);
    write_out(pcap, header, sizeof(header));
    return 0;
}

/* A capture tool checks CRCs itself for the address of advertising alone; elsewhere the flags tell
 * it, and everywhere that a transmission was cut. */
static uint32_t flags_of(const struct sim_pkt *pkt)
{
    static const uint8_t phy[] = {0, 0, 1, 2, 2};
    uint32_t flags = DEWHITENED | SIGNAL_VALID | REFERENCE_VALID;
    flags |= (uint32_t)pkt->pdu_type << TYPE_SHIFT | (uint32_t)phy[pkt->phy] << PHY_SHIFT;
    if (pkt->cut)
        return flags | CRC_CHECKED;
    if (pkt->access_address == SIM_ADV_AA || !pkt->crc_known)
        return flags;
    return flags | CRC_CHECKED | (pkt->crc_good ? CRC_VALID : 0);
}

static uint8_t *put_packet(uint8_t *p, const struct sim_pkt *pkt)
{
    p = put_le(p, pkt->access_address, 4);
    if (pkt->phy >= WOAD_PHY_CODED_S8)
        *p++ = pkt->phy == WOAD_PHY_CODED_S2; /* coding indicator */
    memcpy(p, pkt->octets, pkt->len);
    if (pkt->cut) /* what came after the cut is not known: spoil the CRC */
        p[pkt->len - 1] ^= 0xff;
    return p + pkt->len;
}

void woad_sim_pcap_write(struct woad_sim *sim, const struct sim_pkt *pkt)
{
    uint8_t record[16 + RADIO_HEADER + 5 + SIM_OCTETS_ROOM];
    uint8_t *p = record + 16;
    *p++ = pkt->rf;
    *p++ = (uint8_t)pkt->power_dbm;
    *p++ = 0;
    *p++ = 0;
    p = put_le(p, pkt->access_address, 4);
    p = put_le(p, flags_of(pkt), 2);
    p = put_packet(p, pkt);
    size_t len = (size_t)(p - record);
    p = put_le(record, (uint32_t)(pkt->start_ns / 1000000000u), 4);
    p = put_le(p, (uint32_t)(pkt->start_ns % 1000000000u), 4);
    p = put_le(p, (uint32_t)len - 16, 4);
    put_le(p, (uint32_t)len - 16, 4);
    write_out(sim->pcap, record, len);
}

int woad_sim_pcap_flush(struct woad_sim *sim)
{
    if (!sim->pcap)
        return 0;
    if (fflush(sim->pcap->file) != 0)
        sim->pcap->failed = true;
    return sim->pcap->failed ? WOAD_ERR_IO : 0;
}

/* Packets that are still on air are in the capture too. */
int woad_sim_capture_close(struct woad_sim *sim)
{
    struct sim_pcap *pcap = sim->pcap;
    if (!pcap)
        return 0;
    for (struct sim_pkt *pkt = sim->air_head; pkt; pkt = pkt->next) {
        if (!pkt->captured)
            woad_sim_pcap_write(sim, pkt);
        pkt->captured = true;
    }
    if (fclose(pcap->file) != 0)
        pcap->failed = true;
    int err = pcap->failed ? WOAD_ERR_IO : 0;
    free(pcap);
    sim->pcap = NULL;
    return err;
}
