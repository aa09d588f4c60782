/* Resolvable private addresses [Vol 6, Part B, 1.3.2.2, 1.3.2.3; Vol 3, Part H, 2.2.2]. */
#include "smp/toolbox.h"
#include "woad/gap_privacy.h"

int woad_rpa_make(const uint8_t irk[16], const uint8_t prand[3], struct woad_addr *addr)
{
    const uint8_t r[3] = {(uint8_t)((prand[0] & 0x3f) | 0x40), prand[1], prand[2]};
    uint8_t hash[3];
    int err = woad_smp_ah(irk, r, hash);
    if (err)
        return err;
    addr->type = WOAD_ADDR_RANDOM;
    for (unsigned i = 0; i < 3; i++) {
        addr->val[i] = hash[2 - i];
        addr->val[3 + i] = r[2 - i];
    }
    return 0;
}

bool woad_rpa_matches(const uint8_t irk[16], const struct woad_addr *addr)
{
    if (!woad_addr_is_resolvable(addr))
        return false;
    const uint8_t r[3] = {addr->val[5], addr->val[4], addr->val[3]};
    uint8_t hash[3];
    return !woad_smp_ah(irk, r, hash) && hash[0] == addr->val[2] && hash[1] == addr->val[1] &&
           hash[2] == addr->val[0];
}
