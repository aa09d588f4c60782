/* tools/woad/xfer.h: one file over one L2CAP channel, as demo, send and recv do it.
 *
 *     sender -> receiver   "WOADFILE" | size u64 | name length u8 | name | octets | SHA-256 (32)
 *     receiver -> sender   verdict u8 (0 = kept) | SHA-256 of what arrived (32)
 *
 * Both ends are driven by the channel's events alone and work in any pump. The receiver writes to a
 * temporary name and renames when the hash is right: nothing half-written is ever left.
 */
#ifndef WOAD_XFER_H
#define WOAD_XFER_H

#include "tool.h"

#include "woad/l2cap.h"

#define XFER_PSM        0x00D0
#define XFER_NAME_MAX   200
#define XFER_HEADER_MAX (8 + 8 + 1 + XFER_NAME_MAX)
#define XFER_CHUNK      65536u /* one write; several are under way at once */
#define XFER_WINDOW     4u

enum xfer_verdict {
    XFER_KEPT = 0,
    XFER_BAD_HASH = 1,
    XFER_CANNOT_WRITE = 2,
};

enum xfer_state {
    XFER_RUNNING,
    XFER_DONE,   /* both ends agree */
    XFER_FAILED, /* error holds why */
};

struct xfer_sender {
    struct woad_host *host;
    woad_chan chan;
    enum xfer_state state;
    char error[160];
    int exit_code;
    const uint8_t *data;
    uint64_t len;
    uint64_t queued;
    uint64_t sent; /* octets of the file that the peer's link layer has acknowledged */
    unsigned under_way;
    uint8_t header[XFER_HEADER_MAX];
    size_t header_len;
    uint8_t hash[32];
    char hash_hex[65];
    uint8_t answer[33];
    size_t answer_len;
    bool trailer_queued;
};

/* Prepares to send len octets at data (borrowed until the end) under a name. */
int xfer_sender_init(struct xfer_sender *s, const char *name, const void *data, uint64_t len);
/* A woad_chan_event_fn with arg = struct xfer_sender. */
void xfer_sender_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);

struct xfer_receiver {
    struct woad_host *host;
    woad_chan chan;
    enum xfer_state state;
    char error[160];
    int exit_code;
    const char *out; /* path to keep the file under; NULL = only hash it; "" = the sender's name
                        in the current folder */
    char path[512];
    char temp[544];
    FILE *file;
    char name[XFER_NAME_MAX + 1];
    uint64_t len; /* promised */
    uint64_t got; /* octets of the file so far */
    uint8_t head[XFER_HEADER_MAX];
    size_t head_len;
    bool head_done;
    uint8_t trailer[32];
    size_t trailer_len;
    struct tool_sha256 sha;
    char hash_hex[65];
    uint8_t answer[33];
    bool answered;
    bool answer_sent;
};

void xfer_receiver_init(struct xfer_receiver *r, const char *out);
/* Releases what an unfinished transfer holds and removes the temporary file. */
void xfer_receiver_deinit(struct xfer_receiver *r);
void xfer_receiver_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);

#endif
