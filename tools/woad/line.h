/* tools/woad/line.h: lines typed at a prompt while a station runs.
 *
 * On a terminal, with libedit, lines can be edited, completed and called back; elsewhere they are
 * read as they come. One prompt at a time.
 */
#ifndef WOAD_LINE_H
#define WOAD_LINE_H

#include <stdbool.h>

/* The n-th word that begins as text does, to be freed by free(), or NULL: no more. */
typedef char *line_complete_fn(const char *text, int n);

/* Shows the prompt if standard input is a terminal. */
void line_open(const char *prompt, line_complete_fn *complete);
void line_close(void);

/* A whole line, valid until the next call, or NULL: none yet. */
const char *line_read(void);
bool line_ended(void); /* end of file */

/* Around printing that was not asked for at the prompt. */
void line_hide(void);
void line_show(void);

#endif
