/* Data PDUs per connection event: what the air allows, exactly, without drift. */
#include "ll_world.h"

struct row {
    int phy;
    uint16_t interval; /* 1.25 ms */
    bool encrypted, both, from_peripheral;
    unsigned pdus; /* per event and direction */
};

static const struct row rows[] = {
    {1, 6, false, false, false, 3},   {1, 24, false, false, false, 12},
    {1, 40, false, false, false, 20}, {2, 6, false, false, false, 5},
    {2, 24, false, false, false, 21}, {2, 40, false, false, false, 35},
    {2, 24, false, false, true, 21},  {1, 24, false, false, true, 12},
    {2, 6, false, false, true, 5},    {1, 24, true, false, false, 12},
    {2, 24, true, false, false, 21},  {2, 40, true, false, true, 35},
    {1, 24, false, true, false, 6},   {2, 24, false, true, false, 12},
    {2, 40, false, true, false, 20},  {2, 6, false, true, false, 3},
    {1, 6, true, false, false, 3},
};

static const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void encrypt(struct w_dev *c, struct w_dev *p, struct w_link *l)
{
    uint8_t cmd[28] = {(uint8_t)l->handle, (uint8_t)(l->handle >> 8)};
    memcpy(cmd + 12, key, 16);
    p->ltk = key;
    w_cmd(c, WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, cmd, sizeof(cmd));
    struct w_evt *e = w_wait(c, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0, 3000);
    assert_non_null(e);
    assert_int_equal(e->p[0], 0);
    assert_non_null(w_wait(p, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0, 100));
}

static void run(const struct row *row)
{
    enum { EVENTS = 100 };
    struct w_world w;
    struct w_link *c, *p;
    w_init(&w, &(struct woad_sim_cfg){.seed = 7});
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 0}, NULL);
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1}, NULL);
    w_link(&w.devs[0], &w.devs[1], &(struct w_params){row->interval, 0, 200}, &c, &p);
    w_fast(&w.devs[0], c, row->phy);
    w_fast(&w.devs[1], p, 1);
    w_ms(&w, 2000);
    if (row->encrypted)
        encrypt(&w.devs[0], &w.devs[1], c);
    if (row->both || !row->from_peripheral)
        c->to_send = UINT64_MAX;
    if (row->both || row->from_peripheral)
        p->to_send = UINT64_MAX;
    w_ms(&w, row->interval * 25u);
    uint64_t at_p = p->received, at_c = c->received;
    woad_sim_run_until(w.sim, woad_sim_now(w.sim) + EVENTS * row->interval * WOAD_SIM_US(1250));
    at_p = p->received - at_p;
    at_c = c->received - at_c;
    uint64_t expected = (uint64_t)row->pdus * 251 * EVENTS;
    printf("%dM %5.2f ms%s%s%s: %u per event expected, c->p %.2f, p->c %.2f\n", row->phy,
           row->interval * 1.25, row->encrypted ? " encrypted" : "", row->both ? " both" : "",
           row->from_peripheral ? " from p" : "", row->pdus, (double)at_p / 251 / EVENTS,
           (double)at_c / 251 / EVENTS);
    /* The edges of the span cut at most one event. */
    if (row->both || !row->from_peripheral)
        assert_true(at_p + row->pdus * 251 >= expected);
    if (row->both || row->from_peripheral)
        assert_true(at_c + row->pdus * 251 >= expected);
    if (!row->both)
        assert_true(at_p + at_c <= expected + row->pdus * 251);
    assert_false(c->corrupt || p->corrupt);
    struct woad_sim_stats s;
    woad_sim_get_stats(w.sim, &s);
    assert_int_equal(s.late + s.ifs_violations + s.anchor_violations + s.truncated, 0);
    w_free(&w);
}

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(woad_crypto_init(), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        run(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
