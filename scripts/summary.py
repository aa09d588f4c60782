#!/usr/bin/env python3
"""Adds up the results of the stages of scripts/test.sh.

A result file is either ctest's JUnit file or lines "passed|failed|skipped name: reason". A cmocka
program counts with each of its tests; any other program counts as one. The last line printed is
"N passed, N failed, N skipped". Exit 1 when a test failed or none ran.
"""
import collections
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

CMOCKA = re.compile(r"^\[\s*(OK|FAILED|SKIPPED)\s*\] (\S+)$", re.M)
CMOCKA_RUN = re.compile(r"^\[ RUN      \] (\S+)$", re.M)
KINDS = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


def results_of_case(case):
    """Yields (kind, name, reason) for each test inside one ctest entry; what one printed that failed is shown."""
    name, status = case.get("name"), case.get("status")
    output = case.findtext("system-out") or ""
    if status in ("notrun", "disabled") or case.find("skipped") is not None:
        lines = [l for l in output.splitlines() if l.strip()]
        skipped = case.find("skipped")
        yield "skipped", name, lines[-1] if lines else skipped.get("message", "not run")
        return
    seen = {}
    for kind, test in CMOCKA.findall(output):
        # cmocka repeats the names of failed tests in its closing list.
        if test in CMOCKA_RUN.findall(output):
            seen[test] = KINDS[kind]
    for test, kind in seen.items():
        yield kind, f"{name} {test}", ""
    if status == "fail":
        print(f"--- {name}:", *output.splitlines()[-25:], sep="\n    ")
    if status == "fail" and "failed" not in seen.values():
        failure = case.find("failure")
        yield "failed", name, failure.get("message", "") if failure is not None else ""
    elif not seen:
        yield "passed", name, ""


def results_of_file(path):
    if path.suffix == ".xml":
        for case in ET.parse(path).getroot().iter("testcase"):
            yield from results_of_case(case)
    else:
        for line in path.read_text().splitlines():
            kind, _, rest = line.partition(" ")
            name, _, reason = rest.partition(": ")
            yield kind, name, reason


def main():
    # With CI set, a test that cannot run has failed: nobody would look at the skip.
    must_run = bool(os.environ.get("CI"))
    total = collections.Counter()
    rows, notes = collections.defaultdict(collections.Counter), []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*")):
        if path.suffix not in (".xml", ".txt"):
            continue
        for kind, name, reason in results_of_file(path):
            if kind == "skipped" and must_run:
                kind = "failed"
            rows[path.stem][kind] += 1
            total[kind] += 1
            if kind != "passed":
                notes.append(f"{kind}: {path.stem}: {name}{': ' + reason if reason else ''}")
    print(f"\n{'stage':<14}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for stage, row in rows.items():
        print(f"{stage:<14}{row['passed']:>8}{row['failed']:>8}{row['skipped']:>9}")
    print("\n".join([""] + notes) if notes else "")
    if not total["passed"] and not total["failed"]:
        print("no test ran: that counts as a failure")
        total["failed"] = 1
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
