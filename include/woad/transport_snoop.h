/* woad/transport_snoop.h: a tap that writes what passes through another transport as btsnoop.
 *
 *      user  <-->  struct woad_snoop  <-->  any transport
 *                        |
 *                        v  write(octets)
 *                  run.btsnoop: Wireshark, btmon, woad log, replay:
 *
 *     woad_snoop_init(&tap, inner, &(struct woad_snoop_cfg){
 *         .link = WOAD_BTSNOOP_H4, .write = to_file, .write_arg = f, .now_us = clock});
 *     woad_transport_open(&tap.transport, &up, arg);      instead of opening inner
 *
 * The user sees the same transport: errors, faults, descriptor and capabilities are those of inner.
 * Packets are recorded in the order in which they passed: sent ones when inner has taken them,
 * received ones before the user gets them.
 */
#ifndef WOAD_TRANSPORT_SNOOP_H
#define WOAD_TRANSPORT_SNOOP_H

#include "woad/btsnoop.h"
#include "woad/transport.h"

/* What is recorded. Every condition that is set has to hold; zero-initialised is everything. A list
 * applies to the packets that have such a number, and lets the others pass. */
struct woad_snoop_filter {
    uint8_t types;           /* bits 1 << enum woad_pkt_type; 0 = all */
    const uint16_t *opcodes; /* commands, and the Command Complete and Status events of them */
    uint16_t opcode_count;   /* 0 = all */
    const uint16_t *events;  /* event codes; 0x3Enn = LE subevent nn; 0x3E00 = every LE event */
    uint16_t event_count;    /* 0 = all */
    const uint16_t *handles; /* of ACL, SCO and ISO packets */
    uint16_t handle_count;   /* 0 = all */
};

struct woad_snoop_cfg {
    /* Appends octets to the file: the file header, then one whole record a call, in up to three
     * pieces. Negative: nothing more is written and woad_snoop_failed() tells. */
    int (*write)(void *arg, const void *octets, size_t len);
    void *write_arg;
    uint64_t (*now_us)(void *arg); /* microseconds since the Unix epoch; virtual time is as good */
    void *now_arg;
    enum woad_btsnoop_link link; /* H4 for Wireshark and replay, MONITOR for btmon */
    struct woad_snoop_filter filter;
    bool controller;  /* the user is a controller: what it sends was received by the host */
    uint16_t adapter; /* MONITOR: number of the adapter in the file */
    uint8_t addr[6];  /* MONITOR: its address, as btmon shows it */
    /* Sees every packet, filtered or not: coverage counters, a live log. May be NULL. */
    void (*seen)(void *arg, const struct woad_btsnoop_rec *rec);
    void *seen_arg;
};

struct woad_snoop {
    struct woad_transport transport;
    struct woad_transport *inner;
    struct woad_snoop_cfg cfg;
    uint32_t records; /* written */
    bool begun;       /* the file header is written; a reopened tap goes on in the same file */
    bool failed;
};

/* inner is borrowed until the tap is closed. write may be NULL: then nothing but seen is served. */
void woad_snoop_init(struct woad_snoop *s, struct woad_transport *inner,
                     const struct woad_snoop_cfg *cfg);

/* A write failed: the file ends before the run did. */
static inline bool woad_snoop_failed(const struct woad_snoop *s)
{
    return s->failed;
}

/* Does the filter let the packet pass? */
bool woad_snoop_match(const struct woad_snoop_filter *f, uint8_t type, const uint8_t *data,
                      size_t len);

#endif
