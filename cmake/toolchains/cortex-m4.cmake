set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(TARGET_FLAGS "-mcpu=cortex-m4 -mthumb")
include(${CMAKE_CURRENT_LIST_DIR}/bare-metal.cmake)
