/* Legacy advertising and scanning: modes, durations, stops that cross other ends, faults. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"

#define PARAMS      WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS
#define ADV_DATA    WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA
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

/* Without the Flags field nobody takes the device for discoverable. */
static void mode(uint8_t kind, bool flags, uint8_t want_kind)
{
    struct gap_log g;
    uint8_t ad[16];
    const uint8_t name[] = {3, 9, 'w', 'o'};
    int n = 4;
    memcpy(ad, name, 4);
    if (flags)
        n = woad_gap_discoverable(false, name, 4, ad, sizeof(ad));
    advertise(&g, &(struct woad_adv_params){.kind = kind, .data = ad, .data_len = (uint8_t)n});
    assert_int_equal(gap_cmd(&g, PARAMS, 0)->params[4], want_kind);
    const struct gap_cmd *data = gap_cmd(&g, ADV_DATA, 0);
    assert_int_equal(data->params[0], n);
    assert_int_equal(woad_gap_discoverable_mode(data->params + 1, data->params[0]), flags);
    gap_close(&g);
}

static void GAP_DISC_NONM_BV_01_C(void **state)
{
    (void)state;
    mode(WOAD_ADV_NONCONNECTABLE, false, 3);
}

static void GAP_DISC_NONM_BV_02_C(void **state)
{
    (void)state;
    mode(WOAD_ADV_CONNECTABLE, false, 0);
}

static void GAP_CONN_NCON_BV_01_C(void **state)
{
    (void)state;
    mode(WOAD_ADV_SCANNABLE, false, 2);
}

static void GAP_CONN_NCON_BV_02_C(void **state)
{
    (void)state;
    mode(WOAD_ADV_NONCONNECTABLE, true, 3);
}

static void GAP_CONN_UCON_BV_01_C(void **state)
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

static void GAP_CONN_UCON_BV_02_C(void **state)
{
    (void)state;
    mode(WOAD_ADV_CONNECTABLE, true, 0);
}

static void report(struct gap_log *g, uint8_t flags)
{
    const uint8_t evt[] = {1, 0, 0, 1, 2, 3, 4, 5, 6, 3, 2, 1, flags, 0xc4};
    gap_le(g, WOAD_HCI_LE_EVT_ADVERTISING_REPORT, evt, sizeof(evt));
}

/* What a discovery procedure of the application finds: by the flags of each report. */
static void finds(uint8_t flags, bool limited, bool general)
{
    struct gap_log g;
    gap_open(&g, NULL, NULL, 0);
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){.active = true}), 0);
    gap_turn(&g);
    report(&g, flags);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_REPORT), 1);
    int found = woad_gap_discoverable_mode(g.data, 3);
    assert_int_equal(found == 2, limited);
    assert_int_equal(found >= 1, general);
    gap_close(&g);
}

static void GAP_DISC_LIMP_BV_01_C(void **state)
{
    (void)state;
    finds(0x05, true, true);
}

static void GAP_DISC_LIMP_BV_02_C(void **state)
{
    (void)state;
    finds(0x06, false, true);
}

static void GAP_DISC_LIMP_BV_03_C(void **state)
{
    (void)state;
    finds(0x04, false, false);
}

static void GAP_DISC_GENP_BV_01_C(void **state)
{
    (void)state;
    finds(0x06, false, true);
}

static void GAP_DISC_GENP_BV_02_C(void **state)
{
    (void)state;
    finds(0x05, true, true);
}

static void GAP_DISC_GENP_BV_03_C(void **state)
{
    (void)state;
    finds(0x04, false, false);
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
        cmocka_unit_test(GAP_DISC_NONM_BV_01_C),
        cmocka_unit_test(GAP_DISC_NONM_BV_02_C),
        cmocka_unit_test(GAP_CONN_NCON_BV_01_C),
        cmocka_unit_test(GAP_CONN_NCON_BV_02_C),
        cmocka_unit_test(GAP_CONN_UCON_BV_01_C),
        cmocka_unit_test(GAP_CONN_UCON_BV_02_C),
        cmocka_unit_test(GAP_DISC_LIMP_BV_01_C),
        cmocka_unit_test(GAP_DISC_LIMP_BV_02_C),
        cmocka_unit_test(GAP_DISC_LIMP_BV_03_C),
        cmocka_unit_test(GAP_DISC_GENP_BV_01_C),
        cmocka_unit_test(GAP_DISC_GENP_BV_02_C),
        cmocka_unit_test(GAP_DISC_GENP_BV_03_C),
        cmocka_unit_test(both_are_resumed_after_a_fault),
        cmocka_unit_test(a_resume_that_is_refused_is_told),
        cmocka_unit_test(a_stop_inside_ready),
        cmocka_unit_test(stops_near_the_end_of_durations),
        cmocka_unit_test(high_duty_ends_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
