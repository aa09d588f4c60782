/* tools/woad/station.h: one host of ours on whatever --hci URI names, and its pump.
 *
 * `sim:` puts it into a fresh simulated world with companions to talk to (virtual time); every
 * other URI reaches a controller elsewhere (real time). The commands do not see the difference.
 */
#ifndef WOAD_STATION_H
#define WOAD_STATION_H

#include "node.h"
#include "tool.h"
#include "world.h"
#include "xfer.h"

#include "woad/host.h"

/* Who else lives in the world of sim: */
enum station_company {
    STATION_ADVERTISERS, /* three that advertise */
    STATION_SCANNER,     /* one that scans and tells what it hears */
    STATION_RECEIVER,    /* one that waits for a file and hashes it */
    STATION_SENDER,      /* one that looks for a receiver and sends it 64 KiB */
    STATION_PERIPHERAL,  /* "watch": a server with a display, which pairs */
    STATION_CENTRAL,     /* "phone": connects to who advertises and pairs */
    STATION_CLIENT,      /* "phone": connects, reads all there is and subscribes to it */
};

struct station_cfg {
    const char *uri;     /* NULL = "sim:" */
    const char *hci_log; /* btsnoop of our HCI, or NULL */
    enum station_company company;
    const char *peer_store;    /* sim: companions keep their bonds in this file's name with .peer
                                  behind it; NULL: in memory */
    bool pace;                 /* sim: not faster than real time */
    struct woad_host_cfg host; /* event, event_arg; rand is filled in */
};

struct station;

/* Opens the transport and starts the host (READY comes as its event). 0 or an exit code after a
 * message. */
int station_open(struct station **s, const struct station_cfg *cfg);
struct woad_host *station_host(struct station *s);
/* Seconds since open: virtual in sim:, real elsewhere. */
double station_now_s(const struct station *s);

/* Pumps until step() answers an exit code >= 0 (it is asked after each turn), or interrupted, or
 * the controller is gone for good: then an exit code after a message. */
int station_run(struct station *s, int (*step)(void *arg), void *arg);

/* Takes leave of the peers for a second at most (no event of it reaches the command), stops the
 * host, closes everything. 0 or an exit code (the HCI log could not be completed). */
int station_close(struct station *s);

/* The local name in advertising data, or "" [Vol 3, Part C, 11]; size octets at to at most. */
void station_adv_name(const uint8_t *data, size_t len, char *to, size_t size);

/* Advertising data with flags and this name, cut to fit 31 octets; returns the length. */
uint8_t station_adv_data(const char *name, uint8_t to[31]);

#define STATION_HCI_OPTION(type)                                                                   \
    {"hci", "URI", TOOL_STRING, offsetof(type, hci),                                               \
     "controller: sim: (default), unix:PATH, tcp:HOST:PORT, hci:0, serial:DEV,BAUD, pty:"},        \
    {                                                                                              \
        "hci-log", "F.btsnoop", TOOL_STRING, offsetof(type, hci_log), "write our HCI traffic"      \
    }

#endif
