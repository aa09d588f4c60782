# Big-endian, 64 bits, run under user-mode emulation. Clang, because Debian's cross GCC cannot be
# installed beside gcc-multilib.
set(ARCH s390x)
set(TRIPLET s390x-linux-gnu)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET ${TRIPLET})
set(CMAKE_C_FLAGS_INIT "-isystem /usr/${TRIPLET}/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L/usr/${TRIPLET}/lib")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x -L /usr/${TRIPLET})
include(${CMAKE_CURRENT_LIST_DIR}/debian-sysroot.cmake)
