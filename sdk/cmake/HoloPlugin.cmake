# holo_add_plugin(NAME SOURCES... [LINK libraries...]): a plugin module NAME.holo.so that exports its entry
# symbol and nothing else, has no undefined symbols and is never unloaded.
function(holo_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE holo::sdk ${ARG_LINK})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".holo.so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(HOLO_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY "${HOLO_PLUGIN_OUTPUT_DIRECTORY}")
  endif()
endfunction()
