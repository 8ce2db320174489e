#include "zoetrope/autoencoder/sd/autoencoder.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::autoencoder::sd {
namespace {

using testing::HasSubstr;

base::Json small_sd() {
  return {{"_class_name", "AutoencoderKL"},
          {"block_out_channels", {4, 8, 8}},
          {"norm_num_groups", 2},
          {"latent_channels", 3},
          {"scaling_factor", 0.5}};
}

TEST(Autoencoder, HasTheShapesOfItsGeometry) {
  at::NoGradGuard guard;
  auto weights = random_weights(7);
  Autoencoder model(tensor::Weights(weights), Config::from_json(small_sd()));
  EXPECT_EQ(model.geometry().space, 4);
  EXPECT_EQ(model.geometry().latent_frames(5), 5);
  Tensor latents = model.encode(draw({2, 3, 5, 16, 24}, 3));
  EXPECT_EQ(latents.sizes(), (std::vector<int64_t>{2, 3, 5, 4, 6}));
  EXPECT_EQ(model.decode(latents).sizes(), (std::vector<int64_t>{2, 3, 5, 16, 24}));
}

TEST(Autoencoder, DoesEachFrameByItself) {
  at::NoGradGuard guard;
  auto weights = random_weights(7);
  Autoencoder model(tensor::Weights(weights), Config::from_json(small_sd()));
  Tensor frames = draw({1, 3, 3, 16, 16}, 3), latents = model.encode(frames);
  EXPECT_TRUE(latents.narrow(2, 2, 1).equal(model.encode(frames.narrow(2, 2, 1))));
  EXPECT_TRUE(model.decode(latents).narrow(2, 2, 1).equal(model.decode(latents.narrow(2, 2, 1))));
}

TEST(Autoencoder, ScalesTheLatentsAsItsConfigSays) {
  at::NoGradGuard guard;
  auto weights = random_weights(7);
  base::Json other = small_sd();
  other["scaling_factor"] = 2.0, other["shift_factor"] = 0.25;
  Autoencoder model(tensor::Weights(weights), Config::from_json(small_sd())), moved(tensor::Weights(weights), Config::from_json(other));
  Tensor frames = draw({1, 3, 1, 16, 16}, 3), z = model.encode(frames) / 0.5;
  EXPECT_TRUE(moved.encode(frames).allclose((z - 0.25) * 2));
  EXPECT_TRUE(moved.decode((z - 0.25) * 2).allclose(model.decode(z * 0.5), 1e-4, 1e-5));
}

/// Counts parameters, and makes none.
class Counting : public tensor::WeightSource {
 public:
  Tensor get(const std::string&, at::IntArrayRef shape) override {
    total += c10::multiply_integers(shape);
    return at::empty(shape, at::TensorOptions().device(at::kMeta));
  }
  bool has(const std::string&) const override { return true; }
  int64_t total = 0;
};

TEST(Config, IsThatOfStableDiffusionByDefault) {
  Counting weights;
  Autoencoder model(tensor::Weights(weights), Config{});
  EXPECT_EQ(weights.total, 83'653'863) << "the parameters of the published autoencoder";
  EXPECT_EQ(model.geometry().space, 8);
}

TEST(Config, RefusesOtherNetworksWithTheKey) {
  auto refusal = [](const char* key, const base::Json& value) {
    base::Json json = small_sd();
    json[key] = value;
    return complaint([&] { Config::from_json(json); });
  };
  EXPECT_THAT(refusal("_class_name", "AutoencoderTiny"), HasSubstr("'AutoencoderTiny'"));
  EXPECT_THAT(refusal("block_out_channels", base::Json::array()), HasSubstr("'block_out_channels'"));
  EXPECT_THAT(refusal("block_out_channels", {4, 7}), HasSubstr("7 in 'block_out_channels' cannot be cut into 2 groups"));
  EXPECT_THAT(refusal("block_out_channels", {4, -8}), HasSubstr("got -8"));
  EXPECT_THAT(refusal("down_block_types", {"DownEncoderBlock2D"}), HasSubstr("3 levels needs as many 'down_block_types', got 1"));
  EXPECT_THAT(refusal("up_block_types", {"UpDecoderBlock2D", "AttnUpDecoderBlock2D", "UpDecoderBlock2D"}),
              HasSubstr("AttnUpDecoderBlock2D"));
  EXPECT_THAT(refusal("in_channels", 4), HasSubstr("'in_channels'"));
  EXPECT_THAT(refusal("act_fn", "relu"), HasSubstr("'relu'"));
  EXPECT_THAT(refusal("latents_mean", {0.0, 0.0, 0.0}), HasSubstr("'latents_mean'"));
  EXPECT_THAT(refusal("scaling_factor", 0), HasSubstr("'scaling_factor'"));
  EXPECT_THAT(refusal("latent_channels", 2.5), HasSubstr("'latent_channels'"));
}

TEST(LoadSd, ListsTheParametersThatDoNotFit) {
  at::NoGradGuard guard;
  TemporaryFolder folder;
  auto weights = random_weights(7);
  Autoencoder model(tensor::Weights(weights), Config::from_json(small_sd()));
  std::map<std::string, Tensor> parameters = weights.parameters();
  parameters.erase("decoder.conv_in.bias");
  parameters["encoder.conv_in.bias"] = at::zeros({5});
  tensor::save_component(folder.path, small_sd(), parameters, at::kFloat);
  try {
    load(folder.path, {});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 missing: decoder.conv_in.bias"));
    EXPECT_THAT(error.what(), HasSubstr("encoder.conv_in.bias is [5] instead of [4]"));
  }
}

}  // namespace
}  // namespace zoetrope::autoencoder::sd
