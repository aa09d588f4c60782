/* Log lines: the instance's sink and level, and not one instruction for a line that is off. */
#undef WOAD_LOG_LEVEL
#define WOAD_LOG_LEVEL  3 /* WOAD_LOG_INFO: debug lines are off in this file */
#define WOAD_LOG_MODULE "test"
#include "test.h"
#include "woad/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sink {
    char text[200];
    unsigned lines;
};

static void sink(void *arg, int level, const char *module, const char *fmt, va_list args)
{
    struct sink *s = arg;
    int n = snprintf(s->text, sizeof(s->text), "%s %s ", woad_log_level_name(level), module);
    vsnprintf(s->text + n, sizeof(s->text) - (size_t)n, fmt, args);
    s->lines++;
}

static void goes_to_its_own_sink(void **state)
{
    (void)state;
    struct sink a = {0}, b = {0};
    const struct woad_log log_a = {sink, &a, WOAD_LOG_DEBUG}, log_b = {sink, &b, WOAD_LOG_ERROR};
    WOAD_LOG_I(&log_a, "%s %d", "one", 1);
    WOAD_LOG_I(&log_b, "below the level of this instance");
    assert_string_equal(a.text, "info test one 1");
    assert_int_equal(b.lines, 0);
    WOAD_LOG_E(&log_b, "two");
    assert_string_equal(b.text, "error test two");
    assert_int_equal(a.lines, 1);
    const struct woad_log nowhere = {0};
    WOAD_LOG_E(&nowhere, "to nobody");
}

static int evaluated;

static int count_evaluation(void)
{
    return ++evaluated;
}

static void off_is_not_evaluated(void **state)
{
    (void)state;
    struct sink a = {0};
    const struct woad_log log = {sink, &a, WOAD_LOG_DEBUG};
    WOAD_LOG_D(&log, "%d", count_evaluation());
    assert_int_equal(evaluated, 0);
    assert_int_equal(a.lines, 0);
    WOAD_LOG_I(&log, "%d", count_evaluation());
    assert_int_equal(evaluated, 1);
}

/* Three copies of one function: without a log line, with one that is off, with one that is on. */
unsigned log_cost_none(const struct woad_log *log, unsigned a, unsigned b);
unsigned log_cost_off(const struct woad_log *log, unsigned a, unsigned b);
unsigned log_cost_on(const struct woad_log *log, unsigned a, unsigned b);

unsigned log_cost_none(const struct woad_log *log, unsigned a, unsigned b)
{
    (void)log;
    return a * 3 + b;
}

unsigned log_cost_off(const struct woad_log *log, unsigned a, unsigned b)
{
    WOAD_LOG_D(log, "a %u b %u", a, b);
    return a * 3 + b;
}

unsigned log_cost_on(const struct woad_log *log, unsigned a, unsigned b)
{
    WOAD_LOG_I(log, "a %u b %u", a, b);
    return a * 3 + b;
}

/* Instructions of a function of this program, counted by objdump, which comes with every linker;
 * under an emulator it knows only the machine below. */
#ifndef WOAD_EMULATED
static unsigned instructions(const char *function)
{
    char command[200], line[400];
    snprintf(command, sizeof(command),
             "objdump -d --no-show-raw-insn --disassemble=%s /proc/%ld/exe 2>/dev/null", function,
             (long)getpid());
    FILE *f = popen(command, "r");
    unsigned n = 0;
    while (f && fgets(line, sizeof(line), f)) {
        char *code = strstr(line, ":\t");
        n += line[0] == ' ' && code && !strstr(code, "nop") && !strstr(code, "data16");
    }
    if (f)
        pclose(f);
    return n;
}

static void off_costs_nothing(void **state)
{
    (void)state;
    unsigned none = instructions("log_cost_none");
    assert_true(none > 0);
    assert_int_equal(instructions("log_cost_off"), none);
    assert_true(instructions("log_cost_on") > none); /* the measurement can see a line */
}
#endif

static void level_names(void **state)
{
    (void)state;
    assert_string_equal(woad_log_level_name(WOAD_LOG_WARNING), "warning");
    assert_string_equal(woad_log_level_name(WOAD_LOG_OFF), "?");
    assert_string_equal(woad_log_level_name(-1), "?");
    assert_string_equal(woad_log_level_name(99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_to_its_own_sink),
        cmocka_unit_test(off_is_not_evaluated),
#ifndef WOAD_EMULATED
        cmocka_unit_test(off_costs_nothing),
#endif
        cmocka_unit_test(level_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
