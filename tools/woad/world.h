/* tools/woad/world.h: a simulated world with its captures, as the tool's commands set it up. */
#ifndef WOAD_WORLD_H
#define WOAD_WORLD_H

#include "woad/sim.h"
#include "woad/transport_snoop.h"

#include <stdio.h>

struct world_cfg {
    uint64_t seed;
    const char *loss;    /* "0.1" or "10%"; NULL = none */
    const char *capture; /* path of a pcap of the air, or NULL */
    const char *hci_log; /* path of a btsnoop of the wrapped device, or NULL */
};

struct world {
    struct woad_sim *sim;
    struct woad_snoop snoop;
    FILE *hci_file;
    const char *capture_path;
    const char *hci_path;
};

/* 0, or an exit code after a message. */
int world_init(struct world *w, const struct world_cfg *cfg);
/* Completes the captures; 0, or an exit code after a message. */
int world_deinit(struct world *w);

double world_now_s(const struct world *w);
void world_run_for(struct world *w, woad_sim_time ns);

/* A node_cfg.wrap with arg = struct world: the HCI log, when one was asked for. */
struct woad_transport *world_wrap_hci_log(void *arg, struct woad_transport *t);

/* "0.1" or "10%" as a permille; false when it is neither. */
bool world_parse_loss(const char *text, uint16_t *permille);

#endif
