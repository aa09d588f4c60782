/* peer.h: a host of ours on the controller that a URI names, until its program says that it is
 * over. */
#ifndef INTEROP_PEER_H
#define INTEROP_PEER_H

#include "woad/host.h"
#include "woad/runtime.h"
#include "woad/transport_uri.h"

struct peer_run {
    struct woad_host *host; /* there from start() on */
    struct woad_runtime rt;
    struct woad_uri uri;
    int exit_code; /* -1: not over */
};

struct peer_cfg {
    const char *uri;
    unsigned timeout_s;               /* then it is over: exit code 1 */
    struct woad_host_cfg host;        /* event, event_arg and parts; the rest is filled in */
    int (*start)(struct peer_run *r); /* before the host starts; may be NULL */
    void (*turn)(struct peer_run *r); /* every few milliseconds; may be NULL */
};

/* The exit code of the program: 2 when the URI is none. */
int peer_run(struct peer_run *r, const struct peer_cfg *cfg);

/* Over, for this reason, unless it is already. True when it was not. */
bool peer_end(struct peer_run *r, int exit_code);
/* A call or an operation that must succeed; otherwise it is over with exit code 1. */
void peer_check(struct peer_run *r, int err, const char *what);

#endif
