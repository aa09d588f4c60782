# 32 bits, run natively on x86-64.
set(ARCH i386)
set(TRIPLET i386-linux-gnu)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_C_FLAGS_INIT -m32)
include(${CMAKE_CURRENT_LIST_DIR}/debian-sysroot.cmake)
