/* tools/woad/input.h: lines typed while a station runs, without keeping its pump waiting. */
#ifndef WOAD_INPUT_H
#define WOAD_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct input {
    char text[256];
    size_t len;
    bool ended; /* end of file */
};

/* A whole line that has been typed, without its end, or NULL when there is none yet. Valid until
 * the next call. A line longer than the buffer is cut. */
const char *input_line(struct input *in);

/* "y", "yes", "n", "no" in any case: 1 or 0; -1: neither. */
int input_yes_no(const char *line);

#endif
