#!/bin/sh
# Instructions per frame of the LC3 codec on emulated cores.
#
#   run.sh [-c CORE] [-l LIBLC3_SOURCE] [-O LEVEL] [-w WORK_DIR]
#
# CORE: m33, m0plus, rv32 or all (default). With -l, the same for liblc3 from its unpacked source;
# -l debian: from the Debian source package. Prints one line per case:
#   core codec op rate_hz frame_us bitrate average maximum checksum stack
# Debian packages: gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf
# picolibc-riscv64-unknown-elf qemu-system-arm qemu-system-misc liblc3-dev
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
cores="m33 m0plus rv32"
liblc3=
level=-O2
work=
while getopts c:l:O:w: option; do
    case $option in
    c) [ "$OPTARG" = all ] || cores=$OPTARG ;;
    l) liblc3=$OPTARG ;;
    O) level=-O$OPTARG ;;
    w) work=$OPTARG ;;
    *) exit 2 ;;
    esac
done
if [ "$liblc3" = debian ]; then
    liblc3=$root/build/source/liblc3
    "$root/scripts/debian_source.sh" liblc3 trixie "${liblc3%/*}"
fi
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
if [ ! -f "$work/input.h" ] || [ "$here/gen_input.c" -nt "$work/input.h" ]; then
    cc -O1 "$here/gen_input.c" -llc3 -lm -o "$work/gen_input"
    "$work/gen_input" >"$work/input.h"
fi

build_and_run() { # core codec
    case $1 in
    m33) cc=arm-none-eabi-gcc; flags="-mcpu=cortex-m33+nofp -mthumb"; port=port_arm.c; libs=
         link="-Wl,--defsym=ROM=0x10000000,--defsym=RAM=0x38000000 -DNS_PER_TICK=50 -T $here/arm.ld"
         machine="qemu-system-arm -M mps2-an505" ;;
    m0plus) cc=arm-none-eabi-gcc; flags="-mcpu=cortex-m0plus -mthumb"; port=port_arm.c; libs=
         link="-Wl,--defsym=ROM=0,--defsym=RAM=0x20000000 -DNS_PER_TICK=40 -T $here/arm.ld"
         machine="qemu-system-arm -M mps2-an385" ;;
    rv32) cc=riscv64-unknown-elf-gcc; flags="-march=rv32imc -mabi=ilp32 -mcmodel=medany"
         port=port_riscv.c; libs=--specs=picolibc.specs; link="-T $here/riscv.ld"
         machine="qemu-system-riscv32 -M virt -bios none" ;;
    *) echo "unknown core $1" >&2; exit 2 ;;
    esac
    for program in "$cc" "${machine%% *}"; do
        command -v "$program" >/dev/null || {
            echo "run.sh: $1 needs $program; scripts/setup.sh bench installs it" >&2
            exit 3
        }
    done
    case $2 in
    woad) sources="$root/src/lc3/*.c"; flags="$flags -std=c11 -I$root/include -I$root/src/lc3" ;;
    liblc3) sources="$liblc3/src/*.c"; flags="$flags -std=gnu11 -DLIBLC3 -I$liblc3/include" ;;
    esac
    # shellcheck disable=SC2086
    $cc $flags $level -ffunction-sections -fdata-sections -I"$work" -I"$here" $libs -nostartfiles \
        $link -Wl,--gc-sections "$here/target.c" "$here/$port" $sources -lm \
        -o "$work/$1-$2.elf"
    $machine -nographic -monitor none -serial none -icount shift=0 \
        -semihosting-config enable=on,target=native,chardev=out -chardev stdio,id=out \
        -kernel "$work/$1-$2.elf" </dev/null | sed "s/^/$1 $2 /"
}

for core in $cores; do
    build_and_run "$core" woad
    [ -z "$liblc3" ] || build_and_run "$core" liblc3
done
