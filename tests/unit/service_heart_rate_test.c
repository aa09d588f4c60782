/* Heart Rate: measurements built and read again, hostile ones refused; the sensor and a collector
 * over the simulated radio. */
#include "test.h"

#include <string.h>

#include "support/duet.h"
#include "woad/service_heart_rate.h"

/* ---- measurements ---------------------------------------------------------------------------- */

static void expect_octets(const struct woad_heart_rate_value *m, const uint8_t *wanted, int len)
{
    uint8_t to[64];
    assert_int_equal(woad_heart_rate_build(m, to, sizeof(to)), len);
    assert_memory_equal(to, wanted, (size_t)len);
    assert_int_equal(woad_heart_rate_build(m, to, (size_t)len - 1), WOAD_ERR_TOO_LONG);
}
#define EXPECT_OCTETS(m, ...)                                                                      \
    expect_octets(m, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Flags: bit 0 16-bit rate, bits 1 and 2 contact, bit 3 energy, bit 4 times. */
static void test_build_has_the_fields_in_order(void **state)
{
    (void)state;
    struct woad_heart_rate_value m = {.bpm = 61};
    EXPECT_OCTETS(&m, 0x00, 61);
    m.contact = WOAD_HEART_RATE_NO_CONTACT;
    EXPECT_OCTETS(&m, 0x04, 61);
    m.contact = WOAD_HEART_RATE_CONTACT;
    m.bpm = 0x0123;
    EXPECT_OCTETS(&m, 0x07, 0x23, 0x01);
    m.has_energy = true;
    m.energy_kj = 0x0456;
    EXPECT_OCTETS(&m, 0x0F, 0x23, 0x01, 0x56, 0x04);
    m.rr_count = 2;
    m.rr_1024[0] = 1024;
    m.rr_1024[1] = 1007;
    EXPECT_OCTETS(&m, 0x1F, 0x23, 0x01, 0x56, 0x04, 0x00, 0x04, 0xEF, 0x03);
}

static void test_build_refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t to[64];
    struct woad_heart_rate_value m = {.rr_count = WOAD_HEART_RATE_RR_MAX + 1};
    assert_int_equal(woad_heart_rate_build(&m, to, sizeof(to)), WOAD_ERR_INVALID);
    m = (struct woad_heart_rate_value){.contact = 4};
    assert_int_equal(woad_heart_rate_build(&m, to, sizeof(to)), WOAD_ERR_INVALID);
}

/* What is built reads as it was, for random values of every shape. */
static void test_parse_gives_what_was_built(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        static const uint8_t contacts[] = {0, 2, 3};
        struct woad_heart_rate_value m = {.bpm = (uint16_t)(test_rand(&seed) % 400),
                                          .contact = contacts[test_rand(&seed) % 3],
                                          .has_energy = test_rand(&seed) & 1};
        struct woad_heart_rate_value back;
        uint8_t to[64];
        if (m.has_energy)
            m.energy_kj = (uint16_t)test_rand(&seed);
        m.rr_count = (uint8_t)(test_rand(&seed) % (WOAD_HEART_RATE_RR_MAX + 1));
        for (unsigned n = 0; n < m.rr_count; n++)
            m.rr_1024[n] = (uint16_t)test_rand(&seed);
        int len = woad_heart_rate_build(&m, to, sizeof(to));
        assert_true(len > 0);
        assert_int_equal(woad_heart_rate_parse(&back, to, (size_t)len), 0);
        assert_int_equal(back.bpm, m.bpm);
        assert_int_equal(back.contact, m.contact);
        assert_int_equal(back.has_energy, m.has_energy);
        assert_int_equal(back.energy_kj, m.energy_kj);
        assert_int_equal(back.rr_count, m.rr_count);
        assert_memory_equal(back.rr_1024, m.rr_1024, sizeof(m.rr_1024));
    }
}

#define PARSE(m, ...)                                                                              \
    woad_heart_rate_parse(m, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_parse_refuses_what_is_cut_or_too_long(void **state)
{
    (void)state;
    struct woad_heart_rate_value m;
    assert_int_equal(woad_heart_rate_parse(&m, NULL, 0), WOAD_ERR_FORMAT);
    assert_int_equal(PARSE(&m, 0x00), WOAD_ERR_FORMAT);
    assert_int_equal(PARSE(&m, 0x01, 61), WOAD_ERR_FORMAT);
    assert_int_equal(PARSE(&m, 0x08, 61, 1), WOAD_ERR_FORMAT);
    assert_int_equal(PARSE(&m, 0x10, 61, 0, 4, 0), WOAD_ERR_FORMAT); /* half a time */
    assert_int_equal(PARSE(&m, 0x00, 61, 0), WOAD_ERR_FORMAT);       /* octets of nobody */
}

/* Reserved bits are ignored, and so is what they may bring; contact 1 means what 0 means. */
static void test_parse_takes_what_the_future_may_bring(void **state)
{
    (void)state;
    struct woad_heart_rate_value m;
    assert_int_equal(PARSE(&m, 0x22, 61, 9, 9, 9), 0);
    assert_int_equal(m.bpm, 61);
    assert_int_equal(m.contact, WOAD_HEART_RATE_CONTACT_UNKNOWN);
    assert_int_equal(PARSE(&m, 0x10, 61), 0); /* says that times follow, has none */
    assert_int_equal(m.rr_count, 0);
}

static void test_parse_keeps_the_oldest_of_too_many_times(void **state)
{
    (void)state;
    struct woad_heart_rate_value m;
    uint8_t data[2 + 2 * 100] = {0x10, 61};
    for (uint8_t i = 0; i < 100; i++)
        data[2 + 2 * i] = i;
    assert_int_equal(woad_heart_rate_parse(&m, data, sizeof(data)), 0);
    assert_int_equal(m.rr_count, WOAD_HEART_RATE_RR_MAX);
    assert_int_equal(m.rr_1024[0], 0);
    assert_int_equal(m.rr_1024[WOAD_HEART_RATE_RR_MAX - 1], WOAD_HEART_RATE_RR_MAX - 1);
}

/* ---- over the radio -------------------------------------------------------------------------- */

static struct woad_heart_rate sensor;
static uint16_t energy_kj;
static unsigned resets, writable, ended;
static int listening;

static void on_sensor(void *arg, struct woad_host *h, const struct woad_heart_rate_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_HEART_RATE_LISTENING)
        listening += evt->on ? 1 : -1;
    resets += evt->type == WOAD_HEART_RATE_ENERGY_RESET;
    writable += evt->type == WOAD_HEART_RATE_WRITABLE;
    ended += evt->type == WOAD_HEART_RATE_ENDED;
}

static struct duet *start(const struct duet_cfg *cfg, bool energy)
{
    struct duet *d = duet_new(cfg);
    resets = writable = ended = 0;
    listening = 0;
    energy_kj = 700;
    sensor = (struct woad_heart_rate){.location = WOAD_HEART_RATE_WRIST,
                                      .energy_kj = energy ? &energy_kj : NULL,
                                      .event = on_sensor};
    assert_int_equal(woad_heart_rate_add(d->server.host, &sensor), 0);
    duet_connect(d);
    return d;
}

static uint16_t find(struct duet *d, const struct woad_uuid *chr)
{
    return duet_find(d, &woad_heart_rate_uuid, chr, 0);
}

static void test_a_collector_gets_measurements(void **state)
{
    (void)state;
    struct duet *d = start(NULL, true);
    struct woad_heart_rate_value m = {
        .bpm = 62, .has_energy = true, .energy_kj = 700, .rr_count = 1, .rr_1024 = {990}};
    assert_int_equal(woad_heart_rate_send(d->server.host, &sensor, &m), 0); /* to nobody */
    assert_int_equal(duet_subscribe(d, find(d, &woad_heart_rate_measurement_uuid)), 0);
    assert_int_equal(listening, 1);
    assert_int_equal(woad_heart_rate_send(d->server.host, &sensor, &m), 1);
    duet_run_ms(d, 100);
    assert_int_equal(d->note_count, 1);
    struct woad_heart_rate_value got;
    assert_int_equal(woad_heart_rate_parse(&got, d->notes[0].data, d->notes[0].len), 0);
    assert_int_equal(got.bpm, 62);
    assert_int_equal(got.energy_kj, 700);
    assert_int_equal(got.rr_1024[0], 990);
    assert_int_equal(duet_unsubscribe(d, d->subs[0].value_handle), 0);
    assert_int_equal(listening, 0);
    duet_disconnect(d);
    assert_int_equal(ended, 1);
    duet_free(d);
}

static void test_location_is_read_and_the_measurement_is_not(void **state)
{
    (void)state;
    struct duet *d = start(NULL, true);
    assert_int_equal(duet_read(d, find(d, &woad_heart_rate_location_uuid)), 0);
    assert_int_equal(d->len, 1);
    assert_int_equal(d->value[0], WOAD_HEART_RATE_WRIST);
    assert_int_equal(duet_read(d, find(d, &woad_heart_rate_measurement_uuid)),
                     WOAD_ATT_ERR_READ_NOT_PERMITTED);
    duet_free(d);
}

/* 1 resets the energy; anything else is answered with 0x80. */
static void test_control_point(void **state)
{
    (void)state;
    struct duet *d = start(NULL, true);
    uint16_t control = find(d, &woad_heart_rate_control_uuid);
    assert_int_equal(duet_write(d, control, "\2", 1), 0x80);
    assert_int_equal(duet_write(d, control, "", 0), 0x80);
    assert_int_equal(duet_write(d, control, "\1\1", 2), WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    assert_int_equal(energy_kj, 700);
    assert_int_equal(duet_write(d, control, "\1", 1), 0);
    assert_int_equal(energy_kj, 0);
    assert_int_equal(resets, 1);
    duet_free(d);
}

static void test_without_energy_there_is_no_control_point(void **state)
{
    (void)state;
    struct duet *d = start(NULL, false);
    struct woad_heart_rate_value m = {.bpm = 62, .has_energy = true};
    assert_int_equal(find(d, &woad_heart_rate_control_uuid), 0);
    assert_int_not_equal(find(d, &woad_heart_rate_location_uuid), 0);
    assert_int_equal(woad_heart_rate_send(d->server.host, &sensor, &m), WOAD_ERR_INVALID);
    duet_free(d);
}

static void test_seven_times_always_fit(void **state)
{
    (void)state;
    struct duet *d = start(&(struct duet_cfg){.att_mtu = 23}, true);
    struct woad_heart_rate_value m = {.bpm = 300, .has_energy = true, .rr_count = 7};
    assert_int_equal(duet_subscribe(d, find(d, &woad_heart_rate_measurement_uuid)), 0);
    assert_int_equal(woad_heart_rate_send(d->server.host, &sensor, &m), 1);
    m.rr_count = 8;
    assert_int_equal(woad_heart_rate_send(d->server.host, &sensor, &m), WOAD_ERR_TOO_LONG);
    duet_run_ms(d, 100);
    assert_int_equal(d->note_count, 1);
    assert_int_equal(d->notes[0].len, 19);
    duet_free(d);
}

/* Every refused measurement is followed by WRITABLE, and nothing that was accepted is lost. */
static void test_refused_measurements_are_told_when_to_go_on(void **state)
{
    (void)state;
    struct duet *d = start(NULL, true);
    struct woad_heart_rate_value m = {.bpm = 1};
    assert_int_equal(duet_subscribe(d, find(d, &woad_heart_rate_measurement_uuid)), 0);
    while (m.bpm <= 100) {
        int count = woad_heart_rate_send(d->server.host, &sensor, &m);
        if (count == 1) {
            m.bpm++;
            continue;
        }
        assert_int_equal(count, WOAD_ERR_AGAIN);
        unsigned before = writable;
        for (int i = 0; i < 100 && writable == before; i++)
            duet_run_ms(d, 5);
        assert_int_equal(writable, before + 1);
    }
    duet_run_ms(d, 500);
    assert_int_equal(d->note_count, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(d->notes[i].data[1], i + 1);
    duet_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_has_the_fields_in_order),
        cmocka_unit_test(test_build_refuses_what_cannot_be),
        cmocka_unit_test(test_parse_gives_what_was_built),
        cmocka_unit_test(test_parse_refuses_what_is_cut_or_too_long),
        cmocka_unit_test(test_parse_takes_what_the_future_may_bring),
        cmocka_unit_test(test_parse_keeps_the_oldest_of_too_many_times),
        cmocka_unit_test(test_a_collector_gets_measurements),
        cmocka_unit_test(test_location_is_read_and_the_measurement_is_not),
        cmocka_unit_test(test_control_point),
        cmocka_unit_test(test_without_energy_there_is_no_control_point),
        cmocka_unit_test(test_seven_times_always_fit),
        cmocka_unit_test(test_refused_measurements_are_told_when_to_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
