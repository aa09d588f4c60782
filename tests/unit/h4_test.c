#include "transport_user.h"

#include "woad/h4.h"

/* One of each kind and each edge: empty payloads, an LE event of every header length, long data. */
static size_t all_packets(uint8_t *to)
{
    size_t n = 0;
    static const uint8_t small[] = {
        1, 0x03, 0x0C, 0,                            /* Reset */
        4, 0x0E, 4,    1,    0x03, 0x0C, 0,          /* its Command Complete */
        4, 0x3E, 0,                                  /* LE Meta without a subevent */
        4, 0x3E, 1,    0x0A,                         /* LE Meta with nothing but the subevent */
        4, 0x3E, 3,    0x02, 1,    2,                /* LE event */
        4, 0x10, 0,                                  /* an event without parameters */
        2, 0x40, 0x20, 0,    0,                      /* empty ACL */
        3, 0x01, 0x00, 2,    0xAA, 0xBB,             /* SCO */
        5, 0x60, 0x20, 3,    0xC0, 1,    2, 3,       /* ISO: the upper length bits are reserved */
        1, 0x05, 0x20, 6,    1,    2,    3, 4, 5, 6, /* LE Set Random Address */
    };
    memcpy(to, small, sizeof(small));
    n += sizeof(small);
    static const uint16_t lens[] = {1, 27, 251, 1021, 2000};
    for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
        uint8_t head[] = {2, 0x40, 0x00, (uint8_t)lens[k], (uint8_t)(lens[k] >> 8)};
        memcpy(to + n, head, 5);
        n += 5;
        for (uint16_t i = 0; i < lens[k]; i++)
            to[n++] = (uint8_t)(i * 31 + k);
    }
    return n;
}

#define EVERYTHING (WOAD_H4_FROM_HOST | WOAD_H4_FROM_CONTROLLER)

static void start(struct woad_h4 *h, struct user *u, uint8_t types)
{
    woad_h4_init(h, &(struct woad_h4_cfg){.up = &user_up, .up_arg = u, .types = types});
}

static void feed(struct woad_h4 *h, const uint8_t *data, size_t len)
{
    size_t used;
    assert_int_equal(woad_h4_rx(h, data, len, &used), 0);
    assert_int_equal(used, len);
}

static void every_cut_gives_the_same_packets(void **state)
{
    (void)state;
    uint8_t stream[8192];
    size_t len = all_packets(stream);
    for (size_t cut = 0; cut <= len; cut++) {
        struct user *u = user_new();
        struct woad_h4 h;
        start(&h, u, EVERYTHING);
        feed(&h, stream, cut);
        feed(&h, stream + cut, len - cut);
        assert_true(woad_h4_idle(&h));
        assert_int_equal(u->rx_count, 15);
        assert_received(u, stream, len);
        woad_h4_deinit(&h);
        user_free(u);
    }
}

static void one_octet_at_a_time(void **state)
{
    (void)state;
    uint8_t stream[8192];
    size_t len = all_packets(stream);
    struct user *u = user_new();
    struct woad_h4 h;
    start(&h, u, EVERYTHING);
    for (size_t i = 0; i < len; i++)
        feed(&h, stream + i, 1);
    assert_received(u, stream, len);
    user_free(u);
}

static void random_splits(void **state)
{
    (void)state;
    uint8_t stream[8192];
    size_t len = all_packets(stream);
    unsigned seed = 1;
    for (int round = 0; round < 3000; round++) {
        struct user *u = user_new();
        struct woad_h4 h;
        start(&h, u, EVERYTHING);
        for (size_t at = 0; at < len;) {
            seed = seed * 1103515245 + 12345;
            size_t n = 1 + (seed >> 16) % (round % 2 ? 7 : 700);
            if (n > len - at)
                n = len - at;
            feed(&h, stream + at, n);
            at += n;
        }
        assert_received(u, stream, len);
        user_free(u);
    }
}

/* A refusal loses nothing, wherever it falls, and needs no further octet to be asked again. */
static void refusal_holds_back(void **state)
{
    (void)state;
    uint8_t stream[8192];
    size_t len = all_packets(stream);
    for (unsigned step = 1; step < 40; step++) {
        struct user *u = user_new();
        struct woad_h4 h;
        start(&h, u, EVERYTHING);
        u->refuse = 1;
        for (size_t at = 0; at < len;) {
            size_t n = step < len - at ? step : len - at;
            size_t used;
            int err = woad_h4_rx(&h, stream + at, n, &used);
            at += used;
            if (err == WOAD_ERR_AGAIN) {
                assert_false(woad_h4_idle(&h));
                u->refuse = 1; /* and the packet after this one again */
                unsigned before = u->rx_count;
                assert_int_equal(woad_h4_rx(&h, NULL, 0, &used), WOAD_ERR_AGAIN);
                assert_int_equal(used, 0);
                assert_int_equal(u->rx_count, before);
                assert_int_equal(woad_h4_rx(&h, NULL, 0, &used), 0);
                u->refuse = 1;
            } else {
                assert_int_equal(err, 0);
                assert_int_equal(used, n);
            }
        }
        u->refuse = 0;
        size_t used;
        assert_int_equal(woad_h4_rx(&h, NULL, 0, &used), 0);
        assert_received(u, stream, len);
        user_free(u);
    }
}

static void unwanted_packets_are_skipped(void **state)
{
    (void)state;
    static const uint8_t stream[] = {4, 0x3E, 3, 0x02, 1, 2,    4, 0x3E,
                                     3, 0x0A, 1, 2,    4, 0x3E, 1, 0x02};
    for (size_t cut = 0; cut <= sizeof(stream); cut++) {
        struct user *u = user_new();
        struct woad_h4 h;
        start(&h, u, WOAD_H4_FROM_CONTROLLER);
        u->discard_subevent = 2;
        feed(&h, stream, cut);
        feed(&h, stream + cut, sizeof(stream) - cut);
        assert_received(u, stream + 6, 6);
        assert_int_equal(h.dropped, 2);
        assert_int_equal(u->head_len, 3);
        user_free(u);
    }
}

static void an_unknown_octet_is_fatal(void **state)
{
    (void)state;
    struct user *u = user_new();
    for (unsigned octet = 0; octet < 256; octet++) {
        struct woad_h4 h;
        start(&h, u, WOAD_H4_FROM_CONTROLLER);
        uint8_t data[] = {4, 0x10, 0, (uint8_t)octet, 0x10, 0};
        size_t used;
        int err = woad_h4_rx(&h, data, sizeof(data), &used);
        bool known = octet >= 2 && octet <= 5;
        assert_int_equal(err, known ? 0 : WOAD_ERR_FORMAT);
        assert_int_equal(used, known ? 6 : 3);
        if (!known) /* and stays so, whatever comes */
            assert_int_equal(woad_h4_rx(&h, data, 3, &used), WOAD_ERR_FORMAT);
        woad_h4_deinit(&h);
    }
    user_free(u);
}

static void each_side_may_send_its_own_kinds(void **state)
{
    (void)state;
    struct user *u = user_new();
    struct woad_h4 h;
    size_t used;
    start(&h, u, WOAD_H4_FROM_CONTROLLER);
    assert_int_equal(woad_h4_rx(&h, (const uint8_t *)"\1\3\14\0", 4, &used), WOAD_ERR_FORMAT);
    start(&h, u, WOAD_H4_FROM_HOST);
    assert_int_equal(woad_h4_rx(&h, (const uint8_t *)"\4\20\0", 3, &used), WOAD_ERR_FORMAT);
    user_free(u);
}

static void too_long_is_fatal(void **state)
{
    (void)state;
    struct user *u = user_new();
    struct woad_h4 h;
    size_t used;
    woad_h4_init(&h, &(struct woad_h4_cfg){
                         .up = &user_up, .up_arg = u, .types = WOAD_H4_FROM_HOST, .len_max = 255});
    feed(&h, (const uint8_t *)"\2\1\0\373\0", 5); /* 251 + 4 */
    woad_h4_deinit(&h);
    woad_h4_init(&h, &h.cfg);
    assert_int_equal(woad_h4_rx(&h, (const uint8_t *)"\2\1\0\374\0", 5, &used), WOAD_ERR_FORMAT);
    /* 65,535 octets of ACL payload and a header fit no length of 16 bits. */
    start(&h, u, WOAD_H4_FROM_HOST);
    assert_int_equal(woad_h4_rx(&h, (const uint8_t *)"\2\1\0\377\377", 5, &used), WOAD_ERR_FORMAT);
    user_free(u);
}

static bool take_30s(void *arg, uint8_t octet)
{
    *(unsigned *)arg += 1;
    return (octet & 0xF0) == 0x30;
}

static void signals_stand_between_packets(void **state)
{
    (void)state;
    struct user *u = user_new();
    unsigned signals = 0;
    struct woad_h4 h;
    woad_h4_init(&h, &(struct woad_h4_cfg){.up = &user_up,
                                           .up_arg = u,
                                           .signal = take_30s,
                                           .signal_arg = &signals,
                                           .types = WOAD_H4_FROM_CONTROLLER});
    static const uint8_t stream[] = {0x30, 4, 0x10, 1, 0x31, 0x32, 0x33};
    feed(&h, stream, sizeof(stream));
    assert_int_equal(signals, 3); /* the 0x31 is a parameter */
    assert_int_equal(u->rx_count, 1);
    size_t used;
    assert_int_equal(woad_h4_rx(&h, (const uint8_t *)"\x40", 1, &used), WOAD_ERR_FORMAT);
    user_free(u);
}

static void valid_checks_header_against_length(void **state)
{
    (void)state;
    struct user *u = user_new();
    static const struct {
        const char *h4;
        size_t len;
        bool ok;
    } cases[] = {
        {"\1\3\14\0", 4, true},   {"\1\3\14\1", 4, false},    {"\1\3\14", 3, false},
        {"\2\1\0\1\0a", 6, true}, {"\2\1\0\1\0ab", 7, false}, {"\7\1\0\1\0a", 6, false},
        {"\0\3\14\0", 4, false},  {"\5\1\0\1\300a", 6, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct woad_buf *pkt = user_packet(u, cases[i].h4, cases[i].len);
        assert_int_equal(woad_h4_valid(pkt), cases[i].ok);
        woad_buf_unref(pkt);
    }
    user_free(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_gives_the_same_packets),
        cmocka_unit_test(one_octet_at_a_time),
        cmocka_unit_test(random_splits),
        cmocka_unit_test(refusal_holds_back),
        cmocka_unit_test(unwanted_packets_are_skipped),
        cmocka_unit_test(an_unknown_octet_is_fatal),
        cmocka_unit_test(each_side_may_send_its_own_kinds),
        cmocka_unit_test(too_long_is_fatal),
        cmocka_unit_test(signals_stand_between_packets),
        cmocka_unit_test(valid_checks_header_against_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
