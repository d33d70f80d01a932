# The public API: headers and shells of every generation, generated from api/surface; and the enumerations that src/objects
# stands on. Leaves api_enums (a target) and api_folder.
set(api_folder ${CMAKE_BINARY_DIR}/api)
file(GLOB_RECURSE api_facts CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/api/surface/*.api ${CMAKE_SOURCE_DIR}/api/fragments/*.h ${CMAKE_SOURCE_DIR}/api/generator/*.py)
set(api_generations 8 10)
set(api_version_8 8.6.1)
set(api_version_10 10.16.0)
foreach(generation ${api_generations})
  foreach(library nvinfer nvonnxparser)
    list(APPEND api_texts ${api_folder}/${generation}/${library}.inc)
  endforeach()
endforeach()
add_custom_command(OUTPUT ${api_folder}/stamp BYPRODUCTS ${api_folder}/objects/enums.h ${api_texts}
  DEPENDS ${api_facts} ${CMAKE_SOURCE_DIR}/api/generate.py VERBATIM COMMENT "Generating the public API"
  COMMAND ${Python_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/api/generate.py ${api_folder}
  COMMAND ${CMAKE_COMMAND} -E touch ${api_folder}/stamp)
add_custom_target(api_text DEPENDS ${api_folder}/stamp)
