# A precompiled header of g++ differs with the folder it was made in, so that ccache would take nothing
# that includes it from another checkout. Told to (CCACHE_PCH_EXTSUM in CMakePresets.json), ccache
# looks at the sum beside the header instead: here of the text that it holds. Flags and compiler are
# part of what ccache compares anyway.
function(berth_write_precompiled_header_sum target header)
  get_filename_component(header ${header} ABSOLUTE)
  execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++${CMAKE_CXX_STANDARD} -x c++ -E -P -include ${header} /dev/null
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(SHA256 sum "${text}")
  file(CONFIGURE OUTPUT CMakeFiles/${target}.dir/cmake_pch.hxx.gch.sum CONTENT "@sum@\n" @ONLY)
  execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++${CMAKE_CXX_STANDARD} -x c++ -M -include ${header} /dev/null
    OUTPUT_VARIABLE files COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^ \\\n]*/(catch2|rapidcheck)[^ \\\n]*" files "${files}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
endfunction()
