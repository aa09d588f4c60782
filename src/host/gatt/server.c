/* The GATT server: bearers, requests by their opcode, questions to the application. */
#include <string.h>

#include "gatt/gatts_priv.h"
#include "l2cap/l2cap_priv.h"

struct gatts_client *woad_gatts_client(const struct host_link *link)
{
    return &woad_gatts_of(link->h)->clients[woad_host_link_index(link)];
}

/* ---- requests -------------------------------------------------------------------------------- */

#define INDEX(opcode) ((opcode) / 2) /* those of requests are even */

static gatts_handler *const handlers[INDEX(WOAD_ATT_MULTIPLE_HANDLE_VALUE_NTF) + 1] = {
    [INDEX(WOAD_ATT_FIND_INFORMATION_REQ)] = woad_gatts_on_find_information,
    [INDEX(WOAD_ATT_FIND_BY_TYPE_VALUE_REQ)] = woad_gatts_on_find_by_type,
    [INDEX(WOAD_ATT_READ_BY_TYPE_REQ)] = woad_gatts_on_read_by_type,
    [INDEX(WOAD_ATT_READ_REQ)] = woad_gatts_on_read,
    [INDEX(WOAD_ATT_READ_BLOB_REQ)] = woad_gatts_on_read,
    [INDEX(WOAD_ATT_READ_MULTIPLE_REQ)] = woad_gatts_on_read,
    [INDEX(WOAD_ATT_READ_BY_GROUP_TYPE_REQ)] = woad_gatts_on_read_group,
    [INDEX(WOAD_ATT_WRITE_REQ)] = woad_gatts_on_write,
    [INDEX(WOAD_ATT_READ_MULTIPLE_VARIABLE_REQ)] = woad_gatts_on_read,
};

static void finish(struct gatts_op *op)
{
    op->opcode = 0;
    op->waits = false; /* an answer that comes now is late */
    op->rsp = NULL;
}

/* Ends the request under way with its answer or with an error, unless it waits or its link has ended
 * inside an event. */
static void answer(struct gatts_op *op, int err)
{
    struct woad_buf *rsp = op->rsp;
    uint8_t opcode = op->opcode;
    if (err == GATTS_WAITS || !rsp)
        return;
    finish(op);
    if (err)
        woad_att_put_error(rsp, opcode, op->handle, (uint8_t)err);
    else
        rsp->data[0] = (uint8_t)(opcode + 1);
    (void)!woad_att_send(op->bearer, rsp);
}

static int start(const struct gatts *g, struct gatts_op *op, struct woad_rd *r)
{
    const struct woad_gatts_prepared *prepared = g->cfg.prepared;
    gatts_handler *handler = handlers[INDEX(op->opcode)];
    if (prepared && op->opcode == WOAD_ATT_PREPARE_WRITE_REQ)
        handler = prepared->prepare;
    if (prepared && op->opcode == WOAD_ATT_EXECUTE_WRITE_REQ)
        handler = prepared->execute;
    if (!handler)
        return WOAD_ATT_ERR_REQUEST_NOT_SUPPORTED;
    int err = g->cfg.caching ? g->cfg.caching->admit(op) : 0;
    return err ? err : handler(op, r);
}

static void on_request(struct att_bearer *b, uint8_t opcode, struct woad_rd *r)
{
    struct gatts_op *op = b->server;
    op->rsp = woad_att_alloc_reserved(b);
    if (!op->rsp) { /* the answer before it is still on its way and the reserve is lent */
        woad_att_unanswered(b);
        return;
    }
    op->opcode = opcode;
    op->handle = 0;
    woad_buf_put(op->rsp, 1);
    answer(op, start(woad_gatts_of(b->link->h), op, r));
}

static void rx(struct att_bearer *b, const uint8_t *pdu, uint16_t len)
{
    struct woad_rd r = {pdu + 1, len - 1u};
    if (pdu[0] == WOAD_ATT_HANDLE_VALUE_CFM)
        woad_gatts_indicated(b->server, 0);
    else if (pdu[0] & 0x40)
        woad_gatts_on_command(b, pdu[0], &r);
    else
        on_request(b, pdu[0], &r);
}

/* ---- questions to the application ------------------------------------------------------------ */

void woad_gatts_evt_begin(struct woad_gatts_evt *evt, enum woad_gatts_evt_type type,
                          const struct host_link *link, uint16_t handle,
                          const struct woad_gatt_attr *attr)
{
    *evt = (struct woad_gatts_evt){
        .type = (uint8_t)type, .conn = link->handle, .handle = handle, .attr = attr};
}

void woad_gatts_call(struct woad_host *h, woad_gatts_event_fn *event, void *arg,
                     const struct woad_gatts_evt *evt)
{
    if (!event)
        return;
    woad_host_call_begin(h);
    event(arg, h, evt);
    woad_host_call_end(h);
}

void woad_gatts_tell(struct woad_host *h, const struct woad_gatt_service *service,
                     const struct woad_gatts_evt *evt)
{
    woad_gatts_call(h, service->event, service->arg, evt);
}

woad_gatts_req woad_gatts_req_of(struct gatts_op *op)
{
    op->generation++;
    return (uint32_t)op->number << 16 | op->generation;
}

int woad_gatts_ask(struct woad_host *h, struct gatts_op *op,
                   const struct woad_gatt_service *service, const struct woad_gatts_evt *evt)
{
    op->handle = evt->handle; /* the answer is about this one, should it go meanwhile */
    op->asking = true;
    op->answered = false;
    op->waits = true;
    woad_gatts_tell(h, service, evt);
    op->asking = false;
    if (!op->waits) /* the link ended inside the event */
        return GATTS_WAITS;
    if (!op->answered && service->event && evt->type != WOAD_GATTS_AUTHORIZE)
        return GATTS_WAITS;
    op->waits = false;
    return op->answered ? op->error : WOAD_ATT_ERR_UNLIKELY;
}

void woad_gatts_append(struct gatts_op *op, const void *data, uint16_t len)
{
    uint16_t room = (uint16_t)(op->bearer->mtu - op->rsp->len);
    uint16_t n = len < room ? len : room;
    op->value_len = len;
    if (n)
        memcpy(woad_buf_put(op->rsp, n), data, n);
}

int woad_gatts_answer(struct woad_host *h, woad_gatts_req req, uint8_t error, const void *data,
                      uint16_t len)
{
    woad_host_enter(h);
    struct gatts *g = woad_gatts_of(h);
    uint32_t index = (req >> 16) - 1;
    if (!g)
        return WOAD_ERR_STATE;
    if (len && !data)
        return WOAD_ERR_INVALID;
    if (index >= g->op_count)
        return WOAD_ERR_NOT_FOUND;
    struct gatts_op *op = &g->ops[index];
    if (!op->waits || op->answered || op->generation != (uint16_t)req)
        return WOAD_ERR_NOT_FOUND;
    op->answered = true;
    op->error = error;
    if (!error && data)
        woad_gatts_append(op, data, len);
    if (op->asking)
        return 0;
    op->waits = false;
    /* Outside run() or inside another event: what follows may ask the application again. */
    woad_host_part_due(h, HOST_PART_GATTS);
    return 0;
}

/* Reads and Write alone ask in such a way that they can go on. */
static void go_on(struct gatts_op *op)
{
    op->answered = false;
    answer(op, op->opcode == WOAD_ATT_WRITE_REQ ? op->error : woad_gatts_read_on(op));
}

/* The indication of a service that was removed; its event function outlives it. */
static void tell_gone(struct gatts_op *op)
{
    struct woad_gatts_evt evt;
    if (!op->gone)
        return;
    woad_gatts_evt_begin(&evt, WOAD_GATTS_CONFIRMED, op->bearer->link, op->gone, NULL);
    evt.u.confirmed.err = WOAD_ERR_CANCELLED;
    op->gone = 0;
    woad_gatts_call(op->bearer->link->h, op->gone_event, op->gone_arg, &evt);
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    struct gatts *g = woad_gatts_of(h);
    unsigned used = 1;
    (void)budget;
    for (struct gatts_op *op = g->ops; op < g->ops_end; op++) {
        if (op->bearer)
            tell_gone(op);
        if (op->opcode && op->answered && !op->waits) {
            go_on(op);
            used++;
        }
    }
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++) {
        if (c->link)
            woad_gatts_client_service(g, c);
        if (c->link)
            woad_gatts_changes_send(g, c);
    }
    return used;
}

/* ---- bearers and links ----------------------------------------------------------------------- */

struct att_bearer *woad_gatts_bearer(const struct host_link *link, unsigned n)
{
    const struct gatts *g = woad_gatts_of(link->h);
    const struct gatts_op *fixed = &g->ops[woad_host_link_index(link)];
    if (g->op_count != link->h->max_conns)
        return g->cfg.caching->bearer(link, n);
    return woad_gatts_usable(fixed, link) ? fixed->bearer : NULL;
}

static void bearer_up(struct att_bearer *b)
{
    struct gatts *g = woad_gatts_of(b->link->h);
    uint16_t i = b->chan ? b->link->h->max_conns : woad_host_link_index(b->link);
    while (b->chan && g->ops[i].bearer) /* there are as many as enhanced bearers */
        i++;
    struct gatts_op *op = &g->ops[i];
    *op = (struct gatts_op){.bearer = b, .generation = op->generation, .number = (uint16_t)(i + 1)};
    b->server = op;
    if (!b->chan)
        woad_gatts_client_up(b->link);
}

static void bearer_down(struct att_bearer *b, int err)
{
    struct gatts_op *op = b->server;
    if (op->opcode) {
        struct woad_buf *rsp = op->rsp;
        finish(op);
        woad_buf_unref(rsp);
    }
    woad_gatts_indicated(op, err);
    tell_gone(op);
    op->bearer = NULL;
    if (!b->chan)
        woad_gatts_client_down(woad_gatts_client(b->link));
}

static void timeout(struct att_bearer *b)
{
    woad_gatts_indicated(b->server, WOAD_ERR_TIMEOUT);
}

static const struct att_user user = {
    .rx = rx,
    .bearer_up = bearer_up,
    .bearer_down = bearer_down,
    .timeout = timeout,
    .writable = woad_gatts_tell_writable,
};

/* ---- the part -------------------------------------------------------------------------------- */

/* c is zeros. */
static void complete(struct woad_gatts_cfg *c, const struct woad_gatts_cfg *from)
{
    if (from)
        *c = *from;
    if (!c->name)
        c->name = "woad";
    if (!c->handle_max)
        c->handle_max = 255;
    if (!c->cccds)
        c->cccds = 8;
    if (!c->min_key_size)
        c->min_key_size = 16;
}

static uint16_t bearers_of(const struct woad_host_cfg *cfg)
{
    return (uint16_t)(cfg->max_conns + cfg->att_bearers);
}

/* The server, and behind it pages, clients, bearers, subscriptions, and prepared writes: none
 * needs a greater alignment than those before it. */
static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    struct woad_gatts_cfg c = {0};
    complete(&c, part_cfg);
    size_t client = sizeof(struct gatts_client) + c.cccds * sizeof(struct gatts_cccd);
    return sizeof(struct gatts) +
           WOAD_GATT_PAGES(c.handle_max) * sizeof(struct woad_gatt_service *) +
           bearers_of(cfg) * sizeof(struct gatts_op) + cfg->max_conns * (client + c.prepare_size);
}

static void lay_out(struct gatts *g, const struct woad_host_cfg *cfg)
{
    struct woad_gatt_service **pages = (void *)(g + 1);
    g->clients = (void *)(pages + WOAD_GATT_PAGES(g->cfg.handle_max));
    g->clients_end = g->clients + cfg->max_conns;
    g->ops = (void *)g->clients_end;
    g->op_count = bearers_of(cfg);
    g->ops_end = g->ops + g->op_count;
    struct gatts_cccd *cccds = (void *)g->ops_end;
    uint8_t *prepared = (void *)(cccds + (size_t)cfg->max_conns * g->cfg.cccds);
    for (struct gatts_client *c = g->clients; c < g->clients_end; c++) {
        c->cccds = cccds;
        c->prepared = prepared;
        c->away = -1;
        cccds += g->cfg.cccds;
        prepared += g->cfg.prepare_size;
    }
    woad_gatt_db_init(&g->db, pages, g->cfg.handle_max);
}

static int begin(struct woad_host *h, struct gatts *g)
{
    const struct woad_gatts_cfg *cfg = &g->cfg;
    if ((cfg->store && cfg->cccds > GATTS_CCCDS_SAVED) || (cfg->prepare_size && !cfg->prepared) ||
        (h->cfg.att_bearers && !cfg->caching))
        return WOAD_ERR_INVALID;
    g->host = h;
    lay_out(g, &h->cfg);
    g->hash_valid = true;
    g->hash[GATTS_HASH_BASIC] = 1;
    woad_put_u32(g->hash + GATTS_HASH_REVISION, cfg->revision);
    woad_att_set_server(h, &user);
    return woad_gatts_standard_add(h);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct gatts *g = mem;
    complete(&g->cfg, part_cfg);
    return begin(h, g);
}

static int init_all(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct gatts *g = mem;
    complete(&g->cfg, part_cfg);
    g->cfg.prepared = &woad_gatts_prepared;
    g->cfg.caching = &woad_gatts_caching;
    return begin(h, g);
}

#define PART(init_fn)                                                                              \
    {                                                                                              \
        .id = HOST_PART_GATTS, .needs = &woad_att_part, .mem_size = mem_size, .init = init_fn,     \
        .security = woad_gatts_client_security, .service = service                                 \
    }

const struct woad_host_part woad_gatts_part = PART(init_all);
const struct woad_host_part woad_gatts_basic_part = PART(init);
