/* Bonds and our identity key in the store (woad/store.h). */
#include "smp/smp_priv.h"

int woad_smp_bond_save(struct smp *s, int slot)
{
    (void)s;
    (void)slot;
    return 0;
}

int woad_smp_bond_erase(struct smp *s, const struct woad_addr *peer)
{
    (void)s;
    (void)peer;
    return 0;
}

int woad_smp_store_load(struct smp *s)
{
    if (s->cfg.irk) {
        memcpy(s->irk, s->cfg.irk, 16);
        return 0;
    }
    return woad_crypto_random(s->irk, 16);
}
