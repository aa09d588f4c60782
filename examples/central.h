/* examples/central.h: the central's half of an example: looks for a peripheral that advertises a
 * service, connects, and reads what the server has.
 *
 *     static struct central central = {.service = &woad_battery_uuid, .found = on_found};
 *     ... in the host's event function:  central_event(&central, h, evt);
 *     static void on_found(struct central *c, struct woad_host *h)
 *     {
 *         central_subscribe(c, h, &woad_battery_level_uuid, on_value);
 *     }
 */
#ifndef CENTRAL_H
#define CENTRAL_H

#include "woad/gattc.h"
#include "woad/host.h"

#define CENTRAL_OPS 8

struct central {
    const struct woad_uuid *service;
    /* Whether an advertisement is that of the peripheral. NULL: when it has the service. */
    bool (*is_it)(struct woad_host *h, const struct woad_host_evt *report);
    /* Linked, and the server's database is known. */
    void (*found)(struct central *c, struct woad_host *h);
    /* To be read. */
    uint16_t conn;
    struct woad_gattc_db db;
    /* Its own. */
    uint16_t db_mem[1024];
    struct woad_gattc_op ops[CENTRAL_OPS];
    struct woad_gattc_sub subs[CENTRAL_OPS];
    unsigned op_count, sub_count;
    bool seen;
    struct woad_addr peer;
};

void central_event(struct central *c, struct woad_host *h, const struct woad_host_evt *evt);

/* The handle of the nth characteristic of that UUID in the service; ends the example when the
 * server has none. */
uint16_t central_find(struct central *c, const struct woad_uuid *characteristic, unsigned nth);

/* An operation for calls of woad/gattc.h; CENTRAL_OPS may be under way. */
struct woad_gattc_op *central_op(struct central *c, woad_gattc_event_fn *event);

/* VALUE to event for each characteristic read or notified; arg is the central. */
void central_read(struct central *c, struct woad_host *h, const struct woad_uuid *characteristic,
                  woad_gattc_event_fn *event);
void central_subscribe(struct central *c, struct woad_host *h,
                       const struct woad_uuid *characteristic, woad_gattc_event_fn *event);

#endif
