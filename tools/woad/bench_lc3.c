/*
 * woad bench lc3: instructions per frame on emulated cores, by bench/lc3/run.sh, and time per frame
 * on this machine, for this codec and for liblc3.
 */
#include "commands.h"
#include "lc3_tool.h"
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES 400

struct options {
    bool json, host_only;
    const char *source, *liblc3, *core;
};

static const struct tool_opt opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"},
    {"host-only", NULL, TOOL_FLAG, offsetof(struct options, host_only),
     "only this machine; no cross compiler or emulator needed"},
    {"core", "NAME", TOOL_STRING, offsetof(struct options, core),
     "m33, m0plus, rv32 or all (default)"},
    {"source", "DIR", TOOL_STRING, offsetof(struct options, source),
     "woad's source tree, for bench/lc3/run.sh (default: the current folder)"},
    {"liblc3", "DIR", TOOL_STRING, offsetof(struct options, liblc3),
     "liblc3's source tree for the same cores, debian (default: its Debian source package) or "
     "none"},
    {0}};

static const struct tool_usage usage = {
    "bench lc3", "",
    "Instructions per frame of the LC3 codec on emulated cores without a floating-point unit\n"
    "(Cortex-M33, Cortex-M0+, RV32IMC), which repeat exactly, and nanoseconds of this machine.",
    opts};

struct row {
    char core[16], codec[16], op[16];
    unsigned rate_hz, frame_us, bitrate;
    uint64_t average, maximum;
    bool wall; /* nanoseconds of wall clock, not instructions */
};

static void print_row(struct tool_json *j, const struct row *r)
{
    if (!j) {
        printf("%-8s %-7s %-7s %6u Hz %5u us %7u bit/s  %8llu %s a frame, at most %llu\n", r->core,
               r->codec, r->op, r->rate_hz, r->frame_us, r->bitrate, (unsigned long long)r->average,
               r->wall ? "ns" : "instructions", (unsigned long long)r->maximum);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "core", r->core);
    tool_json_str(j, "codec", r->codec);
    tool_json_str(j, "op", r->op);
    tool_json_u64(j, "rate_hz", r->rate_hz);
    tool_json_u64(j, "frame_us", r->frame_us);
    tool_json_u64(j, "bitrate", r->bitrate);
    tool_json_u64(j, r->wall ? "wall_ns_avg" : "instructions_avg", r->average);
    tool_json_u64(j, r->wall ? "wall_ns_max" : "instructions_max", r->maximum);
    tool_json_close(j, '}');
}

/* ---- emulated -------------------------------------------------------------------------------- */

/* Runs the script with its output in a pipe; returns the reading end, or NULL. */
static FILE *start_script(const struct options *o, pid_t *child)
{
    char script[4096];
    const char *liblc3 = o->liblc3 ? o->liblc3 : "debian";
    const char *args[8] = {script, "-c", o->core ? o->core : "all", "-l", liblc3};
    int ends[2];

    if (strcmp(liblc3, "none") == 0) {
        args[3] = NULL;
    }
    snprintf(script, sizeof script, "%s/bench/lc3/run.sh", o->source ? o->source : ".");
    if (access(script, X_OK) != 0 || pipe(ends) != 0) {
        tool_error("%s: not found; give --source, or --host-only", script);
        return NULL;
    }
    *child = fork();
    if (*child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        execv(script, (char **)(uintptr_t)args);
        _exit(127);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

static int run_emulated(const struct options *o, struct tool_json *j)
{
    pid_t child = -1;
    FILE *f = start_script(o, &child);
    char line[256];
    int status = 1;

    if (!f) {
        return TOOL_IO;
    }
    while (fgets(line, sizeof line, f)) {
        struct row r = {.wall = false};
        unsigned long long average, maximum;

        if (sscanf(line, "%15s %15s %15s %u %u %u %llu %llu", r.core, r.codec, r.op, &r.rate_hz,
                   &r.frame_us, &r.bitrate, &average, &maximum) == 8) {
            r.average = average;
            r.maximum = maximum;
            print_row(j, &r);
        }
    }
    fclose(f);
    if (waitpid(child, &status, 0) < 0 || status != 0) {
        tool_error("bench/lc3/run.sh failed");
        return TOOL_FAILED;
    }
    return TOOL_OK;
}

/* ---- this machine ---------------------------------------------------------------------------- */

static void fill(int16_t *pcm, size_t n, unsigned rate_hz)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / rate_hz, v = 0;
        for (int h = 1; h < 12; h++) {
            v += sin(6.283185307 * (140 + 20 * sin(2 * t)) * h * t) / h;
        }
        seed = seed * 1664525u + 1013904223u;
        pcm[i] = (int16_t)(2500 * v + 1500 * ((double)seed / 2147483648.0 - 1) * fabs(sin(3 * t)));
    }
}

struct host_case {
    const struct woad_lc3_codec *codec;
    struct woad_lc3_config cfg;
    unsigned octets;
};

/* The best of three passes, which is the one least disturbed. */
static bool measure(const struct host_case *c, bool encode, struct row *r)
{
    size_t size = c->codec->state_size(&c->cfg, 1), n = woad_lc3_frame_samples(&c->cfg);
    void *mem = aligned_alloc(16, (size + 15) & ~(size_t)15);
    int16_t *pcm = calloc(n * FRAMES, sizeof *pcm);
    uint8_t *frames = calloc(FRAMES, c->octets);
    double best = 1e9, most = 0;
    bool ok = size && mem && pcm && frames;

    for (int pass = 0; ok && pass < 3; pass++) {
        double sum = 0;

        fill(pcm, n * FRAMES, c->cfg.rate_hz);
        ok = c->codec->configure(mem, size, &c->cfg, 1) == 0;
        for (size_t f = 0; ok && f < FRAMES; f++) {
            double t0 = tool_wall_s(), t1, t2;
            ok = c->codec->encode(mem, WOAD_LC3_S16, pcm + f * n, frames + f * c->octets,
                                  c->octets) == 0;
            t1 = tool_wall_s();
            ok = ok && c->codec->decode(mem, frames + f * c->octets, c->octets, WOAD_LC3_S16,
                                        pcm + f * n) == 0;
            t2 = tool_wall_s();
            t0 = encode ? t1 - t0 : t2 - t1;
            sum += t0;
            most = t0 > most ? t0 : most;
        }
        best = sum < best ? sum : best;
    }
    r->average = (uint64_t)(best / FRAMES * 1e9);
    r->maximum = (uint64_t)(most * 1e9);
    free(mem);
    free(pcm);
    free(frames);
    return ok;
}

static int run_host(struct tool_json *j)
{
    static const unsigned cases[][3] = {
        {48000, 10000, 120}, {24000, 10000, 60}, {16000, 10000, 40}, {48000, 7500, 90}};
    static const struct woad_lc3_codec *const codecs[] = {
        &woad_lc3_codec_woad,
#ifdef WOAD_HAVE_LIBLC3
        &lc3_codec_liblc3,
#endif
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < sizeof codecs / sizeof codecs[0]; k++) {
            for (int encode = 0; encode < 2; encode++) {
                struct host_case c = {
                    codecs[k], {.rate_hz = cases[i][0], .frame_us = cases[i][1]}, cases[i][2]};
                struct row r = {
                    .core = "host", .rate_hz = cases[i][0], .frame_us = cases[i][1], .wall = true};

                snprintf(r.codec, sizeof r.codec, "%s", codecs[k]->name);
                snprintf(r.op, sizeof r.op, "%s", encode ? "encode" : "decode");
                r.bitrate = woad_lc3_bitrate(&c.cfg, c.octets);
                if (!measure(&c, encode, &r)) {
                    tool_error("%s cannot code %u Hz", codecs[k]->name, cases[i][0]);
                    return TOOL_FAILED;
                }
                print_row(j, &r);
            }
        }
    }
    return TOOL_OK;
}

int woad_bench_lc3(int argc, char **argv)
{
    struct options o = {0};
    struct tool_json json, *j = NULL;
    int first, rc = tool_parse(&usage, argc, argv, &o, &first);

    if (rc >= 0) {
        return rc;
    }
    if (o.json) {
        j = &json;
        tool_json_begin(j, stdout);
        tool_json_open(j, NULL, '[');
    }
    rc = o.host_only ? TOOL_OK : run_emulated(&o, j);
    if (rc == TOOL_OK) {
        rc = run_host(j);
    }
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return rc;
}
