/* tools/woad/company.h: the other devices of the world of sim:. */
#ifndef WOAD_COMPANY_H
#define WOAD_COMPANY_H

#include "partner.h"
#include "station.h"

#define COMPANY_MAX 3

struct company {
    struct node nodes[COMPANY_MAX];
    unsigned count;
    struct xfer_sender tx;
    struct xfer_receiver rx;
    uint8_t *data;
    struct partner partner;
    bool busy; /* the sender has found its receiver */
    uint16_t conn;
};

/* Adds the devices to the world and starts their hosts. 0 or a woad_err. */
int company_init(struct company *c, struct woad_sim *sim, enum station_company kind,
                 const char *peer_store);
/* What the devices do by the clock. */
void company_tick(struct company *c, double now_s);
void company_deinit(struct company *c);

#endif
