#include "line.h"
#include "input.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    struct input plain;
    const char *prompt;
    line_complete_fn *complete;
    bool terminal; /* a person types */
    bool open;
    bool ended;
    char *typed; /* a whole line, from the editor */
    char *given;
} state;

#ifdef WOAD_HAVE_LIBEDIT
#include <editline/readline.h>

static void on_line(char *line)
{
    state.ended = line == NULL;
    if (line && *line)
        add_history(line);
    state.typed = line;
}

static char *generator(const char *text, int n)
{
    return state.complete(text, n);
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1; /* and no names of files */
    return rl_completion_matches(text, generator);
}

static void editor_open(void)
{
    rl_readline_name = "woad";
    using_history();
    rl_attempted_completion_function = complete;
    rl_callback_handler_install(state.prompt, on_line);
}

static void editor_close(void)
{
    rl_callback_handler_remove();
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
#else
static void editor_show(void)
{
    printf("%s", state.prompt);
    fflush(stdout);
}

static void editor_open(void)
{
    editor_show();
}

static void editor_close(void) {}

static const char *editor_read(void)
{
    const char *line = input_line(&state.plain);
    if (line)
        editor_show();
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
        printf("\n");
    }
    state.open = false;
    free(state.given);
    state.given = NULL;
}

const char *line_read(void)
{
    return state.open && state.terminal ? editor_read() : input_line(&state.plain);
}

bool line_ended(void)
{
    return state.ended || state.plain.ended;
}

void line_hide(void)
{
    if (state.open && state.terminal)
        printf("\r\033[K");
}

void line_show(void)
{
    fflush(stdout);
    if (state.open && state.terminal)
        editor_show();
}
