/* Own private addresses and the controller's resolving list [Vol 3, Part C, 10.7; Vol 4, Part E,
 * 7.8.4, 7.8.38-7.8.45, 7.8.77].
 *
 * Both change only while nothing runs that they matter to. A job holds the activities, walks its
 * steps when they are quiet, and releases them. An address that cannot be set is tried again, with
 * everything still held: the identity is not shown for lack of a better one. */
#include "gap_priv.h"
#include "woad/gap_privacy.h"

#include <string.h>

#define RETRY_US WOAD_S(1)

struct host_privacy {
    bool has_irk;
    bool address, list;       /* what the job is to do; set while it is wanted */
    bool address_op, list_op; /* calls that wait for it */
    bool running;             /* the job is past its waiting */
    bool again;               /* identities changed when the job was past them */
    bool mode_due;            /* of the identity just added */
    uint8_t step;
    uint8_t listed; /* entries in the controller */
    uint16_t at;    /* identity being added */
    struct woad_addr next;
    struct woad_privacy_cfg cfg;
    uint8_t irk[16];
    struct host_cmd cmd;
    struct host_timer timer;
    struct woad_identity table[]; /* cfg.list: what the controller has */
};

static struct host_privacy *of(const struct woad_host *h)
{
    return h->part[HOST_PART_PRIVACY];
}

static uint16_t count(const struct woad_host *h)
{
    const struct woad_identities *ids = of(h)->cfg.identities;
    return ids ? ids->count(h) : 0;
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *id)
{
    static const uint8_t zeros[16] = {0};
    memset(id, 0, sizeof(*id));
    return of(h)->cfg.identities->get(h, at, id) && id->addr.type <= WOAD_ADDR_RANDOM &&
           memcmp(id->irk, zeros, 16) != 0;
}

static void tell(struct woad_host *h, const struct woad_privacy_evt *evt)
{
    woad_host_tell(h, &(struct woad_host_evt){
                          .type = WOAD_EVT_PRIVACY, .conn = WOAD_CONN_NONE, .u.privacy = evt});
}

/* ---- own addresses --------------------------------------------------------------------------- */

static void get_irk(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    const struct woad_identities *ids = p->cfg.identities;
    if (p->cfg.irk)
        memcpy(p->irk, p->cfg.irk, 16);
    else if (!(ids && ids->own_irk && ids->own_irk(h, p->irk)) && !p->has_irk)
        h->cfg.rand(h->cfg.rand_arg, p->irk, 16);
    p->has_irk = true;
}

static void make(struct woad_host *h, struct woad_addr *addr)
{
    struct host_privacy *p = of(h);
    uint8_t r[6];
    h->cfg.rand(h->cfg.rand_arg, r, sizeof(r));
    if (!p->cfg.non_resolvable && !woad_rpa_make(p->irk, r, addr))
        return;
    addr->type = WOAD_ADDR_RANDOM; /* nobody resolves it, and it says nothing */
    memcpy(addr->val, r, 6);
    addr->val[5] &= 0x3f;
    addr->val[0] |= 1; /* neither all zeros nor all ones */
    addr->val[1] &= 0x7f;
}

static bool resolve(struct woad_host *h, const struct woad_addr *addr, struct woad_addr *identity)
{
    struct woad_identity id;
    if (addr->type == WOAD_ADDR_PUBLIC_IDENTITY || addr->type == WOAD_ADDR_RANDOM_IDENTITY) {
        *identity = *addr;
        identity->type &= 1;
        return true;
    }
    for (uint16_t i = 0; woad_addr_is_resolvable(addr) && i < count(h); i++)
        if (get(h, i, &id) && woad_rpa_matches(id.irk, addr)) {
            *identity = id.addr;
            return true;
        }
    return false;
}

static bool listed(const struct woad_host *h, const struct woad_addr *identity)
{
    const struct host_privacy *p = of(h);
    for (uint8_t i = 0; i < p->listed; i++)
        if (memcmp(p->table[i].addr.val, identity->val, 6) == 0 &&
            p->table[i].addr.type == (identity->type & 1))
            return true;
    return false;
}

static bool find(const struct woad_host *h, const struct woad_addr *identity,
                 struct woad_identity *id)
{
    for (uint16_t i = 0; i < count(h); i++)
        if (get(h, i, id) && id->addr.type == (identity->type & 1) &&
            memcmp(id->addr.val, identity->val, 6) == 0)
            return true;
    return false;
}

static bool knows(const struct woad_host *h, const struct woad_addr *identity)
{
    struct woad_identity id;
    return find(h, identity, &id);
}

static bool deaf(const struct woad_host *h, const struct woad_addr *identity)
{
    struct woad_identity id;
    return find(h, identity, &id) && id.no_resolution;
}

static const struct host_privacy_ops ops = {make, resolve, listed, knows, deaf};

/* ---- the job --------------------------------------------------------------------------------- */

static bool has_list(const struct woad_host *h)
{
    return !of(h)->cfg.host_only && of(h)->cfg.identities &&
           woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_ADD_DEVICE_TO_RESOLVING_LIST) &&
           woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_ADDRESS_RESOLUTION_ENABLE);
}

/* Moves at to the next identity that fits into the list. */
static bool next_identity(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    for (; p->listed < p->cfg.list && p->at < count(h); p->at++)
        if (get(h, p->at, &p->table[p->listed]))
            return true;
    return false;
}

static void build_address(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_bytes(w, of(h)->next.val, 6);
}

static void build_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 0);
}

static void build_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 1);
}

static void build_timeout(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u16(w, of(h)->cfg.timeout_s);
}

static void put_key(struct woad_wr *w, const uint8_t key[16])
{
    for (unsigned i = 16; i-- > 0;)
        woad_wr_u8(w, key[i]);
}

static void build_add(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct host_privacy *p = of(h);
    const struct woad_identity *id = &p->table[p->listed];
    woad_wr_u8(w, id->addr.type);
    woad_wr_bytes(w, id->addr.val, 6);
    put_key(w, id->irk);
    put_key(w, p->irk);
}

static void build_mode(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    const struct host_privacy *p = of(h);
    const struct woad_identity *id = &p->table[p->listed - 1];
    woad_wr_u8(w, id->addr.type);
    woad_wr_bytes(w, id->addr.val, 6);
    woad_wr_u8(w, id->mode == WOAD_PRIVACY_DEVICE);
}

static void step_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret);

enum { ADDRESS, OFF, CLEAR, TIMEOUT, ADD, MODE, ON, STEP_COUNT };

static const struct host_cmd_row steps[STEP_COUNT] = {
    [ADDRESS] = {WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS, build_address, step_done},
    [OFF] = {WOAD_HCI_CMD_LE_SET_ADDRESS_RESOLUTION_ENABLE, build_off, step_done},
    [CLEAR] = {WOAD_HCI_CMD_LE_CLEAR_RESOLVING_LIST, NULL, step_done},
    [TIMEOUT] = {WOAD_HCI_CMD_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, build_timeout, step_done},
    [ADD] = {WOAD_HCI_CMD_LE_ADD_DEVICE_TO_RESOLVING_LIST, build_add, step_done},
    [MODE] = {WOAD_HCI_CMD_LE_SET_PRIVACY_MODE, build_mode, step_done},
    [ON] = {WOAD_HCI_CMD_LE_SET_ADDRESS_RESOLUTION_ENABLE, build_on, step_done},
};

/* Whether the present step is wanted; prepares it. */
static bool wanted(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    switch (p->step) {
    case ADDRESS:
        if (p->address)
            make(h, &p->next);
        return p->address;
    case ADD: return p->list && next_identity(h);
    case MODE: return p->mode_due;
    case ON: return p->list && p->listed;
    default: return p->list;
    }
}

static void begin(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    if (!p->running && h->state == HOST_ON)
        woad_gap_hold(h, HOST_PART_PRIVACY);
}

static void rotate_later(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    uint8_t r[2];
    h->cfg.rand(h->cfg.rand_arg, r, 2);
    uint64_t whole = WOAD_S((uint64_t)p->cfg.timeout_s);
    woad_host_timer_after(&p->timer, whole - (whole / 8 * woad_get_u16(r) >> 16));
}

/* The controller's list is behind the identities. */
static bool stale(struct woad_host *h)
{
    const struct host_privacy *p = of(h);
    struct woad_identity id;
    uint8_t n = 0;
    for (uint16_t i = 0; i < count(h); i++) {
        if (!get(h, i, &id))
            continue;
        if (n < p->listed &&
            (!woad_addr_equal(&id.addr, &p->table[n].addr) || memcmp(id.irk, p->table[n].irk, 16)))
            return true;
        if (n < p->cfg.list)
            n++;
    }
    return n != p->listed;
}

/* Brings the controller's list up to date, after the job if one is under way. */
static void follow(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    p->again = p->running;
    if (p->running || !stale(h))
        return;
    p->list = true;
    begin(h);
}

/* The job is over: what waited is told, what was held goes on. */
static void finish(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    bool address = p->address, list_op = p->list_op;
    p->running = p->address = p->list = p->list_op = false;
    h->ops_pending = (uint16_t)(h->ops_pending - list_op - p->address_op);
    p->address_op = false;
    woad_gap_release(h);
    if (address)
        tell(h, &(struct woad_privacy_evt){.type = WOAD_PRIVACY_ADDRESS, .addr = h->air});
    if (list_op)
        tell(h, &(struct woad_privacy_evt){.type = WOAD_PRIVACY_REFRESHED, .listed = p->listed});
    if (p->again)
        follow(h);
}

static void go_on(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    while (p->step < STEP_COUNT && !wanted(h))
        p->step++;
    if (p->step < STEP_COUNT)
        woad_host_cmd_push(h, &p->cmd, &steps[p->step]);
    else
        finish(h);
}

/* The next step is its mode, or another one to be added. */
static void added(struct woad_host *h, uint8_t status)
{
    struct host_privacy *p = of(h);
    if (status) { /* full: the host resolves the rest */
        p->at = UINT16_MAX;
        return;
    }
    p->mode_due = p->table[p->listed].mode == WOAD_PRIVACY_DEVICE &&
                  woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_PRIVACY_MODE);
    p->listed++;
    p->at++;
    if (!p->mode_due)
        p->step = ADD;
}

static void step_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret)
{
    (void)cmd;
    (void)ret;
    struct host_privacy *p = of(h);
    if (p->step == ADDRESS && status) {
        woad_host_timer_after(&p->timer, RETRY_US);
        return;
    }
    switch (p->step++) {
    case ADDRESS:
        h->air = p->next;
        rotate_later(h);
        break;
    case ADD: added(h, status); break;
    case MODE:
        p->mode_due = false;
        p->step = ADD;
        break;
    default: break;
    }
    go_on(h);
}

static unsigned service(struct woad_host *h, unsigned budget)
{
    (void)budget;
    struct host_privacy *p = of(h);
    if (h->state == HOST_ON && h->hold && !p->running && woad_gap_quiet(h)) {
        p->running = true;
        p->step = 0;
        p->at = 0;
        if (p->list)
            p->listed = 0;
        go_on(h);
    }
    return 1;
}

static void timer_due(struct woad_timer *t)
{
    struct host_privacy *p = HOST_OWNER(t, struct host_privacy, timer.t);
    struct woad_host *h = p->timer.h;
    if (h->state != HOST_ON)
        return;
    if (!p->running) {
        p->address = true;
        begin(h);
    } else if (p->step == ADDRESS && p->cmd.state == HOST_CMD_IDLE) {
        go_on(h); /* once more */
    } else {
        rotate_later(h);
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int check(struct woad_host *h, bool busy)
{
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    return busy ? WOAD_ERR_BUSY : 0;
}

int woad_gap_privacy_refresh(struct woad_host *h)
{
    woad_host_enter(h);
    struct host_privacy *p = of(h);
    if (!p)
        return WOAD_ERR_UNSUPPORTED;
    int err = check(h, p->list_op || p->running);
    if (err)
        return err;
    get_irk(h);
    p->list = has_list(h);
    p->list_op = true;
    h->ops_pending++;
    begin(h);
    return 0;
}

int woad_gap_privacy_renew(struct woad_host *h)
{
    woad_host_enter(h);
    struct host_privacy *p = of(h);
    if (!p)
        return WOAD_ERR_UNSUPPORTED;
    int err = check(h, p->address_op || p->running);
    if (err)
        return err;
    p->address = p->address_op = true;
    h->ops_pending++;
    begin(h);
    return 0;
}

int woad_gap_privacy_resolve(struct woad_host *h, const struct woad_addr *addr,
                             struct woad_addr *identity)
{
    woad_host_enter(h);
    if (!of(h))
        return WOAD_ERR_UNSUPPORTED;
    return resolve(h, addr, identity) ? 0 : WOAD_ERR_NOT_FOUND;
}

/* ---- the part -------------------------------------------------------------------------------- */

static struct woad_privacy_cfg full_cfg(const void *part_cfg)
{
    struct woad_privacy_cfg c =
        part_cfg ? *(const struct woad_privacy_cfg *)part_cfg : (struct woad_privacy_cfg){0};
    if (!c.timeout_s)
        c.timeout_s = 900;
    if (!c.list)
        c.list = 8;
    return c;
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    return sizeof(struct host_privacy) + full_cfg(part_cfg).list * sizeof(struct woad_identity);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct host_privacy *p = mem;
    p->cfg = full_cfg(part_cfg);
    if (p->cfg.timeout_s > 41400)
        return WOAD_ERR_INVALID;
    woad_host_timer_init(h, &p->timer, timer_due);
    h->privacy = &ops;
    return 0;
}

/* A new start of the controller: it knows neither address nor list. Everything waits until it does.
 */
static void ready(struct woad_host *h)
{
    struct host_privacy *p = of(h);
    get_irk(h);
    p->address = true;
    p->list = has_list(h);
    begin(h);
}

static void drop(struct woad_host *h, int err)
{
    struct host_privacy *p = of(h);
    bool list_op = p->list_op, address_op = p->address_op;
    woad_host_cmd_drop(h, &p->cmd);
    woad_host_timer_stop(&p->timer);
    p->running = p->address = p->list = p->list_op = p->address_op = p->again = false;
    p->listed = 0;
    h->ops_pending = (uint16_t)(h->ops_pending - list_op - address_op);
    if (address_op)
        tell(h, &(struct woad_privacy_evt){
                    .type = WOAD_PRIVACY_ADDRESS, .result = woad_host_error(err), .addr = h->air});
    if (list_op)
        tell(h, &(struct woad_privacy_evt){.type = WOAD_PRIVACY_REFRESHED,
                                           .result = woad_host_error(err)});
}

/* A pairing may have made an identity known. */
static void security(struct host_link *link, uint8_t status)
{
    struct woad_host *h = link->h;
    if (!status && h->state == HOST_ON && has_list(h))
        follow(h);
}

const struct woad_host_part woad_gap_privacy_part = {
    .id = HOST_PART_PRIVACY,
    .hci_len = 39, /* LE Add Device To Resolving List */
    .mem_size = mem_size,
    .init = init,
    .ready = ready,
    .drop = drop,
    .security = security,
    .service = service,
};
