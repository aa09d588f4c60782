/* tools/woad/node.h: a complete device in the simulated world: host and controller joined in this
 * process, pumped in virtual time. */
#ifndef WOAD_NODE_H
#define WOAD_NODE_H

#include "woad/host.h"
#include "woad/ll.h"
#include "woad/sim.h"
#include "woad/transport_direct.h"

struct node_cfg {
    const char *name;
    struct woad_sim_dev_cfg dev;
    struct woad_host_cfg host; /* limits; event, event_arg; rand is filled in */
    struct woad_ll_cfg ll;     /* limits; radio, address and rand are filled in */
    /* Wraps the transport to the controller, e.g. in a snoop tap; may be NULL. */
    struct woad_transport *(*wrap)(void *arg, struct woad_transport *t);
    void *wrap_arg;
};

struct node {
    const char *name;
    struct woad_sim_dev *dev;
    struct woad_ll *ll;
    struct woad_host *host;
    struct woad_direct direct;
    struct woad_transport *transport;
    struct woad_sim_task *task;
    void *ll_mem;
    void *host_mem;
};

/* Adds the device to the world; its host is not started. 0 or a woad_err. */
int node_init(struct node *n, struct woad_sim *sim, const struct node_cfg *cfg);
/* Before woad_sim_free(). Harmless on a zeroed node. */
void node_deinit(struct node *n);
/* Something was asked of the host from outside its events: run its pump. */
void node_wake(struct node *n);

#endif
