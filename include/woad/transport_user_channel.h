/* woad/transport_user_channel.h: a Bluetooth adapter of a Linux machine, without the kernel's
 * stack.
 *
 *     woad_user_channel_init(&uc, 0, NULL);                  hci0
 *     woad_transport_open(&uc.transport, &up, arg);
 *
 * The kernel gives one program at a time an HCI user channel: a socket that carries whole packets,
 * each with its H4 type octet in front. The adapter has to be down (BUSY says otherwise) and the
 * program needs CAP_NET_ADMIN (REFUSED).
 *
 * A packet that is not well formed is dropped and counted: packets keep their borders here, so the
 * next one is good again. The socket calls go through a table, so that a test can stand in for the
 * kernel.
 */
#ifndef WOAD_TRANSPORT_USER_CHANNEL_H
#define WOAD_TRANSPORT_USER_CHANNEL_H

#include <sys/types.h>
#include <sys/uio.h>

#include "woad/h4.h"
#include "woad/transport.h"

/* The calls of the system, with errno for errors. ctx is passed back. */
struct woad_socket_calls {
    int (*socket)(void *ctx, int domain, int type, int protocol);
    int (*bind)(void *ctx, int fd, const void *addr, size_t len);
    ssize_t (*read)(void *ctx, int fd, void *to, size_t size);
    ssize_t (*writev)(void *ctx, int fd, const struct iovec *iov, int count);
    int (*close)(void *ctx, int fd);
    void *ctx;
};

/* struct sockaddr_hci of the kernel. */
struct woad_sockaddr_hci {
    uint16_t family;
    uint16_t dev;
    uint16_t channel;
};

struct woad_user_channel {
    struct woad_transport transport;
    const struct woad_socket_calls *calls;
    struct woad_h4 parser;
    struct woad_buf_queue tx;
    uint16_t dev;
    bool open;
    bool failed;
    uint32_t bad;     /* packets dropped as not well formed */
    size_t have;      /* octets in rx that wait for a buffer */
    size_t at;        /* of these, already parsed */
    uint8_t rx[8192]; /* one packet */
    char error[160];
};

/* dev: the number of the adapter. calls: NULL for the system's own. */
void woad_user_channel_init(struct woad_user_channel *u, uint16_t dev,
                            const struct woad_socket_calls *calls);

#endif
