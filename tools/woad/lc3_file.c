/* Sounds as WAV files and frames as .lc3 files. */
#include "lc3_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define HEADER_SIZE 18
#define FILE_ID     0xcc1c

static unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xffff);
    put16(p + 2, v >> 16);
}

static int bad(const char *path, const char *what)
{
    tool_error("%s: %s", path, what);
    return TOOL_BAD_INPUT;
}

/* The format chunk: PCM of 16, 24 or 32 bits. */
static bool read_format(struct lc3_sound *s, const uint8_t *p, size_t len)
{
    unsigned tag;

    if (len < 16) {
        return false;
    }
    tag = get16(p);
    if (tag == 0xfffe && len >= 26) {
        tag = get16(p + 24);
    }
    s->channels = get16(p + 2);
    s->rate_hz = get32(p + 4);
    s->bits = get16(p + 14);
    return tag == 1 && s->channels >= 1 && s->channels <= WOAD_LC3_CHANNELS_MAX &&
           (s->bits == 16 || s->bits == 24 || s->bits == 32);
}

static int read_samples(struct lc3_sound *s, const uint8_t *p, size_t len)
{
    size_t octets = s->bits / 8, n = len / octets / s->channels * s->channels;

    s->samples = n / s->channels;
    s->data = calloc(n ? n : 1, sizeof *s->data);
    if (!s->data) {
        tool_error("out of memory");
        return TOOL_IO;
    }
    for (size_t i = 0; i < n; i++, p += octets) {
        uint32_t v = octets == 2   ? (uint32_t)get16(p) << 16
                     : octets == 3 ? (uint32_t)get16(p) << 8 | (uint32_t)p[2] << 24
                                   : get32(p);
        s->data[i] = (int32_t)v;
    }
    return TOOL_OK;
}

static int parse_wav(const char *path, const uint8_t *file, size_t len, struct lc3_sound *s)
{
    bool format = false;

    if (len < 12 || memcmp(file, "RIFF", 4) || memcmp(file + 8, "WAVE", 4)) {
        return bad(path, "not a WAV file");
    }
    for (size_t at = 12; at + 8 <= len;) {
        size_t size = get32(file + at + 4), have = len - at - 8;
        const uint8_t *body = file + at + 8;

        size = size < have ? size : have;
        if (memcmp(file + at, "fmt ", 4) == 0) {
            if (!read_format(s, body, size)) {
                return bad(path, "only PCM of 16, 24 or 32 bits and 1 to 8 channels is read");
            }
            format = true;
        } else if (memcmp(file + at, "data", 4) == 0) {
            return format ? read_samples(s, body, size) : bad(path, "samples before their format");
        }
        at += 8 + size + (size & 1);
    }
    return bad(path, "no samples");
}

int lc3_sound_read(const char *path, struct lc3_sound *sound)
{
    size_t len;
    uint8_t *file = tool_read_file(path, &len);
    int rc;

    *sound = (struct lc3_sound){0};
    if (!file) {
        return TOOL_IO;
    }
    rc = parse_wav(path, file, len, sound);
    free(file);
    return rc;
}

int lc3_sound_write(const char *path, const struct lc3_sound *s)
{
    size_t octets = s->bits / 8, n = s->samples * s->channels, i;
    uint8_t header[44] = "RIFF....WAVEfmt ", sample[4];
    FILE *f = fopen(path, "wb");

    if (!f) {
        tool_error("%s: %s", path, strerror(errno));
        return TOOL_IO;
    }
    put32(header + 4, (uint32_t)(36 + n * octets));
    put32(header + 16, 16);
    put16(header + 20, 1);
    put16(header + 22, s->channels);
    put32(header + 24, s->rate_hz);
    put32(header + 28, (uint32_t)(s->rate_hz * s->channels * octets));
    put16(header + 32, (unsigned)(s->channels * octets));
    put16(header + 34, s->bits);
    memcpy(header + 36, "data", 4);
    put32(header + 40, (uint32_t)(n * octets));
    fwrite(header, sizeof header, 1, f);
    for (i = 0; i < n; i++) {
        put32(sample, (uint32_t)s->data[i]);
        fwrite(sample + 4 - octets, octets, 1, f);
    }
    if (ferror(f) | fclose(f)) {
        tool_error("%s: cannot be written", path);
        return TOOL_IO;
    }
    return TOOL_OK;
}

void lc3_sound_free(struct lc3_sound *sound)
{
    free(sound->data);
    sound->data = NULL;
}

void lc3_stream_header(const struct lc3_stream *s, uint8_t header[18])
{
    put16(header, FILE_ID);
    put16(header + 2, HEADER_SIZE);
    put16(header + 4, s->rate_hz / 100);
    put16(header + 6, s->bitrate / 100);
    put16(header + 8, s->channels);
    put16(header + 10, s->frame_us / 10);
    put16(header + 12, 0);
    put32(header + 14, (uint32_t)s->samples);
}

static int parse_header(const char *path, size_t len, struct lc3_stream *s, size_t *size)
{
    const uint8_t *p = s->file;
    struct woad_lc3_config cfg;

    if (len < HEADER_SIZE || get16(p) != FILE_ID || get16(p + 2) < HEADER_SIZE ||
        get16(p + 2) > len) {
        return bad(path, "not an .lc3 file");
    }
    *size = get16(p + 2);
    s->rate_hz = get16(p + 4) * 100;
    s->bitrate = get16(p + 6) * 100;
    s->channels = get16(p + 8);
    s->frame_us = get16(p + 10) * 10;
    s->samples = get32(p + 14);
    cfg = (struct woad_lc3_config){.rate_hz = s->rate_hz, .frame_us = s->frame_us};
    if (s->channels < 1 || s->channels > WOAD_LC3_CHANNELS_MAX || get16(p + 12) != 0 ||
        !woad_lc3_supported(&cfg)) {
        return bad(path, "rate, duration, channels or error protection that is not supported");
    }
    return TOOL_OK;
}

int lc3_stream_read(const char *path, struct lc3_stream *s)
{
    size_t len, at = 0, i;
    int rc;

    *s = (struct lc3_stream){0};
    s->file = tool_read_file(path, &len);
    if (!s->file) {
        return TOOL_IO;
    }
    rc = parse_header(path, len, s, &at);
    if (rc != TOOL_OK) {
        return rc;
    }
    for (i = at; i + 2 <= len && i + 2 + get16(s->file + i) <= len; i += 2 + get16(s->file + i)) {
        s->count++;
    }
    s->frames = calloc(s->count + 1, sizeof *s->frames);
    s->sizes = calloc(s->count + 1, sizeof *s->sizes);
    if (!s->frames || !s->sizes) {
        tool_error("out of memory");
        return TOOL_IO;
    }
    for (i = 0; i < s->count; i++) {
        s->sizes[i] = (uint16_t)get16(s->file + at);
        s->frames[i] = s->file + at + 2;
        at += 2u + s->sizes[i];
    }
    if (at != len) {
        tool_error("%s: the last frame is cut off", path);
    }
    return TOOL_OK;
}

void lc3_stream_free(struct lc3_stream *stream)
{
    free(stream->frames);
    free(stream->sizes);
    free(stream->file);
    *stream = (struct lc3_stream){0};
}
