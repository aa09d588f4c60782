/* tools/woad/ether_listen.h: where the endpoints of `woad ether` are: sockets and their names. */
#ifndef WOAD_ETHER_LISTEN_H
#define WOAD_ETHER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

enum listen_kind { LISTEN_UNIX, LISTEN_TCP, LISTEN_PTY };

struct listen_spec {
    enum listen_kind kind;
    char dir[96];  /* unix, pty */
    char host[64]; /* tcp: a numeric IPv4 address */
    unsigned port; /* tcp: of device 0; the others count upward */
    bool dir_made; /* by us: removed at the end */
};

#define LISTEN_PATH_MAX 108 /* of a socket's name in the unix domain */

/* "unix:DIR", "tcp:PORT", "tcp:ADDRESS:PORT" or "pty:DIR", for this many devices. 0, or an exit
 * code after a message. */
int listen_parse(const char *text, unsigned devices, struct listen_spec *spec);

/* Makes the folder if there is none. 0, or an exit code after a message. */
int listen_prepare(struct listen_spec *spec);
/* Removes it again if it was made. */
void listen_cleanup(const struct listen_spec *spec);

/* The name of a device's socket, or of the link to its pty. */
void listen_path(const struct listen_spec *spec, unsigned index, char path[LISTEN_PATH_MAX]);

/* A listening, non-blocking socket. Its descriptor, or minus an exit code after a message. A socket
 * file that nobody listens at any more is replaced; one in use is an error. */
int listen_unix(const char *path);
int listen_tcp(const char *host, unsigned port);

#endif
