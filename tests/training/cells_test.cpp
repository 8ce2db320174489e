#include "zoetrope/training/cells.h"

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "zoetrope/tensor/tensor_map.h"

namespace zoetrope::training {
namespace {

constexpr data::ClipShape shape{.frames = 5, .height = 32, .width = 32};
constexpr int64_t clips = 12, channels = 6;

autoencoder::NativeConfig config() {
  return {.latent_channels = channels,
          .encoder_widths = {4, 4},
          .decoder_widths = {4, 4, 4},
          .encoder_blocks = 1,
          .decoder_blocks = {1, 1, 1},
          .latents_mean = {},
          .latents_scale = {}};
}

/// Dots of which nobody knows where they are.
class WithoutFocus : public data::Source {
 public:
  data::Example example(uint64_t index, const data::ClipShape& shape) const override {
    data::Example example = dots_.example(index, shape);
    example.focus = Tensor();
    return example;
  }

 private:
  data::test::Dots dots_;
};

/// The mean squared error of a native autoencoder that begins with these cells, over the clips that they were made of; where focus is asked
/// for, over the subject.
double error_with(const std::map<std::string, Tensor>& cells, bool focus = false) {
  at::NoGradGuard no_grad;
  tensor::TensorMap initial(cells);
  tensor::TrainableWeights weights(1, autoencoder::NativeAutoencoder::start, &initial);
  autoencoder::NativeAutoencoder model(tensor::Weights(weights), config());
  data::test::Dots source;
  double sum = 0;
  for (int64_t i = 0; i < clips; ++i) {
    data::Example example = source.example(static_cast<uint64_t>(i), shape);
    Tensor frames = autoencoder::to_signal(example.clip.frames);
    Tensor error = (model.decode_together(model.encode_together(frames)) - frames).square().mean(1)[0];  // [T,H,W]
    sum += (focus ? error.masked_select(example.focus > 127) : error).mean().item<double>();
  }
  return sum / clips;
}

/// The same cells turned a little: another orthonormal basis, with the same scales and mean.
std::map<std::string, Tensor> turned(std::map<std::string, Tensor> cells, double angle, uint64_t seed) {
  Tensor encoder = cells["encoder.linear.weight"].flatten(1).to(at::kDouble),
         decoder = cells["decoder.linear.weight"].flatten(1).to(at::kDouble);
  Tensor scales = (decoder.norm(2, 1) / encoder.norm(2, 1)).sqrt().unsqueeze(1);
  at::Generator generator = base::generator(seed);
  Tensor basis = encoder * scales;  // [C,768], orthonormal rows
  Tensor other = std::get<0>(at::linalg_qr((basis + angle * base::noise(basis.sizes(), generator) / std::sqrt(768.0)).t())).t();
  Tensor flat = cells["decoder.linear.bias"].to(at::kDouble).unsqueeze(1).expand({12, 64}).reshape({768});
  cells["encoder.linear.weight"] = (other / scales).to(at::kFloat).view({channels, 12, 8, 8});
  cells["decoder.linear.weight"] = (other * scales).to(at::kFloat).view({channels, 12, 8, 8});
  cells["encoder.linear.bias"] = -(at::mv(other, flat) / scales.squeeze(1)).to(at::kFloat);
  return cells;
}

TEST(PrincipalCells, ReconstructTheirDataBetterThanAnyOtherBasis) {
  auto cells = principal_cells(WithoutFocus(), shape, clips, channels);
  double best = error_with(cells);
  for (uint64_t seed = 0; seed < 4; ++seed)
    for (double angle : {0.1, 0.3, 1.0}) EXPECT_LT(best, error_with(turned(cells, angle, seed))) << angle;
}

TEST(PrincipalCells, GiveTheSubjectItsWeight) {
  auto plain = principal_cells(data::test::Dots(), shape, clips, channels, /*focus_weight=*/1),
       focused = principal_cells(data::test::Dots(), shape, clips, channels, 50);
  EXPECT_LT(error_with(focused, /*focus=*/true), error_with(plain, /*focus=*/true));
  EXPECT_LT(error_with(plain), error_with(focused));
}

TEST(PrincipalCells, GiveLatentsOfUnitVarianceOnAverage) {
  at::NoGradGuard no_grad;
  tensor::TensorMap initial(principal_cells(WithoutFocus(), shape, clips, channels));
  tensor::TrainableWeights weights(1, autoencoder::NativeAutoencoder::start, &initial);
  autoencoder::NativeAutoencoder model(tensor::Weights(weights), config());
  std::vector<Tensor> latents;
  for (int64_t i = 0; i < clips; ++i)
    latents.push_back(
        model.encode_together(autoencoder::to_signal(WithoutFocus().example(static_cast<uint64_t>(i), shape).clip.frames))[0].flatten(1));
  EXPECT_NEAR(at::cat(latents, 1).var(1).mean().item<double>(), 1, 0.05);
}

TEST(SoftScales, GiveChannelsVariancesByTheirWorth) {
  Tensor deviations = at::tensor({9.0, 4.0, 1.0, 0.25}), scaled = deviations / soft_scales(deviations, deviations);
  EXPECT_NEAR(scaled.square().mean().item<double>(), 1, 1e-6);
  EXPECT_NEAR((scaled[0] / scaled[2]).item<double>(), 3, 1e-6);  // the root of 9: softer than not at all, less than white
  Tensor worth = at::tensor({1.0, 1.0, 1.0, 5.0});
  scaled = deviations / soft_scales(deviations, worth);
  EXPECT_TRUE(scaled.square().allclose(worth / 2));
}

TEST(SoftScales, DoNotBlowUpWhatIsWorthNothing) {
  Tensor deviations = at::tensor({1.0, 1e-3}), scaled = deviations / soft_scales(deviations, at::tensor({1.0, 0.0}));
  EXPECT_NEAR((scaled[1] / scaled[0]).square().item<double>(), 1e-3, 1e-9);
}

}  // namespace
}  // namespace zoetrope::training
