#include "woad/transport_user_channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posix_priv.h"

enum {
    PROTOCOL_HCI = 1, /* BTPROTO_HCI */
    CHANNEL_USER = 1, /* HCI_CHANNEL_USER */
    TX_MAX = 16,      /* packets taken before tx() answers AGAIN */
    ROUNDS_MAX = 64,  /* packets read in one poll() */
};

/* ---- the system's own calls ------------------------------------------------------------------ */

static int sys_socket(void *ctx, int domain, int type, int protocol)
{
    (void)ctx;
    return socket(domain, type, protocol);
}

static int sys_bind(void *ctx, int fd, const void *addr, size_t len)
{
    (void)ctx;
    return bind(fd, addr, (socklen_t)len);
}

static ssize_t sys_read(void *ctx, int fd, void *to, size_t size)
{
    (void)ctx;
    return read(fd, to, size);
}

static ssize_t sys_writev(void *ctx, int fd, const struct iovec *iov, int count)
{
    (void)ctx;
    return writev(fd, iov, count);
}

static int sys_close(void *ctx, int fd)
{
    (void)ctx;
    return close(fd);
}

static const struct woad_socket_calls sys_calls = {
    .socket = sys_socket,
    .bind = sys_bind,
    .read = sys_read,
    .writev = sys_writev,
    .close = sys_close,
};

/* ---- the driver ------------------------------------------------------------------------------ */

static struct woad_user_channel *uc_of(struct woad_transport *t)
{
    return (struct woad_user_channel *)t;
}

static void wake(const struct woad_user_channel *u)
{
    if (u->transport.up->wake)
        u->transport.up->wake(u->transport.up_arg);
}

static void parser_reset(struct woad_user_channel *u)
{
    woad_h4_deinit(&u->parser);
    woad_h4_init(&u->parser, &(struct woad_h4_cfg){.up = u->transport.up,
                                                   .up_arg = u->transport.up_arg,
                                                   .types = WOAD_H4_FROM_CONTROLLER});
}

static int open_error(struct woad_user_channel *u, int e)
{
    const char *advice = "";
    if (e == EBUSY || e == EUSERS || e == EALREADY)
        advice = "; set the adapter down first (btmgmt power off, or hciconfig down)";
    else if (e == EPERM || e == EACCES)
        advice = "; the capability CAP_NET_ADMIN is needed";
    else if (e == EAFNOSUPPORT || e == EPROTONOSUPPORT)
        advice = "; this kernel has no Bluetooth";
    snprintf(u->error, sizeof(u->error), "hci:%u: %s%s", u->dev, strerror(e), advice);
    u->transport.why = u->error;
    if (e == EAFNOSUPPORT || e == EPROTONOSUPPORT)
        return WOAD_ERR_UNSUPPORTED;
    return woad_posix_err_of(e == EUSERS || e == EALREADY ? EBUSY : e);
}

static int uc_open(struct woad_transport *t, const struct woad_transport_up *up, void *up_arg)
{
    struct woad_user_channel *u = uc_of(t);
    const struct woad_socket_calls *c = u->calls;
    if (u->open)
        return WOAD_ERR_STATE;
    int fd = c->socket(c->ctx, AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, PROTOCOL_HCI);
    if (fd < 0)
        return open_error(u, errno);
    struct woad_sockaddr_hci addr = {AF_BLUETOOTH, u->dev, CHANNEL_USER};
    if (c->bind(c->ctx, fd, &addr, sizeof(addr)) < 0) {
        int e = errno;
        c->close(c->ctx, fd);
        return open_error(u, e);
    }
    t->up = up;
    t->up_arg = up_arg;
    t->why = NULL;
    t->fd = fd;
    t->wants = WOAD_WANT_READ;
    u->open = true;
    u->failed = false;
    u->have = 0;
    u->at = 0;
    parser_reset(u);
    return 0;
}

/* Ends all activity; what was not sent goes back. */
static void shut(struct woad_user_channel *u)
{
    if (u->transport.fd >= 0)
        u->calls->close(u->calls->ctx, u->transport.fd);
    u->transport.fd = -1;
    u->transport.wants = 0;
    woad_h4_deinit(&u->parser);
    struct woad_buf *pkt;
    while ((pkt = woad_buf_queue_pop(&u->tx)))
        u->transport.up->tx_done(u->transport.up_arg, pkt);
}

static void uc_close(struct woad_transport *t)
{
    struct woad_user_channel *u = uc_of(t);
    if (u->open && !u->failed)
        shut(u);
    u->open = false;
}

static void fail(struct woad_user_channel *u, int e)
{
    bool gone = e == 0 || e == ENODEV || e == EPIPE || e == ENETDOWN;
    snprintf(u->error, sizeof(u->error), "hci:%u: %s", u->dev,
             gone ? "the adapter was removed or taken over" : strerror(e));
    u->transport.why = u->error;
    u->failed = true;
    shut(u);
    u->transport.up->fault(u->transport.up_arg, gone ? WOAD_FAULT_CLOSED : WOAD_FAULT_IO);
}

static int uc_tx(struct woad_transport *t, struct woad_buf *pkt)
{
    struct woad_user_channel *u = uc_of(t);
    if (!u->open || u->failed)
        return u->open ? WOAD_ERR_FAULT : WOAD_ERR_STATE;
    if (!woad_h4_valid(pkt))
        return WOAD_ERR_FORMAT;
    if (u->tx.count >= TX_MAX)
        return WOAD_ERR_AGAIN;
    woad_buf_queue_push(&u->tx, pkt);
    if (u->tx.count == 1)
        wake(u);
    return 0;
}

/* The kernel sees to the adapter's sleep. */
static int uc_power(struct woad_transport *t, enum woad_power want)
{
    (void)t;
    return want == WOAD_POWER_OFF ? WOAD_ERR_UNSUPPORTED : 0;
}

static uint32_t uc_caps(const struct woad_transport *t)
{
    (void)t;
    return 0;
}

static bool would_wait(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}

/* Hands on the packet in rx; false: the user has no room for it. */
static bool deliver(struct woad_user_channel *u)
{
    size_t used;
    int err = woad_h4_rx(&u->parser, u->rx + u->at, u->have - u->at, &used);
    u->at += used;
    if (err == WOAD_ERR_AGAIN)
        return false;
    if (err || !woad_h4_idle(&u->parser)) {
        u->bad++;
        parser_reset(u);
    }
    u->have = 0;
    u->at = 0;
    return true;
}

/* 0, AGAIN (a packet waits for a buffer), or IO with the errno in *e. */
static int receive(struct woad_user_channel *u, int *e)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (!u->have) {
            ssize_t n = u->calls->read(u->calls->ctx, u->transport.fd, u->rx, sizeof(u->rx));
            if (n < 0 && would_wait(errno))
                return 0;
            *e = n < 0 ? errno : 0;
            if (n <= 0)
                return WOAD_ERR_IO;
            u->have = (size_t)n;
        }
        if (!deliver(u))
            return WOAD_ERR_AGAIN;
    }
    return 0;
}

/* 0, AGAIN (the socket is full), or IO with the errno in *e. */
static int transmit(struct woad_user_channel *u, int *e)
{
    struct woad_buf *pkt;
    while ((pkt = u->tx.head)) {
        struct iovec iov[3] = {
            {&pkt->type, 1}, {pkt->data, pkt->len}, {(void *)(uintptr_t)pkt->ext, pkt->ext_len}};
        ssize_t n = u->calls->writev(u->calls->ctx, u->transport.fd, iov, pkt->ext_len ? 3 : 2);
        *e = errno;
        if (n < 0)
            return would_wait(*e) ? WOAD_ERR_AGAIN : WOAD_ERR_IO;
        u->transport.up->tx_done(u->transport.up_arg, woad_buf_queue_pop(&u->tx));
    }
    return 0;
}

static woad_time uc_poll(struct woad_transport *t, woad_time now_us)
{
    struct woad_user_channel *u = uc_of(t);
    if (!u->open || u->failed)
        return WOAD_TIME_NEVER;
    int e = 0;
    int rx = receive(u, &e);
    int tx = rx == WOAD_ERR_IO ? 0 : transmit(u, &e);
    if (rx == WOAD_ERR_IO || tx == WOAD_ERR_IO) {
        fail(u, e);
        return WOAD_TIME_NEVER;
    }
    t->wants = (uint8_t)((rx == WOAD_ERR_AGAIN ? 0 : WOAD_WANT_READ) |
                         (tx == WOAD_ERR_AGAIN ? WOAD_WANT_WRITE : 0));
    return rx == WOAD_ERR_AGAIN ? woad_time_add(now_us, WOAD_TRANSPORT_RETRY_US) : WOAD_TIME_NEVER;
}

static const struct woad_transport_ops uc_ops = {
    .open = uc_open,
    .close = uc_close,
    .tx = uc_tx,
    .power = uc_power,
    .caps = uc_caps,
    .poll = uc_poll,
};

void woad_user_channel_init(struct woad_user_channel *u, uint16_t dev,
                            const struct woad_socket_calls *calls)
{
    memset(u, 0, sizeof(*u));
    u->transport = (struct woad_transport){.ops = &uc_ops, .fd = -1};
    u->dev = dev;
    u->calls = calls ? calls : &sys_calls;
}
