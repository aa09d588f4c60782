/* Whose private address is it, and the identities for gap_privacy.h [Vol 3, Part C, 10.8.2]. */
#include "smp/smp_priv.h"
#include "woad/gap_privacy.h"

bool woad_smp_resolves(const struct woad_smp_bond *bond, const struct woad_addr *addr)
{
    return (bond->flags & WOAD_SMP_BOND_IRK) && woad_rpa_matches(bond->irk, addr);
}

int woad_smp_slot_find(const struct woad_host *h, const struct woad_addr *addr)
{
    const struct smp *s = woad_smp_of(h);
    if (!s)
        return -1;
    if (!woad_addr_is_resolvable(addr))
        return woad_smp_bond_by_identity(s, addr);
    for (int slot = 0; slot < s->cfg.max_bonds; slot++)
        if (s->slots[slot].used && woad_smp_resolves(&s->slots[slot].bond, addr))
            return slot;
    return -1;
}

static uint16_t count(const struct woad_host *h)
{
    const struct smp *s = woad_smp_of(h);
    return s ? s->cfg.max_bonds : 0;
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *identity)
{
    const struct smp_slot *slot = &woad_smp_of(h)->slots[at];
    if (!slot->used || slot->remove || !(slot->bond.flags & WOAD_SMP_BOND_IRK))
        return false;
    *identity = (struct woad_identity){.addr = slot->bond.peer};
    memcpy(identity->irk, slot->bond.irk, 16);
    return true;
}

static bool own_irk(const struct woad_host *h, uint8_t irk[16])
{
    return woad_smp_own_irk(h, irk) == 0;
}

const struct woad_identities woad_smp_identities = {count, get, own_irk};
