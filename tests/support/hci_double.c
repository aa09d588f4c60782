#include "support/hci_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>) && !defined(__SANITIZE_ADDRESS__)
#include <valgrind/memcheck.h>
#define HAVE_MEMCHECK 1
#endif
#endif

/* What a test relies on, in every kind of build. */
#define DBL_CHECK(x)                                                                               \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

uint32_t dbl_random(struct dbl *d, uint32_t below)
{
    d->rng ^= d->rng << 13;
    d->rng ^= d->rng >> 7;
    d->rng ^= d->rng << 17;
    return below ? (uint32_t)(d->rng >> 16) % below : 0;
}

static void fill_random(void *arg, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)dbl_random(arg, 256);
}

/* ---- towards the host ------------------------------------------------------------------------ */

static void push(struct dbl_dev *dev, uint8_t type, const void *a, size_t a_len, const void *b,
                 size_t b_len, woad_time at)
{
    struct dbl_pkt *p = malloc(sizeof(*p) + a_len + b_len);
    *p = (struct dbl_pkt){.at = at, .type = type, .len = (uint16_t)(a_len + b_len)};
    memcpy(p->data, a, a_len);
    if (b_len)
        memcpy(p->data + a_len, b, b_len);
    if (dev->to_host_tail)
        dev->to_host_tail->next = p;
    else
        dev->to_host = p;
    dev->to_host_tail = p;
}

void dbl_evt(struct dbl_dev *dev, uint8_t code, const void *params, uint8_t len)
{
    uint8_t head[2] = {code, len};
    push(dev, WOAD_PKT_EVT, head, 2, params, len, dev->d->now);
}

void dbl_le_evt(struct dbl_dev *dev, uint8_t code, const void *params, uint8_t len)
{
    uint8_t head[3] = {WOAD_HCI_EVT_LE_META, (uint8_t)(len + 1), code};
    push(dev, WOAD_PKT_EVT, head, 3, params, len, dev->d->now);
}

void dbl_complete(struct dbl_dev *dev, uint16_t opcode, const void *ret, uint8_t len)
{
    uint8_t head[5] = {WOAD_HCI_EVT_COMMAND_COMPLETE, (uint8_t)(len + 3), 1, (uint8_t)opcode,
                       (uint8_t)(opcode >> 8)};
    push(dev, WOAD_PKT_EVT, head, 5, ret, len, dev->d->now);
}

void dbl_status(struct dbl_dev *dev, uint16_t opcode, uint8_t status)
{
    uint8_t evt[4] = {status, 1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};
    dbl_evt(dev, WOAD_HCI_EVT_COMMAND_STATUS, evt, 4);
}

void dbl_acl(struct dbl_dev *dev, uint16_t handle_flags, const void *data, uint16_t len)
{
    uint8_t head[4];
    woad_put_u16(head, handle_flags);
    woad_put_u16(head + 2, len);
    push(dev, WOAD_PKT_ACL, head, 4, data, len, dev->d->now);
}

void dbl_l2cap(struct dbl_dev *dev, uint16_t conn, uint16_t cid, const void *data, uint16_t len)
{
    uint8_t pdu[4 + 65535];
    woad_put_u16(pdu, len);
    woad_put_u16(pdu + 2, cid);
    memcpy(pdu + 4, data, len);
    dbl_acl(dev, conn | WOAD_HCI_ACL_FIRST_FLUSHABLE, pdu, (uint16_t)(len + 4));
}

/* An ACL packet for the host, cut as the test wants it; at is its time of arrival. */
static void push_split(struct dbl_dev *dev, uint16_t handle, bool first, const uint8_t *data,
                       uint16_t len, woad_time at)
{
    do {
        uint16_t n = dev->d->split;
        if (n == 0xffff)
            n = (uint16_t)(1 + dbl_random(dev->d, 251));
        if (n == 0 || n > len)
            n = len;
        uint8_t head[4];
        woad_put_u16(head, (uint16_t)(handle | (first ? WOAD_HCI_ACL_FIRST_FLUSHABLE
                                                      : WOAD_HCI_ACL_CONTINUE)));
        woad_put_u16(head + 2, n);
        push(dev, WOAD_PKT_ACL, head, 4, data, n, at);
        first = false;
        data += n;
        len = (uint16_t)(len - n);
    } while (len);
}

/* ---- links ----------------------------------------------------------------------------------- */

struct dbl_link *dbl_link(struct dbl_dev *dev, uint16_t handle)
{
    for (unsigned i = 0; i < DBL_LINKS; i++)
        if (dev->links[i].up && dev->links[i].handle == handle)
            return &dev->links[i];
    return NULL;
}

static struct dbl_link *new_link(struct dbl_dev *dev, unsigned peer, uint8_t role)
{
    for (unsigned i = 0; i < DBL_LINKS; i++) {
        if (dev->links[i].up || dev->links[i].out)
            continue;
        dev->links[i] = (struct dbl_link){.up = true, .peer = peer, .role = role};
        dev->links[i].handle = dev->d->next_handle++;
        return &dev->links[i];
    }
    return NULL;
}

static void tell_link(struct dbl_dev *dev, const struct dbl_link *link,
                      const struct woad_addr *peer)
{
    uint8_t evt[18] = {0};
    woad_put_u16(evt + 1, link->handle);
    evt[3] = link->role;
    evt[4] = peer->type;
    memcpy(evt + 5, peer->val, 6);
    woad_put_u16(evt + 11, 24);
    woad_put_u16(evt + 15, 500);
    dbl_le_evt(dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, sizeof(evt));
}

static void match(struct dbl *d)
{
    for (unsigned a = 0; a < d->count; a++) {
        for (unsigned b = 0; b < d->count && d->dev[a].initiating; b++) {
            struct dbl_dev *x = &d->dev[a], *y = &d->dev[b];
            if (a == b || !y->advertising || y->mute ||
                (!x->init_by_list && memcmp(x->init_peer.val, y->addr.val, 6) != 0))
                continue;
            struct dbl_link *lx = new_link(x, b, 0), *ly = new_link(y, a, 1);
            lx->peer_handle = ly->handle;
            ly->peer_handle = lx->handle;
            x->initiating = y->advertising = false;
            tell_link(x, lx, &y->addr);
            tell_link(y, ly, &x->addr);
        }
    }
}

void dbl_release_held(struct dbl_dev *dev)
{
    for (unsigned i = 0; i < DBL_LINKS; i++) {
        struct dbl_link *link = &dev->links[i];
        for (unsigned k = 0; k < link->out; k++)
            woad_buf_unref(link->held[k]);
        link->out = 0;
    }
}

static void end_link(struct dbl_dev *dev, struct dbl_link *link, uint8_t reason)
{
    uint8_t evt[4] = {0, (uint8_t)link->handle, (uint8_t)(link->handle >> 8), reason};
    link->up = false;
    for (unsigned k = 0; k < link->out; k++)
        woad_buf_unref(link->held[k]);
    link->out = 0;
    dbl_evt(dev, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, evt, 4);
}

static void end_both(struct dbl_dev *dev, struct dbl_link *link, uint8_t here, uint8_t there)
{
    struct dbl_dev *peer = &dev->d->dev[link->peer];
    struct dbl_link *other = dbl_link(peer, link->peer_handle);
    end_link(dev, link, here);
    if (other)
        end_link(peer, other, there);
}

void dbl_lose_link(struct dbl_dev *dev, uint16_t handle, uint8_t reason)
{
    struct dbl_link *link = dbl_link(dev, handle);
    if (link)
        end_both(dev, link, reason, reason);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void reset(struct dbl_dev *dev)
{
    dev->advertising = dev->scanning = dev->initiating = false;
    for (unsigned i = 0; i < DBL_LINKS; i++) {
        struct dbl_link *link = &dev->links[i];
        if (!link->up)
            continue;
        struct dbl_link *other = dbl_link(&dev->d->dev[link->peer], link->peer_handle);
        link->up = false;
        if (other)
            end_link(&dev->d->dev[link->peer], other, WOAD_HCI_ERR_CONNECTION_TIMEOUT);
    }
    dbl_release_held(dev);
}

/* Return parameters of the commands that read something; 0 when the opcode is none of them. */
static uint8_t read_answer(struct dbl_dev *dev, uint16_t opcode, uint8_t *ret)
{
    memset(ret, 0, 80);
    switch (opcode) {
    case WOAD_HCI_CMD_READ_LOCAL_VERSION_INFORMATION:
        ret[1] = ret[4] = dev->version;
        ret[5] = ret[6] = 0xff;
        return 9;
    case WOAD_HCI_CMD_READ_LOCAL_SUPPORTED_COMMANDS: memcpy(ret + 1, dev->commands, 64); return 65;
    case WOAD_HCI_CMD_READ_LOCAL_SUPPORTED_FEATURES: ret[5] = 0x60; return 9;
    case WOAD_HCI_CMD_READ_BD_ADDR: memcpy(ret + 1, dev->bd_addr, 6); return 7;
    case WOAD_HCI_CMD_LE_READ_LOCAL_SUPPORTED_FEATURES_PAGE_0:
        woad_put_u64(ret + 1, dev->le_features);
        return 9;
    case WOAD_HCI_CMD_LE_READ_BUFFER_SIZE:
        woad_put_u16(ret + 1, dev->acl_len);
        ret[3] = (uint8_t)dev->acl_count;
        return 4;
    case WOAD_HCI_CMD_LE_READ_FILTER_ACCEPT_LIST_SIZE: ret[1] = 8; return 2;
    case WOAD_HCI_CMD_LE_READ_MAXIMUM_DATA_LENGTH:
        woad_put_u16(ret + 1, 251);
        woad_put_u16(ret + 3, 2120);
        woad_put_u16(ret + 5, 251);
        woad_put_u16(ret + 7, 2120);
        return 9;
    default: return 0;
    }
}

static void tell_data_len(struct dbl_dev *dev, const uint8_t *params)
{
    uint8_t evt[10];
    memcpy(evt, params, 6);
    memcpy(evt + 6, params + 2, 4);
    dbl_le_evt(dev, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, evt, sizeof(evt));
}

/* Commands answered by Command Status and an event; false when the opcode is none of them. */
static bool status_command(struct dbl_dev *dev, uint16_t opcode, const uint8_t *p)
{
    struct dbl_link *link;
    uint8_t evt[16] = {0};
    switch (opcode) {
    case WOAD_HCI_CMD_DISCONNECT:
        link = dbl_link(dev, woad_get_u16(p));
        dbl_status(dev, opcode, link ? 0 : 2);
        if (link)
            end_both(dev, link, WOAD_HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST, p[2]);
        return true;
    case WOAD_HCI_CMD_LE_CREATE_CONNECTION:
        dev->initiating = true;
        dev->init_by_list = p[4];
        memcpy(dev->init_peer.val, p + 6, 6);
        dbl_status(dev, opcode, 0);
        return true;
    case WOAD_HCI_CMD_LE_SET_PHY:
        dbl_status(dev, opcode, 0);
        memcpy(evt + 1, p, 2);
        evt[3] = evt[4] = p[3] & 2 ? 2 : 1;
        dbl_le_evt(dev, WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, evt, 5);
        return true;
    case WOAD_HCI_CMD_LE_CONNECTION_UPDATE:
        dbl_status(dev, opcode, 0);
        memcpy(evt + 1, p, 2);
        memcpy(evt + 3, p + 4, 6);
        dbl_le_evt(dev, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, evt, 9);
        link = dbl_link(dev, woad_get_u16(p));
        if (link) {
            woad_put_u16(evt + 1, link->peer_handle);
            dbl_le_evt(&dev->d->dev[link->peer], WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, evt,
                       9);
        }
        return true;
    case WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION:
        dbl_status(dev, opcode, 0);
        memcpy(evt + 1, p, 2);
        evt[3] = 9;
        dbl_evt(dev, WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, evt, 8);
        return true;
    case WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0:
        dbl_status(dev, opcode, 0);
        memcpy(evt + 1, p, 2);
        woad_put_u64(evt + 3, dev->le_features);
        dbl_le_evt(dev, WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, evt, 11);
        return true;
    case WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION: {
        dbl_status(dev, opcode, 0);
        link = dbl_link(dev, woad_get_u16(p));
        if (!link)
            return true;
        woad_put_u16(evt, link->peer_handle);
        memcpy(evt + 2, p + 2, 10);
        dbl_le_evt(&dev->d->dev[link->peer], WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST, evt, 12);
        return true;
    }
    default: return false;
    }
}

static void end_initiating(struct dbl_dev *dev)
{
    uint8_t evt[18] = {WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER};
    dev->initiating = false;
    dbl_le_evt(dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, sizeof(evt));
}

static void encryption_changed(struct dbl_dev *dev, uint16_t handle, uint8_t status)
{
    uint8_t evt[4] = {status, (uint8_t)handle, (uint8_t)(handle >> 8), !status};
    dbl_evt(dev, WOAD_HCI_EVT_ENCRYPTION_CHANGE, evt, 4);
}

/* What a command that is answered by Command Complete does. */
static void act(struct dbl_dev *dev, uint16_t opcode, const uint8_t *p, uint8_t *ret,
                uint8_t *ret_len)
{
    struct dbl_link *link;
    switch (opcode) {
    case WOAD_HCI_CMD_RESET: reset(dev); break;
    case WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS:
        memcpy(dev->addr.val, p, 6);
        dev->addr.type = WOAD_ADDR_RANDOM;
        break;
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA:
        dev->adv_len = p[0];
        memcpy(dev->adv_data, p + 1, 31);
        break;
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE: dev->advertising = p[0]; break;
    case WOAD_HCI_CMD_LE_SET_SCAN_ENABLE: dev->scanning = p[0]; break;
    case WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL:
        ret[0] = dev->initiating ? 0 : WOAD_HCI_ERR_COMMAND_DISALLOWED;
        break;
    case WOAD_HCI_CMD_LE_SET_DATA_LENGTH:
        memcpy(ret + 1, p, 2);
        *ret_len = 3;
        break;
    case WOAD_HCI_CMD_READ_RSSI:
        memcpy(ret + 1, p, 2);
        ret[3] = (uint8_t)-40;
        *ret_len = 4;
        break;
    case WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY:
    case WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY:
        memcpy(ret + 1, p, 2);
        *ret_len = 3;
        link = dbl_link(dev, woad_get_u16(p));
        if (!link)
            break;
        uint8_t status = opcode == WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY ? 0 : 6;
        if (!status)
            encryption_changed(dev, link->handle, 0);
        encryption_changed(&dev->d->dev[link->peer], link->peer_handle, status);
        break;
    default: break;
    }
}

static void command(struct dbl_dev *dev, const uint8_t *data, uint16_t len)
{
    uint16_t opcode = woad_get_u16(data);
    const uint8_t *p = data + 3;
    uint8_t ret[80];
    dev->commands_seen++;
    dev->last_opcode = opcode;
    DBL_CHECK(len == data[2] + 3u);
    if (dev->mute || (dev->on_cmd && dev->on_cmd(dev, dev->arg, opcode, p, data[2])))
        return;
    if (opcode == WOAD_HCI_CMD_HOST_NUMBER_OF_COMPLETED_PACKETS || status_command(dev, opcode, p))
        return;
    uint8_t ret_len = read_answer(dev, opcode, ret);
    if (!ret_len) {
        ret_len = 1;
        act(dev, opcode, p, ret, &ret_len);
    }
    dbl_complete(dev, opcode, ret, ret_len);
    if (opcode == WOAD_HCI_CMD_LE_SET_DATA_LENGTH)
        tell_data_len(dev, p);
    if (opcode == WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL && !ret[0])
        end_initiating(dev);
}

/* ---- data ------------------------------------------------------------------------------------ */

static void completed(struct dbl_dev *dev, struct dbl_link *link)
{
    uint8_t evt[5] = {1, (uint8_t)link->handle, (uint8_t)(link->handle >> 8), 1, 0};
    dbl_evt(dev, WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, evt, 5);
}

/* Takes buf; it is held until the packet counts as completed. */
static void data_out(struct dbl_dev *dev, struct woad_buf *buf)
{
    uint8_t pkt[4 + 2048];
    size_t len = woad_buf_copy_out(buf, 0, pkt, sizeof(pkt));
    DBL_CHECK(len == woad_buf_total(buf));
    uint16_t field = woad_get_u16(pkt);
    DBL_CHECK(len == woad_get_u16(pkt + 2) + 4u && len - 4 <= dev->acl_len);
    struct dbl_link *link = dbl_link(dev, field & WOAD_HCI_HANDLE_MASK);
    dev->acl_seen++;
    if (!link) { /* ended meanwhile */
        woad_buf_unref(buf);
        return;
    }
    DBL_CHECK(link->out < 256);
    link->held[link->out++] = buf;
    unsigned out = 0;
    for (unsigned i = 0; i < DBL_LINKS; i++)
        out += dev->links[i].out;
    DBL_CHECK(out <= dev->acl_count); /* the host keeps to the controller's buffers */
    if (dev->mute)
        return;
    if (!dev->on_acl || !dev->on_acl(dev, dev->arg, pkt, (uint16_t)len))
        push_split(&dev->d->dev[link->peer], link->peer_handle,
                   (field & WOAD_HCI_ACL_PB_MASK) != WOAD_HCI_ACL_CONTINUE, pkt + 4,
                   (uint16_t)(len - 4), dev->d->now + dev->d->latency_us);
}

static bool complete_data(struct dbl_dev *dev)
{
    bool any = false;
    for (unsigned i = 0; i < DBL_LINKS && !dev->mute && !dev->hold_completed; i++) {
        struct dbl_link *link = &dev->links[i];
        for (unsigned k = 0; k < link->out; k++) {
            woad_buf_unref(link->held[k]);
            completed(dev, link);
            any = true;
        }
        link->out = 0;
    }
    return any;
}

/* ---- pump ------------------------------------------------------------------------------------ */

static void wake(void *arg)
{
    ((struct dbl_dev *)arg)->woken = true;
}

static bool deliver(struct dbl_dev *dev)
{
    bool any = false;
    struct dbl_pkt *p;
    while ((p = dev->to_host) && p->at <= dev->d->now) {
        bool discard;
        struct woad_buf *buf =
            woad_host_rx_alloc(dev->h, p->type, p->len, p->data, p->len, &discard);
        if (!buf && !discard)
            break; /* again after the host has run */
        dev->to_host = p->next;
        if (!dev->to_host)
            dev->to_host_tail = NULL;
        if (buf) {
            memcpy(woad_buf_put(buf, p->len), p->data, p->len);
            if (woad_host_rx(dev->h, buf))
                woad_buf_unref(buf);
        }
        free(p);
        any = true;
    }
    return any;
}

/* Under valgrind: every octet that leaves the host has been written. */
static void must_be_defined(const struct woad_buf *buf)
{
#ifdef HAVE_MEMCHECK
    if (VALGRIND_CHECK_MEM_IS_DEFINED(buf->data, buf->len) ||
        (buf->ext && VALGRIND_CHECK_MEM_IS_DEFINED(buf->ext, buf->ext_len)))
        abort();
#else
    (void)buf;
#endif
}

static bool drain(struct dbl_dev *dev)
{
    bool any = false;
    struct woad_buf *buf;
    while ((buf = woad_host_tx(dev->h))) {
        any = true;
        if (dbl_random(dev->d, 16) == 0) { /* a transport that is busy now and then */
            woad_host_tx_undo(dev->h, buf);
            buf = woad_host_tx(dev->h);
        }
        must_be_defined(buf);
        if (buf->type == WOAD_PKT_ACL) {
            data_out(dev, buf);
        } else {
            command(dev, buf->data, buf->len);
            woad_buf_unref(buf);
        }
    }
    return any;
}

bool dbl_turn(struct dbl *d)
{
    bool any = false;
    for (unsigned i = 0; i < d->count; i++) {
        struct dbl_dev *dev = &d->dev[i];
        bool got = deliver(dev);
        if (got || dev->woken || dev->deadline <= d->now) {
            dev->woken = false;
            dev->deadline = woad_host_run(dev->h, d->now);
            any = true;
        }
        any |= drain(dev);
        any |= complete_data(dev);
    }
    match(d);
    return any;
}

static woad_time next_time(const struct dbl *d)
{
    woad_time next = WOAD_TIME_NEVER;
    for (unsigned i = 0; i < d->count; i++) {
        next = woad_time_min(next, d->dev[i].deadline);
        if (d->dev[i].to_host)
            next = woad_time_min(next, d->dev[i].to_host->at);
    }
    return next;
}

void dbl_run(struct dbl *d, woad_time us)
{
    woad_time end = d->now + us;
    for (;;) {
        while (dbl_turn(d)) {
        }
        woad_time next = next_time(d);
        if (next > end)
            break;
        if (next > d->now)
            d->now = next;
    }
    d->now = end;
}

void dbl_settle(struct dbl *d)
{
    for (;;) {
        while (dbl_turn(d)) {
        }
        woad_time next = next_time(d);
        if (next > d->now + 1000000)
            return;
        if (next > d->now)
            d->now = next;
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static struct dbl_event *record(struct dbl_dev *dev)
{
    if (dev->event_count == DBL_EVENTS) { /* keeps the newest half */
        memmove(dev->events, dev->events + DBL_EVENTS / 2, DBL_EVENTS / 2 * sizeof(*dev->events));
        dev->event_count = DBL_EVENTS / 2;
    }
    struct dbl_event *e = &dev->events[dev->event_count++];
    memset(e, 0, sizeof(*e));
    return e;
}

static void host_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct dbl_dev *dev = arg;
    (void)h;
    struct dbl_event *e = record(dev);
    e->type = evt->type;
    e->conn = evt->conn;
    switch (evt->type) {
    case WOAD_EVT_READY: dev->addr = evt->u.ready.addr; break;
    case WOAD_EVT_FAULT:
        e->err = evt->u.fault.err;
        e->value = evt->u.fault.opcode;
        break;
    case WOAD_EVT_ADV_REPORT: e->len = evt->u.report.data_len; break;
    case WOAD_EVT_CONN_UPDATE_REQUEST: e->value = evt->u.update_request.interval_min_1250us; break;
    case WOAD_EVT_LTK_REQUEST: e->value = evt->u.ltk_request.ediv; break;
    default:
        e->err = evt->u.done.err;
        e->hci = evt->u.done.hci;
        break;
    }
    if (evt->type == WOAD_EVT_ENCRYPTION)
        e->value = evt->u.encryption.on;
    if (evt->type == WOAD_EVT_CONN_UPDATED)
        e->value = evt->u.updated.interval_1250us;
    if (dev->on_event)
        dev->on_event(dev, evt);
}

void dbl_chan_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct dbl_dev *dev = arg;
    (void)h;
    struct dbl_event *e = record(dev);
    e->chan = true;
    e->type = evt->type;
    e->conn = evt->conn;
    e->handle = evt->chan;
    if (evt->type == WOAD_CHAN_CLOSED) {
        e->err = evt->u.closed.err;
        e->value = evt->u.closed.result;
    } else if (evt->type == WOAD_CHAN_SENT) {
        e->err = evt->u.sent.err;
        e->len = evt->u.sent.len;
        e->tag = evt->u.sent.tag;
    } else if (evt->type == WOAD_CHAN_RECEIVED) {
        e->len = evt->u.received.available;
    } else if (evt->type != WOAD_CHAN_WRITABLE) {
        e->err = evt->u.opened.err;
        e->value = evt->u.opened.peer_mtu;
        e->len = evt->u.opened.our_mtu;
    }
    if (dev->on_chan)
        dev->on_chan(dev, evt);
}

const struct dbl_event *dbl_find(const struct dbl_dev *dev, bool chan, uint8_t type, unsigned n)
{
    for (unsigned i = 0; i < dev->event_count; i++)
        if (dev->events[i].chan == chan && dev->events[i].type == type && n-- == 0)
            return &dev->events[i];
    return NULL;
}

static unsigned count(const struct dbl_dev *dev, bool chan, uint8_t type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < dev->event_count; i++)
        n += dev->events[i].chan == chan && dev->events[i].type == type;
    return n;
}

unsigned dbl_count(const struct dbl_dev *dev, uint8_t type)
{
    return count(dev, false, type);
}

unsigned dbl_chan_count(const struct dbl_dev *dev, uint8_t type)
{
    return count(dev, true, type);
}

void dbl_forget(struct dbl_dev *dev)
{
    dev->event_count = 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct dbl *dbl_new(unsigned n, const struct woad_host_cfg *from)
{
    struct dbl *d = calloc(1, sizeof(*d));
    DBL_CHECK(n <= DBL_DEVS);
    d->count = n;
    d->rng = 0x9e3779b97f4a7c15u;
    d->next_handle = 0x40;
    d->now = 1000000;
    for (unsigned i = 0; i < n; i++) {
        struct dbl_dev *dev = &d->dev[i];
        struct woad_host_cfg cfg = from ? *from : (struct woad_host_cfg){0};
        cfg.event = host_event;
        cfg.event_arg = dev;
        cfg.rand = fill_random;
        cfg.rand_arg = d;
        dev->d = d;
        dev->index = i;
        memcpy(dev->bd_addr, (uint8_t[]){(uint8_t)(i + 1), 0, 0, 0xee, 0xff, 0xc0}, 6);
        dev->acl_len = 251;
        dev->acl_count = 16;
        dev->version = WOAD_HCI_VERSION_5_0;
        dev->le_features = 0x1ff;
        memset(dev->commands, 0xff, sizeof(dev->commands));
        dev->commands[41] = 0; /* no version 2 of LE Read Buffer Size */
        dev->events = malloc(DBL_EVENTS * sizeof(*dev->events));
        size_t size = woad_host_mem_size(&cfg);
        dev->mem = malloc(size);
        int err = woad_host_init(dev->mem, size, &cfg, &dev->h);
        DBL_CHECK(err == 0);
        woad_host_set_wake(dev->h, wake, dev);
        dev->deadline = WOAD_TIME_NEVER;
    }
    return d;
}

void dbl_free(struct dbl *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        struct dbl_dev *dev = &d->dev[i];
        dbl_release_held(dev);
        while (dev->to_host) {
            struct dbl_pkt *p = dev->to_host;
            dev->to_host = p->next;
            free(p);
        }
        woad_host_deinit(dev->h);
        free(dev->mem);
        free(dev->events);
    }
    free(d);
}

void dbl_start(struct dbl *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        int err = woad_host_start(d->dev[i].h);
        DBL_CHECK(err == 0);
    }
    dbl_settle(d);
}

void dbl_connect(struct dbl *d, unsigned a, unsigned b, uint16_t *conn_a, uint16_t *conn_b)
{
    struct woad_adv_params adv = {0};
    int err = woad_gap_advertise_start(d->dev[b].h, &adv);
    DBL_CHECK(err == 0);
    dbl_settle(d);
    unsigned na = dbl_count(&d->dev[a], WOAD_EVT_CONNECTED);
    unsigned nb = dbl_count(&d->dev[b], WOAD_EVT_CONNECTED);
    err = woad_gap_connect(d->dev[a].h, &d->dev[b].addr, NULL);
    DBL_CHECK(err == 0);
    dbl_settle(d);
    const struct dbl_event *ea = dbl_find(&d->dev[a], false, WOAD_EVT_CONNECTED, na);
    const struct dbl_event *eb = dbl_find(&d->dev[b], false, WOAD_EVT_CONNECTED, nb);
    *conn_a = ea ? ea->conn : WOAD_CONN_NONE;
    *conn_b = eb ? eb->conn : WOAD_CONN_NONE;
}
