/* Shared by the kinds of POSIX pipes. */
#ifndef WOAD_POSIX_PRIV_H
#define WOAD_POSIX_PRIV_H

#include "woad/pipe_posix.h"

int woad_posix_init(struct woad_pipe_posix *p, const char *path,
                    int (*connect)(struct woad_pipe_posix *p));

/* Stores the words of an error and returns err. */
int woad_posix_error(struct woad_pipe_posix *p, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int woad_posix_nonblock(int fd);

/* The errno of a failed connection as one of ours. */
int woad_posix_err_of(int e);

#endif
