#include "input.h"

#include <poll.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool readable(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP));
}

const char *input_line(struct input *in)
{
    while (!in->ended && readable()) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n <= 0) {
            in->ended = true;
            break;
        }
        if (c == '\n') {
            in->text[in->len] = '\0';
            in->len = 0;
            return in->text;
        }
        if (in->len + 1 < sizeof(in->text))
            in->text[in->len++] = c;
    }
    return NULL;
}

int input_yes_no(const char *line)
{
    if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
        return 1;
    if (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
        return 0;
    return -1;
}
