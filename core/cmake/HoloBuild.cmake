# How every target of this tree is built: warnings, sanitizers, libraries, tests, fuzz targets.

add_library(holo-build-flags INTERFACE)
target_compile_options(holo-build-flags INTERFACE -Wall -Wextra -Wpedantic
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  # GCC 12 warns of string concatenation in the standard library itself (GCC bug 105651).
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>
  $<$<AND:$<BOOL:${HOLO_WARNINGS_AS_ERRORS}>,$<COMPILE_LANGUAGE:C,CXX>>:-Werror>)
if(HOLO_SANITIZE)
  add_compile_options(-fsanitize=${HOLO_SANITIZE} -fno-omit-frame-pointer)
  # GCC sees through std::variant only without the sanitizers' checks (GCC bug 105562).
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
  if(HOLO_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  add_link_options(-fsanitize=${HOLO_SANITIZE})
endif()
if(HOLO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# holo_add_room(NAME SOURCES... [LINK libraries...]): a static library of core/, seen as holo::NAME.
function(holo_add_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(holo-${name} STATIC ${ARG_SOURCES})
  add_library(holo::${name} ALIAS holo-${name})
  target_include_directories(holo-${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(holo-${name} PUBLIC holo::sdk ${ARG_LINK} PRIVATE holo-build-flags)
endfunction()

# holo_add_test(NAME SOURCES... [LINK libraries...] [TIMEOUT seconds]): a Catch2 binary, test-NAME,
# that ctest runs as one test.
function(holo_add_test name)
  if(NOT HOLO_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(test-${name} ${ARG_SOURCES})
  target_include_directories(test-${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(test-${name} PRIVATE ${ARG_LINK} holo-build-flags Catch2::Catch2WithMain)
  set_target_properties(test-${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND test-${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# holo_add_fuzzer(NAME SOURCES... LINK libraries...): a libFuzzer binary, where clang has it.
function(holo_add_fuzzer name)
  if(NOT HOLO_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(fuzz-${name} ${ARG_SOURCES})
  target_include_directories(fuzz-${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(fuzz-${name} PRIVATE ${ARG_LINK} holo-build-flags -fsanitize=fuzzer)
  set_target_properties(fuzz-${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
endfunction()
