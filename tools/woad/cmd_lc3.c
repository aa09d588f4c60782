/* woad lc3: sounds to frames and back, with losses, a comparison and a picture. */
#include "commands.h"
#include "lc3_tool.h"
#include "tool.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *codec, *loss, *plot, *reference;
    double ms, limit_db;
    uint64_t bitrate, bits;
    bool json;
};

static const struct tool_opt encode_opts[] = {
    {"bitrate", "BPS", TOOL_U64, offsetof(struct options, bitrate),
     "of all channels together (default: twice the sampling rate for each)"},
    {"ms", "MS", TOOL_DOUBLE, offsetof(struct options, ms), "frame duration, 7.5 or 10 (default)"},
    {"codec", "NAME", TOOL_STRING, offsetof(struct options, codec), "woad (default) or liblc3"},
    {0}};

static const struct tool_opt decode_opts[] = {
    {"bits", "N", TOOL_U64, offsetof(struct options, bits), "16 (default), 24 or 32"},
    {"loss", "PATTERN", TOOL_STRING, offsetof(struct options, loss),
     "frames to drop: every:N, random:PERCENT, or ranges such as 100-120,300"},
    {"codec", "NAME", TOOL_STRING, offsetof(struct options, codec), "woad (default) or liblc3"},
    {"plot", "FILE", TOOL_STRING, offsetof(struct options, plot),
     "draw original, decoded and difference into a .png or .svg"},
    {"reference", "WAV", TOOL_STRING, offsetof(struct options, reference),
     "the original, for --plot"},
    {0}};

static const struct tool_opt info_opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"}, {0}};

static const struct tool_opt compare_opts[] = {
    {"limit", "DB", TOOL_DOUBLE, offsetof(struct options, limit_db),
     "fail when the difference is louder, e.g. -89.06: what conformance allows a decoder"},
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"},
    {"plot", "FILE", TOOL_STRING, offsetof(struct options, plot),
     "draw both and their difference into a .png or .svg"},
    {0}};

static const struct tool_usage encode_usage = {
    "lc3 encode", "IN.wav OUT.lc3",
    "Encodes PCM of 8, 16, 24, 32, 44.1 or 48 kHz into the file layout of liblc3's elc3.",
    encode_opts};
static const struct tool_usage decode_usage = {
    "lc3 decode", "IN.lc3 OUT.wav",
    "Decodes a file of woad lc3 encode or of liblc3's elc3. The codec's delay is cut off.",
    decode_opts};
static const struct tool_usage info_usage = {
    "lc3 info", "IN.lc3", "Prints what a file holds, and how many of its frames a decoder rejects.",
    info_opts};
static const struct tool_usage compare_usage = {
    "lc3 compare", "A.wav B.wav",
    "Prints the difference of two sounds: level, largest step of 16 bits, and SNR.", compare_opts};

/* ---- losses ---------------------------------------------------------------------------------- */

/* Is frame n in "a-b,c,.."? */
static bool in_ranges(const char *s, size_t n)
{
    while (*s) {
        char *end;
        unsigned long from = strtoul(s, &end, 10), to = from;

        if (*end == '-') {
            to = strtoul(end + 1, &end, 10);
        }
        if (n >= from && n <= to) {
            return true;
        }
        if (*end != ',') {
            return false;
        }
        s = end + 1;
    }
    return false;
}

static bool is_lost(const char *pattern, size_t n)
{
    if (!pattern) {
        return false;
    }
    if (strncmp(pattern, "every:", 6) == 0) {
        unsigned long period = strtoul(pattern + 6, NULL, 10);
        return period && n % period == period - 1;
    }
    if (strncmp(pattern, "random:", 7) == 0) {
        uint32_t v = ((uint32_t)n + 1) * 2654435761u;
        v = (v ^ v >> 15) * 2246822519u;
        v ^= v >> 13;
        return (double)v / 4294967296.0 < strtod(pattern + 7, NULL) / 100;
    }
    return in_ranges(pattern, n);
}

/* ---- a codec in memory ----------------------------------------------------------------------- */

static void *open_codec(const struct woad_lc3_codec *codec, const struct woad_lc3_config *cfg,
                        unsigned channels)
{
    size_t size = codec->state_size(cfg, channels);
    void *mem = size ? aligned_alloc(16, (size + 15) & ~(size_t)15) : NULL;

    if (!mem || codec->configure(mem, size, cfg, channels) != WOAD_LC3_OK) {
        tool_error("%u Hz with frames of %u us and %u channels is not supported", cfg->rate_hz,
                   cfg->frame_us, channels);
        free(mem);
        return NULL;
    }
    return mem;
}

static void report_speed(const char *verb, const struct woad_lc3_codec *codec, double sound_s,
                         double wall_s)
{
    fprintf(stderr, "%s %.2f s with %s in %.3f s: %.0f times real time\n", verb, sound_s,
            codec->name, wall_s, wall_s > 0 ? sound_s / wall_s : 0);
}

/* ---- encode ---------------------------------------------------------------------------------- */

static int encode_to(FILE *f, const struct woad_lc3_codec *codec, const struct lc3_sound *in,
                     const struct woad_lc3_config *cfg, const struct lc3_stream *out,
                     size_t sdu_len)
{
    unsigned n = woad_lc3_frame_samples(cfg), channels = in->channels;
    size_t total = in->samples + woad_lc3_delay_samples(cfg);
    int32_t *block = calloc((size_t)n * channels, sizeof *block);
    void *mem = open_codec(codec, cfg, channels);
    uint8_t header[18], sdu[2 + WOAD_LC3_OCTETS_MAX * WOAD_LC3_CHANNELS_MAX];
    struct tool_progress progress;
    double start = tool_wall_s();
    int rc = mem && block ? TOOL_OK : TOOL_USAGE;

    lc3_stream_header(out, header);
    fwrite(header, sizeof header, 1, f);
    tool_progress_start(&progress, "encode", total, 0);
    for (size_t at = 0; rc == TOOL_OK && at < total && !tool_interrupted(); at += n) {
        size_t have = at < in->samples ? in->samples - at : 0;

        have = have < n ? have : n;
        memset(block, 0, (size_t)n * channels * sizeof *block);
        memcpy(block, in->data + (have ? at * channels : 0), have * channels * sizeof *block);
        if (codec->encode(mem, WOAD_LC3_S32, block, sdu + 2, sdu_len) != WOAD_LC3_OK) {
            tool_error("the encoder refused a frame of %zu octets", sdu_len);
            rc = TOOL_USAGE;
        }
        sdu[0] = (uint8_t)sdu_len;
        sdu[1] = (uint8_t)(sdu_len >> 8);
        fwrite(sdu, 2 + sdu_len, 1, f);
        tool_progress_update(&progress, at, 0);
    }
    tool_progress_end(&progress);
    if (rc == TOOL_OK) {
        report_speed("Encoded", codec, (double)in->samples / in->rate_hz, tool_wall_s() - start);
    }
    free(block);
    free(mem);
    return tool_interrupted() ? TOOL_INTERRUPTED : rc;
}

static int encode_file(const struct options *o, const char *in_path, const char *out_path)
{
    const struct woad_lc3_codec *codec = lc3_codec_find(o->codec);
    struct woad_lc3_config cfg = {0};
    struct lc3_stream out = {0};
    struct lc3_sound in;
    size_t octets;
    FILE *f;
    int rc = codec ? lc3_sound_read(in_path, &in) : TOOL_USAGE;

    if (rc != TOOL_OK) {
        return rc;
    }
    cfg.rate_hz = in.rate_hz;
    cfg.frame_us = (uint32_t)lround(o->ms * 1000);
    if (!woad_lc3_supported(&cfg)) {
        lc3_sound_free(&in);
        return tool_usage_error(&encode_usage, "%u Hz with frames of %g ms is not LC3", in.rate_hz,
                                o->ms);
    }
    out.bitrate = (unsigned)(o->bitrate ? o->bitrate : in.rate_hz * 2u * in.channels);
    octets = woad_lc3_frame_octets(&cfg, out.bitrate / in.channels) * in.channels;
    out.rate_hz = in.rate_hz;
    out.frame_us = cfg.frame_us;
    out.channels = in.channels;
    out.samples = in.samples;
    f = fopen(out_path, "wb");
    if (!f) {
        tool_error("%s: %s", out_path, strerror(errno));
        rc = TOOL_IO;
    } else {
        rc = encode_to(f, codec, &in, &cfg, &out, octets);
        if (ferror(f) | fclose(f)) {
            tool_error("%s: cannot be written", out_path);
            rc = TOOL_IO;
        }
    }
    lc3_sound_free(&in);
    return rc;
}

/* ---- decode ---------------------------------------------------------------------------------- */

/* Decodes all frames into `out`, whose samples begin after the codec's delay. */
static int decode_stream(const struct woad_lc3_codec *codec, const struct lc3_stream *in,
                         const char *loss, struct lc3_sound *out, bool *concealed, size_t *count)
{
    struct woad_lc3_config cfg = {.rate_hz = in->rate_hz, .frame_us = in->frame_us};
    unsigned n = woad_lc3_frame_samples(&cfg), channels = in->channels;
    size_t delay = woad_lc3_delay_samples(&cfg), i;
    void *mem = open_codec(codec, &cfg, channels);
    int32_t *block = calloc((size_t)n * channels, sizeof *block);
    enum woad_lc3_format format = out->bits == 16 ? WOAD_LC3_S16 : WOAD_LC3_S32;
    struct tool_progress progress;

    *count = 0;
    tool_progress_start(&progress, "decode", in->count, 0);
    for (i = 0; mem && block && i < in->count && !tool_interrupted(); i++) {
        int ret = is_lost(loss, i) ? codec->conceal(mem, format, block)
                                   : codec->decode(mem, in->frames[i], in->sizes[i], format, block);

        if (ret < 0) { /* a size that is none */
            ret = codec->conceal(mem, format, block);
        }
        concealed[i] = ret > 0;
        *count += ret > 0;
        for (size_t k = 0; k < n; k++) {
            size_t at = i * n + k;
            for (unsigned c = 0; at >= delay && at - delay < out->samples && c < channels; c++) {
                out->data[(at - delay) * channels + c] =
                    format == WOAD_LC3_S16 ? ((const int16_t *)block)[k * channels + c] * 65536
                                           : block[k * channels + c];
            }
        }
        tool_progress_update(&progress, i, 0);
    }
    tool_progress_end(&progress);
    free(block);
    free(mem);
    return !mem || !block ? TOOL_BAD_INPUT : tool_interrupted() ? TOOL_INTERRUPTED : TOOL_OK;
}

static int plot_decoded(const struct options *o, const struct lc3_sound *out,
                        const struct lc3_stream *in, const bool *concealed)
{
    struct woad_lc3_config cfg = {.rate_hz = in->rate_hz, .frame_us = in->frame_us};
    struct lc3_sound original = {0};
    int rc = TOOL_OK;

    if (o->reference) {
        rc = lc3_sound_read(o->reference, &original);
    }
    if (rc == TOOL_OK && o->reference && original.rate_hz != out->rate_hz) {
        tool_error("%s: another sampling rate", o->reference);
        rc = TOOL_BAD_INPUT;
    }
    if (rc == TOOL_OK) {
        rc = lc3_plot(o->plot, o->reference ? &original : NULL, out, concealed, in->count,
                      woad_lc3_frame_samples(&cfg));
    }
    lc3_sound_free(&original);
    return rc;
}

static int decode_file(const struct options *o, const char *in_path, const char *out_path)
{
    const struct woad_lc3_codec *codec = lc3_codec_find(o->codec);
    struct lc3_stream in;
    struct lc3_sound out = {.bits = (unsigned)o->bits};
    size_t lost = 0;
    bool *concealed;
    double start;
    int rc = codec ? lc3_stream_read(in_path, &in) : TOOL_USAGE;

    if (!codec) {
        return rc;
    }
    if (rc != TOOL_OK) {
        lc3_stream_free(&in);
        return rc;
    }
    out.rate_hz = in.rate_hz;
    out.channels = in.channels;
    /* A header may promise more than the frames hold. */
    out.samples = in.samples < in.count * 480 ? in.samples : in.count * 480;
    out.data = calloc(out.samples * out.channels + 1, sizeof *out.data);
    concealed = calloc(in.count + 1, sizeof *concealed);
    start = tool_wall_s();
    rc = out.data && concealed ? decode_stream(codec, &in, o->loss, &out, concealed, &lost)
                               : TOOL_IO;
    if (rc == TOOL_OK) {
        report_speed("Decoded", codec, (double)out.samples / out.rate_hz, tool_wall_s() - start);
        fprintf(stderr, "%zu of %zu frames concealed\n", lost, in.count);
        rc = lc3_sound_write(out_path, &out);
    }
    if (rc == TOOL_OK && o->plot) {
        rc = plot_decoded(o, &out, &in, concealed);
    }
    free(concealed);
    lc3_sound_free(&out);
    lc3_stream_free(&in);
    return rc;
}

/* ---- info ------------------------------------------------------------------------------------ */

static int print_info(const struct options *o, const char *path)
{
    struct lc3_stream in;
    struct lc3_sound out = {.bits = 16};
    size_t rejected = 0, octets = 0, i;
    bool *concealed = NULL;
    int rc = lc3_stream_read(path, &in);

    if (rc == TOOL_OK) {
        concealed = calloc(in.count + 1, sizeof *concealed);
        rc = concealed ? decode_stream(&woad_lc3_codec_woad, &in, NULL, &out, concealed, &rejected)
                       : TOOL_IO;
    }
    for (i = 0; rc == TOOL_OK && i < in.count; i++) {
        octets += in.sizes[i];
    }
    if (rc == TOOL_OK && o->json) {
        struct tool_json j;

        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_u64(&j, "rate_hz", in.rate_hz);
        tool_json_u64(&j, "frame_us", in.frame_us);
        tool_json_u64(&j, "channels", in.channels);
        tool_json_u64(&j, "bitrate", in.bitrate);
        tool_json_u64(&j, "samples", in.samples);
        tool_json_u64(&j, "frames", in.count);
        tool_json_u64(&j, "octets", octets);
        tool_json_u64(&j, "rejected", rejected);
        tool_json_close(&j, '}');
        tool_json_end(&j);
    } else if (rc == TOOL_OK) {
        printf("%u Hz, %u channel%s, frames of %g ms, %u bit/s\n", in.rate_hz, in.channels,
               in.channels == 1 ? "" : "s", in.frame_us / 1000.0, in.bitrate);
        printf("%.3f s in %zu frames of %zu octets on average, %zu rejected\n",
               (double)in.samples / in.rate_hz, in.count, in.count ? octets / in.count : 0,
               rejected);
    }
    free(concealed);
    lc3_stream_free(&in);
    return rc;
}

/* ---- compare --------------------------------------------------------------------------------- */

static int print_comparison(const struct options *o, const struct lc3_sound *a,
                            const struct lc3_sound *b)
{
    size_t n = (a->samples < b->samples ? a->samples : b->samples) * a->channels;
    double signal = 0, error = 0, most = 0, rms, snr;

    for (size_t i = 0; i < n; i++) {
        double d = ((double)a->data[i] - b->data[i]) / 2147483648.0, s = a->data[i] / 2147483648.0;
        signal += s * s;
        error += d * d;
        most = fabs(d) > most ? fabs(d) : most;
    }
    rms = error > 0 ? 10 * log10(error / (double)n) : -200;
    snr = error > 0 && signal > 0 ? 10 * log10(signal / error) : 200;
    if (o->json) {
        struct tool_json j;

        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_double(&j, "rms_dbfs", rms, 2);
        tool_json_double(&j, "max", most, 6);
        tool_json_double(&j, "max_s16", most * 32768, 2);
        tool_json_double(&j, "snr_db", snr, 2);
        tool_json_u64(&j, "samples", n / a->channels);
        tool_json_close(&j, '}');
        tool_json_end(&j);
    } else {
        printf("difference %.2f dBFS, at most %.6f (%.2f steps of 16 bits), SNR %.2f dB\n", rms,
               most, most * 32768, snr);
    }
    return o->limit_db < 0 && rms > o->limit_db ? TOOL_FAILED : TOOL_OK;
}

static int compare_files(const struct options *o, const char *path_a, const char *path_b)
{
    struct lc3_sound a = {0}, b = {0};
    int rc = lc3_sound_read(path_a, &a);

    if (rc == TOOL_OK) {
        rc = lc3_sound_read(path_b, &b);
    }
    if (rc == TOOL_OK && (a.rate_hz != b.rate_hz || a.channels != b.channels)) {
        tool_error("the files differ in sampling rate or channels");
        rc = TOOL_BAD_INPUT;
    }
    if (rc == TOOL_OK) {
        rc = print_comparison(o, &a, &b);
    }
    if (rc == TOOL_OK && o->plot) {
        rc = lc3_plot(o->plot, &a, &b, NULL, 0, 0);
    }
    lc3_sound_free(&a);
    lc3_sound_free(&b);
    return rc;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int run_encode(const struct options *o, char **names)
{
    return encode_file(o, names[0], names[1]);
}

static int run_decode(const struct options *o, char **names)
{
    if (o->bits != 16 && o->bits != 24 && o->bits != 32) {
        return tool_usage_error(&decode_usage, "--bits is 16, 24 or 32");
    }
    return decode_file(o, names[0], names[1]);
}

static int run_info(const struct options *o, char **names)
{
    return print_info(o, names[0]);
}

static int run_compare(const struct options *o, char **names)
{
    return compare_files(o, names[0], names[1]);
}

int woad_cmd_lc3(int argc, char **argv)
{
    static const struct {
        const char *name;
        const struct tool_usage *usage;
        int operands;
        int (*run)(const struct options *, char **names);
    } verbs[] = {
        {"encode", &encode_usage, 2, run_encode},
        {"decode", &decode_usage, 2, run_decode},
        {"info", &info_usage, 1, run_info},
        {"compare", &compare_usage, 2, run_compare},
    };
    struct options o = {.ms = 10, .bits = 16};
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    int first, rc;

    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) != 0) {
            continue;
        }
        rc = tool_parse(verbs[i].usage, argc - 1, argv + 1, &o, &first);
        if (rc >= 0) {
            return rc;
        }
        if (argc - 1 - first != verbs[i].operands) {
            return tool_usage_error(verbs[i].usage, "needs %d file name%s", verbs[i].operands,
                                    verbs[i].operands == 1 ? "" : "s");
        }
        tool_catch_signals();
        return verbs[i].run(&o, argv + 1 + first);
    }
    fprintf(help ? stdout : stderr,
            "Usage: woad lc3 encode|decode|info|compare [options] FILES\n\n"
            "The LC3 codec of LE Audio on files. 'woad lc3 VERB --help' explains one. Example:\n\n"
            "  woad lc3 encode speech.wav speech.lc3\n"
            "  woad lc3 decode --loss every:20 --plot plc.png --reference speech.wav \\\n"
            "      speech.lc3 out.wav\n");
    return help ? TOOL_OK : TOOL_USAGE;
}
