/* Bearers of ATT: checks what comes by the table of PDUs, keeps transactions, exchanges the MTU
 * [Vol 3, Part F, 3.3, 3.4.2]. */
#include "att/att_priv.h"
#include "l2cap/l2cap_priv.h"

struct att_state {
    const struct att_user *server;
    const struct att_user *client;
    bool want_writable;
    uint8_t quota;               /* of each bearer's reserve */
    uint16_t held;               /* by all bearers */
    uint16_t mtu;                /* told to peers from now on */
    struct att_bearer bearers[]; /* the fixed one of each link */
};

static struct att_state *state_of(const struct woad_host *h)
{
    return h->part[HOST_PART_ATT];
}

/* ---- the table ------------------------------------------------------------------------------- */

struct att_row {
    uint8_t min; /* octets with the opcode; 0: no such PDU */
    uint8_t kind;
};

#define ATT_ROWS 0x24
static const struct att_row rows[ATT_ROWS] = {
#define ATT_ROW(name, opcode, kind, min) [opcode] = {(min) + 1, WOAD_ATT_##kind},
    WOAD_ATT_PDU_LOW_LIST(ATT_ROW)
#undef ATT_ROW
};

static struct att_row find_row(uint8_t opcode)
{
    static const struct att_row none = {0, 0};
    if (opcode < ATT_ROWS)
        return rows[opcode];
    if (opcode == WOAD_ATT_WRITE_CMD)
        return (struct att_row){1 + 2, WOAD_ATT_COMMAND};
    if (opcode == WOAD_ATT_SIGNED_WRITE_CMD)
        return (struct att_row){1 + 14, WOAD_ATT_COMMAND};
    return none;
}

/* ---- buffers --------------------------------------------------------------------------------- */

static uint16_t room_of(const struct woad_host *h)
{
    const struct woad_pool *pool = &h->att_pool;
    uint16_t data = (uint16_t)(pool->count - pool->free_count - state_of(h)->held);
    return data < h->cfg.att_tx_count ? (uint16_t)(h->cfg.att_tx_count - data) : 0;
}

uint16_t woad_att_room(struct woad_host *h, uint16_t want)
{
    uint16_t room = room_of(h);
    state_of(h)->want_writable |= room < want;
    return room;
}

void woad_att_want(struct woad_host *h)
{
    state_of(h)->want_writable = true;
    woad_host_part_due(h, HOST_PART_ATT);
}

struct woad_buf *woad_att_alloc(struct woad_host *h)
{
    bool room = room_of(h) > 0;
    struct woad_buf *buf = room ? woad_buf_alloc(&h->att_pool, HOST_PDU_HEADROOM) : NULL;
    if (!buf)
        state_of(h)->want_writable = true;
    if (room && !buf) /* nothing need come back */
        woad_host_part_due(h, HOST_PART_ATT);
    return buf;
}

bool woad_att_exhausted(const struct att_bearer *b)
{
    return b->held >= state_of(b->link->h)->quota;
}

struct woad_buf *woad_att_alloc_reserved(struct att_bearer *b)
{
    struct woad_host *h = b->link->h;
    if (woad_att_exhausted(b))
        return woad_att_alloc(h);
    struct woad_buf *buf = woad_buf_alloc(&h->att_pool, HOST_PDU_HEADROOM);
    if (buf) {
        buf->user = b;
        b->held++;
        state_of(h)->held++;
    }
    return buf;
}

static void released(void *arg, struct woad_buf *buf)
{
    struct woad_host *h = arg;
    struct att_bearer *b = buf->user;
    if (b) {
        b->held--;
        state_of(h)->held--;
        if (b->link && b->chan)
            b->ops->writable(b);
    }
    if (state_of(h)->want_writable)
        woad_host_part_due(h, HOST_PART_ATT);
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    struct att_state *s = state_of(h);
    (void)budget;
    if (!s->want_writable || !room_of(h))
        return 1;
    s->want_writable = false;
    if (s->server && s->server->writable)
        s->server->writable(h);
    if (s->client && s->client->writable)
        s->client->writable(h);
    return 1;
}

/* ---- bearers --------------------------------------------------------------------------------- */

static void for_users(struct att_bearer *b,
                      void (*tell)(const struct att_user *, struct att_bearer *))
{
    const struct att_state *s = state_of(b->link->h);
    if (s->server)
        tell(s->server, b);
    if (s->client)
        tell(s->client, b);
}

static void tell_up(const struct att_user *user, struct att_bearer *b)
{
    if (user->bearer_up)
        user->bearer_up(b);
}

static void tell_mtu(const struct att_user *user, struct att_bearer *b)
{
    if (user->mtu)
        user->mtu(b);
}

static void timed_out(struct att_bearer *b, const struct att_user *user, uint8_t opcode)
{
    b->dead = true;
    if (user && user->timeout)
        user->timeout(b, opcode);
    if (b->link && b->chan)
        b->ops->close(b);
}

static void request_due(struct woad_timer *t)
{
    struct att_bearer *b = HOST_OWNER(t, struct att_bearer, request_timer.t);
    timed_out(b, state_of(b->link->h)->client, b->request);
}

static void indication_due(struct woad_timer *t)
{
    struct att_bearer *b = HOST_OWNER(t, struct att_bearer, indication_timer.t);
    timed_out(b, state_of(b->link->h)->server, b->indication);
}

void woad_att_bearer_up(struct att_bearer *b, struct host_link *link, woad_chan chan, uint16_t mtu,
                        const struct att_bearer_ops *ops)
{
    *b = (struct att_bearer){.link = link, .chan = chan, .mtu = mtu, .held = b->held, .ops = ops};
    woad_host_timer_init(link->h, &b->request_timer, request_due);
    woad_host_timer_init(link->h, &b->indication_timer, indication_due);
    for_users(b, tell_up);
}

void woad_att_bearer_down(struct att_bearer *b, int err)
{
    const struct att_state *s = state_of(b->link->h);
    b->dead = true;
    woad_host_timer_stop(&b->request_timer);
    woad_host_timer_stop(&b->indication_timer);
    if (s->client && s->client->bearer_down)
        s->client->bearer_down(b, err);
    if (s->server && s->server->bearer_down)
        s->server->bearer_down(b, err);
    b->link = NULL;
}

struct att_bearer *woad_att_bearer(struct host_link *link)
{
    struct att_bearer *b = &state_of(link->h)->bearers[woad_host_link_index(link)];
    return b->link ? b : NULL;
}

static void link_up(struct host_link *link)
{
    struct att_state *s = state_of(link->h);
    woad_att_bearer_up(&s->bearers[woad_host_link_index(link)], link, 0, WOAD_ATT_MTU_MIN, NULL);
}

static void link_down(struct host_link *link, int err)
{
    struct att_bearer *b = woad_att_bearer(link);
    if (b)
        woad_att_bearer_down(b, err);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void begin(uint8_t *slot, struct host_timer *timer, uint8_t opcode)
{
    WOAD_ASSERT(*slot == 0);
    *slot = opcode;
    woad_host_timer_after(timer, ATT_TRANSACTION_US);
}

int woad_att_send(struct att_bearer *b, struct woad_buf *pdu)
{
    uint8_t opcode = pdu->data[0];
    if (!b->link || b->dead || b->link->state != HOST_LINK_UP) {
        woad_buf_unref(pdu);
        return WOAD_ERR_NOT_CONNECTED;
    }
    switch (find_row(opcode).kind) {
    case WOAD_ATT_REQUEST:
        begin(&b->request, &b->request_timer, opcode);
        b->request_mtu = b->mtu;
        break;
    case WOAD_ATT_INDICATION: begin(&b->indication, &b->indication_timer, opcode); break;
    case WOAD_ATT_RESPONSE: b->serving = 0; break;
    case WOAD_ATT_CONFIRMATION: b->confirming = false; break;
    default: break;
    }
    if (b->chan)
        return b->ops->send(b, pdu);
    woad_l2cap_fixed_send(b->link, L2CAP_CID_ATT, pdu);
    return 0;
}

void woad_att_unanswered(struct att_bearer *b)
{
    b->serving = 0;
    b->link->h->bad_packets++;
}

void woad_att_put_error(struct woad_buf *buf, uint8_t request, uint16_t handle, uint8_t error)
{
    buf->len = 0;
    uint8_t *p = woad_buf_put(buf, 5);
    p[0] = WOAD_ATT_ERROR_RSP;
    p[1] = request;
    woad_put_u16(p + 2, handle);
    p[4] = error;
}

static void refuse(struct att_bearer *b, uint8_t request, uint8_t error)
{
    struct woad_buf *buf = woad_att_alloc_reserved(b);
    if (!buf) {
        woad_att_unanswered(b);
        return;
    }
    woad_att_put_error(buf, request, 0, error);
    (void)!woad_att_send(b, buf);
}

static int send_mtu(struct att_bearer *b, uint8_t opcode)
{
    struct woad_buf *buf = woad_att_alloc_reserved(b);
    if (!buf)
        return WOAD_ERR_NO_MEM;
    uint8_t *p = woad_buf_put(buf, 3);
    p[0] = opcode;
    b->own_mtu = state_of(b->link->h)->mtu;
    woad_put_u16(p + 1, b->own_mtu);
    return woad_att_send(b, buf);
}

int woad_att_exchange_mtu(struct att_bearer *b)
{
    if (b->chan || b->request || b->mtu_asked)
        return WOAD_ERR_STATE;
    int err = send_mtu(b, WOAD_ATT_EXCHANGE_MTU_REQ);
    b->mtu_asked = !err;
    return err;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void set_mtu(struct att_bearer *b, uint16_t peer)
{
    uint16_t mtu = peer < b->own_mtu ? peer : b->own_mtu;
    if (mtu < WOAD_ATT_MTU_MIN)
        mtu = WOAD_ATT_MTU_MIN;
    if (mtu == b->mtu)
        return;
    b->mtu = mtu;
    for_users(b, tell_mtu);
}

static void bad(const struct att_bearer *b)
{
    b->link->h->bad_packets++;
}

static void on_request(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    const struct att_state *s = state_of(b->link->h);
    if (b->serving) { /* it has not waited for its answer: one is enough */
        bad(b);
        return;
    }
    b->serving = pdu[0];
    if (pdu[0] != WOAD_ATT_EXCHANGE_MTU_REQ || b->chan) {
        if (s->server)
            s->server->rx(b, pdu, len);
        else
            refuse(b, pdu[0], WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
    } else if (send_mtu(b, WOAD_ATT_EXCHANGE_MTU_RSP)) {
        woad_att_unanswered(b);
    } else if (!b->mtu_told) {
        b->mtu_told = true;
        set_mtu(b, woad_get_u16(pdu + 1));
        woad_host_tell(b->link->h, &(struct woad_host_evt){.type = WOAD_EVT_ATT_MTU,
                                                           .conn = b->link->handle,
                                                           .u.att_mtu = b->mtu});
    }
}

/* The answer to a request of ours; one that makes no sense, or is longer than it may be, ends it as
 * an error. */
static void on_response(struct att_bearer *b, const uint8_t *pdu, uint16_t len, uint8_t min)
{
    const struct att_user *client = state_of(b->link->h)->client;
    uint8_t request = b->request;
    bool error = pdu[0] == WOAD_ATT_ERROR_RSP && len >= min;
    bool whole = len >= min && (len <= b->mtu || len <= b->request_mtu);
    uint8_t answers = error ? pdu[1] : (uint8_t)(pdu[0] - 1);
    if (!request || answers != request) {
        bad(b);
        return;
    }
    b->request = 0;
    woad_host_timer_stop(&b->request_timer);
    if (request == WOAD_ATT_EXCHANGE_MTU_REQ && !error && whole)
        set_mtu(b, woad_get_u16(pdu + 1));
    if (!client)
        return;
    if (whole) {
        client->rx(b, pdu, len);
        return;
    }
    const uint8_t broken[5] = {WOAD_ATT_ERROR_RSP, request, 0, 0, WOAD_ATT_ERR_INVALID_PDU};
    bad(b);
    client->rx(b, broken, sizeof(broken));
}

static void on_confirmation(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    const struct att_user *server = state_of(b->link->h)->server;
    if (!b->indication || !server) {
        bad(b);
        return;
    }
    b->indication = 0;
    woad_host_timer_stop(&b->indication_timer);
    server->rx(b, pdu, len);
}

/* The peer must not be kept waiting. */
static void confirm(struct att_bearer *b)
{
    struct woad_buf *buf = woad_att_alloc_reserved(b);
    if (!buf)
        return;
    *woad_buf_put(buf, 1) = WOAD_ATT_HANDLE_VALUE_CFM;
    (void)!woad_att_send(b, buf);
}

static void to_client(struct att_bearer *b, const uint8_t *pdu, uint16_t len, bool indication)
{
    const struct att_user *client = state_of(b->link->h)->client;
    if (indication && b->confirming) {
        bad(b);
        return;
    }
    b->confirming |= indication;
    if (client)
        client->rx(b, pdu, len);
    else if (indication)
        confirm(b);
}

/* Too short, too long or unknown: commands are ignored, an indication is confirmed and its value
 * dropped [3.4.7.2], all else counts as a request. */
static void malformed(struct att_bearer *b, uint8_t opcode, struct att_row row)
{
    bad(b);
    if (row.min && row.kind == WOAD_ATT_INDICATION && !b->confirming)
        confirm(b);
    if ((!row.min || row.kind == WOAD_ATT_REQUEST) && !(opcode & 0x40) && !b->serving)
        refuse(b, opcode, row.min ? WOAD_ATT_ERR_INVALID_PDU : WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
}

void woad_att_rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    const struct att_state *s = state_of(b->link->h);
    struct att_row row = find_row(len ? pdu[0] : 0);
    if (!len || b->dead) {
        bad(b);
        return;
    }
    if (row.kind == WOAD_ATT_RESPONSE && row.min) {
        on_response(b, pdu, len, row.min);
        return;
    }
    if (!row.min || len < row.min || len > b->mtu) {
        malformed(b, pdu[0], row);
        return;
    }
    switch (row.kind) {
    case WOAD_ATT_REQUEST: on_request(b, pdu, len); break;
    case WOAD_ATT_CONFIRMATION: on_confirmation(b, pdu, len); break;
    case WOAD_ATT_COMMAND:
        if (s->server)
            s->server->rx(b, pdu, len);
        break;
    default: to_client(b, pdu, len, row.kind == WOAD_ATT_INDICATION); break;
    }
}

static void rx_fixed(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    struct att_bearer *b = woad_att_bearer(link);
    if (b)
        woad_att_rx(b, pdu, len);
}

/* Longer than any MTU of ours: there is more of the PDU than was kept, and nobody looks there. */
static void rx_over(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    (void)len;
    rx_fixed(link, pdu, woad_get_u16(link->rx.hdr));
}

/* ---- the part -------------------------------------------------------------------------------- */

/* Two for each side there is. */
static uint8_t quota(const struct woad_host_cfg *cfg)
{
    struct host_part_list list;
    unsigned sides = 0;
    if (woad_host_parts_list(cfg, &list))
        for (uint8_t i = 0; i < list.count; i++)
            sides +=
                list.use[i].part->id == HOST_PART_GATTS || list.use[i].part->id == HOST_PART_GATTC;
    return sides > 1 ? 4 : 2;
}

static uint16_t pool_count(const struct woad_host_cfg *cfg)
{
    return (uint16_t)(cfg->att_tx_count + quota(cfg) * (cfg->max_conns + cfg->att_bearers));
}

static size_t pool_offset(const struct woad_host_cfg *cfg)
{
    size_t size = sizeof(struct att_state) + sizeof(struct att_bearer) * cfg->max_conns;
    return (size + 15) & ~(size_t)15;
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)part_cfg;
    return pool_offset(cfg) +
           woad_pool_mem_size(pool_count(cfg), (uint16_t)(HOST_PDU_HEADROOM + cfg->att_mtu));
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    const struct woad_host_cfg *cfg = &h->cfg;
    struct att_state *s = mem;
    (void)part_cfg;
    s->quota = quota(cfg);
    s->mtu = cfg->att_mtu;
    woad_pool_init(&h->att_pool, (uint8_t *)mem + pool_offset(cfg), pool_count(cfg),
                   (uint16_t)(HOST_PDU_HEADROOM + cfg->att_mtu), 0);
    h->att_pool.released = released;
    h->att_pool.released_arg = h;
    return 0;
}

int woad_att_set_mtu(struct woad_host *h, uint16_t mtu)
{
    woad_host_enter(h);
    if (!state_of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (mtu < WOAD_ATT_MTU_MIN || mtu > h->cfg.att_mtu)
        return WOAD_ERR_INVALID;
    state_of(h)->mtu = mtu;
    return 0;
}

void woad_att_set_server(struct woad_host *h, const struct att_user *user)
{
    state_of(h)->server = user;
}

void woad_att_set_client(struct woad_host *h, const struct att_user *user)
{
    state_of(h)->client = user;
}

static const struct host_fixed_row fixed_row = {L2CAP_CID_ATT, WOAD_ATT_MTU_MAX, rx_fixed, rx_over};

const struct woad_host_part woad_att_part = {
    .id = HOST_PART_ATT,
    .mem_size = mem_size,
    .init = init,
    .link_up = link_up,
    .link_down = link_down,
    .service = service,
    .fixed = &fixed_row,
};
