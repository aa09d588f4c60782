/* woad/btsnoop.h: the btsnoop file format, read and written without touching a file.
 *
 *     "btsnoop\0"  version 1  datalink            16 octets, big endian
 *     { original len, included len, flags, drops, time (64 bits), octets } ...
 *
 * Wireshark and btmon open what is written here; any such file can be decoded (woad log) or played
 * back as a controller (replay:). Two datalinks: H4 is understood by both tools but btmon skips its
 * ISO packets; MONITOR is btmon's own and holds ISO too.
 *
 *     struct woad_btsnoop_reader r;
 *     struct woad_btsnoop_rec rec;
 *     int err = woad_btsnoop_open(&r, octets, len);
 *     while (!err && (err = woad_btsnoop_next(&r, &rec)) > 0) {
 *         err = 0;
 *         use(rec.type, rec.data, rec.len);
 *     }
 *
 *     uint8_t head[WOAD_BTSNOOP_HEAD_MAX];
 *     write(fd, head, woad_btsnoop_put_header(head, WOAD_BTSNOOP_H4));
 *     write(fd, head, woad_btsnoop_put_record(head, WOAD_BTSNOOP_H4, &rec));
 *     write(fd, rec.data, rec.len);
 *
 * Everything is callable from anywhere; nothing is kept but what is in the reader. What a file
 * claims is checked: a hostile file can make a call fail and nothing else.
 */
#ifndef WOAD_BTSNOOP_H
#define WOAD_BTSNOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/cursor.h"
#include "woad/err.h"

enum woad_btsnoop_link {
    WOAD_BTSNOOP_H1 = 1001,      /* packets without type octet; read only */
    WOAD_BTSNOOP_H4 = 1002,      /* packets with H4 type octet */
    WOAD_BTSNOOP_MONITOR = 2001, /* Linux monitor: adapter and opcode in the flags */
};

/* Opcodes of MONITOR records. Those that carry packets are translated to type and received. */
enum woad_btsnoop_monitor {
    WOAD_BTSNOOP_NEW_INDEX = 0, /* an adapter appeared; data: type, bus, address 6, name 8 */
    WOAD_BTSNOOP_DEL_INDEX = 1,
    WOAD_BTSNOOP_OPEN_INDEX = 8,
    WOAD_BTSNOOP_CLOSE_INDEX = 9,
    WOAD_BTSNOOP_INDEX_INFO = 10,
    WOAD_BTSNOOP_SYSTEM_NOTE = 12, /* data: text, NUL-terminated */
};

enum {
    WOAD_BTSNOOP_FILE_HEADER_LEN = 16,
    WOAD_BTSNOOP_HEAD_MAX = 25, /* the most that put_header or put_record writes */
    WOAD_BTSNOOP_NEW_INDEX_LEN = 16,
    WOAD_BTSNOOP_REC_LEN_MAX = 65536 + 8, /* longer records are taken for damage */
};

struct woad_btsnoop_rec {
    uint64_t time_us;    /* since the Unix epoch; 0 for times before it */
    const uint8_t *data; /* the HCI packet without type octet (points into the input), or the
                            data of a note */
    uint32_t len;        /* octets at data */
    uint32_t orig_len;   /* octets the packet had; more than len when the capture cut it short */
    uint32_t drops;      /* packets lost before this one, as far as the writer knew */
    uint16_t adapter;    /* MONITOR: which adapter; else 0 */
    uint16_t note;       /* type NONE: the monitor opcode of this record */
    uint8_t type;        /* enum woad_pkt_type; NONE: no HCI packet but a note */
    bool received;       /* controller to host */
};

struct woad_btsnoop_reader {
    struct woad_rd rd;
    uint64_t offset;   /* of the next record from the start, for messages */
    uint32_t index;    /* records read so far */
    uint32_t datalink; /* enum woad_btsnoop_link */
};

/* Begins to read a whole file held in memory (borrowed as long as the reader and the records are
 * used). Errors: FORMAT (not btsnoop, or another version), EOF (ends within the file header),
 * UNSUPPORTED (a datalink not in enum woad_btsnoop_link; it stands in r->datalink). */
WOAD_MUST_USE int woad_btsnoop_open(struct woad_btsnoop_reader *r, const void *data, size_t len);

/* The next record. Returns 1 and fills *rec; 0 at the end of the file; EOF when the file ends
 * within a record (what a killed writer leaves: everything before was good); FORMAT when the record
 * cannot be one (r->offset says where). After 0 or an error it answers the same for ever. */
WOAD_MUST_USE int woad_btsnoop_next(struct woad_btsnoop_reader *r, struct woad_btsnoop_rec *rec);

/* Sets type, direction, note and adapter of a record from what the Linux monitor calls it; its
 * other members stay. For readers of other files that carry monitor packets. */
void woad_btsnoop_set_monitor(struct woad_btsnoop_rec *rec, uint16_t adapter, uint16_t opcode);

/* The file header into head (WOAD_BTSNOOP_HEAD_MAX octets); returns its length. link: H4 or
 * MONITOR. */
size_t woad_btsnoop_put_header(uint8_t *head, enum woad_btsnoop_link link);

/* All of a record but its data into head; returns its length (24, or 25 with the H4 octet).
 * rec->len octets of data must follow; the caller may cut a packet by giving len < orig_len (an
 * orig_len smaller than len is taken as len). Records of type NONE exist in MONITOR files only; 0
 * is returned, and nothing is to be written, for H4. */
size_t woad_btsnoop_put_record(uint8_t *head, enum woad_btsnoop_link link,
                               const struct woad_btsnoop_rec *rec);

/* The data of a NEW_INDEX record, which btmon wants before the packets of an adapter. addr: 6
 * octets, least significant first; name: up to 7 characters are kept. */
void woad_btsnoop_put_new_index(uint8_t data[WOAD_BTSNOOP_NEW_INDEX_LEN], const uint8_t *addr,
                                const char *name);

#endif
