# A module is a folder of zoetrope/: one static library, and one test program from the folder of the same name in tests/.
#   zoetrope_module(NAME USES module... LIBRARIES library...)
# All modules share one precompiled ATen, and in a release each module and each test program is compiled as one file (CMAKE_UNITY_BUILD): what
# a file costs before its first line, mostly instances of ATen's templates, is paid 30 times instead of 300. So names in anonymous
# namespaces differ within a module.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)
function(zoetrope_module name)
  cmake_parse_arguments(MODULE "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/zoetrope/${name}/*.cpp")
  add_library(zoetrope-${name} STATIC ${sources})
  target_include_directories(zoetrope-${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  list(TRANSFORM MODULE_USES PREPEND "zoetrope-")
  target_link_libraries(zoetrope-${name} PUBLIC ${MODULE_USES} torch-engine ${MODULE_LIBRARIES})
  if(name STREQUAL "base")
    target_precompile_headers(zoetrope-base PRIVATE "${CMAKE_SOURCE_DIR}/zoetrope/base/precompiled.h")
  else()
    target_precompile_headers(zoetrope-${name} REUSE_FROM zoetrope-base)
  endif()
  zoetrope_tests(${name})
endfunction()

# The test program of the library zoetrope-NAME, or of another one that is named, from tests/NAME/*_test.cpp: `test-NAME`, and one CTest,
# `unit.NAME`. A CTest for each test case would take eight times as long, since it would load libtorch each time (.4 s).
#   zoetrope_tests(NAME [LIBRARY library])
function(zoetrope_tests name)
  cmake_parse_arguments(TESTS "" "LIBRARY" "" ${ARGN})
  if(NOT TESTS_LIBRARY)
    set(TESTS_LIBRARY zoetrope-${name})
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp")
  if(ZOETROPE_TESTS AND tests)
    add_executable(test-${name} ${tests})
    target_link_libraries(test-${name} PRIVATE ${TESTS_LIBRARY} GTest::gmock GTest::gtest_main)
    target_precompile_headers(test-${name} REUSE_FROM zoetrope-base)
    add_test(NAME unit.${name} COMMAND test-${name} --gtest_brief=1 WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 900
                         ENVIRONMENT "OMP_NUM_THREADS=1;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/leaks.txt:print_suppressions=0")
  endif()
endfunction()
