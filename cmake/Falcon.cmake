# Where Falcon-1024 comes from. Sets, for src/crypto/CMakeLists.txt,
#   PQC_FALCON_SOURCE    the file of ours that speaks to it (falcon_liboqs.cpp, falcon_pqclean.cpp or falcon_none.cpp)
#   PQC_FALCON_LIBRARY   what that file links
#
# liboqs is taken where CMake finds it, else the C sources inside the npm package pqclean: `npm pack` fetches it from
# the registry that npm is configured with, and nothing of it is used unless its SHA-512 is the one written here. The
# package is fetched once for all build presets, into build/_downloads.

set(PQC_FALCON_SOURCE falcon_none.cpp)
set(PQC_FALCON_LIBRARY "")

set(pqc_pqclean_version 0.8.1)
set(pqc_pqclean_sha512
    fb916d92700976236d5418b22e2296dce9da9e172a496cb8e0a09a673d6d10b85a969e477ee21cc4db17f6e4b4b7b9dedad11673b3417781a989005319320904
)

# Puts the package's path into `result`, or nothing where it cannot be had.
function(pqc_fetch_pqclean result)
  set(${result} "" PARENT_SCOPE)
  string(SUBSTRING "${pqc_pqclean_sha512}" 0 16 key)
  set(kept "${CMAKE_SOURCE_DIR}/build/_downloads/pqclean-${pqc_pqclean_version}-${key}.tgz")
  if(NOT EXISTS "${kept}")
    find_program(PQC_NPM npm)
    if(NOT PQC_NPM)
      return()
    endif()
    message(STATUS "Falcon-1024: fetching the npm package pqclean ${pqc_pqclean_version}")
    set(fresh "${CMAKE_BINARY_DIR}/_falcon/fetch")
    file(MAKE_DIRECTORY "${fresh}" "${CMAKE_SOURCE_DIR}/build/_downloads")
    execute_process(
      COMMAND "${PQC_NPM}" pack --silent --prefer-offline --pack-destination "${fresh}" "pqclean@${pqc_pqclean_version}"
      WORKING_DIRECTORY "${fresh}"
      TIMEOUT 180
      RESULT_VARIABLE failed
      OUTPUT_QUIET ERROR_VARIABLE why)
    if(failed)
      message(STATUS "Falcon-1024: npm pack failed: ${why}")
      return()
    endif()
    # A rename is atomic: another preset that is configured at the same time never sees half a file.
    file(RENAME "${fresh}/pqclean-${pqc_pqclean_version}.tgz" "${kept}")
  endif()
  file(SHA512 "${kept}" found)
  if(NOT found STREQUAL pqc_pqclean_sha512)
    message(FATAL_ERROR "${kept} is not the package that cmake/Falcon.cmake names (its SHA-512 is ${found}). Remove it "
                        "and configure again, or configure with -DPQC_FALCON=OFF.")
  endif()
  set(${result} "${kept}" PARENT_SCOPE)
endfunction()

function(pqc_add_pqclean_falcon package)
  set(root "${CMAKE_BINARY_DIR}/_falcon/package/deps/PQClean")
  set(falcon "${root}/crypto_sign/falcon-1024/clean")
  if(NOT EXISTS "${falcon}/pqclean.c")
    file(ARCHIVE_EXTRACT INPUT "${package}" DESTINATION "${CMAKE_BINARY_DIR}/_falcon" PATTERNS
         "package/deps/PQClean/crypto_sign/falcon-1024/clean/*" "package/deps/PQClean/common/*.[ch]")
  endif()
  list(TRANSFORM pqc_falcon_files PREPEND "${falcon}/")
  add_library(pqc_pqclean_falcon OBJECT ${pqc_falcon_files} "${root}/common/fips202.c")
  target_include_directories(pqc_pqclean_falcon PUBLIC "${falcon}" PRIVATE "${root}/common")
  set_target_properties(pqc_pqclean_falcon PROPERTIES C_STANDARD 17 C_CLANG_TIDY "")
  # Not our code: none of our warnings, and undefined behaviour that it has is not ours to stop at.
  target_compile_options(pqc_pqclean_falcon PRIVATE -w)
  if(PQC_SANITIZE)
    target_compile_options(pqc_pqclean_falcon PRIVATE -fno-sanitize=undefined)
  endif()
  # Its hash states are on the heap: ours wipes them as it frees them (falcon_pqclean.cpp).
  set_source_files_properties("${root}/common/fips202.c" PROPERTIES COMPILE_DEFINITIONS free=pqc_falcon_free)
endfunction()

set(pqc_falcon_files codec.c common.c fft.c fpr.c keygen.c pqclean.c rng.c sign.c vrfy.c)

if(PQC_FALCON)
  find_package(liboqs QUIET)
  if(liboqs_FOUND)
    message(STATUS "Falcon-1024: from liboqs ${liboqs_VERSION}")
    set(PQC_FALCON_SOURCE falcon_liboqs.cpp)
    set(PQC_FALCON_LIBRARY OQS::oqs)
  else()
    pqc_fetch_pqclean(pqc_pqclean_package)
    if(pqc_pqclean_package)
      message(STATUS "Falcon-1024: from the npm package pqclean ${pqc_pqclean_version}")
      pqc_add_pqclean_falcon("${pqc_pqclean_package}")
      set(PQC_FALCON_SOURCE falcon_pqclean.cpp)
      set(PQC_FALCON_LIBRARY pqc_pqclean_falcon)
    else()
      message(WARNING "Falcon-1024 is left out: there is neither liboqs, nor npm with a registry that has pqclean "
                      "${pqc_pqclean_version}. Suite 4 (pq-falcon) will be missing from this build. Install npm, or say -DPQC_FALCON=OFF.")
    endif()
  endif()
endif()
