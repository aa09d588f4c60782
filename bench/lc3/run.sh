#!/bin/sh
# Instructions per frame of the LC3 codec, on emulated cores and on this machine.
#
#   run.sh [-c CORE] [-l LIBLC3_SOURCE] [-O LEVEL] [-w WORK_DIR]
#
# CORE: m33, m0plus, rv32, host (this machine, counted by callgrind) or all (default), which leaves
# out the cores whose compiler or emulator is missing. With -l, the same for liblc3 from its
# unpacked source; -l debian: from the Debian source package. On this machine liblc3 is the one
# that is installed, of the same package. Prints one line per case:
#   core codec op rate_hz frame_us bitrate average maximum checksum stack
# Debian packages: those of scripts/setup.sh bench.
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
cores="m33 m0plus rv32 host"
liblc3=
level=
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
    "$root/scripts/debian_source.sh" liblc3 trixie "${liblc3%/*}" || {
        echo "run.sh: the emulated cores go without liblc3" >&2
        liblc3=none
    }
fi
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
mkdir -p "$work/all" # with samples for every case
if [ ! -f "$work/all/input.h" ] || [ "$here/gen_input.c" -nt "$work/all/input.h" ]; then
    cc -O1 "$here/gen_input.c" -llc3 -lm -o "$work/gen_input"
    "$work/gen_input" >"$work/input.h"
    "$work/gen_input" all >"$work/all/input.h"
fi

# Whether these programs exist; 3 when they were asked for by name.
have() { # core program...
    core=$1
    shift
    for program in "$@"; do
        command -v "$program" >/dev/null && continue
        echo "run.sh: $core needs $program; scripts/setup.sh bench installs it" >&2
        [ "$cores" != "$core" ] || exit 3
        return 1
    done
}

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
    *) echo "run.sh: unknown core $1" >&2; exit 2 ;;
    esac
    have "$1" "$cc" "${machine%% *}" || return 0
    case $2 in
    woad) sources="$root/src/lc3/*.c"; flags="$flags -std=c11 -I$root/include -I$root/src/lc3" ;;
    liblc3) sources="$liblc3/src/*.c"; flags="$flags -std=gnu11 -DLIBLC3 -I$liblc3/include" ;;
    esac
    # shellcheck disable=SC2086
    $cc $flags ${level:--O2} -ffunction-sections -fdata-sections -I"$work" -I"$here" $libs -nostartfiles \
        $link -Wl,--gc-sections "$here/target.c" "$here/$port" $sources -lm \
        -o "$work/$1-$2.elf"
    $machine -nographic -monitor none -serial none -icount shift=0 \
        -semihosting-config enable=on,target=native,chardev=out -chardev stdio,id=out \
        -kernel "$work/$1-$2.elf" </dev/null | sed "s/^/$1 $2 /"
}

# Each call's instructions from callgrind's dumps, put in place of average and maximum. The library
# is compiled as CMake does it on x86-64.
count_host() { # codec
    have host cc valgrind || return 0
    binary=$work/host-$1 counts=$work/counts-$1
    case $1 in
    woad) name=woad_lc3; sources="$root/src/lc3/*.c" flags="-I$root/include -I$root/src/lc3" ;;
    liblc3) name=lc3; sources=; flags="-DLIBLC3" ;;
    esac
    # shellcheck disable=SC2086
    cc -std=gnu11 ${level:--O3} -DPORT_HOST=1 -I"$work/all" -I"$here" $flags "$here/target.c" \
        "$here/port_host.c" $sources -llc3 -lm -o "$binary"
    LD_BIND_NOW=1 valgrind --tool=callgrind --callgrind-out-file="$counts" --combine-dumps=yes \
        --dump-line=no --zero-before=${name}_decode --dump-after=${name}_decode \
        --zero-before=${name}_encode --dump-after=${name}_encode "$binary" \
        >"$work/cases" 2>"$work/log" || { tail "$work/log" >&2; exit 1; }
    awk -v codec="$1" '
        FNR == NR { name[cases++] = $1 " " $2 " " $3 " " $4; check[cases - 1] = $7; next }
        /^desc: Trigger: --dump-after/ { call = 1 }
        /^totals:/ && call { list[calls++] = $2; call = 0 }
        END {
            each = calls / cases
            for (i = 0; i < cases; i++) {
                sum = most = 0
                for (k = i * each; k < (i + 1) * each; k++) {
                    sum += list[k]
                    if (list[k] > most) most = list[k]
                }
                print "host", codec, name[i], int(sum / each), most, check[i], 0
            }
        }' "$work/cases" "$counts"
    rm "$counts"
}

for core in $cores; do
    if [ "$core" = host ]; then
        count_host woad
        [ -z "$liblc3" ] || count_host liblc3
        continue
    fi
    build_and_run "$core" woad
    [ -z "$liblc3" ] || [ "$liblc3" = none ] || build_and_run "$core" liblc3
done
