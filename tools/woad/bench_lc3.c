/*
 * woad bench lc3: instructions per frame on emulated cores and on this machine, by
 * bench/lc3/run.sh, and time per frame on this machine, for this codec and for liblc3.
 */
#include "commands.h"
#include "lc3_tool.h"
#include "tool.h"

#include "../../tests/lc3/corpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES 200
#define ROUNDS 8 /* over all cases: what disturbs the machine for a while meets a part of each */
#define PASSES 5 /* a round */

struct options {
    bool json, host_only;
    const char *source, *liblc3, *core;
};

static const struct tool_opt opts[] = {
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print JSON"},
    {"host-only", NULL, TOOL_FLAG, offsetof(struct options, host_only),
     "only the time on this machine; no cross compiler, emulator or valgrind needed"},
    {"core", "NAME", TOOL_STRING, offsetof(struct options, core),
     "m33, m0plus, rv32, host or all (default)"},
    {"source", "DIR", TOOL_STRING, offsetof(struct options, source),
     "woad's source tree, for bench/lc3/run.sh (default: the current folder)"},
    {"liblc3", "DIR", TOOL_STRING, offsetof(struct options, liblc3),
     "liblc3's source tree for the same cores, debian (default: its Debian source package) or "
     "none"},
    {0}};

static const struct tool_usage usage = {
    "bench lc3", "",
    "Instructions per frame of the LC3 codec on emulated cores without a floating-point unit\n"
    "(Cortex-M33, Cortex-M0+, RV32IMC) and on this machine, which repeat exactly, and here the\n"
    "time of a frame and its ratio to liblc3's in the same run.",
    opts};

struct row {
    char core[16], codec[16], op[16];
    unsigned rate_hz, frame_us, bitrate;
    uint64_t average, maximum; /* instructions; 0: not counted */
    uint64_t wall_ns;          /* a frame on average; 0: not measured */
    double ratio;              /* of wall_ns to liblc3's; 0: none */
    bool printed;
};

/* What was measured on this machine: two codecs, two directions. */
#define HOST_CASES 11
struct rows {
    struct row row[4 * HOST_CASES];
    size_t count;
};

static void print_text(const struct row *r)
{
    printf("%-8s %-7s %-7s %6u Hz %5u us %7u bit/s", r->core, r->codec, r->op, r->rate_hz,
           r->frame_us, r->bitrate);
    if (r->average) {
        printf("  %8llu instructions a frame, at most %8llu", (unsigned long long)r->average,
               (unsigned long long)r->maximum);
    }
    if (r->wall_ns) {
        printf("  %6llu ns", (unsigned long long)r->wall_ns);
    }
    if (r->ratio > 0) {
        printf(", %.2f of liblc3's", r->ratio);
    }
    printf("\n");
}

static void print_row(struct tool_json *j, struct row *r)
{
    r->printed = true;
    if (!j) {
        print_text(r);
        return;
    }
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "core", r->core);
    tool_json_str(j, "codec", r->codec);
    tool_json_str(j, "op", r->op);
    tool_json_u64(j, "rate_hz", r->rate_hz);
    tool_json_u64(j, "frame_us", r->frame_us);
    tool_json_u64(j, "bitrate", r->bitrate);
    if (r->average) {
        tool_json_u64(j, "instructions_avg", r->average);
        tool_json_u64(j, "instructions_max", r->maximum);
    }
    if (r->wall_ns) {
        tool_json_u64(j, "wall_ns_avg", r->wall_ns);
    }
    if (r->ratio > 0) {
        tool_json_double(j, "wall_ratio", r->ratio, 3);
    }
    tool_json_close(j, '}');
}

/* ---- instructions ---------------------------------------------------------------------------- */

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

static bool same_case(const struct row *a, const struct row *b)
{
    return !strcmp(a->core, b->core) && !strcmp(a->codec, b->codec) && !strcmp(a->op, b->op) &&
           a->rate_hz == b->rate_hz && a->frame_us == b->frame_us && a->bitrate == b->bitrate;
}

/* The row of a line of run.sh, with the time that was measured for the same case. */
static bool parse_row(const char *line, struct rows *measured, struct row *r)
{
    unsigned long long average, maximum;

    *r = (struct row){0};
    if (sscanf(line, "%15s %15s %15s %u %u %u %llu %llu", r->core, r->codec, r->op, &r->rate_hz,
               &r->frame_us, &r->bitrate, &average, &maximum) != 8) {
        return false;
    }
    r->average = average;
    r->maximum = maximum;
    for (size_t i = 0; i < measured->count; i++) {
        struct row *m = &measured->row[i];

        if (same_case(m, r)) {
            r->wall_ns = m->wall_ns;
            r->ratio = m->ratio;
            m->printed = true;
        }
    }
    return true;
}

static int count_instructions(const struct options *o, struct tool_json *j, struct rows *measured)
{
    pid_t child = -1;
    FILE *f = start_script(o, &child);
    char line[256];
    int status = 1;

    if (!f) {
        return TOOL_IO;
    }
    while (fgets(line, sizeof line, f)) {
        struct row r;

        if (parse_row(line, measured, &r)) {
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

/* Mixed speech and music, RMS near -15 dBFS. */
static void fill(int16_t *pcm, int n, int rate_hz, double *work)
{
    double *music = work + n, energy = 0;

    corpus_speech(work, n, rate_hz);
    corpus_music(music, n, rate_hz);
    for (int i = 0; i < n; i++) {
        work[i] = 0.5 * work[i] + music[i];
        energy += work[i] * work[i];
    }
    for (int i = 0; i < n; i++) {
        double v = work[i] * 0.17378 / sqrt(energy / n) * 32768; /* -15.2 dB */
        pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : floor(v + 0.5));
    }
}

struct side {
    const struct woad_lc3_codec *codec;
    void *mem;
    double best_s[2][FRAMES]; /* decode, encode: each frame in the pass that was least disturbed */
};

static const struct woad_lc3_codec *const codecs[] = {
    &woad_lc3_codec_woad,
#ifdef WOAD_HAVE_LIBLC3
    &lc3_codec_liblc3,
#endif
};
#define SIDES (sizeof codecs / sizeof codecs[0])

struct host_case {
    struct woad_lc3_config cfg;
    size_t octets, samples;
    int16_t *pcm, *out;
    uint8_t *frames; /* of this codec: both decode the same */
    struct side side[SIDES];
};

static bool run_pass(const struct host_case *c, struct side *side, bool encode)
{
    uint8_t frame[WOAD_LC3_OCTETS_MAX];
    size_t size = side->codec->state_size(&c->cfg, 1);

    if (side->codec->configure(side->mem, size, &c->cfg, 1) != 0) {
        return false;
    }
    for (size_t f = 0; f < FRAMES; f++) {
        double start = tool_wall_s(), s, *best = &side->best_s[encode][f];
        int ret = encode ? side->codec->encode(side->mem, WOAD_LC3_S16, c->pcm + f * c->samples,
                                               frame, c->octets)
                         : side->codec->decode(side->mem, c->frames + f * c->octets, c->octets,
                                               WOAD_LC3_S16, c->out);

        s = tool_wall_s() - start;
        *best = *best == 0 || s < *best ? s : *best;
        if (ret != 0) {
            return false;
        }
    }
    return true;
}

static double mean(const double *values)
{
    double sum = 0;

    for (size_t f = 0; f < FRAMES; f++) {
        sum += values[f];
    }
    return sum / FRAMES;
}

/* Passes of the codecs take turns, so that what else the machine does meets all of them. */
static bool run_round(struct host_case *c)
{
    bool ok = true;

    for (int pass = 0; ok && pass < PASSES; pass++) {
        for (size_t k = 0; ok && k < SIDES; k++) {
            ok = run_pass(c, &c->side[k], false) && run_pass(c, &c->side[k], true);
        }
    }
    return ok;
}

static void add_rows(struct rows *rows, const struct host_case *c)
{
    for (size_t k = 0; k < SIDES; k++) {
        for (int encode = 0; encode < 2; encode++) {
            struct row *r = &rows->row[rows->count++];
            double best_s = mean(c->side[k].best_s[encode]);

            *r = (struct row){.core = "host"};
            snprintf(r->codec, sizeof r->codec, "%s", c->side[k].codec->name);
            snprintf(r->op, sizeof r->op, "%s", encode ? "encode" : "decode");
            r->rate_hz = c->cfg.rate_hz;
            r->frame_us = c->cfg.frame_us;
            r->bitrate = woad_lc3_bitrate(&c->cfg, (unsigned)c->octets);
            r->wall_ns = (uint64_t)(best_s * 1e9);
            if (k == 0 && SIDES > 1) {
                r->ratio = best_s / mean(c->side[SIDES - 1].best_s[encode]);
            }
        }
    }
}

static void close_case(struct host_case *c)
{
    for (size_t k = 0; k < SIDES; k++) {
        free(c->side[k].mem);
    }
    free(c->pcm);
    free(c->out);
    free(c->frames);
}

/* The samples, and this codec's frames of them. */
static bool prepare(struct host_case *c, double *work)
{
    const struct side *own = &c->side[0];
    size_t size = own->codec->state_size(&c->cfg, 1);
    bool ok = own->codec->configure(own->mem, size, &c->cfg, 1) == 0;

    fill(c->pcm, (int)(c->samples * FRAMES), (int)c->cfg.rate_hz, work);
    for (size_t f = 0; ok && f < FRAMES; f++) {
        ok = own->codec->encode(own->mem, WOAD_LC3_S16, c->pcm + f * c->samples,
                                c->frames + f * c->octets, c->octets) == 0;
    }
    return ok;
}

/* Whatever it returns, close_case() frees. */
static bool open_case(struct host_case *c, const unsigned numbers[3])
{
    double *work;
    size_t n;
    bool ok;

    *c = (struct host_case){.cfg = {.rate_hz = numbers[0], .frame_us = numbers[1]},
                            .octets = numbers[2]};
    c->samples = woad_lc3_frame_samples(&c->cfg);
    n = c->samples * FRAMES;
    work = calloc(2 * n, sizeof *work);
    c->pcm = calloc(n, sizeof *c->pcm);
    c->out = calloc(c->samples, sizeof *c->out);
    c->frames = calloc(FRAMES, c->octets);
    ok = work && c->pcm && c->out && c->frames;
    for (size_t k = 0; k < SIDES; k++) {
        size_t size = codecs[k]->state_size(&c->cfg, 1);

        c->side[k].codec = codecs[k];
        c->side[k].mem = aligned_alloc(16, (size + 15) & ~(size_t)15);
        ok = ok && size && c->side[k].mem;
    }
    ok = ok && prepare(c, work);
    free(work);
    return ok;
}

static int measure_time(struct rows *rows)
{
    /* Those of bench/lc3/gen_input.c. */
    static const unsigned numbers[HOST_CASES][3] = {
        {48000, 10000, 120}, {48000, 10000, 100}, {24000, 10000, 60}, {16000, 10000, 40},
        {48000, 7500, 90},   {32000, 10000, 80},  {24000, 7500, 45},  {16000, 7500, 30},
        {8000, 10000, 30},   {32000, 7500, 60},   {8000, 7500, 26}};
    struct host_case *cases = calloc(HOST_CASES, sizeof *cases);
    bool ok = cases != NULL;

    for (size_t i = 0; ok && i < HOST_CASES; i++) {
        ok = open_case(&cases[i], numbers[i]);
    }
    for (size_t n = 0; ok && n < ROUNDS * HOST_CASES; n++) {
        ok = run_round(&cases[n % HOST_CASES]);
    }
    for (size_t i = 0; cases && i < HOST_CASES; i++) {
        if (ok) {
            add_rows(rows, &cases[i]);
        }
        close_case(&cases[i]);
    }
    free(cases);
    if (!ok) {
        tool_error("cannot code");
    }
    return ok ? TOOL_OK : TOOL_FAILED;
}

static bool names_host(const char *core)
{
    return !core || !strcmp(core, "all") || !strcmp(core, "host");
}

int woad_bench_lc3(int argc, char **argv)
{
    struct options o = {0};
    struct rows rows = {.count = 0};
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
    rc = names_host(o.core) ? measure_time(&rows) : TOOL_OK;
    if (rc == TOOL_OK && !o.host_only) {
        rc = count_instructions(&o, j, &rows);
    }
    for (size_t i = 0; i < rows.count; i++) {
        if (!rows.row[i].printed) {
            print_row(j, &rows.row[i]);
        }
    }
    if (j) {
        tool_json_close(j, ']');
        tool_json_end(j);
    }
    return rc;
}
