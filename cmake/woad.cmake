# Shared settings: warnings, sanitizers, and one function that declares a layer.

add_library(woad_options INTERFACE)
target_include_directories(woad_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)

add_library(woad_warnings INTERFACE)
target_compile_options(woad_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -Wstrict-prototypes -Wmissing-prototypes)
if(WOAD_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  # The code that GCC adds for its sanitizers raises this warning at shifts that have no such fault.
  target_compile_options(woad_warnings INTERFACE -Wno-sign-conversion)
endif()

if(WOAD_FUZZ AND CMAKE_C_COMPILER_ID MATCHES Clang)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(WOAD_SANITIZE)
  add_compile_options(-fsanitize=${WOAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WOAD_SANITIZE})
endif()

# woad_layer(NAME [DEPS ...] [PRIVATE_DEPS ...] [HOSTED])
# A static library of every .c below this folder, exported as woad::NAME.
# HOSTED layers (ports, drivers, tools) may use POSIX; the core may not.
function(woad_layer name)
  cmake_parse_arguments(L "HOSTED" "" "DEPS;PRIVATE_DEPS;SOURCES" ${ARGN})
  if(NOT L_SOURCES)
    file(GLOB_RECURSE L_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  endif()
  add_library(woad_${name} STATIC ${L_SOURCES})
  add_library(woad::${name} ALIAS woad_${name})
  set_target_properties(woad_${name} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE C
                        POSITION_INDEPENDENT_CODE ${WOAD_HOSTED})
  target_include_directories(woad_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(woad_${name} PUBLIC woad_options ${L_DEPS} PRIVATE ${L_PRIVATE_DEPS}
                        $<BUILD_INTERFACE:woad_warnings>)
  if(L_HOSTED)
    target_compile_definitions(woad_${name} PRIVATE _GNU_SOURCE)
  endif()
  set_property(GLOBAL APPEND PROPERTY WOAD_LAYERS woad_${name})
endfunction()
