#include "zoetrope/generation/denoise_mask.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/base/random.h"

namespace zoetrope::generation {
namespace {

const std::vector<int64_t> latent_shape{1, 2, 3, 4, 6};
constexpr transformer::Grid grid{3, 2, 3};

/// The first latent frame is known, one token of the last is partly noised.
DenoiseMask some() {
  DenoiseMask mask = DenoiseMask::none(latent_shape, grid);
  mask.latents = draw(latent_shape, 1);
  mask.values[0].fill_(0);
  mask.values[2][1][2] = 0.25;
  return mask;
}

TEST(DenoiseMask, SpreadsTheValueOfATokenOverItsPixels) {
  Tensor cells = some().upsample_to_latents();
  EXPECT_EQ(cells.sizes(), (std::vector<int64_t>{1, 1, 3, 4, 6}));
  EXPECT_EQ(cells[0][0][0].max().item<float>(), 0);
  EXPECT_EQ(cells[0][0][1].min().item<float>(), 1);
  EXPECT_EQ((cells == 0.25).sum().item<int64_t>(), 4);
  EXPECT_TRUE((cells[0][0][2].slice(0, 2, 4).slice(1, 4, 6) == 0.25).all().item<bool>());
}

TEST(DenoiseMask, StartsEachTokenAtItsOwnSigma) {
  DenoiseMask mask = some();
  Tensor noise = draw(latent_shape, 2), cells = mask.upsample_to_latents().expand(latent_shape);
  for (double s : {1.0, 0.4}) {
    Tensor x = mask.start(noise, s);
    EXPECT_TRUE(x.narrow(2, 0, 1).equal(mask.latents.narrow(2, 0, 1)));  // bit for bit
    Tensor expected = at::where(cells == 1, noise, (1 - s * cells) * mask.latents + s * cells * noise);
    EXPECT_TRUE(x.allclose(expected, 1e-6, 1e-6));
    EXPECT_TRUE(x.narrow(2, 1, 1).equal(noise.narrow(2, 1, 1)));  // bit for bit
  }
}

TEST(DenoiseMask, RestoresKnownTokensBitForBit) {
  DenoiseMask mask = some();
  Tensor x = draw(latent_shape, 3), lost = x.clone();
  lost.narrow(2, 0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
  Tensor back = mask.restore_known(lost);
  EXPECT_TRUE(back.narrow(2, 0, 1).equal(mask.latents.narrow(2, 0, 1)));
  EXPECT_TRUE(back.narrow(2, 1, 2).equal(x.narrow(2, 1, 2)));
}

TEST(TimestepsOfTokens, AreTheDistinctValuesTimesSigma) {
  DenoiseMask mask = some();
  TimestepsOfTokens of_tokens(mask);
  transformer::TokenTimesteps timesteps = of_tokens.at(0.5, {});
  EXPECT_EQ(timesteps.values.sizes(), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(timesteps.index.sizes(), (std::vector<int64_t>{1, grid.tokens()}));
  EXPECT_TRUE(timesteps.values.gather(1, timesteps.index)[0].equal(mask.values.flatten() * 0.5));
  EXPECT_TRUE(of_tokens.sigmas(0.5, mask.upsample_to_latents()).equal(mask.upsample_to_latents() * 0.5));
}

TEST(TimestepsOfTokens, AreIntegersForNetworksThatWereTrainedWithThose) {
  TimestepsOfTokens timesteps(DenoiseMask::none(latent_shape, grid));
  diffusion::Parameterization whole{.timesteps = 1000, .integer_timesteps = true};
  EXPECT_EQ(timesteps.at(0.7, whole).values.item<float>(), 700);  // 699 where the sigma is fp32
  EXPECT_EQ(timesteps.at(0.9999, whole).values.item<float>(), 999);
}

TEST(TimestepsOfTokens, AreOneWhereNothingIsKnown) {
  DenoiseMask mask = DenoiseMask::none(latent_shape, grid);
  EXPECT_TRUE(TimestepsOfTokens(mask).at(0.75, {}).values.equal(at::full({1, 1}, 0.75)));
  EXPECT_FALSE(TimestepsOfTokens(mask).at(0.75, {}).index.defined());
  EXPECT_TRUE(TimestepsOfTokens(mask).sigmas(0.75, mask.upsample_to_latents()).equal(at::scalar_tensor(0.75, at::kDouble)));
}

}  // namespace
}  // namespace zoetrope::generation
