/* Channel selection [Vol 6, Part B, 4.5.8] and the rules for access addresses [2.1.2]. */
#include "ll_priv.h"

uint8_t woad_ll_csa_count(uint64_t map)
{
    uint8_t n = 0;
    for (map &= LL_CHANNELS_ALL; map; map &= map - 1)
        n++;
    return n;
}

/* The index-th used channel of the map, counted from 0. */
static uint8_t remap(uint64_t map, uint32_t index)
{
    for (uint8_t channel = 0; channel < 37; channel++) {
        if (!(map >> channel & 1))
            continue;
        if (index-- == 0)
            return channel;
    }
    return 0;
}

/* event counts on beyond 16 bits: the hop sequence does not restart when connEventCount wraps. */
uint8_t woad_ll_csa1(uint64_t map, uint8_t hop, uint32_t event)
{
    uint8_t unmapped = (uint8_t)(((uint64_t)event + 1) * hop % 37);
    if (map >> unmapped & 1)
        return unmapped;
    uint8_t count = woad_ll_csa_count(map);
    return count ? remap(map, unmapped % count) : 0;
}

static uint16_t permute(uint16_t v)
{
    uint8_t octet[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    for (int i = 0; i < 2; i++) {
        uint8_t o = octet[i];
        o = (uint8_t)((o & 0xf0) >> 4 | (o & 0x0f) << 4);
        o = (uint8_t)((o & 0xcc) >> 2 | (o & 0x33) << 2);
        o = (uint8_t)((o & 0xaa) >> 1 | (o & 0x55) << 1);
        octet[i] = o;
    }
    return (uint16_t)(octet[0] | octet[1] << 8);
}

uint8_t woad_ll_csa2(uint64_t map, uint16_t channel_id, uint16_t event)
{
    uint16_t prn = event ^ channel_id;
    for (int i = 0; i < 3; i++)
        prn = (uint16_t)(permute(prn) * 17u + channel_id);
    prn ^= channel_id;
    uint8_t unmapped = (uint8_t)(prn % 37);
    if (map >> unmapped & 1)
        return unmapped;
    return remap(map, (uint32_t)woad_ll_csa_count(map) * prn >> 16);
}

uint16_t woad_ll_csa_channel_id(uint32_t access_address)
{
    return (uint16_t)(access_address >> 16 ^ access_address);
}

static unsigned transitions(uint32_t v, unsigned bits)
{
    unsigned n = 0;
    for (unsigned i = 0; i + 1 < bits; i++)
        n += (v >> i ^ v >> (i + 1)) & 1;
    return n;
}

static unsigned ones(uint32_t v)
{
    unsigned n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
}

static unsigned longest_run(uint32_t v)
{
    unsigned longest = 1, run = 1;
    for (unsigned i = 1; i < 32; i++) {
        run = (v >> i & 1) == (v >> (i - 1) & 1) ? run + 1 : 1;
        if (run > longest)
            longest = run;
    }
    return longest;
}

/* Good for the coded PHY too, so that a link may change to it. */
bool woad_ll_access_address_ok(uint32_t aa)
{
    bool octets_equal = aa == (aa & 0xff) * 0x01010101u;
    return !octets_equal && ones(aa ^ LL_ADV_ACCESS_ADDRESS) > 1 && longest_run(aa) <= 6 &&
           transitions(aa, 32) <= 24 && transitions(aa >> 26, 6) >= 2 && ones(aa & 0xff) >= 3 &&
           transitions(aa & 0xffff, 16) <= 11;
}
