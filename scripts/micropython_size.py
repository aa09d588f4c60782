#!/usr/bin/env python3
"""Flash and memory of MicroPython's bluetooth module on a Cortex-M4.

    micropython_size.py [--docs]        after scripts/micropython.sh build

text: the module, MicroPython's modbluetooth.c and everything of woad that they reach, compiled by
tests/micropython/port with -Os and --gc-sections; without the interpreter, the board's pump and transport, the
C library and Mbed TLS. memory: what the module takes for a host, run under qemu-arm, with one link and one
channel more and less than the defaults. --docs puts the table into docs/micropython.md.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MICROPYTHON = ROOT / "build" / "micropython"
BUILD = ROOT / "build" / "size" / "micropython"
GCC = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-Os", "-DNDEBUG", "-std=gnu11", "-ffunction-sections",
       "-fdata-sections"]
# What is not there is never called: the interpreter, the pump, the cryptography.
LINK = ["-nostartfiles", "-static", "-Wl,--gc-sections", "-Wl,--unresolved-symbols=ignore-all",
        "-Wl,--no-warn-mismatch"]
PARTS = {"the module": r"bindings/micropython/", "MicroPython's modbluetooth.c": r"extmod/modbluetooth",
         "GAP, L2CAP, GATT, SMP and HCI of the host": r"src/host/", "cryptography (the wrapper)": r"src/crypto/",
         "the rest of woad": r"(src/(base|hci)|kernel|transport|store)/"}
DEFAULTS = {"CONNS": 8, "CHANS": 16, "CHAN_RX": 32768, "BONDS": 8}
BEGIN, END = "<!-- sizes: written by scripts/micropython_size.py --docs -->", "<!-- end of sizes -->"


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"micropython_size: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def build():
    run("cmake", "-S", ROOT / "tests/micropython/port", "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=MinSizeRel",
        "--toolchain", ROOT / "cmake/toolchains/cortex-m4.cmake", f"-DMICROPYTHON={MICROPYTHON}/micropython",
        f"-DGENHDR={MICROPYTHON}/port")
    run("cmake", "--build", BUILD)
    return [str(p) for p in BUILD.rglob("*.obj")]


def text(objects):
    """{part: octets of code and constants} of what the two modules reach."""
    image = BUILD / "image"
    run(*GCC, *LINK, "-Wl,--entry=mp_module_bluetooth", "-Wl,--undefined=woad_module", f"-Wl,-Map={image}.map",
        "-o", image, *objects, "-lgcc")
    kept = (BUILD / "image.map").read_text().split("Linker script and memory map", 1)[1]
    kept = re.sub(r"\n\s+(0x[0-9a-f]+\s+0x[0-9a-f]+ )", r" \1", kept)
    sizes = dict.fromkeys(PARTS, 0)
    for m in re.finditer(r"^ \.(?:text|rodata)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", kept, re.M):
        for part, pattern in PARTS.items():
            if re.search(pattern, m.group(2).removeprefix(str(BUILD))):
                sizes[part] += int(m.group(1), 16)
                break
    return sizes


def memory(objects, **limits):
    """{name: octets} of a host opened with these limits."""
    values = DEFAULTS | limits
    image = BUILD / "ram"
    port = ROOT / "tests/micropython/port"
    core = [o for o in objects if not re.search(r"extmod/modbluetooth|bindings/micropython/", o)]
    include = [f"-I{p}" for p in (MICROPYTHON / "micropython", MICROPYTHON / "port", port / "bare", ROOT / "include",
                                  ROOT / "bindings/micropython")]
    run(*GCC, *LINK, *include, *(f"-DWOAD_MPY_{k}={v}" for k, v in values.items()), "-include",
        ROOT / "bindings/micropython/woad_config.h", port / "ram.c",
        *(p for p in (ROOT / "bindings/micropython").glob("*.c") if p.name != "pump_unix.c"), *core,
        "-Wl,--entry=_start", "-o", image)
    return {name: int(octets) for name, octets in
            (line.split("|") for line in run("qemu-arm", "-cpu", "max", image).splitlines())}


def table(objects):
    sizes = text(objects)
    all_of_it = memory(objects)
    less = memory(objects, CONNS=7)
    channel = all_of_it["host"] - memory(objects, CHANS=15)["host"]
    small = memory(objects, CONNS=1, CHANS=2, CHAN_RX=4096, BONDS=2)
    rows = [(f"text: {part}", octets) for part, octets in sizes.items()]
    rows += [("**text in all**", sum(sizes.values())),
             ("memory of a link", all_of_it["host"] - less["host"] + all_of_it["link"]),
             ("memory of a channel", channel + all_of_it["channel"]),
             ("of that, receive memory (`WOAD_MPY_CHAN_RX`)", DEFAULTS["CHAN_RX"]),
             ("memory in all: 8 links, 16 channels, 8 bonds", all_of_it["host"] + all_of_it["module"]),
             ("memory in all: 1 link, 2 channels of 4 KiB, 2 bonds", small["host"] + small["module"])]
    return "\n".join(["| Cortex-M4 | octets |", "|---|---|"] + [f"| {name} | {octets:,} |" for name, octets in rows])


def main():
    os.environ.setdefault("CCACHE_BASEDIR", "")
    result = table(build())
    print(result)
    if "--docs" in sys.argv[1:]:
        page = ROOT / "docs" / "micropython.md"
        before, rest = page.read_text().split(BEGIN)
        page.write_text(f"{before}{BEGIN}\n{result}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
