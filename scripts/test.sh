#!/bin/bash
# The test runner.    scripts/test.sh [quick|full [STAGE...]]
#
# full runs the build matrix too (scripts/matrix.sh), or those stages of it that are named.
# Each stage is a build of its own that leaves its results in build/results: ctest's JUnit file,
# or lines "passed|failed|skipped name: reason". summary.py adds them up; its last line is
# "N passed, N failed, N skipped", and it fails when anything failed or nothing ran.
#
# A build that fails is a failed test of its stage; the other stages run all the same.
set -u
cd "$(dirname "$0")/.."
source_dir=$PWD
level=${1:-quick}
chosen=" ${*:2} "
jobs=$(nproc)
results=$source_dir/build/results

case $level in
quick) groups="test interop" ;;
full) groups="test interop matrix fuzz size micropython" ;;
*) echo "usage: scripts/test.sh [quick|full [STAGE...]]" >&2; exit 2 ;;
esac
scripts/setup.sh $groups || exit 1
rm -rf "$results"
mkdir -p "$results"

record() { # STAGE passed|failed|skipped NAME [REASON]
    echo "$2 $3${4:+: $4}" >>"$results/$1.txt"
}

# Runs a step with its output in a log, shown only when the step fails.
step() { # STAGE NAME COMMAND...
    local stage=$1 name=$2 log=$results/$1-$2.log
    shift 2
    if "$@" >"$log" 2>&1; then
        return 0
    fi
    echo "--- $stage: $name failed (build/results/$stage-$name.log):"
    { grep -m 12 -A 3 -iE '(error|undefined reference)\b' "$log" || tail -n 20 "$log"; } | head -n 40
    record "$stage" failed "$name" "see build/results/$stage-$name.log"
    return 1
}

# A stage of the full run, when all run or it was named.
run() { # STAGE COMMAND...
    [ "$chosen" = "  " ] || [[ $chosen = *" $1 "* ]] && "${@:2}"
}

announce() {
    printf '%4ds  %s\n' "$SECONDS" "$*"
}

configure_build() { # STAGE DIR CMAKE-ARGUMENTS...
    local stage=$1 dir=$2
    shift 2
    announce "$stage: build"
    step "$stage" configure cmake -S "$source_dir" -B "$dir" -G Ninja "$@" &&
        step "$stage" build cmake --build "$dir" -j "$jobs" ${target:+--target $target}
}

run_ctest() { # STAGE DIR CTEST-ARGUMENTS...
    local stage=$1 dir=$2
    shift 2
    announce "$stage: test"
    # Failures are counted and shown by the summary; the list of them is worth seeing at once.
    # A test that computes counts for six, see tests/CMakeLists.txt.
    (cd "$dir" && ${prefix:-} ctest -j $((8 * jobs)) --output-on-failure --no-tests=ignore \
        --test-output-size-passed 1048576 --test-output-size-failed 1048576 \
        --output-junit "$results/$stage.xml" "$@") >"$results/$stage.log" 2>&1 ||
        sed -n '/\*\*\*/p; /runtime error/p; /ERROR:/p' "$results/$stage.log" | head -n 30
    grep -q '<testcase ' "$results/$stage.xml" ||
        record "$stage" skipped "all" "no test matches: ctest $*"
}

ctest_stage() { # STAGE "CTEST-ARGUMENTS" CMAKE-ARGUMENTS...
    local stage=$1 arguments=$2
    local dir=$source_dir/build/matrix/$stage
    shift 2
    configure_build "$stage" "$dir" "$@" && run_ctest "$stage" "$dir" $arguments
}

stage_default() {
    configure_build default build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWOAD_TESTS=ON &&
        run_ctest default build
}

stage_asan() { # "CTEST-ARGUMENTS" "COMPILER-FLAGS" CMAKE-ARGUMENTS...
    local arguments=$1 flags=$2
    shift 2
    ctest_stage asan "$arguments" -DWOAD_SANITIZE=address,undefined \
        -DCMAKE_C_FLAGS_RELWITHDEBINFO="$flags" -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@"
}

# MicroPython's own multitests and ours, over controllers of ours, in every execution model.
stage_micropython() {
    announce "micropython: build"
    step micropython build scripts/micropython.sh build 0 1 2 || return
    for model in 0 1 2; do
        announce "micropython: test model $model"
        python3 tests/micropython/multitest.py --model "$model" >"$results/micropython-$model.log" 2>&1
        grep -E '^(passed|failed) ' "$results/micropython-$model.log" >>"$results/micropython.txt"
        grep '^failed ' "$results/micropython-$model.log"
    done
}

case $level in
quick)
    stage_default
    stage_asan "-L unit|prop -LE slow" "-O0 -g1" -DWOAD_TOOLS=OFF
    ;;
full)
    run default stage_default
    run asan stage_asan "-L unit|prop|sim|fuzz" "-O1 -g" -DWOAD_FUZZ=ON
    . scripts/matrix.sh
    ;;
esac

announce "done"
python3 scripts/summary.py "$results"
