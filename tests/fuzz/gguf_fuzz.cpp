#include "tests/fuzz/gguf_law.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zoetrope::tensor::gguf_law(std::as_bytes(std::span(data, size)));
  return 0;
}
