/* Out-of-band data [Vol 3, Part H, 2.3.5.4, 2.3.5.6.4]: ours, and the peer's. Joins the Security
 * Manager at the first call that makes or brings any. */
#include "smp/smp_priv.h"

static void done(struct smp *s, struct woad_smp_evt *evt)
{
    s->oob.due = false;
    s->h->ops_pending--;
    woad_smp_tell_host(s, evt);
    woad_smp_wipe(evt, sizeof(*evt));
}

static void run(struct smp *s)
{
    struct woad_smp_evt evt = {.type = WOAD_SMP_OOB_READY};
    struct woad_smp_oob *data = &evt.u.oob.data;
    const uint8_t *x = s->oob.pair.public_key;
    int err = woad_smp_generate(s, &s->oob.pair);
    if (!err)
        err = woad_crypto_random(s->oob.rand, 16);
    if (!err)
        err = woad_smp_f4(x, x, s->oob.rand, 0, data->confirm);
    evt.u.oob.result = woad_host_error(err);
    data->addr = s->h->air;
    data->authenticated = s->oob.authenticated;
    data->sc = true;
    memcpy(data->rand, s->oob.rand, 16);
    s->oob.ready = !err;
    done(s, &evt);
}

/* The peer has our out-of-band data: their key pair serves, once. */
static uint8_t take(struct smp_link *l)
{
    struct smp *s = l->s;
    if (!s->oob.ready)
        return WOAD_SMP_OOB_NOT_AVAILABLE;
    l->p.own = s->oob.pair;
    memcpy(l->p.own_r, s->oob.rand, 16);
    s->oob.ready = false;
    woad_smp_wipe(&s->oob.pair, sizeof(s->oob.pair));
    woad_smp_wipe(s->oob.rand, sizeof(s->oob.rand));
    return SMP_NEXT;
}

static void drop(struct smp *s, int err)
{
    done(s,
         &(struct woad_smp_evt){.type = WOAD_SMP_OOB_READY, .u.oob.result = woad_host_error(err)});
}

static const struct smp_oob_ops ops = {
    run, take, drop, {woad_smp_oob_responder, woad_smp_oob_initiator}};

uint8_t woad_smp_check_oob(struct smp_link *l, struct woad_rd *r)
{
    (void)r;
    struct smp_pairing *p = &l->p;
    uint8_t expect[16];
    if (!l->oob_set)
        return SMP_NEXT;
    if (woad_smp_f4(p->peer_public, p->peer_public, l->oob.rand, 0, expect))
        return WOAD_SMP_UNSPECIFIED_REASON;
    memcpy(p->peer_r, l->oob.rand, 16);
    bool same = woad_smp_same(expect, l->oob.confirm, 16);
    l->oob_set = false;
    return same ? SMP_NEXT : WOAD_SMP_CONFIRM_VALUE_FAILED;
}

int woad_smp_oob_generate(struct woad_host *h, bool authenticated)
{
    woad_host_enter(h);
    struct smp *s = woad_smp_of(h);
    if (!s)
        return WOAD_ERR_UNSUPPORTED;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (s->oob.due)
        return WOAD_ERR_BUSY;
    s->oob.ops = &ops;
    s->oob.due = true;
    s->oob.ready = false;
    s->oob.authenticated = authenticated;
    h->ops_pending++;
    woad_smp_p256_due(s);
    return 0;
}

int woad_smp_oob_set(struct woad_host *h, uint16_t conn, const struct woad_smp_oob *data)
{
    int err;
    struct smp_link *l = woad_smp_link_of(h, conn, &err);
    if (!l)
        return err;
    if (l->state == SMP_PAIRING)
        return WOAD_ERR_STATE;
    l->s->oob.ops = &ops;
    l->oob = *data;
    l->oob_set = true;
    return 0;
}
