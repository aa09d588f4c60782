# What `cmake --install` places: headers, a static library per layer, CMake and pkg-config files.
#
#     find_package(woad REQUIRED)                      cc app.c $(pkg-config --cflags --libs woad-host)
#     target_link_libraries(app PRIVATE woad::host)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY WOAD_LAYERS)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/woad)

install(DIRECTORY include/woad DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(TARGETS ${layers} woad_options EXPORT woad ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT woad NAMESPACE woad:: FILE woad-targets.cmake DESTINATION ${package_dir})
write_basic_package_version_file(woad-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/woad-config.cmake ${PROJECT_BINARY_DIR}/woad-config-version.cmake
        DESTINATION ${package_dir})
if(TARGET woad)
  install(TARGETS woad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# A pkg-config file per layer, from what the layer's target links: layers become Requires, other
# libraries follow in Libs, because every library here is static.
file(RELATIVE_PATH prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
foreach(target ${layers})
  string(REGEX REPLACE "^woad_" "" name ${target})
  string(REPLACE _ - name ${name})
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  set(requires)
  set(libs "-L\${libdir} -l${target}")
  foreach(link ${links})
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
    string(REGEX REPLACE "^woad::" "woad_" link "${link}")
    if(link IN_LIST layers)
      string(REPLACE _ - link ${link})
      list(APPEND requires ${link})
    elseif(link MATCHES "^[a-z0-9_]+$" AND NOT TARGET ${link})
      string(APPEND libs " -l${link}")
    endif()
  endforeach()
  list(JOIN requires ", " requires)
  file(WRITE ${PROJECT_BINARY_DIR}/pkgconfig/woad-${name}.pc
"prefix=\${pcfiledir}/${prefix}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: woad-${name}
Description: ${PROJECT_DESCRIPTION}: ${name}
Version: ${PROJECT_VERSION}
Requires: ${requires}
Cflags: -I\${includedir}
Libs: ${libs}
")
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/pkgconfig DESTINATION ${CMAKE_INSTALL_LIBDIR})
