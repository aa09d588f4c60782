/* tools/woad/line.h: lines typed at a prompt while a station runs.
 *
 * On a terminal, with libedit, lines can be edited, completed and called back; elsewhere they are
 * read as they come. One prompt at a time; it is there from line_read() until that has answered a
 * line, so that a command that takes time prints without one.
 */
#ifndef WOAD_LINE_H
#define WOAD_LINE_H

#include <stdbool.h>

/* The n-th word that begins as text does and may stand behind `before`, the line up to it; to be
 * freed by free(). NULL: no more. */
typedef char *line_complete_fn(const char *before, const char *text, int n);

void line_open(const char *prompt, line_complete_fn *complete);
void line_close(void);

/* Shows the prompt if it is not there and standard input is a terminal. A whole line, valid until
 * the next call, or NULL: none yet. */
const char *line_read(void);
bool line_ended(void); /* end of file */

/* A person types at the prompt. */
bool line_interactive(void);

/* Drops what was typed. */
void line_clear(void);

/* Around printing that was not asked for at the prompt. */
void line_hide(void);
void line_show(void);

#endif
