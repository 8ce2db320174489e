# Fuzz targets: programs that search for bytes that break what reads them. They need Clang's libFuzzer:
#   cmake -B build-fuzz -DCMAKE_CXX_COMPILER=clang++-16 -DZOETROPE_FUZZ=ON && cmake --build build-fuzz --target fuzz-safetensors fuzz-gguf fuzz-multipart
#   build-fuzz/fuzz-safetensors -max_total_time=60; build-fuzz/fuzz-gguf -max_total_time=60
# The laws that they check are tested by every compiler on mutations that are always the same (tests/tensor/safetensors_fuzz_test.cpp, gguf_fuzz_test.cpp,
# tests/serving/http/multipart_test.cpp).
option(ZOETROPE_FUZZ "build the fuzz targets (Clang only)" OFF)
if(ZOETROPE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ZOETROPE_FUZZ needs Clang, found ${CMAKE_CXX_COMPILER_ID}: give -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # The readers are compiled once more, with the coverage that libFuzzer steers by.
  foreach(format safetensors gguf)
    add_executable(fuzz-${format} EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tests/fuzz/${format}_fuzz.cpp"
                   "${CMAKE_SOURCE_DIR}/zoetrope/tensor/${format}_header.cpp" "${CMAKE_SOURCE_DIR}/zoetrope/tensor/block_types.cpp")
    target_include_directories(fuzz-${format} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(fuzz-${format} PRIVATE zoetrope-base torch-engine nlohmann_json::nlohmann_json)
    target_compile_options(fuzz-${format} PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined)
    target_link_options(fuzz-${format} PRIVATE -fsanitize=fuzzer,address,undefined)
  endforeach()
  add_executable(fuzz-multipart EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tests/fuzz/multipart_fuzz.cpp" "${CMAKE_SOURCE_DIR}/zoetrope/base/fmt.cpp"
                 "${CMAKE_SOURCE_DIR}/zoetrope/serving/http/multipart.cpp" "${CMAKE_SOURCE_DIR}/zoetrope/serving/http/url.cpp")
  target_include_directories(fuzz-multipart PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(fuzz-multipart PRIVATE torch-engine)
  target_compile_options(fuzz-multipart PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined)
  target_link_options(fuzz-multipart PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
