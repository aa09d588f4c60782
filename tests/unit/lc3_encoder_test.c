/* ctest: slow */
/*
 * The encoder against liblc3's: quality compared item by item, of liblc3's stream decoded by liblc3
 * and of this encoder's decoded by liblc3 and by this decoder.
 */
#include "../lc3/support.h"

#define FRAMES 200

struct quality {
    double snr;      /* mean over frames, dB */
    double distance; /* of log energies in sixteen bands, dB */
};

/* The sound that is coded, and what of it the measurement needs more than once. */
struct sound {
    int item, rate, us, frame; /* frame: samples of one */
    int16_t *pcm;
    double window[480], (*band)[16];
};

/* Powers of sixteen frequencies under a sine window, by Goertzel's recursion. */
static void measure_bands(const struct sound *sound, const int16_t *x, double band[16])
{
    double c[16], s1[16] = {0}, s2[16] = {0};

    for (int b = 0; b < 16; b++) {
        c[b] = 2 * cos(CORPUS_PI * (b + 0.5) / 16);
    }
    for (int i = 0; i < sound->frame; i++) {
        double in = sound->window[i] * x[i];

        for (int b = 0; b < 16; b++) {
            double s = in + c[b] * s1[b] - s2[b];
            s2[b] = s1[b];
            s1[b] = s;
        }
    }
    for (int b = 0; b < 16; b++) {
        band[b] = s1[b] * s1[b] + s2[b] * s2[b] - c[b] * s1[b] * s2[b] + 1e4 * sound->frame;
    }
}

/* Of what came out, which is `delay` samples late. */
static struct quality measure(const struct sound *sound, const int16_t *out, int delay)
{
    struct quality q = {0, 0};
    int count = 0, frame = sound->frame;

    for (int f = 0; f < FRAMES - 2; f++) {
        const int16_t *x = sound->pcm + f * frame, *y = out + delay + f * frame;
        double noise = 1, signal = 1, snr, band[16];

        for (int i = 0; i < frame; i++) {
            noise += (double)(x[i] - y[i]) * (x[i] - y[i]);
            signal += (double)x[i] * x[i];
        }
        if (signal < 100.0 * frame) {
            continue;
        }
        snr = 10 * log10(signal / noise);
        q.snr += snr > 60 ? 60 : snr < -10 ? -10 : snr;
        measure_bands(sound, y, band);
        for (int b = 0; b < 16; b++) {
            q.distance += fabs(10 * log10(sound->band[f][b] / band[b])) / 16;
        }
        count++;
    }
    if (count) {
        q.snr /= count;
        q.distance /= count;
    }
    return q;
}

static void expect_as_good(const struct sound *sound, int octets, const char *decoder,
                           struct quality ours, struct quality theirs)
{
    if (ours.snr < theirs.snr - 0.2 || ours.distance > theirs.distance + 0.2) {
        print_message("%d Hz %d us %d octets %s decoded by %s: SNR %.2f against %.2f, distance "
                      "%.2f against %.2f\n",
                      sound->rate, sound->us, octets, corpus[sound->item].name, decoder, ours.snr,
                      theirs.snr, ours.distance, theirs.distance);
    }
    assert_true(ours.snr >= theirs.snr - 0.2);
    assert_true(ours.distance <= theirs.distance + 0.2);
}

static void run_item(const struct sound *sound, int octets)
{
    struct pair p = pair_open(sound->rate, sound->us), second = pair_open(sound->rate, sound->us);
    int n = FRAMES * p.samples, delay = lc3_delay_samples(sound->us, sound->rate);
    int16_t *theirs = test_alloc((size_t)n * 3 * sizeof *theirs), *ours = theirs + n;
    int16_t *own = ours + n; /* decoded here */
    uint8_t frame[400];
    struct quality q;

    for (int f = 0; f < FRAMES; f++) {
        int at = f * p.samples;

        lc3_encode(p.their_enc, LC3_PCM_FORMAT_S16, sound->pcm + at, 1, octets, frame);
        lc3_decode(p.their_dec, frame, octets, LC3_PCM_FORMAT_S16, theirs + at, 1);
        assert_int_equal(woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, sound->pcm + at, 1, frame,
                                         (size_t)octets),
                         0);
        assert_int_equal(
            lc3_decode(second.their_dec, frame, octets, LC3_PCM_FORMAT_S16, ours + at, 1), 0);
        assert_int_equal(
            woad_lc3_decode(p.dec, p.scratch, frame, (size_t)octets, WOAD_LC3_S16, own + at, 1), 0);
    }
    q = measure(sound, theirs, delay);
    expect_as_good(sound, octets, "liblc3", measure(sound, ours, delay), q);
    expect_as_good(sound, octets, "woad", measure(sound, own, delay), q);
    free(theirs);
    pair_close(&p);
    pair_close(&second);
}

static void run_rate(int rate, int preset, int us)
{
    const int ladder[] = {20, preset < 20 ? 20 : preset, preset * 2, 400};
    struct sound sound = {.rate = rate, .us = us, .frame = lc3_frame_samples(us, rate)};
    int n = FRAMES * sound.frame;
    double *work = test_alloc((size_t)n * sizeof *work);

    sound.pcm = test_alloc((size_t)n * sizeof *sound.pcm);
    sound.band = test_alloc(FRAMES * sizeof *sound.band);
    for (int i = 0; i < sound.frame; i++) {
        sound.window[i] = sin(CORPUS_PI * (i + 0.5) / sound.frame);
    }
    for (sound.item = 0; sound.item < CORPUS_COUNT; sound.item++) {
        corpus_s16(sound.item, sound.pcm, n, rate, work);
        for (int f = 0; f < FRAMES; f++) {
            measure_bands(&sound, sound.pcm + f * sound.frame, sound.band[f]);
        }
        for (int l = 0; l < 4; l++) {
            run_item(&sound, ladder[l]);
        }
    }
    free(work);
    free(sound.pcm);
    free(sound.band);
}

static void run_matrix(int us)
{
    for (int r = 0; r < RATE_COUNT; r++) {
        run_rate(test_rates[r], test_presets[r] * us / 10000, us);
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
