#!/usr/bin/env python3
"""Writes docs/conformance.md: which test purposes of the SIG's suites have a test here.

    conformance.py [--check]

The purposes are listed in tests/conformance.txt. A test holds a purpose when its function bears the
purpose's name (GATT_SR_GAD_BV_01_C), or the comment directly before it names it; "GATT/SR/GAR/BI-01-C,
-02, BV-03" in a comment names three. --check says whether the page is current, and fails if not.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
IN_NAME = re.compile(r"\b((?:L2CAP|GATT|GAP|SM)(?:_[A-Z0-9]+)*)_(B[VI])_(\d\d)(?:_C)?")
IN_COMMENT = re.compile(r"\b((?:L2CAP|GATT|GAP|SM)(?:/[A-Z0-9]+)*)/(B[VI])-(\d\d)(?:-C)?")
MORE = re.compile(r"[\s*]*(?:,|and|,\s*and)[\s*]*(?:(B[VI])?-)(\d\d)(?:-C)?")
FUNCTION = re.compile(r"/\*(.*?)\*/\s*static (?:void|int) (\w+)\(", re.S)

HEAD = """# Conformance

<!-- Written by tools/gen/conformance.py; do not edit. -->

The SIG's test suites state purposes by number. This page says which of those that apply to an LE
host have a test here, by PDU script or simulation, and where. A purpose with a test passes: the test
is in `make test`. The tests are ours, written after the purposes; nothing here is a qualification.
Where a suite is listed whole, the last column has its other purposes, whose reasons stand at the end
of its table.

"""


def numbers(words):
    for word in words:
        first, _, last = word.partition("-")
        for n in range(int(first), int(last or first) + 1):
            yield f"{n:02}"


def purposes():
    """[(title, names, [(names of an out line, why)])], {name: why left}"""
    suites, left = [], {}
    for line in (ROOT / "tests" / "conformance.txt").read_text().splitlines():
        if line.startswith("# suite "):
            suites.append((line[len("# suite "):], [], []))
        elif line.startswith(("left ", "out ")):
            what, _, why = line.partition(" ")[2].partition(": ")
            group, kind, *rest = what.split()
            names = [f"{group}/{kind}-{n}-C" for n in numbers(rest)]
            if line.startswith("left "):
                left.update(dict.fromkeys(names, why))
            else:
                suites[-1][2].append((names, why))
        elif line and not line.startswith("#"):
            group, kind, *rest = line.split()
            suites[-1][1].extend(f"{group}/{kind}-{n}-C" for n in numbers(rest))
    return suites, left


def named_in(comment):
    for found in IN_COMMENT.finditer(comment):
        group, kind, number = found.groups()
        yield f"{group}/{kind}-{number}-C"
        at = found.end()
        while more := MORE.match(comment, at):
            kind = more.group(1) or kind
            yield f"{group}/{kind}-{more.group(2)}-C"
            at = more.end()


def tests():
    where = {}
    for path in sorted((ROOT / "tests").rglob("*_test.c")):
        text = path.read_text()
        label = f"[{path.stem}](../{path.relative_to(ROOT)})"
        for found in IN_NAME.finditer(text):
            group, kind, number = found.groups()
            where.setdefault(f"{group.replace('_', '/')}/{kind}-{number}-C", set()).add(label)
        for found in FUNCTION.finditer(text):
            comment = found.group(1).rpartition("/*")[2] # the last comment before the function
            for name in named_in(comment):
                where.setdefault(name, set()).add(label)
    for path in sorted((ROOT / "tests").rglob("*_test.py")):
        label = f"[{path.stem}](../{path.relative_to(ROOT)})"
        for name in named_in(path.read_text()):
            where.setdefault(name, set()).add(label)
    return where


def page():
    suites, left = purposes()
    where = tests()
    known = {name for _, names, _ in suites for name in names}
    out = [HEAD, "| suite | purposes | with a test | left | not for this host |\n|---|---|---|---|---|\n"]
    for title, names, others in suites:
        have = sum(name in where for name in names)
        apart = {name for line, _ in others for name in line}
        assert len(set(names)) == len(names) and not apart & known
        assert len(apart) == sum(len(line) for line, _ in others)
        out.append(f"| {title} | {len(names) + len(apart)} | {have} | {len(names) - have} "
                   f"| {len(apart) if others else 'not listed'} |\n")
    for title, names, others in suites:
        out.append(f"\n## {title}\n\n| purpose | test, or why there is none |\n|---|---|\n")
        for name in names:
            text = ", ".join(sorted(where.get(name, ()))) or left.get(name, "not written")
            out.append(f"| {name} | {text} |\n")
        for line, why in others:
            short = [line[0]] + [name[-5:-2] for name in line[1:]]
            out.append(f"| {', '.join(short)} | not for this host: {why} |\n")
    strangers = sorted(set(where) - known)
    return "".join(out), strangers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the page is current")
    args = parser.parse_args()
    text, strangers = page()
    if strangers:
        print("conformance: tests name purposes that tests/conformance.txt does not list:",
              *strangers, file=sys.stderr)
    if not args.check:
        PAGE.write_text(text)
        return int(bool(strangers))
    current = PAGE.exists() and PAGE.read_text() == text
    if not current:
        print("conformance: docs/conformance.md is not current: run tools/gen/conformance.py",
              file=sys.stderr)
    return int(bool(strangers) or not current)


if __name__ == "__main__":
    sys.exit(main())
