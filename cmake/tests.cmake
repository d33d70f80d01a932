# One binary for all unit tests, which stand beside the code and in tests/unit/; and the programs that suites start.
find_package(GTest REQUIRED)
file(GLOB unit_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*.cpp)
list(APPEND test_sources ${unit_tests})
if(test_sources)
  add_executable(tenon_tests ${test_sources})
  target_link_libraries(tenon_tests PRIVATE tenon_core GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(tenon_tests PRIVATE TENON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")  # where the .test files are
  target_precompile_headers(tenon_tests PRIVATE <gtest/gtest.h>)
endif()

file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/tools/*.cpp)
foreach(program ${programs})
  get_filename_component(name ${program} NAME_WE)
  add_executable(${name} ${program})
  target_link_libraries(${name} PRIVATE tenon_core CLI11::CLI11)
  target_compile_definitions(${name} PRIVATE TENON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endforeach()
