# holo_add_plugin() and holo_check_plugin(), in this tree and through find_package(holo-sdk).

set(HOLO_PLUGIN_MAP "${CMAKE_CURRENT_LIST_DIR}/holo-plugin.map")
if(NOT DEFINED HOLO_PLUGIN_INSTALL_DIR)
  include(GNUInstallDirs)
  set(HOLO_PLUGIN_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/holohost/plugins/1")
endif()

# holo_add_plugin(NAME SOURCES... [LINK libraries...] [TEST_ONLY])
# A plugin module NAME.holo.so that exports its entry symbol and nothing else, has no undefined symbols
# and is never unloaded. It is installed to HOLO_PLUGIN_INSTALL_DIR; with TEST_ONLY it is built to
# test-plugins/ of the build tree and not installed.
function(holo_add_plugin name)
  cmake_parse_arguments(ARG "TEST_ONLY" "" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "holo_add_plugin(${name}): name the source files after SOURCES")
  endif()
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE holo::sdk ${ARG_LINK})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".holo.so"
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS "${HOLO_PLUGIN_MAP}")
  if(CMAKE_CXX_COMPILER_LOADED)
    target_compile_features(${name} PRIVATE cxx_std_17)
  endif()
  # GCC marks some template statics as unique to the process, which hidden visibility does not stop.
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE "LINKER:--version-script=${HOLO_PLUGIN_MAP}"
    LINKER:-z,nodelete LINKER:-z,relro LINKER:-z,now)
  # Sanitizer run-times are looked up in the executable.
  if(NOT HOLO_SANITIZE AND NOT HOLO_FUZZ
     AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
  if(TARGET holo-build-flags)
    target_link_libraries(${name} PRIVATE holo-build-flags)
  endif()
  if(ARG_TEST_ONLY)
    set_target_properties(${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test-plugins")
    return()
  endif()
  if(HOLO_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY "${HOLO_PLUGIN_OUTPUT_DIRECTORY}")
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION "${HOLO_PLUGIN_INSTALL_DIR}" COMPONENT plugins)
endfunction()

# holo_check_plugin(TARGET [ARGS arguments of holo-check...] [TIMEOUT seconds])
# Adds the test check-TARGET, which runs holo-check over the built plugin.
function(holo_check_plugin target)
  cmake_parse_arguments(ARG "" "TIMEOUT" "ARGS" ${ARGN})
  if(DEFINED HOLO_BUILD_TESTS AND NOT HOLO_BUILD_TESTS)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  # In this tree the target is built; outside it the installed program is found.
  set(command holo-check)
  if(NOT HOLO_SDK_IN_TREE)
    find_program(HOLO_CHECK holo-check HINTS "${HOLO_SDK_BINDIR}" REQUIRED)
    set(command "${HOLO_CHECK}")
  endif()
  add_test(NAME check-${target} COMMAND ${command} "$<TARGET_FILE:${target}>" ${ARG_ARGS})
  set_tests_properties(check-${target} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
