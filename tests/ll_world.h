/* Controllers in the simulated radio, each with the smallest host: it sends commands one after
 * another, keeps the events, sends and checks a stream of numbered octets, and obeys flow control.
 */
#ifndef LL_WORLD_H
#define LL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/crypto.h"
#include "woad/cursor.h"
#include "woad/hci.h"
#include "woad/ll.h"
#include "woad/sim.h"

enum { W_DEVS = 16, W_EVTS = 512, W_LINKS = 16, W_CMDS = 64 };

struct w_evt {
    uint8_t code, sub, len; /* sub: of LE meta events */
    uint8_t p[72];          /* parameters, behind the subevent code */
    woad_time at_us;
};

/* One direction of a link as the host sees it: octet i of the stream is w_octet(i). */
struct w_link {
    uint16_t handle;
    bool up;
    uint64_t to_send, sent, received; /* octets */
    uint64_t completed;               /* packets */
    uint16_t outstanding;
    uint16_t chunk; /* octets of an ACL packet */
    bool corrupt;
    uint8_t reason;
    uint16_t fragments, starts; /* received ACL packets by kind */
};

struct w_dev {
    struct w_world *w;
    struct woad_sim_dev *dev;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    void *mem;
    struct w_evt evts[W_EVTS];
    unsigned evt_count, evt_seen;
    struct w_link links[W_LINKS];
    uint8_t cmds[W_CMDS][260];
    unsigned cmd_put, cmd_get;
    bool cmd_open; /* the controller may take one */
    uint16_t acl_credits, acl_count;
    uint64_t reports;
    bool hold_rx;       /* takes nothing from the controller */
    bool auto_params;   /* accepts parameter requests */
    const uint8_t *ltk; /* answers key requests with it */
    uint64_t runs;
};

struct w_world {
    struct woad_sim *sim;
    struct w_dev devs[W_DEVS];
    unsigned count;
};

static inline uint8_t w_octet(uint64_t i)
{
    return (uint8_t)(i * 131 + (i >> 8) * 7);
}

static inline struct w_link *w_link_of(struct w_dev *d, uint16_t handle)
{
    for (int i = 0; i < W_LINKS; i++) {
        if (d->links[i].up && d->links[i].handle == handle)
            return &d->links[i];
    }
    return NULL;
}

static inline void w_link_up(struct w_dev *d, uint16_t handle)
{
    for (int i = 0; i < W_LINKS; i++) {
        if (!d->links[i].up) {
            memset(&d->links[i], 0, sizeof(d->links[i]));
            d->links[i].up = true;
            d->links[i].handle = handle;
            d->links[i].chunk = 251;
            return;
        }
    }
}

static inline void w_cmd(struct w_dev *d, uint16_t opcode, const void *p, uint8_t len)
{
    uint8_t *c = d->cmds[d->cmd_put++ % W_CMDS];
    woad_put_u16(c, opcode);
    c[2] = len;
    if (len)
        memcpy(c + 3, p, len);
    woad_sim_task_wake(d->task);
}

#define W_CMD(d, name, ...)                                                                        \
    do {                                                                                           \
        const uint8_t w_p[] = {__VA_ARGS__};                                                       \
        w_cmd(d, WOAD_HCI_CMD_##name, w_p, (uint8_t)sizeof(w_p));                                  \
    } while (0)
#define W_CMD0(d, name) w_cmd(d, WOAD_HCI_CMD_##name, NULL, 0)

static inline void w_answer(struct w_dev *d, const struct w_evt *e)
{
    if (e->sub == WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST && d->auto_params) {
        uint8_t p[14] = {0};
        memcpy(p, e->p, 10);
        w_cmd(d, WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, p, 14);
    }
    if (e->sub == WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST) {
        uint8_t p[18];
        memcpy(p, e->p, 2);
        if (d->ltk)
            memcpy(p + 2, d->ltk, 16);
        w_cmd(d,
              d->ltk ? WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY
                     : WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY,
              p, d->ltk ? 18 : 2);
    }
}

static inline void w_event(struct w_dev *d, const uint8_t *p, uint16_t len, woad_time now)
{
    struct w_evt e = {.code = p[0], .at_us = now};
    const uint8_t *body = p + 2;
    uint8_t body_len = p[1];
    assert_int_equal(len, p[1] + 2);
    if (e.code == WOAD_HCI_EVT_LE_META) {
        e.sub = *body++;
        body_len--;
    }
    e.len = body_len;
    memcpy(e.p, body, body_len < sizeof(e.p) ? body_len : sizeof(e.p));
    if (e.sub == WOAD_HCI_LE_EVT_ADVERTISING_REPORT)
        d->reports++;
    if (e.code == WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS) {
        for (int i = 0; i < body[0]; i++) {
            struct w_link *l = w_link_of(d, woad_get_u16(body + 1 + 4 * i));
            uint16_t n = woad_get_u16(body + 3 + 4 * i);
            assert_non_null(l);
            assert_true(n <= l->outstanding);
            l->outstanding = (uint16_t)(l->outstanding - n);
            l->completed += n;
            d->acl_credits = (uint16_t)(d->acl_credits + n);
        }
        return;
    }
    if (e.code == WOAD_HCI_EVT_COMMAND_COMPLETE || e.code == WOAD_HCI_EVT_COMMAND_STATUS)
        d->cmd_open = true;
    if ((e.sub == WOAD_HCI_LE_EVT_CONNECTION_COMPLETE ||
         e.sub == WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE) &&
        e.p[0] == 0)
        w_link_up(d, woad_get_u16(e.p + 1));
    if (e.code == WOAD_HCI_EVT_DISCONNECTION_COMPLETE) {
        struct w_link *l = w_link_of(d, woad_get_u16(e.p + 1));
        assert_non_null(l);
        l->up = false;
        l->reason = e.p[3];
        d->acl_credits = (uint16_t)(d->acl_credits + l->outstanding);
    }
    w_answer(d, &e);
    if (d->evt_count < W_EVTS && e.sub != WOAD_HCI_LE_EVT_ADVERTISING_REPORT)
        d->evts[d->evt_count++] = e;
}

static inline void w_data(struct w_dev *d, const uint8_t *p, uint16_t len)
{
    struct w_link *l = w_link_of(d, woad_get_u16(p) & WOAD_HCI_HANDLE_MASK);
    assert_int_equal(len, woad_get_u16(p + 2) + 4);
    assert_non_null(l);
    l->fragments++;
    l->starts =
        (uint16_t)(l->starts + ((woad_get_u16(p) & WOAD_HCI_ACL_PB_MASK) != WOAD_HCI_ACL_CONTINUE));
    for (uint16_t i = 4; i < len; i++)
        l->corrupt |= p[i] != w_octet(l->received++);
}

static inline bool w_send(struct w_dev *d, struct w_link *l)
{
    unsigned up = 0;
    for (int i = 0; i < W_LINKS; i++)
        up += d->links[i].up;
    /* Each link has its share of what all have in common. */
    if (!l->up || l->sent == l->to_send || !d->acl_credits || l->outstanding * up >= d->acl_count)
        return false;
    uint16_t n = l->chunk;
    if (n > l->to_send - l->sent)
        n = (uint16_t)(l->to_send - l->sent);
    struct woad_buf *b = woad_ll_rx_alloc(d->ll, WOAD_PKT_ACL, (uint16_t)(n + 4));
    if (!b)
        return false;
    uint8_t *p = woad_buf_put(b, (uint16_t)(n + 4));
    woad_put_u16(p, l->handle);
    woad_put_u16(p + 2, n);
    for (uint16_t i = 0; i < n; i++)
        p[4 + i] = w_octet(l->sent++);
    assert_int_equal(woad_ll_rx(d->ll, b), 0);
    d->acl_credits--;
    l->outstanding++;
    return true;
}

static inline woad_time w_run(void *arg, woad_time now)
{
    struct w_dev *d = arg;
    woad_time due;
    bool again;
    d->runs++;
    do {
        again = false;
        due = woad_ll_run(d->ll, now);
        struct woad_buf *b;
        while (!d->hold_rx && (b = woad_ll_tx(d->ll))) {
            if (b->type == WOAD_PKT_EVT)
                w_event(d, b->data, b->len, now);
            else
                w_data(d, b->data, b->len);
            woad_buf_unref(b);
        }
        if (d->cmd_open && d->cmd_get != d->cmd_put) {
            const uint8_t *c = d->cmds[d->cmd_get++ % W_CMDS];
            struct woad_buf *cmd = woad_ll_rx_alloc(d->ll, WOAD_PKT_CMD, (uint16_t)(3 + c[2]));
            assert_non_null(cmd);
            memcpy(woad_buf_put(cmd, (uint16_t)(3 + c[2])), c, 3u + c[2]);
            assert_int_equal(woad_ll_rx(d->ll, cmd), 0);
            d->cmd_open = false;
            again = true;
        }
        for (int i = 0; i < W_LINKS; i++) {
            while (w_send(d, &d->links[i]))
                again = true;
        }
    } while (again);
    return due;
}

static inline void w_masks(struct w_dev *d)
{
    const uint8_t all[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f};
    uint8_t le[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    le[1] = 0xfd; /* the plain connection complete event */
    w_cmd(d, WOAD_HCI_CMD_SET_EVENT_MASK, all, 8);
    w_cmd(d, WOAD_HCI_CMD_SET_EVENT_MASK_PAGE_2, all, 8);
    w_cmd(d, WOAD_HCI_CMD_LE_SET_EVENT_MASK, le, 8);
}

/* Places a device; its public address is 01:NN:00:00:00:C0, NN its index. */
static inline struct w_dev *w_add(struct w_world *w, const struct woad_sim_dev_cfg *dev_cfg,
                                  const struct woad_ll_cfg *limits)
{
    struct woad_ll_cfg cfg = {0};
    struct w_dev *d = &w->devs[w->count];
    if (limits)
        cfg = *limits;
    memset(d, 0, sizeof(*d));
    d->w = w;
    d->dev = woad_sim_add(w->sim, dev_cfg);
    assert_non_null(d->dev);
    if (!cfg.acl_tx_count)
        cfg.acl_tx_count = cfg.max_conns ? 16 : 24;
    cfg.radio = woad_sim_radio(d->dev);
    cfg.rand = woad_sim_rand;
    cfg.rand_arg = d->dev;
    cfg.public_addr[0] = 0xc0;
    cfg.public_addr[4] = (uint8_t)w->count;
    cfg.public_addr[5] = 1;
    size_t size = woad_ll_mem_size(&cfg);
    d->mem = malloc(size);
    assert_int_equal(woad_ll_init(d->mem, size, &cfg, &d->ll), 0);
    woad_sim_attach(d->dev, d->ll);
    d->task = woad_sim_task_add(d->dev, w_run, d);
    woad_ll_set_wake(d->ll, woad_sim_task_wake, d->task);
    d->cmd_open = true;
    d->acl_credits = d->acl_count = cfg.acl_tx_count;
    w->count++;
    w_masks(d);
    return d;
}

/* What the judge of the air finds wrong goes to the test's output. */
static inline void w_judge(void *arg, woad_sim_time at, const char *text)
{
    (void)arg;
    print_message("%.6f s: %s\n", (double)at / 1e9, text);
}

static inline void w_init(struct w_world *w, const struct woad_sim_cfg *cfg)
{
    memset(w, 0, sizeof(*w));
    w->sim = woad_sim_new(cfg);
    assert_non_null(w->sim);
    woad_sim_set_report(w->sim, w_judge, NULL);
}

static inline void w_free(struct w_world *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        woad_ll_deinit(w->devs[i].ll);
        free(w->devs[i].mem);
    }
    woad_sim_free(w->sim);
}

static inline void w_ms(struct w_world *w, uint64_t ms)
{
    woad_sim_run_until(w->sim, woad_sim_now(w->sim) + WOAD_SIM_MS(ms));
}

/* The next event with this code not yet looked at; waits up to ms for it. NULL: none came. */
static inline struct w_evt *w_wait(struct w_dev *d, uint8_t code, uint8_t sub, uint64_t ms)
{
    for (uint64_t t = 0;; t++) {
        while (d->evt_seen < d->evt_count) {
            struct w_evt *e = &d->evts[d->evt_seen++];
            if (e->code == code && e->sub == sub)
                return e;
        }
        if (t >= ms)
            return NULL;
        w_ms(d->w, 1);
    }
}

static inline struct w_evt *w_wait_le(struct w_dev *d, uint8_t sub, uint64_t ms)
{
    return w_wait(d, WOAD_HCI_EVT_LE_META, sub, ms);
}

/* Status of the command sent last. */
static inline uint8_t w_status(struct w_dev *d, uint16_t opcode)
{
    w_ms(d->w, 5); /* not that of an earlier one */
    for (int t = 0; t < 100; t++) {
        for (unsigned i = d->evt_count; i-- > 0;) {
            struct w_evt *e = &d->evts[i];
            if (e->code == WOAD_HCI_EVT_COMMAND_COMPLETE && woad_get_u16(e->p + 1) == opcode)
                return e->p[3];
            if (e->code == WOAD_HCI_EVT_COMMAND_STATUS && woad_get_u16(e->p + 2) == opcode)
                return e->p[0];
        }
        w_ms(d->w, 1);
    }
    return 0xff;
}

static inline void w_advertise(struct w_dev *d)
{
    W_CMD(d, LE_SET_ADVERTISING_PARAMETERS, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0);
    W_CMD(d, LE_SET_ADVERTISING_ENABLE, 1);
}

struct w_params {
    uint16_t interval, latency, timeout;
};

static inline void w_connect(struct w_dev *d, const struct w_dev *to, const struct w_params *p)
{
    uint8_t c[25] = {0x10, 0, 0x10, 0, 0, 0, 0xc0, 0, 0, 0, 0, 1, 0};
    c[10] = (uint8_t)(to - to->w->devs);
    woad_put_u16(c + 13, p->interval);
    woad_put_u16(c + 15, p->interval);
    woad_put_u16(c + 17, p->latency);
    woad_put_u16(c + 19, p->timeout);
    w_cmd(d, WOAD_HCI_CMD_LE_CREATE_CONNECTION, c, sizeof(c));
}

/* A link between two devices; returns the central's end in *c and the peripheral's in *p. */
static inline void w_link(struct w_dev *central, struct w_dev *peripheral, const struct w_params *p,
                          struct w_link **c_end, struct w_link **p_end)
{
    w_advertise(peripheral);
    w_connect(central, peripheral, p);
    struct w_evt *c = w_wait_le(central, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 2000);
    struct w_evt *e = w_wait_le(peripheral, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 100);
    assert_non_null(c);
    assert_non_null(e);
    assert_int_equal(c->p[0], 0);
    assert_int_equal(e->p[0], 0);
    *c_end = w_link_of(central, woad_get_u16(c->p + 1));
    *p_end = w_link_of(peripheral, woad_get_u16(e->p + 1));
    assert_non_null(*c_end);
    assert_non_null(*p_end);
}

/* Largest PDUs and, for phy 2, the 2M PHY. */
static inline void w_fast(struct w_dev *d, const struct w_link *l, int phy)
{
    uint8_t lo = (uint8_t)l->handle, hi = (uint8_t)(l->handle >> 8);
    W_CMD(d, LE_SET_DATA_LENGTH, lo, hi, 251, 0, 0x48, 0x08);
    if (phy == 2)
        W_CMD(d, LE_SET_PHY, lo, hi, 0, 2, 2, 0, 0);
}

static inline void w_disconnect(struct w_dev *d, const struct w_link *l, uint8_t reason)
{
    W_CMD(d, DISCONNECT, (uint8_t)l->handle, (uint8_t)(l->handle >> 8), reason);
}

#endif
