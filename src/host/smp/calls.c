/* The calls of woad/smp.h: they note what is wanted; run() does it. */
#include "smp/smp_priv.h"

struct smp_link *woad_smp_link_of(struct woad_host *h, uint16_t conn, int *err)
{
    struct host_link *link = woad_host_link_of(h, conn, err);
    if (link && !woad_smp_of(h))
        *err = WOAD_ERR_UNSUPPORTED;
    return link && !*err ? woad_smp_link(link) : NULL;
}

static int due(struct smp_link *l)
{
    woad_host_part_due(l->s->h, HOST_PART_SMP);
    return 0;
}

static int secure(struct woad_host *h, uint16_t conn, uint8_t level, bool anew)
{
    int err;
    struct smp_link *l = woad_smp_link_of(h, conn, &err);
    if (!l)
        return err;
    if (level < 2 || level > 4)
        return WOAD_ERR_INVALID;
    if (l->op || (anew && l->state != SMP_IDLE))
        return WOAD_ERR_BUSY;
    err = woad_smp_may_raise(l);
    if (err)
        return err;
    l->op = l->start = true;
    l->anew = anew;
    h->ops_pending++;
    if (level > l->want)
        l->want = level;
    return due(l);
}

int woad_smp_secure(struct woad_host *h, uint16_t conn, uint8_t level)
{
    return secure(h, conn, level, false);
}

int woad_smp_pair(struct woad_host *h, uint16_t conn, uint8_t level)
{
    return secure(h, conn, level, true);
}

int woad_smp_cancel(struct woad_host *h, uint16_t conn)
{
    int err;
    struct smp_link *l = woad_smp_link_of(h, conn, &err);
    if (!l)
        return err;
    if (l->state == SMP_IDLE && !l->op)
        return WOAD_ERR_STATE;
    l->cancel = true;
    return due(l);
}

/* The link of an answer that is waited for. */
static struct smp_link *asked(struct woad_host *h, uint16_t conn, uint8_t answer, int *err)
{
    struct smp_link *l = woad_smp_link_of(h, conn, err);
    if (!l || (l->state == SMP_PAIRING && l->p.waits_for == answer && !l->p.answered))
        return l;
    *err = WOAD_ERR_STATE;
    return NULL;
}

static int answer(struct woad_host *h, uint16_t conn, uint8_t kind, bool yes, uint32_t passkey)
{
    int err;
    struct smp_link *l = asked(h, conn, kind, &err);
    if (!l)
        return err;
    l->p.answered = true;
    l->p.yes = yes;
    if (kind == SMP_ANSWER_PASSKEY)
        l->p.passkey = passkey;
    return due(l);
}

int woad_smp_accept(struct woad_host *h, uint16_t conn, bool yes)
{
    return answer(h, conn, SMP_ANSWER_ACCEPT, yes, 0);
}

int woad_smp_passkey(struct woad_host *h, uint16_t conn, uint32_t passkey)
{
    return passkey > 999999 ? WOAD_ERR_INVALID : answer(h, conn, SMP_ANSWER_PASSKEY, true, passkey);
}

int woad_smp_confirm(struct woad_host *h, uint16_t conn, bool same)
{
    return answer(h, conn, SMP_ANSWER_CONFIRM, same, 0);
}

int woad_smp_keypress(struct woad_host *h, uint16_t conn, uint8_t what)
{
    int err;
    struct smp_link *l = asked(h, conn, SMP_ANSWER_PASSKEY, &err);
    if (what > WOAD_SMP_ENTRY_COMPLETED)
        return WOAD_ERR_INVALID;
    if (!l)
        return err;
    if (!(l->p.preq[SMP_F_AUTH] & l->p.pres[SMP_F_AUTH] & SMP_AUTH_KEYPRESS))
        return 0;
    l->keypress = (uint8_t)(what + 1);
    return due(l);
}

int woad_smp_set_pairable(struct woad_host *h, bool yes)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    s->pairable = yes;
    return 0;
}

int woad_smp_info(struct woad_host *h, uint16_t conn, struct woad_smp_info *info)
{
    int err;
    struct smp_link *l = woad_smp_link_of(h, conn, &err);
    if (!l)
        return err;
    *info = (struct woad_smp_info){.level = woad_smp_level(l), .pairing = l->state == SMP_PAIRING};
    int slot = woad_smp_bond_of(l);
    info->bonded = slot >= 0;
    if (slot >= 0)
        info->identity = l->s->slots[slot].bond.peer;
    if (l->link->encrypted) {
        info->key_size = l->now.size;
        memcpy(info->key, l->now.octets, 16);
    }
    return 0;
}

/* ---- bonds ----------------------------------------------------------------------------------- */

static bool exists(const struct smp *s, int slot)
{
    return slot >= 0 && slot < s->cfg.max_bonds && s->slots[slot].used && !s->slots[slot].remove;
}

int woad_smp_bond_next(const struct woad_host *h, int after)
{
    const struct smp *s = woad_smp_of(h);
    for (int slot = after < 0 ? 0 : after + 1; s && slot < s->cfg.max_bonds; slot++)
        if (exists(s, slot))
            return slot;
    return WOAD_ERR_NOT_FOUND;
}

int woad_smp_bond_get(const struct woad_host *h, int slot, struct woad_smp_bond *bond)
{
    const struct smp *s = woad_smp_of(h);
    if (!s || !exists(s, slot))
        return WOAD_ERR_NOT_FOUND;
    *bond = s->slots[slot].bond;
    return 0;
}

int woad_smp_bond_find(const struct woad_host *h, const struct woad_addr *addr)
{
    int slot = woad_smp_slot_find(h, addr);
    return slot >= 0 && exists(woad_smp_of(h), slot) ? slot : WOAD_ERR_NOT_FOUND;
}

int woad_smp_bond_remove(struct woad_host *h, const struct woad_addr *addr)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    int err = s ? WOAD_ERR_NOT_FOUND : WOAD_ERR_UNSUPPORTED;
    for (int slot = 0; s && slot < s->cfg.max_bonds; slot++) {
        if (!exists(s, slot) || (addr && woad_smp_slot_find(h, addr) != slot))
            continue;
        s->slots[slot].remove = true;
        err = 0;
    }
    if (!err)
        woad_host_part_due(h, HOST_PART_SMP);
    return err;
}

int woad_smp_bond_add(struct woad_host *h, const struct woad_smp_bond *bond)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    if (!woad_smp_bond_valid(bond))
        return WOAD_ERR_INVALID;
    int slot = woad_smp_bond_by_identity(s, &bond->peer);
    for (int i = 0; slot < 0 && i < s->cfg.max_bonds; i++)
        if (!s->slots[i].used)
            slot = i;
    if (slot < 0)
        return WOAD_ERR_NO_MEM;
    s->slots[slot] = (struct smp_slot){.used = true, .added = true, .bond = *bond};
    woad_host_part_due(h, HOST_PART_SMP);
    return 0;
}

int woad_smp_own_irk(const struct woad_host *h, uint8_t irk[16])
{
    const struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    memcpy(irk, s->irk, 16);
    return 0;
}

const char *woad_smp_reason_text(uint8_t reason)
{
    static const char *const texts[] = {
#define REASON_TEXT(name, number, text) [number] = text,
        WOAD_SMP_REASON_LIST(REASON_TEXT)
#undef REASON_TEXT
    };
    const char *text = reason < sizeof(texts) / sizeof(texts[0]) ? texts[reason] : NULL;
    return text ? text : "?";
}
