#include "tests/fuzz/multipart_law.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zoetrope::serving::http::multipart_law({reinterpret_cast<const char*>(data), size});
  return 0;
}
