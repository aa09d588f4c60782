/* tools/woad/ether.h: a world whose controllers anyone may use, one H4 endpoint each.
 *
 *     hosts (any program)                    control socket (JSON lines)
 *       |  H4 over unix / TCP / pty               |
 *       v                                         v
 *     struct ether_dev ... ether_dev         ether_control_line()
 *       |  link layer, radio                      |
 *       v                                         v
 *     struct ether: one world, one time, one thread
 *
 * This part opens no socket and waits for nothing: the event loop (cmd_ether.c) gives it
 * descriptors, calls ether_service() when one is ready, and decides when time moves. What a host
 * sends while time stands still is executed and answered at that time.
 *
 * While time runs (ether_advance) nothing is read from the hosts, so that a run depends on what was
 * sent before it and not on how fast the machines are.
 */
#ifndef WOAD_ETHER_H
#define WOAD_ETHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/ll.h"
#include "woad/pipe_posix.h"
#include "woad/sim.h"
#include "woad/transport_h4.h"

struct ether;

/* One controller and its endpoint. */
struct ether_dev {
    struct ether *ether;
    unsigned index;
    struct woad_sim_dev *sim;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    void *ll_mem;
    uint8_t public_addr[6];
    struct woad_h4_transport h4;
    struct woad_pipe_posix pipe;
    uint8_t ring[8192];
    struct woad_buf *from_host; /* received, and not yet taken by the link layer */
    struct woad_buf *to_host;   /* of the link layer, and not yet taken by the transport */
    bool connected;
    bool lost;        /* the transport failed: the host is gone */
    bool dirty;       /* in ether.dirty */
    bool blocked;     /* the host does not read what it was sent */
    uint32_t dropped; /* packets of the host that no controller would take */
    void *io;         /* the event loop's own */
};

struct ether_cfg {
    unsigned devices;
    struct woad_sim_cfg sim;
    const char *capture; /* pcap of the air, or NULL */
    const char *dump_dir;
    bool stepped; /* time moves by run_until alone */
    /* The host of dev has gone; its descriptor is closed. */
    void (*gone)(void *arg, struct ether_dev *dev);
    void *arg;
};

struct ether {
    struct ether_cfg cfg;
    struct woad_sim *sim;
    struct ether_dev *devs;
    struct ether_dev **dirty; /* devices with something to move */
    unsigned dirty_count;
    unsigned blocked_count;
    unsigned connected_count;
    uint64_t delivered; /* packets given to hosts since the start */
    bool running;       /* time moves: hosts are not read */
};

/* 0, or an exit code of the tool after a message. */
int ether_init(struct ether *e, const struct ether_cfg *cfg);
/* Completes the captures. 0, or an exit code after a message. */
int ether_deinit(struct ether *e);

/* A host has come to dev: fd is taken (closed on an error). Its controller is as after power-on. */
int ether_attach(struct ether_dev *dev, int fd);
/* The same with a pseudo-terminal of our own; its name is woad_pipe_pty_name(&dev->pipe). */
int ether_attach_pty(struct ether_dev *dev);

/* The descriptor of dev is ready, or may be: moves what can be moved at this time. */
void ether_service(struct ether_dev *dev);
/* The same for every host that has sent something: one system call to find them. */
void ether_service_all(struct ether *e);

/* Runs the world up to t and delivers what came of it. */
void ether_advance(struct ether *e, woad_sim_time t);

/* Is everything the controllers produced readable at the endpoints? */
static inline bool ether_settled(const struct ether *e)
{
    return e->blocked_count == 0 && e->dirty_count == 0;
}

/* ---- control lines -----------------------------------------------------------------------------
 */

enum ether_reply {
    ETHER_REPLY,       /* send the answer now */
    ETHER_REPLY_LATER, /* send it when ether_settled() */
    ETHER_REPLY_QUIT,  /* send it and end */
};

#define ETHER_ANSWER_SIZE 512

/* Executes one line (without its newline) and writes the answer, one line with its newline. */
enum ether_reply ether_control_line(struct ether *e, const char *line, size_t len,
                                    char answer[ETHER_ANSWER_SIZE]);

/* The answer to a line that is longer than the caller accepts. */
void ether_control_too_long(size_t limit, char answer[ETHER_ANSWER_SIZE]);

/* The commands and their fields, for --help. */
extern const char ether_control_help[];

#endif
