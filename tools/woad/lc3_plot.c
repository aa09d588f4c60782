/* A picture of two sounds and their difference: waveform and spectrogram of each. */
#include "lc3_tool.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define WIDTH    1280
#define LEFT     70
#define RIGHT    20
#define TOP      34
#define WAVE     110 /* heights */
#define SPECTRUM 150
#define GAP      26
#define FFT      1024
#define FLOOR_DB (-100.0)

struct colour {
    uint8_t r, g, b;
};

struct canvas {
    int width, height;
    struct colour *pixels;
};

static void put(struct canvas *c, int x, int y, struct colour v)
{
    if (x >= 0 && x < c->width && y >= 0 && y < c->height) {
        c->pixels[y * c->width + x] = v;
    }
}

static void fill(struct canvas *c, int x, int y, int w, int h, struct colour v)
{
    for (int j = y; j < y + h; j++) {
        for (int i = x; i < x + w; i++) {
            put(c, i, j, v);
        }
    }
}

/* Columns of 5 x 7 dots, lowest bit on top. */
static const struct {
    char c;
    uint8_t columns[5];
} font[] = {
    {'0', {0x3e, 0x51, 0x49, 0x45, 0x3e}}, {'1', {0x00, 0x42, 0x7f, 0x40, 0x00}},
    {'2', {0x42, 0x61, 0x51, 0x49, 0x46}}, {'3', {0x21, 0x41, 0x45, 0x4b, 0x31}},
    {'4', {0x18, 0x14, 0x12, 0x7f, 0x10}}, {'5', {0x27, 0x45, 0x45, 0x45, 0x39}},
    {'6', {0x3c, 0x4a, 0x49, 0x49, 0x30}}, {'7', {0x01, 0x71, 0x09, 0x05, 0x03}},
    {'8', {0x36, 0x49, 0x49, 0x49, 0x36}}, {'9', {0x06, 0x49, 0x49, 0x29, 0x1e}},
    {'.', {0x00, 0x60, 0x60, 0x00, 0x00}}, {'-', {0x08, 0x08, 0x08, 0x08, 0x08}},
    {',', {0x00, 0x50, 0x30, 0x00, 0x00}}, {':', {0x00, 0x36, 0x36, 0x00, 0x00}},
    {'a', {0x20, 0x54, 0x54, 0x54, 0x78}}, {'b', {0x7f, 0x48, 0x44, 0x44, 0x38}},
    {'c', {0x38, 0x44, 0x44, 0x44, 0x20}}, {'d', {0x38, 0x44, 0x44, 0x48, 0x7f}},
    {'e', {0x38, 0x54, 0x54, 0x54, 0x18}}, {'f', {0x08, 0x7e, 0x09, 0x01, 0x02}},
    {'g', {0x0c, 0x52, 0x52, 0x52, 0x3e}}, {'h', {0x7f, 0x08, 0x04, 0x04, 0x78}},
    {'i', {0x00, 0x44, 0x7d, 0x40, 0x00}}, {'k', {0x7f, 0x10, 0x28, 0x44, 0x00}},
    {'l', {0x00, 0x41, 0x7f, 0x40, 0x00}}, {'m', {0x7c, 0x04, 0x18, 0x04, 0x78}},
    {'n', {0x7c, 0x08, 0x04, 0x04, 0x78}}, {'o', {0x38, 0x44, 0x44, 0x44, 0x38}},
    {'r', {0x7c, 0x08, 0x04, 0x04, 0x08}}, {'s', {0x48, 0x54, 0x54, 0x54, 0x20}},
    {'t', {0x04, 0x3f, 0x44, 0x40, 0x20}}, {'u', {0x3c, 0x40, 0x40, 0x20, 0x7c}},
    {'H', {0x7f, 0x08, 0x08, 0x08, 0x7f}}, {'z', {0x44, 0x64, 0x54, 0x4c, 0x44}},
    {'B', {0x7f, 0x49, 0x49, 0x49, 0x36}}, {'F', {0x7f, 0x09, 0x09, 0x09, 0x01}},
    {'S', {0x46, 0x49, 0x49, 0x49, 0x31}}, {'w', {0x3c, 0x40, 0x30, 0x40, 0x3c}},
};

static void text(struct canvas *c, int x, int y, const char *s)
{
    const struct colour ink = {40, 40, 40};

    for (; *s; s++, x += 6) {
        for (size_t i = 0; i < sizeof font / sizeof font[0]; i++) {
            for (int k = 0; font[i].c == *s && k < 35; k++) {
                if (font[i].columns[k / 7] >> (k % 7) & 1) {
                    put(c, x + k / 7, y + k % 7, ink);
                }
            }
        }
    }
}

/* In place, n a power of two. */
static void fft(double *re, double *im, int n)
{
    for (int i = 1, j = 0; i < n; i++) {
        int bit = n >> 1;
        for (; j & bit; bit >>= 1) {
            j ^= bit;
        }
        j ^= bit;
        if (i < j) {
            double t = re[i];
            re[i] = re[j];
            re[j] = t;
        }
    }
    memset(im, 0, (size_t)n * sizeof *im);
    for (int len = 2; len <= n; len *= 2) {
        for (int k = 0; k < len / 2; k++) {
            double a = -2 * 3.14159265358979 * k / len, wr = cos(a), wi = sin(a);
            for (int i = k; i < n; i += len) {
                int j = i + len / 2;
                double tr = re[j] * wr - im[j] * wi, ti = re[j] * wi + im[j] * wr;
                re[j] = re[i] - tr;
                im[j] = im[i] - ti;
                re[i] += tr;
                im[i] += ti;
            }
        }
    }
}

/* Black, violet, orange, white. */
static struct colour heat(double v)
{
    static const double stops[5][3] = {
        {8, 8, 24}, {76, 20, 110}, {200, 60, 70}, {250, 170, 50}, {255, 255, 230}};
    int i;

    v = v < 0 ? 0 : v > 0.9999 ? 0.9999 : v;
    i = (int)(v * 4);
    v = v * 4 - i;
    return (struct colour){(uint8_t)(stops[i][0] + v * (stops[i + 1][0] - stops[i][0])),
                           (uint8_t)(stops[i][1] + v * (stops[i + 1][1] - stops[i][1])),
                           (uint8_t)(stops[i][2] + v * (stops[i + 1][2] - stops[i][2]))};
}

struct track {
    const char *name;
    const float *x; /* -1 .. 1 */
    size_t n;
    unsigned rate_hz;
    double gain; /* of the waveform's axis */
};

static void draw_wave(struct canvas *c, int top, const struct track *t)
{
    const struct colour ink = {30, 90, 160}, axis = {180, 180, 180};
    int width = c->width - LEFT - RIGHT, middle = top + WAVE / 2;

    fill(c, LEFT, middle, width, 1, axis);
    for (int i = 0; i < width; i++) {
        size_t from = t->n * (size_t)i / (size_t)width, to = t->n * ((size_t)i + 1) / (size_t)width;
        double low = 1, high = -1;

        for (size_t k = from; k < to || k == from; k++) {
            double v = k < t->n ? t->x[k] * t->gain : 0;
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        low = low < -1 ? -1 : low;
        high = high > 1 ? 1 : high;
        fill(c, LEFT + i, middle - (int)(high * (WAVE / 2 - 2)), 1,
             1 + (int)((high - low) * (WAVE / 2 - 2)), ink);
    }
}

static void draw_spectrum(struct canvas *c, int top, const struct track *t)
{
    int width = c->width - LEFT - RIGHT;
    double re[FFT], im[FFT];

    for (int i = 0; i < width; i++) {
        size_t at = t->n * (size_t)i / (size_t)width;

        for (int k = 0; k < FFT; k++) {
            size_t p = at + (size_t)k;
            double w = 0.5 - 0.5 * cos(2 * 3.14159265358979 * k / FFT);
            re[k] = p >= FFT / 2 && p - FFT / 2 < t->n ? w * t->x[p - FFT / 2] : 0;
        }
        fft(re, im, FFT);
        for (int y = 0; y < SPECTRUM; y++) {
            int bin = (SPECTRUM - 1 - y) * (FFT / 2) / SPECTRUM;
            double power = (re[bin] * re[bin] + im[bin] * im[bin]) / (FFT / 4.0) / (FFT / 4.0);
            double db = 10 * log10(power + 1e-30);
            put(c, LEFT + i, top + y, heat(1 - db / FLOOR_DB));
        }
    }
}

static void draw_axes(struct canvas *c, int top, const struct track *t)
{
    char label[64];

    text(c, LEFT, top - 12, t->name);
    snprintf(label, sizeof label, "%.3g", 1 / t->gain);
    text(c, 8, top, label);
    snprintf(label, sizeof label, "-%.3g", 1 / t->gain);
    text(c, 2, top + WAVE - 8, label);
    snprintf(label, sizeof label, "%.3g kHz", t->rate_hz / 2000.0);
    text(c, 8, top + WAVE + 4, label);
    text(c, 8, top + WAVE + SPECTRUM - 6, "0");
}

static void draw_time(struct canvas *c, const struct track *t)
{
    int width = c->width - LEFT - RIGHT;
    double seconds = (double)t->n / t->rate_hz, step = seconds > 20 ? 5 : seconds > 4 ? 1 : 0.2;

    for (double s = 0; s <= seconds; s += step) {
        char label[32];
        int x = LEFT + (int)(s / seconds * width);

        snprintf(label, sizeof label, "%.3g s", s);
        fill(c, x, c->height - 16, 1, 4, (struct colour){80, 80, 80});
        text(c, x - 6, c->height - 10, label);
    }
}

/* Concealed frames: a shade over the waveform and a line over the spectrogram. */
static void shade(struct canvas *c, int top, const struct track *t, const bool *concealed,
                  size_t frames, unsigned frame)
{
    int width = c->width - LEFT - RIGHT;

    for (size_t f = 0; f < frames; f++) {
        int x0 = LEFT + (int)((double)f * frame / (double)t->n * width);
        int x1 = LEFT + (int)((double)(f + 1) * frame / (double)t->n * width);

        if (!concealed[f] || x0 >= LEFT + width) {
            continue;
        }
        x1 = x1 > LEFT + width ? LEFT + width : x1 > x0 ? x1 : x0 + 1;
        fill(c, x0, top + WAVE, x1 - x0, 4, (struct colour){230, 40, 40});
        for (int y = top; y < top + WAVE; y++) {
            for (int x = x0; x < x1; x++) {
                struct colour *p = &c->pixels[y * c->width + x];
                p->g = (uint8_t)(p->g * 3 / 4);
                p->b = (uint8_t)(p->b * 3 / 4);
            }
        }
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

struct bytes {
    uint8_t *data;
    size_t len;
};

static void append(struct bytes *b, const void *data, size_t n)
{
    memcpy(b->data + b->len, data, n);
    b->len += n;
}

static void append32(struct bytes *b, uint32_t v)
{
    uint8_t p[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    append(b, p, 4);
}

static void end_chunk(struct bytes *b, size_t start)
{
    uint32_t crc = 0xffffffff;
    size_t i, n = b->len - start - 8;

    for (i = start + 4; i < b->len; i++) {
        crc ^= b->data[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    for (i = 0; i < 4; i++) {
        b->data[start + i] = (uint8_t)(n >> (24 - 8 * i));
    }
    append32(b, ~crc);
}

/* PNG with stored blocks: no compressor needed. Each row is one block. */
static struct bytes make_png(const struct canvas *c)
{
    size_t row = (size_t)c->width * 3 + 1, start;
    struct bytes b = {malloc((row + 5) * (size_t)c->height + 128), 0};
    uint32_t s1 = 1, s2 = 0;

    if (!b.data) {
        return b;
    }
    append(&b, "\x89PNG\r\n\x1a\n", 8);
    start = b.len;
    append(&b, "\0\0\0\0IHDR", 8);
    append32(&b, (uint32_t)c->width);
    append32(&b, (uint32_t)c->height);
    append(&b, "\x08\x02\0\0\0", 5);
    end_chunk(&b, start);
    start = b.len;
    append(&b, "\0\0\0\0IDAT\x78\x01", 10);
    for (int y = 0; y < c->height; y++) {
        uint8_t head[6] = {y == c->height - 1, (uint8_t)row,         (uint8_t)(row >> 8),
                           (uint8_t)~row,      (uint8_t)(~row >> 8), 0};
        append(&b, head, 6);
        append(&b, &c->pixels[y * c->width], row - 1);
        for (const uint8_t *p = b.data + b.len - row; p < b.data + b.len; p++) {
            s1 = (s1 + *p) % 65521;
            s2 = (s2 + s1) % 65521;
        }
    }
    append32(&b, s2 << 16 | s1);
    end_chunk(&b, start);
    start = b.len;
    append(&b, "\0\0\0\0IEND", 8);
    end_chunk(&b, start);
    return b;
}

static void write_base64(FILE *f, const struct bytes *b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < b->len; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) {
            v = v << 8 | (i + k < b->len ? b->data[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            fputc(i + k > b->len ? '=' : digits[v >> (18 - 6 * k) & 63], f);
        }
    }
}

static int save(const char *path, const struct canvas *c)
{
    struct bytes png = make_png(c);
    size_t n = strlen(path);
    FILE *f = fopen(path, "wb");
    int rc = TOOL_OK;

    if (!f || !png.data) {
        tool_error("%s: %s", path, strerror(errno));
        free(png.data);
        return TOOL_IO;
    }
    if (n > 4 && strcmp(path + n - 4, ".svg") == 0) {
        fprintf(f,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n"
                "<image width=\"%d\" height=\"%d\" href=\"data:image/png;base64,",
                c->width, c->height, c->width, c->height);
        write_base64(f, &png);
        fprintf(f, "\"/>\n</svg>\n");
    } else {
        fwrite(png.data, png.len, 1, f);
    }
    if (ferror(f) | fclose(f)) {
        tool_error("%s: cannot be written", path);
        rc = TOOL_IO;
    }
    free(png.data);
    return rc;
}

/* First channel. */
static float *to_float(const struct lc3_sound *s, size_t n)
{
    float *x = calloc(n + 1, sizeof *x);

    for (size_t i = 0; x && s && i < n && i < s->samples; i++) {
        x[i] = (float)((double)s->data[i * s->channels] / 2147483648.0);
    }
    return x;
}

/* The waveform's axis ends at a power of ten below or at full scale. */
static double axis_gain(const float *x, size_t n)
{
    double most = 1e-5, gain = 1;

    for (size_t i = 0; i < n; i++) {
        most = fabs((double)x[i]) > most ? fabs((double)x[i]) : most;
    }
    while (most * gain * 10 <= 1) {
        gain *= 10;
    }
    return gain;
}

int lc3_plot(const char *path, const struct lc3_sound *original, const struct lc3_sound *decoded,
             const bool *concealed, size_t frames, unsigned frame)
{
    size_t n = decoded->samples;
    float *x[3] = {to_float(original, n), to_float(decoded, n), to_float(NULL, n)};
    struct track tracks[3] = {{"original", x[0], n, decoded->rate_hz, 1},
                              {"decoded", x[1], n, decoded->rate_hz, 1},
                              {"difference", x[2], n, decoded->rate_hz, 1}};
    int first = original ? 0 : 1, last = original ? 3 : 2, each = WAVE + SPECTRUM + GAP, rc;
    struct canvas c = {WIDTH, TOP + (last - first) * each, NULL};

    c.pixels = malloc((size_t)c.width * (size_t)c.height * sizeof *c.pixels);
    if (n == 0 || !c.pixels || !x[0] || !x[1] || !x[2]) {
        tool_error("nothing to draw");
        rc = TOOL_BAD_INPUT;
    } else {
        memset(c.pixels, 0xff, (size_t)c.width * (size_t)c.height * sizeof *c.pixels);
        for (size_t i = 0; i < n; i++) {
            x[2][i] = x[1][i] - x[0][i];
        }
        tracks[2].gain = axis_gain(x[2], n);
        for (int i = first; i < last; i++) {
            int top = TOP - 14 + (i - first) * each;

            draw_wave(&c, top, &tracks[i]);
            draw_spectrum(&c, top + WAVE, &tracks[i]);
            draw_axes(&c, top, &tracks[i]);
            if (concealed) {
                shade(&c, top, &tracks[i], concealed, frames, frame);
            }
        }
        draw_time(&c, &tracks[1]);
        rc = save(path, &c);
    }
    for (int i = 0; i < 3; i++) {
        free(x[i]);
    }
    free(c.pixels);
    return rc;
}
