/* tools/woad/replay_app.h: the application that a recording implies.
 *
 * The recording waits for a packet of the host. If it is one that hosts send by themselves, it will
 * come; if not, an application caused it, and replay_app_act() makes the call that does. */
#ifndef WOAD_REPLAY_APP_H
#define WOAD_REPLAY_APP_H

#include "woad/host.h"
#include "woad/l2cap.h"
#include "woad/transport_replay.h"

#include <stdbool.h>

#define REPLAY_CHANNELS 32

struct replay_chan {
    woad_chan chan;
    uint16_t local_cid;
    uint16_t remote_cid;
};

struct replay_sdu;

struct replay_app {
    struct woad_host *host;
    const struct woad_replay *replay;
    struct replay_chan chans[REPLAY_CHANNELS];
    struct replay_sdu *sdus; /* sent and not yet completed: the host borrows their octets */
    uint32_t acted_index;    /* record for which a call was made, so that it is made once */
    bool acted;
    bool ready;
    bool verbose;
};

/* Adjusts cfg to what the recorded host did by itself (data length, PHY). */
int replay_app_init(struct replay_app *a, const struct woad_replay *replay, bool verbose,
                    struct woad_host_cfg *cfg);
void replay_app_deinit(struct replay_app *a);
/* Listens on every PSM the recorded peer asks for; once host is set. 0 or a woad_err. */
int replay_app_listen(struct replay_app *a);
/* A woad_host_event_fn with arg = struct replay_app. */
void replay_app_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt);
/* Makes the call that the awaited packet needs; false when there is none to make. */
bool replay_app_act(struct replay_app *a);

#endif
