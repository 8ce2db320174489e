#include "zoetrope/transformer/dit/denoiser.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::transformer::dit {
namespace {

using testing::HasSubstr;

base::Json small_dit() {
  return {{"_class_name", "DiTTransformer2DModel"},
          {"num_attention_heads", 2},
          {"attention_head_dim", 8},
          {"num_layers", 2},
          {"out_channels", 8},
          {"sample_size", 8},
          {"num_embeds_ada_norm", 10}};
}

Conditioning classes(const std::vector<int64_t>& labels) { return {.text = {}, .label = at::tensor(labels, at::kLong)}; }
TokenTimesteps timestep(double t, int64_t batch = 1) { return TokenTimesteps::uniform(at::full({batch}, t)); }

struct DitTest : testing::Test {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights = random_weights(5, {0.3, 0.5});
  Denoiser model{tensor::Weights(weights), Config::from_json(small_dit())};

  std::string refusal(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const {
    return complaint([&] { model.predict_once(latents, timesteps, conditioning); });
  }
};

TEST_F(DitTest, GivesTheNoiseAndTheVarianceOnAnyGrid) {
  for (auto [h, w] : {std::pair{8, 8}, {2, 2}, {6, 14}})
    EXPECT_EQ(model.predict_once(draw({2, 4, 1, h, w}, 1), timestep(500, 2), classes({3, 10})).sizes(),
              (std::vector<int64_t>{2, 8, 1, h, w}));
}

TEST_F(DitTest, HearsOfClassTimestepAndPlace) {
  Tensor x = draw({1, 4, 1, 8, 8}, 1), known = model.predict_once(x, timestep(500), classes({3}));
  auto change = [&](const Tensor& other) { return (other - known).abs().max().item<double>(); };
  EXPECT_GT(change(model.predict_once(x, timestep(500), classes({4}))), 1e-3);
  EXPECT_GT(change(model.predict_once(x, timestep(400), classes({3}))), 1e-3);
  EXPECT_GT(change(model.predict_once(x.transpose(3, 4), timestep(500), classes({3})).transpose(3, 4)), 1e-3);
}

TEST_F(DitTest, DoesEachImageOfABatchByItself) {
  Tensor x = draw({2, 4, 1, 8, 8}, 1);
  Tensor both = model.predict_once(x, TokenTimesteps::uniform(at::tensor({100.0, 900.0})), classes({1, 2}));
  EXPECT_TRUE(both.narrow(0, 1, 1).allclose(model.predict_once(x.narrow(0, 1, 1), timestep(900), classes({2})), 1e-4, 1e-5));
}

TEST_F(DitTest, RefusesWhatItWasNotTrainedFor) {
  Tensor x = draw({1, 4, 1, 8, 8}, 1);
  EXPECT_EQ(refusal(x, timestep(5), classes({10})), "");
  EXPECT_THAT(refusal(draw({1, 4, 3, 8, 8}, 1), timestep(5), classes({1})), HasSubstr("got a clip of 3 latent frames"));
  EXPECT_THAT(refusal(x, {at::tensor({0.0, 5.0}).view({1, 2}), at::zeros({1, 16}, at::kLong)}, classes({1})), HasSubstr("got 2"));
  EXPECT_THAT(refusal(x, timestep(5), {}), HasSubstr("images of a class"));
  EXPECT_THAT(refusal(x, timestep(5), classes({11})), HasSubstr("are 0 to 9, and 10"));
  EXPECT_THAT(refusal(x, timestep(5), classes({-1})), HasSubstr("are 0 to 9"));
  EXPECT_THAT(refusal(draw({1, 4, 1, 7, 8}, 1), timestep(5), classes({1})), HasSubstr("latents of 8x7"));
  EXPECT_THAT(refusal(draw({1, 5, 1, 8, 8}, 1), timestep(5), classes({1})), HasSubstr("4 channels, got 5"));
  TokenLayout layout = model.layout(1, 8, 8);
  layout.attends = Attends::past;
  EXPECT_THAT(complaint([&] { model.begin(classes({1}), layout); }), HasSubstr("sees a clip as a whole and cannot stream"));
}

TEST(Block, IsTheIdentityAtInitialisation) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(5, [](const std::string& name, at::IntArrayRef shape) {
    return name.find("norm1.linear") != std::string::npos ? tensor::Init{} : tensor::lecun_normal(name, shape);
  });
  Block block(tensor::Weights(weights), Config::from_json(small_dit()));
  Tensor x = draw({2, 9, 16}, 3);
  Tensor classes = block.embedding.of_classes(at::tensor({1, 2}), at::kFloat);
  EXPECT_TRUE(block(x, at::tensor({3.0, 900.0}), classes).equal(x));
}

/// Counts parameters, and makes none.
class Counting : public tensor::WeightSource {
 public:
  Tensor get(const std::string& name, at::IntArrayRef shape) override {
    if (!name.starts_with("transformer_blocks.0.") && name.find(".emb.") != name.npos) copies += c10::multiply_integers(shape);
    total += c10::multiply_integers(shape);
    return at::empty(shape, at::TensorOptions().device(at::kMeta));
  }
  bool has(const std::string&) const override { return true; }
  int64_t total = 0, copies = 0;  // of the embedding of block 0
};

TEST(Config, IsThatOfDitXl2WhereNothingElseIsSaid) {
  Counting weights;
  Denoiser model(tensor::Weights(weights), Config::from_json({{"_class_name", "DiTTransformer2DModel"}, {"out_channels", 8}}));
  EXPECT_EQ(weights.total - weights.copies, 674'834'720) << "the trainable parameters of the published DiT-XL/2";
  EXPECT_EQ(model.grid(1, 32, 32).tokens(), 256);
}

TEST(Config, RefusesOtherNetworksWithTheKey) {
  auto refusal = [](const char* key, const base::Json& value) {
    base::Json json = small_dit();
    json[key] = value;
    return complaint([&] { Config::from_json(json); });
  };
  EXPECT_THAT(refusal("_class_name", "FluxTransformer2DModel"), HasSubstr("'FluxTransformer2DModel'"));
  EXPECT_EQ(refusal("_class_name", "Transformer2DModel"), "");
  EXPECT_THAT(refusal("norm_type", "layer_norm"), HasSubstr("'norm_type'"));
  EXPECT_THAT(refusal("activation_fn", "geglu"), HasSubstr("'activation_fn'"));
  EXPECT_THAT(refusal("norm_elementwise_affine", true), HasSubstr("'norm_elementwise_affine'"));
  EXPECT_THAT(refusal("num_layers", 0), HasSubstr("'num_layers'"));
  EXPECT_THAT(refusal("num_layers", "two"), HasSubstr("'num_layers'"));
  EXPECT_THAT(refusal("out_channels", 5), HasSubstr("says 5"));
  EXPECT_THAT(refusal("attention_head_dim", 7), HasSubstr("2 heads of 7"));
  EXPECT_THAT(refusal("sample_size", 1), HasSubstr("1x1"));
}

TEST(LoadDit, ListsTheParametersThatDoNotFit) {
  at::NoGradGuard no_grad;
  TemporaryFolder folder;
  tensor::TrainableWeights weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), Config::from_json(small_dit()));
  std::map<std::string, Tensor> parameters = weights.parameters();
  parameters["pos_embed.pos_embed"] = at::zeros({1, 16, 16});  // some files hold this constant
  tensor::save_component(folder.path, small_dit(), parameters, at::kFloat);
  EXPECT_NO_THROW(load(folder.path, {}));

  parameters.erase("proj_out_1.bias");
  parameters["proj_out_2.bias"] = at::zeros({3});
  parameters["proj_out_3.bias"] = at::zeros({3});
  tensor::save_component(folder.path, small_dit(), parameters, at::kFloat);
  try {
    load(folder.path, {});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 missing: proj_out_1.bias"));
    EXPECT_THAT(error.what(), HasSubstr("1 of another shape: proj_out_2.bias is [3] instead of [32]"));
    EXPECT_THAT(error.what(), HasSubstr("1 unknown: proj_out_3.bias"));
  }
}

}  // namespace
}  // namespace zoetrope::transformer::dit
