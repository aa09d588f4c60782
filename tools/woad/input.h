/* tools/woad/input.h: lines typed while a station runs, without keeping its pump waiting. */
#ifndef WOAD_INPUT_H
#define WOAD_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define INPUT_SIZE 4096 /* of a line with its end */

struct input {
    char text[INPUT_SIZE + 1]; /* INPUT_SIZE octets: it was longer */
    size_t len;
    bool ended; /* end of file */
};

/* A whole line that has been typed, without its end, or NULL when there is none yet. Valid until
 * the next call. A line of INPUT_SIZE octets has been cut. */
const char *input_line(struct input *in);

/* "y", "yes", "n", "no" in any case: 1 or 0; -1: neither. */
int input_yes_no(const char *line);

#endif
