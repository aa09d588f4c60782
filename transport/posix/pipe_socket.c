/* Stream sockets as clients: unix domain and TCP. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "posix_priv.h"

int woad_posix_err_of(int e)
{
    switch (e) {
    case ENOENT:
    case ECONNREFUSED:
    case ENODEV:
    case ENXIO: return WOAD_ERR_NOT_FOUND;
    case EBUSY:
    case EAGAIN: return WOAD_ERR_BUSY;
    case ETIMEDOUT: return WOAD_ERR_TIMEOUT;
    case EACCES:
    case EPERM: return WOAD_ERR_REFUSED;
    default: return WOAD_ERR_IO;
    }
}

/* Connects without outlasting timeout_ms; the errno, or 0. */
static int connect_within(int fd, const struct sockaddr *addr, socklen_t len, int timeout_ms)
{
    if (connect(fd, addr, len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};
    int n = poll(&pfd, 1, timeout_ms);
    if (n <= 0)
        return n < 0 ? errno : ETIMEDOUT;
    int e = 0;
    socklen_t e_len = sizeof(e);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &e_len) < 0 ? errno : e;
}

static int unix_connect(struct woad_pipe_posix *p)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(p->path) >= sizeof(addr.sun_path))
        return woad_posix_error(p, WOAD_ERR_TOO_LONG,
                                "unix:%s: a socket's path has at most %zu characters", p->path,
                                sizeof(addr.sun_path) - 1);
    strcpy(addr.sun_path, p->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int e =
        fd < 0 ? errno : connect_within(fd, (struct sockaddr *)&addr, sizeof(addr), p->connect_ms);
    if (e) {
        if (fd >= 0)
            close(fd);
        return woad_posix_error(p, woad_posix_err_of(e), "unix:%s: %s%s", p->path, strerror(e),
                                e == ECONNREFUSED ? " (nobody listens there)" : "");
    }
    p->pipe.fd = fd;
    p->socket = true;
    return 0;
}

int woad_pipe_unix_init(struct woad_pipe_posix *p, const char *path)
{
    if (!*path)
        return WOAD_ERR_INVALID;
    return woad_posix_init(p, path, unix_connect);
}

static int try_addr(const struct addrinfo *ai, int timeout_ms, int *e)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
    *e = fd < 0 ? errno : connect_within(fd, ai->ai_addr, ai->ai_addrlen, timeout_ms);
    if (*e && fd >= 0)
        close(fd);
    return *e ? -1 : fd;
}

static int tcp_connect(struct woad_pipe_posix *p)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int gai = getaddrinfo(p->path, p->port, &hints, &list);
    if (gai)
        return woad_posix_error(p, WOAD_ERR_NOT_FOUND, "tcp:%s:%s: %s", p->path, p->port,
                                gai_strerror(gai));
    int fd = -1;
    int e = 0;
    for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
        fd = try_addr(ai, p->connect_ms, &e);
    freeaddrinfo(list);
    if (fd < 0)
        return woad_posix_error(p, woad_posix_err_of(e), "tcp:%s:%s: %s", p->path, p->port,
                                strerror(e));
    /* HCI packets are small and somebody waits for each. */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    p->pipe.fd = fd;
    p->socket = true;
    return 0;
}

int woad_pipe_tcp_init(struct woad_pipe_posix *p, const char *host, unsigned port)
{
    if (!*host || port == 0 || port > 65535)
        return WOAD_ERR_INVALID;
    int err = woad_posix_init(p, host, tcp_connect);
    snprintf(p->port, sizeof(p->port), "%u", port);
    return err;
}
