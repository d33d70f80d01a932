# What Tenon stands on. All of it is in Debian 12; the package names are in tools/setup.sh.
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Dnnl)

add_library(tenon_dependencies INTERFACE)
target_link_libraries(tenon_dependencies INTERFACE
  Threads::Threads TBB::tbb fmt::fmt-header-only nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})

foreach(header flatbuffers/flatbuffers.h protozero/pbf_reader.hpp xbyak/xbyak.h xxhash.h)
  find_path(path_of_${header} ${header} REQUIRED)
  mark_as_advanced(path_of_${header})
  target_include_directories(tenon_dependencies SYSTEM INTERFACE ${path_of_${header}})
endforeach()
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_program(FLATC flatc REQUIRED)
mark_as_advanced(XXHASH_LIBRARY FLATC)
target_link_libraries(tenon_dependencies INTERFACE ${XXHASH_LIBRARY})

option(TENON_ONEDNN "Offer oneDNN's kernels" ${Dnnl_FOUND})
if(TENON_ONEDNN)
  find_package(Dnnl REQUIRED)
  target_link_libraries(tenon_dependencies INTERFACE Dnnl::Dnnl)
  target_compile_definitions(tenon_dependencies INTERFACE TENON_ONEDNN=1)
endif()
message(STATUS "oneDNN: ${TENON_ONEDNN} (found: ${Dnnl_FOUND} ${Dnnl_VERSION})")
