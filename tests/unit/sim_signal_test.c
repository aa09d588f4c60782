/* How strong packets arrive, which are lost and why: sensitivity, distance, overlap, capture,
 * adjacent channels. One scripted receiver hears phantoms of chosen levels. */
#include <math.h>

#include "sim_fixture.h"

#include "../../sim/sim_priv.h"
#include "../../sim/tables.h"

#define assert_near(a, b, most) assert_true(fabs((double)(a) - (double)(b)) <= (most))

struct hearing {
    struct woad_sim *sim;
    struct fix_radio rx;
    uint64_t got, bad;
    int8_t rssi;
};

/* Listens for ever. */
static const struct woad_radio_op *listen_on(void *arg, const struct woad_radio_evt *evt,
                                             woad_time now_us)
{
    struct hearing *h = arg;
    if (evt->type == WOAD_RADIO_RX_END) {
        h->got += evt->crc_ok;
        h->bad += !evt->crc_ok;
        h->rssi = evt->rssi_dbm;
    }
    h->rx.ops[0].start_us = now_us + 50;
    return &h->rx.ops[0];
}

static void hearing_init(struct hearing *h, const struct woad_sim_cfg *cfg, uint8_t phy)
{
    memset(h, 0, sizeof(*h));
    h->sim = woad_sim_new(cfg);
    fix_init(&h->rx, h->sim, &(struct woad_sim_dev_cfg){0});
    woad_sim_set_sink(h->rx.dev, &(struct woad_sim_sink){.evt = listen_on, .arg = h});
    fix_rx(&h->rx, 0, 0)->phy = phy;
    fix_timer(&h->rx, 1);
}

/* A packet of len octets of payload with a good CRC. */
static void send(struct woad_sim *sim, woad_sim_time at, uint8_t phy, uint8_t channel, int dbm,
                 unsigned len)
{
    uint8_t octets[260] = {0x02, (uint8_t)len};
    for (unsigned i = 0; i < len; i++)
        octets[2 + i] = (uint8_t)(i * 7);
    uint32_t crc = woad_sim_bits_crc(sim, 0x123456, octets, len + 2);
    for (unsigned i = 0; i < 3; i++)
        octets[len + 2 + i] = (uint8_t)(crc >> (8 * i));
    assert_int_equal(woad_sim_inject(sim, &(struct woad_sim_inject){.start = at,
                                                                    .octets = octets,
                                                                    .len = len + 5,
                                                                    .access_address = FIX_AA,
                                                                    .phy = phy,
                                                                    .channel = channel,
                                                                    .power_dbm = (int8_t)dbm}),
                     0);
}

/* The share of n packets of 37 octets that arrive whole at a level. */
static double share(uint8_t phy, int dbm, unsigned n, const struct woad_sim_cfg *cfg)
{
    struct hearing h;
    hearing_init(&h, cfg, phy);
    for (unsigned i = 0; i < n; i++) {
        send(h.sim, WOAD_SIM_MS(10) * (i + 1), phy, 7, dbm, 37);
        woad_sim_run_until(h.sim, WOAD_SIM_MS(10) * (i + 2));
    }
    woad_sim_free(h.sim);
    return (double)h.got / n;
}

static const struct woad_sim_cfg plain = {.seed = 3};

static void reference_sensitivity_loses_what_a_ber_of_1e3_loses(void **state)
{
    (void)state;
    /* 368 bits after the preamble: (1 - 10^-3)^368 = 69.2 % */
    assert_near(share(WOAD_PHY_1M, -97, 10000, &plain), 0.692, 0.02);
    assert_near(share(WOAD_PHY_2M, -94, 10000, &plain), 0.692, 0.02);
}

static void slope_is_steep(void **state)
{
    (void)state;
    assert_true(share(WOAD_PHY_1M, -92, 2000, &plain) == 1.0);
    assert_true(share(WOAD_PHY_1M, -95, 2000, &plain) > 0.97);
    assert_true(share(WOAD_PHY_1M, -100, 2000, &plain) < 0.01);
    assert_true(share(WOAD_PHY_2M, -97, 2000, &plain) < 0.01);
}

/* With coding, errors come in groups, so more packets arrive whole at a BER of 10^-3. */
static void coded_reaches_further(void **state)
{
    (void)state;
    double s8 = share(WOAD_PHY_CODED_S8, -104, 1000, &plain);
    double s2 = share(WOAD_PHY_CODED_S2, -100, 1000, &plain);
    assert_true(s8 > 0.70 && s8 < 0.97);
    assert_true(s2 > 0.70 && s2 < 0.97);
    assert_true(share(WOAD_PHY_CODED_S8, -101, 300, &plain) > 0.995);
    assert_true(share(WOAD_PHY_CODED_S8, -107, 300, &plain) < 0.05);
    assert_true(share(WOAD_PHY_CODED_S2, -104, 300, &plain) < 0.05);
}

static void ideal_world_hears_everything(void **state)
{
    (void)state;
    assert_true(share(WOAD_PHY_1M, -120, 500, &(struct woad_sim_cfg){.ideal = true}) == 1.0);
}

static void ordered_loss_is_lost(void **state)
{
    (void)state;
    const struct woad_sim_cfg lossy = {.seed = 5, .loss_permille = 100};
    assert_near(share(WOAD_PHY_1M, -50, 10000, &lossy), 0.9, 0.01);
}

static void level_follows_distance(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct hearing h;
        hearing_init(&h, &(struct woad_sim_cfg){.path_loss_exponent = i ? 3.0 : 0}, WOAD_PHY_1M);
        struct fix_radio tx;
        fix_init(&tx, h.sim, &(struct woad_sim_dev_cfg){.x_m = 30, .y_m = 40, .tx_power_dbm = 4});
        fix_tx(&tx, 1000, 5)->tx_power_dbm = 4;
        fix_timer(&tx, 100);
        woad_sim_run_until(h.sim, WOAD_SIM_MS(5));
        assert_int_equal(h.got, 1);
        /* 4 - 40.2 - 10 n log10(50) */
        assert_int_equal(h.rssi, lround(4 - 40.2 - (i ? 30 : 20) * log10(50)));
        woad_sim_free(h.sim);
    }
}

/* Two packets overlap in their second half at a level difference: is the first received? */
static double overlap_share(int difference_db, uint8_t phy_b, uint8_t channel_b,
                            const struct woad_sim_cfg *cfg)
{
    struct hearing h;
    const unsigned n = 1000;
    hearing_init(&h, cfg, WOAD_PHY_1M);
    for (unsigned i = 0; i < n; i++) {
        woad_sim_time at = WOAD_SIM_MS(10) * (i + 1);
        send(h.sim, at, WOAD_PHY_1M, 7, -60, 37);
        send(h.sim, at + WOAD_SIM_US(200), phy_b, channel_b, -60 - difference_db, 100);
        woad_sim_run_until(h.sim, at + WOAD_SIM_MS(9));
    }
    woad_sim_free(h.sim);
    assert_true(h.got + h.bad == n); /* found either way: its address was clear */
    return (double)h.got / n;
}

static void strong_packet_survives_an_overlap(void **state)
{
    (void)state;
    assert_true(overlap_share(8, WOAD_PHY_1M, 7, &plain) > 0.995);
    assert_true(overlap_share(0, WOAD_PHY_1M, 7, &plain) < 0.05);
    assert_true(overlap_share(-10, WOAD_PHY_1M, 7, &plain) == 0);
    const struct woad_sim_cfg tough = {.capture_db = 11};
    assert_true(overlap_share(8, WOAD_PHY_1M, 7, &tough) <
                overlap_share(11, WOAD_PHY_1M, 7, &tough));
    assert_true(overlap_share(11, WOAD_PHY_1M, 7, &tough) > 0.995);
}

static void without_capture_any_overlap_destroys(void **state)
{
    (void)state;
    assert_true(overlap_share(60, WOAD_PHY_1M, 7, &(struct woad_sim_cfg){.no_capture = true}) == 0);
}

static void other_phy_interferes_but_is_not_heard(void **state)
{
    (void)state;
    assert_true(overlap_share(0, WOAD_PHY_2M, 7, &plain) < 0.05);
}

static void adjacent_channels_are_rejected_by_table(void **state)
{
    (void)state;
    /* channels 7, 8, 9 and 10 lie 2 MHz apart; limits of 17, 27 and 27 dB for 1M */
    assert_true(overlap_share(-10, WOAD_PHY_1M, 8, &plain) > 0.995);
    assert_true(overlap_share(-21, WOAD_PHY_1M, 8, &plain) < 0.05);
    assert_true(overlap_share(-21, WOAD_PHY_1M, 9, &plain) > 0.995);
    assert_true(overlap_share(-31, WOAD_PHY_1M, 9, &plain) < 0.05);
    assert_true(overlap_share(-31, WOAD_PHY_1M, 10, &plain) < 0.05);
    assert_true(overlap_share(-60, WOAD_PHY_1M, 12, &plain) == 1);
}

/* Energy adds up: four interferers 11 dB below are as bad as one 5 dB below. */
static void interferers_add_up(void **state)
{
    (void)state;
    double shares[2];
    for (unsigned many = 0; many < 2; many++) {
        struct hearing h;
        hearing_init(&h, &plain, WOAD_PHY_1M);
        for (unsigned i = 0; i < 2000; i++) {
            woad_sim_time at = WOAD_SIM_MS(10) * (i + 1);
            send(h.sim, at, WOAD_PHY_1M, 7, -60, 37);
            for (unsigned k = 0; k < (many ? 4 : 1); k++)
                send(h.sim, at + WOAD_SIM_US(200), WOAD_PHY_1M, 7, many ? -69 : -63, 100);
            woad_sim_run_until(h.sim, at + WOAD_SIM_MS(9));
        }
        shares[many] = (double)h.got / 2000;
        woad_sim_free(h.sim);
    }
    assert_true(shares[0] > 0.2 && shares[0] < 0.95);
    assert_near(shares[0], shares[1], 0.05);
}

/* Only the overlapped part is spoilt: octets before it arrive as sent. */
static void errors_fall_into_the_overlap(void **state)
{
    struct hearing h;
    unsigned before = 0, inside = 0;
    (void)state;
    hearing_init(&h, &plain, WOAD_PHY_1M);
    for (unsigned i = 0; i < 200; i++) {
        woad_sim_time at = WOAD_SIM_MS(10) * (i + 1);
        send(h.sim, at, WOAD_PHY_1M, 7, -60, 100);
        /* octets 2 + k of the PDU are sent from 40 + 8 (2 + k) us on */
        send(h.sim, at + WOAD_SIM_US(40 + 8 * 52), WOAD_PHY_1M, 7, -60, 30);
        woad_sim_run_until(h.sim, at + WOAD_SIM_MS(9));
        for (unsigned k = 0; k < 100; k++) {
            bool wrong = h.rx.pdus[0][2 + k] != (uint8_t)(k * 7);
            before += wrong && (k < 50 || k > 50 + 40);
            inside += wrong && k >= 50 && k <= 50 + 40;
        }
    }
    assert_int_equal(before, 0);
    assert_true(inside > 200);
    woad_sim_free(h.sim);
}

static void fading_spreads_the_level(void **state)
{
    (void)state;
    const struct woad_sim_cfg fading = {.seed = 1, .fading_db = 6};
    double s = share(WOAD_PHY_1M, -97, 4000, &fading);
    assert_true(s > 0.42 && s < 0.58); /* half above the edge, half below */
    assert_true(share(WOAD_PHY_1M, -85, 4000, &fading) < 0.9999);
}

/* The table of error rates against its formula, and its distances against their distribution. */
static void error_table_is_its_formula(void **state)
{
    (void)state;
    for (int i = 0; i < SIM_TABLE_SKIP_COUNT; i++) {
        double margin = (SIM_TABLE_SKIP_MIN + i * SIM_TABLE_SKIP_STEP) / 100.0;
        double p = 0.5 * exp(-log(500) * pow(10, margin / 10));
        double want = -256 / log2(1 - p);
        assert_true(fabs((double)woad_sim_table_skip[i] - want) <= 0.5 + want * 1e-6);
    }
    for (int i = 0; i < 160; i++)
        assert_true(
            fabs(woad_sim_table_add[i] - 1000 * log10(1 + pow(10, -(16 * i + 8) / 1000.0))) <= 0.5);
    for (int i = 0; i < 1024; i++)
        assert_true(fabs(woad_sim_table_mantissa[i] - 1000 * log10(1 + (i + 0.5) / 1024)) <= 0.5);
}

static void bits_flip_at_the_rate_of_the_level(void **state)
{
    struct hearing h;
    uint64_t flips = 0;
    (void)state;
    hearing_init(&h, &plain, WOAD_PHY_1M);
    struct sim_pkt pkt = {.phy = WOAD_PHY_1M, .power_end_ns = SIM_NEVER};
    h.rx.dev->rx_level = -9700;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bits[250] = {0};
        flips += woad_sim_signal_flip(h.rx.dev, &pkt, 0, WOAD_SIM_US(2000), bits);
    }
    assert_near((double)flips / (20000.0 * 2000), 1e-3, 2e-5);
    woad_sim_free(h.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_sensitivity_loses_what_a_ber_of_1e3_loses),
        cmocka_unit_test(slope_is_steep),
        cmocka_unit_test(coded_reaches_further),
        cmocka_unit_test(ideal_world_hears_everything),
        cmocka_unit_test(ordered_loss_is_lost),
        cmocka_unit_test(level_follows_distance),
        cmocka_unit_test(strong_packet_survives_an_overlap),
        cmocka_unit_test(without_capture_any_overlap_destroys),
        cmocka_unit_test(other_phy_interferes_but_is_not_heard),
        cmocka_unit_test(adjacent_channels_are_rejected_by_table),
        cmocka_unit_test(interferers_add_up),
        cmocka_unit_test(errors_fall_into_the_overlap),
        cmocka_unit_test(fading_spreads_the_level),
        cmocka_unit_test(error_table_is_its_formula),
        cmocka_unit_test(bits_flip_at_the_rate_of_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
