# src/plan/engine.fbs -> plan/engine_generated.h in the build folder; leaves schema_headers and schema_folder.
set(schema_folder ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${schema_folder})
file(GLOB schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/plan/*.fbs)
foreach(schema ${schemas})
  get_filename_component(name ${schema} NAME_WE)
  set(header ${schema_folder}/plan/${name}_generated.h)
  add_custom_command(OUTPUT ${header} DEPENDS ${schema} VERBATIM
    COMMAND ${FLATC} --cpp --cpp-std c++17 --scoped-enums -o ${schema_folder}/plan ${schema})
  list(APPEND schema_headers ${header})
endforeach()
