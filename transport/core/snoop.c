#include "woad/transport_snoop.h"

#include "woad/cursor.h"
#include "woad/hci.h"

static struct woad_snoop *snoop_of(struct woad_transport *t)
{
    return (struct woad_snoop *)t;
}

static bool in_list(const uint16_t *list, uint16_t count, uint16_t value)
{
    for (uint16_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return count == 0;
}

/* The opcode a Command Complete or Command Status event is about; false for other events. */
static bool event_opcode(const uint8_t *data, size_t len, uint16_t *opcode)
{
    struct woad_rd r = woad_rd_init(data, len);
    uint8_t code = woad_rd_u8(&r);
    bool complete = code == WOAD_HCI_EVT_COMMAND_COMPLETE;
    if (!complete && code != WOAD_HCI_EVT_COMMAND_STATUS)
        return false;
    woad_rd_take(&r, complete ? 2 : 3); /* length, (status,) packets allowed */
    *opcode = woad_rd_u16(&r);
    return woad_rd_ok(&r);
}

static bool match_event(const struct woad_snoop_filter *f, const uint8_t *data, size_t len)
{
    uint16_t opcode;
    if (event_opcode(data, len, &opcode) && !in_list(f->opcodes, f->opcode_count, opcode))
        return false;
    if (len < 2)
        return f->event_count == 0;
    if (data[0] != WOAD_HCI_EVT_LE_META)
        return in_list(f->events, f->event_count, data[0]);
    uint16_t code = (uint16_t)(data[0] << 8);
    return in_list(f->events, f->event_count, code) ||
           (len > 2 && in_list(f->events, f->event_count, code | data[2]));
}

bool woad_snoop_match(const struct woad_snoop_filter *f, uint8_t type, const uint8_t *data,
                      size_t len)
{
    if (f->types && (type > 7 || !(f->types >> type & 1)))
        return false;
    uint16_t first = len >= 2 ? woad_get_u16(data) : 0xFFFF;
    switch (type) {
    case WOAD_PKT_CMD: return in_list(f->opcodes, f->opcode_count, first);
    case WOAD_PKT_EVT: return match_event(f, data, len);
    default: return in_list(f->handles, f->handle_count, first & WOAD_HCI_HANDLE_MASK);
    }
}

static void put(struct woad_snoop *s, const void *octets, size_t len)
{
    if (len && !s->failed && s->cfg.write(s->cfg.write_arg, octets, len) < 0)
        s->failed = true;
}

/* One record: rec's data, then ext. */
static void put_record(struct woad_snoop *s, const struct woad_btsnoop_rec *rec, const void *data,
                       size_t len, const void *ext, size_t ext_len)
{
    uint8_t head[WOAD_BTSNOOP_HEAD_MAX];
    size_t n = woad_btsnoop_put_record(head, s->cfg.link, rec);
    if (!n)
        return;
    put(s, head, n);
    put(s, data, len);
    put(s, ext, ext_len);
}

static uint64_t now(const struct woad_snoop *s)
{
    return s->cfg.now_us ? s->cfg.now_us(s->cfg.now_arg) : 0;
}

static void begin_file(struct woad_snoop *s)
{
    s->begun = true;
    uint8_t head[WOAD_BTSNOOP_HEAD_MAX];
    put(s, head, woad_btsnoop_put_header(head, s->cfg.link));
    uint8_t index[WOAD_BTSNOOP_NEW_INDEX_LEN];
    woad_btsnoop_put_new_index(index, s->cfg.addr, "hci");
    struct woad_btsnoop_rec rec = {.time_us = now(s),
                                   .data = index,
                                   .len = sizeof(index),
                                   .adapter = s->cfg.adapter,
                                   .note = WOAD_BTSNOOP_NEW_INDEX};
    put_record(s, &rec, index, sizeof(index), NULL, 0); /* nothing for H4 */
}

static void record(struct woad_snoop *s, const struct woad_buf *pkt, bool received)
{
    uint32_t total = woad_buf_total(pkt);
    struct woad_btsnoop_rec rec = {
        .time_us = now(s),
        .data = pkt->data,
        .len = total,
        .orig_len = total,
        .adapter = s->cfg.adapter,
        .type = pkt->type,
        .received = received != s->cfg.controller,
    };
    if (s->cfg.write && woad_snoop_match(&s->cfg.filter, pkt->type, pkt->data, pkt->len)) {
        s->records++;
        put_record(s, &rec, pkt->data, pkt->len, pkt->ext, pkt->ext_len);
    }
    if (s->cfg.seen) {
        rec.len = pkt->len; /* what stands in one piece */
        s->cfg.seen(s->cfg.seen_arg, &rec);
    }
}

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    struct woad_snoop *s = arg;
    return s->transport.up->alloc(s->transport.up_arg, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    struct woad_snoop *s = arg;
    record(s, pkt, true);
    s->transport.up->rx(s->transport.up_arg, pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    struct woad_snoop *s = arg;
    s->transport.up->tx_done(s->transport.up_arg, pkt);
}

/* Shows the outside what inner shows. */
static void mirror(struct woad_snoop *s)
{
    s->transport.fd = s->inner->fd;
    s->transport.wants = s->inner->wants;
    s->transport.why = s->inner->why;
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    struct woad_snoop *s = arg;
    mirror(s);
    s->transport.up->fault(s->transport.up_arg, reason);
}

static void up_wake(void *arg)
{
    struct woad_snoop *s = arg;
    if (s->transport.up->wake)
        s->transport.up->wake(s->transport.up_arg);
}

static const struct woad_transport_up snoop_up = {
    .alloc = up_alloc,
    .rx = up_rx,
    .tx_done = up_tx_done,
    .fault = up_fault,
    .wake = up_wake,
};

static int snoop_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct woad_snoop *s = snoop_of(t);
    t->up = up;
    t->up_arg = up_arg;
    if (s->cfg.write && !s->begun)
        begin_file(s);
    int err = woad_transport_open(s->inner, &snoop_up, s);
    mirror(s);
    return err;
}

static void snoop_close(struct woad_transport *t)
{
    woad_transport_close(snoop_of(t)->inner);
    mirror(snoop_of(t));
}

static int snoop_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct woad_snoop *s = snoop_of(t);
    /* A reference of our own keeps the octets readable whatever inner does with its; where the
     * packet begins and ends is noted before, for a controller in this process takes its header
     * off. */
    woad_buf_ref(pkt);
    const struct woad_buf view = *pkt;
    int err = woad_transport_tx(s->inner, pkt);
    if (err >= 0)
        record(s, &view, false);
    woad_buf_unref(pkt);
    return err;
}

static int snoop_power(struct woad_transport *t, enum woad_power want)
{
    return woad_transport_power(snoop_of(t)->inner, want);
}

static uint32_t snoop_caps(const struct woad_transport *t)
{
    return woad_transport_caps(((const struct woad_snoop *)t)->inner);
}

static woad_time snoop_poll(struct woad_transport *t, woad_time now_us)
{
    woad_time next = woad_transport_poll(snoop_of(t)->inner, now_us);
    mirror(snoop_of(t));
    return next;
}

static const struct woad_transport_ops snoop_ops = {
    .open = snoop_open,
    .close = snoop_close,
    .tx = snoop_tx,
    .power = snoop_power,
    .caps = snoop_caps,
    .poll = snoop_poll,
};

void woad_snoop_init(struct woad_snoop *s, struct woad_transport *inner,
                     const struct woad_snoop_cfg *cfg)
{
    *s = (struct woad_snoop){
        .transport = {.ops = &snoop_ops, .fd = -1}, .inner = inner, .cfg = *cfg};
}
