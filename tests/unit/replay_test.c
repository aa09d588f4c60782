/* A recording plays the controller. Each test writes its recording as text:
 *     > 01 03 0C 00        the host sent this (H4)
 *     < 04 0E ...          the controller sent this
 * with one record each millisecond. */
#include "transport_user.h"

#include "woad/transport_replay.h"

struct tape {
    uint8_t data[8192];
    size_t len;
};

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static size_t octets(const char *text, uint8_t *to)
{
    size_t n = 0;
    for (; *text; text++)
        if (*text != ' ') {
            to[n++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
            text++;
        }
    return n;
}

static void record(struct tape *t, const char *const *lines)
{
    t->len = woad_btsnoop_put_header(t->data, WOAD_BTSNOOP_H4);
    uint64_t time_us = 1700000000000000;
    for (; *lines; lines++, time_us += 1000) {
        uint8_t h4[256];
        size_t n = octets(*lines + 1, h4);
        struct woad_btsnoop_rec rec = {.time_us = time_us,
                                       .data = h4 + 1,
                                       .len = (uint32_t)n - 1,
                                       .orig_len = (uint32_t)n - 1,
                                       .type = h4[0],
                                       .received = **lines == '<'};
        t->len += woad_btsnoop_put_record(t->data + t->len, WOAD_BTSNOOP_H4, &rec);
        memcpy(t->data + t->len, h4 + 1, n - 1);
        t->len += n - 1;
    }
}

struct set_up {
    struct tape tape;
    struct woad_replay r;
    struct user *user;
};

static struct woad_transport *set_up(struct set_up *s, const char *const *lines,
                                     struct woad_replay_cfg cfg)
{
    record(&s->tape, lines);
    cfg.file = s->tape.data;
    cfg.file_len = s->tape.len;
    assert_int_equal(woad_replay_init(&s->r, &cfg), 0);
    s->user = user_new();
    assert_int_equal(woad_transport_open(&s->r.transport, &user_up, s->user), 0);
    return &s->r.transport;
}

static void tear_down(struct set_up *s)
{
    woad_transport_close(&s->r.transport);
    user_free(s->user);
}

static void send(struct set_up *s, const char *text)
{
    uint8_t h4[256];
    size_t n = octets(text, h4);
    assert_int_equal(woad_transport_tx(&s->r.transport, user_packet(s->user, h4, n)), 0);
}

static const char *const start_up[] = {
    "< 04 FF 01 00", /* the controller speaks first */
    "> 01 03 0C 00",
    "< 04 0E 04 01 03 0C 00",
    "> 01 05 20 06 01 02 03 04 05 C6", /* a random address */
    "< 04 0E 04 01 05 20 00",
    "> 02 40 00 01 00 AA",
    "> 02 41 00 01 00 BB",
    "> 01 06 04 03 40 00 13",
    "< 04 0F 04 00 01 06 04",
    NULL,
};

static void a_good_run_is_done(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s, start_up, (struct woad_replay_cfg){0});
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->rx_count, 1);
    send(&s, "01 03 0C 00");
    woad_transport_poll(t, 10);
    assert_int_equal(s.user->rx_count, 2);
    send(&s, "01 05 20 06 F1 F2 F3 F4 F5 C6"); /* another random address: excused */
    /* Three lanes in another order than recorded: a host may. */
    send(&s, "01 06 04 03 40 00 13");
    send(&s, "02 41 00 01 00 BB");
    woad_transport_poll(t, 20);
    assert_int_equal(s.user->rx_count, 3);
    assert_int_equal(woad_replay_state(&s.r), WOAD_REPLAY_RUNNING);
    send(&s, "02 40 00 01 00 AA");
    woad_transport_poll(t, 30);
    assert_int_equal(woad_replay_state(&s.r), WOAD_REPLAY_DONE);
    assert_int_equal(s.user->rx_count, 4);
    assert_int_equal(s.user->done_count, 5);
    assert_int_equal(s.r.matched, 5);
    assert_int_equal(s.r.fed, 4);
    assert_int_equal(s.user->faults, 0);
    send(&s, "01 03 0C 00"); /* after the end */
    woad_transport_poll(t, 40);
    assert_int_equal(s.r.extra, 1);
    assert_int_equal(s.user->faults, 0);
    tear_down(&s);
}

static void the_first_difference_is_told(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s, start_up, (struct woad_replay_cfg){0});
    send(&s, "01 03 0C 00");
    send(&s, "01 05 20 06 F1 F2 F3 F4 F5 C6");
    send(&s, "01 06 04 03 41 00 13"); /* Disconnect of another handle */
    woad_transport_poll(t, 0);
    woad_transport_poll(t, 1);
    assert_int_equal(woad_replay_state(&s.r), WOAD_REPLAY_MISMATCH);
    assert_int_equal(s.user->faults, 1);
    assert_int_equal(s.user->fault, WOAD_FAULT_MISMATCH);
    assert_int_equal(s.r.diff_index, 7);
    assert_non_null(strstr(t->why, "record 7 differs at octet 3"));
    assert_non_null(strstr(t->why, "Disconnect"));
    assert_non_null(strstr(t->why, "0x0041"));
    struct woad_buf *pkt = user_packet(s.user, "\1\3\14\0", 4);
    assert_int_equal(woad_transport_tx(t, pkt), WOAD_ERR_FAULT);
    woad_buf_unref(pkt);
    assert_int_equal(s.user->done_count, 3);
    tear_down(&s);
}

/* Every octet of every packet that is not excused is compared, and so is the length. */
static void every_octet_counts(void **state)
{
    (void)state;
    static const char *const one[] = {"> 02 40 00 06 00 02 00 04 00 0A 0B", "< 04 10 00", NULL};
    for (int at = 0; at < 12; at++) {
        static struct set_up s;
        struct woad_transport *t = set_up(&s, one, (struct woad_replay_cfg){.stall_us = 100});
        uint8_t h4[12];
        size_t n = octets("02 40 00 06 00 02 00 04 00 0A 0B", h4);
        if (at > 0 && at < 11)
            h4[at] ^= 0x01;
        if (at == 3 || at == 4) { /* keep the packet well formed: one octet less */
            h4[at] ^= 0x01;
            h4[3] = 5;
            n--;
        }
        struct woad_buf *pkt = user_packet(s.user, h4, n);
        assert_int_equal(woad_transport_tx(t, pkt), 0);
        woad_transport_poll(t, 0);
        woad_transport_poll(t, 1000);
        bool same = at == 0 || at == 11;
        assert_int_equal(woad_replay_state(&s.r), same ? WOAD_REPLAY_DONE : WOAD_REPLAY_MISMATCH);
        tear_down(&s);
    }
}

static void keys_of_pairing_are_excused(void **state)
{
    (void)state;
    static const char *const pairing[] = {
        "> 02 40 00 09 00 05 00 06 00 03 01 02 03 04", /* Pairing Confirm */
        "> 02 40 00 07 00 03 00 06 00 01 03 00",       /* Pairing Request */
        "> 01 1A 20 12 40 00 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F",
        NULL,
    };
    static struct set_up s;
    struct woad_transport *t = set_up(&s, pairing, (struct woad_replay_cfg){0});
    send(&s, "02 40 00 09 00 05 00 06 00 03 F1 F2 F3 F4");
    woad_transport_poll(t, 0);
    assert_int_equal(s.r.matched, 1);
    send(&s, "01 1A 20 12 40 00 F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 FA FB FC FD FE FF");
    woad_transport_poll(t, 0);
    assert_int_equal(s.r.matched, 2);
    send(&s, "02 40 00 07 00 03 00 06 00 01 04 00"); /* other abilities are a difference */
    woad_transport_poll(t, 0);
    assert_int_equal(woad_replay_state(&s.r), WOAD_REPLAY_MISMATCH);
    tear_down(&s);
}

static void what_does_not_come_is_a_difference(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s, start_up, (struct woad_replay_cfg){0});
    assert_int_equal(woad_transport_poll(t, 5000), 2005000);
    woad_transport_poll(t, 2004999);
    assert_int_equal(s.user->faults, 0);
    woad_transport_poll(t, 2005000);
    assert_int_equal(s.user->faults, 1);
    assert_int_equal(s.r.diff_index, 1);
    assert_non_null(strstr(t->why, "record 1 did not come"));
    assert_non_null(strstr(t->why, "Reset"));
    /* opened again it plays from the start */
    woad_transport_close(t);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), 0);
    assert_int_equal(woad_transport_open(t, &user_up, s.user), WOAD_ERR_STATE);
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->rx_count, 2);
    tear_down(&s);
}

static void recorded_time_keeps_the_distances(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t =
        set_up(&s, start_up, (struct woad_replay_cfg){.recorded_time = true});
    woad_transport_poll(t, 0);
    send(&s, "01 03 0C 00");
    assert_int_equal(woad_transport_poll(t, 5000), 6000); /* its answer came 1 ms later */
    woad_transport_poll(t, 5999);
    assert_int_equal(s.user->rx_count, 1);
    woad_transport_poll(t, 6000);
    assert_int_equal(s.user->rx_count, 2);
    tear_down(&s);
}

static void no_buffer_holds_back(void **state)
{
    (void)state;
    static const char *const burst[] = {"< 04 3E 03 02 01 02", "< 04 10 00", NULL};
    static struct set_up s;
    struct woad_transport *t = set_up(&s, burst, (struct woad_replay_cfg){0});
    s.user->refuse = 1;
    woad_transport_poll(t, 0);
    assert_int_equal(s.user->rx_count, 0);
    s.user->discard_subevent = 2;
    woad_transport_poll(t, 0);
    assert_received(s.user, "\4\20\0", 3);
    assert_int_equal(s.user->head_len, 2);
    assert_int_equal(woad_replay_state(&s.r), WOAD_REPLAY_DONE);
    tear_down(&s);
}

/* A file cut anywhere is refused or plays what is whole; it never does harm. */
static void cut_files(void **state)
{
    (void)state;
    struct tape tape;
    record(&tape, start_up);
    for (size_t len = 0; len <= tape.len; len++) {
        static struct woad_replay r;
        struct user *user = user_new();
        struct woad_replay_cfg cfg = {.file = tape.data, .file_len = len, .stall_us = 10};
        int err = woad_replay_init(&r, &cfg);
        assert_int_equal(err < 0, len < 16);
        if (!err) {
            assert_int_equal(woad_transport_open(&r.transport, &user_up, user), 0);
            woad_transport_poll(&r.transport, 0);
            woad_transport_poll(&r.transport, 100);
            assert_int_equal(user->rx_count, len >= 16 + 24 + 4);
            woad_transport_close(&r.transport);
        }
        user_free(user);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_run_is_done),
        cmocka_unit_test(the_first_difference_is_told),
        cmocka_unit_test(every_octet_counts),
        cmocka_unit_test(keys_of_pairing_are_excused),
        cmocka_unit_test(what_does_not_come_is_a_difference),
        cmocka_unit_test(recorded_time_keeps_the_distances),
        cmocka_unit_test(no_buffer_holds_back),
        cmocka_unit_test(cut_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
