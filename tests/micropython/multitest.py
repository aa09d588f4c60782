#!/usr/bin/env python3
"""Runs tests in the format of MicroPython's multitests, with MicroPython's own runner: each instance
is an interpreter with a controller of its own, of a fresh `woad ether` for each test.

    multitest.py [--model 0|1|2] [--repeat N] [--loss P] [--quirk NAME] [TEST...]

TEST is a file, or the name of one of upstream's tests; none: all of upstream's that two instances
can run, ours, and some with the faults of quirks.py. Prints a line "passed|failed NAME: reason" for each, in the form that
scripts/summary.py reads.
"""
import argparse
import difflib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import quirks  # noqa: E402

LIB = ROOT / "tests" / "micropython" / "lib"

UPSTREAM = [
    "ble_characteristic", "ble_descriptor", "ble_gap_advertise", "ble_gap_connect",
    "ble_gap_device_name", "ble_gap_pair", "ble_gap_pair_bond", "ble_gatt_data_transfer",
    "ble_gattc_discover_services", "ble_irq_calls", "ble_l2cap", "ble_mtu", "ble_mtu_peripheral",
    "ble_subscribe", "perf_gatt_char_write", "perf_gatt_notify", "perf_l2cap",
]


def instances_of(path):
    return len(re.findall(r"^def instance\d+\(", path.read_text(), re.M))


def run_single(args, path, folder):
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
    print("".join(difflib.unified_diff(expected.splitlines(True), done.stdout.splitlines(True))),
          done.stderr[-2000:], sep="")
    return f"output differs, exit code {done.returncode}"


def run(args, path, folder, quirk=None):
    """None, or what went wrong."""
    import interop
    if path.parent.name == "driven":
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.run(args.program, folder, args.environ)
    if instances_of(path) == 0:
        return run_single(args, path, folder)
    source = args.source
    count = max(2, instances_of(path))
    options = ["--loss", args.loss] if args.loss else []
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", str(count), *options) as ether:
        command = [sys.executable, "run-multitests.py"]
        uris = ether.hci
        if quirk:
            uris = [quirks.Proxy(hci, f"{folder}/q{i}", quirk).uri for i, hci in enumerate(uris)]
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
        finally:
            for left in source.glob("tests/*.new"):
                left.unlink()
    if args.verbose or done.returncode:
        print(done.stdout + done.stderr, end="")
    for line in done.stdout.splitlines():
        if "B/s" in line or "bytes/sec" in line:
            print("    " + line.strip())
    return None if done.returncode == 0 else "output differs, see above"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="0")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--loss")
    parser.add_argument("--quirk", choices=quirks.QUIRKS)
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "micropython")
    parser.add_argument("--program", type=pathlib.Path, help="instead of the one of the build")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.environ.setdefault("WOAD", str(ROOT / "build" / "woad"))
    args.environ = {k: v for k, v in os.environ.items() if k in ("WOAD_CYCLES", "ASAN_OPTIONS")}
    args.source = args.build / "micropython"
    args.program = args.program or args.build / f"model{args.model}" / "micropython"
    named = args.tests or UPSTREAM + sorted(
        str(p) for p in (ROOT / "tests" / "micropython").glob("[mds]*/*.py"))
    named = [(name, None) for name in named]
    if not args.tests:
        named += [(name, quirk) for quirk, names in quirks.QUIRKS.items() for name in names]
    if args.quirk:
        named = [(name, args.quirk) for name, _ in named]
    failed = 0
    for turn in range(args.repeat):
        for name, quirk in named:
            path = pathlib.Path(name)
            if not path.is_file():
                path = args.source / "tests" / "multi_bluetooth" / f"{name}.py"
            with tempfile.TemporaryDirectory(prefix="woad-mpy-") as folder:
                why = run(args, path, folder, quirk)
            failed += why is not None
            label = f"model{args.model}/{path.stem}" + (f"/{quirk}" if quirk else "")
            print(f"failed {label}: {why}" if why else f"passed {label}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
