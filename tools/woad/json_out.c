/* JSON for machines: a writer that cannot produce a malformed document when calls nest properly. */
#include "tool.h"

#include <inttypes.h>

static void indent(struct tool_json *j)
{
    fputc('\n', j->f);
    for (int i = 0; i < j->depth; i++)
        fputs("  ", j->f);
}

static void quoted(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < 0x20)
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}

static void lead(struct tool_json *j, const char *key)
{
    if (j->need_comma)
        fputc(',', j->f);
    if (j->depth && j->pretty)
        indent(j);
    if (key) {
        quoted(j->f, key);
        fputs(j->pretty ? ": " : ":", j->f);
    }
    j->need_comma = true;
}

void tool_json_begin(struct tool_json *j, FILE *f)
{
    *j = (struct tool_json){.f = f, .pretty = true};
}

void tool_json_open(struct tool_json *j, const char *key, char bracket)
{
    lead(j, key);
    fputc(bracket, j->f);
    j->depth++;
    j->need_comma = false;
}

void tool_json_close(struct tool_json *j, char bracket)
{
    j->depth--;
    if (j->need_comma && j->pretty)
        indent(j);
    fputc(bracket, j->f);
    j->need_comma = true;
}

void tool_json_str(struct tool_json *j, const char *key, const char *value)
{
    lead(j, key);
    quoted(j->f, value);
}

void tool_json_u64(struct tool_json *j, const char *key, uint64_t value)
{
    lead(j, key);
    fprintf(j->f, "%" PRIu64, value);
}

void tool_json_i64(struct tool_json *j, const char *key, int64_t value)
{
    lead(j, key);
    fprintf(j->f, "%" PRId64, value);
}

void tool_json_double(struct tool_json *j, const char *key, double value, int decimals)
{
    lead(j, key);
    fprintf(j->f, "%.*f", decimals, value);
}

void tool_json_bool(struct tool_json *j, const char *key, bool value)
{
    lead(j, key);
    fputs(value ? "true" : "false", j->f);
}

void tool_json_end(struct tool_json *j)
{
    fputc('\n', j->f);
    fflush(j->f);
}
