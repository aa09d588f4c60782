/* The Linux user channel with a double in place of the kernel. */
#include "transport_user.h"

#include <errno.h>
#include <sys/socket.h>

#include "woad/transport_user_channel.h"

/* The kernel, as far as this driver sees it. */
struct kernel {
    int socket_errno;
    int bind_errno;
    int write_errno;
    int read_errno; /* when nothing is queued; EAGAIN is normal */
    struct woad_sockaddr_hci bound;
    struct {
        uint8_t data[9000];
        size_t len;
    } to_host[8];
    unsigned head, tail;
    uint8_t written[8192];
    size_t written_len;
    unsigned writes;
    int open_fds;
};

static int k_socket(void *ctx, int domain, int type, int protocol)
{
    struct kernel *k = ctx;
    assert_int_equal(domain, AF_BLUETOOTH);
    assert_int_equal(type & 0xF, SOCK_RAW);
    assert_true(type & SOCK_NONBLOCK);
    assert_int_equal(protocol, 1);
    errno = k->socket_errno;
    if (errno)
        return -1;
    k->open_fds++;
    return 77;
}

static int k_bind(void *ctx, int fd, const void *addr, size_t len)
{
    struct kernel *k = ctx;
    assert_int_equal(fd, 77);
    assert_int_equal(len, sizeof(k->bound));
    memcpy(&k->bound, addr, len);
    errno = k->bind_errno;
    return errno ? -1 : 0;
}

static ssize_t k_read(void *ctx, int fd, void *to, size_t size)
{
    struct kernel *k = ctx;
    assert_int_equal(fd, 77);
    if (k->head == k->tail) {
        errno = k->read_errno;
        return errno ? -1 : 0;
    }
    size_t len = k->to_host[k->tail].len;
    if (len > size)
        len = size; /* the rest of the packet is lost, as with the kernel */
    memcpy(to, k->to_host[k->tail].data, len);
    k->tail = (k->tail + 1) % 8;
    return (ssize_t)len;
}

static ssize_t k_writev(void *ctx, int fd, const struct iovec *iov, int count)
{
    struct kernel *k = ctx;
    assert_int_equal(fd, 77);
    errno = k->write_errno;
    if (errno)
        return -1;
    size_t before = k->written_len;
    for (int i = 0; i < count; i++) {
        memcpy(k->written + k->written_len, iov[i].iov_base, iov[i].iov_len);
        k->written_len += iov[i].iov_len;
    }
    k->writes++;
    return (ssize_t)(k->written_len - before);
}

static int k_close(void *ctx, int fd)
{
    assert_int_equal(fd, 77);
    ((struct kernel *)ctx)->open_fds--;
    return 0;
}

static void queue(struct kernel *k, const void *h4, size_t len)
{
    memcpy(k->to_host[k->head].data, h4, len);
    k->to_host[k->head].len = len;
    k->head = (k->head + 1) % 8;
}

struct set_up {
    struct kernel k;
    struct woad_socket_calls calls;
    struct woad_user_channel uc;
    struct user *user;
};

static struct woad_transport *set_up(struct set_up *s)
{
    memset(s, 0, sizeof(*s));
    s->k.read_errno = EAGAIN;
    s->calls = (struct woad_socket_calls){.socket = k_socket,
                                          .bind = k_bind,
                                          .read = k_read,
                                          .writev = k_writev,
                                          .close = k_close,
                                          .ctx = &s->k};
    woad_user_channel_init(&s->uc, 3, &s->calls);
    s->user = user_new();
    return &s->uc.transport;
}

static void tear_down(struct set_up *s)
{
    woad_transport_close(&s->uc.transport);
    assert_int_equal(s->k.open_fds, 0);
    user_free(s->user);
}

static const uint8_t reset[] = {1, 0x03, 0x0C, 0};
static const uint8_t complete[] = {4, 0x0E, 4, 1, 0x03, 0x0C, 0};

static void packets_both_ways(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
    assert_int_equal(s.k.bound.family, AF_BLUETOOTH);
    assert_int_equal(s.k.bound.dev, 3);
    assert_int_equal(s.k.bound.channel, 1);
    assert_int_equal(t->fd, 77);
    struct woad_buf *acl = user_packet(s.user, "\2\1\0\6\0abc", 8);
    woad_buf_lend(acl, "def", 3, NULL);
    assert_int_equal(woad_transport_tx(t, user_packet(s.user, reset, 4)), 0);
    assert_int_equal(woad_transport_tx(t, acl), 0);
    queue(&s.k, complete, 7);
    queue(&s.k, "\2\1\0\1\0z", 6);
    woad_transport_poll(t, 0);
    assert_int_equal(s.k.writes, 2); /* one packet is one write */
    assert_memory_equal(s.k.written, "\1\3\14\0\2\1\0\6\0abcdef", 15);
    assert_int_equal(s.user->done_count, 2);
    assert_received(s.user, "\4\16\4\1\3\14\0\2\1\0\1\0z", 13);
    tear_down(&s);
}

static void open_errors_give_advice(void **state)
{
    (void)state;
    static const struct {
        bool at_bind;
        int e;
        int err;
        const char *words;
    } cases[] = {
        {false, EAFNOSUPPORT, WOAD_ERR_UNSUPPORTED, "no Bluetooth"},
        {false, EPERM, WOAD_ERR_REFUSED, "CAP_NET_ADMIN"},
        {true, EPERM, WOAD_ERR_REFUSED, "CAP_NET_ADMIN"},
        {true, ENODEV, WOAD_ERR_NOT_FOUND, "hci:3"},
        {true, EBUSY, WOAD_ERR_BUSY, "down"},
        {true, EUSERS, WOAD_ERR_BUSY, "down"},
        {true, EINVAL, WOAD_ERR_IO, "hci:3"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct set_up s;
        struct woad_transport *t = set_up(&s);
        *(cases[i].at_bind ? &s.k.bind_errno : &s.k.socket_errno) = cases[i].e;
        assert_int_equal(woad_transport_open(t, &user_up, s.user), cases[i].err);
        assert_non_null(strstr(t->why, cases[i].words));
        s.k.socket_errno = s.k.bind_errno = 0;
        assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
        assert_int_equal(woad_transport_open(t, &user_up, s.user), WOAD_ERR_STATE);
        tear_down(&s);
    }
}

static void a_bad_packet_costs_nothing_but_itself(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
    } bad[] = {
        {"\4\16\4\1\3\14", 6},     /* short */
        {"\4\16\4\1\3\14\0\0", 8}, /* long */
        {"\4", 1},
        {"\1\3\14\0", 4},
        {"\0\0", 2},
        {"\4\16\2\1\2\4\16", 7},
    };
    static struct set_up s;
    struct woad_transport *t = set_up(&s);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        s.user->log_len = 0;
        queue(&s.k, bad[i].data, bad[i].len);
        queue(&s.k, complete, 7);
        woad_transport_poll(t, 0);
        assert_int_equal(s.uc.bad, i + 1);
        assert_memory_equal(s.user->log + s.user->log_len - 7, complete, 7);
    }
    assert_int_equal(s.user->faults, 0);
    tear_down(&s);
}

static void no_buffer_holds_back(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
    s.user->refuse = 2;
    queue(&s.k, complete, 7);
    queue(&s.k, complete, 7);
    woad_transport_poll(t, 0);
    assert_int_equal(t->wants, 0);
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->rx_count, 0);
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->rx_count, 2);
    assert_int_equal(t->wants, WOAD_WANT_READ);
    tear_down(&s);
}

static void a_full_socket_is_busy(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
    s.k.write_errno = EAGAIN;
    int taken = 0;
    for (;; taken++) {
        struct woad_buf *pkt = user_packet(s.user, reset, 4);
        int err = woad_transport_tx(t, pkt);
        woad_transport_poll(t, 0);
        if (!err)
            continue;
        assert_int_equal(err, WOAD_ERR_AGAIN);
        woad_buf_unref(pkt);
        break;
    }
    assert_int_equal(s.user->done_count, 0);
    assert_int_equal(t->wants, WOAD_WANT_READ | WOAD_WANT_WRITE);
    s.k.write_errno = 0;
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->done_count, taken);
    assert_int_equal(s.k.writes, taken);
    tear_down(&s);
}

static void a_removed_adapter_is_one_fault(void **state)
{
    (void)state;
    static const struct {
        int read_errno;
        int write_errno;
        enum woad_transport_fault fault;
    } cases[] = {
        {0, EAGAIN, WOAD_FAULT_CLOSED}, {ENODEV, EAGAIN, WOAD_FAULT_CLOSED},
        {EIO, EAGAIN, WOAD_FAULT_IO},   {EAGAIN, ENODEV, WOAD_FAULT_CLOSED},
        {EAGAIN, EIO, WOAD_FAULT_IO},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct set_up s;
        struct woad_transport *t = set_up(&s);
        assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
        s.k.read_errno = cases[i].read_errno;
        s.k.write_errno = cases[i].write_errno;
        assert_int_equal(woad_transport_tx(t, user_packet(s.user, reset, 4)), 0);
        woad_transport_poll(t, 0);
        woad_transport_poll(t, 0);
        assert_int_equal(s.user->faults, 1);
        assert_int_equal(s.user->fault, cases[i].fault);
        assert_int_equal(s.user->done_count, 1);
        assert_int_equal(s.k.open_fds, 0);
        struct woad_buf *pkt = user_packet(s.user, reset, 4);
        assert_int_equal(woad_transport_tx(t, pkt), WOAD_ERR_FAULT);
        woad_transport_close(t);
        assert_int_equal(woad_transport_tx(t, pkt), WOAD_ERR_STATE);
        woad_buf_unref(pkt);
        s.k.read_errno = EAGAIN;
        s.k.write_errno = 0;
        assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
        tear_down(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_both_ways),
        cmocka_unit_test(open_errors_give_advice),
        cmocka_unit_test(a_bad_packet_costs_nothing_but_itself),
        cmocka_unit_test(no_buffer_holds_back),
        cmocka_unit_test(a_full_socket_is_busy),
        cmocka_unit_test(a_removed_adapter_is_one_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
