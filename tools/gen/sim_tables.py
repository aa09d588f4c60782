#!/usr/bin/env python3
"""Writes sim/tables.c: the few curves of the radio world as integers, so that every machine and
compiler computes the same world. Levels are in hundredths of a decibel."""
import math

def rows(values, per_line):
    lines = []
    for i in range(0, len(values), per_line):
        lines.append("    " + ", ".join(str(v) for v in values[i:i + per_line]) + ",")
    return "\n".join(lines)

mantissa = [round(1000 * math.log10(1 + (i + 0.5) / 1024)) for i in range(1024)]
log2 = [round(65536 * math.log2(1 + (i + 0.5) / 1024)) for i in range(1024)]
add = [round(1000 * math.log10(1 + 10 ** (-(16 * i + 8) / 1000))) for i in range(160)]

# Bit error rate of a symbol against the margin over the sensitivity: noncoherent detection,
# p = 1/2 exp(-k m) with k such that p = 10^-3 at a margin of 0 dB.
K = math.log(500)
def p(margin_db):
    return 0.5 * math.exp(-K * 10 ** (margin_db / 10))
skip = [round(-256 / math.log2(1 - p(i / 10))) for i in range(-150, 49)]

print(f"""/* Written by tools/gen/sim_tables.py; do not edit. */
/* clang-format off */
#include "tables.h"

const uint16_t woad_sim_table_mantissa[1024] = {{
{rows(mantissa, 18)}
}};

const uint32_t woad_sim_table_log2[1024] = {{
{rows(log2, 12)}
}};

const uint16_t woad_sim_table_add[160] = {{
{rows(add, 18)}
}};

const uint64_t woad_sim_table_skip[SIM_TABLE_SKIP_COUNT] = {{
{rows(skip, 8)}
}};""")
