/* Queues of the GATT client: order, cancelling, ends of every kind; each operation completes once.
 */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "att/att_priv.h"
#include "support/gatt_server.h"
#include "support/gattc_peer.h"

#define MANY 1000

static struct gattc_peer *g;
static struct gatt_server server;
static struct woad_gattc_op ops[MANY];
static unsigned dones[MANY];
static struct woad_gattc_sub sub;
static uint8_t counting[100];

static void count_done(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DONE)
        dones[evt->op - ops]++;
    gattc_peer_event(arg, h, evt);
}

static void fresh(void)
{
    memset(ops, 0, sizeof(ops));
    memset(dones, 0, sizeof(dones));
    memset(&sub, 0, sizeof(sub));
    for (unsigned i = 0; i < MANY; i++) {
        ops[i].event = count_done;
        ops[i].arg = g;
    }
    sub.event = gattc_peer_event;
    sub.arg = g;
    sub.value_handle = 7;
    sub.ccc_handle = 8;
    g->count = g->taken = g->done = 0;
    g->p->count = g->p->taken = 0;
}

static int setup(void **state)
{
    (void)state;
    g = gattc_peer_new(NULL, 0, false);
    memset(&server, 0, sizeof(server));
    server.mtu = 23;
    for (unsigned i = 0; i < sizeof(counting); i++)
        counting[i] = (uint8_t)i;
    gatt_server_service(&server, 1, 9, 0x1800);
    gatt_server_chr(&server, 2, 2, 0x2a00, counting, 60);
    gatt_server_chr(&server, 6, 0x12, 0x2a05, counting, 4);
    gatt_server_add(&server, 8, 0x2902, counting, 2);
    gatt_server_service(&server, 10, 19, 0x180f);
    gatt_server_chr(&server, 11, 2, 0x2a19, counting, 1);
    fresh();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

/* Lets the server answer up to most PDUs; how many it did. */
static unsigned serve(unsigned most)
{
    const struct peer_pdu *got;
    unsigned n = 0;
    while (n < most && (got = peer_next(g->p))) {
        uint8_t to[517];
        uint16_t len = gatt_server_answer(&server, got->data, got->len, to);
        n++;
        if (g->p->taken == g->p->count)
            g->p->count = g->p->taken = 0;
        if (len)
            gattc_peer_answer(g, to, len);
    }
    return n;
}

/* A few of every kind; how many. */
static unsigned begin_all_kinds(void)
{
    static const uint16_t handles[] = {3, 12};
    static const struct woad_gattc_write writes[] = {{3, 0, 30, counting}, {12, 0, 1, counting}};
    struct woad_uuid uuid = woad_uuid16(0x2a00), service = woad_uuid16(0x180f);
    struct woad_host *h = g->h;
    struct woad_gattc_op *op = ops;
    int err = woad_gattc_exchange_mtu(h, g->conn, op++);
    err |= woad_gattc_discover_services(h, g->conn, op++, NULL);
    err |= woad_gattc_discover_services(h, g->conn, op++, &service);
    err |= woad_gattc_discover_includes(h, g->conn, op++, 1, 9);
    err |= woad_gattc_discover_characteristics(h, g->conn, op++, 1, 19, NULL);
    err |= woad_gattc_discover_descriptors(h, g->conn, op++, 1, 19);
    err |= woad_gattc_read(h, g->conn, op++, 3);
    err |= woad_gattc_read_long(h, g->conn, op++, 3, 0);
    err |= woad_gattc_read_by_uuid(h, g->conn, op++, 1, 0xffff, &uuid);
    err |= woad_gattc_read_multiple(h, g->conn, op++, handles, 2, true);
    err |= woad_gattc_write(h, g->conn, op++, 12, counting, 1);
    err |= woad_gattc_write_cmd(h, g->conn, op++, 12, counting, 1);
    err |= woad_gattc_write_long(h, g->conn, op++, 3, 0, counting, 60);
    err |= woad_gattc_write_reliable(h, g->conn, op++, writes, 2);
    err |= woad_gattc_subscribe(h, g->conn, op++, &sub, 1);
    assert_int_equal(err, 0);
    return (unsigned)(op - ops);
}

static void all_ended(unsigned count)
{
    struct woad_host_stats stats;
    for (unsigned i = 0; i < count; i++)
        if (dones[i] != 1)
            fail_msg("operation %u was completed %u times", i, dones[i]);
    woad_host_get_stats(g->h, &stats);
    assert_int_equal(stats.ops_pending, 0);
    assert_int_equal(stats.bufs_in_use, 0);
}

static void reconnect(void)
{
    uint16_t other;
    if (g->p->dev->on_acl)
        dbl_settle(g->p->d);
    dbl_connect(g->p->d, 0, 1, &g->conn, &other);
    g->p->conn = g->conn;
    dbl_forget(&g->p->d->dev[0]);
    dbl_forget(&g->p->d->dev[1]);
}

static void a_thousand_operations_complete_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], i % 2 ? 3 : 12), 0);
    assert_int_equal(serve(MANY + 1), MANY);
    all_ended(MANY);
    unsigned next = 0;
    for (unsigned i = 0; i < g->count; i++)
        if (g->noted[i].evt.type == WOAD_GATTC_DONE)
            assert_ptr_equal(g->noted[i].evt.op, &ops[next++]);
    assert_int_equal(next, MANY);
}

static void the_link_ends_at_every_pdu_of_a_thousand(void **state)
{
    (void)state;
    for (unsigned at = 0; at < MANY; at += 7) {
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], 12), 0);
        assert_int_equal(serve(at), at);
        dbl_lose_link(g->p->dev, g->conn, 8);
        dbl_run(g->p->d, 1000);
        all_ended(MANY);
        assert_int_equal(g->noted[g->count - 1].evt.u.done.err, WOAD_ERR_NOT_CONNECTED);
        fresh();
        reconnect();
    }
}

static void the_link_ends_at_every_pdu_of_every_kind(void **state)
{
    (void)state;
    unsigned at = 0, count;
    do {
        count = begin_all_kinds();
        unsigned served = serve(at);
        bool whole = served < at;
        if (!whole)
            dbl_lose_link(g->p->dev, g->conn, 8);
        dbl_run(g->p->d, 1000);
        all_ended(count);
        if (whole)
            break;
        fresh();
        reconnect();
    } while (++at < 200);
    assert_in_range(at, 30, 199);
    for (unsigned i = 0; i < g->count; i++)
        if (g->noted[i].evt.type == WOAD_GATTC_DONE && g->noted[i].evt.op != &ops[9])
            assert_int_equal(g->noted[i].evt.u.done.err, 0); /* the server cannot read variable */
}

static void cancel_the_next(struct gattc_peer *peer, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DONE)
        (void)!woad_gattc_cancel(peer->h, evt->op + 1);
}

static void a_cancel_while_the_link_ends_completes_too(void **state)
{
    (void)state;
    unsigned count = begin_all_kinds();
    g->on_event = cancel_the_next;
    dbl_lose_link(g->p->dev, g->conn, 8);
    dbl_run(g->p->d, 1000);
    all_ended(count);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 60; n++) {
        unsigned count = begin_all_kinds();
        g->h->att_pool.fail_at = n;
        serve(200);
        all_ended(count);
        dbl_lose_link(g->p->dev, g->conn, 8);
        dbl_run(g->p->d, 1000);
        fresh();
        reconnect();
    }
}

/* The controller fails, the host is stopped: with everything under way. */
static void a_fault_and_a_stop_complete_everything(void **state)
{
    (void)state;
    unsigned count = begin_all_kinds();
    serve(7);
    woad_host_fault(g->h, "test");
    dbl_run(g->p->d, 5000000);
    all_ended(count);
    assert_int_equal(g->noted[g->count - 1].evt.u.done.err, WOAD_ERR_FAULT);
    fresh();
    reconnect();
    count = begin_all_kinds();
    serve(7);
    assert_int_equal(woad_host_stop(g->h), 0);
    dbl_run(g->p->d, 5000000);
    all_ended(count);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), WOAD_ERR_STATE);
}

/* ---- time-outs ------------------------------------------------------------------------------- */

/* GATT/CL/GAT/BV-01-C, -02, -03: no answer for 30 s; the bearer is not used again. */
static void no_answer_for_30_seconds(void **state)
{
    (void)state;
    static const uint16_t handles[] = {3, 12};
    for (unsigned kind = 0; kind < 3; kind++) {
        int err = kind == 0   ? woad_gattc_read(g->h, g->conn, &ops[0], 3)
                  : kind == 1 ? woad_gattc_write(g->h, g->conn, &ops[0], 3, "a", 1)
                              : woad_gattc_read_multiple(g->h, g->conn, &ops[0], handles, 2, true);
        assert_int_equal(err, 0);
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[1], 3), 0);
        dbl_run(g->p->d, WOAD_MS(29900));
        assert_int_equal(g->done, 0);
        dbl_run(g->p->d, WOAD_MS(200));
        all_ended(2);
        gattc_peer_done(g, WOAD_ERR_TIMEOUT, 0);
        gattc_peer_done(g, WOAD_ERR_NOT_CONNECTED, 0);
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[1], 3), WOAD_ERR_NOT_CONNECTED);
        assert_int_equal(g->p->count - g->p->taken, 1);
        dbl_lose_link(g->p->dev, g->conn, 8);
        fresh();
        reconnect();
    }
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void what_is_cancelled_is_done_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], 3), 0);
    EXPECT(g, 0x0a, 3, 0);
    assert_int_equal(woad_gattc_cancel(g->h, &ops[0]), 0); /* under way */
    assert_int_equal(woad_gattc_cancel(g->h, &ops[2]), 0); /* queued */
    assert_int_equal(g->done, 0);                          /* events only in run() */
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), WOAD_ERR_BUSY);
    assert_ptr_equal(gattc_peer_found(g, WOAD_GATTC_DONE)->evt.op, &ops[0]);
    assert_ptr_equal(gattc_peer_found(g, WOAD_GATTC_DONE)->evt.op, &ops[2]);
    gattc_peer_quiet(g); /* the bearer waits for the answer */
    ANSWER(g, 0x0b, 1);
    EXPECT(g, 0x0a, 3, 0);
    ANSWER(g, 0x0b, 2);
    assert_ptr_equal(gattc_peer_found(g, WOAD_GATTC_VALUE)->evt.op, &ops[1]);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(serve(9), 1);
    all_ended(4);
    assert_int_equal(woad_gattc_cancel(g->h, &ops[0]), WOAD_ERR_NOT_FOUND);
}

static void cancel_first_found(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_SERVICE)
        assert_int_equal(woad_gattc_cancel(p->h, evt->op), 0);
}

static void a_discovery_is_cancelled_by_its_first_result(void **state)
{
    (void)state;
    g->on_event = cancel_first_found;
    assert_int_equal(woad_gattc_discover_services(g->h, g->conn, &ops[0], NULL), 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[1], 12), 0);
    assert_non_null(peer_next(g->p));
    ANSWER(g, 0x11, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 9, 0, 0x01, 0x18);
    gattc_peer_found(g, WOAD_GATTC_SERVICE);
    EXPECT(g, 0x0a, 12, 0);
    gattc_peer_done(g, WOAD_ERR_CANCELLED, 0);
    gattc_peer_quiet(g);
}

static void everything_is_cancelled_at_every_pdu(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 45; at++) {
        unsigned count = begin_all_kinds();
        serve(at);
        for (unsigned i = 0; i < count; i++)
            (void)!woad_gattc_cancel(g->h, &ops[i]);
        dbl_run(g->p->d, 1000);
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(dones[i], 1);
        serve(10);
        all_ended(count);
        dbl_lose_link(g->p->dev, g->conn, 8);
        dbl_run(g->p->d, 1000);
        fresh();
        reconnect();
    }
}

static unsigned again_left;
static void read_again(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DONE && again_left && again_left--)
        assert_int_equal(woad_gattc_read(p->h, p->conn, evt->op, 12), 0);
}

static void an_operation_is_used_again_inside_its_done(void **state)
{
    (void)state;
    again_left = 99;
    g->on_event = read_again;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 12), 0);
    assert_int_equal(serve(200), 100);
    assert_int_equal(g->done, 100);
}

/* An application that writes on and on does not keep run() from returning. */
static void write_again(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    static const uint8_t longest[30];
    if (evt->type == WOAD_GATTC_DONE && again_left && again_left--)
        assert_int_equal(woad_gattc_write_cmd(p->h, p->conn, evt->op, 12, longest, 30), 0);
}

static void one_run_is_bounded(void **state)
{
    (void)state;
    again_left = 100000;
    g->on_event = write_again;
    assert_int_equal(woad_gattc_write_cmd(g->h, g->conn, &ops[0], 12, counting, 30), 0);
    (void)!woad_host_run(g->h, g->p->d->now);
    assert_in_range(again_left, 1, 99990);
    again_left = 0;
    dbl_run(g->p->d, 1000);
}

/* ---- EATT ------------------------------------------------------------------------------------ */

static uint8_t sent_on[2];
static struct att_bearer extra[2];

static int catch_pdu(struct att_bearer *b, struct woad_buf *pdu)
{
    sent_on[b - extra] = pdu->data[0];
    woad_buf_unref(pdu);
    return 0;
}

static void no_matter(struct att_bearer *b)
{
    (void)b;
}

static const struct att_bearer_ops extra_ops = {catch_pdu, no_matter, no_matter};

static void with_bearers(void)
{
    struct host_link *link = woad_host_link_find(g->h, g->conn);
    for (unsigned i = 0; i < 2; i++) {
        woad_att_bearer_up(&extra[i], link, i + 1, 64, &extra_ops);
        sent_on[i] = 0;
    }
}

/* What a channel receives comes from inside run(). */
static struct att_bearer *given_to;
static const uint8_t *given;
static uint16_t given_len;
static int given_err;
static void give(struct woad_timer *t)
{
    (void)t;
    if (given)
        woad_att_rx(given_to, given, given_len);
    else
        woad_att_bearer_down(given_to, given_err);
}

static void on_bearer(unsigned i, const void *pdu, uint16_t len)
{
    struct host_timer timer;
    woad_host_timer_init(g->h, &timer, give);
    given_to = &extra[i];
    given = pdu;
    given_len = len;
    given_err = WOAD_ERR_NOT_CONNECTED;
    woad_host_timer_after(&timer, 1);
    g->p->dev->woken = true;
    dbl_run(g->p->d, 1000);
}

static void several_bearers_work_at_once(void **state)
{
    (void)state;
    with_bearers();
    for (unsigned i = 0; i < 4; i++) {
        ops[i].in_order = i == 3;
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], (uint16_t)(i + 1)), 0);
    }
    EXPECT(g, 0x0a, 1, 0);
    assert_int_equal(sent_on[0], 0x0a);
    assert_int_equal(sent_on[1], 0x0a);
    on_bearer(1, "\x0b\x07", 2); /* the third completes first */
    assert_ptr_equal(gattc_peer_found(g, WOAD_GATTC_VALUE)->evt.op, &ops[2]);
    gattc_peer_done(g, 0, 0);
    ANSWER(g, 0x0b, 1);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g); /* the one in order waits for all before it */
    on_bearer(0, "\x0b\x07", 2);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
    EXPECT(g, 0x0a, 4, 0);
    ANSWER(g, 0x0b, 1);
    all_ended(4);
}

/* GATT/CL/GAR/BV-10-C, -11: on the fixed channel and an EATT bearer, and on two EATT bearers. */
static void variable_reads_on_several_bearers(void **state)
{
    (void)state;
    static const uint16_t handles[] = {3, 12};
    with_bearers();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(woad_gattc_read_multiple(g->h, g->conn, &ops[i], handles, 2, true), 0);
    EXPECT(g, 0x20, 3, 0, 12, 0);
    assert_int_equal(sent_on[0], 0x20);
    assert_int_equal(sent_on[1], 0x20);
    on_bearer(1, "\x21\x01\x00\x07\x01\x00\x08", 7);
    on_bearer(0, "\x21\x01\x00\x07\x01\x00\x08", 7);
    ANSWER(g, 0x21, 1, 0, 7, 1, 0, 8);
    for (unsigned i = 0; i < 3; i++) {
        const struct gattc_noted *first = gattc_peer_found(g, WOAD_GATTC_VALUE);
        const struct gattc_noted *second = gattc_peer_found(g, WOAD_GATTC_VALUE);
        assert_ptr_equal(first->evt.op, &ops[2 - i]);
        assert_int_equal(first->evt.u.value.handle, 3);
        assert_int_equal(second->data[0], 8);
        gattc_peer_done(g, 0, 0);
    }
    all_ended(3);
}

/* Prepared writes of two operations would mix at the server. */
static void one_prepared_write_at_a_time(void **state)
{
    (void)state;
    with_bearers();
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &ops[0], 3, 0, "a", 1), 0);
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &ops[1], 3, 0, "b", 1), 0);
    EXPECT(g, 0x16, 3, 0, 0, 0, 'a');
    ANSWER(g, 0x17, 3, 0, 0, 0, 'a');
    EXPECT(g, 0x18, 1);
    assert_int_equal(sent_on[0], 0);
    ANSWER(g, 0x19);
    gattc_peer_done(g, 0, 0);
    EXPECT(g, 0x16, 3, 0, 0, 0, 'b');
}

static void the_end_of_a_bearer_ends_its_operation_alone(void **state)
{
    (void)state;
    with_bearers();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], 3), 0);
    EXPECT(g, 0x0a, 3, 0);
    on_bearer(0, NULL, 0);
    gattc_peer_done(g, WOAD_ERR_NOT_CONNECTED, 0);
    assert_ptr_equal(g->noted[0].evt.op, &ops[1]);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[3], 3), 0);
    on_bearer(1, "\x0b\x07", 2);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
    assert_ptr_equal(g->noted[2].evt.op, &ops[2]);
    assert_int_equal(sent_on[1], 0x0a);
    dbl_lose_link(g->p->dev, g->conn, 8);
    dbl_run(g->p->d, 1000);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(dones[i], 1);
}

/* A command that waits for a buffer of a bearer that ends, the fixed one being dead. */
static void a_command_ends_with_its_bearer(void **state)
{
    (void)state;
    struct woad_buf *taken[32];
    unsigned n = 0;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), 0);
    dbl_run(g->p->d, WOAD_S(31));
    gattc_peer_done(g, WOAD_ERR_TIMEOUT, 0);
    with_bearers();
    while ((taken[n] = woad_buf_alloc_reserved(&g->h->att_pool, 0)))
        n++;
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(woad_gattc_write_cmd(g->h, g->conn, &ops[i], 3, "a", 1), 0);
    dbl_run(g->p->d, 1000);
    on_bearer(0, NULL, 0);
    gattc_peer_done(g, WOAD_ERR_NOT_CONNECTED, 0);
    while (n)
        woad_buf_unref(taken[--n]);
    dbl_run(g->p->d, 1000);
    assert_int_equal(sent_on[1], 0x52);
    gattc_peer_done(g, 0, 0);
    gattc_peer_done(g, 0, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_operations_complete_in_order),
        TEST(the_link_ends_at_every_pdu_of_a_thousand),
        TEST(the_link_ends_at_every_pdu_of_every_kind),
        TEST_OF_ALLOC_FAULTS(TEST(every_allocation_may_fail)),
        TEST(a_cancel_while_the_link_ends_completes_too),
        TEST(a_fault_and_a_stop_complete_everything),
        TEST(no_answer_for_30_seconds),
        TEST(what_is_cancelled_is_done_at_once),
        TEST(a_discovery_is_cancelled_by_its_first_result),
        TEST(everything_is_cancelled_at_every_pdu),
        TEST(an_operation_is_used_again_inside_its_done),
        TEST(one_run_is_bounded),
        TEST(several_bearers_work_at_once),
        TEST(variable_reads_on_several_bearers),
        TEST(one_prepared_write_at_a_time),
        TEST(the_end_of_a_bearer_ends_its_operation_alone),
        TEST(a_command_ends_with_its_bearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
