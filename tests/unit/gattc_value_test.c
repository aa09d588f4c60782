/* Values that come by themselves, subscriptions [Vol 3, Part G, 4.10, 4.11]. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct woad_gattc_op op;
static struct woad_gattc_sub sub;

static int setup(void **state)
{
    (void)state;
    g = gattc_peer_new(NULL, 0, false);
    op = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
    sub = (struct woad_gattc_sub){
        .event = gattc_peer_event, .arg = g, .value_handle = 3, .ccc_handle = 4};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

static void subscribe(uint8_t bits)
{
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, bits), 0);
    EXPECT(g, 0x12, 4, 0, bits, 0);
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
}

static const struct gattc_noted *value(const struct woad_gattc_sub *of, uint16_t handle,
                                       uint16_t len)
{
    const struct gattc_noted *n = gattc_peer_found(g, WOAD_GATTC_VALUE);
    assert_null(n->evt.op);
    assert_ptr_equal(n->evt.sub, of);
    assert_int_equal(n->evt.u.value.handle, handle);
    assert_int_equal(n->evt.u.value.len, len);
    return n;
}

static uint32_t bad(void)
{
    struct woad_host_stats stats;
    woad_host_get_stats(g->h, &stats);
    return stats.bad_packets;
}

static void GATT_CL_GAN_BV_01_C(void **state)
{
    (void)state;
    subscribe(WOAD_GATTC_NOTIFY);
    ANSWER(g, 0x1b, 3, 0, 7, 8);
    const struct gattc_noted *n = value(&sub, 3, 2);
    assert_int_equal(n->data[1], 8);
    assert_false(n->evt.u.value.indicated);
    ANSWER(g, 0x1b, 3, 0);
    value(&sub, 3, 0);
    ANSWER(g, 0x1b, 5, 0, 1); /* nobody wants it */
    assert_int_equal(woad_gattc_unsubscribe(g->h, &op, &sub), 0);
    EXPECT(g, 0x12, 4, 0, 0, 0);
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
    ANSWER(g, 0x1b, 3, 0, 7, 8);
    gattc_peer_quiet(g);
}

/* A value may overtake the answer to the subscription. */
static void a_value_before_the_answer_is_told(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, 1), 0);
    EXPECT(g, 0x12, 4, 0, 1, 0);
    ANSWER(g, 0x1b, 3, 0, 7);
    value(&sub, 3, 1);
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
}

static void GATT_CL_GAN_BV_02_C(void **state)
{
    (void)state;
    struct woad_gattc_sub other = sub;
    other.value_handle = 19;
    subscribe(WOAD_GATTC_NOTIFY);
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &other), 0);
    ANSWER(g, 0x23, 3, 0, 2, 0, 7, 8, 19, 0, 1, 0, 9);
    assert_int_equal(value(&sub, 3, 2)->data[1], 8);
    assert_int_equal(value(&other, 19, 1)->data[0], 9);
    assert_int_equal(bad(), 0);
    ANSWER(g, 0x23, 3, 0, 1, 0, 7, 19, 0, 9, 0, 9); /* the second is shorter than it says */
    value(&sub, 3, 1);
    assert_int_equal(bad(), 1);
    ANSWER(g, 0x23, 3, 0, 2, 0, 7, 7, 19, 0, 9); /* half a length */
    value(&sub, 3, 2);
    assert_int_equal(bad(), 2);
    gattc_peer_quiet(g);
}

static unsigned out_in_event;
static void count_out(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    (void)evt;
    out_in_event = p->p->count;
}

/* GATT/CL/GAI/BV-01-C: confirmed, after the event. */
static void GATT_CL_GAI_BV_01_C(void **state)
{
    (void)state;
    subscribe(WOAD_GATTC_INDICATE);
    g->on_event = count_out;
    unsigned before = g->p->count;
    ANSWER(g, 0x1d, 3, 0, 7);
    assert_true(value(&sub, 3, 1)->evt.u.value.indicated);
    assert_int_equal(out_in_event, before);
    EXPECT(g, 0x1e);
    ANSWER(g, 0x1d, 99, 0, 7); /* also one that nobody wants */
    EXPECT(g, 0x1e);
    gattc_peer_quiet(g);
}

/* GATT/CL/GAI/BI-01-C: a second indication while the confirmation of the first waits for a buffer
 * is dropped, and nothing is confirmed twice. */
static void GATT_CL_GAI_BI_01_C(void **state)
{
    (void)state;
    struct woad_buf *taken[32];
    unsigned n = 0;
    subscribe(WOAD_GATTC_INDICATE);
    while ((taken[n] = woad_buf_alloc_reserved(&g->h->att_pool, 0)))
        n++;
    ANSWER(g, 0x1d, 3, 0, 7);
    ANSWER(g, 0x1d, 3, 0, 8);
    assert_int_equal(value(&sub, 3, 1)->data[0], 7);
    gattc_peer_quiet(g);
    assert_int_equal(bad(), 1);
    while (n)
        woad_buf_unref(taken[--n]);
    EXPECT(g, 0x1e);
    gattc_peer_quiet(g);
    ANSWER(g, 0x1d, 3, 0, 9);
    assert_int_equal(value(&sub, 3, 1)->data[0], 9);
    EXPECT(g, 0x1e);
    gattc_peer_quiet(g);
}

static unsigned strays;
static uint16_t stray_handle;
static void on_stray(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    assert_int_equal(evt->type, WOAD_GATTC_VALUE);
    assert_null(evt->sub);
    stray_handle = evt->u.value.handle;
    strays++;
}

static void values_for_nobody_reach_the_configured_function(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.event = on_stray, .mtu = WOAD_GATTC_MTU_NEVER};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 0, false);
    sub.arg = g;
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &sub), 0);
    ANSWER(g, 0x1d, 19, 0); /* in the same row of the table */
    EXPECT(g, 0x1e);
    ANSWER(g, 0x1b, 3, 0);
    value(&sub, 3, 0);
    assert_int_equal(strays, 1);
    assert_int_equal(stray_handle, 19);
}

static void several_subscriptions_share_a_value(void **state)
{
    (void)state;
    struct woad_gattc_sub second = sub;
    subscribe(WOAD_GATTC_NOTIFY);
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &second, 2), 0);
    EXPECT(g, 0x12, 4, 0, 3, 0); /* what both want */
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
    ANSWER(g, 0x1b, 3, 0, 7);
    value(&second, 3, 1);
    value(&sub, 3, 1);
    assert_int_equal(woad_gattc_unsubscribe(g->h, &op, &second), 0);
    EXPECT(g, 0x12, 4, 0, 1, 0);
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
    ANSWER(g, 0x1b, 3, 0, 7);
    value(&sub, 3, 1);
    gattc_peer_quiet(g);
}

static void a_refused_subscription_ends(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, 1), 0);
    EXPECT(g, 0x12, 4, 0, 1, 0);
    ERROR_OF(g, 0x12, 4, 0xfd);
    gattc_peer_done(g, WOAD_ERR_REFUSED, 0xfd);
    ANSWER(g, 0x1b, 3, 0, 7);
    gattc_peer_quiet(g);
    subscribe(WOAD_GATTC_NOTIFY); /* it can be used again */
}

static void subscriptions_end_with_the_link(void **state)
{
    (void)state;
    struct woad_gattc_sub heard = sub;
    subscribe(WOAD_GATTC_NOTIFY);
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &heard), 0);
    dbl_lose_link(g->p->dev, g->conn, 8);
    assert_non_null(gattc_peer_found(g, WOAD_GATTC_ENDED)->evt.sub);
    assert_non_null(gattc_peer_found(g, WOAD_GATTC_ENDED)->evt.sub);
    assert_int_equal(woad_gattc_forget(g->h, &sub), WOAD_ERR_NOT_FOUND);
    gattc_peer_quiet(g);
}

static struct woad_gattc_sub subs[3];
static void forget_all(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    for (unsigned i = 0; i < 3; i++)
        if (&subs[i] != evt->sub && subs[i].link)
            assert_int_equal(woad_gattc_forget(p->h, &subs[i]), 0);
}

static void an_event_may_end_the_other_subscriptions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        subs[i] = sub;
        assert_int_equal(woad_gattc_listen(g->h, g->conn, &subs[i]), 0);
    }
    g->on_event = forget_all;
    ANSWER(g, 0x1b, 3, 0, 7);
    value(&subs[2], 3, 1);
    gattc_peer_quiet(g);
}

/* The configuration's table has 16 rows: subscriptions far beyond that are all found. */
static void a_thousand_subscriptions(void **state)
{
    (void)state;
    static struct woad_gattc_sub many[1000];
    memset(many, 0, sizeof(many));
    for (uint16_t i = 0; i < 1000; i++) {
        many[i] = sub;
        many[i].value_handle = (uint16_t)(i + 1);
        assert_int_equal(woad_gattc_listen(g->h, g->conn, &many[i]), 0);
    }
    for (uint16_t i = 0; i < 1000; i++) {
        ANSWER(g, 0x1b, (uint8_t)(i + 1), (uint8_t)((i + 1) >> 8), 7);
        value(&many[i], (uint16_t)(i + 1), 1);
    }
}

static void values_above_512_octets_and_without_handle_are_dropped(void **state)
{
    (void)state;
    struct woad_gattc_cfg cfg = {.mtu = WOAD_GATTC_MTU_ALWAYS};
    uint8_t pdu[517] = {0x1b, 3, 0};
    gattc_peer_free(g);
    g = gattc_peer_new(&cfg, 517, false);
    op.arg = sub.arg = g;
    assert_int_equal(woad_gattc_exchange_mtu(g->h, g->conn, &op), 0);
    EXPECT(g, 0x02, 0x05, 0x02);
    ANSWER(g, 0x03, 0x05, 0x02);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &sub), 0);
    gattc_peer_answer(g, pdu, 3 + 513);
    gattc_peer_quiet(g);
    assert_int_equal(bad(), 1);
    gattc_peer_answer(g, pdu, 3 + 512);
    value(&sub, 3, 512);
    ANSWER(g, 0x1b, 0, 0, 1);
    gattc_peer_quiet(g);
    assert_int_equal(bad(), 2);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct woad_gattc_sub mute = {.value_handle = 3, .ccc_handle = 4};
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &mute, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, 4), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_unsubscribe(g->h, &op, &sub), WOAD_ERR_NOT_FOUND);
    subscribe(1);
    assert_int_equal(woad_gattc_subscribe(g->h, g->conn, &op, &sub, 1), WOAD_ERR_EXISTS);
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &sub), WOAD_ERR_EXISTS);
    assert_int_equal(woad_gattc_unsubscribe(g->h, &op, &sub), 0);
    assert_int_equal(woad_gattc_forget(g->h, &sub), WOAD_ERR_BUSY);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(GATT_CL_GAN_BV_01_C),
        TEST(a_value_before_the_answer_is_told),
        TEST(GATT_CL_GAN_BV_02_C),
        TEST(GATT_CL_GAI_BV_01_C),
        TEST(GATT_CL_GAI_BI_01_C),
        TEST(values_for_nobody_reach_the_configured_function),
        TEST(several_subscriptions_share_a_value),
        TEST(a_refused_subscription_ends),
        TEST(subscriptions_end_with_the_link),
        TEST(an_event_may_end_the_other_subscriptions),
        TEST(a_thousand_subscriptions),
        TEST(values_above_512_octets_and_without_handle_are_dropped),
        TEST(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
