#!/bin/sh
# MicroPython's unix port with its bluetooth module on woad.
#
#     scripts/micropython.sh build [MODEL...]     build/micropython/modelN/micropython; 0 by default
#     scripts/micropython.sh repl                 a prompt in a fresh simulated world
#     scripts/micropython.sh test [MODEL...]      upstream's multitests and ours; 0 by default
#
# MODEL: 0 cooperative, 1 a thread for HCI, 2 threaded (docs/micropython.md). The source is Debian's
# package, unchanged. CC names the compiler. WOAD_SANITIZE=address,undefined (which looks for leaks too) or thread:
# the module and woad, not the interpreter, under sanitizers; in folders of their own.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
dir=$top/build/micropython
source=$dir/micropython
cc=${CC:-$(command -v ccache >/dev/null && echo ccache) gcc}
jobs=$(nproc)
sanitize=${WOAD_SANITIZE:-}
suffix=${sanitize:+-$(echo "$sanitize" | tr , -)}

logged() { # NAME COMMAND...
    log=$dir/$1.log
    shift
    if ! "$@" >"$log" 2>&1; then
        echo "micropython: '$*' failed; the end of $log:" >&2
        { grep -m 8 -A 3 -E 'error|undefined' "$log" || tail -n 20 "$log"; } >&2
        return 1
    fi
}

build() { # MODEL...
    mkdir -p "$dir/empty"
    : >"$dir/empty/README.md" # MicroPython looks for one in its library's folder
    scripts/debian_source.sh micropython trixie build/micropython
    # The source lies in woad's tree: without this it would take woad's version for its own.
    version=v$(sed -n 's/.*define MICROPY_VERSION_\(MAJOR\|MINOR\|MICRO\) //p' "$source/py/mpconfig.h" |
        paste -sd. -)
    # First and by itself: variables of the command line would reach it from the port's make.
    logged mpy-cross make -C "$source/mpy-cross" -j "$jobs" CC="$cc"
    for model in "$@"; do
        # One folder for all models: they differ in one file.
        # Objects of other folders are found by the paths in their dependency files: no rewriting.
        logged "model$model$suffix" env CCACHE_BASEDIR= MICROPY_GIT_TAG="$version" make -C "$source/ports/unix" -j "$jobs" CC="$cc" \
            MICROPY_PY_SSL=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_BTREE=0 MICROPY_PY_FFI=0 \
            USER_C_MODULES="$top/bindings" MPY_LIB_DIR="$dir/empty" \
            FROZEN_MANIFEST="$top/bindings/micropython/manifest.py" \
            BUILD="$dir/port$suffix" WOAD_MODEL="$model" WOAD_SANITIZE="$sanitize"
        program=$dir/model$model$suffix/micropython
        mkdir -p "${program%/*}"
        cp -p "$dir/port$suffix/micropython" "$program${sanitize:+.bin}"
        [ -z "$sanitize" ] || sanitized "$program"
    done
}

# MicroPython's runner hands no such options on. One test looks at the size of the process, which grows by the
# memory that is kept after it was freed.
sanitized() { # PROGRAM
    cat >"$1" <<'PROGRAM'
#!/bin/sh
export ASAN_OPTIONS=quarantine_size_mb=1 UBSAN_OPTIONS=print_stacktrace=1 WOAD_GROWTH_KIB=4096
exec "$0.bin" "$@"
PROGRAM
    chmod +x "$1"
}

repl() {
    world=$(mktemp -d)
    trap 'kill $pids 2>/dev/null; wait; rm -rf "$world"' EXIT
    pids=
    build/woad ether --listen "unix:$world/air" --devices 4 --json >"$world/ether.log" 2>&1 &
    pids=$!
    tries=0
    until [ -S "$world/air/dev3.sock" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$world/ether.log" >&2; exit 1; }
        sleep 0.05
    done
    n=1
    for role in heart beacon echo; do
        WOAD_HCI="unix:$world/air/dev$n.sock" "$dir/model0/micropython" \
            "bindings/micropython/examples/$role.py" >"$world/$role.log" 2>&1 &
        pids="$pids $!"
        n=$((n + 1))
    done
    cat <<TEXT
A world with a heart-rate peripheral ("heart"), a beacon and an echo of L2CAP octets ("echo", PSM 0x80).
For a start (of what is pasted without Ctrl-E before and Ctrl-D behind, MicroPython takes one line):
    import bluetooth; ble = bluetooth.BLE(); ble.active(True)
    ble.irq(lambda e, d: print(e, [bytes(x) if isinstance(x, memoryview) else x for x in d]))
    ble.gap_scan(1000, 30000, 30000)
docs/micropython.md has more. Ctrl-D leaves.
TEXT
    WOAD_HCI="unix:$world/air/dev0.sock" MICROPYPATH=.frozen:bindings/micropython/examples \
        "$dir/model0/micropython" "$@" || true
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
build) build "${@:-0}" ;;
repl)
    build 0
    repl "$@"
    ;;
test)
    build "${@:-0}"
    failed=0
    for model in "${@:-0}"; do
        python3 tests/micropython/multitest.py --model "$model" \
            --program "$dir/model$model$suffix/micropython" || failed=1
    done
    exit $failed
    ;;
*)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
