/* Battery: the level is read and told over the simulated radio; a change that finds no buffer is
 * told later; a bonded client that comes back is told at once. */
#include "test.h"

#include "support/duet.h"
#include "woad/service_battery.h"

static struct woad_battery battery;

static struct duet *start(const struct duet_cfg *cfg, uint8_t percent)
{
    struct duet *d = duet_new(cfg);
    battery = (struct woad_battery){0};
    assert_int_equal(woad_battery_add(d->server.host, &battery, percent), 0);
    duet_connect(d);
    return d;
}

static uint16_t level(struct duet *d)
{
    return duet_find(d, &woad_battery_uuid, &woad_battery_level_uuid, 0);
}

static void test_level_is_read(void **state)
{
    (void)state;
    struct duet *d = start(NULL, 63);
    assert_int_equal(duet_read(d, level(d)), 0);
    assert_int_equal(d->len, 1);
    assert_int_equal(d->value[0], 63);
    duet_free(d);
}

static void test_above_100_is_refused(void **state)
{
    (void)state;
    struct duet *d = start(NULL, 100);
    assert_int_equal(woad_battery_set(d->server.host, &battery, 101), WOAD_ERR_INVALID);
    struct woad_battery other = {0};
    assert_int_equal(woad_battery_add(d->server.host, &other, 101), WOAD_ERR_INVALID);
    assert_int_equal(duet_read(d, level(d)), 0);
    assert_int_equal(d->value[0], 100);
    duet_free(d);
}

static void test_a_change_is_told_once(void **state)
{
    (void)state;
    struct duet *d = start(NULL, 50);
    assert_int_equal(woad_battery_set(d->server.host, &battery, 49), 0); /* nobody listens */
    assert_int_equal(duet_subscribe(d, level(d)), 0);
    assert_int_equal(woad_battery_set(d->server.host, &battery, 48), 0);
    assert_int_equal(woad_battery_set(d->server.host, &battery, 48), 0);
    duet_run_ms(d, 100);
    assert_int_equal(d->note_count, 1);
    assert_int_equal(d->notes[0].handle, level(d));
    assert_int_equal(d->notes[0].len, 1);
    assert_int_equal(d->notes[0].data[0], 48);
    duet_free(d);
}

/* A hundred changes at once do not fit the buffers: the last of them arrives all the same. */
static void test_the_last_change_arrives_without_buffers(void **state)
{
    (void)state;
    struct duet *d = start(&(struct duet_cfg){.att_tx_count = 1}, 100);
    assert_int_equal(duet_subscribe(d, level(d)), 0);
    for (uint8_t percent = 100; percent-- > 0;)
        assert_int_equal(woad_battery_set(d->server.host, &battery, percent), 0);
    duet_run_ms(d, 500);
    assert_true(d->note_count >= 1 && d->note_count < 100);
    assert_int_equal(d->notes[d->note_count - 1].data[0], 0);
    duet_free(d);
}

static void test_a_bonded_client_that_returns_is_told(void **state)
{
    (void)state;
    struct duet *d = start(NULL, 90);
    duet_pair(d);
    assert_int_equal(duet_subscribe(d, level(d)), 0);
    duet_disconnect(d);
    assert_int_equal(woad_battery_set(d->server.host, &battery, 12), 0);
    assert_int_equal(d->note_count, 0);
    duet_connect(d);
    duet_run_ms(d, 200);
    assert_int_equal(d->note_count, 1);
    assert_int_equal(d->notes[0].data[0], 12);
    duet_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_is_read),
        cmocka_unit_test(test_above_100_is_refused),
        cmocka_unit_test(test_a_change_is_told_once),
        cmocka_unit_test(test_the_last_change_arrives_without_buffers),
        cmocka_unit_test(test_a_bonded_client_that_returns_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
