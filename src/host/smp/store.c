/* Bonds, counters and our identity key in the store. Everything of a bond is written at once; what
 * other parts kept for the bond that had its number before goes with the same write. */
#include "smp/smp_priv.h"
#include "woad/store.h"

#define LOCAL_IRK     WOAD_STORE_KEY(WOAD_STORE_LOCAL, 1)
#define BOND_VERSION  1
#define BOND_LEN      111
#define COUNTERS_LEN  8
#define COUNTER_AHEAD 64 /* signatures between two writes of the counter */

static void pack(const struct woad_smp_bond *b, uint8_t to[BOND_LEN])
{
    struct woad_wr w = woad_wr_init(to, BOND_LEN);
    woad_wr_u8(&w, BOND_VERSION);
    woad_wr_u8(&w, b->flags);
    woad_wr_u8(&w, b->key_size);
    woad_wr_u8(&w, b->level);
    woad_wr_u8(&w, b->peer.type);
    woad_wr_bytes(&w, b->peer.val, 6);
    woad_wr_bytes(&w, b->ltk, 16);
    woad_wr_bytes(&w, b->rand, 8);
    woad_wr_u16(&w, b->ediv);
    woad_wr_bytes(&w, b->own_ltk, 16);
    woad_wr_bytes(&w, b->own_rand, 8);
    woad_wr_u16(&w, b->own_ediv);
    woad_wr_bytes(&w, b->irk, 16);
    woad_wr_bytes(&w, b->csrk, 16);
    woad_wr_bytes(&w, b->own_csrk, 16);
}

static bool unpack(struct woad_smp_bond *b, const uint8_t *from, long len)
{
    struct woad_rd r = woad_rd_init(from, len > 0 ? (size_t)len : 0);
    memset(b, 0, sizeof(*b));
    uint8_t version = woad_rd_u8(&r);
    b->flags = woad_rd_u8(&r);
    b->key_size = woad_rd_u8(&r);
    b->level = woad_rd_u8(&r);
    b->peer.type = woad_rd_u8(&r);
    woad_rd_bytes(&r, b->peer.val, 6);
    woad_rd_bytes(&r, b->ltk, 16);
    woad_rd_bytes(&r, b->rand, 8);
    b->ediv = woad_rd_u16(&r);
    woad_rd_bytes(&r, b->own_ltk, 16);
    woad_rd_bytes(&r, b->own_rand, 8);
    b->own_ediv = woad_rd_u16(&r);
    woad_rd_bytes(&r, b->irk, 16);
    woad_rd_bytes(&r, b->csrk, 16);
    woad_rd_bytes(&r, b->own_csrk, 16);
    return woad_rd_done(&r) && version == BOND_VERSION && woad_smp_bond_valid(b);
}

/* The counter that is stored is one that has not been used yet, and will not be before the next
 * write. */
static void pack_counters(const struct smp_slot *slot, uint8_t to[COUNTERS_LEN])
{
    woad_put_u32(to, slot->bond.sign_counter);
    woad_put_u32(to + 4, slot->own_counter_end);
}

int woad_smp_bond_save(struct smp *s, int at)
{
    struct smp_slot *slot = &s->slots[at];
    uint8_t bond[BOND_LEN], counters[COUNTERS_LEN];
    slot->own_counter_end = slot->bond.own_sign_counter;
    if (!s->cfg.store)
        return 0;
    pack(&slot->bond, bond);
    pack_counters(slot, counters);
    const struct woad_store_item items[] = {
        {WOAD_STORE_KEY(WOAD_STORE_BOND, at), bond, sizeof(bond)},
        {WOAD_STORE_KEY(WOAD_STORE_SIGN_COUNTER, at), counters, sizeof(counters)},
        {WOAD_STORE_KEY(WOAD_STORE_CCCD, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CLIENT, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CACHE, at), NULL, 0},
    };
    int err = woad_store_write(s->cfg.store, items, sizeof(items) / sizeof(items[0]));
    woad_smp_wipe(bond, sizeof(bond));
    return err;
}

int woad_smp_bond_erase(struct smp *s, int at)
{
    if (!s->cfg.store)
        return 0;
    const struct woad_store_item items[] = {
        {WOAD_STORE_KEY(WOAD_STORE_BOND, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_SIGN_COUNTER, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CCCD, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CLIENT, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CACHE, at), NULL, 0},
    };
    return woad_store_write(s->cfg.store, items, sizeof(items) / sizeof(items[0]));
}

int woad_smp_counters_save(struct smp *s, int at)
{
    struct smp_slot *slot = &s->slots[at];
    uint8_t counters[COUNTERS_LEN];
    uint32_t end = slot->own_counter_end;
    if (slot->bond.own_sign_counter >= end)
        slot->own_counter_end = slot->bond.own_sign_counter < UINT32_MAX - COUNTER_AHEAD
                                    ? slot->bond.own_sign_counter + COUNTER_AHEAD
                                    : UINT32_MAX;
    if (!s->cfg.store)
        return 0;
    pack_counters(slot, counters);
    int err = woad_store_put(s->cfg.store, WOAD_STORE_KEY(WOAD_STORE_SIGN_COUNTER, at), counters,
                             sizeof(counters));
    if (err)
        slot->own_counter_end = end;
    return err;
}

static void load_bond(struct smp *s, int at)
{
    struct smp_slot *slot = &s->slots[at];
    uint8_t value[BOND_LEN + 1];
    long len =
        woad_store_get(s->cfg.store, WOAD_STORE_KEY(WOAD_STORE_BOND, at), value, sizeof(value));
    if (len == WOAD_ERR_NOT_FOUND)
        return;
    slot->used = unpack(&slot->bond, value, len);
    slot->damaged = !slot->used;
    if (!slot->used)
        memset(&slot->bond, 0, sizeof(slot->bond));
    woad_smp_wipe(value, sizeof(value));
    len = woad_store_get(s->cfg.store, WOAD_STORE_KEY(WOAD_STORE_SIGN_COUNTER, at), value,
                         sizeof(value));
    /* Without its counters a bond would accept what was signed before: it signs nothing then. */
    if (len == COUNTERS_LEN) {
        slot->bond.sign_counter = woad_get_u32(value);
        slot->bond.own_sign_counter = slot->own_counter_end = woad_get_u32(value + 4);
    } else {
        slot->bond.flags &= (uint8_t) ~(WOAD_SMP_BOND_CSRK | WOAD_SMP_BOND_OWN_CSRK);
    }
}

static int load_irk(struct smp *s)
{
    if (s->cfg.irk) {
        memcpy(s->irk, s->cfg.irk, 16);
        return 0;
    }
    long len = s->cfg.store ? woad_store_get(s->cfg.store, LOCAL_IRK, s->irk, 16) : 0;
    if (len == 16)
        return 0;
    int err = woad_crypto_random(s->irk, 16);
    return err || !s->cfg.store ? err : woad_store_put(s->cfg.store, LOCAL_IRK, s->irk, 16);
}

int woad_smp_store_load(struct smp *s)
{
    for (int at = 0; s->cfg.store && at < s->cfg.max_bonds; at++)
        load_bond(s, at);
    return load_irk(s);
}
