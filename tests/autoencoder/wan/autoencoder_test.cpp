#include "zoetrope/autoencoder/wan/autoencoder.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/random_weights.h"
#include "tests/stops_after.h"
#include "zoetrope/base/error.h"

namespace zoetrope::autoencoder::wan {
namespace {

Config small_wan(bool second_version) {
  Config c;
  c.encoder_width = c.decoder_width = 4;
  c.latent_channels = 3;
  c.blocks = 1;
  c.latents_mean = {0.1, -0.2, 0.3};
  c.latents_std = {1, 2, 0.5};
  if (second_version) c.is_residual = true, c.patch = 2;
  c.set_compression();
  return c;
}

Tensor pixels(at::IntArrayRef shape) { return draw(shape, 3).clamp(-1, 1); }

class WanAutoencoders : public testing::TestWithParam<bool> {};

TEST_P(WanAutoencoders, StreamAsTheyDoTheWholeWithMemoryThatDoesNotGrow) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(1, {0.2, 0.5});
  Autoencoder model(tensor::Weights(weights), small_wan(GetParam()));
  Geometry g = model.geometry();
  EXPECT_EQ(g.space, GetParam() ? 16 : 8);
  Tensor frames = pixels({1, 3, 13, 2 * g.space, g.space}), latents = model.encode(frames);
  EXPECT_EQ(latents.sizes(), (std::vector<int64_t>{1, 3, 4, 2, 1}));

  nn::FeatureCache encoding, decoding;
  std::vector<Tensor> parts;
  std::vector<size_t> remembered;
  for (int64_t i = 0; i < 4; ++i) {
    Tensor next = i == 0 ? frames.narrow(2, 0, 1) : frames.narrow(2, 4 * i - 3, 4);
    EXPECT_TRUE(model.encode_chunk(next, encoding).equal(latents.narrow(2, i, 1)));
    parts.push_back(model.decode_chunk(latents.narrow(2, i, 1), decoding));
    EXPECT_EQ(parts.back().size(2), i == 0 ? 1 : 4);
    size_t bytes = 0;
    for (const auto& [layer, kept] : decoding.slots())
      for (const Tensor& t : kept) bytes += t.defined() ? t.nbytes() : 0;
    remembered.push_back(bytes);
  }
  EXPECT_EQ(remembered[2], remembered[3]);
  EXPECT_TRUE(at::cat(parts, 2).equal(model.decode(latents)));

  DecodeStream stream;
  base::Observer nobody;
  std::vector<Tensor> pieces;
  for (auto [begin, count] : {std::pair{0, 2}, {2, 1}, {3, 1}})
    model.decode(
        latents.narrow(2, begin, count), nobody, [&](const Tensor& frames) { pieces.push_back(frames); }, &stream);
  EXPECT_TRUE(at::cat(pieces, 2).equal(model.decode(latents)));
}

TEST_P(WanAutoencoders, TellHowFarTheyAreInBandsAndStopThere) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(1, {0.2, 0.5});
  Autoencoder model(tensor::Weights(weights), small_wan(GetParam()));
  Tensor latents = pixels({1, 3, 3, 2, 23});
  int64_t made = 0;
  auto decode_until = [&](int64_t step) {  // of the features of three latent frames, then their two bands
    StopsAfter observer(step);
    model.decode_in_bands(latents, 2, observer, [&](const Tensor&) { ++made; });
  };
  for (int64_t step : {1, 3, 4, 8}) EXPECT_THROW(decode_until(step), base::Cancelled) << step;
  EXPECT_EQ(made, 0);
  EXPECT_NO_THROW(decode_until(9));
  EXPECT_EQ(made, 3);
}

TEST_P(WanAutoencoders, NeedAsMuchMoreToDecodeAsTheImageIsLarger) {
  auto weights = random_weights(1, {0.2, 0.5});
  Autoencoder model(tensor::Weights(weights), small_wan(GetParam()));
  base::Cost one = model.decode_cost(5, 1, 1), four = model.decode_cost(5, 2, 2);
  EXPECT_EQ(four.bytes, 4 * one.bytes);
  EXPECT_GT(four.flops, 4 * one.flops) << "attention grows faster";
  EXPECT_LT(four.flops, 5 * one.flops);
}

TEST_P(WanAutoencoders, DecodeInBandsWhatTheyDecodeAsAWhole) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(1, {0.2, 0.5});
  Autoencoder model(tensor::Weights(weights), small_wan(GetParam()));
  base::Observer nobody;
  for (auto [h, w] : {std::pair{2, 23}, {24, 3}})
    for (int64_t count : {2, 3}) {
      Tensor latents = pixels({1, 3, 3, h, w}), whole = model.decode(latents);
      std::vector<Tensor> parts;
      model.decode_in_bands(latents, count, nobody, [&](const Tensor& frames) { parts.push_back(frames); });
      EXPECT_EQ(parts.size(), 3u);
      Tensor difference = (at::cat(parts, 2) - whole).abs();
      EXPECT_LT(difference.max().item<double>(), 1e-5) << count << " bands of " << h << "x" << w;
      DecodeStream stream;
      std::vector<Tensor> pieces;
      for (int64_t begin : {0, 1})  // of one latent frame, then of two
        model.decode_in_bands(
            latents.narrow(2, begin, begin + 1), count, nobody, [&](const Tensor& frames) { pieces.push_back(frames); }, &stream);
      EXPECT_TRUE(at::cat(pieces, 2).equal(at::cat(parts, 2))) << "piece by piece the same";
    }
}

INSTANTIATE_TEST_SUITE_P(BothVersions, WanAutoencoders, testing::Bool());

/// Parameters of any shape in the memory of one number.
class Shapes : public tensor::WeightSource {
 public:
  Tensor get(const std::string&, at::IntArrayRef shape) override { return at::zeros({}).expand(shape); }
  bool has(const std::string&) const override { return true; }
};

TEST(Autoencoder, DecodesClipsOf480LinesInTwoGibibytes) {
  Config c;
  c.latents_mean = c.latents_std = std::vector<double>(static_cast<size_t>(c.latent_channels), 1);
  Shapes shapes;
  Autoencoder model(tensor::Weights(shapes), c);
  base::Cost one_frame = model.decode_cost(1, 60, 104), wide = model.decode_cost(21, 60, 104), tall = model.decode_cost(21, 104, 60);
  EXPECT_LT(wide.bytes, 0x1p31);
  EXPECT_EQ(model.decode_cost(1000, 60, 104).bytes, wide.bytes);
  EXPECT_EQ(tall.bytes, wide.bytes);
  EXPECT_LT(wide.flops, 1.25 * 81 * one_frame.flops);
}

}  // namespace
}  // namespace zoetrope::autoencoder::wan
