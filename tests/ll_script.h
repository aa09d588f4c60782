/* A link layer on a scripted radio: no medium, no second controller. The script is the peer: it
 * sends the data channel PDUs it is told to, acknowledges, and keeps what it receives. Time goes
 * from one radio event to the next. Free of the test framework, for fuzz targets too. */
#ifndef LL_SCRIPT_H
#define LL_SCRIPT_H

#include <stdlib.h>
#include <string.h>

#include "ll/ll_ctrl.h"
#include "woad/hci.h"
#include "woad/ll.h"

enum { S_PDUS = 64, S_EVTS = 64, S_PDU_MAX = 260 };

struct s_pdu {
    uint8_t len; /* of the payload */
    uint8_t llid;
    uint8_t payload[255];
};

struct s_radio {
    struct woad_ll *ll;
    void *mem;
    size_t mem_size;
    woad_time now_us, timer_us, due_us, op_start_us, last_end_us;
    const struct woad_radio_op *op;
    uint32_t seed;
    /* The peer. */
    struct s_pdu out[S_PDUS], in[S_PDUS];
    unsigned out_put, out_get, in_put, in_get;
    uint8_t sn, nesn;
    bool sent, sent_head; /* something is in flight: the head of out, or an empty PDU */
    bool mute;            /* the peer says nothing */
    bool raw; /* the next PDU goes out with raw_header; its SN and NESN bits say "wrong" */
    uint8_t raw_header[2];
    uint32_t aa;            /* 0: advertising only */
    unsigned events;        /* connection events seen */
    uint8_t adv[S_PDU_MAX]; /* sent to a listener once, when adv_len > 0 */
    uint16_t adv_len;
    uint8_t last_tx[S_PDU_MAX];
    uint8_t last_channel;
    struct woad_radio_op last_rx;
    /* The host. */
    uint8_t evts[S_EVTS][72];
    unsigned evt_count;
    uint16_t acl_count; /* ACL packets received */
    uint16_t handle;
    bool up;
    uint8_t reason;
    uint16_t acl_last_pb;
};

static inline void s_timer(void *ctx, woad_time at)
{
    struct s_radio *r = ctx;
    r->timer_us = at;
}

static inline void s_abort(void *ctx)
{
    struct s_radio *r = ctx;
    r->op = NULL;
}

static inline void s_rand(void *arg, uint8_t *to, size_t len)
{
    struct s_radio *r = arg;
    while (len--) {
        r->seed = r->seed * 1103515245u + 12345u;
        *to++ = (uint8_t)(r->seed >> 16);
    }
}

static inline void s_take(struct s_radio *r, const struct woad_radio_op *op)
{
    if (!op)
        return;
    r->op = op;
    r->op_start_us = op->flags & WOAD_RADIO_OP_IFS ? r->last_end_us + op->ifs_us : op->start_us;
    if (op->kind == WOAD_RADIO_TX)
        r->due_us = r->op_start_us + woad_phy_air_us(op->phy, op->pdu_len);
    else
        r->due_us =
            r->op_start_us + (op->window_us ? op->window_us : 10000) + woad_phy_sync_us(op->phy);
}

static inline void s_deliver(struct s_radio *r, const struct woad_radio_evt *evt)
{
    s_take(r, woad_ll_radio_evt(r->ll, evt, r->now_us));
}

/* --- the host ------------------------------------------------------------------------------------
 */

static inline void s_event(struct s_radio *r, const struct woad_buf *b)
{
    const uint8_t *e = b->data;
    if (e[0] == WOAD_HCI_EVT_LE_META && e[2] == WOAD_HCI_LE_EVT_CONNECTION_COMPLETE && !e[3]) {
        r->handle = woad_get_u16(e + 4);
        r->up = true;
    }
    if (e[0] == WOAD_HCI_EVT_DISCONNECTION_COMPLETE) {
        r->up = false;
        r->reason = e[5];
    }
    memcpy(r->evts[r->evt_count++ % S_EVTS], e, b->len < 72 ? b->len : 72);
}

static inline void s_pump(struct s_radio *r)
{
    struct woad_buf *b;
    (void)woad_ll_run(r->ll, r->now_us);
    while ((b = woad_ll_tx(r->ll))) {
        if (b->type == WOAD_PKT_EVT) {
            s_event(r, b);
        } else {
            r->acl_count++;
            r->acl_last_pb = woad_get_u16(b->data) & WOAD_HCI_ACL_PB_MASK;
        }
        woad_buf_unref(b);
    }
    (void)woad_ll_run(r->ll, r->now_us);
}

static inline void s_cmd(struct s_radio *r, uint16_t opcode, const void *p, uint8_t len)
{
    struct woad_buf *b = woad_ll_rx_alloc(r->ll, WOAD_PKT_CMD, (uint16_t)(3 + len));
    uint8_t *c = b ? woad_buf_put(b, (uint16_t)(3 + len)) : NULL;
    if (!b)
        return;
    woad_put_u16(c, opcode);
    c[2] = len;
    if (len)
        memcpy(c + 3, p, len);
    if (woad_ll_rx(r->ll, b))
        woad_buf_unref(b);
    s_pump(r);
}

/* --- the peer
 * -------------------------------------------------------------------------------------- */

static inline void s_send(struct s_radio *r, uint8_t llid, const void *payload, uint8_t len)
{
    struct s_pdu *p = &r->out[r->out_put++ % S_PDUS];
    p->llid = llid;
    p->len = len;
    if (len)
        memcpy(p->payload, payload, len);
}

static inline void s_ctrl(struct s_radio *r, uint8_t opcode, const void *params, uint8_t len)
{
    uint8_t p[255] = {opcode};
    if (len)
        memcpy(p + 1, params, len);
    s_send(r, LL_LLID_CTRL, p, (uint8_t)(len + 1));
}

/* What the link layer sent. */
static inline void s_heard(struct s_radio *r, const uint8_t *pdu)
{
    bool acked = ((pdu[0] & LL_NESN) != 0) != (r->sn != 0);
    if (acked && r->sent) {
        r->sn ^= LL_SN;
        r->sent = false;
        r->out_get += r->sent_head;
    }
    if (((pdu[0] & LL_SN) != 0) != (r->nesn != 0))
        return;
    r->nesn ^= LL_NESN;
    if (!pdu[1])
        return;
    struct s_pdu *p = &r->in[r->in_put++ % S_PDUS];
    p->llid = pdu[0] & 3;
    p->len = pdu[1];
    memcpy(p->payload, pdu + 2, pdu[1]);
}

static inline uint16_t s_say(struct s_radio *r, uint8_t *pdu)
{
    const struct s_pdu *p = r->out_get != r->out_put ? &r->out[r->out_get % S_PDUS] : NULL;
    if (r->raw && p) {
        r->raw = false;
        r->out_get++;
        r->sent = true;
        r->sent_head = false;
        pdu[0] = (uint8_t)(r->raw_header[0] ^ r->sn ^ r->nesn);
        pdu[1] = r->raw_header[1];
        memcpy(pdu + 2, p->payload, p->len);
        return (uint16_t)(p->len + 2);
    }
    if (r->sent && !r->sent_head)
        p = NULL; /* the empty PDU again */
    pdu[0] =
        (uint8_t)((p ? p->llid : 1) | r->sn | r->nesn | (r->out_put - r->out_get > 1 ? LL_MD : 0));
    pdu[1] = p ? p->len : 0;
    if (p)
        memcpy(pdu + 2, p->payload, p->len);
    r->sent = true;
    r->sent_head = p != NULL;
    return (uint16_t)(pdu[1] + 2);
}

/* --- time
 * -------------------------------------------------------------------------------------------- */

static inline void s_rx(struct s_radio *r, const struct woad_radio_op *op)
{
    uint8_t pdu[S_PDU_MAX];
    uint16_t len = 0;
    struct woad_radio_evt evt = {.type = WOAD_RADIO_RX_TIMEOUT, .rssi_dbm = -50, .phy = op->phy};
    r->last_rx = *op;
    if (op->access_address == LL_ADV_ACCESS_ADDRESS && r->adv_len) {
        memcpy(pdu, r->adv, r->adv_len);
        len = r->adv_len;
        r->adv_len = 0;
    } else if (r->aa && op->access_address == r->aa && !r->mute) {
        len = s_say(r, pdu);
    }
    if (len) {
        /* In the middle of the window. */
        evt.type = WOAD_RADIO_RX_END;
        evt.start_us = r->op_start_us + (op->flags & WOAD_RADIO_OP_IFS ? 0 : op->window_us / 2);
        evt.end_us = evt.start_us + woad_phy_air_us(op->phy, len);
        evt.crc_ok = len <= op->pdu_len;
        evt.pdu_len = len <= op->pdu_len ? len : op->pdu_len;
        memcpy(op->pdu, pdu, evt.pdu_len);
        r->last_end_us = evt.end_us;
        r->now_us = evt.end_us;
    } else {
        r->now_us = r->due_us;
    }
    s_deliver(r, &evt);
}

static inline void s_tx(struct s_radio *r, const struct woad_radio_op *op)
{
    struct woad_radio_evt evt = {
        .type = WOAD_RADIO_TX_END, .start_us = r->op_start_us, .end_us = r->due_us};
    memcpy(r->last_tx, op->pdu, op->pdu_len);
    r->last_channel = op->channel;
    if (r->aa && op->access_address == r->aa)
        s_heard(r, op->pdu);
    r->now_us = r->last_end_us = evt.end_us;
    s_deliver(r, &evt);
}

/* One radio event; false when there is none to come. */
static inline bool s_step(struct s_radio *r)
{
    const struct woad_radio_op *op = r->op;
    woad_time due = op ? r->due_us : WOAD_TIME_NEVER;
    if (r->timer_us != WOAD_TIME_NEVER && r->timer_us <= due) {
        r->now_us = r->timer_us > r->now_us ? r->timer_us : r->now_us;
        r->timer_us = WOAD_TIME_NEVER;
        s_deliver(r, &(struct woad_radio_evt){.type = WOAD_RADIO_TIMER});
    } else if (op) {
        r->op = NULL;
        if (op->access_address == r->aa && !(op->flags & WOAD_RADIO_OP_IFS))
            r->events++;
        if (op->kind == WOAD_RADIO_TX)
            s_tx(r, op);
        else
            s_rx(r, op);
    } else {
        return false;
    }
    s_pump(r);
    return true;
}

/* Runs until n more connection events have begun, or the link is gone. */
static inline void s_events(struct s_radio *r, unsigned n)
{
    unsigned until = r->events + n;
    for (int guard = 0; guard < 100000 && r->events < until && r->up; guard++) {
        if (!s_step(r))
            break;
    }
}

static inline void s_until(struct s_radio *r, woad_time us)
{
    for (int guard = 0; guard < 1000000 && r->now_us < us; guard++) {
        if (!s_step(r)) {
            r->now_us = us;
            s_pump(r);
        }
    }
}

/* The next control PDU the link layer sent with this opcode, or NULL after n events. */
static inline const struct s_pdu *s_expect(struct s_radio *r, uint8_t opcode, unsigned n)
{
    for (;;) {
        while (r->in_get != r->in_put) {
            const struct s_pdu *p = &r->in[r->in_get++ % S_PDUS];
            if (p->llid == LL_LLID_CTRL && p->payload[0] == opcode)
                return p;
        }
        if (!n-- || !r->up)
            return NULL;
        s_events(r, 1);
    }
}

/* The last event with this code and LE subevent, or NULL. */
static inline const uint8_t *s_evt(const struct s_radio *r, uint8_t code, uint8_t sub)
{
    for (unsigned i = r->evt_count; i-- > 0 && i + S_EVTS > r->evt_count;) {
        const uint8_t *e = r->evts[i % S_EVTS];
        if (e[0] == code && (code != WOAD_HCI_EVT_LE_META || e[2] == sub))
            return e;
    }
    return NULL;
}

static inline void s_init(struct s_radio *r, const struct woad_ll_cfg *limits)
{
    static const struct woad_radio_ops ops = {s_timer, s_abort};
    struct woad_ll_cfg cfg = {0};
    memset(r, 0, sizeof(*r));
    if (limits)
        cfg = *limits;
    cfg.radio = (struct woad_radio){.ops = &ops,
                                    .ctx = r,
                                    .caps = {.ramp_us = 40,
                                             .timer_latency_us = 5,
                                             .sleep_clock_ppm = 50,
                                             .phys = 0x0f,
                                             .tx_power_min_dbm = -20,
                                             .tx_power_max_dbm = 8}};
    cfg.public_addr[0] = 0xc0;
    cfg.rand = s_rand;
    cfg.rand_arg = r;
    r->timer_us = WOAD_TIME_NEVER;
    r->seed = 1;
    r->mem_size = woad_ll_mem_size(&cfg);
    r->mem = malloc(r->mem_size);
    if (!r->mem || woad_ll_init(r->mem, r->mem_size, &cfg, &r->ll))
        abort();
    static const uint8_t all[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f};
    static const uint8_t le[8] = {0xff, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    s_cmd(r, WOAD_HCI_CMD_SET_EVENT_MASK, all, 8);
    s_cmd(r, WOAD_HCI_CMD_SET_EVENT_MASK_PAGE_2, all, 8);
    s_cmd(r, WOAD_HCI_CMD_LE_SET_EVENT_MASK, le, 8);
}

static inline void s_free(struct s_radio *r)
{
    woad_ll_deinit(r->ll);
    free(r->mem);
}

enum { S_AA = 0x71764129, S_PEER = 0xee };

/* A CONNECT_IND for the advertiser with these parameters. */
static inline void s_connect_ind(struct s_radio *r, uint8_t win_size, uint16_t win_offset,
                                 uint16_t interval, uint16_t latency, uint16_t timeout,
                                 uint64_t map)
{
    struct woad_wr w = woad_wr_init(r->adv, sizeof(r->adv));
    woad_wr_u8(&w, LL_CONNECT_IND);
    woad_wr_u8(&w, LL_CONNECT_LEN);
    woad_wr_bytes(&w, (const uint8_t[]){S_PEER, 0, 0, 0, 0, 0}, 6);
    woad_wr_bytes(&w, (const uint8_t[]){0xc0, 0, 0, 0, 0, 0}, 6);
    woad_wr_u32(&w, S_AA);
    woad_wr_u24(&w, 0x123456);
    woad_wr_u8(&w, win_size);
    woad_wr_u16(&w, win_offset);
    woad_wr_u16(&w, interval);
    woad_wr_u16(&w, latency);
    woad_wr_u16(&w, timeout);
    woad_wr_u32(&w, (uint32_t)map);
    woad_wr_u8(&w, (uint8_t)(map >> 32));
    woad_wr_u8(&w, 7 | 5 << 5);
    r->adv_len = LL_HEADER_LEN + LL_CONNECT_LEN;
}

static inline void s_advertise(struct s_radio *r)
{
    static const uint8_t p[15] = {0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0};
    s_cmd(r, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, p, 15);
    s_cmd(r, WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE, (const uint8_t[]){1}, 1);
}

/* A link in which the controller is the peripheral: interval 30 ms, timeout 2 s. */
static inline void s_peripheral(struct s_radio *r)
{
    s_advertise(r);
    s_connect_ind(r, 2, 0, 24, 0, 200, LL_CHANNELS_ALL);
    for (int i = 0; i < 50 && !r->up; i++)
        (void)s_step(r);
    r->aa = S_AA;
    s_events(r, 2);
}

/* The same as central. */
static inline void s_central(struct s_radio *r)
{
    uint8_t c[25] = {0x10, 0, 0x10, 0, 0, 0, S_PEER};
    c[13] = c[15] = 24;
    c[19] = 200;
    s_cmd(r, WOAD_HCI_CMD_LE_CREATE_CONNECTION, c, 25);
    const uint8_t adv[8] = {LL_ADV_IND | LL_CH_SEL, 6, S_PEER};
    memcpy(r->adv, adv, 8);
    r->adv_len = 8;
    for (int i = 0; i < 50 && !r->up; i++)
        (void)s_step(r);
    r->aa = woad_get_u32(r->last_tx + 14);
    s_events(r, 2);
}

#endif
