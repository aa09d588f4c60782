/* The table of bonds. A slot stays where it is for as long as its bond exists. */
#include "smp/smp_priv.h"

int woad_smp_bond_by_identity(const struct smp *s, const struct woad_addr *addr)
{
    struct woad_addr is = *addr;
    is.type &= 1; /* as resolved by the controller, or not */
    for (int slot = 0; slot < s->cfg.max_bonds; slot++)
        if (s->slots[slot].used && woad_addr_equal(&s->slots[slot].bond.peer, &is))
            return slot;
    return -1;
}

int woad_smp_bond_of(struct smp_link *l)
{
    if (!l->link)
        return -1;
    if (!l->looked)
        l->bond = (int16_t)woad_smp_slot_find(l->s->h, &l->link->peer);
    l->looked = true;
    return l->bond;
}

void woad_smp_bond_used(struct smp *s, int slot)
{
    s->slots[slot].turn = ++s->turn;
}

static void tell(struct smp *s, uint8_t type, const struct woad_addr *peer, int err)
{
    woad_smp_tell_host(s,
                       &(struct woad_smp_evt){.type = type, .u.bond = {.peer = *peer, .err = err}});
}

static bool in_use(const struct smp *s, int slot)
{
    for (uint16_t i = 0; i < s->h->max_conns; i++)
        if (s->links[i].link && s->links[i].bond == slot)
            return true;
    return false;
}

/* Links whose peer may have a bond now, or has none any more, are looked up again. */
static void look_again(struct smp *s, int slot)
{
    for (uint16_t i = 0; i < s->h->max_conns; i++)
        if (s->links[i].bond == slot || s->links[i].bond < 0)
            s->links[i].looked = false;
}

static int oldest(const struct smp *s)
{
    int found = -1;
    for (int slot = 0; slot < s->cfg.max_bonds; slot++)
        if (!in_use(s, slot) && (found < 0 || s->slots[slot].turn < s->slots[found].turn))
            found = slot;
    return found;
}

/* A slot for one more bond, which may have one that is to go, or -1. */
static int find_room(const struct smp *s)
{
    for (int slot = 0; slot < s->cfg.max_bonds; slot++)
        if (!s->slots[slot].used)
            return slot;
    return s->cfg.when_full == WOAD_SMP_FULL_REPLACE ? oldest(s) : -1;
}

int woad_smp_bond_put(struct smp *s, const struct woad_smp_bond *bond, int slot)
{
    if (slot < 0)
        slot = find_room(s);
    if (slot < 0) {
        tell(s, WOAD_SMP_BOND_FULL, &bond->peer, WOAD_ERR_NO_MEM);
        return -1;
    }
    struct smp_slot *at = &s->slots[slot];
    const struct woad_addr old = at->bond.peer;
    bool replaced = at->used && !woad_addr_equal(&old, &bond->peer);
    at->bond = *bond; /* it may be this one */
    at->used = true;
    at->added = at->remove = false;
    woad_smp_bond_used(s, slot);
    look_again(s, slot);
    int err = woad_smp_bond_save(s, slot); /* one write: the power fails before or after it */
    if (replaced)
        tell(s, WOAD_SMP_BOND_REMOVED, &old, err);
    tell(s, err ? WOAD_SMP_BOND_LOST : WOAD_SMP_BOND_STORED, &bond->peer, err);
    return slot;
}

void woad_smp_bond_drop(struct smp *s, int slot)
{
    struct smp_slot *at = &s->slots[slot];
    struct woad_addr peer = at->bond.peer;
    look_again(s, slot);
    at->used = at->remove = false;
    int err = woad_smp_bond_erase(s, slot);
    woad_smp_wipe(&at->bond, sizeof(at->bond));
    tell(s, WOAD_SMP_BOND_REMOVED, &peer, err);
}

bool woad_smp_bond_valid(const struct woad_smp_bond *b)
{
    return b->peer.type <= WOAD_ADDR_RANDOM && b->key_size >= 7 && b->key_size <= 16 &&
           b->level >= 2 && b->level <= 4;
}

/* Does and tells what calls and the load asked for. */
void woad_smp_bonds_service(struct smp *s)
{
    for (int slot = 0; slot < s->cfg.max_bonds; slot++) {
        struct smp_slot *at = &s->slots[slot];
        if (at->remove)
            woad_smp_bond_drop(s, slot);
        else if (at->added)
            woad_smp_bond_put(s, &at->bond, slot);
        if (at->damaged) {
            at->damaged = false;
            tell(s, WOAD_SMP_BOND_LOST, &at->bond.peer, WOAD_ERR_FORMAT);
        }
    }
}
