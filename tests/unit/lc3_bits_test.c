/* Both ends of a frame, written and read back. */
#include "../lc3/support.h"

#include "lc3/bits.h"
#include "lc3/tables.h"

struct step {
    uint8_t bits; /* 0: a symbol */
    uint8_t model;
    uint16_t value;
};

/* Random plain bits and symbols until the frame is nearly full. */
static void round_trip(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int run = 0; run < 2000 * test_scale(); run++) {
        struct step steps[4000];
        uint8_t frame[400];
        size_t len = 20 + test_random(&seed) % 381;
        struct woad_lc3_writer w;
        struct woad_lc3_reader r;
        int n = 0;

        woad_lc3_writer_init(&w, frame, len);
        while (woad_lc3_writer_left(&w) > 40 && n < 4000) {
            struct step *s = &steps[n++];
            s->bits = test_random(&seed) % 3 ? 0 : (uint8_t)(1 + test_random(&seed) % 25);
            if (s->bits) {
                s->value = (uint16_t)(test_random(&seed) & ((1u << min_int(s->bits, 16)) - 1));
                woad_lc3_write(&w, s->value, s->bits);
            } else {
                s->model = test_random(&seed) % 64;
                s->value = (uint16_t)(test_random(&seed) % 17);
                woad_lc3_write_symbol(&w, woad_lc3_spectrum_cum[s->model], s->value);
            }
        }
        woad_lc3_writer_finish(&w);
        woad_lc3_reader_init(&r, frame, len);
        for (int i = 0; i < n; i++) {
            uint32_t v = steps[i].bits
                             ? woad_lc3_read(&r, steps[i].bits)
                             : woad_lc3_read_symbol(&r, woad_lc3_spectrum_cum[steps[i].model]);
            assert_int_equal(v, steps[i].value);
        }
        assert_false(r.bad);
        assert_true(woad_lc3_reader_left(&r) >= 0);
    }
}

/* What is left decides between frames that fit and frames that cross; both sides must agree. */
static void left_agrees(void **state)
{
    uint32_t seed = 9;

    (void)state;
    for (int run = 0; run < 2000; run++) {
        uint8_t frame[20];
        struct woad_lc3_writer w;
        struct woad_lc3_reader r;
        uint32_t values[20];
        int n = 1 + (int)(test_random(&seed) % 14), left;

        woad_lc3_writer_init(&w, frame, sizeof frame);
        for (int i = 0; i < n; i++) {
            values[i] = test_random(&seed) & 0xff;
            woad_lc3_write(&w, values[i], 8);
            woad_lc3_write_symbol(&w, woad_lc3_spectrum_cum[3], values[i] % 17);
        }
        left = woad_lc3_writer_left(&w);
        woad_lc3_writer_finish(&w);
        woad_lc3_reader_init(&r, frame, sizeof frame);
        for (int i = 0; i < n; i++) {
            uint32_t v = woad_lc3_read(&r, 8), s;
            s = woad_lc3_read_symbol(&r, woad_lc3_spectrum_cum[3]);
            if (left >= 0) {
                assert_int_equal(v, values[i]);
                assert_int_equal(s, values[i] % 17);
            }
        }
        if (left >= 0) {
            assert_int_equal(left, woad_lc3_reader_left(&r));
        } else {
            assert_true(woad_lc3_reader_left(&r) < 0);
        }
    }
}

/* An overfull writer stays inside its frame. */
static void writer_stays_inside(void **state)
{
    uint8_t memory[64];
    struct woad_lc3_writer w;

    (void)state;
    memset(memory, 0x55, sizeof memory);
    woad_lc3_writer_init(&w, memory + 20, 24);
    for (int i = 0; i < 300; i++) {
        woad_lc3_write(&w, 0xffff, 16);
        woad_lc3_write_symbol(&w, woad_lc3_spectrum_cum[i % 64], (unsigned)i % 17);
    }
    woad_lc3_writer_finish(&w);
    for (int i = 0; i < 64; i++) {
        assert_true((i >= 20 && i < 44) || memory[i] == 0x55);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(left_agrees),
        cmocka_unit_test(writer_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
