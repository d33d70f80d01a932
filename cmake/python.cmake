# The Python package, ready to import from python/ in the build folder: _tenon beside the files of python/tenon/.
file(GLOB python_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/python/*.cpp)
if(NOT python_sources)
  return()
endif()
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
  OUTPUT_VARIABLE pybind11_folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
find_package(pybind11 REQUIRED HINTS ${pybind11_folder})

set(package ${CMAKE_BINARY_DIR}/python/tenon)
file(GLOB package_files CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/python/tenon/*.py ${CMAKE_SOURCE_DIR}/python/tenon/*.pyi ${CMAKE_SOURCE_DIR}/python/tenon/py.typed)
foreach(file ${package_files})
  get_filename_component(name ${file} NAME)
  add_custom_command(OUTPUT ${package}/${name} DEPENDS ${file} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E copy ${file} ${package}/${name})
  list(APPEND package_copies ${package}/${name})
endforeach()
add_custom_target(python_files DEPENDS ${package_copies})

pybind11_add_module(_tenon NO_EXTRAS ${python_sources})
target_link_libraries(_tenon PRIVATE tenon)
set_target_properties(_tenon PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${package} INSTALL_RPATH "$ORIGIN/../../lib")
add_dependencies(_tenon python_files)
