/* ATT bearers over enhanced credit-based channels [Vol 3, Part F, 3.2.11; Part G, 5.3].
 *
 * Channels tell their events inside a call of the application's, as they do to everybody; what they
 * tell is noted here and done by service(), from where the server and the client may call the
 * application in their turn. */
#include "att/att_priv.h"
#include "l2cap/l2cap_priv.h"
#include "woad/eatt.h"

#define EATT_PSM     0x0027
#define EATT_MTU_MIN 64 /* [Vol 3, Part G, 5.3.1] */
#define RETRIES      3
#define RETRY_US     100000 /* [Vol 3, Part G, 5.4] */

struct eatt_bearer {
    struct att_bearer att; /* link NULL: not in use by server and client */
    woad_chan chan;        /* 0: free */
    struct host_link *link;
    struct woad_buf_queue out; /* what the channel had no room for */
    uint16_t mtu;
    uint16_t result;
    int8_t err;
    bool opened, readable, closed; /* for service() */
};

/* Bearers of a link that the peer had no room for and that will be asked for again. */
struct eatt_retry {
    struct host_timer timer;
    struct host_link *link;
    uint8_t count, tries;
};

struct eatt {
    struct woad_host *host;
    struct woad_eatt_cfg cfg;
    uint8_t *pdu;               /* the one that is being received */
    struct eatt_retry *retries; /* by woad_host_link_index() */
    uint16_t count;
    struct eatt_bearer bearers[];
};

static struct eatt *eatt_of(const struct woad_host *h)
{
    return h->part[HOST_PART_EATT];
}

static struct eatt_retry *retry_of(const struct host_link *link)
{
    return &eatt_of(link->h)->retries[woad_host_link_index(link)];
}

/* Calls of the API from within run() are those of an event. */
static bool call_begin(struct woad_host *h)
{
    bool inner = h->running && !h->in_event;
    if (inner)
        woad_host_call_begin(h);
    return inner;
}

static void call_end(struct woad_host *h, bool inner)
{
    if (inner)
        woad_host_call_end(h);
}

static struct eatt_bearer *find(struct eatt *e, woad_chan chan)
{
    for (uint16_t i = 0; i < e->count; i++)
        if (e->bearers[i].chan == chan)
            return &e->bearers[i];
    return NULL;
}

static struct eatt_bearer *take(struct eatt *e, struct host_link *link, woad_chan chan)
{
    struct eatt_bearer *b = find(e, 0);
    uint8_t held = b->att.held;
    *b = (struct eatt_bearer){.link = link, .chan = chan, .att.held = held};
    return b;
}

static unsigned count_of(const struct eatt *e, const struct host_link *link)
{
    unsigned n = 0;
    for (uint16_t i = 0; i < e->count; i++)
        n += e->bearers[i].att.link == link;
    return n;
}

static void tell(struct eatt *e, const struct eatt_bearer *b, uint16_t conn, uint8_t type)
{
    const struct woad_eatt_evt evt = {.type = type,
                                      .count = b->link ? (uint8_t)count_of(e, b->link) : 0,
                                      .conn = conn,
                                      .chan = b->chan,
                                      .mtu = b->mtu,
                                      .err = b->err,
                                      .result = b->result};
    if (!e->cfg.event)
        return;
    woad_host_call_begin(e->host);
    e->cfg.event(e->cfg.arg, e->host, &evt);
    woad_host_call_end(e->host);
}

/* ---- out ------------------------------------------------------------------------------------- */

/* The channel borrows the octets of a PDU until SENT, which has the buffer as its tag. */
static void flush(struct eatt_bearer *b)
{
    struct woad_buf *pdu;
    while ((pdu = b->out.head)) {
        int err = woad_l2cap_send(b->link->h, b->chan, pdu->data, pdu->len, pdu);
        if (err == WOAD_ERR_AGAIN)
            return;
        woad_buf_queue_pop(&b->out);
        if (err)
            woad_buf_unref(pdu);
    }
}

static int send(struct att_bearer *att, struct woad_buf *pdu)
{
    struct eatt_bearer *b = HOST_OWNER(att, struct eatt_bearer, att);
    struct woad_host *h = att->link->h;
    bool inner = call_begin(h);
    woad_buf_queue_push(&b->out, pdu);
    flush(b);
    call_end(h, inner);
    return 0;
}

static void close_channel(struct att_bearer *att)
{
    struct eatt_bearer *b = HOST_OWNER(att, struct eatt_bearer, att);
    struct woad_host *h = att->link->h;
    bool inner = call_begin(h);
    (void)!woad_l2cap_close(h, b->chan, false);
    call_end(h, inner);
}

static void writable(struct att_bearer *att)
{
    if (HOST_OWNER(att, struct eatt_bearer, att)->readable)
        woad_host_part_due(att->link->h, HOST_PART_EATT);
}

static const struct att_bearer_ops ops = {send, close_channel, writable};

/* ---- channels -------------------------------------------------------------------------------- */

/* The codes are those of a link without a key, and of one whose key is not used
 * [Vol 3, Part A, 4.26; Part C, 10.3.2]. */
static uint16_t why_not(struct eatt *e, const struct host_link *link, woad_chan chan)
{
    const struct host_security_ops *security = e->host->security;
    struct woad_chan_info info;
    if (woad_l2cap_info(e->host, chan, &info) || !info.enhanced)
        return WOAD_L2CAP_NO_PSM;
    if (!link->encrypted)
        return security && security->bond(link) >= 0 ? WOAD_L2CAP_ENCRYPTION
                                                     : WOAD_L2CAP_AUTHENTICATION;
    return find(e, 0) ? WOAD_L2CAP_OK : WOAD_L2CAP_NO_RESOURCES;
}

static void on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct eatt *e = arg;
    struct eatt_bearer *b = find(e, evt->chan);
    struct host_link *link = woad_host_link_find(h, evt->conn);
    if (evt->type == WOAD_CHAN_ACCEPT && link) {
        uint16_t result = why_not(e, link, evt->chan);
        if (!woad_l2cap_accept(h, evt->chan, result, NULL, NULL) && result == WOAD_L2CAP_OK)
            take(e, link, evt->chan);
    } else if (evt->type == WOAD_CHAN_SENT) {
        woad_buf_unref(evt->u.sent.tag);
        if (b && b->link)
            flush(b);
    } else if (!b) {
        return; /* one that was refused */
    } else if (evt->type == WOAD_CHAN_OPENED) {
        uint16_t mtu = h->cfg.att_mtu;
        b->mtu = evt->u.opened.peer_mtu < mtu ? evt->u.opened.peer_mtu : mtu;
        b->opened = true;
    } else if (evt->type == WOAD_CHAN_RECEIVED) {
        b->readable = true;
    } else if (evt->type == WOAD_CHAN_WRITABLE && b->link) {
        flush(b);
    } else if (evt->type == WOAD_CHAN_CLOSED) {
        b->closed = true;
        b->err = (int8_t)evt->u.closed.err;
        b->result = evt->u.closed.result;
    }
    if (b && (b->opened || b->readable || b->closed))
        woad_host_part_due(h, HOST_PART_EATT);
}

static struct woad_chan_cfg chan_cfg(struct eatt *e)
{
    uint16_t mtu = e->host->cfg.att_mtu;
    return (struct woad_chan_cfg){.psm = EATT_PSM,
                                  .mtu = mtu,
                                  .mps = (uint16_t)(mtu + L2CAP_SDU_HDR),
                                  .event = on_chan,
                                  .arg = e};
}

static int open_on(struct eatt *e, struct host_link *link, unsigned n)
{
    const struct woad_chan_cfg cfg = chan_cfg(e);
    woad_chan chans[L2CAP_GROUP_MAX];
    unsigned free_count = 0;
    if (!link->encrypted)
        return WOAD_ERR_SECURITY;
    for (uint16_t i = 0; i < e->count; i++)
        free_count += !e->bearers[i].chan;
    if (n > free_count)
        return WOAD_ERR_NO_MEM;
    int err = woad_l2cap_connect_enhanced(e->host, link->handle, &cfg, chans, n);
    for (unsigned i = 0; i < n && !err; i++)
        take(e, link, chans[i]);
    return err;
}

/* ---- once more ------------------------------------------------------------------------------- */

static void no_more(struct eatt_retry *r, int err, uint16_t result)
{
    const struct eatt_bearer gone = {.link = r->link, .err = (int8_t)err, .result = result};
    woad_host_timer_stop(&r->timer);
    for (; r->count; r->count--)
        tell(eatt_of(r->timer.h), &gone, r->link->handle, WOAD_EATT_CLOSED);
}

static void try_again(struct woad_timer *t)
{
    struct eatt_retry *r = HOST_OWNER(t, struct eatt_retry, timer.t);
    struct eatt *e = eatt_of(r->timer.h);
    bool inner = call_begin(e->host);
    int err = open_on(e, r->link, r->count);
    call_end(e->host, inner);
    if (err) /* the room has gone to bearers of the peer's */
        no_more(r, WOAD_ERR_REFUSED, WOAD_L2CAP_NO_RESOURCES);
    r->count = 0;
    r->tries++;
}

/* Two that ask at the same time, each with its last room taken by what it asks for, refuse each
 * other. The central may ask again at once, the peripheral waits [Vol 3, Part G, 5.4]; so do both
 * when that does not help. */
static bool will_retry(const struct eatt_bearer *b)
{
    struct host_link *link = b->link;
    if (!link || b->err != WOAD_ERR_REFUSED || b->result != WOAD_L2CAP_NO_RESOURCES)
        return false;
    struct eatt_retry *r = retry_of(link);
    if (r->tries == RETRIES)
        return false;
    uint64_t delay_us = 2 * (link->latency + 1u) * link->interval_1250us * UINT64_C(1250);
    if (delay_us < RETRY_US)
        delay_us = RETRY_US;
    if (link->role == WOAD_ROLE_CENTRAL && !r->tries)
        delay_us = 1;
    r->link = link;
    r->count++;
    woad_host_timer_after(&r->timer, delay_us << r->tries);
    return true;
}

/* ---- what is due ----------------------------------------------------------------------------- */

/* A peer that asks and takes no answers is read no further. */
static void receive(struct eatt *e, struct eatt_bearer *b)
{
    while (b->att.link && !b->att.dead && !woad_att_exhausted(&b->att)) {
        woad_host_call_begin(e->host);
        long len = woad_l2cap_recv(e->host, b->chan, e->pdu, e->host->cfg.att_mtu, NULL);
        woad_host_call_end(e->host);
        if (len < 0) {
            b->readable = false;
            return;
        }
        woad_att_rx(&b->att, e->pdu, (uint16_t)len);
    }
}

static void down(struct eatt_bearer *b, int err)
{
    if (b->att.link)
        woad_att_bearer_down(&b->att, err);
    woad_buf_queue_clear(&b->out);
}

/* The channel has ended and what it had received is read. */
static void end(struct eatt *e, struct eatt_bearer *b)
{
    uint16_t conn = b->link ? b->link->handle : WOAD_CONN_NONE;
    woad_chan chan = b->chan;
    down(b, b->err ? b->err : WOAD_ERR_CANCELLED);
    if (b->link && !will_retry(b))
        tell(e, b, conn, WOAD_EATT_CLOSED);
    b->chan = 0;
    b->closed = false;
    woad_host_call_begin(e->host);
    (void)!woad_l2cap_release(e->host, chan);
    woad_host_call_end(e->host);
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    struct eatt *e = eatt_of(h);
    (void)budget;
    for (uint16_t i = 0; i < e->count; i++) {
        struct eatt_bearer *b = &e->bearers[i];
        if (b->opened && b->link) {
            b->opened = false;
            woad_att_bearer_up(&b->att, b->link, b->chan, b->mtu, &ops);
            tell(e, b, b->link->handle, WOAD_EATT_OPENED);
        }
        if (b->readable && b->att.link)
            receive(e, b);
        if (b->closed)
            end(e, b);
    }
    return 1;
}

/* ---- calls ----------------------------------------------------------------------------------- */

int woad_eatt_open(struct woad_host *h, uint16_t conn, unsigned n)
{
    woad_host_enter(h);
    int err = 0;
    struct eatt *e = eatt_of(h);
    if (!e)
        return WOAD_ERR_STATE;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (n < 1 || n > L2CAP_GROUP_MAX)
        return WOAD_ERR_INVALID;
    retry_of(link)->tries = 0;
    return open_on(e, link, n);
}

int woad_eatt_close(struct woad_host *h, woad_chan chan)
{
    woad_host_enter(h);
    struct eatt *e = eatt_of(h);
    const struct eatt_bearer *b = e && chan ? find(e, chan) : NULL;
    return b ? woad_l2cap_close(h, chan, false) : WOAD_ERR_NOT_FOUND;
}

unsigned woad_eatt_count(struct woad_host *h, uint16_t conn)
{
    const struct host_link *link = woad_host_link_find(h, conn);
    return link && eatt_of(h) ? count_of(eatt_of(h), link) : 0;
}

/* ---- the part -------------------------------------------------------------------------------- */

static void security(struct host_link *link, uint8_t status)
{
    struct eatt *e = eatt_of(link->h);
    if (status || !link->encrypted || link->role != WOAD_ROLE_CENTRAL || !e->cfg.connect)
        return;
    for (uint16_t i = 0; i < e->count; i++)
        if (e->bearers[i].chan && e->bearers[i].link == link)
            return;
    bool inner = call_begin(link->h);
    if (!retry_of(link)->count)
        (void)!open_on(e, link, e->cfg.connect);
    call_end(link->h, inner);
}

/* The channels end by themselves. */
static void link_down(struct host_link *link, int err)
{
    struct eatt *e = eatt_of(link->h);
    for (uint16_t i = 0; i < e->count; i++) {
        struct eatt_bearer *b = &e->bearers[i];
        if (!b->chan || b->link != link)
            continue;
        down(b, err);
        b->err = (int8_t)err;
        tell(e, b, link->handle, WOAD_EATT_CLOSED);
        b->link = NULL;
    }
    if (retry_of(link)->count)
        no_more(retry_of(link), err, 0);
    retry_of(link)->tries = 0;
}

static void deinit(struct woad_host *h)
{
    struct eatt *e = eatt_of(h);
    for (uint16_t i = 0; i < e->count; i++)
        woad_buf_queue_clear(&e->bearers[i].out);
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)part_cfg;
    return sizeof(struct eatt) + sizeof(struct eatt_bearer) * cfg->att_bearers +
           sizeof(struct eatt_retry) * cfg->max_conns + cfg->att_mtu;
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    const struct woad_eatt_cfg *own = part_cfg;
    struct eatt *e = mem;
    *e = (struct eatt){.host = h, .count = h->cfg.att_bearers};
    if (own)
        e->cfg = *own;
    for (uint16_t i = 0; i < e->count; i++)
        e->bearers[i] = (struct eatt_bearer){0};
    e->retries = (void *)&e->bearers[e->count];
    for (uint16_t i = 0; i < h->max_conns; i++) {
        e->retries[i] = (struct eatt_retry){0};
        woad_host_timer_init(h, &e->retries[i].timer, try_again);
    }
    e->pdu = (uint8_t *)&e->retries[h->max_conns];
    if (h->cfg.att_mtu < EATT_MTU_MIN || e->cfg.connect > L2CAP_GROUP_MAX)
        return WOAD_ERR_INVALID;
    const struct woad_chan_cfg cfg = chan_cfg(e);
    return woad_l2cap_listen(h, &cfg);
}

const struct woad_host_part woad_eatt_part = {
    .id = HOST_PART_EATT,
    .needs = &woad_att_part,
    .mem_size = mem_size,
    .init = init,
    .deinit = deinit,
    .link_down = link_down,
    .security = security,
    .service = service,
};
