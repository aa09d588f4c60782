#include "woad/transport_replay.h"

#include <string.h>

#include "woad/hci.h"
#include "woad/hci_decode.h"
#include "woad/h4.h"

enum {
    EARLY_MAX = 64, /* packets that may wait for their turn */
    RECORDS_PER_POLL = 64,
    AHEAD_MAX = 64, /* bits of ahead */
};

static struct woad_replay *replay_of(struct woad_transport *t)
{
    return (struct woad_replay *)t;
}

/* ---- what may differ ------------------------------------------------------------------------- */

/* Octets of the parameters of commands that are random or secret [Vol 4, Part E, 7.8]. */
static const struct {
    uint16_t opcode;
    uint8_t from;
    uint8_t to;
} wild[] = {
    {WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS, 0, 6},
    {WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 1, 7},
    {WOAD_HCI_CMD_LE_ENCRYPT, 0, 32},
    {WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, 2, 28}, /* random number, diversifier, key */
    {WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY, 2, 18},
    {WOAD_HCI_CMD_LE_ADD_DEVICE_TO_RESOLVING_LIST, 7, 39}, /* both resolving keys */
    {WOAD_HCI_CMD_LE_GENERATE_DHKEY, 0, 64},
    {WOAD_HCI_CMD_LE_GENERATE_DHKEY_V2, 0, 64},
    {WOAD_HCI_CMD_LE_CREATE_BIG, 15, 31}, /* broadcast code */
    {WOAD_HCI_CMD_LE_BIG_CREATE_SYNC, 4, 20},
};

static bool wild_command(const uint8_t *data, size_t at)
{
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
        if (wild[i].opcode == woad_get_u16(data) && at >= wild[i].from + 3u && at < wild[i].to + 3u)
            return true;
    return false;
}

/* SMP PDUs whose values are random or keys, as bits 1 << code: Confirm, Random, Encryption and
 * Identity Information, Central Identification, Signing Information, Public Key, DHKey Check
 * [Vol 3, Part H, 3.5, 3.6]. The code stands behind the ACL and L2CAP headers. */
static bool wild_acl(const uint8_t *data, size_t len, size_t at)
{
    enum { CID_AT = 6, CODE_AT = 8, CID_SMP = 6, CODES = 0x35D8 };
    return len > CODE_AT && woad_get_u16(data + CID_AT) == CID_SMP && data[CODE_AT] < 16 &&
           CODES >> data[CODE_AT] & 1 && at > CODE_AT;
}

static bool may_differ(const struct woad_replay *r, const struct woad_btsnoop_rec *rec, size_t at)
{
    if (rec->type == WOAD_PKT_CMD && wild_command(rec->data, at))
        return true;
    if (rec->type == WOAD_PKT_ACL && wild_acl(rec->data, rec->len, at))
        return true;
    return r->cfg.ignore && r->cfg.ignore(r->cfg.ignore_arg, rec->type, rec->data, rec->len, at);
}

/* The first octet of pkt that is not as recorded; SIZE_MAX when all are. A record that the capture
 * cut short is compared as far as it goes. */
static size_t first_difference(const struct woad_replay *r, const struct woad_btsnoop_rec *rec,
                               const struct woad_buf *pkt)
{
    size_t total = woad_buf_total(pkt);
    bool cut = rec->len < rec->orig_len;
    for (size_t at = 0; at < rec->len && at < total; at++) {
        uint8_t octet = at < pkt->len ? pkt->data[at] : pkt->ext[at - pkt->len];
        if (octet != rec->data[at] && !may_differ(r, rec, at))
            return at;
    }
    if (total < rec->len)
        return total;
    return total > rec->len && !cut ? rec->len : SIZE_MAX;
}

/* ---- the report ------------------------------------------------------------------------------ */

struct report {
    struct woad_replay *r;
    size_t len;
    size_t limit;
};

static void add(void *arg, const char *s, size_t len)
{
    struct report *out = arg;
    if (len > out->limit - out->len)
        len = out->limit - out->len;
    memcpy(out->r->text + out->len, s, len);
    out->len += len;
    out->r->text[out->len] = '\0';
}

static void add_text(struct report *out, const char *s)
{
    add(out, s, strlen(s));
}

static void add_number(struct report *out, uint32_t n)
{
    char digits[11];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    add(out, digits + at, sizeof(digits) - at);
}

static void add_packet(struct report *out, size_t limit, uint8_t type, const uint8_t *data,
                       size_t len)
{
    out->limit = limit;
    struct woad_print print = {.text = add, .arg = out};
    (void)woad_decode_hci(type, data, len, &woad_print_visitor, &print);
    out->limit = sizeof(out->r->text) - 1;
}

static void give_back(struct woad_replay *r, struct woad_buf_queue *q)
{
    struct woad_buf *pkt;
    while ((pkt = woad_buf_queue_pop(q)))
        r->transport.up->tx_done(r->transport.up_arg, pkt);
}

/* Ends the run: pkt (or nothing, when at is SIZE_MAX) came where rec was expected. */
static void mismatch(struct woad_replay *r, const struct woad_btsnoop_rec *rec, uint32_t index,
                     const struct woad_buf *pkt, size_t at)
{
    struct report out = {.r = r, .limit = sizeof(r->text) - 1};
    add_text(&out, "record ");
    add_number(&out, index);
    if (at == SIZE_MAX) {
        add_text(&out, pkt ? " did not come; another packet did" : " did not come");
    } else {
        add_text(&out, " differs at octet ");
        add_number(&out, (uint32_t)at);
    }
    add_text(&out, "\nexpected:\n");
    add_packet(&out, sizeof(r->text) / 2, rec->type, rec->data, rec->len);
    if (pkt) {
        add_text(&out, "\nsent:\n");
        add_packet(&out, sizeof(r->text) - 1, pkt->type, pkt->data, pkt->len);
    }
    r->diff_index = index;
    r->state = WOAD_REPLAY_MISMATCH;
    r->transport.why = r->text;
}

/* ---- matching -------------------------------------------------------------------------------- */

/* The next record that is a packet of the adapter played; false at the end. A record that cannot be
 * read ends the file: what stands before it is good. */
static bool next_packet(struct woad_replay *r, struct woad_btsnoop_reader *reader,
                        struct woad_btsnoop_rec *rec)
{
    while (woad_btsnoop_next(reader, rec) > 0) {
        uint8_t head_len = woad_h4_head_len(rec->type);
        if (!head_len || rec->len < head_len)
            continue;
        if (!r->adapter_known) {
            r->adapter_known = true;
            r->adapter = rec->adapter;
        }
        if (rec->adapter == r->adapter)
            return true;
    }
    return false;
}

static void advance(struct woad_replay *r)
{
    bool matched_already;
    do {
        if (!next_packet(r, &r->reader, &r->rec)) {
            r->state = WOAD_REPLAY_DONE;
            return;
        }
        r->index = r->reader.index - 1;
        matched_already = r->ahead & 1;
        r->ahead >>= 1;
    } while (matched_already);
}

static bool same_lane(const struct woad_btsnoop_rec *rec, const struct woad_buf *pkt)
{
    if (rec->type != pkt->type)
        return false;
    return rec->type == WOAD_PKT_CMD ||
           ((woad_get_u16(rec->data) ^ woad_get_u16(pkt->data)) & WOAD_HCI_HANDLE_MASK) == 0;
}

/* The first packet waiting in rec's lane, taken out of the queue; or NULL. */
static struct woad_buf *take_lane(struct woad_replay *r, const struct woad_btsnoop_rec *rec)
{
    struct woad_buf *found = NULL;
    struct woad_buf_queue rest = {0};
    struct woad_buf *pkt;
    while ((pkt = woad_buf_queue_pop(&r->early))) {
        if (!found && same_lane(rec, pkt))
            found = pkt;
        else
            woad_buf_queue_push(&rest, pkt);
    }
    r->early = rest;
    return found;
}

/* Compares the packet that waits in rec's lane. True: it matched. */
static bool match(struct woad_replay *r, const struct woad_btsnoop_rec *rec, uint32_t index)
{
    struct woad_buf *pkt = take_lane(r, rec);
    if (!pkt)
        return false;
    size_t at = first_difference(r, rec, pkt);
    if (at != SIZE_MAX)
        mismatch(r, rec, index, pkt, at);
    else
        r->matched++;
    woad_buf_queue_push(&r->done, pkt);
    return at == SIZE_MAX;
}

/* Other lanes may be ahead of rec, up to the next packet of the controller. */
static void match_ahead(struct woad_replay *r)
{
    struct woad_btsnoop_reader reader = r->reader;
    struct woad_btsnoop_rec rec;
    for (unsigned k = 0; k < AHEAD_MAX && r->early.count; k++) {
        if (!next_packet(r, &reader, &rec) || rec.received || r->state != WOAD_REPLAY_RUNNING)
            return;
        if (!(r->ahead >> k & 1) && match(r, &rec, reader.index - 1))
            r->ahead |= UINT64_C(1) << k;
    }
}

/* Gives rec to the user. False: not now; *next is the time for another try. */
static bool feed(struct woad_replay *r, woad_time now_us, woad_time *next)
{
    uint64_t gap = r->rec.time_us > r->before_us ? r->rec.time_us - r->before_us : 0;
    woad_time due = r->cfg.recorded_time && r->before_us ? woad_time_add(r->since_us, gap) : now_us;
    if (due > now_us) {
        *next = due;
        return false;
    }
    bool discard = false;
    uint16_t head_len = woad_h4_head_len(r->rec.type);
    if (r->rec.type == WOAD_PKT_EVT && r->rec.data[0] == WOAD_HCI_EVT_LE_META && r->rec.len > 2)
        head_len = 3;
    struct woad_buf *pkt = r->transport.up->alloc(
        r->transport.up_arg, r->rec.type, (uint16_t)r->rec.len, r->rec.data, head_len, &discard);
    if (!pkt) {
        *next = woad_time_add(now_us, WOAD_TRANSPORT_RETRY_US);
        return discard;
    }
    pkt->type = r->rec.type;
    memcpy(woad_buf_put(pkt, (uint16_t)r->rec.len), r->rec.data, r->rec.len);
    r->fed++;
    r->transport.up->rx(r->transport.up_arg, pkt);
    return true;
}

/* A packet is expected. False: it has not come; *next is when patience ends. */
static bool expect(struct woad_replay *r, woad_time now_us, woad_time *next)
{
    if (match(r, &r->rec, r->index))
        return true;
    if (r->state == WOAD_REPLAY_RUNNING)
        match_ahead(r);
    if (r->state != WOAD_REPLAY_RUNNING)
        return false;
    *next = woad_time_add(r->since_us, r->cfg.stall_us);
    if (now_us >= *next)
        mismatch(r, &r->rec, r->index, r->early.head, SIZE_MAX);
    return false;
}

static woad_time replay_poll(struct woad_transport *t, woad_time now_us)
{
    struct woad_replay *r = replay_of(t);
    woad_time next = WOAD_TIME_NEVER;
    if (!r->timed) {
        r->timed = true;
        r->since_us = now_us;
    }
    for (int i = 0; r->state == WOAD_REPLAY_RUNNING; i++) {
        if (i == RECORDS_PER_POLL) {
            next = now_us;
            break;
        }
        if (!(r->rec.received ? feed(r, now_us, &next) : expect(r, now_us, &next)))
            break;
        r->since_us = now_us;
        r->before_us = r->rec.time_us;
        advance(r);
    }
    if (r->state == WOAD_REPLAY_CLOSED)
        return WOAD_TIME_NEVER;
    give_back(r, &r->done);
    if (r->state == WOAD_REPLAY_RUNNING)
        return next;
    r->extra += r->early.count;
    give_back(r, &r->early);
    if (r->state == WOAD_REPLAY_MISMATCH && !r->told) {
        r->told = true;
        t->up->fault(t->up_arg, WOAD_FAULT_MISMATCH);
    }
    return WOAD_TIME_NEVER;
}

/* ---- the rest of the table ------------------------------------------------------------------- */

static int replay_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct woad_replay *r = replay_of(t);
    if (r->state != WOAD_REPLAY_CLOSED)
        return WOAD_ERR_STATE;
    int err = woad_btsnoop_open(&r->reader, r->cfg.file, r->cfg.file_len);
    if (err < 0)
        return err;
    t->up = up;
    t->up_arg = up_arg;
    t->why = NULL;
    r->state = WOAD_REPLAY_RUNNING;
    r->ahead = 0;
    r->timed = false;
    r->told = false;
    r->adapter_known = false;
    r->before_us = 0;
    r->fed = 0;
    r->matched = 0;
    r->extra = 0;
    advance(r);
    return 0;
}

static void replay_close(struct woad_transport *t)
{
    struct woad_replay *r = replay_of(t);
    if (r->state == WOAD_REPLAY_CLOSED)
        return;
    r->state = WOAD_REPLAY_CLOSED;
    give_back(r, &r->done);
    give_back(r, &r->early);
}

static int replay_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct woad_replay *r = replay_of(t);
    if (r->state == WOAD_REPLAY_CLOSED)
        return WOAD_ERR_STATE;
    if (r->state == WOAD_REPLAY_MISMATCH)
        return WOAD_ERR_FAULT;
    if (!woad_h4_valid(pkt) || pkt->type == WOAD_PKT_EVT)
        return WOAD_ERR_FORMAT;
    if (r->early.count >= EARLY_MAX)
        return WOAD_ERR_AGAIN;
    woad_buf_queue_push(&r->early, pkt);
    if (t->up->wake)
        t->up->wake(t->up_arg);
    return 0;
}

static int replay_power(struct woad_transport *t, enum woad_power want)
{
    (void)t;
    return want == WOAD_POWER_OFF ? WOAD_ERR_UNSUPPORTED : 0;
}

static uint32_t replay_caps(const struct woad_transport *t)
{
    (void)t;
    return 0;
}

static const struct woad_transport_ops replay_ops = {
    .open = replay_open,
    .close = replay_close,
    .tx = replay_tx,
    .power = replay_power,
    .caps = replay_caps,
    .poll = replay_poll,
};

int woad_replay_init(struct woad_replay *r, const struct woad_replay_cfg *cfg)
{
    *r = (struct woad_replay){.transport = {.ops = &replay_ops, .fd = -1}, .cfg = *cfg};
    if (!r->cfg.stall_us)
        r->cfg.stall_us = 2000000;
    return woad_btsnoop_open(&r->reader, cfg->file, cfg->file_len);
}
