/* tools/woad/tool.h: what the sub-commands share: options, progress, JSON out, hashes, Ctrl-C. */
#ifndef WOAD_TOOL_H
#define WOAD_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit codes of every sub-command. */
enum tool_exit {
    TOOL_OK = 0,
    TOOL_FAILED = 1,    /* the operation ran and its result is bad */
    TOOL_USAGE = 2,     /* unknown or malformed option */
    TOOL_BAD_INPUT = 3, /* a file is not what it should be */
    TOOL_IO = 4,        /* a file, socket or port cannot be opened, read or written */
    TOOL_PEER = 5,      /* the peer or controller failed or broke a rule */
    TOOL_TIMEOUT = 6,
    TOOL_INTERRUPTED = 130,
};

/* ---- options ----------------------------------------------------------------------------------
 * A sub-command describes its options once; parsing and --help both read the table.
 *
 *     struct my { bool json; const char *file; uint64_t size; double loss; };
 *     static const struct tool_opt opts[] = {
 *         {"json", NULL, TOOL_FLAG, offsetof(struct my, json), "print JSON"},
 *         {"size", "BYTES", TOOL_SIZE, offsetof(struct my, size), "how much to send (K, M, G)"},
 *         {0}};
 *     static const struct tool_usage usage = {"demo", "[options]", "what it does...", opts};
 *     int rc = tool_parse(&usage, argc, argv, &my, &first_operand);
 */
enum tool_opt_kind {
    TOOL_FLAG,   /* bool */
    TOOL_STRING, /* const char * */
    TOOL_U64,    /* uint64_t, decimal or 0x */
    TOOL_SIZE,   /* uint64_t with an optional K, M, G (powers of 1024) */
    TOOL_DOUBLE, /* double */
};

struct tool_opt {
    const char *name; /* without the dashes */
    const char *arg;  /* placeholder for --help; NULL for a flag */
    enum tool_opt_kind kind;
    size_t offset;
    const char *help;
};

struct tool_usage {
    const char *command;
    const char *operands; /* after the options, for the usage line */
    const char *text;     /* paragraphs: what it does, examples, exit codes that are special */
    const struct tool_opt *opts;
};

/* Parses argv[1..]. Options may stand anywhere before "--". Returns -1 to go on (operands are moved
 * to argv[*first] .. argv[argc - 1]) or an exit code (0 after --help, 2 after a message). */
int tool_parse(const struct tool_usage *usage, int argc, char **argv, void *values, int *first);

/* Prints "woad COMMAND: text" and how to get help; returns TOOL_USAGE. */
int tool_usage_error(const struct tool_usage *usage, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "woad: text" to stderr. */
void tool_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- progress: a bar on a terminal, nothing elsewhere ---------------------------------------- */
struct tool_progress {
    const char *label;
    uint64_t total;
    double limit_per_s; /* the air's limit in octets per second; 0 = not shown */
    double last_wall_s;
    double start_wall_s;
    bool on;
};
void tool_progress_start(struct tool_progress *p, const char *label, uint64_t total,
                         double limit_per_s);
/* rate_per_s: octets per second of whatever clock counts; 0 = wall clock is used */
void tool_progress_update(struct tool_progress *p, uint64_t done, double rate_per_s);
void tool_progress_end(struct tool_progress *p);

/* ---- JSON out -------------------------------------------------------------------------------- */
struct tool_json {
    FILE *f;
    int depth;
    bool need_comma;
    bool pretty;
};
void tool_json_begin(struct tool_json *j, FILE *f);
void tool_json_open(struct tool_json *j, const char *key, char bracket); /* '{' or '[' */
void tool_json_close(struct tool_json *j, char bracket);                 /* '}' or ']' */
void tool_json_str(struct tool_json *j, const char *key, const char *value);
void tool_json_u64(struct tool_json *j, const char *key, uint64_t value);
void tool_json_i64(struct tool_json *j, const char *key, int64_t value);
void tool_json_double(struct tool_json *j, const char *key, double value, int decimals);
void tool_json_bool(struct tool_json *j, const char *key, bool value);
void tool_json_end(struct tool_json *j);

/* ---- SHA-256 over PSA ------------------------------------------------------------------------ */
struct tool_sha256 {
    void *op;
};
int tool_sha256_start(struct tool_sha256 *s);
void tool_sha256_add(struct tool_sha256 *s, const void *data, size_t len);
void tool_sha256_hex(struct tool_sha256 *s, char hex[65]); /* ends it */

/* ---- the rest -------------------------------------------------------------------------------- */
double tool_wall_s(void);      /* monotonic */
double tool_cpu_s(void);       /* processor time of this process */
void tool_catch_signals(void); /* SIGINT, SIGTERM set the flag below; SIGPIPE is ignored */
bool tool_interrupted(void);
void tool_clear_interrupt(void);
/* "1.5 MiB", "171.5 kB/s" */
const char *tool_bytes(char buf[32], uint64_t n);
const char *tool_rate(char buf[32], double per_s);
/* Reads a whole file (malloc); NULL after a message. */
uint8_t *tool_read_file(const char *path, size_t *len);

#endif
