#!/usr/bin/env python3
"""Puts measured figures into docs/lc3.md.

Usage: doc.py RUN MEMORY ACCURACY HOST, the outputs of run.sh -l debian, of memory.sh, of
lc3_decoder_test and of woad bench lc3 --core host --json. Replaces what stands between the marks
<!-- NAME --> and <!-- end -->.
"""
import json
import os
import re
import sys

DOC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "lc3.md")
CORES = {"m33": "Cortex-M33, no FPU", "m0plus": "Cortex-M0+", "rv32": "RV32IMC"}


def speed(path):
    rows = {}
    for line in open(path, encoding="ascii"):
        f = line.split()
        if len(f) == 10 and f[0] in CORES:
            rows.setdefault((f[0], f[2], *map(int, f[3:6])), {})[f[1]] = f[6:10]
    out = ["| core | | stream | woad | at most | liblc3 | at most | ratio |", "|---|---|---|---|---|---|---|---|"]
    for (core, op, rate, us, bitrate), r in rows.items():
        ours, theirs = r["woad"], r.get("liblc3")
        line = "| %s | %s | %g kHz, %g ms, %g kbit/s | %s | %s |" % (
            CORES[core], op, rate / 1000, us / 1000, round(bitrate / 1000, 1),
            "{:,}".format(int(ours[0])), "{:,}".format(int(ours[1])))
        if theirs:
            line += " {:,} | {:,} | {:.1f} |".format(
                int(theirs[0]), int(theirs[1]), int(theirs[0]) / int(ours[0]))
        out.append(line)
    def stack(core, op):
        return "{:,}".format(max(int(r["woad"][3]) for k, r in rows.items() if k[:2] == (core, op)))

    out += ["", "Stack, octets, the most of all these configurations: "
            + "; ".join("%s decoder %s, encoder %s" % (CORES[c], stack(c, "decode"), stack(c, "encode"))
                        for c in CORES) + "."]
    return "\n".join(out)


def memory(path):
    return open(path, encoding="ascii").read().strip()


def accuracy(path):
    worst = {}
    for line in open(path, encoding="ascii"):
        m = re.match(r" *(\d+) Hz +(\d+) us +(\d+) octets: rms (\S+) dBFS, max (\d+)", line)
        if m:
            key = (int(m[1]), int(m[2]))
            old = worst.get(key, (-999.0, 0))
            worst[key] = (max(old[0], float(m[4])), max(old[1], int(m[5])))
    out = ["| | 8 kHz | 16 kHz | 24 kHz | 32 kHz | 48 kHz |", "|---|---|---|---|---|---|"]
    for us in (7500, 10000):
        cells = ["%.1f dBFS, %d" % worst[rate, us] for rate in (8000, 16000, 24000, 32000, 48000)]
        out.append("| %g ms | %s |" % (us / 1000, " | ".join(cells)))
    return "\n".join(out)


def host(path):
    """Rows of woad and liblc3, decode and encode, of each case."""
    cases = {}
    with open(path, encoding="ascii") as f:
        for r in json.load(f):
            if r["core"] == "host":
                case = cases.setdefault((r["rate_hz"], r["frame_us"], r["bitrate"]), {})
                case[r["op"], r["codec"]] = r
    out = ["| | decode | encode | instructions: decode | liblc3 | encode | liblc3 |",
           "|---|---|---|---|---|---|---|"]
    for (rate, us, bitrate), r in cases.items():
        cells = ["%.2f" % r[op, "woad"]["wall_ratio"] for op in ("decode", "encode")]
        cells += ["{:,}".format(r[op, codec]["instructions_avg"]) for op in ("decode", "encode")
                  for codec in ("woad", "liblc3")]
        out.append("| %g kHz, %g ms, %g kbit/s | %s |" % (
            rate / 1000, us / 1000, round(bitrate / 1000, 1), " | ".join(cells)))
    return "\n".join(out)


def main():
    parts = {"speed": speed(sys.argv[1]), "memory": memory(sys.argv[2]),
             "accuracy": accuracy(sys.argv[3]), "host": host(sys.argv[4])}
    text = open(DOC, encoding="utf-8").read()
    for name, body in parts.items():
        text = re.sub(r"(<!-- %s -->\n).*?(<!-- end -->)" % name,
                      lambda m: m[1] + body + "\n" + m[2], text, flags=re.S)
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(text)


main()
