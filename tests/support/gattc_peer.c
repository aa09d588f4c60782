#include "support/gattc_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x, ...)                                                                              \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #x);                  \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct gattc_peer *gattc_peer_new(const struct woad_gattc_cfg *cfg, uint16_t att_mtu,
                                  bool peripheral)
{
    static const struct woad_gattc_cfg plain = {.mtu = WOAD_GATTC_MTU_NEVER};
    const struct woad_host_use parts[] = {{&woad_gattc_part, cfg ? cfg : &plain}, {NULL, NULL}};
    struct woad_host_cfg host = {.att_mtu = att_mtu, .att_tx_count = 4, .parts = parts};
    struct gattc_peer *g = calloc(1, sizeof(*g));
    g->noted = calloc(GATTC_NOTED, sizeof(*g->noted));
    g->p = peer_new(peripheral, &host);
    g->h = g->p->dev->h;
    g->conn = g->p->conn;
    return g;
}

void gattc_peer_free(struct gattc_peer *g)
{
    peer_free(g->p);
    free(g->noted);
    free(g);
}

void gattc_peer_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct gattc_peer *g = arg;
    CHECK(h == g->h, "another host");
    g->done += evt->type == WOAD_GATTC_DONE;
    if (g->count < GATTC_NOTED) {
        struct gattc_noted *n = &g->noted[g->count++];
        n->evt = *evt;
        if (evt->type == WOAD_GATTC_VALUE) {
            CHECK(evt->u.value.len <= sizeof(n->data), "a value of %u octets", evt->u.value.len);
            memcpy(n->data, evt->u.value.data, evt->u.value.len);
            n->evt.u.value.data = n->data;
        }
    }
    if (g->on_event)
        g->on_event(g, evt);
}

static void print_pdu(const char *what, const uint8_t *pdu, uint16_t len)
{
    fprintf(stderr, "%s", what);
    for (uint16_t i = 0; i < len; i++)
        fprintf(stderr, " %02x", pdu[i]);
    fprintf(stderr, "\n");
}

void gattc_peer_expect(struct gattc_peer *g, const void *pdu, uint16_t len)
{
    const struct peer_pdu *got = peer_next(g->p);
    CHECK(got && got->cid == 4, "no PDU, wanted %02x", ((const uint8_t *)pdu)[0]);
    bool same = got->len == len && !memcmp(got->data, pdu, len);
    if (!same) {
        print_pdu("wanted", pdu, len);
        print_pdu("got   ", got->data, got->len);
    }
    CHECK(same, "another PDU");
}

void gattc_peer_answer(struct gattc_peer *g, const void *pdu, uint16_t len)
{
    peer_send(g->p, 4, pdu, len);
}

const struct gattc_noted *gattc_peer_found(struct gattc_peer *g, uint8_t type)
{
    dbl_run(g->p->d, 1000);
    CHECK(g->taken < g->count, "no event, wanted %u", type);
    const struct gattc_noted *n = &g->noted[g->taken++];
    CHECK(n->evt.type == type, "event %u, wanted %u, done %d/%02x", n->evt.type, type,
          n->evt.u.done.err, n->evt.u.done.att);
    return n;
}

void gattc_peer_done(struct gattc_peer *g, int err, uint8_t att)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_DONE);
    CHECK(n->evt.u.done.err == err && n->evt.u.done.att == att, "done %d, %02x", n->evt.u.done.err,
          n->evt.u.done.att);
}

void gattc_peer_quiet(struct gattc_peer *g)
{
    const struct peer_pdu *got = peer_next(g->p);
    if (got)
        print_pdu("got   ", got->data, got->len);
    CHECK(!got, "a PDU too many");
    CHECK(g->taken == g->count, "event %u too many", g->noted[g->taken].evt.type);
}
