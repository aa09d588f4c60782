/* tools/woad/finder.h: finds a peripheral by its address or its name and connects to it.
 *
 *     struct finder f;
 *     rc = finder_init(&f, &usage, "C0:EE:FF:00:00:02", NULL, 30);
 *     ... in the host's event function:   if (finder_event(&f, h, evt)) ...  f.conn is up
 *     ... in step():                      if (finder_over(&f, now_s)) return f.exit_code;
 */
#ifndef WOAD_FINDER_H
#define WOAD_FINDER_H

#include "station.h"

#include "woad/gap.h"

struct finder {
    struct woad_addr addr;
    const char *name; /* used when there is no address */
    bool by_addr;
    bool found; /* by name: connecting to it */
    struct woad_conn_params params;
    double timeout_s;        /* for finding and connecting */
    uint16_t conn;           /* WOAD_CONN_NONE until connected, and after the end */
    struct woad_result down; /* why the link ended */
    int exit_code;           /* -1; after a message when it failed */
};

/* who: an address, or NULL to look for name. -1, or TOOL_USAGE after a message. */
int finder_init(struct finder *f, const struct tool_usage *usage, const char *who, const char *name,
                double timeout_s);

/* To be called with every event of the host. True: the link came up just now. */
bool finder_event(struct finder *f, struct woad_host *h, const struct woad_host_evt *evt);

/* It failed or took too long: exit_code says how, after a message. */
bool finder_over(struct finder *f, double now_s);

#endif
