/*
 * Bare-metal benchmark: decodes and encodes the frames of input.h and reports instructions per
 * frame over semihosting, one line per case:
 *
 *     <op> <rate_hz> <frame_us> <bitrate> <average> <maximum> <checksum> <stack>
 *
 * Under QEMU with -icount shift=0 one instruction is one nanosecond, so the machine's timer counts
 * instructions; on this machine callgrind does, and average and maximum are 0. LIBLC3 selects
 * liblc3 in place of woad, for the same frames.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "input.h"
#include "port.h"

#ifdef LIBLC3
#include <lc3.h>
#else
#include "woad/lc3.h"
#endif

#define STATE_SIZE 12288
#ifndef ENCODE
#define ENCODE 1
#endif

static _Alignas(8) uint8_t state[STATE_SIZE], scratch[STATE_SIZE];
static uint32_t overhead;

struct totals {
    uint64_t sum;
    uint32_t max, check, frames;
};

static void put_string(const char *s)
{
    semihost(4, (uintptr_t)s);
}

static void put_number(uint32_t v)
{
    char text[12], *p = text + sizeof text - 1;

    *p = 0;
    *--p = ' ';
    do {
        *--p = (char)('0' + v % 10);
    } while ((v /= 10) != 0);
    put_string(p);
}

static void count(struct totals *t, uint32_t start, uint32_t end)
{
    uint32_t n = ticks_between(start, end) - overhead;

    t->sum += n;
    t->max = n > t->max ? n : t->max;
    t->frames++;
}

static void check(struct totals *t, const void *data, size_t n)
{
    const uint8_t *p = data;

    while (n--) {
        t->check = (t->check ^ *p++) * 16777619u;
    }
}

static void *open_decoder(const struct bench_case *c)
{
#ifdef LIBLC3
    return lc3_setup_decoder((int)c->frame_us, (int)c->rate_hz, 0, state);
#else
    struct woad_lc3_config cfg = {c->rate_hz, c->frame_us, 0};
    return woad_lc3_decoder_init(state, sizeof state, &cfg);
#endif
}

static void *open_encoder(const struct bench_case *c)
{
#ifdef LIBLC3
    return lc3_setup_encoder((int)c->frame_us, (int)c->rate_hz, 0, state);
#else
    struct woad_lc3_config cfg = {c->rate_hz, c->frame_us, 0};
    return woad_lc3_encoder_init(state, sizeof state, &cfg);
#endif
}

static void decode_all(const struct bench_case *c, struct totals *t)
{
    static int16_t pcm[480];
    void *dec = open_decoder(c);
    unsigned f;

    for (f = 0; f < c->frames; f++) {
        uint32_t start = ticks();
#ifdef LIBLC3
        lc3_decode(dec, c->data + f * c->octets, (int)c->octets, LC3_PCM_FORMAT_S16, pcm, 1);
#else
        woad_lc3_decode(dec, scratch, c->data + f * c->octets, c->octets, WOAD_LC3_S16, pcm, 1);
#endif
        count(t, start, ticks());
        check(t, pcm, c->samples * sizeof pcm[0]);
    }
}

static void encode_all(const struct bench_case *c, struct totals *t)
{
    static uint8_t frame[400];
    void *enc = open_encoder(c);
    unsigned f;

    for (f = 0; f < c->frames; f++) {
        uint32_t start = ticks();
#ifdef LIBLC3
        lc3_encode(enc, LC3_PCM_FORMAT_S16, c->pcm + f * c->samples, 1, (int)c->octets, frame);
#else
        woad_lc3_encode(enc, scratch, WOAD_LC3_S16, c->pcm + f * c->samples, 1, frame, c->octets);
#endif
        count(t, start, ticks());
        check(t, frame, c->octets);
    }
}

static void run(const struct bench_case *c, const char *op,
                void (*all)(const struct bench_case *, struct totals *))
{
    struct totals t = {0};
    uint32_t stack;

    stack_paint();
    all(c, &t);
    stack = stack_used();
    put_string(op);
    put_string(" ");
    put_number(c->rate_hz);
    put_number(c->frame_us);
    put_number((c->octets * 8 * 1000000 + c->frame_us - 1) / c->frame_us);
    put_number((uint32_t)(t.sum / t.frames));
    put_number(t.max);
    put_number(t.check);
    put_number(stack);
    put_string("\n");
}

#ifndef LIBLC3
/* Lines "memory rate_hz frame_us decoder scratch encoder scratch", in octets of this core. */
static void report_memory(void)
{
    static const uint32_t rates[] = {8000, 16000, 24000, 32000, 48000};
    unsigned i, us;

    for (i = 0; i < 5; i++) {
        for (us = 7500; us <= 10000; us += 2500) {
            struct woad_lc3_config cfg = {rates[i], us, 0};

            if (!woad_lc3_supported(&cfg)) {
                continue;
            }
            put_string("memory ");
            put_number(cfg.rate_hz);
            put_number(us);
            put_number((uint32_t)woad_lc3_decoder_size(&cfg));
            put_number((uint32_t)woad_lc3_decoder_scratch(&cfg));
#if WOAD_LC3_ENCODER
            put_number((uint32_t)woad_lc3_encoder_size(&cfg));
            put_number((uint32_t)woad_lc3_encoder_scratch(&cfg));
#endif
            put_string("\n");
        }
    }
}
#endif

int main(void)
{
    unsigned i;
    uint32_t start;

#ifdef MEMORY_ONLY
    report_memory();
    semihost(0x18, 0x20026);
#endif

    ticks_start();
    start = ticks();
    overhead = ticks_between(start, ticks());
    for (i = 0; i < sizeof bench_cases / sizeof bench_cases[0]; i++) {
        run(&bench_cases[i], "decode", decode_all);
        if (bench_cases[i].pcm && ENCODE) {
            run(&bench_cases[i], "encode", encode_all);
        }
    }
    semihost(0x18, 0x20026);
    return 0;
}
