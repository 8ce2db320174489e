#include "zoetrope/tensor/config_size.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

TEST(ConfigSize, IsAWholeNumberWithinItsLimit) {
  EXPECT_EQ(config_size(1, "heads", "denoiser", 64), 1);
  EXPECT_EQ(config_size(64, "heads", "denoiser", 64), 64);
  for (const base::Json& value : {base::Json(0), base::Json(-3), base::Json(65), base::Json(2.5), base::Json("8"), base::Json(nullptr),
                                  base::Json(UINT64_MAX), base::Json::array({8})})
    try {
      config_size(value, "heads", "denoiser", 64);
      ADD_FAILURE() << value.dump();
    } catch (const base::Error& error) {
      EXPECT_EQ(std::string(error.what()),
                "'heads' in the denoiser's config.json must be a whole number from 1 to 64, got " + value.dump());
    }
}

}  // namespace
}  // namespace zoetrope::tensor
