/* Private addresses: whose is it, and one of our own [Vol 3, Part C, 10.8.2; Part H, 2.2.2]. */
#include "smp/smp_priv.h"

static bool is_resolvable(const struct woad_addr *addr)
{
    return addr->type == WOAD_ADDR_RANDOM && addr->val[5] >> 6 == 1;
}

bool woad_smp_resolves(const struct woad_smp_bond *bond, const struct woad_addr *addr)
{
    uint8_t prand[3], hash[3];
    if (!(bond->flags & WOAD_SMP_BOND_IRK) || !is_resolvable(addr))
        return false;
    woad_smp_turn(prand, addr->val + 3, 3);
    if (woad_smp_ah(bond->irk, prand, hash))
        return false;
    return hash[0] == addr->val[2] && hash[1] == addr->val[1] && hash[2] == addr->val[0];
}

int woad_smp_slot_find(const struct woad_host *h, const struct woad_addr *addr)
{
    const struct smp *s = woad_smp_of(h);
    if (!s)
        return -1;
    if (!is_resolvable(addr))
        return woad_smp_bond_by_identity(s, addr);
    for (int slot = 0; slot < s->cfg.max_bonds; slot++)
        if (s->slots[slot].used && woad_smp_resolves(&s->slots[slot].bond, addr))
            return slot;
    return -1;
}

const struct woad_smp_bond *woad_smp_next_irk(const struct woad_host *h, int *slot)
{
    const struct smp *s = woad_smp_of(h);
    for (; s && *slot < s->cfg.max_bonds; (*slot)++)
        if (s->slots[*slot].used && (s->slots[*slot].bond.flags & WOAD_SMP_BOND_IRK))
            return &s->slots[*slot].bond;
    return NULL;
}

int woad_smp_own_rpa(struct woad_host *h, struct woad_addr *addr)
{
    const struct smp *s = woad_smp_of(h);
    uint8_t prand[3], hash[3];
    int err;
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    do { /* the random part may be neither all zeros nor all ones [Vol 6, Part B, 1.3.2.2] */
        err = woad_crypto_random(prand, 3);
        prand[0] = (uint8_t)((prand[0] & 0x3f) | 0x40);
    } while (!err && !prand[1] && !prand[2] && prand[0] == 0x40);
    if (!err)
        err = woad_smp_ah(s->irk, prand, hash);
    if (err)
        return err;
    addr->type = WOAD_ADDR_RANDOM;
    woad_smp_turn(addr->val, hash, 3);
    woad_smp_turn(addr->val + 3, prand, 3);
    return 0;
}
