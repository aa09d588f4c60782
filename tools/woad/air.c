#include "air.h"

#include "woad/radio.h"

#define PDU_PAYLOAD 251u
#define T_IFS_US    150u

unsigned air_pdus_per_event(const struct air_link *l)
{
    uint32_t data = woad_phy_air_us(l->phy, 2 + PDU_PAYLOAD);
    uint32_t back = l->both_ways ? data : woad_phy_air_us(l->phy, 2);
    return (unsigned)(l->interval_us / (data + back + 2 * T_IFS_US));
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
