/* Legacy advertising and scanning: durations, stops that cross other ends, faults. */
#include "test.h"

#include "support/gap_log.h"

#define ADV_ENABLE  WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE
#define SCAN_ENABLE WOAD_HCI_CMD_LE_SET_SCAN_ENABLE

static const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {6, 5, 4, 3, 2, 1}};

static void advertise(struct gap_log *g, const struct woad_adv_params *p)
{
    gap_open(g, NULL, NULL, 0);
    assert_int_equal(woad_gap_advertise_start(g->h, p), 0);
    gap_turn(g);
    assert_int_equal(gap_event(g, WOAD_EVT_ADV_STARTED, 0)->result.err, 0);
}

static void a_connection_ends_it_first(void **state)
{
    (void)state;
    struct gap_log g;
    advertise(&g, &(struct woad_adv_params){.kind = WOAD_ADV_CONNECTABLE});
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &peer);
    const struct gap_event *stopped = gap_event(&g, WOAD_EVT_ADV_STOPPED, 0);
    assert_int_equal(stopped->result.err, 0);
    assert_true(stopped < gap_event(&g, WOAD_EVT_CONNECTED, 0));
    assert_int_equal(woad_gap_advertise_stop(g.h), WOAD_ERR_STATE);
    gap_close(&g);
}

static void both_are_resumed_after_a_fault(void **state)
{
    (void)state;
    struct gap_log g;
    advertise(&g, &(struct woad_adv_params){.duration_ms = 4000});
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), 0);
    gap_turn(&g);
    gap_forget(&g);
    woad_host_fault(g.h, "test");
    dbl_run(g.d, 500000);
    assert_int_equal(gap_cmds(&g, ADV_ENABLE), 1);
    assert_int_equal(gap_cmds(&g, SCAN_ENABLE), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 0);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STARTED), 0);
    dbl_run(g.d, 4000000); /* the duration went on */
    assert_int_equal(gap_event(&g, WOAD_EVT_ADV_STOPPED, 0)->result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 0);
    gap_close(&g);
}

static void a_resume_that_is_refused_is_told(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_USUAL(ADV_ENABLE),
                                             SCRIPT_COMPLETE(ADV_ENABLE, 0x0c)};
    struct gap_log g;
    gap_open(&g, NULL, rows, ARRAY_LEN(rows));
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    gap_turn(&g);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(gap_event(&g, WOAD_EVT_ADV_STOPPED, 0)->result.err, WOAD_ERR_REFUSED);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void stop_in_ready(struct gap_log *g, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_READY)
        assert_int_equal(woad_gap_advertise_stop(g->h), 0);
}

/* Wanted no more, said before the host could resume it. */
static void a_stop_inside_ready(void **state)
{
    (void)state;
    struct gap_log g;
    advertise(&g, &(struct woad_adv_params){0});
    gap_forget(&g);
    g.on_event = stop_in_ready;
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 1);
    assert_int_equal(gap_cmds(&g, ADV_ENABLE), 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void stops_near_the_end_of_durations(void **state)
{
    (void)state;
    for (int off = -3; off <= 3; off++) {
        struct gap_log g;
        gap_open(&g, NULL, NULL, 0);
        assert_int_equal(
            woad_gap_advertise_start(g.h, &(struct woad_adv_params){.duration_ms = 40}), 0);
        assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){.duration_ms = 40}),
                         0);
        dbl_run(g.d, (woad_time)(40000 + off));
        (void)!woad_gap_advertise_stop(g.h);
        (void)!woad_gap_scan_stop(g.h);
        gap_turn(&g);
        assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 1);
        assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 1);
        assert_int_equal(gap_cmds(&g, ADV_ENABLE), 2);
        assert_int_equal(gap_pending(&g), 0);
        gap_close(&g);
    }
}

/* Directed advertising of high duty ends by itself, with a status in a connection event. */
static void high_duty_ends_by_itself(void **state)
{
    (void)state;
    static const uint8_t evt[18] = {WOAD_HCI_ERR_ADVERTISING_TIMEOUT};
    struct gap_log g;
    advertise(&g, &(struct woad_adv_params){.kind = WOAD_ADV_DIRECT_HIGH_DUTY, .peer = peer});
    gap_le(&g, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, sizeof(evt));
    assert_int_equal(gap_event(&g, WOAD_EVT_ADV_STOPPED, 0)->result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 0);
    gap_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_ends_it_first),
        cmocka_unit_test(both_are_resumed_after_a_fault),
        cmocka_unit_test(a_resume_that_is_refused_is_told),
        cmocka_unit_test(a_stop_inside_ready),
        cmocka_unit_test(stops_near_the_end_of_durations),
        cmocka_unit_test(high_duty_ends_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
