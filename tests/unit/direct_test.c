/* direct, with a double of the link layer's packet interface. */
#include "transport_user.h"

#include "woad/transport_direct.h"

/* Stands for the link layer: takes up to `room` packets, holds them, answers what is queued. */
struct woad_ll {
    struct woad_buf_queue in;
    struct woad_buf_queue out;
    unsigned room;
    unsigned wakes;
};

int woad_ll_rx(struct woad_ll *ll, struct woad_buf *pkt)
{
    if (pkt->type == WOAD_PKT_EVT)
        return WOAD_ERR_FORMAT;
    if (!ll->room)
        return WOAD_ERR_AGAIN;
    ll->room--;
    woad_buf_queue_push(&ll->in, pkt);
    return 0;
}

struct woad_buf *woad_ll_tx(struct woad_ll *ll)
{
    return woad_buf_queue_pop(&ll->out);
}

static void woad_ll_wake(void *arg)
{
    ((struct woad_ll *)arg)->wakes++;
}

static void the_same_buffer_reaches_the_link_layer(void **state)
{
    (void)state;
    struct user *user = user_new();
    struct woad_ll ll = {.room = 1};
    struct woad_direct d;
    woad_direct_init(&d, &ll, woad_ll_wake, &ll);
    struct woad_transport *t = &d.transport;
    struct woad_buf *pkt = user_packet(user, "\1\3\14\0", 4);
    assert_int_equal(woad_transport_tx(t, pkt), WOAD_ERR_STATE);
    assert_int_equal(woad_transport_open(t, &user_up, user), 0);
    assert_int_equal(woad_transport_open(t, &user_up, user), WOAD_ERR_STATE);
    assert_int_equal(woad_transport_caps(t), WOAD_TRANSPORT_DIRECT);
    assert_int_equal(woad_transport_tx(t, pkt), 0);
    assert_ptr_equal(ll.in.head, pkt);
    assert_int_equal(ll.wakes, 1);
    assert_int_equal(user->done_count, 0); /* never from inside tx() */
    assert_int_equal(woad_transport_poll(t, 0), WOAD_TIME_NEVER);
    assert_int_equal(user->done_count, 1);
    assert_int_equal(user->pool.free_count, USER_BUFS - 1); /* the link layer still reads it */
    woad_buf_queue_clear(&ll.in);
    assert_int_equal(user->pool.free_count, USER_BUFS);
    woad_transport_close(t);
    user_free(user);
}

static void busy_is_told_and_followed_by_a_wake(void **state)
{
    (void)state;
    struct user *user = user_new();
    struct woad_ll ll = {.room = 1};
    struct woad_direct d;
    woad_direct_init(&d, &ll, NULL, NULL);
    struct woad_transport *t = &d.transport;
    assert_int_equal(woad_transport_open(t, &user_up, user), 0);
    assert_int_equal(woad_transport_tx(t, user_packet(user, "\1\3\14\0", 4)), 0);
    struct woad_buf *second = user_packet(user, "\1\3\14\0", 4);
    assert_int_equal(woad_transport_tx(t, second), WOAD_ERR_AGAIN);
    assert_int_equal(second->ref, 1);
    unsigned wakes = user->wakes;
    woad_buf_queue_clear(&ll.in);
    ll.room = 1;
    assert_int_equal(woad_transport_poll(t, 0), WOAD_TIME_NEVER); /* the first has gone: news */
    assert_int_equal(user->wakes, wakes + 1);
    assert_int_equal(woad_transport_tx(t, second), 0);
    struct woad_buf *event = user_packet(user, "\4\20\0", 3);
    assert_int_equal(woad_transport_tx(t, event), WOAD_ERR_FORMAT);
    assert_int_equal(event->ref, 1);
    woad_buf_unref(event);
    woad_transport_close(t); /* tx_done is due for the second: close gives it back */
    assert_int_equal(user->done_count, 2);
    woad_buf_queue_clear(&ll.in);
    user_free(user);
}

/* A user that is refused again in each wake is not woken in each poll. */
static void a_link_layer_that_stays_busy_is_asked_seldom(void **state)
{
    (void)state;
    struct user *user = user_new();
    struct user *pool = user_new();
    struct woad_ll ll = {.room = 0};
    struct woad_direct d;
    woad_direct_init(&d, &ll, NULL, NULL);
    struct woad_transport *t = &d.transport;
    assert_int_equal(woad_transport_open(t, &user_up, user), 0);
    struct woad_buf *pkt = user_packet(user, "\1\3\14\0", 4);
    unsigned wakes = user->wakes;
    for (woad_time now = 5; now < 10005; now++) {
        woad_time next = woad_transport_poll(t, now);
        assert_true(next > now);
        assert_int_equal(woad_transport_tx(t, pkt), WOAD_ERR_AGAIN);
    }
    assert_in_range(user->wakes - wakes, 5, 10);
    /* with a packet of the link layer there may be room: at once */
    wakes = user->wakes;
    woad_buf_queue_push(&ll.out, user_packet(pool, "\4\16\4\1\3\14\0", 7));
    woad_transport_poll(t, 10005);
    assert_int_equal(user->wakes, wakes + 1);
    woad_buf_unref(pkt);
    woad_transport_close(t);
    user_free(user);
    user_free(pool);
}

static void the_link_layers_buffers_reach_the_user(void **state)
{
    (void)state;
    struct user *user = user_new();
    struct user *pool = user_new(); /* the link layer's buffers */
    struct woad_ll ll = {0};
    struct woad_direct d;
    woad_direct_init(&d, &ll, NULL, NULL);
    assert_int_equal(woad_transport_open(&d.transport, &user_up, user), 0);
    for (int i = 0; i < 30; i++)
        woad_buf_queue_push(&ll.out, user_packet(pool, "\4\16\4\1\3\14\0", 7));
    woad_transport_poll(&d.transport, 0);
    assert_int_equal(user->rx_count, 30);
    assert_int_equal(user->asked, 0); /* no other buffer was needed */
    assert_int_equal(pool->pool.free_count, USER_BUFS);
    woad_transport_close(&d.transport);
    user_free(user);
    user_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_buffer_reaches_the_link_layer),
        cmocka_unit_test(busy_is_told_and_followed_by_a_wake),
        cmocka_unit_test(a_link_layer_that_stays_busy_is_asked_seldom),
        cmocka_unit_test(the_link_layers_buffers_reach_the_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
