/* bench_att_client.h: the cases of the GATT client in woad bench att. Each runs in a process of its
 * own under callgrind, which collects inside the named function and what it calls. */
#ifndef BENCH_ATT_CLIENT_H
#define BENCH_ATT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct bench_att_client_case {
    const char *op;          /* as printed */
    const char *function;    /* collected; called once for each operation */
    unsigned target;         /* instructions; 0 = for information */
    bool (*run)(unsigned n); /* sets up and does n of them; false: not all of them worked */
};

extern const struct bench_att_client_case bench_att_client_cases[];
extern const size_t bench_att_client_count;

#endif
