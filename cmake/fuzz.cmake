# Fuzz targets: programs that search for bytes that break what reads them. They need Clang's libFuzzer:
#   cmake -B build-fuzz -DCMAKE_CXX_COMPILER=clang++-16 -DZOETROPE_FUZZ=ON && cmake --build build-fuzz --target fuzz-safetensors
#   build-fuzz/fuzz-safetensors -max_total_time=60
# The laws that they check are tested by every compiler on mutations that are always the same (tests/tensor/safetensors_fuzz_test.cpp).
option(ZOETROPE_FUZZ "build the fuzz targets (Clang only)" OFF)
if(ZOETROPE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ZOETROPE_FUZZ needs Clang, found ${CMAKE_CXX_COMPILER_ID}: give -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # The reader is compiled once more, with the coverage that libFuzzer steers by.
  add_executable(fuzz-safetensors EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tests/fuzz/safetensors_fuzz.cpp"
                 "${CMAKE_SOURCE_DIR}/zoetrope/tensor/safetensors_header.cpp")
  target_include_directories(fuzz-safetensors PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(fuzz-safetensors PRIVATE torch-engine nlohmann_json::nlohmann_json)
  target_compile_options(fuzz-safetensors PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined)
  target_link_options(fuzz-safetensors PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
