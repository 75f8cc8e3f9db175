# Installs the SDK to a fresh prefix, writes a project from the template, builds it there and has the
# installed holo-check check it: what a third party does.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/project")
run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK}/prefix" --component sdk)

set(NAME my-codec)
set(IDENT my_codec)
file(GLOB files RELATIVE "${TEMPLATE}" "${TEMPLATE}/*")
foreach(file IN LISTS files)
  string(REPLACE "NAME" "${NAME}" target "${file}")
  configure_file("${TEMPLATE}/${file}" "${WORK}/project/${target}" @ONLY)
endforeach()
file(READ "${WORK}/project/${NAME}.cpp" text)
string(REGEX REPLACE "[^\n]" "" newlines "${text}")
string(LENGTH "${newlines}" count)
if(count GREATER 60)
  message(FATAL_ERROR "the template codec has more than 60 lines: ${count}")
endif()

run("${CMAKE_COMMAND}" -S "${WORK}/project" -B "${WORK}/build" -G "${GENERATOR}"
  "-DCMAKE_PREFIX_PATH=${WORK}/prefix" -DCMAKE_BUILD_TYPE=Release
  "-DCMAKE_C_COMPILER=${C_COMPILER}" "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}"
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" --output-on-failure)
file(REMOVE_RECURSE "${WORK}")
