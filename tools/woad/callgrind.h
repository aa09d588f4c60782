/* tools/woad/callgrind.h: instructions that a function takes, counted by valgrind.
 *
 * The command runs itself under callgrind as `woad bench BENCH --worker CASE`, once per case.
 * Collection is switched on only inside the measured function, so neither set-up nor valgrind's own
 * start count. Instruction counts repeat exactly: they are figures of the code, not of the
 * machine's load. */
#ifndef WOAD_CALLGRIND_H
#define WOAD_CALLGRIND_H

/* How often a worker does what is measured; every time costs the same once the host has run in. */
#define CALLGRIND_ROUNDS 1064u

/* Instructions per round inside function, or a negative exit code after a message. */
long callgrind_count(const char *bench, const char *name, const char *function);

#endif
