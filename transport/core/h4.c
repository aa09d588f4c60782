#include "woad/h4.h"

#include <assert.h>
#include <string.h>

#include "woad/cursor.h"

enum {
    EVT_LE_META = 0x3E,   /* LE Meta event: its first parameter is the subevent code */
    ISO_LEN_MASK = 0x3FFF /* [Vol 4, Part E, 5.4.5] */
};

/* One row per packet type: octets of the header and where in it the payload's length stands
 * [Vol 4, Part E, 5.4]. */
static const struct {
    uint8_t head_len;
    uint8_t len_at;
    uint8_t len_octets;
} kinds[] = {
    [WOAD_PKT_CMD] = {3, 2, 1}, [WOAD_PKT_ACL] = {4, 2, 2}, [WOAD_PKT_SCO] = {3, 2, 1},
    [WOAD_PKT_EVT] = {2, 1, 1}, [WOAD_PKT_ISO] = {4, 2, 2},
};

uint8_t woad_h4_head_len(uint8_t type)
{
    return type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type].head_len : 0;
}

static uint32_t payload_len(uint8_t type, const uint8_t *head)
{
    const uint8_t *at = head + kinds[type].len_at;
    if (kinds[type].len_octets == 1)
        return at[0];
    return woad_get_u16(at) & (type == WOAD_PKT_ISO ? ISO_LEN_MASK : 0xFFFFu);
}

bool woad_h4_valid(const struct woad_buf *pkt)
{
    uint8_t head_len = woad_h4_head_len(pkt->type);
    return head_len && pkt->len >= head_len &&
           woad_buf_total(pkt) == head_len + payload_len(pkt->type, pkt->data);
}

void woad_h4_init(struct woad_h4 *h, const struct woad_h4_cfg *cfg)
{
    *h = (struct woad_h4){.cfg = *cfg};
    if (!h->cfg.len_max)
        h->cfg.len_max = UINT16_MAX;
}

void woad_h4_deinit(struct woad_h4 *h)
{
    woad_buf_unref(h->buf);
    h->buf = NULL;
    h->need = 0;
    h->left = 0;
}

static int fail(struct woad_h4 *h)
{
    woad_h4_deinit(h);
    h->failed = true;
    return WOAD_ERR_FORMAT;
}

static void deliver(struct woad_h4 *h)
{
    struct woad_buf *buf = h->buf;
    h->buf = NULL;
    h->need = 0;
    if (buf)
        h->cfg.up->rx(h->cfg.up_arg, buf);
}

/* The header is complete: obtains the buffer. On AGAIN nothing has changed. */
static int begin(struct woad_h4 *h)
{
    uint32_t payload = payload_len(h->type, h->head);
    uint32_t total = kinds[h->type].head_len + payload;
    if (total > h->cfg.len_max)
        return fail(h);
    bool discard = false;
    struct woad_buf *buf =
        h->cfg.up->alloc(h->cfg.up_arg, h->type, (uint16_t)total, h->head, h->need, &discard);
    if (!buf && !discard)
        return WOAD_ERR_AGAIN;
    h->left = total - h->need;
    h->buf = buf;
    if (buf) {
        assert(woad_buf_tailroom(buf) >= total);
        buf->type = h->type;
        memcpy(woad_buf_put(buf, h->need), h->head, h->need);
    } else {
        h->dropped++;
    }
    if (!h->left)
        deliver(h);
    return 0;
}

/* An LE event is told by its subevent code: with it the user can tell what may be dropped. */
static bool wants_subevent(const struct woad_h4 *h)
{
    return h->type == WOAD_PKT_EVT && h->need == 2 && h->head[0] == EVT_LE_META && h->head[1] > 0;
}

static int take_type(struct woad_h4 *h, uint8_t octet)
{
    if (octet < 8 && h->cfg.types >> octet & 1 && woad_h4_head_len(octet)) {
        h->type = octet;
        h->need = kinds[octet].head_len;
        h->have = 0;
        return 0;
    }
    if (h->cfg.signal && h->cfg.signal(h->cfg.signal_arg, octet))
        return 0;
    return fail(h);
}

/* Header octets from p on; *used says how many. */
static int take_head(struct woad_h4 *h, const uint8_t *p, size_t avail, size_t *used)
{
    *used = 0;
    for (;;) {
        while (h->have < h->need && *used < avail)
            h->head[h->have++] = p[(*used)++];
        if (h->have < h->need)
            return 0;
        if (!wants_subevent(h))
            return begin(h);
        h->need = 3;
    }
}

static size_t take_payload(struct woad_h4 *h, const uint8_t *p, size_t avail)
{
    size_t n = h->left < avail ? h->left : avail;
    if (h->buf)
        memcpy(woad_buf_put(h->buf, (uint16_t)n), p, n);
    h->left -= (uint32_t)n;
    if (!h->left)
        deliver(h);
    return n;
}

/* The common case, without the machine: a packet that stands whole in the span. Octets used; 0: it
 * does not, or something is special about it, and the machine sees to it. */
static size_t take_whole(struct woad_h4 *h, const uint8_t *p, size_t avail)
{
    uint8_t type = p[0];
    if (avail < 5 || type > WOAD_PKT_ISO || !(h->cfg.types >> type & 1))
        return 0;
    const uint8_t *head = p + 1;
    uint8_t head_len = kinds[type].head_len;
    uint32_t total = head_len + payload_len(type, head);
    if (avail <= total || total > h->cfg.len_max)
        return 0;
    if (type == WOAD_PKT_EVT && head[0] == EVT_LE_META && total > 2)
        head_len = 3;
    bool discard = false;
    struct woad_buf *buf =
        h->cfg.up->alloc(h->cfg.up_arg, type, (uint16_t)total, head, head_len, &discard);
    if (buf) {
        assert(woad_buf_tailroom(buf) >= total);
        buf->type = type;
        memcpy(woad_buf_put(buf, (uint16_t)total), head, total);
        h->cfg.up->rx(h->cfg.up_arg, buf);
    } else if (discard) {
        h->dropped++;
    } else { /* the header waits for a buffer, as in take_head() */
        h->type = type;
        h->need = head_len;
        h->have = head_len;
        memcpy(h->head, head, head_len);
        return 1u + head_len;
    }
    return 1 + total;
}

int woad_h4_rx(struct woad_h4 *h, const uint8_t *data, size_t len, size_t *used)
{
    size_t at = 0;
    if (!data)
        data = h->head; /* nothing is read from it: len is 0 */
    int err = h->failed ? WOAD_ERR_FORMAT : 0;
    /* A header that is complete waits for a buffer and needs no further octet. */
    bool waiting = h->need && h->have == h->need && !h->left;
    while (!err && (at < len || waiting)) {
        if (h->left) {
            at += take_payload(h, data + at, len - at);
        } else if (!h->need) {
            size_t n = take_whole(h, data + at, len - at);
            at += n;
            if (n && h->need)
                err = WOAD_ERR_AGAIN;
            if (n)
                continue;
            err = take_type(h, data[at]);
            at += !err;
        } else {
            size_t n;
            err = take_head(h, data + at, len - at, &n);
            at += n;
            waiting = false;
        }
    }
    *used = at;
    return err;
}
