# oneDNN 2.6 or a later 2.x; version 3 has another interface. Debian ships no CMake files for it.
find_path(Dnnl_INCLUDE_DIR dnnl.hpp)
find_library(Dnnl_LIBRARY dnnl)
find_package(OpenMP QUIET COMPONENTS CXX)  # for omp_set_num_threads: Debian's oneDNN threads with OpenMP
mark_as_advanced(Dnnl_INCLUDE_DIR Dnnl_LIBRARY)

find_file(dnnl_version_header NAMES oneapi/dnnl/dnnl_version.h dnnl_version.h HINTS ${Dnnl_INCLUDE_DIR} NO_CACHE)
if(dnnl_version_header)
  file(STRINGS ${dnnl_version_header} lines REGEX "define DNNL_VERSION_(MAJOR|MINOR|PATCH)")
  string(REGEX REPLACE "[^0-9;]" "" Dnnl_VERSION "${lines}")
  string(REPLACE ";" "." Dnnl_VERSION "${Dnnl_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
if(Dnnl_VERSION VERSION_LESS 2.6 OR Dnnl_VERSION VERSION_GREATER_EQUAL 3)
  set(Dnnl_INCLUDE_DIR_usable FALSE)
else()
  set(Dnnl_INCLUDE_DIR_usable ${Dnnl_INCLUDE_DIR})
endif()
find_package_handle_standard_args(Dnnl
  REQUIRED_VARS Dnnl_LIBRARY Dnnl_INCLUDE_DIR_usable OpenMP_CXX_FOUND VERSION_VAR Dnnl_VERSION)

if(Dnnl_FOUND AND NOT TARGET Dnnl::Dnnl)
  add_library(Dnnl::Dnnl INTERFACE IMPORTED)
  target_include_directories(Dnnl::Dnnl INTERFACE ${Dnnl_INCLUDE_DIR})
  # Linked only: omp.h is plain C, and -fopenmp would let pragmas start threads.
  target_link_libraries(Dnnl::Dnnl INTERFACE ${Dnnl_LIBRARY} $<LINK_ONLY:OpenMP::OpenMP_CXX>)
endif()
