#include "tests/fuzz/safetensors_law.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zoetrope::tensor::safetensors_law(std::as_bytes(std::span(data, size)));
  return 0;
}
