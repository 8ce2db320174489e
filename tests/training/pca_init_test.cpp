#include "zoetrope/training/pca_init.h"

#include <gtest/gtest.h>

#include "tests/autoencoder/native/narrow_config.h"
#include "tests/data/dots.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::training {
namespace {

constexpr data::ClipShape shape{.frames = 5, .height = 32, .width = 32};
constexpr int64_t clips = 12, channels = 6;

autoencoder::native::Config config() { return zoetrope::test::narrow_config(channels); }

/// Dots of which nobody knows where they are.
class WithoutFocus : public data::Dataset {
 public:
  data::Example example(uint64_t index, const data::ClipShape& shape) const override {
    data::Example example = dots_.example(index, shape);
    example.subject_mask = Tensor();
    return example;
  }

 private:
  data::test::Dots dots_;
};

/// The cells [n,768] of clip i, and whether the subject is in them [n].
std::pair<Tensor, Tensor> cells_of(const data::Example& example) {
  auto cut = [](const Tensor& frames) {
    return at::pixel_unshuffle(autoencoder::native::frame_groups(frames), 8).flatten(2).transpose(1, 2).flatten(0, 1);
  };
  Tensor subject_mask = example.subject_mask.to(at::kFloat).div(255).view({1, 1, shape.frames, shape.height, shape.width});
  return {cut(autoencoder::to_model_range(example.clip.frames)), cut(subject_mask.expand({-1, 3, -1, -1, -1})).amax(1) > 0.5};
}

/// The mean squared error with which cells come back from their projection onto the rows of the encoder, over the clips that it was made
/// of; where subject_mask is asked for, over the cells with the subject.
double error_with(const std::map<std::string, Tensor>& encoder, bool subject_mask = false) {
  Tensor rows = encoder.at("encoder.linear.weight").flatten(1);  // [C,768], orthogonal
  Tensor basis = rows / rows.norm(2, 1, /*keepdim=*/true);
  data::test::Dots dataset;
  std::vector<Tensor> cells, seen;
  for (int64_t i = 0; i < clips; ++i) {
    auto [of_clip, with_subject] = cells_of(dataset.example(static_cast<uint64_t>(i), shape));
    cells.push_back(of_clip), seen.push_back(with_subject);
  }
  Tensor all = at::cat(cells), shifted = all - all.mean(0);
  Tensor error = (shifted - shifted.matmul(basis.t()).matmul(basis)).square().mean(1);
  return (subject_mask ? error.masked_select(at::cat(seen)) : error).mean().item<double>();
}

/// The same encoder turned a little: another orthonormal basis.
std::map<std::string, Tensor> turned(std::map<std::string, Tensor> encoder, double angle, uint64_t seed) {
  Tensor rows = encoder["encoder.linear.weight"].flatten(1), basis = rows / rows.norm(2, 1, /*keepdim=*/true);
  at::Generator generator = base::generator(seed);
  Tensor moved = basis + angle * base::randn(basis.sizes(), generator) / std::sqrt(768.0);
  encoder["encoder.linear.weight"] = std::get<0>(at::linalg_qr(moved.t())).t().contiguous();
  return encoder;
}

TEST(PcaEncoder, ReconstructTheirDataBetterThanAnyOtherBasis) {
  auto cells = pca_encoder(WithoutFocus(), shape, clips, channels);
  double best = error_with(cells);
  for (uint64_t seed = 0; seed < 4; ++seed)
    for (double angle : {0.1, 0.3, 1.0}) EXPECT_LT(best, error_with(turned(cells, angle, seed))) << angle;
}

TEST(PcaEncoder, GiveTheSubjectItsWeight) {
  auto plain = pca_encoder(data::test::Dots(), shape, clips, channels, /*subject_weight=*/1),
       focused = pca_encoder(data::test::Dots(), shape, clips, channels, 50);
  EXPECT_LT(error_with(focused, /*subject_mask=*/true), error_with(plain, /*subject_mask=*/true));
  EXPECT_LT(error_with(plain), error_with(focused));
}

/// A native autoencoder that begins with the principal cells, and the parameters that it has.
struct Begun {
  tensor::TensorMap initial{pca_encoder(WithoutFocus(), shape, clips, channels)};
  tensor::TrainableWeights weights{1, autoencoder::native::Autoencoder::init, &initial};
  autoencoder::native::Autoencoder model{tensor::Weights(weights), config()};

  /// The mean squared error over the clips when the synthesis is this one.
  double error_with(const std::map<std::string, Tensor>& synthesis) {
    at::NoGradGuard no_grad;
    for (const auto& [name, value] : synthesis) Tensor(weights.parameters().at(name)).copy_(value);
    double sum = 0;
    for (int64_t i = 0; i < clips; ++i) {
      Tensor frames = autoencoder::to_model_range(WithoutFocus().example(static_cast<uint64_t>(i), shape).clip.frames);
      Tensor z = model.encode_batch(frames);
      sum += (model.decode_batch(z) - frames).square().mean().item<double>();
    }
    return sum / clips;
  }
};

TEST(FitSynthesis, GivesBackFramesBetterThanWeightsBesideIt) {
  Begun begun;
  auto fitted = fit_synthesis(begun.model, WithoutFocus(), shape, clips, 0);
  const double best = begun.error_with(fitted);
  at::Generator generator = base::generator(3);
  for (double distance : {0.003, 0.03}) {
    auto other = fitted;
    Tensor& weight = other["decoder.synthesis.weight"];
    weight = weight + distance * base::randn(weight.sizes(), generator);
    EXPECT_LT(best, begun.error_with(other)) << distance;
  }
}

TEST(FitSynthesis, ListensLessToLatentsThatAreNoisy) {
  Begun begun;
  auto clean = fit_synthesis(begun.model, WithoutFocus(), shape, clips, 0),
       noisy = fit_synthesis(begun.model, WithoutFocus(), shape, clips, 1);
  EXPECT_LT(noisy["decoder.synthesis.weight"].norm().item<double>(), clean["decoder.synthesis.weight"].norm().item<double>());
}

TEST(PcaEncoder, GiveLatentsOfUnitVarianceOnAverage) {
  at::NoGradGuard no_grad;
  tensor::TensorMap initial(pca_encoder(WithoutFocus(), shape, clips, channels));
  tensor::TrainableWeights weights(1, autoencoder::native::Autoencoder::init, &initial);
  autoencoder::native::Autoencoder model(tensor::Weights(weights), config());
  std::vector<Tensor> latents;
  for (int64_t i = 0; i < clips; ++i)
    latents.push_back(
        model.encode_batch(autoencoder::to_model_range(WithoutFocus().example(static_cast<uint64_t>(i), shape).clip.frames))[0].flatten(1));
  EXPECT_NEAR(at::cat(latents, 1).var(1).mean().item<double>(), 1, 0.05);
}

TEST(LatentScales, GiveChannelsVariancesByTheirWorth) {
  Tensor deviations = at::tensor({9.0, 4.0, 1.0, 0.25}), scaled = deviations / latent_scales(deviations, deviations);
  EXPECT_NEAR(scaled.square().mean().item<double>(), 1, 1e-6);
  EXPECT_NEAR((scaled[0] / scaled[2]).item<double>(), 3, 1e-6);  // the root of 9: softer than not at all, less than white
  Tensor worth = at::tensor({1.0, 1.0, 1.0, 5.0});
  scaled = deviations / latent_scales(deviations, worth);
  EXPECT_TRUE(scaled.square().allclose(worth / 2));
}

TEST(LatentScales, DoNotBlowUpWhatIsWorthNothing) {
  Tensor deviations = at::tensor({1.0, 1e-3}), scaled = deviations / latent_scales(deviations, at::tensor({1.0, 0.0}));
  EXPECT_NEAR((scaled[1] / scaled[0]).square().item<double>(), 1e-3, 1e-9);
}

}  // namespace
}  // namespace zoetrope::training
