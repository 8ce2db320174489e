#include "zoetrope/autoencoder/native/autoencoder.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::autoencoder::native {
namespace {

Config small_native() {
  Config c;
  c.latent_channels = 8;
  c.encoder_widths = {16, 24};
  c.decoder_widths = {24, 16, 8};
  c.encoder_blocks = 1;
  c.decoder_blocks = {1, 1, 1};
  return c;
}

TEST(Autoencoder, HasTheShapesOfItsGeometry) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor latents = model.encode(draw({2, 3, 9, 32, 48}, 3));
  EXPECT_EQ(latents.sizes(), (std::vector<int64_t>{2, 8, 3, 4, 6}));
  EXPECT_EQ(model.decode(latents).sizes(), (std::vector<int64_t>{2, 3, 9, 32, 48}));
  EXPECT_EQ(model.encode(draw({1, 3, 1, 16, 16}, 3)).sizes(), (std::vector<int64_t>{1, 8, 1, 2, 2}));
}

TEST(Autoencoder, StreamsBitEqualToTheWhole) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor frames = draw({1, 3, 13, 32, 32}, 3), latents = model.encode(frames), decoded = model.decode(latents);
  nn::FeatureCache encoding, decoding;
  for (int64_t i = 0, start = 0; i < latents.size(2); ++i) {
    int64_t count = i == 0 ? 1 : 4;
    Tensor latent = model.encode_chunk(frames.narrow(2, start, count), encoding);
    EXPECT_TRUE(latent.equal(latents.narrow(2, i, 1))) << "latent frame " << i;
    EXPECT_TRUE(model.decode_chunk(latent, decoding).equal(decoded.narrow(2, start, count))) << "frames from " << start;
    start += count;
  }
}

TEST(Autoencoder, IsCausal) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor frames = draw({1, 3, 13, 16, 16}, 3), changed = frames.clone();
  changed.narrow(2, 9, 4).add_(1);
  Tensor before = model.encode(frames), after = model.encode(changed);
  EXPECT_TRUE(before.narrow(2, 0, 3).equal(after.narrow(2, 0, 3)));
  EXPECT_FALSE(before.narrow(2, 3, 1).equal(after.narrow(2, 3, 1)));
}

TEST(Autoencoder, RemembersTheLatentFrameBefore) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor frames = draw({1, 3, 9, 16, 16}, 3), changed = frames.clone();
  changed.narrow(2, 1, 4).add_(1);
  EXPECT_FALSE(model.encode(frames).narrow(2, 2, 1).equal(model.encode(changed).narrow(2, 2, 1)));
}

TEST(Autoencoder, TrainsOnWhatItStreams) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());  // no mean and scale: latents are z
  Tensor frames = draw({2, 3, 9, 16, 32}, 3), z = model.encode_batch(frames);
  EXPECT_LT((z - model.encode(frames)).abs().max().item<double>(), 1e-5 * z.abs().max().item<double>());
  Tensor decoded = model.decode_batch(z);
  EXPECT_LT((decoded - model.decode(z)).abs().max().item<double>(), 1e-5 * decoded.abs().max().item<double>());
}

TEST(Autoencoder, HandsOutNormalisedLatents) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Config config = small_native();
  config.latents_mean.assign(8, 0.5);
  config.latents_scale.assign(8, 2.0);
  Autoencoder model(tensor::Weights(weights), config);
  Tensor frames = draw({1, 3, 5, 16, 16}, 3), z = model.encode_batch(frames), latents = model.encode(frames);
  EXPECT_TRUE(at::allclose(latents * 2 + 0.5, z, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(model.decode(latents), model.decode_batch(z), 1e-4, 1e-4));
}

TEST(Autoencoder, BeginsAsItsLinearPart) {
  at::NoGradGuard guard;
  tensor::TrainableWeights weights(1, Autoencoder::init);
  Config config = small_native();
  Autoencoder model(tensor::Weights(weights), config);
  Tensor a = draw({1, 3, 1, 16, 16}, 3), b = draw({1, 3, 1, 16, 16}, 3) * 2;
  Tensor sum = model.encode(a + b), zero = model.encode(at::zeros_like(a));
  EXPECT_TRUE(at::allclose(sum - zero, model.encode(a) + model.encode(b) - 2 * zero, 1e-4, 1e-4));
}

TEST(Autoencoder, GradientsReachEveryParameter) {
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor frames = draw({1, 3, 9, 16, 16}, 3);
  (model.decode_batch(model.encode_batch(frames)) - frames).square().mean().backward();
  for (const auto& [name, parameter] : weights.parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0) << name;
  }
}

TEST(Autoencoder, RefusesLengthsAndSizesInASentence) {
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  EXPECT_THROW(model.encode(draw({1, 3, 4, 16, 16}, 3)), base::Error);
  EXPECT_THROW(model.encode(draw({1, 3, 5, 20, 16}, 3)), base::Error);
}

TEST(Autoencoder, DecodesNoCellAlone) {
  at::NoGradGuard guard;
  auto weights = random_weights(7, {0.1, 0});
  Autoencoder model(tensor::Weights(weights), small_native());
  Tensor z = draw({1, 8, 3, 5, 5}, 3), changed = z.clone();
  changed.select(2, 1).select(2, 2).select(2, 2).add_(1);
  Tensor difference = (model.decode_batch(changed) - model.decode_batch(z)).abs().amax({0, 1});  // [T,H,W]
  for (auto [row, column] : {std::pair{15, 20}, {24, 20}, {20, 15}, {20, 24}})                   // beside the cell [16,24) x [16,24)
    EXPECT_GT(difference[1][row][column].item<double>(), 0) << row << ", " << column;
  EXPECT_EQ(difference[0].max().item<double>(), 0);  // causal
  EXPECT_GT(difference[5].max().item<double>(), 0);  // and seen in the group after
}

TEST(Autoencoder, ReadsDecodersOfTheFirstFormat) {
  at::NoGradGuard guard;
  TemporaryFolder folder;
  Config config = small_native();
  tensor::TrainableWeights weights(1, Autoencoder::init);
  Autoencoder any(tensor::Weights(weights), config);
  std::map<std::string, Tensor> first = weights.parameters();
  for (const char* name : {"decoder.synthesis.weight", "decoder.synthesis.bias", "decoder.blend.weight", "decoder.blend.bias"})
    first.erase(name);
  first["decoder.linear.weight"] = draw({8, 12, 8, 8}, 4).to(at::kBFloat16).to(at::kFloat);
  first["decoder.linear.bias"] = draw({12}, 5).to(at::kBFloat16).to(at::kFloat);
  tensor::save_component(folder / "vae", config.to_json(), first, at::kBFloat16);
  // A network that adds nothing yet (its last layer is zero) leaves the synthesis of cells alone.
  Tensor z = draw({1, 8, 2, 2, 3}, 6);
  Tensor expected = at::conv_transpose2d(z.select(2, 1), first["decoder.linear.weight"], first["decoder.linear.bias"], {8, 8});
  Tensor decoded = load(folder / "vae", {})->decode_batch(z).narrow(2, 1, 4);
  EXPECT_LT((decoded - expected.unflatten(1, {3, 4})).abs().max().item<double>(), 1e-5);
}

TEST(Config, SurvivesJson) {
  Config config = small_native();
  config.latents_mean = {1, 2, 3};
  EXPECT_EQ(Config::from_json(config.to_json()).to_json(), config.to_json());
}

}  // namespace
}  // namespace zoetrope::autoencoder::native
