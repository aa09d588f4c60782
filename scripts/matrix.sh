# The stages of the build matrix; sourced by test.sh.

ctest_stage clang "-L unit|prop" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release
