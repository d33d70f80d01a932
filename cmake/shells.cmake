# Shells: one library a generation, with symbol versions of its own, so that two can live in one process.
function(add_shell library generation exports)
  set(target ${library}_${generation})
  set(map ${api_folder}/${generation}/${library}.map)
  string(REPLACE ";" "; " names "${exports}")
  file(CONFIGURE OUTPUT ${map} CONTENT "lib${library}.so.${generation} { global: ${names}; local: *; };\n")
  add_library(${target} SHARED ${CMAKE_SOURCE_DIR}/api/shells/${library}.cpp)
  add_dependencies(${target} api_text)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/api/shells ${CMAKE_SOURCE_DIR}/src ${api_folder})
  target_include_directories(${target} SYSTEM PRIVATE
    ${api_folder}/${generation}/include ${CMAKE_SOURCE_DIR}/api/cudart_host/include)
  target_compile_definitions(${target} PRIVATE GENERATED="${api_folder}/${generation}/${library}.inc")
  target_compile_options(${target} PRIVATE -fno-delete-null-pointer-checks)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/api/shells/${library}.cpp PROPERTIES
    OBJECT_DEPENDS "${api_folder}/stamp")
  target_link_libraries(${target} PRIVATE tenon ${CMAKE_DL_LIBS})
  target_link_options(${target} PRIVATE -Wl,-Bsymbolic -Wl,-z,defs -Wl,--version-script=${map})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${library} VERSION ${api_version_${generation}}
    SOVERSION ${generation} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/${generation}
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "\$ORIGIN:\$ORIGIN/..:\$ORIGIN/../../lib" LINK_DEPENDS ${map})
endfunction()

set(nvinfer_exports createInferBuilder_INTERNAL createInferRuntime_INTERNAL createInferRefitter_INTERNAL
  getBuilderPluginRegistry getBuilderSafePluginRegistry getInferLibVersion getLogger getPluginRegistry)
set(nvonnxparser_exports createNvOnnxParser_INTERNAL getNvOnnxParserVersion)
add_shell(nvinfer 8 "${nvinfer_exports}")
add_shell(nvonnxparser 8 "${nvonnxparser_exports}")
list(APPEND nvinfer_exports getInferLibMajorVersion getInferLibMinorVersion getInferLibPatchVersion
  getInferLibBuildVersion setInternalLibraryPath)
list(APPEND nvonnxparser_exports createNvOnnxParserRefitter_INTERNAL)
add_shell(nvinfer 10 "${nvinfer_exports}")
add_shell(nvonnxparser 10 "${nvonnxparser_exports}")
