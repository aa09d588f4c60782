/* gattc_peer.h: a GATT client under test and a server made of single PDUs, for scripts in the
 * manner of the GATT test suite.
 *
 *     struct gattc_peer *g = gattc_peer_new(NULL);
 *     woad_gattc_read(g->h, g->conn, op_of(g), 3);
 *     EXPECT(g, 0x0a, 3, 0);
 *     ANSWER(g, 0x0b, 7);
 *     found(g, WOAD_GATTC_VALUE)->data ...
 */
#ifndef GATTC_PEER_H
#define GATTC_PEER_H

#include "support/l2cap_peer.h"
#include "woad/gattc.h"

#define GATTC_NOTED 4096

struct gattc_noted {
    struct woad_gattc_evt evt;
    uint8_t data[WOAD_ATT_VALUE_MAX];
};

struct gattc_peer {
    struct peer *p;
    struct woad_host *h;
    uint16_t conn;
    struct gattc_noted *noted; /* events, oldest first; those after GATTC_NOTED are only counted */
    unsigned count, taken;
    unsigned done; /* DONE events */
    void (*on_event)(struct gattc_peer *g, const struct woad_gattc_evt *evt);
    void *app;
};

/* att_mtu 0: the default. cfg NULL: no MTU exchange by itself. */
struct gattc_peer *gattc_peer_new(const struct woad_gattc_cfg *cfg, uint16_t att_mtu,
                                  bool peripheral);
void gattc_peer_free(struct gattc_peer *g);

/* For ops, subscriptions and databases; arg is the peer. */
void gattc_peer_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);

/* The next PDU of the client is this one. */
void gattc_peer_expect(struct gattc_peer *g, const void *pdu, uint16_t len);
/* A PDU of the server. */
void gattc_peer_answer(struct gattc_peer *g, const void *pdu, uint16_t len);
/* The next event is of this type. */
const struct gattc_noted *gattc_peer_found(struct gattc_peer *g, uint8_t type);
/* The next event is DONE with this. */
void gattc_peer_done(struct gattc_peer *g, int err, uint8_t att);
/* No PDU and no event are left. */
void gattc_peer_quiet(struct gattc_peer *g);

#define GP_BYTES(...)  (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define EXPECT(g, ...) gattc_peer_expect(g, GP_BYTES(__VA_ARGS__))
#define ANSWER(g, ...) gattc_peer_answer(g, GP_BYTES(__VA_ARGS__))
/* {request, response}: the server's Error Response. */
#define ERROR_OF(g, request, handle, att)                                                          \
    ANSWER(g, 0x01, request, (uint8_t)(handle), (uint8_t)((handle) >> 8), att)

#endif
