/* The thinnest path: advertise, scan, connect, exchange data, disconnect. */
#include "ll_world.h"

static void two(struct w_world *w)
{
    w_init(w, &(struct woad_sim_cfg){.seed = 1});
    w_add(w, &(struct woad_sim_dev_cfg){.x_m = 0}, NULL);
    w_add(w, &(struct woad_sim_dev_cfg){.x_m = 2, .clock_offset_us = 5000}, NULL);
}

static void test_scan(void **state)
{
    (void)state;
    struct w_world w;
    two(&w);
    struct w_dev *a = &w.devs[0], *b = &w.devs[1];
    uint8_t data[32] = {3, 2, 1, 6};
    w_cmd(a, WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA, data, 32);
    w_advertise(a);
    W_CMD(b, LE_SET_SCAN_PARAMETERS, 0, 0x10, 0, 0x10, 0, 0, 0);
    W_CMD(b, LE_SET_SCAN_ENABLE, 1, 0);
    w_ms(&w, 1000);
    /* 20 ms and a mean delay of 5 ms make 40 events; nothing is lost. */
    assert_in_range(b->reports, 36, 44);
    w_free(&w);
}

static void test_data(void **state)
{
    (void)state;
    struct w_world w;
    struct w_link *c, *p;
    two(&w);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){24, 0, 100}, &c, &p);
    c->to_send = 20000;
    p->to_send = 10000;
    w_ms(&w, 3000);
    assert_int_equal(p->received, 20000);
    assert_int_equal(c->received, 10000);
    assert_false(p->corrupt || c->corrupt);
    assert_int_equal(c->completed, 80);
    w_disconnect(&w.devs[0], c, 0x13);
    assert_non_null(w_wait(&w.devs[0], WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, 500));
    assert_non_null(w_wait(&w.devs[1], WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, 500));
    assert_int_equal(c->reason, 0x16);
    assert_int_equal(p->reason, 0x13);
    struct woad_sim_stats s;
    woad_sim_get_stats(w.sim, &s);
    assert_int_equal(s.late + s.ifs_violations + s.anchor_violations + s.truncated, 0);
    w_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
