#!/usr/bin/env python3
"""Runs tests in the format of MicroPython's multitests, with MicroPython's own runner: each instance
is an interpreter with a controller of its own, of a fresh `woad ether` for each test.

    multitest.py [--model 0|1|2] [--repeat N] [--loss P] [--keep-going] [TEST...]

TEST is a file, or the name of one of upstream's tests; none: all of upstream's that two instances
can run, and ours. Prints a line "passed|failed NAME: reason" for each, in the form that
scripts/summary.py reads.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

UPSTREAM = [
    "ble_characteristic", "ble_descriptor", "ble_gap_advertise", "ble_gap_connect",
    "ble_gap_device_name", "ble_gap_pair", "ble_gap_pair_bond", "ble_gatt_data_transfer",
    "ble_gattc_discover_services", "ble_irq_calls", "ble_l2cap", "ble_mtu", "ble_mtu_peripheral",
    "ble_subscribe", "perf_gatt_char_write", "perf_gatt_notify", "perf_l2cap",
]


def instances_of(path):
    return len(re.findall(r"^def instance\d+\(", path.read_text(), re.M))


def run(args, path, folder):
    """None, or what went wrong."""
    import interop
    source = args.source
    count = max(2, instances_of(path))
    options = ["--loss", args.loss] if args.loss else []
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", str(count), *options) as ether:
        command = [sys.executable, "run-multitests.py"]
        for hci in ether.hci:
            command += ["-i", f"exec:{args.program},WOAD_HCI={hci},MICROPYPATH=.frozen:../extmod,"
                              f"WOAD_TEST_DIR={folder}"]
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
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "micropython")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.environ.setdefault("WOAD", str(ROOT / "build" / "woad"))
    args.source = args.build / "micropython"
    args.program = args.build / f"model{args.model}" / "micropython"
    named = args.tests or UPSTREAM + sorted(
        str(p) for p in (ROOT / "tests" / "micropython" / "multi").glob("*.py"))
    failed = 0
    for turn in range(args.repeat):
        for name in named:
            path = pathlib.Path(name)
            if not path.is_file():
                path = args.source / "tests" / "multi_bluetooth" / f"{name}.py"
            with tempfile.TemporaryDirectory(prefix="woad-mpy-") as folder:
                why = run(args, path, folder)
            failed += why is not None
            label = f"model{args.model}/{path.stem}"
            print(f"failed {label}: {why}" if why else f"passed {label}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
