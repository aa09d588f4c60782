/* woad/h4.h: the H4 framing of HCI packets, both directions, any split [Vol 4, Part A, 2].
 *
 *      type | HCI header                  | payload
 *      01   | opcode 2, length 1          | command        host to controller
 *      02   | handle 2, length 2          | ACL data       both
 *      03   | handle 2, length 1          | SCO data       both
 *      04   | event code 1, length 1      | event          controller to host
 *      05   | handle 2, length 2 (14 bit) | ISO data       both
 *
 * The parser is fed spans of octets, from one octet to megabytes, cut anywhere. It gathers the
 * header, asks its user for a buffer (up->alloc of woad/transport.h), copies the payload in bulk
 * and hands the packet over (up->rx); no other up-call is used.
 *
 * There is no resynchronisation: an octet that begins no packet means that octets were lost, and a
 * hunt for the next plausible header would deliver garbage. The parser fails and stays failed until
 * woad_h4_init(): reopen the line and reset the controller.
 *
 * Octets outside packets can carry another protocol (eHCILL sends 0x30..0x33): with `signal` set,
 * unknown type octets are given to it, and it says whether they are known.
 */
#ifndef WOAD_H4_H
#define WOAD_H4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/transport.h"

/* What each side may send, as bits 1 << enum woad_pkt_type. */
#define WOAD_H4_FROM_HOST                                                                          \
    (1u << WOAD_PKT_CMD | 1u << WOAD_PKT_ACL | 1u << WOAD_PKT_SCO | 1u << WOAD_PKT_ISO)
#define WOAD_H4_FROM_CONTROLLER                                                                    \
    (1u << WOAD_PKT_EVT | 1u << WOAD_PKT_ACL | 1u << WOAD_PKT_SCO | 1u << WOAD_PKT_ISO)

struct woad_h4_cfg {
    const struct woad_transport_up *up; /* alloc and rx are used */
    void *up_arg;
    bool (*signal)(void *arg, uint8_t octet); /* false: not known. NULL: none is known */
    void *signal_arg;
    uint8_t types;    /* WOAD_H4_FROM_HOST or WOAD_H4_FROM_CONTROLLER; others are faults */
    uint16_t len_max; /* a packet (header and payload) longer than this is a fault; 0 = 65535 */
};

struct woad_h4 {
    struct woad_h4_cfg cfg;
    struct woad_buf *buf; /* being filled; NULL while left > 0: a dropped packet is skipped */
    uint32_t left;        /* octets of the payload still to come */
    uint32_t dropped;     /* packets the user did not want */
    uint8_t head[5];
    uint8_t type;
    uint8_t have; /* octets in head */
    uint8_t need; /* octets the header has; 0: the type octet comes next */
    bool failed;
};

void woad_h4_init(struct woad_h4 *h, const struct woad_h4_cfg *cfg);
/* Releases a packet that is half received. */
void woad_h4_deinit(struct woad_h4 *h);

/* Takes octets; *used says how many. 0: all. AGAIN: alloc had no room; come again with the rest
 * (also when nothing is left: the packet is waiting). FORMAT: the octet at *used begins no packet,
 * or the header that ends there is impossible; the parser has failed. */
int woad_h4_rx(struct woad_h4 *h, const uint8_t *data, size_t len, size_t *used) WOAD_MUST_USE;

/* True between packets: nothing of one has arrived. */
static inline bool woad_h4_idle(const struct woad_h4 *h)
{
    return h->need == 0 && h->left == 0;
}

/* Octets of the HCI header of a packet type, 0 for a type that does not exist. */
uint8_t woad_h4_head_len(uint8_t type);

/* True when the packet's type, header and length agree: what may be sent. */
bool woad_h4_valid(const struct woad_buf *pkt);

#endif
