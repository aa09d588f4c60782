/* The runner of a pairing's steps, its end, its clock, and who must wait after a failure. */
#include "l2cap/l2cap_priv.h"
#include "smp/smp_priv.h"

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(struct smp *s, uint16_t conn, const struct woad_smp_evt *evt)
{
    woad_host_tell(s->h,
                   &(struct woad_host_evt){.type = WOAD_EVT_SECURITY, .conn = conn, .u.smp = evt});
}

void woad_smp_tell_host(struct smp *s, const struct woad_smp_evt *evt)
{
    tell(s, WOAD_CONN_NONE, evt);
}

void woad_smp_tell(struct smp_link *l, const struct woad_smp_evt *evt)
{
    tell(l->s, l->link->handle, evt);
}

void woad_smp_tell_secured(struct smp_link *l, int err, unsigned why)
{
    struct woad_smp_evt evt = {.type = WOAD_SMP_SECURED};
    evt.u.secured.result = (struct woad_result){.err = (int16_t)err, .hci = (uint8_t)(why >> 8)};
    evt.u.secured.reason = (uint8_t)why;
    evt.u.secured.by_peer = (why & SMP_BY_PEER) != 0;
    evt.u.secured.paired = (why & SMP_PAIRED) != 0;
    evt.u.secured.bonded = woad_smp_bond_of(l) >= 0;
    evt.u.secured.method = l->paired_method;
    evt.u.secured.level = woad_smp_level(l);
    evt.u.secured.key_size = l->link->encrypted ? l->now.size : 0;
    if ((why & (SMP_BY_PEER | 0xff)) == WOAD_SMP_REPEATED_ATTEMPTS)
        evt.u.secured.wait_ms = woad_smp_backoff(l);
    if (l->op)
        l->s->h->ops_pending--;
    l->op = false;
    l->want = 0;
    woad_smp_tell(l, &evt);
}

uint8_t woad_smp_question(struct smp_link *l, uint8_t answer, const struct woad_smp_evt *evt)
{
    struct smp_pairing *p = &l->p;
    if (p->waits_for == SMP_ANSWER_NONE) {
        p->waits_for = answer;
        p->answered = false;
        woad_smp_tell(l, evt);
    }
    if (!p->answered)
        return SMP_STAY;
    p->waits_for = SMP_ANSWER_NONE;
    return SMP_NEXT;
}

/* ---- who must wait [Vol 3, Part H, 2.3.6] ---------------------------------------------------- */

#define WAIT_US      WOAD_S(1)
#define FAILURES_MAX 8 /* 128 s */

static uint32_t wait_us(const struct smp_backoff *b)
{
    return (uint32_t)WAIT_US << (b->failures - 1);
}

static const struct woad_addr *identity(struct smp_link *l)
{
    int slot = woad_smp_bond_of(l);
    return slot >= 0 ? &l->s->slots[slot].bond.peer : &l->link->peer;
}

/* After a quiet time as long as the wait itself, the wait is halved. */
static void decay(struct smp_backoff *b, woad_time now)
{
    while (b->failures && now >= b->until + wait_us(b)) {
        b->until += wait_us(b);
        b->failures--;
    }
}

/* The failures of the peer as of now; NULL: none. */
static struct smp_backoff *find_backoff(struct smp_link *l)
{
    const struct woad_addr *addr = identity(l);
    for (struct smp_backoff *b = l->s->backoff; b < l->s->backoff + SMP_BACKOFF_COUNT; b++)
        if (b->failures && woad_addr_equal(&b->addr, addr)) {
            decay(b, l->s->h->now);
            return b;
        }
    return NULL;
}

uint32_t woad_smp_backoff(struct smp_link *l)
{
    const struct smp_backoff *b = find_backoff(l);
    woad_time now = l->s->h->now;
    if (!b || !b->failures || b->until <= now)
        return 0;
    return (uint32_t)(b->until - now + 999) / 1000; /* at most 128 s */
}

/* The one that is over first. */
static struct smp_backoff *new_backoff(struct smp *s)
{
    struct smp_backoff *b = s->backoff;
    for (int i = 1; i < SMP_BACKOFF_COUNT; i++)
        if (s->backoff[i].until < b->until)
            b = &s->backoff[i];
    b->failures = 0;
    return b;
}

static void note_failure(struct smp_link *l)
{
    struct smp_backoff *b = find_backoff(l);
    if (!b)
        b = new_backoff(l->s);
    b->addr = *identity(l);
    if (b->failures < FAILURES_MAX)
        b->failures++;
    b->until = l->s->h->now + wait_us(b);
}

static void forgive(struct smp_link *l)
{
    struct smp_backoff *b = find_backoff(l);
    if (b)
        *b = (struct smp_backoff){0};
}

/* ---- life of a pairing ----------------------------------------------------------------------- */

void woad_smp_clock(struct smp_link *l)
{
    woad_host_timer_after(&l->timer, SMP_TIMEOUT_US);
}

void woad_smp_begin(struct smp_link *l, bool initiator, const struct smp_step *first)
{
    memset(&l->p, 0, sizeof(l->p));
    l->state = SMP_PAIRING;
    l->fail_reason = 0;
    l->fresh_bond = false;
    l->p.initiator = initiator;
    l->p.step = first;
    uint8_t floor = l->s->cfg.level;
    l->p.required = l->want > floor ? l->want : floor;
    woad_smp_clock(l);
}

uint8_t woad_smp_go(struct smp_link *l, const struct smp_step *to)
{
    l->p.step = to;
    return SMP_JUMP;
}

static bool skipped(const struct smp_link *l, const struct smp_step *step)
{
    uint8_t keys = step->await ? l->p.keys_in : l->p.keys_out;
    return step->key && !(step->key & keys);
}

uint8_t woad_smp_awaited(const struct smp_link *l)
{
    if (l->state != SMP_PAIRING || l->p.held_len)
        return 0;
    for (const struct smp_step *step = l->p.step;; step++) {
        if (skipped(l, step))
            continue;
        if (step->await)
            return step->await;
        if (step->sealed)
            return 0;
    }
}

void woad_smp_advance(struct smp_link *l)
{
    uint8_t result = SMP_NEXT;
    while (l->state == SMP_PAIRING && (result == SMP_NEXT || result == SMP_JUMP)) {
        const struct smp_step *step = l->p.step;
        if (skipped(l, step)) {
            l->p.step++;
            continue;
        }
        if (step->await && !l->p.held_len)
            return;
        struct woad_rd r = woad_rd_init(l->p.held + 1, l->p.held_len ? l->p.held_len - 1u : 0);
        result = step->run(l, &r);
        if (step->await)
            l->p.held_len = 0;
        if (result == SMP_NEXT)
            l->p.step = step + 1;
        else if (result < SMP_STAY)
            woad_smp_fail(l, result);
    }
}

static void end(struct smp_link *l)
{
    if (l->state == SMP_PAIRING)
        l->paired_method = l->p.method;
    l->state = SMP_IDLE;
    woad_host_timer_stop(&l->timer);
    l->has_next = false;
    woad_smp_wipe(&l->next, sizeof(l->next));
    woad_smp_wipe(&l->p, sizeof(l->p));
}

/* Tells those that wait for the link's level; one of them may end it. */
static void tell_parts(struct smp_link *l, uint8_t status)
{
    if (l->link->state == HOST_LINK_UP)
        woad_host_parts_security(l->link, status);
}

void woad_smp_end(struct smp_link *l, int err, unsigned why)
{
    uint8_t status = (uint8_t)(why >> 8);
    if (l->state == SMP_PAIRING) {
        why |= SMP_PAIRED;
        woad_smp_pair_used(l->s, true);
        if (err != WOAD_ERR_CANCELLED)
            note_failure(l);
    }
    end(l);
    tell_parts(l, status ? status : (uint8_t)WOAD_HCI_ERR_AUTHENTICATION_FAILURE);
    if (l->link)
        woad_smp_tell_secured(l, err, why);
}

void woad_smp_fail(struct smp_link *l, uint8_t reason)
{
    bool ours = reason == WOAD_SMP_AUTHENTICATION_REQUIREMENTS ||
                reason == WOAD_SMP_ENCRYPTION_KEY_SIZE || reason == WOAD_SMP_KEY_REJECTED;
    woad_smp_refuse(l, reason);
    woad_smp_end(l, ours ? WOAD_ERR_SECURITY : WOAD_ERR_REFUSED, reason);
}

void woad_smp_finish(struct smp_link *l)
{
    woad_smp_pair_used(l->s, false);
    forgive(l);
    end(l);
    tell_parts(l, 0);
    if (!l->link)
        return;
    uint8_t level = woad_smp_level(l);
    woad_smp_tell_secured(l, level < l->want ? WOAD_ERR_SECURITY : 0, SMP_PAIRED);
}

void woad_smp_refuse(struct smp_link *l, uint8_t reason)
{
    l->fail_reason = reason;
    woad_smp_flush(l);
}

/* Sends what stands outside the steps. */
void woad_smp_flush(struct smp_link *l)
{
    uint8_t reason = l->fail_reason, key = (uint8_t)(l->keypress - 1);
    if (reason && woad_smp_send_value(l, SMP_PAIRING_FAILED, &reason, 1) == SMP_NEXT)
        l->fail_reason = 0;
    if (l->keypress && woad_smp_send_value(l, SMP_KEYPRESS, &key, 1) == SMP_NEXT)
        l->keypress = 0;
}
