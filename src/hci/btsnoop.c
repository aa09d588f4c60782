/* The btsnoop file format; see woad/btsnoop.h. Everything in it is big endian. */
#include "woad/btsnoop.h"

#include <string.h>

#include "woad/buf.h"

#define EPOCH_US  UINT64_C(0x00dcddb30f2f8000) /* the Unix epoch, counted from the year 0 */
#define REC_HDR   24
#define NO_OPCODE 0xff

static const uint8_t magic[8] = {'b', 't', 's', 'n', 'o', 'o', 'p', 0};

/* Monitor opcodes per packet type: to the controller, to the host. */
static const uint8_t monitor_opcode[][2] = {
    [WOAD_PKT_CMD] = {2, NO_OPCODE}, [WOAD_PKT_ACL] = {4, 5},   [WOAD_PKT_SCO] = {6, 7},
    [WOAD_PKT_EVT] = {NO_OPCODE, 3}, [WOAD_PKT_ISO] = {18, 19},
};

static uint32_t rd_be32(struct woad_rd *r)
{
    const uint8_t *p = woad_rd_take(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static uint64_t rd_be64(struct woad_rd *r)
{
    uint64_t high = rd_be32(r);
    return high << 32 | rd_be32(r);
}

static void wr_be32(struct woad_wr *w, uint32_t v)
{
    const uint8_t octets[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                               (uint8_t)v};
    woad_wr_bytes(w, octets, sizeof(octets));
}

static void wr_be64(struct woad_wr *w, uint64_t v)
{
    wr_be32(w, (uint32_t)(v >> 32));
    wr_be32(w, (uint32_t)v);
}

int woad_btsnoop_open(struct woad_btsnoop_reader *r, const void *data, size_t len)
{
    *r = (struct woad_btsnoop_reader){.rd = woad_rd_init(data, len)};
    size_t known = len < sizeof(magic) ? len : sizeof(magic);
    if (known && memcmp(data, magic, known) != 0)
        return WOAD_ERR_FORMAT;
    (void)woad_rd_take(&r->rd, sizeof(magic));
    uint32_t version = rd_be32(&r->rd);
    r->datalink = rd_be32(&r->rd);
    if (!woad_rd_ok(&r->rd))
        return WOAD_ERR_EOF;
    r->offset = WOAD_BTSNOOP_FILE_HEADER_LEN;
    if (version != 1)
        return WOAD_ERR_FORMAT;
    if (r->datalink != WOAD_BTSNOOP_H1 && r->datalink != WOAD_BTSNOOP_H4 &&
        r->datalink != WOAD_BTSNOOP_MONITOR)
        return WOAD_ERR_UNSUPPORTED;
    return 0;
}

/* Bit 0 of the flags: received; bit 1: command or event. */
static void set_type_h1(struct woad_btsnoop_rec *rec, uint32_t flags)
{
    rec->received = flags & 1;
    if (!(flags & 2))
        rec->type = WOAD_PKT_ACL;
    else
        rec->type = rec->received ? WOAD_PKT_EVT : WOAD_PKT_CMD;
}

static int set_type_h4(struct woad_btsnoop_rec *rec, uint32_t flags)
{
    if (rec->len == 0 || rec->data[0] < WOAD_PKT_CMD || rec->data[0] > WOAD_PKT_ISO)
        return WOAD_ERR_FORMAT;
    rec->received = flags & 1;
    rec->type = rec->data[0];
    rec->data++;
    rec->len--;
    rec->orig_len--;
    return 0;
}

void woad_btsnoop_set_monitor(struct woad_btsnoop_rec *rec, uint16_t adapter, uint16_t opcode)
{
    rec->adapter = adapter;
    rec->note = opcode;
    for (uint8_t type = WOAD_PKT_CMD; type <= WOAD_PKT_ISO; type++) {
        for (unsigned received = 0; received < 2; received++) {
            if (monitor_opcode[type][received] != NO_OPCODE &&
                monitor_opcode[type][received] == opcode) {
                rec->type = type;
                rec->received = received;
                rec->note = 0;
            }
        }
    }
}

int woad_btsnoop_next(struct woad_btsnoop_reader *r, struct woad_btsnoop_rec *rec)
{
    if (r->rd.left == 0 && woad_rd_ok(&r->rd))
        return 0;
    struct woad_rd rd = r->rd; /* committed only when the record is whole and good */
    *rec = (struct woad_btsnoop_rec){0};
    rec->orig_len = rd_be32(&rd);
    rec->len = rd_be32(&rd);
    uint32_t flags = rd_be32(&rd);
    rec->drops = rd_be32(&rd);
    uint64_t time_us = rd_be64(&rd);
    if (!woad_rd_ok(&rd))
        return WOAD_ERR_EOF;
    if (rec->len > rec->orig_len || rec->len > WOAD_BTSNOOP_REC_LEN_MAX)
        return WOAD_ERR_FORMAT;
    rec->time_us = time_us > EPOCH_US ? time_us - EPOCH_US : 0;
    rec->data = woad_rd_take(&rd, rec->len);
    if (!rec->data)
        return WOAD_ERR_EOF;
    uint64_t end = r->offset + REC_HDR + rec->len;
    if (r->datalink == WOAD_BTSNOOP_H4 && set_type_h4(rec, flags))
        return WOAD_ERR_FORMAT;
    if (r->datalink == WOAD_BTSNOOP_H1)
        set_type_h1(rec, flags);
    else if (r->datalink == WOAD_BTSNOOP_MONITOR)
        woad_btsnoop_set_monitor(rec, (uint16_t)(flags >> 16), (uint16_t)flags);
    r->rd = rd;
    r->offset = end;
    r->index++;
    return 1;
}

size_t woad_btsnoop_put_header(uint8_t *head, enum woad_btsnoop_link link)
{
    struct woad_wr w = woad_wr_init(head, WOAD_BTSNOOP_HEAD_MAX);
    woad_wr_bytes(&w, magic, sizeof(magic));
    wr_be32(&w, 1);
    wr_be32(&w, link);
    return woad_wr_len(&w);
}

static uint32_t flags_of(enum woad_btsnoop_link link, const struct woad_btsnoop_rec *rec)
{
    bool control = rec->type == WOAD_PKT_CMD || rec->type == WOAD_PKT_EVT;
    bool received = control ? rec->type == WOAD_PKT_EVT : rec->received;
    if (link != WOAD_BTSNOOP_MONITOR)
        return (received ? 1u : 0u) | (control ? 2u : 0u);
    bool packet = rec->type >= WOAD_PKT_CMD && rec->type <= WOAD_PKT_ISO;
    unsigned opcode = packet ? monitor_opcode[rec->type][received] : rec->note;
    return (uint32_t)rec->adapter << 16 | opcode;
}

size_t woad_btsnoop_put_record(uint8_t *head, enum woad_btsnoop_link link,
                               const struct woad_btsnoop_rec *rec)
{
    bool h4 = link == WOAD_BTSNOOP_H4;
    if (h4 && (rec->type < WOAD_PKT_CMD || rec->type > WOAD_PKT_ISO))
        return 0;
    struct woad_wr w = woad_wr_init(head, WOAD_BTSNOOP_HEAD_MAX);
    uint32_t orig_len = rec->orig_len > rec->len ? rec->orig_len : rec->len;
    wr_be32(&w, orig_len + h4);
    wr_be32(&w, rec->len + h4);
    wr_be32(&w, flags_of(link, rec));
    wr_be32(&w, rec->drops);
    wr_be64(&w, rec->time_us + EPOCH_US);
    if (h4)
        woad_wr_u8(&w, rec->type);
    return woad_wr_len(&w);
}

void woad_btsnoop_put_new_index(uint8_t data[WOAD_BTSNOOP_NEW_INDEX_LEN], const uint8_t *addr,
                                const char *name)
{
    const size_t name_at = 8;
    memset(data, 0, WOAD_BTSNOOP_NEW_INDEX_LEN); /* type 0: primary; bus 0: virtual */
    memcpy(data + 2, addr, 6);
    for (size_t i = 0; name[i] && name_at + i < WOAD_BTSNOOP_NEW_INDEX_LEN - 1; i++)
        data[name_at + i] = (uint8_t)name[i];
}
