/* Bearers of ATT: checks what comes by the table of PDUs, keeps transactions, exchanges the MTU
 * [Vol 3, Part F, 3.3, 3.4.2]. */
#include <string.h>

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

/* Least octets with the opcode, and the kind; 0: no such PDU. */
#define ROW(kind, min) ((min) + 1 + (WOAD_ATT_##kind << 4))
static const uint8_t rows[] = {
#define ATT_ROW(name, opcode, kind, min) [opcode] = ROW(kind, min),
    WOAD_ATT_PDU_LOW_LIST(ATT_ROW)
#undef ATT_ROW
};

static uint8_t row_of(uint8_t opcode)
{
    if (opcode < sizeof(rows))
        return rows[opcode];
    if (opcode == WOAD_ATT_WRITE_CMD)
        return ROW(COMMAND, 2);
    return opcode == WOAD_ATT_SIGNED_WRITE_CMD ? ROW(COMMAND, 14) : 0;
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
    struct woad_buf *buf = room_of(h) ? woad_buf_alloc(&h->att_pool, HOST_PDU_HEADROOM) : NULL;
    if (!buf)
        woad_att_want(h); /* at once: nothing need be out that comes back */
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
    if (s->server)
        s->server->writable(h);
    if (s->client)
        s->client->writable(h);
    return 1;
}

/* ---- bearers --------------------------------------------------------------------------------- */

void woad_att_timed_out(struct att_bearer *b, const struct att_user *user)
{
    b->dead = true;
    user->timeout(b);
    if (b->link && b->chan)
        b->ops->close(b);
}

static void indication_due(struct woad_timer *t)
{
    struct att_bearer *b = HOST_OWNER(t, struct att_bearer, indication_timer.t);
    woad_att_timed_out(b, state_of(b->link->h)->server);
}

void woad_att_bearer_up(struct att_bearer *b, struct host_link *link, woad_chan chan, uint16_t mtu,
                        const struct att_bearer_ops *ops)
{
    const struct att_state *s = state_of(link->h);
    memset(b, 0, offsetof(struct att_bearer, held));
    b->link = link;
    b->chan = chan;
    b->mtu = mtu;
    b->ops = ops;
    woad_host_timer_init(link->h, &b->indication_timer, indication_due);
    if (s->server)
        s->server->bearer_up(b);
    if (s->client)
        s->client->bearer_up(b);
}

void woad_att_bearer_down(struct att_bearer *b, int err)
{
    const struct att_state *s = state_of(b->link->h);
    b->dead = true;
    woad_host_timer_stop(&b->request_timer);
    woad_host_timer_stop(&b->indication_timer);
    if (s->client)
        s->client->bearer_down(b, err);
    if (s->server)
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

int woad_att_send(struct att_bearer *b, struct woad_buf *pdu)
{
    uint8_t opcode = pdu->data[0];
    if (!b->link || b->dead || b->link->state != HOST_LINK_UP) {
        woad_buf_unref(pdu);
        return WOAD_ERR_NOT_CONNECTED;
    }
    struct host_timer *timer = NULL;
    switch (row_of(opcode) >> 4) {
    case WOAD_ATT_REQUEST:
        WOAD_ASSERT(!b->request);
        b->request = opcode;
        b->request_mtu = b->mtu;
        timer = &b->request_timer;
        break;
    case WOAD_ATT_INDICATION:
        WOAD_ASSERT(!b->indication);
        b->indication = opcode;
        timer = &b->indication_timer;
        break;
    case WOAD_ATT_RESPONSE: b->serving = 0; break;
    case WOAD_ATT_CONFIRMATION: b->confirming = false; break;
    default: break;
    }
    if (timer)
        woad_host_timer_after(timer, ATT_TRANSACTION_US);
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

int woad_att_send_mtu(struct att_bearer *b, uint8_t opcode)
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

/* ---- in -------------------------------------------------------------------------------------- */

void woad_att_mtu_come(struct att_bearer *b, uint16_t peer)
{
    uint16_t mtu = peer < b->own_mtu ? peer : b->own_mtu;
    b->mtu = mtu < WOAD_ATT_MTU_MIN ? WOAD_ATT_MTU_MIN : mtu;
}

static void on_mtu_request(struct att_bearer *b, const uint8_t *pdu)
{
    if (woad_att_send_mtu(b, WOAD_ATT_EXCHANGE_MTU_RSP)) {
        woad_att_unanswered(b);
    } else if (!b->mtu_told) {
        b->mtu_told = true;
        woad_att_mtu_come(b, woad_get_u16(pdu + 1));
        woad_host_tell(b->link->h, &(struct woad_host_evt){.type = WOAD_EVT_ATT_MTU,
                                                           .conn = b->link->handle,
                                                           .u.att_mtu = b->mtu});
    }
}

/* One that nobody takes is answered all the same. */
static bool on_request(struct att_bearer *b, const uint8_t *pdu, uint16_t len, uint8_t error)
{
    const struct att_user *server = state_of(b->link->h)->server;
    if (b->serving) /* it has not waited for its answer: one is enough */
        return false;
    b->serving = pdu[0];
    if (error)
        refuse(b, pdu[0], error);
    else if (pdu[0] == WOAD_ATT_EXCHANGE_MTU_REQ && !b->chan)
        on_mtu_request(b, pdu);
    else if (server)
        server->rx(b, pdu, len);
    else
        refuse(b, pdu[0], WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
    return !error;
}

/* The peer must not be kept waiting. */
static void confirm(struct att_bearer *b)
{
    struct woad_buf *buf = woad_att_alloc_reserved(b);
    b->confirming = false;
    if (!buf)
        return;
    *woad_buf_put(buf, 1) = WOAD_ATT_HANDLE_VALUE_CFM;
    (void)!woad_att_send(b, buf);
}

/* One that is malformed is confirmed and its value dropped [3.4.7.2]. */
static bool on_indication(struct att_bearer *b, const uint8_t *pdu, uint16_t len, bool whole)
{
    const struct att_user *client = state_of(b->link->h)->client;
    if (b->confirming)
        return false;
    b->confirming = true;
    if (client && whole)
        client->rx(b, pdu, len);
    else
        confirm(b);
    return whole;
}

static bool on_confirmation(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    if (!b->indication)
        return false;
    b->indication = 0;
    woad_host_timer_stop(&b->indication_timer);
    state_of(b->link->h)->server->rx(b, pdu, len);
    return true;
}

/* False: it is to be counted. What is too short, too long or unknown counts as a request, unless
 * it is known not to be one; commands of that kind are ignored. */
static bool take(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    const struct att_state *s = state_of(b->link->h);
    if (!len || b->dead)
        return false;
    uint8_t row = row_of(pdu[0]), kind = row >> 4, min = row & 0x0f;
    bool whole = row && len >= min && len <= b->mtu;
    const struct att_user *user = kind == WOAD_ATT_COMMAND ? s->server : s->client;
    switch (kind) {
    case WOAD_ATT_REQUEST:
        if (!row && pdu[0] & 0x40)
            return false;
        return on_request(b, pdu, len,
                          whole ? 0
                          : row ? WOAD_ATT_ERR_INVALID_PDU
                                : WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED);
    case WOAD_ATT_INDICATION: return on_indication(b, pdu, len, whole);
    case WOAD_ATT_RESPONSE: return user && user->response(b, pdu, len, min);
    case WOAD_ATT_CONFIRMATION: return whole && on_confirmation(b, pdu, len);
    default:
        if (whole && user)
            user->rx(b, pdu, len);
        return whole;
    }
}

void woad_att_rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    struct woad_host *h = b->link->h; /* the bearer may end */
    if (!take(b, pdu, len))
        h->bad_packets++;
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

static uint16_t pool_count(const struct woad_host_cfg *cfg, unsigned each)
{
    return (uint16_t)(cfg->att_tx_count + each * (cfg->max_conns + cfg->att_bearers));
}

static uint16_t buf_size(const struct woad_host_cfg *cfg)
{
    return (uint16_t)(HOST_PDU_HEADROOM + cfg->att_mtu);
}

/* The pool lies behind the bearers. */
static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)part_cfg;
    return sizeof(struct att_state) + sizeof(struct att_bearer) * cfg->max_conns +
           woad_pool_mem_size(pool_count(cfg, quota(cfg)), buf_size(cfg));
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    const struct woad_host_cfg *cfg = &h->cfg;
    struct att_state *s = mem;
    (void)part_cfg;
    s->quota = quota(cfg);
    s->mtu = cfg->att_mtu;
    woad_pool_init(&h->att_pool, &s->bearers[cfg->max_conns], pool_count(cfg, s->quota),
                   buf_size(cfg), 0);
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

const struct att_user *woad_att_client(const struct woad_host *h)
{
    return state_of(h)->client;
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
