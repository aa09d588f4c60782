#include "air.h"

#include "woad/radio.h"

#define PDU_PAYLOAD 251u
#define T_IFS_US    150u

unsigned air_exchanges(uint8_t phy, double interval_us, uint16_t payload, uint16_t back)
{
    uint32_t there = woad_phy_air_us(phy, 2u + payload), answer = woad_phy_air_us(phy, 2u + back);
    return (unsigned)(interval_us / (there + answer + 2 * T_IFS_US));
}

unsigned air_pdus_per_event(const struct air_link *l)
{
    return air_exchanges(l->phy, l->interval_us, PDU_PAYLOAD, l->both_ways ? PDU_PAYLOAD : 0);
}

/* PDUs that carry one SDU. */
static uint64_t pdus_per_sdu(uint32_t sdu_len, uint16_t mps)
{
    uint64_t left = (uint64_t)sdu_len + 2;
    uint64_t frames = left / mps;
    uint64_t rest = left % mps;
    uint64_t pdus = frames * ((mps + 4u + PDU_PAYLOAD - 1) / PDU_PAYLOAD);
    return pdus + (rest ? (rest + 4 + PDU_PAYLOAD - 1) / PDU_PAYLOAD : 0);
}

double air_limit(const struct air_link *l)
{
    double pdus_per_s = air_pdus_per_event(l) * 1e6 / l->interval_us;
    return pdus_per_s * l->sdu_len / (double)pdus_per_sdu(l->sdu_len, l->mps);
}
