#!/bin/sh
# Installs the Debian and PyPI packages that a target needs, only those that are missing.
#
#     scripts/setup.sh GROUP...        groups: build test matrix fuzz size bench format interop micropython
#
# Works as root or through sudo. Without either it prints the command to hand to somebody who may.
set -eu
cd "$(dirname "$0")/.."

packages_of() {
    case $1 in
    build) echo gcc libc6-dev make cmake ninja-build pkg-config libmbedtls-dev libuv1-dev liblc3-dev \
        libjson-c-dev libsqlite3-dev libedit-dev ;;
    test) echo libcmocka-dev python3 tshark bluez valgrind git ca-certificates liblc3-tools ;;
    interop) echo python3 python3-venv ca-certificates ;;
    matrix) echo ccache clang libclang-rt-14-dev gcc-multilib qemu-user binutils-s390x-linux-gnu \
        libc6-dev-s390x-cross libgcc-12-dev-s390x-cross ;;
    fuzz) echo clang llvm libclang-rt-14-dev ;;
    size) echo gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf \
        picolibc-riscv64-unknown-elf qemu-user python3 ;;
    bench) echo valgrind python3 gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf \
        picolibc-riscv64-unknown-elf qemu-system-arm qemu-system-misc ;;
    micropython) echo gcc libc6-dev make libmbedtls-dev python3 xz-utils debian-archive-keyring ;;
    format) echo clang-format git ;;
    *)
        echo "setup.sh: no group '$1' (build test matrix fuzz size bench format interop micropython)" >&2
        exit 2
        ;;
    esac
}

# Every group but format builds something.
wanted=
for group in "$@"; do
    wanted="$wanted $(packages_of "$group")"
    [ "$group" = format ] || wanted="$wanted $(packages_of build)"
done

missing=
for p in $(printf '%s\n' $wanted | sort -u); do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $p"
done

log=build/setup.log
mkdir -p build

# Runs a command with its output in the log; on failure shows the log's end.
logged() {
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        echo "setup: '$*' failed; the end of $log:" >&2
        tail -n 20 "$log" >&2
        return 1
    fi
}

# Percentages from apt's status lines, on a terminal only.
progress() {
    while IFS=: read -r kind _ percent _; do
        case $kind in
        dlstatus) printf '\r  downloading %3.0f %%  ' "$percent" ;;
        pmstatus) printf '\r  installing  %3.0f %%  ' "$percent" ;;
        esac
    done
    printf '\r                      \r'
}

install_packages() {
    options="-y -q --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120"
    if [ -t 1 ]; then
        # The install's own status is kept in a file: a pipeline would hide it.
        { $as_root env DEBIAN_FRONTEND=noninteractive apt-get $options -o APT::Status-Fd=3 \
            install $missing 3>&1 >>"$log" 2>&1 </dev/null || echo failed >build/setup.failed; } |
            progress
        [ ! -e build/setup.failed ] || { rm build/setup.failed; tail -n 20 "$log" >&2; return 1; }
    else
        logged $as_root env DEBIAN_FRONTEND=noninteractive apt-get $options install $missing
    fi
}

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "setup: this is not Debian; install the equivalents of:$missing" >&2
        exit 0
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: packages are missing and there is neither root nor sudo. Ask for:" >&2
            echo "    apt-get update && apt-get install$missing" >&2
            exit 1
        fi
        as_root=sudo
        [ -t 0 ] || as_root="sudo -n"
    fi
    echo "setup: installing $(echo $missing | wc -w) Debian packages:$missing"
    # A repository that cannot be reached matters only when the installation needs it.
    logged $as_root apt-get -q update || true
    install_packages
    echo "setup: done"
fi

# Bumble, a Bluetooth stack by others, is the peer of the interoperability tests.
for group in "$@"; do
    [ "$group" = interop ] || continue
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import bumble' 2>/dev/null; then
        echo "setup: installing Bumble into .venv"
        logged python3 -m venv --clear .venv
        logged .venv/bin/pip install --quiet -r tests/interop/requirements.txt
    fi
done
