/* tools/woad/air.h: what the air allows, from the packet formats [Vol 6, Part B, 2.1, 2.2, 4.1]. */
#ifndef WOAD_AIR_H
#define WOAD_AIR_H

#include <stdbool.h>
#include <stdint.h>

struct air_link {
    uint8_t phy; /* enum woad_phy */
    double interval_us;
    bool both_ways;   /* data in both directions, else empty acknowledgements */
    uint16_t mps;     /* of the K-frames */
    uint32_t sdu_len; /* of each SDU */
};

/* PDUs of so many octets of payload that fit in one connection event, each answered by one of back
 * octets: the last T_IFS must end before the next anchor. */
unsigned air_exchanges(uint8_t phy, double interval_us, uint16_t payload, uint16_t back);

/* Data PDUs of 251 octets that fit in one connection event, per direction. */
unsigned air_pdus_per_event(const struct air_link *l);

/* Octets of SDU payload per second and direction when every event is filled. K-frames have 4 octets
 * of L2CAP header, the first of an SDU 2 more [Vol 3, Part A, 3.4]; a K-frame that does not fill
 * its last PDU of 251 wastes the rest. */
double air_limit(const struct air_link *l);

#endif
