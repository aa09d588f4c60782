/* HCI commands of advertising, scanning, initiating and the accept list [Vol 4, Part E, 7.8]. */
#include "ll_hci.h"

enum {
    OK = WOAD_HCI_ERR_SUCCESS,
    INVALID = WOAD_HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS,
    DISALLOWED = WOAD_HCI_ERR_COMMAND_DISALLOWED,
    ADV_TYPE_MAX = 4,
    ADV_INTERVAL_MIN = 0x0020,
    INTERVAL_MAX = 0x4000,
    SCAN_INTERVAL_MIN = 0x0004,
    ANONYMOUS = 0xff,
};

static bool is_directed(uint8_t type)
{
    return type == 1 || type == 4;
}

uint8_t woad_ll_hci_le_set_adv_params(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_adv p = ll->adv;
    (void)out;
    p.interval_min = woad_rd_u16(in);
    p.interval_max = woad_rd_u16(in);
    p.hci_type = woad_rd_u8(in);
    p.own_type = woad_rd_u8(in);
    p.peer.type = woad_rd_u8(in);
    woad_rd_bytes(in, p.peer.val, 6);
    p.channels = woad_rd_u8(in);
    p.filter = woad_rd_u8(in);
    if (ll->adv.enabled)
        return DISALLOWED;
    if (p.hci_type > ADV_TYPE_MAX || p.own_type > 1 || !(p.channels & 7) || p.filter > 3 ||
        (is_directed(p.hci_type) && p.peer.type > 1))
        return INVALID;
    if (p.hci_type != 1 && (p.interval_min < ADV_INTERVAL_MIN || p.interval_max > INTERVAL_MAX ||
                            p.interval_min > p.interval_max))
        return INVALID;
    ll->adv.interval_min = p.interval_min;
    ll->adv.interval_max = p.interval_max;
    ll->adv.hci_type = p.hci_type;
    ll->adv.own_type = p.own_type;
    ll->adv.peer = p.peer;
    ll->adv.channels = p.channels & 7;
    ll->adv.filter = p.filter;
    return OK;
}

static uint8_t set_data(struct woad_ll *ll, struct woad_rd *in, uint8_t *data, uint8_t *len)
{
    uint8_t n = woad_rd_u8(in);
    if (n > LL_ADV_DATA_MAX)
        return INVALID;
    *len = n;
    woad_rd_bytes(in, data, LL_ADV_DATA_MAX);
    if (ll->adv.enabled)
        woad_ll_adv_update(ll);
    return OK;
}

uint8_t woad_ll_hci_le_set_adv_data(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    return set_data(ll, in, ll->adv.data, &ll->adv.data_len);
}

uint8_t woad_ll_hci_le_set_scan_rsp(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)out;
    return set_data(ll, in, ll->adv.rsp, &ll->adv.rsp_len);
}

uint8_t woad_ll_hci_le_adv_enable(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t enable = woad_rd_u8(in);
    (void)out;
    if (enable > 1)
        return INVALID;
    if (!enable)
        woad_ll_adv_stop(ll);
    else if (!ll->adv.enabled)
        return (uint8_t)woad_ll_adv_start(ll);
    return OK;
}

static bool window_valid(uint16_t interval, uint16_t window)
{
    return interval >= SCAN_INTERVAL_MIN && interval <= INTERVAL_MAX &&
           window >= SCAN_INTERVAL_MIN && window <= interval;
}

uint8_t woad_ll_hci_le_set_scan_params(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t type = woad_rd_u8(in);
    uint16_t interval = woad_rd_u16(in), window = woad_rd_u16(in);
    uint8_t own = woad_rd_u8(in), filter = woad_rd_u8(in);
    (void)out;
    if (atomic_load(&ll->scan.listen.on))
        return DISALLOWED;
    if (type > 1 || !window_valid(interval, window) || own > 1 || filter > 1)
        return INVALID;
    ll->scan.active = type == 1;
    ll->scan.interval = interval;
    ll->scan.window = window;
    ll->scan.own_type = own;
    ll->scan.filter = filter;
    return OK;
}

uint8_t woad_ll_hci_le_scan_enable(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    uint8_t enable = woad_rd_u8(in), duplicates = woad_rd_u8(in);
    (void)out;
    if (enable > 1 || duplicates > 1)
        return INVALID;
    if (!enable) {
        woad_ll_scan_stop(ll);
        return OK;
    }
    if (ll->scan.own_type && !ll->random_set)
        return INVALID;
    ll->scan.filter_duplicates = duplicates == 1;
    woad_ll_scan_start(ll);
    return OK;
}

uint8_t woad_ll_hci_le_create_conn(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_init *init = &ll->init;
    (void)out;
    if (init->active)
        return DISALLOWED;
    init->scan_interval = woad_rd_u16(in);
    init->scan_window = woad_rd_u16(in);
    uint8_t filter = woad_rd_u8(in);
    init->peer.type = woad_rd_u8(in);
    woad_rd_bytes(in, init->peer.val, 6);
    init->own_type = woad_rd_u8(in);
    struct ll_params p;
    p.interval_min = woad_rd_u16(in);
    p.interval_max = woad_rd_u16(in);
    p.latency = woad_rd_u16(in);
    p.timeout = woad_rd_u16(in);
    uint16_t ce_min = woad_rd_u16(in), ce_max = woad_rd_u16(in);
    if (!window_valid(init->scan_interval, init->scan_window) || filter > 1 || init->own_type > 1 ||
        (!filter && init->peer.type > 1) || !woad_ll_params_valid(&p) || ce_min > ce_max ||
        (init->own_type && !ll->random_set))
        return INVALID;
    init->use_list = filter == 1;
    init->interval = p.interval_max;
    init->latency = p.latency;
    init->timeout = p.timeout;
    if (!init->use_list && woad_ll_conn_by_peer(ll, init->peer.type, init->peer.val))
        return WOAD_HCI_ERR_CONNECTION_ALREADY_EXISTS;
    return (uint8_t)woad_ll_init_start(ll);
}

/* If the request went out just now, the link stands and the cancel comes too late. */
uint8_t woad_ll_hci_le_create_conn_cancel(struct woad_ll *ll, struct woad_rd *in,
                                          struct woad_wr *out)
{
    (void)in;
    (void)out;
    woad_ll_conn_make(ll);
    if (!ll->init.active)
        return DISALLOWED;
    woad_ll_init_stop(ll);
    ll->failed_owed = true;
    ll->failed_central = true;
    ll->failed_status = WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    ll->failed_peer = ll->init.peer;
    return OK;
}

/* --- the accept list: not to be changed while something filters by it
 * ------------------------------ */

static bool list_in_use(const struct woad_ll *ll)
{
    return (ll->adv.enabled && ll->adv.filter) ||
           (atomic_load(&ll->scan.listen.on) && (ll->scan.filter & 1)) ||
           (ll->init.active && ll->init.use_list);
}

static struct ll_accept *list_find(struct woad_ll *ll, const struct ll_accept *e)
{
    for (uint16_t i = 0; i < ll->accept_count; i++) {
        struct ll_accept *a = &ll->accept[i];
        if (a->addr.type == e->addr.type &&
            (e->addr.type == ANONYMOUS || memcmp(a->addr.val, e->addr.val, 6) == 0))
            return a;
    }
    return NULL;
}

uint8_t woad_ll_hci_le_accept_size(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    woad_wr_u8(out, (uint8_t)(ll->cfg.max_accept_list < 255 ? ll->cfg.max_accept_list : 255));
    return OK;
}

uint8_t woad_ll_hci_le_accept_clear(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    (void)in;
    (void)out;
    if (list_in_use(ll))
        return DISALLOWED;
    ll->accept_count = 0;
    return OK;
}

uint8_t woad_ll_hci_le_accept_add(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_accept e;
    (void)out;
    e.addr.type = woad_rd_u8(in);
    woad_rd_bytes(in, e.addr.val, 6);
    if (list_in_use(ll))
        return DISALLOWED;
    if (e.addr.type > 1 && e.addr.type != ANONYMOUS)
        return INVALID;
    if (list_find(ll, &e))
        return OK;
    if (ll->accept_count >= ll->cfg.max_accept_list)
        return WOAD_HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    ll->accept[ll->accept_count++] = e;
    return OK;
}

uint8_t woad_ll_hci_le_accept_remove(struct woad_ll *ll, struct woad_rd *in, struct woad_wr *out)
{
    struct ll_accept e;
    (void)out;
    e.addr.type = woad_rd_u8(in);
    woad_rd_bytes(in, e.addr.val, 6);
    if (list_in_use(ll))
        return DISALLOWED;
    struct ll_accept *found = list_find(ll, &e);
    if (found)
        *found = ll->accept[--ll->accept_count];
    return OK;
}
