#include "zoetrope/base/base64.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(Base64, IsUndone) {
  for (size_t n = 0; n < 70; ++n) {
    std::string bytes(n, ' ');
    for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<char>(i * 37 + n);
    EXPECT_EQ(base64_decoded(base64_encoded(bytes)), bytes);
  }
  EXPECT_EQ(base64_encoded("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_FALSE(base64_decoded("a"));
  EXPECT_FALSE(base64_decoded("ab c"));
}

}  // namespace
}  // namespace zoetrope::base
