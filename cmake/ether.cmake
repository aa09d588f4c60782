# The world of `woad ether` without its event loop: for the command, its tests and its fuzz target.
find_package(PkgConfig REQUIRED)
pkg_check_modules(JSONC IMPORTED_TARGET json-c)
if(JSONC_FOUND AND TARGET woad_sim AND TARGET woad_ll AND TARGET woad_transport)
  add_library(woad_ether STATIC
    ${PROJECT_SOURCE_DIR}/tools/woad/ether_world.c ${PROJECT_SOURCE_DIR}/tools/woad/ether_control.c
    ${PROJECT_SOURCE_DIR}/tools/woad/opts.c)
  target_include_directories(woad_ether PUBLIC ${PROJECT_SOURCE_DIR}/tools/woad)
  target_compile_definitions(woad_ether PRIVATE _GNU_SOURCE)
  target_link_libraries(woad_ether PUBLIC woad_sim woad_transport woad_ll woad_options
                        PRIVATE woad_warnings PkgConfig::JSONC m)
endif()
