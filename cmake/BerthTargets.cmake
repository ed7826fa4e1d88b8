# How every target of the project is made: one library per folder, warnings as errors,
# sanitizers for the whole build, and tests that link exactly what they exercise.

add_library(berth_options INTERFACE)
target_compile_options(berth_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
# Not with ThreadSanitizer: its instrumentation makes g++ 12 see string copies out of bounds.
if(BERTH_WARNINGS_AS_ERRORS AND NOT BERTH_SANITIZE MATCHES "thread")
  target_compile_options(berth_options INTERFACE -Werror)
endif()
target_compile_definitions(berth_options INTERFACE
  BERTH_VERSION="${PROJECT_VERSION}" _GLIBCXX_ASSERTIONS)
target_include_directories(berth_options INTERFACE ${CMAKE_SOURCE_DIR})

# Header-only Asio and Beast are compiled in a few files only; SYSTEM keeps their warnings out.
add_library(berth_asio INTERFACE)
target_link_libraries(berth_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(berth_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)

# g++ collects its garbage above 128 MB by default, which costs an eighth of each file's compilation; most
# files need less than this many kilobytes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-heapsize=524288)
endif()

if(BERTH_SANITIZE)
  add_compile_options(-fsanitize=${BERTH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${BERTH_SANITIZE})
endif()
if(BERTH_SANITIZE MATCHES "undefined")
  # UBSan's checks of every pointer cost g++ half of each file's compilation, and ASan finds most of
  # what they would.
  add_compile_options(
    -fno-sanitize=null,alignment,vptr,object-size,pointer-overflow)
endif()
if(BERTH_SANITIZE MATCHES "thread")
  # Boost 1.74 orders some of its atomics by fences, which ThreadSanitizer does not model.
  add_compile_options(-Wno-error=tsan)
endif()
if(BERTH_FUZZ)
  # The libraries report which branches were taken: without it libFuzzer sees only its own file.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-O2 -g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
find_program(BERTH_MOLD mold)
if(BERTH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# What `make build`, `make tsan` and `make bench` ask for by name.
add_custom_target(programs)
add_custom_target(threaded_tests)
add_custom_target(benchmarks)

# berth_library(<folder name> [DEPS target...] [SOURCES file...]): the library of the current folder,
# `berth_<folder name>`. Without SOURCES it takes every .cpp of the folder except main.cpp.
function(berth_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS *.cpp)
    list(FILTER ARG_SOURCES EXCLUDE REGEX "/main\\.cpp$")
  endif()
  if(ARG_SOURCES)
    add_library(berth_${name} STATIC ${ARG_SOURCES})
    set_target_properties(berth_${name} PROPERTIES UNITY_BUILD ${BERTH_UNITY})
    if(BERTH_UNITY) # the warning takes the files that a unit includes for headers
      target_compile_options(berth_${name} PRIVATE -Wno-subobject-linkage)
    endif()
    target_link_libraries(berth_${name} PUBLIC berth_options ${ARG_DEPS})
  else()
    add_library(berth_${name} INTERFACE)
    target_link_libraries(berth_${name} INTERFACE berth_options ${ARG_DEPS})
  endif()
endfunction()

# berth_program(<program name> DEPS target...): main.cpp of the current folder.
function(berth_program name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
    add_executable(${name} main.cpp)
    target_link_libraries(${name} PRIVATE berth_options ${ARG_DEPS})
    add_dependencies(programs ${name})
  endif()
endfunction()

# berth_test(<folder> [LABELS label...] DEPS target...): one test program from tests/<folder>/*.cpp,
# registered with ctest under its folder's path. Label `threaded`: it runs under ThreadSanitizer too.
function(berth_test folder)
  cmake_parse_arguments(ARG "" "" "DEPS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target "test_${folder}")
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE berth_options berth_catch_main ${ARG_DEPS})
  target_precompile_headers(${target} REUSE_FROM berth_catch_main)
  add_test(NAME ${folder} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # Frames that are kept of each allocation: of thirty, as is the default, a sixth of the time is spent.
  set_tests_properties(${folder} PROPERTIES TIMEOUT 2400 LABELS "${ARG_LABELS}"
    ENVIRONMENT ASAN_OPTIONS=malloc_context_size=8)
  if("threaded" IN_LIST ARG_LABELS)
    add_dependencies(threaded_tests ${target})
  endif()
endfunction()

# berth_bench(<name> DEPS target...): tests/bench/<name>.cpp, built by `make bench` only.
function(berth_bench name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${name}.cpp)
  target_link_libraries(bench_${name} PRIVATE berth_options benchmark::benchmark ${ARG_DEPS})
  add_dependencies(benchmarks bench_${name})
endfunction()

# berth_fuzz(<name> DEPS target...): tests/fuzz/<name>.cpp. With BERTH_FUZZ a libFuzzer target; always a
# test that replays the kept inputs of tests/fuzz/corpus/<name>, so that a found crash stays found.
function(berth_fuzz name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(BERTH_FUZZ)
    add_executable(fuzz_${name} ${name}.cpp)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${name} ${name}.cpp)
    target_link_libraries(fuzz_${name} PRIVATE berth_fuzz_replay)
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  endif()
  target_link_libraries(fuzz_${name} PRIVATE berth_options ${ARG_DEPS})
endfunction()
