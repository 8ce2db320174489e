# The web page: the files of studio/ become one C++ file, a table of names and texts, so that the program carries them wherever it runs.
set(STUDIO_SOURCE "${CMAKE_BINARY_DIR}/studio_files.cpp")
file(GLOB studio_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/studio/*.html" "${CMAKE_SOURCE_DIR}/studio/*.css" "${CMAKE_SOURCE_DIR}/studio/*.js" "${CMAKE_SOURCE_DIR}/studio/*.svg")
add_custom_command(
  OUTPUT "${STUDIO_SOURCE}"
  COMMAND "${CMAKE_COMMAND}" "-DFILES=${studio_files}" "-DOUT=${STUDIO_SOURCE}" -P "${CMAKE_SOURCE_DIR}/cmake/embed_texts.cmake"
  DEPENDS ${studio_files} "${CMAKE_SOURCE_DIR}/cmake/embed_texts.cmake"
  VERBATIM)
target_sources(zoetrope-serving PRIVATE "${STUDIO_SOURCE}")
set_source_files_properties("${STUDIO_SOURCE}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
