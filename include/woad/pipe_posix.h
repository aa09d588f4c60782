/* woad/pipe_posix.h: byte pipes of a POSIX system: unix socket, TCP, serial line, pseudo-terminal,
 * or any file descriptor.
 *
 *     struct woad_pipe_posix pipe;
 *     woad_pipe_unix_init(&pipe, "/run/dev0.sock");      or one of the others
 *     ... .pipe = &pipe.pipe ...                         see woad/transport_h4.h
 *     woad_pipe_posix_deinit(&pipe);
 *
 * open() of the transport connects, waiting at most connect_ms; from then on nothing waits. A pipe
 * that was closed may be opened again and connects anew (an adopted descriptor cannot).
 */
#ifndef WOAD_PIPE_POSIX_H
#define WOAD_PIPE_POSIX_H

#include <limits.h>
#include <stdbool.h>

#include "woad/pipe.h"

#define WOAD_PIPE_CONNECT_MS 5000 /* default of connect_ms */

struct woad_pipe_posix {
    struct woad_pipe pipe;
    struct woad_ring *rx;
    int (*connect)(struct woad_pipe_posix *p); /* sets pipe.fd */
    int connect_ms;
    int slave_fd;        /* pty: our own hold on the other end until somebody attaches; or -1 */
    bool socket;         /* send() without SIGPIPE instead of writev() */
    bool flow;           /* serial: RTS/CTS */
    unsigned baud;       /* serial; 0 = leave the line's speed alone */
    char port[16];       /* TCP */
    char path[PATH_MAX]; /* socket, tty, or host name */
    char error[PATH_MAX + 160];
};

/* A stream socket of the unix domain. Errors of all: TOO_LONG, INVALID. */
int woad_pipe_unix_init(struct woad_pipe_posix *p, const char *path) WOAD_MUST_USE;

/* A TCP connection, without Nagle's delay. */
int woad_pipe_tcp_init(struct woad_pipe_posix *p, const char *host, unsigned port) WOAD_MUST_USE;

/* A tty in raw mode, 8N1. baud: one of the speeds termios knows (woad_pipe_baud_ok()), or 0. flow:
 * RTS/CTS hardware flow control, which a controller needs at any real speed. */
int woad_pipe_serial_init(struct woad_pipe_posix *p, const char *path, unsigned baud,
                          bool flow) WOAD_MUST_USE;
bool woad_pipe_baud_ok(unsigned baud);

/* The master of a new pseudo-terminal, made at once: woad_pipe_pty_name() is what others open. The
 * raw mode is set. Octets written before anybody opened it wait there. When the last one who opened
 * it closes it, the pipe ends (EOF). Error: IO. */
int woad_pipe_pty_init(struct woad_pipe_posix *p) WOAD_MUST_USE;
static inline const char *woad_pipe_pty_name(const struct woad_pipe_posix *p)
{
    return p->path;
}

/* An open descriptor: taken, made non-blocking, closed with the pipe. */
int woad_pipe_fd_init(struct woad_pipe_posix *p, int fd) WOAD_MUST_USE;

/* Closes what is open. */
void woad_pipe_posix_deinit(struct woad_pipe_posix *p);

#endif
