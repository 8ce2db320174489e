#include "zoetrope/autoencoder/wan/config.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"

namespace zoetrope::autoencoder::wan {
namespace {

TEST(WanAutoencoderConfig, SaysWhatIsWrong) {
  Config config;
  config.latent_channels = 3;
  config.latents_mean = {0.1, -0.2, 0.3};
  config.latents_std = {1, 2, 0.5};
  auto refusal = [&](const char* key, base::Json value) {
    base::Json json = config.to_json();
    json[key] = std::move(value);
    return complaint([&] { Config::from_json(json); });
  };
  EXPECT_EQ(refusal("dropout", 0.0), "");
  EXPECT_THAT(refusal("_class_name", "AutoencoderKL"), testing::HasSubstr("'AutoencoderKL'"));
  EXPECT_THAT(refusal("base_dim", -1), testing::HasSubstr("'base_dim'"));
  EXPECT_THAT(refusal("latents_mean", {1.0}), testing::HasSubstr("1 values for 3 channels"));
  EXPECT_THAT(refusal("attn_scales", {0.5}), testing::HasSubstr("'attn_scales' must be empty"));
  EXPECT_THAT(refusal("temperal_downsample", {true}), testing::HasSubstr("needs 3 values of 'temperal_downsample', got 1"));
}

}  // namespace
}  // namespace zoetrope::autoencoder::wan
