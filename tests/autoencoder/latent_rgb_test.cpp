#include "zoetrope/autoencoder/latent_rgb.h"

#include <gtest/gtest.h>

#include "tests/autoencoder/native/narrow_config.h"
#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::autoencoder {
namespace {

/// Frames [1,3,F,8h,8w] in -1..1 whose cells have the colours [h,w,3] in 0..1 on average.
Tensor frames_of(const Tensor& colours, int64_t count) {
  Tensor cells = colours.mul(2).sub(1).permute({2, 0, 1}).repeat_interleave(8, 1).repeat_interleave(8, 2);
  Tensor stripes = at::tensor({.3f, -.3f}).repeat({cells.size(2) / 2});
  return (cells + stripes).view({1, 3, 1, cells.size(1), cells.size(2)}).expand({-1, -1, count, -1, -1});
}

TEST(LatentRgb, IsTheMapThatMadeTheFrames) {
  LatentRgb map{draw({5, 3}, 1) * .1};
  map.factors[4].fill_(.5);
  LatentRgbFit fit(4);
  for (int64_t i = 0; i < 3; ++i) {
    Tensor latent = draw({1, 4, 1, 3, 5}, 2 + i) * .3;
    fit.add(latent, frames_of(map(latent)[0], i == 0 ? 1 : 4));
  }
  EXPECT_TRUE(fit.solve().factors.allclose(map.factors, 1e-4, 1e-5));
}

TEST(LatentRgb, HasSmallFactorsWhereNothingDecidesThem) {
  LatentRgbFit fit(4);
  Tensor latent = at::zeros({1, 4, 1, 2, 2});
  fit.add(latent, at::full({1, 3, 1, 16, 16}, .5));
  Tensor factors = fit.solve().factors;
  EXPECT_TRUE(factors.narrow(0, 0, 4).allclose(at::zeros({4, 3})));
  EXPECT_TRUE(factors[4].allclose(at::full({3}, .75)));
}

TEST(LatentRgb, OfConstantLatentsFollowsTheAutoencoder) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(1);
  native::Autoencoder model(tensor::Weights(weights), test::narrow_config(/*channels=*/4, /*width=*/8));
  base::Observer silent;
  LatentRgb map = fit_constant_latents(model, silent).solve();
  Tensor latents = draw({1, 4, 1, 1, 1}, 5).expand({-1, -1, -1, 4, 4}) * .5;
  Tensor decoded = model.decode(latents).mean({2, 3, 4}).squeeze().add(1).mul(.5).clamp(0, 1);
  Tensor shown = map(latents).mean({0, 1, 2});
  EXPECT_LT((shown - decoded).abs().max().item<double>(), .1) << shown << decoded;
}

TEST(LatentRgb, StandsBesideTheWeightsOfANativeAutoencoder) {
  TemporaryFolder folder;
  auto weights = random_weights(1);
  native::Config config = test::narrow_config(/*channels=*/4, /*width=*/8);
  native::Autoencoder model(tensor::Weights(weights), config);
  EXPECT_FALSE(model.latent_rgb());
  native::save(folder / "vae", config, weights.parameters());
  base::Observer silent;
  std::optional<LatentRgb> map = native::load(folder / "vae", {})->latent_rgb();
  ASSERT_TRUE(map);
  EXPECT_TRUE(map->factors.allclose(fit_constant_latents(model, silent).solve().factors, 1e-5, 1e-6));
  config.latent_rgb.resize(3);
  EXPECT_EQ(complaint<base::Error>([&] { native::Config::from_json(config.to_json()); }),
            "config.json has 3 rows of 'latent_rgb' for 4 latent channels, and must have one more than channels");
}

}  // namespace
}  // namespace zoetrope::autoencoder
