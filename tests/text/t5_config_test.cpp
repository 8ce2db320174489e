#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/text/t5.h"

namespace zoetrope::text {
namespace {

/// google/t5-v1_1-xxl's config.json, as far as the encoder goes.
base::Json xxl() {
  return {{"model_type", "t5"},
          {"vocab_size", 32128},
          {"d_model", 4096},
          {"d_kv", 64},
          {"num_heads", 64},
          {"d_ff", 10240},
          {"num_layers", 24},
          {"relative_attention_num_buckets", 32},
          {"layer_norm_epsilon", 1e-06},
          {"feed_forward_proj", "gated-gelu"}};
}

TEST(T5Config, ReadsWhatTransformersWrites) {
  T5Config config = T5Config::from_json(xxl());
  EXPECT_EQ(config.width, 4096);
  EXPECT_EQ(config.head_width, 64);
  EXPECT_EQ(config.layers, 24);
  EXPECT_EQ(config.max_distance, 128);  // not in old files
  EXPECT_FALSE(config.per_layer_bias);
}

TEST(T5Config, ComesBackFromItsJson) {
  T5Config config{.vocabulary = 700, .width = 192, .head_width = 32, .heads = 6, .feed_forward = 512, .layers = 3, .per_layer_bias = true};
  base::Json json = config.to_json();
  EXPECT_EQ(T5Config::from_json(json).to_json(), json);
  EXPECT_EQ(json.at("model_type"), "umt5");
}

TEST(T5Config, RefusesWhatItCannotBuild) {
  auto refuses = [](const char* key, base::Json value) {
    base::Json json = xxl();
    json[key] = std::move(value);
    EXPECT_THROW(T5Config::from_json(json), base::Error) << key;
  };
  refuses("model_type", "bert");
  refuses("feed_forward_proj", "relu");
  refuses("d_model", 0);
  refuses("d_model", -3);
  refuses("num_layers", 1e300);
  refuses("vocab_size", "many");
  refuses("relative_attention_num_buckets", 2);
  refuses("relative_attention_max_distance", 8);
  base::Json json = xxl();
  json.erase("d_ff");
  EXPECT_THROW(T5Config::from_json(json), base::Error);
  EXPECT_THROW(T5Config::from_json(base::Json::array()), base::Error);
}

}  // namespace
}  // namespace zoetrope::text
