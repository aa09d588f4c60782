/* The tap: a transport seen through it is the same, and the file says what passed. */
#include "transport_user.h"

#include "woad/pipe.h"
#include "woad/transport_h4.h"
#include "woad/transport_snoop.h"

struct file {
    uint8_t data[65536];
    size_t len;
    size_t full_at; /* a disk of that size; 0 = large */
    unsigned seen;
    uint64_t now_us;
};

static int file_write(void *arg, const void *octets, size_t len)
{
    struct file *f = arg;
    if (f->full_at && f->len + len > f->full_at)
        return -1;
    memcpy(f->data + f->len, octets, len);
    f->len += len;
    return 0;
}

static uint64_t file_now(void *arg)
{
    return ((struct file *)arg)->now_us += 1000;
}

static void file_seen(void *arg, const struct woad_btsnoop_rec *rec)
{
    (void)rec;
    ((struct file *)arg)->seen++;
}

struct set_up {
    struct woad_pipe_mem pipe[2];
    struct woad_h4_transport h4[2];
    uint8_t ring[2][1024];
    struct user *user[2];
    struct woad_snoop snoop;
    struct file file;
};

/* A host behind a tap, and a controller at the other end of the pipe. */
static struct woad_transport *set_up(struct set_up *s, struct woad_snoop_cfg cfg)
{
    memset(&s->file, 0, sizeof(s->file));
    woad_pipe_mem_pair(&s->pipe[0], &s->pipe[1]);
    for (int i = 0; i < 2; i++) {
        s->user[i] = user_new();
        assert_int_equal(
            woad_h4_transport_init(&s->h4[i],
                                   &(struct woad_h4_transport_cfg){
                                       .pipe = &s->pipe[i].pipe,
                                       .ring = s->ring[i],
                                       .ring_size = sizeof(s->ring[i]),
                                       .tx_max = 2,
                                       .types = i ? WOAD_H4_FROM_HOST : WOAD_H4_FROM_CONTROLLER,
                                   }),
            0);
    }
    cfg.write = file_write;
    cfg.write_arg = &s->file;
    cfg.now_us = file_now;
    cfg.now_arg = &s->file;
    cfg.seen = file_seen;
    cfg.seen_arg = &s->file;
    woad_snoop_init(&s->snoop, &s->h4[0].transport, &cfg);
    assert_int_equal(woad_transport_open(&s->snoop.transport, &user_up, s->user[0]), 0);
    assert_int_equal(woad_transport_open(&s->h4[1].transport, &user_up, s->user[1]), 0);
    return &s->snoop.transport;
}

static void tear_down(struct set_up *s)
{
    woad_transport_close(&s->snoop.transport);
    woad_transport_close(&s->h4[1].transport);
    user_free(s->user[0]);
    user_free(s->user[1]);
}

static const uint8_t reset[] = {1, 0x03, 0x0C, 0};
static const uint8_t complete[] = {4, 0x0E, 4, 1, 0x03, 0x0C, 0};
static const uint8_t report[] = {4, 0x3E, 3, 0x02, 1, 2};
static const uint8_t acl[] = {2, 0x41, 0x20, 2, 0, 7, 8};

static void send(struct set_up *s, int from, const uint8_t *h4, size_t len)
{
    struct woad_transport *t = from ? &s->h4[1].transport : &s->snoop.transport;
    assert_int_equal(woad_transport_tx(t, user_packet(s->user[from], h4, len)), 0);
    woad_transport_poll(t, 0);
    woad_transport_poll(&s->snoop.transport, 0);
    woad_transport_poll(&s->h4[1].transport, 0);
}

static void run(struct set_up *s)
{
    send(s, 0, reset, sizeof(reset));
    send(s, 1, complete, sizeof(complete));
    send(s, 1, report, sizeof(report));
    send(s, 0, acl, sizeof(acl));
}

/* Reads the file back: "c>" command sent, "e<" event received and so on. */
static void assert_file(struct set_up *s, const char *expected)
{
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    char text[64] = "";
    assert_int_equal(woad_btsnoop_open(&r, s->file.data, s->file.len), 0);
    int more;
    while ((more = woad_btsnoop_next(&r, &rec)) > 0) {
        if (rec.type == WOAD_PKT_NONE) {
            strcat(text, "n");
            continue;
        }
        strcat(text, rec.type == WOAD_PKT_CMD ? "c" : rec.type == WOAD_PKT_EVT ? "e" : "a");
        strcat(text, rec.received ? "<" : ">");
        const uint8_t *h4 = rec.type == WOAD_PKT_CMD   ? reset
                            : rec.type == WOAD_PKT_ACL ? acl
                            : rec.data[0] == 0x3E      ? report
                                                       : complete;
        assert_memory_equal(rec.data, h4 + 1, rec.len);
        assert_int_equal(rec.orig_len, rec.len);
        assert_true(rec.time_us > 0);
    }
    assert_int_equal(more, 0);
    assert_string_equal(text, expected);
}

static void everything_is_recorded_in_order(void **state)
{
    (void)state;
    static struct set_up s;
    set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4});
    run(&s);
    assert_file(&s, "c>e<e<a>");
    assert_int_equal(s.snoop.records, 4);
    assert_int_equal(s.file.seen, 4);
    assert_int_equal(s.user[0]->done_count, 2);
    assert_int_equal(s.user[0]->rx_count, 2);
    assert_int_equal(s.user[1]->rx_count, 2);
    tear_down(&s);
}

static void monitor_begins_with_the_adapter(void **state)
{
    (void)state;
    static struct set_up s;
    set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_MONITOR, .adapter = 5});
    run(&s);
    assert_file(&s, "nc>e<e<a>");
    tear_down(&s);
}

static void at_a_controller_directions_turn_round(void **state)
{
    (void)state;
    static struct set_up s;
    set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4, .controller = true});
    run(&s); /* data that the tap's user sends, the host received; the rest has its direction by
                kind */
    assert_file(&s, "c>e<e<a<");
    tear_down(&s);
}

static void filters(void **state)
{
    (void)state;
    static const uint16_t opcode[] = {0x0C03};
    static const uint16_t other_opcode[] = {0x0C01};
    static const uint16_t le_report[] = {0x3E02};
    static const uint16_t any_le[] = {0x3E00};
    static const uint16_t cc[] = {0x000E};
    static const uint16_t handle[] = {0x0041};
    static const uint16_t other_handle[] = {0x0040};
    static const struct {
        struct woad_snoop_filter filter;
        const char *expected;
    } cases[] = {
        {{.types = 1 << WOAD_PKT_CMD | 1 << WOAD_PKT_ACL}, "c>a>"},
        {{.opcodes = opcode, .opcode_count = 1}, "c>e<e<a>"},
        {{.opcodes = other_opcode, .opcode_count = 1}, "e<a>"},
        {{.events = le_report, .event_count = 1}, "c>e<a>"},
        {{.events = any_le, .event_count = 1, .types = 1 << WOAD_PKT_EVT}, "e<"},
        {{.events = cc, .event_count = 1, .types = 1 << WOAD_PKT_EVT}, "e<"},
        {{.handles = handle, .handle_count = 1}, "c>e<e<a>"},
        {{.handles = other_handle, .handle_count = 1}, "c>e<e<"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct set_up s;
        set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4, .filter = cases[i].filter});
        run(&s);
        assert_file(&s, cases[i].expected);
        assert_int_equal(s.file.seen, 4);
        tear_down(&s);
    }
    /* Packets too short for the number that is asked for never match a list. */
    struct woad_snoop_filter f = {
        .events = cc, .event_count = 1, .opcodes = opcode, .opcode_count = 1};
    assert_false(woad_snoop_match(&f, WOAD_PKT_EVT, (const uint8_t *)"\16", 1));
    assert_false(woad_snoop_match(&f, WOAD_PKT_CMD, (const uint8_t *)"\3", 1));
}

static void a_full_disk_stops_the_file_and_not_the_run(void **state)
{
    (void)state;
    for (size_t size = 1; size < 150; size++) {
        static struct set_up s;
        memset(&s, 0, sizeof(s));
        set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4});
        s.file.full_at = s.file.len + size;
        run(&s);
        assert_int_equal(s.user[0]->rx_count, 2);
        assert_int_equal(s.user[1]->rx_count, 2);
        assert_int_equal(woad_snoop_failed(&s.snoop), size < 4 * 24 + 4 + 7 + 6 + 7);
        tear_down(&s);
    }
}

static void refusals_are_not_recorded(void **state)
{
    (void)state;
    static struct set_up s;
    struct woad_transport *t = set_up(&s, (struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4});
    struct woad_buf *pkt[3];
    for (int i = 0; i < 3; i++) {
        pkt[i] = user_packet(s.user[0], reset, sizeof(reset));
        assert_int_equal(woad_transport_tx(t, pkt[i]), i < 2 ? 0 : WOAD_ERR_AGAIN);
    }
    assert_int_equal(pkt[2]->ref, 1);
    woad_buf_unref(pkt[2]);
    assert_int_equal(s.snoop.records, 2);
    woad_transport_close(&s.h4[1].transport);
    woad_transport_poll(t, 0);
    assert_int_equal(s.user[0]->fault, WOAD_FAULT_CLOSED); /* faults pass through the tap */
    assert_int_equal(s.user[0]->done_count, 2);
    assert_non_null(t->why);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_recorded_in_order),
        cmocka_unit_test(monitor_begins_with_the_adapter),
        cmocka_unit_test(at_a_controller_directions_turn_round),
        cmocka_unit_test(filters),
        cmocka_unit_test(a_full_disk_stops_the_file_and_not_the_run),
        cmocka_unit_test(refusals_are_not_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
