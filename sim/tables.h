/* Curves as integers; see tools/gen/sim_tables.py. */
#ifndef WOAD_SIM_TABLES_H
#define WOAD_SIM_TABLES_H

#include <stdint.h>

enum {
    SIM_TABLE_SKIP_MIN = -1500, /* margins of the first and last row, 0.01 dB; below, p = 1/2 */
    SIM_TABLE_SKIP_MAX = 480,
    SIM_TABLE_SKIP_STEP = 10,
    SIM_TABLE_SKIP_COUNT = 199,
};

/* 1000 log10(1 + (i + 1/2) / 1024): the level of a mantissa, in 0.01 dB. */
extern const uint16_t woad_sim_table_mantissa[1024];
/* 65536 log2(1 + (i + 1/2) / 1024) */
extern const uint32_t woad_sim_table_log2[1024];
/* What a level gains when another, 16 i + 8 lower, is added; all in 0.01 dB. */
extern const uint16_t woad_sim_table_add[160];
/* -256 / log2(1 - p), p the error rate at a margin: turns -log2(random) into the number of good
 * symbols before the next bad one. */
extern const uint64_t woad_sim_table_skip[SIM_TABLE_SKIP_COUNT];

#endif
