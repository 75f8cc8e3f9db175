# Runs holo-check over codecs and trainers with one fault each, and expects the right test of each to fail, with the
# right reason. A pair of a test and a sound codec that passes shows that the test can pass, too.
foreach(case
    "roundtrip-picture[outside]=wrote outside the samples"
    "roundtrip-picture[unfilled]=elements stay unfilled"
    "damage-cut[crash]=died of signal"
    "damage-cut[hang]=no result after"
    "damage-cut[greedy]=more memory than the limit"
    "damage-cut[internal]=reported as INTERNAL"
    "budget[deaf]=reported success"
    "workers[order]=differ from those with 2"
    "leftovers[thread]=outlive destroy"
    "roundtrip-picture[loss]=is not what was encoded"
    "roundtrip-picture[foreign]=not the only chunk of its unit"
    "trainer-sameness[keeper]=were not released"
    "trainer-sameness[counter]=the file differs"
    "trainer-resume[stubborn]=asked to stop"
    "trainer-resume[forgetful]=gone on from the checkpoints, the file differs"
    "trainer-checkpoint[gullible]=a damaged checkpoint is INTERNAL")
  string(REGEX MATCH "^([a-z-]+)\\[([a-z]+)\\]=(.*)$" whole "${case}")
  set(test "${CMAKE_MATCH_1}")
  set(codec "${CMAKE_MATCH_2}")
  set(reason "${CMAKE_MATCH_3}")
  if(SANITIZED AND codec STREQUAL "greedy")
    continue() # the sanitizer, not the test, reports it
  endif()
  execute_process(COMMAND "${CHECK}" "${PLUGIN}" --only "^${test}.${codec}" --timeout 5
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE noise)
  string(FIND "${output}" "${reason}" found)
  if(NOT result EQUAL 1 OR found EQUAL -1)
    message(SEND_ERROR "${test} of ${codec}: expected exit code 1 and '${reason}', found ${result}:\n"
      "${output}")
  endif()
endforeach()
execute_process(COMMAND "${CHECK}" "${PLUGIN}" --only "^roundtrip-picture.crash"
  RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(NOT result EQUAL 0)
  message(SEND_ERROR "a codec that crashes on damage only fails on sound data:\n${output}")
endif()
foreach(arguments "--no-such-option" "${PLUGIN};--only;no-such-test" "${PLUGIN};--fuzz;x" "")
  execute_process(COMMAND "${CHECK}" ${arguments} RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(NOT result EQUAL 2)
    message(SEND_ERROR "holo-check ${arguments}: expected exit code 2, found ${result}")
  endif()
endforeach()
# Not a plugin at all.
execute_process(COMMAND "${CHECK}" "${CMAKE_CURRENT_LIST_FILE}" RESULT_VARIABLE result
  OUTPUT_VARIABLE output)
if(NOT result EQUAL 1 OR NOT output MATCHES "cannot be loaded")
  message(SEND_ERROR "a text file: expected exit code 1 and 'cannot be loaded', found ${result}")
endif()
