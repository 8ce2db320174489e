# libzoetrope.so: the modules behind functions of plain C (embed/zoetrope.h). It shows these alone.
add_library(zoetrope-embed SHARED "${CMAKE_SOURCE_DIR}/embed/zoetrope.cpp")
set_target_properties(zoetrope-embed PROPERTIES OUTPUT_NAME zoetrope VERSION "${PROJECT_VERSION}" SOVERSION 0 PUBLIC_HEADER "${CMAKE_SOURCE_DIR}/embed/zoetrope.h"
                      LINK_DEPENDS "${CMAKE_SOURCE_DIR}/embed/exports.map")
target_link_libraries(zoetrope-embed PRIVATE zoetrope-generation ${CMAKE_DL_LIBS})
target_link_options(zoetrope-embed PRIVATE "-Wl,--version-script=${CMAKE_SOURCE_DIR}/embed/exports.map" "-Wl,--no-undefined")
target_precompile_headers(zoetrope-embed REUSE_FROM zoetrope-base)
configure_file("${CMAKE_SOURCE_DIR}/embed/zoetrope.pc.in" "${CMAKE_BINARY_DIR}/zoetrope.pc" @ONLY)
install(TARGETS zoetrope-embed LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" PUBLIC_HEADER DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${CMAKE_BINARY_DIR}/zoetrope.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
