# MicroPython's bluetooth module on woad, for the ports that build with CMake:
#
#     cmake -DUSER_C_MODULES=<woad>/bindings/micropython/micropython.cmake ...
#
# The board brings the pump: WOAD_MPY_PORT_SOURCES names its files in place of pump_unix.c, with what
# mp_woad.h asks for under "the pump", and the PSA cryptography of Mbed TLS.
get_filename_component(WOAD_TOP ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
set(WOAD_BINDING ${CMAKE_CURRENT_LIST_DIR})
if(NOT DEFINED WOAD_MODEL)
  set(WOAD_MODEL 0)
endif()

file(GLOB WOAD_CORE_SOURCES
  ${WOAD_TOP}/src/base/*.c ${WOAD_TOP}/src/crypto/*.c ${WOAD_TOP}/src/hci/*.c
  ${WOAD_TOP}/src/host/*.c ${WOAD_TOP}/src/host/*/*.c
  ${WOAD_TOP}/kernel/*.c ${WOAD_TOP}/kernel/coop/*.c ${WOAD_TOP}/transport/core/*.c
  ${WOAD_TOP}/store/ram.c ${WOAD_TOP}/store/check.c)
if(NOT DEFINED WOAD_MPY_PORT_SOURCES)
  set(WOAD_MPY_PORT_SOURCES ${WOAD_BINDING}/pump_unix.c)
  file(GLOB posix ${WOAD_TOP}/kernel/pthread/*.c ${WOAD_TOP}/kernel/posix/*.c
    ${WOAD_TOP}/transport/posix/*.c)
  list(APPEND WOAD_CORE_SOURCES ${posix})
endif()

# The engine keeps its own flags and include folders: it knows nothing of MicroPython.
add_library(woad_mpy_core OBJECT ${WOAD_CORE_SOURCES})
set_target_properties(woad_mpy_core PROPERTIES C_STANDARD 11)
target_compile_definitions(woad_mpy_core PRIVATE _GNU_SOURCE)
target_include_directories(woad_mpy_core PRIVATE ${WOAD_TOP}/include ${WOAD_TOP}/src/base
  ${WOAD_TOP}/src/crypto ${WOAD_TOP}/src/hci ${WOAD_TOP}/src/host ${WOAD_TOP}/kernel
  ${WOAD_TOP}/transport/core ${WOAD_TOP}/transport/posix ${WOAD_TOP}/store)

add_library(usermod_woad INTERFACE)
target_sources(usermod_woad INTERFACE
  ${WOAD_BINDING}/ble.c ${WOAD_BINDING}/gap.c ${WOAD_BINDING}/gatts.c ${WOAD_BINDING}/gattc.c
  ${WOAD_BINDING}/l2cap.c ${WOAD_BINDING}/pairing.c ${WOAD_BINDING}/channel.c
  ${WOAD_MPY_PORT_SOURCES} $<TARGET_OBJECTS:woad_mpy_core>)
target_include_directories(usermod_woad INTERFACE ${WOAD_TOP}/include ${WOAD_BINDING})
target_compile_options(usermod_woad INTERFACE -include ${WOAD_BINDING}/woad_config.h
  -DWOAD_MPY_MODEL=${WOAD_MODEL})
target_link_libraries(usermod INTERFACE usermod_woad)
