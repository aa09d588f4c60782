#include "line.h"
#include "input.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct input plain;
    const char *prompt;
    line_complete_fn *complete;
    bool terminal; /* a person types */
    bool open;
    bool shown; /* the prompt is there, and what was typed behind it */
    bool ended;
    char *typed; /* a whole line, from the editor */
    char *given;
} state;

#ifdef WOAD_HAVE_LIBEDIT
#include <editline/readline.h>

static char *before; /* the line up to the word that is completed */

/* The editor has given the terminal back; the next line begins with a prompt of its own. */
static void on_line(char *line)
{
    state.ended = line == NULL;
    state.shown = false;
    if (line && *line)
        add_history(line);
    state.typed = line;
}

static char *generator(const char *text, int n)
{
    return state.complete(before, text, n);
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1; /* and no names of files */
    free(before);
    before = strndup(rl_line_buffer, (size_t)start);
    return before ? rl_completion_matches(text, generator) : NULL;
}

static void editor_open(void)
{
    rl_readline_name = "woad";
    rl_catch_signals = 0; /* Ctrl-C is the program's */
    using_history();
    rl_attempted_completion_function = complete;
}

static void editor_prompt(void)
{
    rl_callback_handler_install(state.prompt, on_line);
}

static void editor_close(void)
{
    rl_callback_handler_remove();
    free(before);
    before = NULL;
}

static const char *editor_read(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    free(state.given);
    state.given = NULL;
    while (!state.typed && !state.ended && poll(&p, 1, 0) > 0)
        rl_callback_read_char();
    state.given = state.typed;
    state.typed = NULL;
    return state.given;
}

static void editor_show(void)
{
    rl_forced_update_display();
}

/* What was typed is dropped. */
static void editor_clear(void)
{
    rl_callback_handler_remove();
}
#else
static void editor_show(void)
{
    printf("%s", state.prompt);
    fflush(stdout);
}

static void editor_open(void) {}
static void editor_close(void) {}

static void editor_prompt(void)
{
    editor_show();
}

static void editor_clear(void)
{
    state.plain.len = 0;
}

static const char *editor_read(void)
{
    const char *line = input_line(&state.plain);
    state.shown = state.shown && !line;
    return line;
}
#endif

void line_open(const char *prompt, line_complete_fn *fn)
{
    state.prompt = prompt;
    state.complete = fn;
    state.terminal = isatty(STDIN_FILENO);
    state.open = true;
    if (state.terminal)
        editor_open();
}

void line_close(void)
{
    if (state.open && state.terminal) {
        editor_close();
        if (state.shown)
            printf("\n");
    }
    state.open = state.shown = false;
    free(state.given);
    state.given = NULL;
}

const char *line_read(void)
{
    if (!state.open || !state.terminal)
        return input_line(&state.plain);
    if (!state.shown) {
        state.shown = true;
        editor_prompt();
    }
    return editor_read();
}

bool line_ended(void)
{
    return state.ended || state.plain.ended;
}

bool line_interactive(void)
{
    return state.open && state.terminal;
}

void line_clear(void)
{
    if (!state.shown)
        return;
    printf("^C\n");
    fflush(stdout);
    editor_clear();
    state.shown = false;
}

void line_hide(void)
{
    if (state.shown)
        printf("\r\033[K");
}

void line_show(void)
{
    fflush(stdout);
    if (state.shown)
        editor_show();
}
