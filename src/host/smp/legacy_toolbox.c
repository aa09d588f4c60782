/* c1 and s1 of LE legacy pairing [Vol 3, Part H, 2.2.3, 2.2.4]. */
#include "smp/toolbox.h"

static void add(uint8_t to[16], const uint8_t other[16])
{
    for (int i = 0; i < 16; i++)
        to[i] ^= other[i];
}

int woad_smp_c1(const uint8_t k[16], const uint8_t r[16], const uint8_t preq[7],
                const uint8_t pres[7], const struct woad_addr *ia, const struct woad_addr *ra,
                uint8_t out[16])
{
    uint8_t p1[16], p2[16] = {0};
    woad_smp_turn(p1, pres, 7);
    woad_smp_turn(p1 + 7, preq, 7);
    p1[14] = ra->type & 1;
    p1[15] = ia->type & 1;
    woad_smp_turn(p2 + 4, ia->val, 6);
    woad_smp_turn(p2 + 10, ra->val, 6);
    add(p1, r);
    int err = woad_smp_e(k, p1, p1);
    if (err)
        return err;
    add(p1, p2);
    return woad_smp_e(k, p1, out);
}

int woad_smp_s1(const uint8_t k[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t out[16])
{
    uint8_t r[16];
    memcpy(r, r1 + 8, 8);
    memcpy(r + 8, r2 + 8, 8);
    return woad_smp_e(k, r, out);
}
