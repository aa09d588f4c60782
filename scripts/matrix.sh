# The stages of the build matrix; sourced by test.sh.

# The threading tests under ThreadSanitizer, which wants addresses where it expects them.
stage_tsan() {
    local dir=$source_dir/build/matrix/tsan
    target=threads-tests configure_build tsan "$dir" -DWOAD_SANITIZE=thread -DWOAD_TOOLS=OFF ||
        return
    local fixed=
    setarch -R true 2>/dev/null && fixed="setarch -R"
    prefix=$fixed run_ctest tsan "$dir" -L threads
}

# A target whose tests run here: natively or under user-mode emulation.
stage_target() { # TARGET "CTEST-ARGUMENTS"
    step "$1" sysroot scripts/sysroot.sh "$1" || return
    ctest_stage "$1" "$2" --toolchain "$source_dir/cmake/toolchains/$1.cmake" \
        -DCMAKE_BUILD_TYPE=Release -DWOAD_TOOLS=OFF
}

# A target without an operating system: its objects compile, and hold no mutable data.
stage_objects() { # TARGET OBJDUMP
    local dir=$source_dir/build/matrix/$1
    configure_build "$1" "$dir" --toolchain "$source_dir/cmake/toolchains/$1.cmake" \
        -DCMAKE_BUILD_TYPE=MinSizeRel || return
    record "$1" passed "objects"
    step "$1" static-data env WOAD_OBJDUMP="$2" tools/tidy/tidy.py --build "$dir" static-data &&
        record "$1" passed static-data
}

# Builds with parts left out; see tests/config/combinations.txt. What has the same settings as
# in an earlier one is not compiled again.
stage_combinations() {
    local name settings
    local -x CMAKE_C_COMPILER_LAUNCHER=ccache CCACHE_DIR=$source_dir/build/ccache \
        CCACHE_BASEDIR=$source_dir CCACHE_NOHASHDIR=1
    while IFS='|' read -r name settings; do
        name=${name// /}
        [ -n "$name" ] && [ "${name#\#}" = "$name" ] || continue
        # Settings hold lists with semicolons and no other blanks than those between them.
        read -ra settings <<<"$settings"
        announce "config $name"
        local dir=$source_dir/build/matrix/config-$name
        step config "$name-configure" cmake -S "$source_dir" -B "$dir" -G Ninja \
            -DCMAKE_BUILD_TYPE=None -DWOAD_TOOLS=OFF "${settings[@]}" &&
            step config "$name-build" cmake --build "$dir" -j "$jobs" &&
            record config passed "$name builds" &&
            run_ctest "config-$name" "$dir" -L unit -LE slow
        # Each takes a hundred megabytes, and none is used twice.
        rm -rf "$dir"
    done <tests/config/combinations.txt
}

# Every fuzz target for a few seconds, from its corpus.
stage_fuzz() {
    announce "fuzz: smoke"
    local output target
    output=$(scripts/fuzz.sh run "${FUZZ_SMOKE_SECONDS:-30}" 2>&1) || true
    echo "$output" >"$results/fuzz.log"
    echo "$output" | grep -E '^(passed|failed) ' >>"$results/fuzz.txt"
    echo "$output" | grep -q '^failed ' && echo "$output" | tail -n 40
    [ -s "$results/fuzz.txt" ] || record fuzz failed build "see build/results/fuzz.log"
}

# A hundred transfers drawn from a seed; each counts.
stage_swarm() {
    announce "swarm"
    scripts/sim.sh 1 100 >"$results/swarm.txt" || grep '^failed ' "$results/swarm.txt"
}

stage_size() {
    announce "size"
    step size cortex-m4-and-rv32 scripts/size.py --check && record size passed cortex-m4-and-rv32
}

run swarm stage_swarm
run clang ctest_stage clang "-L unit|prop" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release
run tsan stage_tsan
run i386 stage_target i386 "-L unit|prop -LE slow"
# The emulator has no pseudo-terminals.
run s390x stage_target s390x "-L unit -LE slow -E pipe_test"
run cortex-m4 stage_objects cortex-m4 arm-none-eabi-objdump
run rv32 stage_objects rv32 riscv64-unknown-elf-objdump
run configurations stage_combinations
run fuzz stage_fuzz
run size stage_size
run micropython stage_micropython
