#!/usr/bin/env python3
"""Writes src/lc3/tables.c: every constant table of the LC3 codec.

Usage: lc3_tables.py [-o FILE]; without -o to standard output. A test compares the result with the
committed file. Numbers without a formula come from lc3_norm.txt beside this script; everything
else is computed here, by the formula in the comment above each table.
"""
import argparse
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
RATES = (8, 16, 24, 32, 48)
DURATIONS = (75, 100)


def read_norm(path):
    data, name = {}, None
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith("["):
                name, count = line.strip("[]\n").split()
                data[name] = (int(count), [])
            elif name and not line.startswith("#"):
                data[name][1].extend(float(v) for v in line.split())
    for key, (count, values) in data.items():
        assert len(values) == count, key
    return {key: values for key, (count, values) in data.items()}


def fixed(value, bits, width=32):
    """value in Q<bits>, saturated to a signed integer of that width."""
    top = 2 ** (width - 1)
    return max(-top, min(top - 1, round(value * 2 ** bits)))


def items(values, dims):
    """Values as C text, with the braces of a nested array around each innermost row and above."""
    sizes = [math.prod(dims[i:]) for i in range(1, len(dims))]
    for i, v in enumerate(values):
        opening = "".join("{" for size in sizes if i % size == 0)
        closing = "".join("}," for size in sizes if (i + 1) % size == 0)
        yield " %s%d%s" % (opening, v, closing or ",")


class Writer:
    def __init__(self):
        self.out = []

    def text(self, text):
        self.out.append(text)

    def table(self, ctype, name, values, note, guard=None, dims=None):
        self.text("")
        if guard:
            self.text("#if %s" % guard)
        self.text("/* %s */" % note)
        dims = dims or "[%d]" % len(values)
        self.text("const %s woad_lc3_%s%s = {" % (ctype, name, dims))
        line = "   "
        for item in items(values, [int(d) for d in dims.strip("[]").split("][")]):
            if len(line) + len(item) > 100:
                self.text(line)
                line = "   "
            line += item
        self.text(line)
        self.text("};")
        if guard:
            self.text("#endif")


def cumulate(freqs, group, pad):
    """Starts of the symbol intervals, then 1024 up to `pad` entries a model."""
    out = []
    for i in range(0, len(freqs), group):
        total = 0
        row = []
        for f in freqs[i:i + group]:
            row.append(total)
            total += f
        assert total == 1024
        out += row + [1024] * (pad - group)
    return [int(v) for v in out]


def bits_2048(freqs):
    """Cost of a symbol in 1/2048 bit, rounded up."""
    return [math.ceil(2048 * math.log2(1024 / f) - 1e-9) if f else 0 for f in freqs]


def pyramid_offsets():
    """Vectors of n + 1 lines and fewer than k pulses whose first sign is left out."""
    rows = [[0] + [1] * 10]
    for _ in range(15):
        up, row = rows[-1], [0, 1]
        for k in range(2, 11):
            row.append(up[k - 1] + row[k - 1] + up[k])
        rows.append(row)
    return rows


def transform(w):
    for lines in sorted({r * d // 10 for r in RATES for d in DURATIONS}):
        half = lines // 2
        values = []
        for k in range(half):
            a = math.pi * (8 * k + 1) / (8 * lines)
            values += [fixed(math.cos(a), 31), fixed(math.sin(a), 31)]
        w.table("int32_t", "rot_%d" % lines, values,
                "cos and sin of pi (8 k + 1) / (8 * %d), Q31" % lines, "WOAD_LC3_LINES_%d" % lines)
    values = []
    for k in range(22):
        values += [fixed(math.cos(math.pi * k / 16), 31), fixed(math.sin(math.pi * k / 16), 31)]
    w.table("int32_t", "twiddle_32", values, "cos and sin of 2 pi k / 32, k = 0 .. 21, Q31")
    values = []
    for k in (1, 2, 2, 4):
        values += [fixed(math.cos(2 * math.pi * k / 9), 31), fixed(math.sin(2 * math.pi * k / 9), 31)]
    w.table("int32_t", "twiddle_9", values, "cos and sin of 2 pi k / 9, k = 1 2 2 4, Q31")


def windows(w, norm):
    for d in DURATIONS:
        for r in (24, 32, 48):
            guard = "WOAD_LC3_WINDOW_%d_%d" % (d, r)
            w.table("int32_t", "window_%d_%d" % (d, r),
                    [fixed(v, 30) for v in norm["window_%d_%d" % (d, r)]],
                    "window of the specification, Q30, %g ms, %d kHz; every third value from the "
                    "second on is that of a third of the rate" % (d / 10, r), guard)


def bands(w, norm):
    for d in DURATIONS:
        for r in RATES:
            widths = norm["band_width_%d_%d" % (d, r)]
            w.table("uint8_t", "bands_%d_%d" % (d, r), widths,
                    "lines in each band, %g ms, %d kHz" % (d / 10, r),
                    "WOAD_LC3_HAS_%d && WOAD_LC3_HAS_%dK" % (d, r))


def sns(w, norm):
    first = [fixed(v, 20, 24) for v in norm["sns_lf"] + norm["sns_hf"]]
    w.table("int16_t", "sns_first_high", [v >> 8 for v in first],
            "first stage, low bands then high: log2 of a band's gain in Q20, without its last octet",
            dims="[2][32][8]")
    w.table("uint8_t", "sns_first_low", [v & 255 for v in first], "the last octets",
            dims="[2][32][8]")
    rows = pyramid_offsets()
    w.table("int32_t", "sns_pyramid", rows[9] + rows[15],
            "N(n, k) = N(n - 1, k - 1) + N(n, k - 1) + N(n - 1, k), N(n, 1) = N(0, k) = 1; n = 9, 15",
            dims="[2][11]")
    w.table("int32_t", "sns_dct",
            [fixed(math.sqrt(1 / 8 if k else 1 / 16) * math.cos(math.pi * k * (2 * n + 1) / 32), 31)
             for k in range(16) for n in range(8)],
            "orthonormal DCT-II of 16: row k, the first half of its column, Q31", dims="[16][8]")
    w.table("int16_t", "sns_gain",
            [8915, 12054, 0, 0, 0, 0, 0, 0, 6245, 15043, 17861, 21014, 0, 0, 0, 0,
             7099, 9132, 11253, 14808, 0, 0, 0, 0, 4336, 5067, 5895, 8149, 10235, 12825, 16868,
             19882], "second stage gains of each shape, Q12", dims="[4][8]")


def entropy(w, norm):
    w.table("uint16_t", "spectrum_cum", cumulate(norm["spectrum_freq"], 17, 18),
            "starts of the 17 symbol intervals, then 1024", dims="[64][18]")
    lookup = [int(v) for v in norm["spectrum_lookup"]]
    rows = [tuple(lookup[i:i + 4]) for i in range(0, len(lookup), 4)]
    distinct = sorted(set(rows))
    assert len(distinct) <= 256
    w.table("uint8_t", "spectrum_models", [v for row in distinct for v in row],
            "models by escapes so far: the rows that occur", dims="[%d][4]" % len(distinct))
    w.table("uint8_t", "spectrum_lookup", [distinct.index(row) for row in rows],
            "row of models by high rate, half of the spectrum, context", dims="[2][2][256]")
    w.table("uint16_t", "tns_coef_cum", cumulate(norm["tns_coef_freq"], 17, 18),
            "starts of the symbol intervals of TNS coefficient 1..8, then 1024", dims="[8][18]")
    w.table("uint16_t", "tns_order_cum", cumulate(norm["tns_order_freq"], 8, 18),
            "starts of the symbol intervals of the TNS order, plain and weighted, then 1024",
            dims="[2][18]")
    guard = "WOAD_LC3_ENCODER"
    w.table("uint16_t", "spectrum_cost", bits_2048(norm["spectrum_freq"]),
            "ceil(2048 log2(1024 / frequency))", guard, "[64][17]")
    w.table("uint16_t", "tns_coef_cost", bits_2048(norm["tns_coef_freq"]),
            "ceil(2048 log2(1024 / frequency))", guard, "[8][17]")
    w.table("uint16_t", "tns_order_cost", bits_2048(norm["tns_order_freq"]),
            "ceil(2048 log2(1024 / frequency))", guard, "[2][8]")
    w.table("int16_t", "tns_sine", [round(32768 * math.sin(math.pi * k / 17)) for k in range(9)],
            "sin(k pi / 17), Q15")
    w.table("int16_t", "tns_limit",
            [round(32768 * math.sin(math.pi * (k + 0.5) / 17)) for k in range(8)],
            "sin((k + 1/2) pi / 17), Q15", guard)


def ltpf(w, norm):
    for r in (16, 24, 32, 48):
        taps = len(norm["ltpf_den_%d" % r]) // 4
        guard = "WOAD_LC3_HAS_%dK" % r
        if r == 16:
            guard = "WOAD_LC3_HAS_8K || " + guard
        w.table("int32_t", "ltpf_den_%d" % r, [fixed(v, 31) for v in norm["ltpf_den_%d" % r]],
                "LTPF taps on past output, 4 phases of %d, Q31" % taps, guard)
        w.table("int32_t", "ltpf_num_%d" % r, [fixed(0.85 * v, 31) for v in norm["ltpf_num_%d" % r]],
                "0.85 times the LTPF taps on the input, 4 gains of %d, Q31" % taps, guard)
    for r in RATES:
        w.table("int16_t", "resample_%d" % r, norm["resample_%d" % r],
                "resampling to 12.8 kHz by phase, Q15", "WOAD_LC3_ENCODER && WOAD_LC3_HAS_%dK" % r)


def analysis(w, norm):
    guard = "WOAD_LC3_ENCODER"
    w.table("int32_t", "pitch_interp_r", [fixed(v, 31) for v in norm["pitch_interp_r"]],
            "interpolation of a correlation, 4 phases, Q31", guard, "[4][8]")
    w.table("int16_t", "pitch_interp_x", norm["pitch_interp_x"],
            "interpolation of samples, 4 phases, Q15", guard, "[4][4]")
    w.table("int32_t", "tns_lag_window",
            [fixed(math.exp(-(0.02 * math.pi * k) ** 2 / 2), 31) for k in range(9)],
            "exp(-(0.02 pi k)^2 / 2), Q31", guard)


def logs(w):
    w.table("int32_t", "exp2_table", [fixed(2 ** ((i + 0.5) / 32), 30) for i in range(32)],
            "2^((i + 1/2) / 32), Q30")
    w.table("uint32_t", "log2_table", [round(2 ** 24 * math.log2(1 + i / 64)) for i in range(65)],
            "log2(1 + i / 64), Q24", "WOAD_LC3_ENCODER")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    norm = read_norm(os.path.join(HERE, "lc3_norm.txt"))
    w = Writer()
    w.text("/* Written by tools/gen/lc3_tables.py, tidy: table. Do not edit. */")
    w.text("/* clang-format off */")
    w.text('#include "tables.h"')
    transform(w)
    windows(w, norm)
    bands(w, norm)
    sns(w, norm)
    entropy(w, norm)
    ltpf(w, norm)
    analysis(w, norm)
    logs(w)
    text = "\n".join(w.out) + "\n"
    if args.output:
        with open(args.output, "w", encoding="ascii") as f:
            f.write(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
