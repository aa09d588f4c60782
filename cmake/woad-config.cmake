# find_package(woad) defines woad::base, woad::host and so on: one target per layer.
include(${CMAKE_CURRENT_LIST_DIR}/woad-targets.cmake)
