/* Values that a server sends by itself, and those who want them: a small hash table of each link by
 * the value's handle [Vol 3, Part G, 4.10, 4.11]. */
#include "gatt/client_priv.h"

static struct woad_gattc_sub **bucket(const struct gattc_link *l, uint16_t handle)
{
    return &l->subs[handle & (woad_gattc_of(l->link->h)->cfg.sub_buckets - 1u)];
}

void woad_gattc_sub_add(struct gattc_link *l, struct woad_gattc_sub *sub)
{
    struct woad_gattc_sub **head = bucket(l, sub->value_handle);
    sub->link = l;
    sub->next = *head;
    *head = sub;
}

void woad_gattc_sub_remove(struct woad_gattc_sub *sub)
{
    struct gattc_link *l = sub->link;
    if (!l)
        return;
    struct woad_gattc_sub **at = bucket(l, sub->value_handle);
    while (*at != sub)
        at = &(*at)->next;
    *at = sub->next;
    if (l->visit == sub)
        l->visit = sub->next;
    sub->link = NULL;
}

/* What all subscriptions to one value want together. */
uint16_t woad_gattc_sub_bits(const struct woad_gattc_sub *sub)
{
    const struct gattc_link *l = sub->link;
    uint16_t bits = sub->bits;
    const struct woad_gattc_sub *at = l ? *bucket(l, sub->value_handle) : NULL;
    for (; at; at = at->next)
        if (at->value_handle == sub->value_handle && at->ccc_handle == sub->ccc_handle)
            bits |= at->bits;
    return bits;
}

void woad_gattc_subs_end(struct gattc_link *l)
{
    for (uint8_t i = 0; i < woad_gattc_of(l->link->h)->cfg.sub_buckets; i++) {
        struct woad_gattc_sub *sub;
        while ((sub = l->subs[i])) {
            struct woad_gattc_evt evt = {.type = WOAD_GATTC_ENDED, .sub = sub};
            woad_gattc_sub_remove(sub);
            woad_gattc_tell(l->link, sub->inner, sub->event, sub->arg, &evt);
        }
    }
}

static void deliver(struct gattc_link *l, struct woad_gattc_evt *evt)
{
    const struct gattc *s = woad_gattc_of(l->link->h);
    uint16_t handle = evt->u.value.handle;
    bool wanted = false;
    struct woad_gattc_sub *sub = *bucket(l, handle);
    for (; sub; sub = l->visit) {
        l->visit = sub->next;
        if (sub->value_handle != handle)
            continue;
        wanted = true;
        evt->sub = sub;
        woad_gattc_tell(l->link, sub->inner, sub->event, sub->arg, evt);
    }
    evt->sub = NULL;
    if (!wanted && s->cfg.event)
        woad_gattc_tell(l->link, false, s->cfg.event, s->cfg.arg, evt);
}

/* One value, len octets of it. */
static bool take_value(struct gattc_link *l, struct woad_rd *r, uint16_t handle, size_t len,
                       const struct att_bearer *b, bool indicated)
{
    struct woad_gattc_evt evt;
    if (len > WOAD_ATT_VALUE_MAX || len > r->left || !handle)
        return false;
    evt.type = WOAD_GATTC_VALUE;
    evt.op = NULL;
    evt.db = NULL;
    evt.u.value.handle = handle;
    evt.u.value.offset = 0;
    evt.u.value.len = (uint16_t)len;
    evt.u.value.cut = len + 3 == b->mtu;
    evt.u.value.indicated = indicated;
    evt.u.value.data = woad_rd_take(r, len);
    deliver(l, &evt);
    return true;
}

/* {handle, length, value} and again. */
static bool take_values(struct gattc_link *l, struct woad_rd *r, const struct att_bearer *b)
{
    bool ok = true;
    while (ok && r->left) {
        uint16_t handle = woad_rd_u16(r);
        uint16_t len = woad_rd_u16(r);
        ok = woad_rd_ok(r) && take_value(l, r, handle, len, b, false);
    }
    return ok;
}

void woad_gattc_on_value(struct gattc_link *l, struct att_bearer *b, const uint8_t *pdu,
                         uint16_t len)
{
    bool indicated = pdu[0] == WOAD_ATT_HANDLE_VALUE_IND;
    struct woad_rd r = woad_rd_init(pdu + 1, len - 1u);
    bool ok = !woad_gattc_distrusted(l->link);
    if (ok && pdu[0] == WOAD_ATT_MULTIPLE_HANDLE_VALUE_NTF) {
        ok = take_values(l, &r, b);
    } else if (ok) {
        uint16_t handle = woad_rd_u16(&r);
        ok = take_value(l, &r, handle, r.left, b, indicated);
    }
    if (!ok)
        l->link->h->bad_packets++;
    if (indicated)
        woad_gattc_confirm(l, b);
}
