#!/usr/bin/env python3
"""Runs tests in the format of MicroPython's multitests, with MicroPython's own runner: each instance
is an interpreter with a controller of its own, of a fresh `woad ether` for each test.

    multitest.py [--model 0|1|2] [--repeat N] [--loss P] [--quirk NAME] [--jobs N] [TEST...]

TEST is a file, or the name of one of upstream's tests; "upstream": all of upstream's that two instances can
run; none: these, ours, and some with the faults of quirks.py. Prints a line "passed|failed NAME: reason" for
each, in the form that scripts/summary.py reads. A line "# clock: virtual" in a test lets the world's time pass as
fast as it goes; what measures time runs by itself, the rest N at a time (2).
"""
import argparse
import concurrent.futures
import difflib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import quirks  # noqa: E402

LEFT_OUT = "not for this model"
LIB = ROOT / "tests" / "micropython" / "lib"

UPSTREAM = [
    "ble_characteristic", "ble_descriptor", "ble_gap_advertise", "ble_gap_connect",
    "ble_gap_device_name", "ble_gap_pair", "ble_gap_pair_bond", "ble_gatt_data_transfer",
    "ble_gattc_discover_services", "ble_irq_calls", "ble_l2cap", "ble_mtu", "ble_mtu_peripheral",
    "ble_subscribe", "perf_gatt_char_write", "perf_gatt_notify", "perf_l2cap",
]
# These measure time, or have a limit of it that two tests on a small machine may pass.
ALONE = {"perf_gatt_char_write", "perf_gatt_notify", "perf_l2cap", "ble_l2cap", "stream_bulk", "scan_burst",
         "live_link_off", "ports"}


def instances_of(path):
    return len(re.findall(r"^def instance\d+\(", path.read_text(), re.M))


def run_single(args, path, folder, say):
    """A script by itself, with one controller; its output is compared with FILE.exp."""
    import interop
    import socket
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", "1") as ether, \
            socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{folder}/dead")  # takes hosts and never answers
        dead.listen()
        try:
            done = subprocess.run(
                [args.program, path.resolve()], capture_output=True, text=True, timeout=args.timeout,
                check=False, env={"WOAD_HCI": ether.hci[0], "MICROPYPATH": f".frozen:{LIB}",
                                  "WOAD_TEST_DIR": folder, **args.environ})
        except subprocess.TimeoutExpired:
            return "no end"
    expected = path.with_suffix(".py.exp").read_text()
    if done.stdout == expected and not done.returncode:
        return None
    say("".join(difflib.unified_diff(expected.splitlines(True), done.stdout.splitlines(True))) +
        done.stderr[-2000:])
    return f"output differs, exit code {done.returncode}"


def run(args, path, folder, say, quirk=None):
    """None, or what went wrong; say(text) is for what else there is to tell."""
    import interop
    if path.parent.name == "driven":
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if args.model not in getattr(module, "MODELS", args.model):
            return LEFT_OUT
        try:
            return module.run(args.program, folder, args.environ, say)
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            return f"{type(error).__name__}: {error}"
    if instances_of(path) == 0:
        return run_single(args, path, folder, say)
    source = args.source
    count = max(2, instances_of(path))
    options = ["--loss", args.loss] if args.loss else []
    if re.search(r"^# clock: virtual$", path.read_text(), re.M):
        options += ["--clock", "virtual"]
    proxies = []
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", str(count), *options) as ether:
        command = [sys.executable, "run-multitests.py"]
        uris = ether.hci
        if quirk:
            proxies = [quirks.Proxy(hci, f"{folder}/q{i}", quirk) for i, hci in enumerate(uris)]
            uris = [proxy.uri for proxy in proxies]
        for hci in uris:
            command += ["-i", f"exec:{args.program},WOAD_HCI={hci},MICROPYPATH=.frozen:../extmod:{LIB},"
                              f"WOAD_TEST_DIR={folder}"
                        + "".join(f",{k}={v}" for k, v in args.environ.items())]
        command.append(str(path.resolve()))
        try:
            done = subprocess.run(command, cwd=source / "tests", capture_output=True, text=True,
                                  timeout=args.timeout, check=False)
        except subprocess.TimeoutExpired:
            return "no end"
    if args.verbose or done.returncode:
        say(done.stdout + done.stderr)
    for line in done.stdout.splitlines():
        if "B/s" in line or "bytes/sec" in line:
            say("    " + line.strip())
    if done.returncode:
        return "output differs, see above"
    return next((why for proxy in proxies if (why := proxy.missed())), None)


def run_named(args, name, quirk):
    """True: it passed. Prints its result at once, so that those of two do not mix."""
    path = pathlib.Path(name)
    if not path.is_file():
        path = args.source / "tests" / "multi_bluetooth" / f"{name}.py"
    text = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="woad-mpy-") as folder:
        why = run(args, path, folder, text.append, quirk)
    if why == LEFT_OUT:
        return True
    label = f"model{args.model}/{path.stem}" + (f"/{quirk}" if quirk else "")
    if args.durations:
        text.append(f"    {time.monotonic() - start:.1f} s")
    text.append(f"failed {label}: {why}" if why else f"passed {label}")
    print("\n".join(t.rstrip("\n") for t in text), flush=True)
    return not why


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="0")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--loss")
    parser.add_argument("--quirk", choices=quirks.QUIRKS)
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--durations", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "micropython")
    parser.add_argument("--program", type=pathlib.Path, help="instead of the one of the build")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.environ.setdefault("WOAD", str(ROOT / "build" / "woad"))
    args.environ = {k: v for k, v in os.environ.items() if k == "WOAD_CYCLES"}
    args.source = args.build / "micropython"
    args.program = args.program.resolve() if args.program else args.build / f"model{args.model}" / "micropython"
    named = UPSTREAM if args.tests == ["upstream"] else args.tests or UPSTREAM + sorted(
        str(p) for p in (ROOT / "tests" / "micropython").glob("[mds]*/*.py"))
    named = [(name, None) for name in named]
    if not args.tests:
        named += [(name, quirk) for quirk, names in quirks.QUIRKS.items() for name in names]
    if args.quirk:
        named = [(name, args.quirk) for name, _ in named]
    alone = [n for n in named if pathlib.Path(n[0]).stem in ALONE]
    others = [n for n in named if n not in alone]
    failed = 0
    for _ in range(args.repeat):
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            failed += list(pool.map(lambda n: run_named(args, *n), others)).count(False)
        failed += [run_named(args, *n) for n in alone].count(False)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
