# Sorts the files of src/ by their names; leaves core_sources and test_sources.
#   *_test.cpp      a unit test, in tenon_tests alone
#   *_onednn.cpp    only with oneDNN
#   *_cuda.cpp      only with CUDA's headers
#   *_avx2.cpp …    compiled for that instruction set; its functions are called after asking the CPU
file(GLOB_RECURSE core_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.cpp)
if(NOT TENON_ONEDNN)
  list(FILTER core_sources EXCLUDE REGEX "_onednn(_test)?\\.cpp$")
endif()
if(NOT TENON_CUDA)
  list(FILTER core_sources EXCLUDE REGEX "_cuda(_test)?\\.cpp$")
endif()
set(test_sources ${core_sources})
list(FILTER test_sources INCLUDE REGEX "_test\\.cpp$")
list(FILTER core_sources EXCLUDE REGEX "_test\\.cpp$")

set(avx2 -mavx2 -mfma -mf16c)
set(avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi -mfma -mf16c)
set(avx512vnni ${avx512} -mavx512vnni)
set(avx512amx ${avx512vnni} -mamx-tile -mamx-int8)
set(avx512bf16 ${avx512} -mavx512bf16)
# GCC 12 warns falsely of its own intrinsics (105593). Plain files first, then the lower sets: where two objects hold the same inline function the linker keeps the first,
# so nothing that runs on every CPU ever meets a copy compiled for a newer one.
foreach(set avx2 avx512 avx512vnni avx512amx avx512bf16)
  set(files ${core_sources})
  list(FILTER files INCLUDE REGEX "_${set}\\.cpp$")
  list(FILTER core_sources EXCLUDE REGEX "_${set}\\.cpp$")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS "${${set}};-Wno-uninitialized;-Wno-maybe-uninitialized" SKIP_PRECOMPILE_HEADERS ON)
    list(APPEND vector_sources ${files})
  endif()
endforeach()
list(APPEND core_sources ${vector_sources})
