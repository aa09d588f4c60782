/* Advertising sets [Vol 4, Part E, 7.8.52-7.8.56, 7.7.65.18, 7.7.65.19]. Each is an activity; its
 * data stay in the application's memory and are sent in fragments whenever the set starts. */
#include "ext_priv.h"

#include <string.h>

/* Time a high-duty set may run, in 10 ms [7.8.56]. */
#define HIGH_DUTY_10MS 128

static struct host_adv_sets *sets_of(const struct woad_host *h)
{
    return h->part[HOST_PART_EXT_ADV];
}

static struct adv_set *of_cmd(struct host_cmd *cmd)
{
    return HOST_OWNER(cmd, struct adv_set, act.cmd);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(struct woad_host *h, const struct adv_set *s, struct woad_adv_set_evt *evt)
{
    evt->set = (uint8_t)(s->handle - EXT_FIRST_SET);
    evt->result = woad_ext_result(evt->result);
    woad_host_tell(h, &(struct woad_host_evt){
                          .type = WOAD_EVT_ADV_SET, .conn = WOAD_CONN_NONE, .u.adv_set = evt});
}

static void tell_data(struct woad_host *h, struct adv_set *s, struct woad_result result)
{
    if (!s->data_op)
        return;
    s->data_op = s->fresh = false;
    h->ops_pending--;
    tell(h, s,
         &(struct woad_adv_set_evt){
             .type = WOAD_ADV_SET_DATA, .result = result, .conn = WOAD_CONN_NONE});
}

static void tell_state(struct woad_host *h, struct host_activity *a, bool stopped,
                       struct woad_result result)
{
    struct adv_set *s = HOST_OWNER(a, struct adv_set, act);
    struct woad_adv_set_evt evt = {.type = stopped ? WOAD_ADV_SET_STOPPED : WOAD_ADV_SET_STARTED,
                                   .result = result,
                                   .conn = WOAD_CONN_NONE,
                                   .tx_power_dbm = s->tx_power};
    if (stopped) {
        evt.conn = s->conn;
        evt.events = s->events;
    }
    if (stopped || result.err) {
        struct woad_result data = result;
        if (!data.err)
            data.err = WOAD_ERR_CANCELLED;
        woad_host_cmd_drop(h, &s->data_cmd);
        tell_data(h, s, data);
    }
    tell(h, s, &evt);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void put_params(const struct woad_host *h, struct woad_wr *w, const struct adv_set *s)
{
    const struct woad_adv_set_params *p = &s->p;
    woad_wr_u8(w, s->handle);
    woad_wr_u16(w, p->props);
    woad_wr_u24(w, p->interval_min_625us);
    woad_wr_u24(w, p->interval_max_625us);
    woad_wr_u8(w, p->channel_map);
    bool listed = p->props & WOAD_ADV_SET_DIRECTED && h->privacy && h->privacy->listed(h, &p->peer);
    woad_wr_u8(w, (uint8_t)(s->air.type | (listed ? 2 : 0)));
    woad_wr_u8(w, p->peer.type & 1);
    woad_wr_bytes(w, p->peer.val, 6);
    woad_wr_u8(w, p->filter);
    woad_wr_u8(w, (uint8_t)(p->power ? p->tx_power_dbm : WOAD_TX_POWER_ANY));
    woad_wr_u8(w, p->phy);
    woad_wr_u8(w, p->max_skip);
    woad_wr_u8(w, p->phy_secondary);
    woad_wr_u8(w, p->sid);
    woad_wr_u8(w, p->tell_scan_request);
}

static void build_params(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    put_params(h, w, of_cmd(cmd));
}

static void build_params_v2(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct adv_set *s = of_cmd(cmd);
    put_params(h, w, s);
    woad_wr_u8(w, s->p.coding);
    woad_wr_u8(w, s->p.coding_secondary);
}

static void build_remove(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    woad_wr_u8(w, of_cmd(cmd)->handle);
}

static void build_addr(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct adv_set *s = of_cmd(cmd);
    woad_wr_u8(w, s->handle);
    woad_wr_bytes(w, s->air.val, 6);
}

static void build_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct adv_set *s = of_cmd(cmd);
    woad_ext_put_fragment(w, s->handle, true, s->p.data, s->p.data_len, s->off);
}

static void build_scan_rsp(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct adv_set *s = of_cmd(cmd);
    woad_ext_put_fragment(w, s->handle, true, s->p.scan_rsp, s->p.scan_rsp_len, s->off);
}

static void put_enable(struct woad_wr *w, const struct adv_set *s, bool on)
{
    woad_wr_u8(w, on);
    woad_wr_u8(w, 1);
    woad_wr_u8(w, s->handle);
    woad_wr_u16(w, on && s->p.props & WOAD_ADV_SET_HIGH_DUTY ? HIGH_DUTY_10MS : 0);
    woad_wr_u8(w, on ? s->p.max_events : 0);
}

static void build_on(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    put_enable(w, of_cmd(cmd), true);
}

static void build_off(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    put_enable(w, of_cmd(cmd), false);
}

enum { REMOVE, PARAMS, PARAMS_V2, ADDR, DATA, SCAN_RSP, ENABLE, STEP_COUNT };

static const struct host_cmd_row steps[STEP_COUNT] = {
    [REMOVE] = {WOAD_HCI_CMD_LE_REMOVE_ADVERTISING_SET, build_remove, woad_gap_activity_done},
    [PARAMS] = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, build_params,
                woad_gap_activity_done},
    [PARAMS_V2] = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2, build_params_v2,
                   woad_gap_activity_done},
    [ADDR] = {WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, build_addr,
              woad_gap_activity_done},
    [DATA] = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_DATA, build_data, woad_gap_activity_done},
    [SCAN_RSP] = {WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, build_scan_rsp,
                  woad_gap_activity_done},
    [ENABLE] = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE, build_on, woad_gap_activity_done},
};

static bool has_data(const struct adv_set *s)
{
    if (s->p.props & WOAD_ADV_SET_LEGACY)
        return !(s->p.props & WOAD_ADV_SET_DIRECTED);
    return !(s->p.props & WOAD_ADV_SET_SCANNABLE);
}

/* Needs the second version of the command. */
static bool coded(const struct woad_adv_set_params *p)
{
    return p->coding || p->coding_secondary;
}

/* A start begins: the newest data, and an address. */
static void prepare(struct woad_host *h, struct adv_set *s)
{
    if (s->fresh) {
        s->fresh = false;
        s->p.data = s->next_data;
        s->p.data_len = s->next_data_len;
        s->p.scan_rsp = s->next_scan_rsp;
        s->p.scan_rsp_len = s->next_scan_rsp_len;
    }
    s->off = 0;
    if (s->p.own.type == WOAD_ADDR_RANDOM)
        s->air = s->p.own;
    else if (h->privacy)
        h->privacy->make(h, &s->air);
    else
        s->air = h->own;
}

static bool skip(struct woad_host *h, struct host_activity *a)
{
    struct adv_set *s = HOST_OWNER(a, struct adv_set, act);
    switch (a->step) {
    case REMOVE:
        prepare(h, s);
        /* What it had before may not suit what it is to be. */
        return a->told || !s->known || s->train;
    case PARAMS: return coded(&s->p);
    case PARAMS_V2: return !coded(&s->p);
    case ADDR: return s->air.type != WOAD_ADDR_RANDOM;
    case DATA: return !has_data(s);
    case SCAN_RSP: return !(s->p.props & WOAD_ADV_SET_SCANNABLE);
    default: return false;
    }
}

/* One more fragment of len octets? */
static bool more(struct adv_set *s, uint16_t len)
{
    s->off = (uint16_t)(len - s->off > 251 ? s->off + 251 : 0);
    return s->off != 0;
}

static bool again(struct woad_host *h, struct host_activity *a, struct woad_rd *ret)
{
    struct adv_set *s = HOST_OWNER(a, struct adv_set, act);
    switch (a->step) {
    case REMOVE: s->known = false; return false;
    case PARAMS:
    case PARAMS_V2:
        s->known = true;
        s->tx_power = ret->left ? (int8_t)woad_rd_u8(ret) : WOAD_TX_POWER_ANY;
        return false;
    case DATA: return more(s, s->p.data_len);
    case SCAN_RSP: return more(s, s->p.scan_rsp_len);
    case ENABLE:
        if (!a->restart && !s->fresh)
            tell_data(h, s, (struct woad_result){0});
        return false;
    default: return false;
    }
}

static const struct host_activity_kind kind = {
    .steps = steps,
    .step_count = STEP_COUNT,
    .off = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE, build_off, woad_gap_activity_done},
    .skip = skip,
    .again = again,
    .tell = tell_state,
};

/* ---- data of a running set ------------------------------------------------------------------- */

static void build_new_data(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct adv_set *s = HOST_OWNER(cmd, struct adv_set, data_cmd);
    woad_ext_put_fragment(w, s->handle, true, s->p.data, s->p.data_len, 0);
}

static void build_new_scan_rsp(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct adv_set *s = HOST_OWNER(cmd, struct adv_set, data_cmd);
    woad_ext_put_fragment(w, s->handle, true, s->p.scan_rsp, s->p.scan_rsp_len, 0);
}

static void new_data_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret);

static const struct host_cmd_row new_data_row = {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_DATA,
                                                 build_new_data, new_data_done};
static const struct host_cmd_row new_scan_rsp_row = {
    WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, build_new_scan_rsp, new_data_done};

static void new_data_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)ret;
    struct adv_set *s = HOST_OWNER(cmd, struct adv_set, data_cmd);
    if (!status && cmd->row == &new_data_row && s->p.props & WOAD_ADV_SET_SCANNABLE)
        woad_host_cmd_push(h, cmd, &new_scan_rsp_row);
    else
        tell_data(h, s, woad_host_result(status));
}

int woad_adv_set_data(struct woad_host *h, uint8_t set, const uint8_t *data, uint16_t data_len,
                      const uint8_t *scan_rsp, uint16_t scan_rsp_len)
{
    woad_host_enter(h);
    struct adv_set *s = woad_ext_set(h, set);
    if (!s)
        return h->part[HOST_PART_EXT_ADV] ? WOAD_ERR_INVALID : WOAD_ERR_UNSUPPORTED;
    if (data_len > WOAD_ADV_DATA_MAX || scan_rsp_len > WOAD_ADV_DATA_MAX || (data_len && !data) ||
        (scan_rsp_len && !scan_rsp))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON || s->act.state == GAP_IDLE || s->act.stop)
        return WOAD_ERR_STATE;
    if (s->data_op)
        return WOAD_ERR_BUSY;
    s->next_data = data;
    s->next_data_len = data_len;
    s->next_scan_rsp = scan_rsp;
    s->next_scan_rsp_len = scan_rsp_len;
    s->data_op = s->fresh = true;
    h->ops_pending++;
    if (s->act.state == GAP_ON && !s->act.held && data_len <= 251 && scan_rsp_len <= 251) {
        s->fresh = false;
        s->p.data = data;
        s->p.data_len = data_len;
        s->p.scan_rsp = scan_rsp;
        s->p.scan_rsp_len = scan_rsp_len;
        woad_host_cmd_push(h, &s->data_cmd, has_data(s) ? &new_data_row : &new_scan_rsp_row);
    } else {
        woad_gap_activity_restart(h, &s->act);
    }
    return 0;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void fill_defaults(struct woad_adv_set_params *p)
{
    if (!p->channel_map)
        p->channel_map = 7;
    if (!p->interval_min_625us)
        p->interval_min_625us = 160;
    if (!p->interval_max_625us)
        p->interval_max_625us = p->interval_min_625us;
    if (!p->phy)
        p->phy = WOAD_PHY_1M;
    if (!p->phy_secondary)
        p->phy_secondary = p->phy;
}

/* Properties that go together [7.8.53]. */
static bool valid_props(const struct woad_adv_set_params *p)
{
    uint8_t props = p->props;
    if (props & 0x80 || (props & WOAD_ADV_SET_HIGH_DUTY && (props & 0x1f) != 0x1d))
        return false;
    if (!(props & WOAD_ADV_SET_LEGACY))
        return (props & 3) != 3 && !(props & WOAD_ADV_SET_ANONYMOUS && props & 3);
    for (size_t i = 0; i < 5; i++) { /* the five kinds of legacy PDU */
        static const uint8_t legacy[] = {0x13, 0x1d, 0x12, 0x10, 0x15};
        if (props == legacy[i])
            return p->phy == WOAD_PHY_1M && p->data_len <= 31 && p->scan_rsp_len <= 31;
    }
    return false;
}

static bool valid_data(const struct woad_adv_set_params *p)
{
    return p->data_len <= WOAD_ADV_DATA_MAX && p->scan_rsp_len <= WOAD_ADV_DATA_MAX &&
           (!p->data_len || p->data) && (!p->scan_rsp_len || p->scan_rsp);
}

static bool valid(const struct woad_adv_set_params *p)
{
    return valid_props(p) && valid_data(p) && p->channel_map <= 7 && p->filter <= 3 &&
           p->sid <= 15 && p->interval_min_625us >= 0x20 && p->interval_max_625us <= 0xffffff &&
           p->interval_min_625us <= p->interval_max_625us &&
           (p->phy == WOAD_PHY_1M || p->phy == WOAD_PHY_CODED) &&
           p->phy_secondary <= WOAD_PHY_CODED && p->coding <= WOAD_PHY_CODING_REQUIRE_S8 &&
           p->coding_secondary <= WOAD_PHY_CODING_REQUIRE_S8 &&
           (!p->power || (p->tx_power_dbm >= -127 && p->tx_power_dbm <= 20)) &&
           p->peer.type <= WOAD_ADDR_RANDOM_IDENTITY && p->own.type <= WOAD_ADDR_RANDOM;
}

int woad_adv_set_start(struct woad_host *h, uint8_t set, const struct woad_adv_set_params *from)
{
    woad_host_enter(h);
    struct woad_adv_set_params p = *from;
    struct adv_set *s = woad_ext_set(h, set);
    fill_defaults(&p);
    if (!sets_of(h))
        return WOAD_ERR_UNSUPPORTED;
    if (!s || !valid(&p))
        return WOAD_ERR_INVALID;
    if (h->state != HOST_ON)
        return WOAD_ERR_STATE;
    if (!h->extended ||
        (coded(&p) &&
         !woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2)))
        return WOAD_ERR_UNSUPPORTED;
    if (s->act.state != GAP_IDLE)
        return WOAD_ERR_BUSY;
    if (p.props & WOAD_ADV_SET_DIRECTED && woad_gap_deaf(h, &p.peer))
        return WOAD_ERR_UNSUPPORTED;
    s->p = p;
    s->conn = WOAD_CONN_NONE;
    s->events = 0;
    s->fresh = false;
    return woad_gap_activity_start(h, &s->act, p.duration_ms);
}

int woad_adv_set_stop(struct woad_host *h, uint8_t set)
{
    struct adv_set *s = woad_ext_set(h, set);
    if (!s)
        return sets_of(h) ? WOAD_ERR_INVALID : WOAD_ERR_UNSUPPORTED;
    return woad_gap_activity_stop(h, &s->act);
}

/* ---- what the controller says ---------------------------------------------------------------- */

static struct adv_set *by_handle(struct woad_host *h, uint8_t handle)
{
    struct adv_set *s =
        handle < EXT_FIRST_SET ? NULL : woad_ext_set(h, (uint8_t)(handle - EXT_FIRST_SET));
    if (!s)
        h->bad_packets++;
    return s;
}

static void terminated(struct woad_host *h, uint8_t handle, uint8_t status, uint16_t conn,
                       uint8_t events)
{
    struct adv_set *s = by_handle(h, handle);
    if (!s || s->act.state == GAP_IDLE)
        return;
    s->events = events;
    struct host_link *link = status ? NULL : woad_host_link_find(h, conn);
    if (link) {
        s->conn = conn;
        link->local = s->air;
    }
    int err = 0;
    if (status == WOAD_HCI_ERR_LIMIT_REACHED)
        err = WOAD_ERR_TIMEOUT;
    else if (status)
        err = woad_host_result(status).err;
    woad_gap_activity_ended(h, &s->act, err);
}

static void scan_request(struct woad_host *h, struct woad_rd *r)
{
    struct woad_adv_set_evt evt = {.type = WOAD_ADV_SET_SCAN_REQUEST, .conn = WOAD_CONN_NONE};
    uint8_t handle = woad_rd_u8(r);
    evt.addr.type = woad_rd_u8(r);
    woad_rd_bytes(r, evt.addr.val, 6);
    struct adv_set *s = by_handle(h, handle);
    if (s && s->act.told)
        tell(h, s, &evt);
}

/* ---- the part -------------------------------------------------------------------------------- */

static uint8_t set_count(const void *part_cfg)
{
    const struct woad_adv_set_cfg *c = part_cfg;
    return c && c->sets ? c->sets : 1;
}

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)cfg;
    return sizeof(struct host_adv_sets) + set_count(part_cfg) * sizeof(struct adv_set);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    struct host_adv_sets *sets = mem;
    sets->count = set_count(part_cfg);
    if (sets->count > 32)
        return WOAD_ERR_INVALID;
    for (uint8_t i = 0; i < sets->count; i++) {
        sets->set[i].handle = (uint8_t)(EXT_FIRST_SET + i);
        woad_gap_activity_init(h, &sets->set[i].act, &kind);
    }
    ((struct host_ext *)h->part[HOST_PART_EXT])->terminated = terminated;
    return 0;
}

/* The controller knows of nothing. Sets that ran are resumed by the core; on a controller that
 * cannot run them they end. */
static void ready(struct woad_host *h)
{
    struct host_adv_sets *sets = sets_of(h);
    for (uint8_t i = 0; i < sets->count; i++)
        sets->set[i].known = sets->set[i].train = false;
}

/* Data under way stay wanted, as what the set is resumed with; only the call ends. */
static void drop(struct woad_host *h, int err)
{
    struct host_adv_sets *sets = sets_of(h);
    for (uint8_t i = 0; i < sets->count; i++) {
        woad_host_cmd_drop(h, &sets->set[i].data_cmd);
        bool fresh = sets->set[i].fresh;
        tell_data(h, &sets->set[i], woad_host_error(err));
        sets->set[i].fresh = fresh && sets->set[i].act.state != GAP_IDLE;
    }
}

static const struct host_event_row le_events[] = {
    {WOAD_HCI_LE_EVT_SCAN_REQUEST_RECEIVED, 8, HOST_EVENT_PLAIN, {scan_request}},
};

const struct woad_host_part woad_gap_ext_adv_part = {
    .id = HOST_PART_EXT_ADV,
    .needs = &woad_gap_ext_part,
    .mem_size = mem_size,
    .init = init,
    .ready = ready,
    .drop = drop,
    .hci_len = 255,
    .le_events = le_events,
    .le_event_count = 1,
};

/* ---- discoverable modes ---------------------------------------------------------------------- */

int woad_gap_discoverable(bool limited, const uint8_t *fields, uint16_t len, uint8_t *to,
                          uint16_t size)
{
    if (size < 3 || len > size - 3)
        return WOAD_ERR_TOO_LONG;
    if (len)
        memmove(to + 3, fields, len);
    to[0] = 2;
    to[1] = 0x01; /* Flags [CSS, Part A, 1.3] */
    to[2] = limited ? 0x05 : 0x06;
    return len + 3;
}

int woad_gap_discoverable_mode(const uint8_t *data, uint16_t len)
{
    struct woad_rd r = woad_rd_init(data, len);
    while (r.left > 1) {
        uint8_t n = woad_rd_u8(&r);
        const uint8_t *field = woad_rd_take(&r, n);
        if (!n || !field)
            return 0;
        if (n >= 2 && field[0] == 0x01)
            return field[1] & 1 ? 2 : field[1] & 2 ? 1 : 0;
    }
    return 0;
}
