/* The codec table: two channels in one SDU are what two objects make of them. */
#include "../lc3/support.h"

static void stereo_is_two_channels(void **state)
{
    const struct woad_lc3_codec *codec = &woad_lc3_codec_woad;
    struct pair left = pair_open(24000, 7500), right = pair_open(24000, 7500);
    size_t size = codec->state_size(&left.cfg, 2);
    void *mem = test_alloc(size);
    int n = left.samples;
    double work[180 * 10];
    int16_t a[180 * 10], b[180 * 10], both[360], out[360], single[180];
    uint8_t sdu[120], frame[60];

    (void)state;
    corpus_s16(3, a, n * 10, 24000, work);
    corpus_s16(4, b, n * 10, 24000, work);
    assert_int_equal(codec->configure(mem, size, &left.cfg, 2), WOAD_LC3_OK);
    for (int f = 0; f < 10; f++) {
        for (int i = 0; i < n; i++) {
            both[2 * i] = a[f * n + i];
            both[2 * i + 1] = b[f * n + i];
        }
        assert_int_equal(codec->encode(mem, WOAD_LC3_S16, both, sdu, 120), WOAD_LC3_OK);
        woad_lc3_encode(left.enc, left.scratch, WOAD_LC3_S16, a + f * n, 1, frame, 60);
        assert_memory_equal(frame, sdu, 60);
        woad_lc3_encode(right.enc, right.scratch, WOAD_LC3_S16, b + f * n, 1, frame, 60);
        assert_memory_equal(frame, sdu + 60, 60);
        if (f == 6) {
            assert_int_equal(codec->conceal(mem, WOAD_LC3_S16, out), 2);
        } else {
            assert_int_equal(codec->decode(mem, sdu, 120, WOAD_LC3_S16, out), 0);
        }
        woad_lc3_decode(right.dec, right.scratch, f == 6 ? NULL : sdu + 60, 60, WOAD_LC3_S16,
                        single, 1);
        for (int i = 0; i < n; i++) {
            assert_int_equal(out[2 * i + 1], single[i]);
        }
    }
    free(mem);
    pair_close(&left);
    pair_close(&right);
}

static void checks_parameters(void **state)
{
    const struct woad_lc3_codec *codec = &woad_lc3_codec_woad;
    struct woad_lc3_config cfg = {16000, 10000, 0}, bad = {16000, 2500, 0};
    size_t size = codec->state_size(&cfg, 2);
    void *mem = test_alloc(size);
    uint8_t sdu[80] = {0};
    int16_t pcm[320] = {0};

    (void)state;
    assert_int_equal(codec->state_size(&bad, 1), 0);
    assert_int_equal(codec->state_size(&cfg, 0), 0);
    assert_int_equal(codec->state_size(&cfg, 9), 0);
    assert_int_equal(codec->configure(mem, size - 1, &cfg, 2), WOAD_LC3_ERR_PARAM);
    assert_int_equal(codec->configure(mem, size, &cfg, 2), WOAD_LC3_OK);
    assert_int_equal(codec->decode(mem, sdu, 79, WOAD_LC3_S16, pcm), WOAD_LC3_ERR_PARAM);
    assert_int_equal(codec->decode(mem, sdu, 38, WOAD_LC3_S16, pcm), WOAD_LC3_ERR_SIZE);
    assert_int_equal(codec->encode(mem, WOAD_LC3_S16, pcm, sdu, 38), WOAD_LC3_ERR_SIZE);
    assert_int_equal(codec->encode(mem, WOAD_LC3_S16, pcm, sdu, 80), WOAD_LC3_OK);
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stereo_is_two_channels),
        cmocka_unit_test(checks_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
