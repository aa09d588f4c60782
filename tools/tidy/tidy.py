#!/usr/bin/env python3
"""The lint of the source tree: rules that a compiler does not check. Run as tests.

    tidy.py [--root DIR] [--build DIR] [CHECK...]      all checks by default; --list names them

Each finding is one line "file:line: what is wrong and what to do". Exit 1 when there is one.
"""
import argparse
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys

# Layers that run on bare metal: nothing of an operating system.
CORE = set("base crypto hci radio ll host services lc3 mesh audio transport_core".split())

# Freestanding C and string.h; nothing that needs an operating system or does input and output.
CORE_SYSTEM_HEADERS = set(
    "stdint.h stddef.h stdbool.h stdalign.h stdarg.h stdatomic.h limits.h string.h assert.h "
    "emmintrin.h".split())  # the last is the compiler's own
CRYPTO_SYSTEM_HEADERS = re.compile(r"(psa|mbedtls)/\w+\.h$")

# What a static library of src/ may leave undefined, beside the functions of other layers.
CORE_UNDEFINED = re.compile(
    r"(mem(cpy|set|move|cmp|chr)|str(len|cmp|ncmp|r?chr)|__(mem|str)\w+_chk|__assert_fail|abort"
    r"|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(u?div|u?mod)\w*i[34]|woad_\w+)$")
CRYPTO_UNDEFINED = re.compile(r"(psa|mbedtls)_\w+$")

FUNCTION_LINES, FUNCTION_MEDIAN, FILE_LINES = 70, 15, 1500
TABLE_MARK = re.compile(r"/\*.*\btidy: table\b")
C_DIRS = ("include", "src", "kernel", "transport", "radio", "sim", "services", "store", "ports",
          "bindings", "tools", "tests", "fuzz", "bench", "examples")
# Paths of a build machine and names of registries say nothing to a reader elsewhere. The parts are
# joined here so that this file passes its own check.
FORBIDDEN = re.compile("|".join([
    r"(?<![\w.~$}-])/(wor" + r"k|hom" + r"e|roo" + r"t|User" + r"s)/\w",
    r"\b(deb\.debian|pypi|pythonhosted|snapshot\.debian)\." + r"org\b",
    r"\b(crates|registry\.npmjs|proxy\.golang)\." + r"(io|org)\b",
    r"\bissu" + r"e #?\d+\b",
]))


def read_layers(path):
    """({layer: layers it may include}, {header: its layer}) of cmake/layers.txt."""
    below, layer_of_header = {}, {}
    for line in path.read_text().splitlines() if path.is_file() else []:
        if line and not line.startswith("#"):
            layer, others, headers = (part.strip() for part in line.split("|"))
            below[layer] = set(others.split())
            layer_of_header.update({f"woad/{name}.h": layer for name in headers.split()})
    return below, layer_of_header


class Tree:
    def __init__(self, root, build):
        self.root, self.build = root, build
        self.below, self.layer_of_header = read_layers(root / "cmake" / "layers.txt")
        self.files = sorted(self._files())

    def _files(self):
        listed = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=False)
        if listed.returncode == 0 and (self.root / ".git").exists():
            names = [pathlib.Path(n) for n in listed.stdout.decode().split("\0") if n]
        else:
            names = [p.relative_to(self.root) for p in self.root.rglob("*") if p.is_file()]
            names = [n for n in names if not n.parts[0].startswith(("build", ".git", ".venv"))]
        return [n for n in names if (self.root / n).is_file()]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def c_files(self, *dirs):
        dirs = dirs or C_DIRS
        return [f for f in self.files if f.suffix in (".c", ".h") and f.parts[0] in dirs]

    def layer(self, name):
        """The layer of a file, or None for what stands above all layers."""
        if name.parts[0] == "include":
            return self.layer_of_header.get(f"woad/{name.name}")
        if name.parts[0] == "src":
            return name.parts[1]
        if name.parts[:2] == ("transport", "core"):
            return "transport_core"
        return name.parts[0] if name.parts[0] in self.below else None


def includes(text):
    """Yields (line, True for <...>, path)."""
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
        yield text.count("\n", 0, m.start()) + 1, m.group(1) == "<", m.group(2)


def blank_comments(text):
    """The text without comments and the insides of strings, with the same lines."""
    def blank(m):
        return m.group(0)[0] + "\n" * m.group(0).count("\n") if m.group(0)[0] != "/" else \
            "\n" * m.group(0).count("\n") or " "
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def check_layers(tree):
    """A layer includes only what is below it."""
    for f in tree.c_files("include", "src", "services", "kernel", "transport", "radio", "sim"):
        layer = tree.layer(f)
        if layer not in tree.below:
            if f.parts[0] in ("include", "src"):
                yield f, 1, "of no layer that cmake/layers.txt knows; add it there"
            continue
        allowed = tree.below[layer] | {layer}
        for line, system, path in includes(tree.text(f)):
            if system:
                continue
            other = tree.layer_of_header.get(path)
            if path.startswith("woad/") and other is None:
                yield f, line, f"{path} is in no layer of cmake/layers.txt"
            elif other is not None and other not in allowed:
                yield f, line, f"{layer} may not include {path}, of layer {other}"
            elif other is None and f.parts[0] == "include":
                yield f, line, f"a public header includes a private one, {path}"
            elif path.split("/")[0] in CORE - allowed:
                yield f, line, f"{layer} may not include {path}"


def check_os_headers(tree):
    """No operating system and no libc input and output in src/ or in the headers it serves."""
    for f in tree.c_files("src", "services", "include", "transport"):
        layer = tree.layer(f)
        if layer not in CORE:
            continue
        for line, system, path in includes(tree.text(f)):
            if not system or path in CORE_SYSTEM_HEADERS:
                continue
            if layer == "crypto" and f.parts[0] == "src" and CRYPTO_SYSTEM_HEADERS.match(path):
                continue
            yield f, line, f"<{path}> is not for the core"


def archives(tree):
    found = {}
    for a in sorted(tree.build.rglob("libwoad_*.a")):
        layer = a.stem[len("libwoad_"):]
        if layer in CORE and "matrix" not in a.relative_to(tree.build).parts:
            found[layer] = a
    return found


def objdump(arguments, archive):
    tool = os.environ.get("WOAD_OBJDUMP", "objdump")
    return subprocess.run([tool, *arguments, archive], capture_output=True, check=True,
                          text=True).stdout


def is_mutable(section):
    return bool(re.match(r"\.(data|bss|tdata|tbss|sdata|sbss)\b", section) or "COM" in section) \
        and not section.startswith(".data.rel.ro")


def mutable_symbols(archive):
    """(member, symbol, section, size) of each object that can be written and outlives a call."""
    member = "?"
    for line in objdump(["-t"], archive).splitlines():
        if re.match(r"\S+:\s+file format", line):
            member = line.split(":")[0]
        m = re.match(r"^[0-9a-f]+ .{7} (\S+)\t([0-9a-f]+)\s+(.*)$", line)
        if m and is_mutable(m.group(1)) and m.group(3) != m.group(1):
            yield member, m.group(3).split()[-1], m.group(1), int(m.group(2), 16)


def check_static_data(tree):
    """No mutable static data in the libraries of src/: data and bss are zero."""
    if not archives(tree):
        yield tree.build, 0, "no library libwoad_*.a here; build first"
    for layer, archive in archives(tree).items():
        size, member, named = 0, "?", list(mutable_symbols(archive))
        for m in re.finditer(r"^\s*\d+ (\S+)\s+([0-9a-f]{8,16})\s", objdump(["-h"], archive), re.M):
            size += int(m.group(2), 16) if is_mutable(m.group(1)) else 0
        for member, symbol, section, octets in named:
            yield archive.name, 0, f"{member}: {symbol} ({octets} octets in {section}) is mutable"
        if size and not named:
            yield archive.name, 0, f"{size} octets of data or bss in layer {layer}"


def check_symbols(tree):
    """The libraries of src/ call nothing but each other, memory and string functions, and PSA."""
    for layer, archive in archives(tree).items():
        out = subprocess.run(["nm", archive], capture_output=True, check=True, text=True).stdout
        own = set(re.findall(r"^[0-9a-f]+ [A-Z] (\S+)$", out, re.M))
        for symbol in sorted(set(re.findall(r"^\s+[Uw] (\S+)$", out, re.M)) - own):
            allowed = CORE_UNDEFINED.match(symbol) or \
                (layer == "crypto" and CRYPTO_UNDEFINED.match(symbol))
            if not allowed and not symbol.startswith(("__asan", "__ubsan", "__tsan")):
                yield archive.name, 0, f"layer {layer} calls {symbol}"


def check_prefix(tree):
    """What the libraries export begins with woad_: they share a program with others' names."""
    for archive in archives(tree).values():
        out = subprocess.run(["nm", "--defined-only", "-g", archive], capture_output=True, check=True,
                             text=True).stdout
        for symbol in re.findall(r"^[0-9a-f]+ [A-Z] (\S+)$", out, re.M):
            if not symbol.startswith(("woad_", "__")):
                yield archive.name, 0, f"exports {symbol}, which does not begin with woad_"


def functions(text):
    """Yields (first line, name, lines) of each function, by the house layout: braces in column 0."""
    lines = blank_comments(text).split("\n")
    for i, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = i
        while first > 0 and lines[first - 1].strip() and \
                not re.search(r"[;}]\s*$|^\s*#", lines[first - 1]):
            first -= 1
        last = next((j for j in range(i, len(lines)) if lines[j].rstrip() == "}"), i)
        head = re.search(r"(\w+)\s*\(", " ".join(lines[first:i]))
        if head:
            yield first + 1, head.group(1), last - first + 1


def check_length(tree):
    """Functions of at most 70 lines, half of src/ of at most 15; files of at most 1500 lines."""
    core = []
    for f in tree.c_files():
        text = tree.text(f)
        count = text.count("\n")
        if count > FILE_LINES and not TABLE_MARK.search("\n".join(text.split("\n")[:40])):
            yield f, 1, f"{count} lines; split it (limit {FILE_LINES}; 'tidy: table' marks tables)"
        for line, name, lines in functions(text):
            if f.parts[0] == "src":
                core.append(lines)
            if lines > FUNCTION_LINES:
                yield f, line, f"{name}() has {lines} lines (limit {FUNCTION_LINES})"
    if core and statistics.median(core) > FUNCTION_MEDIAN:
        yield "src", 0, f"the median function has {statistics.median(core)} lines (limit 15)"


def check_words(tree):
    """No paths of one machine, no registry hosts; text files are plain."""
    for f in tree.files:
        if f.parts[0] == "fuzz" and "corpus" in f.parts:
            continue
        data = (tree.root / f).read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            m = FORBIDDEN.search(line)
            if m:
                yield f, number, f"'{m.group(0)}' does not belong in the project"
            if line.endswith("\r"):
                yield f, number, "line ends in CR"
            elif f.suffix in (".c", ".h", ".py", ".sh", ".cmake") and re.search(r"\s$", line):
                yield f, number, "white space at the end of the line"


def compile_c(tree, source, what):
    """The compiler's first error for a C text, or None."""
    command = shlex.split(os.environ.get("CC", "cc")) + [
        "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
        "-Wstrict-prototypes", "-Werror", "-fsyntax-only", "-x", "c", "-I", tree.root / "include", "-"]
    run = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if run.returncode:
        errors = [l for l in run.stderr.splitlines() if "error:" in l] or run.stderr.splitlines()
        return f"{what}: {errors[0]}"
    return None


def check_headers(tree):
    """Every public header compiles alone, and twice."""
    for f in tree.c_files("include"):
        include = f'#include "{f.relative_to("include")}"\n'
        error = compile_c(tree, include * 2 + "extern int unused;\n", "alone")
        if error:
            yield f, 1, error


def c_blocks(text):
    """Yields (line, program) for each fenced block of C that has a main()."""
    for m in re.finditer(r"^```c\n(.*?)^```", text, re.M | re.S):
        if re.search(r"\bmain\s*\(", m.group(1)):
            yield text.count("\n", 0, m.start()) + 2, m.group(1)


def check_examples(tree):
    """Every program in the documentation compiles, and is one of examples/ when it names itself."""
    for f in tree.files:
        if f.suffix != ".md":
            continue
        for line, program in c_blocks(tree.text(f)):
            named = re.match(r"/\* (examples/\w+\.c)", program)
            if named and (tree.root / named.group(1)).is_file():
                if tree.text(named.group(1)) != program:
                    yield f, line, f"differs from {named.group(1)}"
                continue
            error = compile_c(tree, program, "example")
            if error:
                yield f, line, error


def check_links(tree):
    """Every relative link in the documentation leads to a file."""
    for f in tree.files:
        if f.suffix != ".md":
            continue
        text = tree.text(f)
        for m in re.finditer(r"\]\(([^)#:]+)(#[^)]*)?\)", text):
            if not (tree.root / f.parent / m.group(1)).exists():
                yield f, text.count("\n", 0, m.start()) + 1, f"link to nothing: {m.group(1)}"


def check_citations(tree):
    """Every test that the documentation names in back quotes exists: `a_test`, `a_test: name`."""
    programs = {f.stem: f for f in tree.files if re.search(r"_(test|fuzz)$", f.stem)}
    for f in tree.files:
        if f.suffix != ".md":
            continue
        text, program = tree.text(f), None
        for m in re.finditer(r"`(\w+_(?:test|fuzz))(?:: (\w+))?`|, `(?!\w+_(?:test|fuzz)\b)(\w+)`", text):
            if m.group(1):
                program = programs.get(m.group(1))
            case = m.group(2) or m.group(3)
            where = f, text.count("\n", 0, m.start()) + 1
            if m.group(1) and not program:
                yield *where, f"no test or fuzz target {m.group(1)}"
            elif case and program and not re.search(rf"\b{case}\b", tree.text(program)):
                yield *where, f"{program.stem} has no {case}"


CHECKS = {name[len("check_"):].replace("_", "-"): function
          for name, function in sorted(globals().items()) if name.startswith("check_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="name the checks")
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    args = parser.parse_args()
    if args.list:
        for name, function in CHECKS.items():
            print(f"{name:<14}{function.__doc__}")
        return 0
    unknown = set(args.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no check {', '.join(sorted(unknown))}; --list names them")
    tree = Tree(args.root.resolve(), (args.build or args.root / "build").resolve())
    findings = 0
    for name in args.checks or CHECKS:
        for where, line, what in CHECKS[name](tree):
            print(f"{where}{':' + str(line) if line else ''}: {what} [{name}]")
            findings += 1
    print(f"{findings} findings" if findings else "tidy")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
