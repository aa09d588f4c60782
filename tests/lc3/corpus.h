/*
 * Synthetic sounds for the tests and benchmarks of LC3: each item is a function of time that
 * repeats exactly, from a seed of its own.
 */
#ifndef WOAD_TESTS_LC3_CORPUS_H
#define WOAD_TESTS_LC3_CORPUS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define CORPUS_PI 3.14159265358979323846

struct corpus_item {
    const char *name;
    void (*fill)(double *x, int n, int rate);
};

static inline double corpus_noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(int32_t)*seed / 2147483648.0;
}

static inline void corpus_sweep(double *x, int n, int rate)
{
    double phase = 0;

    for (int i = 0; i < n; i++) {
        double f = 50.0 * pow(0.45 * rate / 50.0, (double)i / n);
        phase += 2 * CORPUS_PI * f / rate;
        x[i] = 0.5 * sin(phase);
    }
}

static inline void corpus_noise_bursts(double *x, int n, int rate)
{
    uint32_t seed = 1;

    for (int i = 0; i < n; i++) {
        double level = (i / (rate / 8)) % 3 == 0 ? 0.4 : (i / (rate / 8)) % 3 == 1 ? 0.02 : 0.1;
        x[i] = level * corpus_noise(&seed);
    }
}

/* Decaying rings in fast succession, 60 to 170 ms apart. */
static inline void corpus_castanets(double *x, int n, int rate)
{
    uint32_t seed = 2;
    int next = rate / 50, start = 0;
    double f1 = 2500, f2 = 3300;

    for (int i = 0; i < n; i++) {
        if (i == next) {
            start = i;
            next = i + (int)(rate * (0.115 + 0.055 * corpus_noise(&seed)));
            f1 = 0.13 * rate * (1 + 0.2 * corpus_noise(&seed));
            f2 = 0.21 * rate * (1 + 0.2 * corpus_noise(&seed));
        }
        double t = (double)(i - start) / rate, e = exp(-t * 160);
        x[i] = start ? e * (0.5 * sin(2 * CORPUS_PI * f1 * t) + 0.3 * sin(2 * CORPUS_PI * f2 * t) +
                            0.2 * corpus_noise(&seed))
                     : 0;
    }
}

/* Pulses of a moving pitch through three moving resonances, with breath and pauses. */
static inline void corpus_speech(double *x, int n, int rate)
{
    uint32_t seed = 3;
    double phase = 0, y1[3] = {0}, y2[3] = {0};

    for (int i = 0; i < n; i++) {
        double t = (double)i / rate, word = sin(2 * CORPUS_PI * 0.9 * t);
        double pitch = 130 + 35 * sin(2 * CORPUS_PI * 0.6 * t) + 10 * sin(2 * CORPUS_PI * 3.1 * t);
        double formant[3] = {500 + 200 * sin(2 * CORPUS_PI * 1.7 * t),
                             1500 + 500 * sin(2 * CORPUS_PI * 1.1 * t + 1), 2600};
        double voice = word > -0.2 ? 1 : 0, breath = word < -0.6 ? 0.15 : 0.004, in, out = 0;

        phase += pitch / rate;
        in = breath * corpus_noise(&seed);
        if (phase >= 1) {
            phase -= 1;
            in += voice;
        }
        for (int k = 0; k < 3; k++) {
            double r = exp(-CORPUS_PI * (80 + 40 * k) / rate);
            double y = in + 2 * r * cos(2 * CORPUS_PI * formant[k] / rate) * y1[k] - r * r * y2[k];
            y2[k] = y1[k];
            y1[k] = y;
            out += y / (1 + k);
        }
        x[i] = 0.12 * out;
    }
}

/* Four chords of decaying harmonics, some vibrato, a drum. */
static inline void corpus_music(double *x, int n, int rate)
{
    static const double chord[4][3] = {
        {220, 277.2, 329.6}, {246.9, 311.1, 370}, {196, 246.9, 293.7}, {164.8, 207.7, 246.9}};
    uint32_t seed = 4;

    for (int i = 0; i < n; i++) {
        double t = (double)i / rate, bar = fmod(t, 0.5), v = 0;
        int c = (int)(t / 0.5) % 4;

        for (int k = 0; k < 3; k++) {
            for (int h = 1; h <= 12; h++) {
                double f = chord[c][k] * h;
                if (f < 0.48 * rate) {
                    v += sin(2 * CORPUS_PI * f * bar + 0.3 * h + 0.02 * h * sin(30 * t)) / h *
                         exp(-bar * (1 + 0.7 * h));
                }
            }
        }
        x[i] = 0.14 * v + 0.25 * exp(-fmod(t, 0.25) * 60) * corpus_noise(&seed);
    }
}

static inline void corpus_silence(double *x, int n, int rate)
{
    (void)rate;
    memset(x, 0, (size_t)n * sizeof *x);
}

static inline void corpus_full_scale(double *x, int n, int rate)
{
    for (int i = 0; i < n; i++) {
        double s = sin(2 * CORPUS_PI * 997.0 * i / rate);
        x[i] = i < n / 2 ? s : s > 0 ? 1 : -1;
    }
}

static inline void corpus_dc(double *x, int n, int rate)
{
    (void)rate;
    for (int i = 0; i < n; i++) {
        x[i] = i < n / 2 ? 0.25 : -0.9;
    }
}

/* Rich periodic tones, each held for a while: the pitch filter comes on, and jumps at each change.
 */
static inline void corpus_tones(double *x, int n, int rate)
{
    static const double pitch[8] = {110, 155.6, 83.1, 220, 391, 62, 131.7, 300};

    for (int i = 0; i < n; i++) {
        double t = (double)i / rate, f = pitch[(int)((double)i * 8 / n) % 8], v = 0;
        for (int h = 1; h <= 20 && f * h < 0.4 * rate; h++) {
            v += sin(2 * CORPUS_PI * f * h * t + h * h) / sqrt(h);
        }
        x[i] = 0.1 * v;
    }
}

/*
 * Half of full scale: at 20 octets TNS is close to instability on it, and louder, liblc3 1.0.1 and
 * its successors differ from each other by as much as the rule allows.
 */
static inline void corpus_single_tone(double *x, int n, int rate)
{
    for (int i = 0; i < n; i++) {
        x[i] = 0.5 * sin(2 * CORPUS_PI * (i < n / 2 ? 440.0 : 0.31 * rate) * i / rate);
    }
}

/* Near the threshold of everything: two steps of 16 bits. */
static inline void corpus_faint(double *x, int n, int rate)
{
    uint32_t seed = 5;

    for (int i = 0; i < n; i++) {
        x[i] = (1.2 * corpus_noise(&seed) + sin(2 * CORPUS_PI * 300.0 * i / rate)) / 32768;
    }
}

static const struct corpus_item corpus[] = {
    {"sweep", corpus_sweep},           {"noise", corpus_noise_bursts},
    {"castanets", corpus_castanets},   {"speech", corpus_speech},
    {"music", corpus_music},           {"silence", corpus_silence},
    {"full_scale", corpus_full_scale}, {"dc", corpus_dc},
    {"tones", corpus_tones},           {"single_tone", corpus_single_tone},
    {"faint", corpus_faint},
};

#define CORPUS_COUNT ((int)(sizeof corpus / sizeof corpus[0]))

/* Item to 16 bits. */
static inline void corpus_s16(int item, int16_t *pcm, int n, int rate, double *work)
{
    corpus[item].fill(work, n, rate);
    for (int i = 0; i < n; i++) {
        double v = floor(work[i] * 32767 + 0.5);
        pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

#endif
