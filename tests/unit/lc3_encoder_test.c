/* ctest: slow */
/* The encoder against liblc3's: both streams decoded by liblc3, quality compared item by item. */
#include "../lc3/support.h"

#define FRAMES 200

struct quality {
    double snr;      /* mean over frames, dB */
    double distance; /* of log energies in sixteen bands, dB */
};

/* Power of one of sixteen frequencies under a sine window, by Goertzel's recursion. */
static double band_energy(const int16_t *x, const double *window, int n, int band)
{
    double c = 2 * cos(CORPUS_PI * (band + 0.5) / 16), s1 = 0, s2 = 0;

    for (int i = 0; i < n; i++) {
        double s = window[i] * x[i] + c * s1 - s2;
        s2 = s1;
        s1 = s;
    }
    return s1 * s1 + s2 * s2 - c * s1 * s2;
}

static struct quality measure(const int16_t *in, const int16_t *out, int n, int frame)
{
    struct quality q = {0, 0};
    double window[480];
    int count = 0;

    for (int i = 0; i < frame; i++) {
        window[i] = sin(CORPUS_PI * (i + 0.5) / frame);
    }
    for (int f = 0; f + frame <= n; f += frame) {
        double noise = 1, signal = 1, snr;
        for (int i = f; i < f + frame; i++) {
            noise += (double)(in[i] - out[i]) * (in[i] - out[i]);
            signal += (double)in[i] * in[i];
        }
        if (signal < 100.0 * frame) {
            continue;
        }
        snr = 10 * log10(signal / noise);
        q.snr += snr > 60 ? 60 : snr < -10 ? -10 : snr;
        for (int b = 0; b < 16; b++) {
            double a = band_energy(in + f, window, frame, b);
            double c = band_energy(out + f, window, frame, b);
            q.distance += fabs(10 * log10((a + 1e4 * frame) / (c + 1e4 * frame))) / 16;
        }
        count++;
    }
    if (count) {
        q.snr /= count;
        q.distance /= count;
    }
    return q;
}

static void run_item(int rate, int us, int octets, int item)
{
    struct pair p = pair_open(rate, us), second = pair_open(rate, us);
    int n = FRAMES * p.samples, delay = lc3_delay_samples(us, rate), whole = n - 2 * p.samples;
    double *work = test_alloc((size_t)n * sizeof *work);
    int16_t *pcm = test_alloc((size_t)n * 3 * sizeof *pcm), *theirs = pcm + n, *ours = pcm + 2 * n;
    uint8_t frame[400];
    struct quality a, b;

    corpus_s16(item, pcm, n, rate, work);
    for (int f = 0; f < FRAMES; f++) {
        int at = f * p.samples;

        lc3_encode(p.their_enc, LC3_PCM_FORMAT_S16, pcm + at, 1, octets, frame);
        lc3_decode(p.their_dec, frame, octets, LC3_PCM_FORMAT_S16, theirs + at, 1);
        assert_int_equal(
            woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, pcm + at, 1, frame, (size_t)octets), 0);
        assert_int_equal(
            lc3_decode(second.their_dec, frame, octets, LC3_PCM_FORMAT_S16, ours + at, 1), 0);
    }
    a = measure(pcm, theirs + delay, whole, p.samples);
    b = measure(pcm, ours + delay, whole, p.samples);
    if (b.snr < a.snr - 0.2 || b.distance > a.distance + 0.2) {
        print_message(
            "%d Hz %d us %d octets %s: SNR %.2f against %.2f, distance %.2f against %.2f\n", rate,
            us, octets, corpus[item].name, b.snr, a.snr, b.distance, a.distance);
    }
    assert_true(b.snr >= a.snr - 0.2);
    assert_true(b.distance <= a.distance + 0.2);
    free(work);
    free(pcm);
    pair_close(&p);
    pair_close(&second);
}

static void run_matrix(int us)
{
    for (int r = 0; r < RATE_COUNT; r++) {
        int preset = test_presets[r] * us / 10000;
        const int ladder[] = {20, preset, preset * 2, 400};

        for (int l = 0; l < 4; l++) {
            for (int item = 0; item < CORPUS_COUNT; item++) {
                run_item(test_rates[r], us, ladder[l] < 20 ? 20 : ladder[l], item);
            }
        }
    }
}

static void matches_liblc3_at_10_ms(void **state)
{
    (void)state;
    run_matrix(10000);
}

static void matches_liblc3_at_7_5_ms(void **state)
{
    (void)state;
    run_matrix(7500);
}

/* The sample formats carry the same sound into the same frames. */
static void formats_agree(void **state)
{
    struct pair p[4];
    double work[480 * 10];
    int16_t s16[480 * 10];
    int32_t s24[480], s32[480];
    uint8_t packed[480 * 3], frame[4][100];

    (void)state;
    corpus_s16(4, s16, 4800, 48000, work);
    for (int i = 0; i < 4; i++) {
        p[i] = pair_open(48000, 10000);
    }
    for (int f = 0; f < 10; f++) {
        for (int i = 0; i < 480; i++) {
            s24[i] = s16[f * 480 + i] * 256;
            s32[i] = s24[i] * 256;
            packed[3 * i] = 0;
            packed[3 * i + 1] = (uint8_t)(s24[i] >> 8);
            packed[3 * i + 2] = (uint8_t)(s24[i] >> 16);
        }
        woad_lc3_encode(p[0].enc, p[0].scratch, WOAD_LC3_S16, s16 + f * 480, 1, frame[0], 100);
        woad_lc3_encode(p[1].enc, p[1].scratch, WOAD_LC3_S24, s24, 1, frame[1], 100);
        woad_lc3_encode(p[2].enc, p[2].scratch, WOAD_LC3_S24_3LE, packed, 1, frame[2], 100);
        woad_lc3_encode(p[3].enc, p[3].scratch, WOAD_LC3_S32, s32, 1, frame[3], 100);
        for (int i = 1; i < 4; i++) {
            assert_memory_equal(frame[0], frame[i], 100);
        }
    }
    for (int i = 0; i < 4; i++) {
        pair_close(&p[i]);
    }
}

/* Samples that no sound has: every frame must still be one that a decoder accepts. */
static void survives_noise(void **state)
{
    uint32_t seed = 5;

    (void)state;
    for (int us = 7500; us <= 10000; us += 2500) {
        for (int r = 0; r < RATE_COUNT; r++) {
            struct pair p = pair_open(test_rates[r], us);
            for (int f = 0; f < 200 * test_scale(); f++) {
                int octets = 20 + (int)(test_random(&seed) % 381), kind = f / 10 % 4;
                int32_t pcm[480];
                int16_t out[480];
                uint8_t frame[400];

                for (int i = 0; i < 480; i++) {
                    uint32_t v = test_random(&seed);
                    pcm[i] = kind == 0   ? (int32_t)v
                             : kind == 1 ? (v & 1 ? INT32_MAX : INT32_MIN)
                             : kind == 2 ? (i & 1 ? INT32_MAX : INT32_MIN)
                                         : (int32_t)v >> (f % 32);
                }
                assert_int_equal(
                    woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S32, pcm, 1, frame, (size_t)octets),
                    0);
                assert_int_equal(lc3_decode(p.their_dec, frame, octets, LC3_PCM_FORMAT_S16, out, 1),
                                 0);
            }
            pair_close(&p);
        }
    }
}

static void checks_parameters(void **state)
{
    struct pair p = pair_open(48000, 10000);
    uint8_t frame[401];
    int16_t pcm[480] = {0};

    (void)state;
    assert_int_equal(woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, pcm, 1, frame, 19),
                     WOAD_LC3_ERR_SIZE);
    assert_int_equal(woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, pcm, 1, frame, 401),
                     WOAD_LC3_ERR_SIZE);
    assert_int_equal(woad_lc3_encode(p.enc, p.scratch, (enum woad_lc3_format)4, pcm, 1, frame, 40),
                     WOAD_LC3_ERR_PARAM);
    assert_int_equal(woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, NULL, 1, frame, 40),
                     WOAD_LC3_ERR_PARAM);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_liblc3_at_10_ms), cmocka_unit_test(matches_liblc3_at_7_5_ms),
        cmocka_unit_test(formats_agree),           cmocka_unit_test(survives_noise),
        cmocka_unit_test(checks_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
