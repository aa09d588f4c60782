#!/usr/bin/env python3
"""Prints the intermediate values of the LC3 specification's appendix C, for lc3_appendix_test.

Usage: appendix.py DIR. They come with the Debian source package of liblc3, which is
unpacked below DIR. One line a vector, "NAME.ROW COUNT VALUES", None as nan. Exits with 77 when the
package cannot be had.
"""
import os
import subprocess
import sys
import types

FETCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/debian_source.sh")


class Array(list):
    """As much of numpy's array as the file of values uses."""

    def __rmul__(self, factor):
        return Array(factor * v for v in self)

    def __truediv__(self, divisor):
        return Array(v / divisor for v in self)

    def astype(self, kind):
        return Array(kind(v) for v in self)


def load(path):
    numpy = types.ModuleType("numpy")
    numpy.array = lambda values, dtype=None: Array(values)
    sys.modules["numpy"] = numpy
    values = {}
    with open(path, encoding="utf-8") as f:
        exec(compile(f.read(), path, "exec"), values)
    return values


def text(value):
    return "nan" if value is None else repr(float(value))


def main():
    source = os.path.join(sys.argv[1], "source")
    path = os.path.join(source, "liblc3", "test", "appendix_c.py")
    fetch = [FETCH, "liblc3", "trixie", source]
    if subprocess.run(fetch, stderr=subprocess.DEVNULL).returncode != 0 or not os.path.isfile(path):
        sys.exit(77)
    for name, value in load(path).items():
        if not name.isupper() or not isinstance(value, (list, int)):
            continue
        rows = value if isinstance(value, list) else [value]
        if not isinstance(rows[0], (list, bytearray)):
            rows = [rows]
        for i, row in enumerate(rows):
            if not isinstance(row[0], (list, bytearray)):
                print("%s.%d %d %s" % (name, i, len(row), " ".join(map(text, row))))


main()
