set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(TARGET_FLAGS "-march=rv32imac -mabi=ilp32 --specs=picolibc.specs")
include(${CMAKE_CURRENT_LIST_DIR}/bare-metal.cmake)
