/* Option tables: parsing and --help. */
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void tool_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("woad: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

int tool_usage_error(const struct tool_usage *usage, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "woad %s: ", usage->command);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\nTry 'woad %s --help'.\n", usage->command);
    va_end(ap);
    return TOOL_USAGE;
}

static void print_help(const struct tool_usage *usage)
{
    printf("Usage: woad %s %s\n\n%s\n\nOptions:\n", usage->command, usage->operands, usage->text);
    for (const struct tool_opt *o = usage->opts; o->name; o++) {
        char left[48];
        snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-26s %s\n", left, o->help);
    }
    printf("  %-26s %s\n", "--help", "print this text");
}

static const struct tool_opt *find(const struct tool_usage *usage, const char *name, size_t len)
{
    for (const struct tool_opt *o = usage->opts; o->name; o++)
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static bool parse_number(const char *text, bool suffix, uint64_t *value)
{
    static const char suffixes[] = "KMG";
    char *end;
    if (text[0] == '-' || text[0] == '\0')
        return false;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 0);
    if (errno || end == text)
        return false;
    const char *s = suffix && *end ? strchr(suffixes, *end) : NULL;
    if (s) {
        unsigned shift = 10u * (unsigned)(s - suffixes + 1);
        if (v > UINT64_MAX >> shift)
            return false;
        v <<= shift;
        end++;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0)
            end += strlen(end);
    }
    *value = v;
    return *end == '\0';
}

static bool store(const struct tool_opt *o, const char *text, void *values)
{
    void *to = (char *)values + o->offset;
    char *end;
    switch (o->kind) {
    case TOOL_FLAG: *(bool *)to = true; return true;
    case TOOL_STRING: *(const char **)to = text; return true;
    case TOOL_U64: return parse_number(text, false, to);
    case TOOL_SIZE: return parse_number(text, true, to);
    case TOOL_DOUBLE:
        errno = 0;
        *(double *)to = strtod(text, &end);
        return !errno && end != text && *end == '\0';
    }
    return false;
}

/* Handles argv[*i], which begins with "--"; -1 = go on. */
static int parse_one(const struct tool_usage *usage, int argc, char **argv, int *i, void *values)
{
    const char *name = argv[*i] + 2;
    const char *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    if (len == 4 && memcmp(name, "help", 4) == 0) {
        print_help(usage);
        return TOOL_OK;
    }
    const struct tool_opt *o = find(usage, name, len);
    if (!o)
        return tool_usage_error(usage, "unknown option --%.*s", (int)len, name);
    if (o->kind == TOOL_FLAG && eq)
        return tool_usage_error(usage, "--%s takes no value", o->name);
    const char *text = eq ? eq + 1 : NULL;
    if (o->kind != TOOL_FLAG && !text) {
        if (*i + 1 >= argc)
            return tool_usage_error(usage, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
        text = argv[++*i];
    }
    if (!store(o, text, values))
        return tool_usage_error(usage, "'%s' is not a valid value for --%s %s", text, o->name,
                                o->arg);
    return -1;
}

int tool_parse(const struct tool_usage *usage, int argc, char **argv, void *values, int *first)
{
    char **operands = calloc((size_t)argc + 1, sizeof(*operands));
    if (!operands)
        return TOOL_IO;
    int count = 0;
    int rc = -1;
    for (int i = 1; i < argc && rc < 0; i++) {
        if (strcmp(argv[i], "--") == 0) {
            for (i++; i < argc; i++)
                operands[count++] = argv[i];
        } else if (strcmp(argv[i], "-h") == 0) {
            print_help(usage);
            rc = TOOL_OK;
        } else if (argv[i][0] == '-' && argv[i][1] == '-') {
            rc = parse_one(usage, argc, argv, &i, values);
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            rc = tool_usage_error(usage, "unknown option %s", argv[i]);
        } else {
            operands[count++] = argv[i];
        }
    }
    for (int k = 0; k < count; k++)
        argv[argc - count + k] = operands[k];
    *first = argc - count;
    free(operands);
    return rc;
}
