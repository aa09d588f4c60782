#include "transport_user.h"

#include "woad/power.h"
#include "woad/transport_h4.h"

/* ---- the machine alone ----------------------------------------------------------------------- */

static struct woad_pm asleep(void)
{
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_allow_sleep(&pm, true);
    assert_int_equal(woad_pm_run(&pm, 0, true), 50000);
    woad_pm_run(&pm, 50000, true);
    woad_pm_sent(&pm, 1);
    assert_true(woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_ACK));
    woad_pm_run(&pm, 50001, true);
    assert_int_equal(pm.state, WOAD_PM_SLEEP);
    return pm;
}

static void assert_out(struct woad_pm *pm, const char *octets)
{
    size_t len;
    const uint8_t *out = woad_pm_out(pm, &len);
    assert_int_equal(len, strlen(octets));
    assert_memory_equal(out, octets, len);
    woad_pm_sent(pm, len);
}

static void sleeps_after_the_idle_timeout(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_allow_sleep(&pm, true);
    assert_int_equal(pm.state, WOAD_PM_ACTIVE);
    assert_int_equal(woad_pm_run(&pm, 1000, true), 51000);
    assert_int_equal(pm.state, WOAD_PM_IDLE);
    woad_pm_run(&pm, 50999, true);
    assert_out(&pm, "");
    /* A packet restarts the quiet time. */
    woad_pm_rx(&pm);
    assert_int_equal(woad_pm_run(&pm, 51000, true), 101000);
    woad_pm_run(&pm, 101000, true);
    assert_out(&pm, "\x30");
    assert_false(woad_pm_may_tx(&pm));
    woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_ACK);
    assert_int_equal(woad_pm_run(&pm, 101500, true), WOAD_TIME_NEVER);
    assert_int_equal(pm.state, WOAD_PM_SLEEP);
}

static void never_sleeps_unasked(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    assert_int_equal(woad_pm_run(&pm, 0, true), WOAD_TIME_NEVER);
    woad_pm_run(&pm, 10000000, true);
    assert_out(&pm, "");
}

static void half_a_packet_keeps_awake(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_allow_sleep(&pm, true);
    woad_pm_run(&pm, 0, false);
    woad_pm_run(&pm, 1000000, false);
    assert_int_equal(pm.state, WOAD_PM_ACTIVE);
}

static void a_send_wakes(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    woad_pm_tx_add(&pm);
    woad_pm_run(&pm, 60000, true);
    assert_int_equal(pm.state, WOAD_PM_WAKEUP);
    assert_out(&pm, "\x32");
    assert_false(woad_pm_may_tx(&pm));
    woad_pm_signal(&pm, WOAD_EHCILL_WAKE_ACK);
    woad_pm_run(&pm, 60100, true);
    assert_true(woad_pm_may_tx(&pm));
}

static void the_peer_wakes(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    woad_pm_signal(&pm, WOAD_EHCILL_WAKE_IND);
    assert_out(&pm, "\x33");
    assert_int_equal(pm.state, WOAD_PM_ACTIVE);
}

static void a_packet_during_the_handshake_waits_and_wakes(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_allow_sleep(&pm, true);
    woad_pm_run(&pm, 0, true);
    woad_pm_run(&pm, 50000, true);
    assert_out(&pm, "\x30");
    woad_pm_tx_add(&pm); /* the race */
    woad_pm_run(&pm, 50010, true);
    assert_false(woad_pm_may_tx(&pm)); /* the controller may be falling asleep */
    woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_ACK);
    woad_pm_run(&pm, 50020, true);
    assert_out(&pm, "\x32");
    woad_pm_signal(&pm, WOAD_EHCILL_WAKE_ACK);
    woad_pm_run(&pm, 50030, true);
    assert_true(woad_pm_may_tx(&pm));
    assert_int_equal(atomic_load(&pm.pending), 1);
}

static void an_unanswered_handshake_ends_in_a_wakeup(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){.wake_us = 10000});
    woad_pm_allow_sleep(&pm, true);
    woad_pm_run(&pm, 0, true);
    assert_int_equal(woad_pm_run(&pm, 50000, true), 60000);
    assert_out(&pm, "\x30");
    woad_pm_run(&pm, 60000, true);
    assert_out(&pm, "\x32");
    woad_pm_signal(&pm, WOAD_EHCILL_WAKE_ACK);
    assert_int_equal(pm.state, WOAD_PM_ACTIVE);
}

static void waking_is_retried_and_then_fails(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    woad_pm_tx_add(&pm);
    woad_time now = 60000;
    for (int attempt = 0; attempt < 4; attempt++) {
        assert_int_equal(woad_pm_run(&pm, now, true), now + 100000);
        assert_out(&pm, "\x32");
        assert_false(pm.failed);
        now += 100000;
    }
    woad_pm_run(&pm, now, true);
    assert_true(pm.failed);
}

static void crossing_sleep_indications_agree(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_allow_sleep(&pm, true);
    woad_pm_run(&pm, 0, true);
    woad_pm_run(&pm, 50000, true);
    assert_out(&pm, "\x30");
    woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_IND);
    woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_ACK);
    woad_pm_run(&pm, 50100, true);
    assert_out(&pm, "\x31");
    assert_int_equal(pm.state, WOAD_PM_SLEEP);
}

static void crossing_wake_indications_agree(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    woad_pm_tx_add(&pm);
    woad_pm_run(&pm, 60000, true);
    assert_out(&pm, "\x32");
    woad_pm_signal(&pm, WOAD_EHCILL_WAKE_IND);
    assert_out(&pm, "\x33");
    assert_true(woad_pm_may_tx(&pm));
}

/* The peer may go when nothing of ours is on its way to it. */
static void the_peers_wish_waits_for_pending_packets(void **state)
{
    (void)state;
    struct woad_pm pm;
    woad_pm_init(&pm, &(struct woad_pm_cfg){0});
    woad_pm_tx_add(&pm);
    woad_pm_signal(&pm, WOAD_EHCILL_SLEEP_IND);
    woad_pm_run(&pm, 0, true);
    assert_out(&pm, "");
    assert_true(woad_pm_may_tx(&pm));
    woad_pm_tx_sub(&pm);
    woad_pm_run(&pm, 10, true);
    assert_out(&pm, "\x31");
    assert_int_equal(pm.state, WOAD_PM_SLEEP);
}

static void awake_is_an_order(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    woad_pm_allow_sleep(&pm, false);
    woad_pm_run(&pm, 60000, true);
    assert_out(&pm, "\x32");
}

static void other_octets_are_not_its_own(void **state)
{
    (void)state;
    struct woad_pm pm = asleep();
    for (unsigned octet = 0; octet < 256; octet++)
        if (octet < 0x30 || octet > 0x33)
            assert_false(woad_pm_signal(&pm, (uint8_t)octet));
}

/* ---- in the transport, both ends with the same machine --------------------------------------- */

struct line {
    struct woad_pipe_mem pipe[2];
    struct woad_h4_transport h4[2];
    uint8_t ring[2][512];
    struct user *user[2];
};

static void line_open(struct line *l)
{
    woad_pipe_mem_pair(&l->pipe[0], &l->pipe[1]);
    for (int i = 0; i < 2; i++) {
        l->user[i] = user_new();
        struct woad_h4_transport_cfg cfg = {
            .pipe = &l->pipe[i].pipe,
            .ring = l->ring[i],
            .ring_size = sizeof(l->ring[i]),
            .types = i ? WOAD_H4_FROM_HOST : WOAD_H4_FROM_CONTROLLER,
            .ehcill = true,
        };
        assert_int_equal(woad_h4_transport_init(&l->h4[i], &cfg), 0);
        assert_int_equal(woad_transport_open(&l->h4[i].transport, &user_up, l->user[i]), 0);
        assert_int_equal(woad_transport_power(&l->h4[i].transport, WOAD_POWER_MAY_SLEEP), 0);
    }
}

static void line_close(struct line *l)
{
    for (int i = 0; i < 2; i++) {
        woad_transport_close(&l->h4[i].transport);
        user_free(l->user[i]);
    }
}

static const uint8_t reset[] = {1, 0x03, 0x0C, 0};
static const uint8_t complete[] = {4, 0x0E, 4, 1, 0x03, 0x0C, 0};

/* Packets queued at every moment around the handshake, on both sides: none is lost, none twice. */
static void no_packet_is_lost_round_the_handshake(void **state)
{
    (void)state;
    for (woad_time offset = 49000; offset < 51200; offset += 10) {
        struct line l;
        line_open(&l);
        unsigned slept = 0;
        for (woad_time now = 0; now < 400000; now += 10) {
            if (now == offset || now == offset + 90) {
                assert_int_equal(woad_transport_tx(&l.h4[0].transport,
                                                   user_packet(l.user[0], reset, sizeof(reset))),
                                 0);
            }
            if (now == offset + 20 || now == offset + 150) {
                assert_int_equal(
                    woad_transport_tx(&l.h4[1].transport,
                                      user_packet(l.user[1], complete, sizeof(complete))),
                    0);
            }
            woad_transport_poll(&l.h4[0].transport, now);
            if (now % 30 == 0) /* the controller is slower */
                woad_transport_poll(&l.h4[1].transport, now);
            slept += l.h4[0].pm.state == WOAD_PM_SLEEP && l.h4[1].pm.state == WOAD_PM_SLEEP;
        }
        assert_int_equal(l.user[0]->faults + l.user[1]->faults, 0);
        assert_int_equal(l.user[1]->rx_count, 2);
        assert_int_equal(l.user[0]->rx_count, 2);
        assert_int_equal(l.user[0]->done_count, 2);
        assert_int_equal(l.user[1]->done_count, 2);
        assert_true(slept > 1000);
        line_close(&l);
    }
}

static void a_dead_controller_is_a_wake_fault(void **state)
{
    (void)state;
    struct line l;
    line_open(&l);
    woad_time now = 0;
    for (; now < 60000; now += 100)
        for (int i = 0; i < 2; i++)
            woad_transport_poll(&l.h4[i].transport, now);
    assert_int_equal(l.h4[0].pm.state, WOAD_PM_SLEEP);
    struct woad_buf *pkt = user_packet(l.user[0], reset, sizeof(reset));
    assert_int_equal(woad_transport_tx(&l.h4[0].transport, pkt), 0);
    for (; now < 1000000 && !l.user[0]->faults; now += 100)
        woad_transport_poll(&l.h4[0].transport, now); /* the other end is never polled */
    assert_int_equal(l.user[0]->fault, WOAD_FAULT_WAKE);
    assert_int_equal(l.user[0]->done_count, 1);
    assert_int_equal(woad_transport_tx(&l.h4[0].transport, pkt), WOAD_ERR_FAULT);
    assert_int_equal(woad_transport_caps(&l.h4[0].transport), WOAD_TRANSPORT_SLEEPS);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_after_the_idle_timeout),
        cmocka_unit_test(never_sleeps_unasked),
        cmocka_unit_test(half_a_packet_keeps_awake),
        cmocka_unit_test(a_send_wakes),
        cmocka_unit_test(the_peer_wakes),
        cmocka_unit_test(a_packet_during_the_handshake_waits_and_wakes),
        cmocka_unit_test(an_unanswered_handshake_ends_in_a_wakeup),
        cmocka_unit_test(waking_is_retried_and_then_fails),
        cmocka_unit_test(crossing_sleep_indications_agree),
        cmocka_unit_test(crossing_wake_indications_agree),
        cmocka_unit_test(the_peers_wish_waits_for_pending_packets),
        cmocka_unit_test(awake_is_an_order),
        cmocka_unit_test(other_octets_are_not_its_own),
        cmocka_unit_test(no_packet_is_lost_round_the_handshake),
        cmocka_unit_test(a_dead_controller_is_a_wake_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
