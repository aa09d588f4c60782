/* woad/config.h: the only compile-time configuration.
 *
 * Limits (links, channels, buffers) are run-time values in the cfg structs of each engine. What is
 * here removes or changes code. Every option can be given on the compiler's command line, or all of
 * them in a header of the project, named by
 *
 *     -DWOAD_CONFIG_FILE='"my_woad_config.h"'
 *
 * The whole library and its user must be compiled with the same values.
 *
 * | option              | default          | meaning                                | cost        |
 * |---------------------|------------------|----------------------------------------|-------------|
 * | WOAD_LOG_LEVEL      | WOAD_LOG_WARNING | log lines above this level are not in  | 0 when off; |
 * |                     |                  | the code at all (woad/log.h)           | a test and  |
 * |                     |                  |                                        | a call each |
 * | WOAD_ASSERT(cond)   | assert(cond)     | check of what a programmer promised;   | a test each;|
 * |                     |                  | never of what a peer sent. NDEBUG      | 0 with      |
 * |                     |                  | removes the default                    | NDEBUG      |
 * | WOAD_ALLOC_FAULTS   | 1                | pools obey struct woad_pool.fail_at,   | 3 instruc-  |
 * |                     |                  | the test aid that fails the n-th       | tions per   |
 * |                     |                  | allocation                             | allocation  |
 */
#ifndef WOAD_CONFIG_H
#define WOAD_CONFIG_H

#ifdef WOAD_CONFIG_FILE
#include WOAD_CONFIG_FILE
#endif

/* Values of WOAD_LOG_LEVEL. */
#define WOAD_LOG_OFF     0
#define WOAD_LOG_ERROR   1 /* something is broken here */
#define WOAD_LOG_WARNING 2 /* a peer or controller misbehaves; survived */
#define WOAD_LOG_INFO    3 /* a state of interest to a user */
#define WOAD_LOG_DEBUG   4 /* every step */

#ifndef WOAD_LOG_LEVEL
#define WOAD_LOG_LEVEL WOAD_LOG_WARNING
#endif

#ifndef WOAD_ASSERT
#include <assert.h>
#define WOAD_ASSERT(cond) assert(cond)
#endif

#ifndef WOAD_ALLOC_FAULTS
#define WOAD_ALLOC_FAULTS 1
#endif

#endif
