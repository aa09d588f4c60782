/* What the LC3 tests share: one stream with both codecs, and differences between signals. */
#ifndef WOAD_TESTS_LC3_SUPPORT_H
#define WOAD_TESTS_LC3_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lc3.h>
#include <stdio.h>
#include <stdlib.h>

#include "corpus.h"
#include "woad/lc3.h"

#define RATE_COUNT 5
static const int test_rates[RATE_COUNT] = {8000, 16000, 24000, 32000, 48000};
static const int test_presets[RATE_COUNT] = {30, 40, 60, 80, 100}; /* octets of 10 ms */

struct pair {
    struct woad_lc3_config cfg;
    int samples;
    lc3_encoder_t their_enc;
    lc3_decoder_t their_dec;
    struct woad_lc3_encoder *enc;
    struct woad_lc3_decoder *dec;
    void *scratch;
    void *memory[4];
};

static inline void *test_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);

    assert_non_null(p);
    return p;
}

static inline struct pair pair_open(int rate, int us)
{
    struct pair p = {.cfg = {.rate_hz = (uint32_t)rate, .frame_us = (uint32_t)us}};
    size_t enc = woad_lc3_encoder_size(&p.cfg), dec = woad_lc3_decoder_size(&p.cfg);
    size_t a = woad_lc3_encoder_scratch(&p.cfg), b = woad_lc3_decoder_scratch(&p.cfg);

    p.samples = lc3_frame_samples(us, rate);
    p.memory[0] = test_alloc(lc3_encoder_size(us, rate));
    p.memory[1] = test_alloc(lc3_decoder_size(us, rate));
    p.memory[2] = test_alloc(enc);
    p.memory[3] = test_alloc(dec);
    p.their_enc = lc3_setup_encoder(us, rate, 0, p.memory[0]);
    p.their_dec = lc3_setup_decoder(us, rate, 0, p.memory[1]);
    p.enc = woad_lc3_encoder_init(p.memory[2], enc, &p.cfg);
    p.dec = woad_lc3_decoder_init(p.memory[3], dec, &p.cfg);
    p.scratch = test_alloc(a > b ? a : b);
    assert_non_null(p.enc);
    assert_non_null(p.dec);
    return p;
}

static inline void pair_close(struct pair *p)
{
    for (int i = 0; i < 4; i++) {
        free(p->memory[i]);
    }
    free(p->scratch);
}

/* A build that computes several times slower, where the largest tests do a part. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_IS_SLOW_BUILD 1
#endif
#endif
#if !defined(TEST_IS_SLOW_BUILD) &&                                                                \
    (defined(__SANITIZE_ADDRESS__) || defined(WOAD_EMULATED) || !defined(__OPTIMIZE__))
#define TEST_IS_SLOW_BUILD 1
#elif !defined(TEST_IS_SLOW_BUILD)
#define TEST_IS_SLOW_BUILD 0
#endif

/* A longer run on request: WOAD_TEST_SCALE=10 makes random tests ten times as long. */
static inline int test_scale(void)
{
    const char *s = getenv("WOAD_TEST_SCALE");

    return s && atoi(s) > 0 ? atoi(s) : 1;
}

static inline uint32_t test_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#endif
