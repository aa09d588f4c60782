/* tools/woad/partner.h: the simulated devices that pair: a watch that serves, a phone that asks. */
#ifndef WOAD_PARTNER_H
#define WOAD_PARTNER_H

#include "keys.h"
#include "phone.h"
#include "station.h"
#include "watch.h"

struct partner {
    const char *name;
    enum station_company kind;
    struct keys keys;
    bool kept; /* keys is open */
    bool found;
    bool serves; /* the services of watch are there */
    double beat_s;
    struct watch watch;
    struct phone phone;
    struct woad_smp_cfg smp;
    struct woad_host_use parts[4];
};

/* Fills in host: event, parts. peer_store: see station.h. 0 or a woad_err. */
int partner_init(struct partner *p, enum station_company kind, const char *peer_store,
                 struct woad_host_cfg *host);
/* Before its host starts. 0 or a woad_err. */
int partner_start(struct partner *p, struct woad_host *h);
/* The watch's heart beats. */
void partner_tick(struct partner *p, struct woad_host *h, double now_s);
void partner_deinit(struct partner *p);

#endif
