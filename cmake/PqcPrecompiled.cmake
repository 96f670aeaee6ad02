# The standard headers cost a second a file to compile under the sanitizers, more than most files' own code. Builds with
# PQC_PRECOMPILE compile them once. The release build does without, so that it fails where a file does not include what it uses.
#
#   pqc_precompiled(TARGET)           for a library of src/ or apps/
#   pqc_precompiled_test(TARGET)      for a test program; called under tests/, whose flags differ

# The compiler takes such headers only where the flags are the same, so each set of flags has its own holder. Some packages
# ask for this one.
if(PQC_PRECOMPILE)
  add_compile_options(-pthread)
endif()

function(pqc_precompiled_holder holder header)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${holder}.cpp" "")
  add_library(${holder} OBJECT "${CMAKE_CURRENT_BINARY_DIR}/${holder}.cpp")
  target_link_libraries(${holder} PRIVATE ${ARGN})
  target_precompile_headers(${holder} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/${header}")
endfunction()

function(pqc_precompiled target)
  if(PQC_PRECOMPILE)
    if(NOT TARGET pqc_precompiled_headers)
      pqc_precompiled_holder(pqc_precompiled_headers precompiled.h pqc_flags)
    endif()
    target_precompile_headers(${target} REUSE_FROM pqc_precompiled_headers)
  endif()
endfunction()

function(pqc_precompiled_test target)
  if(PQC_PRECOMPILE)
    if(NOT TARGET pqc_precompiled_test_headers)
      pqc_precompiled_holder(pqc_precompiled_test_headers precompiled_test.h pqc_flags GTest::gtest)
      # As programs are compiled.
      set_target_properties(pqc_precompiled_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(pqc_precompiled_test_headers PRIVATE -fPIE)
    endif()
    target_precompile_headers(${target} REUSE_FROM pqc_precompiled_test_headers)
  endif()
endfunction()
