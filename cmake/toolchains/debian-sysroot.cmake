# Common to the Linux targets: libraries come from build/sysroot/ARCH (scripts/sysroot.sh).
# The includer sets ARCH (Debian's name) and TRIPLET.
set(CMAKE_SYSTEM_NAME Linux)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/${ARCH} ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${root})
set(CMAKE_LIBRARY_ARCHITECTURE ${TRIPLET})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${root}/usr/lib/${TRIPLET}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${root})
string(APPEND CMAKE_C_FLAGS_INIT " -isystem ${root}/usr/include")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT
       " -L${root}/usr/lib/${TRIPLET} -Wl,-rpath,${root}/usr/lib/${TRIPLET}")
