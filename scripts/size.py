#!/usr/bin/env python3
"""Flash and memory of the core on Cortex-M4 and RV32, by layer.

    size.py [--json] [--check] [--docs] [--target NAME]

objects: the sum over all objects of a layer, an upper bound. linked: what --gc-sections leaves of
each layer with one of the applications in tools/size, which reference the receive path; without C
library, board, and Mbed TLS. memory: the objects of a peripheral's host, placed by the library
itself under user-mode emulation (qemu-arm), which is left out where there is none. --check (and the
tables too) fails when a layer has data or bss, or a program is above its limit. --docs writes
docs/size.md. --target: one of them; exit code 77 when its compiler is not there.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "size"
LAYERS = "base crypto hci host services store ll lc3".split()
TARGETS = {
    "cortex-m4": ("arm-none-eabi-", ["-mcpu=cortex-m4", "-mthumb"]),
    "rv32imac": ("riscv64-unknown-elf-",
                 ["-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs",
                  "-Wl,--defsym=__flash_size=0x1000000", "-Wl,--defsym=__ram_size=0x1000000"]),
}
TOOLCHAINS = {"cortex-m4": "cortex-m4", "rv32imac": "rv32"}
APPS = {"host_peripheral": "host", "host_basic": "host", "host_roles": "host",
        "host_channel": "host", "host_all": "host", "ll_all": "ll"}
KINDS = ("text", "rodata", "data", "bss")
# Octets on Cortex-M4 of what each program has of base, hci and host, text and constants, without
# crypto: what is aimed at, and what is reached and not to be lost again.
LIMITS = {"host_peripheral": (36 * 1024, 36 * 1024), "host_basic": (None, 35000),
          "host_roles": (52 * 1024, 52 * 1024), "host_all": (None, 90000)}
MEMORY_LIMIT = 6 * 1024
# A program may lack these: its board, the C library, the crypto library.
ABSENT = re.compile(r"(board_\w+|mem\w+|str\w+|__\w+|(psa|mbedtls)_\w+|abort)$")


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"size: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def kind_of(section):
    for prefix, kind in ((".text", "text"), (".rodata", "rodata"), (".srodata", "rodata"),
                         (".data", "data"), (".sdata", "data"), (".tdata", "data"),
                         (".bss", "bss"), (".sbss", "bss"), (".tbss", "bss"), ("COMMON", "bss")):
        if section.startswith(prefix):
            return kind
    return None


def build(target):
    folder = BUILD / target
    run("cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=MinSizeRel",
        "--toolchain", ROOT / "cmake" / "toolchains" / f"{TOOLCHAINS[target]}.cmake")
    run("cmake", "--build", folder)
    found = {layer: folder / ("." if layer in ("services", "store") else "src") / layer / f"libwoad_{layer}.a"
             for layer in LAYERS}
    return {layer: archive for layer, archive in found.items() if archive.exists()}


def objects(prefix, archive):
    row = dict.fromkeys(KINDS, 0)
    listing = run(prefix + "objdump", "-h", archive).stdout
    for m in re.finditer(r"^\s*\d+ (\S+)\s+([0-9a-f]{8})\s", listing, re.M):
        kind = kind_of(m.group(1))
        if kind:
            row[kind] += int(m.group(2), 16)
    return row


def link(command):
    """The first link tells what is not there; the second lets it all be one address."""
    first = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    absent = sorted(set(re.findall(r"undefined reference to `(\w+)'", first.stderr)))
    for name in absent:
        if not ABSENT.match(name):
            sys.exit(f"size: {command[-1]} needs {name}, which no layer has")
    run(*command, *(f"-Wl,--defsym={name}=main" for name in absent))


def linked(target, app, archives):
    """{layer: {kind: octets}} of an application's image, from the linker's map."""
    prefix, flags = TARGETS[target]
    image = BUILD / target / app
    command = [prefix + "gcc", *flags, "-Os", "-DNDEBUG", "-std=c11", "-ffunction-sections",
               "-fdata-sections", "-I", ROOT / "include", ROOT / "tools" / "size" / f"{app}.c",
               "-nostdlib", "-nostartfiles", "-static", "-Wl,--gc-sections", "-Wl,--entry=main",
               f"-Wl,-Map={image}.map", "-o", image,
               "-Wl,--start-group", *archives.values(), "-Wl,--end-group", "-lgcc"]
    if app.startswith("ll"):
        command.append("-Wl,--undefined=board_radio_interrupt")
    link(command)
    rows = {}
    kept = (image.parent / f"{app}.map").read_text().split("Linker script and memory map", 1)[1]
    kept = re.sub(r"\n\s+(0x[0-9a-f]+\s+0x[0-9a-f]+ )", r" \1", kept)
    for m in re.finditer(r"^ (\S+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) .*libwoad_(\w+)\.a\(", kept, re.M):
        kind = kind_of(m.group(1))
        if kind:
            rows.setdefault(m.group(3), dict.fromkeys(KINDS, 0))[kind] += int(m.group(2), 16)
    return rows


def host_octets(rows):
    return sum(row["text"] + row["rodata"] for layer, row in rows.items() if layer != "crypto")


def memory(archives):
    """[(object, count, octets)] of tools/size/ram.c; None without an emulator."""
    if not shutil.which("qemu-arm"):
        return None
    prefix, flags = TARGETS["cortex-m4"]
    image = BUILD / "cortex-m4" / "ram"
    command = [prefix + "gcc", *flags, "-Os", "-DNDEBUG", "-std=gnu11", "-I", ROOT / "include",
               "-I", ROOT / "src", "-I", ROOT / "src" / "host", ROOT / "tools" / "size" / "ram.c",
               "-nostartfiles", "-static", "-Wl,--gc-sections", "-Wl,--entry=main", "-o", image,
               "-Wl,--start-group", *archives.values(), "-Wl,--end-group"]
    link(command)
    lines = run("qemu-arm", "-cpu", "max", image).stdout.splitlines()
    return [(name, int(count), int(octets)) for name, count, octets in
            (line.split("|") for line in lines)]


def total(rows):
    return {kind: sum(row[kind] for row in rows.values()) for kind in KINDS}


def measure(targets):
    """The table; and for Cortex-M4 what is compared with limits: {program: octets}, memory."""
    table, octets, objects_in_memory = [], {}, None
    for target in targets:
        archives = build(target)
        parts = {"objects": {layer: objects(TARGETS[target][0], a) for layer, a in archives.items()}}
        for app, needs in APPS.items():
            if needs in archives:
                parts[app] = linked(target, app, archives)
        for part, rows in parts.items():
            for layer, row in {**rows, "total": total(rows)}.items():
                table.append({"target": target, "part": part, "layer": layer, **row})
        if target == "cortex-m4":
            octets = {app: host_octets(parts[app]) for app in APPS if app.startswith("host")
                      and app in parts}
            objects_in_memory = memory(archives) if "host" in archives else None
    return table, octets, objects_in_memory


def show(table):
    heading = None
    for row in table:
        if heading != (row["target"], row["part"]):
            heading = row["target"], row["part"]
            title = "objects" if row["part"] == "objects" else "linked: " + row["part"]
            print(f"\n{row['target']}, {title}")
            print(f"  {'layer':<10}" + "".join(f"{k:>9}" for k in KINDS))
        print(f"  {row['layer']:<10}" + "".join(f"{row[k]:>9}" for k in KINDS))


def show_limits(octets, objects_in_memory):
    if octets:
        print("\ncortex-m4, base and host without crypto, text and rodata")
    for app, size in octets.items():
        aim, limit = LIMITS.get(app, (None, None))
        bars = [f"{word} {bar}" for word, bar in (("aim", aim), ("limit", limit)) if bar]
        print(f"  {app:<60}{size:>9}  {', '.join(bars)}".rstrip())
    if objects_in_memory:
        print("\ncortex-m4, memory of a peripheral: 20 attributes, one link, four bonds")
        for name, count, size in objects_in_memory:
            print(f"  {f'{count} x ' if count > 1 else '    '}{name:<56}{size:>9}")


PAGE = """# Sizes

<!-- Written by scripts/size.py --docs; do not edit. -->

Cortex-M4, arm-none-eabi-gcc, `-Os`, `--gc-sections`, without link-time optimisation, C library, board and cryptography (the
wrapper of `woad/crypto.h` and Mbed TLS behind it). `make size` measures; `scripts/size.py --check` holds the limits.

## Text and constants of a program's host

| program | octets | aim | limit |
|---|---|---|---|
{programs}

`host_peripheral` is a lamp with all that a bonded peripheral needs: start-up and recovery from faults; advertising; links with their
parameters, data length and PHY, which it asks for by itself; flow control of the controller's packets; encryption; signalling and the
update of parameters by the link layer and by L2CAP; ATT with its MTU; the GATT server (discovery, reads of every kind, writes, commands,
notifications, indications, subscriptions kept in the store, Service Changed, services that come and go); pairing by Secure Connections
(Just Works, comparison, passkey shown), keys, four bonds in a store, resolution of private addresses. It has `woad_gatts_basic_part` and
`woad_smp_peripheral_part`: no prepared writes, Database Hash, robust caching, enhanced bearers, legacy pairing, signing, out-of-band
data. `host_basic` is the same on `woad_host_init_basic()`, which leaves data length, PHY and Remote Connection Parameter Request to
controller and central and has no flow control of the controller's packets. `host_roles` is the lamp in all four roles, with prepared
writes, Database Hash and robust caching: it scans, connects, pairs as central too, and is a GATT client that discovers a database and
keeps it, subscribes, reads (long values too) and writes. `host_channel` echoes on an L2CAP channel. `host_all` is the upper bound: it
calls every function of GAP (extended and periodic advertising, privacy, power), L2CAP, GATT server and client, and SMP once, with every
part (`tools/size`).

What a program does not use is not linked: parts that its configuration does not name; and channels, scanning, connecting, the accept
list, commands of its own, the peer's version and features, out-of-band data, texts of faults, which join the host at the first call that
needs them. Prepared writes and caching are named in `struct woad_gatts_cfg` or come with `woad_gatts_part`; legacy pairing and signing
are named in `struct woad_smp_cfg`; `woad_smp_peripheral_part` leaves out a central's half of pairing.

### host_peripheral, by source

| source | octets |
|---|---|
{sources}

## Memory of a peripheral

20 attributes, one link, four bonds, as `tools/size/lamp.h` configures it: placed by the library itself on a 32-bit machine.
Its controller has no Data Length Extension; with PDUs of 251 octets each buffer for data from the controller takes 224 more.

| object | count | octets |
|---|---|---|
{objects}
"""


def by_source(app):
    """[(source, octets)] of base and host in a linked image, the largest first."""
    sizes = {}
    kept = (BUILD / "cortex-m4" / f"{app}.map").read_text().split("Linker script and memory map", 1)[1]
    kept = re.sub(r"\n\s+(0x[0-9a-f]+\s+0x[0-9a-f]+ )", r" \1", kept)
    for m in re.finditer(r"^ (\S+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) .*libwoad_(base|host)\.a\((\w+)\.c",
                         kept, re.M):
        if kind_of(m.group(1)):
            sizes[m.group(4)] = sizes.get(m.group(4), 0) + int(m.group(2), 16)
    return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))


def write_docs(octets, objects_in_memory):
    if not octets or not objects_in_memory:
        sys.exit("size: --docs needs cortex-m4 and qemu-arm")
    page = PAGE.format(
        programs="\n".join(f"| `{app}` | {size:,} | " + " | ".join(
            f"{n:,}" if n else "" for n in LIMITS.get(app, (0, 0))) + " |"
            for app, size in octets.items()),
        sources="\n".join(f"| {name} | {size:,} |" for name, size in by_source("host_peripheral")),
        objects="\n".join(f"| {name} | {count} | {size:,} |"
                          for name, count, size in objects_in_memory))
    (ROOT / "docs" / "size.md").write_text(page)


def above_limits(octets, objects_in_memory):
    for app, size in octets.items():
        if app in LIMITS and size > LIMITS[app][1]:
            yield f"cortex-m4: {app} has {size} octets, the limit is {LIMITS[app][1]}"
    if objects_in_memory and objects_in_memory[-1][2] > MEMORY_LIMIT:
        yield f"cortex-m4: memory {objects_in_memory[-1][2]}, the limit is {MEMORY_LIMIT}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true", help="an array of objects, one per line")
    parser.add_argument("--check", action="store_true", help="only check")
    parser.add_argument("--docs", action="store_true", help="write docs/size.md")
    parser.add_argument("--target", choices=TARGETS, help="only this one")
    args = parser.parse_args()
    targets = [args.target] if args.target else list(TARGETS)
    if args.target and not shutil.which(TARGETS[args.target][0] + "gcc"):
        sys.exit(77)
    table, octets, objects_in_memory = measure(targets)
    if args.json:
        for name, count, size in objects_in_memory or []:
            table.append({"target": "cortex-m4", "part": "memory", "object": name, "count": count,
                          "octets": size})
        print("[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]")
    elif args.docs:
        write_docs(octets, objects_in_memory)
    elif not args.check:
        show(table)
        show_limits(octets, objects_in_memory)
    bad = [r for r in table if r["part"] == "objects" and r["data"] + r["bss"] > 0]
    over = list(above_limits(octets, objects_in_memory))
    for line in over:
        print(line, file=sys.stderr)
    for row in bad:
        print(f"{row['target']}: layer {row['layer']} has {row['data']} octets of data and "
              f"{row['bss']} of bss; the core keeps none", file=sys.stderr)
    return 1 if bad or over else 0


if __name__ == "__main__":
    sys.exit(main())
