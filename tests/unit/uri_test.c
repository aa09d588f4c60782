#include "transport_user.h"

#include <stdio.h>
#include <unistd.h>

#include "woad/transport_uri.h"

static void refuse(const char *uri, int err, const char *words)
{
    struct woad_uri u;
    assert_int_equal(woad_uri_init(&u, uri, &(struct woad_uri_cfg){0}), err);
    if (!strstr(u.why, words))
        fail_msg("'%s' explains itself as: %s", uri, u.why);
    assert_null(u.transport);
    woad_uri_deinit(&u);
}

static void bad_uris_say_what_is_accepted(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "tcp", "TCP:localhost:1", "http://x", "/dev/ttyUSB0"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        refuse(unknown[i], WOAD_ERR_INVALID, "tcp:HOST:PORT");
    static const char *const tcp[] = {"tcp:",      "tcp:localhost", "tcp::9000",
                                      "tcp:h:",    "tcp:h:0",       "tcp:h:65536",
                                      "tcp:h:90x", "tcp:h:-1",      "tcp:h:99999999999999"};
    for (size_t i = 0; i < sizeof(tcp) / sizeof(tcp[0]); i++)
        refuse(tcp[i], WOAD_ERR_INVALID, "tcp:HOST:PORT");
    refuse("unix:", WOAD_ERR_INVALID, "unix:PATH");
    refuse("serial:", WOAD_ERR_INVALID, "serial:DEVICE");
    refuse("serial:,115200", WOAD_ERR_INVALID, "serial:DEVICE");
    refuse("serial:/dev/ttyS0,115201", WOAD_ERR_INVALID, "115201");
    refuse("serial:/dev/ttyS0,fast", WOAD_ERR_INVALID, "'fast'");
    refuse("serial:/dev/ttyS0,,", WOAD_ERR_INVALID, "''");
    refuse("pty:/dev/pts/0", WOAD_ERR_INVALID, "serial:/dev/pts/0");
    refuse("hci:", WOAD_ERR_INVALID, "hci:0");
    refuse("hci:x", WOAD_ERR_INVALID, "hci:0");
    refuse("hci:65535", WOAD_ERR_INVALID, "hci:0");
    refuse("replay:", WOAD_ERR_INVALID, "replay:FILE");
    refuse("replay:/nonexistent/x", WOAD_ERR_NOT_FOUND, "/nonexistent/x");
    refuse("replay:/dev/null", WOAD_ERR_FORMAT, "btsnoop");
    refuse("replay:/tmp", WOAD_ERR_IO, "/tmp");
    refuse("sim:", WOAD_ERR_UNSUPPORTED, "sim:");
}

static void good_uris_are_closed_transports(void **state)
{
    (void)state;
    static const char *const good[] = {
        "unix:/tmp/nobody.sock",
        "tcp:localhost:1",
        "tcp:[::1]:65535",
        "serial:/dev/ttyX",
        "serial:/dev/ttyX,1000000",
        "serial:/dev/ttyX,921600,noflow,ehcill",
        "hci:0",
        "hci:65534",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct woad_uri u;
        assert_int_equal(woad_uri_init(&u, good[i], &(struct woad_uri_cfg){0}), 0);
        assert_non_null(u.transport);
        bool sleeps = strstr(good[i], "ehcill") != NULL;
        assert_int_equal(woad_transport_caps(u.transport), sleeps ? WOAD_TRANSPORT_SLEEPS : 0);
        woad_uri_deinit(&u);
    }
    assert_non_null(strstr(woad_uri_help(), "replay:FILE"));
}

static void an_open_error_is_told_in_words(void **state)
{
    (void)state;
    struct user *user = user_new();
    struct woad_uri u;
    assert_int_equal(woad_uri_init(&u, "unix:/nonexistent/x.sock", &(struct woad_uri_cfg){0}), 0);
    assert_int_equal(woad_transport_open(u.transport, &user_up, user), WOAD_ERR_NOT_FOUND);
    assert_non_null(strstr(u.transport->why, "/nonexistent/x.sock"));
    woad_uri_deinit(&u);
    user_free(user);
}

/* A pty for the controller's side and a serial line for the host's, both by name. */
static void pty_and_serial_meet(void **state)
{
    (void)state;
    struct user *user[2] = {user_new(), user_new()};
    struct woad_uri u[2];
    assert_int_equal(woad_uri_init(&u[0], "pty:", &(struct woad_uri_cfg){.controller = true}), 0);
    char uri[64];
    snprintf(uri, sizeof(uri), "serial:%s,115200,noflow", u[0].note);
    assert_int_equal(woad_uri_init(&u[1], uri, &(struct woad_uri_cfg){0}), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(woad_transport_open(u[i].transport, &user_up, user[i]), 0);
    struct woad_buf *pkt = user_packet(user[1], "\1\3\14\0", 4);
    assert_int_equal(woad_transport_tx(u[1].transport, pkt), 0);
    for (int i = 0; i < 1000 && !user[0]->rx_count; i++) {
        woad_transport_poll(u[1].transport, 0);
        woad_transport_poll(u[0].transport, 0);
        usleep(100);
    }
    assert_received(user[0], "\1\3\14\0", 4);
    for (int i = 0; i < 2; i++) {
        woad_transport_close(u[i].transport);
        woad_uri_deinit(&u[i]);
        user_free(user[i]);
    }
}

static struct woad_transport dummy;

static int make_dummy(void *arg, const char *text, struct woad_uri *u)
{
    assert_string_equal(text, "a/b");
    u->transport = arg;
    return 0;
}

static void sim_is_the_programs_own(void **state)
{
    (void)state;
    struct woad_uri u;
    struct woad_uri_cfg cfg = {.sim = make_dummy, .sim_arg = &dummy};
    assert_int_equal(woad_uri_init(&u, "sim:a/b", &cfg), 0);
    assert_ptr_equal(u.transport, &dummy);
    woad_uri_deinit(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_uris_say_what_is_accepted),
        cmocka_unit_test(good_uris_are_closed_transports),
        cmocka_unit_test(an_open_error_is_told_in_words),
        cmocka_unit_test(pty_and_serial_meet),
        cmocka_unit_test(sim_is_the_programs_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
