/* Signatures [Vol 3, Part H, 2.4.5; Vol 3, Part C, 10.4] and their keys. Not linked unless a
 * configuration names woad_smp_signing. */
#include "smp/smp_priv.h"
#include "woad/att.h"

/* The MAC is over the octets of counter and message, the last octet first. */
static int mac_of(const uint8_t csrk[16], const struct woad_cmac_part *parts, size_t count,
                  uint32_t counter, uint8_t mac[16])
{
    uint8_t turned[4 + WOAD_ATT_MTU_MAX];
    size_t at = sizeof(turned);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > at - 4)
            return WOAD_ERR_TOO_LONG;
        at -= parts[i].len;
        woad_smp_turn(turned + at, parts[i].data, parts[i].len);
    }
    uint8_t number[4];
    woad_put_u32(number, counter);
    at -= 4;
    woad_smp_turn(turned + at, number, 4);
    return woad_smp_cmac(csrk, &(struct woad_cmac_part){turned + at, sizeof(turned) - at}, 1, mac);
}

static struct smp_slot *slot_of(struct host_link *link, uint8_t flag)
{
    struct smp_link *l = woad_smp_link(link);
    int at = woad_smp_bond_of(l);
    struct smp_slot *slot = at >= 0 ? &l->s->slots[at] : NULL;
    return slot && (slot->bond.flags & flag) ? slot : NULL;
}

static int sign(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                uint8_t signature[12])
{
    struct smp *s = woad_smp_of(link->h);
    struct smp_slot *slot = slot_of(link, WOAD_SMP_BOND_OWN_CSRK);
    uint8_t mac[16];
    int err = 0;
    if (!slot || slot->bond.own_sign_counter == UINT32_MAX)
        return WOAD_ERR_SECURITY;
    if (slot->bond.own_sign_counter >= slot->own_counter_end)
        err = woad_smp_counters_save(s, (int)(slot - s->slots));
    if (!err)
        err = mac_of(slot->bond.own_csrk, parts, count, slot->bond.own_sign_counter, mac);
    if (err)
        return err;
    woad_put_u32(signature, slot->bond.own_sign_counter++);
    woad_smp_turn(signature + 4, mac, 8);
    return 0;
}

/* A counter that was accepted is in the store before the message counts: it does not come twice,
 * whenever power fails. */
static int verify(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                  const uint8_t signature[12])
{
    struct smp *s = woad_smp_of(link->h);
    struct smp_slot *slot = slot_of(link, WOAD_SMP_BOND_CSRK);
    uint32_t counter = woad_get_u32(signature);
    uint8_t mac[16], expect[8];
    if (!slot || counter < slot->bond.sign_counter || counter == UINT32_MAX)
        return WOAD_ERR_SECURITY;
    int err = mac_of(slot->bond.csrk, parts, count, counter, mac);
    if (err)
        return err;
    woad_smp_turn(expect, mac, 8);
    if (!woad_smp_same(expect, signature + 4, 8))
        return WOAD_ERR_SECURITY;
    uint32_t before = slot->bond.sign_counter;
    slot->bond.sign_counter = counter + 1;
    err = woad_smp_counters_save(s, (int)(slot - s->slots));
    if (err)
        slot->bond.sign_counter = before;
    return err ? err : slot->bond.level;
}

static uint8_t send_csrk(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct woad_smp_bond *bond = &l->p.bond;
    if (woad_crypto_random(bond->own_csrk, 16))
        return WOAD_SMP_UNSPECIFIED_REASON;
    bond->flags |= WOAD_SMP_BOND_OWN_CSRK;
    return woad_smp_send_value(l, SMP_SIGNING_INFORMATION, bond->own_csrk, 16);
}

static uint8_t on_csrk(struct smp_link *l, struct woad_rd *r)
{
    woad_smp_read(r, l->p.bond.csrk, 16);
    if (!woad_smp_zero(l->p.bond.csrk, 16))
        l->p.bond.flags |= WOAD_SMP_BOND_CSRK;
    return SMP_NEXT;
}

const struct woad_smp_signing woad_smp_signing = {sign, verify, woad_smp_all_keys, send_csrk,
                                                  on_csrk};
