/* The GATT client: queues, bearers, answers, completions, security. */
#include <string.h>

#include "gatt/client_priv.h"

#define GATTC_PUMP_MOST 64 /* operations got on in one turn */

/* ---- events ---------------------------------------------------------------------------------- */

void woad_gattc_tell(struct host_link *link, bool inner, woad_gattc_event_fn *event, void *arg,
                     struct woad_gattc_evt *evt)
{
    struct woad_host *h = link->h;
    evt->conn = link->handle;
    if (!inner)
        woad_host_call_begin(h);
    event(arg, h, evt);
    if (!inner)
        woad_host_call_end(h);
}

/* ---- the queue ------------------------------------------------------------------------------- */

void woad_gattc_due(struct gattc_link *l)
{
    struct gattc *s = woad_gattc_of(l->link->h);
    if (!l->due) {
        l->due = true;
        l->due_next = s->due_head;
        s->due_head = l;
    }
    woad_host_part_due(l->link->h, HOST_PART_GATTC);
}

void woad_gattc_begin(struct gattc_link *l, struct woad_gattc_op *op, uint8_t step)
{
    op->state = GATTC_QUEUED;
    op->step = op->first_step = step;
    op->got = op->sent = false;
    op->err = 0;
    op->att = 0;
    op->err_handle = 0;
    op->pos = 0;
    op->held.handle = 0;
    op->link = l;
    op->bearer = NULL;
    op->next = NULL;
    if (l->tail)
        l->tail->next = op;
    else
        l->head = op;
    l->tail = op;
    l->link->h->ops_pending++;
    woad_gattc_due(l);
}

/* Takes op from the queue and frees its bearer. */
static void take_out(struct woad_gattc_op *op)
{
    struct gattc_link *l = op->link;
    struct att_bearer *b = op->bearer;
    struct woad_gattc_op *before = NULL, **at = &l->head;
    while (*at != op) {
        before = *at;
        at = &before->next;
    }
    *at = op->next;
    if (l->tail == op)
        l->tail = before;
    if (b && b->client == op) /* commands share theirs */
        b->client = NULL;
    if (l->writer == op)
        l->writer = NULL;
    op->bearer = NULL;
}

void woad_gattc_drop(struct woad_gattc_op *op)
{
    struct gattc_link *l = op->link;
    struct gattc *s = woad_gattc_of(l->link->h);
    bool parts =
        l->writer == op && (op->got || op->sent) && !(op->step == GATTC_STEP_EXECUTE && op->sent);
    if (parts) {
        l->discard = op->bearer;
        l->discard_sent = op->step == GATTC_STEP_DISCARD && op->sent;
    }
    take_out(op);
    op->state = GATTC_ENDING;
    op->err = WOAD_ERR_CANCELLED;
    op->att = 0;
    op->next = NULL;
    if (s->ended_tail)
        s->ended_tail->next = op;
    else
        s->ended = op;
    s->ended_tail = op;
    woad_gattc_due(l);
}

/* op has left the queue: tells its one DONE. */
static void tell_done(struct woad_gattc_op *op)
{
    struct gattc_link *l = op->link;
    struct woad_gattc_evt evt = {.type = WOAD_GATTC_DONE, .op = op};
    evt.u.done.err = op->err;
    if (op->err == WOAD_ERR_REFUSED || op->err == WOAD_ERR_SECURITY) {
        evt.u.done.att = op->att;
        evt.u.done.handle = op->err_handle;
    }
    evt.u.done.mtu = l->bearer_count ? l->bearers[0]->mtu : WOAD_ATT_MTU_MIN;
    if (op->first_step == GATTC_STEP_CCC) {
        op->u.sub->busy--;
        if (op->err || !op->u.sub->bits)
            woad_gattc_sub_remove(op->u.sub);
    }
    op->state = GATTC_IDLE;
    l->link->h->ops_pending--;
    woad_gattc_tell(l->link, op->inner, op->event, op->arg, &evt);
}

static void complete(struct woad_gattc_op *op, int err)
{
    take_out(op);
    op->err = (int8_t)err;
    tell_done(op);
}

/* Ends op with err; what it prepared is discarded first. */
static void finish(struct woad_gattc_op *op, int err)
{
    if (op->step == GATTC_STEP_PREPARE && op->got) {
        op->step = GATTC_STEP_DISCARD;
        op->err = (int8_t)err;
    } else {
        complete(op, op->step == GATTC_STEP_DISCARD ? op->err : err);
    }
}

/* ---- security -------------------------------------------------------------------------------- */

bool woad_gattc_distrusted(const struct host_link *link)
{
    const struct host_security_ops *security = link->h->security;
    return security && !link->encrypted && security->bond(link) >= 0;
}

/* False when the link cannot be raised. */
static bool raise_link(struct gattc_link *l)
{
    const struct host_security_ops *security = l->link->h->security;
    uint8_t level = security->level(l->link);
    if (l->raising)
        return true;
    if (level >= 4)
        return false;
    int err = security->raise(l->link, (uint8_t)(level + 1));
    l->raised_from = level;
    l->raising = !err || err == WOAD_ERR_BUSY;
    return l->raising;
}

static bool wants_security(uint8_t att)
{
    return att == WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION ||
           att == WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION || att == WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT;
}

/* All that wait for security: those refused by the server, and with a distrusted one the queue. */
static struct woad_gattc_op *next_unsecured(struct gattc_link *l)
{
    bool all = woad_gattc_distrusted(l->link);
    for (struct woad_gattc_op *op = l->head; op; op = op->next)
        if (op->state == GATTC_SECURING || (all && op->state == GATTC_QUEUED))
            return op;
    return NULL;
}

static void fail_unsecured(struct gattc_link *l)
{
    struct woad_gattc_op *op;
    uint32_t count = 0;
    for (op = l->head; op; op = op->next)
        count++;
    l->raising = false;
    while (count-- && (op = next_unsecured(l))) { /* what is queued meanwhile asks again */
        op->state = GATTC_ACTIVE;
        finish(op, WOAD_ERR_SECURITY);
    }
}

static void on_security(struct host_link *link, uint8_t status)
{
    struct gattc_link *l = woad_gattc_link(link);
    if (!l->link || link->state != HOST_LINK_UP)
        return;
    if (l->raising && (status || link->h->security->level(link) <= l->raised_from)) {
        fail_unsecured(l);
    } else if (l->raising) {
        l->raising = false;
        for (struct woad_gattc_op *op = l->head; op; op = op->next)
            if (op->state == GATTC_SECURING)
                op->state = GATTC_ACTIVE;
    }
    if (l->db)
        l->db_ops->secured(l->db);
    woad_gattc_due(l);
}

/* ---- out ------------------------------------------------------------------------------------- */

/* A buffer, or the promise that service() or writable() is called again. */
static struct woad_buf *get_buffer(struct gattc_link *l, struct att_bearer *b, bool command)
{
    struct woad_host *h = l->link->h;
    struct woad_buf *buf = command ? woad_att_alloc(h) : woad_att_alloc_reserved(b);
    if (!buf && woad_att_room(h, 1))
        woad_gattc_due(l);
    return buf;
}

/* Sends the request of op's step; false: there is no buffer. */
static bool transmit(struct gattc_link *l, struct woad_gattc_op *op)
{
    struct att_bearer *b = op->bearer;
    const struct gattc_step_row *row = &woad_gattc_steps[op->step];
    if (op->step == GATTC_STEP_MTU) {
        int err = b->mtu_asked ? 0 : woad_att_exchange_mtu(b);
        if (err == WOAD_ERR_NO_MEM) {
            if (woad_att_room(l->link->h, 1))
                woad_gattc_due(l);
            return false;
        }
        op->sent = b->request != 0;
        if (!op->sent)
            complete(op, err);
        return true;
    }
    struct woad_buf *buf = get_buffer(l, b, row->command);
    if (!buf)
        return false;
    uint16_t most = l->link->h->cfg.att_mtu;
    struct woad_wr w = woad_wr_init(buf->data, b->mtu < most ? b->mtu : most);
    woad_wr_u8(&w, row->opcode);
    int err = row->build(op, b, &w);
    if (!err && !woad_wr_ok(&w))
        err = WOAD_ERR_TOO_LONG;
    if (err) {
        woad_buf_unref(buf);
    } else {
        woad_buf_put(buf, (uint16_t)woad_wr_len(&w));
        err = woad_att_send(b, buf);
    }
    if (err || row->command)
        finish(op, err);
    else
        op->sent = true;
    return true;
}

static bool bearer_free(const struct gattc_link *l, const struct att_bearer *b)
{
    return !b->dead && !b->client && !b->request && l->discard != b;
}

/* A bearer for op to begin on; *dead: there will be none. */
static struct att_bearer *choose_bearer(const struct gattc_link *l, const struct woad_gattc_op *op,
                                        bool *dead)
{
    bool command = woad_gattc_steps[op->step].command;
    uint8_t count = op->step == GATTC_STEP_MTU && l->bearer_count ? 1 : l->bearer_count;
    *dead = true;
    for (uint8_t i = 0; i < count; i++) {
        struct att_bearer *b = l->bearers[i];
        *dead = *dead && b->dead;
        if (command ? !b->dead : bearer_free(l, b))
            return b;
    }
    return NULL;
}

/* The MTU comes first. True: its request is on the way now. */
static bool exchange_first(const struct gattc_link *l)
{
    struct att_bearer *b = l->bearers[0];
    uint8_t when = woad_gattc_of(l->link->h)->cfg.mtu;
    return b->mtu == WOAD_ATT_MTU_MIN && !b->mtu_asked && bearer_free(l, b) &&
           l->link->h->cfg.att_mtu > WOAD_ATT_MTU_MIN && when != WOAD_GATTC_MTU_NEVER &&
           (when == WOAD_GATTC_MTU_ALWAYS || l->link->role == WOAD_ROLE_CENTRAL) &&
           !woad_att_exchange_mtu(b);
}

/* Gives op a bearer. False: later. */
static bool start(struct gattc_link *l, struct woad_gattc_op *op)
{
    bool dead;
    struct att_bearer *b = choose_bearer(l, op, &dead);
    if (dead) {
        complete(op, WOAD_ERR_NOT_CONNECTED);
        return true;
    }
    if (!b)
        return false;
    if (op->step == GATTC_STEP_WRITE && op->one.len + 3u > b->mtu)
        op->step = GATTC_STEP_PREPARE;
    if (op->step == GATTC_STEP_PREPARE) {
        if (l->writer || l->discard)
            return false;
        l->writer = op;
    }
    op->state = GATTC_ACTIVE;
    op->bearer = b;
    if (!woad_gattc_steps[op->step].command)
        b->client = op;
    return true;
}

/* Gets one operation on; false: nothing can be done now. */
static bool pump_one(struct gattc_link *l)
{
    struct woad_gattc_op *op = l->head;
    while (op && (op->state == GATTC_SECURING || op->sent))
        op = op->next;
    if (!op)
        return false;
    if (op->state == GATTC_ACTIVE)
        return transmit(l, op);
    if (l->raising || (op->in_order && op != l->head))
        return false;
    if (woad_gattc_distrusted(l->link)) {
        if (raise_link(l))
            return false;
        fail_unsecured(l);
        return true;
    }
    if (op->step != GATTC_STEP_MTU && exchange_first(l))
        return true;
    return start(l, op);
}

static bool confirm(struct gattc_link *l, struct att_bearer *b)
{
    struct woad_buf *buf = get_buffer(l, b, false);
    if (!buf)
        return false;
    *woad_buf_put(buf, 1) = WOAD_ATT_HANDLE_VALUE_CFM;
    (void)!woad_att_send(b, buf);
    return true;
}

void woad_gattc_confirm(struct gattc_link *l, struct att_bearer *b)
{
    if (confirm(l, b))
        return;
    for (uint8_t i = 0; i < l->bearer_count; i++)
        if (l->bearers[i] == b)
            l->confirm |= (uint8_t)(1u << i);
}

/* Confirmations and discards that had no buffer. */
static void pay_debts(struct gattc_link *l)
{
    for (uint8_t i = 0; l->confirm >> i; i++)
        if (l->confirm >> i & 1 && confirm(l, l->bearers[i]))
            l->confirm &= (uint8_t) ~(1u << i);
    if (!l->discard || l->discard_sent || l->discard->request)
        return;
    struct woad_buf *buf = get_buffer(l, l->discard, false);
    if (!buf)
        return;
    uint8_t *p = woad_buf_put(buf, 2);
    p[0] = WOAD_ATT_EXECUTE_WRITE_REQ;
    p[1] = 0;
    l->discard_sent = true;
    if (woad_att_send(l->discard, buf))
        l->discard = NULL;
}

/* Returns how much it did, for the budget. */
static unsigned pump(struct gattc_link *l)
{
    if (!l->link || l->link->state != HOST_LINK_UP)
        return 1;
    pay_debts(l);
    unsigned left = GATTC_PUMP_MOST;
    while (left && pump_one(l))
        left--;
    if (!left)
        woad_gattc_due(l);
    return GATTC_PUMP_MOST - left + 1;
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool harmless(const struct woad_gattc_op *op, uint8_t att)
{
    if (att == WOAD_ATT_ERR_ATTRIBUTE_NOT_FOUND)
        return woad_gattc_steps[op->step].not_found_ends &&
               (op->step != GATTC_STEP_BY_UUID || op->got);
    /* the value was exactly as long as the answers before */
    return att == WOAD_ATT_ERR_ATTRIBUTE_NOT_LONG && op->step == GATTC_STEP_BLOB && op->got;
}

static void on_error(struct gattc_link *l, struct woad_gattc_op *op, struct woad_rd *r)
{
    woad_rd_u8(r);
    uint16_t handle = woad_rd_u16(r);
    uint8_t att = woad_rd_u8(r);
    if (op->step == GATTC_STEP_DISCARD) {
        complete(op, op->err);
        return;
    }
    if (op->step == GATTC_STEP_MTU && att == WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED) {
        complete(op, 0); /* the least MTU it is [Vol 3, Part G, 4.3.1] */
        return;
    }
    if (harmless(op, att)) {
        int err = woad_gattc_flush(op, op->end);
        if (woad_gattc_active(op))
            complete(op, err);
        return;
    }
    op->att = att;
    op->err_handle = handle;
    if (att == WOAD_ATT_ERR_DATABASE_OUT_OF_SYNC && l->db)
        l->db_ops->stale(l->db);
    if (!woad_gattc_active(op)) /* cancelled by who was told */
        return;
    if (!wants_security(att) || !l->link->h->security) {
        finish(op, WOAD_ERR_REFUSED);
    } else if (raise_link(l)) { /* at most to level 4: it ends */
        op->state = GATTC_SECURING;
    } else {
        finish(op, WOAD_ERR_SECURITY);
    }
}

static void on_answer(struct gattc_link *l, struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    struct woad_gattc_op *op = b->client;
    struct woad_rd r = woad_rd_init(pdu + 1, len - 1u);
    if (!op) {
        if (l->discard == b && l->discard_sent)
            l->discard = NULL;
        return;
    }
    op->sent = false;
    if (pdu[0] == WOAD_ATT_ERROR_RSP) {
        on_error(l, op, &r);
        return;
    }
    int next = woad_gattc_steps[op->step].rx(op, b, &r);
    if (!woad_gattc_active(op)) /* cancelled meanwhile */
        return;
    if (op->step != GATTC_STEP_DISCARD) /* an error that was overcome */
        op->att = 0;
    if (next < 0)
        finish(op, next);
    else if (next == GATTC_STEP_END)
        complete(op, op->step == GATTC_STEP_DISCARD ? op->err : 0);
    else
        op->step = (uint8_t)next;
}

static void rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    struct gattc_link *l = woad_gattc_link(b->link);
    if (pdu[0] == WOAD_ATT_HANDLE_VALUE_NTF || pdu[0] == WOAD_ATT_HANDLE_VALUE_IND ||
        pdu[0] == WOAD_ATT_MULTIPLE_HANDLE_VALUE_NTF) {
        woad_gattc_on_value(l, b, pdu, len);
        return;
    }
    on_answer(l, b, pdu, len);
    pump(l);
}

/* ---- bearers --------------------------------------------------------------------------------- */

static void bearer_up(struct att_bearer *b)
{
    struct gattc_link *l = woad_gattc_link(b->link);
    woad_att_request_init(b);
    if (!b->chan || l->bearer_count == GATTC_BEARERS)
        return; /* the first comes before link_up(), which takes it */
    l->bearers[l->bearer_count++] = b;
    woad_gattc_due(l);
}

/* Completes what was given the bearer: a request, and commands that wait for a buffer. */
static void end_on(struct gattc_link *l, const struct att_bearer *b, int err)
{
    struct woad_gattc_op *op = l->head;
    if (l->discard == b)
        l->discard = NULL;
    while (op) {
        bool here = op->bearer == b;
        if (here)
            complete(op, err);
        op = here ? l->head : op->next;
    }
}

static void bearer_down(struct att_bearer *b, int err)
{
    struct gattc_link *l = woad_gattc_link(b->link);
    if (!b->chan || !l->link)
        return; /* with the link */
    for (uint8_t i = 1; i < l->bearer_count; i++) {
        if (l->bearers[i] != b)
            continue;
        uint8_t low = (uint8_t)((1u << i) - 1);
        l->confirm = (uint8_t)((l->confirm & low) | (l->confirm >> 1 & ~low));
        l->bearer_count--;
        memmove(&l->bearers[i], &l->bearers[i + 1],
                (size_t)(l->bearer_count - i) * sizeof(l->bearers[0]));
        break;
    }
    end_on(l, b, err);
    woad_gattc_due(l);
}

static void timed_out(struct att_bearer *b)
{
    struct gattc_link *l = woad_gattc_link(b->link);
    end_on(l, b, WOAD_ERR_TIMEOUT);
    pump(l);
}

static void writable(struct woad_host *h)
{
    struct gattc *s = woad_gattc_of(h);
    for (uint16_t i = 0; i < h->max_conns; i++)
        if (s->links[i].link)
            woad_gattc_due(&s->links[i]);
}

static const struct att_user user = {
    .rx = rx,
    .bearer_up = bearer_up,
    .bearer_down = bearer_down,
    .timeout = timed_out,
    .writable = writable,
    .response = woad_att_response,
};

/* ---- the part -------------------------------------------------------------------------------- */

static void link_up(struct host_link *link)
{
    struct gattc_link *l = woad_gattc_link(link);
    struct gattc_link clean = {.link = link, .subs = l->subs, .due = l->due};
    clean.due_next = l->due_next;
    clean.bearers[0] = woad_att_bearer(link);
    clean.bearer_count = 1;
    *l = clean;
}

static void tell_ended(struct gattc *s)
{
    struct woad_gattc_op *op = s->ended;
    s->ended = op->next;
    if (!s->ended)
        s->ended_tail = NULL;
    tell_done(op);
}

static void link_down(struct host_link *link, int err)
{
    struct gattc_link *l = woad_gattc_link(link);
    struct gattc *s = woad_gattc_of(link->h);
    while (s->ended || l->head) /* a DONE may cancel others; those of other links come early */
        if (s->ended)
            tell_ended(s);
        else
            complete(l->head, err);
    if (l->db)
        l->db_ops->link_down(l->db);
    woad_gattc_subs_end(l);
    l->bearer_count = 0;
    l->confirm = 0;
    l->link = NULL;
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    struct gattc *s = woad_gattc_of(h);
    unsigned used = 0;
    while (s->ended && used < budget) {
        tell_ended(s);
        used++;
    }
    while (s->due_head && used < budget) {
        struct gattc_link *l = s->due_head;
        s->due_head = l->due_next;
        l->due = false;
        used += pump(l);
    }
    if (s->ended || s->due_head)
        woad_host_part_due(h, HOST_PART_GATTC);
    return used ? used : 1;
}

static struct woad_gattc_cfg with_defaults(const struct woad_gattc_cfg *from)
{
    struct woad_gattc_cfg cfg = from ? *from : (struct woad_gattc_cfg){0};
    if (!cfg.sub_buckets)
        cfg.sub_buckets = 16;
    if (!cfg.features)
        cfg.features = WOAD_GATTC_ROBUST_CACHING | WOAD_GATTC_MULTIPLE_NOTIFICATIONS;
    return cfg;
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    struct woad_gattc_cfg full = with_defaults(part_cfg);
    return sizeof(struct gattc) +
           cfg->max_conns *
               (sizeof(struct gattc_link) + full.sub_buckets * sizeof(struct woad_gattc_sub *));
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct gattc *s = mem;
    s->cfg = with_defaults(part_cfg);
    if (s->cfg.sub_buckets & (s->cfg.sub_buckets - 1) || s->cfg.mtu > WOAD_GATTC_MTU_NEVER)
        return WOAD_ERR_INVALID;
    struct woad_gattc_sub **subs = (void *)&s->links[h->max_conns];
    for (uint16_t i = 0; i < h->max_conns; i++)
        s->links[i].subs = subs + (size_t)i * s->cfg.sub_buckets;
    woad_att_set_client(h, &user);
    return 0;
}

const struct woad_host_part woad_gattc_part = {
    .id = HOST_PART_GATTC,
    .needs = &woad_att_part,
    .mem_size = mem_size,
    .init = init,
    .link_up = link_up,
    .link_down = link_down,
    .security = on_security,
    .service = service,
};
