/* examples/stage.h: where an example's devices live. Without --hci all of them are in one simulated
 * world, in this process and in virtual time; with --hci URI one of them is here and uses that
 * controller, and the others run elsewhere (another process, a phone).
 *
 *     heart_rate                                     belt and collector, simulated
 *     heart_rate --hci tcp:localhost:9000            the belt (the first role)
 *     heart_rate --hci hci:0 --as collector          the other one
 *
 * A role is a host's configuration and what is to be done before it starts. An example ends when
 * somebody calls stage_end(). */
#ifndef STAGE_H
#define STAGE_H

#include "woad/host.h"
#include "woad/kernel.h"
#include "woad/uuid.h"

#define STAGE_DEVICES 8

struct stage_role {
    const char *name;
    unsigned count;                     /* of such devices in the simulated world; 0: one */
    void (*start)(struct woad_host *h); /* adds services; may be NULL */
    void (*prepare)(void);              /* before there is a host; may be NULL */
    struct woad_host_cfg host;          /* event, parts, limits; rand is filled in */
};

/* Runs the example, in a world of its own; may be called again. 0 or what stage_end() was given; 2
 * wrong usage; 5 a controller that does not work; 6 two minutes (or --seconds N) were not enough.
 */
int stage_main(int argc, char **argv, const struct stage_role *roles, unsigned count);
/* What --state FILE named, for an example that has to remember something; NULL: nothing, or
 * simulated. */
const char *stage_state(void);
/* The others are in this process as well. */
bool stage_simulated(void);
/* Ends the example after this turn. The first one counts. */
void stage_end(int exit_code);
/* Prints what failed and ends the example with 1, when err is an error. */
void stage_check(const char *what, long err);

/* Of a device: its number, its clock, and the queue for things to be done later. */
unsigned stage_index(const struct woad_host *h);
woad_time stage_now(const struct woad_host *h);
struct woad_workq *stage_work(const struct woad_host *h);

/* For the event function of a peripheral: advertises the service and the name whenever the host is
 * ready or a link has ended. */
void stage_advertise(struct woad_host *h, const struct woad_host_evt *evt, const char *name,
                     const struct woad_uuid *service);

#endif
