# Benches: one program a file bench/NAME_bench.cpp, built by the target `benches` and never by default.
find_package(benchmark REQUIRED)
add_custom_target(benches)
file(GLOB bench_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bench/*_bench.cpp")
foreach(file ${bench_sources})
  cmake_path(GET file STEM name)
  string(REGEX REPLACE "_bench$" "" name "${name}")
  add_executable(bench-${name} EXCLUDE_FROM_ALL "${file}")
  target_link_libraries(bench-${name} PRIVATE zoetrope-evaluation benchmark::benchmark_main)
  target_precompile_headers(bench-${name} REUSE_FROM zoetrope-base)
  add_dependencies(benches bench-${name})
endforeach()
add_dependencies(benches zoetrope)  # bench/*.py time the program itself
