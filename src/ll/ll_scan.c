/* Scanning and initiating, pump part: parameters, reports with the duplicate filter, connection
 * requests. */
#include "ll_priv.h"

enum {
    EVT_REPORT_HEAD = 13, /* event header up to the advertising data */
};

static void listen_start(struct woad_ll *ll, struct ll_listen *l, uint16_t interval,
                         uint16_t window)
{
    l->interval_us = interval * 625u;
    l->window_us = window * 625u;
    atomic_store(&l->on, true);
    woad_ll_sched_kick(ll);
}

static void listen_stop(struct woad_ll *ll, struct ll_listen *l)
{
    atomic_store(&l->on, false);
    woad_ll_sched_kick(ll);
}

void woad_ll_scan_start(struct woad_ll *ll)
{
    struct ll_scan *scan = &ll->scan;
    scan->req[0] = LL_SCAN_REQ | (scan->own_type ? LL_TX_ADD : 0);
    scan->req[1] = 12;
    memcpy(scan->req + LL_HEADER_LEN, woad_ll_own_addr(ll, scan->own_type), 6);
    scan->seen_count = scan->seen_next = 0;
    ll->isr.scanner.upper = 1;
    ll->isr.scanner.count = 1;
    ll->isr.scanner.streak = 0;
    listen_start(ll, &scan->listen, scan->interval, scan->window);
}

void woad_ll_scan_stop(struct woad_ll *ll)
{
    if (atomic_load(&ll->scan.listen.on))
        listen_stop(ll, &ll->scan.listen);
}

/* HCI's Event_Type of an advertising PDU. */
static uint8_t report_type(uint8_t pdu_type)
{
    switch (pdu_type) {
    case LL_ADV_IND: return 0;
    case LL_ADV_DIRECT_IND: return 1;
    case LL_ADV_SCAN_IND: return 2;
    case LL_ADV_NONCONN_IND: return 3;
    default: return 4;
    }
}

static bool seen_before(struct ll_scan *scan, const uint8_t key[8])
{
    for (uint8_t i = 0; i < scan->seen_count; i++) {
        if (memcmp(scan->seen[i], key, 8) == 0)
            return true;
    }
    memcpy(scan->seen[scan->seen_next], key, 8);
    scan->seen_next = (uint8_t)((scan->seen_next + 1) % LL_DUPLICATES);
    if (scan->seen_count < LL_DUPLICATES)
        scan->seen_count++;
    return false;
}

/* Turns the PDU into an LE Advertising Report where it lies: the buffers of the report pool hold a
 * PDU at such a place that its data is already right. */
static bool report(struct woad_ll *ll, struct woad_buf *buf)
{
    const uint8_t *pdu = buf->data;
    uint8_t type = report_type(pdu[0] & LL_PDU_TYPE_MASK);
    uint8_t random = (pdu[0] & LL_TX_ADD) ? 1 : 0;
    uint8_t data_len = type == 1 ? 0 : (uint8_t)(pdu[1] - 6);
    uint8_t key[8] = {type, random};
    memcpy(key + 2, pdu + LL_HEADER_LEN, 6);
    if (ll->scan.filter_duplicates && seen_before(&ll->scan, key))
        return false;
    if (!(ll->evt_mask & WOAD_HCI_EVT_MASK_LE_META) ||
        !(ll->le_evt_mask & WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_ADVERTISING_REPORT)))
        return false;
    int8_t rssi = (int8_t)buf->flags;
    buf->data -= EVT_REPORT_HEAD - (LL_HEADER_LEN + 6);
    uint8_t *e = buf->data;
    e[0] = WOAD_HCI_EVT_LE_META;
    e[1] = (uint8_t)(EVT_REPORT_HEAD - 2 + data_len + 1);
    e[2] = WOAD_HCI_LE_EVT_ADVERTISING_REPORT;
    e[3] = 1;
    e[4] = type;
    memcpy(e + 5, key + 1, 7);
    e[12] = data_len;
    e[EVT_REPORT_HEAD + data_len] = (uint8_t)rssi;
    buf->len = (uint16_t)(EVT_REPORT_HEAD + data_len + 1);
    buf->type = WOAD_PKT_EVT;
    buf->flags = 0;
    return true;
}

void woad_ll_scan_run(struct woad_ll *ll)
{
    struct woad_buf *buf;
    while ((buf = ll_ring_pop(&ll->report_done))) {
        if (atomic_load(&ll->scan.listen.on) && report(ll, buf))
            woad_ll_out(ll, buf);
        else
            woad_buf_unref(buf);
    }
}

/* --- initiating
 * ------------------------------------------------------------------------------------- */

static uint32_t new_access_address(struct woad_ll *ll)
{
    for (;;) {
        uint32_t aa = woad_ll_rand32(ll);
        bool taken = false;
        for (uint16_t i = 0; i < ll->cfg.max_conns; i++)
            taken |= ll->conns[i].active && ll->conns[i].access_address == aa;
        if (!taken && woad_ll_access_address_ok(aa))
            return aa;
    }
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

/* How far an anchor at t is from the anchors of the other links, at the least, ever. */
static uint32_t room_at(const struct woad_ll *ll, woad_time t, uint32_t interval_us,
                        const struct ll_conn *except)
{
    uint32_t least = UINT32_MAX;
    for (uint16_t i = 0; i < ll->cfg.max_conns; i++) {
        const struct ll_conn *c = &ll->conns[i];
        if (!c->active || c == except)
            continue;
        uint32_t g = gcd(interval_us, c->interval_us);
        uint32_t d = (uint32_t)((t > c->ref_us ? t - c->ref_us : c->ref_us - t) % g);
        if (g - d < d)
            d = g - d;
        if (d < least)
            least = d;
    }
    return least;
}

/* The grid for the anchors of a link that keeps it farthest from the links there are; 0 when
 * there are none. */
woad_time woad_ll_choose_grid(const struct woad_ll *ll, uint32_t interval_us,
                              const struct ll_conn *except)
{
    woad_time best = 0;
    uint32_t best_room = 0;
    for (uint32_t offset = 0; offset < interval_us; offset += LL_UNIT_US / 2) {
        uint32_t room = room_at(ll, ll->now_us + 1 + offset, interval_us, except);
        if (room == UINT32_MAX)
            return 0;
        if (room > best_room) {
            best_room = room;
            best = ll->now_us + 1 + offset;
        }
    }
    return best;
}

/* Returns an HCI status. The host's parameters are in ll->init. */
int woad_ll_init_start(struct woad_ll *ll)
{
    struct ll_init *init = &ll->init;
    struct woad_wr w = woad_wr_init(init->req, sizeof(init->req));
    struct ll_conn *c = woad_ll_conn_free_slot(ll);
    if (!c)
        return WOAD_HCI_ERR_CONNECTION_LIMIT_EXCEEDED;
    init->conn = c->index;
    init->hop = (uint8_t)(5 + woad_ll_rand32(ll) % 12);
    init->grid_us = woad_ll_choose_grid(ll, init->interval * (uint32_t)LL_UNIT_US, NULL);
    woad_wr_u8(&w, LL_CONNECT_IND | LL_CH_SEL | (init->own_type ? LL_TX_ADD : 0));
    woad_wr_u8(&w, LL_CONNECT_LEN);
    woad_wr_bytes(&w, woad_ll_own_addr(ll, init->own_type), 6);
    memset(woad_wr_room(&w, 6), 0, 6);
    woad_wr_u32(&w, new_access_address(ll));
    woad_wr_u24(&w, woad_ll_rand32(ll) & 0xffffff);
    woad_wr_u8(&w, 2); /* transmitWindowSize */
    woad_wr_u16(&w, 0);
    woad_wr_u16(&w, init->interval);
    woad_wr_u16(&w, init->latency);
    woad_wr_u16(&w, init->timeout);
    woad_wr_u32(&w, (uint32_t)ll->channels);
    woad_wr_u8(&w, (uint8_t)(ll->channels >> 32));
    woad_wr_u8(&w, (uint8_t)(init->hop | woad_ll_sca_of(ll->caps.sleep_clock_ppm) << 5));
    init->active = true;
    init->number++;
    listen_start(ll, &init->listen, init->scan_interval, init->scan_window);
    return 0;
}

void woad_ll_init_stop(struct woad_ll *ll)
{
    ll->init.active = false;
    listen_stop(ll, &ll->init.listen);
}
