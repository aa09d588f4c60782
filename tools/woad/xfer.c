#include "xfer.h"

#include "woad/cursor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[8] = {'W', 'O', 'A', 'D', 'F', 'I', 'L', 'E'};

static void hex_to_bytes(const char *hex, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        to[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

/* Why a channel ended, for people. */
static int closed_reason(const struct woad_chan_evt *evt, char *to, size_t size)
{
    int err = evt->u.closed.err;
    if (err == WOAD_ERR_REFUSED)
        snprintf(to, size, "the peer refused the channel (result 0x%04X)", evt->u.closed.result);
    else
        snprintf(to, size, "the channel ended early: %s", woad_err_text(err));
    return err == WOAD_ERR_TIMEOUT ? TOOL_TIMEOUT : TOOL_PEER;
}

/* ---- sender ---------------------------------------------------------------------------------- */

static void sender_fail(struct xfer_sender *s, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void sender_fail(struct xfer_sender *s, int exit_code, const char *fmt, ...)
{
    if (s->state != XFER_RUNNING)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->error, sizeof(s->error), fmt, ap);
    va_end(ap);
    s->state = XFER_FAILED;
    s->exit_code = exit_code;
}

int xfer_sender_init(struct xfer_sender *s, const char *name, const void *data, uint64_t len)
{
    *s = (struct xfer_sender){.data = data, .len = len};
    size_t name_len = strlen(name);
    if (name_len > XFER_NAME_MAX)
        name_len = XFER_NAME_MAX;
    struct tool_sha256 sha;
    if (tool_sha256_start(&sha) < 0)
        return -1;
    tool_sha256_add(&sha, data, (size_t)len);
    tool_sha256_hex(&sha, s->hash_hex);
    hex_to_bytes(s->hash_hex, s->hash, sizeof(s->hash));
    struct woad_wr w = woad_wr_init(s->header, sizeof(s->header));
    woad_wr_bytes(&w, magic, sizeof(magic));
    woad_wr_u64(&w, len);
    woad_wr_u8(&w, (uint8_t)name_len);
    woad_wr_bytes(&w, name, name_len);
    s->header_len = woad_wr_len(&w);
    return 0;
}

static bool sender_write(struct xfer_sender *s, const void *data, size_t len, uintptr_t tag)
{
    int err = woad_l2cap_write(s->host, s->chan, data, len, (void *)tag);
    if (err == WOAD_ERR_AGAIN)
        return false;
    if (err < 0) {
        sender_fail(s, TOOL_PEER, "cannot send: %s", woad_err_text(err));
        return false;
    }
    s->under_way++;
    return true;
}

/* Keeps up to XFER_WINDOW chunks under way, then the hash. */
static void sender_fill(struct xfer_sender *s)
{
    while (s->state == XFER_RUNNING && s->queued < s->len && s->under_way < XFER_WINDOW) {
        size_t n = s->len - s->queued < XFER_CHUNK ? (size_t)(s->len - s->queued) : XFER_CHUNK;
        if (!sender_write(s, s->data + s->queued, n, n))
            return;
        s->queued += n;
    }
    if (s->state == XFER_RUNNING && s->queued == s->len && !s->trailer_queued)
        s->trailer_queued = sender_write(s, s->hash, sizeof(s->hash), 0);
}

static void sender_read_answer(struct xfer_sender *s)
{
    long n;
    while (s->answer_len < sizeof(s->answer) &&
           (n = woad_l2cap_read(s->host, s->chan, s->answer + s->answer_len,
                                sizeof(s->answer) - s->answer_len)) > 0)
        s->answer_len += (size_t)n;
    if (s->answer_len < sizeof(s->answer) || s->state != XFER_RUNNING)
        return;
    if (s->answer[0] == XFER_KEPT && memcmp(s->answer + 1, s->hash, 32) == 0)
        s->state = XFER_DONE;
    else if (s->answer[0] == XFER_CANNOT_WRITE)
        sender_fail(s, TOOL_PEER, "the receiver cannot write the file");
    else
        sender_fail(s, TOOL_FAILED, "the receiver got other octets: SHA-256 differs");
}

void xfer_sender_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct xfer_sender *s = arg;
    switch (evt->type) {
    case WOAD_CHAN_OPENED:
        s->host = h;
        s->chan = evt->chan;
        if (!sender_write(s, s->header, s->header_len, 0))
            sender_fail(s, TOOL_PEER, "cannot send the header");
        sender_fill(s);
        break;
    case WOAD_CHAN_SENT:
        s->under_way--;
        s->sent += evt->u.sent.tag ? evt->u.sent.len : 0;
        sender_fill(s);
        break;
    case WOAD_CHAN_WRITABLE: sender_fill(s); break;
    case WOAD_CHAN_RECEIVED: sender_read_answer(s); break;
    case WOAD_CHAN_CLOSED:
        s->host = h;
        s->chan = evt->chan;
        sender_read_answer(s);
        if (s->state == XFER_RUNNING) {
            char why[128];
            int code = closed_reason(evt, why, sizeof(why));
            sender_fail(s, code, "%s", why);
        }
        break;
    default: break;
    }
}

/* ---- receiver -------------------------------------------------------------------------------- */

static void receiver_fail(struct xfer_receiver *r, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void receiver_fail(struct xfer_receiver *r, int exit_code, const char *fmt, ...)
{
    if (r->state != XFER_RUNNING)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->error, sizeof(r->error), fmt, ap);
    va_end(ap);
    r->state = XFER_FAILED;
    r->exit_code = exit_code;
}

void xfer_receiver_init(struct xfer_receiver *r, const char *out)
{
    *r = (struct xfer_receiver){.out = out};
}

void xfer_receiver_deinit(struct xfer_receiver *r)
{
    char unused[65];
    if (r->sha.op)
        tool_sha256_hex(&r->sha, unused);
    if (r->file) {
        fclose(r->file);
        unlink(r->temp);
    }
    r->file = NULL;
}

/* A name from a peer is only a name: no folder, nothing hidden. */
static void safe_name(const char *name, char *to, size_t size)
{
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    snprintf(to, size, "%s", name[0] && name[0] != '.' ? name : "received");
    for (char *c = to; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F || *c == '\\')
            *c = '_';
}

static void answer(struct xfer_receiver *r, enum xfer_verdict verdict)
{
    r->answer[0] = (uint8_t)verdict;
    hex_to_bytes(r->hash_hex, r->answer + 1, 32);
    r->answered = true;
    int err = woad_l2cap_write(r->host, r->chan, r->answer, sizeof(r->answer), r);
    if (err < 0)
        receiver_fail(r, TOOL_PEER, "cannot answer the sender: %s", woad_err_text(err));
}

static bool open_output(struct xfer_receiver *r)
{
    if (!r->out)
        return true;
    if (r->out[0])
        snprintf(r->path, sizeof(r->path), "%s", r->out);
    else
        safe_name(r->name, r->path, sizeof(r->path));
    snprintf(r->temp, sizeof(r->temp), "%s.part-%ld", r->path, (long)getpid());
    r->file = fopen(r->temp, "wb");
    return r->file != NULL;
}

static void cannot_write(struct xfer_receiver *r)
{
    int error = errno;
    memset(r->hash_hex, '0', 64);
    answer(r, XFER_CANNOT_WRITE);
    receiver_fail(r, TOOL_IO, "cannot write %s: %s", r->path, strerror(error));
    xfer_receiver_deinit(r);
}

static size_t header_size(const struct xfer_receiver *r)
{
    return r->head_len < 17 ? 17 : 17u + r->head[16];
}

/* Takes header octets; false while it is not complete or when it is bad. */
static bool take_header(struct xfer_receiver *r)
{
    long n;
    while (r->head_len < header_size(r) || r->head_len < 17) {
        n = woad_l2cap_read(r->host, r->chan, r->head + r->head_len, header_size(r) - r->head_len);
        if (n <= 0)
            return false;
        r->head_len += (size_t)n;
        if (r->head_len >= 17 && (memcmp(r->head, magic, 8) != 0 || r->head[16] > XFER_NAME_MAX)) {
            receiver_fail(r, TOOL_PEER, "the peer does not speak the file protocol");
            return false;
        }
    }
    r->len = woad_get_u64(r->head + 8);
    memcpy(r->name, r->head + 17, r->head[16]);
    r->head_done = true;
    if (tool_sha256_start(&r->sha) < 0) {
        receiver_fail(r, TOOL_FAILED, "no SHA-256");
        return false;
    }
    if (!open_output(r)) {
        cannot_write(r);
        return false;
    }
    return true;
}

static void finish(struct xfer_receiver *r)
{
    tool_sha256_hex(&r->sha, r->hash_hex);
    uint8_t hash[32];
    hex_to_bytes(r->hash_hex, hash, sizeof(hash));
    if (memcmp(hash, r->trailer, sizeof(hash)) != 0) {
        answer(r, XFER_BAD_HASH);
        receiver_fail(r, TOOL_FAILED, "SHA-256 of what arrived differs; the file is not kept");
        xfer_receiver_deinit(r);
        return;
    }
    if (r->file) {
        FILE *f = r->file;
        r->file = NULL;
        bool flushed = fflush(f) == 0 && fsync(fileno(f)) == 0;
        bool closed = fclose(f) == 0;
        if (!flushed || !closed || rename(r->temp, r->path) != 0) {
            int error = errno;
            unlink(r->temp);
            errno = error;
            cannot_write(r);
            return;
        }
    }
    answer(r, XFER_KEPT);
}

static void take_body(struct xfer_receiver *r)
{
    uint8_t chunk[4096];
    while (r->got < r->len) {
        size_t want = r->len - r->got < sizeof(chunk) ? (size_t)(r->len - r->got) : sizeof(chunk);
        long n = woad_l2cap_read(r->host, r->chan, chunk, want);
        if (n <= 0)
            return;
        tool_sha256_add(&r->sha, chunk, (size_t)n);
        if (r->file && fwrite(chunk, 1, (size_t)n, r->file) != (size_t)n) {
            cannot_write(r);
            return;
        }
        r->got += (uint64_t)n;
    }
    while (r->trailer_len < sizeof(r->trailer)) {
        long n = woad_l2cap_read(r->host, r->chan, r->trailer + r->trailer_len,
                                 sizeof(r->trailer) - r->trailer_len);
        if (n <= 0)
            return;
        r->trailer_len += (size_t)n;
    }
    finish(r);
}

static void take(struct xfer_receiver *r)
{
    if (r->state != XFER_RUNNING || r->answered)
        return;
    if (r->head_done || take_header(r))
        take_body(r);
}

void xfer_receiver_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct xfer_receiver *r = arg;
    r->host = h;
    switch (evt->type) {
    case WOAD_CHAN_ACCEPT:
        if (woad_l2cap_accept(h, evt->chan, r->chan ? WOAD_L2CAP_NO_RESOURCES : WOAD_L2CAP_OK, NULL,
                              NULL) < 0)
            receiver_fail(r, TOOL_PEER, "cannot accept the channel");
        break;
    case WOAD_CHAN_OPENED: r->chan = evt->chan; break;
    case WOAD_CHAN_RECEIVED: take(r); break;
    case WOAD_CHAN_SENT:
        if (evt->u.sent.tag == r && evt->u.sent.err == 0) {
            r->answer_sent = true;
            if (r->state == XFER_RUNNING)
                r->state = XFER_DONE;
        }
        break;
    case WOAD_CHAN_CLOSED:
        if (evt->chan != r->chan)
            break;
        take(r);
        if (r->state == XFER_RUNNING && !(r->answered && r->answer[0] == XFER_KEPT)) {
            char why[128];
            int code = closed_reason(evt, why, sizeof(why));
            receiver_fail(r, code, "%s", why);
        } else if (r->state == XFER_RUNNING) {
            r->state =
                XFER_DONE; /* the file is kept; the sender left before our answer was acked */
        }
        break;
    default: break;
    }
}
