/* Phantom transmitters. */
#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

struct world {
    struct woad_sim *sim;
    struct fix_radio rx;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = 1});
    fix_init(&w->rx, w->sim, &(struct woad_sim_dev_cfg){.x_m = 100});
    fix_rx(&w->rx, 200, 0);
    fix_rx(&w->rx, 5000, 0);
    fix_timer(&w->rx, 50);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    woad_sim_free(w->sim);
    free(w);
    return 0;
}

static const uint8_t good[] = {0x01, 0x00, 0x48, 0xdc, 0x8a}; /* CRC init 123456 */

static struct woad_sim_inject phantom(const uint8_t *octets, size_t len)
{
    return (struct woad_sim_inject){.start = WOAD_SIM_US(1000),
                                    .octets = octets,
                                    .len = len,
                                    .access_address = FIX_AA,
                                    .phy = WOAD_PHY_1M,
                                    .channel = 7,
                                    .power_dbm = -60};
}

static void phantom_is_received_like_a_packet(void **state)
{
    struct world *w = *state;
    struct woad_sim_inject in = phantom(good, sizeof(good));
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(3));
    const struct woad_radio_evt *evt = fix_event(&w->rx, 0);
    assert_int_equal(evt->type, WOAD_RADIO_RX_END);
    assert_true(evt->crc_ok);
    assert_int_equal(evt->start_us, 1000);
    assert_int_equal(evt->end_us, 1080);
    assert_int_equal(evt->rssi_dbm, -60);
    assert_int_equal(evt->pdu_len, 2);
    assert_memory_equal(w->rx.pdus[0], good, 2);
}

static void placed_phantom_is_weaker_far_away(void **state)
{
    struct world *w = *state;
    struct woad_sim_inject in = phantom(good, sizeof(good));
    in.placed = true;
    in.power_dbm = 10;
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(3));
    assert_int_equal(fix_event(&w->rx, 0)->rssi_dbm, 10 - 80);
}

static void wrong_crc_is_seen(void **state)
{
    struct world *w = *state;
    uint8_t bad[sizeof(good)];
    memcpy(bad, good, sizeof(bad));
    bad[4] ^= 1;
    struct woad_sim_inject in = phantom(bad, sizeof(bad));
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(3));
    assert_false(fix_event(&w->rx, 0)->crc_ok);
}

/* The length field promises 200 octets more than are sent: noise, until the promised end. */
static void length_field_decides_the_end(void **state)
{
    struct world *w = *state;
    const uint8_t promise[] = {0x01, 200, 0x48, 0xdc, 0x8a};
    struct woad_sim_inject in = phantom(promise, sizeof(promise));
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(3));
    const struct woad_radio_evt *evt = fix_event(&w->rx, 0);
    assert_int_equal(evt->end_us, 1000 + (8 + 202) * 8);
    assert_false(evt->crc_ok);
    assert_int_equal(evt->pdu_len, 202);
}

/* More octets are sent than promised: the receiver takes its CRC from behind the promised ones. */
static void octets_beyond_the_length_are_not_heard(void **state)
{
    struct world *w = *state;
    uint8_t octets[40] = {0x01, 0x00, 0x48, 0xdc, 0x8a, 1, 2, 3};
    struct woad_sim_inject in = phantom(octets, sizeof(octets));
    assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    woad_sim_run_until(w->sim, WOAD_SIM_MS(3));
    const struct woad_radio_evt *evt = fix_event(&w->rx, 0);
    assert_true(evt->crc_ok);
    assert_int_equal(evt->end_us, 1080);
}

static void shortest_and_longest_are_fine(void **state)
{
    struct world *w = *state;
    uint8_t octets[260];
    memset(octets, 0xff, sizeof(octets));
    for (size_t len = 1; len <= sizeof(octets); len++) {
        struct woad_sim_inject in = phantom(octets, len);
        in.phy = (uint8_t)(1 + len % 4);
        in.start = WOAD_SIM_MS(20 * len);
        assert_int_equal(woad_sim_inject(w->sim, &in), 0);
    }
    woad_sim_run_until(w->sim, WOAD_SIM_S(10));
    struct woad_sim_stats stats;
    woad_sim_get_stats(w->sim, &stats);
    assert_int_equal(stats.packets, 260);
    assert_int_equal(stats.ifs_violations, 0);
}

static void nonsense_is_refused(void **state)
{
    struct world *w = *state;
    const struct woad_sim_inject fine = phantom(good, sizeof(good));
    struct woad_sim_inject in[7] = {fine, fine, fine, fine, fine, fine, fine};
    in[0].channel = 40;
    in[1].phy = 0;
    in[2].phy = 5;
    in[3].len = 0;
    in[4].len = 261;
    in[5].octets = NULL;
    woad_sim_run_until(w->sim, WOAD_SIM_US(10));
    in[6].start = WOAD_SIM_US(9);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(woad_sim_inject(w->sim, &in[i]), WOAD_ERR_INVALID);
    in[6].start = WOAD_SIM_US(10);
    assert_int_equal(woad_sim_inject(w->sim, &in[6]), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(phantom_is_received_like_a_packet),
        test(placed_phantom_is_weaker_far_away),
        test(wrong_crc_is_seen),
        test(length_field_decides_the_end),
        test(octets_beyond_the_length_are_not_heard),
        test(shortest_and_longest_are_fine),
        test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
