/* Damaged and random frames: accepted or rejected exactly as liblc3 does. */
#include "../lc3/support.h"

static void same_decision(struct pair *p, const uint8_t *frame, int octets)
{
    int16_t theirs[480], ours[480];
    int a = lc3_decode(p->their_dec, frame, octets, LC3_PCM_FORMAT_S16, theirs, 1);
    int b = woad_lc3_decode(p->dec, p->scratch, frame, (size_t)octets, WOAD_LC3_S16, ours, 1);

    assert_int_equal(a, b);
}

static void random_frames(void **state)
{
    uint32_t seed = 11;
    int accepted = 0;

    (void)state;
    for (int us = 7500; us <= 10000; us += 2500) {
        for (int r = 0; r < RATE_COUNT; r++) {
            struct pair p = pair_open(test_rates[r], us);
            for (int run = 0; run < 5000 * test_scale(); run++) {
                uint8_t frame[400];
                int octets = run % 3 ? 20 + (int)(test_random(&seed) % 60)
                                     : 20 + (int)(test_random(&seed) % 381);
                int16_t pcm[480];

                for (int i = 0; i < octets; i++) {
                    frame[i] = (uint8_t)test_random(&seed);
                }
                if (run % 2) {
                    /* Few lines, so that more frames get to the end. */
                    frame[octets - 1] = (uint8_t)(frame[octets - 1] & 7);
                }
                same_decision(&p, frame, octets);
                accepted += woad_lc3_decode(p.dec, p.scratch, frame, (size_t)octets, WOAD_LC3_S16,
                                            pcm, 1) == 0;
            }
            pair_close(&p);
        }
    }
    /* A test of rejects alone would prove little. */
    assert_true(accepted > 500);
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
