/* Bonds, counters and our identity key in the store. Everything of a bond is written at once; what
 * other parts kept for the bond that had its number before goes with the same write. */
#include "smp/smp_priv.h"
#include "woad/store.h"

#define LOCAL_IRK     WOAD_STORE_KEY(WOAD_STORE_LOCAL, 1)
#define BOND_VERSION  1
#define BOND_LEN      111
#define COUNTERS_LEN  8
#define COUNTER_AHEAD 64 /* signatures between two writes of the counter */

/* The fields of a record behind its version, in their order; those of two octets are numbers. */
#define FIELD(name)                                                                                \
    {                                                                                              \
        offsetof(struct woad_smp_bond, name), sizeof(((struct woad_smp_bond *)0)->name)            \
    }
static const struct {
    uint8_t at, len;
} fields[] = {
    FIELD(flags),    FIELD(key_size), FIELD(level), FIELD(peer.type), FIELD(peer.val),
    FIELD(ltk),      FIELD(rand),     FIELD(ediv),  FIELD(own_ltk),   FIELD(own_rand),
    FIELD(own_ediv), FIELD(irk),      FIELD(csrk),  FIELD(own_csrk),
};

/* Copies between a bond and its record; out: into the record. */
static void convert(struct woad_smp_bond *b, uint8_t record[BOND_LEN], bool out)
{
    uint8_t *at = record + 1;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t *field = (uint8_t *)b + fields[i].at;
        uint16_t number;
        if (fields[i].len == sizeof(number)) {
            memcpy(&number, field, sizeof(number));
            if (out)
                woad_put_u16(at, number);
            number = woad_get_u16(at);
            memcpy(field, &number, sizeof(number));
        } else {
            memcpy(out ? at : field, out ? field : at, fields[i].len);
        }
        at += fields[i].len;
    }
}

static bool unpack(struct woad_smp_bond *b, uint8_t *record, long len)
{
    memset(b, 0, sizeof(*b));
    if (len != BOND_LEN || record[0] != BOND_VERSION)
        return false;
    convert(b, record, false);
    return woad_smp_bond_valid(b);
}

/* The counter that is stored is one that has not been used yet, and will not be before the next
 * write. */
static void pack_counters(const struct smp_slot *slot, uint8_t to[COUNTERS_LEN])
{
    woad_put_u32(to, slot->bond.sign_counter);
    woad_put_u32(to + 4, slot->own_counter_end);
}

/* The rest of a server's database is too much for the write that removes its first record, without
 * which nobody finds it. */
static void drop_rest_of_cache(struct smp *s, int at)
{
    struct woad_store_item items[WOAD_STORE_CACHE_RECORDS - 1];
    for (int i = 1; i < WOAD_STORE_CACHE_RECORDS; i++)
        items[i - 1] = (struct woad_store_item){.key = WOAD_STORE_CACHE_KEY(at, i)};
    (void)!woad_store_write(s->cfg.store, items, WOAD_STORE_CACHE_RECORDS - 1);
}

/* Writes the bond and its counters, or without them removes everything under this number. */
static int write_bond(struct smp *s, int at, const uint8_t *bond, const uint8_t *counters)
{
    const struct woad_store_item items[] = {
        {WOAD_STORE_KEY(WOAD_STORE_BOND, at), bond, bond ? BOND_LEN : 0},
        {WOAD_STORE_KEY(WOAD_STORE_SIGN_COUNTER, at), counters, counters ? COUNTERS_LEN : 0},
        {WOAD_STORE_KEY(WOAD_STORE_CCCD, at), NULL, 0},
        {WOAD_STORE_KEY(WOAD_STORE_CLIENT, at), NULL, 0},
        {WOAD_STORE_CACHE_KEY(at, 0), NULL, 0},
    };
    uint8_t octet;
    if (!s->cfg.store)
        return 0;
    bool caches = at < WOAD_STORE_CACHE_BONDS;
    bool cached = caches && woad_store_get(s->cfg.store, WOAD_STORE_CACHE_KEY(at, 0), &octet, 1) !=
                                WOAD_ERR_NOT_FOUND;
    int err = woad_store_write(s->cfg.store, items, caches ? 5 : 4);
    if (!err && cached)
        drop_rest_of_cache(s, at);
    return err;
}

int woad_smp_bond_save(struct smp *s, int at)
{
    struct smp_slot *slot = &s->slots[at];
    uint8_t bond[BOND_LEN] = {BOND_VERSION}, counters[COUNTERS_LEN];
    slot->own_counter_end = slot->bond.own_sign_counter;
    convert(&slot->bond, bond, true);
    pack_counters(slot, counters);
    int err = write_bond(s, at, bond, counters);
    woad_smp_wipe(bond, sizeof(bond));
    return err;
}

int woad_smp_bond_erase(struct smp *s, int at)
{
    return write_bond(s, at, NULL, NULL);
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
