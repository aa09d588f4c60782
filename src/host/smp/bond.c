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
    const struct woad_addr old = s->slots[slot].bond.peer;
    bool replaced = s->slots[slot].used && !woad_addr_equal(&old, &bond->peer);
    if (&s->slots[slot].bond != bond)
        s->slots[slot].bond = *bond;
    s->slots[slot].used = true;
    s->slots[slot].added = s->slots[slot].remove = false;
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
    struct woad_addr peer = s->slots[slot].bond.peer;
    look_again(s, slot);
    s->slots[slot].used = s->slots[slot].remove = false;
    int err = woad_smp_bond_erase(s, slot);
    woad_smp_wipe(&s->slots[slot].bond, sizeof(s->slots[slot].bond));
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
        if (s->slots[slot].remove)
            woad_smp_bond_drop(s, slot);
        else if (s->slots[slot].added)
            woad_smp_bond_put(s, &s->slots[slot].bond, slot);
        if (s->slots[slot].damaged) {
            s->slots[slot].damaged = false;
            tell(s, WOAD_SMP_BOND_LOST, &s->slots[slot].bond.peer, WOAD_ERR_FORMAT);
        }
    }
}
