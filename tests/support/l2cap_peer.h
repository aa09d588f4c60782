/* l2cap_peer.h: a peer made of single PDUs, for scripts in the manner of the L2CAP test suite. The
 * host under test is device 0; what it sends to device 1 is caught here instead. */
#ifndef L2CAP_PEER_H
#define L2CAP_PEER_H

#include "support/hci_double.h"

#define PEER_PDUS 512

struct peer_pdu {
    uint16_t cid;
    uint16_t len;
    uint8_t data[2100];
};

struct peer {
    struct dbl *d;
    struct dbl_dev *dev; /* of the host under test */
    uint16_t conn;
    struct peer_pdu *pdus;
    unsigned count, taken;
    struct peer_pdu now; /* being put together */
    uint16_t left;
};

/* Starts two hosts, connects them (device 0 is central unless peripheral) and catches PDUs. The
 * parts of cfg are those of the host under test alone. */
struct peer *peer_new(bool peripheral, const struct woad_host_cfg *cfg);
void peer_free(struct peer *p);

/* Sends a PDU to the host and lets it act. */
void peer_send(struct peer *p, uint16_t cid, const void *data, uint16_t len);
#define PEER_SEND(p, cid, ...)                                                                     \
    peer_send(p, cid, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The next PDU of the host, NULL when there is none. */
const struct peer_pdu *peer_next(struct peer *p);

/* Opens an LE credit-based channel from this side; returns the host's CID. psm is listened on with
 * cfg. *chan is the host's handle. */
uint16_t peer_open(struct peer *p, const struct woad_chan_cfg *cfg, uint16_t scid, uint16_t mtu,
                   uint16_t mps, uint16_t credits, woad_chan *chan);

#endif
