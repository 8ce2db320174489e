# The program through which the Python tests of tests/parity reach the library.
file(GLOB probe_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/parity/*.cpp")
add_executable(parity-probe ${probe_sources})
target_link_libraries(parity-probe PRIVATE zoetrope-generation)
target_precompile_headers(parity-probe REUSE_FROM zoetrope-base)
