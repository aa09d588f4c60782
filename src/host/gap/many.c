/* Several connections pending over the one initiating state of a controller [Vol 4, Part E, 7.8.12,
 * 7.8.15-7.8.17].
 *
 * plan() compares what is wanted with what the controller does. One wish: a direct attempt. More:
 * the filter accept list, brought up to date one command at a time while no attempt runs. A
 * difference ends the attempt first; nothing is told for that. A peer that only the host resolves
 * takes no part until it has been heard; then there is a short direct attempt to the private
 * address it used. */
#include "gap_priv.h"
#include "woad/gap_many.h"

#include <string.h>

/* A private address just heard is worth so much time. */
#define HEARD_MS 4000

struct wish {
    bool used;
    bool any;       /* whoever is in the application's accept list */
    bool gone;      /* cancelled or out of time: to be told as soon as no attempt can meet it */
    bool listed;    /* in the controller's list */
    bool trying;    /* part of the attempt under way */
    bool host_only; /* a private peer that the controller does not resolve */
    bool heard;     /* at rpa */
    int8_t why;
    uint32_t order; /* the least has waited longest */
    struct woad_addr peer, rpa;
    struct woad_conn_params p;
    struct host_timer timer;
};

struct host_many {
    uint8_t count;
    bool owned;    /* the list holds what is marked and nothing else */
    bool stopping; /* the attempt ends because the plan changed */
    uint32_t order;
    struct wish *changing; /* whose list entry is being changed; NULL: the list is being cleared */
    struct host_cmd cmd;
    struct wish wish[];
};

static struct host_many *of(const struct woad_host *h)
{
    return h->part[HOST_PART_MANY];
}

static void due(struct woad_host *h)
{
    woad_host_part_due(h, HOST_PART_MANY);
}

static void fail(struct woad_host *h, struct wish *w, struct woad_result result)
{
    struct woad_addr peer = w->peer;
    w->used = false;
    woad_host_timer_stop(&w->timer);
    h->ops_pending--;
    woad_host_tell(h, &(struct woad_host_evt){.type = WOAD_EVT_CONNECT_FAILED,
                                              .conn = WOAD_CONN_NONE,
                                              .u.connected = {.result = result, .peer = peer}});
}

/* ---- the list -------------------------------------------------------------------------------- */

static void build_entry(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct wish *x = of(h)->changing;
    woad_wr_u8(w, x->peer.type & 1);
    woad_wr_bytes(w, x->peer.val, 6);
}

static void cleared(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    struct host_many *m = of(h);
    m->owned = true; /* refused while somebody else uses it: then adding is refused as well */
    (void)status;
    due(h);
}

static void added(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    struct wish *x = of(h)->changing;
    struct woad_result result = woad_host_result(status);
    if (status == WOAD_HCI_ERR_MEMORY_CAPACITY_EXCEEDED)
        result.err = WOAD_ERR_NO_MEM;
    x->listed = !status;
    due(h);
    if (status && x->used)
        fail(h, x, result);
}

static const struct host_cmd_row clear_row = {WOAD_HCI_CMD_LE_CLEAR_FILTER_ACCEPT_LIST, NULL,
                                              cleared};
static const struct host_cmd_row add_row = {WOAD_HCI_CMD_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST,
                                            build_entry, added};

/* Sends the next command that the list needs; false: it is as wanted. */
static bool change_list(struct woad_host *h)
{
    struct host_many *m = of(h);
    if (!m->owned) {
        for (uint8_t i = 0; i < m->count; i++)
            m->wish[i].listed = false;
        woad_host_cmd_push(h, &m->cmd, &clear_row);
        return true;
    }
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        if (!x->used || x->gone || x->host_only || x->listed)
            continue;
        m->changing = x;
        woad_host_cmd_push(h, &m->cmd, &add_row);
        return true;
    }
    return false;
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Wishes the controller can work on; oldest gets the one that waited longest. */
static unsigned workable(struct host_many *m, struct wish **oldest)
{
    unsigned n = 0;
    *oldest = NULL;
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        if (!x->used || x->gone || x->host_only)
            continue;
        n++;
        if (!*oldest || x->order - (*oldest)->order > UINT32_MAX / 2)
            *oldest = x;
    }
    return n;
}

static struct wish *heard(struct host_many *m)
{
    for (uint8_t i = 0; i < m->count; i++)
        if (m->wish[i].used && !m->wish[i].gone && m->wish[i].heard)
            return &m->wish[i];
    return NULL;
}

/* Whether the attempt under way is the one that would be started now. */
static bool as_planned(struct host_many *m)
{
    struct wish *oldest, *special = heard(m);
    unsigned n = workable(m, &oldest);
    for (uint8_t i = 0; i < m->count; i++) {
        const struct wish *x = &m->wish[i];
        bool wanted = x->used && !x->gone && (special ? x == special : n && !x->host_only);
        if (x->trying != wanted)
            return false;
    }
    return true;
}

static void attempt(struct woad_host *h)
{
    struct host_many *m = of(h);
    struct wish *oldest, *special = heard(m);
    unsigned n = workable(m, &oldest);
    struct wish *direct = special ? special : n == 1 ? oldest : NULL;
    if (!direct && (!n || change_list(h)))
        return;
    struct woad_conn_params p = direct ? direct->p : oldest->p;
    p.duration_ms = special ? HEARD_MS : 0;
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        x->trying = direct ? x == direct : x->used && !x->gone && !x->host_only;
    }
    if (special)
        woad_gap_connect_begin(h, &special->rpa, &p);
    else
        woad_gap_connect_begin(h, direct && !direct->any ? &direct->peer : NULL, &p);
}

/* Tells those that nothing can meet any more; true when it told one. */
static bool tell_gone(struct woad_host *h)
{
    struct host_many *m = of(h);
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        if (!x->used || !x->gone || x->trying)
            continue;
        m->owned &= !x->listed; /* its entry goes with the next clearing */
        fail(h, x, woad_host_error(x->why));
        return true;
    }
    return false;
}

/* The controller's resolving list may have changed. */
static void look_up(struct woad_host *h)
{
    struct host_many *m = of(h);
    for (uint8_t i = 0; i < m->count && h->privacy; i++) {
        struct wish *x = &m->wish[i];
        x->host_only = x->used && !x->any && h->privacy->knows(h, &x->peer) &&
                       !h->privacy->listed(h, &x->peer);
    }
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    (void)budget;
    struct host_many *m = of(h);
    if (h->state != HOST_ON || m->cmd.state != HOST_CMD_IDLE)
        return 1;
    look_up(h);
    if (tell_gone(h)) {
        due(h);
    } else if (h->init.state == GAP_IDLE) {
        attempt(h);
    } else if (!as_planned(m) && !m->stopping && !h->init.cancelled) {
        m->stopping = true;
        woad_gap_connect_stop(h, WOAD_ERR_CANCELLED);
    }
    return 1;
}

/* ---- what becomes of it ---------------------------------------------------------------------- */

static bool same(const struct woad_addr *a, const struct woad_addr *b)
{
    return (a->type & 1) == (b->type & 1) && memcmp(a->val, b->val, 6) == 0;
}

static bool same_params(const struct woad_conn_params *a, const struct woad_conn_params *b)
{
    return a->interval_min_1250us == b->interval_min_1250us &&
           a->interval_max_1250us == b->interval_max_1250us && a->latency == b->latency &&
           a->timeout_10ms == b->timeout_10ms;
}

static void met(struct woad_host *h, struct wish *x, struct host_link *link)
{
    if (x->host_only)
        link->peer = x->peer; /* link->remote keeps the private address */
    x->used = false;
    woad_host_timer_stop(&x->timer);
    of(h)->owned &= !x->listed;
    h->ops_pending--;
    if (!same_params(&x->p, &h->init.p))
        woad_gap_update_for_peer(h, link, &x->p);
}

static void ended(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    struct host_many *m = of(h);
    bool planned = m->stopping;
    m->stopping = false;
    due(h);
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        bool was = x->trying;
        x->trying = false;
        if (!was || !x->used)
            continue;
        bool is_peer = link && (x->any || same(&x->peer, &link->peer) ||
                                (x->heard && same(&x->rpa, &link->remote)));
        if (is_peer)
            met(h, x, link);
        else if (!link && x->heard)
            x->heard = false; /* not there any more; when it is heard again */
        else if (!link && !planned && !x->gone && h->state == HOST_ON)
            fail(h, x, result);
    }
}

static void heard_at(struct woad_host *h, const struct woad_addr *addr)
{
    struct host_many *m = of(h);
    struct woad_addr identity;
    bool waiting = false;
    for (uint8_t i = 0; i < m->count; i++)
        waiting |= m->wish[i].used && m->wish[i].host_only && !m->wish[i].heard;
    if (!waiting || !h->privacy->resolve(h, addr, &identity))
        return;
    for (uint8_t i = 0; i < m->count; i++) {
        struct wish *x = &m->wish[i];
        if (!x->used || !x->host_only || x->heard || !same(&x->peer, &identity))
            continue;
        x->rpa = *addr;
        x->heard = true;
        due(h);
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void end_wish(struct woad_host *h, struct wish *x, int why)
{
    if (x->gone)
        return;
    x->gone = true;
    x->why = (int8_t)why;
    due(h);
}

static void timer_due(struct woad_timer *t)
{
    struct wish *x = HOST_OWNER(t, struct wish, timer.t);
    if (x->used)
        end_wish(x->timer.h, x, WOAD_ERR_TIMEOUT);
}

static struct wish *find(const struct woad_host *h, const struct woad_addr *peer)
{
    struct host_many *m = of(h);
    for (uint8_t i = 0; i < m->count; i++)
        if (m->wish[i].used && (!peer || m->wish[i].any || same(&m->wish[i].peer, peer)))
            return &m->wish[i];
    return NULL;
}

/* Nobody (peer NULL) and somebody exclude each other: they need different lists. */
static int connect(struct woad_host *h, const struct woad_addr *peer,
                   const struct woad_conn_params *p)
{
    struct host_many *m = of(h);
    struct wish *x = NULL;
    if (find(h, peer))
        return WOAD_ERR_BUSY;
    for (uint8_t i = 0; i < m->count && !x; i++)
        if (!m->wish[i].used)
            x = &m->wish[i];
    if (!x)
        return WOAD_ERR_NO_MEM;
    *x = (struct wish){.used = true, .any = !peer, .p = *p, .order = m->order++, .timer = x->timer};
    if (peer)
        x->peer = *peer;
    h->ops_pending++;
    if (p->duration_ms)
        woad_host_timer_after(&x->timer, WOAD_MS(p->duration_ms));
    due(h);
    return 0;
}

static int cancel(struct woad_host *h)
{
    struct host_many *m = of(h);
    bool waiting = false, open = false;
    for (uint8_t i = 0; i < m->count; i++) {
        waiting |= m->wish[i].used;
        open |= m->wish[i].used && !m->wish[i].gone;
        if (m->wish[i].used)
            end_wish(h, &m->wish[i], WOAD_ERR_CANCELLED);
    }
    return open ? 0 : waiting ? WOAD_ERR_BUSY : WOAD_ERR_STATE;
}

/* The application's own entries last until the host needs the list. */
static bool uses_list(const struct woad_host *h)
{
    of(h)->owned = false;
    return woad_gap_connect_pending(h) != 0;
}

static const struct host_many_ops ops = {connect, cancel, ended, uses_list, heard_at};

int woad_gap_connect_cancel_peer(struct woad_host *h, const struct woad_addr *peer)
{
    woad_host_enter(h);
    if (!of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    struct wish *x = find(h, peer);
    if (!x || x->any)
        return WOAD_ERR_NOT_FOUND;
    if (x->gone)
        return WOAD_ERR_BUSY;
    end_wish(h, x, WOAD_ERR_CANCELLED);
    return 0;
}

uint8_t woad_gap_connect_pending(const struct woad_host *h)
{
    const struct host_many *m = of(h);
    uint8_t n = 0;
    for (uint8_t i = 0; m && i < m->count; i++)
        n = (uint8_t)(n + m->wish[i].used);
    return n;
}

/* ---- the part -------------------------------------------------------------------------------- */

static uint8_t count_of(const void *part_cfg)
{
    const struct woad_many_cfg *c = part_cfg;
    return c && c->count ? c->count : 8;
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    return sizeof(struct host_many) + count_of(part_cfg) * sizeof(struct wish);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct host_many *m = mem;
    m->count = count_of(part_cfg);
    for (uint8_t i = 0; i < m->count; i++)
        woad_host_timer_init(h, &m->wish[i].timer, timer_due);
    h->many = &ops;
    return 0;
}

static void ready(struct woad_host *h)
{
    of(h)->owned = false;
}

static void drop(struct woad_host *h, int err)
{
    struct host_many *m = of(h);
    woad_host_cmd_drop(h, &m->cmd);
    m->stopping = false;
    for (uint8_t i = 0; i < m->count; i++) {
        m->wish[i].trying = false;
        if (m->wish[i].used)
            fail(h, &m->wish[i], woad_host_error(err));
    }
}

const struct woad_host_part woad_gap_many_part = {
    .id = HOST_PART_MANY,
    .mem_size = mem_size,
    .init = init,
    .ready = ready,
    .drop = drop,
    .service = service,
};
