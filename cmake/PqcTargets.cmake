# One place for compiler flags and for the shape of our targets.
#
#   pqc_library(NAME SOURCES a.cpp ... [USES other_targets ...])      a static library pqc::NAME for one folder of src/
#   pqc_program(NAME SOURCES main.cpp ... [USES ...])                 a program in build/PRESET/bin
#   pqc_test(NAME SOURCES a.cpp ... [USES ...] [LABELS ...] [ALONE])  a GoogleTest program, run by ctest as one test a case;
#                                                                     under AddressSanitizer as one, unless ALONE
#   pqc_benchmark(NAME SOURCES a.cpp ... [USES ...])                  a Google Benchmark program
#   pqc_fuzzer(NAME SOURCES a.cpp [USES ...])                         a libFuzzer program, built where PQC_FUZZ is on

# Instrumented code makes GCC warn of what is not there; the other builds are strict.
set(pqc_strict -Werror)
if(PQC_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(pqc_strict "")
endif()

add_library(pqc_flags INTERFACE)
target_compile_features(pqc_flags INTERFACE cxx_std_23)
target_compile_options(
  pqc_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wno-sign-conversion
            ${pqc_strict}
            $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
            $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
target_include_directories(pqc_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

find_program(PQC_CCACHE ccache)
if(PQC_CCACHE)
  set(pqc_launcher "${PQC_CCACHE}")
  if(PQC_PRECOMPILE)
    # What ccache asks for before it keeps objects that come of precompiled headers.
    set(pqc_launcher "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${PQC_CCACHE}")
  endif()
  set(CMAKE_C_COMPILER_LAUNCHER "${pqc_launcher}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${pqc_launcher}")
endif()

# Lines and function names are all that reports and profiles need; types and variables cost a fifth of the time to compile.
if(NOT PQC_FULL_DEBUG_INFO)
  add_compile_options(-g1)
endif()

if(PQC_SANITIZE)
  add_compile_options(-fsanitize=${PQC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${PQC_SANITIZE})
  if(PQC_SANITIZE MATCHES "undefined")
    # What a pointer points to, AddressSanitizer looks at; these checks cost a fifth to a third of the time to compile.
    add_compile_options(-fno-sanitize=null,alignment,object-size,vptr,nonnull-attribute,returns-nonnull-attribute)
  endif()
  if(PQC_FUZZ)
    # The fuzzer sees which branches of the libraries an input reaches.
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  if(PQC_SANITIZE MATCHES "thread")
    # ThreadSanitizer does not know memory fences. Asio's stand beside the mutex of its queue, which it does know.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
  # The hardening flags of the OpenSSF compiler guide.
  add_compile_options(
    -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=3
    -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong
    -fstack-clash-protection
    -ftrivial-auto-var-init=zero
    -fno-delete-null-pointer-checks
    -fno-strict-overflow)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
    add_compile_options(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()

function(pqc_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;PRIVATE_USES")
  add_library(pqc_${name} STATIC ${arg_SOURCES})
  add_library(pqc::${name} ALIAS pqc_${name})
  target_link_libraries(pqc_${name} PUBLIC ${arg_USES} PRIVATE pqc_flags ${arg_PRIVATE_USES})
  target_include_directories(pqc_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  target_compile_features(pqc_${name} PUBLIC cxx_std_23)
  pqc_precompiled(pqc_${name})
endfunction()

function(pqc_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE pqc_flags ${arg_USES})
endfunction()

# What ThreadSanitizer looks at: the tests labelled "threads", so that the tsan preset need not build the rest.
add_custom_target(pqc_threaded_tests)

function(pqc_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALONE" "" "SOURCES;USES;LABELS")
  if(NOT BUILD_TESTING)
    return()
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE pqc_flags ${arg_USES} GTest::gtest GTest::gtest_main)
  pqc_precompiled_test(${name})
  if("threads" IN_LIST arg_LABELS)
    add_dependencies(pqc_threaded_tests ${name})
  endif()
  list(APPEND arg_LABELS unit)
  # Its start costs a process more than most cases take.
  if(PQC_SANITIZE MATCHES "address" AND NOT arg_ALONE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS "${arg_LABELS}")
    return()
  endif()
  # gtest_discover_tests takes its properties apart once more, so the list's separators need a second escape.
  string(REPLACE ";" "\\;" labels "${arg_LABELS}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300 LABELS "${labels}")
endfunction()

function(pqc_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  if(NOT PQC_BENCH)
    return()
  endif()
  find_package(benchmark REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE pqc_flags ${arg_USES} benchmark::benchmark)
endfunction()

# All fuzz targets, without the tests and programs beside them.
add_custom_target(pqc_fuzzers)

function(pqc_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  if(NOT PQC_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE pqc_flags ${arg_USES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzzers")
  add_dependencies(pqc_fuzzers ${name})
endfunction()
