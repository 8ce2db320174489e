# Tests that are no C++ programs: the checks of the source tree, and Python tests, one CTest a file (`end_to_end.program`, `parity.t5`).
# They run with the Python of .venv, where `make test` puts pytest and the reference implementations, and take longest, so they start first.
set(PYTHON "${CMAKE_SOURCE_DIR}/.venv/bin/python")

add_test(NAME checks.layers COMMAND "${PYTHON}" "${CMAKE_SOURCE_DIR}/tools/check_layers.py")
add_test(NAME checks.format COMMAND "${CMAKE_SOURCE_DIR}/tools/format.sh" --check)

file(GLOB python_tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*/test_*.py" "${CMAKE_SOURCE_DIR}/tests/*/*_test.py")
foreach(file ${python_tests})
  cmake_path(GET file PARENT_PATH folder)
  cmake_path(GET folder FILENAME folder)
  cmake_path(GET file STEM name)
  string(REGEX REPLACE "^test_|_test$" "" name "${name}")
  add_test(NAME ${folder}.${name} COMMAND "${PYTHON}" -m pytest -q -p no:cacheprovider "${file}" WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${folder}.${name} PROPERTIES TIMEOUT 900 COST 60 ENVIRONMENT "OMP_NUM_THREADS=1;ZOETROPE=$<TARGET_FILE:zoetrope>;ZOETROPE_BUILD=${CMAKE_BINARY_DIR}")
endforeach()

# The program through which the end-to-end tests reach a store of jobs.
add_executable(job-probe "${CMAKE_SOURCE_DIR}/tests/end_to_end/job_probe.cpp")
target_link_libraries(job-probe PRIVATE zoetrope-serving)
target_precompile_headers(job-probe REUSE_FROM zoetrope-base)

# What watermark_proof.py measures with (make proof-watermark).
add_executable(watermark-probe EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tests/end_to_end/watermark_probe.cpp")
target_link_libraries(watermark-probe PRIVATE zoetrope-provenance)
target_precompile_headers(watermark-probe REUSE_FROM zoetrope-base)
