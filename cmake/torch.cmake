# The engine: libtorch from the torch wheel, linked straight from the wheel's folder. No find_package(Torch): so configuring needs
# neither Python nor nvcc, and the CPU and the CUDA wheel both work.
#   TORCH_ROOT   the folder `torch` of the wheel; found in .venv when not given
if(NOT TORCH_ROOT)
  file(GLOB TORCH_ROOT "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
endif()
if(NOT EXISTS "${TORCH_ROOT}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "libtorch was not found in '${TORCH_ROOT}': run `make build`, or give -DTORCH_ROOT=.../site-packages/torch")
endif()
set(TORCH_ROOT "${TORCH_ROOT}" CACHE PATH "the folder `torch` of the torch wheel")
set(TORCH_LIBRARY_FOLDER "${TORCH_ROOT}/lib")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${TORCH_ROOT}/version.py")  # another wheel has other libraries

add_library(torch-engine INTERFACE)
target_include_directories(torch-engine SYSTEM INTERFACE "${TORCH_ROOT}/include" "${TORCH_ROOT}/include/torch/csrc/api/include")
# One OpenMP runtime in the process: the one that libtorch brings (arm64 wheels keep it in torch.libs under a hashed name).
file(GLOB TORCH_OPENMP "${TORCH_LIBRARY_FOLDER}/libgomp*.so*" "${TORCH_ROOT}.libs/libgomp*.so*")
target_link_libraries(torch-engine INTERFACE
  "${TORCH_LIBRARY_FOLDER}/libtorch.so" "${TORCH_LIBRARY_FOLDER}/libtorch_cpu.so" "${TORCH_LIBRARY_FOLDER}/libc10.so" ${TORCH_OPENMP})
if(EXISTS "${TORCH_LIBRARY_FOLDER}/libtorch_cuda.so")
  target_link_libraries(torch-engine INTERFACE "${TORCH_LIBRARY_FOLDER}/libtorch_cuda.so" "${TORCH_LIBRARY_FOLDER}/libc10_cuda.so")
endif()
target_link_options(torch-engine INTERFACE "-Wl,--no-as-needed" "-Wl,-rpath,${TORCH_LIBRARY_FOLDER}")
# GCC's -fopenmp compiles the pragmas of ATen's headers; Clang's would bring a second runtime, so our own loops call libgomp by name (base/parallel.cpp).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(torch-engine INTERFACE -fopenmp)
endif()
# What ATen's checks say names the file without the path of the wheel on this machine.
target_compile_options(torch-engine INTERFACE "-fmacro-prefix-map=${TORCH_ROOT}/=")
# The wheel carries fmt's headers; base/fmt.cpp compiles what belongs to them, so no second fmt is linked.
# NDEBUG as in the wheel: without it structs of ATen's headers have members that libtorch's do not have (record_function.h).
target_compile_definitions(torch-engine INTERFACE USE_DISTRIBUTED USE_C10D_GLOO NDEBUG)
