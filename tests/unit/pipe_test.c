/* H4 over every kind of pipe, and what goes wrong with them. */
#include "transport_user.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "woad/pipe_posix.h"
#include "woad/transport_h4.h"

static const uint8_t reset[] = {1, 0x03, 0x0C, 0};
static const uint8_t complete[] = {4, 0x0E, 4, 1, 0x03, 0x0C, 0};

struct end {
    struct woad_h4_transport h4;
    struct user *user;
    uint8_t ring[1024];
};

static struct woad_transport *end_init(struct end *e, struct woad_pipe *pipe, bool host)
{
    e->user = user_new();
    assert_int_equal(
        woad_h4_transport_init(&e->h4,
                               &(struct woad_h4_transport_cfg){
                                   .pipe = pipe,
                                   .ring = e->ring,
                                   .ring_size = sizeof(e->ring),
                                   .types = host ? WOAD_H4_FROM_CONTROLLER : WOAD_H4_FROM_HOST,
                                   .tx_max = 4,
                               }),
        0);
    return &e->h4.transport;
}

static void end_free(struct end *e)
{
    woad_transport_close(&e->h4.transport);
    user_free(e->user);
}

static void wait_readable(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&pfd, 1, 2000), 1);
}

/* Sends and receives over an open transport whose other end is the descriptor peer. */
static void exchange(struct end *e, int peer)
{
    struct woad_transport *t = &e->h4.transport;
    unsigned rx_before = e->user->rx_count;
    unsigned done_before = e->user->done_count;
    assert_int_equal(woad_transport_tx(t, user_packet(e->user, reset, sizeof(reset))), 0);
    woad_transport_poll(t, 0);
    assert_int_equal(e->user->done_count, done_before + 1);
    uint8_t got[16];
    wait_readable(peer);
    assert_int_equal(read(peer, got, sizeof(got)), sizeof(reset));
    assert_memory_equal(got, reset, sizeof(reset));
    assert_int_equal(write(peer, complete, 3), 3);
    wait_readable(t->fd);
    woad_transport_poll(t, 0);
    assert_int_equal(e->user->rx_count, rx_before);
    assert_int_equal(write(peer, complete + 3, 4), 4);
    wait_readable(t->fd);
    woad_transport_poll(t, 0);
    assert_int_equal(e->user->rx_count, rx_before + 1);
    assert_memory_equal(e->user->log + e->user->log_len - 7, complete, 7);
}

static int listen_unix(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    strcpy(addr.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void unix_socket(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof(path), "/tmp/woad-pipe-%d.sock", (int)getpid());
    struct woad_pipe_posix pipe;
    struct end e;
    assert_int_equal(woad_pipe_unix_init(&pipe, path), 0);
    struct woad_transport *t = end_init(&e, &pipe.pipe, true);
    unlink(path);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_NOT_FOUND);
    assert_non_null(strstr(t->why, path));
    int listener = listen_unix(path);
    for (int round = 0; round < 3; round++) { /* closed and opened again, as new */
        assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
        assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_STATE);
        int peer = accept(listener, NULL, NULL);
        exchange(&e, peer);
        if (round == 1) { /* the peer goes first */
            assert_int_equal(write(peer, complete, sizeof(complete)), sizeof(complete));
            close(peer);
            unsigned before = e.user->rx_count;
            woad_transport_poll(t, 0);
            woad_transport_poll(t, 0);
            assert_int_equal(e.user->rx_count, before + 1); /* what it said last is delivered */
            assert_int_equal(e.user->faults, 1);
            assert_int_equal(e.user->fault, WOAD_FAULT_CLOSED);
            woad_transport_close(t);
            continue;
        }
        woad_transport_close(t);
        uint8_t octet;
        assert_int_equal(read(peer, &octet, 1), 0);
        close(peer);
    }
    close(listener);
    unlink(path);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_NOT_FOUND);
    end_free(&e);
    woad_pipe_posix_deinit(&pipe);
}

static void tcp(void **state)
{
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
    struct woad_pipe_posix pipe;
    struct end e;
    assert_int_equal(woad_pipe_tcp_init(&pipe, "127.0.0.1", ntohs(addr.sin_port)), 0);
    struct woad_transport *t = end_init(&e, &pipe.pipe, true);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_NOT_FOUND); /* refused */
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
    int peer = accept(listener, NULL, NULL);
    exchange(&e, peer);
    close(peer);
    close(listener);
    end_free(&e);
}

static void pty(void **state)
{
    (void)state;
    struct woad_pipe_posix pipe;
    struct end e;
    assert_int_equal(woad_pipe_pty_init(&pipe), 0);
    struct woad_transport *t = end_init(&e, &pipe.pipe, false);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
    /* The other end is what a program would open as its serial line. */
    struct woad_pipe_posix serial;
    struct end host;
    assert_int_equal(woad_pipe_serial_init(&serial, woad_pipe_pty_name(&pipe), 1000000, false), 0);
    struct woad_transport *h = end_init(&host, &serial.pipe, true);
    assert_int_equal(woad_transport_open(h, &user_up, host.user), 0);
    struct termios tio;
    assert_int_equal(tcgetattr(h->fd, &tio), 0);
    assert_int_equal(cfgetospeed(&tio), B1000000);
    assert_int_equal(tio.c_lflag & (tcflag_t)(ECHO | ICANON | ISIG), 0);
    uint8_t all[260] = {1, 0xFF, 0xFC, 255}; /* every octet value passes unchanged */
    for (int i = 0; i < 255; i++)
        all[4 + i] = (uint8_t)i;
    assert_int_equal(woad_transport_tx(h, user_packet(host.user, all, 259)), 0);
    woad_transport_poll(h, 0);
    wait_readable(t->fd);
    woad_transport_poll(t, 0);
    assert_received(e.user, all, 259);
    woad_transport_close(h);
    woad_transport_poll(t, 0);
    assert_int_equal(e.user->fault, WOAD_FAULT_CLOSED);
    end_free(&host);
    end_free(&e);
    woad_pipe_posix_deinit(&pipe);
}

static void serial_flow_control_and_errors(void **state)
{
    (void)state;
    struct woad_pipe_posix master;
    assert_int_equal(woad_pipe_pty_init(&master), 0);
    struct woad_pipe_posix serial;
    struct end e;
    assert_int_equal(woad_pipe_serial_init(&serial, woad_pipe_pty_name(&master), 115200, true), 0);
    struct woad_transport *t = end_init(&e, &serial.pipe, true);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
    struct termios tio;
    assert_int_equal(tcgetattr(t->fd, &tio), 0);
    assert_true(tio.c_cflag & CRTSCTS);
    end_free(&e);
    woad_pipe_posix_deinit(&master);
    assert_int_equal(woad_pipe_serial_init(&serial, "/dev/null", 12345, true), WOAD_ERR_INVALID);
    assert_int_equal(woad_pipe_serial_init(&serial, "/dev/null", 115200, true), 0);
    t = end_init(&e, &serial.pipe, true);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_INVALID);
    assert_non_null(strstr(t->why, "not a serial line"));
    end_free(&e);
}

/* A full socket: tx is refused with AGAIN, nothing is lost, and all arrives once it is read. */
static void a_full_socket_holds_back(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct woad_pipe_posix pipe;
    struct end e;
    assert_int_equal(woad_pipe_fd_init(&pipe, fds[0]), 0);
    struct woad_transport *t = end_init(&e, &pipe.pipe, true);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
    uint8_t packet[1029] = {2, 1, 0, 0, 4};
    unsigned sent = 0;
    for (;;) {
        memset(packet + 5, (int)sent, 1024);
        struct woad_buf *pkt = user_packet(e.user, packet, sizeof(packet));
        int err = woad_transport_tx(t, pkt);
        woad_transport_poll(t, 0);
        if (err < 0) {
            assert_int_equal(err, WOAD_ERR_AGAIN);
            woad_buf_unref(pkt);
            break;
        }
        sent++;
    }
    assert_true(sent > 50);
    assert_int_equal(t->wants, WOAD_WANT_READ | WOAD_WANT_WRITE);
    assert_int_equal(e.user->done_count, sent - 4);
    size_t total = 0;
    uint8_t buf[777];
    while (total < sent * sizeof(packet)) {
        ssize_t n = read(fds[1], buf, sizeof(buf));
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++, total++)
            if (total % 1029 >= 5)
                assert_int_equal(buf[i], (uint8_t)(total / 1029));
        woad_transport_poll(t, 0);
    }
    assert_int_equal(e.user->done_count, sent);
    assert_int_equal(t->wants, WOAD_WANT_READ);
    close(fds[1]);
    end_free(&e);
}

/* Writing to a peer that has gone: no signal, one fault, and every packet comes back. */
static void a_dead_peer_is_one_fault(void **state)
{
    (void)state;
    for (int packets = 0; packets < 4; packets++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        struct woad_pipe_posix pipe;
        struct end e;
        assert_int_equal(woad_pipe_fd_init(&pipe, fds[0]), 0);
        struct woad_transport *t = end_init(&e, &pipe.pipe, true);
        e.user->close_on_fault = packets == 3 ? t : NULL;
        assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
        shutdown(fds[1], SHUT_RD); /* half open: it still might speak */
        for (int i = 0; i < packets; i++)
            assert_int_equal(woad_transport_tx(t, user_packet(e.user, reset, sizeof(reset))), 0);
        woad_transport_poll(t, 0);
        if (packets == 0) {
            assert_int_equal(e.user->faults, 0);
            close(fds[1]);
            woad_transport_poll(t, 0);
        } else {
            close(fds[1]);
        }
        woad_transport_poll(t, 0);
        assert_int_equal(e.user->faults, 1);
        assert_int_equal(e.user->fault, WOAD_FAULT_CLOSED);
        assert_int_equal(e.user->done_count, packets);
        assert_int_equal(t->fd, -1);
        struct woad_buf *pkt = user_packet(e.user, reset, sizeof(reset));
        assert_int_equal(woad_transport_tx(t, pkt), packets == 3 ? WOAD_ERR_STATE : WOAD_ERR_FAULT);
        woad_buf_unref(pkt);
        /* An adopted descriptor has no address to go back to. */
        woad_transport_close(t);
        assert_int_equal(woad_transport_open(t, &user_up, e.user), WOAD_ERR_STATE);
        end_free(&e);
    }
}

/* No buffer: the ring fills, then the socket, then the sender waits. Nothing is dropped. */
static void no_buffer_holds_the_peer_back(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct woad_pipe_posix pipe;
    struct end e;
    assert_int_equal(woad_pipe_fd_init(&pipe, fds[0]), 0);
    struct woad_transport *t = end_init(&e, &pipe.pipe, true);
    assert_int_equal(woad_transport_open(t, &user_up, e.user), 0);
    e.user->refuse = 1000;
    for (int i = 0; i < 200; i++)
        assert_int_equal(write(fds[1], complete, sizeof(complete)), sizeof(complete));
    for (int i = 0; i < 10; i++)
        woad_transport_poll(t, 0);
    assert_int_equal(t->wants, 0); /* a pump that waited for readability would spin */
    assert_int_equal(e.user->rx_count, 0);
    e.user->refuse = 0;
    for (int i = 0; i < 10; i++)
        woad_transport_poll(t, 0);
    assert_int_equal(e.user->rx_count, 200);
    assert_int_equal(t->wants, WOAD_WANT_READ);
    close(fds[1]);
    woad_transport_poll(t, 0);
    assert_int_equal(e.user->fault, WOAD_FAULT_CLOSED);
    end_free(&e);
}

/* ---- the pair in memory ---------------------------------------------------------------------- */

struct pair {
    struct woad_pipe_mem pipe[2];
    struct end end[2];
};

static void pair_open(struct pair *p, size_t write_max)
{
    woad_pipe_mem_pair(&p->pipe[0], &p->pipe[1]);
    for (int i = 0; i < 2; i++) {
        struct woad_transport *t = end_init(&p->end[i], &p->pipe[i].pipe, i == 0);
        p->pipe[i].write_max = write_max;
        assert_int_equal(woad_transport_open(t, &user_up, p->end[i].user), 0);
    }
}

static void every_write_size_carries_everything(void **state)
{
    (void)state;
    for (size_t write_max = 1; write_max < 40; write_max++) {
        struct pair p;
        pair_open(&p, write_max);
        uint8_t data[600] = {2, 1, 0, 0x53, 0x02};
        for (size_t i = 5; i < sizeof(data); i++)
            data[i] = (uint8_t)(i ^ write_max);
        /* with a lent part, which goes out without being copied */
        struct woad_buf *pkt = user_packet(p.end[0].user, data, 300);
        woad_buf_lend(pkt, data + 300, 300, NULL);
        assert_int_equal(woad_transport_tx(&p.end[0].h4.transport, pkt), 0);
        assert_int_equal(
            woad_transport_tx(&p.end[0].h4.transport, user_packet(p.end[0].user, reset, 4)), 0);
        for (int i = 0; i < 700 && p.end[1].user->rx_count < 2; i++)
            for (int k = 0; k < 2; k++)
                woad_transport_poll(&p.end[k].h4.transport, 0);
        assert_int_equal(p.end[1].user->rx_count, 2);
        assert_memory_equal(p.end[1].user->log, data, 600);
        assert_memory_equal(p.end[1].user->log + 600, reset, 4);
        assert_int_equal(p.end[0].user->done_count, 2);
        end_free(&p.end[0]);
        end_free(&p.end[1]);
    }
}

static void garbage_is_a_framing_fault_and_reopening_helps(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 0);
    struct woad_transport *t = &p.end[0].h4.transport;
    woad_ring_put(p.pipe[0].rx, "\4\20\0\xEE\4\20\0", 7);
    struct woad_buf *pkt = user_packet(p.end[0].user, reset, 4);
    assert_int_equal(woad_transport_tx(t, pkt), 0);
    woad_transport_poll(t, 0);
    assert_int_equal(p.end[0].user->rx_count, 1);
    assert_int_equal(p.end[0].user->fault, WOAD_FAULT_FRAMING);
    assert_int_equal(p.end[0].user->done_count, 1);
    assert_non_null(strstr(t->why, "framing"));
    woad_transport_close(t);
    woad_transport_close(&p.end[1].h4.transport);
    for (int i = 0; i < 2; i++)
        assert_int_equal(woad_transport_open(&p.end[i].h4.transport, &user_up, p.end[i].user), 0);
    woad_ring_put(p.pipe[0].rx, complete, 7);
    woad_transport_poll(t, 0);
    assert_int_equal(p.end[0].user->rx_count, 2);
    assert_int_equal(p.end[0].user->faults, 1);
    end_free(&p.end[0]);
    end_free(&p.end[1]);
}

static void an_overrun_delivers_what_came_before(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 0);
    for (int i = 0; i < 200; i++)
        woad_ring_put(p.pipe[0].rx, complete, 7); /* an interrupt handler that nobody listens to */
    woad_transport_poll(&p.end[0].h4.transport, 0);
    assert_int_equal(p.end[0].user->rx_count, 1024 / 7);
    assert_int_equal(p.end[0].user->fault, WOAD_FAULT_OVERRUN);
    end_free(&p.end[0]);
    end_free(&p.end[1]);
}

static void refuses_what_is_no_packet(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 0);
    struct woad_transport *t = &p.end[0].h4.transport;
    struct woad_buf *bad = user_packet(p.end[0].user, "\1\3\14\5", 4);
    assert_int_equal(woad_transport_tx(t, bad), WOAD_ERR_FORMAT);
    woad_buf_unref(bad);
    assert_int_equal(woad_transport_power(t, WOAD_POWER_OFF), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_transport_power(t, WOAD_POWER_MAY_SLEEP), 0);
    assert_int_equal(woad_transport_caps(t), 0);
    assert_int_equal(woad_transport_poll(t, 0), WOAD_TIME_NEVER);
    woad_transport_close(t);
    bad = user_packet(p.end[0].user, reset, 4);
    assert_int_equal(woad_transport_tx(t, bad), WOAD_ERR_STATE);
    woad_buf_unref(bad);
    assert_int_equal(woad_h4_transport_init(&p.end[0].h4,
                                            &(struct woad_h4_transport_cfg){.pipe = &p.pipe[0].pipe,
                                                                            .ring = p.end[0].ring,
                                                                            .ring_size = 1000}),
                     WOAD_ERR_INVALID);
    end_free(&p.end[1]);
    user_free(p.end[0].user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_socket),
        cmocka_unit_test(tcp),
        cmocka_unit_test(pty),
        cmocka_unit_test(serial_flow_control_and_errors),
        cmocka_unit_test(a_full_socket_holds_back),
        cmocka_unit_test(a_dead_peer_is_one_fault),
        cmocka_unit_test(no_buffer_holds_the_peer_back),
        cmocka_unit_test(every_write_size_carries_everything),
        cmocka_unit_test(garbage_is_a_framing_fault_and_reopening_helps),
        cmocka_unit_test(an_overrun_delivers_what_came_before),
        cmocka_unit_test(refuses_what_is_no_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
