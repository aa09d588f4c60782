/*
 * gen_input [all]
 *
 * Writes input.h for target.c: mixed speech and music, half and half, RMS near -15 dBFS, encoded by
 * liblc3, so that both decoders read the same frames. all: samples to encode for every case, which
 * a small core has no room for.
 */
#include <lc3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tests/lc3/corpus.h"

#define FRAMES 200

struct config {
    int rate, us, octets;
    int with_pcm;
};

static void put_values(const char *type, const char *name, int index, const void *data, int n,
                       int wide)
{
    printf("static const %s %s_%d[] = {", type, name, index);
    for (int i = 0; i < n; i++) {
        printf("%s%d,", i % 24 ? "" : "\n",
               wide ? ((const int16_t *)data)[i] : ((const uint8_t *)data)[i]);
    }
    printf("\n};\n");
}

static void make_case(const struct config *c, int index, int with_pcm)
{
    int samples = lc3_frame_samples(c->us, c->rate), n = FRAMES * samples;
    double *work = calloc((size_t)n, 2 * sizeof *work), *music = work + n, energy = 0;
    int16_t *pcm = calloc((size_t)n, sizeof *pcm);
    uint8_t *frames = calloc(FRAMES, (size_t)c->octets);
    void *mem = malloc(lc3_encoder_size(c->us, c->rate));
    lc3_encoder_t enc = lc3_setup_encoder(c->us, c->rate, 0, mem);

    corpus_speech(work, n, c->rate);
    corpus_music(music, n, c->rate);
    for (int i = 0; i < n; i++) {
        work[i] = 0.5 * work[i] + music[i];
        energy += work[i] * work[i];
    }
    for (int i = 0; i < n; i++) {
        double v = work[i] * pow(10, -15.2 / 20) / sqrt(energy / n) * 32768;
        pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : floor(v + 0.5));
    }
    for (int f = 0; f < FRAMES; f++) {
        lc3_encode(enc, LC3_PCM_FORMAT_S16, pcm + f * samples, 1, c->octets,
                   frames + f * c->octets);
    }
    put_values("uint8_t", "frames", index, frames, FRAMES * c->octets, 0);
    if (with_pcm) {
        put_values("int16_t", "pcm", index, pcm, n, 1);
    }
    free(work);
    free(pcm);
    free(frames);
    free(mem);
}

int main(int argc, char **argv)
{
    static const struct config configs[] = {
        {48000, 10000, 120, 1}, {48000, 10000, 100, 0}, {24000, 10000, 60, 1},
        {16000, 10000, 40, 1},  {48000, 7500, 90, 0},   {32000, 10000, 80, 0},
        {24000, 7500, 45, 0},   {16000, 7500, 30, 0},   {8000, 10000, 30, 0},
        {32000, 7500, 60, 0},   {8000, 7500, 26, 0},
    };
    int count = (int)(sizeof configs / sizeof configs[0]),
        all = argc > 1 && !strcmp(argv[1], "all");

    printf("struct bench_case {\n    unsigned rate_hz, frame_us, octets, samples, frames;\n"
           "    const uint8_t *data;\n    const int16_t *pcm;\n};\n");
    for (int i = 0; i < count; i++) {
        make_case(&configs[i], i, all || configs[i].with_pcm);
    }
    printf("static const struct bench_case bench_cases[] = {\n");
    for (int i = 0; i < count; i++) {
        printf("    {%d, %d, %d, %d, %d, frames_%d, ", configs[i].rate, configs[i].us,
               configs[i].octets, lc3_frame_samples(configs[i].us, configs[i].rate), FRAMES, i);
        if (all || configs[i].with_pcm) {
            printf("pcm_%d},\n", i);
        } else {
            printf("NULL},\n");
        }
    }
    printf("};\n");
    return 0;
}
