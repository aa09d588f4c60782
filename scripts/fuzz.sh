#!/bin/bash
# The fuzz targets, with libFuzzer under ASan and UBSan.
#
#     scripts/fuzz.sh run SECONDS [TARGET...]    all targets, in SECONDS altogether
#     scripts/fuzz.sh merge [TARGET...]          minimises what was found into fuzz/corpus
#
# A target starts from fuzz/corpus/NAME and keeps what it finds in build/fuzz/corpus/NAME. Prints
# "passed NAME" or "failed NAME: the command that repeats it"; exit 1 when one failed.
set -eu
cd "$(dirname "$0")/.."
build=build/fuzz
action=${1:-}
shift || true

build_targets() {
    cmake -S . -B $build -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DWOAD_FUZZ=ON -DWOAD_TESTS=OFF -DWOAD_TOOLS=OFF \
        -DWOAD_SANITIZE=address,undefined >$build/configure.log
    cmake --build $build >$build/build.log || { tail -n 30 $build/build.log; exit 1; }
}

fuzz_one() { # NAME SECONDS
    local name=$1 program=$build/bin/$1_fuzz
    local new=$build/corpus/$1 log=$build/$1.log dict=
    mkdir -p "$new" $build/found
    [ ! -f "fuzz/$name.dict" ] || dict=-dict=fuzz/$name.dict
    local kept=
    [ ! -d "fuzz/corpus/$name" ] || kept=fuzz/corpus/$name
    if "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 $dict \
        -artifact_prefix="$build/found/$name-" "$new" $kept >"$log" 2>&1; then
        echo "passed $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
    else
        grep -m 1 -E 'SUMMARY|ERROR' "$log" || tail -n 3 "$log"
        echo "failed $name: $program $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    fi
}

mkdir -p $build
case $action in
run)
    seconds=${1:?usage: scripts/fuzz.sh run SECONDS [TARGET...]}
    shift
    build_targets
    ;;
merge) build_targets ;;
one) fuzz_one "$@"; exit 0 ;;
*) sed -n '2,8s/^# \?//p' "$0"; exit 2 ;;
esac

targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for source in fuzz/*_fuzz.c; do
        [ -e "$source" ] || continue
        source=${source##*/}
        targets+=("${source%_fuzz.c}")
    done
fi
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target in fuzz/"; exit 1; }

if [ "$action" = merge ]; then
    for name in "${targets[@]}"; do
        mkdir -p "fuzz/corpus/$name" "$build/corpus/$name"
        # the fewest files that reach every edge; how often each is passed does not count
        "$build/bin/${name}_fuzz" -set_cover_merge=1 -use_counters=0 \
            "fuzz/corpus/$name" "$build/corpus/$name" \
            >"$build/$name-merge.log" 2>&1
        echo "$name: $(find "fuzz/corpus/$name" -type f | wc -l) files"
    done
    exit 0
fi

jobs=$(nproc)
each=$((seconds * jobs / ${#targets[@]}))
[ $each -gt 0 ] || each=1
echo "${#targets[@]} targets, $each s each, $jobs at a time"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} "$0" one {} $each | tee $build/result.txt
! grep -q '^failed' $build/result.txt
