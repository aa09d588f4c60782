/* woad/transport_uri.h: transports by name, for tools and tests.
 *
 *     sim:TEXT                    whatever the program offers (cfg.sim)
 *     unix:PATH                   a unix stream socket, H4
 *     tcp:HOST:PORT               TCP, H4; tcp:[::1]:9000 for numeric IPv6
 *     serial:DEVICE[,BAUD][,noflow][,ehcill]
 *                                 a serial line, H4; 115200 baud and RTS/CTS unless said otherwise
 *     pty:                        a new pseudo-terminal, H4; note says its name
 *     hci:N                       the Linux adapter hciN (user channel)
 *     replay:FILE[,recorded]      a btsnoop file plays the controller; with its own timing or fast
 *
 *     struct woad_uri u;
 *     if (woad_uri_init(&u, "tcp:localhost:9000", &(struct woad_uri_cfg){0}) < 0)
 *         fprintf(stderr, "%s\n", u.why);
 *     err = woad_transport_open(u.transport, &up, arg);     u.transport->why says what went wrong
 *     ...
 *     woad_transport_close(u.transport);
 *     woad_uri_deinit(&u);
 *
 * This part allocates memory.
 */
#ifndef WOAD_TRANSPORT_URI_H
#define WOAD_TRANSPORT_URI_H

#include "woad/transport.h"

struct woad_uri;

struct woad_uri_cfg {
    /* Serves sim:TEXT. Sets u->transport, and u->destroy and u->priv if there is something to free;
     * on an error u->why. NULL: there is no sim: here. */
    int (*sim)(void *arg, const char *text, struct woad_uri *u);
    void *sim_arg;
    bool controller; /* the user plays the controller: it receives what hosts send */
};

struct woad_uri {
    struct woad_transport *transport;
    const char *note; /* what a person needs to know, such as the name of a pty; or NULL */
    void (*destroy)(struct woad_uri *u);
    void *priv;
    char why[512]; /* after an error: what is wrong and what is accepted */
};

/* Parses uri and makes the transport, closed. Errors: INVALID (not a URI of the list), NOT_FOUND,
 * IO (a replay file that cannot be read), FORMAT (it is no btsnoop file), NO_MEM; what sim answers.
 */
int woad_uri_init(struct woad_uri *u, const char *uri,
                  const struct woad_uri_cfg *cfg) WOAD_MUST_USE;

/* Frees the transport, which is closed. Harmless after a failed init. */
void woad_uri_deinit(struct woad_uri *u);

/* The list above as text for --help, one line a kind. */
const char *woad_uri_help(void);

#endif
