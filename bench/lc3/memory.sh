#!/bin/sh
# Memory of the LC3 codec on Cortex-M33 without FPU, as the tables of docs/lc3.md.
# Debian packages: gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc="arm-none-eabi-gcc -std=c11 -mcpu=cortex-m33+nofp -mthumb -ffunction-sections -fdata-sections
    -I$root/include -I$root/src/lc3 -I$here"

# Linked, unused parts dropped; memcpy and the like are the C library's.
flash() { # name rates durations encoder
    for level in -Os -O2; do
        # shellcheck disable=SC2086
        $cc $level -DWOAD_LC3_RATES="$2" -DWOAD_LC3_DURATIONS="$3" -DWOAD_LC3_ENCODER="$4" \
            "$here/flash.c" "$root"/src/lc3/*.c -nostartfiles -Wl,--gc-sections,-e,start \
            -o "$work/flash.elf"
        arm-none-eabi-size "$work/flash.elf" | awk -v l="$level" 'NR == 2 {print l, $1, $2}'
    done | awk -v name="$1" '{text[NR] = $2; data = $3}
        END {printf "| %s | %d | %d | %d |\n", name, text[1], text[2], data}'
}

echo "| linked, octets | -Os | -O2 | data |"
echo "|---|---|---|---|"
flash "decoder, all rates and durations" 31 3 0
flash "decoder, 48 kHz 10 ms" 16 2 0
flash "decoder, 24 kHz 10 ms" 4 2 0
flash "decoder, 16 kHz 10 ms" 2 2 0
flash "both, all rates and durations" 31 3 1
flash "both, 48 kHz 10 ms" 16 2 1

mkdir "$work/objects"
# shellcheck disable=SC2086
(cd "$work/objects" && $cc -O2 -c "$root"/src/lc3/*.c)
echo
echo "Undefined symbols outside the library (no float helper, no 64-bit division):"
arm-none-eabi-nm -u "$work"/objects/*.o | awk '/ U / && $2 !~ /^woad_/ {print $2}' | sort -u |
    tr '\n' ' '
echo
echo
echo "static data and bss, octets: $(arm-none-eabi-size "$work"/objects/*.o |
    awk 'NR > 1 {data += $2; bss += $3} END {print data + 0, bss + 0}')"

printf '#include <stddef.h>\nstruct bench_case {unsigned rate_hz, frame_us, octets, samples, frames;
const unsigned char *data; const short *pcm;};\nstatic const struct bench_case bench_cases[1];\n' \
    >"$work/input.h"
# shellcheck disable=SC2086
$cc -O2 -I"$work" -DMEMORY_ONLY -nostartfiles -Wl,--defsym=ROM=0x10000000,--defsym=RAM=0x38000000 \
    -T "$here/arm.ld" "$here/target.c" "$here/port_arm.c" "$root"/src/lc3/*.c -Wl,--gc-sections \
    -o "$work/memory.elf"
echo
echo "| rate, frame | decoder state | decoder scratch | encoder state | encoder scratch |"
echo "|---|---|---|---|---|"
qemu-system-arm -M mps2-an505 -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native,chardev=out -chardev stdio,id=out \
    -kernel "$work/memory.elf" </dev/null |
    awk '{printf "| %g kHz, %g ms | %d | %d | %d | %d |\n", $2 / 1000, $3 / 1000, $4, $5, $6, $7}'
