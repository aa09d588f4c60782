/* What all descriptors share: opening, reading into the ring, writing, closing. */
#include "woad/pipe_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "posix_priv.h"

static struct woad_pipe_posix *posix_of(struct woad_pipe *p)
{
    return (struct woad_pipe_posix *)p;
}

int woad_posix_error(struct woad_pipe_posix *p, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, sizeof(p->error), format, args);
    va_end(args);
    p->pipe.why = p->error;
    return err;
}

int woad_posix_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int posix_open(struct woad_pipe *pipe, struct woad_ring *rx, void (*wake)(void *arg),
                      void *wake_arg)
{
    struct woad_pipe_posix *p = posix_of(pipe);
    /* Nothing arrives but in fill(): the pump waits on the descriptor. */
    (void)wake;
    (void)wake_arg;
    if (p->rx)
        return WOAD_ERR_STATE;
    pipe->why = NULL;
    int err = pipe->fd >= 0 ? 0 : p->connect(p);
    if (err < 0)
        return err;
    p->rx = rx;
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void posix_close(struct woad_pipe *pipe)
{
    struct woad_pipe_posix *p = posix_of(pipe);
    p->rx = NULL;
    close_fd(&pipe->fd);
    close_fd(&p->slave_fd);
}

static bool would_wait(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}

/* EIO is how the master of a pty learns that nobody holds the other end any more. */
static int broken(struct woad_pipe_posix *p, int e)
{
    if (e == EPIPE || e == ECONNRESET || (e == EIO && !p->socket))
        return woad_posix_error(p, WOAD_ERR_EOF, "the other side closed the connection");
    return woad_posix_error(p, WOAD_ERR_IO, "%s: %s", p->path, strerror(e));
}

/* Once a stranger talks on the pty, our own hold on its other end would only hide the hang-up. */
static void pty_attached(struct woad_pipe_posix *p)
{
    close_fd(&p->slave_fd);
}

static int posix_fill(struct woad_pipe *pipe)
{
    struct woad_pipe_posix *p = posix_of(pipe);
    size_t total = 0;
    for (int i = 0; i < 2; i++) { /* the ring's room may wrap: two pieces */
        size_t room;
        uint8_t *to = woad_ring_room(p->rx, &room);
        if (!room)
            break;
        ssize_t n = read(pipe->fd, to, room);
        if (n < 0 && would_wait(errno))
            break;
        if (n <= 0 && total)
            break; /* told again by the next call */
        if (n <= 0)
            return broken(p, n == 0 ? EPIPE : errno);
        pty_attached(p);
        woad_ring_commit(p->rx, (size_t)n);
        total += (size_t)n;
        if ((size_t)n < room)
            break;
    }
    return (int)total;
}

static int posix_write(struct woad_pipe *pipe, const struct woad_span *spans, size_t count)
{
    struct woad_pipe_posix *p = posix_of(pipe);
    struct iovec iov[WOAD_PIPE_SPANS_MAX];
    for (size_t i = 0; i < count; i++)
        iov[i] = (struct iovec){(void *)(uintptr_t)spans[i].data, spans[i].len};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n =
        p->socket ? sendmsg(pipe->fd, &msg, MSG_NOSIGNAL) : writev(pipe->fd, iov, (int)count);
    if (n >= 0)
        return (int)n;
    return would_wait(errno) ? 0 : broken(p, errno);
}

static const struct woad_pipe_ops posix_ops = {
    .open = posix_open,
    .close = posix_close,
    .fill = posix_fill,
    .write = posix_write,
};

int woad_posix_init(struct woad_pipe_posix *p, const char *path,
                    int (*connect)(struct woad_pipe_posix *p))
{
    memset(p, 0, sizeof(*p));
    p->pipe.ops = &posix_ops;
    p->pipe.fd = -1;
    p->slave_fd = -1;
    p->connect = connect;
    p->connect_ms = WOAD_PIPE_CONNECT_MS;
    if (strlen(path) >= sizeof(p->path))
        return woad_posix_error(p, WOAD_ERR_TOO_LONG, "a path of %zu characters is too long",
                                strlen(path));
    strcpy(p->path, path);
    return 0;
}

static int no_reopen(struct woad_pipe_posix *p)
{
    return woad_posix_error(p, WOAD_ERR_STATE, "this descriptor was closed and has no address");
}

int woad_pipe_fd_init(struct woad_pipe_posix *p, int fd)
{
    int err = woad_posix_init(p, "descriptor", no_reopen);
    struct stat st;
    if (err)
        return err;
    if (fstat(fd, &st) < 0 || woad_posix_nonblock(fd) < 0)
        return woad_posix_error(p, WOAD_ERR_INVALID, "descriptor %d: %s", fd, strerror(errno));
    p->socket = S_ISSOCK(st.st_mode);
    p->pipe.fd = fd;
    return 0;
}

void woad_pipe_posix_deinit(struct woad_pipe_posix *p)
{
    posix_close(&p->pipe);
}
