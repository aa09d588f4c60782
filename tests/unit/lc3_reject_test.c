/* Damaged and random frames: accepted or rejected exactly as liblc3 does. */
#include "../lc3/support.h"

/* Both accept the frame or both do not; returns whether they did. */
static bool same_decision(struct pair *p, const uint8_t *frame, int octets)
{
    int16_t theirs[480], ours[480];
    int a = lc3_decode(p->their_dec, frame, octets, LC3_PCM_FORMAT_S16, theirs, 1);
    int b = woad_lc3_decode(p->dec, p->scratch, frame, (size_t)octets, WOAD_LC3_S16, ours, 1);

    assert_int_equal(a, b);
    return b == WOAD_LC3_OK;
}

static int random_run(struct pair *p, int count, uint32_t *seed)
{
    int accepted = 0;

    for (int run = 0; run < count; run++) {
        uint8_t frame[400];
        int octets = 20 + (int)(test_random(seed) % (run % 3 ? 60 : 381));

        for (int i = 0; i < octets; i++) {
            frame[i] = (uint8_t)test_random(seed);
        }
        if (run % 2) {
            /* Few lines, so that more frames get to the end. */
            frame[octets - 1] = (uint8_t)(frame[octets - 1] & 7);
        }
        accepted += same_decision(p, frame, octets);
    }
    return accepted;
}

/* A million, more of them where they cost less. */
static void random_frames(void **state)
{
    static const int counts[RATE_COUNT] = {200000, 100000, 100000, 50000, 50000};
    uint32_t seed = 11;

    (void)state;
    for (int us = 7500; us <= 10000; us += 2500) {
        for (int r = 0; r < RATE_COUNT; r++) {
            struct pair p = pair_open(test_rates[r], us);
            int count = counts[r] / (TEST_IS_SLOW_BUILD ? 50 : 1) * test_scale();
            int accepted = random_run(&p, count, &seed);

            /* A test of rejects or of accepts alone would prove little. */
            assert_in_range(accepted, count / 100, count - count / 100);
            pair_close(&p);
        }
    }
}

static void damaged_frames(void **state)
{
    uint32_t seed = 12;

    (void)state;
    for (int us = 7500; us <= 10000; us += 2500) {
        for (int r = 0; r < RATE_COUNT; r++) {
            struct pair p = pair_open(test_rates[r], us);
            int n = 50 * p.samples;
            double *work = test_alloc((size_t)n * sizeof *work);
            int16_t *pcm = test_alloc((size_t)n * sizeof *pcm);

            corpus_s16(8, pcm, n, test_rates[r], work);
            for (int run = 0; run < 1000 * test_scale(); run++) {
                uint8_t frame[400];
                int octets = 20 + (int)(test_random(&seed) % 120);

                lc3_encode(p.their_enc, LC3_PCM_FORMAT_S16, pcm + run % 50 * p.samples, 1, octets,
                           frame);
                for (int k = (int)(test_random(&seed) % 4); k > 0; k--) {
                    frame[test_random(&seed) % (unsigned)octets] ^=
                        (uint8_t)(1u << (test_random(&seed) & 7));
                }
                same_decision(&p, frame, octets);
            }
            free(work);
            free(pcm);
            pair_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_frames),
        cmocka_unit_test(damaged_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
